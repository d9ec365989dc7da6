"""Channels: requests and replies over a transport."""

from wsx.channel.async_channel import AsyncChannel
from wsx.channel.channel import Channel
from wsx.channel.enums import (
    ChannelBinding,
    ChannelPropertyId,
    ChannelState,
    ChannelType,
    CookieMode,
    Encoding,
    ProtectionLevel,
    ReceiveOption,
    TransferMode,
)
from wsx.channel.events import ChannelEvent, EventKind
from wsx.channel.header_mapping import HttpHeaderMapping, HttpHeaderMappingOptions, HttpMessageMapping
from wsx.channel.machine import Received
from wsx.channel.pool import ChannelPool
from wsx.channel.properties import ChannelProperties

__all__ = [
    "AsyncChannel",
    "Channel",
    "ChannelBinding",
    "ChannelEvent",
    "ChannelPool",
    "ChannelProperties",
    "ChannelPropertyId",
    "ChannelState",
    "ChannelType",
    "CookieMode",
    "Encoding",
    "EventKind",
    "HttpHeaderMapping",
    "HttpHeaderMappingOptions",
    "HttpMessageMapping",
    "ProtectionLevel",
    "ReceiveOption",
    "Received",
    "TransferMode",
]
