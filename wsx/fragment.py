"""XML fragments: the Python value of WS_XML_BUFFER."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from wsx.errors import InvalidArgument, InvalidFormat
from wsx.names import XmlQName

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["XmlBuffer"]

# What expat calls it when there is no memory for it.
_XML_ERROR_NO_MEMORY: Final = 1

# What a repr shows of the data.
_SHOWN: Final = 60
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"
_XMLNS_NAMESPACE: Final = "http://www.w3.org/2000/xmlns/"


@dataclass(frozen=True, slots=True, repr=False)
class XmlBuffer:
    """A part of an XML document (WS_XML_BUFFER): its bytes, and the namespace bindings around it.

    ``data`` is UTF-8, zero or more nodes (elements, text, comments) as they stood in the document, and may begin with a
    byte order mark before an element; ``scope`` has the (prefix, namespace) pairs that were in force there, "" for the
    default namespace. Two fragments are equal when both are equal byte for byte. Values of other types are
    InvalidArgument; whether the data is well-formed is checked where it is used: InvalidFormat, with the offset in the
    data, or QuotaExceeded beyond 10,000 open elements.
    """

    data: bytes
    scope: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if type(self.data) is not bytes:
            raise InvalidArgument(f"XmlBuffer.data must be bytes, not {type(self.data).__name__}")
        if type(self.scope) is not tuple:
            raise InvalidArgument(f"XmlBuffer.scope must be a tuple of pairs, not {type(self.scope).__name__}")
        for pair in self.scope:
            if type(pair) is not tuple or [type(part) for part in pair] != [str, str]:
                raise InvalidArgument("XmlBuffer.scope must be a tuple of (prefix, namespace) pairs of str")

    def __repr__(self) -> str:
        shown = repr(self.data[:_SHOWN]) + ("…" if len(self.data) > _SHOWN else "")
        return f"<XmlBuffer of {len(self.data)} bytes, {len(self.scope)} bindings: {shown}>"

    @classmethod
    def of_element(cls, element: Any) -> XmlBuffer:
        """The fragment that is ``element``, of xml.etree.ElementTree or of lxml, without its tail.

        An lxml element keeps its prefixes and all bindings in force, an ElementTree element gets prefixes a, b, …

        :raises InvalidArgument: for another object, and for names and values that are none of XML.
        :raises InvalidFormat: for text that XML cannot hold.
        :raises QuotaExceeded: for more than 10,000 elements inside each other.
        """
        # A library that is not loaded cannot have made the element.
        lxml_etree = sys.modules.get("lxml.etree")
        if lxml_etree is not None and lxml_etree.iselement(element):
            if not isinstance(element.tag, str):
                raise InvalidArgument("an element was expected, not a comment or a processing instruction")
            data = lxml_etree.tostring(element, encoding="UTF-8", xml_declaration=False, with_tail=False)
        else:
            data = _ElementTreeWriter().write(element)
        return cls(_core().adapt(data, (), {}, single=True))

    @classmethod
    def of_content(cls, data: bytes, scope: tuple[tuple[str, str], ...]) -> XmlBuffer:
        """The fragment of content that was read: U+FEFF at its start is a character there, no byte order mark."""
        if data.startswith(_BYTE_ORDER_MARK):
            data = b"&#xFEFF;" + data[len(_BYTE_ORDER_MARK) :]
        return cls(data, scope)

    @property
    def name(self) -> XmlQName | None:
        """The name of the first element at the top, None when there is none."""
        for ns, local_name, _, _ in _core().top_level(self.data, self.scope):
            return XmlQName(local_name, ns)
        return None

    @property
    def text(self) -> str:
        """The character data of all nodes, that inside of elements included."""
        text: str = _core().text_of(self.data, self.scope)
        return text

    def to_bytes(self) -> bytes:
        """The fragment as it can stand alone: each top-level element declares the bindings of the scope."""
        data: bytes = _core().adapt(self.data, self.scope, {}, single=False)
        return data

    def to_etree(self) -> Element:
        """The one element of the fragment as an xml.etree.ElementTree element; comments are lost, as usual there.

        :raises InvalidFormat: when the fragment is not one element, but for white space and comments around it, or has
            a name that is one only by the fifth edition of XML 1.0, which ElementTree does not know.
        """
        from xml.etree import ElementTree  # noqa: PLC0415 - `import wsx` must not load it

        data = _core().adapt(self.data, self.scope, {}, single=True)
        try:
            # The data was checked: it has no document type declaration, hence no entities.
            return ElementTree.fromstring(data)  # noqa: S314
        except ElementTree.ParseError as error:
            if error.code == _XML_ERROR_NO_MEMORY:
                raise MemoryError from error
            raise InvalidFormat(f"ElementTree cannot hold this: {error}") from error

    def to_lxml(self) -> Any:
        """The one element of the fragment as an lxml element, with all bindings of the scope.

        :raises ImportError: without lxml.
        :raises InvalidFormat: when the fragment is not one element, but for white space and comments around it, or has
            a namespace that is no URI, which lxml refuses.
        """
        etree: Any = import_module("lxml.etree")
        # The limits of libxml2 are off: the depth was checked, and the size is that of data already in memory.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, strip_cdata=False)
        data = _core().adapt(self.data, self.scope, {}, single=True)
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise InvalidFormat(f"lxml cannot hold this: {error}") from error


def _core() -> Any:
    from wsx import _fragment  # noqa: PLC0415 - values do not load the compiled core

    return _fragment


class _ElementTreeWriter:
    """Writes an element of xml.etree.ElementTree without recursion, every namespace declared at the top.

    ElementTree's own writer recurses, leaves carriage returns in text to be lost by the next reader, and takes any
    str for a name.
    """

    def __init__(self) -> None:
        from xml.etree import ElementTree  # noqa: PLC0415 - loaded already by whoever made the element

        self._library: Any = ElementTree
        self._escaped: Callable[[str, bool], bytes] = _core().escaped
        self._prefixes: dict[str, str] = {"": "", _XML_NAMESPACE: "xml"}
        self._names: dict[str, bytes] = {}

    def write(self, element: Any) -> bytes:
        if not isinstance(element, self._library.Element):
            raise InvalidArgument(f"an element of xml.etree or lxml was expected, not {type(element).__name__}")
        name = self._name(element.tag)
        parts = [b"<" + name, b""]
        stack = [self._start(element, name, parts)]
        while stack:
            children, end, tail = stack[-1]
            child = next(children, None)
            if child is None:
                parts += (end, tail)
                stack.pop()
            elif child.tag is self._library.Comment or child.tag is self._library.ProcessingInstruction:
                parts += (self._markup(child), self._text(child.tail))
            else:
                name = self._name(child.tag)
                parts.append(b"<" + name)
                stack.append(self._start(child, name, parts))
        parts.pop()  # the tail of the element itself
        parts[1] = b"".join(
            f' xmlns:{prefix}="'.encode() + self._escaped(ns, True) + b'"'
            for ns, prefix in self._prefixes.items()
            if prefix not in ("", "xml")
        )
        return b"".join(parts)

    def _start(self, element: Any, name: bytes, parts: list[bytes]) -> tuple[Iterator[Any], bytes, bytes]:
        """Appends what follows the name in a start tag, and the text; returns children, end tag, tail."""
        for key, value in element.items():
            attribute = self._name(key)
            if attribute == b"xmlns":
                raise InvalidArgument("an attribute cannot have the name xmlns")
            parts.append(b" " + attribute + b'="' + self._text(value, attribute=True) + b'"')
        if not len(element) and not element.text:
            parts.append(b"/>")
            return iter(()), b"", self._text(element.tail)
        parts += (b">", self._text(element.text))
        return iter(element), b"</" + name + b">", self._text(element.tail)

    def _text(self, value: Any, *, attribute: bool = False) -> bytes:
        if value is None:
            return b""
        if isinstance(value, self._library.QName):
            return self._name(value)
        if not isinstance(value, str):
            raise InvalidArgument(f"text or attribute value expected as str, not {type(value).__name__}")
        return self._escaped(value, attribute)

    def _name(self, tag: Any) -> bytes:
        """The qualified name for `{namespace}local`."""
        if isinstance(tag, self._library.QName):
            tag = tag.text
        if not isinstance(tag, str):
            raise InvalidArgument(f"a name was expected as str, not {tag!r}")
        known = self._names.get(tag)
        if known is None:
            ns, _, local = tag[1:].rpartition("}") if tag.startswith("{") and "}" in tag else ("", "", tag)
            if not _core().is_ncname(local) or ns == _XMLNS_NAMESPACE:
                raise InvalidArgument(f"{tag!r} is not the name of an element or attribute")
            prefix = self._prefixes.get(ns)
            if prefix is None:
                prefix = self._prefixes[ns] = _letters(len(self._prefixes) - 2)
            known = self._names[tag] = (f"{prefix}:{local}" if prefix else local).encode()
        return known

    def _markup(self, node: Any) -> bytes:
        """A comment or a processing instruction."""
        text = node.text or ""
        comment = node.tag is self._library.Comment
        if ("--" in text or text.endswith("-")) if comment else ("?>" in text):
            raise InvalidFormat("a comment or processing instruction whose text would end it")
        try:
            return f"<!--{text}-->".encode() if comment else f"<?{text}?>".encode()
        except UnicodeEncodeError as error:
            raise InvalidFormat("text with a lone surrogate") from error


def _letters(number: int) -> str:
    """A prefix for a number: a, b, …, z, a1, …"""
    return f"{chr(ord('a') + number % 26)}{number // 26 or ''}"
