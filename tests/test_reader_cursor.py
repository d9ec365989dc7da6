"""The cursor of the reader: movement, slices and scopes, calls from inside, threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.respell import Speller
from tests.support.xml_tables import (
    OPTIONAL,
    element,
    expat_tree,
    order_table,
    repeating,
    seeded,
    struct_of_fields,
)
from wsx._reader import Reader
from wsx.descriptions import ElementDescription, FieldDescription, StructDescription, Type
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, WsError
from wsx.quotas import Quotas
from wsx.xml import read_element, write_element

LOOSE = Quotas(max_depth=1000, max_attributes=10_000, max_namespaces=10_000)


def read(table: ElementDescription, document: str) -> Any:
    return read_element(table, document.encode())


def refusal(table: ElementDescription, document: str) -> WsError:
    with pytest.raises(WsError) as caught:
        read_element(table, document.encode())
    return caught.value


def test_cursor_over_a_document() -> None:
    start_tag = b'<a x="1" p:y="&lt;" xmlns:p="urn:p" xmlns="urn:a">'
    data = b'<?xml version="1.0"?><!-- c -->' + start_tag + b" <b/>\n<p:c>text</p:c></a> <!-- end -->"
    reader = Reader(data)
    assert reader.position == 21
    assert reader.peek() == ("urn:a", "a")
    assert reader.position == data.index(b"<a")
    assert reader.peek() == ("urn:a", "a")
    assert reader.scope() == ()
    assert reader.start_element() == [("", "x", "1"), ("urn:p", "y", "<")]
    assert dict(reader.scope()) == {"p": "urn:p", "": "urn:a"}
    assert reader.peek() == ("urn:a", "b")
    assert reader.start_element() == []
    assert reader.peek() is None
    assert reader.read_text() == ""
    reader.end_element()
    assert reader.peek() == ("urn:p", "c")
    start = reader.position
    assert reader.skip_element() == (start, start + len(b"<p:c>text</p:c>"))
    assert reader.peek() is None
    reader.end_element()
    assert reader.peek() is None
    reader.end_document()
    assert reader.position == len(data)


def test_cursor_reads_text_and_elements() -> None:
    reader = Reader(b"<a>one<!-- -->&#32;two<b>5</b>three<t>7</t></a>")
    reader.start_element()
    assert reader.read_text() == "one two"
    assert reader.read_element(element(Type.INT32, name="b")) == 5
    assert reader.read_text() == "three"
    assert reader.read_element(element(Type.INT32)) == 7
    reader.end_element()
    reader.end_document()


def test_cursor_at_the_wrong_place() -> None:
    wrong: list[tuple[bytes, str, type[WsError]]] = [
        (b"", "start_element", InvalidFormat),
        (b"<!-- -->", "skip_element", InvalidFormat),
        (b"text", "peek", InvalidFormat),
        (b"<a/>", "end_element", InvalidOperation),
        (b"", "end_element", InvalidOperation),
        (b"<a/>", "end_document", InvalidFormat),
        (b"<a/>", "peek end_document", InvalidFormat),
        (b"<a/>", "peek end_element", InvalidOperation),
        (b"<a>", "start_element end_document", InvalidFormat),
        (b"<a><b/></a>", "start_element end_element", InvalidFormat),
        (b"<a>text</a>", "start_element end_element", InvalidFormat),
        (b"<a></b>", "start_element end_element", InvalidFormat),
        (b"<a/><b/>", "skip_element end_document", InvalidFormat),
        (b"<a/>x", "skip_element end_document", InvalidFormat),
        (b"<a/></a>", "skip_element end_document", InvalidFormat),
    ]
    for data, calls, expected in wrong:
        reader = Reader(data)
        *before, last = calls.split()
        for call in before:
            getattr(reader, call)()
        with pytest.raises(expected):
            getattr(reader, last)()


def test_cursor_over_a_slice_with_a_scope() -> None:
    data = b'<e xmlns:p="urn:p" xmlns="urn:d"><p:h q="1"><c/></p:h><!-- --></e>'
    start, end = data.index(b"<p:h"), data.index(b"<!--")
    scope = (("p", "urn:p"), ("", "urn:d"))
    reader = Reader(data, start=start, end=end, scope=scope)
    assert reader.peek() == ("urn:p", "h")
    assert reader.position == start
    assert dict(reader.scope()) == dict(scope)
    reader.start_element()
    assert reader.peek() == ("urn:d", "c")
    assert reader.skip_element() == (data.index(b"<c/>"), data.index(b"</p:h"))
    reader.end_element()
    reader.end_document()
    assert reader.position == end
    with pytest.raises(InvalidFormat) as caught:
        Reader(data, start=start, end=end).peek()
    assert caught.value.offset is not None
    assert caught.value.offset >= start
    for bounds in ((-1, 5), (5, 4), (0, len(data) + 1), (len(data) + 1, None)):
        with pytest.raises(InvalidArgument, match="start and end"):
            Reader(data, start=bounds[0], end=bounds[1])


def test_inner_bindings_hide_outer_ones() -> None:
    reader = Reader(b'<a xmlns="1" xmlns:p="1"><b xmlns="" xmlns:p="2"/></a>', scope=(("p", "0"), ("q", "0")))
    reader.start_element()
    assert dict(reader.scope()) == {"p": "1", "q": "0", "": "1"}
    reader.peek()
    assert dict(reader.scope()) == {"p": "1", "q": "0", "": "1"}
    reader.start_element()
    assert dict(reader.scope()) == {"p": "2", "q": "0", "": ""}
    reader.end_element()
    assert dict(reader.scope()) == {"p": "1", "q": "0", "": "1"}


def test_fields_without_an_element_end_where_the_surroundings_do() -> None:
    fields = StructDescription(
        dict, [FieldDescription("a", Type.INT32), FieldDescription("b", Type.INT32, ns="urn:b", options=OPTIONAL)]
    )
    bare = ElementDescription(None, None, Type.STRUCT, fields)
    for content, expected in (
        ("<a>1</a>", {"a": 1}),
        ('<a>1</a> <b xmlns="urn:b">2</b>\n', {"a": 1, "b": 2}),
        ('<!-- --><a >1</a><q:b xmlns:q="urn:b">2</q:b>', {"a": 1, "b": 2}),
    ):
        reader = Reader(f"<body>{content}</body>".encode())
        reader.start_element()
        assert reader.read_element(bare) == expected
        reader.end_element()
        reader.end_document()
        assert read_element(bare, content.encode()) == expected
    for document in ("<body/>", "<body></body>", "<body><b xmlns='urn:b'>1</b></body>", "<body><a>1</a><c/></body>"):
        reader = Reader(document.encode())
        reader.start_element()
        with pytest.raises(InvalidFormat):
            reader.read_element(bare)
    optional = ElementDescription(
        None, None, Type.STRUCT, StructDescription(dict, [FieldDescription("a", Type.INT32, options=OPTIONAL)])
    )
    for document in ("<body/>", "<body></body>", "<body> <!-- --> </body>"):
        reader = Reader(document.encode())
        reader.start_element()
        assert reader.read_element(optional) == {}
        reader.end_element()
        reader.end_document()


# --- calls from inside, threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda reader: reader.read_element(element(Type.INT32)),
        lambda reader: reader.peek(),
        lambda reader: reader.start_element(),
        lambda reader: reader.end_element(),
        lambda reader: reader.skip_element(),
        lambda reader: reader.read_text(),
        lambda reader: reader.end_document(),
    ],
    ids=["read_element", "peek", "start_element", "end_element", "skip_element", "read_text", "end_document"],
)
def test_a_reader_in_use_refuses_calls_of_constructors(call: Callable[[Reader], object]) -> None:
    refused: list[type[Exception]] = []

    class Value:
        def __init__(self, a: int) -> None:
            with pytest.raises(InvalidOperation) as caught:
                call(reader)
            refused.append(caught.type)

    table = struct_of_fields(repeating("v", Type.STRUCT, StructDescription(Value, [FieldDescription("a", Type.INT32)])))
    reader = Reader(b"<t><v><a>1</a></v><v><a>2</a></v></t>")
    assert len(reader.read_element(table)["v"]) == 2
    reader.end_document()
    assert refused == [InvalidOperation] * 2


def test_reading_inside_reading() -> None:
    class Value:
        def __init__(self, a: str) -> None:
            self.a = read(element(Type.INT32), a)

    table = struct_of_fields(FieldDescription("a", Type.STRING), python_type=Value)
    assert read(table, "<t><a><![CDATA[<t>5</t>]]></a></t>").a == 5
    assert isinstance(refusal(table, "<t><a><![CDATA[<t>x</t>]]></a></t>"), InvalidFormat)


def test_the_same_table_from_many_threads() -> None:
    table, value = order_table()
    documents = [Speller(seeded(seed)).document(expat_tree(write_element(table, value))) for seed in range(8)]
    wrong: list[object] = []

    def run(document: bytes) -> None:
        for _ in range(60):
            found = read_element(table, document, quotas=LOOSE)
            if found != value:
                wrong.append(found)
            with pytest.raises(WsError):
                read_element(table, document[:-3], quotas=LOOSE)

    threads = [threading.Thread(target=run, args=(document,)) for document in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
