"""What a schema says, in terms of tables: the step between XML Schema and descriptions, or Python source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

from wsx.enumerations import FieldMapping, Type
from wsx.values import UNSET

__all__ = [
    "ANY_ATTRIBUTES",
    "XML_FRAGMENT",
    "ChoiceShape",
    "EnumShape",
    "FieldShape",
    "OpaqueShape",
    "ScalarShape",
    "Shape",
    "StructShape",
    "Value",
]


@dataclass(frozen=True)
class ScalarShape:
    """A simple type: its type and description, and the annotation that means them, as object and as source."""

    type: Type
    description: Any
    hint: Any
    source: str
    python: Any
    """The class of its values."""
    default_of: Callable[[str], Any] = field(compare=False, default=str)
    """The value of a text, for defaults."""
    enums: tuple[EnumShape, ...] = ()
    """The enumerations that the source names."""


@dataclass(eq=False)
class EnumShape:
    """An enumeration of strings: ``members`` are (name in Python, value, documentation)."""

    hint_name: str
    ns: str
    name: str | None
    members: tuple[tuple[str, str, str], ...]
    doc: str = ""

    @cached_property
    def python(self) -> Any:
        """The class of its values, made when a table needs it."""
        from wsx.metadata.tables import enum_class  # noqa: PLC0415 - the tables are made of shapes

        return enum_class(self)


@dataclass(frozen=True)
class OpaqueShape:
    """XML that is kept as it is, or any attributes."""

    type: Type
    source: str


XML_FRAGMENT: Final = OpaqueShape(Type.XML_BUFFER, "wsx.XmlBuffer")
ANY_ATTRIBUTES: Final = OpaqueShape(Type.ANY_ATTRIBUTES, "dict[wsx.XmlQName, str]")


@dataclass(eq=False)
class StructShape:
    """A complex type. Its fields are made when they are first asked for, so that types may refer to each other."""

    hint_name: str
    ns: str
    """The namespace of the document that declares it."""
    name: str | None
    """The name of the type; None for one inside an element."""
    make_fields: Callable[[], list[FieldShape]]
    base: StructShape | None = None
    derived: Callable[[], list[StructShape]] = list
    abstract: bool = False
    element: tuple[str, str] | None = None
    """(namespace, local name) of the global element that an anonymous type belongs to."""
    doc: str = ""
    where: str = ""
    any_order: bool = False
    array_of: FieldShape | None = None
    """The items of a SOAP array (rpc/encoded)."""

    @cached_property
    def own_fields(self) -> list[FieldShape]:
        """The fields that it adds to those of its base."""
        return self.make_fields()

    @property
    def fields(self) -> list[FieldShape]:
        """All fields, those of the bases first."""
        return [*(self.base.fields if self.base is not None else ()), *self.own_fields]

    @cached_property
    def polymorphic(self) -> bool:
        """May a derived type stand for it, or it for a base?"""
        return self.name is not None and (self.base is not None or self.abstract or bool(self.derived()))


@dataclass(eq=False)
class ChoiceShape:
    """One of several elements; the name of an element selects it.

    ``loose``: a list of them stands for more than a repeated choice, so that not every list is valid.
    """

    arms: list[FieldShape]
    loose: bool = False


Shape: TypeAlias = ScalarShape | EnumShape | StructShape | OpaqueShape
Value: TypeAlias = Shape | ChoiceShape


@dataclass(eq=False)
class FieldShape:
    """One field of a structure, or one element of a choice."""

    name: str
    shape: Value
    mapping: FieldMapping
    local_name: str | None = None
    ns: str | None = None
    least: int = 1
    most: int | None = 1
    nillable: bool = False
    default: Any = UNSET
    """Of the schema: what an absent attribute means, and what the constructor sets."""
    other_namespace: bool = False
    doc: str = ""
    branch: tuple[int, int] | None = None
    """Which choice, and which arm of it, the field is a part of, where the choice became several optional fields."""

    @property
    def repeating(self) -> bool:
        return self.most != 1

    @property
    def optional(self) -> bool:
        return self.least == 0 and not self.repeating
