"""benchmarks.growth: time by size and the memory of a run."""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks import growth


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_the_peak_and_what_stays() -> None:
    def run() -> bytearray:
        waste = bytearray(b"x" * 40_000_000)
        return bytearray(waste[:20_000_000])

    peak, held = growth._peak(run)
    assert 55_000_000 < peak < 150_000_000
    assert 15_000_000 < held < 60_000_000


@pytest.mark.parametrize("peer", growth.GROWTH_PEERS)
def test_both_directions_of_a_size(peer: str) -> None:
    found = growth._grown(peer, 30)
    assert (found["peer"], found["records"]) == (peer, 30)
    assert min(found["bytes"], found["write_ns"], found["read_ns"]) > 0


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_a_process_for_each_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    (write, read) = growth.memory(["fstrings"], "order")
    assert (write["status"], read["status"]) == ("ok", "unsupported")
    assert write["peak"] >= 0
    assert growth.main(["--grown", "wsx", "10"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 10
