"""What a channel tells while it works, and the spans that are made of it."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.support.channels import ASKED, REPLY, MakeChannel, ask, ask_and_get, soap_11
from tests.support.http_peer import Answer, HttpPeer
from tests.support.tables import ENVELOPE_11
from wsx.channel import Channel, ChannelEvent, ChannelState, EventKind
from wsx.channel.telemetry import SpanRecorder
from wsx.errors import (
    EndpointFaultReceived,
    EndpointTooBusy,
    EndpointUnreachable,
    InvalidArgument,
    InvalidFormat,
    OperationTimedOut,
    WsError,
)

FAULT = (
    f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
    "<faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>"
).encode()
WHOLE = [EventKind.SENDING, EventKind.SENT, EventKind.HEADERS, EventKind.RECEIVED]


def kinds(events: list[ChannelEvent]) -> list[EventKind]:
    return [event.kind for event in events]


def unused_url() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_whole_exchanges(make: MakeChannel) -> None:
    events: list[ChannelEvent] = []
    with HttpPeer(Answer(REPLY)) as peer, make(properties=soap_11(), on_event=events.append) as channel:
        channel.open(f"{peer.url}/path?token=hidden")
        assert ask_and_get(channel) == 5
        assert ask_and_get(channel) == 5
        channel.close()
    url = f"{peer.url}/path"
    assert kinds(events) == [EventKind.OPEN, *[*WHOLE, EventKind.DONE] * 2, EventKind.CLOSE]
    assert {event.url for event in events} == {url}
    first, second = events[1:6], events[6:11]
    assert len({event.exchange for event in first}) == len({event.exchange for event in second}) == 1
    assert first[0].exchange != second[0].exchange
    assert events[0].exchange is events[-1].exchange is None
    for exchange, reused in ((first, False), (second, True)):
        sending, sent, headers, received, done = exchange
        assert sending.size == sent.size == len(ASKED)
        assert sent.reused is headers.reused is reused
        assert (headers.status, received.status, done.status) == (200, 200, 200)
        assert received.size == len(REPLY)
        assert sent.seconds is not None
        assert headers.seconds is not None
        assert received.seconds is not None
        assert 0 <= sent.seconds <= headers.seconds <= received.seconds
        assert {event.action for event in exchange} == {"act"}
    assert [event.time for event in events] == sorted(event.time for event in events)


def refused_status(make: MakeChannel, on_event: Callable[[ChannelEvent], object]) -> None:
    with HttpPeer(Answer(status=503)) as peer, make(properties=soap_11(), on_event=on_event) as channel:
        channel.open(peer.url)
        with pytest.raises(EndpointTooBusy):
            ask(channel)


def no_server(make: MakeChannel, on_event: Callable[[ChannelEvent], object]) -> None:
    with make(properties=soap_11(), on_event=on_event) as channel:
        channel.open(unused_url())
        with pytest.raises(EndpointUnreachable):
            ask(channel)


def slow_server(make: MakeChannel, on_event: Callable[[ChannelEvent], object]) -> None:
    stop = threading.Event()
    properties = soap_11(receive_response_timeout=0.1)
    slow = Answer(before=lambda: stop.wait(20))
    with HttpPeer(slow) as peer, make(properties=properties, on_event=on_event) as channel:
        channel.open(peer.url)
        with pytest.raises(OperationTimedOut):
            ask(channel)
        stop.set()


def wrong_type(make: MakeChannel, on_event: Callable[[ChannelEvent], object]) -> None:
    page = Answer(b"<html/>", content_type="text/html")
    with HttpPeer(page) as peer, make(properties=soap_11(), on_event=on_event) as channel:
        channel.open(peer.url)
        with pytest.raises(InvalidFormat):
            ask(channel)


def fault(make: MakeChannel, on_event: Callable[[ChannelEvent], object]) -> None:
    with HttpPeer(Answer(FAULT, status=500)) as peer, make(properties=soap_11(), on_event=on_event) as channel:
        channel.open(peer.url)
        with pytest.raises(EndpointFaultReceived):
            ask_and_get(channel)


class Failure(NamedTuple):
    """A program that fails, the events of its exchange, and what the last of them says."""

    run: Callable[[MakeChannel, Callable[[ChannelEvent], object]], None]
    kinds: list[EventKind]
    code: str
    sent: bool | None
    status: int | None


FAILURES = [
    Failure(refused_status, [*WHOLE, EventKind.ERROR], "WS_E_ENDPOINT_TOO_BUSY", None, 503),
    Failure(no_server, [EventKind.SENDING, EventKind.ERROR], "WS_E_ENDPOINT_UNREACHABLE", False, None),
    Failure(slow_server, [EventKind.SENDING, EventKind.ERROR], "WS_E_OPERATION_TIMED_OUT", True, None),
    Failure(wrong_type, [*WHOLE, EventKind.ERROR], "WS_E_INVALID_FORMAT", None, 200),
    Failure(fault, [*WHOLE, EventKind.DONE, EventKind.ERROR], "WS_E_ENDPOINT_FAULT_RECEIVED", None, 500),
]
by_name = pytest.mark.parametrize("case", FAILURES, ids=lambda case: case.run.__name__)


@by_name
def test_failures(make: MakeChannel, case: Failure) -> None:
    events: list[ChannelEvent] = []
    case.run(make, events.append)
    assert kinds(events) == [EventKind.OPEN, *case.kinds, EventKind.CLOSE]
    error = events[-2]
    assert error.error is not None
    assert (error.error.code.name, error.sent, error.status) == (case.code, case.sent, case.status)
    assert error.seconds is not None


def test_an_operation_that_is_interrupted(make: MakeChannel) -> None:
    class Stop(BaseException):
        pass

    def refuse(original: str, new: str) -> bool:
        raise Stop

    events: list[ChannelEvent] = []
    moved = Answer(status=307, headers={"Location": "/x"})
    properties = soap_11(http_redirect_callback=refuse)
    with HttpPeer(moved) as peer, make(properties=properties, on_event=events.append) as channel:
        channel.open(peer.url)
        with pytest.raises(Stop):
            ask(channel)
        assert channel.state is ChannelState.OPEN
    assert kinds(events) == [EventKind.OPEN, *WHOLE, EventKind.ERROR, EventKind.CLOSE]


def test_a_redirect(make: MakeChannel) -> None:
    events: list[ChannelEvent] = []
    moved = Answer(status=307, headers={"Location": "/new?token=hidden"})
    properties = soap_11(http_redirect_callback=lambda original, new: True)
    with HttpPeer(moved, Answer(REPLY)) as peer, make(properties=properties, on_event=events.append) as channel:
        channel.open(peer.url)
        ask(channel)
    assert kinds(events)[1:-1] == [*WHOLE, EventKind.REDIRECT, *WHOLE[1:], EventKind.DONE]
    assert {event.url for event in events[5:-1]} == {f"{peer.url}/new"}


@pytest.mark.parametrize("failing", list(EventKind))
def test_a_hook_that_fails_changes_nothing(
    make: MakeChannel, caplog: pytest.LogCaptureFixture, failing: EventKind
) -> None:
    events: list[ChannelEvent] = []

    def hook(event: ChannelEvent) -> None:
        events.append(event)
        if event.kind is failing:
            raise RuntimeError("the hook is broken")

    answers = [Answer(REPLY), Answer(status=307, headers={"Location": "/new"}), Answer(status=503)]
    properties = soap_11(http_redirect_callback=lambda original, new: True)
    with (
        caplog.at_level(logging.ERROR, "wsx.channel"),
        HttpPeer(*answers) as peer,
        make(properties=properties, on_event=hook) as channel,
    ):
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
        with pytest.raises(EndpointTooBusy):
            ask(channel)
        channel.close()
        assert channel.state is ChannelState.CLOSED
    times = kinds(events).count(failing)
    assert times
    assert [record.levelname for record in caplog.records] == ["ERROR"] * times
    assert all(record.exc_info and "broken" in str(record.exc_info[1]) for record in caplog.records)


def test_an_interrupt_in_the_hook_ends_the_operation() -> None:
    def hook(event: ChannelEvent) -> None:
        if event.kind is EventKind.SENDING:
            raise KeyboardInterrupt

    with HttpPeer(Answer(REPLY)) as peer, Channel(properties=soap_11(), on_event=hook) as channel:
        channel.open(peer.url)
        with pytest.raises(KeyboardInterrupt):
            ask(channel)
        assert channel.state is ChannelState.OPEN
    assert not peer.seen


@pytest.mark.parametrize("hook", [1, "print"])
def test_a_hook_is_a_function(hook: Any) -> None:
    with pytest.raises(InvalidArgument, match="on_event"):
        Channel(on_event=hook)


# Spans


@pytest.fixture
def spans() -> tuple[TracerProvider, Callable[[], tuple[ReadableSpan, ...]]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider, exporter.get_finished_spans


Spans = tuple[TracerProvider, Callable[[], tuple[ReadableSpan, ...]]]


def test_spans(make: MakeChannel, spans: Spans) -> None:
    provider, finished = spans
    recorder = SpanRecorder(provider)
    with HttpPeer(Answer(REPLY)) as peer, make(properties=soap_11(), on_event=recorder) as channel:
        channel.open(f"{peer.url}/p?token=hidden")
        ask_and_get(channel)
        ask_and_get(channel)
    first, second = finished()
    assert first.name == "act"
    assert first.kind is trace.SpanKind.CLIENT
    assert dict(first.attributes or {}) == {
        "rpc.system": "soap",
        "rpc.method": "act",
        "http.request.method": "POST",
        "url.full": f"{peer.url}/p",
        "server.address": "127.0.0.1",
        "server.port": int(peer.url.rpartition(":")[2]),
        "http.request.body.size": len(ASKED),
        "http.response.body.size": len(REPLY),
        "http.response.status_code": 200,
        "wsx.connection.reused": False,
    }
    assert (second.attributes or {})["wsx.connection.reused"] is True
    assert [event.name for event in first.events] == ["sent", "headers", "received"]
    assert first.start_time is not None
    assert first.end_time is not None
    times = [first.start_time, *(event.timestamp for event in first.events), first.end_time]
    assert times == sorted(times)
    assert first.status.status_code is trace.StatusCode.UNSET


def test_a_span_is_a_child_of_the_current_one(spans: Spans) -> None:
    provider, finished = spans
    with (
        HttpPeer(Answer(REPLY)) as peer,
        Channel(properties=soap_11(), on_event=SpanRecorder(provider)) as channel,
        provider.get_tracer("test").start_as_current_span("outer") as outer,
    ):
        channel.open(peer.url)
        ask(channel)
    inner = finished()[0]
    assert inner.parent is not None
    assert inner.parent.span_id == outer.get_span_context().span_id


@by_name
def test_spans_of_failures(make: MakeChannel, spans: Spans, case: Failure) -> None:
    provider, finished = spans
    recorder = SpanRecorder(provider)
    case.run(make, recorder)
    (span,) = finished()
    attributes = span.attributes or {}
    assert span.status.status_code is trace.StatusCode.ERROR
    # The fault is read when the exchange of HTTP is over.
    assert attributes["error.type"] == ("500" if case.run is fault else case.code)
    assert attributes.get("http.response.status_code") == case.status
    assert not recorder._spans


def test_one_recorder_for_many_channels(spans: Spans) -> None:
    provider, finished = spans
    recorder = SpanRecorder(provider)
    failed: list[WsError] = []

    def work(url: str) -> None:
        with Channel(properties=soap_11(), on_event=recorder) as channel:
            channel.open(url)
            for _ in range(5):
                try:
                    ask_and_get(channel)
                except WsError as error:
                    failed.append(error)

    with HttpPeer(Answer(REPLY)) as peer:
        threads = [threading.Thread(target=work, args=(peer.url,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert not failed
    assert len(finished()) == 40
    assert not recorder._spans
