"""Connections that the channels of many threads share."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from types import TracebackType
from typing import Any, Final, NamedTuple

from wsx.channel.channel import Channel
from wsx.channel.events import OnEvent
from wsx.channel.properties import ChannelProperties
from wsx.errors import ErrorCode, InvalidArgument
from wsx.security import ProxySettings, SecurityDescription
from wsx.transport import (
    Capability,
    Exchange,
    HttpHead,
    HttpRequest,
    HttpUrl,
    Limits,
    Phase,
    Transport,
    TransportError,
    default_transport,
)

__all__ = ["ChannelPool", "PooledTransport"]

_DIRECT: Final = ProxySettings()
_DEFAULT_PROPERTIES: Final = ChannelProperties()

_Origin = tuple[str, str, int]
_pools: weakref.WeakSet[ChannelPool] = weakref.WeakSet()


class _Idle(NamedTuple):
    """A connection that nobody uses, and since when."""

    transport: Transport
    since: float


class ChannelPool:
    """Connections for any number of channels in any number of threads.

    A channel of the pool takes a connection for one message: an idle one to its endpoint, or a new one. With
    all in use it waits, no longer than its ``connect_timeout``. All channels of a pool use the same security and proxy
    settings, so that a connection that knows who the user is serves no other one.

    Threads may share the pool, while each channel is for one thread at a time. A process that is forked has a pool
    without connections; those of its parent are neither used nor closed. As a context manager the pool is closed at the
    end. The channels of an event loop, :class:`AsyncChannel`, share the connections of their loop without a pool.

    :param security: TLS and authentication of all channels.
    :param proxy: the proxy of all channels.
    :param max_http_server_connections: connections to one server (…_MAX_HTTP_SERVER_CONNECTIONS).
    :param max_connections: connections in all.
    :param http2: offer HTTP/2 to https endpoints.
    :param idle_timeout: seconds after which a connection that nobody used is closed, when the pool is used next.
    :raises InvalidArgument: for a limit that is no positive number.
    """

    def __init__(
        self,
        *,
        security: SecurityDescription | None = None,
        proxy: ProxySettings = _DIRECT,
        max_http_server_connections: int = 64,
        max_connections: int = 256,
        http2: bool = False,
        idle_timeout: float = 60.0,
    ) -> None:
        for name, limit in (
            ("max_http_server_connections", max_http_server_connections),
            ("max_connections", max_connections),
        ):
            if type(limit) is not int or limit < 1:
                raise InvalidArgument(f"{name} must be a positive integer, not {limit!r}")
        if type(idle_timeout) not in (int, float) or not idle_timeout > 0:
            raise InvalidArgument(f"idle_timeout must be seconds above 0, not {idle_timeout!r}")
        if type(http2) is not bool:
            raise InvalidArgument(f"http2 must be a bool, not {http2!r}")
        if security is not None and not isinstance(security, SecurityDescription):
            raise InvalidArgument(f"security must be a wsx.SecurityDescription, not {security.__class__.__name__}")
        if not isinstance(proxy, ProxySettings):
            raise InvalidArgument(f"proxy must be a wsx.ProxySettings, not {proxy.__class__.__name__}")
        self.security = security
        self._proxy = proxy
        self._http2 = http2
        self._per_server = max_http_server_connections
        self._in_all = max_connections
        self._idle_timeout = idle_timeout
        self._changed = threading.Condition()
        self._idle: dict[_Origin, deque[_Idle]] = {}
        self._used: dict[Transport, _Origin] = {}
        self._closed = False
        _pools.add(self)

    def __repr__(self) -> str:
        with self._changed:
            idle = sum(map(len, self._idle.values()))
            return f"<ChannelPool: {len(self._used)} connections in use, {idle} idle>"

    def channel(
        self, *, properties: ChannelProperties = _DEFAULT_PROPERTIES, on_event: OnEvent | None = None
    ) -> Channel:
        """A new channel whose messages go over the connections of the pool.

        :raises InvalidArgument: for proxy settings in ``properties``: those of the pool hold.
        """
        return Channel(properties=properties, transport=PooledTransport(self), on_event=on_event)

    def close(self, timeout: float = 30.0) -> None:
        """Close all connections: the idle ones at once, each other one when its message is through.

        :param timeout: seconds to wait for those (CLOSE_TIMEOUT); what still runs then ends with
            :class:`OperationAborted`. 0 waits for nothing.
        """
        end = monotonic() + timeout
        with self._changed:
            self._closed = True
            idle = self._take_idle(lambda one: True)
            self._changed.notify_all()
        for transport in idle:
            transport.close()
        with self._changed:
            while self._used and (left := end - monotonic()) > 0:
                self._changed.wait(left)
            late = list(self._used)
        for transport in late:
            transport.close()

    def __enter__(self) -> ChannelPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # For the channels' transports

    def take(self, url: HttpUrl, limits: Limits, aborted: Callable[[], bool]) -> Transport:
        """A connection to the server of ``url`` that nobody else uses.

        :raises TransportError: WS_E_OPERATION_TIMED_OUT when none becomes free in time, WS_E_OPERATION_ABORTED when
            ``aborted`` says so meanwhile, WS_E_INVALID_OPERATION when the pool is closed.
        """
        origin = (url.scheme, url.host, url.port)
        waits = [seconds for seconds in (limits.connect, limits.total) if seconds is not None]
        end = monotonic() + min(waits) if waits else None
        with self._changed:
            # Those that were not used for long are not handed out.
            old = monotonic() - self._idle_timeout
            dropped = self._take_idle(lambda one: one.since < old)
        try:
            with self._changed:
                while (transport := self._find(origin, dropped)) is None:
                    left = None if end is None else end - monotonic()
                    if left is not None and left <= 0:
                        text = "no connection of the pool became free in time"
                        raise _not_sent(ErrorCode.WS_E_OPERATION_TIMED_OUT, text)
                    if aborted():
                        raise _not_sent(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")
                    self._changed.wait(left)
                self._used[transport] = origin
                return transport
        finally:
            for one in dropped:
                one.close()

    def give_back(self, transport: Transport) -> None:
        """The message is through."""
        with self._changed:
            origin = self._used.pop(transport, None)
            keep = origin is not None and not self._closed
            if origin is not None and keep:
                self._idle.setdefault(origin, deque()).append(_Idle(transport, monotonic()))
            self._changed.notify_all()
        if not keep:
            transport.close()

    def wake(self) -> None:
        """Let those that wait for a connection see whether they are aborted."""
        with self._changed:
            self._changed.notify_all()

    def _find(self, origin: _Origin, dropped: list[Transport]) -> Transport | None:
        """An idle connection or a new one; None when there may not be one more."""
        if self._closed:
            raise _not_sent(ErrorCode.WS_E_INVALID_OPERATION, "the pool is closed")
        idle = self._idle.get(origin)
        if idle:
            # The one used last: its connection is the likeliest to live.
            transport = idle.pop().transport
            if not idle:
                del self._idle[origin]
            return transport
        if list(self._used.values()).count(origin) >= self._per_server:
            return None
        if len(self._used) + sum(map(len, self._idle.values())) >= self._in_all:
            oldest = min((one.since for others in self._idle.values() for one in others), default=None)
            if oldest is None:
                return None
            dropped.extend(self._take_idle(lambda one: one.since == oldest))
        return default_transport(security=self.security, proxy=self._proxy, accept_encoding=None, http2=self._http2)

    def _take_idle(self, which: Callable[[_Idle], bool]) -> list[Transport]:
        """Take ``which`` of the idle connections out, to be closed."""
        taken = []
        for origin, others in list(self._idle.items()):
            taken += [one.transport for one in others if which(one)]
            kept = deque(one for one in others if not which(one))
            if kept:
                self._idle[origin] = kept
            else:
                del self._idle[origin]
        return taken

    def _after_fork(self) -> None:
        """In a child process: who used a connection or held the lock is not here."""
        self._changed = threading.Condition()
        self._used = {}


class PooledTransport:
    """The transport of one channel of a pool: it has a connection only while a message is under way."""

    def __init__(self, pool: ChannelPool) -> None:
        self._pool = pool
        self._guard = threading.Lock()
        self._current: Transport | None = None
        self._running = self._aborted = False

    @property
    def security(self) -> SecurityDescription | None:
        """The settings of the pool."""
        return self._pool.security

    @property
    def capabilities(self) -> Capability:
        """What this transport can do."""
        return Capability.ABORT | Capability.STREAMING

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """Send ``request`` at most once and wait for the whole response, whatever its status.

        :raises TransportError: as :meth:`Transport.call`, and when no connection becomes free in time.
        """
        transport, limits = self._begin(request, limits)
        try:
            return transport.call(request, limits)
        finally:
            self.end()

    def start(self, request: HttpRequest, limits: Limits) -> PooledExchange:
        """Begin an exchange whose bodies go through in pieces; its connection is the channel's until it is closed.

        :raises TransportError: as :meth:`call`.
        """
        taken: tuple[Any, Limits] = self._begin(request, limits)
        transport, limits = taken
        try:
            return PooledExchange(self, transport.start(request, limits))
        except BaseException:
            self.end()
            raise

    def abort(self) -> None:
        """End the running call with WS_E_OPERATION_ABORTED, from any thread; without one there is nothing to do."""
        with self._guard:
            if not self._running:
                return
            self._aborted = True
            if self._current is not None:
                self._current.abort()
                return
        self._pool.wake()

    def close(self) -> None:
        """End a running call; the connections are the pool's."""
        self.abort()

    def end(self) -> None:
        """Give the connection back."""
        with self._guard:
            transport, self._current = self._current, None
            self._running = False
        if transport is not None:
            self._pool.give_back(transport)

    def _begin(self, request: HttpRequest, limits: Limits) -> tuple[Transport, Limits]:
        """A connection, and what is left of the limits."""
        since = monotonic()
        with self._guard:
            if self._running:
                raise _not_sent(ErrorCode.WS_E_INVALID_OPERATION, "another call of this transport is running")
            self._running, self._aborted = True, False
        try:
            transport = self._pool.take(request.url, limits, lambda: self._aborted)
        except BaseException:
            self.end()
            raise
        with self._guard:
            self._current = transport
            aborted = self._aborted
        if aborted:
            self.end()
            raise _not_sent(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")
        if limits.total is not None:
            limits = replace(limits, total=max(limits.total - (monotonic() - since), 0.0))
        return transport, limits


class PooledExchange:
    """An exchange over a connection of the pool, which gets it back when the exchange is closed."""

    def __init__(self, owner: PooledTransport, exchange: Exchange) -> None:
        self._owner: PooledTransport | None = owner
        self._exchange = exchange
        self.write = exchange.write
        self.finish = exchange.finish
        self.read = exchange.read
        self.abort = exchange.abort

    def close(self) -> None:
        """Let go of the exchange. Its connection is kept when the response was read to its end."""
        owner, self._owner = self._owner, None
        try:
            self._exchange.close()
        finally:
            if owner is not None:
                owner.end()


def _not_sent(code: ErrorCode, text: str) -> TransportError:
    return TransportError(text, code=code, phase=Phase.PREPARE, sent=False)


def _after_fork_in_child() -> None:
    for pool in list(_pools):
        pool._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
