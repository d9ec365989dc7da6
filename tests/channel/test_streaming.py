"""Messages in pieces over both drivers and their own transports: what goes out, what comes in, how it ends."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import wsx
from tests.support.channels import MakeChannel, soap_11
from tests.support.fake_transport import AsyncFakeTransport, FakeTransport, response
from tests.support.leaks import NO_PROC
from tests.support.stream_server import Request, StreamServer, chunked, response_head
from tests.support.tables import ENVELOPE_11
from wsx import ChannelState, Leniency, MessageDescription, MessageState, ReceiveOption, TransferMode
from wsx.channel import Channel
from wsx.errors import (
    EndpointDisconnected,
    EndpointFailure,
    EndpointFaultReceived,
    EndpointTooBusy,
    InvalidArgument,
    InvalidFormat,
    InvalidOperation,
    ObjectFaulted,
    OperationAborted,
    OperationTimedOut,
    QuotaExceeded,
)


@wsx.struct(ns="urn:x")
class Record:
    id: int
    name: str


@wsx.struct(ns="urn:x")
class Batch:
    records: list[Record]


@wsx.struct(ns="urn:x")
class Submit:
    batch: Batch


@wsx.struct(ns="urn:x")
class Count:
    sent: int


BATCH = MessageDescription("urn:act", wsx.element_of(Batch))
NESTED = MessageDescription("urn:act", wsx.element_of(Submit))
COUNT = MessageDescription(None, wsx.element_of(Count))
START = f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body>'.encode()
OPEN, CLOSE = b'<Batch xmlns="urn:x">', b"</Batch>"
END = b"</s:Body></s:Envelope>"
FAULT = (
    f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
    "<faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>"
).encode()


def item(number: int) -> bytes:
    return b"<records><id>%d</id><name>n</name></records>" % number


def records(count: int) -> Iterator[Record]:
    return (Record(id=number, name="x" * 100) for number in range(count))


def streamed(**more: Any) -> wsx.ChannelProperties:
    return soap_11(transfer_mode=TransferMode.STREAMED, **more)


def counted(request: Request) -> None:
    """Reads the whole request, and answers how many records it had."""
    for _ in request.pieces():
        pass
    body = START + b'<Count xmlns="urn:x"><sent>%d</sent></Count>' % request.body.count(b"<id>") + END
    request.answer([body])


def pouring(*pieces: bytes, **arguments: Any) -> Callable[[Request], None]:
    """Answers every request with a response in these pieces."""

    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.answer(pieces, **arguments)

    return handle


@pytest.fixture
def channel(make: MakeChannel) -> Iterator[Channel]:
    with make(properties=streamed()) as one:
        yield one


def opened(channel: Channel, server: StreamServer) -> Channel:
    channel.open(server.url)
    return channel


def ask(channel: Channel) -> None:
    channel.send_message(channel.create_message(), BATCH, Batch(records=[]))


def usable(channel: Channel) -> None:
    """The channel is OPEN, and its next message goes through."""
    assert channel.state is ChannelState.OPEN
    ask(channel)


# Sending


@pytest.mark.parametrize(
    ("description", "value"),
    [(BATCH, lambda many: Batch(records=many)), (NESTED, lambda many: Submit(batch=Batch(records=many)))],
)
@pytest.mark.parametrize("count", [0, 1, 3, 3000])
def test_items_are_the_message_with_a_list(
    channel: Channel, description: MessageDescription, value: Callable[[list[Record]], object], count: int
) -> None:
    message = channel.create_message()
    with StreamServer(counted) as server:
        opened(channel, server)
        whole = channel.preview(message, description, value(list(records(count)))).body or b""
        channel.send_items(message, description, records(count))
        assert message.state is MessageState.DONE
        reply = channel.create_message()
        received = channel.receive_message(reply, [COUNT])
        assert received is not None
        assert received.value == Count(sent=count)
    (request,) = server.requests
    assert b"Transfer-Encoding: chunked" in request.head
    assert b'SOAPAction: "urn:act"' in request.head
    if not count:
        # The element around the items has its two tags already when it turns out that there are none.
        inner = b"batch" if description is NESTED else b'Batch xmlns="urn:x"'
        whole = whole.replace(b"<%s/>" % inner, b"<%s></%s>" % (inner, inner.split()[0]))
    assert request.body == whole


def test_items_without_a_transport_that_streams(make: MakeChannel) -> None:
    fake = FakeTransport(
        [response(START + b'<Count xmlns="urn:x"><sent>2</sent></Count>' + END, content_type="text/xml")]
    )
    channel = make(properties=streamed(), transport=fake if make is Channel else AsyncFakeTransport(fake))
    channel.open("http://127.0.0.1/")
    message = channel.create_message()
    channel.send_items(message, BATCH, records(2))
    assert (
        fake.requests[0].body == channel.preview(channel.create_message(), BATCH, Batch(records=list(records(2)))).body
    )
    received = channel.receive_message(channel.create_message(), [COUNT])
    assert received is not None
    assert received.value == Count(sent=2)


@pytest.mark.parametrize("mode", list(TransferMode))
def test_parts_by_hand(make: MakeChannel, mode: TransferMode) -> None:
    flushed = threading.Event()

    def handle(request: Request) -> None:
        for piece in request.pieces():
            if b"<sent>1<" in piece:
                flushed.set()
        request.answer(
            [
                START,
                b'<Count xmlns="urn:x"><sent>7</sent>',
                b'</Count><Count xmlns="urn:x"><sent>8</sent></Count>' + END,
            ]
        )

    with StreamServer(handle) as server, make(properties=soap_11(transfer_mode=mode)) as channel:
        opened(channel, server)
        message, reply = channel.create_message(), channel.create_message()
        message.initialize()
        message.set_header(wsx.HeaderType.ACTION, "urn:hand")
        channel.write_message_start(message)
        channel.write_body(message, Count, Count(sent=1))
        with pytest.raises(InvalidArgument):
            channel.write_body(message, Count, None)
        channel.flush_body(message)
        if mode & TransferMode.STREAMED_OUTPUT:
            # What was flushed is there before the message ends.
            assert flushed.wait(20)
        channel.write_body(message, Count, Count(sent=2))
        channel.write_message_end(message)
        assert message.state is MessageState.DONE
        assert channel.read_message_start(reply)
        channel.fill_body(reply, 20)
        assert channel.read_body(reply, Count) == Count(sent=7)
        assert channel.read_body(reply, Count) == Count(sent=8)
        channel.read_message_end(reply)
        assert reply.state is MessageState.DONE
        channel.send_message(channel.create_message(), COUNT, Count(sent=1))
    sent = b'<Count xmlns="urn:x"><sent>1</sent></Count><Count xmlns="urn:x"><sent>2</sent></Count>'
    assert server.requests[0].body == START + sent + END
    assert b'SOAPAction: "urn:hand"' in server.requests[0].head
    assert server.connections == 1


def failing(after: int, error: BaseException) -> Iterator[Record]:
    yield from records(after)
    raise error


@pytest.mark.parametrize("after", [0, 10, 5000])
def test_an_iterator_that_raises(channel: Channel, after: int) -> None:
    message = channel.create_message()
    with StreamServer(counted) as server:
        opened(channel, server)
        with pytest.raises(KeyError, match="broken"):
            channel.send_items(message, BATCH, failing(after, KeyError("broken")))
        assert message.state is MessageState.DONE
        usable(channel)
        channel.close()
        assert server.wait_closed()
    assert [request.whole for request in server.requests] == [False] * (len(server.requests) - 1) + [True]


@pytest.mark.parametrize("after", [0, 10, 5000])
def test_an_item_that_does_not_fit(channel: Channel, after: int) -> None:
    message = channel.create_message()
    with StreamServer(counted) as server:
        opened(channel, server)
        with pytest.raises(InvalidArgument) as caught:
            channel.send_items(message, BATCH, [*records(after), Record(id=None, name="n"), *records(1)])  # type: ignore[arg-type]
        assert caught.value.path == f"Batch/records[{after}]/id"
        assert caught.value.url == server.url
        assert message.state is MessageState.DONE
        usable(channel)
        channel.close()
        assert server.wait_closed()
    assert sum(request.whole for request in server.requests) == 1


def test_the_endpoint_breaks_off(channel: Channel) -> None:
    def handle(request: Request) -> None:
        next(request.pieces())
        raise ConnectionError

    message = channel.create_message()
    with StreamServer(handle) as server:
        opened(channel, server)
        with pytest.raises(EndpointDisconnected):
            channel.send_items(message, BATCH, records(100_000))
        assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
    assert len(server.requests) == 1


def test_the_endpoint_refuses_in_between(channel: Channel) -> None:
    fetched = 0

    def endless() -> Iterator[Record]:
        nonlocal fetched
        while True:
            fetched += 1
            yield Record(id=1, name="x" * 1000)

    def handle(request: Request) -> None:
        next(request.pieces())
        request.sock.sendall(response_head(503, length=0).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        while request.sock.recv(1 << 16):
            pass

    message = channel.create_message()
    with StreamServer(handle) as server:
        opened(channel, server)
        with pytest.raises(EndpointTooBusy):
            channel.send_items(message, BATCH, endless())
        assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
    assert fetched
    assert len(server.requests) == 1


def test_abort_while_items_go_out(channel: Channel) -> None:
    message = channel.create_message()

    def aborting() -> Iterator[Record]:
        for number in range(1_000_000):
            if number == 2000:
                thread = threading.Thread(target=channel.abort)
                thread.start()
                thread.join()
            yield Record(id=number, name="x" * 100)

    with StreamServer(counted) as server:
        opened(channel, server)
        with pytest.raises(OperationAborted):
            channel.send_items(message, BATCH, aborting())
        assert (message.state, channel.state) == (MessageState.DONE, ChannelState.FAULTED)
        with pytest.raises(ObjectFaulted):
            ask(channel)
        channel.close()
        assert server.wait_closed()
    assert not any(request.whole for request in server.requests)


def test_close_from_another_thread_while_items_go_out() -> None:
    """With asyncio another task closes: test_async_streaming.py."""
    channel = Channel(properties=streamed())
    message = channel.create_message()

    def closing() -> Iterator[Record]:
        for number in range(1_000_000):
            if number == 2000:
                thread = threading.Thread(target=channel.close)
                thread.start()
                thread.join()
            yield Record(id=number, name="x" * 100)

    with StreamServer(counted) as server:
        opened(channel, server)
        with pytest.raises(OperationAborted):
            channel.send_items(message, BATCH, closing())
        assert (message.state, channel.state) == (MessageState.DONE, ChannelState.CLOSED)
        assert server.wait_closed()
    assert not any(request.whole for request in server.requests)


def test_channels_of_a_pool_stream() -> None:
    with StreamServer(counted) as server, wsx.ChannelPool() as pool:
        for _ in range(2):
            with pool.channel(properties=streamed()) as channel:
                opened(channel, server)
                channel.send_items(channel.create_message(), BATCH, records(3000))
                received = channel.receive_message(channel.create_message(), [COUNT])
                assert received is not None
                assert received.value.sent == 3000
    assert server.connections == 1
    assert all(b"chunked" in request.head for request in server.requests)


@pytest.mark.parametrize("mode", [TransferMode.BUFFERED, TransferMode.STREAMED_OUTPUT])
def test_the_size_of_what_is_written(make: MakeChannel, mode: TransferMode) -> None:
    size = len(START + OPEN + item(0) * 3 + CLOSE + END)
    name = "max_buffered_message_size" if mode is TransferMode.BUFFERED else "max_streamed_message_size"
    three = [Record(id=0, name="n")] * 3
    for limit, fits in ((size, True), (size - 1, False)):
        with StreamServer(counted) as server, make(properties=soap_11(transfer_mode=mode, **{name: limit})) as channel:
            opened(channel, server)
            message = channel.create_message()
            if fits:
                channel.send_items(message, BATCH, three)
            else:
                with pytest.raises(QuotaExceeded, match=name):
                    channel.send_items(message, BATCH, three)
            assert message.state is MessageState.DONE
        assert [request.whole for request in server.requests] == ([True] if fits else []) or not fits
        assert fits or not any(request.whole for request in server.requests)


def test_an_endless_message_stops_at_its_size(make: MakeChannel) -> None:
    for mode, name in ((0, "max_buffered_message_size"), (2, "max_streamed_message_size")):
        with (
            StreamServer(counted) as server,
            make(properties=soap_11(transfer_mode=mode, **{name: 100_000})) as channel,
        ):
            opened(channel, server)
            message = channel.create_message()
            with pytest.raises(QuotaExceeded, match=name):
                channel.send_items(message, BATCH, iter(lambda: Record(id=1, name="n"), None))
            assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)


# Receiving


@pytest.mark.parametrize("mode", list(TransferMode))
@pytest.mark.parametrize("split", [1, 7, 100_000])
def test_items_of_a_reply(make: MakeChannel, mode: TransferMode, split: int) -> None:
    body = START + b"\n " + OPEN + b"".join(item(number) + b" " for number in range(300)) + CLOSE + END + b"\n"
    pieces = [body[at : at + split] for at in range(0, len(body), split)]
    with StreamServer(pouring(*pieces)) as server, make(properties=soap_11(transfer_mode=mode)) as channel:
        opened(channel, server)
        for _ in range(2):
            ask(channel)
            reply = channel.create_message()
            found = list(channel.receive_items(reply, BATCH))
            assert [record.id for record in found] == list(range(300))
            assert reply.state is MessageState.DONE
    assert server.connections == 1


def test_items_come_before_the_reply_ends(channel: Channel) -> None:
    got = threading.Event()

    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.sock.sendall(response_head() + chunked(START + OPEN + item(0)))
        assert got.wait(20)
        request.sock.sendall(chunked(item(1) + CLOSE + END) + b"0\r\n\r\n")

    with StreamServer(handle) as server:
        opened(channel, server)
        ask(channel)
        items = channel.receive_items(channel.create_message(), BATCH)
        assert next(items).id == 0
        got.set()
        assert next(items).id == 1
        for _ in range(2):
            with pytest.raises(StopIteration):
                next(items)
        usable(channel)


def test_headers_of_a_reply_in_pieces(make: MakeChannel) -> None:
    header = f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Header><h xmlns="urn:x">1</h></s:Header><s:Body>'.encode()
    body = header + OPEN + item(0) + CLOSE + END
    pieces = [body[at : at + 50] for at in range(0, len(body), 50)]
    element = wsx.ElementDescription("h", "urn:x", wsx.Type.INT32)
    with (
        StreamServer(pouring(*pieces)) as server,
        make(properties=streamed(max_streamed_start_size=len(header))) as channel,
    ):
        opened(channel, server)
        ask(channel)
        reply = channel.create_message()
        items = channel.receive_items(reply, BATCH)
        next(items)
        assert reply.get_custom_header(element) == 1
        assert list(items) == []


def test_the_start_of_a_reply_may_be_so_long(make: MakeChannel) -> None:
    long = START.replace(b"<s:Body>", b"<s:Header><h xmlns='urn:x'>" + b"x" * 5000)
    pieces = [long[at : at + 500] for at in range(0, len(long), 500)]
    with StreamServer(pouring(*pieces)) as server, make(properties=streamed(max_streamed_start_size=2000)) as channel:
        opened(channel, server)
        ask(channel)
        with pytest.raises(QuotaExceeded, match="max_streamed_start_size"):
            channel.read_message_start(channel.create_message())
        usable(channel)


def test_the_size_of_a_reply_in_pieces(make: MakeChannel) -> None:
    body = START + OPEN + item(0) * 50 + CLOSE + END
    for limit, fits in ((len(body), True), (len(body) - 1, False)):
        properties = streamed(max_streamed_message_size=limit)
        with StreamServer(pouring(body[:200], body[200:])) as server, make(properties=properties) as channel:
            opened(channel, server)
            channel.send_message(channel.create_message(), COUNT, Count(sent=1))
            items = channel.receive_items(channel.create_message(), BATCH)
            if fits:
                assert len(list(items)) == 50
            else:
                with pytest.raises(QuotaExceeded, match="max_streamed_message_size"):
                    list(items)


@pytest.mark.parametrize("way", ["close", "with", "del", "abandon"])
def test_a_consumer_that_stops(channel: Channel, way: str) -> None:
    many = [START + OPEN] + [item(number) * 1000 for number in range(200)]
    with StreamServer(pouring(*many, CLOSE + END)) as server:
        opened(channel, server)
        ask(channel)
        reply = channel.create_message()
        items = channel.receive_items(reply, BATCH)
        next(items)
        match way:
            case "close":
                items.close()
            case "with":
                with items:
                    next(items)
            case "abandon":
                channel.abandon_message(reply)
                items.close()
            case _:
                del items
        assert (reply.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
        usable(channel)
        channel.close()
        assert server.wait_closed()
    assert server.connections == 2


def test_items_that_were_not_begun_leave_the_reply(channel: Channel) -> None:
    with StreamServer(pouring(START + OPEN + item(5) + CLOSE + END)) as server:
        opened(channel, server)
        ask(channel)
        channel.receive_items(channel.create_message(), BATCH).close()
        received = channel.receive_message(channel.create_message(), [BATCH])
        assert received is not None
        assert received.value.records[0].id == 5


@pytest.mark.parametrize(
    ("body", "good", "text"),
    [
        (OPEN + item(0) + item(1) + b"<records><id>x</id></records>" + CLOSE, 2, "x"),
        (OPEN + item(0) + b"<other/>" + CLOSE, 1, "other"),
        (OPEN + item(0) + CLOSE + b"<more/>", 1, "more"),
        (b"<Wrong/>", 0, "Wrong"),
        (OPEN.replace(b">", b" a='1'>") + CLOSE, 0, "attribute"),
        (OPEN + item(0) + b"text" + CLOSE, 1, "text"),
        (OPEN + item(0) + b"<records>", 1, None),
    ],
)
@pytest.mark.parametrize("mode", [TransferMode.BUFFERED, TransferMode.STREAMED])
def test_a_reply_that_is_wrong_in_between(
    make: MakeChannel, mode: TransferMode, body: bytes, good: int, text: str | None
) -> None:
    with StreamServer(pouring(START, body, END)) as server, make(properties=soap_11(transfer_mode=mode)) as channel:
        opened(channel, server)
        ask(channel)
        reply = channel.create_message()
        found: list[Record] = []
        with pytest.raises(InvalidFormat, match=text) as caught:
            found.extend(channel.receive_items(reply, BATCH))
        assert len(found) == good
        assert caught.value.url == server.url
        assert (reply.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
        usable(channel)


def test_the_place_of_a_wrong_item(channel: Channel) -> None:
    body = START + OPEN + item(0) + item(1) + b"<records><id>x</id></records>" + CLOSE + END
    with StreamServer(pouring(body[:150], body[150:])) as server:
        opened(channel, server)
        ask(channel)
        with pytest.raises(InvalidFormat) as caught:
            list(channel.receive_items(channel.create_message(), BATCH))
        assert caught.value.path == "Batch/records[2]/id"
        assert caught.value.offset == body.index(b"x</id>")


def test_lenient_items(make: MakeChannel) -> None:
    body = (
        START
        + OPEN.replace(b">", b" id='b'>")
        + b"<records id='r'><id>1</id><name>n</name><new/></records>"
        + CLOSE
        + END
    )
    leniency = Leniency(unknown_attributes=True, unknown_elements=True)
    with (
        StreamServer(pouring(body[:160], body[160:])) as server,
        make(properties=streamed(leniency=leniency)) as channel,
    ):
        opened(channel, server)
        ask(channel)
        reply = channel.create_message()
        assert len(list(channel.receive_items(reply, BATCH))) == 1
        assert [found.rule for found in reply.forgiven] == ["unknown_attributes"] * 2 + ["unknown_elements"]


def test_the_endpoint_breaks_off_its_reply(channel: Channel) -> None:
    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.sock.sendall(response_head() + chunked(START + OPEN + item(0)))
        raise ConnectionError

    with StreamServer(handle) as server:
        opened(channel, server)
        ask(channel)
        reply = channel.create_message()
        items = channel.receive_items(reply, BATCH)
        assert next(items).id == 0
        with pytest.raises(EndpointDisconnected):
            next(items)
        assert (reply.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)


def test_abort_while_items_come_in(channel: Channel) -> None:
    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.sock.sendall(response_head() + chunked(START + OPEN + item(0)))
        request.sock.recv(1)

    with StreamServer(handle) as server:
        opened(channel, server)
        ask(channel)
        reply = channel.create_message()
        items = channel.receive_items(reply, BATCH)
        next(items)
        thread = threading.Timer(0.05, channel.abort)
        thread.start()
        with pytest.raises(OperationAborted):
            next(items)
        thread.join()
        assert (reply.state, channel.state) == (MessageState.DONE, ChannelState.FAULTED)
        channel.close()
        assert server.wait_closed()


@pytest.mark.parametrize("mode", list(TransferMode))
@pytest.mark.parametrize("status", [500, 200])
def test_a_fault(make: MakeChannel, mode: TransferMode, status: int) -> None:
    with StreamServer(pouring(FAULT[:100], FAULT[100:], status=status)) as server:
        with make(properties=soap_11(transfer_mode=mode)) as channel:
            opened(channel, server)
            for read in (
                channel.read_message_start,
                lambda reply: list(channel.receive_items(reply, BATCH)),
                lambda reply: channel.receive_message(reply, [COUNT]),
            ):
                ask(channel)
                reply = channel.create_message()
                with pytest.raises(EndpointFaultReceived) as caught:
                    read(reply)
                assert caught.value.fault is not None
                assert caught.value.fault.reason() == "no"
                assert channel.state is ChannelState.OPEN
        with make(properties=soap_11(transfer_mode=mode, faults_as_errors=False)) as channel:
            opened(channel, server)
            ask(channel)
            reply = channel.create_message()
            assert channel.read_message_start(reply)
            assert reply.is_fault
            assert reply.read_fault().reason() == "no"
            channel.read_message_end(reply)


@pytest.mark.parametrize("mode", list(TransferMode))
def test_no_reply(make: MakeChannel, mode: TransferMode) -> None:
    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.answer()

    with StreamServer(handle) as server, make(properties=soap_11(transfer_mode=mode)) as channel:
        opened(channel, server)
        channel.send_items(channel.create_message(), BATCH, records(1))
        optional = ReceiveOption.OPTIONAL_MESSAGE
        assert not channel.read_message_start(channel.create_message(), receive_option=optional)
        ask(channel)
        with pytest.raises(InvalidFormat, match="without a message"):
            channel.read_message_start(channel.create_message())
        ask(channel)
        with pytest.raises(InvalidFormat, match="without a message"):
            next(channel.receive_items(channel.create_message(), BATCH))
        usable(channel)


@pytest.mark.parametrize("charset", ["utf-16", "utf-8"])
def test_charsets_and_codings(make: MakeChannel, charset: str) -> None:
    body = (START + OPEN + item(0) * 100 + CLOSE + END).decode().encode(charset)
    packed = gzip.compress(body)

    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        head = response_head(content_type=f"text/xml; charset={charset}")
        request.sock.sendall(head.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"))
        for at in range(0, len(packed), 9):
            request.sock.sendall(chunked(packed[at : at + 9]))
        request.sock.sendall(b"0\r\n\r\n")

    with StreamServer(handle) as server, make(properties=streamed()) as channel:
        opened(channel, server)
        ask(channel)
        assert len(list(channel.receive_items(channel.create_message(), BATCH))) == 100
        usable(channel)


def test_what_is_left_of_a_body_is_an_error(channel: Channel) -> None:
    with StreamServer(pouring(START + OPEN + item(0) + CLOSE + END)) as server:
        opened(channel, server)
        ask(channel)
        reply = channel.create_message()
        channel.read_message_start(reply)
        with pytest.raises(InvalidOperation, match="cursor"):
            reply.body_reader  # noqa: B018
        with pytest.raises(InvalidFormat, match="Batch"):
            channel.read_message_end(reply)
        assert reply.state is MessageState.DONE
        usable(channel)


def test_another_message_is_not_the_current_one(channel: Channel) -> None:
    with StreamServer(counted) as server:
        opened(channel, server)
        message, other = channel.create_message(), channel.create_message()
        for one in (message, other):
            one.initialize()
        channel.write_message_start(message)
        calls: list[Callable[[], object]] = [
            lambda: channel.write_body(other, Count, Count(sent=1)),
            lambda: channel.flush_body(other),
            lambda: channel.write_message_end(other),
            lambda: channel.abandon_message(other),
        ]
        for call in calls:
            with pytest.raises(InvalidOperation, match="is not the one"):
                call()
        channel.abandon_message(message)
        assert message.state is MessageState.DONE
        usable(channel)
        channel.close()
        assert server.wait_closed()
    assert [request.whole for request in server.requests][-1:] == [True]


def test_close_gives_the_current_message_up(channel: Channel) -> None:
    with StreamServer(counted) as server:
        opened(channel, server)
        message = channel.create_message()
        message.initialize()
        channel.write_message_start(message)
        channel.write_body(message, Count, Count(sent=1))
        channel.flush_body(message)
        channel.close()
        assert (message.state, channel.state) == (MessageState.DONE, ChannelState.CLOSED)
        assert server.wait_closed()
    assert not any(request.whole for request in server.requests)


def test_an_open_element_at_the_end_is_cut_off(channel: Channel) -> None:
    with StreamServer(counted) as server:
        opened(channel, server)
        message = channel.create_message()
        message.initialize()
        channel.write_message_start(message)
        message.body_writer.start_element("open")
        with pytest.raises(InvalidOperation, match="open"):
            channel.write_message_end(message)
        assert message.state is MessageState.DONE
        usable(channel)
        channel.close()
        assert server.wait_closed()
    assert sum(request.whole for request in server.requests) == 1


def test_success_before_the_whole_message_is_none(channel: Channel) -> None:
    """An endpoint that says yes to half a message has not understood it: the caller must know."""

    def handle(request: Request) -> None:
        next(request.pieces())
        request.sock.sendall(response_head(200, length=0).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    with StreamServer(handle) as server:
        opened(channel, server)
        message = channel.create_message()
        with pytest.raises((EndpointFailure, EndpointDisconnected)):
            channel.send_items(message, BATCH, records(200_000))
        assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
    assert len(server.requests) == 1


def test_events_of_streams(make: MakeChannel) -> None:
    events: list[wsx.ChannelEvent] = []
    kind = wsx.EventKind
    body = [START, OPEN + item(0), CLOSE + END]
    with StreamServer(pouring(*body)) as server, make(properties=streamed(), on_event=events.append) as channel:
        opened(channel, server)
        channel.send_items(channel.create_message(), BATCH, records(2000))
        assert [event.kind for event in events][:4] == [kind.OPEN, kind.SENDING, kind.SENT, kind.HEADERS]
        items = channel.receive_items(channel.create_message(), BATCH)
        assert len(list(items)) == 1
        assert [event.kind for event in events][4:] == [kind.RECEIVED, kind.DONE]
        assert events[4].size == len(b"".join(body))
        del events[:]
        # What is given up, by whichever side, is an error of its exchange.
        with pytest.raises(KeyError):
            channel.send_items(channel.create_message(), BATCH, failing(2000, KeyError()))
        assert [event.kind for event in events] == [kind.SENDING, kind.ERROR]
        message = channel.create_message()
        message.initialize()
        channel.write_message_start(message)
        channel.abandon_message(message)
        assert [event.kind for event in events][2:] == [kind.SENDING, kind.ERROR]


@pytest.mark.parametrize("limit", ["receive_timeout", "total_timeout"])
def test_limits_of_time(make: MakeChannel, limit: str) -> None:
    def handle(request: Request) -> None:
        for _ in request.pieces():
            pass
        request.sock.sendall(response_head() + chunked(START + OPEN + item(0)))
        request.sock.recv(1)

    with StreamServer(handle) as server, make(properties=streamed(**{limit: 0.3})) as channel:
        opened(channel, server)
        ask(channel)
        reply = channel.create_message()
        items = channel.receive_items(reply, BATCH)
        assert next(items).id == 0
        with pytest.raises(OperationTimedOut):
            next(items)
        assert (reply.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
        channel.close()
        assert server.wait_closed()


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
def test_the_memory_of_a_stream() -> None:
    """Two hundred thousand records, some 35 MB, up and down: the peak grows by next to nothing."""
    script = Path(__file__).parents[1] / "support" / "channel_memory.py"
    big = START + OPEN, item(0) * 1000, CLOSE + END

    def handle(request: Request) -> None:
        for _ in request.pieces(keep=False):
            pass
        count = 200 if len(server.requests) > 2 else 2
        request.answer([big[0], *[big[1]] * count, big[2]])

    with StreamServer(handle) as server:
        for kind in ("sync", "asyncio"):
            server.requests.clear()
            done = subprocess.run(
                [sys.executable, str(script), kind, server.url], check=True, capture_output=True, text=True, timeout=120
            )
            found, grown = map(int, done.stdout.split())
            assert found == 200_000
            assert grown < 8 << 20
