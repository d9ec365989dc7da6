"""Python values of the model that the standard library has no type for."""

from __future__ import annotations

import datetime as _datetime
from dataclasses import dataclass
from typing import Any, Final, final

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
    _instance: Unset | None = None

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
    that digit (0–9). Arithmetic gives plain microseconds again.
    """

    hundred_nanoseconds: int

    def __new__(cls, *args: Any, hundred_nanoseconds: int = 0, **kwargs: Any) -> DateTime:
        if not 0 <= hundred_nanoseconds <= 9:
            raise ValueError(f"hundred_nanoseconds must be 0 to 9, not {hundred_nanoseconds}")
        self = super().__new__(cls, *args, **kwargs)
        self.hundred_nanoseconds = hundred_nanoseconds
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

    def __eq__(self, other: object) -> bool:
        same = super().__eq__(other)
        if same is True:
            return self.hundred_nanoseconds == getattr(other, "hundred_nanoseconds", 0)
        return same

    def __hash__(self) -> int:
        return super().__hash__()

    def __repr__(self) -> str:
        plain = super().__repr__().partition("(")[2][:-1]
        return f"wsx.DateTime({plain}, hundred_nanoseconds={self.hundred_nanoseconds})"

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        moment = _datetime.datetime.combine(self.date(), self.timetz())
        return (DateTime.of, (moment, self.hundred_nanoseconds))


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
        """The reason in ``lang`` (a prefix such as ``en`` matches ``en-US``), else the first one, else ""."""
        for reason in self.reasons:
            if reason.lang.lower() == lang.lower() or reason.lang.lower().startswith(f"{lang.lower()}-"):
                return reason.text
        return self.reasons[0].text if self.reasons else ""


@dataclass(frozen=True)
class EndpointAddress:
    """Where a message goes: ``url`` is the escaped absolute URL of the endpoint (WS_ENDPOINT_ADDRESS)."""

    url: str
