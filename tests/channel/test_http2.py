"""HTTP/2 against nginx: the same exchanges and outcomes in another form on the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.certificates import Zoo
from tests.support.channels import MakeChannel, soap_11
from tests.support.nginx import Nginx, nginx
from tests.support.tables import int32
from wsx.channel import (
    AsyncChannel,
    Channel,
    ChannelEvent,
    ChannelPool,
    ChannelState,
    EventKind,
    HttpHeaderMapping,
    HttpMessageMapping,
)
from wsx.descriptions import MessageDescription
from wsx.errors import EndpointDisconnected, EndpointNotFound, InvalidArgument, OperationTimedOut
from wsx.security import SecurityDescription, TlsSettings
from wsx.transport import HttpRequest, HttpUrl, Limits, default_transport

pytestmark = pytest.mark.interop

REQUEST = MessageDescription("urn:act", int32("request"))
REPLY = MessageDescription(None, int32("reply"))
PROTOCOL = HttpMessageMapping(response_headers=(HttpHeaderMapping("X-Protocol"),))


@pytest.fixture(scope="module")
def server(zoo: Zoo) -> Iterator[Nginx]:
    with nginx(zoo, {}) as running:
        yield running


@pytest.fixture
def security(zoo: Zoo) -> SecurityDescription:
    return SecurityDescription(TlsSettings(ca_file=str(zoo.ca_file)))


def ask(channel: Any) -> tuple[object, str | None]:
    """The value of a reply, and the protocol that the server says it came by."""
    reply = channel.create_message()
    value = channel.request_reply(channel.create_message(), REQUEST, 1, reply, REPLY)
    return value, reply.get_mapped_header("X-Protocol")


@pytest.mark.parametrize(
    "case",
    [("http2", True, "HTTP/2.0"), ("http2", False, "HTTP/1.1"), ("good", True, None), ("http", True, None)],
)
def test_whole_exchanges(
    make: MakeChannel, server: Nginx, security: SecurityDescription, case: tuple[str, bool, str | None]
) -> None:
    """By ALPN: a server that does not know HTTP/2, and one without TLS, is spoken to in HTTP/1.1."""
    port, offered, protocol = case
    events: list[ChannelEvent] = []
    properties = soap_11(http2=offered, http_message_mapping=PROTOCOL)
    given: dict[str, Any] = {} if port == "http" else {"security": security}
    with make(properties=properties, on_event=events.append, **given) as channel:
        channel.open(server.url("/reply", port))
        if protocol is None:
            assert channel.request_reply(channel.create_message(), REQUEST, 1, channel.create_message(), REPLY) == 7
        else:
            for _ in range(3):
                assert ask(channel) == (7, protocol)
    reused = [event.reused for event in events if event.kind is EventKind.RECEIVED]
    assert reused == [False, True, True][: len(reused)]


def test_outcomes(make: MakeChannel, server: Nginx, security: SecurityDescription) -> None:
    properties = soap_11(http2=True, http_message_mapping=PROTOCOL)
    before = server.count("/dropped")
    with make(properties=properties, security=security) as channel:
        for path, error in (("/nothing", EndpointNotFound), ("/dropped", EndpointDisconnected)):
            channel.open(server.url(path, "http2"))
            with pytest.raises(error):
                channel.send_message(channel.create_message(), REQUEST, 1)
            assert channel.state is ChannelState.OPEN
            channel.close()
            channel.reset()
        channel.open(server.url("/reply", "http2"))
        assert ask(channel) == (7, "HTTP/2.0")
    # It was sent once.
    assert server.count("/dropped", wanted=before + 1) == before + 1


def test_a_deadline(make: MakeChannel, server: Nginx, security: SecurityDescription) -> None:
    with make(properties=soap_11(http2=True, total_timeout=0.3), security=security) as channel:
        channel.open(server.url("/slow", "http2"))
        with pytest.raises(OperationTimedOut):
            channel.send_message(channel.create_message(), REQUEST, 1)
        assert channel.state is ChannelState.OPEN


def test_large_bodies(make: MakeChannel, server: Nginx, security: SecurityDescription) -> None:
    """Larger than the window of a stream, in either direction; nginx answers 413 to what it does not want."""
    transport = default_transport(security=security, http2=True)
    url = HttpUrl.parse(server.url("/large", "http2"))
    for size in (100, 900_000):
        head, body = transport.call(HttpRequest("POST", url, (), b"x" * size), Limits())
        assert (head.version, head.status, len(body)) == ("2", 200, 1 << 20)
    transport.close()


def test_a_pool(server: Nginx, security: SecurityDescription) -> None:
    with ChannelPool(security=security, http2=True) as pool:
        for _ in range(2):
            with pool.channel(properties=soap_11(http_message_mapping=PROTOCOL)) as channel:
                channel.open(server.url("/reply", "http2"))
                assert ask(channel) == (7, "HTTP/2.0")
        assert "1 idle" in repr(pool)


def test_many_at_once_in_an_event_loop(server: Nginx, security: SecurityDescription) -> None:
    """Giving one up does not touch the others."""

    async def one(path: str) -> object:
        properties = soap_11(http2=True, total_timeout=0.5 if path == "/slow" else None)
        async with AsyncChannel(properties=properties, security=security) as channel:
            await channel.open(server.url(path, "http2"))
            for _ in range(5):
                message, reply = channel.create_message(), channel.create_message()
                value = await channel.request_reply(message, REQUEST, 1, reply, REPLY)
            return value

    async def main() -> list[object]:
        paths = ["/reply"] * 8 + ["/slow"] * 2
        return await asyncio.gather(*map(one, paths), return_exceptions=True)

    results = asyncio.run(main())
    assert results[:8] == [7] * 8
    assert all(isinstance(result, OperationTimedOut) for result in results[8:])


def test_a_given_transport_has_its_own_setting() -> None:
    with pytest.raises(InvalidArgument, match="HTTP/2"):
        Channel(properties=soap_11(http2=True), transport=default_transport())
