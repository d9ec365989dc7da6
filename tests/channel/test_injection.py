"""Line breaks and NUL in everything that becomes a line of HTTP: refused in the channel, and once more below it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.channels import ASK, MakeChannel, soap_11
from tests.support.loops import LoopTransport
from tests.support.recorder import Recorder
from tests.support.tables import int32
from wsx.channel import Channel, ChannelProperties, CookieMode, HttpHeaderMapping
from wsx.descriptions import MessageDescription
from wsx.errors import ErrorCode, InvalidArgument, InvalidEndpointUrl, WsError
from wsx.message import HeaderType, MessageInitialization
from wsx.transport import HttpRequest, HttpUrl, Limits, TransportError, default_async_transport, default_transport

EVIL = ["\r", "\n", "\0", "\r\nX-Evil: 1", "\nX-Evil: 1", "a\r\n\r\nGET / HTTP/1.1"]
Spoil = Callable[[Any, str, str], None]


def mapped_value(channel: Any, url: str, evil: str) -> None:
    message = opened_message(channel, url)
    message.add_mapped_header("X-One", f"a{evil}b")
    channel.send_message(message, ASK, 1)


def mapped_name(channel: Any, url: str, evil: str) -> None:
    message = opened_message(channel, url)
    message.add_mapped_header(f"X{evil}", "a")
    channel.send_message(message, ASK, 1)


def mapped_cookie(channel: Any, url: str, evil: str) -> None:
    message = opened_message(channel, url)
    message.add_mapped_header("Cookie", f"a={evil}")
    channel.send_message(message, ASK, 1)


def action(channel: Any, url: str, evil: str) -> None:
    message = opened_message(channel, url)
    channel.send_message(message, MessageDescription(f"act{evil}", int32("q")), 1)


def action_of_the_message(channel: Any, url: str, evil: str) -> None:
    message = opened_message(channel, url)
    message.set_header(HeaderType.ACTION, f"act{evil}")
    channel.send_message(message, MessageDescription(None, int32("q")), 1)


def path(channel: Any, url: str, evil: str) -> None:
    channel.open(f"{url}/a{evil}")


def query(channel: Any, url: str, evil: str) -> None:
    channel.open(f"{url}/?a={evil}")


def host(channel: Any, url: str, evil: str) -> None:
    channel.open(f"http://127.0.0.1{evil}/")


def user_agent(channel: Any, url: str, evil: str) -> None:
    ChannelProperties(user_agent=f"a{evil}b")


def mapping_name(channel: Any, url: str, evil: str) -> None:
    HttpHeaderMapping(f"X{evil}")


def opened_message(channel: Any, url: str) -> Any:
    channel.open(url)
    message = channel.create_message()
    message.initialize(MessageInitialization.REQUEST)
    return message


PLACES = [
    mapped_value,
    mapped_name,
    mapped_cookie,
    action,
    action_of_the_message,
    path,
    query,
    host,
    user_agent,
    mapping_name,
]


@pytest.mark.parametrize("evil", EVIL, ids=repr)
@pytest.mark.parametrize("spoil", PLACES, ids=lambda spoil: spoil.__name__)
def test_the_channel_refuses(make: MakeChannel, spoil: Spoil, evil: str) -> None:
    with Recorder() as recorder, make(properties=soap_11(cookie_mode=CookieMode.MANUAL)) as channel:
        with pytest.raises((InvalidArgument, InvalidEndpointUrl)) as caught:
            spoil(channel, recorder.url, evil)
        assert "X-Evil" not in str(caught.value) or "\\r" in str(caught.value) or "\\n" in str(caught.value)
        assert not recorder.requests
    assert not recorder.requests


@pytest.fixture(params=["sync", "asyncio"])
def transport(request: pytest.FixtureRequest) -> Iterator[Any]:
    """What stands below the channels, without their checks."""
    if request.param == "sync":
        made = default_transport()
        yield made
        made.close()
    else:
        looped = LoopTransport(default_async_transport())
        yield looped
        looped.stop()


def spoiled_requests(url: HttpUrl, evil: str) -> Iterator[HttpRequest]:
    """A request with ``evil`` in each place."""
    bytes_of = evil.encode()
    for name, value in (
        (b"X-One", b"a" + bytes_of),
        (b"X" + bytes_of, b"a"),
        (b"Cookie", bytes_of + b"=1"),
        (b"User-Agent", b"a" + bytes_of),
        (b"SOAPAction", b'"a' + bytes_of + b'"'),
        (b"Content-Type", b"text/xml" + bytes_of),
        (b"Authorization", b"Basic " + bytes_of),
    ):
        yield HttpRequest("POST", url, ((name, value),), b"body", 4)
    yield HttpRequest(f"POST{evil}", url, (), b"body", 4)
    yield HttpRequest("POST", dataclasses.replace(url, target=f"/a{evil}"), (), b"body", 4)
    yield HttpRequest("POST", dataclasses.replace(url, host=f"127.0.0.1{evil}"), (), b"body", 4)


@pytest.mark.parametrize("evil", EVIL, ids=repr)
def test_the_transport_refuses(transport: Any, evil: str) -> None:
    with Recorder() as recorder:
        url = HttpUrl.parse(recorder.url)
        for request in spoiled_requests(url, evil):
            with pytest.raises(TransportError) as caught:
                transport.call(request, Limits())
            assert caught.value.code is ErrorCode.E_INVALIDARG, request
            assert caught.value.sent is False
        assert not recorder.requests
        # Nothing of them is left in what is sent next.
        transport.call(HttpRequest("POST", url, ((b"X-One", b"1"),), b"body", 4), Limits())
        (sent,) = recorder.requests
    assert b"Evil" not in sent
    assert sent.count(b"\r\n\r\n") == 1


@settings(max_examples=300, deadline=None)
@given(name=st.text(max_size=8), value=st.text(max_size=20), action=st.text(max_size=10))
def test_whatever_is_given(name: str, value: str, action: str) -> None:
    """Either it is refused, or each line of the request is one of those that were meant."""
    with Channel(properties=soap_11(cookie_mode=CookieMode.MANUAL)) as channel:
        channel.open("http://a.example/")
        message = channel.create_message()
        message.initialize(MessageInitialization.REQUEST)
        try:
            message.add_mapped_header(name, value)
            request = channel.preview(message, MessageDescription(action, int32("q")), 1)
        except WsError:
            return
    head, _, body = request.to_bytes().partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert len(lines) == 3 + len(request.headers)
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    assert body == request.body
