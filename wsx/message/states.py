"""The states of a message as a table: what each operation needs, and what it leaves.

The rows are those of the WWSAPI documentation. A ``success`` or ``failure`` of None leaves the state as it is. The
check of the arguments comes before the check of the state, and a call that either of them refuses changes nothing:
``failure`` is about operations that had begun.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from wsx.errors import InvalidOperation
from wsx.message.enums import MessageState

__all__ = ["TRANSITIONS", "MessageOperation", "Transition", "refused"]


class MessageOperation(enum.Enum):
    """What can be done with a message; the value is the name that error texts use."""

    INITIALIZE = "initialize"
    ADDRESS = "address"
    CHANGE_HEADER = "change a header"
    GET_HEADER = "get a header"
    CHECK_MUST_UNDERSTAND_HEADERS = "check_must_understand_headers"
    MARK_HEADER_AS_UNDERSTOOD = "mark_header_as_understood"
    GET_PROPERTY = "get a property"
    SET_PROPERTY = "set a property"
    WRITE_ENVELOPE_START = "write_envelope_start"
    WRITE_BODY = "write_body"
    FLUSH_BODY = "flush_body"
    WRITE_ENVELOPE_END = "write_envelope_end"
    READ_ENVELOPE_START = "read_envelope_start"
    READ_BODY = "read_body"
    FILL_BODY = "fill_body"
    READ_ENVELOPE_END = "read_envelope_end"
    SEND = "send"
    RECEIVE = "receive"
    ABANDON = "abandon"
    RESET = "reset"


class Transition(NamedTuple):
    """One row: the operation, the states it is legal in, and the state after success and after failure."""

    operation: MessageOperation
    required: tuple[MessageState, ...]
    success: MessageState | None = None
    failure: MessageState | None = None


_EMPTY = MessageState.EMPTY
_INITIALIZED = MessageState.INITIALIZED
_READING = MessageState.READING
_WRITING = MessageState.WRITING
_DONE = MessageState.DONE

_ANY: Final = (_EMPTY, _INITIALIZED, _READING, _WRITING, _DONE)
_NOT_EMPTY: Final = (_INITIALIZED, _READING, _WRITING, _DONE)

_ROWS: Final = (
    Transition(MessageOperation.INITIALIZE, (_EMPTY,), _INITIALIZED),
    Transition(MessageOperation.ADDRESS, _NOT_EMPTY),
    Transition(MessageOperation.CHANGE_HEADER, _NOT_EMPTY),
    Transition(MessageOperation.GET_HEADER, _NOT_EMPTY),
    Transition(MessageOperation.CHECK_MUST_UNDERSTAND_HEADERS, (_READING,)),
    Transition(MessageOperation.MARK_HEADER_AS_UNDERSTOOD, _NOT_EMPTY),
    Transition(MessageOperation.GET_PROPERTY, _NOT_EMPTY),
    Transition(MessageOperation.SET_PROPERTY, _NOT_EMPTY),
    Transition(MessageOperation.WRITE_ENVELOPE_START, (_INITIALIZED,), _WRITING),
    Transition(MessageOperation.WRITE_BODY, (_WRITING,)),
    Transition(MessageOperation.FLUSH_BODY, (_WRITING,)),
    Transition(MessageOperation.WRITE_ENVELOPE_END, (_WRITING,), _DONE, _DONE),
    Transition(MessageOperation.READ_ENVELOPE_START, (_EMPTY,), _READING),
    Transition(MessageOperation.READ_BODY, (_READING,)),
    Transition(MessageOperation.FILL_BODY, (_READING,)),
    Transition(MessageOperation.READ_ENVELOPE_END, (_READING,), _DONE, _DONE),
    # The documentation calls the state after a failed send or receive undefined and wants a reset: DONE says just that.
    Transition(MessageOperation.SEND, (_EMPTY, _INITIALIZED), _DONE, _DONE),
    Transition(MessageOperation.RECEIVE, (_EMPTY,), _DONE, _DONE),
    Transition(MessageOperation.ABANDON, (_READING, _WRITING), _DONE),
    Transition(MessageOperation.RESET, _ANY, _EMPTY),
)

TRANSITIONS: Final[Mapping[MessageOperation, Transition]] = MappingProxyType({row.operation: row for row in _ROWS})


def refused(transition: Transition, state: MessageState) -> InvalidOperation:
    """The error for an operation that ``state`` forbids."""
    legal = " or ".join(required.name for required in transition.required)
    return InvalidOperation(f"cannot {transition.operation.value}: the message is {state.name} and must be {legal}")
