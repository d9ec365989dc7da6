"""Choices, fragments, other attributes, limits and explicit tables in annotations: the tables that they give."""

from __future__ import annotations

import datetime
import enum
import sys
import uuid
from typing import Annotated, Any, NewType

import pytest

import wsx
from tests.support.declared import declared
from wsx import (
    UNSET,
    FieldDescription,
    FieldMapping,
    FieldOption,
    Nillable,
    StructDescription,
    Type,
    UnionDescription,
    UnionFieldDescription,
    Unset,
    XmlBuffer,
    describe,
    field,
    read_element,
    struct,
    struct_of,
    write_element,
)
from wsx.descriptions import CustomTypeDescription, EnumDescription, FaultDescription
from wsx.errors import InvalidArgument, InvalidFormat

Nil: Any = Nillable


@struct(ns="urn:p", local_name="cat")
class Cat:
    lives: int


@struct(ns="urn:p", local_name="dog")
class Dog:
    name: str


class Color(enum.Enum):
    RED = "red"


def only(annotation: Any, **options: Any) -> FieldDescription:
    (found,) = struct_of(declared("plain", {"x": annotation}, **options)).fields
    return found


def named(annotation: Any, name: str, **keywords: Any) -> Any:
    return Annotated[annotation, field(local_name=name, **keywords)]


def elements(member: FieldDescription, ns: str = "urn:s") -> list[tuple[str, str]]:
    union = member.resolve_description()
    assert isinstance(union, UnionDescription)
    assert union.by_type
    return [(arm.field.own_ns(ns), arm.field.own_local_name) for arm in union.fields]


# --- choices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "mapping", "options", "default"),
    [
        (Cat | Dog, FieldMapping.ELEMENT_CHOICE, FieldOption.NONE, UNSET),
        (Cat | Dog | None, FieldMapping.ELEMENT_CHOICE, FieldOption.OPTIONAL, None),
        (Cat | Unset | Dog, FieldMapping.ELEMENT_CHOICE, FieldOption.OPTIONAL, UNSET),
        (list[Cat | Dog], FieldMapping.REPEATING_ELEMENT_CHOICE, FieldOption.NONE, UNSET),
        (list[Cat | Dog] | None, FieldMapping.REPEATING_ELEMENT_CHOICE, FieldOption.OPTIONAL, None),
    ],
    ids=str,
)
def test_a_union_is_a_choice(annotation: Any, mapping: FieldMapping, options: FieldOption, default: object) -> None:
    cls = declared("plain", {"x": annotation})
    (found,) = struct_of(cls).fields
    assert (found.type, found.mapping, found.options, found.default) == (Type.UNION, mapping, options, default)
    assert elements(found) == [("urn:p", "cat"), ("urn:p", "dog")]


def test_names_of_the_elements() -> None:
    choice = named(Cat, "kitten") | Annotated[Dog, field(ns="urn:d")] | named(int, "n") | named(Color, "c", ns="urn:c")
    made = only(choice, ns="urn:s")
    assert elements(made) == [("urn:s", "kitten"), ("urn:d", "dog"), ("urn:s", "n"), ("urn:c", "c")]
    made = only(Cat | named(str, "s"), ns="urn:s", qualified=False)
    assert elements(made, "") == [("urn:p", "cat"), ("", "s")]


def test_a_wrapper_and_a_range() -> None:
    made = only(Annotated[list[Cat | Dog], field(wrapper="pets", wrapper_ns="urn:w", item_range=(1, 2))])
    assert made.wrapper("urn:s") == ("urn:w", "pets")
    assert made.item_range == (1, 2)


def test_a_list_may_be_one_of_the_elements() -> None:
    cls = declared("plain", {"x": Cat | Annotated[list[int], field(wrapper="all", local_name="one")]}, ns="urn:s")
    data = write_element(cls, cls([1, 2]))
    assert data == b'<R xmlns="urn:s"><all><one>1</one><one>2</one></all></R>'
    assert read_element(cls, data) == cls([1, 2])
    assert read_element(cls, write_element(cls, cls(Cat(1)))) == cls(Cat(1))


def test_any_element_comes_last_whatever_the_order() -> None:
    cls = declared("plain", {"x": Annotated[XmlBuffer, field(any=True)] | Cat | Dog})
    for content, wanted in ((b'<cat xmlns="urn:p"><lives>1</lives></cat>', Cat), (b"<z/>", XmlBuffer)):
        assert type(read_element(cls, b"<R>" + content + b"</R>").x) is wanted
    assert write_element(cls, cls(XmlBuffer(b"<z/>"))) == b"<R><z/></R>"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement needs Python 3.12")
def test_unions_with_a_name_of_their_own() -> None:
    space: dict[str, Any] = {"Cat": Cat, "Dog": Dog, "Bird": named(str, "bird")}
    exec("type Pet = Cat | Dog\ntype Any = Pet | None\ntype More = Any | Bird", space)  # noqa: S102 - new syntax
    assert only(space["Any"]).default is None
    made = only(space["More"])
    assert (made.options, made.default) == (FieldOption.OPTIONAL, None)
    assert elements(made) == [("urn:p", "cat"), ("urn:p", "dog"), ("", "bird")]


def test_a_choice_of_classes_that_come_later() -> None:
    @struct(ns="urn:l")
    class Node:
        child: Leaf | Node | None
        all: list[Leaf | Node] = field(default_factory=list, wrapper="all")

    @struct(ns="urn:l")
    class Leaf:
        value: int

    node = Node(Node(None, [Leaf(1)]), [Node(Leaf(2))])
    assert read_element(Node, write_element(Node, node)) == node


def test_a_subclass_of_an_arm_is_that_arm() -> None:
    class Kitten(Cat):
        pass

    cls = declared("plain", {"x": Cat | Dog})
    assert b"<cat " in write_element(cls, cls(Kitten(1)))


def test_values_that_no_element_takes() -> None:
    cls = declared("plain", {"x": Cat | Dog})
    for value in (5, "text", None, UNSET):
        with pytest.raises(InvalidArgument) as caught:
            write_element(cls, cls(value))
        assert caught.value.path == "R/x"
    with pytest.raises(InvalidFormat):
        read_element(cls, b"<R><bird/></R>")
    with pytest.raises(InvalidFormat):
        read_element(cls, b"<R/>")


def test_an_inherited_choice_keeps_its_namespaces() -> None:
    @struct(ns="urn:base")
    class Base:
        x: Cat | Annotated[str, field(local_name="s")]
        y: list[Cat | Dog] = field(wrapper="pets")

    @struct(ns="urn:derived")
    class Derived(Base):
        z: int

    x, y, _ = struct_of(Derived).fields
    assert elements(x, "urn:derived") == [("urn:p", "cat"), ("urn:base", "s")]
    assert y.wrapper("urn:derived") == ("urn:base", "pets")
    value = Derived("t", [Dog("d")], 1)
    assert read_element(Derived, write_element(Derived, value)) == value


TWICE = r"two elements of the choice have values of class {}: wsx\.Choice tells them apart"
EXPLICIT = r"Annotated\[wsx\.Choice, wsx\.UnionDescription\(…\)\]"


@struct(ns="urn:p", polymorphic=True)
class Animal:
    pass


@struct(ns="urn:p")
class Horse(Animal):
    pass


@pytest.mark.parametrize(
    ("annotation", "rule"),
    [
        (int | str, r"an element of a choice needs a name: Annotated\[int, wsx\.field\(local_name=…\)\]"),
        (Cat | list[int], r"a list in a choice needs a wrapper: Annotated\[list\[int\], wsx\.field\(wrapper=…\)\]"),
        (named(int, "a") | named(wsx.Int8, "b"), TWICE.format("int")),
        (named(Cat, "a") | named(Cat, "b"), TWICE.format("Cat") + ".*" + EXPLICIT),
        (named(uuid.UUID, "a") | named(wsx.UniqueId, "b"), TWICE.format("UUID")),
        (Animal | Horse, TWICE.format("Horse")),
        (Horse | Animal, TWICE.format("Animal")),
        (named(int, "a") | named(str, "a"), "two elements of the choice are called a"),
        (Cat | named(str, "cat", ns="urn:p"), r"two elements of the choice are called \{urn:p\}cat"),
        (Nil[Cat | Dog], "a choice is never nil; with nil elements it is " + EXPLICIT),
        (Nil[Cat] | Dog, "the class of a nil element is not known.*" + EXPLICIT),
        (Annotated[Cat | None, "x"] | Dog, r"one element of a choice is never optional: A \| B \| None"),
        (Annotated[Cat | Dog, "x"] | named(str, "s"), "a choice inside a choice needs a struct between them"),
        (Annotated[Cat | Dog, Type.STRUCT], "a choice is no STRUCT"),
        (Cat | Annotated[str, field(text=True, local_name="s")], "the members of a choice are elements"),
        (Cat | named(str, "a:b"), "in the choice, .*'a:b' is not an XML name"),
        (Cat | named(complex, "c"), "complex has no type"),
        (list[Cat | None], "an item of a list is never absent"),
        (Annotated[Cat | Dog, field(local_name="pet")], "a choice has elements, and field"),
        (Annotated[Cat | Dog, field(attribute=True)], "a choice has elements, and field"),
        (Annotated[Cat | Dog, field(wrapper="w")], "only a list has a wrapper"),
        (Annotated[Cat | Dog, field(optional=True)], "optional=True needs a default"),
        (Cat | named(Annotated[Any, CustomTypeDescription(print, print)], "c"), "a custom type has no class"),
    ],
    ids=str,
)
def test_illegal_choices(annotation: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rf"(?s)struct R, field 'x': .*({rule})"):
        only(annotation)


# --- explicit tables -------------------------------------------------------------------------------------------------

TWO_INTS = UnionDescription(
    [UnionFieldDescription(name, FieldDescription(name, Type.INT32)) for name in ("minutes", "hours")], none_value=""
)
BY_TYPE = UnionDescription([UnionFieldDescription(1, FieldDescription("i", Type.INT32))], by_type=True)
TABLE = StructDescription(tuple, [FieldDescription("a", Type.INT32)])
CUSTOM = CustomTypeDescription(lambda writer, value: None, lambda reader: None)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Annotated[wsx.Choice, TWO_INTS], (Type.UNION, TWO_INTS, FieldMapping.ELEMENT_CHOICE, 0)),
        (list[Annotated[wsx.Choice, TWO_INTS]], (Type.UNION, TWO_INTS, FieldMapping.REPEATING_ELEMENT_CHOICE, 0)),
        (
            Annotated[wsx.Choice, TWO_INTS] | None,
            (Type.UNION, TWO_INTS, FieldMapping.ELEMENT_CHOICE, FieldOption.OPTIONAL),
        ),
        (Annotated[int, BY_TYPE], (Type.UNION, BY_TYPE, FieldMapping.ELEMENT_CHOICE, 0)),
        (Annotated[tuple[int], TABLE], (Type.STRUCT, TABLE, FieldMapping.ELEMENT, 0)),
        (
            Annotated[Any, TABLE] | None,
            (Type.STRUCT, TABLE, FieldMapping.ELEMENT, FieldOption.OPTIONAL | FieldOption.POINTER),
        ),
        (Annotated[complex, CUSTOM], (Type.CUSTOM, CUSTOM, FieldMapping.ELEMENT, 0)),
        (
            Annotated[complex, CUSTOM] | Unset,
            (Type.CUSTOM, CUSTOM, FieldMapping.ELEMENT, FieldOption.OPTIONAL | FieldOption.POINTER),
        ),
        (wsx.Fault, (Type.FAULT, FaultDescription(), FieldMapping.ELEMENT, 0)),
    ],
    ids=str,
)
def test_explicit_tables(annotation: Any, expected: Any) -> None:
    found = only(annotation)
    assert (found.type, found.description, found.mapping, found.options) == expected


def test_a_choice_by_selector() -> None:
    cls = declared("plain", {"x": Annotated[wsx.Choice, TWO_INTS] | Unset}, {"x": UNSET})
    made = cls(wsx.Choice("hours", 2))
    assert write_element(cls, made) == b"<R><hours>2</hours></R>"
    assert read_element(cls, b"<R><hours>2</hours></R>") == made
    assert read_element(cls, b"<R/>").x == wsx.Choice("")


def test_an_inherited_explicit_choice_keeps_its_namespaces() -> None:
    base: Any = declared("plain", {"x": Annotated[wsx.Choice, TWO_INTS]}, ns="urn:base")

    @struct(ns="urn:derived")
    class Derived(base):  # type: ignore[misc]
        y: int

    value = Derived(wsx.Choice("hours", 2), 1)
    data = write_element(Derived, value)
    assert b'<hours xmlns="urn:base">2</hours>' in data
    assert read_element(Derived, data) == value


@pytest.mark.parametrize(
    ("annotation", "rule"),
    [
        (wsx.Choice, "a Choice needs its table: " + EXPLICIT),
        (Annotated[int, TWO_INTS], "the values are Choice, not int"),
        (Annotated[dict[str, Any], TABLE], "the values are tuple, not dict"),
        (Annotated[str, EnumDescription(Color)], "the values are Color, not str"),
        (Annotated[str, FaultDescription()], "the values are Fault, not str"),
        (Annotated[int, TABLE, TWO_INTS], "it has two descriptions: <StructDescription"),
        (Annotated[wsx.Int8, wsx.Int16Description(0, 1)], "it says both INT8 and INT16"),
        (Annotated[str, wsx.Int16Description(0, 1)], "values of INT16 are no str"),
        (Annotated[list[int], wsx.Int16Description(0, 1)], "INT16 belongs to the items of the list"),
        (Annotated[datetime.timedelta, Type.DURATION], "values of DURATION are no timedelta"),
    ],
    ids=str,
)
def test_illegal_explicit_tables(annotation: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rf"(?s)struct R, field 'x': .*({rule})"):
        only(annotation)


# --- types with more than a name -------------------------------------------------------------------------------------

Percent = NewType("Percent", int)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (wsx.Duration, FieldDescription("x", Type.DURATION)),
        (wsx.TimeSpan, FieldDescription("x", Type.TIMESPAN)),
        (Annotated[datetime.timedelta, Type.TIMESPAN], FieldDescription("x", Type.TIMESPAN)),
        (wsx.XmlQName, FieldDescription("x", Type.XML_QNAME)),
        (wsx.UniqueId, FieldDescription("x", Type.UNIQUE_ID)),
        (wsx.UniqueId | None, FieldDescription("x", Type.UNIQUE_ID, options=FieldOption.OPTIONAL, default=None)),
        (Annotated[str, Type.UNIQUE_ID], FieldDescription("x", Type.UNIQUE_ID)),
        (Annotated[str, Type.CHAR_ARRAY], FieldDescription("x", Type.CHAR_ARRAY)),
        (Annotated[int, wsx.UInt8Description(1, 5)], FieldDescription("x", Type.UINT8, wsx.UInt8Description(1, 5))),
        (Annotated[wsx.UInt8, wsx.UInt8Description(1)], FieldDescription("x", Type.UINT8, wsx.UInt8Description(1))),
        (
            Annotated[Percent, wsx.UInt8Description(0, 100), "a word of somebody else"],
            FieldDescription("x", Type.UINT8, wsx.UInt8Description(0, 100)),
        ),
        (XmlBuffer, FieldDescription("x", Type.XML_BUFFER)),
        (
            Nil[XmlBuffer] | Unset,
            FieldDescription("x", Type.XML_BUFFER, options=FieldOption.NILLABLE | FieldOption.OPTIONAL),
        ),
        (list[XmlBuffer], FieldDescription("x", Type.XML_BUFFER, mapping=FieldMapping.REPEATING_ELEMENT)),
        (
            Annotated[XmlBuffer | None, field(any=True, ns="urn:n")],
            FieldDescription(
                "x",
                Type.XML_BUFFER,
                mapping=FieldMapping.ANY_ELEMENT,
                ns="urn:n",
                options=FieldOption.OPTIONAL,
                default=None,
            ),
        ),
        (
            Annotated[list[XmlBuffer], field(any=True, ns="urn:n", other_namespace=True)],
            FieldDescription(
                "x",
                Type.XML_BUFFER,
                mapping=FieldMapping.REPEATING_ANY_ELEMENT,
                ns="urn:n",
                options=FieldOption.OTHER_NAMESPACE,
            ),
        ),
        (
            Annotated[XmlBuffer, field(any_content=True)],
            FieldDescription("x", Type.XML_BUFFER, mapping=FieldMapping.ANY_CONTENT),
        ),
        (
            Annotated[dict[wsx.XmlQName, str], field(ns="urn:n")],
            FieldDescription("x", Type.ANY_ATTRIBUTES, mapping=FieldMapping.ANY_ATTRIBUTES, ns="urn:n"),
        ),
        (
            Annotated[str | None, field(xml_attribute=True, local_name="lang")],
            FieldDescription(
                "x",
                Type.STRING,
                mapping=FieldMapping.XML_ATTRIBUTE,
                local_name="lang",
                options=FieldOption.OPTIONAL,
                default=None,
            ),
        ),
    ],
    ids=str,
)
def test_types_and_mappings(annotation: Any, expected: FieldDescription) -> None:
    assert only(annotation) == expected


@pytest.mark.parametrize(
    ("annotation", "rule"),
    [
        (Annotated[int, field(any=True)], "any element is a wsx.XmlBuffer"),
        (Annotated[str, field(any_content=True)], "any content is a wsx.XmlBuffer"),
        (Annotated[list[XmlBuffer], field(any_content=True)], "a list cannot be any content"),
        (Annotated[list[XmlBuffer], field(any=True, wrapper="w")], "a list of any elements has no wrapper"),
        (Annotated[XmlBuffer, field(any=True, local_name="w")], "a ANY_ELEMENT field has no local_name"),
        (Annotated[XmlBuffer, field(any=True, other_namespace=True)], "option OTHER_NAMESPACE needs ns"),
        (Annotated[int, field(other_namespace=True)], "OTHER_NAMESPACE.* is not legal with mapping ELEMENT"),
        (Annotated[XmlBuffer | None, field(any_content=True)], "OPTIONAL.* is not legal with mapping ANY_CONTENT"),
        (Annotated[XmlBuffer, field(attribute=True)], "type XML_BUFFER is not legal with mapping ATTRIBUTE"),
        (Annotated[dict[wsx.XmlQName, str], field(attribute=True)], "other attributes cannot be an attribute"),
        (dict[wsx.XmlQName, str] | None, "OPTIONAL.* is not legal with mapping ANY_ATTRIBUTES"),
        (Annotated[int, field(xml_attribute=True)], "type INT64 is not legal with mapping XML_ATTRIBUTE"),
        (Annotated[list[str], field(xml_attribute=True)], "a list cannot be an attribute"),
    ],
    ids=str,
)
def test_illegal_mappings(annotation: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rf"(?s)struct R[,:] field 'x': .*({rule})"):
        only(annotation)


@pytest.mark.parametrize("kind", ["attrs", "msgspec", "pydantic"])
def test_field_is_no_default_where_the_class_has_its_own(kind: str) -> None:
    if kind == "pydantic":
        pytest.importorskip("pydantic")
    with pytest.raises(InvalidArgument, match=r"struct R, field 'x': field\(\) belongs into the annotation here"):
        declared(kind, {"x": int}, {"x": field(local_name="y")})


def test_other_elements_and_attributes_by_namespace() -> None:
    cls = declared(
        "plain",
        {
            "others": Annotated[dict[wsx.XmlQName, str], field(ns="urn:n")],
            "rest": Annotated[list[XmlBuffer], field(any=True, ns="urn:n", other_namespace=True)],
        },
    )
    read = read_element(cls, b'<R xmlns:n="urn:n" n:a="1"><y/><z/></R>')
    assert read.others == {wsx.XmlQName("a", "urn:n"): "1"}
    assert [buffer.name for buffer in read.rest] == [wsx.XmlQName("y"), wsx.XmlQName("z")]
    for wrong in (b'<R b="1"/>', b'<R><y xmlns="urn:n"/></R>'):
        with pytest.raises(InvalidFormat):
            read_element(cls, wrong)


def test_describe_reaches_the_elements_of_choices() -> None:
    @struct
    class Outer:
        inner: list[Inner | Cat]

    @struct
    class Inner:
        x: Missing  # type: ignore[name-defined]  # noqa: F821

    assert struct_of(Outer).fields[0].type is Type.UNION
    with pytest.raises(InvalidArgument, match=r"struct .*Inner, field 'x': .*'Missing' is not defined"):
        describe(Outer)


def test_the_table_as_text() -> None:
    @struct(ns="urn:a", abstract=True)
    class Base:
        others: dict[wsx.XmlQName, str]
        lang: str | None = field(xml_attribute=True)
        pet: Cat | named(int, "count") | Annotated[list[str], field(wrapper="all")] | None  # type: ignore[valid-type]
        pets: list[Dog | Annotated[XmlBuffer, field(any=True)]] = field(wrapper="more")
        percent: Annotated[int, wsx.UInt8Description(0, 100)]
        free: list[XmlBuffer] = field(any=True, ns="urn:x", other_namespace=True)

    @struct(ns="urn:a")
    class Derived(Base):
        size: Annotated[wsx.Duration, wsx.DurationDescription()]

    assert describe(Base).pretty() == "\n".join(
        [
            "struct Base, namespace urn:a, abstract",
            "  @xsi:type  DESCRIPTION",
            "  @lang      STRING          OPTIONAL, as xml:lang, default None",
            "  @others    ANY_ATTRIBUTES  other attributes",
            "  pet        UNION           OPTIONAL, cat (STRUCT Cat) or count (INT64) or all (STRING[]), default None",
            "  pets       UNION[]         dog (STRUCT Dog) or any element (XML_BUFFER), in more",
            "  percent    UINT8           min_value 0, max_value 100",
            "  free       XML_BUFFER[]    OTHER_NAMESPACE, any elements, namespace urn:x",
        ]
    )
    assert describe(Derived).pretty().splitlines()[0] == "struct Derived, namespace urn:a, derived from Base"
    assert "  size       DURATION\n" in describe(Derived).pretty()
