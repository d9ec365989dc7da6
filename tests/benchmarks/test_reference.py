"""benchmarks.reference: the judge itself. It must take every right document and no wrong one."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from benchmarks.reference import (
    ContentError,
    difference,
    from_text,
    json_document,
    parse_json,
    parse_xml,
    rebuild,
    to_text,
    xml_document,
)
from benchmarks.shape import Kind
from tests.benchmarks import example

UTC = timezone.utc
CASE = example.make()
DOCUMENT = xml_document(CASE).decode()

SCALARS: list[tuple[Kind, Any, str]] = [
    (Kind.BOOL, True, "true"),
    (Kind.BOOL, False, "false"),
    (Kind.INT32, -5, "-5"),
    (Kind.DOUBLE, 0.1, "0.1"),
    (Kind.DECIMAL, Decimal("1.50"), "1.50"),
    (Kind.DATETIME, datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC), "2026-03-14T15:09:26.535897Z"),
    (Kind.DATETIME, datetime(2026, 3, 14, tzinfo=UTC), "2026-03-14T00:00:00Z"),
    (Kind.UUID, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Kind.STRING, " a<b ", " a<b "),
    (Kind.BYTES, b"\x00\xff", "AP8="),
]


@pytest.mark.parametrize(("kind", "value", "text"), SCALARS)
def test_scalars_and_their_text(kind: Kind, value: Any, text: str) -> None:
    assert to_text(kind, value) == text
    found = from_text(kind, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.BOOL, " 1\n", True),
        (Kind.BOOL, "0", False),
        (Kind.INT64, "+007", 7),
        (Kind.DOUBLE, "1E2", 100.0),
        (Kind.DOUBLE, "-INF", float("-inf")),
        (Kind.DECIMAL, ".5", Decimal("0.5")),
        (Kind.DATETIME, "2026-03-14T16:09:26.5000000+01:00", datetime(2026, 3, 14, 15, 9, 26, 500000, tzinfo=UTC)),
    ],
)
def test_other_ways_to_say_it(kind: Kind, text: str, value: Any) -> None:
    assert from_text(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.BOOL, "True"),
        (Kind.INT32, "1_000"),
        (Kind.INT32, ""),
        (Kind.DOUBLE, "inf"),
        (Kind.DOUBLE, "nan"),
        (Kind.DECIMAL, "1E2"),
        (Kind.DATETIME, "2026-03-14 15:09:26Z"),
        (Kind.DATETIME, "2026-03-14T15:09:26"),
        (Kind.UUID, "{00000000-0000-0000-0000-000000000001}"),
        (Kind.BYTES, "?"),
    ],
)
def test_text_outside_the_lexical_space(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=r"lexical space|boolean|base64|alphabet"):
        from_text(kind, text)


@pytest.mark.parametrize("envelope", [False, True])
def test_a_document_gives_the_data_back(envelope: bool) -> None:
    document = xml_document(CASE, envelope=envelope)
    assert difference(CASE.struct, CASE.value, parse_xml(CASE, document)) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<flag>true</flag>", "", "0 of flag"),
        ("<flag>true</flag>", "<flag>true</flag><flag>true</flag>", "2 of flag"),
        ("<flag>true</flag>", "<flag>yes</flag>", "flag: 'yes'"),
        ("<flag>true</flag>", '<flag a="1">true</flag>', "flag: a scalar with elements or attributes"),
        ("<flag>true</flag>", "<flag><b/>true</flag>", "flag: a scalar with elements or attributes"),
        ("<flag>true</flag>", "<flag>true</flag>,", "text between"),
        ("<flag>true</flag>", "<flag>true</flag><other/>", "other is not expected"),
        ("<flag>true</flag>", '<flag xmlns="">true</flag>', "flag is not expected"),
        (' order="0"', "", "0 of order"),
        (' order="0"', ' order="0" x="1"', "attribute x"),
        ('xmlns="urn:example"', 'xmlns="urn:other"', "the element is"),
        ("</Example>", "", "not well-formed"),
    ],
)
def test_wrong_documents_are_refused(old: str, new: str, message: str) -> None:
    assert old in DOCUMENT
    with pytest.raises(ContentError, match=message):
        parse_xml(CASE, DOCUMENT.replace(old, new, 1).encode())


def test_an_envelope_has_one_content() -> None:
    document = xml_document(CASE, envelope=True).replace(b"</s:Body>", b"<more/></s:Body>")
    with pytest.raises(ContentError, match="2 elements"):
        parse_xml(CASE, document)


def test_json_gives_the_data_back() -> None:
    assert difference(CASE.struct, CASE.value, parse_json(CASE, json_document(CASE))) is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("flag", 1, "int instead of bool|1 instead of True"), ("measure", 1, "1 instead of"), ("text", "x", "'x'")],
)
def test_json_of_another_value_differs(name: str, value: Any, message: str) -> None:
    parsed = json.loads(json_document(CASE))
    parsed["leaf"][name] = value
    found = difference(CASE.struct, CASE.value, parse_json(CASE, json.dumps(parsed).encode()))
    assert found is not None
    assert f"leaf.{name}" in found


@pytest.mark.parametrize("data", [b"{", b"[]", b"{}", b'{"name": "outer", "leaf": {}, "value": [], "tree": []}'])
def test_json_that_is_not_the_case_is_refused(data: bytes) -> None:
    with pytest.raises(ContentError):
        parse_json(CASE, data)


def test_json_of_a_number_for_a_decimal_is_refused() -> None:
    parsed = json.loads(json_document(CASE))
    parsed["leaf"]["amount"] = -12.5
    with pytest.raises(ContentError, match="no string"):
        parse_json(CASE, json.dumps(parsed).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lang", "de"),
        ("order", 1),
        ("flag", 1),
        ("small", 1),
        ("small", False),
        ("large", float(2**40)),
        ("measure", 1e300),
        ("amount", Decimal("-12.51")),
        ("amount", -12.5),
        ("moment", datetime(1999, 12, 31, 23, 59, 59, 999_001, tzinfo=UTC)),
        ("moment", "1999-12-31T23:59:59.999Z"),
        ("key", str(UUID(int=0))),
        ("text", None),
        ("data", bytearray()),
    ],
)
def test_a_difference_is_found_in_every_field(name: str, value: Any) -> None:
    other = copy.deepcopy(CASE.value)
    setattr(other.leaf, name, value)
    found = difference(CASE.struct, CASE.value, other)
    assert found is not None
    assert found.startswith(f"leaf.{name}: ")


def test_a_difference_deep_inside_names_its_place() -> None:
    other = copy.deepcopy(CASE.value)
    other.tree[0].tree[0].value[1] = -5.5
    assert difference(CASE.struct, CASE.value, other) == "tree[0].tree[0].value[1]: -5.5 instead of -5.0"


def test_lists_of_another_length_or_kind_differ() -> None:
    other = copy.deepcopy(CASE.value)
    del other.tree[1]
    assert difference(CASE.struct, CASE.value, other) == "tree: 1 items instead of 2 items"
    other.tree = tuple(other.tree)
    assert difference(CASE.struct, CASE.value, other) == "tree: tuple instead of 2 items"


def test_another_class_differs() -> None:
    assert difference(CASE.struct, CASE.value, {}) == "Tree: dict instead of Tree"


def test_not_a_number_equals_itself() -> None:
    first, second = copy.deepcopy(CASE.value), copy.deepcopy(CASE.value)
    first.leaf.measure = second.leaf.measure = float("nan")
    assert difference(CASE.struct, first, second) is None
    second.leaf.measure = 0.0
    assert difference(CASE.struct, first, second) == "leaf.measure: 0.0 instead of nan"


def test_rebuild_makes_new_objects() -> None:
    found = rebuild(CASE.struct, CASE.value)
    assert found is not CASE.value
    assert difference(CASE.struct, CASE.value, found) is None


def test_equal_moments_in_other_zones_are_the_same() -> None:
    other = copy.deepcopy(CASE.value)
    other.leaf.moment = other.leaf.moment.astimezone(timezone(timedelta(hours=5)))
    assert difference(CASE.struct, CASE.value, other) is None
