"""The options by which ``wsx send`` proves who asks and checks whom it talks to.

No secret is an option: those stand in the shell's history and in the list of processes. A secret comes from a file,
from the environment, or from a question at the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from wsx.errors import InvalidArgument, NotSupported
from wsx.security import (
    BearerCredential,
    CertCredential,
    CustomHttpProxy,
    DefaultWindowsCredential,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    Secret,
    SecurityDescription,
    TlsSettings,
    UsernameCredential,
)

__all__ = ["Security", "security_of", "security_options"]

_PASSWORD_SCHEMES: Final = {
    "basic": HttpHeaderAuthScheme.BASIC,
    "digest": HttpHeaderAuthScheme.DIGEST,
    "ntlm": HttpHeaderAuthScheme.NTLM,
    "negotiate": HttpHeaderAuthScheme.NEGOTIATE,
}
_WINDOWS: Final = HttpHeaderAuthScheme.NEGOTIATE | HttpHeaderAuthScheme.NTLM
_OPTIONS: Final = (
    click.option("--user", metavar="NAME", help="User of the service; DOMAIN\\\\NAME for NTLM and Negotiate."),
    click.option(
        "--auth",
        type=click.Choice(["any", *_PASSWORD_SCHEMES, "bearer"]),
        help="How the user is proved. [default: any, the best that the service offers]",
    ),
    click.option("--password-file", metavar="FILE", help="First line: the password, or the token of --auth bearer."),
    click.option("--cert", metavar="FILE", help="Client certificate, PEM."),
    click.option("--key", metavar="FILE", help="Its private key, PEM, if it is not in the same file."),
    click.option("--key-password-file", metavar="FILE", help="First line: what the key is encrypted with."),
    click.option("--cacert", metavar="FILE", help="Root certificates to trust instead of the system's, PEM."),
    click.option("--proxy", metavar="HOST:PORT", help="Proxy to go through; env takes it from the environment."),
    click.option("--proxy-user", metavar="NAME", help="User of the proxy."),
    click.option("--proxy-auth", type=click.Choice(list(_PASSWORD_SCHEMES)), help="How it is proved. [default: basic]"),
    click.option("--proxy-password-file", metavar="FILE", help="First line: the password of the proxy's user."),
)

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Security:
    """What the channels get."""

    description: SecurityDescription | None = None
    proxy: ProxySettings = ProxySettings()  # noqa: RUF009 (frozen)


def security_options(function: Function) -> Function:
    """The options, in the order in which the help shows them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def security_of(
    *,
    https: bool,
    user: str | None,
    auth: str | None,
    password_file: str | None,
    cert: str | None,
    key: str | None,
    key_password_file: str | None,
    cacert: str | None,
    proxy: str | None,
    proxy_user: str | None,
    proxy_auth: str | None,
    proxy_password_file: str | None,
) -> Security:
    """What the options say; asks for the secrets that are missing.

    :raises click.UsageError: for options that do not go together, and secrets that are not there.
    """
    for given, name in ((cert, "--cert"), (cacert, "--cacert")):
        if given is not None and not https:
            raise click.UsageError(f"{name} needs a URL that begins with https://")
    for given, without, text in (
        (key, cert, "--key needs --cert"),
        (key_password_file, cert, "--key-password-file needs --cert"),
        (proxy_user or proxy_auth, proxy, "--proxy-user and --proxy-auth need --proxy"),
        (proxy_password_file, proxy_user, "--proxy-password-file needs --proxy-user"),
    ):
        if given is not None and without is None:
            raise click.UsageError(text)
    try:
        server = _server(user, auth, password_file)
        tls = None
        if cert is not None or cacert is not None:
            own = None if cert is None else CertCredential(cert, key, _key_password(key or cert, key_password_file))
            tls = TlsSettings(ca_file=cacert, client_certificate=own)
        to_proxy = _proxy(proxy_user, proxy_auth, proxy_password_file)
        auths = tuple(one for one in (server, to_proxy) if one is not None)
        description = SecurityDescription(tls, auths) if tls or auths else None
        return Security(description, _proxy_settings(proxy))
    except (InvalidArgument, NotSupported) as error:
        raise click.UsageError(str(error)) from error


def _server(user: str | None, auth: str | None, password_file: str | None) -> HttpHeaderAuth | None:
    if auth == "bearer":
        if user is not None:
            raise click.UsageError("--auth bearer has a token, and no --user")
        return HttpHeaderAuth(BearerCredential(_secret("the token", "WSX_TOKEN", "--password-file", password_file)))
    if user is None:
        if auth == "negotiate":
            return HttpHeaderAuth(DefaultWindowsCredential(), HttpHeaderAuthScheme.NEGOTIATE)
        if auth is not None or password_file is not None:
            raise click.UsageError("--auth and --password-file need --user")
        return None
    password = _secret(f"the password of {user}", "WSX_PASSWORD", "--password-file", password_file)
    scheme = _PASSWORD_SCHEMES.get(auth or "any")
    if scheme is None:
        scheme = HttpHeaderAuthScheme.DIGEST | HttpHeaderAuthScheme.BASIC
        if find_spec("spnego") is not None:
            scheme |= _WINDOWS
        if ":" in user:
            scheme &= ~HttpHeaderAuthScheme.BASIC
    return HttpHeaderAuth(UsernameCredential(user, password), scheme)


def _proxy(user: str | None, auth: str | None, password_file: str | None) -> HttpHeaderAuth | None:
    scheme = _PASSWORD_SCHEMES[auth or "basic"]
    if user is None:
        if auth == "negotiate":
            return HttpHeaderAuth(DefaultWindowsCredential(), scheme, HttpHeaderAuthTarget.PROXY)
        if auth is not None:
            raise click.UsageError("--proxy-auth needs --proxy-user")
        return None
    text = f"the password of {user} at the proxy"
    password = _secret(text, "WSX_PROXY_PASSWORD", "--proxy-password-file", password_file)
    return HttpHeaderAuth(UsernameCredential(user, password), scheme, HttpHeaderAuthTarget.PROXY)


def _proxy_settings(proxy: str | None) -> ProxySettings:
    if proxy is None:
        return ProxySettings()
    if proxy == "env":
        return ProxySettings(HttpProxySettingMode.AUTO)
    return ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(proxy))


def _key_password(key: str, file: str | None) -> Secret | None:
    """None for a key that is not encrypted."""
    try:
        encrypted = b"ENCRYPTED" in Path(key).read_bytes()
    except OSError as error:
        raise click.UsageError(str(error)) from error
    if not encrypted and file is None:
        return None
    return _secret(f"the password of {key}", "WSX_KEY_PASSWORD", "--key-password-file", file)


def _secret(what: str, variable: str, option: str, file: str | None) -> Secret:
    if file is not None:
        try:
            with Path(file).open("rb") as opened:
                return Secret(opened.readline().rstrip(b"\r\n"))
        except OSError as error:
            raise click.UsageError(str(error)) from error
    if (value := os.environ.get(variable)) is not None:
        return Secret(value)
    if not sys.stdin.isatty():
        raise click.UsageError(f"{what} is missing: set {variable}, or give {option} FILE")
    return Secret(click.prompt(what, hide_input=True, err=True, default="", show_default=False))
