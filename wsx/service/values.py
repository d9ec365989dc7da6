"""Plain dicts as values of structures, and structures as plain dicts."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from wsx.declare import element_of
from wsx.descriptions import (
    Description,
    FieldDescription,
    FieldMapping,
    StructDescription,
    Type,
    UnionDescription,
)
from wsx.errors import InvalidArgument
from wsx.fragment import XmlBuffer
from wsx.legality import REPEATING
from wsx.service.contract import ElementSource
from wsx.values import UNSET, Choice, Duration, EndpointAddress, Fault, XmlQName

__all__ = ["as_dict", "as_value", "struct_from"]

# Dataclasses that are one value, whatever they hold.
_SCALARS = (Duration, EndpointAddress, Fault, XmlBuffer, XmlQName)
_NAMED = (FieldMapping.ELEMENT, FieldMapping.ATTRIBUTE, FieldMapping.XML_ATTRIBUTE, FieldMapping.REPEATING_ELEMENT)


def as_value(element: ElementSource, given: Any) -> Any:
    """``given`` as a value of ``element``: dicts become structures, wherever a structure belongs.

    Keys are the names of the fields, or those in XML; an element of a choice may stand as if it were a field of its
    own. ``"xsi:type"`` names a derived type.

    :raises InvalidArgument: for a key that is no field, and for a field that is missing.
    """
    description = element_of(element)
    return _value(description.type, description.resolve_description(), given, str(description.local_name))


def struct_from(table: StructDescription, given: Mapping[str, Any], path: str) -> Any:
    """The structure that the items of ``given`` are the fields of."""
    values = dict(given)
    table = _derived(table, values.pop("xsi:type", None), path)
    made: dict[str, Any] = {}
    for member in table.fields:
        if member.mapping is FieldMapping.TYPE_ATTRIBUTE:
            continue
        key = _key_of(member, values)
        if key is not None:
            made[member.name] = _field(member, values.pop(key), f"{path}/{member.name}")
        elif member.type is Type.UNION:
            _take_arm(member, values, made, path)
    if values:
        known = ", ".join(member.name for member in table.fields if member.mapping is not FieldMapping.TYPE_ATTRIBUTE)
        raise InvalidArgument(f"{path} has no field {next(iter(values))!r}; its fields are: {known or 'none'}")
    if table.python_type is dict:
        return made
    try:
        return table.python_type(**made)
    except TypeError as error:
        raise InvalidArgument(f"{path}: {error}".replace("__init__() ", "")) from error


def _key_of(member: FieldDescription, values: Mapping[str, Any]) -> str | None:
    if member.name in values:
        return member.name
    if member.mapping in _NAMED and member.own_local_name in values:
        return member.own_local_name
    return None


def _take_arm(member: FieldDescription, values: dict[str, Any], made: dict[str, Any], path: str) -> None:
    """An element of a choice that stands as if it were a field of the structure."""
    union = member.resolve_description()
    if member.mapping is not FieldMapping.ELEMENT_CHOICE or not isinstance(union, UnionDescription):
        return
    for arm in union.fields:
        key = next((name for name in (arm.value, arm.field.name) if name in values), None)
        if key is None:
            continue
        if member.name in made:
            raise InvalidArgument(f"{path}: {key!r} and another element of the same choice are given")
        made[member.name] = Choice(arm.value, _field(arm.field, values.pop(key), f"{path}/{key}"))


def _derived(table: StructDescription, name: Any, path: str) -> StructDescription:
    if name is None:
        return table
    for candidate in (table, *table.all_sub_types()):
        if name in (candidate.type_local_name, candidate.python_type.__name__):
            return candidate
    raise InvalidArgument(f"{path}: there is no type {name!r} derived from {table.type_local_name}")


def _field(member: FieldDescription, value: Any, path: str) -> Any:
    description = member.resolve_description()
    if member.mapping in REPEATING and isinstance(value, (list, tuple)):
        return [_value(member.type, description, item, f"{path}[{i}]") for i, item in enumerate(value)]
    return _value(member.type, description, value, path)


def _value(type_: Type, description: Description | None, value: Any, path: str) -> Any:
    if value is None or value is UNSET:
        return value
    if (
        isinstance(description, StructDescription)
        and isinstance(value, Mapping)
        and description.python_type is not dict
    ):
        return struct_from(description, value, path)
    if isinstance(description, UnionDescription):
        if isinstance(value, Mapping) and len(value) == 1:
            ((select, value),) = value.items()
            value = Choice(select, value)
        if isinstance(value, Choice):
            arm = next((arm for arm in description.fields if value.select in (arm.value, arm.field.name)), None)
            if arm is None:
                known = ", ".join(str(arm.value) for arm in description.fields)
                raise InvalidArgument(f"{path}: {value.select!r} is none of the elements of the choice: {known}")
            return Choice(arm.value, _field(arm.field, value.value, f"{path}/{arm.value}"))
    return value


def as_dict(value: Any) -> Any:
    """``value`` with every structure as a dict; absent fields are left out, choices are dicts of one item.

    What is no structure, list or choice stays as it is, but for members of enumerations, which become their text.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if isinstance(value, Choice):
            return {value.select: as_dict(value.value)}
        if isinstance(value, _SCALARS):
            return value
        found = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: as_dict(item) for name, item in found if item is not UNSET}
    if isinstance(value, (list, tuple)):
        return [as_dict(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    return value
