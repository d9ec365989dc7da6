"""The command group."""

from __future__ import annotations

import click

from wsx.cli.demo import demo
from wsx.cli.gen import gen
from wsx.cli.send import send

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wsx", prog_name="wsx")
def main() -> None:
    """Send SOAP messages that description tables describe."""


main.add_command(send)
main.add_command(demo)
main.add_command(gen)
