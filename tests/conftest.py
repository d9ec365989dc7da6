"""What all tests share: no test reaches beyond this machine."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from wsx.errors import ErrorCode


def pytest_make_parametrize_id(val: object) -> str | None:
    """Parameters that are codes are called by their names, not by their numbers."""
    return val.name if isinstance(val, ErrorCode) else None


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections by Python's own sockets go to the loopback interface only; a proxy of the environment is not used."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test connects to {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
