"""An HTTP server that wants authentication, to stand for an endpoint or, with 407, for a proxy in front of one."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import re
import ssl
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from unittest import mock

import spnego

__all__ = ["PASSWORD", "TOKEN", "USER", "WINDOWS_USER", "AuthServer", "Seen", "windows_users"]

USER: Final = "ürsula"
PASSWORD: Final = "geheim: ß"
TOKEN: Final = "aa.bb-cc=="
WINDOWS_USER: Final = ("EXAMPLE", "alice", "geheimer ß")  # domain, name, password
REALM: Final = "wsx test"
_TOKENS: Final = {"ntlm": "NTLM", "negotiate": "Negotiate"}
_PARAMETER: Final = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]*))')


@dataclass
class Seen:
    """A request: its line, its Authorization or Proxy-Authorization value, its body, its connection."""

    target: str
    credentials: str | None
    body: bytes
    connection: int


class AuthServer:
    """``with AuthServer("digest", "basic") as server``: echoes the body of a request that proves who sends it.

    :param schemes: what is offered, and accepted: basic, digest, bearer, ntlm, negotiate; the last two, which know a
        connection's user from then on, only inside of :func:`windows_users`.
    :param proxy: speak as a proxy: 407, Proxy-Authenticate, Proxy-Authorization.
    :param tls: speak TLS.
    :param bindings: the channel binding that NTLM and Negotiate have to name.
    :param each_time: forget the user of a connection after each request.
    :param answer: what an accepted request gets instead of its body.
    """

    def __init__(
        self,
        *schemes: str,
        proxy: bool = False,
        tls: ssl.SSLContext | None = None,
        bindings: bytes | None = None,
        each_time: bool = False,
        answer: bytes | None = None,
    ) -> None:
        self.schemes: Sequence[str] = schemes
        self.proxy = proxy
        self._tls = tls
        self._bindings = bindings
        self._each_time = each_time
        self._answer = answer
        self.close_after: int | None = None  # end the connection with the response of this number (from 0)
        self.seen: list[Seen] = []
        self.drop_from: int | None = None  # close, unanswered, from the request of this number on (from 0)
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20
            wbufsize = 1 << 16
            disable_nagle_algorithm = True
            context: Any = None  # of NTLM or Negotiate, of the connection
            known = False

            def do_POST(self) -> None:
                peer._handle(self)

            def log_message(self, format: str, *args: object) -> None:
                """The requests are kept in ``seen``."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}/service?x=1"

    @property
    def bodies(self) -> list[bytes]:
        return [seen.body for seen in self.seen]

    def _handle(self, handler: Any) -> None:
        body = _read_body(handler)
        credentials = handler.headers["Proxy-Authorization" if self.proxy else "Authorization"]
        self.seen.append(Seen(handler.path, credentials, body, int(handler.client_address[1])))
        if self.drop_from is not None and len(self.seen) > self.drop_from:
            handler.close_connection = True
            return
        challenges: list[str] = []
        accepted = not self.schemes or handler.known or self._accepts(credentials or "", handler, challenges)
        handler.known = handler.known and not self._each_time
        handler.send_response(200 if accepted else 407 if self.proxy else 401)
        if not accepted:
            challenges = challenges or [_challenge(scheme) for scheme in self.schemes]
            body = b"not you"
        elif self._answer is not None:
            body = self._answer
        for challenge in challenges:
            handler.send_header("Proxy-Authenticate" if self.proxy else "WWW-Authenticate", challenge)
        if len(self.seen) - 1 == self.close_after:
            handler.send_header("Connection", "close")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _accepts(self, credentials: str, handler: Any, challenges: list[str]) -> bool:
        scheme, _, rest = credentials.partition(" ")
        if scheme.lower() not in self.schemes:
            return False
        if scheme == "Basic":
            return base64.b64decode(rest) == f"{USER}:{PASSWORD}".encode()
        if scheme == "Bearer":
            return rest == TOKEN
        if scheme == "Digest":
            return _digest_fits(rest, handler)
        return self._steps(scheme, rest, handler, challenges)

    def _steps(self, scheme: str, rest: str, handler: Any, challenges: list[str]) -> bool:
        """Take a token of NTLM or Negotiate, and perhaps answer with one; whether that was the last."""
        bindings = None
        if self._bindings is not None:
            bindings = spnego.channel_bindings.GssChannelBindings(application_data=self._bindings)
        if handler.context is None:
            handler.context = spnego.server(protocol=scheme.lower(), service="HTTP", channel_bindings=bindings)
        try:
            token = handler.context.step(base64.b64decode(rest))
        except spnego.exceptions.SpnegoError:
            handler.context = None
            return False
        if token:
            challenges.append(f"{_TOKENS[scheme.lower()]} {base64.b64encode(token).decode()}")
        handler.known = handler.context.complete
        if handler.known:
            handler.context = None
        return bool(handler.known or (self._each_time and not challenges))

    def __enter__(self) -> AuthServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextlib.contextmanager
def windows_users() -> Iterator[None]:
    """What pyspnego's acceptor of NTLM knows users from: a file that a variable names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "users"
        path.write_text(":".join(WINDOWS_USER) + "\n", encoding="utf-8")
        with mock.patch.dict(os.environ, {"NTLM_USER_FILE": str(path)}):
            yield


def _read_body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers["Expect"]:
        handler.send_response_only(100)
        handler.end_headers()
        handler.wfile.flush()
    length = handler.headers["Content-Length"]
    if length is not None:
        return handler.rfile.read(int(length))
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


def _challenge(scheme: str) -> str:
    if scheme == "digest":
        return f'Digest realm="{REALM}", nonce="abc123", qop="auth", algorithm=SHA-256'
    if scheme in ("basic", "bearer"):
        return f'{scheme.title()} realm="{REALM}"'
    return _TOKENS[scheme]


def _digest_fits(rest: str, handler: BaseHTTPRequestHandler) -> bool:
    """RFC 7616 §3.4.1 with qop=auth and SHA-256."""
    found = {name: quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}

    def digest(*parts: str) -> str:
        # Header lines are read as latin-1.
        return hashlib.sha256(":".join(parts).encode("utf-8")).hexdigest()

    wanted = digest(
        digest(USER, REALM, PASSWORD),
        found.get("nonce", ""),
        found.get("nc", ""),
        found.get("cnonce", ""),
        found.get("qop", ""),
        digest(handler.command, found.get("uri", "")),
    )
    same_target = found.get("uri") == handler.path or handler.path.endswith(found.get("uri", "?"))
    return same_target and found.get("nonce") == "abc123" and hmac.compare_digest(wanted, found.get("response", ""))
