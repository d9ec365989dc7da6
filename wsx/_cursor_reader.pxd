"""XmlReader: reading a document node by node, or value by value."""

from wsx._node_reader cimport NodeReader
from wsx._scanner cimport Slice

cdef class XmlReader(NodeReader):
    cdef Slice attribute_value(self) except *
    cdef int value_text(self, Slice* text) except -1
    cdef object string(self, Slice text)
    cdef object decoded(self, object type_, object description, Slice text, Py_ssize_t place)
    cdef object limited(self, object name, object description, Py_ssize_t place)
    cdef object qualified(self, Slice text, Py_ssize_t place)
    cdef Py_ssize_t attribute_index(self, object local, object ns) except -2
    cdef object marked_attribute(self, object local_name)
    cdef object chunk_of(self, object max_count, bint base64)
    cdef object bound(self, object prefix)
    cdef bint is_element(self, object local, object ns) except -1
    cdef tuple lines(self)
    cdef int inside_of(self, object mapping) except -1
    cdef str around(self)
    cdef object custom(self, object description)
    cdef object structure_of_text(self, object description)
