"""The cases, one file each: ``make(size)`` gives the data; ``SIZE`` and ``QUICK_SIZE`` count its repeating parts.

To add a case, add a file and name it in ``NAMES``; the peers make their classes, tables, schemas and code from the
annotations of its dataclasses.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from benchmarks.cases.base import Case

__all__ = ["NAMES", "Case", "load"]

NAMES: Final = ("order", "records")


def load(name: str, *, quick: bool = False) -> Case:
    """The case of that name; with ``quick`` the tiny data of a trial run. KeyError for a name that is no case."""
    if name not in NAMES:
        raise KeyError(name)
    module = import_module(f"benchmarks.cases.{name}")
    case = module.make(module.QUICK_SIZE if quick else module.SIZE)
    if not isinstance(case, Case):
        raise TypeError(f"benchmarks.cases.{name}.make gave no Case")
    return case
