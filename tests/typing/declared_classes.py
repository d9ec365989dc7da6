"""What a type checker sees of declared classes; a ``type: ignore`` marks what must be an error."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from typing import Annotated

import attrs
import msgspec
from typing_extensions import assert_type

import wsx
from wsx.declare import (
    Bool,
    Bytes,
    Decimal,
    Double,
    Float,
    Guid,
    Int8,
    Int32,
    Nillable,
    String,
    UInt64,
    describe,
    element_of,
    field,
    struct,
    struct_of,
)
from wsx.descriptions import ElementDescription, MessageDescription, StructDescription
from wsx.values import UNSET, Unset


class Color(enum.Enum):
    RED = "red"


@struct
class Line:
    sku: str
    quantity: Int32 = 1


@struct(ns="urn:x", local_name="order")
class Order:
    id: Int32
    small: Int8
    large: UInt64
    ratio: Float
    exact: Double
    price: Decimal
    paid: Bool
    name: String = field(local_name="productName")
    data: Bytes
    guid: Guid
    color: Color
    created: datetime.datetime
    lines: list[Line] = field(wrapper="lines", default_factory=list[Line])
    note: str | None = None
    discount: Nillable[Double] | Unset = UNSET
    codes: list[Nillable[str]] = field(default_factory=list[str | None])


@struct(frozen=True, kw_only=True, order=True)
class Point:
    x: Int32 = field(default=0)
    y: Int32


@struct(ns="urn:x")
class Tree:
    children: list[Tree]


@struct(ns="urn:x")
@dataclasses.dataclass(slots=True)
class Made:
    a: Annotated[int, field(attribute=True)]
    b: str = field(local_name="B", default="b")


@struct(ns="urn:x")
@attrs.define
class Attrs:
    a: Int32
    b: Annotated[str, field(attribute=True)] = "b"


@struct(ns="urn:x")
class Msgspec(msgspec.Struct):
    a: Int32
    b: Annotated[str, field(attribute=True)] = "b"


@struct(ns="urn:x", local_name="cat")
class Cat:
    lives: Int8


@struct(ns="urn:x", local_name="dog")
class Dog:
    name: str


@struct(ns="urn:x")
class Choosing:
    pet: Cat | Dog
    amount: Annotated[int, field(local_name="count")] | Annotated[str, field(local_name="text")]
    pets: list[Cat | Dog] = field(wrapper="pets", default_factory=list[Cat | Dog])
    other: Cat | Dog | None = None
    explicit: (
        Annotated[
            wsx.Choice,
            wsx.UnionDescription([wsx.UnionFieldDescription("a", wsx.FieldDescription("a", wsx.Type.INT32))]),
        ]
        | None
    ) = None


@struct(ns="urn:x", abstract=True)
class Shape:
    id: Int32


@struct(ns="urn:x")
class Circle(Shape):
    radius: Double


@struct(ns="urn:x")
class Free:
    part: wsx.XmlBuffer
    language: str | None = field(xml_attribute=True, local_name="lang", default=None)
    others: dict[wsx.XmlQName, str] = field(default_factory=dict[wsx.XmlQName, str])
    rest: list[wsx.XmlBuffer] = field(any=True, default_factory=list[wsx.XmlBuffer])
    lasts: wsx.Duration | None = None
    ticks: Annotated[datetime.timedelta, wsx.Type.TIMESPAN] | None = None
    id: wsx.UniqueId | None = None
    percent: Annotated[int, wsx.UInt8Description(0, 100)] = 0
    shapes: list[Shape] = field(default_factory=list[Shape])


order = Order(
    id=1,
    small=2,
    large=3,
    ratio=1.5,
    exact=2,
    price=decimal.Decimal("1.0"),
    paid=True,
    name="n",
    data=b"",
    guid=uuid.UUID(int=1),
    color=Color.RED,
    created=datetime.datetime(2026, 1, 1),
    lines=[Line("a"), Line(sku="b", quantity=2)],
    discount=None,
    codes=["a", None],
)

assert_type(order.id, int)
assert_type(order.large, int)
assert_type(order.ratio, float)
assert_type(order.price, decimal.Decimal)
assert_type(order.paid, bool)
assert_type(order.name, str)
assert_type(order.data, bytes)
assert_type(order.guid, uuid.UUID)
assert_type(order.lines, list[Line])
assert_type(order.note, str | None)
assert_type(order.discount, float | None | Unset)
assert_type(order.codes, list[str | None])
assert_type(Tree([Tree([])]).children[0], Tree)
assert_type(Point(y=1) < Point(x=1, y=2), bool)
assert_type(Made(1).b, str)
assert_type(Attrs(1, b="c").b, str)
assert_type(Msgspec(1, b="c").b, str)

choosing = Choosing(Cat(9), "text", pets=[Dog("a"), Cat(1)], explicit=wsx.Choice("a", 1))
assert_type(choosing.pet, Cat | Dog)
assert_type(choosing.amount, int | str)
assert_type(choosing.pets, list[Cat | Dog])
assert_type(choosing.other, Cat | Dog | None)
assert_type(choosing.explicit, wsx.Choice | None)
free = Free(wsx.XmlBuffer(b"<a/>"), shapes=[Circle(1, radius=2.5)])
assert_type(free.others, dict[wsx.XmlQName, str])
assert_type(free.rest, list[wsx.XmlBuffer])
assert_type(free.ticks, datetime.timedelta | None)
assert_type(free.id, uuid.UUID | str | None)
assert_type(free.percent, int)
assert_type(Circle(id=1, radius=2.5).id, int)

assert_type(struct_of(Order), StructDescription)
assert_type(describe(Order), StructDescription)
assert_type(element_of(Order), ElementDescription)
assert_type(MessageDescription("urn:a", Order).body, ElementDescription | None)
assert_type(MessageDescription("urn:a", element_of(Order)).action, str | None)

Line(5)  # type: ignore[arg-type]
Line()  # type: ignore[call-arg]
Line("a", quantity="1")  # type: ignore[arg-type]
Line("a", other=1)  # type: ignore[call-arg]
Point(1, 2)  # type: ignore[call-arg]
Point(y=1).x = 2  # type: ignore[misc]
Made()  # type: ignore[call-arg]
Attrs("a")  # type: ignore[arg-type]
Msgspec("a")  # type: ignore[arg-type]
field(wrong=1)  # type: ignore[call-overload]
struct(ns=1)  # type: ignore[call-overload]
struct(polymorphic=1)  # type: ignore[call-overload]
Choosing(5, 5)  # type: ignore[arg-type]
Choosing(Cat(1), 1.5)  # type: ignore[arg-type]
Choosing(Cat(1), 1, pets=[Circle(1, 2)])  # type: ignore[list-item]
Free(b"<a/>")  # type: ignore[arg-type]
Circle(radius=1)  # type: ignore[call-arg]
element_of(5)  # type: ignore[arg-type]
MessageDescription("urn:a", 5)  # type: ignore[arg-type]
