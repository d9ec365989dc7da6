"""The connection of a transport: kept, lost, aborted, closed, inherited by a child process."""

from __future__ import annotations

import gc
import os
import signal
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.support.certificates import Zoo
from tests.support.fault_server import FaultServer, full_listener, silent_server
from tests.support.http_calls import LIMITS, post
from wsx.errors import ErrorCode
from wsx.transport import Limits, Phase, Transport, TransportError, polling
from wsx.transport.curl import CurlTransport

NO_LIMITS = Limits(None, None, None, None, None)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.005)
    pytest.fail("it did not come to that within 5 s")


def test_the_connection_is_kept(server: FaultServer, transport: Transport) -> None:
    numbers = {post(transport, server.url(f"/{i}"))[0].connection for i in range(5)}
    assert (server.connections, len(numbers)) == (1, 1)


def test_another_host_gets_another_connection(server: FaultServer, transport: Transport) -> None:
    with FaultServer() as second:
        for one in (server, second, server):
            post(transport, one.url())
        assert (server.connections, second.connections) == (2, 1)
        until(lambda: len(server.ends) == 1 and len(second.ends) == 1)


@pytest.mark.parametrize("fault", ["second-close", "second-reset"])
def test_a_request_that_the_server_has_read_is_not_sent_again(
    server: FaultServer, transport: Transport, fault: str
) -> None:
    post(transport, server.url(f"/{fault}"))
    with pytest.raises(TransportError, match="not sent again") as caught:
        post(transport, server.url(f"/{fault}"))
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_ENDPOINT_DISCONNECTED, None)
    assert len(server.requests) == 2
    assert post(transport, server.url())[0].status == 200


@pytest.mark.parametrize("fault", ["answer-then-fin", "answer-then-rst", "answer-then-garbage"])
@pytest.mark.parametrize("idle", [0.05, 1.2])
def test_a_connection_that_died_idle_is_replaced(
    server: FaultServer, transport: Transport, fault: str, idle: float
) -> None:
    """Also one that holds bytes no request asked for: they must not be taken for the next answer."""
    post(transport, server.url(f"/{fault}"))
    assert server.arrived.wait(5)
    time.sleep(idle)
    head, body = post(transport, server.url(), b"<second/>")
    assert (head.status, body) == (200, b"<second/>")
    post(transport, server.url())
    assert (len(server.requests), server.connections) == (3, 2)


def test_a_lost_connection_is_not_left_open(server: FaultServer, transport: Transport) -> None:
    post(transport, server.url())
    with pytest.raises(TransportError):
        post(transport, server.url("/stall"), limits=Limits(receive_response=0.1))
    server.stop.set()
    until(lambda: len(server.ends) == 0 and server.connections == 1)
    post(transport, server.url())
    assert server.connections == 2


def test_close_ends_the_connection_and_a_later_call_opens_another(server: FaultServer, transport: Transport) -> None:
    post(transport, server.url())
    transport.close()
    until(lambda: server.ends == [b""])
    transport.close()
    assert "not connected" in repr(transport)
    post(transport, server.url())
    assert server.connections == 2


def test_a_transport_that_is_dropped_lets_its_connection_go(server: FaultServer) -> None:
    transport = CurlTransport()
    post(transport, server.url())
    gone = weakref.ref(transport)
    del transport
    gc.collect()
    assert gone() is None
    until(lambda: server.ends == [b""])


def test_abort_is_no_end_of_a_body(server: FaultServer, transport: Transport) -> None:
    """A body that ends with the connection would otherwise be complete at the moment of the abort."""
    with calling(transport, server.url("/stall-open-body")) as errors:
        assert server.arrived.wait(5)
        time.sleep(0.05)
        transport.abort()
    assert [error.code for error in errors] == [ErrorCode.WS_E_OPERATION_ABORTED]


@contextmanager
def calling(transport: Transport, url: str, body: bytes = b"<x/>") -> Iterator[list[TransportError]]:
    """A call without limits in a thread of its own; the error it ended with is in the list afterwards."""
    errors: list[TransportError] = []

    def call() -> None:
        try:
            post(transport, url, body, NO_LIMITS)
        except TransportError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    yield errors
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("fault", "phase", "body"),
    [
        ("stall", Phase.WAIT, b"<x/>"),
        ("stall-head", Phase.WAIT, b"<x/>"),
        ("stall-body", Phase.RECEIVE, b"<x/>"),
        ("stall-upload", Phase.SEND, bytes(8 << 20)),
    ],
)
@pytest.mark.parametrize("end", ["abort", "close"])
def test_abort_from_another_thread(  # noqa: PLR0917
    server: FaultServer, transport: Transport, fault: str, phase: Phase, body: bytes, end: str
) -> None:
    with calling(transport, server.url(f"/{fault}"), body) as errors:
        assert server.arrived.wait(5)
        time.sleep(0.05)
        getattr(transport, end)()
    assert [(error.code, error.phase) for error in errors] == [(ErrorCode.WS_E_OPERATION_ABORTED, phase)]
    assert post(transport, server.url())[0].status == 200


def test_abort_while_connecting(transport: Transport) -> None:
    with full_listener() as port, calling(transport, f"http://127.0.0.1:{port}/") as errors:
        until(lambda: vars(vars(transport).get("inner", transport))["_phase"] is Phase.CONNECT)
        transport.abort()
    assert [(error.code, error.phase) for error in errors] == [(ErrorCode.WS_E_OPERATION_ABORTED, Phase.CONNECT)]
    assert errors[0].sent is False


def test_abort_in_the_handshake(transport: CurlTransport) -> None:
    with silent_server() as port, calling(transport, f"https://127.0.0.1:{port}/") as errors:
        until(lambda: transport._connected)
        transport.abort()
    assert [(error.code, error.phase) for error in errors] == [(ErrorCode.WS_E_OPERATION_ABORTED, Phase.TLS)]


def test_abort_without_a_call_does_nothing(server: FaultServer, transport: Transport) -> None:
    transport.abort()
    post(transport, server.url())
    transport.abort()
    post(transport, server.url())
    assert server.connections == 1


def test_one_call_at_a_time(server: FaultServer, transport: Transport) -> None:
    with calling(transport, server.url("/stall")) as errors:
        assert server.arrived.wait(5)
        with pytest.raises(TransportError, match="another call") as caught:
            post(transport, server.url())
        assert caught.value.code is ErrorCode.WS_E_INVALID_OPERATION
        transport.abort()
    assert len(errors) == 1
    assert len(server.requests) == 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers on this platform")
def test_a_signal_gets_through(server: FaultServer, transport: Transport) -> None:
    """Ctrl-C ends a call that waits; the connection is given up, the transport is not."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            post(transport, server.url("/stall"), limits=NO_LIMITS)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert post(transport, server.url())[0].status == 200


def in_child(act: Callable[[], None]) -> int:
    """Run ``act`` in a forked process; its exit status."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def tls_server(zoo: Zoo) -> Iterator[FaultServer]:
    with FaultServer(zoo.server("good")) as running:
        yield running


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("act", ["nothing", "close", "call"])
def test_a_child_leaves_the_connection_to_its_parent(tls_server: FaultServer, zoo: Zoo, act: str) -> None:
    transport = CurlTransport(ca_file=zoo.ca_file)
    post(transport, tls_server.url())

    def child() -> None:
        if act == "close":
            transport.close()
        elif act == "call":
            head, body = post(transport, tls_server.url(), b"<child/>")
            assert (head.status, body) == (200, b"<child/>")
            transport.close()

    assert in_child(child) == 0
    head, body = post(transport, tls_server.url(), b"<parent/>")
    assert (head.status, body) == (200, b"<parent/>")
    assert tls_server.connections == (2 if act == "call" else 1)
    transport.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_of_a_fork_during_a_call(server: FaultServer, transport: Transport) -> None:
    def child() -> None:
        assert post(transport, server.url())[0].status == 200

    with calling(transport, server.url("/stall")) as errors:
        assert server.arrived.wait(5)
        assert in_child(child) == 0
        assert errors == []
        transport.abort()
    assert len(errors) == 1


def test_select_does_for_poll(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of Windows, taken here."""
    monkeypatch.delattr("select.poll", raising=False)
    transport = CurlTransport()
    assert post(transport, server.url())[0].status == 200
    assert isinstance(transport._poll, polling.SelectPoll)
    assert post(transport, server.url(), bytes(4 << 20))[0].status == 200
    with pytest.raises(TransportError) as caught:
        post(transport, server.url("/stall"), limits=Limits(receive_response=0.1))
    assert caught.value.code is ErrorCode.WS_E_OPERATION_TIMED_OUT
    transport.close()


def test_select_finds_a_kept_connection_dead(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("select.poll", raising=False)
    transport = CurlTransport()
    for path in ("/answer-then-fin", "/http-1.0", "/"):
        assert post(transport, server.url(path))[0].status == 200
        time.sleep(0.05)
    assert (len(server.requests), server.connections) == (3, 3)
    transport.close()


def test_select_poll_tells_reading_from_writing() -> None:
    poll = polling.SelectPoll()
    assert poll.poll(0) == []
    one, other = socket.socketpair()
    with one, other:
        poll.register(one.fileno(), polling.READ)
        assert poll.poll(0) == []
        poll.register(one.fileno(), polling.READ | polling.WRITE)
        assert poll.poll(None) == [(one.fileno(), polling.WRITE)]
        other.send(b"x")
        assert poll.poll(0) == [(one.fileno(), polling.READ | polling.WRITE)]
        poll.unregister(one.fileno())
        assert poll.poll(0) == []


def test_tls_server_contexts_are_pythons(zoo: Zoo) -> None:
    assert zoo.server("good").minimum_version >= ssl.TLSVersion.TLSv1_2


def test_limits_may_be_absent(server: FaultServer, transport: Transport) -> None:
    assert post(transport, server.url(), limits=NO_LIMITS)[0].status == 200
    assert post(transport, server.url(), limits=LIMITS)[0].status == 200
