"""The comparison over HTTP: a short run with nginx, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cases, http, http_peers, http_server, machine
from benchmarks.http_peers import PEERS
from benchmarks.peers import Unavailable
from benchmarks.reference import xml_document
from tests.support.nginx import _need_nginx


@pytest.fixture(autouse=True)
def installed() -> None:
    _need_nginx()


def test_a_short_run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "pin", lambda: None)
    monkeypatch.setitem(http.MODES, "async256", (3, True))
    file = tmp_path / "results.json"
    assert http.main(["--rounds", "1", "--seconds", "0.01", "--json", str(file)]) == 0
    document = json.loads(file.read_text("utf-8"))
    assert set(document["results"]) == {"sync1", "sync8", "async1", "async32", "async256"}
    for peers in document["results"].values():
        assert {name: len(cells) for name, cells in peers.items()} == dict.fromkeys(PEERS, 1)
        assert all(cell["calls"] >= 1 and cell["wall"] > 0 for cells in peers.values() for cell in cells)
    table = capsys.readouterr().out
    assert table.startswith("| mode | peer | calls/s | CPU µs/call |")
    assert len(table.splitlines()) == 2 + 15


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("mode", ["sync1", "async1"])
def test_a_wrong_reply_is_not_measured(peer: str, mode: str) -> None:
    case = cases.load("order", quick=False)
    wrong = xml_document(case, envelope=True).replace(b"Marta", b"Berta")
    with http_server.nginx(wrong) as url, pytest.raises(http.Wrong, match=peer):
        http.run_cell(PEERS[peer](case, url), mode, 0.01)


def test_a_peer_that_is_missing_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise Unavailable(f"{name} is not installed")

    monkeypatch.setattr(machine, "pin", lambda: None)
    monkeypatch.setattr(http_peers, "require", missing)
    assert http.main(["--rounds", "2", "--seconds", "0.01", "--mode", "sync1", "--peer", "zeep"]) == 0
    assert "| sync1 | zeep | zeep is not installed |" in capsys.readouterr().out


def test_without_nginx(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert http.main(["--rounds", "1"]) == 1
    assert "tools/system.sh nginx" in capsys.readouterr().err
