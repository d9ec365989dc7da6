"""The clock: repetitions, interleaved rounds, ratios inside a round, medians.

CPU time of the process is measured, not time on the wall, so that other processes disturb less; what is left of the
disturbance (shared caches, clock frequency) changes slowly and is taken out by ratios between peers of one round.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

__all__ = [
    "LEAST_ROUND_NS",
    "Summary",
    "Timed",
    "calibrate",
    "one_round",
    "ratios",
    "settled",
    "summarize",
    "time_once",
]

#: A peer runs at least this long in a round, unless one run already takes longer.
LEAST_ROUND_NS: Final = 50_000_000

Clock = Callable[[], int]


@dataclass(slots=True)
class Timed:
    """A peer under the clock: ``times`` holds nanoseconds per run, one for each round.

    ``prepare`` is called before each run, and its time does not count; ``clock`` measures a run that is not in this
    process; ``rounds`` bounds the rounds in which it takes part.
    """

    run: Callable[[], Any]
    repetitions: int = 1
    prepare: Callable[[], None] | None = None
    clock: Callable[[int], float] | None = None
    rounds: float = math.inf
    times: list[float] = field(default_factory=list)

    def time(self, repetitions: int, clock: Clock = time.process_time_ns) -> float:
        """Nanoseconds of CPU time for one run, on average over ``repetitions`` runs."""
        if self.clock is not None:
            return self.clock(repetitions)
        return time_once(self.run, repetitions, clock, self.prepare)


@dataclass(frozen=True, slots=True)
class Summary:
    """The middle and the ends of some numbers."""

    median: float
    least: float
    greatest: float


def time_once(
    run: Callable[[], Any],
    repetitions: int,
    clock: Clock = time.process_time_ns,
    prepare: Callable[[], None] | None = None,
) -> float:
    """Nanoseconds of CPU time for one run, on average over ``repetitions`` runs; each result is dropped at once.

    ``prepare`` is called before each run, and its time does not count.
    """
    if prepare is not None:
        spent = 0
        for _ in repeat(None, repetitions):
            prepare()
            start = clock()
            run()
            spent += clock() - start
        return spent / repetitions
    start = clock()
    for _ in repeat(None, repetitions):
        run()
    return (clock() - start) / repetitions


def calibrate(job: Timed, least_ns: int = LEAST_ROUND_NS, clock: Clock = time.process_time_ns) -> int:
    """How many repetitions take ``least_ns``; 1 for a run that takes as long by itself.

    The number grows until a trial is long enough to be trusted, so the first, cold runs do not decide it.
    """
    repetitions = 1
    while True:
        spent = job.time(repetitions, clock) * repetitions
        if spent >= least_ns / 4:
            return max(1, math.ceil(repetitions * least_ns / spent))
        repetitions *= 4


@contextmanager
def settled() -> Iterator[None]:
    """Inside, what exists already is out of the collector's sight.

    So a peer pays for its own objects only, not for a walk over the data prepared for the others, as in a process of
    its own. The collector itself stays as the interpreter sets it.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def one_round(jobs: Sequence[Timed], number: int, clock: Clock = time.process_time_ns) -> None:
    """Time every job once; which one begins depends on the round's number.

    Garbage of one peer is collected before the next one starts.
    """
    first = number % len(jobs) if jobs else 0
    for job in [*jobs[first:], *jobs[:first]]:
        if number >= job.rounds:
            continue
        gc.collect()
        job.times.append(job.time(job.repetitions, clock))


def ratios(times: Sequence[float], base: Sequence[float]) -> list[float]:
    """Time over the base's time, round by round; a slow peer takes part in the first rounds only."""
    return [mine / other for mine, other in zip(times, base, strict=False)]


def summarize(numbers: Sequence[float]) -> Summary:
    """Median, least and greatest."""
    return Summary(statistics.median(numbers), min(numbers), max(numbers))
