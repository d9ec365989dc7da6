"""Imports that are kept: the same model, from the same documents only, and from files that are the user's own only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.metadata.documents_for_tests import OWN, documents
from wsx.errors import InvalidFormat
from wsx.metadata import generate, load
from wsx.metadata.hints import hint_of

ROOT = Path(__file__).parents[2]
HEAD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a" elementFormDefault="qualified">'
SCHEMA = HEAD + "{}</xs:schema>"
INCLUDE = '<xs:include schemaLocation="part.xsd"/><xs:element name="top" type="xs:int"/>'
PART = (
    '<xs:complexType name="Part"><xs:sequence><xs:element name="{}" type="xs:string"/></xs:sequence></xs:complexType>'
)


def kept(directory: Path) -> list[Path]:
    return sorted(directory.glob("*"))


def package_of(model: Any, target: Path) -> dict[str, bytes]:
    return {path.relative_to(target).as_posix(): path.read_bytes() for path in generate(model, target)}


@pytest.mark.parametrize("path", documents())
def test_a_kept_import_is_the_same_model(path: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = load(path, cache=cache)
    again = load(path, cache=cache)
    assert first.documents is not None
    assert again.documents is None, [str(warning) for warning in again.warnings]
    assert str(again) == str(first)
    assert again.warnings == first.warnings
    made, other = package_of(load(path), tmp_path / "made"), package_of(again, tmp_path / "again")
    assert made == other
    for shape, wanted in zip(again.all_structs(), first.all_structs(), strict=True):
        assert again.struct(shape).pretty() == first.struct(wanted).pretty()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "part.xsd").write_text(SCHEMA.format(PART.format("one")))
    (tmp_path / "top.xsd").write_text(SCHEMA.format(INCLUDE))
    return tmp_path / "top.xsd"


def test_another_document_is_another_import(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load(source, cache=cache)
    assert load(source, cache=cache).documents is None
    (tmp_path / "part.xsd").write_text(SCHEMA.format(PART.format("two")))
    changed = load(source, cache=cache)
    assert changed.documents is not None
    assert "two: str" in str(changed)
    assert len(kept(cache)) == 1  # in the place of the old one
    source.write_text(SCHEMA.format(INCLUDE.replace("xs:int", "xs:long")))
    assert load(source, cache=cache).documents is not None
    assert load(source, cache=cache, allow_network=("example.org",)).documents is not None
    (tmp_path / "part.xsd").unlink()
    with pytest.raises(InvalidFormat, match=r"part\.xsd: cannot be read"):
        load(source, cache=cache)


def test_files_are_for_the_user_alone(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    old = os.umask(0)
    try:
        load(source, cache=cache)
    finally:
        os.umask(old)
    assert cache.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in kept(cache)] == [0o600]


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o720, 0o777])
def test_a_directory_that_others_may_use_is_not_used(source: Path, tmp_path: Path, mode: int) -> None:
    cache = tmp_path / "cache"
    load(source, cache=cache)
    cache.chmod(mode)
    model = load(source, cache=cache)
    assert model.documents is not None
    assert "can be used by others" in str(model.warnings[-1])


def test_neither_is_a_file(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load(source, cache=cache)
    (file,) = kept(cache)
    file.chmod(0o620)
    model = load(source, cache=cache)
    assert model.documents is not None
    assert "can be used by others" in str(model.warnings[-1])


def test_nor_one_of_another_user(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    load(source, cache=cache)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    model = load(source, cache=cache)
    assert model.documents is not None
    assert "belongs to another user" in str(model.warnings[-1])


def test_links_are_not_followed(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load(source, cache=cache)
    (tmp_path / "link").symlink_to(cache)
    assert load(source, cache=tmp_path / "link").documents is not None
    (file,) = kept(cache)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert load(source, cache=cache).documents is not None


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data.replace(b"urn:a", b"urn:b")]
)
def test_what_is_not_whole_is_not_used(source: Path, tmp_path: Path, damage: Any) -> None:
    cache = tmp_path / "cache"
    load(source, cache=cache)
    (file,) = kept(cache)
    file.write_bytes(damage(file.read_bytes()))
    model = load(source, cache=cache)
    assert model.documents is not None
    assert "not whole" in str(model.warnings[-1])


def test_what_cannot_be_used_is_not_kept(tmp_path: Path) -> None:
    broken = SCHEMA.format('<xs:element name="top" type="Missing"/>').encode()
    load(broken, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists() or kept(tmp_path / "cache") == []


def test_a_kept_import_needs_no_lxml(tmp_path: Path) -> None:
    program = (
        "import sys; from wsx.metadata import load; m = load(sys.argv[1], cache=sys.argv[2]); m.check(); "
        "print(m.documents is None, 'lxml' in sys.modules)"
    )
    for wanted in ("False True", "True False"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(OWN / "everything.wsdl"), str(tmp_path / "cache")],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        assert done.stdout.strip() == wanted


def test_the_directory_of_the_user(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    load(source, cache=True)
    assert len(kept(tmp_path / "home" / "wsx")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "wsx.connect('x')",
        "str.__class__",
        "wsx.__dict__",
        "xsd._TokenText()",
        "[x for x in (1,)]",
        "lambda: 1",
        "str(",
        "unknown",
    ],
)
def test_annotations_are_data(text: str) -> None:
    with pytest.raises(InvalidFormat, match="is no annotation"):
        hint_of(text, int)
