"""What services put where a table has nothing: refused by default, let pass and reported when that was asked for."""

from __future__ import annotations

import pytest

from tests.support.fake_transport import FakeTransport, response
from tests.support.tables import BODY, ENVELOPE_11, ENVELOPE_12, HEADER, int32
from wsx import Channel, ChannelProperties, Forgiven, Leniency, MessageDescription
from wsx.errors import InvalidArgument, InvalidFormat
from wsx.message import AddressingVersion, EnvelopeVersion, Message

WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
ATTRIBUTES = Leniency(unknown_attributes=True)
ALL = Leniency(any_order=True, unknown_elements=True, unknown_attributes=True)

# Attributes that services and their security layers put on the elements of a body.
ON_BODY_ELEMENTS = [
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"',
    f'xmlns:wsu="{WSU}" wsu:Id="body-1"',
    'id="body-1"',
]


def envelope(body: str, *, header: str = "", ns: str = ENVELOPE_12, on_body: str = "") -> bytes:
    inside = f"<s:Header>{header}</s:Header><s:Body{on_body}>{body}</s:Body>"
    return f'<s:Envelope xmlns:s="{ns}">{inside}</s:Envelope>'.encode()


def started(document: bytes, leniency: Leniency | None = None) -> Message:
    message = Message(leniency=leniency)
    message.read_envelope_start(document)
    return message


@pytest.mark.parametrize("attribute", ON_BODY_ELEMENTS)
def test_attributes_of_the_envelope_itself_always_pass(attribute: str) -> None:
    message = started(envelope('<u xmlns="ns"><val>1</val></u>', on_body=f" {attribute}"))
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()
    assert message.forgiven == ()


@pytest.mark.parametrize("leniency", [None, Leniency(), Leniency(unknown_elements=True)])
@pytest.mark.parametrize("attribute", ON_BODY_ELEMENTS)
def test_attributes_of_a_body_element_are_refused(attribute: str, leniency: Leniency | None) -> None:
    """As WWSAPI does, unless the structure has IGNORE_UNHANDLED_ATTRIBUTES."""
    message = started(envelope(f'<u xmlns="ns" {attribute}><val>1</val></u>'), leniency)
    with pytest.raises(InvalidFormat, match="attribute"):
        message.read_body(BODY)
    assert message.forgiven == ()


@pytest.mark.parametrize("attribute", ON_BODY_ELEMENTS)
def test_attributes_of_a_body_element_pass_leniently(attribute: str) -> None:
    document = envelope(f'<u xmlns="ns" {attribute}><val>1</val></u>')
    message = started(document, ATTRIBUTES)
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()
    (found,) = message.forgiven
    assert (found.rule, found.path.split("/@")[0]) == ("unknown_attributes", "u")
    assert document[found.offset :].startswith(attribute.rpartition("xmlns:")[2].split(" ")[-1].encode())
    message.reset()
    assert message.forgiven == ()


def test_reports_of_several_parts_and_headers_are_one_list() -> None:
    block = '<header xmlns="ns" s:mustUnderstand="1" x="1">v</header>'
    document = envelope('<a xmlns="ns" y="1">1</a><u xmlns="ns"><new/><val>1</val></u>', header=block)
    message = started(document, ALL)
    assert message.read_body(int32("a")) == 1
    assert message.get_custom_header(HEADER) == {"value": "v"}
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()
    assert [found.rule for found in message.forgiven] == ["unknown_attributes"] * 2 + ["unknown_elements"]
    assert document[message.forgiven[0].offset :].startswith(b"y=")
    assert document[message.forgiven[2].offset :].startswith(b"<new/>")


def test_what_failed_was_reported_up_to_there() -> None:
    message = started(envelope('<u xmlns="ns"><new/></u>'), ALL)
    with pytest.raises(InvalidFormat, match="val"):
        message.read_body(BODY)
    assert [found.rule for found in message.forgiven] == ["unknown_elements"]


@pytest.mark.parametrize("leniency", ["all", 1, True, {}])
def test_a_leniency_must_be_one(leniency: object) -> None:
    with pytest.raises(InvalidArgument, match="leniency"):
        Message(leniency=leniency)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="leniency"):
        ChannelProperties(leniency=leniency)  # type: ignore[arg-type]


def test_the_messages_of_a_channel_have_its_leniency() -> None:
    document = envelope('<u xmlns="ns" id="7"><new/><val>1</val></u>', ns=ENVELOPE_11)
    properties = ChannelProperties(
        envelope_version=EnvelopeVersion.SOAP_1_1, addressing_version=AddressingVersion.TRANSPORT, leniency=ALL
    )
    channel = Channel(properties=properties, transport=FakeTransport([response(document, content_type="text/xml")]))
    channel.open("http://127.0.0.1/")
    reply, d = channel.create_message(), MessageDescription("urn:act", BODY)
    assert channel.request_reply(channel.create_message(), d, {"val": 2}, reply, d) == {"val": 1}
    assert reply.forgiven == (
        Forgiven("unknown_attributes", "u/@id", document.index(b"id=")),
        Forgiven("unknown_elements", "u/new", document.index(b"<new/>")),
    )
