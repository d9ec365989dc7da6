"""Tunnels through proxies that NTLM or Negotiate has to be told to, over both transports."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.support.auth_server import WINDOWS_USER, AuthServer, windows_users
from tests.support.certificates import Zoo
from tests.support.fault_server import FaultServer, full_listener, silent_server
from tests.support.http_calls import LIMITS, request
from tests.support.relays import Relay
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
    WindowsCredential,
)
from wsx.transport import HttpHead, HttpRequest, Limits, Phase, TransportError
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

SCHEMES = {"ntlm": HttpHeaderAuthScheme.NTLM, "negotiate": HttpHeaderAuthScheme.NEGOTIATE}
DOMAIN, NAME, WORD = WINDOWS_USER
RIGHT = WindowsCredential(NAME, WORD, DOMAIN)
URL = "https://endpoint.invalid/"

Answers = list[tuple[HttpHead, bytes]]
Calls = Callable[..., Answers]


@pytest.fixture(autouse=True)
def users() -> Iterator[None]:
    with windows_users():
        yield


def _sync(requests: Sequence[HttpRequest], limits: Limits = LIMITS, **settings: object) -> Answers:
    with contextlib.closing(CurlTransport(**settings)) as transport:  # type: ignore[arg-type]
        return [transport.call(one, limits) for one in requests]


def _async(requests: Sequence[HttpRequest], limits: Limits = LIMITS, **settings: object) -> Answers:
    async def run() -> Answers:
        transport = CurlAsyncTransport(**settings)  # type: ignore[arg-type]
        try:
            return [await transport.call(one, limits) for one in requests]
        finally:
            await transport.close()

    return asyncio.run(run())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def calls(request: pytest.FixtureRequest) -> Calls:
    made: Calls = request.param
    return made


def test_a_host_that_is_reached_directly(calls: Calls, zoo: Zoo) -> None:
    """The socket of the one URL is libcurl's, that of the other is not."""
    with FaultServer(zoo.server("good")) as server, Relay("connect", windows="ntlm", leads_to=server.port) as relay:
        custom = CustomHttpProxy(f"localhost:{relay.port}", "127.*")
        proxy = ProxySettings(HttpProxySettingMode.CUSTOM, custom)
        urls = [server.url(), f"https://localhost:{server.port}/", server.url(), f"https://localhost:{server.port}/"]
        answers = calls([request(url) for url in urls], proxy=proxy, security=secured("ntlm", zoo))
        assert [head.status for head, _ in answers] == [200] * 4
        assert {host for host, _ in relay.targets} == {"localhost"}


def by(port: int) -> ProxySettings:
    return ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"localhost:{port}"))


def secured(
    scheme: str,
    zoo: Zoo | None = None,
    credential: WindowsCredential = RIGHT,
    server: HttpHeaderAuth | None = None,
    host_name: str | None = None,
) -> SecurityDescription:
    to_proxy = HttpHeaderAuth(credential, SCHEMES[scheme], HttpHeaderAuthTarget.PROXY)
    tls = None if zoo is None else TlsSettings(ca_file=zoo.ca_file, host_name=host_name)
    return SecurityDescription(tls, (to_proxy,) if server is None else (to_proxy, server))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_one_tunnel_for_all_requests(calls: Calls, zoo: Zoo, scheme: str) -> None:
    with FaultServer(zoo.server("good")) as server, Relay("connect", windows=scheme, leads_to=server.port) as relay:
        # The name is the proxy's to resolve, and the certificate is for it.
        url = f"https://localhost:{server.port}/"
        answers = calls(
            [request(url, b"<a/>"), request(url, b"<b/>")], proxy=by(relay.port), security=secured(scheme, zoo)
        )
        assert [head.status for head, _ in answers] == [200, 200]
        assert [seen.body for seen in server.requests] == [b"<a/>", b"<b/>"]
        assert not any(seen.values(b"proxy-authorization") for seen in server.requests)
        assert relay.targets == [("localhost", server.port)]
        assert len(relay.heads) == 2


def test_a_lost_tunnel_is_made_anew(calls: Calls, zoo: Zoo) -> None:
    with FaultServer(zoo.server("good")) as server, Relay("connect", windows="ntlm") as relay:
        requests = [request(server.url("/answer-then-fin")), request(server.url())]
        answers = calls(requests, proxy=by(relay.port), security=secured("ntlm", zoo))
        assert [head.status for head, _ in answers] == [200, 200]
        assert (len(relay.targets), len(server.requests)) == (2, 2)


def test_a_request_in_a_tunnel_is_not_sent_twice(calls: Calls, zoo: Zoo) -> None:
    with FaultServer(zoo.server("good")) as server, Relay("connect", windows="ntlm") as relay:
        with pytest.raises(TransportError) as caught:
            calls([request(server.url("/second-close"))] * 2, proxy=by(relay.port), security=secured("ntlm", zoo))
        assert caught.value.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
        assert len(server.requests) == 2


@pytest.mark.parametrize("to_server", SCHEMES)
def test_a_server_in_a_tunnel_wants_to_know_too(calls: Calls, zoo: Zoo, to_server: str) -> None:
    auth = HttpHeaderAuth(RIGHT, SCHEMES[to_server])
    with AuthServer(to_server, tls=zoo.server("good")) as server, Relay("connect", windows="ntlm") as relay:
        requests = [request(server.url, b"<a/>"), request(server.url, b"<b/>")]
        answers = calls(requests, proxy=by(relay.port), security=secured("ntlm", zoo, server=auth))
    assert [body for _, body in answers] == [b"<a/>", b"<b/>"]
    assert len(relay.targets) == 1
    assert [body for body in server.bodies if body] == [b"<a/>", b"<b/>"]


def test_certificates_in_a_tunnel(calls: Calls, zoo: Zoo) -> None:
    with FaultServer(zoo.server("expired")) as server, Relay("connect", windows="ntlm") as relay:
        with pytest.raises(TransportError) as caught:
            calls([request(server.url())], proxy=by(relay.port), security=secured("ntlm", zoo))
        assert (caught.value.code, caught.value.phase, caught.value.sent) == (
            ErrorCode.CERT_E_EXPIRED,
            Phase.TLS,
            False,
        )
    named = secured("ntlm", zoo, host_name="elsewhere.invalid")
    with FaultServer(zoo.server("wrong-name")) as server, Relay("connect", windows="ntlm") as relay:
        assert calls([request(server.url())], proxy=by(relay.port), security=named)[0][0].status == 200


def test_a_wrong_password(calls: Calls) -> None:
    wrong = WindowsCredential(NAME, "x7Qz9K", DOMAIN)
    with Relay("connect", windows="ntlm") as relay, pytest.raises(TransportError) as caught:
        calls([request(URL)], proxy=by(relay.port), security=secured("ntlm", credential=wrong))
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_PROXY_ACCESS_DENIED, False)
    assert (caught.value.original, len(caught.value.challenges)) == (407, 1)
    assert "x7Qz9K" not in str(caught.value)


def failure(calls: Calls, port: int, limits: Limits = LIMITS) -> TransportError:
    with pytest.raises(TransportError) as caught:
        calls([request(URL)], limits, proxy=by(port), security=secured("ntlm"))
    assert (caught.value.phase, caught.value.sent) == (Phase.PROXY, False)
    return caught.value


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 403 No\r\n\r\n", ErrorCode.WS_E_PROXY_ACCESS_DENIED),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", ErrorCode.WS_E_PROXY_FAILURE),
        (b"nonsense\r\n\r\n", ErrorCode.WS_E_PROXY_FAILURE),
        (b"HTTP/1.1 407", ErrorCode.WS_E_PROXY_FAILURE),
        (b"HTTP/1.1 407 No\r\nX: " + b"x" * 70000 + b"\r\n\r\n", ErrorCode.WS_E_PROXY_FAILURE),
        (b"HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\nabc", ErrorCode.WS_E_PROXY_FAILURE),
        (b"HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM !!\r\n\r\n", ErrorCode.WS_E_PROXY_ACCESS_DENIED),
        (b"HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM AAAA\r\n\r\n", ErrorCode.WS_E_PROXY_ACCESS_DENIED),
        (b"", ErrorCode.WS_E_PROXY_FAILURE),
    ],
)
def test_what_a_proxy_may_answer(calls: Calls, answer: bytes, code: ErrorCode) -> None:
    with silent_server(answer, close=not answer) as port:
        limits = Limits(connect=0.5) if b"Content-Length: 5" in answer or answer.endswith(b"407") else LIMITS
        with pytest.raises(TransportError) as caught:
            calls([request(URL)], limits, proxy=by(port), security=secured("ntlm"))
    wanted = ErrorCode.WS_E_OPERATION_TIMED_OUT if limits is not LIMITS else code
    assert (caught.value.code, caught.value.sent) == (wanted, False)


def test_a_proxy_that_ends_the_connection_between_the_legs(calls: Calls) -> None:
    with Relay("connect", windows="ntlm", closes=True) as relay, pytest.raises(TransportError) as caught:
        calls([request(URL)], proxy=by(relay.port), security=secured("ntlm"))
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_ENDPOINT_DISCONNECTED, False)


def test_a_proxy_that_is_not_there(calls: Calls) -> None:
    with FaultServer() as gone:
        port = gone.port
    assert failure(calls, port).code is ErrorCode.WS_E_PROXY_FAILURE
    with full_listener() as full:
        settings = ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"127.0.0.1:{full}"))
        with pytest.raises(TransportError) as caught:
            calls([request(URL)], Limits(connect=0.3), proxy=settings, security=secured("ntlm"))
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_OPERATION_TIMED_OUT, False)


def test_a_silent_proxy(calls: Calls) -> None:
    with silent_server() as port:
        assert failure(calls, port, Limits(connect=0.3)).code is ErrorCode.WS_E_OPERATION_TIMED_OUT
        assert failure(calls, port, Limits(total=0.3)).code is ErrorCode.WS_E_OPERATION_TIMED_OUT


def test_abort_while_a_tunnel_is_made() -> None:
    with silent_server() as port:
        transport = CurlTransport(proxy=by(port), security=secured("ntlm"))
        threading.Timer(0.3, transport.abort).start()
        with pytest.raises(TransportError) as caught:
            transport.call(request(URL), LIMITS)
        transport.close()
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_OPERATION_ABORTED, False)


def test_abort_and_cancel_in_an_event_loop() -> None:
    async def run() -> TransportError:
        transport = CurlAsyncTransport(proxy=by(port), security=secured("ntlm"))
        loop = asyncio.get_running_loop()
        loop.call_later(0.3, transport.abort)
        with pytest.raises(TransportError) as caught:
            await transport.call(request(URL), LIMITS)
        task = asyncio.ensure_future(transport.call(request(URL), LIMITS))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await transport.close()
        # The thread that waited for the proxy looks after a tenth of a second.
        await loop.shutdown_default_executor()
        return caught.value

    with silent_server() as port:
        started = time.monotonic()
        error = asyncio.run(run())
    assert error.code is ErrorCode.WS_E_OPERATION_ABORTED
    assert time.monotonic() - started < (LIMITS.connect or 0)
