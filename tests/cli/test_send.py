"""``wsx send`` against the purchase-order service, over real connections."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from wsx.cli.demo_service import OrderService
from wsx.cli.main import main

ROOT = Path(__file__).parent.parent.parent
ORDERS = ROOT / "examples" / "orders.jsonl"
SUBMIT = "examples.orders:SUBMIT"
CONFIRM = "examples.orders:CONFIRM"
BATCH = 'examples.orders:Batch={"run": "00000000-0000-0000-0000-000000000001", "position": 1, "size": 1}'
SUMMARY = re.compile(r"^(\d+) rows: (\d+) sent, (\d+) failed, (\d+) not tried in ", re.M)


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def service() -> Iterator[OrderService]:
    with OrderService() as running:
        yield running


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Twenty of the example orders."""
    path = tmp_path / "orders.jsonl"
    path.write_text("".join(ORDERS.read_text("utf-8").splitlines(keepends=True)[:20]), "utf-8")
    return path


def send(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["send", *map(str, arguments)], input=stdin)


def sums(output: str) -> tuple[int, int, int]:
    """(sent, failed, not tried), after checking that they are all the rows."""
    found = SUMMARY.search(output)
    assert found is not None, output
    rows, sent, failed, not_tried = map(int, found.groups())
    assert sent + failed + not_tried == rows
    return sent, failed, not_tried


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def unused_url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/orders"


@pytest.mark.parametrize("concurrency", [1, 4])
def test_every_row_is_sent_and_every_reply_written(
    service: OrderService, orders: Path, tmp_path: Path, concurrency: int
) -> None:
    output, failed = tmp_path / "replies.jsonl", tmp_path / "failed.jsonl"
    result = send(
        SUBMIT, orders, service.url, "--header", BATCH, "--must-understand", "--reply", CONFIRM, "--output", output,
        "--failed", failed, "--concurrency", concurrency,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert sums(result.output) == (20, 0, 0)
    assert service.accepted == 20
    replies = sorted(lines(output), key=lambda line: line["row"])
    assert [line["row"] for line in replies] == list(range(1, 21))
    for line, order in zip(replies, lines(orders), strict=True):
        assert line["reply"]["number"] == order["number"]
        assert line["reply"]["lines"] == len(order["lines"])
    assert failed.read_text("utf-8") == ""


def test_a_reply_without_a_table_is_checked_and_not_read(service: OrderService, orders: Path, tmp_path: Path) -> None:
    output = tmp_path / "replies.jsonl"
    result = send(SUBMIT, orders, service.url, "--header", BATCH, "--output", output)
    assert result.exit_code == 0, result.output
    assert lines(output) == [{"row": n, "reply": None} for n in range(1, 21)]


def test_the_failed_file_is_the_input_of_a_second_run(service: OrderService, orders: Path, tmp_path: Path) -> None:
    rows = orders.read_text("utf-8").splitlines()
    rows[3] = rows[3].replace('"quantity": ', '"quantity": "x', 1).replace(', "unit_price"', '", "unit_price"', 1)
    rows[7] = "no json"
    orders.write_text("\n".join(rows), "utf-8")
    failed = tmp_path / "failed.jsonl"
    result = send(SUBMIT, orders, service.url, "--header", BATCH, "--failed", failed)
    assert result.exit_code == 1, result.output
    assert sums(result.output) == (18, 2, 0)
    assert "row 4, line 4: lines[0].quantity: a value of type INT32 wanted" in result.output
    assert [(line["row"], line["code"]) for line in lines(failed)] == [
        (4, "WS_E_INVALID_FORMAT"),
        (8, "WS_E_INVALID_FORMAT"),
    ]
    assert lines(failed)[1]["input"] == "no json"
    assert lines(failed)[0]["input"]["number"] == "PO-2026-00004"

    repaired = tmp_path / "repaired.jsonl"
    repaired.write_text(failed.read_text("utf-8").replace('"quantity": "x', '"quantity": "1', 1), "utf-8")
    again, output = tmp_path / "again.jsonl", tmp_path / "replies.jsonl"
    result = send(
        SUBMIT, repaired, service.url, "--header", BATCH, "--failed", again, "--reply", CONFIRM, "--output", output
    )
    assert result.exit_code == 1, result.output
    assert sums(result.output) == (1, 1, 0)
    assert [line["row"] for line in lines(output)] == [4]
    assert [line["row"] for line in lines(again)] == [8]


def test_a_fault_fails_its_row(service: OrderService, orders: Path, tmp_path: Path) -> None:
    failed = tmp_path / "failed.jsonl"
    result = send(SUBMIT, orders, service.url, "--failed", failed)
    assert result.exit_code == 1, result.output
    assert sums(result.output) == (0, 20, 0)
    assert all(line["code"] == "WS_E_ENDPOINT_FAULT_RECEIVED" for line in lines(failed))
    assert "more rows fail and are not shown" in result.output


def test_a_server_that_is_not_there(orders: Path, tmp_path: Path) -> None:
    failed = tmp_path / "failed.jsonl"
    result = send(SUBMIT, orders, unused_url(), "--failed", failed, "--max-failures", "3")
    assert result.exit_code == 1, result.output
    assert sums(result.output) == (0, 3, 17)
    codes = [line["code"] for line in lines(failed)]
    assert codes == ["WS_E_ENDPOINT_UNREACHABLE"] * 3 + ["WS_E_OPERATION_ABORTED"] * 17
    assert [line["row"] for line in lines(failed)] == list(range(1, 21))
    assert lines(failed)[19]["error"] == "not tried: the run was stopped"


def test_csv_and_standard_input(service: OrderService) -> None:
    table = (
        "number,ordered,priority,customer,ship_to.street,ship_to.city,ship_to.postal_code,ship_to.country,lines,note\n"
        'A-1,2026-03-02T08:15:00Z,urgent,"Zoë, Ltd",,Oslo,0150,NO,'
        '"[{""product"": ""x"", ""quantity"": 2, ""unit_price"": 1.50}]",\n'
    )
    result = send(SUBMIT, "-", service.url, "--format", "csv", "--header", BATCH, stdin=table)
    assert result.exit_code == 0, result.output
    assert sums(result.output) == (1, 0, 0)


def test_an_unknown_csv_column_sends_nothing(service: OrderService, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("number,colour\n1,red\n", "utf-8")
    result = send(SUBMIT, path, service.url)
    assert result.exit_code == 2
    assert "the column 'colour' is no field of the table" in result.output
    assert service.accepted == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["orders", "x", "http://h/"], "is not of the form module:NAME"),
        (["examples.nothing:X", "x", "http://h/"], "the module cannot be imported"),
        (["examples.orders:NOTHING", "x", "http://h/"], "examples.orders has no NOTHING"),
        (["examples.orders:Priority", "x", "http://h/"], "neither an ElementDescription nor a @wsx.struct class"),
        ([SUBMIT, "does-not-exist.jsonl", "http://h/"], "does-not-exist.jsonl"),
        ([SUBMIT, ORDERS, "http://h/", "--header", "examples.orders:Batch"], "is not of the form module:NAME=VALUE"),
        ([SUBMIT, ORDERS, "http://h/", "--header", "examples.orders:Batch={"], "the value of a structure is JSON"),
        ([SUBMIT, ORDERS, "http://h/", "--header", "examples.orders:Batch={}"], "run: required and missing"),
        ([SUBMIT, ORDERS, "http://h/", "--output", ORDERS, "--overwrite"], "--output is the same file as INPUT"),
        ([SUBMIT, ORDERS, "http://h/", "--output", "README.md"], "exists and is not empty"),
        ([SUBMIT, ORDERS, "ftp://h/"], "ftp"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(arguments: list[object], problem: str) -> None:
    result = send(*arguments)
    assert result.exit_code == 2, result.output
    assert problem in " ".join(result.output.split())


def test_files_that_hold_something_are_replaced_on_request(service: OrderService, orders: Path, tmp_path: Path) -> None:
    output = tmp_path / "replies.jsonl"
    output.write_text("old\n", "utf-8")
    result = send(SUBMIT, orders, service.url, "--header", BATCH, "--output", output, "--overwrite")
    assert result.exit_code == 0, result.output
    assert len(lines(output)) == 20


def test_csv_rows_that_fail_are_input_again(service: OrderService, tmp_path: Path) -> None:
    path, failed, again = tmp_path / "orders.csv", tmp_path / "failed.jsonl", tmp_path / "again.jsonl"
    path.write_text(
        "number,ordered,priority,customer,ship_to.street,ship_to.city,ship_to.postal_code,ship_to.country,lines\n"
        'A-1,2026-03-02,urgent,Zoë,,Oslo,0150,NO,"[{""product"": ""x"", ""quantity"": 2, ""unit_price"": 1.50}]"\n',
        "utf-8",
    )
    result = send(SUBMIT, path, service.url, "--header", BATCH, "--failed", failed)
    assert result.exit_code == 1, result.output
    assert sums(result.output) == (0, 1, 0)
    assert "row 1, line 2: ordered: a value of type DATETIME wanted, not '2026-03-02'" in result.output
    failed.write_text(failed.read_text("utf-8").replace('"2026-03-02"', '"2026-03-02T08:15:00Z"'), "utf-8")
    result = send(SUBMIT, failed, service.url, "--header", BATCH, "--failed", again)
    assert result.exit_code == 0, result.output
    assert sums(result.output) == (1, 0, 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full to write to")
@pytest.mark.parametrize("option", ["--output", "--failed"])
def test_a_file_that_cannot_be_written_ends_the_run_and_says_so(
    service: OrderService, orders: Path, option: str
) -> None:
    rows = orders.read_text("utf-8").splitlines()
    orders.write_text("\n".join([*rows[:5], "no json", *rows[5:]]), "utf-8")
    result = send(SUBMIT, orders, service.url, "--header", BATCH, option, "/dev/full")
    assert result.exit_code == 2, result.output
    assert "/dev/full: writing ended after 0 lines" in result.output
    sent, _, not_tried = sums(result.output)
    assert sent == service.accepted
    assert not_tried > 0


@pytest.mark.parametrize("arguments", [["--dry-run"], []])
def test_a_password_in_the_url_is_refused_and_never_shown(orders: Path, arguments: list[str]) -> None:
    result = send(SUBMIT, orders, "http://user:s3cret@127.0.0.1:1/", *arguments)
    assert result.exit_code == 2
    assert "user information is not allowed" in " ".join(result.output.split())
    assert "s3cret" not in result.output


class Recorder(threading.Thread):
    """Takes one HTTP request as raw bytes, and answers with an empty 202."""

    def __init__(self) -> None:
        super().__init__()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/path?x=1"
        self.request = b""

    def run(self) -> None:
        with self.listener, self.listener.accept()[0] as connection:
            connection.settimeout(10)
            asked = False
            while not self._complete():
                self.request += connection.recv(65536)
                if not asked and b"\r\nExpect: 100-continue\r\n" in self.request:
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    asked = True
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def _complete(self) -> bool:
        head, blank, body = self.request.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
        return bool(blank) and length is not None and len(body) >= int(length[1])


@pytest.mark.parametrize("options", [[], ["--soap", "1.1"], ["--soap", "1.1", "--action", "urn:other"]], ids=str)
def test_a_dry_run_prints_what_would_be_sent(orders: Path, options: list[str]) -> None:
    orders.write_text(orders.read_text("utf-8").splitlines()[0], "utf-8")
    recorder = Recorder()
    arguments = ["send", SUBMIT, str(orders), recorder.url, "--header", BATCH, "--must-understand", *options]
    dry = CliRunner().invoke(main, [*arguments, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    recorder.start()
    result = CliRunner().invoke(main, arguments)
    recorder.join()
    assert result.exit_code == 0, result.output
    message_id = re.compile(rb"urn:uuid:[0-9a-f-]{36}")
    shown, sent = dry.stdout_bytes, recorder.request
    assert message_id.sub(b"ID", shown) == message_id.sub(b"ID", sent)
    assert shown.startswith(b"POST /path?x=1 HTTP/1.1\r\n")


@pytest.mark.parametrize("more", [0, 1])
def test_a_dry_run_of_a_large_row(orders: Path, more: int) -> None:
    """Above 1 MiB libcurl asks whether it may send the body."""
    order = json.loads(orders.read_text("utf-8").splitlines()[0])
    recorder = Recorder()
    arguments = ["send", SUBMIT, str(orders), recorder.url]

    def dry_run(characters: int) -> bytes:
        orders.write_text(json.dumps({**order, "note": "x" * characters}), "utf-8")
        result = CliRunner().invoke(main, [*arguments, "--dry-run"])
        assert result.exit_code == 0, result.output
        return result.stdout_bytes

    shown = dry_run(1)
    missing = 1024 * 1024 - len(shown.partition(b"\r\n\r\n")[2])
    shown = dry_run(1 + missing + more)
    recorder.start()
    result = CliRunner().invoke(main, arguments)
    recorder.join()
    assert result.exit_code == 0, result.output
    message_id = re.compile(rb"urn:uuid:[0-9a-f-]{36}")
    same = message_id.sub(b"ID", shown) == message_id.sub(b"ID", recorder.request)
    assert same, (shown[:500], recorder.request[:500])
    assert (b"\r\nExpect: 100-continue\r\n" in shown) == bool(more)


def test_a_dry_run_names_a_row_that_does_not_fit(orders: Path) -> None:
    orders.write_text('{"number": 1}\n', "utf-8")
    result = send(SUBMIT, orders, "http://127.0.0.1:1/", "--dry-run")
    assert result.exit_code == 2
    assert "row 1, line 1: number: a value of type STRING wanted, not 1" in " ".join(result.output.split())


class SlowService(threading.Thread):
    """Answers each request with an empty 202 once it is let go on."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.arrived = threading.Semaphore(0)
        self.go_on = threading.Event()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            data = b""
            while not data.endswith(b"Envelope>"):
                received = connection.recv(65536)
                if not received:
                    return
                data += received
            self.arrived.release()
            self.go_on.wait(timeout=30)
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def slow() -> Iterator[SlowService]:
    running = SlowService()
    running.start()
    yield running
    running.go_on.set()
    running.listener.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process on Windows")
@pytest.mark.parametrize("signals", [1, 2])
def test_an_interrupted_run_accounts_for_every_row(
    slow: SlowService, orders: Path, tmp_path: Path, signals: int
) -> None:
    """One Ctrl-C finishes the rows in flight, a second one ends them; the rest is not tried, and nothing is lost."""
    failed, output = tmp_path / "failed.jsonl", tmp_path / "replies.jsonl"
    command = [
        sys.executable, "-m", "wsx.cli", "send", SUBMIT, str(orders), slow.url, "--header", BATCH,
        "--concurrency", "2", "--failed", str(failed), "--output", str(output),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert slow.arrived.acquire(timeout=30)
        assert slow.arrived.acquire(timeout=30)
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)  # two signals at once would be one
        if signals == 1:
            slow.go_on.set()
        _, text = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, text
    in_flight = (2, 0, 18) if signals == 1 else (0, 2, 18)
    assert sums(text) == in_flight, text
    assert sorted(line["row"] for line in [*lines(failed), *lines(output)]) == list(range(1, 21))
    codes = {line["code"] for line in lines(failed)}
    assert codes == {"WS_E_OPERATION_ABORTED"}
