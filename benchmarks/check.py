"""Before the clock starts: does a peer give the content of the data?"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.cases.base import Case
from benchmarks.peers.base import FEATURES, Job, Peer, Unavailable, Unsupported
from benchmarks.reference import difference

__all__ = ["DIRECTIONS", "Checked", "check"]

DIRECTIONS = ("write", "read")


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check found.

    ``status`` is ``ok``, ``wrong`` (other content than the data), ``failed`` (an exception), ``missing`` (cannot be
    used here) or ``unsupported``; ``reason`` says more. ``job`` is there when it is ``ok``; ``size`` is the number of
    bytes written or read, ``spent_ns`` the CPU time of the one run.
    """

    status: str
    reason: str = ""
    job: Job | None = None
    size: int = 0
    spent_ns: int = 0


def check(peer: Peer, case: Case, direction: str) -> Checked:
    """Make a peer's job, run it once and compare what it gave with the data."""
    lacks = sorted(case.features - peer.features)
    if lacks:
        return Checked("unsupported", ", ".join(FEATURES[feature] for feature in lacks))
    if peer.most_values is not None and case.field_count > peer.most_values:
        return Checked("unsupported", f"one run of {case.field_count:,} values takes too long")
    try:
        if case.renew is not None:
            case.renew()
        job = peer.writer(case) if direction == "write" else peer.reader(case)
        if direction == "write" and case.renew is not None:
            job = replace(job, prepare=case.renew)
        start = time.process_time_ns()
        result = job.run()
        spent = time.process_time_ns() - start
    except Unavailable as error:
        return Checked("missing", str(error))
    except Unsupported as error:
        return Checked("unsupported", str(error))
    except Exception as error:
        return Checked("failed", _one_line(error))
    try:
        wrong = _difference(job, case, direction, result)
    except Exception as error:
        return Checked("wrong", _one_line(error))
    if wrong is not None:
        return Checked("wrong", wrong)
    return Checked("ok", job=job, size=len(result) if direction == "write" else job.size, spent_ns=spent)


def _difference(job: Job, case: Case, direction: str, result: Any) -> str | None:
    if direction == "write" and not isinstance(result, bytes):
        return f"wrote {type(result).__name__}, not bytes"
    # Most peers write the same bytes, and the reference takes seconds for a million doubles.
    digest = hashlib.sha256(result).digest() if direction == "write" else None
    if digest in case.verified:
        return None
    wrong = difference(case.struct, case.value, job.restore(result))
    if wrong is None and digest is not None:
        case.verified.add(digest)
    return wrong


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
