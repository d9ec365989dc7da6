"""Qualified names."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["XmlQName"]


@dataclass(frozen=True)
class XmlQName:
    """A qualified name: local name and namespace ("" for none), WS_XML_QNAME."""

    local_name: str
    ns: str = ""

    def __str__(self) -> str:
        return f"{{{self.ns}}}{self.local_name}" if self.ns else self.local_name
