"""The proxy writes what zeep writes, for the same WSDL and the same values."""

from __future__ import annotations

import dataclasses
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.metadata.documents_for_tests import OWN, SHARED
from tests.metadata.values_for_tests import Values
from wsx.descriptions import FieldMapping, StructDescription
from wsx.metadata import load
from wsx.service import connect
from wsx.values import UNSET

INTEROP = OWN.parents[1] / "interop" / "php"
NAMES = [
    "cxf/doc_lit_bare",
    "cxf/hello_world_doc_lit",
    "cxf/mtom_xop",
    "cxf/soapbody_rpc",
    "node-soap/self_referencing",
    "wcf/memberNamedSystem",
    "xsdata/hello",
    "axis/interoptestdoclit",
]
PATHS = [pytest.param(INTEROP / "orders.wsdl", id="orders")]
for _name in NAMES:
    _path = SHARED / f"{_name}.wsdl"
    _marks = (
        () if _path.is_file() else (pytest.mark.skip(reason=f"the real WSDLs are not beside the project: {SHARED}"),)
    )
    PATHS.append(pytest.param(_path, id=_name, marks=_marks))


def for_zeep(value: Any, table: StructDescription) -> dict[str, Any]:
    """The structure as zeep takes it: a dict with the names of the schema."""
    made: dict[str, Any] = {}
    for member in table.fields:
        if member.mapping is FieldMapping.TYPE_ATTRIBUTE:
            continue
        found = getattr(value, member.name)
        inner = member.resolve_description()
        if found is UNSET or found is None:
            continue
        if isinstance(inner, StructDescription):
            items = found if isinstance(found, list) else [found]
            items = [None if item is None else for_zeep(item, inner) for item in items]
            found = items if isinstance(found, list) else items[0]
        made[member.own_local_name] = found
    return made


def same(one: Any, other: Any) -> bool:
    texts = [(node.text or "") if len(node) == 0 else (node.text or "").strip() for node in (one, other)]
    attributes = [dict(node.attrib) for node in (one, other)]
    if all(re.fullmatch(r"-?[0-9]+(\.0)?", text) for text in texts):
        texts = [text.removesuffix(".0") for text in texts]  # xs:double, where wsx follows WWSAPI
    if one.tag != other.tag or texts[0] != texts[1] or attributes[0] != attributes[1] or len(one) != len(other):
        return False
    return all(same(*pair) for pair in zip(one, other, strict=True))


@pytest.mark.parametrize("path", PATHS)
def test_requests_are_those_of_zeep(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zeep's own
        import zeep

        peer: Any = zeep.Client(str(path))  # type: ignore[no-untyped-call]
    model = load(path)
    client = connect(model, "http://localhost/")
    port = client.port
    compared = 0
    for operation in port.binding.operations.values():
        body = operation.input.body
        if body is None:
            continue
        for seed in range(5):
            value = Values(model.tables, seed).of(body.shape)
            if dataclasses.is_dataclass(value):
                table: Any = model.describe(body).resolve_description()
                arguments: dict[str, Any] = for_zeep(value, table)
                theirs = _zeep_message(peer, port.name, operation.name, arguments)
            elif isinstance(value, (str, int)):
                theirs = _zeep_message(peer, port.name, operation.name, value)
            else:
                continue
            ours = etree.fromstring(client[operation.name].preview(value).body)
            mine, other = (envelope[-1] for envelope in (ours, theirs))
            assert same(mine[0], other[0]), f"{etree.tostring(mine)}\n{etree.tostring(other)}"
            compared += 1
    assert compared >= 5


def _zeep_message(peer: Any, port: str, name: str, given: Any) -> Any:
    service = next(s for s in peer.wsdl.services.values() if port in s.ports)
    bound = peer.bind(service.name, port)
    if isinstance(given, dict):
        return peer.create_message(bound, name, **given)
    return peer.create_message(bound, name, given)
