"""``python -m benchmarks``: the same as ``python -m benchmarks.run``."""

from benchmarks.run import command

if __name__ == "__main__":
    command()
