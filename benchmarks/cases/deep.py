"""``deep``: a tree of 12 levels, two children each; 4,095 nodes of three fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.cases.base import Case
from benchmarks.shape import Int32

__all__ = ["QUICK_SIZE", "SIZE", "Node", "make"]

NAMESPACE: Final = "urn:deep"
#: Levels.
SIZE: Final = 12
QUICK_SIZE: Final = 3


@dataclass(slots=True)
class Node:
    name: str
    depth: Int32
    leaf: bool
    node: list[Node]


def make(size: int) -> Case:
    """A tree of ``size`` levels."""
    tree = _node("n", 1, size)
    return Case("deep", f"a tree of {size} levels, {2**size - 1:,} nodes", "Node", NAMESPACE, tree)


def _node(name: str, depth: int, levels: int) -> Node:
    last = depth == levels
    children = [] if last else [_node(f"{name}{letter}", depth + 1, levels) for letter in "lr"]
    return Node(name, depth, last, children)
