"""The outcomes of a send that a proxy decides, against squid, plainly and through a tunnel (docs/errors.md)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.support.certificates import Zoo
from tests.support.channels import MakeChannel
from tests.support.error_rows import row, shows
from tests.support.fault_server import FaultServer, silent_server
from tests.support.squid import FORBIDDEN_HOST, PASSWORD, USER, squid
from tests.support.tables import int32
from wsx.channel import ChannelProperties, ChannelState
from wsx.descriptions import MessageDescription
from wsx.errors import ErrorCode, WsError
from wsx.message import AddressingVersion, EnvelopeVersion
from wsx.security import (
    CustomHttpProxy,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    SecurityDescription,
    TlsSettings,
    UsernameCredential,
)
from wsx.transport import Phase, TransportError

REQUEST = MessageDescription("urn:act", int32("request"))
DENIED = ErrorCode.WS_E_PROXY_ACCESS_DENIED
FAILURE = ErrorCode.WS_E_PROXY_FAILURE
NEEDS_BASIC, NEEDS_DIGEST = ErrorCode.WS_E_PROXY_REQUIRES_BASIC_AUTH, ErrorCode.WS_E_PROXY_REQUIRES_DIGEST_AUTH
BASIC, DIGEST = HttpHeaderAuthScheme.BASIC, HttpHeaderAuthScheme.DIGEST

Squids = Callable[[str], int]


@pytest.fixture(scope="module")
def squids() -> Iterator[Squids]:
    """The port of the squid that wants a scheme; each is started once."""
    with contextlib.ExitStack() as stack:
        running: dict[str, int] = {}

        def of(scheme: str) -> int:
            if scheme not in running:
                running[scheme] = stack.enter_context(squid(scheme))[0]
            return running[scheme]

        yield of


def failure(make: MakeChannel, proxy: str, url: str, security: SecurityDescription | None = None) -> WsError:
    """The error of one send to ``url`` through ``proxy``."""
    properties = ChannelProperties(
        envelope_version=EnvelopeVersion.SOAP_1_1,
        addressing_version=AddressingVersion.TRANSPORT,
        proxy=ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(proxy)),
    )
    with make(properties=properties, security=security) as channel:
        channel.open(url)
        with pytest.raises(WsError) as caught:
            channel.send_message(channel.create_message(), REQUEST, 1)
        assert channel.state is ChannelState.OPEN
    assert caught.value.url == url
    return caught.value


def secured(zoo: Zoo, scheme: HttpHeaderAuthScheme | None, password: str, *, tls: bool) -> SecurityDescription:
    auth: tuple[HttpHeaderAuth, ...] = ()
    if scheme is not None:
        auth = (HttpHeaderAuth(UsernameCredential(USER, password), scheme, HttpHeaderAuthTarget.PROXY),)
    return SecurityDescription(TlsSettings(ca_file=zoo.ca_file) if tls else None, auth)


CREDENTIALS = [
    row(NEEDS_BASIC, "proxy that wants BASIC, no credentials", "basic", None, ""),
    row(NEEDS_DIGEST, "proxy that wants DIGEST, no credentials", "digest", None, ""),
    row(NEEDS_BASIC, "proxy that wants BASIC from a client of DIGEST", "basic", DIGEST, PASSWORD),
    row(NEEDS_DIGEST, "proxy that wants DIGEST from a client of BASIC", "digest", BASIC, PASSWORD),
    row(DENIED, "HTTP 407 after a wrong password by BASIC", "basic", BASIC, "wrong"),
    row(DENIED, "HTTP 407 after a wrong password by DIGEST", "digest", DIGEST, "wrong"),
]


@pytest.mark.interop
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tunnel"])
@pytest.mark.parametrize(("code", "wanted", "scheme", "password"), CREDENTIALS)
def test_credentials(  # noqa: PLR0917 (fixtures and parameters)
    make: MakeChannel,
    squids: Squids,
    zoo: Zoo,
    code: ErrorCode,
    wanted: str,
    scheme: HttpHeaderAuthScheme | None,
    password: str,
    *,
    tls: bool,
) -> None:
    with FaultServer(zoo.server("good") if tls else None) as server:
        security = secured(zoo, scheme, password, tls=tls)
        error = failure(make, f"127.0.0.1:{squids(wanted)}", server.url(), security)
        assert server.requests == []
    assert error.code is code
    if tls:
        assert isinstance(error.original, TransportError)
        assert (error.original.phase, error.original.sent) == (Phase.PROXY, False)
    else:
        assert error.original == 407


@pytest.mark.interop
@shows(ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED, "HTTP 403 of a proxy that may not reach the endpoint")
def test_a_forbidden_endpoint(make: MakeChannel, squids: Squids) -> None:
    error = failure(make, f"127.0.0.1:{squids('')}", f"http://{FORBIDDEN_HOST}/")
    assert (error.code, error.original) == (ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED, 403)


@pytest.mark.interop
@shows(DENIED, "CONNECT refused with HTTP 403")
def test_a_forbidden_tunnel(make: MakeChannel, squids: Squids) -> None:
    assert failure(make, f"127.0.0.1:{squids('')}", f"https://{FORBIDDEN_HOST}/").code is DENIED


@pytest.mark.interop
@shows(ErrorCode.WS_E_ENDPOINT_TOO_BUSY, "HTTP 503 of a proxy that cannot reach the endpoint")
def test_an_endpoint_that_is_down(make: MakeChannel, squids: Squids) -> None:
    with FaultServer() as gone:
        url = gone.url()
    error = failure(make, f"127.0.0.1:{squids('')}", url)
    assert (error.code, error.original) == (ErrorCode.WS_E_ENDPOINT_TOO_BUSY, 503)


@pytest.mark.interop
@shows(FAILURE, "CONNECT answered with HTTP 503")
def test_a_tunnel_to_nowhere(make: MakeChannel, squids: Squids) -> None:
    with FaultServer() as gone:
        url = gone.url()
    assert failure(make, f"127.0.0.1:{squids('')}", url.replace("http:", "https:")).code is FAILURE


@pytest.mark.interop
@shows(ErrorCode.CERT_E_EXPIRED, "certificate whose time is over, through a tunnel")
def test_a_certificate_through_a_tunnel(make: MakeChannel, squids: Squids, zoo: Zoo) -> None:
    with FaultServer(zoo.server("expired")) as server:
        security = secured(zoo, DIGEST, PASSWORD, tls=True)
        error = failure(make, f"127.0.0.1:{squids('digest')}", server.url(), security)
        assert server.requests == []
    assert error.code is ErrorCode.CERT_E_EXPIRED


# Proxies that are none


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tunnel"])
@shows(FAILURE, "nothing listens at the proxy's address")
def test_a_proxy_that_is_down(make: MakeChannel, *, tls: bool) -> None:
    with FaultServer() as gone:
        proxy = f"127.0.0.1:{gone.port}"
    error = failure(make, proxy, f"http{'s' if tls else ''}://endpoint.invalid/")
    assert error.code is FAILURE
    assert isinstance(error.original, TransportError)
    assert error.original.sent is False


@shows(FAILURE, "the proxy's name does not resolve")
def test_a_proxy_without_an_address(make: MakeChannel) -> None:
    assert failure(make, "no-such-proxy.invalid:3128", "http://127.0.0.1/").code is FAILURE


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        row(FAILURE, "CONNECT answered with what is no HTTP", b"220 mail.example ESMTP\r\n\r\n"),
        row(FAILURE, "CONNECT answered with HTTP 502", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
        row(FAILURE, "CONNECT answered with HTTP 504", b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_a_proxy_that_makes_no_tunnel(make: MakeChannel, code: ErrorCode, answer: bytes) -> None:
    with silent_server(answer) as port:
        error = failure(make, f"127.0.0.1:{port}", "https://endpoint.invalid/")
    assert error.code is code
    assert isinstance(error.original, TransportError)
    assert (error.original.phase, error.original.sent) == (Phase.PROXY, False)


@shows(FAILURE, "the proxy closes the connection instead of answering CONNECT")
def test_a_proxy_that_hangs_up(make: MakeChannel) -> None:
    with silent_server(close=True) as port:
        assert failure(make, f"127.0.0.1:{port}", "https://endpoint.invalid/").code is FAILURE
