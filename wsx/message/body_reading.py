"""Reading a message: the envelope's start, the body part by part, the envelope's end."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from wsx._cursor_reader import XmlReader, cursor_back, cursor_left, cursor_on
from wsx._reader import Reader
from wsx._scanner import MoreInput
from wsx.charsets import Charset
from wsx.descriptions import ElementDescription, ReadOption
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted
from wsx.items import ItemField, ItemReader
from wsx.message.body_writing import BodyWriting
from wsx.message.faults import read_fault
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

    __slots__ = ()

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

    def item_reader(self, items: ItemField) -> ItemReader:
        """A reader of the items of the Body; the message is READING."""
        self._check(_READ_BODY)
        return ItemReader(items, self._at_body())

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

    def _read_body(self, description: ElementDescription, option: ReadOption) -> Any:
        """:meth:`read_body` of a message that comes in pieces, or one with a cursor of the body."""
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

    def _leave_body_reader(self) -> None:
        """The cursor of the body has done what it had to do, before the end of the envelope is read."""
        cursor = self._body_reader
        try:
            reader = self._at_body()
            if cursor is not None and cursor.depth != (2 if self._versions.wire.start else 0):
                raise InvalidFormat("the cursor of the body is not at the end of the Body", offset=reader.position)
        finally:
            self._release_reader()

    def _at_body(self) -> Reader:
        if self._reader is None:
            raise ObjectFaulted("reading the body failed before; reset the message")
        if self._body_reader is not None:
            cursor_left(self._body_reader)
        return self._reader

    def _refuse_envelope(self, name: tuple[str, str] | None, offset: int) -> NoReturn:
        """Raise InvalidFormat for a document that begins with another element, or none."""
        wanted = f"an Envelope of {self._versions.envelope_version.name}"
        if name is None:
            raise InvalidFormat(f"the message is empty, not {wanted}", offset=offset)
        other = f"{{{name[0]}}}{name[1]}"
        for versions in VERSIONS.values():
            if name == (versions.envelope_ns, "Envelope"):
                other = f"one of {versions.envelope_version.name}"
        raise InvalidFormat(f"the message is not {wanted} but {other}", offset=offset)
