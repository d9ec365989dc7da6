"""``order``: the element in the body of a small SOAP message, 21 values; what a call costs that says little."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Final
from uuid import UUID

from benchmarks.cases.base import Case
from benchmarks.shape import Int32, Int64

__all__ = ["QUICK_SIZE", "SIZE", "Address", "Line", "Order", "make"]

NAMESPACE: Final = "urn:example:purchasing"
#: Lines of the order.
SIZE: Final = 2
QUICK_SIZE: Final = 2


@dataclass(slots=True)
class Address:
    street: str
    city: str
    postalCode: str
    country: str


@dataclass(slots=True)
class Line:
    sku: str
    quantity: Int32
    unitPrice: Decimal
    weight: float
    gift: bool


@dataclass(slots=True)
class Order:
    orderId: UUID
    orderNumber: Int64
    placed: datetime
    customerName: str
    address: Address
    line: list[Line]
    totalAmount: Decimal
    express: bool
    note: str


def make(size: int) -> Case:
    """An order of ``size`` lines."""
    lines = [
        Line(f"KX-{1204 + 37 * i}", i + 1, Decimal("19.90") * (i + 1), 0.375 + 1.25 * i, i % 2 == 1)
        for i in range(size)
    ]
    order = Order(
        orderId=UUID("6f1d3c52-8f4b-4c1a-9d0e-2b7a5c9e1f34"),
        orderNumber=4711000815,
        placed=datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=timezone.utc),
        customerName="Marta Keller & Co.",
        address=Address("Hauptstraße 12", "Köln", "50667", "DE"),
        line=lines,
        totalAmount=sum((line.unitPrice * line.quantity for line in lines), Decimal(0)),
        express=True,
        note="Please ring twice, then wait.",
    )
    return Case("order", "one order, 21 values", "Order", NAMESPACE, order)
