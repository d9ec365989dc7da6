"""Messages in pieces, for asyncio; :class:`StreamChannel` is the same without ``await``: a test compares the two."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from wsx.channel.base import ChannelBase, ItemsBase, aiter_items
from wsx.channel.enums import ReceiveOption
from wsx.channel.streaming import MORE, Step
from wsx.descriptions import ElementDescription, MessageDescription, ReadOption, WriteOption
from wsx.errors import OperationAborted
from wsx.message.message import Message
from wsx.transport import AsyncExchange, AsyncStreamTransport, AsyncTransport, HttpHead, HttpRequest, TransportError

__all__ = ["AsyncItems", "AsyncStreamChannel"]

_T = TypeVar("_T")


class AsyncStreamChannel(ChannelBase[AsyncTransport, AsyncExchange]):
    """The part of :class:`wsx.AsyncChannel` for messages that are written and read part by part; never used alone."""

    __slots__ = ()

    # Writing

    async def write_message_start(self, message: Message) -> None:
        """WsWriteMessageStart: begin to send an INITIALIZED message; it is WRITING and the channel's current one then.

        It gets the To header of the channel unless it is addressed; its Action is the one that was set. With
        ``transfer_mode`` STREAMED_OUTPUT the start goes out soon, otherwise everything does at the end.

        :raises InvalidArgument: for a message of other versions.
        :raises InvalidOperation: when the channel is not OPEN, another message is under way or waits to be received, or
            the message is not INITIALIZED; :class:`ObjectFaulted` when the channel was aborted.
        :raises WsError: as the network says.
        """
        request = self._machine.start_write(message)
        if request is not None:
            await self._start(request)

    async def write_body(
        self,
        message: Message,
        element: ElementDescription | type[Any],
        value: object,
        *,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
    ) -> None:
        """WsWriteBody: write ``value`` into the Body of the current message; further calls add to it.

        More than ``max_streamed_flush_size`` bytes are handed to the network. A value that does not fit leaves nothing
        in the message, which can go on.

        :raises InvalidArgument: for a bad element, option or value.
        :raises InvalidOperation: when the message is not the one that is being written.
        :raises InvalidFormat, NumericOverflow: when the value cannot be represented.
        :raises QuotaExceeded: when the message is larger than ``max_streamed_message_size``, or without streaming
            ``max_buffered_message_size``; it cannot be sent any more.
        :raises WsError: as the network says; the message is given up then.
        """
        await self._push(self._machine.write_body(message, element, value, option))

    async def flush_body(self, message: Message, min_size: int = 0) -> None:
        """WsFlushBody: hand what was written to the network, when it is at least ``min_size`` bytes.

        Without streaming there is nothing to do.

        :raises InvalidArgument: when ``min_size`` is no number of bytes.
        :raises InvalidOperation: when the message is not the one that is being written.
        :raises WsError: as the network says; the message is given up then.
        """
        await self._push(self._machine.flush_body(message, min_size))

    async def write_message_end(self, message: Message) -> None:
        """WsWriteMessageEnd: send the rest of the current message, and wait for the response.

        The message is DONE, also after a failure.

        :raises InvalidOperation: when the message is not the one that is being written, or an element of its body is
            open.
        :raises WsError: as :meth:`send_message`.
        """
        end = self._machine.start_write_end(message)
        await self._finish(await self._guarded(partial(self._machine_call, end)))

    async def send_items(
        self, message: Message, description: MessageDescription, items: Iterable[Any] | AsyncIterable[Any]
    ) -> None:
        """Send a message whose body is a long list, as :meth:`send_message` does, with the items fetched one by one.

        The table of the body has structures with one field each, the innermost a repeating element: each of ``items``
        is one element of it, and the bytes are those of :meth:`send_message` with all of them in a list. With
        ``transfer_mode`` STREAMED_OUTPUT only a few are in memory at a time.

        When an item does not fit, or fetching one raises, the exchange is cut off, so that the endpoint cannot take the
        message for a whole one. When the endpoint answers with an error in between, no more items are fetched.

        :raises InvalidArgument: for a bad argument, a body with another table, or a value its table does not allow.
        :raises WsError: as :meth:`send_message`; ``path`` has the number of an item that does not fit.
        """
        source = aiter_items(items)
        request = self._machine.start_items(message, description)
        if request is not None:
            await self._start(request)
        await self._finish(await self._guarded(partial(self._write_items, source)))

    # Reading

    async def read_message_start(
        self, message: Message, *, receive_option: ReceiveOption = ReceiveOption.REQUIRED_MESSAGE
    ) -> bool:
        """WsReadMessageStart: read the reply up to its body into the EMPTY ``message``, which is the current one then.

        False when the request was answered without a message and ``receive_option`` allows that. With ``transfer_mode``
        STREAMED_INPUT the body comes while it is read. A fault is an error, or with ``faults_as_errors`` False a
        message like any other (``is_fault``).

        :raises InvalidArgument: for a bad argument or a message of other versions.
        :raises InvalidOperation: when the channel is not OPEN, nothing was sent, or the message is not EMPTY.
        :raises WsError: as :meth:`receive_message`.
        """
        return await self._read(self._machine.start_read(message, receive_option))

    async def read_body(
        self,
        message: Message,
        element: ElementDescription | type[Any],
        *,
        option: ReadOption = ReadOption.REQUIRED_VALUE,
    ) -> Any:
        """WsReadBody: the value of the next part of the Body of the current message, as soon as it has come.

        After a failure the message is given up.

        :raises InvalidArgument: for a bad element or option.
        :raises InvalidOperation: when the message is not the one that is being read.
        :raises WsError: as :meth:`receive_message`.
        """
        return await self._read(self._machine.start_read_body(message, element, option))

    async def fill_body(self, message: Message, min_size: int = 1) -> None:
        """WsFillBody: wait until ``min_size`` bytes of the Body are there, or all of it.

        :meth:`read_body` needs no such call.

        :raises InvalidArgument: when ``min_size`` is no number of bytes.
        :raises InvalidOperation: when the message is not the one that is being read.
        :raises WsError: as :meth:`receive_message`.
        """
        await self._read(self._machine.start_fill(message, min_size))

    async def read_message_end(self, message: Message) -> None:
        """WsReadMessageEnd: the body was read; wait for the end of the reply. The message is DONE, also when it fails.

        :raises InvalidOperation: when the message is not the one that is being read.
        :raises WsError: as :meth:`receive_message`; InvalidFormat when something of the body was not read.
        """
        await self._read(self._machine.start_read_end(message))

    def receive_items(self, message: Message, description: MessageDescription) -> AsyncItems:
        """The items of a reply whose body is a long list, one by one: an iterator, which waits as they come.

        The table of the body is as for :meth:`send_items`. The reply is read into the EMPTY ``message``, whose headers
        are there from the first item on. With ``transfer_mode`` STREAMED_INPUT only a few are in memory at a time. Its
        end is the end of the message. Leaving it early, by ``close`` or by letting go of it, cuts the exchange off.

        :raises InvalidArgument: for a bad argument, or a body with another table.
        :raises InvalidOperation: when the channel is not OPEN, nothing was sent, or the message is not EMPTY.
        """
        return AsyncItems(self, self._machine.start_receive_items(message, description))

    # The exchange

    async def _start(self, request: HttpRequest) -> None:
        await self._drop()
        await self._guarded(partial(self._begin_exchange, request))

    async def _begin_exchange(self, request: HttpRequest, _: AsyncExchange | None) -> None:
        transport: AsyncStreamTransport = self._streaming_transport
        self._exchange = await transport.start(request, self._machine.stream_limits)

    async def _push(self, data: bytes) -> None:
        if data:
            await self._guarded(partial(self._write, data))

    async def _write(self, data: bytes, exchange: AsyncExchange | None) -> None:
        if exchange is not None and not await exchange.write(data):
            self._machine.unwanted()

    async def _write_items(self, items: AsyncIterable[Any], exchange: AsyncExchange | None) -> bytes | HttpRequest:
        async for item in items:
            data = self._machine.write_item(item)
            if data and exchange is not None and not await exchange.write(data):
                self._machine.unwanted()
                break
        return self._machine.end_items()

    async def _machine_call(self, call: Callable[[], _T], _: AsyncExchange | None) -> _T:
        return call()

    async def _finish(self, last: bytes | HttpRequest) -> None:
        if isinstance(last, HttpRequest):
            await self._transmit(last)
            return
        await self._push(last)
        await self._respond()

    async def _respond(self) -> None:
        again = await self._guarded(self._answer)
        if again is not None:
            await self._transmit(again)

    async def _answer(self, exchange: AsyncExchange | None) -> HttpRequest | None:
        if exchange is None:
            raise OperationAborted("the channel was closed")
        again = self._machine.begin_response(await exchange.finish())
        if again is None:
            await self._carry_on(self._machine.take_response, exchange)
        return again

    async def _read(self, step: Step[_T]) -> _T:
        return await self._guarded(partial(self._carry_on, step))

    async def _carry_on(self, step: Step[_T], exchange: AsyncExchange | None) -> _T:
        while (result := step()) is MORE:
            if exchange is None:
                raise OperationAborted("the channel was closed")
            self._machine.feed(await exchange.read())
        if exchange is not None and not self._machine.wants_input:
            await self._drop()
        return result

    async def _guarded(self, action: Callable[[AsyncExchange | None], Awaitable[_T]]) -> _T:
        try:
            return await action(self._exchange)
        except TransportError as error:
            failure = self._machine.failed(error)
            await self._drop()
            raise failure from error
        except BaseException as error:
            self._machine.broken(error)
            await self._drop()
            raise

    async def _drop(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.close()

    async def _transmit(self, request: HttpRequest) -> None:
        if self._machine.streams_input:
            await self._start(request)
            await self._respond()
            return
        if self._exchange is not None:
            await self._drop()
        head, body = await self._call(request)
        again = self._machine.response(head, body)
        if again is not None:
            await self._transmit(again)

    async def _call(self, request: HttpRequest) -> tuple[HttpHead, bytes]:
        machine, transport = self._machine, self._transport
        if transport is None:
            raise AssertionError("an open channel has a transport")
        try:
            return await transport.call(request, machine.limits)
        except TransportError as error:
            raise machine.failed(error) from error
        except BaseException:
            machine.interrupted()
            raise


class AsyncItems(ItemsBase[AsyncStreamChannel]):
    """The items of a reply, as they come; made by :meth:`AsyncStreamChannel.receive_items`.

    One task at a time may use it. ``close`` cuts off what was not read, and so does letting go of it; as a context
    manager it closes itself.
    """

    __slots__ = ()

    def __aiter__(self) -> AsyncItems:
        return self

    async def __anext__(self) -> Any:
        if not self._ready:
            self._ready = deque(await self._channel._read(self._next))
            if not self._ready:
                raise StopAsyncIteration
        return self._ready.popleft()
