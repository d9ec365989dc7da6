"""Where the items of one repeating field go instead of a list."""

from cpython.list cimport PyList_CheckExact, PyList_GET_SIZE
from cpython.object cimport PyObject

from wsx._plan cimport ReadStep

cdef class RowSink:
    cdef const ReadStep* step       # the field, in the structure that is the document's element
    cdef Py_ssize_t count

    cdef int take(self, object reader, object item) except -1


cdef inline Py_ssize_t items_in(PyObject* held) noexcept:
    """How many items a repeating field has; -1 for a value that holds none."""
    if held is NULL:
        return 0
    if PyList_CheckExact(<object>held):
        return PyList_GET_SIZE(<object>held)
    if isinstance(<object>held, RowSink):
        return (<RowSink>held).count
    return -1
