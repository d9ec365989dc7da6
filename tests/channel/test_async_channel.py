"""AsyncChannel in its event loop: cancellation, timeouts, abort, many channels at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable

import pytest

from tests.support.fault_server import FaultServer, full_listener
from tests.support.http_peer import Answer, HttpPeer
from tests.support.leaks import NO_PROC, open_files, settles, tasks, until
from tests.support.tables import BODY, ENVELOPE_12
from wsx.channel import AsyncChannel, ChannelProperties, ChannelState, ReceiveOption
from wsx.descriptions import MessageDescription
from wsx.errors import InvalidOperation, ObjectFaulted, OperationAborted, OperationTimedOut
from wsx.message import AddressingVersion, MessageState
from wsx.transport import Capability, HttpHead, HttpRequest, Limits, Phase
from wsx.transport.curl_async import CurlAsyncTransport

SOAP_12 = "application/soap+xml; charset=utf-8"
D = MessageDescription("urn:act", BODY)
ANY = MessageDescription(None, BODY)
PLAIN = ChannelProperties(addressing_version=AddressingVersion.TRANSPORT)


def envelope(number: int) -> bytes:
    return (
        f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Body><u xmlns="ns"><val>{number}</val></u></s:Body></s:Envelope>'
    ).encode()


def answer(number: int) -> Answer:
    return Answer(envelope(number), content_type=SOAP_12)


def sending(channel: AsyncChannel) -> asyncio.Future[None]:
    return asyncio.ensure_future(channel.send_message(channel.create_message(), D, {"val": 1}))


async def exchange(channel: AsyncChannel, number: int) -> object:
    request, reply = channel.create_message(), channel.create_message()
    return await channel.request_reply(request, D, {"val": number}, reply, ANY)


def connects(channel: AsyncChannel) -> bool:
    transport = channel._transport
    return isinstance(transport, CurlAsyncTransport) and transport._phase is Phase.CONNECT


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
@pytest.mark.parametrize("way", ["cancel", "wait_for"])
@pytest.mark.parametrize("operation", ["send_message", "request_reply"])
@pytest.mark.parametrize("fault", ["connect", "stall", "stall-head", "stall-body"])
def test_a_cancelled_channel_goes_on(fault: str, operation: str, way: str) -> None:
    """Nothing is left, nothing is sent twice, the message is done with, and the channel is OPEN."""

    async def run(url: str, good: str, arrived: Callable[[AsyncChannel], bool]) -> None:
        channel = AsyncChannel(properties=PLAIN)
        async with channel:
            await channel.open(url)
            message = channel.create_message()
            call: Awaitable[object]
            if operation == "send_message":
                call = channel.send_message(message, D, {"val": 1})
            else:
                call = channel.request_reply(message, D, {"val": 1}, channel.create_message(), ANY)
            if way == "cancel":
                task = asyncio.ensure_future(call)
                await settles(lambda: arrived(channel), fault)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(call, 0.2)
            assert tasks() == set()
            assert (channel.state, message.state) == (ChannelState.OPEN, MessageState.DONE)
            with pytest.raises(InvalidOperation, match="no request"):
                await channel.receive_message(channel.create_message(), [ANY])
            await channel.close()
            channel.reset()
            await channel.open(good)
            assert await exchange(channel, 1) == {"val": 7}

    before = open_files()
    with HttpPeer(answer(7)) as peer, FaultServer() as server:
        if fault == "connect":
            with full_listener() as port:
                asyncio.run(run(f"http://127.0.0.1:{port}/", peer.url, connects))
        else:
            asyncio.run(run(server.url(f"/{fault}"), peer.url, lambda _: server.arrived.is_set()))
            assert len(server.requests) == 1
    assert len(peer.seen) == 1
    until(lambda: open_files() <= before, "sockets closed")


def test_the_next_message_after_a_cancellation_has_a_new_connection() -> None:
    waiting, released = threading.Event(), threading.Event()

    def hold() -> None:
        waiting.set()
        released.wait(10)

    async def run(peer: HttpPeer) -> None:
        async with AsyncChannel(properties=PLAIN) as channel:
            await channel.open(peer.url)
            task = sending(channel)
            await settles(waiting.is_set, "the request is read")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            released.set()
            assert await exchange(channel, 2) == {"val": 2}

    with HttpPeer(Answer(envelope(1), content_type=SOAP_12, before=hold), answer(2)) as peer:
        asyncio.run(run(peer))
        assert len({seen.connection for seen in peer.seen}) == len(peer.seen) == 2


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.timeout is of Python 3.11")
def test_asyncio_timeout() -> None:
    async def run(url: str) -> None:
        async with AsyncChannel() as channel:
            await channel.open(url)
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.1):  # type: ignore[attr-defined, unused-ignore]
                    await exchange(channel, 1)
            # Not the channel's own limits, whose error is one of wsx.
            assert not isinstance(caught.value, OperationTimedOut)
            assert channel.state is ChannelState.OPEN
            assert tasks() == set()

    with FaultServer() as server:
        asyncio.run(run(server.url("/stall")))


@pytest.mark.parametrize("thread", [False, True])
def test_abort(thread: bool) -> None:
    async def run(server: FaultServer) -> None:
        channel = AsyncChannel()
        await channel.open(server.url("/stall"))
        task = sending(channel)
        await settles(server.arrived.is_set, "the request is read")
        if thread:
            aborter = threading.Thread(target=channel.abort)
            aborter.start()
            aborter.join()
        else:
            channel.abort()
        with pytest.raises(OperationAborted):
            await task
        assert channel.state is ChannelState.FAULTED
        with pytest.raises(ObjectFaulted):
            await sending(channel)
        await channel.close()
        assert tasks() == set()

    with FaultServer() as server:
        asyncio.run(run(server))
        assert len(server.requests) == 1


def test_closing_under_a_call_ends_it() -> None:
    async def run(server: FaultServer) -> None:
        async with AsyncChannel() as channel:
            await channel.open(server.url("/stall"))
            task = sending(channel)
            await settles(server.arrived.is_set, "the request is read")
        with pytest.raises(OperationAborted):
            await task
        assert channel.state is ChannelState.CLOSED
        assert tasks() == set()

    with FaultServer() as server:
        asyncio.run(run(server))


def test_one_task_at_a_time() -> None:
    async def run(server: FaultServer) -> None:
        async with AsyncChannel() as channel:
            await channel.open(server.url("/stall"))
            task = sending(channel)
            await settles(server.arrived.is_set, "the request is read")
            with pytest.raises(InvalidOperation, match="under way"):
                await sending(channel)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with FaultServer() as server:
        asyncio.run(run(server))
        assert len(server.requests) == 1


def test_fifty_channels_at_once() -> None:
    async def one(url: str, number: int) -> None:
        async with AsyncChannel(properties=PLAIN) as channel:
            await channel.open(url)
            for _ in range(4):
                assert await exchange(channel, number) == {"val": 5}

    async def run(url: str) -> None:
        await asyncio.gather(*(one(url, number) for number in range(50)))
        assert tasks() == set()

    with HttpPeer(answer(5)) as peer:
        asyncio.run(run(peer.url))
        assert len(peer.seen) == 200
        assert sorted({int(seen.body.split(b"<val>")[1].split(b"<")[0]) for seen in peer.seen}) == list(range(50))
        assert len({seen.connection for seen in peer.seen}) <= 50


class AsyncFake:
    """An asyncio transport without network."""

    def __init__(self) -> None:
        self.closed = 0
        self.aborted = 0
        self.entered = asyncio.Event()

    @property
    def capabilities(self) -> Capability:
        return Capability(0)

    async def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        self.entered.set()
        await asyncio.sleep(0)
        return HttpHead(202, "Accepted", ()), b""

    def abort(self) -> None:
        self.aborted += 1

    async def close(self) -> None:
        self.closed += 1


def test_a_transport_of_ones_own() -> None:
    async def run() -> None:
        fake = AsyncFake()
        async with AsyncChannel(transport=fake) as channel:
            await channel.open("http://127.0.0.1/x")
            await sending(channel)
            option = ReceiveOption.OPTIONAL_MESSAGE
            assert await channel.receive_message(channel.create_message(), [ANY], receive_option=option) is None
            channel.abort()
        assert (fake.closed, fake.aborted, channel.state) == (0, 1, ChannelState.CLOSED)

    asyncio.run(run())


def test_an_abort_that_the_transport_does_not_know_of_wins_nevertheless() -> None:
    async def run() -> None:
        fake = AsyncFake()
        async with AsyncChannel(transport=fake) as channel:
            await channel.open("http://127.0.0.1/x")
            task = sending(channel)
            await fake.entered.wait()
            channel.abort()
            with pytest.raises(OperationAborted):
                await task
            assert channel.state is ChannelState.FAULTED

    asyncio.run(run())


def test_the_name_loads_neither_asyncio_nor_a_transport_library() -> None:
    code = "import sys, wsx; wsx.AsyncChannel(); print('asyncio' in sys.modules, 'pycurl' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "False False\n"
