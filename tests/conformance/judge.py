"""What becomes of the vectors of a file: each passes, is listed with a reason, fails, is unmapped, or binds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from tests.conformance import message_calls, scripts, values
from tests.conformance.vectors import (
    Listed,
    NoCounterpart,
    Outcome,
    Status,
    Unmapped,
    Vector,
    Verdict,
    wanted,
)

__all__ = ["judge", "judge_all", "stale", "table", "unused"]

_KINDS: Final = {**values.KINDS, "script": scripts.run}


def judge(vector: Vector, listed: Listed) -> Verdict:
    """Runs one vector. A listed one is run as well: when it passes, the list is out of date, which is a failure."""
    want = wanted(vector)
    if want is None:
        return Verdict(vector, Status.UNBOUND)
    verdict = _run(vector, want, listed)
    reason = listed.ids.get(verdict.id)
    if reason is None or verdict.status is Status.UNBOUND:
        return verdict
    if verdict.status is Status.FAILED:
        return Verdict(vector, Status.LISTED, "listed", reason)
    what = "passes by now" if verdict.status is Status.PASSED else f"is {verdict.status.value} by rule {verdict.rule!r}"
    return Verdict(vector, Status.FAILED, "", f"{what}: take it from the list ({reason})")


def _run(vector: Vector, want: dict[str, Any], listed: Listed) -> Verdict:
    kind = vector.get("kind", "none")
    if kind not in _KINDS:
        return Verdict(vector, Status.UNMAPPED, f"kind {kind}")
    try:
        outcome = _KINDS[kind](vector, want)
    except Unmapped as missing:
        return Verdict(vector, Status.UNMAPPED, str(missing))
    except NoCounterpart as missing:
        outcome = Outcome("", {missing.rule})
    except Exception as error:  # whatever is raised here is no WsError: a failure of wsx, or of the runner
        return Verdict(vector, Status.FAILED, "", f"{type(error).__name__}: {error}")
    if outcome.difference:
        return Verdict(vector, Status.FAILED, "", outcome.difference)
    if not outcome.rules:
        return Verdict(vector, Status.PASSED)
    rule = ", ".join(sorted(outcome.rules))
    unknown = [name for name in sorted(outcome.rules) if name not in listed.rules and name not in listed.functions]
    if unknown:
        return Verdict(vector, Status.UNMAPPED, ", ".join(unknown))
    return Verdict(vector, Status.LISTED, rule)


def judge_all(vectors: Iterable[Vector], listed: Listed) -> list[Verdict]:
    """All verdicts, in the order of the file; the second vector of the same id is a failure."""
    seen: set[str] = set()
    verdicts = []
    for vector in vectors:
        verdict = judge(vector, listed)
        if verdict.id in seen:
            verdict = replace(verdict, status=Status.FAILED, detail="the id is there twice")
        seen.add(verdict.id)
        verdicts.append(verdict)
    return verdicts


def unused(verdicts: Iterable[Verdict], listed: Listed) -> list[str]:
    """Entries of the list that no vector of the file it was made for needs."""
    ids = {verdict.id for verdict in verdicts if verdict.rule == "listed"}
    used = {name for verdict in verdicts for name in verdict.rule.split(", ")}
    return [
        *(name for name in listed.ids if name not in ids),
        *(name for name in (*listed.rules, *listed.functions) if name not in used),
    ]


def stale(listed: Listed) -> list[str]:
    """Functions of the list that wsx has a counterpart of by now."""
    return [name for name in listed.functions if name not in values.MISSING | message_calls.MISSING]


def table(verdicts: Iterable[Verdict]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows: the counts of each group, and the sum."""
    counts: dict[str, Counter[Status]] = {}
    for verdict in verdicts:
        counts.setdefault(verdict.group, Counter())[verdict.status] += 1
    total: Counter[Status] = Counter()
    rows = []
    for group, found in sorted(counts.items()):
        total += found
        rows.append([group, *(str(found[status]) for status in Status)])
    rows.append(["all", *(str(total[status]) for status in Status)])
    return ["group", *(status.value for status in Status)], rows
