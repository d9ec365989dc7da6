"""A case with everything that a case may hold, smaller than any real one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from benchmarks.cases.base import Case
from benchmarks.shape import ATTRIBUTE, Int32, Int64

__all__ = ["Leaf", "Tree", "make"]


@dataclass(slots=True)
class Leaf:
    """One field of every kind."""

    lang: Annotated[str, ATTRIBUTE]
    order: Annotated[Int32, ATTRIBUTE]
    flag: bool
    small: Int32
    large: Int64
    measure: float
    amount: Decimal
    moment: datetime
    key: UUID
    text: str
    data: bytes


@dataclass(slots=True)
class Tree:
    """Holds itself, a struct, and scalars that repeat."""

    name: str
    leaf: Leaf
    value: list[float]
    tree: list[Tree]


def _leaf(order: int) -> Leaf:
    return Leaf(
        lang='de"&',
        order=order,
        flag=order % 2 == 0,
        small=-order,
        large=2**40 + order,
        measure=1e300 / 3,
        amount=Decimal("-12.50"),
        moment=datetime(1999, 12, 31, 23, 59, 59, 999_000, tzinfo=timezone.utc),
        key=UUID(int=order),
        text="<ä & 東京>" if order else "",
        data=bytes(range(order)),
    )


def make(*, envelope: bool = False) -> Case:
    """A tree of three levels."""
    first, second = (Tree("inner", _leaf(2), [0.1, -5.0], []) for _ in range(2))
    value = Tree("outer", _leaf(0), [], [Tree("middle", _leaf(1), [2.5], [first]), second])
    return Case("example", "an example", "Example", "urn:example", value, envelope)
