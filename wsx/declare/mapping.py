"""From an annotation and its settings to a field description."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from wsx.declare.annotations import Reading, Source, Unclear, peel, type_of, unknown
from wsx.declare.classes import Member
from wsx.declare.fields import Settings
from wsx.declare.registry import declaration_of
from wsx.descriptions import (
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    Type,
    UnionDescription,
    UnionFieldDescription,
)
from wsx.errors import InvalidArgument
from wsx.fragment import XmlBuffer
from wsx.legality import OWN_NIL, PYTHON_TYPES, STRUCTURED
from wsx.limits import TextDescription
from wsx.values import UNSET, XmlQName

__all__ = ["choice_of", "describe_field", "with_namespace"]

_KINDS: Final[Mapping[str, tuple[FieldMapping, str]]] = MappingProxyType(
    {
        "attribute": (FieldMapping.ATTRIBUTE, "an attribute"),
        "xml_attribute": (FieldMapping.XML_ATTRIBUTE, "an attribute"),
        "text": (FieldMapping.TEXT, "text"),
        "any": (FieldMapping.ANY_ELEMENT, "any element"),
        "any_content": (FieldMapping.ANY_CONTENT, "any content"),
    }
)
_EXPLICIT: Final = "Annotated[wsx.Choice, wsx.UnionDescription(…)]"
_ANY_NAME: Final = XmlQName("*", "*")


def describe_field(member: Member, annotation: object, ns: str) -> FieldDescription:
    """The description of a field of a class whose elements are in the namespace ``ns``.

    :raises Unclear: no table can be made of the annotation.
    :raises InvalidArgument: the table is illegal.
    """
    if isinstance(member.default, dataclasses.Field):
        raise Unclear("field() belongs into the annotation here: Annotated[X, wsx.field(…)]")
    return _FieldMaker(member, annotation, ns).make()


def with_namespace(member: FieldDescription, ns: str) -> FieldDescription:
    """A field that was made for a structure in namespace ``ns``, with that namespace where it has none of its own."""
    if member.mapping is FieldMapping.ELEMENT:
        return dataclasses.replace(member, ns=member.own_ns(ns))
    if member.mapping is FieldMapping.REPEATING_ELEMENT:
        wrapper_ns, _ = member.wrapper(ns) or (None, None)
        return dataclasses.replace(member, item_ns=member.own_ns(ns), ns=wrapper_ns)
    union = member.resolve_description()
    if isinstance(union, UnionDescription):
        arms = [UnionFieldDescription(arm.value, with_namespace(arm.field, ns)) for arm in union.fields]
        made = UnionDescription(arms, none_value=union.none_value, by_type=union.by_type)
        wrapper_ns, _ = member.wrapper(ns) or (None, None)
        return dataclasses.replace(member, description=made, ns=wrapper_ns)
    return member


class _FieldMaker:
    """The description of one field, or of one element of a choice."""

    def __init__(self, member: Member, annotation: object, ns: str) -> None:
        self.member = member
        self.ns = ns
        self.bare, self.reading = peel(annotation)
        self.item: Reading | None = None
        if typing.get_origin(self.bare) is list and not isinstance(self.reading.description, TextDescription):
            arguments = typing.get_args(self.bare)
            if len(arguments) != 1:
                raise Unclear(unknown(list))
            self.bare, self.item = peel(arguments[0])
            self._check_item(self.item)
        self.settings = self._settings()
        inner = self.reading if self.item is None else self.item
        self.type: Type
        self.description: Source
        if inner.arms:
            self._check_choice(inner)
            self.type, self.description = Type.UNION, _choice(inner.arms, ns)
        else:
            self.type, self.description = type_of(self.bare, inner)
        self.mapping = self._mapping(self.settings)

    def _check_item(self, item: Reading) -> None:
        if item.none or item.unset:
            raise Unclear("an item of a list is never absent; a nil one is list[Nillable[X]]")
        if item.settings:
            raise Unclear("field() belongs to the list, not to its items")
        if self.reading.type is not None:
            raise Unclear(f"{self.reading.type.name} belongs to the items of the list")
        if typing.get_origin(self.bare) is list and not isinstance(item.description, TextDescription):
            raise Unclear("a list of lists needs a struct between them")

    @staticmethod
    def _check_choice(reading: Reading) -> None:
        if reading.type is not None:
            raise Unclear(f"a choice is no {reading.type.name}")
        if reading.nillable:
            raise Unclear("a choice is never nil; with nil elements it is " + _EXPLICIT)

    def _settings(self) -> Settings:
        found = [*self.reading.settings, *([self.member.settings] if self.member.settings is not None else [])]
        if len(found) > 1:
            raise Unclear("field() is given twice")
        return found[0] if found else Settings()

    def _mapping(self, settings: Settings) -> FieldMapping:
        """The mapping; Unclear when field() says what the annotation cannot be."""
        repeating = self.item is not None
        mapping, what = _KINDS.get(settings.kind, (FieldMapping.ELEMENT, "an element"))
        if self.type is Type.ANY_ATTRIBUTES:
            if settings.kind:
                raise Unclear(f"other attributes cannot be {what}")
            mapping = FieldMapping.ANY_ATTRIBUTES
        elif self.type is Type.UNION:
            if settings.kind or settings.local_name is not None or settings.ns is not None:
                raise Unclear("a choice has elements, and field() in the annotation of each says their names")
            mapping = FieldMapping.REPEATING_ELEMENT_CHOICE if repeating else FieldMapping.ELEMENT_CHOICE
        elif settings.kind in ("any", "any_content"):
            if self.type is not Type.XML_BUFFER:
                raise Unclear(f"{what} is a wsx.XmlBuffer")
            if repeating and settings.kind == "any":
                mapping = FieldMapping.REPEATING_ANY_ELEMENT
                if settings.wrapper is not None:
                    raise Unclear("a list of any elements has no wrapper")
        elif repeating and not settings.kind:
            mapping = FieldMapping.REPEATING_ELEMENT
        if repeating and settings.kind not in ("", "any"):
            raise Unclear(f"a list cannot be {what}")
        if not repeating and settings.wrapper is not None:
            raise Unclear("only a list has a wrapper")
        return mapping

    def make(self) -> FieldDescription:
        """The description of a field."""
        options, default = self._options()
        return self._made(self.member.name, self.settings, options, default)

    def _made(self, name: str, settings: Settings, options: FieldOption, default: Any) -> FieldDescription:
        names = {"local_name": settings.local_name, "ns": settings.ns}
        if self.mapping is FieldMapping.REPEATING_ELEMENT:
            names = {
                "item_local_name": settings.local_name,
                "item_ns": settings.ns,
                "local_name": settings.wrapper,
                "ns": settings.wrapper_ns,
            }
        elif self.mapping is FieldMapping.REPEATING_ELEMENT_CHOICE:
            names = {"local_name": settings.wrapper, "ns": settings.wrapper_ns}
        return FieldDescription(
            name,
            self.type,
            self.description,
            mapping=self.mapping,
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
            raise Unclear("None and UNSET would both be absent; Nillable[X] | Unset makes None a nil element")
        if self.settings.optional:
            if self.item is not None:
                raise Unclear("a list that may be absent is list[X] | None, or list[X] | Unset")
            if not (reading.none or reading.unset) and member.default is UNSET:
                raise Unclear("optional=True needs a default (no factory), or an annotation X | None or X | Unset")
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
        if self.type not in OWN_NIL and (nil or (options and self.type in STRUCTURED)):
            options |= FieldOption.POINTER
        if self.settings.other_namespace:
            options |= FieldOption.OTHER_NAMESPACE
        return options, default

    # --- one element of a choice -------------------------------------------------------------------------------------

    def arm(self) -> FieldDescription:
        """The description as one element of a choice, its names and namespaces settled."""
        self._check_arm()
        settings = self.settings
        if self.mapping is FieldMapping.ANY_ELEMENT:
            options = FieldOption.OTHER_NAMESPACE if settings.other_namespace else FieldOption.NONE
            return self._made("any", settings, options, UNSET)
        declaration = declaration_of(self.bare) if isinstance(self.bare, type) and self.item is None else None
        name = settings.local_name if self.item is None else settings.wrapper
        ns = self.ns
        if name is None and declaration is not None and self.type is Type.STRUCT:
            name, ns = declaration.element.local_name, declaration.ns
        if name is None:
            if self.item is not None:
                needed = (
                    f"a list in a choice needs a wrapper: Annotated[list[{_text(self.bare)}], wsx.field(wrapper=…)]"
                )
            else:
                needed = f"an element of a choice needs a name: Annotated[{_text(self.bare)}, wsx.field(local_name=…)]"
            raise Unclear(needed)
        options, _ = self._options()
        if self.item is None:
            settings = dataclasses.replace(settings, local_name=name, ns=ns if settings.ns is None else settings.ns)
        return with_namespace(self._made(name, settings, options, UNSET), self.ns)

    def _check_arm(self) -> None:
        if self.type is Type.UNION:
            raise Unclear("a choice inside a choice needs a struct between them")
        if self.reading.none or self.reading.unset or self.settings.optional:
            raise Unclear("one element of a choice is never optional: A | B | None makes all of it so")
        if self.type is Type.CUSTOM:
            raise Unclear("a custom type has no class of its own: then the choice is " + _EXPLICIT)
        if self.reading.nillable:
            raise Unclear("the class of a nil element is not known: with nil elements the choice is " + _EXPLICIT)
        if self.mapping not in (FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT, FieldMapping.ANY_ELEMENT):
            raise Unclear("the members of a choice are elements")

    def classes(self) -> tuple[type, ...]:
        """The classes of the values, which select the element."""
        if self.item is not None:
            return (list,)
        if isinstance(self.description, EnumDescription):
            return tuple({type(value): None for _, value in self.description.pairs})
        if isinstance(self.description, StructDescription):
            return (self.description.python_type,)
        if self.type in (Type.STRUCT, Type.ENDPOINT_ADDRESS, Type.FAULT):
            return (self.bare,)
        found = XmlBuffer if self.type is Type.XML_BUFFER else PYTHON_TYPES[self.type]
        return found if isinstance(found, tuple) else (found,)


def choice_of(arms: Mapping[str, Any] | Callable[[], Mapping[str, Any]], *, ns: str | None = None) -> UnionDescription:
    """The table of a choice whose values are :class:`wsx.Choice`: the annotation of each element by its local name.

    ``Annotated[wsx.Choice, wsx.choice_of({"card": Card, "cash": wsx.Decimal})]`` is the annotation of a field; the name
    of an element selects it: ``wsx.Choice("cash", Decimal(5))``. ``ns`` is the namespace of the elements, by default
    that of the class. ``arms`` may be a callable, for classes that are declared further down. An annotation with
    ``field(any=True)`` is what any other element is taken as.

    :raises InvalidArgument: for an annotation that no table can be made of.
    """
    made = []
    for name, annotation in (arms() if callable(arms) else arms).items():
        try:
            maker = _FieldMaker(Member(name, None, UNSET), annotation, "")
            options, _ = maker._options()
        except Unclear as unclear:
            raise InvalidArgument(f"choice_of(): {name}: {unclear}") from unclear
        if maker.reading.none or maker.reading.unset or maker.type is Type.UNION or maker.item is not None:
            raise InvalidArgument(f"choice_of(): {name}: {annotation!r} cannot be an element of a choice")
        settings = maker.settings
        if maker.mapping is FieldMapping.ELEMENT:
            given = name if settings.local_name is None else settings.local_name
            settings = dataclasses.replace(settings, local_name=given, ns=ns if settings.ns is None else settings.ns)
        made.append(UnionFieldDescription(name, maker._made(name, settings, options, UNSET)))
    return UnionDescription(made)


def _text(bare: object) -> str:
    return bare.__name__ if isinstance(bare, type) else str(bare)


def _choice(annotations: Iterable[object], ns: str) -> UnionDescription:
    """The table of ``A | B``: the class of the value selects the element."""
    arms: list[UnionFieldDescription] = []
    taken: dict[type, bool] = {}
    for annotation in annotations:
        try:
            maker = _FieldMaker(Member("", None, UNSET), annotation, ns)
            made = maker.arm()
        except InvalidArgument as error:
            raise Unclear(f"in the choice, {error.message}") from error
        for cls in maker.classes():
            _check_class(cls, taken)
        own = (made.local_name, made.ns or "")
        name = _ANY_NAME if made.mapping is FieldMapping.ANY_ELEMENT else XmlQName(own[0] or "", own[1])
        if any(arm.value == name for arm in arms):
            raise Unclear(f"two elements of the choice are called {name}")
        arms.append(UnionFieldDescription(name, made))
    # A union has no order; what takes any name comes after those that have one.
    arms.sort(key=lambda arm: arm.value == _ANY_NAME)
    return UnionDescription(arms, by_type=True)


def _check_class(cls: type, taken: dict[type, bool]) -> None:
    """Does the class select just one element? ``taken`` says of each class whether derived ones stand for it."""
    declaration = declaration_of(cls)
    polymorphic = declaration is not None and declaration.polymorphic
    for other, derived in taken.items():
        if cls is other or (derived and issubclass(cls, other)) or (polymorphic and issubclass(other, cls)):
            raise Unclear(
                f"two elements of the choice have values of class {cls.__name__}: "
                f"wsx.Choice tells them apart, with its table {_EXPLICIT}"
            )
    taken[cls] = polymorphic
