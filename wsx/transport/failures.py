"""How a transport's failures become error codes: tables, and the pure functions that look things up in them."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from wsx.errors import ErrorCode, WsError, error_for
from wsx.transport.protocol import HttpHead

__all__ = [
    "CURL_CODES",
    "STATUS_CODES",
    "VERIFY_CODES",
    "CurlFailure",
    "challenge_schemes",
    "curl_code",
    "status_code",
    "status_error",
]

# HTTP statuses. Those not here: 2xx are no failures, 401 and 407 depend on the challenges, the rest is
# WS_E_ENDPOINT_FAILURE. Redirects are failures because a transport does not follow them.
STATUS_CODES: Final[Mapping[int, ErrorCode]] = MappingProxyType(
    {
        301: ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE,
        302: ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE,
        303: ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE,
        305: ErrorCode.WS_E_PROXY_FAILURE,
        307: ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE,
        308: ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE,
        403: ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED,
        404: ErrorCode.WS_E_ENDPOINT_NOT_FOUND,
        408: ErrorCode.WS_E_OPERATION_TIMED_OUT,
        410: ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE,
        429: ErrorCode.WS_E_ENDPOINT_TOO_BUSY,
        502: ErrorCode.WS_E_PROXY_FAILURE,
        503: ErrorCode.WS_E_ENDPOINT_TOO_BUSY,
        504: ErrorCode.WS_E_PROXY_FAILURE,
    }
)
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_PROXY_UNAUTHORIZED: Final = 407

# The order is the client's preference: with several schemes offered, the first one here is the one to report.
_SERVER_REQUIRES: Final[Mapping[str, ErrorCode]] = MappingProxyType(
    {
        "negotiate": ErrorCode.WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH,
        "ntlm": ErrorCode.WS_E_SERVER_REQUIRES_NTLM_AUTH,
        "digest": ErrorCode.WS_E_SERVER_REQUIRES_DIGEST_AUTH,
        "basic": ErrorCode.WS_E_SERVER_REQUIRES_BASIC_AUTH,
    }
)
_PROXY_REQUIRES: Final[Mapping[str, ErrorCode]] = MappingProxyType(
    {
        "negotiate": ErrorCode.WS_E_PROXY_REQUIRES_NEGOTIATE_AUTH,
        "ntlm": ErrorCode.WS_E_PROXY_REQUIRES_NTLM_AUTH,
        "digest": ErrorCode.WS_E_PROXY_REQUIRES_DIGEST_AUTH,
        "basic": ErrorCode.WS_E_PROXY_REQUIRES_BASIC_AUTH,
    }
)

# libcurl's codes (curl/curl.h) that need no second look; curl_code() decides about those that do.
CURL_CODES: Final[Mapping[int, ErrorCode]] = MappingProxyType(
    {
        1: ErrorCode.WS_E_INVALID_ENDPOINT_URL,  # UNSUPPORTED_PROTOCOL, and "no HTTP answer" once something was sent
        3: ErrorCode.WS_E_INVALID_ENDPOINT_URL,  # URL_MALFORMAT
        4: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # NOT_BUILT_IN
        5: ErrorCode.WS_E_PROXY_FAILURE,  # COULDNT_RESOLVE_PROXY
        6: ErrorCode.WS_E_ENDPOINT_NOT_FOUND,  # COULDNT_RESOLVE_HOST
        7: ErrorCode.WS_E_ENDPOINT_UNREACHABLE,  # COULDNT_CONNECT
        8: ErrorCode.WS_E_INVALID_FORMAT,  # WEIRD_SERVER_REPLY
        16: ErrorCode.WS_E_ENDPOINT_DISCONNECTED,  # HTTP2: the connection ended in the middle of its frames
        18: ErrorCode.WS_E_ENDPOINT_DISCONNECTED,  # PARTIAL_FILE
        23: ErrorCode.E_OUTOFMEMORY,  # WRITE_ERROR: keeping what was received can only fail for want of memory
        25: ErrorCode.WS_E_NOT_SUPPORTED,  # UPLOAD_FAILED: a body of unknown length to a server of HTTP/1.0
        27: ErrorCode.E_OUTOFMEMORY,  # OUT_OF_MEMORY
        28: ErrorCode.WS_E_OPERATION_TIMED_OUT,  # OPERATION_TIMEDOUT
        35: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # SSL_CONNECT_ERROR
        42: ErrorCode.WS_E_OPERATION_ABORTED,  # ABORTED_BY_CALLBACK
        43: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # BAD_FUNCTION_ARGUMENT: a key file that is missing
        52: ErrorCode.WS_E_ENDPOINT_DISCONNECTED,  # GOT_NOTHING
        55: ErrorCode.WS_E_ENDPOINT_DISCONNECTED,  # SEND_ERROR
        56: ErrorCode.WS_E_ENDPOINT_DISCONNECTED,  # RECV_ERROR
        58: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # SSL_CERTPROBLEM
        59: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # SSL_CIPHER
        60: ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE,  # PEER_FAILED_VERIFICATION
        61: ErrorCode.WS_E_INVALID_FORMAT,  # BAD_CONTENT_ENCODING
        63: ErrorCode.WS_E_QUOTA_EXCEEDED,  # FILESIZE_EXCEEDED
        65: ErrorCode.WS_E_ENDPOINT_DISCONNECTED,  # SEND_FAIL_REWIND
        66: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # SSL_ENGINE_INITFAILED
        77: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # SSL_CACERT_BADFILE
        80: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # SSL_SHUTDOWN_FAILED
        82: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # SSL_CRL_BADFILE
        83: ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE,  # SSL_ISSUER_ERROR
        92: ErrorCode.WS_E_ENDPOINT_DISCONNECTED,  # HTTP2_STREAM: the server has given the exchange up
        91: ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE,  # SSL_INVALIDCERTSTATUS: no OCSP response, or a bad one
        97: ErrorCode.WS_E_PROXY_FAILURE,  # PROXY
        100: ErrorCode.WS_E_QUOTA_EXCEEDED,  # TOO_LARGE
    }
)

# OpenSSL's verification results (openssl/x509_vfy.h); others are WS_E_SECURITY_VERIFICATION_FAILURE.
VERIFY_CODES: Final[Mapping[int, ErrorCode]] = MappingProxyType(
    {
        0: ErrorCode.CERT_E_CN_NO_MATCH,  # the chain is good, libcurl's own check of the name failed
        1: ErrorCode.CERT_E_CN_NO_MATCH,  # the same, with the initial value left in place
        2: ErrorCode.CERT_E_UNTRUSTEDROOT,  # unable to get issuer certificate
        3: ErrorCode.CRYPT_E_REVOCATION_OFFLINE,  # unable to get CRL
        9: ErrorCode.CERT_E_EXPIRED,  # not yet valid
        10: ErrorCode.CERT_E_EXPIRED,
        11: ErrorCode.CRYPT_E_REVOCATION_OFFLINE,  # CRL not yet valid
        12: ErrorCode.CRYPT_E_REVOCATION_OFFLINE,  # CRL has expired
        18: ErrorCode.CERT_E_UNTRUSTEDROOT,  # self-signed
        19: ErrorCode.CERT_E_UNTRUSTEDROOT,  # self-signed in the chain
        20: ErrorCode.CERT_E_UNTRUSTEDROOT,  # unable to get issuer certificate locally
        21: ErrorCode.CERT_E_UNTRUSTEDROOT,  # unable to verify leaf signature
        26: ErrorCode.CERT_E_WRONG_USAGE,  # unsuitable purpose
        27: ErrorCode.CERT_E_UNTRUSTEDROOT,  # not trusted for this purpose
        23: ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE,  # revoked
        33: ErrorCode.CRYPT_E_REVOCATION_OFFLINE,  # unable to get CRL issuer
        62: ErrorCode.CERT_E_CN_NO_MATCH,  # host name
        63: ErrorCode.CERT_E_CN_NO_MATCH,  # e-mail
        64: ErrorCode.CERT_E_CN_NO_MATCH,  # IP address
    }
)

# WSAECONNRESET is the number that Windows sockets use.
_RESET: Final = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, 10053, 10054})
_TUNNEL_MADE: Final = 200
# libcurl ends a head above 300 KiB with the code of a lost connection; its longest line is 100 KiB.
_LARGE_HEAD: Final = 200 << 10

# A challenge begins at a token that is followed by white space or by nothing (RFC 9110 §11.6.1); a parameter's name is
# followed by "=", perhaps with white space before it.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCHEME: Final = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s+(?!=)|$)")


@dataclass(frozen=True, slots=True)
class CurlFailure:
    """What decides about a failed transfer.

    :param code: libcurl's code.
    :param os_errno: CURLINFO_OS_ERRNO.
    :param verify: CURLINFO_SSL_VERIFYRESULT.
    :param begun: sending the request had begun.
    :param tls: the endpoint is https.
    :param proxied: an HTTP proxy stands between.
    :param connect_status: the status of the proxy's answer to CONNECT, 0 without one.
    :param head_size: bytes of the response head that was not complete yet, 0 when it was or had not begun.
    :param refused_certificate: the server's alert says that it refuses the client's certificate, or misses one.
    """

    code: int
    os_errno: int = 0
    verify: int = 0
    begun: bool = False
    tls: bool = False
    proxied: bool = False
    connect_status: int = 0
    head_size: int = 0
    refused_certificate: bool = False


def curl_code(failure: CurlFailure, challenges: Iterable[str] = (), used_scheme: str | None = None) -> ErrorCode:
    """The condition of a failed transfer.

    :param challenges: the Proxy-Authenticate values of a refused CONNECT.
    :param used_scheme: the scheme of the credentials that the proxy was shown, as in :func:`status_code`.
    """
    code = CURL_CODES.get(failure.code, ErrorCode.WS_E_OTHER)
    if failure.proxied and not failure.begun and failure.connect_status != _TUNNEL_MADE:
        if failure.connect_status == _PROXY_UNAUTHORIZED:
            return status_code(_PROXY_UNAUTHORIZED, challenges, used_scheme)
        if failure.connect_status == _FORBIDDEN:
            return ErrorCode.WS_E_PROXY_ACCESS_DENIED
        local = code in {ErrorCode.E_OUTOFMEMORY, ErrorCode.WS_E_OPERATION_TIMED_OUT, ErrorCode.WS_E_OPERATION_ABORTED}
        return code if local else ErrorCode.WS_E_PROXY_FAILURE
    if failure.tls and failure.refused_certificate:
        return ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
    match failure.code:
        case 1 | 3 if failure.begun:
            return ErrorCode.WS_E_INVALID_FORMAT
        case 35 if failure.os_errno in _RESET:
            return ErrorCode.WS_E_ENDPOINT_DISCONNECTED
        case 56 if failure.head_size > _LARGE_HEAD:
            return ErrorCode.WS_E_QUOTA_EXCEEDED
        case 56 if not failure.tls and not failure.os_errno:
            # In the clear nothing but the form of a chunk is left; under TLS a cut looks the same.
            return ErrorCode.WS_E_INVALID_FORMAT
        case 60:
            return VERIFY_CODES.get(failure.verify, code)
    return code


def challenge_schemes(challenges: Iterable[str]) -> tuple[str, ...]:
    """The authentication schemes, in lower case, that WWW-Authenticate or Proxy-Authenticate values offer.

    A value may hold several challenges, and commas separate challenges and parameters alike.
    """
    found: dict[str, None] = {}
    for value in challenges:
        for item in _QUOTED.sub('""', value).split(","):
            if scheme := _SCHEME.match(item.rstrip()):
                found[scheme[1].lower()] = None
    return tuple(found)


def status_code(status: int, challenges: Iterable[str] = (), used_scheme: str | None = None) -> ErrorCode:
    """The condition of a response that is no message because of its status; S_OK for 2xx.

    :param challenges: the values of the WWW-Authenticate (401) or Proxy-Authenticate (407) lines.
    :param used_scheme: the authentication scheme that the request had used, None for none. When it is among those
        offered, the credentials were refused.
    """
    if 200 <= status < 300:
        return ErrorCode.S_OK
    if status not in (_UNAUTHORIZED, _PROXY_UNAUTHORIZED):
        return STATUS_CODES.get(status, ErrorCode.WS_E_ENDPOINT_FAILURE)
    server = status == _UNAUTHORIZED
    denied = ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED if server else ErrorCode.WS_E_PROXY_ACCESS_DENIED
    offered = challenge_schemes(challenges)
    if used_scheme is not None and used_scheme.lower() in offered:
        return denied
    requires = _SERVER_REQUIRES if server else _PROXY_REQUIRES
    return next((code for scheme, code in requires.items() if scheme in offered), denied)


def status_error(head: HttpHead, *, used_scheme: str | None = None) -> WsError:
    """The exception for a response that is no message because of its status; ``original`` is the status.

    :param used_scheme: as in :func:`status_code`; None takes what the transport says.
    """
    used_scheme = used_scheme or head.used_scheme
    name = b"proxy-authenticate" if head.status == _PROXY_UNAUTHORIZED else b"www-authenticate"
    challenges = [value.decode("latin-1") for value in head.values(name)]
    reason = f" {head.reason}" if head.reason else ""
    return error_for(
        status_code(head.status, challenges, used_scheme),
        f"the response has HTTP status {head.status}{reason}",
        original=head.status,
    )
