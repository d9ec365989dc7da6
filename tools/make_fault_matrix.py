"""Make the table of docs/faults.md from tests/support/fault_matrix.py.

python tools/make_fault_matrix.py --write puts it there; --run carries out every fault and prints what came of it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.certificates import make_zoo  # noqa: E402
from tests.support.fault_matrix import FAULTS, Fault, Outcome, carry_out  # noqa: E402

PAGE = ROOT / "docs" / "faults.md"
START, END = "<!-- matrix: made by tools/make_fault_matrix.py -->", "<!-- end of matrix -->"
SENT = {True: "yes", False: "no", None: "unknown"}


def _line(fault: Fault, where: str, outcome: Outcome) -> str:
    code = "the call succeeds" if outcome.code is None else f"`{outcome.code.name}`"
    if fault.name == "cancelled":
        code = "`asyncio.CancelledError`"
    phase = outcome.phase or "–"
    sent = SENT[outcome.sent] if outcome.phase else "yes"
    drivers = ", ".join(fault.kinds)
    return f"| {fault.what} | {where} | {drivers} | {code} | {phase} | {sent} | {outcome.times} |"


def table() -> str:
    """The matrix as Markdown: a line for each outcome."""
    lines = ["| fault | over | drivers | outcome | phase | sent | times sent |", "|---|---|---|---|---|---|--:|"]
    for fault in FAULTS:
        plain, tls = fault.expected(tls=False), fault.expected(tls=True)
        in_clear = fault.certificate == "good"
        if in_clear and fault.tls is not False and plain == tls:
            lines.append(_line(fault, "http, https", plain))
            continue
        if in_clear:
            lines.append(_line(fault, "http", plain))
        if fault.tls is not False:
            lines.append(_line(fault, "https", tls))
    cases = sum(len(list(fault.cases())) for fault in FAULTS)
    lines += ["", f"{len(FAULTS)} faults, {cases} cases."]
    return "\n".join(lines)


def page() -> str:
    """The page with a fresh table between its markers."""
    before, _, rest = PAGE.read_text("utf-8").partition(START)
    after = rest.partition(END)[2]
    return f"{before}{START}\n\n{table()}\n\n{END}{after}"


def run() -> None:
    """Carry all of them out."""
    with tempfile.TemporaryDirectory() as folder:
        zoo = make_zoo(Path(folder))
        for fault in FAULTS:
            for kind, tls in fault.cases():
                outcome, left = carry_out(fault, kind, zoo, tls=tls)
                code = "no error" if outcome.code is None else outcome.code.name
                print(
                    f"{fault.name:20} {kind:8} {'https' if tls else 'http':6} {code:28} phase {outcome.phase or '-':8} "
                    f"sent {SENT[outcome.sent] if outcome.phase else '-':8} times {outcome.times}, left: "
                    f"{left.sockets} sockets, {left.tasks} tasks, {left.threads} threads"
                )


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), "utf-8")
    elif sys.argv[1:] == ["--run"]:
        run()
    else:
        print(table())
