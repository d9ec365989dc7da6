"""Codecs that plans choose from."""

from cpython.object cimport PyObject

from wsx._buffer cimport Out
from wsx._codec cimport Codec

cdef int write_datetime(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_datetime(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_timespan(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_timespan(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_duration(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_duration(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
