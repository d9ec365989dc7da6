"""Explicit tables: the same model without classes of one's own, for programs that make their tables at run time."""

from __future__ import annotations

from decimal import Decimal

import wsx
from wsx import ElementDescription, FieldDescription, FieldMapping, FieldOption, StructDescription, Type

NAMESPACE = "urn:wsx:example:stock"

# <item sku="…"><name/><price/><tag/>…<discontinued/></item>, read as a dict and written from one
ITEM = StructDescription(
    dict,
    [
        FieldDescription("sku", Type.STRING, mapping=FieldMapping.ATTRIBUTE),
        FieldDescription("name", Type.STRING),
        FieldDescription("price", Type.DECIMAL),
        FieldDescription("tags", Type.STRING, mapping=FieldMapping.REPEATING_ELEMENT, item_local_name="tag"),
        FieldDescription("discontinued", Type.BOOL, options=FieldOption.OPTIONAL),
    ],
    ns=NAMESPACE,
)

# <stock><items><item/>…</items></stock>: the wrapper has a name of its own
STOCK = StructDescription(
    dict,
    [
        FieldDescription(
            "items",
            Type.STRUCT,
            ITEM,
            mapping=FieldMapping.REPEATING_ELEMENT,
            local_name="items",
            item_local_name="item",
            item_range=(1, None),
        )
    ],
    ns=NAMESPACE,
)
ELEMENT = ElementDescription("stock", NAMESPACE, Type.STRUCT, STOCK)


def main() -> None:
    stock = {
        "items": [
            {"sku": "W-8", "name": "washer", "price": Decimal("0.06"), "tags": ["steel", "8 mm"]},
            {"sku": "G-1", "name": "wood glue", "price": Decimal("11.90"), "tags": [], "discontinued": False},
        ]
    }
    # A False is written and comes back; a key that is left out is an absent element.
    data = wsx.write_element(ELEMENT, stock)
    print(data.decode())
    assert wsx.read_element(ELEMENT, data) == stock

    try:
        wsx.write_element(ELEMENT, {"items": []})
    except wsx.WsError as error:
        print(error)


if __name__ == "__main__":
    main()
