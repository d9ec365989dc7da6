"""What the tests of the compiled core share: tables made in a line, samples of every type, expat as second reader."""

from __future__ import annotations

import datetime
import enum
import gc
import random
import sys
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple
from xml.parsers import expat

from wsx.descriptions import (
    XSI_NAMESPACE,
    Description,
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    StructOption,
    Type,
)

ATTRIBUTE, ELEMENT = FieldMapping.ATTRIBUTE, FieldMapping.ELEMENT
REPEATING, TEXT = FieldMapping.REPEATING_ELEMENT, FieldMapping.TEXT
POINTER, OPTIONAL, NILLABLE = FieldOption.POINTER, FieldOption.OPTIONAL, FieldOption.NILLABLE
NILLABLE_ITEM, NONE = FieldOption.NILLABLE_ITEM, FieldOption.NONE

Source = Description | type | Callable[[], Description] | None

NIL = f'a:nil="true" xmlns:a="{XSI_NAMESPACE}"'


class Color(enum.Enum):
    RED = "red"
    GREEN = "green & <blue>"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


COLORS = EnumDescription(Color)
LEAF = StructDescription(dict, [FieldDescription("v", Type.INT32)])

# Types with a nil of their own, which take no POINTER (types.md §4, set N).
OWN_NIL = frozenset({Type.STRING, Type.WSZ, Type.BYTES})


class Sample(NamedTuple):
    """A value and how it looks as the content of an element."""

    type: Type
    value: Any
    text: str
    description: Description | None = None

    @property
    def pointer(self) -> FieldOption:
        """POINTER where this type needs it to be nil or an optional structure."""
        return NONE if self.type in OWN_NIL else POINTER


SAMPLES = [
    Sample(Type.BOOL, True, "true"),
    Sample(Type.INT8, -128, "-128"),
    Sample(Type.INT16, -32768, "-32768"),
    Sample(Type.INT32, -1, "-1"),
    Sample(Type.INT64, -(2**63), "-9223372036854775808"),
    Sample(Type.UINT8, 255, "255"),
    Sample(Type.UINT16, 65535, "65535"),
    Sample(Type.UINT32, 2**32 - 1, "4294967295"),
    Sample(Type.UINT64, 2**64 - 1, "18446744073709551615"),
    Sample(Type.FLOAT, 0.5, "0.5"),
    Sample(Type.DOUBLE, 1e15, "1E+15"),
    Sample(Type.DECIMAL, Decimal("5.123456"), "5.123456"),
    Sample(Type.DATETIME, datetime.datetime(2024, 2, 29, 12, 30, 1, 500000), "2024-02-29T12:30:01.5"),
    Sample(Type.GUID, uuid.UUID(int=0x0123456789ABCDEF0123456789ABCDEF), "01234567-89ab-cdef-0123-456789abcdef"),
    Sample(Type.STRING, "a<b>&\"c'", "a&lt;b&gt;&amp;\"c'"),
    Sample(Type.WSZ, " é€𝄞 ", " é€𝄞 "),
    Sample(Type.BYTES, b"\x00\x01\xff\xfe", "AAH//g=="),
    Sample(Type.ENUM, Color.GREEN, "green &amp; &lt;blue&gt;", COLORS),
    Sample(Type.STRUCT, {"v": 7}, "<v>7</v>", LEAF),
]
SCALARS = [sample for sample in SAMPLES if sample.type is not Type.STRUCT]


def seeded(seed: int) -> random.Random:
    """Numbers that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - test data, no secret


def sample_id(value: object) -> str | None:
    """The name of a sample's type, for the id of a parametrised test."""
    return value.type.name if isinstance(value, Sample) else None


def element(
    type_: Type,
    description: Description | type | Callable[[], Description] | None = None,
    name: str = "t",
    ns: str = "",
) -> ElementDescription:
    """An element called t, of no namespace unless one is given."""
    return ElementDescription(name, ns, type_, description)


def struct_of_fields(
    *fields: FieldDescription,
    python_type: type = dict,
    ns: str = "",
    options: StructOption = StructOption.NONE,
    name: str = "t",
) -> ElementDescription:
    """An element called t whose structure has these fields and its namespace."""
    return element(Type.STRUCT, StructDescription(python_type, fields, ns=ns, options=options), name, ns)


def repeating(name: str, type_: Type, description: Source = None, **more: Any) -> FieldDescription:
    """A REPEATING_ELEMENT field."""
    return FieldDescription(name, type_, description, mapping=REPEATING, **more)


def attribute(name: str, type_: Type, description: Description | None = None, **more: Any) -> FieldDescription:
    """An ATTRIBUTE field."""
    return FieldDescription(name, type_, description, mapping=ATTRIBUTE, **more)


def text(name: str, type_: Type, description: Description | None = None) -> FieldDescription:
    """A TEXT field."""
    return FieldDescription(name, type_, description, mapping=TEXT)


def order_table() -> tuple[ElementDescription, dict[str, Any]]:
    """A table of all mappings and several namespaces, and a value with every state."""
    money = StructDescription(dict, [attribute("currency", Type.STRING), text("amount", Type.DECIMAL)], ns="urn:money")
    line = StructDescription(
        dict,
        [
            attribute("sku", Type.STRING, ns="urn:k"),
            FieldDescription("price", Type.STRUCT, money, ns="urn:money"),
            FieldDescription("note", Type.STRING, options=OPTIONAL | NILLABLE),
            repeating("tag", Type.STRING, local_name="tags", options=NILLABLE | OPTIONAL | NILLABLE_ITEM),
            FieldDescription("none", Type.STRING, ns=""),
        ],
        ns="urn:o",
    )
    order = StructDescription(
        dict,
        [
            attribute("id", Type.INT32),
            attribute("color", Type.ENUM, COLORS, ns="urn:o", options=OPTIONAL),
            FieldDescription("name", Type.STRING),
            repeating("line", Type.STRUCT, line),
            repeating("number", Type.DOUBLE, local_name="numbers", item_ns="urn:n", ns="urn:w"),
            FieldDescription("data", Type.BYTES),
            FieldDescription("last", Type.STRUCT, line, ns="urn:k", options=OPTIONAL | POINTER),
        ],
        ns="urn:o",
    )
    base = {
        "sku": "a<&>\"'\t",
        "price": {"currency": "EUR", "amount": Sample(Type.DECIMAL, None, "").value},
        "none": "]]>",
    }
    base["price"] = {"currency": "€", "amount": __import__("decimal").Decimal("12.5")}
    value = {
        "id": -5,
        "color": Color.GREEN,
        "name": " spaces \r\n kept ",
        "line": [
            base,
            {**base, "note": None, "tag": None},
            {**base, "note": "", "tag": []},
            {**base, "note": "text", "tag": ["", "x", None, "é€𝄞"]},
        ],
        "number": [0.0, -1.5, 1e300],
        "data": bytes(range(50)),
        "last": base,
    }
    return ElementDescription("order", "urn:o", Type.STRUCT, order), value


def growth(call: Callable[[], object], times: int = 50) -> int:
    """Memory blocks that so many calls leave behind: the least of several rounds, as caches of the interpreter, expat's
    among them, fill up and are emptied in some."""
    least = sys.maxsize
    gc.freeze()  # the collector need not look at what was there before
    try:
        for _ in range(10):
            call()
        for number in range(12):
            gc.collect()
            before = sys.getallocatedblocks()
            for _ in range(times):
                call()
            gc.collect()
            least = min(least, sys.getallocatedblocks() - before)
            if number >= 2 and least < times // 10:
                break
    finally:
        gc.unfreeze()
    return least


class Node:
    """An element as expat reports it: name as (namespace, local name), attributes by name, text and children."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: tuple[str, str], attributes: dict[tuple[str, str], str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node] = []
        self.text = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and all(getattr(self, a) == getattr(other, a) for a in Node.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def without_white_space(self) -> Node:
        """The same without the white space between elements."""
        for child in self.children:
            child.without_white_space()
        if self.children:
            self.text = self.text.strip(" \t\r\n")
        return self

    def __repr__(self) -> str:
        return f"Node({self.name}, {self.attributes}, {self.text!r}, {self.children})"


def _split(name: str) -> tuple[str, str]:
    ns, _, local = name.rpartition("\x01")
    return ns, local


def expat_tree(data: bytes) -> Node:
    """The document's element, read by expat; ExpatError when it is not namespace-well-formed."""
    parser = expat.ParserCreate("utf-8", "\x01")
    parser.buffer_text = True
    stack = [Node(("", ""), {})]

    def start(name: str, attributes: dict[str, str]) -> None:
        node = Node(_split(name), {_split(key): value for key, value in attributes.items()})
        stack[-1].children.append(node)
        stack.append(node)

    def end(_: str) -> None:
        stack.pop()

    def characters(data: str) -> None:
        stack[-1].text += data

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.Parse(data, True)
    return stack[0].children[0]
