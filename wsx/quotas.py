"""Limits on what a peer can make wsx do while reading."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from wsx.errors import InvalidArgument

__all__ = ["Quotas"]

# A depth quota bounds the reader's frame stack; 10,000 open elements are far beyond any real message.
_MAX_DEPTH_SETTABLE: Final = 10_000
# Far beyond any memory, and small enough that sums of quotas stay inside 64 bits.
_MAX_SETTABLE: Final = 0x7FFF_FFFF_FFFF


@dataclass(frozen=True)
class Quotas:
    """What reading a document may use; exceeding one is ``QuotaExceeded`` and names it.

    A value that is no int or outside 1 to 2**47 - 1 (``max_depth``: 10,000) is ``InvalidArgument``.

    ``max_depth``: open elements at once (WS_XML_READER_PROPERTY_MAX_DEPTH; WCF has 32 as well);
    ``max_attributes``: attributes of one element, declarations included (…_MAX_ATTRIBUTES);
    ``max_namespaces``: namespace declarations in force at once (…_MAX_NAMESPACES);
    ``max_name_length``: bytes of one element or attribute name with its prefix;
    ``max_text_length``: bytes of one text or attribute value as it stands in the document;
    ``max_items``: items of one repeating element;
    ``max_value_bytes``: bytes of all values that a reader makes, each rounded up to 16 and with 16 beside it,
    structures with 8 for each field: the counterpart of the message heap's maximum (WS_HEAP_PROPERTY_MAX_SIZE);
    ``max_buffered_bytes``: bytes of a document in pieces that wait for their end: of a tag, text, comment or fragment.
    """

    max_depth: int = 32
    max_attributes: int = 128
    max_namespaces: int = 32
    max_name_length: int = 1024
    max_text_length: int = 64 * 1024 * 1024
    max_items: int = 0x7FFF_FFFF
    max_value_bytes: int = 1 << 30
    max_buffered_bytes: int = 128 * 1024 * 1024

    def __post_init__(self) -> None:
        for quota in fields(self):
            value = getattr(self, quota.name)
            if type(value) is not int or not 1 <= value <= _MAX_SETTABLE:
                raise InvalidArgument(f"Quotas.{quota.name} must be an int from 1 to 2**47 - 1, not {value!r}")
        if self.max_depth > _MAX_DEPTH_SETTABLE:
            raise InvalidArgument(f"Quotas.max_depth can be at most {_MAX_DEPTH_SETTABLE}, not {self.max_depth}")
