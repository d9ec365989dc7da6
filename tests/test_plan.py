"""Plans: prefixes and declarations in every scope, recursion, caching, first use from many threads."""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import weakref
from typing import Any

import pytest

from tests.support.xml_tables import (
    ATTRIBUTE,
    COLORS,
    NILLABLE,
    NILLABLE_ITEM,
    OPTIONAL,
    POINTER,
    TEXT,
    Color,
    Node,
    attribute,
    element,
    expat_tree,
    growth,
    repeating,
    struct_of_fields,
    text,
)
from wsx._reader import Reader
from wsx._writer import Output
from wsx.descriptions import (
    XSI_NAMESPACE,
    ElementDescription,
    EnumDescription,
    FieldDescription,
    StructDescription,
    Type,
    WriteOption,
)
from wsx.errors import InvalidArgument, InvalidFormat, QuotaExceeded
from wsx.xml import read_element, write_element

Scope = tuple[tuple[str, str], ...]


def int32(name: str, ns: str | None = None, **more: Any) -> FieldDescription:
    return FieldDescription(name, Type.INT32, ns=ns, **more)


def struct(name: str, description: StructDescription, ns: str | None = None, **more: Any) -> FieldDescription:
    return FieldDescription(name, Type.STRUCT, description, ns=ns, **more)


def in_scope(table: ElementDescription, value: object, scope: Scope, *option: WriteOption) -> str:
    """The element as it is written where the bindings of scope are in force."""
    out = Output()
    out.write_element(table, value, *option, scope=scope)
    return out.take().decode()


def wrapped(document: str, scope: Scope) -> Node:
    """The element, read by expat inside an element with the bindings of the scope."""
    declared = "".join(f' xmlns:{prefix}="{ns}"' if prefix else f' xmlns="{ns}"' for prefix, ns in dict(scope).items())
    return expat_tree(f"<around{declared}>{document}</around>".encode()).children[0]


# --- namespaces (serialization.md §10) -------------------------------------------------------------------------------


def test_an_element_declares_its_namespace_as_the_default_and_children_share_it() -> None:
    table = struct_of_fields(int32("a"), int32("b"), ns="urn:t")
    assert write_element(table, {"a": 1, "b": 2}) == b'<t xmlns="urn:t"><a>1</a><b>2</b></t>'


def test_a_child_of_another_namespace_declares_it_for_itself() -> None:
    inner = StructDescription(dict, [int32("a"), int32("b", "urn:t"), int32("c", "")], ns="urn:i")
    table = struct_of_fields(int32("x", "urn:x"), struct("s", inner, "urn:i"), int32("y"), ns="urn:t")
    value = {"x": 1, "s": {"a": 2, "b": 3, "c": 4}, "y": 5}
    assert write_element(table, value).decode() == (
        '<t xmlns="urn:t"><x xmlns="urn:x">1</x>'
        '<s xmlns="urn:i"><a>2</a><b xmlns="urn:t">3</b><c xmlns="">4</c></s><y>5</y></t>'
    )
    assert read_element(table, write_element(table, value)) == value


def test_an_element_without_namespace_undeclares_the_default() -> None:
    inner = StructDescription(dict, [int32("a"), int32("b", "urn:t")])
    table = struct_of_fields(struct("s", inner, ""), ns="urn:t")
    value = {"s": {"a": 1, "b": 2}}
    expected = '<t xmlns="urn:t"><s xmlns=""><a>1</a><b xmlns="urn:t">2</b></s></t>'
    assert write_element(table, value).decode() == expected
    assert read_element(table, expected.encode()) == value
    # and there is nothing to undeclare where no default is in force
    assert write_element(element(Type.STRUCT, inner), value["s"]) == b'<t><a>1</a><b xmlns="urn:t">2</b></t>'


@pytest.mark.parametrize(
    ("ns", "scope", "expected"),
    [
        ("", (), "<t>1</t>"),
        ("", (("", "urn:x"),), '<t xmlns="">1</t>'),
        ("", (("", ""),), "<t>1</t>"),
        ("", (("", "urn:x"), ("", "")), "<t>1</t>"),
        ("", (("p", "urn:x"),), "<t>1</t>"),
        ("urn:t", (), '<t xmlns="urn:t">1</t>'),
        ("urn:t", (("", "urn:t"),), "<t>1</t>"),
        ("urn:t", (("p", "urn:t"),), "<p:t>1</p:t>"),
        ("urn:t", (("p", "urn:x"),), '<t xmlns="urn:t">1</t>'),
        ("urn:t", (("p", "urn:t"), ("p", "urn:x")), '<t xmlns="urn:t">1</t>'),
        ("urn:t", (("p", "urn:x"), ("p", "urn:t")), "<p:t>1</p:t>"),
        ("urn:t", (("", "urn:x"), ("p", "urn:t")), "<p:t>1</p:t>"),
        # the prefix of the element around comes first, then the default namespace, then any prefix
        ("urn:t", (("p", "urn:t"), ("q", "urn:t")), "<q:t>1</q:t>"),
        ("urn:t", (("p", "urn:t"), ("", "urn:t")), "<t>1</t>"),
    ],
)
def test_prefixes_in_a_given_scope(ns: str, scope: Scope, expected: str) -> None:
    written = in_scope(element(Type.INT32, ns=ns), 1, scope)
    assert written == expected
    assert wrapped(written, scope).name == (ns, "t")


def test_attributes_of_no_namespace_have_no_prefix() -> None:
    table = struct_of_fields(attribute("a", Type.INT32), ns="urn:t")
    assert write_element(table, {"a": 1}) == b'<t a="1" xmlns="urn:t"/>'


def test_attributes_of_a_namespace_get_a_prefix_even_of_the_default_one() -> None:
    table = struct_of_fields(
        attribute("a", Type.INT32, ns="urn:t"),
        attribute("b", Type.INT32, ns="urn:b"),
        attribute("c", Type.INT32, ns="urn:b"),
        ns="urn:t",
    )
    document = write_element(table, {"a": 1, "b": 2, "c": 3})
    assert document == b'<t a:a="1" b:b="2" b:c="3" xmlns:a="urn:t" xmlns:b="urn:b" xmlns="urn:t"/>'
    assert expat_tree(document).attributes == {("urn:t", "a"): "1", ("urn:b", "b"): "2", ("urn:b", "c"): "3"}


def test_attributes_use_a_prefix_in_scope() -> None:
    table = struct_of_fields(attribute("a", Type.INT32, ns="urn:t"), ns="urn:t")
    assert in_scope(table, {"a": 1}, (("p", "urn:t"),)) == '<p:t p:a="1"/>'
    assert in_scope(table, {"a": 1}, (("p", "urn:t"), ("a", "urn:x"))) == '<p:t p:a="1"/>'
    other = struct_of_fields(attribute("a", Type.INT32, ns="urn:z"), ns="urn:t")
    assert in_scope(other, {"a": 1}, (("a", "urn:t"), ("b", "urn:y"))) == '<a:t c:a="1" xmlns:c="urn:z"/>'


def test_declarations_of_optional_attributes_come_and_go_with_them() -> None:
    """Every combination of present and absent attributes declares what it uses, once."""
    spaces = ["urn:o", "urn:o", "urn:r", "urn:r", "urn:p", "", "urn:t"]
    fields = [attribute(f"a{i}", Type.INT32, ns=ns, options=OPTIONAL) for i, ns in enumerate(spaces)]
    inner = StructDescription(dict, [attribute("i", Type.INT32, ns="urn:r")], ns="urn:o")
    table = struct_of_fields(*fields, struct("s", inner, "urn:o"), int32("v", "urn:r"), ns="urn:t")
    for chosen in itertools.product((False, True), repeat=len(spaces)):
        value: dict[str, Any] = {f"a{i}": i for i, here in enumerate(chosen) if here}
        document = write_element(table, {**value, "s": {"i": 1}, "v": 2})
        node = expat_tree(document)
        assert node.attributes == {(spaces[i], f"a{i}"): str(i) for i, here in enumerate(chosen) if here}
        used = {spaces[i] for i, here in enumerate(chosen) if here} - {""}
        assert document.partition(b">")[0].count(b"xmlns:") == len(used)
        assert [child.name for child in node.children] == [("urn:o", "s"), ("urn:r", "v")]
        assert node.children[0].attributes == {("urn:r", "i"): "1"}
        assert read_element(table, document) == {**value, "s": {"i": 1}, "v": 2}


def test_children_share_the_declaration_of_a_required_attribute() -> None:
    table = struct_of_fields(attribute("a", Type.INT32, ns="urn:o"), int32("v", "urn:o"), ns="urn:t")
    assert write_element(table, {"a": 1, "v": 2}) == b'<t a:a="1" xmlns:a="urn:o" xmlns="urn:t"><a:v>2</a:v></t>'


def test_an_optional_attribute_before_a_required_one_of_its_namespace() -> None:
    fields = [attribute("a", Type.INT32, ns="urn:o", options=OPTIONAL), attribute("b", Type.INT32, ns="urn:o")]
    table = struct_of_fields(*fields, int32("v", "urn:o"))
    assert write_element(table, {"b": 1, "v": 2}) == b'<t a:b="1" xmlns:a="urn:o"><a:v>2</a:v></t>'
    assert write_element(table, {"a": 0, "b": 1, "v": 2}) == b'<t a:a="0" a:b="1" xmlns:a="urn:o"><a:v>2</a:v></t>'


def test_nil_finds_a_prefix_that_is_free() -> None:
    xsi = XSI_NAMESPACE
    table = element(Type.INT32, ns="urn:t")
    nil = WriteOption.NILLABLE_POINTER
    assert in_scope(table, None, (), nil) == f'<t a:nil="true" xmlns:a="{xsi}" xmlns="urn:t"/>'
    assert in_scope(table, None, (("a", "urn:t"),), nil) == f'<a:t b:nil="true" xmlns:b="{xsi}"/>'
    assert in_scope(table, None, (("i", xsi), ("", "urn:t")), nil) == '<t i:nil="true"/>'
    assert in_scope(table, None, (("", xsi), ("p", "urn:t")), nil) == f'<p:t a:nil="true" xmlns:a="{xsi}"/>'
    for scope in ((("a", "urn:t"),), (("i", xsi), ("", "urn:t")), (("", xsi), ("p", "urn:t")), (("a", "urn:b"),)):
        node = wrapped(in_scope(table, None, scope, nil), scope)
        assert node.name == ("urn:t", "t")
        assert node.attributes == {(xsi, "nil"): "true"}


def test_nil_of_wrappers_items_and_fields_of_other_namespaces() -> None:
    table = struct_of_fields(
        attribute("k", Type.INT32, ns="urn:k"),
        FieldDescription("f", Type.STRING, ns="urn:f", options=NILLABLE),
        repeating("w", Type.STRING, local_name="W", ns="urn:w", options=NILLABLE),
        repeating("i", Type.STRING, local_name="I", ns="urn:i", item_ns="urn:j", options=NILLABLE_ITEM),
        ns="urn:t",
    )
    node = expat_tree(write_element(table, {"k": 1, "f": None, "w": None, "i": ["x", None]}))
    nil = {(XSI_NAMESPACE, "nil"): "true"}
    field, wrapper, items = node.children
    assert (field.name, field.attributes) == (("urn:f", "f"), nil)
    assert (wrapper.name, wrapper.attributes) == (("urn:w", "W"), nil)
    assert (items.name, items.attributes) == (("urn:i", "I"), {})
    assert [(item.name, item.attributes) for item in items.children] == [(("urn:j", "i"), {}), (("urn:j", "i"), nil)]


def test_namespaces_are_escaped_and_unescaped() -> None:
    ns = "urn:<&>\"' é\u20ac"
    table = struct_of_fields(attribute("a", Type.INT32, ns=ns + "2"), int32("v", ns + "3"), ns=ns)
    document = write_element(table, {"a": 1, "v": 2})
    node = expat_tree(document)
    assert node.name == (ns, "t")
    assert node.attributes == {(ns + "2", "a"): "1"}
    assert node.children[0].name == (ns + "3", "v")
    assert read_element(table, document) == {"a": 1, "v": 2}


def test_names_of_every_alphabet() -> None:
    table = ElementDescription(
        "Größe",
        "",
        Type.STRUCT,
        StructDescription(
            dict, [attribute("名前", Type.INT32), int32("имя"), int32("x-·.9"), repeating("Ω", Type.INT32)]
        ),
    )
    value = {"名前": 1, "имя": 2, "x-·.9": 3, "Ω": [4, 5]}
    document = write_element(table, value)
    assert [child.name for child in expat_tree(document).children] == [
        ("", name) for name in ("имя", "x-·.9", "Ω", "Ω")
    ]
    assert read_element(table, document) == value


def test_a_long_name_is_more_than_one_block() -> None:
    for length in (1, 13, 14, 15, 16, 29, 30, 31, 32, 33, 63, 64, 65, 200, 1000):
        name = "n" * length
        items = repeating("r", Type.STRING, item_local_name=name + "i", local_name=name + "w")
        table = struct_of_fields(int32(name), items)
        value = {name: 1, "r": ["x", ""]}
        document = write_element(table, value)
        assert document == f"<t><{name}>1</{name}><{name}w><{name}i>x</{name}i><{name}i/></{name}w></t>".encode()
        assert read_element(table, document) == value


# --- recursion -------------------------------------------------------------------------------------------------------


def tree_table(ns: str = "urn:tree") -> ElementDescription:
    """A tree: each node has a value and any number of children, each inside a wrapper of another namespace."""
    holder: list[StructDescription] = []
    holder.append(
        StructDescription(
            dict,
            [
                attribute("id", Type.INT32, ns="urn:id"),
                FieldDescription("left", Type.STRUCT, lambda: holder[0], options=POINTER | OPTIONAL),
                repeating("child", Type.STRUCT, lambda: holder[0], local_name="children", ns="urn:w", options=OPTIONAL),
            ],
            ns=ns,
        )
    )
    return element(Type.STRUCT, holder[0], name="node", ns=ns)


def tree(depth: int, number: int = 1) -> dict[str, Any]:
    if depth == 0:
        return {"id": number}
    children = [tree(depth - 1, number * 3 + i) for i in range(2)]
    return {"id": number, "left": tree(depth - 1, -number), "child": children}


def test_recursive_tables() -> None:
    table = tree_table()
    value = tree(4)
    document = write_element(table, value)
    assert read_element(table, document) == value
    node = expat_tree(document)
    assert node.name == ("urn:tree", "node")
    assert [child.name for child in node.children] == [("urn:tree", "left"), ("urn:w", "children")]
    assert [child.name for child in node.children[1].children] == [("urn:tree", "child")] * 2


def test_mutually_recursive_tables_of_three_namespaces() -> None:
    tables: dict[str, StructDescription] = {}

    def link(other: str) -> FieldDescription:
        return FieldDescription(
            f"to_{other}", Type.STRUCT, lambda: tables[other], ns=f"urn:{other}", options=POINTER | OPTIONAL
        )

    def fields(ns: str) -> list[FieldDescription]:
        return [attribute("n", Type.INT32, ns=f"urn:{ns}", options=OPTIONAL), *map(link, "abc")]

    for ns in "abc":
        tables[ns] = StructDescription(dict, fields(ns), ns=f"urn:{ns}")
    table = element(Type.STRUCT, tables["a"], ns="urn:a")
    for way in itertools.product("abc", repeat=4):
        value: dict[str, Any] = {"n": 0}
        for number, ns in enumerate(way):
            value = {"n": number, f"to_{ns}": value}
        document = write_element(table, value)
        assert read_element(table, document) == value
        node = expat_tree(document)
        for ns in reversed(way):
            node = node.children[0]
            assert node.name == (f"urn:{ns}", f"to_{ns}")


def test_a_recursive_table_can_go_away() -> None:
    table = tree_table()
    read_element(table, write_element(table, tree(2)))
    description = table.resolve_description()
    assert description is not None
    gone = weakref.ref(description) if hasattr(type(description), "__weakref__") else None
    assert gone is not None
    del table, description
    gc.collect()
    assert gone() is None


def test_a_callable_description_is_checked_when_the_plan_is_built() -> None:
    for wrong in (lambda: COLORS, lambda: None, lambda: 5):
        table = struct_of_fields(FieldDescription("s", Type.STRUCT, wrong))  # type: ignore[arg-type]
        for _ in range(2):
            with pytest.raises(InvalidArgument):
                write_element(table, {"s": {}})
            with pytest.raises(InvalidArgument):
                read_element(table, b"<t><s/></t>")


def test_a_failed_build_leaves_nothing_behind() -> None:
    answers: list[StructDescription] = []

    def late() -> StructDescription:
        return answers[0]

    table = struct_of_fields(int32("a"), FieldDescription("s", Type.STRUCT, late))
    for _ in range(2):
        with pytest.raises(IndexError):
            write_element(table, {"a": 1, "s": {"b": 2}})
        with pytest.raises(IndexError):
            read_element(table, b"<t><a>1</a><s><b>2</b></s></t>")
    answers.append(StructDescription(dict, [int32("b")]))
    document = write_element(table, {"a": 1, "s": {"b": 2}})
    assert document == b"<t><a>1</a><s><b>2</b></s></t>"
    assert read_element(table, document) == {"a": 1, "s": {"b": 2}}


# --- limits and caching ----------------------------------------------------------------------------------------------


def test_as_many_attributes_as_a_plan_holds() -> None:
    for count in (1, 62, 63):
        fields = [attribute(f"a{i}", Type.INT32, ns=f"urn:{i}", options=OPTIONAL) for i in range(count)]
        table = struct_of_fields(*fields)
        everything = {f"a{i}": i for i in range(count)}
        node = expat_tree(write_element(table, everything))
        assert node.attributes == {(f"urn:{i}", f"a{i}"): str(i) for i in range(count)}
        last = {f"a{count - 1}": 7}
        assert expat_tree(write_element(table, last)).attributes == {(f"urn:{count - 1}", f"a{count - 1}"): "7"}
    table = struct_of_fields(*(attribute(f"a{i}", Type.INT32, options=OPTIONAL) for i in range(64)))
    with pytest.raises(QuotaExceeded, match="attributes"):
        write_element(table, {})


def test_a_structure_of_many_fields() -> None:
    table = struct_of_fields(*(int32(f"f{i}", options=OPTIONAL) for i in range(3000)))
    value = {f"f{i}": i for i in range(3000)}
    assert read_element(table, write_element(table, value)) == value
    assert read_element(table, b"<t><f2999>1</f2999></t>") == {"f2999": 1}


def test_more_scopes_than_a_description_keeps() -> None:
    table = struct_of_fields(int32("a"), struct("s", StructDescription(dict, [int32("b", "urn:b")])), ns="urn:t")
    value = {"a": 1, "s": {"b": 2}}
    for number in (*range(200), *range(200)):
        scope = ((f"p{number}", "urn:t"),)
        assert in_scope(table, value, scope) == (
            f'<p{number}:t><p{number}:a>1</p{number}:a><p{number}:s><b xmlns="urn:b">2</b></p{number}:s></p{number}:t>'
        )
    document = write_element(table, value)
    assert read_element(table, document) == value
    recursive = tree_table()
    for number in range(150):
        scope = ((f"p{number}", "urn:tree"),)
        written = in_scope(recursive, tree(2), scope)
        assert written.startswith(f"<p{number}:node ")
        assert wrapped(written, scope) == expat_tree(write_element(recursive, tree(2)))
    assert read_element(recursive, write_element(recursive, tree(2))) == tree(2)


def test_scopes_do_not_fill_the_memory() -> None:
    table = struct_of_fields(int32("a"), ns="urn:t")
    numbers = itertools.count()

    def use() -> None:
        in_scope(table, {"a": 1}, ((f"p{next(numbers)}", "urn:t"),))

    for _ in range(200):
        use()
    assert growth(use, 300) < 100


def test_the_order_of_bindings_does_not_matter_to_names() -> None:
    bindings = (("p", "urn:p"), ("q", "urn:q"), ("", "urn:d"))
    fields = [int32("a", "urn:p"), int32("b", "urn:q"), int32("c", "urn:d"), int32("d", "urn:new")]
    table = struct_of_fields(*fields, ns="urn:d")
    value = {"a": 1, "b": 2, "c": 3, "d": 4}
    expected = [("urn:p", "a"), ("urn:q", "b"), ("urn:d", "c"), ("urn:new", "d")]
    for scope in itertools.permutations(bindings):
        node = wrapped(in_scope(table, value, scope), scope)
        assert [child.name for child in node.children] == expected


def test_one_structure_in_many_elements() -> None:
    shared = StructDescription(dict, [attribute("k", Type.INT32, ns="urn:k"), int32("v")], ns="urn:s")
    value = {"k": 1, "v": 2}
    for ns in ("", "urn:s", "urn:k", "urn:t"):
        table = element(Type.STRUCT, shared, ns=ns)
        node = expat_tree(write_element(table, value))
        assert node.name == (ns, "t")
        assert node.attributes == {("urn:k", "k"): "1"}
        assert node.children[0].name == ("urn:s", "v")
        assert read_element(table, write_element(table, value)) == value


def test_every_mapping_of_an_enumeration() -> None:
    table = struct_of_fields(
        attribute("a", Type.ENUM, COLORS),
        FieldDescription("e", Type.ENUM, lambda: COLORS),
        repeating("r", Type.ENUM, COLORS, local_name="w"),
    )
    value = {"a": Color.GREEN, "e": Color.GREEN, "r": [Color.RED, Color.GREEN]}
    assert read_element(table, write_element(table, value)) == value
    quoted = EnumDescription({'say "<&>"\n'.strip(): 1})
    only = struct_of_fields(FieldDescription("q", Type.ENUM, quoted, mapping=ATTRIBUTE))
    assert write_element(only, {"q": 1}) == b'<t q="say &quot;&lt;&amp;>&quot;"/>'
    content = struct_of_fields(FieldDescription("q", Type.ENUM, quoted, mapping=TEXT))
    assert write_element(content, {"q": 1}) == b'<t>say "&lt;&amp;&gt;"</t>'


def test_fields_without_an_element_have_neither_attributes_nor_text() -> None:
    for field in (attribute("a", Type.INT32), text("a", Type.INT32)):
        bare = ElementDescription(None, None, Type.STRUCT, StructDescription(dict, [field]))
        with pytest.raises(InvalidArgument):
            write_element(bare, {"a": 1})
        with pytest.raises((InvalidArgument, InvalidFormat)):
            Reader(b"x").read_element(bare)


# --- threads ---------------------------------------------------------------------------------------------------------


def test_first_use_of_one_table_from_many_threads() -> None:
    value = tree(3)
    expected = write_element(tree_table(), value)
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(15):
            table = tree_table()
            barrier = threading.Barrier(6)
            results: list[object] = []

            def run(
                table: ElementDescription = table, barrier: threading.Barrier = barrier, results: list[object] = results
            ) -> None:
                barrier.wait()
                results.append(write_element(table, value))
                results.append(read_element(table, expected))

            threads = [threading.Thread(target=run) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert results.count(expected) == 6
            assert results.count(value) == 6
    finally:
        sys.setswitchinterval(switching)
