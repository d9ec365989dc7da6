"""Every operation in every state of a message: what the table allows works, everything else is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.tables import BODY, ENVELOPE_12, HEADER, int32
from wsx.descriptions import ReadOption, Type, WriteOption
from wsx.errors import ErrorCode, InvalidArgument, InvalidFormat, InvalidOperation
from wsx.message import EnvelopeVersion, HeaderType, Message, MessageState
from wsx.message.enums import MessageInitialization
from wsx.message.headers import HeaderRank, standard_header
from wsx.message.states import TRANSITIONS, MessageOperation
from wsx.message.versions import Versions
from wsx.values import EndpointAddress, Fault, FaultCode, FaultReason, XmlQName

ENVELOPE = (
    f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Header><known xmlns="urn:known">1</known></s:Header>'
    '<s:Body><u xmlns="ns"><val>1</val></u></s:Body></s:Envelope>'
).encode()
FAULT = Fault(FaultCode(XmlQName("Sender")), (FaultReason("no", "en"),))
SOURCE = Message()
SOURCE.initialize(MessageInitialization.REQUEST)


def read(message: Message) -> None:
    message.read_envelope_start(ENVELOPE)
    message.read_body(BODY)


def initialize(message: Message) -> None:
    message.initialize()
    message.add_custom_header(int32("known", "urn:known"), 1)


def write(message: Message) -> None:
    initialize(message)
    message.write_envelope_start()


def finish(message: Message) -> None:
    write(message)
    message.write_envelope_end()


def nothing(message: Message) -> None:
    assert message.state is MessageState.EMPTY


REACH: dict[MessageState, Callable[[Message], None]] = {
    MessageState.EMPTY: nothing,
    MessageState.INITIALIZED: initialize,
    MessageState.READING: read,
    MessageState.WRITING: write,
    MessageState.DONE: finish,
}


def send(message: Message) -> None:
    versions: Versions = message.versions
    message.check_send()
    to = standard_header(versions, HeaderType.TO, "http://x/", HeaderRank.TO)
    message.encode(None, to, BODY, {"val": 1}, WriteOption.REQUIRED_VALUE)


def receive(message: Message) -> None:
    message.check_receive()
    message.read_envelope_start(ENVELOPE)
    message.finish_receive()


def read_missing_part(message: Message) -> None:
    # In READING the body was read already: an optional further part is not there.
    assert message.read_body(BODY, ReadOption.OPTIONAL_POINTER) is None


# The calls that stand for each row of the table. All succeed when the state allows them.
CALLS: dict[MessageOperation, list[Callable[[Message], object]]] = {
    MessageOperation.INITIALIZE: [
        Message.initialize,
        lambda m: m.initialize(MessageInitialization.REQUEST),
        lambda m: m.initialize(MessageInitialization.DUPLICATE, SOURCE),
        lambda m: m.initialize(MessageInitialization.REPLY, SOURCE),
        lambda m: m.initialize(MessageInitialization.FAULT, SOURCE),
    ],
    MessageOperation.ADDRESS: [lambda m: m.address("http://x/")],
    MessageOperation.CHANGE_HEADER: [
        lambda m: m.set_header(HeaderType.ACTION, "urn:x"),
        lambda m: m.remove_header(HeaderType.ACTION),
        lambda m: m.add_custom_header(HEADER, {"value": "v"}),
        lambda m: m.remove_custom_header("header", "ns"),
        lambda m: m.set_header(HeaderType.REPLY_TO, EndpointAddress("http://x/")),
        lambda m: m.add_mapped_header("X-Name", "v"),
        lambda m: m.remove_mapped_header("X-Name"),
    ],
    MessageOperation.GET_HEADER: [
        lambda m: m.get_header(HeaderType.ACTION, option=ReadOption.OPTIONAL_POINTER),
        lambda m: m.get_custom_header(HEADER, option=ReadOption.OPTIONAL_POINTER),
        lambda m: m.get_mapped_header("X-Name", option=ReadOption.OPTIONAL_POINTER),
        lambda m: m.get_header_attributes("known", "urn:known"),
    ],
    MessageOperation.CHECK_MUST_UNDERSTAND_HEADERS: [Message.check_must_understand_headers],
    MessageOperation.MARK_HEADER_AS_UNDERSTOOD: [lambda m: m.mark_header_as_understood("known", "urn:known")],
    MessageOperation.GET_PROPERTY: [
        lambda m: m.is_fault,
        lambda m: m.is_addressed,
        lambda m: m.header_buffer,
        lambda m: m.must_understand_headers,
        lambda m: m.mapped_headers,
    ],
    MessageOperation.SET_PROPERTY: [lambda m: setattr(m, "is_fault", True)],
    MessageOperation.WRITE_ENVELOPE_START: [Message.write_envelope_start],
    MessageOperation.WRITE_BODY: [lambda m: m.write_body(BODY, {"val": 1}), lambda m: m.write_fault(FAULT)],
    MessageOperation.FLUSH_BODY: [Message.flush_body],
    MessageOperation.WRITE_ENVELOPE_END: [Message.write_envelope_end],
    MessageOperation.READ_ENVELOPE_START: [lambda m: m.read_envelope_start(ENVELOPE)],
    MessageOperation.READ_BODY: [read_missing_part],
    MessageOperation.FILL_BODY: [Message.fill_body],
    MessageOperation.READ_ENVELOPE_END: [Message.read_envelope_end],
    MessageOperation.SEND: [send],
    MessageOperation.RECEIVE: [receive],
    MessageOperation.ABANDON: [Message.abandon],
    MessageOperation.RESET: [Message.reset],
}

CASES = [
    pytest.param(state, operation, call, id=f"{state.name}-{operation.name}-{number}")
    for state in MessageState
    for operation, calls in CALLS.items()
    for number, call in enumerate(calls)
]


def test_every_operation_and_state_is_in_the_tables() -> None:
    assert set(TRANSITIONS) == set(MessageOperation) == set(CALLS)
    assert set(REACH) == set(MessageState)
    assert all(row.operation is operation for operation, row in TRANSITIONS.items())


@pytest.mark.parametrize(("state", "operation", "call"), CASES)
def test_the_table_decides(state: MessageState, operation: MessageOperation, call: Callable[[Message], object]) -> None:
    message = Message()
    REACH[state](message)
    assert message.state is state
    row = TRANSITIONS[operation]
    if state not in row.required:
        buffer = message.header_buffer if state is not MessageState.EMPTY else b""
        with pytest.raises(InvalidOperation, match=state.name) as caught:
            call(message)
        assert caught.value.code is ErrorCode.WS_E_INVALID_OPERATION
        assert message.state is state
        assert state is MessageState.EMPTY or message.header_buffer == buffer
        return
    if operation is MessageOperation.ADDRESS and state is MessageState.READING:
        # A message that was read counts as addressed.
        with pytest.raises(InvalidOperation, match="already addressed"):
            call(message)
        return
    call(message)
    assert message.state is (row.success or state)


@pytest.mark.parametrize("state", MessageState)
def test_bad_arguments_come_before_bad_states(state: MessageState) -> None:
    message = Message()
    REACH[state](message)
    calls: list[Callable[[], object]] = [
        lambda: message.initialize(9),  # type: ignore[arg-type]
        lambda: message.initialize(MessageInitialization.BLANK, Message()),
        lambda: message.initialize(MessageInitialization.REPLY),
        lambda: message.address(5),  # type: ignore[arg-type]
        lambda: message.address("http://x/\r\nX: y"),
        lambda: message.set_header(0, "x"),  # type: ignore[arg-type]
        lambda: message.set_header(HeaderType.ACTION, None),  # type: ignore[arg-type]
        lambda: message.get_header(HeaderType.ACTION, option=ReadOption.NILLABLE_POINTER),
        lambda: message.add_custom_header(None, 1),  # type: ignore[arg-type]
        lambda: message.add_custom_header(HEADER, {"value": "v"}, attributes=4),  # type: ignore[arg-type]
        lambda: message.add_custom_header(HEADER, {"value": "v"}, attributes=[]),  # type: ignore[arg-type]
        lambda: message.add_custom_header(int, 1),
        lambda: message.get_custom_header(HEADER, index=1),
        lambda: message.remove_custom_header(None, "ns"),  # type: ignore[arg-type]
        lambda: message.initialize(MessageInitialization.DUPLICATE, Message(EnvelopeVersion.SOAP_1_1)),
        lambda: message.set_header(HeaderType.FROM, "http://x/"),
        lambda: message.set_header(HeaderType.FROM, EndpointAddress("http://x/\n")),
        lambda: message.set_header(HeaderType.ACTION, EndpointAddress("http://x/")),
        lambda: message.get_header(HeaderType.ACTION, value_type=Type.UNIQUE_ID),
        lambda: message.get_header(HeaderType.FROM, value_type=Type.STRING),
        lambda: message.address(EndpointAddress("http://x/\n")),
        lambda: message.add_custom_header(HEADER, {"value": "v"}, role="urn:\n"),
        lambda: message.get_header_attributes("h", "ns", index=-1),
        lambda: message.get_header_attributes("h", None),  # type: ignore[arg-type]
        lambda: message.mark_header_as_understood(None, "ns"),  # type: ignore[arg-type]
        lambda: message.add_mapped_header("X", "a\r\nY: b"),
        lambda: message.get_mapped_header(None),  # type: ignore[arg-type]
        lambda: message.remove_mapped_header(None),  # type: ignore[arg-type]
        lambda: setattr(message, "is_fault", 1),
        lambda: message.write_fault(None),  # type: ignore[arg-type]
        lambda: message.flush_body(-1),
        lambda: message.fill_body(-1),
        lambda: message.write_envelope_start("out"),  # type: ignore[arg-type]
        lambda: message.write_body(None, 1),  # type: ignore[arg-type]
        lambda: message.read_envelope_start(None),  # type: ignore[arg-type]
        lambda: message.read_body(None),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(InvalidArgument) as caught:
            call()
        assert caught.value.code is ErrorCode.E_INVALIDARG
        assert message.state is state


def test_remove_header_checks_the_state_first() -> None:
    message = Message()
    with pytest.raises(InvalidOperation):
        message.remove_header(0)  # type: ignore[arg-type]
    message.initialize()
    with pytest.raises(InvalidArgument):
        message.remove_header(0)  # type: ignore[arg-type]


def test_an_envelope_end_that_fails_is_an_end() -> None:
    message = Message()
    message.read_envelope_start(ENVELOPE)
    with pytest.raises(InvalidFormat):
        message.read_envelope_end()
    assert message.state is MessageState.DONE


def test_an_envelope_start_that_fails_changes_nothing() -> None:
    message = Message()
    with pytest.raises(InvalidFormat):
        message.read_envelope_start(b"<x/>")
    states = [message.state]
    message.read_envelope_start(ENVELOPE)
    states.append(message.state)
    assert states == [MessageState.EMPTY, MessageState.READING]


def test_a_send_that_fails_leaves_the_message_done() -> None:
    message = Message()
    to = standard_header(message.versions, HeaderType.TO, "http://x/", HeaderRank.TO)
    with pytest.raises(InvalidArgument):
        message.encode(None, to, BODY, {"val": "one"}, WriteOption.REQUIRED_VALUE)
    assert message.state is MessageState.DONE


def test_addressing_twice_is_refused() -> None:
    message = Message()
    message.initialize()
    found = [message.is_addressed]
    message.address(None)
    found.append(message.is_addressed)
    with pytest.raises(InvalidOperation, match="already addressed"):
        message.address("http://x/")
    message.reset()
    message.initialize()
    found.append(message.is_addressed)
    assert found == [False, True, False]


def test_reset_keeps_the_versions_alone() -> None:
    message = Message()
    message.initialize(MessageInitialization.REQUEST)
    message.add_custom_header(HEADER, {"value": "v"})
    message.write_envelope_start()
    message.reset()
    assert message.state is MessageState.EMPTY
    assert (message.envelope_version, message.addressing_version) == (Message().envelope_version, 2)
    message.initialize()
    message.write_envelope_start()
    assert b"header" not in message.write_envelope_end()
