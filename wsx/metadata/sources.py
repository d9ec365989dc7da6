"""Where documents come from: files beside each other, a catalog, and the network only where it is allowed."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import IO, Any, Final, TypeAlias
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from wsx.errors import EndpointAccessDenied, InvalidArgument, InvalidFormat, QuotaExceeded, WsError
from wsx.metadata.names import ENCODING, XML

__all__ = ["Catalog", "ImportLimits", "Loader", "Source"]

Source: TypeAlias = "str | os.PathLike[str] | bytes | IO[bytes]"
Catalog: TypeAlias = Mapping[str, "str | os.PathLike[str] | bytes"]

# Own stand-ins for schemas that others import by their namespace; see the comment in each.
_SHIPPED: Final = {
    XML: "xml.xsd",
    ENCODING: "soap-encoding.xsd",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap-envelope.xsd",
    "http://www.w3.org/2005/05/xmlmime": "xmlmime.xsd",
    "http://www.w3.org/2004/08/xop/include": "xop.xsd",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing": "addressing-2004.xsd",
    "http://www.w3.org/2005/08/addressing": "addressing.xsd",
}
_SCHEMES: Final = ("http", "https")


@dataclass(frozen=True)
class ImportLimits:
    """What an import may use: bytes of one document, documents, imports inside each other, redirects, seconds of one
    download."""

    max_document_bytes: int = 64 * 1024 * 1024
    max_documents: int = 2000
    max_depth: int = 32
    max_redirects: int = 5
    timeout: float = 30.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                raise InvalidArgument(f"ImportLimits.{name} cannot be {value!r}")


class Loader:
    """Reads documents; ``hosts`` are those that may be asked, None for no network at all, empty for any public one."""

    def __init__(self, catalog: Catalog | None, hosts: Collection[str] | None, limits: ImportLimits) -> None:
        self.catalog = dict(catalog or {})
        self.hosts = hosts
        self.limits = limits
        self.count = 0
        self.taken: list[tuple[str, str, str]] = []
        """What was read beside the first document: URL or path, namespace, SHA-256 of the content."""

    def open(self, source: Source, base_url: str | None) -> tuple[bytes, str]:
        """(content, URL or path) of the first document."""
        if isinstance(source, bytes):
            return self._counted(source, base_url or "<bytes>"), base_url or "<bytes>"
        if isinstance(source, (str, os.PathLike)):
            text = os.fspath(source)
            if text in self.catalog or urlsplit(text).scheme in (*_SCHEMES, "file"):
                return self.read(text, ""), text
            path = os.path.abspath(text)
            return self._file(path), base_url or path
        if hasattr(source, "read"):
            name = getattr(source, "name", None)
            url = base_url or (os.path.abspath(name) if isinstance(name, str) else "<file>")
            return self._counted(source.read(self.limits.max_document_bytes + 1), url), url
        raise InvalidArgument(f"source must be a path, a URL, bytes or a binary file, not {type(source).__name__}")

    def locate(self, base: str, location: str) -> str:
        """The path or URL that ``location`` in the document ``base`` means."""
        location = urldefrag(location.strip())[0]
        scheme = urlsplit(location).scheme
        if scheme in (*_SCHEMES, "file"):
            return location
        if urlsplit(base).scheme in (*_SCHEMES, "file"):
            return urljoin(base, location)
        if location in self.catalog:
            return location
        return os.path.normpath(os.path.join(os.path.dirname(base), unquote(location)))

    def shipped(self, ns: str) -> str | None:
        """What stands for the schema of a namespace when a document imports it from nowhere: the catalog, or wsx."""
        if ns in self.catalog:
            return ns
        return f"wsx:{_SHIPPED[ns]}" if ns in _SHIPPED else None

    def read(self, url: str, ns: str) -> bytes:
        """The content of a path or URL.

        :raises WsError: when there is none, or it may not be read; the message names it.
        """
        content = self._read(url, ns)
        self.taken.append((url, ns, sha256(content).hexdigest()))
        return content

    def _read(self, url: str, ns: str) -> bytes:
        for key in (url, ns):
            if key and key in self.catalog:
                held = self.catalog[key]
                return self._counted(held, url) if isinstance(held, bytes) else self._file(os.fspath(held))
        if url.startswith("wsx:"):
            return (resources.files("wsx.metadata") / "catalog" / url[4:]).read_bytes()
        parts = urlsplit(url)
        if parts.scheme in _SCHEMES:
            if ns in _SHIPPED:
                return (resources.files("wsx.metadata") / "catalog" / _SHIPPED[ns]).read_bytes()
            return self._counted(self._fetch(url), url)
        return self._file(unquote(parts.path) if parts.scheme == "file" else url)

    def _file(self, path: str) -> bytes:
        try:
            with Path(path).open("rb") as file:
                return self._counted(file.read(self.limits.max_document_bytes + 1), path)
        except (OSError, ValueError) as error:
            raise InvalidFormat(f"{path}: cannot be read: {error}") from error

    def _counted(self, content: Any, url: str) -> bytes:
        if not isinstance(content, bytes):
            raise InvalidArgument(f"{url}: the document must be bytes, not {type(content).__name__}")
        self.count += 1
        if self.count > self.limits.max_documents:
            raise QuotaExceeded(f"{url}: more than {self.limits.max_documents} documents (max_documents)")
        if len(content) > self.limits.max_document_bytes:
            raise QuotaExceeded(f"{url}: more than {self.limits.max_document_bytes} bytes (max_document_bytes)")
        return content

    def _fetch(self, url: str) -> bytes:
        if self.hosts is None:
            raise EndpointAccessDenied(
                f"{url}: not fetched: give it in the catalog, or let the import ask the host (allow_network)"
            )
        from wsx.metadata.fetch import fetch  # noqa: PLC0415 - loads libcurl

        try:
            return fetch(url, self.hosts, self.limits)
        except WsError as error:
            error.add_context(url)
            raise
