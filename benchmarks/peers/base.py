"""What a peer is: a name, and for a case the two things that can be timed."""

from __future__ import annotations

import importlib
from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from benchmarks.cases.base import Case

__all__ = ["FEATURES", "Job", "Peer", "Unavailable", "Unsupported", "require"]


class Unavailable(Exception):
    """The peer cannot be used here; the text says what is missing."""


class Unsupported(Exception):
    """The peer does not do this work; the text says why."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is timed, and how to tell that it was right.

    ``run`` takes nothing and gives the result: bytes when writing, the peer's own objects when reading. ``restore``
    turns that result into the case's value, for the check only. ``size`` is the number of bytes read (when writing
    the result says it).
    """

    run: Callable[[], Any]
    restore: Callable[[Any], Any]
    size: int = 0
    #: Called before each run, not timed.
    prepare: Callable[[], None] | None = None
    #: Where ``run`` is another process's work: that process's own CPU nanoseconds for one of so many runs.
    timed: Callable[[int], float] | None = None


#: What the readers of the numbers are told about the cases that a peer leaves out.
FEATURES: Final = {
    "choice": "no code for choices",
    "derived": "no code for derived types",
    "message": "no messages, only elements",
    "namespaces": "no code for several namespaces",
}


class Peer(ABC):
    """A library, or a way of using one.

    What is made once in a program (tables, schemas, classes, the data in the form that the library asks for) is made by
    ``writer`` and ``reader`` and is not timed.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    #: What a reader of the numbers must know about this peer; empty for nothing.
    note: ClassVar[str] = ""
    #: The distributions whose versions belong to the results.
    distributions: ClassVar[tuple[str, ...]] = ()
    #: What the peer does beyond elements and attributes of one namespace; see ``Case.features``.
    features: ClassVar[frozenset[str]] = frozenset()
    #: Cases of more values are left out, as one run would take longer than all others together.
    most_values: ClassVar[int | None] = None

    def writer(self, case: Case) -> Job:
        """The job that writes the case; Unavailable, Unsupported."""
        raise Unsupported("does not write")

    def reader(self, case: Case) -> Job:
        """The job that reads the case; Unavailable, Unsupported."""
        raise Unsupported("does not read")


def require(module: str) -> Any:
    """Import a peer's module; Unavailable where that fails."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Unavailable(f"cannot import {module}: {error}") from error
