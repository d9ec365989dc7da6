"""benchmarks.run and benchmarks.machine: with peers of the test's own, and once as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cases, machine, run
from benchmarks.cases.base import Case
from benchmarks.peers import PEERS
from benchmarks.peers.base import Job, Peer, Unavailable
from benchmarks.reference import parse_xml, xml_document

ROOT = Path(__file__).resolve().parents[2]


#: They would take longer to compile than all others take to run.
NATIVE = ("gsoap", "libxml2", "limit")


class Right(Peer):
    """Writes the reference document."""

    name = "right"
    title = "right"

    def writer(self, case: Case) -> Job:
        document = xml_document(case)
        return Job(lambda: document, partial(parse_xml, case))


class Wrong(Right):
    """Writes another document."""

    name = "wrong"
    title = "wrong"

    def writer(self, case: Case) -> Job:
        return Job(lambda: b"<no/>", partial(parse_xml, case))


class Missing(Right):
    """Is not installed."""

    name = "missing"
    title = "missing"
    distributions = ("no-such-distribution-here",)

    def writer(self, case: Case) -> Job:
        raise Unavailable("no such module")


@pytest.fixture
def affinity() -> Iterator[None]:
    """Gives the process its processors back."""
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch, affinity: None) -> None:
    """Three peers of the test's own for those of the benchmarks."""
    for name in list(PEERS):
        monkeypatch.delitem(PEERS, name)
    for peer in (Right(), Wrong(), Missing()):
        monkeypatch.setitem(PEERS, peer.name, peer)


def _main(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    path = tmp_path / "folder" / "results.json"
    status = run.main(["--quick", "--case", "order", "--base", "right", "--json", str(path), *arguments])
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return status, document


@pytest.mark.usefixtures("peers")
def test_results_hold_every_peer_in_every_direction(tmp_path: Path) -> None:
    status, document = _main(tmp_path, "--rounds", "3")
    assert status == 1
    found = {(r["direction"], r["peer"]): r for r in document["results"]}
    assert len(found) == len(document["results"]) == 6
    assert {key: r["status"] for key, r in found.items()} == {
        ("write", "right"): "ok",
        ("write", "wrong"): "wrong",
        ("write", "missing"): "missing",
        ("read", "right"): "unsupported",
        ("read", "wrong"): "unsupported",
        ("read", "missing"): "unsupported",
    }
    right = found["write", "right"]
    assert len(right["times_ns"]) == 3
    assert right["repetitions"] > 1
    assert right["fields"] == 21
    assert found["write", "wrong"]["times_ns"] == []
    assert found["write", "missing"]["reason"] == "no such module"
    assert document["versions"] == {"no-such-distribution-here": None}
    assert document["options"] == {"base": "right", "rounds": 3, "quick": True}
    assert document["machine"]["cores"] == os.cpu_count()


@pytest.mark.usefixtures("peers")
def test_the_status_is_good_when_no_peer_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, document = _main(tmp_path, "--peer", "missing", "--direction", "write")
    assert status == 0
    assert [r["peer"] for r in document["results"]] == ["right", "missing"]
    out, err = capsys.readouterr()
    assert "| missing | missing: no such module |" in out
    assert "missing: missing: no such module" in err
    assert "|" not in err


@pytest.mark.usefixtures("peers")
def test_a_wrong_peer_is_seen_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--quick", "--case", "order", "--base", "wrong", "--direction", "write"]) == 1
    assert "| wrong | wrong: ContentError: the element is no" in capsys.readouterr().out


@pytest.mark.usefixtures("affinity")
@pytest.mark.parametrize("arguments", [["--case", "none"], ["--peer", "none"], ["--rounds", "0"], ["--base", "none"]])
def test_wrong_arguments(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run.main(arguments)
    assert caught.value.code == 2


@pytest.mark.usefixtures("affinity")
def test_the_process_stays_on_one_processor() -> None:
    if not hasattr(os, "sched_getaffinity"):
        assert machine.pin() is None
        return
    allowed = os.sched_getaffinity(0)
    assert machine.pin() == max(allowed)
    assert os.sched_getaffinity(0) == {max(allowed)}


def test_versions_of_what_is_not_installed() -> None:
    found = machine.versions(["pytest", "no-such-distribution-here", "pytest"])
    assert found == {"no-such-distribution-here": None, "pytest": pytest.__version__}


def test_a_trial_run_of_all_peers_as_a_user_starts_it(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks.run", "--quick", "--rounds", "1", "--json", str(path)]
    chosen = [name for name in PEERS if name not in NATIVE]
    command += [argument for name in chosen for argument in ("--peer", name)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(path.read_text(encoding="utf-8"))
    assert {r["peer"] for r in document["results"]} == set(chosen)
    assert {r["case"] for r in document["results"]} == set(cases.NAMES)
    assert not [r for r in document["results"] if r["status"] in ("wrong", "failed")]
    assert all(len(r["times_ns"]) == (r["status"] == "ok") for r in document["results"])
    # Where the C library has the settings, the run was started again with them.
    assert document["machine"]["heap"] in ("warm", "as the system sets it")
    assert done.stdout.startswith("| time, msgspec.json = 1 |")
    absent = {r["peer"]: r["reason"] for r in document["results"] if r["status"] == "missing"}
    if absent:
        pytest.skip(f"all that is installed ran; without {absent}")
