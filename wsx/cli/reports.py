"""The files a run writes: replies and failed rows, one JSON object per line."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from wsx.cli.rows import to_json
from wsx.cli.sender import Outcome

__all__ = ["ReportFile", "reply_text"]


class ReportFile:
    """A file of lines that survives being interrupted: every line is complete in the file once it was written.

    ``path`` None writes nothing. An error while writing is kept in ``error`` and ends the writing; it does not raise,
    so that the rows in flight can still be accounted for.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.error: OSError | None = None
        self.lines = 0
        self._file: IO[str] | None = None
        if path is not None:
            # Line buffering: a run that is killed leaves whole lines behind.
            self._file = Path(path).open("w", encoding="utf-8", buffering=1)  # noqa: SIM115 (closed by close)

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
