"""Instructions of ``order`` and ``records``, write and read, counted by callgrind: a guard that noise cannot fool.

``python -m benchmarks.instructions`` fails when a count is more than 5 % above the one in ``instructions.json``, and
names the functions that grew; ``--renew`` writes the counts there; ``--top 3`` says where the instructions go.

A count depends on the compiler, the interpreter, the C library and what the processor can do. So each record names
them, and where none fits this system the counts are printed, nothing is compared, and the output says so.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import cases
from benchmarks.check import DIRECTIONS, check
from benchmarks.peers import PEERS

__all__ = ["JOBS", "LIMIT", "Counts", "compare", "main", "parse", "system"]

RECORDS: Final = Path(__file__).with_name("instructions.json")
#: More than this many times the recorded count fails.
LIMIT: Final = 1.05
#: Case, size, runs that are counted.
JOBS: Final = (("order", 2, 200), ("records", 500, 4))
_WARM_UPS: Final = 3
#: Functions kept for each job.
_KEPT: Final = 25

#: Instructions of one run, in all and by function.
Counts = dict[str, Any]

# The client requests of Valgrind are instructions that only a C compiler can put into a program.
_REQUESTS: Final = """\
#include <valgrind/callgrind.h>
void begin(void) { CALLGRIND_START_INSTRUMENTATION; CALLGRIND_ZERO_STATS; }
void end(const char *name) { CALLGRIND_DUMP_STATS_AT(name); CALLGRIND_STOP_INSTRUMENTATION; }
"""
_COMPILERS: Final = ("cc", "gcc", "clang")


def _compiler() -> str | None:
    return next((found for name in _COMPILERS if (found := shutil.which(os.environ.get("CC", name)))), None)


def system() -> dict[str, str]:
    """All that a count depends on, but for wsx itself."""
    compiler = _compiler()
    about = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False) if compiler else None
    flags: set[str] = set()
    if Path("/proc/cpuinfo").is_file():
        found = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
        flags = set(found[1].split()) if found else set()
    return {
        "architecture": platform.machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()})",
        "compiler": about.stdout.splitlines()[0] if about and about.stdout else "none",
        "libc": " ".join(platform.libc_ver()),
        "vectors": " ".join(sorted(flags & {"avx2", "bmi2", "erms", "fsrm"})),
    }


def parse(text: str) -> dict[str, int]:
    """Self cost by function of one file of callgrind; the cost of calls is in the functions that are called."""
    names: dict[str, str] = {}
    costs: dict[str, int] = {}
    current = ""
    skip = False
    for line in text.splitlines():
        if line.startswith("fn="):
            number, _, name = line[3:].partition(" ")
            if name:
                names[number] = _short(name)
            current = names[number]
        elif line.startswith(("cfn=", "cfi=", "cob=", "fl=", "fi=", "fe=", "ob=")):
            if line.startswith("cfn=") and " " in line:
                number, _, name = line[4:].partition(" ")
                names[number] = _short(name)
        elif line.startswith("calls="):
            skip = True
        elif line[:1] in "0123456789+-*" and line:
            if not skip:
                costs[current] = costs.get(current, 0) + int(line.split()[1])
            skip = False
    return costs


def _short(name: str) -> str:
    """A function without its parameters and what Cython puts before it; a recursion keeps its number."""
    bare, _, rest = name.partition("(")
    mangled = re.fullmatch(r"__pyx_\w+?_3wsx_(.*)", bare)
    bare = re.sub(r"(?<![A-Za-z])\d+(?=[_A-Za-z])", "", mangled[1]) if mangled else bare
    return bare.strip("_") + (f"'{rest.rpartition(chr(39))[2]}" if "'" in rest else "")


def _child(library: str) -> int:
    """Inside callgrind: each job warmed up, then counted into a dump of its own."""
    requests = ctypes.CDLL(library)
    for name, size, runs in JOBS:
        case = cases.load(name, size=size)
        for direction in DIRECTIONS:
            found = check(PEERS["wsx"], case, direction)
            if found.job is None:
                print(f"{name} {direction}: {found.status}: {found.reason}", file=sys.stderr)
                return 1
            run = found.job.run
            for _ in range(_WARM_UPS):
                run()
            requests.begin()
            for _ in range(runs):
                run()
            requests.end(f"{name} {direction}".encode())
    return 0


def count() -> dict[str, Counts]:
    """The counts of all jobs, one run each; RuntimeError where they cannot be made."""
    compiler = _compiler()
    if shutil.which("valgrind") is None or compiler is None:
        raise RuntimeError("valgrind and a C compiler are needed: tools/system.sh valgrind")
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "requests.c"), Path(folder, "requests.so")
        source.write_text(_REQUESTS, encoding="utf-8")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--quiet"]
        command += [f"--callgrind-out-file={folder}/out", sys.executable, "-m", "benchmarks.instructions"]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONMALLOC": "pymalloc"}
        done = subprocess.run(
            [*command, "--child", str(library)], capture_output=True, text=True, check=False, env=environment
        )
        if done.returncode:
            raise RuntimeError(f"callgrind: status {done.returncode}: {done.stderr[-2000:]}")
        return dict(_dumps(Path(folder)))


def _dumps(folder: Path) -> Iterator[tuple[str, Counts]]:
    runs = {name: number for name, _, number in JOBS}
    for path in sorted(folder.glob("out.*")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.MULTILINE)
        if found is None:
            continue
        costs = parse(text)
        each = runs[found[1].split()[0]]
        kept = sorted(costs.items(), key=lambda item: -item[1])[:_KEPT]
        functions = {name: round(cost / each) for name, cost in kept}
        yield found[1], {"instructions": round(sum(costs.values()) / each), "functions": functions}


def compare(before: Mapping[str, Counts], after: Mapping[str, Counts]) -> list[str]:
    """What is more than 5 % up, a line for each job, and under it the functions that grew most."""
    lines = []
    for name, old in before.items():
        new = after[name]
        growth = new["instructions"] / old["instructions"]
        if growth <= LIMIT:
            continue
        lines.append(
            f"{name}: {new['instructions']:,} instructions, {growth - 1:+.1%} ({old['instructions']:,} before)"
        )
        grown = {
            function: cost - old["functions"].get(function, 0)
            for function, cost in new["functions"].items()
            if cost > old["functions"].get(function, 0)
        }
        for function, more in sorted(grown.items(), key=lambda item: -item[1])[:5]:
            lines.append(f"    +{more:,} in {function}")
    return lines


def _records() -> list[dict[str, Any]]:
    if not RECORDS.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(RECORDS.read_text(encoding="utf-8"))
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Count and compare; 1 when a count is more than 5 % up."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__.splitlines()[0])
    parser.add_argument("--renew", action="store_true", help="write the counts of this system to the file")
    parser.add_argument("--top", type=int, default=0, metavar="N", help="print the N functions with most instructions")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        return _child(options.child)
    here, after = system(), count()
    records = _records()
    before = next((record["counts"] for record in records if record["system"] == here), None)
    for name, counts in after.items():
        old = f", {counts['instructions'] / before[name]['instructions'] - 1:+.2%}" if before else ""
        print(f"{name}: {counts['instructions']:,} instructions{old}")
        for function, cost in list(counts["functions"].items())[: options.top]:
            print(f"    {cost / counts['instructions']:6.1%} {function}")
    if options.renew:
        records = [record for record in records if record["system"] != here] + [{"system": here, "counts": after}]
        RECORDS.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
        print(f"written to {RECORDS.name} for {here}")
        return 0
    if before is None:
        print(f"NOTHING WAS COMPARED: no record in {RECORDS.name} is of this system, {here};")
        print("make one with `make instructions RENEW=1`.")
        return 0
    lines = compare(before, after)
    print("\n".join(lines) or f"None of them is more than {LIMIT - 1:.0%} above the record.")
    return int(bool(lines))


if __name__ == "__main__":
    raise SystemExit(main())
