"""The headers of a message: the functions of WS_MESSAGE that set, find, remove and judge header blocks."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, TypeVar

from wsx._writer import Output
from wsx.declare import element_of
from wsx.descriptions import ElementDescription, ReadOption, Type
from wsx.errors import InvalidArgument, InvalidFormat
from wsx.leniency import Forgiven
from wsx.message._blocks import Header
from wsx.message._envelope import MessageCore
from wsx.message.enums import (
    AddressingVersion,
    EnvelopeVersion,
    HeaderAttribute,
    HeaderType,
    MessageState,
    RepeatingHeaderOption,
)
from wsx.message.faults import not_understood
from wsx.message.headers import (
    TEXT_HEADERS,
    HeaderRank,
    check_header_text,
    check_mapped_header,
    endpoint_header,
    mapped_header,
    read_endpoint,
    standard_header,
)
from wsx.message.states import TRANSITIONS, MessageOperation
from wsx.values import EndpointAddress, XmlQName

__all__ = ["MessageHeaders", "element_description", "member"]

_E = TypeVar("_E", bound=IntEnum)

_CHANGE_HEADER: Final = TRANSITIONS[MessageOperation.CHANGE_HEADER]
_GET_HEADER: Final = TRANSITIONS[MessageOperation.GET_HEADER]
_GET_PROPERTY: Final = TRANSITIONS[MessageOperation.GET_PROPERTY]
_MARK: Final = TRANSITIONS[MessageOperation.MARK_HEADER_AS_UNDERSTOOD]
_CHECK_MUST_UNDERSTAND: Final = TRANSITIONS[MessageOperation.CHECK_MUST_UNDERSTAND_HEADERS]

# The options that the header functions take; a header that is not there is not nil (E_INVALIDARG for the others).
_HEADER_READ_OPTIONS: Final = (ReadOption.REQUIRED_VALUE, ReadOption.REQUIRED_POINTER, ReadOption.OPTIONAL_POINTER)
_ID_HEADERS: Final = (HeaderType.MESSAGE_ID, HeaderType.RELATES_TO)
_UUID_URI: Final = re.compile("urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_NO_FLAGS: Final = HeaderAttribute.NONE


def member(kind: type[_E], value: int, what: str) -> _E:
    """``value`` as a member of the enumeration ``kind``; its number will do.

    :raises InvalidArgument: when the enumeration has no such member.
    """
    if type(value) is kind:
        return value
    try:
        return kind(value)
    except ValueError as error:
        raise InvalidArgument(f"unknown {what} {value!r}") from error


def element_description(element: ElementDescription | type[Any]) -> ElementDescription:
    """The description of ``element``, which may be a class made by ``@wsx.struct``."""
    if isinstance(element, ElementDescription):
        return element
    return element_of(element)


def _named(element: ElementDescription | type[Any]) -> tuple[ElementDescription, tuple[str, str]]:
    description = element_description(element)
    local_name, ns = description.local_name, description.ns
    if local_name is None or ns is None:
        raise InvalidArgument("a header needs an element with a name")
    return description, (ns, local_name)


def _name(local_name: str, ns: str) -> tuple[str, str]:
    for part in (local_name, ns):
        if not isinstance(part, str):
            raise InvalidArgument(f"the name and namespace of a header must be str, not {part!r}")
    return ns, local_name


class MessageHeaders(MessageCore):
    """The part of :class:`wsx.Message` that is about its headers; never used alone."""

    __slots__ = ()

    # Properties

    @property
    def state(self) -> MessageState:
        """WS_MESSAGE_PROPERTY_STATE."""
        return self._state

    @property
    def envelope_version(self) -> EnvelopeVersion:
        """WS_MESSAGE_PROPERTY_ENVELOPE_VERSION."""
        return self._versions.envelope_version

    @property
    def addressing_version(self) -> AddressingVersion:
        """WS_MESSAGE_PROPERTY_ADDRESSING_VERSION."""
        return self._versions.addressing_version

    @property
    def header_buffer(self) -> bytes:
        """WS_MESSAGE_PROPERTY_HEADER_BUFFER: the envelope in UTF-8 with its headers and an empty Body.

        It shows also what the envelope on the wire does not hold: a Header element without header blocks, Action when
        the transport carries it, and mapped headers. InvalidOperation when the message is EMPTY.
        """
        self._check(_GET_PROPERTY)
        versions = self._versions
        pieces = versions.buffer
        blocks = b"".join(h.fragment(versions.scope) for h in self._headers if h.wire or h.rank != HeaderRank.TO)
        header = pieces.header_start + blocks + pieces.header_end if blocks else pieces.header_empty
        return pieces.start + header + pieces.body_empty

    @property
    def forgiven(self) -> tuple[Forgiven, ...]:
        """What the message's leniency let pass in the header blocks and in the body that were read so far."""
        return tuple(self._forgiven)

    # Headers that must be understood

    @property
    def must_understand_headers(self) -> tuple[XmlQName, ...]:
        """The headers of a message that is read which this node must understand and has not yet.

        These are the blocks with mustUnderstand for the ultimate receiver that are neither addressing headers nor were
        read with :meth:`get_custom_header` nor marked: what :meth:`check_must_understand_headers` objects to.
        InvalidOperation when the message is EMPTY.
        """
        self._check(_GET_PROPERTY)
        return tuple(XmlQName(header.name[1], header.name[0]) for header in self._not_understood())

    def check_must_understand_headers(self) -> None:
        """WsCheckMustUnderstandHeaders: all headers of a message being read that must be understood are.

        The error that is raised otherwise has the fault to answer with: code MustUnderstand, and with SOAP 1.2 one
        NotUnderstood header for each block in ``fault_header`` (SOAP 1.1 §4.4, SOAP 1.2 part 1 §5.4.8).

        :raises InvalidOperation: when the message is not READING.
        :raises InvalidFormat: when a header block was not understood.
        """
        self._check(_CHECK_MUST_UNDERSTAND)
        blocks = self._not_understood()
        if blocks:
            names = tuple(XmlQName(header.name[1], header.name[0]) for header in blocks)
            fault, header = not_understood(self._versions, names)
            listed = ", ".join(map(str, names))
            error = InvalidFormat(
                f"not understood: {listed}", path="Envelope/Header", offset=blocks[0].start, fault=fault
            )
            error.fault_header = header
            raise error

    def mark_header_as_understood(self, local_name: str, ns: str) -> None:
        """WsMarkHeaderAsUnderstood: the program has looked at all header blocks of that name.

        :raises InvalidArgument: when a name is missing.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when there is no such header block.
        """
        name = _name(local_name, ns)
        self._check(_MARK)
        found = [header for header in self._headers if header.name == name]
        if not found:
            raise self._missing(name)
        for header in found:
            header.understood = True

    # Addressing headers

    def set_header(self, header_type: HeaderType, value: str | uuid.UUID | EndpointAddress) -> None:
        """WsSetHeader: set an addressing header; one that is there already is replaced in its place.

        ACTION and TO are text, an empty TO is the anonymous URI; MESSAGE_ID and RELATES_TO are text or a
        :class:`uuid.UUID`; FROM, REPLY_TO and FAULT_TO are a :class:`wsx.EndpointAddress`.

        :raises InvalidArgument: for an unknown type, a type that the addressing version does not have, a value that is
            not of the header's kind or holds a control character.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the value holds characters that XML forbids, or a fragment that is none.
        :raises QuotaExceeded: when there would be more headers than ``max_processed_headers``.
        """
        kind = self._addressing_header(header_type)
        make: Callable[..., Header] = standard_header
        if kind not in TEXT_HEADERS:
            if not isinstance(value, EndpointAddress):
                raise InvalidArgument(f"{kind.name} must be a wsx.EndpointAddress, not {type(value).__name__}")
            check_header_text(value.url, f"the url of {kind.name}")
            make = endpoint_header
        else:
            if kind in _ID_HEADERS and isinstance(value, uuid.UUID):
                value = value.urn
            check_header_text(value, kind.name)
        self._check(_CHANGE_HEADER)
        header = make(self._versions, kind, value, HeaderRank.ADDED)
        for index, other in enumerate(self._headers):
            if self._is(other, kind):
                header.rank = other.rank
                self._headers[index] = header
                return
        self._check_count()
        self._headers.append(header)

    def get_header(
        self,
        header_type: HeaderType,
        *,
        option: ReadOption = ReadOption.REQUIRED_VALUE,
        value_type: Type | None = None,
    ) -> Any:
        """WsGetHeader: the value of an addressing header, of a message that is written or read.

        The value is a str, for FROM, REPLY_TO and FAULT_TO a :class:`wsx.EndpointAddress`. With ``value_type``
        UNIQUE_ID, MESSAGE_ID and RELATES_TO of the form ``urn:uuid:…`` are a :class:`uuid.UUID`. A header for another
        role does not count. When there is none, the result is None with OPTIONAL_POINTER.

        :raises InvalidArgument: for an unknown type or option, one that does not apply to headers, or a value type that
            the header does not have.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the header is missing and required, there are several, or it is no endpoint
            reference.
        """
        kind = self._addressing_header(header_type)
        unique_id = self._is_unique_id(kind, value_type)
        self._check_read_option(option)
        self._check(_GET_HEADER)
        found = self._addressed_to_us(kind)
        if found is None:
            if option is ReadOption.OPTIONAL_POINTER:
                return None
            raise InvalidFormat(f"the message has no {self._versions.standard[kind].name[1]} header")
        if kind not in TEXT_HEADERS:
            return read_endpoint(found, self._versions, self._quotas)
        text = found.read_text(self._quotas)
        match = _UUID_URI.fullmatch(text) if unique_id else None
        return text if match is None else uuid.UUID(match[1])

    def remove_header(self, header_type: HeaderType) -> None:
        """WsRemoveHeader: remove an addressing header, if there is one.

        :raises InvalidOperation: when the message is EMPTY (also for an unknown type).
        :raises InvalidArgument: for an unknown type.
        """
        self._check(_CHANGE_HEADER)
        kind = member(HeaderType, header_type, "header type")
        self._headers = [header for header in self._headers if not self._is(header, kind)]

    def _addressing_header(self, header_type: HeaderType) -> HeaderType:
        kind = member(HeaderType, header_type, "header type")
        if not self._versions.addressing_on_wire and kind not in (HeaderType.ACTION, HeaderType.TO):
            raise InvalidArgument(f"addressing version TRANSPORT has no header {kind.name}")
        return kind

    @staticmethod
    def _is_unique_id(kind: HeaderType, value_type: Type | None) -> bool:
        if value_type is None:
            return False
        if kind not in TEXT_HEADERS:
            legal: tuple[Type, ...] = (Type.ENDPOINT_ADDRESS,)
        elif kind in _ID_HEADERS:
            legal = (Type.STRING, Type.XML_STRING, Type.WSZ, Type.UNIQUE_ID)
        else:
            legal = (Type.STRING, Type.XML_STRING, Type.WSZ)
        if value_type not in legal:
            raise InvalidArgument(f"header {kind.name} has no value of type {value_type!r}")
        return value_type is Type.UNIQUE_ID

    def _is(self, header: Header, kind: HeaderType) -> bool:
        return header.kind == kind and header.is_for_receiver(self._versions, self._quotas)

    # Custom headers

    def get_custom_header(
        self,
        element: ElementDescription | type[Any],
        *,
        option: ReadOption = ReadOption.REQUIRED_VALUE,
        repeating: RepeatingHeaderOption = RepeatingHeaderOption.SINGLETON,
        index: int = 0,
    ) -> Any:
        """WsGetCustomHeader: the value of a header block; it counts as understood then.

        With REPEATING, ``index`` counts the blocks of that name. When there is none, the result is None with
        OPTIONAL_POINTER.

        :raises InvalidArgument: for a bad element or option, or an ``index`` other than 0 with SINGLETON.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the header is missing and required, is there more than once (SINGLETON), or does not
            match the description.
        """
        description, name = _named(element)
        self._check_repeating(repeating, index)
        self._check_read_option(option)
        self._check(_GET_HEADER)
        found = self._one(self._named_headers(name), name, option, repeating, index)
        if found is None:
            return None
        value = found.read_value(
            self._versions, description, option, self._quotas, leniency=self._leniency, forgiven=self._forgiven
        )
        found.understood = True
        return value

    def get_header_attributes(self, local_name: str, ns: str, *, index: int = 0) -> HeaderAttribute:
        """WsGetHeaderAttributes: mustUnderstand and, in SOAP 1.2, relay of the header block number ``index`` of a name.

        :raises InvalidArgument: when a name is missing or the index is none.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when there is no such header block for this node.
        """
        name = _name(local_name, ns)
        self._check_repeating(RepeatingHeaderOption.REPEATING, index)
        self._check(_GET_HEADER)
        found = self._named_headers(name)
        if index >= len(found):
            raise self._missing(name, index)
        return found[index].flags(self._versions, self._quotas)

    def remove_custom_header(self, local_name: str, ns: str) -> None:
        """WsRemoveCustomHeader: remove all header blocks of that name, if there are any.

        :raises InvalidArgument: when a name is missing.
        :raises InvalidOperation: when the message is EMPTY.
        """
        name = _name(local_name, ns)
        self._check(_CHANGE_HEADER)
        self._headers = [header for header in self._headers if header.name != name]

    def _flags(self, attributes: HeaderAttribute) -> bytes:
        """The attributes of a header block with those flags."""
        if not isinstance(attributes, int):
            raise InvalidArgument(f"attributes must be wsx.HeaderAttribute flags, not {attributes!r}")
        flags = self._versions.attributes.get(attributes)
        if flags is None:
            raise InvalidArgument(f"unknown header attributes {attributes!r}")
        return flags

    def _role(self, role: str) -> bytes:
        """The attribute of a header block for a role, none for the ultimate receiver."""
        if not check_header_text(role, "role"):
            return b""
        prefix = "s:" if self._versions.envelope_ns else ""
        output = Output()
        output.write(f' {prefix}{self._versions.role_attribute}="'.encode("ascii"))
        output.write_attribute_text(role)
        output.write(b'"')
        return output.take()

    # Mapped headers

    def add_mapped_header(self, name: str, value: str) -> None:
        """WsAddMappedHeader: a header line of HTTP that goes out with the message; it is never in the envelope.

        The header buffer shows it as an element ``name`` of no namespace. A second one of a name is one more line;
        remove the first to replace it. The channel sends it, and fills in what it received.

        :raises InvalidArgument: when ``name`` is not both a token of HTTP and a name of XML, or ``value`` is no str or
            holds a control character other than a tab: a line break would start another header (RFC 9110 §5.5).
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the value holds characters that XML forbids.
        :raises QuotaExceeded: when there would be more headers than ``max_processed_headers``.
        """
        name, value = check_mapped_header(name, value)
        self._check(_CHANGE_HEADER)
        self._check_count()
        self._headers.append(mapped_header(self._versions, name, value))

    def get_mapped_header(
        self,
        name: str,
        *,
        option: ReadOption = ReadOption.REQUIRED_VALUE,
        repeating: RepeatingHeaderOption = RepeatingHeaderOption.SINGLETON,
        index: int = 0,
    ) -> str | None:
        """WsGetMappedHeader: the value of a header line; names are compared exactly.

        ``option``, ``repeating`` and ``index`` are those of :meth:`get_custom_header`.

        :raises InvalidArgument: when ``name`` is no str, for a bad option, or an ``index`` other than 0 with SINGLETON.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the header is missing and required, or is there more than once (SINGLETON).
        """
        if not isinstance(name, str):
            raise InvalidArgument(f"the name of a mapped header must be a str, not {name!r}")
        self._check_repeating(repeating, index)
        self._check_read_option(option)
        self._check(_GET_HEADER)
        mapped = [header for header in self._headers if header.mapped and header.name[1] == name]
        found = self._one(mapped, ("", name), option, repeating, index)
        return None if found is None else found.text

    def remove_mapped_header(self, name: str) -> None:
        """WsRemoveMappedHeader: remove all header lines of that name, if there are any.

        :raises InvalidArgument: when ``name`` is no str.
        :raises InvalidOperation: when the message is EMPTY.
        """
        if not isinstance(name, str):
            raise InvalidArgument(f"the name of a mapped header must be a str, not {name!r}")
        self._check(_CHANGE_HEADER)
        self._headers = [header for header in self._headers if not header.mapped or header.name[1] != name]

    @property
    def mapped_headers(self) -> tuple[tuple[str, str], ...]:
        """(name, value) of all mapped headers in their order, for channels; InvalidOperation when EMPTY."""
        self._check(_GET_PROPERTY)
        return tuple((header.name[1], header.text or "") for header in self._headers if header.mapped)

    # What they share

    def _one(
        self,
        found: list[Header],
        name: tuple[str, str],
        option: ReadOption,
        repeating: RepeatingHeaderOption,
        index: int,
    ) -> Header | None:
        if repeating == RepeatingHeaderOption.SINGLETON and len(found) > 1:
            raise InvalidFormat(f"the message has {len(found)} headers {{{name[0]}}}{name[1]}", offset=found[1].start)
        if index < len(found):
            return found[index]
        if option is ReadOption.OPTIONAL_POINTER:
            return None
        raise self._missing(name, index)

    @staticmethod
    def _missing(name: tuple[str, str], index: int = 0) -> InvalidFormat:
        label = f"{{{name[0]}}}{name[1]}" if name[0] else name[1]  # a mapped header has no namespace
        which = f" at index {index}" if index else ""
        return InvalidFormat(f"the message has no header {label}{which}")

    @staticmethod
    def _check_repeating(repeating: RepeatingHeaderOption, index: int) -> None:
        kind = member(RepeatingHeaderOption, repeating, "repeating header option")
        if type(index) is not int or index < 0 or (index and kind is RepeatingHeaderOption.SINGLETON):
            raise InvalidArgument(f"index {index!r} is not possible for a header of {kind!r}")

    @staticmethod
    def _check_read_option(option: ReadOption) -> None:
        if option not in _HEADER_READ_OPTIONS:
            raise InvalidArgument(f"read option {option!r} does not apply to headers")
