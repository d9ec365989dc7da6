"""The items of a body one by one: the same bytes, the same values and the same limits as with all of them in a list."""

from __future__ import annotations

import asyncio
import contextlib
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import wsx
from tests.support.tables import BODY, TWO_PARTS, int32
from wsx import ElementDescription, FieldDescription, FieldMapping, FieldOption, StructDescription, Type
from wsx._reader import Reader
from wsx._scanner import MoreInput
from wsx._writer import Output
from wsx.errors import InvalidArgument, InvalidFormat, QuotaExceeded
from wsx.items import ItemField, ItemReader, ItemWriter


def structure(ns: str, *fields: FieldDescription) -> StructDescription:
    return StructDescription(dict, fields, ns=ns)


def repeating(type: Type = Type.INT32, description: Any = None, **more: Any) -> FieldDescription:
    return FieldDescription("a", type, description, mapping=FieldMapping.REPEATING_ELEMENT, **more)


RECORD = structure("urn:r", FieldDescription("x", Type.STRING), FieldDescription("y", Type.INT32, ns="urn:y"))
# (the table of the body, how its value holds the items, items)
TABLES: dict[str, tuple[ElementDescription, Any, list[Any]]] = {
    "plain": (
        ElementDescription("l", "urn:l", Type.STRUCT, structure("urn:l", repeating())),
        lambda many: {"a": many},
        [1, 2, 3],
    ),
    "no namespace": (
        ElementDescription("l", "", Type.STRUCT, structure("", repeating())),
        lambda many: {"a": many},
        [1, 2],
    ),
    "namespace is data": (
        ElementDescription("l", 'urn:"&<', Type.STRUCT, structure('urn:"&<', repeating())),
        lambda many: {"a": many},
        [1, 2],
    ),
    "other namespaces": (
        ElementDescription(
            "l", "urn:l", Type.STRUCT, structure("urn:i", repeating(Type.STRUCT, RECORD, item_ns="urn:i"))
        ),
        lambda many: {"a": many},
        [{"x": "&", "y": 1}, {"x": "", "y": 2}],
    ),
    "wrapper": (
        ElementDescription(
            "l", "urn:l", Type.STRUCT, structure("urn:l", repeating(local_name="w", ns="", item_local_name="i"))
        ),
        lambda many: {"a": many},
        [5],
    ),
    "nested": (
        ElementDescription(
            "o",
            "urn:o",
            Type.STRUCT,
            structure("urn:o", FieldDescription("m", Type.STRUCT, structure("urn:m", repeating(Type.STRUCT, RECORD)))),
        ),
        lambda many: {"m": {"a": many}},
        [{"x": "1", "y": 1}, {"x": "2", "y": 2}],
    ),
    "nillable": (
        ElementDescription(
            "l",
            "urn:l",
            Type.STRUCT,
            structure("urn:l", repeating(Type.STRUCT, RECORD, options=FieldOption.NILLABLE_ITEM | FieldOption.POINTER)),
        ),
        lambda many: {"a": many},
        [None, {"x": "1", "y": 1}, None],
    ),
    "fields of the body itself": (
        ElementDescription(None, None, Type.STRUCT, structure("urn:l", repeating())),
        lambda many: {"a": many},
        [1, 2],
    ),
}


def written(table: ElementDescription, items: list[Any]) -> bytes:
    output = Output()
    writer = ItemWriter(ItemField(table), (), 32)
    output.write(writer.start)
    for one in items:
        writer.write(output, one)
    writer.end(output)
    return output.take()


@pytest.mark.parametrize("name", TABLES)
def test_the_bytes_are_those_of_the_list(name: str) -> None:
    table, value, items = TABLES[name]
    output = Output()
    output.write_element(table, value(items))
    assert written(table, items) == output.take()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_the_items_are_those_of_the_list(name: str, size: int) -> None:
    table, value, items = TABLES[name]
    # What is around the body in a message, which ends fields without an element.
    document = b"<body>" + written(table, items) + b"</body>"
    whole = Reader(document)
    whole.start_element()
    assert whole.read_element(table) == value(items)

    reader = Reader.in_pieces()
    position = 0

    def more() -> None:
        nonlocal position
        reader.feed(document[position : position + size])
        position += size

    while True:
        try:
            reader.start_element()
            break
        except MoreInput:
            more()
    one_by_one = ItemReader(ItemField(table), reader)
    found: list[Any] = []
    while True:
        try:
            batch = one_by_one.batch()
        except MoreInput:
            more()
            continue
        if not batch:
            break
        found += batch
    assert found == items
    assert one_by_one.batch() == []


LIMITED = ElementDescription("l", "", Type.STRUCT, structure("", repeating(item_range=(2, 3))))


@pytest.mark.parametrize(("count", "text"), [(1, "at least 2"), (2, None), (3, None), (4, "more than 3")])
def test_the_range_of_items(count: int, text: str | None) -> None:
    document = b"<l>" + b"<a>1</a>" * count + b"</l>"
    if text is None:
        assert written(LIMITED, [1] * count) == document
        assert ItemReader(ItemField(LIMITED), Reader(document)).batch() == [1] * count
        return
    with pytest.raises(InvalidFormat, match=text):
        written(LIMITED, [1] * count)
    reader = ItemReader(ItemField(LIMITED), Reader(document))
    # The items before the failure are handed over first.
    assert reader.batch() == [1] * min(count, 3)
    with pytest.raises(InvalidFormat, match=text):
        reader.batch()


@pytest.mark.parametrize(
    "element",
    [
        None,
        BODY,
        TWO_PARTS,
        int32("a"),
        ElementDescription("l", "", Type.STRUCT, structure("", FieldDescription("b", Type.INT32), repeating())),
        ElementDescription("l", "", Type.STRUCT, structure("")),
    ],
)
def test_tables_without_items(element: ElementDescription | None) -> None:
    with pytest.raises(InvalidArgument, match="one by one"):
        ItemField(element)


def test_depth_counts_from_the_body() -> None:
    table, _, items = TABLES["nested"]
    for depth, fits in ((4, True), (3, False)):
        output = Output()
        writer = ItemWriter(ItemField(table), (), depth)
        if fits:
            writer.write(output, items[0])
        else:
            with pytest.raises(QuotaExceeded) as caught:
                writer.write(output, items[0])
            assert caught.value.path is not None
            assert caught.value.path.startswith("o/m/a[0]")


# --- documents --------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    x: str
    y: int


@dataclass
class Report:
    title: str
    year: int
    row: list[Row]
    total: int


ROW = StructDescription(Row, [FieldDescription("x", Type.STRING), FieldDescription("y", Type.INT32)], ns="urn:r")
REPORT = ElementDescription(
    "report",
    "urn:r",
    Type.STRUCT,
    StructDescription(
        Report,
        [
            FieldDescription("year", Type.INT32, mapping=FieldMapping.ATTRIBUTE),
            FieldDescription("title", Type.STRING),
            FieldDescription(
                "row", Type.STRUCT, ROW, mapping=FieldMapping.REPEATING_ELEMENT, local_name="rows", item_range=(1, 900)
            ),
            FieldDescription("total", Type.INT32),
        ],
        ns="urn:r",
    ),
)
ROWS = [Row(f"{number} & more", number) for number in range(700)]
DOCUMENT = wsx.write_element(REPORT, Report("all", 2024, ROWS, 7))
LIST = ElementDescription(
    "l",
    "urn:l",
    Type.STRUCT,
    structure("urn:l", FieldDescription("row", Type.STRUCT, ROW, mapping=FieldMapping.REPEATING_ELEMENT)),
)
NAMED = {name: entry for name, entry in TABLES.items() if entry[0].local_name is not None}


def cut(document: bytes, size: int) -> Iterator[bytes]:
    return (document[start : start + size] for start in range(0, len(document), size))


async def waited(many: Iterable[Any]) -> AsyncIterator[Any]:
    for one in many:
        await asyncio.sleep(0)
        yield one


async def drained(many: AsyncIterator[Any]) -> list[Any]:
    return [one async for one in many]


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("chunk_size", [1, 1 << 16])
@pytest.mark.parametrize("count", [0, 1, None])
def test_a_document_written_in_chunks(name: str, chunk_size: int, count: int | None) -> None:
    table, value, items = NAMED[name]
    items = items[:count]
    whole = wsx.write_element(table, value(items))
    chunks = list(wsx.iter_write(table, iter(items), chunk_size=chunk_size))
    assert b"".join(chunks) == whole
    assert all(chunks)
    assert len(chunks) == max(count if count is not None else len(items), 1) + bool(items) or chunk_size > 1
    assert b"".join(asyncio.run(drained(wsx.aiter_write(table, waited(items), chunk_size=chunk_size)))) == whole
    assert list(wsx.iter_read(table, cut(whole, chunk_size))) == items


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
def test_items_among_other_fields(size: int) -> None:
    rest: list[Report] = []

    def read() -> Iterator[Row]:
        rest.append((yield from wsx.iter_read(REPORT, cut(DOCUMENT, size), field="row")))

    assert list(read()) == ROWS
    assert rest == [Report("all", 2024, [], 7)]
    assert asyncio.run(drained(wsx.aiter_read(REPORT, waited(cut(DOCUMENT, size)), field="row"))) == ROWS


@pytest.mark.parametrize(
    "whole", [DOCUMENT, bytearray(DOCUMENT), memoryview(DOCUMENT), DOCUMENT.decode().encode("utf-16")]
)
def test_a_document_in_one_piece(whole: bytes) -> None:
    assert list(wsx.iter_read(REPORT, whole, field="row")) == ROWS


def test_an_item_comes_as_soon_as_it_is_complete() -> None:
    given: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number, chunk in enumerate([b"<l xmlns='urn:l'><a>1</a><a>", b"2</a>", b"<a>3", b"</a>", b"</l>"]):
            given.append(number)
            yield chunk

    items = wsx.iter_read(TABLES["plain"][0], chunks())
    assert (next(items), len(given)) == (1, 1)
    assert (next(items), len(given)) == (2, 2)
    assert (next(items), len(given)) == (3, 4)
    assert (next(items, None), len(given)) == (None, 5)


def test_a_chunk_is_written_before_the_next_item_is_asked_for() -> None:
    asked: list[int] = []

    def many() -> Iterator[int]:
        for number in range(1000):
            asked.append(number)
            yield number

    chunks = wsx.iter_write(TABLES["plain"][0], many(), chunk_size=100)
    assert not asked
    assert 100 <= len(next(chunks)) < 120
    first = len(asked)
    assert first < 20
    next(chunks)
    assert first < len(asked) < 40
    chunks.close()
    assert list(chunks) == []


def test_half_a_document_can_be_left() -> None:
    pieces = cut(DOCUMENT, 100)
    items = wsx.iter_read(REPORT, pieces, field="row")
    assert next(items) == ROWS[0]
    items.close()
    assert list(items) == []
    assert next(pieces)  # the rest of the input is its owner's

    async def leave() -> None:
        async with contextlib.aclosing(wsx.aiter_read(REPORT, waited(cut(DOCUMENT, 100)), field="row")) as many:
            async for item in many:
                assert item == ROWS[0]
                break

    asyncio.run(leave())


def took(items: Iterable[Any], found: list[Any]) -> None:
    for item in items:
        found.append(item)


# (document, path, text, items before it)
WRONG: dict[str, tuple[bytes, str | None, str, int]] = {
    "no number": (DOCUMENT.replace(b">500<", b">x<"), "report/row[500]/y", "integer", 500),
    "another element": (DOCUMENT.replace(b"<x>500", b"<z>500"), "report/row[500]/x", "missing|not", 500),
    "cut off": (DOCUMENT[:-9], None, "end", 700),
    "cut off before the items": (DOCUMENT[:50], None, "expected", 0),
    "two elements": (DOCUMENT + b"<more/>", None, "second element|only comments", 700),
    "a field behind is missing": (DOCUMENT.replace(b"<total>7</total>", b""), "report/total", "total", 700),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("size", [1, 4096, 1 << 20])
def test_errors_come_behind_the_items_before_them(name: str, size: int) -> None:
    document, path, text, before = WRONG[name]
    found: list[Any] = []
    with pytest.raises(InvalidFormat, match=text) as caught:
        took(wsx.iter_read(REPORT, cut(document, size), field="row"), found)
    assert found == ROWS[:before]
    if path is not None:
        assert caught.value.path == path
    assert caught.value.offset is not None


@pytest.mark.parametrize(("count", "text"), [(900, None), (901, "more than 900"), (0, "at least 1")])
def test_the_range_of_items_holds_over_all_batches(count: int, text: str | None) -> None:
    row = b"<row><x/><y>1</y></row>"
    document = b"<report xmlns='urn:r' year='1'><title/><rows>" + row * count + b"</rows><total>1</total></report>"
    items = wsx.iter_read(REPORT, document, field="row")
    if text is None:
        assert sum(1 for _ in items) == count
        return
    with pytest.raises(InvalidFormat, match=text):
        sum(1 for _ in items)


def test_quotas_hold() -> None:
    items = wsx.iter_read(REPORT, DOCUMENT, field="row", quotas=wsx.Quotas(max_items=300))
    with pytest.raises(QuotaExceeded, match="max_items") as caught:
        list(items)
    assert caught.value.path == "report/row[300]"
    # the value of one item and of what stands around the list, not of all
    assert list(wsx.iter_read(REPORT, DOCUMENT, field="row", quotas=wsx.Quotas(max_value_bytes=400))) == ROWS
    with pytest.raises(QuotaExceeded, match="max_value_bytes"):
        list(wsx.iter_read(REPORT, DOCUMENT, field="row", quotas=wsx.Quotas(max_value_bytes=60)))
    with pytest.raises(QuotaExceeded, match="max_depth"):
        list(wsx.iter_write(LIST, ROWS, max_depth=2))
    assert list(wsx.iter_write(LIST, ROWS, max_depth=3))


def test_errors_of_items_written_have_their_number() -> None:
    bad: list[Any] = [*ROWS, Row("x", "y")]  # type: ignore[arg-type]
    for size in (1, 1 << 20):
        with pytest.raises(InvalidArgument) as caught:
            list(wsx.iter_write(LIST, bad, chunk_size=size))
        assert caught.value.path == "l/row[700]/y"


def test_errors_of_the_source_are_its_own() -> None:
    def failing() -> Iterator[Any]:
        yield ROWS[0]
        raise InvalidFormat("elsewhere", path="other/place")

    with pytest.raises(InvalidFormat) as caught:
        list(wsx.iter_write(LIST, failing()))
    assert caught.value.path == "other/place"
    document = wsx.write_element(LIST, {"row": ROWS[:1]})[:-4]

    def broken() -> Iterator[bytes]:
        yield document
        raise ConnectionResetError

    items = wsx.iter_read(LIST, broken())
    assert next(items) == ROWS[0]
    with pytest.raises(ConnectionResetError):
        next(items)


@pytest.mark.parametrize(
    "call",
    [
        lambda: wsx.iter_write(LIST, 5),  # type: ignore[arg-type]
        lambda: wsx.iter_write(LIST, [], chunk_size=0),
        lambda: wsx.iter_write(REPORT, []),
        lambda: wsx.iter_read(LIST, "text"),  # type: ignore[arg-type]
        lambda: wsx.iter_read(LIST, 5),  # type: ignore[arg-type]
        lambda: wsx.iter_read(REPORT, b""),
        lambda: wsx.iter_read(REPORT, b"", field="title"),
        lambda: wsx.iter_read(REPORT, b"", field="other"),
        lambda: wsx.iter_read(REPORT, b"", field="row/x"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidArgument):
        call()


def test_memory_does_not_grow_with_the_number_of_items() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            chunks = wsx.iter_write(LIST, (Row("text", number) for number in range(count)), chunk_size=4096)
            assert sum(1 for _ in wsx.iter_read(LIST, chunks)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(40_000) < 2 * peak(4_000)
