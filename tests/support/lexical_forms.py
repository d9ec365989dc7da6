"""The texts of values, made by Python's own conversions (types.md §6)."""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import math
from decimal import Decimal
from typing import Any

import numpy as np

from wsx.descriptions import Type


def windows_real(digits: str, exponent: int, negative: bool) -> str:
    """The text of d.ddd × 10 ** exponent as WWSAPI writes it: plain while the exponent is -1 to 14."""
    digits = digits.rstrip("0") or "0"
    if 0 <= exponent <= 14:
        whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    elif exponent == -1:
        whole, fraction = "0", digits
    else:
        whole, fraction = digits[0], digits[1:]
    number = whole + ("." + fraction if fraction else "")
    if not -1 <= exponent <= 14:
        number += f"E{'-' if exponent < 0 else '+'}{abs(exponent)}"
    return "-" * negative + number


def expected_double(value: float) -> str:
    """From the digits of repr, which are the shortest that round-trip."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    if not any(digits):
        return "-0" if sign else "0"
    return windows_real("".join(map(str, digits)), exponent + len(digits) - 1, bool(sign))


def expected_float(value: float) -> str:
    """From the shortest digits that NumPy finds for the 32-bit number."""
    number = np.float32(value)
    if not np.isfinite(number) or number == 0:
        return expected_double(float(number))
    digits, _, exponent = np.format_float_scientific(number, unique=True, trim="-").lstrip("-").partition("e")
    return windows_real(digits.replace(".", ""), int(exponent), bool(number < 0))


def expected_datetime(value: datetime.datetime) -> str:
    ticks = value.microsecond * 10 + getattr(value, "hundred_nanoseconds", 0)
    content = f"{value.year:04}-{value.month:02}-{value.day:02}T{value.hour:02}:{value.minute:02}:{value.second:02}"
    if ticks:
        content += "." + f"{ticks:07}".rstrip("0")
    offset = value.utcoffset()
    if offset is None:
        return content
    minutes = round(offset.total_seconds() / 60)
    if minutes == 0:
        return content + "Z"
    return content + f"{'+' if minutes > 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def expected_decimal(value: Decimal) -> str:
    """Plain notation without superfluous zeros."""
    with decimal.localcontext() as context:
        context.prec = 60
        return f"{value.normalize():f}" if value else "0"


def expected_text(type_: Type, value: Any) -> str:
    """The text of any scalar; an enumeration's value is a member whose value is its name."""
    if type_ is Type.BOOL:
        return "true" if value else "false"
    if type_ is Type.FLOAT:
        return expected_float(value)
    if type_ is Type.DOUBLE:
        return expected_double(value)
    if type_ is Type.DECIMAL:
        return expected_decimal(value)
    if type_ is Type.DATETIME:
        return expected_datetime(value)
    if type_ is Type.BYTES:
        return base64.b64encode(value).decode()
    if type_ is Type.ENUM:
        assert isinstance(value, enum.Enum)
        return str(value.value)
    return str(value)
