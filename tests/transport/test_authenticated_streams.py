"""Bodies in pieces where NTLM or Negotiate authenticates the connection: the legs come first, the body goes once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.support.auth_server import PASSWORD, USER, WINDOWS_USER, AuthServer, windows_users
from tests.support.certificates import Zoo
from tests.support.fault_server import FaultServer
from tests.support.http_calls import LIMITS
from wsx.errors import ErrorCode
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
    WindowsCredential,
)
from wsx.transport import HttpRequest, HttpUrl, Limits, TransportError
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

PIECES = (b"<a>", b"x" * 70_000, b"</a>")
BODY = b"".join(PIECES)
Answer = tuple[int, bytes, bool]
Stream = Callable[..., list[Answer]]
SCHEMES = {"ntlm": HttpHeaderAuthScheme.NTLM, "negotiate": HttpHeaderAuthScheme.NEGOTIATE}
NAMES = pytest.mark.parametrize("name", SCHEMES)
DOMAIN, NAME, WORD = WINDOWS_USER
RIGHT = WindowsCredential(NAME, WORD, DOMAIN)


@pytest.fixture(autouse=True)
def users() -> Iterator[None]:
    with windows_users():
        yield


def streamed(url: str, length: int | None = None) -> HttpRequest:
    return HttpRequest("POST", HttpUrl.parse(url), ((b"Content-Type", b"text/xml"),), length=length)


def sync_streams(
    urls: Sequence[str], length: int | None = None, limits: Limits = LIMITS, **settings: object
) -> list[Answer]:
    answers = []
    with contextlib.closing(CurlTransport(**settings)) as transport:  # type: ignore[arg-type]
        for url in urls:
            with transport.start(streamed(url, length), limits) as exchange:
                wanted = all(exchange.write(piece) for piece in PIECES)
                head = exchange.finish()
                answers.append((head.status, b"".join(iter(exchange.read, b"")), wanted))
    return answers


def async_streams(
    urls: Sequence[str], length: int | None = None, limits: Limits = LIMITS, **settings: object
) -> list[Answer]:
    async def run() -> list[Answer]:
        transport, answers = CurlAsyncTransport(**settings), []  # type: ignore[arg-type]
        try:
            for url in urls:
                async with await transport.start(streamed(url, length), limits) as exchange:
                    wanted = True
                    for piece in PIECES:
                        wanted = wanted and await exchange.write(piece)
                    head = await exchange.finish()
                    body = b""
                    while piece := await exchange.read():
                        body += piece
                    answers.append((head.status, body, wanted))
        finally:
            await transport.close()
        return answers

    return asyncio.run(run())


@pytest.fixture(params=[sync_streams, async_streams], ids=["sync", "async"])
def streams(request: pytest.FixtureRequest) -> Stream:
    chosen: Stream = request.param
    return chosen


def secured(
    scheme: HttpHeaderAuthScheme,
    credential: WindowsCredential | UsernameCredential = RIGHT,
    tls: TlsSettings | None = None,
    target: HttpHeaderAuthTarget = HttpHeaderAuthTarget.SERVICE,
) -> SecurityDescription:
    return SecurityDescription(tls=tls, header_auth=HttpHeaderAuth(credential, scheme, target))


@NAMES
@pytest.mark.parametrize("length", [None, len(BODY)], ids=["chunked", "length"])
def test_the_body_goes_out_once(streams: Stream, name: str, length: int | None) -> None:
    with AuthServer(name) as server:
        answers = streams([server.url] * 3, length, security=secured(SCHEMES[name]))
    assert answers == [(200, BODY, True)] * 3
    # The first leg is empty; the requests after it go over the connection that knows who asks.
    assert server.bodies == [b"", BODY, BODY, BODY]
    assert len({seen.connection for seen in server.seen}) == 1


@NAMES
def test_over_tls(streams: Stream, zoo: Zoo, name: str) -> None:
    with AuthServer(name, tls=zoo.server("good")) as server:
        security = secured(SCHEMES[name], tls=TlsSettings(ca_file=zoo.ca_file))
        assert streams([server.url] * 2, security=security) == [(200, BODY, True)] * 2
    assert [body for body in server.bodies if body] == [BODY] * 2


@NAMES
def test_a_wrong_password(streams: Stream, name: str) -> None:
    wrong = WindowsCredential(NAME, "x7Qz9K", DOMAIN)
    with AuthServer(name) as server:
        assert streams([server.url], security=secured(SCHEMES[name], wrong))[0][:2] == (401, b"not you")
    assert server.bodies == [b"", BODY]


@NAMES
def test_a_connection_that_was_closed_is_authenticated_anew(streams: Stream, name: str) -> None:
    with AuthServer(name) as server:
        server.close_after = 1
        assert streams([server.url] * 2, security=secured(SCHEMES[name])) == [(200, BODY, True)] * 2
    assert server.bodies == [b"", BODY, b"", BODY]
    assert len({seen.connection for seen in server.seen}) == 2


def test_a_connection_that_ends_between_the_legs(streams: Stream) -> None:
    with AuthServer("ntlm") as server:
        server.close_after = 0
        with pytest.raises(TransportError) as caught:
            streams([server.url], security=secured(HttpHeaderAuthScheme.NTLM))
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_ENDPOINT_DISCONNECTED, False)
    assert server.bodies == [b""]


@NAMES
def test_a_server_that_wants_to_hear_it_each_time(streams: Stream, name: str) -> None:
    """The body of the second request has gone before the server says so: nothing is sent twice, the third is right."""
    with AuthServer(name, each_time=True) as server:
        answers = streams([server.url] * 3, security=secured(SCHEMES[name]))
    assert [answer[0] for answer in answers] == [200, 401, 200]
    assert server.bodies.count(BODY) == 3


def test_nothing_in_common(streams: Stream) -> None:
    """The refusal of the empty leg is the answer: nothing of the body goes out."""
    scheme = HttpHeaderAuthScheme.NTLM | HttpHeaderAuthScheme.NEGOTIATE
    with AuthServer("basic") as server:
        assert streams([server.url], security=secured(scheme)) == [(401, b"not you", False)]
    assert server.bodies == [b""]


@pytest.mark.parametrize("offered", ["digest", "basic", "ntlm"])
def test_of_several_schemes_the_common_one(streams: Stream, offered: str) -> None:
    scheme = HttpHeaderAuthScheme.NTLM | HttpHeaderAuthScheme.DIGEST | HttpHeaderAuthScheme.BASIC
    credential = RIGHT if offered == "ntlm" else UsernameCredential(USER, PASSWORD)
    with AuthServer(offered) as server:
        answers = streams([server.url] * 2, security=secured(scheme, credential))
    assert answers == [(200, BODY, True)] * 2
    assert [body for body in server.bodies if body] == [BODY] * 2


def test_a_server_that_wants_no_authentication(streams: Stream) -> None:
    with AuthServer() as server:
        assert streams([server.url], security=secured(HttpHeaderAuthScheme.NTLM)) == [(200, BODY, True)]
    assert server.bodies == [b"", BODY]


@NAMES
def test_a_proxy(streams: Stream, name: str) -> None:
    with AuthServer(name, proxy=True) as server:
        port = HttpUrl.parse(server.url).port
        proxy = ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"127.0.0.1:{port}"))
        security = secured(SCHEMES[name], target=HttpHeaderAuthTarget.PROXY)
        answers = streams(["http://endpoint.invalid/x"] * 2, security=security, proxy=proxy)
    assert answers == [(200, BODY, True)] * 2
    assert server.bodies == [b"", BODY, BODY]


def test_the_total_limit_is_for_all_legs(streams: Stream) -> None:
    with FaultServer() as server, pytest.raises(TransportError) as caught:
        streams([server.url("/stall")], limits=Limits(total=0.2), security=secured(HttpHeaderAuthScheme.NTLM))
    assert caught.value.code is ErrorCode.WS_E_OPERATION_TIMED_OUT
