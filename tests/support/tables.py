"""Tables and texts that the tests of messages and channels share."""

from __future__ import annotations

from wsx.descriptions import ElementDescription, FieldDescription, FieldMapping, StructDescription, Type

ENVELOPE_11 = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE_12 = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING_09 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
ADDRESSING_10 = "http://www.w3.org/2005/08/addressing"
ADDRESSING_NONE = "http://schemas.microsoft.com/ws/2005/05/addressing/none"

HEADER = ElementDescription(
    "header",
    "ns",
    Type.STRUCT,
    StructDescription(dict, [FieldDescription("value", Type.STRING, mapping=FieldMapping.TEXT)], ns="ns"),
)
BODY = ElementDescription(
    "u", "ns", Type.STRUCT, StructDescription(dict, [FieldDescription("val", Type.UINT32)], ns="ns")
)
TWO_PARTS = ElementDescription(
    None,
    None,
    Type.STRUCT,
    StructDescription(dict, [FieldDescription("a", Type.INT32, ns="x"), FieldDescription("b", Type.INT32, ns="y")]),
)


def int32(name: str, ns: str = "ns") -> ElementDescription:
    """An element that holds one INT32."""
    return ElementDescription(name, ns, Type.INT32)
