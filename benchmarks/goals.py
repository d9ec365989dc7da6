"""The goals and floors of wsx's speed, and what a run says about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.measure import ratios, summarize

__all__ = ["FASTER", "GOALS", "Faster", "Goal", "faster", "reached", "verdict"]

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """wsx's time over another's must be at most ``floor`` and should be at most ``goal``.

    The other one is msgspec.json at the same case; with ``per_value`` it is wsx itself at ``records``, by the value.
    """

    label: str
    case: str
    direction: str
    goal: float
    floor: float
    peer: str = "wsx"
    per_value: bool = False


@dataclass(frozen=True, slots=True)
class Faster:
    """The time of ``peer`` over wsx's must be at least ``floor`` and should be at least ``goal``."""

    peer: str
    case: str
    direction: str
    goal: float
    floor: float


def _both(label: str, case: str, write: tuple[float, float], read: tuple[float, float]) -> tuple[Goal, Goal]:
    return Goal(label, case, "write", *write), Goal(label, case, "read", *read)


GOALS: Final = (
    *_both("order", "order", (0.45, 0.60), (0.80, 1.1)),
    *_both("message, to msgspec's order alone", "message", (1.5, 2.0), (2.0, 2.5)),
    *_both("records", "records", (0.35, 0.45), (0.45, 0.65)),
    *_both("deep", "deep", (0.25, 0.33), (0.50, 0.65)),
    *_both("text, ASCII", "text_ascii", (0.25, 0.35), (0.40, 0.60)),
    *_both("text, 2 % escapes", "text_escape", (0.80, 1.0), (1.2, 1.5)),
    *_both("text, CJK/Latin/emoji, fresh strings", "text_unicode", (0.85, 1.1), (0.90, 1.0)),
    *_both("doubles, list", "doubles", (0.55, 0.75), (1.0, 1.2)),
    Goal("doubles, NumPy", "doubles", "write", 0.40, 0.60, "wsx-numpy"),
    Goal("doubles, NumPy", "doubles", "read", 0.50, 0.70, "wsx-numpy"),
    *_both("bytes", "bytes", (0.09, 0.15), (0.35, 0.50)),
    Goal("records from dicts", "records", "write", 0.55, 0.75, "wsx-dict"),
    Goal("records from plain objects", "records", "write", 0.55, 0.75, "wsx-plain"),
    *(
        Goal(f"{case}, per value, to wsx's records", case, direction, 1.2, floor, per_value=True)
        for case in ("attributes", "namespaces", "choice", "derived")
        for direction, floor in (("write", 1.3), ("read", 1.4))
    ),
)

_COLUMNS: Final = (("order", "write"), ("records", "write"), ("order", "read"), ("records", "read"))
_FASTER: Final = {
    "zeep": ((340, 200), (300, 200), (130, 90), (110, 70)),
    "xsdata": ((450, 280), (430, 280), (145, 95), (125, 80)),
    "gsoap": ((7.5, 5), (10, 7), (8, 5), (5, 3)),
    "limit": ((0.22, 0.15), (0.8, 0.5), (0.19, 0.12), (0.5, 0.35)),
}
FASTER: Final = tuple(
    Faster(peer, case, direction, goal, floor)
    for peer, numbers in _FASTER.items()
    for (case, direction), (goal, floor) in zip(_COLUMNS, numbers, strict=True)
)


def _find(results: Sequence[Result], peer: str, case: str, direction: str) -> Result | None:
    return next(
        (r for r in results if (r["peer"], r["case"], r["direction"]) == (peer, case, direction) and r["times_ns"]),
        None,
    )


def reached(goal: Goal, results: Sequence[Result]) -> float | None:
    """What a run gives for a goal; None where the run has not measured it."""
    mine = _find(results, goal.peer, goal.case, goal.direction)
    other = _find(results, *(("wsx", "records") if goal.per_value else ("msgspec", goal.case)), goal.direction)
    if mine is None or other is None:
        return None
    if goal.per_value:
        # Other rounds: the machine may have changed its pace, so the relation is less sure than those inside a round.
        here, there = (summarize(r["times_ns"]).median / int(r["fields"]) for r in (mine, other))
        return here / there
    return summarize(ratios(mine["times_ns"], other["times_ns"])).median


def faster(goal: Faster, results: Sequence[Result]) -> float | None:
    """How many times the peer's time is wsx's; None where the run has not measured it."""
    mine = _find(results, "wsx", goal.case, goal.direction)
    other = _find(results, goal.peer, goal.case, goal.direction)
    if mine is None or other is None:
        return None
    return summarize(ratios(other["times_ns"], mine["times_ns"])).median


def verdict(number: float | None, goal: float, floor: float, *, least: bool = False) -> str:
    """``goal met``, ``floor met``, ``not met`` or ``not measured``; with ``least`` more is better."""
    if number is None:
        return "not measured"
    sign = -1 if least else 1
    if sign * number <= sign * goal:
        return "goal met"
    return "floor met" if sign * number <= sign * floor else "**not met**"
