"""Writing a message: the envelope's start, the body part by part, the envelope's end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from wsx._cursor_writer import XmlWriter, fragment_writer
from wsx._writer import Output
from wsx.charsets import Charset, declaration
from wsx.descriptions import ElementDescription, WriteOption
from wsx.errors import InvalidArgument, InvalidOperation
from wsx.items import ItemField, ItemWriter
from wsx.message.faults import FaultElement, fault_element
from wsx.message.message_headers import MessageHeaders, element_description
from wsx.message.states import TRANSITIONS, MessageOperation
from wsx.values import Fault

__all__ = ["BodyWriting"]

_WRITE_START: Final = TRANSITIONS[MessageOperation.WRITE_ENVELOPE_START]
_WRITE_BODY: Final = TRANSITIONS[MessageOperation.WRITE_BODY]
_FLUSH_BODY: Final = TRANSITIONS[MessageOperation.FLUSH_BODY]
_WRITE_END: Final = TRANSITIONS[MessageOperation.WRITE_ENVELOPE_END]

_SMALLEST_BUFFER: Final = 512
DECLARATION: Final = declaration(Charset.UTF8)


class BodyWriting(MessageHeaders):
    """The part of :class:`wsx.Message` that writes; never used alone."""

    __slots__ = ()

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
        self._output = Output(_SMALLEST_BUFFER) if output is None else output
        self._body_started = False
        self._write_start(self._output, b"".join([header.wire for header in self._headers]))
        self._state = _WRITE_START.success or self._state

    @property
    def body_writer(self) -> XmlWriter:
        """WS_MESSAGE_PROPERTY_BODY_WRITER: a cursor that writes into the Body, in the namespaces of the envelope.

        It and :meth:`write_body` take turns: what is written by either comes in the order of the calls, and while an
        element of the cursor is open :meth:`write_body` writes into it. Its ``depth`` counts from the Body. It is
        closed when the message leaves WRITING.

        :raises InvalidOperation: when the message is not WRITING.
        """
        self._check(_WRITE_BODY)
        if self._body_writer is None:
            self._body_writer = fragment_writer(
                self._versions.scope,
                self._append_body,
                replace(self._writer_properties, allow_fragment=True, write_declaration=False),
            )
        return self._body_writer

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
        writer = self._body_writer
        if writer is not None and writer.depth:
            writer.element(description, value, option)
        else:
            self._write_body(FaultElement(description, b"", self._versions.scope), value, option)

    def write_fault(self, fault: Fault) -> None:
        """WsWriteBody for a WS_FAULT: write ``fault`` into the Body in the form of the envelope version.

        The codes Sender and Receiver without namespace are those of the version. SOAP 1.1 has one code and one reason,
        the first, and no node. ``is_fault`` is True afterwards.

        :raises InvalidArgument: when ``fault`` is none or has no reason, or the message has no envelope.
        :raises InvalidOperation: when the message is not WRITING, or an element of the body is open.
        :raises InvalidFormat: when the fault holds what XML forbids.
        """
        element = fault_element(fault, self._versions)
        self._check(_WRITE_BODY)
        if self._body_writer is not None and self._body_writer.depth:
            raise InvalidOperation("cannot write a fault: an element of the body is open")
        self._write_body(element, fault, WriteOption.REQUIRED_VALUE)
        self._fault = True

    def flush_body(self, min_size: int = 0) -> bytes:
        """WsFlushBody: what was written so far and not handed over yet, when it is at least ``min_size`` bytes.

        The parts that the calls return and what :meth:`write_envelope_end` returns are the envelope together: a long
        Body is never in memory as a whole. An ``output`` of the caller's own keeps everything, and the result is b"".

        :raises InvalidArgument: when ``min_size`` is no number of bytes.
        :raises InvalidOperation: when the message is not WRITING.
        """
        self.check_size(min_size)
        self._check(_FLUSH_BODY)
        output = self._collected()
        if not self._owns_output or len(output) < min_size:
            return b""
        return output.take()

    def write_envelope_end(self) -> bytes:
        """WsWriteEnvelopeEnd: WRITING → DONE, also when it fails; the envelope, or b"" when it went to the caller's own
        output.

        :raises InvalidOperation: when the message is not WRITING, or an element of the body is open.
        """
        self._check(_WRITE_END)
        self._state = _WRITE_END.failure or self._state
        try:
            output = self._collected()
            if self._body_writer is not None and self._body_writer.depth:
                raise InvalidOperation("an element of the body is open at the end of the envelope")
        finally:
            self._release_output()
        pieces = self._versions.wire
        output.write(pieces.body_end if self._body_started else pieces.body_empty)
        envelope = output.take() if self._owns_output else b""
        self._state = _WRITE_END.success or self._state
        return envelope

    # For channels

    def start_items(self, items: ItemField) -> ItemWriter:
        """A writer of the items of the Body, whose start tags are written; the message is WRITING."""
        self._check(_WRITE_BODY)
        writer = ItemWriter(items, self._versions.scope, self._writer_properties.max_depth)
        if writer.start:
            self._append_body(writer.start)
        return writer

    def write_item(self, writer: ItemWriter, value: object) -> int:
        """One more item of the Body; how many bytes were not handed over yet."""
        if not self._body_started:
            self._append_body(b"")
        output = self._collected()
        writer.write(output, value)
        return len(output)

    def end_items(self, writer: ItemWriter) -> None:
        """The end of the items of the Body."""
        writer.end(self._collected())

    @property
    def waiting(self) -> int:
        """How many bytes of the message that is WRITING were not handed over yet."""
        return len(self._collected())

    def _write_start(self, output: Output, blocks: bytes) -> None:
        pieces = self._versions.wire
        if self._writer_properties.write_declaration:
            output.write(DECLARATION)
        if blocks:
            output.write(pieces.start_header)
            output.write(blocks)
            output.write(pieces.header_end)
        else:
            output.write(pieces.start)

    def _write_body(self, element: FaultElement, value: object, option: WriteOption) -> None:
        output = self._collected()
        mark = len(output)
        if not self._body_started:
            output.write(self._versions.wire.body_start)
        inside = len(output)
        try:
            output.write_element(
                element.element,
                value,
                option,
                scope=element.scope,
                attributes=element.attributes,
                max_depth=self._writer_properties.max_depth,
            )
        except BaseException:
            output.truncate(mark)
            raise
        if len(output) > inside:
            self._body_started = True
        else:
            output.truncate(mark)

    def _append_body(self, data: bytes) -> None:
        """The sink of the body's cursor."""
        if self._output is None:
            raise InvalidOperation("the message is not WRITING any more")
        if not self._body_started:
            self._output.write(self._versions.wire.body_start)
            self._body_started = True
        self._output.write(data)

    def _collected(self) -> Output:
        """The output, after what the body's cursor holds has gone there."""
        if self._body_writer is not None:
            self._body_writer.flush()
        if self._output is None:
            raise AssertionError("a message that is WRITING has an output")
        return self._output

    @staticmethod
    def check_size(min_size: int) -> None:
        """Raise InvalidArgument unless ``min_size`` is a number of bytes."""
        if type(min_size) is not int or min_size < 0:
            raise InvalidArgument(f"min_size must be a number of bytes, not {min_size!r}")
