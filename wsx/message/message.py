"""A SOAP message: headers, the envelope around a body, and the state machine of WS_MESSAGE."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

from wsx._reader import Reader
from wsx._writer import Output
from wsx.descriptions import ElementDescription, ReadOption, WriteOption
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted, QuotaExceeded
from wsx.leniency import Leniency
from wsx.message.enums import AddressingVersion, EnvelopeVersion, HeaderType, MessageInitialization, MessageState
from wsx.message.faults import FaultElement, fault_element, read_fault
from wsx.message.headers import Header, HeaderRank, check_header_text, leave, standard_header, to_headers
from wsx.message.message_headers import MessageHeaders, element_description, member
from wsx.message.states import TRANSITIONS, MessageOperation
from wsx.message.versions import VERSIONS, Versions, versions_of
from wsx.quotas import Quotas
from wsx.values import EndpointAddress, Fault

__all__ = ["Message", "new_message_id"]

_INITIALIZE: Final = TRANSITIONS[MessageOperation.INITIALIZE]
_ADDRESS: Final = TRANSITIONS[MessageOperation.ADDRESS]
_GET_PROPERTY: Final = TRANSITIONS[MessageOperation.GET_PROPERTY]
_SET_PROPERTY: Final = TRANSITIONS[MessageOperation.SET_PROPERTY]
_WRITE_START: Final = TRANSITIONS[MessageOperation.WRITE_ENVELOPE_START]
_WRITE_BODY: Final = TRANSITIONS[MessageOperation.WRITE_BODY]
_FLUSH_BODY: Final = TRANSITIONS[MessageOperation.FLUSH_BODY]
_WRITE_END: Final = TRANSITIONS[MessageOperation.WRITE_ENVELOPE_END]
_READ_START: Final = TRANSITIONS[MessageOperation.READ_ENVELOPE_START]
_READ_BODY: Final = TRANSITIONS[MessageOperation.READ_BODY]
_FILL_BODY: Final = TRANSITIONS[MessageOperation.FILL_BODY]
_READ_END: Final = TRANSITIONS[MessageOperation.READ_ENVELOPE_END]
_SEND: Final = TRANSITIONS[MessageOperation.SEND]
_RECEIVE: Final = TRANSITIONS[MessageOperation.RECEIVE]
_ABANDON: Final = TRANSITIONS[MessageOperation.ABANDON]
_RESET: Final = TRANSITIONS[MessageOperation.RESET]

_EMPTY: Final = MessageState.EMPTY
_DEFAULT_QUOTAS: Final = Quotas()
_STRICT: Final = Leniency()
# WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS.
_MAX_HEADERS: Final = 64
_SMALLEST_BUFFER: Final = 512
_LARGEST_FIRST_BUFFER: Final = 1 << 20

_UUID_BITS: Final = ~((0xF << 76) | (0x3 << 62))
_UUID_VERSION_4: Final = (0x4 << 76) | (0x2 << 62)


def new_message_id() -> str:
    """A fresh ``urn:uuid:…`` in lower case (RFC 9562 version 4, from the system's random source)."""
    digits = f"{int.from_bytes(os.urandom(16), 'big') & _UUID_BITS | _UUID_VERSION_4:032x}"
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Message(MessageHeaders):
    """One message to write or to read (WS_MESSAGE), without any input or output of its own.

    ``envelope_version`` and ``addressing_version`` never change; ``quotas`` limit what reading may use, and
    ``max_processed_headers`` how many header blocks a message may have (WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS).
    ``leniency`` says what else than their tables custom headers and the body may hold, and :attr:`forgiven` what did.

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
        "_output",
        "_owns_output",
        "_reader",
        "_size",
    )

    def __init__(
        self,
        envelope_version: EnvelopeVersion = EnvelopeVersion.SOAP_1_2,
        addressing_version: AddressingVersion = AddressingVersion.V1_0,
        *,
        quotas: Quotas = _DEFAULT_QUOTAS,
        max_processed_headers: int = _MAX_HEADERS,
        leniency: Leniency | None = None,
    ) -> None:
        """WsCreateMessage.

        :raises InvalidArgument: for versions that are unknown or do not go together, or a bad limit.
        """
        if not isinstance(quotas, Quotas):
            raise InvalidArgument(f"quotas must be a wsx.Quotas, not {quotas!r}")
        if type(max_processed_headers) is not int or max_processed_headers < 1:
            raise InvalidArgument(f"max_processed_headers must be a positive integer, not {max_processed_headers!r}")
        if leniency is not None and not isinstance(leniency, Leniency):
            raise InvalidArgument(f"leniency must be a wsx.Leniency, not {leniency!r}")
        self._versions = versions_of(envelope_version, addressing_version)
        self._quotas = quotas
        self._leniency = None if leniency == _STRICT else leniency
        self._forgiven = []
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

    def initialize(
        self, initialization: MessageInitialization = MessageInitialization.BLANK, source: Message | None = None
    ) -> None:
        """WsInitializeMessage: EMPTY → INITIALIZED with the headers of ``initialization``.

        BLANK has none; REQUEST has a new MessageID and, with addressing 0.9, an anonymous ReplyTo. Both take no
        ``source``; the other initializations need the message they answer or copy.

        DUPLICATE copies the headers, and whether the message is addressed. REPLY relates to the MessageID of
        ``source`` and is addressed to its ReplyTo (anonymous when there is none) with the reference parameters of that
        address; FAULT prefers FaultTo, and the message is one with a fault. With addressing TRANSPORT the transport
        carries all that.

        :raises InvalidArgument: for an unknown initialization, or a ``source`` that must or must not be there or is of
            other versions.
        :raises InvalidOperation: when the message is not EMPTY, or ``source`` is.
        :raises InvalidFormat: when the headers of ``source`` that are needed are there twice or malformed.
        :raises QuotaExceeded: when there would be more headers than ``max_processed_headers``.
        """
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
        self._output = None
        self._reader = None
        self._state = _ABANDON.success or self._state

    def reset(self) -> None:
        """WsResetMessage: back to EMPTY from any state; the versions stay."""
        self._headers = []
        self._addressed = False
        self._fault = False
        self._output = None
        self._reader = None
        self._document = b""
        self._forgiven = []
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
        description = element_description(element)
        self._check(_WRITE_BODY)
        output = self._output
        if output is None:
            raise AssertionError("a message that is WRITING has an output")
        self._write_body(output, FaultElement(description, b"", self._versions.scope), value, option)

    def write_fault(self, fault: Fault) -> None:
        """WsWriteBody for a WS_FAULT: write ``fault`` into the Body in the form of the envelope version.

        The codes Sender and Receiver without namespace are those of the version. SOAP 1.1 has one code and one reason,
        the first, and no node. ``is_fault`` is True afterwards.

        :raises InvalidArgument: when ``fault`` is none or has no reason, or the message has no envelope.
        :raises InvalidOperation: when the message is not WRITING.
        :raises InvalidFormat: when the fault holds what XML forbids.
        """
        element = fault_element(fault, self._versions)
        self._check(_WRITE_BODY)
        output = self._output
        if output is None:
            raise AssertionError("a message that is WRITING has an output")
        self._write_body(output, element, fault, WriteOption.REQUIRED_VALUE)
        self._fault = True

    def flush_body(self, min_size: int = 0) -> bytes:
        """WsFlushBody: what was written so far and not handed over yet, when it is at least ``min_size`` bytes.

        The parts that the calls return and what :meth:`write_envelope_end` returns are the envelope together: a long
        Body is never in memory as a whole. An ``output`` of the caller's own keeps everything, and the result is b"".

        :raises InvalidArgument: when ``min_size`` is no number of bytes.
        :raises InvalidOperation: when the message is not WRITING.
        """
        self._check_size(min_size)
        self._check(_FLUSH_BODY)
        output = self._output
        if output is None:
            raise AssertionError("a message that is WRITING has an output")
        if not self._owns_output or len(output) < min_size:
            return b""
        return output.take()

    @staticmethod
    def _check_size(min_size: int) -> None:
        if type(min_size) is not int or min_size < 0:
            raise InvalidArgument(f"min_size must be a number of bytes, not {min_size!r}")

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

    def _write_body(self, output: Output, element: FaultElement, value: object, option: WriteOption) -> None:
        mark = len(output)
        if not self._body_started:
            output.write(self._versions.wire.body_start)
        inside = len(output)
        try:
            output.write_element(element.element, value, option, scope=element.scope, attributes=element.attributes)
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
        references: Sequence[Header] = (),
        keep: bool = True,
    ) -> bytes:
        """The envelope of WsSendMessage, for channels: initialize, address, set the action, write the body.

        An INITIALIZED message keeps its headers. ``to`` is used unless the message is addressed or has a To header, and
        ``references``, the reference parameters of that address, go with it; ``action`` replaces an Action header;
        REQUEST adds a MessageID that is missing. With ``keep`` the message is DONE afterwards, also when the call
        fails; without it, it does not change at all.

        :raises InvalidOperation: when the message is neither EMPTY nor INITIALIZED.
        :raises InvalidArgument, InvalidFormat, NumericOverflow, QuotaExceeded: as :meth:`write_body`.
        """
        self._check(_SEND)
        headers = self._complete(action, to, references, initialization)
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

    def _complete(
        self,
        action: Header | None,
        to: Header,
        references: Sequence[Header],
        initialization: MessageInitialization,
    ) -> list[Header]:
        """The headers of the message that is sent, in their order."""
        before = [] if action is None else [action]
        if self._state is _EMPTY:
            before += self._first_headers(initialization)
            before.append(to)
            if references:
                before += references
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
            after += references
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
        if self._leniency is not None:
            reader.forgive_by(self._leniency, self._forgiven)
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
        description = element_description(element)
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

    def fill_body(self, min_size: int = 0) -> None:
        """WsFillBody: have ``min_size`` bytes of the Body at hand; they always are, for the message is read as a whole.

        :raises InvalidArgument: when ``min_size`` is no number of bytes.
        :raises InvalidOperation: when the message is not READING.
        """
        self._check_size(min_size)
        self._check(_FILL_BODY)

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
