"""The house rules: what may import what, what stands beside a compiled module, and how large things may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wsx

ROOT = Path(__file__).parent.parent
WSX = ROOT / "wsx"

# Rooms from the ground up. A module imports rooms of lower floors and, inside its own room, whatever it likes.
FLOORS: dict[str, int] = {
    "enumerations": 0,
    "errors": 0,
    "names": 0,
    "fragment": 0,
    "values": 0,
    "quotas": 0,
    "legality": 1,
    "leniency": 1,
    "layouts": 1,
    "limits": 1,
    "descriptions": 1,
    "builtin_types": 1,
    "declare": 1,
    "charsets": 1,
    "cursors": 1,
    "spelling": 1,
    "items": 3,
    "xml": 3,
    "columns": 4,
    "message": 4,
    "security": 5,
    "transport": 6,
    "channel": 7,
    "xsd": 4,
    "xsd_patterns": 1,
    "metadata": 8,
    "service": 9,
    "cli": 10,
    "testing": 10,
}
COMPILED_FLOOR = 2
# Values whose methods call the compiled core, which is loaded then.
LATE_IMPORTS = {("fragment", "_fragment")}
# The order of one-file rooms that share a floor, from the ground up.
ORDER_INSIDE = (
    "errors",
    "enumerations",
    "names",
    "fragment",
    "values",
    "quotas",
    "legality",
    "limits",
    "descriptions",
    "builtin_types",
    "declare",
    "charsets",
    "cursors",
    "spelling",
)

PYTHON_FILES = sorted(WSX.rglob("*.py"))
STUBS = sorted(WSX.rglob("*.pyi"))
CYTHON_FILES = sorted([*WSX.rglob("*.pyx"), *WSX.rglob("*.pxd")])
COMPILED = sorted(WSX.rglob("_*.pyx"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

MAX_MODULE_LINES = 900
MAX_FUNCTION_LINES = 60
MAX_SETUP_LINES = 80

# What `import wsx` may not load: transports, the command's libraries, other people's XML and event loops.
HEAVY = [
    "aiohttp",
    "asyncio",
    "click",
    "http",
    "lxml",
    "numpy",
    "polars",
    "pyarrow",
    "pycurl",
    "rich",
    "ssl",
    "urllib3",
    "xml",
]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(module: str) -> str | None:
    """The room of a dotted module name, None when it is not of wsx or is the package itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "wsx" and len(parts) > 1 else None


def floor_of(room: str) -> int:
    assert room.startswith("_") or room in FLOORS, f"wsx.{room} has no floor; give it one in {Path(__file__).name}"
    return COMPILED_FLOOR if room.startswith("_") else FLOORS[room]


def imported_modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import that runs, also inside functions; not those for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            module = node.module or ""
            if module == "wsx":
                yield from ((node.lineno, f"wsx.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module
        yield from imported_modules(node)


def may_import(room: str, other: str) -> bool:
    if room == other or floor_of(other) < floor_of(room):
        return True
    if (room, other) in LATE_IMPORTS:
        return True
    if room in ORDER_INSIDE and other in ORDER_INSIDE:
        return ORDER_INSIDE.index(other) < ORDER_INSIDE.index(room)
    return room.startswith("_") and other.startswith("_")


@pytest.mark.parametrize("path", [p for p in PYTHON_FILES if p != WSX / "__init__.py"], ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    room = path.relative_to(WSX).with_suffix("").parts[0]
    for line, module in imported_modules(ast.parse(path.read_text("utf-8"))):
        other = room_of(module)
        if other is None:
            assert module.split(".")[0] != "wsx", f"{name_of(path)}:{line} imports the package itself"
            continue
        assert may_import(room, other), f"{name_of(path)}:{line}: {room} imports {other}, which is not below it"


def test_the_import_rule_tells_up_from_down() -> None:
    assert may_import("channel", "transport")
    assert may_import("xml", "_writer")
    assert may_import("declare", "descriptions")
    assert not may_import("descriptions", "declare")
    assert not may_import("transport", "channel")
    assert may_import("transport", "security")
    assert not may_import("security", "transport")
    assert not may_import("_reader", "xml")
    source = (
        "import os\nif TYPE_CHECKING:\n    import wsx.cli\n"
        "def f():\n    from wsx.cli import run\n    from wsx import xml\n"
    )
    assert [module for _, module in imported_modules(ast.parse(source))] == ["os", "wsx.cli", "wsx.xml"]


@pytest.mark.parametrize("path", COMPILED, ids=name_of)
def test_cython_imports_point_downwards(path: Path) -> None:
    room = path.relative_to(WSX).with_suffix("").parts[0]
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        words = text.split()
        if len(words) > 1 and words[0] in ("from", "import", "cimport") and (other := room_of(words[1])) is not None:
            if room.startswith("_"):
                assert floor_of(other) <= COMPILED_FLOOR, f"{name_of(path)}:{number} imports {other}, which is above"
            else:
                assert may_import(room, other), f"{name_of(path)}:{number}: {room} imports {other}, which is not below"


def test_the_core_is_there() -> None:
    assert {path.stem for path in COMPILED} >= {"_plan", "_writer", "_reader"}


@pytest.mark.parametrize("path", COMPILED, ids=name_of)
def test_a_stub_stands_beside_every_compiled_module(path: Path) -> None:
    assert path.with_suffix(".pyi").is_file()


@pytest.mark.parametrize("path", COMPILED, ids=name_of)
def test_compiled_modules_are_really_compiled(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    module = __import__(name, fromlist=["*"])
    assert Path(str(module.__file__)).suffix in (".so", ".pyd")


def test_the_package_is_typed() -> None:
    assert (WSX / "py.typed").is_file()


def test_import_is_light(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        "import sys, time; before = set(sys.modules); start = time.perf_counter(); import wsx; "
        "print(time.perf_counter() - start); print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    seconds, modules = done.stdout.splitlines()
    with capsys.disabled():
        print(f"\nimport wsx took {float(seconds) * 1000:.1f} ms")
    loaded = {module.split(".")[0] for module in modules.split()}
    assert "wsx" in loaded
    assert not loaded & set(HEAVY)
    assert not [m for m in modules.split() if m.startswith(("wsx.transport", "wsx.channel", "wsx.cli", "wsx.security"))]


@pytest.mark.parametrize("path", [*PYTHON_FILES, *STUBS, *CYTHON_FILES, *TESTS], ids=name_of)
def test_modules_are_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_MODULE_LINES


@pytest.mark.parametrize("path", PYTHON_FILES, ids=name_of)
def test_functions_are_small(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            # The body counts; a command's signature is its list of options.
            lines = (node.end_lineno or 0) - node.body[0].lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{name_of(path)}:{node.lineno} {node.name} has {lines} lines"


def test_setup_is_small() -> None:
    assert len((ROOT / "setup.py").read_text("utf-8").splitlines()) < MAX_SETUP_LINES


def test_the_version_is_said_once() -> None:
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert found is not None
    assert found[1] == wsx.__version__
