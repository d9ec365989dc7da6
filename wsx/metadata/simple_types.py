"""Simple types: built-in ones, restrictions with facets, lists and unions."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, get_args

from wsx import xsd
from wsx.declare import Float, Int8, Int16, Int32, UInt8, UInt16, UInt32, UInt64
from wsx.descriptions import EnumDescription, Type
from wsx.errors import InvalidArgument, NotSupported
from wsx.limits import (
    SCALAR_DESCRIPTIONS,
    BytesDescription,
    DecimalDescription,
)
from wsx.metadata.components import Component, Components, documentation
from wsx.metadata.documents import Node, Schema, problem, qname_of
from wsx.metadata.names import XS, class_name, constant_name, literal, unique
from wsx.metadata.shapes import EnumShape, ScalarShape
from wsx.values import Duration, XmlQName
from wsx.xsd_patterns import compile_pattern

__all__ = ["BUILT_IN", "SimpleTypes"]

Simple = ScalarShape | EnumShape


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.strip()]


def _scalar(hint: Any, source: str, python: type, default_of: Callable[[str], Any]) -> ScalarShape:
    """The shape of an annotation that wsx has a name for."""
    type_, description = _TYPES.get(python, Type.STRING), None
    for item in get_args(hint)[1:]:
        if isinstance(item, Type):
            type_ = item
        else:
            type_, description = item.type, item
    return ScalarShape(type_, description, hint, source, python, default_of)


_TYPES: Final = {
    bool: Type.BOOL,
    int: Type.INT64,
    float: Type.DOUBLE,
    decimal.Decimal: Type.DECIMAL,
    datetime.datetime: Type.DATETIME,
    bytes: Type.BYTES,
    str: Type.STRING,
    Duration: Type.DURATION,
    XmlQName: Type.XML_QNAME,
}
_STRING: Final = _scalar(str, "str", str, str)
_STRIPPED: Final = _scalar(str, "str", str, str.strip)
_TOKEN: Final = _scalar(xsd.Token, "xsd.Token", str, str.strip)
_DECIMAL: Final = DecimalDescription(unlimited=True)
_NO_DEFAULT: Final = frozenset({datetime.datetime, datetime.date, datetime.time, bytes, Duration, XmlQName})

# Names and references have the lexical form of a token; that they are ones is left to the peer, but for white space.
BUILT_IN: Final[Mapping[str, ScalarShape]] = MappingProxyType(
    {
        "boolean": _scalar(bool, "bool", bool, _boolean),
        "byte": _scalar(Int8, "wsx.Int8", int, int),
        "short": _scalar(Int16, "wsx.Int16", int, int),
        "int": _scalar(Int32, "wsx.Int32", int, int),
        "long": _scalar(int, "int", int, int),
        "unsignedByte": _scalar(UInt8, "wsx.UInt8", int, int),
        "unsignedShort": _scalar(UInt16, "wsx.UInt16", int, int),
        "unsignedInt": _scalar(UInt32, "wsx.UInt32", int, int),
        "unsignedLong": _scalar(UInt64, "wsx.UInt64", int, int),
        "integer": _scalar(xsd.Integer, "xsd.Integer", int, int),
        "nonNegativeInteger": _scalar(xsd.NonNegativeInteger, "xsd.NonNegativeInteger", int, int),
        "positiveInteger": _scalar(xsd.PositiveInteger, "xsd.PositiveInteger", int, int),
        "nonPositiveInteger": _scalar(xsd.NonPositiveInteger, "xsd.NonPositiveInteger", int, int),
        "negativeInteger": _scalar(xsd.NegativeInteger, "xsd.NegativeInteger", int, int),
        "float": _scalar(Float, "wsx.Float", float, float),
        "double": _scalar(float, "float", float, float),
        "decimal": ScalarShape(
            Type.DECIMAL,
            _DECIMAL,
            Annotated[decimal.Decimal, _DECIMAL],
            "xsd.Decimal",
            decimal.Decimal,
            lambda text: decimal.Decimal(text.strip()),
        ),
        "dateTime": _scalar(datetime.datetime, "datetime.datetime", datetime.datetime, str),
        "date": _scalar(xsd.Date, "xsd.Date", datetime.date, str),
        "time": _scalar(xsd.Time, "xsd.Time", datetime.time, str),
        "duration": _scalar(Duration, "wsx.Duration", Duration, str),
        "gYear": _scalar(xsd.GYear, "xsd.GYear", str, str.strip),
        "gYearMonth": _scalar(xsd.GYearMonth, "xsd.GYearMonth", str, str.strip),
        "gMonthDay": _scalar(xsd.GMonthDay, "xsd.GMonthDay", str, str.strip),
        "gDay": _scalar(xsd.GDay, "xsd.GDay", str, str.strip),
        "gMonth": _scalar(xsd.GMonth, "xsd.GMonth", str, str.strip),
        "base64Binary": _scalar(bytes, "bytes", bytes, str),
        "hexBinary": _scalar(xsd.HexBinary, "xsd.HexBinary", bytes, str),
        "QName": _scalar(XmlQName, "wsx.XmlQName", XmlQName, str),
        "string": _STRING,
        "anySimpleType": _STRING,
        "anyAtomicType": _STRING,
        "NOTATION": _STRIPPED,
        "normalizedString": _scalar(xsd.NormalizedString, "xsd.NormalizedString", str, str),
        "token": _TOKEN,
        **dict.fromkeys(("anyURI", "language", "Name", "NCName", "ID", "IDREF", "ENTITY", "NMTOKEN"), _TOKEN),
        **dict.fromkeys(
            ("IDREFS", "ENTITIES", "NMTOKENS"),
            ScalarShape(
                Type.STRING,
                xsd.list_of(xsd.Token, min_length=1),
                Annotated[list[str], xsd.list_of(xsd.Token, min_length=1)],
                "Annotated[list[str], xsd.list_of(xsd.Token, min_length=1)]",
                list,
                str.split,
            ),
        ),
    }
)

_BOUNDS: Final = ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")
_LENGTHS: Final = ("length", "minLength", "maxLength")
_INTEGERS: Final = {f"{sign}INT{bits}": bits for bits in (8, 16, 32, 64) for sign in ("", "U")}


class SimpleTypes:
    """Makes the shapes of simple types, each once."""

    def __init__(self, components: Components, facets: bool = True) -> None:
        self.components = components
        self.facets = facets
        self._made: dict[Node, Simple] = {}
        self._busy: set[Node] = set()

    def named(self, schema: Schema | str, node: Node, text: str) -> Simple | None:
        """The simple type that a QName in ``node`` refers to; None for a complex type."""
        ns, name = qname_of(schema, node, text)
        if ns == XS:
            found = BUILT_IN.get(name)
            if found is None and name != "anyType":
                raise problem(schema, node, f"XML Schema has no type {name}")
            return found
        component = self.components.get("type", schema, node, text)
        if not component.node.tag.endswith("}simpleType"):
            return None
        return self.of(component.node, component.schema, component.name, component)

    def of(self, node: Node, schema: Schema, name: str, component: Component | None = None) -> Simple:
        """The shape of an xs:simpleType element; ``name`` is the one that a class of its values would have."""
        made = self._made.get(node)
        if made is None:
            if node in self._busy:
                raise problem(schema, node, "the type is derived from itself")
            self._busy.add(node)
            try:
                made = self._made[node] = self._make(node, schema, name, component)
            finally:
                self._busy.discard(node)
        return made

    def _make(self, node: Node, schema: Schema, name: str, component: Component | None) -> Simple:
        for derivation in node.iterchildren(f"{{{XS}}}restriction", f"{{{XS}}}list", f"{{{XS}}}union"):
            kind = derivation.tag.rpartition("}")[2]
            if kind == "restriction":
                base = self._base(derivation, schema, name, "base")
                return self.restricted(base, derivation, schema, name, component)
            if kind == "list":
                return self._list(self._base(derivation, schema, f"{name}Item", "itemType"))
            return self._union(derivation, schema, name)
        raise problem(schema, node, "a simple type is a restriction, a list or a union")

    def _base(self, node: Node, schema: Schema, name: str, attribute: str) -> Simple:
        text = node.get(attribute)
        if text:
            found = self.named(schema, node, text)
            if found is None:
                raise problem(schema, node, f"{text!r} is no simple type")
            return found
        for inner in node.iterchildren(f"{{{XS}}}simpleType"):
            return self.of(inner, schema, name)
        raise problem(schema, node, f"{attribute} is missing")

    # --- lists and unions --------------------------------------------------------------------------------------------

    def _list(self, item: Simple, lengths: Mapping[str, int] = MappingProxyType({})) -> ScalarShape:
        hint = _hint(item)
        extra = "".join(f", {key}={value}" for key, value in lengths.items())
        description = xsd.list_of(hint, **lengths)
        source = f"Annotated[list[{_plain_source(item)}], xsd.list_of({_source(item)}{extra})]"
        return ScalarShape(
            Type.STRING,
            description,
            Annotated[list[Any], description],
            source,
            list,
            lambda text: [_default_of(item)(part) for part in text.split()],
            _enums(item),
        )

    def _union(self, node: Node, schema: Schema, name: str) -> Simple:
        members: list[Simple] = []
        for text in (node.get("memberTypes") or "").split():
            member = self.named(schema, node, text)
            if member is None:
                raise problem(schema, node, f"{text!r} is no simple type")
            members.append(member)
        for number, inner in enumerate(node.iterchildren(f"{{{XS}}}simpleType"), start=1):
            members.append(self.of(inner, schema, f"{name}Member{number}"))
        if not members:
            raise problem(schema, node, "a union needs member types")
        if all(member == members[0] for member in members):
            return members[0]
        description = xsd.union_of(*map(_hint, members))
        plain = " | ".join(dict.fromkeys(map(_plain_source, members)))
        return ScalarShape(
            Type.STRING,
            description,
            Annotated[object, description],
            f"Annotated[{plain}, xsd.union_of({', '.join(map(_source, members))})]",
            object,
            description.from_text,
            tuple(dict.fromkeys(found for member in members for found in _enums(member))),
        )

    # --- restrictions ------------------------------------------------------------------------------------------------

    def restricted(
        self, base: Simple, node: Node, schema: Schema, name: str, component: Component | None = None
    ) -> Simple:
        """``base`` with the facets in an xs:restriction."""
        facets: dict[str, list[Node]] = {}
        for facet in node.iterchildren():
            if isinstance(facet.tag, str):
                facets.setdefault(facet.tag.rpartition("}")[2], []).append(facet)
        if "enumeration" in facets:
            own_name = component.name if component is not None else None
            return self._enumeration(base, facets["enumeration"], node, schema, called=(name, own_name))
        if isinstance(base, EnumShape) or not self.facets:
            return base
        if not facets.keys() & {*_BOUNDS, *_LENGTHS, "pattern", "whiteSpace", "totalDigits", "fractionDigits"}:
            return base
        try:
            return self._faceted(base, facets, node, schema)
        except (ValueError, ArithmeticError) as error:
            raise problem(schema, node, f"a facet is no value of the type: {error}") from error

    def fixed(self, base: ScalarShape, text: str) -> ScalarShape:
        """``base`` with no other value than the one of ``text``."""
        if not self.facets:
            return base
        description = xsd.fixed(base.hint, text)
        source = f"Annotated[{_plain_source(base)}, xsd.fixed({base.source}, {literal(text)})]"
        return ScalarShape(
            Type.STRING,
            description,
            Annotated[base.python, description],
            source,
            base.python,
            base.default_of,
            base.enums,
        )

    def _enumeration(
        self, base: Simple, nodes: list[Node], node: Node, schema: Schema, *, called: tuple[str, str | None]
    ) -> Simple:
        name, own_name = called
        values = list(dict.fromkeys(found.get("value", "") for found in nodes))
        docs = {found.get("value", ""): documentation(found) for found in nodes}
        if isinstance(base, EnumShape) or (base.python is str and base.type is Type.STRING):
            if isinstance(base, EnumShape) or base.source != "str":
                values = list(dict.fromkeys(" ".join(value.split()) for value in values))
            taken: set[str] = set()
            members = []
            for value in values:
                member = unique(constant_name(value), taken | {"mro", "name", "value"})
                taken.add(member)
                members.append((member, value, docs.get(value, "")))
            return EnumShape(class_name(name), schema.ns, own_name, tuple(members), documentation(node.getparent()))
        if base.type.name in _INTEGERS or isinstance(base.description, type(xsd.integer())):
            pairs = {value.strip(): int(value) for value in values}
            if len(set(pairs.values())) == len(pairs):
                description = EnumDescription(pairs, int)
                source = f"Annotated[int, wsx.EnumDescription({literal(pairs)}, int)]"
                return ScalarShape(Type.ENUM, description, Annotated[int, description], source, int, int)
        self.components.warn(schema, node, "that the value is among those enumerated is not checked")
        return base

    def _faceted(self, base: ScalarShape, facets: Mapping[str, list[Node]], node: Node, schema: Schema) -> ScalarShape:
        one = {kind: found[0].get("value", "").strip() for kind, found in facets.items()}
        ignored = set(facets) & {*_BOUNDS, *_LENGTHS, "pattern", "totalDigits", "fractionDigits"}
        low, high = one.get("length", one.get("minLength")), one.get("length", one.get("maxLength"))
        lengths = {key: int(value) for key, value in (("min_length", low), ("max_length", high)) if value is not None}
        made: ScalarShape = base
        description = base.description
        if base.python is list and description is not None:
            ignored -= set(_LENGTHS)
            made = _relisted(base, lengths)
        elif base.python is str and base.type is Type.STRING:
            ignored -= {*_LENGTHS, "pattern"}
            made = self._string(base, lengths, facets, node, schema)
        elif base.type is Type.BYTES and lengths:
            ignored -= set(_LENGTHS)
            limits = BytesDescription(lengths.get("min_length"), lengths.get("max_length"))
            source = f"Annotated[bytes, wsx.BytesDescription({limits.min_byte_count}, {limits.max_byte_count})]"
            made = _described(base, limits, source)
        elif base.python is bytes and lengths:
            ignored -= set(_LENGTHS)
            arguments = ", ".join(f"{key}={value}" for key, value in lengths.items())
            made = _described(base, xsd.hex_binary(**lengths), f"Annotated[bytes, xsd.hex_binary({arguments})]")
        elif base.python is int and base.type is not Type.ENUM:
            ignored -= {*_BOUNDS, "totalDigits", "fractionDigits"}
            made = _integer(base, one)
        elif base.type is Type.DECIMAL:
            ignored -= {*_BOUNDS, "totalDigits", "fractionDigits"}
            made = _decimal(base, one)
        elif base.type in (Type.FLOAT, Type.DOUBLE):
            ignored -= set(_BOUNDS)
            made = _float(base, one)
        if ignored:
            kinds = ", ".join(sorted(ignored))
            self.components.warn(schema, node, f"{kinds} of a type over {base.source} is not checked")
        return made

    def _string(
        self,
        base: ScalarShape,
        lengths: Mapping[str, int],
        facets: Mapping[str, list[Node]],
        node: Node,
        schema: Schema,
    ) -> ScalarShape:
        old = base.description
        nodes = facets.get("pattern", [])
        space = facets["whiteSpace"][0].get("value") if "whiteSpace" in facets else None
        arguments: dict[str, Any] = {
            "min_length": getattr(old, "min_length", None),
            "max_length": getattr(old, "max_length", None),
        }
        arguments |= lengths
        # Patterns of one restriction are alternatives, those of several must all match (XSD part 2 §4.3.4.3).
        patterns: tuple[str, ...] = getattr(old, "patterns", ())
        pattern = "|".join(
            f"({found.get('value', '')})" if len(nodes) > 1 else found.get("value", "") for found in nodes
        )
        if pattern:
            try:
                compile_pattern(pattern)
                patterns = (*patterns, pattern)
            except NotSupported as error:
                self.components.warn(schema, node, f"the pattern is not checked: {error.message}")
            except InvalidArgument as error:
                raise problem(schema, node, error.message) from error
        arguments["patterns"] = patterns or None
        white_space = space or getattr(old, "white_space", "preserve")
        arguments["white_space"] = white_space if white_space != "preserve" else None
        given = {key: value for key, value in arguments.items() if value is not None}
        if not given:
            return base
        source = f"Annotated[str, xsd.text({', '.join(f'{key}={literal(value)}' for key, value in given.items())})]"
        return _described(base, xsd.text(**given), source)


def _described(base: ScalarShape, description: Any, source: str) -> ScalarShape:
    type_ = Type.STRING if description.type is Type.STRING else base.type
    return ScalarShape(type_, description, Annotated[base.python, description], source, base.python, base.default_of)


def _relisted(base: ScalarShape, lengths: Mapping[str, int]) -> ScalarShape:
    if not lengths:
        return base
    old = base.description
    description = xsd.list_of(old.item, **lengths)
    head, _, item = base.source.partition("xsd.list_of(")
    item = item.removesuffix(")]").partition(", min_length")[0].partition(", max_length")[0]
    arguments = "".join(f", {key}={value}" for key, value in lengths.items())
    source = f"{head}xsd.list_of({item}{arguments})]"
    return ScalarShape(
        Type.STRING, description, Annotated[list[Any], description], source, list, base.default_of, base.enums
    )


def _integer(base: ScalarShape, one: Mapping[str, str]) -> ScalarShape:
    old = base.description
    low, high = getattr(old, "min_value", None), getattr(old, "max_value", None)
    lows = [low] if low is not None else []
    highs = [high] if high is not None else []
    lows += [int(one["minInclusive"])] if "minInclusive" in one else []
    lows += [int(one["minExclusive"]) + 1] if "minExclusive" in one else []
    highs += [int(one["maxInclusive"])] if "maxInclusive" in one else []
    highs += [int(one["maxExclusive"]) - 1] if "maxExclusive" in one else []
    if "totalDigits" in one:
        most = 10 ** int(one["totalDigits"]) - 1
        lows.append(-most)
        highs.append(most)
    low, high = max(lows, default=None), min(highs, default=None)
    if base.type.name in _INTEGERS:
        bits = _INTEGERS[base.type.name]
        least = 0 if base.type.name.startswith("U") else -(1 << bits - 1)
        most = (1 << bits) - 1 if least == 0 else (1 << bits - 1) - 1
        low = None if low is None or low <= least else low
        high = None if high is None or high >= most else high
        if low is None and high is None:
            return base
        described: Any = SCALAR_DESCRIPTIONS[base.type]
        source = f"Annotated[int, wsx.{described.__name__}({low}, {high})]"
        return _described(base, described(low, high), source)
    if low is not None and high is not None and low >= -(1 << 63) and high < 1 << 63:
        # Of 64 bits after all: then the core's own codec takes it.
        described = SCALAR_DESCRIPTIONS[Type.INT64]
        made = described(low, high)
        source = f"Annotated[int, wsx.Int64Description({low}, {high})]"
        return ScalarShape(Type.INT64, made, Annotated[int, made], source, int, int)
    return _described(base, xsd.integer(low, high), f"Annotated[int, xsd.integer({low}, {high})]")


def _decimal(base: ScalarShape, one: Mapping[str, str]) -> ScalarShape:
    old = base.description
    names = {
        "minimum": ("minInclusive", "min_value"),
        "maximum": ("maxInclusive", "max_value"),
        "above": ("minExclusive", "above"),
        "below": ("maxExclusive", "below"),
    }
    given: dict[str, Any] = {}
    for key, (facet, attribute) in names.items():
        inherited = getattr(old, attribute, None)
        if facet in one:
            given[key] = one[facet]
        elif inherited is not None:
            given[key] = str(inherited)
    for key, facet in (("total_digits", "totalDigits"), ("fraction_digits", "fractionDigits")):
        digits = int(one[facet]) if facet in one else getattr(old, key, None)
        if digits is not None:
            given[key] = digits
    arguments = ", ".join(f"{key}={literal(value)}" for key, value in given.items())
    return _described(base, xsd.decimal_facets(**given), f"Annotated[decimal.Decimal, xsd.decimal_facets({arguments})]")


def _float(base: ScalarShape, one: Mapping[str, str]) -> ScalarShape:
    old = base.description
    low, high = getattr(old, "min_value", None), getattr(old, "max_value", None)
    low = float(one["minInclusive"]) if "minInclusive" in one else low
    high = float(one["maxInclusive"]) if "maxInclusive" in one else high
    low = math.nextafter(float(one["minExclusive"]), math.inf) if "minExclusive" in one else low
    high = math.nextafter(float(one["maxExclusive"]), -math.inf) if "maxExclusive" in one else high
    low = None if low == -math.inf else low
    high = None if high == math.inf else high
    if low is None and high is None:
        return base
    described: Any = SCALAR_DESCRIPTIONS[base.type]
    return _described(base, described(low, high), f"Annotated[float, wsx.{described.__name__}({low}, {high})]")


# --- what the annotations of simple types are ------------------------------------------------------------------------


def _hint(simple: Simple) -> Any:
    return simple.python if isinstance(simple, EnumShape) else simple.hint


def _source(simple: Simple) -> str:
    return f"«{id(simple)}»" if isinstance(simple, EnumShape) else simple.source


def _plain_source(simple: Simple) -> str:
    """The annotation of the values alone, without what wsx wants to know about them."""
    if isinstance(simple, EnumShape):
        return _source(simple)
    if simple.source.startswith("Annotated["):
        inner, depth = "", 0
        for character in simple.source.removeprefix("Annotated["):
            if character == "," and depth == 0:
                return inner
            depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(character, 0)
            inner += character
    return simple.python.__name__ if simple.python.__module__ == "builtins" else simple.source


def _enums(simple: Simple) -> tuple[EnumShape, ...]:
    return (simple,) if isinstance(simple, EnumShape) else simple.enums


def _default_of(simple: Simple) -> Callable[[str], Any]:
    return str.strip if isinstance(simple, EnumShape) else simple.default_of
