"""Codecs that plans choose from."""

from cpython.object cimport PyObject

from wsx._buffer cimport Out
from wsx._codec cimport Codec

cdef int write_guid(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_guid(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_unique_id(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_unique_id(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_string(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_string(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_bytes(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_bytes(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_enum(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_enum(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL
cdef int write_qname(Out* out, PyObject* value, const Codec* codec) except -1
cdef PyObject* read_qname(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL

cdef object decode_string(const char* text, Py_ssize_t length, bint ascii)
cdef bytes escape(object text, bint attribute)
cdef int choose_enum(Codec* codec, object description, list keep) except -1
cdef object qname_parts(const char* text, Py_ssize_t length, bint ascii)
