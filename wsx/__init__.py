"""wsx: SOAP and XML by description tables, with a compiled core (the Windows Web Services API model for Python).

The public names are loaded when they are first used, so that ``import wsx`` costs next to nothing and a program that
only writes XML never loads a transport.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsx.channel import (
        Channel,
        ChannelBinding,
        ChannelProperties,
        ChannelState,
        ChannelType,
        Encoding,
        Received,
        ReceiveOption,
    )
    from wsx.declare import (
        Bool,
        Bytes,
        Decimal,
        Double,
        Float,
        Guid,
        Int8,
        Int16,
        Int32,
        Int64,
        Nillable,
        String,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        describe,
        element_of,
        field,
        struct,
        struct_of,
    )
    from wsx.descriptions import (
        AttributeDescription,
        Description,
        ElementDescription,
        EnumDescription,
        FieldDescription,
        FieldMapping,
        FieldOption,
        MessageDescription,
        ReadOption,
        StructDescription,
        StructOption,
        Type,
        WriteOption,
    )
    from wsx.errors import (
        ErrorCode,
        WsError,
    )
    from wsx.message import (
        AddressingVersion,
        EnvelopeVersion,
        HeaderAttribute,
        HeaderType,
        Message,
        MessageInitialization,
        MessageState,
        RepeatingHeaderOption,
        read_fault_detail,
    )
    from wsx.quotas import (
        Quotas,
    )
    from wsx.values import (
        UNSET,
        DateTime,
        EndpointAddress,
        Fault,
        FaultCode,
        FaultReason,
        Unset,
        XmlQName,
    )
    from wsx.xml import (
        read_element,
        write_element,
    )

__version__ = "0.1.0"

__all__ = [
    "UNSET",
    "AddressingVersion",
    "AttributeDescription",
    "Bool",
    "Bytes",
    "Channel",
    "ChannelBinding",
    "ChannelProperties",
    "ChannelState",
    "ChannelType",
    "DateTime",
    "Decimal",
    "Description",
    "Double",
    "ElementDescription",
    "Encoding",
    "EndpointAddress",
    "EnumDescription",
    "EnvelopeVersion",
    "ErrorCode",
    "Fault",
    "FaultCode",
    "FaultReason",
    "FieldDescription",
    "FieldMapping",
    "FieldOption",
    "Float",
    "Guid",
    "HeaderAttribute",
    "HeaderType",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Message",
    "MessageDescription",
    "MessageInitialization",
    "MessageState",
    "Nillable",
    "Quotas",
    "ReadOption",
    "ReceiveOption",
    "Received",
    "RepeatingHeaderOption",
    "String",
    "StructDescription",
    "StructOption",
    "Type",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Unset",
    "WriteOption",
    "WsError",
    "XmlQName",
    "describe",
    "element_of",
    "field",
    "read_element",
    "read_fault_detail",
    "struct",
    "struct_of",
    "write_element",
]

# Where each public name lives; a room is imported with all that it needs below it.
_NAMES = {
    name: module
    for module, names in {
        "wsx.channel": (
            "Channel",
            "ChannelBinding",
            "ChannelProperties",
            "ChannelState",
            "ChannelType",
            "Encoding",
            "ReceiveOption",
            "Received",
        ),
        "wsx.declare": (
            "Bool",
            "Bytes",
            "Decimal",
            "Double",
            "Float",
            "Guid",
            "Int16",
            "Int32",
            "Int64",
            "Int8",
            "Nillable",
            "String",
            "UInt16",
            "UInt32",
            "UInt64",
            "UInt8",
            "describe",
            "element_of",
            "field",
            "struct",
            "struct_of",
        ),
        "wsx.descriptions": (
            "AttributeDescription",
            "Description",
            "ElementDescription",
            "EnumDescription",
            "FieldDescription",
            "FieldMapping",
            "FieldOption",
            "MessageDescription",
            "ReadOption",
            "StructDescription",
            "StructOption",
            "Type",
            "WriteOption",
        ),
        "wsx.errors": (
            "ErrorCode",
            "WsError",
        ),
        "wsx.message": (
            "AddressingVersion",
            "EnvelopeVersion",
            "HeaderAttribute",
            "HeaderType",
            "Message",
            "MessageInitialization",
            "MessageState",
            "RepeatingHeaderOption",
            "read_fault_detail",
        ),
        "wsx.quotas": ("Quotas",),
        "wsx.values": (
            "DateTime",
            "EndpointAddress",
            "Fault",
            "FaultCode",
            "FaultReason",
            "UNSET",
            "Unset",
            "XmlQName",
        ),
        "wsx.xml": (
            "read_element",
            "write_element",
        ),
    }.items()
    for name in names
}


def __getattr__(name: str) -> object:
    try:
        module = _NAMES[name]
    except KeyError:
        raise AttributeError(f"module 'wsx' has no attribute {name!r}") from None
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
