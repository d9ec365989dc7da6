"""Values that wsx read, compared with those of the vectors, which are C data: what is absent is zero bytes there."""

from __future__ import annotations

import base64
import datetime
import re
import struct
import uuid
from typing import Any, Final

from tests.conformance.tables import LAST_TICK, YEAR_1, ZERO_GUID, is_pointer, is_zero
from tests.conformance.vectors import matches
from wsx import UNSET, Fault, FaultCode, XmlQName

__all__ = ["Comparison", "fault_notation", "notation"]

ABSENT: Final = "absent_is_unset"
EMPTY: Final = "empty_text_field"
UTC: Final = "zero_offset_is_utc"

_ZERO_OFFSET: Final = re.compile(r"[+-]00:00")
_LARGEST_OFFSET: Final = 14 * 3600 * 10**7
_REPEATING: Final = ("repeating_element", "repeating_element_choice", "repeating_any_element")


def _datetime_notation(found: datetime.datetime) -> Any:
    utc = datetime.timezone.utc
    form = "none" if found.tzinfo is None else "utc" if found.tzinfo is utc else "local"
    since = (found if found.tzinfo is None else found.astimezone(utc)).replace(tzinfo=None) - YEAR_1
    ticks = (since.days * 86400 + since.seconds) * 10**7 + since.microseconds * 10
    return {"ticks": ticks + getattr(found, "hundred_nanoseconds", 0), "format": form}


def fault_notation(fault: Fault) -> Any:
    def code(found: FaultCode) -> dict[str, Any]:
        made: dict[str, Any] = {"name": found.value.local_name, "ns": found.value.ns}
        return made if found.sub_code is None else made | {"sub": code(found.sub_code)}

    return {
        "code": code(fault.code),
        "reasons": [{"text": reason.text, "lang": reason.lang} for reason in fault.reasons],
        "actor": fault.actor,
        "node": fault.node,
        "has_detail": fault.detail is not None,
    }


def notation(kind: str, found: Any) -> Any:
    """A scalar that was read, in vector notation."""
    match kind:
        case _ if found is None or found is UNSET:
            return None
        case "double":
            return {"f64": struct.pack(">d", found).hex()}
        case "float":
            return {"f32": struct.pack(">f", found).hex()}
        case "bytes" | "byte_array":
            return {"base64": base64.b64encode(found).decode()}
        case "guid":
            return str(found)
        case "unique_id" if isinstance(found, uuid.UUID):
            return {"uri": None, "guid": str(found)}
        case "unique_id":
            return {"uri": found, "guid": ZERO_GUID}
        case "datetime":
            return _datetime_notation(found)
        case "timespan":
            return ((found.days * 86400 + found.seconds) * 10**6 + found.microseconds) * 10 + getattr(
                found, "hundred_nanoseconds", 0
            )
        case "decimal":
            return str(found)
        case "qname":
            assert isinstance(found, XmlQName)
            return {"name": found.local_name, "ns": found.ns}
        case "enum":
            return int(found)
        case "fault":
            return fault_notation(found)
        case "description":
            return True
    return found


class Comparison:
    """Compares a value with what is wanted; ``rules`` are the deliberate differences that were needed for that."""

    def __init__(self, document: str) -> None:
        self.document = document
        self.rules: set[str] = set()

    def value(self, kind: str, table: Any, want: Any, found: Any) -> bool:
        if kind == "struct" and table is not None:
            if want is None or found is None or found is UNSET:
                return want is None and (found is None or found is UNSET)
            return set(want) <= {entry["member"] for entry in table["fields"]} and all(
                self.member(entry, want[entry["member"]], found.get(entry["member"], UNSET))
                for entry in table["fields"]
                if entry["member"] in want
            )
        if kind == "union":
            return self._choice(table, want, found)
        if kind == "datetime" and want is not None and found not in (None, UNSET):
            return self._moment(want, _datetime_notation(found))
        got = notation(kind, found)
        if kind == "unique_id" and isinstance(want, dict) and isinstance(got, dict):
            # A null guid is the zero one.
            return all((want.get(key) or ZERO_GUID) == (got[key] or ZERO_GUID) for key in ("uri", "guid"))
        return matches(want, got)

    def member(self, entry: Any, want: Any, found: Any) -> bool:
        kind = entry["type"]
        if found is UNSET or found is None:
            return self._absent(entry, want, found)
        if entry["mapping"] in _REPEATING:
            return (
                isinstance(want, list)
                and len(want) == len(found)
                and all(self.value(kind, entry.get("desc"), *pair) for pair in zip(want, found, strict=True))
            )
        if entry["mapping"] == "text" and want is None and found in ("", b""):
            self.rules.add(EMPTY)
            return True
        return self.value(kind, entry.get("desc"), want, found)

    def _absent(self, entry: Any, want: Any, found: Any) -> bool:
        kind = entry["type"]
        if want is None:
            return True
        if found is None or is_pointer(entry):
            return False
        if entry["mapping"] in _REPEATING:
            zero = bool(want == [])
        elif kind == "union":
            zero = bool(want.get("select") == (entry["desc"] or {}).get("none_value"))
        else:
            zero = is_zero(kind, want)
        if zero:
            self.rules.add(ABSENT)
        return zero

    def _choice(self, table: Any, want: Any, found: Any) -> bool:
        if want is None or found is None or found is UNSET:
            return want is None and (found is None or found is UNSET)
        arm = next((arm["field"] for arm in table["fields"] if arm["value"] == found.select), None)
        if want["select"] != found.select or arm is None:
            return bool(want["select"] == found.select)
        return "value" not in want or self.member(arm, want["value"], found.value)

    def _moment(self, want: Any, got: Any) -> bool:
        if matches(want, got):
            return True
        if (want["ticks"], want["format"], got["format"]) != (got["ticks"], "local", "utc"):
            return False
        # Python has one zero offset, and no time in another zone that is outside of its years.
        edge = min(want["ticks"], LAST_TICK - want["ticks"]) < _LARGEST_OFFSET
        if edge or _ZERO_OFFSET.search(self.document):
            self.rules.add(UTC)
            return True
        return False
