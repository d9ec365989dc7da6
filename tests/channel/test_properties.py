"""The properties of channels: defaults, limits, and what is refused by name."""

from __future__ import annotations

import dataclasses
import math
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.support.channels import MakeChannel, ask, soap_11
from tests.support.fake_transport import FakeTransport, response
from wsx.channel import (
    AsyncChannel,
    Channel,
    ChannelProperties,
    ChannelPropertyId,
    ChannelState,
    ChannelType,
    CookieMode,
    Encoding,
    ProtectionLevel,
    TransferMode,
)
from wsx.channel.property_table import PROPERTIES, PropertyAccess
from wsx.errors import InvalidArgument, NotSupported
from wsx.message import AddressingVersion, EnvelopeVersion
from wsx.security import CustomHttpProxy, HttpProxySettingMode, ProxySettings, SecurityDescription, TlsSettings


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
    *(("max_decompression_ratio", value) for value in (0, -1, 1.5, True, None)),
    *((name, value) for name in ("max_http_redirects", "decompression_ratio_above") for value in (-1, 1.5, True)),
    *(("gzip_request_threshold", value) for value in (-1, 1.5, True)),
    *(("total_timeout", value) for value in (0, -1, math.inf)),
    ("http_message_mapping", None),
    ("quotas", None),
    *(("transfer_mode", value) for value in (-1, 4, None, "STREAMED", True)),
    *(
        (f"max_streamed_{name}_size", value)
        for name in ("message", "start", "flush")
        for value in (0, -1, 1.5, None, True)
    ),
    ("faults_as_errors", 1),
    ("http2", None),
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


# By id

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "make_property_table.py"))
URL = "http://a.example/"
ROWS = list(PROPERTIES.values())
Id = ChannelPropertyId
# A value other than the default, for each property that can be given.
OTHERS: dict[ChannelPropertyId, object] = {
    Id.MAX_BUFFERED_MESSAGE_SIZE: 1000,
    Id.MAX_STREAMED_MESSAGE_SIZE: 1 << 40,
    Id.MAX_STREAMED_START_SIZE: 1000,
    Id.MAX_STREAMED_FLUSH_SIZE: 1,
    Id.TRANSFER_MODE: TransferMode.STREAMED,
    Id.ENCODING: Encoding.XML_UTF8,
    Id.ENVELOPE_VERSION: EnvelopeVersion.SOAP_1_1,
    Id.ADDRESSING_VERSION: AddressingVersion.TRANSPORT,
    Id.RESOLVE_TIMEOUT: 1.5,
    Id.CONNECT_TIMEOUT: 2.5,
    Id.SEND_TIMEOUT: 3.5,
    Id.RECEIVE_RESPONSE_TIMEOUT: 4.5,
    Id.RECEIVE_TIMEOUT: None,
    Id.ENABLE_TIMEOUTS: True,
    Id.COOKIE_MODE: CookieMode.MANUAL,
    Id.HTTP_PROXY_SETTING_MODE: HttpProxySettingMode.NONE,
    Id.CUSTOM_HTTP_PROXY: None,
    Id.HTTP_MESSAGE_MAPPING: ChannelProperties().http_message_mapping,
    Id.HTTP_REDIRECT_CALLBACK_CONTEXT: lambda original, new: True,
    Id.FAULTS_AS_ERRORS: False,
}


def test_the_page_is_fresh() -> None:
    page = (ROOT / "docs" / "channels.md").read_text("utf-8")
    assert page == TOOL["page"](), "python tools/make_property_table.py --write"


def test_there_is_a_row_for_each_id() -> None:
    assert [row.id for row in ROWS] == list(ChannelPropertyId)
    assert [member.value for member in ChannelPropertyId] == list(range(50))
    for row in ROWS:
        # Each is somewhere, or says why not.
        assert sum(place is not None for place in (row.field, row.attribute, row.others, row.missing)) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id.name)
def test_giving(row: Any) -> None:
    if row.others is not None:
        with pytest.raises(InvalidArgument, match=row.others):
            ChannelProperties.from_ids({row.id: 1})
    elif not row.access & PropertyAccess.CREATE:
        with pytest.raises(InvalidArgument, match="cannot be given"):
            ChannelProperties.from_ids({row.id: 1})
    elif row.missing is not None:
        with pytest.raises(NotSupported, match=row.id.name):
            ChannelProperties.from_ids({row.id: 7})
        if row.neutral is not None:
            assert ChannelProperties.from_ids({row.id: row.neutral}) == ChannelProperties()
    else:
        made = ChannelProperties.from_ids([(row.id, OTHERS[row.id])])
        if row.field in ChannelProperties.__dataclass_fields__:
            changed: dict[str, Any] = {row.field: OTHERS[row.id]}
            assert made == dataclasses.replace(ChannelProperties(), **changed)


def test_giving_several() -> None:
    proxy = CustomHttpProxy("proxy:3128")
    made = ChannelProperties.from_ids(
        [(Id.HTTP_PROXY_SETTING_MODE, 3), (Id.CUSTOM_HTTP_PROXY, proxy), (Id.ENABLE_TIMEOUTS, False), (Id(12), 9)]
    )
    assert made.proxy == ProxySettings(HttpProxySettingMode.CUSTOM, proxy)
    assert made.connect_timeout == 9
    assert made.send_timeout is made.receive_response_timeout is made.receive_timeout is None
    assert ChannelProperties.from_ids({}) == ChannelProperties()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([(Id.SEND_TIMEOUT, 1), (Id.SEND_TIMEOUT, 1)], "SEND_TIMEOUT is given twice"),
        ([(13, 1), (Id.SEND_TIMEOUT, 1)], "SEND_TIMEOUT is given twice"),
        ([(50, 1)], "unknown channel property 50"),
        ([(-1, 1)], "unknown channel property -1"),
        ([(Id.SEND_TIMEOUT, -1)], "send_timeout"),
        ([(Id.ENABLE_TIMEOUTS, 0)], "ENABLE_TIMEOUTS"),
        ([(Id.HTTP_PROXY_SETTING_MODE, 3)], "CUSTOM"),
    ],
)
def test_giving_what_is_not_possible(given: list[tuple[Any, object]], text: str) -> None:
    with pytest.raises(InvalidArgument, match=text):
        ChannelProperties.from_ids(given)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id.name)
@pytest.mark.parametrize("state", [ChannelState.CREATED, ChannelState.OPEN, ChannelState.FAULTED, ChannelState.CLOSED])
@pytest.mark.parametrize("kind", [Channel, AsyncChannel])
def test_reading_and_setting_in_any_state(kind: Any, state: ChannelState, row: Any) -> None:
    channel = kind(properties=ChannelProperties())
    channel._machine.state = state
    if row.others is not None:
        for access in (channel.get_property, lambda one: channel.set_property(one, 1)):
            with pytest.raises(InvalidArgument, match=row.others):
                access(row.id)
        return
    if not row.access & PropertyAccess.GET:
        with pytest.raises(InvalidArgument, match="cannot be read"):
            channel.get_property(row.id)
    elif row.missing is not None:
        with pytest.raises(NotSupported, match=row.id.name):
            channel.get_property(row.id)
    elif row.attribute is not None:
        assert channel.get_property(row.id) == getattr(channel, row.attribute)
        with pytest.raises(AttributeError):
            setattr(channel, row.attribute, 1)
    else:
        assert channel.get_property(row.id) == getattr(ChannelProperties(), row.field)
    if not row.access & PropertyAccess.SET:
        with pytest.raises(InvalidArgument, match="cannot be set later"):
            channel.set_property(row.id, OTHERS.get(row.id, 1))
    elif row.missing is not None:
        with pytest.raises(NotSupported, match=row.id.name):
            channel.set_property(row.id, 7)
        channel.set_property(row.id, row.neutral)
    else:
        channel.set_property(row.id, OTHERS[row.id])
        assert channel.get_property(row.id) == OTHERS[row.id]
        assert getattr(channel.properties, row.field) == OTHERS[row.id]


def test_what_was_set_holds_from_the_next_request_on() -> None:
    transport = FakeTransport([response(), response()])
    with Channel(properties=soap_11(), transport=transport) as channel:
        channel.open(URL)
        ask(channel)
        channel.set_property(Id.CONNECT_TIMEOUT, 1.5)
        channel.set_property(Id.RECEIVE_TIMEOUT, None)
        with pytest.raises(InvalidArgument, match="connect_timeout"):
            channel.set_property(Id.CONNECT_TIMEOUT, 0)
        ask(channel)
    first, second = transport.limits
    assert second == dataclasses.replace(first, connect=1.5, receive=None)
    channel.reset()
    # What was set earlier survives the reset.
    assert channel.properties.connect_timeout == 1.5


def test_attributes(make: MakeChannel) -> None:
    with make(properties=soap_11()) as channel:
        assert channel.get_property(Id.CHANNEL_TYPE) is ChannelType.REQUEST
        assert channel.get_property(Id.PROTECTION_LEVEL) is ProtectionLevel.NONE
        channel.open("https://a.example/")
        assert channel.get_property(Id.STATE) is ChannelState.OPEN
        assert channel.protection_level is ProtectionLevel.SIGN_AND_ENCRYPT
    with make(security=SecurityDescription(TlsSettings())) as channel:
        assert channel.protection_level is ProtectionLevel.SIGN_AND_ENCRYPT
