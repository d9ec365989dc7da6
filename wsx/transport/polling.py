"""Waiting for sockets, also where ``select.poll`` does not exist (Windows)."""

from __future__ import annotations

import select
import time
from typing import Any, Final

__all__ = ["END", "ERROR", "READ", "WRITE", "IdlePoll", "SelectPoll", "new_poll"]

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


def new_poll() -> Any:
    """A ``select.poll`` object, or what stands in for it."""
    return select.poll() if hasattr(select, "poll") else SelectPoll()


class IdlePoll:
    """Looks at kept connections; the one it looked at last costs a single system call the next time."""

    def __init__(self) -> None:
        self._poll: Any = new_poll()
        self._number = self._events = -1

    def is_dead(self, number: int, *, framed: bool) -> bool:
        """Whether the kept connection with that socket has ended, or holds bytes that belong to no request of ours.

        :param framed: it speaks HTTP/2, whose frames about the connection itself may wait there at any time.
        """
        events = END if framed else READ
        if number != self._number or events != self._events:
            if self._number >= 0:
                self._poll.unregister(self._number)
            self._poll.register(number, events)
            self._number, self._events = number, events
        try:
            return bool(self._poll.poll(0))
        except OSError:
            # Closed by libcurl, as select tells it; poll returns an event for that.
            return True
