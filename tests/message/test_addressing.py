"""Endpoint references in headers, the initializations that need a source, and addressing with reference parameters."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Callable

import pytest

from tests.message.test_headers import blocks, initialized, received
from tests.support.tables import ADDRESSING_10, BODY, ENVELOPE_12, HEADER, int32
from wsx.descriptions import ReadOption, Type
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, QuotaExceeded
from wsx.fragment import XmlBuffer
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderType, Message, MessageInitialization, MessageState
from wsx.message.versions import VERSIONS
from wsx.values import EndpointAddress, XmlQName

A09, A10, TRANSPORT = AddressingVersion.V0_9, AddressingVersion.V1_0, AddressingVersion.TRANSPORT
ENDPOINTS = (HeaderType.FROM, HeaderType.REPLY_TO, HeaderType.FAULT_TO)
ANONYMOUS = {
    A09: "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous",
    A10: f"{ADDRESSING_10}/anonymous",
}
OPTIONAL = ReadOption.OPTIONAL_POINTER
PLAIN = XmlBuffer(b'<k xmlns="urn:k">1</k>')


def round_trip(message: Message) -> Message:
    """The message as its receiver sees it."""
    message.write_envelope_start()
    made = Message(message.envelope_version, message.addressing_version)
    made.read_envelope_start(message.write_envelope_end())
    return made


@pytest.mark.parametrize("kind", ENDPOINTS)
@pytest.mark.parametrize("addressing", [A09, A10])
def test_endpoint_references(kind: HeaderType, addressing: AddressingVersion) -> None:
    tag = {HeaderType.FROM: "From", HeaderType.REPLY_TO: "ReplyTo", HeaderType.FAULT_TO: "FaultTo"}[kind]
    message = initialized(addressing=addressing)
    assert message.get_header(kind, option=OPTIONAL) is None
    message.set_header(kind, EndpointAddress("http://x/?a&b", PLAIN))
    assert blocks(message) == (
        f"<a:{tag}><a:Address>http://x/?a&amp;b</a:Address><a:ReferenceParameters>"
        f'<k xmlns="urn:k">1</k></a:ReferenceParameters></a:{tag}>'
    )
    for found in (message, round_trip(message)):
        address = found.get_header(kind, value_type=Type.ENDPOINT_ADDRESS)
        assert address.url == "http://x/?a&b"
        assert address.headers is not None
        assert address.headers.name == XmlQName("k", "urn:k")


def test_an_endpoint_reference_is_replaced_and_removed() -> None:
    message = initialized()
    message.set_header(HeaderType.FROM, EndpointAddress("http://one/"))
    message.add_custom_header(HEADER, {"value": "v"})
    message.set_header(HeaderType.FROM, EndpointAddress(""))
    anonymous = f"<a:From><a:Address>{ANONYMOUS[A10]}</a:Address></a:From>"
    assert blocks(message) == anonymous + '<header xmlns="ns">v</header>'
    assert message.get_header(HeaderType.FROM) == EndpointAddress("")
    message.remove_header(HeaderType.FROM)
    assert blocks(message) == '<header xmlns="ns">v</header>'


def test_endpoint_references_that_are_none() -> None:
    message = received("<w:From/><w:ReplyTo><w:Address>a</w:Address></w:ReplyTo><w:ReplyTo/><w:FaultTo>x</w:FaultTo>")
    for kind in ENDPOINTS:
        with pytest.raises(InvalidFormat) as caught:
            message.get_header(kind)
        assert caught.value.offset is not None
    other = initialized()
    with pytest.raises(InvalidFormat):
        other.set_header(HeaderType.FROM, EndpointAddress("http://x/", XmlBuffer(b"<k")))
    with pytest.raises(InvalidFormat):
        other.set_header(HeaderType.FROM, EndpointAddress("\ud800"))
    assert blocks(other) == ""


def test_endpoint_references_for_other_roles_do_not_count() -> None:
    message = received(
        '<w:ReplyTo e:role="urn:other"><w:Address>urn:1</w:Address></w:ReplyTo>'
        '<w:ReplyTo e:mustUnderstand="1"><w:Address> urn:2 </w:Address></w:ReplyTo>'
    )
    assert message.get_header(HeaderType.REPLY_TO).url.strip() == "urn:2"


def test_unique_ids() -> None:
    message = initialized()
    number = uuid.UUID("0123ABCD-4567-89ab-cdef-0123456789ab")
    message.set_header(HeaderType.MESSAGE_ID, number)
    message.set_header(HeaderType.RELATES_TO, "urn:other")
    assert "<a:MessageID>urn:uuid:0123abcd-4567-89ab-cdef-0123456789ab</a:MessageID>" in message.header_buffer.decode()
    assert message.get_header(HeaderType.MESSAGE_ID) == number.urn
    assert message.get_header(HeaderType.MESSAGE_ID, value_type=Type.WSZ) == number.urn
    assert message.get_header(HeaderType.MESSAGE_ID, value_type=Type.UNIQUE_ID) == number
    assert message.get_header(HeaderType.RELATES_TO, value_type=Type.UNIQUE_ID) == "urn:other"
    with pytest.raises(InvalidArgument):
        message.set_header(HeaderType.ACTION, number)


# Initializations


@pytest.mark.parametrize("pair", VERSIONS, ids=lambda pair: f"{pair[0].name}-{pair[1].name}")
def test_duplicate(pair: tuple[EnvelopeVersion, AddressingVersion]) -> None:
    source = Message(*pair)
    source.initialize(MessageInitialization.REQUEST)
    source.set_header(HeaderType.ACTION, "urn:a")
    source.add_custom_header(HEADER, {"value": "v"})
    source.add_mapped_header("X-Name", "one")
    message = Message(*pair)
    message.initialize(MessageInitialization.DUPLICATE, source)
    assert message.header_buffer == source.header_buffer
    assert message.mapped_headers == (("X-Name", "one"),)
    assert (message.is_addressed, message.is_fault, message.state) == (False, False, MessageState.INITIALIZED)
    written = []
    for each in (source, message):
        each.write_envelope_start()
        written.append(each.write_envelope_end())
    assert written[0] == written[1]
    # What is done to one of them does not show in the other.
    message.set_header(HeaderType.ACTION, "urn:b")
    message.remove_custom_header("header", "ns")
    assert source.get_header(HeaderType.ACTION) == "urn:a"
    assert source.get_custom_header(HEADER) == {"value": "v"}


def test_duplicate_of_a_message_that_was_read() -> None:
    source = received('<w:MessageID>urn:1</w:MessageID><x:h xmlns:x="ns" e:mustUnderstand="1">1</x:h>')
    message = Message()
    message.initialize(MessageInitialization.DUPLICATE, source)
    assert message.is_addressed
    source.reset()
    found = round_trip(message)
    assert found.get_header(HeaderType.MESSAGE_ID) == "urn:1"
    assert found.must_understand_headers == (XmlQName("h", "ns"),)
    assert found.get_custom_header(int32("h")) == 1


def test_duplicate_has_a_limit() -> None:
    source = received('<h xmlns="ns"/><h xmlns="ns"/>')
    message = Message(max_processed_headers=1)
    with pytest.raises(QuotaExceeded):
        message.initialize(MessageInitialization.DUPLICATE, source)
    assert message.state is MessageState.EMPTY


ANSWERS = [
    ("", "", ""),
    ("<w:ReplyTo><w:Address>http://reply/</w:Address></w:ReplyTo>", "http://reply/", "http://reply/"),
    ("<w:FaultTo><w:Address>http://fault/</w:Address></w:FaultTo>", "", "http://fault/"),
    (
        "<w:FaultTo><w:Address>http://fault/</w:Address></w:FaultTo>"
        "<w:ReplyTo><w:Address>http://reply/</w:Address></w:ReplyTo>",
        "http://reply/",
        "http://fault/",
    ),
]


@pytest.mark.parametrize(("headers", "reply", "fault"), ANSWERS)
def test_reply_and_fault(headers: str, reply: str, fault: str) -> None:
    source = received(f"<w:MessageID>urn:uuid:1</w:MessageID>{headers}")
    for kind, url in ((MessageInitialization.REPLY, reply), (MessageInitialization.FAULT, fault)):
        message = Message()
        message.initialize(kind, source)
        to = url or ANONYMOUS[A10]
        assert blocks(message) == (f'<a:RelatesTo>urn:uuid:1</a:RelatesTo><a:To s:mustUnderstand="1">{to}</a:To>')
        assert message.is_addressed
        assert message.is_fault is (kind is MessageInitialization.FAULT)


def test_reply_with_reference_parameters() -> None:
    source = received(
        '<w:ReplyTo xmlns:p="urn:p"><w:Address>http://x/</w:Address><w:ReferenceParameters>'
        "<p:one>1</p:one><two/></w:ReferenceParameters></w:ReplyTo>"
    )
    message = Message()
    message.initialize(MessageInitialization.REPLY, source)
    # Without a MessageID there is nothing to relate to.
    assert not re.search("RelatesTo", blocks(message))
    found = round_trip(message)
    assert found.get_custom_header(int32("one", "urn:p")) == 1
    assert blocks(found).count('IsReferenceParameter="true"') == 2


def test_reply_to_a_request_of_wsx() -> None:
    request = initialized(EnvelopeVersion.SOAP_1_1, A09, MessageInitialization.REQUEST)
    seen = round_trip(request)
    reply = Message(EnvelopeVersion.SOAP_1_1, A09)
    reply.initialize(MessageInitialization.REPLY, seen)
    assert reply.get_header(HeaderType.RELATES_TO) == request.get_header(HeaderType.MESSAGE_ID)
    assert reply.get_header(HeaderType.TO) == ANONYMOUS[A09]


@pytest.mark.parametrize("kind", [MessageInitialization.REPLY, MessageInitialization.FAULT])
def test_the_transport_relates_replies(kind: MessageInitialization) -> None:
    source = initialized(EnvelopeVersion.SOAP_1_1, TRANSPORT)
    message = Message(EnvelopeVersion.SOAP_1_1, TRANSPORT)
    message.initialize(kind, source)
    assert blocks(message) == ""
    assert message.is_addressed


def test_sources_that_are_none() -> None:
    kinds = (MessageInitialization.DUPLICATE, MessageInitialization.REPLY, MessageInitialization.FAULT)
    twice = received("<w:MessageID>urn:1</w:MessageID><w:MessageID>urn:2</w:MessageID>")
    for kind in kinds:
        message = Message()
        with pytest.raises(InvalidOperation, match="source"):
            message.initialize(kind, Message())
        with pytest.raises(InvalidArgument, match="versions"):
            message.initialize(kind, initialized(EnvelopeVersion.SOAP_1_1))
        if kind is not MessageInitialization.DUPLICATE:
            with pytest.raises(InvalidFormat, match="several MessageID"):
                message.initialize(kind, twice)
        assert message.state is MessageState.EMPTY


# Addressing


def test_addressing_with_reference_parameters() -> None:
    message = initialized(kind=MessageInitialization.REQUEST)
    message.add_custom_header(HEADER, {"value": "v"})
    scope = (("p", "urn:p"), ("", "urn:d"))
    message.address(EndpointAddress("http://x/", XmlBuffer(b" <p:one/><!-- c --><two>2</two> ", scope)))
    found = blocks(message)
    assert found.startswith(
        '<a:MessageID>ID</a:MessageID><a:To s:mustUnderstand="1">http://x/</a:To><header xmlns="ns">v</header>'
    )
    again = round_trip(message)
    assert again.get_custom_header(int32("two", "urn:d")) == 2
    assert found.count(' a:IsReferenceParameter="true"') == 2


MARKS = [
    (b"<k/>", '<k a:IsReferenceParameter="true"/>'),
    (b'<k\n a="1"/>', '<k a:IsReferenceParameter="true"\n a="1"/>'),
    (b'<a:k xmlns:a="urn:a"/>', None),
    (f'<k xmlns:w="{ADDRESSING_10}" w:IsReferenceParameter="false"/>'.encode(), None),
    (f'<k xmlns:a1="urn:a" xmlns:a="urn:b" xmlns:a2="{ADDRESSING_10}"/>'.encode(), None),
]


@pytest.mark.parametrize(("parameter", "block"), MARKS)
def test_reference_parameters_are_marked_whatever_their_prefixes(parameter: bytes, block: str | None) -> None:
    message = initialized()
    message.address(EndpointAddress("http://x/", XmlBuffer(parameter)))
    shown = message.header_buffer.decode()
    assert block is None or block in shown
    found = round_trip(message)
    marked = [header.reader(found._quotas).start_element() for header in found._headers if header.kind != HeaderType.TO]
    assert [
        [value for ns, name, value in one if (ns, name) == (ADDRESSING_10, "IsReferenceParameter")] for one in marked
    ] == [["true"]]


@pytest.mark.parametrize("addressing", [A09, TRANSPORT])
def test_only_addressing_10_marks_reference_parameters(addressing: AddressingVersion) -> None:
    message = initialized(addressing=addressing)
    message.address(EndpointAddress("http://x/", PLAIN))
    assert '<k xmlns="urn:k">1</k>' in blocks(message)


def test_addressing_that_fails_changes_nothing() -> None:
    message = Message(max_processed_headers=2)
    message.initialize()
    message.add_custom_header(HEADER, {"value": "v"})
    before = message.header_buffer
    many = XmlBuffer(b"<k/>" * 2)
    failures: list[tuple[type[Exception], Callable[[], None]]] = [
        (QuotaExceeded, lambda: message.address(EndpointAddress("http://x/", many))),
        (InvalidFormat, lambda: message.address(EndpointAddress("http://x/", XmlBuffer(b"<k>")))),
        (InvalidFormat, lambda: message.address("\uffff")),
    ]
    for kind, call in failures:
        with pytest.raises(kind):
            call()
        assert message.header_buffer == before
        assert not message.is_addressed


@pytest.mark.parametrize(("envelope", "addressing"), [*itertools.product(EnvelopeVersion, AddressingVersion)])
def test_every_pair_of_versions_works_or_is_refused(envelope: EnvelopeVersion, addressing: AddressingVersion) -> None:
    if (envelope, addressing) not in VERSIONS:
        with pytest.raises(InvalidArgument, match="NONE"):
            Message(envelope, addressing)
        return
    message = Message(envelope, addressing)
    message.initialize(MessageInitialization.REQUEST)
    message.address("http://x/")
    message.write_envelope_start()
    message.write_body(BODY, {"val": 1})
    message.write_body(BODY, {"val": 2})
    read = Message(envelope, addressing)
    read.read_envelope_start(message.write_envelope_end())
    assert read.read_body(BODY) == {"val": 1}
    if addressing is not TRANSPORT:
        assert read.get_header(HeaderType.MESSAGE_ID).startswith("urn:uuid:")
        assert read.get_header(HeaderType.TO) == "http://x/"


def test_the_envelope_of_addressing_12() -> None:
    assert initialized().header_buffer == (
        f'<s:Envelope xmlns:a="{ADDRESSING_10}" xmlns:s="{ENVELOPE_12}"><s:Header/><s:Body/></s:Envelope>'.encode()
    )
