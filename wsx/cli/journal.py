"""The journal of ``wsx send --resume``: which rows were begun and which are done, on disk before and after each one.

A row that was begun and is not done was in flight when the run was killed; nobody knows whether it was acted on, so
that it is not sent again. Every record is one write to a file that is opened for appending: what a killed process has
written stays. A computer that loses its power may lose the last records.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from wsx.cli.rows import Row

__all__ = ["Journal", "JournalProblem", "RecordedRows", "fingerprint", "trim_last_line"]

_VERSION: Final = 1
_BEGUN: Final = b"> "
_DONE: Final = b"= "


class JournalProblem(Exception):
    """The journal cannot be used; the text says why."""


class Journal:
    """Of one run over one input, and of the runs that go on with it.

    :param path: the file, made when it is missing.
    :param run: what the run is, text by text; a journal of another one is refused.
    :raises JournalProblem: for a file of something else or of another run, or one that another process uses.
    :raises OSError: when it cannot be read or written.
    """

    def __init__(self, path: Path, run: Mapping[str, str]) -> None:
        self.path = path
        self.done: set[int] = set()
        self.in_doubt: set[int] = set()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            _lock(self._file, path)
            trim_last_line(path)
            self.resumed = path.stat().st_size > 0
            if self.resumed:
                self._read(run)
            else:
                os.write(self._file, _header(run))
        except BaseException:
            os.close(self._file)
            raise

    def _read(self, run: Mapping[str, str]) -> None:
        with self.path.open("rb") as file:
            try:
                head = json.loads(next(file))
                before = head["run"] if head["journal"] == _VERSION else None
            except (ValueError, KeyError, TypeError):
                before = None
            if not isinstance(before, dict):
                raise JournalProblem(f"{self.path} is not a journal of wsx send")
            other = [name for name in {**before, **run} if before.get(name) != run.get(name)]
            if other:
                text = f"is the journal of a run with another {' and '.join(other)}; remove it to send all rows"
                raise JournalProblem(f"{self.path} {text}")
            for record in file:
                (self.done if record.startswith(_DONE) else self.in_doubt).add(int(record[2:]))
        self.in_doubt -= self.done

    def begin(self, line: int) -> None:
        """The row that ends at ``line`` will be sent now. Raises OSError."""
        os.write(self._file, b"%s%d\n" % (_BEGUN, line))

    def finish(self, line: int) -> None:
        """What became of that row is known, and written where it belongs. Raises OSError."""
        os.write(self._file, b"%s%d\n" % (_DONE, line))

    def close(self) -> None:
        """Close the file; it stays, for a later run."""
        os.close(self._file)


class RecordedRows(Iterator[Row]):
    """The rows that are left, each recorded as begun when it is taken, as long as ``recording``."""

    def __init__(self, rows: Iterator[Row], journal: Journal) -> None:
        self._rows = rows
        self._journal = journal
        self.recording = True

    def __next__(self) -> Row:
        for row in self._rows:
            if row.line not in self._journal.done:
                if self.recording:
                    self._journal.begin(row.line)
                return row
        raise StopIteration


def fingerprint(path: str) -> str:
    """The SHA-256 of a file. Raises OSError."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def trim_last_line(path: Path) -> None:
    """Take off what stands behind the last line end: a part of a line that a killed process wrote. Raises OSError."""
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - (1 << 16))
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            end = start + found + 1
            if found >= 0:
                break
        file.truncate(end)


def _header(run: Mapping[str, str]) -> bytes:
    return json.dumps({"journal": _VERSION, "run": dict(run)}).encode() + b"\n"


def _lock(file: int, path: Path) -> None:
    try:
        import fcntl  # noqa: PLC0415 (not on Windows)
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise JournalProblem(f"{path} is in use: another wsx send is running") from None
