"""msgspec's JSON of the same objects: the yardstick, a format with less to say in a library known for speed."""

from __future__ import annotations

from functools import partial

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, require
from benchmarks.reference import json_document, parse_json

__all__ = ["MsgspecJson"]


class MsgspecJson(Peer):
    """``msgspec.json`` from and into the case's own dataclasses."""

    name = "msgspec"
    title = "msgspec.json"
    note = "JSON, from and into the same dataclasses"
    distributions = ("msgspec",)
    features = frozenset({"choice", "message", "namespaces"})

    def writer(self, case: Case) -> Job:
        encoder = require("msgspec.json").Encoder()
        return Job(partial(encoder.encode, case.value), partial(parse_json, case))

    def reader(self, case: Case) -> Job:
        decoder = require("msgspec.json").Decoder(type(case.value))
        data = json_document(case)
        return Job(partial(decoder.decode, data), lambda value: value, len(data))
