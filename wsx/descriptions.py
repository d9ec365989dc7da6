"""Description tables: how a Python value looks in XML.

The tables mirror WS_ELEMENT_DESCRIPTION, WS_STRUCT_DESCRIPTION, WS_FIELD_DESCRIPTION, WS_ENUM_DESCRIPTION and
WS_MESSAGE_DESCRIPTION; enumerations keep the numbers of ``webservices.h``. A table is immutable and checked when it is
built: one that breaks a rule raises :class:`wsx.errors.InvalidArgument` naming the field and the rule, so that a plan
never sees it.
"""

from __future__ import annotations

import decimal
import enum
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from wsx.enumerations import (
    AddressingVersion,
    EnvelopeVersion,
    FieldMapping,
    FieldOption,
    ReadOption,
    StructOption,
    Type,
    WriteOption,
)
from wsx.errors import InvalidArgument
from wsx.legality import (
    ATTRIBUTE_TYPES,
    CONTENT,
    FIELD_ONLY,
    FIELD_ORDER,
    INTEGER_RANGES,
    LEGAL_MAPPINGS,
    LEGAL_OPTIONS,
    NAMELESS,
    NAMESPACE_FILTER,
    OWN_NIL,
    PYTHON_TYPES,
    REPEATING,
    SINGLE_RANKS,
    STRUCTURED,
)
from wsx.limits import SCALAR_DESCRIPTIONS, ScalarDescription, TextDescription
from wsx.values import UNSET

__all__ = [
    "AttributeDescription",
    "CustomTypeDescription",
    "Description",
    "ElementDescription",
    "EndpointAddressDescription",
    "EnumDescription",
    "FaultDescription",
    "FieldDescription",
    "FieldMapping",
    "FieldOption",
    "MessageDescription",
    "ReadOption",
    "StructDescription",
    "StructOption",
    "Type",
    "UnionDescription",
    "UnionFieldDescription",
    "WriteOption",
]


# NCName of Namespaces in XML 1.0 §3, production 4, over the name characters of XML 1.0 (5th edition) §2.3.
_NAME_START = (
    "A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NCNAME = re.compile(f"[{_NAME_START}][{_NAME_START}\\-.0-9\xb7\u0300-\u036f\u203f-\u2040]*")
# Characters of XML 1.0 §2.2 that a namespace name, written as an attribute value, must not hold.
_FORBIDDEN = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")

XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"
XMLNS_NAMESPACE: Final = "http://www.w3.org/2000/xmlns/"
XSI_NAMESPACE: Final = "http://www.w3.org/2001/XMLSchema-instance"


def is_ncname(name: str) -> bool:
    """Is ``name`` an XML name without colon?"""
    return _NCNAME.fullmatch(name) is not None


def _illegal(where: str, rule: str) -> InvalidArgument:
    return InvalidArgument(f"{where}: {rule}")


def _check_text(text: object, where: str, what: str) -> str:
    if not isinstance(text, str):
        raise _illegal(where, f"{what} must be a str, not {type(text).__name__}")
    return text


def _check_name(name: object, where: str, what: str) -> None:
    if _NCNAME.fullmatch(_check_text(name, where, what)) is None:
        raise _illegal(where, f"{what} {name!r} is not an XML name without colon")


def check_namespace(ns: object, where: str, what: str) -> None:
    """InvalidArgument unless ``ns`` can be the name of a namespace."""
    if _FORBIDDEN.search(_check_text(ns, where, what)):
        raise _illegal(where, f"{what} {ns!r} holds a character that XML forbids")
    if ns in (XML_NAMESPACE, XMLNS_NAMESPACE):
        raise _illegal(where, f"{what} {ns!r} is reserved")


def _check_type(type_: object, description: object, where: str) -> None:
    if not isinstance(type_, Type):
        raise _illegal(where, f"type must be a wsx.Type, not {type_!r}")
    required = {
        Type.STRUCT: StructDescription,
        Type.ENUM: EnumDescription,
        Type.UNION: UnionDescription,
        Type.CUSTOM: CustomTypeDescription,
        Type.ENDPOINT_ADDRESS: EndpointAddressDescription,
        Type.FAULT: FaultDescription,
    }.get(type_)
    if required is None:
        allowed = SCALAR_DESCRIPTIONS.get(type_)
        if allowed is None:
            if description is not None:
                raise _illegal(where, f"type {type_.name} takes no description")
        elif isinstance(description, TextDescription) and type_ is Type.STRING:
            return
        elif description is not None and not isinstance(description, allowed):
            raise _illegal(
                where, f"type {type_.name} takes {allowed.__name__} or none as description, not {description!r}"
            )
    elif not isinstance(description, required):
        raise _illegal(where, f"type {type_.name} needs a {required.__name__}, not {description!r}")


# What a table is given as description: it, a callable that returns it, or a class made by wsx.struct.
_Source: TypeAlias = "Description | Callable[[], Description] | type[Any] | None"


class _Planned:
    """A table that the compiled plans are kept with, in `_plans`; they stay behind when it is pickled or copied."""

    __slots__ = ()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_plans"}


class _Described(_Planned):
    """What has a type and a description that may be a callable, for tables that refer to themselves."""

    __slots__ = ()

    type: Type
    description: _Source

    def resolve_description(self) -> Description | None:
        """The description itself; a callable is called, and its result checked as one given at once would be."""
        found = self.description
        if callable(found):
            found = found()
            _check_type(self.type, found, str(self))
        return found

    def _check_described(self, where: str) -> None:
        given = self.description
        if isinstance(given, type):
            # A class made by wsx.struct stands for its table, which may not be complete yet. Other classes are
            # callable too, and would fail only much later.
            if getattr(given, "__wsx_element__", None) is None:
                raise _illegal(where, f"class {given.__qualname__} has no table: it is not made by wsx.struct")
            given = functools.partial(getattr, given, "__wsx_struct__")
            object.__setattr__(self, "description", given)
        if not callable(given):
            _check_type(self.type, given, where)
        elif self.type not in (Type.STRUCT, Type.ENUM, Type.UNION):
            _check_type(self.type, None, where)
            raise _illegal(where, f"the description of type {self.type.name} must be given as it is, not as a callable")


def _check_text_structure(given: object, where: str, *, resolve: bool = False) -> None:
    """InvalidArgument unless a structure is all text, and so may stand in a TEXT field or an attribute: one TEXT field,
    which may be such a structure in its turn, and fields that have no XML (types.md §3). Callables are only called to
    ``resolve`` a description; before that they may refer to what is not there yet."""
    seen: set[int] = set()
    while isinstance(given, StructDescription):
        if id(given) in seen:
            raise _illegal(where, f"{given} is its own text")
        seen.add(id(given))
        texts = [member for member in given.fields if member.mapping is FieldMapping.TEXT]
        if not texts or any(m.mapping not in (FieldMapping.TEXT, FieldMapping.NO) for m in given.fields):
            raise _illegal(
                where, f"{given} must hold a TEXT field, and beside it only NO fields, to stand as text here"
            )
        if texts[0].type is not Type.STRUCT:
            return
        source = texts[0].description
        given = source if not callable(source) else source() if resolve else None


@dataclass(frozen=True, eq=False, init=False)
class EnumDescription:
    """WS_ENUM_DESCRIPTION: the names an enumerated string may have and the Python value of each.

    ``values`` is an ``enum.Enum`` class, whose members are the values: a member with a str as value has that str as
    its name in XML, any other (so each one of an ``IntEnum``) the name it has in Python. Or it is a mapping from name
    in XML to a hashable Python value; ``python_type`` is then the class of the values, if they have one in common.
    Names and values are unique. A description is compared by identity.
    """

    pairs: tuple[tuple[str, Any], ...]
    """(name in XML, Python value), in declaration order."""
    python_type: type | None

    def __init__(self, values: Mapping[str, Any] | type[enum.Enum], python_type: type | None = None) -> None:
        where = f"enum {values.__name__}" if isinstance(values, type) else "enum"
        if isinstance(values, type) and python_type not in (None, values):
            raise _illegal(where, "python_type is the class itself")
        pairs = self._pairs_of(values, where)
        python_type = values if isinstance(values, type) else python_type
        self._check_pairs(pairs, python_type, where)
        object.__setattr__(self, "pairs", pairs)
        object.__setattr__(self, "python_type", python_type)

    @staticmethod
    def _pairs_of(values: object, where: str) -> tuple[tuple[Any, Any], ...]:
        if isinstance(values, Mapping):
            return tuple(values.items())
        if isinstance(values, type) and issubclass(values, enum.Enum) and not issubclass(values, enum.Flag):
            return tuple((m.value if isinstance(m.value, str) else m.name, m) for m in values)
        raise _illegal(where, f"values must be an enum.Enum class that is no Flag, or a mapping, not {values!r}")

    @staticmethod
    def _check_pairs(pairs: tuple[tuple[object, object], ...], python_type: type | None, where: str) -> None:
        if not pairs:
            raise _illegal(where, "there must be at least one value")
        for name, value in pairs:
            if not isinstance(name, str) or _FORBIDDEN.search(name):
                raise _illegal(where, f"name {name!r} is no str of characters that XML allows")
            if python_type is not None and not isinstance(value, python_type):
                raise _illegal(where, f"value {value!r} is no {python_type.__name__}")
        try:
            unique = len({name for name, _ in pairs}) == len({value for _, value in pairs}) == len(pairs)
        except TypeError as error:
            raise _illegal(where, "values must be hashable") from error
        if not unique:
            raise _illegal(where, "names and values must be unique")

    def __str__(self) -> str:
        return f"enum {self.python_type.__name__}" if self.python_type is not None else "enum"


@dataclass(frozen=True)
class FieldDescription(_Described):
    """WS_FIELD_DESCRIPTION: one field of a structure.

    ``name`` is the Python attribute, dict key, or for tuples a label (the position counts). ``local_name`` defaults to
    ``name``; ``ns`` to the structure's ``ns`` for elements and to no namespace for attributes. With REPEATING_ELEMENT
    ``item_local_name`` defaults to ``name`` and ``item_ns`` to the structure's ``ns``, while ``local_name`` and ``ns``
    name the wrapper element; without ``local_name`` there is none. ``item_range`` is (least, most) items, ``None`` for
    no upper bound. ``default`` is what an OPTIONAL field reads as when it is absent: ``UNSET``, ``None``, or for
    attributes and elements a value of the type. ``description`` may be a callable that returns the description, or a
    class made by ``wsx.struct``.
    """

    name: str
    type: Type
    description: _Source = None
    _: KW_ONLY
    mapping: FieldMapping = FieldMapping.ELEMENT
    local_name: str | None = None
    ns: str | None = None
    options: FieldOption = FieldOption.NONE
    default: Any = UNSET
    item_local_name: str | None = None
    item_ns: str | None = None
    item_range: tuple[int, int | None] | None = None

    def __str__(self) -> str:
        return f"field {self.name!r}"

    def __post_init__(self) -> None:
        where = str(self)
        if not _check_text(self.name, where, "name"):
            raise _illegal(where, "name must not be empty")
        self._check_described(where)
        self._check_mapping(self.mapping, where)
        if self.type is Type.STRUCT and self.mapping is FieldMapping.TEXT:
            _check_text_structure(self.description, where)
        self._check_names(where)
        self._check_options(self.options, where)
        self._check_default(where)
        self._check_range(self.item_range, where)

    def resolve_description(self) -> Description | None:
        """The description itself; a callable is called, and its result checked as one given at once would be."""
        found = super().resolve_description()
        self._check_enum_default(found, str(self))
        if self.type is Type.STRUCT and self.mapping is FieldMapping.TEXT:
            _check_text_structure(found, str(self), resolve=True)
        return found

    def _check_mapping(self, mapping: object, where: str) -> None:
        if not isinstance(mapping, FieldMapping):
            raise _illegal(where, f"mapping must be a wsx.FieldMapping, not {mapping!r}")
        if mapping not in LEGAL_MAPPINGS[self.type]:
            raise _illegal(where, f"type {self.type.name} is not legal with mapping {mapping.name}")

    def _check_names(self, where: str) -> None:
        repeating = self.mapping is FieldMapping.REPEATING_ELEMENT
        if not repeating and (self.item_local_name is not None or self.item_ns is not None):
            raise _illegal(where, "item_local_name and item_ns belong to REPEATING_ELEMENT")
        if self.mapping in NAMELESS and (
            self.local_name is not None or (self.ns is not None and self.mapping not in NAMESPACE_FILTER)
        ):
            raise _illegal(where, f"a {self.mapping.name} field has no local_name and no ns")
        if self.mapping is FieldMapping.XML_ATTRIBUTE and self.ns is not None:
            raise _illegal(where, "an XML_ATTRIBUTE field is in the namespace of xml: and takes no ns")
        wraps = repeating or self.mapping is FieldMapping.REPEATING_ELEMENT_CHOICE
        if wraps and self.local_name is None and self.ns is not None:
            raise _illegal(where, "ns names the wrapper's namespace and needs local_name; item_ns is the items'")
        if self.mapping not in NAMELESS and (self.mapping is not FieldMapping.REPEATING_ELEMENT_CHOICE):
            _check_name(self.own_local_name, where, "item_local_name" if repeating else "local_name")
        if self.local_name is not None:
            _check_name(self.local_name, where, "local_name")
        for what in ("ns", "item_ns"):
            if getattr(self, what) is not None:
                check_namespace(getattr(self, what), where, what)
        if self.mapping is FieldMapping.ATTRIBUTE:
            if self.own_local_name == "xmlns" and not self.ns:
                raise _illegal(where, "an attribute cannot be called xmlns")
            if self.ns == XSI_NAMESPACE:
                raise _illegal(where, f"ns {self.ns!r} is reserved for xsi:nil and xsi:type")

    def _check_options(self, given: object, where: str) -> None:
        if not isinstance(given, int):
            raise _illegal(where, f"options must be wsx.FieldOption flags, not {given!r}")
        options = FieldOption(given)
        object.__setattr__(self, "options", options)
        # As int: the complement of a flag leaves out the bits that have no name.
        beyond = int(options) & ~int(LEGAL_OPTIONS[self.mapping])
        if beyond:
            raise _illegal(where, f"option {FieldOption(beyond)!r} is not legal with mapping {self.mapping.name}")
        repeating = self.mapping is FieldMapping.REPEATING_ELEMENT
        if self.type is Type.VOID and options & FieldOption.NILLABLE:
            raise _illegal(where, "type VOID has no value that could be nil")
        if options & FieldOption.OTHER_NAMESPACE and self.ns is None:
            raise _illegal(where, "option OTHER_NAMESPACE needs ns: the namespace that is not meant")
        if repeating and options & FieldOption.NILLABLE and self.local_name is None:
            raise _illegal(where, "option NILLABLE of REPEATING_ELEMENT is about the wrapper and needs local_name")
        # Of a repeating field the array itself is a pointer, so that only its items can be in need of one.
        needs_pointer = FieldOption.NILLABLE_ITEM if repeating else FieldOption.NILLABLE
        if self.type in STRUCTURED and self.type is not Type.CUSTOM and not repeating:
            needs_pointer |= FieldOption.OPTIONAL
        if self.type in OWN_NIL:
            if options & FieldOption.POINTER:
                raise _illegal(where, f"type {self.type.name} has a nil of its own and takes no POINTER")
        elif options & needs_pointer and not options & FieldOption.POINTER:
            raise _illegal(where, f"option {options & needs_pointer!r} of type {self.type.name} needs POINTER as well")

    def _check_default(self, where: str) -> None:
        default = self.default
        if default is UNSET:
            return
        if not self.options & FieldOption.OPTIONAL and self.mapping is not FieldMapping.NO:
            raise _illegal(where, "a default needs OPTIONAL")
        if default is None:
            return
        if self.type is Type.CUSTOM and self.mapping not in REPEATING:
            return  # only its callbacks know its values
        if self.mapping in REPEATING or (self.type not in PYTHON_TYPES and self.type is not Type.ENUM):
            raise _illegal(where, "only an ATTRIBUTE or ELEMENT field of a scalar type takes a default but None")
        if self.type is Type.ENUM:
            if isinstance(self.description, EnumDescription):
                self._check_enum_default(self.description, where)
            return
        if type(default) is int and self.type in (Type.FLOAT, Type.DOUBLE, Type.DECIMAL):
            default = decimal.Decimal(default) if self.type is Type.DECIMAL else float(default)
            object.__setattr__(self, "default", default)
        if isinstance(self.description, TextDescription):
            self.description.check(default)
            return
        wanted = PYTHON_TYPES[self.type]
        if not isinstance(default, wanted) or (isinstance(default, bool) and wanted is not bool):
            names = " or ".join(cls.__name__ for cls in (wanted if isinstance(wanted, tuple) else (wanted,)))
            raise _illegal(where, f"default of type {self.type.name} must be {names}, not {default!r}")
        if self.type in INTEGER_RANGES and default not in INTEGER_RANGES[self.type]:
            raise _illegal(where, f"default {default} is not in the range of {self.type.name}")

    def _check_enum_default(self, description: object, where: str) -> None:
        if not isinstance(description, EnumDescription) or self.default is UNSET or self.default is None:
            return
        if not any(self.default == value for _, value in description.pairs):
            raise _illegal(where, f"default {self.default!r} is no value of {description}")

    def _check_range(self, given: object, where: str) -> None:
        if given is None:
            return
        if self.mapping not in REPEATING:
            raise _illegal(where, "item_range belongs to REPEATING_ELEMENT and its relatives")
        match given:
            case (int(least), None) if least >= 0:
                object.__setattr__(self, "item_range", (least, None))
            case (int(least), int(most)) if 0 <= least <= most:
                object.__setattr__(self, "item_range", (least, most))
            case _:
                raise _illegal(where, f"item_range must be (least, most or None), 0 <= least <= most, not {given!r}")

    @property
    def own_local_name(self) -> str:
        """Name of the attribute or element itself, for REPEATING_ELEMENT of one item."""
        if self.mapping is FieldMapping.REPEATING_ELEMENT:
            return self.name if self.item_local_name is None else self.item_local_name
        return self.name if self.local_name is None else self.local_name

    def own_ns(self, struct_ns: str) -> str:
        """Namespace of the attribute or element itself, for REPEATING_ELEMENT of one item."""
        if self.mapping is FieldMapping.REPEATING_ELEMENT:
            return struct_ns if self.item_ns is None else self.item_ns
        if self.mapping is FieldMapping.XML_ATTRIBUTE:
            return XML_NAMESPACE
        if self.ns is not None:
            return self.ns
        return struct_ns if self.mapping is FieldMapping.ELEMENT else ""

    def wrapper(self, struct_ns: str) -> tuple[str, str] | None:
        """(namespace, local name) of the wrapper element of a REPEATING_ELEMENT field, None when there is none."""
        if self.mapping not in REPEATING or self.local_name is None:
            return None
        return (struct_ns if self.ns is None else self.ns, self.local_name)


@dataclass(frozen=True)
class CustomTypeDescription:
    """WS_CUSTOM_TYPE_DESCRIPTION: what callbacks write and read.

    ``write(writer, value)`` gets a :class:`wsx.XmlWriter` and ``read(reader)`` a :class:`wsx.XmlReader`, which returns
    the value. Where they stand is what the mapping says (WS_TYPE_MAPPING):

    - ELEMENT, REPEATING_ELEMENT: the writer's innermost element is the one of the table, and attributes and content may
      be added; the reader is on its start tag;
    - ATTRIBUTE: the attribute is open (``in_attribute``), only text can be written and read;
    - TEXT: behind the start tag; all the content is text, the element's end is not theirs;
    - ANY_ELEMENT: the writer writes one whole element; the reader is on the start tag.

    ``is_default(value)`` tells which values an OPTIONAL field leaves out. What a callback raises, unless it is a
    WsError, is InvalidFormat with that as its cause.
    """

    write: Callable[[Any, Any], object]
    read: Callable[[Any], Any]
    _: KW_ONLY
    is_default: Callable[[Any], bool] | None = None

    def __post_init__(self) -> None:
        for name in ("write", "read"):
            if not callable(getattr(self, name)):
                raise _illegal("CustomTypeDescription", f"{name} must be callable, not {getattr(self, name)!r}")
        if self.is_default is not None and not callable(self.is_default):
            raise _illegal("CustomTypeDescription", f"is_default must be callable, not {self.is_default!r}")

    def __hash__(self) -> int:
        return hash((self.write, self.read))


@dataclass(frozen=True)
class EndpointAddressDescription:
    """WS_ENDPOINT_ADDRESS_DESCRIPTION: the version that an :class:`wsx.EndpointAddress` is written in."""

    addressing_version: AddressingVersion = AddressingVersion.V1_0

    def __post_init__(self) -> None:
        if not isinstance(self.addressing_version, AddressingVersion):
            raise _illegal("EndpointAddressDescription", f"no AddressingVersion: {self.addressing_version!r}")


@dataclass(frozen=True)
class FaultDescription:
    """WS_FAULT_DESCRIPTION: the SOAP version that a :class:`wsx.Fault` is written in."""

    envelope_version: EnvelopeVersion = EnvelopeVersion.SOAP_1_2

    def __post_init__(self) -> None:
        if self.envelope_version not in (EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2):
            raise _illegal("FaultDescription", f"no version of SOAP: {self.envelope_version!r}")


@dataclass(frozen=True)
class UnionFieldDescription:
    """WS_UNION_FIELD_DESCRIPTION: one arm of a choice; ``value`` selects it (any hashable Python value)."""

    value: Any
    field: FieldDescription

    def __post_init__(self) -> None:
        where = f"arm {self.value!r}"
        if not isinstance(self.field, FieldDescription):
            raise _illegal(where, f"field must be a FieldDescription, not {self.field!r}")
        try:
            hash(self.value)
        except TypeError as error:
            raise _illegal(where, "the selector must be hashable") from error
        mapping = self.field.mapping
        if mapping not in (FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT, FieldMapping.ANY_ELEMENT):
            raise _illegal(where, f"mapping {mapping.name} is not legal in a choice")
        if mapping is FieldMapping.REPEATING_ELEMENT and self.field.local_name is None:
            raise _illegal(where, "REPEATING_ELEMENT in a choice needs a wrapper: local_name")
        if self.field.options & FieldOption.OPTIONAL:
            raise _illegal(where, "OPTIONAL is not legal in a choice")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class UnionDescription(_Planned):
    """WS_UNION_DESCRIPTION: exactly one of several elements.

    A value is a :class:`wsx.Choice` with the selector of its arm. With ``by_type`` it is the arm's own value, and its
    Python class selects the arm, so that every arm must have a class of its own. ``none_value`` is a selector that
    stands for no element; it belongs to OPTIONAL fields.
    """

    fields: tuple[UnionFieldDescription, ...]
    none_value: Any
    by_type: bool

    def __init__(
        self, fields: Iterable[UnionFieldDescription], *, none_value: Any = UNSET, by_type: bool = False
    ) -> None:
        arms = tuple(fields)
        where = "union"
        if not arms or not all(isinstance(arm, UnionFieldDescription) for arm in arms):
            raise _illegal(where, "fields must be one or more UnionFieldDescription")
        if len({arm.value for arm in arms}) < len(arms):
            raise _illegal(where, "two arms have the same selector")
        anys = [arm for arm in arms if arm.field.mapping is FieldMapping.ANY_ELEMENT]
        if len(anys) > 1 or (anys and arms[-1] is not anys[0]):
            raise _illegal(where, "ANY_ELEMENT may be the last arm only")
        for name, value in (("fields", arms), ("none_value", none_value), ("by_type", bool(by_type))):
            object.__setattr__(self, name, value)

    def __str__(self) -> str:
        return f"union of {', '.join(arm.field.name for arm in self.fields)}"

    __repr__ = __str__


@dataclass(frozen=True, eq=False, init=False, repr=False)
class StructDescription(_Planned):
    """WS_STRUCT_DESCRIPTION: the fields of a structure, in the order in which they are written and read.

    ``python_type`` is the class of the values (dataclass, attrs, msgspec.Struct, NamedTuple or plain class), ``dict``
    or ``tuple``. Attributes come first, then either one TEXT field or elements. A description is compared by identity.
    """

    python_type: type
    fields: tuple[FieldDescription, ...]
    ns: str
    type_local_name: str | None
    type_ns: str | None
    options: StructOption
    parent: StructDescription | None
    sub_types: tuple[StructDescription, ...] | Callable[[], Iterable[StructDescription]]

    def __init__(
        self,
        python_type: type,
        fields: Iterable[FieldDescription],
        *,
        ns: str = "",
        type_local_name: str | None = None,
        type_ns: str | None = None,
        parent: StructDescription | None = None,
        sub_types: Iterable[StructDescription] | Callable[[], Iterable[StructDescription]] = (),
        options: StructOption = StructOption.NONE,
    ) -> None:
        where = f"struct {getattr(python_type, '__name__', python_type)!s}"
        self._check_options(options, where)
        if parent is not None and not isinstance(parent, StructDescription):
            raise _illegal(where, f"parent must be a StructDescription, not {parent!r}")
        check_namespace(ns, where, "ns")
        if type_local_name is not None:
            _check_name(type_local_name, where, "type_local_name")
        if type_ns is not None:
            check_namespace(type_ns, where, "type_ns")
        for name, value in (
            ("python_type", self._check_python_type(python_type, where)),
            ("fields", tuple(fields)),
            ("ns", ns),
            ("type_local_name", type_local_name),
            ("type_ns", type_ns),
            ("options", StructOption(options)),
            ("parent", parent),
            ("sub_types", sub_types if callable(sub_types) else tuple(sub_types)),
        ):
            object.__setattr__(self, name, value)
        self._check_fields(self.fields, where)
        self._check_derivation(where)

    def __str__(self) -> str:
        return f"struct {self.python_type.__name__}"

    def __repr__(self) -> str:
        return f"<StructDescription {self.python_type.__qualname__}: {', '.join(f.name for f in self.fields)}>"

    def pretty(self) -> str:
        """The table as text, one line for each field."""
        namespace = f", namespace {self.ns}" if self.ns else ", no namespace"
        lines = [(_pretty_name(member), _pretty_type(member), _pretty_rest(member, self.ns)) for member in self.fields]
        widths = [max((len(line[column]) for line in lines), default=0) for column in (0, 1)]
        rows = [f"  {name:{widths[0]}}  {kind:{widths[1]}}  {rest}".rstrip() for name, kind, rest in lines]
        kind = ", abstract" if self.options & StructOption.ABSTRACT else ""
        base = f", derived from {self.parent.python_type.__name__}" if self.parent is not None else ""
        return "\n".join([f"{self}{namespace}{kind}{base}", *rows])

    @staticmethod
    def _check_python_type(python_type: object, where: str) -> type:
        if not isinstance(python_type, type):
            raise _illegal(where, f"python_type must be a class, not {python_type!r}")
        return python_type

    @staticmethod
    def _check_options(options: object, where: str) -> None:
        if not isinstance(options, int) or int(options) & ~_STRUCT_OPTIONS:
            raise _illegal(where, f"options must be wsx.StructOption flags, not {options!r}")

    def _check_derivation(self, where: str) -> None:
        if self.options & StructOption.ABSTRACT and not self.polymorphic:
            raise _illegal(where, "option ABSTRACT needs a TYPE_ATTRIBUTE field")
        if self.polymorphic and self.type_local_name is None:
            raise _illegal(where, "a TYPE_ATTRIBUTE field needs type_local_name, the name of the type")
        if self.sub_types and not self.polymorphic:
            raise _illegal(where, "sub_types need a TYPE_ATTRIBUTE field")

    @property
    def polymorphic(self) -> bool:
        """Does xsi:type choose among the type and those derived from it?"""
        return bool(self.fields) and self.fields[0].mapping is FieldMapping.TYPE_ATTRIBUTE

    def all_sub_types(self) -> tuple[StructDescription, ...]:
        """The types derived from this one, directly or not; each is checked to be a type that xsi:type can name."""
        found: dict[int, StructDescription] = {}
        waiting: list[StructDescription] = [self]
        while waiting:
            here = waiting.pop()
            for derived in here.sub_types() if callable(here.sub_types) else here.sub_types:
                if not isinstance(derived, StructDescription):
                    raise _illegal(str(here), f"sub_types must be StructDescription, not {derived!r}")
                if not derived.polymorphic:
                    raise _illegal(str(derived), "a derived type needs a TYPE_ATTRIBUTE field as its base has")
                if id(derived) not in found and derived is not self:
                    found[id(derived)] = derived
                    waiting.append(derived)
        names = [(derived.type_ns, derived.type_local_name) for derived in (self, *found.values())]
        if len(set(names)) < len(names):
            raise _illegal(str(self), "two derived types have the same name")
        return tuple(found.values())

    def _check_fields(self, members: tuple[object, ...], where: str) -> None:
        rank = 0
        names: set[str] = set()
        attributes: set[tuple[str, str]] = set()
        texts = contents = 0
        singles: set[int] = set()
        for member in members:
            if not isinstance(member, FieldDescription):
                raise _illegal(where, f"fields must be FieldDescription, not {member!r}")
            inside = f"{where}, {member}"
            if member.name in names:
                raise _illegal(inside, "the name is used twice")
            names.add(member.name)
            if FIELD_ORDER[member.mapping] < rank:
                raise _illegal(inside, "attributes must come before text and elements, any content and NO fields last")
            rank = FIELD_ORDER[member.mapping]
            if rank in SINGLE_RANKS and rank in singles:
                raise _illegal(inside, f"there is already a field like {member.mapping.name}")
            singles.add(rank)
            if member.mapping in (FieldMapping.ATTRIBUTE, FieldMapping.XML_ATTRIBUTE):
                key = (member.own_ns(self.ns), member.own_local_name)
                if key in attributes:
                    raise _illegal(inside, "two attributes have the same name")
                attributes.add(key)
            contents += rank in (CONTENT, CONTENT + 1)
            texts += member.mapping is FieldMapping.TEXT
            if texts and contents > 1:
                raise _illegal(inside, "a TEXT field must be the only content")


_STRUCT_OPTIONS: Final = sum(StructOption)


_PRETTY_MAPPINGS: Final[Mapping[FieldMapping, str]] = MappingProxyType(
    {
        FieldMapping.TEXT: "text",
        FieldMapping.NO: "not in XML",
        FieldMapping.ANY_ELEMENT: "any element",
        FieldMapping.REPEATING_ANY_ELEMENT: "any elements",
        FieldMapping.ANY_CONTENT: "any content",
        FieldMapping.ANY_ATTRIBUTES: "other attributes",
    }
)


def _pretty_name(member: FieldDescription) -> str:
    return f"@{member.name}" if FIELD_ORDER[member.mapping] < CONTENT else member.name


def _pretty_type(member: FieldDescription) -> str:
    python_type = getattr(member.resolve_description(), "python_type", None)
    kind = member.type.name if python_type is None else f"{member.type.name} {python_type.__name__}"
    return f"{kind}[]" if member.mapping in REPEATING else kind


def _pretty_rest(member: FieldDescription, struct_ns: str) -> str:
    parts = [option.name for option in FieldOption if option and option in member.options and option.name]
    description = member.resolve_description()
    if isinstance(description, UnionDescription):
        parts.append(" or ".join(_pretty_arm(arm.field) for arm in description.fields))
    elif member.mapping in _PRETTY_MAPPINGS:
        parts.append(_PRETTY_MAPPINGS[member.mapping])
    elif member.mapping is FieldMapping.XML_ATTRIBUTE:
        parts.append(f"as xml:{member.own_local_name}")
    elif member.own_local_name != member.name:
        parts.append(f"as {member.own_local_name}")
    wrapper = member.wrapper(struct_ns)
    if wrapper is not None:
        parts.append(f"in {wrapper[1]}")
    if member.item_range is not None:
        least, most = member.item_range
        parts.append(f"{least} or more items" if most is None else f"{least} to {most} items")
    if isinstance(description, ScalarDescription):
        shown = {name: value for name, value in vars(description).items() if value is not None and value is not False}
        parts += [f"{name} {value}" for name, value in shown.items() if not callable(value)]
    if (
        member.mapping in (FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT)
        and member.own_ns(struct_ns) != struct_ns
    ):
        parts.append(f"namespace {member.own_ns(struct_ns) or 'none'}")
    elif member.ns and (member.mapping is FieldMapping.ATTRIBUTE or member.mapping in NAMESPACE_FILTER):
        parts.append(f"namespace {member.ns}")
    if member.default is not UNSET:
        parts.append(f"default {member.default!r}")
    return ", ".join(parts)


def _pretty_arm(member: FieldDescription) -> str:
    wrapped = member.mapping is FieldMapping.REPEATING_ELEMENT
    name = member.local_name if wrapped else _PRETTY_MAPPINGS.get(member.mapping, member.own_local_name)
    return f"{name} ({_pretty_type(member)})"


Description: TypeAlias = (
    StructDescription
    | EnumDescription
    | UnionDescription
    | CustomTypeDescription
    | EndpointAddressDescription
    | FaultDescription
    | ScalarDescription
)


@dataclass(frozen=True)
class ElementDescription(_Described):
    """WS_ELEMENT_DESCRIPTION: a named element of some type.

    ``local_name`` None (then ``ns`` None as well, and the type STRUCT) stands for the fields of the structure without
    an element around them: a message body of several elements. ``description`` may be a callable that returns the
    description, or a class made by ``wsx.struct``.
    """

    local_name: str | None
    ns: str | None
    type: Type
    description: _Source = None

    def __str__(self) -> str:
        return f"element {self.local_name!r}"

    def __post_init__(self) -> None:
        where = str(self)
        self._check_described(where)
        if self.type in FIELD_ONLY:
            raise _illegal(where, f"type {self.type.name} exists as a field of a structure only")
        if self.local_name is None:
            if self.ns is not None or self.type is not Type.STRUCT:
                raise _illegal(where, "without local_name there is no ns and the type must be STRUCT")
            return
        _check_name(self.local_name, where, "local_name")
        check_namespace(self.ns, where, "ns")


@dataclass(frozen=True)
class AttributeDescription(_Described):
    """WS_ATTRIBUTE_DESCRIPTION: a named attribute of a scalar type, a CUSTOM type, or a STRUCT of one TEXT field."""

    local_name: str
    ns: str
    type: Type
    description: _Source = None

    def __str__(self) -> str:
        return f"attribute {self.local_name!r}"

    def __post_init__(self) -> None:
        where = str(self)
        self._check_described(where)
        if self.type not in ATTRIBUTE_TYPES:
            raise _illegal(where, f"an attribute cannot be of type {self.type.name}")
        if self.type is Type.STRUCT:
            _check_text_structure(self.description, where)
        _check_name(self.local_name, where, "local_name")
        check_namespace(self.ns, where, "ns")

    def resolve_description(self) -> Description | None:
        """The description itself; a callable is called, and its result checked as one given at once would be."""
        found = super().resolve_description()
        if self.type is Type.STRUCT:
            _check_text_structure(found, str(self), resolve=True)
        return found


@dataclass(frozen=True, init=False)
class MessageDescription:
    """WS_MESSAGE_DESCRIPTION: the action of a message and the element in its body; each may be None.

    When sending, no ``action`` means no Action header and no ``body`` an empty Body; when receiving, no ``action``
    matches any message and no ``body`` wants an empty Body. ``body`` may be a class made by ``@wsx.struct``.
    """

    action: str | None
    body: ElementDescription | None

    def __init__(self, action: str | None = None, body: ElementDescription | type[Any] | None = None) -> None:
        where = f"message {action!r}"
        if action is not None and _FORBIDDEN.search(_check_text(action, where, "action")):
            raise _illegal(where, "the action holds a character that XML and HTTP forbid")
        element = getattr(body, "__wsx_element__", body)
        if element is not None and not isinstance(element, ElementDescription):
            raise _illegal(where, f"body must be an ElementDescription or a class made by wsx.struct, not {body!r}")
        object.__setattr__(self, "action", action)
        object.__setattr__(self, "body", element)
