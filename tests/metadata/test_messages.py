"""Every message of every WSDL: random values are written, validated by libxml2, and read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

import wsx
from tests.metadata.documents_for_tests import documents, messages, validator
from tests.metadata.values_for_tests import Values
from wsx.leniency import Forgiven
from wsx.metadata import load


@pytest.mark.parametrize("path", documents())
def test_messages_are_valid_and_read_back(path: Path, tmp_path: Path) -> None:
    model = load(path)
    found = messages(model)
    schema = validator(model, tmp_path) if found else None
    for operation, message in found:
        assert message.body is not None
        element = model.describe(message.body)
        write, read = wsx.WriteOption.REQUIRED_VALUE, wsx.ReadOption.REQUIRED_VALUE
        if element.type is wsx.Type.XML_BUFFER:
            write, read = wsx.WriteOption.REQUIRED_POINTER, wsx.ReadOption.REQUIRED_POINTER
        for seed in range(12):
            value = Values(model.tables, seed).of(message.body.shape)
            data = wsx.write_element(element, value, option=write)
            assert schema is not None
            document = etree.fromstring(data)
            assert schema.validate(document), f"{operation.name}: {schema.error_log}\n{data.decode()}"
            # Canonical, it is what another implementation would write: other prefixes are declared, and elsewhere.
            canonical = etree.tostring(document, method="c14n")
            for spelled in (data, canonical):
                back = wsx.read_element(element, spelled, option=read)
                again = etree.fromstring(wsx.write_element(element, back, option=write))
                assert etree.tostring(again, method="c14n") == canonical
                if b"deep" not in data:  # fragments keep the declarations around them
                    assert back == value


def test_xs_all_is_read_in_any_order() -> None:
    model = load(Path(__file__).parent / "documents" / "everything.wsdl")
    element = model.element("everythingResponse", "urn:wsx:everything")
    data = (
        b'<everythingResponse xmlns="urn:wsx:everything"><summary><three>x</three><one>1</one></summary>'
        b"</everythingResponse>"
    )
    forgiven: list[Forgiven] = []
    value = wsx.read_element(element, data, leniency=wsx.Leniency(any_order=True), forgiven=forgiven)
    assert (value.summary.one, value.summary.two, value.summary.three) == (1, None, "x")
