"""Classes made by ``@wsx.struct`` as headers, bodies and fault details."""

from __future__ import annotations

from tests.support.fake_transport import FakeTransport, response
from tests.support.tables import ENVELOPE_12
from wsx.channel import Channel
from wsx.declare import Int32, element_of, field, struct
from wsx.descriptions import MessageDescription
from wsx.message import Message, read_fault_detail
from wsx.values import Fault, FaultCode, FaultReason, XmlQName


@struct(ns="urn:orders")
class Batch:
    run: str
    position: Int32


@struct(ns="urn:orders")
class Order:
    number: Int32
    customer: str = field(local_name="Customer")


BATCH = b'<Batch xmlns="urn:orders"><run>r1</run><position>3</position></Batch>'
ORDER = b'<Order xmlns="urn:orders"><number>5</number><Customer>x</Customer></Order>'


def test_written_and_read() -> None:
    message = Message()
    message.initialize()
    message.add_custom_header(Batch, Batch(run="r1", position=3))
    message.write_envelope_start()
    message.write_body(Order, Order(number=5, customer="x"))
    data = message.write_envelope_end()
    assert b"<s:Header>" + BATCH + b"</s:Header><s:Body>" + ORDER + b"</s:Body>" in data

    message.reset()
    message.read_envelope_start(data)
    assert message.get_custom_header(Batch) == Batch(run="r1", position=3)
    assert message.read_body(Order) == Order(number=5, customer="x")
    message.read_envelope_end()


def test_over_a_channel() -> None:
    answer = f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Body>'.encode() + ORDER + b"</s:Body></s:Envelope>"
    transport = FakeTransport([response(answer)])
    with Channel(transport=transport) as channel:
        channel.open("http://127.0.0.1:8080/orders")
        description = MessageDescription("urn:submit", element_of(Order))
        channel.send_message(channel.create_message(), description, Order(number=7, customer="y"))
        reply = MessageDescription(None, element_of(Order))
        assert channel.receive_message(channel.create_message(), [reply]) == (0, Order(number=5, customer="x"))
    assert b"<number>7</number><Customer>y</Customer>" in (transport.requests[0].body or b"")


def test_fault_detail() -> None:
    fault = Fault(FaultCode(XmlQName("Server")), (FaultReason("x"),), detail=b"<detail>" + ORDER + b"</detail>")
    assert read_fault_detail(fault, Order) == Order(number=5, customer="x")
