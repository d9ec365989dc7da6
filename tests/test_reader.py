"""Reading by plans: options, spellings, paths and offsets of errors, quotas, buffers, the cursor."""

from __future__ import annotations

import array
import dataclasses
import gc
import itertools
import mmap
import sys
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import canonicalize

import numpy as np
import pytest

from tests.support.respell import Speller
from tests.support.xml_tables import (
    COLORS,
    LEAF,
    NILLABLE,
    NILLABLE_ITEM,
    NONE,
    OPTIONAL,
    OWN_NIL,
    POINTER,
    SAMPLES,
    SCALARS,
    Color,
    Sample,
    attribute,
    element,
    expat_tree,
    growth,
    order_table,
    repeating,
    sample_id,
    seeded,
    struct_of_fields,
    text,
)
from wsx._reader import Reader
from wsx.descriptions import (
    XSI_NAMESPACE,
    ElementDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    ReadOption,
    StructDescription,
    StructOption,
    Type,
)
from wsx.errors import InvalidArgument, InvalidFormat, NumericOverflow, QuotaExceeded, WsError
from wsx.quotas import Quotas
from wsx.values import UNSET
from wsx.xml import read_element, write_element

XSI = f'xmlns:x="{XSI_NAMESPACE}"'
LOOSE = Quotas(max_depth=1000, max_attributes=10_000, max_namespaces=10_000)


def read(table: ElementDescription, document: str, option: ReadOption = ReadOption.REQUIRED_VALUE) -> Any:
    return read_element(table, document.encode(), option=option)


def refusal(table: ElementDescription, document: str | bytes, **more: Any) -> WsError:
    data = document.encode() if isinstance(document, str) else document
    with pytest.raises(WsError) as caught:
        read_element(table, data, **more)
    return caught.value


# --- read options (serialization.md §8) ------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ReadOption)
@pytest.mark.parametrize("sample", SAMPLES, ids=sample_id)
def test_matrix_of_types_and_read_options(sample: Sample, option: ReadOption) -> None:
    table = element(sample.type, sample.description)
    by_value = option in (ReadOption.REQUIRED_VALUE, ReadOption.NILLABLE_VALUE)
    document = f"<t>{sample.text}</t>"
    if sample.type is Type.WSZ and by_value:
        for data in (document, "", f'<t x:nil="true" {XSI}/>'):
            assert isinstance(refusal(table, data, option=option), InvalidArgument)
        return
    assert read(table, document, option) == sample.value
    may_be_missing = option not in (ReadOption.REQUIRED_VALUE, ReadOption.REQUIRED_POINTER)
    may_be_nil = option in (ReadOption.NILLABLE_POINTER, ReadOption.NILLABLE_VALUE)
    for missing in ("", "<!-- nothing -->"):
        if may_be_missing:
            assert read(table, missing, option) is None
        else:
            assert isinstance(refusal(table, missing, option=option), InvalidFormat)
    for nil in ("true", "1", " true "):
        document = f'<t x:nil="{nil}" {XSI}/>'
        if may_be_nil:
            assert read(table, document, option) is None
        else:
            assert isinstance(refusal(table, document, option=option), InvalidFormat)
    for no_nil in ("false", "0"):
        assert read(table, f'<t x:nil="{no_nil}" {XSI}>{sample.text}</t>', option) == sample.value
    for wrong in ("TRUE", "yes", ""):
        assert isinstance(refusal(table, f'<t x:nil="{wrong}" {XSI}/>', option=option), InvalidFormat)


@pytest.mark.parametrize("option", [0, 1, 6, None, "REQUIRED_VALUE"])
def test_only_read_options_are_options(option: Any) -> None:
    with pytest.raises(InvalidArgument, match="option"):
        read_element(element(Type.INT32), b"<t>1</t>", option=option)
    with pytest.raises(InvalidArgument, match="option"):
        Reader(b"<t>1</t>").read_element(element(Type.INT32), option)


def test_another_element_is_missing_only_for_an_optional_pointer() -> None:
    table = element(Type.INT32)
    for document in ("<u/>", '<t xmlns="urn:t">1</t>', "<T>1</T>"):
        assert read(table, document, ReadOption.OPTIONAL_POINTER) is None
        for option in (ReadOption.REQUIRED_VALUE, ReadOption.REQUIRED_POINTER, ReadOption.NILLABLE_POINTER):
            assert isinstance(refusal(table, document, option=option), InvalidFormat)


@pytest.mark.parametrize("content", ["", "<!-- c -->", "<?p?>"])
def test_a_nil_element_is_empty(content: str) -> None:
    table = element(Type.STRING)
    assert read(table, f'<t x:nil="true" {XSI}>{content}</t>', ReadOption.NILLABLE_POINTER) is None


@pytest.mark.parametrize("content", ["a", " ", "<a/>", "<![CDATA[x]]>", "&#65;"])
def test_a_nil_element_with_content_is_refused(content: str) -> None:
    for table in (element(Type.STRING), element(Type.STRUCT, LEAF)):
        error = refusal(table, f'<t x:nil="true" {XSI}>{content}</t>', option=ReadOption.NILLABLE_POINTER)
        assert isinstance(error, InvalidFormat)


# --- fields: present, absent, nil, empty -----------------------------------------------------------------------------


def with_pointer(sample: Sample, options: FieldOption) -> FieldOption:
    if sample.type is Type.STRUCT:
        return options | (POINTER if options else NONE)
    return options | (POINTER if options & NILLABLE and sample.type not in OWN_NIL else NONE)


@pytest.mark.parametrize("options", [NONE, OPTIONAL, NILLABLE, OPTIONAL | NILLABLE], ids=str)
@pytest.mark.parametrize("sample", SAMPLES, ids=sample_id)
def test_element_field_of_every_type(sample: Sample, options: FieldOption) -> None:
    field = FieldDescription("f", sample.type, sample.description, options=with_pointer(sample, options))
    table = struct_of_fields(field, FieldDescription("z", Type.INT32), python_type=tuple)
    for spelled in (f"<f>{sample.text}</f>", f"<f >{sample.text}</f>", f" <f>{sample.text}</f >\n"):
        assert read(table, f"<t>{spelled}<z>1</z></t>") == (sample.value, 1)
    nil = f'<t {XSI}><f x:nil="true"/><z>1</z></t>'
    absent = "<t><z>1</z></t>"
    if options & NILLABLE:
        assert read(table, nil) == (None, 1)
    else:
        assert refusal(table, nil).path == "t/f"
    if options & OPTIONAL:
        assert read(table, absent) == (UNSET, 1)
    elif options & NILLABLE:
        assert read(table, absent) == (None, 1)
    else:
        assert refusal(table, absent).path == "t/f"
        assert "missing" in str(refusal(table, absent))


@pytest.mark.parametrize("sample", SCALARS, ids=sample_id)
def test_attribute_field_of_every_type(sample: Sample) -> None:
    document = write_element(struct_of_fields(attribute("f", sample.type, sample.description)), {"f": sample.value})
    for options in (NONE, OPTIONAL):
        table = struct_of_fields(attribute("f", sample.type, sample.description, options=options), python_type=tuple)
        assert read_element(table, document) == (sample.value,)
        if options:
            assert read(table, "<t/>") == (UNSET,)
        else:
            assert refusal(table, "<t/>").path == "t/f"


def test_defaults_stand_for_absent_fields() -> None:
    table = struct_of_fields(
        attribute("a", Type.INT32, options=OPTIONAL, default=7),
        FieldDescription("b", Type.STRING, options=OPTIONAL | NILLABLE, default="x"),
        FieldDescription("c", Type.ENUM, COLORS, options=OPTIONAL, default=Color.RED),
        FieldDescription("d", Type.STRUCT, LEAF, options=OPTIONAL | POINTER, default=None),
        FieldDescription("e", Type.BYTES, options=OPTIONAL),
        python_type=tuple,
    )
    assert read(table, "<t/>") == (7, "x", Color.RED, None, UNSET)
    assert read(table, f'<t {XSI}><b x:nil="1"/><e/></t>') == (7, None, Color.RED, None, b"")
    description = table.resolve_description()
    assert isinstance(description, StructDescription)
    dicts = StructDescription(dict, description.fields)
    assert read(element(Type.STRUCT, dicts), "<t/>") == {"a": 7, "b": "x", "c": Color.RED, "d": None}


@pytest.mark.parametrize("wrapper", [False, True])
@pytest.mark.parametrize("sample", SAMPLES, ids=sample_id)
def test_repeating_field_of_every_type(sample: Sample, wrapper: bool) -> None:
    options = NILLABLE_ITEM | sample.pointer
    local_name = "w" if wrapper else None
    field = repeating("f", sample.type, sample.description, options=options, local_name=local_name)
    table = struct_of_fields(field, FieldDescription("z", Type.INT32), python_type=tuple)
    item, nil = f"<f>{sample.text}</f>", '<f x:nil="true"/>'
    for items in itertools.product((item, f"<f >{sample.text}</f>", nil), repeat=3):
        expected = [None if spelled is nil else sample.value for spelled in items]
        for count in range(4):
            content = " ".join(items[:count])
            content = f"<w>{content}</w>" if wrapper else content
            assert read(table, f"<t {XSI}>{content}<z>1</z></t>") == (expected[:count], 1)


@pytest.mark.parametrize(
    ("options", "absent", "nil"),
    [(NONE, [], None), (OPTIONAL, UNSET, None), (NILLABLE, [], "nil"), (OPTIONAL | NILLABLE, UNSET, "nil")],
    ids=str,
)
def test_an_absent_a_nil_and_an_empty_wrapper(options: FieldOption, absent: object, nil: object) -> None:
    table = struct_of_fields(repeating("f", Type.INT32, local_name="w", options=options), python_type=tuple)
    assert read(table, "<t/>") == (absent,)
    for empty in ("<t><w/></t>", "<t><w></w></t>", "<t><w> <!-- --> </w></t>", "<t><w ></w ></t>"):
        assert read(table, empty) == ([],)
    document = f'<t {XSI}><w x:nil="true"/></t>'
    if nil:
        assert read(table, document) == (None,)
    else:
        assert refusal(table, document).path == "t/f[0]"
    assert read(table, f'<t {XSI}><w x:nil="false"><f>1</f></w></t>') == ([1],)


def test_lists_are_never_shared() -> None:
    table = struct_of_fields(repeating("f", Type.INT32))
    first, second = read(table, "<t/>"), read(table, "<t/>")
    assert first == second == {"f": []}
    first["f"].append(1)
    assert read(table, "<t/>") == {"f": []}


@pytest.mark.parametrize("wrapper", [False, True])
@pytest.mark.parametrize(("least", "most"), [(0, 0), (0, 2), (1, 1), (2, 3), (2, None)])
def test_the_number_of_items_is_checked(least: int, most: int | None, wrapper: bool) -> None:
    local_name = "w" if wrapper else None
    table = struct_of_fields(repeating("f", Type.INT32, item_range=(least, most), local_name=local_name))
    for count in range(6):
        for item in ("<f>5</f>", "<f >5</f>"):
            document = f"<t><w>{item * count}</w></t>" if wrapper else f"<t>{item * count}</t>"
            if least <= count and (most is None or count <= most):
                assert read(table, document) == {"f": [5] * count}
            else:
                error = refusal(table, document)
                assert isinstance(error, InvalidFormat)
                assert (error.path or "").startswith("t/f")
    if least:
        assert isinstance(refusal(table, "<t/>"), InvalidFormat)
    else:
        assert read(table, "<t/>") == {"f": []}


@pytest.mark.parametrize("content", ["\ufeff<b/>", "\ufefft", "\ufeff", "\ufeff\ufeff<b/>", "t\ufeff<b/>"])
def test_any_content_has_no_byte_order_mark(content: str) -> None:
    table = struct_of_fields(FieldDescription("c", Type.XML_BUFFER, mapping=FieldMapping.ANY_CONTENT))
    value = read(table, f"<t>{content}</t>")
    assert value["c"].text == content.replace("<b/>", "")
    written = write_element(table, value)
    assert read(table, written.decode()) == value
    assert canonicalize(written.decode()) == canonicalize(f"<t>{content}</t>")


# --- order and unknown content ---------------------------------------------------------------------------------------


def three(*options: FieldOption, struct_options: StructOption = StructOption.NONE) -> ElementDescription:
    fields = [FieldDescription(name, Type.INT32, options=o) for name, o in zip("abc", options, strict=True)]
    return struct_of_fields(*fields, options=struct_options)


@pytest.mark.parametrize("spelled", ["<{0}>1</{0}>", "<{0} >1</{0} >"])
def test_every_order_and_choice_of_three_fields(spelled: str) -> None:
    """Fields come in table order, each at most once; optional ones may be left out."""
    for required in itertools.product((False, True), repeat=3):
        table = three(*(NONE if one else OPTIONAL for one in required))
        for length in range(5):
            for names in itertools.product("abcx", repeat=length):
                document = "<t>" + "".join(spelled.format(name) for name in names) + "</t>"
                in_order = list(names) == sorted(set(names)) and "x" not in names
                complete = all(name in names for name, one in zip("abc", required, strict=True) if one)
                if in_order and complete:
                    assert read(table, document) == dict.fromkeys(names, 1)
                else:
                    error = refusal(table, document)
                    assert isinstance(error, InvalidFormat)
                    assert error.offset is not None
                    assert 0 < error.offset < len(document)


def test_trailing_content_is_ignored_when_the_table_says_so() -> None:
    table = three(NONE, OPTIONAL, OPTIONAL, struct_options=StructOption.IGNORE_TRAILING_ELEMENT_CONTENT)
    for trailing in (
        "<x/>", "text", "<x>text</x>", "<x a='1'><a>2</a></x>y", "<x/><b>not a number</b>", "&amp;", "<![CDATA[<]]>",
        "<!-- c --><x xmlns='urn:x'><x/></x> <y/>", "<a>again</a>", "  <x/>  ",
    ):  # fmt: skip
        assert read(table, f"<t><a>1</a>{trailing}</t>") == {"a": 1}
        assert read(table, f"<t><a>1</a><b>2</b><c>3</c>{trailing}</t>") == {"a": 1, "b": 2, "c": 3}
    for broken in (
        "<x>",
        "<x></y>",
        "<x a=1/>",
        "<x>&bogus;</x>",
        "<x a='&bogus;'/>",
        "<p:x/>",
        "]]>",
        "<x a='<'/>",
        "&",
    ):
        assert isinstance(refusal(table, f"<t><a>1</a>{broken}</t>"), InvalidFormat)
    # required fields are no trailing content, nor is what follows the element
    assert refusal(table, "<t><x/><a>1</a></t>").path == "t/a"
    assert isinstance(refusal(table, "<t><a>1</a></t><x/>"), InvalidFormat)
    assert isinstance(refusal(table, "<t><a>1</a></t>text"), InvalidFormat)


def test_trailing_content_of_inner_structures() -> None:
    inner = StructDescription(
        dict, [FieldDescription("a", Type.INT32)], options=StructOption.IGNORE_TRAILING_ELEMENT_CONTENT
    )
    table = struct_of_fields(repeating("s", Type.STRUCT, inner, local_name="w"), FieldDescription("z", Type.INT32))
    document = "<t><w><s><a>1</a><b>x</b>y</s><s><a>2</a></s><s><a>3</a>text</s></w><z>4</z></t>"
    assert read(table, document) == {"s": [{"a": 1}, {"a": 2}, {"a": 3}], "z": 4}
    assert isinstance(refusal(table, "<t><w><s><a>1</a></s><b/></w><z>4</z></t>"), InvalidFormat)
    assert isinstance(refusal(table, "<t><w/><z>4</z><b/></t>"), InvalidFormat)


def test_unknown_attributes() -> None:
    for sample in SCALARS:
        if sample.type is not Type.WSZ:
            table = element(sample.type, sample.description)
            assert read(table, f'<t {XSI} x:type="x:y" x:schemaLocation="a b">{sample.text}</t>') == sample.value
            error = refusal(table, f'<t b="">{sample.text}</t>')
            assert isinstance(error, InvalidFormat)
            assert error.offset == 3
    strict = struct_of_fields(attribute("a", Type.INT32, options=OPTIONAL))
    lax = struct_of_fields(
        attribute("a", Type.INT32, options=OPTIONAL), options=StructOption.IGNORE_UNHANDLED_ATTRIBUTES
    )
    for unknown in ('b="1"', 'p:a="1" xmlns:p="urn:p"', 'A="1"', 'xml:lang="en"'):
        assert isinstance(refusal(strict, f"<t {unknown}/>"), InvalidFormat)
        assert read(lax, f"<t {unknown}/>") == {}
        assert read(lax, f'<t {unknown} a="5"/>') == {"a": 5}
    for table in (strict, lax):
        assert read(table, f'<t {XSI} x:type="anything" a="1"/>') == {"a": 1}
        for broken in ('b="&x;"', 'b="<"', "b=1", 'b="1" b="2"', 'p:b="1"', "b", 'b="1"c="2"'):
            assert isinstance(refusal(table, f"<t {broken}/>"), InvalidFormat)
    field = struct_of_fields(FieldDescription("a", Type.INT32))
    assert read(field, f'<t {XSI}><a x:type="q">1</a></t>') == {"a": 1}
    assert refusal(field, '<t><a b="">1</a></t>').path == "t/a"
    wrapped = struct_of_fields(repeating("a", Type.INT32, local_name="w"))
    assert read(wrapped, f'<t {XSI}><w x:type="q"><a>1</a></w></t>') == {"a": [1]}
    assert isinstance(refusal(wrapped, '<t><w b=""><a>1</a></w></t>'), InvalidFormat)


def test_attributes_of_nil_structures() -> None:
    inner = StructDescription(dict, [attribute("id", Type.INT32, options=OPTIONAL)])
    table = struct_of_fields(FieldDescription("s", Type.STRUCT, inner, options=POINTER | NILLABLE))
    assert read(table, f'<t {XSI}><s id="5" x:nil="true"/></t>') == {"s": None}
    assert isinstance(refusal(table, f'<t {XSI}><s no="5" x:nil="true"/></t>'), InvalidFormat)


@pytest.mark.parametrize("content", ["x", "&#32;", "<![CDATA[ ]]>", "1<a>1</a>", "<a>1</a>1"])
def test_text_between_elements_is_refused(content: str) -> None:
    for table in (three(OPTIONAL, OPTIONAL, OPTIONAL), struct_of_fields(repeating("a", Type.INT32, local_name="w"))):
        for document in (f"<t>{content}</t>", f"<t><w>{content}</w></t>"):
            assert isinstance(refusal(table, document), InvalidFormat)


@pytest.mark.parametrize("sample", SCALARS, ids=sample_id)
def test_elements_inside_simple_content_are_refused(sample: Sample) -> None:
    table = struct_of_fields(FieldDescription("f", sample.type, sample.description))
    content = struct_of_fields(text("f", sample.type, sample.description))
    for inside in (f"{sample.text}<b/>", f"<b/>{sample.text}", f"<b>{sample.text}</b>"):
        assert isinstance(refusal(table, f"<t><f>{inside}</f></t>"), InvalidFormat)
        assert isinstance(refusal(content, f"<t>{inside}</t>"), InvalidFormat)


# --- prediction and the general tokenizer ----------------------------------------------------------------------------


def test_every_spelling_of_a_document_reads_as_the_same_value() -> None:
    table, value = order_table()
    document = write_element(table, value)
    assert read_element(table, document) == value
    tree = expat_tree(document)
    for seed in range(400):
        spelled = Speller(seeded(seed)).document(tree)
        assert expat_tree(spelled).without_white_space() == tree
        assert read_element(table, spelled, quotas=LOOSE) == value, spelled


def test_a_broken_value_is_found_in_every_spelling() -> None:
    table, value = order_table()
    document = write_element(table, value).replace(b">-1.5<", b">1,5<")
    tree = expat_tree(document)
    for seed in range(100):
        error = refusal(table, Speller(seeded(seed)).document(tree), quotas=LOOSE)
        assert isinstance(error, InvalidFormat)
        assert error.path == "order/number[1]"


WRAPPER = struct_of_fields(
    repeating("i", Type.INT32, local_name="w"), FieldDescription("x", Type.INT32), ns="n", name="r"
)


@pytest.mark.parametrize(
    "document",
    [
        '<r xmlns="n"><w><i>1</i></w><x>2</x></r>',
        '<q:r xmlns:q="n"><q:w><q:i>1</q:i></q:w><q:x>2</q:x></q:r>',
        '<q:r xmlns:q="n"><w xmlns="n"><i>1</i></w><x xmlns="n">2</x></q:r>',
        '<r xmlns="n" xmlns:p="n"><p:w><i>1</i></p:w><p:x>2</p:x></r>',
        '<r xmlns="n"><p:w xmlns="other" xmlns:p="n"><p:i>1</p:i></p:w><x>2</x></r>',
        '<q:r xmlns:q="n"><q:w xmlns:p="n"><p:i>1</p:i></q:w><q:x>2</q:x></q:r>',
        '<q:r xmlns:q="n"><p:w xmlns:q="o" xmlns:p="n"><p:i>1</p:i></p:w><q:x>2</q:x></q:r>',
    ],
)
def test_prefixes_through_a_wrapper(document: str) -> None:
    assert read(WRAPPER, document) == {"i": [1], "x": 2}


@pytest.mark.parametrize(
    "document",
    [
        '<q:r xmlns:q="n"><q:w xmlns:p="n"><p:i>1</p:i></q:w><p:x>2</p:x></q:r>',
        '<q:r xmlns:q="n" xmlns:p="o"><q:w xmlns:p="n"><p:i>1</p:i><p:i>1</p:i></q:w><p:x>2</p:x></q:r>',
        '<r xmlns="n"><p:w xmlns="other" xmlns:p="n"><i>1</i></p:w><x>2</x></r>',
        '<r xmlns="n"><p:w xmlns="" xmlns:p="n"><p:i>1</p:i><i>1</i></p:w><x>2</x></r>',
        '<q:r xmlns:q="n"><q:w xmlns:q="o"><q:i>1</q:i></q:w><q:x>2</q:x></q:r>',
        '<r xmlns="n"><w><i>1</i><i xmlns="o">1</i></w><x>2</x></r>',
        '<r xmlns="n"><w><i>1</i></w><x xmlns="">2</x></r>',
        '<r xmlns="n"><w><i xmlns="n">1</i></w><p:x>2</p:x></r>',
        '<r xmlns="n"><w><i>1</i></w><p:x xmlns:p="o">2</p:x></r>',
        '<r xmlns="n"><w><i>1</i></w><q:x>2</q:x></r>',
        '<q:r xmlns:q="n"><q:w><q:i>1</i></q:w><q:x>2</q:x></q:r>',
        '<q:r xmlns:q="n"><q:w><q:i>1</q:i></q:w><qx>2</qx></q:r>',
    ],
)
def test_wrong_prefixes_through_a_wrapper(document: str) -> None:
    assert isinstance(refusal(WRAPPER, document), InvalidFormat)


def test_a_prefix_that_changes_from_item_to_item() -> None:
    table = struct_of_fields(
        repeating("s", Type.STRUCT, StructDescription(dict, [FieldDescription("v", Type.INT32)], ns="n")), ns="n"
    )
    spellings = [
        "<s><v>1</v></s>", '<p:s xmlns:p="n"><p:v>1</p:v></p:s>', '<p:s xmlns:p="n"><v>1</v></p:s>',
        '<s xmlns:p="n"><p:v>1</p:v></s>', '<q:s xmlns:q="n" xmlns="o"><q:v>1</q:v></q:s>', "<s ><v >1</v ></s >",
    ]  # fmt: skip
    for chosen in itertools.product(spellings, repeat=4):
        assert read(table, f'<t xmlns="n">{"".join(chosen)}</t>') == {"s": [{"v": 1}] * 4}
    wrong = ['<s xmlns="o"><v>1</v></s>', '<s><v xmlns="o">1</v></s>', "<q:s><v>1</v></q:s>"]
    for before, broken in itertools.product(spellings, wrong):
        assert isinstance(refusal(table, f'<t xmlns="n">{before}{broken}</t>'), InvalidFormat)


# --- where an error is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "path", "place"),
    [
        ('<o i="x"><s><v>1</v></s><e>2</e></o>', "o/i", "x"),
        ("<o><s><v>1</v></s><e>2</e></o>", "o/i", None),
        ('<o i="1"><s><v>x</v></s><e>2</e></o>', "o/s[0]/v", "x"),
        ('<o i="1"><s><v>1</v></s><s><v>2</v></s><s><v >x</v></s><e>2</e></o>', "o/s[2]/v", "x"),
        ('<o i="1"><s><v>1</v></s><s/><e>2</e></o>', "o/s[1]/v", None),
        ('<o i="1"><s><u>1</u></s><e>2</e></o>', "o/s[0]/v", None),
        ('<o i="1"><s><v>1</v><!u/></s><e>2</e></o>', "o/s[0]", "<!u"),
        ('<o i="1"><s><v>1</v></s><e>x</e></o>', "o/e", "x"),
        ('<o i="1"><s><v>1</v></s></o>', "o/e", None),
        ('<o i="1"><e>2</e><w><r>1</r><r>x</r></w></o>', "o/r[1]", "x"),
        ('<o i="1"><e>2</e><w><r>1</r><r>&x;</r></w></o>', "o/r[1]", "&x;"),
        ('<o i="1"><e>2</e><w><q/></w></o>', "o/r[0]", "<q/>"),
        ('<o i="1"><e>2</e><w/><q/></o>', "o", "<q/>"),
        ('<o i="1" j="1"><e>2</e></o>', "o", 'j="1"'),
        ('<o j="1" i="1"><e>2</e></o>', "o", 'j="1"'),
        ("<x/>", "o", "<x/>"),
    ],
)
def test_path_and_offset(broken: str, path: str, place: str | None) -> None:
    inner = StructDescription(dict, [FieldDescription("v", Type.INT32)])
    table = struct_of_fields(
        attribute("i", Type.INT32),
        repeating("s", Type.STRUCT, inner),
        FieldDescription("e", Type.INT32),
        repeating("r", Type.INT32, local_name="w"),
        name="o",
    )
    for lead in ("", " \n", "<!-- é -->", '<?xml version="1.0"?>'):
        error = refusal(table, lead + broken)
        assert error.path == path
        assert error.offset is not None
        if place is None:
            assert 0 <= error.offset <= len((lead + broken).encode())
        else:
            assert (lead + broken).encode()[error.offset :].startswith(place.encode())


def test_a_constructor_that_refuses_is_at_its_own_element() -> None:
    class Refusing:
        def __init__(self, v: int, w: object) -> None:
            raise ValueError("no")

    inner = StructDescription(
        Refusing, [FieldDescription("v", Type.INT32), FieldDescription("w", Type.INT32, options=OPTIONAL)]
    )
    table = struct_of_fields(repeating("s", Type.STRUCT, inner))
    assert refusal(table, "<t><s><v>1</v></s></t>").path == "t/s[0]"
    assert refusal(table, "<t><s><v>1</v><w>1</w></s></t>").path == "t/s[0]"


def test_a_number_that_is_too_large_inside_a_structure() -> None:
    error = refusal(three(NONE, NONE, NONE), "<t><a>1</a><b>99999999999</b><c>3</c></t>")
    assert isinstance(error, NumericOverflow)
    assert (error.path, error.offset) == ("t/b", 14)


# --- quotas ----------------------------------------------------------------------------------------------------------

DEPTH_TABLE: list[StructDescription] = []
DEPTH_TABLE.append(
    StructDescription(dict, [FieldDescription("n", Type.STRUCT, lambda: DEPTH_TABLE[0], options=POINTER | OPTIONAL)])
)
# For each quota: a table, and a document that uses n of it.
QUOTAS: dict[str, tuple[ElementDescription, Callable[[int], str]]] = {
    "max_depth": (
        element(Type.STRUCT, DEPTH_TABLE[0], name="n"),
        lambda n: "<n>" * (n - 1) + "<n/>" + "</n>" * (n - 1),
    ),
    "max_attributes": (
        struct_of_fields(options=StructOption.IGNORE_UNHANDLED_ATTRIBUTES),
        lambda n: "<t" + "".join(f' a{i}=""' for i in range(n)) + "/>",
    ),
    "max_namespaces": (
        struct_of_fields(),
        lambda n: "<t" + "".join(f' xmlns:a{i}="u"' for i in range(n)) + "/>",
    ),
    "max_name_length": (
        struct_of_fields(options=StructOption.IGNORE_TRAILING_ELEMENT_CONTENT),
        lambda n: f"<t><{'e' * n}/></t>",
    ),
    "max_text_length": (element(Type.STRING), lambda n: f"<t>{'x' * n}</t>"),
    "max_items": (struct_of_fields(repeating("i", Type.INT32)), lambda n: f"<t>{'<i>1</i>' * n}</t>"),
}


@pytest.mark.parametrize("quota", QUOTAS)
def test_each_quota_at_its_limit_and_one_above(quota: str) -> None:
    table, document = QUOTAS[quota]
    for limit in (1, 2, 3, 7, 8, 9, 15, 16, 17, 40, 100):
        quotas = dataclasses.replace(LOOSE, **{quota: limit})
        read_element(table, document(limit).encode(), quotas=quotas)
        error = refusal(table, document(limit + 1), quotas=quotas)
        assert isinstance(error, QuotaExceeded)
        assert quota in str(error)
        assert error.offset is not None
        if quota != "max_items":
            Reader(document(limit).encode(), quotas=quotas).skip_element()
            with pytest.raises(QuotaExceeded, match=quota):
                Reader(document(limit + 1).encode(), quotas=quotas).skip_element()


@pytest.mark.parametrize("quota", ["max_depth", "max_attributes", "max_namespaces", "max_name_length"])
def test_default_quotas_at_the_limit_and_one_above(quota: str) -> None:
    table, document = QUOTAS[quota]
    limit = getattr(Quotas(), quota)
    read_element(table, document(limit).encode())
    assert quota in str(refusal(table, document(limit + 1)))


VALUE_BYTES = {
    # 16 beside each value, and its bytes rounded up to 16; 8 for each field of a structure
    "a short text": (element(Type.STRING), "<t>x</t>", 32),
    "16 bytes": (element(Type.STRING), f"<t>{'x' * 16}</t>", 32),
    "17 bytes": (element(Type.STRING), f"<t>{'x' * 17}</t>", 48),
    "a number in a structure": (struct_of_fields(FieldDescription("a", Type.INT32)), "<t><a>1</a></t>", 32 + 32),
    "items": (struct_of_fields(repeating("i", Type.INT32)), f"<t>{'<i>1</i>' * 100}</t>", 32 + 100 * 32),
    "absent fields": (
        struct_of_fields(*(FieldDescription(f"f{i}", Type.INT32, options=FieldOption.OPTIONAL) for i in range(100))),
        "<t/>",
        816,
    ),
}


@pytest.mark.parametrize("case", VALUE_BYTES)
def test_bytes_of_all_values_at_the_limit_and_one_above(case: str) -> None:
    table, document, needed = VALUE_BYTES[case]
    read_element(table, document.encode(), quotas=dataclasses.replace(LOOSE, max_value_bytes=needed))
    error = refusal(table, document, quotas=dataclasses.replace(LOOSE, max_value_bytes=needed - 1))
    assert isinstance(error, QuotaExceeded)
    assert "max_value_bytes" in str(error)


def test_quotas_count_the_same_in_every_spelling() -> None:
    table = struct_of_fields(FieldDescription("abcdefgh", Type.STRING))
    for spelled in ("<abcdefgh>12345</abcdefgh>", "<abcdefgh >12345</abcdefgh>"):
        document = f"<t>{spelled}</t>".encode()
        for quota, use in (("max_name_length", 8), ("max_text_length", 5), ("max_depth", 2)):
            read_element(table, document, quotas=dataclasses.replace(LOOSE, **{quota: use}))
            error = refusal(table, document, quotas=dataclasses.replace(LOOSE, **{quota: use - 1}))
            assert isinstance(error, QuotaExceeded)
            assert quota in str(error)
    prefixed = b'<t><p:abcdefgh xmlns:p="urn:p"/></t>'
    for limit in (9, 10):
        reader = Reader(prefixed, quotas=dataclasses.replace(LOOSE, max_name_length=limit))
        if limit == 10:
            reader.skip_element()
        else:
            with pytest.raises(QuotaExceeded):
                reader.skip_element()


def test_texts_in_pieces_and_attributes_have_a_length_as_well() -> None:
    quotas = dataclasses.replace(LOOSE, max_text_length=10)
    table = element(Type.STRING)
    for content in ("x" * 11, "<![CDATA[" + "x" * 11 + "]]>", "x" * 6 + "<!-- -->" + "x" * 5, "&lt;" + "x" * 10):
        assert isinstance(refusal(table, f"<t>{content}</t>", quotas=quotas), QuotaExceeded)
    for content in ("x" * 10, "<![CDATA[" + "x" * 10 + "]]>", "x" * 5 + "<!-- long comment -->" + "x" * 5):
        assert read_element(table, f"<t>{content}</t>".encode(), quotas=quotas) == "x" * 10
    with_attribute = struct_of_fields(attribute("a", Type.STRING))
    assert read_element(with_attribute, f'<t a="{"x" * 10}"/>'.encode(), quotas=quotas) == {"a": "x" * 10}
    assert isinstance(refusal(with_attribute, f'<t a="{"x" * 11}"/>', quotas=quotas), QuotaExceeded)


def test_namespaces_and_depth_are_given_back_at_the_end_tag() -> None:
    quotas = Quotas(max_depth=2, max_namespaces=2)
    table = struct_of_fields(repeating("i", Type.INT32))
    document = "<t>" + '<i xmlns:a="u" xmlns:b="u">1</i>' * 100 + "</t>"
    assert read_element(table, document.encode(), quotas=quotas) == {"i": [1] * 100}
    Reader(document.encode(), quotas=quotas).skip_element()


def test_declarations_count_as_attributes() -> None:
    quotas = dataclasses.replace(LOOSE, max_attributes=2)
    Reader(b'<a xmlns:b="b" c=""/>', quotas=quotas).skip_element()
    with pytest.raises(QuotaExceeded, match="max_attributes"):
        Reader(b'<a xmlns:b="b" xmlns:c="c" d=""/>', quotas=quotas).skip_element()


def test_only_quotas_are_quotas() -> None:
    for wrong in (None, 5, {"max_depth": 3}):
        with pytest.raises(InvalidArgument, match="quotas"):
            read_element(element(Type.INT32), b"<t>1</t>", quotas=wrong)  # type: ignore[arg-type]


def test_the_deepest_document() -> None:
    table, document = QUOTAS["max_depth"]
    value = read_element(table, document(10_000).encode(), quotas=Quotas(max_depth=10_000))
    for _ in range(9_999):
        value = value["n"]
    assert value == {}


# --- buffers ---------------------------------------------------------------------------------------------------------

INT_DOCUMENT = b"<t>12345</t>"


def buffers(tmp_path: Any) -> Iterator[object]:
    yield bytearray(INT_DOCUMENT)
    yield memoryview(INT_DOCUMENT)
    yield memoryview(bytearray(INT_DOCUMENT)).toreadonly()
    yield array.array("B", INT_DOCUMENT)
    yield np.frombuffer(INT_DOCUMENT, dtype=np.uint8)
    yield type("Sub", (bytes,), {})(INT_DOCUMENT)
    for offset in range(17):
        padded = b"<" * offset + INT_DOCUMENT + b"&" * (17 - offset)
        yield memoryview(padded)[offset : offset + len(INT_DOCUMENT)]
    path = tmp_path / "document.xml"
    path.write_bytes(INT_DOCUMENT)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


def test_any_contiguous_buffer_is_a_document(tmp_path: Any) -> None:
    for data in buffers(tmp_path):
        assert read_element(element(Type.INT32), data) == 12345


@pytest.mark.parametrize("data", ["<t>1</t>", None, 5, memoryview(b"<<tt>>")[::2], [60, 116], object()])
def test_what_is_no_buffer(data: Any) -> None:
    with pytest.raises(InvalidArgument):
        read_element(element(Type.INT32), data)


def test_a_buffer_cannot_change_its_size_while_it_is_read() -> None:
    data = bytearray(INT_DOCUMENT)
    reader = Reader(data)
    with pytest.raises(BufferError):
        data.append(0)
    assert reader.read_element(element(Type.INT32)) == 12345
    del reader
    data.append(0)
    for broken in (b"<t>\xff</t>", b"<t>x</t>", b"<t"):
        data = bytearray(broken)
        with pytest.raises(InvalidFormat):
            read_element(element(Type.INT32), data)
        gc.collect()
        data.append(0)


def test_values_do_not_hold_the_document() -> None:
    data = bytearray(b"<t><s>text</s><b>Zm9v</b></t>")
    value = read_element(struct_of_fields(FieldDescription("s", Type.STRING), FieldDescription("b", Type.BYTES)), data)
    data[:] = b"x" * len(data)
    data.clear()
    assert value == {"s": "text", "b": b"foo"}


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1023, 1024, 1025, 100_000, 5_000_000])
def test_texts_of_every_size(size: int) -> None:
    table = struct_of_fields(attribute("a", Type.STRING), text("v", Type.STRING))
    for piece in ("x", "é", "&#65;"):
        count = size // len(piece)
        value = ("A" if piece.startswith("&") else piece) * count
        document = f'<t a="{piece * count}">{piece * count}</t>'.encode()
        assert read_element(table, document) == {"a": value, "v": value}


# --- references ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(slots=True)
class Slotted:
    v: int
    s: str


def reading_cases() -> Iterator[tuple[str, Callable[[], object]]]:
    inner = StructDescription(Slotted, [FieldDescription("v", Type.INT64), FieldDescription("s", Type.STRING)])
    table = struct_of_fields(
        attribute("a", Type.STRING),
        FieldDescription("g", Type.GUID),
        repeating("i", Type.STRUCT, inner, local_name="w"),
        FieldDescription("d", Type.DECIMAL),
    )
    item = "<i><v>12345678901</v><s>tëxt</s></i>"
    head = '<t a="é&lt;"><g>01234567-89ab-cdef-0123-456789abcdef</g>'
    good = f"{head}<w>{item * 30}</w><d>1.5</d></t>"
    yield "success", lambda: read(table, good)
    broken = {
        "bad number": good.replace("12345678901", "1234567890a", 15).replace("1234567890a", "12345678901", 14),
        "bad end": good.replace("1.5", "1,5"),
        "truncated": good[:-5],
        "unknown element": f"{head}<w>{item * 9}<x/></w><d>1</d></t>",
        "missing": f"{head}<w>{item * 9}</w></t>",
        "missing inside": f"{head}<w>{item * 9}<i><v>1</v></i></w><d>1</d></t>",
        "bad attribute": good.replace("&lt;", "&xx;"),
        "bad guid": good.replace("89ab", "89ax"),
        "text": f"{head}<w>{item * 9}text</w><d>1</d></t>",
        "reference": good.replace("tëxt</s></i></w>", "&#0;</s></i></w>"),
        "trailing": good + "<x/>",
        "bad byte": good.replace("1.5", "\x01"),
        "overflow": good.replace("12345678901", "9" * 30, 1),
    }
    for name, document in broken.items():
        yield name, lambda document=document: refusal(table, document)  # type: ignore[misc]
    yield "quota", lambda: refusal(table, good, quotas=Quotas(max_items=20))


READING_CASES = dict(reading_cases())


@pytest.mark.parametrize("case", READING_CASES)
def test_no_reference_is_lost_or_kept(case: str) -> None:
    call = READING_CASES[case]
    growth(call, 1)
    none, unset = sys.getrefcount(None), sys.getrefcount(UNSET)
    assert growth(call, 60) < 25
    assert abs(sys.getrefcount(None) - none) < 60
    assert abs(sys.getrefcount(UNSET) - unset) < 20


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_before(enabled: bool) -> None:
    table = struct_of_fields(repeating("i", Type.INT32))
    try:
        (gc.enable if enabled else gc.disable)()
        read(table, "<t><i>1</i></t>")
        assert gc.isenabled() is enabled
        refusal(table, "<t><i>x</i></t>")
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
