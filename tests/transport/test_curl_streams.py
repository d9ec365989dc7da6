"""Exchanges whose bodies go through in pieces, by both transports."""

from __future__ import annotations

import array
import asyncio
import itertools
import os
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.fault_server import BODY, FaultServer, full_listener
from tests.support.http_calls import HEADERS, LIMITS, post
from tests.support.leaks import NO_PROC, open_files, until
from wsx.errors import ErrorCode
from wsx.transport import Exchange, HttpRequest, HttpUrl, Limits, Phase, StreamTransport, TransportError

NO_LIMITS = Limits(None, None, None, None, None, None)
BLOCK = bytes(range(256)) * 256
# More than the buffers of a connection on the loopback interface hold.
LARGE = 64 << 20

EARLY = pytest.mark.parametrize(("path", "status"), [("early-413", 413), ("early-503", 503)])


def streamed(url: str, length: int | None = None, method: str = "POST") -> HttpRequest:
    return HttpRequest(method, HttpUrl.parse(url), HEADERS, None, length)


@contextmanager
def exchange(
    transport: StreamTransport, url: str, length: int | None = None, limits: Limits = LIMITS, method: str = "POST"
) -> Iterator[Exchange]:
    made = transport.start(streamed(url, length, method), limits)
    try:
        yield made
    finally:
        made.close()


def send(one: Exchange, *pieces: bytes) -> None:
    for piece in pieces or (b"x",):
        one.write(piece)
    one.finish()


def rest(one: Exchange) -> bytes:
    return b"".join(iter(one.read, b""))


# Up


@pytest.mark.parametrize("length", [None, 25])
@pytest.mark.parametrize("sizes", [(25,), (1,) * 25, (0, 10, 0, 15, 0)], ids=str)
def test_a_body_in_pieces(
    server: FaultServer, transport: StreamTransport, length: int | None, sizes: tuple[int, ...]
) -> None:
    body, at = BLOCK[40:65], 0
    with exchange(transport, server.url(), length) as one:
        for size in sizes:
            assert one.write(body[at : at + size])
            at += size
        assert one.finish().status == 200
        assert rest(one) == body
    (request,) = server.requests
    assert request.body == body
    assert request.line == b"POST / HTTP/1.1"
    chunked = [b"chunked"] if length is None else []
    assert (request.values(b"transfer-encoding"), request.values(b"content-length")) == (
        chunked,
        [] if chunked else [b"25"],
    )


@pytest.mark.parametrize(
    "data", [b"abcd", bytearray(b"abcd"), memoryview(b"abcd"), memoryview(array.array("I", [1684234849]))], ids=repr
)
def test_any_buffer(server: FaultServer, transport: StreamTransport, data: bytes) -> None:
    with exchange(transport, server.url()) as one:
        one.write(data)
        one.finish()
        assert rest(one) == bytes(data)


@pytest.mark.parametrize("length", [None, LARGE])
def test_a_large_body(server: FaultServer, transport: StreamTransport, length: int | None) -> None:
    block, checksum = BLOCK * 16, 0
    with exchange(transport, server.url("/count"), length) as one:
        for _ in range(LARGE // len(block)):
            assert one.write(block)
            checksum = zlib.crc32(block, checksum)
        assert one.finish().status == 200
        assert rest(one) == b"%d %d" % (LARGE, checksum)


@pytest.mark.parametrize("length", [None, 0])
def test_an_empty_body(server: FaultServer, transport: StreamTransport, length: int | None) -> None:
    with exchange(transport, server.url(), length) as one:
        assert one.finish().status == 200
        assert rest(one) == BODY
    assert server.requests[0].body == b""


def test_a_body_that_the_request_has(server: FaultServer, transport: StreamTransport) -> None:
    one = transport.start(HttpRequest("POST", HttpUrl.parse(server.url()), HEADERS, b"whole"), LIMITS)
    with pytest.raises(TransportError, match="whole body already") as caught:
        one.write(b"more")
    assert caught.value.code is ErrorCode.WS_E_INVALID_OPERATION
    assert one.finish().status == 200
    assert rest(one) == b"whole"
    one.close()


def test_a_request_without_body(server: FaultServer, transport: StreamTransport) -> None:
    with exchange(transport, server.url(), method="GET") as one:
        assert one.finish().status == 200
        assert rest(one) == BODY
    assert server.requests[0].line == b"GET / HTTP/1.1"
    assert not server.requests[0].values(b"transfer-encoding")


def test_streams_and_whole_messages_in_turn(server: FaultServer, transport: StreamTransport) -> None:
    """Neither leaves a trace in the other's requests, and one connection serves them all."""
    for round_ in range(3):
        assert post(transport, server.url(), b"<whole/>")[1] == b"<whole/>"
        with exchange(transport, server.url(), None if round_ else 4) as one:
            one.write(b"abcd")
            one.finish()
            assert rest(one) == b"abcd"
        assert post(transport, server.url(), None)[1] == BODY
    assert server.connections == 1
    whole = [request for request in server.requests if request.body == b"<whole/>"]
    assert len({request.raw_head for request in whole}) == 1
    assert whole[0].values(b"content-length") == [b"8"]


@pytest.mark.parametrize("data", [b"abcde", b"abc"])
def test_a_length_that_is_not_true(server: FaultServer, transport: StreamTransport, data: bytes) -> None:
    with exchange(transport, server.url(), 4) as one:
        with pytest.raises(TransportError, match=r"length|announced") as caught:
            send(one, data)
        assert (caught.value.code, caught.value.phase) == (ErrorCode.E_INVALIDARG, Phase.PREPARE)
        with pytest.raises(TransportError, match="over"):
            one.finish()
    assert post(transport, server.url())[0].status == 200
    # What arrived of the first one, if anything, is not whole.
    assert [request.body for request in server.requests if len(request.body) >= 4] == [b"<request/>"]


@EARLY
@pytest.mark.parametrize("length", [None, 1 << 30])
def test_an_answer_before_the_body_is_sent(
    server: FaultServer, transport: StreamTransport, path: str, status: int, length: int | None
) -> None:
    with exchange(transport, server.url(f"/{path}"), length) as one:
        wanted = list(itertools.takewhile(bool, (one.write(BLOCK) for _ in range(1 << 14))))
        assert len(wanted) < 1 << 14
        assert not one.write(BLOCK)
        head = one.finish()
        assert head.status == status
        assert rest(one) == b""
    assert post(transport, server.url())[0].status == 200


def test_a_body_comes_in_pieces(server: FaultServer, transport: StreamTransport) -> None:
    with exchange(transport, server.url(f"/pour?{LARGE}"), method="GET", limits=NO_LIMITS) as one:
        assert one.finish().status == 200
        pieces = [len(piece) for piece in iter(one.read, b"")]
        assert (sum(pieces), one.read()) == (LARGE, b"")
        assert max(pieces) < 1 << 20
    assert post(transport, server.url())[0].status == 200
    assert server.connections == 1


@pytest.mark.parametrize("first", [0, 1, 3])
def test_a_sink_takes_the_rest(server: FaultServer, transport: StreamTransport, first: int) -> None:
    found: list[int] = []
    with exchange(transport, server.url(f"/pour?{LARGE}"), method="GET", limits=NO_LIMITS) as one:
        one.finish()
        read = sum(len(one.read()) for _ in range(first))
        assert one.read(lambda piece: found.append(len(piece))) == b""
        assert read + sum(found) == LARGE
        assert one.read() == b""
    assert post(transport, server.url())[0].status == 200
    assert server.connections == 1


@pytest.mark.parametrize("when", [1, 5, 18, 40, 400])
def test_what_a_sink_raises(server: FaultServer, transport: StreamTransport, when: int) -> None:
    calls = itertools.count(1)

    def sink(_: memoryview) -> None:
        if next(calls) == when:
            raise ZeroDivisionError

    with exchange(transport, server.url(f"/pour?{LARGE}"), method="GET", limits=NO_LIMITS) as one:
        one.finish()
        with pytest.raises(ZeroDivisionError):
            one.read(sink)
        with pytest.raises(TransportError, match="over"):
            one.read()
    assert post(transport, server.url())[0].status == 200


def test_a_content_coding_is_undone(server: FaultServer, transport: StreamTransport) -> None:
    with exchange(transport, server.url("/gzip"), method="GET") as one:
        assert not one.finish().values(b"content-encoding")
        assert rest(one) == BODY


def test_the_quota_of_the_body(server: FaultServer, transport: StreamTransport) -> None:
    limits = Limits(max_body=1 << 20)
    with exchange(transport, server.url(f"/pour?{LARGE}"), method="GET", limits=limits) as one:
        one.finish()
        with pytest.raises(TransportError) as caught:
            rest(one)
        assert caught.value.code is ErrorCode.WS_E_QUOTA_EXCEEDED


# Order, and the end


def test_one_thing_at_a_time(server: FaultServer, transport: StreamTransport) -> None:
    with exchange(transport, server.url()) as one:
        for other in (lambda: post(transport, server.url()), lambda: transport.start(streamed(server.url()), LIMITS)):
            with pytest.raises(TransportError, match="another call") as caught:
                other()
            assert caught.value.code is ErrorCode.WS_E_INVALID_OPERATION
        one.write(b"x")
        one.finish()
        assert rest(one) == b"x"
        # It is over when it is read; it need not be closed.
        assert post(transport, server.url())[0].status == 200


@pytest.mark.parametrize("place", ["start", "written", "finished", "read", "closed"])
def test_what_may_follow_what(server: FaultServer, transport: StreamTransport, place: str) -> None:
    one = transport.start(streamed(server.url()), LIMITS)
    act: dict[str, Callable[[], object]] = {"write": lambda: one.write(b"x"), "finish": one.finish, "read": one.read}
    refused = {
        "start": ["read"],
        "written": ["read"],
        "finished": ["write"],
        "read": ["write"],
        "closed": ["write", "finish", "read"],
    }[place]
    if place != "start":
        one.write(b"x")
    if place in ("finished", "read", "closed"):
        one.finish()
    if place in ("read", "closed"):
        rest(one)
    if place == "closed":
        one.close()
    for name in refused:
        with pytest.raises(TransportError) as caught:
            act[name]()
        assert caught.value.code is ErrorCode.WS_E_INVALID_OPERATION
    one.close()
    one.close()
    one.abort()


def test_a_request_that_is_not_finished_is_not_ended(server: FaultServer, transport: StreamTransport) -> None:
    """Closing cuts the connection: the endpoint must not take the body for whole."""
    one = transport.start(streamed(server.url("/count")), LIMITS)
    one.write(b"half")
    one.close()
    assert post(transport, server.url())[0].status == 200
    # The count that was never told would have been another answer on the first connection.
    assert server.connections == 2
    assert [request.line.split()[1] for request in server.requests if request.path == "/"] == [b"/"]


@pytest.mark.parametrize(("reads", "connections"), [("nothing", 2), ("a piece", 2), ("all", 1)])
def test_the_connection_is_kept_when_all_is_read(
    server: FaultServer, transport: StreamTransport, reads: str, connections: int
) -> None:
    with exchange(transport, server.url(f"/pour?{4 << 20}"), method="GET") as one:
        one.finish()
        if reads != "nothing":
            one.read()
        if reads == "all":
            rest(one)
    post(transport, server.url())
    assert server.connections == connections


@pytest.mark.skipif(NO_PROC, reason="no /proc to look into")
def test_the_transport_is_closed_under_an_exchange(server: FaultServer, transport: StreamTransport) -> None:
    before = open_files()
    one = transport.start(streamed(server.url()), LIMITS)
    one.write(b"x")
    transport.close()
    with pytest.raises(TransportError):
        one.finish()
    one.close()
    until(lambda: {name for _, name in open_files() if name.startswith("socket:")} <= {n for _, n in before}, "closed")
    assert post(transport, server.url())[0].status == 200


# Failures


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("close", ErrorCode.WS_E_ENDPOINT_DISCONNECTED),
        ("reset", ErrorCode.WS_E_ENDPOINT_DISCONNECTED),
        ("cut-head", ErrorCode.WS_E_ENDPOINT_DISCONNECTED),
        ("cut-body", ErrorCode.WS_E_ENDPOINT_DISCONNECTED),
        ("reset-body", ErrorCode.WS_E_ENDPOINT_DISCONNECTED),
        ("cut-chunk", ErrorCode.WS_E_ENDPOINT_DISCONNECTED),
        ("no-last-chunk", ErrorCode.WS_E_ENDPOINT_DISCONNECTED),
        ("bad-chunk", ErrorCode.WS_E_INVALID_FORMAT),
        ("bad-status-line", ErrorCode.WS_E_INVALID_FORMAT),
    ],
)
@pytest.mark.parametrize("way", ["pieces", "sink"])
def test_failures(server: FaultServer, transport: StreamTransport, fault: str, code: ErrorCode, way: str) -> None:
    one = transport.start(streamed(server.url(f"/{fault}")), LIMITS)

    def run() -> None:
        send(one)
        if way == "sink":
            one.read(bytes)
        else:
            rest(one)

    with pytest.raises(TransportError) as caught:
        run()
    assert caught.value.code is code
    with pytest.raises(TransportError, match="over"):
        one.read()
    assert post(transport, server.url())[0].status == 200
    assert len(server.requests) == 2


def test_what_came_before_the_end_is_read_first(server: FaultServer, transport: StreamTransport) -> None:
    with exchange(transport, server.url("/cut-body"), method="GET") as one:
        assert one.finish().status == 200
        assert one.read() == BODY
        with pytest.raises(TransportError):
            one.read()


def test_a_reset_while_the_body_is_sent(server: FaultServer, transport: StreamTransport) -> None:
    with exchange(transport, server.url("/reset-upload")) as one:
        with pytest.raises(TransportError) as caught:
            send(one, *[BLOCK] * (LARGE // len(BLOCK)))
        assert caught.value.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
        assert caught.value.sent is None


@pytest.mark.parametrize("fault", ["second-close", "second-reset"])
def test_it_is_not_sent_again(server: FaultServer, transport: StreamTransport, fault: str) -> None:
    post(transport, server.url(f"/{fault}"))
    with exchange(transport, server.url(f"/{fault}")) as one:
        with pytest.raises(TransportError) as caught:
            send(one)
        assert caught.value.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", ["answer-then-fin", "answer-then-rst", "answer-then-garbage"])
def test_a_connection_that_died_idle_is_replaced(server: FaultServer, transport: StreamTransport, fault: str) -> None:
    post(transport, server.url(f"/{fault}"))
    assert server.arrived.wait(5)
    time.sleep(0.05)
    with exchange(transport, server.url()) as one:
        one.write(b"x")
        assert one.finish().status == 200
        assert rest(one) == b"x"
    assert (len(server.requests), server.connections) == (2, 2)


# Clocks


def act_until(one: Exchange, phase: Phase) -> None:
    """Make the calls that lead into ``phase``, and wait there."""
    send(one, *[BLOCK] * (LARGE // len(BLOCK) if phase is Phase.SEND else 1))
    rest(one)


STALLS = pytest.mark.parametrize(
    ("fault", "phase"),
    [("stall-upload", Phase.SEND), ("stall", Phase.WAIT), ("stall-head", Phase.WAIT), ("stall-body", Phase.RECEIVE)],
)


@STALLS
@pytest.mark.parametrize("limit", ["phase", "total"])
def test_limits(server: FaultServer, transport: StreamTransport, fault: str, phase: Phase, limit: str) -> None:
    """Also the proof that a body which nobody reads holds up the one who writes it."""
    names = {Phase.SEND: "send", Phase.WAIT: "receive_response", Phase.RECEIVE: "receive"}
    wide = dict.fromkeys(("resolve", "connect", *names.values(), "max_body"))
    name = names[phase] if limit == "phase" else "total"
    limits = Limits(**{**wide, name: 0.3})  # type: ignore[arg-type]
    with exchange(transport, server.url(f"/{fault}"), limits=limits) as one:
        with pytest.raises(TransportError) as caught:
            act_until(one, phase)
        assert (caught.value.code, caught.value.phase) == (ErrorCode.WS_E_OPERATION_TIMED_OUT, phase)
    assert post(transport, server.url())[0].status == 200


def test_no_connection(transport: StreamTransport) -> None:
    limits = Limits(connect=0.2)
    with full_listener() as port, exchange(transport, f"http://127.0.0.1:{port}/", limits=limits) as one:
        with pytest.raises(TransportError) as caught:
            one.write(b"x")
        assert (caught.value.code, caught.value.phase) == (ErrorCode.WS_E_OPERATION_TIMED_OUT, Phase.CONNECT)
        assert caught.value.sent is False


def test_the_users_own_time_does_not_count(server: FaultServer, transport: StreamTransport) -> None:
    limits = Limits(resolve=5, connect=5, send=0.2, receive_response=5, receive=0.2)
    with exchange(transport, server.url(), limits=limits) as one:
        one.write(b"a")
        time.sleep(0.4)
        one.write(b"b")
        time.sleep(0.4)
        one.finish()
        time.sleep(0.4)
        assert rest(one) == b"ab"


# Abort


@STALLS
def test_abort_from_another_thread(server: FaultServer, transport: StreamTransport, fault: str, phase: Phase) -> None:
    errors: list[TransportError] = []
    one = transport.start(streamed(server.url(f"/{fault}")), NO_LIMITS)

    def run() -> None:
        try:
            act_until(one, phase)
        except TransportError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert server.arrived.wait(5)
    # Stalled or on its way there; either ends.
    time.sleep(0.1)
    one.abort()
    thread.join(10)
    assert [error.code for error in errors] == [ErrorCode.WS_E_OPERATION_ABORTED]
    assert post(transport, server.url())[0].status == 200


def test_abort_between_two_calls(server: FaultServer, transport: StreamTransport) -> None:
    one = transport.start(streamed(server.url()), LIMITS)
    one.write(b"x")
    one.abort()
    with pytest.raises(TransportError) as caught:
        send(one, b"y")
    assert caught.value.code is ErrorCode.WS_E_OPERATION_ABORTED
    one.close()
    assert post(transport, server.url())[0].status == 200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_leaves_an_exchange_to_its_parent(server: FaultServer, transport: StreamTransport) -> None:
    with exchange(transport, server.url()) as one:
        one.write(b"a")
        number = os.fork()
        if number == 0:
            try:
                with pytest.raises(TransportError, match="over"):
                    child_write(one)
            except BaseException:
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 0
        one.write(b"b")
        one.finish()
        assert rest(one) == b"ab"
    assert len(server.requests) == 1


def child_write(one: Exchange) -> None:
    """In the child there is no thread of the loop of an asyncio transport."""
    inner = getattr(one, "inner", None)
    if inner is None:
        one.write(b"child")
    else:
        asyncio._set_running_loop(None)
        asyncio.run(inner.write(b"child"))


# Memory

SCRIPT = Path(__file__).parents[1] / "support" / "stream_memory.py"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KiB on Linux alone")
@pytest.mark.parametrize("way", ["up", "down"])
def test_memory_does_not_grow_with_the_body(server: FaultServer, kind: str, way: str) -> None:
    """256 MiB; the peak of the process's memory grows by less than 16 MiB."""
    run = subprocess.run(
        [sys.executable, str(SCRIPT), kind, way, server.url(), str(256 << 20)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    size, grown = map(int, run.stdout.split())
    assert size == 256 << 20
    assert grown < 16 << 20
