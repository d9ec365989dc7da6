"""Messages: the envelope, its headers and faults, without input and output."""

from wsx.message.enums import (
    AddressingVersion,
    EnvelopeVersion,
    FaultDisclosure,
    HeaderAttribute,
    HeaderType,
    MessageInitialization,
    MessageState,
    RepeatingHeaderOption,
)
from wsx.message.fault_errors import (
    default_fault_action,
    error_from_fault,
    fault_from_error,
    get_fault_error_detail,
    set_fault_error_detail,
)
from wsx.message.faults import read_fault_detail, write_fault_detail
from wsx.message.message import Message

__all__ = [
    "AddressingVersion",
    "EnvelopeVersion",
    "FaultDisclosure",
    "HeaderAttribute",
    "HeaderType",
    "Message",
    "MessageInitialization",
    "MessageState",
    "RepeatingHeaderOption",
    "default_fault_action",
    "error_from_fault",
    "fault_from_error",
    "get_fault_error_detail",
    "read_fault_detail",
    "set_fault_error_detail",
    "write_fault_detail",
]
