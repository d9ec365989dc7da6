"""Enumerations of the channel layer, with the numbers of ``webservices.h``."""

from __future__ import annotations

import enum

from wsx.enumerations import Encoding

__all__ = [
    "ChannelBinding",
    "ChannelPropertyId",
    "ChannelState",
    "ChannelType",
    "CookieMode",
    "Encoding",
    "ProtectionLevel",
    "ReceiveOption",
    "TransferMode",
]


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


class TransferMode(enum.IntFlag):
    """WS_TRANSFER_MODE: which messages go through a channel in pieces, without ever being in memory as a whole."""

    BUFFERED = 0
    STREAMED_INPUT = 1
    STREAMED_OUTPUT = 2
    STREAMED = 3


class ReceiveOption(enum.IntEnum):
    """WS_RECEIVE_OPTION: whether a receive without a message is a failure."""

    REQUIRED_MESSAGE = 1
    OPTIONAL_MESSAGE = 2


class ProtectionLevel(enum.IntEnum):
    """WS_PROTECTION_LEVEL: what the transport does for the messages."""

    NONE = 1
    SIGN = 2
    SIGN_AND_ENCRYPT = 3


class ChannelPropertyId(enum.IntEnum):
    """WS_CHANNEL_PROPERTY_ID; docs/channels.md says which of them wsx has."""

    MAX_BUFFERED_MESSAGE_SIZE = 0
    MAX_STREAMED_MESSAGE_SIZE = 1
    MAX_STREAMED_START_SIZE = 2
    MAX_STREAMED_FLUSH_SIZE = 3
    ENCODING = 4
    ENVELOPE_VERSION = 5
    ADDRESSING_VERSION = 6
    MAX_SESSION_DICTIONARY_SIZE = 7
    STATE = 8
    ASYNC_CALLBACK_MODEL = 9
    IP_VERSION = 10
    RESOLVE_TIMEOUT = 11
    CONNECT_TIMEOUT = 12
    SEND_TIMEOUT = 13
    RECEIVE_RESPONSE_TIMEOUT = 14
    RECEIVE_TIMEOUT = 15
    CLOSE_TIMEOUT = 16
    ENABLE_TIMEOUTS = 17
    TRANSFER_MODE = 18
    MULTICAST_INTERFACE = 19
    MULTICAST_HOPS = 20
    REMOTE_ADDRESS = 21
    REMOTE_IP_ADDRESS = 22
    HTTP_CONNECTION_ID = 23
    CUSTOM_CHANNEL_CALLBACKS = 24
    CUSTOM_CHANNEL_PARAMETERS = 25
    CUSTOM_CHANNEL_INSTANCE = 26
    TRANSPORT_URL = 27
    NO_DELAY = 28
    SEND_KEEP_ALIVES = 29
    KEEP_ALIVE_TIME = 30
    KEEP_ALIVE_INTERVAL = 31
    MAX_HTTP_SERVER_CONNECTIONS = 32
    IS_SESSION_SHUT_DOWN = 33
    CHANNEL_TYPE = 34
    TRIM_BUFFERED_MESSAGE_SIZE = 35
    ENCODER = 36
    DECODER = 37
    PROTECTION_LEVEL = 38
    COOKIE_MODE = 39
    HTTP_PROXY_SETTING_MODE = 40
    CUSTOM_HTTP_PROXY = 41
    HTTP_MESSAGE_MAPPING = 42
    ENABLE_HTTP_REDIRECT = 43
    HTTP_REDIRECT_CALLBACK_CONTEXT = 44
    FAULTS_AS_ERRORS = 45
    ALLOW_UNSECURED_FAULTS = 46
    HTTP_SERVER_SPN = 47
    HTTP_PROXY_SPN = 48
    MAX_HTTP_REQUEST_HEADERS_BUFFER_SIZE = 49
