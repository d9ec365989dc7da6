"""The kinds of classes that can be structures: their fields, and the names that their annotations use."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import operator
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from wsx.declare.constructor_names import pydantic_keyword
from wsx.declare.fields import METADATA_KEY, Settings
from wsx.declare.lazy import LazyNames
from wsx.errors import InvalidArgument
from wsx.values import UNSET

__all__ = [
    "Member",
    "NotYet",
    "as_dataclass",
    "evaluated_each",
    "kind_of",
    "members",
    "names_for",
    "own_annotations",
    "where",
]


@dataclasses.dataclass
class Member:
    """A field as its class declares it."""

    name: str
    settings: Settings | None
    default: Any  # UNSET without one, or when a factory makes it


def where(cls: type, name: str | None = None) -> str:
    return f"struct {cls.__qualname__}" if name is None else f"struct {cls.__qualname__}, field {name!r}"


def kind_of(cls: Any) -> str | None:
    """What has made ``cls`` a class with fields; None for a plain class."""
    if not isinstance(cls, type):
        raise InvalidArgument(f"wsx.struct decorates classes, not {cls!r}")
    if "__dataclass_fields__" in cls.__dict__:
        return "dataclasses"
    if "__attrs_attrs__" in cls.__dict__:
        return "attrs"
    if hasattr(cls, "__struct_fields__") and hasattr(cls, "__struct_config__"):
        return "msgspec"
    if hasattr(cls, "__attrs_attrs__"):
        raise InvalidArgument(f"{where(cls)}: its base is an attrs class, so it must be one as well")
    if hasattr(cls, "model_fields") and hasattr(cls, "model_validate"):
        return "pydantic"
    if hasattr(cls, "__fields__") and hasattr(cls, "__validators__"):
        raise InvalidArgument(f"{where(cls)}: a model of pydantic 1 cannot be made a struct; version 2 is needed")
    if issubclass(cls, (tuple, dict, enum.Enum)):
        kind = next(base for base in (tuple, dict, enum.Enum) if issubclass(cls, base))
        raise InvalidArgument(f"{where(cls)}: a subclass of {kind.__name__} cannot be made a struct")
    return None


def as_dataclass(cls: type[Any], *, frozen: bool, kw_only: bool, order: bool) -> type[Any]:
    slots = "__slots__" not in cls.__dict__
    try:
        made = dataclasses.dataclass(frozen=frozen, kw_only=kw_only, order=order, slots=slots)(cls)
    except (TypeError, ValueError) as error:
        hint = "; kw_only=True allows it" if "non-default argument" in str(error) else ""
        raise InvalidArgument(f"{where(cls)}: {error}{hint}") from error
    if made is not cls:
        _move_class_cells(cls, made)
    return made


def _move_class_cells(old: type, new: type) -> None:
    """Let ``super()`` and ``__class__`` in the methods mean ``new``, the copy with slots (as Python 3.14 does)."""
    for value in vars(new).values():
        functions = [value, getattr(value, "__func__", None)]
        functions += [getattr(value, accessor, None) for accessor in ("fget", "fset", "fdel")]
        for function in functions:
            for cell in getattr(function, "__closure__", None) or ():
                try:
                    if cell.cell_contents is old:
                        cell.cell_contents = new
                except ValueError:  # an empty cell
                    continue


def members(cls: type[Any]) -> Iterator[Member]:
    """The fields of ``cls``, inherited ones first, as dataclasses, attrs, msgspec or pydantic list them."""
    if "__attrs_attrs__" in cls.__dict__:
        nothing = getattr(sys.modules.get("attr"), "NOTHING", None)
        for attribute in cls.__dict__["__attrs_attrs__"]:
            # A factory has the attribute takes_self; it makes a value for each instance.
            plain = attribute.default is not nothing and not hasattr(attribute.default, "takes_self")
            default = attribute.default if plain else UNSET
            yield Member(attribute.name, attribute.metadata.get(METADATA_KEY), default)
    elif "__dataclass_fields__" in cls.__dict__:
        for item in dataclasses.fields(cls):
            default = UNSET if item.default is dataclasses.MISSING else item.default
            yield Member(item.name, item.metadata.get(METADATA_KEY), default)
    elif hasattr(cls, "__struct_fields__"):
        yield from _msgspec_members(cls)
    else:
        yield from _pydantic_members(cls)


def _msgspec_members(cls: type[Any]) -> Iterator[Member]:
    names: tuple[str, ...] = cls.__struct_fields__
    defaults: tuple[Any, ...] = cls.__struct_defaults__
    with_default = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    for name in names:
        default = with_default.get(name, UNSET)
        # msgspec keeps NODEFAULT and default factories in the same tuple.
        made_by_msgspec = type(default).__module__.partition(".")[0] == "msgspec"
        yield Member(name, None, UNSET if made_by_msgspec else default)


def _pydantic_members(cls: type[Any]) -> Iterator[Member]:
    for name, info in cls.model_fields.items():
        if pydantic_keyword(cls, name, info) is None:
            raise InvalidArgument(
                f"{where(cls, name)}: an AliasPath hides the name from the constructor; validate_by_name shows it"
            )
        if info.kw_only is not None:
            # What pydantic leaves of a dataclasses.Field, whose metadata it has dropped.
            raise InvalidArgument(f"{where(cls, name)}: field() belongs into the annotation here")
        plain = not info.is_required() and info.default_factory is None
        yield Member(name, None, info.default if plain else UNSET)


# --- annotations -----------------------------------------------------------------------------------------------------


class NotYet(Exception):
    """A name in an annotation does not exist, perhaps only not yet."""


def own_annotations(cls: type) -> Mapping[str, Any]:
    """The annotations in the body of ``cls``; what is not defined yet is a str or ForwardRef in them."""
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - only there

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    else:
        return inspect.get_annotations(cls)


def _evaluated(annotations: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """The annotations, with the names in their strings looked up in ``names``."""
    carrier = type("carrier", (), {"__annotations__": annotations})
    found = typing.get_type_hints(carrier, names, {}, include_extras=True)
    if sys.version_info < (3, 11):
        return {name: _evaluated_inside(annotation, names) for name, annotation in found.items()}
    else:
        return found


def _evaluated_inside(annotation: Any, names: dict[str, Any]) -> Any:
    """``list["X"]`` and ``list["X"] | None`` as ``list[X]``, which typing leaves as they are before Python 3.11."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is list and isinstance(arguments[0], str):
        return types.GenericAlias(list, (_evaluated({"item": arguments[0]}, names)["item"],))
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return functools.reduce(operator.or_, (_evaluated_inside(arm, names) for arm in arguments))
    return annotation


def evaluated_each(
    annotations: dict[str, Any], names: dict[str, Any], cls: type, lazy: LazyNames | None = None
) -> dict[str, Any]:
    """As _evaluated; errors name the field of ``cls``. What ``names`` does not have ``lazy`` is asked for."""
    try:
        while True:
            try:
                return _evaluated(annotations, names)
            except NameError as error:
                missing = error.name
                if lazy is None or missing is None or missing in names:
                    raise
                names[missing] = lazy(missing)
    except Exception:
        for name, annotation in annotations.items():
            failed = f"{where(cls, name)}: annotation {annotation!s} cannot be evaluated"
            try:
                _evaluated({name: annotation}, names)
            except (NameError, AttributeError) as error:
                # AttributeError: a module of a circular import does not have the class yet.
                raise NotYet(f"{failed}: {error}") from error
            except Exception as error:
                raise InvalidArgument(f"{failed}: {error}") from error
        raise


def names_for(base: type, cls: type, scope: types.FrameType | None) -> dict[str, Any]:
    """What an annotation in the body of ``base`` can name; a class being decorated goes by its name as well."""
    module = sys.modules.get(base.__module__)
    fields = own_annotations(base)
    return {
        **{name: value for name, value in vars(base).items() if name not in fields},
        **(vars(module) if module is not None else {}),
        **(scope.f_locals if scope is not None else {}),
        base.__name__: base,
        cls.__name__: cls,
    }
