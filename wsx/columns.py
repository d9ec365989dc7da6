"""Tables in memory, written and read without a Python object for any value."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from wsx._column_reader import ColumnBatch
from wsx._column_reader import read_columns as _read_columns
from wsx._columns import Columns
from wsx._scanner import DEFAULT_QUOTAS
from wsx.declare import element_of
from wsx.descriptions import ElementDescription, StructDescription
from wsx.enumerations import Encoding
from wsx.errors import InvalidArgument
from wsx.quotas import Quotas
from wsx.xml import write_element

__all__ = ["ColumnBatch", "Columns", "read_columns", "write_columns"]


def write_columns(
    element: ElementDescription | type,
    data: Any,
    *,
    field: str = "record",
    threads: int = 1,
    encoding: Encoding = Encoding.XML_UTF8,
    max_depth: int = 32,
) -> bytes:
    """The bytes of an element whose repeating field ``field`` has the rows of ``data`` as its items.

    ``data`` and ``threads`` are as in :class:`Columns`; other fields of the element must be OPTIONAL (where they are
    not, give write_element a whole value with Columns in it). The bytes are those that write_element makes of objects.

    Raises what Columns and write_element do; the error's ``path`` names row and column: ``Records/record[17]/price``.
    """
    table = element if type(element) is ElementDescription else element_of(element)
    struct = table.resolve_description()
    if not isinstance(struct, StructDescription) or field not in [described.name for described in struct.fields]:
        raise InvalidArgument(f"{table}: there is no field {field!r}")
    if struct.python_type is tuple:
        raise InvalidArgument(f"{table}: a tuple of all fields is needed; give one with Columns in it to write_element")
    columns = Columns(data, threads=threads)
    value = {field: columns} if struct.python_type is dict else SimpleNamespace(**{field: columns})
    return write_element(table, value, encoding=encoding, max_depth=max_depth)


def read_columns(
    element: ElementDescription | type, data: Any, *, field: str = "record", quotas: Quotas = DEFAULT_QUOTAS
) -> ColumnBatch:
    """The items of the repeating field ``field`` of a document whose only element is ``element``, as columns.

    ``data`` is as in read_element. Rows are read with the GIL released; what is absent, UNSET or nil is null. The
    classes of the table are not asked: their constructors and validators do not run. Limits of scalar descriptions,
    enumerations and TIMESPAN are checked value by value, as objects, which takes as long as reading objects does.

    Raises what read_element raises for the same document, with path (row and column) and offset; NotSupported, naming
    the field, for a type that has no column and for moments with and without a time zone in one column; NumericOverflow
    for decimals beyond 38 digits.
    """
    table = element if type(element) is ElementDescription else element_of(element)
    return _read_columns(table, data, field, quotas)
