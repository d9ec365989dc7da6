"""A SOAP message: headers, the envelope around a body, and the state machine of WS_MESSAGE."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from wsx._scanner import DEFAULT_QUOTAS
from wsx.cursors import XmlWriterProperties
from wsx.descriptions import ReadOption
from wsx.errors import InvalidArgument, InvalidOperation, QuotaExceeded
from wsx.leniency import Leniency
from wsx.message.body_reading import BodyReading
from wsx.message.enums import AddressingVersion, EnvelopeVersion, HeaderType, MessageInitialization, MessageState
from wsx.message.headers import Header, HeaderRank, check_header_text, standard_header, to_headers
from wsx.message.message_headers import member
from wsx.message.states import TRANSITIONS, MessageOperation
from wsx.message.versions import versions_of
from wsx.quotas import Quotas
from wsx.values import EndpointAddress

__all__ = ["Message", "check_writer_properties", "new_message_id"]

_INITIALIZE: Final = TRANSITIONS[MessageOperation.INITIALIZE]
_ADDRESS: Final = TRANSITIONS[MessageOperation.ADDRESS]
_GET_PROPERTY: Final = TRANSITIONS[MessageOperation.GET_PROPERTY]
_SET_PROPERTY: Final = TRANSITIONS[MessageOperation.SET_PROPERTY]
_WRITE_START: Final = TRANSITIONS[MessageOperation.WRITE_ENVELOPE_START]
_SEND: Final = TRANSITIONS[MessageOperation.SEND]
_ABANDON: Final = TRANSITIONS[MessageOperation.ABANDON]

_EMPTY: Final = MessageState.EMPTY
_STRICT: Final = Leniency()
_WRITER_PROPERTIES: Final = XmlWriterProperties()
# message.md §9: what WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES may hold.
_MESSAGE_WRITER_PROPERTIES: Final = frozenset(
    {"max_depth", "max_attributes", "write_declaration", "allow_invalid_character_references", "max_namespaces"}
)
# WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS.
_MAX_HEADERS: Final = 64

_UUID_BITS: Final = ~((0xF << 76) | (0x3 << 62))
_UUID_VERSION_4: Final = (0x4 << 76) | (0x2 << 62)


def new_message_id() -> str:
    """A fresh ``urn:uuid:…`` in lower case (RFC 9562 version 4, from the system's random source)."""
    digits = f"{int.from_bytes(os.urandom(16), 'big') & _UUID_BITS | _UUID_VERSION_4:032x}"
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def check_writer_properties(properties: object) -> XmlWriterProperties:
    """The properties of a writer inside the Body, which is a fragment.

    :raises InvalidArgument: when they are none, or have a property that messages do not.
    """
    if properties is _WRITER_PROPERTIES:
        return properties
    if not isinstance(properties, XmlWriterProperties):
        raise InvalidArgument(f"writer_properties must be wsx.XmlWriterProperties, not {properties!r}")
    for field in fields(properties):
        given = getattr(properties, field.name)
        if given != field.default and field.name not in _MESSAGE_WRITER_PROPERTIES:
            raise InvalidArgument(f"a message has no writer property {field.name}")
    return properties


class Message(BodyReading):
    """One message to write or to read (WS_MESSAGE), without any input or output of its own.

    ``envelope_version`` and ``addressing_version`` never change; ``quotas`` limit what reading may use, and
    ``max_processed_headers`` how many header blocks a message may have (WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS).
    ``leniency`` says what else than their tables custom headers and the body may hold, and :attr:`forgiven` what did.
    ``writer_properties`` (WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES) has ``write_declaration`` and, for the body,
    ``max_depth``; ``max_attributes``, ``max_namespaces`` and ``allow_invalid_character_references`` are for
    :attr:`body_writer`. The other properties of writers are not those of a message.

    To write: :meth:`initialize`, headers, :meth:`write_envelope_start`, :meth:`write_body` any number of times,
    :meth:`write_envelope_end`. To read: :meth:`read_envelope_start`, :meth:`read_body`, :meth:`read_envelope_end`.
    :meth:`reset` makes the message EMPTY again. A call in the wrong state raises :class:`InvalidOperation`, a bad
    argument :class:`InvalidArgument`, and neither changes the message.

    One thread at a time may use a message.
    """

    __slots__ = ()

    def __init__(
        self,
        envelope_version: EnvelopeVersion = EnvelopeVersion.SOAP_1_2,
        addressing_version: AddressingVersion = AddressingVersion.V1_0,
        *,
        quotas: Quotas = DEFAULT_QUOTAS,
        max_processed_headers: int = _MAX_HEADERS,
        leniency: Leniency | None = None,
        writer_properties: XmlWriterProperties = _WRITER_PROPERTIES,
    ) -> None:
        """WsCreateMessage.

        :raises InvalidArgument: for versions that are unknown or do not go together, a bad limit, or a property of
            writers that messages do not have.
        """
        if not isinstance(quotas, Quotas):
            raise InvalidArgument(f"quotas must be a wsx.Quotas, not {quotas!r}")
        if type(max_processed_headers) is not int or max_processed_headers < 1:
            raise InvalidArgument(f"max_processed_headers must be a positive integer, not {max_processed_headers!r}")
        if leniency is not None and not isinstance(leniency, Leniency):
            raise InvalidArgument(f"leniency must be a wsx.Leniency, not {leniency!r}")
        versions = versions_of(envelope_version, addressing_version)
        if leniency == _STRICT:
            leniency = None
        self._set_up(versions, quotas, leniency, max_processed_headers, check_writer_properties(writer_properties))

    def __reduce__(self) -> tuple[Any, ...]:
        """The message with its headers, to go elsewhere; one that is being written or read cannot."""
        if self._state in (MessageState.READING, MessageState.WRITING):
            raise InvalidOperation(f"cannot pickle: the message is {self._state.name}")
        made = [header.copy(self._versions) for header in self._headers]
        headers = [(header.kind, header.rank, header.name, header.block, header.text, header.mapped) for header in made]
        options = {
            "quotas": self._quotas,
            "max_processed_headers": self._max_headers,
            "leniency": self._leniency,
            "writer_properties": self._writer_properties,
        }
        return _restored, (
            (self.envelope_version, self.addressing_version, options),
            (self._state, self._addressed, self._fault),
            headers,
        )

    def _restore(
        self,
        state: MessageState,
        addressed: bool,
        fault: bool,
        headers: Sequence[tuple[int, int, tuple[str, str], bytes, str | None, bool]],
    ) -> None:
        versions = self._versions
        for kind, rank, name, block, text, mapped in headers:
            header = Header(kind, rank, name, block, versions.scope)
            header.text, header.mapped = text, mapped
            self._headers.append(header.copy(versions))
        self._state, self._addressed, self._fault = state, addressed, fault

    # Properties

    @property
    def is_addressed(self) -> bool:
        """WS_MESSAGE_PROPERTY_IS_ADDRESSED; InvalidOperation when the message is EMPTY."""
        self._check(_GET_PROPERTY)
        return self._addressed

    @property
    def is_fault(self) -> bool:
        """WS_MESSAGE_PROPERTY_IS_FAULT: the body starts with a SOAP Fault; InvalidOperation when EMPTY.

        It may be set, for a message whose body is a fault that was written in another way than by :meth:`write_fault`.
        """
        self._check(_GET_PROPERTY)
        return self._fault

    @is_fault.setter
    def is_fault(self, value: bool) -> None:
        if type(value) is not bool:
            raise InvalidArgument(f"is_fault must be a bool, not {value!r}")
        self._check(_SET_PROPERTY)
        self._fault = value

    # Beginning and end

    def _initialize_from(self, initialization: MessageInitialization, source: Message | None) -> None:
        """:meth:`initialize` for all that is not BLANK alone."""
        kind = member(MessageInitialization, initialization, "message initialization")
        if kind in (MessageInitialization.BLANK, MessageInitialization.REQUEST):
            if source is not None:
                raise InvalidArgument(f"{kind.name} takes no source message")
        elif not isinstance(source, Message):
            raise InvalidArgument(f"{kind.name} needs a source message, not {source!r}")
        elif source.versions is not self._versions:
            raise InvalidArgument(f"{kind.name} needs a source message of the same versions")
        self._check(_INITIALIZE)
        if source is not None and source.state is _EMPTY:
            raise InvalidOperation(f"cannot initialize: the source message of {kind.name} is EMPTY")
        addressed = False
        if source is None:
            headers = self._first_headers(kind)
        elif kind is MessageInitialization.DUPLICATE:
            addressed = source.is_addressed
            headers = [header.copy(self._versions) for header in source._headers]
        else:
            addressed = True
            headers = self._answer_headers(kind, source)
        if len(headers) > self._max_headers:
            raise QuotaExceeded(f"more than max_processed_headers ({self._max_headers}) header blocks")
        self._headers = headers
        self._addressed = addressed
        self._fault = kind is MessageInitialization.FAULT
        self._state = _INITIALIZE.success or self._state

    def abandon(self) -> None:
        """WsAbandonMessage: READING or WRITING → DONE; the rest of the message is neither read nor written.

        :raises InvalidOperation: when the message is neither READING nor WRITING.
        """
        self._check(_ABANDON)
        self._release_output()
        self._release_reader()
        self._state = _ABANDON.success or self._state

    def _first_headers(self, kind: MessageInitialization) -> list[Header]:
        versions = self._versions
        if kind is MessageInitialization.BLANK or not versions.addressing_on_wire:
            return []
        headers = [standard_header(versions, HeaderType.MESSAGE_ID, new_message_id(), HeaderRank.MESSAGE_ID)]
        if versions.anonymous_reply_to:
            name = versions.standard[HeaderType.REPLY_TO].name
            block, scope = versions.anonymous_reply_to, versions.scope
            headers.append(Header(HeaderType.REPLY_TO, HeaderRank.MESSAGE_ID, name, block, scope))
        return headers

    def _answer_headers(self, kind: MessageInitialization, source: Message) -> list[Header]:
        """RelatesTo and To of a reply or a fault (WS-Addressing 1.0 core §3.4)."""
        option = ReadOption.OPTIONAL_POINTER
        versions = self._versions
        if not versions.addressing_on_wire:
            return []
        headers = []
        message_id = source.get_header(HeaderType.MESSAGE_ID, option=option)
        if message_id is not None:
            headers.append(standard_header(versions, HeaderType.RELATES_TO, message_id, HeaderRank.MESSAGE_ID))
        address = None
        if kind is MessageInitialization.FAULT:
            address = source.get_header(HeaderType.FAULT_TO, option=option)
        if address is None:
            address = source.get_header(HeaderType.REPLY_TO, option=option)
        to, more = to_headers(versions, address or EndpointAddress(""))
        return [*headers, to, *more]

    def address(self, to: str | EndpointAddress | None) -> None:
        """WsAddressMessage: write the URL ``to`` as the To header; "" is the anonymous URI, None adds no header.

        The reference parameters of an :class:`wsx.EndpointAddress` are headers, too, with addressing 1.0 marked by
        ``IsReferenceParameter``; its extensions and identity do not matter here.

        :raises InvalidArgument: when ``to`` is no address or holds a control character.
        :raises InvalidOperation: when the message is EMPTY or already addressed.
        :raises InvalidFormat: when the address holds characters that XML forbids, or its headers are no XML.
        :raises QuotaExceeded: when there would be more headers than ``max_processed_headers``.
        """
        address = EndpointAddress(to) if isinstance(to, str) else to
        if address is not None:
            if not isinstance(address, EndpointAddress):
                raise InvalidArgument(f"to must be a str or a wsx.EndpointAddress, not {type(to).__name__}")
            check_header_text(address.url, "to")
        self._check(_ADDRESS)
        if self._addressed:
            raise InvalidOperation("cannot address: the message is already addressed")
        if address is not None:
            header, references = to_headers(self._versions, address)
            if references:
                self._check_count(len(references))
            kept = [other for other in self._headers if other.kind != HeaderType.TO]
            before = sum(other.rank < HeaderRank.TO for other in kept)
            self._headers = [*kept[:before], header, *kept[before:], *references]
        self._addressed = True

    # Sending and receiving in one step, for channels

    def check_write_start(self) -> None:
        """Raise InvalidOperation unless WsWriteMessageStart accepts the message in its state."""
        self._check(_WRITE_START)

    def prepare(
        self,
        action: Header | None,
        to: Header,
        references: Sequence[Header],
        initialization: MessageInitialization = MessageInitialization.BLANK,
    ) -> None:
        """Set the headers of a message that is to be written to a channel: INITIALIZED, with the parameters of
        :meth:`encode`."""
        self._check(_SEND)
        self._headers = self._complete(action, to, references, initialization)
        self._addressed = True
        self._state = _INITIALIZE.success or self._state


def _restored(
    made: tuple[EnvelopeVersion, AddressingVersion, dict[str, Any]],
    state: tuple[MessageState, bool, bool],
    headers: Sequence[tuple[int, int, tuple[str, str], bytes, str | None, bool]],
) -> Message:
    """The message that was pickled."""
    message = Message(made[0], made[1], **made[2])
    message._restore(*state, headers)
    return message
