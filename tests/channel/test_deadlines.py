"""The overall deadline of an operation: in every phase, by the properties and for one call."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.support.channels import ASK, GOT, REPLY, MakeChannel, ask, ask_and_get, soap_11
from tests.support.fake_transport import FakeTransport, response
from tests.support.http_peer import Answer, HttpPeer
from wsx.channel import Channel, ChannelState
from wsx.errors import InvalidArgument, OperationTimedOut
from wsx.testing.fault_server import FaultServer, full_listener, silent_server
from wsx.transport import Phase

# No phase has a limit of its own.
ENDLESS: dict[str, Any] = dict.fromkeys(
    ("resolve_timeout", "connect_timeout", "send_timeout", "receive_response_timeout", "receive_timeout")
)
SECONDS = 0.3


def runs_out(channel: Channel, url: str, *, by_call: bool, value: int = 1) -> OperationTimedOut:
    """Send with the deadline that the properties or the call have; the channel is ready for the next message then."""
    with channel:
        channel.open(url)
        given: dict[str, Any] = {"timeout": SECONDS} if by_call else {}
        with pytest.raises(OperationTimedOut, match=r"total limit of 0\.[0-3]") as caught:
            channel.send_message(channel.create_message(), ASK, value, **given)
        assert channel.state is ChannelState.OPEN
    return caught.value


def properties(*, by_call: bool) -> Any:
    return soap_11(**ENDLESS, total_timeout=60 if by_call else SECONDS)


@pytest.mark.parametrize("by_call", [False, True], ids=["properties", "call"])
@pytest.mark.parametrize(
    ("fault", "phase"),
    [("stall", Phase.WAIT), ("stall-head", Phase.WAIT), ("stall-body", Phase.RECEIVE), ("trickle", Phase.RECEIVE)],
)
def test_waiting_for_the_endpoint(make: MakeChannel, fault: str, phase: Phase, by_call: bool) -> None:
    with FaultServer() as server:
        error = runs_out(make(properties=properties(by_call=by_call)), server.url(f"/{fault}"), by_call=by_call)
        original: Any = error.original
        assert original.phase is phase
        assert len(server.requests) == 1


@pytest.mark.parametrize("by_call", [False, True], ids=["properties", "call"])
def test_connecting(make: MakeChannel, by_call: bool) -> None:
    with full_listener() as port:
        error = runs_out(make(properties=properties(by_call=by_call)), f"http://127.0.0.1:{port}/", by_call=by_call)
    original: Any = error.original
    assert (original.phase, original.sent) == (Phase.CONNECT, False)


@pytest.mark.parametrize("by_call", [False, True], ids=["properties", "call"])
def test_the_handshake(make: MakeChannel, by_call: bool) -> None:
    with silent_server() as port:
        error = runs_out(make(properties=properties(by_call=by_call)), f"https://127.0.0.1:{port}/", by_call=by_call)
    original: Any = error.original
    assert (original.phase, original.sent) == (Phase.TLS, False)


def test_a_phase_that_is_shorter_comes_first(make: MakeChannel) -> None:
    with FaultServer() as server, make(properties=soap_11(receive_response_timeout=0.1, total_timeout=20)) as channel:
        channel.open(server.url("/stall"))
        with pytest.raises(OperationTimedOut, match=r"the limit of 0\.1 s"):
            ask(channel)


def test_it_is_for_one_call(make: MakeChannel) -> None:
    """The next one has its own time, and the deadline of a call holds for that call alone."""
    with HttpPeer(Answer(REPLY)) as peer, make(properties=soap_11(total_timeout=5)) as channel:
        channel.open(peer.url)
        for _ in range(3):
            assert ask_and_get(channel) == 5
        message, reply = channel.create_message(), channel.create_message()
        assert channel.request_reply(message, ASK, 1, reply, GOT, timeout=20) == 5


def test_what_transports_are_told() -> None:
    transport = FakeTransport([response(), response(), response()])
    with Channel(properties=soap_11(total_timeout=100), transport=transport) as channel:
        channel.open("http://a.example/")
        ask(channel)
        channel.send_message(channel.create_message(), ASK, 1, timeout=7)
        ask(channel)
    totals = [limits.total or 0 for limits in transport.limits]
    assert 99 < totals[0] <= 100
    assert 6 < totals[1] <= 7
    assert 99 < totals[2] <= 100
    endless = FakeTransport([response()])
    with Channel(properties=soap_11(), transport=endless) as channel:
        channel.open("http://a.example/")
        ask(channel)
    assert endless.limits[0].total is None


@pytest.mark.parametrize("timeout", [0, -1, math.inf, math.nan, "1", True])
def test_times_that_are_refused(make: MakeChannel, timeout: Any) -> None:
    with HttpPeer(Answer(REPLY)) as peer, make(properties=soap_11()) as channel:
        channel.open(peer.url)
        message, reply = channel.create_message(), channel.create_message()
        with pytest.raises(InvalidArgument, match="timeout must be seconds"):
            channel.send_message(message, ASK, 1, timeout=timeout)
        with pytest.raises(InvalidArgument, match="timeout must be seconds"):
            channel.request_reply(message, ASK, 1, reply, GOT, timeout=timeout)
        assert channel.request_reply(message, ASK, 1, reply, GOT) == 5
    assert len(peer.seen) == 1
