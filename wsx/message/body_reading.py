"""Reading a message: the envelope's start, the body part by part, the envelope's end."""

from __future__ import annotations

from typing import Any, Final

from wsx._cursor_reader import XmlReader, cursor_back, cursor_left, cursor_on
from wsx._reader import Reader
from wsx._scanner import MoreInput
from wsx.charsets import Charset
from wsx.descriptions import ElementDescription, ReadOption
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted, QuotaExceeded
from wsx.message.body_writing import BodyWriting
from wsx.message.enums import EnvelopeVersion
from wsx.message.faults import read_fault
from wsx.message.headers import Header, HeaderRank, leave
from wsx.message.items import BodyItems, ItemReader
from wsx.message.message_headers import element_description
from wsx.message.states import TRANSITIONS, MessageOperation
from wsx.message.versions import VERSIONS
from wsx.values import Fault

__all__ = ["BodyReading"]

_READ_START: Final = TRANSITIONS[MessageOperation.READ_ENVELOPE_START]
_READ_BODY: Final = TRANSITIONS[MessageOperation.READ_BODY]
_FILL_BODY: Final = TRANSITIONS[MessageOperation.FILL_BODY]
_READ_END: Final = TRANSITIONS[MessageOperation.READ_ENVELOPE_END]


class BodyReading(BodyWriting):
    """The part of :class:`wsx.Message` that reads; never used alone."""

    __slots__ = ("_addressed", "_body_reader", "_document", "_reader", "_received")

    _addressed: bool
    _body_reader: XmlReader | None
    _document: bytes
    _reader: Reader | None
    # Bytes of a message that comes in pieces.
    _received: int

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
        self._start_reading(Reader(document, quotas=self._quotas), document)

    # For channels whose replies come in pieces

    def read_start_of(self, data: bytes) -> bool:
        """WsReadEnvelopeStart on ``data``, the beginning of a message that comes in pieces; what follows is handed to
        :meth:`feed`.

        False, and nothing has changed, when ``data`` does not reach to the first child of Body.

        :raises WsError: as :meth:`read_envelope_start`.
        """
        self._check(_READ_START)
        reader = Reader.in_pieces(quotas=self._quotas, charset=Charset.UTF8)
        reader.feed(data)
        try:
            self._start_reading(reader, data)
        except MoreInput:
            return False
        self._received = len(data)
        return True

    def feed(self, data: bytes) -> None:
        """The next bytes of the message that is read; b"" is its end."""
        if self._reader is None:
            return
        if data:
            self._received += len(data)
            self._reader.feed(data)
        else:
            self._reader.end_input()

    @property
    def unread(self) -> int:
        """How many of the bytes that were fed were not read yet."""
        return 0 if self._reader is None else self._received - self._reader.position

    def item_reader(self, items: BodyItems) -> ItemReader:
        """A reader of the items of the Body; the message is READING."""
        self._check(_READ_BODY)
        lenient = self._leniency is not None and self._leniency.unknown_attributes
        return ItemReader(items, self._at_body(), self._forgiven if lenient else None)

    def _start_reading(self, reader: Reader, document: bytes) -> None:
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

    @property
    def body_reader(self) -> XmlReader:
        """WS_MESSAGE_PROPERTY_BODY_READER: a cursor on the next node of the Body, in the namespaces of the envelope.

        It and :meth:`read_body` share the place: either goes on where the other stopped. Where the Body ends, so does
        the body: the cursor is to stay on that end tag. It is closed when the message leaves READING.

        :raises InvalidOperation: when the message is not READING, or comes in pieces, which a cursor that goes back
            would have to keep; :class:`ObjectFaulted` after a failure.
        """
        self._check(_READ_BODY)
        if self._received:
            raise InvalidOperation("a message that comes in pieces has no cursor of the body")
        if self._reader is None:
            raise ObjectFaulted("reading the body failed before; reset the message")
        if self._body_reader is None:
            self._body_reader = cursor_on(self._reader, self._quotas)
        return self._body_reader

    def read_body(self, element: ElementDescription | type[Any], option: ReadOption = ReadOption.REQUIRED_VALUE) -> Any:
        """WsReadBody: the value of the next part of the Body.

        ``element`` is as for :meth:`write_body`. After a failure the body cannot be read further.

        :raises InvalidArgument: for a bad element or option.
        :raises InvalidOperation: when the message is not READING, or comes in pieces and the part is not there yet
            (``Channel.read_body`` waits for it); :class:`ObjectFaulted` after a failure.
        :raises InvalidFormat, NumericOverflow, QuotaExceeded: when the body does not match; with path and offset.
        """
        description = element_description(element)
        self._check(_READ_BODY)
        try:
            return self.read_part(description, option)
        except MoreInput:
            raise InvalidOperation("the next part of the body has not come yet: read it with the channel") from None

    def read_part(self, description: ElementDescription, option: ReadOption) -> Any:
        """:meth:`read_body` of a message that comes in pieces, for channels.

        :raises MoreInput: when more must be fed first; call again then.
        """
        reader = self._at_body()
        try:
            value = reader.read_element(description, option)
        except (InvalidArgument, MoreInput):
            raise
        except BaseException:
            # The reader stands somewhere inside the body: what it would read next could be taken for something else.
            self._release_reader()
            raise
        if self._body_reader is not None:
            cursor_back(self._body_reader)
        return value

    def fill_body(self, min_size: int = 0) -> None:
        """WsFillBody: have ``min_size`` bytes of the Body at hand; they are in a message that is read as a whole.

        One that comes through a channel in pieces is filled by ``Channel.fill_body``.

        :raises InvalidArgument: when ``min_size`` is no number of bytes.
        :raises InvalidOperation: when the message is not READING.
        """
        self.check_size(min_size)
        self._check(_FILL_BODY)

    def read_fault(self) -> Fault:
        """WsReadBody for a WS_FAULT: the SOAP fault that the Body starts with.

        :raises InvalidOperation: when the message is not READING; :class:`ObjectFaulted` after a failure.
        :raises InvalidFormat: when the Body does not start with a Fault, or the fault lacks a required part.
        """
        self._check(_READ_BODY)
        reader = self._at_body()
        if not self._fault:
            raise InvalidFormat("the body is not a SOAP fault", offset=reader.position)
        try:
            fault = read_fault(reader, self._document, self._versions)
        except BaseException:
            self._release_reader()
            raise
        if self._body_reader is not None:
            cursor_back(self._body_reader)
        return fault

    def read_envelope_end(self) -> None:
        """WsReadEnvelopeEnd: READING → DONE, also when it fails.

        :raises InvalidOperation: when the message is not READING; :class:`ObjectFaulted` after a failure.
        :raises InvalidFormat: when something of the body was not read, or something follows the envelope.
        """
        self._check(_READ_END)
        self._state = _READ_END.failure or self._state
        cursor = self._body_reader
        try:
            reader = self._at_body()
            if cursor is not None and cursor.depth != (2 if self._versions.wire.start else 0):
                raise InvalidFormat("the cursor of the body is not at the end of the Body", offset=reader.position)
        finally:
            self._release_reader()
        if self._versions.wire.start:
            leave(reader)
            # SOAP 1.1 §4 lets further elements follow the Body; SOAP 1.2 does not.
            while self._versions.envelope_version is EnvelopeVersion.SOAP_1_1 and reader.peek() is not None:
                reader.skip_element()
            leave(reader)
        reader.end_document()
        self._state = _READ_END.success or self._state

    def _at_body(self) -> Reader:
        if self._reader is None:
            raise ObjectFaulted("reading the body failed before; reset the message")
        if self._body_reader is not None:
            cursor_left(self._body_reader)
        return self._reader

    def _release_reader(self) -> None:
        self._reader = None
        self._received = 0
        if self._body_reader is not None:
            self._body_reader.close()
            self._body_reader = None

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
