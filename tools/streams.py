"""Memory and speed of documents of any size: python -m tools.streams [COUNT [LIMIT]]

Writes COUNT records of ten fields with iter_write, reads them as they come with iter_read, and fails when the process
needed more than LIMIT MB at its peak. Says what that cost against a document in memory.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from uuid import UUID

import wsx

COUNT = 10_000_000
LIMIT = 64
WHOLE = 2_000


@wsx.struct(ns="urn:records")
@dataclass(slots=True)
class Record:
    id: wsx.Int32
    serial: wsx.Int64
    active: bool
    measure: float
    amount: wsx.Decimal
    created: datetime
    key: UUID
    code: str
    label: str
    priority: wsx.Int32


@wsx.struct(ns="urn:records")
@dataclass(slots=True)
class Records:
    record: list[Record]


def made(count: int) -> Iterator[Record]:
    """Records of which no two are the same."""
    moment = datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc)
    amount = Decimal("1234.56")
    for number in range(count):
        key = UUID(int=number << 64 | 0x8000_0000_0000_0001)
        yield Record(
            number & 0x7FFF_FFFF,
            number * 1_000_003,
            number % 2 == 0,
            number / 7,
            amount,
            moment,
            key,
            f"code {number}",
            "R&D café",
            number % 1000,
        )


def cpu_seconds(call: Callable[[], object]) -> float:
    """The least CPU time of some calls."""
    times = []
    for _ in range(9):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def drain(many: Iterable[object]) -> None:
    """Takes all."""
    for _ in many:
        pass


def compare() -> None:
    """Says how fast streams are, over the same document as a whole."""
    records = list(made(WHOLE))
    whole = wsx.write_element(Records, Records(records))
    chunks = [whole[start : start + 65_536] for start in range(0, len(whole), 65_536)]
    written = cpu_seconds(lambda: wsx.write_element(Records, Records(records)))
    read = cpu_seconds(lambda: drain(wsx.read_element(Records, whole).record))
    written /= cpu_seconds(lambda: drain(wsx.iter_write(Records, records)))
    read /= cpu_seconds(lambda: drain(wsx.iter_read(Records, chunks)))
    print(f"{WHOLE:,} records: iter_write {written:.2f}, iter_read {read:.2f} of the speed over the whole document")


def main() -> None:
    """Runs both directions, one into the other."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else LIMIT
    size = 0

    def counted(chunks: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            yield chunk

    start = time.perf_counter()
    total = 0
    for record in wsx.iter_read(Records, counted(wsx.iter_write(Records, made(count)))):
        total += record.id
    seconds = time.perf_counter() - start
    if total != sum(number & 0x7FFF_FFFF for number in range(count)):
        sys.exit("the records that were read are not those that were written")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:,} records, {size / 1e6:,.1f} MB, in {seconds:.1f} s; at most {peak:.1f} MB of memory")
    if peak > limit:
        sys.exit(f"more than {limit} MB")
    compare()


if __name__ == "__main__":
    main()
