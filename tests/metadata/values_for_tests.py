"""Random values of the types of a model."""

from __future__ import annotations

import datetime
import decimal
import random
import uuid
from typing import Any

import wsx
from wsx import xsd
from wsx.descriptions import FieldMapping, Type
from wsx.errors import WsError
from wsx.legality import INTEGER_RANGES
from wsx.metadata.shapes import ChoiceShape, EnumShape, FieldShape, ScalarShape, StructShape, Value
from wsx.metadata.tables import Tables, selector_of
from wsx.values import UNSET

# Texts that some type takes: the first that a description accepts is the value.
_TEXTS = ("AB12", "0x1F", "2026", "2026-02", "--02-28", "---28", "--02", "P1DT2H", "en-GB", "x", "abcde-fg")
_MAX_DEPTH = 6


class Values:
    """Makes values; the same seed makes the same ones."""

    def __init__(self, tables: Tables, seed: int) -> None:
        self.tables = tables
        self.random = random.Random(seed)  # noqa: S311 - values for tests

    def of(self, shape: Value, depth: int = 0) -> Any:
        if isinstance(shape, StructShape):
            return self.struct(shape, depth)
        if isinstance(shape, EnumShape):
            return self.random.choice(list(shape.python))
        if isinstance(shape, ChoiceShape):
            return self.choice(shape, depth)
        if isinstance(shape, ScalarShape):
            return self.scalar(shape)
        if shape.type is Type.ANY_ATTRIBUTES:
            return {wsx.XmlQName("extra", "urn:wsx:unknown"): "&<x>"} if self.random.random() < 0.5 else {}
        return wsx.XmlBuffer(b'<u:more xmlns:u="urn:wsx:unknown"><u:deep>1</u:deep></u:more>')

    def struct(self, shape: StructShape, depth: int) -> Any:
        candidates = [shape]
        if shape.name is not None:
            waiting = [shape]
            while waiting:
                derived = waiting.pop().derived()
                candidates += derived
                waiting += derived
        # A restriction has the fields of its base, and not all of what those may hold.
        concrete = [one for one in candidates if not one.abstract and (one is shape or one.own_fields)]
        chosen = self.random.choice(concrete)
        given = {found.name: self.field(found, depth + 1) for found in chosen.fields}
        for choice in {found.branch[0] for found in chosen.fields if found.branch is not None}:
            parts = [found for found in chosen.fields if found.branch is not None and found.branch[0] == choice]
            arm = self.random.choice(parts).branch
            for found in parts:
                if found.branch != arm:
                    given[found.name] = UNSET
                elif found.repeating:
                    given[found.name] = given[found.name] or [self.of(found.shape, depth + 1)]
                else:
                    # Whether what is required inside of an arm stays so is not known any more.
                    given[found.name] = self.of(found.shape, depth + 1) if depth <= _MAX_DEPTH else UNSET
        return self.tables.struct(chosen).python_type(**{k: v for k, v in given.items() if v is not UNSET})

    def field(self, found: FieldShape, depth: int) -> Any:
        if found.mapping is FieldMapping.ANY_ATTRIBUTES:
            return self.of(found.shape)
        if found.mapping is FieldMapping.ANY_CONTENT:
            return wsx.XmlBuffer(b"plain &amp; simple")
        if isinstance(found.shape, ChoiceShape) and found.shape.loose:
            elements = [arm for arm in found.shape.arms if arm.mapping is not FieldMapping.ANY_ELEMENT]
            return [wsx.Choice(arm.local_name, self.field(arm, depth)) for arm in elements]
        if found.repeating:
            most = found.least + (0 if depth > _MAX_DEPTH else self.random.randint(0, 2))
            count = most if found.most is None else min(found.most, most)
            values = [self.of(found.shape, depth) for _ in range(count)]
            return [None if found.nillable and self.random.random() < 0.3 else value for value in values]
        if found.least == 0 and (depth > _MAX_DEPTH or self.random.random() < 0.3):
            return UNSET
        if found.nillable and self.random.random() < 0.3:
            return None
        if found.default is not UNSET and found.mapping is not FieldMapping.ELEMENT and found.name == "version":
            return found.default  # fixed
        if found.default is not UNSET and found.mapping is FieldMapping.ELEMENT:
            return found.default
        return self.of(found.shape, depth)

    def choice(self, shape: ChoiceShape, depth: int) -> wsx.Choice:
        selectors: list[str] = []
        for arm in shape.arms:
            selectors.append(selector_of(arm, set(selectors)))
        arms = list(zip(selectors, shape.arms, strict=True))
        if depth > _MAX_DEPTH:
            arms = arms[-1:]
        select, arm = self.random.choice(arms)
        if arm.mapping is FieldMapping.ANY_ELEMENT:
            return wsx.Choice(select, self.of(arm.shape))
        return wsx.Choice(select, self.field(arm, depth))

    def scalar(self, shape: ScalarShape) -> Any:
        r = self.random
        if shape.type is Type.ENUM:
            return r.choice([value for _, value in shape.description.pairs])
        if shape.type in INTEGER_RANGES:
            numbers = INTEGER_RANGES[shape.type]
            low = getattr(shape.description, "min_value", None)
            high = getattr(shape.description, "max_value", None)
            return r.randint(numbers[0] if low is None else low, numbers[-1] if high is None else high)
        if shape.type is Type.FLOAT:
            return r.choice([0.5, -1.0, 0.25])
        made: dict[Any, Any] = {
            bool: r.random() < 0.5,
            float: r.choice([0.5, -1.0, 0.1]),
            decimal.Decimal: decimal.Decimal(r.randint(1, 9999)) / 100,
            datetime.datetime: datetime.datetime(2026, r.randint(1, 12), 3, 4, 5, 6, tzinfo=datetime.timezone.utc),
            datetime.date: r.choice([datetime.date(2026, 2, 3), xsd.ZonedDate(1999, 12, 31)]),
            datetime.time: datetime.time(r.randint(0, 23), 59, 1, 250000),
            wsx.Duration: wsx.Duration(days=r.randint(1, 30), hours=5),
            wsx.XmlQName: wsx.XmlQName("plain", "urn:wsx:everything"),
        }
        if shape.python in made:
            return made[shape.python]
        if shape.python is bytes:
            return self.accepted(shape, [bytes(range(n)) for n in (r.randint(0, 8), 4, 16)])
        if shape.python is int:
            return self.accepted(shape, [r.randint(-(10**30), 10**30), 7, -7])
        if shape.python is list:
            return self.items(shape)
        if shape.python is object:
            return self.accepted(shape, [r.choice([5, "many", "http://A"]), 5, "many", "http://A", True])
        texts = ["", "a <b> & c", "zwei Wörter 😀"] if shape.description is None else []
        return self.accepted(shape, [*r.sample(texts, len(texts)), str(uuid.UUID(int=r.getrandbits(128))), *_TEXTS])

    def items(self, shape: ScalarShape) -> list[Any]:
        candidates: list[list[Any]] = [["a", "b"], ["S", "M", "S"], [datetime.date(2026, 1, 1)] * 3, [1, 2]]
        return list(self.accepted(shape, candidates))

    @staticmethod
    def accepted(shape: ScalarShape, candidates: list[Any]) -> Any:
        for value in candidates:
            try:
                if shape.description is not None:
                    shape.description.check(value)
            except WsError:
                continue
            if shape.source == "xsd.Token" and not str(value).replace("-", "").isalpha():
                continue
            return value
        raise AssertionError(f"no value for {shape.source}")
