"""benchmarks.cases: the data are what the tables of results say."""

from __future__ import annotations

import re

import pytest

from benchmarks import cases
from benchmarks.cases import order, records
from benchmarks.reference import difference, json_document, parse_json, parse_xml, xml_document


@pytest.mark.parametrize("name", cases.NAMES)
def test_the_same_data_each_time(name: str) -> None:
    first, second = cases.load(name, quick=True), cases.load(name, quick=True)
    assert first.name == name
    assert difference(first.struct, first.value, second.value) is None


@pytest.mark.parametrize("name", cases.NAMES)
def test_the_reference_documents_hold_the_data(name: str) -> None:
    case = cases.load(name, quick=True)
    assert difference(case.struct, case.value, parse_xml(case, xml_document(case))) is None
    assert difference(case.struct, case.value, parse_xml(case, xml_document(case, envelope=True))) is None
    if name != "derived":  # there is no xsi:type in JSON
        assert difference(case.struct, case.value, parse_json(case, json_document(case))) is None


def test_order_is_one_small_element() -> None:
    case = cases.load("order")
    document = xml_document(case)
    assert case.field_count == 21
    assert 600 <= len(document) <= 700
    assert document.startswith(b"<Order ")
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


def test_message_is_the_same_order() -> None:
    case = cases.load("message")
    assert case.value == cases.load("order").value
    assert case.features == {"message"}
    assert xml_document(case).startswith(b"<s:Envelope ")


@pytest.mark.parametrize("name", ["attributes", "namespaces", "choice", "derived"])
def test_the_variants_have_the_values_of_records(name: str) -> None:
    case, plain = cases.load(name, quick=True), cases.load("records", quick=True)
    assert case.features == {name} - {"attributes"}
    assert [row.created for row in case.value.record] == [row.created for row in plain.value.record]
    assert case.field_count - plain.field_count == (13 if name == "derived" else 0)


def test_text_is_of_its_kind() -> None:
    plain, escapes, mixed = (cases.load(f"text_{kind}").value.text for kind in ("ascii", "escape", "unicode"))
    assert all(len(text) == 1_000 for texts in (plain, escapes, mixed) for text in texts)
    assert all(text.isascii() and not re.search("[&<>]", text) for text in plain)
    assert all(18 <= len(re.findall("[&<>]", text)) <= 20 for text in escapes)
    assert all({1, 2, 3, 4} == {len(character.encode()) for character in text} for text in mixed)


def test_strings_are_made_anew() -> None:
    case = cases.load("text_unicode", quick=True)
    before = list(case.value.text)
    assert case.renew is not None
    case.renew()
    assert case.value.text == before
    assert all(new is not old for new, old in zip(case.value.text, before, strict=True))


def test_another_size() -> None:
    assert cases.load("records", size=7).field_count == 70


def test_an_unknown_case() -> None:
    with pytest.raises(KeyError):
        cases.load("nothing")
