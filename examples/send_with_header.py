"""A request with a custom header, over a channel: python -m examples.send_with_header URL

``wsx demo --serve`` runs a service that understands it and prints its URL.
"""

from __future__ import annotations

import datetime
import decimal
import sys
import uuid

import wsx
from examples.orders import CONFIRM, SUBMIT, Address, Batch, Line, Priority, PurchaseOrder


def main(url: str) -> None:
    order = PurchaseOrder(
        number="PO-1",
        ordered=datetime.datetime.now(datetime.timezone.utc),
        priority=Priority.NORMAL,
        customer="Grün GmbH",
        ship_to=Address(street="Am Markt 1", city="Münster", postal_code="48143", country="DE"),
        lines=[
            Line(product="hex bolt M8 × 40", quantity=100, unit_price=decimal.Decimal("0.24")),
            Line(product="wood glue, 750 ml", quantity=2, unit_price=decimal.Decimal("11.90")),
        ],
    )
    with wsx.Channel() as channel:
        channel.open(url)
        request, reply = channel.create_message(), channel.create_message()
        request.initialize(wsx.MessageInitialization.REQUEST)
        request.add_custom_header(
            Batch, Batch(run=uuid.uuid4(), position=1, size=1), attributes=wsx.HeaderAttribute.MUST_UNDERSTAND
        )
        print(channel.preview(request, SUBMIT, order).body)

        confirmation = channel.request_reply(request, SUBMIT, order, reply, CONFIRM)
        print(confirmation)
        assert confirmation.total == decimal.Decimal("47.80")

        # Without the header the service refuses: the fault arrives as an exception.
        request.reset()
        reply.reset()
        try:
            channel.request_reply(request, SUBMIT, order, reply, CONFIRM)
        except wsx.WsError as error:
            print(error)


if __name__ == "__main__":
    main(sys.argv[1])
