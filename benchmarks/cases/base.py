"""What a case is: one object, the shape of its classes, and the element that it is in XML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from benchmarks.shape import Field, Kind, Struct, features_of, scalars, shape_of

__all__ = ["SOAP", "Body", "Case", "Envelope"]

#: The namespace of SOAP 1.1 envelopes, which all of the SOAP peers speak.
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(slots=True)
class Body:
    """The body of an envelope."""

    content: Any


@dataclass(slots=True)
class Envelope:
    """An envelope without headers."""

    body: Body


@dataclass(frozen=True)
class Case:
    """One piece of work.

    ``value`` is what the JSON peers write and read. ``document`` is what the XML peers write and read: the value
    itself, or the value inside a SOAP envelope where ``envelope`` is set. ``message`` asks for more than an envelope:
    a message as a client makes it, with a header of its own. ``renew`` makes the value's parts anew before each run
    that writes: some libraries leave the UTF-8 of a str in it, and would write it from there the next time.
    """

    name: str
    title: str
    element: str
    ns: str
    value: Any
    envelope: bool = False
    message: bool = False
    renew: Callable[[], None] | None = None

    @cached_property
    def features(self) -> frozenset[str]:
        """What the case asks of a peer beyond elements and attributes."""
        return features_of(self.struct) | ({"message"} if self.message else frozenset())

    @cached_property
    def struct(self) -> Struct:
        """The shape of ``value``."""
        return shape_of(type(self.value), self.ns)

    @cached_property
    def verified(self) -> set[bytes]:
        """The digests of written documents that the reference has read as the value."""
        return set()

    @cached_property
    def field_count(self) -> int:
        """How many scalar values the data has."""
        return sum(1 for _ in scalars(self.struct, self.value))

    @cached_property
    def enveloped(self) -> Struct:
        """The shape of an envelope around the value."""
        content = Field("content", Kind.STRUCT, self.element, self.ns, struct=self.struct)
        body = Field("body", Kind.STRUCT, "Body", SOAP, struct=Struct(Body, SOAP, [content]))
        return Struct(Envelope, SOAP, [body])

    @cached_property
    def document(self) -> Any:
        """The object that an XML document of this case stands for."""
        return Envelope(Body(self.value)) if self.envelope else self.value

    @cached_property
    def document_struct(self) -> Struct:
        """The shape of ``document``."""
        return self.enveloped if self.envelope else self.struct

    @property
    def document_element(self) -> tuple[str, str]:
        """Local name and namespace of the outermost element."""
        return ("Envelope", SOAP) if self.envelope else (self.element, self.ns)
