"""Calls over HTTP: the small order as request and reply, over nginx on the loopback interface.

``make bench BENCH=http``, or ``python -m benchmarks.http --peer wsx --mode async32 --seconds 2 --json results.json``

A cell of the table is calls per second on the wall and microseconds of CPU time per call (the client's process as a
whole), the medians of the rounds; the peers take turns within a round. The server has the first processor and the
client the last one, where there are two.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import cases, machine, measure
from benchmarks.cases.base import Case
from benchmarks.http_peers import PEERS, HttpPeer
from benchmarks.http_server import nginx
from benchmarks.peers import Unavailable
from benchmarks.reference import xml_document

__all__ = ["MODES", "Cell", "main", "run_cell"]

#: How the calls are made: (threads or tasks at once, whether they are tasks).
MODES: Final = {
    "sync1": (1, False),
    "sync8": (8, False),
    "async1": (1, True),
    "async32": (32, True),
    "async256": (256, True),
}
_FORMAT: Final = 1


class Wrong(Exception):
    """A peer does not send what it should, or does not read what it got."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One peer in one mode in one round."""

    calls: int
    wall: float
    cpu: float

    @property
    def per_second(self) -> float:
        """Calls per second on the wall."""
        return self.calls / self.wall

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU time per call."""
        return self.cpu / self.calls * 1e6


def run_cell(peer: HttpPeer, mode: str, seconds: float) -> Cell:
    """Call for some seconds.

    :raises Wrong: when the first reply is not the order.
    """
    count, tasks = MODES[mode]
    return asyncio.run(_async_cell(peer, count, seconds)) if tasks else _sync_cell(peer, count, seconds)


def _check(peer: HttpPeer, result: Any) -> None:
    if peer.value(result) != peer.case.value:
        raise Wrong(f"{peer.name} did not read the order")


def _sync_cell(peer: HttpPeer, count: int, seconds: float) -> Cell:
    with contextlib.ExitStack() as stack:
        calls = [stack.enter_context(peer.caller()) for _ in range(count)]
        for call in calls:
            _check(peer, call())
        made = [0] * count
        failures: list[BaseException] = []
        start, cpu = time.perf_counter(), time.process_time()
        end = start + seconds

        def run(number: int, call: Callable[[], Any]) -> None:
            done = 0
            try:
                while not done or time.perf_counter() < end:
                    call()
                    done += 1
            except BaseException as error:
                failures.append(error)
            made[number] = done

        if count == 1:
            run(0, calls[0])
        else:
            threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        cell = Cell(sum(made), time.perf_counter() - start, time.process_time() - cpu)
    if failures:
        raise failures[0]
    return cell


async def _async_cell(peer: HttpPeer, count: int, seconds: float) -> Cell:
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(peer.in_loop())
        calls = [await stack.enter_async_context(peer.async_caller()) for _ in range(count)]
        for result in await asyncio.gather(*(call() for call in calls)):
            _check(peer, result)
        start, cpu = time.perf_counter(), time.process_time()
        end = start + seconds

        async def run(call: Callable[[], Any]) -> int:
            done = 0
            while not done or time.perf_counter() < end:
                await call()
                done += 1
            return done

        made = await asyncio.gather(*map(run, calls))
        return Cell(sum(made), time.perf_counter() - start, time.process_time() - cpu)


def _measure(case: Case, url: str, options: argparse.Namespace) -> dict[str, dict[str, list[Cell] | str]]:
    """mode → peer → its cells, or why it has none."""
    results: dict[str, dict[str, list[Cell] | str]] = {mode: {} for mode in options.mode}
    for mode in options.mode:
        cells = results[mode]
        for number in range(options.rounds):
            for name in options.peer:
                if isinstance(cells.get(name), str):
                    continue
                print(f"  {mode}, round {number + 1} of {options.rounds}: {name}", file=sys.stderr, flush=True)
                try:
                    with measure.settled():
                        cell = run_cell(PEERS[name](case, url), mode, options.seconds)
                except Unavailable as error:
                    cells[name] = str(error)
                else:
                    found = cells.setdefault(name, [])
                    if isinstance(found, list):
                        found.append(cell)
    return results


def _table(results: dict[str, dict[str, list[Cell] | str]], base: str) -> str:
    lines = ["| mode | peer | calls/s | CPU µs/call | calls/s of " + base + " | CPU of " + base + " |"]
    lines.append("|---|---|---:|---:|---:|---:|")
    for mode, peers in results.items():
        theirs = peers.get(base)
        for name, cells in peers.items():
            if isinstance(cells, str):
                lines.append(f"| {mode} | {name} | {cells} | | | |")
                continue
            row = [f"{statistics.median(one.per_second for one in cells):,.0f}"]
            row.append(f"{statistics.median(one.cpu_us for one in cells):.1f}")
            if isinstance(theirs, list):
                pairs = list(zip(cells, theirs, strict=False))
                row.append(f"{statistics.median(one.per_second / two.per_second for one, two in pairs):.2f}×")
                row.append(f"{statistics.median(one.cpu_us / two.cpu_us for one, two in pairs):.2f}×")
            lines.append(f"| {mode} | {name} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http", description=__doc__.splitlines()[0])
    every = "may be repeated; all of them unless given"
    parser.add_argument("--mode", action="append", choices=tuple(MODES), help=every)
    parser.add_argument("--peer", action="append", choices=tuple(PEERS), help=every)
    parser.add_argument("--base", choices=tuple(PEERS), default="pycurl", help="the peer that the ratios refer to")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a peer calls in a round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    options = parser.parse_args(argv)
    options.mode = list(dict.fromkeys(options.mode or MODES))
    options.peer = list(dict.fromkeys(options.peer or PEERS))
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status: 1 without nginx."""
    options = _arguments(argv)
    case = cases.load("order", quick=False)
    processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    try:
        with nginx(xml_document(case, envelope=True), cpu=processors[0] if len(processors) > 1 else None) as url:
            cpu = machine.pin()
            results = _measure(case, url, options)
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 1
    distributions = (name for peer in options.peer for name in PEERS[peer].distributions)
    document = {
        "format": _FORMAT,
        "commit": machine.commit(),
        "machine": machine.describe(cpu),
        "versions": machine.versions(distributions),
        "options": {"rounds": options.rounds, "seconds": options.seconds, "base": options.base},
        "results": {
            mode: {
                name: cells
                if isinstance(cells, str)
                else [{"calls": one.calls, "wall": one.wall, "cpu": one.cpu} for one in cells]
                for name, cells in peers.items()
            }
            for mode, peers in results.items()
        },
    }
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(_table(results, options.base))
    return 0


if __name__ == "__main__":
    sys.exit(main())
