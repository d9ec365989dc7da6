"""Connections that channels share: in threads through a pool, in an event loop by themselves."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.channels import ASK, GOT, REPLY, ask, ask_and_get, soap_11
from tests.support.http_peer import Answer, HttpPeer, Seen
from wsx.channel import AsyncChannel, ChannelPool, ChannelProperties, ChannelState
from wsx.errors import (
    EndpointNotAvailable,
    InvalidArgument,
    InvalidEndpointUrl,
    InvalidOperation,
    OperationAborted,
    OperationTimedOut,
)
from wsx.security import (
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpProxySettingMode,
    ProxySettings,
    SecurityDescription,
    TlsSettings,
    UsernameCredential,
)
from wsx.transport import HttpRequest, HttpUrl, Limits

ROOT = Path(__file__).parents[2]


def echoed(seen: Seen) -> bytes:
    """The reply with the number of the request."""
    return seen.body.replace(b"<q ", b"<r ").replace(b"</q>", b"</r>")


def connections(peer: HttpPeer) -> int:
    return len({seen.connection for seen in peer.seen})


@pytest.fixture
def stalled() -> Iterator[tuple[HttpPeer, threading.Event, threading.Event]]:
    """A server that answers when the second event is set; the first says that it has a request."""
    got, go = threading.Event(), threading.Event()

    def wait() -> None:
        got.set()
        go.wait(20)

    with HttpPeer(Answer(REPLY, before=wait)) as peer:
        yield peer, got, go
        go.set()


def test_channels_share_a_connection() -> None:
    with HttpPeer(Answer(REPLY)) as peer, ChannelPool() as pool:
        for _ in range(3):
            with pool.channel(properties=soap_11()) as channel:
                channel.open(peer.url)
                assert ask_and_get(channel) == 5
        with pool.channel(properties=soap_11()) as one, pool.channel(properties=soap_11()) as other:
            one.open(peer.url)
            other.open(peer.url)
            # One waits for its reply; the response is received, and the connection is free.
            ask(one)
            assert ask_and_get(other) == 5
            assert "0 connections in use, 1 idle" in repr(pool)
    assert connections(peer) == 1


def test_eight_threads() -> None:
    """Each gets its own replies, each message goes out once, and there are no more connections than allowed."""
    wrong: list[object] = []

    def work(thread: int) -> None:
        with pool.channel(properties=soap_11()) as channel:
            channel.open(peer.url)
            for number in range(thread * 1000, thread * 1000 + 25):
                request, reply = channel.create_message(), channel.create_message()
                value = channel.request_reply(request, ASK, number, reply, GOT)
                if value != number:
                    wrong.append((number, value))

    with HttpPeer(Answer(make_body=echoed)) as peer, ChannelPool(max_http_server_connections=3) as pool:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
        assert "0 connections in use" in repr(pool)
    assert not wrong
    assert len(peer.seen) == len({seen.body for seen in peer.seen}) == 200
    assert 1 <= connections(peer) <= 3


def test_the_limit_for_one_server(stalled: tuple[HttpPeer, threading.Event, threading.Event]) -> None:
    peer, got, go = stalled
    waiting = soap_11(connect_timeout=0.1)
    with (
        ChannelPool(max_http_server_connections=1) as pool,
        pool.channel(properties=soap_11()) as one,
        pool.channel(properties=waiting) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        one.open(peer.url)
        other.open(peer.url)
        first = thread.submit(ask_and_get, one)
        assert got.wait(20)
        with pytest.raises(OperationTimedOut, match="became free") as caught:
            ask(other)
        original: Any = caught.value.original
        assert original.sent is False
        # The total time holds while it waits, too.
        waiting_long = pool.channel(properties=soap_11(connect_timeout=None, total_timeout=0.1))
        waiting_long.open(peer.url)
        with pytest.raises(OperationTimedOut):
            ask(waiting_long)
        # Another server is not concerned.
        with HttpPeer(Answer(REPLY)) as second, pool.channel(properties=soap_11()) as third:
            third.open(second.url)
            assert ask_and_get(third) == 5
        go.set()
        assert first.result(20) == 5
        assert ask_and_get(other) == 5
    assert len(peer.seen) == 2
    assert connections(peer) == 1


def test_who_waits_is_served(stalled: tuple[HttpPeer, threading.Event, threading.Event]) -> None:
    peer, got, go = stalled
    with (
        ChannelPool(max_http_server_connections=1) as pool,
        pool.channel(properties=soap_11()) as one,
        pool.channel(properties=soap_11()) as other,
        ThreadPoolExecutor(2) as threads,
    ):
        one.open(peer.url)
        other.open(peer.url)
        first = threads.submit(ask_and_get, one)
        assert got.wait(20)
        second = threads.submit(ask_and_get, other)
        go.set()
        assert (first.result(20), second.result(20)) == (5, 5)
    assert connections(peer) == 1


def test_the_limit_in_all() -> None:
    with HttpPeer(Answer(REPLY)) as one, HttpPeer(Answer(REPLY)) as other, ChannelPool(max_connections=1) as pool:
        for peer in (one, other, one):
            with pool.channel(properties=soap_11()) as channel:
                channel.open(peer.url)
                # An idle connection to another server gives way.
                assert ask_and_get(channel) == 5
                assert "1 idle" in repr(pool)
    assert (connections(one), connections(other)) == (2, 1)


def test_the_limit_in_all_when_they_are_used(stalled: tuple[HttpPeer, threading.Event, threading.Event]) -> None:
    peer, got, go = stalled
    with (
        HttpPeer(Answer(REPLY)) as other,
        ChannelPool(max_connections=1) as pool,
        pool.channel(properties=soap_11()) as one,
        pool.channel(properties=soap_11(connect_timeout=0.1)) as second,
        ThreadPoolExecutor(1) as thread,
    ):
        one.open(peer.url)
        second.open(other.url)
        first = thread.submit(ask_and_get, one)
        assert got.wait(20)
        with pytest.raises(OperationTimedOut):
            ask(second)
        go.set()
        assert first.result(20) == 5
        assert ask_and_get(second) == 5


def test_connections_that_idle_too_long() -> None:
    with (
        HttpPeer(Answer(REPLY)) as peer,
        ChannelPool(idle_timeout=1e-9) as pool,
        pool.channel(properties=soap_11()) as channel,
    ):
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
        assert ask_and_get(channel) == 5
    assert connections(peer) == 2


def test_abort_while_it_waits_for_a_connection(
    stalled: tuple[HttpPeer, threading.Event, threading.Event],
) -> None:
    peer, got, go = stalled
    started = threading.Event()
    with (
        ChannelPool(max_http_server_connections=1) as pool,
        pool.channel(properties=soap_11()) as one,
        pool.channel(properties=soap_11(), on_event=lambda event: started.set()) as other,
        ThreadPoolExecutor(2) as threads,
    ):
        one.open(peer.url)
        other.open(peer.url)
        first = threads.submit(ask_and_get, one)
        assert got.wait(20)
        started.clear()
        second = threads.submit(ask, other)
        assert started.wait(20)
        while not second.done():
            other.abort()
        with pytest.raises(OperationAborted):
            second.result(20)
        assert other.state is ChannelState.FAULTED
        go.set()
        assert first.result(20) == 5
    assert len(peer.seen) == 1


def test_abort_of_a_message_under_way(stalled: tuple[HttpPeer, threading.Event, threading.Event]) -> None:
    peer, got, go = stalled
    with (
        ChannelPool() as pool,
        pool.channel(properties=soap_11()) as one,
        pool.channel(properties=soap_11()) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        one.open(peer.url)
        other.open(peer.url)
        first = thread.submit(ask_and_get, one)
        assert got.wait(20)
        one.abort()
        with pytest.raises(OperationAborted):
            first.result(20)
        go.set()
        # Its connection is not the next one's.
        assert ask_and_get(other) == 5
    assert connections(peer) == 2


def test_closing_waits_for_messages(stalled: tuple[HttpPeer, threading.Event, threading.Event]) -> None:
    peer, got, go = stalled
    pool = ChannelPool()
    with pool.channel(properties=soap_11()) as channel, ThreadPoolExecutor(2) as threads:
        channel.open(peer.url)
        first = threads.submit(ask_and_get, channel)
        assert got.wait(20)
        closing = threads.submit(pool.close, 20.0)
        while "1 connections in use" in repr(pool) and not pool._closed:
            pass
        assert not closing.done()
        go.set()
        assert first.result(20) == 5
        closing.result(20)
        with pytest.raises(InvalidOperation, match="closed"):
            ask(channel)
        assert channel.state is ChannelState.OPEN


def test_closing_gives_up_waiting(stalled: tuple[HttpPeer, threading.Event, threading.Event]) -> None:
    """CLOSE_TIMEOUT: what still runs then is ended."""
    peer, got, _ = stalled
    pool = ChannelPool()
    with pool.channel(properties=soap_11()) as channel, ThreadPoolExecutor(1) as thread:
        channel.open(peer.url)
        first = thread.submit(ask_and_get, channel)
        assert got.wait(20)
        pool.close(0.05)
        with pytest.raises(OperationAborted):
            first.result(20)
    assert "0 connections in use, 0 idle" in repr(pool)


def test_closing_serves_nobody_more() -> None:
    pool = ChannelPool()
    with HttpPeer(Answer(REPLY)) as peer, pool.channel(properties=soap_11()) as channel:
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
        pool.close()
        pool.close()
        with pytest.raises(InvalidOperation, match="closed"):
            ask(channel)


def test_streamed_exchanges_give_their_connection_back() -> None:
    with HttpPeer(Answer(REPLY)) as peer, ChannelPool() as pool:
        transport: Any = pool.channel()._given_transport
        for _ in range(2):
            exchange = transport.start(HttpRequest("POST", HttpUrl.parse(peer.url), (), length=3), Limits())
            assert "1 connections in use" in repr(pool)
            exchange.write(b"abc")
            assert exchange.finish().status == 200
            read = b""
            while piece := exchange.read():
                read += piece
            assert read == REPLY
            exchange.close()
            exchange.close()
            assert "0 connections in use, 1 idle" in repr(pool)
    assert connections(peer) == 1


def test_security_is_the_pools() -> None:
    auth = HttpHeaderAuth(UsernameCredential("user", "password"), HttpHeaderAuthScheme.BASIC)
    moved = Answer(status=307, headers={"Location": "http://127.0.0.1:9/"})
    with HttpPeer(moved) as peer, ChannelPool(security=SecurityDescription(header_auth=auth)) as pool:
        properties = soap_11(http_redirect_callback=lambda original, new: True)
        with pool.channel(properties=properties) as channel:
            channel.open(peer.url)
            with pytest.raises(EndpointNotAvailable, match="credentials"):
                ask(channel)
    assert "Authorization" in peer.seen[0].headers
    pool = ChannelPool(security=SecurityDescription(TlsSettings()))
    with pool, pool.channel() as channel, pytest.raises(InvalidEndpointUrl, match="https"):
        channel.open("http://127.0.0.1/")


def test_a_pool_without_credentials_follows_elsewhere() -> None:
    properties = soap_11(http_redirect_callback=lambda original, new: True)
    with (
        HttpPeer(Answer(REPLY)) as other,
        HttpPeer(Answer(status=307, headers={"Location": other.url})) as peer,
        ChannelPool() as pool,
        pool.channel(properties=properties) as channel,
    ):
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
        assert "2 idle" in repr(pool)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_connections": 0},
        {"max_connections": None},
        {"max_http_server_connections": -1},
        {"max_http_server_connections": True},
        {"idle_timeout": 0},
        {"idle_timeout": "1"},
        {"security": "none"},
        {"proxy": None},
    ],
)
def test_settings_that_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        ChannelPool(**wrong)


def test_the_proxy_is_the_pools() -> None:
    with ChannelPool() as pool, pytest.raises(InvalidArgument, match="proxy"):
        pool.channel(properties=ChannelProperties(proxy=ProxySettings(HttpProxySettingMode.AUTO)))


FORK = """
import os, sys
from tests.channel.test_pool import connections
from tests.support.channels import REPLY, ask_and_get, soap_11
from wsx.channel import ChannelPool

url = sys.argv[1]
pool = ChannelPool()
first, second = pool.channel(properties=soap_11()), pool.channel(properties=soap_11())
first.open(url)
second.open(url)
assert ask_and_get(first) == 5
# The lock is held and a connection in use while the process is forked, as another thread might do.
pool._changed.acquire()
child = os.fork()
if child == 0:
    assert ask_and_get(second) == 5
    assert ask_and_get(first) == 5
    pool.close()
    os._exit(0)
pool._changed.release()
assert os.waitpid(child, 0)[1] == 0
assert ask_and_get(first) == 5
pool.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_child_uses_connections_of_its_own() -> None:
    with HttpPeer(Answer(REPLY)) as peer:
        subprocess.run([sys.executable, "-c", FORK, peer.url], check=True, cwd=ROOT, timeout=60)
    parent, child, again, last = (seen.connection for seen in peer.seen)
    assert parent == last
    assert child == again != parent


# Event loops


def test_the_channels_of_an_event_loop_share_connections() -> None:
    async def main(url: str) -> None:
        keeper = AsyncChannel(properties=soap_11())
        await keeper.open(url)
        await keeper.send_message(keeper.create_message(), ASK, 1)

        async def one(number: int) -> None:
            async with AsyncChannel(properties=soap_11()) as channel:
                await channel.open(url)
                request, reply = channel.create_message(), channel.create_message()
                assert await channel.request_reply(request, ASK, number, reply, GOT) == number

        for number in range(10):
            await one(number)
        await asyncio.gather(*(one(number) for number in range(20, 28)))
        await keeper.close()

    with HttpPeer(Answer(make_body=echoed)) as peer:
        asyncio.run(main(peer.url))
        asyncio.run(main(peer.url))
    by_loop = [{seen.connection for seen in half} for half in (peer.seen[:19], peer.seen[19:])]
    assert all(len(used) <= 8 for used in by_loop)
    # One after the other they use the same one, and another loop has its own.
    assert len({seen.connection for seen in peer.seen[:11]}) == 1
    assert not by_loop[0] & by_loop[1]
