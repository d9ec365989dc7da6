"""Make the tables of docs/errors.md: the conditions from the exception tree, what triggers them from the tests.

python tools/make_errors_page.py --write puts them between the markers of docs/errors.md. A test says what it shows by
the mark ``error_code`` (tests/support/error_rows.py); the tests are collected for it, not run.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from wsx import errors  # noqa: E402
from wsx.errors import ErrorCode, WsError  # noqa: E402

PAGE = ROOT / "docs" / "errors.md"
TOOL = "made by tools/make_errors_page.py"

# Codes that no call of wsx gives, and what there is instead.
NEVER = {
    ErrorCode.S_OK: "a call that returns has succeeded",
    ErrorCode.S_FALSE: "a negative answer is a value: `None`, `False`, `UNSET`",
    ErrorCode.WS_S_ASYNC: "what completes later is awaited",
    ErrorCode.WS_S_END: "`receive_message` with `OPTIONAL_MESSAGE` returns `None`, an iterator ends",
    ErrorCode.WS_E_NO_TRANSLATION_AVAILABLE: "the texts of errors are in English, whatever language is asked for",
    ErrorCode.WS_E_ADDRESS_IN_USE: "of listeners: there are none in this version",
    ErrorCode.WS_E_ADDRESS_NOT_AVAILABLE: "of listeners: there are none in this version",
}


class Row(NamedTuple):
    """A test that shows that ``trigger`` gives ``code``."""

    code: ErrorCode
    trigger: str
    test: str


class _Collector:
    def __init__(self) -> None:
        self.rows: list[Row] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            test = item.nodeid.partition("[")[0].removeprefix("tests/")
            for mark in item.iter_markers("error_code"):
                self.rows.append(Row(ErrorCode[mark.kwargs["code"]], mark.kwargs["trigger"], test))


def rows() -> list[Row]:
    """What the tests say that they show, each once."""
    files = [
        str(path) for path in sorted((ROOT / "tests").rglob("test_*.py")) if "error_rows" in path.read_text("utf-8")
    ]
    collector, output = _Collector(), io.StringIO()
    # wsx brings a plugin of pytest and is imported already, so that its asserts are not rewritten: it needs that not.
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    with contextlib.redirect_stdout(output):
        status = pytest.main([*options, f"--rootdir={ROOT}", *files], [collector])
    if status is not pytest.ExitCode.OK:
        raise SystemExit(output.getvalue()[-4000:])
    return list(dict.fromkeys(collector.rows))


def conditions() -> str:
    """The failures, their numbers and their classes."""
    lines = ["| code | HRESULT | class in `wsx.errors` | also a | condition |", "|---|---|---|---|---|"]
    for code in sorted(code for code in ErrorCode if code.failed):
        cls = errors.error_class(code)
        builtins = [
            base.__name__ for base in cls.__mro__ if base.__module__ == "builtins" and base not in WsError.__mro__
        ]
        text = (inspect.getdoc(cls) or "").splitlines()[0].partition(": ")[2] or "no condition of its own"
        also = f"`{builtins[0]}`" if builtins else ""
        lines.append(f"| `{code.name}` | 0x{code.value & 0xFFFFFFFF:08X} | `{cls.__name__}` | {also} | {text} |")
    return "\n".join(lines)


def triggers(found: list[Row]) -> str:
    """What gives each code, and the test that shows it."""
    merged: dict[tuple[ErrorCode, str], list[str]] = {}
    for row in found:
        merged.setdefault((row.code, row.test), []).append(row.trigger)
    lines = ["| code | given by | test, below `tests/` |", "|---|---|---|"]
    for (code, test), texts in sorted(merged.items(), key=lambda entry: entry[0][0]):
        lines.append(f"| `{code.name}` | {'; '.join(texts)} | `{test}` |")
    return "\n".join(lines)


def never() -> str:
    """The codes that are not given."""
    lines = ["| code | why not |", "|---|---|"]
    lines += [f"| `{code.name}` | {reason} |" for code, reason in NEVER.items()]
    return "\n".join(lines)


def page() -> str:
    """The page with fresh tables between its markers."""
    found = rows()
    shown, all_codes = {row.code for row in found}, set(ErrorCode)
    if shown | set(NEVER) != all_codes or shown & set(NEVER):
        missing = sorted(code.name for code in all_codes - shown - set(NEVER))
        raise SystemExit(f"codes without a test or a reason: {missing}; with both: {shown & set(NEVER)}")
    text = PAGE.read_text("utf-8")
    for name, table in (("conditions", conditions()), ("triggers", triggers(found)), ("never", never())):
        start, end = f"<!-- {name}: {TOOL} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        if not after:
            raise SystemExit(f"docs/errors.md has no markers for {name}")
        text = f"{before}{start}\n\n{table}\n\n{end}{after}"
    return text


if __name__ == "__main__":
    made = page()
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(made, "utf-8")
    else:
        print(made, end="")
