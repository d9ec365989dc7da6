"""A tunnel through a proxy that NTLM or Negotiate authenticates the connection to; libcurl goes on inside of it.

libcurl makes tunnels itself, but not with tokens that it is given. Here the connection is made, the proxy is asked by
CONNECT (RFC 9110 §9.3.6), and the socket is handed over. The waiting is done in pieces, so that an abort gets through.
"""

from __future__ import annotations

import contextlib
import select
import socket
from functools import partial
from time import monotonic
from typing import Final

from wsx.errors import ErrorCode
from wsx.transport.failures import challenge_schemes, status_code
from wsx.transport.handshake import Answer, ConnectionGone, Handshake, Leg, Legs, Link, Work
from wsx.transport.heads import final_head
from wsx.transport.protocol import HttpHead, HttpRequest, Phase, TransportError
from wsx.transport.url import HttpUrl

__all__ = ["TunnelLine", "through_tunnel"]

_LOOK: Final = 0.1  # seconds between looks whether the call was aborted
_MAX_HEAD: Final = 64 << 10
_MAX_BODY: Final = 1 << 20
_MADE: Final = range(200, 300)
_UNAUTHORIZED: Final = 407
_FORBIDDEN: Final = 403


class TunnelLine:
    """The connection to a proxy while it is asked for a tunnel; blocking, but for :meth:`abort`.

    :param proxy: host and port.
    :param target: ``host:port`` of the endpoint.
    :param seconds: for all of it (CONNECT_TIMEOUT), None for no limit.
    """

    def __init__(self, proxy: tuple[str, int], target: str, seconds: float | None) -> None:
        self._proxy = proxy
        self._target = target
        self._seconds = seconds
        self._end = None if seconds is None else monotonic() + seconds
        self._aborted = False
        self._socket: socket.socket | None = None

    def exchange(self, leg: Leg) -> Answer:
        """Ask for the tunnel with the header lines of ``leg``; the proxy's answer.

        :raises TransportError: ConnectionGone for a bound leg without its connection; WS_E_PROXY_FAILURE,
            WS_E_OPERATION_TIMED_OUT or WS_E_OPERATION_ABORTED.
        """
        if self._socket is None:
            if leg.bound:
                raise ConnectionGone
            self._socket = self._connect()
        lines = [f"CONNECT {self._target} HTTP/1.1".encode("ascii"), b"Host: " + self._target.encode("ascii")]
        lines += [name + b": " + value for name, value in leg.request.headers]
        try:
            self._send(b"\r\n".join([*lines, b"", b""]))
            head = self._read_head()
            if head.status not in _MADE:
                self._read_body(head)
        except OSError as error:
            self.close()
            raise _failed(f"the proxy has ended the connection: {error}") from error
        except BaseException:
            self.close()
            raise
        return head, b""

    def hand_over(self) -> socket.socket:
        """The socket of the tunnel; it is the caller's now."""
        if self._socket is None:
            raise AssertionError("a tunnel that was made has a socket")
        made, self._socket = self._socket, None
        return made

    def close(self) -> None:
        """Give up the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def abort(self) -> None:
        """End what goes on, from any thread."""
        self._aborted = True

    def _wait(self, sock: socket.socket, *, to_write: bool) -> None:
        while True:
            if self._aborted:
                raise _not_sent("the call was aborted", ErrorCode.WS_E_OPERATION_ABORTED)
            left = _LOOK if self._end is None else min(_LOOK, self._end - monotonic())
            if left <= 0:
                text = f"the limit of {self._seconds:g} s passed in phase PROXY"
                raise _not_sent(text, ErrorCode.WS_E_OPERATION_TIMED_OUT)
            watched = ([], [sock], [sock]) if to_write else ([sock], [], [])
            if any(select.select(*watched, left)):
                return

    def _connect(self) -> socket.socket:
        failure: OSError | None = None
        try:
            found = socket.getaddrinfo(*self._proxy, type=socket.SOCK_STREAM)
        except OSError as error:
            raise _failed(f"the proxy's name is not resolved: {error}") from error
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    sock.connect(address)
                self._wait(sock, to_write=True)
                if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(code, "the proxy is not reached")
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
            else:
                return sock
        raise _failed(f"the proxy is not reached: {failure}") from failure

    def _send(self, data: bytes) -> None:
        while data:
            sock = self._open()
            self._wait(sock, to_write=True)
            data = data[sock.send(data) :]

    def _receive(self, size: int) -> bytes:
        sock = self._open()
        self._wait(sock, to_write=False)
        data = sock.recv(size)
        if not data:
            raise ConnectionResetError("no answer")
        return data

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise AssertionError("a line that is used is connected")
        return self._socket

    def _read_head(self) -> HttpHead:
        # Byte by byte: what follows the head of a tunnel is not ours.
        data = b""
        while not data.endswith((b"\r\n\r\n", b"\n\n")):
            data += self._receive(1)
            if len(data) > _MAX_HEAD:
                raise _failed("the proxy's answer has a head that is too long")
        lines = data.splitlines(keepends=True)
        head = final_head(lines, -1) if lines[0].startswith(b"HTTP/1.") else None
        if head is None or not head.status:
            raise _failed("the proxy's answer is not one of HTTP")
        return head

    def _read_body(self, head: HttpHead) -> None:
        """Read past the body of a refusal, so that the connection can go on; one that cannot is closed."""
        lengths = head.values(b"content-length")
        told = [value.lower() for name in (b"connection", b"proxy-connection") for value in head.values(name)]
        ends = b"close" in told or head.version == "1.0" or bool(head.values(b"transfer-encoding"))
        if ends or len(lengths) != 1 or not lengths[0].isdigit() or int(lengths[0]) > _MAX_BODY:
            self.close()
            return
        left = int(lengths[0])
        while left:
            left -= len(self._receive(left))


def through_tunnel(handshake: Handshake, proxy: tuple[str, int], url: HttpUrl, inner: Legs, link: Link) -> Legs:
    """``inner``, the legs to the endpoint, inside of a tunnel that is made when there is none."""
    step = next(inner)
    while True:
        try:
            try:
                done = yield step._replace(bound=True) if isinstance(step, Leg) else step
            except ConnectionGone:
                if not isinstance(step, Leg) or step.bound:
                    raise
                yield from _made(handshake, proxy, url, link)
                done = yield step
        except TransportError as error:
            following = partial(inner.throw, error)
        else:
            following = partial(inner.send, done)
        try:
            step = following()
        except StopIteration as end:
            answer: Answer = end.value
            return answer


def _made(handshake: Handshake, proxy: tuple[str, int], url: HttpUrl, link: Link) -> Legs:
    """Make a tunnel and hand its socket to the transport."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    line = link.dial(proxy, f"{host}:{url.port}")
    try:
        asked = handshake.legs(HttpRequest("CONNECT", HttpUrl("http", *proxy, "/"), ()), link)
        step = next(asked)
        while True:
            try:
                work = Work(partial(line.exchange, step)) if isinstance(step, Leg) else step
                done = yield work
            except TransportError as error:
                step = asked.throw(error)
            else:
                try:
                    step = asked.send(done)
                except StopIteration as end:
                    head: HttpHead = end.value[0]
                    break
        if head.status not in _MADE:
            raise _refused(handshake, head)
        link.enter(line.hand_over())
    finally:
        line.close()
    return head, b""


def _refused(handshake: Handshake, head: HttpHead) -> TransportError:
    challenges = [value.decode("latin-1") for value in head.values(b"proxy-authenticate")]
    offered = challenge_schemes(challenges)
    code = ErrorCode.WS_E_PROXY_FAILURE
    if head.status == _UNAUTHORIZED:
        code = status_code(head.status, challenges, next((one for one in handshake.schemes if one in offered), None))
    elif head.status == _FORBIDDEN:
        code = ErrorCode.WS_E_PROXY_ACCESS_DENIED
    error = _not_sent(f"the proxy has refused the tunnel with HTTP status {head.status}", code)
    error.original, error.challenges = head.status, tuple(challenges)
    return error


def _failed(text: str) -> TransportError:
    return _not_sent(text, ErrorCode.WS_E_PROXY_FAILURE)


def _not_sent(text: str, code: ErrorCode) -> TransportError:
    return TransportError(text, code=code, phase=Phase.PROXY, sent=False)
