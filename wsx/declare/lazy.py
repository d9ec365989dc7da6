"""Names of a package that are imported when they are asked for (PEP 562), so that a large one costs what is used."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

__all__ = ["LazyNames", "lazy_names_of"]


class LazyNames:
    """The ``__getattr__`` of a package: ``modules`` says for each name which module of the package has it.

    Annotations of classes in such a module find the names of the package as if the module had imported them.
    """

    def __init__(self, package: str, modules: Mapping[str, str]) -> None:
        self._package = package
        self._modules = modules

    def __call__(self, name: str) -> Any:
        module = self._modules.get(name)
        if module is None:
            raise AttributeError(f"module {self._package!r} has no attribute {name!r}")
        found = getattr(import_module(module, self._package), name)
        setattr(sys.modules[self._package], name, found)
        return found

    def names(self) -> list[str]:
        """What the package has, for ``dir()``."""
        return sorted({*vars(sys.modules[self._package]), *self._modules})


def lazy_names_of(module: str) -> LazyNames | None:
    """The lazy names that a module can name: those of its package."""
    package = vars(sys.modules.get(module.rpartition(".")[0], object))
    found = package.get("__getattr__")
    return found if isinstance(found, LazyNames) else None
