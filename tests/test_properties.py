"""Random tables and random values: written, understood by expat, and read back, in every spelling."""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import random
import string
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.lexical_forms import expected_text
from tests.support.respell import Speller
from tests.support.xml_tables import (
    ATTRIBUTE,
    COLORS,
    ELEMENT,
    NILLABLE,
    NILLABLE_ITEM,
    NONE,
    OPTIONAL,
    OWN_NIL,
    POINTER,
    REPEATING,
    TEXT,
    Color,
    Node,
    expat_tree,
)
from wsx._writer import Output
from wsx.descriptions import (
    XSI_NAMESPACE,
    Description,
    ElementDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    Type,
)
from wsx.errors import InvalidArgument, WsError
from wsx.quotas import Quotas
from wsx.values import UNSET, DateTime
from wsx.xml import read_element, write_element

# lxml brings no types.
etree: Any = importlib.import_module("lxml.etree")

RANDOM = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LOOSE = Quotas(max_depth=1000, max_attributes=10_000, max_namespaces=10_000)
NAMESPACES = ["", "urn:a", "urn:b", "http://example.org/c?d&e='f'"]
NIL = {(XSI_NAMESPACE, "nil"): "true"}
INTEGER_RANGES = {
    **{Type[f"INT{bits}"]: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{Type[f"UINT{bits}"]: (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
SCALAR_TYPES = [
    Type.BOOL, *INTEGER_RANGES, Type.FLOAT, Type.DOUBLE, Type.DECIMAL, Type.DATETIME, Type.GUID, Type.STRING, Type.WSZ,
    Type.BYTES, Type.ENUM,
]  # fmt: skip

# --- classes ---------------------------------------------------------------------------------------------------------


def plain_class(names: list[str]) -> type:
    return type("Plain", (), {})


def slotted_class(names: list[str]) -> type:
    return type("Slotted", (), {"__slots__": tuple(names)})


def checked_class(names: list[str]) -> type:
    """A dataclass with a __post_init__, so that its constructor must be called."""

    def check(self: object) -> None:
        assert all(hasattr(self, name) for name in names)

    return dataclasses.make_dataclass("Checked", names, namespace={"__post_init__": check})


KINDS: list[Callable[[list[str]], type]] = [
    lambda names: dict,
    lambda names: tuple,
    plain_class,
    slotted_class,
    checked_class,
    lambda names: dataclasses.make_dataclass("Data", names),
    lambda names: dataclasses.make_dataclass("SlottedData", names, slots=True),
    lambda names: dataclasses.make_dataclass("FrozenData", names, slots=True, frozen=True),
    lambda names: attrs.make_class("Attrs", names, slots=True),
    lambda names: msgspec.defstruct("Struct", names),
]


def built(description: StructDescription, model: dict[str, Any]) -> Any:
    """A value of the structure's class with the fields of the model; absent ones are left out where that can be."""
    python_type = description.python_type
    if python_type is dict:
        return {name: value for name, value in model.items() if value is not UNSET}
    if python_type is tuple:
        return tuple(model[field.name] for field in description.fields)
    if python_type.__name__ in ("Plain", "Slotted"):
        value = python_type()
        for name, member in model.items():
            if member is not UNSET:
                setattr(value, name, member)
        return value
    return python_type(**model)


def taken_apart(description: StructDescription, value: Any) -> dict[str, Any]:
    """The model of a value that was read."""
    kind: object = type(value)
    assert kind is description.python_type
    model = {}
    for index, field in enumerate(description.fields):
        member: Any
        if description.python_type is dict:
            member = value.get(field.name, UNSET)
        elif description.python_type is tuple:
            member = value[index]
        else:
            member = getattr(value, field.name)
        inner = field.resolve_description()
        if isinstance(inner, StructDescription) and member is not None and member is not UNSET:
            if field.mapping is REPEATING:
                member = [item if item is None else taken_apart(inner, item) for item in member]
            else:
                member = taken_apart(inner, member)
        model[field.name] = member
    return model


# --- tables ----------------------------------------------------------------------------------------------------------

names = st.text(string.ascii_letters, min_size=1, max_size=3) | st.sampled_from(["é", "x-1.y", "_", "n" * 40, "名"])
namespaces = st.sampled_from(NAMESPACES)
maybe_namespace = st.none() | namespaces


def element_options(type_: Type) -> st.SearchStrategy[FieldOption]:
    pointer = NONE if type_ in OWN_NIL else POINTER
    optional = OPTIONAL | POINTER if type_ is Type.STRUCT else OPTIONAL
    return st.sampled_from([NONE, NONE, optional, NILLABLE | pointer, OPTIONAL | NILLABLE | pointer])


@st.composite
def fields(draw: st.DrawFn, name: str, mapping: FieldMapping, depth: int) -> FieldDescription:
    types = SCALAR_TYPES + ([Type.STRUCT] * 6 if depth and mapping in (ELEMENT, REPEATING) else [])
    type_ = draw(st.sampled_from(types))
    description: Description | None = {Type.ENUM: COLORS}.get(type_)
    if type_ is Type.STRUCT:
        description = draw(structs(depth - 1))
    more: dict[str, Any] = {}
    local_name = draw(st.none() | names.map(lambda local: f"{local}-{name}"))
    if mapping is ATTRIBUTE:
        more = {
            "local_name": local_name,
            "ns": draw(maybe_namespace),
            "options": draw(st.sampled_from([NONE, OPTIONAL])),
        }
    elif mapping is ELEMENT:
        more = {"local_name": local_name, "ns": draw(maybe_namespace), "options": draw(element_options(type_))}
    elif mapping is REPEATING:
        item = draw(st.sampled_from([NONE, NILLABLE_ITEM | (NONE if type_ in OWN_NIL else POINTER)]))
        more = {"item_local_name": local_name, "item_ns": draw(maybe_namespace), "options": item}
        if draw(st.booleans()):
            more |= {"local_name": f"w-{name}", "ns": draw(maybe_namespace)}
            wrapper = draw(st.sampled_from([NONE, OPTIONAL, NILLABLE, OPTIONAL | NILLABLE]))
            if wrapper & NILLABLE and type_ not in OWN_NIL:
                wrapper |= POINTER
            more["options"] = item | wrapper
        elif draw(st.booleans()):
            more["options"] = item | OPTIONAL
    return FieldDescription(name, type_, description, mapping=mapping, **more)


@st.composite
def structs(draw: st.DrawFn, depth: int) -> StructDescription:
    mappings = draw(st.lists(st.just(ATTRIBUTE), max_size=4))
    if draw(st.integers(0, 4)) == 0:
        mappings.append(TEXT)
    else:
        mappings += draw(st.lists(st.sampled_from([ELEMENT, ELEMENT, REPEATING]), max_size=5))
    members = [draw(fields(f"f{number}", mapping, depth)) for number, mapping in enumerate(mappings)]
    kind = draw(st.sampled_from(KINDS))
    return StructDescription(kind([member.name for member in members]), members, ns=draw(namespaces))


@st.composite
def elements(draw: st.DrawFn) -> ElementDescription:
    description = draw(structs(draw(st.integers(0, 3))))
    return ElementDescription(draw(names), draw(namespaces), Type.STRUCT, description)


# --- values ----------------------------------------------------------------------------------------------------------

xml_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="".join(map(chr, (*range(32), 0xFFFE, 0xFFFF))))
    | st.sampled_from("\t\n\r<>&\"'] -"),
    max_size=30,
)
naive = st.datetimes(datetime.datetime(2, 1, 1), datetime.datetime(9998, 12, 31))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))
moments = naive | st.builds(lambda moment, zone: moment.replace(tzinfo=zone), naive, zones)
SCALARS: dict[Type, st.SearchStrategy[Any]] = {
    Type.BOOL: st.booleans(),
    **{type_: st.integers(*span) for type_, span in INTEGER_RANGES.items()},
    Type.FLOAT: st.floats(width=32, allow_nan=False),
    Type.DOUBLE: st.floats(allow_nan=False),
    Type.DECIMAL: st.builds(
        lambda number, scale: Decimal(number).scaleb(-scale), st.integers(-(2**92), 2**92), st.integers(0, 28)
    ),
    Type.DATETIME: st.builds(
        lambda moment, digit: DateTime.of(moment, digit) if digit else moment, moments, st.integers(0, 9)
    ),
    Type.GUID: st.uuids(),
    Type.STRING: xml_text,
    Type.WSZ: xml_text,
    Type.BYTES: st.binary(max_size=40),
    Type.ENUM: st.sampled_from(Color),
}


@st.composite
def models(draw: st.DrawFn, description: StructDescription) -> dict[str, Any]:
    """{field name: value, None for nil, UNSET for absent} of a structure; what is read must be the same again."""
    return {field.name: draw(field_values(field)) for field in description.fields}


def one_value(field: FieldDescription) -> st.SearchStrategy[Any]:
    description = field.resolve_description()
    return models(description) if isinstance(description, StructDescription) else SCALARS[field.type]


def field_values(field: FieldDescription) -> st.SearchStrategy[Any]:
    values = one_value(field)
    if field.mapping is REPEATING:
        items = values | st.none() if field.options & NILLABLE_ITEM else values
        # without a wrapper, no items and an absent list look the same: an OPTIONAL one reads as absent
        bare_optional = field.local_name is None and field.options & OPTIONAL
        values = st.lists(items, min_size=1 if bare_optional else 0, max_size=4)
    states = [values, values]
    if field.options & NILLABLE:
        states.append(st.none())
    if field.options & OPTIONAL:
        states.append(st.just(UNSET))
    return st.one_of(states)


def object_of(description: StructDescription, model: dict[str, Any]) -> Any:
    """The value that a model stands for."""
    members = {}
    for field in description.fields:
        member, inner = model[field.name], field.resolve_description()
        if isinstance(inner, StructDescription) and member is not None and member is not UNSET:
            if field.mapping is REPEATING:
                member = [item if item is None else object_of(inner, item) for item in member]
            else:
                member = object_of(inner, member)
        members[field.name] = member
    return built(description, members)


@st.composite
def tables_and_models(draw: st.DrawFn) -> tuple[ElementDescription, dict[str, Any]]:
    table = draw(elements())
    description = table.resolve_description()
    assert isinstance(description, StructDescription)
    return table, draw(models(description))


# --- what the document must be ---------------------------------------------------------------------------------------


def node_of(name: tuple[str, str], field: FieldDescription | ElementDescription, value: Any) -> Node:
    """The element of one value."""
    if value is None:
        return Node(name, dict(NIL))
    description = field.resolve_description()
    if isinstance(description, StructDescription):
        return struct_node(name, description, value)
    node = Node(name, {})
    node.text = expected_text(field.type, value)
    return node


def struct_node(name: tuple[str, str], description: StructDescription, model: dict[str, Any]) -> Node:
    node = Node(name, {})
    for field in description.fields:
        value = model[field.name]
        if value is UNSET:
            continue
        if field.mapping is TEXT:
            node.text = expected_text(field.type, value)
            continue
        own = (field.own_ns(description.ns), field.own_local_name)
        if field.mapping is ATTRIBUTE:
            node.attributes[own] = expected_text(field.type, value)
        elif field.mapping is ELEMENT:
            node.children.append(node_of(own, field, value))
        else:
            wrapper = field.wrapper(description.ns)
            items = [node_of(own, field, item) for item in value or []]
            if wrapper is None:
                node.children += items
            else:
                node.children.append(Node(wrapper, dict(NIL) if value is None else {}))
                node.children[-1].children = items
    return node


def root_node(table: ElementDescription, model: dict[str, Any]) -> Node:
    description = table.resolve_description()
    assert isinstance(description, StructDescription)
    assert table.local_name is not None
    assert table.ns is not None
    return struct_node((table.ns, table.local_name), description, model)


def lxml_node(data: bytes) -> Node:
    """The document's element, read by libxml2, which does not mind namespaces that are no URI."""

    def node(found: Any) -> Node:
        name = etree.QName(found)
        attributes = {(etree.QName(k).namespace or "", etree.QName(k).localname): v for k, v in found.attrib.items()}
        made = Node((name.namespace or "", name.localname), attributes)
        made.text = "".join([found.text or "", *(child.tail or "" for child in found)])
        made.children = [node(child) for child in found]
        return made

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    return node(etree.fromstring(data, parser))


# --- the properties --------------------------------------------------------------------------------------------------


@given(tables_and_models(), st.randoms(use_true_random=False))
@settings(RANDOM, max_examples=100)
def test_what_is_written_is_what_the_table_says_and_reads_back(
    table_and_model: tuple[ElementDescription, dict[str, Any]], source: random.Random
) -> None:
    table, model = table_and_model
    description = table.resolve_description()
    assert isinstance(description, StructDescription)
    value = object_of(description, model)
    document = write_element(table, value)
    expected = root_node(table, model)
    assert lxml_node(document) == expected
    back = read_element(table, document)
    assert taken_apart(description, back) == model
    assert write_element(table, back) == document
    spelled = Speller(source).document(expected)
    assert lxml_node(spelled).without_white_space() == expected
    assert taken_apart(description, read_element(table, spelled, quotas=LOOSE)) == model


@given(tables_and_models(), st.lists(st.tuples(st.sampled_from(["", "a", "b", "p"]), namespaces), max_size=4))
@settings(RANDOM, max_examples=60)
def test_what_is_written_in_any_scope_means_the_same(
    table_and_model: tuple[ElementDescription, dict[str, Any]], bindings: list[tuple[str, str]]
) -> None:
    table, model = table_and_model
    description = table.resolve_description()
    assert isinstance(description, StructDescription)
    scope = tuple((prefix, ns) for prefix, ns in bindings if ns or not prefix)
    out = Output()
    out.write_element(table, object_of(description, model), scope=scope)
    declared = Node(("", "around"), {})
    spelled = Speller(random.Random(0))  # noqa: S311 - test data
    start = "".join(" " + spelled.attribute(f"xmlns:{p}" if p else "xmlns", ns) for p, ns in dict(scope).items())
    around = lxml_node(f"<around{start}>".encode() + out.take() + b"</around>")
    assert around.children == [root_node(table, model)]
    assert around.text == declared.text


def places(description: StructDescription, model: dict[str, Any], path: str) -> Iterator[tuple[Any, Any, str]]:
    """(container, key, path) of every value in a model, for scalars and structures alike."""
    for field in description.fields:
        member, inner = model[field.name], field.resolve_description()
        here = f"{path}/{field.name}"
        if member is None or member is UNSET:
            continue
        yield model, field.name, here
        items = enumerate(member) if field.mapping is REPEATING else []
        for number, item in items:
            yield member, number, f"{here}[{number}]"
            if isinstance(inner, StructDescription) and item is not None:
                yield from places(inner, item, f"{here}[{number}]")
        if isinstance(inner, StructDescription) and field.mapping is ELEMENT:
            yield from places(inner, member, here)


class Wrong:
    """Fits no type."""

    __slots__ = ()


@given(tables_and_models(), st.data())
@settings(RANDOM, max_examples=60)
def test_a_value_that_does_not_fit_leaves_nothing_and_names_its_place(
    table_and_model: tuple[ElementDescription, dict[str, Any]], data: st.DataObject
) -> None:
    table, model = table_and_model
    description = table.resolve_description()
    assert isinstance(description, StructDescription)
    found = list(places(description, model, str(table.local_name)))
    if not found:
        return
    container, key, path = data.draw(st.sampled_from(found))
    container[key] = BROKEN
    value = broken_object(description, model)
    out = Output()
    out.write(b"before")
    with pytest.raises(InvalidArgument) as caught:
        out.write_element(table, value)
    assert caught.value.path is not None
    # a structure that is none is noticed at its first field, where its class does not matter
    assert caught.value.path == path or caught.value.path.startswith(path + "/")
    assert out.take() == b"before"


BROKEN: Any = Wrong()


def broken_object(description: StructDescription, model: dict[str, Any]) -> Any:
    """As object_of, with the broken value passed through."""
    members = {}
    for field in description.fields:
        member, inner = model[field.name], field.resolve_description()
        if isinstance(inner, StructDescription) and isinstance(member, dict):
            member = broken_object(inner, member)
        elif isinstance(inner, StructDescription) and isinstance(member, list):
            member = [broken_object(inner, item) if isinstance(item, dict) else item for item in member]
        members[field.name] = member
    return built(description, members)


@given(tables_and_models(), st.data())
@settings(RANDOM, max_examples=60)
def test_a_document_with_a_change_reads_as_a_value_or_is_an_error_with_a_place(
    table_and_model: tuple[ElementDescription, dict[str, Any]], data: st.DataObject
) -> None:
    table, model = table_and_model
    description = table.resolve_description()
    assert isinstance(description, StructDescription)
    document = bytearray(write_element(table, object_of(description, model)))
    for _ in range(8):
        place = data.draw(st.integers(0, len(document)))
        piece = data.draw(
            st.sampled_from([b"", b"<", b">", b"/", b"<a/>", b"x", b" ", b"&lt;", b'"', b"<!---->", b":"])
        )
        changed = document[:place] + piece + document[place + data.draw(st.integers(0, 3)) :]
        try:
            back = read_element(table, changed)
        except WsError as error:
            problem: WsError | None = error
        else:
            problem = None
            again = write_element(table, back)
            assert taken_apart(description, read_element(table, again)) == taken_apart(description, back)
        if problem is not None:
            assert problem.offset is not None
            assert 0 <= problem.offset <= len(changed)


@given(st.sampled_from(SCALAR_TYPES), st.data())
@settings(RANDOM, max_examples=300)
def test_scalars_alone(type_: Type, data: st.DataObject) -> None:
    table = StructDescription(
        tuple,
        [
            FieldDescription("a", type_, {Type.ENUM: COLORS}.get(type_), mapping=ATTRIBUTE),
            FieldDescription("t", type_, {Type.ENUM: COLORS}.get(type_), mapping=TEXT),
        ],
    )
    element = ElementDescription("e", "", Type.STRUCT, table)
    values = (data.draw(SCALARS[type_]), data.draw(SCALARS[type_]))
    document = write_element(element, values)
    node = expat_tree(document)
    assert node.attributes == {("", "a"): expected_text(type_, values[0])}
    assert node.text == expected_text(type_, values[1])
    back = read_element(element, document)
    assert back == values
    assert [repr(value) for value in back if isinstance(value, float)] == [
        repr(value) for value in values if isinstance(value, float)
    ]


@given(st.text(max_size=40))
@settings(RANDOM, max_examples=200)
def test_any_text_is_read_as_a_value_or_refused_by_every_type(content: str) -> None:
    """Whatever stands in an element: a value that is written to a text which reads as the same value, or an error."""
    node = Node(("", "t"), {})
    node.text = content
    try:
        document = Speller(random.Random(1)).document(node)  # noqa: S311 - test data
    except UnicodeEncodeError:
        return
    for type_ in SCALAR_TYPES:
        if type_ is Type.WSZ:
            continue
        table = ElementDescription("t", "", type_, {Type.ENUM: COLORS}.get(type_))
        try:
            value = read_element(table, document)
        except WsError:
            continue
        again = read_element(table, write_element(table, value))
        assert again == value or (again != again and value != value)  # noqa: PLR0124


@given(
    st.one_of(list(SCALARS.values())) | st.integers() | st.floats() | st.text() | st.none() | st.just(UNSET), st.data()
)
@settings(RANDOM, max_examples=300)
def test_any_value_is_written_or_refused_by_every_type(value: object, data: st.DataObject) -> None:
    """No value brings another error than one of wsx, and what is written reads back."""
    type_ = data.draw(st.sampled_from([t for t in SCALAR_TYPES if t is not Type.WSZ]))
    table = ElementDescription("t", "", type_, {Type.ENUM: COLORS}.get(type_))
    try:
        document = write_element(table, value)
    except WsError as error:
        refusal: WsError | None = error
    else:
        refusal = None
        back = read_element(table, document)
        if type_ in (Type.FLOAT, Type.DOUBLE) and isinstance(value, (int, float, Decimal)):
            value = float(np.float32(float(value))) if type_ is Type.FLOAT else float(value)
        if value is not None and back == back:  # noqa: PLR0124
            assert back == value
    assert refusal is None or refusal.path == "t"
