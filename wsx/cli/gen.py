"""``wsx gen``: a package of typed Python from a WSDL."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wsx.errors import WsError
from wsx.metadata import generate, load

__all__ = ["gen"]


@click.command()
@click.argument("source", metavar="WSDL")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIRECTORY",
    type=click.Path(file_okay=False, path_type=Path),
    help="The package to write: a directory whose name is a Python identifier.",
)
@click.option(
    "--catalog",
    multiple=True,
    metavar="URL=FILE",
    help="Read FILE where the document names this URL or namespace; repeat it for more.",
)
@click.option(
    "--allow-network",
    multiple=True,
    metavar="HOST",
    help="Fetch what is imported from this host; repeat it for more. Nothing is fetched without it.",
)
def gen(source: str, output: Path, catalog: tuple[str, ...], allow_network: tuple[str, ...]) -> None:
    """Write a typed Python package for the service that WSDL, a path or URL, describes.

    The package has a class for each type, an exception for each declared fault and, for each SOAP port, a client for
    threads and one for asyncio. It needs neither the WSDL nor lxml to run. The same document makes the same files.

    Exit status: 0 when the package was written, 1 when the document cannot be used or a file not be written, 2 for a
    wrong option.
    """
    pairs = dict(_pair(text) for text in catalog)
    try:
        model = load(source, catalog=pairs, allow_network=allow_network or False)
        written = generate(model, output)
    except (WsError, OSError) as error:
        click.echo(f"wsx gen: {error}", err=True)
        sys.exit(1)
    for warning in model.warnings:
        click.echo(f"warning: {warning}", err=True)
    lines = sum(path.read_bytes().count(b"\n") for path in written)
    click.echo(f"{output}: {len(written)} files, {lines} lines")


def _pair(text: str) -> tuple[str, str]:
    key, separator, path = text.rpartition("=")
    if not separator or not key or not path:
        raise click.UsageError(f"--catalog: {text!r} is not of the form URL=FILE")
    return key, path
