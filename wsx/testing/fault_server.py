"""An HTTP server on a raw socket whose answers are wrong on purpose: the path of a request names the fault.

No HTTP library stands between a test and the bytes, so that every broken answer can be made. The server runs in threads
of the test's process, knows how many requests it has read, and ends with the ``with`` block.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

__all__ = ["FaultServer", "Request", "accept_queue", "answer", "full_listener"]

TIMEOUT: Final = 10.0
BODY: Final = b"0123456789"
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nX-Twice: a\r\nX-Twice: b\r\n"


@dataclass
class Request:
    """A request as it was read."""

    line: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    raw_head: bytes

    @property
    def path(self) -> str:
        return self.line.split(b" ")[1].decode("ascii")

    @property
    def fault(self) -> str:
        """The fault that is asked for: by the path, also in a URL for a proxy, or by the host of a CONNECT."""
        target = self.path
        if self.line.startswith(b"CONNECT "):
            return target.partition(":")[0].partition(".")[0]
        if "://" in target:
            target = target.split("/", 3)[-1]
        return target.partition("?")[0].lstrip("/")

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Connection:
    """One accepted connection; ``number`` counts them from 1."""

    sock: socket.socket
    number: int
    received: bytes = b""
    requests: list[Request] = field(default_factory=list)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def read_head(self) -> bytes | None:
        while b"\r\n\r\n" not in self.received:
            data = self.sock.recv(65536)
            if not data:
                return None
            self.received += data
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        return head

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("the request ends within its body")
        self.received += data

    def body_pieces(self, request: Request) -> Iterator[bytes]:
        """The body of a request as it comes in, by its Content-Length or in chunks; none is left out at the end.

        :raises ConnectionError: when the client ends before the body does.
        """
        lengths = request.values(b"content-length")
        if request.values(b"transfer-encoding") != [b"chunked"]:
            yield from self._pieces(int(lengths[0]) if lengths else 0)
            return
        size = -1
        while size:
            while b"\r\n" not in self.received:
                self._more()
            line, self.received = self.received.split(b"\r\n", 1)
            size = int(line, 16)
            yield from self._pieces(size)
            while not self.received.startswith(b"\r\n"):
                self._more()
            self.received = self.received[2:]

    def _pieces(self, length: int) -> Iterator[bytes]:
        while length:
            if not self.received:
                self._more()
            piece, self.received = self.received[:length], self.received[length:]
            length -= len(piece)
            yield piece

    def read_body(self, length: int) -> bytes:
        while len(self.received) < length:
            data = self.sock.recv(65536)
            if not data:
                break
            self.received += data
        body, self.received = self.received[:length], self.received[length:]
        return body


def answer(body: bytes = BODY, status: bytes = b"200 OK", headers: bytes = b"Content-Type: text/xml\r\n") -> bytes:
    """A right answer."""
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, headers, len(body), body)


class FaultServer:
    """``with FaultServer(...) as server``: answers by the fault that the path names, else by echoing the body.

    :param tls: wraps every accepted connection.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.stop = threading.Event()  # set at the end; a fault that waits for nothing waits for this
        self.arrived = threading.Event()  # set when a request that will not be answered soon has been read
        self.requests: list[Request] = []
        self.connections = 0
        self.ends: list[bytes] = []  # what each connection still brought after its last request
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> FaultServer:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(TIMEOUT)
        for thread in self._threads:
            thread.join(TIMEOUT)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}{path}"

    def _accept(self) -> None:
        while not self.stop.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(TIMEOUT)
            # What is sent leaves at once, so that a reset after it does not take it back.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.add(sock)
            thread = threading.Thread(target=self._serve, args=(sock, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        raw = sock
        try:
            if self._tls is not None:
                sock = tls = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                with self._lock:
                    self._open.discard(raw)
                    self._open.add(sock)
                try:
                    tls.do_handshake()
                except ssl.SSLError:
                    _linger(tls)
                    raise
            connection = Connection(sock, number)
            while self._exchange(connection):
                pass
        except OSError:
            # The client has gone, or would not talk to us; that is what many tests are about.
            pass
        finally:
            with self._lock:
                self._open -= {raw, sock}
            sock.close()

    def _exchange(self, connection: Connection) -> bool:
        head = connection.read_head()
        if head is None:
            self.ends.append(connection.received)
            return False
        line, *rest = head.split(b"\r\n")
        headers = [(name, value.strip()) for name, _, value in (text.partition(b":") for text in rest)]
        request = Request(line, headers, b"", head)
        fault = FAULTS.get(request.fault, Fault(_echo))
        if fault.reads_body:
            if request.values(b"expect"):
                connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            lengths = request.values(b"content-length")
            if lengths:
                request.body = connection.read_body(int(lengths[0]))
            else:
                request.body = b"".join(connection.body_pieces(request))
        with self._lock:
            self.requests.append(request)
        connection.requests.append(request)
        return fault.act(self, connection, request) is not False


def _linger(sock: socket.socket) -> None:
    """Read until the client ends: a socket that is closed with unread data resets, and the alert may be lost."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_WR)
        while socket.socket.recv(sock, 65536):
            pass


@dataclass(frozen=True)
class Fault:
    """``act`` answers; it returns False when the connection ends then. Without ``reads_body`` it gets the head only."""

    act: Callable[[FaultServer, Connection, Request], bool | None]
    reads_body: bool = True


def _echo(_: FaultServer, connection: Connection, request: Request) -> None:
    connection.send(answer(request.body or BODY, headers=HEAD.split(b"\r\n", 1)[1]))


def _sends(data: bytes, then: str = "close") -> Fault:
    def act(_: FaultServer, connection: Connection, __: Request) -> bool:
        connection.send(data)
        if then == "reset":
            connection.reset()
        return then == "keep"

    return Fault(act)


def _close(_: FaultServer, __: Connection, ___: Request) -> bool:
    return False


def _half_close(_: FaultServer, connection: Connection, __: Request) -> bool:
    _linger(connection.sock)
    return False


def _reset(_: FaultServer, connection: Connection, __: Request) -> bool:
    connection.reset()
    return False


def _second(act: Callable[[FaultServer, Connection, Request], bool | None]) -> Fault:
    """The first request of a connection is answered, the second one is the fault's."""

    def choose(server: FaultServer, connection: Connection, request: Request) -> bool | None:
        if len(connection.requests) == 1:
            connection.send(answer())
            return True
        return act(server, connection, request)

    return Fault(choose)


def _answer_and_close(*, reset: bool) -> Fault:
    def act(server: FaultServer, connection: Connection, _: Request) -> bool:
        connection.send(answer())
        if reset:
            connection.reset()
        else:
            connection.sock.shutdown(socket.SHUT_WR)
        server.arrived.set()
        return False

    return Fault(act)


def _answer_and_garbage(server: FaultServer, connection: Connection, _: Request) -> bool:
    connection.send(answer())
    connection.send(answer(b"stale", b"408 Request Timeout"))
    server.arrived.set()
    return True


def _answer_and_stale(server: FaultServer, connection: Connection, _: Request) -> bool:
    """A second answer in the packet of the first; over TLS in a record of its own, which the client has read, too."""
    cork = getattr(socket, "TCP_CORK", getattr(socket, "TCP_NOPUSH", None))
    if cork is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, cork, 1)
    connection.send(answer())
    connection.send(answer(b"stale" * 400, b"500 Stale"))
    if cork is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, cork, 0)
    server.arrived.set()
    return True


def _stalls(data: bytes, *, reads_body: bool = True) -> Fault:
    def act(server: FaultServer, connection: Connection, _: Request) -> bool:
        connection.send(data)
        server.arrived.set()
        server.stop.wait(TIMEOUT)
        return False

    return Fault(act, reads_body)


def _trickles(server: FaultServer, connection: Connection, __: Request) -> bool:
    connection.send(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.send(b"x")
        if server.stop.wait(0.02):
            break
    return False


def _endless(server: FaultServer, connection: Connection, _: Request) -> bool:
    connection.send(HEAD + b"\r\n")
    while not server.stop.is_set():
        connection.send(bytes(1 << 20))
    return False


def _early(status: bytes) -> Fault:
    """Answers while the body is still on its way."""

    def act(_: FaultServer, connection: Connection, __: Request) -> bool:
        connection.send(answer(b"", status, b"Connection: close\r\n"))
        # Reading on keeps the answer from being lost in a reset.
        with contextlib.suppress(OSError):
            connection.sock.settimeout(0.2)
            while connection.sock.recv(65536):
                pass
        return False

    return Fault(act, reads_body=False)


def _expectation_failed(_: FaultServer, connection: Connection, request: Request) -> bool:
    if request.values(b"expect"):
        connection.send(answer(b"", b"417 Expectation Failed"))
    else:
        body = connection.read_body(int(request.values(b"content-length")[0]))
        connection.send(answer(b"%d" % len(body)))
    return True


def _counts(_: FaultServer, connection: Connection, request: Request) -> bool:
    """Reads a body of any size and answers with the number of its bytes and their checksum."""
    if request.values(b"expect"):
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    size = checksum = 0
    for piece in connection.body_pieces(request):
        size += len(piece)
        checksum = zlib.crc32(piece, checksum)
    connection.send(answer(b"%d %d" % (size, checksum)))
    return True


def _pours(_: FaultServer, connection: Connection, request: Request) -> bool:
    """Answers with as many bytes as the query says, in chunks."""
    left = int(request.path.split("?")[1])
    connection.send(CHUNKED)
    block = bytes(64 << 10)
    while left:
        size = min(left, len(block))
        connection.send(b"%x\r\n%s\r\n" % (size, block[:size]))
        left -= size
    connection.send(b"0\r\n\r\n")
    return True


def _reset_while_reading(_: FaultServer, connection: Connection, __: Request) -> bool:
    connection.sock.recv(1)
    connection.reset()
    return False


def _status(code: int, headers: bytes = b"") -> Fault:
    return _sends(answer(b"no soap", b"%d Status" % code, headers), "keep")


def _gzip_bomb() -> bytes:
    packed = gzip.compress(bytes(8 << 20))
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(packed), packed)


def _gzip_answer() -> bytes:
    packed = gzip.compress(BODY)
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(packed), packed)


CHUNKED: Final = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FAULTS: Final[dict[str, Fault]] = {
    "count": Fault(_counts, reads_body=False),
    "pour": Fault(_pours),
    "close": Fault(_close),
    "reset": Fault(_reset),
    "half-close": Fault(_half_close),
    "reset-upload": Fault(_reset_while_reading, reads_body=False),
    "cut-head": _sends(HEAD + b"Content-Len"),
    "cut-head-after-line": _sends(HEAD + b"Content-Length: 0\r\n"),
    "cut-status-line": _sends(b"HTTP/1.1 20"),
    "cut-body": _sends(HEAD + b"Content-Length: 100\r\n\r\n" + BODY),
    "reset-body": _sends(HEAD + b"Content-Length: 100\r\n\r\n" + BODY, "reset"),
    "cut-chunk": _sends(CHUNKED + b"64\r\n" + BODY),
    "no-last-chunk": _sends(CHUNKED + b"a\r\n" + BODY + b"\r\n"),
    "bad-chunk": _sends(CHUNKED + b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "bad-status-line": _sends(b"HELO there\r\n\r\n"),
    "bad-header": _sends(b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 0\r\n\r\n"),
    "nul-in-header": _sends(b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
    "bad-length": _sends(HEAD + b"Content-Length: ten\r\n\r\n" + BODY),
    "two-lengths": _sends(HEAD + b"Content-Length: 10\r\nContent-Length: 11\r\n\r\n" + BODY),
    "huge-header": _sends(HEAD + b"X: " + b"v" * (1 << 20) + b"\r\nContent-Length: 0\r\n\r\n"),
    "huge-head": _sends(HEAD + b"".join(b"X-%d: %s\r\n" % (i, b"v" * 90) for i in range(4000)) + b"\r\n"),
    "big-head": _sends(HEAD + b"X: " + b"v" * 5000 + b"\r\nContent-Length: 0\r\n\r\n"),
    "endless-interim": _stalls(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 200),
    "long-body": _sends(answer(b"x" * 1001), "keep"),
    "long-body-to-the-end": _sends(HEAD + b"\r\n" + b"x" * 1001),
    "long-chunked": _sends(CHUNKED + b"3e8\r\n" + b"x" * 1000 + b"\r\n1\r\nx\r\n0\r\n\r\n", "keep"),
    "gzip-bomb": _sends(_gzip_bomb()),
    "gzip": _sends(_gzip_answer(), "keep"),
    "not-gzip": _sends(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n" + BODY),
    "stall": _stalls(b""),
    "stall-head": _stalls(HEAD),
    "stall-body": _stalls(HEAD + b"Content-Length: 100\r\n\r\n" + BODY),
    "stall-open-body": _stalls(HEAD + b"\r\n" + BODY),
    "stall-upload": _stalls(b"", reads_body=False),
    "trickle": Fault(_trickles),
    "endless": Fault(_endless),
    "second-close": _second(_close),
    "second-reset": _second(_reset),
    "answer-then-fin": _answer_and_close(reset=False),
    "answer-then-rst": _answer_and_close(reset=True),
    "answer-then-garbage": Fault(_answer_and_garbage),
    "answer-with-stale": Fault(_answer_and_stale),
    "early-413": _early(b"413 Content Too Large"),
    "early-503": _early(b"503 Service Unavailable"),
    "expectation-failed": Fault(_expectation_failed, reads_body=False),
    "interim": _sends(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(headers=b"X: y\r\n"),
        "keep",
    ),
    "trailers": _sends(CHUNKED + b"a\r\n" + BODY + b"\r\n0\r\nX-Trailer: 1\r\n\r\n", "keep"),
    "folded": _sends(b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n  b\r\nContent-Length: 0\r\n\r\n", "keep"),
    "raw-header": _sends(b"HTTP/1.1 200 \r\nX-Raw: \xe9\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n", "keep"),
    "http-1.0": _sends(b"HTTP/1.0 200 OK\r\n\r\n" + BODY),
    "redirect": _sends(answer(b"", b"302 Found", b"Location: /elsewhere\r\n"), "keep"),
    "cookie": _sends(answer(headers=b"Set-Cookie: a=b; Path=/\r\n"), "keep"),
    **{f"status-{code}": _status(code) for code in (400, 403, 404, 405, 408, 410, 413, 429, 500, 502, 503, 504)},
    "401-basic": _status(401, b'WWW-Authenticate: Basic realm="x"\r\n'),
    "401-all": _status(401, b"WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Basic\r\n"),
    "401-digest": _status(401, b'WWW-Authenticate: Digest realm="x", nonce="y"\r\n'),
    "401-ntlm": _status(401, b"WWW-Authenticate: NTLM\r\n"),
    **{
        f"{prefix}407-{name}": _status(407, b"".join(b"Proxy-Authenticate: %s\r\n" % value for value in values))
        for prefix in ("", "connect-")
        for name, values in {
            "basic": [b'Basic realm="x"'],
            "digest": [b'Digest realm="x", nonce="y"'],
            "ntlm": [b"NTLM"],
            "negotiate": [b"Negotiate", b'Basic realm="x"'],
        }.items()
    },
    **{f"connect-{code}": _status(code) for code in (403, 502, 503)},
    "connect-close": Fault(_close),
    "connect-garbage": _sends(b"HELO there\r\n\r\n"),
}


@contextlib.contextmanager
def full_listener() -> Iterator[int]:
    """A port of 127.0.0.1 whose accept queue is full, so that a connection to it is never made."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(address)
        # On a busy machine the connections are made a little later than connect() returns; as long as there is room,
        # the next one is taken, too, and waits for an answer instead of for the connection.
        deadline = time.monotonic() + TIMEOUT
        while accept_queue(listener)[0] <= accept_queue(listener)[1]:
            if time.monotonic() > deadline:
                raise AssertionError("the accept queue does not fill")
            time.sleep(0.001)
        yield address[1]


def accept_queue(listener: socket.socket) -> tuple[int, int]:
    """How many connections wait to be accepted, and how many may; elsewhere than on Linux it is taken for full."""
    if not sys.platform.startswith("linux"):
        return 1, 0
    # struct tcp_info: tcpi_unacked and tcpi_sacked, at the offset 24, say this of a listener.
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
    waiting, most = struct.unpack_from("=II", info, 24)
    return waiting, most


@contextlib.contextmanager
def silent_server(first_bytes: bytes | None = b"", *, close: bool = False) -> Iterator[int]:
    """A port that accepts, reads once, sends ``first_bytes``, and then stays silent or closes."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                sock, _ = listener.accept()
                with sock:
                    if close:
                        # Unread data turns the end into a reset.
                        return
                    sock.settimeout(TIMEOUT)
                    sock.recv(65536)
                    sock.sendall(first_bytes or b"")
                    stop.wait(TIMEOUT)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(TIMEOUT)
