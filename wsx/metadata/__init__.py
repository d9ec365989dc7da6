"""From a WSDL to tables and typed code (WSDL 1.1 and XML Schema 1.0; needs lxml: ``pip install 'wsx[wsdl]'``)."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsx.errors import InvalidArgument
from wsx.metadata.sources import Catalog, ImportLimits, Loader, Source

if TYPE_CHECKING:
    from wsx.metadata.model import Model

__all__ = ["Catalog", "ImportLimits", "Source", "generate", "load", "load_async"]

_DEFAULT_LIMITS = ImportLimits()


def load(
    source: Source,
    *,
    catalog: Catalog | None = None,
    allow_network: bool | Collection[str] = False,
    limits: ImportLimits = _DEFAULT_LIMITS,
    base_url: str | None = None,
    cache: bool | str | os.PathLike[str] = False,
    check_facets: bool = True,
) -> Model:
    """The model of the service that a WSDL describes, or of the elements and types of a schema.

    ``source`` is a path, a URL, the bytes of the document or a binary file; ``base_url`` is where bytes are from, for
    relative imports. Imports are looked up in ``catalog`` (URL or namespace → path or bytes), then beside the document;
    wsx has schemas for the namespaces of XML, SOAP encoding, xop, xmlmime and WS-Addressing. Nothing is fetched unless
    ``allow_network`` is True, which is any host with a public address, or names the hosts that may be asked.

    With ``cache`` the import is kept, in that directory or, for True, in the one of the user (``~/.cache/wsx``, made
    with mode 0700). The next one with the same documents and settings reads and compares them, but parses none, and
    needs no lxml. All types are looked at when an import is kept. A directory or file that others may read or write is
    not used, which ``model.warnings`` says.

    With ``check_facets=False`` facets (lengths, patterns, bounds, digits) and fixed values are not checked, neither
    when writing nor when reading; enumerations and the ranges of built-in types are.

    Types become tables when something asks for them, so that a large document costs little more than its parsing.

    :raises InvalidFormat: for a document that cannot be used; the message names file, line and construct.
    :raises EndpointAccessDenied: for a document of the network that may not be fetched.
    :raises QuotaExceeded: for a limit of ``limits``.
    :raises NotSupported: without lxml.
    """
    if isinstance(allow_network, str):
        raise InvalidArgument("allow_network names hosts as a collection, not as one str")
    hosts = None if allow_network is False else () if allow_network is True else frozenset(allow_network)
    loader = Loader(catalog, hosts, limits)
    content, url = loader.open(source, base_url)
    kept = None
    if cache is not False:
        from wsx.metadata.cache import Cache, default_directory  # noqa: PLC0415 - most imports are not kept

        directory = default_directory() if cache is True else Path(cache)
        settings = (sorted(loader.catalog), None if hosts is None else sorted(hosts), limits, check_facets)
        kept = Cache(directory, (content, url), settings)
        found = kept.find(Loader(catalog, hosts, limits))
        if found is not None:
            return found
    model = _parsed(loader, content, url, check_facets)
    if kept is not None:
        kept.keep(model, loader.taken)
        model.warnings += [kept.warning] if kept.warning is not None else []
    return model


async def load_async(source: Source, **keywords: Any) -> Model:
    """As :func:`load`, with its keywords, in a thread: the event loop goes on meanwhile."""
    import asyncio  # noqa: PLC0415 - most programs do not have one

    return await asyncio.to_thread(load, source, **keywords)


def _parsed(loader: Loader, content: bytes, url: str, check_facets: bool) -> Model:
    from wsx.metadata.documents import Documents  # noqa: PLC0415 - lxml is loaded when it is needed
    from wsx.metadata.wsdl import read_model  # noqa: PLC0415

    documents = Documents(loader)
    documents.read(content, url)
    first = documents.definitions[0][1] if documents.definitions else documents.schemas[0].url
    return read_model(documents, first, check_facets)


def generate(model: Model, directory: str | os.PathLike[str]) -> list[Path]:
    """Write a package of typed Python for the service into ``directory``; returns the paths of its files.

    It needs neither the WSDL nor lxml when it runs, and the same document makes the same bytes each time. ``types.py``
    has a class for each type, ``faults.py`` an exception for each declared fault, ``client.py`` two clients for each
    SOAP port: for threads and for asyncio. ``wsx gen`` is the command for it.

    :raises InvalidArgument: when the directory's name cannot be that of a package.
    :raises InvalidFormat: for a document that cannot be used.
    :raises OSError: when a file cannot be written.
    """
    from wsx.metadata.package import write_package  # noqa: PLC0415 - lxml is loaded with the model

    return write_package(model, directory)
