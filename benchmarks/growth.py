"""From 10³ to 10⁶ records, and the memory that a run adds: each measurement in a process of its own.

``python -m benchmarks.growth --json results.json`` adds both to the results of ``benchmarks.run``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import cases, machine, measure
from benchmarks.check import DIRECTIONS, check
from benchmarks.peers import PEERS
from benchmarks.peers.base import require
from benchmarks.peers.wsx_tables import element_table

__all__ = ["GROWTH_PEERS", "SIZES", "growth", "main", "memory"]

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
GROWTH_PEERS: Final = ("wsx", "msgspec")
_MEMORY_PEERS: Final = tuple(name for name in PEERS if name not in ("gsoap", "libxml2", "limit"))
_RUNS: Final = 3


def _status(name: str) -> int:
    """A number of bytes out of /proc/self/status."""
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {name}")


def _peak(run: Callable[[], Any]) -> tuple[int, int]:
    """Bytes that a run adds to the process at its peak, and those of its result that stay."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak becomes what there is now
    before = _status("VmRSS")
    result = run()
    peak, held = _status("VmHWM") - before, _status("VmRSS") - before
    del result
    return peak, held


def _timed(run: Callable[[], Any]) -> float:
    run()
    with measure.settled():
        return statistics.median(measure.time_once(run, 1) for _ in range(_RUNS))


def _grown(peer: str, size: int) -> dict[str, Any]:
    """Both directions of one size; what is written is read, and must be the value again."""
    case = cases.load("records", size=size)
    write: Callable[[], bytes]
    read: Callable[[bytes], Any]
    if peer == "wsx":
        wsx, table = require("wsx"), element_table(case)
        write, read = partial(wsx.write_element, table, case.value), partial(wsx.read_element, table)
    else:
        json_module = require("msgspec.json")
        write = partial(json_module.Encoder().encode, case.value)
        read = json_module.Decoder(type(case.value)).decode
    data = write()
    if read(data) != case.value:
        raise RuntimeError(f"{peer}: another value")
    return {
        "peer": peer,
        "records": size,
        "bytes": len(data),
        "write_ns": _timed(write),
        "read_ns": _timed(partial(read, data)),
    }


def _remembered(peer: str, case_name: str, direction: str) -> dict[str, Any]:
    case = cases.load(case_name)
    found = check(PEERS[peer], case, direction)
    row = {"peer": peer, "peer_title": PEERS[peer].title, "case": case_name, "direction": direction}
    if found.job is None:
        return {**row, "status": found.status, "reason": found.reason}
    with measure.settled():
        peak, held = _peak(found.job.run)
    return {**row, "status": "ok", "bytes": found.size, "peak": peak, "held": held}


def _child(arguments: Sequence[str], *, warm: bool) -> Any:
    """What a child process prints as JSON."""
    environment = {name: value for name, value in os.environ.items() if name not in machine.HEAP_SETTINGS}
    if warm:
        environment.update(machine.HEAP_SETTINGS)
    command = [sys.executable, "-m", "benchmarks.growth", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout)


def growth(most: int) -> list[dict[str, Any]]:
    """Times by size, up to ``most`` records."""
    return [_child(["--grown", peer, str(size)], warm=True) for peer in GROWTH_PEERS for size in SIZES if size <= most]


def memory(peers: Sequence[str] = _MEMORY_PEERS, case: str = "records") -> list[dict[str, Any]]:
    """The memory that one run adds, with the C heap as the system sets it."""
    return [
        _child(["--remembered", peer, case, direction], warm=False)
        for peer in peers
        if peer in _MEMORY_PEERS
        for direction in DIRECTIONS
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and add to the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="the results to add to")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="records of the largest size")
    parser.add_argument("--grown", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--remembered", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.grown:
        print(json.dumps(_grown(options.grown[0], int(options.grown[1]))))
        return 0
    if options.remembered:
        print(json.dumps(_remembered(*options.remembered)))
        return 0
    machine.pin()
    started = time.monotonic()
    found = {"growth": growth(options.most), "memory": memory()}
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    if options.json is None:
        print(json.dumps(found, indent=1))
        return 0
    document = json.loads(options.json.read_text(encoding="utf-8")) if options.json.is_file() else {}
    options.json.write_text(json.dumps({**document, **found}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
