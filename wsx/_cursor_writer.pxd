"""XmlWriter: writing a document piece by piece."""

from wsx._nodes cimport XmlNode
from wsx._scanner cimport Slice
from wsx._tag_writer cimport TagWriter, WriterPosition

cdef class XmlWriter(TagWriter):
    cdef int text_position(self, int kind, bint blank) except -1
    cdef int put_text(self, str text) except -1
    cdef int put_value(self, object type_, object value, object description) except -1
    cdef int respell(self, Py_ssize_t mark) except -1
    cdef str prefix_for_name(self, str ns)
    cdef int put_qualified_name(self, str local, str ns, str prefix) except -1
    cdef int put_comment(self, str text) except -1
    cdef int put_node(self, XmlNode node) except -1
    cdef tuple inner_scope(self)
    cdef int put_type(self, object type_, object value, object description, object option) except -1
    cdef int put_attribute_type(self, object type_, object value, object description, object option) except -1
    cdef int put_custom(self, object description, object value) except -1
    cdef WriterPosition target_of(self, object to)
    cdef int split(self, Py_ssize_t offset) except -1
    cdef int open_up(self, Py_ssize_t offset, Slice name) except -1
