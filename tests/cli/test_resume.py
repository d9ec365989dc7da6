"""``wsx send --resume``: what was sent and acknowledged is not sent again, however an earlier run ended."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wsx.cli.journal import Journal, JournalProblem, trim_last_line
from wsx.cli.main import main

ROOT = Path(__file__).parent.parent.parent
SUBMIT = "examples.orders:SUBMIT"
ROWS = 60
_NUMBER = re.compile(rb"PO-[0-9-]+")


class CountingService:
    """Counts what it gets by order number; holds back all that comes from request ``hold_from`` on, unanswered."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.hold_from: int | None = None
        self.refuse: set[str] = set()
        self.holding = threading.Semaphore(0)
        self.go_on = threading.Event()
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                found = _NUMBER.search(body)
                assert found is not None
                number = found[0].decode()
                if service.count(number):
                    service.holding.release()
                    service.go_on.wait(30)
                    self.close_connection = True
                    return
                self.send_response(500 if number in service.refuse else 202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is logged."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/orders"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def count(self, number: str) -> bool:
        """Whether this one is held back."""
        with self._lock:
            self.seen[number] += 1
            return self.hold_from is not None and self.seen.total() > self.hold_from

    def end(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def service() -> Iterator[CountingService]:
    running = CountingService()
    yield running
    running.end()


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.jsonl"
    lines = (ROOT / "examples" / "orders.jsonl").read_text("utf-8").splitlines(keepends=True)[:ROWS]
    path.write_text("".join(lines), "utf-8")
    return path


def send(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["send", *map(str, arguments)])


def rows_of(path: Path) -> list[int]:
    return [json.loads(line)["row"] for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("with_output", [True, False])
def test_killed_in_the_middle(
    service: CountingService, orders: Path, tmp_path: Path, concurrency: int, *, with_output: bool
) -> None:
    output, failed = tmp_path / "replies.jsonl", tmp_path / "failed.jsonl"
    arguments = [SUBMIT, str(orders), service.url, "--failed", str(failed), "--concurrency", str(concurrency)]
    arguments += ["--resume", *(["--output", str(output)] if with_output else [])]
    service.hold_from = 20
    process = subprocess.Popen(
        [sys.executable, "-m", "wsx.cli", "send", *arguments], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    for _ in range(concurrency):
        assert service.holding.acquire(timeout=30)
    process.kill()
    process.wait()
    service.go_on.set()
    service.hold_from = None
    before = service.seen.copy()

    result = send(*arguments)
    assert result.exit_code == 1, result.output
    assert service.seen.total() == ROWS
    assert set(service.seen.values()) == {1}
    in_doubt = rows_of(failed)
    # Those in flight, and perhaps some whose answers the killed run had and had not written down yet.
    assert concurrency <= len(in_doubt) <= len(before)
    if with_output:
        assert sorted([*in_doubt, *rows_of(output)]) == list(range(1, ROWS + 1))
    assert "was killed while this row was under way" in " ".join(result.output.split())

    again = send(*arguments)
    assert again.exit_code == 0, again.output
    assert f"{ROWS} rows were done by earlier runs" in again.output
    assert service.seen.total() == ROWS


def test_rows_that_were_not_tried_are_sent_by_the_next_run(
    service: CountingService, orders: Path, tmp_path: Path
) -> None:
    failed = tmp_path / "failed.jsonl"
    numbers = [json.loads(line)["number"] for line in orders.read_text("utf-8").splitlines()]
    service.refuse = {numbers[4], numbers[9]}
    arguments = [SUBMIT, orders, service.url, "--failed", failed, "--resume", "--max-failures", 1]
    first = send(*arguments)
    assert first.exit_code == 1, first.output
    assert f"{ROWS} rows: 4 sent, 1 failed, {ROWS - 5} not tried" in first.output
    assert "run the same command again" in first.output
    assert rows_of(failed) == [5]
    second = send(*arguments)
    assert f"{ROWS - 5} rows: 4 sent, 1 failed, {ROWS - 10} not tried" in second.output
    third = send(*arguments)
    assert third.exit_code == 0, third.output
    assert f"{ROWS - 10} rows: {ROWS - 10} sent, 0 failed, 0 not tried" in third.output
    assert rows_of(failed) == [5, 10]
    assert set(service.seen.values()) == {1}
    assert len(service.seen) == ROWS


def test_an_answer_that_is_in_the_report_was_an_answer(service: CountingService, orders: Path, tmp_path: Path) -> None:
    """The killed run had written the reply, not the record; of another row it had written a part of the reply."""
    output = tmp_path / "replies.jsonl"
    arguments = [SUBMIT, orders, service.url, "--output", output, "--resume", "--max-failures", 1]
    service.refuse = {json.loads(orders.read_text("utf-8").splitlines()[2])["number"]}
    assert send(*arguments).exit_code == 1
    journal = Path(f"{output}.journal")
    kept = journal.read_bytes()
    assert sorted(kept.splitlines()[1:]) == [b"= 1", b"= 2", b"= 3", b"> 1", b"> 2", b"> 3"]
    journal.write_bytes(kept.replace(b"= 2\n", b"").replace(b"= 3\n", b"") + b"> 4\n> 5")
    with output.open("a", encoding="utf-8") as file:
        file.write('{"row": 4, "reply": nu')
    result = send(*arguments)
    assert "row 3, line 3: an earlier run was killed" in " ".join(result.output.split())
    assert "row 2, line 2" not in result.output
    assert rows_of(output) == [1, 2, *range(5, ROWS + 1)]
    assert set(service.seen.values()) == {1}


@pytest.mark.parametrize(
    ("options", "change", "text"),
    [
        (["--action", "urn:other"], False, "another --action;"),
        (["--soap", "1.1"], False, "another --soap;"),
        ([], True, "another INPUT;"),
        (["--overwrite"], False, "--overwrite would replace"),
    ],
)
def test_another_run(
    service: CountingService, orders: Path, tmp_path: Path, options: list[str], text: str, *, change: bool
) -> None:
    arguments = [SUBMIT, orders, service.url, "--output", tmp_path / "replies.jsonl", "--resume"]
    assert send(*arguments).exit_code == 0
    if change:
        orders.write_text(orders.read_text("utf-8")[:-1], "utf-8")
    result = send(*arguments, *options)
    assert result.exit_code == 2
    assert text in " ".join(result.output.split())
    assert service.seen.total() == ROWS


def test_what_cannot_be_a_journal(service: CountingService, orders: Path, tmp_path: Path) -> None:
    assert "needs INPUT in a file" in " ".join(send(SUBMIT, "-", service.url, "--resume").output.split())
    Path(f"{orders}.journal").write_text("something else\n", "utf-8")
    assert "is not a journal of wsx send" in " ".join(send(SUBMIT, orders, service.url, "--resume").output.split())
    assert not service.seen
    path = tmp_path / "used.journal"
    held = Journal(path, {})
    with pytest.raises(JournalProblem, match="in use"):
        Journal(path, {})
    held.close()
    Journal(path, {}).close()


def test_without_resume_nothing_is_recorded(service: CountingService, orders: Path, tmp_path: Path) -> None:
    assert send(SUBMIT, orders, service.url, "--output", tmp_path / "replies.jsonl").exit_code == 0
    assert not list(tmp_path.glob("*.journal"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40), st.integers(0, 3))
def test_the_last_line_is_whole(tmp_path: Path, text: bytes, blocks: int) -> None:
    path = tmp_path / "lines"
    text = text.replace(b"x", b"\n") + b"y" * (blocks << 16)
    path.write_bytes(text)
    trim_last_line(path)
    assert path.read_bytes() == text[: text.rfind(b"\n") + 1]
