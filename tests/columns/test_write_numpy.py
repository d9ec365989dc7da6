"""Rows of NumPy, ctypes and other buffers are written as the same objects are, byte for byte."""

from __future__ import annotations

import array
import ctypes
import random
from typing import Any

import numpy as np
import pytest

import wsx
from tests.columns.tables import FIELDS, TEXTS, element, objects, records, scalars
from wsx.descriptions import FieldOption, Type

TYPES: list[tuple[Type, str]] = [
    (Type.INT8, "i1"),
    (Type.INT16, "<i2"),
    (Type.INT32, "i4"),
    (Type.INT64, "i8"),
    (Type.UINT8, "u1"),
    (Type.UINT16, "u2"),
    (Type.UINT32, "u4"),
    (Type.UINT64, "u8"),
    (Type.INT64, "u4"),
    (Type.UINT64, "i2"),
    (Type.FLOAT, "f4"),
    (Type.DOUBLE, "f8"),
    (Type.DOUBLE, "f4"),
    (Type.BOOL, "?"),
]


def numpy_rows(count: int) -> tuple[Any, list[Any]]:
    """The same rows as a structured array and as objects; NumPy has no decimals."""
    rows = records(count)
    dtype = np.dtype(
        [
            ("id", "i4"),
            ("serial", "i8"),
            ("active", "?"),
            ("measure", "f8"),
            ("created", "M8[us]"),
            ("key", "V16"),
            ("code", "S30"),
            ("label", "U50"),
            ("priority", "u2"),
        ]
    )
    made = np.empty(count, dtype)
    for name in dtype.names or ():
        values = [getattr(row, name) for row in rows]
        if name == "created":
            values = [value.replace(tzinfo=None) for value in values]
        elif name == "key":
            values = [np.void(value.bytes) for value in values]
        made[name] = values
    return made, [
        {name: getattr(r, name) if name != "created" else r.created.replace(tzinfo=None) for name in FIELDS}
        for r in rows
    ]


TABLE = element({name: type_ for name, type_ in FIELDS.items() if name != "amount"})


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_structured_arrays(threads: int) -> None:
    rows, expected = numpy_rows(5000)
    assert wsx.write_columns(TABLE, rows, threads=threads) == objects(TABLE, expected)


@pytest.mark.parametrize("step", [2, -1])
def test_strides(step: int) -> None:
    rows, expected = numpy_rows(100)
    assert wsx.write_columns(TABLE, rows[::step]) == objects(TABLE, expected[::step])


def test_an_unaligned_dtype_with_gaps() -> None:
    table = element({"a": Type.INT8, "b": Type.DOUBLE, "c": Type.INT32})
    dtype = np.dtype({"names": ["c", "a", "b"], "formats": ["i4", "i1", "f8"], "offsets": [13, 0, 3], "itemsize": 19})
    rows = np.zeros(50, dtype)
    for name in ("a", "b", "c"):
        rows[name] = np.arange(50)
    assert wsx.write_columns(table, rows) == objects(table, [{"a": i, "b": float(i), "c": i} for i in range(50)])


@pytest.mark.parametrize(("type_", "code"), TYPES, ids=str)
def test_numbers_of_all_widths(type_: Type, code: str) -> None:
    chance = random.Random(code)  # noqa: S311 - values for tests
    size = np.dtype(code).itemsize
    raw = chance.randbytes(size * 300)
    values = np.frombuffer(raw, np.dtype(code)) if code != "?" else np.frombuffer(raw, "u1") > 127
    if type_ is Type.UINT64:
        values = np.abs(values) & 0x7FFF
    table = scalars(type_)
    assert wsx.write_columns(table, values, field="item") == objects(table, values.tolist(), "item")


@pytest.mark.parametrize("unit", ["D", "h", "m", "s", "ms", "us", "100ns", "ns"])
def test_moments(unit: str) -> None:
    chance = random.Random(unit)  # noqa: S311 - values for tests
    values = np.array([chance.randrange(-(10**9), 10**9) for _ in range(100)], f"M8[{unit}]")
    if unit in "Dhm":
        values = np.array([chance.randrange(-(10**5), 10**5) for _ in range(100)], f"M8[{unit}]")
    if unit == "ns":
        values = values.astype("M8[100ns]").astype("M8[ns]")
    table = scalars(Type.DATETIME)
    texts = np.datetime_as_string(values.astype("M8[ns]"), "ns")
    expected = [f"<item>{text.rstrip('0').rstrip('.')}</item>" for text in texts.tolist()]
    written = wsx.write_columns(table, values, field="item").decode()
    assert written == f'<Numbers xmlns="urn:n">{"".join(expected)}</Numbers>'


def test_not_a_time_is_nil_or_absent() -> None:
    rows = np.array([("2020-01-01",), ("NaT",)], [("at", "M8[s]")])
    absent = element({"at": Type.DATETIME}, options=FieldOption.OPTIONAL)
    assert wsx.write_columns(absent, rows).endswith(b"</record><record/></Records>")
    nil = element({"at": Type.DATETIME}, options=FieldOption.NILLABLE)
    assert b'<at a:nil="true"' in wsx.write_columns(nil, rows)
    with pytest.raises(wsx.errors.InvalidArgument, match="neither OPTIONAL nor NILLABLE") as caught:
        wsx.write_columns(element({"at": Type.DATETIME}), rows)
    assert caught.value.path == "Records/record[1]/at"


def test_attributes_and_wrappers() -> None:
    rows = np.array([(1, 'a"b', 2.5), (2, "", -1.0)], [("id", "i4"), ("name", "U5"), ("x", "f8")])
    table = element({"id": Type.INT32, "name": Type.STRING, "x": Type.DOUBLE}, attributes=("id", "name"), wrapper="all")
    assert wsx.write_columns(table, rows) == objects(
        table, [dict(zip(["id", "name", "x"], r, strict=True)) for r in rows.tolist()]
    )


def test_empty_arrays() -> None:
    for wrapper in (None, "all"):
        table = element({"id": Type.INT32}, wrapper=wrapper)
        assert wsx.write_columns(table, np.empty(0, [("id", "i4")])) == objects(table, [])


class Point(ctypes.Structure):
    _fields_ = [
        ("x", ctypes.c_double),
        ("n", ctypes.c_int16),
        ("ok", ctypes.c_bool),
        ("tag", ctypes.c_char * 7),
        ("text", ctypes.c_wchar * 5),
    ]


class Packed(Point):
    _pack_ = 1
    _fields_ = [("last", ctypes.c_uint8)]


@pytest.mark.parametrize("cls", [Point, Packed])
def test_ctypes_arrays(cls: Any) -> None:
    fields = {"x": Type.DOUBLE, "n": Type.INT16, "ok": Type.BOOL, "tag": Type.STRING, "text": Type.STRING}
    if cls is Packed:
        fields["last"] = Type.UINT8
    table = element(fields)
    rows = (cls * 20)(*[cls(i / 3, i - 5, i % 2, b"t%d" % i, "ü" * (i % 6)) for i in range(20)])
    expected = [
        {name: value.decode() if isinstance(value := getattr(row, name), bytes) else value for name in fields}
        for row in rows
    ]
    assert wsx.write_columns(table, rows) == objects(table, expected)


def test_other_buffers() -> None:
    table = scalars(Type.DOUBLE)
    for data in (array.array("d", [1.5, 2.0]), (ctypes.c_double * 2)(1.5, 2.0), np.array([1.5, 2.0]).data):
        assert wsx.write_columns(table, data, field="item") == objects(table, [1.5, 2.0], "item")


@pytest.mark.parametrize(
    ("type_", "values", "error"),
    [
        (Type.INT8, np.array([1, 128]), wsx.errors.NumericOverflow),
        (Type.UINT8, np.array([1, -1]), wsx.errors.NumericOverflow),
        (Type.INT64, np.array([1, 2**63], "u8"), wsx.errors.NumericOverflow),
        (Type.FLOAT, np.array([1, 1e39]), wsx.errors.NumericOverflow),
        (Type.DATETIME, np.array([0, 1], "M8[ns]"), wsx.errors.InvalidFormat),
        (Type.DATETIME, np.array([0, 2**40], "M8[s]"), wsx.errors.InvalidFormat),
        (Type.STRING, np.array(["a", "\x01"]), wsx.errors.InvalidFormat),
        (Type.STRING, np.array([b"a", b"\xff"]), wsx.errors.InvalidFormat),
        (Type.STRING, np.array(["a", "\ufffe"]), wsx.errors.InvalidFormat),
        (Type.STRING, np.array([65, 0x110000], "u4").view("U1"), wsx.errors.InvalidFormat),
        (Type.STRING, np.array([65, 0xD800], "u4").view("U1"), wsx.errors.InvalidFormat),
        (Type.GUID, np.array(["12345678-1234-1234-1234-123456789abc", "x"], "S36"), wsx.errors.InvalidFormat),
    ],
)
def test_a_value_that_does_not_fit(type_: Type, values: Any, error: type[wsx.errors.WsError]) -> None:
    with pytest.raises(error) as caught:
        wsx.write_columns(scalars(type_), values, field="item")
    assert caught.value.path == "Numbers/item[1]"


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_bad_row_counts(threads: int) -> None:
    rows = np.zeros(9000, [("id", "i8")])
    rows["id"][[4000, 8000]] = 2**40
    with pytest.raises(wsx.errors.NumericOverflow) as caught:
        wsx.write_columns(element({"id": Type.INT32}), rows, threads=threads)
    assert caught.value.path == "Records/record[4000]/id"


@pytest.mark.parametrize(
    ("dtype", "message"),
    [
        ([("a", ">i4")], "field 'a'.*byte order"),
        ([("a", "f2")], "field 'a'.*16 bits"),
        ([("a", "c16")], "field 'a'"),
        ([("a", "O")], "field 'a'"),
        ([("a", "i4", (2,))], "field 'a'"),
        ([("a", [("b", "i4")])], "field 'a'"),
        ([("a", "M8[Y]")], "field 'a'"),
        ([("a", ">U4")], "field 'a'"),
    ],
)
def test_what_cannot_be_a_column(dtype: Any, message: str) -> None:
    with pytest.raises(wsx.errors.NotSupported, match=message):
        wsx.write_columns(element({"a": Type.INT32}), np.zeros(1, dtype))


def test_columns_and_fields_must_be_the_same() -> None:
    table = element({"a": Type.INT32, "b": Type.INT32})
    with pytest.raises(wsx.errors.InvalidArgument, match="no column for the field 'b'"):
        wsx.write_columns(table, np.zeros(1, [("a", "i4")]))
    with pytest.raises(wsx.errors.InvalidArgument, match="'c' is no field"):
        wsx.write_columns(table, np.zeros(1, [("a", "i4"), ("b", "i4"), ("c", "i4")]))
    optional = element({"a": Type.INT32, "b": Type.INT32}, options=FieldOption.OPTIONAL)
    assert wsx.write_columns(optional, np.ones(1, [("a", "i4")])) == objects(optional, [{"a": 1}])
    with pytest.raises(wsx.errors.InvalidArgument, match="no columns"):
        wsx.write_columns(table, object())
    with pytest.raises(wsx.errors.InvalidArgument, match="one dimension"):
        wsx.write_columns(table, np.zeros((2, 2), [("a", "i4"), ("b", "i4")]))
    with pytest.raises(wsx.errors.InvalidArgument, match="no field 'x'"):
        wsx.write_columns(table, np.zeros(1, [("a", "i4")]), field="x")
    with pytest.raises(wsx.errors.InvalidArgument, match="threads"):
        wsx.write_columns(table, np.zeros(1, [("a", "i4")]), threads=0)


def test_limits_of_a_description_hold() -> None:
    from wsx.limits import Int32Description

    table = element({"a": Type.INT32}, descriptions={"a": Int32Description(0, 9)})
    rows = np.array([(9,), (10,)], [("a", "i4")])
    with pytest.raises(wsx.errors.InvalidFormat) as caught:
        wsx.write_columns(table, rows)
    assert caught.value.path == "Records/record[1]/a"
    assert wsx.write_columns(table, rows[:1]) == objects(table, [{"a": 9}])


def test_a_sink_gets_pieces() -> None:
    rows, expected = numpy_rows(30_000)
    table, pieces = TABLE, list[bytes]()
    for threads in (1, 2):
        pieces.clear()
        writer = wsx.XmlWriter(pieces.append, flush_size=1 << 14)
        writer.element(table, {"record": wsx.Columns(rows, threads=threads)})
        writer.flush()
        assert b"".join(pieces) == objects(table, expected)


def test_texts_of_every_kind() -> None:
    table = scalars(Type.STRING)
    values = np.array(TEXTS)
    assert wsx.write_columns(table, values, field="item") == objects(table, values.tolist(), "item")
    encoded = np.array([text.encode() for text in TEXTS])
    assert wsx.write_columns(table, encoded, field="item") == objects(table, values.tolist(), "item")


def test_depth_is_a_quota() -> None:
    rows = np.zeros(1, [("a", "i4")])
    assert wsx.write_columns(element({"a": Type.INT32}), rows, max_depth=3)
    with pytest.raises(wsx.errors.QuotaExceeded):
        wsx.write_columns(element({"a": Type.INT32}), rows, max_depth=2)
