"""The properties of channels: defaults, limits, and what is refused by name."""

from __future__ import annotations

import dataclasses
import math

import pytest

from wsx.channel import Channel, ChannelProperties, Encoding
from wsx.errors import InvalidArgument, NotSupported
from wsx.message import AddressingVersion, EnvelopeVersion


def test_defaults() -> None:
    properties = ChannelProperties()
    assert properties.envelope_version is EnvelopeVersion.SOAP_1_2
    assert properties.addressing_version is AddressingVersion.V1_0
    assert properties.encoding is Encoding.XML_UTF8
    assert properties.max_buffered_message_size == 64 * 1024 * 1024
    assert properties.resolve_timeout is None
    for name in ("connect_timeout", "send_timeout", "receive_response_timeout", "receive_timeout"):
        assert getattr(properties, name) == 30
    assert properties.faults_as_errors
    with pytest.raises(dataclasses.FrozenInstanceError):
        properties.connect_timeout = 5  # type: ignore[misc]


BAD: list[tuple[str, object]] = [
    ("envelope_version", 0),
    ("addressing_version", 9),
    ("encoding", 99),
    ("encoding", Encoding.RAW),
    ("envelope_version", EnvelopeVersion.NONE),
    *((name, value) for name in ("max_buffered_message_size", "max_processed_headers") for value in (0, -1, 1.5, True)),
    *((name, value) for name in ("connect_timeout", "receive_timeout") for value in (0, -1, "5", math.inf, math.nan)),
    ("connect_timeout", True),
    ("max_response_head_size", None),
    ("quotas", None),
    ("faults_as_errors", 1),
    ("user_agent", ""),
    ("user_agent", "a\r\nX: y"),
    ("user_agent", " a"),
    ("user_agent", "é"),
    ("user_agent", None),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_values_that_are_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidArgument) as caught:
        ChannelProperties(**{name: value})  # type: ignore[arg-type]
    assert name in str(caught.value) or "version" in str(caught.value) or "encoding" in str(caught.value)


@pytest.mark.parametrize("encoding", [e for e in Encoding if e not in (Encoding.XML_UTF8, Encoding.RAW)])
def test_encodings_that_are_not_there_yet(encoding: Encoding) -> None:
    with pytest.raises(NotSupported, match=encoding.name):
        ChannelProperties(encoding=encoding)


def test_without_envelope() -> None:
    with pytest.raises(NotSupported, match="RAW"):
        ChannelProperties(
            envelope_version=EnvelopeVersion.NONE,
            addressing_version=AddressingVersion.TRANSPORT,
            encoding=Encoding.RAW,
        )


def test_numbers_stand_for_members() -> None:
    properties = ChannelProperties(envelope_version=1, addressing_version=3, encoding=5)  # type: ignore[arg-type]
    assert properties == ChannelProperties(
        envelope_version=EnvelopeVersion.SOAP_1_1, addressing_version=AddressingVersion.TRANSPORT
    )
    assert properties.envelope_version is EnvelopeVersion.SOAP_1_1
    assert properties.encoding is Encoding.XML_UTF8


def test_the_channel_has_them() -> None:
    properties = ChannelProperties(connect_timeout=5)
    assert Channel(properties=properties).properties is properties
