"""Generated clients call services that are not ours over one contract: every type, faults, headers, arrays, one-way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.interop.contract_cases import CASES, DIFFERENCES, Case, outcome, shown
from tests.interop.contract_peers import PEERS, WSDL
from tests.support.generated import generated
from tools.make_interop_page import PAGE, page, without_versions
from wsx.metadata import load

CALLS = [pytest.param(peer, case, id=f"{peer}-{case.group}-{case.name}") for peer in PEERS for case in CASES]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with generated(load(WSDL), tmp_path_factory.mktemp("package"), "made_contract") as package:
        yield package


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The peers that run, each started for the first of its cases."""
    with ExitStack() as stack:

        class Running(dict[str, str]):
            def __missing__(self, name: str) -> str:
                folder = tmp_path_factory.mktemp(name)
                found = self[name] = stack.enter_context(PEERS[name].running(folder))
                return found

        yield Running()


@pytest.mark.interop
@pytest.mark.parametrize(("peer", "case"), CALLS)
def test_a_call(peer: str, case: Case, urls: dict[str, str], package: Any) -> None:
    got = outcome(case, package, urls[peer])
    difference = DIFFERENCES.get((peer, case.group, case.name))
    if difference is None:
        assert got == case.expected
    else:
        assert got != case.expected, "the difference is gone: take it out of DIFFERENCES"
        assert shown(got) == difference.got


def test_differences_are_of_cases_that_exist() -> None:
    names = {(case.group, case.name) for case in CASES}
    assert len(names) == len(CASES)
    assert {key[1:] for key in DIFFERENCES} <= names
    assert {key[0] for key in DIFFERENCES} <= set(PEERS)


def test_the_page_is_up_to_date() -> None:
    """python -m tools.make_interop_page --write plays all calls and writes it."""
    assert without_versions(Path(PAGE).read_text("utf-8")) == without_versions(page(""))
