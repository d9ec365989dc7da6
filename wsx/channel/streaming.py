"""Messages that go through a request channel in pieces: the protocol, without input and output.

A driver hands on what the machine wants sent, and brings a *step* the pieces of the response that it asks for: a step
is called again and again, each time after one more piece, until its result is not :data:`MORE`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import Any, Final, Literal, TypeAlias, TypeVar

from wsx._scanner import MoreInput
from wsx.channel.coding import Decoder, coding_of
from wsx.channel.enums import ChannelState, ReceiveOption, TransferMode
from wsx.channel.http_head import UTF_8, ContentType, content_type_of, fits
from wsx.channel.machine import ChannelMachine, Reply
from wsx.channel.states import EXCHANGE, TRANSITIONS, ChannelOperation, ExchangeState
from wsx.descriptions import ElementDescription, MessageDescription, ReadOption, WriteOption
from wsx.errors import (
    EndpointFailure,
    InvalidArgument,
    InvalidFormat,
    InvalidOperation,
    OperationAborted,
    QuotaExceeded,
    WsError,
)
from wsx.items import ItemField, ItemReader, ItemWriter
from wsx.message.enums import MessageState
from wsx.message.message import Message
from wsx.message.message_headers import element_description
from wsx.transport import HttpHead, HttpRequest, Limits, TransportError

__all__ = ["MORE", "ItemsReply", "Need", "Step", "StreamMachine"]

_T = TypeVar("_T")


class Need(Enum):
    """What a step asks for."""

    MORE = "the next piece of the response"


MORE: Final = Need.MORE
Step: TypeAlias = "Callable[[], _T | Literal[Need.MORE]]"


class _Incoming:
    """A response whose body comes in pieces; ``data`` is what no message has taken yet."""

    __slots__ = ("coded_size", "content_type", "data", "decoder", "ended", "head", "limit_name", "size", "streamed")

    def __init__(self, head: HttpHead, content_type: ContentType, *, streamed: bool) -> None:
        self.head = head
        self.content_type = content_type
        self.streamed = streamed
        self.data = bytearray()
        self.decoder: Decoder | None = None
        self.ended = False
        self.coded_size = 0
        self.size = 0
        self.limit_name = "max_streamed_message_size" if streamed else "max_buffered_message_size"


class ItemsReply:
    """A reply whose items are read one by one: the message, and how far it is."""

    __slots__ = ("description", "items", "message", "over", "reader")

    def __init__(self, message: Message, description: MessageDescription, items: ItemField) -> None:
        self.message = message
        self.description = description
        self.items = items
        self.reader: ItemReader | None = None
        self.over = False


class StreamMachine(ChannelMachine):
    """:class:`ChannelMachine` with messages that are written and read part by part.

    ``can_stream``: the transport has exchanges (:class:`~wsx.transport.StreamTransport`). Without them, and in a
    direction that the transfer mode does not name, a message is in memory as a whole.
    """

    __slots__ = ("_flush_at", "_incoming", "_item_writer", "_message", "_sent", "_unwanted", "can_stream")

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.can_stream = False
        self._incoming: _Incoming | None = None
        # The message that is written or read now.
        self._message: Message | None = None
        self._item_writer: ItemWriter | None = None
        # Bytes of items that may wait before they are looked at: to be handed over, or as too many.
        self._flush_at = 0
        # Bytes of it that were handed over.
        self._sent = 0
        # The endpoint has answered before it had the whole request.
        self._unwanted = False

    @property
    def streams_input(self) -> bool:
        """Responses come by exchanges, in pieces."""
        return self.can_stream and bool(self.properties.transfer_mode & TransferMode.STREAMED_INPUT)

    @property
    def streams_output(self) -> bool:
        """Messages that are written part by part go out by exchanges, in pieces."""
        return self.can_stream and bool(self.properties.transfer_mode & TransferMode.STREAMED_OUTPUT)

    @property
    def stream_limits(self) -> Limits:
        """What an exchange may take; its bytes are counted here."""
        return replace(self.limits, max_body=None)

    @property
    def wants_input(self) -> bool:
        """The response that is under way has pieces that did not come yet."""
        return self._incoming is not None and not self._incoming.ended

    @property
    def reply_in_pieces(self) -> bool:
        """A reply waits, or is being read, of which pieces may still come."""
        return self._incoming is not None

    # Writing

    def start_write(self, message: Message) -> HttpRequest | None:
        """WsWriteMessageStart; the request to begin, None when it is sent at the end as a whole."""
        self._check_message(message)
        self._check_operation(ChannelOperation.WRITE_START)
        message.check_write_start()
        return self._start_stream(message, MessageDescription())

    def start_items(self, message: Message, description: MessageDescription) -> HttpRequest | None:
        """The beginning of a message whose body is items, which follow one by one."""
        self._check_message(message)
        self._check_description(description)
        items = ItemField(description.body)
        self._check_operation(ChannelOperation.SEND_ITEMS)
        message.check_send()
        request = self._start_stream(message, description)
        self._item_writer = message.start_items(items)
        return request

    def _start_stream(self, message: Message, description: MessageDescription) -> HttpRequest | None:
        header, headers = self._lines(message, description.action)
        url, to = self._address
        message.prepare(header, to, self._references)
        message.write_envelope_start()
        request = None
        if self.streams_output:
            try:
                request = self._begin(self._http.outgoing_in_pieces(url, headers), description.action, None)
            except BaseException:
                message.abandon()
                raise
        self._message = message
        self._sent = 0
        self._unwanted = False
        properties = self.properties
        self._flush_at = (
            properties.max_streamed_flush_size if self.streams_output else properties.max_buffered_message_size + 1
        )
        self._exchange = ExchangeState.WRITING
        return request

    def write_body(
        self, message: Message, element: ElementDescription | type[Any], value: object, option: WriteOption
    ) -> bytes:
        """WsWriteBody; the bytes to hand over, perhaps none."""
        self._check_current(message, ChannelOperation.WRITE_BODY)
        message.write_body(element, value, option)
        return self._flush(message, self.properties.max_streamed_flush_size)

    def flush_body(self, message: Message, min_size: int) -> bytes:
        """WsFlushBody; the bytes to hand over, perhaps none."""
        message.check_size(min_size)
        self._check_current(message, ChannelOperation.FLUSH_BODY)
        return self._flush(message, max(min_size, 1))

    def write_item(self, value: object) -> bytes:
        """One more item; the bytes to hand over, perhaps none."""
        message, writer = self._message, self._item_writer
        if message is None or writer is None:
            raise OperationAborted("the channel was closed")
        waiting = message.write_item(writer, value)
        return b"" if waiting < self._flush_at else self._flush(message, self._flush_at)

    def _flush(self, message: Message, min_size: int) -> bytes:
        waiting = message.waiting
        if not self.streams_output:
            self._check_size_sent(waiting, "max_buffered_message_size")
            return b""
        self._check_size_sent(self._sent + waiting, "max_streamed_message_size")
        if waiting < min_size:
            return b""
        data = message.flush_body()
        self._sent += len(data)
        return b"" if self._unwanted else data

    def _check_size_sent(self, size: int, name: str) -> None:
        limit = getattr(self.properties, name)
        if size > limit:
            raise QuotaExceeded(f"the message has more than {name} ({limit}) bytes", url=str(self._url))

    def unwanted(self) -> None:
        """The endpoint takes no more of the request: what is still written goes nowhere."""
        self._unwanted = True

    def start_write_end(self, message: Message) -> Callable[[], bytes | HttpRequest]:
        """WsWriteMessageEnd: a call that gives the last bytes to hand over, or the whole request."""
        self._check_current(message, ChannelOperation.WRITE_END)
        return partial(self._end_stream, message)

    def end_items(self) -> bytes | HttpRequest:
        """The end of a message whose body is items."""
        message, writer = self._message, self._item_writer
        if message is None or writer is None:
            raise OperationAborted("the channel was closed")
        if not self._unwanted:
            message.end_items(writer)
        return self._end_stream(message)

    def _end_stream(self, message: Message) -> bytes | HttpRequest:
        if self._unwanted:
            message.abandon()
            self._message = self._item_writer = None
            self._exchange = ExchangeState.SENDING
            return b""
        last = message.write_envelope_end()
        if self.streams_output:
            self._check_size_sent(self._sent + len(last), "max_streamed_message_size")
            self._exchange = ExchangeState.SENDING
            return last
        self._check_size_sent(len(last), "max_buffered_message_size")
        url, _ = self._address
        _, headers = self._lines(message, None)
        self._message = self._item_writer = None
        return self._begin(self._http.outgoing(url, headers, last), None, None)

    # The response

    def begin_response(self, head: HttpHead) -> HttpRequest | None:
        """The head of the response; the request to send next when it is a redirect to follow."""
        self._message = self._item_writer = None
        again = self._http.received(head, None)
        if self.state is not ChannelState.OPEN:
            raise OperationAborted("the channel was aborted")
        if again is not None:
            self._exchange = ExchangeState.SENDING
            return again
        success = 200 <= head.status < 300
        unwanted, self._unwanted = self._unwanted, False
        if success and unwanted:
            raise EndpointFailure("the endpoint has answered before it had the whole message", original=head.status)
        content_type = content_type_of(head.headers)
        message_comes = success and fits(content_type, self.properties.envelope_version)
        # UTF-16, which is rare, is turned into UTF-8 as a whole.
        streamed = self.streams_input and message_comes and content_type.charset in UTF_8
        incoming = _Incoming(head, content_type, streamed=streamed)
        coding = coding_of(head.headers)
        if coding is not None:
            incoming.decoder = self._http.decoder(coding, getattr(self.properties, incoming.limit_name))
        self._incoming = incoming
        return None

    def feed(self, data: bytes) -> None:
        """The next piece of the response; b"" is its end."""
        incoming = self._incoming
        if incoming is None or incoming.ended:
            raise OperationAborted("the channel was closed")
        if data:
            incoming.coded_size += len(data)
            if incoming.decoder is not None:
                data = incoming.decoder.feed(data)
            incoming.size += len(data)
            limit = getattr(self.properties, incoming.limit_name)
            if incoming.size > limit:
                raise QuotaExceeded(f"the response has more than {incoming.limit_name} ({limit}) bytes")
        else:
            if incoming.decoder is not None:
                incoming.decoder.finish()
            incoming.ended = True
            self._http.received_all(incoming.head, incoming.coded_size)
            if incoming.streamed:
                self._http.done(incoming.head)
        message = self._message
        if message is None:
            incoming.data += data
        elif data or incoming.ended:
            message.feed(data)

    def take_response(self) -> Literal[Need.MORE] | None:
        """A step: until it is known what the response is, and it is whole unless it is streamed."""
        incoming = self._incoming
        if incoming is None:
            raise OperationAborted("the channel was closed")
        if incoming.streamed and incoming.data:
            self._exchange = ExchangeState.REPLY_WAITING
        elif not incoming.ended:
            return MORE
        else:
            self._incoming = None
            self._exchange = ExchangeState.IDLE
            self._take_reply(incoming.head, bytes(incoming.data))
            if not incoming.streamed:
                self._http.done(incoming.head)
        return None

    def take_all(self) -> Literal[Need.MORE] | None:
        """A step: until a reply that waits is there as a whole."""
        incoming = self._incoming
        if incoming is None or self._exchange is not ExchangeState.REPLY_WAITING:
            return None
        if not incoming.ended:
            return MORE
        self._incoming = None
        head = incoming.head
        self._reply = Reply(head.status, incoming.content_type.charset, bytes(incoming.data), head.headers)
        return None

    # Reading

    def start_read(self, message: Message, receive_option: ReceiveOption) -> Step[bool]:
        """WsReadMessageStart: a step that is True when there is a message, False when there is none."""
        self._check_message(message)
        if not isinstance(receive_option, ReceiveOption):
            raise InvalidArgument(f"receive_option must be a ReceiveOption, not {receive_option!r}")
        self._check_operation(ChannelOperation.READ_START)
        message.check_receive()
        return partial(self._read_message_start, message, receive_option)

    def _read_message_start(self, message: Message, receive_option: ReceiveOption) -> bool | Literal[Need.MORE]:
        incoming = self._incoming
        if incoming is None or not self._read_start_of(message, incoming):
            if self.wants_input:
                return MORE
            self.take_all()
            reply, self._reply = self._reply, None
            self._exchange = ExchangeState.IDLE
            if reply is None:
                if receive_option is ReceiveOption.OPTIONAL_MESSAGE:
                    return False
                raise InvalidFormat("the request was answered without a message")
            self._read_whole_start(message, reply)
        self._message = message
        self._exchange = ExchangeState.READING
        return True

    def _read_start_of(self, message: Message, incoming: _Incoming) -> bool:
        """Whether the message has begun, and goes on in pieces; what came of its body is fed to it then."""
        limit = self.properties.max_streamed_start_size
        if not message.read_start_of(bytes(incoming.data)):
            if len(incoming.data) > limit:
                raise QuotaExceeded(f"more than max_streamed_start_size ({limit}) bytes come before the body")
            return False
        if message.is_fault:
            # A fault is short, and is read from its bytes as they stand: as a whole.
            message.reset()
            return False
        self._map_headers(message, incoming.head.headers)
        incoming.data.clear()
        if incoming.ended:
            message.feed(b"")
        return True

    def _read_whole_start(self, message: Message, reply: Reply) -> None:
        try:
            self._read_start(message, reply, faults_too=not self.properties.faults_as_errors)
        except BaseException:
            if message.state is MessageState.READING:
                message.abandon()
            raise

    def start_read_body(
        self, message: Message, element: ElementDescription | type[Any], option: ReadOption
    ) -> Step[Any]:
        """WsReadBody, a step whose result is the value."""
        description = element_description(element)
        self._check_read_option(option)
        self._check_current(message, ChannelOperation.READ_BODY)
        return partial(self._reading, message.read_part, description, option)

    @staticmethod
    def _reading(read: Callable[..., _T], *arguments: Any) -> _T | Literal[Need.MORE]:
        try:
            return read(*arguments)
        except MoreInput:
            return MORE

    def start_fill(self, message: Message, min_size: int) -> Step[None]:
        """WsFillBody, a step until ``min_size`` bytes of the body wait, or it has come to its end."""
        message.check_size(min_size)
        self._check_current(message, ChannelOperation.FILL_BODY)
        return lambda: MORE if self.wants_input and message.unread < min_size else None

    def start_read_end(self, message: Message) -> Step[None]:
        """WsReadMessageEnd: a step until the whole message has come and was looked at."""
        self._check_current(message, ChannelOperation.READ_END)
        return partial(self._read_message_end, message)

    def _read_message_end(self, message: Message) -> Literal[Need.MORE] | None:
        if self.wants_input:
            return MORE
        self._end_read()
        message.read_envelope_end()
        return None

    def _end_read(self) -> None:
        self._incoming = self._message = None
        self._exchange = ExchangeState.IDLE

    # Items

    def start_receive_items(self, message: Message, description: MessageDescription) -> ItemsReply:
        """The reply whose items are to be read one by one; reading begins with the first of them."""
        self._check_message(message)
        self._check_description(description)
        items = ItemField(description.body)
        self._check_operation(ChannelOperation.RECEIVE_ITEMS)
        message.check_receive()
        return ItemsReply(message, description, items)

    def next_items(self, reply: ItemsReply) -> Sequence[Any] | Literal[Need.MORE]:
        """A step: the next items, none at the end of the message."""
        message = reply.message
        if reply.over:
            return ()
        if reply.reader is None:
            if self._exchange is not ExchangeState.REPLY_WAITING and self._exchange is not ExchangeState.NO_REPLY:
                raise InvalidOperation("the reply was received or given up")
            started = self._read_message_start(message, ReceiveOption.REQUIRED_MESSAGE)
            if started is MORE:
                return MORE
            self._match(message, (reply.description,))
            reply.reader = message.item_reader(reply.items)
        if self._message is not message:
            raise OperationAborted("the message was given up")
        found = self._reading(reply.reader.batch)
        if found is not MORE and not found:
            if self._read_message_end(message) is MORE:
                return MORE
            reply.over = True
        return found

    def give_up_items(self, reply: ItemsReply) -> bool:
        """No more items are wanted: whether the exchange is to be cut off for that."""
        if reply.over or (reply.reader is not None and self._message is not reply.message):
            return False
        reply.over = True
        if reply.reader is None:
            return False
        self._give_up()
        return True

    # The end

    def abandon(self, message: Message) -> None:
        """WsAbandonMessage: the message that is written or read is given up."""
        self._check_message(message)
        self._check_operation(ChannelOperation.ABANDON)
        if message is not self._message:
            raise InvalidOperation("cannot abandon_message: the message is not the one that is written or read")
        self._give_up()

    def _give_up(self) -> None:
        under_way = self.wants_input or (self._exchange is ExchangeState.WRITING and self.streams_output)
        self._drop_message()
        if under_way:
            self._http.interrupted()

    def broken(self, error: BaseException) -> None:
        """The exchange that is under way ends with ``error``, which is not the transport's."""
        self._drop_message()
        if isinstance(error, WsError):
            self._http.failed(error)
        else:
            self._http.interrupted()

    def failed(self, error: TransportError) -> WsError:
        """As :meth:`ChannelMachine.failed`; a message that was written or read is given up."""
        self._drop_message()
        return super().failed(error)

    def finish_close(self) -> None:
        """As :meth:`ChannelMachine.finish_close`; a message that was written or read is given up."""
        self._drop_message()
        super().finish_close()

    def _drop_message(self) -> None:
        message, self._message = self._message, None
        self._item_writer = self._incoming = self._reply = None
        self._exchange = ExchangeState.IDLE
        if message is not None and message.state in (MessageState.READING, MessageState.WRITING):
            message.abandon()

    # Checks

    def _check_operation(self, operation: ChannelOperation) -> None:
        self._check(TRANSITIONS[operation])
        self._check_exchange(EXCHANGE[operation])

    def _check_current(self, message: Message, operation: ChannelOperation) -> None:
        self._check_message(message)
        self._check_operation(operation)
        if message is not self._message:
            raise InvalidOperation(f"cannot {operation.value}: the message is not the one that is written or read")
