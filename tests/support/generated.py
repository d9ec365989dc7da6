"""Packages that `wsx gen` makes, imported for a test."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wsx.metadata import generate
from wsx.metadata.model import Model

__all__ = ["generated"]


@contextmanager
def generated(model: Model, folder: Path, name: str) -> Iterator[Any]:
    """The package ``name``, generated from ``model`` into ``folder``; nothing of it stays imported."""
    generate(model, folder / name)
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for known in [known for known in sys.modules if known.startswith(name)]:
            del sys.modules[known]
