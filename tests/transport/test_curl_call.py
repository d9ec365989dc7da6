"""What both transports over libcurl know of a kept connection."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from wsx.transport.polling import END, READ, IdlePoll


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a TCP connection."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as near,
        listener.accept()[0] as far,
    ):
        yield near, far


@pytest.mark.parametrize("system_has_poll", [True, False])
@pytest.mark.parametrize("framed", [False, True])
def test_a_kept_connection(
    ends: tuple[socket.socket, socket.socket], system_has_poll: bool, framed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not system_has_poll:
        monkeypatch.delattr("select.poll", raising=False)
    idle = IdlePoll()
    near, far = ends
    number = near.fileno()
    assert not idle.is_dead(number, framed=framed)
    far.sendall(b"x")
    select.select([near], [], [], 5)
    # Frames of HTTP/2 may come between requests; a system that cannot tell them from an end makes a new connection.
    assert idle.is_dead(number, framed=framed) == (not framed or not system_has_poll or END == READ)
    far.shutdown(socket.SHUT_WR)
    near.recv(1)
    select.select([near], [], [], 5)
    assert idle.is_dead(number, framed=framed)


def test_one_after_the_other(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    idle = IdlePoll()
    far.sendall(b"x")
    select.select([near], [], [], 5)
    assert [idle.is_dead(end.fileno(), framed=False) for end in (near, far, far, near)] == [True, False, False, True]
    number = near.fileno()
    near.close()
    # A closed one is as dead as one whose other side is gone.
    assert idle.is_dead(number, framed=False)
