"""What is the asyncio exchange's own: cancellation, back-pressure while nobody waits, one task at a time."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.support.fault_server import FaultServer
from tests.support.http_calls import HEADERS, LIMITS, request
from tests.support.leaks import NO_PROC, open_files, settles, tasks, until
from wsx.errors import ErrorCode
from wsx.transport import HttpRequest, HttpUrl, Limits, Phase, TransportError
from wsx.transport import curl_async as module
from wsx.transport.curl_async import CurlAsyncTransport
from wsx.transport.curl_async_exchange import CurlAsyncExchange

NO_LIMITS = Limits(None, None, None, None, None, None)
BLOCK = bytes(64 << 10)


def streamed(url: str) -> HttpRequest:
    return HttpRequest("POST", HttpUrl.parse(url), HEADERS)


async def go_on(one: CurlAsyncExchange, body: int) -> None:
    for _ in range(body):
        await one.write(BLOCK)
    await one.finish()
    while await one.read():
        pass


def test_an_exchange_that_is_given_up_at_once() -> None:
    """The next one begins before the event loop has had a turn."""

    async def run(server: FaultServer) -> None:
        transport = CurlAsyncTransport()
        for _ in range(3):
            one = await transport.start(streamed(server.url("/")), NO_LIMITS)
            await one.close()
            one = await transport.start(streamed(server.url("/")), NO_LIMITS)
            assert (await asyncio.wait_for(one.finish(), 20)).status == 200
            await one.close()
        await transport.close()

    with FaultServer() as server:
        asyncio.run(run(server))
        assert len(server.requests) == 3


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
@pytest.mark.parametrize(
    ("fault", "phase", "body"),
    [
        ("stall-upload", Phase.SEND, 1000),
        ("stall", Phase.WAIT, 1),
        ("stall-head", Phase.WAIT, 1),
        ("stall-body", Phase.RECEIVE, 1),
    ],
)
@pytest.mark.parametrize("way", ["cancel", "wait_for", "close"])
def test_cancellation_leaves_nothing_behind(fault: str, phase: Phase, body: int, way: str) -> None:
    before = open_files()

    async def run(server: FaultServer) -> None:
        transport = CurlAsyncTransport()
        one = await transport.start(streamed(server.url(f"/{fault}")), NO_LIMITS)
        if way == "wait_for":
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(go_on(one, body), 0.2)
        else:
            task = asyncio.ensure_future(go_on(one, body))
            await settles(lambda: server.arrived.is_set() and transport._follow_phase() is phase, phase.name)
            if way == "cancel":
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                await transport.close()
                with pytest.raises(TransportError) as caught:
                    await task
                assert caught.value.code is ErrorCode.WS_E_OPERATION_ABORTED
        assert tasks() == set()
        assert (transport._future, transport._timer, transport._stream) == (None, None, None)
        with pytest.raises(TransportError, match="over"):
            await one.read()
        assert (await transport.call(request(server.url()), LIMITS))[0].status == 200
        await transport.close()

    with FaultServer() as server:
        asyncio.run(run(server))
        assert len(server.requests) == 2
    until(lambda: open_files() <= before, "sockets closed")
    assert not module._pools


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
def test_an_end_after_any_number_of_turns_of_the_loop(server: FaultServer) -> None:
    before = open_files()

    async def run() -> None:
        transport = CurlAsyncTransport()
        for turns in range(40):
            one = await transport.start(streamed(server.url()), LIMITS)
            task = asyncio.ensure_future(go_on(one, 1))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await one.close()
            assert tasks() == set()
            assert (transport._future, transport._timer, transport._lines) == (None, None, [])
        assert (await transport.call(request(server.url()), LIMITS))[0].status == 200
        await transport.close()

    asyncio.run(run())
    until(lambda: open_files() <= before, "sockets closed")


def test_what_nobody_reads_is_held_back(server: FaultServer) -> None:
    """The loop turns on and libcurl could receive; only what was asked for, and a little more, is kept."""

    async def run() -> None:
        transport = CurlAsyncTransport()
        async with await transport.start(streamed(server.url(f"/pour?{64 << 20}")), NO_LIMITS) as one:
            await one.finish()
            flow = one._state.flow
            await settles(lambda: flow.full, "libcurl pauses")
            held = flow._size
            assert held <= 512 << 10
            for _ in range(20):
                await asyncio.sleep(0)
            assert flow._size == held
            size = 0
            while piece := await one.read():
                size += len(piece)
                assert flow._size <= 512 << 10
            assert size == 64 << 20
        await transport.close()

    asyncio.run(run())


def test_an_idle_exchange_has_no_clock(server: FaultServer) -> None:
    async def run() -> None:
        transport = CurlAsyncTransport()
        async with await transport.start(streamed(server.url()), LIMITS) as one:
            for _ in range(3):
                await one.write(b"x")
                assert transport._timer is None
            await one.finish()
            assert transport._timer is None
            assert await one.read() == b"xxx"
            assert await one.read() == b""
        # The clocks of the next call run again.
        with pytest.raises(TransportError) as caught:
            await transport.call(request(server.url("/stall")), Limits(receive_response=0.1))
        assert caught.value.code is ErrorCode.WS_E_OPERATION_TIMED_OUT
        await transport.close()

    asyncio.run(run())


def test_one_task_at_a_time(server: FaultServer) -> None:
    async def run() -> None:
        transport = CurlAsyncTransport()
        async with await transport.start(streamed(server.url("/stall")), LIMITS) as one:
            task = asyncio.ensure_future(one.finish())
            await settles(server.arrived.is_set, "the request is read")
            with pytest.raises(TransportError, match="another call") as caught:
                await one.finish()
            assert caught.value.code is ErrorCode.WS_E_INVALID_OPERATION
            assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await transport.close()

    asyncio.run(run())


def test_fifty_exchanges_at_once(server: FaultServer) -> None:
    async def one(number: int) -> bytes:
        transport = CurlAsyncTransport()
        async with await transport.start(streamed(server.url("/count")), LIMITS) as exchange:
            for _ in range(number):
                await exchange.write(BLOCK)
            await exchange.finish()
            answer = await exchange.read()
        await transport.close()
        return answer.split()[0]

    async def run() -> None:
        found = await asyncio.gather(*map(one, range(50)))
        assert found == [b"%d" % (number * len(BLOCK)) for number in range(50)]
        assert tasks() == set()

    asyncio.run(run())


def test_an_exchange_that_is_let_fall(server: FaultServer) -> None:
    """Whoever forgets to close it leaves the connection to the transport, which ends it."""

    async def run() -> None:
        transport = CurlAsyncTransport()
        exchange = await transport.start(streamed(server.url()), LIMITS)
        await exchange.write(b"x")
        del exchange
        await transport.close()
        assert not module._pools
        assert tasks() == set()

    asyncio.run(run())


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_next_exchange_follows_at_once(method: str) -> None:
    """One that is given up takes nothing of the next with it."""

    async def main() -> None:
        transport = CurlAsyncTransport()
        with FaultServer() as server:
            for _ in range(20):
                request = HttpRequest("POST", HttpUrl.parse(server.url("/ok")), ())
                exchange = await transport.start(request, Limits())
                await exchange.write(b"abc")
                assert (await exchange.finish()).status == 200
                await exchange.close()
                following = HttpRequest(
                    method, HttpUrl.parse(server.url("/ok")), (), b"abc" if method == "POST" else None
                )
                head, _ = await transport.call(following, Limits(resolve=5))
                assert head.status == 200
        await transport.close()

    asyncio.run(main())
