"""Between libcurl's socket interface and polling: what it waits for, and what has happened."""

from __future__ import annotations

from typing import Any, Final

import pycurl

from wsx.transport.polling import ERROR, READ, WRITE

__all__ = ["POLL_EVENTS", "action_of", "cut_callbacks"]

#: What libcurl says that it waits for → the events of a poll object; it waits for nothing where there is no entry.
POLL_EVENTS: Final = {
    pycurl.POLL_IN: READ,
    pycurl.POLL_OUT: WRITE,
    pycurl.POLL_INOUT: READ | WRITE,
}


def action_of(events: int) -> int:
    """What libcurl is told of a socket's events; the end of a connection is something to read."""
    action = 0
    if events & ~WRITE:
        action |= pycurl.CSELECT_IN
    if events & WRITE:
        action |= pycurl.CSELECT_OUT
    if events & ERROR:
        action |= pycurl.CSELECT_ERR
    return action


def cut_callbacks(multi: Any) -> None:
    """Before ``multi`` is closed, perhaps by another thread: nobody here is told any more."""
    multi.setopt(pycurl.M_SOCKETFUNCTION, _ignore)
    multi.setopt(pycurl.M_TIMERFUNCTION, _ignore)


def _ignore(*_: object) -> None:
    """Nobody is told."""
