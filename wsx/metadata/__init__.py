"""From a WSDL to tables and typed code (WSDL 1.1 and XML Schema 1.0; needs lxml: ``pip install 'wsx[wsdl]'``)."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from wsx.errors import InvalidArgument
from wsx.metadata.sources import Catalog, ImportLimits, Loader, Source

if TYPE_CHECKING:
    from pathlib import Path

    from wsx.metadata.model import Model

__all__ = ["Catalog", "ImportLimits", "Source", "generate", "load"]

_DEFAULT_LIMITS = ImportLimits()


def load(
    source: Source,
    *,
    catalog: Catalog | None = None,
    allow_network: bool | Collection[str] = False,
    limits: ImportLimits = _DEFAULT_LIMITS,
    base_url: str | None = None,
) -> Model:
    """The model of the service that a WSDL describes, or of the elements and types of a schema.

    ``source`` is a path, a URL, the bytes of the document or a binary file; ``base_url`` is where bytes are from, for
    relative imports. Imports are looked up in ``catalog`` (URL or namespace → path or bytes), then beside the document;
    wsx has schemas for the namespaces of XML, SOAP encoding, xop, xmlmime and WS-Addressing. Nothing is fetched unless
    ``allow_network`` is True, which is any host with a public address, or names the hosts that may be asked.

    Types become tables when something asks for them, so that a large document costs little more than its parsing.

    :raises InvalidFormat: for a document that cannot be used; the message names file, line and construct.
    :raises EndpointAccessDenied: for a document of the network that may not be fetched.
    :raises QuotaExceeded: for a limit of ``limits``.
    :raises NotSupported: without lxml.
    """
    from wsx.metadata.documents import Documents  # noqa: PLC0415 - lxml is loaded when it is needed
    from wsx.metadata.wsdl import read_model  # noqa: PLC0415

    if isinstance(allow_network, str):
        raise InvalidArgument("allow_network names hosts as a collection, not as one str")
    hosts = None if allow_network is False else () if allow_network is True else frozenset(allow_network)
    documents = Documents(Loader(catalog, hosts, limits))
    documents.read(source, base_url)
    url = documents.definitions[0][1] if documents.definitions else documents.schemas[0].url
    return read_model(documents, url)


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
