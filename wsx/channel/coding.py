"""Content codings: gzip out, gzip and deflate in, with quotas against decompression bombs."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Final

from wsx.errors import InvalidFormat, QuotaExceeded

__all__ = ["ACCEPTED", "Decoder", "coding_of", "decoded", "gzipped"]

# What a channel says it takes (RFC 9110 §12.5.3).
ACCEPTED: Final = b"gzip, deflate"
_NAMES: Final = {b"gzip": b"gzip", b"x-gzip": b"gzip", b"deflate": b"deflate"}
_IDENTITY: Final = (b"", b"identity")
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
# One step's output: small enough that a bomb is noticed before it takes memory.
_STEP: Final = 256 << 10
_LEVEL: Final = 6


def gzipped(body: bytes) -> bytes:
    """``body`` as one member of gzip (RFC 1952), the same bytes every time: without name and time."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(body) + packer.flush()


def coding_of(headers: Sequence[tuple[bytes, bytes]]) -> bytes | None:
    """The content coding of a response, ``b"gzip"`` or ``b"deflate"``; None without one.

    :raises InvalidFormat: for any other coding, and for several one over the other.
    """
    found = None
    for name, value in headers:
        if len(name) == 16 and name.lower() == b"content-encoding":
            for item in bytes(value).lower().split(b","):
                coding = item.strip()
                if coding in _IDENTITY:
                    continue
                if found is not None:
                    raise InvalidFormat("the response has several content codings, one over the other")
                found = _NAMES.get(coding)
                if found is None:
                    raise InvalidFormat(f"the content coding {coding.decode('latin-1')!r} is neither gzip nor deflate")
    return found


class Decoder:
    """Undoes a content coding piece by piece.

    :param coding: ``b"gzip"`` (RFC 1952, any number of members) or ``b"deflate"`` (RFC 1950; bare RFC 1951 is taken,
        too, for some servers send that).
    :param max_size: bytes that all of it may have when the coding is undone.
    :param max_ratio: how many times larger than the received bytes it may be…
    :param ratio_above: …once it has more than this many bytes.
    """

    __slots__ = ("_coding", "_in", "_max_ratio", "_max_size", "_out", "_ratio_above", "_start", "_unpacker")

    def __init__(self, coding: bytes, *, max_size: int, max_ratio: int, ratio_above: int) -> None:
        self._coding = coding
        self._max_size = max_size
        self._max_ratio = max_ratio
        self._ratio_above = ratio_above
        self._in = self._out = 0
        self._start = b""
        self._unpacker: Any = None

    def feed(self, data: bytes) -> bytes:
        """What ``data``, the next received bytes, becomes; may be empty.

        :raises InvalidFormat: when it is not of the coding.
        :raises QuotaExceeded: when one of the limits is passed.
        """
        self._in += len(data)
        pieces = []
        while data:
            unpacker = self._unpacker or self._begin(data)
            if unpacker is None:
                break
            if self._start:
                data, self._start = self._start + data, b""
            if unpacker.eof:
                data = self._after_the_end(data)
                continue
            try:
                piece = unpacker.decompress(data, _STEP)
            except zlib.error as error:
                raise InvalidFormat(f"the response is not in its content coding {self._name}: {error}") from error
            self._count(len(piece))
            pieces.append(piece)
            # At the end of a member what follows it is the rest; before, what did not fit into the step.
            data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            if not data and len(piece) == _STEP:
                pieces.extend(self._drain(unpacker))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def finish(self) -> None:
        """The received bytes have ended.

        :raises InvalidFormat: when they end in the middle.
        """
        if self._in and (self._unpacker is None or not self._unpacker.eof):
            raise InvalidFormat(f"the response ends in the middle of its content coding {self._name}")

    @property
    def _name(self) -> str:
        return self._coding.decode("ascii")

    def _begin(self, data: bytes) -> Any:
        """The unpacker for data that begins so; None while that cannot be told."""
        if self._coding == b"gzip":
            self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
            return self._unpacker
        start = self._start + data[:2]
        if len(start) < 2:
            self._start = start
            return None
        # RFC 1950 §2.2: method 8, and the check bits; a bare deflate stream does not begin so.
        wrapped = start[0] & 0x0F == 8 and (start[0] << 8 | start[1]) % 31 == 0
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        return self._unpacker

    def _after_the_end(self, data: bytes) -> bytes:
        """Bytes after the end of a member: another one, with gzip."""
        if self._coding != b"gzip":
            raise InvalidFormat(f"bytes follow the end of the content coding {self._name}")
        self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
        return data

    def _drain(self, unpacker: Any) -> list[bytes]:
        """What the unpacker has left although it has taken all bytes."""
        pieces = []
        while not unpacker.eof and (piece := unpacker.decompress(b"", _STEP)):
            self._count(len(piece))
            pieces.append(piece)
        return pieces

    def _count(self, size: int) -> None:
        self._out += size
        if self._out > self._max_size:
            raise QuotaExceeded(f"the decompressed response has more than {self._max_size} bytes")
        if self._out > self._ratio_above and self._out > self._in * self._max_ratio:
            raise QuotaExceeded(
                f"the response is more than {self._max_ratio} times larger when it is decompressed "
                f"(max_decompression_ratio)"
            )


def decoded(coding: bytes, body: bytes, *, max_size: int, max_ratio: int, ratio_above: int) -> bytes:
    """A whole ``body`` without its content coding; the parameters and errors are those of :class:`Decoder`."""
    decoder = Decoder(coding, max_size=max_size, max_ratio=max_ratio, ratio_above=ratio_above)
    result = decoder.feed(body)
    decoder.finish()
    return result
