# cython: cdivision=True
"""Texts ↔ text: STRING and its relatives, BYTES, GUID, UNIQUE_ID, ENUM, XML_QNAME."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcmp

from wsx._buffer cimport Out, out_append, out_close, out_open, out_reserve, out_take
from wsx._codec cimport Codec, malformed, owned, trimmed, wrong_type

import uuid

from wsx.errors import InvalidArgument, InvalidFormat
from wsx.values import XmlQName

cdef extern from "_cpython.h":
    int wsx_long_as_16_bytes(object number, unsigned char* data) except -1
    object wsx_long_from_16_bytes(const unsigned char* data)
    Py_ssize_t wsx_slot_offset(object descriptor) noexcept
    PyObject** wsx_slot(object instance, Py_ssize_t offset) noexcept
    object wsx_allocate(object cls)
    object wsx_ascii_string(const char* text, Py_ssize_t length)

cdef extern from "_ascii.h":
    size_t wsx_put_ascii_text "wsx_put_ascii<false>"(char** out, const char* limit, const char* source,
                                                     size_t length) noexcept
    size_t wsx_put_ascii_attribute "wsx_put_ascii<true>"(char** out, const char* limit, const char* source,
                                                         size_t length) noexcept

cdef extern from "_text.h":
    size_t wsx_encode[Unit](char** out, const Unit* source, size_t length, bint attribute, bint* bad) noexcept
    bint wsx_is_ascii(const char* text, size_t length) noexcept

cdef extern from "_utf8.h":
    cdef struct WsxMeasure:
        size_t count
        uint32_t most
    WsxMeasure wsx_measure(const char* text, size_t length) noexcept
    void wsx_decode[Unit](Unit* out, size_t count, const char* text, size_t length) noexcept

cdef extern from "_number.h":
    char* wsx_put_guid(char* out, const unsigned char* data) noexcept
    bint wsx_read_guid(const char* text, size_t length, unsigned char* data) noexcept

cdef extern from "_base64.h":
    char* wsx_put_base64(char* out, const unsigned char* data, size_t length) noexcept
    ptrdiff_t wsx_read_base64(unsigned char* out, const char* text, size_t length) noexcept

cdef extern from "Python.h":
    bint PyUnicode_CheckExact(object)
    bint PyUnicode_Check(object)
    bint PyUnicode_IS_COMPACT_ASCII(object)
    Py_ssize_t PyUnicode_GET_LENGTH(object)
    int PyUnicode_KIND(object)
    void* PyUnicode_DATA(object)
    object PyUnicode_New(Py_ssize_t length, uint32_t most)
    int _PyBytes_Resize(PyObject** data, Py_ssize_t size) except -1  # on failure it is released

# Longest piece of text encoded at a time; an escape is at most six times its character.
cdef enum:
    PIECE = 512

cdef object UUID = uuid.UUID
cdef object UNKNOWN_SAFETY = uuid.SafeUUID.unknown
# uuid.UUID keeps its number in a slot; reading and filling the slots saves the Python code of its constructor.
cdef Py_ssize_t UUID_INT = wsx_slot_offset(uuid.UUID.__dict__.get("int"))
cdef Py_ssize_t UUID_SAFE = wsx_slot_offset(uuid.UUID.__dict__.get("is_safe"))
cdef bint UUID_SLOTS = UUID_INT != 0 and UUID_SAFE != 0


# --- GUID ------------------------------------------------------------------------------------------------------------


cdef int write_guid(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef unsigned char[16] data
    cdef object item = <object>value, number
    cdef PyObject* slot
    if UUID_SLOTS and type(item) is UUID:
        slot = wsx_slot(item, UUID_INT)[0]
        if slot is NULL:
            return wrong_type(item, "a complete uuid.UUID")
        number = <object>slot
    elif isinstance(item, UUID):
        number = item.int
    else:
        return wrong_type(item, "uuid.UUID")
    wsx_long_as_16_bytes(number, data)
    out_reserve(out, 40)
    out.cursor = wsx_put_guid(out.cursor, data)
    return 0


cdef PyObject* read_guid(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef unsigned char[16] data
    text, length = trimmed(text, length)
    if not wsx_read_guid(text, length, data):
        malformed(text, length, "a GUID of the form 8-4-4-4-12")
    return owned(uuid_of(data))


cdef object uuid_of(const unsigned char* data):
    """The uuid.UUID of 16 bytes."""
    cdef object item, number = wsx_long_from_16_bytes(data)
    if not UUID_SLOTS:
        return UUID(int=number)
    item = wsx_allocate(UUID)
    wsx_slot(item, UUID_INT)[0] = owned(number)
    wsx_slot(item, UUID_SAFE)[0] = owned(UNKNOWN_SAFETY)
    return item


# --- UNIQUE_ID -------------------------------------------------------------------------------------------------------


cdef int write_unique_id(Out* out, PyObject* value, const Codec* codec) except -1:
    """`urn:uuid:` and the GUID for a uuid.UUID, else the text of a URI (WS_UNIQUE_ID)."""
    if isinstance(<object>value, UUID):
        out_append(out, b"urn:uuid:", 9)
        return write_guid(out, value, codec)
    if not PyUnicode_Check(<object>value):
        return wrong_type(<object>value, "uuid.UUID or str")
    if not <object>value:
        raise InvalidArgument("a unique id cannot be an empty str")
    return write_string(out, value, codec)


cdef PyObject* read_unique_id(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    """45 characters `urn:uuid:…` are a uuid.UUID, other text is a str, white space included (types.md §7)."""
    cdef unsigned char[16] data
    if length == 45 and memcmp(text, b"urn:uuid:", 9) == 0 and wsx_read_guid(text + 9, 36, data):
        return owned(uuid_of(data))
    if length == 0:
        malformed(text, length, "a unique id")
    return owned(decode_string(text, length, ascii))


# --- STRING, WSZ -----------------------------------------------------------------------------------------------------


cdef int forbidden(object text, Py_ssize_t position) except -1:
    raise InvalidFormat(f"character U+{ord(text[position]):04X} at index {position} cannot stand in XML")


cdef int write_ascii(Out* out, object text, const char* data, Py_ssize_t length, bint attribute) except -1:
    cdef Py_ssize_t done = 0
    cdef const char* room
    while True:
        out_reserve(out, length - done)
        room = out.limit
        if attribute:
            done += wsx_put_ascii_attribute(&out.cursor, room, data + done, length - done)
        else:
            done += wsx_put_ascii_text(&out.cursor, room, data + done, length - done)
        if done == length:
            return 0
        if room - out.cursor >= length - done:
            return forbidden(text, done)


cdef int write_string(Out* out, PyObject* value, const Codec* codec) except -1:
    """Characters, escaped; what XML 1.0 forbids (controls, lone surrogates, U+FFFE, U+FFFF) is InvalidFormat."""
    cdef object text = <object>value
    cdef Py_ssize_t length, done = 0, taken, piece
    cdef int kind
    cdef bint bad
    if not PyUnicode_CheckExact(text):
        if not PyUnicode_Check(text):
            return wrong_type(text, "str")
        text = str.__str__(text)
    length = PyUnicode_GET_LENGTH(text)
    if PyUnicode_IS_COMPACT_ASCII(text):
        return write_ascii(out, text, <const char*>PyUnicode_DATA(text), length, codec.attribute)
    kind = PyUnicode_KIND(text)
    while done < length:
        piece = min(length - done, PIECE)
        out_reserve(out, 6 * piece)
        if kind == 1:
            taken = wsx_encode(&out.cursor, <const unsigned char*>PyUnicode_DATA(text) + done, piece,
                               codec.attribute, &bad)
        elif kind == 2:
            taken = wsx_encode(&out.cursor, <const uint16_t*>PyUnicode_DATA(text) + done, piece, codec.attribute, &bad)
        else:
            taken = wsx_encode(&out.cursor, <const uint32_t*>PyUnicode_DATA(text) + done, piece, codec.attribute, &bad)
        done += taken
        if bad:
            return forbidden(text, done)
    return 0


cdef object decode_string(const char* text, Py_ssize_t length, bint ascii):
    """The str of checked UTF-8."""
    cdef WsxMeasure found
    cdef object made
    if ascii or (length < 64 and wsx_is_ascii(text, length)):
        return wsx_ascii_string(text, length)
    found = wsx_measure(text, length)
    if found.most < 0x80:
        return wsx_ascii_string(text, length)
    made = PyUnicode_New(found.count, found.most)
    if found.most < 0x100:
        wsx_decode(<unsigned char*>PyUnicode_DATA(made), found.count, text, length)
    elif found.most < 0x10000:
        wsx_decode(<uint16_t*>PyUnicode_DATA(made), found.count, text, length)
    else:
        wsx_decode(<uint32_t*>PyUnicode_DATA(made), found.count, text, length)
    return made


cdef PyObject* read_string(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    return owned(decode_string(text, length, ascii))


# --- BYTES -----------------------------------------------------------------------------------------------------------


cdef int put_base64(Out* out, const void* data, Py_ssize_t length) except -1:
    out_reserve(out, length // 3 * 4 + 4)
    out.cursor = wsx_put_base64(out.cursor, <const unsigned char*>data, length)
    return 0


cdef int write_bytes(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef object item = <object>value
    cdef Py_buffer view
    if type(item) is bytes:
        return put_base64(out, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    if isinstance(item, str) or PyObject_GetBuffer_checked(item, &view) < 0:
        return wrong_type(item, "bytes or a contiguous buffer of bytes")
    try:
        return put_base64(out, view.buf, view.len)
    finally:
        PyBuffer_Release(&view)


cdef int PyObject_GetBuffer_checked(object item, Py_buffer* view) except -2:
    try:
        return PyObject_GetBuffer(item, view, PyBUF_SIMPLE)
    except (TypeError, BufferError):
        return -1


cdef PyObject* read_bytes(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef ptrdiff_t size
    cdef PyObject* data = owned(PyBytes_FromStringAndSize(NULL, length // 4 * 3 + 3))
    size = wsx_read_base64(<unsigned char*>PyBytes_AS_STRING(<object>data), text, length)
    if size < 0:
        Py_XDECREF(data)
        malformed(text, length, "xs:base64Binary")
    _PyBytes_Resize(&data, size)
    return data


# --- ENUM ------------------------------------------------------------------------------------------------------------


cdef int write_enum(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef object item = <object>value
    cdef PyObject* name
    try:
        name = PyDict_GetItemWithError(<object>codec.names, item)
    except TypeError:
        name = NULL
    if name is NULL:
        # E_INVALIDARG, as for an enum number without an entry (types.md §6)
        raise InvalidArgument(f"{item!r} is not among the values of the enumeration")
    return out_append(out, PyBytes_AS_STRING(<object>name), PyBytes_GET_SIZE(<object>name))


cdef PyObject* read_enum(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef object name
    text, length = trimmed(text, length)
    name = decode_string(text, length, ascii)
    cdef PyObject* value = PyDict_GetItemWithError(<object>codec.values, name)
    if value is NULL:
        raise InvalidFormat(f"{name!r} is not among the names of the enumeration")
    return owned(<object>value)


cdef int choose_enum(Codec* codec, object description, list keep) except -1:
    """The two dictionaries of an enumeration; names are escaped beforehand."""
    names = {}
    values = {}
    for name, value in description.pairs:
        escaped = escape(name, codec.attribute)
        names[value] = escaped
        values[name] = value
    keep.append(names)
    keep.append(values)
    codec.names = <PyObject*>names
    codec.values = <PyObject*>values
    return 0


cdef bytes escape(object text, bint attribute):
    """The UTF-8 of text as element content, or as an attribute value in double quotes."""
    cdef Codec codec
    cdef Out out
    codec.attribute = attribute
    out_open(&out, 2 * len(text))
    try:
        write_string(&out, <PyObject*>text, &codec)
        return out_take(&out)
    finally:
        out_close(&out)


# --- XML_QNAME -------------------------------------------------------------------------------------------------------


cdef int write_qname(Out* out, PyObject* value, const Codec* codec) except -1:
    """`localName` or `prefix:localName`, with a prefix that the scope binds to the namespace (types.md §6)."""
    cdef object item = <object>value, prefix
    if not isinstance(item, XmlQName):
        return wrong_type(item, "wsx.XmlQName")
    prefix = (<dict>codec.names).get(item.ns)
    if prefix is None:
        raise InvalidFormat(f"no prefix is bound to the namespace {item.ns!r} of the QName {item.local_name!r} here")
    if not item.local_name:
        raise InvalidFormat("a QName without local name")
    text = f"{prefix}:{item.local_name}" if prefix else item.local_name
    return write_string(out, <PyObject*>text, codec)


cdef object qname_parts(const char* text, Py_ssize_t length, bint ascii):
    """(prefix, local name), split at the first colon; white space is trimmed at both ends (types.md §7)."""
    text, length = trimmed(text, length)
    prefix, colon, local = decode_string(text, length, ascii).partition(":")
    if not colon:
        prefix, local = "", prefix
    if not local or (colon and not prefix) or prefix.strip(" \t\r\n") != prefix:
        malformed(text, length, "xs:QName")
    return prefix, local


cdef PyObject* read_qname(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    """Only the reader knows the bindings: it resolves (prefix, local name)."""
    return owned(qname_parts(text, length, ascii))
