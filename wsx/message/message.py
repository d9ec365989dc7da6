"""A SOAP message: headers, the envelope around a body, and the state machine of WS_MESSAGE."""

from __future__ import annotations

import os
from enum import IntEnum
from typing import Any, Final, TypeVar

from wsx._reader import Reader
from wsx._writer import Output
from wsx.declare import element_of
from wsx.descriptions import ElementDescription, ReadOption, WriteOption
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, NotSupported, ObjectFaulted, QuotaExceeded
from wsx.message.enums import (
    AddressingVersion,
    EnvelopeVersion,
    HeaderAttribute,
    HeaderType,
    MessageInitialization,
    MessageState,
    RepeatingHeaderOption,
)
from wsx.message.faults import read_fault
from wsx.message.headers import TEXT_HEADERS, Header, HeaderRank, check_header_text, leave, standard_header
from wsx.message.states import TRANSITIONS, MessageOperation, Transition, refused
from wsx.message.versions import VERSIONS, Versions, versions_of
from wsx.quotas import Quotas
from wsx.values import Fault, XmlQName

__all__ = ["Message", "new_message_id"]

_E = TypeVar("_E", bound=IntEnum)

_INITIALIZE: Final = TRANSITIONS[MessageOperation.INITIALIZE]
_ADDRESS: Final = TRANSITIONS[MessageOperation.ADDRESS]
_CHANGE_HEADER: Final = TRANSITIONS[MessageOperation.CHANGE_HEADER]
_GET_HEADER: Final = TRANSITIONS[MessageOperation.GET_HEADER]
_GET_PROPERTY: Final = TRANSITIONS[MessageOperation.GET_PROPERTY]
_WRITE_START: Final = TRANSITIONS[MessageOperation.WRITE_ENVELOPE_START]
_WRITE_BODY: Final = TRANSITIONS[MessageOperation.WRITE_BODY]
_WRITE_END: Final = TRANSITIONS[MessageOperation.WRITE_ENVELOPE_END]
_READ_START: Final = TRANSITIONS[MessageOperation.READ_ENVELOPE_START]
_READ_BODY: Final = TRANSITIONS[MessageOperation.READ_BODY]
_READ_END: Final = TRANSITIONS[MessageOperation.READ_ENVELOPE_END]
_SEND: Final = TRANSITIONS[MessageOperation.SEND]
_RECEIVE: Final = TRANSITIONS[MessageOperation.RECEIVE]
_RESET: Final = TRANSITIONS[MessageOperation.RESET]

_EMPTY: Final = MessageState.EMPTY
_DEFAULT_QUOTAS: Final = Quotas()
# WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS.
_MAX_HEADERS: Final = 64
_SMALLEST_BUFFER: Final = 512
_LARGEST_FIRST_BUFFER: Final = 1 << 20

# The options that the header functions take; a header that is not there is not nil (E_INVALIDARG for the others).
_HEADER_READ_OPTIONS: Final = (ReadOption.REQUIRED_VALUE, ReadOption.REQUIRED_POINTER, ReadOption.OPTIONAL_POINTER)

_UUID_BITS: Final = ~((0xF << 76) | (0x3 << 62))
_UUID_VERSION_4: Final = (0x4 << 76) | (0x2 << 62)


def new_message_id() -> str:
    """A fresh ``urn:uuid:…`` in lower case (RFC 9562 version 4, from the system's random source)."""
    digits = f"{int.from_bytes(os.urandom(16), 'big') & _UUID_BITS | _UUID_VERSION_4:032x}"
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _member(kind: type[_E], value: int, what: str) -> _E:
    """``value`` as a member of the enumeration ``kind``; its number will do."""
    if type(value) is kind:
        return value
    try:
        return kind(value)
    except ValueError as error:
        raise InvalidArgument(f"unknown {what} {value!r}") from error


def _element(element: ElementDescription | type[Any]) -> ElementDescription:
    if isinstance(element, ElementDescription):
        return element
    return element_of(element)


class Message:
    """One message to write or to read (WS_MESSAGE), without any input or output of its own.

    ``envelope_version`` and ``addressing_version`` never change; ``quotas`` limit what reading may use, and
    ``max_processed_headers`` how many header blocks a message may have (WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS).

    To write: :meth:`initialize`, headers, :meth:`write_envelope_start`, :meth:`write_body` any number of times,
    :meth:`write_envelope_end`. To read: :meth:`read_envelope_start`, :meth:`read_body`, :meth:`read_envelope_end`.
    :meth:`reset` makes the message EMPTY again. A call in the wrong state raises :class:`InvalidOperation`, a bad
    argument :class:`InvalidArgument`, and neither changes the message.

    One thread at a time may use a message.
    """

    __slots__ = (
        "_addressed",
        "_body_started",
        "_document",
        "_fault",
        "_headers",
        "_max_headers",
        "_output",
        "_owns_output",
        "_quotas",
        "_reader",
        "_size",
        "_state",
        "_versions",
    )

    def __init__(
        self,
        envelope_version: EnvelopeVersion = EnvelopeVersion.SOAP_1_2,
        addressing_version: AddressingVersion = AddressingVersion.V1_0,
        *,
        quotas: Quotas = _DEFAULT_QUOTAS,
        max_processed_headers: int = _MAX_HEADERS,
    ) -> None:
        """WsCreateMessage.

        :raises InvalidArgument: for versions that are unknown or do not go together, or a bad limit.
        """
        if not isinstance(quotas, Quotas):
            raise InvalidArgument(f"quotas must be a wsx.Quotas, not {quotas!r}")
        if type(max_processed_headers) is not int or max_processed_headers < 1:
            raise InvalidArgument(f"max_processed_headers must be a positive integer, not {max_processed_headers!r}")
        self._versions = versions_of(envelope_version, addressing_version)
        self._quotas = quotas
        self._max_headers = max_processed_headers
        self._state = _EMPTY
        self._headers: list[Header] = []
        self._addressed = False
        self._fault = False
        self._output: Output | None = None
        self._owns_output = False
        self._body_started = False
        self._reader: Reader | None = None
        self._document = b""
        self._size = _SMALLEST_BUFFER

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
    def is_addressed(self) -> bool:
        """WS_MESSAGE_PROPERTY_IS_ADDRESSED; InvalidOperation when the message is EMPTY."""
        self._check(_GET_PROPERTY)
        return self._addressed

    @property
    def is_fault(self) -> bool:
        """WS_MESSAGE_PROPERTY_IS_FAULT: the body starts with a SOAP Fault; InvalidOperation when EMPTY."""
        self._check(_GET_PROPERTY)
        return self._fault

    @property
    def header_buffer(self) -> bytes:
        """WS_MESSAGE_PROPERTY_HEADER_BUFFER: the envelope in UTF-8 with its headers and an empty Body.

        It shows also what the envelope on the wire does not hold: a Header element without header blocks, and Action
        when the transport carries it. InvalidOperation when the message is EMPTY.
        """
        self._check(_GET_PROPERTY)
        versions = self._versions
        pieces = versions.buffer
        blocks = b"".join(h.fragment(versions.scope) for h in self._headers if h.wire or h.rank != HeaderRank.TO)
        header = pieces.header_start + blocks + pieces.header_end if blocks else pieces.header_empty
        return pieces.start + header + pieces.body_empty

    @property
    def must_understand_headers(self) -> tuple[XmlQName, ...]:
        """The headers of a message that is read which this node must understand and has not yet.

        These are the blocks with mustUnderstand for the ultimate receiver that are neither addressing headers nor were
        read with :meth:`get_custom_header`: what WsCheckMustUnderstandHeaders would object to. InvalidOperation when
        the message is EMPTY.
        """
        self._check(_GET_PROPERTY)
        versions, quotas = self._versions, self._quotas
        return tuple(
            XmlQName(header.name[1], header.name[0])
            for header in self._headers
            if not header.understood
            and not header.kind
            and header.flags(versions, quotas) & HeaderAttribute.MUST_UNDERSTAND
            and header.is_for_receiver(versions, quotas)
        )

    # Beginning and end

    def initialize(
        self, initialization: MessageInitialization = MessageInitialization.BLANK, source: Message | None = None
    ) -> None:
        """WsInitializeMessage: EMPTY → INITIALIZED with the headers of ``initialization``.

        BLANK has none; REQUEST has a new MessageID and, with addressing 0.9, an anonymous ReplyTo. Both take no
        ``source``; the other initializations need the message they answer or copy.

        :raises InvalidArgument: for an unknown initialization, or a ``source`` that must or must not be there.
        :raises NotSupported: DUPLICATE, REPLY and FAULT are not available in this version.
        """
        kind = _member(MessageInitialization, initialization, "message initialization")
        if kind in (MessageInitialization.BLANK, MessageInitialization.REQUEST):
            if source is not None:
                raise InvalidArgument(f"{kind.name} takes no source message")
        elif not isinstance(source, Message):
            raise InvalidArgument(f"{kind.name} needs a source message, not {source!r}")
        else:
            raise NotSupported(f"initialization {kind.name} is not available in this version")
        self._check(_INITIALIZE)
        self._headers = self._first_headers(kind)
        self._addressed = False
        self._fault = False
        self._state = _INITIALIZE.success or self._state

    def reset(self) -> None:
        """WsResetMessage: back to EMPTY from any state; the versions stay."""
        self._headers = []
        self._addressed = False
        self._fault = False
        self._output = None
        self._reader = None
        self._document = b""
        self._state = _RESET.success or self._state

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

    # Addressing headers

    def address(self, to: str | None) -> None:
        """WsAddressMessage: write the URL ``to`` as the To header; "" is the anonymous URI, None adds no header.

        :raises InvalidArgument: when ``to`` is no str or holds a control character.
        :raises InvalidOperation: when the message is EMPTY or already addressed.
        """
        if to is not None:
            check_header_text(to, "to")
        self._check(_ADDRESS)
        if self._addressed:
            raise InvalidOperation("cannot address: the message is already addressed")
        if to is not None:
            header = standard_header(self._versions, HeaderType.TO, to, HeaderRank.TO)
            kept = [other for other in self._headers if other.kind != HeaderType.TO]
            before = sum(other.rank < HeaderRank.TO for other in kept)
            self._headers = [*kept[:before], header, *kept[before:]]
        self._addressed = True

    def set_header(self, header_type: HeaderType, value: str) -> None:
        """WsSetHeader: set an addressing header; one that is there already is replaced in its place.

        :raises InvalidArgument: for an unknown type, a type that the addressing version does not have, a value that is
            no str or holds a control character.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the value holds characters that XML forbids.
        :raises NotSupported: FROM, REPLY_TO and FAULT_TO are not available in this version.
        :raises QuotaExceeded: when there would be more headers than ``max_processed_headers``.
        """
        kind = self._text_header(header_type)
        check_header_text(value, kind.name)
        self._check(_CHANGE_HEADER)
        header = standard_header(self._versions, kind, value, HeaderRank.ADDED)
        for index, other in enumerate(self._headers):
            if self._is(other, kind):
                header.rank = other.rank
                self._headers[index] = header
                return
        self._check_count()
        self._headers.append(header)

    def get_header(self, header_type: HeaderType, *, option: ReadOption = ReadOption.REQUIRED_VALUE) -> str | None:
        """WsGetHeader: the value of an addressing header, of a message that is written or read.

        A header for another role does not count. When there is none, the result is None with OPTIONAL_POINTER.

        :raises InvalidArgument: for an unknown type or option, or one that does not apply to headers.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the header is missing and required, or there are several.
        :raises NotSupported: FROM, REPLY_TO and FAULT_TO are not available in this version.
        """
        kind = self._text_header(header_type)
        self._check_read_option(option)
        self._check(_GET_HEADER)
        found: Header | None = None
        for header in self._headers:
            if self._is(header, kind):
                if found is not None:
                    raise InvalidFormat(f"the message has several {header.name[1]} headers", offset=header.start)
                found = header
        if found is not None:
            return found.read_text(self._quotas)
        if option is ReadOption.OPTIONAL_POINTER:
            return None
        raise InvalidFormat(f"the message has no {self._versions.standard[kind].name[1]} header")

    def remove_header(self, header_type: HeaderType) -> None:
        """WsRemoveHeader: remove an addressing header, if there is one.

        :raises InvalidOperation: when the message is EMPTY (also for an unknown type).
        :raises InvalidArgument: for an unknown type.
        """
        self._check(_CHANGE_HEADER)
        kind = self._header_type(header_type)
        self._headers = [header for header in self._headers if not self._is(header, kind)]

    def _header_type(self, header_type: HeaderType) -> HeaderType:
        return _member(HeaderType, header_type, "header type")

    def _text_header(self, header_type: HeaderType) -> HeaderType:
        kind = self._header_type(header_type)
        if kind not in TEXT_HEADERS:
            raise NotSupported(f"header {kind.name} is not available in this version")
        if not self._versions.addressing_on_wire and kind not in (HeaderType.ACTION, HeaderType.TO):
            raise InvalidArgument(f"addressing version TRANSPORT has no header {kind.name}")
        return kind

    def _is(self, header: Header, kind: HeaderType) -> bool:
        return header.kind == kind and header.is_for_receiver(self._versions, self._quotas)

    # Custom headers

    def add_custom_header(
        self,
        element: ElementDescription | type[Any],
        value: object,
        *,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
        attributes: HeaderAttribute = HeaderAttribute.NONE,
    ) -> None:
        """WsAddCustomHeader: append a header block, written now; a second one of the same name is one more.

        ``element`` is an :class:`ElementDescription` or a class made by ``@wsx.struct``. ``attributes`` puts
        mustUnderstand and, in SOAP 1.2, relay on the element.

        :raises InvalidArgument: for a bad element, option, flag or value.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the value cannot be represented; the message is then unchanged.
        :raises QuotaExceeded: when there would be more headers than ``max_processed_headers``.
        """
        description = _element(element)
        local_name, ns = description.local_name, description.ns
        if local_name is None or ns is None:
            raise InvalidArgument("a header needs an element with a name")
        if not isinstance(attributes, int):
            raise InvalidArgument(f"attributes must be wsx.HeaderAttribute flags, not {attributes!r}")
        flags = self._versions.attributes.get(attributes)
        if flags is None:
            raise InvalidArgument(f"unknown header attributes {attributes!r}")
        self._check(_CHANGE_HEADER)
        self._check_count()
        output = Output(_SMALLEST_BUFFER)
        scope = self._versions.scope
        output.write_element(description, value, option, scope=scope, attributes=flags)
        name = (ns, local_name)
        header = Header(self._versions.kinds.get(name, 0), HeaderRank.ADDED, name, output.take(), scope)
        if not self._versions.wire.start:
            header.wire = b""
        self._headers.append(header)

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
        description = _element(element)
        local_name, ns = description.local_name, description.ns
        if local_name is None or ns is None:
            raise InvalidArgument("a header needs an element with a name")
        repeating = _member(RepeatingHeaderOption, repeating, "repeating header option")
        singleton = repeating is RepeatingHeaderOption.SINGLETON
        if type(index) is not int or index < 0 or (singleton and index):
            raise InvalidArgument(f"index {index!r} is not possible for a header of {repeating!r}")
        self._check_read_option(option)
        self._check(_GET_HEADER)
        versions, quotas = self._versions, self._quotas
        found = [
            header
            for header in self._headers
            if header.name == (ns, local_name) and header.is_for_receiver(versions, quotas)
        ]
        if singleton and len(found) > 1:
            raise InvalidFormat(f"the message has {len(found)} headers {{{ns}}}{local_name}", offset=found[1].start)
        if index >= len(found):
            if option is ReadOption.OPTIONAL_POINTER:
                return None
            raise InvalidFormat(f"the message has no header {{{ns}}}{local_name} number {index}")
        value = found[index].read_value(versions, description, option, quotas)
        found[index].understood = True
        return value

    def remove_custom_header(self, local_name: str, ns: str) -> None:
        """WsRemoveCustomHeader: remove all header blocks of that name, if there are any.

        :raises InvalidArgument: when a name is missing.
        :raises InvalidOperation: when the message is EMPTY.
        """
        for part in (local_name, ns):
            if not isinstance(part, str):
                raise InvalidArgument(f"the name and namespace of a header must be str, not {part!r}")
        self._check(_CHANGE_HEADER)
        self._headers = [header for header in self._headers if header.name != (ns, local_name)]

    def _check_read_option(self, option: ReadOption) -> None:
        if option not in _HEADER_READ_OPTIONS:
            raise InvalidArgument(f"read option {option!r} does not apply to headers")

    def _check_count(self) -> None:
        if len(self._headers) >= self._max_headers:
            raise QuotaExceeded(f"more than max_processed_headers ({self._max_headers}) header blocks")

    # Writing

    def write_envelope_start(self, output: Output | None = None) -> None:
        """WsWriteEnvelopeStart: INITIALIZED → WRITING; writes the envelope up to and including its headers.

        Without ``output`` the message writes to a buffer of its own, and :meth:`write_envelope_end` returns it. A
        Header element is written when there is a block in it. What is set after this call changes the header buffer
        only.

        :raises InvalidArgument: when ``output`` is no Output.
        :raises InvalidOperation: when the message is not INITIALIZED.
        """
        if output is not None and not isinstance(output, Output):
            raise InvalidArgument(f"output must be an Output, not {output!r}")
        self._check(_WRITE_START)
        self._owns_output = output is None
        self._output = Output(self._size) if output is None else output
        self._body_started = False
        blocks = b"".join([header.wire for header in self._headers])
        pieces = self._versions.wire
        if blocks:
            self._output.write(pieces.start_header)
            self._output.write(blocks)
            self._output.write(pieces.header_end)
        else:
            self._output.write(pieces.start)
        self._state = _WRITE_START.success or self._state

    def write_body(
        self,
        element: ElementDescription | type[Any],
        value: object,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
    ) -> None:
        """WsWriteBody: write ``value`` into the Body; further calls add to it.

        ``element`` is an :class:`ElementDescription` (one without a name writes the fields of its structure directly
        into the Body) or a class made by ``@wsx.struct``. A call that fails leaves nothing in the output.

        :raises InvalidArgument: for a bad element, option or value.
        :raises InvalidOperation: when the message is not WRITING.
        :raises InvalidFormat, NumericOverflow, QuotaExceeded: when the value cannot be represented.
        """
        description = _element(element)
        self._check(_WRITE_BODY)
        output = self._output
        if output is None:
            raise AssertionError("a message that is WRITING has an output")
        self._write_body(output, description, value, option)

    def write_envelope_end(self) -> bytes:
        """WsWriteEnvelopeEnd: WRITING → DONE; the envelope, or b"" when it went to the caller's own output.

        :raises InvalidOperation: when the message is not WRITING.
        """
        self._check(_WRITE_END)
        output, self._output = self._output, None
        if output is None:
            raise AssertionError("a message that is WRITING has an output")
        self._state = _WRITE_END.failure or self._state
        pieces = self._versions.wire
        output.write(pieces.body_end if self._body_started else pieces.body_empty)
        envelope = output.take() if self._owns_output else b""
        self._state = _WRITE_END.success or self._state
        return envelope

    def _write_body(self, output: Output, element: ElementDescription, value: object, option: WriteOption) -> None:
        mark = len(output)
        if not self._body_started:
            output.write(self._versions.wire.body_start)
        inside = len(output)
        try:
            output.write_element(element, value, option, scope=self._versions.scope)
        except BaseException:
            output.truncate(mark)
            raise
        if len(output) > inside:
            self._body_started = True
        else:
            output.truncate(mark)

    # Sending and receiving in one step, for channels

    @property
    def versions(self) -> Versions:
        """The record of the versions of this message, for channels."""
        return self._versions

    def check_send(self) -> None:
        """Raise InvalidOperation unless WsSendMessage accepts the message in its state."""
        self._check(_SEND)

    def check_receive(self) -> None:
        """Raise InvalidOperation unless WsReceiveMessage accepts the message in its state."""
        self._check(_RECEIVE)

    def encode(
        self,
        action: Header | None,
        to: Header,
        element: ElementDescription | None,
        value: object,
        option: WriteOption,
        *,
        initialization: MessageInitialization = MessageInitialization.BLANK,
        keep: bool = True,
    ) -> bytes:
        """The envelope of WsSendMessage, for channels: initialize, address, set the action, write the body.

        An INITIALIZED message keeps its headers. ``to`` is used unless the message is addressed or has a To header,
        ``action`` replaces an Action header; REQUEST adds a MessageID that is missing. With ``keep`` the message is
        DONE afterwards, also when the call fails; without it, it does not change at all.

        :raises InvalidOperation: when the message is neither EMPTY nor INITIALIZED.
        :raises InvalidArgument, InvalidFormat, NumericOverflow, QuotaExceeded: as :meth:`write_body`.
        """
        self._check(_SEND)
        headers = self._complete(action, to, initialization)
        if keep:
            self._state = _SEND.failure or self._state
            self._headers = headers
            self._addressed = True
        output, pieces = Output(self._size), self._versions.wire
        blocks = b"".join([header.wire for header in headers])
        if blocks:
            output.write(pieces.start_header)
            output.write(blocks)
            output.write(pieces.header_end)
        else:
            output.write(pieces.start)
        body = len(output)
        if element is not None:
            output.write(pieces.body_start)
            inside = len(output)
            output.write_element(element, value, option, scope=self._versions.scope)
            if len(output) == inside:
                # A structure without an element around it may have nothing to write.
                element = None
        if element is None:
            output.truncate(body)
            output.write(pieces.body_empty)
        else:
            output.write(pieces.body_end)
        size = len(output)
        # The next message is likely about as long; a rare large one must not make every later buffer large.
        self._size = size + 64 if size < _LARGEST_FIRST_BUFFER else _LARGEST_FIRST_BUFFER
        envelope = output.take()
        if keep:
            self._state = _SEND.success or self._state
        return envelope

    def _complete(self, action: Header | None, to: Header, initialization: MessageInitialization) -> list[Header]:
        """The headers of the message that is sent, in their order."""
        before = [] if action is None else [action]
        if self._state is _EMPTY:
            before += self._first_headers(initialization)
            before.append(to)
            return before
        after = []
        has_to, has_id = self._addressed, initialization is MessageInitialization.BLANK
        for header in self._headers:
            kind = header.kind
            if kind:
                if kind == HeaderType.ACTION and action is not None:
                    continue
                has_to = has_to or kind == HeaderType.TO
                has_id = has_id or kind == HeaderType.MESSAGE_ID
            if header.rank < HeaderRank.TO:
                before.append(header)
            else:
                after.append(header)
        if not has_id:
            before += self._first_headers(initialization)
        if not has_to:
            before.append(to)
        return before + after

    def finish_receive(self) -> None:
        """The message is DONE, whatever became of reading it: the end of WsReceiveMessage, for channels."""
        self._reader = None
        self._state = _RECEIVE.success or self._state

    # Reading

    def read_envelope_start(self, data: bytes | bytearray | memoryview) -> None:
        """WsReadEnvelopeStart: EMPTY → READING; reads up to the first child of Body.

        ``data`` is the whole message in UTF-8. Headers are found but not decoded before they are asked for. The message
        counts as addressed afterwards.

        :raises InvalidArgument: when ``data`` is not bytes-like.
        :raises InvalidOperation: when the message is not EMPTY.
        :raises InvalidFormat: when the data is no envelope of this message's version, or has a DTD.
        :raises QuotaExceeded: when a quota or ``max_processed_headers`` is exceeded.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise InvalidArgument(f"data must be bytes-like, not {type(data).__name__}")
        self._check(_READ_START)
        document = data if isinstance(data, bytes) else bytes(data)
        reader = Reader(document, quotas=self._quotas)
        headers: list[Header] = []
        fault = False
        if self._versions.wire.start:
            headers = self._read_headers(reader, document)
            fault = reader.peek() == (self._versions.envelope_ns, "Fault")
        elif reader.peek() is None:
            raise InvalidFormat("the message is empty", offset=reader.position)
        self._reader = reader
        self._document = document
        self._headers = headers
        self._addressed = True
        self._fault = fault
        self._state = _READ_START.success or self._state

    def read_body(self, element: ElementDescription | type[Any], option: ReadOption = ReadOption.REQUIRED_VALUE) -> Any:
        """WsReadBody: the value of the next part of the Body.

        ``element`` is as for :meth:`write_body`. After a failure the body cannot be read further.

        :raises InvalidArgument: for a bad element or option.
        :raises InvalidOperation: when the message is not READING; :class:`ObjectFaulted` after a failure.
        :raises InvalidFormat, NumericOverflow, QuotaExceeded: when the body does not match; with path and offset.
        """
        description = _element(element)
        self._check(_READ_BODY)
        reader = self._body_reader()
        try:
            return reader.read_element(description, option)
        except InvalidArgument:
            raise
        except BaseException:
            # The reader stands somewhere inside the body: what it would read next could be taken for something else.
            self._reader = None
            raise

    def read_fault(self) -> Fault:
        """WsReadBody for a WS_FAULT: the SOAP fault that the Body starts with.

        :raises InvalidOperation: when the message is not READING; :class:`ObjectFaulted` after a failure.
        :raises InvalidFormat: when the Body does not start with a Fault, or the fault lacks a required part.
        """
        self._check(_READ_BODY)
        reader = self._body_reader()
        if not self._fault:
            raise InvalidFormat("the body is not a SOAP fault", offset=reader.position)
        try:
            return read_fault(reader, self._document, self._versions)
        except BaseException:
            self._reader = None
            raise

    def read_envelope_end(self) -> None:
        """WsReadEnvelopeEnd: READING → DONE, also when it fails.

        :raises InvalidOperation: when the message is not READING; :class:`ObjectFaulted` after a failure.
        :raises InvalidFormat: when something of the body was not read, or something follows the envelope.
        """
        self._check(_READ_END)
        self._state = _READ_END.failure or self._state
        reader = self._body_reader()
        self._reader = None
        if self._versions.wire.start:
            leave(reader)
            # SOAP 1.1 §4 lets further elements follow the Body; SOAP 1.2 does not.
            while self._versions.envelope_version is EnvelopeVersion.SOAP_1_1 and reader.peek() is not None:
                reader.skip_element()
            leave(reader)
        reader.end_document()
        self._state = _READ_END.success or self._state

    def _body_reader(self) -> Reader:
        if self._reader is None:
            raise ObjectFaulted("reading the body failed before; reset the message")
        return self._reader

    def _read_headers(self, reader: Reader, document: bytes) -> list[Header]:
        """Read from the start of the document to the first child of Body."""
        envelope_ns = self._versions.envelope_ns
        self._expect_envelope(reader)
        headers: list[Header] = []
        if reader.peek() == (envelope_ns, "Header"):
            reader.start_element()
            scope, kinds = reader.scope(), self._versions.kinds
            while (name := reader.peek()) is not None:
                if len(headers) >= self._max_headers:
                    raise QuotaExceeded(
                        f"more than max_processed_headers ({self._max_headers}) header blocks", offset=reader.position
                    )
                span = reader.skip_element()
                header = Header(kinds.get(name, 0), HeaderRank.ADDED, name, document, scope)
                header.start, header.end = span
                headers.append(header)
            leave(reader)
        if reader.peek() != (envelope_ns, "Body"):
            raise InvalidFormat("the envelope has no Body", path="Envelope", offset=reader.position)
        reader.start_element()
        return headers

    def _expect_envelope(self, reader: Reader) -> None:
        name = reader.peek()
        if name != (self._versions.envelope_ns, "Envelope"):
            wanted = f"an Envelope of {self._versions.envelope_version.name}"
            if name is None:
                raise InvalidFormat(f"the message is empty, not {wanted}", offset=reader.position)
            other = f"{{{name[0]}}}{name[1]}"
            for versions in VERSIONS.values():
                if name == (versions.envelope_ns, "Envelope"):
                    other = f"one of {versions.envelope_version.name}"
            raise InvalidFormat(f"the message is not {wanted} but {other}", offset=reader.position)
        reader.start_element()

    def _check(self, transition: Transition) -> None:
        if self._state not in transition.required:
            raise refused(transition, self._state)
