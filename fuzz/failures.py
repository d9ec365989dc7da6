"""What a log of libFuzzer says about a failure, shortest first: ``python -m fuzz.failures TARGET LOG``.

The input, what was raised or reported, and how to run that input alone; a log of thousands of lines is not needed then.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

__all__ = ["summary"]

_KEPT: Final = re.compile(r"Test unit written to (\S+)")
_RAISED: Final = re.compile(r"=== Uncaught Python exception: ===\n(.*?)(?=\n==\d+==|\Z)", re.S)
_REPORTED: Final = re.compile(r"^(?:==\d+==\s*ERROR: |\S+: runtime error: ).*(?:\n.*){0,24}", re.M)
_LAST_LINES: Final = 20
_LONGEST: Final = 4096


def summary(target: str, log: str) -> str:
    """The failure in ``log``, a run of ``target``."""
    parts = []
    kept = _KEPT.search(log)
    if kept is not None and Path(kept[1]).is_file():
        data = Path(kept[1]).read_bytes()
        parts.append(f"{target} failed on these {len(data)} bytes: {data[:_LONGEST]!r}")
    raised, reported = _RAISED.search(log), _REPORTED.search(log)
    if raised is not None:
        parts.append(raised[1].strip())
    elif reported is not None:
        parts.append(reported[0].strip())
    else:
        parts.append("\n".join(log.splitlines()[-_LAST_LINES:]))
    if kept is not None:
        parts.append(f"the input alone: python -m fuzz.run {target} --input {kept[1]}")
    return "\n".join(parts)


if __name__ == "__main__":
    print(summary(sys.argv[1], Path(sys.argv[2]).read_text("utf-8", "replace")))
