"""Custom types: elements that callbacks write and read (WS_CUSTOM_TYPE_DESCRIPTION)."""

from __future__ import annotations

from typing import Any

import pytest

import wsx
from wsx import FieldMapping, FieldOption, Type
from wsx.descriptions import CustomTypeDescription, ElementDescription, FieldDescription, StructDescription
from wsx.errors import InvalidFormat


def write_complex(writer: wsx.XmlWriter, value: complex) -> None:
    """`<x im="2">1</x>`."""
    writer.start_attribute("im", "")
    writer.value(Type.DOUBLE, value.imag)
    writer.end_attribute()
    writer.value(Type.DOUBLE, value.real)


def read_complex(reader: wsx.XmlReader) -> complex:
    imaginary = reader.read_attribute(wsx.AttributeDescription("im", "", Type.DOUBLE))
    reader.read_start_element()
    real = reader.read_value(Type.DOUBLE)
    reader.read_end_element()
    return complex(real, imaginary)


COMPLEX = CustomTypeDescription(write_complex, read_complex, is_default=lambda value: value == 0)


def element(*fields: FieldDescription, ns: str = "urn:c") -> ElementDescription:
    return ElementDescription("t", ns, Type.STRUCT, StructDescription(dict, list(fields), ns=ns))


def custom(name: str, **more: Any) -> FieldDescription:
    return FieldDescription(name, Type.CUSTOM, COMPLEX, **more)


ROUND_TRIPS = {
    "an element": (ElementDescription("t", "", Type.CUSTOM, COMPLEX), 1 + 2j, b'<t im="2">1</t>'),
    "in a namespace": (ElementDescription("t", "urn:c", Type.CUSTOM, COMPLEX), 1j, b'<t im="1" xmlns="urn:c">0</t>'),
    "a field": (element(custom("x")), {"x": 1 + 2j}, b'<t xmlns="urn:c"><x im="2">1</x></t>'),
    "in another namespace than around it": (
        element(custom("x", ns="urn:d")),
        {"x": 1 + 2j},
        b'<t xmlns="urn:c"><x im="2" xmlns="urn:d">1</x></t>',
    ),
    "items": (
        element(custom("x", mapping=FieldMapping.REPEATING_ELEMENT, item_local_name="x"), ns=""),
        {"x": [1, 2j]},
        b'<t><x im="0">1</x><x im="2">0</x></t>',
    ),
    "left out": (element(custom("x", options=FieldOption.OPTIONAL | FieldOption.POINTER)), {}, b'<t xmlns="urn:c"/>'),
}


@pytest.mark.parametrize("case", ROUND_TRIPS)
def test_round_trips(case: str) -> None:
    table, value, data = ROUND_TRIPS[case]
    assert wsx.write_element(table, value) == data
    assert wsx.read_element(table, data) == value


def test_a_default_value_is_left_out() -> None:
    table = element(custom("x", options=FieldOption.OPTIONAL | FieldOption.POINTER))
    assert wsx.write_element(table, {"x": 0j}) == b'<t xmlns="urn:c"/>'


def test_names_in_scope_are_seen_by_the_callbacks() -> None:
    def read(reader: wsx.XmlReader) -> str | None:
        return reader.namespace_of("p")

    table = element(FieldDescription("x", Type.CUSTOM, CustomTypeDescription(lambda writer, value: None, read)), ns="")
    assert wsx.read_element(table, b'<t xmlns:p="urn:p"><x/></t>') == {"x": "urn:p"}


def test_the_writer_knows_the_prefixes_around_it() -> None:
    def write(writer: wsx.XmlWriter, value: str) -> None:
        writer.value(Type.STRING, str(writer.prefix_of(value)))

    table = element(FieldDescription("x", Type.CUSTOM, CustomTypeDescription(write, lambda reader: None)))
    assert wsx.write_element(table, {"x": "urn:c"}, spelling=wsx.Spelling(prefixes={"c": "urn:c"})) == (
        b'<c:t xmlns:c="urn:c"><c:x>c</c:x></c:t>'
    )


def fail(*_: object) -> Any:
    raise ZeroDivisionError("a fault of the program")


def test_what_callbacks_raise_is_the_cause() -> None:
    table = element(FieldDescription("x", Type.CUSTOM, CustomTypeDescription(fail, fail)))
    for call, argument in ((wsx.write_element, {"x": 1}), (wsx.read_element, b'<t xmlns="urn:c"><x/></t>')):
        with pytest.raises(InvalidFormat, match="a fault of the program") as caught:
            call(table, argument)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert caught.value.path == "t/x"


@pytest.mark.parametrize(
    "document",
    [
        b'<t xmlns="urn:c"><x im="1">many</x></t>',
        b'<t xmlns="urn:c"><x im="many">1</x></t>',
        b'<t xmlns="urn:c"><x>1</x></t>',
        b'<t xmlns="urn:c"><x im="1"><y/></x></t>',
        b'<t xmlns="urn:c"></t>',
    ],
)
def test_errors_of_the_reader_stay_what_they_are(document: bytes) -> None:
    with pytest.raises(InvalidFormat):
        wsx.read_element(element(custom("x")), document)


def test_a_callback_that_leaves_an_element_open_writes_nothing() -> None:
    def write(writer: wsx.XmlWriter, value: object) -> None:
        writer.start_element("open", "")

    table = element(FieldDescription("x", Type.CUSTOM, CustomTypeDescription(write, read_complex)))
    with pytest.raises(InvalidFormat, match="left an element open"):
        wsx.write_element(table, {"x": 1})


def write_price(writer: wsx.XmlWriter, value: tuple[str, int]) -> None:
    """`EUR 5`, wherever text can stand; for ANY_ELEMENT in an element of its own."""
    whole = not writer.in_attribute and writer.depth == 0
    if whole:
        writer.start_element("price", "urn:p", "q")
    writer.text(f"{value[0]} {value[1]}")
    if whole:
        writer.end_element()


def read_price(reader: wsx.XmlReader) -> tuple[str, int]:
    whole = not reader.in_attribute and reader.node.type is wsx.NodeType.ELEMENT
    if whole:
        reader.read_start_element()
    currency, amount = reader.read_chars().split(" ")
    if whole:
        reader.read_end_element()
    return currency, int(amount)


PRICE = CustomTypeDescription(write_price, read_price, is_default=lambda value: value[1] == 0)


def price(**more: Any) -> ElementDescription:
    return element(FieldDescription("x", Type.CUSTOM, PRICE, **more))


MAPPED = {
    "an attribute": (price(mapping=FieldMapping.ATTRIBUTE), b'<t x="EUR 5" xmlns="urn:c"/>'),
    "an attribute in a namespace": (
        price(mapping=FieldMapping.ATTRIBUTE, ns="urn:a"),
        b'<t a:x="EUR 5" xmlns:a="urn:a" xmlns="urn:c"/>',
    ),
    "the text": (price(mapping=FieldMapping.TEXT), b'<t xmlns="urn:c">EUR 5</t>'),
    "any element": (
        price(mapping=FieldMapping.ANY_ELEMENT),
        b'<t xmlns="urn:c"><q:price xmlns:q="urn:p">EUR 5</q:price></t>',
    ),
}


@pytest.mark.parametrize("case", MAPPED)
def test_mappings(case: str) -> None:
    table, data = MAPPED[case]
    assert wsx.write_element(table, {"x": ("EUR", 5)}) == data
    assert wsx.read_element(table, data) == {"x": ("EUR", 5)}


@pytest.mark.parametrize("mapping", [FieldMapping.ATTRIBUTE, FieldMapping.ELEMENT, FieldMapping.ANY_ELEMENT])
def test_optional_fields_leave_defaults_out_and_read_them_again(mapping: FieldMapping) -> None:
    table = price(mapping=mapping, options=FieldOption.OPTIONAL, default=("none", 0))
    for value in ({}, {"x": ("EUR", 0)}):
        data = wsx.write_element(table, value)
        assert data == b'<t xmlns="urn:c"/>'
        assert wsx.read_element(table, data) == {"x": ("none", 0)}
    given = {"x": ("EUR", 1)}
    assert wsx.read_element(table, wsx.write_element(table, given)) == given


def test_what_an_attribute_holds_is_escaped_and_read_back() -> None:
    echo = CustomTypeDescription(lambda writer, value: writer.text(value), lambda reader: reader.read_chars())
    for mapping in (FieldMapping.ATTRIBUTE, FieldMapping.TEXT):
        table = element(FieldDescription("x", Type.CUSTOM, echo, mapping=mapping))
        for text in ("", "a=\"b\" <&> 'c' \t\r\n é€\U0001f600 ]]>"):
            assert wsx.read_element(table, wsx.write_element(table, {"x": text})) == {"x": text}


def test_a_name_in_an_attribute_is_declared_beside_the_others() -> None:
    """Two callbacks, a QName and any attributes want prefixes in one start tag: no two may be the same."""
    name = CustomTypeDescription(
        lambda writer, value: writer.qualified_name(value.local_name, value.ns),
        lambda reader: reader.read_qualified_name(),
    )
    attribute = {"mapping": FieldMapping.ATTRIBUTE}
    table = element(
        FieldDescription("o", Type.INT32, mapping=FieldMapping.ATTRIBUTE, ns="urn:o", options=FieldOption.OPTIONAL),
        FieldDescription("x", Type.CUSTOM, name, **attribute),  # type: ignore[arg-type]
        FieldDescription("y", Type.CUSTOM, name, **attribute),  # type: ignore[arg-type]
        FieldDescription("z", Type.XML_QNAME, **attribute),  # type: ignore[arg-type]
        FieldDescription("k", Type.ANY_ATTRIBUTES, mapping=FieldMapping.ANY_ATTRIBUTES),
    )
    value = {
        "o": 1,
        "x": wsx.XmlQName("x", "urn:x"),
        "y": wsx.XmlQName("y", "urn:x"),
        "z": wsx.XmlQName("z", "urn:z"),
        "k": {wsx.XmlQName("k", "urn:k"): "1", wsx.XmlQName("l", "urn:z"): "2"},
    }
    data = wsx.write_element(table, value)
    assert data == (
        b'<t a:o="1" x="b:x" y="b:y" z="c:z" d:k="1" c:l="2"'
        b' xmlns:a="urn:o" xmlns:b="urn:x" xmlns:c="urn:z" xmlns:d="urn:k" xmlns="urn:c"/>'
    )
    assert wsx.read_element(table, data) == value


def starts(writer: wsx.XmlWriter, value: object) -> None:
    writer.start_element("more", "")
    writer.end_element()


def ends_attribute(writer: wsx.XmlWriter, value: object) -> None:
    writer.end_attribute()


def second_attribute(writer: wsx.XmlWriter, value: object) -> None:
    writer.end_attribute()
    writer.start_attribute("other")


def ends_element(writer: wsx.XmlWriter, value: object) -> None:
    writer.end_element()


def nothing(writer: wsx.XmlWriter, value: object) -> None:
    pass


def comment(writer: wsx.XmlWriter, value: object) -> None:
    writer.comment("no element")


def two(writer: wsx.XmlWriter, value: object) -> None:
    starts(writer, value)
    starts(writer, value)


@pytest.mark.parametrize(
    ("mapping", "write"),
    [
        (FieldMapping.ATTRIBUTE, ends_attribute),
        (FieldMapping.ATTRIBUTE, second_attribute),
        (FieldMapping.ATTRIBUTE, starts),
        (FieldMapping.TEXT, starts),
        (FieldMapping.TEXT, ends_element),
        (FieldMapping.ANY_ELEMENT, nothing),
        (FieldMapping.ANY_ELEMENT, comment),
        (FieldMapping.ANY_ELEMENT, two),
    ],
)
def test_a_callback_that_writes_what_cannot_stand_there_writes_nothing(mapping: FieldMapping, write: Any) -> None:
    table = element(FieldDescription("x", Type.CUSTOM, CustomTypeDescription(write, read_price), mapping=mapping))
    with pytest.raises(wsx.WsError) as caught:
        wsx.write_element(table, {"x": 1})
    assert isinstance(caught.value, InvalidFormat | wsx.errors.InvalidOperation)
    assert caught.value.path == "t/x"


def test_a_callback_that_leaves_text_behind_is_an_error() -> None:
    table = element(
        FieldDescription("x", Type.CUSTOM, CustomTypeDescription(nothing, lambda r: None), mapping=FieldMapping.TEXT)
    )
    assert wsx.read_element(table, b'<t xmlns="urn:c"/>') == {"x": None}
    for data in (b'<t xmlns="urn:c">left</t>', b'<t xmlns="urn:c"><left/></t>'):
        with pytest.raises(InvalidFormat):
            wsx.read_element(table, data)


def test_cursors() -> None:
    description = wsx.AttributeDescription("p", "", Type.CUSTOM, PRICE)
    writer = wsx.XmlWriter()
    writer.start_element("t")
    writer.attribute(description, ("EUR", 5))
    writer.type(wsx.TypeMapping.ELEMENT_CONTENT, Type.CUSTOM, ("USD", 6), PRICE)
    writer.end_element()
    assert writer.to_bytes() == b'<t p="EUR 5">USD 6</t>'
    reader = wsx.XmlReader(writer.to_bytes())
    reader.read_to_start_element()
    assert reader.read_attribute(description) == ("EUR", 5)
    reader.read_start_element()
    assert reader.read_type(wsx.TypeMapping.ELEMENT_CONTENT, Type.CUSTOM, PRICE) == ("USD", 6)
    reader.read_end_element()
    for write, raised in ((fail, InvalidFormat), (ends_attribute, InvalidFormat)):
        writer.set_output()
        writer.start_element("t")
        with pytest.raises(raised):
            writer.attribute(wsx.AttributeDescription("p", "", Type.CUSTOM, CustomTypeDescription(write, fail)), 1)
        with pytest.raises(wsx.errors.ObjectFaulted):
            writer.end_element()
