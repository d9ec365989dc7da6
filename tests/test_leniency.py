"""What a lenient reader lets pass, what it reports, and what stays an error."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

import wsx
from wsx import FieldMapping, FieldOption, Forgiven, Leniency, Type
from wsx.descriptions import ElementDescription, FieldDescription, StructDescription
from wsx.errors import InvalidArgument, InvalidFormat, QuotaExceeded, WsError
from wsx.quotas import Quotas

NS = "urn:order"
EVERYTHING = Leniency(any_order=True, unknown_elements=True, unknown_attributes=True)


def table() -> ElementDescription:
    price = StructDescription(
        dict,
        [
            FieldDescription("currency", Type.STRING, mapping=FieldMapping.ATTRIBUTE, options=FieldOption.OPTIONAL),
            FieldDescription("net", Type.INT32),
            FieldDescription("tax", Type.INT32, options=FieldOption.OPTIONAL, default=0),
        ],
        ns=NS,
    )
    order = StructDescription(
        dict,
        [
            FieldDescription("number", Type.STRING),
            FieldDescription(
                "tags",
                Type.STRING,
                mapping=FieldMapping.REPEATING_ELEMENT,
                local_name="tags",
                item_local_name="tag",
                options=FieldOption.OPTIONAL,
            ),
            FieldDescription("line", Type.INT32, mapping=FieldMapping.REPEATING_ELEMENT, item_local_name="line"),
            FieldDescription("price", Type.STRUCT, price),
        ],
        ns=NS,
    )
    return ElementDescription("Order", NS, Type.STRUCT, order)


TABLE = table()
PIECES = {
    "number": "<number>A1</number>",
    "tags": "<tags><tag>x</tag><tag>y</tag></tags>",
    "line": "<line>1</line><line>2</line>",
    "price": '<price currency="EUR"><net>5</net><tax>1</tax></price>',
}
VALUE = {"number": "A1", "tags": ["x", "y"], "line": [1, 2], "price": {"currency": "EUR", "net": 5, "tax": 1}}


def document(*pieces: str, attributes: str = "") -> bytes:
    return f'<Order xmlns="{NS}"{attributes}>{"".join(pieces)}</Order>'.encode()


def read(data: bytes, leniency: Leniency = EVERYTHING, **more: Any) -> tuple[Any, list[Forgiven]]:
    forgiven: list[Forgiven] = []
    return wsx.read_element(TABLE, data, leniency=leniency, forgiven=forgiven, **more), forgiven


def strict(data: bytes) -> Any:
    return wsx.read_element(TABLE, data)


@pytest.mark.parametrize("order", list(itertools.permutations(PIECES)), ids="-".join)
def test_any_order(order: tuple[str, ...]) -> None:
    data = document(*(PIECES[name] for name in order))
    value, forgiven = read(data, Leniency(any_order=True))
    assert value == VALUE
    if order == tuple(PIECES):
        assert not forgiven
        return
    assert {found.rule for found in forgiven} == {"any_order"}
    for found in forgiven:
        tag = found.path.replace("Order/", "<")
        assert data[found.offset :].startswith(tag.encode())
    with pytest.raises(InvalidFormat):
        strict(data)
    with pytest.raises(InvalidFormat):
        read(data, Leniency(unknown_elements=True, unknown_attributes=True))


def test_items_that_others_stand_between() -> None:
    data = document("<line>1</line>", PIECES["number"], "<line>2</line>", PIECES["price"], "<line>3</line>")
    value, forgiven = read(data)
    assert value == {key: [1, 2, 3] if key == "line" else held for key, held in VALUE.items() if key != "tags"}
    assert [(found.rule, found.path) for found in forgiven] == [
        ("any_order", "Order/number"),
        ("any_order", "Order/line"),
    ]


UNKNOWN = '<new a="1">text<deep><number>other</number></deep></new>'


@pytest.mark.parametrize("place", range(len(PIECES) + 1))
def test_unknown_elements_are_skipped_everywhere(place: int) -> None:
    pieces = list(PIECES.values())
    pieces.insert(place, UNKNOWN)
    data = document(*pieces)
    value, forgiven = read(data, Leniency(unknown_elements=True))
    assert value == VALUE
    assert forgiven == [Forgiven("unknown_elements", "Order/new", data.index(b"<new"))]
    with pytest.raises(InvalidFormat):
        strict(data)
    with pytest.raises(InvalidFormat):
        read(data, Leniency(any_order=True, unknown_attributes=True))


def test_unknown_elements_among_items_and_in_structures() -> None:
    data = document(
        PIECES["number"],
        "<tags><odd/><tag>x</tag><odd/><tag>y</tag><odd/></tags>",
        PIECES["line"],
        '<price currency="EUR"><odd/><net>5</net><x:net xmlns:x="urn:other">6</x:net><tax>1</tax></price>',
    )
    value, forgiven = read(data, Leniency(unknown_elements=True))
    assert value == VALUE
    assert [found.path for found in forgiven] == ["Order/odd"] * 3 + ["Order/price/odd", "Order/price/x:net"]


def test_unknown_attributes_of_structures_and_scalars() -> None:
    data = document(
        '<number kind="x">A1</number>',
        PIECES["tags"],
        PIECES["line"],
        '<price currency="EUR" rate="1"><net style="s">5</net><tax>1</tax></price>',
        attributes=' xmlns:s="urn:soap" s:encodingStyle="urn:enc"',
    )
    value, forgiven = read(data, Leniency(unknown_attributes=True))
    assert value == VALUE
    assert [found.path for found in forgiven] == [
        "Order/@s:encodingStyle",
        "Order/number/@kind",
        "Order/price/@rate",
        "Order/price/net/@style",
    ]
    assert all(data[found.offset :].startswith(found.path.rsplit("@")[1].encode()) for found in forgiven)
    with pytest.raises(InvalidFormat, match="attribute s:encodingStyle is not in the table"):
        strict(data)


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (document(PIECES["price"], PIECES["line"]), "Order/number", "'number' .* is missing"),
        (document(PIECES["price"], PIECES["number"], PIECES["number"]), "Order", "<number> is not expected here"),
        (document(*PIECES.values(), PIECES["tags"]), "Order", "<tags> is not expected here"),
        (document(PIECES["price"], "<line>x</line>"), "Order/line[0]", "'x' is not an integer"),
        (document("<new><a></b></new>", *PIECES.values()), None, "</a> was expected"),
        (document('<new a="1" a="2"/>', *PIECES.values()), None, "attribute"),
    ],
)
def test_what_stays_an_error(data: bytes, path: str | None, message: str) -> None:
    with pytest.raises(InvalidFormat, match=message) as caught:
        read(data)
    assert caught.value.offset is not None
    if path is not None:
        assert caught.value.path == path


def test_reports_count_as_values() -> None:
    data = document(*PIECES.values(), "<x/>" * 1000)
    assert len(read(data)[1]) == 1000
    with pytest.raises(QuotaExceeded, match="max_value_bytes"):
        read(data, quotas=Quotas(max_value_bytes=100_000))


def test_random_documents_are_read_as_their_strict_form() -> None:
    source = random.Random(5)  # noqa: S311 - the same cases in every run
    pieces = [*(f"<line>{i}</line>" for i in range(3)), PIECES["number"], PIECES["tags"], PIECES["price"]]
    for _ in range(300):
        shuffled = source.sample(pieces, len(pieces))
        lines = [int(piece[6]) for piece in shuffled if piece.startswith("<line>")]
        for _ in range(source.randrange(3)):
            shuffled.insert(source.randrange(len(shuffled) + 1), source.choice([UNKNOWN, "<!-- c -->", "\n", "<q/>"]))
        value, forgiven = read(document(*shuffled))
        assert value == {**VALUE, "line": lines}
        unknown = sum(piece in (UNKNOWN, "<q/>") for piece in shuffled)
        assert sum(found.rule == "unknown_elements" for found in forgiven) == unknown


def test_mutants_give_a_value_or_an_error_with_a_place() -> None:
    source = random.Random(6)  # noqa: S311 - the same cases in every run
    whole = document(*(PIECES[name] for name in ("price", "line", "number", "tags")), UNKNOWN)
    for _ in range(20_000):
        data = bytearray(whole)
        for _ in range(source.randrange(1, 4)):
            start = source.randrange(len(data))
            end = min(len(data), start + source.randrange(12))
            data[start:end] = whole[source.randrange(len(whole)) :][: source.randrange(12)]
        outcome: Any = None
        try:
            read(bytes(data))
        except WsError as error:
            outcome = error
        assert outcome is None or outcome.offset is not None


@pytest.mark.parametrize("leniency", [True, {}, "any_order"])
def test_leniency_is_a_leniency(leniency: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"must be a wsx\.Leniency"):
        wsx.read_element(TABLE, document(), leniency=leniency, forgiven=[])


def test_nothing_is_forgiven_silently() -> None:
    with pytest.raises(InvalidArgument, match="forgiven a list"):
        wsx.read_element(TABLE, document(), leniency=EVERYTHING)


def test_switches_are_bools() -> None:
    assert Leniency() == Leniency(any_order=False, unknown_elements=False, unknown_attributes=False)
    with pytest.raises(InvalidArgument, match=r"Leniency\.any_order must be a bool, not 1"):
        Leniency(any_order=1)  # type: ignore[arg-type]
