"""Messages go to other processes: their settings, state and headers do; what is half written or read does not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from wsx import HeaderAttribute, Leniency, Quotas, XmlWriterProperties
from wsx.descriptions import ElementDescription, Type
from wsx.errors import InvalidOperation
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderType, Message, MessageInitialization

TEXT = ElementDescription("h", "urn:h", Type.STRING)


def request() -> Message:
    message = Message(
        EnvelopeVersion.SOAP_1_1,
        AddressingVersion.V0_9,
        quotas=Quotas(max_depth=7),
        max_processed_headers=9,
        leniency=Leniency(any_order=True),
        writer_properties=XmlWriterProperties(write_declaration=True),
    )
    message.initialize(MessageInitialization.REQUEST)
    message.set_header(HeaderType.ACTION, "urn:x")
    message.add_custom_header(TEXT, "value", attributes=HeaderAttribute.MUST_UNDERSTAND)
    message.add_mapped_header("X-Line", "mapped")
    return message


def without_envelope() -> Message:
    message = Message(EnvelopeVersion.NONE, AddressingVersion.TRANSPORT)
    message.initialize()
    message.add_custom_header(TEXT, "value")
    return message


def received() -> Message:
    source = request()
    source.write_envelope_start()
    source.write_body(TEXT, "body")
    message = Message(EnvelopeVersion.SOAP_1_1, AddressingVersion.V0_9)
    message.read_envelope_start(source.write_envelope_end())
    message.read_body(TEXT)
    message.read_envelope_end()
    return message


def shown(message: Message) -> list[Any]:
    state: list[Any] = [message.state, message.envelope_version, message.addressing_version]
    if message.state.name != "EMPTY":
        state += [message.header_buffer, message.is_addressed, message.is_fault, message.mapped_headers]
        state.append(message.get_custom_header(TEXT))
    return state


@pytest.mark.parametrize("make", [Message, request, without_envelope, received])
def test_a_message_is_the_same_elsewhere(make: Callable[[], Message]) -> None:
    message = make()
    again = pickle.loads(pickle.dumps(message))  # noqa: S301 (our own bytes)
    assert shown(again) == shown(message)


def test_what_is_written_of_it_is_the_same() -> None:
    written = []
    message = request()
    for one in (message, pickle.loads(pickle.dumps(message))):  # noqa: S301 (our own bytes)
        one.write_envelope_start()
        one.write_body(TEXT, "body")
        written.append(one.write_envelope_end())
    assert written[0] == written[1]
    assert written[0].startswith(b"<?xml")
    assert b"X-Line" not in written[0]


def test_the_settings_go_along() -> None:
    again = pickle.loads(pickle.dumps(request()))  # noqa: S301 (our own bytes)
    assert again._quotas.max_depth == 7
    assert again._max_headers == 9
    assert again._leniency == Leniency(any_order=True)


def test_it_is_small() -> None:
    assert len(pickle.dumps(request())) < 2000


def test_what_is_half_written_stays() -> None:
    message = request()
    message.write_envelope_start()
    with pytest.raises(InvalidOperation, match="the message is WRITING"):
        pickle.dumps(message)
