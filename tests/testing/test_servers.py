"""The servers of the tests hold what the tests ask of them."""

from __future__ import annotations

import contextlib
import socket
import sys

import pytest

from tests.support.fault_server import FaultServer, accept_queue, full_listener
from tests.support.http_peer import HttpPeer
from tests.support.leaks import until

LINUX_ONLY = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="TCP_INFO of a listener is Linux's")


@LINUX_ONLY
@pytest.mark.parametrize("kind", ["http peer", "fault server"])
def test_as_many_connections_may_wait_as_tests_make_at_once(kind: str) -> None:
    """Nobody accepts here: what the queue does not hold is lost, and its client waits for an answer for a minute."""
    listener = HttpPeer()._server.socket if kind == "http peer" else FaultServer()._listener
    with contextlib.ExitStack() as stack:
        stack.enter_context(listener)
        for _ in range(100):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(listener.getsockname())
        until(lambda: accept_queue(listener)[0] == 100, "all connections wait to be accepted")


@LINUX_ONLY
def test_no_connection_to_a_full_listener_is_made() -> None:
    for _ in range(20):
        with full_listener() as port, socket.socket() as client:
            client.settimeout(0.01)
            with pytest.raises(TimeoutError):
                client.connect(("127.0.0.1", port))
