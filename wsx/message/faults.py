"""SOAP faults: the Fault element of both envelope versions as a :class:`wsx.Fault`, and typed access to its detail."""

from __future__ import annotations

import dataclasses
from typing import Any, Final, NamedTuple

from wsx._fragment import adapt
from wsx._reader import Reader
from wsx._writer import Output
from wsx.declare import element_of
from wsx.descriptions import XML_NAMESPACE, ElementDescription, FaultDescription, ReadOption, Type, WriteOption
from wsx.errors import InvalidArgument, InvalidFormat
from wsx.fragment import XmlBuffer
from wsx.message._blocks import leave
from wsx.message.enums import EnvelopeVersion
from wsx.message.versions import Scope, Versions
from wsx.quotas import Quotas
from wsx.values import Fault, FaultCode, FaultReason, XmlQName

__all__ = ["FaultElement", "fault_element", "not_understood", "read_fault", "read_fault_detail", "write_fault_detail"]

_XML_SPACE: Final = " \t\r\n"
# A fault with more codes or reasons than this is no report but an attack; real ones have a handful.
_MAX_PARTS: Final = 64
_DEFAULT_QUOTAS: Final = Quotas()
_OPTIONAL: Final = (ReadOption.OPTIONAL_POINTER, ReadOption.NILLABLE_POINTER)


def read_fault(reader: Reader, document: bytes, versions: Versions) -> Fault:
    """The fault at the cursor of ``reader``, which stands on the Fault element in ``document``; afterwards behind it.

    :raises InvalidFormat: when a required part is missing, out of place or not of its form.
    """
    reader.start_element()
    if versions.envelope_version is EnvelopeVersion.SOAP_1_1:
        fault = _read_11(reader, document)
    else:
        fault = _read_12(reader, document, versions.envelope_ns)
    leave(reader)
    return fault


def read_fault_detail(
    fault: Fault,
    element: ElementDescription | type[Any],
    *,
    option: ReadOption = ReadOption.REQUIRED_VALUE,
    quotas: Quotas = _DEFAULT_QUOTAS,
) -> Any:
    """WsGetFaultErrorDetail: the first entry of ``fault.detail``, read by its table.

    ``element`` is an :class:`ElementDescription` (one without a name reads the fields of its structure directly inside
    the detail element) or a class made by ``@wsx.struct``. Without a detail the result is None with OPTIONAL_POINTER or
    NILLABLE_POINTER.

    :raises InvalidArgument: for a bad fault, element or option.
    :raises InvalidFormat: when there is no detail and one is required, or its first element is another one.
    """
    if not isinstance(fault, Fault):
        raise InvalidArgument(f"fault must be a wsx.Fault, not {type(fault).__name__}")
    if element is None:
        raise InvalidArgument("the element description is missing")
    description = element if isinstance(element, ElementDescription) else element_of(element)
    if fault.detail is None:
        if option in _OPTIONAL:
            return None
        raise InvalidFormat("the fault has no detail")
    reader = Reader(fault.detail, quotas=quotas)
    name = reader.peek()
    if name is None or name[1] not in ("detail", "Detail"):
        raise InvalidFormat(f"the root of a fault detail is detail or Detail, not {name}", offset=reader.position)
    reader.start_element()
    found = reader.peek()
    wanted = description.local_name
    if wanted is not None and found != (description.ns, wanted):
        other = "nothing" if found is None else f"{{{found[0]}}}{found[1]}"
        raise InvalidFormat(
            f"the fault detail holds {other}, not {{{description.ns}}}{wanted}", path=name[1], offset=reader.position
        )
    return reader.read_element(description, option)


def write_fault_detail(
    fault: Fault,
    element: ElementDescription | type[Any],
    value: object,
    *,
    option: WriteOption = WriteOption.REQUIRED_VALUE,
) -> Fault:
    """``fault`` with a detail that holds ``value``, written by its table; :func:`read_fault_detail` reads it back.

    An element without a name writes the fields of its structure directly into the detail.

    :raises InvalidArgument: for a bad fault, element, option or value.
    :raises InvalidFormat, NumericOverflow, QuotaExceeded: when the value cannot be represented.
    """
    if not isinstance(fault, Fault):
        raise InvalidArgument(f"fault must be a wsx.Fault, not {type(fault).__name__}")
    if element is None:
        raise InvalidArgument("the element description is missing")
    description = element if isinstance(element, ElementDescription) else element_of(element)
    output = Output()
    # A fault is written in either version of SOAP, each with a name of its own for this element.
    output.write(b"<detail>")
    output.write_element(description, value, option)
    output.write(b"</detail>")
    return dataclasses.replace(fault, detail=output.take())


class FaultElement(NamedTuple):
    """How to write a fault: the element, what its start tag declares, and the scope that holds inside of it."""

    element: ElementDescription
    attributes: bytes
    scope: Scope


def fault_element(fault: Fault, versions: Versions) -> FaultElement:
    """How ``fault`` is written into the Body of a message.

    The Fault element declares the namespaces of the codes, which are QNames in content.

    :raises InvalidArgument: when ``fault`` is none, or has no reason.
    """
    if not isinstance(fault, Fault):
        raise InvalidArgument(f"fault must be a wsx.Fault, not {type(fault).__name__}")
    if versions.envelope_version is EnvelopeVersion.NONE:
        raise InvalidArgument("a message without envelope cannot hold a fault")
    codes = fault.codes
    if versions.envelope_version is EnvelopeVersion.SOAP_1_1:
        codes = codes[:1]
    declarations = Output()
    scope = versions.scope
    bound = {ns for _, ns in scope} | {"", XML_NAMESPACE}
    for code in codes:
        if code.ns not in bound:
            prefix = f"f{len(scope) - len(versions.scope) or ''}"
            declarations.write(f' xmlns:{prefix}="'.encode("ascii"))
            declarations.write_attribute_text(code.ns)
            declarations.write(b'"')
            scope += ((prefix, code.ns),)
            bound.add(code.ns)
    element = ElementDescription("Fault", versions.envelope_ns, Type.FAULT, FaultDescription(versions.envelope_version))
    return FaultElement(element, declarations.take(), scope)


def not_understood(versions: Versions, names: tuple[XmlQName, ...]) -> tuple[Fault, XmlBuffer | None]:
    """The fault about header blocks that were not understood, and the header blocks that go with it.

    SOAP 1.2 part 1 §5.4.8: a NotUnderstood header block for each; SOAP 1.1 has none.
    """
    listed = ", ".join(map(str, names))
    reason = FaultReason(f"header blocks that must be understood were not: {listed}", "en")
    fault = Fault(FaultCode(XmlQName("MustUnderstand", versions.envelope_ns)), (reason,))
    if versions.envelope_version is not EnvelopeVersion.SOAP_1_2:
        return fault, None
    output = Output()
    for name in names:
        prefix = "h:" if name.ns else ""
        output.write(f'<s:NotUnderstood qname="{prefix}{name.local_name}"'.encode())
        if prefix:
            output.write(b' xmlns:h="')
            output.write_attribute_text(name.ns)
            output.write(b'"')
        output.write(b"/>")
    return fault, XmlBuffer(output.take(), (("s", versions.envelope_ns),))


def _missing(part: str, path: str, reader: Reader) -> InvalidFormat:
    return InvalidFormat(f"the fault has no {part}", path=path, offset=reader.position)


def _text(reader: Reader) -> str:
    reader.start_element()
    text = reader.read_text()
    leave(reader)
    return text


def _qname(reader: Reader, path: str) -> XmlQName:
    """The QName in the content of the element at the cursor, resolved in its own scope."""
    reader.start_element()
    position = reader.position
    scope: Scope = reader.scope()
    prefix, colon, local_name = reader.read_text().strip(_XML_SPACE).rpartition(":")
    leave(reader)
    if not local_name or bool(colon) != bool(prefix):
        raise InvalidFormat("the fault code is no qualified name", path=path, offset=position)
    bindings = dict(scope)
    if prefix and prefix not in bindings:
        raise InvalidFormat(f"the prefix {prefix!r} of the fault code is not declared", path=path, offset=position)
    return XmlQName(local_name, bindings.get(prefix, ""))


def _detail(reader: Reader, document: bytes) -> bytes:
    scope: Scope = reader.scope()
    start, end = reader.skip_element()
    return adapt(document[start:end], scope, {}, single=True)


def _read_11(reader: Reader, document: bytes) -> Fault:
    """SOAP 1.1 §4.4: unqualified children; their order is not checked, for not every peer keeps it."""
    code: XmlQName | None = None
    reason: FaultReason | None = None
    actor = ""
    detail: bytes | None = None
    while (name := reader.peek()) is not None:
        if name == ("", "faultcode") and code is None:
            code = _qname(reader, "Fault/faultcode")
        elif name == ("", "faultstring") and reason is None:
            lang = _lang(reader.start_element())
            reason = FaultReason(reader.read_text(), lang)
            leave(reader)
        elif name == ("", "faultactor") and not actor:
            actor = _text(reader).strip(_XML_SPACE)
        elif name == ("", "detail") and detail is None:
            detail = _detail(reader, document)
        elif name[0]:
            # Qualified elements are extensions that SOAP 1.1 allows here.
            reader.skip_element()
        else:
            raise InvalidFormat(f"unexpected {name[1]} in a fault", path="Fault", offset=reader.position)
    if code is None:
        raise _missing("faultcode", "Fault", reader)
    if reason is None:
        raise _missing("faultstring", "Fault", reader)
    return Fault(FaultCode(code), (reason,), actor=actor, detail=detail)


def _read_12(reader: Reader, document: bytes, ns: str) -> Fault:
    """SOAP 1.2 part 1 §5.4: Code, Reason, then Node, Role and Detail, which are optional, in that order."""
    if reader.peek() != (ns, "Code"):
        raise _missing("Code", "Fault", reader)
    code = _code(reader, ns)
    if reader.peek() != (ns, "Reason"):
        raise _missing("Reason", "Fault", reader)
    reasons = _reasons(reader, ns)
    node = _text(reader).strip(_XML_SPACE) if reader.peek() == (ns, "Node") else ""
    role = _text(reader).strip(_XML_SPACE) if reader.peek() == (ns, "Role") else ""
    detail = _detail(reader, document) if reader.peek() == (ns, "Detail") else None
    return Fault(code, reasons, actor=role, node=node, detail=detail)


def _code(reader: Reader, ns: str) -> FaultCode:
    values: list[XmlQName] = []
    path = "Fault/Code"
    depth = 0
    wanted = (ns, "Code")
    while reader.peek() == wanted:
        if len(values) >= _MAX_PARTS:
            raise InvalidFormat("the fault has too many codes", path=path, offset=reader.position)
        reader.start_element()
        depth += 1
        if reader.peek() != (ns, "Value"):
            raise _missing("Value", path, reader)
        values.append(_qname(reader, f"{path}/Value"))
        wanted = (ns, "Subcode")
        path += "/Subcode"
    for _ in range(depth):
        leave(reader)
    code: FaultCode | None = None
    for value in reversed(values):
        code = FaultCode(value, code)
    if code is None:
        raise AssertionError("the cursor stood on Code")
    return code


def _reasons(reader: Reader, ns: str) -> tuple[FaultReason, ...]:
    reader.start_element()
    reasons: list[FaultReason] = []
    while reader.peek() == (ns, "Text"):
        if len(reasons) >= _MAX_PARTS:
            raise InvalidFormat("the fault has too many reasons", path="Fault/Reason", offset=reader.position)
        lang = _lang(reader.start_element())
        reasons.append(FaultReason(reader.read_text(), lang))
        leave(reader)
    if not reasons:
        raise _missing("Text", "Fault/Reason", reader)
    leave(reader)
    return tuple(reasons)


def _lang(attributes: list[tuple[str, str, str]]) -> str:
    for ns, local_name, value in attributes:
        if local_name == "lang" and ns == XML_NAMESPACE:
            return value
    return ""
