"""The rows of the conformance table: what happens on the network, and the error that it has to become."""

from __future__ import annotations

import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from wsx.errors import ErrorCode
from wsx.security import (
    CertCredential,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    SecurityDescription,
    TlsSettings,
    TlsVersion,
    UsernameCredential,
)
from wsx.testing.certificates import Zoo
from wsx.testing.fault_server import FaultServer, full_listener, silent_server
from wsx.transport import HttpUrl, Limits

__all__ = ["ROWS", "Play", "Row", "Setup", "Surprise"]

E = ErrorCode
_LARGE: Final = bytes(8 << 20)
_SHORT: Final = 0.4
# How long a server's end of a connection takes to arrive on the loopback interface.
_ARRIVES: Final = 0.05


@dataclass(frozen=True, slots=True)
class Setup:
    """How a transport is to be made.

    :param ca_file: a PEM file with the roots to trust; None when ``security`` says which, or for the system's.
    :param proxy: the HTTP proxy for all requests.
    :param security: TLS and authentication.
    """

    ca_file: str | None = None
    proxy: HttpUrl | None = None
    security: SecurityDescription | None = None


class Surprise(Exception):
    """A transport did what no transport may do, whatever the row is about."""


class Play(ABC):
    """What the rows play with: a new transport in each row."""

    zoo: Zoo
    stack: ExitStack

    @abstractmethod
    def server(self, certificate: str | None = None, change: Callable[[Any], None] | None = None) -> FaultServer:
        """A fault server, by TLS with the certificate of that name; ``change`` changes its TLS context."""

    @abstractmethod
    def post(
        self,
        url: str,
        *,
        body: bytes = ...,
        limits: Limits = ...,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        used_scheme: str | None = None,
        proxy: str | None = None,
        security: SecurityDescription | None = None,
        trusting: bool = True,
    ) -> ErrorCode:
        """Send a request; what it has come to. The first one says how the transport is made."""

    def sent(self, server: FaultServer, times: int = 1) -> None:
        """:raises Surprise: when ``server`` has not read exactly so many requests."""
        if len(server.requests) != times:
            raise Surprise(f"the server has read {len(server.requests)} requests, {times} were to be sent")

    def ok(self, code: ErrorCode) -> None:
        """:raises Surprise: when a call that only leads up to the row, or follows it, fails."""
        if code is not E.S_OK:
            raise Surprise(f"a call that nothing stands in the way of ends with {code.name}")


@dataclass(frozen=True, slots=True)
class Row:
    """One condition.

    :param name: short and unique.
    :param condition: what happens.
    :param codes: what it has to become, any of them.
    :param play: makes it happen.
    """

    name: str
    condition: str
    codes: tuple[ErrorCode, ...]
    play: Callable[[Play], ErrorCode]


# Ways to make rows


def _answers(path: str, *, times: int = 1, **options: Any) -> Callable[[Play], ErrorCode]:
    """A request for ``path``, and another one that has to go well: a failure does not end a transport."""

    def play(stage: Play) -> ErrorCode:
        server = stage.server()
        code = stage.post(server.url(f"/{path}"), **options)
        stage.sent(server, times)
        again = stage.post(server.url())
        if again is E.WS_E_ENDPOINT_DISCONNECTED:
            # The server has closed the connection just when it was used again, and nobody can see that before.
            again = stage.post(server.url())
        stage.ok(again)
        return code

    return play


def _by_tls(path: str) -> Callable[[Play], ErrorCode]:
    return lambda stage: stage.post(stage.server("good").url(f"/{path}"))


def _refused(scheme: str) -> Callable[[Play], ErrorCode]:
    def play(stage: Play) -> ErrorCode:
        with FaultServer() as gone:
            port = gone.port
        return stage.post(f"{scheme}://127.0.0.1:{port}/")

    return play


def _silent(limits: Limits, *, close: bool = False) -> Callable[[Play], ErrorCode]:
    """A server that accepts and does not make the TLS handshake."""

    def play(stage: Play) -> ErrorCode:
        port = stage.stack.enter_context(silent_server(close=close))
        return stage.post(f"https://127.0.0.1:{port}/", limits=limits)

    return play


def _unaccepted(stage: Play) -> ErrorCode:
    port = stage.stack.enter_context(full_listener())
    return stage.post(f"http://127.0.0.1:{port}/", limits=Limits(connect=_SHORT))


def _second(path: str) -> Callable[[Play], ErrorCode]:
    """The second request on a kept connection is read and not answered."""

    def play(stage: Play) -> ErrorCode:
        server = stage.server()
        stage.ok(stage.post(server.url(f"/{path}")))
        code = stage.post(server.url(f"/{path}"))
        # On a connection of its own the request would be answered.
        stage.sent(server, 2)
        return code

    return play


def _idle_end(stage: Play) -> ErrorCode:
    server = stage.server()
    stage.ok(stage.post(server.url("/answer-then-fin")))
    server.arrived.wait(5)
    time.sleep(_ARRIVES)
    code = stage.post(server.url())
    stage.sent(server, 2)
    return code


def _url(text: str) -> Callable[[Play], ErrorCode]:
    return lambda stage: stage.post(text)


def _through_proxy(path: str) -> Callable[[Play], ErrorCode]:
    return lambda stage: stage.post(f"http://endpoint.test/{path}", proxy=stage.server().url())


def _tunnel(fault: str, security: SecurityDescription | None = None) -> Callable[[Play], ErrorCode]:
    return lambda stage: stage.post(f"https://{fault}.test/", proxy=stage.server().url(), security=security)


def _no_proxy(stage: Play) -> ErrorCode:
    with FaultServer() as gone:
        proxy = gone.url()
    return stage.post("http://endpoint.test/", proxy=proxy)


def _tls_proxy(stage: Play) -> ErrorCode:
    return stage.post("http://endpoint.test/", proxy=stage.server("unknown-issuer").url())


def _certificate(name: str, host: str = "127.0.0.1") -> Callable[[Play], ErrorCode]:
    """A server whose certificate is to be refused, before a request is sent."""

    def play(stage: Play) -> ErrorCode:
        server = stage.server(name)
        code = stage.post(server.url(host=host))
        stage.sent(server, 0)
        return code

    return play


def _revocation(certificate: str, crl: str, roots: str | None = None) -> Callable[[Play], ErrorCode]:
    """A server whose certificate is looked up in the list ``crl``."""

    def play(stage: Play) -> ErrorCode:
        zoo = stage.zoo
        tls = TlsSettings(ca_file=zoo.path(roots) if roots else zoo.ca_file, crl_file=zoo.path(crl))
        server = stage.server(certificate)
        code = stage.post(server.url(), security=SecurityDescription(tls), trusting=False)
        stage.sent(server, 0)
        return code

    return play


def _versions(stage: Play) -> ErrorCode:
    def old(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2

    tls = TlsSettings(ca_file=stage.zoo.ca_file, minimum_version=TlsVersion.TLS1_3)
    return stage.post(stage.server("good", old).url(), security=SecurityDescription(tls), trusting=False)


def _demands_certificate(version: ssl.TLSVersion) -> Callable[[Play], ErrorCode]:
    def play(stage: Play) -> ErrorCode:
        def demand(context: ssl.SSLContext) -> None:
            context.minimum_version = context.maximum_version = version
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(stage.zoo.ca_file)

        server = stage.server("good", demand)
        code = stage.post(server.url())
        stage.sent(server, 0)
        return code

    return play


def _missing(**files: str) -> Callable[[Play], ErrorCode]:
    def play(stage: Play) -> ErrorCode:
        missing = stage.zoo.path("missing")
        if "key" in files:
            certificate = CertCredential(stage.zoo.path("client"), missing)
            tls = TlsSettings(ca_file=stage.zoo.ca_file, client_certificate=certificate)
        else:
            tls = TlsSettings(ca_file=missing)
        server = stage.server("good")
        code = stage.post(server.url(), security=SecurityDescription(tls), trusting=False)
        stage.sent(server, 0)
        return code

    return play


_PROXY_BASIC: Final = SecurityDescription(
    header_auth=HttpHeaderAuth(
        UsernameCredential("user", "secret"), HttpHeaderAuthScheme.BASIC, HttpHeaderAuthTarget.PROXY
    )
)
_BASIC_HEADER: Final = ((b"Authorization", b"Basic dXNlcjpzZWNyZXQ="),)


_Rows: TypeAlias = Iterator[tuple[str, str, "ErrorCode | tuple[ErrorCode, ...]", Callable[[Play], ErrorCode]]]


def _rows() -> _Rows:
    yield from _endpoint_rows()
    yield from _limit_rows()
    yield from _answer_rows()
    yield from _proxy_rows()
    yield from _tls_rows()


def _endpoint_rows() -> _Rows:
    lost, unreached, bad = E.WS_E_ENDPOINT_DISCONNECTED, E.WS_E_ENDPOINT_UNREACHABLE, E.WS_E_INVALID_ENDPOINT_URL
    denied = _answers("401-basic", headers=_BASIC_HEADER, used_scheme="basic")
    yield "unknown-host", "host name does not resolve", E.WS_E_ENDPOINT_NOT_FOUND, _url("http://no-such-host.invalid/")
    yield "404", "HTTP 404", E.WS_E_ENDPOINT_NOT_FOUND, _answers("status-404")
    yield "403", "HTTP 403", E.WS_E_ENDPOINT_ACCESS_DENIED, _answers("status-403")
    yield "401-used", "HTTP 401, the used scheme is offered", E.WS_E_ENDPOINT_ACCESS_DENIED, denied
    yield "refused", "connection refused", unreached, _refused("http")
    yield "tls-refused", "TLS server, connection refused", unreached, _refused("https")
    yield "closed", "closed before the answer", lost, _answers("close")
    yield "reset", "reset before the answer", lost, _answers("reset")
    yield "reset-upload", "reset while uploading", lost, _answers("reset-upload", body=_LARGE)
    yield "cut-head", "closed in the head", lost, _answers("cut-head-after-line")
    yield "cut-body", "closed in a body of known length", lost, _answers("cut-body")
    yield "reset-body", "reset in the body", lost, _answers("reset-body")
    yield "cut-chunk", "closed in a chunk", lost, _answers("cut-chunk")
    yield "no-last-chunk", "closed without the last chunk", lost, _answers("no-last-chunk")
    yield "tls-cut", "TLS closed in the body, no close_notify", lost, _by_tls("cut-body")
    yield "tls-cut-open", "TLS body to the end, no close_notify", lost, _by_tls("long-body-to-the-end")
    yield "tls-closed", "closed in the TLS handshake", lost, _silent(Limits(), close=True)
    yield "second-closed", "kept connection: second request read, then closed", lost, _second("second-close")
    yield "second-reset", "kept connection: second request read, then reset", lost, _second("second-reset")
    yield "idle-closed", "kept connection closed while idle: a new one is used", E.S_OK, _idle_end
    yield "500", "HTTP 500 without SOAP", E.WS_E_ENDPOINT_FAILURE, _answers("status-500")
    yield "413-early", "HTTP 413 while uploading, then closed", E.WS_E_ENDPOINT_FAILURE, _early("early-413")
    yield "410", "HTTP 410", E.WS_E_ENDPOINT_NOT_AVAILABLE, _answers("status-410")
    yield "503", "HTTP 503", E.WS_E_ENDPOINT_TOO_BUSY, _answers("status-503")
    yield "503-early", "HTTP 503 while uploading, then closed", E.WS_E_ENDPOINT_TOO_BUSY, _early("early-503")
    yield "429", "HTTP 429", E.WS_E_ENDPOINT_TOO_BUSY, _answers("status-429")
    yield "url-scheme", "scheme not http(s)", bad, _url("ftp://127.0.0.1/")
    yield "url-net-tcp", "scheme net.tcp", bad, _url("net.tcp://no-such-host.invalid/")
    yield "url-port", "port out of range", bad, _url("http://127.0.0.1:99999/")
    yield "url-space", "space in the host", bad, _url("http://a b/")
    yield "url-ipv6", "bad IPv6 literal", bad, _url("http://[::1::]/")
    yield "url-no-host", "no host", bad, _url("http:///x")


def _early(path: str) -> Callable[[Play], ErrorCode]:
    return _answers(path, body=_LARGE)


def _limit_rows() -> _Rows:
    late = E.WS_E_OPERATION_TIMED_OUT
    yield "connect-timeout", "connect timeout", late, _unaccepted
    yield "tls-timeout", "TLS handshake timeout", late, _silent(Limits(connect=_SHORT))
    yield "stall", "no answer in time", late, _answers("stall", limits=Limits(receive_response=_SHORT))
    yield "stall-body", "body stalls", late, _answers("stall-body", limits=Limits(receive=_SHORT))
    yield "trickle", "body trickles past the total limit", late, _answers("trickle", limits=Limits(total=_SHORT))
    stalled = _answers("stall-upload", body=_LARGE, limits=Limits(send=_SHORT))
    yield "stall-upload", "upload stalls", late, stalled
    yield "408", "HTTP 408", late, _answers("status-408")


def _answer_rows() -> _Rows:
    bad = E.WS_E_INVALID_FORMAT
    yield "huge-header", "one header line over 1 MiB", E.WS_E_QUOTA_EXCEEDED, _answers("huge-header")
    yield "bad-status-line", "bad status line", bad, _answers("bad-status-line")
    yield "bad-header", "bad header", bad, _answers("bad-header")
    yield "bad-length", "bad Content-Length", bad, _answers("bad-length")
    yield "two-lengths", "two different Content-Lengths", bad, _answers("two-lengths")
    yield "bad-chunk", "bad chunk size", bad, _answers("bad-chunk")
    yield "not-gzip", "body is not gzip", bad, _answers("not-gzip")
    yield "401-basic", "401 Basic", E.WS_E_SERVER_REQUIRES_BASIC_AUTH, _answers("401-basic")
    yield "401-digest", "401 Digest", E.WS_E_SERVER_REQUIRES_DIGEST_AUTH, _answers("401-digest")
    yield "401-ntlm", "401 NTLM", E.WS_E_SERVER_REQUIRES_NTLM_AUTH, _answers("401-ntlm")
    yield "401-all", "401 Negotiate + NTLM + Basic", E.WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH, _answers("401-all")


def _proxy_rows() -> _Rows:
    failed = E.WS_E_PROXY_FAILURE
    negotiate = E.WS_E_PROXY_REQUIRES_NEGOTIATE_AUTH
    denied = E.WS_E_PROXY_ACCESS_DENIED
    yield "407-basic", "407 Basic, http", E.WS_E_PROXY_REQUIRES_BASIC_AUTH, _through_proxy("407-basic")
    yield "407-negotiate", "407 Negotiate, http", negotiate, _through_proxy("407-negotiate")
    for name in ("basic", "digest", "ntlm", "negotiate"):
        code = ErrorCode[f"WS_E_PROXY_REQUIRES_{name.upper()}_AUTH"]
        yield f"connect-407-{name}", f"407 {name.capitalize()}, CONNECT", code, _tunnel(f"connect-407-{name}")
    refused = _tunnel("connect-407-basic", _PROXY_BASIC)
    yield "connect-407-used", "407 after Basic was sent, CONNECT", denied, refused
    yield "connect-403", "403 to CONNECT", denied, _tunnel("connect-403")
    yield "connect-502", "502 to CONNECT", failed, _tunnel("connect-502")
    yield "connect-503", "503 to CONNECT", failed, _tunnel("connect-503")
    yield "proxy-502", "502 through a plain proxy", failed, _through_proxy("status-502")
    yield "proxy-refused", "proxy refuses the connection", failed, _no_proxy
    unknown = "http://no-such-proxy.invalid:8080/"
    yield (
        "proxy-unknown",
        "proxy name does not resolve",
        failed,
        lambda stage: stage.post("http://endpoint.test/", proxy=unknown),
    )
    yield "connect-closed", "proxy closes on CONNECT", failed, _tunnel("connect-close")
    yield "connect-garbage", "proxy answers CONNECT with garbage", failed, _tunnel("connect-garbage")
    yield "tls-proxy", "TLS proxy with an untrusted certificate", failed, _tls_proxy


def _tls_rows() -> _Rows:
    root, offline = E.CERT_E_UNTRUSTEDROOT, E.CRYPT_E_REVOCATION_OFFLINE
    unverified, system = E.WS_E_SECURITY_VERIFICATION_FAILURE, E.WS_E_SECURITY_SYSTEM_FAILURE
    demands_old, demands = (
        _demands_certificate(version) for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    )
    yield "expired", "certificate expired", E.CERT_E_EXPIRED, _certificate("expired")
    yield "not-yet", "certificate not valid yet", E.CERT_E_EXPIRED, _certificate("not-yet")
    yield "wrong-name", "certificate for another name", E.CERT_E_CN_NO_MATCH, _certificate("wrong-name")
    yield "wrong-host", "… seen under a host name", E.CERT_E_CN_NO_MATCH, _certificate("wrong-name", "localhost")
    yield "self-signed", "self-signed certificate", root, _certificate("self-signed")
    yield "unknown-issuer", "issuer unknown", root, _certificate("unknown-issuer")
    yield "root-sent", "root sent but not trusted", root, _certificate("root-sent")
    yield "client-only", "only for client authentication", E.CERT_E_WRONG_USAGE, _certificate("client-only")
    yield "no-crl", "no CRL of the issuer at hand", offline, _revocation("unknown-issuer", "crl", "root-sent")
    yield "old-crl", "CRL out of date", offline, _revocation("good", "old-crl")
    yield "revoked", "certificate revoked", unverified, _revocation("revoked", "crl")
    yield "no-ca", "issuer is no CA", unverified, _certificate("issuer-no-ca")
    yield "tls-version", "no common TLS version", system, _versions
    yield "demands-cert-12", "client certificate demanded (TLS 1.2)", system, demands_old
    denied = (system, E.WS_E_ENDPOINT_ACCESS_DENIED)
    yield "demands-cert-13", "client certificate demanded (TLS 1.3)", denied, demands
    yield "no-key-file", "client key file missing", system, _missing(key="")
    yield "no-ca-file", "CA file missing", system, _missing(ca="")


ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        name: Row(name, condition, codes if isinstance(codes, tuple) else (codes,), play)
        for name, condition, codes, play in _rows()
    }
)
