"""What carries requests to an endpoint and responses back: the terms of a transport, and HTTP over libcurl.

The modules of this room, from the terms to the machinery:

* ``protocol``: the terms (request, head, limits, phases, :class:`TransportError`) and the :class:`Transport` protocol;
* ``url``: :class:`HttpUrl`, the strict reader of endpoint URLs;
* ``heads``: header lines out, response heads in;
* ``failures``: the tables from HTTP statuses and libcurl's codes to error codes;
* ``handshake``: the requests of NTLM and Negotiate, and ``tunnel``, what a proxy is told by them before a tunnel;
* ``curl_security``: security settings in libcurl's terms;
* ``curl_call``: what a call over libcurl is, however its sockets are driven; on it
  ``curl``: :class:`~wsx.transport.curl.CurlTransport`, and
  ``curl_async``: :class:`~wsx.transport.curl_async.CurlAsyncTransport`;
* ``curl_flow``: bodies in pieces between libcurl and its user; on it ``curl_exchange`` and ``curl_async_exchange``.
* ``library``: what is common to transports over libraries of Python; on it ``urllib3_transport`` and
  ``aiohttp_transport``, for systems without pycurl.

The modules called curl alone need pycurl; they are imported by :func:`default_transport` and
:func:`default_async_transport`, never by importing this package.
"""

from __future__ import annotations

import os

from wsx.errors import NotSupported
from wsx.security import ProxySettings, SecurityDescription
from wsx.transport.failures import status_code, status_error
from wsx.transport.protocol import (
    AsyncExchange,
    AsyncStreamTransport,
    AsyncTransport,
    Capability,
    Exchange,
    HeaderLines,
    HttpHead,
    HttpRequest,
    Limits,
    Phase,
    StreamTransport,
    Timings,
    Transport,
    TransportError,
)
from wsx.transport.url import HttpUrl

__all__ = [
    "AsyncExchange",
    "AsyncStreamTransport",
    "AsyncTransport",
    "Capability",
    "Exchange",
    "HeaderLines",
    "HttpHead",
    "HttpRequest",
    "HttpUrl",
    "Limits",
    "Phase",
    "StreamTransport",
    "Timings",
    "Transport",
    "TransportError",
    "default_async_transport",
    "default_transport",
    "status_code",
    "status_error",
]


def default_transport(
    *,
    security: SecurityDescription | None = None,
    proxy: HttpUrl | ProxySettings | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    accept_encoding: str | None = "gzip, deflate",
    http2: bool = False,
) -> Transport:
    """A new HTTP transport of its own connection, by libcurl; the parameters are those of ``CurlTransport``.

    :raises InvalidArgument: for settings that contradict each other.
    :raises NotSupported: for settings that libcurl cannot honour exactly, and when pycurl cannot be imported; the
        message says what to install.
    """
    try:
        from wsx.transport.curl import CurlTransport  # noqa: PLC0415 (loads libcurl, which `import wsx` must not)
    except ImportError as error:
        raise _no_pycurl(error, "urllib3") from error
    return CurlTransport(security=security, proxy=proxy, ca_file=ca_file, accept_encoding=accept_encoding, http2=http2)


def default_async_transport(
    *,
    security: SecurityDescription | None = None,
    proxy: HttpUrl | ProxySettings | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    accept_encoding: str | None = "gzip, deflate",
    http2: bool = False,
) -> AsyncTransport:
    """A new HTTP transport for asyncio, by libcurl; the parameters are those of ``CurlAsyncTransport``.

    :raises InvalidArgument: for settings that contradict each other.
    :raises NotSupported: for settings that libcurl cannot honour exactly, and when pycurl cannot be imported; the
        message says what to install.
    """
    try:
        from wsx.transport.curl_async import CurlAsyncTransport  # noqa: PLC0415 (loads libcurl and asyncio)
    except ImportError as error:
        raise _no_pycurl(error, "aiohttp") from error
    return CurlAsyncTransport(
        security=security, proxy=proxy, ca_file=ca_file, accept_encoding=accept_encoding, http2=http2
    )


def _no_pycurl(error: ImportError, extra: str) -> NotSupported:
    name = f"wsx.transport.{extra}_transport.{extra.capitalize()}Transport"
    return NotSupported(
        "the HTTP transport needs pycurl 7.49 or later, which cannot be imported; "
        "install it with: pip install 'pycurl>=7.49,<8'. Where that is not possible: "
        f"pip install 'wsx[{extra}]' and give the channel a {name}(), or a transport of your own",
        original=error,
        strings=(str(error),),
    )
