"""wsx: SOAP and XML by description tables, with a compiled core (the Windows Web Services API model for Python).

The public names are loaded when they are first used, so that ``import wsx`` costs next to nothing and a program that
only writes XML never loads a transport.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsx._cursor_reader import (
        XmlReader,
    )
    from wsx._cursor_writer import (
        XmlWriter,
    )
    from wsx._node_reader import (
        XmlPosition,
    )
    from wsx._nodes import (
        XmlAttribute,
        XmlNode,
    )
    from wsx.channel import (
        AsyncChannel,
        Channel,
        ChannelBinding,
        ChannelProperties,
        ChannelState,
        ChannelType,
        Received,
        ReceiveOption,
    )
    from wsx.charsets import (
        Charset,
    )
    from wsx.cursors import (
        MoveTo,
        NodeType,
        TypeMapping,
        XmlWriterProperties,
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
        UniqueId,
        describe,
        element_of,
        field,
        struct,
        struct_of,
    )
    from wsx.descriptions import (
        AttributeDescription,
        CustomTypeDescription,
        Description,
        ElementDescription,
        EndpointAddressDescription,
        EnumDescription,
        FaultDescription,
        FieldDescription,
        FieldMapping,
        FieldOption,
        MessageDescription,
        ReadOption,
        StructDescription,
        StructOption,
        Type,
        UnionDescription,
        UnionFieldDescription,
        WriteOption,
    )
    from wsx.enumerations import (
        AddressingVersion,
        Encoding,
        EnvelopeVersion,
    )
    from wsx.errors import (
        ErrorCode,
        WsError,
    )
    from wsx.fragment import (
        XmlBuffer,
    )
    from wsx.limits import (
        BoolDescription,
        ByteArrayDescription,
        BytesDescription,
        CharArrayDescription,
        DateTimeDescription,
        DecimalDescription,
        DoubleDescription,
        DurationDescription,
        FloatDescription,
        GuidDescription,
        Int8Description,
        Int16Description,
        Int32Description,
        Int64Description,
        ScalarDescription,
        StringDescription,
        TimeSpanDescription,
        UInt8Description,
        UInt16Description,
        UInt32Description,
        UInt64Description,
        UniqueIdDescription,
        Utf8ArrayDescription,
        WszDescription,
        XmlQNameDescription,
        XmlStringDescription,
    )
    from wsx.message import (
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
    from wsx.spelling import (
        Spelling,
    )
    from wsx.values import (
        UNSET,
        Choice,
        DateTime,
        Duration,
        EndpointAddress,
        Fault,
        FaultCode,
        FaultReason,
        TimeSpan,
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
    "AsyncChannel",
    "AttributeDescription",
    "Bool",
    "BoolDescription",
    "ByteArrayDescription",
    "Bytes",
    "BytesDescription",
    "Channel",
    "ChannelBinding",
    "ChannelProperties",
    "ChannelState",
    "ChannelType",
    "CharArrayDescription",
    "Charset",
    "Choice",
    "CustomTypeDescription",
    "DateTime",
    "DateTimeDescription",
    "Decimal",
    "DecimalDescription",
    "Description",
    "Double",
    "DoubleDescription",
    "Duration",
    "DurationDescription",
    "ElementDescription",
    "Encoding",
    "EndpointAddress",
    "EndpointAddressDescription",
    "EnumDescription",
    "EnvelopeVersion",
    "ErrorCode",
    "Fault",
    "FaultCode",
    "FaultDescription",
    "FaultReason",
    "FieldDescription",
    "FieldMapping",
    "FieldOption",
    "Float",
    "FloatDescription",
    "Guid",
    "GuidDescription",
    "HeaderAttribute",
    "HeaderType",
    "Int8",
    "Int8Description",
    "Int16",
    "Int16Description",
    "Int32",
    "Int32Description",
    "Int64",
    "Int64Description",
    "Message",
    "MessageDescription",
    "MessageInitialization",
    "MessageState",
    "MoveTo",
    "Nillable",
    "NodeType",
    "Quotas",
    "ReadOption",
    "ReceiveOption",
    "Received",
    "RepeatingHeaderOption",
    "ScalarDescription",
    "Spelling",
    "String",
    "StringDescription",
    "StructDescription",
    "StructOption",
    "TimeSpan",
    "TimeSpanDescription",
    "Type",
    "TypeMapping",
    "UInt8",
    "UInt8Description",
    "UInt16",
    "UInt16Description",
    "UInt32",
    "UInt32Description",
    "UInt64",
    "UInt64Description",
    "UnionDescription",
    "UnionFieldDescription",
    "UniqueId",
    "UniqueIdDescription",
    "Unset",
    "Utf8ArrayDescription",
    "WriteOption",
    "WsError",
    "WszDescription",
    "XmlAttribute",
    "XmlBuffer",
    "XmlNode",
    "XmlPosition",
    "XmlQName",
    "XmlQNameDescription",
    "XmlReader",
    "XmlStringDescription",
    "XmlWriter",
    "XmlWriterProperties",
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
        "wsx._cursor_reader": ("XmlReader",),
        "wsx._cursor_writer": ("XmlWriter",),
        "wsx._node_reader": ("XmlPosition",),
        "wsx._nodes": (
            "XmlAttribute",
            "XmlNode",
        ),
        "wsx.channel": (
            "AsyncChannel",
            "Channel",
            "ChannelBinding",
            "ChannelProperties",
            "ChannelState",
            "ChannelType",
            "ReceiveOption",
            "Received",
        ),
        "wsx.charsets": ("Charset",),
        "wsx.cursors": (
            "MoveTo",
            "NodeType",
            "TypeMapping",
            "XmlWriterProperties",
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
            "UniqueId",
            "describe",
            "element_of",
            "field",
            "struct",
            "struct_of",
        ),
        "wsx.descriptions": (
            "AttributeDescription",
            "CustomTypeDescription",
            "Description",
            "ElementDescription",
            "EndpointAddressDescription",
            "EnumDescription",
            "FaultDescription",
            "FieldDescription",
            "FieldMapping",
            "FieldOption",
            "MessageDescription",
            "ReadOption",
            "StructDescription",
            "StructOption",
            "Type",
            "UnionDescription",
            "UnionFieldDescription",
            "WriteOption",
        ),
        "wsx.enumerations": (
            "AddressingVersion",
            "Encoding",
            "EnvelopeVersion",
        ),
        "wsx.errors": (
            "ErrorCode",
            "WsError",
        ),
        "wsx.fragment": ("XmlBuffer",),
        "wsx.limits": (
            "BoolDescription",
            "ByteArrayDescription",
            "BytesDescription",
            "CharArrayDescription",
            "DateTimeDescription",
            "DecimalDescription",
            "DoubleDescription",
            "DurationDescription",
            "FloatDescription",
            "GuidDescription",
            "Int16Description",
            "Int32Description",
            "Int64Description",
            "Int8Description",
            "ScalarDescription",
            "StringDescription",
            "TimeSpanDescription",
            "UInt16Description",
            "UInt32Description",
            "UInt64Description",
            "UInt8Description",
            "UniqueIdDescription",
            "Utf8ArrayDescription",
            "WszDescription",
            "XmlQNameDescription",
            "XmlStringDescription",
        ),
        "wsx.message": (
            "HeaderAttribute",
            "HeaderType",
            "Message",
            "MessageInitialization",
            "MessageState",
            "RepeatingHeaderOption",
            "read_fault_detail",
        ),
        "wsx.quotas": ("Quotas",),
        "wsx.spelling": ("Spelling",),
        "wsx.values": (
            "Choice",
            "DateTime",
            "Duration",
            "EndpointAddress",
            "Fault",
            "FaultCode",
            "FaultReason",
            "TimeSpan",
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
