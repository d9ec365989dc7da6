"""Classes of every kind as values: what they add is honoured, what they leave out is filled in."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import attrs
import msgspec
import pytest

from tests.support.xml_tables import OPTIONAL, attribute, growth, repeating, struct_of_fields, text
from wsx._access import Access, slot_offset
from wsx.descriptions import ElementDescription, FieldDescription, Type
from wsx.errors import InvalidArgument, InvalidFormat, NumericOverflow
from wsx.values import UNSET
from wsx.xml import read_element, write_element

DOCUMENT = b"<t><a>1</a><b>x</b></t>"


def table(python_type: type, *names: str) -> ElementDescription:
    """A table with an INT32 field a and a STRING field b, or only with some of them."""
    fields = {
        "a": FieldDescription("a", Type.INT32),
        "b": FieldDescription("b", Type.STRING),
    }
    return struct_of_fields(*(fields[name] for name in names or fields), python_type=python_type)


def round_trip(python_type: type, names: tuple[str, ...] = (), document: bytes = DOCUMENT) -> Any:
    """The value of the document; it is checked that it is written as the same document."""
    described = table(python_type, *names)
    value = read_element(described, document)
    assert type(value) is python_type
    assert write_element(described, value) == document
    return value


@dataclasses.dataclass
class Data:
    a: int
    b: str


@dataclasses.dataclass(slots=True)
class SlottedData:
    a: int
    b: str


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenData:
    a: int
    b: str


@dataclasses.dataclass(kw_only=True)
class KeywordData:
    b: str
    a: int


@dataclasses.dataclass(slots=True)
class DataBase:
    b: str


@dataclasses.dataclass(slots=True)
class InheritingData(DataBase):
    a: int


@attrs.define
class Defined:
    a: int
    b: str


@attrs.frozen
class Frozen:
    a: int
    b: str


@attrs.define(slots=False)
class DictDefined:
    a: int
    b: str


class Struct(msgspec.Struct):
    a: int
    b: str


class FrozenStruct(msgspec.Struct, frozen=True, kw_only=True):
    b: str
    a: int


class NoGcStruct(msgspec.Struct, gc=False):
    a: int
    b: str


class Named(NamedTuple):
    a: int
    b: str


class Plain:
    a: int
    b: str


class WithInit:
    def __init__(self, a: int, b: str) -> None:
        self.a = a
        self.b = b


class Slotted:
    __slots__ = ("a", "b")
    a: int
    b: str


class SlottedBase:
    __slots__ = ("a",)
    a: int


class InheritingSlots(SlottedBase):
    __slots__ = ("b",)
    b: str


class SlotsAndDict(SlottedBase):
    b: str


CLASSES: list[type] = [
    Data, SlottedData, FrozenData, KeywordData, InheritingData, Defined, Frozen, DictDefined, Struct, FrozenStruct,
    NoGcStruct, Named, Plain, WithInit, Slotted, InheritingSlots, SlotsAndDict,
]  # fmt: skip


@pytest.mark.parametrize("python_type", CLASSES, ids=lambda cls: cls.__name__)
def test_classes_of_every_kind(python_type: type) -> None:
    value = round_trip(python_type)
    assert (value.a, value.b) == (1, "x")
    if python_type not in (Plain, WithInit, Slotted, InheritingSlots, SlotsAndDict):
        made = python_type(a=1, b="x")
        assert value == made
        assert repr(value) == repr(made)


@pytest.mark.parametrize("python_type", CLASSES, ids=lambda cls: cls.__name__)
def test_errors_in_values_of_every_class(python_type: type) -> None:
    described = table(python_type)
    value = read_element(described, DOCUMENT)
    if "rozen" not in python_type.__name__ and python_type is not Named:
        value.a = 2**40
        with pytest.raises(NumericOverflow) as caught:
            write_element(described, value)
        assert caught.value.path == "t/a"
        value.a = UNSET
        with pytest.raises(InvalidArgument):
            write_element(described, value)
    with pytest.raises(NumericOverflow) as read:
        read_element(described, b"<t><a>9999999999</a><b>x</b></t>")
    assert read.value.path == "t/a"


@pytest.mark.parametrize("python_type", [Data, SlottedData, Defined, Plain, Slotted], ids=lambda cls: cls.__name__)
def test_subclasses_and_other_classes_are_written_as_well(python_type: Any) -> None:
    described = table(python_type)
    sub: Any = type("Sub", (python_type,), {})
    value = python_type.__new__(sub)
    value.a, value.b = 1, "x"
    assert write_element(described, value) == DOCUMENT
    shadowing: Any = type("Shadowing", (python_type,), {"a": property(lambda _: 7)})
    value = python_type.__new__(shadowing)
    value.b = "x"
    assert write_element(described, value) == DOCUMENT.replace(b"1", b"7")
    for other in (Data(1, "x"), Slotted.__new__(Slotted), Struct(1, "x")):
        other.a, other.b = 1, "x"
        assert write_element(described, other) == DOCUMENT


@pytest.mark.parametrize("python_type", [Slotted, InheritingSlots, SlottedData, Plain], ids=lambda cls: cls.__name__)
def test_an_attribute_that_was_deleted_is_missing(python_type: type) -> None:
    value = round_trip(python_type)
    del value.b
    with pytest.raises(InvalidArgument, match="missing") as caught:
        write_element(table(python_type), value)
    assert caught.value.path == "t/b"


def test_what_is_read_into_dicts_and_tuples() -> None:
    assert read_element(table(dict), DOCUMENT) == {"a": 1, "b": "x"}
    assert list(read_element(table(dict), DOCUMENT)) == ["a", "b"]
    assert read_element(table(tuple), DOCUMENT) == (1, "x")
    assert type(read_element(table(tuple), DOCUMENT)) is tuple


# --- constructors ----------------------------------------------------------------------------------------------------


def test_post_init_runs() -> None:
    @dataclasses.dataclass(slots=True)
    class Checked:
        a: int
        b: str

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError("a is negative")
            self.b = self.b.upper()

    assert read_element(table(Checked), DOCUMENT).b == "X"
    with pytest.raises(InvalidFormat, match=r"Checked.*a is negative") as caught:
        read_element(table(Checked), b"<t><a>-1</a><b>x</b></t>")
    assert caught.value.path == "t"
    assert isinstance(caught.value.__cause__, ValueError)


def test_validators_converters_and_hooks_of_attrs_run() -> None:
    def upper(value: str) -> str:
        return value.upper()

    @attrs.define
    class Validated:
        a: int = attrs.field(validator=attrs.validators.lt(10))
        b: str = attrs.field(converter=upper)

    @attrs.define
    class Hooked:
        a: int
        b: str
        c: list[str] = attrs.field(init=False)

        def __attrs_post_init__(self) -> None:
            self.c = [self.b]

    assert read_element(table(Validated), DOCUMENT).b == "X"
    with pytest.raises(InvalidFormat, match="Validated"):
        read_element(table(Validated), b"<t><a>10</a><b>x</b></t>")
    assert read_element(table(Hooked), DOCUMENT).c == ["x"]


def test_attrs_set_hooks_do_not_matter_to_construction() -> None:
    @attrs.define(on_setattr=attrs.setters.frozen)
    class FrozenLater:
        a: int
        b: str

    assert round_trip(FrozenLater) == FrozenLater(1, "x")


def test_private_attributes_of_attrs_have_public_keywords() -> None:
    @attrs.define
    class Private:
        _a: int
        b: str = attrs.field(alias="other", validator=attrs.validators.instance_of(str))

    described = struct_of_fields(
        FieldDescription("_a", Type.INT32, local_name="a"), FieldDescription("b", Type.STRING), python_type=Private
    )
    value = read_element(described, DOCUMENT)
    assert value == Private(a=1, other="x")
    assert write_element(described, value) == DOCUMENT


def test_fields_that_the_table_does_not_name_get_their_defaults() -> None:
    @dataclasses.dataclass(slots=True)
    class WithDefault:
        a: int
        b: str = "default"
        c: list[int] = dataclasses.field(default_factory=list)

    @dataclasses.dataclass(slots=True)
    class WithLate:
        a: int
        b: str = dataclasses.field(init=False, default="late")

    @dataclasses.dataclass(slots=True)
    class WithLateFactory:
        a: int
        b: list[int] = dataclasses.field(init=False, default_factory=list)

    @attrs.define
    class DefinedDefault:
        a: int
        b: str = "default"

    @attrs.define
    class DefinedLate:
        a: int
        b: list[int] = attrs.field(init=False, factory=list)

    class StructDefault(msgspec.Struct):
        a: int
        b: str = "default"

    class NamedDefault(NamedTuple):
        a: int
        b: str = "default"

    document = b"<t><a>1</a></t>"
    for python_type in (
        WithDefault,
        WithLate,
        WithLateFactory,
        DefinedDefault,
        DefinedLate,
        StructDefault,
        NamedDefault,
    ):
        assert round_trip(python_type, ("a",), document) == python_type(1)
    first, second = (read_element(table(WithDefault, "a"), document) for _ in range(2))
    assert first.c is not second.c


def test_a_field_that_only_the_class_sets_is_set_after_construction_or_refused() -> None:
    """A table may name a field that the constructor does not take: then there is no way but to set it."""

    @dataclasses.dataclass(slots=True)
    class Late:
        a: int
        b: str = dataclasses.field(init=False, default="late")

    assert read_element(table(Late), DOCUMENT) == read_element(table(Late), DOCUMENT)
    value = read_element(table(Late), DOCUMENT)
    assert (value.a, value.b) == (1, "x")


def test_own_constructors_are_called() -> None:
    class Own:
        __slots__ = ("a", "b")

        def __init__(self, a: int, b: str) -> None:
            self.a = a + 100
            self.b = b

    @dataclasses.dataclass(slots=True, init=False)
    class OwnData:
        a: int
        b: str

        def __init__(self, a: int, b: str) -> None:
            self.a = a + 100
            self.b = b

    class New:
        __slots__ = ("a", "b")
        a: int
        b: str

        def __new__(cls, a: int, b: str) -> New:
            self = super().__new__(cls)
            self.a = a + 100
            self.b = b
            return self

    class Caller(type):
        def __call__(cls, a: int, b: str) -> Any:
            return super().__call__(a + 100, b)

    class Called(metaclass=Caller):
        __slots__ = ("a", "b")

        def __init__(self, a: int, b: str) -> None:
            self.a = a
            self.b = b

    for python_type in (Own, OwnData, New, Called):
        assert read_element(table(python_type), DOCUMENT).a == 101


def test_own_constructors_of_interactive_classes_are_called() -> None:
    """A class typed into an interpreter or run by exec has a file name like that of a generated method."""
    source = """
@dataclasses.dataclass(slots=True)
class Typed:
    a: int
    b: str
    def __init__(self, a, b):
        self.a = a + 100
        self.b = b
"""
    names: dict[str, Any] = {"dataclasses": dataclasses}
    exec(compile(source, "<stdin>", "exec"), names)  # noqa: S102 - what an interpreter does
    assert read_element(table(names["Typed"]), DOCUMENT).a == 101


def test_own_attribute_setters_are_used() -> None:
    class Counting:
        def __setattr__(self, name: str, value: object) -> None:
            object.__setattr__(self, name, value * 2)  # type: ignore[operator]

    @dataclasses.dataclass
    class Doubling(Counting):
        a: int
        b: str

    @dataclasses.dataclass(slots=True)
    class SlottedDoubling:
        a: int
        b: str

        def __setattr__(self, name: str, value: object) -> None:
            object.__setattr__(self, name, value * 2)  # type: ignore[operator]

    for python_type in (Counting, Doubling, SlottedDoubling):
        value = read_element(table(python_type), DOCUMENT)
        assert (value.a, value.b) == (2, "xx")


def test_properties_are_set_and_asked() -> None:
    class Celsius:
        def __init__(self) -> None:
            self.kelvin = 0

        @property
        def a(self) -> int:
            return self.kelvin - 273

        @a.setter
        def a(self, value: int) -> None:
            if value < -273:
                raise ValueError("below absolute zero")
            self.kelvin = value + 273

    described = table(Celsius, "a")
    value = read_element(described, b"<t><a>1</a></t>")
    assert value.kelvin == 274
    assert write_element(described, value) == b"<t><a>1</a></t>"
    with pytest.raises(InvalidFormat, match="absolute zero") as caught:
        read_element(described, b"<t><a>-300</a></t>")
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_class_that_cannot_be_made_is_an_error_with_a_code() -> None:
    class ReadOnly:
        @property
        def a(self) -> int:
            return 1

    class Picky:
        def __new__(cls, something: int) -> Picky:
            return super().__new__(cls)

    for python_type in (ReadOnly, Picky):
        with pytest.raises((InvalidFormat, InvalidArgument)):
            read_element(table(python_type, "a"), b"<t><a>1</a></t>")


@pytest.mark.parametrize("error", [ValueError, TypeError, RuntimeError, ZeroDivisionError, AssertionError])
def test_a_constructor_that_raises(error: type[Exception]) -> None:
    class Raising:
        def __init__(self, a: int, b: str) -> None:
            raise error("no such value")

    described = struct_of_fields(
        attribute("id", Type.INT32, options=OPTIONAL),
        repeating("v", Type.STRUCT, table(Raising).resolve_description()),
    )
    document = b"<t><v><a>1</a><b>x</b></v></t>"
    with pytest.raises(InvalidFormat, match=r"Raising.*no such value") as caught:
        read_element(described, document)
    assert caught.value.path == "t/v[0]"
    assert caught.value.offset is not None
    assert isinstance(caught.value.__cause__, error)


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, InvalidArgument])
def test_what_is_no_refusal_of_the_values_passes(error: type[BaseException]) -> None:
    class Raising:
        def __init__(self, a: int, b: str) -> None:
            raise error("stop")

    with pytest.raises(error, match="stop"):
        read_element(table(Raising), DOCUMENT)


def test_a_wsx_error_of_the_class_keeps_its_own_place() -> None:
    class Raising:
        def __init__(self, a: int, b: str) -> None:
            raise NumericOverflow("own", path="own/path", offset=99)

    with pytest.raises(NumericOverflow) as caught:
        read_element(table(Raising), DOCUMENT)
    assert (caught.value.path, caught.value.offset) == ("own/path", 99)


# --- slots -----------------------------------------------------------------------------------------------------------


def test_slot_offsets() -> None:
    class Shadow(Slotted):
        a = property(lambda _: 5)

    assert slot_offset(Slotted, "a") > 0
    assert slot_offset(Slotted, "a") != slot_offset(Slotted, "b")
    assert slot_offset(InheritingSlots, "a") == slot_offset(SlottedBase, "a") > 0
    assert slot_offset(SlottedData, "a") > 0
    assert slot_offset(Data, "a") == slot_offset(Plain, "a") == slot_offset(Shadow, "a") == 0
    assert slot_offset(Slotted, "unknown") == 0
    # members of built-in types are no slots that may be written
    assert slot_offset(type(lambda: None), "__closure__") == 0
    assert slot_offset(complex, "real") == 0


@pytest.mark.parametrize("python_type", [SlottedData, Slotted, Defined, Struct], ids=lambda cls: cls.__name__)
def test_slots_of_another_class_are_never_read_at_the_offsets(python_type: type) -> None:
    class Small:
        __slots__ = ()

    class Shifted:
        __slots__ = ("_first", "a", "b")
        a: int
        b: str

    described = table(python_type)
    with pytest.raises(InvalidArgument):
        write_element(described, Small())
    value = Shifted()
    value.a, value.b = 1, "x"
    assert write_element(described, value) == DOCUMENT


def test_a_class_that_changes_after_the_plan_was_made() -> None:
    class Changing:
        __slots__ = ("a", "b")
        a: int
        b: str

    class Other:
        __slots__ = ("_first", "a", "b")
        a: int
        b: str

    described = table(Changing)
    value = round_trip(Changing)
    other = Other()
    other.a, other.b = 1, "x"
    assert write_element(described, other) == write_element(described, value) == DOCUMENT


def test_access_knows_its_class_and_names() -> None:
    access = Access(SlottedData, ("a", "b"))
    assert access.python_type is SlottedData
    assert access.names == access.keywords == ("a", "b")


@pytest.mark.parametrize("python_type", [*CLASSES, dict, tuple], ids=lambda cls: cls.__name__)
def test_references_of_made_values(python_type: type) -> None:
    items = repeating("v", Type.STRUCT, table(python_type).resolve_description())
    described = struct_of_fields(items, FieldDescription("z", Type.STRING))
    document = b"<t>" + DOCUMENT.replace(b"t>", b"v>") * 50 + b"<z>end</z></t>"
    broken = document.replace(b"end", b"&x;")

    def succeed() -> None:
        value = read_element(described, document)
        assert len(value["v"]) == 50
        write_element(described, value)

    def fail() -> None:
        with pytest.raises(InvalidFormat):
            read_element(described, broken)

    assert growth(succeed, 40) < 20
    assert growth(fail, 40) < 20


def test_structures_with_text_and_attributes_in_every_class() -> None:
    for python_type in CLASSES:
        described = struct_of_fields(attribute("a", Type.INT32), text("b", Type.STRING), python_type=python_type)
        value = read_element(described, b'<t a="1">x</t>')
        assert (value.a, value.b) == (1, "x")
        assert write_element(described, value) == b'<t a="1">x</t>'
