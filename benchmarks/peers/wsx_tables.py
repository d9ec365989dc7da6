"""wsx: description tables, ``write_element`` and ``read_element``."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, Unavailable, require
from benchmarks.reference import parse_xml, xml_document
from benchmarks.shape import Field, Kind

__all__ = ["WsxTables", "element_table"]

_TYPES: Final = {
    Kind.BOOL: "BOOL",
    Kind.INT32: "INT32",
    Kind.INT64: "INT64",
    Kind.DOUBLE: "DOUBLE",
    Kind.DECIMAL: "DECIMAL",
    Kind.DATETIME: "DATETIME",
    Kind.UUID: "GUID",
    Kind.STRING: "STRING",
    Kind.BYTES: "BYTES",
    Kind.STRUCT: "STRUCT",
}


def _field_table(tables: Any, item: Field, structs: dict[str, Any]) -> Any:
    mapping = tables.FieldMapping
    arguments: dict[str, Any] = {}
    if item.kind is Kind.STRUCT:
        name = item.nested.name
        arguments["description"] = lambda: structs[name]
    if item.repeated:
        arguments.update(mapping=mapping.REPEATING_ELEMENT, item_local_name=item.local_name, item_ns=item.ns)
    else:
        chosen = mapping.ATTRIBUTE if item.attribute else mapping.ELEMENT
        arguments.update(mapping=chosen, local_name=item.local_name, ns=item.ns)
    return tables.FieldDescription(item.name, tables.Type[_TYPES[item.kind]], **arguments)


def element_table(case: Case) -> Any:
    """The ``ElementDescription`` of a case's document."""
    tables = require("wsx.descriptions")
    structs: dict[str, Any] = {}
    for struct in case.document_struct.structs():
        fields = [_field_table(tables, item, structs) for item in struct.attributes + struct.elements]
        structs[struct.name] = tables.StructDescription(struct.python_type, fields, ns=struct.ns)
    local_name, ns = case.document_element
    return tables.ElementDescription(local_name, ns, tables.Type.STRUCT, structs[case.document_struct.name])


def _function(name: str) -> Any:
    wsx = require("wsx")
    try:
        return getattr(wsx, name)
    except (AttributeError, ImportError) as error:
        raise Unavailable(f"wsx.{name} cannot be used, is the core built? {error}") from error


class WsxTables(Peer):
    """wsx on the case's own dataclasses."""

    name = "wsx"
    title = "wsx"
    note = "from and into the same dataclasses"
    # No distribution: what is measured is the work tree, which the commit names.

    def writer(self, case: Case) -> Job:
        write = _function("write_element")
        return Job(partial(write, element_table(case), case.document), partial(parse_xml, case))

    def reader(self, case: Case) -> Job:
        read = _function("read_element")
        data = xml_document(case)
        return Job(partial(read, element_table(case), data), partial(_content, case), len(data))


def _content(case: Case, document: Any) -> Any:
    return document.body.content if case.envelope else document
