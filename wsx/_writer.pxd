"""Plan + value → bytes."""

from wsx._buffer cimport Out

cdef class Output:
    cdef Out out
    cdef bint writing

    cdef int idle(self) except -1

    cdef int ready(self, Py_ssize_t size) except -1
    cdef int insert_attributes(self, Py_ssize_t mark, bytes attributes) except -1
    cdef int cut(self, Py_ssize_t length) noexcept
