"""A package of typed Python for a service."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from wsx.errors import InvalidArgument
from wsx.metadata.model import Model
from wsx.metadata.names import literal
from wsx.metadata.python_clients import Clients, names_in, shapes_of
from wsx.metadata.python_types import (
    Namer,
    enum_source,
    imports_of,
    namespaces_of,
    struct_source,
    with_bases_first,
)
from wsx.metadata.reach import reached
from wsx.metadata.shapes import EnumShape, StructShape, Value

__all__ = ["sources", "write_package"]

_MADE = "Made by wsx gen; changes are lost when it is made again."


def write_package(model: Model, directory: str | os.PathLike[str]) -> list[Path]:
    """Write a package of typed Python for the service into ``directory``; returns the paths of its files.

    It needs neither the WSDL nor lxml when it runs. ``types.py`` has a class for each type, ``faults.py`` an exception
    for each declared fault, ``client.py`` a client for each SOAP port, for threads and for asyncio. The same document
    makes the same bytes each time. The directory is made where it does not exist; files of other names stay.

    :raises InvalidFormat: for a document that cannot be used.
    :raises OSError: when a file cannot be written.
    """
    target = Path(directory)
    if not target.name.isidentifier():
        raise InvalidArgument(f"{target.name!r} cannot be the name of a package")
    files = sources(model)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in files.items():
        path = target / name
        path.write_bytes(text.encode())
        written.append(path)
    return written


def sources(model: Model) -> Mapping[str, str]:
    """The files of the package: their names and texts."""
    found: list[Value] = shapes_of(model)
    shapes = reached(found or list(model.all_structs()))
    enums = [shape for shape in shapes if isinstance(shape, EnumShape)]
    structs = [shape for shape in with_bases_first(shapes) if isinstance(shape, StructShape)]
    namer = Namer([*enums, *structs], namespaces_of(structs))
    title = re.sub(r"[\s\"\\]+", " ", Path(model.url).name)
    files = {"types.py": _types(namer, enums, structs, title)}
    ordered: list[StructShape | EnumShape] = [*enums, *structs]
    exported = {".types": [namer.names[shape] for shape in ordered]}
    clients = Clients(model, namer)
    clients.add_all()
    if clients.faults:
        files["faults.py"] = _faults(namer, clients, title)
        exported[".faults"] = list(clients.faults)
    if clients.classes:
        files["client.py"] = _clients(namer, clients, title)
        exported[".client"] = list(clients.classes)
    files["__init__.py"] = _init(exported, title)
    files["py.typed"] = ""
    return files


def _types(namer: Namer, enums: list[EnumShape], structs: list[StructShape], title: str) -> str:
    parts = [enum_source(namer, shape) for shape in enums] + [struct_source(namer, shape) for shape in structs]
    constants = [f"{name} = {literal(ns)}" for ns, name in namer.namespaces.items()]
    names = sorted(namer.names.values())
    lines = [line for part in parts for line in ("", "", *part)]
    return _module(f"The types of {title}.", [*imports_of(lines)], names, [*constants], lines)


def _faults(namer: Namer, clients: Clients, title: str) -> str:
    lines = [line for part in clients.faults.values() for line in ("", "", *part)]
    imports = _with_imports(lines, ["from typing import Any, ClassVar"], ["from wsx.service import ServiceFault"])
    imports += _import_names(".types", names_in(namer, lines))
    return _module(f"The faults that the operations of {title} declare.", imports, sorted(clients.faults), [], lines)


def _clients(namer: Namer, clients: Clients, title: str) -> str:
    lines: list[str] = []
    for source, name in clients.operations.items():
        lines += f"{name}: {source}".splitlines()
    for part in clients.classes.values():
        lines += ["", "", *part]
    text = "\n".join(lines)
    standard = ["from typing import Any"]
    if "Iterable[" in text:
        standard.insert(0, "from collections.abc import Iterable")
    service = ["from wsx.service import AsyncClient, Client, Operation", "from wsx.service.client import Headers"]
    imports = _with_imports(lines, standard, service)
    imports += _import_names(".faults", [name for name in sorted(clients.faults) if re.search(rf"\b{name}\b", text)])
    imports += _import_names(".types", names_in(namer, lines))
    return _module(f"Clients of {title}.", imports, sorted(clients.classes), [""], lines)


def _with_imports(lines: Iterable[str], standard: list[str], own: list[str]) -> list[str]:
    """The imports of ``lines`` with more of the standard library and of wsx."""
    needed = imports_of(lines)
    plain = sorted(line for line in needed[2:] if line.startswith("import ") and line != "import wsx")
    typing = [line for line in needed if line.startswith("from typing")]
    if typing and any(line.startswith("from typing") for line in standard):
        joined = ", ".join(sorted({"Annotated", *standard[-1].removeprefix("from typing import ").split(", ")}))
        standard = [*standard[:-1], f"from typing import {joined}"]
    wsx = [line for line in needed if line == "import wsx" or line.startswith("from wsx import")]
    return [*needed[:2], *plain, *standard, "", *wsx, *own, ""]


def _import_names(module: str, names: list[str]) -> list[str]:
    if not names:
        return []
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 100:
        return [line]
    return [f"from {module} import (", *(f"    {name}," for name in names), ")"]


def _module(doc: str, imports: list[str], names: list[str], constants: list[str], lines: list[str]) -> str:
    exported = ["__all__ = [", *(f'    "{name}",' for name in names), "]"]
    head = [f'"""{doc}', "", _MADE, '"""', "", *imports, "", *exported]
    if constants:
        head += ["", *constants] if constants != [""] else [""]
    return re.sub("\n{4,}", "\n\n\n", "\n".join([*head, *lines])) + "\n"


def _init(exported: Mapping[str, list[str]], title: str) -> str:
    imports: list[str] = []
    for module in sorted(exported):
        imports += _import_names(module, sorted(exported[module]))
    names = sorted(name for module in exported.values() for name in module)
    lines = [f'"""{title}, typed.', "", _MADE, '"""', "", *imports, "", "__all__ = ["]
    return "\n".join([*lines, *(f'    "{name}",' for name in names), "]"]) + "\n"
