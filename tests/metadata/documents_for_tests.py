"""The WSDLs that the tests read, and schemas of theirs that libxml2 validates with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from wsx.metadata.model import Message, Model, Operation
from wsx.metadata.names import ENCODING, WSDL, XS
from wsx.metadata.reach import reached
from wsx.metadata.shapes import StructShape

OWN = Path(__file__).parent / "documents"
SHARED = Path(__file__).parents[2].parent / "shared" / "wsdl"


def documents() -> list[Any]:
    """All WSDLs: those of the repository, and the real ones beside it; a mark where those are missing."""
    found: list[Any] = [pytest.param(path, id=f"own/{path.name}") for path in sorted(OWN.glob("*.wsdl"))]
    shared = sorted(SHARED.glob("*/*.wsdl"))
    found += [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in shared]
    if not shared:
        missing = pytest.mark.skip(reason=f"the real WSDLs are not beside the project: {SHARED}")
        found.append(pytest.param(SHARED, id="shared", marks=missing))
    return found


def validator(model: Model, folder: Path) -> Any:
    """libxml2's XMLSchema over all schemas of a service, and over wrapper elements for its rpc messages."""
    model.documents.add_known(ENCODING)
    model.check()  # well-known schemas come in as they are needed
    by_namespace: dict[str, list[Any]] = {}
    for schema in model.documents.schemas:
        by_namespace.setdefault(schema.ns, []).append(schema)
    wrappers = rpc_wrappers(model)
    for ns in wrappers:
        by_namespace.setdefault(ns, [])
    files: dict[str, str] = {}
    for number, (ns, schemas) in enumerate(by_namespace.items()):
        names = []
        for part in range(len(schemas)):
            names.append(f"{number}_{part}.xsd")
        files[ns] = f"{number}.xsd"
        head = f'<xs:schema xmlns:xs="{XS}" targetNamespace="{ns}">' if ns else f'<xs:schema xmlns:xs="{XS}">'
        includes = "".join(
            f'<xs:import namespace="{other}" schemaLocation="{position}.xsd"/>'
            for position, other in enumerate(by_namespace)
            if other not in ("", ns)
        )
        includes += "".join(f'<xs:include schemaLocation="{name}"/>' for name in names)
        (folder / f"{number}.xsd").write_text(f"{head}{includes}{wrappers.get(ns, '')}</xs:schema>")
    for number, schemas in enumerate(by_namespace.values()):
        for part, schema in enumerate(schemas):
            _copy(schema, files, folder / f"{number}_{part}.xsd")
    imports = "".join(
        f'<xs:import namespace="{ns}" schemaLocation="{name}"/>' if ns else f'<xs:include schemaLocation="{name}"/>'
        for ns, name in files.items()
    )
    driver = folder / "all.xsd"
    driver.write_text(f'<xs:schema xmlns:xs="{XS}">{imports}</xs:schema>')
    return etree.XMLSchema(etree.parse(str(driver)))


def _copy(schema: Any, files: dict[str, str], path: Path) -> None:
    """A schema with imports of the other copies, and of nothing else."""
    root = etree.fromstring(etree.tostring(schema.root))
    for node in [*root.iterchildren(f"{{{XS}}}import"), *root.iterchildren(f"{{{XS}}}include")]:
        root.remove(node)
    for ns, name in files.items():
        if ns != schema.ns and ns:
            node = etree.Element(f"{{{XS}}}import", namespace=ns, schemaLocation=name)
            root.insert(0, node)
    path.write_bytes(etree.tostring(root))


def rpc_wrappers(model: Model) -> dict[str, str]:
    """Declarations of the wrapper elements of rpc/literal messages, by namespace."""
    made: dict[str, dict[str, str]] = {}
    parts = {
        (root.get("targetNamespace"), node.get("name")): node
        for root, _ in model.documents.definitions
        for node in root.iterchildren(f"{{{WSDL}}}message")
    }
    port_types = [
        operation
        for root, _ in model.documents.definitions
        for operation in root.iterfind(f"{{{WSDL}}}portType/{{{WSDL}}}operation")
    ]
    for _, port in model.ports():
        for operation in port.binding.operations.values():
            if operation.style != "rpc" or operation.input.encoded:
                continue
            abstract = next(node for node in port_types if node.get("name") == operation.name)
            for direction, message in (("input", operation.input), ("output", operation.output)):
                node = abstract.find(f"{{{WSDL}}}{direction}")
                if node is None or message is None or message.body is None:
                    continue
                name = node.get("message").rpartition(":")
                found = parts[node.nsmap[name[0] or None], name[2]]
                fields = "".join(_part(part) for part in found.iterchildren(f"{{{WSDL}}}part"))
                body = f"<xs:complexType><xs:sequence>{fields}</xs:sequence></xs:complexType>"
                element = f'<xs:element name="{message.body.local_name}">{body}</xs:element>'
                made.setdefault(message.body.ns or "", {})[message.body.local_name or ""] = element
    return {ns: "".join(found.values()) for ns, found in made.items()}


def _part(part: Any) -> str:
    if part.get("element"):
        prefix, _, name = part.get("element").rpartition(":")
        return f'<xs:element xmlns:q="{part.nsmap[prefix or None]}" ref="q:{name}"/>'
    prefix, _, name = part.get("type").rpartition(":")
    return f'<xs:element name="{part.get("name")}" xmlns:q="{part.nsmap[prefix or None]}" type="q:{name}"/>'


def messages(model: Model) -> list[tuple[Operation, Message]]:
    """Every message of every operation that has a body in literal XML."""
    found = []
    for _, port in model.ports():
        for operation in port.binding.operations.values():
            for message in (operation.input, operation.output):
                if message is None or message.body is None or message.encoded:
                    continue
                # Arrays of SOAP encoding in literal messages: a contradiction that nothing validates.
                shapes = reached([message.body.shape])
                if not any(isinstance(shape, StructShape) and shape.array_of is not None for shape in shapes):
                    found.append((operation, message))
    return found
