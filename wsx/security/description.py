"""Authentication in HTTP headers, and the whole security description of a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wsx.errors import InvalidArgument, NotSupported
from wsx.security.credentials import (
    BearerCredential,
    DefaultWindowsCredential,
    UsernameCredential,
    WindowsCredential,
)
from wsx.security.enums import HttpHeaderAuthScheme, HttpHeaderAuthTarget
from wsx.security.tls import TlsSettings

__all__ = ["HttpHeaderAuth", "SecurityDescription"]

_ALL: Final = 0x3F
_PASSWORD_SCHEMES: Final = HttpHeaderAuthScheme.BASIC | HttpHeaderAuthScheme.DIGEST
_WINDOWS_SCHEMES: Final = HttpHeaderAuthScheme.NTLM | HttpHeaderAuthScheme.NEGOTIATE
_USERS: Final = (UsernameCredential, WindowsCredential)
_ONE_FOR_A_PROXY: Final = (
    HttpHeaderAuthScheme.BASIC,
    HttpHeaderAuthScheme.DIGEST,
    HttpHeaderAuthScheme.NTLM,
    HttpHeaderAuthScheme.NEGOTIATE,
)


@dataclass(frozen=True)
class HttpHeaderAuth:
    """Authentication in HTTP headers (WS_HTTP_HEADER_AUTH_SECURITY_BINDING).

    :param client_credential: a user with a password, the user of this process, or a bearer token; None with scheme
        NONE. BASIC and DIGEST need a password.
    :param scheme: the schemes that may be used with a user (…_HTTP_HEADER_AUTH_SCHEME). One is used directly:
        BASIC sends its header with the first request. With several, the first request carries no credentials, and of
        those that the server then offers the first of NEGOTIATE, NTLM, DIGEST, BASIC is used. DIGEST and NTLM begin
        with a request without a body, and so does NEGOTIATE where its first token cannot be the only one. None stands
        for the default of WWSAPI, NEGOTIATE, and for no scheme of this enumeration with a bearer token.
    :param target: the server, or the proxy in front of it (…_HTTP_HEADER_AUTH_TARGET); a proxy has one scheme.
    :raises InvalidArgument: for a combination that has no meaning.
    :raises NotSupported: for PASSPORT, and a bearer token for a proxy.
    """

    client_credential: UsernameCredential | WindowsCredential | DefaultWindowsCredential | BearerCredential | None
    scheme: HttpHeaderAuthScheme | None = None
    target: HttpHeaderAuthTarget = HttpHeaderAuthTarget.SERVICE

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "target", HttpHeaderAuthTarget(self.target))
        except ValueError:
            raise InvalidArgument(f"target must be an HttpHeaderAuthTarget, not {self.target!r}") from None
        credential = self.client_credential
        if isinstance(credential, BearerCredential):
            if self.scheme is not None:
                raise InvalidArgument("a bearer token has no scheme of HttpHeaderAuthScheme; leave scheme out")
            if self.target is HttpHeaderAuthTarget.PROXY:
                raise NotSupported("a bearer token for a proxy is not available")
            return
        given: object = credential
        if given is not None and not isinstance(given, (*_USERS, DefaultWindowsCredential)):
            raise InvalidArgument(f"client_credential must be a user or a bearer token, not {type(given).__name__}")
        scheme: object = HttpHeaderAuthScheme.NEGOTIATE if self.scheme is None else self.scheme
        if not isinstance(scheme, int) or not scheme or scheme & ~_ALL:
            raise InvalidArgument(f"scheme must be an HttpHeaderAuthScheme, not {scheme!r}")
        object.__setattr__(self, "scheme", HttpHeaderAuthScheme(scheme))
        self._check_scheme(HttpHeaderAuthScheme(scheme), credential)

    def _check_scheme(self, scheme: HttpHeaderAuthScheme, credential: object) -> None:
        if scheme & HttpHeaderAuthScheme.PASSPORT and scheme != HttpHeaderAuthScheme.PASSPORT:
            raise InvalidArgument("the scheme PASSPORT stands alone")
        if self.target is HttpHeaderAuthTarget.PROXY and scheme not in _ONE_FOR_A_PROXY:
            raise InvalidArgument("authentication to a proxy has exactly one scheme, neither NONE nor PASSPORT")
        if scheme == HttpHeaderAuthScheme.PASSPORT:
            raise NotSupported("the authentication scheme PASSPORT is not available")
        if scheme & _PASSWORD_SCHEMES and not isinstance(credential, _USERS):
            raise InvalidArgument("the schemes BASIC and DIGEST need a user name and a password")
        if scheme & _WINDOWS_SCHEMES and credential is None:
            raise InvalidArgument(
                "NTLM and NEGOTIATE need a user; DefaultWindowsCredential() is the one of this process"
            )
        if scheme == HttpHeaderAuthScheme.NONE and credential is not None:
            raise InvalidArgument("the scheme NONE alone has no credential")
        if isinstance(credential, _USERS) and scheme & HttpHeaderAuthScheme.BASIC and ":" in credential.username:
            raise InvalidArgument("with the scheme BASIC the user name cannot hold a colon (RFC 7617 section 2)")


@dataclass(frozen=True)
class SecurityDescription:
    """How a client secures a channel (WS_SECURITY_DESCRIPTION).

    :param tls: the settings of TLS. Given, the endpoint must have an https URL; None uses the defaults of
        :class:`TlsSettings` with https and allows http.
    :param header_auth: authentication to the server and to the proxy, at most one of each.
    :raises InvalidArgument: for a wrong type or two of the same target.
    """

    tls: TlsSettings | None = None
    header_auth: tuple[HttpHeaderAuth, ...] | HttpHeaderAuth = ()

    def __post_init__(self) -> None:
        if self.tls is not None and not isinstance(self.tls, TlsSettings):
            raise InvalidArgument(f"tls must be a TlsSettings, not {type(self.tls).__name__}")
        given: object = self.header_auth
        if isinstance(given, HttpHeaderAuth):
            given = (given,)
        if not isinstance(given, (tuple, list)) or not all(isinstance(one, HttpHeaderAuth) for one in given):
            raise InvalidArgument("header_auth must be an HttpHeaderAuth or a tuple of them")
        if len({one.target for one in given}) != len(given):
            raise InvalidArgument("header_auth has two entries for the same target")
        object.__setattr__(self, "header_auth", tuple(given))

    @property
    def identifies(self) -> bool:
        """Whether a server learns who the client is: by credentials in a header, or a certificate."""
        auth = self.auth_to(HttpHeaderAuthTarget.SERVICE)
        shown = auth is not None and auth.client_credential is not None
        return shown or (self.tls is not None and self.tls.client_certificate is not None)

    def auth_to(self, target: HttpHeaderAuthTarget) -> HttpHeaderAuth | None:
        """The authentication to ``target``, None without one."""
        entries = self.header_auth
        assert isinstance(entries, tuple)  # noqa: S101 (what __post_init__ made of it)
        return next((one for one in entries if one.target is target), None)
