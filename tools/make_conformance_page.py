"""Make the figures of docs/conformance.md.

python tools/make_conformance_page.py --write puts them between its markers. What follows from the sources is computed;
what was measured (fuzzing, sanitizers, linear time) is taken from a log of `.ci/run` when one is given:

python tools/make_conformance_page.py --write --log FILE
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.conformance.judge import judge_all  # noqa: E402
from tests.conformance.run_vectors import as_markdown  # noqa: E402
from tests.conformance.vectors import SHARED, Listed, load  # noqa: E402
from tests.xml_suite import suite  # noqa: E402
from tests.xml_suite.figures import figures  # noqa: E402
from tools.type_coverage import coverage  # noqa: E402

PAGE = ROOT / "docs" / "conformance.md"
TOOL = "made by tools/make_conformance_page.py"


def types() -> str:
    """Types, mappings and options."""
    return coverage().summary()


def vectors() -> str | None:
    """The golden vectors; None without them."""
    if not SHARED.exists():
        return None
    listed = Listed.load()
    return as_markdown(judge_all(load(SHARED), listed), listed)


def documents() -> str | None:
    """The W3C XML conformance suite; None without it."""
    if not suite.FOLDER.is_dir():
        return None
    lines = ["| documents of the suite | right | all | in pieces | |", "|---|--:|--:|--:|---|"]
    lines += [
        f"| {figure.what} | {figure.right} | {figure.all} | {figure.ways:,} | {figure.note} |" for figure in figures()
    ]
    return "\n".join(lines)


def _fuzzing(log: str) -> list[str]:
    lines = ["| fuzz target | executions | seconds | failures |", "|---|--:|--:|--:|"]
    begun = r"^Fuzzing (\w+) for \d+ s: Atheris.*\n"
    found = re.findall(begun + r"(?:(?!Fuzzing |Done ).*\n)*Done (\d+) runs in (\d+) second", log, re.M)
    if not found:
        raise SystemExit("the log has no fuzzing with Atheris")
    lines += [f"| `{target}` | {int(runs):,} | {seconds} | 0 |" for target, runs, seconds in found]
    return lines


def measured(log: str) -> str:
    """What a log of `.ci/run`, or of some of its parts one after the other, says."""
    if re.search(r"^\d+ failed|^FAILED ", log, re.M):
        raise SystemExit("the log has tests that fail")
    if "Uncaught Python exception" in log or "==ERROR:" in log or " failed on these " in log:
        raise SystemExit("the log has failures")
    commit = re.findall(r"^Building for (\w+) at commit (\S+)$", log, re.M)
    sanitized = re.search(r"^Building for sanitize.*\n(?:.*\n)*?(\d+) passed.* in [\d.]+s", log, re.M)
    linear = re.search(r"^(\d+) of (\d+) shapes are linear; the largest t\(2n\)/t\(n\) is ([\d.]+)", log, re.M)
    if not commit:
        raise SystemExit("the log is not one of `.ci/run`")
    lines = [f"At commit {commit[0][1]}:", "", *_fuzzing(log)]
    if sanitized is not None:
        lines += ["", f"AddressSanitizer and UndefinedBehaviorSanitizer: {sanitized[1]} tests, no report."]
    if linear is not None:
        found = f"{linear[1]} of {linear[2]} shapes of documents; the largest t(2n)/t(n) is {linear[3]}."
        lines += ["", f"Linear time: {found}"]
    return "\n".join(lines)


def page(log: str | None = None) -> str:
    """The page with fresh figures; those that cannot be made here stay."""
    text = PAGE.read_text("utf-8")
    made = {"types": types(), "vectors": vectors(), "documents": documents()}
    if log is not None:
        made["measured"] = measured(log)
    for name, figures_made in made.items():
        start, end = f"<!-- {name}: {TOOL} -->", f"<!-- end of {name} -->"
        before, found, rest = text.partition(start)
        _, ended, after = rest.partition(end)
        if not found or not ended:
            raise SystemExit(f"docs/conformance.md has no markers for {name}")
        if figures_made is not None:
            text = f"{before}{start}\n\n{figures_made}\n\n{end}{after}"
    return text


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Makes the figures of docs/conformance.md.")
    parser.add_argument("--write", action="store_true", help="put them into the page; else they are printed")
    parser.add_argument("--log", type=Path, help="a log of .ci/run for what was measured")
    given = parser.parse_args()
    made = page(None if given.log is None else given.log.read_text("utf-8", "replace"))
    if given.write:
        PAGE.write_text(made, "utf-8")
    else:
        print(made, end="")


if __name__ == "__main__":
    main()
