"""``python -m benchmarks``: the same as ``python -m benchmarks.run``; with ``http`` first, ``benchmarks.http``."""

import sys

from benchmarks import http
from benchmarks.run import command

if __name__ == "__main__":
    if sys.argv[1:2] == ["http"]:
        sys.exit(http.main(sys.argv[2:]))
    command()
