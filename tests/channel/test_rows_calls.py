"""The outcomes of a send that the call itself decides: misuse, states, values, limits, URLs; nothing is sent.

Each row is one test for each driver, and names the code that the error has (docs/errors.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.channels import ASK, GOT, REPLY, MakeChannel, soap_11
from tests.support.error_rows import row, shows
from tests.support.http_peer import Answer, HttpPeer
from tests.support.tables import HEADER
from wsx.channel import Channel, ChannelProperties, ChannelState, Encoding
from wsx.descriptions import (
    ElementDescription,
    MessageDescription,
    StructDescription,
    Type,
    WriteOption,
)
from wsx.errors import ErrorCode, WsError, error_class
from wsx.message import AddressingVersion, EnvelopeVersion, Message, MessageInitialization
from wsx.quotas import Quotas
from wsx.security import HttpHeaderAuth, HttpHeaderAuthScheme, SecurityDescription, TlsSettings
from wsx.values import XmlQName

INVALID_ARGUMENT = ErrorCode.E_INVALIDARG
INVALID_FORMAT = ErrorCode.WS_E_INVALID_FORMAT
INVALID_OPERATION = ErrorCode.WS_E_INVALID_OPERATION
INVALID_URL = ErrorCode.WS_E_INVALID_ENDPOINT_URL
NOT_SUPPORTED = ErrorCode.WS_E_NOT_SUPPORTED
OVERFLOW = ErrorCode.WS_E_NUMERIC_OVERFLOW
QUOTA = ErrorCode.WS_E_QUOTA_EXCEEDED


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    with HttpPeer(Answer(REPLY)) as running:
        yield running


def check(caught: pytest.ExceptionInfo[WsError], code: ErrorCode) -> None:
    assert caught.value.code is code, caught.value
    assert type(caught.value) is error_class(code)


# Calls on an open channel that nothing was sent on

Call = Callable[[Channel, Message], object]


def described(type_: Type) -> MessageDescription:
    return MessageDescription("urn:act", ElementDescription("q", "ns", type_))


def sends(description: MessageDescription, value: object, **more: Any) -> Call:
    return lambda channel, message: channel.send_message(message, description, value, **more)


def with_header(value: object) -> Call:
    def send(channel: Channel, message: Message) -> None:
        message.initialize(MessageInitialization.BLANK)
        message.add_custom_header(HEADER, {"value": value})
        channel.send_message(message, ASK, 1)

    return send


def with_mapped_header(value: str) -> Call:
    def send(channel: Channel, message: Message) -> None:
        message.initialize(MessageInitialization.BLANK)
        message.add_mapped_header("X-Note", value)
        channel.send_message(message, ASK, 1)

    return send


def in_state(step: Callable[[Message], object]) -> Call:
    def send(channel: Channel, message: Message) -> None:
        step(message)
        channel.send_message(message, ASK, 1)

    return send


def start_writing(message: Message) -> None:
    message.initialize(MessageInitialization.BLANK)
    message.write_envelope_start()


def twice(channel: Channel, message: Message) -> None:
    channel.request_reply(message, ASK, 1, message, GOT)


V12 = EnvelopeVersion.SOAP_1_2, AddressingVersion.TRANSPORT
CALLS = [
    row(INVALID_ARGUMENT, "message that is none", lambda c, m: c.send_message(None, ASK, 1)),
    row(INVALID_ARGUMENT, "description that is none", lambda c, m: c.send_message(m, None, 1)),
    row(INVALID_ARGUMENT, "option that is none", lambda c, m: c.send_message(m, ASK, 1, option=77)),
    row(INVALID_ARGUMENT, "None where a value is required", sends(ASK, None)),
    row(INVALID_ARGUMENT, "value of another Python type", sends(ASK, "seven")),
    row(INVALID_ARGUMENT, "write option that the type does not have", sends(ASK, 1, option=WriteOption.NILLABLE_VALUE)),
    row(
        INVALID_ARGUMENT,
        "message of other versions than the channel's",
        lambda c, m: c.send_message(Message(*V12), ASK, 1),
    ),
    row(INVALID_ARGUMENT, "the same message for request and reply", twice),
    row(INVALID_FORMAT, "text with a character that XML does not have", sends(described(Type.STRING), "a\x00b")),
    row(INVALID_FORMAT, "custom header with such a character", with_header("\x01")),
    row(INVALID_FORMAT, "QName without a local name", sends(described(Type.XML_QNAME), XmlQName("", "urn:x"))),
    row(OVERFLOW, "number above its type", sends(described(Type.UINT8), 256)),
    row(OVERFLOW, "number below its type", sends(described(Type.INT16), -32769)),
    row(INVALID_ARGUMENT, "line break in a mapped header", with_mapped_header("a\r\nX-Evil: 1")),
    row(INVALID_OPERATION, "message that is being read", in_state(lambda m: m.read_envelope_start(REPLY))),
    row(
        INVALID_OPERATION,
        "message that is being written",
        in_state(start_writing),
    ),
    row(INVALID_OPERATION, "reply received before anything was sent", lambda c, m: c.receive_message(m, [GOT])),
    row(INVALID_OPERATION, "second open", lambda c, m: c.open("http://127.0.0.1/")),
    row(INVALID_OPERATION, "reset of an open channel", lambda c, m: c.reset()),
    row(INVALID_ARGUMENT, "receive option that is none", lambda c, m: c.receive_message(m, [GOT], receive_option=9)),
    row(INVALID_ARGUMENT, "no description to receive", lambda c, m: c.receive_message(m, [])),
]


@pytest.mark.parametrize(("code", "call"), CALLS)
def test_call(make: MakeChannel, peer: HttpPeer, code: ErrorCode, call: Call) -> None:
    with make(properties=soap_11()) as channel:
        channel.open(peer.url)
        with pytest.raises(WsError) as caught:
            call(channel, channel.create_message())
        check(caught, code)
        assert channel.state is ChannelState.OPEN
        assert peer.seen == []
        # Nothing is lost by it.
        channel.send_message(channel.create_message(), ASK, 1)
    assert len(peer.seen) == 1


# States


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        row(INVALID_OPERATION, "channel that was not opened", []),
        row(INVALID_OPERATION, "channel that was closed", ["open", "close"]),
        row(ErrorCode.WS_E_OBJECT_FAULTED, "channel that was aborted", ["open", "abort"]),
    ],
)
def test_channel_state(make: MakeChannel, peer: HttpPeer, code: ErrorCode, calls: list[str]) -> None:
    channel = make(properties=soap_11())
    for call in calls:
        getattr(channel, call)(*[peer.url] * (call == "open"))
    with pytest.raises(WsError) as caught:
        channel.send_message(channel.create_message(), ASK, 1)
    check(caught, code)
    channel.close()
    assert peer.seen == []


@shows(INVALID_OPERATION, "second send before the reply was received")
def test_second_send(make: MakeChannel, peer: HttpPeer) -> None:
    with make(properties=soap_11()) as channel:
        channel.open(peer.url)
        channel.send_message(channel.create_message(), ASK, 1)
        with pytest.raises(WsError) as caught:
            channel.send_message(channel.create_message(), ASK, 2)
        check(caught, INVALID_OPERATION)
        assert channel.receive_message(channel.create_message(), [GOT]) == (0, 5)
    assert len(peer.seen) == 1


@shows(INVALID_OPERATION, "message that was sent before")
def test_a_message_that_is_done(make: MakeChannel, peer: HttpPeer) -> None:
    with make(properties=soap_11()) as channel:
        channel.open(peer.url)
        message = channel.create_message()
        channel.send_message(message, ASK, 1)
        channel.receive_message(channel.create_message(), [GOT])
        with pytest.raises(WsError) as caught:
            channel.send_message(message, ASK, 2)
        check(caught, INVALID_OPERATION)
    assert len(peer.seen) == 1


# Limits


@shows(QUOTA, "request above max_buffered_message_size")
def test_request_size(make: MakeChannel, peer: HttpPeer) -> None:
    with make(properties=soap_11()) as channel:
        channel.open(peer.url)
        body = channel.preview(channel.create_message(), ASK, 1).body
    assert body is not None
    for size in (len(body) - 1, len(body)):
        with make(properties=soap_11(max_buffered_message_size=size)) as channel:
            channel.open(peer.url)
            if size == len(body):
                channel.send_message(channel.create_message(), ASK, 1)
            else:
                with pytest.raises(WsError) as caught:
                    channel.send_message(channel.create_message(), ASK, 1)
                check(caught, QUOTA)
    assert len(peer.seen) == 1


@pytest.mark.parametrize(
    ("code", "limits", "answer"),
    [
        row(QUOTA, "reply above max_depth of the quotas", {"quotas": Quotas(max_depth=2)}, REPLY),
        row(
            QUOTA,
            "reply above max_processed_headers",
            {"max_processed_headers": 2},
            REPLY.replace(b"<s:Body>", b"<s:Header><a/><b/><c/></s:Header><s:Body>"),
        ),
        row(
            QUOTA,
            "reply above max_attributes of the quotas",
            {"quotas": Quotas(max_attributes=2)},
            REPLY.replace(b"<s:Body>", b"<s:Body a='1' b='2' c='3'>"),
        ),
        row(INVALID_FORMAT, "reply that is no XML", {}, b"never"),
        row(INVALID_FORMAT, "reply with a document type declaration", {}, b"<!DOCTYPE x>" + REPLY),
        row(
            INVALID_FORMAT, "reply with another body", {}, REPLY.replace(b"r xmlns", b"x xmlns").replace(b"/r>", b"/x>")
        ),
        row(INVALID_FORMAT, "reply with a value that is none", {}, REPLY.replace(b">5<", b">five<")),
    ],
)
def test_reply(make: MakeChannel, code: ErrorCode, limits: dict[str, Any], answer: bytes) -> None:
    with HttpPeer(Answer(answer)) as peer, make(properties=soap_11(**limits)) as channel:
        channel.open(peer.url)
        channel.send_message(channel.create_message(), ASK, 1)
        with pytest.raises(WsError) as caught:
            channel.receive_message(channel.create_message(), [GOT])
        check(caught, code)
        assert channel.state is ChannelState.OPEN


@shows(OVERFLOW, "number in a reply that does not fit its type")
def test_a_number_that_does_not_fit(make: MakeChannel) -> None:
    description = MessageDescription(None, ElementDescription("r", "ns", Type.UINT8))
    with HttpPeer(Answer(REPLY.replace(b">5<", b">256<"))) as peer, make(properties=soap_11()) as channel:
        channel.open(peer.url)
        channel.send_message(channel.create_message(), ASK, 1)
        with pytest.raises(WsError) as caught:
            channel.receive_message(channel.create_message(), [description])
        check(caught, OVERFLOW)


# Addresses

TLS = SecurityDescription(TlsSettings())
URLS = [
    row(INVALID_URL, "URL of another scheme than http and https", "net.tcp://127.0.0.1/", None),
    row(INVALID_URL, "URL without a host", "http:///service", None),
    row(INVALID_URL, "URL with a space", "http://127.0.0.1/a b", None),
    row(INVALID_URL, "URL with a port that is none", "http://127.0.0.1:99999/", None),
    row(INVALID_URL, "text that is no URL", "service", None),
    row(INVALID_URL, "http URL with settings of TLS", "http://127.0.0.1/", TLS),
    row(INVALID_ARGUMENT, "line break in a URL", "http://127.0.0.1/\r\nX-Evil: 1", None),
]


@pytest.mark.parametrize(("code", "url", "security"), URLS)
def test_url(make: MakeChannel, code: ErrorCode, url: str, security: SecurityDescription | None) -> None:
    channel = make(properties=soap_11(), security=security)
    with pytest.raises(WsError) as caught:
        channel.open(url)
    check(caught, code)
    assert channel.state is ChannelState.CREATED
    channel.close()


# What there is not


@pytest.mark.parametrize(
    ("code", "make_it"),
    [
        row(
            NOT_SUPPORTED, "encoding that is not available", lambda: ChannelProperties(encoding=Encoding.XML_MTOM_UTF8)
        ),
        row(
            NOT_SUPPORTED,
            "authentication scheme that is not available",
            lambda: HttpHeaderAuth(None, HttpHeaderAuthScheme.PASSPORT),
        ),
        row(INVALID_ARGUMENT, "channel property that is none", lambda: ChannelProperties(send_timeout=-1)),
        row(INVALID_ARGUMENT, "description table that is none", lambda: StructDescription(dict, [None])),  # type: ignore[list-item]
    ],
)
def test_not_there(code: ErrorCode, make_it: Callable[[], object]) -> None:
    with pytest.raises(WsError) as caught:
        make_it()
    check(caught, code)
