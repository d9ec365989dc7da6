"""Models of pydantic as structures: values read pass the model's own validation."""

from __future__ import annotations

import subprocess
import sys
import typing
from pathlib import Path
from typing import Annotated, Any

import pytest

import wsx
from wsx import UNSET, XmlBuffer, describe, field, read_element, struct, struct_of, write_element
from wsx.errors import InvalidArgument, InvalidFormat

pytest.importorskip("pydantic")

import pydantic

ROOT = Path(__file__).parents[1]


@struct(ns="urn:x")
class Line(pydantic.BaseModel):
    sku: Annotated[str, field(attribute=True), pydantic.Field(pattern=r"^[A-Z]-\d+$")]
    quantity: Annotated[wsx.Int32, pydantic.Field(gt=0)] = 1


@struct(ns="urn:x", local_name="order")
class Order(pydantic.BaseModel):
    """An order; the model's own rules hold."""

    model_config = pydantic.ConfigDict(frozen=True)

    id: wsx.UInt32
    lines: Annotated[list[Line], field(local_name="line", item_range=(1, None))]
    note: str | None = None
    sent: bool = False
    previous: Order | None = None

    @pydantic.field_validator("note")
    @classmethod
    def strip(cls, note: str | None) -> str | None:
        return note and note.strip()

    @pydantic.model_validator(mode="after")
    def check(self) -> Order:
        if self.sent and not self.note:
            raise ValueError("an order that was sent needs a note")
        return self


def order(**values: Any) -> Any:
    return Order(**{"id": 1, "lines": [Line(sku="W-8")], **values})


def test_the_model_stays_what_it_is() -> None:
    assert struct_of(Order).python_type is Order
    assert describe(Order).pretty() == "\n".join(
        [
            "struct Order, namespace urn:x",
            "  id        UINT32",
            "  lines     STRUCT Line[]  as line, 1 or more items",
            "  note      STRING         OPTIONAL, default None",
            "  sent      BOOL",
            "  previous  STRUCT Order   OPTIONAL, POINTER, default None",
        ]
    ).replace("OPTIONAL, POINTER", "POINTER, OPTIONAL")
    assert order().model_dump(exclude_none=True) == {
        "id": 1,
        "lines": [{"sku": "W-8", "quantity": 1}],
        "sent": False,
    }


def test_round_trip() -> None:
    value = order(note="n", sent=True, previous=order(id=2))
    data = write_element(Order, value)
    got = read_element(Order, data)
    assert type(got) is Order
    assert got == value
    assert got.previous == order(id=2)


def document(*, sku: str = "W-8", quantity: int = 1, rest: str = "") -> bytes:
    line = f'<line sku="{sku}"><quantity>{quantity}</quantity></line>'
    return f'<order xmlns="urn:x"><id>1</id>{line}{rest}<sent>true</sent></order>'.encode()


def test_validators_run_when_reading() -> None:
    assert read_element(Order, document(rest="<note>  n </note>")).note == "n"


@pytest.mark.parametrize(
    ("data", "path", "rule"),
    [
        (document(sku="w", rest="<note>n</note>"), "order/line[0]", "Line refuses the values.*pattern"),
        (document(quantity=0, rest="<note>n</note>"), "order/line[0]", "Line refuses the values.*greater than 0"),
        (document(), "order", "Order refuses the values.*an order that was sent needs a note"),
    ],
    ids=["constraint", "field", "model"],
)
def test_what_the_model_refuses_is_a_bad_message(data: bytes, path: str, rule: str) -> None:
    with pytest.raises(InvalidFormat, match=rf"(?s){rule}") as caught:
        read_element(Order, data)
    assert caught.value.path == path
    assert isinstance(caught.value.__cause__, pydantic.ValidationError)


def test_strict_models() -> None:
    @struct
    class Strict(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(strict=True, extra="forbid")
        number: int
        name: wsx.XmlQName
        raw: XmlBuffer | None = None
        lasts: wsx.Duration | None = None

    value = Strict(number=1, name=wsx.XmlQName("n"), raw=XmlBuffer(b"<raw/>"), lasts=wsx.Duration(days=1))
    assert read_element(Strict, write_element(Strict, value)) == value


def test_inherited_fields() -> None:
    @struct(ns="urn:y")
    class More(Line):
        more: str

    assert [member.name for member in struct_of(More).fields] == ["sku", "quantity", "more"]
    data = write_element(More, More(sku="W-8", more="m"))
    assert data == b'<More sku="W-8" xmlns="urn:y"><quantity xmlns="urn:x">1</quantity><more>m</more></More>'
    assert read_element(More, data) == More(sku="W-8", more="m")


def test_models_without_their_own_table() -> None:
    class Plain(pydantic.BaseModel):
        x: int

    with pytest.raises(InvalidArgument, match=r"class .*Plain has no table: it is not made by wsx\.struct"):

        @struct
        class Outer(pydantic.BaseModel):
            plain: Plain


@pytest.mark.parametrize("option", ["frozen", "kw_only", "order"])
def test_options_of_dataclasses(option: str) -> None:
    options: Any = {option: True}
    with pytest.raises(InvalidArgument, match=f"{option} cannot be given for a class of pydantic"):
        struct(**options)(type("M", (pydantic.BaseModel,), {"__module__": __name__}))


ALIASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "alias": ({"alias": "y"}, {}),
    "validation alias": ({"validation_alias": "y-z"}, {}),
    "choices": ({"validation_alias": pydantic.AliasChoices(pydantic.AliasPath("a", 0), "y", "z")}, {}),
    "alias, by name": ({"alias": "y"}, {"populate_by_name": True}),
    "alias, both": ({"alias": "y"}, {"validate_by_name": True, "validate_by_alias": True}),
    "alias, by name only": ({"alias": "y"}, {"validate_by_name": True, "validate_by_alias": False}),
    "path, by name": ({"validation_alias": pydantic.AliasPath("a", 0)}, {"validate_by_name": True}),
    "strict about others": ({"alias": "y"}, {"extra": "forbid"}),
}


@pytest.mark.parametrize("case", ALIASES)
def test_aliases_are_for_the_constructor_only(case: str) -> None:
    """The element is called as the field is; the model is called as it wants to be."""
    keywords, config = ALIASES[case]
    aliased: Any = pydantic.Field(**keywords)
    options: Any = config

    @struct
    class Aliased(pydantic.BaseModel):
        model_config = options
        x: Annotated[int, aliased]
        z: int = 3

    made: Any = read_element(Aliased, b"<Aliased><x>1</x><z>2</z></Aliased>")
    assert (made.x, made.z) == (1, 2)
    assert write_element(Aliased, made) == b"<Aliased><x>1</x><z>2</z></Aliased>"


def test_aliases_of_dataclasses_of_pydantic() -> None:
    from pydantic.dataclasses import dataclass

    @struct
    @dataclass
    class Small:
        x: Annotated[int, pydantic.Field(alias="y")]

    made = read_element(Small, b"<Small><x>5</x></Small>")
    assert made.x == 5
    assert write_element(Small, made) == b"<Small><x>5</x></Small>"


def test_a_path_alone_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"field 'x': an AliasPath hides the name from the constructor"):

        @struct
        class Aliased(pydantic.BaseModel):
            x: int = pydantic.Field(validation_alias=pydantic.AliasPath("a", 0))


def test_an_alias_for_writing_only_does_not_matter() -> None:
    @struct
    class Aliased(pydantic.BaseModel):
        x: int = pydantic.Field(serialization_alias="y")

    assert read_element(Aliased, write_element(Aliased, Aliased(x=1))) == Aliased(x=1)


def test_defaults() -> None:
    @struct
    class Defaults(pydantic.BaseModel):
        a: Annotated[int, field(optional=True)] = 5
        b: list[int] = pydantic.Field(default_factory=list)

    assert read_element(Defaults, b"<Defaults/>") == Defaults(a=5, b=[])
    with pytest.raises(InvalidArgument, match=r"optional=True needs a default \(no factory\)"):

        @struct
        class Made(pydantic.BaseModel):
            a: Annotated[int, field(optional=True)] = pydantic.Field(default_factory=int)


def test_unset_is_a_type_of_models() -> None:
    @struct
    class Absent(pydantic.BaseModel):
        x: wsx.Nillable[int] | wsx.Unset = UNSET

    for value in (Absent(), Absent(x=None), Absent(x=1)):
        assert read_element(Absent, write_element(Absent, value)) == value


def test_unset_is_no_other_value() -> None:
    class Absent(pydantic.BaseModel):
        x: int | wsx.Unset = UNSET

    assert Absent().x is UNSET
    with pytest.raises(pydantic.ValidationError, match="instance of Unset"):
        Absent(x="none")  # type: ignore[arg-type]


def test_endpoint_addresses_are_types_of_models() -> None:
    @struct
    class Place(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        to: wsx.EndpointAddress

    address = wsx.EndpointAddress("http://example.invalid/", headers=wsx.XmlBuffer(b"<h/>"))
    place = Place(to=address)
    assert read_element(Place, write_element(Place, place)).to.url == address.url
    assert typing.get_type_hints(wsx.EndpointAddress)["headers"] == wsx.XmlBuffer | None


def test_choices_keep_the_class() -> None:
    @struct(local_name="a")
    class A(pydantic.BaseModel):
        x: int

    @struct(local_name="b")
    class B(pydantic.BaseModel):
        x: int

    @struct
    class Either(pydantic.BaseModel):
        one: A | B
        many: list[A | B]

    value = Either(one=B(x=1), many=[A(x=1), B(x=2)])
    got = read_element(Either, write_element(Either, value))
    assert got == value
    assert [type(item) for item in (got.one, *got.many)] == [B, A, B]


def test_dataclasses_of_pydantic() -> None:
    from pydantic.dataclasses import dataclass

    @struct
    @dataclass
    class Small:
        x: Annotated[int, pydantic.Field(lt=10)]

    assert read_element(Small, b"<Small><x>5</x></Small>") == Small(5)
    with pytest.raises(InvalidFormat, match=r"(?s)Small refuses the values.*less than 10"):
        read_element(Small, b"<Small><x>10</x></Small>")


def test_wsx_does_not_load_pydantic() -> None:
    program = (
        "import sys, wsx; wsx.struct(type('S', (), {'__annotations__': {'x': int}})); print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
