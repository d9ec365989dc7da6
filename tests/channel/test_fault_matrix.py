"""The fault matrix: each fault, with both drivers, in the clear and over TLS: how it ends, and that nothing is left."""

from __future__ import annotations

import gc
import runpy
from pathlib import Path

import pytest

from tests.support.certificates import Zoo
from tests.support.fault_matrix import FAULTS, KINDS, Fault, Left, carry_out
from wsx.errors import ErrorCode

ROOT = Path(__file__).parent.parent.parent
CASES = [(fault, kind, tls) for fault in FAULTS for kind, tls in fault.cases()]
UNSENT = {ErrorCode.WS_E_PROXY_FAILURE, ErrorCode.WS_E_ENDPOINT_UNREACHABLE, ErrorCode.WS_E_ENDPOINT_NOT_FOUND}


@pytest.fixture(autouse=True)
def swept() -> None:
    """What earlier tests left to the garbage collector is not this one's."""
    gc.collect()


@pytest.mark.parametrize(
    ("fault", "kind", "tls"),
    CASES,
    ids=[f"{fault.name}-{kind}-{'tls' if tls else 'plain'}" for fault, kind, tls in CASES],
)
def test_fault(fault: Fault, kind: str, zoo: Zoo, *, tls: bool) -> None:
    outcome, left = carry_out(fault, kind, zoo, tls=tls)
    expected = fault.expected(tls=tls)
    assert outcome.fits(expected), (outcome, expected)
    assert left == Left(0, 0, 0)


def test_the_matrix_is_large_enough() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 24
    assert {kind for _, kind, _ in CASES} == set(KINDS)


def test_no_message_is_ever_sent_twice() -> None:
    for fault in FAULTS:
        for outcome in (fault.expected(tls=False), fault.expected(tls=True)):
            assert outcome.times == (0 if outcome.sent is False else 1), fault.name
            assert outcome.code not in UNSENT or outcome.sent is False


def test_the_page_is_fresh() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "make_fault_matrix.py"))
    assert (ROOT / "docs" / "faults.md").read_text("utf-8") == tool["page"](), "tools/make_fault_matrix.py --write"
