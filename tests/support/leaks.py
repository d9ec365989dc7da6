"""What a process has open: file descriptors and threads, to compare before and after."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Final

import pytest

__all__ = ["NO_PROC", "open_files", "settles", "tasks", "until"]

_FILES: Final = "/proc/self/fd"
NO_PROC: Final = not os.path.isdir(_FILES)


def open_files() -> set[tuple[str, str]]:
    """(number, what it leads to) of every open file; sockets have a number of their own that no other one gets."""
    found = set()
    for number in os.listdir(_FILES):
        try:
            found.add((number, os.readlink(f"{_FILES}/{number}")))
        except OSError:
            # The one that listed the directory.
            continue
    return found


def tasks() -> set[asyncio.Task[object]]:
    """The tasks of the running loop but the one that asks."""
    return asyncio.all_tasks() - {asyncio.current_task()}


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for what another thread is about to do."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.005)
    pytest.fail(f"{what}: it did not come to that within 5 s")


async def settles(condition: Callable[[], bool], what: str) -> None:
    """Wait in the event loop for what is about to happen."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail(f"{what}: it did not come to that within 5 s")
