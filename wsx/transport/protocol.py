"""The terms of a transport: what it is given, what it hands back, how it fails.

A transport carries one whole HTTP request and brings one whole response. It raises nothing but
:class:`TransportError`, and never follows redirects, keeps cookies, sends a request twice or reads the environment.
"""

from __future__ import annotations

import copyreg
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import Any, Protocol

from wsx.errors import ErrorCode, InvalidArgument
from wsx.transport._request import HeaderLines, HttpRequest

__all__ = [
    "AsyncExchange",
    "AsyncStreamTransport",
    "AsyncTransport",
    "Capability",
    "Exchange",
    "HeaderLines",
    "HttpHead",
    "HttpRequest",
    "Limits",
    "Phase",
    "StreamTransport",
    "Timings",
    "Transport",
    "TransportError",
]


class Phase(Enum):
    """How far an exchange came."""

    PREPARE = "prepare"
    """The request is checked; nothing has left."""
    RESOLVE = "resolve"
    """The host name is being resolved."""
    CONNECT = "connect"
    """The connection is being made."""
    TLS = "tls"
    """The TLS handshake is under way."""
    PROXY = "proxy"
    """The HTTP proxy is being reached or asked for a tunnel."""
    SEND = "send"
    """The request is being sent."""
    WAIT = "wait"
    """The request is sent, the response head is not complete."""
    RECEIVE = "receive"
    """The response body is coming in."""


class TransportError(Exception):
    """An exchange failed.

    :param message: what happened, without secrets.
    :param code: the condition, already mapped.
    :param phase: how far the exchange came.
    :param original: the transport library's own code or exception; an errno when the operating system gave one.
    :param sent: False when the endpoint surely has not processed the request, True when the whole request was handed
        to the network, None when neither is known.
    :param challenges: the values of the Proxy-Authenticate lines when a proxy refused to make a tunnel.
    """

    def __init__(
        self,
        message: str,
        *,
        code: ErrorCode,
        phase: Phase,
        original: BaseException | int | None = None,
        sent: bool | None = None,
        challenges: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.phase = phase
        self.original = original
        self.sent = sent
        self.challenges = tuple(challenges)

    def __reduce__(self) -> tuple[Any, ...]:
        # BaseException's own way calls the class with args alone, without the keywords that it needs.
        return (copyreg.__newobj__, (type(self), *self.args), self.__dict__)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Timings:
    """How an exchange went, in seconds from its beginning; None is unknown.

    :param reused: the request went over a connection that was there already.
    :param sent: the request was sent.
    :param head: the response began to come in.
    """

    reused: bool | None = None
    sent: float | None = None
    head: float | None = None


@dataclass(slots=True)
class HttpHead:
    """The final status line and headers of a response; interim 1xx responses are left out.

    A transport that undoes the content coding of the body leaves the Content-Encoding lines out as well: what stands
    here is true of the body that is handed over with it.

    :param headers: (name, value) pairs as received, white space around the values removed.
    :param version: ``"1.0"``, ``"1.1"`` or ``"2"``.
    :param connection: a number that stays the same as long as the connection does, -1 when unknown.
    :param used_scheme: of a response with status 401 or 407: the authentication scheme, in lower case, by which the
        transport had shown the credentials that are refused; None when it had shown none.
    :param timings: when the request wanted them and the transport has them.
    """

    status: int
    reason: str
    headers: Sequence[tuple[bytes, bytes]]
    version: str = "1.1"
    connection: int = -1
    used_scheme: str | None = None
    timings: Timings | None = None

    def values(self, name: bytes) -> list[bytes]:
        """The values of all header lines called ``name`` (in lower case), in their order."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Limits:
    """What an exchange may take; None means no limit.

    :param resolve: seconds for resolving the host name (RESOLVE_TIMEOUT).
    :param connect: seconds for making the connection, with TLS and a proxy's tunnel (CONNECT_TIMEOUT).
    :param send: seconds for sending the request (SEND_TIMEOUT).
    :param receive_response: seconds from the last byte sent to the complete response head (RECEIVE_RESPONSE_TIMEOUT).
    :param receive: seconds for the response body (RECEIVE_TIMEOUT).
    :param total: seconds for the exchange as a whole, whatever its phases take.
    :param max_body: bytes of the response body, counted after its content coding is undone.
    :param max_head: bytes of all response heads together.
    :raises InvalidArgument: for a negative number, a timeout that is no number, or a quota of 0.
    """

    resolve: float | None = None
    connect: float | None = 30.0
    send: float | None = 30.0
    receive_response: float | None = 30.0
    receive: float | None = 30.0
    max_body: int | None = 64 << 20
    max_head: int | None = 64 << 10
    total: float | None = None

    def __post_init__(self) -> None:
        for name in ("resolve", "connect", "send", "receive_response", "receive", "total"):
            seconds = getattr(self, name)
            if seconds is not None and (math.isnan(seconds) or seconds < 0):
                raise InvalidArgument(f"{name} must be seconds, 0 or more, or None, not {seconds!r}")
        for name in ("max_body", "max_head"):
            quota = getattr(self, name)
            if quota is not None and quota < 1:
                raise InvalidArgument(f"{name} must be 1 byte or more, or None, not {quota!r}")


class Capability(Flag):
    """What a transport can do beyond carrying one message after the other."""

    BOUND = auto()
    """All its calls use one private connection as long as the server keeps it."""
    ABORT = auto()
    """``abort`` interrupts a running call."""
    STREAMING = auto()
    """It is a :class:`StreamTransport` or :class:`AsyncStreamTransport`."""


class Transport(Protocol):
    """Carries whole messages, for one thread at a time; only ``abort`` and ``close`` may come from another one."""

    @property
    def capabilities(self) -> Capability:
        """What this transport can do."""
        ...

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """Send ``request`` at most once and wait for the whole response, whatever its status.

        :raises TransportError: when there is no whole response.
        """
        ...

    def abort(self) -> None:
        """End the running call with WS_E_OPERATION_ABORTED, from any thread; without one there is nothing to do."""
        ...

    def close(self) -> None:
        """Close the connection, ending a running call. A later call opens a new connection."""
        ...


class AsyncTransport(Protocol):
    """A :class:`Transport` for asyncio: one call at a time, in one event loop; ``abort`` may come from any thread.

    A task that is cancelled while it waits here ends the exchange at once: nothing of it is left running.
    """

    @property
    def capabilities(self) -> Capability:
        """What this transport can do."""
        ...

    async def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """Send ``request`` at most once and wait for the whole response, whatever its status.

        :raises TransportError: when there is no whole response.
        """
        ...

    def abort(self) -> None:
        """End the running call with WS_E_OPERATION_ABORTED, from any thread; without one there is nothing to do."""
        ...

    async def close(self) -> None:
        """Let go of the connection, ending a running call. A later call may open a new one."""
        ...


class Exchange(Protocol):
    """One request and its response, whose bodies go through in pieces; for one thread at a time.

    The order is: :meth:`write` any number of times, :meth:`finish`, :meth:`read` until it returns b"", :meth:`close`.
    An exchange that is closed before its end gives up its connection, and a request whose body is not finished is
    never finished then, so that the endpoint cannot take it for a whole one. After each :class:`TransportError` the
    exchange is over, and the transport can be used again.

    The limits of SEND and RECEIVE are those of each single call here; what the user does in between does not count.
    """

    def write(self, data: bytes | bytearray | memoryview) -> bool:
        """Hand over a part of the request's body; returns when the transport has taken all of it.

        :returns: whether the endpoint still wants it. False: it has answered with an error already and reads no
            further; :meth:`finish` has the response, what is written is dropped.
        :raises TransportError: E_INVALIDARG for more bytes than the request's ``length``; WS_E_INVALID_OPERATION after
            :meth:`finish`, or for a request that has its body; else what happened to the exchange.
        """
        ...

    def finish(self) -> HttpHead:
        """End the request's body and wait for the head of the response, whatever its status.

        :raises TransportError: E_INVALIDARG for fewer bytes than the request's ``length``; else what happened to the
            exchange.
        """
        ...

    def read(self, sink: Callable[[memoryview], object] | None = None) -> bytes:
        """The next piece of the response's body, of any size; b"" at its end. Content codings are undone.

        :param sink: called with each piece, and nothing of it is copied; the whole rest is read then. A memory view is
            valid during its call only. What it raises ends the exchange and is raised from here.
        :raises TransportError: when the body does not come to its end.
        """
        ...

    def abort(self) -> None:
        """End the exchange with WS_E_OPERATION_ABORTED, from any thread; afterwards there is nothing to do."""
        ...

    def close(self) -> None:
        """Let go of the exchange. Its connection is kept when the response was read to its end."""
        ...


class StreamTransport(Transport, Protocol):
    """A :class:`Transport` for bodies that are made or used piece by piece (level 2)."""

    def start(self, request: HttpRequest, limits: Limits) -> Exchange:
        """Begin an exchange; nothing is waited for. No other call is possible until it is over.

        A ``request`` without body gets it by :meth:`Exchange.write`: of ``length`` bytes when that is given, else in
        chunks; a GET or HEAD has none. It is sent at most once.

        :raises TransportError: when the request must not be sent, or another call runs.
        """
        ...


class AsyncExchange(Protocol):
    """An :class:`Exchange` for asyncio; ``abort`` may come from any thread.

    A task that is cancelled while it waits here ends the exchange at once, and its connection.
    """

    async def write(self, data: bytes | bytearray | memoryview) -> bool:
        """As :meth:`Exchange.write`."""
        ...

    async def finish(self) -> HttpHead:
        """As :meth:`Exchange.finish`."""
        ...

    async def read(self, sink: Callable[[memoryview], object] | None = None) -> bytes:
        """As :meth:`Exchange.read`."""
        ...

    def abort(self) -> None:
        """As :meth:`Exchange.abort`."""
        ...

    async def close(self) -> None:
        """As :meth:`Exchange.close`."""
        ...


class AsyncStreamTransport(AsyncTransport, Protocol):
    """An :class:`AsyncTransport` for bodies that are made or used piece by piece (level 2)."""

    async def start(self, request: HttpRequest, limits: Limits) -> AsyncExchange:
        """As :meth:`StreamTransport.start`."""
        ...
