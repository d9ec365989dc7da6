"""What a client proves its identity with. No text form of a credential shows its secret; none can be pickled."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from wsx.errors import InvalidArgument
from wsx.security.secret import Secret, secret_of

__all__ = [
    "BearerCredential",
    "CertCredential",
    "DefaultWindowsCredential",
    "UsernameCredential",
    "WindowsCredential",
]

_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")
_B64TOKEN: Final = re.compile(rb"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1
_PEM: Final = b"-----BEGIN "


@dataclass(frozen=True)
class UsernameCredential:
    """A user name and a password (WS_STRING_USERNAME_CREDENTIAL).

    :param username: the name, sent in UTF-8.
    :param password: the password, sent in UTF-8; kept as a :class:`Secret`.
    :raises InvalidArgument: when one of them is no text or holds a control character (RFC 7617 §2).
    """

    username: str
    password: str | Secret

    def __post_init__(self) -> None:
        object.__setattr__(self, "password", _checked_password(self.password, username=self.username))


@dataclass(frozen=True)
class WindowsCredential:
    """A user of a Windows domain or a Kerberos realm (WS_STRING_WINDOWS_INTEGRATED_AUTH_CREDENTIAL).

    :param username: the name, or a principal such as ``alice@EXAMPLE.COM``.
    :param password: the password; kept as a :class:`Secret`.
    :param domain: the domain of the name, empty for that of the server.
    :raises InvalidArgument: when one of them is no text or holds a control character.
    """

    username: str
    password: str | Secret
    domain: str = ""

    def __post_init__(self) -> None:
        password = _checked_password(self.password, username=self.username, domain=self.domain)
        if not self.username:
            raise InvalidArgument("username is empty; DefaultWindowsCredential stands for the user of this process")
        object.__setattr__(self, "password", password)

    @property
    def login(self) -> str:
        """The name with its domain, as servers read it."""
        return f"{self.domain}\\{self.username}" if self.domain else self.username


@dataclass(frozen=True)
class DefaultWindowsCredential:
    """The user that this process runs as (WS_DEFAULT_WINDOWS_INTEGRATED_AUTH_CREDENTIAL).

    On Windows that is who has logged on; elsewhere the owner of the Kerberos tickets that ``kinit`` has got.
    """


@dataclass(frozen=True)
class BearerCredential:
    """A bearer token (RFC 6750).

    :param token: the token as it stands after ``Bearer``; kept as a :class:`Secret`.
    :raises InvalidArgument: when it is not what RFC 6750 §2.1 allows.
    """

    token: str | Secret

    def __post_init__(self) -> None:
        token = secret_of(self.token, "token")
        if _B64TOKEN.fullmatch(token.reveal()) is None:
            raise InvalidArgument("the token is not a bearer token (RFC 6750 section 2.1)")
        object.__setattr__(self, "token", token)


@dataclass(frozen=True)
class CertCredential:
    """A client certificate with its private key (WS_CERT_CREDENTIAL), in PEM.

    :param certificate: path of a file, or the PEM bytes, with the certificate and the chain below the root.
    :param private_key: path or PEM bytes of the key; None when ``certificate`` holds it too.
    :param password: what the key is encrypted with, None when it is not.
    :raises InvalidArgument: for another type, or bytes that are no PEM.
    """

    certificate: str | os.PathLike[str] | bytes | Secret
    private_key: str | os.PathLike[str] | bytes | Secret | None = None
    password: str | Secret | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "certificate", _file_or_pem(self.certificate, "certificate"))
        if self.private_key is not None:
            object.__setattr__(self, "private_key", _file_or_pem(self.private_key, "private_key"))
        if self.password is not None:
            password = secret_of(self.password, "password")
            if b"\0" in password.reveal():
                raise InvalidArgument("the password of the key holds NUL")
            object.__setattr__(self, "password", password)


def _checked_password(password: str | Secret, **names: str) -> Secret:
    """``password`` as a secret; it and the ``names`` can stand in an HTTP header."""
    for what, name in names.items():
        if type(name) is not str:
            raise InvalidArgument(f"{what} must be a str, not {type(name).__name__}")
    secret = secret_of(password, "password")
    for what, value in (*((what, secret_of(name, what)) for what, name in names.items()), ("password", secret)):
        if _CONTROL.search(value.reveal()):
            raise InvalidArgument(f"the {what} holds a control character")
    return secret


def _file_or_pem(value: str | os.PathLike[str] | bytes | Secret, what: str) -> str | Secret:
    """A path as a str, PEM bytes as a secret: they may hold the key."""
    if isinstance(value, (bytes, Secret)):
        pem = secret_of(value, what)
        if _PEM not in pem.reveal():
            raise InvalidArgument(f"the bytes of {what} are no PEM")
        return pem
    return path_of(value, what)


def path_of(value: str | os.PathLike[str], what: str) -> str:
    """``value`` as a str.

    :raises InvalidArgument: when it is no path. It is not shown: a key may have been given in its place.
    """
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if type(path) is not str or not path or "\0" in path or "\n" in path:
        raise InvalidArgument(f"{what} must be the path of a file, or bytes of PEM")
    return path
