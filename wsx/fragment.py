"""XML fragments: the Python value of WS_XML_BUFFER."""

from __future__ import annotations

from dataclasses import dataclass

from wsx.errors import InvalidArgument

__all__ = ["XmlBuffer"]

# What a repr shows of the data.
_SHOWN = 60


@dataclass(frozen=True, slots=True, repr=False)
class XmlBuffer:
    """A part of an XML document (WS_XML_BUFFER): its bytes, and the namespace bindings around it.

    ``data`` is UTF-8, zero or more nodes (elements, text, comments) as they stood in the document; ``scope`` has the
    (prefix, namespace) pairs that were in force there, "" for the default namespace. Two fragments are equal when both
    are equal byte for byte. Values of other types are InvalidArgument; whether the data is well-formed is checked
    where it is used (InvalidFormat).
    """

    data: bytes
    scope: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if type(self.data) is not bytes:
            raise InvalidArgument(f"XmlBuffer.data must be bytes, not {type(self.data).__name__}")
        if type(self.scope) is not tuple:
            raise InvalidArgument(f"XmlBuffer.scope must be a tuple of pairs, not {type(self.scope).__name__}")
        for pair in self.scope:
            if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not str or type(pair[1]) is not str:
                raise InvalidArgument("XmlBuffer.scope must be a tuple of (prefix, namespace) pairs of str")

    def __repr__(self) -> str:
        shown = repr(self.data[:_SHOWN]) + ("…" if len(self.data) > _SHOWN else "")
        return f"XmlBuffer({shown}, {len(self.data)} bytes, {len(self.scope)} bindings)"

    def to_bytes(self) -> bytes:
        """The fragment as it can stand alone: each top-level element declares the bindings of the scope."""
        from wsx import _fragment

        return _fragment.adapt(self.data, self.scope, {}, single=False)
