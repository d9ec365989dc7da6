"""The corpora: one file for each target, a line of base64 for each input, sorted by length."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Final

__all__ = ["LONGEST", "load", "pack", "save", "unpack"]

FOLDER: Final = Path(__file__).parent / "corpus"
# Longer inputs find nothing that these do not, and cost time at every replay.
LONGEST: Final = 2048
# Bytes of the inputs of one corpus; the shortest ones are kept.
MOST: Final = 80_000


def load(target: str) -> list[bytes]:
    """The inputs of a target."""
    return [base64.b64decode(line) for line in (FOLDER / f"{target}.txt").read_text("ascii").splitlines()]


def save(target: str, inputs: Iterable[bytes]) -> None:
    """Replaces the corpus of a target."""
    chosen = sorted({data for data in inputs if len(data) <= LONGEST}, key=lambda data: (len(data), data))
    while sum(map(len, chosen)) > MOST:
        chosen.pop()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{target}.txt").write_text("".join(base64.b64encode(data).decode() + "\n" for data in chosen), "ascii")


def unpack(target: str, folder: Path) -> None:
    """One file for each input, as fuzzers want them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(load(target)):
        (folder / f"{number:05}").write_bytes(data)


def pack(target: str, folder: Path) -> None:
    """Makes the files of a folder the corpus of a target."""
    save(target, (path.read_bytes() for path in folder.iterdir()))
