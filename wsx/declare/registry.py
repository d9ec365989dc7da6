"""How a class and its declaration find each other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wsx.declare.tables import Declaration
    from wsx.descriptions import ElementDescription, StructDescription

__all__ = ["PUBLISHING", "Table", "declaration_of"]

# Held only to publish what was made, so that a class has one table however many threads ask at once. Not held while
# annotations are evaluated, which can run any code.
PUBLISHING: Final = threading.Lock()


class Table:
    """Class attribute that gives a table of the one class that it was made for, not of instances and subclasses."""

    def __init__(self, declaration: Declaration, name: str) -> None:
        self.declaration = declaration
        self.name = name

    def __get__(self, instance: object, owner: type[Any]) -> ElementDescription | StructDescription:
        if instance is not None or owner is not self.declaration.python_type:
            raise AttributeError(f"{owner.__qualname__} itself has no {self.name}: it is not made by wsx.struct")
        return self.declaration.element if self.name == "__wsx_element__" else self.declaration.table()


def declaration_of(cls: type) -> Declaration | None:
    """What ``@wsx.struct`` was told about ``cls`` itself, None when it was not."""
    table = cls.__dict__.get("__wsx_struct__")
    return table.declaration if isinstance(table, Table) else None
