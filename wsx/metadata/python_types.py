"""Shapes as Python source: classes with ``@wsx.struct``, enumerations, and the annotations of fields."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from wsx.descriptions import FieldMapping
from wsx.metadata.names import literal, unique
from wsx.metadata.shapes import ChoiceShape, EnumShape, FieldShape, ScalarShape, StructShape, Value
from wsx.metadata.tables import REQUIRED, python_default, selector_of
from wsx.values import UNSET

__all__ = ["Namer", "docstring", "enum_source", "imports_of", "plain", "struct_source", "with_bases_first"]

_WIDTH = 100
_TAKEN = frozenset({"Annotated", "Any", "UNSET", "Unset"})
_KINDS = {
    FieldMapping.ATTRIBUTE: "attribute",
    FieldMapping.XML_ATTRIBUTE: "xml_attribute",
    FieldMapping.TEXT: "text",
    FieldMapping.ANY_ELEMENT: "any",
    FieldMapping.REPEATING_ANY_ELEMENT: "any",
    FieldMapping.ANY_CONTENT: "any_content",
}


class Namer:
    """The names of classes and of the constants for namespaces, the same for the same document each time."""

    def __init__(self, shapes: Iterable[StructShape | EnumShape], namespaces: Iterable[str]) -> None:
        self.names: dict[StructShape | EnumShape, str] = {}
        taken = set(_TAKEN)
        # Named types first: those inside elements get the number where both are called alike.
        ordered = list(shapes)
        for shape in (*(s for s in ordered if s.name is not None), *(s for s in ordered if s.name is None)):
            name = shape.hint_name if shape.hint_name not in taken else unique(shape.hint_name, taken).replace("_", "")
            name = unique(name, taken)
            taken.add(name)
            self.names[shape] = name
        self.defined: set[StructShape] = set()
        """The classes whose source was made: what comes after them can name them at once."""
        self._ids = {id(shape): name for shape, name in self.names.items()}
        self.namespaces: dict[str, str] = {}
        for ns in namespaces:
            if ns and ns not in self.namespaces:
                self.namespaces[ns] = "NS" if not self.namespaces else f"NS_{len(self.namespaces) + 1}"

    def qualified(self) -> Namer:
        """As this one, for modules that say ``types.Order`` for what is in the module of the types."""
        made = Namer((), ())
        made.names = {shape: f"types.{name}" for shape, name in self.names.items()}
        made._ids = {id(shape): name for shape, name in made.names.items()}
        made.namespaces = {ns: f"types.{name}" for ns, name in self.namespaces.items()}
        made.defined = self.defined
        return made

    def source(self, text: str) -> str:
        """The source of a simple type, with the names of enumerations in it."""
        return re.sub("«([0-9]+)»", lambda found: self._ids.get(int(found[1]), found[0]), text)

    def ns(self, ns: str) -> str:
        """A namespace as an expression."""
        return self.namespaces.get(ns) or literal(ns)

    def annotation(self, shape: Value, struct_ns: str = "") -> str:
        """What wsx wants to know about a value."""
        if isinstance(shape, ScalarShape):
            return self.source(shape.source)
        if isinstance(shape, (StructShape, EnumShape)):
            return self.names[shape]
        if isinstance(shape, ChoiceShape):
            arms = list(self._arms(shape, struct_ns))
            inner = ", ".join(arms)
            if len(inner) > _WIDTH - 30:
                inner = "".join(f"\n            {arm}," for arm in arms) + "\n        "
            later = any(isinstance(arm.shape, StructShape) and arm.shape not in self.defined for arm in shape.arms)
            return f"Annotated[wsx.Choice, wsx.choice_of({'lambda: ' if later else ''}{{{inner}}})]"
        return shape.source

    def _arms(self, shape: ChoiceShape, struct_ns: str) -> Iterator[str]:
        taken: set[str] = set()
        for arm in shape.arms:
            selector = selector_of(arm, taken)
            taken.add(selector)
            text = self.annotation(arm.shape)
            if arm.nillable:
                text = f"wsx.Nillable[{text}]"
            settings = []
            if arm.mapping is FieldMapping.ANY_ELEMENT:
                settings.append("any=True")
            elif selector != arm.local_name:
                settings.append(f"local_name={literal(arm.local_name or '')}")
            if arm.ns is not None and (arm.ns != struct_ns or arm.mapping is FieldMapping.ANY_ELEMENT):
                settings.append(f"ns={self.ns(arm.ns)}")
            if arm.other_namespace:
                settings.append("other_namespace=True")
            if settings:
                text = f"Annotated[{text}, wsx.field({', '.join(settings)})]"
            yield f"{literal(selector)}: {text}"


def plain(namer: Namer, shape: Value) -> str:
    """The Python type of a value, for the signatures of calls."""
    if isinstance(shape, ChoiceShape):
        return "wsx.Choice"
    if not isinstance(shape, ScalarShape):
        return namer.annotation(shape)
    text = namer.source(shape.source)
    if text.startswith("Annotated["):
        depth = 0
        for i, character in enumerate(text[10:], start=10):
            if character == "," and depth == 0:
                return text[10:i]
            depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(character, 0)
    return text


def docstring(doc: str, indent: str, prefix: str = "") -> list[str]:
    """The lines of a docstring."""
    text = (prefix + doc).strip().replace("\\", "\\\\").replace('"', '\\"') or "No documentation."
    if len(text) < _WIDTH - len(indent) and "\n" not in text:
        return [f'{indent}"""{text}"""']
    lines = []
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            lines.append("")
        lines += textwrap.wrap(paragraph, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    lines[0] = '"""' + lines[0]
    return [*(f"{indent}{line}".rstrip() for line in lines), f'{indent}"""']


def imports_of(lines: Iterable[str]) -> list[str]:
    """The import lines that a module with these lines needs."""
    text = "\n".join(lines)
    found = ["from __future__ import annotations", ""]
    standard = [f"import {name}" for name in ("datetime", "decimal", "enum") if re.search(rf"\b{name}\.", text)]
    if re.search(r"\bAnnotated\[", text):
        standard.append("from typing import Annotated")
    wsx = ["import wsx"] if re.search(r"\bwsx\.", text) else []
    names = [name for name in ("UNSET", "Unset", "xsd") if re.search(rf"\b{name}\b", text)]
    if names:
        wsx.append(f"from wsx import {', '.join(names)}")
    return [*found, *standard, *([""] if standard and wsx else []), *wsx]


def with_bases_first(shapes: Iterable[StructShape | EnumShape]) -> list[StructShape | EnumShape]:
    """The shapes in their order, but for bases, which come before what is derived from them.

    So does what a choice names, unless it refers back: pyright wants the names inside of ``choice_of`` to exist.
    """
    ordered: dict[StructShape | EnumShape, None] = {}
    waiting: list[tuple[StructShape | EnumShape, bool]] = [(shape, False) for shape in shapes][::-1]
    entered: set[StructShape | EnumShape] = set()
    while waiting:
        shape, done = waiting.pop()
        if done:
            ordered[shape] = None
        elif shape not in entered:
            entered.add(shape)
            waiting.append((shape, True))
            # The base last, hence first off the stack: a class cannot be made before it.
            waiting += [(found, False) for found in [*_named_in_choices(shape), *_base(shape)]]
    # A base whose own choices name what is derived from it still comes first.
    families: dict[StructShape | EnumShape, None] = {}
    for shape in ordered:
        family = [shape]
        while above := _base(family[-1]):
            family += above
        families.update(dict.fromkeys(reversed(family)))
    return list(families)


def _base(shape: StructShape | EnumShape) -> list[StructShape]:
    return [shape.base] if isinstance(shape, StructShape) and shape.base is not None else []


def _named_in_choices(shape: StructShape | EnumShape) -> list[StructShape]:
    if not isinstance(shape, StructShape):
        return []
    choices = [found.shape for found in shape.own_fields if isinstance(found.shape, ChoiceShape)]
    return [arm.shape for choice in choices for arm in choice.arms if isinstance(arm.shape, StructShape)][::-1]


def enum_source(namer: Namer, shape: EnumShape) -> list[str]:
    """The class of an enumeration."""
    lines = [
        f"class {namer.names[shape]}(str, enum.Enum):",
        *docstring(shape.doc or f"Enumeration {shape.name or shape.hint_name}.", "    "),
        "",
    ]
    for name, value, doc in shape.members:
        lines.append(f"    {name} = {literal(value)}")
        if doc:
            lines += docstring(doc, "    ")
    return lines


def struct_source(namer: Namer, shape: StructShape) -> list[str]:
    """The class of a complex type."""
    ns = shape.element[0] if shape.element is not None else shape.ns
    spaces = {found.ns for found in shape.own_fields if _is_element(found)}
    qualified = not spaces or ns in spaces
    fields_ns = ns if qualified else ""
    name = namer.names[shape]
    arguments = [f"ns={namer.ns(ns)}"] if ns else []
    if shape.element is not None and shape.element[1] != name:
        arguments.append(f"local_name={literal(shape.element[1])}")
    if shape.polymorphic:
        if shape.name is not None and shape.name != name:
            arguments.append(f"type_local_name={literal(shape.name)}")
        if shape.abstract:
            arguments.append("abstract=True")
        elif shape.base is None:
            arguments.append("polymorphic=True")
    if not qualified:
        arguments.append("qualified=False")
    if shape.own_fields or shape.base is not None:
        arguments.append("kw_only=True")
    head = f"@wsx.struct({', '.join(arguments)})" if arguments else "@wsx.struct"
    bases = f"({namer.names[shape.base]})" if shape.base is not None else ""
    kind = f"Type {shape.name}." if shape.name is not None else f"Element {(shape.element or ('', name))[1]}."
    lines = [head, f"class {name}{bases}:", *docstring(shape.doc or kind, "    ")]
    if shape.own_fields:
        lines.append("")
    for found in shape.own_fields:
        lines += _wrapped(f"    {_field_source(namer, found, fields_ns)}")
        if found.doc:
            lines += docstring(found.doc, "    ")
    namer.defined.add(shape)
    return lines


def _is_element(found: FieldShape) -> bool:
    return found.mapping in (FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT)


def _wrapped(line: str) -> list[str]:
    """A field over several lines where it is long: its settings inside of field()."""
    head, separator, rest = line.partition(" = wsx.field(")
    if len(line.rpartition("\n")[2]) <= _WIDTH + 10 or not separator:
        return line.splitlines()
    return [*f"{head}{separator}".splitlines(), f"        {rest[:-1]}", "    )"]


def _field_source(namer: Namer, found: FieldShape, struct_ns: str) -> str:
    text = namer.annotation(found.shape, struct_ns)
    if found.nillable:
        text = f"wsx.Nillable[{text}]"
    if found.repeating and found.mapping is not FieldMapping.ANY_ATTRIBUTES:
        text = f"list[{text}]"
    default = python_default(found)
    settings = _settings(namer, found, struct_ns)
    table_default = found.mapping is FieldMapping.ATTRIBUTE and found.optional and found.default is not UNSET
    if found.optional and found.mapping not in (FieldMapping.ANY_ATTRIBUTES, FieldMapping.ANY_CONTENT):
        if table_default:
            settings.append("optional=True")
        else:
            text += " | Unset" if found.nillable else " | None"
    value = "" if default is REQUIRED else default_source(namer, found)
    if default is dict:
        settings.insert(0, "default_factory=dict[wsx.XmlQName, str]")
    elif default is list:
        settings.insert(0, f"default_factory={_list_source(namer, found)}")
    elif value and settings:
        settings.insert(0, f"default={value}")
    if settings:
        return f"{found.name}: {text} = wsx.field({', '.join(settings)})"
    return f"{found.name}: {text}" + (f" = {value}" if value else "")


def _list_source(namer: Namer, found: FieldShape) -> str:
    """``list`` with the type of its items: pyright does not find out by itself. Names may not exist yet."""
    item = plain(namer, found.shape)
    if found.mapping is FieldMapping.TEXT:
        return item
    item = f"{item} | None" if found.nillable else item
    return f"list[{item}]" if item in ("bool", "bytes", "float", "int", "str") else f'list["{item}"]'


def default_source(namer: Namer, found: FieldShape) -> str:
    """What the constructor sets, as source."""
    default = python_default(found)
    if isinstance(default, type):
        return default.__name__
    if default is UNSET:
        return "UNSET"
    if isinstance(found.shape, EnumShape) and default is not None:
        return f"{namer.names[found.shape]}.{default.name}"
    if isinstance(default, str) and not isinstance(found.shape, EnumShape):
        return literal(default)
    if found.mapping is FieldMapping.ANY_CONTENT:
        return 'wsx.XmlBuffer(b"")'
    return repr(default)


def _settings(namer: Namer, found: FieldShape, struct_ns: str) -> list[str]:
    made = []
    kind = _KINDS.get(found.mapping)
    if kind is not None:
        made.append(f"{kind}=True")
    if found.local_name is not None and found.local_name != found.name:
        made.append(f"local_name={literal(found.local_name)}")
    if (
        (_is_element(found) and found.ns is not None and found.ns != struct_ns)
        or (found.mapping is FieldMapping.ATTRIBUTE and found.ns)
        or (not _is_element(found) and kind != "attribute" and found.ns is not None)
    ):
        made.append(f"ns={namer.ns(found.ns)}")
    if found.other_namespace:
        made.append("other_namespace=True")
    if found.repeating and (found.least, found.most) != (0, None):
        made.append(f"item_range=({found.least}, {found.most})")
    return made


def namespaces_of(shapes: Iterable[StructShape | EnumShape]) -> Iterator[str]:
    """The namespaces that the classes name."""
    for shape in shapes:
        if isinstance(shape, StructShape):
            yield shape.element[0] if shape.element is not None else shape.ns
