"""wsx against a SOAP service that is not ours: PHP's SoapServer, which reads with libxml2 and its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal

import pytest

import wsx
from tests.interop.php_service import php_service
from tests.interop.send_tables import NAMESPACE, Line, Session, SubmitOrder, SubmitOrderResponse
from wsx.channel import Channel, ChannelProperties, ChannelState
from wsx.errors import EndpointFaultReceived, WsError
from wsx.message import (
    AddressingVersion,
    EnvelopeVersion,
    HeaderAttribute,
    Message,
    MessageInitialization,
    read_fault_detail,
)

pytestmark = pytest.mark.interop


@wsx.struct(ns=NAMESPACE, local_name="echoScalars")
class Scalars:
    flag: bool
    small: wsx.Int16
    number: wsx.Int32
    large: wsx.Int64
    ratio: float
    price: Decimal
    moment: datetime
    text: str
    data: bytes
    comment: str | None = None


@wsx.struct(ns=NAMESPACE, local_name="echoScalarsResponse")
class ScalarsBack:
    flag: bool
    small: wsx.Int16
    number: wsx.Int32
    large: wsx.Int64
    ratio: float
    price: Decimal
    moment: datetime
    text: str
    data: bytes
    comment: str | None = None


@wsx.struct(ns=NAMESPACE, local_name="whoAmI")
class WhoAmI:
    pass


@wsx.struct(ns=NAMESPACE, local_name="whoAmIResponse")
class WhoAmIResponse:
    token: str
    step: wsx.Int32
    raw: str


@wsx.struct(ns=NAMESPACE, local_name="refuse")
class Refuse:
    reason: str


@wsx.struct(ns=NAMESPACE, local_name="refusal")
class Refusal:
    reason: str
    limit: wsx.Int32


@wsx.struct(ns="urn:wsx:interop:unknown")
class Unknown:
    text: str


def described(body: type, operation: str) -> wsx.MessageDescription:
    return wsx.MessageDescription(f"{NAMESPACE}/{operation}", wsx.element_of(body))


def reply_of(body: type) -> wsx.MessageDescription:
    return wsx.MessageDescription(None, wsx.element_of(body))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with php_service(tmp_path_factory.mktemp("php")) as found:
        yield found


@pytest.fixture(params=[EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2], ids=lambda version: version.name)
def channel(request: pytest.FixtureRequest, url: str) -> Iterator[Channel]:
    # PHP knows no WS-Addressing: its headers would have to be understood.
    properties = ChannelProperties(
        envelope_version=request.param, addressing_version=AddressingVersion.TRANSPORT, receive_response_timeout=20
    )
    with Channel(properties=properties) as opened:
        opened.open(url)
        yield opened


def new_request(channel: Channel) -> Message:
    message = channel.create_message()
    message.initialize(MessageInitialization.BLANK)
    return message


TEXTS = [
    "",
    "plain",
    'markup <a b="c">&amp;</a> ]]>',
    "Zoë, Ōkawa, 😀, \u2028",
    "tab\tline\nreturn\r\nend",
    "  blanks  ",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_scalars_come_back(channel: Channel, text: str) -> None:
    sent = Scalars(
        flag=True,
        small=-32768,
        number=2**31 - 1,
        large=-(2**63),
        ratio=1.5e-7,
        price=Decimal("-12345678901234567890.125"),
        moment=datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=timezone.utc),
        text=text,
        data=bytes(range(256)),
        comment=None if not text else text[::-1],
    )
    reply = channel.create_message()
    got = channel.request_reply(
        new_request(channel), described(Scalars, "echoScalars"), sent, reply, reply_of(ScalarsBack)
    )
    names = [field.name for field in wsx.struct_of(Scalars).fields]
    assert [getattr(got, name) for name in names] == [getattr(sent, name) for name in names]


@pytest.mark.parametrize("count", [0, 1, 3, 500])
def test_a_structure_with_a_list(channel: Channel, count: int) -> None:
    lines = [Line(product=f"part {n} & more", quantity=n + 1, unit_price=Decimal(n) / 4) for n in range(count)]
    got = channel.request_reply(
        new_request(channel),
        described(SubmitOrder, "submitOrder"),
        SubmitOrder(customer="Dvořák", lines=lines),
        channel.create_message(),
        reply_of(SubmitOrderResponse),
    )
    assert got.customer == "Dvořák"
    assert got.lines == count
    assert got.pieces == sum(line.quantity for line in lines)
    assert got.products == [line.product for line in lines]


def test_the_server_receives_a_custom_header_that_it_must_understand(channel: Channel) -> None:
    request = new_request(channel)
    request.add_custom_header(
        Session, Session(token="s€cret & <more>", step=7), attributes=HeaderAttribute.MUST_UNDERSTAND
    )
    got = channel.request_reply(
        request, described(WhoAmI, "whoAmI"), WhoAmI(), channel.create_message(), reply_of(WhoAmIResponse)
    )
    assert (got.token, got.step) == ("s€cret & <more>", 7)
    # The start tag as PHP saw it on the wire.
    assert "session" in got.raw
    assert any(f'mustUnderstand="{value}"' in got.raw for value in ("1", "true"))


def test_without_the_header_the_server_says_so(channel: Channel) -> None:
    with pytest.raises(EndpointFaultReceived) as caught:
        channel.request_reply(
            new_request(channel),
            described(WhoAmI, "whoAmI"),
            WhoAmI(),
            channel.create_message(),
            reply_of(WhoAmIResponse),
        )
    assert caught.value.fault is not None
    assert caught.value.fault.reason() == "no session header arrived"


def test_the_server_refuses_a_header_that_it_does_not_understand_only_if_it_must(channel: Channel) -> None:
    description, order = described(SubmitOrder, "submitOrder"), SubmitOrder(customer="x", lines=[])
    request = new_request(channel)
    request.add_custom_header(Unknown, Unknown(text="ignore me"))
    got = channel.request_reply(request, description, order, channel.create_message(), reply_of(SubmitOrderResponse))
    assert got.lines == 0

    request = new_request(channel)
    request.add_custom_header(Unknown, Unknown(text="heed me"), attributes=HeaderAttribute.MUST_UNDERSTAND)
    with pytest.raises(WsError) as caught:
        channel.request_reply(request, description, order, channel.create_message(), reply_of(SubmitOrderResponse))
    assert caught.value.fault is not None
    assert caught.value.fault.codes[0].local_name == "MustUnderstand"


def test_a_fault_with_detail(channel: Channel) -> None:
    with pytest.raises(EndpointFaultReceived) as caught:
        channel.request_reply(
            new_request(channel),
            described(Refuse, "refuse"),
            Refuse(reason="not today & not here"),
            channel.create_message(),
            reply_of(SubmitOrderResponse),
        )
    fault = caught.value.fault
    assert fault is not None
    soap_1_1 = channel.properties.envelope_version is EnvelopeVersion.SOAP_1_1
    assert fault.codes[0].local_name == ("Client" if soap_1_1 else "Sender")
    assert fault.reason() == "refused: not today & not here"
    assert fault.actor == ("urn:wsx:interop:actor" if soap_1_1 else "")
    assert fault.detail is not None
    refusal = read_fault_detail(fault, wsx.element_of(Refusal))
    assert refusal == Refusal(reason="not today & not here", limit=3)
    # The channel goes on after a fault.
    assert channel.state is ChannelState.OPEN
    got = channel.request_reply(
        new_request(channel),
        described(SubmitOrder, "submitOrder"),
        SubmitOrder(customer="after the fault", lines=[]),
        channel.create_message(),
        reply_of(SubmitOrderResponse),
    )
    assert got.customer == "after the fault"
