"""Print the tables of states for docs/messages-and-channels.md, from the tables that the objects go by.

python tools/make_state_tables.py --write puts them between the markers of that page.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from wsx.channel import Channel
from wsx.channel import states as channel_states
from wsx.channel.enums import ChannelState
from wsx.message import Message
from wsx.message import states as message_states
from wsx.message.enums import MessageState
from wsx.message.states import MessageOperation

PAGE: Final = Path(__file__).parent.parent / "docs" / "messages-and-channels.md"

# The public names behind an operation that is not a method of its own name.
METHODS: Final[dict[MessageOperation, tuple[str, ...]]] = {
    MessageOperation.CHANGE_HEADER: (
        "set_header",
        "remove_header",
        "add_custom_header",
        "remove_custom_header",
        "add_mapped_header",
        "remove_mapped_header",
    ),
    MessageOperation.GET_HEADER: ("get_header", "get_custom_header", "get_mapped_header", "get_header_attributes"),
    MessageOperation.GET_PROPERTY: (
        "is_addressed",
        "is_fault",
        "header_buffer",
        "must_understand_headers",
        "mapped_headers",
    ),
    MessageOperation.SET_PROPERTY: ("is_fault",),
    MessageOperation.WRITE_BODY: ("write_body", "write_fault", "body_writer"),
    MessageOperation.READ_BODY: ("read_body", "read_fault", "body_reader"),
}
# What a channel does with a message.
CHANNEL_METHODS: Final[dict[MessageOperation, tuple[str, ...]]] = {
    MessageOperation.SEND: ("send_message", "request_reply"),
    MessageOperation.RECEIVE: ("receive_message", "request_reply"),
}


def methods(operation: MessageOperation) -> list[str]:
    """The public names of ``operation``, each of which must exist."""
    if operation in CHANNEL_METHODS:
        owner: type = Channel
        names = CHANNEL_METHODS[operation]
    else:
        owner = Message
        names = METHODS.get(operation, (operation.value,))
    missing = [name for name in names if not hasattr(owner, name)]
    if missing:
        raise AssertionError(f"{owner.__name__} has no {missing}")
    return [f"{owner.__name__}.{name}" if owner is Channel else name for name in names]


def _states(states: Iterable[enum.Enum], every: type[enum.Enum]) -> str:
    found = set(states)
    if len(found) == len(every):
        return "any"
    left_out = set(every) - found
    if len(left_out) == 1:
        return f"any but {left_out.pop().name}"
    return ", ".join(state.name for state in every if state in found)


def _after(state: enum.Enum | None) -> str:
    return "" if state is None else state.name


def message_table() -> list[str]:
    """The states of a message, as rows of Markdown."""
    rows = ["| Message | legal in | after success | after failure |", "|---|---|---|---|"]
    for row in message_states.TRANSITIONS.values():
        names = ", ".join(f"`{name}`" for name in methods(row.operation))
        if row.operation is MessageOperation.SET_PROPERTY:
            names = f"setting {names}"
        legal = _states(row.required, MessageState)
        rows.append(f"| {names} | {legal} | {_after(row.success)} | {_after(row.failure)} |")
    return rows


def channel_table() -> list[str]:
    """The states of a channel, and of the exchange inside an open one."""
    rows = [
        "| Channel | legal in | meanwhile | after success | after failure | when the last exchange is |",
        "|---|---|---|---|---|---|",
    ]
    for row in channel_states.TRANSITIONS.values():
        exchange = channel_states.EXCHANGE.get(row.operation)
        waits = "" if exchange is None else " or ".join(state.name for state in exchange.required)
        legal = _states(row.required, ChannelState)
        states = " | ".join(_after(state) for state in (row.during, row.success, row.failure))
        rows.append(f"| `{row.operation.value}` | {legal} | {states} | {waits} |")
    aborted: dict[ChannelState, list[str]] = {}
    for before, after in channel_states.ABORTED.items():
        aborted.setdefault(after, []).append(before.name)
    text = "; ".join(f"{', '.join(names)} → {state.name}" for state, names in aborted.items())
    rows.append(f"| `abort` | any | | {text} | | |")
    return rows


def page() -> str:
    """The page with fresh tables between its markers."""
    text = PAGE.read_text("utf-8")
    for name, rows in (("message", message_table()), ("channel", channel_table())):
        start, end = f"<!-- {name} states: made by tools/make_state_tables.py -->", f"<!-- end of {name} states -->"
        before, found, rest = text.partition(start)
        _, ended, after = rest.partition(end)
        if not found or not ended:
            raise AssertionError(f"{PAGE.name} has no place for the {name} states")
        text = "\n".join([f"{before}{start}", "", *rows, "", f"{end}{after}"])
    return text


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), "utf-8")
    else:
        print("\n".join([*message_table(), "", *channel_table()]))
