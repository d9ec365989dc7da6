"""Structures that are all text: in a TEXT field, in an attribute, and one inside the other (types.md §3)."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import pytest

import wsx
from wsx import FieldMapping, Type, TypeMapping
from wsx.descriptions import AttributeDescription, ElementDescription, FieldDescription, StructDescription
from wsx.errors import InvalidArgument, InvalidFormat, NumericOverflow, QuotaExceeded, WsError

TEXT = FieldMapping.TEXT


@dataclasses.dataclass
class Amount:
    value: int
    note: object = wsx.UNSET


class Pair(NamedTuple):
    amount: Amount


AMOUNT = StructDescription(
    Amount,
    [
        FieldDescription("value", Type.INT32, mapping=TEXT),
        FieldDescription("note", Type.STRING, mapping=FieldMapping.NO),
    ],
)
PAIR = StructDescription(Pair, [FieldDescription("amount", Type.STRUCT, AMOUNT, mapping=TEXT)])


def element(description: StructDescription) -> ElementDescription:
    return ElementDescription("t", "", Type.STRUCT, description)


NESTED = StructDescription(
    dict,
    [
        FieldDescription("unit", Type.STRING, mapping=FieldMapping.ATTRIBUTE),
        FieldDescription("pair", Type.STRUCT, PAIR, mapping=TEXT),
    ],
)
VALUE = {"unit": "kg", "pair": Pair(Amount(5))}


def test_structures_inside_one_another_are_one_text() -> None:
    assert wsx.write_element(element(NESTED), VALUE) == b'<t unit="kg">5</t>'
    assert wsx.read_element(element(NESTED), b'<t unit="kg"><!-- c --> 5 <![CDATA[]]></t>') == VALUE
    assert wsx.read_element(element(PAIR), b"<t>7</t>") == Pair(Amount(7))


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (b'<t unit="kg">five</t>', InvalidFormat),
        (b'<t unit="kg"/>', InvalidFormat),
        (b'<t unit="kg"><v>5</v></t>', InvalidFormat),
        (b'<t unit="kg">99999999999</t>', NumericOverflow),
    ],
)
def test_texts_that_are_none_of_its_values(document: bytes, error: type[WsError]) -> None:
    with pytest.raises(error) as caught:
        wsx.read_element(element(NESTED), document)
    assert caught.value.offset is not None


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"unit": "kg", "pair": Pair(Amount(1 << 31))}, "t/pair/amount/value"),
        ({"unit": "kg", "pair": Pair("5")}, "t/pair/amount"),  # type: ignore[arg-type]
        ({"unit": "kg", "pair": None}, "t/pair"),
        ({"unit": "kg"}, "t/pair"),
    ],
)
def test_values_that_do_not_fit_name_their_place(value: Any, path: str) -> None:
    with pytest.raises(WsError) as caught:
        wsx.write_element(element(NESTED), value)
    assert caught.value.path == path


def test_each_counts_as_a_level() -> None:
    assert wsx.write_element(element(PAIR), Pair(Amount(5)), max_depth=2) == b"<t>5</t>"
    with pytest.raises(QuotaExceeded):
        wsx.write_element(element(PAIR), Pair(Amount(5)), max_depth=1)


def test_strings_may_be_empty() -> None:
    inner = StructDescription(dict, [FieldDescription("s", Type.STRING, mapping=TEXT)])
    table = element(StructDescription(dict, [FieldDescription("f", Type.STRUCT, inner, mapping=TEXT)]))
    for text in ("", "a<b"):
        data = wsx.write_element(table, {"f": {"s": text}})
        assert wsx.read_element(table, data) == {"f": {"s": text}}
    assert wsx.write_element(table, {"f": {"s": ""}}) == b"<t/>"


def test_in_attributes_by_cursor() -> None:
    """WsWriteAttribute and WsReadAttribute of a structure with a TEXT field (serialization.md §5)."""
    description = AttributeDescription("t", "", Type.STRUCT, PAIR)
    writer = wsx.XmlWriter()
    writer.start_element("t")
    writer.attribute(description, Pair(Amount(5)))
    writer.type(TypeMapping.ELEMENT_CONTENT, Type.STRUCT, Pair(Amount(6)), PAIR)
    writer.end_element()
    assert writer.to_bytes() == b'<t t="5">6</t>'
    reader = wsx.XmlReader(writer.to_bytes())
    reader.read_to_start_element()
    assert reader.read_attribute(description) == Pair(Amount(5))
    reader.read_start_element()
    assert reader.read_type(TypeMapping.ELEMENT_CONTENT, Type.STRUCT, PAIR) == Pair(Amount(6))
    reader.read_end_element()


def test_names_in_an_attribute_by_cursor_are_declared_and_resolved() -> None:
    struct = StructDescription(dict, [FieldDescription("n", Type.XML_QNAME, mapping=TEXT)])
    description = AttributeDescription("t", "", Type.STRUCT, struct)
    value = {"n": wsx.XmlQName("x", "urn:x")}
    writer = wsx.XmlWriter()
    writer.start_element("t", "urn:t")
    writer.attribute(description, value)
    writer.end_element()
    assert writer.to_bytes() == b'<t t="a:x" xmlns:a="urn:x" xmlns="urn:t"/>'
    reader = wsx.XmlReader(writer.to_bytes())
    reader.read_to_start_element()
    assert reader.read_attribute(description) == value


@pytest.mark.parametrize("value", [{}, {"n": None}, [], None])
def test_attributes_by_cursor_need_a_value(value: Any) -> None:
    struct = StructDescription(dict, [FieldDescription("n", Type.INT32, mapping=TEXT)])
    writer = wsx.XmlWriter()
    writer.start_element("t")
    with pytest.raises(InvalidArgument):
        writer.attribute(AttributeDescription("t", "", Type.STRUCT, struct), value)


ELEMENTS = StructDescription(dict, [FieldDescription("e", Type.INT32)])
ATTRIBUTES = StructDescription(
    dict,
    [
        FieldDescription("a", Type.INT32, mapping=FieldMapping.ATTRIBUTE),
        FieldDescription("t", Type.INT32, mapping=TEXT),
    ],
)
NOTHING = StructDescription(dict, [FieldDescription("n", Type.INT32, mapping=FieldMapping.NO)])


@pytest.mark.parametrize("struct", [ELEMENTS, ATTRIBUTES, NOTHING])
def test_structures_that_are_more_or_less_than_text_are_refused(struct: StructDescription) -> None:
    with pytest.raises(InvalidArgument, match="must hold a TEXT field"):
        FieldDescription("f", Type.STRUCT, struct, mapping=TEXT)
    with pytest.raises(InvalidArgument, match="must hold a TEXT field"):
        AttributeDescription("f", "", Type.STRUCT, struct)
    late = FieldDescription("f", Type.STRUCT, lambda: struct, mapping=TEXT)
    with pytest.raises(InvalidArgument, match="must hold a TEXT field"):
        wsx.write_element(element(StructDescription(dict, [late])), {"f": {}})


def test_a_structure_cannot_be_its_own_text() -> None:
    table: StructDescription = StructDescription(
        dict, [FieldDescription("f", Type.STRUCT, lambda: table, mapping=TEXT)]
    )
    with pytest.raises(InvalidArgument, match="its own text"):
        wsx.write_element(element(table), {"f": {}})
    with pytest.raises(InvalidArgument, match="its own text"):
        wsx.read_element(element(table), b"<t/>")
