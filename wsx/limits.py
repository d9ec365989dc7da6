"""Descriptions of scalar types: what a value may be, beyond its type.

Limits are inclusive. A violating value is InvalidFormat, when reading as in WWSAPI and when writing as well: an
invalid message should not leave.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final

from wsx.enumerations import Type
from wsx.errors import InvalidArgument, InvalidFormat
from wsx.values import Duration, XmlQName

__all__ = [
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
    "Int8Description",
    "Int16Description",
    "Int32Description",
    "Int64Description",
    "ScalarDescription",
    "StringDescription",
    "TextDescription",
    "TimeSpanDescription",
    "UInt8Description",
    "UInt16Description",
    "UInt32Description",
    "UInt64Description",
    "UniqueIdDescription",
    "Utf8ArrayDescription",
    "WszDescription",
    "XmlQNameDescription",
    "XmlStringDescription",
]


class ScalarDescription:
    """Base of the descriptions of scalar types; a description is immutable and compares by its limits."""

    type: ClassVar[Type]

    def check(self, value: Any) -> None:
        """Raises InvalidFormat when ``value``, which is of the type, is not allowed."""
        raise NotImplementedError

    @property
    def limited(self) -> bool:
        """Does the description exclude any value?"""
        raise NotImplementedError


def _check_limit(owner: ScalarDescription, name: str, wanted: type | tuple[type, ...]) -> None:
    """A limit must itself be a value of the type."""
    value = getattr(owner, name)
    if value is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool)):
        raise InvalidArgument(f"{type(owner).__name__}.{name} cannot be {value!r}")


@dataclass(frozen=True)
class _ValueDescription(ScalarDescription):
    """Only one value is allowed."""

    value: Any = None
    wanted: ClassVar[type]

    def __post_init__(self) -> None:
        _check_limit(self, "value", self.wanted)

    @property
    def limited(self) -> bool:
        return self.value is not None

    def check(self, value: Any) -> None:
        if self.value is not None and value != self.value:
            raise InvalidFormat(f"{value!r} is not {self.value!r}, the only value allowed")


class BoolDescription(_ValueDescription):
    """WS_BOOL_DESCRIPTION: the one value accepted."""

    type = Type.BOOL
    wanted = bool


class GuidDescription(_ValueDescription):
    """WS_GUID_DESCRIPTION: the one value accepted."""

    type = Type.GUID
    wanted = uuid.UUID


@dataclass(frozen=True)
class _RangeDescription(ScalarDescription):
    """Values from ``min_value`` to ``max_value``; None is no limit."""

    min_value: Any = None
    max_value: Any = None
    wanted: ClassVar[type | tuple[type, ...]] = int

    def __post_init__(self) -> None:
        for name in ("min_value", "max_value"):
            _check_limit(self, name, self.wanted)
        if self.min_value is not None and self.max_value is not None and not self.min_value <= self.max_value:
            raise InvalidArgument(f"{type(self).__name__}: {self.min_value!r} is above {self.max_value!r}")

    @property
    def limited(self) -> bool:
        return self.min_value is not None or self.max_value is not None

    def check(self, value: Any) -> None:
        # written so that NaN, which compares with nothing, is outside every limit
        if (self.min_value is None or value >= self.min_value) and (self.max_value is None or value <= self.max_value):
            return
        low = "" if self.min_value is None else f"from {self.min_value} "
        high = "" if self.max_value is None else f"up to {self.max_value} "
        raise InvalidFormat(f"{value} is outside the range {low}{high}that the table allows")


class Int8Description(_RangeDescription):
    """WS_INT8_DESCRIPTION."""

    type = Type.INT8


class Int16Description(_RangeDescription):
    """WS_INT16_DESCRIPTION."""

    type = Type.INT16


class Int32Description(_RangeDescription):
    """WS_INT32_DESCRIPTION."""

    type = Type.INT32


class Int64Description(_RangeDescription):
    """WS_INT64_DESCRIPTION."""

    type = Type.INT64


class UInt8Description(_RangeDescription):
    """WS_UINT8_DESCRIPTION."""

    type = Type.UINT8


class UInt16Description(_RangeDescription):
    """WS_UINT16_DESCRIPTION."""

    type = Type.UINT16


class UInt32Description(_RangeDescription):
    """WS_UINT32_DESCRIPTION."""

    type = Type.UINT32


class UInt64Description(_RangeDescription):
    """WS_UINT64_DESCRIPTION."""

    type = Type.UINT64


class FloatDescription(_RangeDescription):
    """WS_FLOAT_DESCRIPTION."""

    type = Type.FLOAT
    wanted = (float, int)


class DoubleDescription(_RangeDescription):
    """WS_DOUBLE_DESCRIPTION."""

    type = Type.DOUBLE
    wanted = (float, int)


@dataclass(frozen=True)
class DecimalDescription(_RangeDescription):
    """WS_DECIMAL_DESCRIPTION; ``unlimited`` takes decimals of any size, which no WWSAPI peer can read."""

    unlimited: bool = False
    type = Type.DECIMAL
    wanted = (decimal.Decimal, int)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.unlimited, bool):
            raise InvalidArgument(f"DecimalDescription.unlimited must be a bool, not {self.unlimited!r}")


class DateTimeDescription(_RangeDescription):
    """WS_DATETIME_DESCRIPTION: limits and values must both have a time zone, or both have none."""

    type = Type.DATETIME
    wanted = datetime.datetime

    def check(self, value: Any) -> None:
        try:
            super().check(value)
        except TypeError as error:
            raise InvalidFormat(f"{value} cannot be compared with the limits: {error}") from error


class TimeSpanDescription(_RangeDescription):
    """WS_TIMESPAN_DESCRIPTION."""

    type = Type.TIMESPAN
    wanted = datetime.timedelta


# Compares two durations: below zero, zero or above zero, as WS_DURATION_COMPARISON_CALLBACK.
Comparer = Callable[[Duration, Duration], int]


def _compare(one: Duration, other: Duration) -> int:
    """The default comparer: both of years and months only, or both without them (types.md §5)."""

    def months(value: Duration) -> int | None:
        if value.days or value.hours or value.minutes or value.seconds or value.fraction:
            return None
        total = value.years * 12 + value.months
        return -total if value.negative else total

    first, second = months(one), months(other)
    if first is None or second is None:
        try:
            span, limit = one.to_timedelta(), other.to_timedelta()
        except ValueError as error:
            raise InvalidFormat(f"durations that cannot be compared: {one}, {other}") from error
        return (span > limit) - (span < limit)
    return (first > second) - (first < second)


@dataclass(frozen=True)
class DurationDescription(ScalarDescription):
    """WS_DURATION_DESCRIPTION; ``comparer`` orders durations whose months and days are mixed."""

    min_value: Duration | None = None
    max_value: Duration | None = None
    comparer: Comparer = _compare
    type = Type.DURATION

    def __post_init__(self) -> None:
        for name in ("min_value", "max_value"):
            _check_limit(self, name, Duration)
        if not callable(self.comparer):
            raise InvalidArgument(f"DurationDescription.comparer must be callable, not {self.comparer!r}")

    @property
    def limited(self) -> bool:
        return self.min_value is not None or self.max_value is not None

    def check(self, value: Any) -> None:
        given = value if isinstance(value, Duration) else Duration.of_timedelta(value)
        below = self.min_value is not None and self.comparer(given, self.min_value) < 0
        if below or (self.max_value is not None and self.comparer(given, self.max_value) > 0):
            raise InvalidFormat(f"{given} is outside the range that the table allows")


def _utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _size(value: Any) -> int:
    """Bytes of a value: UTF-8 of a str, else the buffer's."""
    return len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else memoryview(value).nbytes


def _check_lengths(owner: ScalarDescription, least: str, most: str) -> None:
    for name in (least, most):
        value = getattr(owner, name)
        if value is not None and (type(value) is not int or value < 0):
            raise InvalidArgument(f"{type(owner).__name__}.{name} must be a number from 0 on, not {value!r}")
    low, high = getattr(owner, least), getattr(owner, most)
    if low is not None and high is not None and low > high:
        raise InvalidArgument(f"{type(owner).__name__}: {least} is above {most}")


def _check_length(length: int, least: int | None, most: int | None, unit: str) -> None:
    if (least is not None and length < least) or (most is not None and length > most):
        low = 0 if least is None else least
        raise InvalidFormat(f"{length} {unit}, but the table wants {low} to {'any number' if most is None else most}")


@dataclass(frozen=True)
class _CharsDescription(ScalarDescription):
    """Length limits in UTF-16 code units, as WWSAPI counts characters."""

    min_char_count: int | None = None
    max_char_count: int | None = None

    def __post_init__(self) -> None:
        _check_lengths(self, "min_char_count", "max_char_count")

    @property
    def limited(self) -> bool:
        return self.min_char_count is not None or self.max_char_count is not None

    def check(self, value: Any) -> None:
        _check_length(_utf16_units(value), self.min_char_count, self.max_char_count, "characters")


class StringDescription(_CharsDescription):
    """WS_STRING_DESCRIPTION."""

    type = Type.STRING


class TextDescription(ScalarDescription):
    """A type of the program's own over STRING: ``to_text`` and ``from_text`` turn a value into text and back.

    For what XML Schema has and WWSAPI has no type for: dates, lists, unions, strings with a pattern (:mod:`wsx.xsd`).
    Both methods raise a WsError for what is not allowed. ``python_type`` is the class of the values.
    """

    type = Type.STRING
    python_type: ClassVar[Any] = str

    def to_text(self, value: Any) -> str:
        """The text of ``value``."""
        raise NotImplementedError

    def from_text(self, text: str) -> Any:
        """The value of ``text``, which has all its white space."""
        raise NotImplementedError

    @property
    def limited(self) -> bool:
        return True

    def check(self, value: Any) -> None:
        self.to_text(value)


class WszDescription(_CharsDescription):
    """WS_WSZ_DESCRIPTION."""

    type = Type.WSZ


class CharArrayDescription(_CharsDescription):
    """WS_CHAR_ARRAY_DESCRIPTION."""

    type = Type.CHAR_ARRAY


class UniqueIdDescription(_CharsDescription):
    """WS_UNIQUE_ID_DESCRIPTION: the limits apply to the string form only."""

    type = Type.UNIQUE_ID

    def check(self, value: Any) -> None:
        if isinstance(value, str):
            super().check(value)


@dataclass(frozen=True)
class _BytesDescription(ScalarDescription):
    """Length limits in bytes: decoded bytes of base64, UTF-8 bytes of text."""

    min_byte_count: int | None = None
    max_byte_count: int | None = None

    def __post_init__(self) -> None:
        _check_lengths(self, "min_byte_count", "max_byte_count")

    @property
    def limited(self) -> bool:
        return self.min_byte_count is not None or self.max_byte_count is not None

    def check(self, value: Any) -> None:
        _check_length(_size(value), self.min_byte_count, self.max_byte_count, "bytes")


class BytesDescription(_BytesDescription):
    """WS_BYTES_DESCRIPTION."""

    type = Type.BYTES


class ByteArrayDescription(_BytesDescription):
    """WS_BYTE_ARRAY_DESCRIPTION."""

    type = Type.BYTE_ARRAY


class Utf8ArrayDescription(_BytesDescription):
    """WS_UTF8_ARRAY_DESCRIPTION."""

    type = Type.UTF8_ARRAY


class XmlStringDescription(_BytesDescription):
    """WS_XML_STRING_DESCRIPTION."""

    type = Type.XML_STRING


@dataclass(frozen=True)
class XmlQNameDescription(ScalarDescription):
    """WS_XML_QNAME_DESCRIPTION: UTF-8 bytes of the local name and of the namespace."""

    min_local_name_byte_count: int | None = None
    max_local_name_byte_count: int | None = None
    min_ns_byte_count: int | None = None
    max_ns_byte_count: int | None = None
    type = Type.XML_QNAME

    def __post_init__(self) -> None:
        _check_lengths(self, "min_local_name_byte_count", "max_local_name_byte_count")
        _check_lengths(self, "min_ns_byte_count", "max_ns_byte_count")

    @property
    def limited(self) -> bool:
        return self != XmlQNameDescription()

    def check(self, value: XmlQName) -> None:
        least, most = self.min_local_name_byte_count, self.max_local_name_byte_count
        _check_length(_size(value.local_name), least, most, "bytes of local name")
        _check_length(_size(value.ns), self.min_ns_byte_count, self.max_ns_byte_count, "bytes of namespace")


SCALAR_DESCRIPTIONS: Final[Mapping[Type, type[ScalarDescription]]] = MappingProxyType(
    {
        cls.type: cls
        for cls in (
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
    }
)
