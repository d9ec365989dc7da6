"""Python values of the model that the standard library has no type for."""

from __future__ import annotations

import datetime as _datetime
import operator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, SupportsIndex, final

__all__ = [
    "UNSET",
    "DateTime",
    "EndpointAddress",
    "Fault",
    "FaultCode",
    "FaultReason",
    "Unset",
    "XmlQName",
]


@final
class Unset:
    """Type of :data:`UNSET`: the value of a field that is absent, which is neither nil nor empty nor the default."""

    __slots__ = ()
    _instance: ClassVar[Unset | None] = None

    def __new__(cls) -> Unset:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


class DateTime(_datetime.datetime):
    """A datetime with the seventh decimal of the second, as xs:dateTime of .NET peers has it (ticks of 100 ns).

    Reading makes one only where the seventh digit is not zero, so that no value is lost; ``hundred_nanoseconds`` is
    that digit, 0 to 9. It takes part in comparisons and is kept by ``replace`` and ``astimezone``; arithmetic gives
    plain microseconds again. It compares equal to a plain datetime only when the digit is 0.
    """

    hundred_nanoseconds: int

    def __new__(  # noqa: PLR0917 - the signature of datetime.datetime
        cls,
        year: SupportsIndex,
        month: SupportsIndex,
        day: SupportsIndex,
        hour: SupportsIndex = 0,
        minute: SupportsIndex = 0,
        second: SupportsIndex = 0,
        microsecond: SupportsIndex = 0,
        tzinfo: _datetime.tzinfo | None = None,
        *,
        fold: int = 0,
        hundred_nanoseconds: SupportsIndex = 0,
    ) -> DateTime:
        """As ``datetime.datetime``; ``hundred_nanoseconds`` outside 0 to 9 is a ValueError."""
        digit = operator.index(hundred_nanoseconds)
        if not 0 <= digit <= 9:
            raise ValueError(f"hundred_nanoseconds must be 0 to 9, not {digit}")
        self = super().__new__(cls, year, month, day, hour, minute, second, microsecond, tzinfo, fold=fold)
        self.hundred_nanoseconds = digit
        return self

    @classmethod
    def of(cls, moment: _datetime.datetime, hundred_nanoseconds: int) -> DateTime:
        """``moment`` with its seventh decimal."""
        return cls(
            moment.year,
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
            moment.microsecond,
            moment.tzinfo,
            fold=moment.fold,
            hundred_nanoseconds=hundred_nanoseconds,
        )

    def replace(self, *args: Any, hundred_nanoseconds: SupportsIndex | None = None, **changes: Any) -> DateTime:
        """As ``datetime.replace``; the seventh decimal stays unless ``hundred_nanoseconds`` is given."""
        digit = self.hundred_nanoseconds if hundred_nanoseconds is None else operator.index(hundred_nanoseconds)
        return type(self).of(self._microseconds().replace(*args, **changes), digit)

    def astimezone(self, tz: _datetime.tzinfo | None = None) -> DateTime:
        """The same moment in the zone ``tz`` (None: the machine's), with its seventh decimal."""
        return type(self).of(self._microseconds().astimezone(tz), self.hundred_nanoseconds)

    def _microseconds(self) -> _datetime.datetime:
        return _datetime.datetime.combine(self.date(), self.timetz())

    def _order(self, other: _datetime.datetime) -> int:
        """Negative, zero or positive, as the seventh decimal is less than, equal to or above that of ``other``."""
        digit: int = getattr(other, "hundred_nanoseconds", 0)
        return self.hundred_nanoseconds - digit

    def __eq__(self, other: object) -> bool:
        same = super().__eq__(other)
        return self._order(other) == 0 if same is True and isinstance(other, _datetime.datetime) else same

    def __ne__(self, other: object) -> bool:
        # datetime has a __ne__ of its own, so that the one of object, which asks __eq__, is never reached.
        same = self.__eq__(other)
        return same if same is NotImplemented else not same

    def __lt__(self, other: Any) -> bool:
        return self._order(other) < 0 if super().__eq__(other) is True else super().__lt__(other)

    def __le__(self, other: Any) -> bool:
        return self._order(other) <= 0 if super().__eq__(other) is True else super().__le__(other)

    def __gt__(self, other: Any) -> bool:
        return self._order(other) > 0 if super().__eq__(other) is True else super().__gt__(other)

    def __ge__(self, other: Any) -> bool:
        return self._order(other) >= 0 if super().__eq__(other) is True else super().__ge__(other)

    # Equal values have equal microseconds, so the hash of datetime fits; __eq__ would otherwise remove it.
    __hash__ = _datetime.datetime.__hash__

    def __repr__(self) -> str:
        plain = super().__repr__().partition("(")[2][:-1]
        return f"wsx.DateTime({plain}, hundred_nanoseconds={self.hundred_nanoseconds})"

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return (type(self).of, (self._microseconds(), self.hundred_nanoseconds))


@dataclass(frozen=True)
class XmlQName:
    """A qualified name: local name and namespace ("" for none), WS_XML_QNAME."""

    local_name: str
    ns: str = ""

    def __str__(self) -> str:
        return f"{{{self.ns}}}{self.local_name}" if self.ns else self.local_name


@dataclass(frozen=True)
class FaultCode:
    """One code of a SOAP fault; ``sub_code`` is the next, more specific one (WS_FAULT_CODE)."""

    value: XmlQName
    sub_code: FaultCode | None = None


@dataclass(frozen=True)
class FaultReason:
    """The text of a fault in one language; ``lang`` is an xml:lang tag or "" (WS_FAULT_REASON)."""

    text: str
    lang: str = ""


@dataclass(frozen=True)
class Fault:
    """A SOAP fault of either version (WS_FAULT).

    ``code`` starts the chain from generic to specific; ``actor`` is the SOAP 1.1 faultactor or the SOAP 1.2 Role,
    ``node`` the SOAP 1.2 Node; ``detail`` is the whole detail element as a self-contained XML fragment in UTF-8, None
    when there was none.
    """

    code: FaultCode
    reasons: tuple[FaultReason, ...]
    actor: str = ""
    node: str = ""
    detail: bytes | None = None

    @property
    def codes(self) -> tuple[XmlQName, ...]:
        """The codes, generic first."""
        chain = []
        code: FaultCode | None = self.code
        while code is not None:
            chain.append(code.value)
            code = code.sub_code
        return tuple(chain)

    def reason(self, lang: str = "en") -> str:
        """The reason that fits the language tag ``lang`` best, else the first one, else "".

        RFC 4647 §3.4: for ``en-GB`` first ``en-GB`` and what it starts, such as ``en-GB-oed``, then ``en``.
        """
        wanted = lang.lower()
        while wanted:
            for reason in self.reasons:
                tag = reason.lang.lower()
                if tag == wanted or tag.startswith(f"{wanted}-"):
                    return reason.text
            wanted = wanted.rpartition("-")[0]
        return self.reasons[0].text if self.reasons else ""


@dataclass(frozen=True)
class EndpointAddress:
    """Where a message goes: ``url`` is the escaped absolute URL of the endpoint (WS_ENDPOINT_ADDRESS)."""

    url: str
