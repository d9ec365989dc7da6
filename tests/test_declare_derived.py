"""Derived types: classes that stand for their base, told apart by xsi:type."""

from __future__ import annotations

import importlib
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.declared import KINDS
from wsx import (
    FieldMapping,
    StructOption,
    Type,
    describe,
    element_of,
    field,
    read_element,
    struct,
    struct_of,
    write_element,
)
from wsx.errors import InvalidArgument, InvalidFormat

XSI = 'xmlns:a="http://www.w3.org/2001/XMLSchema-instance"'


def family(**options: Any) -> tuple[type[Any], type[Any], type[Any]]:
    """A base with two generations of derived classes, and no plan yet."""

    @struct(ns="urn:a", polymorphic=True, **options)
    class Base:
        a: int

    @struct(ns="urn:a", type_local_name="FirstType")
    class First(Base):
        b: int

    @struct(ns="urn:b")
    class Second(First):
        c: int

    return Base, First, Second


def test_tables() -> None:
    base, first, second = family()
    tables = [struct_of(cls) for cls in (base, first, second)]
    assert [(table.type_local_name, table.type_ns) for table in tables] == [
        ("Base", "urn:a"),
        ("FirstType", "urn:a"),
        ("Second", "urn:b"),
    ]
    assert [table.parent for table in tables] == [None, *tables[:2]]
    assert [[member.name for member in table.fields[1:]] for table in tables] == [["a"], ["a", "b"], ["a", "b", "c"]]
    for table in tables:
        head = table.fields[0]
        assert (head.name, head.type, head.mapping) == ("xsi:type", Type.DESCRIPTION, FieldMapping.TYPE_ATTRIBUTE)
    assert tables[0].all_sub_types() == (tables[1], tables[2])
    assert tables[1].all_sub_types() == (tables[2],)
    assert tables[2].all_sub_types() == ()


def test_plain_inheritance_has_no_types() -> None:
    @struct(ns="urn:a")
    class Base:
        a: int

    @struct(ns="urn:a")
    class Child(Base):
        b: int

    for cls in (Base, Child):
        assert not struct_of(cls).polymorphic
        assert struct_of(cls).type_local_name is None
        assert struct_of(cls).parent is None


def test_values_of_the_base_and_of_derived_classes() -> None:
    base, first, second = family()

    @struct(ns="urn:a")
    class Holder:
        one: base  # type: ignore[valid-type]
        many: list[base] = field(default_factory=list)  # type: ignore[valid-type]
        maybe: base | None = None  # type: ignore[valid-type]

    value = Holder(second(1, 2, 3), [base(1), first(1, 2), second(1, 2, 3)], first(7, 8))
    data = write_element(Holder, value)
    assert f'<many a:type="FirstType" {XSI}><a>1</a><b>2</b></many>'.encode() in data
    assert b"<many><a>1</a></many>" in data
    assert read_element(Holder, data) == value
    assert [type(item) for item in read_element(Holder, data).many] == [base, first, second]


def test_the_element_of_a_class_takes_derived_ones_of_its_own() -> None:
    base, first, second = family()
    for cls, value in ((base, second(1, 2, 3)), (first, second(1, 2, 3)), (second, second(1, 2, 3))):
        data = write_element(cls, value)
        assert (b":type=" in data) == (cls is not second)
        assert read_element(cls, data) == value
    with pytest.raises(InvalidFormat, match="no type derived from First"):
        read_element(first, f'<First xmlns="urn:a" {XSI} a:type="Base"><a>1</a></First>'.encode())
    named = f'<Base xmlns="urn:a" {XSI} a:type="Base"><a>1</a></Base>'
    assert read_element(base, named.encode()) == base(1)


def test_abstract_classes() -> None:
    @struct(ns="urn:a", abstract=True)
    class Base:
        a: int

    @struct(ns="urn:a", abstract=True)
    class Middle(Base):
        b: int

    @struct(ns="urn:a")
    class Leaf(Middle):
        c: int

    assert struct_of(Base).options is StructOption.ABSTRACT
    assert read_element(Base, write_element(Base, Leaf(1, 2, 3))) == Leaf(1, 2, 3)
    for value in (Base(1), Middle(1, 2)):
        with pytest.raises(InvalidFormat, match="is an abstract type"):
            write_element(Base, value)
    for text in ("<Base xmlns='urn:a'><a>1</a></Base>", f"<Base xmlns='urn:a' {XSI} a:type='Middle'><a>1</a></Base>"):
        with pytest.raises(InvalidFormat, match="is an abstract type"):
            read_element(Base, text.encode())


def test_attributes_and_namespaces_of_the_base() -> None:
    @struct(ns="urn:a", polymorphic=True)
    class Base:
        text: str
        id: int = field(attribute=True, kw_only=True)

    @struct(ns="urn:b")
    class Derived(Base):
        kind: str = field(attribute=True, kw_only=True)
        more: str

    value = Derived("t", "m", id=1, kind="k")
    data = write_element(Base, value)
    attributes = f'a:type="b:Derived" id="1" kind="k" {XSI} xmlns:b="urn:b" xmlns="urn:a"'
    assert data.decode() == f"<Base {attributes}><text>t</text><b:more>m</b:more></Base>"
    assert read_element(Base, data) == value


@pytest.mark.parametrize("use", ["write", "read", "read derived", "all_sub_types", "holder"])
def test_classes_that_come_too_late_are_refused(use: str) -> None:
    base, first, _ = family()

    @struct
    class Holder:
        part: base  # type: ignore[valid-type]

    def use_it() -> None:
        if use == "write":
            write_element(base, base(1))
        elif use == "read":
            read_element(base, b'<Base xmlns="urn:a"><a>1</a></Base>')
        elif use == "read derived":
            read_element(first, b'<First xmlns="urn:a"><a>1</a><b>1</b></First>')
        elif use == "all_sub_types":
            struct_of(base).all_sub_types()
        else:
            write_element(Holder, Holder(first(1, 2)))

    use_it()
    with pytest.raises(InvalidArgument, match=r"struct .*Late: a plan for its base \S*First was made already; declare"):

        @struct(ns="urn:a")
        class Late(first):  # type: ignore[misc,valid-type]
            d: int

    if use == "read derived":

        @struct(ns="urn:a")
        class Sibling(base):  # type: ignore[misc,valid-type]
            d: int

        assert read_element(base, write_element(base, Sibling(1, 2))) == Sibling(1, 2)


def test_looking_at_a_table_settles_nothing() -> None:
    base, first, _ = family()
    describe(base).pretty()
    assert element_of(base).resolve_description() is struct_of(base)

    @struct(ns="urn:a")
    class Late(first):  # type: ignore[misc,valid-type]
        d: int

    assert read_element(base, write_element(base, Late(1, 2, 3))) == Late(1, 2, 3)


def test_describe_reaches_derived_types() -> None:
    @struct(polymorphic=True)
    class Base:
        pass

    @struct
    class Derived(Base):
        x: Missing  # type: ignore[name-defined]  # noqa: F821

    for ask in (lambda: describe(Base), lambda: write_element(Base, Base())):
        with pytest.raises(InvalidArgument, match=r"struct .*Derived, field 'x': .*'Missing' is not defined"):
            ask()


def test_a_base_that_names_its_derived_class() -> None:
    @struct(ns="urn:a", polymorphic=True)
    class Node:
        inner: Branch | None = None
        nodes: list[Node] = field(default_factory=list)

    @struct(ns="urn:a")
    class Branch(Node):
        name: str = ""

    value = Node(Branch(None, [], "b"), [Node(), Branch(Branch(name="c"), [], "d")])
    assert read_element(Node, write_element(Node, value)) == value


def test_two_polymorphic_bases() -> None:
    @struct(ns="urn:a", polymorphic=True)
    class One:
        __slots__ = ()

    @struct(ns="urn:a", polymorphic=True)
    class Two:
        __slots__ = ()

    @struct(ns="urn:a")
    class Both(One, Two):
        x: int

    for base in (One, Two):
        assert read_element(base, write_element(base, Both(1))) == Both(1)
    assert struct_of(Both).parent is struct_of(One)


def test_undeclared_classes_between_and_below() -> None:
    base, _, _ = family()

    class Between(base):  # type: ignore[misc,valid-type]
        pass

    @struct(ns="urn:a")
    class Leaf(Between):
        x: int

    class Below(Leaf):
        pass

    assert struct_of(Leaf).parent is struct_of(base)
    assert read_element(base, write_element(base, Leaf(1, 2))) == Leaf(1, 2)
    # A class without a declaration has no type of its own: it is written as the nearest one that has.
    assert b'a:type="Leaf"' in write_element(base, Below(1, 2))
    assert type(read_element(base, write_element(base, Below(1, 2)))) is Leaf


def test_two_types_of_one_name() -> None:
    base, _, _ = family()

    @struct(ns="urn:a", type_local_name="FirstType")
    class Other(base):  # type: ignore[misc,valid-type]
        pass

    with pytest.raises(InvalidArgument, match="two derived types have the same name"):
        write_element(base, base(1))


def test_a_failed_declaration_leaves_no_trace() -> None:
    base, _, _ = family()
    with pytest.raises(InvalidArgument, match="complex has no type"):
        struct(ns="urn:a")(type("Bad", (base,), {"__annotations__": {"x": complex}}))
    assert len(struct_of(base).all_sub_types()) == 2


def test_a_derived_type_in_a_choice() -> None:
    base, _, second = family()

    @struct(ns="urn:a", local_name="other")
    class Other:
        z: int

    @struct(ns="urn:a")
    class Holder:
        x: base | Other  # type: ignore[valid-type]

    for value in (Holder(second(1, 2, 3)), Holder(base(1)), Holder(Other(1))):
        assert read_element(Holder, write_element(Holder, value)) == value


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_class(kind: str) -> None:
    if kind == "pydantic":
        pytest.importorskip("pydantic")
    base: Any = struct(ns="urn:a", polymorphic=True)(KINDS[kind]("Base", {"a": int}, {}))
    if kind == "attrs":
        import attrs

        derived: Any = attrs.define(type("Derived", (base,), {"__annotations__": {"b": int}}))
    elif kind in ("dataclass", "slots"):
        import dataclasses

        derived = dataclasses.dataclass(slots=kind == "slots")(
            type("Derived", (base,), {"__annotations__": {"b": int}})
        )
    else:
        derived = type(base)("Derived", (base,), {"__annotations__": {"b": int}, "__module__": __name__})
    derived = struct(ns="urn:b")(derived)
    value = derived(a=1, b=2)
    data = write_element(base, value)
    assert b':type="b:Derived"' in data
    got = read_element(base, data)
    assert type(got) is derived
    assert got == value
    assert read_element(base, write_element(base, base(a=1))) == base(a=1)


def test_threads_that_declare_while_others_use() -> None:
    """Each class is either a type of its base or was refused; no value is ever written as its base."""
    outcomes: list[str] = []
    for _ in range(30):
        base, _, _ = family()
        barrier = threading.Barrier(4)

        def use(base: type[Any] = base, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            write_element(base, base(1))

        def declare(base: type[Any] = base, barrier: threading.Barrier = barrier) -> None:
            made = type("Late", (base,), {"__annotations__": {"z": int}})
            barrier.wait()
            try:
                late: Any = struct(ns="urn:a", type_local_name=f"T{threading.get_ident()}")(made)
            except InvalidArgument as error:
                outcomes.append("refused" if "was made already" in str(error) else str(error))
            else:
                data = write_element(base, late(1, 2))
                outcomes.append("kept" if read_element(base, data) == late(1, 2) else data.decode())

        threads = [threading.Thread(target=target) for target in (use, use, declare, declare)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == 60
    assert set(outcomes) <= {"kept", "refused"}


def test_classes_of_two_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wsx_base_module.py").write_text(
        "import wsx\n@wsx.struct(ns='urn:a', abstract=True)\nclass Base:\n    a: int\n"
        "@wsx.struct(ns='urn:a')\nclass Holder:\n    items: list[Base]\n",
        "utf-8",
    )
    (tmp_path / "wsx_more_module.py").write_text(
        "import wsx\nfrom wsx_base_module import Base\n@wsx.struct(ns='urn:a')\nclass More(Base):\n    b: int\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    base = importlib.import_module("wsx_base_module")
    more = importlib.import_module("wsx_more_module")
    try:
        value = base.Holder([more.More(1, 2)])
        assert read_element(base.Holder, write_element(base.Holder, value)) == value
    finally:
        del sys.modules["wsx_base_module"], sys.modules["wsx_more_module"]
