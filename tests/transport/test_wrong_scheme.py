"""Which error a peer's refusal is: every scheme that a client may use, for every scheme that a peer may offer."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from typing import Final

import pytest

from tests.support.http_calls import LIMITS, request
from wsx.errors import ErrorCode
from wsx.security import (
    BearerCredential,
    CustomHttpProxy,
    DefaultWindowsCredential,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    SecurityDescription,
    WindowsCredential,
)
from wsx.transport import TransportError, status_error
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

USER: Final = WindowsCredential("user", "x7Qz9K")
# What a client may use: its name here, the schemes whose refusal it would be, its settings.
USED: Final = {
    "none": ((), None, None),
    "basic": (("basic",), USER, HttpHeaderAuthScheme.BASIC),
    "digest": (("digest",), USER, HttpHeaderAuthScheme.DIGEST),
    "ntlm": (("ntlm",), USER, HttpHeaderAuthScheme.NTLM),
    "negotiate": (("negotiate",), USER, HttpHeaderAuthScheme.NEGOTIATE),
    "tickets": (("negotiate",), DefaultWindowsCredential(), HttpHeaderAuthScheme.NEGOTIATE),
    "bearer": (("bearer",), BearerCredential("x7Qz9K"), None),
}
CHALLENGES: Final = {
    "basic": 'Basic realm="r"',
    "digest": 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5',
    "ntlm": "NTLM",
    "negotiate": "Negotiate",
    "bearer": 'Bearer realm="r"',
    "custom": 'Custom realm="NTLM"',
}
# The order in which one of several is reported.
PREFERENCE: Final = ("negotiate", "ntlm", "digest", "basic")
OFFERED: Final = [
    (),
    *((name,) for name in CHALLENGES),
    ("basic", "digest"),
    ("custom", "basic", "ntlm"),
    ("basic", "digest", "ntlm", "negotiate"),
]
PLACES: Final = ("server", "proxy", "tunnel")


class Refuser:
    """Answers every request, CONNECT among them, with 401 or 407, and keeps its connections."""

    def __init__(self, status: int, challenges: tuple[str, ...]) -> None:
        name = "Proxy-Authenticate" if status == 407 else "WWW-Authenticate"
        lines = "".join(f"{name}: {CHALLENGES[one]}\r\n" for one in challenges)
        self._answer = f"HTTP/1.1 {status} No\r\n{lines}Content-Length: 0\r\n\r\n".encode()
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(sock,), daemon=True))
                self._threads[-1].start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock, sock.makefile("rb") as file:
            sock.settimeout(20)
            while line := file.readline():
                head = line
                while head[-4:] != b"\r\n\r\n":
                    head += file.readline()
                length = [one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
                file.read(int(length[0].split(b":")[1]) if length else 0)
                self.heads.append(head)
                sock.sendall(self._answer)

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(20)


@pytest.fixture(autouse=True)
def no_tickets(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path_factory.getbasetemp()}/no-tickets")


@contextlib.contextmanager
def refusing(place: str, offered: tuple[str, ...]) -> Iterator[Refuser]:
    refuser = Refuser(401 if place == "server" else 407, offered)
    try:
        yield refuser
    finally:
        refuser.end()


def code_of(kind: str, url: str, security: SecurityDescription | None, proxy: ProxySettings | None) -> ErrorCode:
    async def run() -> ErrorCode:
        transport = CurlAsyncTransport(security=security, proxy=proxy)
        try:
            return status_error((await transport.call(request(url), LIMITS))[0]).code
        finally:
            await transport.close()

    try:
        if kind == "asyncio":
            return asyncio.run(run())
        with contextlib.closing(CurlTransport(security=security, proxy=proxy)) as transport:
            return status_error(transport.call(request(url), LIMITS)[0]).code
    except TransportError as error:
        return ErrorCode.WS_E_OTHER if "x7Qz9K" in str(error) or error.sent is not False else error.code


def expected(schemes: tuple[str, ...], offered: tuple[str, ...], place: str) -> ErrorCode:
    """errors.md §3: refused when the used scheme is among those offered, else the preferred one of them is required."""
    side = "SERVER" if place == "server" else "PROXY"
    if not set(schemes) & set(offered):
        for name in PREFERENCE:
            if name in offered:
                return ErrorCode[f"WS_E_{side}_REQUIRES_{name.upper()}_AUTH"]
    return ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED if side == "SERVER" else ErrorCode.WS_E_PROXY_ACCESS_DENIED


CASES: Final = [
    (place, used, offered)
    for place, used, offered in itertools.product(PLACES, USED, OFFERED)
    if place == "server" or used != "bearer"  # a proxy gets none
]


@pytest.mark.parametrize(("place", "used", "offered"), CASES, ids=lambda value: value if value else "nothing")
def test_the_code(kind: str, place: str, used: str, offered: tuple[str, ...]) -> None:
    schemes, credential, scheme = USED[used]
    target = HttpHeaderAuthTarget.SERVICE if place == "server" else HttpHeaderAuthTarget.PROXY
    auth = () if credential is None else (HttpHeaderAuth(credential, scheme, target),)
    with refusing(place, offered) as refuser:
        address = f"127.0.0.1:{refuser.port}"
        proxy = None
        url = f"http://{address}/"
        if place != "server":
            proxy = ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(address))
            url = "http://endpoint.invalid/" if place == "proxy" else "https://endpoint.invalid/"
        code = code_of(kind, url, SecurityDescription(header_auth=auth), proxy)
    wanted = expected(schemes, offered, place)
    assert code is wanted
    # No scheme but the one of the settings is used, and nothing is shown in the clear to who did not ask for that.
    shown = [line for head in refuser.heads for line in head.split(b"\r\n") if b"uthorization:" in line]
    assert {line.split()[1].decode().lower() for line in shown} <= set(schemes)
