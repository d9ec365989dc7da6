"""The growing output buffer: allocation, growth and hand-over in one place."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.string cimport memmove

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** bytes, Py_ssize_t newsize) except -1  # on failure *bytes = NULL
    Py_ssize_t PY_SSIZE_T_MAX


cdef int out_open(Out* out, Py_ssize_t size) except -1:
    """Starts an empty buffer with room for `size` bytes."""
    cdef object owner
    if size > PY_SSIZE_T_MAX - SLACK:
        raise MemoryError("output of that size cannot exist")
    owner = PyBytes_FromStringAndSize(NULL, size + SLACK)
    Py_INCREF(owner)
    out.owner = <PyObject*>owner
    out.start = PyBytes_AS_STRING(owner)
    out.cursor = out.start
    out.limit = out.start + size
    out.sink = NULL
    out.chunk = PY_SSIZE_T_MAX
    out.handed = 0
    return 0


cdef int out_hand_over(Out* out, Py_ssize_t kept) except -1:
    """Gives the sink what was written but for the last `kept` bytes; the buffer goes on with those. After a sink that
    raised, nothing is handed over any more."""
    cdef Py_ssize_t size = out.cursor - out.start - kept
    cdef Py_ssize_t chunk = out.chunk
    cdef object data
    if size <= 0:
        return 0
    data = PyBytes_FromStringAndSize(out.start, size)
    memmove(out.start, out.cursor - kept, kept)
    out.cursor = out.start + kept
    out.handed += size
    out.chunk = PY_SSIZE_T_MAX
    (<object>out.sink)(data)
    out.chunk = chunk
    return 0


cdef int out_grow(Out* out, Py_ssize_t need) except -1:
    """Grows so that `need` bytes fit; the size at least doubles while it is small, then grows by half."""
    cdef Py_ssize_t used = out.cursor - out.start
    cdef Py_ssize_t size = out.limit - out.start
    if need > PY_SSIZE_T_MAX // 2 - used:
        raise MemoryError("output of that size cannot exist")
    if size < (1 << 24):
        size *= 2
    else:
        size += size // 2
    if size < used + need:
        size = used + need
    try:
        _PyBytes_Resize(&out.owner, size + SLACK)
    except MemoryError:
        out_close(out)
        raise
    out.start = PyBytes_AS_STRING(<object>out.owner)
    out.cursor = out.start + used
    out.limit = out.start + size
    return 0


cdef object out_take(Out* out):
    """The bytes written so far; the buffer is closed."""
    cdef Py_ssize_t used = out.cursor - out.start
    cdef object result
    try:
        _PyBytes_Resize(&out.owner, used)
    except MemoryError:
        out_close(out)
        raise
    result = <object>out.owner
    out_close(out)
    return result


cdef void out_close(Out* out) noexcept:
    """Gives the buffer back; safe to call twice."""
    Py_XDECREF(out.owner)
    out.owner = NULL
    out.start = out.cursor = out.limit = NULL
