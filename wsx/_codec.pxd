"""What a codec is: how one scalar type looks as text, chosen when a plan is built."""

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t, uint64_t

from wsx._buffer cimport Out

ctypedef int (*WriteText)(Out* out, PyObject* value, const Codec* codec) except -1
ctypedef PyObject* (*ReadText)(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL

cdef struct Codec:
    WriteText write
    ReadText read
    bint attribute      # the text stands in an attribute value
    bint own_text       # empty text is a value, so that the element may be `<a/>`
    bint qname          # prefixes: the text is read in the namespace scope where it stands
    bint unlimited      # DECIMAL without the limits of 96 bits
    int64_t least       # INT8 … INT64
    int64_t most
    uint64_t most_unsigned  # UINT8 … UINT64
    int bits            # of the integer type, for messages and for the overflow code
    # Borrowed from the plan:
    PyObject* names     # ENUM: dict, Python value -> escaped UTF-8; XML_QNAME: dict, namespace -> prefix
    PyObject* values    # ENUM: dict, name -> Python value
    PyObject* limits    # what the description allows; its `check` raises
    WriteText inner_write   # with limits: the codec of the type itself
    ReadText inner_read

cdef int wrong_type(object value, str wanted) except -1
cdef int malformed(const char* text, Py_ssize_t length, str wanted) except -1


cdef inline (const char*, Py_ssize_t) trimmed(const char* text, Py_ssize_t length) noexcept:
    """Text without the XML white space around it: xs:whiteSpace collapse of all types that are no strings."""
    while length > 0 and (text[0] == c" " or text[0] == c"\n" or text[0] == c"\t" or text[0] == c"\r"):
        text += 1
        length -= 1
    while length > 0 and (
        text[length - 1] == c" " or text[length - 1] == c"\n" or text[length - 1] == c"\t" or text[length - 1] == c"\r"
    ):
        length -= 1
    return text, length


cdef inline PyObject* owned(object value) noexcept:
    Py_INCREF(value)
    return <PyObject*>value
