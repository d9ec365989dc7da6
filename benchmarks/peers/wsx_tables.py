"""wsx: description tables, ``write_element`` and ``read_element``; ``Channel.preview`` for whole messages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, Unavailable, Unsupported, require
from benchmarks.peers.wsx_message import message_reader, message_writer
from benchmarks.reference import parse_xml, xml_document
from benchmarks.shape import Field, Kind, Struct

__all__ = ["WsxDicts", "WsxPlain", "WsxTables", "element_table"]

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
    Kind.CHOICE: "UNION",
}


def _field_table(tables: Any, item: Field, structs: dict[str, Any]) -> Any:
    mapping = tables.FieldMapping
    arguments: dict[str, Any] = {}
    if item.kind is Kind.STRUCT:
        name = item.nested.name
        arguments["description"] = lambda: structs[name]
    if item.kind is Kind.CHOICE:
        arms = [tables.UnionFieldDescription(arm.local_name, _field_table(tables, arm, structs)) for arm in item.arms]
        arguments["description"] = tables.UnionDescription(arms, by_type=True)
        arguments["mapping"] = mapping.ELEMENT_CHOICE
    elif item.repeated:
        arguments.update(mapping=mapping.REPEATING_ELEMENT, item_local_name=item.local_name, item_ns=item.ns)
    else:
        chosen = mapping.ATTRIBUTE if item.attribute else mapping.ELEMENT
        arguments.update(mapping=chosen, local_name=item.local_name, ns=item.ns)
    return tables.FieldDescription(item.name, tables.Type[_TYPES[item.kind]], **arguments)


def _struct_table(tables: Any, struct: Struct, base: Struct | None, structs: dict[str, Any], python_type: type) -> Any:
    fields = [_field_table(tables, item, structs) for item in struct.attributes + struct.elements]
    arguments: dict[str, Any] = {"ns": struct.ns}
    if struct.derived or base is not None:
        mapping = tables.FieldMapping.TYPE_ATTRIBUTE
        fields.insert(0, tables.FieldDescription("xsi:type", tables.Type.DESCRIPTION, mapping=mapping))
        arguments.update(type_local_name=struct.name, type_ns=struct.ns)
    if struct.derived:
        names = [derived.name for derived in struct.derived]
        arguments["sub_types"] = lambda: [structs[name] for name in names]
    if base is not None:
        arguments["parent"] = structs[base.name]
    return tables.StructDescription(python_type, fields, **arguments)


def element_table(case: Case, *, python_type: Callable[[type], type] = lambda found: found) -> Any:
    """The ``ElementDescription`` of a case's document; ``python_type`` may put other classes for the case's own."""
    tables = require("wsx.descriptions")
    structs: dict[str, Any] = {}
    found = case.document_struct.structs()
    bases = {derived.name: struct for struct in found for derived in struct.derived}
    for struct in found:
        structs[struct.name] = _struct_table(
            tables, struct, bases.get(struct.name), structs, python_type(struct.python_type)
        )
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
    features = frozenset({"choice", "derived", "message", "namespaces"})
    # No distribution: what is measured is the work tree, which the commit names.

    def writer(self, case: Case) -> Job:
        if case.message:
            return message_writer(case, element_table(replace(case, envelope=False)))
        write = _function("write_element")
        return Job(partial(write, element_table(case), case.document), partial(parse_xml, case))

    def reader(self, case: Case) -> Job:
        if case.message:
            return message_reader(case, element_table(replace(case, envelope=False)))
        read = _function("read_element")
        data = xml_document(case)
        return Job(partial(read, element_table(case), data), partial(_content, case), len(data))


class _Instead(Peer):
    """wsx from other objects than dataclasses."""

    features = frozenset({"namespaces"})

    def writer(self, case: Case) -> Job:
        if case.name not in ("order", "records", "deep"):
            raise Unsupported("measured with records, order and deep only")
        write = _function("write_element")
        classes: dict[type, type] = {}

        def python_type(found: type) -> type:
            return classes.setdefault(found, self.python_type(found))

        table = element_table(case, python_type=python_type)
        value = self._converted(case.document_struct, case.document, python_type)
        return Job(partial(write, table, value), partial(parse_xml, case))

    def _converted(self, struct: Struct, value: Any, python_type: Callable[[type], type]) -> Any:
        def one(item: Field, found: Any) -> Any:
            return self._converted(item.nested, found, python_type) if item.kind is Kind.STRUCT else found

        values = {}
        for item in struct.fields:
            found = getattr(value, item.name)
            values[item.name] = [one(item, each) for each in found] if item.repeated else one(item, found)
        return self.made(python_type(struct.python_type), values)

    @abstractmethod
    def python_type(self, found: type) -> type:
        """The class that stands for one of the case's."""

    @abstractmethod
    def made(self, python_type: type, values: dict[str, Any]) -> Any:
        """An object of such a class."""


class WsxDicts(_Instead):
    """wsx from dicts."""

    name = "wsx-dict"
    title = "wsx from dicts"

    def python_type(self, found: type) -> type:
        return dict

    def made(self, python_type: type, values: dict[str, Any]) -> Any:
        return values


class WsxPlain(_Instead):
    """wsx from objects of plain classes, whose attributes are in ``__dict__``."""

    name = "wsx-plain"
    title = "wsx from plain objects"

    def python_type(self, found: type) -> type:
        return type(found.__name__, (), {})

    def made(self, python_type: type, values: dict[str, Any]) -> Any:
        made = python_type()
        for name, value in values.items():
            setattr(made, name, value)
        return made


def _content(case: Case, document: Any) -> Any:
    return document.body.content if case.envelope else document
