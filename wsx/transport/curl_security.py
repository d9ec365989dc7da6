"""Security settings as options of a libcurl handle, and which proxy a URL is reached through."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import pycurl

from wsx.errors import ErrorCode, InvalidArgument, InvalidEndpointUrl, NotSupported
from wsx.security import (
    BearerCredential,
    CertCredential,
    CertFailures,
    DefaultWindowsCredential,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxyServer,
    ProxySettings,
    Secret,
    SecurityDescription,
    TlsSettings,
    TlsVersion,
    UsernameCredential,
    WindowsCredential,
)
from wsx.transport.failures import challenge_schemes
from wsx.transport.handshake import Handshake, Legs, Link, one_leg
from wsx.transport.protocol import HttpRequest, Phase, TransportError
from wsx.transport.tunnel import through_tunnel
from wsx.transport.url import HttpUrl

__all__ = ["CurlSecurity", "Route", "default_ca_file", "refuses_certificate"]

# Where distributions keep their roots: Debian, Fedora, SUSE, Alpine and BSD and macOS. The wheel of pycurl knows none.
_CA_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_VERSIONS: Final[Mapping[TlsVersion, int]] = MappingProxyType(
    {TlsVersion.TLS1_2: pycurl.SSLVERSION_TLSv1_2, TlsVersion.TLS1_3: pycurl.SSLVERSION_TLSv1_3}
)
_PROXY_PORTS: Final[Mapping[str, int]] = MappingProxyType({"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080})
_WITH_PORT: Final = re.compile(r":[0-9]+\Z")
_AUTH_BASIC: Final = 1 << 0
_AUTH_DIGEST: Final = 1 << 1
_AUTH_NEGOTIATE: Final = 1 << 2
_AUTH_BEARER: Final = 1 << 6  # not named by pycurl
_BITS: Final[Mapping[HttpHeaderAuthScheme, int]] = MappingProxyType(
    {
        HttpHeaderAuthScheme.BASIC: _AUTH_BASIC,
        HttpHeaderAuthScheme.DIGEST: _AUTH_DIGEST,
        HttpHeaderAuthScheme.NEGOTIATE: _AUTH_NEGOTIATE,
    }
)
_WINDOWS_SCHEMES: Final = HttpHeaderAuthScheme.NTLM | HttpHeaderAuthScheme.NEGOTIATE
# In the order of preference.
_NAMES: Final[Mapping[HttpHeaderAuthScheme, str]] = MappingProxyType(
    {
        HttpHeaderAuthScheme.NEGOTIATE: "negotiate",
        HttpHeaderAuthScheme.NTLM: "ntlm",
        HttpHeaderAuthScheme.DIGEST: "digest",
        HttpHeaderAuthScheme.BASIC: "basic",
    }
)
# Without a check of the chain, its dates and its purpose, anybody can make a certificate that passes; that of the name
# keeps nobody out then.
_NO_CHECK: Final = (
    CertFailures.CN_MISMATCH | CertFailures.INVALID_DATE | CertFailures.UNTRUSTED_ROOT | CertFailures.WRONG_USAGE
)
# OpenSSL's names of the alerts that a server sends when it refuses the client's certificate or misses one
# (RFC 8446 §6.2); they are named only when they are received. libcurl puts a text of its own for certificate_expired,
# which is the one that it has for a server's certificate when there is no result of OpenSSL's verification.
_REFUSED: Final = re.compile(
    r"alert (?:bad certificate|certificate (?:required|revoked|expired|unknown)|unsupported certificate|"
    r"unknown ca|access denied)|^SSL certificate verification failed$",
    re.IGNORECASE,
)


def default_ca_file() -> str | None:
    """The system's file of trusted root certificates, None when there is none at the usual places."""
    return next((path for path in _CA_FILES if os.path.isfile(path)), None)


def refuses_certificate(text: str) -> bool:
    """Whether libcurl's text tells of the server's alert about the client's certificate; it has no number for that."""
    return _REFUSED.search(text) is not None


class Route(NamedTuple):
    """The proxy to an endpoint, with the credential that the environment gave together with its URL."""

    proxy: ProxyServer
    credential: UsernameCredential | None = None


class CurlSecurity:
    """What a handle is set to, and what its authentication means for a status.

    :param security: None has the defaults of :class:`TlsSettings` and no authentication.
    :param proxy: one proxy for all URLs, settings, or None to connect directly.
    :param ca_file: short for ``TlsSettings(ca_file=…)``; an http URL stays possible with it.
    :raises InvalidArgument: for another type, or roots that are given twice.
    :raises NotSupported: for what libcurl cannot do exactly as asked.
    """

    def __init__(
        self,
        security: SecurityDescription | None = None,
        proxy: HttpUrl | ProxySettings | None = None,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> None:
        given: object = security
        if given is not None and not isinstance(given, SecurityDescription):
            raise InvalidArgument(f"security must be a SecurityDescription, not {type(given).__name__}")
        security = security or SecurityDescription()
        self._tls = security.tls
        self._ca_file = None if ca_file is None else os.fspath(ca_file)
        tls = self._tls or TlsSettings()
        if self._ca_file is not None and (tls.ca_file is not None or tls.ca_data is not None):
            raise InvalidArgument("the trusted roots are given twice, as ca_file and in security.tls")
        _check_ignored(tls)
        self._server = security.auth_to(HttpHeaderAuthTarget.SERVICE)
        self._proxy_auth = security.auth_to(HttpHeaderAuthTarget.PROXY)
        self._proxy = proxy
        self._route: Route | None = None
        self._https = False
        self.in_own_tunnel = False  # the URL that was set last is reached so
        self._server_handshake = _handshake(self._server)
        self._proxy_handshake = _handshake(self._proxy_auth)

    # Authentication of connections

    @property
    def bound(self) -> bool:
        """Whether a connection may know who asks: it is nobody else's then."""
        auths = (self._server, self._proxy_auth)
        return any(auth is not None and bool((auth.scheme or 0) & _WINDOWS_SCHEMES) for auth in auths)

    def legs(self, request: HttpRequest, link: Link, *, streamed: bool = False) -> Legs | None:
        """The requests that have ``request`` processed once where its connection has to know who asks.

        None where nothing is to be done, or libcurl does it itself.

        :param streamed: as :meth:`Handshake.legs` takes it.
        :raises TransportError: WS_E_NOT_SUPPORTED for what one connection cannot be.
        """
        server, to_proxy, url = self._server_handshake, self._proxy_handshake, request.url
        route = None if to_proxy is None else self._route_to(url)
        if to_proxy is None or route is None:
            return None if server is None else server.legs(request, link, streamed=streamed)
        to_proxy.host = route.proxy.host
        if url.scheme == "https" and route.proxy.scheme == "http":
            inner = (
                one_leg(request, streamed=streamed) if server is None else server.legs(request, link, streamed=streamed)
            )
            return through_tunnel(to_proxy, route.proxy[1:], url, inner, link)
        if url.scheme == "https" or route.proxy.scheme == "socks5":
            text = "NTLM, or Negotiate with a password, is for HTTP proxies that are spoken to in plain HTTP"
            raise _not_sent(text, ErrorCode.WS_E_NOT_SUPPORTED)
        if server is not None:
            text = "one connection cannot be authenticated to a proxy and to a server by NTLM or Negotiate"
            raise _not_sent(text, ErrorCode.WS_E_NOT_SUPPORTED)
        return to_proxy.legs(request, link, streamed=streamed)

    @property
    def makes_tunnels(self) -> bool:
        """Whether there may be tunnels that are not libcurl's to make."""
        return self._proxy_handshake is not None

    def forget_connections(self) -> None:
        """The transport begins anew, without a connection."""
        for handshake in (self._server_handshake, self._proxy_handshake):
            if handshake is not None:
                handshake.forget()

    def delegated(self, scheme: HttpHeaderAuthScheme) -> Iterator[tuple[int, Any]]:
        """The options with which libcurl authenticates to the server by ``scheme``, which it was found to offer."""
        if self._server is not None:
            yield from _user_options(self._server, _bits(scheme))

    # What the handle is set to

    def options(self) -> Iterator[tuple[int, Any]]:
        """(option, value) of what stays the same for all requests; an option without a value is to be unset."""
        tls = self._tls or TlsSettings()
        yield pycurl.SSLVERSION, _VERSIONS[tls.minimum_version]
        # Without a list of its own libcurl asks the environment which hosts a proxy that was set is not for.
        yield pycurl.NOPROXY, ""
        # A folder that libcurl was built with would be trusted beside the roots that are given.
        yield pycurl.CAPATH, None
        ca_file = self._ca_file or tls.ca_file or default_ca_file()
        if tls.ca_data is not None:
            yield pycurl.CAINFO_BLOB, tls.ca_data
        elif ca_file is not None:
            yield pycurl.CAINFO, ca_file
        elif os.name == "nt":
            yield pycurl.SSL_OPTIONS, pycurl.SSLOPT_NATIVE_CA
        if tls.cert_failures_to_ignore & CertFailures.CN_MISMATCH:
            yield pycurl.SSL_VERIFYHOST, 0
        if tls.cert_failures_to_ignore & CertFailures.UNTRUSTED_ROOT:
            yield pycurl.SSL_VERIFYPEER, 0
        if tls.crl_file is not None:
            yield pycurl.CRLFILE, tls.crl_file
        if tls.require_status:
            yield pycurl.SSL_VERIFYSTATUS, 1
        yield from self._proxy_options(tls)
        if tls.client_certificate is not None:
            yield from _certificate_options(tls.client_certificate)
        if self._server_handshake is not None:
            yield pycurl.OPT_CERTINFO, 1
        elif self._server is not None:
            yield from _server_options(self._server)

    def _proxy_options(self, tls: TlsSettings) -> Iterator[tuple[int, Any]]:
        """How a proxy that is spoken to over TLS is checked: by the same roots, and always."""
        yield pycurl.PROXY_SSLVERSION, _VERSIONS[tls.minimum_version]
        yield pycurl.PROXY_CAPATH, None
        ca_file = self._ca_file or tls.ca_file or default_ca_file()
        if tls.ca_data is not None:
            yield pycurl.PROXY_CAINFO_BLOB, tls.ca_data
        elif ca_file is not None:
            yield pycurl.PROXY_CAINFO, ca_file
        elif os.name == "nt":
            yield pycurl.PROXY_SSL_OPTIONS, pycurl.SSLOPT_NATIVE_CA

    def set_url(self, curl: Any, url: HttpUrl) -> bool:
        """Set where ``url`` leads and the proxy that it is reached through; whether there is an HTTP proxy.

        :raises TransportError: WS_E_INVALID_ENDPOINT_URL for an http URL when TLS is demanded; E_INVALIDARG or
            WS_E_NOT_SUPPORTED for a proxy of the environment that cannot be used.
        """
        if self._tls is not None and url.scheme != "https":
            text = "the security description demands TLS, so that the URL must begin with https://"
            raise _not_sent(text, ErrorCode.WS_E_INVALID_ENDPOINT_URL)
        self._route, self._https = self._route_to(url), url.scheme == "https"
        route = self._route
        self.in_own_tunnel = own_tunnel = route is not None and self.makes_tunnels and url.scheme == "https"
        self._set_target(curl, url)
        # "" also keeps libcurl from reading http_proxy and its like.
        curl.setopt(pycurl.PROXY, "" if route is None or own_tunnel else _proxy_url(route.proxy))
        auth = self._proxy_auth
        if auth is None and route is not None and route.credential is not None:
            auth = HttpHeaderAuth(route.credential, HttpHeaderAuthScheme.BASIC, HttpHeaderAuthTarget.PROXY)
        if route is None or auth is None or self._proxy_handshake is not None:
            curl.unsetopt(pycurl.PROXYUSERNAME)
            curl.unsetopt(pycurl.PROXYPASSWORD)
        else:
            name, password = _login(auth)
            curl.setopt(pycurl.PROXYAUTH, _bits(auth.scheme or HttpHeaderAuthScheme.NONE))
            curl.setopt(pycurl.PROXYUSERNAME, name)
            curl.setopt(pycurl.PROXYPASSWORD, password)
        return route is not None and not own_tunnel and not self.through_socks

    @property
    def over_tls(self) -> bool:
        """Whether the connection for the URL that was set last is one of TLS, to the endpoint or to a proxy."""
        return self._https or (self._route is not None and self._route.proxy.scheme == "https")

    @property
    def through_socks(self) -> bool:
        """Whether the URL that was set last is reached through a SOCKS server."""
        return self._route is not None and self._route.proxy.scheme == "socks5"

    def _set_target(self, curl: Any, url: HttpUrl) -> None:
        host = f"[{url.host}]" if ":" in url.host else url.host
        name = None if self._tls is None else self._tls.host_name
        # libcurl checks the certificate against the host of the URL: that is the name, reached where the host is.
        curl.setopt(pycurl.URL, str(url) if name is None else f"https://{name}:{url.port}{url.target}")
        if self.in_own_tunnel:
            # The proxy resolves the name; a connection is there already.
            curl.setopt(pycurl.CONNECT_TO, [f"{name or host}:{url.port}:127.0.0.1:{url.port}"])
        elif name is not None:
            curl.setopt(pycurl.CONNECT_TO, [f"{name}:{url.port}:{host}:{url.port}"])
        else:
            curl.unsetopt(pycurl.CONNECT_TO)

    def own_lines(self, url: HttpUrl) -> list[bytes]:
        """Header lines that libcurl would write otherwise."""
        named = self._tls is not None and self._tls.host_name is not None
        return [b"Host: " + url.authority.encode("ascii")] if named else []

    def _route_to(self, url: HttpUrl) -> Route | None:
        proxy = self._proxy
        if proxy is None or isinstance(proxy, HttpUrl):
            return None if proxy is None else Route(ProxyServer(proxy.scheme, proxy.host, proxy.port))
        if proxy.mode is HttpProxySettingMode.AUTO:
            return _system_route(url)
        found = None if proxy.custom is None else proxy.custom.proxy_for(url.scheme, url.host, url.port)
        return None if found is None else Route(found)

    # What a status means

    def used_scheme(self, challenges: Iterable[str], *, by_proxy: bool) -> str | None:
        """The scheme whose credentials a 401 or 407 with these ``challenges`` refuses; None when none were shown.

        libcurl does not say; but it shows them at once, or as soon as the scheme is offered.
        """
        offered = challenge_schemes(challenges)
        return next((scheme for scheme in self._schemes(by_proxy) if scheme in offered), None)

    def _schemes(self, by_proxy: bool) -> tuple[str, ...]:
        auth = self._proxy_auth if by_proxy else self._server
        if auth is None:
            by_url = by_proxy and self._route is not None and self._route.credential is not None
            return ("basic",) if by_url else ()
        if isinstance(auth.client_credential, BearerCredential):
            return ("bearer",)
        scheme = auth.scheme or HttpHeaderAuthScheme.NONE
        return tuple(name for member, name in _NAMES.items() if scheme & member)

    @property
    def authenticates(self) -> bool:
        """Whether libcurl writes an Authorization line."""
        return self._server_handshake is None and bool(self._schemes(by_proxy=False))

    @property
    def negotiates(self) -> bool:
        """Whether libcurl may answer a response with the next request of an authentication by itself."""
        return bool(self._schemes(by_proxy=False) or self._schemes(by_proxy=True))


def _check_ignored(tls: TlsSettings) -> None:
    """Refuse what could only be done by ignoring more than was asked for."""
    ignored = tls.cert_failures_to_ignore
    if tls.crl_file is not None and ignored & CertFailures.REVOCATION_OFFLINE:
        raise NotSupported("with a crl_file every issuer needs its list; REVOCATION_OFFLINE cannot be ignored then")
    chain = ignored & ~CertFailures.REVOCATION_OFFLINE
    if chain in (CertFailures(0), CertFailures.CN_MISMATCH):
        return
    if chain != _NO_CHECK:
        raise NotSupported(
            "libcurl cannot ignore just these failures of a certificate; it can ignore CN_MISMATCH alone, or "
            "CN_MISMATCH, INVALID_DATE, UNTRUSTED_ROOT and WRONG_USAGE together. "
            "To trust a certificate of your own give it as ca_file or ca_data"
        )
    if tls.crl_file is not None:
        raise NotSupported("a crl_file is not looked at when the chain of the certificate is not checked")


def _certificate_options(credential: CertCredential) -> Iterator[tuple[int, Any]]:
    for value, path_option, blob_option in (
        (credential.certificate, pycurl.SSLCERT, pycurl.SSLCERT_BLOB),
        (credential.private_key, pycurl.SSLKEY, pycurl.SSLKEY_BLOB),
    ):
        if isinstance(value, Secret):
            yield blob_option, value.reveal()
        elif value is not None:
            yield path_option, value
    # Without any password OpenSSL would ask for one at the terminal.
    yield pycurl.KEYPASSWD, b"" if credential.password is None else _revealed(credential.password)


def _handshake(auth: HttpHeaderAuth | None) -> Handshake | None:
    """What authenticates by NTLM or Negotiate, None where nothing does or libcurl itself: it knows Kerberos tickets."""
    scheme = HttpHeaderAuthScheme.NONE if auth is None or auth.scheme is None else auth.scheme
    if auth is None or not scheme & _WINDOWS_SCHEMES:
        return None
    by_tickets = scheme | HttpHeaderAuthScheme.NONE == HttpHeaderAuthScheme.NEGOTIATE | HttpHeaderAuthScheme.NONE
    if by_tickets and isinstance(auth.client_credential, DefaultWindowsCredential) and _knows_tickets():
        return None
    return Handshake(auth)


def _knows_tickets() -> bool:
    return bool(pycurl.version_info()[4] & pycurl.VERSION_SPNEGO)


def _server_options(auth: HttpHeaderAuth) -> Iterator[tuple[int, Any]]:
    if isinstance(auth.client_credential, BearerCredential):
        yield pycurl.HTTPAUTH, _AUTH_BEARER
        yield pycurl.XOAUTH2_BEARER, _revealed(auth.client_credential.token)
    elif auth.client_credential is not None:
        scheme = auth.scheme or HttpHeaderAuthScheme.NONE
        # A second scheme, for which there is no token, makes libcurl wait for what the server offers.
        yield from _user_options(auth, _bits(scheme) | (_AUTH_BEARER if scheme & HttpHeaderAuthScheme.NONE else 0))


def _user_options(auth: HttpHeaderAuth, bits: int) -> Iterator[tuple[int, Any]]:
    name, password = _login(auth)
    yield pycurl.HTTPAUTH, bits
    yield pycurl.USERNAME, name
    yield pycurl.PASSWORD, password


def _login(auth: HttpHeaderAuth) -> tuple[bytes, bytes]:
    """User name and password; without them libcurl's Negotiate uses the tickets of this process."""
    credential = auth.client_credential
    if isinstance(credential, UsernameCredential):
        return credential.username.encode("utf-8"), _revealed(credential.password)
    if isinstance(credential, WindowsCredential):
        return credential.login.encode("utf-8"), _revealed(credential.password)
    return b"", b""


def _bits(scheme: HttpHeaderAuthScheme) -> int:
    return sum(bit for member, bit in _BITS.items() if scheme & member)


def _revealed(value: str | Secret) -> bytes:
    return (value if isinstance(value, Secret) else Secret(value)).reveal()


def _proxy_url(proxy: ProxyServer) -> str:
    # With the port always: libcurl's default for proxies is 1080. The h has a SOCKS server resolve the names.
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    return f"{'socks5h' if proxy.scheme == 'socks5' else proxy.scheme}://{host}:{proxy.port}"


def _system_route(url: HttpUrl) -> Route | None:
    """The proxy that the user or the system has set, in the environment or in Windows' and macOS' own settings."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 (slow to import, and rarely needed)

    proxies = getproxies()
    text = proxies.get(url.scheme) or proxies.get("all")
    if not text or proxy_bypass(f"[{url.host}]" if ":" in url.host else f"{url.host}:{url.port}"):
        return None
    return _route_of(text)


def _route_of(text: str) -> Route:
    """A proxy's URL as variables hold it, perhaps without a scheme and with a user name and password."""
    scheme, slashes, rest = text.partition("://")
    if not slashes:
        scheme, rest = "http", text
    scheme = scheme.lower()
    if scheme not in _PROXY_PORTS:
        text = "the proxy of the environment is neither an HTTP proxy nor a SOCKS 5 server"
        raise _not_sent(text, ErrorCode.WS_E_NOT_SUPPORTED)
    netloc = rest.partition("/")[0]
    user, at, host = netloc.rpartition("@")
    name, _, password = user.partition(":")
    route = None
    try:
        # A proxy's text often lacks the path.
        proxy = HttpUrl.parse(f"http://{host}/")
        port = proxy.port if _WITH_PORT.search(host) else _PROXY_PORTS[scheme]
        credential = UsernameCredential(unquote(name), unquote(password)) if at else None
        route = Route(ProxyServer("socks5" if scheme == "socks5h" else scheme, proxy.host, port), credential)
    except (InvalidEndpointUrl, InvalidArgument):
        # Their texts may show parts of a password that was not escaped.
        pass
    if route is None or (at and ":" in unquote(name)):
        raise _not_sent("the proxy of the environment cannot be read", ErrorCode.E_INVALIDARG)
    return route


def _not_sent(text: str, code: ErrorCode) -> TransportError:
    return TransportError(text, code=code, phase=Phase.PREPARE, sent=False)
