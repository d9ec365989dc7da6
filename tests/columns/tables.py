"""The tables and random data of the tests of columns."""

from __future__ import annotations

import datetime
import random
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import wsx
from wsx.descriptions import ElementDescription, FieldDescription, FieldMapping, FieldOption, StructDescription, Type
from wsx.legality import OWN_NIL

UTC = datetime.timezone.utc
TEXTS = (
    "",
    "plain",
    "a<b&c>d",
    "Größe M",
    "東京都",
    "\U0001f600 and more than sixteen bytes of text",
    "]]>",
    "x\ty\nz",
    '"',
)


@dataclass(slots=True)
class Record:
    id: Any
    serial: Any
    active: Any
    measure: Any
    amount: Any
    created: Any
    key: Any
    code: Any
    label: Any
    priority: Any


FIELDS = {
    "id": Type.INT32,
    "serial": Type.INT64,
    "active": Type.BOOL,
    "measure": Type.DOUBLE,
    "amount": Type.DECIMAL,
    "created": Type.DATETIME,
    "key": Type.GUID,
    "code": Type.STRING,
    "label": Type.STRING,
    "priority": Type.UINT16,
}


def with_pointer(type_: Type, options: FieldOption) -> FieldOption:
    """What is no text of its own is nil, or absent, by a pointer."""
    return options | FieldOption.POINTER if options & FieldOption.NILLABLE and type_ not in OWN_NIL else options


def element(
    fields: dict[str, Type],
    *,
    options: FieldOption = FieldOption.NONE,
    ns: str = "urn:records",
    python_type: type = dict,
    attributes: tuple[str, ...] = (),
    wrapper: str | None = None,
    descriptions: dict[str, Any] | None = None,
) -> ElementDescription:
    """An element of rows with these fields."""
    row = StructDescription(
        python_type,
        [
            FieldDescription(
                name,
                type_,
                (descriptions or {}).get(name),
                mapping=FieldMapping.ATTRIBUTE if name in attributes else FieldMapping.ELEMENT,
                options=options & FieldOption.OPTIONAL if name in attributes else with_pointer(type_, options),
            )
            for name, type_ in fields.items()
        ],
        ns=ns,
    )
    rows = FieldDescription(
        "record", Type.STRUCT, row, mapping=FieldMapping.REPEATING_ELEMENT, local_name=wrapper, item_range=(0, None)
    )
    return ElementDescription("Records", ns, Type.STRUCT, StructDescription(dict, [rows], ns=ns))


def scalars(type_: Type, options: FieldOption = FieldOption.NONE) -> ElementDescription:
    """An element of numbers."""
    items = FieldDescription("item", type_, mapping=FieldMapping.REPEATING_ELEMENT, options=options)
    return ElementDescription("Numbers", "urn:n", Type.STRUCT, StructDescription(dict, [items], ns="urn:n"))


def records(count: int, seed: int = 1) -> list[Record]:
    """Random rows."""
    chance = random.Random(seed)  # noqa: S311 - values for tests
    return [
        Record(
            id=chance.randrange(-(2**31), 2**31) >> chance.randrange(31),
            serial=chance.randrange(-(2**63), 2**63) >> chance.randrange(63),
            active=chance.random() < 0.5,
            measure=chance.choice([0.0, -0.0, 1e300, 5e-324, chance.uniform(-1, 1) * 10.0 ** chance.randint(-9, 9)]),
            amount=Decimal(chance.randrange(-(10**12), 10**12)).scaleb(-2),
            created=datetime.datetime(1970, 1, 1, tzinfo=UTC)
            + datetime.timedelta(microseconds=chance.randrange(-(10**15), 10**15)),
            key=uuid.UUID(int=chance.getrandbits(128)),
            code="".join(chance.choices("abcXYZ019-_. ", k=chance.randint(0, 30))).strip(),
            label=chance.choice(TEXTS),
            priority=chance.randrange(2**16),
        )
        for _ in range(count)
    ]


def objects(table: ElementDescription, rows: Any, field: str = "record") -> bytes:
    """The bytes that the path of objects makes."""
    return wsx.write_element(table, {field: rows})
