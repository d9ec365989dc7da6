"""The proxy and a generated client against PHP's SoapServer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

import wsx
from tests.interop.php_service import PHP_FILES, php_service
from tests.support.generated import generated
from wsx.errors import EndpointFaultReceived, InvalidArgument, InvalidOperation
from wsx.metadata import load
from wsx.metadata.model import Model
from wsx.service import ServiceFault, ServiceProxy, as_dict, connect, connect_async

pytestmark = pytest.mark.interop

WSDL = PHP_FILES / "orders.wsdl"
SCALARS = {
    "flag": True,
    "small": -32768,
    "number": 2**31 - 1,
    "large": -(2**63),
    "ratio": 1.5e-7,
    "price": Decimal("-12345678901234567890.125"),
    "moment": datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=timezone.utc),
    "text": "Zoë & <Ōkawa> 😀",
    "data": bytes(range(256)),
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with php_service(tmp_path_factory.mktemp("php")) as found:
        yield found


@pytest.fixture(scope="module")
def model() -> Model:
    return load(WSDL)


@pytest.fixture
def proxy(url: str, model: Model) -> Iterator[ServiceProxy]:
    with connect(model, url) as client:
        yield client


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[Any]:
    with generated(model, tmp_path_factory.mktemp("package"), "made_orders") as package:
        yield package


def test_scalars_come_back(proxy: ServiceProxy) -> None:
    got = proxy.echo_scalars(**SCALARS)
    assert as_dict(got) == {**SCALARS, "comment": None}
    assert proxy.echoScalars(SCALARS) == got


def test_dicts_stand_for_structures_by_either_name(proxy: ServiceProxy) -> None:
    lines = [{"product": "washer", "quantity": 2, "unitPrice": Decimal("0.5")}]
    python = [{"product": "washer", "quantity": 2, "unit_price": Decimal("0.5")}]
    for given in (lines, python, [proxy.types.Line(product="washer", quantity=2, unit_price=Decimal("0.5"))]):
        got = proxy.submitOrder(customer="Dvořák", line=given)
        assert (got.customer, got.lines, got.pieces, got.products) == ("Dvořák", 1, 2, ["washer"])


def test_a_header_goes_with_a_call_or_with_all(url: str, model: Model, proxy: ServiceProxy) -> None:
    got = proxy.whoAmI(soap_headers={"session": {"token": "s€cret", "step": 7}})
    assert (got.token, got.step) == ("s€cret", 7)
    element = model.element("session", "urn:wsx:interop")
    with connect(model, url, soap_headers=[(element, {"token": "always", "step": 1})]) as client:
        assert client.who_am_i().token == "always"


def test_a_declared_fault_has_a_class_of_its_own(proxy: ServiceProxy) -> None:
    with pytest.raises(ServiceFault, match="refused: no") as caught:
        proxy.refuse(reason="no")
    assert type(caught.value).__name__ == "RefusalFault"
    assert isinstance(caught.value, proxy.refuse.faults["RefusalFault"])
    assert isinstance(caught.value, EndpointFaultReceived)
    assert (caught.value.detail.reason, caught.value.detail.limit) == ("no", 3)
    assert caught.value.fault is not None
    assert caught.value.original == 500
    # The client goes on.
    assert proxy.submitOrder(customer="x").lines == 0


def test_what_the_client_refuses_is_not_sent(proxy: ServiceProxy) -> None:
    calls: list[tuple[Callable[[], Any], str]] = [
        (lambda: proxy.submitOrder(custommer="x"), "no field 'custommer'; its fields are: customer, line"),
        (proxy.submitOrder, "missing 1 required keyword-only argument: 'customer'"),
        (lambda: proxy.submitOrder("a", [], "c"), "takes 2 arguments, not 3"),
        (lambda: proxy.submitOrder("a", customer="b"), "customer is given twice"),
        (lambda: proxy.submitOrder(customer="x", soap_headers={"other": 1}), "declares no header 'other'"),
        (lambda: proxy.echoScalars(**{**SCALARS, "small": "many"}), "small"),
    ]
    for call, message in calls:
        with pytest.raises(InvalidArgument, match=message):
            call()
    with pytest.raises(AttributeError, match="no operation unknown; it has echoScalars, submitOrder"):
        _ = proxy.unknown


def test_preview_is_what_is_sent(proxy: ServiceProxy) -> None:
    request = proxy.submit_order.preview(customer="x")
    assert b"<submitOrder" in request.body
    assert b'SOAPAction: "urn:wsx:interop/submitOrder"' in request.to_bytes()


def test_many_threads_share_a_client(proxy: ServiceProxy) -> None:
    found: list[str] = []

    def work(number: int) -> None:
        for _ in range(5):
            found.append(proxy.submit_order(customer=f"customer {number}").customer)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(f"customer {number}" for number in range(6) for _ in range(5))


def test_a_closed_client_refuses(url: str, model: Model) -> None:
    client = connect(model, url)
    client.submit_order(customer="x")
    client.close()
    assert client.closed
    with pytest.raises(InvalidOperation, match="the client is closed"):
        client.submit_order(customer="x")


def test_the_asynchronous_proxy(url: str, model: Model) -> None:
    async def calls() -> list[str]:
        async with connect_async(model, url) as client:
            found = await asyncio.gather(*(client.submit_order(customer=f"{n}") for n in range(8)))
            with pytest.raises(ServiceFault) as caught:
                await client.refuse(reason="async")
            assert caught.value.detail.reason == "async"
            return [reply.customer for reply in found]

    assert asyncio.run(calls()) == [f"{n}" for n in range(8)]


def test_a_generated_client(url: str, package: Any) -> None:
    with package.OrdersClient(url) as client:
        assert as_dict(client.echo_scalars(**SCALARS)) == {**SCALARS, "comment": None}
        line = package.Line(product="nut", quantity=3, unit_price=Decimal(1))
        assert client.submit_order(customer="x", line=[line, line]).pieces == 6
        session = package.Session(token="t", step=2)
        assert client.who_am_i(soap_headers=[session]).step == 2
        assert client.who_am_i(soap_headers={"session": session}).token == "t"
        with pytest.raises(package.RefusalFault) as caught:
            client.refuse(reason="typed")
        assert caught.value.detail == package.Refusal(reason="typed", limit=3)


def test_a_generated_asynchronous_client(url: str, package: Any) -> None:
    async def calls() -> Any:
        async with package.AsyncOrdersClient(url) as client:
            return await client.submit_order(customer="x")

    assert asyncio.run(calls()).customer == "x"


def test_soap_12(url: str, package: Any) -> None:
    class Client(package.OrdersClient):  # type: ignore[misc]
        envelope_version = wsx.EnvelopeVersion.SOAP_1_2

    with Client(url) as client:
        assert client.submit_order(customer="twelve").customer == "twelve"
