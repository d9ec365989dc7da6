"""Tables declared by annotating classes.

``@wsx.struct`` makes the :class:`~wsx.descriptions.StructDescription` of a class from its annotations, and
:func:`field` says what an annotation cannot. What the annotations mean:

===================================  ========================================================================
``int float bool str bytes``         INT64, DOUBLE, BOOL, STRING, BYTES
``Int8`` … ``UInt64``, ``Float`` …   the type named; for type checkers they are int, float, …
``decimal.Decimal``, ``uuid.UUID``   DECIMAL, GUID
``datetime.datetime``                DATETIME (``wsx.DateTime`` too: it is read where it is needed)
a subclass of ``enum.Enum``          ENUM
a class made by ``@wsx.struct``      STRUCT
``list[X]``                          REPEATING_ELEMENT, with a wrapper by ``field(wrapper=…)``
``X | None``                         OPTIONAL: None is an absent field, and an absent field reads as None
``X | Unset``                        OPTIONAL: ``UNSET`` is an absent field, and an absent field reads as it
``Nillable[X]``                      NILLABLE: None is an element with xsi:nil
``list[Nillable[X]]``                NILLABLE_ITEM: None is an item with xsi:nil
``Nillable[X] | Unset``              both: None is nil, UNSET is absent
===================================  ========================================================================

A value given to a field in the class body is the default of the constructor, and nothing else; for the default of a
schema, which an absent field reads as, say ``field(optional=True, default=…)``.

Annotations are evaluated when the class is decorated. Where they name something that does not exist yet (recursion,
classes that refer to each other) the table is made when it is first asked for.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import inspect
import operator
import sys
import threading
import types
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, TypeVar, overload

from wsx.descriptions import (
    Description,
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    StructOption,
    Type,
)
from wsx.errors import InvalidArgument
from wsx.legality import FIELD_ORDER, PYTHON_TYPES
from wsx.values import UNSET, DateTime, Unset

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
elif sys.version_info >= (3, 11):
    from typing import dataclass_transform
else:

    def dataclass_transform(**parameters: Any) -> Callable[[Any], Any]:
        """What typing has from Python 3.11 on: a mark for type checkers (PEP 681)."""

        def mark(decorator: Any) -> Any:
            decorator.__dataclass_transform__ = parameters
            return decorator

        return mark


__all__ = [
    "Bool",
    "Bytes",
    "Decimal",
    "Double",
    "Float",
    "Guid",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Nillable",
    "String",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "describe",
    "element_of",
    "field",
    "struct",
    "struct_of",
]

T = TypeVar("T")

Bool: TypeAlias = Annotated[bool, Type.BOOL]
Int8: TypeAlias = Annotated[int, Type.INT8]
Int16: TypeAlias = Annotated[int, Type.INT16]
Int32: TypeAlias = Annotated[int, Type.INT32]
Int64: TypeAlias = Annotated[int, Type.INT64]
UInt8: TypeAlias = Annotated[int, Type.UINT8]
UInt16: TypeAlias = Annotated[int, Type.UINT16]
UInt32: TypeAlias = Annotated[int, Type.UINT32]
UInt64: TypeAlias = Annotated[int, Type.UINT64]
Float: TypeAlias = Annotated[float, Type.FLOAT]
"""A number of 32 bits."""
Double: TypeAlias = Annotated[float, Type.DOUBLE]
Decimal: TypeAlias = Annotated[decimal.Decimal, Type.DECIMAL]
Guid: TypeAlias = Annotated[uuid.UUID, Type.GUID]
String: TypeAlias = Annotated[str, Type.STRING]
Bytes: TypeAlias = Annotated[bytes, Type.BYTES]


class _Mark(enum.Enum):
    NILLABLE = "xsi:nil"


Nillable: TypeAlias = Annotated[T | None, _Mark.NILLABLE]
"""``Nillable[X]``: None stands for an element with xsi:nil="true"."""

_SCALARS: Final[Mapping[type, Type]] = MappingProxyType(
    {
        bool: Type.BOOL,
        int: Type.INT64,
        float: Type.DOUBLE,
        decimal.Decimal: Type.DECIMAL,
        datetime.datetime: Type.DATETIME,
        DateTime: Type.DATETIME,
        uuid.UUID: Type.GUID,
        str: Type.STRING,
        bytes: Type.BYTES,
    }
)
_METADATA_KEY: Final = "wsx"


# --- field() ---------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Settings:
    """What field() was told."""

    local_name: str | None = None
    ns: str | None = None
    attribute: bool = False
    text: bool = False
    wrapper: str | None = None
    wrapper_ns: str | None = None
    optional: bool = False
    item_range: tuple[int, int | None] | None = None


@overload
def field(
    *,
    default: T,
    kw_only: bool = ...,
    local_name: str | None = ...,
    ns: str | None = ...,
    attribute: bool = ...,
    text: bool = ...,
    wrapper: str | None = ...,
    wrapper_ns: str | None = ...,
    optional: bool = ...,
    item_range: tuple[int, int | None] | None = ...,
) -> T: ...


@overload
def field(
    *,
    default_factory: Callable[[], T],
    kw_only: bool = ...,
    local_name: str | None = ...,
    ns: str | None = ...,
    attribute: bool = ...,
    text: bool = ...,
    wrapper: str | None = ...,
    wrapper_ns: str | None = ...,
    optional: bool = ...,
    item_range: tuple[int, int | None] | None = ...,
) -> T: ...


@overload
def field(
    *,
    kw_only: bool = ...,
    local_name: str | None = ...,
    ns: str | None = ...,
    attribute: bool = ...,
    text: bool = ...,
    wrapper: str | None = ...,
    wrapper_ns: str | None = ...,
    optional: bool = ...,
    item_range: tuple[int, int | None] | None = ...,
) -> Any: ...


def field(
    *,
    default: Any = dataclasses.MISSING,
    default_factory: Any = dataclasses.MISSING,
    kw_only: Any = dataclasses.MISSING,
    local_name: str | None = None,
    ns: str | None = None,
    attribute: bool = False,
    text: bool = False,
    wrapper: str | None = None,
    wrapper_ns: str | None = None,
    optional: bool = False,
    item_range: tuple[int, int | None] | None = None,
) -> Any:
    """What the annotation of a field cannot say (WS_FIELD_DESCRIPTION).

    ``default``, ``default_factory`` and ``kw_only`` are those of ``dataclasses.field``. ``local_name`` and ``ns`` name
    the element or attribute, by default the field's name and the class's ``ns`` (attributes: no namespace); of a list
    they name each item. ``wrapper`` and ``wrapper_ns`` name an element around the items of a list. ``attribute`` puts
    the field into an attribute, ``text`` into the text of the element itself. ``optional`` lets the field be absent
    and then read as ``default``. ``item_range`` is (least, most or None) items of a list.

    The result goes after the ``=`` of a field. For attrs and msgspec classes, whose fields have ``=`` for themselves,
    it goes into the annotation: ``Annotated[str, wsx.field(local_name="productName")]``.
    """
    if attribute and text:
        raise InvalidArgument("field(): attribute and text exclude each other")
    if wrapper is None and wrapper_ns is not None:
        raise InvalidArgument("field(): wrapper_ns needs wrapper")
    settings = _Settings(local_name, ns, attribute, text, wrapper, wrapper_ns, optional, item_range)
    keywords = {"default": default, "default_factory": default_factory, "kw_only": kw_only}
    given = {name: value for name, value in keywords.items() if value is not dataclasses.MISSING}
    try:
        return dataclasses.field(**given, metadata={_METADATA_KEY: settings})
    except ValueError as error:
        raise InvalidArgument(f"field(): {error}") from error


# --- struct() --------------------------------------------------------------------------------------------------------


@overload
@dataclass_transform(field_specifiers=(field, dataclasses.field))
def struct(cls: type[T], /) -> type[T]: ...


@overload
def struct(
    *,
    ns: str = ...,
    local_name: str | None = ...,
    type_local_name: str | None = ...,
    qualified: bool = ...,
    options: StructOption = ...,
    frozen: bool = ...,
    kw_only: bool = ...,
    order: bool = ...,
) -> Callable[[type[T]], type[T]]: ...


def struct(
    cls: type[Any] | None = None,
    /,
    *,
    ns: str = "",
    local_name: str | None = None,
    type_local_name: str | None = None,
    qualified: bool = True,
    options: StructOption = StructOption.NONE,
    frozen: bool = False,
    kw_only: bool = False,
    order: bool = False,
) -> Any:
    """Class decorator: give a class its table (WS_STRUCT_DESCRIPTION) and element (WS_ELEMENT_DESCRIPTION).

    ``ns`` is the namespace of the element and of the elements inside; with ``qualified=False`` those inside have none
    (elementFormDefault="unqualified"). ``local_name`` is the element's name, by default the class's. A
    ``type_local_name`` names the type in ``ns``.

    A dataclass, attrs class or msgspec.Struct is given back as it is. Any other class is made into a dataclass with
    slots; ``frozen``, ``kw_only`` and ``order`` are those of ``dataclasses.dataclass``. Fields that are inherited,
    from other such classes or from plain dataclasses, are part of the table: attributes first, then the elements of
    the bases, then those of the class. The order of the fields is their order in XML; ``kw_only`` lets fields with and
    without default follow each other in any order.

    InvalidArgument names the class and the field that has no table, and why.
    """
    given = {name for name, value in (("frozen", frozen), ("kw_only", kw_only), ("order", order)) if value}

    def declare(cls: type[Any], depth: int = 1) -> type[Any]:
        kind = _kind_of(cls)
        if kind is None:
            cls = _as_dataclass(cls, frozen=frozen, kw_only=kw_only, order=order)
        elif given:
            raise InvalidArgument(f"{_where(cls)}: {', '.join(sorted(given))} cannot be given for a class of {kind}")
        frame = sys._getframe(depth)
        declaration = _Declaration(
            cls,
            ns=ns,
            qualified=qualified,
            local_name=local_name,
            type_local_name=type_local_name,
            options=options,
            scope=frame if frame.f_locals is not frame.f_globals else None,
        )
        for name in ("__wsx_struct__", "__wsx_element__"):
            setattr(cls, name, _Table(declaration, name))
        declaration.start()
        return cls

    return declare if cls is None else declare(cls, depth=2)


def element_of(source: ElementDescription | type[Any]) -> ElementDescription:
    """The element that ``source`` describes: itself, or that of a class made by ``@wsx.struct``.

    InvalidArgument when it is neither.
    """
    found = getattr(source, "__wsx_element__", source)
    if not isinstance(found, ElementDescription):
        raise InvalidArgument(f"neither an ElementDescription nor a class made by wsx.struct: {source!r}")
    return found


def struct_of(source: StructDescription | type[Any]) -> StructDescription:
    """The table that ``source`` stands for: itself, or that of a class made by ``@wsx.struct``.

    InvalidArgument when it is neither, or when an annotation of the class has no table.
    """
    found = getattr(source, "__wsx_struct__", source)
    if not isinstance(found, StructDescription):
        raise InvalidArgument(f"neither a StructDescription nor a class made by wsx.struct: {source!r}")
    return found


def describe(source: StructDescription | type[Any]) -> StructDescription:
    """As :func:`struct_of`, with every table that is reached from it made as well.

    ``print(describe(Order).pretty())`` shows it. Good in a test of the program's own classes: InvalidArgument for
    whatever an annotation leaves open.
    """
    top = struct_of(source)
    seen = {top}
    waiting = [top]
    while waiting:
        for member in waiting.pop().fields:
            found = member.resolve_description()
            if isinstance(found, StructDescription) and found not in seen:
                seen.add(found)
                waiting.append(found)
    return top


# --- classes ---------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class _Member:
    """A field as its class declares it."""

    name: str
    settings: _Settings | None
    default: Any  # UNSET without one, or when a factory makes it


def _where(cls: type, name: str | None = None) -> str:
    return f"struct {cls.__qualname__}" if name is None else f"struct {cls.__qualname__}, field {name!r}"


def _kind_of(cls: Any) -> str | None:
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
        raise InvalidArgument(f"{_where(cls)}: its base is an attrs class, so it must be one as well")
    if hasattr(cls, "__pydantic_fields__") or hasattr(cls, "model_fields"):
        raise InvalidArgument(f"{_where(cls)}: pydantic models are not supported by this version")
    if issubclass(cls, (tuple, dict, enum.Enum)):
        kind = next(base for base in (tuple, dict, enum.Enum) if issubclass(cls, base))
        raise InvalidArgument(f"{_where(cls)}: a subclass of {kind.__name__} cannot be made a struct")
    return None


def _as_dataclass(cls: type[Any], *, frozen: bool, kw_only: bool, order: bool) -> type[Any]:
    slots = "__slots__" not in cls.__dict__
    try:
        made = dataclasses.dataclass(frozen=frozen, kw_only=kw_only, order=order, slots=slots)(cls)
    except (TypeError, ValueError) as error:
        hint = "; kw_only=True allows it" if "non-default argument" in str(error) else ""
        raise InvalidArgument(f"{_where(cls)}: {error}{hint}") from error
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


def _members(cls: type[Any]) -> Iterator[_Member]:
    """The fields of ``cls``, inherited ones first, as dataclasses, attrs or msgspec list them."""
    if "__attrs_attrs__" in cls.__dict__:
        nothing = getattr(sys.modules.get("attr"), "NOTHING", None)
        for attribute in cls.__dict__["__attrs_attrs__"]:
            # A factory has the attribute takes_self; it makes a value for each instance.
            plain = attribute.default is not nothing and not hasattr(attribute.default, "takes_self")
            default = attribute.default if plain else UNSET
            yield _Member(attribute.name, attribute.metadata.get(_METADATA_KEY), default)
    elif "__dataclass_fields__" in cls.__dict__:
        for item in dataclasses.fields(cls):
            default = UNSET if item.default is dataclasses.MISSING else item.default
            yield _Member(item.name, item.metadata.get(_METADATA_KEY), default)
    else:
        yield from _msgspec_members(cls)


def _msgspec_members(cls: type[Any]) -> Iterator[_Member]:
    names: tuple[str, ...] = cls.__struct_fields__
    defaults: tuple[Any, ...] = cls.__struct_defaults__
    with_default = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    for name in names:
        default = with_default.get(name, UNSET)
        # msgspec keeps NODEFAULT and default factories in the same tuple.
        made_by_msgspec = type(default).__module__.partition(".")[0] == "msgspec"
        yield _Member(name, None, UNSET if made_by_msgspec else default)


# --- annotations -----------------------------------------------------------------------------------------------------


class _NotYet(Exception):
    """A name in an annotation does not exist, perhaps only not yet."""


def _own_annotations(cls: type) -> Mapping[str, Any]:
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


def _evaluated_each(annotations: dict[str, Any], names: dict[str, Any], cls: type) -> dict[str, Any]:
    """As _evaluated; errors name the field of ``cls``."""
    try:
        return _evaluated(annotations, names)
    except Exception:
        for name, annotation in annotations.items():
            failed = f"{_where(cls, name)}: annotation {annotation!s} cannot be evaluated"
            try:
                _evaluated({name: annotation}, names)
            except (NameError, AttributeError) as error:
                # AttributeError: a module of a circular import does not have the class yet.
                raise _NotYet(f"{failed}: {error}") from error
            except Exception as error:
                raise InvalidArgument(f"{failed}: {error}") from error
        raise


def _names_for(base: type, cls: type, scope: types.FrameType | None) -> dict[str, Any]:
    """What an annotation in the body of ``base`` can name; a class being decorated goes by its name as well."""
    module = sys.modules.get(base.__module__)
    fields = _own_annotations(base)
    return {
        **{name: value for name, value in vars(base).items() if name not in fields},
        **(vars(module) if module is not None else {}),
        **(scope.f_locals if scope is not None else {}),
        base.__name__: base,
        cls.__name__: cls,
    }


@dataclasses.dataclass
class _Reading:
    """What the layers around the bare type of an annotation say."""

    type: Type | None = None
    nillable: bool = False
    none: bool = False
    unset: bool = False
    settings: list[_Settings] = dataclasses.field(default_factory=list)


class _Unclear(Exception):
    """An annotation that no table can be made of; the text is the rule."""


def _peel(annotation: Any) -> tuple[Any, _Reading]:
    """The bare type in ``annotation`` and what stood around it."""
    reading = _Reading()
    inside_nillable = False
    while True:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            inside_nillable = any(item is _Mark.NILLABLE for item in annotation.__metadata__)
            _take_metadata(annotation.__metadata__, reading)
            annotation = annotation.__origin__
        elif origin is typing.Union or origin is types.UnionType:
            arms = typing.get_args(annotation)
            rest = [arm for arm in arms if arm is not types.NoneType and arm is not Unset]
            reading.unset |= Unset in arms
            if types.NoneType in arms and not inside_nillable:
                reading.none = True
            if len(rest) != 1:
                raise _Unclear("a choice of several types (UNION) is not supported by this version")
            annotation, inside_nillable = rest[0], False
        elif origin is typing.Final:
            (annotation,) = typing.get_args(annotation)
        elif hasattr(annotation, "__supertype__"):  # typing.NewType
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":  # the type statement of Python 3.12
            annotation = annotation.__value__
        else:
            return annotation, reading


def _take_metadata(metadata: tuple[object, ...], reading: _Reading) -> None:
    for item in metadata:
        if isinstance(item, Type):
            if reading.type not in (None, item):
                raise _Unclear(f"it says both {reading.type.name} and {item.name}")
            reading.type = item
        elif item is _Mark.NILLABLE:
            reading.nillable = True
        elif isinstance(item, dataclasses.Field) and _METADATA_KEY in item.metadata:
            if any(value is not dataclasses.MISSING for value in (item.default, item.default_factory, item.kw_only)):
                raise _Unclear("field() in Annotated takes neither a default, which stands after the =, nor kw_only")
            reading.settings.append(item.metadata[_METADATA_KEY])


def _enum_of(cls: type[enum.Enum]) -> EnumDescription:
    """The one description of an Enum class, kept with the class so that both live equally long."""
    found = cls.__dict__.get("__wsx_enum__")
    if not isinstance(found, EnumDescription):
        try:
            made = EnumDescription(cls)
        except InvalidArgument as error:
            raise _Unclear(error.message) from error
        with _publishing:
            found = cls.__dict__.get("__wsx_enum__", made)
            setattr(cls, "__wsx_enum__", found)  # noqa: B010 - a name that the class does not declare
    return found


def _type_of(bare: Any, named: Type | None) -> tuple[Type, Description | Callable[[], Description] | None]:
    """(type, description) of a bare annotation; ``named`` is the type that stood in Annotated."""
    found: Type | None = None
    description: Description | Callable[[], Description] | None = None
    if isinstance(bare, type) and typing.get_origin(bare) is None:
        declaration = _declaration_of(bare)
        if declaration is not None:
            found, description = Type.STRUCT, declaration.built or functools.partial(struct_of, bare)
        elif issubclass(bare, enum.Enum):
            found, description = Type.ENUM, _enum_of(bare)
        else:
            found = _SCALARS.get(bare)
    if found is None:
        raise _Unclear(_unknown(bare))
    if named is None or named is found:
        return found, description
    if PYTHON_TYPES.get(named) is not PYTHON_TYPES.get(found, bare):
        raise _Unclear(f"values of {named.name} are no {bare.__name__}")
    return named, None


def _unknown(bare: Any) -> str:
    if bare is list:
        return "a list needs the type of its items: list[X]"
    origin = typing.get_origin(bare) or bare
    if isinstance(origin, type) and issubclass(origin, (tuple, set, frozenset)) and origin is not bare:
        return f"a repeating element is a list[X], not {bare!r}"
    if dataclasses.is_dataclass(bare) or hasattr(bare, "__attrs_attrs__") or hasattr(bare, "__struct_fields__"):
        return f"class {bare.__qualname__} has no table: it is not made by wsx.struct"
    name = bare.__qualname__ if isinstance(bare, type) and origin is bare else repr(bare)
    return f"{name} has no type in this version's tables"


# --- tables ----------------------------------------------------------------------------------------------------------

# Held only to publish what was made, so that a class has one table however many threads ask at once. Not held while
# annotations are evaluated, which can run any code.
_publishing = threading.Lock()


class _Declaration:
    """What @wsx.struct was told about a class, and what came of it."""

    def __init__(
        self,
        python_type: type[Any],
        *,
        ns: str,
        qualified: bool,
        local_name: str | None,
        type_local_name: str | None,
        options: StructOption,
        scope: types.FrameType | None,
    ) -> None:
        self.python_type = python_type
        self.ns = ns
        self.fields_ns = ns if qualified else ""
        self.type_local_name = type_local_name
        self.options = options
        # The frame of the function that the class is local to, as long as names in it are still to be found.
        self.scope = scope
        self.built: StructDescription | None = None
        name = python_type.__name__ if local_name is None else local_name
        try:
            self.element = ElementDescription(name, ns, Type.STRUCT, self.table)
        except InvalidArgument as error:
            error.add_context(_where(python_type))
            raise

    def start(self) -> None:
        """Make the table now if all names in it exist, else leave it to the first use."""
        try:
            table = self._settled()
        except _NotYet:
            return
        self.element = ElementDescription(self.element.local_name, self.ns, Type.STRUCT, table)

    def table(self) -> StructDescription:
        """The table, made when first asked for; InvalidArgument when it cannot be."""
        try:
            return self._settled()
        except _NotYet as error:
            raise InvalidArgument(str(error)) from error

    def _settled(self) -> StructDescription:
        if self.built is not None:
            return self.built
        made = self._make()
        with _publishing:
            if self.built is None:
                self.built = made
            self.scope = None
        return self.built

    def _make(self) -> StructDescription:
        cls = self.python_type
        members = list(_members(cls))
        annotations = self._annotations([member.name for member in members])
        fields = []
        for member in members:
            base, annotation = annotations[member.name]
            declaration = _declaration_of(base)
            if declaration is not None and declaration is not self:
                fields.append(_inherited(declaration._settled(), member.name, self.fields_ns))
                continue
            try:
                fields.append(_FieldMaker(member, annotation).make())
            except _Unclear as unclear:
                raise InvalidArgument(f"{_where(cls, member.name)}: {unclear}") from unclear.__cause__
            except InvalidArgument as error:
                error.add_context(_where(cls))
                raise
        return StructDescription(
            cls,
            sorted(fields, key=lambda member: FIELD_ORDER[member.mapping]),
            ns=self.fields_ns,
            type_local_name=self.type_local_name,
            type_ns=None if self.type_local_name is None else self.ns,
            options=self.options,
        )

    def _annotations(self, names: list[str]) -> dict[str, tuple[type, Any]]:
        """(class that declares it, annotation) of each field; those of other declared classes are not evaluated."""
        cls = self.python_type
        found: dict[str, tuple[type, Any]] = {}
        for base in reversed(cls.__mro__):
            own = {name: value for name, value in _own_annotations(base).items() if name in names}
            if own and (base is cls or _declaration_of(base) is None):
                own = _evaluated_each(own, _names_for(base, cls, self.scope), cls)
            found |= {name: (base, value) for name, value in own.items()}
        for name in names:
            if name not in found:
                raise InvalidArgument(f"{_where(cls, name)}: it has no annotation")
        return found


def _inherited(struct: StructDescription, name: str, ns: str) -> FieldDescription:
    """The field of a base for a structure with another ``ns``: it keeps the namespace of the class that declares it."""
    member = next(member for member in struct.fields if member.name == name)
    if struct.ns == ns:
        return member
    if member.mapping is FieldMapping.ELEMENT:
        return dataclasses.replace(member, ns=member.own_ns(struct.ns))
    if member.mapping is FieldMapping.REPEATING_ELEMENT:
        wrapper_ns, _ = member.wrapper(struct.ns) or (None, None)
        return dataclasses.replace(member, item_ns=member.own_ns(struct.ns), ns=wrapper_ns)
    return member


class _Table:
    """Class attribute that gives a table of the one class that it was made for, not of instances and subclasses."""

    def __init__(self, declaration: _Declaration, name: str) -> None:
        self.declaration = declaration
        self.name = name

    def __get__(self, instance: object, owner: type[Any]) -> ElementDescription | StructDescription:
        if instance is not None or owner is not self.declaration.python_type:
            raise AttributeError(f"{owner.__qualname__} itself has no {self.name}: it is not made by wsx.struct")
        return self.declaration.element if self.name == "__wsx_element__" else self.declaration.table()


def _declaration_of(cls: type) -> _Declaration | None:
    table = cls.__dict__.get("__wsx_struct__")
    return table.declaration if isinstance(table, _Table) else None


class _FieldMaker:
    """The description of one field, from its annotation and its settings."""

    def __init__(self, member: _Member, annotation: object) -> None:
        self.member = member
        bare, self.reading = _peel(annotation)
        self.item: _Reading | None = None
        if typing.get_origin(bare) is list:
            arguments = typing.get_args(bare)
            if len(arguments) != 1:
                raise _Unclear(_unknown(list))
            bare, self.item = _peel(arguments[0])
            self._check_item(bare, self.item)
        inner_reading = self.reading if self.item is None else self.item
        self.type, self.description = _type_of(bare, inner_reading.type)
        self.settings = self._settings()

    def _check_item(self, bare: object, item: _Reading) -> None:
        if item.none or item.unset:
            raise _Unclear("an item of a list is never absent; a nil one is list[Nillable[X]]")
        if item.settings:
            raise _Unclear("field() belongs to the list, not to its items")
        if self.reading.type is not None:
            raise _Unclear(f"{self.reading.type.name} belongs to the items of the list")
        if typing.get_origin(bare) is list:
            raise _Unclear("a list of lists needs a struct between them")

    def _settings(self) -> _Settings:
        found = [*self.reading.settings, *([self.member.settings] if self.member.settings is not None else [])]
        if len(found) > 1:
            raise _Unclear("field() is given twice")
        settings = found[0] if found else _Settings()
        if self.item is not None and (settings.attribute or settings.text):
            raise _Unclear(f"a list cannot be {'an attribute' if settings.attribute else 'text'}")
        if self.item is None and settings.wrapper is not None:
            raise _Unclear("only a list has a wrapper")
        return settings

    def make(self) -> FieldDescription:
        """The description."""
        settings = self.settings
        options, default = self._options()
        names = {"local_name": settings.local_name, "ns": settings.ns}
        mapping = FieldMapping.ELEMENT
        if self.item is not None:
            mapping = FieldMapping.REPEATING_ELEMENT
            names = {
                "item_local_name": settings.local_name,
                "item_ns": settings.ns,
                "local_name": settings.wrapper,
                "ns": settings.wrapper_ns,
            }
        elif settings.attribute or settings.text:
            mapping = FieldMapping.ATTRIBUTE if settings.attribute else FieldMapping.TEXT
        return FieldDescription(
            self.member.name,
            self.type,
            self.description,
            mapping=mapping,
            options=options,
            default=default,
            item_range=settings.item_range,
            **names,
        )

    def _options(self) -> tuple[FieldOption, Any]:
        """The options, and what an absent field reads as."""
        reading, member = self.reading, self.member
        options = FieldOption.NONE
        default: Any = UNSET
        if reading.none and reading.unset:
            raise _Unclear("None and UNSET would both be absent; Nillable[X] | Unset makes None a nil element")
        if self.settings.optional:
            if self.item is not None:
                raise _Unclear("a list that may be absent is list[X] | None, or list[X] | Unset")
            if not (reading.none or reading.unset) and member.default is UNSET:
                raise _Unclear("optional=True needs a default (no factory), or an annotation X | None or X | Unset")
            default = member.default
        if self.settings.optional or reading.none or reading.unset:
            options |= FieldOption.OPTIONAL
        if reading.none or reading.unset:
            default = None if reading.none else UNSET
        if reading.nillable:
            options |= FieldOption.NILLABLE
        if self.item is not None and self.item.nillable:
            options |= FieldOption.NILLABLE_ITEM
        # The sets V and S of the type table: nil is a pointer, and so is an optional structure.
        nil = options & (FieldOption.NILLABLE | FieldOption.NILLABLE_ITEM)
        if self.type not in (Type.STRING, Type.WSZ, Type.BYTES) and (nil or (options and self.type is Type.STRUCT)):
            options |= FieldOption.POINTER
        return options, default
