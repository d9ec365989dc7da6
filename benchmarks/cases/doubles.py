"""``doubles``: a list of 1,000,000 numbers at full precision, 36 MB of XML."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from benchmarks.cases.base import Case

__all__ = ["QUICK_SIZE", "SIZE", "Numbers", "make"]

NAMESPACE: Final = "urn:numbers"
SIZE: Final = 1_000_000
QUICK_SIZE: Final = 50

_SEED: Final = 20_260_314


@dataclass(slots=True)
class Numbers:
    value: list[float]


def make(size: int) -> Case:
    """``size`` numbers, the same ones on each call."""
    chance = random.Random(_SEED)
    numbers = [chance.uniform(-1, 1) * 10.0 ** chance.randint(-3, 6) for _ in range(size)]
    return Case("doubles", f"{size:,} doubles", "Numbers", NAMESPACE, Numbers(numbers))
