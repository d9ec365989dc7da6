"""``message``: the order of ``order`` as a client sends it, with one header of its own; and such a reply."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.cases import order
from benchmarks.cases.base import Case
from benchmarks.cases.order import QUICK_SIZE, SIZE

__all__ = ["QUICK_SIZE", "SIZE", "make"]


def make(size: int) -> Case:
    """A message with an order of ``size`` lines."""
    case = order.make(size)
    return replace(case, name="message", title=f"{case.title}, as a whole message", envelope=True, message=True)
