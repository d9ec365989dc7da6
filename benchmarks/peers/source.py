"""Python code made from a case's shape: the straight-line code that a programmer would write for these classes."""

from __future__ import annotations

import sys
import types
from typing import Any

__all__ = ["compile_source"]


def compile_source(name: str, source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run generated code with ``names`` in its globals; gives its globals.

    The code lives in a module of its own, kept in ``sys.modules`` because libraries resolve annotations there.
    """
    module = types.ModuleType(f"benchmarks.peers.generated_{name}")
    module.__dict__.update(names)
    sys.modules[module.__name__] = module
    exec(compile(source, f"<{module.__name__}>", "exec"), module.__dict__)
    return module.__dict__
