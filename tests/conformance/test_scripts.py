"""The golden vectors of the writer's calls: scripts of WsWriteStartElement and its kin, played on an XmlWriter.

Every vector that binds something is run, or is listed by the reason why it is not; where wsx answers otherwise on
purpose the vector stands in :data:`ON_PURPOSE` with the reason, and an agreement there fails as well. The last test
holds the counts, so that no vector is lost without being noticed. What a writer holds after a failure is not compared:
the writer is faulted, and partial output is not specified.
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

from wsx import AttributeDescription, DateTime, ElementDescription, Type, WsError, XmlNode, XmlWriter

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "wwsapi.jsonl"
GROUPS = ("writer", "namespace", "escape", "scalar", "option")

MIXED = "values and texts may be mixed in an element (serialization.md, mixed value calls); and a failure faults"
BUFFER = "the buffer may grow to 64 MiB: 64 KiB is too little for a default (documents are built in memory)"

ON_PURPOSE = {
    "writer-order-017": MIXED,
    "writer-property-default-007": BUFFER,
}

# Vectors that are not run, by reason, and how many they are.
LEFT = {
    "a NULL writer or a NULL text structure, which Python does not have": 9,
}


class Left(Exception):
    """This vector is not run, for one of the reasons in LEFT."""


def why(reason: str) -> Left:
    assert reason in LEFT
    return Left(reason)


def value(kind: str, given: Any) -> Any:
    """A value in vector notation as a Python value."""
    match kind:
        case "double":
            return struct.unpack(">d", bytes.fromhex(given["f64"]))[0]
        case "float":
            return struct.unpack(">f", bytes.fromhex(given["f32"]))[0]
        case "bytes" | "base64":
            return base64.b64decode(given["base64"])
        case "guid":
            return uuid.UUID(given)
        case "datetime":
            zone = datetime.timezone.utc if given["format"] == "utc" else None
            moment = datetime.datetime(1, 1, 1, tzinfo=zone) + datetime.timedelta(microseconds=given["ticks"] // 10)
            return DateTime.of(moment, given["ticks"] % 10) if given["ticks"] % 10 else moment
    return given


def write_text(writer: XmlWriter, call: Any) -> None:
    kind = call["text_type"]
    if kind in ("utf8", "utf16"):
        writer.text(call["value"])
    elif kind == "base64":
        writer.bytes(value(kind, call["value"]))
    elif kind == "qname":
        writer.qualified_name(call["value"]["name"], call["value"]["ns"], call["value"]["prefix"])
    else:
        writer.value(Type[kind.upper()], value(kind, call["value"]))


def write_utf8(writer: XmlWriter, call: Any) -> None:
    given = call["value"]
    writer.utf8(given.encode() if isinstance(given, str) else base64.b64decode(given["base64"]))


def write_array(writer: XmlWriter, call: Any) -> None:
    items = [value(call["value_type"], item) for item in call["items"]]
    start, count = call.get("item_offset", 0), call.get("item_count")
    writer.array(call["name"], call["ns"], Type[call["value_type"].upper()], items, start=start, count=count)


def write_type(writer: XmlWriter, call: Any) -> None:
    kind = call["type"]
    if kind == "qname":
        writer.qualified_name(call["value"]["name"], call["value"]["ns"])
    else:
        writer.value(Type[kind.upper()], value(kind, call["value"]))


def described(names: Any, made: Any) -> Any:
    return None if names is None else made(names["name"], names["ns"], Type[names["type"].upper()])


def prefix_of(writer: XmlWriter, call: Any) -> dict[str, Any]:
    return {"prefix": writer.prefix_of(call["ns"], required=call["required"])}


def writer_property(writer: XmlWriter, call: Any) -> dict[str, Any]:
    name = call["property"]
    return {"value": getattr(writer.properties, name) if hasattr(writer.properties, name) else getattr(writer, name)}


CALLS: dict[str, Any] = {
    "WsWriteStartElement": lambda w, c: w.start_element(c["name"], c["ns"], c["prefix"]),
    "WsWriteEndElement": lambda w, c: w.end_element(),
    "WsWriteEndStartElement": lambda w, c: w.end_start_element(),
    "WsWriteStartAttribute": lambda w, c: w.start_attribute(
        c["name"], c["ns"], c["prefix"], single_quote=c["single_quote"]
    ),
    "WsWriteEndAttribute": lambda w, c: w.end_attribute(),
    "WsWriteXmlnsAttribute": lambda w, c: w.xmlns_attribute(c["ns"], c["prefix"], single_quote=c["single_quote"]),
    "WsWriteText": write_text,
    "WsWriteChars": lambda w, c: w.chars(c["value"]),
    "WsWriteCharsUtf8": write_utf8,
    "WsWriteBytes": lambda w, c: w.bytes(value("bytes", c["value"])),
    "WsWriteStartCData": lambda w, c: w.start_cdata(),
    "WsWriteEndCData": lambda w, c: w.end_cdata(),
    "WsWriteNode(comment)": lambda w, c: w.node(XmlNode.comment(c["value"])),
    "WsWriteQualifiedName": lambda w, c: w.qualified_name(c["name"], c["ns"], c["prefix"]),
    "WsWriteValue": lambda w, c: w.value(Type[c["value_type"].upper()], value(c["value_type"], c["value"])),
    "WsWriteArray": write_array,
    "WsWriteType": write_type,
    "WsWriteElement": lambda w, c: w.element(described(c["element"], ElementDescription), c["value"]),
    "WsWriteAttribute": lambda w, c: w.attribute(described(c["attribute"], AttributeDescription), c["value"]),
    "WsGetPrefixFromNamespace": prefix_of,
    "WsGetWriterProperty": writer_property,
    "WsFlushWriter": lambda w, c: w.flush(),
    "output": lambda w, c: {"text": w.to_bytes().decode()},
}


def outcome(vector: Any) -> Any:
    if any(call.get("writer", "") is None or call.get("null_text") for call in vector["calls"]):
        raise why("a NULL writer or a NULL text structure, which Python does not have")
    settings = vector.get("writer") or {}
    writer = XmlWriter(**settings.get("properties", {}))
    if "output" in settings:
        writer.close()
    results = []
    for call in vector["calls"]:
        try:
            results.append({"hr": "S_OK", **(CALLS[call["fn"]](writer, call) or {})})
        except WsError as error:
            results.append({"hr": error.code.name})
    failed = any(result["hr"] != "S_OK" for result in results)
    return {"results": results, "text": None if failed else writer.to_bytes().decode(), "failed": failed}


def matches(wanted: Any, got: Any) -> bool:
    for expected, result in zip(wanted["results"], got["results"], strict=False):
        if any(result.get(key) != expected[key] for key in ("hr", "text", "prefix", "value") if key in expected):
            return False
    return got["failed"] or wanted.get("text") is None or bool(wanted["text"] == got["text"])


@functools.cache
def outcomes() -> dict[str, tuple[Any, Any]]:
    """id → (wanted, got) of those that bind something; got is the reason where the vector was left."""
    if not VECTORS.exists():
        return {}
    found = {}
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        wanted = vector["expect"] if not vector["wine_only"] else vector.get("windows") or vector.get("likely")
        if vector["kind"] != "script" or vector["group"] not in GROUPS or not wanted or not set(wanted) - {"note"}:
            continue
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
    assert len(outcomes()) == len(RUN) + left.total() == 111
    assert set(ON_PURPOSE) <= set(RUN)
