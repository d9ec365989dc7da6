"""``preview`` against what really goes over the connection, byte for byte, with every option that changes a request."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.support.channels import MakeChannel
from tests.support.recorder import Recorder
from tests.support.tables import HEADER, int32
from wsx.channel import (
    Channel,
    ChannelPool,
    ChannelProperties,
    CookieMode,
    HttpHeaderMapping,
    HttpHeaderMappingOptions,
    HttpMessageMapping,
)
from wsx.cursors import XmlWriterProperties
from wsx.descriptions import ElementDescription, MessageDescription, Type
from wsx.errors import InvalidArgument
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderAttribute, MessageInitialization
from wsx.security import HttpHeaderAuth, HttpHeaderAuthScheme, SecurityDescription, UsernameCredential
from wsx.values import EndpointAddress

V11 = {"envelope_version": EnvelopeVersion.SOAP_1_1}
BARE = {"addressing_version": AddressingVersion.TRANSPORT}
OLD = {"addressing_version": AddressingVersion.V0_9}
TEXT = ElementDescription("text", "ns", Type.STRING)
NUMBER = MessageDescription("urn:act", int32("q"))
ACCEPTED = (
    b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nSet-Cookie: id=1; Path=/\r\nSet-Cookie: b=2; Path=/no\r\n\r\n"
)


class Case(NamedTuple):
    """What one request is made of."""

    properties: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    description: MessageDescription = NUMBER
    value: object = 7
    prepare: Callable[[Any], None] | None = None
    path: str = "/"


def custom_header(message: Any) -> None:
    message.add_custom_header(HEADER, {"value": "ü & <"}, attributes=HeaderAttribute.MUST_UNDERSTAND)


def mapped(message: Any) -> None:
    message.add_mapped_header("X-One", "a b")
    message.add_mapped_header("X-Two", "ü")
    message.add_mapped_header("X-Empty", "")
    message.add_mapped_header("X-One", "c")


def replacing(message: Any) -> None:
    for name, value in (("user-agent", "mine"), ("Content-Type", "text/plain"), ("accept-encoding", "identity")):
        message.add_mapped_header(name, value)


def cookie(message: Any) -> None:
    message.add_mapped_header("Cookie", "mine=1")


def credentials(message: Any) -> None:
    message.add_mapped_header("Authorization", "Custom abc")


LARGE = "x" * (1 << 20)
TAGS = HttpMessageMapping(request_headers=(HttpHeaderMapping("X-One", HttpHeaderMappingOptions(5)),))
CASES = {
    "plain": Case(),
    "soap-11": Case(V11),
    "no-addressing": Case({**V11, **BARE}),
    "soap-12-no-addressing": Case(BARE),
    "addressing-0.9": Case({**V11, **OLD}),
    "no-action": Case({**V11, **BARE}, MessageDescription(None, int32("q"))),
    "no-body": Case(description=MessageDescription("urn:act", None), value=None),
    "action-in-quotes": Case(description=MessageDescription('a"b\\é', int32("q"))),
    "path-and-query": Case(path="/a%20b/ü?x=1&y=%C3%A9;z"),
    "user-agent": Case({"user_agent": "orders/2 (test)"}),
    "text": Case(description=MessageDescription("urn:act", TEXT), value="ü € 𝄞"),
    "large": Case(description=MessageDescription("urn:act", TEXT), value=LARGE),
    "custom-header": Case(prepare=custom_header),
    "mapped-headers": Case(prepare=mapped),
    "mapped-and-joined": Case({"http_message_mapping": TAGS}, prepare=mapped),
    "replacing": Case(prepare=replacing),
    "cookie-by-hand": Case({"cookie_mode": CookieMode.MANUAL}, prepare=cookie),
    "authorization-by-hand": Case(prepare=credentials),
    "gzip": Case({"gzip_request_threshold": 0}),
    "gzip-below": Case({"gzip_request_threshold": 10_000}),
    "gzip-large": Case(
        {"gzip_request_threshold": 1000}, MessageDescription("urn:act", TEXT), "".join(map(str, range(60_000)))
    ),
    "gzip-and-headers": Case({**V11, "gzip_request_threshold": 0}, prepare=mapped),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_shown_is_what_is_sent(make: MakeChannel, name: str) -> None:
    """The first request, and the second one on the same connection, with the cookies that the first has brought."""
    case = CASES[name]
    with Recorder(ACCEPTED) as recorder, make(properties=ChannelProperties(**case.properties)) as channel:
        channel.open(EndpointAddress(recorder.url + case.path))
        shown = []
        for _ in range(2):
            message = channel.create_message()
            message.initialize(MessageInitialization.REQUEST)
            if case.prepare is not None:
                case.prepare(message)
            for _ in range(2):
                previewed = channel.preview(message, case.description, case.value)
            shown.append(previewed.to_bytes())
            channel.send_message(message, case.description, case.value)
        channel.close()
    assert recorder.requests == shown
    automatic = case.properties.get("cookie_mode") is not CookieMode.MANUAL
    assert [b"\r\nCookie: id=1" in request for request in shown] == [False, automatic]
    assert not any(b"b=2" in request for request in shown)
    if name.startswith("gzip") and name != "gzip-below":
        head, _, body = shown[0].partition(b"\r\n\r\n")
        assert b"\r\nContent-Encoding: gzip\r\n" in head
        assert gzip.decompress(body).endswith(b"Envelope>")


def test_credentials_are_not_shown(make: MakeChannel) -> None:
    auth = HttpHeaderAuth(UsernameCredential("alice", "open sesame"), HttpHeaderAuthScheme.BASIC)
    with Recorder() as recorder, make(security=SecurityDescription(header_auth=auth)) as channel:
        channel.open(recorder.url)
        shown = channel.preview(channel.create_message(), NUMBER, 7).to_bytes()
        channel.send_message(channel.create_message(), NUMBER, 7)
    line = b"Authorization: Basic YWxpY2U6b3BlbiBzZXNhbWU=\r\n"
    assert [request.replace(line, b"") for request in recorder.requests] == [shown] != recorder.requests


def test_over_a_pool() -> None:
    with Recorder() as recorder, ChannelPool() as pool, pool.channel() as channel:
        channel.open(recorder.url)
        shown = channel.preview(channel.create_message(), NUMBER, 7).to_bytes()
        channel.send_message(channel.create_message(), NUMBER, 7)
    assert recorder.requests == [shown]


def test_cookies_that_have_ended() -> None:
    gone = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nSet-Cookie: id=1; Max-Age=0\r\n\r\n"
    with Recorder(ACCEPTED, gone) as recorder, Channel() as channel:
        channel.open(recorder.url)
        shown = []
        for _ in range(3):
            shown.append(channel.preview(channel.create_message(), NUMBER, 7).to_bytes())
            channel.send_message(channel.create_message(), NUMBER, 7)
    assert recorder.requests == shown
    assert [b"Cookie" in request for request in shown] == [False, True, False]


def test_writer_properties_are_those_of_all_messages_of_the_channel() -> None:
    properties = ChannelProperties(writer_properties=XmlWriterProperties(write_declaration=True))
    channel = Channel(properties=properties)
    channel.open("http://example.test/")
    request = channel.preview(channel.create_message(), MessageDescription())
    assert request.body is not None
    assert request.body.startswith(b'<?xml version="1.0" encoding="utf-8"?><s:Envelope')


def test_writer_properties_of_a_channel_are_those_that_messages_have() -> None:
    with pytest.raises(InvalidArgument, match=r"ChannelProperties.writer_properties: a message has no .* indent"):
        ChannelProperties(writer_properties=XmlWriterProperties(indent=2))


@pytest.mark.parametrize("depth", [0, 401])
def test_the_depth_of_a_body_is_one_that_the_writer_has_room_for(depth: int) -> None:
    channel = Channel(properties=ChannelProperties(writer_properties=XmlWriterProperties(max_depth=depth)))
    channel.open("http://example.test/")
    with pytest.raises(InvalidArgument, match="max_depth"):
        channel.preview(channel.create_message(), NUMBER, 7)
