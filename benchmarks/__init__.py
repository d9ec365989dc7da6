"""Benchmarks: wsx beside other ways to turn the same Python objects into XML or JSON and back.

``cases`` holds the data, one file a case; ``peers`` holds the libraries, one file a peer; ``check`` proves before the
clock starts that a peer's result has the content of the data; ``measure`` holds the clock; ``run`` is the command and
``report`` turns its results into Markdown.
"""
