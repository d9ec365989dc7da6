"""Mapped headers of a message as lines of the request."""

from __future__ import annotations

import pytest

from tests.channel.test_send import TRANSPORT, V11, V12, D, head, opened
from tests.support.fake_transport import FakeTransport, response
from wsx.channel import Channel
from wsx.errors import InvalidArgument
from wsx.message import EnvelopeVersion, Message, MessageState


def message_with(channel: Channel, *lines: tuple[str, str]) -> Message:
    message = channel.create_message()
    message.initialize()
    for name, value in lines:
        message.add_mapped_header(name, value)
    return message


@pytest.mark.parametrize("envelope", [V11, V12])
def test_they_are_lines_of_the_request(envelope: EnvelopeVersion) -> None:
    transport = FakeTransport([response(), response()])
    channel = opened(transport, envelope)
    message = message_with(channel, ("X-One", "a b"), ("X-Two", "ü"), ("X-One", "c"))
    previewed = channel.preview(message, D, {"val": 7})
    channel.send_message(message, D, {"val": 7})
    sent = transport.requests[0]
    assert sent == previewed
    assert sent.headers[-3:] == ((b"X-One", b"a b"), (b"X-Two", "ü".encode()), (b"X-One", b"c"))
    assert sent.body is not None
    assert b"X-" not in sent.body
    # They go with their message, not with the channel.
    channel.send_message(channel.create_message(), D, {"val": 7})
    assert "X-One" not in head(transport)


def test_they_replace_lines_of_their_name() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport, V11, TRANSPORT)
    channel.send_message(message_with(channel, ("user-agent", "mine"), ("SOAPACTION", "x")), D, {"val": 7})
    found = head(transport)
    assert (found["user-agent"], found["SOAPACTION"]) == ("mine", "x")
    assert not {"User-Agent", "SOAPAction"} & set(found)


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "transfer-encoding", "Host", "CONNECTION", "TE", "Trailer", "Upgrade", "Expect", "Keep-Alive"],
)
def test_lines_of_the_transport_are_its_own(name: str) -> None:
    transport = FakeTransport([response()])
    channel = opened(transport)
    message = message_with(channel, (name, "5"))
    with pytest.raises(InvalidArgument, match=name.lower()):
        channel.send_message(message, D, {"val": 7})
    assert not transport.requests
    assert message.state is MessageState.INITIALIZED
    message.remove_mapped_header(name)
    channel.send_message(message, D, {"val": 7})
    assert len(transport.requests) == 1
