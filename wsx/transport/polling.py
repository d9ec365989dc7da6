"""Waiting for sockets, also where ``select.poll`` does not exist (Windows)."""

from __future__ import annotations

import select
import time
from typing import Final

__all__ = ["END", "ERROR", "READ", "WRITE", "SelectPoll"]

READ: Final[int] = getattr(select, "POLLIN", 1)
WRITE: Final[int] = getattr(select, "POLLOUT", 4)
ERROR: Final[int] = getattr(select, "POLLERR", 8)
# The other side sends no more; where a system does not tell that from data, any of the two.
END: Final[int] = getattr(select, "POLLRDHUP", READ)


class SelectPoll:
    """The part of ``select.poll`` objects that a transport uses, over ``select.select``."""

    def __init__(self) -> None:
        self._events: dict[int, int] = {}

    def register(self, number: int, events: int) -> None:
        """Wait for ``events`` of the socket from now on."""
        self._events[number] = events

    def unregister(self, number: int) -> None:
        """Forget the socket.

        :raises KeyError: when it was not registered.
        """
        del self._events[number]

    def poll(self, timeout: float | None) -> list[tuple[int, int]]:
        """Wait at most ``timeout`` milliseconds, None for ever; (socket, events) of those that are ready."""
        seconds = None if timeout is None else timeout / 1000
        readers = [number for number, events in self._events.items() if events & (READ | END)]
        writers = [number for number, events in self._events.items() if events & WRITE]
        if not readers and not writers:
            # Windows refuses to select nothing.
            time.sleep(0 if seconds is None else seconds)
            return []
        # A refused connection is an exceptional condition to Windows.
        readable, writable, failed = select.select(readers, writers, writers, seconds)
        found = dict.fromkeys(readable, READ)
        for number in writable:
            found[number] = found.get(number, 0) | WRITE
        for number in failed:
            found[number] = found.get(number, 0) | ERROR
        return list(found.items())
