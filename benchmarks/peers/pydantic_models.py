"""pydantic-xml: models of the same fields, ``to_xml`` and ``from_xml``."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, Unsupported, require
from benchmarks.peers.source import compile_source
from benchmarks.reference import parse_xml, rebuild, xml_document
from benchmarks.shape import SCALAR_TYPES, Field, Kind, Struct

__all__ = ["PydanticModels"]


def _field(item: Field) -> str:
    annotation = item.nested.name if item.kind is Kind.STRUCT else SCALAR_TYPES[item.kind].__name__
    if item.attribute:
        return f"    {item.name}: {annotation} = attr(name={item.local_name!r})"
    if item.repeated:
        return f"    {item.name}: list[{annotation}] = element(tag={item.local_name!r}, default_factory=list)"
    return f"    {item.name}: {annotation} = element(tag={item.local_name!r})"


def _model(struct: Struct, tag: str) -> str:
    head = f"class {struct.name}(BaseXmlModel, tag={tag!r}, ns='', nsmap={{'': {struct.ns!r}}}):"
    return "\n".join([head, *map(_field, struct.fields)])


class PydanticModels(Peer):
    """Models made before the clock starts."""

    name = "pydantic-xml"
    title = "pydantic-xml"
    note = "its own models, validated when reading; over lxml"
    most_values = 200_000
    distributions = ("pydantic-xml", "pydantic", "lxml")

    def _models(self, case: Case) -> dict[str, Any]:
        structs = case.struct.structs()
        if any(item.kind is Kind.BYTES for struct in structs for item in struct.fields):
            raise Unsupported("bytes are no base64")
        library = require("pydantic_xml")
        names = {name: getattr(library, name) for name in ("BaseXmlModel", "attr", "element")}
        names.update({python_type.__name__: python_type for python_type in SCALAR_TYPES.values()})
        models = [_model(struct, struct.name if index else case.element) for index, struct in enumerate(structs)]
        return compile_source(f"pydantic_{case.name}", "\n\n".join(reversed(models)), names)

    def writer(self, case: Case) -> Job:
        models = self._models(case)
        return Job(_converted(models, case.struct, case.value).to_xml, partial(parse_xml, case))

    def reader(self, case: Case) -> Job:
        model = self._models(case)[case.struct.name]
        data = xml_document(case, envelope=False)
        return Job(partial(model.from_xml, data), partial(rebuild, case.struct), len(data))


def _converted(models: dict[str, Any], struct: Struct, value: Any) -> Any:
    def one(item: Field, found: Any) -> Any:
        return _converted(models, item.nested, found) if item.kind is Kind.STRUCT else found

    values = {}
    for item in struct.fields:
        found = getattr(value, item.name)
        values[item.name] = [one(item, each) for each in found] if item.repeated else one(item, found)
    return models[struct.name](**values)
