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
