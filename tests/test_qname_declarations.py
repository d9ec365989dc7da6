"""QName values in namespaces that nothing around binds: the start tag declares a prefix for them (types.md §6)."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

import pytest

import wsx
from wsx import FieldMapping, FieldOption, Type, XmlQName
from wsx._writer import Output
from wsx.descriptions import (
    XML_NAMESPACE,
    XMLNS_NAMESPACE,
    ElementDescription,
    FieldDescription,
    StructDescription,
    UnionDescription,
    UnionFieldDescription,
)
from wsx.errors import InvalidArgument, InvalidFormat

X, Y = XmlQName("x", "urn:x"), XmlQName("y", "urn:y")


def field(name: str, mapping: FieldMapping = FieldMapping.ELEMENT, **more: Any) -> FieldDescription:
    return FieldDescription(name, Type.XML_QNAME, mapping=mapping, **more)


def struct(*fields: FieldDescription, ns: str = "") -> StructDescription:
    return StructDescription(dict, list(fields), ns=ns)


def element(*fields: FieldDescription, ns: str = "") -> ElementDescription:
    return ElementDescription("t", ns, Type.STRUCT, struct(*fields, ns=ns))


ATTRIBUTE, TEXT, REPEATING = FieldMapping.ATTRIBUTE, FieldMapping.TEXT, FieldMapping.REPEATING_ELEMENT
INNER = struct(field("n", TEXT))
CHOICE = UnionDescription([UnionFieldDescription("q", field("q"))])
CASES: dict[str, tuple[ElementDescription, Any, bytes]] = {
    "an element": (ElementDescription("t", "", Type.XML_QNAME), X, b'<t xmlns:a="urn:x">a:x</t>'),
    "before the declarations of the table": (
        ElementDescription("t", "urn:t", Type.XML_QNAME),
        X,
        b'<t xmlns:a="urn:x" xmlns="urn:t">a:x</t>',
    ),
    "bound by the table": (ElementDescription("t", "urn:x", Type.XML_QNAME), X, b'<t xmlns="urn:x">x</t>'),
    "of the namespace of XML": (
        ElementDescription("t", "", Type.XML_QNAME),
        XmlQName("lang", XML_NAMESPACE),
        b"<t>xml:lang</t>",
    ),
    "child elements, each its own": (
        element(field("f"), field("g"), ns="urn:t"),
        {"f": X, "g": Y},
        b'<t xmlns="urn:t"><f xmlns:a="urn:x">a:x</f><g xmlns:a="urn:y">a:y</g></t>',
    ),
    "items, nil ones among them": (
        element(field("f", REPEATING, options=FieldOption.NILLABLE_ITEM | FieldOption.POINTER)),
        {"f": [X, None, XmlQName("n")]},
        b'<t><f xmlns:a="urn:x">a:x</f><f a:nil="true" xmlns:a="http://www.w3.org/2001/XMLSchema-instance"/><f>n</f></t>',
    ),
    "an attribute": (element(field("f", ATTRIBUTE)), {"f": X}, b'<t f="a:x" xmlns:a="urn:x"/>'),
    "attributes of one namespace": (
        element(field("f", ATTRIBUTE), field("g", ATTRIBUTE), field("h", ATTRIBUTE), ns="urn:t"),
        {"f": X, "g": Y, "h": X},
        b'<t f="a:x" g="b:y" h="a:x" xmlns:a="urn:x" xmlns:b="urn:y" xmlns="urn:t"/>',
    ),
    "beside an attribute with a prefix that may come": (
        element(
            field("f", ATTRIBUTE, ns="urn:a", options=FieldOption.OPTIONAL),
            field("g", ATTRIBUTE, ns="urn:a", options=FieldOption.OPTIONAL),
        ),
        {"f": X, "g": XmlQName("y", "urn:a")},
        b'<t a:f="b:x" a:g="c:y" xmlns:a="urn:a" xmlns:b="urn:x" xmlns:c="urn:a"/>',
    ),
    "the text": (
        element(field("f", ATTRIBUTE), field("g", TEXT), ns="urn:t"),
        {"f": X, "g": Y},
        b'<t f="a:x" xmlns:a="urn:x" xmlns:b="urn:y" xmlns="urn:t">b:y</t>',
    ),
    "the text of a structure in it": (
        element(
            field("o", ATTRIBUTE, ns="urn:o", options=FieldOption.OPTIONAL),
            FieldDescription("s", Type.STRUCT, INNER, mapping=TEXT),
        ),
        {"o": XmlQName("o"), "s": {"n": X}},
        b'<t a:o="o" xmlns:a="urn:o" xmlns:b="urn:x">b:x</t>',
    ),
    "an arm of a choice": (
        element(FieldDescription("c", Type.UNION, CHOICE, mapping=FieldMapping.ELEMENT_CHOICE)),
        {"c": wsx.Choice("q", X)},
        b'<t><q xmlns:a="urn:x">a:x</q></t>',
    ),
    "content below keeps its prefixes": (
        element(field("f", ATTRIBUTE), FieldDescription("g", Type.STRUCT, struct(field("h")), ns="urn:x"), ns="urn:t"),
        {"f": X, "g": {"h": X}},
        b'<t f="a:x" xmlns:a="urn:x" xmlns="urn:t"><g xmlns="urn:x"><h xmlns:a="urn:x" xmlns="">a:x</h></g></t>',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_round_trips(case: str) -> None:
    table, value, data = CASES[case]
    assert wsx.write_element(table, value) == data
    assert wsx.read_element(table, data) == value
    expat.ParserCreate(namespace_separator=" ").Parse(data, True)  # no prefix twice, none unbound


def test_derived_types() -> None:
    kind = FieldDescription("kind", Type.DESCRIPTION, mapping=FieldMapping.TYPE_ATTRIBUTE)
    names = [kind, field("f", ATTRIBUTE), field("g")]
    derived = StructDescription(dict, names, type_local_name="D", type_ns="urn:d")
    base = StructDescription(dict, names, type_local_name="B", type_ns="urn:d", sub_types=[derived])
    table = ElementDescription("t", "", Type.STRUCT, base)
    value = {"kind": derived, "f": X, "g": Y}
    data = wsx.write_element(table, value)
    assert data.startswith(b'<t a:type="b:D" f="c:x" xmlns:a=')
    assert wsx.read_element(table, data) == value


def test_in_other_scopes() -> None:
    table = ElementDescription("t", "", Type.XML_QNAME)
    output = Output()
    output.write_element(table, X, scope=(("a", "urn:a"), ("b", "urn:b")))
    output.write_element(table, X, scope=(("a", "urn:a"), ("b", "urn:x")))
    assert output.take() == b'<t xmlns:c="urn:x">c:x</t><t>b:x</t>'


def test_wished_prefixes() -> None:
    spelling = wsx.Spelling(prefixes={"p": "urn:x", "q": "urn:t"})
    for table, data in (
        (ElementDescription("t", "urn:t", Type.XML_QNAME), b'<q:t xmlns:p="urn:x" xmlns:q="urn:t">p:x</q:t>'),
        (element(field("f", ATTRIBUTE), ns="urn:t"), b'<q:t f="p:x" xmlns:p="urn:x" xmlns:q="urn:t"/>'),
    ):
        value: Any = X if table.type is Type.XML_QNAME else {"f": X}
        assert wsx.write_element(table, value, spelling=spelling) == data
        assert wsx.read_element(table, data) == value


def test_limits_hold() -> None:
    limited = wsx.XmlQNameDescription(max_ns_byte_count=5)
    table = ElementDescription("t", "", Type.XML_QNAME, limited)
    assert wsx.write_element(table, X) == b'<t xmlns:a="urn:x">a:x</t>'
    with pytest.raises(InvalidFormat, match="6 bytes of namespace"):
        wsx.write_element(table, XmlQName("x", "urn:xy"))


@pytest.mark.parametrize(
    ("table", "value", "error"),
    [
        # the default namespace cannot be taken from the element itself
        (ElementDescription("t", "urn:t", Type.XML_QNAME), XmlQName("x"), InvalidFormat),
        (element(field("f", ATTRIBUTE), ns="urn:t"), {"f": XmlQName("x")}, InvalidFormat),
        (ElementDescription("t", "", Type.XML_QNAME), XmlQName("x", XMLNS_NAMESPACE), InvalidFormat),
        (ElementDescription("t", "", Type.XML_QNAME), XmlQName("x", "urn:\0"), InvalidFormat),
        (ElementDescription("t", "", Type.XML_QNAME), XmlQName("", "urn:x"), InvalidFormat),
        (ElementDescription("t", "", Type.XML_QNAME), "x", InvalidArgument),
    ],
)
def test_names_that_cannot_be_written(table: ElementDescription, value: Any, error: type[Exception]) -> None:
    output = Output()
    output.write(b"<r>")
    with pytest.raises(error):
        output.write_element(table, value)
    assert output.take() == b"<r>"


def test_fault_codes_of_soap_1_1_are_declared_where_they_stand() -> None:
    fault = wsx.Fault(wsx.FaultCode(X), (wsx.FaultReason("no"),))
    description = wsx.FaultDescription(wsx.EnvelopeVersion.SOAP_1_1)
    table = ElementDescription("f", "", Type.FAULT, description)
    data = wsx.write_element(table, fault)
    assert b'<faultcode xmlns:a="urn:x">a:x</faultcode>' in data
    assert wsx.read_element(table, data) == fault


@pytest.mark.parametrize(
    ("document", "offset"), [(b"<t> p:x</t>", 3), (b"<t f='p:x'/>", 6), (b"<t><n> </n><f>p:x</f></t>", 14)]
)
def test_a_prefix_that_nothing_binds_names_its_place(document: bytes, offset: int) -> None:
    mapping = {3: TEXT, 6: ATTRIBUTE}.get(offset, FieldMapping.ELEMENT)
    first = [FieldDescription("n", Type.STRING)] if mapping is FieldMapping.ELEMENT else []
    with pytest.raises(InvalidFormat, match="prefix p is not bound") as caught:
        wsx.read_element(element(*first, field("f", mapping)), document)
    assert caught.value.offset == offset
