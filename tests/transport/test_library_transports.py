"""The transports over urllib3 and aiohttp: what the conformance table does not ask."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import pytest

from tests.support.http_calls import LIMITS, post, request
from tests.support.leaks import NO_PROC, open_files, settles, tasks, until
from tests.support.loops import LoopTransport
from tests.support.tables import BODY, ENVELOPE_12
from wsx.channel import AsyncChannel, Channel, ChannelProperties
from wsx.descriptions import MessageDescription
from wsx.errors import EndpointDisconnected, ErrorCode, InvalidArgument, NotSupported
from wsx.message import AddressingVersion
from wsx.security import (
    BearerCredential,
    CertCredential,
    CertFailures,
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
from wsx.testing.certificates import Zoo
from wsx.testing.fault_server import FaultServer
from wsx.transport import Capability, HttpRequest, HttpUrl, Limits, Phase, Transport, TransportError
from wsx.transport.aiohttp_transport import AiohttpTransport
from wsx.transport.urllib3_transport import Urllib3Transport

CLASSES = {"urllib3": Urllib3Transport, "aiohttp": AiohttpTransport}
LIBRARIES = pytest.mark.parametrize("library", CLASSES)
USER = UsernameCredential("alice", "open sesame")
BASIC = b"Basic YWxpY2U6b3BlbiBzZXNhbWU="


def make(library: str, **settings: object) -> Iterator[Transport]:
    if library == "urllib3":
        blocking = Urllib3Transport(**settings)  # type: ignore[arg-type]
        yield blocking
        blocking.close()
    else:
        looped = LoopTransport(AiohttpTransport(**settings))  # type: ignore[arg-type]
        yield looped
        looped.stop()


@pytest.fixture(params=CLASSES)
def either(request: pytest.FixtureRequest) -> Iterator[Transport]:
    yield from make(request.param)


def fails(transport: Transport, url: str, limits: Limits = LIMITS, body: bytes = b"<x/>") -> TransportError:
    with pytest.raises(TransportError) as caught:
        post(transport, url, body, limits)
    return caught.value


def test_what_is_sent(server: FaultServer, either: Transport) -> None:
    headers = (
        (b"Content-Type", b"text/xml"),
        (b"X-One", b"1"),
        (b"SOAPAction", b'"urn:act"'),
        (b"X-One", b"2"),
        (b"X-Text", "é".encode()),
    )
    sent = HttpRequest("POST", HttpUrl.parse(server.url("/a%20b?c=d%2F")), headers, b"<body/>")
    head, body = either.call(sent, LIMITS)
    assert (head.status, head.reason, head.version, body) == (200, "OK", "1.1", b"<body/>")
    assert head.values(b"x-twice") == [b"a", b"b"]
    (seen,) = server.requests
    assert seen.line == b"POST /a%20b?c=d%2F HTTP/1.1"
    ours = [line for line in seen.headers if line[0] in dict(headers)]
    assert sorted(ours) == sorted(headers)
    assert [value for name, value in ours if name == b"X-One"] == [b"1", b"2"]
    # And nothing that was not asked for.
    assert {name.lower() for name, _ in seen.headers} - {name.lower() for name, _ in headers} == {
        b"host",
        b"content-length",
    }


def test_what_aiohttp_cannot_send(server: FaultServer) -> None:
    for transport in make("aiohttp"):
        with pytest.raises(TransportError, match="UTF-8") as caught:
            transport.call(request(server.url(), headers=((b"X", b"\xe9"),)), LIMITS)
        assert caught.value.code is ErrorCode.E_INVALIDARG
    for transport in make("urllib3"):
        transport.call(request(server.url(), headers=((b"X", b"\xe9"),)), LIMITS)
    assert [one.values(b"x") for one in server.requests] == [[b"\xe9"]]


def test_a_request_without_body(server: FaultServer, either: Transport) -> None:
    assert post(either, server.url(), None)[0].status == 200
    assert server.requests[0].line.startswith(b"GET ")
    assert not server.requests[0].values(b"content-length")


def test_the_connection_is_kept(server: FaultServer, either: Transport) -> None:
    for number in range(3):
        assert post(either, server.url(), b"%d" % number)[1] == b"%d" % number
    assert server.connections == 1
    assert fails(either, server.url("/cut-body")).code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
    post(either, server.url())
    assert server.connections == 2


def test_a_connection_that_died_idle(server: FaultServer, either: Transport) -> None:
    """At most once: either it is seen before, or the call fails; never is the request there twice."""
    post(either, server.url("/answer-then-rst"))
    assert server.arrived.wait(5)
    with contextlib.suppress(TransportError):
        assert post(either, server.url(), b"<second/>")[1] == b"<second/>"
    assert [one.body for one in server.requests].count(b"<second/>") <= 1
    assert post(either, server.url(), b"<third/>")[1] == b"<third/>"


def test_bytes_behind_an_answer(server: FaultServer) -> None:
    for transport in make("urllib3"):
        post(transport, server.url("/answer-then-garbage"))
        assert server.arrived.wait(5)
        assert post(transport, server.url(), b"<second/>")[1] == b"<second/>"


def test_a_get_is_not_sent_again_either(server: FaultServer, either: Transport) -> None:
    post(either, server.url("/second-close"), None)
    with pytest.raises(TransportError):
        post(either, server.url("/second-close"), None)
    assert len(server.requests) == 2


@pytest.mark.parametrize("headers", [((b"X", b"a\r\nb"),), ((b"Content-Length", b"1"),), ((b"X Y", b"1"),)])
def test_requests_that_must_not_be_sent(
    server: FaultServer, either: Transport, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    with pytest.raises(TransportError) as caught:
        either.call(request(server.url(), headers=headers), LIMITS)
    error = caught.value
    assert (error.code, error.phase, error.sent) == (ErrorCode.E_INVALIDARG, Phase.PREPARE, False)
    assert not server.requests


def test_quotas(server: FaultServer, either: Transport) -> None:
    assert len(post(either, server.url("/long-body"), limits=Limits(max_body=1001))[1]) == 1001
    assert fails(either, server.url("/long-body"), Limits(max_body=1000)).code is ErrorCode.WS_E_QUOTA_EXCEEDED
    assert fails(either, server.url("/big-head"), Limits(max_head=4000)).code is ErrorCode.WS_E_QUOTA_EXCEEDED
    assert post(either, server.url())[0].status == 200


def test_a_content_coding_is_left_to_the_channel(server: FaultServer, either: Transport) -> None:
    head, body = post(either, server.url("/gzip"))
    assert head.values(b"content-encoding") == [b"gzip"]
    assert body.startswith(b"\x1f\x8b")


@pytest.mark.parametrize(
    ("fault", "limits", "phase"),
    [
        ("stall", Limits(receive_response=0.2), Phase.WAIT),
        ("stall-body", Limits(receive=0.2), Phase.RECEIVE),
        ("trickle", Limits(receive=0.3), Phase.RECEIVE),
        ("stall-upload", Limits(send=0.3), Phase.SEND),
    ],
)
def test_the_phases_have_clocks(
    server: FaultServer, either: Transport, fault: str, limits: Limits, phase: Phase
) -> None:
    error = fails(either, server.url(f"/{fault}"), limits, bytes(16 << 20) if phase is Phase.SEND else b"<x/>")
    assert (error.code, error.phase) == (ErrorCode.WS_E_OPERATION_TIMED_OUT, phase)


@pytest.mark.parametrize("end", ["abort", "close"])
@pytest.mark.parametrize("fault", ["stall", "stall-body"])
def test_abort_from_another_thread(server: FaultServer, either: Transport, fault: str, end: str) -> None:
    errors: list[TransportError] = []

    def run() -> None:
        errors.append(fails(either, server.url(f"/{fault}"), Limits(None, None, None, None, None)))

    thread = threading.Thread(target=run)
    thread.start()
    assert server.arrived.wait(5)
    assert fails(either, server.url()).code is ErrorCode.WS_E_INVALID_OPERATION
    if end == "abort":
        either.abort()
    else:
        either.close()
    thread.join(10)
    assert [error.code for error in errors] == [ErrorCode.WS_E_OPERATION_ABORTED]
    either.abort()
    assert post(either, server.url())[0].status == 200


def test_capabilities(either: Transport) -> None:
    assert either.capabilities == Capability.BOUND | Capability.ABORT


# Settings


@LIBRARIES
def test_credentials_of_the_server(server: FaultServer, library: str) -> None:
    auth = HttpHeaderAuth(USER, HttpHeaderAuthScheme.BASIC)
    for transport in make(library, security=SecurityDescription(header_auth=auth)):
        post(transport, server.url())
        assert server.requests[0].values(b"authorization") == [BASIC]
        assert post(transport, server.url("/401-basic"))[0].used_scheme == "basic"
        assert post(transport, server.url("/401-ntlm"))[0].used_scheme is None
        with pytest.raises(TransportError, match="Authorization"):
            transport.call(request(server.url(), headers=((b"Authorization", b"x"),)), LIMITS)


@LIBRARIES
def test_a_bearer_token(server: FaultServer, library: str) -> None:
    for transport in make(library, security=SecurityDescription(header_auth=HttpHeaderAuth(BearerCredential("abc")))):
        post(transport, server.url())
        assert server.requests[0].values(b"authorization") == [b"Bearer abc"]


@LIBRARIES
@pytest.mark.parametrize("way", ["url", "settings"])
def test_a_proxy(server: FaultServer, library: str, way: str) -> None:
    auth = HttpHeaderAuth(USER, HttpHeaderAuthScheme.BASIC, HttpHeaderAuthTarget.PROXY)
    custom = ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"127.0.0.1:{server.port}", "localhost"))
    proxy = HttpUrl.parse(server.url()) if way == "url" else custom
    for transport in make(library, security=SecurityDescription(header_auth=auth), proxy=proxy):
        assert post(transport, "http://endpoint.test/x?y")[1] == b"<request/>"
        (seen,) = server.requests
        assert seen.line == b"POST http://endpoint.test/x?y HTTP/1.1"
        assert seen.values(b"host") == [b"endpoint.test"]
        assert seen.values(b"proxy-authorization") == [BASIC]
        assert post(transport, "http://endpoint.test/407-basic")[0].used_scheme == "basic"
        if way == "settings":
            post(transport, server.url(host="localhost"))
            assert server.requests[-1].line == b"POST / HTTP/1.1"


@LIBRARIES
def test_a_proxy_of_another_kind(library: str) -> None:
    custom = ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy("socks5://127.0.0.1:1"))
    for transport in make(library, proxy=custom):
        assert fails(transport, "http://endpoint.test/").code is ErrorCode.WS_E_NOT_SUPPORTED


@LIBRARIES
def test_tls(zoo: Zoo, library: str) -> None:
    own = CertCredential(zoo.path("client"))
    tls = TlsSettings(ca_file=zoo.ca_file, client_certificate=own)
    with FaultServer(zoo.server("good")) as server:
        for transport in make(library, security=SecurityDescription(tls)):
            assert post(transport, server.url())[0].status == 200
            assert fails(transport, "http://127.0.0.1/").code is ErrorCode.WS_E_INVALID_ENDPOINT_URL
    named = TlsSettings(ca_file=zoo.ca_file, host_name="elsewhere.invalid")
    with FaultServer(zoo.server("wrong-name")) as server:
        for transport in make(library, security=SecurityDescription(named)):
            assert post(transport, server.url())[0].status == 200
    ignoring = TlsSettings(ca_file=zoo.ca_file, cert_failures_to_ignore=CertFailures.CN_MISMATCH)
    with FaultServer(zoo.server("wrong-name")) as server:
        for transport in make(library, security=SecurityDescription(ignoring)):
            assert post(transport, server.url())[0].status == 200


@LIBRARIES
@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"proxy": HttpUrl.parse("https://127.0.0.1/")}, NotSupported),
        ({"proxy": ProxySettings(HttpProxySettingMode.AUTO)}, NotSupported),
        (
            {"security": SecurityDescription(header_auth=HttpHeaderAuth(USER, HttpHeaderAuthScheme.DIGEST))},
            NotSupported,
        ),
        (
            {"security": SecurityDescription(TlsSettings(cert_failures_to_ignore=CertFailures.INVALID_DATE))},
            NotSupported,
        ),
        ({"security": SecurityDescription(TlsSettings(require_status=True))}, NotSupported),
        ({"security": SecurityDescription(TlsSettings(ca_file="a")), "ca_file": "b"}, InvalidArgument),
    ],
)
def test_settings_that_are_refused(library: str, settings: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        CLASSES[library](**settings)  # type: ignore[arg-type]


# asyncio


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
@pytest.mark.parametrize("fault", ["stall", "stall-body", "stall-upload"])
def test_cancellation_leaves_nothing_behind(fault: str) -> None:
    before = open_files()

    async def run(server: FaultServer) -> None:
        transport = AiohttpTransport()
        body = bytes(16 << 20) if fault == "stall-upload" else b"<x/>"
        task = asyncio.ensure_future(transport.call(request(server.url(f"/{fault}"), body), LIMITS))
        await settles(server.arrived.is_set, "arrived")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert tasks() == set()
        assert (await transport.call(request(server.url()), LIMITS))[0].status == 200
        await transport.close()

    with FaultServer() as server:
        asyncio.run(run(server))
        assert len(server.requests) == 2
    until(lambda: open_files() <= before, "sockets closed")


def test_one_loop_after_the_other(server: FaultServer) -> None:
    transport = AiohttpTransport()

    async def run() -> None:
        for _ in range(2):
            assert (await transport.call(request(server.url()), LIMITS))[0].status == 200
        await transport.close()

    for _ in range(2):
        asyncio.run(run())
    assert len(server.requests) == 4


# Through channels


PLAIN = ChannelProperties(addressing_version=AddressingVersion.TRANSPORT)
D = MessageDescription("urn:act", BODY)
REQUEST = f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Body><u xmlns="ns"><val>7</val></u></s:Body></s:Envelope>'


def test_a_channel_over_urllib3(server: FaultServer) -> None:
    transport = Urllib3Transport()
    with Channel(properties=PLAIN, transport=transport) as channel:
        channel.open(server.url("/close"))
        with pytest.raises(EndpointDisconnected):
            channel.send_message(channel.create_message(), D, {"val": 7})
    transport.close()
    assert server.requests[0].body.decode() == REQUEST


def test_a_channel_over_aiohttp(server: FaultServer) -> None:
    async def run() -> None:
        transport = AiohttpTransport()
        async with AsyncChannel(properties=PLAIN, transport=transport) as channel:
            await channel.open(server.url("/close"))
            with pytest.raises(EndpointDisconnected):
                await channel.send_message(channel.create_message(), D, {"val": 7})
        await transport.close()

    asyncio.run(run())
    assert server.requests[0].body.decode() == REQUEST
