"""A purchase order by annotated classes: every basic form of a declaration, its table, and a round trip."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Annotated

import wsx
from wsx import UNSET, Unset

NAMESPACE = "urn:wsx:example:purchase"


class Unit(enum.Enum):
    PIECE = "pc"
    METRE = "m"


@wsx.struct(ns=NAMESPACE)
class Party:
    name: str
    language: str | None = wsx.field(default=None, xml_attribute=True, local_name="lang")
    tax_number: str | None = wsx.field(default=None, local_name="taxNumber")


@wsx.struct(ns=NAMESPACE)
class Position:
    product: str
    quantity: Annotated[int, wsx.UInt32Description(1, 10_000)]  # limits, checked both ways
    unit: Unit
    unit_price: decimal.Decimal = wsx.field(local_name="unitPrice")
    # None is a position whose discount is open (xsi:nil), UNSET one that has none (no element).
    discount: wsx.Nillable[wsx.Double] | Unset = UNSET
    parts: list[Position] = wsx.field(local_name="position", wrapper="parts", default_factory=list)


@wsx.struct(ns=NAMESPACE, local_name="purchaseOrder")
class PurchaseOrder:
    number: str = wsx.field(attribute=True)
    id: uuid.UUID
    ordered: datetime.datetime
    deliver_within: wsx.Duration = wsx.field(local_name="deliverWithin")
    buyer: Party
    positions: list[Position] = wsx.field(local_name="position", item_range=(1, None))
    priority: wsx.Int8 = wsx.field(default=3, optional=True)  # an absent one reads as 3
    notes: list[str] = wsx.field(local_name="note", default_factory=list)


def main() -> None:
    washer = Position("washer <8 mm>", 100, Unit.PIECE, decimal.Decimal("0.06"), discount=None)
    order = PurchaseOrder(
        number="PO-1",
        id=uuid.UUID(int=1),
        ordered=datetime.datetime(2026, 3, 2, 8, 15, tzinfo=datetime.timezone.utc),
        deliver_within=wsx.Duration(days=14),
        buyer=Party("Café Zoë", language="fr"),
        positions=[
            Position("shelf", 2, Unit.PIECE, decimal.Decimal("49.90"), discount=2.5, parts=[washer]),
            Position("rope", 30, Unit.METRE, decimal.Decimal("1.15")),
        ],
    )
    print(wsx.describe(PurchaseOrder).pretty())
    data = wsx.write_element(PurchaseOrder, order)
    print(data.decode())
    assert wsx.read_element(PurchaseOrder, data) == order

    order.positions[0].quantity = 0
    try:
        wsx.write_element(PurchaseOrder, order)
    except wsx.WsError as error:
        print(error)


if __name__ == "__main__":
    main()
