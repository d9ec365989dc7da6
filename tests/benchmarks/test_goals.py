"""benchmarks.goals, benchmarks.page and benchmarks.plot: what the page says of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from benchmarks import goals, page, plot
from benchmarks.goals import Faster, Goal


def _result(peer: str, case: str, direction: str, times: list[float], fields: int = 10) -> dict[str, Any]:
    return {
        "case": case,
        "case_title": f"the {case}",
        "direction": direction,
        "peer": peer,
        "peer_title": peer.upper(),
        "note": "",
        "status": "ok" if times else "unsupported",
        "reason": "" if times else "cannot",
        "bytes": 1000,
        "fields": fields,
        "repetitions": 1,
        "times_ns": times,
    }


def _document(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "commit": "abc",
        "machine": {
            "processor": "P",
            "cores": 2,
            "architecture": "A",
            "system": "S",
            "python": "CPython 3",
            "heap": "warm",
            "pinned_to": 1,
        },
        "versions": {"lib": "1"},
        "options": {"base": "msgspec", "rounds": 3, "quick": False},
        "results": list(results),
        **more,
    }


RUN = _document(
    _result("wsx", "records", "write", [40.0, 50.0, 90.0], 10),
    _result("wsx", "choice", "write", [100.0, 100.0, 100.0], 20),
    _result("msgspec", "records", "write", [100.0, 100.0, 200.0]),
    _result("zeep", "records", "write", [8000.0, 20000.0]),
    _result("zeep", "records", "read", []),
    growth=[
        {"peer": "wsx", "records": 10_000, "bytes": 5, "write_ns": 1e7, "read_ns": 2e7},
        {"peer": "wsx", "records": 100_000, "bytes": 5, "write_ns": 1.5e8, "read_ns": 2e8},
    ],
    memory=[
        {
            "peer": "wsx",
            "peer_title": "WSX",
            "case": "records",
            "direction": "read",
            "status": "ok",
            "bytes": 2 << 20,
            "peak": 3 << 20,
            "held": 1 << 20,
        }
    ],
)


@pytest.mark.parametrize(
    ("number", "least", "expected"),
    [
        (0.5, False, "goal met"),
        (0.51, False, "floor met"),
        (0.7, False, "floor met"),
        (0.71, False, "**not met**"),
        (None, False, "not measured"),
    ],
)
def test_verdicts(number: float | None, least: bool, expected: str) -> None:
    assert goals.verdict(number, 0.5, 0.7, least=least) == expected


@pytest.mark.parametrize(("number", "expected"), [(8, "goal met"), (6, "floor met"), (4.9, "**not met**")])
def test_more_can_be_better(number: float, expected: str) -> None:
    assert goals.verdict(number, 7.5, 5, least=True) == expected


def test_ratios_are_taken_round_by_round() -> None:
    assert goals.reached(Goal("", "records", "write", 1, 1), RUN["results"]) == 0.45
    assert goals.faster(Faster("zeep", "records", "write", 1, 1), RUN["results"]) == 300


def test_by_the_value_against_records() -> None:
    assert goals.reached(Goal("", "choice", "write", 1, 1, per_value=True), RUN["results"]) == 1.0


def test_what_was_not_measured() -> None:
    assert goals.reached(Goal("", "order", "write", 1, 1), RUN["results"]) is None
    assert goals.faster(Faster("zeep", "records", "read", 1, 1), RUN["results"]) is None


def test_each_goal_has_a_case_and_is_stricter_than_its_floor() -> None:
    assert all(goal.goal < goal.floor for goal in goals.GOALS)
    assert all(goal.goal > goal.floor for goal in goals.FASTER)
    assert len({(goal.peer, goal.case, goal.direction) for goal in goals.GOALS}) == len(goals.GOALS) == 30


def test_a_page_filled_twice_is_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, path = tmp_path / "run.json", tmp_path / "performance.md"
    run.write_text(json.dumps(RUN), encoding="utf-8")
    path.write_text(page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    assert page.main([str(run), "--page", str(path)]) == 0
    first = path.read_text(encoding="utf-8")
    assert page.main([str(run), "--page", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == first
    assert "| records | write | 0.45 | 0.35 | 0.45 | floor met |" in first
    assert "| ZEEP | write records | 300 | 300 | 200 | goal met |" in first
    assert "| order | read | – | 0.8 | 1.1 | not measured |" in first
    assert "| wsx | write | 100,000 | 1.50 µs | 1.50 |" in first
    assert "| WSX | read | 2.0 | 3.0 | 1.0 |" in first
    assert "- ZEEP: cannot (read records)" in first
    assert {found.name for found in path.with_suffix("").iterdir()} == {"write-records.svg", "growth.svg"}
    capsys.readouterr()


def test_two_commits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slower = {**RUN, "commit": "def", "results": [_result("wsx", "records", "write", [99.0]), RUN["results"][2]]}
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path, document in zip(paths, (RUN, slower), strict=True):
        path.write_text(json.dumps(document), encoding="utf-8")
    assert page.main([str(path) for path in paths]) == 0
    out = capsys.readouterr().out
    assert "| wsx's time over msgspec's | abc | def | change |" in out
    assert "| write records | 0.45 | 0.99 | +120% |" in out
    assert out.count("\n") == 3


def test_a_place_that_is_missing() -> None:
    with pytest.raises(ValueError, match="0 places for 'goals'"):
        page.fill("no marks", {"goals": "x"})


def test_plots_are_xml_with_every_name() -> None:
    bars = plot.bars("a & b", {"one": 1.0, "two <>": 1234.0}, ["one"])
    assert etree.fromstring(bars).findtext("{http://www.w3.org/2000/svg}title") == "a & b"
    assert "two &lt;&gt;" in bars
    lines = plot.lines("t", {"x": {10: 1.0, 100: 2.0}}, "µs")
    (line,) = etree.fromstring(lines).iter("{http://www.w3.org/2000/svg}polyline")
    assert line.get("points") == "60.0,170.0 520.0,40.0"
