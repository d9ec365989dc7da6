"""The calls of the contract: what is sent, what comes back, and where a peer does otherwise, with the reason.

Each case is one call of a generated client. A peer that gives back something else stands in ``DIFFERENCES`` with what
it gives and who is right; a difference that is not there any more is an error as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import wsx
from wsx.service import ServiceFault, as_dict
from wsx.values import UNSET

__all__ = ["CASES", "DIFFERENCES", "Case", "Difference", "outcome", "shown"]

UTC: Final = timezone.utc
Call = Callable[[Any, str], Any]
"""(the generated package, the URL) → what came back, in plain terms."""


@dataclass(frozen=True)
class Case:
    """A call, and what a peer that keeps to the contract makes of it."""

    group: str
    name: str
    call: Call
    expected: Any


@dataclass(frozen=True)
class Difference:
    """What a peer gives instead, and why."""

    got: str
    """The outcome as text: the value, or the error."""
    why: str


def outcome(case: Case, package: Any, url: str) -> Any:
    """What came back, or the error as text."""
    try:
        return case.call(package, url)
    except wsx.WsError as error:
        return f"{type(error).__name__}: {error.message.partition(' (')[0]}"


def clean(value: Any) -> Any:
    """``as_dict`` without what is absent."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items() if item is not None and item != []}
    return [clean(item) for item in value] if isinstance(value, list) else value


# --- scalars ---------------------------------------------------------------------------------------------------------


def _scalar(name: str, value: Any) -> Call:
    def call(package: Any, url: str) -> Any:
        with package.ContractClient(url) as client:
            got = client.echo_scalars(value=package.Scalars(**{name: value}))
        plain = as_dict(got)
        others = {key: item for key, item in clean(plain).items() if key != name and item is not UNSET}
        found = plain.get(name, "absent")
        return (found, others) if others else found

    return call


_SCALARS: Final[list[tuple[str, str, Any]]] = [
    ("boolean", "flag", True),
    ("boolean, false", "flag", False),
    ("byte, lowest", "byte", -128),
    ("unsignedByte, highest", "ubyte", 255),
    ("short, lowest", "short", -(2**15)),
    ("unsignedShort, highest", "ushort", 2**16 - 1),
    ("int, 0", "int_", 0),
    ("int, lowest", "int_", -(2**31)),
    ("int, highest", "int_", 2**31 - 1),
    ("unsignedInt, highest", "uint", 2**32 - 1),
    ("long, 2⁵³", "long", 2**53),
    ("long, lowest", "long", -(2**63)),
    ("long, highest", "long", 2**63 - 1),
    ("unsignedLong, highest", "ulong", 2**64 - 1),
    ("integer", "integer", -12345),
    ("integer, 30 digits", "integer", 10**29 + 7),
    ("decimal", "decimal_", Decimal("-0.25")),
    ("decimal, 26 digits", "decimal_", Decimal("12345678901234567890.123456")),
    ("float", "float_", 0.5),
    ("float, infinite", "float_", float("-inf")),
    ("double", "double", 1.5e-7),
    ("double, largest", "double", 1.7976931348623157e308),
    ("double, 17 digits", "double", 0.1 + 0.2),
    ("string", "string", "plain"),
    ("string, empty", "string", ""),
    ("string, markup", "string", "<a href=\"x\">&amp;</a> ]]> 'q'"),
    ("string, Unicode", "string", "Zoë Ōkawa 文字 😀"),
    ("string, white space", "string", "  two\tlines\nand more  "),
    ("string, carriage return", "string", "a\r\nb"),
    ("token", "token", "a b"),
    ("anyURI", "uri", "http://example.org/a?b=c&d=%20"),
    ("date", "date", date(2026, 2, 28)),
    ("date, year 1", "date", date(1, 1, 1)),
    ("time", "time", time(23, 59, 59)),
    ("dateTime, UTC", "date_time", datetime(2026, 2, 28, 12, 30, tzinfo=UTC)),
    ("dateTime, microseconds", "date_time", datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)),
    ("dateTime, offset", "date_time", datetime(2026, 2, 28, 1, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))),
    ("duration", "duration", wsx.Duration(days=3, hours=4, minutes=5)),
    ("gYear", "year", "2026"),
    ("hexBinary", "hex", bytes(range(16))),
    ("base64Binary, all bytes", "base64", bytes(range(256))),
    ("base64Binary, empty", "base64", b""),
    ("positiveInteger", "positive", 10**15),
    ("nonNegativeInteger, 0", "non_negative", 0),
    ("negativeInteger", "negative", -1),
    ("nonPositiveInteger", "non_positive", -5),
    ("normalizedString", "normalized", " a  b "),
    ("language", "language", "en-GB"),
    ("NMTOKEN", "nmtoken", "1.a-b"),
    ("NCName", "ncname", "_name"),
    ("gYearMonth", "year_month", "2026-02"),
    ("gMonth", "month", "--02"),
    ("gMonthDay", "month_day", "--02-28"),
    ("gDay", "day", "---28"),
    ("QName", "qname", wsx.XmlQName("Item", "urn:wsx:contract")),
    ("QName, of another namespace", "qname", wsx.XmlQName("x", "urn:other")),
    ("enumeration", "color", "deep blue"),
    ("union, a number", "union", 5),
    ("union, a text", "union", "red"),
    ("nil", "nothing", None),
    ("attribute, string", "id", 'a "b" <c>'),
    ("attribute, int", "level", -7),
]


# --- the rest --------------------------------------------------------------------------------------------------------


def _arrays(**fields: Any) -> Call:
    def call(package: Any, url: str) -> Any:
        made = {name: value(package) if callable(value) else value for name, value in fields.items()}
        with package.ContractClient(url) as client:
            got = client.echo_arrays(value=package.Arrays(**made))
        return [_typed(getattr(got, name)) for name in fields]

    return call


def _typed(value: Any) -> Any:
    """Structures as (class name, fields)."""
    if isinstance(value, list):
        return [_typed(item) for item in value]
    plain = clean(as_dict(value))
    return (type(value).__name__, plain) if isinstance(plain, dict) else plain


def _shape(make: Callable[[Any], Any]) -> Call:
    def call(package: Any, url: str) -> Any:
        with package.ContractClient(url) as client:
            return _typed(client.echo_shape(value=make(package)))

    return call


def _payment(name: str, value: Any) -> Call:
    def call(package: Any, url: str) -> Any:
        given = value(package) if callable(value) else value
        made = package.Payment(amount=Decimal(5), card_or_cash_or_item=wsx.Choice(name, given))
        with package.ContractClient(url) as client:
            return _typed(client.echo_payment(value=made))

    return call


def _header(package: Any, url: str) -> Any:
    headers: dict[str, Any] = {}
    with package.ContractClient(url) as client:
        session = package.Session(token="töken", step=3)
        got = client.who_am_i(soap_headers={"session": session}, reply_headers=headers)
    return got.token, got.step, {name: _typed(value) for name, value in headers.items()}


def _no_header(package: Any, url: str) -> Any:
    with package.ContractClient(url) as client:
        client.who_am_i()


def _unknown_header(package: Any, url: str) -> Any:
    with package.ContractClient(url) as client:
        element = wsx.ElementDescription("unknown", "urn:other", wsx.Type.STRING)
        return client.divide(dividend=6, divisor=3, soap_headers=[(element, "x")])


def _divide(dividend: int, divisor: int) -> Call:
    def call(package: Any, url: str) -> Any:
        with package.ContractClient(url) as client:
            try:
                return client.divide(dividend=dividend, divisor=divisor)
            except ServiceFault as error:
                return type(error).__name__, error.message, _typed(error.detail), client.divide(dividend=6, divisor=3)
            except wsx.errors.EndpointFaultReceived as error:
                fault: Any = error.fault
                return fault.code.value.local_name, fault.reason(), client.divide(dividend=6, divisor=3)

    return call


def _one_way(package: Any, url: str) -> Any:
    with package.ContractClient(url) as client:
        before = client.notices()
        for text in ("öne", "two"):
            assert client.notify(text=text) is None
        return client.notices()[len(before) :]


def _soap_12(case: Call) -> Call:
    def call(package: Any, url: str) -> Any:
        class Client(package.ContractClient):  # type: ignore[misc]
            envelope_version = wsx.EnvelopeVersion.SOAP_1_2

        class Package:
            ContractClient = Client

        return case(Package, url)

    return call


def _asyncio(package: Any, url: str) -> Any:
    async def calls() -> Any:
        async with package.AsyncContractClient(url) as client:
            return await asyncio.gather(*(client.divide(dividend=10 * n, divisor=5) for n in range(8)))

    return asyncio.run(calls())


def _tree(depth: int) -> Callable[[Any], Any]:
    def make(package: Any) -> Any:
        made = package.Tree(label="leaf")
        for level in range(depth):
            made = package.Tree(label=str(level), child=[made, package.Tree(label="other")])
        return made

    return make


def _plain_tree(depth: int) -> Any:
    made: dict[str, Any] = {"label": "leaf"}
    for level in range(depth):
        made = {"label": str(level), "child": [made, {"label": "other"}]}
    return made


_CIRCLE: Final = ("Circle", {"name": "c", "radius": 1.5})
_RING: Final = ("Ring", {"name": "r", "radius": 2.0, "inner": 0.5})
_SHAPE: Final = ("Shape", {"name": "s"})


def _shapes(package: Any) -> list[Any]:
    circle = package.Circle(name="c", radius=1.5)
    return [circle, package.Shape(name="s"), package.Ring(name="r", radius=2.0, inner=0.5)]


CASES: Final = [
    *(Case("types", title, _scalar(name, value), value) for title, name, value in _SCALARS),
    Case("arrays", "none", _arrays(number=[], item=[]), [[], []]),
    Case("arrays", "one number", _arrays(number=[7]), [[7]]),
    Case("arrays", "1,000 numbers", _arrays(number=list(range(1000))), [list(range(1000))]),
    Case("arrays", "strings, one nil", _arrays(text=["a", None, ""]), [["a", None, ""]]),
    Case(
        "arrays",
        "structures",
        _arrays(item=lambda p: [p.Item(name="a", count=1), p.Item(name="b", count=2)]),
        [[("Item", {"name": "a", "count": 1}), ("Item", {"name": "b", "count": 2})]],
    ),
    Case("arrays", "xs:list", _arrays(list_=[1, -2, 3]), [[1, -2, 3]]),
    Case("arrays", "recursive", _arrays(tree=_tree(10)), [("Tree", _plain_tree(10))]),
    Case("polymorphism", "the base itself", _shape(lambda p: p.Shape(name="s")), _SHAPE),
    Case("polymorphism", "derived", _shape(lambda p: p.Circle(name="c", radius=1.5)), _CIRCLE),
    Case("polymorphism", "derived twice", _shape(lambda p: p.Ring(name="r", radius=2.0, inner=0.5)), _RING),
    Case("polymorphism", "an array of several", _arrays(shape=_shapes), [[_CIRCLE, _SHAPE, _RING]]),
    Case(
        "choices",
        "string",
        _payment("card", "1234"),
        ("Payment", {"amount": Decimal(5), "card_or_cash_or_item": {"card": "1234"}}),
    ),
    Case(
        "choices",
        "boolean, false",
        _payment("cash", False),
        ("Payment", {"amount": Decimal(5), "card_or_cash_or_item": {"cash": False}}),
    ),
    Case(
        "choices",
        "structure",
        _payment("item", lambda p: p.Item(name="a", count=1)),
        ("Payment", {"amount": Decimal(5), "card_or_cash_or_item": {"item": {"name": "a", "count": 1}}}),
    ),
    Case(
        "headers", "request and reply", _header, ("töken", 3, {"trace": ("Trace", {"id": "after töken"})})
    ),
    Case("headers", "missing", _no_header, "EndpointFaultReceived: the endpoint answered with a SOAP fault"),
    Case("headers", "unknown, not to be understood", _unknown_header, 2),
    Case("faults", "none", _divide(6, 3), 2),
    Case(
        "faults",
        "declared, a structure",
        _divide(1, 0),
        ("DivisionByZeroFault", "division by zero",
         ("DivisionByZero", {"dividend": 1, "hint": "take another divisor"}), 2),
    ),
    Case("faults", "declared, a number", _divide(1001, 1), ("OutOfRangeFault", "out of range", 1000, 2)),
    Case("faults", "not declared", _divide(-1, 1), ("Server", "not declared", 2)),
    Case("one-way", "two notices", _one_way, ["öne", "two"]),
    Case("clients", "SOAP 1.2", _soap_12(_divide(6, 3)), 2),
    Case(
        "clients",
        "SOAP 1.2, declared fault",
        _soap_12(_divide(1001, 1)),
        ("OutOfRangeFault", "out of range", 1000, 2),
    ),
    Case("clients", "asyncio, eight calls at once", _asyncio, [2 * n for n in range(8)]),
]  # fmt: skip

_PHP_FLOAT: Final = (
    "PHP has integers of 64 bits with a sign; larger ones become floating point on the way. PHP is wrong."
)
_PHP_DIGITS: Final = (
    "PHP writes as many digits as its setting `precision` says, 14 by default, and loses the rest; `-d precision=17` "
    "keeps them. PHP is wrong by default."
)
_NODE_NUMBER: Final = (
    "Every number of JavaScript is a double: digits beyond 2⁵³ are lost, and the reply may have a number that the type "
    "does not have. node-soap is wrong; a service that needs them gives it a `customDeserializer`."
)
_QNAME: Final = (
    "A QName is a text without the declaration of its prefix for {0}: it comes back with a prefix that is not bound, "
    "or in no namespace (XML Schema §3.2.18). {0} is wrong."
)
_NODE_TRIM: Final = (
    "node-soap trims texts unless `preserveWhitespace` is set. White space of these types is not collapsed (XML Schema "
    "§4.3.6): node-soap is wrong by default."
)
_NODE_XSI: Final = (
    "What is empty or nil comes back as `xsi:nil` without a declaration of the prefix: the reply is not namespace-well-"
    "formed (Namespaces in XML §5), though node-soap's own parser takes it. node-soap is wrong."
)
_NODE_SOAP_12: Final = (
    "node-soap answers in SOAP 1.1 whatever the version of the request is, unless `forceSoap12Headers` is set. A node "
    "of SOAP 1.1 is to answer with a VersionMismatch (SOAP 1.2 part 1 §A). node-soap is wrong."
)

DIFFERENCES: Final[dict[tuple[str, str, str], Difference]] = {
    ("php", "types", "unsignedLong, highest"): Difference(
        "InvalidFormat: 18446744073709551616 does not fit 64 unsigned bits", _PHP_FLOAT
    ),
    ("php", "types", "integer, 30 digits"): Difference("99999999999999991433150857216", _PHP_FLOAT),
    ("php", "types", "double, largest"): Difference("1.7976931348623e+308", _PHP_DIGITS),
    ("php", "types", "double, 17 digits"): Difference("0.3", _PHP_DIGITS),
    ("php", "types", "QName"): Difference("XmlQName(local_name='Item', ns='')", _QNAME.format("PHP")),
    ("php", "types", "QName, of another namespace"): Difference(
        "InvalidFormat: the prefix a is not bound to a namespace", _QNAME.format("PHP")
    ),
    ("gsoap", "types", "dateTime, microseconds"): Difference(
        "2024-02-29T23:59:59+00:00",
        "gSOAP maps xs:dateTime to time_t unless a typemap.dat says otherwise: fractions of seconds are lost. gSOAP is "
        "wrong by default.",
    ),
    ("gsoap", "types", "nil"): Difference(
        "absent",
        "A null pointer is both for gSOAP, absent and nil, and it leaves out what may be absent. wsx keeps them apart "
        "(`UNSET`, `None`). Both are valid.",
    ),
    ("gsoap", "arrays", "strings, one nil"): Difference(
        "[['a', '', '']]",
        "The items are of `std::string`, which cannot be null. gSOAP is wrong.",
    ),
    ("node", "types", "long, lowest"): Difference(
        "NumericOverflow: -9223372036854776000 does not fit 64 bits", _NODE_NUMBER
    ),
    ("node", "types", "long, highest"): Difference(
        "NumericOverflow: 9223372036854776000 does not fit 64 bits", _NODE_NUMBER
    ),
    ("node", "types", "integer, 30 digits"): Difference(
        "InvalidFormat: '1e+29' is no integer of at most 4000 digits", _NODE_NUMBER
    ),
    ("node", "types", "decimal, 26 digits"): Difference("12345678901234567000", _NODE_NUMBER),
    ("node", "types", "float, infinite"): Difference(
        "nan",
        "JavaScript spells it `-Infinity` and takes `-INF` for no number. node-soap is wrong (XML Schema §3.2.4).",
    ),
    ("node", "types", "string, white space"): Difference(
        "'two\\tlines\\nand more'",
        _NODE_TRIM,
    ),
    ("node", "types", "dateTime, microseconds"): Difference(
        "2024-02-29T23:59:59.123000+00:00", "A Date of JavaScript has milliseconds. node-soap is wrong."
    ),
    ("node", "types", "normalizedString"): Difference("'a  b'", _NODE_TRIM),
    ("node", "types", "QName, of another namespace"): Difference(
        "InvalidFormat: the prefix a is not bound to a namespace", _QNAME.format("node-soap")
    ),
    ("node", "types", "base64Binary, empty"): Difference(
        "InvalidFormat: the prefix xsi is not bound to a namespace", _NODE_XSI
    ),
    ("node", "types", "nil"): Difference("InvalidFormat: the prefix xsi is not bound to a namespace", _NODE_XSI),
    ("node", "arrays", "none"): Difference("InvalidFormat: the prefix xsi is not bound to a namespace", _NODE_XSI),
    ("node", "arrays", "strings, one nil"): Difference(
        "[['a', '']]",
        "node-soap drops nil elements when it reads, unless `handleNilAsNull` is set. node-soap is wrong.",
    ),
    ("node", "clients", "SOAP 1.2"): Difference(
        "InvalidFormat: the message is not an Envelope of SOAP_1_2 but one of SOAP_1_1", _NODE_SOAP_12
    ),
    ("node", "clients", "SOAP 1.2, declared fault"): Difference(
        "InvalidFormat: the message is not an Envelope of SOAP_1_2 but one of SOAP_1_1", _NODE_SOAP_12
    ),
}


def shown(value: Any) -> str:
    """An outcome as the text that ``Difference.got`` is compared with."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and (value == "absent" or (value.partition(":")[0].isalpha() and ": " in value)):
        return value
    return str(value) if isinstance(value, Decimal) else repr(value)
