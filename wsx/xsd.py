"""Simple types of XML Schema that the table types do not have: dates, times, large numbers, lists, unions, facets.

Each is a :class:`wsx.TextDescription`, so it stands wherever a STRING may: in an element, an attribute or the text of a
structure. The names are for annotations: ``day: xsd.Date``, ``code: Annotated[str, xsd.text(max_length=5)]``,
``sizes: Annotated[list[int], xsd.list_of(wsx.Int32)]``.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from wsx._reader import read_document
from wsx._scanner import DEFAULT_QUOTAS
from wsx._writer import write_bytes
from wsx.declare.annotations import Unclear, peel, type_of
from wsx.descriptions import ElementDescription, ReadOption, Type, WriteOption
from wsx.errors import InvalidArgument, InvalidFormat, WsError
from wsx.limits import DecimalDescription, TextDescription
from wsx.xsd_patterns import compile_pattern

__all__ = [
    "Date",
    "Decimal",
    "DecimalFacets",
    "GDay",
    "GMonth",
    "GMonthDay",
    "GYear",
    "GYearMonth",
    "HexBinary",
    "Integer",
    "NegativeInteger",
    "NonNegativeInteger",
    "NonPositiveInteger",
    "NormalizedString",
    "PositiveInteger",
    "Time",
    "Token",
    "ZonedDate",
    "decimal_facets",
    "element",
    "fixed",
    "hex_binary",
    "integer",
    "list_of",
    "text",
    "union_of",
]

_SPACE: Final = " \t\r\n"
_ZONE: Final = r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"


def _collapse(text: str) -> str:
    """whiteSpace="collapse" of XSD part 2 §4.3.6."""
    return " ".join(part for part in re.split(f"[{_SPACE}]+", text) if part)


def _refuse(value: object, wanted: str) -> InvalidArgument:
    return InvalidArgument(f"{wanted} was expected, not {type(value).__name__}")


# --- dates and times -------------------------------------------------------------------------------------------------


class ZonedDate(datetime.date):
    """A date with a time zone, which xs:date may have and ``datetime.date`` has not.

    Reading makes one only where there is a zone. It compares with plain dates by its day; two zoned ones are equal when
    their zones are as well.
    """

    tzinfo: datetime.timezone

    def __new__(cls, year: int, month: int, day: int, tzinfo: datetime.timezone = datetime.timezone.utc) -> ZonedDate:
        self = super().__new__(cls, year, month, day)
        self.tzinfo = tzinfo
        return self

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) is True and getattr(other, "tzinfo", self.tzinfo) == self.tzinfo

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = datetime.date.__hash__

    def __repr__(self) -> str:
        return f"xsd.ZonedDate({self.year}, {self.month}, {self.day}, {self.tzinfo!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (ZonedDate, (self.year, self.month, self.day, self.tzinfo))


def _zone_of(text: str | None) -> datetime.timezone | None:
    if text is None:
        return None
    if text == "Z":
        return datetime.timezone.utc
    offset = datetime.timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    if int(text[4:6]) > 59 or offset > datetime.timedelta(hours=14):
        raise ValueError(f"no time zone: {text}")
    return datetime.timezone(-offset if text[0] == "-" else offset)


def _zone_text(offset: datetime.timedelta | None) -> str:
    if offset is None:
        return ""
    minutes, rest = divmod(int(offset.total_seconds()), 60)
    if rest:
        raise InvalidFormat("a time zone of XML has no seconds")
    if minutes == 0:
        return "Z"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@dataclass(frozen=True)
class _DateText(TextDescription):
    """xs:date as datetime.date, or ZonedDate where it has a zone."""

    python_type = datetime.date
    _FORM = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})" + _ZONE)

    def to_text(self, value: Any) -> str:
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            raise _refuse(value, "datetime.date")
        zone = getattr(value, "tzinfo", None)
        return f"{value:%Y-%m-%d}".zfill(10) + _zone_text(None if zone is None else zone.utcoffset(None))

    def from_text(self, text: str) -> datetime.date:
        found = self._FORM.fullmatch(text.strip(_SPACE))
        try:
            if found is None:
                raise ValueError("not of the form YYYY-MM-DD")
            year, month, day = (int(found[i]) for i in (1, 2, 3))
            zone = _zone_of(found["zone"])
            return datetime.date(year, month, day) if zone is None else ZonedDate(year, month, day, zone)
        except ValueError as error:
            raise InvalidFormat(f"{text!r} is no xs:date: {error}") from error


@dataclass(frozen=True)
class _TimeText(TextDescription):
    """xs:time as datetime.time; 24:00:00 is midnight. Digits beyond microseconds must be zero."""

    python_type = datetime.time
    _FORM = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?" + _ZONE)

    def to_text(self, value: Any) -> str:
        if not isinstance(value, datetime.time):
            raise _refuse(value, "datetime.time")
        digits = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        return f"{value.hour:02}:{value.minute:02}:{value.second:02}{digits}{_zone_text(value.utcoffset())}"

    def from_text(self, text: str) -> datetime.time:
        found = self._FORM.fullmatch(text.strip(_SPACE))
        try:
            if found is None:
                raise ValueError("not of the form hh:mm:ss")
            hour, minute, second = (int(found[i]) for i in (1, 2, 3))
            digits = (found[4] or "").rstrip("0")
            if len(digits) > 6:
                raise ValueError("datetime.time has no more than 6 decimals")
            micro = int(digits.ljust(6, "0"))
            if (hour, minute, second, micro) == (24, 0, 0, 0):
                hour = 0
            return datetime.time(hour, minute, second, micro, _zone_of(found["zone"]))
        except ValueError as error:
            raise InvalidFormat(f"{text!r} is no xs:time: {error}") from error


# --- numbers and bytes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _IntegerText(TextDescription):
    """xs:integer and its kin, of any size."""

    min_value: int | None = None
    max_value: int | None = None
    python_type = int
    # int() is quadratic; XSD part 2 §4.2.2 wants no more than 18 digits of a processor.
    MOST_DIGITS = 4000
    _FORM = re.compile("[+-]?[0-9]+")

    def to_text(self, value: Any) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _refuse(value, "int")
        self._check_range(int(value))
        return str(int(value))

    def from_text(self, text: str) -> int:
        stripped = text.strip(_SPACE)
        if len(stripped) > self.MOST_DIGITS or self._FORM.fullmatch(stripped) is None:
            raise InvalidFormat(f"{stripped[:40]!r} is no integer of at most {self.MOST_DIGITS} digits")
        value = int(stripped)
        self._check_range(value)
        return value

    def _check_range(self, value: int) -> None:
        if value.bit_length() > self.MOST_DIGITS * 3:
            raise InvalidFormat(f"an integer of {value.bit_length()} bits is too large")
        low, high = self.min_value, self.max_value
        if (low is not None and value < low) or (high is not None and value > high):
            low_text = "-∞" if low is None else low
            raise InvalidFormat(f"{value} is not in the range {low_text} to {'∞' if high is None else high}")


@dataclass(frozen=True)
class _HexBinaryText(TextDescription):
    """xs:hexBinary; lengths are in bytes."""

    min_length: int | None = None
    max_length: int | None = None
    python_type = bytes

    def to_text(self, value: Any) -> str:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise _refuse(value, "bytes")
        self._check_length(value)
        return bytes(value).hex().upper()

    def from_text(self, text: str) -> bytes:
        stripped = text.strip(_SPACE)
        if re.fullmatch("(?:[0-9A-Fa-f]{2})*", stripped) is None:
            raise InvalidFormat(f"{stripped[:40]!r} is no xs:hexBinary")
        value = bytes.fromhex(stripped)
        self._check_length(value)
        return value

    def _check_length(self, value: Any) -> None:
        _check_length(len(value), self.min_length, self.max_length, "bytes")


def _check_length(length: int, least: int | None, most: int | None, unit: str) -> None:
    if (least is not None and length < least) or (most is not None and length > most):
        raise InvalidFormat(
            f"{length} {unit}, but {least or 0} to {'any number' if most is None else most} are allowed"
        )


@dataclass(frozen=True)
class DecimalFacets(DecimalDescription):
    """xs:decimal with a number of digits, and limits that the value must not reach."""

    above: Any = None
    below: Any = None
    total_digits: int | None = None
    fraction_digits: int | None = None

    @property
    def limited(self) -> bool:
        return True

    def check(self, value: Any) -> None:
        super().check(value)
        if (self.above is not None and value <= self.above) or (self.below is not None and value >= self.below):
            raise InvalidFormat(f"{value} is not between {self.above} and {self.below}")
        if self.total_digits is None and self.fraction_digits is None:
            return
        _, digits, exponent = decimal.Decimal(value).as_tuple()
        significant = "".join(map(str, digits)).rstrip("0")
        fraction = max(0, -int(exponent) - (len(digits) - len(significant)))
        whole = max(0, len(digits) + int(exponent)) if any(digits) else 0
        if self.fraction_digits is not None and fraction > self.fraction_digits:
            raise InvalidFormat(f"{value} has more than {self.fraction_digits} decimals")
        if self.total_digits is not None and whole + fraction > self.total_digits:
            raise InvalidFormat(f"{value} has more than {self.total_digits} digits")


def decimal_facets(
    minimum: str | None = None,
    maximum: str | None = None,
    *,
    above: str | None = None,
    below: str | None = None,
    total_digits: int | None = None,
    fraction_digits: int | None = None,
) -> DecimalFacets:
    """The description of xs:decimal with facets; the limits are texts, so that no digit is lost."""
    low, high, over, under = (
        None if limit is None else decimal.Decimal(limit) for limit in (minimum, maximum, above, below)
    )
    return DecimalFacets(low, high, True, over, under, total_digits, fraction_digits)


# --- strings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _StringText(TextDescription):
    """xs:string with facets; lengths are in characters."""

    min_length: int | None = None
    max_length: int | None = None
    patterns: tuple[str, ...] = ()
    white_space: str = "preserve"
    python_type = str

    def __post_init__(self) -> None:
        if self.white_space not in ("preserve", "replace", "collapse"):
            raise InvalidArgument(f"white_space cannot be {self.white_space!r}")
        for pattern in self.patterns:
            compile_pattern(pattern)

    def to_text(self, value: Any) -> str:
        if not isinstance(value, str):
            raise _refuse(value, "str")
        self._check(value)
        return value

    def from_text(self, text: str) -> str:
        value = text
        if self.white_space == "collapse":
            value = _collapse(text)
        elif self.white_space == "replace":
            value = re.sub("[\t\r\n]", " ", text)
        self._check(value)
        return value

    def _check(self, value: str) -> None:
        _check_length(len(value), self.min_length, self.max_length, "characters")
        for pattern in self.patterns:
            if compile_pattern(pattern).fullmatch(value) is None:
                raise InvalidFormat(f"{value[:60]!r} does not match the pattern {pattern!r}")


# --- lists and unions ------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1024)
def _element_of(annotation: Any) -> ElementDescription:
    """An element of the simple type that an annotation means: the core's codecs make its text."""
    try:
        bare, reading = peel(annotation)
        type_, description = type_of(bare, reading)
        return ElementDescription("v", "", type_, description)
    except Unclear as unclear:
        raise InvalidArgument(f"{annotation!r} is no simple type: {unclear}") from unclear


def _to_text(annotation: Any, value: Any) -> str:
    written = write_bytes(_element_of(annotation), value, WriteOption.REQUIRED_VALUE)
    inner = written.decode().partition(">")[2].rpartition("</")[0]
    for escape, character in (("&lt;", "<"), ("&gt;", ">"), ("&#xD;", "\r"), ("&amp;", "&")):
        inner = inner.replace(escape, character)
    return inner


def _from_text(annotation: Any, text: str) -> Any:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
    data = f"<v>{escaped}</v>".encode()
    return read_document(_element_of(annotation), data, ReadOption.REQUIRED_VALUE, DEFAULT_QUOTAS)


@dataclass(frozen=True)
class _ListText(TextDescription):
    """xs:list: items separated by white space."""

    item: Any
    min_length: int | None = None
    max_length: int | None = None
    python_type = list

    def to_text(self, value: Any) -> str:
        if not isinstance(value, (list, tuple)):
            raise _refuse(value, "list")
        _check_length(len(value), self.min_length, self.max_length, "items")
        texts = [_to_text(self.item, item) for item in value]
        for text in texts:
            if not text or _collapse(text) != text or " " in text:
                raise InvalidFormat(f"{text!r} cannot be an item of a list: white space separates them")
        return " ".join(texts)

    def from_text(self, text: str) -> list[Any]:
        texts = _collapse(text).split(" ") if text.strip(_SPACE) else []
        _check_length(len(texts), self.min_length, self.max_length, "items")
        return [_from_text(self.item, item) for item in texts]


@dataclass(frozen=True)
class _UnionText(TextDescription):
    """xs:union: the first member type that takes the value or the text (XSD part 2 §2.5.1.3)."""

    members: tuple[Any, ...]
    python_type = object

    def to_text(self, value: Any) -> str:
        problems = []
        for member in self.members:
            # bool is an int to Python, but not to XML Schema.
            if isinstance(value, bool) is not (_element_of(member).type is Type.BOOL) and isinstance(value, bool):
                continue
            try:
                return _to_text(member, value)
            except WsError as error:
                problems.append(error.message)
        raise InvalidFormat(f"no member of the union takes {value!r}: {'; '.join(problems)}")

    def from_text(self, text: str) -> Any:
        problems = []
        for member in self.members:
            try:
                return _from_text(member, text)
            except WsError as error:
                problems.append(error.message)
        raise InvalidFormat(f"no member of the union takes {text[:60]!r}: {'; '.join(problems)}")


@dataclass(frozen=True)
class _FixedText(TextDescription):
    """The one value that a schema says (XSD part 1 §3.2.1, §3.3.1); an empty text stands for it."""

    item: Any
    fixed: str
    python_type = object

    def to_text(self, value: Any) -> str:
        text = _to_text(self.item, value)
        self.from_text(text)
        return text

    def from_text(self, text: str) -> Any:
        wanted = _from_text(self.item, self.fixed)
        found = wanted if not text.strip() else _from_text(self.item, text)
        if found != wanted:
            raise InvalidFormat(f"{text[:60]!r}: the value is fixed, {self.fixed!r}")
        return found


# --- for annotations -------------------------------------------------------------------------------------------------


def text(
    *,
    min_length: int | None = None,
    max_length: int | None = None,
    patterns: tuple[str, ...] = (),
    white_space: str = "preserve",
) -> TextDescription:
    """The description of a string with facets; ``patterns`` are regular expressions of XML Schema, all must match."""
    return _StringText(min_length, max_length, patterns, white_space)


def integer(minimum: int | None = None, maximum: int | None = None) -> TextDescription:
    """The description of an integer of any size within limits."""
    return _IntegerText(minimum, maximum)


def hex_binary(min_length: int | None = None, max_length: int | None = None) -> TextDescription:
    """The description of xs:hexBinary with a number of bytes."""
    return _HexBinaryText(min_length, max_length)


def element(local_name: str, ns: str, annotation: Any) -> ElementDescription:
    """The description of an element whose values are what an annotation means: ``Order``, ``wsx.Int32``, ``xsd.Date``.

    :raises InvalidArgument: for an annotation that no table can be made of.
    """
    try:
        type_, description = type_of(*peel(annotation))
    except Unclear as unclear:
        raise InvalidArgument(f"element {local_name}: {unclear}") from unclear
    return ElementDescription(local_name, ns, type_, description)


def list_of(item: Any, *, min_length: int | None = None, max_length: int | None = None) -> TextDescription:
    """The description of an xs:list; ``item`` is the annotation of its items: ``wsx.Int32``, ``xsd.Date``, an Enum."""
    return _ListText(item, min_length, max_length)


def union_of(*members: Any) -> TextDescription:
    """The description of an xs:union of the simple types that the annotations mean, tried in this order."""
    return _UnionText(members)


def fixed(item: Any, text: str) -> TextDescription:
    """The description of a value that cannot be another one than ``text`` means; ``item`` is the annotation of it."""
    return _FixedText(item, text)


Date: TypeAlias = Annotated[datetime.date, _DateText()]
Time: TypeAlias = Annotated[datetime.time, _TimeText()]
Integer: TypeAlias = Annotated[int, _IntegerText()]
NonNegativeInteger: TypeAlias = Annotated[int, _IntegerText(0)]
PositiveInteger: TypeAlias = Annotated[int, _IntegerText(1)]
NonPositiveInteger: TypeAlias = Annotated[int, _IntegerText(None, 0)]
NegativeInteger: TypeAlias = Annotated[int, _IntegerText(None, -1)]
Decimal: TypeAlias = Annotated[decimal.Decimal, DecimalDescription(unlimited=True)]
"""A decimal of any size; ``wsx.Decimal`` has at most the 96 bits of WWSAPI."""
HexBinary: TypeAlias = Annotated[bytes, _HexBinaryText()]
NormalizedString: TypeAlias = Annotated[str, _StringText(white_space="replace")]
Token: TypeAlias = Annotated[str, _StringText(white_space="collapse")]
_PLAIN_ZONE: Final = "(Z|[+\\-][0-9]{2}:[0-9]{2})?"
GYear: TypeAlias = Annotated[str, _StringText(None, None, (f"-?[0-9]{{4,}}{_PLAIN_ZONE}",), "collapse")]
GYearMonth: TypeAlias = Annotated[str, _StringText(None, None, (f"-?[0-9]{{4,}}-[0-9]{{2}}{_PLAIN_ZONE}",), "collapse")]
GMonthDay: TypeAlias = Annotated[str, _StringText(None, None, (f"--[0-9]{{2}}-[0-9]{{2}}{_PLAIN_ZONE}",), "collapse")]
GDay: TypeAlias = Annotated[str, _StringText(None, None, (f"---[0-9]{{2}}{_PLAIN_ZONE}",), "collapse")]
GMonth: TypeAlias = Annotated[str, _StringText(None, None, (f"--[0-9]{{2}}{_PLAIN_ZONE}",), "collapse")]
