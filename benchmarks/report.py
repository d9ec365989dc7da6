"""Results as Markdown: ``python -m benchmarks.report results.json --base wsx``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import ratios, summarize

__all__ = ["details", "duration", "groups", "main", "overview", "ratio", "remarks", "render"]

Result = Mapping[str, Any]


def duration(nanoseconds: float) -> str:
    """A time with a unit and about three digits."""
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= factor:
            return f"{_digits(nanoseconds / factor)} {unit}"
    return f"{_digits(nanoseconds)} ns"


def ratio(number: float) -> str:
    """A multiple with as many digits as it is worth."""
    return _digits(number)


def _digits(number: float) -> str:
    if number >= 99.5:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 9.95 else f"{number:.2f}"


def groups(results: Sequence[Result]) -> dict[tuple[str, str], list[Result]]:
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        found.setdefault((result["case"], result["direction"]), []).append(result)
    return found


def _base_times(group: Sequence[Result], base: str) -> list[float]:
    return next((list(result["times_ns"]) for result in group if result["peer"] == base), [])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _head(columns: Sequence[str]) -> list[str]:
    return [_row(columns), "|---|" + "--:|" * (len(columns) - 1)]


def details(group: Sequence[Result], base: str) -> str:
    """The table of one case in one direction, the quickest first, then those without a time and why."""
    timed = sorted((r for r in group if r["times_ns"]), key=lambda r: summarize(r["times_ns"]).median)
    base_times = _base_times(group, base)
    title = next((r["peer_title"] for r in group if r["peer"] == base), base)
    lines = _head(["peer", "CPU time", f"of {title} (least–greatest)", "MB/s", "ns a value", "bytes"])
    for result in timed:
        median = summarize(result["times_ns"]).median
        relation = "–"
        if base_times:
            found = summarize(ratios(result["times_ns"], base_times))
            relation = f"{ratio(found.median)} ({ratio(found.least)}–{ratio(found.greatest)})"
        cells = [
            result["peer_title"],
            duration(median),
            relation,
            f"{result['bytes'] * 1e3 / median:.0f}",
            f"{median / result['fields']:.1f}",
            f"{result['bytes']:,}",
        ]
        lines.append(_row(cells))
    lines += [
        _row([result["peer_title"], f"{result['status']}: {result['reason']}", "", "", "", ""])
        for result in group
        if not result["times_ns"]
    ]
    return "\n".join(lines)


def overview(results: Sequence[Result], base: str) -> str:
    """One row a peer, one column a case and direction: the median multiple of the base's time.

    Where the base has no time the others' own times stand, with their units.
    """
    grouped = groups(results)
    titles = {result["peer"]: result["peer_title"] for result in results}
    lines = _head([f"time, {titles.get(base, base)} = 1", *(f"{direction} {case}" for case, direction in grouped)])
    for peer, title in titles.items():
        cells = [title]
        for group in grouped.values():
            result = next((r for r in group if r["peer"] == peer), None)
            base_times = _base_times(group, base)
            if result is None:
                cells.append("")
            elif not result["times_ns"]:
                cells.append("–" if result["status"] == "unsupported" else result["status"])
            elif not base_times:
                cells.append(duration(summarize(result["times_ns"]).median))
            else:
                cells.append(ratio(summarize(ratios(result["times_ns"], base_times)).median))
        lines.append(_row(cells))
    return "\n".join(lines)


def remarks(document: Mapping[str, Any]) -> list[str]:
    machine, options = document["machine"], document["options"]
    versions = ", ".join(f"{name} {version or '(not installed)'}" for name, version in document["versions"].items())
    notes = {result["peer_title"]: result["note"] for result in document["results"] if result["note"]}
    lines = [
        f"{machine['processor']}, {machine['cores']} cores ({machine['architecture']}), {machine['system']}, "
        f"{machine['python']}; {versions}; commit {document['commit'] or 'unknown'}.",
        f"CPU time of one process, medians of {options['rounds']} interleaved rounds; C heap: {machine['heap']}; "
        f"{'pinned to one processor' if machine['pinned_to'] is not None else 'not pinned'}.",
        *(f"{title}: {note}." for title, note in notes.items()),
    ]
    if options["quick"]:
        lines.insert(0, "**A trial run on tiny data; the numbers mean nothing.**")
    return lines


def render(document: Mapping[str, Any], base: str) -> str:
    """All of a result file as Markdown."""
    parts = [overview(document["results"], base)]
    for (case, direction), group in groups(document["results"]).items():
        parts += [f"### {direction} {case} ({group[0]['case_title']})", details(group, base)]
    parts.append("\n".join(f"- {line}" for line in remarks(document)))
    return "\n\n".join(parts)


def main(argv: Sequence[str] | None = None) -> int:
    """Print a result file as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description="Results as Markdown.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--base", help="the peer that the ratios refer to; the one of the run unless given")
    parser.add_argument("--overview", action="store_true", help="only the first table")
    options = parser.parse_args(argv)
    document = json.loads(options.file.read_text(encoding="utf-8"))
    base = options.base or document["options"]["base"]
    print(overview(document["results"], base) if options.overview else render(document, base))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
