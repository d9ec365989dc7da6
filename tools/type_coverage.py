"""The type system, combination by combination: `python -m tools.type_coverage` builds every one and prints the counts.

35 types, 13 field mappings and all sets of the five field options are put together. What WWSAPI allows is stated here
once more, by the rows of its documentation and not by wsx's own tables. A legal combination must make a table, write
each of its sample values and states (value, default, nil, absent, empty list, nil item) and read the same back; an
illegal one must be refused with InvalidArgument when the table is made. The four type mappings of WsWriteType and
WsReadType follow in the same way.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import itertools
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import wsx
from wsx import FieldMapping, FieldOption, Type, TypeMapping
from wsx.descriptions import (
    CustomTypeDescription,
    ElementDescription,
    EndpointAddressDescription,
    EnumDescription,
    FaultDescription,
    FieldDescription,
    StructDescription,
    UnionDescription,
    UnionFieldDescription,
)
from wsx.errors import InvalidArgument, WsError

M = FieldMapping
P, O, N, I, X = (  # noqa: E741 - as the option sets of the documentation are abbreviated
    FieldOption.POINTER,
    FieldOption.OPTIONAL,
    FieldOption.NILLABLE,
    FieldOption.NILLABLE_ITEM,
    FieldOption.OTHER_NAMESPACE,
)
NS: Final = "urn:wsx:coverage"

# --- what WWSAPI allows ----------------------------------------------------------------------------------------------

_SCALARS: Final = (
    *(Type.BOOL, Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.UINT8, Type.UINT16, Type.UINT32, Type.UINT64),
    *(Type.FLOAT, Type.DOUBLE, Type.DECIMAL, Type.DATETIME, Type.TIMESPAN, Type.GUID, Type.UNIQUE_ID, Type.ENUM),
    *(Type.DURATION, Type.XML_QNAME),
)
_OWN_NIL: Final = (
    *(Type.STRING, Type.WSZ, Type.BYTES, Type.XML_STRING, Type.XML_BUFFER),
    *(Type.CHAR_ARRAY, Type.UTF8_ARRAY, Type.BYTE_ARRAY),
)
_FIVE: Final = (M.ELEMENT, M.REPEATING_ELEMENT, M.ATTRIBUTE, M.TEXT, M.NO)
_ANY: Final = (M.ANY_ELEMENT, M.REPEATING_ANY_ELEMENT, M.ANY_CONTENT)
MAPPINGS: Final[dict[Type, tuple[FieldMapping, ...]]] = {
    **dict.fromkeys(_SCALARS, _FIVE),
    **dict.fromkeys((Type.BYTES, Type.XML_STRING), _FIVE),
    **dict.fromkeys((Type.STRING, Type.WSZ, Type.CHAR_ARRAY), (*_FIVE, M.XML_ATTRIBUTE)),
    **dict.fromkeys((Type.UTF8_ARRAY, Type.BYTE_ARRAY), (M.ELEMENT, M.ATTRIBUTE, M.TEXT, M.NO)),
    Type.XML_BUFFER: (M.ELEMENT, M.REPEATING_ELEMENT, M.NO, *_ANY),
    Type.DESCRIPTION: (M.TYPE_ATTRIBUTE,),
    Type.STRUCT: (M.ELEMENT, M.REPEATING_ELEMENT, M.TEXT, M.NO),
    Type.CUSTOM: (*_FIVE, M.ANY_ELEMENT),
    **dict.fromkeys((Type.ENDPOINT_ADDRESS, Type.FAULT), (M.ELEMENT, M.REPEATING_ELEMENT, M.NO)),
    Type.VOID: (M.ELEMENT, M.ATTRIBUTE, M.NO, *_ANY, M.ANY_ATTRIBUTES),
    Type.UNION: (M.ELEMENT_CHOICE, M.REPEATING_ELEMENT_CHOICE),
    Type.ANY_ATTRIBUTES: (M.ANY_ATTRIBUTES,),
}
MAPPING_OPTIONS: Final[dict[FieldMapping, FieldOption]] = {
    M.TYPE_ATTRIBUTE: FieldOption.NONE,
    M.ATTRIBUTE: O,
    M.XML_ATTRIBUTE: O,
    M.ELEMENT: P | O | N,
    M.REPEATING_ELEMENT: P | O | N | I,
    M.TEXT: FieldOption.NONE,
    M.NO: FieldOption.NONE,
    M.ELEMENT_CHOICE: O,
    M.REPEATING_ELEMENT_CHOICE: O,
    M.ANY_ELEMENT: P | O | X,
    M.REPEATING_ANY_ELEMENT: O | X,
    M.ANY_CONTENT: FieldOption.NONE,
    M.ANY_ATTRIBUTES: X,
}
TYPE_MAPPINGS: Final[dict[Type, tuple[TypeMapping, ...]]] = {
    **dict.fromkeys(
        (*_SCALARS, Type.STRING, Type.WSZ, Type.BYTES, Type.XML_STRING, Type.STRUCT),
        (TypeMapping.ELEMENT, TypeMapping.ATTRIBUTE, TypeMapping.ELEMENT_CONTENT),
    ),
    Type.XML_BUFFER: (TypeMapping.ELEMENT, TypeMapping.ANY_ELEMENT),
    Type.CUSTOM: tuple(TypeMapping),
    **dict.fromkeys((Type.ENDPOINT_ADDRESS, Type.FAULT), (TypeMapping.ELEMENT,)),
    Type.UNION: (TypeMapping.ELEMENT, TypeMapping.ELEMENT_CONTENT),
}
ALL_OPTIONS: Final = [
    FieldOption(sum(flags)) for size in range(6) for flags in itertools.combinations((P, O, N, I, X), size)
]


def legal(kind: Type, mapping: FieldMapping, options: FieldOption) -> bool:
    """Does WWSAPI allow a field of that kind? (WS_TYPE, WS_FIELD_MAPPING, WS_FIELD_OPTIONS)"""
    if mapping not in MAPPINGS[kind] or options & ~MAPPING_OPTIONS[mapping]:
        return False
    if kind in _OWN_NIL:
        return not options & P  # sets N: nil is a value of the type
    if kind is Type.VOID:
        return not options & N
    # Sets V and S: a nil needs a pointer; the pointer alone is accepted since Windows 8. A list is one already, so that
    # its options need none; a structure is left out by a NULL pointer only, a custom type by its callback as well.
    needs_pointer = I if mapping is M.REPEATING_ELEMENT else N | I
    if kind in (Type.STRUCT, Type.ENDPOINT_ADDRESS, Type.FAULT) and mapping is not M.REPEATING_ELEMENT:
        needs_pointer |= O
    return bool(options & P) or not options & needs_pointer


# --- samples ---------------------------------------------------------------------------------------------------------


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


def _write_custom(writer: wsx.XmlWriter, value: str) -> None:
    if not writer.in_attribute and writer.depth == 0:  # ANY_ELEMENT
        writer.start_element("own", NS)
        writer.text(value)
        writer.end_element()
    else:
        writer.text(value)


def _read_custom(reader: wsx.XmlReader) -> str:
    if reader.in_attribute or reader.node.type is not wsx.NodeType.ELEMENT:
        return reader.read_chars()
    reader.read_start_element()
    text = reader.read_chars()
    reader.read_end_element()
    return text


TEXT_STRUCT: Final = StructDescription(dict, [FieldDescription("text", Type.INT32, mapping=M.TEXT)], ns=NS)
DESCRIPTIONS: Final[dict[Type, Any]] = {
    Type.ENUM: EnumDescription(Size),
    Type.STRUCT: TEXT_STRUCT,
    Type.UNION: UnionDescription(
        [
            UnionFieldDescription("a", FieldDescription("a", Type.INT32)),
            UnionFieldDescription("b", FieldDescription("b", Type.STRING)),
        ],
        none_value="none",
    ),
    Type.CUSTOM: CustomTypeDescription(_write_custom, _read_custom),
    Type.ENDPOINT_ADDRESS: EndpointAddressDescription(),
    Type.FAULT: FaultDescription(),
}
_MOMENT: Final = datetime.datetime(2026, 3, 2, 8, 15, 30, 123456, datetime.timezone.utc)
_TEXTS: Final = ("", " a <&>\"' ü€\U0001f600 ]]> b ")
_FRAGMENT: Final = wsx.XmlBuffer(b'<f x="1">t<g/></f>')
VALUES: Final[dict[Type, tuple[Any, ...]]] = {
    Type.BOOL: (False, True),
    **{Type[f"INT{bits}"]: (0, -(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{Type[f"UINT{bits}"]: (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)},
    Type.FLOAT: (0.0, -1.5, float("inf")),
    Type.DOUBLE: (0.0, 0.1, -1e300, float("-inf")),
    Type.DECIMAL: (decimal.Decimal(0), decimal.Decimal("-79228162514264337593543950335"), decimal.Decimal("0.05")),
    Type.DATETIME: (_MOMENT, wsx.DateTime.of(_MOMENT, 7), _MOMENT.replace(tzinfo=None)),
    Type.TIMESPAN: (datetime.timedelta(0), datetime.timedelta(days=-3, microseconds=1)),
    Type.DURATION: (wsx.Duration(), wsx.Duration(years=1, seconds=5)),
    Type.GUID: (uuid.UUID(int=0), uuid.UUID(int=(1 << 128) - 1)),
    Type.UNIQUE_ID: (uuid.UUID(int=7), "urn:other:id"),
    **dict.fromkeys((Type.STRING, Type.WSZ, Type.XML_STRING, Type.CHAR_ARRAY, Type.UTF8_ARRAY), _TEXTS),
    **dict.fromkeys((Type.BYTES, Type.BYTE_ARRAY), (b"", bytes(range(256)))),
    Type.XML_QNAME: (wsx.XmlQName("n", NS), wsx.XmlQName("n", "urn:bound:nowhere")),
    Type.ENUM: (Size.SMALL, Size.LARGE),
    Type.XML_BUFFER: (_FRAGMENT,),
    Type.STRUCT: ({"text": 5},),
    Type.UNION: (wsx.Choice("a", 5), wsx.Choice("b", "five")),
    Type.CUSTOM: ("", "custom & own"),
    Type.ENDPOINT_ADDRESS: (wsx.EndpointAddress("http://example.invalid/"),),
    Type.FAULT: (
        wsx.Fault(wsx.FaultCode(wsx.XmlQName("Sender", "http://www.w3.org/2003/05/soap-envelope")),
                  (wsx.FaultReason("no", "en"),)),
    ),
    Type.ANY_ATTRIBUTES: ({}, {wsx.XmlQName("p", "urn:other"): "1", wsx.XmlQName("q", "urn:other"): "<&>"}),
    Type.DESCRIPTION: (),
    Type.VOID: (),
}  # fmt: skip
# Types whose fields take a default value (types.md §3).
_DEFAULTS: Final = frozenset({*_SCALARS, Type.STRING, Type.WSZ, Type.BYTES, Type.XML_STRING, Type.CUSTOM})


# --- one combination -------------------------------------------------------------------------------------------------


@dataclass
class Coverage:
    """What was tried, and what went wrong; counts by (type, mapping) and by (type, type mapping)."""

    fields: Counter[tuple[Type, FieldMapping]] = field(default_factory=Counter)
    types: Counter[tuple[Type, TypeMapping]] = field(default_factory=Counter)
    refused: int = 0
    round_trips: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def combinations(self) -> int:
        """Legal combinations of type, mapping and options."""
        return sum(self.fields.values())

    def summary(self) -> str:
        """The counts in words, as docs/conformance.md has them."""
        pairs = f"{len(self.fields)} of {len(Type) * len(FieldMapping)} pairs of type and mapping"
        return (
            f"{len({kind for kind, _ in self.fields})} types, {len({mapping for _, mapping in self.fields})} mappings: "
            f"{pairs} are legal, {self.combinations} combinations with options; {self.round_trips} round trips. "
            f"{self.refused} illegal combinations refused. "
            f"{len(self.types)} of {len(Type) * len(TypeMapping)} pairs of type and type mapping. "
            f"{len(self.failures)} failures."
        )


def _table(member: FieldDescription) -> ElementDescription:
    struct = StructDescription(dict, [member], ns=NS, type_local_name="T", type_ns=NS)
    return ElementDescription("t", NS, Type.STRUCT, struct)


def _names(mapping: FieldMapping, options: FieldOption, wrapped: bool) -> dict[str, Any]:
    if mapping in (M.ANY_ELEMENT, M.REPEATING_ANY_ELEMENT, M.ANY_ATTRIBUTES) and options & X:
        return {"ns": "urn:not:this"}
    return {"local_name": "wrapper"} if wrapped else {}


def _member(kind: Type, mapping: FieldMapping, options: FieldOption, *, wrapped: bool, **more: Any) -> FieldDescription:
    return FieldDescription(
        "f", kind, DESCRIPTIONS.get(kind), mapping=mapping, options=options, **_names(mapping, options, wrapped), **more
    )


def _states(kind: Type, mapping: FieldMapping, options: FieldOption, *, wrapped: bool) -> Iterator[dict[str, Any]]:
    """The records that the field may make: its values, the empty list, nil, absent."""
    values = VALUES[kind]
    if mapping in (M.REPEATING_ELEMENT, M.REPEATING_ELEMENT_CHOICE, M.REPEATING_ANY_ELEMENT):
        yield {"f": list(values)}
        yield {"f": []}
        if options & I:
            yield {"f": [values[0], None]}
    else:
        yield from ({"f": value} for value in values)
    if options & O and (mapping is not M.REPEATING_ELEMENT or wrapped):
        yield {}
    if options & N:
        yield {"f": None}


def _read_as(kind: Type, mapping: FieldMapping, options: FieldOption, record: dict[str, Any], wrapped: bool) -> Any:
    """What a record reads back as, where that is not itself."""
    if mapping is M.NO:
        return {}
    if mapping is M.ELEMENT_CHOICE and not record:
        return {"f": wsx.Choice("none")}
    lists = (M.REPEATING_ELEMENT_CHOICE, M.REPEATING_ANY_ELEMENT, M.REPEATING_ELEMENT)
    if mapping in lists and options & O and record.get("f") == [] and not (wrapped and mapping is not lists[1]):
        return {}  # without a wrapper, no items are nothing at all
    return record


def _nodes(buffer: wsx.XmlBuffer) -> list[Any]:
    """The nodes of a fragment without declarations, and without the name of its element, which the table gives."""
    nodes = [
        (node.type, node.local_name, node.ns, node.value, [(a.ns, a.local_name, a.value) for a in attributes])
        for node in wsx.XmlReader(buffer)
        for attributes in [[each for each in node.attributes if not each.is_xmlns]]
    ]
    return [nodes[0][4], *nodes[1:]]


def _same(read: dict[str, Any], expected: dict[str, Any]) -> bool:
    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        return _nodes(value) if isinstance(value, wsx.XmlBuffer) else value

    return {name: plain(value) for name, value in read.items()} == {name: plain(v) for name, v in expected.items()}


def _round_trip(found: Coverage, label: str, table: ElementDescription, record: Any, expected: Any) -> None:
    try:
        data = wsx.write_element(table, record)
        read = wsx.read_element(table, data)
    except WsError as error:
        found.failures.append(f"{label}: {record!r}: {error}")
        return
    found.round_trips += 1
    if not _same(read, expected):
        found.failures.append(f"{label}: {record!r} is read as {read!r} from {data!r}")


def _special(found: Coverage, label: str, kind: Type, mapping: FieldMapping, table: ElementDescription) -> bool:
    """The combinations whose values are not those of a field of its own: xsi:type, and what is thrown away."""
    if kind is Type.DESCRIPTION:
        _derived(found, label)
    elif kind is Type.VOID:
        inside = {M.ATTRIBUTE: b' f="1">', M.ANY_ATTRIBUTES: b' other="1">', M.NO: b">"}.get(mapping, b"><f>1</f>")
        try:
            read = wsx.read_element(table, b'<t xmlns="' + NS.encode() + b'"' + inside + b"</t>")
        except WsError as error:
            found.failures.append(f"{label}: {error}")
            return True
        found.round_trips += 1
        if read != {} or wsx.write_element(table, {}) != b'<t xmlns="' + NS.encode() + b'"/>':
            found.failures.append(f"{label}: {read!r} is left of what is to be thrown away")
    else:
        return False
    return True


def _derived(found: Coverage, label: str) -> None:
    kind = FieldDescription("kind", Type.DESCRIPTION, mapping=M.TYPE_ATTRIBUTE)
    value = FieldDescription("v", Type.INT32)
    more = FieldDescription("w", Type.INT32)
    derived = StructDescription(dict, [kind, value, more], ns=NS, type_local_name="Derived", type_ns=NS)
    base = StructDescription(dict, [kind, value], ns=NS, type_local_name="Base", type_ns=NS, sub_types=[derived])
    table = ElementDescription("t", NS, Type.STRUCT, base)
    _round_trip(found, label, table, {"kind": base, "v": 1}, {"kind": base, "v": 1})
    _round_trip(found, label, table, {"kind": derived, "v": 1, "w": 2}, {"kind": derived, "v": 1, "w": 2})


def _refused(found: Coverage, kind: Type, mapping: FieldMapping, options: FieldOption, wrapped: bool) -> None:
    try:
        _table(_member(kind, mapping, options, wrapped=wrapped))
    except InvalidArgument:
        found.refused += 1
    else:
        found.failures.append(f"{kind.name} {mapping.name} {options!r}: illegal, but the table is made")


def _field(found: Coverage, kind: Type, mapping: FieldMapping, options: FieldOption, wrapped: bool) -> None:
    label = f"{kind.name} {mapping.name} {options!r}{' in a wrapper' if wrapped else ''}"
    table = _table(_member(kind, mapping, options, wrapped=wrapped))
    if _special(found, label, kind, mapping, table):
        return
    for record in _states(kind, mapping, options, wrapped=wrapped):
        _round_trip(found, label, table, record, _read_as(kind, mapping, options, record, wrapped))
    repeating = mapping in (M.REPEATING_ELEMENT, M.ANY_ELEMENT)
    if kind in _DEFAULTS and not repeating and (options & O or mapping is M.NO):
        default = VALUES[kind][-1]
        table = _table(_member(kind, mapping, options, wrapped=wrapped, default=default))
        expected = {"f": default}
        _round_trip(found, f"{label} with a default", table, {}, expected)
        _round_trip(found, f"{label} with a default", table, expected, expected)
        if mapping is not M.NO:
            other = {"f": VALUES[kind][0]}
            _round_trip(found, f"{label} with a default", table, other, other)


# --- type mappings ---------------------------------------------------------------------------------------------------


def _write_type(kind: Type, mapping: TypeMapping, value: Any) -> bytes:
    description = DESCRIPTIONS.get(kind)
    option = wsx.WriteOption.REQUIRED_POINTER
    writer = wsx.XmlWriter()
    if mapping is TypeMapping.ANY_ELEMENT:
        writer.type(mapping, kind, value, description, option)
        return writer.to_bytes()
    writer.start_element("t", NS)
    if mapping is TypeMapping.ATTRIBUTE:
        writer.start_attribute("f")
    writer.type(mapping, kind, value, description, option)
    if mapping is TypeMapping.ATTRIBUTE:
        writer.end_attribute()
    writer.end_element()
    return writer.to_bytes()


def _read_type(kind: Type, mapping: TypeMapping, data: bytes) -> Any:
    description = DESCRIPTIONS.get(kind)
    option = wsx.ReadOption.REQUIRED_POINTER
    reader = wsx.XmlReader(data)
    if mapping is TypeMapping.ELEMENT:
        return reader.read_type(mapping, kind, description, option)
    reader.read_to_start_element()
    if mapping is TypeMapping.ANY_ELEMENT:
        return reader.read_type(mapping, kind, description, option)
    if mapping is TypeMapping.ATTRIBUTE:
        reader.read_start_attribute(0)
        value = reader.read_type(mapping, kind, description, option)
        reader.read_end_attribute()
        return value
    reader.read_start_element()
    value = reader.read_type(mapping, kind, description, option)
    reader.read_end_element()
    return value


def _type(found: Coverage, kind: Type, mapping: TypeMapping) -> None:
    for value in VALUES[kind]:
        unbound = kind is Type.XML_QNAME and value.ns != NS and mapping is TypeMapping.ELEMENT_CONTENT
        if unbound:  # the start tag is not the table's any more
            continue
        try:
            data = _write_type(kind, mapping, value)
            read = _read_type(kind, mapping, data)
        except WsError as error:
            found.failures.append(f"{kind.name} as {mapping.name}: {value!r}: {error}")
            continue
        found.round_trips += 1
        if not _same({"f": read}, {"f": value}):
            found.failures.append(f"{kind.name} as {mapping.name}: {value!r} is read as {read!r} from {data!r}")


def _type_refused(found: Coverage, kind: Type, mapping: TypeMapping) -> None:
    value = VALUES[kind][0] if VALUES[kind] else None
    try:
        _write_type(kind, mapping, value)
    except InvalidArgument:
        found.refused += 1
    except WsError as error:
        found.failures.append(f"{kind.name} as {mapping.name}: refused as {type(error).__name__}: {error}")
    else:
        found.failures.append(f"{kind.name} as {mapping.name}: illegal, but written")


def coverage() -> Coverage:
    """Tries every combination."""
    found = Coverage()
    for kind, mapping, options in itertools.product(Type, FieldMapping, ALL_OPTIONS):
        wrapped = mapping in (M.REPEATING_ELEMENT, M.REPEATING_ELEMENT_CHOICE)
        if not legal(kind, mapping, options):
            _refused(found, kind, mapping, options, wrapped)
            continue
        found.fields[kind, mapping] += 1
        _field(found, kind, mapping, options, wrapped)
        if wrapped and not options & N:
            _field(found, kind, mapping, options, wrapped=False)
    for kind, as_ in itertools.product(Type, TypeMapping):
        if as_ is TypeMapping.ANY_ELEMENT and kind in (Type.STRING, Type.XML_STRING):
            continue  # Windows takes them as the text of the element that is open
        if as_ in TYPE_MAPPINGS.get(kind, ()):
            found.types[kind, as_] += 1
            _type(found, kind, as_)
        else:
            _type_refused(found, kind, as_)
    return found


def main() -> int:
    """Prints the counts, a line for each type, and what failed."""
    found = coverage()
    for kind in Type:
        fields = [
            f"{mapping.name} {found.fields[kind, mapping]}" for mapping in FieldMapping if found.fields[kind, mapping]
        ]
        as_types = [mapping.name for mapping in TypeMapping if found.types[kind, mapping]]
        print(f"{kind.name:17} {', '.join(fields)}; as {', '.join(as_types) or 'field only'}")
    for failure in found.failures:
        print("FAILED", failure, file=sys.stderr)
    print(found.summary())
    return 1 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())
