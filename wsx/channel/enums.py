"""Enumerations of the channel layer, with the numbers of ``webservices.h``."""

from __future__ import annotations

import enum

from wsx.enumerations import Encoding

__all__ = ["ChannelBinding", "ChannelState", "ChannelType", "CookieMode", "Encoding", "ReceiveOption"]


class ChannelType(enum.IntFlag):
    """WS_CHANNEL_TYPE: directions of a channel, and whether it keeps a session."""

    INPUT = 0x1
    OUTPUT = 0x2
    SESSION = 0x4
    INPUT_SESSION = INPUT | SESSION
    OUTPUT_SESSION = OUTPUT | SESSION
    DUPLEX = INPUT | OUTPUT
    DUPLEX_SESSION = INPUT | OUTPUT | SESSION
    REQUEST = 0x8
    REPLY = 0x10


class ChannelBinding(enum.IntEnum):
    """WS_CHANNEL_BINDING: the transport under a channel."""

    HTTP = 0
    TCP = 1
    UDP = 2
    CUSTOM = 3
    NAMEDPIPE = 4


class ChannelState(enum.IntEnum):
    """WS_CHANNEL_STATE."""

    CREATED = 0
    OPENING = 1
    ACCEPTING = 2
    OPEN = 3
    FAULTED = 4
    CLOSING = 5
    CLOSED = 6


class CookieMode(enum.IntEnum):
    """WS_COOKIE_MODE: who keeps the cookies of a channel over HTTP."""

    MANUAL = 1
    """The program, with mapped headers; what the endpoint sets is ignored."""
    AUTO = 2
    """The channel, from open to close."""


class ReceiveOption(enum.IntEnum):
    """WS_RECEIVE_OPTION: whether a receive without a message is a failure."""

    REQUIRED_MESSAGE = 1
    OPTIONAL_MESSAGE = 2
