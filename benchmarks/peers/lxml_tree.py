"""lxml by hand: a tree built element by element, and a tree taken apart into the case's objects."""

from __future__ import annotations

import base64
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, require
from benchmarks.peers.source import compile_source
from benchmarks.reference import parse_xml, xml_document
from benchmarks.shape import Field, Kind, Struct, namespaces_of

__all__ = ["LxmlTree"]

_TO_TEXT: Final = {
    Kind.BOOL: "'true' if {} else 'false'",
    Kind.DOUBLE: "repr({})",
    Kind.DATETIME: "{}.isoformat().replace('+00:00', 'Z')",
    Kind.BYTES: "b64encode({}).decode()",
    Kind.STRING: "{}",
}
_FROM_TEXT: Final = {
    Kind.BOOL: "{} in ('true', '1')",
    Kind.INT32: "int({})",
    Kind.INT64: "int({})",
    Kind.DOUBLE: "float({})",
    Kind.DECIMAL: "Decimal({})",
    # Python 3.10's fromisoformat knows no Z.
    Kind.DATETIME: "fromisoformat({}.replace('Z', '+00:00'))",
    Kind.UUID: "UUID({})",
    Kind.BYTES: "b64decode({} or '')",
    Kind.STRING: "{} or ''",
}


def _to_text(item: Field, value: str) -> str:
    return _TO_TEXT.get(item.kind, "str({})").format(value)


def _writer(struct: Struct) -> str:
    """The function that fills the element of one class."""
    lines = [f"def write_{struct.name}(e, o):"]
    lines += [f"    e.set('{item.local_name}', {_to_text(item, f'o.{item.name}')})" for item in struct.attributes]
    for item in struct.elements:
        value, indent = f"o.{item.name}", "    "
        if item.repeated:
            lines.append(f"    for x in o.{item.name}:")
            value, indent = "x", "        "
        made = f"SubElement(e, '{{{item.ns}}}{item.local_name}')"
        if item.kind is Kind.STRUCT:
            lines.append(f"{indent}write_{item.nested.name}({made}, {value})")
        else:
            lines.append(f"{indent}{made}.text = {_to_text(item, value)}")
    return "\n".join(lines)


def _reader(struct: Struct, child: str, children: str, by_place: bool) -> str:
    """The function that makes the object of one class out of its element; ``child`` and ``children`` find by name.

    With ``by_place``, where no element repeats, the children are taken by their place, which is the quickest way and
    stops on a wrong count; else they are looked up by name.
    """
    places = {item.name: f"c{index}" for index, item in enumerate(struct.elements)}
    by_place = by_place and bool(struct.elements) and not any(item.repeated for item in struct.elements)
    arguments = []
    for item in struct.fields:
        name = f"'{{{item.ns}}}{item.local_name}'"
        if item.attribute:
            arguments.append(_FROM_TEXT[item.kind].format(f"e.get('{item.local_name}')"))
        elif item.repeated:
            arguments.append(f"[{_from_element(item, 'x')} for x in {children.format(name=name)}]")
        else:
            arguments.append(_from_element(item, places[item.name] if by_place else child.format(name=name)))
    lines = [f"def read_{struct.name}(e):"]
    if by_place:
        lines.append(f"    {''.join(f'{place}, ' for place in places.values())}= e")
    return "\n".join([*lines, f"    return {struct.name}({', '.join(arguments)})"])


def _from_element(item: Field, element: str) -> str:
    if item.kind is Kind.STRUCT:
        return f"read_{item.nested.name}({element})"
    return _FROM_TEXT[item.kind].format(f"{element}.text")


class LxmlTree(Peer):
    """``SubElement`` and ``tostring``; ``fromstring`` and code written for the classes."""

    name = "lxml"
    title = "lxml tree, by hand"
    note = "hand-written code around lxml's tree"
    distributions: ClassVar[tuple[str, ...]] = ("lxml",)
    features = frozenset({"namespaces"})

    # The parts of the code that are the library's own.
    root: ClassVar[str] = "Element({name!r}, nsmap={prefixes!r})"
    tostring: ClassVar[str] = "tostring(e, encoding='UTF-8', xml_declaration=False)"
    child: ClassVar[str] = "e.find({name})"
    children: ClassVar[str] = "e.iterchildren({name})"
    by_place: ClassVar[bool] = True

    def _names(self) -> dict[str, Any]:
        etree = require("lxml.etree")
        return {name: getattr(etree, name) for name in ("Element", "SubElement", "tostring", "fromstring")}

    def _compiled(self, case: Case, kind: str, functions: list[str]) -> dict[str, Any]:
        names: dict[str, Any] = {
            **self._names(),
            "Decimal": Decimal,
            "UUID": UUID,
            "fromisoformat": datetime.fromisoformat,
            "b64encode": base64.b64encode,
            "b64decode": base64.b64decode,
        }
        names.update({struct.name: struct.python_type for struct in case.document_struct.structs()})
        return compile_source(f"{self.name}_{kind}_{case.name}", "\n\n".join(functions), names)

    def writer(self, case: Case) -> Job:
        structs = case.document_struct.structs()
        name, ns = case.document_element
        others = [uri for uri in namespaces_of(case.document_struct) if uri != case.ns]
        prefixes: dict[str | None, str] = {None: case.ns, **{f"n{index}": uri for index, uri in enumerate(others)}}
        main = (
            f"def write(o):\n    e = {self.root.format(name=f'{{{ns}}}{name}', prefixes=prefixes)}\n"
            f"    write_{case.document_struct.name}(e, o)\n"
            f"    return {self.tostring}"
        )
        write = self._compiled(case, "write", [*map(_writer, structs), main])["write"]
        return Job(partial(write, case.document), partial(parse_xml, case))

    def reader(self, case: Case) -> Job:
        structs = case.document_struct.structs()
        readers = [_reader(struct, self.child, self.children, self.by_place) for struct in structs]
        main = f"def read(data):\n    return read_{case.document_struct.name}(fromstring(data))"
        read = self._compiled(case, "read", [*readers, main])["read"]
        data = xml_document(case)
        return Job(partial(read, data), partial(_content, case), len(data))


def _content(case: Case, document: Any) -> Any:
    return document.body.content if case.envelope else document
