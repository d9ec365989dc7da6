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
    lines: list[Line] = field(wrapper="lines", default_factory=list)
    note: str | None = None
    discount: Nillable[Double] | Unset = UNSET
    codes: list[Nillable[str]] = field(default_factory=list)


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
element_of(5)  # type: ignore[arg-type]
MessageDescription("urn:a", 5)  # type: ignore[arg-type]
