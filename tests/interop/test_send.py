"""`wsx send` with 1,000 rows to PHP's SoapServer: a custom header on each message, and some rows that are bad."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.interop.php_service import php_service

pytestmark = pytest.mark.interop

ROOT = Path(__file__).parents[2]
TABLES = "tests.interop.send_tables"
ROWS = 1000
BAD = range(50, ROWS, 100)  # rows, from 1 on, whose quantity is not one


def order(row: int) -> dict[str, Any]:
    quantity: object = row
    if row in BAD:
        quantity = 2**31 if row % 200 == 50 else "many"
    return {
        "customer": f"Zoë & Söhne {row}",
        "lines": [
            {"product": f"part {row}", "quantity": quantity, "unit_price": "1.25"},
            {"product": "<glue>", "quantity": 2, "unit_price": "11.90"},
        ],
    }


def send(source: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    header = f'{TABLES}:Session={{"token": "t-1", "step": 7}}'
    command = [sys.executable, "-m", "wsx.cli", "send", f"{TABLES}:SUBMIT", str(source), url, "--header", header]
    command += ["--soap", "1.1", "--addressing", "transport", "--reply", f"{TABLES}:REPLY", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_thousand_rows_with_some_bad_ones(tmp_path: Path) -> None:
    source, replies, failed = tmp_path / "orders.jsonl", tmp_path / "replies.jsonl", tmp_path / "failed.jsonl"
    source.write_text("".join(json.dumps(order(row)) + "\n" for row in range(1, ROWS + 1)), encoding="utf-8")
    with php_service(tmp_path) as url:
        first = send(source, url, "--output", str(replies), "--failed", str(failed), "--concurrency", "2")
        assert first.returncode == 1, first.stderr
        assert f"{ROWS} rows: {ROWS - len(BAD)} sent, {len(BAD)} failed, 0 not tried" in first.stderr + first.stdout
        answers = {line["row"]: line["reply"] for line in lines_of(replies)}
        assert sorted(answers) == [row for row in range(1, ROWS + 1) if row not in BAD]
        assert all(reply["pieces"] == row + 2 and reply["lines"] == 2 for row, reply in answers.items())
        assert all(reply["customer"] == f"Zoë & Söhne {row}" for row, reply in answers.items())
        refused = lines_of(failed)
        assert sorted(line["row"] for line in refused) == list(BAD)
        assert all("quantity" in line["error"] for line in refused)
        assert [line["input"] for line in refused] == [order(line["row"]) for line in refused]

        for line in refused:  # the user repairs what failed, and sends just that
            line["input"]["lines"][0]["quantity"] = line["row"]
        failed.write_text("".join(json.dumps(line) + "\n" for line in refused), encoding="utf-8")
        again = tmp_path / "again.jsonl"
        second = send(failed, url, "--output", str(again))
        assert second.returncode == 0, second.stderr
        assert [line["reply"]["pieces"] for line in lines_of(again)] == [row + 2 for row in BAD]
