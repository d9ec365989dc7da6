"""Tables and values of the vectors as those of wsx.

A vector holds C data: a member that is all zero bytes is absent where it is OPTIONAL, NULL text is empty text where it
is required. A :class:`Builder` says what stands for that in Python. It builds in one of three ways, so that the
deliberate differences of wsx can be predicted instead of being listed vector by vector:

PLAIN
    the table and the value as they are;
ADAPTED
    what a Python program does to get the same bytes: UNSET for an optional zero, an empty text for a NULL one, a table
    without the limits that the value breaks;
EXPLICIT
    the table that says what wsx does with the PLAIN value: an optional zero is in the document as if required.

``Builder.rules`` are the names of the differences met on the way; where there are none, the three are the same.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import struct
import uuid
from typing import Any, Final

from tests.conformance.vectors import NoCounterpart, Unmapped
from wsx import (
    UNSET,
    AttributeDescription,
    Choice,
    DateTime,
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    ReadOption,
    StructDescription,
    StructOption,
    TimeSpan,
    Type,
    UnionDescription,
    UnionFieldDescription,
    WriteOption,
    XmlQName,
)
from wsx.legality import NAMELESS, OWN_NIL
from wsx.limits import SCALAR_DESCRIPTIONS

__all__ = ["NIL", "RANGE", "Builder", "Twin", "Way", "is_zero", "read_option", "type_of", "write_option"]

ZERO: Final = "optional_zero"
NIL: Final = "required_nil"
RANGE: Final = "range_on_write"
NAMES: Final = "python_names"

ZERO_GUID: Final = str(uuid.UUID(int=0))
YEAR_1: Final = datetime.datetime(1, 1, 1)
LAST_TICK: Final = 3155378975999999999

_TYPES: Final = {"qname": Type.XML_QNAME}
_LIMITS: Final = {
    "min": "min_value",
    "max": "max_value",
    "min_chars": "min_char_count",
    "max_chars": "max_char_count",
    "min_bytes": "min_byte_count",
    "max_bytes": "max_byte_count",
}
_REPEATING: Final = ("repeating_element", "repeating_element_choice", "repeating_any_element")
# Members that are pointers by themselves (README §3).
_POINTERS: Final = ("wsz", "description", "xml_buffer")


class Way(enum.Enum):
    """How a :class:`Builder` builds."""

    PLAIN = enum.auto()
    ADAPTED = enum.auto()
    EXPLICIT = enum.auto()


class Twin(int):
    """A second name of a number in an enumeration: in Python the two are different values."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def type_of(name: str) -> Type:
    if name in _TYPES:
        return _TYPES[name]
    if name.upper() not in Type.__members__:
        raise Unmapped(f"type {name}")
    return Type[name.upper()]


def write_option(name: str) -> WriteOption:
    """The option; a number that is none stays one."""
    return 0 if name == "zero" else _member(WriteOption, name, "write option")  # type: ignore[return-value]


def read_option(name: str) -> ReadOption:
    """The option; a number that is none stays one."""
    return 0 if name == "zero" else _member(ReadOption, name, "read option")  # type: ignore[return-value]


def _member(kind: Any, name: str, what: str) -> Any:
    if name.upper() not in kind.__members__:
        raise Unmapped(f"{what} {name}")
    return kind[name.upper()]


def is_zero(kind: str, given: Any) -> bool:
    """Is every byte of the C value zero?"""
    match kind:
        case _ if given is None or given is False:
            return True
        case "double" | "float":
            return not int(given["f64" if kind == "double" else "f32"], 16)
        case "datetime":
            return bool(given["ticks"] == 0 and given["format"] == "utc")
        case "guid":
            return bool(given == ZERO_GUID)
        case "unique_id":
            return given["uri"] is None and given.get("guid") in (None, ZERO_GUID)
    return isinstance(given, int) and given == 0


def is_pointer(entry: Any) -> bool:
    """Is the member of the structure a pointer, so that null is NULL?"""
    return "pointer" in (entry.get("options") or ()) or entry["type"] in _POINTERS


class Builder:
    """Builds descriptions and values, see the module. ``offset`` is the zone of local times, which no vector holds."""

    def __init__(self, way: Way = Way.PLAIN, offset: datetime.timedelta | None = None) -> None:
        self.way = way
        self.offset = offset
        self.rules: set[str] = set()
        self.local_times = 0
        self.ranges_off = way is Way.ADAPTED

    # Descriptions

    def element(self, table: Any, given: Any = None) -> ElementDescription:
        """``given``, the value that will be written (in vector notation), decides what the table must be like."""
        return ElementDescription(table["name"], table["ns"], *self.described(table, given))

    def attribute(self, table: Any, given: Any = None) -> AttributeDescription:
        return AttributeDescription(table["name"], table["ns"], *self.described(table, given))

    def described(self, table: Any, given: Any = None) -> tuple[Type, Any]:
        """Type and description of what has the keys ``type`` and ``desc``."""
        return type_of(table["type"]), self.description(table["type"], table.get("desc"), given)

    def description(self, kind: str, table: Any, given: Any = None) -> Any:
        if table is None:
            return None
        match kind:
            case "enum":
                return self._enumeration(table)
            case "struct":
                options = StructOption(0)
                for option in table.get("options", ()):
                    options |= _member(StructOption, option, "structure option")
                values = given if isinstance(given, dict) else {}
                fields = [self.field(entry, values.get(entry["member"])) for entry in table["fields"]]
                names = {"type_local_name": table.get("type_name"), "type_ns": table.get("type_ns")}
                return StructDescription(dict, fields, options=options, **names)
            case "union":
                chosen = given if isinstance(given, dict) else {}
                arms = []
                for arm in table["fields"]:
                    value = chosen.get("value") if chosen.get("select") == arm["value"] else None
                    arms.append(UnionFieldDescription(arm["value"], self.field(arm["field"], value)))
                return UnionDescription(arms, none_value=table.get("none_value", UNSET))
        return self._limits(kind, table, given)

    @staticmethod
    def _enumeration(table: Any) -> EnumDescription:
        values: dict[str, int] = {}
        for entry in table["values"]:
            number = entry["value"]
            values[entry["name"]] = Twin(number) if number in values.values() else number
        return EnumDescription(values)

    def _limits(self, kind: str, table: Any, given: Any) -> Any:
        if not table:
            return None
        made = SCALAR_DESCRIPTIONS.get(type_of(kind))
        if made is None:
            raise Unmapped(f"description of type {kind}")
        found = {
            _LIMITS.get(key, key): self.scalar(kind, value) if key in ("min", "max", "value") else value
            for key, value in table.items()
        }
        try:
            built = made(**found)
        except TypeError as error:
            raise Unmapped(f"description of type {kind}: {error}") from error
        if given is not None and _outside(kind, table, given):
            self.rules.add(RANGE)
            if self.ranges_off:
                return None
        return built

    def field(self, entry: Any, given: Any = None) -> FieldDescription:
        mapping = _member(FieldMapping, entry["mapping"].replace("no_mapping", "no"), "mapping")
        options = FieldOption(0)
        for option in entry.get("options") or ():
            options |= _member(FieldOption, option, "field option")
        if self._omitted_zero(entry, given) and self.way is Way.EXPLICIT:
            options &= ~FieldOption.OPTIONAL
        names = self._names(entry, mapping, given)
        if "default" in entry and (options & FieldOption.OPTIONAL or mapping is FieldMapping.NO):
            names["default"] = self.scalar(entry["type"], entry["default"])
        if entry["mapping"] in _REPEATING:
            # One table serves all items: the first one that breaks its limits decides.
            items = given or ()
            described = [self.described(entry, item) for item in items] or [self.described(entry)]
            kind, table = next((pair for pair in described if pair[1] is None), described[0])
        else:
            kind, table = self.described(entry, given)
        return FieldDescription(entry["member"], kind, table, mapping=mapping, options=options, **names)

    def _names(self, entry: Any, mapping: FieldMapping, given: Any) -> dict[str, Any]:
        names: dict[str, Any] = {}
        if mapping in NAMELESS:
            return {"ns": entry["ns"]} if entry.get("ns") else {}
        names["local_name"] = entry.get("name")
        if mapping is not FieldMapping.XML_ATTRIBUTE:
            names["ns"] = entry.get("ns")
        if entry["mapping"] in ("element", "attribute", "xml_attribute") and entry.get("name") is None:
            self.rules.add(NAMES)
            if self.way is not Way.PLAIN:
                # A field of wsx without a name has its member's; no name at all is not a name.
                names["local_name"] = "" if self.way is Way.ADAPTED else entry["member"]
        if mapping is FieldMapping.REPEATING_ELEMENT:
            names |= {"item_local_name": entry.get("item_name"), "item_ns": entry.get("item_ns")}
        if entry.get("item_range"):
            least, most = entry["item_range"]
            names["item_range"] = (least, most)
            if given is not None and not least <= len(given) <= most:
                self.rules.add(RANGE)
                if self.ranges_off:
                    del names["item_range"]
        return names

    # Values

    @staticmethod
    def _omitted_zero(entry: Any, given: Any) -> bool:
        """Is it a value whose zero bytes say `absent` in C, and which is a value like any other in Python?"""
        return (
            "optional" in (entry.get("options") or ())
            and not is_pointer(entry)
            and entry["mapping"] in ("element", "attribute", "xml_attribute")
            and given is not None
            and is_zero(entry["type"], given)
        )

    def member(self, entry: Any, given: Any) -> Any:
        """The value of a member of a structure."""
        options = entry.get("options") or ()
        if given is None and "optional" in options:
            return UNSET
        if entry["mapping"] in _REPEATING:
            if given is None:
                return None if "nillable" in options else []
            return [self._single(entry, item, nillable="nillable_item" in options) for item in given]
        if self._omitted_zero(entry, given):
            self.rules.add(ZERO)
            return UNSET if self.way is Way.ADAPTED else self.scalar(entry["type"], given)
        return self._single(entry, given, nillable="nillable" in options)

    def _single(self, entry: Any, given: Any, *, nillable: bool) -> Any:
        if given is None:
            if is_pointer(entry):
                return None
            if type_of(entry["type"]) in OWN_NIL:
                if nillable:
                    return None
                self.rules.add(NIL)
                return _empty(entry["type"]) if self.way is Way.ADAPTED else None
        return self.value(entry["type"], entry.get("desc"), given)

    def value(self, kind: str, table: Any, given: Any) -> Any:
        """A value in vector notation as a Python value; null is all zero bytes."""
        if kind == "struct":
            if table is None:
                return given
            values = given or {}
            return {entry["member"]: self.member(entry, values.get(entry["member"])) for entry in table["fields"]}
        if kind == "union" and table is not None:
            return self._choice(table, given or {"select": 0})
        if kind == "enum" and table is not None:
            return 0 if given is None else given
        return self.scalar(kind, given)

    def top(self, table: Any, option: str, given: Any) -> Any:
        """The value argument of a call: null is NULL for the options with a pointer, else all zero bytes."""
        if given is None and (option.endswith("_pointer") or option == "zero" or type_of(table["type"]) in OWN_NIL):
            return None
        return self.value(table["type"], table.get("desc"), given)

    def _choice(self, table: Any, given: Any) -> Choice:
        arm = next((arm["field"] for arm in table["fields"] if arm["value"] == given["select"]), None)
        return Choice(given["select"], None if arm is None else self._arm(arm, given.get("value")))

    def _arm(self, entry: Any, given: Any) -> Any:
        return (
            self.member(entry, given)
            if given is None or entry["mapping"] in _REPEATING
            else self._single(entry, given, nillable=True)
        )

    def scalar(self, kind: str, given: Any) -> Any:
        match kind:
            case "bool":
                return bool(given)
            case "double":
                return 0.0 if given is None else struct.unpack(">d", bytes.fromhex(given["f64"]))[0]
            case "float":
                return 0.0 if given is None else struct.unpack(">f", bytes.fromhex(given["f32"]))[0]
            case "bytes" | "byte_array" | "base64":
                return None if given is None else base64.b64decode(given["base64"])
            case "xml_string" | "utf8_array" | "utf8" if isinstance(given, dict):
                # What is not UTF-8 is no text: lone surrogates are what Python has for such bytes.
                return base64.b64decode(given["base64"]).decode("utf-8", "surrogateescape")
            case "guid":
                return uuid.UUID(given or ZERO_GUID)
            case "unique_id":
                return _unique_id(given)
            case "datetime":
                return self._moment(given or {"ticks": 0, "format": "utc"})
            case "timespan":
                return TimeSpan.of_ticks(given or 0)
            case "decimal":
                return decimal.Decimal(given or 0)
            case "qname":
                return XmlQName("", "") if given is None else XmlQName(given["name"], given["ns"])
        if given is None and (kind.startswith(("int", "uint")) or kind == "enum"):
            return 0
        return given

    def _moment(self, given: Any) -> datetime.datetime:
        ticks, form = given["ticks"], given["format"]
        if form not in ("utc", "local", "none") or not 0 <= ticks <= LAST_TICK:
            raise NoCounterpart("no_such_datetime", f"{ticks} ticks, {form}")
        found = YEAR_1 + datetime.timedelta(microseconds=ticks // 10)
        if form == "local":
            self.local_times += 1
            zone = datetime.timezone(self.offset or datetime.timedelta(0))
            found = (found + (self.offset or datetime.timedelta(0))).replace(tzinfo=zone)
        elif form == "utc":
            found = found.replace(tzinfo=datetime.timezone.utc)
        return DateTime.of(found, ticks % 10) if ticks % 10 else found


def _unique_id(given: Any) -> uuid.UUID | str:
    if given is None:
        return uuid.UUID(int=0)
    if isinstance(given, str):
        return uuid.UUID(given)
    uri: str | None = given.get("uri")
    return uuid.UUID(given.get("guid") or ZERO_GUID) if uri is None else uri


def _empty(kind: str) -> str | bytes:
    return b"" if kind in ("bytes", "byte_array") else ""


def _outside(kind: str, table: Any, given: Any) -> bool:
    """Does the value break the limits of its description?"""
    if "value" in table:
        return bool(given != table["value"])
    if "min_chars" in table or "max_chars" in table:
        return not table.get("min_chars", 0) <= len(given) <= table.get("max_chars", 1 << 32)
    if "min_bytes" in table or "max_bytes" in table:
        size = len(base64.b64decode(given["base64"])) if isinstance(given, dict) else len(given.encode())
        return not table.get("min_bytes", 0) <= size <= table.get("max_bytes", 1 << 32)
    if kind in ("double", "float", "datetime", "timespan", "decimal"):
        plain = Builder()
        value = plain.scalar(kind, given)
        least, most = (plain.scalar(kind, table[key]) if key in table else value for key in ("min", "max"))
        return not least <= value <= most
    return not table.get("min", given) <= given <= table.get("max", given)
