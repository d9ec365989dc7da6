"""Which SOAP faults mean a condition that has an error code of its own (FAULTS_AS_ERRORS)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from wsx.errors import ErrorCode
from wsx.message.enums import AddressingVersion
from wsx.message.versions import ADDRESSING_NAMESPACES
from wsx.values import Fault

__all__ = ["FAULT_ERRORS", "fault_error_code"]

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


def fault_error_code(fault: Fault) -> ErrorCode:
    """The error code of ``fault``: by its most specific code that is known, else WS_E_ENDPOINT_FAULT_RECEIVED.

    SOAP 1.2 has the telling name in a Subcode; SOAP 1.1 has it in faultcode itself.
    """
    for code in reversed(fault.codes):
        found = FAULT_ERRORS.get((code.ns, code.local_name))
        if found is not None:
            return found
    return ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED
