"""message.md §5 as a table: every legal pair of versions × every initialization, header buffer and wire."""

from __future__ import annotations

import itertools

import pytest

from tests.support.tables import ADDRESSING_09, ADDRESSING_10, ENVELOPE_11, ENVELOPE_12
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderType, Message, MessageInitialization
from wsx.values import EndpointAddress

ENVELOPES = {EnvelopeVersion.SOAP_1_1: ENVELOPE_11, EnvelopeVersion.SOAP_1_2: ENVELOPE_12, EnvelopeVersion.NONE: ""}
ADDRESSINGS = {
    AddressingVersion.V0_9: (ADDRESSING_09, f"{ADDRESSING_09}/role/anonymous"),
    AddressingVersion.V1_0: (ADDRESSING_10, f"{ADDRESSING_10}/anonymous"),
    AddressingVersion.TRANSPORT: ("", ""),
}
PAIRS = [
    (envelope, addressing)
    for envelope, addressing in itertools.product(EnvelopeVersion, AddressingVersion)
    if envelope is not EnvelopeVersion.NONE or addressing is AddressingVersion.TRANSPORT
]
CASES = [(*pair, kind, addressed) for pair in PAIRS for kind in MessageInitialization for addressed in (False, True)]
ID = "urn:uuid:00000000-0000-0000-0000-000000000001"
URL = "http://localhost/"


def source_of(envelope: EnvelopeVersion, addressing: AddressingVersion) -> Message:
    """The request that REPLY and FAULT answer and DUPLICATE copies."""
    source = Message(envelope, addressing)
    source.initialize()
    if addressing is not AddressingVersion.TRANSPORT:
        source.set_header(HeaderType.MESSAGE_ID, ID)
        source.set_header(HeaderType.FAULT_TO, EndpointAddress("http://faults/"))
    source.set_header(HeaderType.ACTION, "urn:act")
    return source


def expected(
    envelope: EnvelopeVersion, addressing: AddressingVersion, kind: MessageInitialization, addressed: bool
) -> str:
    """The header blocks on the wire."""
    if addressing is AddressingVersion.TRANSPORT:
        return ""
    _, anonymous = ADDRESSINGS[addressing]
    must = ' s:mustUnderstand="1"'
    to = f"<a:To{must}>{URL}</a:To>" if addressed else ""
    match kind:
        case MessageInitialization.BLANK:
            return to
        case MessageInitialization.REQUEST:
            reply_to = f"<a:ReplyTo><a:Address>{anonymous}</a:Address></a:ReplyTo>"
            return f"<a:MessageID>{ID}</a:MessageID>" + (reply_to if addressing is AddressingVersion.V0_9 else "") + to
        case MessageInitialization.DUPLICATE:
            fault_to = "<a:FaultTo><a:Address>http://faults/</a:Address></a:FaultTo>"
            return f"{to}<a:MessageID>{ID}</a:MessageID>{fault_to}<a:Action{must}>urn:act</a:Action>"
        case MessageInitialization.REPLY:
            return f"<a:RelatesTo>{ID}</a:RelatesTo><a:To{must}>{anonymous}</a:To>"
        case MessageInitialization.FAULT:
            return f"<a:RelatesTo>{ID}</a:RelatesTo><a:To{must}>http://faults/</a:To>"


@pytest.mark.parametrize(("envelope", "addressing", "kind", "addressed"), CASES)
def test_exact_bytes(
    envelope: EnvelopeVersion,
    addressing: AddressingVersion,
    kind: MessageInitialization,
    addressed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wsx.message.message.new_message_id", lambda: ID)
    message = Message(envelope, addressing)
    plain = kind in (MessageInitialization.BLANK, MessageInitialization.REQUEST)
    message.initialize(kind, None if plain else source_of(envelope, addressing))
    answers = kind in (MessageInitialization.REPLY, MessageInitialization.FAULT)
    assert message.is_fault == (kind is MessageInitialization.FAULT)
    assert message.is_addressed == answers
    if addressed and not answers:
        message.address(URL)
    blocks = expected(envelope, addressing, kind, addressed and not answers)

    prefix = "" if envelope is EnvelopeVersion.NONE else "s:"
    declared = "" if addressing is AddressingVersion.TRANSPORT else f' xmlns:a="{ADDRESSINGS[addressing][0]}"'
    declared += f' xmlns:s="{ENVELOPES[envelope]}"' if prefix else ""
    start, end = f"<{prefix}Envelope{declared}>", f"</{prefix}Envelope>"
    shown = blocks
    if addressing is AddressingVersion.TRANSPORT and kind is MessageInitialization.DUPLICATE:
        # The transport carries the action; the header buffer shows it.
        none = "http://schemas.microsoft.com/ws/2005/05/addressing/none"
        shown = f'<Action {prefix}mustUnderstand="1" xmlns="{none}">urn:act</Action>'
    header = f"<{prefix}Header>{shown}</{prefix}Header>" if shown else f"<{prefix}Header/>"
    buffer = f"{start}{header}<{prefix}Body/>{end}"
    wire = f"{start}<s:Header>{blocks}</s:Header><s:Body/>{end}" if blocks else f"{start}<s:Body/>{end}"

    assert message.header_buffer.decode() == buffer
    message.write_envelope_start()
    assert message.write_envelope_end().decode() == (wire if prefix else "")
    assert message.header_buffer.decode() == buffer
