"""The codecs of scalar types, for values that stand outside of plans: chosen once and kept."""

from wsx._lexical cimport choose_codec

from wsx.descriptions import AttributeDescription, Type
from wsx.errors import InvalidArgument

# Codecs of types with a description that are kept: a program that makes up descriptions does not fill the memory.
cdef enum:
    MOST_DESCRIBED = 256

cdef dict PLAIN = {}
cdef dict DESCRIBED = {}


cdef class ScalarCodec:
    """One scalar type, with its description if it has one."""


cdef ScalarCodec scalar_codec(object type_, object description, bint attribute):
    """The codec of a type. InvalidArgument for a type without a text of its own, and for a description that is none
    of that type."""
    cdef ScalarCodec made
    if type(type_) is not Type:
        raise InvalidArgument(f"type must be a wsx.Type, not {type_!r}")
    if description is None:
        found = PLAIN.get((type_, attribute))
    else:
        found = DESCRIBED.get((type_, attribute, id(description)))
    if found is not None:
        return found
    if type_ is Type.STRUCT or type_ is Type.CUSTOM:
        raise InvalidArgument(f"type {type_.name} has no text of its own")
    AttributeDescription("value", "", type_, description)  # checks that they fit each other
    made = ScalarCodec.__new__(ScalarCodec)
    made.keep = [description]
    choose_codec(&made.codec, type_, description, attribute, None, made.keep)
    if description is None:
        PLAIN[type_, attribute] = made
    else:
        if len(DESCRIBED) >= MOST_DESCRIBED:
            DESCRIBED.clear()
        DESCRIBED[type_, attribute, id(description)] = made
    return made
