"""Cursors: nothing leaks, and a failing allocation is a MemoryError."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import wsx
from tests.support.xml_tables import growth
from wsx import Charset, MoveTo, Type, WsError, XmlBuffer, XmlReader, XmlWriter

ROOT = Path(__file__).parent.parent


@wsx.struct(ns="n")
class Pair:
    x: int
    y: str


def write() -> bytes:
    writer = XmlWriter(indent=1)
    writer.start_element("a", "n", "p")
    writer.start_attribute("b", "m")
    writer.text("x&é" * 50)
    writer.end_attribute()
    writer.xmlns_attribute("o", "q")
    for _ in range(20):
        writer.start_element("deep", "o")
    for _ in range(20):
        writer.end_element()
    writer.element(Pair, Pair(1, "x"))
    writer.array("i", "n", Type.INT32, [1, 2])
    writer.bytes(b"abcd")
    writer.start_cdata()
    writer.text("]]>")
    writer.end_cdata()
    writer.xml_buffer(XmlBuffer(b"<r:b/>", (("r", "s"),)))
    writer.text("y" * 5000)
    writer.qualified_name("z", "n")
    writer.end_element()
    return writer.to_bytes()


DOCUMENT = write()


def read() -> object:
    reader = XmlReader(DOCUMENT)
    found = list(reader)
    reader.move(MoveTo.ROOT_ELEMENT)
    reader.move(MoveTo.CHILD_ELEMENT)
    position = reader.position
    reader.move(MoveTo.NEXT_ELEMENT)
    reader.read_element(Pair)
    reader.read_array("i", "n", Type.INT32)
    reader.read_chars(3)
    reader.position = position
    reader.xml_attribute("lang")
    return found


def copy() -> object:
    writer = XmlWriter(charset=Charset.UTF16LE)
    writer.copy(XmlReader(DOCUMENT.decode().encode("utf-16")))
    return writer.to_bytes()


KEPT = XmlWriter()


def write_again() -> object:
    KEPT.set_output()
    KEPT.start_element("a" * 300, "n")
    KEPT.text("x" * 3000)
    KEPT.end_element()
    return KEPT.to_bytes()


def fail() -> None:
    with contextlib.suppress(WsError):
        write_again()
        KEPT.end_element()
    for cut in (7, 100, 400):
        with contextlib.suppress(WsError):
            list(XmlReader(DOCUMENT[:-cut]))


CASES: list[Callable[[], object]] = [write, read, copy, write_again]

NO_MEMORY = """
from tests.support.no_memory import attempts
from tests.test_cursor_memory import CASES

for call in CASES:
    expected = call()

    def same(result):
        assert result == expected

    _, failed = attempts(call, same)
    assert call() == expected
    print(call.__name__, failed)
"""


@pytest.mark.parametrize("call", [*CASES, fail])
def test_nothing_stays_behind(call: Callable[[], object]) -> None:
    assert growth(call) < 20


def test_a_failing_allocation_is_a_memory_error() -> None:
    """The n-th allocation fails, for every n until the call succeeds; in a process of its own."""
    pytest.importorskip("_testcapi", reason="this Python has no _testcapi")
    # Python's own allocators, whatever the tests run with: the debug hooks allocate where Python does not expect it.
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONMALLOC", "PYTHONDEVMODE")}
    done = subprocess.run(
        [sys.executable, "-c", NO_MEMORY], capture_output=True, text=True, cwd=ROOT, check=False, timeout=300, env=plain
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = {name: int(failed) for name, failed in (line.split() for line in done.stdout.splitlines())}
    assert counts.keys() == {call.__name__ for call in CASES}
    assert all(failed > 5 for failed in counts.values()), counts
