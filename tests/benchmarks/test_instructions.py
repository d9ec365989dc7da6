"""benchmarks.instructions: what is read out of callgrind's files, and what fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import instructions

DUMP = """\
desc: Trigger: Client Request: order write
events: Ir
fn=(1) __pyx_f_3wsx_7_writer_write_scalar(Out*, int)
16 400
+3 4
cfn=(2) memcpy
calls=2 30
16 9000
fn=(2)
* 12
fn=(3) __pyx_f_3wsx_6reader_6Reader_run(long)'2
7 100
fn=(1)
20 6
"""


def test_the_cost_of_calls_belongs_to_what_is_called() -> None:
    assert instructions.parse(DUMP) == {"writer_write_scalar": 410, "memcpy": 12, "reader_Reader_run'2": 100}


def _counts(total: int, **functions: int) -> dict[str, Any]:
    return {"instructions": total, "functions": functions}


def test_up_to_five_percent_is_taken() -> None:
    assert instructions.compare({"j": _counts(1000, f=500)}, {"j": _counts(1050, f=550)}) == []
    assert instructions.compare({"j": _counts(1000, f=500)}, {"j": _counts(10, f=5)}) == []


def test_more_fails_with_the_functions_that_grew() -> None:
    before = {"order write": _counts(1000, f=500, g=300, h=200), "other": _counts(5)}
    after = {"order write": _counts(1100, f=520, g=290, new=90), "other": _counts(5)}
    assert instructions.compare(before, after) == [
        "order write: 1,100 instructions, +10.0% (1,000 before)",
        "    +90 in new",
        "    +20 in f",
    ]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "instructions.json"
    monkeypatch.setattr(instructions, "RECORDS", path)
    monkeypatch.setattr(instructions, "system", lambda: {"python": "mine"})
    monkeypatch.setattr(instructions, "count", lambda: {"j": _counts(1060, f=900)})
    return path


def _record(system: str, total: int) -> dict[str, Any]:
    return {"system": {"python": system}, "counts": {"j": _counts(total, f=800)}}


def test_the_record_of_this_system_counts(counted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted.write_text(json.dumps([_record("other", 1), _record("mine", 1000)]), encoding="utf-8")
    assert instructions.main([]) == 1
    assert "+100 in f" in capsys.readouterr().out
    counted.write_text(json.dumps([_record("other", 1), _record("mine", 1050)]), encoding="utf-8")
    assert instructions.main(["--top", "1"]) == 0
    assert "84.9% f" in capsys.readouterr().out


def test_another_system_is_not_compared_and_says_so(counted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted.write_text(json.dumps([_record("other", 1)]), encoding="utf-8")
    assert instructions.main([]) == 0
    assert "NOTHING WAS COMPARED" in capsys.readouterr().out


def test_renewing_keeps_the_others(counted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted.write_text(json.dumps([_record("other", 1), _record("mine", 1)]), encoding="utf-8")
    assert instructions.main(["--renew"]) == 0
    found = json.loads(counted.read_text(encoding="utf-8"))
    assert found == [_record("other", 1), {"system": {"python": "mine"}, "counts": {"j": _counts(1060, f=900)}}]
    capsys.readouterr()
