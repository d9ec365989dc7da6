"""benchmarks.report: what the tables show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report


def _result(peer: str, times: list[float], **more: Any) -> dict[str, Any]:
    result = {
        "case": "order",
        "case_title": "one order",
        "direction": "write",
        "peer": peer,
        "peer_title": peer.upper(),
        "note": "",
        "status": "ok",
        "reason": "",
        "bytes": 1000,
        "fields": 20,
        "repetitions": 5,
        "times_ns": times,
    }
    return {**result, **more}


RESULTS = [
    _result("slow", [8_000.0, 9_000.0, 4_000.0]),
    _result("base", [2_000.0, 3_000.0, 1_000.0]),
    _result("gone", [], status="missing", reason="cannot import gone | at all"),
    _result("liar", [], status="wrong", reason="leaf.flag: True instead of False"),
    _result("half", [], status="unsupported", reason="does not write"),
]
DOCUMENT = {
    "format": 1,
    "commit": "0123456789ab",
    "machine": {
        "processor": "Some CPU",
        "cores": 2,
        "architecture": "x86_64",
        "system": "Linux",
        "python": "CPython 3.11",
        "heap": "warm",
        "pinned_to": 1,
    },
    "versions": {"slow": "1.0", "gone": None},
    "options": {"base": "base", "rounds": 3, "quick": False},
    "results": RESULTS,
}


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0.5, "0.50 ns"),
        (12.34, "12.3 ns"),
        (1_000.0, "1.00 µs"),
        (99_600.0, "100 µs"),
        (3.5e6, "3.50 ms"),
        (1.25e9, "1.25 s"),
    ],
)
def test_durations(nanoseconds: float, text: str) -> None:
    assert report.duration(nanoseconds) == text


@pytest.mark.parametrize(("number", "text"), [(0.314, "0.31"), (9.9, "9.90"), (9.96, "10.0"), (99.9, "100")])
def test_ratios(number: float, text: str) -> None:
    assert report.ratio(number) == text


def test_details_show_medians_of_ratios_the_quickest_first() -> None:
    lines = report.details(RESULTS, "base").splitlines()
    assert "of BASE (least–greatest)" in lines[0]
    assert lines[2] == "| BASE | 2.00 µs | 1.00 (1.00–1.00) | 500 | 100.0 | 1,000 |"
    assert lines[3] == "| SLOW | 8.00 µs | 4.00 (3.00–4.00) | 125 | 400.0 | 1,000 |"


def test_a_peer_without_a_time_is_shown_with_its_reason() -> None:
    lines = report.details(RESULTS, "base").splitlines()
    assert lines[4] == "| GONE | missing: cannot import gone \\| at all |  |  |  |  |"
    assert lines[5] == "| LIAR | wrong: leaf.flag: True instead of False |  |  |  |  |"
    assert lines[6] == "| HALF | unsupported: does not write |  |  |  |  |"


def test_the_overview_has_every_peer() -> None:
    lines = report.overview([*RESULTS, _result("base", [5.0], direction="read")], "base").splitlines()
    assert lines[0] == "| time, BASE = 1 | write order | read order |"
    assert lines[2:] == [
        "| SLOW | 4.00 |  |",
        "| BASE | 1.00 | 1.00 |",
        "| GONE | missing |  |",
        "| LIAR | wrong |  |",
        "| HALF | – |  |",
    ]


def test_without_the_base_the_times_themselves_stand() -> None:
    assert "| SLOW | 8.00 µs |" in report.overview(RESULTS, "gone")
    assert "| SLOW | 8.00 µs | – | 125 |" in report.details(RESULTS, "gone")


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    for line in report.details(RESULTS, "base").splitlines():
        assert line.replace("\\|", "").count("|") == 7


def test_the_whole_says_where_and_how() -> None:
    text = report.render(DOCUMENT, "base")
    assert "### write order (one order)" in text
    assert "Some CPU, 2 cores" in text
    assert "slow 1.0" in text
    assert "gone (not installed)" in text
    assert "commit 0123456789ab" in text
    assert "trial" not in text


def test_a_trial_run_says_so() -> None:
    options = {"base": "base", "rounds": 2, "quick": True}
    assert "trial run" in report.render({**DOCUMENT, "options": options}, "base")


def test_the_command_takes_another_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    assert report.main([str(path), "--base", "slow", "--overview"]) == 0
    assert "| BASE | 0.25 |" in capsys.readouterr().out
    assert report.main([str(path)]) == 0
    assert "| SLOW | 4.00 |" in capsys.readouterr().out
