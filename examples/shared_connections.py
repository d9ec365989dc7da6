"""Threads that share connections, and what the channels tell: python -m examples.shared_connections URL

``wsx demo --serve`` runs a service that understands them and prints its URL.
"""

from __future__ import annotations

import collections
import decimal
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import wsx
from examples.async_calls import order
from examples.orders import CONFIRM, SUBMIT, Batch

THREADS = 8
CONNECTIONS = 2
ORDERS = 40


class Watch:
    """Counts what the channels of all threads tell."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self.kinds: collections.Counter[wsx.EventKind] = collections.Counter()
        self.connections = 0
        self.received = 0

    def __call__(self, event: wsx.ChannelEvent) -> None:
        with self._guard:
            self.kinds[event.kind] += 1
            if event.kind is wsx.EventKind.RECEIVED:
                self.received += event.size or 0
                self.connections += not event.reused


def main(url: str) -> None:
    run = uuid.uuid4()
    watch = Watch()
    properties = wsx.ChannelProperties(connect_timeout=5, total_timeout=20)

    def submit(number: int) -> decimal.Decimal:
        with pool.channel(properties=properties, on_event=watch) as channel:
            channel.open(url)
            request, reply = channel.create_message(), channel.create_message()
            request.initialize(wsx.MessageInitialization.REQUEST)
            request.add_custom_header(Batch, Batch(run=run, position=number, size=ORDERS))
            return channel.request_reply(request, SUBMIT, order(number), reply, CONFIRM).total

    with (
        wsx.ChannelPool(max_http_server_connections=CONNECTIONS) as pool,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        totals = list(threads.map(submit, range(1, ORDERS + 1)))
    assert totals == [number * decimal.Decimal("0.24") for number in range(1, ORDERS + 1)]
    assert watch.kinds[wsx.EventKind.DONE] == ORDERS
    assert watch.connections <= CONNECTIONS
    print(f"{ORDERS} orders over {watch.connections} connections, {watch.received} bytes received")


if __name__ == "__main__":
    main(sys.argv[1])
