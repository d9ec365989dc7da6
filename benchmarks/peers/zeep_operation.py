"""zeep: an operation of a WSDL, without a transport: ``create_message`` and ``tostring``, ``process_reply``."""

from __future__ import annotations

import tempfile
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, require
from benchmarks.peers.wsdl import OPERATION, wsdl_document
from benchmarks.reference import parse_xml, rebuild, xml_document
from benchmarks.shape import Field, Kind, Struct

__all__ = ["ZeepOperation"]


class ZeepOperation(Peer):
    """One operation of a ``zeep.Client``, its data as the dicts that zeep takes."""

    name = "zeep"
    title = "zeep"
    note = "dicts and its own objects; always in a SOAP envelope; UUID stays a string"
    most_values = 200_000
    distributions = ("zeep", "lxml")
    features = frozenset({"message"})

    def _client(self, case: Case) -> Any:
        zeep = require("zeep")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "case.wsdl")
            path.write_text(wsdl_document(case), encoding="utf-8")
            return zeep.Client(str(path))

    def writer(self, case: Case) -> Job:
        client = self._client(case)
        tostring = require("lxml.etree").tostring
        service = client.service
        arguments = _arguments(case.struct, case.value)

        def write() -> bytes:
            data: bytes = tostring(client.create_message(service, OPERATION, **arguments), encoding="UTF-8")
            return data

        return Job(write, partial(parse_xml, case))

    def reader(self, case: Case) -> Job:
        client = self._client(case)
        binding = client.service._binding
        data = xml_document(case, envelope=True)
        reply = SimpleNamespace(status_code=200, headers={"Content-Type": "text/xml"}, encoding="utf-8", content=data)
        run = partial(binding.process_reply, client, binding.get(OPERATION), reply)
        return Job(run, partial(_restored, case), len(data))


def _arguments(struct: Struct, value: Any) -> dict[str, Any]:
    def one(item: Field, found: Any) -> Any:
        if item.kind is Kind.STRUCT:
            return _arguments(item.nested, found)
        return str(found) if item.kind is Kind.UUID else found

    values = {}
    for item in struct.fields:
        found = getattr(value, item.name)
        values[item.name] = [one(item, each) for each in found] if item.repeated else one(item, found)
    return values


def _restored(case: Case, result: Any) -> Any:
    fields = case.struct.fields
    if len(fields) == 1 and not fields[0].attribute:
        # zeep hands over the only field of an element in its element's place.
        result = SimpleNamespace(**{fields[0].name: result})
    return rebuild(case.struct, result, _get, _leaf)


def _get(source: Any, name: str) -> Any:
    return getattr(source, name)


def _leaf(kind: Kind, value: Any) -> Any:
    if kind is Kind.UUID:
        return UUID(value)
    if kind is Kind.DATETIME:
        moment: datetime = value
        return moment.astimezone(timezone.utc)
    if value is None:  # an empty element
        return b"" if kind is Kind.BYTES else ""
    return value
