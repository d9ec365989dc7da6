"""xsdata: dataclasses with XML metadata, its serializer and parser with their native (standard library) handlers."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, timezone
from functools import partial
from typing import Any
from uuid import UUID

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, require
from benchmarks.peers.source import compile_source
from benchmarks.reference import parse_xml, rebuild, xml_document
from benchmarks.shape import SCALAR_TYPES, Field, Kind, Struct

__all__ = ["XsdataModels"]


def _field(item: Field) -> str:
    """The line of one field: its annotation and the metadata that xsdata reads."""
    annotation = {Kind.DATETIME: "XmlDateTime"}.get(item.kind)
    if annotation is None:
        annotation = item.nested.name if item.kind is Kind.STRUCT else SCALAR_TYPES[item.kind].__name__
    metadata: dict[str, Any] = {
        "name": item.local_name,
        "type": "Attribute" if item.attribute else "Element",
        "required": True,
    }
    if item.ns:
        metadata["namespace"] = item.ns
    if item.kind is Kind.BYTES:
        metadata["format"] = "base64"
    if item.repeated:
        return f"    {item.name}: list[{annotation}] = field(default_factory=list, metadata={metadata!r})"
    return f"    {item.name}: {annotation} = field(metadata={metadata!r})"


def _model(struct: Struct, element: tuple[str, str] | None) -> str:
    lines = ["@dataclass(slots=True, kw_only=True)", f"class {struct.name}:", *map(_field, struct.fields)]
    if element is not None:
        name, ns = element
        lines += ["    class Meta:", f"        name = {name!r}", f"        namespace = {ns!r}"]
    return "\n".join(lines)


class XsdataModels(Peer):
    """``XmlSerializer`` and ``XmlParser`` on models of the same fields."""

    name = "xsdata"
    title = "xsdata"
    note = "its own models (XmlDateTime); native writer and handler"
    most_values = 200_000
    distributions = ("xsdata",)
    features = frozenset({"namespaces"})

    def _models(self, case: Case) -> dict[str, Any]:
        self._register_uuid()
        structs = case.document_struct.structs()
        models = [_model(struct, case.document_element if struct is structs[0] else None) for struct in structs]
        names: dict[str, Any] = {
            "dataclass": require("dataclasses").dataclass,
            "field": field,
            "XmlDateTime": require("xsdata.models.datatype").XmlDateTime,
        }
        names.update({python_type.__name__: python_type for python_type in SCALAR_TYPES.values()})
        # The first model comes last in the file, as its annotations name the others; strings would do as well.
        source = "from __future__ import annotations\n" + "\n\n".join(reversed(models))
        return compile_source(f"xsdata_{case.name}", source, names)

    def _register_uuid(self) -> None:
        """Tell xsdata about UUID, which it does not know by itself."""
        converter = require("xsdata.formats.converter").converter
        if UUID not in converter.registry:
            converter.register_converter(UUID, UUID)

    def writer(self, case: Case) -> Job:
        models = self._models(case)
        formats = "xsdata.formats.dataclass"
        serializer = require(f"{formats}.serializers").XmlSerializer(
            context=require(f"{formats}.context").XmlContext(),
            config=require(f"{formats}.serializers.config").SerializerConfig(xml_declaration=False),
            writer=require(f"{formats}.serializers.writers").XmlEventWriter,
        )
        document = self._converted(models, case.document_struct, case.document)
        prefixes = {None: case.ns}

        def write() -> bytes:
            text: str = serializer.render(document, prefixes)
            return text.encode()

        return Job(write, partial(parse_xml, case))

    def reader(self, case: Case) -> Job:
        models = self._models(case)
        formats = "xsdata.formats.dataclass"
        parser = require(f"{formats}.parsers").XmlParser(
            context=require(f"{formats}.context").XmlContext(),
            handler=require(f"{formats}.parsers.handlers").XmlEventHandler,
        )
        data = xml_document(case)

        def restore(document: Any) -> Any:
            content = document.body.content if case.envelope else document
            return rebuild(case.struct, content, getattr, _leaf)

        return Job(partial(parser.from_bytes, data, models[case.document_struct.name]), restore, len(data))

    def _converted(self, models: dict[str, Any], struct: Struct, value: Any) -> Any:
        """The model of a case's object."""

        def one(item: Field, found: Any) -> Any:
            if item.kind is Kind.STRUCT:
                return self._converted(models, item.nested, found)
            return models["XmlDateTime"].from_datetime(found) if item.kind is Kind.DATETIME else found

        values = {}
        for item in struct.fields:
            found = getattr(value, item.name)
            values[item.name] = [one(item, each) for each in found] if item.repeated else one(item, found)
        return models[struct.name](**values)


def _leaf(kind: Kind, value: Any) -> Any:
    if kind is not Kind.DATETIME:
        return value
    moment: datetime = value.to_datetime()
    return moment.astimezone(timezone.utc)
