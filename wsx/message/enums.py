"""Enumerations of the message layer, with the numbers of ``webservices.h``."""

from __future__ import annotations

import enum

from wsx.enumerations import AddressingVersion, EnvelopeVersion

__all__ = [
    "AddressingVersion",
    "EnvelopeVersion",
    "FaultDisclosure",
    "HeaderAttribute",
    "HeaderType",
    "MessageInitialization",
    "MessageState",
    "RepeatingHeaderOption",
]


class MessageState(enum.IntEnum):
    """WS_MESSAGE_STATE."""

    EMPTY = 1
    INITIALIZED = 2
    READING = 3
    WRITING = 4
    DONE = 5


class MessageInitialization(enum.IntEnum):
    """WS_MESSAGE_INITIALIZATION: which headers a new message starts with."""

    BLANK = 0
    DUPLICATE = 1
    REQUEST = 2
    REPLY = 3
    FAULT = 4


class HeaderType(enum.IntEnum):
    """WS_HEADER_TYPE: the headers of WS-Addressing."""

    ACTION = 1
    TO = 2
    MESSAGE_ID = 3
    RELATES_TO = 4
    FROM = 5
    REPLY_TO = 6
    FAULT_TO = 7


class HeaderAttribute(enum.IntFlag):
    """WS_HEADER_ATTRIBUTES: the SOAP attributes of a header block."""

    NONE = 0
    MUST_UNDERSTAND = 0x1
    RELAY = 0x2


class RepeatingHeaderOption(enum.IntEnum):
    """WS_REPEATING_HEADER_OPTION: whether a header may occur more than once."""

    REPEATING = 1
    SINGLETON = 2


class FaultDisclosure(enum.IntEnum):
    """WS_FAULT_DISCLOSURE: how much of an error a fault may tell."""

    MINIMAL = 0
    FULL = 1
