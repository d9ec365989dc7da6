"""What stands around messages in pieces: events, redirects, cookies, codings, and connections of a pool."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import wsx
from tests.channel.test_streaming import (
    BATCH,
    END,
    OPEN,
    START,
    Count,
    Record,
    counted,
    item,
    pouring,
    records,
    streamed,
)
from tests.support.channels import MakeChannel
from tests.support.stream_server import Request, StreamServer, chunked, response_head
from wsx.channel import ChannelEvent, ChannelPool, ChannelState, EventKind
from wsx.errors import EndpointNotAvailable, OperationTimedOut, QuotaExceeded

CLOSE = b"</Batch>"
COUNTED = wsx.MessageDescription(None, wsx.element_of(Count))


def send(channel: Any, items: Iterator[Record]) -> None:
    message = channel.create_message()
    message.initialize(wsx.MessageInitialization.REQUEST)
    channel.send_items(message, BATCH, items)


def coded(head: bytes, coding: str) -> bytes:
    return head.replace(b"\r\n\r\n", f"\r\nContent-Encoding: {coding}\r\n\r\n".encode())


def test_events_of_a_request_in_pieces(make: MakeChannel) -> None:
    events: list[ChannelEvent] = []
    with StreamServer(counted) as server, make(properties=streamed(), on_event=events.append) as channel:
        channel.open(server.url)
        for _ in range(2):
            send(channel, records(2000))
            channel.receive_message(channel.create_message(), [COUNTED])
    exchange = [event for event in events if event.exchange == events[1].exchange]
    kinds = [event.kind for event in exchange]
    assert kinds[:3] == [EventKind.SENDING, EventKind.SENT, EventKind.HEADERS]
    assert kinds.count(EventKind.RECEIVED) == kinds.count(EventKind.DONE) == 1
    sizes = {event.kind: event.size for event in exchange}
    assert sizes[EventKind.SENDING] is sizes[EventKind.SENT] is None
    assert (sizes[EventKind.RECEIVED] or 0) > 0
    assert [event.reused for event in events if event.kind is EventKind.HEADERS] == [False, True]


def test_events_of_a_reply_in_pieces(make: MakeChannel) -> None:
    """``received`` comes with its last piece, and tells the bytes on the connection."""
    events: list[ChannelEvent] = []
    body = START + OPEN + item(0) * 5000 + CLOSE + END
    packed = gzip.compress(body)

    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.sock.sendall(coded(response_head(), "gzip"))
        for at in range(0, len(packed), 1000):
            request.sock.sendall(chunked(packed[at : at + 1000]))
        request.sock.sendall(b"0\r\n\r\n")

    with StreamServer(handle) as server, make(properties=streamed(), on_event=events.append) as channel:
        channel.open(server.url)
        send(channel, records(1))
        assert len(list(channel.receive_items(channel.create_message(), BATCH))) == 5000
    received = [event for event in events if event.kind is EventKind.RECEIVED]
    assert [event.size for event in received] == [len(packed)]
    assert EventKind.ERROR not in {event.kind for event in events}


@pytest.mark.parametrize("over", [0, 1])
def test_the_ratio_of_a_reply_in_pieces(make: MakeChannel, over: int) -> None:
    body = START + OPEN + item(0) * 20_000 + CLOSE + END
    packed = gzip.compress(body)
    ratio = -(-len(body) // len(packed))

    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.sock.sendall(coded(response_head(), "gzip") + chunked(packed) + b"0\r\n\r\n")

    # At the end of the reply the ratio is what it is; on the way there it may be larger.
    properties = streamed(max_decompression_ratio=3 * ratio if not over else 2, decompression_ratio_above=1000)
    with StreamServer(handle) as server, make(properties=properties) as channel:
        channel.open(server.url)
        if over:
            with pytest.raises(QuotaExceeded, match="max_decompression_ratio"):
                read_all(channel)
            assert channel.state is ChannelState.OPEN
        else:
            assert read_all(channel) == 20_000


def read_all(channel: Any) -> int:
    send(channel, records(1))
    return sum(1 for _ in channel.receive_items(channel.create_message(), BATCH))


def test_a_message_in_pieces_is_not_sent_again(make: MakeChannel) -> None:
    """It is gone; no consent brings it back, and no half of it goes elsewhere."""
    asked: list[str] = []

    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.sock.sendall(b"HTTP/1.1 307 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")

    def consent(original: str, new: str) -> bool:
        asked.append(new)
        return True

    properties = streamed(http_redirect_callback=consent)
    with StreamServer(handle) as server, make(properties=properties) as channel:
        channel.open(server.url)
        with pytest.raises(EndpointNotAvailable, match="went out in pieces") as caught:
            send(channel, records(3))
        assert caught.value.original == 307
        assert channel.state is ChannelState.OPEN
        with pytest.raises(EndpointNotAvailable):
            send(channel, records(3))
        assert len(server.requests) == 2
    assert not asked


def test_see_other_after_a_message_in_pieces(make: MakeChannel) -> None:
    body = START + OPEN + item(7) + CLOSE + END

    def handle(request: Request) -> None:
        if request.head.startswith(b"GET /new "):
            request.sock.sendall(response_head() + chunked(body) + b"0\r\n\r\n")
            return
        for _ in request.pieces():
            pass
        request.sock.sendall(b"HTTP/1.1 303 Other\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")

    properties = streamed(http_redirect_callback=lambda original, new: True)
    with StreamServer(handle) as server, make(properties=properties) as channel:
        channel.open(server.url)
        send(channel, records(3))
        assert [one.id for one in channel.receive_items(channel.create_message(), BATCH)] == [7]


def test_cookies_of_messages_in_pieces(make: MakeChannel) -> None:
    heads: list[bytes] = []

    def handle(request: Request) -> None:
        heads.append(request.head)
        for _ in request.pieces():
            pass
        request.sock.sendall(b"HTTP/1.1 202 Accepted\r\nSet-Cookie: id=one\r\nContent-Length: 0\r\n\r\n")

    with StreamServer(handle) as server, make(properties=streamed()) as channel:
        channel.open(server.url)
        send(channel, records(1))
        send(channel, records(1))
    assert [b"\r\nCookie: id=one" in head for head in heads] == [False, True]


def test_a_deadline_of_messages_in_pieces(make: MakeChannel) -> None:
    stop = threading.Event()

    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        stop.wait(20)

    with StreamServer(handle) as server, make(properties=streamed(total_timeout=0.4)) as channel:
        channel.open(server.url)
        with pytest.raises(OperationTimedOut):
            send(channel, records(3))
        stop.set()
        assert channel.state is ChannelState.OPEN


def test_connections_of_a_pool() -> None:
    """A message in pieces keeps its connection until it is read; then the next channel has it."""
    body = START + OPEN + item(0) * 1000 + CLOSE + END
    with StreamServer(pouring(body)) as server, ChannelPool() as pool:
        with pool.channel(properties=streamed()) as one, pool.channel(properties=streamed()) as other:
            one.open(server.url)
            other.open(server.url)
            send(one, records(1000))
            items = one.receive_items(one.create_message(), BATCH)
            next(items)
            assert sum(1 for _ in items) == 999
            assert "0 connections in use, 1 idle" in repr(pool)
            send(other, records(1))
            # It is given up in the middle.
            other.receive_items(other.create_message(), BATCH).close()
        assert "0 connections in use" in repr(pool)
        with pool.channel(properties=streamed()) as again:
            again.open(server.url)
            assert read_all(again) == 1000
