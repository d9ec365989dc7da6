"""The tables of states in the documentation are those that the objects go by."""

from __future__ import annotations

import runpy
from pathlib import Path

from wsx.channel.states import ChannelOperation
from wsx.message.states import MessageOperation

ROOT = Path(__file__).parent.parent
TOOL = runpy.run_path(str(ROOT / "tools" / "make_state_tables.py"))


def test_the_page_is_fresh() -> None:
    page = (ROOT / "docs" / "messages-and-channels.md").read_text("utf-8")
    assert page == TOOL["page"](), "python tools/make_state_tables.py --write"


def test_every_operation_has_a_row() -> None:
    assert len(TOOL["message_table"]()) == len(MessageOperation) + 2
    assert len(TOOL["channel_table"]()) == len(ChannelOperation) + 3


def test_every_method_of_a_row_exists() -> None:
    for operation in MessageOperation:
        assert TOOL["methods"](operation)
