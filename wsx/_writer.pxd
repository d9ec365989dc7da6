"""Plan + value → bytes."""

from wsx._buffer cimport Out
from wsx._plan cimport WriteRoot

cdef class Output:
    cdef Out out
    cdef bint writing
    cdef bint faulted        # the sink has a part of what could not be finished
    cdef object sink
    cdef Py_ssize_t chunk

    cdef int stream(self, object sink, Py_ssize_t chunk) except -1
    cdef int idle(self) except -1

    cdef int ready(self, Py_ssize_t size) except -1
    cdef int hand_over(self) except -1
    cdef int insert_attributes(self, Py_ssize_t mark, bytes attributes) except -1
    cdef int cut(self, Py_ssize_t length) noexcept

cdef int check_depth(Py_ssize_t max_depth) except -1
cdef int write_root_element(Out* out, WriteRoot root, object value, int option, Py_ssize_t max_depth) except -1
