"""Enumerations of the channel layer, with the numbers of ``webservices.h``."""

from __future__ import annotations

import enum

__all__ = ["ChannelBinding", "ChannelState", "ChannelType", "Encoding", "ReceiveOption"]


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


class Encoding(enum.IntEnum):
    """WS_ENCODING: how the envelope becomes bytes."""

    XML_BINARY_1 = 0
    XML_BINARY_SESSION_1 = 1
    XML_MTOM_UTF8 = 2
    XML_MTOM_UTF16BE = 3
    XML_MTOM_UTF16LE = 4
    XML_UTF8 = 5
    XML_UTF16BE = 6
    XML_UTF16LE = 7
    RAW = 8


class ReceiveOption(enum.IntEnum):
    """WS_RECEIVE_OPTION: whether a receive without a message is a failure."""

    REQUIRED_MESSAGE = 1
    OPTIONAL_MESSAGE = 2
