"""Short ways to make requests in transport tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from wsx.transport import HttpHead, HttpRequest, HttpUrl, Limits, Transport
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

__all__ = ["HEADERS", "LIMITS", "Answers", "Calls", "async_calls", "post", "request", "sync_calls"]

Answers = list[tuple[HttpHead, bytes]]
Calls = Callable[..., Answers]

HEADERS: Final = ((b"Content-Type", b"text/xml; charset=utf-8"), (b"User-Agent", b"MS-WebServices/1.0"))
LIMITS: Final = Limits(resolve=5.0, connect=5.0, send=5.0, receive_response=5.0, receive=5.0)


def request(
    url: str, body: bytes | None = b"<request/>", headers: tuple[tuple[bytes, bytes], ...] = HEADERS
) -> HttpRequest:
    """A POST, or a GET when there is no body."""
    return HttpRequest("GET" if body is None else "POST", HttpUrl.parse(url), headers, body)


def post(
    transport: Transport, url: str, body: bytes | None = b"<request/>", limits: Limits = LIMITS
) -> tuple[HttpHead, bytes]:
    """Make the call."""
    return transport.call(request(url, body), limits)


def sync_calls(requests: Sequence[HttpRequest], **settings: object) -> Answers:
    """Make the calls one after the other over a new ``CurlTransport`` with these settings."""
    with contextlib.closing(CurlTransport(**settings)) as transport:  # type: ignore[arg-type]
        return [transport.call(one, LIMITS) for one in requests]


def async_calls(requests: Sequence[HttpRequest], **settings: object) -> Answers:
    """The same over a new ``CurlAsyncTransport``, in an event loop of its own."""

    async def run() -> Answers:
        transport = CurlAsyncTransport(**settings)  # type: ignore[arg-type]
        try:
            return [await transport.call(one, LIMITS) for one in requests]
        finally:
            await transport.close()

    return asyncio.run(run())
