"""Session cookies of a channel (WS_COOKIE_MODE AUTO): kept in memory from open to close, for one origin each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from wsx.transport import HttpUrl

if TYPE_CHECKING:
    from http.cookiejar import Cookie, CookieJar

__all__ = ["MAX_COOKIES", "MAX_COOKIE_SIZE", "CookieStore"]

# RFC 6265 §6.1: what a client should be able to keep. More of either is not kept.
MAX_COOKIES: Final = 50
MAX_COOKIE_SIZE: Final = 4096
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

_Origin = tuple[str, str, int]


class CookieStore:
    """The cookies that servers have set, by origin (scheme, host, port): none is ever sent to another one.

    The standard library's ``http.cookiejar`` reads them and decides by Path, Domain, Secure and expiry; it is loaded
    when the first cookie comes. ``jars`` is empty until then.
    """

    __slots__ = ("jars",)

    def __init__(self) -> None:
        self.jars: dict[_Origin, CookieJar] = {}

    def __repr__(self) -> str:
        return f"<CookieStore of {len(self.jars)} origins>"

    def clear(self) -> None:
        """Forget all of them."""
        self.jars.clear()

    def take(self, url: HttpUrl, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Keep what the response to a request for ``url`` sets."""
        lines = [
            value.decode("latin-1")
            for name, value in headers
            if len(name) == 10 and name.lower() == b"set-cookie" and _is_kept(bytes(value))
        ]
        if lines:
            jar = self.jars.get(_origin(url)) or self.jars.setdefault(_origin(url), _new_jar())
            asked: Any = _Asked(url)
            for line in lines:
                # One by one: with several, a cookie that ends at once would go before the one that it ends comes.
                for cookie in jar.make_cookies(_Answer(line), asked):  # type: ignore[arg-type]
                    if len(jar) < MAX_COOKIES or _place(cookie) in map(_place, jar):
                        jar.set_cookie_if_ok(cookie, asked)

    def line(self, url: HttpUrl) -> bytes | None:
        """The value of the Cookie line of a request for ``url``; None without a cookie for it."""
        jar = self.jars.get(_origin(url))
        if jar is None:
            return None
        asked: Any = _Asked(url)
        jar.add_cookie_header(asked)
        cookie: str | None = asked.cookie
        return None if cookie is None else cookie.encode("latin-1")


class _Asked:
    """A request as ``http.cookiejar`` looks at it."""

    unverifiable = False

    def __init__(self, url: HttpUrl) -> None:
        self._url = url
        self.host = url.authority
        self.type = url.scheme
        self.origin_req_host = url.host
        self.cookie: str | None = None

    def get_full_url(self) -> str:
        return str(self._url)

    def get_header(self, name: str, default: str | None = None) -> str | None:
        return default

    def has_header(self, name: str) -> bool:
        return False

    def add_unredirected_header(self, name: str, value: str) -> None:
        if name == "Cookie":
            self.cookie = value


class _Answer:
    """A response as ``http.cookiejar`` looks at it."""

    def __init__(self, line: str) -> None:
        self._line = line

    def info(self) -> _Answer:
        return self

    def get_all(self, name: str, default: Any = None) -> Any:
        return [self._line] if name == "Set-Cookie" else default


def _is_kept(value: bytes) -> bool:
    # A control character is nothing that may be sent back.
    return len(value) <= MAX_COOKIE_SIZE and not _CONTROL.search(value)


def _place(cookie: Cookie) -> tuple[str, str, str]:
    """Cookies with the same one replace each other."""
    return cookie.domain, cookie.path, cookie.name


def _origin(url: HttpUrl) -> _Origin:
    return url.scheme, url.host, url.port


def _new_jar() -> CookieJar:
    from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415 (slow to import, and often not needed)

    return CookieJar(DefaultCookiePolicy(rfc2965=False, strict_ns_domain=DefaultCookiePolicy.DomainStrict))
