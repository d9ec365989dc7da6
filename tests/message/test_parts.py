"""A message in parts: several body elements, flushing, filling and abandoning."""

from __future__ import annotations

import pytest

from tests.support.tables import BODY, TWO_PARTS, int32
from wsx._writer import Output
from wsx.errors import InvalidOperation, NumericOverflow
from wsx.message import AddressingVersion, EnvelopeVersion, Message, MessageState
from wsx.message.versions import VERSIONS


def started(pair: tuple[EnvelopeVersion, AddressingVersion]) -> Message:
    message = Message(*pair)
    message.initialize()
    message.write_envelope_start()
    return message


@pytest.mark.parametrize("pair", VERSIONS, ids=lambda pair: f"{pair[0].name}-{pair[1].name}")
def test_the_parts_are_the_envelope(pair: tuple[EnvelopeVersion, AddressingVersion]) -> None:
    whole, flushed = started(pair), started(pair)
    parts = [flushed.flush_body(), flushed.flush_body()]
    for number in range(5):
        for message in (whole, flushed):
            message.write_body(BODY, {"val": number})
        parts.append(flushed.flush_body())
        with pytest.raises(NumericOverflow):
            flushed.write_body(int32("h"), 1 << 31)
    parts.append(flushed.write_envelope_end())
    assert parts[1] == b""
    assert all(parts[2:7])
    assert b"".join(parts) == whole.write_envelope_end()


def test_a_body_that_is_empty_after_a_flush() -> None:
    message = started((EnvelopeVersion.SOAP_1_1, AddressingVersion.TRANSPORT))
    start = message.flush_body()
    assert start + message.write_envelope_end() == (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'
    )


def test_less_than_the_least_size_stays() -> None:
    message = started((EnvelopeVersion.SOAP_1_2, AddressingVersion.V1_0))
    message.write_body(BODY, {"val": 1})
    waiting = message.flush_body(1 << 20)
    flushed = message.flush_body(1)
    assert (waiting, flushed[:11]) == (b"", b"<s:Envelope")


def test_an_output_of_the_callers_own_keeps_everything() -> None:
    output = Output()
    message = Message()
    message.initialize()
    message.write_envelope_start(output)
    message.write_body(BODY, {"val": 1})
    before = len(output)
    assert message.flush_body() == b""
    assert message.write_envelope_end() == b""
    assert len(output) > before


def test_several_parts_are_read_one_by_one() -> None:
    message = started((EnvelopeVersion.SOAP_1_2, AddressingVersion.V1_0))
    message.write_body(BODY, {"val": 1})
    message.write_body(TWO_PARTS, {"a": 2, "b": 3})
    message.write_body(int32("h"), 4)
    read = Message()
    read.read_envelope_start(message.write_envelope_end())
    found = []
    for part in (BODY, int32("a", "x"), int32("b", "y"), int32("h")):
        read.fill_body(1)
        found.append(read.read_body(part))
    read.read_envelope_end()
    assert found == [{"val": 1}, 2, 3, 4]


def test_abandoning() -> None:
    written = started((EnvelopeVersion.SOAP_1_2, AddressingVersion.V1_0))
    written.write_body(BODY, {"val": 1})
    read = Message()
    data = started((EnvelopeVersion.SOAP_1_2, AddressingVersion.V1_0)).write_envelope_end()
    read.read_envelope_start(data)
    for message in (written, read):
        message.abandon()
        assert message.state is MessageState.DONE
        with pytest.raises(InvalidOperation, match="DONE"):
            message.abandon()
        message.reset()
        message.read_envelope_start(data)
        message.read_envelope_end()
