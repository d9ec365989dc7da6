"""XML fragments: adapted to the place where they are written."""

from wsx._buffer cimport Out
from wsx._scanner cimport Scanner

cdef class Fragment(Scanner):
    cdef dict around            # the scope: prefix -> namespace, without xml
    cdef Out result
    cdef const char* copied     # the result has the input up to here
    cdef bint collecting        # text instead

    cdef int put_up_to(self, const char* place) except -1
    cdef int insert(self, bytes text) except -1
    cdef int replace(self, bytes text, const char* after) except -1
    cdef int top_text(self) except -1
    cdef int collect(self) except -1
    cdef bint next_element(self) except -1
    cdef int only_element(self) except -1
    cdef int only_misc_follows(self) except -1
    cdef bint declares(self, bytes prefix) noexcept
    cdef dict declared(self)
    cdef int drop_default(self) except -1
    cdef int copy_content(self, bytes name, bytes default) except -1

cpdef bytes adapt(bytes data, tuple scope, dict bindings, bint single, Py_ssize_t max_depth=*)
cpdef bytes rename(bytes data, tuple scope, dict bindings, str prefix, str local, str ns, Py_ssize_t max_depth=*)
cpdef list top_level(bytes data, tuple scope, Py_ssize_t max_depth=*)
cpdef bytes without_attributes(bytes data, tuple scope, object names, Py_ssize_t max_depth=*)
cpdef str text_of(bytes data, tuple scope, Py_ssize_t max_depth=*)
