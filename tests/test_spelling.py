"""Prefixes, empty elements, declarations and encodings that a peer insists on; libxml2 reads what is written."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import wsx
from wsx import (
    ElementDescription,
    Encoding,
    FieldDescription,
    FieldMapping,
    FieldOption,
    Spelling,
    StructDescription,
    Type,
    read_element,
    write_element,
)
from wsx.errors import InvalidArgument, NotSupported

# lxml brings no types.
etree: Any = importlib.import_module("lxml.etree")

NIL = FieldOption.POINTER | FieldOption.NILLABLE
TABLE = ElementDescription(
    "t",
    "urn:a",
    Type.STRUCT,
    StructDescription(
        dict,
        [
            FieldDescription("k", Type.STRING, mapping=FieldMapping.ATTRIBUTE, ns="urn:c"),
            FieldDescription("x", Type.STRING),
            FieldDescription("y", Type.INT32, ns="urn:b", options=NIL),
            FieldDescription(
                "z", Type.INT32, mapping=FieldMapping.REPEATING_ELEMENT, local_name="zs", item_local_name="z"
            ),
        ],
        ns="urn:a",
    ),
)
VALUE: dict[str, Any] = {"k": "é", "x": "", "y": None, "z": []}
XSI = "http://www.w3.org/2001/XMLSchema-instance"

SPELLINGS: list[tuple[Spelling | None, str]] = [
    (
        None,
        f'<t a:k="é" xmlns:a="urn:c" xmlns="urn:a"><x/><y a:nil="true" xmlns:a="{XSI}" xmlns="urn:b"/><zs/></t>',
    ),
    (
        Spelling({"p": "urn:a", "q": "urn:b", "r": "urn:c"}),
        '<p:t r:k="é" xmlns:r="urn:c" xmlns:p="urn:a"><p:x/>'
        f'<q:y a:nil="true" xmlns:a="{XSI}" xmlns:q="urn:b"/><p:zs/></p:t>',
    ),
    (
        Spelling({"p": "urn:a", "q": "urn:b", "r": "urn:c", "xsi": XSI}, declare_on_root=True),
        f'<p:t r:k="é" xmlns:p="urn:a" xmlns:q="urn:b" xmlns:r="urn:c" xmlns:xsi="{XSI}"><p:x/>'
        '<q:y xsi:nil="true"/><p:zs/></p:t>',
    ),
    (
        Spelling({"": "urn:b", "p": "urn:a"}, emit_uncompressed_empty_elements=True),
        '<p:t a:k="é" xmlns:a="urn:c" xmlns:p="urn:a"><p:x></p:x>'
        f'<y a:nil="true" xmlns:a="{XSI}" xmlns="urn:b"></y><p:zs></p:zs></p:t>',
    ),
]


def shape(node: Any) -> Any:
    """What a document says, whatever its prefixes."""
    return (node.tag, sorted(node.attrib.items()), node.text or "", [shape(child) for child in node])


@pytest.mark.parametrize(("spelling", "text"), SPELLINGS)
def test_spellings(spelling: Spelling | None, text: str) -> None:
    data = write_element(TABLE, VALUE, spelling=spelling)
    assert data.decode() == text
    assert write_element(TABLE, VALUE, spelling=spelling) == data  # the plan is kept
    assert read_element(TABLE, data) == VALUE
    assert shape(etree.fromstring(data)) == shape(etree.fromstring(write_element(TABLE, VALUE)))


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [(Encoding.XML_UTF8, "utf-8"), (Encoding.XML_UTF16LE, "utf-16"), (Encoding.XML_UTF16BE, "utf-16")],
)
@pytest.mark.parametrize("declared", [False, True])
def test_encodings(encoding: Encoding, codec: str, declared: bool) -> None:
    data = write_element(TABLE, VALUE, encoding=encoding, spelling=Spelling(write_declaration=declared))
    text = data.decode(codec)
    assert text.startswith('<?xml version="1.0" encoding="') is declared
    assert text.endswith(write_element(TABLE, VALUE).decode())
    assert read_element(TABLE, data) == VALUE
    assert shape(etree.fromstring(data)) == shape(etree.fromstring(write_element(TABLE, VALUE)))


def test_other_encodings_are_not_there() -> None:
    with pytest.raises(NotSupported, match="XML_UTF8, XML_UTF16LE, XML_UTF16BE"):
        write_element(TABLE, VALUE, encoding=Encoding.XML_BINARY_1)


@pytest.mark.parametrize(
    ("prefixes", "rule"),
    [
        ({"xml": "urn:a"}, "'xml' cannot be a prefix"),
        ({"a:b": "urn:a"}, "'a:b' cannot be a prefix"),
        ({"p": ""}, "'p' must stand for a namespace"),
        ({"p": "urn:a", "q": "urn:a"}, "two prefixes"),
        ({"p": 1}, "must be a str"),
        ([("p", "urn:a")], "must map prefixes"),
    ],
)
def test_impossible_spellings(prefixes: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        Spelling(prefixes)


def test_spellings_are_values() -> None:
    prefixes = {"p": "urn:a"}
    spelling = wsx.Spelling(prefixes)
    prefixes["q"] = "urn:b"
    assert spelling == Spelling({"p": "urn:a"})
    assert hash(spelling) == hash(Spelling({"p": "urn:a"}))
    assert spelling != Spelling({"p": "urn:a"}, declare_on_root=True)
