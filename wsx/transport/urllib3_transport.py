"""HTTP over urllib3: the blocking transport where there is no pycurl (extra ``urllib3``).

One transport is one connection, kept alive between calls. Of what libcurl does this cannot do: see the challenge of a
proxy that refuses a tunnel, notice a head or a body under TLS that ends too early, and end a name lookup or the making
of a connection before its time. The limits of a phase hold for each waiting in it; those of RECEIVE and ``total`` hold
as a whole while a body comes in.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any, Final

import urllib3.exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import SKIP_HEADER, parse_url

from wsx.errors import ErrorCode
from wsx.security import ProxySettings, SecurityDescription
from wsx.transport.failures import status_code
from wsx.transport.library import Settings, check_head, tls_code
from wsx.transport.polling import SelectPoll
from wsx.transport.protocol import Capability, HttpHead, HttpRequest, Limits, Phase, TransportError
from wsx.transport.url import HttpUrl

__all__ = ["Urllib3Transport"]

_BLOCK: Final = 64 << 10
# http.client says this of a CONNECT in words alone.
_TUNNEL: Final = re.compile(r"Tunnel connection failed: ([0-9]{3})")
_RESET: Final = (ConnectionError, http.client.RemoteDisconnected, http.client.IncompleteRead)
# What http.client does itself, and what it must not add of its own.
_SKIPPED: Final = ("accept-encoding", "user-agent")


class Urllib3Transport:
    """The HTTP/1.1 transport over urllib3: sends each request at most once over a connection of its own.

    It undoes no content coding. The parameters are those of :class:`~wsx.transport.curl.CurlTransport`.

    :raises InvalidArgument: for settings that contradict each other.
    :raises NotSupported: for authentication but BASIC and bearer tokens, a proxy with an https URL or of mode AUTO, and
        settings of TLS that ``ssl`` cannot honour exactly.
    """

    capabilities = Capability.BOUND | Capability.ABORT

    def __init__(
        self,
        *,
        security: SecurityDescription | None = None,
        proxy: HttpUrl | ProxySettings | None = None,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> None:
        self._settings = Settings(security, proxy, ca_file)
        self._guard = threading.Lock()
        self._running = self._aborted = self._closing = False
        self._connection: HTTPConnection | None = None
        self._response: Any = None  # it may own the socket
        self._peer: tuple[str, str, int] | None = None
        self._number = 0  # of the connection
        self._owner = os.getpid()
        self._phase = Phase.PREPARE
        self._ends: float | None = None

    def __repr__(self) -> str:
        where = "not connected" if self._peer is None else "{}://{}:{}".format(*self._peer)
        return f"<{type(self).__name__} {where}>"

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """Send ``request`` at most once and wait for the whole response, whatever its status.

        :raises TransportError: WS_E_INVALID_OPERATION while another thread's call runs; E_INVALIDARG for a request that
            must not be sent; else what happened to the exchange. The transport can be used again after each of them.
        """
        with self._guard:
            if self._running:
                raise self._error(ErrorCode.WS_E_INVALID_OPERATION, "another call of this transport is running")
            self._running, self._aborted = True, False
        self._phase = Phase.PREPARE
        self._ends = None if limits.total is None else monotonic() + limits.total
        try:
            return self._call(request, limits)
        except TransportError:
            self._drop()
            raise
        except BaseException as error:
            # Nothing of the exchange may stay on a connection that is used again.
            self._drop()
            if isinstance(error, Exception):
                raise self._mapped(error, request) from error
            raise
        finally:
            with self._guard:
                self._running = False
                closing, self._closing = self._closing, False
            if closing:
                self._drop()

    def abort(self) -> None:
        """End the running call with WS_E_OPERATION_ABORTED, from any thread; without one there is nothing to do.

        A connection that is being made has to come to its end, or to that of its limit, first.
        """
        with self._guard:
            if self._running:
                self._aborted = True
                _shut_down(self._connection)

    def close(self) -> None:
        """Close the connection, ending a running call. A later call opens a new connection."""
        with self._guard:
            if self._running:
                self._closing = self._aborted = True
                _shut_down(self._connection)
                return
        self._drop()

    # One exchange

    def _call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        lines = self._settings.lines(request)
        route = self._settings.route(request.url)
        target = request.url.target
        if route is not None and request.url.scheme == "http":
            target = str(request.url)
            lines += self._settings.proxy_lines
        self._wait(limits.connect)
        connection = self._connected(request.url, route, limits)
        self._phase = Phase.SEND
        self._send(connection, request, target, lines, limits)
        self._phase = Phase.WAIT
        self._check_aborted()
        connection.timeout = self._wait(limits.receive_response)
        self._response = response = connection.getresponse()
        head = HttpHead(
            response.status,
            response.reason or "",
            tuple(
                (name.encode("latin-1"), value.encode("latin-1").strip()) for name, value in response.headers.items()
            ),
            "1.0" if response.version == 10 else "1.1",
            self._number,
        )
        check_head(head, limits, self._phase)
        self._phase = Phase.RECEIVE
        body = b"".join(self._body(connection, response, limits))
        self._check_aborted()
        if connection.sock is None:
            self._drop()
        self._response = None
        return self._settings.judge(head), body

    def _connected(self, url: HttpUrl, route: HttpUrl | None, limits: Limits) -> HTTPConnection:
        """The kept connection when it is one to the same peer and alive, else a new one."""
        peer = (url.scheme, url.host, url.port)
        connection = self._connection
        alive = connection is not None and connection.sock is not None and not _is_readable(connection.sock)
        if connection is not None and alive and self._peer == peer and self._owner == os.getpid():
            return connection
        self._drop()
        self._phase = Phase.CONNECT if route is None else Phase.PROXY
        connection = self._new_connection(url, route, limits.connect)
        self._peer, self._owner, self._number = peer, os.getpid(), self._number + 1
        with self._guard:
            self._connection = connection
        connection.connect()
        self._check_aborted()
        return connection

    def _new_connection(self, url: HttpUrl, route: HttpUrl | None, timeout: float | None) -> HTTPConnection:
        host, port = (url.host, url.port) if route is None else (route.host, route.port)
        timeout = self._wait(timeout)
        proxy = None if route is None else parse_url(f"http://{route.authority}")
        if url.scheme == "http":
            return HTTPConnection(host, port, timeout=timeout, proxy=proxy)
        context = self._settings.context
        connection = HTTPSConnection(
            host,
            port,
            timeout=timeout,
            proxy=proxy,
            ssl_context=context,
            server_hostname=self._settings.host_name,
            # Else urllib3 would compare the names itself.
            assert_hostname=None if context.check_hostname else False,
        )
        if route is not None:
            lines = {name.decode("ascii"): value.decode("latin-1") for name, value in self._settings.proxy_lines}
            connection.set_tunnel(url.host, url.port, headers=lines, scheme="http")
        return connection

    def _send(
        self,
        connection: HTTPConnection,
        request: HttpRequest,
        target: str,
        lines: list[tuple[bytes, bytes]],
        limits: Limits,
    ) -> None:
        headers = urllib3.HTTPHeaderDict({"Host": request.url.authority})
        for name, value in lines:
            headers.add(name.decode("ascii"), value.decode("latin-1"))
        for skipped in _SKIPPED:
            if skipped not in headers:
                headers[skipped] = SKIP_HEADER
        connection.timeout = self._wait(limits.send)
        try:
            connection.request(
                request.method, target, request.body, headers, preload_content=False, decode_content=False
            )
        except (BrokenPipeError, ConnectionResetError):
            # The answer may be there already: that the body is not wanted.
            if connection.sock is None or not _is_readable(connection.sock):
                raise

    def _body(self, connection: HTTPConnection, response: Any, limits: Limits) -> Iterator[bytes]:
        size, ends = 0, None if limits.receive is None else monotonic() + limits.receive
        while True:
            left = None if ends is None else max(ends - monotonic(), 0.0)
            if left == 0:
                raise TimeoutError("the limit passed")
            wait = self._wait(left)
            if connection.sock is not None:
                connection.sock.settimeout(wait)
            piece = response.read1(_BLOCK)
            if not piece:
                return
            size += len(piece)
            if limits.max_body is not None and size > limits.max_body:
                raise self._error(ErrorCode.WS_E_QUOTA_EXCEEDED, f"the body has more than {limits.max_body} bytes")
            yield bytes(piece)

    def _wait(self, seconds: float | None) -> float | None:
        """The time that may pass in one waiting: what the phase gives, and what is left of the whole."""
        if self._ends is not None:
            left = self._ends - monotonic()
            seconds = left if seconds is None or left < seconds else seconds
        if seconds is not None and seconds <= 0:
            raise self._error(ErrorCode.WS_E_OPERATION_TIMED_OUT, f"the limit passed in phase {self._phase.name}")
        return seconds

    def _drop(self) -> None:
        with self._guard:
            connection, self._connection, self._peer = self._connection, None, None
            response, self._response = self._response, None
        if response is not None:
            response.close()
        if connection is not None:
            connection.close()

    # Failures

    def _check_aborted(self) -> None:
        if self._aborted:
            raise self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")

    def _mapped(self, error: Exception, request: HttpRequest) -> TransportError:
        if self._aborted:
            return self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted", error)
        code = self._code_of(error, proxied=self._settings.route(request.url) is not None)
        number = next((one.errno for one in _causes(error) if isinstance(one, OSError) and one.errno), None)
        unreached = code is ErrorCode.WS_E_ENDPOINT_UNREACHABLE
        return self._error(code, f"{type(error).__name__}: {error}", number if unreached and number else error)

    def _code_of(self, error: Exception, *, proxied: bool) -> ErrorCode:
        causes = list(_causes(error))
        in_proxy = proxied and self._phase is Phase.PROXY
        for one in causes:
            match one:
                case urllib3.exceptions.NameResolutionError() | socket.gaierror():
                    return ErrorCode.WS_E_PROXY_FAILURE if proxied else ErrorCode.WS_E_ENDPOINT_NOT_FOUND
                case urllib3.exceptions.NewConnectionError():
                    return ErrorCode.WS_E_PROXY_FAILURE if proxied else ErrorCode.WS_E_ENDPOINT_UNREACHABLE
                case TimeoutError() | urllib3.exceptions.TimeoutError():
                    return ErrorCode.WS_E_OPERATION_TIMED_OUT
                case ssl.SSLError():
                    return tls_code(one)
                case http.client.LineTooLong() | http.client.HTTPException() if "got more than" in str(one):
                    return ErrorCode.WS_E_QUOTA_EXCEEDED
                case OSError() if in_proxy and (tunnel := _TUNNEL.match(str(one))):
                    status = int(tunnel[1])
                    # What the proxy offers is not to be seen; with no offer 407 is a refusal.
                    return status_code(407) if status in (403, 407) else ErrorCode.WS_E_PROXY_FAILURE
        if in_proxy:
            return ErrorCode.WS_E_PROXY_FAILURE
        for one in causes:
            if isinstance(one, _RESET):
                return ErrorCode.WS_E_ENDPOINT_DISCONNECTED
            if isinstance(one, (http.client.BadStatusLine, urllib3.exceptions.InvalidHeader)):
                return ErrorCode.WS_E_INVALID_FORMAT
            if isinstance(one, OSError) and self._phase in (Phase.PREPARE, Phase.CONNECT):
                # A file of keys or certificates.
                return ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE
        if any(isinstance(one, (http.client.HTTPException, OSError)) for one in causes):
            return ErrorCode.WS_E_ENDPOINT_DISCONNECTED
        return ErrorCode.WS_E_OTHER

    def _error(self, code: ErrorCode, text: str, original: BaseException | int | None = None) -> TransportError:
        sent = {Phase.SEND: None, Phase.WAIT: True, Phase.RECEIVE: True}.get(self._phase, False)
        return TransportError(text, code=code, phase=self._phase, original=original, sent=sent)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made of, as an argument or as its cause."""
    seen: list[BaseException] = [error]
    while seen:
        one = seen.pop(0)
        yield one
        inner = [argument for argument in one.args if isinstance(argument, BaseException)]
        seen += [*inner, *([one.__cause__] if one.__cause__ is not None else [])]


def _line(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode("latin-1"), value.encode("latin-1").strip()


def _is_readable(sock: Any) -> bool:
    """Whether the peer has ended the connection, or sent what belongs to no request of ours."""
    poll: Any = select.poll() if hasattr(select, "poll") else SelectPoll()
    poll.register(sock.fileno(), getattr(select, "POLLIN", 1))
    return bool(poll.poll(0))


def _shut_down(connection: HTTPConnection | None) -> None:
    sock = None if connection is None else connection.sock
    if sock is not None:
        # It may be closed already. An SSLSocket's own way would wait for the peer.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
