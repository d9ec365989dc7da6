"""Python values of the model that the standard library has no type for."""

from __future__ import annotations

import datetime as _datetime
import operator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Final, SupportsIndex, final

from wsx.fragment import XmlBuffer
from wsx.names import XmlQName

__all__ = [
    "UNSET",
    "Choice",
    "DateTime",
    "Duration",
    "EndpointAddress",
    "Fault",
    "FaultCode",
    "FaultReason",
    "TimeSpan",
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

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """``X | Unset`` in models of pydantic, which is loaded when it asks for this."""
        return import_module("pydantic_core.core_schema").is_instance_schema(cls)


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


class TimeSpan(_datetime.timedelta):
    """A timedelta with ticks of 100 ns, as WS_TIMESPAN has them.

    Reading makes one only where microseconds do not suffice; ``hundred_nanoseconds`` (0-9) is added to the
    microseconds, also below zero. Arithmetic gives plain microseconds again.
    """

    hundred_nanoseconds: int

    def __new__(cls, *args: Any, hundred_nanoseconds: int = 0, **kwargs: Any) -> TimeSpan:
        if not 0 <= hundred_nanoseconds <= 9:
            raise ValueError(f"hundred_nanoseconds must be 0 to 9, not {hundred_nanoseconds}")
        self = super().__new__(cls, *args, **kwargs)
        self.hundred_nanoseconds = hundred_nanoseconds
        return self

    @staticmethod
    def of_ticks(ticks: int) -> _datetime.timedelta:
        """The span of that many 100 ns: a plain timedelta where it is exact."""
        microseconds, rest = divmod(ticks, 10)
        if rest:
            return TimeSpan(microseconds=microseconds, hundred_nanoseconds=rest)
        return _datetime.timedelta(microseconds=microseconds)

    @property
    def ticks(self) -> int:
        """The span in 100 ns."""
        return ((self.days * 86400 + self.seconds) * 1_000_000 + self.microseconds) * 10 + self.hundred_nanoseconds

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _datetime.timedelta):
            return NotImplemented
        return super().__eq__(other) and self.hundred_nanoseconds == getattr(other, "hundred_nanoseconds", 0)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return super().__hash__()

    def __repr__(self) -> str:
        return f"wsx.TimeSpan.of_ticks({self.ticks})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (TimeSpan.of_ticks, (self.ticks,))


_UINT32 = range(1 << 32)


@dataclass(frozen=True)
class Duration:
    """xs:duration: a sign and counters of their own, never carried into each other (WS_DURATION).

    ``milliseconds`` (0-999) and ``ticks`` of 100 ns (0-9999) are the fraction of a second.
    """

    negative: bool = False
    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: int = 0
    milliseconds: int = 0
    ticks: int = 0

    def __post_init__(self) -> None:
        for name in ("years", "months", "days", "hours", "minutes", "seconds"):
            if type(getattr(self, name)) is not int or getattr(self, name) not in _UINT32:
                raise ValueError(f"Duration.{name} must be an int of 32 bits, not {getattr(self, name)!r}")
        if self.milliseconds not in range(1000) or self.ticks not in range(10_000):
            raise ValueError("Duration.milliseconds must be below 1000 and Duration.ticks below 10000")

    @property
    def fraction(self) -> int:
        """The fraction of a second in ticks of 100 ns."""
        return self.milliseconds * 10_000 + self.ticks

    @classmethod
    def of_timedelta(cls, span: _datetime.timedelta) -> Duration:
        """Days, hours, minutes and seconds of a timedelta; no years and months."""
        total = ((span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds) * 10
        total += getattr(span, "hundred_nanoseconds", 0)
        seconds, fraction = divmod(abs(total), 10_000_000)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        return cls(total < 0, 0, 0, days, hours, minutes, seconds, fraction // 10_000, fraction % 10_000)

    def to_timedelta(self) -> _datetime.timedelta:
        """The span as a timedelta; ValueError when there are years or months, whose length is not fixed."""
        if self.years or self.months:
            raise ValueError("a duration with years or months has no fixed length")
        seconds = ((self.days * 24 + self.hours) * 60 + self.minutes) * 60 + self.seconds
        ticks = seconds * 10_000_000 + self.fraction
        return TimeSpan.of_ticks(-ticks if self.negative else ticks)


@dataclass(frozen=True)
class Choice:
    """One element of a choice: the selector of its arm and the arm's value (the selector and union of WWSAPI)."""

    select: Any
    value: Any = None


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
    """Where a message goes (WS_ENDPOINT_ADDRESS).

    ``url`` is the escaped absolute URL of the endpoint, "" for the anonymous one. The rest are fragments
    (:class:`wsx.XmlBuffer`): ``headers`` the content of ReferenceParameters, which become headers of messages that are
    sent there; ``extensions`` other children, such as Metadata; ``identity`` the Identity element.
    """

    url: str
    headers: XmlBuffer | None = None
    extensions: tuple[XmlBuffer, ...] = ()
    identity: XmlBuffer | None = None
