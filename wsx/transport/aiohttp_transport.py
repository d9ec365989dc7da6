"""HTTP over aiohttp: the transport for asyncio without pycurl, or in a loop that it cannot use (extra ``aiohttp``).

One transport is one connection, kept alive between calls. The phases of a call are told by aiohttp's tracing, and have
clocks of their own. Of what libcurl does this cannot do: notice a body under TLS that ends too early when nothing says
how long it is, and notice bytes that a server sends behind an answer, which aiohttp takes for the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import socket
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
from yarl import URL

from wsx.errors import ErrorCode
from wsx.security import ProxySettings, SecurityDescription
from wsx.transport.failures import status_code
from wsx.transport.heads import refused
from wsx.transport.library import Settings, check_head, tls_code
from wsx.transport.protocol import Capability, HttpHead, HttpRequest, Limits, Phase, TransportError
from wsx.transport.url import HttpUrl

__all__ = ["AiohttpTransport"]

_TURNS: Final = 3
_LINE: Final = 64 << 10  # bytes of a header line
_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")
_STARTS: Final = (
    ("on_dns_resolvehost_start", Phase.RESOLVE),
    ("on_connection_create_start", Phase.CONNECT),
    ("on_dns_resolvehost_end", Phase.CONNECT),
)


class AiohttpTransport:
    """The HTTP/1.1 transport over aiohttp: sends each request at most once over a connection of its own.

    It undoes no content coding. Used in another event loop later, it begins anew there. The parameters are those of
    :class:`~wsx.transport.curl_async.CurlAsyncTransport`.

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
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._owner = os.getpid()
        self._call: _Call | None = None
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._closing = False

    async def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """Send ``request`` at most once and wait for the whole response, whatever its status.

        When the task is cancelled, the exchange ends at once and its connection is given up.

        :raises TransportError: WS_E_INVALID_OPERATION while another call runs; E_INVALIDARG for a request that must not
            be sent; else what happened to the exchange. The transport can be used again after each of them.
        """
        call = _Call(request, limits, self._settings)
        with self._guard:
            if self._call is not None:
                raise call.error(ErrorCode.WS_E_INVALID_OPERATION, "another call of this transport is running")
            self._call = call
        try:
            return await call.run(self._use_session)
        except BaseException:
            self._shut_down()
            raise
        finally:
            with self._guard:
                self._call = None
                closing, self._closing = self._closing, False
            if closing:
                await self._release()

    def abort(self) -> None:
        """End the running call with WS_E_OPERATION_ABORTED, from any thread; without one there is nothing to do."""
        with self._guard:
            call = self._call
        if call is not None:
            call.abort()

    async def close(self) -> None:
        """Close the connection, ending a running call. A later call opens a new connection."""
        with self._guard:
            call = self._call
            self._closing = call is not None
        if call is not None:
            call.abort()
        else:
            await self._release()

    async def _use_session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is not None and (self._loop is not loop or self._owner != os.getpid()):
            await self._release()
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=1, use_dns_cache=False, socket_factory=self._new_socket)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                skip_auto_headers=_AUTOMATIC,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                trace_configs=[_trace()],
                max_line_size=_LINE,
                max_field_size=_LINE,
            )
            self._loop, self._owner = loop, os.getpid()
        return self._session

    def _new_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _, _ = address
        made = socket.socket(family, kind, protocol)
        self._sockets.add(made)
        return made

    def _shut_down(self) -> None:
        """End the connection at once: asyncio would keep a socket until the peer has taken what waits to be sent."""
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    async def _release(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._owner == os.getpid():
            await session.close()
            # asyncio closes the socket of a connection that was given up in the turns that follow.
            for _ in range(_TURNS):
                await asyncio.sleep(0)


class _Call:
    """One exchange: its phase, the clock of the phase, and what it comes to."""

    def __init__(self, request: HttpRequest, limits: Limits, settings: Settings) -> None:
        self._request = request
        self._limits = limits
        self._settings = settings
        self._route = settings.route(request.url)
        self.phase = Phase.PREPARE
        self._sends = self._sent_bytes = 0
        self._aborted = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Future[None] | None = None

    async def run(self, use_session: Callable[[], Awaitable[aiohttp.ClientSession]]) -> tuple[HttpHead, bytes]:
        """Carry it out."""
        lines = self._settings.lines(self._request)
        self._loop = loop = asyncio.get_running_loop()
        total = self._limits.total
        ends = None if total is None else loop.time() + total
        if total == 0:
            raise self._late("total limit")
        session = await use_session()
        task = loop.create_task(self._exchange(session, lines))
        try:
            await self._watch(task, ends)
            answer: tuple[HttpHead, bytes] = task.result()
            return answer
        except TransportError:
            raise
        except Exception as error:
            raise self._mapped(error) from error
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    async def _watch(self, task: asyncio.Task[Any], ends: float | None) -> None:
        """Wait for the task as long as its phases may take."""
        loop = asyncio.get_running_loop()
        phase, since = None, loop.time()
        while not task.done():
            if self._aborted:
                raise self.error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")
            now = loop.time()
            if self.phase is not phase:
                phase, since = self.phase, now
            limit = self._limit()
            deadlines = [one for one in (None if limit is None else since + limit, ends) if one is not None]
            if deadlines and now >= min(deadlines):
                raise self._late("limit")
            self._wake = loop.create_future()
            wait = None if not deadlines else min(deadlines) - now
            await asyncio.wait({task, self._wake}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)

    def _limit(self) -> float | None:
        limits = self._limits
        return {
            Phase.RESOLVE: limits.resolve,
            Phase.CONNECT: limits.connect,
            Phase.PROXY: limits.connect,
            Phase.SEND: limits.send,
            Phase.WAIT: limits.receive_response,
            Phase.RECEIVE: limits.receive,
        }.get(self.phase)

    async def _exchange(self, session: aiohttp.ClientSession, lines: list[tuple[bytes, bytes]]) -> Any:
        request, url, proxy = self._request, self._request.url, self._route
        headers = [_line(name, value) for name, value in lines]
        shown = [_line(name, value) for name, value in self._settings.proxy_lines]
        if proxy is not None and url.scheme == "http":
            # aiohttp sends proxy_headers with a CONNECT alone.
            headers += shown
        body: Any = None if request.body is None else io.BytesIO(request.body)
        async with session.request(
            request.method,
            URL(str(url), encoded=True),
            data=body,
            headers=headers,
            allow_redirects=False,
            proxy=None if proxy is None else f"http://{proxy.authority}",
            proxy_headers=dict(shown) if proxy is not None and url.scheme == "https" else None,
            ssl=self._settings.context if url.scheme == "https" else False,
            server_hostname=self._settings.host_name,
            trace_request_ctx=self,
        ) as response:
            head = HttpHead(
                response.status,
                response.reason or "",
                response.raw_headers,
                "1.0" if response.version == aiohttp.HttpVersion10 else "1.1",
            )
            check_head(head, self._limits, self.phase)
            self.enter(Phase.RECEIVE)
            pieces, size = [], 0
            async for piece in response.content.iter_any():
                size += len(piece)
                if self._limits.max_body is not None and size > self._limits.max_body:
                    response.close()
                    text = f"the body has more than {self._limits.max_body} bytes"
                    raise self.error(ErrorCode.WS_E_QUOTA_EXCEEDED, text)
                pieces.append(piece)
        return self._settings.judge(head), b"".join(pieces)

    def abort(self) -> None:
        """End it, from any thread."""
        self._aborted = True
        if self._loop is not None:
            # A loop that is closed by now has ended the call.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._turn)

    # What the tracing tells

    def enter(self, phase: Phase) -> None:
        """The exchange has come so far."""
        if phase in (Phase.RESOLVE, Phase.CONNECT) and self._route is not None:
            phase = Phase.PROXY
        if phase is not self.phase:
            self.phase = phase
            self._turn()

    def _turn(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def sends(self) -> None:
        """The head of the request goes out."""
        self._sends += 1
        self.enter(Phase.WAIT if not self._request.body else Phase.SEND)

    def sends_body(self, size: int) -> None:
        """So much of the body goes out."""
        self._sent_bytes += size
        if self._sends and self._sent_bytes >= len(self._request.body or b""):
            self.enter(Phase.WAIT)

    def check_repeated(self) -> None:
        """aiohttp makes GET again on another connection when a kept one ends; this transport sends at most once."""
        if self._sends:
            text = "the kept connection was lost after the request was sent on it; it is not sent again"
            raise self.error(ErrorCode.WS_E_ENDPOINT_DISCONNECTED, text)

    # Failures

    def _late(self, what: str) -> TransportError:
        return self.error(ErrorCode.WS_E_OPERATION_TIMED_OUT, f"the {what} passed in phase {self.phase.name}")

    def _mapped(self, error: Exception) -> TransportError:
        code = self._code_of(error)
        original: BaseException | int = error
        if code is ErrorCode.WS_E_ENDPOINT_UNREACHABLE and isinstance(error, OSError) and error.errno:
            original = error.errno
        challenges: tuple[str, ...] = ()
        if isinstance(error, aiohttp.ClientHttpProxyError) and error.headers is not None:
            challenges = tuple(error.headers.getall("Proxy-Authenticate", ()))
        return self.error(code, f"{type(error).__name__}: {error}", original, challenges)

    def _code_of(self, error: Exception) -> ErrorCode:
        unsent = self.phase in (Phase.PREPARE, Phase.RESOLVE, Phase.CONNECT, Phase.PROXY)
        match error:
            case aiohttp.ClientHttpProxyError():
                return self._proxy_code(error)
            case aiohttp.ClientProxyConnectionError():
                return ErrorCode.WS_E_PROXY_FAILURE
            case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLError() as inner):
                return tls_code(inner)
            case aiohttp.ClientConnectorDNSError():
                return ErrorCode.WS_E_ENDPOINT_NOT_FOUND if self._route is None else ErrorCode.WS_E_PROXY_FAILURE
            case asyncio.TimeoutError() | aiohttp.ServerTimeoutError():
                return ErrorCode.WS_E_OPERATION_TIMED_OUT
        # aiohttp's own class is an SSLError, too, but has nothing of it.
        causes = (getattr(error, "os_error", None), error.__cause__, error)
        inner_ssl = next((one for one in causes if isinstance(one, ssl.SSLError)), None)
        if inner_ssl is not None:
            return tls_code(inner_ssl)
        if self.phase is Phase.PROXY:
            return ErrorCode.WS_E_PROXY_FAILURE
        match error:
            case aiohttp.ClientConnectorError(os_error=ConnectionResetError()):
                return ErrorCode.WS_E_ENDPOINT_DISCONNECTED
            case aiohttp.ClientConnectorError(os_error=socket.gaierror()):
                return ErrorCode.WS_E_ENDPOINT_NOT_FOUND
            case aiohttp.ClientConnectorError():
                return ErrorCode.WS_E_ENDPOINT_UNREACHABLE
            case aiohttp.ClientPayloadError():
                garbled = isinstance(error.__cause__, aiohttp.http_exceptions.TransferEncodingError) and (
                    "not enough data" not in str(error).lower()
                )
                return ErrorCode.WS_E_INVALID_FORMAT if garbled else ErrorCode.WS_E_ENDPOINT_DISCONNECTED
            case aiohttp.ClientResponseError():
                long = error.message.startswith("Got more than")
                return ErrorCode.WS_E_QUOTA_EXCEEDED if long else ErrorCode.WS_E_INVALID_FORMAT
            case aiohttp.ClientConnectionError():
                return ErrorCode.WS_E_ENDPOINT_DISCONNECTED
            case OSError() if unsent:
                # A file of keys or certificates.
                return ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE
            case OSError():
                return ErrorCode.WS_E_ENDPOINT_DISCONNECTED
        return ErrorCode.WS_E_OTHER

    def _proxy_code(self, error: aiohttp.ClientHttpProxyError) -> ErrorCode:
        if error.status not in (403, 407):
            return ErrorCode.WS_E_PROXY_FAILURE
        values = [] if error.headers is None else error.headers.getall("Proxy-Authenticate", [])
        return status_code(407, values, self._settings.used_scheme(values, by_proxy=True))

    def error(
        self,
        code: ErrorCode,
        text: str,
        original: BaseException | int | None = None,
        challenges: tuple[str, ...] = (),
    ) -> TransportError:
        """The error with the phase."""
        sent = {Phase.SEND: None, Phase.WAIT: True, Phase.RECEIVE: True}.get(self.phase, False)
        return TransportError(text, code=code, phase=self.phase, original=original, sent=sent, challenges=challenges)


def _line(name: bytes, value: bytes) -> tuple[str, str]:
    try:
        return name.decode("ascii"), value.decode("utf-8")
    except UnicodeDecodeError:
        text = f"aiohttp sends header values in UTF-8 alone, and that of {name.decode('ascii')} is not"
        raise refused(text) from None


def _trace() -> aiohttp.TraceConfig:
    """Tells each call where it is."""
    config = aiohttp.TraceConfig()

    def entering(phase: Phase) -> Any:
        async def enter(_: object, context: Any, __: object) -> None:
            call = context.trace_request_ctx
            call.check_repeated()
            call.enter(phase)

        return enter

    async def sends(_: object, context: Any, __: object) -> None:
        context.trace_request_ctx.sends()

    async def reuses(_: object, context: Any, __: object) -> None:
        context.trace_request_ctx.check_repeated()

    async def sends_body(_: object, context: Any, what: aiohttp.TraceRequestChunkSentParams) -> None:
        context.trace_request_ctx.sends_body(len(what.chunk))

    for name, phase in _STARTS:
        getattr(config, name).append(entering(phase))
    config.on_connection_reuseconn.append(reuses)
    config.on_request_headers_sent.append(sends)
    config.on_request_chunk_sent.append(sends_body)
    return config
