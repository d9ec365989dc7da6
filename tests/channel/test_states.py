"""Every operation in every state of a channel and of the exchange in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.fake_transport import FakeTransport, response
from tests.support.tables import BODY
from wsx.channel import Channel, ChannelBinding, ChannelProperties, ChannelState, ChannelType, ReceiveOption
from wsx.channel.states import ABORTED, EXCHANGE, TRANSITIONS, ChannelOperation, ExchangeState
from wsx.descriptions import MessageDescription
from wsx.errors import ErrorCode, InvalidArgument, InvalidEndpointUrl, InvalidOperation, NotSupported, ObjectFaulted
from wsx.message import Message, MessageState
from wsx.security import ProxySettings
from wsx.values import EndpointAddress

URL = "http://127.0.0.1:8080/svc"
D = MessageDescription("urn:act", BODY)
ANY = MessageDescription(None, None)


def created(transport: FakeTransport | None = None) -> Channel:
    return Channel(transport=FakeTransport() if transport is None else transport)


def opened(transport: FakeTransport | None = None) -> Channel:
    channel = created(transport)
    channel.open(URL)
    return channel


def faulted() -> Channel:
    channel = opened()
    channel.abort()
    return channel


def closed() -> Channel:
    channel = opened()
    channel.close()
    return channel


REACH: dict[ChannelState, Callable[[], Channel]] = {
    ChannelState.CREATED: created,
    ChannelState.OPEN: opened,
    ChannelState.FAULTED: faulted,
    ChannelState.CLOSED: closed,
}


def in_state(state: ChannelState) -> Channel:
    """A channel in ``state``; the states that only another thread can see are put there."""
    if state in REACH:
        channel = REACH[state]()
    else:
        channel = created()
        channel._machine.state = state
    assert channel.state is state
    return channel


CALLS: dict[ChannelOperation, Callable[[Channel], object]] = {
    ChannelOperation.OPEN: lambda c: c.open(URL),
    ChannelOperation.SEND: lambda c: c.send_message(c.create_message(), D, {"val": 1}),
    ChannelOperation.RECEIVE: lambda c: c.receive_message(c.create_message(), [ANY]),
    ChannelOperation.REQUEST_REPLY: lambda c: c.request_reply(
        c.create_message(), D, {"val": 1}, c.create_message(), ANY
    ),
    ChannelOperation.PREVIEW: lambda c: c.preview(c.create_message(), D, {"val": 1}),
    ChannelOperation.CLOSE: Channel.close,
    ChannelOperation.RESET: Channel.reset,
}


def test_every_operation_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(ChannelOperation) == set(CALLS)
    assert all(row.operation is operation for operation, row in TRANSITIONS.items())
    assert set(ABORTED) == set(ChannelState)


@pytest.mark.parametrize("operation", ChannelOperation)
@pytest.mark.parametrize("state", list(ChannelState))
def test_the_table_decides(state: ChannelState, operation: ChannelOperation) -> None:
    row = TRANSITIONS[operation]
    channel = in_state(state)
    if state not in row.required:
        expected = ObjectFaulted if state is ChannelState.FAULTED else InvalidOperation
        with pytest.raises(expected, match="aborted" if state is ChannelState.FAULTED else state.name) as caught:
            CALLS[operation](channel)
        faulted_code = ErrorCode.WS_E_OBJECT_FAULTED
        assert caught.value.code is (
            faulted_code if state is ChannelState.FAULTED else ErrorCode.WS_E_INVALID_OPERATION
        )
        assert channel.state is state
    elif operation is ChannelOperation.RECEIVE:
        # OPEN allows it, the exchange not yet: nothing was sent.
        with pytest.raises(InvalidOperation, match="no request"):
            CALLS[operation](channel)
    elif operation in (ChannelOperation.SEND, ChannelOperation.REQUEST_REPLY):
        transport = FakeTransport([response()])
        channel = opened(transport)
        channel.send_message(channel.create_message(), D, {"val": 1})
        assert channel.state is state
        assert len(transport.requests) == 1
    else:
        CALLS[operation](channel)
        assert channel.state is (state if row.success is None else row.success)


@pytest.mark.parametrize("state", list(ChannelState))
def test_abort_is_always_possible(state: ChannelState) -> None:
    channel = in_state(state)
    channel.abort()
    assert channel.state is ABORTED[state]


# What was sent before, and the answers to it: the exchange state that the channel is in then.
EXCHANGES: dict[ExchangeState, list[str | None]] = {
    ExchangeState.IDLE: [],
    ExchangeState.REPLY_WAITING: ["<reply/>"],
    ExchangeState.NO_REPLY: [None],
}


@pytest.mark.parametrize("operation", EXCHANGE)
@pytest.mark.parametrize("state", list(ExchangeState))
def test_the_exchange_table_decides(state: ExchangeState, operation: ChannelOperation) -> None:
    transport = FakeTransport([response(answer or "") for answer in EXCHANGES.get(state, [])])
    channel = opened(transport)
    for _ in EXCHANGES.get(state, []):
        channel.send_message(channel.create_message(), D, {"val": 1})
    if state is ExchangeState.SENDING:
        channel._machine._exchange = state
    assert channel._machine._exchange is state
    message = channel.create_message()
    allowed = state in EXCHANGE[operation].required
    sent = len(transport.requests)
    if not allowed:
        with pytest.raises(InvalidOperation, match=state.value):
            CALLS[operation](channel)
        assert (channel._machine._exchange, len(transport.requests)) == (state, sent)
        return
    if operation is ChannelOperation.RECEIVE:
        if state is ExchangeState.NO_REPLY:
            assert channel.receive_message(message, [ANY], receive_option=ReceiveOption.OPTIONAL_MESSAGE) is None
            assert message.state is MessageState.EMPTY
        else:
            with pytest.raises(ValueError, match="Envelope"):
                channel.receive_message(message, [ANY])
        assert channel._machine._exchange is ExchangeState.IDLE
    else:
        transport.answers.append(response())
        channel.send_message(message, D, {"val": 1})
        assert len(transport.requests) == sent + 1


def test_life_of_a_channel() -> None:
    transport = FakeTransport()
    properties = ChannelProperties(connect_timeout=5)
    channel = Channel(properties=properties, transport=transport)
    assert (channel.type, channel.binding) == (ChannelType.REQUEST, ChannelBinding.HTTP)
    urls = [channel.url]
    channel.open(EndpointAddress(URL))
    urls.append(channel.url)
    assert urls == [None, URL]
    channel.abort()
    assert transport.aborted == 1
    channel.close()
    channel.close()
    states = [channel.state]
    channel.reset()
    assert channel.properties is properties
    channel.open(URL)
    states.append(channel.state)
    with channel as same:
        assert same is channel
    states.append(channel.state)
    assert states == [ChannelState.CLOSED, ChannelState.OPEN, ChannelState.CLOSED]
    # It was given to the channel, and stays the caller's.
    assert transport.closed == 0


def test_the_context_closes_after_an_error_too() -> None:
    channel = opened()
    with pytest.raises(KeyError), channel:
        raise KeyError
    assert channel.state is ChannelState.CLOSED


def test_the_channels_own_transport_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FakeTransport] = []

    def make(**settings: object) -> FakeTransport:
        assert settings == {"security": None, "proxy": ProxySettings(), "accept_encoding": None}
        made.append(FakeTransport([response()]))
        return made[-1]

    monkeypatch.setattr("wsx.channel.channel.default_transport", make)
    channel = Channel()
    channel.close()
    channel.reset()
    assert not made
    channel.open(URL)
    channel.send_message(channel.create_message(), D, {"val": 1})
    channel.close()
    channel.reset()
    channel.open(URL)
    assert [transport.closed for transport in made] == [1, 0]
    assert len(made[0].requests) == 1


def test_a_transport_that_fails_to_close_does_not_keep_the_channel_open(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stubborn(FakeTransport):
        def close(self) -> None:
            raise OSError("stuck")

    monkeypatch.setattr("wsx.channel.channel.default_transport", lambda **settings: Stubborn())
    channel = Channel()
    channel.open(URL)
    with pytest.raises(OSError, match="stuck"):
        channel.close()
    assert channel.state is ChannelState.CLOSED


@pytest.mark.parametrize("state", list(ChannelState))
def test_messages_are_made_in_any_state(state: ChannelState) -> None:
    channel = in_state(state)
    message = channel.create_message()
    assert message.state is MessageState.EMPTY
    assert message.envelope_version is channel.properties.envelope_version
    assert message.addressing_version is channel.properties.addressing_version


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://127.0.0.1/", "net.tcp://127.0.0.1/", "http://", "http:///x", "http://h:99999/", "http://h h/"],
)
def test_urls_that_cannot_be_opened(url: str) -> None:
    channel = created()
    with pytest.raises(InvalidEndpointUrl):
        channel.open(url)
    assert channel.state is ChannelState.CREATED
    channel.open(URL)


@pytest.mark.parametrize("address", [None, 5, b"http://x/", "http://x/\r\nX: y"])
def test_addresses_that_are_none(address: str) -> None:
    channel = created()
    with pytest.raises(InvalidArgument):
        channel.open(address)
    assert channel.state is ChannelState.CREATED


LEGAL = {
    (ChannelType.REQUEST, ChannelBinding.HTTP),
    (ChannelType.REPLY, ChannelBinding.HTTP),
    (ChannelType.DUPLEX_SESSION, ChannelBinding.TCP),
    (ChannelType.DUPLEX_SESSION, ChannelBinding.NAMEDPIPE),
    (ChannelType.DUPLEX, ChannelBinding.NAMEDPIPE),
    (ChannelType.INPUT, ChannelBinding.NAMEDPIPE),
    (ChannelType.DUPLEX, ChannelBinding.UDP),
    (ChannelType.INPUT, ChannelBinding.UDP),
}
TYPES = [
    ChannelType.INPUT,
    ChannelType.OUTPUT,
    ChannelType.INPUT_SESSION,
    ChannelType.OUTPUT_SESSION,
    ChannelType.DUPLEX,
    ChannelType.DUPLEX_SESSION,
    ChannelType.REQUEST,
    ChannelType.REPLY,
]


@pytest.mark.parametrize("binding", [b for b in ChannelBinding if b is not ChannelBinding.CUSTOM])
@pytest.mark.parametrize("channel_type", TYPES)
def test_types_and_bindings(channel_type: ChannelType, binding: ChannelBinding) -> None:
    if (channel_type, binding) == (ChannelType.REQUEST, ChannelBinding.HTTP):
        Channel(type=channel_type, binding=binding)
        return
    expected = NotSupported if (channel_type, binding) in LEGAL else InvalidArgument
    with pytest.raises(expected):
        Channel(type=channel_type, binding=binding)


def test_arguments_of_a_channel() -> None:
    bad = [{"type": 99}, {"binding": 9}, {"type": None}, {"properties": None}, {"transport": "http"}]
    for arguments in bad:
        with pytest.raises(InvalidArgument):
            Channel(**arguments)  # type: ignore[arg-type]


def test_bad_arguments_come_before_bad_states() -> None:
    channel = created()
    message = channel.create_message()
    other = Message(1, 3)  # type: ignore[arg-type]
    calls: list[Callable[[], object]] = [
        lambda: channel.send_message(None, D, {"val": 1}),  # type: ignore[arg-type]
        lambda: channel.send_message(message, None, {"val": 1}),  # type: ignore[arg-type]
        lambda: channel.send_message(message, D, {"val": 1}, option=0),  # type: ignore[arg-type]
        lambda: channel.send_message(other, D, {"val": 1}),
        lambda: channel.preview(None, D, {"val": 1}),  # type: ignore[arg-type]
        lambda: channel.receive_message(None, [D]),  # type: ignore[arg-type]
        lambda: channel.receive_message(message, []),
        lambda: channel.receive_message(message, None),  # type: ignore[arg-type]
        lambda: channel.receive_message(message, [None]),  # type: ignore[list-item]
        lambda: channel.receive_message(message, [D], receive_option=3),  # type: ignore[arg-type]
        lambda: channel.receive_message(message, [D], option=9),  # type: ignore[arg-type]
        lambda: channel.receive_message(other, [D]),
        lambda: channel.request_reply(message, D, {"val": 1}, None, D),  # type: ignore[arg-type]
        lambda: channel.request_reply(message, D, {"val": 1}, message, D),
        lambda: channel.request_reply(message, D, {"val": 1}, other, D),
        lambda: channel.request_reply(
            message,
            D,
            {"val": 1},
            channel.create_message(),
            None,  # type: ignore[arg-type]
        ),
        lambda: channel.request_reply(
            message,
            D,
            {"val": 1},
            channel.create_message(),
            D,
            read_option=0,  # type: ignore[arg-type]
        ),
    ]
    for call in calls:
        with pytest.raises(InvalidArgument):
            call()
    assert message.state is MessageState.EMPTY
