"""Every operation in every state of a channel and of the exchange in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.support.channels import MakeChannel
from tests.support.fake_transport import AsyncFakeTransport, FakeTransport, response
from tests.support.tables import ADDRESSING_10, BODY, ENVELOPE_12
from wsx.channel import Channel, ChannelBinding, ChannelProperties, ChannelState, ChannelType, ReceiveOption
from wsx.channel.states import ABORTED, EXCHANGE, TRANSITIONS, ChannelOperation, ExchangeState
from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    FieldMapping,
    MessageDescription,
    StructDescription,
    Type,
)
from wsx.errors import (
    ErrorCode,
    InvalidArgument,
    InvalidEndpointUrl,
    InvalidFormat,
    InvalidOperation,
    NotSupported,
    ObjectFaulted,
)
from wsx.message import Message, MessageState
from wsx.security import ProxySettings
from wsx.values import EndpointAddress

URL = "http://127.0.0.1:8080/svc"
D = MessageDescription("urn:act", BODY)
ANY = MessageDescription(None, None)


def created(make: MakeChannel, transport: FakeTransport | None = None) -> Channel:
    transport = FakeTransport() if transport is None else transport
    return make(transport=transport if make is Channel else AsyncFakeTransport(transport))


def opened(make: MakeChannel, transport: FakeTransport | None = None) -> Channel:
    channel = created(make, transport)
    channel.open(URL)
    return channel


def faulted(make: MakeChannel) -> Channel:
    channel = opened(make)
    channel.abort()
    return channel


def closed(make: MakeChannel) -> Channel:
    channel = opened(make)
    channel.close()
    return channel


REACH: dict[ChannelState, Callable[[MakeChannel], Channel]] = {
    ChannelState.CREATED: created,
    ChannelState.OPEN: opened,
    ChannelState.FAULTED: faulted,
    ChannelState.CLOSED: closed,
}


def in_state(make: MakeChannel, state: ChannelState) -> Channel:
    """A channel in ``state``; the states that only another thread can see are put there."""
    if state in REACH:
        channel = REACH[state](make)
    else:
        channel = created(make)
        channel._machine.state = state
    assert channel.state is state
    return channel


ITEMS = MessageDescription(
    None,
    ElementDescription(
        "list",
        "ns",
        Type.STRUCT,
        StructDescription(dict, [FieldDescription("a", Type.INT32, mapping=FieldMapping.REPEATING_ELEMENT)], ns="ns"),
    ),
)


def initialized(channel: Channel) -> Message:
    message = channel.create_message()
    message.initialize()
    return message


def current(channel: Channel) -> Message:
    """The message that is written or read, or any other one."""
    return channel._machine._message or channel.create_message()


CALLS: dict[ChannelOperation, Callable[[Channel], object]] = {
    ChannelOperation.OPEN: lambda c: c.open(URL),
    ChannelOperation.SEND: lambda c: c.send_message(c.create_message(), D, {"val": 1}),
    ChannelOperation.RECEIVE: lambda c: c.receive_message(c.create_message(), [ANY]),
    ChannelOperation.REQUEST_REPLY: lambda c: c.request_reply(
        c.create_message(), D, {"val": 1}, c.create_message(), ANY
    ),
    ChannelOperation.PREVIEW: lambda c: c.preview(c.create_message(), D, {"val": 1}),
    ChannelOperation.CLOSE: lambda c: c.close(),
    ChannelOperation.RESET: lambda c: c.reset(),
    ChannelOperation.WRITE_START: lambda c: c.write_message_start(initialized(c)),
    ChannelOperation.WRITE_BODY: lambda c: c.write_body(current(c), BODY, {"val": 1}),
    ChannelOperation.FLUSH_BODY: lambda c: c.flush_body(current(c)),
    ChannelOperation.WRITE_END: lambda c: c.write_message_end(current(c)),
    ChannelOperation.SEND_ITEMS: lambda c: c.send_items(c.create_message(), ITEMS, [1, 2]),
    ChannelOperation.READ_START: lambda c: c.read_message_start(
        c.create_message(), receive_option=ReceiveOption.OPTIONAL_MESSAGE
    ),
    ChannelOperation.READ_BODY: lambda c: c.read_body(current(c), BODY),
    ChannelOperation.FILL_BODY: lambda c: c.fill_body(current(c)),
    ChannelOperation.READ_END: lambda c: c.read_message_end(current(c)),
    ChannelOperation.RECEIVE_ITEMS: lambda c: c.receive_items(c.create_message(), ITEMS),
    ChannelOperation.ABANDON: lambda c: c.abandon_message(current(c)),
}


def test_every_operation_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(ChannelOperation) == set(CALLS)
    assert all(row.operation is operation for operation, row in TRANSITIONS.items())
    assert set(ABORTED) == set(ChannelState)


@pytest.mark.parametrize("operation", ChannelOperation)
@pytest.mark.parametrize("state", list(ChannelState))
def test_the_table_decides(make: MakeChannel, state: ChannelState, operation: ChannelOperation) -> None:
    row = TRANSITIONS[operation]
    channel = in_state(make, state)
    if state not in row.required:
        expected = ObjectFaulted if state is ChannelState.FAULTED else InvalidOperation
        with pytest.raises(expected, match="aborted" if state is ChannelState.FAULTED else state.name) as caught:
            CALLS[operation](channel)
        faulted_code = ErrorCode.WS_E_OBJECT_FAULTED
        assert caught.value.code is (
            faulted_code if state is ChannelState.FAULTED else ErrorCode.WS_E_INVALID_OPERATION
        )
        assert channel.state is state
    elif operation in EXCHANGE and ExchangeState.IDLE not in EXCHANGE[operation].required:
        # The state allows it, the exchange not yet: nothing was sent, or written.
        with pytest.raises(InvalidOperation, match=ExchangeState.IDLE.value):
            CALLS[operation](channel)
        assert channel.state is state
    elif operation in EXCHANGE:
        transport = FakeTransport([response()])
        channel = opened(make, transport)
        with suppress(InvalidFormat):  # request_reply wants a reply
            CALLS[operation](channel)
        assert channel.state is state
        assert len(transport.requests) == (0 if operation is ChannelOperation.WRITE_START else 1)
    else:
        CALLS[operation](channel)
        assert channel.state is (state if row.success is None else row.success)


@pytest.mark.parametrize("state", list(ChannelState))
def test_abort_is_always_possible(make: MakeChannel, state: ChannelState) -> None:
    channel = in_state(make, state)
    channel.abort()
    assert channel.state is ABORTED[state]


REPLY = (
    f'<s:Envelope xmlns:s="{ENVELOPE_12}" xmlns:a="{ADDRESSING_10}"><s:Header><a:Action>urn:act</a:Action></s:Header>'
    '<s:Body><u xmlns="ns"><val>1</val></u></s:Body></s:Envelope>'
)


def idle(channel: Channel) -> None:
    """Nothing was sent."""


def sent(channel: Channel) -> None:
    channel.send_message(channel.create_message(), D, {"val": 1})


def sending(channel: Channel) -> None:
    # Only another thread can see this one.
    channel._machine._exchange = ExchangeState.SENDING


def writing(channel: Channel) -> None:
    channel.write_message_start(initialized(channel))


def reading(channel: Channel) -> None:
    sent(channel)
    assert channel.read_message_start(channel.create_message())


# How a channel gets into the exchange state, and the answers to what is sent on the way.
EXCHANGES: dict[ExchangeState, tuple[Callable[[Channel], None], list[str]]] = {
    ExchangeState.IDLE: (idle, []),
    ExchangeState.WRITING: (writing, []),
    ExchangeState.SENDING: (sending, []),
    ExchangeState.REPLY_WAITING: (sent, [REPLY]),
    ExchangeState.NO_REPLY: (sent, [""]),
    ExchangeState.READING: (reading, [REPLY]),
}
# The exchange state after an operation that succeeds.
AFTER: dict[ChannelOperation, ExchangeState] = {
    ChannelOperation.SEND: ExchangeState.NO_REPLY,
    ChannelOperation.WRITE_START: ExchangeState.WRITING,
    ChannelOperation.WRITE_BODY: ExchangeState.WRITING,
    ChannelOperation.FLUSH_BODY: ExchangeState.WRITING,
    ChannelOperation.WRITE_END: ExchangeState.NO_REPLY,
    ChannelOperation.SEND_ITEMS: ExchangeState.NO_REPLY,
    ChannelOperation.READ_BODY: ExchangeState.READING,
    ChannelOperation.FILL_BODY: ExchangeState.READING,
}


@pytest.mark.parametrize("operation", EXCHANGE)
@pytest.mark.parametrize("state", list(ExchangeState))
def test_the_exchange_table_decides(make: MakeChannel, state: ExchangeState, operation: ChannelOperation) -> None:
    reach, answers = EXCHANGES[state]
    transport = FakeTransport([response(answer) for answer in answers])
    channel = opened(make, transport)
    reach(channel)
    machine = channel._machine
    assert machine._exchange is state
    requests = len(transport.requests)
    if state not in EXCHANGE[operation].required:
        with pytest.raises(InvalidOperation, match=state.value):
            CALLS[operation](channel)
        assert (machine._exchange, len(transport.requests)) == (state, requests)
        return
    transport.answers.append(response())
    if operation is ChannelOperation.REQUEST_REPLY:
        with pytest.raises(ValueError, match="without a message"):
            CALLS[operation](channel)
    elif operation is ChannelOperation.RECEIVE:
        message = channel.create_message()
        received = channel.receive_message(message, [D], receive_option=ReceiveOption.OPTIONAL_MESSAGE)
        assert (received is None) == (state is ExchangeState.NO_REPLY)
        assert message.state is (MessageState.DONE if received else MessageState.EMPTY)
    elif operation is ChannelOperation.READ_START:
        assert CALLS[operation](channel) == (state is ExchangeState.REPLY_WAITING)
        assert machine._exchange is (
            ExchangeState.READING if state is ExchangeState.REPLY_WAITING else ExchangeState.IDLE
        )
        return
    elif operation is ChannelOperation.READ_END:
        channel.read_body(current(channel), BODY)
        CALLS[operation](channel)
    elif operation is ChannelOperation.RECEIVE_ITEMS:
        # Reading begins with the first item.
        CALLS[operation](channel)
        assert machine._exchange is state
        return
    else:
        CALLS[operation](channel)
    assert machine._exchange is AFTER.get(operation, ExchangeState.IDLE)


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


def test_the_context_closes_after_an_error_too(make: MakeChannel) -> None:
    channel = opened(make)
    with pytest.raises(KeyError), channel:
        raise KeyError
    assert channel.state is ChannelState.CLOSED


def test_the_channels_own_transport_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FakeTransport] = []

    def make(**settings: object) -> FakeTransport:
        assert settings == {"security": None, "proxy": ProxySettings(), "accept_encoding": None, "http2": False}
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
def test_messages_are_made_in_any_state(make: MakeChannel, state: ChannelState) -> None:
    channel = in_state(make, state)
    message = channel.create_message()
    assert message.state is MessageState.EMPTY
    assert message.envelope_version is channel.properties.envelope_version
    assert message.addressing_version is channel.properties.addressing_version


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://127.0.0.1/", "net.tcp://127.0.0.1/", "http://", "http:///x", "http://h:99999/", "http://h h/"],
)
def test_urls_that_cannot_be_opened(make: MakeChannel, url: str) -> None:
    channel = created(make)
    with pytest.raises(InvalidEndpointUrl):
        channel.open(url)
    assert channel.state is ChannelState.CREATED
    channel.open(URL)


@pytest.mark.parametrize("address", [None, 5, b"http://x/", "http://x/\r\nX: y"])
def test_addresses_that_are_none(make: MakeChannel, address: str) -> None:
    channel = created(make)
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


def test_bad_arguments_come_before_bad_states(make: MakeChannel) -> None:
    channel = created(make)
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
        lambda: channel.write_message_start(None),  # type: ignore[arg-type]
        lambda: channel.write_message_start(other),
        lambda: channel.write_body(other, BODY, {"val": 1}),
        lambda: channel.flush_body(message, -1),
        lambda: channel.flush_body(other),
        lambda: channel.write_message_end(None),  # type: ignore[arg-type]
        lambda: channel.send_items(message, None, []),  # type: ignore[arg-type]
        lambda: channel.send_items(message, ITEMS, 5),  # type: ignore[arg-type]
        lambda: channel.send_items(message, D, []),
        lambda: channel.send_items(message, ANY, []),
        lambda: channel.send_items(other, ITEMS, []),
        lambda: channel.read_message_start(None),  # type: ignore[arg-type]
        lambda: channel.read_message_start(message, receive_option=3),  # type: ignore[arg-type]
        lambda: channel.read_body(message, None),  # type: ignore[arg-type]
        lambda: channel.read_body(message, BODY, option=9),  # type: ignore[arg-type]
        lambda: channel.fill_body(message, 1.5),  # type: ignore[arg-type]
        lambda: channel.read_message_end(other),
        lambda: channel.receive_items(message, D),
        lambda: channel.receive_items(other, ITEMS),
        lambda: channel.receive_items(message, None),  # type: ignore[arg-type]
        lambda: channel.abandon_message(None),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(InvalidArgument):
            call()
    assert message.state is MessageState.EMPTY
