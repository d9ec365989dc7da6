"""A fake service is to a client what a service of its contract is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import wsx
from tests.metadata.documents_for_tests import OWN, documents
from tests.metadata.values_for_tests import Values
from tests.support.generated import generated
from wsx.errors import EndpointFaultReceived, InvalidArgument
from wsx.metadata import load
from wsx.metadata.model import Model
from wsx.service import Client, ServiceFault, as_dict
from wsx.testing import FakeService
from wsx.transport import Capability, HttpRequest, HttpUrl, Limits

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "tests" / "interop" / "php" / "orders.wsdl"
LINE = {"product": "nut", "quantity": 3, "unitPrice": Decimal("0.5")}


@pytest.fixture(scope="module")
def model() -> Model:
    return load(ORDERS)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[Any]:
    with generated(model, tmp_path_factory.mktemp("fake"), "fake_orders") as package:
        yield package


def orders(contract: Any) -> FakeService:
    """The service of tests/interop/php/server.php in Python."""
    service = FakeService(contract)

    @service.operation
    def echoScalars(request: Any) -> dict[str, Any]:
        found: dict[str, Any] = as_dict(request)
        return found

    @service.operation("submit_order")
    def submit(customer: str, line: list[Any]) -> dict[str, Any]:
        products = [one.product for one in line]
        return {
            "customer": customer,
            "lines": len(line),
            "pieces": sum(one.quantity for one in line),
            "products": products,
        }

    @service.operation
    def who_am_i(soap_headers: dict[str, Any]) -> dict[str, Any]:
        session = soap_headers["session"]
        return {"token": session.token, "step": session.step, "raw": ""}

    @service.operation("refuse")
    def refuse(reason: str) -> None:
        raise service.faults["RefusalFault"](f"refused: {reason}", detail={"reason": reason, "limit": 3})

    return service


@pytest.fixture(params=["memory", "http"])
def client(request: pytest.FixtureRequest, model: Model) -> Iterator[Any]:
    service = orders(model)
    if request.param == "memory":
        with service.connect() as client:
            yield client
    else:
        with service.serve() as url, wsx.connect(model, url) as client:
            yield client


def test_arguments_results_headers_and_faults(client: Any) -> None:
    got = client.submitOrder(customer="Dvořák", line=[LINE, LINE])
    assert as_dict(got) == {"customer": "Dvořák", "lines": 2, "pieces": 6, "products": ["nut", "nut"]}
    assert client.who_am_i(soap_headers={"session": {"token": "t", "step": 2}}).step == 2
    with pytest.raises(ServiceFault, match="refused: no") as caught:
        client.refuse(reason="no")
    assert as_dict(caught.value.detail) == {"reason": "no", "limit": 3}
    assert client.submitOrder(customer="still there").lines == 0


def test_a_generated_client_has_its_own_types_in_the_service(package: Any) -> None:
    service = FakeService(package.OrdersClient)

    @service.operation
    def submitOrder(line: list[Any], request: Any) -> Any:
        assert isinstance(request, package.SubmitOrder)
        assert all(type(one) is package.Line for one in line)
        return package.SubmitOrderResponse(customer="c", lines=len(line), pieces=0, products=[])

    service.returns("refuse", package.RefusalFault("typed", detail=package.Refusal(reason="r", limit=1)))
    line = package.Line(product="nut", quantity=1, unit_price=Decimal(1))
    with service.connect() as client:
        assert type(client) is package.OrdersClient
        assert client.submit_order(customer="c", line=[line]).lines == 1
        with pytest.raises(package.RefusalFault, match="typed") as caught:
            client.refuse(reason="r")
        assert caught.value.detail.limit == 1

    async def call() -> Any:
        async with service.connect_async() as client:
            assert type(client) is package.AsyncOrdersClient
            return await client.submit_order(customer="c")

    assert asyncio.run(call()).lines == 0
    assert [call.operation for call in service.calls] == ["submitOrder", "refuse", "submitOrder"]


def test_everything_goes_through() -> None:
    model = load(OWN / "everything.wsdl")
    service = FakeService(model)
    seen: list[Any] = []

    @service.operation
    def everything(request: Any, soap_headers: dict[str, Any], reply_headers: dict[str, Any]) -> Any:
        seen.append(request)
        reply_headers["trace"] = f"after {soap_headers['session'].token}"
        return {"one": 1, "three": "x"}

    service.returns("count", 8)
    service.returns("notify")
    service.returns("ping")

    @service.operation("sum")
    def total(left: int, right: Decimal, **others: Any) -> Decimal:
        assert others["notes"].note == ["a"]
        return left + right

    shape = next(shape for shape in model.all_structs() if shape.hint_name == "Everything")
    with service.connect() as client:
        for seed in range(3):
            given = Values(model.tables, seed).of(shape)
            headers: dict[str, Any] = {}
            got = client.everything(given, soap_headers={"session": {"token": "s"}}, reply_headers=headers)
            assert as_dict(got) == {"one": 1, "two": None, "three": "x"}
            came = seen.pop()
            came.wild, came.text = given.wild, given.text  # fragments keep the declarations around them
            assert came == given
            assert headers == {"trace": "after s"}
        assert (client.count(7), client.notify(1), client.ping()) == (8, None, None)
        assert client.sum(left=1, right=Decimal("2.5"), notes={"note": ["a"]}) == Decimal("3.5")
    assert [call.request for call in service.calls[3:6]] == [7, 1, None]
    twelve = FakeService(model, port="Soap12")
    twelve.returns("count", 12)
    with twelve.connect() as client:
        assert client.count(1) == 12


@pytest.mark.parametrize("path", documents())
def test_every_operation_of_real_services(path: Path) -> None:
    """Random values of every operation: the service gets what the client sends, the client what the service returns."""
    model = load(path)
    port = next((port for _, port in model.ports() if port.binding.callable), None)
    if port is None:
        with pytest.raises(InvalidArgument, match="there is no SOAP port"):
            FakeService(model)
        return
    service = FakeService(model, port=port.name)
    client = service.connect()
    for operation in port.binding.operations.values():
        for seed in range(3):
            values = Values(model.tables, seed)
            given = [] if operation.input.body is None else [values.of(operation.input.body.shape)]
            output = operation.output
            result = None if output is None or output.body is None else values.of(output.body.shape)
            if output is not None and output.result is not None:
                result = getattr(result, output.result.name)
            service.returns(operation.name, result)
            if output is not None and output.encoded and "href='" in repr(result):
                continue  # SOAP encoding: a reference, to nothing
            got = client[operation.name](*given)
            if "XmlBuffer" not in repr((given, result)):  # fragments keep the declarations around them
                assert got == result
                assert [service.calls[-1].request] == (given or [None])
            assert service.calls[-1].operation == operation.name


def test_what_a_function_raises_reaches_the_test(model: Model) -> None:
    service = FakeService(model)
    service.returns("submitOrder", AssertionError("wrong customer"))
    with service.connect() as client:
        with pytest.raises(AssertionError, match="wrong customer"):
            client.submitOrder(customer="x")
        with pytest.raises(LookupError, match="no function is registered for the operation refuse"):
            client.refuse(reason="x")

    def over_http() -> None:
        with service.serve() as url, wsx.connect(model, url) as client, pytest.raises(EndpointFaultReceived) as caught:
            client.submitOrder(customer="x")
        assert caught.value.fault is not None
        assert caught.value.fault.reason() == "AssertionError: wrong customer"

    with pytest.raises(AssertionError, match="wrong customer"):
        over_http()
    service.check()  # said once


def test_a_result_that_breaks_the_contract_is_an_error(model: Model) -> None:
    service = FakeService(model)
    service.returns("submitOrder", {"customer": "x", "lines": "many", "pieces": 0})
    with service.connect() as client, pytest.raises(wsx.WsError, match="lines"):
        client.submitOrder(customer="x")


def test_addressing(model: Model) -> None:
    service = FakeService(OWN / "everything.wsdl")
    service._addressing = wsx.AddressingVersion.V1_0
    service.returns("count", 3)
    properties = wsx.ChannelProperties(
        envelope_version=wsx.EnvelopeVersion.SOAP_1_1, addressing_version=wsx.AddressingVersion.V1_0
    )
    with service.connect(properties=properties) as client:
        assert client.count(1) == 3
        service.returns("count", service.faults["FailureFault"]("no", detail={"reason": "why"}))
        with pytest.raises(EndpointFaultReceived, match="no"):
            client.count(1)


def test_functions_and_contracts_are_checked(model: Model, package: Any) -> None:
    service = FakeService(model)
    with pytest.raises(InvalidArgument, match="no operation 'other'; it has: echoScalars, submitOrder"):
        service.returns("other")
    with pytest.raises(InvalidArgument, match="submitOrder has no parameter 'custommer'; it has: customer, line"):
        service.operation("submitOrder")(lambda custommer: None)
    for wrong in (Client, dict, package.Line):
        with pytest.raises(InvalidArgument, match="generated client class is needed"):
            FakeService(wrong)
    with pytest.raises(InvalidArgument, match="there is no SOAP port"):
        FakeService(model, port="None")
    assert service.operations == ["echoScalars", "submitOrder", "whoAmI", "refuse"]


@pytest.mark.parametrize(
    ("content_type", "body", "status", "text"),
    [
        (b"text/plain", b"", 415, b"not SOAP"),
        (b"text/xml", b"<x", 500, b"Client"),
        (b"application/soap+xml", b"<x/>", 400, b"Sender"),
        (
            b"text/xml",
            b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><x/></e:Body></e:Envelope>',
            500,
            b"no operation has the body &apos;x&apos;",
        ),
    ],
)
def test_what_is_no_request_gets_an_answer_as_well(
    model: Model, content_type: bytes, body: bytes, status: int, text: bytes
) -> None:
    service = orders(model)
    request = HttpRequest("POST", HttpUrl.parse("http://x/"), [(b"Content-Type", content_type)], body)
    head, answer = service._answer(request, raising=False)
    assert head.status == status
    assert text in answer.replace(b"'", b"&apos;")


def test_a_memory_transport(model: Model) -> None:
    transport = orders(model).transport()
    assert transport.capabilities == Capability(0)
    request = HttpRequest("POST", HttpUrl.parse("http://x/"), [], b"")
    assert transport.call(request, Limits())[0].status == 415
    assert transport.requests == [request]
    transport.abort()
    transport.close()
