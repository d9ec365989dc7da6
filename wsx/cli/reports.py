"""The files a run writes: replies and failed rows, one JSON object per line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

from wsx.cli.journal import trim_last_line
from wsx.cli.rows import to_json
from wsx.cli.sender import Outcome

__all__ = ["ReportFile", "replied_rows", "reply_text"]


class ReportFile:
    """A file of lines that survives being interrupted: every line is complete in the file once it was written.

    ``path`` None writes nothing; ``append`` goes on after the whole lines that the file holds. An error while writing
    is kept in ``error`` and ends the writing; it does not raise, so that the rows in flight can still be accounted for.
    """

    def __init__(self, path: str | None, *, append: bool = False) -> None:
        self.path = path
        self.error: OSError | None = None
        self.lines = 0
        self._file: IO[str] | None = None
        if path is not None:
            append = append and Path(path).is_file()
            if append:
                trim_last_line(Path(path))
            # Line buffering: a run that is killed leaves whole lines behind.
            self._file = Path(path).open("a" if append else "w", encoding="utf-8", buffering=1)  # noqa: SIM115 (closed by close)

    def write(self, line: str) -> None:
        """Append ``line``."""
        if self._file is None or self.error is not None:
            return
        try:
            self._file.write(line + "\n")
            self.lines += 1
        except OSError as error:
            self.error = error

    def close(self) -> None:
        """Close the file; an error that shows only now is kept like any other."""
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as error:
            self.error = self.error or error


def reply_text(outcome: Outcome) -> str:
    """The line of a sent row."""
    return to_json({"row": outcome.row.number, "reply": outcome.reply})


def replied_rows(path: str | None) -> set[int]:
    """The numbers of the rows whose replies are in the file. Raises OSError."""
    found: set[int] = set()
    if path is None or not Path(path).is_file():
        return found
    with Path(path).open(encoding="utf-8") as file:
        for line in file:
            try:
                entry: Any = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and type(entry.get("row")) is int:
                found.add(entry["row"])
    return found
