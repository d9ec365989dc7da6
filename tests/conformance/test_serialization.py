"""The golden vectors of values: WsWriteElement, WsWriteType, WsReadElement as `write_element` and `read_element`.

Every vector that binds something is run, or is listed by the reason why it is not; where wsx answers otherwise on
purpose the vector stands in :data:`ON_PURPOSE` with the reason, and an agreement there fails as well. The last test
holds the counts, so that no vector is lost without being noticed.
"""

from __future__ import annotations

import base64
import datetime
import functools
import json
import struct
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from wsx import (
    UNSET,
    Choice,
    DateTime,
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    ReadOption,
    StructDescription,
    StructOption,
    Type,
    UnionDescription,
    UnionFieldDescription,
    WriteOption,
    WsError,
    read_element,
    write_element,
)
from wsx.legality import NAMELESS

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "wwsapi.jsonl"
KINDS = ("write_element", "write_type", "read_element")

ZERO = "an optional 0 is written: a Python value is never `all bytes zero` (design: four different states)"
NIL = "None in a required field is an error, not an empty element: it would read back as another value"
RANGE = "item ranges are checked when writing: an invalid message should not leave"
UTC = "`+00:00` reads as UTC: Python has one zero offset"
ABSENT = "an absent optional field reads as UNSET, not as zero"
NAMES = "a field without a local name takes its Python name"
EMPTY = "empty text of a string field reads as the empty text, as the type table says"

ON_PURPOSE = {
    "mapping-nested-007": NIL,
    "mapping-repeat-nil-bytes-001": NIL,
    "mapping-nil-attr-002": NIL,
    "mapping-option-237": NIL,
    "mapping-repeat-range-wrapped-002": RANGE,
    "mapping-option-002": ZERO,
    "mapping-option-016": ZERO,
    "mapping-option-058": ZERO,
    "mapping-option-072": ZERO,
    "mapping-option-attr-004": ZERO,
    "mapping-option-attr-010": ZERO,
    "mapping-option-attr-018": ZERO,
    "mapping-option-attr-022": ZERO,
    "mapping-option-attr-024": ZERO,
    "mapping-default-001": ZERO,
    "mapping-default-attr-001": ZERO,
    "mapping-invalid-002": NAMES,
    "read-datetime-005": UTC,
    "read-datetime-047": UTC,
    "read-struct-optional-003": ABSENT,
    "read-struct-text-004": EMPTY,
}

# Vectors that are not run, by reason, and how many they are.
LEFT = {
    "a raw C argument that Python does not have": 123,
    "WsWriteType on an element that the caller opened": 90,
    "an option number that Python does not have": 8,
    "limits of a scalar type are not there yet": 2,
    "an element inside one that the caller opened": 1,
    "a datetime that Python does not have": 4,
    "a table that wsx refuses: two numbers of an enumeration are equal": 3,
}


class Left(Exception):
    """This vector is not run, for one of the reasons in LEFT."""


def why(reason: str) -> Left:
    assert reason in LEFT
    return Left(reason)


def description(kind: str, table: Any) -> Any:
    if kind == "enum":
        if len({entry["value"] for entry in table["values"]}) < len(table["values"]):
            raise why("a table that wsx refuses: two numbers of an enumeration are equal")
        return EnumDescription({entry["name"]: entry["value"] for entry in table["values"]})
    if kind == "struct":
        options = StructOption(0)
        for option in table.get("options", ()):
            options |= StructOption[option.upper()]
        return StructDescription(dict, [field(entry) for entry in table["fields"]], options=options)
    if kind == "union":
        arms = [UnionFieldDescription(arm["value"], field(arm["field"])) for arm in table["fields"]]
        return UnionDescription(arms, none_value=table.get("none_value", UNSET))
    if table:
        raise why("limits of a scalar type are not there yet")
    return None


def type_of(kind: str) -> Type:
    if kind.upper() not in Type.__members__:
        raise why("a type that is not there yet")
    return Type[kind.upper()]


def field(entry: Any) -> FieldDescription:
    mapping = FieldMapping[entry["mapping"].upper().replace("NO_MAPPING", "NO")]
    options = FieldOption(0)
    for option in entry.get("options") or ():
        options |= FieldOption[option.upper()]
    names: dict[str, Any] = {}
    if mapping not in NAMELESS:
        names = {"local_name": entry.get("name"), "ns": entry.get("ns")}
    if mapping is FieldMapping.REPEATING_ELEMENT:
        names |= {"item_local_name": entry.get("item_name"), "item_ns": entry.get("item_ns")}
        if entry.get("item_range"):
            names["item_range"] = tuple(entry["item_range"])
    if "default" in entry:
        names["default"] = value(entry["type"], entry.get("desc"), entry["default"])
    table = description(entry["type"], entry.get("desc"))
    return FieldDescription(entry["member"], type_of(entry["type"]), table, mapping=mapping, options=options, **names)


YEAR_1 = datetime.datetime(1, 1, 1)


def moment(given: Any) -> datetime.datetime:
    if given["format"] not in ("utc", "none") or given["ticks"] > 3155378975999999999:
        raise why("a datetime that Python does not have")
    zone = datetime.timezone.utc if given["format"] == "utc" else None
    found = (YEAR_1 + datetime.timedelta(microseconds=given["ticks"] // 10)).replace(tzinfo=zone)
    return DateTime.of(found, given["ticks"] % 10) if given["ticks"] % 10 else found


def value(kind: str, table: Any, given: Any) -> Any:
    """A value in vector notation as a Python value."""
    if given is None:
        return None
    match kind:
        case "double":
            return struct.unpack(">d", bytes.fromhex(given["f64"]))[0]
        case "float":
            return struct.unpack(">f", bytes.fromhex(given["f32"]))[0]
        case "bytes":
            return base64.b64decode(given["base64"])
        case "guid":
            return uuid.UUID(given)
        case "unique_id":
            return given["uri"] if given["uri"] is not None else uuid.UUID(given["guid"] or str(uuid.UUID(int=0)))
        case "datetime":
            return moment(given)
        case "union":
            return union_value(table, given)
        case "struct":
            return {entry["member"]: member(entry, given.get(entry["member"])) for entry in table["fields"]}
    return given


def arm_of(table: Any, selector: Any) -> Any:
    return next((arm["field"] for arm in table["fields"] if arm["value"] == selector), None)


def union_value(table: Any, given: Any) -> Any:
    arm = arm_of(table, given["select"])
    return Choice(given["select"], None if arm is None else value(arm["type"], arm.get("desc"), given.get("value")))


def union_notation(table: Any, found: Any) -> Any:
    arm = arm_of(table, found.select)
    if arm is None:
        return {"select": found.select}
    return {"select": found.select, "value": notation(arm["type"], arm.get("desc"), found.value)}


def member(entry: Any, given: Any) -> Any:
    if given is None:
        return UNSET if "optional" in (entry.get("options") or ()) else None
    if entry["mapping"] in ("repeating_element", "repeating_element_choice"):
        return [value(entry["type"], entry.get("desc"), item) for item in given]
    return value(entry["type"], entry.get("desc"), given)


def notation(kind: str, table: Any, found: Any) -> Any:
    """A Python value in vector notation."""
    if found is None or found is UNSET:
        return None
    match kind:
        case "double":
            return {"f64": struct.pack(">d", found).hex()}
        case "float":
            return {"f32": struct.pack(">f", found).hex()}
        case "bytes":
            return {"base64": base64.b64encode(found).decode()}
        case "guid":
            return str(found)
        case "unique_id":
            return (
                {"guid": str(found)} if isinstance(found, uuid.UUID) else {"uri": found, "guid": str(uuid.UUID(int=0))}
            )
        case "datetime":
            return datetime_notation(found)
        case "union":
            return union_notation(table, found)
        case "struct":
            return {entry["member"]: member_notation(entry, found.get(entry["member"])) for entry in table["fields"]}
    return found


def member_notation(entry: Any, found: Any) -> Any:
    if entry["mapping"] in ("repeating_element", "repeating_element_choice") and found is not None:
        return [notation(entry["type"], entry.get("desc"), item) for item in found]
    return notation(entry["type"], entry.get("desc"), found)


def datetime_notation(found: datetime.datetime) -> Any:
    utc = datetime.timezone.utc
    format_ = "none" if found.tzinfo is None else "utc" if found.tzinfo is utc else "local"
    since = (found if found.tzinfo is None else found.astimezone(utc)).replace(tzinfo=None) - YEAR_1
    ticks = (since.days * 86400 + since.seconds) * 10**7 + since.microseconds * 10
    return {"ticks": ticks + getattr(found, "hundred_nanoseconds", 0), "format": format_}


def read(vector: Any) -> Any:
    entry = vector["element"]
    if vector["option"].upper() not in ReadOption.__members__:
        raise why("an option number that Python does not have")
    element = element_of(entry, entry["type"], entry.get("desc"))
    data = vector["xml"].encode("utf-8", "surrogatepass")
    try:
        found = read_element(element, data, option=ReadOption[vector["option"].upper()])
    except WsError as error:
        return {"hr": error.code.name}
    return {"hr": "S_OK", "value": notation(entry["type"], entry.get("desc"), found)}


def write(vector: Any) -> Any:
    source = vector["element"] if vector["kind"] == "write_element" else vector
    if vector["kind"] == "write_type" and (
        vector["mapping"] != "element" or vector.get("attribute") or vector["element"].get("prefix")
    ):
        raise why("WsWriteType on an element that the caller opened")
    if vector.get("parent"):
        raise why("an element inside one that the caller opened")
    if vector["option"].upper() not in WriteOption.__members__:
        raise why("an option number that Python does not have")
    element = element_of(vector["element"], source["type"], source.get("desc"))
    given = value(source["type"], source.get("desc"), vector["value"])
    try:
        found = write_element(element, given, option=WriteOption[vector["option"].upper()])
    except WsError as error:
        return {"hr": error.code.name}
    return {"hr": "S_OK", "text": found.decode()}


def element_of(names: Any, kind: str, table: Any) -> ElementDescription:
    return ElementDescription(names["name"], names["ns"], type_of(kind), description(kind, table))


def matches(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(got, dict):
        return all(matches(wanted[key], got.get(key)) for key in wanted if key != "repr")
    if wanted in ("ffc00000", "fff8000000000000"):  # any NaN equals any NaN (vectors/README.md §8)
        return got in ("7fc00000", "7ff8000000000000", wanted)
    return bool(wanted == got)


@functools.cache
def bound() -> list[tuple[Any, Any]]:
    """(vector, what it wants) of those that bind something."""
    if not VECTORS.exists():
        return []
    found = []
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        wanted = vector["expect"] if not vector["wine_only"] else vector.get("windows") or vector.get("likely")
        if vector["kind"] in KINDS and wanted and set(wanted) - {"note"}:
            found.append((vector, {key: wanted[key] for key in ("hr", "text", "value") if key in wanted}))
    return found


def outcome(vector: Any) -> Any:
    if vector.get("abi"):
        raise why("a raw C argument that Python does not have")
    return read(vector) if vector["kind"] == "read_element" else write(vector)


@functools.cache
def outcomes() -> dict[str, tuple[Any, Any]]:
    """id → (wanted, got); got is the reason where the vector was left."""
    found = {}
    for vector, wanted in bound():
        try:
            found[vector["id"]] = (wanted, outcome(vector))
        except Left as reason:
            found[vector["id"]] = (wanted, str(reason))
    return found


RUN = [name for name, (_, got) in outcomes().items() if not isinstance(got, str)]


@pytest.mark.skipif(not RUN, reason="the golden vectors (../shared/vectors) are absent")
@pytest.mark.parametrize("name", RUN or ["none"])
def test_vector(name: str) -> None:
    wanted, got = outcomes()[name]
    if name in ON_PURPOSE:
        assert not matches(wanted, got), f"agrees by now: {ON_PURPOSE[name]}"
    else:
        assert matches(wanted, got), (wanted, got)


@pytest.mark.skipif(not RUN, reason="the golden vectors (../shared/vectors) are absent")
def test_no_vector_is_lost() -> None:
    left = Counter(got for _, got in outcomes().values() if isinstance(got, str))
    assert left == LEFT
    assert len(outcomes()) == len(RUN) + left.total()
    assert set(ON_PURPOSE) <= set(RUN)
