"""Output and XmlWriter in pieces: what a sink gets, and how little is kept (WS_XML_WRITER_STREAM_OUTPUT)."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import wsx
from wsx import FieldMapping, FieldOption, Type
from wsx._writer import Output
from wsx.charsets import Charset
from wsx.descriptions import (
    CustomTypeDescription,
    ElementDescription,
    FieldDescription,
    StructDescription,
)
from wsx.errors import EndpointDisconnected, InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted

ITEM = StructDescription(dict, [FieldDescription("n", Type.INT32), FieldDescription("s", Type.STRING)])
ITEMS = FieldDescription(
    "items", Type.STRUCT, ITEM, mapping=FieldMapping.REPEATING_ELEMENT, local_name="items", item_local_name="item"
)
TABLE = ElementDescription("t", "", Type.STRUCT, StructDescription(dict, [ITEMS]))


def items(count: int) -> Iterator[dict[str, Any]]:
    return ({"n": n, "s": "<é>" * (n % 3)} for n in range(count))


def repeating(type_: Type, description: Any = None, **more: Any) -> ElementDescription:
    field = FieldDescription("i", type_, description, mapping=FieldMapping.REPEATING_ELEMENT, **more)
    return ElementDescription("t", "", Type.STRUCT, StructDescription(dict, [field]))


@pytest.mark.parametrize("chunk_size", [1, 7, 100, 5000, 1 << 20])
@pytest.mark.parametrize("make", [list, tuple, iter], ids=["list", "tuple", "iterator"])
def test_the_pieces_are_the_whole(chunk_size: int, make: Callable[[Any], Any]) -> None:
    pieces: list[bytes] = []
    output = Output(sink=pieces.append, chunk_size=chunk_size)
    output.write(b"<r>")
    output.write_element(TABLE, {"items": make(items(200))})
    output.write_text("&")
    output.write(b"</r>")
    output.flush()
    assert len(output) == 0
    whole = wsx.write_element(TABLE, {"items": list(items(200))})
    assert b"".join(pieces) == b"<r>" + whole + b"&amp;</r>"
    assert all(len(piece) < chunk_size + 100 for piece in pieces)
    assert all(len(piece) + 1 >= chunk_size for piece in pieces[:-1])


def test_an_empty_element_is_closed_as_such_whatever_the_sink_has() -> None:
    """An item that writes nothing must not send its wrapper's start tag away, which becomes `<w/>`."""
    custom = CustomTypeDescription(lambda writer, value: None, lambda reader: None, is_default=lambda value: True)
    left_out = FieldDescription(
        "c", Type.CUSTOM, custom, mapping=FieldMapping.REPEATING_ELEMENT, local_name="w",
        options=FieldOption.OPTIONAL | FieldOption.POINTER,
    )  # fmt: skip
    wrapped = ElementDescription("t", "", Type.STRUCT, StructDescription(dict, [left_out]))
    for table, value, expected in (
        (wrapped, {"c": [1, 2]}, b"<t><w/></t>"),
        (repeating(Type.STRUCT, StructDescription(dict, [])), {"i": [{}, {}]}, b"<t><i/><i/></t>"),
        (repeating(Type.STRING), {"i": ["", ""]}, b"<t><i/><i/></t>"),
        (repeating(Type.STRING, local_name="w"), {"i": iter(())}, b"<t><w/></t>"),
    ):
        pieces: list[bytes] = []
        output = Output(sink=pieces.append, chunk_size=1)
        output.write_element(table, value)
        output.flush()
        assert b"".join(pieces) == expected


def test_a_million_items_take_no_more_memory_than_a_chunk() -> None:
    count = 1_000_000
    written = 0

    def sink(data: bytes) -> None:
        nonlocal written
        written += len(data)

    table = repeating(Type.INT32)
    output = Output(sink=sink)
    tracemalloc.start()
    try:
        output.write_element(table, {"i": iter(range(count))})
        output.flush()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert written == len(b"<t></t>") + sum(len(f"<i>{n}</i>") for n in range(count))
    assert peak < 1 << 20


def test_item_ranges_of_iterators() -> None:
    table = repeating(Type.INT32, item_range=(2, 3))
    for count in (2, 3):
        value = {"i": list(range(count))}
        assert wsx.write_element(table, {"i": iter(range(count))}) == wsx.write_element(table, value)
    for count in (0, 1, 4):
        with pytest.raises(InvalidFormat, match="items, but the table wants 2 to 3") as caught:
            wsx.write_element(table, {"i": iter(range(count))})
        assert caught.value.path is not None
        assert caught.value.path.startswith("t/i")
    with pytest.raises(InvalidFormat, match="1 items, but the table wants at least 2"):
        wsx.write_element(repeating(Type.INT32, item_range=(2, None)), {"i": iter(range(1))})


def test_what_an_iterator_raises_passes_through_and_leaves_nothing() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise LookupError("no more rows")

    output = Output()
    output.write(b"<r>")
    with pytest.raises(LookupError, match="no more rows"):
        output.write_element(repeating(Type.INT32), {"i": broken()})
    assert output.take() == b"<r>"


def test_a_value_that_fails_before_the_sink_has_any_of_it_leaves_nothing() -> None:
    pieces: list[bytes] = []
    output = Output(sink=pieces.append)
    output.write(b"<r>")
    with pytest.raises(InvalidArgument):
        output.write_element(TABLE, {"items": [{"n": 1, "s": None}]})
    output.write(b"</r>")
    output.flush()
    assert b"".join(pieces) == b"<r></r>"


def test_a_value_that_fails_later_faults_the_output() -> None:
    pieces: list[bytes] = []
    output = Output(sink=pieces.append, chunk_size=10)
    with pytest.raises(InvalidArgument) as caught:
        output.write_element(TABLE, {"items": [*items(9), {"n": 1, "s": None}]})
    assert caught.value.path == "t/items[9]/s"
    sent = b"".join(pieces)
    whole = wsx.write_element(TABLE, {"items": list(items(9))})
    assert whole.startswith(sent)
    assert sent.endswith(b"</item")
    for call in (output.flush, output.take, lambda: output.write(b"x"), lambda: output.write_element(TABLE, {})):
        with pytest.raises(ObjectFaulted):
            call()
    assert b"".join(pieces) == sent


@pytest.mark.parametrize("error", [EndpointDisconnected("gone"), KeyError("gone")])
def test_what_the_sink_raises_passes_through_as_it_is(error: Exception) -> None:
    def sink(data: bytes) -> None:
        raise error

    output = Output(sink=sink, chunk_size=10)
    with pytest.raises(type(error)) as caught:
        output.write_element(TABLE, {"items": items(9)})
    assert caught.value is error
    assert getattr(error, "path", None) is None
    with pytest.raises(ObjectFaulted):
        output.flush()


def test_the_sink_cannot_use_the_output() -> None:
    def sink(data: bytes) -> None:
        output.write(b"<again/>")

    output = Output(sink=sink, chunk_size=1)
    with pytest.raises(InvalidOperation, match="in use"):
        output.write(b"<a/>")


def test_attributes_are_put_into_a_start_tag_that_is_still_there() -> None:
    pieces: list[bytes] = []
    output = Output(sink=pieces.append, chunk_size=10)
    output.write_element(TABLE, {"items": items(9)}, attributes=b' id="1"')
    assert b"".join(pieces).startswith(b'<t id="1"><items>')


def test_arguments() -> None:
    with pytest.raises(InvalidArgument, match="sink must be a callable"):
        Output(sink=b"")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="chunk_size"):
        Output(sink=print, chunk_size=0)
    with pytest.raises(InvalidOperation, match="no sink"):
        Output().flush()


@pytest.mark.parametrize("charset", [Charset.UTF8, Charset.UTF16LE, Charset.UTF16BE])
@pytest.mark.parametrize("flush_size", [1, 64, 1 << 20])
def test_a_writer_flushes_by_itself(charset: Charset, flush_size: int) -> None:
    def write(writer: wsx.XmlWriter) -> None:
        writer.start_element("r")
        writer.text("é")
        for n in range(3):
            writer.element(TABLE, {"items": list(items(10 * n))})
        writer.start_cdata()
        for piece in ("a]", "]", "]>b", "]]>", "]"):
            writer.text(piece)
        writer.end_cdata()
        writer.bytes(b"abcd")
        writer.bytes(b"e")
        writer.utf8(b"\xc3")
        writer.utf8(b"\xa9")
        writer.start_element("e")
        writer.end_element()
        writer.end_element()

    pieces: list[bytes] = []
    whole, streaming = (
        wsx.XmlWriter(charset=charset),
        wsx.XmlWriter(pieces.append, charset=charset, flush_size=flush_size),
    )
    write(whole)
    write(streaming)
    streaming.flush()
    assert b"".join(pieces) == whole.to_bytes()
    assert (len(pieces) > 10) == (flush_size < 100)


def test_a_flush_in_cdata_keeps_the_brackets_that_may_end_it() -> None:
    pieces: list[bytes] = []
    writer = wsx.XmlWriter(pieces.append)
    writer.start_element("r")
    writer.start_cdata()
    for text in ("a]", "]", ">"):
        writer.text(text)
        writer.flush()
    writer.end_cdata()
    writer.end_element()
    writer.flush()
    assert b"".join(pieces) == b"<r><![CDATA[a]]]]><![CDATA[>]]></r>"


def test_a_value_that_fails_halfway_faults_the_writer() -> None:
    pieces: list[bytes] = []
    writer = wsx.XmlWriter(pieces.append, flush_size=10)
    with pytest.raises(InvalidArgument):
        writer.element(TABLE, {"items": [*items(9), {"n": 1, "s": None}]})
    with pytest.raises(ObjectFaulted):
        writer.flush()
    writer.set_output(pieces.append)
    pieces.clear()
    writer.element(TABLE, {"items": []})
    writer.flush()
    assert b"".join(pieces) == b"<t><items/></t>"


@pytest.mark.parametrize("flush_size", [0, -1, True, 1.5])
def test_flush_sizes(flush_size: Any) -> None:
    with pytest.raises(InvalidArgument, match="flush_size must be an int from 1"):
        wsx.XmlWriter(flush_size=flush_size)
