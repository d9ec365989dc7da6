"""Messages: the envelope, its headers and faults, without input and output."""

from wsx.message.enums import (
    AddressingVersion,
    EnvelopeVersion,
    HeaderAttribute,
    HeaderType,
    MessageInitialization,
    MessageState,
    RepeatingHeaderOption,
)
from wsx.message.faults import read_fault_detail
from wsx.message.message import Message

__all__ = [
    "AddressingVersion",
    "EnvelopeVersion",
    "HeaderAttribute",
    "HeaderType",
    "Message",
    "MessageInitialization",
    "MessageState",
    "RepeatingHeaderOption",
    "read_fault_detail",
]
