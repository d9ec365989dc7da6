"""Endpoint URLs: a strict reader of ``http`` and ``https`` URLs.

It decides before anything is sent, so that every transport sees the same, unambiguous parts.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from wsx.errors import InvalidEndpointUrl

__all__ = ["HttpUrl"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# urlsplit drops some of these silently, which would send another URL than the one that was given.
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\]")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# RFC 3986 §3.2.2 allows more in a registered name; these are the characters of DNS names as they are used.
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
# RFC 3986 §3.3 and §3.4: pchar, "/", "?" and the escapes stay; whatever else a caller wrote is escaped as UTF-8.
_SAFE_IN_TARGET: Final = "/?:@!$&'()*+,;=-._~%[]"
_MAX_HOST: Final = 253
_MAX_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """The parts of an http or https URL; made by :meth:`parse`.

    :param scheme: ``"http"`` or ``"https"``.
    :param host: a DNS name in ASCII lower case, an IPv4 address, or an IPv6 address without brackets.
    :param port: the port, the scheme's default if the URL has none.
    :param target: path and query as they stand in the request line; at least ``"/"``.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, text: str) -> HttpUrl:
        """Read a URL.

        :raises InvalidEndpointUrl: when ``text`` is not an absolute http or https URL, or holds what an endpoint URL
            cannot have: user information, a fragment, spaces, control characters, backslashes. The message says which;
            it never shows user information.
        """
        shown = _without_user(text)
        if not isinstance(text, str):
            raise InvalidEndpointUrl(f"a URL is a str, not {type(text).__name__}")
        if forbidden := _FORBIDDEN.search(text):
            raise _invalid(f"the character {forbidden[0]!r} is not allowed in a URL", shown)
        scheme_found = _SCHEME.match(text)
        if scheme_found is None:
            raise _invalid("no scheme: it must begin with http:// or https://", shown)
        scheme = scheme_found[1].lower()
        if scheme not in _DEFAULT_PORTS:
            raise _invalid(f"the scheme {scheme} is not http or https", shown)
        if not text.startswith("//", scheme_found.end()):
            raise _invalid(f"no // after {scheme}:", shown)
        try:
            parts = urlsplit(text)
        except ValueError as error:
            raise _invalid("the host is not a valid IPv6 literal", shown) from error
        if "@" in parts.netloc:
            raise _invalid("user information is not allowed; give credentials to the security settings", shown)
        if "#" in text:
            raise _invalid("an endpoint URL has no fragment", shown)
        host, port = _host_and_port(parts.netloc, _DEFAULT_PORTS[scheme], shown)
        target = parts.path or "/"
        if "?" in text:
            target += "?" + parts.query
        if _BAD_ESCAPE.search(target):
            raise _invalid("a % is not followed by two hexadecimal digits", shown)
        try:
            return cls(scheme, host, port, quote(target, safe=_SAFE_IN_TARGET))
        except UnicodeEncodeError as error:
            raise _invalid("it holds a lone surrogate", ascii(shown)) from error

    @property
    def authority(self) -> str:
        """Host and port as in a Host header: brackets around IPv6, no default port, no zone."""
        host = f"[{self.host.partition('%')[0]}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"

    def __str__(self) -> str:
        if "%" not in self.host:
            return f"{self.scheme}://{self.authority}{self.target}"
        # RFC 6874: the zone of a link-local address stands in the URL with its % escaped.
        return f"{self.scheme}://[{self.host.replace('%', '%25')}]:{self.port}{self.target}"


def _invalid(reason: str, shown: str) -> InvalidEndpointUrl:
    return InvalidEndpointUrl(reason, url=shown)


def _without_user(text: object) -> str:
    """``text`` for a message: whatever could be user information is left out."""
    shown = str(text)
    slashes = shown.find("//")
    start = 0 if slashes < 0 else slashes + 2
    end = next((i for i in range(start, len(shown)) if shown[i] in "/?#"), len(shown))
    at = shown.rfind("@", start, end)
    return shown if at < 0 else f"{shown[:start]}…{shown[at:]}"


def _host_and_port(netloc: str, default_port: int, shown: str) -> tuple[str, int]:
    if netloc.startswith("["):
        literal, bracket, rest = netloc[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise _invalid("the host is not a valid IPv6 literal", shown)
        host, port_text = _ipv6(literal, shown), rest[1:]
    else:
        name, _, port_text = netloc.partition(":")
        if ":" in port_text:
            raise _invalid("an IPv6 address must stand in brackets, and there is only one port", shown)
        host = _name_or_ipv4(name, shown)
    if not port_text:
        return host, default_port
    if not (port_text.isascii() and port_text.isdigit()):
        raise _invalid("the port is not a number", shown)
    port = int(port_text) if len(port_text.lstrip("0")) <= len(str(_MAX_PORT)) else _MAX_PORT + 1
    if not 1 <= port <= _MAX_PORT:
        raise _invalid(f"the port is not in 1 … {_MAX_PORT}", shown)
    return host, port


def _ipv6(literal: str, shown: str) -> str:
    address, escaped, zone = literal.partition("%25")
    try:
        # IPv6Address would take a zone of its own, with a bare "%".
        host = ipaddress.IPv6Address(address.replace("%", "?")).compressed
    except ValueError as error:
        raise _invalid("the host is not a valid IPv6 literal", shown) from error
    if not escaped:
        return host
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", zone):
        raise _invalid("the zone of the IPv6 address is not valid", shown)
    return f"{host}%{zone}"


def _name_or_ipv4(name: str, shown: str) -> str:
    if not name:
        raise _invalid("no host", shown)
    host = name.lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise _invalid("the host is not a valid internationalized name", shown) from error
    labels = host.removesuffix(".").split(".")
    if len(host) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise _invalid("the host is not a valid name", shown)
    if _looks_like_number(labels[-1]):
        # "127.1" or "0x7f.1" mean an address to some readers and a name to others.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as error:
            raise _invalid("the host is not a valid IPv4 address", shown) from error
    return host


def _looks_like_number(label: str) -> bool:
    return label.isdigit() or re.fullmatch(r"0x[0-9a-f]*", label) is not None
