"""`python tests/conformance/run_vectors.py FILE`: runs golden vectors against wsx and counts what becomes of them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.conformance.judge import judge_all, stale, table
from tests.conformance.vectors import LISTED, SHARED, Listed, Status, Verdict, load

# Exit statuses: a failure, and with --strict a vector that nothing is known about.
FAILED = 1
UNKNOWN = 3


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run_vectors.py",
        description="Runs golden vectors (one JSON object per line) against wsx. Exit status 1 when one fails, or when "
        "the list of deliberate differences is out of date.",
    )
    parser.add_argument("file", nargs="?", type=Path, default=SHARED, help="default: %(default)s")
    parser.add_argument("--listed", type=Path, default=LISTED, help="the list of deliberate differences, as JSON")
    parser.add_argument("--strict", action="store_true", help=f"exit status {UNKNOWN} when a vector is unmapped")
    parser.add_argument("--markdown", action="store_true", help="counts and reasons as Markdown")
    parser.add_argument("--verbose", action="store_true", help="name the listed vectors as well")
    return parser.parse_args(given)


def counts(verdicts: list[Verdict]) -> str:
    head, rows = table(verdicts)
    widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]
    lines = []
    for line in (head, *rows):
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells))
    return "\n".join(lines)


def by_rule(verdicts: list[Verdict], status: Status) -> Counter[str]:
    return Counter(verdict.rule for verdict in verdicts if verdict.status is status)


def reason_of(rule: str, listed: Listed) -> str:
    if rule == "listed":
        return "single vectors, see the list"
    return "; ".join(listed.rules.get(name) or listed.functions.get(name, "") for name in rule.split(", "))


def as_text(verdicts: list[Verdict], listed: Listed, *, verbose: bool) -> str:
    lines = [counts(verdicts)]
    for rule, count in by_rule(verdicts, Status.LISTED).most_common():
        lines.append(f"listed {count}: {rule}: {reason_of(rule, listed)}")
    if verbose:
        lines += [f"LISTED {v.id}: {v.detail or v.rule}" for v in verdicts if v.status is Status.LISTED]
    for rule, count in by_rule(verdicts, Status.UNMAPPED).most_common():
        lines.append(f"unmapped {count}: {rule}")
    lines += [f"FAILED {verdict.id}: {verdict.detail}" for verdict in verdicts if verdict.status is Status.FAILED]
    return "\n".join(lines)


def as_markdown(verdicts: list[Verdict], listed: Listed) -> str:
    head, rows = table(verdicts)
    lines = [f"| {' | '.join(head)} |", f"|---{'|--:' * (len(head) - 1)}|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += ["", "| listed | vectors | reason |", "|---|--:|---|"]
    for rule, count in sorted(by_rule(verdicts, Status.LISTED).items()):
        if rule != "listed":
            lines.append(f"| {rule} | {count} | {reason_of(rule, listed)} |")
    lines += [f"| {v.id} | 1 | {v.detail} |" for v in verdicts if v.rule == "listed"]
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> int:
    options = arguments(given)
    try:
        vectors, listed = load(options.file), Listed.load(options.listed)
    except (OSError, ValueError) as error:
        print(f"run_vectors.py: {error}", file=sys.stderr)
        return 2
    verdicts = judge_all(vectors, listed)
    outdated = stale(listed)
    print(as_markdown(verdicts, listed) if options.markdown else as_text(verdicts, listed, verbose=options.verbose))
    for name in outdated:
        print(f"FAILED list: {name} is there by now: take it from the list ({listed.functions[name]})")
    statuses = {verdict.status for verdict in verdicts}
    if Status.FAILED in statuses or outdated:
        return FAILED
    return UNKNOWN if options.strict and Status.UNMAPPED in statuses else 0


if __name__ == "__main__":
    sys.exit(main())
