"""Parts of a document cut out as fragments that stand alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from wsx.message.versions import Scope

__all__ = ["cut", "without_attributes"]

_TAG_NAME: Final = re.compile(rb"<[^\s/>]+")
_ATTRIBUTE: Final = re.compile(rb"\s+([^\s=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# What must not stand as it is between double quotes, XML 1.0 §2.3; a line break would be normalised to a blank.
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"})


class _Attribute(NamedTuple):
    """An attribute or declaration as it stands in a start tag: prefix, local name, raw value, and its place."""

    prefix: str
    local_name: str
    value: str
    start: int
    end: int


def _attributes(element: bytes) -> Iterator[_Attribute]:
    """The attributes and declarations of the start tag of ``element``, which a reader has found well-formed."""
    position = _name_end(element)
    while found := _ATTRIBUTE.match(element, position):
        prefix, _, local_name = found[1].decode("utf-8").rpartition(":")
        value = found[3] if found[2] is None else found[2]
        yield _Attribute(prefix, local_name, value.decode("utf-8"), *found.span())
        position = found.end()


def _name_end(element: bytes) -> int:
    name = _TAG_NAME.match(element)
    if name is None:
        raise AssertionError("a fragment starts with a start tag")
    return name.end()


def _declarations(element: bytes) -> dict[str, str]:
    """The namespaces that the start tag declares by prefix, "" for the default namespace."""
    return {
        "" if attribute.local_name == "xmlns" else attribute.local_name: attribute.value
        for attribute in _attributes(element)
        if attribute.prefix == "xmlns" or (not attribute.prefix and attribute.local_name == "xmlns")
    }


def cut(element: bytes, scope: Scope) -> bytes:
    """``element`` with every namespace binding of the ``scope`` around it declared on its own start tag.

    ``element`` is one element that a reader has already found well-formed. Prefixes may stand in values (QNames in
    content), so bindings that no tag uses are kept as well.
    """
    name_end = _name_end(element)
    own = _declarations(element)
    inherited = {prefix: ns for prefix, ns in scope if prefix not in ("xml", "xmlns")}
    declarations = "".join(
        f' xmlns{":" if prefix else ""}{prefix}="{ns.translate(_ESCAPES)}"'
        for prefix, ns in inherited.items()
        if ns and prefix not in own
    )
    return element[:name_end] + declarations.encode("utf-8") + element[name_end:]


def without_attributes(element: bytes, scope: Scope, names: Collection[tuple[str, str]]) -> bytes:
    """``element`` with the attributes of its start tag that are among ``names`` (namespace, local name) blanked.

    Blanks take their place, so that offsets into the result are offsets into ``element``.
    """
    bindings = dict(scope) | _declarations(element)
    result = bytearray(element)
    for attribute in _attributes(element):
        ns = bindings.get(attribute.prefix, "") if attribute.prefix else ""
        if (ns, attribute.local_name) in names:
            result[attribute.start : attribute.end] = b" " * (attribute.end - attribute.start)
    return bytes(result)
