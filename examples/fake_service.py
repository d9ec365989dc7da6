"""Tests a program that calls a service, with a fake of the service over the same WSDL.

Run it from the project's root: python -m examples.fake_service
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from examples.from_wsdl import ORDER
from wsx.testing import FakeService

WSDL = Path(__file__).parent / "orders.wsdl"


def reorder(client: Any, orders: list[dict[str, Any]]) -> Decimal:
    """The program under test: sends orders, and says what they cost together."""
    total = Decimal(0)
    for position, order in enumerate(orders, 1):
        batch = {"run": "6f1ed002-ab36-4d2d-9a5c-3b1f0f5e0001", "position": position, "size": len(orders)}
        total += client.Submit(order, soap_headers={"batch": batch}).total
    return total


def main() -> None:
    service = FakeService(WSDL)

    @service.operation
    def Submit(number: str, lines: Any, soap_headers: dict[str, Any]) -> dict[str, Any]:
        total = sum((line.quantity * line.unit_price for line in lines.line), Decimal(0))
        place = f"{soap_headers['batch'].position} of {soap_headers['batch'].size}"
        return {"number": number, "lines": len(lines.line), "total": total, "confirmation": place}

    with service.connect() as client:
        total = reorder(client, [ORDER, {**ORDER, "number": "PO-8"}])
    assert total == Decimal("15.60")
    assert [call.request.number for call in service.calls] == ["PO-7", "PO-8"]
    assert [call.headers["batch"].position for call in service.calls] == [1, 2]
    print(f"{len(service.calls)} orders for {total}, and no network")


if __name__ == "__main__":
    main()
