"""Names for annotations: the types of the tables as type checkers know them."""

from __future__ import annotations

import decimal
import enum
import uuid
from typing import Annotated, TypeAlias, TypeVar

from wsx.enumerations import Type

__all__ = [
    "Bool",
    "Bytes",
    "Decimal",
    "Double",
    "Float",
    "Guid",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Mark",
    "Nillable",
    "String",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "UniqueId",
]

T = TypeVar("T")

Bool: TypeAlias = Annotated[bool, Type.BOOL]
Int8: TypeAlias = Annotated[int, Type.INT8]
Int16: TypeAlias = Annotated[int, Type.INT16]
Int32: TypeAlias = Annotated[int, Type.INT32]
Int64: TypeAlias = Annotated[int, Type.INT64]
UInt8: TypeAlias = Annotated[int, Type.UINT8]
UInt16: TypeAlias = Annotated[int, Type.UINT16]
UInt32: TypeAlias = Annotated[int, Type.UINT32]
UInt64: TypeAlias = Annotated[int, Type.UINT64]
Float: TypeAlias = Annotated[float, Type.FLOAT]
"""A number of 32 bits."""
Double: TypeAlias = Annotated[float, Type.DOUBLE]
Decimal: TypeAlias = Annotated[decimal.Decimal, Type.DECIMAL]
Guid: TypeAlias = Annotated[uuid.UUID, Type.GUID]
String: TypeAlias = Annotated[str, Type.STRING]
Bytes: TypeAlias = Annotated[bytes, Type.BYTES]
UniqueId: TypeAlias = Annotated[uuid.UUID | str, Type.UNIQUE_ID]
"""A WS_UNIQUE_ID: a UUID, or any other URI as str."""


class Mark(enum.Enum):
    """What Annotated carries for annotations that are more than a type."""

    NILLABLE = "xsi:nil"


Nillable: TypeAlias = Annotated[T | None, Mark.NILLABLE]
"""``Nillable[X]``: None stands for an element with xsi:nil="true"."""
