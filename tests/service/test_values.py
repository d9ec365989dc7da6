"""Dicts as values of structures, and structures as dicts."""

from __future__ import annotations

import datetime
import threading
from decimal import Decimal
from typing import Any

import pytest

import wsx
from tests.metadata.documents_for_tests import OWN
from tests.support.fake_transport import FakeTransport
from wsx import xsd
from wsx.errors import InvalidArgument
from wsx.metadata import load
from wsx.metadata.model import Model
from wsx.service import as_dict, as_value, connect

CHOICES = {
    "cash": Decimal("2.5"),
    "third": 3,
    "red_or_green_or_blue": [{"red": 1}, wsx.Choice("blue", {"note": ["b"]})],
    "street": "High Street",
    "town": "Oxford",
    "key_or_value": [{"key": "a"}, {"value": 1}],
    "width": 4,
    "height": 5,
}


@pytest.fixture(scope="module")
def model() -> Model:
    return load(OWN / "everything.wsdl")


def element(model: Model, name: str) -> wsx.ElementDescription:
    shape = next(shape for shape in model.all_structs() if shape.name == name and shape.ns == "urn:wsx:everything")
    return wsx.ElementDescription("x", "urn:wsx:everything", wsx.Type.STRUCT, model.struct(shape))


def test_elements_of_choices_stand_for_fields(model: Model) -> None:
    described = element(model, "Choices")
    value = as_value(described, CHOICES)
    assert value.card_or_cash == wsx.Choice("cash", Decimal("2.5"))
    assert value.choice == wsx.Choice("third", 3)
    assert value.red_or_green_or_blue[1].value.note == ["b"]
    data = wsx.write_element(described, value)
    assert wsx.read_element(described, data) == value
    assert as_value(described, as_dict(value)) == value
    # The spelling of the schema, or that of Python.
    named = as_value(element(model, "Occurs"), {"class": "a", "list_": 1, "with-dash.and.dot": 2, "nillable": None})
    assert (named.class_, named.list_, named.with_dash_and_dot) == ("a", 1, 2)


def test_derived_types_by_name(model: Model) -> None:
    described = element(model, "Shape")
    ring = as_value(described, {"xsi:type": "Ring", "id": 1, "name": "r", "radius": 2.0, "inner": 1.0})
    assert type(ring).__name__ == "Ring"
    assert b':type="Ring"' in wsx.write_element(described, ring)
    with pytest.raises(InvalidArgument, match="there is no type 'Square' derived from Shape"):
        as_value(described, {"xsi:type": "Square"})


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("Choices", {**CHOICES, "card": "x"}, "'cash' and another element of the same choice are given|'card'"),
        ("Choices", {**CHOICES, "colour": 1}, "x has no field 'colour'; its fields are: card_or_cash"),
        ("Choices", {**CHOICES, "red_or_green_or_blue": [{"pink": 1}]}, "'pink' is none of the elements of the choice"),
        ("Tree", {"value": 1, "child": [{"value": 1}, {"values": 2}]}, r"x/child\[1\] has no field 'values'"),
        ("Tree", {"child": []}, "missing 1 required keyword-only argument: 'value'"),
    ],
)
def test_what_is_no_value(model: Model, name: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        as_value(element(model, name), given)


def test_as_dict_leaves_values_alone() -> None:
    @wsx.struct
    class Holder:
        span: wsx.Duration
        name: wsx.XmlQName
        more: wsx.XmlBuffer
        day: xsd.Date
        gone: int | wsx.Unset = wsx.UNSET

    holder = Holder(wsx.Duration(days=1), wsx.XmlQName("a"), wsx.XmlBuffer(b"<x/>"), datetime.date(2026, 1, 1))
    assert as_dict(holder) == {"span": holder.span, "name": holder.name, "more": holder.more, "day": holder.day}
    assert as_dict([holder, None, 5]) == [as_dict(holder), None, 5]


def test_threads_that_ask_for_an_operation_at_once_get_the_same(model: Model) -> None:
    fresh = connect(load(OWN / "everything.wsdl"), transport=FakeTransport)
    barrier = threading.Barrier(8)
    found: list[Any] = []

    def ask() -> None:
        barrier.wait()
        found.append(fresh.everything)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one is found[0] for one in found)
