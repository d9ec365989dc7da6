"""xmltodict: dicts of strings, ``unparse`` and ``parse``."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, require
from benchmarks.reference import ContentError, from_text, parse_xml, rebuild, to_text, xml_document
from benchmarks.shape import Field, Kind, Struct

__all__ = ["XmltodictDicts"]


class XmltodictDicts(Peer):
    """Texts are made before the clock starts when writing, and stay texts when reading."""

    name = "xmltodict"
    title = "xmltodict"
    note = "dicts of texts: nothing is converted under the clock"
    distributions = ("xmltodict",)

    def writer(self, case: Case) -> Job:
        unparse = require("xmltodict").unparse
        document = {case.element: {"@xmlns": case.ns, **_dict(case.struct, case.value)}}

        def write() -> bytes:
            text: str = unparse(document, full_document=False)
            return text.encode()

        return Job(write, partial(parse_xml, case))

    def reader(self, case: Case) -> Job:
        parse = require("xmltodict").parse
        data = xml_document(case, envelope=False)
        lists = {item.local_name for struct in case.struct.structs() for item in struct.fields if item.repeated}

        def restore(found: Any) -> Any:
            return rebuild(case.struct, _renamed(case.struct, found[case.element]), dict.__getitem__, _leaf)

        run = partial(parse, data, force_list=tuple(lists), strip_whitespace=False)
        return Job(run, restore, len(data))


def _key(item: Field) -> str:
    return f"@{item.local_name}" if item.attribute else item.local_name


def _dict(struct: Struct, value: Any) -> dict[str, Any]:
    def one(item: Field, found: Any) -> Any:
        return _dict(item.nested, found) if item.kind is Kind.STRUCT else to_text(item.kind, found)

    values = {}
    for item in struct.fields:
        found = getattr(value, item.name)
        values[_key(item)] = [one(item, each) for each in found] if item.repeated else one(item, found)
    return values


def _renamed(struct: Struct, found: Any) -> dict[str, Any]:
    """The dict by the names of the fields."""

    def one(item: Field, value: Any) -> Any:
        return _renamed(item.nested, value) if item.kind is Kind.STRUCT else value

    values: dict[str, Any] = {}
    for item in struct.fields:
        if item.repeated:
            values[item.name] = [one(item, each) for each in found.get(_key(item)) or ()]
        elif _key(item) not in found:
            raise ContentError(f"no {item.name}")
        else:
            values[item.name] = one(item, found[_key(item)])
    return values


def _leaf(kind: Kind, value: Any) -> Any:
    return from_text(kind, value or "")
