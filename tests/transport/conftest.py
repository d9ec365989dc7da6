"""Servers, certificates and transports of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Zoo, make_zoo
from tests.support.fault_server import FaultServer
from wsx.transport.curl import CurlTransport


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


@pytest.fixture
def transport() -> Iterator[CurlTransport]:
    made = CurlTransport()
    yield made
    made.close()


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return make_zoo(folder)
