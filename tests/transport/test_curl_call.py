"""What both transports over libcurl know of a kept connection."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("pycurl")

from wsx.transport.curl_call import is_dead
from wsx.transport.polling import END, READ, SelectPoll

POLLS: list[Callable[[], Any]] = [SelectPoll]
if hasattr(select, "poll"):
    POLLS.append(select.poll)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a TCP connection."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as near,
        listener.accept()[0] as far,
    ):
        yield near, far


@pytest.mark.parametrize("poll", POLLS)
@pytest.mark.parametrize("framed", [False, True])
def test_a_kept_connection(ends: tuple[socket.socket, socket.socket], poll: Callable[[], Any], framed: bool) -> None:
    near, far = ends
    number = near.fileno()
    assert not is_dead(poll(), number, framed=framed)
    far.sendall(b"x")
    select.select([near], [], [], 5)
    # Frames of HTTP/2 may come between requests; a system that cannot tell them from an end makes a new connection.
    assert is_dead(poll(), number, framed=framed) == (not framed or poll is SelectPoll or END == READ)
    far.shutdown(socket.SHUT_WR)
    near.recv(1)
    select.select([near], [], [], 5)
    assert is_dead(poll(), number, framed=framed)
