"""Short ways to make requests in transport tests."""

from __future__ import annotations

from typing import Final

from wsx.transport import HttpHead, HttpRequest, HttpUrl, Limits, Transport

__all__ = ["HEADERS", "LIMITS", "post", "request"]

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
