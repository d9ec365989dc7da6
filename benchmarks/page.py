"""``make bench-report``: the tables and plots of docs/performance.md, made of the JSON of one run.

``python -m benchmarks.page results.json`` fills the page; ``python -m benchmarks.page before.json after.json`` prints
what changed between two commits, by the ratio to msgspec.json inside each run.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import goals, plot, report
from benchmarks.instructions import RECORDS
from benchmarks.measure import ratios, summarize

__all__ = ["compare", "fill", "main", "plots", "sections"]

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
Document = Mapping[str, Any]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    ruler = "|" + "---|" * texts + "--:|" * (len(head) - texts)
    return "\n".join([f"| {' | '.join(head)} |", ruler, *(f"| {' | '.join(row)} |" for row in rows)])


def _number(number: float | None) -> str:
    return "–" if number is None else report.ratio(number)


def _goals(document: Document) -> str:
    results = document["results"]
    rows = []
    for goal in goals.GOALS:
        found = goals.reached(goal, results)
        judged = goals.verdict(found, goal.goal, goal.floor)
        rows.append([goal.label, goal.direction, _number(found), f"{goal.goal:g}", f"{goal.floor:g}", judged])
    first = _table(["case", "direction", "measured", "goal", "floor", "verdict"], rows, 2)
    titles = {result["peer"]: result["peer_title"] for result in results}
    rows = []
    for peer in goals.FASTER:
        found = goals.faster(peer, results)
        judged = goals.verdict(found, peer.goal, peer.floor, least=True)
        title = titles.get(peer.peer, peer.peer)
        rows.append(
            [title, f"{peer.direction} {peer.case}", _number(found), f"{peer.goal:g}", f"{peer.floor:g}", judged]
        )
    second = _table(["times faster than", "case", "measured", "goal", "floor", "verdict"], rows, 2)
    return f"{first}\n\n{second}"


def _overview(document: Document, direction: str) -> str:
    chosen = [result for result in document["results"] if result["direction"] == direction]
    return report.overview(chosen, document["options"]["base"])


def _details(document: Document) -> str:
    parts = []
    for (case, direction), group in report.groups(document["results"]).items():
        timed = [result for result in group if result["times_ns"]]
        parts += [f"### {direction} {case}", f"{group[0]['case_title']}.", report.details(timed, "msgspec")]
    return "\n\n".join(parts)


def _left_out(document: Document) -> str:
    """Who does not do what, and why: one line for each peer and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for result in document["results"]:
        if not result["times_ns"]:
            reason = (
                result["reason"] if result["status"] == "unsupported" else f"{result['status']}: {result['reason']}"
            )
            found.setdefault((result["peer_title"], reason), []).append(f"{result['direction']} {result['case']}")
    lines = []
    for (title, reason), places in found.items():
        named = ", ".join(places) if len(places) <= 6 else f"{', '.join(places[:3])} and {len(places) - 3} others"
        lines.append(f"- {title}: {reason} ({named})")
    return "\n".join(lines) or "Nobody leaves out anything."


def _memory(document: Document) -> str:
    rows = [
        [
            row["peer_title"],
            row["direction"],
            f"{row['bytes'] / 2**20:.1f}",
            f"{row['peak'] / 2**20:.1f}",
            f"{row['held'] / 2**20:.1f}",
        ]
        for row in document.get("memory", ())
        if row["status"] == "ok"
    ]
    if not rows:
        return "Not measured in this run."
    return _table(["peer", "direction", "document, MiB", "peak added, MiB", "result kept, MiB"], rows, 2)


def _growth(document: Document) -> str:
    rows = []
    found = document.get("growth", ())
    for peer in dict.fromkeys(row["peer"] for row in found):
        for direction in ("write", "read"):
            times = {row["records"]: row[f"{direction}_ns"] / row["records"] for row in found if row["peer"] == peer}
            middle = times.get(10_000)
            for size, each in times.items():
                relation = "–" if middle is None else f"{each / middle:.2f}"
                rows.append([peer, direction, f"{size:,}", report.duration(each), relation])
    if not rows:
        return "Not measured in this run."
    table = _table(["peer", "direction", "records", "a record", "to 10,000 records"], rows, 2)
    return f"{table}\n\n![growth](performance/growth.svg)"


def _instructions() -> str:
    records: list[dict[str, Any]] = json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.is_file() else []
    parts = []
    for record in records:
        rows = []
        for job, counts in record["counts"].items():
            most = list(counts["functions"].items())[:3]
            costs = [f"`{name}` {cost / counts['instructions']:.0%}" for name, cost in most]
            rows.append([job, f"{counts['instructions']:,}", *costs])
        parts.append(f"{record['system']['python']}, {record['system']['libc']}:")
        parts.append(_table(["one run", "instructions", "first", "second", "third"], rows))
    return "\n\n".join(parts) or "No record."


def _machine(document: Document) -> str:
    return "\n".join(f"- {line}" for line in report.remarks(document))


def sections(document: Document) -> dict[str, str]:
    """The parts of the page that a run makes, by the names of their places."""
    return {
        "goals": _goals(document),
        "write": _overview(document, "write"),
        "read": _overview(document, "read"),
        "memory": _memory(document),
        "growth": _growth(document),
        "instructions": _instructions(),
        "left out": _left_out(document),
        "machine": _machine(document),
        "details": _details(document),
    }


def plots(document: Document) -> dict[str, str]:
    """The plots by their file names."""
    made = {}
    for case in ("order", "records"):
        for direction in ("write", "read"):
            group = report.groups(document["results"]).get((case, direction), [])
            times = {r["peer_title"]: summarize(r["times_ns"]).median / 1e3 for r in group if r["times_ns"]}
            if times:
                title = f"{direction} {case}: microseconds of CPU time, logarithmic"
                made[f"{direction}-{case}.svg"] = plot.bars(title, times, [t for t in times if t.startswith("wsx")])
    series: dict[str, dict[float, float]] = {}
    for row in document.get("growth", ()):
        for direction in ("write", "read"):
            each = row[f"{direction}_ns"] / row["records"] / 1e3
            series.setdefault(f"{row['peer']}, {direction}", {})[row["records"]] = each
    if series:
        made["growth.svg"] = plot.lines("Time per record by the number of records", series, "microseconds a record")
    return made


def fill(text: str, parts: Mapping[str, str]) -> str:
    """The page with each part between its marks; ValueError for a part without a place."""
    for name, part in parts.items():
        pattern = re.compile(rf"(<!-- run: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
        places = list(pattern.finditer(text))
        if len(places) != 1:
            raise ValueError(f"the page has {len(places)} places for {name!r}")
        (place,) = places
        text = f"{text[: place.end(1)]}\n{part}\n\n{text[place.start(2) :]}"
    return text


def compare(before: Document, after: Document, peer: str = "wsx", base: str = "msgspec") -> str:
    """A row for each case and direction that both runs have: the ratio to the base in each, and its change."""
    rows = []
    old_groups, new_groups = report.groups(before["results"]), report.groups(after["results"])
    for key in [key for key in old_groups if key in new_groups]:
        old, new = (_relation(groups[key], peer, base) for groups in (old_groups, new_groups))
        if old is not None and new is not None:
            rows.append([f"{key[1]} {key[0]}", report.ratio(old), report.ratio(new), f"{new / old - 1:+.0%}"])
    head = [f"{peer}'s time over {base}'s", before["commit"] or "before", after["commit"] or "after", "change"]
    return _table(head, rows)


def _relation(group: Sequence[Mapping[str, Any]], peer: str, base: str) -> float | None:
    """The median ratio; nanoseconds where the base has no time in this case."""
    times = {result["peer"]: result["times_ns"] for result in group if result["times_ns"]}
    if peer not in times or base not in times:
        return None
    return summarize(ratios(times[peer], times[base])).median


def main(argv: Sequence[str] | None = None) -> int:
    """Fill the page, or compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("after", type=Path, nargs="?", help="compare with this one and change nothing")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args(argv)
    document = json.loads(options.file.read_text(encoding="utf-8"))
    if options.after is not None:
        print(compare(document, json.loads(options.after.read_text(encoding="utf-8"))))
        return 0
    text = fill(options.page.read_text(encoding="utf-8"), sections(document))
    options.page.write_text(text, encoding="utf-8")
    folder = options.page.with_suffix("")
    folder.mkdir(exist_ok=True)
    for name, svg in plots(document).items():
        (folder / name).write_text(svg, encoding="utf-8")
    print(f"{options.page} and the plots in {folder} are those of {options.file}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
