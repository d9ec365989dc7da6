"""Enumerations of security settings, with the numbers of ``webservices.h``."""

from __future__ import annotations

import enum

__all__ = ["CertFailures", "HttpHeaderAuthScheme", "HttpHeaderAuthTarget", "HttpProxySettingMode", "TlsVersion"]


class HttpHeaderAuthScheme(enum.IntFlag):
    """WS_HTTP_HEADER_AUTH_SCHEME_…: how a client may authenticate in HTTP headers."""

    NONE = 0x1
    BASIC = 0x2
    DIGEST = 0x4
    NTLM = 0x8
    NEGOTIATE = 0x10
    PASSPORT = 0x20


class HttpHeaderAuthTarget(enum.IntEnum):
    """WS_HTTP_HEADER_AUTH_TARGET: whom a client authenticates to."""

    SERVICE = 1
    PROXY = 2


class CertFailures(enum.IntFlag):
    """WS_CERT_FAILURE_…: what may be wrong with a server's certificate."""

    CN_MISMATCH = 0x1
    INVALID_DATE = 0x2
    UNTRUSTED_ROOT = 0x4
    WRONG_USAGE = 0x8
    REVOCATION_OFFLINE = 0x10


class HttpProxySettingMode(enum.IntEnum):
    """WS_HTTP_PROXY_SETTING_MODE: where the HTTP proxy is taken from."""

    AUTO = 1
    NONE = 2
    CUSTOM = 3


class TlsVersion(enum.IntEnum):
    """Versions of TLS that a connection may have, with the numbers of the protocol (RFC 8446 §4.1.2)."""

    TLS1_2 = 0x0303
    TLS1_3 = 0x0304
