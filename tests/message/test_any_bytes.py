"""Whatever bytes come: a message, or one typed error; and nothing that was refused changes the message."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fake_transport import FakeTransport, response
from tests.support.tables import ADDRESSING_10, BODY, ENVELOPE_11, ENVELOPE_12
from wsx.channel import Channel, ChannelState
from wsx.descriptions import MessageDescription, ReadOption
from wsx.errors import ErrorCode, InvalidOperation, WsError
from wsx.message import EnvelopeVersion, HeaderType, Message, MessageInitialization, MessageState

VALID = (
    f'<?xml version="1.0"?><s:Envelope xmlns:s="{ENVELOPE_12}" xmlns:a="{ADDRESSING_10}"><s:Header>'
    '<a:Action s:mustUnderstand="1">urn:x</a:Action><a:RelatesTo>urn:y</a:RelatesTo></s:Header>'
    '<s:Body><u xmlns="ns"><val>1</val></u></s:Body></s:Envelope>'
).encode()
REQUEST = (
    f'<s:Envelope xmlns:s="{ENVELOPE_12}" xmlns:a="{ADDRESSING_10}"><s:Header><a:MessageID>urn:uuid:1</a:MessageID>'
    '<a:ReplyTo s:mustUnderstand="1"><a:Address>http://x/</a:Address><a:ReferenceParameters><p:k xmlns:p="urn:p" '
    'a:IsReferenceParameter="1">1</p:k><l xmlns:a="urn:a"/></a:ReferenceParameters></a:ReplyTo><a:FaultTo><a:Address/>'
    '</a:FaultTo><h s:mustUnderstand="1" s:role=""/></s:Header><s:Body/></s:Envelope>'
).encode()
FAULT_11 = (
    f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring>'
    '<detail a="b"><c/></detail></s:Fault></s:Body></s:Envelope>'
).encode()
FAULT_12 = (
    f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>s:x'
    '</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">x</s:Text></s:Reason><s:Detail><c/></s:Detail>'
    "</s:Fault></s:Body></s:Envelope>"
).encode()

PIECES = [
    b"<",
    b">",
    b"/",
    b"&",
    b"'",
    b'"',
    b" ",
    b"\x00",
    b"\xff",
    b"<!--",
    b"<![CDATA[",
    b"<!DOCTYPE x>",
    b"</s:Body>",
]


@st.composite
def damaged(draw: st.DrawFn, documents: tuple[bytes, ...] = (VALID, FAULT_11, FAULT_12)) -> bytes:
    """A document with a few places cut out, doubled or filled with something else."""
    data = draw(st.sampled_from(documents))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        filling = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4), st.just(data[start:end] * 2)))
        data = data[:start] + filling + data[end:]
    return data


def read_everything(message: Message, data: bytes) -> None:
    message.read_envelope_start(data)
    option = ReadOption.OPTIONAL_POINTER
    for kind in (HeaderType.ACTION, HeaderType.RELATES_TO):
        message.get_header(kind, option=option)
    assert message.header_buffer
    assert isinstance(message.must_understand_headers, tuple)
    if message.is_fault:
        message.read_fault()
    else:
        message.read_body(BODY, option)
    message.read_envelope_end()


def failure_of(call: Callable[[], object]) -> WsError | None:
    """What ``call`` raises; anything but a WsError goes through."""
    try:
        call()
    except WsError as error:
        return error
    return None


DATA = st.one_of(damaged(), st.binary(max_size=200))
VERSIONS = st.sampled_from([EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2])
CONTENT_TYPES = [
    "text/xml",
    "application/soap+xml; charset=utf-8",
    "application/soap+xml;charset=utf-16",
    "a/b; c=",
    None,
]


@settings(max_examples=400, deadline=None)
@given(DATA, VERSIONS)
def test_messages(data: bytes, version: EnvelopeVersion) -> None:
    message = Message(version)
    error = failure_of(lambda: read_everything(message, data))
    if error is None:
        assert message.state is MessageState.DONE
    else:
        assert error.code in (ErrorCode.WS_E_INVALID_FORMAT, ErrorCode.WS_E_QUOTA_EXCEEDED)


@settings(max_examples=200, deadline=None)
@given(
    DATA,
    st.sampled_from([200, 202, 400, 500, 404, 302]),
    st.one_of(st.sampled_from(CONTENT_TYPES), st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)),
)
def test_responses(data: bytes, status: int, content_type: str | None) -> None:
    channel = Channel(transport=FakeTransport([response(data, status=status, content_type=content_type)]))
    channel.open("http://127.0.0.1:8080/")
    message = channel.create_message()

    def exchange() -> None:
        channel.send_message(channel.create_message(), MessageDescription("urn:act"))
        channel.receive_message(message, [MessageDescription("urn:x", BODY)])

    error = failure_of(exchange)
    assert error is None or (not isinstance(error, InvalidOperation) and error.url == "http://127.0.0.1:8080/")
    assert channel.state is ChannelState.OPEN
    message.reset()
    assert message.state is MessageState.EMPTY


@given(damaged((REQUEST,)), st.sampled_from(["DUPLICATE", "REPLY", "FAULT"]))
@settings(max_examples=300, deadline=None)
def test_the_answer_to_a_damaged_request(data: bytes, name: str) -> None:
    source = Message()
    if failure_of(lambda: source.read_envelope_start(data)) is not None:
        return
    failure_of(source.check_must_understand_headers)
    answer = Message()
    if failure_of(lambda: answer.initialize(MessageInitialization[name], source)) is not None:
        assert answer.state is MessageState.EMPTY
        return
    # What wsx writes it reads, whatever was copied into it.
    answer.write_envelope_start()
    read = Message()
    read.read_envelope_start(answer.write_envelope_end())
    read.read_envelope_end()
    assert len(read._headers) == len(answer._headers)
    assert [header.name for header in read._headers] == [header.name for header in answer._headers]
