"""XmlReader on a document that comes in pieces: the same nodes and values, taken when needed, and no way back."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fuzz import corpus
from fuzz.pieces import INPUT, Outcome, agree, cut
from fuzz.run import mutant
from tests.support.xml_tables import element, repeating, seeded, struct_of_fields
from wsx import MoveTo, NodeType, TypeMapping, XmlReader
from wsx._cursor_reader import cursor_on
from wsx._reader import Reader
from wsx.charsets import Charset
from wsx.descriptions import StructOption, Type
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted, QuotaExceeded, WsError
from wsx.fragment import XmlBuffer
from wsx.quotas import Quotas

LOOSE = Quotas(max_depth=300, max_attributes=1000, max_namespaces=1000, max_name_length=100_000)
DOCUMENTS = [
    b'\xef\xbb\xbf<?xml version="1.0"?>\r\n<!-- c\r\n --><a x="1>" xml:lang="en" xmlns="urn:a&amp;">\r<b/>\n<?d ? >?>'
    b'<p:c xmlns:p="p" xml:lang="de">te&#65;x<!-- > -->t\xc3\xa9]]\r\n&lt;<![CDATA[<]] >\r\n]]></p:c  ></a>'
    b" <!-- end -->\n",
    '<?xml version="1.0" encoding="utf-16"?><a>\n\U0001f600\xe9</a>'.encode("utf-16"),
    b"<a>1</a>",
]


def everywhere(data: bytes) -> Iterator[list[bytes]]:
    yield cut(data, range(len(data)))
    for place in range(len(data)):
        yield cut(data, [place])


def walk(data: Any) -> list[Any]:
    reader = XmlReader(data)
    found: list[Any] = [
        (node, reader.row, reader.column, reader.depth, reader.xml_attribute("lang")) for node in reader
    ]
    return [*found, reader.row, reader.column, reader.charset]


@pytest.mark.parametrize("data", DOCUMENTS)
def test_nodes_and_their_places_are_the_same(data: bytes) -> None:
    whole = walk(data)
    for pieces in everywhere(data):
        assert walk(pieces) == whole


CALLS: list[Callable[[XmlReader], Any]] = [
    lambda reader: reader.read(),
    lambda reader: reader.read(),
    lambda reader: reader.node,
    lambda reader: reader.skip_node(),
    lambda reader: reader.read_to_start_element(required=False),
    lambda reader: reader.read_start_element(),
    lambda reader: reader.read_end_element(),
    lambda reader: reader.read_chars(3),
    lambda reader: reader.read_chars(),
    lambda reader: reader.read_value(Type.STRING),
    lambda reader: reader.read_array("z", "", Type.STRING),
    lambda reader: reader.read_xml_buffer(),
    lambda reader: reader.read_element(element(Type.STRING, name="z")),
    lambda reader: reader.read_type(TypeMapping.ELEMENT_CONTENT, Type.STRING),
    lambda reader: reader.attribute("l"),
    lambda reader: reader.read_start_attribute(0),
    lambda reader: reader.read_end_attribute(),
    lambda reader: reader.namespace_of("a", required=False),
    lambda reader: reader.xml_attribute("lang"),
    lambda reader: reader.fill(9),
    lambda reader: (reader.row, reader.column, reader.depth, reader.in_attribute),
]


def outcomes(data: Any, source: random.Random) -> tuple[list[Any], Outcome]:
    """What calls in some order give, up to the first error, which is not one of the call."""
    reader = XmlReader(data, quotas=LOOSE, allow_fragment=source.random() < 0.3)
    found: list[Any] = []
    calls = source.choices(CALLS, k=8) + [CALLS[0]] * 40
    for call in calls:
        try:
            found.append(call(reader))
        except InvalidOperation:
            break
        except WsError as error:
            return found, Outcome(None, str(error), error.offset, error.path)
    return found, Outcome(None, "", None, None)


def test_calls_in_any_order_give_the_same() -> None:
    source, inputs = seeded(5), corpus.load("text_reader")
    same = 0
    for number in range(4000):
        data = source.choice(inputs) if number % 2 else mutant(source, inputs)
        seed = source.random()
        whole, error = outcomes(data, seeded(int(seed * 1e9)))
        places = range(len(data)) if number % 3 else [source.randrange(len(data) + 1) for _ in range(3)]
        pieces, other = outcomes(cut(data, places), seeded(int(seed * 1e9)))
        # a character that is none is met when its piece comes
        met_too_late = any(text in error.error for text in INPUT) and not other.error
        assert agree(error, other) or met_too_late, (data, error, other)
        assert whole == pieces[: len(whole)], (data, whole, pieces)
        same += whole == pieces
    assert same > 3500


def test_an_allowed_fragment() -> None:
    for pieces in everywhere(b"text<a/>more<b/>"):
        reader = XmlReader(pieces, allow_fragment=True)
        assert [node.value or node.local_name for node in reader] == ["text", "a", "", "more", "b", ""]


# --- where pieces come from ------------------------------------------------------------------------------------------


def test_pieces_are_taken_when_they_are_needed() -> None:
    taken = []

    def source() -> Iterator[bytes]:
        for piece in (b"<a>", b"", b"<b>1</b>", b"<b", b">2</b>", b"</a>"):
            taken.append(piece)
            yield piece

    reader = XmlReader(source())
    assert taken == []
    reader.read_start_element()
    assert len(taken) == 3  # the cursor is on the first <b>
    assert reader.read_element(element(Type.INT32, name="b")) == 1
    assert len(taken) == 5
    assert reader.read_element(element(Type.INT32, name="b")) == 2
    assert len(taken) == 6
    reader.read_end_element()
    assert reader.node.type is NodeType.EOF
    assert reader.read() is None


@pytest.mark.parametrize("make", [list, tuple, iter, lambda pieces: io.BytesIO(b"\n".join(pieces))])
def test_any_iterable_will_do(make: Callable[[list[bytes]], Any]) -> None:
    reader = XmlReader(make([b"<a", b"x='1'", b"/>"]) if make is not list else [b"<a ", bytearray(b"x='1'"), b"/>"])
    if make in (tuple, iter):
        with pytest.raises(InvalidFormat):
            reader.read_to_start_element("a")
    else:
        assert reader.read_to_start_element("a")
        assert reader.attribute("x") == "1"


@pytest.mark.parametrize("piece", ["<a/>", 5, None, object()])
def test_pieces_are_bytes(piece: object) -> None:
    reader = XmlReader([b"<a>", piece])
    with pytest.raises(InvalidArgument, match="expected bytes or a contiguous buffer, not"):
        list(reader)
    with pytest.raises(ObjectFaulted):
        reader.read()


@pytest.mark.parametrize("data", ["<a/>", 5, object(), memoryview(bytes(16)).cast("B", (4, 4))[::2]])
def test_what_is_neither_bytes_nor_pieces(data: object) -> None:
    with pytest.raises(InvalidArgument, match="expected bytes, a contiguous buffer or an iterable"):
        XmlReader(data)


def test_errors_of_the_source_pass_and_fault_the_reader() -> None:
    def source() -> Iterator[bytes]:
        yield b"<a>"
        raise ConnectionResetError("gone")

    reader = XmlReader(source())
    with pytest.raises(ConnectionResetError, match="gone"):
        reader.read_start_element()
    with pytest.raises(ObjectFaulted):
        reader.read()
    reader.set_input([b"<b/>"])
    assert reader.read_to_start_element("b")


def test_the_source_cannot_use_the_reader() -> None:
    errors: list[InvalidOperation] = []

    def source() -> Iterator[bytes]:
        yield b"<a>"
        for call in (reader.read, lambda: reader.set_input(b"<b/>"), reader.close):
            with pytest.raises(InvalidOperation) as caught:
                call()
            errors.append(caught.value)
        yield b"</a>"

    reader = XmlReader(source())
    assert len(list(reader)) == 2
    assert len(errors) == 3


def test_fill_takes_what_is_asked_for() -> None:
    taken: list[bytes] = []

    def source() -> Iterator[bytes]:
        for _ in range(100):
            taken.append(b"<b/>")
            yield taken[-1]

    reader = XmlReader(source(), quotas=Quotas(max_buffered_bytes=200), allow_fragment=True)
    reader.fill(4)
    assert len(taken) == 1
    reader.read()
    reader.fill(0)
    reader.fill()
    assert len(taken) == 1
    reader.fill(21)
    assert len(taken) == 6
    assert reader.node.local_name == "b"
    reader.fill(200)
    with pytest.raises(QuotaExceeded, match=r"200 \(max_buffered_bytes\)"):
        reader.fill(201)


def test_fill_in_the_middle_of_a_tag_that_was_read() -> None:
    reader = XmlReader([b"<a x='1' xmlns:p='q'>", b" " * 10_000, b"</a>"])
    reader.read()
    reader.read_start_attribute(0)
    reader.fill(9000)
    assert reader.read_chars() == "1"
    reader.read_end_attribute()
    assert reader.attribute("x") == "1"
    assert reader.namespace_of("p") == "q"
    assert reader.node.attributes[1].ns == "q"
    reader.read_start_element()
    reader.fill(20_000)
    assert reader.read_chars() == " " * 10_000
    reader.read_end_element()


def test_fill_of_a_whole_document_does_nothing() -> None:
    reader = XmlReader(b"<a/>", quotas=Quotas(max_buffered_bytes=1))
    reader.fill(1000)
    with pytest.raises(InvalidArgument, match="min_size"):
        reader.fill(-1)


# --- no way back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda reader: reader.position,
        lambda reader: setattr(reader, "position", None),
        *(lambda reader, to=to: reader.move(to) for to in MoveTo),
    ],
)
def test_pieces_have_no_positions(call: Callable[[XmlReader], object]) -> None:
    """As in WWSAPI: WsMoveReader and the positions need an XML buffer."""
    reader = XmlReader([b"<a><b/></a>"])
    reader.read_start_element()
    with pytest.raises(InvalidOperation, match="no positions"):
        call(reader)


def test_a_buffer_is_kept_until_it_is_whole() -> None:
    data = b'<a xmlns:p="u"><p:b>' + b"<c>x</c>\n" * 3000 + b"</p:b><d/></a>"
    for size in (1, 1000, 5000):
        reader = XmlReader(cut(data, range(0, len(data), size)))
        reader.read_start_element()
        assert reader.read_xml_buffer() == XmlBuffer(data[15:-8], (("p", "u"),))
        assert reader.node.local_name == "d"
        whole = XmlReader(cut(data, range(0, len(data), size)))
        assert whole.read_xml_buffer() == XmlBuffer(data)
    reader = XmlReader(cut(data, range(0, len(data), 100)), quotas=Quotas(max_buffered_bytes=20_000))
    with pytest.raises(QuotaExceeded, match="max_buffered_bytes"):
        reader.read_xml_buffer()


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_a_million_records_in_constant_memory() -> None:
    """By the cursor, and by tables from it; skipping needs no more."""
    table = struct_of_fields(repeating("i", Type.INT32), name="r", options=StructOption.IGNORE_UNHANDLED_ATTRIBUTES)
    record = b'<r xml:space="preserve"><i>17</i><i>18</i></r>\n'
    before: list[int] = []

    def source() -> Iterator[bytes]:
        yield b"<t>"
        for number in range(1000):
            if number == 20:
                before.append(resident())
            yield record * 1000
        yield b"<s>"
        for _ in range(200):
            yield b"<t><!-- --></t>text" * 2000
        yield b"</s></t>"

    reader = XmlReader(source())
    reader.read_start_element()
    count = 0
    while reader.read_to_start_element("r", required=False):
        if count % 2:
            assert reader.read_element(table) == {"i": [17, 18]}
        else:
            reader.read_start_element()
            assert reader.read_array("i", "", Type.INT32) == [17, 18]
            assert reader.xml_attribute("space") == "preserve"
            reader.read_end_element()
        count += 1
    assert count == 1_000_000
    reader.skip_node()
    reader.read_end_element()
    assert reader.row == 1_000_000
    assert resident() - before[0] < 1 << 20


# --- a cursor on a reader that is fed --------------------------------------------------------------------------------


def test_a_cursor_takes_turns_with_its_reader() -> None:
    core = Reader.in_pieces()
    core.feed(b'<a xml:lang="en"><b>1</b>')
    core.start_element()
    cursor = cursor_on(core, Quotas(), iter([b"<c>te", b"xt</c>", b"</a>"]))
    assert cursor.read_element(element(Type.INT32, name="b")) == 1
    cursor.read_start_element()
    assert cursor.read_chars() == "text"
    cursor.read_end_element()
    cursor.read_end_element()
    core.end_document()


def test_a_cursor_without_a_source_needs_what_was_fed() -> None:
    core = Reader.in_pieces(charset=Charset.UTF8)
    core.feed(b"<a><b/>")
    core.start_element()
    cursor = cursor_on(core, Quotas())
    cursor.read()
    with pytest.raises(InvalidOperation, match="the input has not come"):
        cursor.read()
