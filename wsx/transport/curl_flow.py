"""The bodies of a streamed exchange, between libcurl and its user, who both call: back-pressure both ways."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

import pycurl

__all__ = ["Buffer", "Flow"]

Buffer: TypeAlias = "bytes | bytearray | memoryview"

# So much of a response is kept for a user who does not read; libcurl reads on from the socket when there is less.
_HELD: Final = 256 << 10
_NOTHING: Final = memoryview(b"")


def _nothing_to_wake() -> None:
    """A blocking exchange looks by itself."""


class Flow:
    """What waits to be sent and what waits to be read, with the reasons for which libcurl pauses.

    :param length: the bytes of the request's body when they are known.
    :param wake: called when something has changed for the user.
    """

    __slots__ = (
        "_pieces",
        "_size",
        "_waiting",
        "begun",
        "ended",
        "failure",
        "full",
        "given",
        "length",
        "sink",
        "starved",
        "taken",
        "wake",
    )

    def __init__(self, length: int | None, wake: Callable[[], None] = _nothing_to_wake) -> None:
        self.length = length
        self.wake = wake
        # Out
        self._waiting = _NOTHING  # what libcurl has not taken yet
        self.given = self.taken = 0  # bytes
        self.ended = False  # nothing more will be given
        self.starved = False  # libcurl has paused sending, for there was nothing
        # In
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self.begun = False  # some of a response's body has come
        self.full = False  # libcurl has paused receiving, for nobody reads
        self.sink: Callable[[memoryview], object] | None = None
        self.failure: BaseException | None = None  # of the sink

    # The user's side

    def give(self, data: Buffer) -> None:
        """Put ``data`` where libcurl takes it; all that was given before has been taken."""
        view = memoryview(data)
        self._waiting = view if view.format == "B" and view.ndim == 1 else view.cast("B")
        self.given += len(self._waiting)

    @property
    def taken_all(self) -> bool:
        """Whether libcurl has taken all that was given."""
        return not self._waiting

    def drop(self) -> None:
        """Forget what was not taken."""
        self._waiting = _NOTHING

    @property
    def has_piece(self) -> bool:
        """Whether something waits to be read."""
        return bool(self._pieces)

    def next_piece(self) -> bytes:
        """The next piece of the response's body, b"" when nothing waits."""
        if not self._pieces:
            return b""
        piece = self._pieces.popleft()
        self._size -= len(piece)
        return piece

    def resumes(self) -> int | None:
        """What libcurl is to stay paused for, as ``pause`` takes it, after a change; None when that changes nothing."""
        send = self.starved and (self.ended or not self.taken_all)
        receive = self.full and (self.sink is not None or self._size < _HELD // 2)
        if not (send or receive):
            return None
        self.starved &= not send
        self.full &= not receive
        return (pycurl.PAUSE_SEND if self.starved else 0) | (pycurl.PAUSE_RECV if self.full else 0)

    def restart_response(self) -> None:
        """What has come belonged to a response that libcurl has followed up itself."""
        self._pieces.clear()
        self._size, self.begun = 0, False

    # libcurl's side

    def send_some(self, size: int) -> bytes | int:
        """CURLOPT_READFUNCTION."""
        waiting = self._waiting
        if waiting:
            part = bytes(waiting[:size])
            self._waiting = waiting[len(part) :]
            self.taken += len(part)
            if not self._waiting:
                self.wake()
            return part
        if self.ended:
            return b""
        self.starved = True
        return int(pycurl.READFUNC_PAUSE)

    def receive_some(self, piece: memoryview) -> int | None:
        """CURLOPT_WRITEFUNCTION, with memoryviews."""
        self.begun = True
        if self.sink is not None and not self._pieces:
            try:
                self.sink(piece)
            except BaseException as error:
                self.failure = error
                return 0
            return None
        if self._size and self._size + len(piece) > _HELD:
            self.full = True
            self.wake()
            return int(pycurl.WRITEFUNC_PAUSE)
        self._pieces.append(bytes(piece))
        self._size += len(piece)
        self.wake()
        return None
