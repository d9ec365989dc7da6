"""Cursors: a document written and read piece by piece, with single values by their tables in the middle of it.

A report of orders is too large to be one value, and its frame has no table: the frame is written call by call, each
order by its table, and what is complete goes to a sink. Reading goes the same way and keeps one order at a time.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal

import wsx
from wsx import MoveTo, NodeType, Type, XmlReader, XmlWriter

NAMESPACE = "urn:wsx:example:report"


@wsx.struct(ns=NAMESPACE)
class Order:
    number: str = wsx.field(attribute=True)
    total: Decimal


def write_report(orders: list[Order], sink: io.BytesIO) -> None:
    writer = XmlWriter(sink.write, write_declaration=True, indent=2)
    writer.start_element("report", NAMESPACE, "r")
    writer.start_attribute("year")
    writer.value(Type.INT32, 2026)
    writer.end_attribute()
    writer.comment("one element for each order")
    for order in orders:
        writer.element(Order, order)
        writer.flush(4096)  # hands over what is complete, once it is worth it
    writer.array("checksum", NAMESPACE, Type.INT32, [len(orders), 7])
    writer.end_element()
    writer.flush()


def read_orders(reader: XmlReader) -> Iterator[Order]:
    reader.read_to_start_element("report", NAMESPACE)
    print("year", reader.attribute("year"))
    reader.read_start_element()
    while reader.read_to_start_element("Order", NAMESPACE, required=False):
        yield reader.read_element(Order)
    print("checksums", reader.read_array("checksum", NAMESPACE, Type.INT32))
    reader.read_end_element()


def main() -> None:
    orders = [Order(f"PO-{number}", Decimal(number) / 4) for number in range(1, 4)]
    sink = io.BytesIO()
    write_report(orders, sink)
    data = sink.getvalue()
    print(data.decode())

    reader = XmlReader(data)
    assert list(read_orders(reader)) == orders

    # a position leads back, a move to a relative of the node
    reader.move(MoveTo.ROOT_ELEMENT)
    root = reader.position
    reader.move(MoveTo.CHILD_ELEMENT)
    reader.move(MoveTo.NEXT_ELEMENT)
    print("second order:", reader.attribute("number"))
    reader.position = root

    # node by node: what the document consists of
    names = [node.local_name for node in reader if node.type is NodeType.ELEMENT]
    print(names)

    # a copy in another charset
    reader.set_input(data)
    writer = XmlWriter(charset=wsx.Charset.UTF16LE)
    writer.copy(reader)
    assert writer.to_bytes().decode("utf-16") in data.decode()


if __name__ == "__main__":
    main()
