"""The multi handle that an event loop drives, with and without epoll."""

from __future__ import annotations

import asyncio
import select
from typing import Any

import pycurl
import pytest

from tests.support.fault_server import FaultServer
from tests.support.http_calls import LIMITS, request
from tests.support.leaks import open_files, tasks, until
from wsx.errors import ErrorCode
from wsx.transport import HttpHead, Limits, TransportError
from wsx.transport.curl_async import CurlAsyncTransport
from wsx.transport.curl_loop import LoopMulti


@pytest.fixture(params=["epoll", "the loop's selector"])
def watch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How sockets are watched."""
    way = str(request.param)
    if way != "epoll":
        monkeypatch.delattr("select.epoll", raising=False)
    elif not hasattr(select, "epoll"):
        pytest.skip("this system has no epoll")
    return way


async def post(
    transport: CurlAsyncTransport, url: str, body: bytes = b"<order/>", limits: Limits = LIMITS
) -> tuple[HttpHead, bytes]:
    return await transport.call(request(url, body), limits)


def test_many_calls_at_once(server: FaultServer, watch: str) -> None:
    async def run() -> None:
        transports = [CurlAsyncTransport() for _ in range(8)]
        for round_ in range(5):
            bodies = [b"%d-%d" % (round_, number) for number in range(8)]
            done = await asyncio.gather(
                *(post(one, server.url(), body) for one, body in zip(transports, bodies, strict=True))
            )
            assert [body for _, body in done] == bodies
        for one in transports:
            await one.close()
        assert tasks() == set()

    before = open_files()
    asyncio.run(run())
    assert len(server.requests) == 40
    until(lambda: open_files() <= before, "sockets closed")


@pytest.mark.parametrize("size", [1, 100_000, 4 << 20])
def test_bodies_of_any_size(server: FaultServer, watch: str, size: int) -> None:
    async def run() -> None:
        transport = CurlAsyncTransport()
        body = bytes(size)
        assert (await post(transport, server.url(), body))[1] == body
        await transport.close()

    asyncio.run(run())


def test_a_server_that_is_silent(server: FaultServer, watch: str) -> None:
    async def run() -> None:
        transport = CurlAsyncTransport()
        for _ in range(2):
            with pytest.raises(TransportError) as caught:
                await post(transport, server.url("/stall"), limits=Limits(receive_response=0.1))
            assert caught.value.code is ErrorCode.WS_E_OPERATION_TIMED_OUT
        assert (await post(transport, server.url()))[1] == b"<order/>"
        await transport.close()

    asyncio.run(run())


def test_a_port_where_nobody_listens(watch: str) -> None:
    async def run() -> None:
        transport = CurlAsyncTransport()
        with pytest.raises(TransportError) as caught:
            await post(transport, "http://127.0.0.1:9/")
        assert caught.value.code is ErrorCode.WS_E_ENDPOINT_UNREACHABLE
        await transport.close()

    asyncio.run(run())


def test_a_name_that_has_to_be_looked_up(server: FaultServer, watch: str) -> None:
    """libcurl looks names up in a thread of its own, which wakes it over a socket."""

    async def run() -> None:
        transport = CurlAsyncTransport()
        for _ in range(3):
            assert (await post(transport, server.url().replace("127.0.0.1", "localhost")))[1] == b"<order/>"
            await transport.close()

    asyncio.run(run())


def test_a_loop_that_cannot_watch_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        monkeypatch.setattr(asyncio, "ProactorEventLoop", type(asyncio.get_running_loop()), raising=False)
        transport = CurlAsyncTransport()
        with pytest.raises(TransportError) as caught:
            await post(transport, "http://127.0.0.1:9/")
        assert caught.value.code is ErrorCode.WS_E_NOT_SUPPORTED
        assert "cannot watch sockets" in str(caught.value)
        await transport.close()

    asyncio.run(run())


class _Broken:
    """A multi handle that libcurl refuses to go on with."""

    closed = False

    def __init__(self, multi: Any) -> None:
        self._multi = multi

    def __getattr__(self, name: str) -> Any:
        return getattr(self._multi, name)

    def socket_action(self, number: int, action: int) -> Any:
        raise pycurl.error(pycurl.E_MULTI_INTERNAL_ERROR, "broken")


def test_a_multi_handle_that_breaks_ends_every_transfer(watch: str) -> None:
    async def run() -> None:
        driver = LoopMulti(asyncio.get_running_loop())
        driver.multi = _Broken(driver.multi)
        handles = [pycurl.Curl(), pycurl.Curl()]
        futures = [asyncio.get_running_loop().create_future() for _ in handles]
        for handle, future in zip(handles, futures, strict=True):
            handle.setopt(pycurl.URL, "http://127.0.0.1:9/")
            driver.start(handle, future)
        for future in futures:
            with pytest.raises(pycurl.error, match="broken"):
                await future
        driver.close(lambda multi: multi.close())
        for handle in handles:
            handle.close()

    asyncio.run(run())


def test_the_same_handle_twice(server: FaultServer, watch: str) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        driver = LoopMulti(loop)
        handle = pycurl.Curl()
        handle.setopt(pycurl.URL, server.url())
        handle.setopt(pycurl.WRITEFUNCTION, lambda piece: None)
        first = loop.create_future()
        driver.start(handle, first)
        driver.stop(handle)
        driver.stop(handle)  # nothing to do
        assert first.cancelled()
        second = loop.create_future()
        driver.start(handle, second)
        await second
        driver.close(lambda multi: multi.close())
        driver.close(lambda multi: multi.close())
        assert driver.closed
        handle.close()

    asyncio.run(run())
