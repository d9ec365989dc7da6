"""Shapes as description tables, over classes that are made for them: what a program without generated code uses."""

from __future__ import annotations

import dataclasses
import enum
import threading
from typing import Any

from wsx.descriptions import (
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    StructOption,
    Type,
    UnionDescription,
    UnionFieldDescription,
)
from wsx.fragment import XmlBuffer
from wsx.legality import FIELD_ORDER, OWN_NIL, STRUCTURED
from wsx.metadata.shapes import ChoiceShape, EnumShape, FieldShape, ScalarShape, StructShape, Value
from wsx.values import UNSET

__all__ = ["Tables", "enum_class", "python_default"]

_TYPE_FIELD = FieldDescription("xsi:type", Type.DESCRIPTION, mapping=FieldMapping.TYPE_ATTRIBUTE)
_CONTENTS = (FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT)
REQUIRED = dataclasses.MISSING


def enum_class(shape: EnumShape) -> type:
    """The class of the values of an enumeration: members are strings as well, so that a plain str will do."""
    members = [(name, value) for name, value, _ in shape.members]
    make: Any = enum.Enum
    made: type = make(shape.hint_name, members, type=str, module=__name__)
    made.__doc__ = shape.doc or None
    return made


def python_default(field: FieldShape) -> Any:
    """What the constructor of a class sets a field to that is not given; ``REQUIRED`` when it must be given.

    A class stands for a new instance of it: ``list``, ``dict``.
    """
    if field.mapping is FieldMapping.ANY_ATTRIBUTES:
        return dict
    if field.mapping is FieldMapping.ANY_CONTENT:
        return XmlBuffer(b"")
    if field.repeating:
        return list
    if field.default is not UNSET:
        return field.shape.python(field.default) if isinstance(field.shape, EnumShape) else field.default
    if field.optional:
        return UNSET if field.nillable else None
    if isinstance(field.shape, ScalarShape) and field.shape.python is list and field.mapping is FieldMapping.TEXT:
        return list
    return REQUIRED


class Tables:
    """The tables of one model, each made when it is first asked for, and kept."""

    def __init__(self) -> None:
        self._structs: dict[StructShape, StructDescription] = {}
        self.lock = threading.RLock()
        """Held while shapes become tables; whoever looks at shapes from several threads holds it as well."""

    def struct(self, shape: StructShape) -> StructDescription:
        """The table of a complex type."""
        with self.lock:
            made = self._structs.get(shape)
            if made is None:
                made = self._structs[shape] = self._make(shape)
            return made

    def _make(self, shape: StructShape) -> StructDescription:
        parent = self.struct(shape.base) if shape.base is not None else None
        fields = [self.field(found) for found in shape.fields]
        if shape.polymorphic:
            fields.insert(0, _TYPE_FIELD)
        named = shape.polymorphic and shape.name is not None
        return StructDescription(
            self._class(shape, parent),
            sorted(fields, key=lambda field: FIELD_ORDER[field.mapping]),
            ns=shape.ns,
            type_local_name=shape.name if named else None,
            type_ns=shape.ns if named else None,
            parent=parent,
            sub_types=(lambda: [self.struct(found) for found in shape.derived()]) if shape.polymorphic else (),
            options=StructOption.ABSTRACT if shape.abstract and shape.polymorphic else StructOption.NONE,
        )

    @staticmethod
    def _class(shape: StructShape, parent: StructDescription | None) -> type:
        members: list[tuple[str, Any, Any]] = []
        for field in shape.own_fields:
            default = python_default(field)
            if isinstance(default, type):
                members.append((field.name, Any, dataclasses.field(default_factory=default)))
            else:
                members.append((field.name, Any, dataclasses.field(default=default)))
        return dataclasses.make_dataclass(
            shape.hint_name,
            members,
            bases=(parent.python_type,) if parent is not None else (),
            namespace={"__doc__": shape.doc or None},
            kw_only=True,
            slots=True,
        )

    # --- fields ------------------------------------------------------------------------------------------------------

    def field(self, field: FieldShape) -> FieldDescription:
        """The description of a field."""
        type_, description = self.described(field.shape)
        options = FieldOption.NONE
        default: Any = UNSET
        if (
            field.least == 0
            and not field.repeating
            and field.mapping
            not in (
                FieldMapping.ANY_ATTRIBUTES,
                FieldMapping.ANY_CONTENT,
                FieldMapping.TEXT,
            )
        ):
            options |= FieldOption.OPTIONAL
            default = UNSET if field.nillable else None
            if field.default is not UNSET and field.mapping is FieldMapping.ATTRIBUTE:
                default = python_default(field)
        return FieldDescription(
            field.name,
            type_,
            description,
            mapping=field.mapping,
            options=self._options(field, type_, options),
            default=default,
            item_range=self._range(field),
            **self._names(field),
        )

    @staticmethod
    def _options(field: FieldShape, type_: Type, options: FieldOption) -> FieldOption:
        if field.nillable:
            options |= FieldOption.NILLABLE_ITEM if field.repeating else FieldOption.NILLABLE
        nil = options & (FieldOption.NILLABLE | FieldOption.NILLABLE_ITEM)
        # The sets V and S of the type table: nil is a pointer, and so is an optional structure.
        if type_ not in OWN_NIL and (nil or (options and type_ in STRUCTURED)):
            options |= FieldOption.POINTER
        if field.other_namespace:
            options |= FieldOption.OTHER_NAMESPACE
        return options

    @staticmethod
    def _range(field: FieldShape) -> tuple[int, int | None] | None:
        if not field.repeating or (field.least == 0 and field.most is None):
            return None
        return field.least, field.most

    @staticmethod
    def _names(field: FieldShape) -> dict[str, Any]:
        if field.mapping is FieldMapping.REPEATING_ELEMENT:
            return {"item_local_name": field.local_name, "item_ns": field.ns}
        if field.mapping is FieldMapping.XML_ATTRIBUTE:
            return {"local_name": field.local_name}
        return {"local_name": field.local_name, "ns": field.ns}

    def described(self, shape: Value) -> tuple[Type, Any]:
        """(type, description) of the values of a field; descriptions of structures are made when they are needed."""
        if isinstance(shape, ScalarShape):
            return shape.type, shape.description
        if isinstance(shape, EnumShape):
            return Type.ENUM, self.enum(shape)
        if isinstance(shape, StructShape):
            return Type.STRUCT, lambda: self.struct(shape)
        if isinstance(shape, ChoiceShape):
            return Type.UNION, self._union(shape)
        return shape.type, None

    def enum(self, shape: EnumShape) -> Any:
        """The table of an enumeration."""
        python: Any = shape.python
        with self.lock:
            made = python.__dict__.get("__wsx_enum__")
            if made is None:
                made = EnumDescription(python)
                python.__wsx_enum__ = made
            return made

    def _union(self, shape: ChoiceShape) -> UnionDescription:
        arms = []
        taken: set[str] = set()
        for arm in shape.arms:
            selector = selector_of(arm, taken)
            taken.add(selector)
            type_, description = self.described(arm.shape)
            options = self._options(arm, type_, FieldOption.NONE)
            made = FieldDescription(
                arm.name, type_, description, mapping=arm.mapping, options=options, **self._names(arm)
            )
            arms.append(UnionFieldDescription(selector, made))
        return UnionDescription(arms)


def selector_of(arm: FieldShape, taken: set[str]) -> str:
    """What selects an element of a choice: its local name, with the namespace where another has the same one."""
    name = arm.local_name or "any"
    return f"{{{arm.ns}}}{name}" if name in taken else name
