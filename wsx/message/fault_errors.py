"""From an error to the SOAP fault that reports it, and from a fault that was received to an error.

The fault functions of WS_ERROR; the error is a :class:`wsx.WsError`, which holds the fault, its action and its headers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from wsx.descriptions import ElementDescription, ReadOption, WriteOption
from wsx.errors import ErrorCode, InvalidArgument, InvalidFormat, InvalidOperation, WsError, error_for
from wsx.message.enums import AddressingVersion, FaultDisclosure
from wsx.message.faults import read_fault_detail, write_fault_detail
from wsx.message.versions import ADDRESSING_NAMESPACES
from wsx.quotas import Quotas
from wsx.values import Fault, FaultCode, FaultReason, XmlQName

__all__ = [
    "FAULT_ERRORS",
    "default_fault_action",
    "error_from_fault",
    "fault_error_code",
    "fault_from_error",
    "get_fault_error_detail",
    "set_fault_error_detail",
]

_ADDRESSING: Final = (
    ADDRESSING_NAMESPACES[AddressingVersion.V0_9],
    ADDRESSING_NAMESPACES[AddressingVersion.V1_0],
)
_DISPATCHER: Final = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"
_SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_SECURITY_UTILITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_SECURE_CONVERSATION: Final = (
    "http://schemas.xmlsoap.org/ws/2005/02/sc",
    "http://docs.oasis-open.org/ws-sx/ws-secureconversation/200512",
)

_DENIED: Final = ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
_UNVERIFIED: Final = ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE
_EXPIRED: Final = ErrorCode.WS_E_SECURITY_TOKEN_EXPIRED

# (namespace, local name) of a fault code → error code. The WS-Security names split as their specification does (SOAP
# message security §12): who the sender is was not accepted, or the message itself did not hold.
FAULT_ERRORS: Final[Mapping[tuple[str, str], ErrorCode]] = MappingProxyType(
    {
        **{(ns, "ActionNotSupported"): ErrorCode.WS_E_ENDPOINT_ACTION_NOT_SUPPORTED for ns in _ADDRESSING},
        **{(ns, "EndpointUnavailable"): ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE for ns in _ADDRESSING},
        **{(ns, "DestinationUnreachable"): ErrorCode.WS_E_ENDPOINT_NOT_FOUND for ns in _ADDRESSING},
        (_DISPATCHER, "ServerTooBusy"): ErrorCode.WS_E_ENDPOINT_TOO_BUSY,
        (_SECURITY, "FailedAuthentication"): _DENIED,
        (_SECURITY, "InvalidSecurityToken"): _DENIED,
        (_SECURITY, "SecurityTokenUnavailable"): _DENIED,
        (_SECURITY, "InvalidSecurity"): _UNVERIFIED,
        (_SECURITY, "FailedCheck"): _UNVERIFIED,
        (_SECURITY_UTILITY, "MessageExpired"): _EXPIRED,
        **{(ns, "BadContextToken"): _EXPIRED for ns in _SECURE_CONVERSATION},
        **{(ns, "RenewNeeded"): _EXPIRED for ns in _SECURE_CONVERSATION},
    }
)

# The sender's message was the reason; everything else happened here (SOAP 1.2 part 1 §5.4.6).
_SENDER: Final = frozenset(
    {
        ErrorCode.WS_E_INVALID_FORMAT,
        ErrorCode.WS_E_NUMERIC_OVERFLOW,
        ErrorCode.WS_E_ENDPOINT_ACTION_NOT_SUPPORTED,
    }
)
_MINIMAL_REASON: Final = "The request could not be processed."
_LANGUAGE: Final = "en"
# XML 1.0 §2.2: what no document can hold.
_FORBIDDEN: Final = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_OPTIONAL: Final = (ReadOption.OPTIONAL_POINTER, ReadOption.NILLABLE_POINTER)
_DEFAULT_QUOTAS: Final = Quotas()


def fault_error_code(fault: Fault) -> ErrorCode:
    """The error code of ``fault``: by its most specific code that is known, else WS_E_ENDPOINT_FAULT_RECEIVED.

    SOAP 1.2 has the telling name in a Subcode; SOAP 1.1 has it in faultcode itself.
    """
    for code in reversed(fault.codes):
        found = FAULT_ERRORS.get((code.ns, code.local_name))
        if found is not None:
            return found
    return ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED


def error_from_fault(
    fault: Fault,
    *,
    faults_as_errors: bool = True,
    action: str | None = None,
    url: str | None = None,
    original: BaseException | int | None = None,
) -> WsError:
    """The error to raise for a fault that was received: what the receive functions of WWSAPI make of it.

    With ``faults_as_errors`` a fault that is known is the error of its own condition, otherwise every fault is
    EndpointFaultReceived. The error holds the fault, and the action of its message.

    :raises InvalidArgument: when ``fault`` is none.
    """
    if not isinstance(fault, Fault):
        raise InvalidArgument(f"fault must be a wsx.Fault, not {type(fault).__name__}")
    code = fault_error_code(fault) if faults_as_errors else ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED
    strings = (f"The fault reason was: '{fault.reason()}'.",)
    message = "the endpoint answered with a SOAP fault"
    error = error_for(code, message, fault=fault, url=url, original=original, strings=strings)
    error.fault_action = action
    return error


def fault_from_error(
    error: WsError,
    code: ErrorCode | None = None,
    disclosure: FaultDisclosure = FaultDisclosure.MINIMAL,
) -> Fault:
    """WsCreateFaultFromError: the fault that tells the other side of ``error``.

    It is the error's own fault, if it has one, otherwise one with the code Sender or Receiver alone. A fault without
    reason gets one: the texts of the error with FULL, which may hold what others should not see, and a fixed one with
    MINIMAL. ``code`` (by default that of the error) is not in the fault itself, but its name stands for missing texts.

    :raises InvalidArgument: for a bad error or disclosure, or a code that is no failure.
    """
    if not isinstance(error, WsError):
        raise InvalidArgument(f"error must be a wsx.WsError, not {type(error).__name__}")
    try:
        code = ErrorCode(error.code if code is None else code)
    except ValueError as unknown:
        raise InvalidArgument(f"unknown error code {code!r}") from unknown
    if not code.failed:
        raise InvalidArgument(f"the code of a failure is needed, not {code.name}")
    if not isinstance(disclosure, FaultDisclosure):
        raise InvalidArgument(f"disclosure must be a wsx.FaultDisclosure, not {disclosure!r}")
    fault = error.fault
    if fault is not None and fault.reasons:
        return fault
    text = _MINIMAL_REASON
    if disclosure is FaultDisclosure.FULL:
        text = _FORBIDDEN.sub("\ufffd", ": ".join(filter(None, error.strings))) or code.name
    reasons = (FaultReason(text, _LANGUAGE),)
    if fault is not None:
        return Fault(fault.code, reasons, fault.actor, fault.node, fault.detail)
    return Fault(FaultCode(XmlQName("Sender" if code in _SENDER else "Receiver")), reasons)


def set_fault_error_detail(
    error: WsError,
    element: ElementDescription | type[Any],
    value: object,
    *,
    option: WriteOption = WriteOption.REQUIRED_VALUE,
    action: str | None = None,
) -> None:
    """WsSetFaultErrorDetail: put ``value`` into the detail of the error's fault; ``action`` is set, too, if given.

    :raises InvalidArgument: for a bad error, element, option or value.
    :raises InvalidOperation: when the error has no fault.
    :raises InvalidFormat, NumericOverflow, QuotaExceeded: when the value cannot be represented.
    """
    if not isinstance(error, WsError):
        raise InvalidArgument(f"error must be a wsx.WsError, not {type(error).__name__}")
    if error.fault is None:
        raise InvalidOperation("the error has no fault to put a detail into")
    error.fault = write_fault_detail(error.fault, element, value, option=option)
    if action is not None:
        error.fault_action = action


def get_fault_error_detail(
    error: WsError,
    element: ElementDescription | type[Any],
    *,
    option: ReadOption = ReadOption.REQUIRED_VALUE,
    action: str | None = None,
    quotas: Quotas = _DEFAULT_QUOTAS,
) -> Any:
    """WsGetFaultErrorDetail: the detail of the error's fault, read by its table.

    Without a fault, without a detail, or when the fault came with another action than ``action``, the result is None
    with OPTIONAL_POINTER or NILLABLE_POINTER.

    :raises InvalidArgument: for a bad error, element or option.
    :raises InvalidFormat: when there is none and one is required, or its first element is another one.
    """
    if not isinstance(error, WsError):
        raise InvalidArgument(f"error must be a wsx.WsError, not {type(error).__name__}")
    reason = "the error has no fault"
    if error.fault is not None:
        if not action or not error.fault_action or action == error.fault_action:
            return read_fault_detail(error.fault, element, option=option, quotas=quotas)
        reason = f"the fault has the action {error.fault_action!r}, not {action!r}"
    if option in _OPTIONAL:
        return None
    raise InvalidFormat(reason)


def default_fault_action(fault: Fault, addressing_version: AddressingVersion) -> str | None:
    """The action of a message with ``fault`` when nothing else says one; None with addressing TRANSPORT.

    WS-Addressing 1.0 SOAP binding §6 has one for its own faults and one for those of SOAP; 2004/08 has one for all.
    """
    ns = ADDRESSING_NAMESPACES[addressing_version]
    if addressing_version is AddressingVersion.TRANSPORT:
        return None
    if addressing_version is AddressingVersion.V0_9 or any(code.ns == ns for code in fault.codes):
        return f"{ns}/fault"
    return f"{ns}/soap/fault"
