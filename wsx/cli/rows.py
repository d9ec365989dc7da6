"""Rows of JSON Lines and CSV files.

A row is one message: a JSON-able value (usually an object) with its number. What cannot be read as a row is still
one, carrying its error, so that the caller's sums stay right.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

__all__ = ["STANDARD_INPUT", "Row", "RowFormat", "count_rows", "detect_format", "failed_line", "open_rows", "to_json"]

STANDARD_INPUT: Final = "-"
RowFormat = str  # "jsonl" or "csv"

_FAILED_KEYS: Final = frozenset({"row", "error", "code", "input"})


@dataclass(frozen=True)
class Row:
    """One row of the input.

    ``number`` counts rows from 1; rows of a file that an earlier run wrote with ``--failed`` keep the number they had
    in the first file. ``line`` is the line where the row ends. ``data`` is what the row holds, JSON-able but for
    Decimal. ``error`` is what is wrong with the row itself, None when it could be read.
    """

    number: int
    line: int
    data: Any
    error: str | None = None

    @property
    def place(self) -> str:
        """The row as error messages name it."""
        return f"row {self.number}, line {self.line}"


def detect_format(path: str) -> RowFormat:
    """``csv`` for a file called ``*.csv``, else ``jsonl``."""
    return "csv" if path.lower().endswith(".csv") else "jsonl"


@contextmanager
def open_rows(
    path: str, row_format: RowFormat, keeps_empty: Callable[[str], bool] = lambda column: False
) -> Iterator[Iterator[Row]]:
    """Open ``path`` (``-`` is standard input) and give its rows one by one.

    ``keeps_empty`` says of a CSV column whether an empty cell is an empty text; elsewhere it is left out of the row. It
    may raise ValueError for a column that does not belong there.
    Raises OSError when the file cannot be opened and ValueError when a CSV file has no usable header line.
    """
    if path == STANDARD_INPUT:
        yield _rows(sys.stdin.buffer, row_format, keeps_empty)
        return
    with Path(path).open("rb") as file:
        yield _rows(file, row_format, keeps_empty)


def count_rows(
    path: str, row_format: RowFormat, keeps_empty: Callable[[str], bool] = lambda column: False
) -> int | None:
    """Number of rows of a file, None for standard input, which can be read only once."""
    if path == STANDARD_INPUT:
        return None
    if row_format == "csv":
        with open_rows(path, row_format, keeps_empty) as rows:
            return sum(1 for _ in rows)
    with Path(path).open("rb") as file:
        return sum(1 for line in file if line.strip())


def _rows(file: IO[bytes], row_format: RowFormat, keeps_empty: Callable[[str], bool]) -> Iterator[Row]:
    return _csv_rows(file, keeps_empty) if row_format == "csv" else _json_rows(file)


def _json_rows(file: IO[bytes]) -> Iterator[Row]:
    number = 0
    for line, raw in enumerate(file, start=1):
        data = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
        if not data.strip():
            continue
        number += 1
        try:
            # Decimal keeps every digit of the file; the table decides later what a number becomes.
            value = json.loads(data, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            yield Row(number, line, data.decode("utf-8", "backslashreplace").strip(), f"not JSON: {error}")
            continue
        if isinstance(value, dict) and value.keys() == _FAILED_KEYS and type(value["row"]) is int:
            yield Row(value["row"], line, value["input"])
        else:
            yield Row(number, line, value)


def _csv_rows(file: IO[bytes], keeps_empty: Callable[[str], bool]) -> Iterator[Row]:
    # Bytes that are not UTF-8 become lone surrogates, which the writer refuses: that row fails, the others go on.
    lines = (raw.decode("utf-8", "surrogateescape") for raw in file)
    reader = csv.reader(lines, strict=True)
    columns = _columns(reader)
    kept = frozenset(column for column in columns if keeps_empty(column))
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(number, reader.line_num, None, f"not CSV: {error}")
            continue
        if not cells:
            continue
        number += 1
        try:
            yield Row(number, reader.line_num, _nest(columns, cells, kept))
        except ValueError as error:
            yield Row(number, reader.line_num, dict(zip(columns, cells, strict=False)), str(error))


def _columns(reader: Any) -> list[str]:
    try:
        columns = [cell.strip() for cell in next(reader)]
    except StopIteration:
        raise ValueError("the file has no header line with the names of the fields") from None
    except csv.Error as error:
        raise ValueError(f"the header line is not CSV: {error}") from None
    if columns:
        columns[0] = columns[0].removeprefix("\ufeff")
    for column in columns:
        if not all(column.split(".")):
            raise ValueError(f"the header line has a column without a usable name: {column!r}")
        if columns.count(column) > 1:
            raise ValueError(f"the header line names the column {column!r} twice")
    return columns


def _nest(columns: list[str], cells: list[str], kept: frozenset[str]) -> dict[str, Any]:
    """The row as an object: ``a.b`` is field b of structure a, a cell in brackets JSON; empty cells are left out."""
    if len(cells) != len(columns):
        raise ValueError(f"{len(cells)} cells where the header line names {len(columns)}")
    row: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if not cell and column not in kept:
            continue
        value: Any = cell
        if cell.startswith(("[", "{")):
            try:
                value = json.loads(cell, parse_float=Decimal)
            except (ValueError, RecursionError):
                value = cell  # a text that starts with a bracket; a structure or list is refused by the table
        target = row
        *parents, name = column.split(".")
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise ValueError(f"column {column!r}: {parent!r} has a cell of its own")
        if name in target:
            raise ValueError(f"column {column!r} and its parts both have a value")
        target[name] = value
    return row


def to_json(value: object) -> str:
    """``value`` as one line of JSON; Decimals become strings, which a table reads without loss."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    # A lone surrogate cannot stand in UTF-8; as an escape it can.
    return (
        text if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text) else json.dumps(value, default=str)
    )


def failed_line(row: Row, error: str, code: str) -> str:
    """The line that ``--failed`` writes for ``row``; :func:`open_rows` takes its ``input`` again."""
    return to_json({"row": row.number, "error": error, "code": code, "input": row.data})
