"""What is legal in a table: the Python type, mappings and options of each type (types.md §3-4, serialization.md §4)."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from wsx.enumerations import FieldMapping, FieldOption, Type
from wsx.values import Duration, XmlQName

__all__ = [
    "ATTRIBUTE_TYPES",
    "CONTENT",
    "FIELD_ONLY",
    "FIELD_ORDER",
    "INTEGER_RANGES",
    "LEGAL_MAPPINGS",
    "LEGAL_OPTIONS",
    "NAMELESS",
    "NAMESPACE_FILTER",
    "OWN_NIL",
    "PYTHON_TYPES",
    "REPEATING",
    "SINGLE_RANKS",
    "STRUCTURED",
]

# The Python type of the values of each scalar type: what reading makes, and what a default must be.
PYTHON_TYPES: Final[Mapping[Type, type | tuple[type, ...]]] = MappingProxyType(
    {
        Type.BOOL: bool,
        Type.INT8: int,
        Type.INT16: int,
        Type.INT32: int,
        Type.INT64: int,
        Type.UINT8: int,
        Type.UINT16: int,
        Type.UINT32: int,
        Type.UINT64: int,
        Type.FLOAT: float,
        Type.DOUBLE: float,
        Type.DECIMAL: decimal.Decimal,
        Type.DATETIME: datetime.datetime,
        Type.TIMESPAN: datetime.timedelta,
        Type.DURATION: Duration,
        Type.GUID: uuid.UUID,
        Type.UNIQUE_ID: (uuid.UUID, str),
        Type.STRING: str,
        Type.WSZ: str,
        Type.XML_STRING: str,
        Type.CHAR_ARRAY: str,
        Type.UTF8_ARRAY: str,
        Type.BYTES: bytes,
        Type.BYTE_ARRAY: bytes,
        Type.XML_QNAME: XmlQName,
    }
)
INTEGER_RANGES: Final[Mapping[Type, range]] = MappingProxyType(
    {
        **{Type[f"INT{bits}"]: range(-(1 << bits - 1), 1 << bits - 1) for bits in (8, 16, 32, 64)},
        **{Type[f"UINT{bits}"]: range(1 << bits) for bits in (8, 16, 32, 64)},
    }
)

# Types whose options are those of structures: nil and optional need POINTER (set S).
STRUCTURED: Final = frozenset({Type.STRUCT, Type.CUSTOM, Type.ENDPOINT_ADDRESS, Type.FAULT})

# Types that exist as fields of structures only.
_ARRAYS: Final = frozenset({Type.CHAR_ARRAY, Type.UTF8_ARRAY, Type.BYTE_ARRAY})
FIELD_ONLY: Final = _ARRAYS | {Type.VOID, Type.ANY_ATTRIBUTES, Type.DESCRIPTION}

# Types that attributes by cursor take; the arrays, which exist as fields only, are as STRING or BYTES there.
ATTRIBUTE_TYPES: Final = frozenset({*PYTHON_TYPES, Type.ENUM, Type.STRUCT, Type.CUSTOM})

# Types with a nil of their own (WS_STRING, WS_BYTES, WS_WSZ …): option set N of the type table. The others are nil only
# through a pointer: sets V (values) and S (structures).
OWN_NIL: Final = frozenset({Type.STRING, Type.WSZ, Type.BYTES, Type.XML_STRING, Type.XML_BUFFER, *_ARRAYS})

_ANY_FIELD: Final = frozenset(
    {FieldMapping.ATTRIBUTE, FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT, FieldMapping.TEXT, FieldMapping.NO}
)

_ANY_CONTENT: Final = frozenset(
    {FieldMapping.ANY_ELEMENT, FieldMapping.REPEATING_ANY_ELEMENT, FieldMapping.ANY_CONTENT}
)

# The mappings that a type may have, types.md §3.
LEGAL_MAPPINGS: Final[Mapping[Type, frozenset[FieldMapping]]] = MappingProxyType(
    {
        **dict.fromkeys((*PYTHON_TYPES, Type.ENUM), _ANY_FIELD),
        **dict.fromkeys((Type.STRING, Type.WSZ, Type.CHAR_ARRAY), _ANY_FIELD | {FieldMapping.XML_ATTRIBUTE}),
        **dict.fromkeys((Type.UTF8_ARRAY, Type.BYTE_ARRAY), _ANY_FIELD - {FieldMapping.REPEATING_ELEMENT}),
        Type.STRUCT: _ANY_FIELD - {FieldMapping.ATTRIBUTE},
        Type.UNION: frozenset({FieldMapping.ELEMENT_CHOICE, FieldMapping.REPEATING_ELEMENT_CHOICE}),
        Type.XML_BUFFER: _ANY_CONTENT | {FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT, FieldMapping.NO},
        Type.VOID: _ANY_CONTENT
        | {FieldMapping.ELEMENT, FieldMapping.ATTRIBUTE, FieldMapping.ANY_ATTRIBUTES, FieldMapping.NO},
        Type.ANY_ATTRIBUTES: frozenset({FieldMapping.ANY_ATTRIBUTES}),
        Type.DESCRIPTION: frozenset({FieldMapping.TYPE_ATTRIBUTE}),
        Type.CUSTOM: _ANY_FIELD | {FieldMapping.ANY_ELEMENT},
        **dict.fromkeys(
            (Type.ENDPOINT_ADDRESS, Type.FAULT),
            frozenset({FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT, FieldMapping.NO}),
        ),
    }
)

LEGAL_OPTIONS: Final[Mapping[FieldMapping, FieldOption]] = MappingProxyType(
    {
        FieldMapping.TYPE_ATTRIBUTE: FieldOption.NONE,
        FieldMapping.ATTRIBUTE: FieldOption.OPTIONAL,
        FieldMapping.XML_ATTRIBUTE: FieldOption.OPTIONAL,
        FieldMapping.ELEMENT: FieldOption.POINTER | FieldOption.OPTIONAL | FieldOption.NILLABLE,
        FieldMapping.REPEATING_ELEMENT: FieldOption.POINTER
        | FieldOption.OPTIONAL
        | FieldOption.NILLABLE
        | FieldOption.NILLABLE_ITEM,
        FieldMapping.TEXT: FieldOption.NONE,
        FieldMapping.NO: FieldOption.NONE,
        FieldMapping.ELEMENT_CHOICE: FieldOption.OPTIONAL,
        FieldMapping.REPEATING_ELEMENT_CHOICE: FieldOption.OPTIONAL,
        FieldMapping.ANY_ELEMENT: FieldOption.POINTER | FieldOption.OPTIONAL | FieldOption.OTHER_NAMESPACE,
        FieldMapping.REPEATING_ANY_ELEMENT: FieldOption.OPTIONAL | FieldOption.OTHER_NAMESPACE,
        FieldMapping.ANY_CONTENT: FieldOption.NONE,
        FieldMapping.ANY_ATTRIBUTES: FieldOption.OTHER_NAMESPACE,
    }
)

# Mappings of fields that have no name in XML; those of NAMESPACE_FILTER take a namespace all the same.
NAMESPACE_FILTER: Final = frozenset(
    {FieldMapping.ANY_ELEMENT, FieldMapping.REPEATING_ANY_ELEMENT, FieldMapping.ANY_ATTRIBUTES}
)
NAMELESS: Final = NAMESPACE_FILTER | {
    FieldMapping.TYPE_ATTRIBUTE,
    FieldMapping.TEXT,
    FieldMapping.NO,
    FieldMapping.ELEMENT_CHOICE,
    FieldMapping.ANY_CONTENT,
}
REPEATING: Final = frozenset(
    {FieldMapping.REPEATING_ELEMENT, FieldMapping.REPEATING_ELEMENT_CHOICE, FieldMapping.REPEATING_ANY_ELEMENT}
)

# The field order grammar of WS_STRUCT_DESCRIPTION: the type, attributes, then one text, or elements and at most one
# field for any other content; last what has no XML.
CONTENT: Final = 4
FIELD_ORDER: Final[Mapping[FieldMapping, int]] = MappingProxyType(
    {
        FieldMapping.TYPE_ATTRIBUTE: 1,
        FieldMapping.ATTRIBUTE: 2,
        FieldMapping.XML_ATTRIBUTE: 2,
        FieldMapping.ANY_ATTRIBUTES: 3,
        FieldMapping.TEXT: CONTENT,
        FieldMapping.ELEMENT: CONTENT,
        FieldMapping.REPEATING_ELEMENT: CONTENT,
        FieldMapping.ELEMENT_CHOICE: CONTENT,
        FieldMapping.REPEATING_ELEMENT_CHOICE: CONTENT,
        FieldMapping.ANY_ELEMENT: 5,
        FieldMapping.REPEATING_ANY_ELEMENT: 5,
        FieldMapping.ANY_CONTENT: 5,
        FieldMapping.NO: 6,
    }
)
# Of these ranks there is at most one field.
SINGLE_RANKS: Final = frozenset({1, 3, 5})
