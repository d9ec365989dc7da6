"""Print the table of channel properties for docs/channels.md, from the table that the channels go by.

python tools/make_property_table.py --write puts it between the markers of that page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from wsx.channel import Channel, ChannelProperties
from wsx.channel.property_table import PROPERTIES, PropertyAccess, PropertyRow, read_field

PAGE: Final = Path(__file__).parent.parent / "docs" / "channels.md"
START: Final = "<!-- channel properties: made by tools/make_property_table.py -->"
END: Final = "<!-- end of channel properties -->"
ACCESS: Final = {
    PropertyAccess.CREATE: "at creation",
    PropertyAccess.SET: "set in any state",
    PropertyAccess.GET: "read in any state",
}


def _default(row: PropertyRow) -> str:
    if row.field == "from_ids":
        return "`True`"
    if row.field is None:
        return ""
    value = read_field(ChannelProperties(), row)
    text = value.name if hasattr(value, "name") else f"{value:,}" if type(value) is int else str(value)
    return "" if text.startswith("Http") else f"`{text}`"


def _place(row: PropertyRow) -> str:
    if row.others is not None:
        return f"– ({row.others})"
    if row.missing is not None:
        return f"not available: {row.missing}"
    if row.attribute is not None:
        if not hasattr(Channel, row.attribute):
            raise AssertionError(f"Channel has no {row.attribute}")
        return f"`channel.{row.attribute}`"
    if row.field == "from_ids":
        return "`ChannelProperties.from_ids`"
    return f"`{row.field}`"


def rows() -> list[str]:
    """The table, as rows of Markdown."""
    lines = ["| id | property | in wsx | default | access |", "|---|---|---|---|---|"]
    for row in PROPERTIES.values():
        access = ""
        if row.others is None and row.missing is None:
            access = ", ".join(text for flag, text in ACCESS.items() if row.access & flag)
        lines.append(f"| {row.id.value} | {row.id.name} | {_place(row)} | {_default(row)} | {access} |")
    return lines


def page() -> str:
    """The page with a fresh table between its markers."""
    before, found, rest = PAGE.read_text("utf-8").partition(START)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise AssertionError(f"{PAGE.name} has no place for the properties")
    return "\n".join([f"{before}{START}", "", *rows(), "", f"{END}{after}"])


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), "utf-8")
    else:
        print("\n".join(rows()))
