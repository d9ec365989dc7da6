"""How much of what a TCP socket has received was taken from it: it tells an answer from what came before the question.

Over TLS libcurl reads ahead. Bytes that follow a response unasked may lie in its buffers already, where no look at the
socket finds them, and would be taken for the next response. An answer to a request makes somebody take bytes from the
socket after the request was sent; what lay in a buffer does not.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import Final

__all__ = ["FIN", "taken_from"]

FIN: Final = 1
"""The end of a connection counts as a byte that was taken; the shortest TLS record has more."""

# struct tcp_info of Linux 4.1 and later up to tcpi_bytes_received.
_INFO: Final = struct.Struct("=128xQ")
_WAITING: Final = struct.Struct("i")
_TRIES: Final = 8

if sys.platform == "linux":
    from fcntl import ioctl
    from termios import FIONREAD

    def taken_from(number: int, port: int) -> int | None:
        """The bytes that were ever read from the socket ``number``, whose own port is ``port``.

        None where the system does not tell; a socket of another port is another one by now.
        """
        try:
            # With all three given, Python asks the system for none of them.
            borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, number)
        except OSError:
            return None
        try:
            return _taken(borrowed) if borrowed.getsockname()[1] == port else None
        except (OSError, IndexError, struct.error):
            # Not a TCP socket, or a system whose Linux is not one.
            return None
        finally:
            borrowed.detach()

    def _taken(sock: socket.socket) -> int | None:
        received = _received(sock)
        for _ in range(_TRIES):
            waiting = _WAITING.unpack(ioctl(sock, FIONREAD, bytes(_WAITING.size)))[0]
            before, received = received, _received(sock)
            if received == before:
                # Nothing has come between the two looks.
                return received - int(waiting)
        return None

    def _received(sock: socket.socket) -> int:
        return int(_INFO.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size))[0])

else:

    def taken_from(number: int, port: int) -> int | None:
        """None: the system does not tell."""
        return None
