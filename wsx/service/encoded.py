"""Replies in SOAP encoding (SOAP 1.1 §5): references resolved and type attributes dropped, so that tables read them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Final

from wsx.descriptions import XSI_NAMESPACE, ElementDescription, FieldMapping, StructDescription
from wsx.errors import InvalidFormat, NotSupported, QuotaExceeded
from wsx.fragment import XmlBuffer
from wsx.legality import FIELD_ORDER

try:
    from lxml import etree
except ImportError as error:  # pragma: no cover - the tests have it
    raise NotSupported("rpc/encoded replies need the package lxml: pip install 'wsx[wsdl]'") from error

__all__ = ["decode"]

_TYPE: Final = f"{{{XSI_NAMESPACE}}}type"
_ENCODINGS: Final = ("http://schemas.xmlsoap.org/soap/encoding/", "http://www.w3.org/2003/05/soap-encoding")
_ENVELOPES: Final = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
# What references may lead to: elements inside each other, and copies in all, for each may refer to the same large one.
_MAX_DEPTH: Final = 64
_MAX_COPIED: Final = 200_000
_ELEMENTS: Final = (FieldMapping.ELEMENT, FieldMapping.REPEATING_ELEMENT)


def decode(body: Sequence[XmlBuffer], element: ElementDescription) -> bytes:
    """The document of ``element`` that the elements in a body mean: the reply itself, then what it refers to.

    :raises InvalidFormat: when a reference has no target, or leads to itself.
    :raises QuotaExceeded: when the references unfold to more than 200,000 elements.
    """
    if not body:
        raise InvalidFormat("the body is empty")
    roots = [fragment.to_lxml() for fragment in body]
    targets = {found.get("id"): found for root in roots for found in root.iter() if found.get("id")}
    decoder = _Decoder(targets)
    root = roots[0]
    decoder.element(root, element.resolve_description(), 0)
    # The name of the wrapper is not looked at (service-model: RPC style).
    root.tag = f"{{{element.ns}}}{element.local_name}" if element.ns else str(element.local_name)
    return bytes(etree.tostring(root, encoding="utf-8"))


class _Decoder:
    def __init__(self, targets: dict[str, Any]) -> None:
        self.targets = targets
        self.copied = 0

    def element(self, node: Any, description: object, depth: int) -> None:
        """Makes ``node`` what its table reads."""
        if depth > _MAX_DEPTH:
            raise InvalidFormat("elements or references are nested too deep, or a reference leads to itself")
        followed: set[str] = set()
        while (href := node.get("href")) is not None:
            if href in followed:
                raise InvalidFormat(f"the reference {href!r} leads to itself")
            followed.add(href)
            self._resolve(node, href)
        table = description if isinstance(description, StructDescription) else None
        self._clean(node, table)
        if table is None:
            for child in node.iterchildren(tag=etree.Element):
                self.element(child, None, depth + 1)
            return
        known = {
            (found.own_ns(table.ns), found.own_local_name): found
            for found in table.fields
            if found.mapping in _ELEMENTS
        }
        # Accessors have no namespace in SOAP encoding, whatever form the schema wants for elements.
        by_name = {found.own_local_name: found for found in known.values()}
        items = next(iter(known.values())) if set(known) == {("", "item")} and _is_array(table) else None
        for child in node.iterchildren(tag=etree.Element):
            name = etree.QName(child)
            found = items or known.get((name.namespace or "", name.localname)) or by_name.get(name.localname)
            if found is not None:
                ns = found.own_ns(table.ns)
                child.tag = f"{{{ns}}}{found.own_local_name}" if ns else found.own_local_name
            self.element(child, None if found is None else found.resolve_description(), depth + 1)

    def _resolve(self, node: Any, href: str) -> None:
        target = self.targets.get(href[1:]) if href.startswith("#") else None
        if target is None:
            raise InvalidFormat(f"the reference {href!r} has no target")
        if target is node or target in node.iterancestors():
            raise InvalidFormat(f"the reference {href!r} leads to itself")
        del node.attrib["href"]
        for name, value in target.attrib.items():
            if name != "id":
                node.set(name, value)
        node.text = target.text
        for child in target:
            self.copied += sum(1 for _ in child.iter())
            if self.copied > _MAX_COPIED:
                raise QuotaExceeded(f"references unfold to more than {_MAX_COPIED} elements")
            node.append(copy.deepcopy(child))

    @staticmethod
    def _clean(node: Any, table: StructDescription | None) -> None:
        attributes = () if table is None else [f for f in table.fields if f.mapping is FieldMapping.ATTRIBUTE]
        keep = {f"{{{f.own_ns('')}}}{f.own_local_name}" if f.own_ns("") else f.own_local_name for f in attributes}
        for name in list(node.attrib):
            ns = name[1:].partition("}")[0] if name.startswith("{") else ""
            encoding = ns in _ENCODINGS or ns in _ENVELOPES or name in ("id", "href", "root")
            if name in keep and not encoding:
                continue
            if encoding or (name == _TYPE and not (table is not None and table.polymorphic)):
                del node.attrib[name]


def _is_array(table: StructDescription) -> bool:
    """Is it a restriction of soapenc:Array? Its items are the only elements, whatever they are called."""
    contents = [found for found in table.fields if FIELD_ORDER[found.mapping] == FIELD_ORDER[FieldMapping.ELEMENT]]
    return len(contents) == 1 and contents[0].mapping is FieldMapping.REPEATING_ELEMENT
