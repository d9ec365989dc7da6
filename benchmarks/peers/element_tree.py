"""ElementTree and lxml.objectify: the code of ``lxml_tree`` around another tree."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Unsupported, require
from benchmarks.peers.lxml_tree import LxmlTree

__all__ = ["ElementTreeByHand", "Objectify"]


class ElementTreeByHand(LxmlTree):
    """The standard library's tree, with the same hand-written code as lxml's."""

    name = "elementtree"
    title = "ElementTree, by hand"
    note = "the same code around the standard library's tree"
    distributions = ()
    root = "Element({name!r})"
    tostring = "tostring(e)"
    children = "e.findall({name})"

    def _names(self) -> dict[str, Any]:
        return {
            "Element": ElementTree.Element,
            "SubElement": ElementTree.SubElement,
            "tostring": lambda element: ElementTree.tostring(element, encoding="utf-8"),
            "fromstring": ElementTree.fromstring,
        }


class Objectify(LxmlTree):
    """Every leaf of lxml.objectify's tree read by name."""

    name = "objectify"
    title = "lxml.objectify, by hand"
    note = "reads only; each leaf by its name"
    features = frozenset({"namespaces"})
    child = "e[{name}]"
    by_place = False

    def _names(self) -> dict[str, Any]:
        return {"fromstring": require("lxml.objectify").fromstring}

    def writer(self, case: Case) -> Job:
        raise Unsupported("measured when it reads; it writes as lxml does")
