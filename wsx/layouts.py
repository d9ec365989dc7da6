"""Where the fields of rows in memory lie: NumPy arrays, ctypes arrays, and other buffers of one type.

Nobody's library is imported: NumPy arrays tell by ``__array_interface__``, ctypes by the fields of their classes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from wsx.errors import InvalidArgument, NotSupported

__all__ = ["Layout", "Place", "layout_of"]

# Nanoseconds of the units of NumPy that are always as long.
_UNITS: Final = {
    "D": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_SIZES: Final = {"i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (4, 8), "b": (1,)}
_NATIVE: Final = "<" if sys.byteorder == "little" else ">"
_CODES: Final = {**dict.fromkeys("bhilqn", "i"), **dict.fromkeys("BHILQN", "u"), **dict.fromkeys("fd", "f"), "?": "b"}


@dataclass(frozen=True)
class Place:
    """A field of a row: ``kind`` is NumPy's letter for it (b i u f S U V M m), ``unit`` the nanoseconds of M and m."""

    name: str
    kind: str
    offset: int
    size: int
    unit: int = 0


@dataclass(frozen=True)
class Layout:
    """``rows`` rows from ``address`` on, ``stride`` bytes apart; ``owner`` keeps the memory."""

    address: int
    rows: int
    stride: int
    places: tuple[Place, ...]
    owner: Any


def layout_of(data: Any, address_of: Callable[[memoryview], int]) -> Layout | None:
    """The layout of an array; None for what is none of those. ``address_of`` tells where a buffer is.

    NotSupported names the field that cannot be taken, InvalidArgument refuses more than one dimension.
    """
    if hasattr(type(data), "__array_interface__"):
        return _numpy_layout(data)
    if hasattr(type(data), "_length_") and hasattr(type(data), "_type_"):
        view = memoryview(data)
        cls = type(data)._type_
        places = tuple(_ctypes_places(cls)) if hasattr(cls, "_fields_") else (_ctypes_place("", cls, 0),)
        size = view.nbytes // len(data) if len(data) else 0
        return Layout(address_of(view), len(data), size, places, view)
    try:
        view = memoryview(data)
    except TypeError:
        return None
    if view.ndim != 1 or view.shape is None or view.strides is None:
        raise InvalidArgument(f"rows are an array of one dimension, not of {view.ndim}")
    kind = _CODES.get(view.format.lstrip("@=" + _NATIVE))
    if kind is None:
        raise NotSupported(f"a buffer of format {view.format!r} has no columns")
    return Layout(address_of(view), view.shape[0], view.strides[0], (Place("", kind, 0, view.itemsize),), view)


def _numpy_layout(data: Any) -> Layout:
    interface = data.__array_interface__
    if len(interface["shape"]) != 1:
        raise InvalidArgument(f"rows are an array of one dimension, not of {len(interface['shape'])}")
    dtype = data.dtype
    if dtype.names is None:
        places: tuple[Place, ...] = (_numpy_place("", interface["typestr"], 0),)
    else:
        places = tuple(
            _numpy_place(name, "|O" if field.subdtype or field.names else field.str, offset)
            for name, (field, offset, *_) in ((name, dtype.fields[name]) for name in dtype.names)
        )
    stride = dtype.itemsize if interface.get("strides") is None else interface["strides"][0]
    return Layout(interface["data"][0], interface["shape"][0], stride, places, data)


def _numpy_place(name: str, code: str, offset: int) -> Place:
    shown = f"field {name!r}" if name else "the array"
    found = re.fullmatch(r"([<>|=])([a-zA-Z])(\d+)(?:\[(\d*)(\w+)\])?", code)
    if found is None or found[2] not in "biufSUVMm":
        raise NotSupported(f"{shown}: type {code} of NumPy cannot be a column")
    order, kind, size = found[1], found[2], int(found[3])
    if order not in ("|", "=", _NATIVE) and size > 1:
        raise NotSupported(f"{shown}: type {code} is not in this machine's byte order; use newbyteorder('=')")
    if size not in _SIZES.get(kind, (size,)):
        raise NotSupported(f"{shown}: numbers of {8 * size} bits cannot be a column")
    if kind == "U":
        size *= 4
    unit = 0
    if kind in "Mm":
        if found[5] not in _UNITS:
            raise NotSupported(f"{shown}: {code} has a unit that is not always as long, or none")
        unit = _UNITS[found[5]] * int(found[4] or 1)
        if (unit < _UNITS["s"] and _UNITS["s"] % unit) or (unit > _UNITS["s"] and unit % _UNITS["s"]):
            raise NotSupported(f"{shown}: a unit of {unit} ns does not divide seconds")
    return Place(name, kind, offset, size, unit)


def _ctypes_places(cls: Any) -> Iterator[Place]:
    for base in reversed(cls.__mro__):
        for name, kind, *bits in base.__dict__.get("_fields_", ()):
            if bits:
                raise NotSupported(f"field {name!r}: bits of a ctypes field cannot be a column")
            yield _ctypes_place(name, kind, getattr(cls, name).offset)


def _ctypes_place(name: str, cls: Any, offset: int) -> Place:
    shown = f"field {name!r}" if name else "the array"
    code, length = getattr(cls, "_type_", None), getattr(cls, "_length_", None)
    size = _size_of(cls)
    if length is not None:
        kind = {"c": "S", "u": "U"}.get(getattr(code, "_type_", ""), "V" if getattr(code, "_type_", "") == "B" else "")
        if kind == "U" and length and size != 4 * length:
            kind = ""  # characters of 16 bits
    else:
        kind = _CODES.get(code, "") if isinstance(code, str) else ""
    swapped = getattr(cls, "__ctype_be__" if _NATIVE == "<" else "__ctype_le__", None) is cls and size > 1
    if not kind or swapped:
        raise NotSupported(f"{shown}: {cls.__name__} cannot be a column")
    return Place(name, kind, offset, size)


def _size_of(cls: Any) -> int:
    """Bytes of a ctypes class, which tells them only of its instances."""
    return memoryview(cls()).nbytes
