"""What a client makes of requests and replies, without a network."""

from __future__ import annotations

import asyncio
import socket
import threading
from decimal import Decimal
from typing import Any

import pytest

import wsx
from tests.metadata.documents_for_tests import OWN, SHARED
from tests.metadata.values_for_tests import Values
from tests.support.error_rows import shows
from tests.support.fake_transport import SOAP_11, SOAP_12, FakeTransport, response
from wsx.errors import (
    EndpointFaultReceived,
    ErrorCode,
    InvalidArgument,
    InvalidFormat,
    OperationAbandoned,
    OperationTimedOut,
    QuotaExceeded,
)
from wsx.metadata import load, load_async
from wsx.metadata.model import Model
from wsx.service import ServiceFault, ServiceProxy, as_dict, connect, connect_async

NS = "urn:wsx:everything"
ENVELOPES = {
    SOAP_11: "http://schemas.xmlsoap.org/soap/envelope/",
    SOAP_12: "http://www.w3.org/2003/05/soap-envelope",
}


def envelope(body: str, *, header: str = "", content_type: str = SOAP_11, status: int = 200) -> Any:
    head = f"<s:Header>{header}</s:Header>" if header else ""
    text = f'<s:Envelope xmlns:s="{ENVELOPES[content_type]}">{head}<s:Body>{body}</s:Body></s:Envelope>'
    return response(text, content_type=content_type, status=status)


@pytest.fixture(scope="module")
def model() -> Model:
    return load(OWN / "everything.wsdl")


def proxy(model: Model, *answers: Any, **keywords: Any) -> tuple[ServiceProxy, FakeTransport]:
    transport = FakeTransport(answers)
    return connect(model, transport=lambda: transport, **keywords), transport


def sent(transport: FakeTransport, number: int = 0) -> bytes:
    body = transport.requests[number].body
    assert body is not None
    return body


def everything(model: Model) -> Any:
    shape = next(shape for shape in model.all_structs() if shape.hint_name == "Everything")
    return Values(model.tables, 3).of(shape)


def test_a_bare_scalar(model: Model) -> None:
    client, transport = proxy(model, envelope(f'<count xmlns="{NS}">8</count>'))
    assert client.count(7) == 8
    assert f'<s:Body><count xmlns="{NS}">7</count></s:Body>'.encode() in sent(transport)
    with pytest.raises(InvalidArgument, match="count takes one argument, not 0"):
        client.count()


def test_one_way(model: Model) -> None:
    client, transport = proxy(model, response(b"", status=202, content_type=None), response(b"", content_type=None))
    assert client.notify(1) is None
    assert client.notify(value=2) is None
    assert b">2</count>" in sent(transport, 1)


def test_an_empty_body(model: Model) -> None:
    client, transport = proxy(model, envelope(""))
    assert client.ping() is None
    assert b"<s:Body></s:Body>" in sent(transport) or b"<s:Body/>" in sent(transport)
    with pytest.raises(InvalidArgument, match="ping takes no arguments"):
        client.ping(1)


def test_rpc(model: Model) -> None:
    reply = '<r:sumResponse xmlns:r="urn:wsx:rpc"><result>3.5</result></r:sumResponse>'
    client, transport = proxy(model, envelope(reply))
    assert client.sum(left=1, right=Decimal("2.5"), notes={"note": ["a"]}) == 3.5
    assert b'<sum xmlns="urn:wsx:rpc"><left xmlns="">1</left>' in sent(transport)
    assert f'<notes xmlns=""><note xmlns="{NS}">a</note></notes>'.encode() in sent(transport)


def test_xs_all_in_another_order_and_a_header_of_the_reply(model: Model) -> None:
    reply = f'<everythingResponse xmlns="{NS}"><summary><three>x</three><one>1</one></summary></everythingResponse>'
    client, transport = proxy(model, envelope(reply, header=f'<trace xmlns="{NS}">t-1</trace>'))
    given = everything(model)
    assert isinstance(given, client.types.Everything)
    headers: dict[str, Any] = {}
    got = client.everything(given, soap_headers={"session": {"token": "s"}}, reply_headers=headers)
    assert as_dict(got) == {"one": 1, "two": None, "three": "x"}
    assert headers == {"trace": "t-1"}
    assert f'<s:Header><session xmlns="{NS}"><token>s</token></session></s:Header>'.encode() in sent(transport)


def test_the_second_port_is_soap_12(model: Model) -> None:
    client, transport = proxy(model, envelope(f'<count xmlns="{NS}">1</count>', content_type=SOAP_12), port="Soap12")
    assert client.operations == ["count"]
    assert client.count(1) == 1
    assert ENVELOPES[SOAP_12].encode() in sent(transport)


def test_a_binding_without_a_port(model: Model) -> None:
    client = connect(model, "http://x/", binding="Everything12", transport=FakeTransport)
    assert client.operations == ["count"]
    with pytest.raises(InvalidArgument, match="has no address for this service; give one"):
        connect(model, binding="Everything12")
    with pytest.raises(InvalidArgument, match="there is no SOAP binding 'None'"):
        connect(model, binding="None")


def fault_11(detail: str) -> Any:
    text = f"<faultcode>s:Server</faultcode><faultstring>broken</faultstring>{detail}"
    return envelope(f"<s:Fault>{text}</s:Fault>", status=500)


def test_faults(model: Model) -> None:
    client, _ = proxy(
        model,
        fault_11(f'<detail><outOfStock xmlns="{NS}">3</outOfStock></detail>'),
        fault_11(f'<detail><failure xmlns="{NS}"><reason>why</reason></failure></detail>'),
        fault_11('<detail><other xmlns="urn:x"/></detail>'),
        fault_11(f'<detail><outOfStock xmlns="{NS}">many</outOfStock></detail>'),
        fault_11(""),
    )
    given = everything(model)
    for name, detail in (("OutOfStockFault", 3), ("FailureFault", client.types.Failure(reason="why"))):
        with pytest.raises(ServiceFault, match="broken") as caught:
            client.everything(given)
        assert isinstance(caught.value, client.everything.faults[name])
        assert caught.value.detail == detail
        assert isinstance(caught.value.__cause__, EndpointFaultReceived)
    for _ in range(3):
        with pytest.raises(EndpointFaultReceived) as other:
            client.everything(given)
        assert not isinstance(other.value, ServiceFault)


def test_calls_at_once_have_a_limit(model: Model) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def wait() -> Any:
        inside.set()
        go_on.wait(30)
        return envelope(f'<count xmlns="{NS}">1</count>')

    client, _ = proxy(model, wait, max_pending_calls=1)
    worker = threading.Thread(target=client.count, args=(1,))
    worker.start()
    try:
        assert inside.wait(30)
        with pytest.raises(QuotaExceeded, match="max_pending_calls"):
            client.count(2)
    finally:
        go_on.set()
        worker.join()


def test_connections_are_used_again(model: Model) -> None:
    made: list[FakeTransport] = []

    def transport() -> FakeTransport:
        made.append(FakeTransport([envelope(f'<count xmlns="{NS}">1</count>')] * 3))
        return made[-1]

    with connect(model, transport=transport) as client:
        for _ in range(3):
            client.count(1)
    assert len(made) == 1


@pytest.mark.parametrize("keywords", [{"max_pending_calls": 0}, {"max_call_pool_size": True}])
def test_limits_are_checked(model: Model, keywords: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match="must be a positive integer"):
        connect(model, **keywords)


def test_an_operation_that_is_called_like_a_method(model: Model) -> None:
    client, _ = proxy(model)
    assert client["count"].__name__ == "count"
    assert "count" in dir(client)
    assert repr(client) == "<ServiceProxy of Soap11 with 5 operations>"
    assert str(client.count.__signature__) == "(value, *, soap_headers=(), reply_headers=None)"
    with pytest.raises(AttributeError, match="has no type Nothing"):
        _ = client.types.Nothing


def test_any_element_as_a_request() -> None:
    schema = '<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a"><element name="any"/></schema>'
    text = f"""<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
      xmlns:a="urn:a" targetNamespace="urn:a"><types>{schema}</types>
      <message name="m"><part name="p" element="a:any"/></message>
      <portType name="t"><operation name="o"><input message="a:m"/><output message="a:m"/></operation></portType>
      <binding name="b" type="a:t"><s:binding/><operation name="o"><s:operation/><input><s:body use="literal"/></input>
      <output><s:body use="literal"/></output></operation></binding>
      <service name="v"><port name="p" binding="a:b"><s:address location="http://x/"/></port></service></definitions>"""
    client, transport = proxy(load(text.encode()), envelope('<any xmlns="urn:a"><x>1</x></any>'))
    got = client.o(wsx.XmlBuffer(b"<y>2</y>"))
    assert b'<a:any xmlns:a="urn:a">2</a:any>' in sent(transport)
    assert got.text == "1"


# --- rpc/encoded -----------------------------------------------------------------------------------------------------

ENCODED = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:e="http://schemas.xmlsoap.org/soap/encoding/" xmlns:t="urn:echo2.wsdl.test" '
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
)


@pytest.fixture(scope="module")
def echo() -> Model:
    path = SHARED / "axis" / "echo2.wsdl"
    if not path.is_file():
        pytest.skip(f"the real WSDLs are not beside the project: {SHARED}")
    return load(path)


def bean(attributes: str) -> str:
    return (
        f'<multiRef {attributes} {ENCODED} xsi:type="t:MyBase64Bean" e:root="0">'
        '<varXsdByte xsi:type="xsd:byte">5</varXsdByte><varSoapByte href="#shared"/>'
        '<varXsdBase64Binary xsi:nil="true"/><varSoapBase64Binary xsi:type="e:base64Binary">AAE=</varSoapBase64Binary>'
        '<varXsdHexBinary xsi:type="xsd:hexBinary">FF</varXsdHexBinary><varSoapBase64 xsi:nil="true"/></multiRef>'
    )


def encoded(name: str, inner: str, rest: str = "") -> Any:
    return envelope(f'<n:{name}Response xmlns:n="urn:echo2.wsdl.test" {ENCODED}>{inner}</n:{name}Response>{rest}')


BEAN = {
    "var_xsd_byte": 5,
    "var_soap_byte": {"value": 7},
    "var_xsd_base64_binary": None,
    "var_soap_base64_binary": {"value": b"\0\1"},
    "var_xsd_hex_binary": b"\xff",
    "var_soap_base64": None,
}


def plain(value: Any) -> Any:
    """as_dict, without attributes that are absent."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in ("id", "href", "other_attributes")}
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_references_are_followed(echo: Model) -> None:
    shared = f'<multiRef id="shared" {ENCODED} xsi:type="xsd:byte">7</multiRef>'
    client, _ = proxy(echo, encoded("echoMyBase64Bean", '<return href="#id0"/>', bean('id="id0"') + shared))
    assert plain(as_dict(client.echoMyBase64Bean(input=None))) == BEAN


def test_arrays_of_soap_encoding(echo: Model) -> None:
    items = '<x xsi:type="xsd:string">one</x><y>two</y><item xsi:nil="true"/>'
    array = f'<return xsi:type="e:Array" e:arrayType="xsd:string[3]">{items}</return>'
    client, _ = proxy(echo, encoded("echoArrayOfString_SoapEncArray", array))
    assert client.echoArrayOfString_SoapEncArray(input=None).item == ["one", "two", None]


@pytest.mark.parametrize(
    ("inner", "rest", "message"),
    [
        ('<return href="#none"/>', "", "the reference '#none' has no target"),
        ('<return href="http://elsewhere/x"/>', "", "has no target"),
        ('<return id="a"><varXsdByte href="#a"/></return>', "", "leads to itself"),
        ('<return href="#a"/>', '<m id="a" href="#a"/>', "leads to itself"),
        ('<return href="#a"/>', '<m id="a"><x href="#b"/></m><m id="b"><x href="#a"/></m>', "leads to itself"),
    ],
)
def test_references_that_lead_nowhere(echo: Model, inner: str, rest: str, message: str) -> None:
    client, _ = proxy(echo, encoded("echoMyBase64Bean", inner, rest))
    with pytest.raises(InvalidFormat, match=message):
        client.echoMyBase64Bean(input=None)


def test_references_that_unfold_without_end(echo: Model) -> None:
    levels = "".join(f'<m id="l{n}">' + f'<x href="#l{n + 1}"/>' * 10 + "</m>" for n in range(8)) + '<m id="l8"/>'
    client, _ = proxy(echo, encoded("echoMyBase64Bean", '<return href="#l0"/>', levels))
    with pytest.raises(QuotaExceeded, match="references unfold to more than"):
        client.echoMyBase64Bean(input=None)


# --- limits of calls -------------------------------------------------------------------------------------------------


def test_a_call_may_take_30_seconds_in_all(model: Model) -> None:
    client, _ = proxy(model)
    properties = client._properties
    assert properties.total_timeout == 30.0
    assert properties.receive_response_timeout is properties.send_timeout is properties.connect_timeout is None


@pytest.mark.parametrize("timeout", [5, 0.5, None])
def test_the_timeout_of_calls(model: Model, timeout: float | None) -> None:
    client, _ = proxy(model, timeout=timeout, properties={"http2": True})
    assert client._properties.total_timeout == timeout
    assert client._properties.receive_timeout is None
    assert client._properties.http2


def test_properties_that_differ_from_those_of_the_binding(model: Model) -> None:
    client, _ = proxy(model, properties={"receive_timeout": 7})
    assert client._properties.receive_timeout == 7
    assert client._properties.total_timeout is None
    assert client._properties.envelope_version is client.envelope_version is wsx.EnvelopeVersion.SOAP_1_1
    with pytest.raises(InvalidArgument, match=r"unexpected keyword argument 'receive_timeot'"):
        proxy(model, properties={"receive_timeot": 7})
    with pytest.raises(InvalidArgument, match="total_timeout"):
        proxy(model, timeout=-1)


class Silent:
    """A listener that takes connections and never answers."""

    def __enter__(self) -> Silent:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()


def test_a_call_that_takes_too_long(model: Model) -> None:
    with Silent() as silent, connect(model, silent.url, timeout=0.2) as client, pytest.raises(OperationTimedOut):
        client.count(1)


@shows(ErrorCode.WS_E_OPERATION_ABANDONED, "call of a client that was abandoned while it waits")
@pytest.mark.parametrize("call_id", [0, 7])
def test_abandoned_calls(model: Model, call_id: int) -> None:
    with Silent() as silent, connect(model, silent.url) as client:
        operation = client.count._operation
        ended: list[BaseException] = []

        def call() -> None:
            try:
                client.call(operation, 1, call_id=7)
            except wsx.WsError as error:
                ended.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        connection, _ = silent.socket.accept()
        with connection:
            client.abandon_calls(8)
            thread.join(0.05)
            assert thread.is_alive()
            client.abandon_calls(call_id)
            thread.join(10)
        assert [type(error) for error in ended] == [OperationAbandoned]
        assert client._pending == {}


def test_asyncio_abandons_and_goes_on_while_it_imports(model: Model) -> None:
    async def program() -> None:
        loading = asyncio.ensure_future(load_async(OWN / "everything.wsdl"))
        await asyncio.sleep(0)
        assert not loading.done()
        found = await loading
        assert str(found) == str(load(OWN / "everything.wsdl"))
        with Silent() as silent:
            async with connect_async(found, silent.url) as client:
                call = asyncio.ensure_future(client.count(1))
                connection, _ = await asyncio.to_thread(silent.socket.accept)
                with connection:
                    client.abandon_calls()
                    with pytest.raises(OperationAbandoned):
                        await call

    asyncio.run(program())


def test_replies_that_break_their_schema_are_reported(model: Model) -> None:
    reply = '<r:sumResponse xmlns:r="urn:wsx:rpc"><more/><result>3.5</result></r:sumResponse>'
    arguments: dict[str, Any] = {"left": 1, "right": 2, "notes": {"note": ["a"]}}
    client, _ = proxy(model, envelope(reply))
    with pytest.raises(InvalidFormat):
        client.sum(**arguments)
    found: list[tuple[str, str, str]] = []

    def report(operation: str, forgiven: Any) -> None:
        found.extend((operation, one.rule, one.path) for one in forgiven)

    client, _ = proxy(model, envelope(reply), leniency=wsx.Leniency(unknown_elements=True), on_forgiven=report)
    assert client.sum(**arguments) == 3.5
    assert [(operation, rule) for operation, rule, _ in found] == [("sum", "unknown_elements")]
    assert found[0][2].endswith("more")
