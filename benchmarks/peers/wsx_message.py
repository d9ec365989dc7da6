"""wsx: a whole message, written as a client's channel writes it and read as it reads a reply."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, require
from benchmarks.reference import ContentError, parse_xml

__all__ = ["message_reader", "message_writer"]

_URL: Final = "http://127.0.0.1:8080/orders"
_ACTION: Final = "urn:example:purchasing/Submit"
_TAG: Final = "4f2a-batch-17"


def _opened() -> Any:
    """An open channel that nobody answers: nothing is sent."""
    testing = require("wsx.testing")
    wsx = require("wsx")
    properties = wsx.ChannelProperties(
        envelope_version=wsx.EnvelopeVersion.SOAP_1_1, addressing_version=wsx.AddressingVersion.TRANSPORT
    )
    channel = wsx.Channel(properties=properties, transport=testing.MemoryTransport(_refuse))
    channel.open(_URL)
    return channel


def _refuse(request: object) -> Any:
    raise AssertionError("a benchmark of messages sends nothing")


def _tag_element() -> Any:
    tables = require("wsx.descriptions")
    return tables.ElementDescription("Batch", "urn:example:batch", tables.Type.STRING)


def message_writer(case: Case, element: Any) -> Job:
    """A blank message, one custom header, the action and the body, to the bytes of the HTTP request."""
    channel, tag = _opened(), _tag_element()
    description = require("wsx.descriptions").MessageDescription(_ACTION, element)
    order = case.value

    def write() -> bytes:
        message = channel.create_message()
        message.initialize()
        message.add_custom_header(tag, _TAG)
        data: bytes = channel.preview(message, description, order).to_bytes()
        return data

    def restore(data: bytes) -> Any:
        head, blank, envelope = data.partition(b"\r\n\r\n")
        if not (blank and _ACTION.encode() in head and f">{_TAG}<".encode() in envelope):
            raise ContentError("the action or the header is not there")
        return parse_xml(case, envelope)

    return Job(write, restore)


def message_reader(case: Case, element: Any) -> Job:
    """The value out of an envelope with one header."""
    channel, tag = _opened(), _tag_element()
    wsx = require("wsx")
    message = wsx.Message(wsx.EnvelopeVersion.SOAP_1_1, wsx.AddressingVersion.TRANSPORT)
    message.initialize()
    message.add_custom_header(tag, _TAG)
    message.write_envelope_start()
    message.write_body(element, case.value)
    data: bytes = message.write_envelope_end()

    def read() -> Any:
        message = channel.create_message()
        message.read_envelope_start(data)
        value = message.read_body(element)
        message.read_envelope_end()
        return value

    return Job(read, lambda value: value, len(data))
