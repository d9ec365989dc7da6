"""Golden vectors: loading a file of them, what each one binds, and how results compare."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from wsx.errors import NotSupported, WsError

__all__ = [
    "LISTED",
    "SHARED",
    "Listed",
    "NoCounterpart",
    "Outcome",
    "Result",
    "Status",
    "Unmapped",
    "Vector",
    "Verdict",
    "failed_call",
    "load",
    "matches",
    "wanted",
]

Vector: TypeAlias = dict[str, Any]
Result: TypeAlias = dict[str, Any]

SHARED: Final = Path(__file__).parents[3] / "shared" / "vectors" / "wwsapi.jsonl"
LISTED: Final = Path(__file__).with_name("listed.json")

# Keys that are for the reader, or that name a result in another form as well.
_PROSE: Final = frozenset({"note", "repr", "reason"})


class Unmapped(Exception):
    """The vector uses something that this runner has no mapping of: a function, a kind, a type."""


class NoCounterpart(Exception):
    """The vector is about something that wsx does not have; the text is the name of a rule of the list."""

    def __init__(self, rule: str, detail: str = "") -> None:
        super().__init__(rule if not detail else f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail


class Status(enum.Enum):
    """What became of a vector."""

    PASSED = "passed"
    LISTED = "listed"
    FAILED = "failed"
    UNMAPPED = "unmapped"
    UNBOUND = "unbound"


@dataclass(frozen=True)
class Verdict:
    """What became of one vector; ``rule`` is why it is listed, ``detail`` what differs."""

    vector: Vector
    status: Status
    rule: str = ""
    detail: str = ""

    @property
    def id(self) -> str:
        return str(self.vector.get("id", "?"))

    @property
    def group(self) -> str:
        return str(self.vector.get("group", "?"))


@dataclass
class Outcome:
    """What wsx made of a vector. ``rules`` are the deliberate differences that explain it (empty: it is as wanted);
    ``difference`` says what is not explained by any."""

    difference: str = ""
    rules: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Listed:
    """The checked-in list: single vectors and functions with their reasons, and the reasons behind the rules."""

    ids: Mapping[str, str]
    functions: Mapping[str, str]
    rules: Mapping[str, str]

    @classmethod
    def load(cls, path: Path = LISTED) -> Listed:
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(data["ids"], data["functions"], data["rules"])


def load(path: Path) -> list[Vector]:
    """The vectors of a file with one JSON object per line; blank lines do not count."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def wanted(vector: Vector) -> Result | None:
    """What the vector binds, possibly a part of a result; None when it binds nothing."""
    if not vector.get("wine_only"):
        expect: Result = vector["expect"]
        return expect
    partial: Result | None = vector.get("windows") or vector.get("likely")
    return partial if partial and set(partial) - _PROSE else None


def failed_call(error: WsError) -> Result:
    """The result of a call that raised; what this version refuses to do at all is marked."""
    made = {"hr": error.code.name, "error": str(error)}
    return made | {"not_yet": str(error)} if isinstance(error, NotSupported) else made


def matches(want: Any, got: Any, *, without: Iterable[str] = ()) -> bool:
    """Is ``got`` what is wanted? Only the keys that ``want`` has count; any NaN equals any NaN."""
    if isinstance(want, dict):
        if not isinstance(got, dict):
            return False
        for kind in ("f64", "f32"):
            if kind in want and kind in got:
                return _same_bits(want[kind], got[kind])
        skipped = _PROSE.union(without)
        return all(matches(want[key], got.get(key)) for key in want if key not in skipped)
    if isinstance(want, list):
        return isinstance(got, list) and len(want) == len(got) and all(map(matches, want, got))
    return bool(want == got)


def _same_bits(one: str, other: str) -> bool:
    return one.lower() == other.lower() or (_is_nan(one) and _is_nan(other))


def _is_nan(bits: str) -> bool:
    """All exponent bits and at least one of the fraction."""
    digits = len(bits)
    value = int(bits, 16) & ((1 << 4 * digits - 1) - 1)
    exponent = 0x7FF0_0000_0000_0000 if digits == 16 else 0x7F80_0000
    return value > exponent
