"""Every combination of type, mapping and options: the legal ones round-trip, the others are refused."""

from __future__ import annotations

import pytest

from tools.type_coverage import ALL_OPTIONS, MAPPING_OPTIONS, MAPPINGS, Coverage, coverage, legal, main
from wsx import FieldMapping, FieldOption, Type
from wsx.legality import LEGAL_MAPPINGS, LEGAL_OPTIONS


def test_every_legal_combination_round_trips_and_every_other_is_refused() -> None:
    found = coverage()
    assert found.failures == []
    assert {kind for kind, _ in found.fields} == set(Type)
    assert {mapping for _, mapping in found.fields} == set(FieldMapping)
    assert sum(found.fields.values()) + found.refused > len(Type) * len(FieldMapping) * len(ALL_OPTIONS)
    assert found.round_trips > 2 * found.combinations


def test_what_is_legal_is_stated_twice_the_same() -> None:
    assert {kind: frozenset(mappings) for kind, mappings in MAPPINGS.items()} == dict(LEGAL_MAPPINGS)
    assert dict(LEGAL_OPTIONS) == MAPPING_OPTIONS
    assert not legal(Type.INT32, FieldMapping.ELEMENT, FieldOption.NILLABLE)


def test_a_failure_is_told() -> None:
    found = Coverage()
    assert found.summary().endswith("0 failures.")
    found.failures.append("INT32 ELEMENT")
    assert found.summary().endswith("1 failures.")


def test_the_counts_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == [kind.name for kind in Type]
    assert lines[-1] == coverage().summary()
