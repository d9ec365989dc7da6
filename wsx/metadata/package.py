"""A package of typed Python for a service."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from wsx.errors import InvalidArgument
from wsx.metadata.model import Model
from wsx.metadata.names import literal
from wsx.metadata.python_clients import Clients, shapes_of
from wsx.metadata.python_modules import MADE as _MADE
from wsx.metadata.python_modules import MOST_IN_ONE, TypeModules, import_names, lazy_exports, module
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


def write_package(model: Model, directory: str | os.PathLike[str]) -> list[Path]:
    """Write a package of typed Python for the service into ``directory``; returns the paths of its files.

    It needs neither the WSDL nor lxml when it runs. ``types`` has a class for each type, in one file or, where there
    are many, one for each; ``faults.py`` an exception for each declared fault, ``client.py`` a client for each SOAP
    port, for threads and for asyncio. The same document makes the same bytes each time. The directory is made where it
    does not exist; of the files in it those go that an earlier run made and this one does not.

    :raises InvalidFormat: for a document that cannot be used.
    :raises OSError: when a file cannot be written.
    """
    target = Path(directory)
    if not target.name.isidentifier():
        raise InvalidArgument(f"{target.name!r} cannot be the name of a package")
    files = sources(model)
    for name, text in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    _remove_old(target, files)
    return [target / name for name in files]


def _remove_old(target: Path, files: Mapping[str, str]) -> None:
    """A ``types`` folder that is not made any more would hide ``types.py``."""
    folder = target / "types"
    for path in [*target.glob("*.py"), *folder.glob("*.py")]:
        if path.relative_to(target).as_posix() not in files and _MADE in path.read_text("utf-8", "replace")[:400]:
            path.unlink()
    if "types.py" in files and folder.is_dir():
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def sources(model: Model) -> Mapping[str, str]:
    """The files of the package: their names and texts."""
    found: list[Value] = shapes_of(model)
    shapes = reached(found or list(model.all_structs()))
    enums = [shape for shape in shapes if isinstance(shape, EnumShape)]
    structs = [shape for shape in with_bases_first(shapes) if isinstance(shape, StructShape)]
    namer = Namer([*enums, *structs], namespaces_of(structs))
    title = re.sub(r"[\s\"\\]+", " ", Path(model.url).name)
    if len(enums) + len(structs) <= MOST_IN_ONE:
        files = {"types.py": _types(namer, enums, structs, title)}
    else:
        files = TypeModules(namer, [*enums, *structs], f"The types of {title}.").files()
    exported = {".types": sorted(namer.names.values())}
    clients = Clients(model, namer.qualified())
    clients.add_all()
    if clients.faults:
        files["faults.py"] = _faults(clients, title)
        exported[".faults"] = sorted(clients.faults)
    if clients.classes:
        files["client.py"] = _clients(clients, title)
        exported[".client"] = sorted(clients.classes)
    files["__init__.py"] = module(f"{title}, typed.", *lazy_exports(exported))
    files["py.typed"] = ""
    return files


def _types(namer: Namer, enums: list[EnumShape], structs: list[StructShape], title: str) -> str:
    parts = [enum_source(namer, shape) for shape in enums] + [struct_source(namer, shape) for shape in structs]
    constants = [f"{name} = {literal(ns)}" for ns, name in namer.namespaces.items()]
    lines = [line for part in parts for line in ("", "", *part)]
    return module(f"The types of {title}.", imports_of(lines), sorted(namer.names.values()), [*constants, *lines])


def _faults(clients: Clients, title: str) -> str:
    lines = [line for part in clients.faults.values() for line in ("", "", *part)]
    imports = _with_imports(lines, ["from typing import Any, ClassVar"], ["from wsx.service import ServiceFault"])
    return module(f"The faults that the operations of {title} declare.", imports, sorted(clients.faults), lines)


def _clients(clients: Clients, title: str) -> str:
    lines: list[str] = [""]
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
    imports += import_names(".faults", [name for name in sorted(clients.faults) if re.search(rf"\b{name}\b", text)])
    return module(f"Clients of {title}.", imports, sorted(clients.classes), lines)


def _with_imports(lines: Iterable[str], standard: list[str], own: list[str]) -> list[str]:
    """The imports of ``lines`` with more of the standard library and of wsx."""
    needed = imports_of(lines)
    plain = sorted(line for line in needed[2:] if line.startswith("import ") and line != "import wsx")
    typing = [line for line in needed if line.startswith("from typing")]
    if typing and any(line.startswith("from typing") for line in standard):
        joined = ", ".join(sorted({"Annotated", *standard[-1].removeprefix("from typing import ").split(", ")}))
        standard = [*standard[:-1], f"from typing import {joined}"]
    wsx = [line for line in needed if line == "import wsx" or line.startswith("from wsx import")]
    types = ["from . import types"] if re.search(r"\btypes\.", "\n".join(lines)) else []
    return [*needed[:2], *plain, *standard, "", *wsx, *own, "", *types]
