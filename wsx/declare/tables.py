"""``@wsx.struct`` and the tables that it makes."""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from wsx.declare.annotations import Unclear
from wsx.declare.classes import (
    NotYet,
    as_dataclass,
    evaluated_each,
    kind_of,
    members,
    names_for,
    own_annotations,
    where,
)
from wsx.declare.fields import field
from wsx.declare.lazy import lazy_names_of
from wsx.declare.mapping import describe_field, with_namespace
from wsx.declare.registry import PUBLISHING, Table, declaration_of
from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    FieldMapping,
    StructDescription,
    StructOption,
    Type,
    UnionDescription,
)
from wsx.errors import InvalidArgument
from wsx.legality import FIELD_ORDER

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


__all__ = ["Declaration", "describe", "element_of", "struct", "struct_of"]

T = TypeVar("T")

# xsi:type of a class that may be replaced by derived ones; no attribute of a class can have this name.
_TYPE_FIELD: Final = FieldDescription("xsi:type", Type.DESCRIPTION, mapping=FieldMapping.TYPE_ATTRIBUTE)


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
    polymorphic: bool = ...,
    abstract: bool = ...,
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
    polymorphic: bool = False,
    abstract: bool = False,
    frozen: bool = False,
    kw_only: bool = False,
    order: bool = False,
) -> Any:
    """Class decorator: give a class its table (WS_STRUCT_DESCRIPTION) and element (WS_ELEMENT_DESCRIPTION).

    ``ns`` is the namespace of the element and of the elements inside; with ``qualified=False`` those inside have none
    (elementFormDefault="unqualified"). ``local_name`` is the element's name, by default the class's. A
    ``type_local_name`` names the type in ``ns``.

    With ``polymorphic``, values of derived classes may stand wherever the class is named, and xsi:type says which one
    it is; with ``abstract`` one of them must. All classes derived from it are then declared as well, and have a type
    name (by default that of the class). They must be declared before a value of the base is first written or read;
    later ones are refused. Without ``polymorphic`` a derived class inherits fields, and has no other relation to its
    base.

    A dataclass, attrs class, msgspec.Struct or pydantic model is given back as it is. Any other class is made into a
    dataclass with slots; ``frozen``, ``kw_only`` and ``order`` are those of ``dataclasses.dataclass``.

    Fields that are inherited, from other such classes or from plain dataclasses, are part of the table: attributes
    first, then the elements of the bases, then those of the class. The order of the fields is their order in XML;
    ``kw_only`` lets fields with and without default follow each other in any order.

    InvalidArgument names the class and the field that has no table, and why.
    """
    given = {name for name, value in (("frozen", frozen), ("kw_only", kw_only), ("order", order)) if value}

    def declare(cls: type[Any], depth: int = 1) -> type[Any]:
        kind = kind_of(cls)
        if kind is None:
            cls = as_dataclass(cls, frozen=frozen, kw_only=kw_only, order=order)
        elif given:
            raise InvalidArgument(f"{where(cls)}: {', '.join(sorted(given))} cannot be given for a class of {kind}")
        frame = sys._getframe(depth)
        declaration = Declaration(
            cls,
            ns=ns,
            qualified=qualified,
            local_name=local_name,
            type_local_name=type_local_name,
            options=options | (StructOption.ABSTRACT if abstract else StructOption.NONE),
            polymorphic=polymorphic or abstract,
            scope=frame if frame.f_locals is not frame.f_globals else None,
        )
        for name in ("__wsx_struct__", "__wsx_element__"):
            setattr(cls, name, Table(declaration, name))
        if declaration.lazy is None:
            declaration.start()
        for parent in declaration.parents:
            parent.derived.add(declaration)
        return cls

    return declare if cls is None else declare(cls, depth=2)


def element_of(source: ElementDescription | type[Any] | Callable[[], Any]) -> ElementDescription:
    """The element that ``source`` describes: itself, that of a class made by ``@wsx.struct``, or what a function
    without parameters returns of these.

    InvalidArgument when it is none of them.
    """
    if isinstance(source, types.FunctionType):
        source = source()
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
    seen: set[object] = set()
    waiting: list[object] = [top]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        if isinstance(here, StructDescription):
            waiting += [member.resolve_description() for member in here.fields]
            # Not by calling them, which would settle which they are.
            waiting += here.sub_types.tables() if isinstance(here.sub_types, SubTypes) else here.all_sub_types()
        elif isinstance(here, UnionDescription):
            waiting += [arm.field.resolve_description() for arm in here.fields]
    return top


# --- tables ----------------------------------------------------------------------------------------------------------


class Declaration:
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
        polymorphic: bool,
        scope: types.FrameType | None,
    ) -> None:
        self.python_type = python_type
        self.ns = ns
        self.fields_ns = ns if qualified else ""
        self.options = options
        self.parents = _polymorphic_bases(python_type)
        self.polymorphic = polymorphic or bool(self.parents)
        self.derived = SubTypes(python_type)
        if type_local_name is None and self.polymorphic:
            type_local_name = python_type.__name__
        self.type_local_name = type_local_name
        # The frame of the function that the class is local to, as long as names in it are still to be found.
        self.scope = scope
        self.lazy = lazy_names_of(python_type.__module__)
        self.built: StructDescription | None = None
        name = python_type.__name__ if local_name is None else local_name
        try:
            self.element = ElementDescription(name, ns, Type.STRUCT, self.table)
        except InvalidArgument as error:
            error.add_context(where(python_type))
            raise

    def start(self) -> None:
        """Make the table now if all names in it exist, else leave it to the first use."""
        try:
            table = self._settled()
        except NotYet:
            return
        self.element = ElementDescription(self.element.local_name, self.ns, Type.STRUCT, table)

    def table(self) -> StructDescription:
        """The table, made when first asked for; InvalidArgument when it cannot be."""
        try:
            return self._settled()
        except NotYet as error:
            raise InvalidArgument(str(error)) from error

    def _settled(self) -> StructDescription:
        if self.built is not None:
            return self.built
        made = self._make()
        with PUBLISHING:
            if self.built is None:
                self.built = made
            self.scope = None
        return self.built

    def _make(self) -> StructDescription:
        cls = self.python_type
        own = list(members(cls))
        annotations = self._annotations([member.name for member in own])
        fields = [_TYPE_FIELD] if self.polymorphic else []
        for member in own:
            base, annotation = annotations[member.name]
            declaration = declaration_of(base)
            if declaration is not None and declaration is not self:
                fields.append(_inherited(declaration._settled(), member.name, self.fields_ns))
                continue
            try:
                fields.append(describe_field(member, annotation, self.fields_ns))
            except Unclear as unclear:
                raise InvalidArgument(f"{where(cls, member.name)}: {unclear}") from unclear.__cause__
            except InvalidArgument as error:
                error.add_context(where(cls))
                raise
        return StructDescription(
            cls,
            sorted(fields, key=lambda member: FIELD_ORDER[member.mapping]),
            ns=self.fields_ns,
            type_local_name=self.type_local_name,
            type_ns=None if self.type_local_name is None else self.ns,
            parent=self.parents[0]._settled() if self.parents else None,
            sub_types=self.derived if self.polymorphic else (),
            options=self.options,
        )

    def _annotations(self, names: list[str]) -> dict[str, tuple[type, Any]]:
        """(class that declares it, annotation) of each field; those of other declared classes are not evaluated."""
        cls = self.python_type
        found: dict[str, tuple[type, Any]] = {}
        for base in reversed(cls.__mro__):
            own = {name: value for name, value in own_annotations(base).items() if name in names}
            if own and (base is cls or declaration_of(base) is None):
                own = evaluated_each(own, names_for(base, cls, self.scope), cls, self.lazy)
            found |= {name: (base, value) for name, value in own.items()}
        for name in names:
            if name not in found:
                raise InvalidArgument(f"{where(cls, name)}: it has no annotation")
        return found


def _inherited(struct: StructDescription, name: str, ns: str) -> FieldDescription:
    """The field of a base for a structure with another ``ns``: it keeps the namespace of the class that declares it."""
    member = next(member for member in struct.fields if member.name == name)
    return member if struct.ns == ns else with_namespace(member, struct.ns)


# --- derived types ---------------------------------------------------------------------------------------------------


def _polymorphic_bases(cls: type[Any]) -> tuple[Declaration, ...]:
    """The nearest polymorphic classes that ``cls`` derives from, one for each branch."""
    found = {}
    for branch in cls.__bases__:
        for base in branch.__mro__:
            declaration = declaration_of(base)
            if declaration is not None and declaration.polymorphic:
                found[base] = declaration
                break
    return tuple(found.values())


class SubTypes:
    """The tables of the types derived from one class (``StructDescription.sub_types``).

    Calling it, which is what making a plan does, settles which they are: plans are not made again.
    """

    def __init__(self, python_type: type[Any]) -> None:
        self._python_type = python_type
        self._declarations: list[Declaration] = []
        self._settled = False

    def add(self, derived: Declaration) -> None:
        """A class was derived; InvalidArgument when it comes too late."""
        with PUBLISHING:
            if self._settled:
                raise InvalidArgument(
                    f"{where(derived.python_type)}: a plan for its base {self._python_type.__qualname__} was made "
                    "already; declare all derived classes before a value of the base is first written or read"
                )
            self._declarations.append(derived)

    def tables(self) -> list[StructDescription]:
        """The tables of those known so far."""
        return [derived.table() for derived in tuple(self._declarations)]

    def __call__(self) -> list[StructDescription]:
        while True:
            found = self.tables()
            with PUBLISHING:
                if len(found) == len(self._declarations):
                    self._settled = True
                    return found
