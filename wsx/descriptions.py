"""Description tables: how a Python value looks in XML.

The tables mirror WS_ELEMENT_DESCRIPTION, WS_STRUCT_DESCRIPTION, WS_FIELD_DESCRIPTION, WS_ENUM_DESCRIPTION and
WS_MESSAGE_DESCRIPTION; enumerations keep the numbers of ``webservices.h``. A table is immutable and checked when it is
built: one that breaks a rule raises :class:`wsx.errors.InvalidArgument` naming the field and the rule, so that a plan
never sees it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from wsx.errors import InvalidArgument
from wsx.values import UNSET

__all__ = [
    "AttributeDescription",
    "Description",
    "ElementDescription",
    "EnumDescription",
    "FieldDescription",
    "FieldMapping",
    "FieldOption",
    "MessageDescription",
    "ReadOption",
    "StructDescription",
    "StructOption",
    "Type",
    "WriteOption",
]


class Type(enum.IntEnum):
    """WS_TYPE."""

    BOOL = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    DECIMAL = 11
    DATETIME = 12
    TIMESPAN = 13
    GUID = 14
    UNIQUE_ID = 15
    STRING = 16
    WSZ = 17
    BYTES = 18
    XML_STRING = 19
    XML_QNAME = 20
    XML_BUFFER = 21
    CHAR_ARRAY = 22
    UTF8_ARRAY = 23
    BYTE_ARRAY = 24
    DESCRIPTION = 25
    STRUCT = 26
    CUSTOM = 27
    ENDPOINT_ADDRESS = 28
    FAULT = 29
    VOID = 30
    ENUM = 31
    DURATION = 32
    UNION = 33
    ANY_ATTRIBUTES = 34


class FieldMapping(enum.IntEnum):
    """WS_FIELD_MAPPING."""

    TYPE_ATTRIBUTE = 0
    ATTRIBUTE = 1
    ELEMENT = 2
    REPEATING_ELEMENT = 3
    TEXT = 4
    NO = 5
    XML_ATTRIBUTE = 6
    ELEMENT_CHOICE = 7
    REPEATING_ELEMENT_CHOICE = 8
    ANY_ELEMENT = 9
    REPEATING_ANY_ELEMENT = 10
    ANY_CONTENT = 11
    ANY_ATTRIBUTES = 12


class FieldOption(enum.IntFlag):
    """WS_FIELD_OPTIONS."""

    NONE = 0
    POINTER = 0x01
    OPTIONAL = 0x02
    NILLABLE = 0x04
    NILLABLE_ITEM = 0x08
    OTHER_NAMESPACE = 0x10


class StructOption(enum.IntFlag):
    """WS_STRUCT_OPTIONS."""

    NONE = 0
    ABSTRACT = 0x1
    IGNORE_TRAILING_ELEMENT_CONTENT = 0x2
    IGNORE_UNHANDLED_ATTRIBUTES = 0x4


class WriteOption(enum.IntEnum):
    """WS_WRITE_OPTION: which values an element accepts when it is written."""

    REQUIRED_VALUE = 1
    REQUIRED_POINTER = 2
    NILLABLE_VALUE = 3
    NILLABLE_POINTER = 4


class ReadOption(enum.IntEnum):
    """WS_READ_OPTION: whether an element may be missing or nil when it is read."""

    REQUIRED_VALUE = 1
    REQUIRED_POINTER = 2
    OPTIONAL_POINTER = 3
    NILLABLE_POINTER = 4
    NILLABLE_VALUE = 5


# What this version of wsx compiles; the other numbers are known to the model and refused by name.
SUPPORTED_TYPES: Final = frozenset(
    {
        Type.BOOL,
        Type.INT8,
        Type.INT16,
        Type.INT32,
        Type.INT64,
        Type.UINT8,
        Type.UINT16,
        Type.UINT32,
        Type.UINT64,
        Type.FLOAT,
        Type.DOUBLE,
        Type.DECIMAL,
        Type.DATETIME,
        Type.GUID,
        Type.STRING,
        Type.WSZ,
        Type.BYTES,
        Type.STRUCT,
        Type.ENUM,
    }
)
SUPPORTED_MAPPINGS: Final = frozenset(
    {FieldMapping.ATTRIBUTE, FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT, FieldMapping.TEXT}
)

# Types with a nil of their own (WS_STRING, WS_BYTES, WS_WSZ): option set N of the type table. The others are nil only
# through a pointer: sets V (values) and S (structures).
_OWN_NIL: Final = frozenset({Type.STRING, Type.WSZ, Type.BYTES})

_LEGAL_OPTIONS: Final[Mapping[FieldMapping, FieldOption]] = MappingProxyType(
    {
        FieldMapping.ATTRIBUTE: FieldOption.OPTIONAL,
        FieldMapping.ELEMENT: FieldOption.POINTER | FieldOption.OPTIONAL | FieldOption.NILLABLE,
        FieldMapping.REPEATING_ELEMENT: FieldOption.POINTER
        | FieldOption.OPTIONAL
        | FieldOption.NILLABLE
        | FieldOption.NILLABLE_ITEM,
        FieldMapping.TEXT: FieldOption.NONE,
    }
)

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


def _illegal(where: str, rule: str) -> InvalidArgument:
    return InvalidArgument(f"{where}: {rule}")


def _check_name(name: object, where: str, what: str) -> None:
    if not isinstance(name, str):
        raise _illegal(where, f"{what} must be a str, not {type(name).__name__}")
    if _NCNAME.fullmatch(name) is None:
        raise _illegal(where, f"{what} {name!r} is not an XML name without colon")


def _check_namespace(ns: object, where: str, what: str) -> None:
    if not isinstance(ns, str):
        raise _illegal(where, f"{what} must be a str, not {type(ns).__name__}")
    if _FORBIDDEN.search(ns):
        raise _illegal(where, f"{what} {ns!r} holds a character that XML forbids")
    if ns in (XML_NAMESPACE, XMLNS_NAMESPACE):
        raise _illegal(where, f"{what} {ns!r} is reserved")


def _check_type(type_: object, description: object, where: str) -> None:
    if not isinstance(type_, Type):
        raise _illegal(where, f"type must be a wsx.Type, not {type_!r}")
    if type_ not in SUPPORTED_TYPES:
        raise _illegal(where, f"type {type_.name} is not supported by this version")
    wanted = {Type.STRUCT: StructDescription, Type.ENUM: EnumDescription}.get(type_)
    if wanted is None:
        if description is not None:
            raise _illegal(where, f"type {type_.name} takes no description")
    elif not isinstance(description, wanted):
        raise _illegal(where, f"type {type_.name} needs a {wanted.__name__}, not {type(description).__name__}")


class _Described:
    """What has a type and a description that may be a callable, for tables that refer to themselves."""

    __slots__ = ()

    type: Type
    description: Description | Callable[[], Description] | None

    def resolve_description(self) -> Description | None:
        """The description itself; a callable is called, and its result checked as one given at once would be."""
        if not callable(self.description):
            return self.description
        found = self.description()
        _check_type(self.type, found, str(self))
        return found


@dataclass(frozen=True)
class EnumDescription:
    """WS_ENUM_DESCRIPTION: the names an enumerated string may have and the Python value of each.

    ``values`` is an ``enum.Enum`` class (its members are the values; a str value is the name in XML, else the member's
    name is) or a mapping from name in XML to Python value. Names and values are unique.
    """

    values: Mapping[str, Any] | type[enum.Enum]

    def __post_init__(self) -> None:
        if isinstance(self.values, type) and issubclass(self.values, enum.Enum):
            where = f"enum {self.values.__name__}"
            pairs = [(m.value if isinstance(m.value, str) else m.name, m) for m in self.values]
        elif isinstance(self.values, Mapping):
            where = "EnumDescription"
            pairs = list(self.values.items())
        else:
            raise _illegal("EnumDescription", f"values must be an Enum class or a mapping, not {self.values!r}")
        if not pairs:
            raise _illegal(where, "there must be at least one value")
        names = [name for name, _ in pairs]
        if not all(isinstance(name, str) and name and not _FORBIDDEN.search(name) for name in names):
            raise _illegal(where, "names must be non-empty strings of characters that XML allows")
        try:
            unique = len(set(names)) == len({value for _, value in pairs}) == len(pairs)
        except TypeError as error:
            raise _illegal(where, "values must be hashable") from error
        if not unique:
            raise _illegal(where, "names and values must be unique")
        object.__setattr__(self, "_pairs", tuple(pairs))

    @property
    def pairs(self) -> tuple[tuple[str, Any], ...]:
        """(name in XML, Python value), in declaration order."""
        return self._pairs  # type: ignore[attr-defined,no-any-return]

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True)
class FieldDescription(_Described):
    """WS_FIELD_DESCRIPTION: one field of a structure.

    ``name`` is the Python attribute, dict key, or for tuples a label (the position counts). ``local_name`` defaults to
    ``name``; ``ns`` to the structure's ``ns`` for elements and to no namespace for attributes. With REPEATING_ELEMENT
    ``item_local_name`` defaults to ``name`` and ``item_ns`` to the structure's ``ns``, while ``local_name`` and ``ns``
    name the wrapper element; without ``local_name`` there is none. ``item_range`` is (least, most) items, ``None`` for
    no upper bound. ``default`` is what an absent field reads as. ``description`` may be a callable that returns it.
    """

    name: str
    type: Type
    description: Description | Callable[[], Description] | None = None
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
        if not isinstance(self.name, str) or not self.name:
            raise _illegal(where, "name must be a non-empty str")
        if not callable(self.description):
            _check_type(self.type, self.description, where)
        elif not isinstance(self.type, Type) or self.type not in (Type.STRUCT, Type.ENUM):
            raise _illegal(where, "only STRUCT and ENUM take a description")
        if not isinstance(self.mapping, FieldMapping):
            raise _illegal(where, f"mapping must be a wsx.FieldMapping, not {self.mapping!r}")
        if self.mapping not in SUPPORTED_MAPPINGS:
            raise _illegal(where, f"mapping {self.mapping.name} is not supported by this version")
        self._check_names(where)
        self._check_options(where)
        self._check_range(where)

    def _check_names(self, where: str) -> None:
        repeating = self.mapping is FieldMapping.REPEATING_ELEMENT
        if not repeating and (self.item_local_name is not None or self.item_ns is not None):
            raise _illegal(where, "item_local_name and item_ns belong to REPEATING_ELEMENT")
        if self.mapping is FieldMapping.TEXT and (self.local_name is not None or self.ns is not None):
            raise _illegal(where, "a TEXT field has no local_name and no ns")
        if repeating and self.local_name is None and self.ns is not None:
            raise _illegal(where, "ns names the wrapper's namespace and needs local_name; item_ns is the items'")
        if self.mapping is not FieldMapping.TEXT:
            _check_name(self.own_local_name, where, "item_local_name" if repeating else "local_name")
        if self.local_name is not None:
            _check_name(self.local_name, where, "local_name")
        for what in ("ns", "item_ns"):
            if getattr(self, what) is not None:
                _check_namespace(getattr(self, what), where, what)
        if self.mapping is FieldMapping.ATTRIBUTE and self.own_local_name == "xmlns" and not self.ns:
            raise _illegal(where, "an attribute cannot be called xmlns")

    def _check_options(self, where: str) -> None:
        if not isinstance(self.options, int):
            raise _illegal(where, f"options must be wsx.FieldOption flags, not {self.options!r}")
        options = FieldOption(self.options)
        object.__setattr__(self, "options", options)
        beyond = options & ~_LEGAL_OPTIONS[self.mapping]
        if beyond:
            raise _illegal(where, f"option {beyond!r} is not legal with mapping {self.mapping.name}")
        repeating = self.mapping is FieldMapping.REPEATING_ELEMENT
        needs_pointer = FieldOption.NILLABLE_ITEM if repeating else FieldOption.NILLABLE
        if self.type is Type.STRUCT and not repeating:
            needs_pointer |= FieldOption.OPTIONAL
        if self.type in _OWN_NIL:
            if options & FieldOption.POINTER:
                raise _illegal(where, f"type {self.type.name} has a nil of its own and takes no POINTER")
        elif options & needs_pointer and not options & FieldOption.POINTER:
            raise _illegal(where, f"option {options & needs_pointer!r} of type {self.type.name} needs POINTER as well")
        if self.type is Type.STRUCT and self.mapping in (FieldMapping.ATTRIBUTE, FieldMapping.TEXT):
            raise _illegal(where, f"a STRUCT field cannot have mapping {self.mapping.name}")
        if self.default is not UNSET:
            if self.mapping not in (FieldMapping.ATTRIBUTE, FieldMapping.ELEMENT) or self.type is Type.STRUCT:
                raise _illegal(where, "only ATTRIBUTE and ELEMENT fields that are no STRUCT take a default")
            if not options & FieldOption.OPTIONAL:
                raise _illegal(where, "a default needs OPTIONAL")

    def _check_range(self, where: str) -> None:
        if self.item_range is None:
            return
        if self.mapping is not FieldMapping.REPEATING_ELEMENT:
            raise _illegal(where, "item_range belongs to REPEATING_ELEMENT")
        match self.item_range:
            case (int(least), None) if least >= 0:
                return
            case (int(least), int(most)) if 0 <= least <= most:
                return
        raise _illegal(where, f"item_range must be (least, most or None) with 0 <= least <= most, not {self.item_range!r}")

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
        if self.ns is not None:
            return self.ns
        return struct_ns if self.mapping is FieldMapping.ELEMENT else ""

    def wrapper(self, struct_ns: str) -> tuple[str, str] | None:
        """(namespace, local name) of the wrapper element of a REPEATING_ELEMENT field, None when there is none."""
        if self.mapping is not FieldMapping.REPEATING_ELEMENT or self.local_name is None:
            return None
        return (struct_ns if self.ns is None else self.ns, self.local_name)


# The field order grammar of WS_STRUCT_DESCRIPTION: attributes, then either one text or elements.
_ORDER: Final[Mapping[FieldMapping, int]] = MappingProxyType(
    {
        FieldMapping.ATTRIBUTE: 1,
        FieldMapping.TEXT: 2,
        FieldMapping.ELEMENT: 2,
        FieldMapping.REPEATING_ELEMENT: 2,
    }
)


@dataclass(frozen=True)
class StructDescription:
    """WS_STRUCT_DESCRIPTION: the fields of a structure, in the order in which they are written and read.

    ``python_type`` is the class of the values (dataclass, attrs, msgspec.Struct, NamedTuple or plain class), ``dict``
    or ``tuple``. Attributes come first, then either one TEXT field or elements. A description is compared by identity.
    """

    python_type: type
    fields: tuple[FieldDescription, ...]
    _: KW_ONLY
    ns: str = ""
    type_local_name: str | None = None
    type_ns: str | None = None
    options: StructOption = StructOption.NONE

    def __init__(
        self,
        python_type: type,
        fields: Iterable[FieldDescription],
        *,
        ns: str = "",
        type_local_name: str | None = None,
        type_ns: str | None = None,
        options: StructOption = StructOption.NONE,
    ) -> None:
        where = f"struct {getattr(python_type, '__name__', python_type)!s}"
        if not isinstance(python_type, type):
            raise _illegal(where, f"python_type must be a class, not {python_type!r}")
        members = tuple(fields)
        _check_namespace(ns, where, "ns")
        if type_local_name is not None:
            _check_name(type_local_name, where, "type_local_name")
        if type_ns is not None:
            _check_namespace(type_ns, where, "type_ns")
        for name, value in (
            ("python_type", python_type),
            ("fields", members),
            ("ns", ns),
            ("type_local_name", type_local_name),
            ("type_ns", type_ns),
            ("options", StructOption(options)),
        ):
            object.__setattr__(self, name, value)
        self._check_options(where)
        self._check_fields(where)

    def __str__(self) -> str:
        return f"struct {self.python_type.__name__}"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def _check_options(self, where: str) -> None:
        if self.options & StructOption.ABSTRACT:
            raise _illegal(where, "option ABSTRACT needs a TYPE_ATTRIBUTE field, not supported by this version")

    def _check_fields(self, where: str) -> None:
        rank = 0
        names: set[str] = set()
        attributes: set[tuple[str, str]] = set()
        for member in self.fields:
            if not isinstance(member, FieldDescription):
                raise _illegal(where, f"fields must be FieldDescription, not {member!r}")
            inside = f"{where}, {member}"
            if member.name in names:
                raise _illegal(inside, "the name is used twice")
            names.add(member.name)
            if _ORDER[member.mapping] < rank:
                raise _illegal(inside, "attributes must come before text and elements")
            rank = _ORDER[member.mapping]
            if member.mapping is FieldMapping.ATTRIBUTE:
                key = (member.own_ns(self.ns), member.own_local_name)
                if key in attributes:
                    raise _illegal(inside, "two attributes have the same name")
                attributes.add(key)
        content = [member for member in self.fields if _ORDER[member.mapping] == 2]
        if len(content) > 1 and any(member.mapping is FieldMapping.TEXT for member in content):
            raise _illegal(where, "a TEXT field must be the only content")


Description: TypeAlias = StructDescription | EnumDescription


@dataclass(frozen=True)
class ElementDescription(_Described):
    """WS_ELEMENT_DESCRIPTION: a named element of some type.

    ``local_name`` None (then ``ns`` None as well, and the type STRUCT) stands for the fields of the structure without
    an element around them: a message body of several elements.
    """

    local_name: str | None
    ns: str | None
    type: Type
    description: Description | Callable[[], Description] | None = field(default=None)

    def __str__(self) -> str:
        return f"element {self.local_name!r}"

    def __post_init__(self) -> None:
        where = str(self)
        if not callable(self.description):
            _check_type(self.type, self.description, where)
        elif self.type not in (Type.STRUCT, Type.ENUM):
            raise _illegal(where, "only STRUCT and ENUM take a description")
        if self.local_name is None:
            if self.ns is not None or self.type is not Type.STRUCT:
                raise _illegal(where, "without local_name there is no ns and the type must be STRUCT")
            return
        _check_name(self.local_name, where, "local_name")
        _check_namespace(self.ns, where, "ns")

    def __hash__(self) -> int:
        return hash((self.local_name, self.ns, self.type, id(self.description)))


@dataclass(frozen=True)
class AttributeDescription(_Described):
    """WS_ATTRIBUTE_DESCRIPTION: a named attribute of some simple type."""

    local_name: str
    ns: str
    type: Type
    description: Description | Callable[[], Description] | None = field(default=None)

    def __str__(self) -> str:
        return f"attribute {self.local_name!r}"

    def __post_init__(self) -> None:
        where = str(self)
        if self.type is Type.STRUCT:
            raise _illegal(where, "an attribute cannot be a STRUCT")
        if not callable(self.description):
            _check_type(self.type, self.description, where)
        _check_name(self.local_name, where, "local_name")
        _check_namespace(self.ns, where, "ns")


@dataclass(frozen=True)
class MessageDescription:
    """WS_MESSAGE_DESCRIPTION: the action of a message and the element in its body; each may be None.

    When sending, no ``action`` means no Action header and no ``body`` an empty Body; when receiving, no ``action``
    matches any message and no ``body`` wants an empty Body. ``body`` may be a class made by ``@wsx.struct``.
    """

    action: str | None = None
    body: ElementDescription | None = None

    def __post_init__(self) -> None:
        where = f"message {self.action!r}"
        if self.action is not None and not isinstance(self.action, str):
            raise _illegal(where, f"action must be a str or None, not {type(self.action).__name__}")
        if self.action is not None and _FORBIDDEN.search(self.action):
            raise _illegal(where, "the action holds a character that XML and HTTP forbid")
        body = getattr(self.body, "__wsx_element__", self.body)
        if body is not None and not isinstance(body, ElementDescription):
            raise _illegal(where, f"body must be an ElementDescription, not {body!r}")
        object.__setattr__(self, "body", body)
