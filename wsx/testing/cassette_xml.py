"""XML in cassettes: secrets and what differs each time replaced in place, and the form in which requests are compared.

Replacing works on the bytes, between the offsets that expat tells, so that what stays is what came: prefixes that texts
refer to (xsi:type, fault codes) keep their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias
from xml.etree import ElementTree
from xml.parsers import expat

__all__ = ["MESSAGE_ID", "REDACTED", "Change", "canonical", "changed", "texts_of"]

REDACTED: Final = "REDACTED"
"""What stands for a secret."""
MESSAGE_ID: Final = "urn:wsx:cassette:message-id"
"""What stands for the MessageID of the request."""

Change: TypeAlias = Callable[[str, str], "str | None"]
"""(namespace, local name) of an element or attribute → the text that replaces its content; None keeps it."""

_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ATTRIBUTE: Final = re.compile(rb"""([^\s="'<>/]+)(\s*=\s*)("[^"]*"|'[^']*')""")


class _Changer:
    """Finds the places to change in one document."""

    def __init__(self, data: bytes, change: Change) -> None:
        self.data = data
        self.change = change
        self.edits: list[tuple[int, int, bytes]] = []
        self._depth = 0
        self._inside: tuple[int, str] | None = None
        """Depth and new content of the element that is replaced."""
        self._start: int | None = None
        self._tag: tuple[int, dict[str, str]] | None = None
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.DefaultHandlerExpand = lambda _: self._on_other()
        self._parser.CharacterDataHandler = lambda _: self._on_other()
        self._parser.StartDoctypeDeclHandler = self._on_doctype

    def run(self) -> bytes:
        self._parser.Parse(self.data, True)
        made, at = [], 0
        for start, end, text in sorted(self.edits):
            made += [self.data[at:start], text]
            at = end
        return b"".join([*made, self.data[at:]])

    @staticmethod
    def _on_doctype(*_: object) -> None:
        raise ValueError("a document type definition is not allowed")

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        here = self._parser.CurrentByteIndex
        self._on_other()
        self._depth += 1
        if self._inside is not None:
            return
        ns, _, local = name.rpartition(" ")
        text = self.change(ns, local)
        if text is not None:
            self._inside, self._start = (self._depth, text), None
        wanted = {key: self.change(*_split(key)) for key in attributes}
        self._tag = (here, {_split(key)[1]: new for key, new in wanted.items() if new is not None})

    def _on_other(self) -> None:
        """Something follows a start tag: the tag ends here, and content begins."""
        here = self._parser.CurrentByteIndex
        if self._tag is not None:
            self._end_tag(here)
        if self._inside is not None and self._start is None:
            self._start = here

    def _end_tag(self, end: int) -> None:
        begin, wanted = self._tag or (end, {})
        self._tag = None
        for found in _ATTRIBUTE.finditer(self.data, begin, end) if wanted else ():
            new = wanted.get(found[1].rpartition(b":")[2].decode())
            if new is not None and not found[1].startswith(b"xmlns"):
                self.edits.append((found.start(3), found.end(3), b'"%s"' % _escaped(new)))

    def _on_end(self, name: str) -> None:
        here = self._parser.CurrentByteIndex
        if self._tag is not None:
            self._end_tag(here)  # without content: after `<a/>`, or at the end tag of `<a></a>`
        if self._inside is not None and self._inside[0] == self._depth:
            if self._start is not None:
                self.edits.append((self._start, here, _escaped(self._inside[1])))
            self._inside = None
        self._depth -= 1


def _split(name: str) -> tuple[str, str]:
    ns, _, local = name.rpartition(" ")
    return ns, local


def _escaped(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode()


def changed(data: bytes, change: Change) -> bytes:
    """``data`` with the contents of elements and attributes replaced as ``change`` says.

    :raises ValueError: when it is not XML in UTF-8, or has a DTD.
    """
    data.decode("utf-8")  # offsets and replacements are of UTF-8
    try:
        return _Changer(data, change).run()
    except expat.ExpatError as error:
        raise ValueError(f"not XML: {error}") from error


def canonical(data: bytes) -> str:
    """The document in canonical form (C14N 2.0), whatever its prefixes and the white space around its elements.

    ``data`` must have passed :func:`changed`, which refuses DTDs.
    """
    return ElementTree.canonicalize(
        data, strip_text=True, rewrite_prefixes=True, qname_aware_attrs=[_XSI_TYPE], with_comments=False
    )


def texts_of(data: bytes, name: str) -> list[str]:
    """The texts of the elements with that local name, in document order."""
    found: list[str] = []
    open_: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(tag: str, attributes: dict[str, str]) -> None:
        open_.append(_split(tag)[1])
        if open_[-1] == name:
            found.append("")

    def text(data: str) -> None:
        if open_ and open_[-1] == name:
            found[-1] += data

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_.pop()
    parser.CharacterDataHandler = text
    parser.Parse(data, True)
    return found
