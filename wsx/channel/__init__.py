"""Channels: requests and replies over a transport."""

from wsx.channel.async_channel import AsyncChannel
from wsx.channel.channel import Channel
from wsx.channel.enums import ChannelBinding, ChannelState, ChannelType, Encoding, ReceiveOption
from wsx.channel.machine import Received
from wsx.channel.properties import ChannelProperties

__all__ = [
    "AsyncChannel",
    "Channel",
    "ChannelBinding",
    "ChannelProperties",
    "ChannelState",
    "ChannelType",
    "Encoding",
    "ReceiveOption",
    "Received",
]
