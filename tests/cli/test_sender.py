"""Every row has exactly one outcome, however the run ends."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from wsx.cli.rows import Row
from wsx.cli.sender import Outcome, Sender
from wsx.cli.values import ValueProblem
from wsx.errors import EndpointUnreachable, OperationAborted


class FakeConnection:
    """A connection whose answer a function decides."""

    def __init__(self, answer: Callable[[Row], Any]) -> None:
        self._answer = answer
        self.usable = True
        self.closed = False
        self.aborted = threading.Event()

    def send(self, row: Row) -> Any:
        return self._answer(row)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.usable = False
        self.aborted.set()


def rows(count: int) -> Iterator[Row]:
    return iter([Row(number, number, {"n": number}) for number in range(1, count + 1)])


def run(sender: Sender) -> dict[int, Outcome]:
    found = list(sender.outcomes())
    assert max(Counter(outcome.row.number for outcome in found).values(), default=1) == 1
    return {outcome.row.number: outcome for outcome in found}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_all_rows_are_sent_and_all_connections_closed(concurrency: int) -> None:
    made: list[FakeConnection] = []

    def connect() -> FakeConnection:
        made.append(FakeConnection(lambda row: row.number * 2))
        return made[-1]

    found = run(Sender(connect, rows(50), concurrency=concurrency))
    assert {number: outcome.reply for number, outcome in found.items()} == {n: 2 * n for n in range(1, 51)}
    assert 1 <= len(made) <= concurrency
    assert all(connection.closed and not connection.aborted.is_set() for connection in made)


def test_one_worker_keeps_the_order() -> None:
    sender = Sender(lambda: FakeConnection(lambda row: None), rows(20))
    assert [outcome.row.number for outcome in sender.outcomes()] == list(range(1, 21))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EndpointUnreachable("no way"), "WS_E_ENDPOINT_UNREACHABLE"),
        (ValueProblem("a.b", "bad"), "WS_E_INVALID_FORMAT"),
        (ZeroDivisionError("bug"), "WS_E_OTHER"),
    ],
)
def test_a_failure_is_the_outcome_of_its_row_only(error: Exception, code: str) -> None:
    def answer(row: Row) -> Any:
        if row.number == 2:
            raise error
        return "ok"

    found = run(Sender(lambda: FakeConnection(answer), rows(3)))
    assert [found[n].ok for n in (1, 2, 3)] == [True, False, True]
    assert found[2].code == code
    assert str(error.args[0]) in str(found[2].error)


def test_a_failing_connect_fails_the_row() -> None:
    def connect() -> FakeConnection:
        raise EndpointUnreachable("down")

    found = run(Sender(connect, rows(5), concurrency=2))
    assert len(found) == 5
    assert all(outcome.code == "WS_E_ENDPOINT_UNREACHABLE" for outcome in found.values())


def test_a_row_with_an_error_needs_no_connection() -> None:
    def connect() -> FakeConnection:
        raise AssertionError("not wanted")

    (outcome,) = Sender(connect, iter([Row(1, 1, "x", "not JSON")])).outcomes()
    assert (outcome.error, outcome.code) == ("not JSON", "WS_E_INVALID_FORMAT")


def test_an_unusable_connection_is_replaced() -> None:
    made: list[FakeConnection] = []

    def connect() -> FakeConnection:
        def answer(row: Row) -> Any:
            if row.number == 2:
                connection.usable = False
                raise EndpointUnreachable("lost")
            return None

        connection = FakeConnection(answer)
        made.append(connection)
        return connection

    found = run(Sender(connect, rows(4)))
    assert [found[n].ok for n in range(1, 5)] == [True, False, True, True]
    assert [connection.aborted.is_set() for connection in made] == [True, False]
    assert all(connection.closed for connection in made)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_stop_finishes_what_is_in_flight_and_leaves_the_rest(concurrency: int) -> None:
    source = rows(100)
    in_flight = threading.Barrier(concurrency + 1)
    go_on = threading.Event()

    def answer(row: Row) -> Any:
        if row.number <= concurrency:
            in_flight.wait(timeout=10)
            assert go_on.wait(timeout=10)
        return None

    sender = Sender(lambda: FakeConnection(answer), source, concurrency=concurrency)

    def stop() -> None:
        in_flight.wait(timeout=10)
        sender.stop()
        go_on.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    found = run(sender)
    stopper.join()
    assert sorted(found) == list(range(1, concurrency + 1))
    assert all(outcome.ok for outcome in found.values())
    assert [row.number for row in source] == list(range(concurrency + 1, 101))


def test_abort_ends_what_is_in_flight() -> None:
    source = rows(10)
    made: list[FakeConnection] = []
    started = threading.Event()

    def answer(row: Row) -> Any:
        started.set()
        assert made[0].aborted.wait(timeout=10)
        raise OperationAborted("aborted")

    def connect() -> FakeConnection:
        made.append(FakeConnection(answer))
        return made[-1]

    sender = Sender(connect, source)

    def abort() -> None:
        assert started.wait(timeout=10)
        sender.abort()

    aborter = threading.Thread(target=abort)
    aborter.start()
    found = run(sender)
    aborter.join()
    assert {number: outcome.code for number, outcome in found.items()} == {1: "WS_E_OPERATION_ABORTED"}
    assert len(list(source)) == 9


def test_input_that_breaks_off_ends_the_run_with_the_outcomes_so_far() -> None:
    def broken() -> Iterator[Row]:
        yield from rows(3)
        raise OSError("disk gone")

    sender = Sender(lambda: FakeConnection(lambda row: None), broken(), concurrency=2)
    assert sorted(run(sender)) == [1, 2, 3]
    assert str(sender.reading_error) == "disk gone"


def test_leaving_the_outcomes_early_finishes_what_is_in_flight() -> None:
    made: list[FakeConnection] = []

    def connect() -> FakeConnection:
        made.append(FakeConnection(lambda row: None))
        return made[-1]

    outcomes = Sender(connect, rows(1000), concurrency=2).outcomes()
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert all(connection.closed for connection in made)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("wsx-send")]
