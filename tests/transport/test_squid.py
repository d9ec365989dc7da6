"""The transports through squid: plain requests and tunnels, its Basic and Digest, its refusals."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.certificates import Zoo
from tests.support.fault_server import FaultServer
from tests.support.http_calls import LIMITS, request
from tests.support.squid import FORBIDDEN_HOST, PASSWORD, USER, squid
from wsx.errors import ErrorCode
from wsx.security import (
    CustomHttpProxy,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    SecurityDescription,
    UsernameCredential,
)
from wsx.transport import HttpHead, HttpRequest, Phase, TransportError, status_code, status_error
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

pytestmark = pytest.mark.interop

BASIC, DIGEST = HttpHeaderAuthScheme.BASIC, HttpHeaderAuthScheme.DIGEST
SCHEMES = {"basic": BASIC, "digest": DIGEST}
DENIED = ErrorCode.WS_E_PROXY_ACCESS_DENIED
TUNNEL = "CONNECT"

Squids = Callable[[str], tuple[ProxySettings, Path]]
Codes = Callable[..., list[ErrorCode]]


@pytest.fixture(scope="module")
def squids() -> Iterator[Squids]:
    """The proxy settings and the log of the squid that wants a scheme; each is started once."""
    with contextlib.ExitStack() as stack:
        running: dict[str, tuple[int, Path]] = {}

        def of(scheme: str) -> tuple[ProxySettings, Path]:
            if scheme not in running:
                running[scheme] = stack.enter_context(squid(scheme))
            port, log = running[scheme]
            return ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"127.0.0.1:{port}")), log

        yield of


def _sync(requests: Sequence[HttpRequest], **settings: object) -> list[ErrorCode]:
    transport = CurlTransport(**settings)  # type: ignore[arg-type]
    try:
        return [_code(*transport.call(one, LIMITS)) for one in requests]
    finally:
        transport.close()


def _async(requests: Sequence[HttpRequest], **settings: object) -> list[ErrorCode]:
    async def run() -> list[ErrorCode]:
        transport = CurlAsyncTransport(**settings)  # type: ignore[arg-type]
        try:
            return [_code(*await transport.call(one, LIMITS)) for one in requests]
        finally:
            await transport.close()

    return asyncio.run(run())


def _code(head: HttpHead, body: bytes) -> ErrorCode:
    if head.status == 200:
        assert body == b"<request/>"
        return ErrorCode.S_OK
    assert status_code(head.status) is not ErrorCode.S_OK
    return status_error(head).code


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def codes(request: pytest.FixtureRequest) -> Codes:
    made: Codes = request.param
    return made


def secured(scheme: HttpHeaderAuthScheme, password: str = PASSWORD) -> SecurityDescription:
    credential = UsernameCredential(USER, password)
    return SecurityDescription(header_auth=HttpHeaderAuth(credential, scheme, HttpHeaderAuthTarget.PROXY))


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tunnel"])
@pytest.mark.parametrize("scheme", ["", "basic", "digest"])
def test_through_squid(codes: Codes, squids: Squids, zoo: Zoo, scheme: str, *, tls: bool) -> None:
    proxy, log = squids(scheme)
    with FaultServer(zoo.server("good") if tls else None) as server:
        both = [request(server.url()), request(server.url())]
        security = secured(SCHEMES[scheme]) if scheme else None
        assert codes(both, proxy=proxy, security=security, ca_file=zoo.ca_file) == [ErrorCode.S_OK] * 2
        assert [seen.body for seen in server.requests] == [b"<request/>"] * 2
        # What is for the proxy stays there.
        assert not any(seen.values(b"proxy-authorization") for seen in server.requests)
    lines = [line for line in log.read_text("utf-8").splitlines() if f"127.0.0.1:{server.port}" in line]
    assert all((TUNNEL in line) is tls for line in lines)
    assert any(USER in line for line in lines) is bool(scheme)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tunnel"])
@pytest.mark.parametrize(
    ("wanted", "given", "code"),
    [
        ("basic", None, ErrorCode.WS_E_PROXY_REQUIRES_BASIC_AUTH),
        ("digest", None, ErrorCode.WS_E_PROXY_REQUIRES_DIGEST_AUTH),
        ("basic", secured(DIGEST), ErrorCode.WS_E_PROXY_REQUIRES_BASIC_AUTH),
        ("digest", secured(BASIC), ErrorCode.WS_E_PROXY_REQUIRES_DIGEST_AUTH),
        ("basic", secured(BASIC, "wrong"), DENIED),
        ("digest", secured(DIGEST, "wrong"), DENIED),
    ],
)
def test_squid_wants_to_know_who_asks(  # noqa: PLR0917 (fixtures and parameters)
    codes: Codes,
    squids: Squids,
    zoo: Zoo,
    wanted: str,
    given: SecurityDescription | None,
    code: ErrorCode,
    *,
    tls: bool,
) -> None:
    proxy, _ = squids(wanted)
    with FaultServer(zoo.server("good") if tls else None) as server:
        arguments = {"proxy": proxy, "security": given, "ca_file": zoo.ca_file}
        if tls:
            with pytest.raises(TransportError) as caught:
                codes([request(server.url())], **arguments)
            assert (caught.value.code, caught.value.phase, caught.value.sent) == (code, Phase.PROXY, False)
        else:
            assert codes([request(server.url())], **arguments) == [code]
        assert server.requests == []


def test_squid_refuses(codes: Codes, squids: Squids) -> None:
    proxy, _ = squids("")
    assert codes([request(f"http://{FORBIDDEN_HOST}/")], proxy=proxy) == [ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED]
    with pytest.raises(TransportError) as caught:
        codes([request(f"https://{FORBIDDEN_HOST}/")], proxy=proxy)
    assert (caught.value.code, caught.value.phase) == (DENIED, Phase.PROXY)


def test_squid_does_not_reach_the_endpoint(codes: Codes, squids: Squids) -> None:
    proxy, _ = squids("")
    with FaultServer() as gone:
        url = gone.url()
    assert codes([request(url)], proxy=proxy) == [ErrorCode.WS_E_ENDPOINT_TOO_BUSY]  # squid answers 503
    with pytest.raises(TransportError) as caught:
        codes([request(url.replace("http:", "https:"))], proxy=proxy)
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_PROXY_FAILURE, False)


def test_certificates_are_checked_through_a_tunnel(codes: Codes, squids: Squids, zoo: Zoo) -> None:
    proxy, _ = squids("digest")
    with FaultServer(zoo.server("expired")) as server, pytest.raises(TransportError) as caught:
        codes([request(server.url())], proxy=proxy, security=secured(DIGEST), ca_file=zoo.ca_file)
    assert (caught.value.code, caught.value.phase) == (ErrorCode.CERT_E_EXPIRED, Phase.TLS)


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_tunnel_of_another_user_is_not_shared(squids: Squids, zoo: Zoo, scheme: str) -> None:
    proxy, _ = squids(scheme)

    async def run() -> None:
        settings = (secured(SCHEMES[scheme]), secured(SCHEMES[scheme], "wrong"))
        transports = [CurlAsyncTransport(proxy=proxy, security=one, ca_file=zoo.ca_file) for one in settings]
        try:
            for transport in transports:
                await transport.call(request(server.url()), LIMITS)
        finally:
            for transport in transports:
                await transport.close()

    with FaultServer(zoo.server("good")) as server, pytest.raises(TransportError) as caught:
        asyncio.run(run())
    assert caught.value.code is DENIED
    assert len(server.requests) == 1
