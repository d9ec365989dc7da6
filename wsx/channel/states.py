"""The states of a channel, and of the exchange inside an open request channel, as tables.

A channel goes from CREATED through OPEN to CLOSED and back by reset; FAULTED is a channel that was aborted. Inside
OPEN a request channel alternates strictly: a request goes out, then its reply, or the news that there is none, is
received. The exchange table says so.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from wsx.channel.enums import ChannelState
from wsx.errors import InvalidOperation, ObjectFaulted

__all__ = [
    "ABORTED",
    "EXCHANGE",
    "TRANSITIONS",
    "ChannelOperation",
    "ChannelTransition",
    "ExchangeState",
    "ExchangeTransition",
    "refused",
    "refused_exchange",
]


class ChannelOperation(enum.Enum):
    """What can be done with a channel; the value is the name that error texts use."""

    OPEN = "open"
    SEND = "send_message"
    RECEIVE = "receive_message"
    REQUEST_REPLY = "request_reply"
    PREVIEW = "preview"
    WRITE_START = "write_message_start"
    WRITE_BODY = "write_body"
    FLUSH_BODY = "flush_body"
    WRITE_END = "write_message_end"
    SEND_ITEMS = "send_items"
    READ_START = "read_message_start"
    READ_BODY = "read_body"
    FILL_BODY = "fill_body"
    READ_END = "read_message_end"
    RECEIVE_ITEMS = "receive_items"
    ABANDON = "abandon_message"
    CLOSE = "close"
    RESET = "reset"


class ExchangeState(enum.Enum):
    """Where an open request channel stands between a request and its reply."""

    IDLE = "no request is under way"
    WRITING = "a message is being written"
    SENDING = "a request is under way"
    REPLY_WAITING = "the reply to the last request was not received yet"
    NO_REPLY = "the last request was answered without a message"
    READING = "a reply is being read"


class ChannelTransition(NamedTuple):
    """One row: the operation, the states it is legal in, the state on the way, after success and after failure.

    None leaves the state as it is.
    """

    operation: ChannelOperation
    required: tuple[ChannelState, ...]
    during: ChannelState | None = None
    success: ChannelState | None = None
    failure: ChannelState | None = None


class ExchangeTransition(NamedTuple):
    """One row: the operation and the exchange states it is legal in."""

    operation: ChannelOperation
    required: tuple[ExchangeState, ...]


_CREATED = ChannelState.CREATED
_OPEN = ChannelState.OPEN
_FAULTED = ChannelState.FAULTED
_CLOSED = ChannelState.CLOSED

_ROWS: Final = (
    ChannelTransition(ChannelOperation.OPEN, (_CREATED,), ChannelState.OPENING, _OPEN, _CREATED),
    ChannelTransition(ChannelOperation.SEND, (_OPEN,)),
    ChannelTransition(ChannelOperation.RECEIVE, (_OPEN,)),
    ChannelTransition(ChannelOperation.REQUEST_REPLY, (_OPEN,)),
    ChannelTransition(ChannelOperation.PREVIEW, (_OPEN,)),
    ChannelTransition(ChannelOperation.WRITE_START, (_OPEN,)),
    ChannelTransition(ChannelOperation.WRITE_BODY, (_OPEN,)),
    ChannelTransition(ChannelOperation.FLUSH_BODY, (_OPEN,)),
    ChannelTransition(ChannelOperation.WRITE_END, (_OPEN,)),
    ChannelTransition(ChannelOperation.SEND_ITEMS, (_OPEN,)),
    ChannelTransition(ChannelOperation.READ_START, (_OPEN,)),
    ChannelTransition(ChannelOperation.READ_BODY, (_OPEN,)),
    ChannelTransition(ChannelOperation.FILL_BODY, (_OPEN,)),
    ChannelTransition(ChannelOperation.READ_END, (_OPEN,)),
    ChannelTransition(ChannelOperation.RECEIVE_ITEMS, (_OPEN,)),
    ChannelTransition(ChannelOperation.ABANDON, (_OPEN, _FAULTED)),
    # CREATED goes straight to CLOSED and CLOSED stays; neither has anything to wait for.
    ChannelTransition(
        ChannelOperation.CLOSE, (_CREATED, _OPEN, _FAULTED, _CLOSED), ChannelState.CLOSING, _CLOSED, _CLOSED
    ),
    ChannelTransition(ChannelOperation.RESET, (_CREATED, _CLOSED), None, _CREATED),
)
TRANSITIONS: Final[Mapping[ChannelOperation, ChannelTransition]] = MappingProxyType(
    {row.operation: row for row in _ROWS}
)

# What abort makes of each state; it is legal in all of them.
ABORTED: Final[Mapping[ChannelState, ChannelState]] = MappingProxyType(
    {
        ChannelState.CREATED: ChannelState.CREATED,
        ChannelState.OPENING: ChannelState.CREATED,
        ChannelState.ACCEPTING: ChannelState.CREATED,
        ChannelState.OPEN: ChannelState.FAULTED,
        ChannelState.FAULTED: ChannelState.FAULTED,
        ChannelState.CLOSING: ChannelState.CLOSING,
        ChannelState.CLOSED: ChannelState.CLOSED,
    }
)

# A reply that waits must be received before the next request: sending over it would lose it. When there was no reply,
# receiving the news is optional. A message in pieces is the channel's current one until its end.
_CAN_SEND: Final = (ExchangeState.IDLE, ExchangeState.NO_REPLY)
_CAN_RECEIVE: Final = (ExchangeState.REPLY_WAITING, ExchangeState.NO_REPLY)
_WRITING: Final = (ExchangeState.WRITING,)
_READING: Final = (ExchangeState.READING,)
EXCHANGE: Final[Mapping[ChannelOperation, ExchangeTransition]] = MappingProxyType(
    {
        row.operation: row
        for row in (
            ExchangeTransition(ChannelOperation.SEND, _CAN_SEND),
            ExchangeTransition(ChannelOperation.REQUEST_REPLY, _CAN_SEND),
            ExchangeTransition(ChannelOperation.RECEIVE, _CAN_RECEIVE),
            ExchangeTransition(ChannelOperation.WRITE_START, _CAN_SEND),
            ExchangeTransition(ChannelOperation.WRITE_BODY, _WRITING),
            ExchangeTransition(ChannelOperation.FLUSH_BODY, _WRITING),
            ExchangeTransition(ChannelOperation.WRITE_END, _WRITING),
            ExchangeTransition(ChannelOperation.SEND_ITEMS, _CAN_SEND),
            ExchangeTransition(ChannelOperation.READ_START, _CAN_RECEIVE),
            ExchangeTransition(ChannelOperation.READ_BODY, _READING),
            ExchangeTransition(ChannelOperation.FILL_BODY, _READING),
            ExchangeTransition(ChannelOperation.READ_END, _READING),
            ExchangeTransition(ChannelOperation.RECEIVE_ITEMS, _CAN_RECEIVE),
            ExchangeTransition(ChannelOperation.ABANDON, (*_WRITING, *_READING)),
        )
    }
)


def refused(transition: ChannelTransition, state: ChannelState) -> InvalidOperation:
    """The error for an operation that the channel's ``state`` forbids."""
    name = transition.operation.value
    if state is ChannelState.FAULTED:
        return ObjectFaulted(f"cannot {name}: the channel was aborted; close and reset it")
    legal = " or ".join(required.name for required in transition.required)
    return InvalidOperation(f"cannot {name}: the channel is {state.name} and must be {legal}")


def refused_exchange(transition: ExchangeTransition, state: ExchangeState) -> InvalidOperation:
    """The error for an operation that the exchange's ``state`` forbids."""
    return InvalidOperation(f"cannot {transition.operation.value}: {state.value}")
