"""Which HTTP proxy a client goes through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from wsx.errors import InvalidArgument, NotSupported
from wsx.security.enums import HttpProxySettingMode

__all__ = ["CustomHttpProxy", "ProxyServer", "ProxySettings"]

_SERVER: Final = re.compile(
    r"(?:(https?|socks)=)?(?:(https?|socks5)://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?"
)
_BYPASS: Final = re.compile(r"<local>|(?:(https?)://)?(\[[0-9A-Fa-f:.*]+\]|[A-Za-z0-9._*-]+)(?::([0-9]{1,5}))?")
_SEPARATOR: Final = re.compile(r"[;\s]+")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080}


class ProxyServer(NamedTuple):
    """A proxy: how it is spoken to (``http``, ``https`` or ``socks5``), its host without brackets, its port."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True)
class CustomHttpProxy:
    """A proxy that is named (WS_CUSTOM_HTTP_PROXY).

    :param servers: ``host[:port]``, port 80 when it is missing. A list with semicolons may name one server for each
        scheme of endpoints, ``http=host:port;https=host:port``, and with ``socks=host[:port]`` a SOCKS 5 server for the
        others. ``https://`` before the host means that the proxy itself is spoken to over TLS, port 443; ``socks5://``
        is a SOCKS 5 server, port 1080, which also resolves the names of endpoints.
    :param bypass: a list with semicolons of hosts that are reached directly: names in which ``*`` stands for any
        characters, with ``:port`` if only that port is meant; ``<local>`` is every name without a dot.
    :raises InvalidArgument: when a list cannot be read; its text is not shown.
    :raises NotSupported: for several servers for one scheme.
    """

    servers: str
    bypass: str = ""

    def __post_init__(self) -> None:
        if type(self.servers) is not str or type(self.bypass) is not str:
            raise InvalidArgument("servers and bypass must be str")
        entries = [_SERVER.fullmatch(item) for item in _items(self.servers)]
        if not entries or None in entries:
            # A user name and password may have been given in the text.
            raise InvalidArgument("servers must be host[:port], or a list such as http=host:port;https=host:port")
        found = [entry for entry in entries if entry is not None]
        if any(entry[1] == "socks" and (entry[2] or "").startswith("http") for entry in found):
            raise InvalidArgument("socks= names a SOCKS server, not an HTTP proxy")
        if not all(1 <= _server_of(entry).port <= 65535 for entry in found):
            raise InvalidArgument("a port of servers is not in 1 … 65535")
        if len({entry[1] for entry in found}) != len(found):
            raise NotSupported("servers names several proxies for one scheme; only one is supported")
        if not all(_BYPASS.fullmatch(item) for item in _items(self.bypass)):
            raise InvalidArgument("bypass must be a list of host[:port] and <local>, separated by semicolons")

    def proxy_for(self, scheme: str, host: str, port: int) -> ProxyServer | None:
        """The proxy to an endpoint, None when it is reached directly."""
        if any(_bypasses(item.lower(), scheme, host.lower(), port) for item in _items(self.bypass)):
            return None
        found = {entry[1]: entry for entry in map(_SERVER.fullmatch, _items(self.servers)) if entry is not None}
        entry = found.get(scheme) or found.get(None) or found.get("socks")
        return None if entry is None else _server_of(entry)


@dataclass(frozen=True)
class ProxySettings:
    """…_HTTP_PROXY_SETTING_MODE with …_CUSTOM_HTTP_PROXY.

    :param mode: NONE, the default, connects directly; CUSTOM uses ``custom``; AUTO uses what the user or the system
        has set: the variables http_proxy, https_proxy and no_proxy, or the settings of Windows and macOS.
    :param custom: the proxy of mode CUSTOM.
    :raises InvalidArgument: when mode and ``custom`` do not go together.
    """

    mode: HttpProxySettingMode = HttpProxySettingMode.NONE
    custom: CustomHttpProxy | None = None

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "mode", HttpProxySettingMode(self.mode))
        except ValueError:
            raise InvalidArgument(f"mode must be an HttpProxySettingMode, not {self.mode!r}") from None
        if self.custom is not None and not isinstance(self.custom, CustomHttpProxy):
            raise InvalidArgument(f"custom must be a CustomHttpProxy, not {type(self.custom).__name__}")
        if (self.mode is HttpProxySettingMode.CUSTOM) != (self.custom is not None):
            raise InvalidArgument("mode CUSTOM and a custom proxy go together")


def _items(text: str) -> list[str]:
    return [item for item in _SEPARATOR.split(text) if item]


def _server_of(entry: re.Match[str]) -> ProxyServer:
    scheme = entry[2] or ("socks5" if entry[1] == "socks" else "http")
    return ProxyServer(scheme, entry[3].strip("[]"), int(entry[4] or _DEFAULT_PORTS[scheme]))


def _bypasses(item: str, scheme: str, host: str, port: int) -> bool:
    if item == "<local>":
        return "." not in host and ":" not in host
    entry = _BYPASS.fullmatch(item)
    if entry is None or (entry[1] and entry[1] != scheme) or (entry[3] and int(entry[3]) != port):
        return False
    return fnmatchcase(host, entry[2].strip("[]"))
