"""How the header blocks of a message are made, each kind of its own; :class:`Header` itself is compiled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wsx._fragment import adapt, is_ncname, top_level, without_attributes
from wsx._reader import Reader
from wsx._writer import Output
from wsx.descriptions import ElementDescription, EndpointAddressDescription, ReadOption, Type, WriteOption
from wsx.errors import InvalidArgument
from wsx.message._blocks import Header, standard_header
from wsx.message.enums import AddressingVersion, HeaderType
from wsx.message.versions import Versions
from wsx.values import EndpointAddress

if TYPE_CHECKING:
    from wsx.quotas import Quotas

__all__ = [
    "TEXT_HEADERS",
    "Header",
    "HeaderRank",
    "check_header_text",
    "check_mapped_header",
    "custom_header",
    "endpoint_header",
    "mapped_header",
    "read_endpoint",
    "reference_headers",
    "standard_header",
    "to_headers",
]

# The addressing headers whose value is text; the others hold endpoint references.
TEXT_HEADERS: Final = frozenset({HeaderType.ACTION, HeaderType.TO, HeaderType.MESSAGE_ID, HeaderType.RELATES_TO})

# Action and To also become lines of the HTTP head: a line break in them would start another header there (RFC 9112
# §11.1).
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
# RFC 9110 §5.5: a field value may hold tabs, and §5.1: a field name is a token.
_FIELD_CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_TOKEN: Final = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_START_OF_TAG: Final = re.compile(b"<[^\\s/>]+")


class HeaderRank:
    """Where a header stands in the Header element; those of one rank keep the order in which they came."""

    ACTION: Final = 1
    MESSAGE_ID: Final = 2
    TO: Final = 3
    ADDED: Final = 4


def check_header_text(value: object, what: str) -> str:
    """``value`` when it can be the text of an addressing header.

    :raises InvalidArgument: when it is no str, or holds a control character (header injection).
    """
    if not isinstance(value, str):
        raise InvalidArgument(f"{what} must be a str, not {type(value).__name__}")
    if _CONTROL.search(value):
        # Nothing is shown of it: a URL may hold a password.
        raise InvalidArgument(f"{what} holds a control character")
    return value


def endpoint_header(versions: Versions, kind: HeaderType, value: EndpointAddress, rank: int) -> Header:
    """The addressing header ``kind`` with an endpoint reference.

    :raises InvalidFormat: for characters that XML forbids, and fragments that are none.
    """
    output = Output()
    output.write_element(_endpoint_element(versions, kind), value, WriteOption.REQUIRED_VALUE, scope=versions.scope)
    header = Header(kind, rank, versions.standard[kind].name, output.take(), versions.scope)
    return header


def read_endpoint(header: Header, versions: Versions, quotas: Quotas) -> EndpointAddress:
    """The endpoint reference in ``header``.

    :raises InvalidFormat: when it holds none.
    """
    element = _endpoint_element(versions, HeaderType(header.kind))
    address = header.read_value(versions, element, ReadOption.REQUIRED_VALUE, quotas)
    if not isinstance(address, EndpointAddress):
        raise AssertionError("the table of an endpoint reference makes one")
    return address


def _endpoint_element(versions: Versions, kind: HeaderType) -> ElementDescription:
    ns, name = versions.standard[kind].name
    description = EndpointAddressDescription(versions.addressing_version)
    return ElementDescription(name, ns, Type.ENDPOINT_ADDRESS, description)


def custom_header(versions: Versions, name: tuple[str, str], block: bytes) -> Header:
    """The header of an application, from the bytes of its element as they are inside the envelope."""
    header = Header(versions.kinds.get(name, 0), HeaderRank.ADDED, name, block, versions.scope)
    if not versions.wire.start:
        header.wire = b""
    return header


def reference_headers(versions: Versions, address: EndpointAddress) -> list[Header]:
    """The reference parameters of ``address`` as headers of a message that is sent there.

    WS-Addressing 1.0 SOAP binding §2.3: each is marked with ``IsReferenceParameter``.

    :raises InvalidFormat: when they are no XML.
    """
    if address.headers is None:
        return []
    data, scope = address.headers.data, address.headers.scope
    headers = []
    for ns, local_name, start, end in top_level(data, scope):
        block = adapt(data[start:end], scope, dict(versions.scope), single=True)
        if versions.addressing_version is AddressingVersion.V1_0:
            block = _mark_reference(versions, block)
        headers.append(custom_header(versions, (ns, local_name), block))
    return headers


def _mark_reference(versions: Versions, element: bytes) -> bytes:
    """The element with the attribute IsReferenceParameter, whatever its own declarations make of the prefix a."""
    ns = versions.addressing_ns
    element = without_attributes(element, versions.scope, {(ns, "IsReferenceParameter")})
    reader = Reader(element, scope=versions.scope)
    reader.start_element()
    bound = dict(reader.scope())
    prefix, number = "a", 0
    while bound.get(prefix, ns) != ns:
        number += 1
        prefix = f"a{number}"
    declaration = f' xmlns:{prefix}="{ns}"' if prefix not in bound else ""
    name = _START_OF_TAG.match(element, element.index(b"<"))
    if name is None:
        raise AssertionError("an element starts with its tag")
    attribute = f'{declaration} {prefix}:IsReferenceParameter="true"'.encode("ascii")
    return element[: name.end()] + attribute + element[name.end() :]


def to_headers(versions: Versions, address: EndpointAddress) -> tuple[Header, list[Header]]:
    """What addressing a message to ``address`` adds: the To header, and the headers of its reference parameters."""
    to = standard_header(versions, HeaderType.TO, address.url, HeaderRank.TO)
    return to, reference_headers(versions, address)


def check_mapped_header(name: object, value: object) -> tuple[str, str]:
    """The name and the value of a mapped header, when they can be those of a line of HTTP.

    :raises InvalidArgument: as :meth:`wsx.Message.add_mapped_header`.
    """
    if not isinstance(name, str) or not _TOKEN.fullmatch(name) or not is_ncname(name):
        raise InvalidArgument(f"the name of a mapped header must be a token of HTTP and a name of XML, not {name!r}")
    if not isinstance(value, str):
        raise InvalidArgument(f"the value of {name} must be a str, not {type(value).__name__}")
    if _FIELD_CONTROL.search(value):
        # Nothing is shown of it: it may be a credential.
        raise InvalidArgument(f"the value of {name} holds a control character")
    return name, value


def mapped_header(versions: Versions, name: str, value: str) -> Header:
    """The mapped header ``name``, which :func:`check_mapped_header` has passed.

    :raises InvalidFormat: for characters that XML forbids.
    """
    tag = name.encode("ascii")
    output = Output()
    output.write(b"<" + tag + b">")
    output.write_text(value)
    output.write(b"</" + tag + b">")
    header = Header(0, HeaderRank.ADDED, ("", name), output.take(), versions.scope)
    header.wire = b""
    header.text = value
    header.mapped = True
    return header
