"""Simple types of XML Schema as table types: dates, large integers, facets, lists, unions, patterns."""

from __future__ import annotations

import copy
import datetime
import decimal
import enum
import pickle
from typing import Annotated, Any

import pytest

import wsx
from wsx import xsd
from wsx.errors import InvalidArgument, InvalidFormat, NotSupported, WsError
from wsx.xsd_patterns import compile_pattern

UTC = datetime.timezone.utc
EAST = datetime.timezone(datetime.timedelta(hours=5, minutes=30))


class Size(str, enum.Enum):
    SMALL = "S"
    MEDIUM = "M"


SIZES = Annotated[list[Size], xsd.list_of(Size, max_length=3)]
DATES = Annotated[list[datetime.date], xsd.list_of(xsd.Date)]
MIXED = Annotated[bool | int | str, xsd.union_of(bool, wsx.Int32, xsd.Token)]
CODE = Annotated[str, xsd.text(min_length=3, max_length=5, patterns=(r"[A-Z]{2}\d+",), white_space="collapse")]
MONEY = Annotated[decimal.Decimal, xsd.decimal_facets("-5", "1000", below="1000", total_digits=5, fraction_digits=2)]

D, T = datetime.date, datetime.time
VALID: list[tuple[Any, Any, str]] = [
    (xsd.Date, D(2026, 2, 28), "2026-02-28"),
    (xsd.Date, D(1, 1, 1), "0001-01-01"),
    (xsd.Date, xsd.ZonedDate(2026, 2, 28), "2026-02-28Z"),
    (xsd.Date, xsd.ZonedDate(2026, 2, 28, EAST), "2026-02-28+05:30"),
    (xsd.Time, T(0, 0), "00:00:00"),
    (xsd.Time, T(23, 59, 59, 120000, UTC), "23:59:59.12Z"),
    (xsd.Time, T(1, 2, 3, 4, EAST), "01:02:03.000004+05:30"),
    (xsd.Integer, -(10**40), "-1" + "0" * 40),
    (xsd.PositiveInteger, 1, "1"),
    (xsd.NonNegativeInteger, 0, "0"),
    (xsd.NegativeInteger, -1, "-1"),
    (xsd.NonPositiveInteger, 0, "0"),
    (xsd.HexBinary, b"\x00\xff", "00FF"),
    (xsd.HexBinary, b"", ""),
    (xsd.GYear, "2026Z", "2026Z"),
    (xsd.GMonthDay, "--02-29", "--02-29"),
    (xsd.Decimal, decimal.Decimal("1" * 60), "1" * 60),
    (SIZES, [Size.SMALL, Size.MEDIUM], "S M"),
    (SIZES, [], ""),
    (DATES, [D(2026, 1, 2), D(2026, 1, 3)], "2026-01-02 2026-01-03"),
    (MIXED, True, "true"),
    (MIXED, 7, "7"),
    (MIXED, "a & b", "a &amp; b"),
    (CODE, "AB12", "AB12"),
    (MONEY, decimal.Decimal("999.99"), "999.99"),
    (MONEY, decimal.Decimal(-5), "-5"),
]


@pytest.mark.parametrize(("annotation", "value", "text"), VALID, ids=range(len(VALID)))
def test_elements_attributes_and_texts(annotation: Any, value: Any, text: str) -> None:
    element = xsd.element("e", "", annotation)
    data = wsx.write_element(element, value)
    assert data == (f"<e>{text}</e>" if text else "<e/>").encode()
    back = wsx.read_element(element, f"<e> \n{text}\t</e>".encode())
    assert back == value
    assert type(back) is type(value)

    inside = {"a": wsx.field(attribute=True), "many": wsx.field(default_factory=list)}
    holder: Any = wsx.struct(
        type("Holder", (), {"__annotations__": {"a": annotation, "many": list[annotation]}, **inside})
    )
    given = holder(a=value, many=[value, value])
    assert wsx.read_element(holder, wsx.write_element(holder, given)) == given


BAD_TEXTS: list[tuple[Any, str, str]] = [
    (xsd.Date, "2026-02-29", "no xs:date"),
    (xsd.Date, "2026-2-1", "no xs:date"),
    (xsd.Date, "12026-01-01", "no xs:date"),
    (xsd.Date, "2026-01-01+15:00", "no time zone"),
    (xsd.Time, "24:00:01", "no xs:time"),
    (xsd.Time, "1:00:00", "no xs:time"),
    (xsd.Time, "01:00:00.1234567", "no more than 6 decimals"),
    (xsd.Integer, "1.0", "is no integer"),
    (xsd.Integer, "1" * 4001, "is no integer of at most 4000 digits"),
    (xsd.PositiveInteger, "0", "not in the range 1 to ∞"),
    (xsd.NegativeInteger, "0", "not in the range -∞ to -1"),
    (xsd.HexBinary, "0", "no xs:hexBinary"),
    (xsd.HexBinary, "0G", "no xs:hexBinary"),
    (xsd.GYear, "26", "does not match the pattern"),
    (SIZES, "S XL", "not among the names"),
    (SIZES, "S S S S", "4 items, but 0 to 3 are allowed"),
    (CODE, "ab12", "does not match the pattern"),
    (CODE, "A", "1 characters"),
    (MONEY, "1000", "not between"),
    (MONEY, "-5.01", "outside the range"),
    (MONEY, "1.001", "more than 2 decimals"),
    (Annotated[int | bool, xsd.union_of(wsx.Int8, bool)], "1000", "no member of the union takes"),
]


@pytest.mark.parametrize(("annotation", "text", "message"), BAD_TEXTS, ids=range(len(BAD_TEXTS)))
def test_texts_that_are_refused(annotation: Any, text: str, message: str) -> None:
    with pytest.raises(InvalidFormat, match=message):
        wsx.read_element(xsd.element("e", "", annotation), f"<e>{text}</e>".encode())


BAD_VALUES: list[tuple[Any, Any, str]] = [
    (xsd.Date, datetime.datetime(2026, 1, 1), "datetime.date was expected, not datetime"),
    (xsd.Date, "2026-01-01", "datetime.date was expected, not str"),
    (xsd.Time, D(2026, 1, 1), "datetime.time was expected"),
    (xsd.Integer, True, "int was expected, not bool"),
    (xsd.Integer, 1.0, "int was expected, not float"),
    (xsd.Integer, 1 << 13_000, "is too large"),
    (xsd.PositiveInteger, 0, "not in the range"),
    (xsd.HexBinary, "00", "bytes was expected"),
    (SIZES, "S", "list was expected, not str"),
    (SIZES, [Size.SMALL] * 4, "4 items"),
    (Annotated[list[str], xsd.list_of(str)], ["a b"], "white space separates them"),
    (Annotated[list[str], xsd.list_of(str)], [""], "cannot be an item"),
    (MIXED, 2.5, "no member of the union takes 2.5"),
    (Annotated[int, xsd.union_of(wsx.Int8)], True, "no member of the union takes True"),
    (CODE, "AB", "2 characters, but 3 to 5 are allowed"),
    (MONEY, decimal.Decimal("12345.6"), "outside the range"),
    (MONEY, decimal.Decimal("1.234"), "more than 2 decimals"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), BAD_VALUES, ids=range(len(BAD_VALUES)))
def test_values_that_are_refused(annotation: Any, value: Any, message: str) -> None:
    with pytest.raises(WsError, match=message):
        wsx.write_element(xsd.element("e", "", annotation), value)


def test_digits_count_as_xml_schema_counts_them() -> None:
    facets = xsd.decimal_facets(total_digits=3, fraction_digits=1)
    for text in ("0", "0.0", "99.9", "100", "100.00", "-99.9", "1E+2"):
        facets.check(decimal.Decimal(text))
    for text in ("1000", "100.1", "0.01", "1E+3"):
        with pytest.raises(InvalidFormat, match="has more than"):
            facets.check(decimal.Decimal(text))


def test_white_space() -> None:
    read = wsx.read_element
    assert read(xsd.element("e", "", xsd.Token), b"<e> a \n b </e>") == "a b"
    assert read(xsd.element("e", "", xsd.NormalizedString), b"<e> a\nb </e>") == " a b "
    assert read(xsd.element("e", "", str), b"<e> a\nb </e>") == " a\nb "
    with pytest.raises(InvalidArgument, match="white_space cannot be 'trim'"):
        xsd.text(white_space="trim")


def test_midnight_and_zones() -> None:
    element = xsd.element("e", "", xsd.Time)
    assert wsx.read_element(element, b"<e>24:00:00</e>") == T(0, 0)
    zoned = xsd.ZonedDate(2026, 1, 1, EAST)
    assert zoned != xsd.ZonedDate(2026, 1, 1)
    assert zoned == D(2026, 1, 1)
    assert copy.deepcopy(zoned) == zoned
    assert pickle.loads(pickle.dumps(zoned)) == zoned  # noqa: S301 - made here
    assert hash(zoned) == hash(D(2026, 1, 1))
    odd = datetime.timezone(datetime.timedelta(seconds=61))
    with pytest.raises(InvalidFormat, match="a time zone of XML has no seconds"):
        wsx.write_element(element, T(1, tzinfo=odd))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"\d{3}-\d{2}", ["123-45"], ["123-4", "x123-45"]),
        (r"[^a-c]+", ["xyz"], ["abc", ""]),
        (r"^a$", ["^a$"], ["a"]),
        (r"a|b", ["a", "b"], ["ab"]),
        (r"\i\c*", ["_a-b.c"], ["1a", "-a"]),
        (r"[\i-[:]][\c-[:]]*", ["_a-b.c", "x1"], [":a", "a:b", "1"]),
        (r"[a-z-[aeiou]]+", ["xyz"], ["xaz"]),
        (r"[a-c-]+", ["a-c"], ["d"]),
        (r"\S+\s\S+", ["a b"], ["ab"]),
        (r".", ["x", "\t"], ["\n", "\r"]),
        (r"(ab){2}", ["abab"], ["ab"]),
        (r"\-\.\|\[\]", ["-.|[]"], []),
    ],
)
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    compiled = compile_pattern(pattern)
    assert all(compiled.fullmatch(text) for text in yes)
    assert not any(compiled.fullmatch(text) for text in no)


@pytest.mark.parametrize("pattern", [r"\p{L}+", r"[\S]"])
def test_patterns_that_python_does_not_have(pattern: str) -> None:
    with pytest.raises(NotSupported, match="not supported"):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(", "[", "a\\", r"\z", "[a[b]", "[a-[b]c]"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidArgument, match="is no pattern of XML Schema"):
        xsd.text(patterns=(pattern,))


def test_choice_of_names_elements() -> None:
    @wsx.struct(ns="urn:x")
    class Order:
        paid: Annotated[wsx.Choice, wsx.choice_of({"card": str, "cash": wsx.Nillable[wsx.Decimal]})]
        more: list[
            Annotated[
                wsx.Choice,
                wsx.choice_of(
                    {
                        "n": wsx.Int32,
                        "m": Annotated[str, wsx.field(ns="urn:y", local_name="n")],
                        "any": Annotated[wsx.XmlBuffer, wsx.field(any=True)],
                    }
                ),
            ]
        ]

    unknown = wsx.XmlBuffer(b"<z/>")
    order = Order(wsx.Choice("cash", None), [wsx.Choice("n", 1), wsx.Choice("m", "x"), wsx.Choice("any", unknown)])
    data = wsx.write_element(Order, order)
    assert b'<n>1</n><n xmlns="urn:y">x</n><z xmlns=""/>' in data
    back = wsx.read_element(Order, data)
    assert (back.paid, back.more[:2]) == (order.paid, order.more[:2])
    assert back.more[2].select == "any"


@pytest.mark.parametrize("annotation", [list[int], int | None, int | str, object])
def test_choice_of_refuses_what_is_no_element(annotation: Any) -> None:
    with pytest.raises(InvalidArgument, match="choice_of"):
        wsx.choice_of({"x": annotation})


def test_text_descriptions_of_a_program() -> None:
    class Reversed(wsx.TextDescription):
        def to_text(self, value: Any) -> str:
            if not isinstance(value, str):
                raise InvalidArgument("a str was expected")
            return value[::-1]

        def from_text(self, text: str) -> str:
            return text[::-1]

    element = xsd.element("e", "", Annotated[str, Reversed()])
    assert wsx.write_element(element, "abc<") == b"<e>&lt;cba</e>"
    assert wsx.read_element(element, b"<e>&lt;cba</e>") == "abc<"
    with pytest.raises(InvalidArgument, match="a str was expected"):
        wsx.write_element(element, 5)
    with pytest.raises(InvalidArgument, match="type WSZ takes WszDescription"):
        wsx.ElementDescription("e", "", wsx.Type.WSZ, Reversed())
    field = wsx.FieldDescription("f", wsx.Type.STRING, Reversed(), options=wsx.FieldOption.OPTIONAL, default="x")
    assert field.default == "x"
    with pytest.raises(InvalidArgument, match="a str was expected"):
        wsx.FieldDescription("f", wsx.Type.STRING, Reversed(), options=wsx.FieldOption.OPTIONAL, default=5)
