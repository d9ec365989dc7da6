"""The documents of a service: parsed by lxml, with all that they import and include."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from wsx.errors import InvalidFormat, NotSupported, QuotaExceeded, WsError
from wsx.metadata.names import WSDL, XML, XS
from wsx.metadata.sources import Loader
from wsx.metadata.warning import Warning_

try:
    from lxml import etree
except ImportError as error:  # pragma: no cover - the tests have it
    raise NotSupported("reading WSDL needs the package lxml: pip install 'wsx[wsdl]'") from error

__all__ = ["Documents", "Schema", "Warning_", "problem", "qname_of"]

# An element of lxml; its classes have no types of their own.
Node = Any

_SCHEMA: Final = f"{{{XS}}}schema"
_DEFINITIONS: Final = f"{{{WSDL}}}definitions"


def problem(where: Schema | str, node: Node | None, message: str) -> InvalidFormat:
    """The error about a construct of a document: file, line, construct and what is wrong with it."""
    return InvalidFormat(f"{place(where, node)}: {message}")


def place(where: Schema | str, node: Node | None) -> str:
    """``file:line: construct "name"``, for messages."""
    url = where.url if isinstance(where, Schema) else where
    if node is None:
        return url
    tag = etree.QName(node)
    prefix = {XS: "xs:", WSDL: "wsdl:"}.get(tag.namespace or "", "")
    name = node.get("name") or node.get("ref") or node.get("base") or ""
    return f"{url}:{node.sourceline}: {prefix}{tag.localname}" + (f' "{name}"' if name else "")


@dataclass(eq=False)
class Schema:
    """One xs:schema element, and the namespace its names are in (another one where it was included: chameleon)."""

    root: Node
    ns: str
    url: str

    @property
    def chameleon(self) -> bool:
        return bool(self.ns) and not self.root.get("targetNamespace")


def qname_of(schema: Schema | str, node: Node, text: str) -> tuple[str, str]:
    """(namespace, local name) of a QName in the content of ``node``; InvalidFormat for a prefix that is not bound."""
    prefix, colon, local = text.strip().rpartition(":")
    if prefix == "xml":
        return XML, local
    ns = node.nsmap.get(prefix or None)
    if ns is None and colon:
        raise problem(schema, node, f"the prefix of {text!r} is not bound")
    if ns is None and isinstance(schema, Schema) and schema.chameleon:
        return schema.ns, local
    return ns or "", local


@dataclass
class _Waiting:
    url: str
    content: bytes
    ns: str | None
    """Of a schema: the namespace that the one who wants it says; None: the document says."""
    depth: int


@dataclass
class Documents:
    """All documents of a service; ``read`` fills it."""

    loader: Loader
    definitions: list[tuple[Node, str]] = field(default_factory=list)
    schemas: list[Schema] = field(default_factory=list)
    warnings: list[Warning_] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _shipped: set[str] = field(default_factory=set)
    _queue: list[_Waiting] = field(default_factory=list)

    def read(self, content: bytes, url: str) -> None:
        """The first document and what it leads to, each once."""
        self._seen.add((url, ""))
        self._queue.append(_Waiting(url, content, None, 0))
        self._drain()

    def _drain(self) -> None:
        while self._queue:
            waiting = self._queue.pop(0)
            self._take(self._parse(waiting.content, waiting.url), waiting)

    def _parse(self, content: bytes, url: str) -> Node:
        # huge_tree stays off: libxml2 then bounds the depth and the length of texts.
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(content, parser, base_url=None)
        except etree.XMLSyntaxError as error:
            line = error.lineno or 1
            raise InvalidFormat(f"{url}:{line}: not a well-formed XML document: {error.msg}") from error
        if root is None:
            raise InvalidFormat(f"{url}:1: an empty document")
        if root.getroottree().docinfo.doctype:
            raise InvalidFormat(f"{url}:1: a document type definition is not allowed")
        return root

    def _take(self, root: Node, waiting: _Waiting) -> None:
        if root.tag == _DEFINITIONS:
            self.definitions.append((root, waiting.url))
            for types in root.iterchildren(f"{{{WSDL}}}types"):
                for schema in types.iterchildren(_SCHEMA):
                    self._take_schema(schema, waiting.url, None, waiting.depth)
            for node in root.iterchildren(f"{{{WSDL}}}import"):
                self._follow(node, waiting.url, node.get("location"), None, waiting.depth)
        elif root.tag == _SCHEMA:
            self._take_schema(root, waiting.url, waiting.ns, waiting.depth)
        elif root.tag == "{http://www.w3.org/ns/wsdl}description":
            raise problem(waiting.url, root, "WSDL 2.0 is not supported; services have WSDL 1.1")
        else:
            raise problem(waiting.url, root, "neither a wsdl:definitions nor an xs:schema element")

    def _take_schema(self, root: Node, url: str, wanted: str | None, depth: int) -> None:
        own = root.get("targetNamespace", "")
        schema = Schema(root, own or wanted or "", url)
        if wanted is not None and own and wanted != own:
            raise problem(url, root, f"the namespace is {own!r}, but {wanted!r} was imported from here")
        self.schemas.append(schema)
        self._seen.add((url, schema.ns))
        for node in root.iterchildren(f"{{{XS}}}import", f"{{{XS}}}include", f"{{{XS}}}redefine"):
            kind = node.tag.rpartition("}")[2]
            location = node.get("schemaLocation")
            if kind == "import":
                self._import(node, url, location, depth)
                continue
            if location is None:
                raise problem(url, node, "schemaLocation is missing")
            if kind == "redefine" and len(node):
                self._warn(url, node, "redefinitions are not applied: the types are as in the document")
            self._follow(node, url, location, schema.ns, depth)

    def _import(self, node: Node, url: str, location: str | None, depth: int) -> None:
        ns = node.get("namespace", "")
        if ns == XS:
            return
        if location is None:
            return  # a schema beside this one, or a well-known one: found when something refers to it
        self._follow(node, url, location, ns, depth)

    def _follow(self, node: Node, base: str, location: str | None, ns: str | None, depth: int) -> None:
        if not location:
            raise problem(base, node, "the location is missing")
        if base.startswith("wsx:"):
            return
        url = self.loader.locate(base, location)
        if urlsplit(base).scheme in ("http", "https") and urlsplit(url).scheme not in ("http", "https"):
            raise problem(base, node, f"{location!r}: a document from the network cannot name a local file")
        self._queue_up(node, base, url, ns, depth)

    def add_known(self, ns: str) -> list[Schema]:
        """The schemas that the catalog or wsx has for a namespace that no document of the service brought along."""
        url = self.loader.shipped(ns)
        if url is None or ns in self._shipped:
            return []
        self._shipped.add(ns)
        before = len(self.schemas)
        self._queue.append(_Waiting(url, self.loader.read(url, ns), ns, 1))
        self._drain()
        return self.schemas[before:]

    def _queue_up(self, node: Node, base: str, url: str, ns: str | None, depth: int) -> None:
        if (url, ns or "") in self._seen:
            return
        self._seen.add((url, ns or ""))
        if depth >= self.loader.limits.max_depth:
            raise QuotaExceeded(f"{place(base, node)}: imports are nested deeper than max_depth")
        try:
            content = self.loader.read(url, ns or "")
        except QuotaExceeded:
            raise
        except WsError as error:
            if urlsplit(url).scheme in ("http", "https") and node.tag.startswith(f"{{{XS}}}"):
                # Most such imports are of well-known schemas that nothing here uses; what does, fails when it is used.
                self._warn(base, node, error.message)
                return
            error.add_context(place(base, node))
            raise
        self._queue.append(_Waiting(url, content, ns, depth + 1))

    def _warn(self, where: Schema | str, node: Node | None, message: str) -> None:
        self.warnings.append(Warning_(place(where, node), message))
