"""Documents and values made without any peer: the input of the readers and the judge of the writers.

Everything here takes the plainest way (the standard library, one value at a time), so that a peer is never compared
with itself.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from benchmarks.cases.base import SOAP, Case
from benchmarks.shape import SCALAR_TYPES, Field, Kind, Struct, namespaces_of

__all__ = [
    "ContentError",
    "difference",
    "from_text",
    "json_document",
    "parse_json",
    "parse_xml",
    "rebuild",
    "to_text",
    "xml_document",
]


class ContentError(ValueError):
    """A document whose content is not what the case says; the text names the place."""


XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DOUBLE: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|INF|-INF|NaN")
_DATETIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})0*)?(?:(Z)|([+-])(\d\d):(\d\d))", re.ASCII
)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: The kinds that are strings in JSON, beside strings.
_STRINGS: Final = (Kind.DECIMAL, Kind.DATETIME, Kind.UUID, Kind.BYTES)
_BOOLS: Final = {"true": True, "1": True, "false": False, "0": False}


def to_text(kind: Kind, value: Any) -> str:
    """The text of a scalar by XML Schema, not escaped."""
    if kind is Kind.BOOL:
        return "true" if value else "false"
    if kind is Kind.DATETIME:
        utc: str = value.isoformat()
        return utc.replace("+00:00", "Z")
    if kind is Kind.BYTES:
        return base64.b64encode(value).decode("ascii")
    return repr(value) if kind is Kind.DOUBLE else str(value)


def from_text(kind: Kind, text: str) -> Any:
    """The value of a scalar's text by XML Schema; ContentError for text outside the type's lexical space."""
    if kind is Kind.STRING:
        return text
    text = text.strip(" \t\r\n")
    if kind in (Kind.INT32, Kind.INT64):
        return int(_matched(_INTEGER, text).group())
    if kind is Kind.BOOL:
        if text not in _BOOLS:
            raise ContentError(f"{text!r} is no boolean")
        return _BOOLS[text]
    if kind is Kind.DOUBLE:
        return float(_matched(_DOUBLE, text).group())
    if kind is Kind.DECIMAL:
        return Decimal(_matched(_DECIMAL, text).group())
    if kind is Kind.UUID:
        return UUID(_matched(_UUID, text).group())
    if kind is Kind.BYTES:
        return base64.b64decode(text, validate=True)
    return _moment(_matched(_DATETIME, text))


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ContentError(f"{text[:60]!r} is not of the type's lexical space")
    return match


def _moment(match: re.Match[str]) -> datetime:
    fraction = int((match[7] or "0").ljust(6, "0"))
    parts = [int(match[i]) for i in range(1, 7)]
    zone = timezone.utc
    if match[9]:
        offset = timedelta(hours=int(match[10]), minutes=int(match[11]))
        zone = timezone(-offset if match[9] == "-" else offset)
    year, month, day, hour, minute, second = parts
    moment = datetime(year, month, day, hour, minute, second, fraction, tzinfo=zone)
    return moment.astimezone(timezone.utc)


def xml_document(case: Case, *, envelope: bool | None = None) -> bytes:
    """The case as an XML document, with ``envelope`` set inside a SOAP envelope whatever the case says."""
    prefixes = _prefixes(case)
    declared = f" xmlns={quoteattr(case.ns)}" + "".join(
        f" xmlns:{prefix[:-1]}={quoteattr(ns)}" for ns, prefix in prefixes.items() if prefix
    )
    content = _written(case.struct, case.value, case.element, prefixes, declared)
    if case.envelope if envelope is None else envelope:
        content = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{content}</s:Body></s:Envelope>'
    return content.encode()


def _prefixes(case: Case) -> dict[str, str]:
    """The prefix of each namespace with its colon; the case's own is the default."""
    first, *others = namespaces_of(case.struct)
    prefixes = {first: "", **{ns: f"n{index}:" for index, ns in enumerate(others, 1)}}
    return {**prefixes, XSI: "xsi:"} if "derived" in case.features else prefixes


def _written(struct: Struct, value: Any, name: str, prefixes: dict[str, str], declarations: str = "") -> str:
    actual = struct.of(value)
    attributes = "" if actual is struct else f' xsi:type="{actual.name}"'
    attributes += "".join(
        f" {item.local_name}={quoteattr(to_text(item.kind, getattr(value, item.name)))}" for item in actual.attributes
    )
    parts = []
    for item in actual.elements:
        found = getattr(value, item.name)
        for one in found if item.repeated else (found,):
            arm = item.arm(one)
            tag = f"{prefixes[item.ns]}{arm.local_name}"
            if item.kind is Kind.STRUCT:
                parts.append(_written(item.nested, one, tag, prefixes))
            else:
                parts.append(f"<{tag}>{escape(to_text(arm.kind, one))}</{tag}>")
    return f"<{name}{declarations}{attributes}>{''.join(parts)}</{name}>"


def parse_xml(case: Case, data: bytes) -> Any:
    """The case's value out of an XML document, with or without an envelope; ContentError where it is not one."""
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise ContentError(f"not well-formed: {error}") from error
    if root.tag == f"{{{SOAP}}}Envelope":
        contents = root.findall(f"{{{SOAP}}}Body/*")
        if len(contents) != 1:
            raise ContentError(f"{len(contents)} elements in the body of the envelope")
        root = contents[0]
    if root.tag != f"{{{case.ns}}}{case.element}":
        raise ContentError(f"the element is {root.tag}, not {{{case.ns}}}{case.element}")
    return _bound(case.struct, root, case.element)


def _bound(struct: Struct, element: ElementTree.Element, path: str) -> Any:
    struct = _actual(struct, element.attrib.pop(f"{{{XSI}}}type", None), path)
    # The element name of each field, or of each arm of a choice, with the field and what says the type.
    expected = {
        f"{{{arm.ns}}}{arm.local_name}" if arm.ns else arm.local_name: (item, arm)
        for item in struct.fields
        for arm in item.arms or (item,)
    }
    found: dict[str, list[Any]] = {item.name: [] for item in struct.fields}
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise ContentError(f"{path}: text between the elements")
    for name, text in element.attrib.items():
        item, arm = expected.get(name, (None, None))
        if item is None or arm is None or not item.attribute:
            raise ContentError(f"{path}: attribute {name} is not expected")
        found[item.name].append(from_text(item.kind, text))
    for child in element:
        item, arm = expected.get(child.tag, (None, None))
        if item is None or arm is None or item.attribute:
            raise ContentError(f"{path}: element {child.tag} is not expected")
        found[item.name].append(_value(arm, child, f"{path}/{item.local_name}"))
    return struct.python_type(**{item.name: _single(item, found[item.name], path) for item in struct.fields})


def _actual(struct: Struct, name: str | None, path: str) -> Struct:
    """The struct that xsi:type names; its prefix is not looked up, as ElementTree forgets the bindings."""
    if name is None:
        return struct
    local_name = name.rpartition(":")[2]
    for one in (struct, *struct.derived):
        if one.name == local_name:
            return one
    raise ContentError(f"{path}: xsi:type {name} is not expected")


def _value(item: Field, element: ElementTree.Element, path: str) -> Any:
    if item.kind is Kind.STRUCT:
        return _bound(item.nested, element, path)
    if len(element) or element.attrib:
        raise ContentError(f"{path}: a scalar with elements or attributes")
    try:
        return from_text(item.kind, element.text or "")
    except ValueError as error:
        raise ContentError(f"{path}: {error}") from error


def _single(item: Field, values: list[Any], path: str) -> Any:
    if item.repeated:
        return values
    if len(values) != 1:
        raise ContentError(f"{path}: {len(values)} of {item.local_name}, not one")
    return values[0]


def json_document(case: Case) -> bytes:
    """The case's value as compact JSON; Decimal, datetime, UUID and bytes as strings."""
    return json.dumps(_plain(case.struct, case.value), ensure_ascii=False, separators=(",", ":")).encode()


def _plain(struct: Struct, value: Any) -> dict[str, Any]:
    def one(item: Field, found: Any) -> Any:
        item = item.arm(found)
        if item.kind is Kind.STRUCT:
            return _plain(item.nested, found)
        if item.kind in _STRINGS:
            return to_text(item.kind, found)
        return found

    result = {}
    for item in struct.of(value).fields:
        found = getattr(value, item.name)
        result[item.name] = [one(item, each) for each in found] if item.repeated else one(item, found)
    return result


def json_leaf(kind: Kind, value: Any) -> Any:
    """The value of what a JSON parser without types gives for a scalar."""
    if kind in _STRINGS:
        if not isinstance(value, str):
            raise ContentError(f"{value!r} is no string")
        return from_text(kind, value)
    return value


def parse_json(case: Case, data: bytes) -> Any:
    """The case's value out of a JSON document; ContentError where it is not one."""
    try:
        parsed = json.loads(data)
    except ValueError as error:
        raise ContentError(f"no JSON: {error}") from error
    return rebuild(case.struct, parsed, json_item, json_leaf)


def json_item(source: Any, name: str) -> Any:
    """A member of an untyped JSON object; ContentError where there is none."""
    if not isinstance(source, dict) or name not in source:
        raise ContentError(f"no member {name}")
    return source[name]


def _json_arm(item: Field, found: Any) -> Field:
    """The field itself, or the arm of a choice by what the value is in JSON."""
    if item.kind is not Kind.CHOICE:
        return item
    for arm in item.arms:
        if type(found) is (str if arm.kind in _STRINGS else SCALAR_TYPES[arm.kind]):
            return arm
    raise ContentError(f"{item.name}: {found!r} is none of the choice's")


def rebuild(
    struct: Struct,
    source: Any,
    get: Callable[[Any, str], Any] = getattr,
    leaf: Callable[[Kind, Any], Any] | None = None,
) -> Any:
    """The case's own object out of a peer's: ``get`` fetches a field, ``leaf`` turns a scalar into the case's type."""

    def one(item: Field, found: Any) -> Any:
        if item.kind is Kind.STRUCT:
            return rebuild(item.nested, found, get, leaf)
        item = _json_arm(item, found)
        return found if leaf is None else leaf(item.kind, found)

    values = {}
    for item in struct.fields:
        found = get(source, item.name)
        values[item.name] = [one(item, each) for each in found] if item.repeated else one(item, found)
    return struct.python_type(**values)


def difference(struct: Struct, expected: Any, actual: Any, path: str = "") -> str | None:
    """The first place where two objects of a case differ, None where they are equal in types and values."""
    if type(actual) is not type(expected):
        return f"{path or struct.name}: {type(actual).__name__} instead of {type(expected).__name__}"
    for item in struct.of(expected).fields:
        place = f"{path}.{item.name}" if path else item.name
        wanted, found = getattr(expected, item.name), getattr(actual, item.name)
        if not item.repeated:
            wanted, found = [wanted], [found]
        elif not isinstance(found, list) or len(found) != len(wanted):
            size = f"{len(found)} items" if isinstance(found, list) else type(found).__name__
            return f"{place}: {size} instead of {len(wanted)} items"
        elif item.kind is not Kind.STRUCT and wanted == found and list(map(type, wanted)) == list(map(type, found)):
            continue  # a million doubles one by one would take longer than they take to be read
        for index, (left, right) in enumerate(zip(wanted, found, strict=True)):
            where = f"{place}[{index}]" if item.repeated else place
            if item.kind is Kind.STRUCT:
                inner = difference(item.nested, left, right, where)
                if inner is not None:
                    return inner
            elif type(left) is not type(right) or not _same(left, right):
                return f"{where}: {right!r} instead of {left!r}"
    return None


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    return bool(left == right)
