"""Columns that are read hold what objects would hold; a document that objects refuse is refused in the same way."""

from __future__ import annotations

import datetime
import gc
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wsx
from tests.columns.tables import FIELDS, Record, element, objects, records, scalars
from wsx.descriptions import FieldOption, Type

TABLE = element(FIELDS)
OPTIONAL = element(FIELDS, options=FieldOption.OPTIONAL)
NILLABLE = element(FIELDS, options=FieldOption.NILLABLE)
XSI = b'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'


def as_dicts(rows: list[Record]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in FIELDS} for row in rows]


def plain(value: Any) -> Any:
    """A value of the path of objects as pyarrow gives it back."""
    if value is wsx.UNSET:
        return None
    return value.bytes if hasattr(value, "bytes") and hasattr(value, "hex") and not isinstance(value, float) else value


def read_back(table: Any, data: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pa.table(wsx.read_columns(table, data)).to_pylist()
    return rows


def expected(table: Any, data: bytes) -> list[dict[str, Any]]:
    rows = wsx.read_element(table, data)["record"]
    return [{name: plain(row.get(name)) for name in FIELDS} for row in rows]


@pytest.mark.parametrize("count", [0, 1, 2, 3000])
def test_rows_of_all_types(count: int) -> None:
    data = objects(TABLE, as_dicts(records(count)))
    assert read_back(TABLE, data) == expected(TABLE, data)


@pytest.mark.parametrize("table", [OPTIONAL, NILLABLE], ids=["absent", "nil"])
def test_nulls(table: Any) -> None:
    rows = records(1000)
    for i, row in enumerate(rows):
        for j, name in enumerate(FIELDS):
            if (i + j) % 3 == 0:
                setattr(row, name, None)
    data = objects(table, as_dicts(rows))
    assert read_back(table, data) == expected(table, data)


def test_spelled_otherwise() -> None:
    """White space, prefixes, comments, references, empty tags."""
    data = objects(OPTIONAL, as_dicts(records(50))).decode()
    spaced = (
        data.replace("<record>", "\n  <record>\n    ").replace("</id>", "</id>\n").replace("</record>", "\t</record>")
    )
    commented = data.replace("<serial>", "<!-- so --><serial>").replace("<active>true", "<active><![CDATA[1]]>")
    prefixed = data.replace("</", "</p:").replace("<", "<p:").replace("<p:/p:", "</p:").replace("xmlns=", "xmlns:p=")
    for text in (
        spaced,
        commented,
        prefixed,
        data.replace("<label/>", "<label></label>"),
        data.replace("a", "&#x61;", 90),
    ):
        try:
            wanted = expected(OPTIONAL, text.encode())
        except wsx.errors.WsError:  # references inside of tags
            continue
        assert read_back(OPTIONAL, text.encode()) == wanted


def test_nil_by_a_prefix_that_is_bound_outside() -> None:
    table = element({"a": Type.INT32}, options=FieldOption.NILLABLE)
    data = (
        b'<Records xmlns="urn:records" %s><record><a>1</a></record><record><a i:nil="true"/></record></Records>' % XSI
    )
    assert read_back(table, data) == [{"a": 1}, {"a": None}]
    wrong = data.replace(b"www.w3.org", b"example.org")
    with pytest.raises(wsx.errors.InvalidFormat):
        wsx.read_columns(table, wrong)


def test_attributes_and_wrappers() -> None:
    table = element({"id": Type.INT32, "name": Type.STRING, "x": Type.DOUBLE}, attributes=("id", "name"), wrapper="all")
    rows = [{"id": i, "name": "ü" * (i % 3), "x": i / 3} for i in range(100)]
    data = objects(table, rows)
    assert read_back(table, data) == rows
    assert read_back(table, data.replace(b'id="5"', b'id="&#53;"')) == rows
    assert read_back(table, objects(table, [])) == []


def test_scalars() -> None:
    values = [1.5, -0.0, 1e300, 3.0]
    batch = wsx.read_columns(scalars(Type.DOUBLE), objects(scalars(Type.DOUBLE), values, "item"), field="item")
    assert pa.array(batch).to_pylist() == values
    assert batch.to_numpy().tolist() == values
    assert wsx.write_columns(scalars(Type.DOUBLE), batch, field="item") == objects(scalars(Type.DOUBLE), values, "item")


def test_what_was_read_can_be_written() -> None:
    data = objects(TABLE, as_dicts(records(500)))
    assert wsx.write_columns(TABLE, wsx.read_columns(TABLE, data)) == data


def test_polars_takes_it() -> None:
    fields = {name: type_ for name, type_ in FIELDS.items() if name != "amount"}
    table = element(fields)
    rows = [{name: getattr(row, name) for name in fields} for row in records(100)]
    frame = pl.DataFrame(wsx.read_columns(table, objects(table, rows)))
    assert frame.shape == (100, 9)
    assert frame["label"].to_list() == [row["label"] for row in rows]


def test_numpy() -> None:
    fields = {name: type_ for name, type_ in FIELDS.items() if name != "amount"}
    table = element(fields, options=FieldOption.OPTIONAL)
    rows = [{name: getattr(row, name) for name in fields} for row in records(200)]
    made = wsx.read_columns(table, objects(table, rows)).to_numpy()
    assert type(made) is np.ndarray
    assert made["label"].tolist() == [row["label"] for row in rows]
    assert made["measure"].tolist() == [row["measure"] for row in rows]
    assert made["created"].tolist() == [row["created"].replace(tzinfo=None) for row in rows]
    assert made["key"][3].tobytes() == rows[3]["key"].bytes
    rows[7].update(created=None, id=None)
    masked = wsx.read_columns(table, objects(table, rows)).to_numpy()
    assert masked["id"].mask.tolist() == [i == 7 for i in range(200)]
    assert np.isnat(masked["created"].data).tolist() == [i == 7 for i in range(200)]
    with pytest.raises(wsx.errors.NotSupported, match="field 'amount'"):
        wsx.read_columns(TABLE, objects(TABLE, as_dicts(records(1)))).to_numpy()


def test_a_long_text_among_many_is_within_the_quota() -> None:
    table = scalars(Type.STRING)
    data = objects(table, ["x"] * 1000 + ["y" * 10_000], "item")
    batch = wsx.read_columns(table, data, field="item", quotas=wsx.Quotas(max_value_bytes=1_000_000))
    with pytest.raises(wsx.errors.QuotaExceeded, match="max_value_bytes"):
        batch.to_numpy()
    assert wsx.read_columns(table, data, field="item").to_numpy().shape == (1001,)


# --- errors ----------------------------------------------------------------------------------------------------------


def refusal(read: Any, *arguments: Any, **keywords: Any) -> Any:
    try:
        read(*arguments, **keywords)
    except wsx.errors.WsError as error:
        return type(error), error.code, error.path, error.offset, str(error)
    return None


GOOD = objects(element({"a": Type.INT32, "b": Type.STRING}), [{"a": i, "b": f"b{i}"} for i in range(40)])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<a>33</a>", b"<a>x</a>"),
        (b"<a>33</a>", b"<a>99999999999</a>"),
        (b"<a>33</a>", b"<a></a>"),
        (b"<a>33</a>", b"<a/>"),
        (b"<a>33</a>", b""),
        (b"<a>33</a>", b"<a>33</a><a>33</a>"),
        (b"<a>33</a>", b"<a>33</b>"),
        (b"<a>33</a>", b'<a c="1">33</a>'),
        (b"<a>33</a>", b"<ab>33</ab>"),
        (b"<b>b33</b>", b"<b>b33]]></b>"),
        (b"<b>b33</b>", b"<b>&nbsp;</b>"),
        (b"<b>b33</b>", b"<b>&amp</b>"),
        (b"<b>b33</b>", b"<b><c/></b>"),
        (b"<b>b33</b>", b"text"),
        (b"<b>b33</b></record>", b"<b>b33</b>"),
        (b"<b>b33</b></record>", b"<b>b33</b></record>text"),
        (b"<b>b33</b>", b"<b>b3"),
        (b"<record><a>33</a>", b'<record x="1"><a>33</a>'),
        (b"</Records>", b""),
        (b"</Records>", b"</Records><more/>"),
        (b"<b>b33</b>", b'<b i:nil="true"/>'),
        (b"<b>b33</b>", b'<b i:nil="true" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"/>'),
    ],
)
def test_errors_are_those_of_objects(old: bytes, new: bytes) -> None:
    table = element({"a": Type.INT32, "b": Type.STRING})
    data = GOOD.replace(old, new, 1)
    assert data != GOOD
    if new == b"<b>b3":
        data = data[: data.index(b"<b>b3") + 5] + b""
    found = refusal(wsx.read_columns, table, data)
    assert found is not None
    assert found == refusal(wsx.read_element, table, data)


@pytest.mark.parametrize(
    "quotas",
    [
        {"max_depth": 2},
        {"max_items": 20},
        {"max_value_bytes": 1000},
        {"max_text_length": 2},
        {"max_name_length": 6},
    ],
    ids=str,
)
def test_quotas_are_those_of_objects(quotas: dict[str, int]) -> None:
    table = element({"a": Type.INT32, "b": Type.STRING})
    limits = wsx.Quotas(**quotas)
    found = refusal(wsx.read_columns, table, GOOD, quotas=limits)
    assert found is not None
    assert found == refusal(wsx.read_element, table, GOOD, quotas=limits)


def test_the_value_quota_is_the_same_to_the_byte() -> None:
    table = element({"a": Type.INT32, "b": Type.STRING})
    low, high = 1, 1 << 20
    while low < high:
        middle = (low + high) // 2
        if refusal(wsx.read_element, table, GOOD, quotas=wsx.Quotas(max_value_bytes=middle)):
            low = middle + 1
        else:
            high = middle
    wsx.read_columns(table, GOOD, quotas=wsx.Quotas(max_value_bytes=low))
    with pytest.raises(wsx.errors.QuotaExceeded):
        wsx.read_columns(table, GOOD, quotas=wsx.Quotas(max_value_bytes=low - 1))


def test_what_has_no_column() -> None:
    with pytest.raises(wsx.errors.NotSupported, match="field 'd': DURATION"):
        wsx.read_columns(element({"d": Type.DURATION}), b"<Records/>")
    with pytest.raises(wsx.errors.InvalidArgument, match="no field 'x'"):
        wsx.read_columns(TABLE, b"<Records/>", field="x")
    with pytest.raises(wsx.errors.InvalidArgument, match="does not repeat"):
        wsx.read_columns(single(), b"<a/>", field="a")


def single() -> Any:
    from wsx.descriptions import ElementDescription, FieldDescription, StructDescription

    return ElementDescription("x", "", Type.STRUCT, StructDescription(dict, [FieldDescription("a", Type.INT32)]))


# --- types whose form depends on the values --------------------------------------------------------------------------


def column(type_: Type, *texts: str) -> pa.Array:
    items = "".join(f"<item>{text}</item>" for text in texts)
    return pa.array(
        wsx.read_columns(scalars(type_), f'<Numbers xmlns="urn:n">{items}</Numbers>'.encode(), field="item")
    )


def test_decimals_get_one_scale() -> None:
    found = column(Type.DECIMAL, "1.5", "-20", "0.125", "12345678901234567890.5", "-0.0")
    assert found.type == pa.decimal128(38, 3)
    expected = ["1.500", "-20.000", "0.125", "12345678901234567890.500", "0.000"]
    assert found.to_pylist() == [Decimal(text) for text in expected]
    with pytest.raises(wsx.errors.NumericOverflow, match="38 digits"):
        column(Type.DECIMAL, "12345678901234567890", "0." + "0" * 27 + "1")


def test_moments_get_one_unit_and_one_zone() -> None:
    assert column(Type.DATETIME, "2020-01-01T00:00:00").type == pa.timestamp("us")
    assert column(Type.DATETIME, "2020-01-01T00:00:00Z").type == pa.timestamp("us", "UTC")
    found = column(Type.DATETIME, "2020-01-01T02:00:00.1234567+02:00", "2020-01-01T00:00:00-00:30")
    assert found.type == pa.timestamp("ns", "UTC")
    assert found.cast(pa.int64()).to_pylist() == [1577836800123456700, 1577838600000000000]
    with pytest.raises(wsx.errors.NotSupported, match="with and without a time zone"):
        column(Type.DATETIME, "2020-01-01T00:00:00Z", "2020-01-01T00:00:00")
    with pytest.raises(wsx.errors.NumericOverflow, match="nanoseconds"):
        column(Type.DATETIME, "2020-01-01T00:00:00.0000001", "9000-01-01T00:00:00")
    early = column(Type.DATETIME, "0001-01-01T00:00:00", "2019-12-31T24:00:00", "9999-12-31T23:59:59.999999")
    assert early.to_pylist()[1] == datetime.datetime(2020, 1, 1)
    assert early.to_pylist()[2] == datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)


def test_spans_and_bytes() -> None:
    assert column(Type.TIMESPAN, "1.00:00:01", "-00:00:00.5").to_pylist() == [
        datetime.timedelta(days=1, seconds=1),
        datetime.timedelta(seconds=-0.5),
    ]
    assert column(Type.BYTES, "YWI=", "", " Y W I = ").to_pylist() == [b"ab", b"", b"ab"]


def test_enumerations_are_read_by_name() -> None:
    from wsx.descriptions import EnumDescription

    table = element({"c": Type.ENUM}, descriptions={"c": EnumDescription({"red": 1, "blue": 2})})
    data = b'<Records xmlns="urn:records"><record><c>red</c></record><record><c> blue</c></record></Records>'
    assert read_back(table, data) == [{"c": "red"}, {"c": "blue"}]


# --- ownership, other encodings --------------------------------------------------------------------------------------


def test_release_is_called_once_for_each_array() -> None:
    """Each array that was handed over holds the batch, until it is released."""
    batch = wsx.read_columns(TABLE, objects(TABLE, as_dicts(records(10))))
    alone = sys.getrefcount(batch)
    made = pa.table(batch)
    assert sys.getrefcount(batch) == alone + 11
    one = made["label"].chunk(0)
    del made
    gc.collect()
    assert sys.getrefcount(batch) >= alone + 1
    assert one[0].as_py() == records(1)[0].label
    del one
    gc.collect()
    assert sys.getrefcount(batch) == alone
    arrays = batch.__arrow_c_array__()
    assert sys.getrefcount(batch) == alone + 11
    others = [batch.__arrow_c_stream__(), batch.__arrow_c_schema__()]
    del arrays, others
    gc.collect()
    assert sys.getrefcount(batch) == alone


def test_arrays_outlive_the_batch() -> None:
    one = pa.table(wsx.read_columns(TABLE, objects(TABLE, as_dicts(records(10)))))["label"].chunk(0)
    gc.collect()
    assert one[9].as_py() == records(10)[9].label


def test_utf16() -> None:
    data = objects(TABLE, as_dicts(records(30)))
    assert read_back(TABLE, data.decode().encode("utf-16")) == expected(TABLE, data)


# --- any document ----------------------------------------------------------------------------------------------------

SMALL = element(
    {"a": Type.INT16, "d": Type.DOUBLE, "s": Type.STRING, "t": Type.DATETIME, "n": Type.DECIMAL, "b": Type.BYTES},
    options=FieldOption.OPTIONAL,
    attributes=("a",),
)
SMALL_NAMES = ("a", "d", "s", "t", "n", "b")
PIECES = """
<record>
</record>
<record a="1">
<record a="-32769">
<record/>
<d>1.5</d>
<d>INF</d>
<d/>
<d> 7 </d>
<d>1.</d>
<s>x</s>
<s/>
<s>a&amp;b&#33;</s>
<s>&bad;</s>
<s> ü </s>
<s><![CDATA[<]]></s>
<t>2020-02-30T00:00:00</t>
<t>2020-02-28T01:02:03.5</t>
<n>1.25</n>
<n>1e5</n>
<n>+.5</n>
<b>YWI=</b>
<b>YW</b>
<!-- c -->
<x/>
text
<?p?>
""".splitlines(keepends=True)
ROWS = st.lists(st.sampled_from(PIECES), max_size=12)


@given(
    ROWS,
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from(["", "<", ">", "&", "]]>", "0"]),
)
def test_any_document(pieces: list[str], cut: int, place: int, inserted: str) -> None:
    first = '<record a="7"><d>1</d><s>s</s></record>' * 2
    text = f'<Records xmlns="urn:records">{first}{"".join(pieces)}</record>{first}</Records>'
    if not pieces:
        text = text.replace("</record>" + first, first)
    start = len('<Records xmlns="urn:records">' + first) + place
    data = (text[:start] + inserted + text[start:][: len(text) - cut * (place % 2)]).encode()
    wanted = refusal(wsx.read_element, SMALL, data)
    found = refusal(wsx.read_columns, SMALL, data)
    assert found == wanted
    if wanted is None:
        rows = wsx.read_element(SMALL, data)["record"]
        assert pa.table(wsx.read_columns(SMALL, data)).to_pylist() == [
            {name: plain(row.get(name, None)) for name in SMALL_NAMES} for row in rows
        ]
