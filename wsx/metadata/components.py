"""The named components of all schemas of a service, found by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from wsx.metadata.documents import Documents, Node, Schema, Warning_, place, problem, qname_of
from wsx.metadata.names import XS, spelled

__all__ = ["Component", "Components", "documentation"]

_KINDS: Final = {
    f"{{{XS}}}element": "element",
    f"{{{XS}}}attribute": "attribute",
    f"{{{XS}}}complexType": "type",
    f"{{{XS}}}simpleType": "type",
    f"{{{XS}}}group": "group",
    f"{{{XS}}}attributeGroup": "attribute group",
}
_ANNOTATION: Final = f"{{{XS}}}annotation"
_DOCUMENTATION: Final = f"{{{XS}}}documentation"


@dataclass(frozen=True, eq=False)
class Component:
    """A named component: its element, the schema it stands in, its name."""

    node: Node
    schema: Schema
    ns: str
    name: str


class Components:
    """Elements, attributes, types and groups by (kind, namespace, local name)."""

    def __init__(self, documents: Documents) -> None:
        self.warnings = documents.warnings
        self.found: dict[tuple[str, str, str], Component] = {}
        self._documents = documents
        for schema in documents.schemas:
            self._add(schema)
        self._derived: dict[tuple[str, str], list[Component]] | None = None
        self._members: dict[tuple[str, str], list[Component]] | None = None

    def _add(self, schema: Schema) -> None:
        for node in schema.root.iterchildren():
            kind = _KINDS.get(node.tag)
            if kind is None:
                continue
            name = node.get("name")
            if not name:
                raise problem(schema, node, "a component of a schema needs a name")
            self.found.setdefault((kind, schema.ns, name), Component(node, schema, schema.ns, name))

    def of_kind(self, kind: str) -> list[Component]:
        """All components of a kind, in the order of the documents."""
        return [component for (found, _, _), component in self.found.items() if found == kind]

    def get(self, kind: str, schema: Schema | str, node: Node, text: str) -> Component:
        """The component that a QName in ``node`` refers to; InvalidFormat when there is none."""
        ns, name = qname_of(schema, node, text)
        found = self.found.get((kind, ns, name))
        if found is None:
            for known in self._documents.add_known(ns):
                self._add(known)
            found = self.found.get((kind, ns, name))
        if found is None:
            raise problem(schema, node, f"there is no {kind} {spelled(name, ns)}")
        return found

    def derived(self, ns: str, name: str) -> list[Component]:
        """The complex types that extend or restrict the complex type of that name, directly."""
        if self._derived is None:
            index: dict[tuple[str, str], list[Component]] = {}
            for component in self.of_kind("type"):
                base = base_of(component.node)
                if base is not None:
                    key = qname_of(component.schema, base, base.get("base", ""))
                    index.setdefault(key, []).append(component)
            self._derived = index
        return self._derived.get((ns, name), [])

    def members(self, ns: str, name: str) -> list[Component]:
        """The elements that may stand for the element of that name: its substitution group, itself included."""
        if self._members is None:
            index: dict[tuple[str, str], list[Component]] = {}
            for component in self.of_kind("element"):
                head = component.node.get("substitutionGroup")
                if head:
                    key = qname_of(component.schema, component.node, head)
                    index.setdefault(key, []).append(component)
            self._members = index
        head_component = self.found.get(("element", ns, name))
        found = [] if head_component is None else [head_component]
        for member in self._members.get((ns, name), ()):
            found += [other for other in self.members(member.ns, member.name) if other not in found]
        return found

    def warn(self, schema: Schema | str, node: Node | None, message: str) -> None:
        """Note that something was not taken as it stands, once."""
        warning = Warning_(place(schema, node), message)
        if warning not in self.warnings:
            self.warnings.append(warning)


def base_of(node: Node) -> Node | None:
    """The xs:extension or xs:restriction of a complex type with complexContent or simpleContent."""
    for content in node.iterchildren(f"{{{XS}}}complexContent", f"{{{XS}}}simpleContent"):
        for derivation in content.iterchildren(f"{{{XS}}}extension", f"{{{XS}}}restriction"):
            return derivation
    return None


def documentation(node: Any) -> str:
    """The text of xs:documentation, white space collapsed."""
    texts = []
    for annotation in node.iterchildren(_ANNOTATION):
        for found in annotation.iterchildren(_DOCUMENTATION):
            text = " ".join("".join(found.itertext()).split())
            if text:
                texts.append(text)
    return "\n\n".join(texts)
