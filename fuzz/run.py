"""Fuzzes one target: ``python -m fuzz.run TARGET [--seconds N] [--mutate] [--merge] [--input FILE]``.

With Atheris, libFuzzer is guided by the coverage of the compiled core, as far as that was built for it (tools/fuzz.sh).
``--mutate`` needs nothing but Python: a loop over mutations of the corpus, which sees no coverage. ``--merge`` makes
the corpus of what was found that covers something new.

Inputs found are kept in build/fuzz; one that a target fails on is written there as well, and the exit status is not 0.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fuzz import corpus
from fuzz.targets import TARGETS

FOUND = Path(__file__).parent.parent / "build" / "fuzz"
TOKENS = [
    b"<",
    b">",
    b"/>",
    b"</",
    b"&#x",
    b"&amp;",
    b";",
    b'"',
    b"'",
    b"=",
    b" ",
    b"\r\n",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<?",
    b"?>",
    b"xmlns",
    b"xmlns:p=",
    b"xml:",
    b":",
    b"\x00",
    b"\xff",
    b"\xc3\xa9",
    b"\xf0\x9d\x84\x9e",
    b"0",
    b"9" * 20,
    b"E+308",
    b"urn:a",
    b'i:nil="true"',
    b"i:type",
]
SLOWEST = 5  # seconds for one input; more is a failure


def fail(target: str, data: bytes) -> None:
    FOUND.mkdir(parents=True, exist_ok=True)
    path = FOUND / f"failed-{target}"
    path.write_bytes(data)
    print(f"Test unit written to {path}", file=sys.stderr)  # in libFuzzer's words, for fuzz.failures


def mutant(source: random.Random, inputs: list[bytes]) -> bytes:
    """An input with a few changes."""
    data = bytearray(source.choice(inputs))
    for _ in range(source.choice((1, 1, 2, 3, 8))):
        place, end = source.randrange(len(data) + 1), source.choice((0, 1, 1, 2, 5, 20))
        match source.randrange(5):
            case 0:
                del data[place : place + end]
            case 1:
                data[place : place + end] = source.choice(TOKENS)
            case 2:
                data[place : place + 1] = bytes([source.randrange(256)])
            case 3:
                other = source.choice(inputs)
                start = source.randrange(len(other) + 1)
                data[place:place] = other[start : start + 60]
            case 4:
                data[place:place] = data[place : place + end] * source.choice((1, 2, 30))
    return bytes(data[: corpus.LONGEST])


def mutate(target: str, seconds: float) -> None:
    """Mutations of the corpus until the time is over, from a random seed that is printed."""
    seed = random.SystemRandom().getrandbits(32)
    source = random.Random(seed)  # noqa: S311 - test data
    inputs, count, end = corpus.load(target), 0, time.monotonic() + seconds
    data = b""
    try:
        while (begun := time.monotonic()) < end:
            data = mutant(source, inputs)
            TARGETS[target](data)
            count += 1
            if time.monotonic() - begun > SLOWEST:
                raise TimeoutError(f"more than {SLOWEST} s for one input")
    except BaseException:
        fail(target, data)
        raise
    print(f"{target}: {count} mutations of {len(inputs)} inputs, without coverage, seed {seed}")


def fuzz(target: str, seconds: int, *, merge: bool, inner: list[str]) -> None:
    """libFuzzer, which ends the process; to merge it calls this program again, with its own arguments."""
    atheris: Any = importlib.import_module("atheris")
    program = f"{sys.executable} -m fuzz.run {target} --merge"
    if inner:
        atheris.Setup([program, *inner], TARGETS[target])
        atheris.Fuzz()
    found = FOUND / "found" / target
    found.mkdir(parents=True, exist_ok=True)
    known = Path(tempfile.mkdtemp(prefix=f"wsx-{target}-"))
    corpus.unpack(target, known)
    limits = [
        f"-max_len={corpus.LONGEST}",
        f"-timeout={SLOWEST}",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={FOUND}/failed-{target}-",
    ]
    if merge:
        chosen = FOUND / "merged" / target
        chosen.mkdir(parents=True, exist_ok=True)
        arguments = ["-merge=1", *limits, str(chosen), str(known), str(found)]
    else:
        arguments = [f"-max_total_time={seconds}", "-print_final_stats=1", *limits, str(found), str(known)]
    atheris.Setup([program, *arguments], TARGETS[target])
    atheris.Fuzz()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.run", description="Fuzzes one target.")
    parser.add_argument("target", choices=list(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--mutate", action="store_true", help="mutations without coverage; needs no Atheris")
    parser.add_argument("--input", type=Path, help="run the bytes of this file alone")
    parser.add_argument("--merge", action="store_true", help="reduce what was found to what covers something new")
    parser.add_argument("--pack", action="store_true", help="make the merged inputs the corpus")
    given, inner = parser.parse_known_args()
    if given.input is not None:
        TARGETS[given.target](given.input.read_bytes())
    elif given.pack:
        corpus.pack(given.target, FOUND / "merged" / given.target)
    elif given.mutate:
        mutate(given.target, given.seconds)
    else:
        fuzz(given.target, given.seconds, merge=given.merge, inner=inner)


if __name__ == "__main__":
    main()
