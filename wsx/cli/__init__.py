"""The ``wsx`` command."""

from __future__ import annotations

import sys

__all__ = ["run"]


def run() -> None:
    """Run the command with the arguments of the process; says what to install when its libraries are missing."""
    try:
        from wsx.cli.main import main  # noqa: PLC0415 (its libraries may be missing)
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit(f"wsx: the command needs the package {error.name}: pip install 'wsx[cli]'")
    main(prog_name="wsx")
