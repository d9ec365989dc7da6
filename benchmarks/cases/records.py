"""``records``: 10,000 records of ten mixed fields, about 3.3 MB of XML; what a value costs when there are many."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Final
from uuid import UUID

from benchmarks.cases.base import Case
from benchmarks.shape import Int32, Int64

__all__ = ["QUICK_SIZE", "SIZE", "Record", "Records", "make"]

NAMESPACE: Final = "urn:records"
SIZE: Final = 10_000
QUICK_SIZE: Final = 20

_SEED: Final = 20_260_314
_START: Final = datetime(2020, 1, 1, tzinfo=timezone.utc)
_SYMBOLS: Final = string.ascii_letters + string.digits + "-_. "
_LABELS: Final = (
    "Größe M",
    "naïve café",
    "R&D <internal>",
    "a < b && c > d",
    "東京都 千代田区",
    "Überweisung & Co.",
    "plain label",
    "another plain label",
    "second hand",
    "zażółć gęślą jaźń",
)


@dataclass(slots=True)
class Record:
    id: Int32
    serial: Int64
    active: bool
    measure: float
    amount: Decimal
    created: datetime
    key: UUID
    code: str
    label: str
    priority: Int32


@dataclass(slots=True)
class Records:
    record: list[Record]


def make(size: int) -> Case:
    """``size`` records, the same ones on each call."""
    chance = random.Random(_SEED)
    records = [_record(chance, index) for index in range(size)]
    return Case("records", f"{size:,} records of 10 fields", "Records", NAMESPACE, Records(records))


def _record(chance: random.Random, index: int) -> Record:
    # Whole microseconds from integers: adding a float of seconds would round.
    moment = timedelta(microseconds=chance.randrange(6 * 365 * 86_400 * 1_000_000))
    code = "".join(chance.choices(_SYMBOLS, k=chance.randint(8, 24)))
    return Record(
        id=index,
        serial=chance.randrange(-(2**62), 2**62) >> chance.randrange(40),
        active=chance.random() < 0.5,
        measure=chance.uniform(-1, 1) * 10.0 ** chance.randint(-3, 6),
        amount=Decimal(chance.randrange(-(10**9), 10**9)).scaleb(-2),
        created=_START + moment,
        key=UUID(int=chance.getrandbits(128), version=4),
        code=code.strip().ljust(8, "x"),
        label=chance.choice(_LABELS),
        priority=chance.randint(0, 2**31 - 1) >> chance.randrange(28),
    )
