"""Tables of Arrow are written as the same objects are; Arrow arrays that contradict themselves are refused."""

from __future__ import annotations

import base64
import ctypes
import gc
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import wsx
from tests.columns.tables import FIELDS, TEXTS, Record, element, objects, records, scalars
from wsx.descriptions import FieldOption, Type

SCHEMA = pa.schema(
    [
        ("id", pa.int32()),
        ("serial", pa.int64()),
        ("active", pa.bool_()),
        ("measure", pa.float64()),
        ("amount", pa.decimal128(30, 2)),
        ("created", pa.timestamp("us", "UTC")),
        ("key", pa.binary(16)),
        ("code", pa.string()),
        ("label", pa.large_string()),
        ("priority", pa.uint16()),
    ]
)
TABLE = element(FIELDS)
OPTIONAL = element(FIELDS, options=FieldOption.OPTIONAL)
NILLABLE = element(FIELDS, options=FieldOption.NILLABLE)


def arrow_table(rows: list[Record]) -> pa.Table:
    columns = {name: [getattr(row, name) for row in rows] for name in FIELDS}
    columns["key"] = [None if key is None else key.bytes for key in columns["key"]]
    return pa.table(columns, SCHEMA)


def as_dicts(rows: list[Record]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in FIELDS} for row in rows]


@pytest.mark.parametrize("threads", [1, 3])
def test_tables_and_batches(threads: int) -> None:
    rows = records(5000)
    table, expected = arrow_table(rows), objects(TABLE, as_dicts(rows))
    chunked = pa.Table.from_batches(table.to_batches(max_chunksize=700))
    reader = pa.RecordBatchReader.from_batches(SCHEMA, table.to_batches(max_chunksize=1700))
    for data in (table, chunked, table.combine_chunks().to_batches()[0], reader):
        assert wsx.write_columns(TABLE, data, threads=threads) == expected


@pytest.mark.parametrize(("begin", "length"), [(0, 10), (3, 9), (17, 100), (8, 0)])
def test_slices(begin: int, length: int) -> None:
    rows = records(150)
    expected = objects(TABLE, as_dicts(rows[begin : begin + length]))
    table = arrow_table(rows)
    assert wsx.write_columns(TABLE, table.slice(begin, length)) == expected
    assert wsx.write_columns(TABLE, table.combine_chunks().to_batches()[0].slice(begin, length)) == expected
    assert (
        wsx.write_columns(
            TABLE,
            pl.DataFrame(table.drop_columns("key"))
            .slice(begin, length)
            .to_arrow()
            .append_column("key", table.slice(begin, length)["key"]),
        )
        == expected
    )


@pytest.mark.parametrize("table", [OPTIONAL, NILLABLE], ids=["absent", "nil"])
def test_nulls(table: Any) -> None:
    rows = records(400)
    for i, row in enumerate(rows):
        for j, name in enumerate(FIELDS):
            if (i + j) % 3 == 0:
                setattr(row, name, None)
    assert wsx.write_columns(table, arrow_table(rows).slice(5)) == objects(table, as_dicts(rows[5:]))


def test_a_null_that_may_not_be() -> None:
    rows = records(3)
    rows[2].label = None
    with pytest.raises(wsx.errors.InvalidArgument, match="neither OPTIONAL nor NILLABLE") as caught:
        wsx.write_columns(TABLE, arrow_table(rows))
    assert caught.value.path == "Records/record[2]/label"


def test_polars() -> None:
    """polars hands over views of texts."""
    fields = {name: type_ for name, type_ in FIELDS.items() if name not in ("key", "amount")}
    table, rows = element(fields), records(300)
    frame = pl.DataFrame(arrow_table(rows).select(list(fields)))
    assert wsx.write_columns(table, frame) == objects(
        table, [{name: getattr(r, name) for name in fields} for r in rows]
    )
    series = pl.Series("x", [text * 3 for text in TEXTS])
    assert wsx.write_columns(scalars(Type.STRING), series, field="item") == objects(
        scalars(Type.STRING), series.to_list(), "item"
    )


def test_the_path_of_a_row_counts_all_batches() -> None:
    table = pa.table({"id": pa.chunked_array([[1, 2], [3], [2**40]])})
    with pytest.raises(wsx.errors.NumericOverflow) as caught:
        wsx.write_columns(element({"id": Type.INT32}), table)
    assert caught.value.path == "Records/record[3]/id"


@pytest.mark.parametrize(
    "array",
    [
        pa.array([["a"]]),
        pa.array(["a"]).dictionary_encode(),
        pa.array([1.0], pa.float16()),
        pa.array([1], pa.time64("us")),
        pa.array([1], pa.decimal256(50, 2)),
    ],
    ids=str,
)
def test_what_cannot_be_a_column(array: Any) -> None:
    with pytest.raises(wsx.errors.NotSupported, match="column 'a'"):
        wsx.write_columns(element({"a": Type.INT32}), pa.table({"a": array}))


@pytest.mark.parametrize(
    ("type_", "array", "expected"),
    [
        (Type.DATETIME, pa.array([1, -1], pa.date32()), ["1970-01-02T00:00:00", "1969-12-31T00:00:00"]),
        (Type.DATETIME, pa.array([1500], pa.timestamp("ms", "Europe/Paris")), ["1970-01-01T00:00:01.5Z"]),
        (Type.TIMESPAN, pa.array([1_500_000], pa.duration("us")), ["00:00:01.5"]),
        (Type.BYTES, pa.array([b"", b"\0\xff"], pa.binary()), ["", "AP8="]),
        (Type.BYTES, pa.array([b"ab" * 20], pa.binary_view()), [base64.b64encode(b"ab" * 20).decode()]),
        (
            Type.DECIMAL,
            pa.array(["1.50", "-99999999999999999999"], pa.string()).cast(pa.decimal128(38, 2)),
            ["1.5", "-" + "9" * 20],
        ),
        (Type.GUID, pa.array(["12345678-1234-1234-1234-123456789ABC"]), ["12345678-1234-1234-1234-123456789abc"]),
    ],
    ids=str,
)
def test_types_of_arrow(type_: Type, array: Any, expected: list[str]) -> None:
    written = wsx.write_columns(scalars(type_), array, field="item").decode()
    items = "".join(f"<item>{text}</item>" if text else "<item/>" for text in expected)
    assert written == f'<Numbers xmlns="urn:n">{items}</Numbers>'


def test_enumerations_are_written_by_name() -> None:
    import enum

    from wsx.descriptions import EnumDescription

    class Color(enum.Enum):
        RED = "red"

    table = element({"c": Type.ENUM}, descriptions={"c": EnumDescription({"red": Color.RED})})
    assert b"<c>red</c>" in wsx.write_columns(table, pa.table({"c": ["red"]}))
    with pytest.raises(wsx.errors.InvalidArgument, match="names of the enumeration"):
        wsx.write_columns(table, pa.table({"c": ["blue"]}))


# --- hostile input ---------------------------------------------------------------------------------------------------


class ArrowArray(ctypes.Structure):
    pass


ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]
pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


class Tampered:
    """An array of pyarrow whose C struct was changed."""

    def __init__(self, data: Any, change: Any) -> None:
        self.schema, self.array = data.__arrow_c_array__()
        change(ctypes.cast(pointer_of(self.array, b"arrow_array"), ctypes.POINTER(ArrowArray))[0])

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        return self.schema, self.array


def set_offsets(*values: int) -> Any:
    def change(array: Any) -> None:
        offsets = ctypes.cast(array.buffers[1], ctypes.POINTER(ctypes.c_int32))
        for i, value in enumerate(values):
            offsets[i] = value

    return change


def set_view(which: int, start: int, length: int) -> Any:
    def change(array: Any) -> None:
        view = ctypes.cast(array.buffers[1], ctypes.POINTER(ctypes.c_int32))
        view[0], view[2], view[3] = length, which, start

    return change


def set_(name: str, value: Any) -> Any:
    return lambda array: setattr(array, name, value)


def no_buffer(i: int) -> Any:
    def change(array: Any) -> None:
        array.buffers[i] = None

    return change


LONG = "a text that is too long for a view"


@pytest.mark.parametrize(
    ("array", "change"),
    [
        (pa.array(["ab", "cd"]), set_offsets(0, -1, 4)),
        (pa.array(["ab", "cd"]), set_offsets(0, 99, 4)),
        (pa.array(["ab", "cd"]), set_offsets(3, 2, 4)),
        (pa.array(["ab", "cd"]), set_offsets(0, 2, -4)),
        (pa.array([LONG], pa.string_view()), set_view(7, 0, 20)),
        (pa.array([LONG], pa.string_view()), set_view(-1, 0, 20)),
        (pa.array([LONG], pa.string_view()), set_view(0, 30, 20)),
        (pa.array([LONG], pa.string_view()), set_view(0, -3, 20)),
        (pa.array([LONG], pa.string_view()), set_view(0, 0, 2**31 - 1)),
        (pa.array([LONG], pa.string_view()), set_view(0, 0, -5)),
        (pa.array(["ab", "cd"]), set_("length", -1)),
        (pa.array(["ab", "cd"]), set_("offset", -1)),
        (pa.array(["ab", "cd"]), set_("n_buffers", 1)),
        (pa.array(["ab", None]), no_buffer(0)),
        (pa.array(["ab", "cd"]), no_buffer(1)),
        (pa.array(["ab", "cd"]), no_buffer(2)),
    ],
    ids=str,
)
def test_hostile_arrays(array: Any, change: Any) -> None:
    with pytest.raises(wsx.errors.InvalidArgument):
        wsx.write_columns(scalars(Type.STRING), Tampered(array, change), field="item")


def test_hostile_batches() -> None:
    batch = pa.record_batch({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    table = element({"a": Type.INT64, "b": Type.STRING})
    for change in (set_("length", 99), set_("n_children", 1), set_("offset", 5)):
        data = Tampered(batch, change)
        try:
            with pytest.raises(wsx.errors.InvalidArgument):
                wsx.write_columns(table, data)
        finally:  # pyarrow's own release frees as many children as there are
            ctypes.cast(pointer_of(data.array, b"arrow_array"), ctypes.POINTER(ArrowArray))[0].n_children = 2


def test_texts_that_are_not_utf8() -> None:
    raw = pa.array([b"ok", b"\xff\xfe"], pa.binary())
    texts = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    with pytest.raises(wsx.errors.InvalidFormat, match="not Unicode") as caught:
        wsx.write_columns(scalars(Type.STRING), texts, field="item")
    assert caught.value.path == "Numbers/item[1]"


# --- ownership -------------------------------------------------------------------------------------------------------


def test_nothing_of_arrow_is_kept() -> None:
    """Batches are released when they are written, also where that fails; pyarrow counts its bytes."""
    gc.collect()
    before = pa.total_allocated_bytes()
    good, bad = element({"a": Type.INT64}), element({"a": Type.INT8})
    table = pa.table({"a": pa.array(range(10_000), pa.int64())})
    chunked = pa.Table.from_batches(table.to_batches(max_chunksize=1000))
    for _ in range(20):
        assert wsx.write_columns(good, chunked)
        with pytest.raises(wsx.errors.NumericOverflow):
            wsx.write_columns(bad, chunked)
        assert wsx.write_columns(good, chunked.to_batches()[0])
    del table, chunked
    gc.collect()
    assert pa.total_allocated_bytes() == before


def test_a_stream_that_fails() -> None:
    def batches() -> Any:
        yield pa.record_batch({"a": [1]})
        raise ValueError("no more")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())
    with pytest.raises(wsx.errors.InvalidArgument, match="no more"):
        wsx.write_columns(element({"a": Type.INT64}), reader)
