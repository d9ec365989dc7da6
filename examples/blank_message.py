"""Headers by hand on a blank message, and a reply that may come or not: python -m examples.blank_message URL

``wsx demo --serve`` runs a service that understands it and prints its URL.
"""

from __future__ import annotations

import datetime
import decimal
import sys
import uuid

import wsx
from examples.orders import CONFIRM, SUBMIT, Address, Batch, Line, Priority, PurchaseOrder

REMARK = wsx.ElementDescription("Remark", "urn:example:remarks", wsx.Type.STRING)


def main(url: str) -> None:
    order = PurchaseOrder(
        number="PO-7",
        ordered=datetime.datetime.now(datetime.timezone.utc),
        priority=Priority.URGENT,
        customer="Grün GmbH",
        ship_to=Address(street="Am Markt 1", city="Münster", postal_code="48143", country="DE"),
        lines=[Line(product="hex bolt M8 × 40", quantity=100, unit_price=decimal.Decimal("0.24"))],
    )
    number = uuid.uuid4()
    with wsx.Channel() as channel:
        channel.open(url)
        message, reply = channel.create_message(), channel.create_message()

        # Blank: nothing but what is set here, and the To and Action that sending adds.
        message.initialize(wsx.MessageInitialization.BLANK)
        message.set_header(wsx.HeaderType.MESSAGE_ID, number)
        message.add_custom_header(Batch, Batch(number, 1, 1), attributes=wsx.HeaderAttribute.MUST_UNDERSTAND)
        message.add_custom_header(REMARK, "call before delivery")
        message.add_mapped_header("X-Trace", "0af7651916cd43dd")  # a line of HTTP, not of the envelope

        print(channel.preview(message, SUBMIT, order).to_bytes().decode())
        channel.send_message(message, SUBMIT, order)

        received = channel.receive_message(reply, [CONFIRM], receive_option=wsx.ReceiveOption.OPTIONAL_MESSAGE)
        if received is None:
            print("no reply")
        else:
            related = reply.get_header(wsx.HeaderType.RELATES_TO, value_type=wsx.Type.UNIQUE_ID)
            assert related == number
            print(f"{received.value.number}: {received.value.total}")


if __name__ == "__main__":
    main(sys.argv[1])
