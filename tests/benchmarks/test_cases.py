"""benchmarks.cases: the data are what the tables of results say."""

from __future__ import annotations

import re

import pytest

from benchmarks import cases
from benchmarks.cases import order, records
from benchmarks.reference import difference, json_document, parse_json, parse_xml, xml_document


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("name", cases.NAMES)
def test_the_same_data_each_time(name: str, quick: bool) -> None:
    first, second = cases.load(name, quick=quick), cases.load(name, quick=quick)
    assert first.name == name
    assert difference(first.struct, first.value, second.value) is None


@pytest.mark.parametrize("name", cases.NAMES)
def test_the_reference_documents_hold_the_data(name: str) -> None:
    case = cases.load(name, quick=True)
    assert difference(case.struct, case.value, parse_xml(case, xml_document(case))) is None
    assert difference(case.struct, case.value, parse_xml(case, xml_document(case, envelope=True))) is None
    assert difference(case.struct, case.value, parse_json(case, json_document(case))) is None


def test_order_is_one_small_envelope() -> None:
    case = cases.load("order")
    document = xml_document(case)
    assert case.field_count == 21
    assert 750 <= len(document) <= 850
    assert document.startswith(b"<s:Envelope ")
    assert isinstance(case.value, order.Order)


def test_records_are_many_and_mixed() -> None:
    case = cases.load("records")
    assert case.field_count == 100_000
    assert 3_200_000 <= len(xml_document(case)) <= 3_400_000
    assert isinstance(case.value, records.Records)
    rows = case.value.record
    assert all(8 <= len(row.code) <= 24 and re.fullmatch(r"[\x20-\x7e]+", row.code) for row in rows)
    assert any(not row.label.isascii() for row in rows)
    assert any("&" in row.label for row in rows)
    assert any(row.label.isascii() and row.label.isprintable() for row in rows)
    assert sum(row.created.microsecond % 1000 != 0 for row in rows) > 9_900
    assert sum(len(repr(row.measure)) > 16 for row in rows) > 8_000
    assert all(-(2**31) <= number < 2**31 for row in rows for number in (row.id, row.priority))
    assert all(-(2**63) <= row.serial < 2**63 for row in rows)


def test_an_unknown_case() -> None:
    with pytest.raises(KeyError):
        cases.load("nothing")
