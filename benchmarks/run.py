"""The command: check every peer, time them in turn, print a table.

``python -m benchmarks.run --case order --peer wsx --peer msgspec --rounds 9 --json results.json``
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import cases, growth, machine, measure, report
from benchmarks.cases import Case
from benchmarks.check import DIRECTIONS, Checked, check
from benchmarks.peers import PEERS, Peer

__all__ = ["FORMAT", "command", "main", "run"]

#: The number of the layout of the JSON results.
FORMAT = 1
#: A peer whose check took longer than this takes part in so many rounds only.
SLOW_NS = 1_500_000_000
_SLOW_ROUNDS = 2
_QUICK_ROUNDS = 2
_QUICK_LEAST_NS = 1_000_000


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.splitlines()[0])
    every = "may be repeated; all of them unless given"
    parser.add_argument("--case", action="append", choices=cases.NAMES, help=every)
    parser.add_argument("--peer", action="append", choices=tuple(PEERS), help=every)
    parser.add_argument("--direction", action="append", choices=DIRECTIONS, help=every)
    parser.add_argument("--base", choices=tuple(PEERS), default="msgspec", help="the peer that the ratios refer to")
    parser.add_argument("--rounds", type=_positive, help="how often every peer is timed (7; with --quick 2)")
    parser.add_argument("--quick", action="store_true", help="tiny data, short rounds: a trial, not a measurement")
    parser.add_argument("--cpu", type=int, help="the processor to stay on")
    parser.add_argument("--growth", action="store_true", help="memory, and 10³ to 10⁶ records, too (2 minutes more)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    options = parser.parse_args(argv)
    options.case = list(dict.fromkeys(options.case or cases.NAMES))
    options.direction = list(dict.fromkeys(options.direction or DIRECTIONS))
    chosen = dict.fromkeys(options.peer or PEERS)
    options.peer = [name for name in PEERS if name in chosen or name == options.base]
    options.rounds = options.rounds or (_QUICK_ROUNDS if options.quick else 7)
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _result(case: Case, direction: str, peer: Peer, checked: Checked, timed: measure.Timed | None) -> dict[str, Any]:
    return {
        "case": case.name,
        "case_title": case.title,
        "direction": direction,
        "peer": peer.name,
        "peer_title": peer.title,
        "note": peer.note,
        "status": checked.status,
        "reason": checked.reason,
        "bytes": checked.size,
        "fields": case.field_count,
        "repetitions": timed.repetitions if timed else 0,
        "times_ns": timed.times if timed else [],
    }


def run(
    case: Case, direction: str, peers: Sequence[Peer], *, rounds: int, least_ns: int = measure.LEAST_ROUND_NS
) -> list[dict[str, Any]]:
    """Check and time some peers at one case in one direction; one result for each, in their order.

    A peer that is missing or fails its check is in the results with its status and without times.
    """
    timed: dict[str, measure.Timed] = {}
    found: dict[str, Checked] = {}
    for peer in peers:
        checked = found[peer.name] = check(peer, case, direction)
        if checked.job is None:
            _say(f"  {peer.name}: {checked.status}: {checked.reason}")
            continue
        job = timed[peer.name] = measure.Timed(checked.job.run, prepare=checked.job.prepare, clock=checked.job.timed)
        job.repetitions = measure.calibrate(job, least_ns)
        if checked.spent_ns > SLOW_NS:
            job.rounds = _SLOW_ROUNDS
        _say(f"  {peer.name}: checked, {checked.size:,} bytes, {job.repetitions} runs a round")
    with measure.settled():
        for number in range(rounds):
            _say(f"  round {number + 1} of {rounds}")
            measure.one_round(list(timed.values()), number)
    return [_result(case, direction, peer, found[peer.name], timed.get(peer.name)) for peer in peers]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status: 1 when a peer failed its check, 0 else."""
    options = _arguments(argv)
    peers = [PEERS[name] for name in options.peer]
    cpu = machine.pin(options.cpu)
    results: list[dict[str, Any]] = []
    for name in options.case:
        case = cases.load(name, quick=options.quick)
        for direction in options.direction:
            _say(f"{direction} {name}: {case.title}")
            least_ns = _QUICK_LEAST_NS if options.quick else measure.LEAST_ROUND_NS
            results += run(case, direction, peers, rounds=options.rounds, least_ns=least_ns)
    document = {
        "format": FORMAT,
        "commit": machine.commit(),
        "machine": machine.describe(cpu),
        "versions": machine.versions(name for peer in peers for name in peer.distributions),
        "options": {"base": options.base, "rounds": options.rounds, "quick": options.quick},
        "results": results,
    }
    if options.growth:
        _say("growth and memory")
        document.update(growth=growth.growth(growth.SIZES[0] if options.quick else growth.SIZES[-1]))
        document.update(memory=growth.memory(options.peer))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        _say(f"results in {options.json}")
    print(report.render(document, options.base))
    return int(any(result["status"] in ("failed", "wrong") for result in results))


def command() -> None:
    """The entry of ``python -m benchmarks``: the process is started again with a warm heap first."""
    machine.warm_heap()
    sys.exit(main())


if __name__ == "__main__":
    command()
