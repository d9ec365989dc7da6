"""benchmarks.shape: tables read off annotations."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from benchmarks.shape import Kind, scalars, shape_of
from tests.benchmarks import example


def test_kinds_follow_the_annotations() -> None:
    leaf = shape_of(example.Leaf, "urn:example")
    assert {item.name: item.kind for item in leaf.fields} == {
        "lang": Kind.STRING,
        "order": Kind.INT32,
        "flag": Kind.BOOL,
        "small": Kind.INT32,
        "large": Kind.INT64,
        "measure": Kind.DOUBLE,
        "amount": Kind.DECIMAL,
        "moment": Kind.DATETIME,
        "key": Kind.UUID,
        "text": Kind.STRING,
        "data": Kind.BYTES,
    }


def test_attributes_are_without_namespace_and_apart() -> None:
    leaf = shape_of(example.Leaf, "urn:example")
    assert [(item.name, item.ns) for item in leaf.attributes] == [("lang", ""), ("order", "")]
    assert {item.ns for item in leaf.elements} == {"urn:example"}
    assert len(leaf.elements) == len(leaf.fields) - 2


def test_a_class_that_holds_itself_has_one_table() -> None:
    tree = shape_of(example.Tree, "urn:example")
    by_name = {item.name: item for item in tree.fields}
    assert by_name["tree"].nested is tree
    assert by_name["tree"].repeated
    assert not by_name["leaf"].repeated
    assert [struct.name for struct in tree.structs()] == ["Tree", "Leaf"]


@dataclass
class Loose:
    """An int that does not say its width."""

    count: int


def test_an_int_must_say_its_width() -> None:
    with pytest.raises(TypeError, match="count"):
        shape_of(Loose, "urn:example")


def test_a_scalar_is_no_struct() -> None:
    with pytest.raises(TypeError, match="flag"):
        _ = next(item for item in shape_of(example.Leaf, "").fields if item.name == "flag").nested


def test_scalars_come_in_document_order() -> None:
    case = example.make()
    values = list(scalars(case.struct, case.value))
    assert len(values) == case.field_count == 4 * (1 + 11) + 5
    assert values[0] == "outer"
    assert values[-2:] == [0.1, -5.0]
