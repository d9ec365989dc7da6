"""A document in pieces reads as the whole one, wherever it is cut, and no more of it is kept than must be."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fuzz import corpus
from fuzz.pieces import agree, by_feeding, cut, value_in_pieces, value_of_whole
from fuzz.run import mutant
from fuzz.tables import TABLES
from tests.support.xml_tables import OPTIONAL, element, order_table, repeating, seeded, struct_of_fields
from wsx._reader import Reader
from wsx._scanner import MoreInput
from wsx.charsets import Charset
from wsx.descriptions import ElementDescription, FieldDescription, ReadOption, StructDescription, StructOption, Type
from wsx.errors import InvalidFormat, InvalidOperation, QuotaExceeded, WsError
from wsx.quotas import Quotas
from wsx.xml import read_element, write_element

LOOSE = Quotas(max_depth=300, max_attributes=1000, max_namespaces=1000, max_name_length=100_000)
DOCUMENT = (
    b'\xef\xbb\xbf<?xml version="1.0"?><!-- c --><a x="1>" xmlns="urn:a&amp;"> <b/>\n<p:c xmlns:p="p">te&#65;x'
    b"<!-- > -->t\xc3\xa9]]\r\n&lt;<![CDATA[<]] >\r\n]]></p:c  ><?d ? >?><e f='\"'>g</e ></a> <!-- end -->\n"
)
CALLS = "peek start_element peek start_element end_element peek start_element read_text end_element skip_element"
CALLS += " end_element peek end_document"


def splits(data: bytes) -> Iterator[list[bytes]]:
    """Byte by byte, then every way to cut in two, then in pieces of a few bytes."""
    yield cut(data, range(len(data)))
    for place in range(len(data)):
        yield cut(data, [place])
    for size in range(2, 6):
        yield cut(data, range(0, len(data), size))


def calls_in(pieces: list[bytes]) -> list[Any]:
    coming = iter(pieces)
    reader = Reader.in_pieces(quotas=LOOSE)
    found = []
    for name in CALLS.split():
        found.append((by_feeding(reader, coming, getattr(reader, name)), dict(reader.scope())))
    return [*found, reader.position]


def test_calls_give_the_same_wherever_the_document_is_cut() -> None:
    reader = Reader(DOCUMENT, quotas=LOOSE)
    whole = [(getattr(reader, name)(), dict(reader.scope())) for name in CALLS.split()]
    assert whole[0] == (("urn:a&", "a"), {})
    assert whole[7][0] == "teAxt\xe9]]\n<<]] >\n"
    for pieces in splits(DOCUMENT):
        assert calls_in(pieces) == [*whole, len(DOCUMENT)]


def documents() -> Iterator[tuple[ElementDescription, bytes]]:
    table, value = order_table()
    yield table, write_element(table, value)
    yield table, write_element(table, value).replace(b"><", b">\r\n <!-- > --><")
    inputs = [data for data in corpus.load("typed_decode") if data]
    yield from ((TABLES[data[0] % len(TABLES)], data[1:]) for data in inputs)


def test_values_are_the_same_wherever_the_document_is_cut() -> None:
    """The corpus of the fuzz target typed_decode, errors with code, offset and path included: at every byte when the
    document is short."""
    values = 0
    for table, data in documents():
        whole = value_of_whole(table, data, LOOSE)
        values += not whole.error
        for pieces in splits(data) if len(data) < 120 else itertools.islice(splits(data), 0, len(data), 17):
            in_pieces = value_in_pieces(table, pieces, LOOSE)
            assert agree(whole, in_pieces), (data, pieces)
    assert values > 50


def test_values_of_mutated_documents() -> None:
    source, inputs = seeded(11), corpus.load("typed_decode")
    for _ in range(3000):
        data = mutant(source, inputs) or b"\0"
        table, document = TABLES[data[0] % len(TABLES)], data[1:]
        whole = value_of_whole(table, document, LOOSE)
        for places in (range(len(document)), [source.randrange(len(document) + 1) for _ in range(3)]):
            assert agree(whole, value_in_pieces(table, cut(document, places), LOOSE)), (document, places)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_wherever_it_is_cut(codec: str) -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><t>a\U0001f600\xe9</t>'
    data = text.encode(codec)
    for pieces in splits(data):
        assert value_in_pieces(element(Type.STRING), pieces, LOOSE).value == "a\U0001f600\xe9"


def test_a_charset_that_was_asked_for() -> None:
    reader = Reader.in_pieces(charset=Charset.UTF16BE)
    with pytest.raises(InvalidFormat, match="the document is UTF8, not UTF16BE"):
        reader.feed(b"\xef\xbb\xbf<")


def test_a_declaration_that_is_not_allowed() -> None:
    reader = Reader.in_pieces(read_declaration=False)
    reader.feed(b'<?xml version="1.0"?>')
    with pytest.raises(InvalidFormat, match="where none is allowed"):
        reader.peek()


# --- where a call leaves the reader ----------------------------------------------------------------------------------


def test_a_call_without_its_input_leaves_the_reader_where_it_was() -> None:
    reader = Reader.in_pieces()
    for call in (reader.peek, reader.start_element, reader.skip_element, reader.read_text, reader.end_document):
        with pytest.raises(MoreInput):
            call()
    reader.feed(b"<a>one<!-- -->")
    assert reader.start_element() == []
    for _ in range(2):
        with pytest.raises(MoreInput):
            reader.read_text()
        assert reader.position == 3
    reader.feed(b"two<b")
    with pytest.raises(MoreInput):
        reader.read_text()
    reader.feed(b"/>")
    assert reader.read_text() == "onetwo"
    assert reader.peek() == ("", "b")
    reader.feed(b"</a>" + b" " * 10_000)  # the tag that was looked at moves
    assert reader.peek() == ("", "b")
    assert reader.skip_element() == (17, 21)
    reader.end_element()
    with pytest.raises(MoreInput):
        reader.end_document()
    reader.end_input()
    reader.end_input()
    reader.end_document()
    with pytest.raises(InvalidOperation, match="the document is complete"):
        reader.feed(b"")


def test_a_whole_document_takes_no_more() -> None:
    reader = Reader(b"<a/>")
    with pytest.raises(InvalidOperation, match="the document is complete"):
        reader.feed(b"<b/>")
    reader.end_input()
    reader.skip_element()
    reader.end_document()


def test_an_element_that_is_half_read_is_read_on() -> None:
    table = struct_of_fields(repeating("b", Type.INT32))
    reader = Reader.in_pieces()
    reader.feed(b"<t><b>1</b>")
    for _ in range(2):
        with pytest.raises(MoreInput):
            reader.read_element(table)
    for call in (reader.peek, reader.end_document, lambda: reader.read_element(element(Type.INT32))):
        with pytest.raises(InvalidOperation, match="half read"):
            call()
    reader.feed(b"<b>2</b></t>")
    assert reader.read_element(table) == {"b": [1, 2]}
    reader.end_input()
    reader.end_document()


def test_constructors_are_called_once() -> None:
    made: list[int] = []

    class Item:
        def __init__(self, **fields: Any) -> None:
            made.append(fields["v"])

    item = StructDescription(Item, [FieldDescription("v", Type.INT32), FieldDescription("w", Type.XML_BUFFER)])
    table = struct_of_fields(repeating("i", Type.STRUCT, item))
    data = b"<t>" + b"".join(b"<i><v>%d</v><w><x/>y</w></i>" % n for n in range(9)) + b"</t>"
    for pieces in splits(data):
        made.clear()
        value_in_pieces(table, pieces, LOOSE)
        assert made == list(range(9))


def test_an_optional_element_that_does_not_come() -> None:
    reader = Reader.in_pieces()
    reader.feed(b"<a> ")
    reader.start_element()
    with pytest.raises(MoreInput):
        reader.read_element(element(Type.INT32), ReadOption.OPTIONAL_POINTER)
    reader.feed(b"</a>")
    assert reader.read_element(element(Type.INT32), ReadOption.OPTIONAL_POINTER) is None
    reader.end_element()


def test_an_item_is_given_when_its_end_tag_has_come() -> None:
    """Nothing behind it is waited for: the peer may wait for us."""
    reader = Reader.in_pieces()
    reader.feed(b"<t>")
    reader.start_element()
    table = struct_of_fields(FieldDescription("b", Type.XML_BUFFER, options=OPTIONAL), name="i")
    for text in (b"<i/>", b"<i><b>1</b></i>", b"<i><b>" + b"<c/>" * 1000 + b"</b></i>"):
        for place in range(len(text)):
            reader.feed(text[place : place + 1])
            if place < len(text) - 1:
                with pytest.raises(MoreInput):
                    reader.read_element(table)
        reader.read_element(table)


def test_names_and_namespaces_outlive_their_pieces() -> None:
    opened = b"".join(b"<p%d:n%d xmlns:p%d='u%d&amp;' xmlns='d%d'>" % (n, n, n, n, n) for n in range(9))
    closed = b"".join(b"</p%d:n%d>" % (n, n) for n in reversed(range(9)))
    data = opened + b" " * 20_000 + b"<x/>" + closed
    coming = iter(cut(data, range(0, len(data), 7)))
    reader = Reader.in_pieces()
    for n in range(9):
        assert by_feeding(reader, coming, reader.peek) == (f"u{n}&", f"n{n}")
        by_feeding(reader, coming, reader.start_element)
    assert by_feeding(reader, coming, reader.peek) == ("d8", "x")
    assert dict(reader.scope()) == {"": "d8"} | {f"p{n}": f"u{n}&" for n in range(9)}
    by_feeding(reader, coming, reader.skip_element)
    for _ in range(9):
        by_feeding(reader, coming, reader.end_element)
    by_feeding(reader, coming, reader.end_document)


# --- what a peer can make the reader keep ----------------------------------------------------------------------------


def refusal(data: bytes, quotas: Quotas, call: Callable[[Reader], object]) -> tuple[WsError | None, int]:
    """The error that data, fed byte by byte and never ended, leads to, and how many bytes that took."""
    reader = Reader.in_pieces(quotas=quotas)
    for count in range(1, len(data) + 1):
        try:
            reader.feed(data[count - 1 : count])
            call(reader)
        except MoreInput:
            continue
        except WsError as error:
            return error, count
    return None, len(data)


@pytest.mark.parametrize(
    ("start", "byte", "quota"),
    [
        (b"<", b"n", "max_name_length"),
        (b"<t ", b"n", "max_name_length"),
        (b"<t n='", b"v", "max_text_length"),
        (b"<t>", b"x", "max_text_length"),
    ],
)
def test_what_is_too_long_is_refused_before_it_ends(start: bytes, byte: bytes, quota: str) -> None:
    """At the limit more is waited for, one above it is an error."""
    quotas = dataclasses.replace(Quotas(), **{quota: 10})
    error, count = refusal(start + byte * 100, quotas, lambda reader: reader.read_element(element(Type.STRING)))
    assert isinstance(error, QuotaExceeded), error
    assert quota in str(error)
    assert count == len(start) + 11


def test_too_many_attributes_are_refused_before_the_tag_ends() -> None:
    data = b"<t a='' b='' c=''"
    error, count = refusal(data + b" " * 100, Quotas(max_attributes=2), Reader.peek)
    assert isinstance(error, QuotaExceeded)
    assert "max_attributes" in str(error)
    assert count == data.index(b"c='") + 3


@pytest.mark.parametrize(
    ("before", "start", "middle", "end"),
    [
        (b"", b"<!--", b"x", b"-->"),
        (b"<!-- -->", b"<?p ", b"x", b"?>"),
        (b"", b"<t ", b" ", b"/>"),
        (b"<t>", b"<u/><!--", b"x", b"--></t>"),
        (b"<t>", b"<![CDATA[", b"x", b"]]></t>"),
        (b"<t>", b"<u/>", b"<u/>", b"</t>"),
    ],
)
def test_what_is_kept_for_one_part_is_bounded(before: bytes, start: bytes, middle: bytes, end: bytes) -> None:
    """A part of so many bytes is read; of one that is longer no more are taken."""
    table = struct_of_fields(options=StructOption.IGNORE_TRAILING_ELEMENT_CONTENT)
    part = start + middle * 100 + end

    at_limit = Quotas(max_buffered_bytes=len(part))
    error, _ = refusal(before + part, at_limit, lambda reader: reader.read_element(table))
    assert error is None, error
    above = Quotas(max_buffered_bytes=len(part) - 1)
    error, count = refusal(before + part, above, lambda reader: reader.read_element(table))
    assert isinstance(error, QuotaExceeded)
    assert "max_buffered_bytes" in str(error)
    assert error.offset == len(before)
    assert count == len(before + part) - 1


@pytest.mark.parametrize(
    "data",
    [
        b"<t><", b"<t>< ", b"<t><<", b"<t></<", b"<t a<", b'<t a"', b"<t><!x", b"<t><!-x", b"<t><!-- --x", b"<t><![CDx",
        b"<t><?1", b"<t></u>", b"<!DOCTYPE", b"x<t>", b"<t>\xff", b"<t>\xed\xa0", b"<t>\x01", b"<t>]]><", b"<t>&a;<",
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_when_it_comes(data: bytes) -> None:
    """Although the input has not ended, and at the place where the whole document would be."""
    data += b" "
    error, count = refusal(data + b"x" * 50, LOOSE, lambda reader: reader.read_element(element(Type.STRING)))
    with pytest.raises(InvalidFormat) as caught:
        read_element(element(Type.STRING), data + b"></t>", quotas=LOOSE)
    assert isinstance(error, InvalidFormat)
    assert count <= len(data)
    assert error.offset == caught.value.offset


def test_a_million_records_in_constant_memory() -> None:
    table = ElementDescription(
        "r", "urn:r", Type.STRUCT,
        StructDescription(dict, [FieldDescription("i", Type.INT32), FieldDescription("s", Type.STRING)], ns="urn:r"),
    )  # fmt: skip
    record = b'<p:r xmlns:q="urn:&amp;"><p:i>17</p:i><p:s>text</p:s></p:r>\n'
    piece = record * 1000
    reader = Reader.in_pieces()
    reader.feed(b'<p:t xmlns:p="urn:r">')
    reader.start_element()
    grown = 0
    for number in range(1000):
        reader.feed(piece)
        while reader_has_record(reader):
            assert reader.read_element(table) == {"i": 17, "s": "text"}
            grown += 1
        if number == 10:
            before = resident()
    assert grown == 1_000_000
    assert resident() - before < 1 << 20
    reader.feed(b"</p:t>")
    reader.end_input()
    reader.end_element()
    reader.end_document()


def reader_has_record(reader: Reader) -> bool:
    try:
        return reader.peek() is not None
    except MoreInput:
        return False


def resident() -> int:
    """Bytes of memory that the process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
