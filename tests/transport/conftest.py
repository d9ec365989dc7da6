"""Servers, certificates and transports of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Zoo, make_zoo
from tests.support.fault_server import FaultServer
from tests.support.http_calls import Calls, async_calls, sync_calls
from tests.support.loops import LoopTransport
from wsx.transport import Transport
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

# What the asyncio transport does otherwise, or cannot be asked from another thread; test_curl_async.py has its like.
SYNC_ONLY = ("test_capabilities", "test_a_child_of_a_fork_during_a_call", "test_abort_in_the_handshake")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of the one transport are tests of the other."""
    kinds = ["sync"] if metafunc.definition.name in SYNC_ONLY else ["sync", "asyncio"]
    for name in ("transport", "trusting"):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, kinds, indirect=True)
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", kinds)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def made(kind: str, ca_file: str | None = None) -> Iterator[Transport]:
    if kind == "sync":
        transport = CurlTransport(ca_file=ca_file)
        yield transport
        transport.close()
    else:
        loop_transport = LoopTransport(CurlAsyncTransport(ca_file=ca_file))
        yield loop_transport
        loop_transport.stop()


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> Iterator[Transport]:
    yield from made(request.param)


@pytest.fixture
def trusting(request: pytest.FixtureRequest, zoo: Zoo) -> Iterator[Transport]:
    """A transport that trusts the zoo's root."""
    yield from made(request.param, zoo.ca_file)


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return make_zoo(folder)


@pytest.fixture(params=[sync_calls, async_calls], ids=["sync", "async"])
def calls(request: pytest.FixtureRequest) -> Calls:
    """Makes calls over the one transport or the other, with the settings that it is given."""
    made: Calls = request.param
    return made
