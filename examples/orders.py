"""Tables by annotated classes: the orders of orders.jsonl, as the service of ``wsx demo --serve`` wants them."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid

import wsx

NAMESPACE = "urn:wsx:example:orders"


class Priority(enum.Enum):
    NORMAL = "normal"
    URGENT = "urgent"


@wsx.struct(ns=NAMESPACE)
class Address:
    street: str
    city: str
    postal_code: str = wsx.field(local_name="postalCode")
    country: str


@wsx.struct(ns=NAMESPACE)
class Line:
    product: str
    quantity: wsx.Int32
    unit_price: decimal.Decimal = wsx.field(local_name="unitPrice")


@wsx.struct(ns=NAMESPACE)
class PurchaseOrder:
    number: str = wsx.field(attribute=True)
    ordered: datetime.datetime
    priority: Priority
    customer: str
    ship_to: Address = wsx.field(local_name="shipTo")
    lines: list[Line] = wsx.field(local_name="line", wrapper="lines")
    note: str | None = None


@wsx.struct(ns=NAMESPACE)
class Confirmation:
    number: str
    lines: wsx.Int32
    total: decimal.Decimal
    confirmation: uuid.UUID


@wsx.struct(ns=NAMESPACE)
class Batch:
    """The header that the service demands: which run sent the order, and as which one of how many."""

    run: uuid.UUID
    position: wsx.Int32
    size: wsx.Int32


SUBMIT = wsx.MessageDescription(action=f"{NAMESPACE}/Submit", body=wsx.element_of(PurchaseOrder))
CONFIRM = wsx.MessageDescription(action=f"{NAMESPACE}/Confirm", body=wsx.element_of(Confirmation))


def make_order(number: int) -> PurchaseOrder:
    """A small order, for the examples that are about something else."""
    return PurchaseOrder(
        number=f"PO-{number}",
        ordered=datetime.datetime.now(datetime.timezone.utc),
        priority=Priority.NORMAL,
        customer="Grün GmbH",
        ship_to=Address(street="Am Markt 1", city="Münster", postal_code="48143", country="DE"),
        lines=[Line(product="hex bolt M8 × 40", quantity=number, unit_price=decimal.Decimal("0.24"))],
    )


if __name__ == "__main__":
    order = PurchaseOrder(
        number="PO-1",
        ordered=datetime.datetime(2026, 3, 2, 8, 15, tzinfo=datetime.timezone.utc),
        priority=Priority.URGENT,
        customer="Café Zoë",
        ship_to=Address(street="Torget 4", city="Uppsala", postal_code="753 10", country="SE"),
        lines=[Line(product="washer <8 mm>", quantity=100, unit_price=decimal.Decimal("0.06"))],
    )
    data = wsx.write_element(PurchaseOrder, order)
    print(data.decode())
    assert wsx.read_element(PurchaseOrder, data) == order
