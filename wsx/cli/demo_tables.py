"""The tables of the purchase-order service that ``wsx demo`` runs."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid

from wsx.declare import Int32, field, struct

__all__ = ["NAMESPACE", "SUBMIT_ACTION", "Address", "Batch", "Confirmation", "Line", "Priority", "PurchaseOrder"]

NAMESPACE = "urn:wsx:example:orders"
SUBMIT_ACTION = f"{NAMESPACE}/Submit"
CONFIRM_ACTION = f"{NAMESPACE}/Confirm"


class Priority(enum.Enum):
    """How soon an order is wanted."""

    NORMAL = "normal"
    URGENT = "urgent"


@struct(ns=NAMESPACE)
class Address:
    """Where the goods go."""

    street: str
    city: str
    postal_code: str = field(local_name="postalCode")
    country: str


@struct(ns=NAMESPACE)
class Line:
    """One position of an order."""

    product: str
    quantity: Int32
    unit_price: decimal.Decimal = field(local_name="unitPrice")


@struct(ns=NAMESPACE)
class PurchaseOrder:
    """An order."""

    number: str = field(attribute=True)
    ordered: datetime.datetime
    priority: Priority
    customer: str
    ship_to: Address = field(local_name="shipTo")
    lines: list[Line] = field(local_name="line", wrapper="lines")
    note: str | None = None


@struct(ns=NAMESPACE)
class Confirmation:
    """The service's answer to an order."""

    number: str
    lines: Int32
    total: decimal.Decimal
    confirmation: uuid.UUID


@struct(ns=NAMESPACE)
class Batch:
    """The custom header: which run sent the order, and as which one of how many."""

    run: uuid.UUID
    position: Int32
    size: Int32
