"""What a type checker sees of declared pydantic models; beside declared_classes.py."""

from __future__ import annotations

from typing import Annotated

import pydantic
from typing_extensions import assert_type

import wsx


@wsx.struct(ns="urn:x")
class Item(pydantic.BaseModel):
    sku: Annotated[str, wsx.field(attribute=True)]
    count: wsx.Int32 = 1
    note: str | None = None


@wsx.struct(ns="urn:x", polymorphic=True)
class Basket(pydantic.BaseModel):
    items: Annotated[list[Item], wsx.field(local_name="item")] = []
    parent: Basket | None = None


@wsx.struct(ns="urn:x")
class Gift(Basket):
    text: str


item = Item(sku="a")
gift = Gift(text="t", items=[item], parent=Basket())
assert_type(item.sku, str)
assert_type(item.count, int)
assert_type(gift.items, list[Item])
assert_type(gift.parent, Basket | None)
assert_type(wsx.struct_of(Gift), wsx.StructDescription)

Item(sku=1)  # type: ignore[arg-type]
Item()  # type: ignore[call-arg]
Gift(items=[])  # type: ignore[call-arg]
