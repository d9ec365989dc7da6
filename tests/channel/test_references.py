"""An address with reference parameters, and the action of a fault that was received."""

from __future__ import annotations

import pytest

from tests.channel.test_send import A10, URL, V11, V12, D
from tests.support.fake_transport import FakeTransport, response
from tests.support.tables import ADDRESSING_10, ENVELOPE_12, HEADER, int32
from wsx.channel import Channel, ChannelProperties, ChannelState
from wsx.errors import EndpointFaultReceived, InvalidFormat
from wsx.fragment import XmlBuffer
from wsx.message import AddressingVersion, EnvelopeVersion, Message
from wsx.values import EndpointAddress

PARAMETERS = XmlBuffer(b'<h xmlns="ns">1</h>')


def opened(
    transport: FakeTransport, envelope: EnvelopeVersion, addressing: AddressingVersion, headers: XmlBuffer | None
) -> Channel:
    properties = ChannelProperties(envelope_version=envelope, addressing_version=addressing)
    channel = Channel(properties=properties, transport=transport)
    channel.open(EndpointAddress(URL, headers))
    return channel


@pytest.mark.parametrize("envelope", [V11, V12])
@pytest.mark.parametrize("addressing", AddressingVersion)
def test_reference_parameters_go_with_every_message(envelope: EnvelopeVersion, addressing: AddressingVersion) -> None:
    transport = FakeTransport([response(), response(), response()])
    channel = opened(transport, envelope, addressing, PARAMETERS)
    found = []
    for number in range(3):
        message = channel.create_message()
        if number:
            message.initialize()
            message.add_custom_header(HEADER, {"value": "v"})
        if number == 2:
            message.address("http://elsewhere/")
        channel.send_message(message, D, {"val": 7})
        body = transport.requests[-1].body
        assert body is not None
        seen = Message(envelope, addressing)
        seen.read_envelope_start(body)
        found.append(b"<h " in body)
        if found[-1]:
            assert seen.get_custom_header(int32("h")) == 1
        assert (b"IsReferenceParameter" in body) is (found[-1] and addressing is A10)
    assert found == [True, True, False]


def test_a_channel_that_was_reset_forgets_them() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport, V12, A10, PARAMETERS)
    channel.close()
    channel.reset()
    channel.open(URL)
    channel.send_message(channel.create_message(), D, {"val": 7})
    body = transport.requests[0].body
    assert body is not None
    assert b"<h " not in body


def test_reference_parameters_that_are_no_xml() -> None:
    channel = Channel(transport=FakeTransport([]))
    with pytest.raises(InvalidFormat):
        channel.open(EndpointAddress(URL, XmlBuffer(b"<h")))
    assert channel.state is ChannelState.CREATED


@pytest.mark.parametrize(
    ("headers", "action"),
    [
        ("", None),
        ("<a:Action>urn:fault</a:Action>", "urn:fault"),
        # What is wrong with the action must not hide the fault.
        ("<a:Action>urn:1</a:Action><a:Action>urn:2</a:Action>", None),
        ("<a:Action><x/></a:Action>", None),
    ],
)
def test_the_action_of_a_fault(headers: str, action: str | None) -> None:
    body = (
        f'<s:Envelope xmlns:s="{ENVELOPE_12}" xmlns:a="{ADDRESSING_10}"><s:Header>{headers}</s:Header><s:Body><s:Fault>'
        '<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason></s:Fault>'
        "</s:Body></s:Envelope>"
    ).encode()
    content_type = "application/soap+xml; charset=utf-8"
    channel = opened(FakeTransport([response(body, status=500, content_type=content_type)]), V12, A10, None)
    channel.send_message(channel.create_message(), D, {"val": 7})
    with pytest.raises(EndpointFaultReceived) as caught:
        channel.receive_message(channel.create_message(), [D])
    assert caught.value.fault_action == action
    assert caught.value.original == 500
