"""Complex types: the fields of a structure, made of particles, attributes and the base type.

What a table can say in the same words becomes the same: sequences, choices of elements, repeating elements, wildcards
at the end. What it cannot becomes the next larger thing that reads every valid document: parts of an optional or chosen
sequence become optional fields, repeated groups a list of choices. Only where that fails the content is kept as XML,
with a warning that says where and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from wsx.descriptions import FieldMapping, Type
from wsx.metadata.components import Component, Components, base_of, documentation
from wsx.metadata.documents import Node, Schema, place, problem, qname_of
from wsx.metadata.names import ENCODING, XML, XS, attribute_name, class_name, unique
from wsx.metadata.shapes import (
    ANY_ATTRIBUTES,
    XML_FRAGMENT,
    ChoiceShape,
    EnumShape,
    FieldShape,
    ScalarShape,
    Shape,
    StructShape,
)
from wsx.metadata.simple_types import BUILT_IN, SimpleTypes
from wsx.values import UNSET

__all__ = ["ComplexTypes"]

_PARTICLES: Final = tuple(f"{{{XS}}}{name}" for name in ("sequence", "choice", "all", "group"))
_ANYTHING: Final = (FieldMapping.ANY_ELEMENT, FieldMapping.REPEATING_ANY_ELEMENT, FieldMapping.ANY_CONTENT)
_WSDL_ARRAY: Final = "{http://schemas.xmlsoap.org/wsdl/}arrayType"
# Groups that refer to themselves end here.
_MAX_DEPTH: Final = 64


class _Unmappable(Exception):
    """Content that no fields can be made of; the text says why."""


@dataclass(frozen=True)
class _Place:
    """Where a particle stands."""

    schema: Schema
    depth: int = 0
    optional: bool = False
    """It may be left out although its own minOccurs is not 0: an arm of a choice, a part of an optional group."""

    def inside(self, node: Node, optional: bool) -> _Place:
        if self.depth > _MAX_DEPTH:
            raise problem(self.schema, node, "particles are nested too deep, or a group contains itself")
        return replace(self, depth=self.depth + 1, optional=optional)


def _occurs(node: Node, schema: Schema) -> tuple[int, int | None]:
    least, most = node.get("minOccurs", "1").strip(), node.get("maxOccurs", "1").strip()
    try:
        found = int(least), None if most == "unbounded" else int(most)
    except ValueError as error:
        raise problem(schema, node, f"minOccurs {least!r} or maxOccurs {most!r} is no number") from error
    if found[0] < 0 or (found[1] is not None and found[1] < found[0] and found[1] != 0):
        raise problem(schema, node, f"minOccurs is {least}, but maxOccurs is {most}")
    return found


def _times(one: int | None, other: int | None) -> int | None:
    return 0 if 0 in (one, other) else None if one is None or other is None else one * other


@dataclass
class _Draft:
    """The fields of a type as they come together: its own, after those that it has from its base."""

    struct: StructShape
    schema: Schema
    inherited: list[FieldShape]
    fields: list[FieldShape]


class ComplexTypes:
    """Makes the shapes of types and elements, each once."""

    def __init__(self, components: Components, facets: bool = True) -> None:
        self.components = components
        self.simple = SimpleTypes(components, facets)
        self._structs: dict[Node, StructShape] = {}
        self._choices = 0

    # --- types -------------------------------------------------------------------------------------------------------

    def named(self, schema: Schema | str, node: Node, text: str) -> Shape:
        """The shape of the type that a QName in ``node`` refers to."""
        ns, name = qname_of(schema, node, text)
        if (ns, name) == (XS, "anyType"):
            return XML_FRAGMENT
        simple = self.simple.named(schema, node, text)
        if simple is not None:
            return simple
        return self.struct_of(self.components.get("type", schema, node, text))

    def struct_of(self, component: Component) -> StructShape:
        """The shape of a named complex type."""
        made = self._structs.get(component.node)
        if made is None:
            made = self._structs[component.node] = self._struct(component.node, component.schema, component.name)
            made.name = component.name
            made.derived = lambda: [
                self.struct_of(found)
                for found in self.components.derived(component.ns, component.name)
                if found.node is not component.node
            ]
            base = self._base_struct(component.node, component.schema)
            if base is not None:
                made.base = base
        return made

    def anonymous(self, node: Node, schema: Schema, name: str, element: tuple[str, str] | None) -> StructShape:
        """The shape of a complex type inside an element called ``name``."""
        made = self._structs.get(node)
        if made is None:
            made = self._structs[node] = self._struct(node, schema, name)
            made.element = element
        return made

    def _struct(self, node: Node, schema: Schema, name: str) -> StructShape:
        made = StructShape(
            class_name(name),
            schema.ns,
            None,
            list,
            abstract=node.get("abstract") in ("true", "1"),
            doc=documentation(node),
            where=place(schema, node),
        )
        made.make_fields = lambda: self._fields(made, node, schema)
        return made

    def _base_struct(self, node: Node, schema: Schema) -> StructShape | None:
        """The shape of the base of a derived type; None where there is none, or it is no structure."""
        derivation = base_of(node)
        if derivation is None:
            return None
        seen = {node}
        text = derivation.get("base", "")
        ns, name = qname_of(schema, derivation, text)
        if ns == XS or (ns, name) == (ENCODING, "Array"):
            return None
        component = self.components.get("type", schema, derivation, text)
        here: Component | None = component
        while here is not None:
            if here.node in seen:
                raise problem(schema, node, "the type is derived from itself")
            seen.add(here.node)
            up = base_of(here.node)
            if up is None:
                break
            key = qname_of(here.schema, up, up.get("base", ""))
            here = self.components.found.get(("type", *key))
        return self.struct_of(component) if component.node.tag.endswith("}complexType") else None

    # --- fields ------------------------------------------------------------------------------------------------------

    def _fields(self, struct: StructShape, node: Node, schema: Schema) -> list[FieldShape]:
        """The fields that the type has beyond those of ``struct.base``."""
        derivation = base_of(node)
        draft = _Draft(struct, schema, list(struct.base.fields) if struct.base is not None else [], [])
        if derivation is None:
            self._content(draft, node, node.get("mixed") in ("true", "1"))
        elif derivation.getparent().tag.endswith("}simpleContent"):
            self._simple_content(struct, derivation, schema, draft.fields)
        elif self._soap_array(struct, derivation, schema, draft.fields):
            return draft.fields
        else:
            self._complex_content(draft, derivation)
        self._attributes(node if derivation is None else derivation, schema, draft.fields, draft.inherited)
        self._name(draft.fields, draft.inherited)
        return draft.fields

    def _complex_content(self, draft: _Draft, derivation: Node) -> None:
        parent = derivation.getparent()
        mixed = "true" in (parent.get("mixed"), parent.getparent().get("mixed"))
        extends = derivation.tag.endswith("}extension")
        if draft.struct.base is None:
            base = self.named(draft.schema, derivation, derivation.get("base", ""))
            if isinstance(base, StructShape) and extends:
                # Of an anonymous type: it has no name that xsi:type could say, so that it is a type of its own.
                draft.fields += [replace(found) for found in base.fields]
            self._content(draft, derivation, mixed)
        elif extends:
            self._content(draft, derivation, mixed)
        else:
            # A restriction allows less than its base, whose fields hold all of it (XSD part 1 §3.9.6).
            text = f"a restriction: the fields are those of its base {derivation.get('base')}, which allow more"
            self.components.warn(draft.schema, derivation, text)

    def _simple_content(self, struct: StructShape, derivation: Node, schema: Schema, fields: list[FieldShape]) -> None:
        if struct.base is not None:
            return
        base = self.named(schema, derivation, derivation.get("base", ""))
        if isinstance(base, StructShape):
            fields += [replace(found) for found in base.fields]
            return
        if isinstance(base, (ScalarShape, EnumShape)):
            value = self.simple.restricted(base, derivation, schema, f"{struct.hint_name}Value")
            fields.append(FieldShape("value", value, FieldMapping.TEXT))
            return
        raise problem(schema, derivation, "the base of simple content must be simple")

    def _soap_array(self, struct: StructShape, derivation: Node, schema: Schema, fields: list[FieldShape]) -> bool:
        """SOAP 1.1 §5.4.2: the items of a restriction of soapenc:Array, whatever their elements are called."""
        if qname_of(schema, derivation, derivation.get("base", "")) != (ENCODING, "Array"):
            return False
        item: Shape = XML_FRAGMENT
        for attribute in derivation.iter(f"{{{XS}}}attribute"):
            text = attribute.get(_WSDL_ARRAY)
            if text:
                item = self.named(schema, attribute, text.partition("[")[0])
                if text.count("[") > 1:
                    item = XML_FRAGMENT
        for element in derivation.iter(f"{{{XS}}}element"):
            if element.get("type"):
                item = self.named(schema, element, element.get("type"))
        struct.array_of = FieldShape("item", item, FieldMapping.REPEATING_ELEMENT, "item", "", 0, None, nillable=True)
        fields.append(struct.array_of)
        return True

    def _content(self, draft: _Draft, node: Node, mixed: bool) -> None:
        particle = next(node.iterchildren(*_PARTICLES), None)
        around = [found for found in (*draft.inherited, *draft.fields) if found.mapping in _ANYTHING]
        if mixed:
            self.components.warn(draft.schema, node, "mixed content is kept as XML, in the field 'content'")
            if not around:
                draft.fields.append(FieldShape("content", XML_FRAGMENT, FieldMapping.ANY_CONTENT))
            return
        if particle is None:
            return
        try:
            made = self._settled(self._particle(particle, _Place(draft.schema), draft.struct))
            if around and made:
                raise _Unmappable(f"its base already takes any elements, in the field {around[0].name!r}")
            self._warn_loose(made, particle, draft.schema)
        except _Unmappable as reason:
            self.components.warn(draft.schema, particle, f"the content is kept as XML: {reason}")
            made = [] if around else [FieldShape("content", XML_FRAGMENT, FieldMapping.ANY_CONTENT)]
        draft.fields += made

    def _warn_loose(self, fields: list[FieldShape], node: Node, schema: Schema) -> None:
        """Say where the fields allow more than the schema does."""
        for found in fields:
            if isinstance(found.shape, ChoiceShape) and found.shape.loose:
                message = f"field {found.name!r} is a list of choices; the order of its elements is not checked"
                self.components.warn(schema, node, message)
        names = [found.name for found in fields if found.branch is not None]
        if names:
            listed = ", ".join(names)
            self.components.warn(schema, node, f"that only one alternative is given is not checked: {listed}")

    @staticmethod
    def _name(fields: list[FieldShape], inherited: list[FieldShape]) -> None:
        taken = {found.name for found in inherited}
        for found in fields:
            found.name = unique(found.name, taken)
            taken.add(found.name)

    # --- particles ---------------------------------------------------------------------------------------------------

    def _particle(self, node: Node, place_: _Place, struct: StructShape) -> list[FieldShape]:
        """The fields of one particle."""
        kind = node.tag.rpartition("}")[2]
        least, most = _occurs(node, place_.schema)
        if most == 0:
            return []
        if kind == "element":
            return [self.element_field(node, place_.schema, 0 if place_.optional else least, most)]
        if kind == "any":
            return [self._any(node, place_, 0 if place_.optional else least, most)]
        if kind == "group":
            group = self.components.get("group", place_.schema, node, node.get("ref", ""))
            inner = next(group.node.iterchildren(*_PARTICLES), None)
            if inner is None:
                return []
            inside = replace(place_.inside(node, place_.optional or least == 0), schema=group.schema)
            if most == 1:
                return self._particle(inner, inside, struct)
            return self._repeated(self._arms(inner, inside, struct), least, most, inner)
        children = list(self._children(node))
        if most != 1:
            if len(children) == 1 and children[0].tag.endswith("}element"):
                low, high = _occurs(children[0], place_.schema)
                low = 0 if place_.optional else low * least
                return [self.element_field(children[0], place_.schema, low, _times(high, most))]
            inside = place_.inside(node, False)
            return self._repeated(self._arms(node, inside, struct), 0 if place_.optional else least, most, node)
        if kind == "choice" and len(children) > 1:
            return self._choice(node, place_, struct, least)
        struct.any_order |= kind == "all"
        inside = place_.inside(node, place_.optional or least == 0)
        return [found for child in children for found in self._particle(child, inside, struct)]

    @staticmethod
    def _children(node: Node) -> Iterator[Node]:
        yield from node.iterchildren(*_PARTICLES, f"{{{XS}}}element", f"{{{XS}}}any")

    def _choice(self, node: Node, place_: _Place, struct: StructShape, least: int) -> list[FieldShape]:
        """A choice made once: of single elements it is one, of anything larger each part may be absent."""
        optional = place_.optional or least == 0
        inside = place_.inside(node, True)
        parts: list[FieldShape] = []
        single = True
        choice = self._choices = self._choices + 1
        for arm, child in enumerate(self._children(node)):
            kind = child.tag.rpartition("}")[2]
            found = self._particle(child, inside, struct)
            for part in found:
                part.branch = part.branch or (choice, arm)
            occurs = _occurs(child, place_.schema)
            optional |= occurs[0] == 0
            single &= len(found) <= 1 and kind in ("element", "any", "choice")
            parts += found
        arms: list[FieldShape] = []
        for part in (replace(part, branch=None) for part in parts):
            if part.mapping is FieldMapping.ELEMENT_CHOICE and isinstance(part.shape, ChoiceShape):
                arms += part.shape.arms
            elif part.mapping in (FieldMapping.ELEMENT, FieldMapping.ANY_ELEMENT):
                arms.append(replace(part, least=1))
            else:
                single = False
        names = {(arm.ns, arm.local_name) for arm in arms}
        if not single or len(names) < len(arms) or not _anys_last(arms):
            return parts
        return [_choice_field(arms, 0 if optional else 1, 1)]

    def _arms(self, node: Node, place_: _Place, struct: StructShape) -> list[FieldShape]:
        """The elements that a repeated group may have, for a list of choices."""
        arms: dict[tuple[str | None, str | None], FieldShape] = {}
        for child in self._children(node):
            for found in self._particle(child, place_, struct):
                inner = found.shape.arms if isinstance(found.shape, ChoiceShape) else [found]
                for arm in inner:
                    self._add_arm(arms, arm)
        return list(arms.values())

    @staticmethod
    def _add_arm(arms: dict[tuple[str | None, str | None], FieldShape], arm: FieldShape) -> None:
        single = replace(arm, least=1, most=1)
        if arm.mapping is FieldMapping.REPEATING_ELEMENT:
            single.mapping = FieldMapping.ELEMENT
        elif arm.mapping is FieldMapping.REPEATING_ANY_ELEMENT:
            single.mapping = FieldMapping.ANY_ELEMENT
        if single.mapping not in (FieldMapping.ELEMENT, FieldMapping.ANY_ELEMENT):
            raise _Unmappable(f"{arm.name!r} cannot be an item of a list of choices")
        key = (single.ns, single.local_name)
        if single.mapping is FieldMapping.ANY_ELEMENT:
            key = (None, None)
            if key in arms:
                single = replace(single, ns=None, other_namespace=False)
            arms.pop(key, None)
        old = arms.get(key)
        if old is not None and old.shape is not single.shape:
            raise _Unmappable(f"element {arm.local_name!r} occurs with two types in a repeated group")
        arms[key] = single

    def _repeated(self, arms: list[FieldShape], least: int, most: int | None, node: Node) -> list[FieldShape]:
        """The list that a repeated group is: of choices, in whatever order they come."""
        if not arms:
            return []
        arms.sort(key=lambda arm: arm.mapping is FieldMapping.ANY_ELEMENT)
        if len(arms) == 1:
            (arm,) = arms
            mapping = FieldMapping.REPEATING_ELEMENT
            if arm.mapping is FieldMapping.ANY_ELEMENT:
                mapping = FieldMapping.REPEATING_ANY_ELEMENT
            return [replace(arm, mapping=mapping, least=0, most=None)]
        single = node.tag.endswith("}choice") and all(
            child.tag.endswith(("}element", "}any")) and child.get("maxOccurs", "1") == "1"
            for child in self._children(node)
        )
        made = _choice_field(arms, min(least, 1), most if single else None)
        if not single and isinstance(made.shape, ChoiceShape):
            made.shape.loose = True
        return [made]

    @staticmethod
    def _settled(fields: list[FieldShape]) -> list[FieldShape]:
        """The fields with wildcards at the end only, as tables want them."""
        first = next((i for i, found in enumerate(fields) if found.mapping in _ANYTHING), None)
        if first is None or first == len(fields) - 1:
            return fields
        rest = fields[first:]
        if all(found.mapping in _ANYTHING for found in rest):
            merged = replace(rest[0], mapping=FieldMapping.REPEATING_ANY_ELEMENT, least=0, most=None)
            merged.ns, merged.other_namespace = None, False
            return [*fields[:first], merged]
        arms: dict[tuple[str | None, str | None], FieldShape] = {}
        for found in rest:
            for arm in found.shape.arms if isinstance(found.shape, ChoiceShape) else [found]:
                ComplexTypes._add_arm(arms, arm)
        ordered = sorted(arms.values(), key=lambda arm: arm.mapping is FieldMapping.ANY_ELEMENT)
        made = _choice_field(ordered, 0, None)
        if isinstance(made.shape, ChoiceShape):
            made.shape.loose = True
        return [*fields[:first], made]

    def _any(self, node: Node, place_: _Place, least: int, most: int | None) -> FieldShape:
        ns, other = _namespace_filter(node, place_.schema)
        mapping = FieldMapping.ANY_ELEMENT if most == 1 else FieldMapping.REPEATING_ANY_ELEMENT
        made = FieldShape("any", XML_FRAGMENT, mapping, None, ns, least, most, other_namespace=other)
        made.doc = documentation(node)
        return made

    # --- elements ----------------------------------------------------------------------------------------------------

    def element_field(self, node: Node, schema: Schema, least: int, most: int | None) -> FieldShape:
        """The field of an xs:element particle."""
        if node.get("ref"):
            target = self.components.get("element", schema, node, node.get("ref"))
            members = self.components.members(target.ns, target.name)
            if len(members) > 1:
                arms = [
                    self._declared(found.node, found.schema, 1, 1)
                    for found in members
                    if found.node.get("abstract") not in ("true", "1")
                ]
                made = _choice_field(arms, least, most)
                made.name, made.doc = attribute_name(target.name), documentation(target.node)
                return made
            made = self._declared(target.node, target.schema, least, most)
            made.doc = documentation(node) or made.doc
            return made
        return self._declared(node, schema, least, most)

    def _declared(self, node: Node, schema: Schema, least: int, most: int | None) -> FieldShape:
        name = node.get("name")
        if not name:
            raise problem(schema, node, "an element needs a name or a reference")
        is_global = node.getparent().tag == f"{{{XS}}}schema"
        form = node.get("form") or schema.root.get("elementFormDefault", "unqualified")
        ns = schema.ns if is_global or form == "qualified" else ""
        shape = self.type_of_element(node, schema)
        mapping = FieldMapping.ELEMENT if most == 1 else FieldMapping.REPEATING_ELEMENT
        nillable = node.get("nillable") in ("true", "1")
        made = FieldShape(attribute_name(name), shape, mapping, name, ns, least, most, nillable)
        made.doc = documentation(node)
        fixed = node.get("fixed")
        if fixed is not None:
            if most == 1 and least == 1:
                made.default = _default(shape, fixed)
            self._fix(made, fixed, node, schema)
        return made

    def _fix(self, field: FieldShape, text: str, node: Node, schema: Schema) -> None:
        """Allow no other value than a fixed one."""
        if isinstance(field.shape, ScalarShape) and field.shape.python in (str, int, float, bool):
            field.shape = self.simple.fixed(field.shape, text)
        elif self.simple.facets:
            self.components.warn(schema, node, f"that the value is {text!r} is not checked")

    def type_of_element(self, node: Node, schema: Schema) -> Shape:
        """The type of an xs:element: named, inside it, that of the head of its substitution group, or any."""
        text = node.get("type")
        if text:
            return self.named(schema, node, text)
        name = node.get("name", "")
        for inner in node.iterchildren(f"{{{XS}}}complexType"):
            is_global = node.getparent().tag == f"{{{XS}}}schema"
            return self.anonymous(inner, schema, name, (schema.ns, name) if is_global else None)
        for inner in node.iterchildren(f"{{{XS}}}simpleType"):
            return self.simple.of(inner, schema, name)
        head = node.get("substitutionGroup")
        if head:
            target = self.components.get("element", schema, node, head)
            return self.type_of_element(target.node, target.schema)
        return XML_FRAGMENT

    # --- attributes --------------------------------------------------------------------------------------------------

    def _attributes(self, node: Node, schema: Schema, fields: list[FieldShape], inherited: list[FieldShape]) -> None:
        found: list[FieldShape] = []
        self._collect_attributes(node, schema, found, 0)
        known = {(one.ns, one.local_name) for one in inherited if one.mapping is FieldMapping.ATTRIBUTE}
        known |= {(XML, one.local_name) for one in inherited if one.mapping is FieldMapping.XML_ATTRIBUTE}
        any_known = any(one.mapping is FieldMapping.ANY_ATTRIBUTES for one in inherited)
        for one in found:
            if one.mapping is FieldMapping.ANY_ATTRIBUTES:
                if any_known:
                    continue
                any_known = True
            else:
                key = (XML if one.mapping is FieldMapping.XML_ATTRIBUTE else one.ns, one.local_name)
                if key in known:
                    continue
                known.add(key)
            fields.append(one)

    def _collect_attributes(self, node: Node, schema: Schema, found: list[FieldShape], depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise problem(schema, node, "an attribute group contains itself")
        for child in node.iterchildren(f"{{{XS}}}attribute", f"{{{XS}}}attributeGroup", f"{{{XS}}}anyAttribute"):
            kind = child.tag.rpartition("}")[2]
            if kind == "attributeGroup":
                group = self.components.get("attribute group", schema, child, child.get("ref", ""))
                self._collect_attributes(group.node, group.schema, found, depth + 1)
            elif kind == "anyAttribute":
                ns, other = _namespace_filter(child, schema)
                found.append(
                    FieldShape("other_attributes", ANY_ATTRIBUTES, FieldMapping.ANY_ATTRIBUTES, None, ns, 0, 1)
                )
                found[-1].other_namespace = other
            elif child.get("use") != "prohibited":
                found.append(self._attribute(child, schema))

    def _attribute(self, node: Node, schema: Schema) -> FieldShape:
        target, home = node, schema
        ns = ""
        if node.get("ref"):
            component = self.components.get("attribute", schema, node, node.get("ref"))
            target, home, ns = component.node, component.schema, component.ns
        elif (node.get("form") or schema.root.get("attributeFormDefault", "unqualified")) == "qualified":
            ns = schema.ns
        name = target.get("name")
        if not name:
            raise problem(schema, node, "an attribute needs a name or a reference")
        shape: Any = BUILT_IN["string"]
        if target.get("type"):
            shape = self.simple.named(home, target, target.get("type"))
            if shape is None:
                raise problem(home, target, "the type of an attribute must be simple")
        for inner in target.iterchildren(f"{{{XS}}}simpleType"):
            shape = self.simple.of(inner, home, name)
        required = node.get("use") == "required"
        mapping = FieldMapping.ATTRIBUTE
        if ns == XML:
            # Tables have xml: attributes as plain strings (WS_XML_ATTRIBUTE_FIELD_MAPPING).
            mapping, shape = FieldMapping.XML_ATTRIBUTE, BUILT_IN["string"]
        made = FieldShape(attribute_name(name), shape, mapping, name, None if ns == XML else ns, int(required), 1)
        made.doc = documentation(node) or documentation(target)
        text = next((t for t in (one.get(a) for one in (node, target) for a in ("fixed", "default")) if t), None)
        if text is not None:
            made.default = _default(shape, text)
        fixed = next((t for t in (one.get("fixed") for one in (node, target)) if t), None)
        if fixed is not None and ns != XML:
            self._fix(made, fixed, node, schema)
        return made


def _default(shape: Shape, text: str) -> Any:
    """The value that the text of a default means; UNSET where it is none that a field can have."""
    try:
        if isinstance(shape, EnumShape):
            return text.strip() if any(value == text.strip() for _, value, _ in shape.members) else UNSET
        if isinstance(shape, ScalarShape) and shape.python in (str, int, float, bool):
            made = shape.default_of(text)
            if shape.description is not None and shape.type is not Type.ENUM:
                shape.description.check(made)
            return made
    except (ValueError, KeyError, ArithmeticError):
        return UNSET
    return UNSET


def _choice_field(arms: list[FieldShape], least: int, most: int | None) -> FieldShape:
    """The field of a choice: named after its elements where they are few."""
    names = list(dict.fromkeys(arm.name for arm in arms))
    name = "_or_".join(names)
    if len(names) > 3 or len(name) > 40:
        name = "choice" if most == 1 else "choices"
    mapping = FieldMapping.ELEMENT_CHOICE if most == 1 else FieldMapping.REPEATING_ELEMENT_CHOICE
    return FieldShape(name, ChoiceShape(arms), mapping, None, None, least, most)


def _anys_last(arms: list[FieldShape]) -> bool:
    return all(arm.mapping is not FieldMapping.ANY_ELEMENT for arm in arms[:-1])


def _namespace_filter(node: Node, schema: Schema) -> tuple[str | None, bool]:
    """(namespace, is it the one that is not taken) of a wildcard; lists of namespaces are any (XSD part 1 §3.10)."""
    text = node.get("namespace", "##any").strip()
    if text == "##other":
        return (schema.ns, True) if schema.ns else (None, False)
    if text == "##targetNamespace":
        return schema.ns, False
    if text == "##local":
        return "", False
    if text == "##any" or " " in text:
        return None, False
    return text, False
