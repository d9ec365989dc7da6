"""How values of a Python class are taken apart and put together."""

from cpython.object cimport PyObject

cdef enum Fetch:
    FROM_OBJECT  # slots of the exact class, else attributes
    FROM_DICT
    FROM_TUPLE

cdef enum Make:
    MAKE_SLOTS    # allocate, store the slots
    MAKE_CALL     # class(name=value, …)
    MAKE_SETATTR  # allocate without constructor, set attributes
    MAKE_DICT
    MAKE_TUPLE

cdef class Access:
    cdef readonly object python_type
    cdef readonly tuple names     # Python names of the fields
    cdef readonly tuple keywords  # their names in the constructor
    cdef Py_ssize_t count
    cdef Py_ssize_t* slots        # byte offset of each field's slot, 0 where a field is no slot
    cdef Fetch fetch
    cdef Make make

    cdef object build(self, PyObject** values)
    cdef object call(self, PyObject** values)
    cdef object assign(self, PyObject** values)
