"""Channels: requests and replies over a transport."""

from wsx.channel.async_channel import AsyncChannel
from wsx.channel.channel import Channel
from wsx.channel.enums import ChannelBinding, ChannelState, ChannelType, CookieMode, Encoding, ReceiveOption
from wsx.channel.events import ChannelEvent, EventKind
from wsx.channel.machine import Received
from wsx.channel.properties import ChannelProperties

__all__ = [
    "AsyncChannel",
    "Channel",
    "ChannelBinding",
    "ChannelEvent",
    "ChannelProperties",
    "ChannelState",
    "ChannelType",
    "CookieMode",
    "Encoding",
    "EventKind",
    "ReceiveOption",
    "Received",
]
