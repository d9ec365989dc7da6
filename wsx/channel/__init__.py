"""Channels: requests and replies over a transport."""

from wsx.channel.channel import Channel
from wsx.channel.enums import ChannelBinding, ChannelState, ChannelType, Encoding, ReceiveOption
from wsx.channel.machine import Received
from wsx.channel.properties import ChannelProperties

__all__ = [
    "Channel",
    "ChannelBinding",
    "ChannelProperties",
    "ChannelState",
    "ChannelType",
    "Encoding",
    "ReceiveOption",
    "Received",
]
