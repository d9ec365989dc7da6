"""benchmarks.check: no peer with another content than the data gets under the clock."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from benchmarks.cases.base import Case
from benchmarks.check import check
from benchmarks.peers.base import Job, Peer, Unavailable, Unsupported, require
from benchmarks.reference import json_document, parse_json, parse_xml, xml_document
from tests.benchmarks import example

CASE = example.make()


class Fake(Peer):
    """A peer that gives what it is told."""

    name = "fake"
    title = "fake"

    def __init__(self, result: Any, restore: Callable[[Any], Any] | None = None) -> None:
        self.result = result
        self.restore = restore

    def _job(self, case: Case) -> Job:
        def run() -> Any:
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

        return Job(run, self.restore or partial(parse_xml, case), 77)

    def writer(self, case: Case) -> Job:
        return self._job(case)

    def reader(self, case: Case) -> Job:
        return self._job(case)


def test_a_right_writer_passes() -> None:
    document = xml_document(CASE)
    found = check(Fake(document), CASE, "write")
    assert (found.status, found.reason, found.size) == ("ok", "", len(document))
    assert found.job is not None


def test_a_right_json_writer_passes() -> None:
    found = check(Fake(json_document(CASE), partial(parse_json, CASE)), CASE, "write")
    assert found.status == "ok"


def test_a_right_reader_passes() -> None:
    found = check(Fake(CASE.value, lambda value: value), CASE, "read")
    assert (found.status, found.size) == ("ok", 77)


@pytest.mark.parametrize(
    ("old", "new"), [(b"-12.50", b"-12.51"), (b"<flag>true", b"<flag>false"), (b"<value>", b"<valve>"), (b"</Ex", b"")]
)
def test_a_writer_of_other_content_is_caught(old: bytes, new: bytes) -> None:
    document = xml_document(CASE)
    assert old in document
    found = check(Fake(document.replace(old, new)), CASE, "write")
    assert found.status == "wrong"
    assert found.reason
    assert found.job is None


def test_a_writer_of_text_is_caught() -> None:
    found = check(Fake(xml_document(CASE).decode()), CASE, "write")
    assert (found.status, found.reason) == ("wrong", "wrote str, not bytes")


def test_a_reader_of_other_content_is_caught() -> None:
    value = copy.deepcopy(CASE.value)
    value.tree[1].leaf.text = "?"
    found = check(Fake(value, lambda value: value), CASE, "read")
    assert found.status == "wrong"
    assert found.reason.startswith("tree[1].leaf.text")


def test_a_reader_that_gives_nothing_is_caught() -> None:
    found = check(Fake(None, lambda value: value), CASE, "read")
    assert (found.status, found.reason) == ("wrong", "Tree: NoneType instead of Tree")


def test_a_peer_that_raises_is_shown_as_failed() -> None:
    found = check(Fake(ValueError("out of\norder")), CASE, "write")
    assert (found.status, found.reason) == ("failed", "ValueError: out of order")


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("not installed"), "missing"), (Unsupported("no bytes"), "unsupported")]
)
def test_a_peer_that_cannot_is_shown_with_its_reason(error: Exception, status: str) -> None:
    found = check(Fake(error), CASE, "read")
    assert (found.status, found.reason, found.job) == (status, str(error), None)


def test_a_peer_without_a_direction_is_unsupported() -> None:
    class Nothing(Peer):
        name = "nothing"
        title = "nothing"

    assert check(Nothing(), CASE, "write").status == "unsupported"
    assert check(Nothing(), CASE, "read").status == "unsupported"


def test_a_missing_module_is_named() -> None:
    with pytest.raises(Unavailable, match="no_such_module_here"):
        require("no_such_module_here")
