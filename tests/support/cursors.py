"""Readers at some place of a document, and nodes as short texts."""

from __future__ import annotations

from typing import Any

from wsx import NodeType, XmlNode, XmlReader


def shown(node: XmlNode) -> str:
    """A node in one short text."""
    match node.type:
        case NodeType.ELEMENT:
            attributes = [f"{'xmlns:' if a.is_xmlns else ''}{a.local_name}" for a in node.attributes]
            return " ".join([f"<{node.prefix}:{node.local_name}={node.ns}", *attributes])
        case NodeType.TEXT | NodeType.COMMENT:
            return f"{node.type.name[0]}{node.value!r}"
    return node.type.name


def type_at(reader: XmlReader) -> NodeType:
    return reader.node.type


def nodes(data: Any, **settings: Any) -> list[str]:
    return [shown(node) for node in XmlReader(data, **settings)]


def at(data: bytes, local_name: str | None = None, **settings: Any) -> XmlReader:
    """A reader on the first element, or on the first of that name."""
    reader = XmlReader(data, **settings)
    while type_at(reader) is not NodeType.ELEMENT or reader.node.local_name != (local_name or reader.node.local_name):
        assert reader.read() is not None
    return reader


def inside(data: bytes, **settings: Any) -> XmlReader:
    """A reader behind the start tag of the root element."""
    reader = XmlReader(data, **settings)
    reader.read_start_element()
    return reader
