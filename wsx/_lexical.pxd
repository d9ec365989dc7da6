"""Scalar values ↔ text: one pair of codecs per type, chosen when a plan is built."""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint64_t

from wsx._buffer cimport Out

ctypedef int (*WriteText)(Out* out, PyObject* value, const Codec* codec) except -1
ctypedef PyObject* (*ReadText)(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL

cdef struct Codec:
    WriteText write
    ReadText read
    bint attribute      # the text stands in an attribute value
    bint own_text       # a string type: white space is kept, empty text is a value
    int64_t least       # INT8 … INT64
    int64_t most
    uint64_t most_unsigned  # UINT8 … UINT64
    int bits            # of the integer type, for messages and for the overflow code
    PyObject* names     # ENUM: dict, Python value -> escaped UTF-8; borrowed from the plan
    PyObject* values    # ENUM: dict, name -> Python value; borrowed from the plan

cdef int choose_codec(Codec* codec, int type_, object description, bint attribute, list keep) except -1
cdef int write_string(Out* out, PyObject* value, const Codec* codec) except -1
cdef object decode_string(const char* text, Py_ssize_t length, bint ascii)
cdef bytes escape(object text, bint attribute)
