"""The golden vectors, one test for each; tests of the runner itself follow."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import run_vectors
from tests.conformance.judge import judge, judge_all, stale, unused
from tests.conformance.mutate import mutate, spoil
from tests.conformance.vectors import SHARED, Listed, Status, Vector, Verdict, load, matches

LIST = Listed.load()
VECTORS = load(SHARED) if SHARED.exists() else []
absent = pytest.mark.skipif(not VECTORS, reason=f"no golden vectors beside the repository ({SHARED})")

INT32: Vector = {
    "id": "made-1",
    "group": "made",
    "kind": "write_element",
    "wine_only": False,
    "element": {"name": "t", "ns": "", "type": "int32"},
    "option": "required_value",
    "value": 5,
    "expect": {"hr": "S_OK", "text": "<t>5</t>"},
}


def one(**changes: Any) -> Verdict:
    return judge({**copy.deepcopy(INT32), **changes}, LIST)


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return judge_all(VECTORS, LIST)


@absent
@pytest.mark.parametrize("number", range(len(VECTORS)), ids=lambda number: str(VECTORS[number]["id"]))
def test_vector(number: int, verdicts: list[Verdict]) -> None:
    verdict = verdicts[number]
    assert verdict.status in (Status.PASSED, Status.LISTED, Status.UNBOUND), (verdict.rule, verdict.detail)


@absent
def test_nothing_in_the_list_is_idle(verdicts: list[Verdict]) -> None:
    assert unused(verdicts, LIST) == []
    assert stale(LIST) == []


@absent
def test_the_page_has_these_counts(verdicts: list[Verdict]) -> None:
    page = Path(__file__).parents[2] / "docs" / "conformance.md"
    tables = run_vectors.as_markdown(verdicts, LIST)
    assert tables in page.read_text(encoding="utf-8"), (
        "run_vectors.py --markdown prints the tables for docs/conformance.md"
    )


@absent
def test_other_names_make_no_difference(verdicts: list[Verdict]) -> None:
    chance = random.Random(20100607)  # noqa: S311 - names of copies
    copies = [mutate(vector, chance) for vector in VECTORS]
    changed = sum(
        json.dumps(one["expect"]) != json.dumps(other["expect"]) for one, other in zip(VECTORS, copies, strict=True)
    )
    assert changed > len(VECTORS) / 2
    without_ids = Listed({}, LIST.functions, LIST.rules)
    difference = {
        before.id: (after.status, after.detail)
        for before, after in zip(verdicts, judge_all(copies, without_ids), strict=True)
        if before.status is not after.status and before.id not in LIST.ids
    }
    assert difference == {}


@absent
def test_a_wrong_result_never_passes(verdicts: list[Verdict]) -> None:
    survived = []
    for verdict in verdicts:
        if verdict.status is not Status.PASSED:
            continue
        vector = copy.deepcopy(verdict.vector)
        key = "expect" if not vector["wine_only"] else "windows" if vector.get("windows") else "likely"
        wrong = spoil(vector[key])
        assert wrong is not None
        vector[key] = wrong
        if judge(vector, LIST).status is not Status.FAILED:
            survived.append(verdict.id)
    assert survived == []


def test_a_vector_passes() -> None:
    assert one().status is Status.PASSED


def test_a_vector_fails() -> None:
    verdict = one(value=6)
    assert verdict.status is Status.FAILED
    assert "<t>6</t>" in verdict.detail


def test_a_listed_vector_that_passes_is_a_failure() -> None:
    listed = Listed({"made-1": "why"}, LIST.functions, LIST.rules)
    assert judge(INT32, listed).status is Status.FAILED
    assert judge({**INT32, "value": 6}, listed).status is Status.LISTED


def test_what_is_wine_only_binds_by_its_partial_results() -> None:
    assert one(wine_only=True).status is Status.UNBOUND
    assert one(wine_only=True, windows={"note": "prose"}).status is Status.UNBOUND
    assert one(wine_only=True, likely={"hr": "S_OK"}, value=6).status is Status.PASSED
    assert one(wine_only=True, windows={"text": "<t>7</t>"}, value=6).status is Status.FAILED


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "dance"}, "kind dance"),
        ({"kind": "script", "calls": [{"fn": "WsDance"}], "expect": {"results": [{"hr": "S_OK"}]}}, "WsDance"),
        ({"element": {"name": "t", "ns": "", "type": "int256"}}, "type int256"),
        ({"option": "perhaps_value"}, "write option perhaps_value"),
    ],
    ids=["kind", "function", "type", "option"],
)
def test_what_is_unknown_is_named(changes: dict[str, Any], rule: str) -> None:
    verdict = one(**changes)
    assert (verdict.status, verdict.rule) == (Status.UNMAPPED, rule)


def test_a_crash_is_a_failure() -> None:
    assert one(element=None).status is Status.FAILED


def structure(value: Any, **member: Any) -> dict[str, Any]:
    entry = {"member": "f", "mapping": "element", "type": "int16", "name": "g", "ns": "", **member}
    return {
        "element": {"name": "s", "ns": "", "type": "struct", "desc": {"fields": [entry]}},
        "value": {"f": value},
    }


@pytest.mark.parametrize(
    ("changes", "text", "rule"),
    [
        (structure(0, options=["optional"]), "<s/>", "optional_zero"),
        (structure(0, options=["optional"], mapping="attribute"), "<s/>", "optional_zero"),
        (structure(None, type="string"), "<s><g/></s>", "required_nil"),
        (structure(4, desc={"min": 1, "max": 3}), "<s><g>4</g></s>", "range_on_write"),
        (structure({"ticks": 0, "format": "local"}, type="datetime"), "<s><g>0001-01-01T00:00:00+00:00</g></s>",
         "zero_offset_is_utc"),
    ],
)  # fmt: skip
def test_a_rule_needs_the_result_that_it_predicts(changes: dict[str, Any], text: str, rule: str) -> None:
    verdict = one(**changes, expect={"hr": "S_OK", "text": text})
    assert (verdict.status, verdict.rule) == (Status.LISTED, rule)
    assert one(**changes, expect={"hr": "S_OK", "text": text + " "}).status is Status.FAILED
    assert one(**changes, expect={"hr": "WS_E_OTHER"}).status is Status.FAILED


def test_any_nan_equals_any_nan() -> None:
    assert matches({"f64": "fff8000000000000"}, {"f64": "7ff8000000000001"})
    assert matches({"f32": "ffc00000"}, {"f32": "7fc00000"})
    assert not matches({"f64": "7ff0000000000000"}, {"f64": "7ff8000000000000"})
    assert not matches({"f64": "0000000000000000"}, {"f64": "8000000000000000"})


@pytest.fixture
def two(tmp_path: Path) -> Path:
    file = tmp_path / "two.jsonl"
    wrong = {**INT32, "id": "made-2", "group": "other", "value": 6}
    file.write_text(f"{json.dumps(INT32)}\n{json.dumps(wrong)}\n", encoding="utf-8")
    return file


def test_the_command_counts_and_fails(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_vectors.main([str(two)]) == run_vectors.FAILED
    shown = capsys.readouterr().out
    assert "FAILED made-2" in shown
    lines = [line.split() for line in shown.splitlines()]
    assert ["group", "passed", "listed", "failed", "unmapped", "unbound"] in lines
    assert ["made", "1", "0", "0", "0", "0"] in lines
    assert ["other", "0", "0", "1", "0", "0"] in lines


def test_the_command_and_unmapped_vectors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "strange.jsonl"
    file.write_text(json.dumps({**INT32, "kind": "dance"}), encoding="utf-8")
    assert run_vectors.main([str(file)]) == 0
    assert "unmapped 1: kind dance" in capsys.readouterr().out
    assert run_vectors.main([str(file), "--strict"]) == run_vectors.UNKNOWN


def test_the_same_id_twice_is_a_failure(two: Path) -> None:
    statuses = Counter(verdict.status for verdict in judge_all([INT32, INT32], LIST))
    assert statuses == {Status.PASSED: 1, Status.FAILED: 1}


def test_the_command_as_a_program(two: Path) -> None:
    done = subprocess.run([sys.executable, run_vectors.__file__, two], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (run_vectors.FAILED, "")
    missing = subprocess.run(
        [sys.executable, run_vectors.__file__, "none"], capture_output=True, text=True, check=False
    )
    assert missing.returncode == 2
