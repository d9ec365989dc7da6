"""The growing output buffer: one bytes object, filled in place."""

from cpython.object cimport PyObject
from libc.string cimport memcpy

cdef extern from "_text.h":
    enum:
        WSX_BLOCK

# Bytes that are always free behind the cursor, so that short tags and blocks of text are copied whole.
cdef enum:
    SLACK = 64

cdef struct Out:
    # Ownership: the buffer is the bytes object `owner`, which nobody else refers to until it is taken.
    char* cursor
    char* limit  # SLACK bytes before the end of the buffer
    char* start
    PyObject* owner
    # Where finished bytes go while an element is still being written; without a sink nothing does.
    PyObject* sink       # a callable that takes bytes; borrowed
    Py_ssize_t chunk     # that many bytes are handed over; without a sink more than there can be
    Py_ssize_t handed    # bytes that the sink has

cdef int out_open(Out* out, Py_ssize_t size) except -1
cdef int out_grow(Out* out, Py_ssize_t need) except -1
cdef object out_take(Out* out)
cdef void out_close(Out* out) noexcept
cdef int out_hand_over(Out* out, Py_ssize_t kept) except -1


cdef inline Py_ssize_t out_length(const Out* out) noexcept:
    return out.cursor - out.start


cdef inline Py_ssize_t out_position(const Out* out) noexcept:
    """Bytes written in all, those that a sink has included."""
    return out.handed + (out.cursor - out.start)


cdef inline int out_reserve(Out* out, Py_ssize_t need) except -1:
    """Makes room for `need` bytes, beside the SLACK."""
    if out.limit - out.cursor < need:
        return out_grow(out, need)
    return 0


cdef inline int out_put(Out* out, const char* data, Py_ssize_t length) except -1:
    """Appends data, which must be readable for SLACK bytes beyond its start (plans pad their tags)."""
    if out.limit - out.cursor < length:
        out_grow(out, length)
    if length <= 16:
        memcpy(out.cursor, data, 16)
    elif length <= 32:
        memcpy(out.cursor, data, 32)
    else:
        memcpy(out.cursor, data, length)
    out.cursor += length
    return 0


cdef inline int out_append(Out* out, const char* data, Py_ssize_t length) except -1:
    """Appends data of exactly that length."""
    if out.limit - out.cursor < length:
        out_grow(out, length)
    memcpy(out.cursor, data, length)
    out.cursor += length
    return 0
