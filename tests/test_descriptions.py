"""Description tables: what is legal, what is refused and with which words."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from wsx import descriptions
from wsx.declare import element_of, struct, struct_of
from wsx.descriptions import (
    XML_NAMESPACE,
    XMLNS_NAMESPACE,
    XSI_NAMESPACE,
    AttributeDescription,
    CustomTypeDescription,
    ElementDescription,
    EndpointAddressDescription,
    EnumDescription,
    FaultDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    MessageDescription,
    ReadOption,
    StructDescription,
    StructOption,
    Type,
    UnionDescription,
    UnionFieldDescription,
    WriteOption,
)
from wsx.errors import InvalidArgument
from wsx.legality import INTEGER_RANGES, PYTHON_TYPES
from wsx.values import UNSET

REFERENCE = Path(__file__).parents[2] / "shared" / "reference" / "types.md"

ATTRIBUTE, ELEMENT = FieldMapping.ATTRIBUTE, FieldMapping.ELEMENT
REPEATING, TEXT = FieldMapping.REPEATING_ELEMENT, FieldMapping.TEXT
P, O, N, NI = FieldOption.POINTER, FieldOption.OPTIONAL, FieldOption.NILLABLE, FieldOption.NILLABLE_ITEM  # noqa: E741


class Color(enum.Enum):
    RED = "r"
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Flags(enum.Flag):
    A = 1
    B = 2


@struct(ns="urn:p")
class Part:
    n: int


COLOR = EnumDescription(Color)
PART = struct_of(Part)
CUSTOM = CustomTypeDescription(lambda writer, value: None, lambda reader: None)
UNION = UnionDescription([UnionFieldDescription(1, FieldDescription("a", Type.INT32))])
DESCRIPTIONS = {
    Type.ENUM: COLOR,
    Type.STRUCT: PART,
    Type.UNION: UNION,
    Type.CUSTOM: CUSTOM,
    Type.ENDPOINT_ADDRESS: EndpointAddressDescription(),
    Type.FAULT: FaultDescription(),
}


ALL_TEXT = StructDescription(dict, [FieldDescription("n", Type.INT32, mapping=FieldMapping.TEXT)])


def field(type_: Type = Type.INT32, **keywords: Any) -> FieldDescription:
    """A field named x with the description that its type needs."""
    if type_ is Type.STRUCT and keywords.get("mapping") is TEXT:
        keywords.setdefault("description", ALL_TEXT)
    return FieldDescription("x", type_, keywords.pop("description", DESCRIPTIONS.get(type_)), **keywords)


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_type_numbers_are_those_of_the_reference() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no reference beside the repository ({REFERENCE})")
    rows = re.findall(r"^\| `WS_(\w+)_TYPE` \| (\d+) \|", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {member.name: member.value for member in Type} == {name: int(number) for name, number in rows}


@pytest.mark.parametrize(
    ("members", "numbers"),
    [
        (Type, range(35)),
        (FieldMapping, range(13)),
        (FieldOption, (0, 1, 2, 4, 8, 16)),
        (StructOption, (0, 1, 2, 4)),
        (WriteOption, range(1, 5)),
        (ReadOption, range(1, 6)),
    ],
)
def test_numbers(members: type[enum.IntEnum], numbers: range) -> None:
    assert [member.value for member in members.__members__.values()] == list(numbers)


def test_every_supported_type_has_values() -> None:
    built = {*STRUCTURED, Type.ENUM, Type.UNION, Type.XML_BUFFER, Type.VOID, Type.ANY_ATTRIBUTES, Type.DESCRIPTION}
    assert set(PYTHON_TYPES) == set(Type) - built


def test_integer_ranges() -> None:
    limits = {kind.name: (span[0], span[-1]) for kind, span in INTEGER_RANGES.items()}
    assert limits == {
        "INT8": (-128, 127),
        "INT16": (-32768, 32767),
        "INT32": (-2147483648, 2147483647),
        "INT64": (-9223372036854775808, 9223372036854775807),
        "UINT8": (0, 255),
        "UINT16": (0, 65535),
        "UINT32": (0, 4294967295),
        "UINT64": (0, 18446744073709551615),
    }


def test_public_names_exist() -> None:
    assert all(hasattr(descriptions, name) for name in descriptions.__all__)


# --- options × types × mappings --------------------------------------------------------------------------------------

# The option sets of WS_FIELD_DESCRIPTION as documented: value types, types with a nil of their own, structures.
DOCUMENTED = {
    "V": {FieldOption(0), O, P | N, P | N | O, P | NI, P | N | NI, P | O | NI, P | N | O | NI},
    "N": {FieldOption(0), O, N, N | O, NI, N | NI, O | NI, N | O | NI},
    "S": {FieldOption(0), P, O | P, N | P, N | O | P, P | NI, P | N | NI, P | O | NI, P | N | O | NI},
}
# Windows 8 takes a pointer to a value that is not nillable; and the array of a repeating field is a pointer anyway,
# so that wsx does not want one of its items when only the array can be absent or nil.
ALSO_LEGAL = {
    ("V", ELEMENT): {P, P | O},
    ("V", REPEATING): {P, P | O, N, N | O},
    ("S", REPEATING): {O, N, N | O},
}
LEGAL_WITH = {
    FieldMapping.TYPE_ATTRIBUTE: FieldOption(0),
    FieldMapping.ELEMENT_CHOICE: O,
    FieldMapping.REPEATING_ELEMENT_CHOICE: O,
    FieldMapping.ANY_ELEMENT: P | O,
    FieldMapping.REPEATING_ANY_ELEMENT: O,
    FieldMapping.ANY_CONTENT: FieldOption(0),
    FieldMapping.ANY_ATTRIBUTES: FieldOption(0),
    ATTRIBUTE: O,
    FieldMapping.XML_ATTRIBUTE: O,
    ELEMENT: P | O | N,
    REPEATING: P | O | N | NI,
    TEXT: FieldOption(0),
    FieldMapping.NO: FieldOption(0),
}
ALL_OPTIONS = [FieldOption(number) for number in range(32)]

M = FieldMapping
# types.md, section 3: which field mappings each type may have.
SCALAR_MAPPINGS = {ELEMENT, REPEATING, ATTRIBUTE, TEXT, M.NO}
MAPPINGS_OF: dict[Type, set[FieldMapping]] = {
    **{kind: SCALAR_MAPPINGS for kind in Type if kind <= Type.XML_QNAME or kind in (Type.ENUM, Type.DURATION)},
    Type.STRING: SCALAR_MAPPINGS | {M.XML_ATTRIBUTE},
    Type.WSZ: SCALAR_MAPPINGS | {M.XML_ATTRIBUTE},
    Type.CHAR_ARRAY: SCALAR_MAPPINGS | {M.XML_ATTRIBUTE},
    Type.UTF8_ARRAY: SCALAR_MAPPINGS - {REPEATING},
    Type.BYTE_ARRAY: SCALAR_MAPPINGS - {REPEATING},
    Type.XML_BUFFER: {ELEMENT, REPEATING, M.NO, M.ANY_ELEMENT, M.REPEATING_ANY_ELEMENT, M.ANY_CONTENT},
    Type.DESCRIPTION: {M.TYPE_ATTRIBUTE},
    Type.STRUCT: {ELEMENT, REPEATING, TEXT, M.NO},
    Type.VOID: {
        ELEMENT,
        ATTRIBUTE,
        M.NO,
        M.ANY_ELEMENT,
        M.REPEATING_ANY_ELEMENT,
        M.ANY_CONTENT,
        M.ANY_ATTRIBUTES,
    },
    Type.UNION: {M.ELEMENT_CHOICE, M.REPEATING_ELEMENT_CHOICE},
    Type.CUSTOM: SCALAR_MAPPINGS | {M.ANY_ELEMENT},
    Type.ENDPOINT_ADDRESS: {ELEMENT, REPEATING, M.NO},
    Type.FAULT: {ELEMENT, REPEATING, M.NO},
    Type.ANY_ATTRIBUTES: {M.ANY_ATTRIBUTES},
}
STRUCTURED = (Type.STRUCT, Type.CUSTOM, Type.ENDPOINT_ADDRESS, Type.FAULT)
OWN_NIL = (
    Type.STRING,
    Type.WSZ,
    Type.BYTES,
    Type.XML_STRING,
    Type.XML_BUFFER,
    Type.CHAR_ARRAY,
    Type.UTF8_ARRAY,
    Type.BYTE_ARRAY,
)


def option_set(type_: Type) -> str:
    return "N" if type_ in OWN_NIL else "S" if type_ in STRUCTURED else "V"


def legal(type_: Type, mapping: FieldMapping, options: FieldOption) -> bool:
    if mapping not in MAPPINGS_OF[type_] or options & ~LEGAL_WITH[mapping]:
        return False
    if type_ is Type.VOID:
        return options in (FieldOption(0), O, P, P | O)
    key = option_set(type_)
    if type_ is Type.CUSTOM and options == O:
        return True  # its callback tells the values that are left out
    return options in DOCUMENTED[key] or options in ALSO_LEGAL.get((key, mapping), set())


@pytest.mark.parametrize("mapping", sorted(FieldMapping), ids=lambda mapping: mapping.name)
@pytest.mark.parametrize("type_", sorted(Type), ids=lambda type_: type_.name)
def test_options(type_: Type, mapping: FieldMapping) -> None:
    wrapper = {"local_name": "w"} if mapping is REPEATING else {}
    for options in ALL_OPTIONS:
        if legal(type_, mapping, options):
            assert field(type_, mapping=mapping, options=options, **wrapper).options == options
        else:
            with pytest.raises(InvalidArgument, match="field 'x': "):
                field(type_, mapping=mapping, options=options, **wrapper)


# --- fields ----------------------------------------------------------------------------------------------------------

ILLEGAL_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"type_": 3}, "type must be a wsx.Type, not 3"),
    ({"description": COLOR}, "type INT32 takes Int32Description or none"),
    ({"description": lambda: COLOR}, "must be given as it is"),
    ({"type_": Type.ENUM, "description": None}, "type ENUM needs a EnumDescription, not None"),
    ({"type_": Type.STRUCT, "description": COLOR}, "type STRUCT needs a StructDescription"),
    ({"type_": Type.ENUM, "description": PART}, "type ENUM needs a EnumDescription"),
    ({"type_": Type.ENUM, "description": Color}, "class Color has no table: it is not made by wsx.struct"),
    ({"type_": Type.STRUCT, "description": dict}, "class dict has no table"),
    ({"mapping": 2}, "mapping must be a wsx.FieldMapping, not 2"),
    ({"type_": Type.STRUCT, "mapping": ATTRIBUTE}, "type STRUCT is not legal with mapping ATTRIBUTE"),
    ({"type_": Type.STRUCT, "description": PART, "mapping": TEXT}, "struct Part must hold a TEXT field, and beside it"),
    ({"item_local_name": "i"}, "item_local_name and item_ns belong to REPEATING_ELEMENT"),
    ({"mapping": ATTRIBUTE, "item_ns": ""}, "item_local_name and item_ns belong to REPEATING_ELEMENT"),
    ({"mapping": TEXT, "local_name": "t"}, "a TEXT field has no local_name and no ns"),
    ({"mapping": TEXT, "ns": ""}, "a TEXT field has no local_name and no ns"),
    ({"mapping": REPEATING, "ns": "urn:w"}, "ns names the wrapper's namespace and needs local_name"),
    ({"local_name": 5}, "local_name must be a str, not int"),
    ({"local_name": ""}, "local_name '' is not an XML name"),
    ({"local_name": "p:x"}, "local_name 'p:x' is not an XML name without colon"),
    ({"local_name": "1x"}, "local_name '1x' is not an XML name"),
    ({"local_name": "a b"}, "local_name 'a b' is not an XML name"),
    ({"local_name": "x\n"}, "is not an XML name"),
    ({"local_name": "\ud800"}, "is not an XML name"),
    ({"mapping": REPEATING, "item_local_name": "-"}, "item_local_name '-' is not an XML name"),
    ({"mapping": REPEATING, "local_name": "w:w"}, "local_name 'w:w' is not an XML name"),
    ({"ns": 5}, "ns must be a str, not int"),
    ({"ns": "urn:\x01"}, "holds a character that XML forbids"),
    ({"ns": "urn:\ud800"}, "holds a character that XML forbids"),
    ({"ns": XML_NAMESPACE}, "is reserved"),
    ({"ns": XMLNS_NAMESPACE}, "is reserved"),
    ({"mapping": REPEATING, "item_ns": XML_NAMESPACE}, "item_ns .* is reserved"),
    ({"mapping": ATTRIBUTE, "local_name": "xmlns"}, "an attribute cannot be called xmlns"),
    ({"mapping": ATTRIBUTE, "local_name": "nil", "ns": XSI_NAMESPACE}, "is reserved for xsi:nil and xsi:type"),
    ({"options": "OPTIONAL"}, "options must be wsx.FieldOption flags, not 'OPTIONAL'"),
    ({"options": NI}, "NILLABLE_ITEM.* is not legal with mapping ELEMENT"),
    ({"options": FieldOption.OTHER_NAMESPACE}, "OTHER_NAMESPACE.* is not legal with mapping ELEMENT"),
    ({"options": 0x40}, "is not legal with mapping ELEMENT"),
    ({"options": N}, "NILLABLE.* of type INT32 needs POINTER as well"),
    ({"type_": Type.STRUCT, "options": O}, "OPTIONAL.* of type STRUCT needs POINTER as well"),
    ({"type_": Type.STRING, "options": P}, "type STRING has a nil of its own and takes no POINTER"),
    ({"mapping": REPEATING, "options": NI}, "NILLABLE_ITEM.* of type INT32 needs POINTER as well"),
    (
        {"mapping": REPEATING, "options": N | P},
        "NILLABLE of REPEATING_ELEMENT is about the wrapper and needs local_name",
    ),
    ({"item_range": (0, 1)}, "item_range belongs to REPEATING_ELEMENT"),
    ({"mapping": REPEATING, "item_range": (2, 1)}, "item_range must be"),
    ({"mapping": REPEATING, "item_range": (-1, None)}, "item_range must be"),
    ({"mapping": REPEATING, "item_range": (0, 1, 2)}, "item_range must be"),
    ({"mapping": REPEATING, "item_range": 5}, "item_range must be"),
    ({"mapping": REPEATING, "item_range": ("0", "1")}, "item_range must be"),
    ({"default": 1}, "a default needs OPTIONAL"),
    ({"default": None}, "a default needs OPTIONAL"),
    ({"mapping": REPEATING, "options": O, "default": 1}, "takes a default but None"),
    ({"type_": Type.STRUCT, "options": O | P, "default": 1}, "takes a default but None"),
    ({"options": O, "default": 2**31}, "default 2147483648 is not in the range of INT32"),
    ({"options": O, "default": True}, "default of type INT32 must be int, not True"),
    ({"options": O, "default": "1"}, "default of type INT32 must be int, not '1'"),
    ({"type_": Type.BOOL, "options": O, "default": 1}, "default of type BOOL must be bool, not 1"),
    ({"type_": Type.DOUBLE, "options": O, "default": False}, "default of type DOUBLE must be float, not False"),
    ({"type_": Type.STRING, "options": O, "default": b""}, "default of type STRING must be str"),
    ({"type_": Type.BYTES, "options": O, "default": bytearray()}, "default of type BYTES must be bytes"),
    ({"type_": Type.ENUM, "options": O, "default": "r"}, "default 'r' is no value of enum Color"),
]


@pytest.mark.parametrize(("keywords", "rule"), ILLEGAL_FIELDS, ids=[rule for _, rule in ILLEGAL_FIELDS])
def test_illegal_fields(keywords: dict[str, Any], rule: str) -> None:
    with pytest.raises(InvalidArgument, match=f"^field 'x': .*{rule}"):
        field(**keywords)


@pytest.mark.parametrize("name", ["", None, 5])
def test_field_name(name: Any) -> None:
    with pytest.raises(InvalidArgument, match=f"field {name!r}: name must"):
        FieldDescription(name, Type.INT32)


DEFAULTS: list[tuple[Type, object]] = [
    (Type.BOOL, False),
    (Type.INT8, -128),
    (Type.UINT64, 2**64 - 1),
    (Type.FLOAT, 1.5),
    (Type.DOUBLE, float("inf")),
    (Type.DECIMAL, Decimal("1.50")),
    (Type.DATETIME, datetime.datetime(2026, 1, 1)),
    (Type.GUID, uuid.UUID(int=1)),
    (Type.STRING, ""),
    (Type.WSZ, "x"),
    (Type.BYTES, b"\0"),
    (Type.ENUM, Color.BLUE),
]


@pytest.mark.parametrize(("type_", "default"), DEFAULTS, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize("mapping", [ATTRIBUTE, ELEMENT])
def test_defaults(type_: Type, default: object, mapping: FieldMapping) -> None:
    made = field(type_, mapping=mapping, options=O, default=default)
    assert made.default == default
    assert type(made.default) is type(default)
    assert field(type_, mapping=mapping, options=O, default=None).default is None
    assert field(type_, mapping=mapping, options=O).default is UNSET


@pytest.mark.parametrize(("type_", "wanted"), [(Type.FLOAT, float), (Type.DOUBLE, float), (Type.DECIMAL, Decimal)])
def test_an_int_is_a_default_of_other_numbers(type_: Type, wanted: type) -> None:
    assert type(field(type_, options=O, default=3).default) is wanted


def test_absent_lists_and_structs_may_read_as_none() -> None:
    assert field(mapping=REPEATING, options=O, default=None).default is None
    assert field(Type.STRUCT, options=O | P, default=None).default is None


def test_names_and_namespaces() -> None:
    assert (field().own_local_name, field().own_ns("urn:s"), field().wrapper("urn:s")) == ("x", "urn:s", None)
    named = field(local_name="é", ns="")
    assert (named.own_local_name, named.own_ns("urn:s")) == ("é", "")
    attribute = field(mapping=ATTRIBUTE)
    assert (attribute.own_local_name, attribute.own_ns("urn:s")) == ("x", "")
    assert field(mapping=ATTRIBUTE, ns="urn:a").own_ns("urn:s") == "urn:a"
    bare = field(mapping=REPEATING)
    assert (bare.own_local_name, bare.own_ns("urn:s"), bare.wrapper("urn:s")) == ("x", "urn:s", None)
    wrapped = field(mapping=REPEATING, local_name="w", item_local_name="i", item_ns="urn:i")
    assert (wrapped.own_local_name, wrapped.own_ns("urn:s"), wrapped.wrapper("urn:s")) == ("i", "urn:i", ("urn:s", "w"))
    assert field(mapping=REPEATING, local_name="w", ns="").wrapper("urn:s") == ("", "w")


def test_python_names_need_not_be_xml_names() -> None:
    assert FieldDescription("a b", Type.INT32, local_name="ab").own_local_name == "ab"
    assert FieldDescription("#text", Type.STRING, mapping=TEXT).name == "#text"


@pytest.mark.parametrize("given", [(1, None), [1, None], (0, 0), (2, 2)])
def test_item_range_is_a_tuple(given: Any) -> None:
    assert field(mapping=REPEATING, item_range=given).item_range == tuple(given)


# --- descriptions that come later ------------------------------------------------------------------------------------


def test_callables_are_resolved_and_checked() -> None:
    assert field(Type.STRUCT, description=lambda: PART).resolve_description() is PART
    assert ElementDescription("e", "", Type.ENUM, lambda: COLOR).resolve_description() is COLOR
    assert field().resolve_description() is None
    with pytest.raises(InvalidArgument, match="field 'x': type STRUCT needs a StructDescription"):
        field(Type.STRUCT, description=lambda: COLOR).resolve_description()
    with pytest.raises(InvalidArgument, match="element 'e': type ENUM needs a EnumDescription, not None"):
        ElementDescription("e", "", Type.ENUM, lambda: None).resolve_description()  # type: ignore[arg-type, return-value]


def test_default_of_a_later_enum_is_checked_when_it_is_there() -> None:
    late = field(Type.ENUM, description=lambda: COLOR, options=O, default=Level.LOW)
    with pytest.raises(InvalidArgument, match=r"field 'x': default .* is no value of enum Color"):
        late.resolve_description()
    assert field(Type.ENUM, description=lambda: COLOR, options=O, default=Color.RED).resolve_description() is COLOR


def test_a_struct_class_is_a_description() -> None:
    assert field(Type.STRUCT, description=Part).resolve_description() is PART
    assert ElementDescription("e", "", Type.STRUCT, Part).resolve_description() is PART
    with pytest.raises(InvalidArgument, match="field 'x': type ENUM needs a EnumDescription"):
        field(Type.ENUM, description=Part).resolve_description()


# --- structures ------------------------------------------------------------------------------------------------------


def attribute(name: str, **keywords: Any) -> FieldDescription:
    return FieldDescription(name, Type.INT32, mapping=ATTRIBUTE, **keywords)


def element(name: str, **keywords: Any) -> FieldDescription:
    return FieldDescription(name, Type.INT32, **keywords)


ILLEGAL_STRUCTS: list[tuple[list[Any], dict[str, Any], str]] = [
    ([element("a"), attribute("b")], {}, "struct dict, field 'b': attributes must come before text and elements"),
    ([FieldDescription("t", Type.STRING, mapping=TEXT), attribute("b")], {}, "field 'b': attributes must come before"),
    ([element("a"), element("a", local_name="b")], {}, "struct dict, field 'a': the name is used twice"),
    ([attribute("a"), attribute("b", local_name="a")], {}, "field 'b': two attributes have the same name"),
    ([attribute("a", ns="urn:a"), attribute("b", ns="urn:a", local_name="a")], {}, "two attributes have the same name"),
    ([FieldDescription("t", Type.STRING, mapping=TEXT), element("a")], {}, "field 'a': a TEXT field must be the only"),
    ([element("a"), FieldDescription("t", Type.STRING, mapping=TEXT)], {}, "field 't': a TEXT field must be the only"),
    (
        [FieldDescription("t", Type.STRING, mapping=TEXT), FieldDescription("u", Type.STRING, mapping=TEXT)],
        {},
        "field 'u': a TEXT field must be the only content",
    ),
    (["a"], {}, "struct dict: fields must be FieldDescription, not 'a'"),
    ([], {"ns": None}, "struct dict: ns must be a str, not NoneType"),
    ([], {"ns": XML_NAMESPACE}, "struct dict: ns .* is reserved"),
    ([], {"type_local_name": "a:b"}, "struct dict: type_local_name 'a:b' is not an XML name"),
    ([], {"type_ns": "\0"}, "struct dict: type_ns .* holds a character that XML forbids"),
    ([], {"options": StructOption.ABSTRACT}, "ABSTRACT needs a TYPE_ATTRIBUTE field"),
    ([], {"options": 8}, "options must be wsx.StructOption flags, not 8"),
    ([], {"options": None}, "options must be wsx.StructOption flags, not None"),
]


@pytest.mark.parametrize(("members", "keywords", "rule"), ILLEGAL_STRUCTS)
def test_illegal_structs(members: list[Any], keywords: dict[str, Any], rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        StructDescription(dict, members, **keywords)


def test_struct_wants_a_class() -> None:
    with pytest.raises(InvalidArgument, match="struct Order: python_type must be a class, not 'Order'"):
        StructDescription("Order", [])  # type: ignore[arg-type]


def test_legal_structs() -> None:
    text = FieldDescription("t", Type.STRING, mapping=TEXT)
    assert StructDescription(dict, []).fields == ()
    assert StructDescription(tuple, iter([attribute("a"), text])).fields == (attribute("a"), text)
    made = StructDescription(
        dict,
        [attribute("a"), attribute("b", local_name="a", ns="urn:a"), element("c"), element("d", local_name="c")],
        ns="urn:s",
        type_local_name="T",
        type_ns="urn:t",
        options=StructOption.IGNORE_UNHANDLED_ATTRIBUTES,
    )
    assert (made.python_type, made.ns, made.type_local_name, made.type_ns) == (dict, "urn:s", "T", "urn:t")
    assert made.options is StructOption.IGNORE_UNHANDLED_ATTRIBUTES


def test_structs_and_enums_compare_by_identity() -> None:
    members = [element("a")]
    assert StructDescription(dict, members) != StructDescription(dict, members)
    assert EnumDescription(Color) != EnumDescription(Color)
    assert len({PART, PART, COLOR, COLOR}) == 2


def test_fields_elements_and_messages_compare_by_value() -> None:
    assert element("a") == element("a")
    assert element("a") != element("a", local_name="b")
    assert len({field(Type.STRUCT), field(Type.STRUCT), element("a")}) == 2
    pairs = [ElementDescription("e", "", Type.STRUCT, PART) for _ in range(2)]
    assert len(set(pairs)) == 1
    assert len({MessageDescription("a", pair) for pair in pairs}) == 1


def test_pretty_shows_every_field() -> None:
    table = StructDescription(
        dict,
        [
            attribute("id", ns="urn:a"),
            element("quantity", options=O, default=1),
            FieldDescription("color", Type.ENUM, COLOR, local_name="colour", ns=""),
            FieldDescription(
                "parts", Type.STRUCT, lambda: PART, mapping=REPEATING, local_name="list", item_range=(1, None)
            ),
            FieldDescription("codes", Type.STRING, mapping=REPEATING, options=NI, item_range=(0, 3)),
        ],
        ns="urn:s",
    )
    assert table.pretty() == "\n".join(
        [
            "struct dict, namespace urn:s",
            "  @id       INT32          namespace urn:a",
            "  quantity  INT32          OPTIONAL, default 1",
            "  color     ENUM Color     as colour, namespace none",
            "  parts     STRUCT Part[]  in list, 1 or more items",
            "  codes     STRING[]       NILLABLE_ITEM, 0 to 3 items",
        ]
    )
    assert repr(table) == "<StructDescription dict: id, quantity, color, parts, codes>"
    assert str(table) == "struct dict"


def test_pretty_of_an_empty_struct_and_of_text() -> None:
    assert StructDescription(dict, []).pretty() == "struct dict, no namespace"
    text = StructDescription(dict, [FieldDescription("value", Type.STRING, mapping=TEXT)], ns="urn:s")
    assert text.pretty() == "struct dict, namespace urn:s\n  value  STRING  text"


# --- enumerations ----------------------------------------------------------------------------------------------------


def test_enum_classes() -> None:
    assert COLOR.pairs == (("r", Color.RED), ("BLUE", Color.BLUE))
    assert EnumDescription(Level).pairs == (("LOW", Level.LOW), ("HIGH", Level.HIGH))
    assert (COLOR.python_type, str(COLOR)) == (Color, "enum Color")


def test_enum_aliases_are_one_value() -> None:
    class Size(enum.Enum):
        SMALL = 1
        LITTLE = 1  # noqa: PIE796 - an alias

    assert EnumDescription(Size).pairs == (("SMALL", Size.SMALL),)


def test_str_enum_has_its_values_as_names() -> None:
    class Word(str, enum.Enum):
        ONE = "one word"

    assert EnumDescription(Word).pairs == (("one word", Word.ONE),)


def test_enum_mapping_is_copied() -> None:
    given = {"r": 1, "b": 2}
    made = EnumDescription(given, int)
    given["g"] = 3
    assert made.pairs == (("r", 1), ("b", 2))
    assert (made.python_type, str(made), str(EnumDescription({"a": None}))) == (int, "enum int", "enum")


class Empty(enum.Enum):
    pass


@pytest.mark.parametrize(
    ("values", "python_type", "rule"),
    [
        ({}, None, "there must be at least one value"),
        (Empty, None, "enum Empty: there must be at least one value"),
        ([("a", 1)], None, "enum: values must be an enum.Enum class that is no Flag, or a mapping, not"),
        (int, None, "enum int: values must be an enum.Enum class that is no Flag"),
        (Flags, None, "enum Flags: values must be an enum.Enum class that is no Flag"),
        (Color, Level, "enum Color: python_type is the class itself"),
        ({1: 1}, None, "name 1 is no str"),
        ({"a\0": 1}, None, "is no str of characters that XML allows"),
        ({"a": 1, "b": 1}, None, "names and values must be unique"),
        ({"a": 1, "b": True}, None, "names and values must be unique"),
        ({"a": []}, None, "values must be hashable"),
        ({"a": 1}, str, "value 1 is no str"),
    ],
)
def test_illegal_enums(values: Any, python_type: type | None, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        EnumDescription(values, python_type)


# --- elements, attributes, messages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("", "", Type.INT32), "element '': local_name '' is not an XML name"),
        (("a:b", "", Type.INT32), "element 'a:b': local_name 'a:b' is not an XML name"),
        (("a", None, Type.INT32), "element 'a': ns must be a str, not NoneType"),
        (("a", XML_NAMESPACE, Type.INT32), "element 'a': ns .* is reserved"),
        ((None, "", Type.STRUCT, PART), "element None: without local_name there is no ns"),
        ((None, None, Type.INT32), "element None: without local_name .* the type must be STRUCT"),
        (("a", "", Type.STRUCT), "element 'a': type STRUCT needs a StructDescription, not None"),
        (("a", "", Type.INT32, PART), "element 'a': type INT32 takes Int32Description or none"),
        (("a", "", "INT32"), "element 'a': type must be a wsx.Type, not 'INT32'"),
    ],
)
def test_illegal_elements(arguments: tuple[Any, ...], rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        ElementDescription(*arguments)


def test_element_without_name_stands_for_the_fields() -> None:
    assert ElementDescription(None, None, Type.STRUCT, PART).resolve_description() is PART


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("a", "", Type.STRUCT, PART), "attribute 'a': struct Part must hold a TEXT field"),
        (("a", "", Type.VOID), "attribute 'a': an attribute cannot be of type VOID"),
        (("a", "", Type.XML_BUFFER), "attribute 'a': an attribute cannot be of type XML_BUFFER"),
        (("a:b", "", Type.INT32), "attribute 'a:b': local_name 'a:b' is not an XML name"),
        (("a", None, Type.INT32), "attribute 'a': ns must be a str"),
        (("a", "", Type.ENUM), "attribute 'a': type ENUM needs a EnumDescription"),
    ],
)
def test_illegal_attributes(arguments: tuple[Any, ...], rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        AttributeDescription(*arguments)
    assert AttributeDescription("a", "", Type.ENUM, COLOR).resolve_description() is COLOR


@pytest.mark.parametrize(
    ("action", "body", "rule"),
    [
        (5, None, "message 5: action must be a str, not int"),
        ("a\nb", None, "the action holds a character that XML and HTTP forbid"),
        ("a", PART, "message 'a': body must be an ElementDescription or a class made by wsx.struct"),
        ("a", dict, "body must be an ElementDescription or a class made by wsx.struct, not <class 'dict'>"),
        ("a", Part(n=1), "body must be an ElementDescription"),
    ],
)
def test_illegal_messages(action: Any, body: Any, rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        MessageDescription(action, body)


def test_messages() -> None:
    empty = MessageDescription()
    assert (empty.action, empty.body) == (None, None)
    assert MessageDescription("urn:a", Part).body is element_of(Part)


# --- immutable -------------------------------------------------------------------------------------------------------


def tables() -> Iterator[Any]:
    yield field(mapping=REPEATING, item_range=(0, 1))
    yield PART
    yield COLOR
    yield ElementDescription("a", "", Type.INT32)
    yield AttributeDescription("a", "", Type.INT32)
    yield MessageDescription("a")


@pytest.mark.parametrize("table", list(tables()), ids=lambda table: type(table).__name__)
def test_tables_are_immutable(table: Any) -> None:
    for attribute_, action in product(dataclasses.fields(table), ("set", "delete")):
        before = getattr(table, attribute_.name)
        assert not isinstance(before, (list, dict, set))
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(table, attribute_.name, None) if action == "set" else delattr(table, attribute_.name)
        assert getattr(table, attribute_.name) is before
