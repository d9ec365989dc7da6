"""What a plan cannot render beforehand: names that need declarations, other attributes, fragments, callbacks.

A start tag has room for declarations that only the values tell: `fresh` collects them, prefix to namespace, while its
attributes and its text are written, and they are put in behind what the table declares. `taken` are the prefixes that
are bound there, or may be.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from libc.string cimport memcpy, memmove

from wsx._buffer cimport Out, out_append, out_length, out_put, out_reserve
from wsx._codec cimport Codec
from wsx._lexical_texts cimport escape
from wsx._plan cimport QNAME, WriteStep, declarations

from collections.abc import Mapping

from wsx._plan import free_prefix
from wsx.descriptions import XML_NAMESPACE, XMLNS_NAMESPACE, XSI_NAMESPACE, is_ncname
from wsx.errors import InvalidArgument, InvalidFormat, WsError
from wsx.fragment import XmlBuffer
from wsx.values import XmlQName


cdef int write_late(Out* out, const WriteStep* step, PyObject* value, dict taken, dict fresh) except -1:
    """The text of an attribute that may need declarations: `fresh` has them already or gets them."""
    cdef bytes text
    if step.kind == QNAME:
        return write_name(out, step, value, taken, fresh)
    from wsx._custom_types import write_attribute

    prefix, _, ns = <tuple>step.naming
    text, needed = write_attribute(<object>step.convert, <object>value, {**taken, **fresh}, prefix, ns)
    fresh.update(needed)
    return out_append(out, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))


cdef int write_name(Out* out, const WriteStep* step, PyObject* value, dict taken, dict fresh) except -1:
    """A QName; where no prefix stands for its namespace, `fresh` gets one that the start tag will declare."""
    cdef Codec codec
    cdef object name = <object>value, found = None
    cdef dict names
    if not isinstance(name, XmlQName) or not name.ns or name.ns in <dict>step.codec.names:
        return step.codec.write(out, value, &step.codec)
    if name.ns == XMLNS_NAMESPACE:
        raise InvalidFormat(f"no prefix can stand for {name.ns!r}")
    for prefix in fresh:
        if fresh[prefix] == name.ns:
            found = prefix
            break
    if found is None:
        names = {**taken, **fresh}
        if step.convert is not NULL:
            found = (<object>step.convert).prefix_of(name.ns)
        if not found or found in names:
            found = free_prefix(names)
        fresh[found] = name.ns
    names = {name.ns: found}
    codec = step.codec
    codec.names = <PyObject*>names
    return codec.write(out, value, &codec)


cdef int write_qname(Out* out, const WriteStep* step, PyObject* value) except -1:
    """The element of a QName."""
    cdef dict fresh = {}
    # the name of the start tag is that of `</name>`; declarations go behind it, before those of the table
    cdef Py_ssize_t place = out_length(out) + step.close.length - 2
    out_put(out, step.open.data, step.open.length)
    write_name(out, step, value, <dict>step.bindings, fresh)
    if fresh:
        insert(out, place, declarations(fresh))
    return out_put(out, step.close.data, step.close.length)


cdef Py_ssize_t insert(Out* out, Py_ssize_t place, bytes data) except -1:
    """Puts bytes between those that were written; returns how many."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
    cdef char* target
    out_reserve(out, size)
    target = out.start + place
    memmove(target + size, target, out.cursor - target)
    memcpy(target, PyBytes_AS_STRING(data), size)
    out.cursor += size
    return size


cdef bytes any_attributes(object value, dict bindings, tuple taken, dict declared):
    """The attributes that no field of the table maps: {XmlQName: str}; `declared` gets the prefixes that they need."""
    cdef bytes attributes = b""
    if not isinstance(value, Mapping):
        raise InvalidArgument(f"expected a mapping of wsx.XmlQName to str, not {type(value).__name__}")
    prefixes = {ns: prefix for prefix, ns in bindings.items() if prefix and ns}
    for prefix in declared:
        prefixes.setdefault(declared[prefix], prefix)
    prefixes[XML_NAMESPACE] = "xml"
    for name, text in value.items():
        if not isinstance(name, XmlQName):
            raise InvalidArgument(f"expected wsx.XmlQName as name of an attribute, not {type(name).__name__}")
        if (name.ns, name.local_name) in taken or name.ns in (XSI_NAMESPACE, XMLNS_NAMESPACE) or not is_ncname(
                name.local_name) or (name.local_name == "xmlns" and not name.ns):
            raise InvalidFormat(f"{name} cannot be the name of an attribute here")
        if not isinstance(text, str):
            raise InvalidArgument(f"expected str as value of attribute {name}, not {type(text).__name__}")
        prefix = prefixes.get(name.ns, "") if name.ns else ""
        if name.ns and not prefix:
            prefix = prefixes[name.ns] = free_prefix({**bindings, **declared})
            declared[prefix] = name.ns
        label = f"{prefix}:{name.local_name}" if prefix else name.local_name
        attributes += f' {label}="'.encode() + escape(text, True) + b'"'
    return attributes


cdef bint left_out(const WriteStep* step, object value) except -1:
    """Is it a value that an OPTIONAL field of a CUSTOM type leaves out (WS_IS_DEFAULT_VALUE_CALLBACK)?"""
    if not step.optional or (<object>step.convert).is_default is None:
        return False
    try:
        return bool((<object>step.convert).is_default(value))
    except (WsError, MemoryError):
        raise
    except Exception as error:
        raise InvalidFormat(f"the callback of a custom type failed: {error}") from error


cdef bytes custom_element(const WriteStep* step, object value):
    """The element that a callback writes, under the name of the table or with its own."""
    from wsx._custom_types import write_any_element, write_element

    if step.naming is NULL:
        return write_any_element(<object>step.convert, value, <dict>step.bindings)
    prefix, local, ns = <tuple>step.naming
    return write_element(<object>step.convert, value, <dict>step.bindings, prefix, local, ns)


cdef object fragment_of(object value):
    """The XmlBuffer of an XmlBuffer, of bytes, or of an element of ElementTree or lxml."""
    if isinstance(value, XmlBuffer):
        return value
    if isinstance(value, bytes):
        return XmlBuffer(value)
    if hasattr(value, "tag") and hasattr(value, "attrib"):
        return XmlBuffer.of_element(value)
    raise InvalidArgument(f"expected wsx.XmlBuffer, bytes or an element, not {type(value).__name__}")
