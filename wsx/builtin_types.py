"""ENDPOINT_ADDRESS and FAULT: the two structured types of the model, as tables like any other.

Each version has a table over dicts, and two functions that turn the public value into such a dict and back.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    Type,
    UnionDescription,
)
from wsx.enumerations import AddressingVersion, EnvelopeVersion
from wsx.errors import InvalidArgument, InvalidFormat
from wsx.fragment import XmlBuffer
from wsx.values import UNSET, EndpointAddress, Fault, FaultCode, FaultReason, XmlQName

__all__ = [
    "ADDRESSING_NAMESPACES",
    "ENVELOPE_NAMESPACES",
    "Converted",
    "choice_content",
    "content_table",
    "endpoint_address",
    "fault",
    "text_structure",
]

ENVELOPE_NAMESPACES: Final[Mapping[EnvelopeVersion, str]] = MappingProxyType(
    {
        EnvelopeVersion.SOAP_1_1: "http://schemas.xmlsoap.org/soap/envelope/",
        EnvelopeVersion.SOAP_1_2: "http://www.w3.org/2003/05/soap-envelope",
    }
)
ADDRESSING_NAMESPACES: Final[Mapping[AddressingVersion, str]] = MappingProxyType(
    {
        AddressingVersion.V0_9: "http://schemas.xmlsoap.org/ws/2004/08/addressing",
        AddressingVersion.V1_0: "http://www.w3.org/2005/08/addressing",
        AddressingVersion.TRANSPORT: "http://schemas.microsoft.com/ws/2005/05/addressing/none",
    }
)
# Written for an address without URL, and read as such (types.md §9).
_ANONYMOUS: Final[Mapping[AddressingVersion, str]] = MappingProxyType(
    {
        AddressingVersion.V0_9: "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous",
        AddressingVersion.V1_0: "http://www.w3.org/2005/08/addressing/anonymous",
        AddressingVersion.TRANSPORT: "",
    }
)
_IDENTITY: Final = "http://schemas.xmlsoap.org/ws/2006/02/addressingidentity"

_OPTIONAL: Final = FieldOption.OPTIONAL
_OPTIONAL_STRUCT: Final = FieldOption.OPTIONAL | FieldOption.POINTER


class Converted(NamedTuple):
    """A table over dicts, and the way from the public value to the dict and back."""

    table: StructDescription
    prefix: str
    to_record: Callable[[Any], dict[str, Any]]
    from_record: Callable[[dict[str, Any]], Any]


@functools.cache
def endpoint_address(version: AddressingVersion) -> Converted:
    """wsa:EndpointReferenceType of one addressing version (types.md §9)."""
    ns = ADDRESSING_NAMESPACES[version]
    anonymous = _ANONYMOUS[version]
    content = [FieldDescription("content", Type.XML_BUFFER, mapping=FieldMapping.ANY_CONTENT)]
    parameters = StructDescription(dict, content, ns=ns)
    table = StructDescription(
        dict,
        [
            FieldDescription("url", Type.STRING, local_name="Address"),
            FieldDescription(
                "headers", Type.STRUCT, parameters, local_name="ReferenceParameters", options=_OPTIONAL_STRUCT
            ),
            FieldDescription("extensions", Type.XML_BUFFER, mapping=FieldMapping.REPEATING_ANY_ELEMENT),
        ],
        ns=ns,
    )

    def to_record(value: Any) -> dict[str, Any]:
        if not isinstance(value, EndpointAddress):
            raise InvalidArgument(f"expected wsx.EndpointAddress, not {type(value).__name__}")
        others = [*value.extensions, *([] if value.identity is None else [value.identity])]
        headers = UNSET if value.headers is None else {"content": value.headers}
        return {"url": value.url or anonymous, "headers": headers, "extensions": others}

    def from_record(record: dict[str, Any]) -> EndpointAddress:
        identity = None
        extensions = []
        for buffer in record["extensions"]:
            if identity is None and buffer.name == XmlQName("Identity", _IDENTITY):
                identity = buffer
            else:
                extensions.append(buffer)
        url = "" if record["url"] == anonymous else record["url"]
        headers = record["headers"]["content"] if "headers" in record else None
        return EndpointAddress(url, headers, tuple(extensions), identity)

    return Converted(table, "a", to_record, from_record)


def choice_content(union: UnionDescription, ns: str) -> Converted:
    """An element whose content is one of the elements of a choice (UNION under WS_ELEMENT_TYPE_MAPPING)."""
    field = FieldDescription("choice", Type.UNION, union, mapping=FieldMapping.ELEMENT_CHOICE)
    return Converted(
        StructDescription(dict, [field], ns=ns), "", lambda value: {"choice": value}, operator.itemgetter("choice")
    )


def content_table(type_: Type, description: Any, ns: str) -> ElementDescription:
    """A STRUCT or UNION as the content of an element in ``ns`` that is there already (WS_ELEMENT_CONTENT_TYPE_MAPPING);
    the value of a UNION stands in a dict under ``choice``."""
    if type_ is not Type.UNION:
        return ElementDescription(None, None, type_, description)
    union = ElementDescription("choice", ns, type_, description).resolve_description()
    if not isinstance(union, UnionDescription):
        raise InvalidArgument(f"type UNION needs a UnionDescription, not {union!r}")
    return ElementDescription(None, None, Type.STRUCT, choice_content(union, ns).table)


def text_structure(description: Any) -> bool:
    """Is the structure one of text, whose content is its TEXT field?"""
    struct = ElementDescription("e", "", Type.STRUCT, description).resolve_description()
    return isinstance(struct, StructDescription) and any(
        member.mapping is FieldMapping.TEXT for member in struct.fields
    )


# Names of the generic codes, which a fault may give without namespace (message.md §10).
_GENERIC: Final = MappingProxyType(
    {
        EnvelopeVersion.SOAP_1_1: {"Sender": "Client", "Receiver": "Server"},
        EnvelopeVersion.SOAP_1_2: {"Sender": "Sender", "Receiver": "Receiver"},
    }
)


def _own_code(code: XmlQName, version: EnvelopeVersion) -> XmlQName:
    """Sender and Receiver without namespace are those of the version."""
    if not code.ns and code.local_name in _GENERIC[version]:
        return XmlQName(_GENERIC[version][code.local_name], ENVELOPE_NAMESPACES[version])
    return code


def _check_fault(value: Any) -> Fault:
    if not isinstance(value, Fault):
        raise InvalidArgument(f"expected wsx.Fault, not {type(value).__name__}")
    if not value.reasons:
        raise InvalidArgument("a fault needs at least one reason")
    return value


def _text_table(ns: str) -> StructDescription:
    lang = FieldDescription("lang", Type.STRING, mapping=FieldMapping.XML_ATTRIBUTE, options=_OPTIONAL)
    return StructDescription(dict, [lang, FieldDescription("text", Type.STRING, mapping=FieldMapping.TEXT)], ns=ns)


def _text_record(reason: FaultReason) -> dict[str, Any]:
    return {"lang": reason.lang or UNSET, "text": reason.text}


def _reason(record: dict[str, Any]) -> FaultReason:
    return FaultReason(record["text"], record.get("lang", ""))


def _detail(value: Fault) -> Any:
    return UNSET if value.detail is None else XmlBuffer(value.detail)


@functools.cache
def fault(version: EnvelopeVersion) -> Converted:
    """The fault of SOAP 1.1 (§4.4) or SOAP 1.2 (part 1 §5.4)."""
    if version is EnvelopeVersion.SOAP_1_1:
        return _fault_1_1()
    return _fault_1_2()


def _fault_1_1() -> Converted:
    version = EnvelopeVersion.SOAP_1_1
    table = StructDescription(
        dict,
        [
            FieldDescription("code", Type.XML_QNAME, local_name="faultcode"),
            FieldDescription("reason", Type.STRUCT, _text_table(""), local_name="faultstring"),
            FieldDescription("actor", Type.STRING, local_name="faultactor", options=_OPTIONAL),
            FieldDescription("detail", Type.XML_BUFFER, options=_OPTIONAL),
        ],
    )

    def to_record(value: Any) -> dict[str, Any]:
        given = _check_fault(value)
        return {
            "code": _own_code(given.code.value, version),
            "reason": _text_record(given.reasons[0]),
            "actor": given.actor or UNSET,
            "detail": _detail(given),
        }

    def from_record(record: dict[str, Any]) -> Fault:
        detail = record["detail"].to_bytes() if "detail" in record else None
        return Fault(FaultCode(record["code"]), (_reason(record["reason"]),), record.get("actor", ""), "", detail)

    return Converted(table, "s", to_record, from_record)


def _fault_1_2() -> Converted:
    version = EnvelopeVersion.SOAP_1_2
    ns = ENVELOPE_NAMESPACES[version]
    code: StructDescription = StructDescription(
        dict,
        [
            FieldDescription("value", Type.XML_QNAME, local_name="Value"),
            FieldDescription("sub_code", Type.STRUCT, lambda: code, local_name="Subcode", options=_OPTIONAL_STRUCT),
        ],
        ns=ns,
    )
    texts = FieldDescription(
        "texts",
        Type.STRUCT,
        _text_table(ns),
        mapping=FieldMapping.REPEATING_ELEMENT,
        item_local_name="Text",
        item_range=(1, None),
        local_name="Reason",
    )
    table = StructDescription(
        dict,
        [
            FieldDescription("code", Type.STRUCT, code, local_name="Code"),
            texts,
            FieldDescription("node", Type.STRING, local_name="Node", options=_OPTIONAL),
            FieldDescription("role", Type.STRING, local_name="Role", options=_OPTIONAL),
            FieldDescription("detail", Type.XML_BUFFER, local_name="Detail", options=_OPTIONAL),
        ],
        ns=ns,
    )

    def code_record(given: FaultCode | None) -> Any:
        if given is None:
            return UNSET
        return {"value": _own_code(given.value, version), "sub_code": code_record(given.sub_code)}

    def to_record(value: Any) -> dict[str, Any]:
        given = _check_fault(value)
        return {
            "code": code_record(given.code),
            "texts": [_text_record(reason) for reason in given.reasons],
            "node": given.node or UNSET,
            "role": given.actor or UNSET,
            "detail": _detail(given),
        }

    def code_of(record: dict[str, Any]) -> FaultCode:
        return FaultCode(record["value"], code_of(record["sub_code"]) if "sub_code" in record else None)

    def from_record(record: dict[str, Any]) -> Fault:
        reasons = tuple(_reason(text) for text in record["texts"])
        if not reasons:
            raise InvalidFormat("a fault without reason")
        detail = record["detail"].to_bytes() if "detail" in record else None
        role, node = record.get("role", ""), record.get("node", "")
        return Fault(code_of(record["code"]), reasons, role, node, detail)

    return Converted(table, "s", to_record, from_record)
