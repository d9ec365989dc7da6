"""``wsx demo``: the purchase orders of ``examples/`` sent to a service on this machine."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from wsx.channel import Channel, ChannelState
from wsx.cli.demo_orders import COUNT, demo_orders
from wsx.cli.demo_service import OrderService
from wsx.cli.demo_tables import SUBMIT_ACTION, Batch, Confirmation, PurchaseOrder
from wsx.cli.progress import SendProgress
from wsx.cli.rows import Row, count_rows, detect_format, open_rows
from wsx.cli.sender import Outcome, Sender
from wsx.cli.values import element_from_data
from wsx.declare import element_of
from wsx.descriptions import MessageDescription
from wsx.message import HeaderAttribute, MessageInitialization

__all__ = ["demo"]

_ORDERS: Final = Path(__file__).parent.parent.parent / "examples" / "orders.jsonl"
_SHOWN_ROWS: Final = 5
_SUBMIT: Final = MessageDescription(SUBMIT_ACTION, element_of(PurchaseOrder))
_CONFIRM: Final = MessageDescription(None, element_of(Confirmation))


@dataclass
class _Result:
    """What the demo shows at the end."""

    confirmed: list[tuple[PurchaseOrder, Confirmation]] = field(default_factory=list)
    failed: list[Outcome] = field(default_factory=list)


class _OrderConnection:
    """A channel that sends each order as a blank message with the batch header."""

    def __init__(self, url: str, run: uuid.UUID, size: int) -> None:
        self._run = run
        self._size = size
        self._channel = Channel()
        self._channel.open(url)
        self._request = self._channel.create_message()
        self._reply = self._channel.create_message()

    @property
    def usable(self) -> bool:
        return self._channel.state is ChannelState.OPEN

    def send(self, row: Row) -> tuple[PurchaseOrder, Confirmation]:
        order: PurchaseOrder = element_from_data(element_of(PurchaseOrder), row.data)
        request, reply, channel = self._request, self._reply, self._channel
        request.reset()
        request.initialize(MessageInitialization.BLANK)
        batch = Batch(run=self._run, position=row.number, size=self._size)
        request.add_custom_header(Batch, batch, attributes=HeaderAttribute.MUST_UNDERSTAND)
        channel.send_message(request, _SUBMIT, order)
        reply.reset()
        received = channel.receive_message(reply, [_CONFIRM])
        if received is None:
            raise AssertionError("a required message was received or an error raised")
        return order, received.value

    def close(self) -> None:
        self._channel.close()

    def abort(self) -> None:
        self._channel.abort()


@click.command()
@click.option("--orders", metavar="FILE", help="JSON Lines or CSV of orders instead of examples/orders.jsonl.")
@click.option("--concurrency", type=click.IntRange(1, 256), default=1, show_default=True, help="Connections at once.")
@click.option("--serve", is_flag=True, help="Only run the service, until Ctrl-C, and print its URL.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the service; 0 takes a free one.")
def demo(orders: str | None, concurrency: int, serve: bool, port: int) -> None:
    """Send purchase orders to a service on this machine.

    Every order goes as a blank message with a custom header; every confirmation is checked against the order.
    """
    try:
        service = OrderService(port)
    except OSError as error:
        raise click.ClickException(f"the service cannot listen on port {port}: {error}") from error
    with service:
        if serve:
            _serve(service)
            return
        if orders is None and not _ORDERS.is_file():
            # An installed wsx has no examples; these are the same orders.
            made = (Row(number, number, order) for number, order in enumerate(demo_orders(), start=1))
            sys.exit(_run(service, made, COUNT, concurrency))
        path = str(_ORDERS) if orders is None else orders
        row_format = detect_format(path)
        try:
            size = count_rows(path, row_format) or 0
            with open_rows(path, row_format) as rows:
                code = _run(service, rows, size, concurrency)
        except (OSError, ValueError) as error:
            raise click.UsageError(f"{path}: {error}") from error
    sys.exit(code)


def _serve(service: OrderService) -> None:
    click.echo(service.url)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo(f"{service.accepted} orders confirmed", err=True)


def _run(service: OrderService, rows: Iterator[Row], size: int, concurrency: int) -> int:
    run = uuid.uuid4()
    sender = Sender(lambda: _OrderConnection(service.url, run, size), rows, concurrency=concurrency)
    result = _Result()
    started = time.perf_counter()
    with SendProgress(sys.stderr, size) as progress:
        for outcome in sender.outcomes():
            if outcome.ok and _matches(*outcome.reply):
                result.confirmed.append(outcome.reply)
            else:
                result.failed.append(outcome)
                progress.failure(f"{outcome.row.place}: {outcome.error or 'the confirmation does not match the order'}")
            progress.advance(ok=outcome.ok)
    seconds = time.perf_counter() - started
    _show(result, service, seconds)
    complete = len(result.confirmed) == size == service.accepted and not result.failed and sender.reading_error is None
    return 0 if complete else 1


def _total(order: PurchaseOrder) -> Decimal:
    return sum((line.quantity * line.unit_price for line in order.lines), Decimal())


def _matches(order: PurchaseOrder, confirmation: Confirmation) -> bool:
    return (confirmation.number, confirmation.lines, confirmation.total) == (
        order.number,
        len(order.lines),
        _total(order),
    )


def _show(result: _Result, service: OrderService, seconds: float) -> None:
    console = Console(highlight=False)
    table = Table(title=f"Purchase orders sent to {service.url}")
    table.add_column("order", no_wrap=True)
    table.add_column("customer")
    table.add_column("lines", justify="right")
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column("confirmation", no_wrap=True)
    for order, confirmation in result.confirmed[:_SHOWN_ROWS]:
        # The first two groups of the GUID are enough to recognize it and leave room for the rest.
        short = f"{str(confirmation.confirmation)[:13]}…"
        table.add_row(order.number, order.customer, str(confirmation.lines), f"{confirmation.total:,.2f}", short)
    if len(result.confirmed) > _SHOWN_ROWS:
        table.add_row("…", f"and {len(result.confirmed) - _SHOWN_ROWS} more", "", "", "")
    console.print(table)
    confirmed, failed = len(result.confirmed), len(result.failed)
    total = sum((confirmation.total for _, confirmation in result.confirmed), Decimal())
    console.print(f"{confirmed + failed} orders sent, {confirmed} confirmed for {total:,.2f}, {failed} failed")
    rate = (confirmed + failed) / max(seconds, 1e-9)
    console.print(f"{seconds:.2f} s, {rate:,.0f} orders per second, service included")
