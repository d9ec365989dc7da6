"""The items of one repeating field one by one."""

from wsx._writer cimport Output

cdef class Portion:
    cdef Output output
    cdef object source
    cdef Py_ssize_t size, most
    cdef readonly Py_ssize_t number
    cdef readonly bint over
    cdef readonly object failure
