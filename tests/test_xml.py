"""write_element and read_element: elements and classes, arguments, whole documents."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import pytest

import wsx
from tests.support.xml_tables import (
    LEAF,
    OPTIONAL,
    SAMPLES,
    Sample,
    attribute,
    element,
    order_table,
    repeating,
    sample_id,
    struct_of_fields,
    text,
)
from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    FieldMapping,
    ReadOption,
    StructDescription,
    Type,
    WriteOption,
)
from wsx.errors import ErrorCode, InvalidArgument, InvalidFormat, NumericOverflow, QuotaExceeded, WsError
from wsx.quotas import Quotas
from wsx.values import XmlQName
from wsx.xml import read_element, write_element


@wsx.struct(ns="urn:o")
class Line:
    sku: str
    quantity: wsx.Int32


@wsx.struct(ns="urn:o")
class Order:
    number: wsx.Int64 = wsx.field(attribute=True)
    lines: list[Line] = wsx.field(local_name="line")
    note: str | None = None


ORDER = Order(number=7, lines=[Line("a", 1), Line("b&c", -2)])


@pytest.mark.parametrize("sample", SAMPLES, ids=sample_id)
def test_an_element_of_every_type(sample: Sample) -> None:
    table = element(sample.type, sample.description, "name", "urn:n")
    document = write_element(table, sample.value, option=WriteOption.REQUIRED_POINTER)
    text_of_struct = sample.text.replace("<v>", '<v xmlns="">') if sample.type is Type.STRUCT else sample.text
    assert document.decode() == f'<name xmlns="urn:n">{text_of_struct}</name>'
    assert read_element(table, document, option=ReadOption.REQUIRED_POINTER) == sample.value


def test_a_class_is_its_own_element() -> None:
    document = write_element(Order, ORDER)
    assert read_element(Order, document) == ORDER
    assert b'number="7"' in document
    assert document.count(b"<line>") == 2
    assert write_element(Order, ORDER, option=WriteOption.REQUIRED_POINTER) == document


@pytest.mark.parametrize("wrong", [int, object(), None, "Order", Order(number=1, lines=[]), LEAF])
def test_what_is_no_element(wrong: Any) -> None:
    with pytest.raises(InvalidArgument):
        write_element(wrong, 1)
    with pytest.raises(InvalidArgument):
        read_element(wrong, b"<t/>")


def test_a_size_belongs_to_buffers() -> None:
    for size in (0, 4, 8):
        with pytest.raises(InvalidArgument, match="value_size"):
            write_element(element(Type.INT32), 1, value_size=size)
    assert write_element(element(Type.INT32), 1, value_size=None) == b"<t>1</t>"


def test_the_depth_of_what_is_written_is_bounded() -> None:
    table = struct_of_fields(FieldDescription("s", Type.STRUCT, LEAF))
    value = {"s": {"v": 1}}
    assert write_element(table, value, max_depth=3) == b"<t><s><v>1</v></s></t>"
    with pytest.raises(QuotaExceeded, match="max_depth"):
        write_element(table, value, max_depth=2)
    for wrong in (0, -1, 401):
        with pytest.raises(InvalidArgument, match="max_depth"):
            write_element(table, value, max_depth=wrong)


def test_what_the_default_writer_writes_the_default_reader_reads() -> None:
    """The depth limits of both are the same."""
    holder: list[StructDescription] = []
    fields = [
        FieldDescription("v", Type.INT32, options=OPTIONAL),
        repeating("n", Type.STRUCT, lambda: holder[0], local_name="w", options=OPTIONAL),
    ]
    holder.append(StructDescription(dict, fields))
    table = element(Type.STRUCT, holder[0], name="n")
    readable = 0
    for depth in range(1, 40):
        value: dict[str, Any] = {"v": 1}
        for _ in range(depth):
            value = {"n": [value]}
        try:
            document = write_element(table, value)
        except QuotaExceeded:
            continue
        assert read_element(table, document) == value
        readable += 1
    assert 10 < readable < 39


@pytest.mark.parametrize("around", ["", "<?xml version='1.0' encoding='utf-8'?>", "\ufeff", "<!-- é -->\n", "<?p?>"])
def test_what_may_stand_before_the_element(around: str) -> None:
    assert read_element(element(Type.INT32), f"{around}<t>5</t>".encode()) == 5


@pytest.mark.parametrize("after", ["", "\n", "<!-- é -->", "<?p?>", " <!-- --> "])
def test_what_may_stand_after_the_element(after: str) -> None:
    assert read_element(element(Type.INT32), f"<t>5</t>{after}".encode()) == 5


@pytest.mark.parametrize("after", ["x", "<u/>", "</t>", "&#32;", "<![CDATA[]]>", "\x00", "<", "<!"])
def test_what_may_not_stand_after_the_element(after: str) -> None:
    for table, document in (
        (element(Type.INT32), "<t>5</t>"),
        (Line, "<Line xmlns='urn:o'><sku/><quantity>1</quantity></Line>"),
    ):
        with pytest.raises(InvalidFormat) as caught:
            read_element(table, (document + after).encode())
        assert caught.value.offset is not None
        assert caught.value.offset >= len(document)


def test_errors_carry_code_path_and_offset() -> None:
    malformed, overflow = ErrorCode.WS_E_INVALID_FORMAT, ErrorCode.WS_E_NUMERIC_OVERFLOW
    cases: list[tuple[bytes, type[WsError], ErrorCode, str]] = [
        (b"<line><sku>a</sku><quantity>x</quantity></line>", InvalidFormat, malformed, "quantity"),
        (b"<line><sku>a</sku><quantity>9999999999</quantity></line>", NumericOverflow, overflow, "quantity"),
        (b"<line><sku>&x;</sku></line>", InvalidFormat, malformed, "sku"),
    ]
    for content, error, code, name in cases:
        document = b'<Order xmlns="urn:o" number="1"><line><sku/><quantity>1</quantity></line>' + content + b"</Order>"
        with pytest.raises(error) as caught:
            read_element(Order, document)
        assert caught.value.code is code
        assert caught.value.path == f"Order/line[1]/{name}"
        assert caught.value.offset is not None
        assert document[caught.value.offset :][:1] in b"x9&"
        assert f"Order/line[1]/{name}" in str(caught.value)
    with pytest.raises(NumericOverflow) as written:
        write_element(Order, Order(number=7, lines=[Line("a", 2**31)]))
    assert written.value.code is ErrorCode.WS_E_NUMERIC_OVERFLOW
    assert written.value.path == "Order/lines[0]/quantity"
    assert isinstance(written.value, OverflowError)
    with pytest.raises(InvalidArgument) as missing:
        write_element(element(Type.STRING), 5)
    assert missing.value.code is ErrorCode.E_INVALIDARG
    assert isinstance(missing.value, ValueError)


def test_arguments_are_keywords() -> None:
    for function, keywords in (
        (write_element, {"option", "value_size", "encoding", "spelling", "max_depth"}),
        (read_element, {"option", "quotas", "leniency", "forgiven"}),
    ):
        parameters = inspect.signature(function).parameters
        assert {p.name for p in parameters.values() if p.kind is inspect.Parameter.KEYWORD_ONLY} == keywords
    assert wsx.write_element is write_element
    assert wsx.read_element is read_element


def test_quotas_are_passed_on() -> None:
    table = struct_of_fields(repeating("i", Type.INT32))
    document = b"<t><i>1</i><i>2</i></t>"
    assert read_element(table, document, quotas=Quotas(max_items=2)) == {"i": [1, 2]}
    with pytest.raises(QuotaExceeded, match="max_items"):
        read_element(table, document, quotas=Quotas(max_items=1))


def test_the_result_is_bytes_of_its_own() -> None:
    table = element(Type.STRING)
    first = write_element(table, "x" * 1000)
    second = write_element(table, "y" * 1000)
    assert type(first) is bytes
    assert (first[3:4], second[3:4]) == (b"x", b"y")
    assert len(first) == len(second) == 1007
    assert first.endswith(b"x</t>")


def test_a_document_in_a_file(tmp_path: Path) -> None:
    table, value = order_table()
    path = tmp_path / "order.xml"
    path.write_bytes(write_element(table, value))
    assert read_element(table, path.read_bytes()) == value


def test_tables_of_several_namespaces_in_one_document() -> None:
    """What real services have: unqualified children, qualified wrappers, attributes of other namespaces."""
    inner = StructDescription(dict, [FieldDescription("plain", Type.STRING)], ns="")
    body = StructDescription(
        dict,
        [
            attribute("lang", Type.STRING, ns="urn:meta", options=OPTIONAL),
            FieldDescription("part", Type.STRUCT, inner, ns=""),
            repeating("entry", Type.STRUCT, inner, local_name="entries", ns="urn:list", item_ns=""),
            FieldDescription("end", Type.INT32, ns="urn:end"),
        ],
        ns="urn:body",
    )
    table = ElementDescription("request", "urn:body", Type.STRUCT, body)
    value = {"lang": "en", "part": {"plain": "a"}, "entry": [{"plain": "b"}, {"plain": "c"}], "end": 1}
    document = write_element(table, value)
    assert document.decode() == (
        '<request a:lang="en" xmlns:a="urn:meta" xmlns="urn:body"><part xmlns=""><plain>a</plain></part>'
        '<entries xmlns="urn:list"><entry xmlns=""><plain>b</plain></entry><entry xmlns=""><plain>c</plain></entry>'
        '</entries><end xmlns="urn:end">1</end></request>'
    )
    assert read_element(table, document) == value
    foreign = (
        b'<m:request xmlns:m="urn:body" xmlns:l="urn:list" xmlns:e="urn:end" x:lang="en" xmlns:x="urn:meta">'
        b"<part><plain>a</plain></part><l:entries><entry><plain>b</plain></entry><entry><plain>c</plain></entry>"
        b"</l:entries><e:end>1</e:end></m:request>"
    )
    assert read_element(table, foreign) == value


def test_a_value_goes_through_unchanged_many_times() -> None:
    table, value = order_table()
    document = write_element(table, value)
    for _ in range(20):
        found = read_element(table, document)
        assert found == value
        again = write_element(table, found)
        assert again == document


def test_white_space_of_texts_is_kept_and_line_ends_are_references() -> None:
    table = struct_of_fields(attribute("a", Type.STRING), text("v", Type.STRING))
    value = {"a": " \t\r\n x ", "v": "\r\n \t\r x \n"}
    document = write_element(table, value)
    assert b"\r" not in document
    assert read_element(table, document) == value


def test_frozen_values_are_read_and_written() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Point:
        x: float
        y: float

    table = struct_of_fields(FieldDescription("x", Type.DOUBLE), FieldDescription("y", Type.DOUBLE), python_type=Point)
    document = write_element(table, Point(1.5, -2.0))
    assert document == b"<t><x>1.5</x><y>-2</y></t>"
    assert read_element(table, document) == Point(1.5, -2.0)


def test_only_declarations_are_called_xmlns() -> None:
    table = struct_of_fields(FieldDescription("k", Type.ANY_ATTRIBUTES, mapping=FieldMapping.ANY_ATTRIBUTES))
    value = {"k": {XmlQName("xmlns", "urn:a"): "1"}}
    assert read_element(table, b'<t xmlns:p="urn:a" p:xmlns="1"/>') == value
    assert read_element(table, write_element(table, value)) == value
    with pytest.raises(InvalidFormat, match="xmlns cannot be the name of an attribute"):
        write_element(table, {"k": {XmlQName("xmlns", ""): "1"}})
