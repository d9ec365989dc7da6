"""A name lookup that takes its time: given up at once, by a limit, an abort or a cancellation."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.other_process import ROOT, namespaces


@pytest.mark.parametrize(
    ("driver", "way", "code"),
    [
        ("sync", "timeout", "WS_E_OPERATION_TIMED_OUT"),
        ("sync", "abort", "WS_E_OPERATION_ABORTED"),
        ("asyncio", "timeout", "WS_E_OPERATION_TIMED_OUT"),
        ("asyncio", "abort", "WS_E_OPERATION_ABORTED"),
        ("asyncio", "cancel", "cancelled"),
    ],
)
def test_nobody_waits_for_a_lookup_that_was_given_up(driver: str, way: str, code: str) -> None:
    """The name server is silent for ten seconds; the call ends, and the transport is closed, while the lookup runs."""
    command = [*namespaces(), sys.executable, "-m", "tests.support.silent_lookup", driver, way]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout) == [code, True]
