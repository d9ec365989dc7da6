"""Which codec a type of the table takes, and the limits that a description adds to it."""

from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport UINT64_MAX, int64_t, uint64_t
from libc.string cimport memset

from wsx._buffer cimport Out
from wsx._codec cimport Codec, owned
from wsx._lexical_numbers cimport (
    read_bool,
    read_decimal,
    read_double,
    read_float,
    read_int,
    read_uint,
    write_bool,
    write_decimal,
    write_double,
    write_float,
    write_int,
    write_uint,
)
from wsx._lexical_texts cimport (
    choose_enum,
    read_bytes,
    read_enum,
    read_guid,
    read_qname,
    read_string,
    read_unique_id,
    write_bytes,
    write_enum,
    write_guid,
    write_qname,
    write_string,
    write_unique_id,
)
from wsx._lexical_times cimport (
    read_datetime,
    read_duration,
    read_timespan,
    write_datetime,
    write_duration,
    write_timespan,
)

from wsx.descriptions import Type
from wsx.errors import InvalidArgument
from wsx.limits import TextDescription

# Bits of the integer types, negative for signed ones.
cdef dict INTEGERS = {
    Type.INT8: -8, Type.INT16: -16, Type.INT32: -32, Type.INT64: -64,
    Type.UINT8: 8, Type.UINT16: 16, Type.UINT32: 32, Type.UINT64: 64,
}


cdef object STRINGS = frozenset({Type.STRING, Type.WSZ, Type.XML_STRING, Type.CHAR_ARRAY, Type.UTF8_ARRAY})


cdef int choose_integer(Codec* codec, int bits) except -1:
    codec.bits = abs(bits)
    if bits < 0:
        codec.most = <int64_t>((<uint64_t>1 << (-bits - 1)) - 1)
        codec.least = -codec.most - 1
        codec.write = write_int
        codec.read = read_int
    else:
        codec.most_unsigned = UINT64_MAX >> (64 - bits)
        codec.write = write_uint
        codec.read = read_uint
    return 0


cdef int write_limited(Out* out, PyObject* value, const Codec* codec) except -1:
    """A value within the limits of its description: an invalid one should not leave (design: checked when writing)."""
    codec.inner_write(out, value, codec)
    (<object>codec.limits).check(<object>value)
    return 0


cdef PyObject* read_limited(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef PyObject* value = codec.inner_read(text, length, ascii, codec)
    try:
        (<object>codec.limits).check(<object>value)
    except BaseException:
        Py_XDECREF(value)
        raise
    return value


cdef int write_converted(Out* out, PyObject* value, const Codec* codec) except -1:
    """The text that a description makes of a value of its own type."""
    cdef object text = (<object>codec.limits).to_text(<object>value)
    return codec.inner_write(out, <PyObject*>text, codec)


cdef PyObject* read_converted(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef PyObject* value = codec.inner_read(text, length, ascii, codec)
    cdef object plain = <object>value
    Py_XDECREF(value)
    return owned((<object>codec.limits).from_text(plain))


cdef int choose_codec(Codec* codec, int type_, object description, bint attribute, object scope, list keep) except -1:
    """Fills in the codec of a scalar type; `keep` gets the objects that the codec refers to.

    `scope` is the scope of the plan that writes, None in a plan that reads: XML_QNAME needs its prefixes.
    """
    memset(codec, 0, sizeof(Codec))
    codec.attribute = attribute
    choose_type(codec, type_, description, scope, keep)
    if description is not None and type_ != Type.ENUM and description.limited:
        keep.append(description)
        codec.limits = <PyObject*>description
        codec.inner_write, codec.inner_read = codec.write, codec.read
        if isinstance(description, TextDescription):
            codec.write, codec.read = write_converted, read_converted
            return 0
        codec.write = write_limited
        if not codec.qname:  # a QName is checked where its prefix is resolved
            codec.read = read_limited
    return 0


cdef int choose_type(Codec* codec, int type_, object description, object scope, list keep) except -1:
    if type_ in INTEGERS:
        return choose_integer(codec, INTEGERS[type_])
    if type_ == Type.BOOL:
        codec.write, codec.read = write_bool, read_bool
    elif type_ == Type.FLOAT:
        codec.write, codec.read = write_float, read_float
    elif type_ == Type.DOUBLE:
        codec.write, codec.read = write_double, read_double
    elif type_ == Type.DECIMAL:
        codec.write, codec.read = write_decimal, read_decimal
        codec.unlimited = description is not None and description.unlimited
    elif type_ == Type.DATETIME:
        codec.write, codec.read = write_datetime, read_datetime
    elif type_ == Type.TIMESPAN:
        codec.write, codec.read = write_timespan, read_timespan
    elif type_ == Type.DURATION:
        codec.write, codec.read = write_duration, read_duration
    elif type_ == Type.GUID:
        codec.write, codec.read = write_guid, read_guid
    elif type_ == Type.UNIQUE_ID:
        codec.write, codec.read = write_unique_id, read_unique_id
    elif type_ == Type.ENUM:
        codec.write, codec.read = write_enum, read_enum
        codec.own_text = True  # a name may be empty
        choose_enum(codec, description, keep)
    elif type_ == Type.BYTES or type_ == Type.BYTE_ARRAY:
        codec.write, codec.read = write_bytes, read_bytes
        codec.own_text = True
    elif type_ == Type.XML_QNAME:
        codec.write, codec.read = write_qname, read_qname
        codec.qname = True
        if scope is not None:
            names = scope.prefixes()
            keep.append(names)
            codec.names = <PyObject*>names
    elif type_ in STRINGS:
        codec.write, codec.read = write_string, read_string
        codec.own_text = True
    else:
        raise InvalidArgument(f"type {Type(type_).name} has no text of its own")
    return 0
