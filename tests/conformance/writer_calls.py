"""The writer's functions of a script, on an XmlWriter."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any, Final

from tests.conformance.tables import Builder, type_of, write_option
from tests.conformance.values import succeeded
from tests.conformance.vectors import NoCounterpart, Result, Unmapped
from wsx import Charset, TypeMapping, XmlNode, XmlWriter, XmlWriterProperties

__all__ = ["CALLS", "OWN_DEFAULTS", "WriterCalls"]

# Defaults of wsx that are not those of Windows (design, §5; XmlWriterProperties).
OWN_DEFAULTS: Final = {"buffer_max_size": XmlWriterProperties().buffer_max_size}


class WriterCalls:
    """One writer and the values of its calls."""

    def __init__(self, settings: Any, builder: Builder) -> None:
        self.builder = builder
        properties = {**((settings or {}).get("properties") or {})}
        unknown = [name for name in properties if not hasattr(XmlWriterProperties, name)]
        if unknown:
            raise Unmapped(f"writer property {unknown[0]}")
        if "charset" in properties:
            properties["charset"] = _charset(properties["charset"])
        for name, value in properties.items():
            if isinstance(getattr(XmlWriterProperties, name), bool):
                properties[name] = bool(value)
        self.writer = XmlWriter(**properties)
        if settings is not None and "output" in settings:
            self.writer.close()

    def set_output(self, call: Any) -> None:
        if call.get("encoding", "text") != "text":
            raise Unmapped(f"WsSetOutput: encoding {call['encoding']}")
        self.writer.set_output(charset=_charset(call.get("charset", "utf8")))

    def start_element(self, call: Any) -> None:
        self.writer.start_element(call["name"], call["ns"], call.get("prefix"))

    def start_attribute(self, call: Any) -> None:
        quote = bool(call.get("single_quote"))
        self.writer.start_attribute(call["name"], call["ns"], call.get("prefix"), single_quote=quote)

    def xmlns_attribute(self, call: Any) -> None:
        self.writer.xmlns_attribute(call["ns"], call.get("prefix"), single_quote=bool(call.get("single_quote")))

    def text(self, call: Any) -> None:
        if call.get("null_text"):
            self.writer.text(None)  # type: ignore[arg-type]
            return
        if call.get("odd_length"):
            raise NoCounterpart("no_out_argument", "half a UTF-16 unit")
        kind, given = call["text_type"], call["value"]
        match kind:
            case "utf8" | "utf16":
                self.writer.text(self.builder.scalar(kind, given))
            case "base64":
                self.writer.bytes(self.builder.scalar(kind, given))
            case "qname":
                self.writer.qualified_name(given["name"], given["ns"], given["prefix"])
            case "unique_id":
                self.writer.value(type_of(kind), uuid.UUID(given))
            case _:
                self.writer.value(type_of(kind), self.builder.scalar(kind, given))

    def utf8(self, call: Any) -> None:
        given = call["value"]
        self.writer.utf8(base64.b64decode(given["base64"]) if isinstance(given, dict) else _encoded(given))

    def bytes(self, call: Any) -> None:
        self.writer.bytes(self.builder.scalar("bytes", call["value"]))

    def qualified_name(self, call: Any) -> None:
        self.writer.qualified_name(call["name"], call["ns"], call.get("prefix"))

    def value(self, call: Any) -> None:
        kind = call["value_type"]
        self.writer.value(type_of(kind), self.builder.scalar(kind, call["value"]))

    def array(self, call: Any) -> None:
        kind = call["value_type"]
        items = None if call.get("null_array") else [self.builder.scalar(kind, item) for item in call["items"]]
        start, count = call.get("item_offset", 0), call.get("item_count")
        self.writer.array(call["name"], call["ns"], type_of(kind), items, start=start, count=count)  # type: ignore[arg-type]

    def type(self, call: Any) -> None:
        if call["mapping"].upper() not in TypeMapping.__members__:
            raise Unmapped(f"WsWriteType: mapping {call['mapping']} in a script")
        kind, table = self.builder.described(call, call["value"])
        value = self.builder.top(call, call["option"], call["value"])
        self.writer.type(TypeMapping[call["mapping"].upper()], kind, value, table, write_option(call["option"]))

    def element(self, call: Any) -> None:
        table, option = call["element"], call["option"]
        element = None if table is None else self.builder.element(table, call["value"])
        value = call["value"] if table is None else self.builder.top(table, option, call["value"])
        self.writer.element(element, value, write_option(option))  # type: ignore[arg-type]

    def attribute(self, call: Any) -> None:
        table, option = call["attribute"], call["option"]
        attribute = None if table is None else self.builder.attribute(table, call["value"])
        value = call["value"] if table is None else self.builder.top(table, option, call["value"])
        self.writer.attribute(attribute, value, write_option(option))  # type: ignore[arg-type]

    def prefix_of(self, call: Any) -> Result:
        return {"prefix": self.writer.prefix_of(call["ns"], required=bool(call["required"]))}

    def property(self, call: Any) -> Result:
        name = call["property"]
        for owner in (self.writer.properties, self.writer):
            if hasattr(owner, name):
                return {"value": getattr(owner, name)}
        raise Unmapped(f"WsGetWriterProperty: {name}")

    def output(self, call: Any) -> Result:
        return succeeded(self.writer.to_bytes())


def _charset(name: Any) -> Charset:
    if isinstance(name, int):
        return Charset(name)
    if name.upper() not in Charset.__members__:
        raise Unmapped(f"charset {name}")
    return Charset[name.upper()]


def _encoded(text: Any) -> Any:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


CALLS: Final[dict[str, Callable[[WriterCalls, Any], Result | None]]] = {
    "WsSetOutput": WriterCalls.set_output,
    "WsWriteStartElement": WriterCalls.start_element,
    "WsWriteEndElement": lambda self, call: self.writer.end_element(),
    "WsWriteEndStartElement": lambda self, call: self.writer.end_start_element(),
    "WsWriteStartAttribute": WriterCalls.start_attribute,
    "WsWriteEndAttribute": lambda self, call: self.writer.end_attribute(),
    "WsWriteXmlnsAttribute": WriterCalls.xmlns_attribute,
    "WsWriteText": WriterCalls.text,
    "WsWriteChars": lambda self, call: self.writer.chars(call["value"]),
    "WsWriteCharsUtf8": WriterCalls.utf8,
    "WsWriteBytes": WriterCalls.bytes,
    "WsWriteStartCData": lambda self, call: self.writer.start_cdata(),
    "WsWriteEndCData": lambda self, call: self.writer.end_cdata(),
    "WsWriteNode(comment)": lambda self, call: self.writer.node(XmlNode.comment(call["value"])),
    "WsWriteQualifiedName": WriterCalls.qualified_name,
    "WsWriteValue": WriterCalls.value,
    "WsWriteArray": WriterCalls.array,
    "WsWriteType": WriterCalls.type,
    "WsWriteElement": WriterCalls.element,
    "WsWriteAttribute": WriterCalls.attribute,
    "WsGetPrefixFromNamespace": WriterCalls.prefix_of,
    "WsGetWriterProperty": WriterCalls.property,
    "WsFlushWriter": lambda self, call: self.writer.flush(),
}
