"""What one annotation says: the bare type inside, and the layers around it."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import types
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias

from wsx.declare.aliases import Mark
from wsx.declare.fields import METADATA_KEY, Settings
from wsx.declare.registry import PUBLISHING, declaration_of
from wsx.descriptions import (
    CustomTypeDescription,
    Description,
    EndpointAddressDescription,
    EnumDescription,
    FaultDescription,
    StructDescription,
    Type,
    UnionDescription,
)
from wsx.errors import InvalidArgument
from wsx.fragment import XmlBuffer
from wsx.legality import PYTHON_TYPES
from wsx.limits import ScalarDescription, TextDescription
from wsx.values import Choice, DateTime, Duration, EndpointAddress, Fault, TimeSpan, Unset, XmlQName

__all__ = ["Reading", "Source", "Unclear", "peel", "type_of", "unknown"]

# A description, or what returns it once all its names exist.
Source: TypeAlias = Description | Callable[[], StructDescription] | None

_TYPES: Final[Mapping[type, Type]] = MappingProxyType(
    {
        bool: Type.BOOL,
        int: Type.INT64,
        float: Type.DOUBLE,
        decimal.Decimal: Type.DECIMAL,
        datetime.datetime: Type.DATETIME,
        DateTime: Type.DATETIME,
        TimeSpan: Type.TIMESPAN,
        Duration: Type.DURATION,
        uuid.UUID: Type.GUID,
        str: Type.STRING,
        bytes: Type.BYTES,
        XmlQName: Type.XML_QNAME,
        XmlBuffer: Type.XML_BUFFER,
    }
)
# Descriptions that make a type, rather than limit the values of one.
_DESCRIBED: Final[Mapping[type, Type]] = MappingProxyType(
    {
        StructDescription: Type.STRUCT,
        EnumDescription: Type.ENUM,
        UnionDescription: Type.UNION,
        CustomTypeDescription: Type.CUSTOM,
        EndpointAddressDescription: Type.ENDPOINT_ADDRESS,
        FaultDescription: Type.FAULT,
    }
)
# Classes whose type needs a description: that of the newer version, unless Annotated has another.
_VERSIONED: Final[Mapping[type, Description]] = MappingProxyType(
    {EndpointAddress: EndpointAddressDescription(), Fault: FaultDescription()}
)
_OTHER_ATTRIBUTES: Final = dict[XmlQName, str]
_UNIQUE_ID: Final = frozenset({uuid.UUID, str})


class Unclear(Exception):
    """An annotation that no table can be made of; the text is the rule."""


@dataclasses.dataclass
class Reading:
    """What the layers around the bare type of an annotation say."""

    type: Type | None = None
    description: Description | None = None
    nillable: bool = False
    none: bool = False
    unset: bool = False
    settings: list[Settings] = dataclasses.field(default_factory=list)
    arms: tuple[Any, ...] = ()
    """The annotations of a choice: ``A | B``. Then there is no bare type."""


def peel(annotation: Any) -> tuple[Any, Reading]:
    """The bare type in ``annotation`` and what stood around it."""
    reading = Reading()
    inside_nillable = False
    while True:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            inside_nillable = any(item is Mark.NILLABLE for item in annotation.__metadata__)
            _take_metadata(annotation.__metadata__, reading)
            annotation = annotation.__origin__
            if isinstance(reading.description, TextDescription) and not inside_nillable:
                return annotation, reading  # values of its own, even where they are lists or of several classes
        elif origin is typing.Union or origin is types.UnionType:
            arms = list(_arms(annotation))
            rest = [arm for arm in arms if arm is not types.NoneType and arm is not Unset]
            reading.unset |= Unset in arms
            if types.NoneType in arms and not inside_nillable:
                reading.none = True
            if reading.type is Type.UNIQUE_ID and set(rest) == _UNIQUE_ID:
                return uuid.UUID, reading
            if len(rest) != 1:
                reading.arms = tuple(rest)
                return None, reading
            annotation, inside_nillable = rest[0], False
        elif origin is typing.Final:
            (annotation,) = typing.get_args(annotation)
        elif hasattr(annotation, "__supertype__"):  # typing.NewType
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":  # the type statement of Python 3.12
            annotation = annotation.__value__
        else:
            return annotation, reading


def _arms(union: Any) -> Iterator[Any]:
    """The members of a union; those of a union that has a name of its own (the type statement) among them."""
    for arm in typing.get_args(union):
        bare = arm
        while type(bare).__name__ == "TypeAliasType":
            bare = bare.__value__
        if typing.get_origin(bare) in (typing.Union, types.UnionType):
            yield from _arms(bare)
        else:
            yield arm


def _take_metadata(metadata: tuple[object, ...], reading: Reading) -> None:
    for item in metadata:
        if isinstance(item, Type):
            _take_type(item, reading)
        elif isinstance(item, (ScalarDescription, *_DESCRIBED)):
            if reading.description is not None:
                raise Unclear(f"it has two descriptions: {reading.description!r} and {item!r}")
            reading.description = typing.cast("Description", item)
            _take_type(item.type if isinstance(item, ScalarDescription) else _DESCRIBED[type(item)], reading)
        elif item is Mark.NILLABLE:
            reading.nillable = True
        elif isinstance(item, dataclasses.Field) and METADATA_KEY in item.metadata:
            if any(value is not dataclasses.MISSING for value in (item.default, item.default_factory, item.kw_only)):
                raise Unclear("field() in Annotated takes neither a default, which stands after the =, nor kw_only")
            reading.settings.append(item.metadata[METADATA_KEY])


def _take_type(given: Type, reading: Reading) -> None:
    if reading.type not in (None, given):
        raise Unclear(f"it says both {reading.type.name} and {given.name}")
    reading.type = given


def _enum_of(cls: type[enum.Enum]) -> EnumDescription:
    """The one description of an Enum class, kept with the class so that both live equally long."""
    found = cls.__dict__.get("__wsx_enum__")
    if not isinstance(found, EnumDescription):
        try:
            made = EnumDescription(cls)
        except InvalidArgument as error:
            raise Unclear(error.message) from error
        with PUBLISHING:
            found = cls.__dict__.get("__wsx_enum__", made)
            setattr(cls, "__wsx_enum__", found)  # noqa: B010 - a name that the class does not declare
    return found


def type_of(bare: Any, reading: Reading) -> tuple[Type, Source]:
    """(type, description) of a bare annotation that is no choice."""
    if bare == _OTHER_ATTRIBUTES and reading.type is None:
        return Type.ANY_ATTRIBUTES, None
    made = _VERSIONED.get(bare) if reading.description is None and isinstance(bare, type) else reading.description
    if type(made) in _DESCRIBED:
        _check_described(bare, made)
        return _DESCRIBED[type(made)], made
    if isinstance(reading.description, TextDescription):
        return Type.STRING, reading.description
    if bare is Choice:
        raise Unclear("a Choice needs its table: Annotated[wsx.Choice, wsx.UnionDescription(…)]")
    found: Type | None = None
    description: Source = None
    if isinstance(bare, type) and typing.get_origin(bare) is None:
        declaration = declaration_of(bare)
        if declaration is not None:
            found, description = Type.STRUCT, declaration.built or functools.partial(getattr, bare, "__wsx_struct__")
        elif issubclass(bare, enum.Enum):
            found, description = Type.ENUM, _enum_of(bare)
        else:
            found = _TYPES.get(bare)
    named = reading.type
    if named is None or named is found:
        if found is None:
            raise Unclear(unknown(bare))
        return found, description if reading.description is None else reading.description
    python_types = _python_types(named)
    if bare not in python_types and (found is None or not set(_python_types(found)) & set(python_types)):
        if found is None and not isinstance(bare, type):
            raise Unclear(unknown(bare))
        raise Unclear(f"values of {named.name} are no {bare.__name__}")
    return named, reading.description


def _python_types(type_: Type) -> tuple[type, ...]:
    found = PYTHON_TYPES.get(type_, ())
    return found if isinstance(found, tuple) else (found,)


def _check_described(bare: Any, description: Description | None) -> None:
    """Is the type that a description makes the one that the annotation means?"""
    given = typing.get_origin(bare) or bare
    wanted: type | None
    if isinstance(description, UnionDescription):
        wanted = None if description.by_type else Choice
    elif isinstance(description, (StructDescription, EnumDescription)):
        wanted = description.python_type
    else:
        wanted = {EndpointAddressDescription: EndpointAddress, FaultDescription: Fault}.get(type(description))
    if wanted is not None and given is not Any and given is not wanted:
        raise Unclear(f"the values are {wanted.__name__}, not {getattr(given, '__name__', given)}")


def unknown(bare: Any) -> str:
    """Why ``bare`` is no type of a table."""
    if bare is list:
        return "a list needs the type of its items: list[X]"
    if bare is datetime.timedelta:
        return (
            "a timedelta is either an xs:duration, which is wsx.Duration, or a number of ticks, which is "
            "Annotated[datetime.timedelta, wsx.Type.TIMESPAN]"
        )
    origin = typing.get_origin(bare) or bare
    if isinstance(origin, type) and issubclass(origin, (tuple, set, frozenset)) and origin is not bare:
        return f"a repeating element is a list[X], not {bare!r}"
    if origin is dict and origin is not bare:
        return f"{bare!r} has no type in this version's tables; other attributes are dict[wsx.XmlQName, str]"
    made = ("__dataclass_fields__", "__attrs_attrs__", "__struct_fields__", "model_fields")
    if isinstance(bare, type) and any(hasattr(bare, name) for name in made):
        return f"class {bare.__qualname__} has no table: it is not made by wsx.struct"
    name = bare.__qualname__ if isinstance(bare, type) and origin is bare else repr(bare)
    return f"{name} has no type in this version's tables"
