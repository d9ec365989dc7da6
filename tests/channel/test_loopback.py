"""Channels over real connections: complete exchanges as the reference has them, and what the network does to them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.http_peer import Answer, HttpPeer
from tests.support.loops import LoopChannel
from tests.support.tables import BODY, ENVELOPE_11, ENVELOPE_12, HEADER, int32
from wsx.channel import AsyncChannel, Channel, ChannelProperties, ChannelState, ReceiveOption
from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    FieldMapping,
    MessageDescription,
    StructDescription,
    Type,
)
from wsx.errors import (
    EndpointDisconnected,
    EndpointFaultReceived,
    EndpointNotFound,
    EndpointUnreachable,
    InvalidFormat,
    OperationAborted,
    OperationTimedOut,
    QuotaExceeded,
    WsError,
)
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderAttribute, MessageInitialization, read_fault_detail
from wsx.values import FaultCode, XmlQName

PROPERTIES = ChannelProperties(
    envelope_version=EnvelopeVersion.SOAP_1_1, addressing_version=AddressingVersion.TRANSPORT
)
SOAP_12 = "application/soap+xml; charset=utf-8"
START = f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body>'
END = "</s:Body></s:Envelope>"


def in_envelope(body: str) -> bytes:
    return f"{START}{body}{END}".encode()


def values(local_name: str, *fields: FieldDescription) -> ElementDescription:
    """An element that holds a structure, as a dict."""
    return ElementDescription(local_name, "ns", Type.STRUCT, StructDescription(dict, fields, ns="ns"))


def repeating(name: str, type_: Type) -> FieldDescription:
    return FieldDescription(name, type_, mapping=FieldMapping.REPEATING_ELEMENT)


VAL = FieldDescription("val", Type.INT32)
STR = FieldDescription("str", Type.STRING)

MakeChannel = Callable[..., Channel]


@pytest.fixture(params=["sync", "asyncio"])
def make(request: pytest.FixtureRequest) -> Iterator[MakeChannel]:
    """Makes a channel of the one driver or of the other, which then has an event loop in a thread of its own."""
    if request.param == "sync":
        yield Channel
        return
    made: list[LoopChannel] = []

    def make_one(**arguments: Any) -> LoopChannel:
        made.append(LoopChannel(AsyncChannel(**arguments)))
        return made[-1]

    yield make_one  # type: ignore[misc]
    for one in made:
        one.stop()


def test_send_and_close(make: MakeChannel) -> None:
    with HttpPeer(Answer(in_envelope(""), close=True)) as peer, make(properties=PROPERTIES) as channel:
        channel.open(peer.url)
        channel.send_message(channel.create_message(), MessageDescription("req_test1", int32("req_test1")), -1)
        channel.close()
    (seen,) = peer.seen
    assert (seen.method, seen.target) == ("POST", "/")
    assert seen.headers["SOAPAction"] == '"req_test1"'
    assert seen.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert seen.headers["User-Agent"] == "MS-WebServices/1.0"
    assert seen.headers["Content-Length"] == str(len(seen.body))
    assert "Expect" not in seen.headers
    assert seen.body == in_envelope('<req_test1 xmlns="ns">-1</req_test1>')


# (request element, value, its XML), (reply element, value, its XML).
Half = tuple[ElementDescription, object, str]
EXCHANGES = [
    pytest.param(
        (int32("req_test1"), -1, '<req_test1 xmlns="ns">-1</req_test1>'),
        (int32("resp_test1"), -2, '<resp_test1 xmlns="ns">-2</resp_test1>'),
        id="integer",
    ),
    pytest.param(
        (
            values("req_test2", VAL, repeating("str", Type.STRING)),
            {"val": 1, "str": ["test", "test2"]},
            '<req_test2 xmlns="ns"><val>1</val><str>test</str><str>test2</str></req_test2>',
        ),
        (
            values("resp_test2", STR, repeating("val", Type.INT32)),
            {"str": "test", "val": [1, 2]},
            '<resp_test2 xmlns="ns"><str>test</str><val>1</val><val>2</val></resp_test2>',
        ),
        id="structure",
    ),
    pytest.param(
        (
            values("req_test4", STR, repeating("val", Type.INT32)),
            {"str": "test4", "val": [1, 2, 3]},
            '<req_test4 xmlns="ns"><str>test4</str><val>1</val><val>2</val><val>3</val></req_test4>',
        ),
        (
            values("resp_test4", STR, repeating("val", Type.INT32)),
            {"str": "out4", "val": [4, 5]},
            '<resp_test4 xmlns="ns"><str>out4</str><val>4</val><val>5</val></resp_test4>',
        ),
        id="in and out",
    ),
]


@pytest.mark.parametrize(("request_half", "reply_half"), EXCHANGES)
def test_exchange(make: MakeChannel, request_half: Half, reply_half: Half) -> None:
    element, value, sent = request_half
    reply_element, expected, answer = reply_half
    request = MessageDescription("req", element)
    reply = MessageDescription("resp", reply_element)
    with HttpPeer(Answer(in_envelope(answer))) as peer, make(properties=PROPERTIES) as channel:
        channel.open(peer.url)
        channel.send_message(channel.create_message(), request, value)
        assert channel.receive_message(channel.create_message(), [reply]) == (0, expected)
        second = channel.request_reply(channel.create_message(), request, value, channel.create_message(), reply)
        assert second == expected
    assert [seen.body for seen in peer.seen] == [in_envelope(sent)] * 2
    assert {seen.headers["SOAPAction"] for seen in peer.seen} == {'"req"'}
    # One connection, kept alive.
    assert len({seen.connection for seen in peer.seen}) == 1


def test_a_reply_body_that_is_empty(make: MakeChannel) -> None:
    answer = Answer(f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body/></s:Envelope>'.encode())
    reply = MessageDescription("resp_test3", values("resp_test3", VAL))
    with HttpPeer(answer) as peer, make(properties=PROPERTIES) as channel:
        channel.open(peer.url)
        channel.send_message(
            channel.create_message(), MessageDescription("req_test3", values("req_test3", VAL)), {"val": 1}
        )
        with pytest.raises(InvalidFormat):
            channel.receive_message(channel.create_message(), [reply])
    assert peer.seen[0].body == in_envelope('<req_test3 xmlns="ns"><val>1</val></req_test3>')


def test_a_fault(make: MakeChannel) -> None:
    fault = (
        "<s:Fault><faultcode>s:Client</faultcode><faultstring>OLS Exception</faultstring>"
        '<detail><u xmlns="ns"><val>5</val></u></detail></s:Fault>'
    )
    request = MessageDescription("req_test5", values("req_test5", VAL))
    with HttpPeer(Answer(in_envelope(fault), status=500)) as peer, make(properties=PROPERTIES) as channel:
        channel.open(peer.url)
        with pytest.raises(EndpointFaultReceived) as caught:
            channel.request_reply(
                channel.create_message(), request, {"val": 1}, channel.create_message(), MessageDescription()
            )
        assert channel.state is ChannelState.OPEN
    found = caught.value.fault
    assert found is not None
    assert found.code == FaultCode(XmlQName("Client", ENVELOPE_11))
    assert len(found.reasons) == 1
    assert read_fault_detail(found, BODY) == {"val": 5}


def test_one_way(make: MakeChannel) -> None:
    with HttpPeer(Answer(status=202, content_type=None)) as peer, make() as channel:
        channel.open(f"{peer.url}/orders?x=1&y=2")
        message, reply = channel.create_message(), channel.create_message()
        for number in range(3):
            message.reset()
            channel.send_message(message, MessageDescription("urn:act", BODY), {"val": number})
            option = ReceiveOption.OPTIONAL_MESSAGE
            assert channel.receive_message(reply, [MessageDescription()], receive_option=option) is None
    assert [seen.target for seen in peer.seen] == ["/orders?x=1&y=2"] * 3
    assert len({seen.connection for seen in peer.seen}) == 1


@pytest.mark.parametrize("size", [10, 1 << 20, (1 << 20) + 200])
@pytest.mark.parametrize("properties", [ChannelProperties(), PROPERTIES], ids=["soap12", "soap11"])
def test_the_preview_is_what_goes_over_the_connection(
    make: MakeChannel, properties: ChannelProperties, size: int
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    received = bytearray()
    previewed = b""
    ready = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            ready.wait(10)
            while not received.endswith(b"\r\n\r\n") and b"\r\n\r\n" not in received:
                received.extend(connection.recv(65536))
            if b"Expect:" in received:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            while len(received) < len(previewed):
                received.extend(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    description = MessageDescription('urn:é"', ElementDescription("b", "urn:b", Type.STRING))
    with listener, make(properties=properties) as channel:
        channel.open(f"http://127.0.0.1:{listener.getsockname()[1]}/svc?a=b")
        message = channel.create_message()
        message.initialize(MessageInitialization.REQUEST)
        message.add_custom_header(HEADER, {"value": "<é>"}, attributes=HeaderAttribute.MUST_UNDERSTAND)
        request = channel.preview(message, description, "x" * size)
        previewed = request.to_bytes()
        assert "xxx" not in repr(request)
        ready.set()
        channel.send_message(message, description, "x" * size)
        server.join(10)
    assert bytes(received) == previewed


def test_a_channel_that_lost_its_connection_gets_a_new_one(make: MakeChannel) -> None:
    with HttpPeer(Answer(in_envelope(""), close=True), Answer(in_envelope(""))) as peer:
        with make(properties=PROPERTIES) as channel:
            channel.open(peer.url)
            for _ in range(3):
                channel.send_message(channel.create_message(), MessageDescription("urn:act"))
                channel.receive_message(channel.create_message(), [MessageDescription()])
        assert len({seen.connection for seen in peer.seen}) == 2


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_nobody_listens(make: MakeChannel) -> None:
    with make() as channel:
        channel.open(f"http://127.0.0.1:{closed_port()}/")
        for _ in range(2):
            with pytest.raises(EndpointUnreachable) as caught:
                channel.send_message(channel.create_message(), MessageDescription("urn:act"))
            assert isinstance(caught.value, ConnectionError)
            assert caught.value.url is not None
        assert channel.state is ChannelState.OPEN


def test_the_server_hangs_up(make: MakeChannel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, make() as channel:
        channel.open(f"http://127.0.0.1:{listener.getsockname()[1]}/")

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        with pytest.raises(EndpointDisconnected):
            channel.send_message(channel.create_message(), MessageDescription("urn:act"))
        server.join(10)
        assert channel.state is ChannelState.OPEN


def test_a_timeout(make: MakeChannel) -> None:
    released = threading.Event()
    properties = ChannelProperties(receive_response_timeout=0.1)
    with HttpPeer(Answer(before=lambda: released.wait(10))) as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        with pytest.raises(OperationTimedOut) as caught:
            channel.send_message(channel.create_message(), MessageDescription("urn:act"))
        released.set()
        assert isinstance(caught.value, TimeoutError)
        assert channel.state is ChannelState.OPEN
        peer.answers.append(Answer(status=202, content_type=None))
        peer.answers.popleft()
        channel.send_message(channel.create_message(), MessageDescription("urn:act"))


def test_abort_from_another_thread(make: MakeChannel) -> None:
    waiting, released = threading.Event(), threading.Event()

    def hold() -> None:
        waiting.set()
        released.wait(10)

    with HttpPeer(Answer(before=hold)) as peer, make() as channel:
        channel.open(peer.url)
        failures: list[WsError] = []

        def send() -> None:
            try:
                channel.send_message(channel.create_message(), MessageDescription("urn:act"))
            except WsError as error:
                failures.append(error)

        sender = threading.Thread(target=send)
        sender.start()
        assert waiting.wait(10)
        channel.abort()
        sender.join(10)
        assert not sender.is_alive()
        released.set()
        assert [type(error) for error in failures] == [OperationAborted]
        assert channel.state is ChannelState.FAULTED
        channel.close()
        channel.reset()
        peer.answers.append(Answer(status=202, content_type=None))
        peer.answers.popleft()
        channel.open(peer.url)
        channel.send_message(channel.create_message(), MessageDescription("urn:act"))


def test_a_response_that_is_too_large(make: MakeChannel) -> None:
    properties = ChannelProperties(max_buffered_message_size=2000)
    with HttpPeer(Answer(b"x" * 3000, content_type=SOAP_12)) as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        with pytest.raises(QuotaExceeded):
            channel.send_message(channel.create_message(), MessageDescription("urn:act"))
        assert channel.state is ChannelState.OPEN


def test_a_status(make: MakeChannel) -> None:
    with HttpPeer(Answer(b"<html/>", status=404, content_type="text/html")) as peer, make() as channel:
        channel.open(f"{peer.url}/nothing")
        with pytest.raises(EndpointNotFound) as caught:
            channel.send_message(channel.create_message(), MessageDescription("urn:act"))
        assert (caught.value.original, caught.value.url) == (404, f"{peer.url}/nothing")


def test_many_messages_keep_their_replies_apart(make: MakeChannel) -> None:
    def answer(number: int) -> Answer:
        text = (
            f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Body><u xmlns="ns"><val>{number}</val></u></s:Body></s:Envelope>'
        )
        return Answer(text.encode(), content_type=SOAP_12)

    with HttpPeer(*(answer(number) for number in range(50))) as peer, make() as channel:
        channel.open(peer.url)
        message, reply = channel.create_message(), channel.create_message()
        for number in range(50):
            message.reset()
            channel.send_message(message, MessageDescription("urn:act", BODY), {"val": number})
            reply.reset()
            assert channel.receive_message(reply, [MessageDescription(None, BODY)]) == (0, {"val": number})
    assert len({seen.connection for seen in peer.seen}) == 1
