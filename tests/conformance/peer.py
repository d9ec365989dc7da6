"""The peer of a channel as a vector scripts it: an HTTP/1.1 server on a free loopback port (README §7)."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Final

from tests.conformance.vectors import Unmapped

__all__ = ["Peer"]

_IDLE_SECONDS: Final = 10
_KNOWN: Final = ({"status", "reason", "headers", "body"}, {"raw"}, {"refuse"}, {"close"})


class Peer:
    """Answers every request as ``behaviour`` says; ``requests`` are what it got. A context manager."""

    def __init__(self, behaviour: Any) -> None:
        if set(behaviour) not in _KNOWN or behaviour.get("close") not in (None, "after_request", "on_accept"):
            raise Unmapped(f"server {', '.join(sorted(behaviour))}")
        self.behaviour = behaviour
        self.requests: list[dict[str, Any]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.base = f"http://{self.host}"

    def __enter__(self) -> Peer:
        if self.behaviour.get("refuse"):
            self._listener.close()
        else:
            self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # shutdown wakes the threads that wait in accept and recv.
        for waiting in (self._listener, *self._connections):
            with suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)
            waiting.close()
        for thread in self._threads:
            thread.join()

    def _start(self, run: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            if self.behaviour.get("close") == "on_accept":
                connection.close()
                continue
            connection.settimeout(_IDLE_SECONDS)
            self._connections.append(connection)
            self._start(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            while (request := self._read(stream)) is not None:
                self.requests.append({"connection": number, **request})
                if "close" in self.behaviour:
                    return
                connection.sendall(self._answer())
                if "raw" in self.behaviour:
                    return

    @staticmethod
    def _read(stream: Any) -> dict[str, Any] | None:
        start = stream.readline().decode("latin-1").split()
        if len(start) != 3:
            return None
        headers = []
        while line := stream.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = line.partition(":")
            headers.append([name, value.strip()])
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        method, target, version = start
        body: bytes = stream.read(length)
        return {
            "method": method,
            "target": target,
            "version": version,
            "headers": headers,
            "body": body,
        }

    def _answer(self) -> bytes:
        answer = self.behaviour
        if "raw" in answer:
            raw: str = answer["raw"]
            return raw.encode()
        body: bytes = answer["body"].encode()
        headers = [(name, value.replace("{base}", self.base)) for name, value in answer["headers"]]
        if answer["status"] != 204:
            headers.append(("Content-Length", str(len(body))))
        lines = [f"HTTP/1.1 {answer['status']} {answer['reason']}", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join([*lines, "", ""]).encode() + body
