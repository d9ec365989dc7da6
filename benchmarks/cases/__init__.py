"""The cases: ``make(size)`` of a file gives the data; ``SIZE`` and ``QUICK_SIZE`` count its repeating parts.

To add a case, add a file and name it in ``_MODULES``; the peers make their classes, tables, schemas and code from the
annotations of its dataclasses. A file of several cases is told the name of the one: ``make(size, name)``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from benchmarks.cases.base import Case

__all__ = ["NAMES", "Case", "load"]

_MODULES: Final = {
    "order": "order",
    "message": "message",
    "records": "records",
    "deep": "deep",
    "text_ascii": "text",
    "text_escape": "text",
    "text_unicode": "text",
    "doubles": "doubles",
    "bytes": "blob",
    "attributes": "variants",
    "namespaces": "variants",
    "choice": "variants",
    "derived": "variants",
}
_SHARED: Final = ("text", "variants")
NAMES: Final = tuple(_MODULES)


def load(name: str, *, quick: bool = False, size: int | None = None) -> Case:
    """The case of that name, of its own size, with ``quick`` the tiny data of a trial run, or of ``size``.

    KeyError for a name that is no case.
    """
    module = import_module(f"benchmarks.cases.{_MODULES[name]}")
    chosen = size or (module.QUICK_SIZE if quick else module.SIZE)
    case = module.make(chosen, name) if _MODULES[name] in _SHARED else module.make(chosen)
    if not isinstance(case, Case):
        raise TypeError(f"benchmarks.cases.{_MODULES[name]}.make gave no Case")
    return case
