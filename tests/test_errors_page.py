"""docs/errors.md: every code with what gives it and the test that shows that, or the reason why nothing gives it."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from wsx.errors import ErrorCode

ROOT = Path(__file__).parent.parent
TOOL = ROOT / "tools" / "make_errors_page.py"
NEVER: dict[ErrorCode, str] = runpy.run_path(str(TOOL))["NEVER"]


def test_the_page_is_what_the_tool_makes() -> None:
    """The tool refuses a code that has neither a test nor a reason, or both."""
    done = subprocess.run([sys.executable, str(TOOL)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == (ROOT / "docs" / "errors.md").read_text("utf-8"), "python tools/make_errors_page.py --write"


@pytest.mark.parametrize("code", NEVER, ids=lambda code: code.name)
def test_what_is_never_raised_is_nowhere_raised(code: ErrorCode) -> None:
    names = [code.name, *([ErrorCode(code).name.title().replace("_", "").removeprefix("WsE")] if code.failed else [])]
    for path in (ROOT / "wsx").rglob("*.py*"):
        named = path.name in ("errors.py", "__init__.py") or "cli" in path.parts  # the command writes it, calls do not
        if path.suffix in (".py", ".pyx") and not named:
            text = path.read_text("utf-8")
            assert not any(name in text for name in names if name != "S_OK"), path
