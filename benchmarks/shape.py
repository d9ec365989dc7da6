"""What a case's dataclasses look like in XML: one neutral table from which every peer makes its own.

The table is read off the annotations: ``bool``, ``float``, ``str``, ``bytes``, ``Decimal``, ``datetime`` and ``UUID``
name their kind themselves, an ``int`` says its width as ``Annotated[int, Kind.INT32]``, ``list[…]`` is an element that
repeats without a wrapper, and ``Annotated[…, ATTRIBUTE]`` is an attribute.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import typing
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

__all__ = ["ATTRIBUTE", "SCALAR_TYPES", "Field", "Int32", "Int64", "Kind", "Struct", "scalars", "shape_of"]


class Kind(enum.Enum):
    """The kind of a field's value; the value is the name of its type in XML Schema."""

    BOOL = "boolean"
    INT32 = "int"
    INT64 = "long"
    DOUBLE = "double"
    DECIMAL = "decimal"
    DATETIME = "dateTime"
    UUID = "guid"
    STRING = "string"
    BYTES = "base64Binary"
    STRUCT = "struct"


#: Marks a field that is an attribute of its element: ``Annotated[str, ATTRIBUTE]``.
ATTRIBUTE: Final = "attribute"

Int32 = Annotated[int, Kind.INT32]
Int64 = Annotated[int, Kind.INT64]

SCALAR_TYPES: Final[dict[Kind, type]] = {
    Kind.BOOL: bool,
    Kind.INT32: int,
    Kind.INT64: int,
    Kind.DOUBLE: float,
    Kind.DECIMAL: decimal.Decimal,
    Kind.DATETIME: datetime.datetime,
    Kind.UUID: uuid.UUID,
    Kind.STRING: str,
    Kind.BYTES: bytes,
}
_KINDS: Final[dict[Any, Kind]] = {
    python_type: kind for kind, python_type in SCALAR_TYPES.items() if python_type is not int
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: ``name`` is the attribute of the Python object, ``local_name`` and ``ns`` its name in XML."""

    name: str
    kind: Kind
    local_name: str
    ns: str
    struct: Struct | None = None
    repeated: bool = False
    attribute: bool = False

    @property
    def nested(self) -> Struct:
        """The struct of a STRUCT field."""
        if self.struct is None:
            raise TypeError(f"field {self.name} is no struct")
        return self.struct


@dataclass(slots=True, eq=False)
class Struct:
    """A class and its fields. Filled after it is made, so that it can hold itself."""

    python_type: type
    ns: str
    fields: list[Field] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the Python class, unique inside one case."""
        return self.python_type.__name__

    @property
    def elements(self) -> list[Field]:
        """The fields that are child elements."""
        return [item for item in self.fields if not item.attribute]

    @property
    def attributes(self) -> list[Field]:
        """The fields that are attributes."""
        return [item for item in self.fields if item.attribute]

    def structs(self) -> list[Struct]:
        """This struct and all that it holds, each once, the outermost first."""
        found: dict[int, Struct] = {}
        pending = [self]
        while pending:
            struct = pending.pop(0)
            if id(struct) not in found:
                found[id(struct)] = struct
                pending += [item.nested for item in struct.fields if item.kind is Kind.STRUCT]
        return list(found.values())


def shape_of(python_type: type, ns: str) -> Struct:
    """The table of a dataclass, all of its elements in the namespace ``ns``; TypeError for what cannot be said."""
    return _shape(python_type, ns, {})


def _shape(python_type: type, ns: str, known: dict[type, Struct]) -> Struct:
    if python_type in known:
        return known[python_type]
    struct = known[python_type] = Struct(python_type, ns)
    hints = typing.get_type_hints(python_type, include_extras=True)
    for item in dataclasses.fields(python_type):
        struct.fields.append(_field(item.name, hints[item.name], ns, known))
    return struct


def _field(name: str, annotation: Any, ns: str, known: dict[type, Struct]) -> Field:
    marks: tuple[Any, ...] = ()
    repeated = False
    if typing.get_origin(annotation) is list:
        repeated = True
        (annotation,) = typing.get_args(annotation)
    if typing.get_origin(annotation) is Annotated:
        annotation, *rest = typing.get_args(annotation)
        marks = tuple(rest)
    attribute = ATTRIBUTE in marks
    for kind in (mark for mark in marks if isinstance(mark, Kind)):
        return Field(name, kind, name, "" if attribute else ns, repeated=repeated, attribute=attribute)
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return Field(name, Kind.STRUCT, name, ns, struct=_shape(annotation, ns, known), repeated=repeated)
    if annotation not in _KINDS:
        raise TypeError(f"field {name}: no kind for {annotation!r} (an int needs Int32 or Int64)")
    return Field(name, _KINDS[annotation], name, "" if attribute else ns, repeated=repeated, attribute=attribute)


def scalars(struct: Struct, value: Any) -> Iterator[Any]:
    """All values of an object that are no structs, in document order."""
    for item in struct.fields:
        found = getattr(value, item.name)
        for one in found if item.repeated else (found,):
            if item.kind is Kind.STRUCT:
                yield from scalars(item.nested, one)
            else:
                yield one
