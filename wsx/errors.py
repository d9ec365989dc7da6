"""Error codes and the exception tree.

Every failure of wsx is one :class:`WsError`: its ``code`` is the HRESULT of the Windows Web Services API, its class
is the condition a caller would catch, and each class also derives from the builtin exception that fits, so that
``except TimeoutError`` or ``except ConnectionError`` work as well.
"""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wsx.fragment import XmlBuffer
    from wsx.values import Fault

__all__ = [
    "AddressInUse",
    "AddressNotAvailable",
    "AuthenticationRequired",
    "CertificateError",
    "CertificateExpired",
    "CertificateNameMismatch",
    "CertificateUntrustedRoot",
    "CertificateWrongUsage",
    "EndpointAccessDenied",
    "EndpointActionNotSupported",
    "EndpointDisconnected",
    "EndpointError",
    "EndpointFailure",
    "EndpointFaultReceived",
    "EndpointNotAvailable",
    "EndpointNotFound",
    "EndpointTooBusy",
    "EndpointUnreachable",
    "ErrorCode",
    "InvalidArgument",
    "InvalidEndpointUrl",
    "InvalidFormat",
    "InvalidOperation",
    "NoTranslationAvailable",
    "NotSupported",
    "NumericOverflow",
    "ObjectFaulted",
    "OperationAbandoned",
    "OperationAborted",
    "OperationTimedOut",
    "OutOfMemory",
    "ProxyAccessDenied",
    "ProxyFailure",
    "ProxyRequiresAuthentication",
    "QuotaExceeded",
    "RevocationOffline",
    "SecurityError",
    "SecuritySystemFailure",
    "SecurityTokenExpired",
    "SecurityVerificationFailure",
    "ServerRequiresAuthentication",
    "WsError",
    "error_class",
    "error_for",
]


class ErrorCode(IntEnum):
    """HRESULTs of the Windows Web Services API, with the values of ``winerror.h``.

    A code is looked up by its unsigned or its signed value: ``ErrorCode(0x803D0000) is ErrorCode(-2143485952)``.
    """

    S_OK = 0x00000000
    S_FALSE = 0x00000001
    WS_S_ASYNC = 0x003D0000
    WS_S_END = 0x003D0001
    WS_E_INVALID_FORMAT = 0x803D0000
    WS_E_OBJECT_FAULTED = 0x803D0001
    WS_E_NUMERIC_OVERFLOW = 0x803D0002
    WS_E_INVALID_OPERATION = 0x803D0003
    WS_E_OPERATION_ABORTED = 0x803D0004
    WS_E_ENDPOINT_ACCESS_DENIED = 0x803D0005
    WS_E_OPERATION_TIMED_OUT = 0x803D0006
    WS_E_OPERATION_ABANDONED = 0x803D0007
    WS_E_QUOTA_EXCEEDED = 0x803D0008
    WS_E_NO_TRANSLATION_AVAILABLE = 0x803D0009
    WS_E_SECURITY_VERIFICATION_FAILURE = 0x803D000A
    WS_E_ADDRESS_IN_USE = 0x803D000B
    WS_E_ADDRESS_NOT_AVAILABLE = 0x803D000C
    WS_E_ENDPOINT_NOT_FOUND = 0x803D000D
    WS_E_ENDPOINT_NOT_AVAILABLE = 0x803D000E
    WS_E_ENDPOINT_FAILURE = 0x803D000F
    WS_E_ENDPOINT_UNREACHABLE = 0x803D0010
    WS_E_ENDPOINT_ACTION_NOT_SUPPORTED = 0x803D0011
    WS_E_ENDPOINT_TOO_BUSY = 0x803D0012
    WS_E_ENDPOINT_FAULT_RECEIVED = 0x803D0013
    WS_E_ENDPOINT_DISCONNECTED = 0x803D0014
    WS_E_PROXY_FAILURE = 0x803D0015
    WS_E_PROXY_ACCESS_DENIED = 0x803D0016
    WS_E_NOT_SUPPORTED = 0x803D0017
    WS_E_PROXY_REQUIRES_BASIC_AUTH = 0x803D0018
    WS_E_PROXY_REQUIRES_DIGEST_AUTH = 0x803D0019
    WS_E_PROXY_REQUIRES_NTLM_AUTH = 0x803D001A
    WS_E_PROXY_REQUIRES_NEGOTIATE_AUTH = 0x803D001B
    WS_E_SERVER_REQUIRES_BASIC_AUTH = 0x803D001C
    WS_E_SERVER_REQUIRES_DIGEST_AUTH = 0x803D001D
    WS_E_SERVER_REQUIRES_NTLM_AUTH = 0x803D001E
    WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH = 0x803D001F
    WS_E_INVALID_ENDPOINT_URL = 0x803D0020
    WS_E_OTHER = 0x803D0021
    WS_E_SECURITY_TOKEN_EXPIRED = 0x803D0022
    WS_E_SECURITY_SYSTEM_FAILURE = 0x803D0023
    E_OUTOFMEMORY = 0x8007000E
    E_INVALIDARG = 0x80070057
    CERT_E_EXPIRED = 0x800B0101
    CERT_E_UNTRUSTEDROOT = 0x800B0109
    CERT_E_CN_NO_MATCH = 0x800B010F
    CERT_E_WRONG_USAGE = 0x800B0110
    CRYPT_E_REVOCATION_OFFLINE = 0x80092013

    @classmethod
    def _missing_(cls, value: object) -> ErrorCode | None:
        return next((member for member in cls if member.hresult == value), None)

    @property
    def hresult(self) -> int:
        """The code as the signed 32-bit number that Windows APIs return."""
        return self.value - 0x1_0000_0000 if self.value & 0x8000_0000 else self.value

    @property
    def failed(self) -> bool:
        """True when the code reports a failure (the severity bit is set)."""
        return bool(self.value & 0x8000_0000)


class WsError(Exception):
    """A failure of wsx.

    ``code`` is the WWSAPI code; ``strings`` are the texts of the failing layers, outermost first (WS_ERROR strings);
    ``path`` names the place in the value or document (``Order/items[3]/price``), ``offset`` the byte offset in the
    input, ``url`` the endpoint; ``fault`` is the SOAP fault that was received, or that says what to answer;
    ``original`` is the transport's own exception or the HTTP status. What does not apply is None.

    ``fault_action`` is the action of the message with the fault, ``fault_header`` the header blocks that go with it
    (WS_FAULT_ERROR_PROPERTY_ACTION, …_HEADER); they are attributes to set.
    """

    code: ErrorCode = ErrorCode.WS_E_OTHER
    fault_action: str | None = None
    fault_header: XmlBuffer | None = None
    default_code: ClassVar[ErrorCode] = ErrorCode.WS_E_OTHER

    def __init__(
        self,
        message: str = "",
        *,
        code: ErrorCode | None = None,
        path: str | None = None,
        offset: int | None = None,
        url: str | None = None,
        fault: Fault | None = None,
        original: BaseException | int | None = None,
        strings: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.code = self.default_code if code is None else code
        self.strings: list[str] = [message, *strings] if message else list(strings)
        self.path = path
        self.offset = offset
        self.url = url
        self.fault = fault
        self.original = original

    @property
    def message(self) -> str:
        """The outermost text."""
        return self.strings[0] if self.strings else ""

    def add_context(self, text: str) -> None:
        """Put ``text`` in front of the strings: a failing layer names itself on the way out (WsAddErrorString)."""
        self.strings.insert(0, text)

    def __str__(self) -> str:
        parts = [": ".join(self.strings) or self.code.name]
        if self.path:
            parts.append(f"at {self.path}")
        if self.offset is not None:
            parts.append(f"byte {self.offset}")
        if self.url:
            parts.append(f"url {self.url}")
        return f"{', '.join(parts)} [{self.code.name}]"

    def __reduce__(self) -> tuple[Any, ...]:
        # Not through __init__: a subclass may want arguments of its own, and add_context has changed the strings.
        return (_restore, (type(self), self.args), {**self.__dict__, "strings": list(self.strings)})


class InvalidFormat(WsError, ValueError):
    """WS_E_INVALID_FORMAT: XML, wire data or a value is not what the table or the protocol allows."""

    default_code = ErrorCode.WS_E_INVALID_FORMAT


class NumericOverflow(WsError, OverflowError):
    """WS_E_NUMERIC_OVERFLOW: a number does not fit its type."""

    default_code = ErrorCode.WS_E_NUMERIC_OVERFLOW


class InvalidArgument(WsError, ValueError, TypeError):
    """E_INVALIDARG: an argument or a description table is not acceptable (API misuse)."""

    default_code = ErrorCode.E_INVALIDARG


class InvalidOperation(WsError, RuntimeError):
    """WS_E_INVALID_OPERATION: the object's state forbids the call (API misuse)."""

    default_code = ErrorCode.WS_E_INVALID_OPERATION


class ObjectFaulted(InvalidOperation):
    """WS_E_OBJECT_FAULTED: an earlier failure made the object unusable; close or reset it."""

    default_code = ErrorCode.WS_E_OBJECT_FAULTED


class QuotaExceeded(WsError):
    """WS_E_QUOTA_EXCEEDED: a configured limit would be exceeded; the message names the limit."""

    default_code = ErrorCode.WS_E_QUOTA_EXCEEDED


class OutOfMemory(WsError, MemoryError):
    """E_OUTOFMEMORY: an allocation failed."""

    default_code = ErrorCode.E_OUTOFMEMORY


class NotSupported(WsError, NotImplementedError):
    """WS_E_NOT_SUPPORTED: not available in this build or on this platform."""

    default_code = ErrorCode.WS_E_NOT_SUPPORTED


class OperationAborted(WsError):
    """WS_E_OPERATION_ABORTED: the operation was aborted while it ran."""

    default_code = ErrorCode.WS_E_OPERATION_ABORTED


class OperationAbandoned(WsError):
    """WS_E_OPERATION_ABANDONED: the call was abandoned; its input and output may go on."""

    default_code = ErrorCode.WS_E_OPERATION_ABANDONED


class OperationTimedOut(WsError, TimeoutError):
    """WS_E_OPERATION_TIMED_OUT: a configured timeout passed."""

    default_code = ErrorCode.WS_E_OPERATION_TIMED_OUT


class NoTranslationAvailable(WsError):
    """WS_E_NO_TRANSLATION_AVAILABLE: the text does not exist in the requested language."""

    default_code = ErrorCode.WS_E_NO_TRANSLATION_AVAILABLE


class InvalidEndpointUrl(WsError, ValueError):
    """WS_E_INVALID_ENDPOINT_URL: the URL cannot be used for this operation."""

    default_code = ErrorCode.WS_E_INVALID_ENDPOINT_URL


class AddressInUse(WsError, OSError):
    """WS_E_ADDRESS_IN_USE: the listen address is taken."""

    default_code = ErrorCode.WS_E_ADDRESS_IN_USE


class AddressNotAvailable(WsError, OSError):
    """WS_E_ADDRESS_NOT_AVAILABLE: the listen address does not exist on this machine."""

    default_code = ErrorCode.WS_E_ADDRESS_NOT_AVAILABLE


class EndpointError(WsError):
    """Base of the conditions that the remote endpoint or the way to it causes."""


class EndpointNotFound(EndpointError, ConnectionError):
    """WS_E_ENDPOINT_NOT_FOUND: the host or the endpoint does not exist."""

    default_code = ErrorCode.WS_E_ENDPOINT_NOT_FOUND


class EndpointNotAvailable(EndpointError, ConnectionError):
    """WS_E_ENDPOINT_NOT_AVAILABLE: the endpoint says that it is out of service here."""

    default_code = ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE


class EndpointUnreachable(EndpointError, ConnectionError):
    """WS_E_ENDPOINT_UNREACHABLE: no connection to the endpoint could be made."""

    default_code = ErrorCode.WS_E_ENDPOINT_UNREACHABLE


class EndpointDisconnected(EndpointError, ConnectionError):
    """WS_E_ENDPOINT_DISCONNECTED: an established connection was lost."""

    default_code = ErrorCode.WS_E_ENDPOINT_DISCONNECTED


class EndpointFailure(EndpointError):
    """WS_E_ENDPOINT_FAILURE: the endpoint could not process the request."""

    default_code = ErrorCode.WS_E_ENDPOINT_FAILURE


class EndpointTooBusy(EndpointError):
    """WS_E_ENDPOINT_TOO_BUSY: the endpoint is overloaded; try again later."""

    default_code = ErrorCode.WS_E_ENDPOINT_TOO_BUSY


class EndpointAccessDenied(EndpointError, PermissionError):
    """WS_E_ENDPOINT_ACCESS_DENIED: the endpoint refused access."""

    default_code = ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED


class EndpointActionNotSupported(EndpointError):
    """WS_E_ENDPOINT_ACTION_NOT_SUPPORTED: the endpoint does not know the action."""

    default_code = ErrorCode.WS_E_ENDPOINT_ACTION_NOT_SUPPORTED


class EndpointFaultReceived(EndpointError):
    """WS_E_ENDPOINT_FAULT_RECEIVED: a SOAP fault came instead of the expected message; see ``fault``."""

    default_code = ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED


class ProxyFailure(WsError, ConnectionError):
    """WS_E_PROXY_FAILURE: the HTTP proxy failed."""

    default_code = ErrorCode.WS_E_PROXY_FAILURE


class ProxyAccessDenied(WsError, PermissionError):
    """WS_E_PROXY_ACCESS_DENIED: the HTTP proxy refused."""

    default_code = ErrorCode.WS_E_PROXY_ACCESS_DENIED


class AuthenticationRequired(WsError, PermissionError):
    """Base of the *_REQUIRES_*_AUTH conditions: another authentication scheme is wanted than the one used."""


class ServerRequiresAuthentication(AuthenticationRequired):
    """WS_E_SERVER_REQUIRES_…_AUTH: the server wants the scheme that the code names."""

    default_code = ErrorCode.WS_E_SERVER_REQUIRES_BASIC_AUTH


class ProxyRequiresAuthentication(AuthenticationRequired):
    """WS_E_PROXY_REQUIRES_…_AUTH: the HTTP proxy wants the scheme that the code names."""

    default_code = ErrorCode.WS_E_PROXY_REQUIRES_BASIC_AUTH


class SecurityError(WsError):
    """Base of the conditions about trust: TLS, certificates, tokens."""


class SecurityVerificationFailure(SecurityError):
    """WS_E_SECURITY_VERIFICATION_FAILURE: received data is well-formed but not trusted."""

    default_code = ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE


class SecuritySystemFailure(SecurityError):
    """WS_E_SECURITY_SYSTEM_FAILURE: the local security component failed (TLS library, key, certificate store)."""

    default_code = ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE


class SecurityTokenExpired(SecurityError):
    """WS_E_SECURITY_TOKEN_EXPIRED: the server rejected an expired token."""

    default_code = ErrorCode.WS_E_SECURITY_TOKEN_EXPIRED


class CertificateError(SecurityError):
    """Base of the conditions about the server's certificate."""


class CertificateExpired(CertificateError):
    """CERT_E_EXPIRED: the certificate is outside its validity period."""

    default_code = ErrorCode.CERT_E_EXPIRED


class CertificateUntrustedRoot(CertificateError):
    """CERT_E_UNTRUSTEDROOT: the certificate's chain ends in a root that is not trusted."""

    default_code = ErrorCode.CERT_E_UNTRUSTEDROOT


class CertificateNameMismatch(CertificateError):
    """CERT_E_CN_NO_MATCH: the certificate was issued for another host."""

    default_code = ErrorCode.CERT_E_CN_NO_MATCH


class CertificateWrongUsage(CertificateError):
    """CERT_E_WRONG_USAGE: the certificate is not for server authentication."""

    default_code = ErrorCode.CERT_E_WRONG_USAGE


class RevocationOffline(CertificateError):
    """CRYPT_E_REVOCATION_OFFLINE: the revocation list could not be had."""

    default_code = ErrorCode.CRYPT_E_REVOCATION_OFFLINE


def _restore(cls: type[WsError], args: tuple[Any, ...]) -> WsError:
    # The chain of __base__ is the layout. cls.__new__ goes by the MRO: for OutOfMemory that of MemoryError, refused.
    base: Any = cls
    while "__new__" not in vars(base):
        base = base.__base__
    error: WsError = base.__new__(cls)
    error.args = args
    return error


def _classes(root: type[WsError]) -> dict[ErrorCode, type[WsError]]:
    found: dict[ErrorCode, type[WsError]] = {}
    for cls in root.__subclasses__():
        if "default_code" in cls.__dict__:
            found[cls.default_code] = cls
        found.update(_classes(cls))
    return found


# The *_REQUIRES_*_AUTH codes share one class for the server and one for the proxy; the code tells the scheme.
_CLASSES: Final[Mapping[ErrorCode, type[WsError]]] = MappingProxyType(
    {
        **_classes(WsError),
        **{code: ServerRequiresAuthentication for code in ErrorCode if code.name.startswith("WS_E_SERVER_REQUIRES_")},
        **{code: ProxyRequiresAuthentication for code in ErrorCode if code.name.startswith("WS_E_PROXY_REQUIRES_")},
    }
)


def error_class(code: ErrorCode) -> type[WsError]:
    """The exception class that belongs to ``code``; :class:`WsError` for a code that has no class of its own."""
    return _CLASSES.get(code, WsError)


def error_for(code: ErrorCode, message: str = "", **details: Any) -> WsError:
    """A new exception of the class that belongs to ``code``; ``details`` are the keywords of :class:`WsError`."""
    return error_class(code)(message, code=code, **details)
