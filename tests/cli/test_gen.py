"""``wsx gen``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.metadata.documents_for_tests import OWN
from wsx.cli.main import main
from wsx.metadata import generate, load

WSDL = str(OWN / "everything.wsdl")


def test_a_package_is_written(tmp_path: Path) -> None:
    target = tmp_path / "service"
    result = CliRunner().invoke(main, ["gen", WSDL, "-o", str(target)])
    assert result.exit_code == 0, result.output
    assert f"{target}: 5 files, " in result.stdout
    assert "mixed content is kept as XML, in the field 'content'" in result.stderr
    again = {path.name: path.read_bytes() for path in generate(load(WSDL), tmp_path / "again")}
    assert {path.name: path.read_bytes() for path in target.iterdir()} == again


def test_the_catalog(tmp_path: Path) -> None:
    (tmp_path / "t.xsd").write_text(
        '<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">'
        '<element name="e"><complexType/></element></schema>'
    )
    (tmp_path / "main.xsd").write_text(
        '<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:m">'
        '<import namespace="urn:t" schemaLocation="http://example.invalid/t.xsd"/></schema>'
    )
    arguments = ["gen", str(tmp_path / "main.xsd"), "-o", str(tmp_path / "made")]
    without = CliRunner().invoke(main, arguments)
    assert "class E" not in (tmp_path / "made" / "types.py").read_text()
    assert "not fetched" in without.stderr
    catalog = f"http://example.invalid/t.xsd={tmp_path / 't.xsd'}"
    result = CliRunner().invoke(main, [*arguments, "--catalog", catalog])
    assert result.exit_code == 0, result.output
    assert "class E" in (tmp_path / "made" / "types.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.wsdl", "-o", "x"], 1, "none.wsdl: cannot be read"),
        ([WSDL, "-o", "not-a-name"], 1, "'not-a-name' cannot be the name of a package"),
        (["http://example.invalid/x.wsdl", "-o", "x"], 1, "not fetched"),
        ([WSDL, "-o", "x", "--catalog", "nothing"], 2, "'nothing' is not of the form URL=FILE"),
        ([WSDL], 2, "Missing option"),
    ],
)
def test_what_cannot_be_done(
    arguments: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["gen", *arguments])
    assert result.exit_code == code
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []
