"""orjson's JSON of the same objects; it reads into dicts and strings only."""

from __future__ import annotations

import base64
from decimal import Decimal
from functools import partial
from typing import Any

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, require
from benchmarks.reference import json_document, json_item, json_leaf, parse_json, rebuild

__all__ = ["OrjsonJson"]


def _other(value: Any) -> str:
    """What orjson does not write by itself."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(type(value).__name__)


class OrjsonJson(Peer):
    """``orjson.dumps`` of the case's own dataclasses, ``orjson.loads`` into dicts."""

    name = "orjson"
    title = "orjson"
    note = "JSON; reads into dicts without types, so Decimal, datetime and UUID stay strings"
    distributions = ("orjson",)
    features = frozenset({"choice", "message", "namespaces"})

    def writer(self, case: Case) -> Job:
        orjson = require("orjson")
        return Job(partial(orjson.dumps, case.value, _other), partial(parse_json, case))

    def reader(self, case: Case) -> Job:
        orjson = require("orjson")
        data = json_document(case)

        def restore(value: Any) -> Any:
            return rebuild(case.struct, value, json_item, json_leaf)

        return Job(partial(orjson.loads, data), restore, len(data))
