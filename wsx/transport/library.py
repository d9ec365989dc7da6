"""What the transports over HTTP libraries of Python share: settings in the terms of ``ssl``, header lines, failures.

Such a transport is of level 1: whole messages, content codings left as they are, no authentication but by headers.
"""

from __future__ import annotations

import base64
import os
import re
import ssl
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from wsx.errors import ErrorCode, InvalidArgument, NotSupported
from wsx.security import (
    BearerCredential,
    CertCredential,
    CertFailures,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    Secret,
    SecurityDescription,
    TlsSettings,
    TlsVersion,
    UsernameCredential,
)
from wsx.transport.failures import VERIFY_CODES, challenge_schemes
from wsx.transport.heads import check_token, refused, request_lines
from wsx.transport.protocol import HttpHead, HttpRequest, Limits, Phase, TransportError
from wsx.transport.url import HttpUrl

__all__ = ["Settings", "check_head", "tls_code"]

_VERSIONS: Final[Mapping[TlsVersion, ssl.TLSVersion]] = MappingProxyType(
    {TlsVersion.TLS1_2: ssl.TLSVersion.TLSv1_2, TlsVersion.TLS1_3: ssl.TLSVersion.TLSv1_3}
)
_NO_CHECK: Final = (
    CertFailures.CN_MISMATCH | CertFailures.INVALID_DATE | CertFailures.UNTRUSTED_ROOT | CertFailures.WRONG_USAGE
)
# The alerts (RFC 8446 §6.2) by which a server refuses the client's certificate or misses one, as OpenSSL names them.
_REFUSED: Final = re.compile(
    r"ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_(?:REQUIRED|REVOKED|EXPIRED|UNKNOWN)|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|"
    r"ACCESS_DENIED)"
)
_CHALLENGES: Final = {401: b"www-authenticate", 407: b"proxy-authenticate"}


class Settings:
    """Security and proxy settings of a transport over a library.

    :param security: TLS and authentication; None authenticates to nobody.
    :param proxy: the HTTP proxy for all requests, or settings that name one; None connects directly.
    :param ca_file: a PEM file with the trusted roots, None for those of ``security`` or the system's.
    :raises InvalidArgument: for settings that contradict each other.
    :raises NotSupported: for authentication but BASIC and bearer tokens, a proxy with an https URL or of mode AUTO, and
        settings of TLS that ``ssl`` cannot honour exactly.
    """

    def __init__(
        self,
        security: SecurityDescription | None,
        proxy: HttpUrl | ProxySettings | None,
        ca_file: str | os.PathLike[str] | None,
    ) -> None:
        security = security or SecurityDescription()
        if isinstance(proxy, HttpUrl) and proxy.scheme != "http":
            raise NotSupported(f"a proxy that is spoken to over TLS is not supported: {proxy}")
        if isinstance(proxy, ProxySettings) and proxy.mode is HttpProxySettingMode.AUTO:
            raise NotSupported("the proxy settings of the environment are read by the transport over libcurl alone")
        self._tls_demanded = security.tls is not None
        self._tls = security.tls or TlsSettings()
        self._ca_file = None if ca_file is None else os.fspath(ca_file)
        if self._ca_file is not None and (self._tls.ca_file is not None or self._tls.ca_data is not None):
            raise InvalidArgument("the trusted roots are given twice, as ca_file and in security.tls")
        _check_ignored(self._tls)
        self._proxy = proxy
        self._server = _credentials(security.auth_to(HttpHeaderAuthTarget.SERVICE))
        self._proxy_credentials = _credentials(security.auth_to(HttpHeaderAuthTarget.PROXY))
        self._context: ssl.SSLContext | None = None

    @property
    def host_name(self) -> str | None:
        """The name that the server's certificate must have, None for the URL's host."""
        return self._tls.host_name

    @property
    def context(self) -> ssl.SSLContext:
        """The TLS context, made when it is first wanted.

        :raises OSError, ssl.SSLError: for files that cannot be read.
        """
        if self._context is None:
            self._context = _context(self._tls, self._ca_file)
        return self._context

    def route(self, url: HttpUrl) -> HttpUrl | None:
        """The proxy to ``url``, None when it is reached directly."""
        if not isinstance(self._proxy, ProxySettings):
            return self._proxy
        custom = self._proxy.custom
        found = None if custom is None else custom.proxy_for(url.scheme, url.host, url.port)
        if found is not None and found.scheme != "http":
            raise TransportError(
                f"this transport speaks to HTTP proxies in plain HTTP alone, not to one of {found.scheme}",
                code=ErrorCode.WS_E_NOT_SUPPORTED,
                phase=Phase.PREPARE,
                sent=False,
            )
        return None if found is None else HttpUrl("http", found.host, found.port, "/")

    @property
    def proxy_lines(self) -> list[tuple[bytes, bytes]]:
        """The header lines for a proxy, of a request or of a CONNECT."""
        shown = self._proxy_credentials
        return [] if shown is None else [(b"Proxy-Authorization", shown[1].reveal())]

    def lines(self, request: HttpRequest) -> list[tuple[bytes, bytes]]:
        """The header lines of ``request``, checked, with those that authenticate.

        :raises TransportError: for a request that must not be sent.
        """
        if self._tls_demanded and request.url.scheme != "https":
            raise TransportError(
                "the security description demands TLS, so that the URL must begin with https://",
                code=ErrorCode.WS_E_INVALID_ENDPOINT_URL,
                phase=Phase.PREPARE,
                sent=False,
            )
        check_token(request.method.encode("latin-1", "replace"), "method")
        request_lines(request.headers)
        if request.length is not None and request.length != len(request.body or b""):
            raise refused(f"the length of the request is {request.length}, its body has another")
        lines = list(request.headers)
        if self._server is not None:
            if any(name.lower() == b"authorization" for name, _ in lines):
                raise refused("the header Authorization is written by the transport, from its security settings")
            lines.append((b"Authorization", self._server[1].reveal()))
        return lines

    def used_scheme(self, challenges: Sequence[str], *, by_proxy: bool) -> str | None:
        """The scheme whose credentials a 401 or 407 with these ``challenges`` refuses; None when none were shown."""
        shown = self._proxy_credentials if by_proxy else self._server
        return shown[0] if shown is not None and shown[0] in challenge_schemes(challenges) else None

    def judge(self, head: HttpHead) -> HttpHead:
        """``head`` with ``used_scheme``."""
        if head.status in _CHALLENGES:
            values = [value.decode("latin-1") for value in head.values(_CHALLENGES[head.status])]
            head.used_scheme = self.used_scheme(values, by_proxy=head.status == 407)
        return head


def check_head(head: HttpHead, limits: Limits, phase: Phase) -> None:
    """Refuse what a library lets pass.

    :raises TransportError: WS_E_QUOTA_EXCEEDED for a head above ``max_head``, WS_E_INVALID_FORMAT for a Content-Length
        that is no number.
    """
    size = sum(len(name) + len(value) + 4 for name, value in head.headers)
    if limits.max_head is not None and size > limits.max_head:
        text = f"the response head has more than max_head ({limits.max_head}) bytes"
        raise TransportError(text, code=ErrorCode.WS_E_QUOTA_EXCEEDED, phase=phase, sent=True)
    if not all(value.isdigit() for value in head.values(b"content-length")):
        text = "the Content-Length of the response is no number"
        raise TransportError(text, code=ErrorCode.WS_E_INVALID_FORMAT, phase=phase, sent=True)


def tls_code(error: ssl.SSLError) -> ErrorCode:
    """The condition of a failure of ``ssl``."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return VERIFY_CODES.get(error.verify_code, ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return ErrorCode.WS_E_ENDPOINT_DISCONNECTED
    if _REFUSED.search(getattr(error, "reason", None) or ""):
        return ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
    return ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE


def _check_ignored(tls: TlsSettings) -> None:
    ignored = tls.cert_failures_to_ignore
    if tls.require_status:
        raise NotSupported("the ssl module of Python does not look at a stapled status")
    if tls.crl_file is not None and ignored & CertFailures.REVOCATION_OFFLINE:
        raise NotSupported("with a crl_file every issuer needs its list; REVOCATION_OFFLINE cannot be ignored then")
    chain = ignored & ~CertFailures.REVOCATION_OFFLINE
    if chain not in (CertFailures(0), CertFailures.CN_MISMATCH, _NO_CHECK):
        raise NotSupported(
            "OpenSSL is asked to ignore CN_MISMATCH alone, or CN_MISMATCH, INVALID_DATE, UNTRUSTED_ROOT and "
            "WRONG_USAGE together; nothing in between"
        )


def _context(tls: TlsSettings, ca_file: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _VERSIONS[tls.minimum_version]
    chain = tls.cert_failures_to_ignore & ~CertFailures.REVOCATION_OFFLINE
    if chain & CertFailures.CN_MISMATCH:
        context.check_hostname = False
    if chain == _NO_CHECK:
        context.verify_mode = ssl.CERT_NONE
    if tls.ca_data is not None:
        context.load_verify_locations(cadata=tls.ca_data.decode("ascii", "replace"))
    elif ca_file is not None or tls.ca_file is not None:
        context.load_verify_locations(ca_file or tls.ca_file)
    else:
        context.load_default_certs()
    if tls.crl_file is not None:
        context.load_verify_locations(tls.crl_file)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    if tls.client_certificate is not None:
        certificate, key, password = _files_of(tls.client_certificate)
        context.load_cert_chain(certificate, key, password)
    return context


def _files_of(credential: CertCredential) -> tuple[str, str | None, str]:
    """Certificate, key and password for ``load_cert_chain``.

    An empty password keeps OpenSSL from asking for one at the terminal.
    """
    certificate, key = credential.certificate, credential.private_key
    if isinstance(certificate, (bytes, Secret)) or isinstance(key, (bytes, Secret)):
        raise TransportError(
            "ssl takes the client certificate and its key from files alone",
            code=ErrorCode.WS_E_NOT_SUPPORTED,
            phase=Phase.PREPARE,
            sent=False,
        )
    password = "" if credential.password is None else _revealed(credential.password).decode("utf-8")
    return os.fspath(certificate), None if key is None else os.fspath(key), password


def _credentials(auth: HttpHeaderAuth | None) -> tuple[str, Secret] | None:
    """(scheme, value of the header) of what is shown with each request."""
    if auth is None or auth.client_credential is None:
        return None
    credential = auth.client_credential
    if isinstance(credential, BearerCredential):
        return "bearer", Secret(b"Bearer " + _revealed(credential.token))
    if isinstance(credential, UsernameCredential) and auth.scheme == HttpHeaderAuthScheme.BASIC:
        pair = credential.username.encode("utf-8") + b":" + _revealed(credential.password)
        return "basic", Secret(b"Basic " + base64.b64encode(pair))
    raise NotSupported("this transport authenticates by the scheme BASIC alone and by bearer tokens alone")


def _revealed(value: str | Secret) -> bytes:
    return (value if isinstance(value, Secret) else Secret(value)).reveal()
