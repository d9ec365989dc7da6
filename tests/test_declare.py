"""Tables from annotated classes: what each annotation means, on every kind of class."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import gc
import pickle
import subprocess
import sys
import threading
import types
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, NamedTuple, NewType, Optional

import attrs
import msgspec
import pytest

from wsx import declare
from wsx.declare import (
    Bool,
    Bytes,
    Decimal,
    Double,
    Float,
    Guid,
    Int8,
    Int16,
    Int32,
    Int64,
    Nillable,
    String,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    describe,
    element_of,
    field,
    struct,
    struct_of,
)
from wsx.descriptions import (
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    MessageDescription,
    StructDescription,
    StructOption,
    Type,
)
from wsx.errors import InvalidArgument
from wsx.values import UNSET, DateTime, Unset

ROOT = Path(__file__).parents[1]
NONE = FieldOption.NONE
P, O, N, NI = FieldOption.POINTER, FieldOption.OPTIONAL, FieldOption.NILLABLE, FieldOption.NILLABLE_ITEM  # noqa: E741

OrderId = NewType("OrderId", int)
# Type checkers know Nillable[X] in annotations only, not as a value in the tables of this test.
Nil: Any = Nillable


class Color(enum.Enum):
    RED = "r"
    BLUE = 2


class Flags(enum.Flag):
    A = 1


@struct(ns="urn:p")
class Part:
    n: int


def declared(annotation: Any, value: Any = dataclasses.MISSING, **keywords: Any) -> type[Any]:
    """A class S with one field x."""
    body = {} if value is dataclasses.MISSING else {"x": value}
    made: type[Any] = struct(**keywords)(type("S", (), {"__annotations__": {"x": annotation}, **body}))
    return made


def only(annotation: Any, value: Any = dataclasses.MISSING) -> FieldDescription:
    """The field that an annotation gives."""
    (found,) = struct_of(declared(annotation, value)).fields
    return found


# --- types -----------------------------------------------------------------------------------------------------------

SCALARS: list[tuple[Any, Type]] = [
    (bool, Type.BOOL),
    (int, Type.INT64),
    (float, Type.DOUBLE),
    (decimal.Decimal, Type.DECIMAL),
    (datetime.datetime, Type.DATETIME),
    (DateTime, Type.DATETIME),
    (uuid.UUID, Type.GUID),
    (str, Type.STRING),
    (bytes, Type.BYTES),
    (Bool, Type.BOOL),
    (Int8, Type.INT8),
    (Int16, Type.INT16),
    (Int32, Type.INT32),
    (Int64, Type.INT64),
    (UInt8, Type.UINT8),
    (UInt16, Type.UINT16),
    (UInt32, Type.UINT32),
    (UInt64, Type.UINT64),
    (Float, Type.FLOAT),
    (Double, Type.DOUBLE),
    (Decimal, Type.DECIMAL),
    (Guid, Type.GUID),
    (String, Type.STRING),
    (Bytes, Type.BYTES),
    (Annotated[str, Type.WSZ], Type.WSZ),
    (Annotated[int, Type.UINT16, "a word of somebody else"], Type.UINT16),
    (OrderId, Type.INT64),
    (Final[int], Type.INT64),
    ("int", Type.INT64),
    ("UInt8", Type.UINT8),
    (Annotated["UInt8", "text"], Type.UINT8),
]


@pytest.mark.parametrize(("annotation", "type_"), SCALARS, ids=str)
def test_scalars(annotation: Any, type_: Type) -> None:
    assert only(annotation) == FieldDescription("x", type_)


@pytest.mark.parametrize("annotation", [Color, "Color", Annotated[Color, Type.ENUM]], ids=str)
def test_enums(annotation: Any) -> None:
    found = only(annotation)
    assert found.type is Type.ENUM
    assert isinstance(found.description, EnumDescription)
    assert found.description.pairs == (("r", Color.RED), ("BLUE", Color.BLUE))
    assert only(Color | None).description is found.description


def test_structs() -> None:
    assert only(Part) == FieldDescription("x", Type.STRUCT, struct_of(Part))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement needs Python 3.12")
def test_type_statement() -> None:
    space: dict[str, Any] = {}
    exec("type Money = Decimal | None", {"Decimal": Decimal}, space)  # noqa: S102 - a syntax error below 3.12
    assert only(space["Money"]) == FieldDescription("x", Type.DECIMAL, options=O, default=None)


# --- absent, nil, lists ----------------------------------------------------------------------------------------------

PART = struct_of(Part)
SHAPES: list[tuple[Any, Type, FieldOption, Any]] = [
    (int | None, Type.INT64, O, None),
    (Optional[Int32], Type.INT32, O, None),  # noqa: UP045 - the old spelling
    (str | None, Type.STRING, O, None),
    (Part | None, Type.STRUCT, O | P, None),
    (Color | None, Type.ENUM, O, None),
    (str | Unset, Type.STRING, O, UNSET),
    (Part | Unset, Type.STRUCT, O | P, UNSET),
    (Nil[int], Type.INT64, N | P, UNSET),
    (Nil[Float], Type.FLOAT, N | P, UNSET),
    (Nil[str], Type.STRING, N, UNSET),
    (Nil[Part], Type.STRUCT, N | P, UNSET),
    (Nil[Color], Type.ENUM, N | P, UNSET),
    (Nil[int] | Unset, Type.INT64, N | O | P, UNSET),
    (Nil[str] | Unset, Type.STRING, N | O, UNSET),
    (Nil[str] | None, Type.STRING, N | O, None),
    ("Nillable[Part] | Unset", Type.STRUCT, N | O | P, UNSET),
]
LISTS: list[tuple[Any, Type, FieldOption, Any]] = [
    (list[int], Type.INT64, NONE, UNSET),
    (list[Int8], Type.INT8, NONE, UNSET),
    (list["Part"], Type.STRUCT, NONE, UNSET),
    (list[Color], Type.ENUM, NONE, UNSET),
    (list["UInt8"] | None, Type.UINT8, O, None),
    (list[Nil[int]], Type.INT64, NI | P, UNSET),
    (list[Nil[str]], Type.STRING, NI, UNSET),
    (list[Nil[Part]], Type.STRUCT, NI | P, UNSET),
    (list[int] | None, Type.INT64, O, None),
    (list[Part] | Unset, Type.STRUCT, O | P, UNSET),
    (list[Nil[bytes]] | None, Type.BYTES, O | NI, None),
]


@pytest.mark.parametrize(("annotation", "type_", "options", "default"), SHAPES, ids=str)
def test_absent_and_nil(annotation: Any, type_: Type, options: FieldOption, default: object) -> None:
    found = only(annotation)
    assert (found.type, found.options, found.mapping) == (type_, options, FieldMapping.ELEMENT)
    assert found.default is default


@pytest.mark.parametrize(("annotation", "type_", "options", "default"), LISTS, ids=str)
def test_lists(annotation: Any, type_: Type, options: FieldOption, default: object) -> None:
    found = only(annotation)
    assert (found.type, found.options, found.mapping) == (type_, options, FieldMapping.REPEATING_ELEMENT)
    assert found.default is default
    assert found.wrapper("") is None


def test_nil_wrapper() -> None:
    found = only(Nil[list[int]], field(wrapper="all"))
    assert (found.options, found.wrapper("urn:x")) == (N | P, ("urn:x", "all"))
    with pytest.raises(InvalidArgument, match=r"struct S: field 'x': option NILLABLE .* is about the wrapper"):
        only(Nil[list[int]])


# --- field() ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (int, field(local_name="y", ns="urn:y"), FieldDescription("x", Type.INT64, local_name="y", ns="urn:y")),
        (int, field(attribute=True), FieldDescription("x", Type.INT64, mapping=FieldMapping.ATTRIBUTE)),
        (
            int | None,
            field(attribute=True, ns="urn:a", local_name="a"),
            FieldDescription(
                "x", Type.INT64, mapping=FieldMapping.ATTRIBUTE, ns="urn:a", local_name="a", options=O, default=None
            ),
        ),
        (str, field(text=True), FieldDescription("x", Type.STRING, mapping=FieldMapping.TEXT)),
        (
            list[str],
            field(local_name="i", ns="urn:i", wrapper="w", wrapper_ns="urn:w", item_range=(1, 3)),
            FieldDescription(
                "x",
                Type.STRING,
                mapping=FieldMapping.REPEATING_ELEMENT,
                item_local_name="i",
                item_ns="urn:i",
                local_name="w",
                ns="urn:w",
                item_range=(1, 3),
            ),
        ),
        (Int8, field(optional=True, default=5), FieldDescription("x", Type.INT8, options=O, default=5)),
        (Color, field(optional=True, default=Color.RED), None),
        (str | None, field(optional=True), FieldDescription("x", Type.STRING, options=O, default=None)),
        (str | None, field(default="constructor"), FieldDescription("x", Type.STRING, options=O, default=None)),
        (int, field(default=5), FieldDescription("x", Type.INT64)),
        (int, 5, FieldDescription("x", Type.INT64)),
        (Annotated[int, field(local_name="y")], 5, FieldDescription("x", Type.INT64, local_name="y")),
        (
            Annotated[Nil[Int32] | Unset, field(local_name="y")],
            UNSET,
            FieldDescription("x", Type.INT32, local_name="y", options=N | O | P),
        ),
        (Annotated[int, field(optional=True)], 5, FieldDescription("x", Type.INT64, options=O, default=5)),
    ],
)
def test_field(annotation: Any, value: Any, expected: FieldDescription | None) -> None:
    found = only(annotation, value)
    if expected is None:
        assert (found.options, found.default) == (O, Color.RED)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("keywords", "rule"),
    [
        ({"attribute": True, "text": True}, "attribute and text exclude each other"),
        ({"wrapper_ns": "urn:w"}, "wrapper_ns needs wrapper"),
        ({"default": 1, "default_factory": int}, "cannot specify both default and default_factory"),
    ],
)
def test_illegal_field(keywords: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rf"field\(\): {rule}"):
        field(**keywords)


@pytest.mark.parametrize(
    ("annotation", "value", "rule"),
    [
        (dict[str, int], None, r"dict\[str, int\] has no type .* other attributes are dict\[wsx\.XmlQName, str\]"),
        (object, None, "object has no type"),
        (Any, None, "Any has no type"),
        (None, None, "NoneType has no type"),
        (complex, None, "complex has no type"),
        (datetime.date, None, "date has no type"),
        (datetime.timedelta, None, r"either an xs:duration, which is wsx\.Duration, or .* wsx\.Type\.TIMESPAN"),
        (list, None, r"a list needs the type of its items: list\[X\]"),
        (list[int, str], None, r"a list needs the type of its items: list\[X\]"),  # type: ignore[misc]
        (Annotated[dict[str, int], Type.INT32], None, r"dict\[str, int\] has no type"),
        (tuple[int, ...], None, r"a repeating element is a list\[X\], not tuple"),
        (set[int], None, r"a repeating element is a list\[X\]"),
        (list[list[int]], None, "a list of lists needs a struct between them"),
        (list[int | None], None, r"an item of a list is never absent; a nil one is list\[Nillable\[X\]\]"),
        (list[Annotated[int, field(local_name="i")]], None, r"field\(\) belongs to the list"),
        (Annotated[list[int], Type.INT8], None, "INT8 belongs to the items of the list"),
        (str | None | Unset, None, r"None and UNSET would both be absent; Nillable\[X\] \| Unset"),
        (Annotated[int, Type.STRING], None, "values of STRING are no int"),
        (Annotated[str, Type.INT32], None, "values of INT32 are no str"),
        (Annotated[Color, Type.INT32], None, "values of INT32 are no Color"),
        (Annotated[int, Type.BOOL], None, "values of BOOL are no int"),
        (Annotated[int, Type.TIMESPAN], None, "values of TIMESPAN are no int"),
        (Annotated[Int32, Type.INT8], None, "it says both INT32 and INT8"),
        (Flags, None, "enum Flags: values must be an enum.Enum class that is no Flag"),
        (Annotated[int, field(default=1)], None, r"field\(\) in Annotated takes neither a default"),
        (Annotated[int, field(kw_only=True)], None, r"field\(\) in Annotated takes neither a default"),
        (Annotated[int, field(ns="a")], field(ns="b"), r"field\(\) is given twice"),
        (list[int], field(attribute=True), "a list cannot be an attribute"),
        (list[int], field(text=True), "a list cannot be text"),
        (int, field(wrapper="w"), "only a list has a wrapper"),
        (list[int], field(optional=True, default_factory=list), r"a list that may be absent is list\[X\] \| None"),
        (int, field(optional=True), r"optional=True needs a default \(no factory\)"),
        (int, field(optional=True, default_factory=int), r"optional=True needs a default \(no factory\)"),
        ("Int32[", None, "annotation .* cannot be evaluated"),
        ("1 + 'a'", None, "annotation .* cannot be evaluated: unsupported operand"),
        (attrs.Attribute, None, "class Attribute has no table: it is not made by wsx.struct|Attribute has no type"),
        (Int8, field(optional=True, default=128), "default 128 is not in the range of INT8"),
        (int, field(item_range=(0, 1)), "item_range belongs to REPEATING_ELEMENT"),
        (Part, field(attribute=True), "type STRUCT is not legal with mapping ATTRIBUTE"),
        (Nil[int], field(attribute=True), "is not legal with mapping ATTRIBUTE"),
        (str | None, field(text=True), "OPTIONAL.* is not legal with mapping TEXT"),
        (int, field(local_name="a:b"), "local_name 'a:b' is not an XML name"),
    ],
)
def test_illegal_annotations_name_class_and_field(annotation: Any, value: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rf"(?s)struct S[,:] field 'x': .*({rule})"):
        only(annotation, dataclasses.MISSING if value is None else value)


# --- classes ---------------------------------------------------------------------------------------------------------


def test_plain_class_becomes_a_slotted_dataclass() -> None:
    @struct
    class Order:
        """An order."""

        id: Int32
        note: str | None = None
        lines: list[str] = field(default_factory=list)
        limit: ClassVar[int] = 5

        def total(self) -> int:
            return self.id + 1

    order = Order(id=1)
    assert (order.id, order.note, order.lines, order.total()) == (1, None, [], 2)
    assert Order(2, "n", ["l"]) == Order(id=2, note="n", lines=["l"])
    assert repr(order).endswith("Order(id=1, note=None, lines=[])")
    assert not hasattr(order, "__dict__")
    assert (Order.__name__, Order.__doc__, Order.__module__) == ("Order", "An order.", __name__)
    assert [member.name for member in struct_of(Order).fields] == ["id", "note", "lines"]
    with pytest.raises(AttributeError):
        order.other = 1  # type: ignore[attr-defined]


def test_options_of_the_dataclass() -> None:
    @struct(frozen=True, order=True, kw_only=True)
    class Point:
        x: Int32 = 0
        y: Int32

    assert Point(y=1) < Point(y=2)
    assert len({Point(y=1), Point(y=1)}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        Point(y=1).x = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Point(1, 2)  # type: ignore[call-arg]


def test_kw_only_of_one_field() -> None:
    @struct
    class Order:
        note: str = "n"
        id: Int32 = field(kw_only=True)

    assert Order(id=1).note == "n"
    assert [member.name for member in struct_of(Order).fields] == ["note", "id"]


def test_super_works_in_the_methods() -> None:
    @struct
    class Base:
        a: int

        def names(self) -> list[str]:
            return ["a"]

    @struct
    class Derived(Base):
        b: int

        def names(self) -> list[str]:
            return [*super().names(), "b"]

        @property
        def kind(self) -> type:
            return __class__  # type: ignore[name-defined,no-any-return]

        @classmethod
        def make(cls) -> Derived:
            assert issubclass(cls, __class__)  # type: ignore[name-defined]
            return cls(1, 2)

    made = Derived.make()
    assert made.names() == ["a", "b"]
    assert made.kind is Derived


def test_own_slots_are_kept() -> None:
    @struct
    class Pair:
        __slots__ = ("cache", "x")
        x: int

    pair: Any = Pair(1)
    pair.cache = 2
    assert (pair.x, pair.cache) == (1, 2)


@struct(ns="urn:x")
class Pickled:
    id: Int32
    part: Part


def test_instances_can_be_pickled() -> None:
    value = Pickled(1, Part(2))
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - its own output


@dataclasses.dataclass
class OldDataclass:
    a: Int32
    b: str = field(attribute=True, default="b")
    c: list[str] = dataclasses.field(default_factory=list)
    d: dataclasses.InitVar[int] = 0
    e: ClassVar[int] = 1


@dataclasses.dataclass(slots=True)
class SlottedDataclass:
    a: Int32
    b: Annotated[str, field(attribute=True)] = "b"
    c: list[str] = dataclasses.field(default_factory=list)


@attrs.define
class AttrsClass:
    a: Int32
    b: Annotated[str, field(attribute=True)] = "b"
    c: list[str] = attrs.Factory(list)


@attrs.frozen(slots=False)
class OldAttrsClass:
    a: Int32
    b: str = attrs.field(default="b", metadata=field(attribute=True).metadata)
    c: list[str] = attrs.field(factory=list)


class MsgspecStruct(msgspec.Struct, frozen=True):
    a: Int32
    b: Annotated[str, field(attribute=True), msgspec.Meta(max_length=9)] = "b"
    c: list[str] = msgspec.field(default_factory=list)


MADE_ELSEWHERE = [OldDataclass, SlottedDataclass, AttrsClass, OldAttrsClass, MsgspecStruct]


@pytest.mark.parametrize("cls", MADE_ELSEWHERE)
def test_classes_made_elsewhere_stay_what_they_are(cls: Any) -> None:
    before = cls(1)
    assert struct(ns="urn:x")(cls) is cls
    assert before == cls(1)
    assert describe(cls).pretty() == "\n".join(
        [
            f"struct {cls.__name__}, namespace urn:x",
            "  @b  STRING",
            "  a   INT32",
            "  c   STRING[]",
        ]
    )
    assert struct_of(cls).python_type is cls


@pytest.mark.parametrize("cls", MADE_ELSEWHERE)
@pytest.mark.parametrize("option", ["frozen", "kw_only", "order"])
def test_dataclass_options_are_for_plain_classes(cls: Any, option: str) -> None:
    options: Any = {option: True}
    with pytest.raises(InvalidArgument, match=f"struct {cls.__name__}: {option} cannot be given for a class of"):
        struct(**options)(cls)


def test_defaults_of_a_schema_on_other_classes() -> None:
    @struct
    @attrs.define
    class A:
        x: Annotated[int, field(optional=True)] = 5

    @struct
    class M(msgspec.Struct):
        w: int
        x: Annotated[int, field(optional=True)] = 5

    assert struct_of(A).fields[0].default == struct_of(M).fields[1].default == 5
    for factory in (attrs.Factory(int), attrs.Factory(lambda self: 1, takes_self=True)):
        with pytest.raises(InvalidArgument, match="optional=True needs a default"):
            struct(attrs.make_class("B", {"x": attrs.field(default=factory)}, bases=(AnnotatedOptional,)))
    late = msgspec.defstruct("N", [("x", Annotated[int, field(optional=True)], msgspec.field(default_factory=int))])
    with pytest.raises(InvalidArgument, match="optional=True needs a default"):
        struct(late)


class AnnotatedOptional:
    x: Annotated[int, field(optional=True)]


def test_field_without_annotation() -> None:
    with pytest.raises(InvalidArgument, match="struct C, field 'x': it has no annotation"):
        struct(attrs.make_class("C", {"x": attrs.field(default=1)}))
    with pytest.raises(InvalidArgument, match="struct D: 'x' is a field but has no type annotation"):
        struct(type("D", (), {"x": field()}))


class Pair(NamedTuple):
    a: int


@pytest.mark.parametrize(
    ("cls", "rule"),
    [
        (Pair, "struct Pair: a subclass of tuple cannot be made a struct"),
        (Color, "struct Color: a subclass of Enum cannot be made a struct"),
        (type("Mine", (dict,), {}), "struct Mine: a subclass of dict cannot be made a struct"),
        (type("Child", (AttrsClass,), {}), "struct Child: its base is an attrs class, so it must be one as well"),
        (type("Old", (), {"__fields__": {}, "__validators__": {}}), "struct Old: a model of pydantic 1 cannot be made"),
        (5, "wsx.struct decorates classes, not 5"),
    ],
)
def test_classes_that_cannot_be_structs(cls: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        struct(ns="urn:x")(cls)


def test_errors_of_dataclasses_name_the_class() -> None:
    with pytest.raises(InvalidArgument, match=r"struct S: non-default argument 'b'.*; kw_only=True allows it"):
        struct(type("S", (), {"__annotations__": {"a": int, "b": int}, "a": 1}))
    with pytest.raises(InvalidArgument, match=r"struct S: mutable default .* use default_factory"):
        declared(list[int], [])


# --- names and namespaces --------------------------------------------------------------------------------------------


def test_bare_decorator() -> None:
    @struct
    class Ping:
        pass

    assert element_of(Ping) == ElementDescription("Ping", "", Type.STRUCT, struct_of(Ping))
    assert (struct_of(Ping).fields, struct_of(Ping).ns) == ((), "")


def test_names() -> None:
    cls = declared(int, ns="urn:x", local_name="order", type_local_name="OrderType")
    assert element_of(cls) == ElementDescription("order", "urn:x", Type.STRUCT, struct_of(cls))
    table = struct_of(cls)
    assert (table.ns, table.type_local_name, table.type_ns) == ("urn:x", "OrderType", "urn:x")
    assert (struct_of(declared(int, ns="urn:x")).type_local_name, struct_of(declared(int)).type_ns) == (None, None)


def test_unqualified_fields() -> None:
    cls = declared(int, ns="urn:x", qualified=False, type_local_name="T")
    assert (element_of(cls).ns, struct_of(cls).ns, struct_of(cls).type_ns) == ("urn:x", "", "urn:x")


def test_struct_options() -> None:
    option = StructOption.IGNORE_UNHANDLED_ATTRIBUTES
    assert struct_of(declared(int, options=option)).options is option
    with pytest.raises(InvalidArgument, match="struct S: option ABSTRACT"):
        declared(int, options=StructOption.ABSTRACT)


@pytest.mark.parametrize(
    ("keywords", "rule"),
    [
        ({"local_name": "a:b"}, "struct S: element 'a:b': local_name 'a:b' is not an XML name"),
        ({"ns": 5}, "struct S: element 'S': ns must be a str"),
        ({"type_local_name": "1"}, "struct S: type_local_name '1' is not an XML name"),
    ],
)
def test_illegal_names(keywords: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        declared(int, **keywords)


# --- inheritance -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class PlainBase:
    created: datetime.datetime
    version: Int16 = field(attribute=True, default=1)  # noqa: RUF009 - it is a dataclasses.Field


def test_fields_of_plain_dataclasses_are_inherited() -> None:
    @struct(ns="urn:d")
    class Derived(PlainBase):
        id: int = field(attribute=True, kw_only=True)
        name: str = field(kw_only=True)

    assert struct_of(Derived).pretty() == "\n".join(
        [
            "struct Derived, namespace urn:d",
            "  @version  INT16",
            "  @id       INT64",
            "  created   DATETIME",
            "  name      STRING",
        ]
    )
    assert Derived(datetime.datetime(2026, 1, 1), id=1, name="n").version == 1


@struct(ns="urn:base")
class Base:
    a: int
    b: list[int] = field(wrapper="bs")
    c: list[int] = field(ns="urn:c", wrapper="cs", wrapper_ns="urn:w")
    d: int = field(attribute=True)
    e: int = field(ns="")


@pytest.mark.parametrize("ns", ["urn:base", "urn:derived"])
def test_inherited_elements_keep_their_namespace(ns: str) -> None:
    derived: type[Any] = struct(ns=ns)(type("Derived", (Base,), {"__annotations__": {"f": int}}))
    table = struct_of(derived)
    assert [(m.name, m.own_ns(table.ns), m.wrapper(table.ns)) for m in table.fields] == [
        ("d", "", None),
        ("a", "urn:base", None),
        ("b", "urn:base", ("urn:base", "bs")),
        ("c", "urn:c", ("urn:w", "cs")),
        ("e", "", None),
        ("f", ns, None),
    ]
    assert derived(a=1, b=[], c=[], d=2, e=3, f=4).f == 4


def test_a_field_may_be_declared_again() -> None:
    @struct(ns="urn:derived")
    class Derived(Base):
        a: Int8  # type: ignore[assignment,unused-ignore]

    found = struct_of(Derived).fields[1]
    assert (found.name, found.type, found.own_ns("urn:derived")) == ("a", Type.INT8, "urn:derived")


def test_subclass_that_is_not_declared_has_no_table() -> None:
    class Child(Part):
        pass

    functions: list[Callable[[Any], object]] = [struct_of, element_of, describe]
    for function in functions:
        with pytest.raises(InvalidArgument, match=r"class made by wsx\.struct: <class .*Child"):
            function(Child)
    with pytest.raises(InvalidArgument, match=r"struct S, field 'x': class .*Child has no table"):
        only(Child)


# --- names that come later -------------------------------------------------------------------------------------------


@struct(ns="urn:t")
class Tree:
    value: int
    children: list[Tree] = field(default_factory=list)
    left: Leaf | None = None


@struct(ns="urn:t")
class Leaf:
    owner: Nillable[Tree]


def test_recursion() -> None:
    tree, leaf = describe(Tree), describe(Leaf)
    assert [member.resolve_description() for member in tree.fields] == [None, tree, leaf]
    assert leaf.fields[0].resolve_description() is tree
    assert tree.fields[1].options == NONE
    assert tree.fields[2].options == O | P


def test_an_element_and_a_message_can_be_had_before_the_table() -> None:
    space: dict[str, Any] = {"struct": struct, "__name__": "later"}
    exec("@struct(ns='urn:l')\nclass First:\n    x: 'Second'\n", space)  # noqa: S102 - two steps of one module
    first: type[Any] = space["First"]
    element = element_of(first)
    message = MessageDescription("urn:a", first)
    outer = FieldDescription("f", Type.STRUCT, first)
    assert message.body is element
    for ask in (element.resolve_description, outer.resolve_description, lambda: describe(first)):
        with pytest.raises(InvalidArgument, match=r"struct First, field 'x': .*name 'Second' is not defined"):
            ask()
    first.__module__ = module_with(Second=Part)
    try:
        assert element.resolve_description() is outer.resolve_description() is struct_of(first)
        assert struct_of(first).fields[0].resolve_description() is PART
    finally:
        del sys.modules[first.__module__]


def module_with(**names: Any) -> str:
    """Name of a new module that has these names."""
    module = types.ModuleType("wsx_test_later")
    vars(module).update(names)
    sys.modules[module.__name__] = module
    return module.__name__


def test_class_of_a_module_that_is_being_imported() -> None:
    name = module_with()
    try:
        cls = declared("wsx_test.Late")
        cls.__module__ = name
        vars(sys.modules[name])["wsx_test"] = sys.modules[name]
        with pytest.raises(InvalidArgument, match=r"struct S, field 'x': .*has no attribute 'Late'"):
            struct_of(cls)
        vars(sys.modules[name])["Late"] = Part
        assert struct_of(cls).fields[0].resolve_description() is PART
    finally:
        del sys.modules[name]


def test_classes_of_a_function_that_refer_to_each_other() -> None:
    @struct
    class Parent:
        children: list[Child]

    @struct
    class Child:
        parent: Parent | None
        color: LocalColor

    class LocalColor(enum.Enum):
        X = 1

    assert describe(Parent).fields[0].resolve_description() is struct_of(Child)
    assert struct_of(Child).fields[0].resolve_description() is struct_of(Parent)


def test_classes_of_a_class_refer_to_each_other() -> None:
    @struct
    class Order:
        @struct
        class Line:
            number: int

        lines: list[Line]
        last: Order.Line | None = None

    line = struct_of(Order.Line)
    assert [member.resolve_description() for member in struct_of(Order).fields] == [line, line]


def test_names_of_fields_do_not_hide_types() -> None:
    @struct
    class Odd:
        int: int
        str: str
        bytes: bytes | None = None
        Color: Color | None = None

    assert [member.type for member in struct_of(Odd).fields] == [Type.INT64, Type.STRING, Type.BYTES, Type.ENUM]


def test_describe_finds_what_is_open_further_down() -> None:
    @struct
    class Outer:
        inner: list[Inner]

    @struct
    class Inner:
        x: Missing  # type: ignore[name-defined]  # noqa: F821

    assert struct_of(Outer).fields[0].type is Type.STRUCT
    with pytest.raises(InvalidArgument, match=r"struct .*Inner, field 'x': .*'Missing' is not defined"):
        describe(Outer)


def test_frame_is_let_go_when_the_table_is_made() -> None:
    class Big:
        pass

    def scope() -> tuple[type[Any], weakref.ref[Big]]:
        big = Big()

        @struct
        class A:
            b: B

        @struct
        class B:
            x: int

        return A, weakref.ref(big)

    cls, big = scope()
    gc.collect()
    assert big() is not None
    struct_of(cls)
    gc.collect()
    assert big() is None


def test_one_table_for_all_threads() -> None:
    tables: list[StructDescription] = []
    for _ in range(20):
        cls = declared("Later")
        cls.__module__ = module_with(Later=Part)
        barrier = threading.Barrier(4)

        def ask(cls: type[Any] = cls, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            tables.append(struct_of(cls))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(tables[-4:])) == 1
        del sys.modules[cls.__module__]
    assert len(tables) == 80


# --- element_of, struct_of, describe ---------------------------------------------------------------------------------


def test_descriptions_stand_for_themselves() -> None:
    element = ElementDescription("e", "", Type.INT32)
    assert element_of(element) is element
    assert struct_of(PART) is PART
    assert describe(PART) is PART


@pytest.mark.parametrize("function", [element_of, struct_of, describe])
@pytest.mark.parametrize("source", [5, dict, Part(1), "Part", None, Color])
def test_other_things_have_no_table(function: Callable[[Any], object], source: object) -> None:
    with pytest.raises(InvalidArgument, match=r"neither an? \w+Description nor a class made by wsx\.struct"):
        function(source)


def test_public_names_exist() -> None:
    assert all(hasattr(declare, name) for name in declare.__all__)


def test_import_loads_no_class_library() -> None:
    program = "import sys, wsx.declare; print(sorted({'attr', 'attrs', 'msgspec', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
