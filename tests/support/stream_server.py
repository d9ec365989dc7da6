"""An HTTP server on a raw socket that takes requests and gives responses piece by piece, as a test says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType

__all__ = ["Request", "StreamServer", "chunked"]

_TIMEOUT = 20.0


class Request:
    """A request that is coming in: ``head``, and its body by :meth:`pieces`; ``whole`` once that has ended."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._data = b""
        self.head = b""
        self.body = b""
        self.whole = False

    def read_head(self) -> bool:
        """Whether there is one more request on the connection."""
        while b"\r\n\r\n" not in self._data:
            data = self.sock.recv(1 << 16)
            if not data:
                return False
            self._data += data
        self.head, self._data = self._data.split(b"\r\n\r\n", 1)
        if b"expect: 100-continue" in self.head.lower():
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def pieces(self, *, keep: bool = True) -> Iterator[bytes]:
        """The pieces of the body, as they come; ConnectionError when it does not come to its end."""
        if b"transfer-encoding: chunked" not in self.head.lower():
            length = int(self.head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            yield self._kept(self._exactly(length), keep)
        else:
            while size := int(self._line(), 16):
                yield self._kept(self._exactly(size), keep)
                self._line()
            self._line()
        self.whole = True

    def _kept(self, piece: bytes, keep: bool) -> bytes:
        if keep:
            self.body += piece
        return piece

    def _line(self) -> bytes:
        while b"\r\n" not in self._data:
            self._more()
        line, self._data = self._data.split(b"\r\n", 1)
        return line

    def _exactly(self, size: int) -> bytes:
        while len(self._data) < size:
            self._more()
        piece, self._data = self._data[:size], self._data[size:]
        return piece

    def _more(self) -> None:
        data = self.sock.recv(1 << 16)
        if not data:
            raise ConnectionError("the request ends within its body")
        self._data += data

    def answer(
        self, pieces: Iterable[bytes] | None = None, *, status: int = 200, content_type: str = "text/xml; charset=utf-8"
    ) -> None:
        """A response; with ``pieces`` in chunks of these, without an empty one."""
        self.sock.sendall(response_head(status, content_type, length=None if pieces is not None else 0))
        if pieces is not None:
            for piece in pieces:
                self.sock.sendall(chunked(piece))
            self.sock.sendall(b"0\r\n\r\n")


def response_head(
    status: int = 200, content_type: str = "text/xml; charset=utf-8", *, length: int | None = None
) -> bytes:
    """Status line and header lines; a body in chunks follows without ``length``."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"HTTP/1.1 {status} status\r\nContent-Type: {content_type}\r\n{framing}\r\n\r\n".encode()


def chunked(piece: bytes) -> bytes:
    """The piece as a chunk."""
    return b"%x\r\n%s\r\n" % (len(piece), piece) if piece else b""


class StreamServer:
    """Use it as a context manager; ``handle`` is called for each request, in a thread of its connection.

    A connection ends with the exception that ``handle`` raises, if it does; ``requests`` are all that came,
    ``connections`` how many connections were made, ``open`` how many of them the client has not closed.
    """

    def __init__(self, handle: Callable[[Request], object]) -> None:
        self._handle = handle
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.requests: list[Request] = []
        self.connections = 0
        self._open: set[threading.Thread] = set()
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/service"

    def wait_closed(self) -> bool:
        """Whether the client closes all its connections soon; the server closes none by itself."""
        for thread in list(self._open):
            thread.join(_TIMEOUT)
        return not any(thread.is_alive() for thread in self._open)

    def __enter__(self) -> StreamServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.settimeout(_TIMEOUT)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._open.add(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        request = Request(sock)
        with contextlib.suppress(OSError, ValueError), sock:
            while request.read_head():
                self.requests.append(request)
                self._handle(request)
                following = Request(sock)
                following._data = request._data
                request = following
