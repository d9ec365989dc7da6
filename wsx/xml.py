"""One element, written or read by its table."""

from __future__ import annotations

from typing import Any, Final

from wsx._reader import read_document
from wsx._scanner import DEFAULT_QUOTAS
from wsx._writer import write_bytes
from wsx.charsets import Charset, declaration, encode
from wsx.declare import element_of
from wsx.descriptions import ElementDescription, ReadOption, WriteOption
from wsx.enumerations import Encoding
from wsx.errors import InvalidArgument, NotSupported
from wsx.leniency import Forgiven, Leniency
from wsx.quotas import Quotas
from wsx.spelling import Spelling

__all__ = ["read_element", "write_element"]

_UTF8: Final = Encoding.XML_UTF8  # a member of an enumeration is found slowly through its class
_CHARSETS: Final = {
    Encoding.XML_UTF8: Charset.UTF8,
    Encoding.XML_UTF16LE: Charset.UTF16LE,
    Encoding.XML_UTF16BE: Charset.UTF16BE,
}


def write_element(
    element: ElementDescription | type,
    value: Any,
    *,
    option: WriteOption = WriteOption.REQUIRED_VALUE,
    value_size: int | None = None,
    encoding: Encoding = _UTF8,
    spelling: Spelling | None = None,
    max_depth: int = 32,
) -> bytes:
    """The bytes of ``value`` as one element (WsWriteElement).

    ``element`` is an ElementDescription or a class made by ``@wsx.struct``; ``option`` says whether None is allowed
    and what it means; ``max_depth`` bounds the elements open at once (1 to 400). ``value_size`` belongs to values in
    buffers (bytes per value); an object has no size, so giving one is E_INVALIDARG. ``encoding`` is UTF-8 or one of
    the two UTF-16; ``spelling`` says which prefixes, empty elements and declaration a peer wants, None is as WWSAPI.

    Raises InvalidArgument for a value of a wrong Python type and for an option that the type does not have,
    NumericOverflow for a number that does not fit, InvalidFormat for what XML cannot carry, QuotaExceeded above
    ``max_depth``. The error's ``path`` names the field.
    """
    if value_size is not None:
        raise InvalidArgument(f"value_size is for values in buffers, not for {type(value).__name__}")
    table = element if type(element) is ElementDescription else element_of(element)
    if spelling is None and encoding is _UTF8:
        return write_bytes(table, value, option, max_depth)
    charset = _CHARSETS.get(encoding)
    if charset is None:
        raise NotSupported(f"encoding {encoding!r} is not there yet: XML_UTF8, XML_UTF16LE, XML_UTF16BE")
    data = write_bytes(table, value, option, max_depth, spelling)
    if spelling is not None and spelling.write_declaration:
        data = declaration(charset) + data
    return encode(data, charset, mark=True)


def read_element(
    element: ElementDescription | type,
    data: Any,
    *,
    option: ReadOption = ReadOption.REQUIRED_VALUE,
    quotas: Quotas = DEFAULT_QUOTAS,
    leniency: Leniency | None = None,
    forgiven: list[Forgiven] | None = None,
) -> Any:
    """The value of a document whose only element is ``element`` (WsReadElement).

    ``data`` is any contiguous bytes-like object holding UTF-8 or UTF-16 (offsets count in UTF-8); nothing but comments,
    processing instructions and white space may stand beside the element. ``option`` says whether the element may be
    missing or nil: then the value is None. ``leniency`` are switches for documents of careless peers; each deviation
    that it lets pass is appended to ``forgiven``.

    Raises InvalidFormat, with path and byte offset, for a document that is not well-formed or not what the table says
    (a DTD always), NumericOverflow for a number out of range, QuotaExceeded for a limit of ``quotas``.
    """
    table = element if type(element) is ElementDescription else element_of(element)
    if leniency is None:
        return read_document(table, data, option, quotas)
    given: tuple[object, object] = leniency, forgiven
    if not isinstance(given[0], Leniency) or not isinstance(given[1], list):
        raise InvalidArgument("leniency must be a wsx.Leniency, and forgiven a list for what it lets pass")
    return read_document(table, data, option, quotas, leniency, forgiven)
