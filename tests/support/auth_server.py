"""An HTTP server that wants authentication, to stand for an endpoint or, with 407, for a proxy in front of one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final

__all__ = ["PASSWORD", "TOKEN", "USER", "AuthServer", "Seen"]

USER: Final = "ürsula"
PASSWORD: Final = "geheim: ß"
TOKEN: Final = "aa.bb-cc=="
REALM: Final = "wsx test"
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

    :param schemes: what is offered, and accepted: basic, digest, bearer; others are offered only.
    :param proxy: speak as a proxy: 407, Proxy-Authenticate, Proxy-Authorization.
    """

    def __init__(self, *schemes: str, proxy: bool = False) -> None:
        self.schemes: Sequence[str] = schemes
        self.proxy = proxy
        self.seen: list[Seen] = []
        self.drop_from: int | None = None  # close, unanswered, from the request of this number on (from 0)
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20
            wbufsize = 1 << 16
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                peer._handle(self)

            def log_message(self, format: str, *args: object) -> None:
                """The requests are kept in ``seen``."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/service?x=1"

    @property
    def bodies(self) -> list[bytes]:
        return [seen.body for seen in self.seen]

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        credentials = handler.headers["Proxy-Authorization" if self.proxy else "Authorization"]
        self.seen.append(Seen(handler.path, credentials, body, int(handler.client_address[1])))
        if self.drop_from is not None and len(self.seen) > self.drop_from:
            handler.close_connection = True
            return
        accepted = not self.schemes or self._accepts(credentials or "", handler)
        handler.send_response(200 if accepted else 407 if self.proxy else 401)
        if not accepted:
            for scheme in self.schemes:
                handler.send_header("Proxy-Authenticate" if self.proxy else "WWW-Authenticate", _challenge(scheme))
            body = b"not you"
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _accepts(self, credentials: str, handler: BaseHTTPRequestHandler) -> bool:
        scheme, _, rest = credentials.partition(" ")
        if scheme.lower() not in self.schemes:
            return False
        if scheme == "Basic":
            return base64.b64decode(rest) == f"{USER}:{PASSWORD}".encode()
        if scheme == "Bearer":
            return rest == TOKEN
        if scheme == "Digest":
            return _digest_fits(rest, handler)
        return False

    def __enter__(self) -> AuthServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _challenge(scheme: str) -> str:
    if scheme == "digest":
        return f'Digest realm="{REALM}", nonce="abc123", qop="auth", algorithm=SHA-256'
    if scheme in ("basic", "bearer"):
        return f'{scheme.title()} realm="{REALM}"'
    return {"ntlm": "NTLM", "negotiate": "Negotiate"}[scheme]


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
