"""The properties of WS_CHANNEL_PROPERTY as a table: which wsx has, by which name, and when each may be read and set.

The documentation prints this table, and :meth:`ChannelProperties.from_ids`, :meth:`Channel.get_property` and
:meth:`Channel.set_property` go by it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from wsx.channel.enums import ChannelPropertyId
from wsx.errors import InvalidArgument, NotSupported

__all__ = ["PROPERTIES", "PropertyAccess", "PropertyRow", "is_neutral", "read_field", "row_of"]


class PropertyAccess(enum.Flag):
    """When a property may be given or read."""

    CREATE = enum.auto()
    """When the channel is made."""
    SET = enum.auto()
    """By ``set_property``, in any state."""
    GET = enum.auto()
    """By ``get_property``, in any state."""


class PropertyRow(NamedTuple):
    """One property of a request channel over HTTP.

    :param id: the property.
    :param access: when it may be given or read; of one that wsx has not, what WWSAPI says.
    :param field: the field of ``ChannelProperties``, perhaps with a part of it after a dot.
    :param attribute: the attribute of the channel.
    :param others: the bindings or channel types that have the property, when a request channel over HTTP has not.
    :param missing: why wsx has not got it.
    :param neutral: the value that is accepted all the same, because it asks for what wsx does anyway.
    """

    id: ChannelPropertyId
    access: PropertyAccess
    field: str | None = None
    attribute: str | None = None
    others: str | None = None
    missing: str | None = None
    neutral: object = None


_Id = ChannelPropertyId
_C = PropertyAccess.CREATE
_G = PropertyAccess.GET
_CG = PropertyAccess.CREATE | PropertyAccess.GET
_CSG = PropertyAccess.CREATE | PropertyAccess.SET | PropertyAccess.GET
_TCP: Final = "TCP"
_SESSION: Final = "TCP, NAMEDPIPE"
_UDP: Final = "UDP"
_CUSTOM: Final = "CUSTOM"

_ROWS: Final = (
    PropertyRow(_Id.MAX_BUFFERED_MESSAGE_SIZE, _CG, field="max_buffered_message_size"),
    PropertyRow(_Id.MAX_STREAMED_MESSAGE_SIZE, _CG, field="max_streamed_message_size"),
    PropertyRow(_Id.MAX_STREAMED_START_SIZE, _CG, field="max_streamed_start_size"),
    PropertyRow(_Id.MAX_STREAMED_FLUSH_SIZE, _CG, field="max_streamed_flush_size"),
    PropertyRow(_Id.ENCODING, _CG, field="encoding"),
    PropertyRow(_Id.ENVELOPE_VERSION, _CG, field="envelope_version"),
    PropertyRow(_Id.ADDRESSING_VERSION, _CG, field="addressing_version"),
    PropertyRow(_Id.MAX_SESSION_DICTIONARY_SIZE, _CG, others=_SESSION),
    PropertyRow(_Id.STATE, _G, attribute="state"),
    PropertyRow(_Id.ASYNC_CALLBACK_MODEL, _CG, missing="AsyncChannel has no callbacks; it is awaited"),
    PropertyRow(_Id.IP_VERSION, _CG, others="TCP, UDP"),
    PropertyRow(_Id.RESOLVE_TIMEOUT, _CSG, field="resolve_timeout"),
    PropertyRow(_Id.CONNECT_TIMEOUT, _CSG, field="connect_timeout"),
    PropertyRow(_Id.SEND_TIMEOUT, _CSG, field="send_timeout"),
    PropertyRow(_Id.RECEIVE_RESPONSE_TIMEOUT, _CSG, field="receive_response_timeout"),
    PropertyRow(_Id.RECEIVE_TIMEOUT, _CSG, field="receive_timeout"),
    PropertyRow(_Id.CLOSE_TIMEOUT, _CSG, others=_SESSION),
    # FALSE makes the timeouts that are not given infinite; from_ids does so.
    PropertyRow(_Id.ENABLE_TIMEOUTS, _C, field="from_ids"),
    PropertyRow(_Id.TRANSFER_MODE, _CG, field="transfer_mode"),
    PropertyRow(_Id.MULTICAST_INTERFACE, _CSG, others=_UDP),
    PropertyRow(_Id.MULTICAST_HOPS, _CG, others=_UDP),
    PropertyRow(_Id.REMOTE_ADDRESS, _G, others=_UDP),
    PropertyRow(_Id.REMOTE_IP_ADDRESS, _G, others="DUPLEX_SESSION, DUPLEX and REPLY channels"),
    PropertyRow(_Id.HTTP_CONNECTION_ID, _G, others="REPLY channels"),
    PropertyRow(_Id.CUSTOM_CHANNEL_CALLBACKS, _C, others=_CUSTOM),
    PropertyRow(_Id.CUSTOM_CHANNEL_PARAMETERS, _C, others=_CUSTOM),
    PropertyRow(_Id.CUSTOM_CHANNEL_INSTANCE, _G, others=_CUSTOM),
    PropertyRow(_Id.TRANSPORT_URL, _G, others="REPLY and accepted DUPLEX_SESSION channels"),
    PropertyRow(_Id.NO_DELAY, _CSG, others=_TCP),
    PropertyRow(_Id.SEND_KEEP_ALIVES, _C, others=_TCP),
    PropertyRow(_Id.KEEP_ALIVE_TIME, _C, others=_TCP),
    PropertyRow(_Id.KEEP_ALIVE_INTERVAL, _C, others=_TCP),
    PropertyRow(
        _Id.MAX_HTTP_SERVER_CONNECTIONS, _C, missing="a channel has one connection; ChannelPool limits those of many"
    ),
    PropertyRow(_Id.IS_SESSION_SHUT_DOWN, _G, others="DUPLEX_SESSION channels"),
    PropertyRow(_Id.CHANNEL_TYPE, _G, attribute="type"),
    PropertyRow(_Id.TRIM_BUFFERED_MESSAGE_SIZE, _CG, missing="a message keeps no memory after its reset", neutral=0),
    PropertyRow(_Id.ENCODER, _C, missing="the transport can be replaced instead"),
    PropertyRow(_Id.DECODER, _C, missing="the transport can be replaced instead"),
    PropertyRow(_Id.PROTECTION_LEVEL, _G, attribute="protection_level"),
    PropertyRow(_Id.COOKIE_MODE, _C, field="cookie_mode"),
    PropertyRow(_Id.HTTP_PROXY_SETTING_MODE, _C, field="proxy.mode"),
    PropertyRow(_Id.CUSTOM_HTTP_PROXY, _C, field="proxy.custom"),
    PropertyRow(_Id.HTTP_MESSAGE_MAPPING, _C, field="http_message_mapping"),
    PropertyRow(
        _Id.ENABLE_HTTP_REDIRECT,
        _C,
        missing="to send a message to another URL wants consent: http_redirect_callback",
        neutral=False,
    ),
    PropertyRow(_Id.HTTP_REDIRECT_CALLBACK_CONTEXT, _C, field="http_redirect_callback"),
    PropertyRow(_Id.FAULTS_AS_ERRORS, _CSG, field="faults_as_errors"),
    PropertyRow(_Id.ALLOW_UNSECURED_FAULTS, _CSG, missing="there is no message security yet", neutral=False),
    PropertyRow(_Id.HTTP_SERVER_SPN, _G, missing="the authentication libraries do not tell it"),
    PropertyRow(_Id.HTTP_PROXY_SPN, _G, missing="the authentication libraries do not tell it"),
    PropertyRow(_Id.MAX_HTTP_REQUEST_HEADERS_BUFFER_SIZE, _G, others="REPLY channels"),
)
PROPERTIES: Final[Mapping[ChannelPropertyId, PropertyRow]] = MappingProxyType({row.id: row for row in _ROWS})


def row_of(property_id: int, access: PropertyAccess) -> PropertyRow:
    """The row of a property that a request channel over HTTP has, and that ``access`` is allowed to.

    :raises InvalidArgument: for an unknown id, one of other bindings, and an access that it does not allow.
    :raises NotSupported: when wsx has not got the property.
    """
    try:
        row = PROPERTIES[ChannelPropertyId(property_id)]
    except ValueError:
        raise InvalidArgument(f"unknown channel property {property_id!r}") from None
    name = row.id.name
    if row.others is not None:
        raise InvalidArgument(f"a request channel over HTTP has no property {name}: it is one of {row.others}")
    if not row.access & access:
        how = {PropertyAccess.CREATE: "given", PropertyAccess.SET: "set later", PropertyAccess.GET: "read"}[access]
        raise InvalidArgument(f"the channel property {name} cannot be {how}")
    if row.missing is not None:
        raise NotSupported(f"the channel property {name} is not available: {row.missing}")
    return row


def is_neutral(property_id: object, value: object) -> bool:
    """Whether ``value`` of a property that wsx has not got asks for what wsx does anyway."""
    row = PROPERTIES.get(property_id)  # type: ignore[call-overload]
    return row is not None and row.neutral is not None and type(value) in (int, bool) and value == row.neutral


def read_field(properties: Any, row: PropertyRow) -> Any:
    """The value of the property in ``properties``."""
    value = properties
    for part in (row.field or "").split("."):
        value = getattr(value, part)
    return value
