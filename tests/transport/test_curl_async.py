"""What is the asyncio transport's own: cancellation, shared connections, several loops, the way to abort."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

import pycurl
import pytest

from tests.support.certificates import Zoo
from tests.support.fault_server import FaultServer, full_listener, silent_server
from tests.support.http_calls import LIMITS, request
from tests.support.leaks import NO_PROC, open_files, settles, tasks, until
from wsx.errors import ErrorCode
from wsx.transport import Capability, HttpHead, HttpUrl, Limits, Phase, TransportError, default_async_transport
from wsx.transport import curl_async as module
from wsx.transport.curl_async import CurlAsyncTransport

NO_LIMITS = Limits(None, None, None, None, None)
LARGE_BODY = bytes(8 << 20)


async def post(
    transport: CurlAsyncTransport, url: str, body: bytes | None = b"<request/>", limits: Limits = LIMITS
) -> tuple[HttpHead, bytes]:
    return await transport.call(request(url, body), limits)


@asynccontextmanager
async def transports(count: int = 1) -> AsyncIterator[list[CurlAsyncTransport]]:
    made = [CurlAsyncTransport() for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            await one.close()


@contextmanager
def stalling(fault: str) -> Iterator[str]:
    """A URL that never answers in full."""
    with FaultServer() as server:
        yield server.url(f"/{fault}")


@contextmanager
def unconnected() -> Iterator[str]:
    with full_listener() as port:
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def no_handshake() -> Iterator[str]:
    with silent_server() as port:
        yield f"https://127.0.0.1:{port}/"


Place = Callable[[], AbstractContextManager[str]]
PLACES = [
    pytest.param(unconnected, Phase.CONNECT, b"<x/>", id="connect"),
    pytest.param(no_handshake, Phase.CONNECT, b"<x/>", id="handshake"),
    pytest.param(lambda: stalling("stall"), Phase.WAIT, b"<x/>", id="wait for the head"),
    pytest.param(lambda: stalling("stall-head"), Phase.WAIT, b"<x/>", id="within the head"),
    pytest.param(lambda: stalling("stall-body"), Phase.RECEIVE, b"<x/>", id="body"),
    pytest.param(lambda: stalling("trickle"), Phase.RECEIVE, b"<x/>", id="trickling body"),
    pytest.param(lambda: stalling("stall-upload"), Phase.SEND, LARGE_BODY, id="upload"),
]


async def comes_to(transport: CurlAsyncTransport, phase: Phase) -> None:
    """Wait until the call that is under way is in ``phase``."""
    await settles(lambda: transport._future is not None and transport._follow_phase() is phase, phase.name)


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
@pytest.mark.parametrize("way", ["cancel", "wait_for"])
@pytest.mark.parametrize(("place", "phase", "body"), PLACES)
def test_cancellation_leaves_nothing_behind(place: Place, phase: Phase, body: bytes, way: str) -> None:
    async def run(url: str, good: str) -> None:
        async with transports() as (transport,):
            assert (await post(transport, good))[0].status == 200
            kept = open_files()
            if way == "cancel":
                task = asyncio.ensure_future(post(transport, url, body, NO_LIMITS))
                await comes_to(transport, phase)
                assert not task.done()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(post(transport, url, body, NO_LIMITS), 0.2)
            assert tasks() == set()
            # At once, not when somebody comes to clean up: the other end is another thread's, and follows.
            ours = {number for number, _ in kept}
            await settles(lambda: {number for number, _ in open_files()} <= ours | servers(url), "sockets closed")
            assert transport._timer is None
            assert (await post(transport, good, b"<again/>"))[1] == b"<again/>"

    with FaultServer() as good:
        before = threads()
        with place() as url:
            asyncio.run(run(url, good.url()))
        until(lambda: threads() <= before, "threads ended")
        assert [one.body for one in good.requests] == [b"<request/>", b"<again/>"]


def servers(url: str) -> set[str]:
    """The numbers of the sockets here that are the server's, by the port of their own end."""
    port, found = HttpUrl.parse(url).port, set()
    for number, target in open_files():
        if target.startswith("socket:"):
            with contextlib.suppress(OSError):
                borrowed = socket.socket(fileno=int(number))
                try:
                    name = borrowed.getsockname()
                    if isinstance(name, tuple) and name[1] == port:
                        found.add(number)
                finally:
                    borrowed.detach()
    return found


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


@pytest.mark.parametrize(("place", "phase", "body"), PLACES)
@pytest.mark.parametrize("end", ["abort", "abort from a thread", "close"])
def test_abort_at_each_place(place: Place, phase: Phase, body: bytes, end: str) -> None:
    async def run(url: str) -> None:
        async with transports() as (transport,):
            task = asyncio.ensure_future(post(transport, url, body, NO_LIMITS))
            await comes_to(transport, phase)
            if end == "close":
                await transport.close()
            elif end == "abort":
                transport.abort()
            else:
                thread = threading.Thread(target=transport.abort)
                thread.start()
                thread.join()
            with pytest.raises(TransportError) as caught:
                await task
            assert caught.value.code is ErrorCode.WS_E_OPERATION_ABORTED
            assert caught.value.phase in (phase, Phase.TLS)
            assert tasks() == set()
            assert transport._pool is None or end != "close"

    with place() as url:
        asyncio.run(run(url))


def test_cancelled_and_aborted_at_once(server: FaultServer) -> None:
    """The cancellation wins: a task that was told to end must not go on."""

    async def run() -> None:
        async with transports() as (transport,):
            for first in ("abort", "cancel"):
                task = asyncio.ensure_future(post(transport, server.url("/stall")))
                await comes_to(transport, Phase.WAIT)
                for act in (transport.abort, task.cancel) if first == "abort" else (task.cancel, transport.abort):
                    act()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert (await post(transport, server.url()))[0].status == 200

    asyncio.run(run())


def test_a_call_that_is_cancelled_before_it_begins_sends_nothing(server: FaultServer) -> None:
    async def run() -> None:
        async with transports() as (transport,):
            task = asyncio.ensure_future(post(transport, server.url()))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            task = asyncio.ensure_future(post(transport, server.url()))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await post(transport, server.url()))[0].status == 200

    asyncio.run(run())
    assert len(server.requests) == 1


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
@pytest.mark.parametrize("end", ["cancel", "abort"])
def test_an_end_after_any_number_of_turns_of_the_loop(server: FaultServer, end: str) -> None:
    """Wherever the call is: nothing is left of it, and nothing goes out twice."""
    before = open_files()

    async def run() -> None:
        async with transports() as (transport,):
            for turns in range(60):
                task = asyncio.ensure_future(post(transport, server.url(), b"%d" % turns))
                for _ in range(turns):
                    await asyncio.sleep(0)
                if end == "cancel":
                    task.cancel()
                else:
                    transport.abort()
                if turns == 0 and end == "abort":
                    # Before the call there is nothing to abort.
                    await task
                    continue
                done = (await asyncio.gather(task, return_exceptions=True))[0]
                if isinstance(done, TransportError):
                    assert (end, done.code) == ("abort", ErrorCode.WS_E_OPERATION_ABORTED)
                elif isinstance(done, tuple):
                    assert done[1] == b"%d" % turns
                else:
                    assert isinstance(done, asyncio.CancelledError)
                assert tasks() == set()
                assert (transport._future, transport._lines) == (None, [])
                # The timer of a call that came to its end stays, for the next one.
                assert transport._timer is None or isinstance(done, tuple)
            assert (await post(transport, server.url(), b"last"))[1] == b"last"

    asyncio.run(run())
    bodies = [one.body for one in server.requests]
    assert len(bodies) == len(set(bodies))
    until(lambda: open_files() <= before, "sockets closed")


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
def test_fifty_calls_at_once(server: FaultServer) -> None:
    before = open_files()

    async def run() -> None:
        async with transports(50) as many:
            for round_ in range(3):
                bodies = [b"<n>%d-%d</n>" % (round_, i) for i in range(50)]
                answers = await asyncio.gather(
                    *(post(one, server.url(), body) for one, body in zip(many, bodies, strict=True))
                )
                assert [body for _, body in answers] == bodies
            assert tasks() == set()

    asyncio.run(run())
    assert len(server.requests) == 150
    assert server.connections <= 50
    until(lambda: open_files() <= before, "sockets closed")
    assert not module._pools


def test_some_of_fifty_are_cancelled(server: FaultServer) -> None:
    async def run() -> None:
        async with transports(50) as many:
            made = [
                asyncio.ensure_future(post(one, server.url("/stall" if i % 2 else f"/{i}"), b"%d" % i))
                for i, one in enumerate(many)
            ]
            await settles(lambda: len(server.requests) == 50, "all sent")
            for task in made[1::2]:
                task.cancel()
            done = await asyncio.gather(*made, return_exceptions=True)
            assert [one[1] for one in done[::2] if isinstance(one, tuple)] == [b"%d" % i for i in range(0, 50, 2)]
            assert all(isinstance(one, asyncio.CancelledError) for one in done[1::2])
            assert tasks() == set()

    asyncio.run(run())
    assert len(server.requests) == 50


def test_transports_share_connections(server: FaultServer) -> None:
    async def run() -> None:
        async with transports(3) as many:
            for one in many:
                await post(one, server.url())
            assert server.connections == 1
            # The others go on when one leaves.
            await many[0].close()
            await post(many[1], server.url())
            assert server.connections == 1
            await post(many[0], server.url())
            assert server.connections == 1

    asyncio.run(run())
    until(lambda: server.ends == [b""], "the last one closes the connection")


@pytest.mark.parametrize("fault", ["answer-then-fin", "answer-then-rst", "answer-then-garbage"])
def test_a_connection_that_died_in_anothers_hands_is_replaced(server: FaultServer, fault: str) -> None:
    async def run() -> None:
        async with transports(2) as (one, other):
            await post(one, server.url(f"/{fault}"))
            await settles(server.arrived.is_set, "answered")
            await asyncio.sleep(0.05)
            assert (await post(other, server.url(), b"<second/>"))[1] == b"<second/>"
            await post(one, server.url())

    asyncio.run(run())
    assert (len(server.requests), server.connections) == (3, 2)


@pytest.mark.parametrize("fault", ["second-close", "second-reset"])
def test_what_another_has_sent_is_not_sent_again(server: FaultServer, fault: str) -> None:
    async def run() -> None:
        async with transports(2) as (one, other):
            await post(one, server.url(f"/{fault}"))
            with pytest.raises(TransportError, match="not sent again") as caught:
                await post(other, server.url(f"/{fault}"))
            assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_ENDPOINT_DISCONNECTED, None)

    asyncio.run(run())
    assert len(server.requests) == 2


def test_one_call_at_a_time(server: FaultServer) -> None:
    async def run() -> None:
        async with transports() as (transport,):
            task = asyncio.ensure_future(post(transport, server.url("/stall")))
            await comes_to(transport, Phase.WAIT)
            with pytest.raises(TransportError, match="another call") as caught:
                await post(transport, server.url())
            assert caught.value.code is ErrorCode.WS_E_INVALID_OPERATION
            transport.abort()
            with pytest.raises(TransportError):
                await task

    asyncio.run(run())
    assert len(server.requests) == 1


def test_an_abort_belongs_to_the_call_that_ran(server: FaultServer) -> None:
    async def run() -> None:
        async with transports() as (transport,):
            transport.abort()
            await post(transport, server.url())
            task = asyncio.ensure_future(post(transport, server.url("/stall")))
            await comes_to(transport, Phase.WAIT)
            transport.abort()
            transport.abort()
            with pytest.raises(TransportError):
                await task
            assert (await post(transport, server.url()))[0].status == 200

    asyncio.run(run())


def test_an_abort_while_the_body_comes_in(server: FaultServer) -> None:
    """The response may be whole by then; whoever waits for it has been told that it is not."""

    async def run() -> None:
        async with transports() as (transport,):
            assert (await post(transport, server.url(), b"<first/>"))[1] == b"<first/>"

            def abort(piece: bytes) -> None:
                transport._chunks.append(piece)
                transport.abort()

            transport._curl.setopt(pycurl.WRITEFUNCTION, abort)
            with pytest.raises(TransportError) as caught:
                await post(transport, server.url())
            assert caught.value.code is ErrorCode.WS_E_OPERATION_ABORTED
            transport._curl.setopt(pycurl.WRITEFUNCTION, transport._chunks.append)
            assert (await post(transport, server.url(), b"<next/>"))[1] == b"<next/>"

    asyncio.run(run())
    assert len(server.requests) == 3


def test_several_loops_one_after_the_other(server: FaultServer) -> None:
    transport = CurlAsyncTransport()
    for _ in range(3):
        assert asyncio.run(post(transport, server.url()))[0].status == 200
    until(lambda: len(server.ends) == 2, "connections of ended loops closed")
    asyncio.run(transport.close())
    until(lambda: len(server.ends) == 3, "the last one too")
    assert server.connections == 3
    assert not module._pools


def test_loops_in_two_threads(server: FaultServer) -> None:
    failures: list[BaseException] = []

    async def calls() -> None:
        async with transports(2) as (one, other):
            for i in range(20):
                body = b"%d-%d" % (threading.get_ident(), i)
                assert (await post(one if i % 2 else other, server.url(), body))[1] == body

    def run() -> None:
        try:
            asyncio.run(calls())
        except BaseException as error:
            failures.append(error)

    both = [threading.Thread(target=run) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(20)
    assert not failures
    assert (len(server.requests), server.connections) == (40, 2)


def test_a_transport_that_is_dropped_lets_its_connection_go(server: FaultServer) -> None:
    async def run() -> None:
        transport = CurlAsyncTransport()
        await post(transport, server.url())
        gone = weakref.ref(transport)
        del transport
        # The future that woke this task holds the handle that it is about.
        await asyncio.sleep(0)
        gc.collect()
        assert gone() is None
        await settles(lambda: server.ends == [b""], "connection closed")

    asyncio.run(run())
    assert not module._pools


def test_the_loop_is_not_held_up(server: FaultServer) -> None:
    """While one call waits, the loop turns: nothing in a call waits for anything but the loop."""

    async def run() -> None:
        async with transports(3) as (waits, unreached, other):
            with full_listener() as port:
                held = [
                    asyncio.ensure_future(post(waits, server.url("/stall"))),
                    asyncio.ensure_future(post(unreached, f"http://127.0.0.1:{port}/")),
                ]
                turns = 0
                for _ in range(20):
                    await post(other, server.url())
                    await asyncio.sleep(0)
                    turns += 1
                assert turns == 20
                assert not any(task.done() for task in held)
                for task in held:
                    task.cancel()
                await asyncio.gather(*held, return_exceptions=True)

    asyncio.run(run())


def test_a_loop_that_cannot_watch_sockets_is_refused(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proactor loop of Windows, played by whatever loop this is."""

    async def run() -> None:
        monkeypatch.setattr(asyncio, "ProactorEventLoop", type(asyncio.get_running_loop()), raising=False)
        async with transports() as (transport,):
            for _ in range(2):
                with pytest.raises(TransportError, match="selector") as caught:
                    await post(transport, server.url())
                error = caught.value
                assert (error.code, error.phase, error.sent) == (ErrorCode.WS_E_NOT_SUPPORTED, Phase.PREPARE, False)
            monkeypatch.undo()
            assert (await post(transport, server.url()))[0].status == 200

    asyncio.run(run())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("act", ["nothing", "call"])
def test_a_child_leaves_the_connections_to_its_parent(zoo: Zoo, act: str) -> None:
    def child(url: str, transport: CurlAsyncTransport) -> None:
        async def call() -> None:
            assert (await post(transport, url, b"<child/>"))[1] == b"<child/>"
            await transport.close()

        if act == "call":
            asyncio._set_running_loop(None)
            asyncio.run(call())

    async def run(server: FaultServer) -> None:
        transport = CurlAsyncTransport(ca_file=zoo.ca_file)
        await post(transport, server.url())
        number = os.fork()
        if number == 0:
            try:
                child(server.url(), transport)
            except BaseException:
                os._exit(1)
            os._exit(0)
        while (ended := os.waitpid(number, os.WNOHANG))[0] == 0:
            await asyncio.sleep(0.01)
        assert os.waitstatus_to_exitcode(ended[1]) == 0
        assert (await post(transport, server.url(), b"<parent/>"))[1] == b"<parent/>"
        assert server.connections == (2 if act == "call" else 1)
        await transport.close()

    with FaultServer(zoo.server("good")) as server:
        asyncio.run(run(server))


def test_a_small_body_and_a_large_one_have_their_own_clocks(server: FaultServer) -> None:
    """The time of WAIT begins when the last byte is sent, not when the first one is."""

    async def run() -> None:
        async with transports() as (transport,):
            limits = Limits(connect=5, send=5, receive_response=0.2, receive=5)
            started = time.monotonic()
            with pytest.raises(TransportError) as caught:
                await post(transport, server.url("/stall"), bytes(900 << 10), limits)
            assert caught.value.phase is Phase.WAIT
            # No clock runs fast.
            assert time.monotonic() - started >= 0.2

    asyncio.run(run())


def test_the_default() -> None:
    transport = default_async_transport()
    assert isinstance(transport, CurlAsyncTransport)
    assert transport.capabilities == Capability.ABORT | Capability.STREAMING
    assert "not connected" in repr(transport)
    asyncio.run(transport.close())
