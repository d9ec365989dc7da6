"""Messages in pieces with asyncio: async sources, and tasks that are cancelled wherever they wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

import wsx
from tests.channel.test_streaming import (
    BATCH,
    CLOSE,
    COUNT,
    END,
    OPEN,
    START,
    Batch,
    Count,
    Record,
    counted,
    item,
    records,
    streamed,
)
from tests.support.channels import soap_11
from tests.support.stream_server import Request, StreamServer, chunked, response_head
from wsx import AsyncChannel, ChannelState, MessageState, TransferMode
from wsx.errors import OperationAborted

ONE = Count(sent=1)


async def source(count: int, *, error: BaseException | None = None) -> AsyncIterator[Record]:
    for record in records(count):
        if record.id % 500 == 0:
            await asyncio.sleep(0)
        yield record
    if error is not None:
        raise error


def run(server: StreamServer, body: Callable[[AsyncChannel], Awaitable[None]], **properties: Any) -> None:
    """``body`` with an open channel; afterwards nothing of it is left, neither task nor connection."""

    async def main() -> None:
        async with AsyncChannel(properties=streamed(**properties)) as channel:
            await channel.open(server.url)
            await body(channel)
        await asyncio.sleep(0.01)
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    asyncio.run(main())
    assert server.wait_closed()


async def usable(channel: AsyncChannel) -> None:
    assert channel.state is ChannelState.OPEN
    await channel.send_message(channel.create_message(), COUNT, ONE)


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_an_async_source(count: int) -> None:
    async def body(channel: AsyncChannel) -> None:
        await channel.send_items(channel.create_message(), BATCH, source(count))
        received = await channel.receive_message(channel.create_message(), [COUNT])
        assert received is not None
        assert received.value.sent == count

    with StreamServer(counted) as server:
        run(server, body)


def test_items_go_out_while_the_source_waits() -> None:
    got = threading.Event()

    def handle(request: Request) -> None:
        for piece in request.pieces():
            if b"<id>" in piece:
                got.set()
        request.answer()

    async def slow() -> AsyncIterator[Record]:
        for record in records(2000):
            yield record
        # Only what was sent already lets this go on.
        assert await asyncio.to_thread(got.wait, 20)
        yield Record(id=0, name="last")

    async def body(channel: AsyncChannel) -> None:
        await channel.send_items(channel.create_message(), BATCH, slow())

    with StreamServer(handle) as server:
        run(server, body)


@pytest.mark.parametrize("after", [0, 3000])
def test_an_async_source_that_raises(after: int) -> None:
    async def body(channel: AsyncChannel) -> None:
        message = channel.create_message()
        with pytest.raises(KeyError):
            await channel.send_items(message, BATCH, source(after, error=KeyError("broken")))
        assert message.state is MessageState.DONE
        await usable(channel)

    with StreamServer(counted) as server:
        run(server, body)
    assert sum(request.whole for request in server.requests) == 1


def silent(request: Request) -> None:
    """Takes the whole request and answers nothing until the client gives up."""
    for _ in request.pieces():
        pass
    request.sock.recv(1)


def deaf(request: Request) -> None:
    """Reads nothing of the body until the client gives up; what the buffers hold is soon used up."""
    threading.Event().wait(1)
    while request.sock.recv(1 << 20):
        pass


def half(request: Request) -> None:
    """Answers the start of a reply."""
    for _ in request.pieces():
        pass
    request.sock.sendall(response_head() + chunked(START + OPEN + item(0)))
    request.sock.recv(1)


async def sends(channel: AsyncChannel, message: wsx.Message) -> None:
    await channel.send_items(message, BATCH, source(200_000))


async def sends_few(channel: AsyncChannel, message: wsx.Message) -> None:
    await channel.send_items(message, BATCH, source(100))


async def sends_by_hand(channel: AsyncChannel, message: wsx.Message) -> None:
    message.initialize()
    await channel.write_message_start(message)
    for record in records(200_000):
        await channel.write_body(message, Record, record)


async def ends(channel: AsyncChannel, message: wsx.Message) -> None:
    message.initialize()
    await channel.write_message_start(message)
    await channel.write_message_end(message)


async def reads(channel: AsyncChannel, message: wsx.Message) -> None:
    await channel.send_message(channel.create_message(), COUNT, ONE)
    async for _ in channel.receive_items(message, BATCH):
        pass


async def reads_by_hand(channel: AsyncChannel, message: wsx.Message) -> None:
    await channel.send_message(channel.create_message(), COUNT, ONE)
    await channel.read_message_start(message)
    await channel.read_body(message, Batch)


async def fills(channel: AsyncChannel, message: wsx.Message) -> None:
    await channel.send_message(channel.create_message(), COUNT, ONE)
    await channel.read_message_start(message)
    await channel.fill_body(message, 1 << 20)


WAITS: list[tuple[Callable[[Request], None], Callable[[AsyncChannel, wsx.Message], Awaitable[None]]]] = [
    (deaf, sends),
    (deaf, sends_by_hand),
    (silent, ends),
    (silent, sends_few),
    (half, reads),
    (half, reads_by_hand),
    (half, fills),
]


@pytest.mark.parametrize("how", ["cancel", "timeout", "abort", "close"])
@pytest.mark.parametrize(("handle", "act"), WAITS, ids=lambda one: one.__name__)
def test_what_ends_a_wait(
    handle: Callable[[Request], None], act: Callable[[AsyncChannel, wsx.Message], Awaitable[None]], how: str
) -> None:
    async def body(channel: AsyncChannel) -> None:
        message = channel.create_message()
        task = asyncio.ensure_future(act(channel, message))
        await asyncio.sleep(0.1)
        assert not task.done()
        match how:
            case "cancel":
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            case "timeout":
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(task, 0.01)
            case "abort":
                channel.abort()
                with pytest.raises(OperationAborted):
                    await task
            case _:
                await channel.close()
                with pytest.raises(OperationAborted):
                    await task
        assert message.state is MessageState.DONE
        after = {"abort": ChannelState.FAULTED, "close": ChannelState.CLOSED}
        assert channel.state is after.get(how, ChannelState.OPEN)

    with StreamServer(handle) as server:
        run(server, body, send_timeout=None)
    assert len(server.requests) == 1
    assert server.requests[0].whole == (handle is not deaf)


def test_a_loop_that_is_left_early() -> None:
    many = [START + OPEN] + [item(number) * 1000 for number in range(200)]

    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.answer([*many, CLOSE + END])

    async def body(channel: AsyncChannel) -> None:
        for _ in range(2):
            reply = channel.create_message()
            await channel.send_message(channel.create_message(), COUNT, ONE)
            async for record in channel.receive_items(reply, BATCH):
                assert record.id == 0
                break
            # Letting go of the iterator is enough: there is no generator that the loop would have to end.
            assert (reply.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)

    with StreamServer(handle) as server:
        run(server, body)
    assert server.connections == 2


def test_many_streams_at_once() -> None:
    async def body(first: AsyncChannel) -> None:
        async def one(number: int) -> None:
            async with AsyncChannel(properties=streamed()) as channel:
                await channel.open(server.url)
                await channel.send_items(channel.create_message(), BATCH, source(number * 100))
                received = await channel.receive_message(channel.create_message(), [COUNT])
                assert received is not None
                assert received.value.sent == number * 100

        await asyncio.gather(*(one(number) for number in range(20)))

    with StreamServer(counted) as server:
        run(server, body)


def test_sources_without_waiting_are_taken_too() -> None:
    def plain() -> Iterator[Record]:
        yield from records(10)

    async def body(channel: AsyncChannel) -> None:
        for items in (plain(), list(records(10))):
            await channel.send_items(channel.create_message(), BATCH, items)
            received = await channel.receive_message(channel.create_message(), [COUNT])
            assert received is not None
            assert received.value.sent == 10

    with StreamServer(counted) as server:
        run(server, body)


def test_buffered_it_works_the_same() -> None:
    async def main() -> None:
        async with AsyncChannel(properties=soap_11(transfer_mode=TransferMode.BUFFERED)) as channel:
            await channel.open(server.url)
            message = channel.create_message()
            with pytest.raises(KeyError):
                await channel.send_items(message, BATCH, source(10, error=KeyError("broken")))
            assert message.state is MessageState.DONE
            assert server.requests == []
            await channel.send_items(channel.create_message(), BATCH, source(10))

    with StreamServer(counted) as server:
        asyncio.run(main())
        assert len(server.requests) == 1
