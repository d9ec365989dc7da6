"""Channels with security and proxy settings, from the first argument to the wire."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import wsx
from tests.support.auth_server import PASSWORD, USER, AuthServer
from tests.support.certificates import Zoo, make_zoo
from tests.support.fake_transport import FakeTransport
from tests.support.fault_server import FaultServer
from wsx import errors
from wsx.transport import HttpUrl

BASIC, DIGEST = wsx.HttpHeaderAuthScheme.BASIC, wsx.HttpHeaderAuthScheme.DIGEST
PLAIN = wsx.ChannelProperties(
    envelope_version=wsx.EnvelopeVersion.SOAP_1_1, addressing_version=wsx.AddressingVersion.TRANSPORT
)
EMPTY = wsx.MessageDescription()

Echo = Callable[..., None]


def _sync(
    url: str | wsx.EndpointAddress, security: wsx.SecurityDescription | None, properties: wsx.ChannelProperties = PLAIN
) -> None:
    with wsx.Channel(security=security, properties=properties) as channel:
        channel.open(url)
        channel.send_message(channel.create_message(), EMPTY)


def _async(
    url: str | wsx.EndpointAddress, security: wsx.SecurityDescription | None, properties: wsx.ChannelProperties = PLAIN
) -> None:
    async def run() -> None:
        async with wsx.AsyncChannel(security=security, properties=properties) as channel:
            await channel.open(url)
            await channel.send_message(channel.create_message(), EMPTY)

    asyncio.run(run())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Echo:
    made: Echo = request.param
    return made


def secured(scheme: wsx.HttpHeaderAuthScheme, password: str = PASSWORD) -> wsx.SecurityDescription:
    return wsx.SecurityDescription(header_auth=wsx.HttpHeaderAuth(wsx.UsernameCredential(USER, password), scheme))


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return make_zoo(folder)


@pytest.mark.parametrize(("name", "scheme"), [("basic", BASIC), ("digest", DIGEST), ("digest", BASIC | DIGEST)])
def test_the_server_hears_who_asks(send: Echo, name: str, scheme: wsx.HttpHeaderAuthScheme) -> None:
    # The echo has no media type; that error says that the server let the request pass.
    with AuthServer(name) as server, pytest.raises(errors.InvalidFormat, match="no media type"):
        send(server.url, secured(scheme))
    assert b"Envelope" in server.seen[-1].body


@pytest.mark.parametrize(
    ("offered", "security", "error"),
    [
        ("basic", secured(BASIC, "x7Qz9K"), errors.ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED),
        ("digest", secured(BASIC), errors.ErrorCode.WS_E_SERVER_REQUIRES_DIGEST_AUTH),
        ("negotiate", None, errors.ErrorCode.WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH),
    ],
)
def test_refusals(send: Echo, offered: str, security: wsx.SecurityDescription | None, error: errors.ErrorCode) -> None:
    with AuthServer(offered) as server, pytest.raises(wsx.WsError) as caught:
        send(server.url, security)
    assert caught.value.code is error
    assert "x7Qz9K" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
    assert b"x7Qz9K" not in pickle.dumps(caught.value)


def test_a_proxy(send: Echo) -> None:
    with AuthServer(proxy=True) as server:
        custom = wsx.CustomHttpProxy(HttpUrl.parse(server.url).authority)
        proxy = wsx.ProxySettings(wsx.HttpProxySettingMode.CUSTOM, custom)
        properties = wsx.ChannelProperties(
            envelope_version=PLAIN.envelope_version, addressing_version=PLAIN.addressing_version, proxy=proxy
        )
        with pytest.raises(errors.InvalidFormat, match="no media type"):
            send("http://endpoint.invalid/", None, properties)
    assert server.seen[0].target == "http://endpoint.invalid/"


def test_tls(send: Echo, zoo: Zoo) -> None:
    trusting = wsx.SecurityDescription(wsx.TlsSettings(ca_file=zoo.ca_file))
    with FaultServer(zoo.server("good")) as server:
        with pytest.raises(errors.CertificateUntrustedRoot):
            send(server.url(), None)
        send(server.url(), trusting)
        assert len(server.requests) == 1
    with pytest.raises(errors.InvalidEndpointUrl, match="https"):
        send("http://127.0.0.1:9/", trusting)


def test_what_is_refused() -> None:
    channel = wsx.Channel(
        security=wsx.SecurityDescription(wsx.TlsSettings(cert_failures_to_ignore=wsx.CertFailures.INVALID_DATE))
    )
    with pytest.raises(errors.NotSupported):
        channel.open("https://endpoint.invalid/")
    assert channel.state is wsx.ChannelState.CREATED
    with pytest.raises(errors.InvalidArgument, match="SecurityDescription"):
        wsx.Channel(security=wsx.TlsSettings())  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidArgument, match="ProxySettings"):
        wsx.ChannelProperties(proxy="http://proxy")  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidArgument, match="of its own"):
        wsx.Channel(security=wsx.SecurityDescription(), transport=FakeTransport())
    auto = wsx.ChannelProperties(proxy=wsx.ProxySettings(wsx.HttpProxySettingMode.AUTO))
    with pytest.raises(errors.InvalidArgument, match="of its own"):
        wsx.Channel(properties=auto, transport=FakeTransport())


def addressed(url: str, *names: str) -> wsx.EndpointAddress:
    dns = "".join(f"<Dns>{name}</Dns>" for name in names)
    namespace = "http://schemas.xmlsoap.org/ws/2006/02/addressingidentity"
    identity = wsx.XmlBuffer(f'<Identity xmlns="{namespace}">{dns}<Spn>HTTP/x</Spn></Identity>'.encode())
    return wsx.EndpointAddress(url, identity=identity)


def test_the_identity_of_an_address(send: Echo, zoo: Zoo) -> None:
    trusting = wsx.SecurityDescription(wsx.TlsSettings(ca_file=zoo.ca_file))
    named = wsx.SecurityDescription(wsx.TlsSettings(ca_file=zoo.ca_file, host_name="elsewhere.invalid"))
    with FaultServer(zoo.server("wrong-name")) as server:
        send(addressed(server.url(), "elsewhere.invalid"), trusting)
        send(addressed(server.url(), "another.invalid"), named)
        for address in (addressed(server.url(), "another.invalid"), addressed(server.url()), server.url()):
            with pytest.raises(errors.CertificateNameMismatch):
                send(address, trusting)
        assert len(server.requests) == 2
    with FaultServer() as server:
        send(addressed(server.url(), "elsewhere.invalid"), None)
    with pytest.raises(errors.InvalidArgument, match="host_name"):
        send(addressed("https://127.0.0.1:1/", "no name"), None)


def test_a_failed_opening_keeps_no_identity(zoo: Zoo) -> None:
    trusting = wsx.SecurityDescription(wsx.TlsSettings(ca_file=zoo.ca_file))
    with FaultServer(zoo.server("good")) as server, wsx.Channel(security=trusting, properties=PLAIN) as channel:
        with pytest.raises(errors.InvalidEndpointUrl):
            channel.open(addressed("https://a b/", "elsewhere.invalid"))
        channel.open(server.url())
        channel.send_message(channel.create_message(), EMPTY)
        with pytest.raises(errors.InvalidOperation):
            channel.open(addressed(server.url(), "elsewhere.invalid"))
