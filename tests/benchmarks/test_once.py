"""benchmarks.once: one job for a profiler."""

from __future__ import annotations

import pytest

from benchmarks import once
from benchmarks.cases.base import Case
from benchmarks.peers import PEERS
from benchmarks.peers.base import Job, Peer


def test_a_job_is_run_as_often_as_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    class Counting(Peer):
        name = "counting"
        title = "counting"

        def reader(self, case: Case) -> Job:
            return Job(lambda: runs.append(1), lambda _: case.value)

    monkeypatch.setitem(PEERS, "counting", Counting())
    assert once.main(["counting", "order", "read", "--runs", "3"]) == 0
    assert len(runs) == 1 + 3
    assert capsys.readouterr().out.endswith(" a run\n")


def test_a_job_that_cannot_be_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert once.main(["fstrings", "order", "read", "--quick"]) == 1
    assert "unsupported: does not read" in capsys.readouterr().err
