"""Round trips of declared classes: every form of a declaration, on every kind of class, through the compiled core."""

from __future__ import annotations

import datetime
import decimal
import enum
import importlib.util
import uuid
from typing import Annotated, Any

import pytest

import wsx
from tests.support.declared import KINDS, declared, instance
from wsx import UNSET, Nillable, Unset, XmlBuffer, field, read_element, write_element
from wsx.descriptions import EndpointAddressDescription
from wsx.errors import InvalidArgument, InvalidFormat, WsError

PYDANTIC = importlib.util.find_spec("pydantic") is not None
EVERY_KIND = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.skipif(kind == "pydantic" and not PYDANTIC, reason="pydantic is missing"))
        for kind in KINDS
    ],
)
NIL = '<x a:nil="true" xmlns:a="http://www.w3.org/2001/XMLSchema-instance"/>'
# Type checkers know Nillable[X] in annotations only, not as a value in the tables of this test.
Nil: Any = Nillable


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@wsx.struct
class Part:
    n: wsx.Int32


def document(content: str) -> str:
    return f"<R>{content}</R>" if content else "<R/>"


def written(cls: type[Any], **values: Any) -> str:
    return write_element(cls, instance(cls, **values)).decode()


def reading(cls: type[Any], content: str) -> Any:
    """What x reads as, the class of the error where it does not."""
    try:
        return read_element(cls, document(content).encode()).x
    except WsError as error:
        return type(error)


# --- minOccurs x nillable x default x value --------------------------------------------------------------------------

# (annotation of X, the value, its content, an empty value or None where the type has none, another value)
TYPES: dict[str, tuple[Any, Any, str, Any, Any]] = {
    "int": (int, 5, "<x>5</x>", None, 7),
    "zero": (wsx.Int8, 0, "<x>0</x>", None, 7),
    "bool": (bool, False, "<x>false</x>", None, True),
    "str": (str, "t", "<x>t</x>", "", "u"),
    "bytes": (bytes, b"abc", "<x>YWJj</x>", b"", b"d"),
    "enum": (Color, Color.RED, "<x>red</x>", None, Color.BLUE),
    "struct": (Part, Part(1), "<x><n>1</n></x>", None, Part(2)),
    "fragment": (XmlBuffer, XmlBuffer(b"<x>1</x>"), "<x>1</x>", None, XmlBuffer(b"<x/>")),
    "duration": (wsx.Duration, wsx.Duration(days=1), "<x>P1D</x>", None, wsx.Duration(years=1)),
}

# shape: (annotation from X, what None writes, what UNSET writes, what absent reads as, what nil reads as)
SHAPES: dict[str, Any] = {
    "X": (lambda x: x, InvalidArgument, InvalidArgument, InvalidFormat, InvalidFormat),
    "X | None": (lambda x: x | None, "", "", None, InvalidFormat),
    "X | Unset": (lambda x: x | Unset, "", "", UNSET, InvalidFormat),
    "Nillable[X]": (lambda x: Nil[x], NIL, InvalidArgument, None, None),
    "Nillable[X] | Unset": (lambda x: Nil[x] | Unset, NIL, "", UNSET, None),
}


@EVERY_KIND
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", TYPES)
def test_absent_nil_empty_and_value_are_four_things(kind: str, shape: str, name: str) -> None:
    annotation, value, content, empty, other = TYPES[name]
    shaped, for_none, for_unset, absent, nil = SHAPES[shape]
    cls = declared(kind, {"x": shaped(annotation)})
    assert written(cls, x=value) == document(content)
    assert reading(cls, content) == value
    assert read_element(cls, written(cls, x=other).encode()) == instance(cls, x=other)
    if empty is not None:
        assert written(cls, x=empty) == document("<x/>")
        assert reading(cls, "<x/>") == empty
    for given, expected in ((None, for_none), (UNSET, for_unset)):
        if isinstance(expected, str):
            assert written(cls, x=given) == document(expected)
        else:
            with pytest.raises(expected):
                written(cls, x=given)
    assert reading(cls, "") is absent
    assert reading(cls, NIL) is nil


@EVERY_KIND
@pytest.mark.parametrize("name", ["int", "zero", "bool", "str", "enum", "duration"])
@pytest.mark.parametrize("nillable", [False, True])
def test_the_default_of_a_schema(kind: str, name: str, nillable: bool) -> None:
    annotation, value, content, _, default = TYPES[name]
    if nillable:
        annotation = Nil[annotation]
    cls = declared(kind, {"x": Annotated[annotation, field(optional=True)]}, {"x": default})
    assert reading(cls, "") == default
    assert cls().x == default
    assert written(cls, x=UNSET) == document("")
    assert written(cls, x=value) == document(content)
    # The default itself is written too: what an absent field means is for the reader to know.
    assert "<x>" in written(cls, x=default)
    assert reading(cls, NIL) is (None if nillable else InvalidFormat)
    assert written(cls, x=None) == document(NIL if nillable else "")


@EVERY_KIND
def test_the_default_of_an_attribute(kind: str) -> None:
    cls = declared(kind, {"x": Annotated[int, field(optional=True, attribute=True)]}, {"x": 5})
    assert read_element(cls, b"<R/>").x == 5
    assert read_element(cls, b'<R x="0"/>').x == 0
    assert written(cls, x=0) == '<R x="0"/>'
    assert written(cls, x=UNSET) == "<R/>"


@EVERY_KIND
@pytest.mark.parametrize("wrapper", [None, "all"])
@pytest.mark.parametrize(
    ("annotation", "absent"), [(list[int], []), (list[int] | None, None), (list[int] | Unset, UNSET)], ids=str
)
def test_lists(kind: str, wrapper: str | None, annotation: Any, absent: object) -> None:
    cls = declared(kind, {"x": Annotated[annotation, field(wrapper=wrapper)]})

    def wrapped(content: str) -> str:
        if wrapper is None:
            return content
        return f"<{wrapper}>{content}</{wrapper}>" if content else f"<{wrapper}/>"

    assert written(cls, x=[1, 2]) == document(wrapped("<x>1</x><x>2</x>"))
    assert reading(cls, wrapped("<x>1</x><x>2</x>")) == [1, 2]
    assert written(cls, x=[]) == document(wrapped(""))
    if wrapper is not None:
        assert reading(cls, wrapped("")) == []
    assert reading(cls, "") == absent
    if absent != []:
        assert written(cls, x=absent) == document("")
    else:
        with pytest.raises(InvalidArgument):
            written(cls, x=None)


@EVERY_KIND
def test_nil_items_and_nil_wrappers(kind: str) -> None:
    cls = declared(kind, {"x": list[Nil[Part]]})
    assert written(cls, x=[Part(1), None]) == document(f"<x><n>1</n></x>{NIL}")
    assert reading(cls, f"{NIL}<x><n>1</n></x>") == [None, Part(1)]
    cls = declared(kind, {"x": Annotated[Nil[list[int]], field(wrapper="x", local_name="i")]})
    assert written(cls, x=None) == document(NIL)
    assert written(cls, x=[]) == document("<x/>")
    assert [reading(cls, content) for content in (NIL, "<x/>", "<x><i>1</i></x>")] == [None, [], [1]]


# --- every form on every kind of class -------------------------------------------------------------------------------


@wsx.struct(ns="urn:p", local_name="cat")
class Cat:
    lives: int


@wsx.struct(ns="urn:p", local_name="dog")
class Dog:
    name: str


@wsx.struct(ns="urn:p", polymorphic=True)
class Base:
    id: int


@wsx.struct(ns="urn:q")
class Derived(Base):
    text: str


MOMENT = datetime.datetime(2026, 3, 2, 8, 15, tzinfo=datetime.timezone.utc)
FORMS: list[tuple[Any, Any, str]] = [
    (wsx.UInt64, 2**64 - 1, "<x>18446744073709551615</x>"),
    (wsx.Float, 0.5, "<x>0.5</x>"),
    (decimal.Decimal, decimal.Decimal("12.5"), "<x>12.5</x>"),
    (uuid.UUID, uuid.UUID(int=1), f"<x>{uuid.UUID(int=1)}</x>"),
    (datetime.datetime, MOMENT, "<x>2026-03-02T08:15:00Z</x>"),
    (Annotated[datetime.timedelta, wsx.Type.TIMESPAN], datetime.timedelta(1, 5), "<x>1.00:00:05</x>"),
    (wsx.Duration, wsx.Duration(months=13), "<x>P13M</x>"),
    (wsx.UniqueId, "urn:other", "<x>urn:other</x>"),
    (wsx.UniqueId, uuid.UUID(int=1), f"<x>urn:uuid:{uuid.UUID(int=1)}</x>"),
    (wsx.XmlQName, wsx.XmlQName("local"), "<x>local</x>"),
    (Annotated[str, wsx.Type.XML_STRING], "t", "<x>t</x>"),
    (Annotated[str, wsx.StringDescription(1, 3)], "abc", "<x>abc</x>"),
    (Annotated[str, field(local_name="y", ns="urn:y")], "t", '<y xmlns="urn:y">t</y>'),
    (Annotated[dict[str, Any], wsx.StructDescription(dict, [wsx.FieldDescription("a", wsx.Type.INT32)])],
     {"a": 1}, "<x><a>1</a></x>"),
    (Annotated[int, wsx.EnumDescription({"one": 1, "two": 2}, int)], 2, "<x>two</x>"),
    (Cat | Dog, Cat(9), '<cat xmlns="urn:p"><lives>9</lives></cat>'),
    (Cat | Dog | None, Dog("d"), '<dog xmlns="urn:p"><name>d</name></dog>'),
    (Cat | Dog | None, None, ""),
    (Cat | Dog | Unset, UNSET, ""),
    (list[Cat | Dog], [Cat(1), Cat(2)],
     '<cat xmlns="urn:p"><lives>1</lives></cat><cat xmlns="urn:p"><lives>2</lives></cat>'),
    (Annotated[list[Cat | Dog], field(wrapper="x")], [], "<x/>"),
    (Annotated[int, field(local_name="i")] | Annotated[str, field(local_name="s")], "t", "<s>t</s>"),
    (Base, Base(1), '<x><id xmlns="urn:p">1</id></x>'),
    (
        Base,
        Derived(1, "t"),
        '<x a:type="b:Derived" xmlns:a="http://www.w3.org/2001/XMLSchema-instance" xmlns:b="urn:q">'
        '<id xmlns="urn:p">1</id><b:text>t</b:text></x>',
    ),
    (Annotated[XmlBuffer, field(any=True)], XmlBuffer(b"<z/>"), "<z/>"),
    (Annotated[XmlBuffer | None, field(any=True)], None, ""),
    (Annotated[list[XmlBuffer], field(any=True)], [XmlBuffer(b"<y/>"), XmlBuffer(b"<z/>")], "<y/><z/>"),
    (Annotated[XmlBuffer, field(any_content=True)], XmlBuffer(b"text <b>bold</b>"), "text <b>bold</b>"),
]  # fmt: skip


@EVERY_KIND
@pytest.mark.parametrize(("annotation", "value", "content"), FORMS, ids=[str(number) for number in range(len(FORMS))])
def test_every_form(kind: str, annotation: Any, value: Any, content: str) -> None:
    cls = declared(kind, {"x": annotation})
    made = cls(x=value)
    data = write_element(cls, made)
    assert data.decode() == document(content)
    got = read_element(cls, data)
    assert type(got) is cls
    assert got == made
    assert read_element(cls, document(content).encode()) == made


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pydantic"])
@pytest.mark.parametrize("version", [None, wsx.AddressingVersion.V0_9])
def test_endpoint_addresses_and_faults(kind: str, version: wsx.AddressingVersion | None) -> None:
    address: Any = wsx.EndpointAddress
    if version is not None:
        address = Annotated[address, EndpointAddressDescription(version)]
    cls = declared(kind, {"x": address | None, "y": list[wsx.Fault]})
    fault = wsx.Fault(wsx.FaultCode(wsx.XmlQName("Sender", "http://www.w3.org/2003/05/soap-envelope")),
                      (wsx.FaultReason("no", "en"),))  # fmt: skip
    for made in (cls(x=wsx.EndpointAddress("http://host/"), y=[fault]), cls(x=None, y=[])):
        data = write_element(cls, made)
        assert read_element(cls, data) == made
        assert (b"2004/08/addressing" in data) == (version is not None and made.x is not None)


ATTRIBUTES: list[tuple[Any, Any, str]] = [
    (Annotated[int, field(attribute=True)], 5, 'x="5"'),
    (Annotated[Color | None, field(attribute=True)], Color.RED, 'x="red"'),
    (Annotated[str, field(xml_attribute=True, local_name="lang")], "de", 'xml:lang="de"'),
    (Annotated[str, field(attribute=True, ns="urn:n")], "v", 'a:x="v" xmlns:a="urn:n"'),
    (dict[wsx.XmlQName, str], {wsx.XmlQName("p"): "1", wsx.XmlQName("q", "urn:q"): "2"},
     'p="1" a:q="2" xmlns:a="urn:q"'),
]  # fmt: skip


@EVERY_KIND
@pytest.mark.parametrize(("annotation", "value", "attributes"), ATTRIBUTES, ids=["int", "enum", "xml", "ns", "others"])
def test_every_attribute(kind: str, annotation: Any, value: Any, attributes: str) -> None:
    cls = declared(kind, {"x": annotation, "t": Annotated[str, field(text=True)]})
    made = cls(x=value, t="text")
    assert write_element(cls, made).decode() == f"<R {attributes}>text</R>"
    assert read_element(cls, write_element(cls, made)) == made


@EVERY_KIND
def test_recursion(kind: str) -> None:
    made = KINDS[kind]("R", {"x": int, "inner": "R | None"}, {"inner": None})
    cls: type[Any] = wsx.struct(made)
    if kind == "pydantic":
        cls.model_rebuild(_types_namespace={"R": cls})
    value = cls(x=1, inner=cls(x=2))
    assert write_element(cls, value) == b"<R><x>1</x><inner><x>2</x></inner></R>"
    assert read_element(cls, write_element(cls, value)) == value


@EVERY_KIND
@pytest.mark.parametrize("limit", ["too large", "too small"])
def test_limits_are_checked_both_ways(kind: str, limit: str) -> None:
    cls = declared(kind, {"x": list[Annotated[int, wsx.Int32Description(0, 5)]]})
    number = 6 if limit == "too large" else -1
    with pytest.raises(InvalidFormat, match="outside the range") as caught:
        written(cls, x=[1, number])
    assert caught.value.path == "R/x[1]"
    assert reading(cls, f"<x>{number}</x>") is InvalidFormat
    assert reading(cls, "<x>5</x>") == [5]
