"""Downloads for imports: only hosts that are allowed, no private addresses unless named, each redirect checked anew."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pycurl

from wsx.errors import EndpointAccessDenied, EndpointFailure, EndpointNotAvailable, QuotaExceeded

if TYPE_CHECKING:
    from wsx.metadata.sources import ImportLimits

__all__ = ["fetch"]

_REDIRECTS = (301, 302, 303, 307, 308)


class _Download:
    def __init__(self, limits: ImportLimits, named: bool) -> None:
        self.limits = limits
        self.named = named
        self.body = bytearray()
        self.location = ""
        self.refused = ""
        self.sockets: list[socket.socket] = []

    def take(self, data: bytes) -> int:
        self.body += data
        return -1 if len(self.body) > self.limits.max_document_bytes else len(data)

    def header(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"location":
            self.location = value.strip().decode("latin-1")

    def connect(self, purpose: int, address: Any) -> socket.socket | int:
        """The socket of a connection; the address that is really used decides, whatever the name said before."""
        family, kind, protocol, target = address
        if not self.named and not ipaddress.ip_address(target[0]).is_global:
            self.refused = str(target[0])
            return int(pycurl.SOCKET_BAD)
        # libcurl gets a duplicate of the descriptor; this one is closed afterwards.
        self.sockets.append(socket.socket(family, kind, protocol))
        return self.sockets[-1]


def _check_url(url: str, hosts: Collection[str]) -> bool:
    """Is the host of ``url`` named in ``hosts``? EndpointAccessDenied when it may not be asked."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise EndpointAccessDenied(f"{url}: not a plain http or https URL")
    named = host in hosts
    if hosts and not named:
        raise EndpointAccessDenied(f"host {host} is not among those that imports may ask: {', '.join(sorted(hosts))}")
    return named


def fetch(url: str, hosts: Collection[str], limits: ImportLimits) -> bytes:
    """The document at ``url``.

    :raises EndpointAccessDenied: when the host, or one that it redirects to, may not be asked.
    :raises EndpointNotAvailable: when it cannot be reached; EndpointFailure when it answers with an error.
    :raises QuotaExceeded: beyond ``max_document_bytes`` or ``max_redirects``.
    """
    for _ in range(limits.max_redirects + 1):
        download = _Download(limits, _check_url(url, hosts))
        status = _get(url, download)
        if status == 200:
            return bytes(download.body)
        if status not in _REDIRECTS or not download.location:
            raise EndpointFailure(f"{url}: HTTP status {status}", original=status)
        url = urljoin(url, download.location)
    raise QuotaExceeded(f"more than {limits.max_redirects} redirects (max_redirects)")


def _get(url: str, download: _Download) -> int:
    curl = pycurl.Curl()
    try:
        for option, value in (
            (pycurl.URL, url),
            (pycurl.NOSIGNAL, 1),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PROXY, ""),
            (pycurl.TIMEOUT_MS, int(download.limits.timeout * 1000)),
            (pycurl.ACCEPT_ENCODING, ""),
            (pycurl.WRITEFUNCTION, download.take),
            (pycurl.HEADERFUNCTION, download.header),
            (pycurl.OPENSOCKETFUNCTION, download.connect),
        ):
            curl.setopt(option, value)
        curl.perform()
        return int(curl.getinfo(pycurl.RESPONSE_CODE))
    except pycurl.error as error:
        if download.refused:
            raise EndpointAccessDenied(
                f"{download.refused} is a private address; name the host in allow_network to ask it"
            ) from error
        if len(download.body) > download.limits.max_document_bytes:
            raise QuotaExceeded(f"more than {download.limits.max_document_bytes} bytes (max_document_bytes)") from error
        raise EndpointNotAvailable(f"{url}: {error.args[-1]}", original=error) from error
    finally:
        curl.close()
        for opened in download.sockets:
            opened.close()
