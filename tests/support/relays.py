"""A SOCKS 5 server and an HTTP proxy, perhaps over TLS, that pass connections on."""

from __future__ import annotations

import base64
import contextlib
import re
import selectors
import socket
import ssl
import threading
from types import TracebackType
from typing import Any

import spnego

__all__ = ["Relay"]

_REFUSED = 5  # RFC 1928 §6: connection refused


class Relay:
    """``with Relay("socks5") as relay``: one thread a connection; ``targets`` is where clients wanted to go.

    :param kind: socks5 (RFC 1928), or connect, which knows the method CONNECT and nothing else.
    :param tls: speak TLS with the client first.
    :param user: name and password that a client must have.
    :param windows: ntlm or negotiate, which connect then wants, inside of ``windows_users``.
    :param closes: end the connection after each 407.
    :param leads_to: where every connection leads instead of the place that was asked for.
    """

    def __init__(
        self,
        kind: str,
        *,
        tls: ssl.SSLContext | None = None,
        user: tuple[str, str] | None = None,
        windows: str | None = None,
        closes: bool = False,
        leads_to: int | None = None,
    ) -> None:
        self._kind = kind
        self._tls = tls
        self._user = user
        self._windows = windows
        self._closes = closes
        self._contexts: dict[socket.socket, Any] = {}
        self._leads_to = leads_to
        self.targets: list[tuple[str, int]] = []
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    def __enter__(self) -> Relay:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(20)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._take, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _take(self, raw: socket.socket) -> None:
        raw.settimeout(20)
        with contextlib.suppress(OSError), raw:
            client = raw if self._tls is None else self._tls.wrap_socket(raw, server_side=True)
            with client:
                target = self._hear_socks(client) if self._kind == "socks5" else self._hear_connect(client)
                if target is None:
                    return
                self.targets.append(target)
                try:
                    address = target if self._leads_to is None else ("127.0.0.1", self._leads_to)
                    server = socket.create_connection(address, timeout=20)
                except OSError:
                    self._answer(client, granted=False)
                    return
                with server:
                    self._answer(client, granted=True)
                    _pass_on(client, server)

    def _hear_socks(self, client: socket.socket) -> tuple[str, int] | None:
        _, methods = _read(client, 2)
        offered = _read(client, methods)
        wanted = 0 if self._user is None else 2
        client.sendall(bytes([5, wanted if wanted in offered else 255]))
        if wanted not in offered:
            return None
        if self._user is not None:  # RFC 1929
            name = _read(client, _read(client, 2)[1])
            word = _read(client, _read(client, 1)[0])
            known = (name.decode(), word.decode()) == self._user
            client.sendall(bytes([1, not known]))
            if not known:
                return None
        kind = _read(client, 4)[3]
        if kind == 3:
            host = _read(client, _read(client, 1)[0]).decode()
        else:
            host = socket.inet_ntop(
                socket.AF_INET if kind == 1 else socket.AF_INET6, _read(client, 4 if kind == 1 else 16)
            )
        return host, int.from_bytes(_read(client, 2), "big")

    def _hear_connect(self, client: socket.socket) -> tuple[str, int] | None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += _read(client, 1)
        self.heads.append(head)
        if self._windows is not None and not self._knows(client, head):
            return self._hear_connect(client)
        if self._user is not None:
            token = base64.b64encode(":".join(self._user).encode())
            if b"\r\nProxy-Authorization: Basic " + token + b"\r\n" not in head:
                challenge = b'Proxy-Authenticate: Basic realm="relay"\r\nContent-Length: 0\r\n'
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n" + challenge + b"\r\n")
                return None
        method, target, _ = head.split(b" ", 2)
        host, _, port = target.decode().rpartition(":")
        return (host, int(port)) if method == b"CONNECT" else None

    def _knows(self, client: socket.socket, head: bytes) -> bool:
        """Whether the connection has come to know its user; answers with 407 when not."""
        wanted = self._windows or "negotiate"
        scheme = {"ntlm": "NTLM", "negotiate": "Negotiate"}[wanted]
        found = re.search(rb"\r\nProxy-Authorization: \w+ ([A-Za-z0-9+/=]+)\r\n", head)
        token = None
        if found is not None:
            context = self._contexts.setdefault(client, spnego.server(protocol=wanted, service="HTTP"))
            try:
                token = context.step(base64.b64decode(found[1]))
            except spnego.exceptions.SpnegoError:
                del self._contexts[client]
            else:
                if context.complete:
                    return True
        challenge = scheme + (f" {base64.b64encode(token).decode()}" if token else "")
        body = b"" if self._closes else b"who are you?"
        lines = [b"HTTP/1.1 407 Who", b"Proxy-Authenticate: " + challenge.encode(), b"Content-Length: %d" % len(body)]
        lines += [b"Connection: close"] if self._closes else []
        client.sendall(b"\r\n".join([*lines, b"", body]))
        if self._closes:
            raise ConnectionError
        return False

    def _answer(self, client: socket.socket, *, granted: bool) -> None:
        if self._kind == "socks5":
            client.sendall(bytes([5, 0 if granted else _REFUSED, 0, 1, 0, 0, 0, 0, 0, 0]))
        else:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n" if granted else b"HTTP/1.1 502 Bad Gateway\r\n\r\n")


def _read(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Until one side ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select(20):
                source = key.fileobj
                assert isinstance(source, socket.socket)
                data = source.recv(65536)
                while isinstance(source, ssl.SSLSocket) and source.pending():
                    data += source.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
