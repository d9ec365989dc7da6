"""``bytes``: one field of 8 MiB of random bytes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from benchmarks.cases.base import Case

__all__ = ["QUICK_SIZE", "SIZE", "Blob", "make"]

NAMESPACE: Final = "urn:blob"
#: Bytes.
SIZE: Final = 8 << 20
QUICK_SIZE: Final = 100

_SEED: Final = 20_260_314


@dataclass(slots=True)
class Blob:
    data: bytes


def make(size: int) -> Case:
    """``size`` bytes, the same ones on each call."""
    return Case("bytes", f"{size:,} bytes", "Blob", NAMESPACE, Blob(random.Random(_SEED).randbytes(size)))
