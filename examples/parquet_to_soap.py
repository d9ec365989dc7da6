"""A Parquet file as SOAP messages, a batch of rows each, and one large reply as a polars frame:
python -m examples.parquet_to_soap [COUNT] [BATCH]

No Python object is made of any value on either way. Without COUNT a million rows are sent and read.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import wsx


@wsx.struct(ns="urn:example:readings")
class Reading:
    sensor: str
    second: wsx.Int64
    celsius: float


@wsx.struct(ns="urn:example:readings")
class Readings:
    reading: list[Reading]


def make_file(path: Path, count: int) -> None:
    """Some measurements."""
    seconds = pa.array(range(count), pa.int64())
    sensors = pa.array([f"attic {i % 7}" for i in range(count)])
    celsius = pa.array([20 + (i % 50) / 10 for i in range(count)])
    pq.write_table(pa.table({"sensor": sensors, "second": seconds, "celsius": celsius}), path)


def messages(path: Path, batch_size: int) -> Iterator[bytes]:
    """The rows of a file as messages; `channel.send_message` and `request_reply` take the same value as the body."""
    for batch in pq.ParquetFile(path).iter_batches(batch_size):
        message = wsx.Message(wsx.EnvelopeVersion.SOAP_1_1, wsx.AddressingVersion.TRANSPORT)
        message.initialize(wsx.MessageInitialization.BLANK)
        message.write_envelope_start()
        message.write_body(Readings, Readings(wsx.Columns(batch, threads=2)))
        yield message.write_envelope_end()


def frame_of(body: bytes) -> pl.DataFrame:
    """The rows of a reply's body, as they would be of a service's answer; `pandas.DataFrame(batch.to_numpy())` is the
    same for pandas."""
    return pl.DataFrame(wsx.read_columns(Readings, body, field="reading"))


def main(count: int, batch_size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "readings.parquet")
        make_file(path, count)
        start = time.perf_counter()
        sizes = [len(message) for message in messages(path, batch_size)]
        spent = time.perf_counter() - start
        print(f"{len(sizes)} messages, {sum(sizes) / 1e6:.1f} MB in {spent:.2f} s")
        body = wsx.write_columns(Readings, pq.read_table(path), field="reading", threads=2)
        start = time.perf_counter()
        frame = frame_of(body)
        spent = time.perf_counter() - start
        print(f"{frame.height} rows of {len(body) / 1e6:.1f} MB read in {spent:.2f} s")
        print(frame.group_by("sensor").agg(pl.col("celsius").mean()).sort("sensor").head(2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, int(sys.argv[2]) if len(sys.argv) > 2 else 50_000)
