"""Modules of a generated package: their head, lazy exports, and types that have a file each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from wsx.metadata.names import attribute_name, literal, unique
from wsx.metadata.python_types import Namer, enum_source, imports_of, struct_source
from wsx.metadata.reach import direct
from wsx.metadata.shapes import EnumShape, StructShape, Value

__all__ = ["MADE", "MOST_IN_ONE", "TypeModules", "import_names", "lazy_exports", "module"]

MADE: Final = "Made by wsx gen; changes are lost when it is made again."
# So many types are readable in one file, and made when it is imported; of more, only those are that a program uses.
MOST_IN_ONE: Final = 40

_WIDTH: Final = 100
Named = StructShape | EnumShape


def module(doc: str, imports: Sequence[str], names: Sequence[str], lines: Sequence[str]) -> str:
    """The text of a module that exports ``names``."""
    exported = ["__all__ = [", *(f'    "{name}",' for name in names), "]"]
    head = [f'"""{doc}', "", MADE, '"""', "", *imports, "", *exported]
    if lines and lines[0]:
        head.append("")
    return re.sub("\n{4,}", "\n\n\n", "\n".join([*head, *lines])) + "\n"


def import_names(source: str, names: Sequence[str]) -> list[str]:
    """The import of ``names``, on one line or on several."""
    if not names:
        return []
    line = f"from {source} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return [line]
    return [f"from {source} import (", *(f"    {name}," for name in names), ")"]


def lazy_exports(exported: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str], list[str]]:
    """(imports, names, lines) of a package that has names from its modules and imports these when it is asked."""
    imports = [
        "from typing import TYPE_CHECKING",
        "",
        "from wsx.declare.lazy import LazyNames",
        "",
        "if TYPE_CHECKING:",
    ]
    lines = ["", "if not TYPE_CHECKING:", "    __getattr__ = LazyNames(", "        __name__,", "        {"]
    for source in sorted(exported):
        imports += [f"    {line}" for line in import_names(source, exported[source])]
        lines += [f"            {literal(name)}: {literal(source)}," for name in exported[source]]
    lines += ["        },", "    )", "    __dir__ = __getattr__.names"]
    return imports, sorted(name for names in exported.values() for name in names), lines


class TypeModules:
    """The package ``types`` with a module for each type; types that are derived from each other share one."""

    def __init__(self, namer: Namer, shapes: Sequence[Named], doc: str) -> None:
        self._namer = namer
        self._doc = doc
        self._families: dict[Named, list[Named]] = {}
        self._modules: dict[Named, str] = {}
        taken: set[str] = set()
        namer.defined.update(shape for shape in shapes if isinstance(shape, StructShape))
        for shape in shapes:
            top = shape
            while isinstance(top, StructShape) and top.base is not None:
                top = top.base
            family = self._families.setdefault(top, [])
            family.append(shape)
            if len(family) == 1:
                self._modules[top] = unique(f"_{attribute_name(namer.names[top])}", taken)
                taken.add(self._modules[top])
            self._modules[shape] = self._modules[top]

    def files(self) -> dict[str, str]:
        """The names and texts of the files."""
        made = {f"types/{self._modules[top]}.py": self._file(family) for top, family in self._families.items()}
        exported: dict[str, list[str]] = {}
        for shape, home in self._modules.items():
            exported.setdefault(f".{home}", []).append(self._namer.names[shape])
        imports, names, lines = lazy_exports({home: sorted(found) for home, found in exported.items()})
        imports.insert(0, "from __future__ import annotations\n")
        constants = [f"{name} = {literal(ns)}" for ns, name in self._namer.namespaces.items()]
        made["types/__init__.py"] = module(self._doc, imports, names, [*constants, *lines])
        return made

    def _file(self, family: list[Named]) -> str:
        namer = self._namer
        lines: list[str] = []
        namer.defined.difference_update(family)
        for shape in family:
            made = enum_source(namer, shape) if isinstance(shape, EnumShape) else struct_source(namer, shape)
            lines += ["", "", *made]
        own = {namer.names[shape] for shape in family}
        used = {namer.names[found]: found for shape in family for found in _named(shape)}
        words = set(re.findall(r"\b\w+\b", "\n".join(lines)))
        spaces = sorted(words & set(namer.namespaces.values()))
        # Members of enumerations are defaults, which are evaluated with the class; annotations are not.
        text = "\n".join(line for line in lines if "=" in line)
        now = {name for name, shape in used.items() if isinstance(shape, EnumShape) and f"{name}." in text}
        later = sorted((used.keys() & words) - own - now)
        imports = imports_of(lines)
        own_imports = [line for name in sorted(now) for line in import_names(f".{self._modules[used[name]]}", [name])]
        own_imports = [*import_names(".", spaces), *own_imports]
        if later:
            at = next((i for i, line in enumerate(imports) if line.startswith("from typing")), None)
            if at is None:
                gap = imports.index("", 2) if "" in imports[2:] else 2
                imports[gap:gap] = ["from typing import TYPE_CHECKING", *([] if gap > 2 else [""])]
            else:
                imports[at] += ", TYPE_CHECKING"
            own_imports += ["", "if TYPE_CHECKING:", *(f"    {line}" for line in import_names(".", later))]
        doc = "The types {} and those derived from it." if len(own) > 1 else "The type {}."
        doc = doc.format(namer.names[family[0]])
        return module(doc, [*imports, *([""] if own_imports else []), *own_imports], sorted(own), lines)


def _named(shape: Value) -> Iterator[Named]:
    """The classes that the source of a type names."""
    for found in direct(shape):
        if isinstance(found, Named):
            yield found
        else:
            yield from _named(found)
