"""Documents read whole and in pieces, and what must be the same."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from fuzz.tables import comparable
from wsx import XmlReader
from wsx._reader import Reader
from wsx._scanner import MoreInput
from wsx.descriptions import ElementDescription
from wsx.errors import WsError
from wsx.quotas import Quotas
from wsx.xml import read_element

__all__ = ["INPUT", "Outcome", "agree", "by_feeding", "cut", "nodes_of", "places", "value_in_pieces", "value_of_whole"]

T = TypeVar("T")
# Errors of the input as a whole, which are met sooner or later than others.
INPUT = ("a byte that is no UTF-8", "bytes that are not UTF16", "the encoding is not UTF-8", "too few bytes to tell")


class Outcome(NamedTuple):
    """What reading gave: a value, or an error with its place."""

    value: Any
    error: str
    offset: int | None
    path: str | None


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """The data as pieces that end at these places."""
    ends = sorted({place for place in places if 0 < place < len(data)})
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def places(data: bytes) -> Iterable[int]:
    """Where to cut it, as its own bytes tell: everywhere or at a few places."""
    number = zlib.crc32(data)
    return range(len(data)) if number % 8 == 0 else [number * i % (len(data) + 1) for i in range(1, number % 8 + 1)]


def by_feeding(reader: Reader, pieces: Iterator[bytes], call: Callable[[], T]) -> T:
    """The result of a call that is made again with each piece that it wants."""
    while True:
        try:
            return call()
        except MoreInput:
            piece = next(pieces, None)
            if piece is None:
                reader.end_input()
            else:
                reader.feed(piece)


def nodes_of(source: bytes | Sequence[bytes], quotas: Quotas) -> Outcome:
    """The nodes of a document, given whole or in pieces."""
    return _outcome(lambda: list(XmlReader(source, quotas=quotas)))


def _outcome(read: Callable[[], Any]) -> Outcome:
    try:
        return Outcome(comparable(read()), "", None, None)
    except WsError as error:
        return Outcome(None, type(error).__name__ + str(error).partition(" at byte")[0], error.offset, error.path)


def value_of_whole(table: ElementDescription, data: bytes, quotas: Quotas) -> Outcome:
    """A document that is there as one piece, by a table."""
    return _outcome(lambda: read_element(table, data, quotas=quotas))


def value_in_pieces(table: ElementDescription, pieces: Sequence[bytes], quotas: Quotas) -> Outcome:
    """The same of its pieces."""

    def read() -> Any:
        coming = iter(pieces)
        reader = Reader.in_pieces(quotas=quotas)
        value = by_feeding(reader, coming, lambda: reader.read_element(table))
        by_feeding(reader, coming, reader.end_document)
        return value

    return _outcome(read)


def agree(whole: Outcome, pieces: Outcome) -> bool:
    """The same values, or an error of the same code at the same place; its words may tell of what had come so far.

    Of two errors the first one counts; but a whole document with a character that is none is refused for that.
    """
    errors = whole.error, pieces.error
    if not all(errors):
        return whole == pieces
    codes = [error.rpartition("[")[2] for error in errors]
    same = codes[0] == codes[1] and (whole.offset, whole.path) == (pieces.offset, pieces.path)
    return same or any(text in error for error in errors for text in INPUT)
