"""What a channel makes of responses: messages, matching, faults, charsets, and correlation."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable

import pytest

from tests.support.fake_transport import SOAP_11, SOAP_12, FakeTransport, response
from tests.support.tables import ADDRESSING_09, ADDRESSING_10, BODY, ENVELOPE_11, ENVELOPE_12, HEADER, int32
from wsx.channel import Channel, ChannelProperties, ChannelState, Received, ReceiveOption
from wsx.descriptions import MessageDescription, ReadOption
from wsx.errors import (
    EndpointActionNotSupported,
    EndpointFailure,
    EndpointFaultReceived,
    ErrorCode,
    InvalidFormat,
    InvalidOperation,
    QuotaExceeded,
    WsError,
)
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderType, MessageState, read_fault_detail
from wsx.message.fault_errors import FAULT_ERRORS, fault_error_code
from wsx.quotas import Quotas
from wsx.transport import HttpHead
from wsx.values import Fault, FaultCode, FaultReason, XmlQName

URL = "http://127.0.0.1:8080/svc"
V11, V12 = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2
A09, A10, TRANSPORT = AddressingVersion.V0_9, AddressingVersion.V1_0, AddressingVersion.TRANSPORT
REQUEST = MessageDescription("urn:act", int32("req"))
REPLY = MessageDescription("urn:reply", int32("resp"))
RESP = '<resp xmlns="ns">-2</resp>'


def envelope(
    body: str = RESP,
    *,
    action: str | None = "urn:reply",
    header: str = "",
    version: EnvelopeVersion = V12,
    addressing: str = ADDRESSING_10,
) -> str:
    ns = ENVELOPE_11 if version is V11 else ENVELOPE_12
    if action is not None:
        header += f"<a:Action>{action}</a:Action>"
    return (
        f'<s:Envelope xmlns:s="{ns}" xmlns:a="{addressing}"><s:Header>{header}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    )


def sent(
    answer: tuple[HttpHead, bytes],
    version: EnvelopeVersion = V12,
    addressing: AddressingVersion = A10,
    **properties: object,
) -> Channel:
    """An open channel whose request was answered with ``answer``."""
    made = ChannelProperties(envelope_version=version, addressing_version=addressing, **properties)  # type: ignore[arg-type]
    channel = Channel(properties=made, transport=FakeTransport([answer]))
    channel.open(URL)
    channel.send_message(channel.create_message(), REQUEST, 1)
    return channel


def test_a_reply() -> None:
    channel = sent(response(envelope()))
    message = channel.create_message()
    received = channel.receive_message(message, [REPLY])
    assert received == Received(0, -2)
    assert received is not None
    assert (received.index, received.value) == (0, -2)
    assert message.state is MessageState.DONE
    assert message.get_header(HeaderType.ACTION) == "urn:reply"
    assert message.is_addressed
    assert not message.is_fault
    with pytest.raises(InvalidOperation, match="no request"):
        channel.receive_message(channel.create_message(), [REPLY])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206])
def test_no_message(status: int) -> None:
    answer = response("", status=status, content_type=None)
    channel = sent(answer)
    message = channel.create_message()
    assert channel.receive_message(message, [REPLY], receive_option=ReceiveOption.OPTIONAL_MESSAGE) is None
    assert message.state is MessageState.EMPTY
    channel = sent(answer)
    with pytest.raises(InvalidFormat, match="without a message") as caught:
        channel.receive_message(message, [REPLY])
    assert caught.value.url == URL
    assert channel.state is ChannelState.OPEN


def test_202_with_a_message() -> None:
    channel = sent(response(envelope(), status=202))
    assert channel.receive_message(channel.create_message(), [REPLY]) == (0, -2)


OTHER = MessageDescription("urn:other", int32("other"))
ANYTHING = MessageDescription(None, int32("resp"))


@pytest.mark.parametrize(
    ("descriptions", "action", "index"),
    [
        ([OTHER, REPLY, ANYTHING], "urn:reply", 1),
        ([ANYTHING, REPLY], "urn:reply", 0),
        ([OTHER, ANYTHING], "urn:unknown", 1),
        ([OTHER, ANYTHING], None, 1),
        ((OTHER, REPLY, REPLY), "urn:reply", 1),
    ],
)
def test_the_first_description_that_matches(
    descriptions: list[MessageDescription], action: str | None, index: int
) -> None:
    channel = sent(response(envelope(action=action)))
    assert channel.receive_message(channel.create_message(), descriptions) == (index, -2)


@pytest.mark.parametrize("action", [None, "urn:REPLY", "urn:reply/", "urn:act"])
def test_no_description_matches(action: str | None) -> None:
    channel = sent(response(envelope(action=action)))
    message = channel.create_message()
    with pytest.raises(InvalidFormat, match="no description matches"):
        channel.receive_message(message, [REPLY, OTHER])
    assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)


def test_transport_replies_have_no_action() -> None:
    answer = f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body>{RESP}</s:Body></s:Envelope>'
    channel = sent(response(answer, content_type=SOAP_11), V11, TRANSPORT)
    assert channel.receive_message(channel.create_message(), [REPLY, OTHER]) == (0, -2)


def test_a_description_without_body() -> None:
    channel = sent(response(envelope("")))
    assert channel.receive_message(channel.create_message(), [MessageDescription("urn:reply")]) == (0, None)
    channel = sent(response(envelope()))
    with pytest.raises(InvalidFormat):
        channel.receive_message(channel.create_message(), [MessageDescription("urn:reply")])


def test_an_optional_body() -> None:
    channel = sent(response(envelope("")))
    option = ReadOption.OPTIONAL_POINTER
    assert channel.receive_message(channel.create_message(), [REPLY], option=option) == (0, None)
    channel = sent(response(envelope("")))
    with pytest.raises(InvalidFormat):
        channel.receive_message(channel.create_message(), [REPLY])


def test_headers_of_a_reply() -> None:
    header = '<h:header xmlns:h="ns" s:mustUnderstand="1">v</h:header>'
    channel = sent(response(envelope(header=header)))
    message = channel.create_message()
    channel.receive_message(message, [REPLY])
    found = [message.must_understand_headers]
    assert message.get_custom_header(HEADER) == {"value": "v"}
    found.append(message.must_understand_headers)
    assert found == [(XmlQName("header", "ns"),), ()]


BAD = [
    pytest.param("x" * 100, None, id="text"),
    pytest.param("<resp xmlns='ns'>-2</resp>", None, id="no envelope"),
    pytest.param(envelope(version=V11), None, id="other version"),
    pytest.param(envelope('<resp xmlns="ns">two</resp>'), "resp", id="value"),
    pytest.param(envelope('<resp xmlns="other">-2</resp>'), None, id="namespace"),
    pytest.param(envelope('<other xmlns="ns">-2</other>'), None, id="name"),
    pytest.param(envelope(RESP * 2), None, id="two bodies"),
    pytest.param(envelope()[:-5], None, id="truncated"),
    pytest.param(envelope() + "<more/>", None, id="more"),
    pytest.param("<!DOCTYPE s:Envelope>" + envelope(), None, id="DTD"),
    pytest.param(
        '<!DOCTYPE s:Envelope [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + envelope("<resp xmlns='ns'>&x;</resp>"),
        None,
        id="external entity",
    ),
    pytest.param(envelope('<resp xmlns="ns">&nbsp;</resp>'), "resp", id="entity"),
]


@pytest.mark.parametrize(("answer", "path"), BAD)
def test_replies_that_do_not_match(answer: str, path: str | None) -> None:
    channel = sent(response(answer))
    message = channel.create_message()
    with pytest.raises(InvalidFormat) as caught:
        channel.receive_message(message, [REPLY])
    error = caught.value
    assert error.url == URL
    assert error.offset is not None
    if path is not None:
        assert error.path is not None
        assert error.path.endswith(path)
    again: WsError = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert str(again) == str(error)
    assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)


def test_the_place_of_a_bad_value_in_a_struct() -> None:
    answer = envelope('<u xmlns="ns">\n <val>seven</val></u>')
    channel = sent(response(answer))
    with pytest.raises(InvalidFormat) as caught:
        channel.receive_message(channel.create_message(), [MessageDescription(None, BODY)])
    assert caught.value.path is not None
    assert caught.value.path.endswith("u/val")
    assert answer.index("<val>") <= (caught.value.offset or 0) <= answer.index("</val>")


def test_the_quotas_of_the_channel() -> None:
    channel = sent(response(envelope()), quotas=Quotas(max_depth=2))
    with pytest.raises(QuotaExceeded) as caught:
        channel.receive_message(channel.create_message(), [REPLY])
    assert caught.value.url == URL
    channel = sent(response(envelope(header="<x/>" * 3)), max_processed_headers=3)
    with pytest.raises(QuotaExceeded, match="max_processed_headers"):
        channel.receive_message(channel.create_message(), [REPLY])


def test_a_message_in_the_wrong_state_loses_nothing() -> None:
    channel = sent(response(envelope()))
    message = channel.create_message()
    message.initialize()
    with pytest.raises(InvalidOperation, match="INITIALIZED"):
        channel.receive_message(message, [REPLY])
    message.reset()
    assert channel.receive_message(message, [REPLY]) == (0, -2)


CHARSETS: list[tuple[str, Callable[[str], bytes]]] = [
    ("", lambda t: t.encode()),
    ("; charset=utf-8", lambda t: t.encode()),
    ('; charset="UTF-8"', lambda t: b"\xef\xbb\xbf" + t.encode()),
    (";charset=Utf8 ; x=y", lambda t: t.encode()),
    ("; charset=us-ascii", lambda t: t.encode()),
    ("; charset=utf-16", lambda t: t.encode("utf-16")),
    ("; charset=utf-16", lambda t: b"\xfe\xff" + t.encode("utf-16-be")),
    ("; charset=utf-16", lambda t: t.encode("utf-16-le")),
    ('; action="x;charset=y"; charset=utf-16LE', lambda t: t.encode("utf-16-le")),
    ("; charset=utf-16BE", lambda t: ('<?xml version="1.0" encoding="utf-16"?>' + t).encode("utf-16-be")),
]


@pytest.mark.parametrize(("parameters", "encode"), CHARSETS)
def test_charsets(parameters: str, encode: Callable[[str], bytes]) -> None:
    answer = response(encode(envelope()), content_type=f"Application/SOAP+xml{parameters}")
    channel = sent(answer)
    assert channel.receive_message(channel.create_message(), [REPLY]) == (0, -2)


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("x'", envelope().encode(), "x'"),
        ("iso-8859-1", envelope().encode(), "iso-8859-1"),
        ("utf-16", envelope().encode("utf-16")[:-1], "utf-16"),
        ("utf-16be", b"\xd8\x00" + envelope().encode("utf-16-be"), "utf-16be"),
    ],
)
def test_charsets_that_are_none(charset: str, data: bytes, text: str) -> None:
    channel = sent(response(data, content_type=f"application/soap+xml; charset={charset}"))
    with pytest.raises(InvalidFormat, match=text):
        channel.receive_message(channel.create_message(), [REPLY])


def fault_11(code: str = "s:Client", detail: str = "", declarations: str = "") -> str:
    return (
        f'<s:Envelope xmlns:s="{ENVELOPE_11}"{declarations}><s:Body><s:Fault><faultcode>{code}</faultcode>'
        f"<faultstring>it broke</faultstring>{detail}</s:Fault></s:Body></s:Envelope>"
    )


def fault_12(subcode: tuple[str, str] | None = None) -> str:
    inner = ""
    if subcode is not None:
        inner = f'<s:Subcode><s:Value xmlns:p="{subcode[0]}">p:{subcode[1]}</s:Value></s:Subcode>'
    return (
        f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value>{inner}</s:Code>'
        '<s:Reason><s:Text xml:lang="en">it broke</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>'
    )


@pytest.mark.parametrize("status", [500, 400, 200])
def test_a_fault(status: int) -> None:
    detail = '<detail><u xmlns="ns"><val>3</val></u></detail>'
    channel = sent(response(fault_11(detail=detail), status=status, content_type=SOAP_11), V11, TRANSPORT)
    message = channel.create_message()
    with pytest.raises(EndpointFaultReceived) as caught:
        channel.receive_message(message, [REPLY])
    error = caught.value
    assert error.code is ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED
    assert error.fault is not None
    assert error.fault.code == FaultCode(XmlQName("Client", ENVELOPE_11))
    assert len(error.fault.reasons) == 1
    assert read_fault_detail(error.fault, BODY) == {"val": 3}
    assert error.strings[1] == "The fault reason was: 'it broke'."
    assert (error.url, error.original) == (URL, status)
    assert (message.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)
    again: WsError = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert again.fault == error.fault


@pytest.mark.parametrize("name", FAULT_ERRORS)
def test_faults_that_mean_a_condition(name: tuple[str, str]) -> None:
    code = FAULT_ERRORS[name]
    for as_errors in (True, False):
        channel = sent(response(fault_12(name), status=400), faults_as_errors=as_errors)
        with pytest.raises(WsError) as caught:
            channel.receive_message(channel.create_message(), [REPLY])
        assert caught.value.code is (code if as_errors else ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED)
        assert caught.value.fault is not None


@pytest.mark.parametrize("ns", [ADDRESSING_09, ADDRESSING_10])
def test_soap_11_has_the_telling_code_in_faultcode(ns: str) -> None:
    answer = fault_11("a:ActionNotSupported", declarations=f' xmlns:a="{ns}"')
    channel = sent(response(answer, status=500, content_type=SOAP_11), V11, TRANSPORT)
    with pytest.raises(EndpointActionNotSupported):
        channel.receive_message(channel.create_message(), [REPLY])


def test_the_most_specific_code_decides() -> None:
    busy = FaultCode(
        XmlQName("ServerTooBusy", "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher")
    )
    unavailable = FaultCode(XmlQName("EndpointUnavailable", ADDRESSING_10), busy)
    fault = Fault(FaultCode(XmlQName("Receiver", ENVELOPE_12), unavailable), (FaultReason("x"),))
    assert fault_error_code(fault) is ErrorCode.WS_E_ENDPOINT_TOO_BUSY
    other = Fault(FaultCode(XmlQName("ActionNotSupported", "urn:other")), (FaultReason("x"),))
    assert fault_error_code(other) is ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED


@pytest.mark.parametrize("status", [500, 400])
@pytest.mark.parametrize(
    "answer",
    [
        "not XML",
        f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Body><s:Fault/></s:Body></s:Envelope>',
        fault_11(),
    ],
)
def test_error_statuses_without_a_readable_fault(status: int, answer: str) -> None:
    channel = sent(response(answer, status=status))
    with pytest.raises(EndpointFailure) as caught:
        channel.receive_message(channel.create_message(), [REPLY])
    assert (caught.value.original, caught.value.url) == (status, URL)
    assert channel.state is ChannelState.OPEN


def test_error_statuses_with_a_message_that_is_no_fault() -> None:
    channel = sent(response(envelope(), status=500))
    assert channel.receive_message(channel.create_message(), [REPLY]) == (0, -2)
    channel = sent(response(envelope(), status=400))
    with pytest.raises(EndpointFailure):
        channel.receive_message(channel.create_message(), [REPLY])


def test_a_fault_that_is_none_with_status_200() -> None:
    channel = sent(response(f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Body><s:Fault/></s:Body></s:Envelope>'))
    with pytest.raises(InvalidFormat, match="no Code"):
        channel.receive_message(channel.create_message(), [REPLY])


class Echo(FakeTransport):
    """Answers with a reply that relates to the request; ``change`` makes the RelatesTo header of its MessageID."""

    def __init__(self, change: Callable[[str], str], *, version: EnvelopeVersion = V12, addressing: str) -> None:
        super().__init__()
        self.change = change
        self.version = version
        self.addressing = addressing
        self.answers.append(self.answer)

    def answer(self) -> tuple[HttpHead, bytes]:
        found = re.search(rb"<a:MessageID>([^<]*)</a:MessageID>", self.requests[-1].body or b"")
        header = self.change("" if found is None else found[1].decode())
        content_type = SOAP_11 if self.version is V11 else SOAP_12
        text = envelope(header=header, version=self.version, addressing=self.addressing)
        return response(text, content_type=content_type)


def echo_channel(transport: FakeTransport, version: EnvelopeVersion, addressing: AddressingVersion) -> Channel:
    properties = ChannelProperties(envelope_version=version, addressing_version=addressing)
    channel = Channel(properties=properties, transport=transport)
    channel.open(URL)
    return channel


@pytest.mark.parametrize("version", [V11, V12])
@pytest.mark.parametrize(("addressing", "ns"), [(A09, ADDRESSING_09), (A10, ADDRESSING_10)])
def test_request_reply(version: EnvelopeVersion, addressing: AddressingVersion, ns: str) -> None:
    transport = Echo(lambda found: f"<a:RelatesTo>{found}</a:RelatesTo>", version=version, addressing=ns)
    channel = echo_channel(transport, version, addressing)
    request, reply = channel.create_message(), channel.create_message()
    assert channel.request_reply(request, REQUEST, 1, reply, REPLY) == -2
    assert request.state is reply.state is MessageState.DONE
    assert request.get_header(HeaderType.MESSAGE_ID) == reply.get_header(HeaderType.RELATES_TO)
    data = transport.requests[0].body or b""
    assert (b"<a:ReplyTo>" in data) is (addressing is A09)
    order = [data.index(name) for name in (b"<a:Action", b"<a:MessageID", b"<a:To ")]
    assert order == sorted(order)


def test_request_reply_adds_an_id_that_is_missing() -> None:
    transport = Echo(lambda found: f"<a:RelatesTo>{found}</a:RelatesTo>", addressing=ADDRESSING_10)
    channel = echo_channel(transport, V12, A10)
    request = channel.create_message()
    request.initialize()
    request.add_custom_header(HEADER, {"value": "v"})
    assert channel.request_reply(request, REQUEST, 1, channel.create_message(), REPLY) == -2
    assert re.search(b"</a:MessageID><a:To .*<header", transport.requests[0].body or b"")


def test_request_reply_with_transport_addressing() -> None:
    answer = f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body>{RESP}</s:Body></s:Envelope>'
    transport = FakeTransport([response(answer, content_type=SOAP_11)])
    channel = echo_channel(transport, V11, TRANSPORT)
    assert channel.request_reply(channel.create_message(), REQUEST, 1, channel.create_message(), REPLY) == -2
    assert b"Header" not in (transport.requests[0].body or b"")


@pytest.mark.parametrize("header", ["", "<a:RelatesTo>urn:uuid:0</a:RelatesTo>", "<a:RelatesTo/>"])
def test_replies_to_something_else(header: str) -> None:
    channel = echo_channel(Echo(lambda _: header, addressing=ADDRESSING_10), V12, A10)
    reply = channel.create_message()
    with pytest.raises(InvalidFormat, match="relates to") as caught:
        channel.request_reply(channel.create_message(), REQUEST, 1, reply, REPLY)
    assert caught.value.url == URL
    assert (reply.state, channel.state) == (MessageState.DONE, ChannelState.OPEN)


def test_request_reply_checks_the_action() -> None:
    transport = Echo(lambda found: f"<a:RelatesTo>{found}</a:RelatesTo>", addressing=ADDRESSING_10)
    channel = echo_channel(transport, V12, A10)
    with pytest.raises(InvalidFormat, match="no description"):
        channel.request_reply(channel.create_message(), REQUEST, 1, channel.create_message(), OTHER)


def test_a_fault_need_not_relate() -> None:
    channel = echo_channel(FakeTransport([response(fault_12(), status=500)]), V12, A10)
    with pytest.raises(EndpointFaultReceived):
        channel.request_reply(channel.create_message(), REQUEST, 1, channel.create_message(), REPLY)


def test_request_reply_without_a_message() -> None:
    transport = FakeTransport([response("", status=202)])
    channel = echo_channel(transport, V12, A10)
    reply = channel.create_message()
    with pytest.raises(InvalidFormat, match="without a message"):
        channel.request_reply(channel.create_message(), REQUEST, 1, reply, REPLY)
    assert reply.state is MessageState.EMPTY
    transport.answers.append(response())
    channel.send_message(channel.create_message(), REQUEST, 1)
