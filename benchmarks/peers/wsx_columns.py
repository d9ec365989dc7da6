"""wsx over NumPy arrays: ``write_columns`` and ``read_columns``, no Python object for a value."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer, Unsupported, require
from benchmarks.peers.wsx_tables import element_table
from benchmarks.reference import parse_xml, xml_document

__all__ = ["WsxNumpy"]


class WsxNumpy(Peer):
    """A NumPy array of doubles for the list of floats."""

    name = "wsx-numpy"
    title = "wsx from and into NumPy"
    distributions = ("numpy",)

    def _field(self, case: Case) -> str:
        if case.name != "doubles":
            raise Unsupported("measured with doubles only")
        return case.struct.fields[0].name

    def writer(self, case: Case) -> Job:
        field = self._field(case)
        array = require("numpy").array(getattr(case.value, field))
        run = partial(require("wsx").write_columns, element_table(case), array, field=field)
        return Job(run, partial(parse_xml, case))

    def reader(self, case: Case) -> Job:
        field, table = self._field(case), element_table(case)
        read = require("wsx").read_columns
        data = xml_document(case)

        def run() -> Any:
            return read(table, data, field=field).to_numpy()

        def restore(array: Any) -> Any:
            return case.struct.python_type(**{field: array.tolist()})

        return Job(run, restore, len(data))
