"""Tables of every mapping and type, and values of them made of bytes."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
import struct
import uuid
from decimal import Decimal
from typing import Any, Final

from wsx.descriptions import (
    ElementDescription,
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
from wsx.values import UNSET, Choice, DateTime, Duration, TimeSpan, XmlQName

__all__ = ["SCALAR_TABLES", "TABLES", "comparable", "made_value"]

_ATTRIBUTE, _REPEATING = FieldMapping.ATTRIBUTE, FieldMapping.REPEATING_ELEMENT
_OPTIONAL, _NILLABLE, _POINTER = FieldOption.OPTIONAL, FieldOption.NILLABLE, FieldOption.POINTER


class Color(enum.Enum):
    """Values of the enumeration in the tables."""

    RED = "red"
    GREEN = "green & <blue>"


@dataclasses.dataclass
class Base:
    """A type that another is derived from."""

    number: int


@dataclasses.dataclass
class Derived(Base):
    """The derived type."""

    text: str


def _struct(*fields: FieldDescription, ns: str = "urn:a", **more: Any) -> StructDescription:
    return StructDescription(dict, fields, ns=ns, **more)


_COLORS = EnumDescription(Color)
_SCALARS: Final = [
    Type.BOOL, Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.UINT8, Type.UINT16, Type.UINT32, Type.UINT64,
    Type.FLOAT, Type.DOUBLE, Type.DECIMAL, Type.DATETIME, Type.TIMESPAN, Type.DURATION, Type.GUID, Type.UNIQUE_ID,
    Type.STRING, Type.BYTES, Type.XML_STRING, Type.XML_QNAME, Type.ENUM,
]  # fmt: skip


def _scalar(name: str, type_: Type, **more: Any) -> FieldDescription:
    return FieldDescription(name, type_, _COLORS if type_ is Type.ENUM else None, **more)


def _derivation() -> StructDescription:
    kind = FieldDescription("type", Type.DESCRIPTION, mapping=FieldMapping.TYPE_ATTRIBUTE)
    number, text = FieldDescription("number", Type.INT32), FieldDescription("text", Type.STRING)
    names: dict[str, Any] = {"ns": "urn:a", "type_ns": "urn:t"}
    derived = StructDescription(Derived, [kind, number, text], type_local_name="Derived", **names)
    return StructDescription(Base, [kind, number], type_local_name="Base", sub_types=[derived], **names)


_LINE = _struct(
    _scalar("sku", Type.STRING, mapping=_ATTRIBUTE, ns="urn:k"),
    FieldDescription("price", Type.DECIMAL, ns="urn:money"),
    FieldDescription("note", Type.STRING, options=_OPTIONAL | _NILLABLE),
    FieldDescription(
        "tag", Type.STRING, mapping=_REPEATING, local_name="tags", options=_NILLABLE | FieldOption.NILLABLE_ITEM
    ),
)
_UNION = UnionDescription(
    [
        UnionFieldDescription(1, FieldDescription("one", Type.INT32)),
        UnionFieldDescription(2, FieldDescription("two", Type.STRUCT, _LINE)),
        UnionFieldDescription(
            3, FieldDescription("three", Type.STRING, mapping=_REPEATING, local_name="threes", item_local_name="three")
        ),
    ]
)
_TREE: StructDescription = StructDescription(
    dict,
    [
        FieldDescription("name", Type.STRING, mapping=_ATTRIBUTE, options=_OPTIONAL),
        FieldDescription("child", Type.STRUCT, lambda: _TREE, mapping=_REPEATING),
    ],
    ns="urn:a",
)


def _element(description: StructDescription) -> ElementDescription:
    return ElementDescription("t", "urn:a", Type.STRUCT, description)


TABLES: Final = (
    _element(
        _struct(
            _scalar("id", Type.INT32, mapping=_ATTRIBUTE),
            _scalar("color", Type.ENUM, mapping=_ATTRIBUTE, options=_OPTIONAL),
            FieldDescription("name", Type.STRING),
            FieldDescription("line", Type.STRUCT, _LINE, mapping=_REPEATING),
            FieldDescription("number", Type.DOUBLE, mapping=_REPEATING, local_name="numbers", item_ns="urn:n"),
            FieldDescription("last", Type.STRUCT, _LINE, ns="urn:k", options=_OPTIONAL | _POINTER),
        )
    ),
    _element(_struct(*(_scalar(f"f{type_.name}", type_, options=_OPTIONAL) for type_ in _SCALARS))),
    _element(
        _struct(
            FieldDescription("u", Type.UNION, _UNION, mapping=FieldMapping.ELEMENT_CHOICE),
            FieldDescription("us", Type.UNION, _UNION, mapping=FieldMapping.REPEATING_ELEMENT_CHOICE, local_name="us"),
            FieldDescription("z", Type.INT32),
        )
    ),
    _element(
        _struct(
            FieldDescription("k", Type.ANY_ATTRIBUTES, mapping=FieldMapping.ANY_ATTRIBUTES),
            FieldDescription("f", Type.XML_BUFFER),
            FieldDescription("rest", Type.XML_BUFFER, mapping=FieldMapping.REPEATING_ANY_ELEMENT),
        )
    ),
    _element(
        _struct(
            FieldDescription("a", Type.INT32, options=_OPTIONAL),
            FieldDescription("c", Type.XML_BUFFER, mapping=FieldMapping.ANY_CONTENT),
        )
    ),
    _element(_struct(FieldDescription("l", Type.STRUCT, _derivation(), mapping=_REPEATING))),
    _element(
        _struct(
            FieldDescription("a", Type.STRING),
            options=StructOption.IGNORE_TRAILING_ELEMENT_CONTENT | StructOption.IGNORE_UNHANDLED_ATTRIBUTES,
        )
    ),
    _element(_TREE),
)


def _scalar_tables(type_: Type) -> tuple[Type, ElementDescription, ElementDescription]:
    description = _COLORS if type_ is Type.ENUM else None
    attribute = StructDescription(dict, [FieldDescription("a", type_, description, mapping=_ATTRIBUTE)])
    return (
        type_,
        ElementDescription("t", "", type_, description),
        ElementDescription("t", "", Type.STRUCT, attribute),
    )


SCALAR_TABLES: Final = [_scalar_tables(type_) for type_ in _SCALARS]


def comparable(value: Any) -> Any:
    """A value that compares equal to what it is written and read as: NaN is NaN, fragments stand for their text."""
    if isinstance(value, XmlBuffer):
        return ("fragment", value.text)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Choice):
        return (value.select, comparable(value.value))
    if isinstance(value, dict):
        return {name: comparable(member) for name, member in value.items() if member is not UNSET}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, DateTime) or type(value) is datetime.datetime:
        return (value.isoformat(), getattr(value, "hundred_nanoseconds", 0))
    return value


class _Bytes:
    """Takes choices from bytes, zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, count: int) -> bytes:
        found = self.data[self.place : self.place + count]
        self.place += count
        return found + bytes(count - len(found))

    def below(self, limit: int) -> int:
        return self.take(1)[0] % limit

    def text(self) -> str:
        return self.take(self.below(24)).decode("utf-8", "replace")

    def unsigned(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")


def _made_time(source: _Bytes) -> datetime.datetime:
    moment = datetime.datetime(2, 1, 1) + datetime.timedelta(
        days=source.unsigned(3) % 3_650_000, seconds=source.unsigned(3) % 86400, microseconds=source.unsigned(3) % 10**6
    )
    if source.below(2):
        moment = moment.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=source.unsigned(2) % 1681 - 840)))
    digit = source.below(10)
    return DateTime.of(moment, digit) if digit else moment


def _made_decimal(source: _Bytes) -> Decimal:
    return Decimal(source.unsigned(11) * (-1 if source.below(2) else 1)).scaleb(-source.below(29))


def _made_float(source: _Bytes, form: str) -> float:
    found: float = struct.unpack(form, source.take(struct.calcsize(form)))[0]
    return math.nan if math.isnan(found) else found


def _made_scalar(type_: Type, source: _Bytes) -> Any:
    name = type_.name
    if name.startswith(("INT", "UINT")):
        bits = int(name.removeprefix("U").removeprefix("INT"))
        return int.from_bytes(source.take(bits // 8), "little", signed=name.startswith("INT"))
    match type_:
        case Type.BOOL:
            return bool(source.below(2))
        case Type.FLOAT:
            return _made_float(source, "<f")
        case Type.DOUBLE:
            return _made_float(source, "<d")
        case Type.DECIMAL:
            return _made_decimal(source)
        case Type.DATETIME:
            return _made_time(source)
        case Type.TIMESPAN:
            return TimeSpan.of_ticks(int.from_bytes(source.take(8), "little", signed=True))
        case Type.DURATION:
            years, months, days, hours, minutes, seconds = (
                source.unsigned(4) if source.below(2) else 0 for _ in range(6)
            )
            fraction = source.unsigned(4)
            return Duration(
                bool(source.below(2)), years, months, days, hours, minutes, seconds, fraction % 1000, fraction % 10_000
            )
        case Type.GUID:
            return uuid.UUID(bytes=source.take(16))
        case Type.UNIQUE_ID:
            return source.text() or "u"
        case Type.BYTES:
            return source.take(source.below(40))
        case Type.ENUM:
            return list(Color)[source.below(2)]
        case Type.XML_QNAME:
            return XmlQName("abc"[source.below(3)], "urn:a")
    return source.text()


def _made_fragment(source: _Bytes) -> XmlBuffer:
    text = source.text().replace("&", "").replace("<", "").replace("]]>", "")
    scope = (("p", "urn:p"),) if source.below(2) else ()
    name = "p:x" if scope else "x"
    return XmlBuffer(f'<{name} b="1"><y/>{text}</{name}>'.encode(), scope)


def _made_element(field: FieldDescription, source: _Bytes, depth: int) -> Any:
    description = field.resolve_description()
    if isinstance(description, StructDescription):
        return _made_struct(description, source, depth - 1)
    if field.type is Type.XML_BUFFER:
        return _made_fragment(source)
    return _made_scalar(field.type, source)


def _made_choice(union: UnionDescription, source: _Bytes, depth: int) -> Choice:
    arm = union.fields[source.below(len(union.fields))]
    return Choice(arm.value, _made_field(arm.field, source, depth))


def _made_field(field: FieldDescription, source: _Bytes, depth: int) -> Any:
    if field.options & _OPTIONAL and source.below(2):
        return UNSET
    if field.options & _NILLABLE and source.below(4) == 1:
        return None
    description = field.resolve_description()
    match field.mapping:
        case FieldMapping.ANY_ATTRIBUTES:
            return {XmlQName("abcd"[source.below(4)], ["", "urn:q"][source.below(2)]): source.text() for _ in range(2)}
        case FieldMapping.ANY_CONTENT:
            return _made_fragment(source)
        case FieldMapping.ELEMENT_CHOICE:
            return _made_choice(description, source, depth)  # type: ignore[arg-type]
        case FieldMapping.REPEATING_ELEMENT_CHOICE:
            return [_made_choice(description, source, depth) for _ in range(source.below(3))]  # type: ignore[arg-type]
        case FieldMapping.REPEATING_ELEMENT | FieldMapping.REPEATING_ANY_ELEMENT:
            return [_made_element(field, source, depth) for _ in range(source.below(4) if depth > 0 else 0)]
    return _made_element(field, source, depth)


def _made_struct(description: StructDescription, source: _Bytes, depth: int) -> Any:
    if description.python_type is Base:
        number = _made_scalar(Type.INT32, source)
        return Derived(number, source.text()) if source.below(2) else Base(number)
    members = {field.name: _made_field(field, source, depth) for field in description.fields}
    return {name: value for name, value in members.items() if value is not UNSET}


def made_value(data: bytes) -> tuple[ElementDescription, Any]:
    """A table, chosen by the first byte, and a value of it."""
    source = _Bytes(data)
    table = TABLES[source.below(len(TABLES))]
    description = table.resolve_description()
    assert isinstance(description, StructDescription)  # noqa: S101 - the tables are above
    return table, _made_struct(description, source, 5)
