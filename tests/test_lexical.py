"""Scalar values and their text: what is written (types.md §6) and what is accepted and refused (types.md §7)."""

from __future__ import annotations

import datetime
import decimal
import enum
import math
import struct
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.support.xml_tables import (
    COLORS,
    SCALARS,
    Color,
    Level,
    Sample,
    attribute,
    element,
    expat_tree,
    sample_id,
    struct_of_fields,
    text,
)
from wsx.descriptions import Description, EnumDescription, Type
from wsx.errors import InvalidArgument, InvalidFormat, NumericOverflow
from wsx.values import DateTime
from wsx.xml import read_element, write_element

UTC = datetime.timezone.utc
WHITE_SPACE = " \t\r\n"
# NaN, +0 and -0 are told apart by their bits.
DOUBLES = struct.Struct("<d")


def zone(hours: int, minutes: int = 0) -> datetime.timezone:
    return datetime.timezone(datetime.timedelta(hours=hours, minutes=minutes))


def written(type_: Type, value: object, description: Description | None = None) -> str:
    """The text of the element for a value."""
    document = write_element(element(type_, description), value).decode()
    if document == "<t/>":
        return ""
    assert document.startswith("<t>")
    assert document.endswith("</t>")
    return document[3:-4]


def read(type_: Type, content: str, description: Description | None = None) -> Any:
    return read_element(element(type_, description), f"<t>{content}</t>".encode())


# --- written (types.md §6) -------------------------------------------------------------------------------------------

WRITTEN: list[tuple[Type, Any, str]] = [
    (Type.BOOL, True, "true"),
    (Type.BOOL, False, "false"),
    *((Type[f"INT{bits}"], -(2 ** (bits - 1)), str(-(2 ** (bits - 1)))) for bits in (8, 16, 32, 64)),
    *((Type[f"INT{bits}"], 2 ** (bits - 1) - 1, str(2 ** (bits - 1) - 1)) for bits in (8, 16, 32, 64)),
    *((Type[f"UINT{bits}"], 2**bits - 1, str(2**bits - 1)) for bits in (8, 16, 32, 64)),
    *((Type[f"{sign}INT{bits}"], 0, "0") for sign in ("", "U") for bits in (8, 16, 32, 64)),
    (Type.DOUBLE, math.nan, "NaN"),
    (Type.DOUBLE, -math.nan, "NaN"),
    (Type.DOUBLE, math.inf, "INF"),
    (Type.DOUBLE, -math.inf, "-INF"),
    (Type.DOUBLE, 0.0, "0"),
    (Type.DOUBLE, -0.0, "-0"),
    (Type.DOUBLE, 1.0, "1"),
    (Type.DOUBLE, 1.0000000000000002, "1.0000000000000002"),
    (Type.DOUBLE, 1e14, "100000000000000"),
    (Type.DOUBLE, 1e15, "1E+15"),
    (Type.DOUBLE, 0.1, "0.1"),
    (Type.DOUBLE, 0.01, "1E-2"),
    (Type.DOUBLE, -0.01, "-1E-2"),
    (Type.DOUBLE, 1.1, "1.1"),
    (Type.DOUBLE, 1.7976931348623157e308, "1.7976931348623157E+308"),
    (Type.DOUBLE, 5e-324, "5E-324"),
    (Type.DOUBLE, 123456789012345.6, "123456789012345.6"),
    (Type.DOUBLE, 0.5, "0.5"),
    (Type.FLOAT, 0.1, "0.1"),
    (Type.FLOAT, 16777216.0, "16777216"),
    (Type.FLOAT, 3.4028234663852886e38, "3.4028235E+38"),
    (Type.FLOAT, 1.401298464324817e-45, "1E-45"),
    (Type.FLOAT, -0.0, "-0"),
    (Type.FLOAT, math.nan, "NaN"),
    (Type.FLOAT, -math.inf, "-INF"),
    (Type.DECIMAL, Decimal("5.123456"), "5.123456"),
    (Type.DECIMAL, Decimal("-0.50"), "-0.5"),
    (Type.DECIMAL, Decimal("1E+3"), "1000"),
    (Type.DECIMAL, Decimal("1E-28"), "0.0000000000000000000000000001"),
    (Type.DECIMAL, Decimal("100.00"), "100"),
    (Type.DECIMAL, Decimal("0.000"), "0"),
    (Type.DECIMAL, Decimal("-0"), "0"),
    (Type.DECIMAL, Decimal("0E+20"), "0"),
    (Type.DECIMAL, Decimal(2**96 - 1), "79228162514264337593543950335"),
    (Type.DECIMAL, Decimal(1 - 2**96), "-79228162514264337593543950335"),
    (Type.DECIMAL, Decimal("7.9228162514264337593543950335"), "7.9228162514264337593543950335"),
    (Type.DECIMAL, Decimal("10.0000000000000000000000000000000"), "10"),
    (Type.DATETIME, datetime.datetime(1, 1, 1), "0001-01-01T00:00:00"),
    (Type.DATETIME, datetime.datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    (Type.DATETIME, DateTime(1, 1, 1, tzinfo=UTC, hundred_nanoseconds=1), "0001-01-01T00:00:00.0000001Z"),
    (Type.DATETIME, datetime.datetime(1, 1, 1, 0, 0, 0, 1, UTC), "0001-01-01T00:00:00.000001Z"),
    (Type.DATETIME, datetime.datetime(1, 1, 1, 0, 0, 0, 100000, UTC), "0001-01-01T00:00:00.1Z"),
    (
        Type.DATETIME,
        DateTime(9999, 12, 31, 23, 59, 59, 999999, UTC, hundred_nanoseconds=9),
        "9999-12-31T23:59:59.9999999Z",
    ),
    (Type.DATETIME, datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=zone(0)), "2024-01-02T03:04:05Z"),
    (Type.DATETIME, datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=zone(5, 30)), "2024-01-02T03:04:05+05:30"),
    (Type.DATETIME, datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=zone(-14)), "2024-01-02T03:04:05-14:00"),
    (Type.GUID, uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
    (Type.GUID, uuid.UUID(int=2**128 - 1), "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    (Type.STRING, "", ""),
    (Type.STRING, " \t\n ", " \t\n "),
    (Type.STRING, "\r", "&#xD;"),
    (Type.STRING, "]]>", "]]&gt;"),
    (Type.WSZ, "'\"", "'\""),
    (Type.BYTES, b"", ""),
    (Type.BYTES, b"f", "Zg=="),
    (Type.BYTES, b"fo", "Zm8="),
    (Type.BYTES, b"foo", "Zm9v"),
]


@pytest.mark.parametrize(("type_", "value", "expected"), WRITTEN)
def test_written_form(type_: Type, value: Any, expected: str) -> None:
    if type_ is Type.WSZ:
        table = struct_of_fields(text("v", type_))
        assert write_element(table, {"v": value}).decode() == f"<t>{expected}</t>"
    else:
        assert written(type_, value) == expected


@pytest.mark.parametrize(("type_", "value", "expected"), [w for w in WRITTEN if w[2] and w[0] is not Type.WSZ])
def test_what_was_written_is_read_as_the_same_value(type_: Type, value: Any, expected: str) -> None:
    result = read(type_, expected)
    assert type(result) is (Decimal if type_ is Type.DECIMAL else type(value))
    if isinstance(value, float):
        if type_ is Type.FLOAT:
            value = float(np.float32(value))
        assert math.isnan(value) or DOUBLES.pack(result) == DOUBLES.pack(value)
        assert math.isnan(value) == math.isnan(result)
    else:
        assert result == value
    assert getattr(result, "tzinfo", None) == getattr(value, "tzinfo", None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("<>&\"'", "&lt;>&amp;&quot;'"), ("\t\n\r", "&#x9;&#xA;&#xD;"), ("]]>", "]]>"), ("é€𝄞", "é€𝄞"), ("", "")],
)
def test_escapes_in_attributes(value: str, expected: str) -> None:
    table = struct_of_fields(attribute("a", Type.STRING))
    document = write_element(table, {"a": value})
    assert document.decode() == f'<t a="{expected}"/>'
    assert expat_tree(document).attributes == {("", "a"): value}
    assert read_element(table, document) == {"a": value}


@pytest.mark.parametrize("sample", [s for s in SCALARS if s.type is not Type.WSZ], ids=sample_id)
def test_the_same_form_in_attributes_and_texts(sample: Sample) -> None:
    for field in (attribute, text):
        table = struct_of_fields(field("v", sample.type, sample.description))
        document = write_element(table, {"v": sample.value})
        node = expat_tree(document)
        plain = expat_tree(f"<t>{sample.text}</t>".encode()).text
        assert (node.attributes.get(("", "v")) if field is attribute else node.text) == plain
        assert read_element(table, document) == {"v": sample.value}


# --- refused on writing ----------------------------------------------------------------------------------------------


class Word(str):
    """Its own text is not what must be written."""

    def __str__(self) -> str:
        return "wrong"


class Money(Decimal):
    def __str__(self) -> str:
        return "wrong"


class Kilo(float):
    def __str__(self) -> str:
        return "wrong"


class Number(int):
    def __str__(self) -> str:
        return "wrong"


class Stamp(datetime.datetime):
    def isoformat(self, *_: Any, **__: Any) -> str:
        return "wrong"


class Identity(uuid.UUID):
    def __str__(self) -> str:
        return "wrong"


class Indexed:
    def __index__(self) -> int:
        return 42


class Floating:
    def __float__(self) -> float:
        return 0.25


SLOW: list[tuple[Type, Any, str]] = [
    (Type.BOOL, np.True_, "true"),
    (Type.BOOL, np.False_, "false"),
    *((Type[f"{s}INT{b}"], getattr(np, f"{s.lower()}int{b}")(7), "7") for s in ("", "U") for b in (8, 16, 32, 64)),
    (Type.INT32, Level.HIGH, "2"),
    (Type.UINT8, Level.HIGH, "2"),
    (Type.INT64, Number(-5), "-5"),
    (Type.UINT64, Number(2**64 - 1), "18446744073709551615"),
    (Type.INT32, Indexed(), "42"),
    (Type.DOUBLE, np.float64(0.1), "0.1"),
    (Type.DOUBLE, np.float32(0.5), "0.5"),
    (Type.FLOAT, np.float32(0.1), "0.1"),
    (Type.FLOAT, np.float16(0.5), "0.5"),
    (Type.DOUBLE, Kilo(1.5), "1.5"),
    (Type.DOUBLE, 3, "3"),
    (Type.FLOAT, 3, "3"),
    (Type.DOUBLE, Decimal("0.1"), "0.1"),
    (Type.DOUBLE, Fraction(1, 4), "0.25"),
    (Type.DOUBLE, Floating(), "0.25"),
    (Type.DOUBLE, Level.HIGH, "2"),
    (Type.DOUBLE, 2**1023, "8.98846567431158E+307"),
    (Type.DECIMAL, 12, "12"),
    (Type.DECIMAL, Money("1.50"), "1.5"),
    (Type.DECIMAL, Level.HIGH, "2"),
    (Type.DECIMAL, 2**96 - 1, "79228162514264337593543950335"),
    (Type.DATETIME, Stamp(2024, 1, 2, 3, 4, 5, 600000), "2024-01-02T03:04:05.6"),
    (Type.GUID, Identity(int=1), "00000000-0000-0000-0000-000000000001"),
    (Type.STRING, Word("right"), "right"),
    (Type.STRING, Word("<é>"), "&lt;é&gt;"),
    (Type.STRING, np.str_("np"), "np"),
    (Type.BYTES, bytearray(b"foo"), "Zm9v"),
    (Type.BYTES, memoryview(b"xfoox")[1:4], "Zm9v"),
    (Type.BYTES, np.frombuffer(b"foo", dtype=np.uint8), "Zm9v"),
]


@pytest.mark.parametrize(("type_", "value", "expected"), SLOW)
def test_subclasses_and_relatives_go_the_slow_way_to_the_same_text(type_: Type, value: Any, expected: str) -> None:
    assert written(type_, value) == expected


class Raising:
    def __float__(self) -> float:
        raise ValueError("no number today")


INTEGER_LIKE: list[Any] = [True, 1.0, "1", Decimal(1), b"1", [1]]
FLOAT_LIKE: list[Any] = [True, "1.0", 1j, b"1", [1.0], Raising(), Decimal("sNaN"), np.array([1.0, 2.0])]
WRONG_VALUES: dict[Type, list[Any]] = {
    Type.BOOL: [0, 1, "true", 1.0, np.int8(1)],
    Type.INT8: INTEGER_LIKE,
    Type.UINT64: INTEGER_LIKE,
    Type.FLOAT: FLOAT_LIKE,
    Type.DOUBLE: FLOAT_LIKE,
    Type.DECIMAL: [True, 1.0, "1", np.int32(1), b"1"],
    Type.DATETIME: ["2024-01-01T00:00:00", 0, datetime.date(2024, 1, 1), datetime.time(1)],
    Type.GUID: ["00000000-0000-0000-0000-000000000000", 0, b"0" * 16],
    Type.STRING: [b"text", 1, ["a"], bytearray(b"x")],
    Type.BYTES: ["text", 1, [1, 2], memoryview(b"abcdef")[::2]],
    Type.ENUM: ["red", 1, [], "RED"],
}
WRONG_TYPE = [(type_, value) for type_, values in WRONG_VALUES.items() for value in values]


@pytest.mark.parametrize(("type_", "value"), WRONG_TYPE)
def test_a_wrong_python_type_is_an_invalid_argument(type_: Type, value: Any) -> None:
    description = COLORS if type_ is Type.ENUM else None
    with pytest.raises(InvalidArgument) as caught:
        written(type_, value, description)
    assert caught.value.path == "t"


TOO_LARGE: list[tuple[Type, Any]] = [
    *((Type[f"INT{bits}"], 2 ** (bits - 1)) for bits in (8, 16, 32, 64)),
    *((Type[f"INT{bits}"], -(2 ** (bits - 1)) - 1) for bits in (8, 16, 32, 64)),
    *((Type[f"UINT{bits}"], 2**bits) for bits in (8, 16, 32, 64)),
    *((Type[f"UINT{bits}"], -1) for bits in (8, 16, 32, 64)),
    *((type_, sign * 10**5000) for type_ in (Type.INT8, Type.INT64, Type.UINT32, Type.UINT64) for sign in (1, -1)),
    (Type.INT64, -(2**64)),
    (Type.UINT64, -(2**63) - 1),
    (Type.INT32, np.int64(2**31)),
    (Type.UINT8, Number(256)),
    (Type.FLOAT, 3.5e38),
    (Type.FLOAT, -1e300),
    (Type.DOUBLE, 10**400),
    (Type.FLOAT, 10**400),
    (Type.DOUBLE, Fraction(10**400)),
    (Type.DOUBLE, Decimal("1e400")),
    (Type.DECIMAL, Decimal(2**96)),
    (Type.DECIMAL, Decimal(-(2**96))),
    (Type.DECIMAL, Decimal("1E-29")),
    (Type.DECIMAL, Decimal("1E+29")),
    (Type.DECIMAL, Decimal("1E+999999")),
    (Type.DECIMAL, Decimal("1E-999999")),
    (Type.DECIMAL, Decimal("0.12345678901234567890123456789")),
    (Type.DECIMAL, 2**96),
    (Type.DECIMAL, 10**5000),
    (Type.DECIMAL, Decimal("1" * 100)),
]


@pytest.mark.parametrize(("type_", "value"), TOO_LARGE, ids=lambda v: v.name if isinstance(v, Type) else "")
def test_a_number_that_does_not_fit_is_a_numeric_overflow(type_: Type, value: Any) -> None:
    with pytest.raises(NumericOverflow) as caught:
        written(type_, value)
    assert caught.value.path == "t"


class NoOffset(datetime.tzinfo):
    def utcoffset(self, _: datetime.datetime | None) -> datetime.timedelta | None:
        return None

    dst = utcoffset

    def tzname(self, _: datetime.datetime | None) -> str | None:
        return None


UNWRITABLE: list[tuple[Type, Any]] = [
    (Type.DECIMAL, Decimal("NaN")),
    (Type.DECIMAL, Decimal("sNaN")),
    (Type.DECIMAL, Decimal("Infinity")),
    (Type.DECIMAL, Decimal("-Infinity")),
    (Type.DATETIME, datetime.datetime(2024, 1, 1, tzinfo=zone(14, 1))),
    (Type.DATETIME, datetime.datetime(2024, 1, 1, tzinfo=zone(-23))),
    (Type.DATETIME, datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(seconds=90)))),
    (Type.DATETIME, datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(microseconds=1)))),
    (Type.DATETIME, datetime.datetime(2024, 1, 1, tzinfo=NoOffset())),
    # UTC would be outside the years 1 to 9999, which readers refuse
    (Type.DATETIME, datetime.datetime(1, 1, 1, 0, 59, tzinfo=zone(1))),
    (Type.DATETIME, datetime.datetime(9999, 12, 31, 23, tzinfo=zone(-1))),
    *((Type.STRING, character) for character in ("\x00", "\x0b", "\x1f", "\ud800", "\udfff", "\ufffe", "\uffff")),
    *((Type.STRING, "x" * 1000 + character + "é" * 1000) for character in ("\x00", "\ud834", "\uffff")),
    *((Type.STRING, "x" * length + "\x01") for length in (15, 16, 17, 511, 512, 513)),
    (Type.STRING, "\U0001d11e\ud834"),
]


@pytest.mark.parametrize(("type_", "value"), UNWRITABLE)
def test_what_xml_cannot_carry_is_an_invalid_format(type_: Type, value: Any) -> None:
    with pytest.raises(InvalidFormat) as caught:
        written(type_, value)
    assert caught.value.path == "t"


def test_a_decimal_is_written_the_same_in_every_decimal_context() -> None:
    with decimal.localcontext() as context:
        context.capitals = 0
        context.prec = 3
        context.traps[decimal.Inexact] = True
        context.traps[decimal.FloatOperation] = True
        assert written(Type.DECIMAL, Decimal("1E+3")) == "1000"
        assert written(Type.DECIMAL, Decimal("123456.789")) == "123456.789"
        assert written(Type.DECIMAL, 123456) == "123456"
        assert read(Type.DECIMAL, "123456.789") == Decimal("123456.789")


def test_trailing_zeros_of_a_decimal_never_count() -> None:
    assert written(Type.DECIMAL, Decimal("1." + "0" * 70)) == "1"
    assert written(Type.DECIMAL, Decimal("0." + "0" * 300)) == "0"
    assert written(Type.DECIMAL, Decimal("2500." + "0" * 3000)) == "2500"
    assert read(Type.DECIMAL, "1." + "0" * 5000) == 1
    assert read(Type.DECIMAL, "0" * 5000 + "1.5") == Decimal("1.5")


# --- read (types.md §7) ----------------------------------------------------------------------------------------------

ACCEPTED: list[tuple[Type, str, Any]] = [
    (Type.BOOL, "true", True),
    (Type.BOOL, "false", False),
    (Type.BOOL, "1", True),
    (Type.BOOL, "0", False),
    *((Type[f"INT{bits}"], "-0", 0) for bits in (8, 16, 32, 64)),
    *((Type[f"INT{bits}"], "0" * 40 + "12", 12) for bits in (8, 16, 32, 64)),
    *((Type[f"INT{bits}"], "-" + "0" * 40 + "12", -12) for bits in (8, 16, 32, 64)),
    *((Type[f"UINT{bits}"], "0" * 40 + "12", 12) for bits in (8, 16, 32, 64)),
    (Type.INT64, "-9223372036854775808", -(2**63)),
    (Type.UINT64, "18446744073709551615", 2**64 - 1),
    *((Type.DOUBLE, form, 0.0) for form in ("+", ".", "+.", "0", "+0", "0.0", "0e5", "0E-999999")),
    *((Type.DOUBLE, form, -0.0) for form in ("-", "-.", "-0", "-0.0")),
    *((Type.DOUBLE, form, 1.5) for form in ("1.5", "+1.5", "15e-1", "0.15E1", "1.5e+0", "01.50", "1500e-3")),
    *((Type.DOUBLE, form, 0.5) for form in (".5", "+.5", "5e-1", ".5e0")),
    (Type.DOUBLE, "5.", 5.0),
    (Type.DOUBLE, "INF", math.inf),
    (Type.DOUBLE, "-INF", -math.inf),
    (Type.DOUBLE, "1.7976931348623159e308", math.inf),
    (Type.DOUBLE, "-1e400", -math.inf),
    (Type.DOUBLE, "1e-400", 0.0),
    (Type.DOUBLE, "-1e-400", -0.0),
    (Type.DOUBLE, "4.9e-324", 5e-324),
    (Type.DOUBLE, "0." + "0" * 400 + "1e401", 1.0),
    (Type.DOUBLE, "1" + "0" * 400 + "e-400", 1.0),
    (Type.DOUBLE, "9007199254740993", 9007199254740992.0),
    (Type.FLOAT, "0.1", 0.10000000149011612),
    (Type.FLOAT, "1e39", math.inf),
    (Type.FLOAT, "-1e39", -math.inf),
    (Type.FLOAT, "1e-46", 0.0),
    (Type.FLOAT, "1e400", math.inf),
    (Type.FLOAT, "1.4e-45", 1.401298464324817e-45),
    (Type.DECIMAL, "+1.50", Decimal("1.5")),
    (Type.DECIMAL, "-1", Decimal(-1)),
    (Type.DECIMAL, "007", Decimal(7)),
    (Type.DECIMAL, ".5", Decimal("0.5")),
    (Type.DECIMAL, "5.", Decimal(5)),
    (Type.DECIMAL, "79228162514264337593543950335", Decimal(2**96 - 1)),
    (Type.DECIMAL, "0.0000000000000000000000000001", Decimal("1E-28")),
    (Type.DECIMAL, "0." + "0" * 60, Decimal(0)),
    (Type.DATETIME, "2024-02-29T23:59:59", datetime.datetime(2024, 2, 29, 23, 59, 59)),
    (Type.DATETIME, "2000-02-29T00:00:00", datetime.datetime(2000, 2, 29)),
    (Type.DATETIME, "2024-12-31T24:00:00", datetime.datetime(2025, 1, 1)),
    (Type.DATETIME, "2024-12-31T24:00:00.0000000", datetime.datetime(2025, 1, 1)),
    (Type.DATETIME, "2024-01-02T03:04:05Z", datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    (Type.DATETIME, "2024-01-02T03:04:05+00:00", datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    (Type.DATETIME, "2024-01-02T03:04:05-00:00", datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    (Type.DATETIME, "2024-01-02T03:04:05+14:00", datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=zone(14))),
    (Type.DATETIME, "2024-01-02T03:04:05-13:59", datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=zone(-13, -59))),
    (Type.DATETIME, "2024-01-02T03:04:05.1", datetime.datetime(2024, 1, 2, 3, 4, 5, 100000)),
    (Type.DATETIME, "2024-01-02T03:04:05.1234567", DateTime(2024, 1, 2, 3, 4, 5, 123456, hundred_nanoseconds=7)),
    (Type.DATETIME, "2024-01-02T03:04:05.1234560", datetime.datetime(2024, 1, 2, 3, 4, 5, 123456)),
    (Type.GUID, "01234567-89AB-CDEF-0123-456789abCDEF", uuid.UUID(int=0x0123456789ABCDEF0123456789ABCDEF)),
    (Type.BYTES, "", b""),
    (Type.BYTES, "Zm9v", b"foo"),
    (Type.BYTES, "Zm9vYg==", b"foob"),
    (Type.BYTES, " Z m\n9 v\tY\rg = = ", b"foob"),
    (Type.STRING, "", ""),
    (Type.STRING, " test ", " test "),
    (Type.STRING, "a<![CDATA[<b>]]>c<!--x-->d<?p i?>e", "a<b>cde"),
    (Type.STRING, "&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
    (Type.STRING, "&#65;&#x42;&#x1D11E;&#0000067;&#x00044;", "AB𝄞CD"),
    (Type.STRING, "a\r\nb\rc\nd&#xD;e", "a\nb\nc\nd\re"),
    (Type.STRING, "<![CDATA[a\r\nb\rc]]>", "a\nb\nc"),
    (Type.STRING, "]] >]&gt;", "]] >]>"),
    (Type.STRING, "<![CDATA[]]]]><![CDATA[>]]>", "]]>"),
]


@pytest.mark.parametrize(("type_", "content", "expected"), ACCEPTED)
def test_accepted_form(type_: Type, content: str, expected: Any) -> None:
    result = read(type_, content)
    assert type(result) is type(expected)
    if isinstance(expected, float):
        assert DOUBLES.pack(result) == DOUBLES.pack(expected)
    else:
        assert result == expected
    if isinstance(expected, datetime.datetime):
        assert result.utcoffset() == expected.utcoffset()


@pytest.mark.parametrize("type_", [Type.FLOAT, Type.DOUBLE])
def test_nan_is_read(type_: Type) -> None:
    assert math.isnan(read(type_, "NaN"))


@pytest.mark.parametrize("sample", [s for s in SCALARS if s.type not in (Type.STRING, Type.WSZ)], ids=sample_id)
def test_white_space_around_all_but_strings_is_trimmed(sample: Sample) -> None:
    for padding in ("", *WHITE_SPACE, WHITE_SPACE * 3, "<!-- -->", " <?p?> ", "&#32;", "<![CDATA[ \n]]>"):
        assert read(sample.type, f"{padding}{sample.text}{padding}", sample.description) == sample.value


REFUSED: list[tuple[Type, str]] = [
    *((Type.BOOL, form) for form in ("", "TRUE", "True", "yes", "2", "01", "true false", "tru", "falsey", " ", "00")),
    *((type_, form) for type_ in (Type.INT8, Type.INT64) for form in ("", "-", " ", "+1", "--1", "1.0", "0x1", "1 2")),
    *((type_, form) for type_ in (Type.INT16, Type.UINT32) for form in ("1e3", "²", "1-", "١", "1_0", "1,000", "NaN")),
    *((type_, form) for type_ in (Type.UINT8, Type.UINT64) for form in ("", "-", "+255", "0xff", "- 1", "--5")),
    (Type.INT32, "-2147483649"),
    (Type.INT64, "-9223372036854775809"),
    (Type.INT64, "9223372036854775808"),
    (Type.UINT64, "18446744073709551616"),
    (Type.UINT64, "0000018446744073709551619"),
    *(
        (type_, form)
        for type_ in (Type.FLOAT, Type.DOUBLE)
        for form in (
            "",
            "+INF",
            "-NaN",
            "+NaN",
            "Infinity",
            "inf",
            "NAN",
            "nan",
            "0,1",
            "1.1.",
            "1e",
            "e10",
            "1e10.",
            "1e1.5",
            "1 2",
            "0x1p3",
            "1d",
            "1f",
            "--1",
            "+-1",
            "1e+",
            ".e1",
            "INF1",
            "1_0",
            "٣",
        )
    ),
    *((Type.DECIMAL, form) for form in ("", ".", "+", "-.", "1e5", "1,5", "1.2.3", "NaN", "INF", "--1", "1 2", "1-")),
    *(
        (Type.DATETIME, form)
        for form in (
            "",
            "0000-01-01T00:00:00",
            "24-01-01T00:00:00",
            "+2024-01-01T00:00:00",
            "-2024-01-01T00:00:00",
            "2024-00-01T00:00:00",
            "2024-13-01T00:00:00",
            "2024-01-00T00:00:00",
            "2024-01-32T00:00:00",
            "2023-02-29T00:00:00",
            "1900-02-29T00:00:00",
            "2024-04-31T00:00:00",
            "2024-01-01T24:00:01",
            "2024-01-01T24:01:00",
            "2024-01-01T24:00:00.1",
            "2024-01-01T25:00:00",
            "2024-01-01T00:60:00",
            "2024-01-01T00:00:60",
            "2024-01-01T00:00:00.",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.12345678",
            "2024-01-01T00:00:00+15:00",
            "2024-01-01T00:00:00+14:01",
            "2024-01-01T00:00:00-14:01",
            "2024-01-01T00:00:00+01:60",
            "2024-01-01T00:00:00+1:00",
            "2024-01-01T00:00:00+0100",
            "2024-01-01T00:00:00Z-",
            "2024-01-01T00:00:00z",
            "2024-01-01t00:00:00",
            "2024-01-01U00:00:00",
            "2024-01-01 00:00:00",
            "2024-01-01",
            "2024-01-01T00:00",
            "2024-1-01T00:00:00",
            "2024-01-01T00:00:0",
            "0001-01-01T00:59:59+01:00",
            "9999-12-31T23:00:00-01:00",
            "9999-12-31T24:00:00",
            "12024-01-01T00:00:00",
            "2024-01-01T00:00:00Z Z",
            "2024/01/01T00:00:00",
            "2024-01-01T00.00.00",
            "2024-01-01T00:00:00+00:00Z",
            "2024-01-01T-1:00:00",
            "2024-0a-01T00:00:00",
            "2024-01-01T00:00:00.1a",
            "2024-01-01T00:00:00+a0:00",
            "2024-01-01T00:00:00*01:00",
        )
    ),
    *(
        (Type.GUID, form)
        for form in (
            "",
            "{01234567-89ab-cdef-0123-456789abcdef}",
            "0123456789abcdef0123456789abcdef",
            "01234567-89ab-cdef-0123-456789abcdeg",
            "01234567-89ab-cdef-0123-456789abcde",
            "01234567-89ab-cdef-0123-456789abcdef0",
            "01234567_89ab_cdef_0123_456789abcdef",
            "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
            "012345678-9ab-cdef-0123-456789abcdef",
            "@1234567-89ab-cdef-0123-456789abcdef",
        )
    ),
    *(
        (Type.BYTES, form)
        for form in (
            "Z",
            "Zg",
            "Zg=",
            "Zm8",
            "Zm9vZ",
            "====",
            "Z===",
            "=m9v",
            "Zm=v",
            "Zg==Zg==",
            "Zg==Z",
            "Zm9v!",
            "Zm9-",
            "Zm_v",
            "Zh==",
            "Zm9=",
            "Zg= =x",
            "é===",
            "Zg===",
        )
    ),
    *((Type.ENUM, form) for form in ("", "RED", "Red", "re d", "red green", "r")),
]


@pytest.mark.parametrize(("type_", "content"), REFUSED)
def test_refused_form(type_: Type, content: str) -> None:
    with pytest.raises(InvalidFormat) as caught:
        read(type_, content, COLORS if type_ is Type.ENUM else None)
    assert caught.value.path == "t"
    assert caught.value.offset == 3


OUT_OF_RANGE = [
    *((Type.INT8, form) for form in ("128", "-129", "1000", "-" + "9" * 50)),
    *((Type.INT16, form) for form in ("32768", "-32769", "9" * 50)),
    *((Type.INT32, form) for form in ("2147483648", "9" * 50, "9223372036854775808")),
    *((Type.INT64, form) for form in ("9" * 20, "-" + "9" * 400)),
    *((Type.UINT64, form) for form in ("-1", "184467440737095516160", "9" * 400)),
    *((Type.INT8, form) for form in ("9223372036854775808", "-9223372036854775809")),
    *((Type.UINT8, form) for form in ("256", "-255", "-1", "9" * 50)),
    *((Type.UINT16, form) for form in ("65536", "-1")),
    *((Type.UINT32, form) for form in ("4294967296", "-1", "18446744073709551616")),
    *((Type.DECIMAL, form) for form in ("79228162514264337593543950336", "0." + "0" * 28 + "1", "1" * 30)),
    *((Type.DECIMAL, form) for form in ("1" * 5000, "-" + "9" * 100_000, "1" + "0" * 100_000, "0." + "1" * 5000)),
]


@pytest.mark.parametrize(("type_", "content"), OUT_OF_RANGE, ids=lambda v: v.name if isinstance(v, Type) else v[:30])
def test_out_of_range(type_: Type, content: str) -> None:
    with pytest.raises(NumericOverflow) as caught:
        read(type_, content)
    assert caught.value.path == "t"
    assert caught.value.offset == 3
    assert len(str(caught.value)) < 200


def test_messages_show_only_the_beginning_of_what_was_read() -> None:
    for type_ in (Type.INT32, Type.DOUBLE, Type.DATETIME, Type.GUID, Type.BYTES, Type.DECIMAL, Type.BOOL):
        with pytest.raises(InvalidFormat) as caught:
            read(type_, "é" * 100_000)
        assert "é" in str(caught.value)
        assert len(str(caught.value)) < 200


# --- enumerations ----------------------------------------------------------------------------------------------------


def test_enumeration_with_any_values() -> None:
    table = EnumDescription({"one": 1, "none": None, "pair": (1, 2), "<&>": "x"})
    for name, value in (("one", 1), ("pair", (1, 2)), ("&lt;&amp;&gt;", "x")):
        assert written(Type.ENUM, value, table) == name
        assert read(Type.ENUM, name, table) == value
    assert read(Type.ENUM, "none", table) is None
    levels = EnumDescription(Level)
    assert written(Type.ENUM, Level.LOW, levels) == "LOW"
    assert read(Type.ENUM, " HIGH ", levels) is Level.HIGH


def test_enumeration_values_are_found_by_equality() -> None:
    class Unfriendly(enum.Enum):
        A = "a"

        def __hash__(self) -> int:
            return 1

    assert written(Type.ENUM, Unfriendly.A, EnumDescription(Unfriendly)) == "a"
    assert written(Type.ENUM, 1, EnumDescription(Level)) == "LOW"
    with pytest.raises(InvalidArgument):
        written(Type.ENUM, Color.RED, EnumDescription(Level))
