"""Rows of JSON Lines and CSV files."""

from __future__ import annotations

import io
import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from wsx.cli.rows import Row, count_rows, detect_format, failed_line, open_rows, to_json


def read(path: Path, row_format: str | None = None, keeps: frozenset[str] = frozenset()) -> list[Row]:
    with open_rows(str(path), row_format or detect_format(path.name), keeps.__contains__) as rows:
        return list(rows)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def test_format_by_name() -> None:
    assert detect_format("a/b.CSV") == "csv"
    assert detect_format("a/b.jsonl") == "jsonl"
    assert detect_format("-") == "jsonl"


def test_json_lines_skip_blank_lines_and_count_rows(lines: Path) -> None:
    lines.write_text('\ufeff{"a": 1}\n\n  \n{"a": 2}\r\n', encoding="utf-8")
    assert read(lines) == [Row(1, 1, {"a": 1}), Row(2, 4, {"a": 2})]
    assert count_rows(str(lines), "jsonl") == 2


def test_json_numbers_keep_their_digits(lines: Path) -> None:
    lines.write_text('{"price": 19.90, "large": 9223372036854775807}\n', encoding="utf-8")
    (row,) = read(lines)
    assert str(row.data["price"]) == "19.90"
    assert isinstance(row.data["price"], Decimal)
    assert row.data["large"] == 2**63 - 1


def test_a_line_that_is_no_json_is_a_row_with_an_error(lines: Path) -> None:
    lines.write_bytes(b'{"a": 1}\n{"a": \n\xff\xfe"\n{"a": 2}\n')
    rows = read(lines)
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert [row.error is None for row in rows] == [True, False, False, True]
    assert rows[1].error is not None
    assert rows[1].error.startswith("not JSON: ")
    assert rows[1].data == '{"a":'
    assert rows[2].data == '\\xff\\xfe"'


def test_deep_nesting_is_an_error_of_the_row(lines: Path) -> None:
    lines.write_text("[" * 200_000 + "\n1\n", encoding="utf-8")
    rows = read(lines)
    assert len(rows) == 2
    assert rows[0].error is not None
    assert rows[1] == Row(2, 2, 1)


def test_failed_lines_are_input_again(lines: Path) -> None:
    first = Row(17, 20, {"name": "Zoë", "price": Decimal("1.50")})
    lines.write_text(failed_line(first, "no connection", "WS_E_ENDPOINT_UNREACHABLE") + "\n", encoding="utf-8")
    assert json.loads(lines.read_text("utf-8")) == {
        "row": 17,
        "error": "no connection",
        "code": "WS_E_ENDPOINT_UNREACHABLE",
        "input": {"name": "Zoë", "price": "1.50"},
    }
    assert read(lines) == [Row(17, 1, {"name": "Zoë", "price": "1.50"})]


def test_an_object_that_only_resembles_a_failed_line_is_a_row(lines: Path) -> None:
    data = {"row": 1, "error": "x", "code": "y", "input": {}, "more": 1}
    lines.write_text(json.dumps(data), encoding="utf-8")
    assert read(lines) == [Row(1, 1, data)]


def test_a_lone_surrogate_can_be_written() -> None:
    assert to_json({"a": "é\ud800"}) == '{"a": "\\u00e9\\ud800"}'
    assert to_json({"a": "é"}) == '{"a": "é"}'
    to_json({"a": "é\ud800"}).encode()


def test_csv_cells_become_fields(table: Path) -> None:
    table.write_text(
        "\ufeffname,address.city,address.street.number,tags,note\r\n"
        '"A, ""B""",Oslo,5,"[1, 2.50]",\nC,,,,"two\nlines"\n',
        encoding="utf-8",
    )
    assert read(table) == [
        Row(
            1,
            2,
            {"name": 'A, "B"', "address": {"city": "Oslo", "street": {"number": "5"}}, "tags": [1, Decimal("2.50")]},
        ),
        Row(2, 4, {"name": "C", "note": "two\nlines"}),
    ]
    assert count_rows(str(table), "csv") == 2


def test_an_empty_cell_is_kept_where_the_table_needs_a_text(table: Path) -> None:
    table.write_text("name,note\n,\n", encoding="utf-8")
    assert read(table, keeps=frozenset({"name"})) == [Row(1, 2, {"name": ""})]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no header line"),
        ("a,,b\n", "without a usable name"),
        ("a,b.\n", "without a usable name"),
        ("a,b,a\n", "names the column 'a' twice"),
        ('"a\n', "the header line is not CSV"),
    ],
)
def test_a_csv_header_must_be_usable(table: Path, text: str, problem: str) -> None:
    table.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=problem):
        read(table)


def test_csv_rows_with_errors_do_not_end_the_file(table: Path) -> None:
    table.write_bytes(b'a,b\n1\n1,2,3\n"x"y,2\n5,6\n')
    rows = read(table)
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert rows[0].error == "1 cells where the header line names 2"
    assert rows[0].data == {"a": "1"}
    assert rows[1].error == "3 cells where the header line names 2"
    assert rows[2].error is not None
    assert "not CSV" in rows[2].error
    assert rows[3] == Row(4, 5, {"a": "5", "b": "6"})


def test_csv_column_and_its_parts_cannot_both_have_a_value(table: Path) -> None:
    table.write_text("a,a.b\n1,2\n", encoding="utf-8")
    (row,) = read(table)
    assert row.error == "column 'a.b': 'a' has a cell of its own"


def test_bytes_that_are_no_utf8_stay_in_their_row(table: Path) -> None:
    table.write_bytes(b"a\n\xff\n")
    (row,) = read(table)
    assert row.data == {"a": "\udcff"}


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b'{"a": 1}\n'))
    monkeypatch.setattr(sys, "stdin", stream)
    with open_rows("-", "jsonl") as rows:
        assert list(rows) == [Row(1, 1, {"a": 1})]
    assert count_rows("-", "jsonl") is None
