"""Many orders with asyncio, eight at a time, a channel for each task: python -m examples.async_calls URL

``wsx demo --serve`` runs a service that understands them and prints its URL.
"""

from __future__ import annotations

import asyncio
import datetime
import decimal
import sys
import uuid

import wsx
from examples.orders import CONFIRM, SUBMIT, Address, Batch, Confirmation, Line, Priority, PurchaseOrder

TASKS = 8  # never more requests than this at once
ORDERS = 40


def order(number: int) -> PurchaseOrder:
    return PurchaseOrder(
        number=f"PO-{number}",
        ordered=datetime.datetime.now(datetime.timezone.utc),
        priority=Priority.NORMAL,
        customer="Grün GmbH",
        ship_to=Address(street="Am Markt 1", city="Münster", postal_code="48143", country="DE"),
        lines=[Line(product="hex bolt M8 × 40", quantity=number, unit_price=decimal.Decimal("0.24"))],
    )


async def submit(url: str, run: uuid.UUID, numbers: list[int]) -> list[Confirmation]:
    """One task: a channel of its own, one order after the other."""
    confirmations = []
    async with wsx.AsyncChannel() as channel:
        await channel.open(url)
        request, reply = channel.create_message(), channel.create_message()
        for number in numbers:
            request.reset()
            reply.reset()
            request.initialize(wsx.MessageInitialization.REQUEST)
            request.add_custom_header(Batch, Batch(run=run, position=number, size=ORDERS))
            # A limit for the whole exchange, besides those of the channel's properties for its phases.
            call = channel.request_reply(request, SUBMIT, order(number), reply, CONFIRM)
            confirmations.append(await asyncio.wait_for(call, timeout=10))
    return confirmations


async def main(url: str) -> None:
    run = uuid.uuid4()
    numbers = list(range(1, ORDERS + 1))
    done = await asyncio.gather(*(submit(url, run, numbers[first::TASKS]) for first in range(TASKS)))
    totals = {one.number: one.total for confirmations in done for one in confirmations}
    assert totals == {f"PO-{number}": number * decimal.Decimal("0.24") for number in numbers}
    print(f"{len(totals)} orders confirmed, {sum(totals.values())} in all")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
