"""What a reader forgives of a document that is not what its table says."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

from wsx.errors import InvalidArgument

__all__ = ["Forgiven", "Leniency"]


class Forgiven(NamedTuple):
    """One deviation that was let pass: the switch of :class:`Leniency`, the place as path and as byte offset."""

    rule: str
    path: str
    offset: int


@dataclass(frozen=True)
class Leniency:
    """Switches of :func:`wsx.read_element`, all off by default; each deviation that one lets pass is reported.

    ``any_order``: the elements of a structure come in another order than its table has them (not where it ends with
    any content); ``unknown_elements``: elements that the table does not have are skipped; ``unknown_attributes``: so
    are attributes. What is missing, and a second element where one may stand, stays an error, and no switch touches
    what makes a document well-formed.
    """

    any_order: bool = False
    unknown_elements: bool = False
    unknown_attributes: bool = False

    def __post_init__(self) -> None:
        for switch in fields(self):
            value: object = getattr(self, switch.name)
            if not isinstance(value, bool):
                raise InvalidArgument(f"Leniency.{switch.name} must be a bool, not {value!r}")
