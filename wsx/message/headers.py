"""Header blocks of a message: rendered once when they are added, decoded when they are asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wsx._reader import Reader
from wsx._writer import Output
from wsx.errors import InvalidArgument, InvalidFormat, WsError
from wsx.message.enums import HeaderAttribute, HeaderType
from wsx.message.fragments import cut, without_attributes
from wsx.message.versions import Scope, Versions

if TYPE_CHECKING:
    from wsx.descriptions import ElementDescription, ReadOption
    from wsx.quotas import Quotas

__all__ = ["TEXT_HEADERS", "Header", "HeaderRank", "check_header_text", "leave", "standard_header"]

# The addressing headers whose value is text; the others hold endpoint references.
TEXT_HEADERS: Final = frozenset({HeaderType.ACTION, HeaderType.TO, HeaderType.MESSAGE_ID, HeaderType.RELATES_TO})

# Action and To also become lines of the HTTP head: a line break in them would start another header there (RFC 9112
# §11.1).
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
_XML_SPACE: Final = " \t\r\n"
_TRUE: Final = ("1", "true")


def leave(reader: Reader) -> None:
    """Leave the innermost element, which must end here.

    :raises InvalidFormat: when an element or text stands there instead.
    """
    name = reader.peek()
    if name is not None:
        raise InvalidFormat(f"unexpected element {{{name[0]}}}{name[1]}", offset=reader.position)
    reader.end_element()


class HeaderRank:
    """Where a header stands in the Header element; those of one rank keep the order in which they came."""

    ACTION: Final = 1
    MESSAGE_ID: Final = 2
    TO: Final = 3
    ADDED: Final = 4


class Header:
    """One header block.

    ``block[start:end]`` is the element in UTF-8, ``scope`` the namespace bindings around it. ``text`` is the value of
    an addressing header that was set (None for others). ``on_wire`` is False for what the transport carries.
    """

    __slots__ = (
        "_attributes",
        "block",
        "end",
        "local_name",
        "ns",
        "on_wire",
        "rank",
        "scope",
        "start",
        "text",
        "understood",
    )

    def __init__(
        self,
        rank: int,
        ns: str,
        local_name: str,
        block: bytes,
        scope: Scope,
        *,
        text: str | None = None,
        on_wire: bool = True,
        span: tuple[int, int] | None = None,
    ) -> None:
        self.rank = rank
        self.ns = ns
        self.local_name = local_name
        self.block = block
        self.scope = scope
        self.text = text
        self.on_wire = on_wire
        self.start, self.end = (0, len(block)) if span is None else span
        self.understood = False
        self._attributes: list[tuple[str, str, str]] | None = None

    def reader(self, quotas: Quotas) -> Reader:
        """A reader that stands on the element."""
        return Reader(self.block, quotas=quotas, start=self.start, end=self.end, scope=self.scope)

    def _own_attributes(self, quotas: Quotas) -> list[tuple[str, str, str]]:
        if self._attributes is None:
            self._attributes = self.reader(quotas).start_element()
        return self._attributes

    def _attribute(self, versions: Versions, name: str, quotas: Quotas) -> str:
        for ns, local_name, value in self._own_attributes(quotas):
            if local_name == name and ns == versions.envelope_ns:
                return value.strip(_XML_SPACE)
        return ""

    def flags(self, versions: Versions, quotas: Quotas) -> HeaderAttribute:
        """The SOAP attributes that the envelope version defines (WsGetHeaderAttributes)."""
        found = HeaderAttribute.NONE
        if self._attribute(versions, "mustUnderstand", quotas) in _TRUE:
            found |= HeaderAttribute.MUST_UNDERSTAND
        if versions.attributes[HeaderAttribute.RELAY] and self._attribute(versions, "relay", quotas) in _TRUE:
            found |= HeaderAttribute.RELAY
        return found

    def is_for_receiver(self, versions: Versions, quotas: Quotas) -> bool:
        """Whether the header is targeted at the ultimate receiver; those for other roles do not count."""
        return self.text is not None or self._attribute(versions, versions.role_attribute, quotas) in versions.own_roles

    def read_text(self, quotas: Quotas) -> str:
        """The value of an addressing header, without white space around it.

        :raises InvalidFormat: when the element holds elements.
        """
        if self.text is not None:
            return self.text
        reader = self.reader(quotas)
        reader.start_element()
        text = reader.read_text()
        leave(reader)
        return text.strip(_XML_SPACE)

    def read_value(
        self, versions: Versions, description: ElementDescription, option: ReadOption, quotas: Quotas
    ) -> Any:
        """The value of the block by its table, which need not know the attributes that SOAP puts on header blocks.

        :raises WsError: when the block does not match; offsets are those in the message.
        """
        names = versions.block_attributes
        if not any((ns, name) in names for ns, name, _ in self._own_attributes(quotas)):
            return self.reader(quotas).read_element(description, option)
        element = without_attributes(self.block[self.start : self.end], self.scope, names)
        try:
            return Reader(element, quotas=quotas, scope=self.scope).read_element(description, option)
        except WsError as error:
            if error.offset is not None:
                error.offset += self.start
            raise

    def fragment(self, own_scope: Scope) -> bytes:
        """The element as it stands inside an envelope with ``own_scope``."""
        element = self.block[self.start : self.end]
        if self.scope is own_scope:
            return element
        return cut(element, tuple(binding for binding in self.scope if binding not in own_scope))


def check_header_text(value: object, what: str) -> str:
    """``value`` when it can be the text of an addressing header.

    :raises InvalidArgument: when it is no str, or holds a control character (header injection).
    """
    if not isinstance(value, str):
        raise InvalidArgument(f"{what} must be a str, not {type(value).__name__}")
    if _CONTROL.search(value):
        raise InvalidArgument(f"{what} {value!r} holds a control character")
    return value


def standard_header(versions: Versions, kind: HeaderType, value: str, rank: int) -> Header:
    """The addressing header ``kind`` with the text ``value``, which :func:`check_header_text` has passed.

    An empty To stands for the anonymous URI of the addressing version.

    :raises InvalidFormat: for characters that XML forbids.
    """
    if not value and kind is HeaderType.TO:
        value = versions.anonymous
    standard = versions.standard[kind]
    output = Output(len(standard.start) + len(value) + len(standard.end))
    output.write(standard.start)
    output.write_text(value)
    output.write(standard.end)
    return Header(
        rank,
        versions.addressing_ns,
        standard.local_name,
        output.take(),
        versions.scope,
        text=value,
        on_wire=versions.addressing_on_wire,
    )
