"""The items of a body one by one: the same bytes, the same values and the same limits as with all of them in a list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.tables import BODY, TWO_PARTS, int32
from wsx import ElementDescription, FieldDescription, FieldMapping, FieldOption, StructDescription, Type
from wsx._reader import Reader
from wsx._scanner import MoreInput
from wsx._writer import Output
from wsx.errors import InvalidArgument, InvalidFormat, QuotaExceeded
from wsx.message.items import BodyItems, ItemReader, ItemWriter


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
    writer = ItemWriter(BodyItems(table), (), 32)
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
    one_by_one = ItemReader(BodyItems(table), reader, None)
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
        assert ItemReader(BodyItems(LIMITED), Reader(document), None).batch() == [1] * count
        return
    with pytest.raises(InvalidFormat, match=text):
        written(LIMITED, [1] * count)
    reader = ItemReader(BodyItems(LIMITED), Reader(document), None)
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
        BodyItems(element)


def test_depth_counts_from_the_body() -> None:
    table, _, items = TABLES["nested"]
    for depth, fits in ((4, True), (3, False)):
        output = Output()
        writer = ItemWriter(BodyItems(table), (), depth)
        if fits:
            writer.write(output, items[0])
        else:
            with pytest.raises(QuotaExceeded) as caught:
                writer.write(output, items[0])
            assert caught.value.path is not None
            assert caught.value.path.startswith("o/m/a[0]")
