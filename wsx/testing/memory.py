"""Transports without a network: a function answers the requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wsx.transport import Capability, HttpHead, HttpRequest, Limits

__all__ = ["AsyncMemoryTransport", "Handler", "MemoryTransport"]

Handler: TypeAlias = Callable[[HttpRequest], "tuple[HttpHead, bytes]"]


class MemoryTransport:
    """A :class:`~wsx.transport.Transport` whose calls ``handler`` answers, in the thread of the caller.

    What ``handler`` raises reaches the caller of the channel: a ``TransportError`` as a failure of the network, all
    else as it is. ``requests`` has what was sent. Limits of time do not count here.
    """

    def __init__(self, handler: Handler) -> None:
        self.requests: list[HttpRequest] = []
        self._handler = handler

    @property
    def capabilities(self) -> Capability:
        """None: messages go as a whole."""
        return Capability(0)

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """The answer of the handler."""
        self.requests.append(request)
        return self._handler(request)

    def abort(self) -> None:
        """Nothing: a call does not wait for a network."""

    def close(self) -> None:
        """Nothing: there is no connection."""


class AsyncMemoryTransport:
    """As :class:`MemoryTransport`, for asyncio; the handler is a plain function."""

    def __init__(self, handler: Handler) -> None:
        self.requests: list[HttpRequest] = []
        self._handler = handler

    @property
    def capabilities(self) -> Capability:
        """None: messages go as a whole."""
        return Capability(0)

    async def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """The answer of the handler."""
        self.requests.append(request)
        return self._handler(request)

    def abort(self) -> None:
        """Nothing: a call does not wait for a network."""

    async def close(self) -> None:
        """Nothing: there is no connection."""
