"""Print the table of error conditions for docs/errors.md, from the exception tree itself.

python tools/make_error_table.py --write puts it between the markers of docs/errors.md.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from wsx import errors
from wsx.errors import ErrorCode, WsError

PAGE = Path(__file__).parent.parent / "docs" / "errors.md"
START, END = "<!-- conditions: made by tools/make_error_table.py -->", "<!-- end of conditions -->"


def rows() -> list[str]:
    """One table row per failure code, in the order of the codes."""
    made = []
    for code in sorted(code for code in ErrorCode if code.failed):
        cls = errors.error_class(code)
        builtins = [
            base.__name__ for base in cls.__mro__ if base.__module__ == "builtins" and base not in WsError.__mro__
        ]
        text = (inspect.getdoc(cls) or "").splitlines()[0].partition(": ")[2] or "no condition of its own"
        also = f"`{builtins[0]}`" if builtins else ""
        made.append(f"| `{code.name}` | 0x{code.value & 0xFFFFFFFF:08X} | `{cls.__name__}` | {also} | {text} |")
    return made


def table() -> str:
    """The table as Markdown."""
    head = ["| code | HRESULT | class in `wsx.errors` | also a | condition |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows()])


def page() -> str:
    """The page with a fresh table between its markers."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), "utf-8")
    else:
        print(table())
