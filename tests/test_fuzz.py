"""The corpora of the fuzz targets, replayed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz import corpus, make_corpus
from fuzz.failures import summary
from fuzz.run import mutant
from fuzz.targets import TARGETS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_is_replayed(target: str) -> None:
    inputs = corpus.load(target)
    assert len(inputs) > 30
    for data in inputs:
        try:
            TARGETS[target](data)
        except Exception as error:
            pytest.fail(f"{target}({data!r}) raised {error!r}")


@pytest.mark.parametrize("target", TARGETS)
def test_a_few_mutations(target: str) -> None:
    inputs = corpus.load(target)
    source = random.Random(7)  # noqa: S311 - test data
    for _ in range(500):
        data = mutant(source, inputs)
        try:
            TARGETS[target](data)
        except Exception as error:
            pytest.fail(f"{target}({data!r}) raised {error!r}")


@pytest.mark.parametrize("target", TARGETS)
def test_corpora_are_small(target: str) -> None:
    made = {data for data in make_corpus.MADE[target]() if len(data) <= corpus.LONGEST}
    assert made
    assert (corpus.FOLDER / f"{target}.txt").stat().st_size < 150_000
    assert len(corpus.load(target)) == len(set(corpus.load(target)))


def test_mutations_keep_to_the_longest_length() -> None:
    source = random.Random(8)  # noqa: S311 - test data
    assert all(len(mutant(source, [b"x" * corpus.LONGEST])) <= corpus.LONGEST for _ in range(200))


RAISED = """INFO: Seed: 1
#2 NEW cov: 1
 === Uncaught Python exception: ===
AssertionError: not the same
Traceback (most recent call last):
  File "fuzz/targets.py", line 90, in typed_decode
AssertionError: not the same

==77== ERROR: libFuzzer: fuzz target exited
    #0 0x7f (asan_with_fuzzer.so+0x1)
"""
REPORTED = """#9 NEW cov: 1
==78==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60
READ of size 1 at 0x60 thread T0
    #0 0x7f in scan wsx/_scanner.cpp:10
"""


@pytest.mark.parametrize(
    ("log", "first", "absent"),
    [
        (RAISED, "AssertionError: not the same\nTraceback", "libFuzzer"),
        (REPORTED, "==78==ERROR: AddressSanitizer: heap-buffer-overflow", "NEW cov"),
        ("line\n" * 90 + "killed\n", "line\n" * 19 + "killed", None),
    ],
)
def test_a_log_of_thousands_of_lines_is_told_in_a_few(tmp_path: Path, log: str, first: str, absent: str | None) -> None:
    assert summary("lexical", log).startswith(first)
    kept = tmp_path / "failed-lexical-1"
    data = b"\x00<a>"
    kept.write_bytes(data)
    text = summary("lexical", f"{log}Test unit written to {kept}\nBase64: AA\n")
    assert text.startswith(f"lexical failed on these 4 bytes: {data!r}\n")
    assert text.endswith(f"python -m fuzz.run lexical --input {kept}")
    assert absent is None or absent not in text


def test_one_input_alone(tmp_path: Path) -> None:
    kept = tmp_path / "input"
    kept.write_bytes(b"<a/>")
    subprocess.run([sys.executable, "-m", "fuzz.run", "text_reader", "--input", str(kept)], cwd=ROOT, check=True)


@pytest.mark.skipif(os.name != "posix", reason="a script of the POSIX shell")
@pytest.mark.parametrize("broken", ["none", "lint", "fuzz", "instructions"])
def test_ci_says_at_its_end_what_failed(tmp_path: Path, broken: str) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    fake = tmp_path / "make"
    fake.write_text(f'#!/bin/sh\nseq 1 100\necho "said by $1" >&2\n[ "$1" != {broken} ] || exit 2\n', "utf-8")
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", str(tmp_path / ".ci" / "run")], env=environment, capture_output=True, text=True, check=False
    )
    steps = ["build", "lint", "test", "sanitize", "fuzz", "instructions", "linear"]
    lines = done.stdout.splitlines()[-len(steps) :]
    assert done.returncode == (0 if broken == "none" else 1)
    assert [line.split(":")[0] for line in lines] == steps
    assert [": passed after" in line for line in lines] == [step != broken for step in steps]
    assert done.stdout.count("said by lint") == (2 if broken == "lint" else 1)
    assert ("==== the last lines of" in done.stdout) is (broken != "none")
