"""Codecs that plans choose from."""

from cpython.object cimport PyObject

from wsx._buffer cimport Out
from wsx._codec cimport Codec

cdef int write_bool(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_bool(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_int(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_int(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_uint(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_uint(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_double(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_double(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_float(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_float(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_decimal(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_decimal(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
