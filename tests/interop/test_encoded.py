"""A generated client and a service in rpc/encoded style, PHP's SoapServer: arrays, references, nil."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.interop.contract_peers import CONTRACT, PEERS
from tests.support.generated import generated
from wsx.metadata import load

pytestmark = pytest.mark.interop

WSDL = CONTRACT / "encoded.wsdl"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with generated(load(WSDL), tmp_path_factory.mktemp("package"), "made_encoded") as package:
        yield package


@pytest.fixture(scope="module")
def client(package: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("php")
    with PEERS["php"].running(folder, "php_encoded.php") as url, package.EncodedClient(url) as client:
        yield client


@pytest.mark.parametrize("items", [[], ["a"], ["a", "", "ü <&>"], [str(n) for n in range(500)]])
def test_arrays(client: Any, package: Any, items: list[str]) -> None:
    assert client.echo_strings(value=package.Strings(item=items)).item == items


@pytest.mark.parametrize("price", [Decimal("0.5"), None])
def test_structures_and_nil(client: Any, package: Any, price: Decimal | None) -> None:
    bean = package.Bean(name="nüt", count=3, price=price)
    assert client.echo_bean(value=bean) == bean


@pytest.mark.parametrize("times", [0, 1, 3])
def test_an_array_whose_items_are_one_object(client: Any, package: Any, times: int) -> None:
    bean = package.Bean(name="nut", count=3, price=Decimal(1))
    assert client.repeat(value=bean, times=times).item == [bean] * times


def test_two_fields_that_are_one_object(client: Any, package: Any) -> None:
    bean = package.Bean(name="nut", count=3, price=Decimal(1))
    assert client.twice(value=bean) == package.Pair(left=bean, right=bean)
