"""Enumerations of the tables, with the numbers of ``webservices.h``."""

from __future__ import annotations

import enum

__all__ = [
    "AddressingVersion",
    "Encoding",
    "EnvelopeVersion",
    "FieldMapping",
    "FieldOption",
    "ReadOption",
    "StructOption",
    "Type",
    "WriteOption",
]


class Type(enum.IntEnum):
    """WS_TYPE."""

    BOOL = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    DECIMAL = 11
    DATETIME = 12
    TIMESPAN = 13
    GUID = 14
    UNIQUE_ID = 15
    STRING = 16
    WSZ = 17
    BYTES = 18
    XML_STRING = 19
    XML_QNAME = 20
    XML_BUFFER = 21
    CHAR_ARRAY = 22
    UTF8_ARRAY = 23
    BYTE_ARRAY = 24
    DESCRIPTION = 25
    STRUCT = 26
    CUSTOM = 27
    ENDPOINT_ADDRESS = 28
    FAULT = 29
    VOID = 30
    ENUM = 31
    DURATION = 32
    UNION = 33
    ANY_ATTRIBUTES = 34


class FieldMapping(enum.IntEnum):
    """WS_FIELD_MAPPING."""

    TYPE_ATTRIBUTE = 0
    ATTRIBUTE = 1
    ELEMENT = 2
    REPEATING_ELEMENT = 3
    TEXT = 4
    NO = 5
    XML_ATTRIBUTE = 6
    ELEMENT_CHOICE = 7
    REPEATING_ELEMENT_CHOICE = 8
    ANY_ELEMENT = 9
    REPEATING_ANY_ELEMENT = 10
    ANY_CONTENT = 11
    ANY_ATTRIBUTES = 12


class FieldOption(enum.IntFlag):
    """WS_FIELD_OPTIONS."""

    NONE = 0
    POINTER = 0x01
    OPTIONAL = 0x02
    NILLABLE = 0x04
    NILLABLE_ITEM = 0x08
    OTHER_NAMESPACE = 0x10


class StructOption(enum.IntFlag):
    """WS_STRUCT_OPTIONS."""

    NONE = 0
    ABSTRACT = 0x1
    IGNORE_TRAILING_ELEMENT_CONTENT = 0x2
    IGNORE_UNHANDLED_ATTRIBUTES = 0x4


class WriteOption(enum.IntEnum):
    """WS_WRITE_OPTION: which values an element accepts when it is written."""

    REQUIRED_VALUE = 1
    REQUIRED_POINTER = 2
    NILLABLE_VALUE = 3
    NILLABLE_POINTER = 4


class ReadOption(enum.IntEnum):
    """WS_READ_OPTION: whether an element may be missing or nil when it is read."""

    REQUIRED_VALUE = 1
    REQUIRED_POINTER = 2
    OPTIONAL_POINTER = 3
    NILLABLE_POINTER = 4
    NILLABLE_VALUE = 5


class EnvelopeVersion(enum.IntEnum):
    """WS_ENVELOPE_VERSION."""

    SOAP_1_1 = 1
    SOAP_1_2 = 2
    NONE = 3


class AddressingVersion(enum.IntEnum):
    """WS_ADDRESSING_VERSION."""

    V0_9 = 1
    V1_0 = 2
    TRANSPORT = 3


class Encoding(enum.IntEnum):
    """WS_ENCODING: how the envelope becomes bytes."""

    XML_BINARY_1 = 0
    XML_BINARY_SESSION_1 = 1
    XML_MTOM_UTF8 = 2
    XML_MTOM_UTF16BE = 3
    XML_MTOM_UTF16LE = 4
    XML_UTF8 = 5
    XML_UTF16BE = 6
    XML_UTF16LE = 7
    RAW = 8
