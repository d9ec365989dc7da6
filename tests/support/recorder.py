"""A server that keeps each request byte by byte, as it came over the connection."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from types import TracebackType
from typing import Final

__all__ = ["Recorder"]

_LENGTH: Final = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)


class Recorder:
    """Answers each request with the next of ``responses``, the last one again and again; ``requests`` has the bytes."""

    def __init__(self, *responses: bytes) -> None:
        self._responses = list(responses) or [b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"]
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._ended = False
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """The server's URL without a path."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while not self._ended:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                self._connection = connection
                connection.settimeout(10)
                while request := self._read(connection):
                    self.requests.append(request)
                    answer = self._responses[0] if len(self._responses) == 1 else self._responses.pop(0)
                    connection.sendall(answer)

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        data = b""
        asked = False
        while True:
            head, blank, body = data.partition(b"\r\n\r\n")
            if blank:
                length = _LENGTH.search(head + b"\r\n")
                if len(body) >= int(length[1] if length else 0):
                    return data
                if b"\r\nExpect: 100-continue" in head and not asked:
                    asked = True
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            piece = connection.recv(1 << 16)
            if not piece:
                return b""
            data += piece

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended = True
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._listener.close()
