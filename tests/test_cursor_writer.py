"""XmlWriter: documents written call by call."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import enum
import importlib
import pickle
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wsx
from wsx import (
    AttributeDescription,
    Charset,
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    NodeType,
    StructDescription,
    Type,
    TypeMapping,
    WriteOption,
    XmlAttribute,
    XmlBuffer,
    XmlNode,
    XmlQName,
    XmlReader,
    XmlWriter,
    XmlWriterProperties,
)
from wsx.errors import (
    InvalidArgument,
    InvalidFormat,
    InvalidOperation,
    NumericOverflow,
    ObjectFaulted,
    QuotaExceeded,
    WsError,
)

# lxml brings no types.
etree: Any = importlib.import_module("lxml.etree")

XML = "http://www.w3.org/XML/1998/namespace"
XMLNS = "http://www.w3.org/2000/xmlns/"

# A call: name of the method, its arguments, its keywords last.
Call = tuple[Any, ...]


class Keywords(dict[str, Any]):
    """The keywords of a call."""


def play(writer: XmlWriter, calls: list[Call]) -> None:
    for name, *arguments in calls:
        keywords = arguments.pop() if arguments and isinstance(arguments[-1], Keywords) else {}
        getattr(writer, name)(*arguments, **keywords)


def written(*calls: Call, **properties: Any) -> str:
    writer = XmlWriter(**properties)
    play(writer, list(calls))
    return writer.to_bytes().decode()


def start(local: str, ns: str = "", prefix: str | None = None) -> Call:
    return ("start_element", local, ns, prefix)


def attribute(local: str, ns: str = "", prefix: str | None = None, text: str = "", quote: bool = False) -> list[Call]:
    return [("start_attribute", local, ns, prefix, Keywords(single_quote=quote)), ("text", text), ("end_attribute",)]


END: Call = ("end_element",)
T: Call = start("t")


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([T, END], "<t/>"),
        ([T, ("end_start_element",), END], "<t></t>"),
        ([T, ("text", ""), END], "<t></t>"),
        ([T, ("value", Type.STRING, ""), END], "<t/>"),
        ([T, ("value", Type.BYTES, b""), END], "<t/>"),
        ([start("a", "ns", "p"), END], '<p:a xmlns:p="ns"/>'),
        ([start("a", "ns"), END], '<a xmlns="ns"/>'),
        ([start("a", "ns"), start("b", "ns"), END, END], '<a xmlns="ns"><b/></a>'),
        ([start("a", "ns", "p"), start("b", "ns"), END, END], '<p:a xmlns:p="ns"><p:b/></p:a>'),
        ([start("a", "ns", "p"), start("b", "ns2"), END, END], '<p:a xmlns:p="ns"><b xmlns="ns2"/></p:a>'),
        ([start("a", "ns", "p"), start("b"), END, END], '<p:a xmlns:p="ns"><b/></p:a>'),
        ([start("a", "ns"), start("b"), END, END], '<a xmlns="ns"><b xmlns=""/></a>'),
        ([start("a", "n", "p"), start("b", "n2", "p"), END, END], '<p:a xmlns:p="n"><p:b xmlns:p="n2"/></p:a>'),
        ([start("lang", XML), END], "<xml:lang/>"),
        (
            [start("t", "n", "p"), *attribute("a", "o", "q"), END],
            '<p:t q:a="" xmlns:p="n" xmlns:q="o"/>',
        ),
        (
            [start("t", "ns", "prefix"), ("xmlns_attribute", "ns2", "prefix2"), END],
            '<prefix:t xmlns:prefix2="ns2" xmlns:prefix="ns"/>',
        ),
        (
            [start("t", "ns", "prefix"), ("xmlns_attribute", "ns2"), END],
            '<prefix:t xmlns:prefix="ns" xmlns="ns2"/>',
        ),
        (
            [start("t", "n", "p"), ("xmlns_attribute", "n", "p", Keywords(single_quote=True)), END],
            "<p:t xmlns:p='n'/>",
        ),
        (
            [start("t", "n", "p"), start("u", "n"), ("xmlns_attribute", "n", "p"), END, END],
            '<p:t xmlns:p="n"><p:u/></p:t>',
        ),
        ([T, *attribute("lang", XML, text="de"), END], '<t xml:lang="de"/>'),
        ([start("t", "n", "p"), *attribute("a", "n"), END], '<p:t p:a="" xmlns:p="n"/>'),
        ([start("t", "n"), *attribute("a", "n"), END], '<t a:a="" xmlns:a="n" xmlns="n"/>'),
        ([T, *attribute("k", "n"), *attribute("l", "o"), END], '<t a:k="" b:l="" xmlns:a="n" xmlns:b="o"/>'),
        ([start("t", "m", "a"), *attribute("k", "n"), END], '<a:t b:k="" xmlns:a="m" xmlns:b="n"/>'),
        (
            [T, ("xmlns_attribute", "n", "q"), *attribute("k", "n"), END],
            '<t q:k="" xmlns:q="n"/>',
        ),
        (
            [start("t", "n", "p"), start("u", "m", "q"), *attribute("k", "n"), END, END],
            '<p:t xmlns:p="n"><q:u p:k="" xmlns:q="m"/></p:t>',
        ),
        (
            [start("t", "n", "p"), start("u", "m", "p"), *attribute("k", "n"), END, END],
            '<p:t xmlns:p="n"><p:u a:k="" xmlns:p="m" xmlns:a="n"/></p:t>',
        ),
        ([T, ("xmlns_attribute", "a&<\"'", "p"), END], '<t xmlns:p="a&amp;&lt;&quot;\'"/>'),
        (
            [T, ("xmlns_attribute", "a&<\"'", "p", Keywords(single_quote=True)), END],
            "<t xmlns:p='a&amp;&lt;\"&apos;'/>",
        ),
    ],
)
def test_start_tags(calls: list[Call], expected: str) -> None:
    found = written(*calls)
    assert found == expected
    if "&" not in expected:  # libxml2 wants URIs for namespaces
        etree.fromstring(found.encode())


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([("text", "a<b>c&d\"e'f\r\n\t")], "<t>a&lt;b&gt;c&amp;d\"e'f&#xD;\n\t</t>"),
        ([("chars", "é😀")], "<t>é😀</t>"),
        ([("text", "a"), ("value", Type.INT32, 3), ("value", Type.BOOL, True), ("chars", "b")], "<t>a3trueb</t>"),
        ([("utf8", b"\xc3"), ("utf8", b"\xa9<")], "<t>é&lt;</t>"),
        ([("bytes", b"a"), ("bytes", b""), ("bytes", b"bcd"), ("bytes", bytearray(b"e"))], "<t>YWJjZGU=</t>"),
        ([("bytes", b"a"), ("text", "-"), ("bytes", b"b")], "<t>YQ==-Yg==</t>"),
        ([("bytes", b"a"), ("start_element", "u"), END], "<t>YQ==<u/></t>"),
        ([("bytes", memoryview(b"abcdef")[::2].tobytes())], "<t>YWNl</t>"),
        (attribute("a", text="a<b>c&d\"e'f\r\n\t"), '<t a="a&lt;b>c&amp;d&quot;e\'f&#xD;&#xA;&#x9;"/>'),
        (attribute("a", text="a<b>c&d\"e'f", quote=True), "<t a='a&lt;b>c&amp;d\"e&apos;f'/>"),
        ([("start_attribute", "a"), ("bytes", b"a"), ("bytes", b"b"), ("end_attribute",)], '<t a="YWI="/>'),
        ([("start_attribute", "a"), ("text", "a"), ("chars", "b"), ("end_attribute",)], '<t a="ab"/>'),
        ([("start_cdata",), ("text", "<&>'\"\r"), ("end_cdata",)], "<t><![CDATA[<&>'\"\r]]></t>"),
        ([("start_cdata",), ("text", "]"), ("end_cdata",)], "<t><![CDATA[]]]></t>"),
        ([("start_cdata",), ("text", "a]]>b"), ("end_cdata",)], "<t><![CDATA[a]]]]><![CDATA[>b]]></t>"),
        (
            [("start_cdata",), ("text", "]]"), ("text", "]"), ("text", ">"), ("end_cdata",)],
            "<t><![CDATA[]]]]]><![CDATA[>]]></t>",
        ),
        ([("start_cdata",), ("bytes", b"a"), ("end_cdata",)], "<t><![CDATA[YQ==]]></t>"),
        ([("comment", ' <&>"- ')], '<t><!-- <&>"- --></t>'),
        ([("comment", "")], "<t><!----></t>"),
        ([("text", "a"), ("start_element", "u"), END, ("text", "b")], "<t>a<u/>b</t>"),
    ],
)
def test_text(calls: list[Call], expected: str) -> None:
    assert written(T, *calls, END) == expected


class Colour(enum.Enum):
    RED = 1
    ODD = 2


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Type.BOOL, True, "true"),
        (Type.INT8, -128, "-128"),
        (Type.UINT64, 2**64 - 1, "18446744073709551615"),
        (Type.DOUBLE, 1.1, "1.1"),
        (Type.FLOAT, 0.5, "0.5"),
        (Type.DECIMAL, decimal.Decimal("12.50"), "12.5"),
        (Type.DATETIME, datetime.datetime(2010, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc), "2010-05-06T07:08:09Z"),
        (Type.GUID, uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (Type.STRING, "<x>", "&lt;x>"),
        (Type.WSZ, "x", "x"),
        (Type.BYTES, b"abc", "YWJj"),
        (Type.TIMESPAN, datetime.timedelta(seconds=1), "00:00:01"),
    ],
)
def test_values(kind: Type, value: Any, expected: str) -> None:
    calls: list[Call] = [T, ("start_attribute", "a"), ("value", kind, value), ("end_attribute",)]
    assert written(*calls, END) == f'<t a="{expected}"/>'
    assert written(T, ("value", kind, value), END) == f"<t>{expected.replace('>', '&gt;')}</t>"


def test_values_of_enumerations() -> None:
    table = EnumDescription({"r&d": Colour.RED, "odd'": Colour.ODD})
    assert written(T, ("value", Type.ENUM, Colour.RED, table), END) == "<t>r&amp;d</t>"
    quoted: Call = ("start_attribute", "a", Keywords(single_quote=True))
    calls: list[Call] = [T, quoted, ("value", Type.ENUM, Colour.ODD, table), ("end_attribute",), ("start_cdata",)]
    assert (
        written(*calls, ("value", Type.ENUM, Colour.RED, table), ("end_cdata",), END)
        == "<t a='odd&apos;'><![CDATA[r&d]]></t>"
    )


@pytest.mark.parametrize(
    ("calls", "error"),
    [
        ([END], InvalidFormat),
        ([("end_start_element",)], InvalidOperation),
        ([T, ("end_start_element",), ("end_start_element",)], InvalidOperation),
        ([("end_attribute",)], InvalidOperation),
        ([("start_attribute", "a")], InvalidOperation),
        ([T, ("text", "x"), ("start_attribute", "a")], InvalidOperation),
        ([T, ("start_attribute", "a"), ("start_attribute", "b")], InvalidOperation),
        ([T, ("start_attribute", "a"), END], InvalidOperation),
        ([T, ("start_attribute", "a"), T], InvalidOperation),
        ([T, ("start_attribute", "a"), ("start_cdata",)], InvalidOperation),
        ([T, ("start_attribute", "a"), ("comment", "x")], InvalidOperation),
        ([T, ("start_attribute", "a"), ("xmlns_attribute", "n")], InvalidOperation),
        ([T, ("start_attribute", "a"), ("end_start_element",)], InvalidOperation),
        ([T, ("start_attribute", "a"), ("text", "x"), ("bytes", b"y")], InvalidOperation),
        ([T, ("start_attribute", "a"), ("bytes", b"y"), ("text", "x")], InvalidOperation),
        ([T, ("start_attribute", "a"), ("value", Type.BOOL, True), ("text", "x")], InvalidOperation),
        ([T, ("start_attribute", "a"), ("value", Type.INT8, 1), ("value", Type.INT8, 1)], InvalidOperation),
        ([T, ("start_cdata",), T], InvalidOperation),
        ([T, ("start_cdata",), END], InvalidOperation),
        ([T, ("start_cdata",), ("start_cdata",)], InvalidOperation),
        ([T, ("end_cdata",)], InvalidOperation),
        ([("start_cdata",)], InvalidFormat),
        ([("text", "x")], InvalidFormat),
        ([("bytes", b"x")], InvalidFormat),
        ([("value", Type.BOOL, True)], InvalidFormat),
        ([("value", Type.STRING, "")], InvalidFormat),
        ([("qualified_name", "a", "")], InvalidFormat),
        ([T, END, T], InvalidFormat),
        ([T, END, ("text", "x")], InvalidFormat),
        ([T, END, ("element", ElementDescription("a", "", Type.BOOL), True)], InvalidFormat),
        ([start("t", "", "p")], InvalidFormat),
        ([T, ("start_attribute", "a", "", "p")], InvalidFormat),
        ([T, ("xmlns_attribute", "", "p")], InvalidFormat),
        ([start("a b")], InvalidFormat),
        ([start("")], InvalidFormat),
        ([start("p:a")], InvalidFormat),
        ([start("a\ud800")], InvalidFormat),
        ([start("a", "n", "p q")], InvalidFormat),
        ([start("t", "n\x00"), END], InvalidFormat),
        ([start("t", "n", "p"), ("xmlns_attribute", "m", "p"), END], InvalidFormat),
        ([T, ("xmlns_attribute", "m", "p"), ("xmlns_attribute", "n", "p"), END], InvalidFormat),
        ([T, ("xmlns_attribute", "m"), END], InvalidFormat),
        ([start("t", "n"), ("xmlns_attribute", ""), END], InvalidFormat),
        ([T, *attribute("a", "n", "p"), *attribute("b", "m", "p"), END], InvalidFormat),
        ([T, *attribute("a"), *attribute("a"), END], InvalidFormat),
        ([T, *attribute("a", "n", "p"), *attribute("a", "n", "q"), END], InvalidFormat),
        ([T, *attribute("xmlns"), END], InvalidFormat),
        ([T, *attribute("p", XMLNS, "xmlns"), END], InvalidFormat),
        ([start("t", "n", "xmlns"), END], InvalidFormat),
        ([start("t", "n", "xml"), END], InvalidFormat),
        ([start("t", XML, "p"), END], InvalidFormat),
        ([start("t", XMLNS, "p"), END], InvalidFormat),
        ([T, ("text", "\x00")], InvalidFormat),
        ([T, ("text", "\ud800")], InvalidFormat),
        ([T, ("utf8", b"\xff")], InvalidFormat),
        ([T, ("utf8", b"\xc3"), END], InvalidFormat),
        ([T, ("utf8", b"\xc3"), ("text", "x")], InvalidFormat),
        ([T, ("comment", "a--b")], InvalidFormat),
        ([T, ("comment", "-")], InvalidFormat),
        ([T, ("comment", "\x01")], InvalidFormat),
        ([T, ("qualified_name", "a", "n")], InvalidFormat),
        ([start("t", "n"), ("qualified_name", "a", "")], InvalidFormat),
        ([T, ("qualified_name", "a b", "", "")], InvalidFormat),
        ([T, ("qualified_name", "a")], InvalidArgument),
        ([T, ("qualified_name", None, "n")], InvalidArgument),
        ([start(None)], InvalidArgument),  # type: ignore[arg-type]
        ([start("t", None)], InvalidArgument),  # type: ignore[arg-type]
        ([T, ("start_attribute", None)], InvalidArgument),
        ([T, ("xmlns_attribute", None)], InvalidArgument),
        ([T, ("text", b"x")], InvalidArgument),
        ([T, ("text", None)], InvalidArgument),
        ([T, ("utf8", "x")], InvalidArgument),
        ([T, ("bytes", "x")], InvalidArgument),
        ([T, ("bytes", None)], InvalidArgument),
        ([T, ("value", Type.INT8, "x")], InvalidArgument),
        ([T, ("value", Type.INT8, None)], InvalidArgument),
        ([T, ("value", Type.INT8, "")], InvalidArgument),
        ([T, ("value", Type.BYTES, "")], InvalidArgument),
        ([T, ("value", Type.INT8, 128)], NumericOverflow),
        ([T, ("value", 1, 1)], InvalidArgument),
        ([T, ("value", Type.STRUCT, {})], InvalidArgument),
        ([T, ("value", Type.ENUM, 1)], InvalidArgument),
        ([T, ("value", Type.XML_QNAME, "a")], InvalidArgument),
        ([T, ("comment", None)], InvalidArgument),
        ([T, ("node", None)], InvalidArgument),
        ([T, ("xml_buffer", b"<a/>")], InvalidArgument),
        ([T, ("element", None, None)], InvalidArgument),
        ([T, ("attribute", None, None)], InvalidArgument),
        ([T, ("array", "i", "", Type.BOOL, [True], Keywords(count=2))], InvalidArgument),
        ([T, ("array", "i", "", Type.BOOL, [True], Keywords(start=2))], InvalidArgument),
        ([T, ("array", "i", "", Type.BOOL, [True], Keywords(start="0"))], InvalidArgument),
        ([T, ("array", "i", "", Type.BOOL, 1)], InvalidArgument),
        ([T, ("array", "i", None, Type.BOOL, [True])], InvalidArgument),
        ([T, ("prefix_of", "n")], InvalidFormat),
        ([T, ("prefix_of", None)], InvalidArgument),
        ([("flush",)], InvalidOperation),
    ],
)
def test_a_failure_faults_the_writer(calls: list[Call], error: type[WsError]) -> None:
    writer = XmlWriter()
    play(writer, calls[:-1])
    with pytest.raises(error) as caught:
        play(writer, calls[-1:])
    assert type(caught.value) is error
    if calls[-1] == ("flush",):  # a question about the state, which stays as it is
        return
    for name, *arguments in [T, ("text", "x"), ("to_bytes",), END]:
        with pytest.raises(ObjectFaulted):
            getattr(writer, name)(*arguments)
    writer.set_output()
    play(writer, [T, END])
    assert writer.to_bytes() == b"<t/>"


def test_without_an_output_every_call_is_an_invalid_operation() -> None:
    writer = XmlWriter()
    writer.start_element("t")
    writer.close()
    calls: list[Call] = [T, END, ("text", None), ("start_attribute", None), ("to_bytes",), ("node", None), ("flush",)]
    for name, *arguments in calls:
        with pytest.raises(InvalidOperation) as caught:
            getattr(writer, name)(*arguments)
        assert type(caught.value) is InvalidOperation
    for name in ("depth", "in_attribute", "bytes_written", "bytes_to_close"):
        with pytest.raises(InvalidOperation):
            getattr(writer, name)
    writer.set_output()
    play(writer, [T, END])
    assert writer.to_bytes() == b"<t/>"


def test_the_start_tag_is_held_back() -> None:
    writer = XmlWriter()
    steps: list[tuple[Call, bytes]] = [
        (start("a", "ns", "p"), b""),
        (("start_cdata",), b'<p:a xmlns:p="ns"><![CDATA['),
        (("text", "<"), b'<p:a xmlns:p="ns"><![CDATA[<'),
        (("end_cdata",), b'<p:a xmlns:p="ns"><![CDATA[<]]>'),
        (start("b"), b'<p:a xmlns:p="ns"><![CDATA[<]]>'),
        (END, b'<p:a xmlns:p="ns"><![CDATA[<]]><b/>'),
        (END, b'<p:a xmlns:p="ns"><![CDATA[<]]><b/></p:a>'),
    ]
    for call, expected in steps:
        play(writer, [call])
        assert writer.to_bytes() == expected
        assert writer.bytes_written == len(expected)


def test_white_space_may_stand_at_the_top() -> None:
    assert written(("text", "\n"), T, END, ("text", " \n"), ("comment", "x")) == "\n<t/> \n<!--x-->"


def test_fragments() -> None:
    calls: list[Call] = [("text", "a"), T, END, start("u", "n"), END, ("value", Type.INT8, 1)]
    assert written(*calls, allow_fragment=True) == 'a<t/><u xmlns="n"/>1'


def test_qualified_names() -> None:
    inside = start("t", "ns", "p")
    for call, expected in [
        (("qualified_name", "t2", "ns"), "p:t2"),
        (("qualified_name", "t2", "ns", "p2"), "p2:t2"),
        (("qualified_name", "t2", None, "q"), "q:t2"),
        (("qualified_name", "t2", "", ""), "t2"),
        (("qualified_name", "t2", ""), "t2"),
        (("qualified_name", "lang", XML), "xml:lang"),
        (("value", Type.XML_QNAME, XmlQName("t2", "ns")), "p:t2"),
    ]:
        assert written(inside, call, END) == f'<p:t xmlns:p="ns">{expected}</p:t>'
    assert written(start("t", "ns"), ("qualified_name", "a", "ns"), END) == '<t xmlns="ns">a</t>'
    around = [start("t", "n", "p"), start("u", "m", "q")]
    assert written(*around, ("qualified_name", "a", "n"), END, END) == (
        '<p:t xmlns:p="n"><q:u xmlns:q="m">p:a</q:u></p:t>'
    )
    name: list[Call] = [("start_attribute", "type"), ("qualified_name", "a", "m"), ("end_attribute",)]
    assert written(T, *name, END) == '<t type="a:a" xmlns:a="m"/>'


def test_prefixes_are_those_of_committed_elements() -> None:
    writer = XmlWriter()
    writer.start_element("t", "n", "p")
    assert writer.prefix_of("n", required=False) is None
    writer.end_start_element()
    assert writer.prefix_of("n") == "p"
    writer.start_element("u", "m", "p")
    writer.end_start_element()
    assert writer.prefix_of("m") == "p"
    assert writer.prefix_of("n", required=False) is None
    writer.end_element()
    assert writer.prefix_of("n") == "p"
    assert writer.prefix_of(XML) == "xml"
    assert writer.prefix_of(XMLNS) == "xmlns"
    writer.start_element("d", "default")
    writer.end_start_element()
    assert writer.prefix_of("default") == ""
    writer.end_element()
    writer.end_element()
    assert writer.prefix_of("n", required=False) is None


def test_arrays() -> None:
    assert written(T, ("array", "i", "", Type.BOOL, [False, True]), END) == "<t><i>false</i><i>true</i></t>"
    assert written(T, ("array", "i", "", Type.BOOL, []), END) == "<t/>"
    assert written(T, ("array", "i", "", Type.INT8, range(9), Keywords(start=2, count=3)), END) == (
        "<t><i>2</i><i>3</i><i>4</i></t>"
    )
    assert written(start("t", "n", "p"), ("array", "i", "n", Type.STRING, ("", "<")), END) == (
        '<p:t xmlns:p="n"><p:i/><p:i>&lt;</p:i></p:t>'
    )
    assert written(T, ("array", "i", "n", Type.INT8, [1]), END) == '<t><i xmlns="n">1</i></t>'


@wsx.struct(ns="urn:o")
class Order:
    number: int
    name: str


def test_a_value_by_its_table_in_the_middle_of_a_document() -> None:
    order = Order(7, "x<y")
    calls: list[Call] = [
        start("list", "urn:o", "o"),
        ("element", Order, order),
        ("text", "-"),
        ("element", Order, order),
    ]
    one = "<o:Order><o:number>7</o:number><o:name>x&lt;y</o:name></o:Order>"
    assert written(*calls, END) == f'<o:list xmlns:o="urn:o">{one}-{one}</o:list>'
    assert written(T, ("element", Order, order), END) == f"<t>{wsx.write_element(Order, order).decode()}</t>"
    assert written(("element", Order, order)) == wsx.write_element(Order, order).decode()
    simple = ElementDescription("a", "", Type.INT32)
    assert written(start("t", "n"), ("element", simple, 1), END) == '<t xmlns="n"><a xmlns="">1</a></t>'
    nil: Call = ("element", simple, None, WriteOption.NILLABLE_POINTER)
    assert '<a a:nil="true"' in written(T, nil, END)


def test_fields_without_an_element_of_their_own() -> None:
    table = StructDescription(dict, [FieldDescription("a", Type.INT32), FieldDescription("b", Type.STRING)], ns="n")
    element = ElementDescription(None, None, Type.STRUCT, table)
    assert written(start("t", "n"), ("element", element, {"a": 1, "b": ""}), END) == '<t xmlns="n"><a>1</a><b/></t>'


def test_a_value_that_fails_names_its_place() -> None:
    writer = XmlWriter()
    writer.start_element("t")
    with pytest.raises(InvalidArgument) as caught:
        writer.element(Order, Order("x", "y"))  # type: ignore[arg-type]
    assert caught.value.path == "Order/number"
    with pytest.raises(ObjectFaulted):
        writer.end_element()


def test_attributes_by_their_table() -> None:
    table = AttributeDescription("k", "n", Type.INT32)
    assert written(T, ("attribute", table, 5), END) == '<t a:k="5" xmlns:a="n"/>'
    with pytest.raises(InvalidArgument):
        written(T, ("attribute", table, 5, WriteOption.NILLABLE_POINTER))
    with pytest.raises(InvalidOperation):
        written(("attribute", table, 5))


def test_depth_attributes_and_namespaces_are_bounded() -> None:
    assert written(T, T, END, END, max_depth=2) == "<t><t/></t>"
    nested = ElementDescription("a", "", Type.STRUCT, StructDescription(dict, [FieldDescription("b", Type.BOOL)]))
    for calls, properties in [
        ([T, T, T], {"max_depth": 2}),
        ([T], {"max_depth": 0}),
        ([("element", nested, {"b": True})], {"max_depth": 1}),
        ([T, ("element", nested, {"b": True})], {"max_depth": 2}),
        ([T, ("xml_buffer", XmlBuffer(b"<a><b/></a>"))], {"max_depth": 2}),
        ([T, *attribute("a"), *attribute("b"), *attribute("c")], {"max_attributes": 2}),
        ([T, *attribute("a"), ("xmlns_attribute", "n", "p")], {"max_attributes": 1}),
        ([start("t", "n"), start("u", "m"), END], {"max_namespaces": 1}),
        ([T, ("text", "x" * 100)], {"buffer_max_size": 50}),
    ]:
        with pytest.raises(QuotaExceeded):
            written(*calls, **properties)
    assert len(written(T, ("text", "x" * 100), END, buffer_max_size=None)) == 107
    deep = [T] * 2000 + [("element", nested, {"b": True}), ("xml_buffer", XmlBuffer(b"<a/>"))] + [END] * 2000
    assert "<a><b>true</b></a><a/>" in written(*deep, max_depth=10_000)


def test_forbidden_characters_as_references() -> None:
    calls = [T, *attribute("a", text="\x01<"), ("text", "a\x00b\uffff"), ("value", Type.STRING, "\x1f"), END]
    assert written(*calls, allow_invalid_character_references=True) == '<t a="&#x1;&lt;">a&#x0;b&#xFFFF;&#x1F;</t>'
    with pytest.raises(InvalidFormat):
        written(T, ("start_cdata",), ("text", "\x00"), allow_invalid_character_references=True)


def test_indentation_leaves_text_alone() -> None:
    calls: list[Call] = [
        ("comment", "top"),
        T,
        start("a"),
        ("text", "x"),
        END,
        ("comment", "c"),
        start("b"),
        start("c"),
        END,
        END,
        start("m"),
        ("text", "mixed"),
        start("n"),
        END,
        END,
        ("element", ElementDescription("e", "", Type.INT8), 1),
        END,
    ]
    assert written(*calls, indent=2) == (
        "<!--top-->\n<t>\n  <a>x</a>\n  <!--c-->\n  <b>\n    <c/>\n  </b>\n  <m>mixed<n/></m>\n  <e>1</e>\n</t>"
    )
    assert written(*calls).count("\n") == 0


def test_empty_elements() -> None:
    assert written(T, END, emit_uncompressed_empty_elements=True) == "<t></t>"


@pytest.mark.parametrize("charset", [Charset.UTF8, Charset.UTF16LE, Charset.UTF16BE])
def test_charsets(charset: Charset) -> None:
    writer = XmlWriter(charset=charset, write_declaration=True, indent=1)
    play(writer, [T, ("text", "é😀"), END])
    data = writer.to_bytes()
    assert writer.bytes_written == len(data)
    assert writer.charset is charset
    assert etree.fromstring(data).text == "é😀"
    reader = XmlReader(data)
    reader.read_start_element()
    assert reader.read_chars() == "é😀"
    assert reader.charset is charset
    if charset is Charset.UTF8:
        assert data.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<t>')
    else:
        assert data[:2] in (b"\xff\xfe", b"\xfe\xff")
        name = "utf-16LE" if charset is Charset.UTF16LE else "utf-16BE"
        assert f'encoding="{name}"' in data.decode("utf-16")


@pytest.mark.parametrize("charset", [Charset.UTF8, Charset.UTF16BE])
def test_a_sink_gets_what_is_flushed(charset: Charset) -> None:
    pieces: list[bytes] = []
    writer = XmlWriter(pieces.append, charset=charset)
    writer.flush()
    writer.start_element("t")
    writer.flush()
    assert not pieces
    writer.text("é")
    writer.flush(100)
    assert not pieces
    writer.flush(1)
    assert len(pieces) == 1
    assert writer.bytes_written == 0
    writer.end_element()
    writer.flush()
    assert len(pieces) == 2
    assert b"".join(pieces).decode("utf-8" if charset is Charset.UTF8 else "utf-16") == "<t>é</t>"
    with pytest.raises(InvalidArgument):
        writer.to_bytes()


def test_a_sink_that_fails_faults_the_writer() -> None:
    def sink(data: bytes) -> None:
        raise OSError("full")

    writer = XmlWriter(sink)
    play(writer, [T, END])
    with pytest.raises(OSError, match="full"):
        writer.flush()
    with pytest.raises(ObjectFaulted):
        writer.flush()
    with pytest.raises(InvalidArgument):
        XmlWriter("no callable")  # type: ignore[arg-type]


def test_the_size_to_close_is_an_upper_bound() -> None:
    for charset in (Charset.UTF8, Charset.UTF16LE):
        for indent in (0, 3):
            writer = XmlWriter(charset=charset, indent=indent)
            assert writer.bytes_to_close == 0
            bounds = []
            for depth in range(6):
                writer.start_element("é" * depth + "x", "urn:é", "p")
                writer.xmlns_attribute(f"u&r&n:{depth}", f"q{depth}")
                bounds.append((writer.bytes_written, writer.bytes_to_close))
            for _ in range(6):
                writer.end_element()
            assert writer.bytes_to_close == 0
            total = len(writer.to_bytes())
            done, bound = bounds[-1]
            assert total - done <= bound


def test_properties() -> None:
    properties = XmlWriter().properties
    assert properties == XmlWriterProperties()
    assert (properties.max_depth, properties.max_attributes, properties.max_namespaces) == (32, 128, 32)
    assert not properties.allow_fragment
    writer = XmlWriter(properties=XmlWriterProperties(indent=2), max_depth=5)
    assert writer.properties == XmlWriterProperties(indent=2, max_depth=5)
    writer.set_output(indent=4)
    assert writer.properties.indent == 4
    writer.set_output()
    assert writer.properties.indent == 2
    writer.start_element("t")
    assert (writer.depth, writer.in_attribute) == (1, False)
    writer.start_attribute("a")
    assert writer.in_attribute
    bad: list[dict[str, Any]] = [
        {"max_depth": -1},
        {"max_depth": 10_001},
        {"max_depth": True},
        {"indent": 65},
        {"charset": Charset.AUTO},
        {"charset": 1},
        {"allow_fragment": 1},
        {"max_namespaces": None},
        {"nonsense": 1},
        {"properties": {}},
    ]
    for wrong in bad:
        with pytest.raises(InvalidArgument):
            XmlWriter(**wrong)


def test_nodes() -> None:
    element = XmlNode(
        NodeType.ELEMENT,
        "t",
        "n",
        "p",
        [
            XmlAttribute("a", "1", single_quote=True),
            XmlAttribute("b", "<", ns="m"),
            XmlAttribute("q", ns="u", prefix="q", is_xmlns=True),
        ],
    )
    nodes = [
        XmlNode(NodeType.BOF),
        element,
        XmlNode.text("x&"),
        XmlNode(NodeType.CDATA),
        XmlNode.text("<"),
        XmlNode(NodeType.END_CDATA),
        XmlNode.comment("c"),
        XmlNode(NodeType.END_ELEMENT),
        XmlNode(NodeType.EOF),
    ]
    writer = XmlWriter()
    for node in nodes:
        writer.node(node)
    data = writer.to_bytes()
    assert data == (b'<p:t a=\'1\' a:b="&lt;" xmlns:q="u" xmlns:p="n" xmlns:a="m">x&amp;<![CDATA[<]]><!--c--></p:t>')
    again = XmlWriter()
    again.copy(XmlReader(data))
    assert again.to_bytes() == data


def test_nodes_are_values() -> None:
    made = XmlNode(NodeType.ELEMENT, "a", "n", "p", [XmlAttribute("k", "v", ns="m")], is_empty=True)
    same = XmlNode(NodeType.ELEMENT, "a", "n", "p", [XmlAttribute("k", "v", ns="m")], is_empty=True)
    assert made == same
    assert hash(made) == hash(same)
    assert made != XmlNode(NodeType.ELEMENT, "a", "n", "p")
    others: list[object] = ["a", None, made.attributes]
    assert made not in others
    assert made.attributes[0] not in others
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301
    assert made.attribute("k", "m") == "v"
    assert made.attribute("k") is None
    assert "'a'" in repr(made)
    assert repr(XmlNode.text("x")) == "XmlNode(TEXT, value='x')"
    wrong: list[Callable[[], object]] = [
        lambda: XmlNode(1),  # type: ignore[arg-type]
        lambda: XmlNode(NodeType.ELEMENT, 1),  # type: ignore[arg-type]
        lambda: XmlNode(NodeType.ELEMENT, "a", attributes=["b"]),  # type: ignore[list-item]
        lambda: XmlAttribute(None),  # type: ignore[arg-type]
        lambda: XmlAttribute("a", prefix=1),  # type: ignore[arg-type]
    ]
    for make in wrong:
        with pytest.raises(InvalidArgument):
            make()


def test_copies() -> None:
    reader = XmlReader(b"<r><a x='1'><b></b><c/>t</a><!--c--></r>")
    reader.read_to_start_element("r")
    reader.read_start_element()
    for compress, expected in [(False, b"<t><a x='1'><b></b><c/>t</a></t>"), (True, b"<t><a x='1'><b/><c/>t</a></t>")]:
        place = reader.position
        writer = XmlWriter(compress_empty_elements=compress)
        writer.start_element("t")
        writer.copy(reader)
        assert reader.node == XmlNode.comment("c")
        writer.end_element()
        assert writer.to_bytes() == expected
        reader.position = place
    while reader.read() is not None:
        pass
    with pytest.raises(InvalidOperation):
        XmlWriter().copy(reader)


def test_buffers() -> None:
    buffer = XmlBuffer(b"<p:a>p:x</p:a>", (("p", "n"),))
    assert written(T, ("xml_buffer", buffer), END) == '<t><p:a xmlns:p="n">p:x</p:a></t>'
    assert written(start("t", "n", "p"), ("xml_buffer", buffer), END) == '<p:t xmlns:p="n"><p:a>p:x</p:a></p:t>'
    assert written(("xml_buffer", buffer)) == '<p:a xmlns:p="n">p:x</p:a>'
    for calls in (
        [T, END, ("xml_buffer", buffer)],
        [("xml_buffer", buffer), T],
        [("xml_buffer", XmlBuffer(b"<a/><b/>"))],
        [T, ("xml_buffer", XmlBuffer(b"<a>"))],
    ):
        with pytest.raises(InvalidFormat):
            written(*calls)


FIELDS = [FieldDescription("k", Type.INT32, mapping=FieldMapping.ATTRIBUTE, ns="m"), FieldDescription("x", Type.INT32)]
STRUCTURE = StructDescription(dict, FIELDS, ns="n")
CONTENT = StructDescription(dict, FIELDS[1:], ns="n")
TEXT = StructDescription(dict, [FieldDescription("f", Type.STRING, mapping=FieldMapping.TEXT)])
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NIL = WriteOption.NILLABLE_POINTER


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([("type", TypeMapping.ELEMENT, Type.INT32, 5)], '<p:t xmlns:p="n">5</p:t>'),
        ([("type", TypeMapping.ELEMENT_CONTENT, Type.INT32, 5)], '<p:t xmlns:p="n">5</p:t>'),
        ([("type", TypeMapping.ELEMENT, Type.STRING, "")], '<p:t xmlns:p="n"/>'),
        (
            [("type", TypeMapping.ELEMENT, Type.INT32, None, None, NIL)],
            f'<p:t a:nil="true" xmlns:p="n" xmlns:a="{XSI}"/>',
        ),
        (
            [*attribute("z", "q"), ("type", TypeMapping.ELEMENT, Type.INT32, None, None, NIL)],
            f'<p:t a:z="" b:nil="true" xmlns:p="n" xmlns:a="q" xmlns:b="{XSI}"/>',
        ),
        (
            [*attribute("z", "m", "o"), ("type", TypeMapping.ELEMENT, Type.STRUCT, {"k": 1, "x": 2}, STRUCTURE)],
            '<p:t o:z="" o:k="1" xmlns:p="n" xmlns:o="m"><p:x>2</p:x></p:t>',
        ),
        (
            [("text", "-"), ("type", TypeMapping.ELEMENT, Type.STRUCT, {"x": 2}, CONTENT)],
            '<p:t xmlns:p="n">-<p:x>2</p:x></p:t>',
        ),
        (
            [("type", TypeMapping.ELEMENT_CONTENT, Type.STRUCT, {"x": 2}, CONTENT)],
            '<p:t xmlns:p="n"><p:x>2</p:x></p:t>',
        ),
        ([("type", TypeMapping.ELEMENT, Type.XML_QNAME, XmlQName("a", "n"))], '<p:t xmlns:p="n">p:a</p:t>'),
        (
            [("xmlns_attribute", "o", "q"), ("type", TypeMapping.ELEMENT, Type.XML_QNAME, XmlQName("a", "o"))],
            '<p:t xmlns:q="o" xmlns:p="n">q:a</p:t>',
        ),
        (
            [("start_attribute", "a"), ("type", TypeMapping.ATTRIBUTE, Type.INT32, 1), ("end_attribute",)],
            '<p:t a="1" xmlns:p="n"/>',
        ),
        (
            [
                ("start_attribute", "a"),
                ("type", TypeMapping.ATTRIBUTE, Type.STRUCT, {"f": '"'}, TEXT),
                ("end_attribute",),
            ],
            '<p:t a="&quot;" xmlns:p="n"/>',
        ),
        (
            [("type", TypeMapping.ANY_ELEMENT, Type.XML_BUFFER, XmlBuffer(b"<a/>"))],
            '<p:t xmlns:p="n"><a/></p:t>',
        ),
    ],
)
def test_values_of_any_type_in_what_is_open(calls: list[Call], expected: str) -> None:
    assert written(start("t", "n", "p"), *calls, END) == expected


@pytest.mark.parametrize(
    ("calls", "error"),
    [
        ([("type", TypeMapping.ELEMENT, Type.INT32, 5)], InvalidFormat),
        ([T, ("type", TypeMapping.ATTRIBUTE, Type.INT32, 5)], InvalidFormat),
        ([T, ("start_attribute", "a"), ("type", TypeMapping.ELEMENT, Type.INT32, 5)], InvalidOperation),
        ([T, ("text", "x"), ("type", TypeMapping.ELEMENT, Type.INT32, None, None, NIL)], InvalidOperation),
        ([T, ("type", TypeMapping.ELEMENT, Type.INT32, None)], InvalidArgument),
        ([T, ("type", TypeMapping.ELEMENT, Type.STRUCT, {})], InvalidArgument),
        ([T, ("start_attribute", "a"), ("type", TypeMapping.ATTRIBUTE, Type.INT32, 5, None, NIL)], InvalidArgument),
        ([T, ("type", 1, Type.INT32, 5)], InvalidArgument),
    ],
)
def test_where_no_value_of_a_type_can_stand(calls: list[Call], error: type[WsError]) -> None:
    with pytest.raises(error) as caught:
        written(*calls)
    assert type(caught.value) is error


def test_what_a_writer_wrote_in_the_middle_of_a_value() -> None:
    """The reverse of a value in the middle of a document: a field of the table is what was written by calls."""
    writer = XmlWriter(allow_fragment=True)
    play(writer, [start("free", "n", "p"), ("value", Type.XML_QNAME, XmlQName("x", "n")), END, T, END])
    content = [FieldDescription("any", Type.XML_BUFFER, mapping=FieldMapping.ANY_CONTENT)]
    table = ElementDescription("t", "", Type.STRUCT, StructDescription(dict, content))
    data = wsx.write_element(table, {"any": XmlBuffer(writer.to_bytes())})
    assert data == b'<t><p:free xmlns:p="n">p:x</p:free><t/></t>'
    reader = XmlReader(wsx.read_element(table, data)["any"])
    reader.read_start_element()
    assert reader.read_qualified_name() == XmlQName("x", "n")


class Calls:
    """A number whose conversion uses the writer that is writing it."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call

    def __index__(self) -> int:
        self.call()
        return 1


@pytest.mark.parametrize("name", ["end_element", "to_bytes", "set_output", "close"])
def test_a_value_cannot_use_the_writer_that_writes_it(name: str) -> None:
    writer = XmlWriter()
    value = Calls(getattr(writer, name))
    for call in (
        ("value", Type.INT32, value),
        ("array", "i", "", Type.INT32, [value]),
        ("element", ElementDescription("e", "", Type.INT32), value),
    ):
        writer.set_output()
        writer.start_element("t")
        with pytest.raises(InvalidOperation):
            play(writer, [call])
        with pytest.raises(ObjectFaulted):
            writer.end_element()


ANY_CALLS: list[Call] = [
    *(start(local, ns) for local in "ab" for ns in ("", "n", "m")),
    *(start("d", "n", prefix) for prefix in "pq"),
    *[END] * 8,
    *(("start_attribute", local, ns) for local in "ab" for ns in ("", "n")),
    *[("end_attribute",)] * 4,
    *(("xmlns_attribute", "m", prefix) for prefix in "pqr"),
    *(("text", text) for text in ("", "x", "]]>", "<\r&")),
    ("bytes", b"a"),
    ("utf8", "é".encode()),
    ("value", Type.STRING, "]]>"),
    ("start_cdata",),
    ("end_cdata",),
    ("comment", "-x"),
    ("qualified_name", "x", "n"),
    ("array", "i", "n", Type.INT8, [1, 2]),
]


@given(calls=st.lists(st.sampled_from(ANY_CALLS), max_size=20), indent=st.sampled_from([0, 2]))
@settings(deadline=None)
def test_any_calls_give_a_document_or_an_error(calls: list[Call], indent: int) -> None:
    """Whatever is called, in whatever order: what a writer has that did not fail is well-formed when all is closed."""
    writer = XmlWriter(indent=indent)
    writer.start_element("r")
    with contextlib.suppress(InvalidFormat, InvalidOperation):
        play(writer, calls)
        if writer.in_attribute:
            writer.end_attribute()
        while writer.depth:
            writer.end_element()
        etree.fromstring(writer.to_bytes())
