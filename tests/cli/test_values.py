"""JSON-able values to Python values by description table, and back."""

from __future__ import annotations

import enum
import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

import wsx
from wsx.cli.values import ValueProblem, element_from_data, element_to_data, keeps_empty
from wsx.declare import element_of
from wsx.descriptions import (
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    Type,
)
from wsx.values import Duration, XmlQName


class Color(enum.Enum):
    RED = "red"
    BLUE = "dark blue"


@wsx.struct
class Place:
    city: str
    zone: wsx.UInt8 | None = None


@wsx.struct
class Everything:
    flag: bool
    byte: wsx.Int8
    number: wsx.Int32
    large: wsx.UInt64
    ratio: float
    price: Decimal
    moment: datetime
    id: UUID
    data: bytes
    color: Color
    place: Place
    names: list[str]
    places: list[Place] = wsx.field(local_name="spot", wrapper="places")
    note: str | None = None
    nil: wsx.Nillable[wsx.Int32] = 5
    currency: str = "EUR"


DATA: dict[str, Any] = {
    "flag": True,
    "byte": -128,
    "number": 7,
    "large": 2**64 - 1,
    "ratio": Decimal("1.5"),
    "price": Decimal("19.90"),
    "moment": "2026-03-02T08:15:00Z",
    "id": "00000000-0000-0000-0000-000000000001",
    "data": "AAEC",
    "color": "dark blue",
    "place": {"city": "Oslo", "zone": "3"},
    "names": ["a", "b"],
    "places": [{"city": "Brno"}],
}
VALUE = Everything(
    flag=True,
    byte=-128,
    number=7,
    large=2**64 - 1,
    ratio=1.5,
    price=Decimal("19.90"),
    moment=datetime(2026, 3, 2, 8, 15, tzinfo=timezone.utc),
    id=UUID(int=1),
    data=b"\x00\x01\x02",
    color=Color.BLUE,
    place=Place(city="Oslo", zone=3),
    names=["a", "b"],
    places=[Place(city="Brno")],
)
ELEMENT = element_of(Everything)


def test_data_becomes_a_value() -> None:
    value = element_from_data(ELEMENT, DATA)
    assert value == VALUE
    assert str(value.price) == "19.90"
    assert type(value.ratio) is float


def test_every_scalar_may_be_a_text() -> None:
    texts = {name: str(data) for name, data in DATA.items() if not isinstance(data, (list, dict))}
    assert element_from_data(ELEMENT, {**DATA, **texts, "flag": "true"}) == VALUE
    assert element_from_data(ELEMENT, {**DATA, "ratio": "INF"}).ratio == math.inf
    assert element_from_data(ELEMENT, {**DATA, "flag": "0"}).flag is False


def test_a_value_becomes_data_and_comes_back() -> None:
    data = element_to_data(ELEMENT, VALUE)
    assert data["price"] == "19.9"
    assert data["moment"] == "2026-03-02T08:15:00Z"
    assert data["data"] == "AAEC"
    assert data["color"] == "dark blue"
    assert data["place"] == {"city": "Oslo", "zone": 3}
    assert element_from_data(ELEMENT, json.loads(json.dumps(data))) == VALUE


@pytest.mark.parametrize("ratio", [math.inf, -math.inf, 0.1, -0.0])
def test_doubles_come_back(ratio: float) -> None:
    element = ElementDescription("v", "", Type.DOUBLE)
    back = element_from_data(element, json.loads(json.dumps(element_to_data(element, ratio))))
    assert (back, math.copysign(1, back)) == (ratio, math.copysign(1, ratio))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"number": "many"}, "number: a value of type INT32 wanted, not 'many'"),
        ({"number": True}, "number: a value of type INT32 wanted, not True"),
        ({"number": Decimal("1.5")}, "number: a value of type INT32 wanted"),
        ({"byte": "128"}, "byte: a value of type INT8 wanted, not '128'"),
        ({"flag": 1}, "flag: a value of type BOOL wanted, not 1"),
        ({"color": "green"}, "color: one of red, dark blue wanted, not 'green'"),
        ({"color": 1}, "color: one of red, dark blue wanted, not 1"),
        ({"moment": "yesterday"}, "moment: a value of type DATETIME wanted, not 'yesterday'"),
        ({"id": "x"}, "id: a value of type GUID wanted, not 'x'"),
        ({"data": "?"}, "data: a value of type BYTES wanted, not '?'"),
        ({"place": "Oslo"}, "place: an object with the fields of Place wanted, not 'Oslo'"),
        ({"place": {"zone": 1}}, "place.city: required and missing"),
        ({"place": {"city": 5}}, "place.city: a value of type STRING wanted, not 5"),
        ({"places": [{"city": "a"}, {"town": "b"}]}, "places[1]: no field 'town' in Place; its fields are city, zone"),
        ({"names": "a"}, "names: a list wanted, not 'a'"),
        ({"names": ["a", None]}, "names[1]: a value of type STRING wanted, not None"),
        ({"number": None}, "number: a value of type INT32 wanted; the field can be neither absent nor nil"),
        ({"extra": 1}, "no field 'extra' in Everything"),
        ({"price": "1e5"}, "price: a value of type DECIMAL wanted, not '1e5'"),
        ({"id": "\ud800"}, "id: a value of type GUID wanted"),
    ],
)
def test_what_does_not_fit_names_the_field(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        element_from_data(ELEMENT, {**DATA, **change})
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("name", [name for name in DATA if name not in ("names", "places")])
def test_a_required_field_must_be_there(name: str) -> None:
    with pytest.raises(ValueProblem, match=f"^{name}: required and missing$"):
        element_from_data(ELEMENT, {key: data for key, data in DATA.items() if key != name})


def test_a_missing_list_is_empty_and_a_default_of_the_class_stands() -> None:
    value = element_from_data(ELEMENT, {name: data for name, data in DATA.items() if name != "names"})
    assert value.names == []
    assert value.currency == "EUR"
    assert value.nil == 5
    assert element_from_data(ELEMENT, {**DATA, "nil": None}).nil is None


def test_decimals_of_any_notation_are_exact() -> None:
    element = ElementDescription("v", "", Type.DECIMAL)
    assert element_from_data(element, Decimal("1E+3")) == 1000
    assert element_from_data(element, 12) == 12


SCALARS: list[tuple[Type, str, Any]] = [
    (Type.XML_QNAME, "{urn:a}b", XmlQName("b", "urn:a")),
    (Type.XML_QNAME, "b", XmlQName("b")),
    (Type.UNIQUE_ID, "http://h/?a=1&b=<2>", "http://h/?a=1&b=<2>"),
    (
        Type.DURATION,
        "P1Y2M3DT4H5M6.5S",
        Duration(years=1, months=2, days=3, hours=4, minutes=5, seconds=6, milliseconds=500),
    ),
    (Type.TIMESPAN, "1.02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    (Type.XML_STRING, "a & b", "a & b"),
    (Type.CHAR_ARRAY, "a & b", "a & b"),
    (Type.BYTE_ARRAY, "AAEC", b"\x00\x01\x02"),
]


@pytest.mark.parametrize(("kind", "text", "value"), SCALARS)
def test_the_other_scalars_are_texts(kind: Type, text: str, value: object) -> None:
    struct = StructDescription(dict, [FieldDescription("f", kind)])
    element = ElementDescription("t", "", Type.STRUCT, struct)
    assert element_from_data(element, {"f": text}) == {"f": value}
    assert element_to_data(element, {"f": value}) == {"f": text}


def test_fields_that_are_not_in_xml_are_not_in_rows() -> None:
    fields = [FieldDescription("a", Type.STRING), FieldDescription("mark", Type.INT32, mapping=FieldMapping.NO)]
    element = ElementDescription("t", "", Type.STRUCT, StructDescription(dict, fields))
    with pytest.raises(ValueProblem, match="no field 'mark' in the structure; its fields are a"):
        element_from_data(element, {"a": "x", "mark": 1})
    assert element_to_data(element, {"a": "x", "mark": 1}) == {"a": "x"}
    assert element_from_data(element, {"a": "x"}) == {"a": "x"}


class Plain:
    a: str
    b: int | None


@dataclass
class Picky:
    a: str
    b: int | None

    def __post_init__(self) -> None:
        if self.a == "bad":
            raise ValueError("not that one")


FIELDS = [
    FieldDescription("a", Type.STRING),
    FieldDescription("b", Type.INT32, options=FieldOption.OPTIONAL),
    FieldDescription("c", Type.STRING, mapping=FieldMapping.REPEATING_ELEMENT),
]


def table(python_type: type, count: int = 3) -> ElementDescription:
    return ElementDescription("t", "", Type.STRUCT, StructDescription(python_type, FIELDS[:count]))


def test_dicts_and_tuples() -> None:
    assert element_from_data(table(dict), {"a": "x"}) == {"a": "x", "c": []}
    assert element_from_data(table(tuple), {"a": "x", "c": ["y"]}) == ("x", wsx.UNSET, ["y"])
    assert element_to_data(table(tuple), ("x", wsx.UNSET, ["y"])) == {"a": "x", "c": ["y"]}
    assert element_to_data(table(dict), {"a": "x"}) == {"a": "x"}
    with pytest.raises(ValueProblem, match="a: required and missing"):
        element_from_data(table(dict), {})


def test_plain_classes_and_classes_that_refuse() -> None:
    plain = element_from_data(table(Plain, 2), {"a": "x"})
    assert (type(plain), plain.a, plain.b) == (Plain, "x", wsx.UNSET)
    assert element_from_data(table(Picky, 2), {"a": "x", "b": 1}) == Picky("x", 1)
    with pytest.raises(ValueProblem, match="Picky refuses the values: not that one"):
        element_from_data(table(Picky, 2), {"a": "bad"})


def test_enumerations_by_mapping() -> None:
    element = ElementDescription("v", "", Type.ENUM, EnumDescription({"one": 1, "two": 2}))
    assert element_from_data(element, "two") == 2
    assert element_to_data(element, 1) == "one"


@pytest.mark.parametrize(
    ("column", "kept"), [("currency", True), ("place.city", True), ("number", False), ("note", False), ("names", False)]
)
def test_empty_cells(column: str, kept: bool) -> None:
    assert keeps_empty(ELEMENT, column) is kept


@pytest.mark.parametrize("column", ["town", "place.town", "number.x", "place."])
def test_unknown_columns(column: str) -> None:
    with pytest.raises(ValueError, match="is no field of the table"):
        keeps_empty(ELEMENT, column)
