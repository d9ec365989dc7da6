"""Reading a document that is too large to keep: its pieces are taken when needed, and dropped when they were read.

The pieces may come from a file, a socket or a decompressor; where they are cut does not matter. Here a compressed
report of 100,000 readings is read one by one, in the memory that a single one takes.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator

import wsx
from wsx import XmlReader, XmlWriter

NAMESPACE = "urn:wsx:example:readings"
COUNT = 100_000


@wsx.struct(ns=NAMESPACE)
class Reading:
    sensor: str = wsx.field(attribute=True)
    value: wsx.Double


def compressed_report() -> bytes:
    target = io.BytesIO()
    with gzip.open(target, "wb", compresslevel=1) as packed:
        writer = XmlWriter(packed.write, flush_size=65_536)
        writer.start_element("report", NAMESPACE)
        for number in range(COUNT):
            writer.element(Reading, Reading(f"s{number % 100}", number / 4))
        writer.end_element()
        writer.flush()
    return target.getvalue()


def readings(reader: XmlReader) -> Iterator[Reading]:
    reader.read_to_start_element("report", NAMESPACE)
    reader.read_start_element()
    while reader.read_to_start_element(required=False):
        yield reader.read_element(Reading)
    reader.read_end_element()


def main() -> None:
    with gzip.open(io.BytesIO(compressed_report())) as unpacked:
        pieces = iter(lambda: unpacked.read(16_384), b"")
        highest = max(readings(XmlReader(pieces)), key=lambda reading: reading.value)
    print(f"{highest.sensor} has the highest of {COUNT:,} readings: {highest.value}")


if __name__ == "__main__":
    main()
