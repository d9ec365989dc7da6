"""One peer's job and nothing else, for a profiler to look at.

``perf record -g python -m benchmarks.once wsx records write --runs 50``, or
``valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*read_element*' python -m benchmarks.once …``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import cases, measure
from benchmarks.check import DIRECTIONS, check
from benchmarks.peers import PEERS
from benchmarks.report import duration

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Check a job, run it; gives 1 when the peer does not pass its check."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.once", description="One peer's job, for a profiler.")
    parser.add_argument("peer", choices=tuple(PEERS))
    parser.add_argument("case", choices=cases.NAMES)
    parser.add_argument("direction", choices=DIRECTIONS)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="tiny data")
    options = parser.parse_args(argv)
    found = check(PEERS[options.peer], cases.load(options.case, quick=options.quick), options.direction)
    if found.job is None:
        print(f"{options.peer}: {found.status}: {found.reason}", file=sys.stderr)
        return 1
    with measure.settled():
        print(f"{duration(measure.time_once(found.job.run, options.runs, prepare=found.job.prepare))} a run")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
