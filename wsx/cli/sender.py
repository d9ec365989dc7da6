"""Sends rows over several connections at once and accounts for every one of them.

A row that was taken from the input has exactly one outcome, sent or failed, whatever happens; rows that were never
taken stay in the input, where the caller can count them. So sent + failed + not tried = rows.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from wsx.cli.rows import Row
from wsx.cli.values import ValueProblem
from wsx.errors import ErrorCode, WsError

__all__ = ["Connection", "Outcome", "Sender"]

# How long the collecting thread waits at once; on Windows a wait without end would not let Ctrl-C through.
_WAIT_SECONDS: Final = 1.0


class Connection(Protocol):
    """What one worker sends its rows over."""

    @property
    def usable(self) -> bool:
        """Whether another row can be sent after a failure."""
        ...

    def send(self, row: Row) -> Any:
        """Send ``row``, wait for its reply and return it, JSON-able. Raises ValueProblem and WsError."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...

    def abort(self) -> None:
        """End what is going on, from any thread; the send under way raises."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What became of a row: ``reply`` when it was sent, ``error`` and ``code`` when it failed."""

    row: Row
    reply: Any = None
    error: str | None = None
    code: str = ErrorCode.S_OK.name

    @property
    def ok(self) -> bool:
        """True when the row was sent and the reply was no failure."""
        return self.error is None


class Sender:
    """Sends ``rows`` with ``concurrency`` workers, each with a connection of its own made by ``connect``.

    :meth:`stop` and :meth:`abort` may be called from a signal handler and from any thread. ``max_failures`` stops the
    run like :meth:`stop` once so many rows have failed. After the outcomes have ended, ``rows`` holds what was not
    tried; ``exhausted`` says that this is nothing, and ``reading_error`` is what ended the input early, if it did.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        rows: Iterator[Row],
        *,
        concurrency: int = 1,
        max_failures: int | None = None,
    ) -> None:
        self._connect = connect
        self._rows = rows
        self._concurrency = concurrency
        self._max_failures = max_failures
        self._failures = 0
        self._lock = threading.Lock()
        self._stopping = False
        self._open: dict[int, Connection] = {}
        self._done: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
        self.exhausted = False
        self.reading_error: Exception | None = None

    def stop(self) -> None:
        """Start no further row; those in flight are finished."""
        self._stopping = True

    def abort(self) -> None:
        """Start no further row and end those in flight; they fail with WS_E_OPERATION_ABORTED."""
        self._stopping = True
        for connection in list(self._open.values()):
            connection.abort()

    def outcomes(self) -> Iterator[Outcome]:
        """Start sending and give the outcomes as they come. Leaving the iteration early finishes what is in flight."""
        workers = [
            threading.Thread(target=self._work, args=(n,), name=f"wsx-send-{n}") for n in range(self._concurrency)
        ]
        for worker in workers:
            worker.start()
        running = len(workers)
        try:
            while running:
                try:
                    outcome = self._done.get(timeout=_WAIT_SECONDS)
                except queue.Empty:
                    continue
                if outcome is None:
                    running -= 1
                else:
                    yield outcome
        finally:
            if running:
                self._stopping = True
            for worker in workers:
                worker.join()

    def _work(self, worker: int) -> None:
        try:
            while not self._stopping and (row := self._next_row()) is not None:
                self._done.put(self._counted(self._send(worker, row)))
            self._drop(worker, abort=False)
        finally:
            self._done.put(None)

    def _next_row(self) -> Row | None:
        with self._lock:
            # Asked again under the lock: a worker that waited for it must not take a row after the stop.
            if self._stopping or self.exhausted or self.reading_error is not None:
                return None
            try:
                row = next(self._rows, None)
            except (OSError, ValueError) as error:
                self.reading_error = error
                return None
            self.exhausted = row is None
            return row

    def _counted(self, outcome: Outcome) -> Outcome:
        with self._lock:
            self._failures += not outcome.ok
            if self._failures == self._max_failures:
                self._stopping = True
        return outcome

    def _send(self, worker: int, row: Row) -> Outcome:
        if row.error is not None:
            return Outcome(row, error=row.error, code=ErrorCode.WS_E_INVALID_FORMAT.name)
        try:
            connection = self._open.get(worker)
            if connection is None:
                connection = self._open[worker] = self._connect()
            return Outcome(row, reply=connection.send(row))
        except ValueProblem as problem:
            return Outcome(row, error=str(problem), code=ErrorCode.WS_E_INVALID_FORMAT.name)
        except WsError as error:
            outcome = Outcome(row, error=str(error), code=error.code.name)
        except Exception as error:  # a row never vanishes, not even through a bug or a hook of the user's classes
            outcome = Outcome(row, error=f"{type(error).__name__}: {error}", code=ErrorCode.WS_E_OTHER.name)
        held = self._open.get(worker)
        if held is not None and not held.usable:
            self._drop(worker, abort=True)
        return outcome

    def _drop(self, worker: int, *, abort: bool) -> None:
        connection = self._open.pop(worker, None)
        if connection is None:
            return
        # The outcomes of its rows are known; what a closing connection says changes none of them.
        with contextlib.suppress(WsError):
            if abort:
                connection.abort()
            connection.close()
