"""The bytes and names that depend on the versions of a message alone, made once per combination.

Everything of an envelope that never changes is a constant of :data:`VERSIONS`: the writer of a message only puts header
blocks and the body between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from wsx.errors import InvalidArgument
from wsx.message._blocks import EnvelopePlan
from wsx.message.enums import AddressingVersion, EnvelopeVersion, HeaderAttribute, HeaderType

__all__ = ["VERSIONS", "EnvelopeBytes", "Scope", "StandardHeader", "Versions", "versions_of"]

Scope: TypeAlias = tuple[tuple[str, str], ...]

ENVELOPE_NAMESPACES: Final[Mapping[EnvelopeVersion, str]] = MappingProxyType(
    {
        EnvelopeVersion.SOAP_1_1: "http://schemas.xmlsoap.org/soap/envelope/",
        EnvelopeVersion.SOAP_1_2: "http://www.w3.org/2003/05/soap-envelope",
        EnvelopeVersion.NONE: "",
    }
)
ADDRESSING_NAMESPACES: Final[Mapping[AddressingVersion, str]] = MappingProxyType(
    {
        AddressingVersion.V0_9: "http://schemas.xmlsoap.org/ws/2004/08/addressing",
        AddressingVersion.V1_0: "http://www.w3.org/2005/08/addressing",
        # A pseudo namespace: only the header buffer ever shows it, the transport carries the headers.
        AddressingVersion.TRANSPORT: "http://schemas.microsoft.com/ws/2005/05/addressing/none",
    }
)
# The URI of "the other end of this exchange"; TRANSPORT has none.
_ANONYMOUS: Final[Mapping[AddressingVersion, str]] = MappingProxyType(
    {
        AddressingVersion.V0_9: "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous",
        AddressingVersion.V1_0: "http://www.w3.org/2005/08/addressing/anonymous",
        AddressingVersion.TRANSPORT: "",
    }
)
# SOAP 1.1 §4.2.2 and SOAP 1.2 part 1 §2.2: the roles that every ultimate receiver acts in, besides no role at all.
_OWN_ROLES: Final[Mapping[EnvelopeVersion, frozenset[str]]] = MappingProxyType(
    {
        EnvelopeVersion.SOAP_1_1: frozenset({"", "http://schemas.xmlsoap.org/soap/actor/next"}),
        EnvelopeVersion.SOAP_1_2: frozenset(
            {
                "",
                "http://www.w3.org/2003/05/soap-envelope/role/next",
                "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
            }
        ),
        EnvelopeVersion.NONE: frozenset({""}),
    }
)
# SOAP 1.1 §4.1.1 and §4.2, SOAP 1.2 part 1 §5.2: what any header block may have beside the attributes of its own type.
_BLOCK_ATTRIBUTES: Final = ("mustUnderstand", "actor", "role", "relay", "encodingStyle")
_STANDARD: Final[Mapping[HeaderType, tuple[str, bool]]] = MappingProxyType(
    {
        HeaderType.ACTION: ("Action", True),
        HeaderType.TO: ("To", True),
        HeaderType.MESSAGE_ID: ("MessageID", False),
        HeaderType.RELATES_TO: ("RelatesTo", False),
        HeaderType.FROM: ("From", False),
        HeaderType.REPLY_TO: ("ReplyTo", False),
        HeaderType.FAULT_TO: ("FaultTo", False),
    }
)


class EnvelopeBytes(NamedTuple):
    """The constant pieces of an envelope, in document order."""

    start: bytes
    header_start: bytes
    header_end: bytes
    header_empty: bytes
    body_start: bytes
    body_end: bytes
    body_empty: bytes
    # The first two in one, for an envelope with header blocks.
    start_header: bytes


_NO_ENVELOPE: Final = EnvelopeBytes(b"", b"", b"", b"", b"", b"", b"", b"")


class StandardHeader(NamedTuple):
    """An addressing header of one combination of versions: (namespace, local name) and its tags."""

    type: HeaderType
    name: tuple[str, str]
    start: bytes
    end: bytes


@dataclass(frozen=True, eq=False)
class Versions:
    """What one combination of envelope and addressing version needs.

    ``buffer`` are the pieces of the envelope as the header buffer shows it, ``wire`` those that are sent (none at all
    for messages without envelope). ``addressing_on_wire`` is False when the transport carries Action and To.
    ``standard`` are the addressing headers by type, ``kinds`` their types by name. ``attributes`` holds the ready-made
    attribute text of each combination of header flags, ``block_attributes`` the (namespace, local name) of what SOAP
    and WS-Addressing put on a header block.
    """

    envelope_version: EnvelopeVersion
    addressing_version: AddressingVersion
    envelope_ns: str
    addressing_ns: str
    anonymous: str
    scope: Scope
    buffer: EnvelopeBytes
    wire: EnvelopeBytes
    addressing_on_wire: bool
    standard: Mapping[HeaderType, StandardHeader]
    kinds: Mapping[tuple[str, str], HeaderType]
    attributes: Mapping[int, bytes]
    anonymous_reply_to: bytes
    role_attribute: str
    block_attributes: frozenset[tuple[str, str]]
    own_roles: frozenset[str]

    @cached_property
    def plan(self) -> EnvelopePlan:
        """The same for the compiled part, which writes and reads messages."""
        return EnvelopePlan(self)


def _envelope_bytes(envelope: EnvelopeVersion, addressing: AddressingVersion) -> EnvelopeBytes:
    declarations = ""
    if addressing is not AddressingVersion.TRANSPORT:
        declarations += f' xmlns:a="{ADDRESSING_NAMESPACES[addressing]}"'
    prefix = ""
    if envelope is not EnvelopeVersion.NONE:
        prefix = "s:"
        declarations += f' xmlns:s="{ENVELOPE_NAMESPACES[envelope]}"'
    return EnvelopeBytes(
        *(
            piece.encode("ascii")
            for piece in (
                f"<{prefix}Envelope{declarations}>",
                f"<{prefix}Header>",
                f"</{prefix}Header>",
                f"<{prefix}Header/>",
                f"<{prefix}Body>",
                f"</{prefix}Body></{prefix}Envelope>",
                f"<{prefix}Body/></{prefix}Envelope>",
                f"<{prefix}Envelope{declarations}><{prefix}Header>",
            )
        )
    )


def _attributes(envelope: EnvelopeVersion) -> Mapping[int, bytes]:
    prefix = "" if envelope is EnvelopeVersion.NONE else "s:"
    must = f' {prefix}mustUnderstand="1"'.encode("ascii")
    # SOAP 1.2 part 1 §5.2.4; the earlier version has no such attribute, and the flag asks for nothing then.
    relay = b' s:relay="1"' if envelope is EnvelopeVersion.SOAP_1_2 else b""
    flags = HeaderAttribute
    return MappingProxyType(
        {
            int(flags.NONE): b"",
            int(flags.MUST_UNDERSTAND): must,
            int(flags.RELAY): relay,
            int(flags.MUST_UNDERSTAND | flags.RELAY): must + relay,
        }
    )


def _standard_headers(addressing: AddressingVersion, must: bytes) -> Mapping[HeaderType, StandardHeader]:
    prefix, declaration = b"a:", b""
    if addressing is AddressingVersion.TRANSPORT:
        prefix = b""
        declaration = f' xmlns="{ADDRESSING_NAMESPACES[addressing]}"'.encode("ascii")
    found = {}
    for kind, (name, must_understand) in _STANDARD.items():
        tag = prefix + name.encode("ascii")
        start = b"<" + tag + (must if must_understand else b"") + declaration + b">"
        found[kind] = StandardHeader(kind, (ADDRESSING_NAMESPACES[addressing], name), start, b"</" + tag + b">")
    return MappingProxyType(found)


def _make(envelope: EnvelopeVersion, addressing: AddressingVersion) -> Versions:
    has_envelope = envelope is not EnvelopeVersion.NONE
    on_wire = addressing is not AddressingVersion.TRANSPORT
    scope: Scope = ()
    if on_wire:
        scope += (("a", ADDRESSING_NAMESPACES[addressing]),)
    if has_envelope:
        scope += (("s", ENVELOPE_NAMESPACES[envelope]),)
    pieces = _envelope_bytes(envelope, addressing)
    attributes = _attributes(envelope)
    standard = _standard_headers(addressing, attributes[HeaderAttribute.MUST_UNDERSTAND])
    reply_to = b""
    if addressing is AddressingVersion.V0_9:
        # Only 2004/08 has no default for ReplyTo; 1.0 takes its absence for anonymous (WS-Addressing 1.0 core §3.2).
        header = standard[HeaderType.REPLY_TO]
        address = f"<a:Address>{_ANONYMOUS[addressing]}</a:Address>".encode("ascii")
        reply_to = header.start + address + header.end
    return Versions(
        envelope_version=envelope,
        addressing_version=addressing,
        envelope_ns=ENVELOPE_NAMESPACES[envelope],
        addressing_ns=ADDRESSING_NAMESPACES[addressing],
        anonymous=_ANONYMOUS[addressing],
        scope=scope,
        buffer=pieces,
        wire=pieces if has_envelope else _NO_ENVELOPE,
        addressing_on_wire=on_wire,
        standard=standard,
        kinds=MappingProxyType({header.name: header.type for header in standard.values()}),
        attributes=attributes,
        anonymous_reply_to=reply_to,
        role_attribute="actor" if envelope is EnvelopeVersion.SOAP_1_1 else "role",
        block_attributes=frozenset(
            {(ENVELOPE_NAMESPACES[envelope], name) for name in _BLOCK_ATTRIBUTES}
            | {(ADDRESSING_NAMESPACES[addressing], "IsReferenceParameter")}
        ),
        own_roles=_OWN_ROLES[envelope],
    )


# A message without envelope has no place for addressing headers: NONE goes with TRANSPORT alone.
VERSIONS: Final[Mapping[tuple[EnvelopeVersion, AddressingVersion], Versions]] = MappingProxyType(
    {
        (envelope, addressing): _make(envelope, addressing)
        for envelope in EnvelopeVersion
        for addressing in AddressingVersion
        if envelope is not EnvelopeVersion.NONE or addressing is AddressingVersion.TRANSPORT
    }
)


def versions_of(envelope_version: EnvelopeVersion, addressing_version: AddressingVersion) -> Versions:
    """The record of a combination of versions.

    :raises InvalidArgument: when a version is unknown or the two do not go together (NONE needs TRANSPORT).
    """
    if type(envelope_version) is EnvelopeVersion and type(addressing_version) is AddressingVersion:
        # The usual case, on the way of every new message.
        found = VERSIONS.get((envelope_version, addressing_version))
        if found is not None:
            return found
    try:
        key = (EnvelopeVersion(envelope_version), AddressingVersion(addressing_version))
    except ValueError as error:
        raise InvalidArgument(
            f"unknown version: envelope {envelope_version!r}, addressing {addressing_version!r}"
        ) from error
    versions = VERSIONS.get(key)
    if versions is None:
        raise InvalidArgument(f"envelope version {key[0].name} needs addressing version TRANSPORT, not {key[1].name}")
    return versions
