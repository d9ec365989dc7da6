"""benchmarks.peers: every installed peer passes the check on every case, and on an example of everything."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks import cases
from benchmarks.cases.base import Case
from benchmarks.check import DIRECTIONS, check
from benchmarks.peers import PEERS
from benchmarks.peers.wsdl import wsdl_document
from benchmarks.reference import xml_document
from tests.benchmarks import example

NATIVE = ("gsoap", "libxml2", "limit")
INSTEAD = ("wsx-dict", "wsx-plain")
#: What a peer does not do, on purpose, beside what ``Case.features`` asks for. Anything else must be ``ok``.
UNSUPPORTED = {("fstrings", "read"), ("wsx-dict", "read"), ("wsx-plain", "read"), ("objectify", "write")}


def _supported(peer_name: str, case: Case, direction: str) -> bool:
    if (peer_name, direction) in UNSUPPORTED or case.features - PEERS[peer_name].features:
        return False
    if peer_name == "wsx-numpy":
        return case.name == "doubles"
    if peer_name in INSTEAD:
        return case.name in ("order", "records", "deep")
    return peer_name != "pydantic-xml" or case.name not in ("bytes", "example")


@cache
def _case(name: str) -> Case:
    if name.startswith("example"):
        return example.make(envelope=name == "example in an envelope")
    return cases.load(name, quick=True)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("case_name", [*cases.NAMES, "example", "example in an envelope"])
@pytest.mark.parametrize("peer_name", [name for name in PEERS if name not in NATIVE])
def test_every_peer_passes_the_check(peer_name: str, case_name: str, direction: str) -> None:
    found = check(PEERS[peer_name], _case(case_name), direction)
    if found.status == "missing" and peer_name != "wsx":
        pytest.skip(found.reason)
    if not _supported(peer_name, _case(case_name), direction):
        assert found.status == "unsupported"
        return
    assert (found.status, found.reason) == ("ok", "")
    assert found.size > 0


@pytest.mark.parametrize("peer_name", NATIVE)
def test_a_native_peer_passes_the_check(peer_name: str) -> None:
    # A program for each case would take the suite longer to compile than all others take to run.
    for direction in DIRECTIONS:
        found = check(PEERS[peer_name], _case("order"), direction)
        if found.status == "missing":
            pytest.skip(found.reason)
        assert (found.status, found.reason) == ("ok", "")
        assert found.job is not None
        assert found.job.timed is not None
        assert found.job.timed(1_000) > 0
    assert check(PEERS[peer_name], _case("attributes"), "write").status == "unsupported"


def test_peers_are_told_apart_by_their_names() -> None:
    assert all(name == peer.name and peer.title for name, peer in PEERS.items())
    assert len({peer.title for peer in PEERS.values()}) == len(PEERS)


def test_the_wsdl_describes_the_documents() -> None:
    etree = pytest.importorskip("lxml.etree")
    for name in (*cases.NAMES, "example"):
        case = _case(name)
        if case.features - PEERS["zeep"].features:
            continue
        (schema,) = etree.fromstring(wsdl_document(case)).iter("{http://www.w3.org/2001/XMLSchema}schema")
        etree.XMLSchema(etree.fromstring(etree.tostring(schema))).assertValid(
            etree.fromstring(xml_document(case, envelope=False))
        )
