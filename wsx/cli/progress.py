"""What a run shows while it goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

__all__ = ["SendProgress"]

_SECONDS_BETWEEN_LINES: Final = 5.0
_SHOWN_FAILURES: Final = 10


class SendProgress:
    """Shows how many of ``total`` rows were sent and how many failed (``total`` None: not known before the end).

    On a terminal it is a progress bar with the rate; otherwise one line every few seconds. Context manager;
    :meth:`advance` is called once per finished row, always from the same thread.
    """

    def __init__(self, stream: IO[str], total: int | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._total = total
        self._clock = clock
        self._sent = 0
        self._failed = 0
        self._shown = 0
        self._started = self._last_line = clock()
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> SendProgress:
        self._started = self._last_line = self._clock()
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("sending"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[failed]} failed"),
                TextColumn("{task.fields[rate]:,.0f}/s"),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._task = self._bar.add_task("sending", total=self._total, failed=0, rate=0.0)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, *, ok: bool) -> None:
        """One more row is done."""
        if ok:
            self._sent += 1
        else:
            self._failed += 1
        done = self._sent + self._failed
        now = self._clock()
        if self._bar is not None:
            rate = done / max(now - self._started, 1e-9)
            self._bar.update(self._task, completed=done, failed=self._failed, rate=rate)
        elif now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            total = "" if self._total is None else f" of {self._total}"
            self.note(f"{done}{total} rows done, {self._failed} failed")

    def failure(self, text: str) -> None:
        """A line about a row that failed; after ten of them one that says that further ones are not shown."""
        self._shown += 1
        if self._shown <= _SHOWN_FAILURES:
            self.note(text)
        elif self._shown == _SHOWN_FAILURES + 1:
            self.note("more rows fail and are not shown")

    def note(self, text: str) -> None:
        """A line of its own, above the bar on a terminal."""
        self._console.print(text, markup=False)
