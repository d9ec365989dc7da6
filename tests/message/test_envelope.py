"""The exact bytes of envelopes, for every combination of versions."""

from __future__ import annotations

import re

import pytest

from tests.support.tables import (
    ADDRESSING_09,
    ADDRESSING_10,
    ADDRESSING_NONE,
    BODY,
    ENVELOPE_11,
    ENVELOPE_12,
    HEADER,
    TWO_PARTS,
    int32,
)
from wsx._writer import Output
from wsx.errors import InvalidArgument, NumericOverflow
from wsx.message import (
    AddressingVersion,
    EnvelopeVersion,
    HeaderAttribute,
    HeaderType,
    Message,
    MessageInitialization,
    MessageState,
)
from wsx.message.message import new_message_id

V11, V12, NONE = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2, EnvelopeVersion.NONE
A09, A10, TRANSPORT = AddressingVersion.V0_9, AddressingVersion.V1_0, AddressingVersion.TRANSPORT
BLANK, REQUEST = MessageInitialization.BLANK, MessageInitialization.REQUEST

ENVELOPES = {V11: ENVELOPE_11, V12: ENVELOPE_12}
ADDRESSINGS = {A09: ADDRESSING_09, A10: ADDRESSING_10}
COMBINATIONS = [(V11, A09), (V11, A10), (V11, TRANSPORT), (V12, A09), (V12, A10), (V12, TRANSPORT)]
REPLY_TO = f"<a:ReplyTo><a:Address>{ADDRESSING_09}/role/anonymous</a:Address></a:ReplyTo>"
MESSAGE_ID = "<a:MessageID>urn:uuid:GUID</a:MessageID>"
TO = '<a:To s:mustUnderstand="1">http://localhost/</a:To>'

_GUID = re.compile(rb"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def text(data: bytes) -> str:
    return _GUID.sub(b"urn:uuid:GUID", data).decode()


def start_tag(envelope: EnvelopeVersion, addressing: AddressingVersion) -> str:
    declaration = "" if addressing is TRANSPORT else f' xmlns:a="{ADDRESSINGS[addressing]}"'
    return f'<s:Envelope{declaration} xmlns:s="{ENVELOPES[envelope]}">'


def expected_blocks(addressing: AddressingVersion, initialization: MessageInitialization, *, addressed: bool) -> str:
    if addressing is TRANSPORT:
        return ""
    blocks = MESSAGE_ID if initialization is REQUEST else ""
    if initialization is REQUEST and addressing is A09:
        blocks += REPLY_TO
    return blocks + (TO if addressed else "")


@pytest.mark.parametrize("addressed", [False, True])
@pytest.mark.parametrize("initialization", [BLANK, REQUEST])
@pytest.mark.parametrize(("envelope", "addressing"), COMBINATIONS)
def test_envelope(
    envelope: EnvelopeVersion, addressing: AddressingVersion, initialization: MessageInitialization, addressed: bool
) -> None:
    message = Message(envelope, addressing)
    message.initialize(initialization)
    if addressed:
        message.address("http://localhost/")
    blocks = expected_blocks(addressing, initialization, addressed=addressed)
    shown = f"<s:Header>{blocks}</s:Header>" if blocks else "<s:Header/>"
    written = f"<s:Header>{blocks}</s:Header>" if blocks else ""
    start = start_tag(envelope, addressing)
    buffer = f"{start}{shown}<s:Body/></s:Envelope>"

    assert text(message.header_buffer) == buffer
    message.write_envelope_start()
    message.write_body(BODY, {"val": 1})
    assert text(message.write_envelope_end()) == (
        f'{start}{written}<s:Body><u xmlns="ns"><val>1</val></u></s:Body></s:Envelope>'
    )
    assert text(message.header_buffer) == buffer


@pytest.mark.parametrize(("envelope", "addressing"), COMBINATIONS)
def test_empty_body(envelope: EnvelopeVersion, addressing: AddressingVersion) -> None:
    message = Message(envelope, addressing)
    message.initialize()
    message.write_envelope_start()
    assert text(message.write_envelope_end()) == f"{start_tag(envelope, addressing)}<s:Body/></s:Envelope>"


ACTIONS = [
    (V11, A09, '<a:Action s:mustUnderstand="1">urn:x</a:Action>', True),
    (V12, A10, '<a:Action s:mustUnderstand="1">urn:x</a:Action>', True),
    (V11, TRANSPORT, f'<Action s:mustUnderstand="1" xmlns="{ADDRESSING_NONE}">urn:x</Action>', False),
    (V12, TRANSPORT, f'<Action s:mustUnderstand="1" xmlns="{ADDRESSING_NONE}">urn:x</Action>', False),
]


@pytest.mark.parametrize(("envelope", "addressing", "block", "on_wire"), ACTIONS)
def test_action(envelope: EnvelopeVersion, addressing: AddressingVersion, block: str, on_wire: bool) -> None:
    message = Message(envelope, addressing)
    message.initialize()
    message.set_header(HeaderType.ACTION, "urn:x")
    start = start_tag(envelope, addressing)
    assert text(message.header_buffer) == f"{start}<s:Header>{block}</s:Header><s:Body/></s:Envelope>"
    message.write_envelope_start()
    header = f"<s:Header>{block}</s:Header>" if on_wire else ""
    assert text(message.write_envelope_end()) == f"{start}{header}<s:Body/></s:Envelope>"


def test_without_envelope_the_body_stands_alone() -> None:
    message = Message(NONE, TRANSPORT)
    message.initialize()
    assert message.header_buffer == b"<Envelope><Header/><Body/></Envelope>"
    message.set_header(HeaderType.ACTION, "urn:x")
    message.add_custom_header(HEADER, {"value": "v"}, attributes=HeaderAttribute.MUST_UNDERSTAND)
    assert message.header_buffer.decode() == (
        f'<Envelope><Header><Action mustUnderstand="1" xmlns="{ADDRESSING_NONE}">urn:x</Action>'
        '<header mustUnderstand="1" xmlns="ns">v</header></Header><Body/></Envelope>'
    )
    message.write_envelope_start()
    message.write_body(BODY, {"val": 1})
    data = message.write_envelope_end()
    assert data == b'<u xmlns="ns"><val>1</val></u>'

    message.reset()
    message.read_envelope_start(data)
    assert not message.is_fault
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()


@pytest.mark.parametrize("addressing", [A09, A10])
def test_without_envelope_addressing_is_the_transports(addressing: AddressingVersion) -> None:
    with pytest.raises(InvalidArgument, match="TRANSPORT"):
        Message(NONE, addressing)


@pytest.mark.parametrize(
    ("envelope", "addressing"), [(0, 2), (4, 2), (2, 0), (2, 4), (None, 2), ("SOAP_1_1", 2), ([], {})]
)
def test_unknown_versions(envelope: EnvelopeVersion, addressing: AddressingVersion) -> None:
    with pytest.raises(InvalidArgument, match="unknown version"):
        Message(envelope, addressing)


def test_versions_may_be_numbers() -> None:
    message = Message(1, 3)  # type: ignore[arg-type]
    assert message.envelope_version is V11
    assert message.addressing_version is TRANSPORT


def test_several_body_elements() -> None:
    message = Message(V11, TRANSPORT)
    message.initialize()
    message.write_envelope_start()
    message.write_body(TWO_PARTS, {"a": 1, "b": 2})
    message.write_body(int32("c", "z"), 3)
    data = message.write_envelope_end()
    assert b'<s:Body><a xmlns="x">1</a><b xmlns="y">2</b><c xmlns="z">3</c></s:Body>' in data


def test_a_body_that_fails_leaves_nothing() -> None:
    message = Message(V11, TRANSPORT)
    message.initialize()
    message.write_envelope_start()
    with pytest.raises(NumericOverflow):
        message.write_body(int32("c"), 1 << 31)
    message.write_body(int32("c"), 1)
    with pytest.raises(InvalidArgument):
        message.write_body(BODY, {"val": None})
    assert message.state is MessageState.WRITING
    start = start_tag(V11, TRANSPORT)
    assert text(message.write_envelope_end()) == f'{start}<s:Body><c xmlns="ns">1</c></s:Body></s:Envelope>'


def test_a_body_that_only_failed_is_empty() -> None:
    message = Message(V11, TRANSPORT)
    message.initialize()
    message.write_envelope_start()
    with pytest.raises(NumericOverflow):
        message.write_body(int32("c"), 1 << 31)
    assert text(message.write_envelope_end()) == f"{start_tag(V11, TRANSPORT)}<s:Body/></s:Envelope>"


def test_an_output_of_the_caller() -> None:
    output = Output()
    output.write(b"before ")
    message = Message(V11, TRANSPORT)
    message.initialize()
    message.add_custom_header(HEADER, {"value": "v"})
    message.write_envelope_start(output)
    start = start_tag(V11, TRANSPORT)
    header = f'before {start}<s:Header><header xmlns="ns">v</header></s:Header>'
    assert len(output) == len(header)
    message.write_body(int32("c"), 1)
    assert message.write_envelope_end() == b""
    assert text(output.take()) == f'{header}<s:Body><c xmlns="ns">1</c></s:Body></s:Envelope>'


def test_headers_set_late_change_the_buffer_alone() -> None:
    message = Message(V12, A10)
    message.initialize()
    message.write_envelope_start()
    message.set_header(HeaderType.ACTION, "urn:late")
    message.address("http://late/")
    assert b"late" not in message.write_envelope_end()
    assert message.header_buffer.count(b"late") == 2


def test_message_ids_are_unique_version_4_uuids() -> None:
    ids = {new_message_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(_GUID.fullmatch(found.encode()) for found in ids)
