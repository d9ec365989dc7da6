"""What a cursor over XML is told and what it tells: kinds of nodes, moves, and the properties of a writer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

from wsx.charsets import Charset
from wsx.errors import InvalidArgument

__all__ = ["MoveTo", "NodeType", "TypeMapping", "XmlWriterProperties"]

# Open elements: each costs the writer a few dozen bytes, and a reader of the document much more (Quotas has the same).
_MAX_DEPTH_SETTABLE: Final = 10_000
_MAX_SETTABLE: Final = 0x7FFF_FFFF_FFFF
# Spaces that one level of indentation may take; more is a mistake, and a deep document would be mostly spaces.
_MAX_INDENT: Final = 64


class NodeType(IntEnum):
    """WS_XML_NODE_TYPE. A CDATA section is three nodes: CDATA, its TEXT, END_CDATA."""

    ELEMENT = 1
    TEXT = 2
    END_ELEMENT = 3
    COMMENT = 4
    CDATA = 6
    END_CDATA = 7
    EOF = 8
    BOF = 9


class MoveTo(IntEnum):
    """WS_MOVE_TO: where a reader goes from its node. An end element counts as the last child of its element."""

    ROOT_ELEMENT = 0
    NEXT_ELEMENT = 1
    PREVIOUS_ELEMENT = 2
    CHILD_ELEMENT = 3
    END_ELEMENT = 4
    PARENT_ELEMENT = 5
    NEXT_NODE = 6
    PREVIOUS_NODE = 7
    FIRST_NODE = 8
    BOF = 9
    EOF = 10
    CHILD_NODE = 11


class TypeMapping(IntEnum):
    """WS_TYPE_MAPPING: what of the XML around it a value is, for the calls that know only its type."""

    ELEMENT = 1
    ATTRIBUTE = 2
    ELEMENT_CONTENT = 3
    ANY_ELEMENT = 4


@dataclass(frozen=True)
class XmlWriterProperties:
    """WS_XML_WRITER_PROPERTY_…: what a writer may write and how it looks; a value of a wrong type or range is
    InvalidArgument.

    ``max_depth``: open elements at once, 0 to 10,000 (0 forbids any element);
    ``allow_fragment``: text and several elements may stand at the top;
    ``max_attributes``: attributes of one element, declarations made by ``xmlns_attribute`` included;
    ``write_declaration``: the document begins with an XML declaration;
    ``indent``: spaces per level, 0 for no formatting at all; elements with text in them are left as they are;
    ``charset``: UTF8, UTF16LE or UTF16BE; UTF-16 begins with a byte order mark;
    ``buffer_max_size``: bytes (of the UTF-8 form) that may wait in the buffer, None for no limit. Windows has 65,536;
    here it is 64 MiB, as for the messages of a client;
    ``flush_size``: with a sink, bytes (of the UTF-8 form) at which the writer flushes by itself, also in the middle of
    a value by its table; None leaves it to ``flush``, as on Windows;
    ``allow_invalid_character_references``: characters that XML forbids are written as references, which readers refuse
    unless told otherwise; without it they are InvalidFormat;
    ``max_namespaces``: declarations in force at once;
    ``compress_empty_elements``: ``copy`` makes ``<a/>`` of ``<a></a>``;
    ``emit_uncompressed_empty_elements``: ``<a></a>`` always, never ``<a/>``.
    """

    max_depth: int = 32
    allow_fragment: bool = False
    max_attributes: int = 128
    write_declaration: bool = False
    indent: int = 0
    charset: Charset = Charset.UTF8
    buffer_max_size: int | None = 64 * 1024 * 1024
    flush_size: int | None = None
    allow_invalid_character_references: bool = False
    max_namespaces: int = 32
    compress_empty_elements: bool = False
    emit_uncompressed_empty_elements: bool = False

    def __post_init__(self) -> None:
        limits = {"max_depth": _MAX_DEPTH_SETTABLE, "indent": _MAX_INDENT}
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name == "charset":
                if type(value) is not Charset or value is Charset.AUTO:
                    raise InvalidArgument(f"charset must be UTF8, UTF16LE or UTF16BE, not {value!r}")
            elif isinstance(entry.default, bool):
                if type(value) is not bool:
                    raise InvalidArgument(f"{entry.name} must be a bool, not {value!r}")
            elif value is not None or entry.name not in ("buffer_max_size", "flush_size"):
                least, most = int(entry.name == "flush_size"), limits.get(entry.name, _MAX_SETTABLE)
                if type(value) is not int or not least <= value <= most:
                    raise InvalidArgument(f"{entry.name} must be an int from {least} to {most}, not {value!r}")
