"""Positions of a writer, and bytes that callbacks give (WsGetWriterPosition, WsPushBytes, WsPullBytes)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

import wsx
from wsx import MoveTo, NodeType, XmlReader, XmlWriter
from wsx.charsets import Charset
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted, QuotaExceeded


def element(writer: XmlWriter, name: str, ns: str = "", prefix: str | None = None) -> None:
    writer.start_element(name, ns, prefix)
    writer.end_element()


def test_what_is_written_at_a_position_stands_before_what_was_behind_it() -> None:
    writer = XmlWriter()
    writer.start_element("a")
    first = writer.position
    element(writer, "b")
    second = writer.position
    element(writer, "c")
    end = writer.position
    writer.position = second
    element(writer, "two")
    writer.position = first
    element(writer, "one")
    writer.position = second
    writer.text("again")
    writer.position = end
    writer.end_element()
    assert writer.to_bytes() == b"<a><one/><b/><two/>again<c/></a>"


def test_into_an_element_that_is_ended() -> None:
    writer = XmlWriter()
    writer.start_element("a", "urn:a", "p")
    writer.start_element("b", "urn:b")
    inside = writer.position
    writer.end_element()
    end = writer.position
    writer.position = inside
    element(writer, "c", "urn:b")
    element(writer, "d", "urn:a")
    writer.position = end
    element(writer, "e", "urn:a")
    writer.end_element()
    assert writer.to_bytes() == (b'<p:a xmlns:p="urn:a"><b xmlns="urn:b"><c/><d xmlns="urn:a"/></b><p:e/></p:a>')


def test_a_whole_value_can_be_put_in() -> None:
    @wsx.struct(ns="urn:a")
    class Item:
        n: int

    writer = XmlWriter(charset=Charset.UTF16LE)
    writer.start_element("a", "urn:a", "p")
    inside = writer.position
    writer.start_element("last")
    writer.end_element()
    writer.end_element()
    writer.position = inside
    writer.element(Item, Item(5))
    text = writer.to_bytes().decode("utf-16")
    assert text == '<p:a xmlns:p="urn:a"><p:Item><p:n>5</p:n></p:Item><last/></p:a>'
    assert writer.bytes_written == len(writer.to_bytes())


def test_an_open_start_tag_is_completed() -> None:
    writer = XmlWriter()
    writer.start_element("a")
    assert isinstance(writer.position, wsx.WriterPosition)
    writer.end_element()
    assert writer.to_bytes() == b"<a></a>"


def test_elements_are_ended_where_they_were_begun() -> None:
    writer = XmlWriter()
    writer.start_element("a")
    inside = writer.position
    writer.end_element()
    writer.position = inside
    with pytest.raises(InvalidOperation, match="ended where it was begun"):
        writer.end_element()


def test_what_was_begun_at_a_position_is_ended_before_the_writer_leaves() -> None:
    writer = XmlWriter()
    writer.start_element("a")
    inside = writer.position
    writer.end_element()
    end = writer.position
    writer.position = inside
    writer.start_element("b")
    with pytest.raises(InvalidOperation, match="still open"):
        writer.position = end


def test_only_one_element_at_the_top() -> None:
    writer = XmlWriter()
    top = writer.position
    element(writer, "a")
    writer.position = top
    writer.comment("before")
    assert writer.to_bytes() == b"<!--before--><a/>"
    with pytest.raises(InvalidFormat, match="second element"):
        writer.start_element("b")


def test_positions_of_other_documents() -> None:
    writer = XmlWriter()
    old = writer.position
    writer.set_output()
    for value in (old, XmlWriter().position, None, 0):
        with pytest.raises(InvalidArgument, match="not a position"):
            writer.position = value  # type: ignore[assignment]
        writer.set_output()
    with pytest.raises(InvalidArgument):
        wsx.WriterPosition()


def test_where_there_are_no_positions() -> None:
    with pytest.raises(InvalidOperation, match="sink"):
        XmlWriter(print).position  # noqa: B018 - a property that raises
    writer = XmlWriter()
    writer.start_element("a")
    writer.start_attribute("b")
    with pytest.raises(InvalidOperation, match="an attribute is open"):
        writer.position  # noqa: B018
    writer.close()
    with pytest.raises(InvalidOperation, match="no output"):
        writer.position  # noqa: B018


def test_the_size_of_all_pieces_is_bounded() -> None:
    writer = XmlWriter(buffer_max_size=20)
    writer.start_element("a")
    writer.text("x" * 10)
    assert writer.position is not None
    writer.text("y" * 7)
    with pytest.raises(QuotaExceeded, match="buffer_max_size"):
        writer.text("z")


def test_the_declaration_of_the_document_stays_in_front() -> None:
    writer = XmlWriter(write_declaration=True)
    top = writer.position
    element(writer, "a")
    writer.position = top
    writer.comment("c")
    assert writer.to_bytes() == b'<?xml version="1.0" encoding="utf-8"?><!--c--><a/>'


# --- bytes from callbacks --------------------------------------------------------------------------------------------


def base64_of(write: Callable[[XmlWriter], None]) -> bytes:
    writer = XmlWriter()
    writer.start_element("a")
    write(writer)
    writer.end_element()
    return writer.to_bytes()


def test_bytes_that_a_callback_pushes_are_one_value() -> None:
    def push(write: Callable[[bytes], None]) -> None:
        for piece in (b"a", b"bcde", b"", b"fg"):
            write(piece)

    assert base64_of(lambda writer: writer.push_bytes(push)) == base64_of(lambda writer: writer.bytes(b"abcdefg"))
    assert base64_of(lambda writer: writer.push_bytes(lambda write: None)) == b"<a></a>"


@pytest.mark.parametrize("chunk_size", [1, 2, 100, 1 << 16])
def test_bytes_that_a_callback_gives_are_pulled_to_their_end(chunk_size: int) -> None:
    data = bytes(range(256)) * 3
    pulled = base64_of(lambda writer: writer.pull_bytes(io.BytesIO(data).read, chunk_size))
    assert pulled == base64_of(lambda writer: writer.bytes(data))


def test_in_an_attribute_and_before_more_of_the_same() -> None:
    writer = XmlWriter()
    writer.start_element("a")
    writer.start_attribute("b")
    writer.push_bytes(lambda write: write(b"x"))
    writer.bytes(b"yz")
    writer.end_attribute()
    writer.end_element()
    assert writer.to_bytes() == b'<a b="eHl6"/>'


def broken(*_: object) -> bytes:
    raise LookupError("no data")


@pytest.mark.parametrize("call", ["push_bytes", "pull_bytes"])
def test_a_callback_that_fails_faults_the_writer(call: str) -> None:
    writer = XmlWriter()
    writer.start_element("a")
    with pytest.raises(LookupError, match="no data"):
        getattr(writer, call)(broken)
    with pytest.raises(ObjectFaulted):
        writer.end_element()


@pytest.mark.parametrize(
    ("callback", "chunk_size"), [(None, 10), (io.BytesIO(b"x").read, 0), (lambda size: b"x" * (size + 1), 10)]
)
def test_callbacks_that_are_none_and_give_too_much(callback: Callable[[int], bytes], chunk_size: int) -> None:
    writer = XmlWriter()
    writer.start_element("a")
    with pytest.raises(InvalidArgument):
        writer.pull_bytes(callback, chunk_size)
    with pytest.raises(InvalidArgument):
        XmlWriter(allow_fragment=True).push_bytes(5)  # type: ignore[arg-type]


def test_bytes_need_an_element_around_them() -> None:
    writer = XmlWriter()
    with pytest.raises(InvalidFormat):
        writer.push_bytes(lambda write: write(b"x"))


# --- WsMoveWriter ----------------------------------------------------------------------------------------------------

# One line, so that a column says where a node stands.
DOCUMENT = (
    '<p:a xml:lang="de" xmlns:p="urn:a">t<b xmlns="urn:b"><c/>x<p:d xmlns:q="urn:q"></p:d></b>'
    "<!--y--><![CDATA[z]]></p:a>"
)
MOVES = [to for to in MoveTo if to is not MoveTo.BOF]


def copied(**properties: Any) -> XmlWriter:
    writer = XmlWriter(**properties)
    writer.copy(XmlReader(DOCUMENT.encode()))
    return writer


@pytest.mark.parametrize("second", MOVES, ids=lambda to: to.name)
@pytest.mark.parametrize("first", MOVES, ids=lambda to: to.name)
def test_a_writer_moves_as_a_reader(first: MoveTo, second: MoveTo) -> None:
    """What is written stands before the node that a reader of the document gets to."""
    reader, writer = XmlReader(DOCUMENT.encode(), allow_fragment=True), copied()
    assert writer.to_bytes() == DOCUMENT.encode()
    assert reader.move(MoveTo.EOF)
    for to in (MoveTo.ROOT_ELEMENT, MoveTo.CHILD_ELEMENT, first, second):
        assert writer.move(to, required=False) == reader.move(to, required=False)
    place = reader.column
    empty = reader.node.type is NodeType.END_ELEMENT and DOCUMENT[:place].endswith("/>")
    writer.comment("here")
    before, after = DOCUMENT[:place], DOCUMENT[place:]
    if empty:
        before, after = before[:-2] + ">", "</c>" + after
    assert writer.to_bytes().decode() == f"{before}<!--here-->{after}"


def test_what_is_in_force_where_a_writer_moves() -> None:
    @wsx.struct(ns="urn:a")
    class Item:
        n: int

    writer = copied(charset=Charset.UTF16BE)
    for to in (
        MoveTo.ROOT_ELEMENT,
        MoveTo.CHILD_ELEMENT,
        MoveTo.CHILD_ELEMENT,
        MoveTo.NEXT_ELEMENT,
        MoveTo.END_ELEMENT,
    ):
        assert writer.move(to)
    assert (writer.depth, writer.prefix_of("urn:q"), writer.prefix_of("urn:b")) == (3, "q", "")
    writer.element(Item, Item(5))
    assert writer.move(MoveTo.PARENT_ELEMENT)
    element(writer, "e", "urn:b")
    assert writer.move(MoveTo.EOF)
    text = writer.to_bytes().decode("utf-16")
    assert '<e/><p:d xmlns:q="urn:q"><p:Item><p:n>5</p:n></p:Item></p:d></b>' in text
    assert writer.depth == 0


def test_a_writer_moves_back_to_where_the_document_goes_on() -> None:
    writer = XmlWriter()
    writer.start_element("a", "urn:a", "p")
    writer.start_element("b")
    writer.text("uv")
    inside = writer.position
    writer.text("wx")
    # End tags that are not written yet are none, but for the one that comes next.
    assert not writer.move(MoveTo.NEXT_ELEMENT, required=False)
    writer.position = inside
    assert writer.move(MoveTo.FIRST_NODE)
    writer.comment("first")
    assert writer.move(MoveTo.PARENT_ELEMENT)
    writer.comment("before b")
    assert writer.move(MoveTo.END_ELEMENT)
    writer.text("y")
    assert writer.move(MoveTo.ROOT_ELEMENT)
    assert not writer.move(MoveTo.END_ELEMENT, required=False)
    assert writer.move(MoveTo.EOF)
    writer.text("z")
    writer.end_element()
    writer.end_element()
    assert writer.to_bytes() == b'<p:a xmlns:p="urn:a"><!--before b--><b><!--first-->uvwxyz</b></p:a>'


def test_a_writer_moves_into_a_fragment() -> None:
    depth = 100
    writer = XmlWriter(max_depth=depth + 10)
    writer.xml_buffer(wsx.XmlBuffer(b"<a>" * depth + b"</a>" * depth))
    for to in [MoveTo.ROOT_ELEMENT, *[MoveTo.CHILD_ELEMENT] * (depth - 1), MoveTo.END_ELEMENT]:
        assert writer.move(to)
    assert writer.depth == depth
    element(writer, "b")
    assert writer.to_bytes() == b"<a>" * depth + b"<b/>" + b"</a>" * depth


def test_moves_of_a_writer_that_are_refused() -> None:
    for to in (MoveTo.BOF, 3, None):
        with pytest.raises(InvalidArgument, match="MoveTo other than BOF"):
            copied().move(to)  # type: ignore[arg-type]
    writer = copied()
    with pytest.raises(InvalidFormat, match="there is no CHILD_NODE"):
        writer.move(MoveTo.CHILD_NODE)
    with pytest.raises(InvalidOperation, match="sink"):
        XmlWriter(lambda data: None).move(MoveTo.EOF)
    writer = copied()
    assert writer.move(MoveTo.ROOT_ELEMENT)
    assert writer.move(MoveTo.CHILD_ELEMENT)
    writer.start_element("c")
    with pytest.raises(InvalidOperation, match="still open"):
        writer.move(MoveTo.EOF)
    empty = XmlWriter(charset=Charset.UTF16LE, write_declaration=True)
    assert empty.move(MoveTo.EOF)
    assert not empty.move(MoveTo.ROOT_ELEMENT, required=False)
