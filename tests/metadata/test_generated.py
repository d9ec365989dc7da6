"""Generated packages: they import, write what the tables of the model write, and pass mypy strict."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from lxml import etree

import wsx
from tests.metadata.documents_for_tests import OWN, documents, messages
from tests.metadata.values_for_tests import Values
from wsx.errors import InvalidArgument
from wsx.metadata import generate, load, package
from wsx.service import Operation

ROOT = Path(__file__).parents[2]
MYPY = """\
[mypy]
strict = True
[mypy-pycurl.*,lxml.*]
ignore_missing_imports = True
"""


def canonical(data: bytes) -> bytes:
    return bytes(etree.tostring(etree.fromstring(data), method="c14n"))


def package_name(path: Path) -> str:
    return "made_" + path.stem.replace("-", "_")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("made_")]:
        del sys.modules[name]


def operations_of(made: ModuleType) -> dict[str, list[Operation[Any]]]:
    client = importlib.import_module(f"{made.__name__}.client")
    found: dict[str, list[Operation[Any]]] = {}
    for value in vars(client).values():
        if isinstance(value, Operation):
            found.setdefault(value.name, []).append(value)
    return found


@pytest.mark.parametrize("most_in_one", [0, 40])
@pytest.mark.parametrize("path", documents())
def test_classes_write_what_the_tables_of_the_model_write(
    path: Path, folder: Path, most_in_one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "MOST_IN_ONE", most_in_one)
    model = load(path)
    name = package_name(path)
    generate(model, folder / name)
    made_package = importlib.import_module(name)
    for exported in made_package.__all__:
        if hasattr(getattr(made_package, exported), "__wsx_struct__"):
            wsx.describe(getattr(made_package, exported))
    for operation, message in messages(model):
        assert message.body is not None
        element = model.describe(message.body)
        pointer = element.type is wsx.Type.XML_BUFFER
        write = wsx.WriteOption.REQUIRED_POINTER if pointer else wsx.WriteOption.REQUIRED_VALUE
        read = wsx.ReadOption.REQUIRED_POINTER if pointer else wsx.ReadOption.REQUIRED_VALUE
        made = operations_of(made_package)[operation.name][0]
        own = made.request_message.body if message is operation.input else made.reply_element
        assert own is not None
        for seed in range(6):
            data = wsx.write_element(element, Values(model.tables, seed).of(message.body.shape), option=write)
            value = wsx.read_element(own, data, option=read)
            again = wsx.write_element(own, value, option=write)
            # Fragments bring their declarations along, from wherever they were read.
            assert again == data or canonical(again) == canonical(data)


def test_the_same_document_makes_the_same_bytes(tmp_path: Path) -> None:
    path = OWN / "everything.wsdl"
    first = {made.name: made.read_bytes() for made in generate(load(path), tmp_path / "one")}
    again = {made.name: made.read_bytes() for made in generate(load(path), tmp_path / "one")}
    other = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from wsx.metadata import load, generate; generate(load(sys.argv[1]), sys.argv[2])",
            str(path),
            str(tmp_path / "two"),
        ],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7", "PATH": ""},
    )
    assert other.stdout == b""
    elsewhere = {made.name: made.read_bytes() for made in (tmp_path / "two").iterdir()}
    assert first == again == elsewhere
    assert sorted(first) == ["__init__.py", "client.py", "faults.py", "py.typed", "types.py"]


def test_a_generated_package_needs_no_lxml(tmp_path: Path) -> None:
    generate(load(OWN / "everything.wsdl"), tmp_path / "made_light")
    program = (
        "import sys; import made_light; made_light.EverythingServiceClient if False else None; "
        "print('lxml' in sys.modules, 'pycurl' in sys.modules, [m for m in sys.modules if 'wsx.metadata' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": ""},
    )
    assert done.stdout.split("\n")[0] == "False False []"


def many_types(count: int) -> bytes:
    """A schema of types, each ten of which refer to each other in a ring."""
    types = "".join(
        f'<xs:complexType name="T{i}"><xs:sequence><xs:element name="next" type="t:T{i // 10 * 10 + (i + 1) % 10}"'
        ' minOccurs="0"/></xs:sequence></xs:complexType>'
        for i in range(count)
    )
    head = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t"'
    return f'{head} elementFormDefault="qualified">{types}</xs:schema>'.encode()


def test_of_many_types_only_those_are_made_that_are_used(folder: Path) -> None:
    generate(load(many_types(100)), folder / "made_many")
    made = importlib.import_module("made_many")
    assert not any(name.startswith("made_many.") for name in sys.modules)
    seven = made.T7
    assert [name for name in sys.modules if name.startswith("made_many.types._")] == ["made_many.types._t7"]
    assert wsx.write_element(seven, seven(next=made.T8())) == b'<T7 xmlns="urn:t"><next/></T7>'
    loaded = {name for name in sys.modules if name.startswith("made_many.types._")}
    assert loaded == {f"made_many.types._t{i}" for i in range(10)}
    assert "T99" in dir(made)
    with pytest.raises(AttributeError, match="has no attribute 'T100'"):
        _ = made.T100


def test_types_of_fewer_than_before_are_one_file_again(tmp_path: Path) -> None:
    target = tmp_path / "made_less"
    generate(load(many_types(50)), target)
    assert (target / "types" / "_t49.py").is_file()
    (target / "own.py").write_text("MINE = 1\n")
    generate(load(many_types(40)), target)
    assert sorted(path.name for path in target.iterdir()) == ["__init__.py", "own.py", "py.typed", "types.py"]
    generate(load(many_types(50)), target)
    assert not (target / "types.py").exists()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with the packages of all documents, and their names."""
    folder = tmp_path_factory.mktemp("packages")
    names = []
    for parameter in documents():
        path = parameter.values[0]
        if path.is_file():
            names.append(package_name(path))
            generate(load(path), folder / names[-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "MOST_IN_ONE", 0)
        names.append("made_in_modules")
        generate(load(OWN / "everything.wsdl"), folder / names[-1])
    return folder, names


def check(folder: Path, *command: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_packages_pass_mypy_strict(packages: tuple[Path, list[str]]) -> None:
    folder, names = packages
    (folder / "mypy.ini").write_text(MYPY)
    arguments = [argument for name in names for argument in ("-p", name)]
    check(
        folder,
        "mypy",
        "--config-file",
        "mypy.ini",
        "--cache-dir",
        str(folder / "cache"),
        *arguments,
        MYPYPATH=str(ROOT),
    )


def test_all_packages_pass_pyright_strict(packages: tuple[Path, list[str]]) -> None:
    folder, names = packages
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "include": names}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    # The variable keeps it from asking for newer versions of itself.
    check(folder, "pyright", "--pythonpath", sys.executable, "-p", ".", PYRIGHT_PYTHON_IGNORE_WARNINGS="1")


def test_a_directory_that_is_no_package_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="'not-a-name' cannot be the name of a package"):
        generate(load(OWN / "everything.wsdl"), tmp_path / "not-a-name")
