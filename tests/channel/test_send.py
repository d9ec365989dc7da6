"""What a channel sends: the HTTP head and the envelope, and the state of everything when it cannot."""

from __future__ import annotations

import gc
import pickle
import weakref

import pytest

from tests.support.fake_transport import FakeTransport, response
from tests.support.tables import ADDRESSING_10, BODY, ENVELOPE_11, ENVELOPE_12, HEADER, int32
from wsx.channel import Channel, ChannelProperties, ChannelState
from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    MessageDescription,
    StructDescription,
    Type,
    WriteOption,
)
from wsx.errors import (
    EndpointFailure,
    EndpointNotFound,
    EndpointTooBusy,
    ErrorCode,
    InvalidArgument,
    InvalidFormat,
    InvalidOperation,
    NumericOverflow,
    OperationAborted,
    QuotaExceeded,
    WsError,
)
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderType, MessageInitialization, MessageState
from wsx.transport import HttpHead, Phase, TransportError

URL = "http://127.0.0.1:8080/svc"
V11, V12 = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2
A10, TRANSPORT = AddressingVersion.V1_0, AddressingVersion.TRANSPORT
D = MessageDescription("urn:act", BODY)


def opened(
    transport: FakeTransport,
    envelope: EnvelopeVersion = V12,
    addressing: AddressingVersion = A10,
    *,
    url: str = URL,
    **properties: object,
) -> Channel:
    made = ChannelProperties(envelope_version=envelope, addressing_version=addressing, **properties)  # type: ignore[arg-type]
    channel = Channel(properties=made, transport=transport)
    channel.open(url)
    return channel


def head(transport: FakeTransport, number: int = -1) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in transport.requests[number].headers}


def body(transport: FakeTransport, number: int = -1) -> str:
    data = transport.requests[number].body
    assert data is not None
    assert transport.requests[number].length == len(data)
    return data.decode()


ACTION_10 = '<a:Action s:mustUnderstand="1">urn:act</a:Action>'
TO_10 = f'<a:To s:mustUnderstand="1">{URL}</a:To>'
START_12 = f'<s:Envelope xmlns:a="{ADDRESSING_10}" xmlns:s="{ENVELOPE_12}">'
END = '<s:Body><u xmlns="ns"><val>7</val></u></s:Body></s:Envelope>'


def test_soap_12_with_addressing() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport)
    message = channel.create_message()
    channel.send_message(message, D, {"val": 7})
    request = transport.requests[0]
    assert request.method == "POST"
    assert str(request.url) == URL
    assert head(transport) == {
        "Content-Type": 'application/soap+xml; charset=utf-8; action="urn:act"',
        "User-Agent": "MS-WebServices/1.0",
        "Accept-Encoding": "gzip, deflate",
    }
    assert body(transport) == f"{START_12}<s:Header>{ACTION_10}{TO_10}</s:Header>{END}"
    assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)


def test_soap_11_with_transport_addressing() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport, V11, TRANSPORT)
    channel.send_message(channel.create_message(), D, {"val": 7})
    assert head(transport) == {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"urn:act"',
        "User-Agent": "MS-WebServices/1.0",
        "Accept-Encoding": "gzip, deflate",
    }
    assert body(transport) == f'<s:Envelope xmlns:s="{ENVELOPE_11}">{END}'


@pytest.mark.parametrize(
    ("envelope", "action", "name", "value"),
    [
        (V11, None, "SOAPAction", '""'),
        (V11, "", "SOAPAction", '""'),
        (V11, "a b", "SOAPAction", '"a b"'),
        (V11, "semi;colon", "SOAPAction", '"semi;colon"'),
        (V11, 'a"b\\c', "SOAPAction", '"a\\"b\\\\c"'),
        (V11, "é", "SOAPAction", '"é"'),
        (V12, None, "Content-Type", "application/soap+xml; charset=utf-8"),
        (V12, "", "Content-Type", 'application/soap+xml; charset=utf-8; action=""'),
        (V12, "a b", "Content-Type", 'application/soap+xml; charset=utf-8; action="a b"'),
        (V12, 'a"b\\c', "Content-Type", 'application/soap+xml; charset=utf-8; action="a\\"b\\\\c"'),
    ],
)
def test_action_in_the_head(envelope: EnvelopeVersion, action: str | None, name: str, value: str) -> None:
    transport = FakeTransport([response()])
    channel = opened(transport, envelope, TRANSPORT)
    channel.send_message(channel.create_message(), MessageDescription(action, BODY), {"val": 7})
    assert head(transport)[name] == value
    assert ("SOAPAction" in head(transport)) is (envelope is V11)
    assert "Header" not in body(transport)


def test_an_action_cannot_inject_headers() -> None:
    channel = opened(FakeTransport(), V11, TRANSPORT)
    message = channel.create_message()
    message.initialize()
    for bad in ("a\r\nX-Evil: 1", "a\nb", "a\x00"):
        with pytest.raises(InvalidArgument):
            message.set_header(HeaderType.ACTION, bad)
        with pytest.raises(InvalidArgument):
            channel.send_message(message, MessageDescription(bad, BODY), {"val": 7})
    with pytest.raises(InvalidArgument, match="control character"):
        channel.send_message(message, MessageDescription("a\x7fb", BODY), {"val": 7})


def test_the_messages_own_action() -> None:
    transport = FakeTransport([response()] * 3)
    channel = opened(transport)
    message = channel.create_message()
    message.initialize()
    message.set_header(HeaderType.ACTION, "urn:own")
    channel.send_message(message, MessageDescription(None, None))
    assert head(transport)["Content-Type"].endswith('action="urn:own"')
    assert body(transport) == (
        f'{START_12}<s:Header>{TO_10}<a:Action s:mustUnderstand="1">urn:own</a:Action></s:Header><s:Body/></s:Envelope>'
    )
    # That of the description comes first and alone.
    message.reset()
    message.initialize()
    message.set_header(HeaderType.ACTION, "urn:own")
    channel.send_message(message, D, {"val": 7})
    assert head(transport)["Content-Type"].endswith('action="urn:act"')
    assert body(transport) == f"{START_12}<s:Header>{ACTION_10}{TO_10}</s:Header>{END}"

    channel = opened(transport, V11, TRANSPORT)
    message = channel.create_message()
    message.initialize()
    message.set_header(HeaderType.ACTION, "urn:own")
    channel.send_message(message, MessageDescription(None, None))
    assert head(transport)["SOAPAction"] == '"urn:own"'
    assert "Action" not in body(transport)


def test_custom_headers_and_their_order() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport)
    message = channel.create_message()
    message.initialize()
    message.add_custom_header(HEADER, {"value": "hello & <bye>"})
    message.add_custom_header(int32("h2", "urn:h"), 5)
    channel.send_message(message, D, {"val": 7})
    assert body(transport) == (
        f'{START_12}<s:Header>{ACTION_10}{TO_10}<header xmlns="ns">hello &amp; &lt;bye&gt;</header>'
        f'<h2 xmlns="urn:h">5</h2></s:Header>{END}'
    )


def test_a_request_message_keeps_its_id() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport)
    message = channel.create_message()
    message.initialize(MessageInitialization.REQUEST)
    found = message.get_header(HeaderType.MESSAGE_ID)
    channel.send_message(message, D, {"val": 7})
    assert f"{ACTION_10}<a:MessageID>{found}</a:MessageID>{TO_10}" in body(transport)
    assert message.get_header(HeaderType.MESSAGE_ID) == found


def test_an_addressed_message_keeps_its_address() -> None:
    transport = FakeTransport([response()] * 3)
    channel = opened(transport)
    message = channel.create_message()
    message.initialize()
    message.address("urn:elsewhere")
    channel.send_message(message, D, {"val": 7})
    assert '<a:To s:mustUnderstand="1">urn:elsewhere</a:To>' in body(transport)
    assert str(transport.requests[0].url) == URL
    message.reset()
    message.initialize()
    message.set_header(HeaderType.TO, "urn:set")
    channel.send_message(message, D, {"val": 7})
    assert body(transport).count("<a:To ") == 1
    assert '<a:To s:mustUnderstand="1">urn:set</a:To>' in body(transport)
    message.reset()
    message.initialize()
    message.address(None)
    channel.send_message(message, D, {"val": 7})
    assert "<a:To" not in body(transport)


def test_the_to_header_is_escaped() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport, url=f"{URL}?x=1&y=2")
    channel.send_message(channel.create_message(), D, {"val": 7})
    assert f"{URL}?x=1&amp;y=2</a:To>" in body(transport)


def test_nil_body() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport, V11, TRANSPORT)
    description = MessageDescription("urn:act", int32("req"))
    channel.send_message(channel.create_message(), description, None, option=WriteOption.NILLABLE_POINTER)
    assert body(transport) == (
        f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body><req a:nil="true" '
        'xmlns:a="http://www.w3.org/2001/XMLSchema-instance" xmlns="ns"/></s:Body></s:Envelope>'
    )


def test_limits_and_user_agent_come_from_the_properties() -> None:
    transport = FakeTransport([response()])
    channel = opened(
        transport,
        resolve_timeout=1,
        connect_timeout=2.5,
        send_timeout=None,
        receive_response_timeout=4,
        receive_timeout=5,
        max_buffered_message_size=1000,
        max_response_head_size=2000,
        user_agent="orders/2.1 (test)",
    )
    channel.send_message(channel.create_message(), D, {"val": 7})
    limits = transport.limits[0]
    timeouts = [limits.resolve, limits.connect, limits.send, limits.receive_response, limits.receive]
    assert timeouts == [1, 2.5, None, 4, 5]
    assert (limits.max_body, limits.max_head) == (1000, 2000)
    assert head(transport)["User-Agent"] == "orders/2.1 (test)"


def test_preview_is_what_is_sent() -> None:
    transport = FakeTransport([response(), response()])
    channel = opened(transport)
    message = channel.create_message()
    previewed = channel.preview(message, D, {"val": 7})
    with pytest.raises(InvalidOperation, match="EMPTY"):
        assert message.header_buffer
    channel.send_message(message, D, {"val": 7})
    assert previewed == transport.requests[0]

    message.reset()
    message.initialize(MessageInitialization.REQUEST)
    message.add_custom_header(HEADER, {"value": "v"})
    buffer = message.header_buffer
    previewed = channel.preview(message, D, {"val": 7})
    assert (message.state, message.header_buffer) == (MessageState.INITIALIZED, buffer)
    assert not message.is_addressed
    channel.send_message(message, D, {"val": 7})
    assert previewed == transport.requests[1]
    with pytest.raises(InvalidOperation):
        channel.preview(message, D, {"val": 7})
    assert len(transport.requests) == 2


FAILURES: list[tuple[object, WriteOption, type[WsError]]] = [
    ({"val": "seven"}, WriteOption.REQUIRED_VALUE, InvalidArgument),
    (None, WriteOption.REQUIRED_POINTER, InvalidArgument),
    ({"val": 1 << 32}, WriteOption.REQUIRED_VALUE, NumericOverflow),
]


@pytest.mark.parametrize(("value", "option", "error"), FAILURES)
def test_a_value_that_does_not_fit_is_not_sent(value: object, option: WriteOption, error: type[WsError]) -> None:
    transport = FakeTransport([response()])
    channel = opened(transport)
    message = channel.create_message()
    message.initialize()
    message.add_custom_header(HEADER, {"value": "v"})
    with pytest.raises(error):
        channel.preview(message, D, value, option=option)
    assert message.state is MessageState.INITIALIZED
    with pytest.raises(error) as caught:
        channel.send_message(message, D, value, option=option)
    assert caught.value.url == URL
    assert not transport.requests
    assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
    message.reset()
    channel.send_message(message, D, {"val": 7})
    assert len(transport.requests) == 1


def test_a_message_that_is_too_large_is_not_sent() -> None:
    transport = FakeTransport([response()])
    channel = opened(
        transport, V11, TRANSPORT, max_buffered_message_size=len(f'<s:Envelope xmlns:s="{ENVELOPE_11}">{END}')
    )
    message = channel.create_message()
    with pytest.raises(QuotaExceeded, match="max_buffered_message_size") as caught:
        channel.send_message(message, D, {"val": 77})
    assert caught.value.url == URL
    assert not transport.requests
    message.reset()
    channel.send_message(message, D, {"val": 7})


@pytest.mark.parametrize("state", [MessageState.WRITING, MessageState.DONE])
def test_messages_in_the_wrong_state(state: MessageState) -> None:
    transport = FakeTransport()
    channel = opened(transport)
    message = channel.create_message()
    message.initialize()
    message.write_envelope_start()
    if state is MessageState.DONE:
        message.write_envelope_end()
    with pytest.raises(InvalidOperation, match=state.name):
        channel.send_message(message, D, {"val": 7})
    assert message.state is state
    with pytest.raises(InvalidOperation, match=state.name):
        channel.request_reply(channel.create_message(), D, {"val": 7}, message, D)
    assert not transport.requests
    assert channel.state is ChannelState.OPEN


def transport_error(code: ErrorCode, phase: Phase = Phase.CONNECT) -> TransportError:
    return TransportError("it failed", code=code, phase=phase, original=111, sent=False)


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.WS_E_ENDPOINT_UNREACHABLE,
        ErrorCode.WS_E_ENDPOINT_NOT_FOUND,
        ErrorCode.WS_E_ENDPOINT_DISCONNECTED,
        ErrorCode.WS_E_OPERATION_TIMED_OUT,
        ErrorCode.WS_E_PROXY_FAILURE,
        ErrorCode.WS_E_QUOTA_EXCEEDED,
        ErrorCode.CERT_E_EXPIRED,
    ],
)
def test_transport_failures_leave_the_channel_usable(code: ErrorCode) -> None:
    failure = transport_error(code)
    transport = FakeTransport([failure, response()])
    channel = opened(transport)
    message = channel.create_message()
    with pytest.raises(WsError) as caught:
        channel.send_message(message, D, {"val": 7})
    assert caught.value.code is code
    assert caught.value.url == URL
    assert caught.value.original is failure
    assert "CONNECT" in str(caught.value)
    assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
    with pytest.raises(InvalidOperation, match="no request"):
        channel.receive_message(channel.create_message(), [D])
    message.reset()
    channel.send_message(message, D, {"val": 7})


def test_errors_survive_pickling() -> None:
    channel = opened(FakeTransport([transport_error(ErrorCode.WS_E_ENDPOINT_UNREACHABLE), response(status=404)]))
    for expected in (ErrorCode.WS_E_ENDPOINT_UNREACHABLE, ErrorCode.WS_E_ENDPOINT_NOT_FOUND):
        with pytest.raises(WsError) as caught:
            channel.send_message(channel.create_message(), D, {"val": 7})
        error = caught.value
        again: WsError = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
        assert type(again) is type(error)
        assert (again.code, again.url, str(again)) == (expected, URL, str(error))
        assert (again.original == error.original) is isinstance(error.original, int)


def test_an_exception_of_a_plugged_transport_does_not_block_the_channel() -> None:
    transport = FakeTransport([KeyboardInterrupt(), ZeroDivisionError(), response()])
    channel = opened(transport)
    for expected in (KeyboardInterrupt, ZeroDivisionError):
        with pytest.raises(expected):
            channel.send_message(channel.create_message(), D, {"val": 7})
    assert channel.state is ChannelState.OPEN
    channel.send_message(channel.create_message(), D, {"val": 7})


def test_abort_while_sending() -> None:
    channel: Channel

    def answer() -> tuple[HttpHead, bytes]:
        channel.abort()
        return response()

    def broken() -> tuple[HttpHead, bytes]:
        channel.abort()
        raise transport_error(ErrorCode.WS_E_ENDPOINT_DISCONNECTED, Phase.WAIT)

    for way in (answer, broken):
        transport = FakeTransport([way])
        channel = opened(transport)
        with pytest.raises(OperationAborted) as caught:
            channel.send_message(channel.create_message(), D, {"val": 7})
        assert caught.value.code is ErrorCode.WS_E_OPERATION_ABORTED
        assert channel.state is ChannelState.FAULTED
        assert transport.aborted == 1
        channel.close()


def test_abort_while_writing() -> None:
    transport = FakeTransport()
    channel = opened(transport)

    class Value:
        """Another thread aborts while the value is being written."""

        @property
        def val(self) -> int:
            channel.abort()
            return 7

    table = StructDescription(Value, [FieldDescription("val", Type.UINT32)], ns="ns")
    description = MessageDescription("urn:act", ElementDescription("u", "ns", Type.STRUCT, table))
    with pytest.raises(OperationAborted):
        channel.send_message(channel.create_message(), description, Value())
    assert not transport.requests
    assert channel.state is ChannelState.FAULTED


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, EndpointNotFound),
        (503, EndpointTooBusy),
        (500, EndpointFailure),
        (400, EndpointFailure),
        (418, EndpointFailure),
    ],
)
def test_statuses_without_a_message(status: int, error: type[WsError]) -> None:
    transport = FakeTransport(
        [response("<html/>", status=status, content_type="text/html"), response("", status=status), response()]
    )
    channel = opened(transport)
    for _ in range(2):
        with pytest.raises(error) as caught:
            channel.send_message(channel.create_message(), D, {"val": 7})
        assert (caught.value.original, caught.value.url) == (status, URL)
        assert channel.state is ChannelState.OPEN
    channel.send_message(channel.create_message(), D, {"val": 7})


@pytest.mark.parametrize(
    ("envelope", "content_type"),
    [
        (V12, "text/html; charset=utf-8"),
        (V12, "text/xml"),
        (V11, "application/soap+xml"),
        (V12, None),
        (V12, "nonsense"),
        (V11, "text/xmlx"),
        (V12, "multipart/related; type=application/soap+xml"),
    ],
)
def test_media_types_that_do_not_fit(envelope: EnvelopeVersion, content_type: str | None) -> None:
    channel = opened(FakeTransport([response("<x/>", content_type=content_type)]), envelope)
    with pytest.raises(InvalidFormat, match=envelope.name) as caught:
        channel.send_message(channel.create_message(), D, {"val": 7})
    assert caught.value.original == 200
    assert channel.state is ChannelState.OPEN


def test_many_actions_do_not_pile_up() -> None:
    transport = FakeTransport([response()] * 600)
    channel = opened(transport)
    message = channel.create_message()
    for number in range(600):
        message.reset()
        channel.send_message(message, MessageDescription(f"urn:{number}", None))
        assert f"urn:{number}<" in body(transport)
    assert len(channel._machine._actions) <= 256


def test_a_channel_that_was_aborted_can_be_used_again() -> None:
    transport = FakeTransport([response()])
    channel = opened(transport)
    channel.abort()
    channel.close()
    channel.reset()
    channel.open(URL)
    channel.send_message(channel.create_message(), D, {"val": 7})


def test_channels_are_not_kept_alive() -> None:
    channel = opened(FakeTransport([response()]))
    channel.send_message(channel.create_message(), D, {"val": 7})
    alive = weakref.ref(channel)
    del channel
    gc.collect()
    assert alive() is None
