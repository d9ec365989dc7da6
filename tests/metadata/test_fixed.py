"""Facets and fixed values: checked when writing and when reading, or not at all; generated packages do the same."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import wsx
from wsx.errors import InvalidFormat, WsError
from wsx.metadata import generate, load

NS = "urn:f"
SCHEMA = f"""\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NS}" targetNamespace="{NS}"
    elementFormDefault="qualified">
  <xs:simpleType name="Code"><xs:restriction base="xs:string"><xs:maxLength value="2"/></xs:restriction></xs:simpleType>
  <xs:element name="top"><xs:complexType>
    <xs:sequence>
      <xs:element name="kind" type="xs:string" fixed="always"/>
      <xs:element name="number" type="xs:int" fixed="7" minOccurs="0"/>
      <xs:element name="code" type="Code" minOccurs="0"/>
    </xs:sequence>
    <xs:attribute name="version" type="xs:decimal" fixed="1.0"/>
    <xs:attribute name="on" type="xs:boolean" fixed="true"/>
  </xs:complexType></xs:element>
</xs:schema>""".encode()
GOOD = [
    "<kind>always</kind>",
    "<kind/>",
    "<kind>always</kind><number> 07 </number>",
    "<kind>always</kind><code>ab</code>",
]
BAD = ["<kind>never</kind>", "<kind>always</kind><number>8</number>", "<kind>always</kind><code>abc</code>"]


def document(inside: str, attributes: str = "") -> bytes:
    return f'<top xmlns="{NS}"{attributes}>{inside}</top>'.encode()


@pytest.mark.parametrize("inside", GOOD)
def test_what_the_schema_allows_is_read(inside: str) -> None:
    value = wsx.read_element(load(SCHEMA).element("top", NS), document(inside, ' on="1"'))
    assert value.kind == "always"
    assert value.number in (None, 7)
    assert value.on is True


@pytest.mark.parametrize("inside", BAD)
def test_other_values_are_refused(inside: str) -> None:
    with pytest.raises(InvalidFormat):
        wsx.read_element(load(SCHEMA).element("top", NS), document(inside))
    loose = load(SCHEMA, check_facets=False).element("top", NS)
    assert wsx.write_element(loose, wsx.read_element(loose, document(inside))) is not None


def test_other_attributes_are_refused() -> None:
    element = load(SCHEMA).element("top", NS)
    with pytest.raises(InvalidFormat, match="the value is fixed, 'true'"):
        wsx.read_element(element, document(GOOD[0], ' on="false"'))


@pytest.mark.parametrize("field", [{"kind": "never"}, {"number": 8}, {"code": "abc"}, {"on": False}])
def test_other_values_are_not_written(
    field: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(SCHEMA)
    element = model.element("top", NS)
    table = element.resolve_description()
    assert isinstance(table, wsx.StructDescription)
    assert wsx.write_element(element, table.python_type()) is not None
    with pytest.raises(WsError):
        wsx.write_element(element, table.python_type(**field))
    generate(model, tmp_path / "made_fixed")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        made = importlib.import_module("made_fixed")
        assert wsx.write_element(made.Top, made.Top()) is not None
        with pytest.raises(WsError):
            wsx.write_element(made.Top, made.Top(**field))
    finally:
        for name in [name for name in sys.modules if name.startswith("made_fixed")]:
            del sys.modules[name]


def test_what_is_not_checked_is_said() -> None:
    messages = [str(warning) for warning in load(SCHEMA).check()]
    assert len(messages) == 1
    assert "that the value is '1.0' is not checked" in messages[0]
