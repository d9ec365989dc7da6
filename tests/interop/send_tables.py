"""Tables of the PHP service, for `wsx send`."""

from __future__ import annotations

from decimal import Decimal

import wsx

NAMESPACE = "urn:wsx:interop"


@wsx.struct(ns=NAMESPACE)
class Line:
    product: str
    quantity: wsx.Int32
    unit_price: Decimal = wsx.field(local_name="unitPrice")


@wsx.struct(ns=NAMESPACE, local_name="submitOrder")
class SubmitOrder:
    customer: str
    lines: list[Line] = wsx.field(local_name="line")


@wsx.struct(ns=NAMESPACE, local_name="submitOrderResponse")
class SubmitOrderResponse:
    customer: str
    lines: wsx.Int32
    pieces: wsx.Int32
    products: list[str]


@wsx.struct(ns=NAMESPACE, local_name="session")
class Session:
    token: str
    step: wsx.Int32


SUBMIT = wsx.MessageDescription(f"{NAMESPACE}/submitOrder", wsx.element_of(SubmitOrder))
REPLY = wsx.MessageDescription(None, wsx.element_of(SubmitOrderResponse))
