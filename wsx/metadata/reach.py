"""What a type leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wsx.metadata.shapes import ChoiceShape, EnumShape, ScalarShape, StructShape, Value

__all__ = ["direct", "has_any_order", "reached"]


def direct(shape: Value) -> Iterator[Value]:
    """The types that a type names itself."""
    if isinstance(shape, StructShape):
        if shape.base is not None:
            yield shape.base
        yield from (found.shape for found in shape.own_fields)
        if shape.name is not None:
            yield from shape.derived()
    elif isinstance(shape, ChoiceShape):
        yield from (arm.shape for arm in shape.arms)
    elif isinstance(shape, ScalarShape):
        yield from shape.enums


def reached(shapes: Iterable[Value]) -> list[StructShape | EnumShape]:
    """The structures and enumerations that ``shapes`` are or lead to, in the order in which they are met."""
    found: dict[StructShape | EnumShape, None] = {}
    seen: set[int] = set()
    waiting = list(shapes)[::-1]
    while waiting:
        here = waiting.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, (StructShape, EnumShape)):
            found[here] = None
        waiting += list(direct(here))[::-1]
    return list(found)


def has_any_order(shape: Value) -> bool:
    """Is there a structure whose elements come in any order (xs:all) in it?"""
    return any(isinstance(found, StructShape) and found.any_order for found in reached([shape]))
