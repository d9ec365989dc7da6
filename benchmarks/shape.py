"""What a case's dataclasses look like in XML: one neutral table from which every peer makes its own.

The table is read off the annotations: ``bool``, ``float``, ``str``, ``bytes``, ``Decimal``, ``datetime`` and ``UUID``
name their kind themselves, an ``int`` says its width as ``Annotated[int, Kind.INT32]``, ``list[…]`` is an element that
repeats without a wrapper, ``Annotated[…, ATTRIBUTE]`` is an attribute, ``Annotated[…, Namespace(…)]`` an element in
another namespace than its class, ``A | B`` one of two elements, which the class of the value tells, and
``Annotated[Base, Derived(…)]`` an object of the class or of one derived from it, which xsi:type tells.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import types
import typing
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

__all__ = [
    "ATTRIBUTE",
    "SCALAR_TYPES",
    "Derived",
    "Field",
    "Int32",
    "Int64",
    "Kind",
    "Namespace",
    "Struct",
    "features_of",
    "namespaces_of",
    "scalars",
    "shape_of",
]


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
    CHOICE = "choice"


#: Marks a field that is an attribute of its element: ``Annotated[str, ATTRIBUTE]``.
ATTRIBUTE: Final = "attribute"


@dataclass(frozen=True, slots=True)
class Namespace:
    """Marks an element that is in another namespace than those of its class."""

    uri: str


class Derived:
    """Marks a field whose value may be of one of these classes, too, which are derived from the field's own."""

    def __init__(self, *types: type) -> None:
        self.types = types


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
    #: The elements of a CHOICE, of which one is there.
    arms: tuple[Field, ...] = ()

    def arm(self, value: Any) -> Field:
        """The field itself, or the arm of a CHOICE that its value is."""
        if self.kind is not Kind.CHOICE:
            return self
        return next(arm for arm in self.arms if SCALAR_TYPES[arm.kind] is type(value))

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
    derived: list[Struct] = field(default_factory=list)

    def of(self, value: Any) -> Struct:
        """The struct of a value: this one, or the derived one of the value's class."""
        return next((struct for struct in self.derived if struct.python_type is type(value)), self)

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
                pending += struct.derived
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
    repeated = typing.get_origin(annotation) is list
    if repeated:
        (annotation,) = typing.get_args(annotation)
    annotation, marks = _stripped(annotation)
    attribute = ATTRIBUTE in marks
    own = "" if attribute else next((mark.uri for mark in marks if isinstance(mark, Namespace)), ns)
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        arms = tuple(_arm(name, index, arm, own) for index, arm in enumerate(typing.get_args(annotation)))
        return Field(name, Kind.CHOICE, name, own, repeated=repeated, arms=arms)
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        struct = _shape(annotation, ns, known)
        for mark in marks:
            if isinstance(mark, Derived):
                struct.derived = [_shape(python_type, ns, known) for python_type in mark.types]
        return Field(name, Kind.STRUCT, name, own, struct=struct, repeated=repeated)
    return Field(name, _kind(name, annotation, marks), name, own, repeated=repeated, attribute=attribute)


def _stripped(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without its marks, and the marks."""
    if typing.get_origin(annotation) is not Annotated:
        return annotation, ()
    bare, *marks = typing.get_args(annotation)
    return bare, tuple(marks)


def _kind(name: str, annotation: Any, marks: tuple[Any, ...]) -> Kind:
    for mark in marks:
        if isinstance(mark, Kind):
            return mark
    if annotation not in _KINDS:
        raise TypeError(f"field {name}: no kind for {annotation!r} (an int needs Int32 or Int64)")
    return _KINDS[annotation]


def _arm(name: str, index: int, annotation: Any, ns: str) -> Field:
    """One element of a choice: the first is named like the field, the others after their kind as well."""
    kind = _kind(name, *_stripped(annotation))
    return Field(name, kind, f"{name}{kind.value.capitalize()}" if index else name, ns)


def features_of(struct: Struct) -> frozenset[str]:
    """What a struct asks of a peer beyond elements and attributes: ``choice``, ``derived``, ``namespaces``."""
    found = set()
    for one in struct.structs():
        if one.derived:
            found.add("derived")
        if any(item.kind is Kind.CHOICE for item in one.fields):
            found.add("choice")
    if len(namespaces_of(struct)) > 1:
        found.add("namespaces")
    return frozenset(found)


def namespaces_of(struct: Struct) -> list[str]:
    """The namespaces of all elements, the struct's own first."""
    found = {struct.ns: None}
    for one in struct.structs():
        found.update(dict.fromkeys(item.ns for item in one.elements))
    return list(found)


def scalars(struct: Struct, value: Any) -> Iterator[Any]:
    """All values of an object that are no structs, in document order."""
    for item in struct.of(value).fields:
        found = getattr(value, item.name)
        for one in found if item.repeated else (found,):
            if item.kind is Kind.STRUCT:
                yield from scalars(item.nested, one)
            else:
                yield one
