"""What a run shows: lines away from a terminal, a bar on one."""

from __future__ import annotations

import io

import pytest

from wsx.cli.progress import SendProgress


@pytest.fixture(autouse=True)
def a_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_every_few_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    with SendProgress(stream, 100, clock=clock) as progress:
        for second in range(12):
            clock.now = float(second)
            progress.advance(ok=second != 3)
    assert stream.getvalue().splitlines() == ["6 of 100 rows done, 1 failed", "11 of 100 rows done, 1 failed"]


def test_plain_lines_without_a_total() -> None:
    stream, clock = io.StringIO(), Clock()
    with SendProgress(stream, None, clock=clock) as progress:
        clock.now = 5.0
        progress.advance(ok=True)
    assert stream.getvalue() == "1 rows done, 0 failed\n"


def test_ten_failures_are_shown() -> None:
    stream = io.StringIO()
    with SendProgress(stream, 100) as progress:
        for number in range(20):
            progress.failure(f"row {number}: [bold]{'x' * 200}")
    shown = stream.getvalue().splitlines()
    assert len(shown) == 11
    assert shown[0] == f"row 0: [bold]{'x' * 200}"
    assert shown[10] == "more rows fail and are not shown"


def test_a_bar_on_a_terminal() -> None:
    stream = Terminal()
    with SendProgress(stream, 4) as progress:
        for ok in (True, False, True, True):
            progress.advance(ok=ok)
    text = stream.getvalue()
    assert "4/4" in text
    assert "1 failed" in text
