"""A multi handle of libcurl that an event loop drives: ``pycurl.AsyncCurlMulti`` with fewer turns of the loop.

A transfer begins at once, not in the next turn, and its end is told in the turn that brings its last byte. Where there
is epoll, the sockets lie in an epoll object of their own, which the loop watches as one: a call changes nothing in the
loop's selector. A loop that cannot watch sockets (the proactor loop of Windows) is refused.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Any, Final

import pycurl

from wsx.transport.curl_events import POLL_EVENTS, action_of, cut_callbacks
from wsx.transport.polling import READ, WRITE

__all__ = ["LoopMulti"]

# libcurl's way to say "never" for a connection without a limit.
_NEVER_MS: Final = 2**31 - 1
_Ready = Callable[[int, int], None]


class LoopMulti:
    """A ``CurlMulti`` in an event loop; everything runs in the loop's thread.

    :raises RuntimeError: when the loop cannot watch sockets.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        if isinstance(loop, getattr(asyncio, "ProactorEventLoop", ())):
            raise RuntimeError("this event loop cannot watch sockets; a selector event loop can")
        self._loop = loop
        self._watch = _EpollWatch(loop, self._act) if hasattr(select, "epoll") else _LoopWatch(loop, self._act)
        self.multi: Any = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_interest)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._transfers: dict[Any, asyncio.Future[None]] = {}
        # Socket → what is told of each step of its transfer but the last one.
        self.progress: dict[int, Callable[[], None]] = {}
        self._acting = False
        self.closed = False
        self._due: float | None = None  # when libcurl wants to be called without an event
        self._timer: asyncio.TimerHandle | None = None  # rings then, or before

    def start(self, curl: Any, future: asyncio.Future[None]) -> None:
        """Begin the transfer of ``curl``; its end is the result of ``future``, or a ``pycurl.error``."""
        self._transfers[curl] = future
        self._acting = True  # the timer that libcurl sets here is overtaken below
        try:
            self.multi.add_handle(curl)
        except BaseException:
            del self._transfers[curl]
            raise
        finally:
            self._acting = False
        self._act(pycurl.SOCKET_TIMEOUT, 0)

    def stop(self, curl: Any) -> None:
        """Take the transfer of ``curl`` out, if it is not over; its future is cancelled, unless it is done."""
        future = self._transfers.pop(curl, None)
        if future is not None:
            self.multi.remove_handle(curl)
            future.cancel()

    def close(self, close: Callable[[Any], None]) -> None:
        """Let go of everything; ``close`` closes the multi handle."""
        if self.closed:
            return
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        for curl in list(self._transfers):
            self.stop(curl)
        self._acting = True  # nothing is to be begun any more
        self._watch.close()
        cut_callbacks(self.multi)
        close(self.multi)

    # What libcurl calls

    def _on_interest(self, what: int, number: int, multi: object, data: object) -> None:
        events = POLL_EVENTS.get(what, 0)
        self._watch.set(number, events)
        if not events:
            self.progress.pop(number, None)

    def _on_timer(self, milliseconds: int) -> None:
        if milliseconds < 0 or milliseconds >= _NEVER_MS:
            self._due = None
            return
        self._due = self._loop.time() + milliseconds / 1000
        if not self._acting:
            self._set_timer()

    # What the loop calls

    def _act(self, number: int, action: int) -> None:
        if self._acting:
            # A callback of libcurl has brought us here, or the multi handle is closed.
            return
        self._acting = True
        try:
            running = self.multi.socket_action(number, action)[1]
            if running < len(self._transfers):
                self._settle()
            told = self.progress.get(number)
            if told is not None:
                told()
        except pycurl.error as error:
            # The multi handle is not to be used any more.
            for curl in list(self._transfers):
                self._end(curl, error)
        finally:
            self._acting = False
        if self._due is not None:
            self._set_timer()

    def _set_timer(self) -> None:
        due, timer = self._due, self._timer
        if due is not None and (timer is None or due < timer.when()):
            if timer is not None:
                timer.cancel()
            self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due > self._loop.time():
            self._set_timer()
        else:
            self._due = None
            self._act(pycurl.SOCKET_TIMEOUT, 0)
            for told in list(self.progress.values()):
                told()

    def _settle(self) -> None:
        """Tell of the transfers that are over."""
        left = 1
        while left:
            left, succeeded, failed = self.multi.info_read()
            for curl in succeeded:
                self._end(curl, None)
            for curl, code, text in failed:
                self._end(curl, pycurl.error(code, text))

    def _end(self, curl: Any, error: pycurl.error | None) -> None:
        future = self._transfers.pop(curl, None)
        self.multi.remove_handle(curl)
        if future is None or future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


class _EpollWatch:
    """Sockets in an epoll object, which the loop watches."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: _Ready) -> None:
        self._loop, self._ready = loop, ready
        self._epoll = select.epoll()
        self._events: dict[int, int] = {}
        try:
            loop.add_reader(self._epoll.fileno(), self._look)
        except BaseException:
            self._epoll.close()
            raise

    def set(self, number: int, events: int) -> None:
        """Watch for ``events`` of the socket from now on; 0 ends it."""
        before = self._events.get(number, 0)
        if events == before:
            return
        if not events:
            del self._events[number]
            self._epoll.unregister(number)
            return
        self._events[number] = events
        if before:
            self._epoll.modify(number, events)
        else:
            self._epoll.register(number, events)

    def _look(self) -> None:
        for number, events in self._epoll.poll(0):
            # An earlier one's end may have ended this one.
            if number in self._events:
                self._ready(number, action_of(events))

    def close(self) -> None:
        """Watch nothing any more."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()


class _LoopWatch:
    """Sockets that the loop watches itself."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: _Ready) -> None:
        self._loop, self._ready = loop, ready
        self._events: dict[int, int] = {}

    def set(self, number: int, events: int) -> None:
        """Watch for ``events`` of the socket from now on; 0 ends it."""
        before = self._events.pop(number, 0)
        if events & READ and not before & READ:
            self._loop.add_reader(number, self._ready, number, pycurl.CSELECT_IN)
        elif before & READ and not events & READ:
            self._loop.remove_reader(number)
        if events & WRITE and not before & WRITE:
            self._loop.add_writer(number, self._ready, number, pycurl.CSELECT_OUT)
        elif before & WRITE and not events & WRITE:
            self._loop.remove_writer(number)
        if events:
            self._events[number] = events

    def close(self) -> None:
        """Watch nothing any more."""
        for number in list(self._events):
            self.set(number, 0)
