"""``python -m wsx.cli`` is the ``wsx`` command."""

from wsx.cli import run

run()
