"""``attributes``, ``namespaces``, ``choice``, ``derived``: the records of ``records``, with another table.

Each shows what one part of the type system costs: time per value here over time per value in ``records``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from benchmarks.cases import records
from benchmarks.cases.base import Case
from benchmarks.cases.records import QUICK_SIZE, SIZE, Record
from benchmarks.shape import ATTRIBUTE, Derived, Int32, Int64, Namespace

__all__ = ["QUICK_SIZE", "SIZE", "make"]

_SECOND: Final = Namespace("urn:records:second")
_THIRD: Final = Namespace("urn:records:third")


@dataclass(slots=True)
class AttributeRecord:
    """Five of the ten fields are attributes."""

    id: Annotated[Int32, ATTRIBUTE]
    serial: Annotated[Int64, ATTRIBUTE]
    active: Annotated[bool, ATTRIBUTE]
    measure: float
    amount: Decimal
    created: datetime
    key: UUID
    code: Annotated[str, ATTRIBUTE]
    label: str
    priority: Annotated[Int32, ATTRIBUTE]


@dataclass(slots=True)
class AttributeRecords:
    record: list[AttributeRecord]


@dataclass(slots=True)
class SpacedRecord:
    """The namespace changes from field to field."""

    id: Int32
    serial: Annotated[Int64, _SECOND]
    active: Annotated[bool, _THIRD]
    measure: float
    amount: Annotated[Decimal, _SECOND]
    created: Annotated[datetime, _THIRD]
    key: UUID
    code: Annotated[str, _SECOND]
    label: Annotated[str, _THIRD]
    priority: Int32


@dataclass(slots=True)
class SpacedRecords:
    record: list[SpacedRecord]


@dataclass(slots=True)
class ChoiceRecord:
    """Five of the ten fields are one of two elements, the second one in every fourth record."""

    id: Int32
    serial: Int64 | str
    active: bool
    measure: float | str
    amount: Decimal | bool
    created: datetime
    key: UUID | bool
    code: str
    label: str | bool
    priority: Int32


@dataclass(slots=True)
class ChoiceRecords:
    record: list[ChoiceRecord]


@dataclass(slots=True)
class Weighed(Record):
    weight: float


@dataclass(slots=True)
class Noted(Record):
    note: str


@dataclass(slots=True)
class MixedRecords:
    """A third of the records each is of the declared type and of two derived ones, which have a field more."""

    record: list[Annotated[Record, Derived(Weighed, Noted)]]


def _values(record: Record) -> list[Any]:
    return [getattr(record, item.name) for item in fields(record)]


def _attributes(size: int) -> Any:
    return AttributeRecords([AttributeRecord(*_values(record)) for record in _records(size)])


def _namespaces(size: int) -> Any:
    return SpacedRecords([SpacedRecord(*_values(record)) for record in _records(size)])


def _choice(size: int) -> Any:
    made = []
    for index, record in enumerate(_records(size)):
        choice = ChoiceRecord(*_values(record))
        if index % 4 == 3:
            choice.serial, choice.measure = f"s{record.serial}", "not measured"
            choice.amount, choice.key, choice.label = True, False, True
        made.append(choice)
    return ChoiceRecords(made)


def _derived(size: int) -> Any:
    makers: tuple[Callable[[Record], Record], ...] = (
        lambda record: record,
        lambda record: Weighed(*_values(record), weight=record.measure / 3),
        lambda record: Noted(*_values(record), note=f"note {record.id}"),
    )
    return MixedRecords([makers[index % 3](record) for index, record in enumerate(_records(size))])


def _records(size: int) -> list[Record]:
    found: list[Record] = records.make(size).value.record
    return found


_MAKERS: Final[dict[str, tuple[Callable[[int], Any], str]]] = {
    "attributes": (_attributes, "records, five of ten fields attributes"),
    "namespaces": (_namespaces, "records in three namespaces"),
    "choice": (_choice, "records, five of ten fields a choice of two"),
    "derived": (_derived, "records of three types, told by xsi:type"),
}


def make(size: int, name: str) -> Case:
    """``size`` records in the form of the case."""
    maker, title = _MAKERS[name]
    return Case(name, f"{size:,} {title}", "Records", records.NAMESPACE, maker(size))
