"""``wsx demo`` and its service."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

import wsx
from wsx.cli.demo_service import OrderService, Refused, answer
from wsx.cli.demo_tables import SUBMIT_ACTION, Batch, PurchaseOrder
from wsx.cli.main import main
from wsx.cli.values import element_from_data

ROOT = Path(__file__).parent.parent.parent
ORDERS = ROOT / "examples" / "orders.jsonl"


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.jsonl"
    path.write_text("".join(ORDERS.read_text("utf-8").splitlines(keepends=True)[:20]), "utf-8")
    return path


@pytest.mark.parametrize("concurrency", [1, 3])
def test_every_order_is_confirmed(orders: Path, concurrency: int) -> None:
    result = CliRunner().invoke(main, ["demo", "--orders", str(orders), "--concurrency", str(concurrency)])
    assert result.exit_code == 0, result.output
    assert "20 orders sent, 20 confirmed" in result.output
    assert re.search(r"[\d,]+ orders per second", result.output)
    if concurrency == 1:
        assert "PO-2026-00001" in result.output


@pytest.mark.parametrize("installed", [False, True])
def test_all_orders_of_the_examples(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there are no examples: then the same orders are made."""
    if installed:
        monkeypatch.setattr("wsx.cli.demo._ORDERS", Path("nothing"))
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 0, result.output
    assert "1000 orders sent, 1000 confirmed for 7,983,930.81, 0 failed" in result.output


def test_an_order_that_fails_is_counted(orders: Path) -> None:
    text = orders.read_text("utf-8")
    orders.write_text(
        text + '{"number": "bad"}\n' + text.splitlines()[0].replace('"quantity": ', '"quantity": -'), "utf-8"
    )
    result = CliRunner().invoke(main, ["demo", "--orders", str(orders)])
    assert result.exit_code == 1
    assert "22 orders sent, 20 confirmed" in result.output
    assert "2 failed" in result.output
    assert "row 21, line 21: ordered: required and missing" in result.output
    assert "order PO-2026-00001 is empty" in result.output


def test_orders_that_are_not_there() -> None:
    result = CliRunner().invoke(main, ["demo", "--orders", "nothing.jsonl"])
    assert result.exit_code == 2
    assert "nothing.jsonl" in result.output


def envelope(*, header: Batch | None, action: str = SUBMIT_ACTION) -> bytes:
    order = element_from_data(
        wsx.element_of(PurchaseOrder),
        {
            "number": "A", "ordered": "2026-03-02T08:15:00Z", "priority": "normal", "customer": "x",
            "ship_to": {"street": "", "city": "", "postal_code": "", "country": ""},
            "lines": [{"product": "x", "quantity": 1, "unit_price": "1.5"}],
        },
    )  # fmt: skip
    message = wsx.Message()
    message.initialize()
    message.set_header(wsx.HeaderType.ACTION, action)
    if header is not None:
        message.add_custom_header(Batch, header, attributes=wsx.HeaderAttribute.MUST_UNDERSTAND)
    message.write_envelope_start()
    message.write_body(PurchaseOrder, order)
    return message.write_envelope_end()


RUN = wsx.read_element(wsx.ElementDescription("v", "", wsx.Type.GUID), b"<v>00000000-0000-0000-0000-000000000001</v>")


def test_the_service_demands_the_header() -> None:
    assert b"Confirmation" in answer(envelope(header=Batch(run=RUN, position=1, size=1)))
    with pytest.raises(wsx.WsError, match="Batch"):
        answer(envelope(header=None))
    with pytest.raises(Refused, match="counts 2 of 1"):
        answer(envelope(header=Batch(run=RUN, position=2, size=1)))
    with pytest.raises(Refused, match="the action is not"):
        answer(envelope(header=Batch(run=RUN, position=1, size=1), action="urn:other"))


@pytest.mark.parametrize(("path", "headers", "status"), [("/", {}, 404), ("/orders", {"Content-Length": "x"}, 400)])
def test_the_service_refuses_other_requests(path: str, headers: dict[str, str], status: int) -> None:
    with OrderService() as service:
        connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
        connection.request("POST", path, headers=headers)
        assert connection.getresponse().status == status
        connection.close()


def test_the_port_is_taken() -> None:
    with OrderService() as service:
        port = str(urlsplit(service.url).port)
        result = CliRunner().invoke(main, ["demo", "--serve", "--port", port])
    assert result.exit_code == 1
    assert f"cannot listen on port {port}" in result.output


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process on Windows")
def test_serve_answers_until_interrupted(orders: Path) -> None:
    command = [sys.executable, "-m", "wsx.cli", "demo", "--serve"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        batch = f'examples.orders:Batch={{"run": "{RUN}", "position": 1, "size": 1}}'
        send = [sys.executable, "-m", "wsx.cli", "send", "examples.orders:SUBMIT", str(orders), url, "--header", batch]
        done = subprocess.run(send, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        process.send_signal(signal.SIGINT)
        _, text = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert text == "20 orders confirmed\n"


def test_the_command_says_what_is_missing() -> None:
    program = "import sys; sys.modules['click'] = None; from wsx.cli import run; run()"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "wsx: the command needs the package click: pip install 'wsx[cli]'\n"
