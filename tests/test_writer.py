"""Writing by plans: options, absent and nil values, refused values and their paths, the output buffer, bounds."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections import OrderedDict, UserDict, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.support.xml_tables import (
    COLORS,
    LEAF,
    NIL,
    NILLABLE,
    NILLABLE_ITEM,
    NONE,
    OPTIONAL,
    POINTER,
    SAMPLES,
    SCALARS,
    Color,
    Sample,
    attribute,
    element,
    expat_tree,
    growth,
    repeating,
    sample_id,
    struct_of_fields,
    text,
)
from wsx._writer import Output, write_bytes
from wsx.descriptions import (
    XML_NAMESPACE,
    ElementDescription,
    FieldDescription,
    FieldOption,
    StructDescription,
    Type,
    WriteOption,
)
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, NumericOverflow, QuotaExceeded, WsError
from wsx.values import UNSET, XmlQName
from wsx.xml import read_element, write_element

REQUIRED_VALUE, REQUIRED_POINTER = WriteOption.REQUIRED_VALUE, WriteOption.REQUIRED_POINTER
NILLABLE_VALUE, NILLABLE_POINTER = WriteOption.NILLABLE_VALUE, WriteOption.NILLABLE_POINTER
# What max_depth can be at most: each level takes some of the C stack.
DEEPEST = 400
ROOT = Path(__file__).parent.parent
NIL_ELEMENT = f"<t {NIL}/>"
EMPTY_ELEMENT = "<t/>"


def write(table: ElementDescription, value: object, option: WriteOption = REQUIRED_VALUE) -> str:
    return write_bytes(table, value, option).decode()


def refusal(table: ElementDescription, value: object, option: WriteOption = REQUIRED_VALUE) -> WsError:
    with pytest.raises(WsError) as caught:
        write_bytes(table, value, option)
    return caught.value


# --- write options (serialization.md §7) -----------------------------------------------------------------------------

# What None gives: an element, or E_INVALIDARG.
NONE_MATRIX: dict[WriteOption, Callable[[Type], str | None]] = {
    REQUIRED_VALUE: lambda type_: EMPTY_ELEMENT if type_ in (Type.STRING, Type.BYTES) else None,
    REQUIRED_POINTER: lambda _: None,
    NILLABLE_VALUE: lambda type_: NIL_ELEMENT if type_ in (Type.STRING, Type.BYTES) else None,
    NILLABLE_POINTER: lambda _: NIL_ELEMENT,
}
# Which types an option takes at all.
OPTION_TYPES: dict[WriteOption, Callable[[Type], bool]] = {
    REQUIRED_VALUE: lambda type_: type_ is not Type.WSZ,
    REQUIRED_POINTER: lambda _: True,
    NILLABLE_VALUE: lambda type_: type_ in (Type.STRING, Type.BYTES),
    NILLABLE_POINTER: lambda _: True,
}


@pytest.mark.parametrize("option", WriteOption)
@pytest.mark.parametrize("sample", SAMPLES, ids=sample_id)
def test_matrix_of_types_and_write_options(sample: Sample, option: WriteOption) -> None:
    table = element(sample.type, sample.description)
    if OPTION_TYPES[option](sample.type):
        assert write(table, sample.value, option) == f"<t>{sample.text}</t>"
    else:
        assert isinstance(refusal(table, sample.value, option), InvalidArgument)
    expected = NONE_MATRIX[option](sample.type) if OPTION_TYPES[option](sample.type) else None
    if expected is None:
        assert isinstance(refusal(table, None, option), InvalidArgument)
    else:
        assert write(table, None, option) == expected
        assert expat_tree(expected.encode()).name == ("", "t")
    assert isinstance(refusal(table, UNSET, option), InvalidArgument)


@pytest.mark.parametrize("option", [0, 1, 5, None, "REQUIRED_VALUE", True])
def test_only_write_options_are_options(option: Any) -> None:
    with pytest.raises(InvalidArgument, match="option"):
        write_bytes(element(Type.INT32), 1, option)
    with pytest.raises(InvalidArgument, match="option"):
        Output().write_element(element(Type.INT32), 1, option)


def test_zero_is_a_value() -> None:
    for type_ in (Type.INT8, Type.UINT64, Type.DOUBLE, Type.FLOAT, Type.DECIMAL):
        assert write(element(type_), 0) == "<t>0</t>"
    table = struct_of_fields(
        FieldDescription("i", Type.INT32, options=OPTIONAL),
        FieldDescription("b", Type.BOOL, options=OPTIONAL),
        FieldDescription("s", Type.STRING, options=OPTIONAL),
    )
    assert write(table, {"i": 0, "b": False, "s": ""}) == "<t><i>0</i><b>false</b><s/></t>"


# --- fields: present, None, UNSET, missing ---------------------------------------------------------------------------

FIELD_OPTIONS = [NONE, OPTIONAL, NILLABLE, OPTIONAL | NILLABLE]


def with_pointer(sample: Sample, options: FieldOption) -> FieldOption:
    """The options with POINTER, where this type needs it for them (types.md §4)."""
    if sample.type is Type.STRUCT:
        return options | (POINTER if options else NONE)
    return options | (sample.pointer if options & NILLABLE else NONE)


@pytest.mark.parametrize("options", FIELD_OPTIONS, ids=str)
@pytest.mark.parametrize("sample", SAMPLES, ids=sample_id)
def test_element_field_of_every_type(sample: Sample, options: FieldOption) -> None:
    field = FieldDescription("f", sample.type, sample.description, options=with_pointer(sample, options))
    table = struct_of_fields(field, FieldDescription("z", Type.INT32))
    assert write(table, {"f": sample.value, "z": 1}) == f"<t><f>{sample.text}</f><z>1</z></t>"
    outcomes: list[tuple[dict[str, Any], str | None]] = [
        ({"f": None}, f"<f {NIL}/>" if options & NILLABLE else "" if options & OPTIONAL else None),
        ({"f": UNSET}, "" if options & OPTIONAL else None),
        ({}, "" if options & OPTIONAL else None),
    ]
    for value, expected in outcomes:
        value["z"] = 1
        if expected is None:
            error = refusal(table, value)
            assert isinstance(error, InvalidArgument)
            assert error.path == "t/f"
        else:
            assert write(table, value) == f"<t>{expected}<z>1</z></t>"


@pytest.mark.parametrize("options", [NONE, OPTIONAL], ids=str)
@pytest.mark.parametrize("sample", SCALARS, ids=sample_id)
def test_attribute_field_of_every_type(sample: Sample, options: FieldOption) -> None:
    table = struct_of_fields(attribute("f", sample.type, sample.description, options=options))
    node = expat_tree(write_bytes(table, {"f": sample.value}, REQUIRED_VALUE))
    assert node.attributes == {("", "f"): expat_tree(f"<t>{sample.text}</t>".encode()).text}
    for value in ({"f": None}, {"f": UNSET}, {}):
        if options & OPTIONAL:
            assert write(table, value) == "<t/>"
        else:
            assert isinstance(refusal(table, value), InvalidArgument)
            assert refusal(table, value).path == "t/f"


@pytest.mark.parametrize("sample", SCALARS, ids=sample_id)
def test_text_field_of_every_type(sample: Sample) -> None:
    table = struct_of_fields(text("f", sample.type, sample.description))
    assert write(table, {"f": sample.value}) == f"<t>{sample.text}</t>"
    for value in ({"f": None}, {"f": UNSET}, {}):
        assert isinstance(refusal(table, value), InvalidArgument)
        assert refusal(table, value).path == "t/f"


@pytest.mark.parametrize("wrapper", [False, True])
@pytest.mark.parametrize("nillable_item", [False, True])
@pytest.mark.parametrize("sample", SAMPLES, ids=sample_id)
def test_repeating_field_of_every_type(sample: Sample, nillable_item: bool, wrapper: bool) -> None:
    options = NILLABLE_ITEM | sample.pointer if nillable_item else NONE
    local_name = "w" if wrapper else None
    table = struct_of_fields(repeating("f", sample.type, sample.description, options=options, local_name=local_name))
    item = f"<f>{sample.text}</f>"

    def expected(content: str) -> str:
        if wrapper:
            content = f"<w>{content}</w>" if content else "<w/>"
        return f"<t>{content}</t>" if content else "<t/>"

    for count in range(4):
        assert write(table, {"f": [sample.value] * count}) == expected(item * count)
        assert write(table, {"f": (sample.value,) * count}) == expected(item * count)
    with_none = [sample.value, None, sample.value]
    if nillable_item:
        assert write(table, {"f": with_none}) == expected(f"{item}<f {NIL}/>{item}")
    else:
        error = refusal(table, {"f": with_none})
        assert isinstance(error, InvalidArgument)
        assert error.path == "t/f[1]"
    error = refusal(table, {"f": [sample.value, sample.value, UNSET]})
    assert isinstance(error, InvalidArgument)
    assert error.path == "t/f[2]"


@pytest.mark.parametrize(
    ("options", "wrapper", "none", "unset"),
    [
        (NONE, False, None, None),  # it would read back as an empty list
        (OPTIONAL, False, "<t/>", "<t/>"),
        (NONE, True, None, None),
        (OPTIONAL, True, "<t/>", "<t/>"),
        (NILLABLE, True, f"<t><w {NIL}/></t>", None),
        (OPTIONAL | NILLABLE, True, f"<t><w {NIL}/></t>", "<t/>"),
    ],
)
def test_repeating_field_without_items(
    options: FieldOption, wrapper: bool, none: str | None, unset: str | None
) -> None:
    local_name = "w" if wrapper else None
    table = struct_of_fields(repeating("f", Type.INT32, options=options, local_name=local_name))
    for value, expected in (({"f": None}, none), ({"f": UNSET}, unset), ({}, unset)):
        if expected is None:
            assert isinstance(refusal(table, value), InvalidArgument)
            assert refusal(table, value).path == "t/f"
        else:
            assert write(table, value) == expected


def test_number_of_items_is_checked_before_an_invalid_message_leaves() -> None:
    for least, most in ((0, 0), (0, 2), (1, 1), (2, 3), (2, None)):
        table = struct_of_fields(repeating("f", Type.INT32, item_range=(least, most)))
        for count in range(6):
            if least <= count and (most is None or count <= most):
                assert write(table, {"f": [5] * count}).count("<f>") == count
            else:
                error = refusal(table, {"f": [5] * count})
                assert isinstance(error, InvalidFormat)
                assert error.path == "t/f"
        if least:
            assert isinstance(refusal(table, {}), WsError)


@pytest.mark.parametrize(
    "items",
    [
        deque([1, 2]),
        range(1, 3),
        {1: None, 2: None}.keys(),
        iter([1, 2]),
        (number for number in (1, 2)),
        np.array([1, 2]),
        type("Many", (list,), {})([1, 2]),
        type("Two", (tuple,), {})((1, 2)),
        UserDict({1: "a", 2: "b"}).keys(),
    ],
    ids=lambda items: type(items).__name__,
)
def test_any_iterable_that_is_no_text_is_a_list(items: Any) -> None:
    assert write(struct_of_fields(repeating("f", Type.INT32)), {"f": items}) == "<t><f>1</f><f>2</f></t>"


@pytest.mark.parametrize(
    "items", ["12", b"12", bytearray(b"12"), memoryview(b"12"), {1: 2}, UserDict({1: 2}), 5, object()]
)
def test_texts_and_mappings_are_no_lists(items: Any) -> None:
    error = refusal(struct_of_fields(repeating("f", Type.INT32)), {"f": items})
    assert isinstance(error, InvalidArgument)
    assert error.path == "t/f"
    assert type(items).__name__ in str(error)


# --- structures ------------------------------------------------------------------------------------------------------


class Plain:
    def __init__(self, a: object) -> None:
        self.a = a


class Pair(NamedTuple):
    a: int
    b: int


def test_any_object_with_the_attributes_fits_a_class() -> None:
    table = struct_of_fields(FieldDescription("a", Type.INT32), python_type=Plain)
    sub = type("Sub", (Plain,), {})
    for value in (Plain(1), sub(1), SimpleNamespace(a=1)):
        assert write(table, value) == "<t><a>1</a></t>"
    for value in (None, UNSET, "text", b"bytes", 1, 1.5, {"a": 1}, [1]):
        assert isinstance(refusal(table, value), InvalidArgument)
    for value in (SimpleNamespace(), SimpleNamespace(b=1), object()):
        assert refusal(table, value).path == "t"
    two = struct_of_fields(FieldDescription("a", Type.INT32), FieldDescription("b", Type.INT32), python_type=Plain)
    assert refusal(two, SimpleNamespace(a=1)).path == "t/b"


def test_an_object_without_any_of_the_fields_is_not_written_as_an_empty_one() -> None:
    table = struct_of_fields(FieldDescription("a", Type.INT32, options=OPTIONAL), python_type=Plain)
    assert write(table, Plain.__new__(Plain)) == "<t/>"
    assert "expected Plain, not SimpleNamespace" in str(refusal(table, SimpleNamespace(b=1)))


def test_any_mapping_fits_a_dict() -> None:
    table = struct_of_fields(
        FieldDescription("a", Type.INT32), FieldDescription("b", Type.INT32, options=OPTIONAL), python_type=dict
    )
    for value in ({"a": 1}, OrderedDict(a=1), UserDict({"a": 1}), MappingProxyType({"a": 1}), {"a": 1, "other": 2}):
        assert write(table, value) == "<t><a>1</a></t>"

    class Defaults(dict[str, int]):
        def __missing__(self, key: str) -> int:
            return 7

    assert write(table, Defaults()) == "<t><a>7</a><b>7</b></t>"
    for wrong in (None, [("a", 1)], "a", Plain(1), 1):
        assert isinstance(refusal(table, wrong), InvalidArgument)


def test_tuples_go_by_position() -> None:
    table = struct_of_fields(FieldDescription("x", Type.INT32), FieldDescription("y", Type.INT32), python_type=tuple)
    assert write(table, (1, 2)) == "<t><x>1</x><y>2</y></t>"
    assert write(table, Pair(1, 2)) == "<t><x>1</x><y>2</y></t>"
    for value in ((1,), (1, 2, 3), [1, 2], {"x": 1, "y": 2}, None, "ab"):
        assert isinstance(refusal(table, value), InvalidArgument)
    optional = struct_of_fields(FieldDescription("x", Type.INT32, options=OPTIONAL), python_type=tuple)
    assert write(optional, (None,)) == write(optional, (UNSET,)) == "<t/>"


def test_empty_structures() -> None:
    assert write(struct_of_fields(), {}) == "<t/>"
    assert write(struct_of_fields(python_type=tuple), ()) == "<t/>"
    nested = struct_of_fields(FieldDescription("e", Type.STRUCT, StructDescription(dict, [])))
    assert write(nested, {"e": {}}) == "<t><e/></t>"
    assert write(struct_of_fields(text("v", Type.STRING)), {"v": ""}) == "<t/>"
    with_attribute = struct_of_fields(attribute("a", Type.STRING), text("v", Type.STRING))
    assert write(with_attribute, {"a": "", "v": ""}) == '<t a=""/>'


# --- what does not fit, and where ------------------------------------------------------------------------------------


def deep_table() -> ElementDescription:
    line = StructDescription(
        dict,
        [
            attribute("sku", Type.STRING),
            FieldDescription("price", Type.DOUBLE),
            repeating("tag", Type.STRING, local_name="tags"),
        ],
    )
    order = StructDescription(
        dict,
        [
            attribute("id", Type.INT32, local_name="ID"),
            FieldDescription("name", Type.STRING),
            repeating("lines", Type.STRUCT, line, item_local_name="Line"),
            FieldDescription("color", Type.ENUM, COLORS, options=OPTIONAL),
        ],
    )
    return element(Type.STRUCT, order, name="Order")


def order(**changes: Any) -> dict[str, Any]:
    lines = [{"sku": f"s{i}", "price": i / 2, "tag": ["x", "y"]} for i in range(4)]
    return {"id": 1, "name": "n", "lines": lines, "color": Color.RED, **changes}


def broken_line(**changes: Any) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = order()["lines"]
    lines[2].update(changes)
    return lines


UNFIT: list[tuple[dict[str, Any], type[WsError], str]] = [
    ({"id": 2**31}, NumericOverflow, "Order/id"),
    ({"id": "1"}, InvalidArgument, "Order/id"),
    ({"id": None}, InvalidArgument, "Order/id"),
    ({"name": "\x00"}, InvalidFormat, "Order/name"),
    ({"name": "\ud800"}, InvalidFormat, "Order/name"),
    ({"name": 5}, InvalidArgument, "Order/name"),
    ({"lines": None, "name": None}, InvalidArgument, "Order/name"),
    ({"lines": "abc"}, InvalidArgument, "Order/lines"),
    ({"lines": [1]}, InvalidArgument, "Order/lines[0]"),
    ({"lines": broken_line(price="1")}, InvalidArgument, "Order/lines[2]/price"),
    ({"lines": broken_line(sku="\x1f")}, InvalidFormat, "Order/lines[2]/sku"),
    ({"lines": broken_line(tag=["a", "b", "\uffff"])}, InvalidFormat, "Order/lines[2]/tag[2]"),
    ({"lines": broken_line(tag=["a", None])}, InvalidArgument, "Order/lines[2]/tag[1]"),
    ({"lines": broken_line(tag=3)}, InvalidArgument, "Order/lines[2]/tag"),
    ({"lines": broken_line(tag=UNSET)}, InvalidArgument, "Order/lines[2]/tag"),
    ({"lines": [*order()["lines"], None]}, InvalidArgument, "Order/lines[4]"),
    ({"color": "red"}, InvalidArgument, "Order/color"),
]


@pytest.mark.parametrize(("changes", "error", "path"), UNFIT, ids=[unfit[2] for unfit in UNFIT])
def test_what_does_not_fit_raises_with_its_path_and_leaves_nothing(
    changes: dict[str, Any], error: type[WsError], path: str
) -> None:
    table = deep_table()
    out = Output()
    out.write(b"<before/>")
    out.write_element(table, order())
    before = len(out)
    for _ in range(3):
        with pytest.raises(error) as caught:
            out.write_element(table, order(**changes), attributes=b' extra="1"')
        assert caught.value.path == path
        assert len(out) == before
    out.write_element(table, order())
    one = write_bytes(table, order(), REQUIRED_VALUE)
    assert out.take() == b"<before/>" + one + one


def test_errors_of_the_values_own_code_pass_unchanged() -> None:
    class Stubborn:
        @property
        def a(self) -> int:
            raise LookupError("not today")

    out = Output()
    with pytest.raises(LookupError, match="not today"):
        out.write_element(struct_of_fields(FieldDescription("a", Type.INT32), python_type=Plain), Stubborn())
    assert len(out) == 0


# --- values that change while they are written -----------------------------------------------------------------------


class Meddler:
    """Changes a list when its number is asked for."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        self.meddle = meddle

    def __float__(self) -> float:
        self.meddle()
        return 1.0


def test_a_list_that_changes_while_it_is_written() -> None:
    table = struct_of_fields(repeating("f", Type.DOUBLE), FieldDescription("z", Type.DOUBLE))
    value: dict[str, Any] = {"z": 2.0}

    def written(*items: Any) -> str:
        value["f"] = list(items)
        return write(table, value)

    def clear() -> None:
        value["f"].clear()

    assert written(Meddler(clear), 5.0) == "<t><f>1</f><z>2</z></t>"
    assert written(Meddler(lambda: value["f"].append(3.0))) == "<t><f>1</f><f>3</f><z>2</z></t>"
    assert written(Meddler(lambda: value.pop("f")), 5.0) == "<t><f>1</f><f>5</f><z>2</z></t>"
    assert written(Meddler(lambda: value["f"].__setitem__(0, 9.0)), 5.0) == "<t><f>1</f><f>5</f><z>2</z></t>"
    assert written(Meddler(lambda: value["f"].__delitem__(0)), 5.0, 6.0) == "<t><f>1</f><f>6</f><z>2</z></t>"
    for _ in range(100):
        written(*(Meddler(clear) for _ in range(50)))


def test_a_structure_that_changes_while_it_is_written() -> None:
    class Node:
        __slots__ = ("a", "b")
        a: Meddler
        b: str

        def forget(self) -> None:
            del self.a
            del self.b

    table = struct_of_fields(
        FieldDescription("a", Type.DOUBLE), FieldDescription("b", Type.STRING, options=OPTIONAL), python_type=Node
    )
    node = Node()
    node.a = Meddler(node.forget)
    node.b = "x" * 1000
    assert write(table, node) == "<t><a>1</a></t>"


# --- bounds ----------------------------------------------------------------------------------------------------------


def recursive_table() -> ElementDescription:
    holder: list[StructDescription] = []
    node = StructDescription(
        dict,
        [
            FieldDescription("v", Type.INT32, options=OPTIONAL),
            FieldDescription("n", Type.STRUCT, lambda: holder[0], options=POINTER | OPTIONAL),
        ],
    )
    holder.append(node)
    return element(Type.STRUCT, node, name="n")


def nested(depth: int, leaf: dict[str, Any] | None = None) -> dict[str, Any]:
    value: dict[str, Any] = {} if leaf is None else leaf
    for _ in range(depth - 1):
        value = {"n": value}
    return value


@pytest.mark.parametrize("depth", [1, 2, 31, 32, 33, 34, 35, 100])
def test_depth_at_the_limit_and_one_above(depth: int) -> None:
    table = recursive_table()
    out = Output()
    out.write_element(table, nested(depth), max_depth=depth)
    assert out.take() == b"<n>" * (depth - 1) + b"<n/>" + b"</n>" * (depth - 1)
    with pytest.raises(QuotaExceeded, match="max_depth") as caught:
        out.write_element(table, nested(depth + 1), max_depth=depth)
    assert caught.value.path == "/".join("n" * (depth + 1))
    assert len(out) == 0
    # a scalar is an element as well, and so is a wrapper
    with pytest.raises(QuotaExceeded, match="max_depth"):
        out.write_element(table, nested(depth, {"v": 1}), max_depth=depth)
    out.write_element(table, nested(depth, {"v": 1}), max_depth=depth + 1)


def test_depth_counts_wrappers_and_items() -> None:
    table = struct_of_fields(repeating("i", Type.STRUCT, LEAF, local_name="w"))
    for value, depth in (({"i": []}, 2), ({"i": [{"v": 1}]}, 4)):
        write_bytes(table, value, REQUIRED_VALUE, depth)
        with pytest.raises(QuotaExceeded):
            write_bytes(table, value, REQUIRED_VALUE, depth - 1)


@pytest.mark.parametrize("depth", [0, -1, 401])
def test_max_depth_has_bounds(depth: int) -> None:
    with pytest.raises(InvalidArgument, match="max_depth"):
        write_bytes(element(Type.INT32), 1, REQUIRED_VALUE, depth)
    with pytest.raises(InvalidArgument, match="max_depth"):
        Output().write_element(element(Type.INT32), 1, max_depth=depth)


def test_the_deepest_value_fits_the_stack_of_a_thread() -> None:
    """The smallest stacks that threads have by default are those of macOS, 512 KiB; in a process of its own."""
    program = f"""
import threading
from tests.test_writer import nested, recursive_table, write_bytes, REQUIRED_VALUE

def run():
    print(len(write_bytes(recursive_table(), nested({DEEPEST}), REQUIRED_VALUE, {DEEPEST})))

threading.stack_size(512 * 1024)
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(len("<n></n>") * (DEEPEST - 1) + len("<n/>"))), done.stderr


def test_a_value_that_contains_itself_ends_at_the_depth_limit() -> None:
    value: dict[str, Any] = {}
    value["n"] = value
    assert isinstance(refusal(recursive_table(), value), QuotaExceeded)


# --- the output ------------------------------------------------------------------------------------------------------


def test_output_collects_pieces() -> None:
    out = Output()
    assert (len(out), out.take(), len(out)) == (0, b"", 0)
    out.write(b"<a b='")
    out.write_attribute_text("<\"\n>'")
    out.write(b"'>")
    out.write_text('<"\n\r>]]>é')
    out.write_element(element(Type.INT32), 5)
    out.write(b"</a>")
    expected = "<a b='&lt;&quot;&#xA;>''>&lt;\"\n&#xD;&gt;]]&gt;é<t>5</t></a>"
    assert len(out) == len(expected.encode())
    assert out.take().decode() == expected
    assert (len(out), out.take()) == (0, b"")
    out.write_text("again")
    assert out.take() == b"again"


def test_output_is_cut_back_when_text_is_refused() -> None:
    out = Output()
    out.write(b"ok")
    for write_text, bad in itertools.product(
        (out.write_text, out.write_attribute_text), ("\x00", "é\ud800", "x" * 9999 + "\uffff")
    ):
        with pytest.raises(InvalidFormat):
            write_text("good" * 1000 + bad)
    assert out.take() == b"ok"


def test_output_truncates_only_to_what_is_there() -> None:
    out = Output()
    out.write(b"0123456789")
    out.truncate(10)
    out.truncate(4)
    for length in (5, -1):
        with pytest.raises(InvalidArgument, match="length"):
            out.truncate(length)
    assert out.take() == b"0123"
    out.truncate(0)
    with pytest.raises(InvalidArgument):
        out.truncate(1)


def test_output_grows_from_any_size() -> None:
    piece = bytes(range(256))
    for hint in (0, 1, 63, 64, 65, 1000, -5):
        out = Output(hint)
        for length in range(0, 3000, 7):
            out.write(piece * (length // 256) + piece[: length % 256])
        expected = b"".join(piece * (n // 256) + piece[: n % 256] for n in range(0, 3000, 7))
        assert out.take() == expected


@pytest.mark.parametrize("wrong", ["text", bytearray(b"x"), None, 5])
def test_output_takes_bytes_and_str_only(wrong: Any) -> None:
    out = Output()
    with pytest.raises(TypeError):
        out.write(wrong)
    if not isinstance(wrong, str):
        with pytest.raises(TypeError):
            out.write_text(wrong)
        with pytest.raises(TypeError):
            out.write_attribute_text(wrong)


def test_ready_made_attributes_come_first_in_the_start_tag() -> None:
    extra = b' m:must="1"'
    tables: list[tuple[ElementDescription, Any, bytes]] = [
        (element(Type.INT32), 5, b'<t m:must="1">5</t>'),
        (element(Type.STRING), "", b'<t m:must="1"/>'),
        (element(Type.INT32, ns="urn:x"), 5, b'<t m:must="1" xmlns="urn:x">5</t>'),
        (struct_of_fields(attribute("a", Type.INT32)), {"a": 1}, b'<t m:must="1" a="1"/>'),
        (struct_of_fields(FieldDescription("a", Type.INT32)), {"a": 1}, b'<t m:must="1"><a>1</a></t>'),
    ]
    for table, value, expected in tables:
        out = Output()
        out.write_element(table, value, attributes=extra)
        assert out.take() == expected
    out = Output()
    out.write_element(element(Type.INT32), None, NILLABLE_POINTER, attributes=extra)
    assert out.take() == f"<t{extra.decode()} {NIL}/>".encode()


def test_fields_without_an_element() -> None:
    fields = StructDescription(
        dict,
        [FieldDescription("a", Type.INT32, options=OPTIONAL), FieldDescription("b", Type.INT32, ns="urn:b")],
        ns="urn:a",
    )
    bare = ElementDescription(None, None, Type.STRUCT, fields)
    assert write(bare, {"a": 1, "b": 2}) == '<a xmlns="urn:a">1</a><b xmlns="urn:b">2</b>'
    assert refusal(bare, {"a": "x", "b": 2}).path == "a"
    for nothing, option in ((None, REQUIRED_VALUE), (None, NILLABLE_POINTER), (UNSET, REQUIRED_VALUE)):
        assert isinstance(refusal(bare, nothing, option), InvalidArgument)
    out = Output()
    for value in ({"b": 2}, {"a": 1, "b": 2}):
        with pytest.raises(InvalidArgument):
            out.write_element(bare, value, attributes=b' a="1"')
    assert len(out) == 0
    fieldless = ElementDescription(None, None, Type.STRUCT, StructDescription(dict, []))
    with pytest.raises(InvalidArgument):
        out.write_element(fieldless, {}, attributes=b' a="1"')
    out.write_element(fieldless, {})
    assert out.take() == b""


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 511, 512, 513, 1023, 1024, 65_535, 65_537, 5_000_000])
@pytest.mark.parametrize("character", ["x", "&", "\xe9", "\u20ac", "\U0001d11e"])
def test_texts_of_every_size_and_width(character: str, size: int) -> None:
    if size > 100_000 and character not in "x&":
        size //= 8
    value = character * size
    table = struct_of_fields(attribute("a", Type.STRING), text("v", Type.STRING))
    node = expat_tree(write_bytes(table, {"a": value, "v": value}, REQUIRED_VALUE))
    assert node.text == value
    assert node.attributes["", "a"] == value


def test_a_plan_learns_the_size_and_stays_right() -> None:
    table = struct_of_fields(repeating("f", Type.STRING))
    for count in (0, 1, 1000, 0, 5, 20_000, 3):
        assert write(table, {"f": ["x"] * count}) == (f"<t>{'<f>x</f>' * count}</t>" if count else "<t/>")


# --- references ------------------------------------------------------------------------------------------------------


def references() -> Iterator[tuple[str, Callable[[], object]]]:
    table = deep_table()
    good = order(name="é" * 100)
    yield "success", lambda: write_bytes(table, good, REQUIRED_VALUE)
    for number, (changes, _, _) in enumerate(UNFIT):
        broken = order(**changes)
        yield f"failure {number}", lambda broken=broken: refusal(table, broken)  # type: ignore[misc]
    out = Output()

    def collect() -> bytes:
        out.write_element(table, good)
        return out.take()

    yield "output", collect
    deep = recursive_table()
    yield "too deep", lambda: refusal(deep, nested(40))
    lists = struct_of_fields(repeating("f", Type.STRUCT, LEAF))
    yield "iterator", lambda: write(lists, {"f": ({"v": i} for i in range(3))})
    yield "iterator with a bad item", lambda: refusal(lists, {"f": ({"v": None} for _ in range(3))})


CASES = dict(references())


@pytest.mark.parametrize("case", CASES)
def test_no_reference_is_lost_or_kept(case: str) -> None:
    call = CASES[case]
    growth(call, 1)
    unset, none = sys.getrefcount(UNSET), sys.getrefcount(None)
    assert growth(call, 60) < 25
    assert abs(sys.getrefcount(UNSET) - unset) < 20
    assert abs(sys.getrefcount(None) - none) < 60


def test_references_of_values_stay_as_they_were() -> None:
    table = deep_table()
    marks = ["mark" + str(i) for i in range(3)]
    value = order(name=marks[0])
    value["lines"][3]["sku"] = marks[1]
    value["lines"][3]["tag"] = [marks[2], "\x00"]
    before = [*map(sys.getrefcount, marks), sys.getrefcount(value["lines"])]
    for _ in range(50):
        refusal(table, value)
    value["lines"][3]["tag"][1] = "fine"
    for _ in range(50):
        write(table, value)
    assert [*map(sys.getrefcount, marks), sys.getrefcount(value["lines"])] == before


# --- threads and calls from inside -----------------------------------------------------------------------------------


def test_the_same_table_from_many_threads() -> None:
    table = deep_table()
    value = order()
    expected = write_bytes(table, value, REQUIRED_VALUE)
    results: list[bytes] = []

    def run() -> None:
        for _ in range(200):
            results.append(write_bytes(table, value, REQUIRED_VALUE))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 1600


def test_writing_inside_writing() -> None:
    table = struct_of_fields(FieldDescription("a", Type.STRING), python_type=Plain)

    class Outer:
        @property
        def a(self) -> str:
            return write(table, Plain("inner"))

    assert write(table, Outer()) == "<t><a>&lt;t&gt;&lt;a&gt;inner&lt;/a&gt;&lt;/t&gt;</a></t>"


@pytest.mark.parametrize(
    "call",
    [
        lambda out: out.take(),
        lambda out: out.truncate(0),
        lambda out: out.write(b"x"),
        lambda out: out.write_text("x"),
        lambda out: out.write_attribute_text("x"),
        lambda out: out.write_element(element(Type.INT32), 1),
    ],
    ids=["take", "truncate", "write", "write_text", "write_attribute_text", "write_element"],
)
def test_an_output_in_use_refuses_calls_of_its_values(call: Callable[[Output], object]) -> None:
    out = Output()
    errors: list[type[Exception]] = []

    class Value:
        @property
        def a(self) -> int:
            with pytest.raises(InvalidOperation) as caught:
                call(out)
            errors.append(caught.type)
            return 5

    out.write(b"before")
    out.write_element(struct_of_fields(FieldDescription("a", Type.INT32), python_type=Value), Value())
    assert out.take() == b"before<t><a>5</a></t>"
    assert errors == [InvalidOperation]


def test_the_prefix_xml_is_bound_everywhere() -> None:
    table = ElementDescription("t", "", Type.XML_QNAME)
    data = write_element(table, XmlQName("lang", XML_NAMESPACE))
    assert data == b"<t>xml:lang</t>"
    assert read_element(table, data) == XmlQName("lang", XML_NAMESPACE)
