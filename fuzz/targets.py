"""What is fuzzed: functions that take any bytes and may raise nothing.

``text_reader``: the bytes are a document; the readers of wsx and expat agree on it, whole and in pieces.
``typed_decode``: the first byte chooses a table, the rest is a document; in pieces it reads as it does whole, and what
is read can be written and read again.
``lexical``: the first byte chooses a scalar type, the rest is the text of a value; element, attribute and reader agree.
``round_trip``: the bytes are made into a value of a table with all mappings; what is written is well-formed and reads
back as the same value.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from xml.parsers import expat

from fuzz.pieces import agree, cut, nodes_of, places, value_in_pieces, value_of_whole
from fuzz.tables import SCALAR_TABLES, TABLES, comparable, made_value
from wsx import XmlReader, XmlWriter
from wsx._reader import Reader
from wsx.descriptions import Type
from wsx.errors import InvalidArgument, InvalidFormat, WsError
from wsx.quotas import Quotas
from wsx.xml import read_element, write_element

__all__ = ["TARGETS"]

_LOOSE: Final = Quotas(max_depth=1000, max_attributes=1000, max_namespaces=1000, max_name_length=100_000)
# What is read by a table is written again: writing recurses, and so allows less depth than reading.
_WRITABLE: Final = dataclasses.replace(_LOOSE, max_depth=300)
# expat has the names of the fourth edition of XML 1.0, takes any version, and other encodings.
_BEYOND_EXPAT: Final = re.compile(rb"[\x80-\xff]")
_VERSION: Final = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml")


def _nodes(data: bytes) -> list[Any] | None:
    """The nodes of a document, None when it is refused, which must be with a place inside of it."""
    try:
        return list(XmlReader(data, quotas=_LOOSE))
    except WsError as error:
        if error.offset is not None and not 0 <= error.offset <= 3 * len(data):
            raise AssertionError(f"offset {error.offset} of {len(data)} bytes") from error
        return None


def _expat_accepts(data: bytes) -> bool:
    parser = expat.ParserCreate(namespace_separator="\x01")
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return False
    return True


def _scanned(data: bytes) -> bool:
    try:
        reader = Reader(data, quotas=_LOOSE)
        reader.skip_element()
        reader.end_document()
    except WsError:
        return False
    return True


def _check(holds: bool, text: str) -> None:
    if not holds:
        raise AssertionError(text)


def text_reader(data: bytes) -> None:
    """The bytes as a document, for all readers."""
    nodes = _nodes(data)
    whole, pieces = nodes_of(data, _LOOSE), nodes_of(cut(data, places(data)), _LOOSE)
    _check(agree(whole, pieces), f"{whole} and in pieces {pieces}")
    is_utf_8 = not data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" not in data[:4]
    if is_utf_8 and (nodes is None or any(node.type.name == "ELEMENT" for node in nodes)) and len(data) > 3:
        _check(_scanned(data) == (nodes is not None), "XmlReader and Reader differ")
    if is_utf_8 and not _BEYOND_EXPAT.search(data) and not _VERSION.match(data) and b"<!DOCTYPE" not in data:
        accepted = nodes is not None and any(node.type.name == "ELEMENT" for node in nodes)
        _check(accepted == _expat_accepts(data) or b"&#0" in data or b"&#x0" in data, "wsx and expat differ")
    if nodes is not None and any(node.type.name == "ELEMENT" for node in nodes):
        writer = XmlWriter(
            max_depth=1000, max_attributes=1000, max_namespaces=1000, allow_invalid_character_references=True
        )
        for node in nodes:
            writer.node(node)
        copied = _nodes(writer.to_bytes())
        _check(copied is not None and _content(copied) == _content(nodes), "a copy has other nodes")


def _content(nodes: list[Any]) -> list[Any]:
    """What must be the same in a copy: processing instructions are lost, which leaves texts side by side."""
    found: list[Any] = []
    for node in nodes:
        kind = node.type.name
        attributes = sorted((a.ns, a.local_name, a.value) for a in node.attributes if not a.is_xmlns)
        if kind == "TEXT" and found and found[-1][0] == "TEXT":
            found[-1] = ("TEXT", "", "", [], found[-1][4] + node.value)
        elif kind != "EOF" and (kind != "TEXT" or node.value):
            found.append((kind, node.ns, node.local_name, attributes, node.value))
    return found


def typed_decode(data: bytes) -> None:
    """A document by one of several tables."""
    table = TABLES[data[0] % len(TABLES)] if data else TABLES[0]
    whole = value_of_whole(table, data[1:], _WRITABLE)
    pieces = value_in_pieces(table, cut(data[1:], places(data)), _WRITABLE)
    _check(agree(whole, pieces), f"{whole} and in pieces {pieces}")
    try:
        value = read_element(table, data[1:], quotas=_WRITABLE)
    except WsError:
        return
    try:
        written = write_element(table, value, max_depth=_WRITABLE.max_depth)
    except InvalidFormat as error:
        _check("no prefix is bound" in str(error), f"was read but cannot be written: {error}")
        return  # a QName whose prefix only the document had
    _check(comparable(read_element(table, written, quotas=_WRITABLE)) == comparable(value), "written as another value")


def lexical(data: bytes) -> None:
    """A text as a value of one scalar type, in an element, in an attribute, and read by XmlReader."""
    if not data:
        return
    type_, as_element, as_attribute = SCALAR_TABLES[data[0] % len(SCALAR_TABLES)]
    text = data[1:].decode("utf-8", "replace")
    references = "".join(f"&#x{ord(c):X};" for c in text)
    found = []
    for document, table in (
        (f"<t>{references}</t>", as_element),
        (f'<t a="{references}"/>', as_attribute),
        (f"<t><![CDATA[{text.replace(']]>', '')}]]></t>", as_element),
    ):
        try:
            found.append(read_element(table, document.encode(), quotas=_LOOSE))
        except WsError as error:
            found.append(error)
    values = [None if isinstance(value, WsError) else comparable(value) for value in found]
    _check(values[0] == (values[1]["a"] if values[1] is not None else None), f"{values[0]!r} and {values[1]!r}")
    if values[0] is None:
        return
    if "\r" not in text and "]]>" not in text:
        _check(values[2] == values[0], f"{values[0]!r} and {values[2]!r} in CDATA")
    try:
        written = write_element(as_element, found[0])
    except InvalidFormat:
        _check(type_ is Type.XML_QNAME, f"{found[0]!r} was read but cannot be written")
        return  # a QName without a prefix in force
    _check(comparable(read_element(as_element, written)) == values[0], f"{written!r} is another value")
    if type_ not in (Type.ENUM, Type.XML_QNAME):
        reader = XmlReader(f"<t>{references}</t>".encode(), quotas=_LOOSE)
        reader.read_start_element()
        _check(comparable(reader.read_value(type_)) == values[0], "XmlReader.read_value differs")


def round_trip(data: bytes) -> None:
    """A value made of the bytes, written and read."""
    table, value = made_value(data)
    try:
        written = write_element(table, value)
    except (InvalidFormat, InvalidArgument):
        return  # characters that XML forbids, QNames without a prefix in force
    _check(_expat_accepts(written) or bool(_BEYOND_EXPAT.search(written)), f"not well-formed: {written!r}")
    _check(_scanned(written), f"not well-formed: {written!r}")
    back = read_element(table, written, quotas=_LOOSE)
    _check(comparable(back) == comparable(value), f"{value!r} was read as {back!r}")
    again = write_element(table, back)
    third = write_element(table, read_element(table, again, quotas=_LOOSE))
    _check(
        third == again, f"{again!r} is written otherwise the next time"
    )  # fragments bring their own prefixes at first


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = MappingProxyType(
    {target.__name__: target for target in (text_reader, typed_decode, lexical, round_trip)}
)
