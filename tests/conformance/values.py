"""The vectors of values: WsWriteType, WsWriteElement, WsWriteAttribute, WsReadElement, WsReadType."""

from __future__ import annotations

import base64
import datetime
import re
from collections.abc import Callable
from typing import Any, Final

from tests.conformance.found import UTC, Comparison
from tests.conformance.tables import NIL, RANGE, Builder, Way, read_option, type_of, write_option
from tests.conformance.vectors import NoCounterpart, Outcome, Result, Unmapped, Vector, failed_call, matches
from wsx import (
    UNSET,
    ElementDescription,
    NodeType,
    Type,
    TypeMapping,
    WsError,
    XmlReader,
    XmlWriter,
    read_element,
    write_element,
)

__all__ = ["KINDS", "MISSING", "offset_in", "read", "sizes_wrong", "succeeded", "write"]

MISSING: Final[frozenset[str]] = frozenset()
_OFFSET: Final = re.compile(r"T\d\d:\d\d:\d\d(?:\.\d+)?([+-])(\d\d):(\d\d)")
# sizeof of the fixed types of 64-bit Windows (WWSAPI types; README §4, `size`).
_SIZES: Final = {
    **{f"{sign}int{bits}": bits // 8 for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **dict.fromkeys(("bool", "float", "enum"), 4),
    **dict.fromkeys(("double", "timespan", "wsz"), 8),
    **dict.fromkeys(("decimal", "datetime", "guid", "string", "bytes"), 16),
    **dict.fromkeys(("unique_id", "xml_string"), 32),
}
_POINTER_SIZE: Final = 8
# What a deliberate difference in the value makes of the call.
_REFUSALS: Final = {NIL: "E_INVALIDARG", RANGE: "WS_E_INVALID_FORMAT"}


def offset_in(text: str | None) -> datetime.timedelta | None:
    """The zone offset of the first time in the text: that of the machine where the vector was made."""
    found = _OFFSET.search(text or "")
    if found is None:
        return None
    offset = datetime.timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -offset if found[1] == "-" else offset


def sizes_wrong(vector: Vector, kind: str) -> bool:
    """Does the vector give a size that is not the one of the value?"""
    size = vector.get("size")
    if size is None:
        return False
    pointer = vector["option"].endswith("_pointer")
    return not (size == "pointer" and (pointer or _SIZES.get(kind) == _POINTER_SIZE))


def _output(writer: XmlWriter) -> Result:
    return succeeded(writer.to_bytes())


def succeeded(data: bytes) -> Result:
    made: Result = {"hr": "S_OK", "bytes": base64.b64encode(data).decode()}
    try:
        return made | {"text": data.decode()}
    except UnicodeDecodeError:
        return made | {"text": None}


def _value(vector: Vector, builder: Builder, table: Any) -> Any:
    """The value argument; NULL instead of one is no value at all."""
    if vector.get("null_value_argument"):
        return UNSET
    return builder.top(table, vector["option"], vector.get("value"))


def _write_element(vector: Vector, builder: Builder) -> Result:
    table = vector["element"]
    given = vector.get("value")
    element = builder.element(table, given)
    value = _value(vector, builder, table)
    parent = vector.get("parent")
    option = write_option(vector["option"])
    if parent is None:
        size = 0 if sizes_wrong(vector, table["type"]) else None
        return succeeded(write_element(element, value, option=option, value_size=size))
    writer = XmlWriter()
    writer.start_element(parent["name"], parent["ns"], parent["prefix"])
    writer.element(element, value, option)
    writer.end_element()
    return _output(writer)


def _write_attribute(vector: Vector, builder: Builder) -> Result:
    owner, table = vector["element"], vector["attribute"]
    attribute = builder.attribute(table, vector.get("value"))
    writer = XmlWriter()
    writer.start_element(owner["name"], owner["ns"], owner["prefix"])
    writer.attribute(attribute, _value(vector, builder, table), write_option(vector["option"]))
    writer.end_element()
    return _output(writer)


def _write_type(vector: Vector, builder: Builder) -> Result:
    """WsWriteType in an element, or in an attribute of it, that the caller has opened."""
    owner, mapping, attribute = vector["element"], vector["mapping"], vector.get("attribute")
    if mapping.upper() not in TypeMapping.__members__:
        raise Unmapped(f"WsWriteType: mapping {mapping}")
    kind, table = builder.described(vector, vector.get("value"))
    value = _value(vector, builder, vector)
    option = write_option(vector["option"])
    if sizes_wrong(vector, vector["type"]):
        if mapping == "attribute":
            raise NoCounterpart("no_out_argument")
        element = ElementDescription(owner["name"], owner["ns"], kind, table)
        return succeeded(write_element(element, value, option=option, value_size=0))
    writer = XmlWriter()
    writer.start_element(owner["name"], owner["ns"], owner["prefix"])
    if attribute is not None:
        quote = bool(attribute.get("single_quote"))
        writer.start_attribute(attribute["name"], attribute["ns"], attribute["prefix"], single_quote=quote)
    writer.type(TypeMapping[mapping.upper()], kind, value, table, option)
    if attribute is not None:
        writer.end_attribute()
    writer.end_element()
    if mapping == "element" and attribute is None and owner["prefix"] is None:
        whole = write_element(ElementDescription(owner["name"], owner["ns"], kind, table), value, option=option)
        assert whole == writer.to_bytes(), (whole, writer.to_bytes())
    return _output(writer)


def _played(call: Callable[[Vector, Builder], Result], vector: Vector, builder: Builder) -> Result:
    try:
        return call(vector, builder)
    except WsError as error:
        return failed_call(error)


_WRITERS: Final[dict[str, Callable[[Vector, Builder], Result]]] = {
    "write_element": _write_element,
    "write_type": _write_type,
    "write_attribute": _write_attribute,
}


def _agrees(want: Result, got: Result) -> bool:
    """The text tells all that the bytes do, where there is one."""
    return matches(want, got, without=() if want.get("text") is None else ("bytes",))


def write(vector: Vector, want: Result) -> Outcome:
    call = _WRITERS[vector["kind"]]
    offset = offset_in(want.get("text"))
    plain = Builder(Way.PLAIN, offset)
    first = _played(call, vector, plain)
    if _agrees(want, first):
        return Outcome()
    adapted = Builder(Way.ADAPTED, offset)
    second = _played(call, vector, adapted)
    rules = set(adapted.rules)
    if adapted.local_times and want.get("text") and _agrees(_with_z(want), second):
        rules.add(UTC)
        want = _with_z(want)
    difference = f"wanted {_shown(want)}, got {_shown(first)}"
    if not rules or not _agrees(want, second):
        return Outcome("", {"not_yet"}) if "not_yet" in first else Outcome(difference)
    refusals = {_REFUSALS[rule] for rule in rules if rule in _REFUSALS}
    if refusals:
        predicted = first["hr"] in refusals
    else:
        explicit = _played(call, vector, Builder(Way.EXPLICIT, offset))
        predicted = matches(explicit, first, without=("error",))
    return Outcome("", rules) if predicted else Outcome(f"{difference}, which no rule predicts")


def _with_z(want: Result) -> Result:
    """The same with UTC where the offset is zero: Python has one zero offset."""
    return {key: value for key, value in want.items() if key != "bytes"} | {
        "text": (want.get("text") or "").replace("+00:00", "Z")
    }


def _shown(result: Result) -> str:
    if result.get("hr") != "S_OK":
        return str(result.get("error", result.get("hr")))
    return repr(result.get("text", result.get("value")))


def _read_element(vector: Vector, builder: Builder) -> Any:
    element = builder.element(vector["element"])
    return read_element(element, _document(vector), option=read_option(vector["option"]))


def _read_type(vector: Vector, builder: Builder) -> Any:
    """WsReadType by a table of the found element's name, or as the content of that element."""
    kind, table = builder.described(vector)
    mapping, option = vector["mapping"], read_option(vector["option"])
    reader = XmlReader(_document(vector))
    reader.read_to_start_element()
    node = reader.node
    assert node.type is NodeType.ELEMENT
    if mapping == "element":
        return reader.read_element(ElementDescription(node.local_name, node.ns, kind, table), option)
    reader.read_start_element()
    if mapping != "element_content":
        raise Unmapped(f"WsReadType: mapping {mapping}")
    if kind is Type.STRUCT:
        return reader.read_element(ElementDescription(None, None, kind, table), option)
    return reader.read_value(kind, table)


def _document(vector: Vector) -> bytes:
    return bytes(vector["xml"].encode("utf-8", "surrogatepass"))


_READERS: Final[dict[str, Callable[[Vector, Builder], Any]]] = {
    "read_element": _read_element,
    "read_type": _read_type,
}


def read(vector: Vector, want: Result) -> Outcome:
    table = vector["element"] if vector["kind"] == "read_element" else vector
    if sizes_wrong(vector, table["type"]) or vector.get("null_value_argument"):
        raise NoCounterpart("no_out_argument")
    type_of(table["type"])
    try:
        found = _READERS[vector["kind"]](vector, Builder())
    except WsError as error:
        got = failed_call(error)
        if want["hr"] == got["hr"]:
            return Outcome()
        if "not_yet" in got:
            return Outcome("", {"not_yet"})
        if vector["option"] == "zero" and got["hr"] == "E_INVALIDARG":
            return Outcome("", {"no_read_option"})
        return Outcome(f"wanted {_shown(want)}, got {got['error']}")
    comparison = Comparison(vector["xml"])
    if want.get("hr", "S_OK") == "S_OK" and (
        "value" not in want or comparison.value(table["type"], table.get("desc"), want["value"], found)
    ):
        return Outcome("", comparison.rules)
    return Outcome(f"wanted {_shown(want)}, got {found!r}")


KINDS: Final[dict[str, Callable[[Vector, Result], Outcome]]] = {
    **dict.fromkeys(_WRITERS, write),
    **dict.fromkeys(_READERS, read),
}
