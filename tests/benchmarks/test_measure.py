"""benchmarks.measure: arithmetic, with a clock that the test winds by hand."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from benchmarks.measure import Summary, Timed, calibrate, one_round, ratios, settled, summarize, time_once


class Clock:
    """A clock that moves only when a job runs."""

    def __init__(self) -> None:
        self.now = 0
        self.runs: list[str] = []

    def __call__(self) -> int:
        return self.now

    def job(self, cost: int, name: str = "job") -> Callable[[], None]:
        """A job that takes that many nanoseconds."""

        def run() -> None:
            self.now += cost
            self.runs.append(name)

        return run


def test_time_is_that_of_one_run() -> None:
    clock = Clock()
    assert time_once(clock.job(70), 5, clock) == 70
    assert len(clock.runs) == 5


@pytest.mark.parametrize(
    ("cost", "least", "repetitions"),
    [
        (1, 20_000, 20_000),
        (1_000, 20_000_000, 20_000),
        (999_999, 20_000_000, 21),
        (20_000_000, 20_000_000, 1),
        (3_000_000_000, 20_000_000, 1),
    ],
)
def test_a_round_is_long_enough(cost: int, least: int, repetitions: int) -> None:
    clock = Clock()
    found = calibrate(Timed(clock.job(cost)), least, clock)
    assert found == repetitions
    assert found * cost >= least


def test_slow_jobs_are_not_run_again_to_find_out() -> None:
    clock = Clock()
    calibrate(Timed(clock.job(20_000_000)), 20_000_000, clock)
    assert len(clock.runs) == 1


def test_a_cold_first_run_does_not_decide() -> None:
    clock = Clock()
    costs = iter([2_000_000])

    def run() -> None:
        clock.now += next(costs, 1_000)

    assert calibrate(Timed(run), 20_000_000, clock) > 10_000


def test_rounds_interleave_and_change_their_order() -> None:
    clock = Clock()
    jobs = [Timed(clock.job(10 * (index + 1), name), index + 1) for index, name in enumerate("abc")]
    for number in range(4):
        one_round(jobs, number, clock)
    assert "".join(clock.runs) == "abbccc" + "bbccca" + "cccabb" + "abbccc"
    assert [job.times for job in jobs] == [[10.0] * 4, [20.0] * 4, [30.0] * 4]


def test_a_round_of_nothing() -> None:
    one_round([], 3)


def test_what_was_prepared_is_out_of_the_collectors_sight() -> None:
    before = gc.get_freeze_count()
    enabled = gc.isenabled()
    with settled():
        assert gc.get_freeze_count() > before
        assert gc.isenabled() is enabled
    assert gc.get_freeze_count() == 0


def test_ratios_are_taken_inside_a_round() -> None:
    assert ratios([10.0, 40.0, 9.0], [20.0, 20.0, 3.0]) == [0.5, 2.0, 3.0]
    # A peer that took part in the first round only.
    assert ratios([1.0], [2.0, 8.0]) == [0.5]


def test_a_slow_peer_takes_part_in_the_first_rounds_only() -> None:
    clock = Clock()
    jobs = [Timed(clock.job(10, "a")), Timed(clock.job(99, "b"), rounds=2)]
    for number in range(4):
        one_round(jobs, number, clock)
    assert [len(job.times) for job in jobs] == [4, 2]


def test_what_prepares_is_not_timed() -> None:
    clock = Clock()
    job = Timed(clock.job(10, "r"), prepare=clock.job(1000, "p"))
    assert job.time(3, clock) == 10
    assert "".join(clock.runs) == "prprpr"


def test_a_program_measures_itself() -> None:
    assert Timed(clock_that_fails, clock=lambda repetitions: 7.0 * repetitions).time(3) == 21


def clock_that_fails() -> None:
    raise AssertionError("it runs elsewhere")


def test_summary() -> None:
    assert summarize([3.0, 1.0, 2.0]) == Summary(2.0, 1.0, 3.0)
    assert summarize([1.0, 2.0]) == Summary(1.5, 1.0, 2.0)
