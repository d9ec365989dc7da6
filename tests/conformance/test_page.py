"""docs/conformance.md says what comes out now."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.targets import TARGETS
from tests.conformance.vectors import SHARED
from tests.xml_suite import suite

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conformance.md").read_text("utf-8")
TOOL = [sys.executable, str(ROOT / "tools" / "make_conformance_page.py")]


@pytest.mark.skipif(not SHARED.exists(), reason=f"no golden vectors beside the repository ({SHARED})")
@pytest.mark.skipif(not suite.FOLDER.is_dir(), reason="no W3C XML conformance suite: tools/xml_suite.sh brings it")
def test_the_page_is_what_the_tool_makes() -> None:
    done = subprocess.run(TOOL, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == PAGE, "python tools/make_conformance_page.py --write"


def test_fuzz_targets_have_no_failure() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| \d+ \| (\d+) \|$", PAGE, re.M)
    # Those of the log's commit; a target that was added since is not among them.
    assert {"text_reader", "typed_decode", "lexical", "round_trip"} <= {name for name, _, _ in rows} <= set(TARGETS)
    assert all(int(runs.replace(",", "")) > 10_000 and failures == "0" for _, runs, failures in rows)


LOG = """Building for sanitize at commit abc1234
700 passed, 1 deselected in 16.61s
Building for fuzz at commit abc1234
Fuzzing lexical for 60 s: Atheris, guided by coverage, with AddressSanitizer
Done 204630 runs in 61 second(s)
stat::number_of_executed_units: 204630
Fuzzing round_trip for 60 s: Atheris, guided by coverage, with AddressSanitizer
Done 5 runs in 60 second(s)
61 of 61 shapes are linear; the largest t(2n)/t(n) is 2.11
"""


measured = runpy.run_path(str(ROOT / "tools" / "make_conformance_page.py"))["measured"]


def test_what_was_measured_comes_from_a_log() -> None:
    output = measured(LOG)
    assert output.startswith("At commit abc1234:")
    assert "| `lexical` | 204,630 | 61 | 0 |\n| `round_trip` | 5 | 60 | 0 |" in output
    assert "700 tests, no report" in output
    assert "61 of 61 shapes of documents; the largest t(2n)/t(n) is 2.11" in output


@pytest.mark.parametrize(
    "log",
    [
        LOG.replace("Done", "=== Uncaught Python exception: ===\nDone", 1),
        LOG.replace("700 passed", "1 failed, 699 passed"),
        "",
        LOG[:60],
    ],
)
def test_a_log_of_a_failure_makes_no_page(log: str) -> None:
    with pytest.raises(SystemExit):
        measured(log)
