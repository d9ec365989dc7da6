"""Namespaces of WSDL and XML Schema, and Python's names for those of a schema."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection
from typing import Final

__all__ = [
    "ENCODING",
    "HTTP_TRANSPORT",
    "RESERVED",
    "SOAP_BINDINGS",
    "WSDL",
    "XML",
    "XS",
    "attribute_name",
    "class_name",
    "constant_name",
    "literal",
    "spelled",
    "unique",
]

XS: Final = "http://www.w3.org/2001/XMLSchema"
XML: Final = "http://www.w3.org/XML/1998/namespace"
WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
ENCODING: Final = "http://schemas.xmlsoap.org/soap/encoding/"
HTTP_TRANSPORT: Final = "http://schemas.xmlsoap.org/soap/http"
# The binding extensions of WSDL 1.1 §3 and of its SOAP 1.2 twin.
SOAP_BINDINGS: Final = {
    "http://schemas.xmlsoap.org/wsdl/soap/": "1.1",
    "http://schemas.xmlsoap.org/wsdl/soap12/": "1.2",
}

# What fields cannot be called: the keywords of a call, and names that classes and their annotations use.
RESERVED: Final = frozenset(
    {"self", "soap_headers", "reply_headers", "types", "wsx", "xsd", "enum", "datetime", "decimal"}
    | {
        "bool",
        "bytes",
        "dict",
        "float",
        "int",
        "list",
        "object",
        "str",
        "abandon_calls",
        "call",
        "preview",
        "close",
        "closed",
        "address",
    }
)
_WORDS: Final = re.compile("[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+|[^A-Za-z0-9_]+")


def _identifier(text: str, fallback: str) -> str:
    """Letters, digits and underscores of ``text``; others become underscores."""
    normal = unicodedata.normalize("NFKC", text)
    made = "".join(c if c == "_" or f"a{c}".isidentifier() else "_" for c in normal).strip("_")
    made = re.sub("__+", "_", made)
    if not made:
        return fallback
    return made if made.isidentifier() else f"{fallback}_{made}"


def _words(text: str) -> list[str]:
    return [word for part in _identifier(text, "x").split("_") for word in (_WORDS.findall(part) or [part]) if word]


def _settled(name: str, taken: Collection[str]) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def attribute_name(local_name: str) -> str:
    """``productName`` → ``product_name``; keywords get an underscore: ``class_``."""
    words = "_".join(_words(local_name)).lower()
    return _settled(words if words.isidentifier() else f"x_{words}", RESERVED)


def class_name(local_name: str) -> str:
    """``purchase-order`` → ``PurchaseOrder``; capitals in the middle stay."""
    joined = "".join(part[:1].upper() + part[1:] for part in _identifier(local_name, "X").split("_"))
    return _settled(joined if joined.isidentifier() else f"X{joined}", ())


def constant_name(value: str) -> str:
    """``in-stock`` → ``IN_STOCK``, the name of an enumeration's member."""
    words = "_".join(_words(value)).upper() if any(c.isalnum() for c in value) else "EMPTY" if not value else "OTHER"
    if not words.isidentifier():
        words = f"VALUE_{words}"
    return f"{words}_" if words in ("NONE", "TRUE", "FALSE") and keyword.iskeyword(words) else words


def literal(value: object) -> str:
    """A str or a number, or a tuple or dict of them, as source; with double quotes where that is possible."""
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    shown = repr(value)
    if shown.startswith("'") and '"' not in shown:
        return f'"{shown[1:-1]}"'
    return shown


def unique(name: str, taken: Collection[str]) -> str:
    """``name``, or ``name_2``, ``name_3`` … where it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def spelled(name: str, ns: str) -> str:
    """A qualified name for messages."""
    return f"{{{ns}}}{name}" if ns else name
