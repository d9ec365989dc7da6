"""What a channel tells a program that watches it: one structured event for each step of an exchange."""

from __future__ import annotations

import enum
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wsx.errors import WsError
from wsx.transport import HttpHead, HttpRequest, HttpUrl, TransportError

__all__ = ["ChannelEvent", "EventKind", "EventSource", "OnEvent"]


class EventKind(enum.Enum):
    """What has happened."""

    OPEN = "open"
    """The channel was opened; HTTP has not connected yet."""
    SENDING = "sending"
    """A request is handed to the transport now; ``size`` is that of its body, unless that comes in pieces."""
    SENT = "sent"
    """The request went out; ``reused`` says whether over a connection that was there already."""
    HEADERS = "headers"
    """The head of the response has come; ``status`` is its HTTP status."""
    RECEIVED = "received"
    """The response is complete; ``size`` is that of its body as it was received."""
    REDIRECT = "redirect"
    """The endpoint has sent the channel elsewhere, and it goes there; ``url`` is the new one."""
    DONE = "done"
    """The response is one that a channel takes: a reply waits to be received, or there is none."""
    ERROR = "error"
    """The exchange has failed with ``error``; after DONE, the reply could not be read, or was a fault."""
    CLOSE = "close"
    """The channel was closed."""


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """One step. What does not apply, or is not known, is None.

    No event holds header values, bodies or the query of a URL, so that none holds a password, token or cookie;
    ``error`` is the exception as it is raised, whose ``url`` is the whole one.

    :param kind: what has happened.
    :param url: where, without its query.
    :param time: when, in seconds since 1970; ``time.time()``.
    :param exchange: the number of the exchange, of all channels of the process; None outside of one.
    :param seconds: since the request was handed to the transport.
    :param action: of the message that is sent.
    :param size: bytes of the body, as they are on the connection.
    :param status: the HTTP status.
    :param reused: the request went over a connection that was there already.
    :param error: of what failed; its texts are free of secrets.
    :param sent: of what failed: False when the endpoint surely has not got the request, True when it was sent whole.
    """

    kind: EventKind
    url: str
    time: float
    exchange: int | None = None
    seconds: float | None = None
    action: str | None = None
    size: int | None = None
    status: int | None = None
    reused: bool | None = None
    error: WsError | None = None
    sent: bool | None = None


OnEvent = Callable[[ChannelEvent], object]

_LOGGER: Final = "wsx.channel"
_numbers: Final = itertools.count(1)


class EventSource:
    """Makes the events of one channel and hands them to ``on_event``.

    An exception of the hook is logged by the logger ``wsx.channel`` and goes no further: watching an exchange must not
    change how it ends. What is no ``Exception``, such as ``KeyboardInterrupt``, ends the operation.
    """

    __slots__ = ("_action", "_exchange", "_on_event", "_since", "_wall")

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._action: str | None = None
        self._exchange: int | None = None
        self._since = self._wall = 0.0

    def opened(self, url: HttpUrl) -> None:
        """OPEN."""
        self._tell(EventKind.OPEN, url)

    def closed(self, url: HttpUrl) -> None:
        """CLOSE."""
        self._action = self._exchange = None
        self._tell(EventKind.CLOSE, url)

    def sending(self, request: HttpRequest, action: str | None) -> None:
        """SENDING."""
        self._action, self._exchange = action, next(_numbers)
        self._since, self._wall = time.perf_counter(), time.time()
        self._tell(EventKind.SENDING, request.url, self._wall, size=request.length)

    def answered(self, request: HttpRequest, head: HttpHead) -> None:
        """SENT, HEADERS."""
        timings = head.timings
        sent, first = (None, None) if timings is None else (timings.sent, timings.head)
        reused = None if timings is None else timings.reused
        self._tell_after(EventKind.SENT, request.url, sent, size=request.length, reused=reused)
        self._tell_after(EventKind.HEADERS, request.url, first, status=head.status, reused=reused)

    def received(self, request: HttpRequest, head: HttpHead, size: int) -> None:
        """RECEIVED."""
        reused = None if head.timings is None else head.timings.reused
        now = time.perf_counter() - self._since
        self._tell_after(EventKind.RECEIVED, request.url, now, status=head.status, size=size, reused=reused)

    def redirected(self, request: HttpRequest) -> None:
        """REDIRECT."""
        self._tell(EventKind.REDIRECT, request.url)

    def done(self, url: HttpUrl, status: int) -> None:
        """DONE."""
        self._tell(EventKind.DONE, url, seconds=time.perf_counter() - self._since, status=status)

    def failed(self, url: HttpUrl, error: WsError) -> None:
        """ERROR."""
        original: Any = error.original
        sent = original.sent if isinstance(original, TransportError) else None
        status = original if type(original) is int else None
        seconds = time.perf_counter() - self._since
        self._tell(EventKind.ERROR, url, seconds=seconds, error=error, sent=sent, status=status)

    def _tell_after(self, kind: EventKind, url: HttpUrl, seconds: float | None, **details: Any) -> None:
        self._tell(kind, url, None if seconds is None else self._wall + seconds, seconds=seconds, **details)

    def _tell(self, kind: EventKind, url: HttpUrl, when: float | None = None, **details: Any) -> None:
        event = ChannelEvent(
            kind, _shown(url), when or time.time(), exchange=self._exchange, action=self._action, **details
        )
        try:
            self._on_event(event)
        except Exception:
            import logging  # noqa: PLC0415 (needed by a hook that fails, and by nobody else)

            logging.getLogger(_LOGGER).exception("on_event has failed with %s", kind)


def _shown(url: HttpUrl) -> str:
    return str(url).partition("?")[0]
