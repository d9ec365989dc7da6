"""Header blocks of a message: rendered once when they are added, decoded when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from wsx._fragment import adapt, is_ncname, top_level, without_attributes
from wsx._reader import Reader
from wsx._writer import Output
from wsx.descriptions import ElementDescription, EndpointAddressDescription, ReadOption, Type, WriteOption
from wsx.errors import InvalidArgument, InvalidFormat, WsError
from wsx.leniency import Forgiven, Leniency
from wsx.message.enums import AddressingVersion, HeaderAttribute, HeaderType
from wsx.message.versions import Scope, Versions
from wsx.values import EndpointAddress

if TYPE_CHECKING:
    from wsx.quotas import Quotas

__all__ = [
    "TEXT_HEADERS",
    "Header",
    "HeaderRank",
    "check_header_text",
    "check_mapped_header",
    "custom_header",
    "endpoint_header",
    "leave",
    "mapped_header",
    "read_endpoint",
    "reference_headers",
    "standard_header",
    "to_headers",
]

# The addressing headers whose value is text; the others hold endpoint references.
TEXT_HEADERS: Final = frozenset({HeaderType.ACTION, HeaderType.TO, HeaderType.MESSAGE_ID, HeaderType.RELATES_TO})

# Action and To also become lines of the HTTP head: a line break in them would start another header there (RFC 9112
# §11.1).
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
# RFC 9110 §5.5: a field value may hold tabs, and §5.1: a field name is a token.
_FIELD_CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_TOKEN: Final = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_START_OF_TAG: Final = re.compile(b"<[^\\s/>]+")
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

    ``block[start:end]`` is the element in UTF-8, ``scope`` the namespace bindings around it. ``kind`` is its
    :class:`HeaderType`, 0 for headers that are none of WS-Addressing; ``name`` is (namespace, local name). ``wire`` is
    what a message that is written sends of it: nothing of what the transport carries. ``text`` is the value of an
    addressing header and ``attributes`` are those of the element, both None until they are known. ``mapped`` is True
    for a line of HTTP, which is in no envelope; its ``text`` is the value.
    """

    __slots__ = (
        "_entered",
        "attributes",
        "block",
        "end",
        "kind",
        "mapped",
        "name",
        "rank",
        "scope",
        "start",
        "text",
        "understood",
        "wire",
    )

    attributes: Sequence[tuple[str, str, str]] | None

    def __init__(self, kind: int, rank: int, name: tuple[str, str], block: bytes, scope: Scope) -> None:
        self.kind = kind
        self.rank = rank
        self.name = name
        self.block = self.wire = block
        self.start = 0
        self.end = len(block)
        self.scope = scope
        self.text: str | None = None
        self.attributes = None
        # A reader that stands behind the start tag, left by looking at the attributes.
        self._entered: Reader | None = None
        self.understood = False
        self.mapped = False

    def copy(self, versions: Versions) -> Header:
        """The header as one of a message that is written, of the same versions: it holds on to nothing else."""
        made = Header(self.kind, self.rank, self.name, self.fragment(versions.scope), versions.scope)
        made.text = self.text
        made.mapped = self.mapped
        if self.mapped or not versions.wire.start or (self.kind and not versions.addressing_on_wire):
            made.wire = b""
        return made

    def reader(self, quotas: Quotas) -> Reader:
        """A reader that stands on the element."""
        return Reader(self.block, quotas=quotas, start=self.start, end=self.end, scope=self.scope)

    def _known_attributes(self, quotas: Quotas) -> Sequence[tuple[str, str, str]]:
        if self.attributes is None:
            self._entered = self.reader(quotas)
            self.attributes = self._entered.start_element()
        return self.attributes

    def _attribute(self, versions: Versions, name: str, quotas: Quotas) -> str:
        for ns, local_name, value in self._known_attributes(quotas):
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
        return self._attribute(versions, versions.role_attribute, quotas) in versions.own_roles

    def read_text(self, quotas: Quotas) -> str:
        """The value of an addressing header, without white space around it.

        :raises InvalidFormat: when the element holds elements.
        """
        text = self.text
        if text is None:
            self._known_attributes(quotas)
            reader, self._entered = self._entered, None
            if reader is None:
                reader = self.reader(quotas)
                reader.start_element()
            text = reader.read_text().strip(_XML_SPACE)
            leave(reader)
            self.text = text
        return text

    def read_value(
        self,
        versions: Versions,
        description: ElementDescription,
        option: ReadOption,
        quotas: Quotas,
        *,
        leniency: Leniency | None = None,
        forgiven: list[Forgiven] | None = None,
    ) -> Any:
        """The value of the block by its table, which need not know the attributes that SOAP puts on header blocks.

        What ``leniency`` lets pass is appended to ``forgiven``.

        :raises WsError: when the block does not match; offsets are those in the message.
        """
        names, before = versions.block_attributes, 0
        if any((ns, name) in names for ns, name, _ in self._known_attributes(quotas)):
            element = without_attributes(self.block[self.start : self.end], self.scope, names)
            reader, before = Reader(element, quotas=quotas, scope=self.scope), self.start
        else:
            reader = self.reader(quotas)
        passed: list[Forgiven] = []
        if leniency is not None:
            reader.forgive_by(leniency, passed)
        try:
            return reader.read_element(description, option)
        except WsError as error:
            if error.offset is not None:
                error.offset += before
            raise
        finally:
            if forgiven is not None:
                forgiven += [Forgiven(rule, path, offset + before) for rule, path, offset in passed]

    def fragment(self, own_scope: Scope) -> bytes:
        """The element as it stands inside an envelope with ``own_scope``."""
        element = self.block[self.start : self.end]
        if self.scope is own_scope:
            return element
        return adapt(element, self.scope, dict(own_scope), single=True)


def check_header_text(value: object, what: str) -> str:
    """``value`` when it can be the text of an addressing header.

    :raises InvalidArgument: when it is no str, or holds a control character (header injection).
    """
    if not isinstance(value, str):
        raise InvalidArgument(f"{what} must be a str, not {type(value).__name__}")
    if _CONTROL.search(value):
        # Nothing is shown of it: a URL may hold a password.
        raise InvalidArgument(f"{what} holds a control character")
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
    header = Header(kind, rank, standard.name, output.take(), versions.scope)
    header.text = value
    # mustUnderstand does not matter for the headers that every node understands.
    header.attributes = ()
    if not versions.addressing_on_wire:
        header.wire = b""
    return header


def endpoint_header(versions: Versions, kind: HeaderType, value: EndpointAddress, rank: int) -> Header:
    """The addressing header ``kind`` with an endpoint reference.

    :raises InvalidFormat: for characters that XML forbids, and fragments that are none.
    """
    output = Output()
    output.write_element(_endpoint_element(versions, kind), value, WriteOption.REQUIRED_VALUE, scope=versions.scope)
    header = Header(kind, rank, versions.standard[kind].name, output.take(), versions.scope)
    header.attributes = ()
    return header


def read_endpoint(header: Header, versions: Versions, quotas: Quotas) -> EndpointAddress:
    """The endpoint reference in ``header``.

    :raises InvalidFormat: when it holds none.
    """
    element = _endpoint_element(versions, HeaderType(header.kind))
    address = header.read_value(versions, element, ReadOption.REQUIRED_VALUE, quotas)
    if not isinstance(address, EndpointAddress):
        raise AssertionError("the table of an endpoint reference makes one")
    return address


def _endpoint_element(versions: Versions, kind: HeaderType) -> ElementDescription:
    ns, name = versions.standard[kind].name
    description = EndpointAddressDescription(versions.addressing_version)
    return ElementDescription(name, ns, Type.ENDPOINT_ADDRESS, description)


def custom_header(versions: Versions, name: tuple[str, str], block: bytes) -> Header:
    """The header of an application, from the bytes of its element as they are inside the envelope."""
    header = Header(versions.kinds.get(name, 0), HeaderRank.ADDED, name, block, versions.scope)
    if not versions.wire.start:
        header.wire = b""
    return header


def reference_headers(versions: Versions, address: EndpointAddress) -> list[Header]:
    """The reference parameters of ``address`` as headers of a message that is sent there.

    WS-Addressing 1.0 SOAP binding §2.3: each is marked with ``IsReferenceParameter``.

    :raises InvalidFormat: when they are no XML.
    """
    if address.headers is None:
        return []
    data, scope = address.headers.data, address.headers.scope
    headers = []
    for ns, local_name, start, end in top_level(data, scope):
        block = adapt(data[start:end], scope, dict(versions.scope), single=True)
        if versions.addressing_version is AddressingVersion.V1_0:
            block = _mark_reference(versions, block)
        headers.append(custom_header(versions, (ns, local_name), block))
    return headers


def _mark_reference(versions: Versions, element: bytes) -> bytes:
    """The element with the attribute IsReferenceParameter, whatever its own declarations make of the prefix a."""
    ns = versions.addressing_ns
    element = without_attributes(element, versions.scope, {(ns, "IsReferenceParameter")})
    reader = Reader(element, scope=versions.scope)
    reader.start_element()
    bound = dict(reader.scope())
    prefix, number = "a", 0
    while bound.get(prefix, ns) != ns:
        number += 1
        prefix = f"a{number}"
    declaration = f' xmlns:{prefix}="{ns}"' if prefix not in bound else ""
    name = _START_OF_TAG.match(element, element.index(b"<"))
    if name is None:
        raise AssertionError("an element starts with its tag")
    attribute = f'{declaration} {prefix}:IsReferenceParameter="true"'.encode("ascii")
    return element[: name.end()] + attribute + element[name.end() :]


def to_headers(versions: Versions, address: EndpointAddress) -> tuple[Header, list[Header]]:
    """What addressing a message to ``address`` adds: the To header, and the headers of its reference parameters."""
    to = standard_header(versions, HeaderType.TO, address.url, HeaderRank.TO)
    return to, reference_headers(versions, address)


def check_mapped_header(name: object, value: object) -> tuple[str, str]:
    """The name and the value of a mapped header, when they can be those of a line of HTTP.

    :raises InvalidArgument: as :meth:`wsx.Message.add_mapped_header`.
    """
    if not isinstance(name, str) or not _TOKEN.fullmatch(name) or not is_ncname(name):
        raise InvalidArgument(f"the name of a mapped header must be a token of HTTP and a name of XML, not {name!r}")
    if not isinstance(value, str):
        raise InvalidArgument(f"the value of {name} must be a str, not {type(value).__name__}")
    if _FIELD_CONTROL.search(value):
        # Nothing is shown of it: it may be a credential.
        raise InvalidArgument(f"the value of {name} holds a control character")
    return name, value


def mapped_header(versions: Versions, name: str, value: str) -> Header:
    """The mapped header ``name``, which :func:`check_mapped_header` has passed.

    :raises InvalidFormat: for characters that XML forbids.
    """
    tag = name.encode("ascii")
    output = Output()
    output.write(b"<" + tag + b">")
    output.write_text(value)
    output.write(b"</" + tag + b">")
    header = Header(0, HeaderRank.ADDED, ("", name), output.take(), versions.scope)
    header.wire = b""
    header.text = value
    header.mapped = True
    return header
