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
    "FIELD_ONLY",
    "INTEGER_RANGES",
    "LEGAL_MAPPINGS",
    "LEGAL_OPTIONS",
    "OWN_NIL",
    "PYTHON_TYPES",
    "SUPPORTED_MAPPINGS",
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

# What this version of wsx compiles; the other numbers are known to the model and refused by name.
SUPPORTED_MAPPINGS: Final = frozenset(
    {
        FieldMapping.ATTRIBUTE,
        FieldMapping.XML_ATTRIBUTE,
        FieldMapping.ELEMENT,
        FieldMapping.REPEATING_ELEMENT,
        FieldMapping.TEXT,
        FieldMapping.NO,
    }
)
SUPPORTED_TYPES: Final = frozenset({*PYTHON_TYPES, Type.ENUM, Type.STRUCT})

# Types that exist as fields of structures only.
FIELD_ONLY: Final = frozenset({Type.CHAR_ARRAY, Type.UTF8_ARRAY, Type.BYTE_ARRAY})

# Types with a nil of their own (WS_STRING, WS_BYTES, WS_WSZ …): option set N of the type table. The others are nil only
# through a pointer: sets V (values) and S (structures).
OWN_NIL: Final = frozenset({Type.STRING, Type.WSZ, Type.BYTES, Type.XML_STRING, *FIELD_ONLY})

_ANY_FIELD: Final = frozenset(
    {FieldMapping.ATTRIBUTE, FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT, FieldMapping.TEXT, FieldMapping.NO}
)

# The mappings that a type may have, types.md §3.
LEGAL_MAPPINGS: Final[Mapping[Type, frozenset[FieldMapping]]] = MappingProxyType(
    {
        **dict.fromkeys(SUPPORTED_TYPES, _ANY_FIELD),
        **dict.fromkeys((Type.STRING, Type.WSZ, Type.CHAR_ARRAY), _ANY_FIELD | {FieldMapping.XML_ATTRIBUTE}),
        **dict.fromkeys((Type.UTF8_ARRAY, Type.BYTE_ARRAY), _ANY_FIELD - {FieldMapping.REPEATING_ELEMENT}),
        Type.STRUCT: _ANY_FIELD - {FieldMapping.ATTRIBUTE},
    }
)

LEGAL_OPTIONS: Final[Mapping[FieldMapping, FieldOption]] = MappingProxyType(
    {
        FieldMapping.ATTRIBUTE: FieldOption.OPTIONAL,
        FieldMapping.XML_ATTRIBUTE: FieldOption.OPTIONAL,
        FieldMapping.ELEMENT: FieldOption.POINTER | FieldOption.OPTIONAL | FieldOption.NILLABLE,
        FieldMapping.REPEATING_ELEMENT: FieldOption.POINTER
        | FieldOption.OPTIONAL
        | FieldOption.NILLABLE
        | FieldOption.NILLABLE_ITEM,
        FieldMapping.TEXT: FieldOption.NONE,
        FieldMapping.NO: FieldOption.NONE,
    }
)
