"""The examples, and every Python block of the README and the documentation, run as they stand."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import KEY_PASSWORD, Zoo, make_zoo
from tests.support.relays import Relay
from wsx.cli.demo_orders import demo_orders
from wsx.cli.demo_service import OrderService

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ADDRESS = "http://127.0.0.1:8080/orders"  # what the texts call the service


def blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, found in enumerate(re.finditer(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S), 1):
            yield f"{page.name}-{number}", found[1]


BLOCKS = dict(blocks())


@pytest.fixture
def service() -> Iterator[OrderService]:
    with OrderService() as running:
        yield running


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 7


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_of_the_documentation_runs(name: str, service: OrderService, tmp_path: Path) -> None:
    program = tmp_path / "block.py"
    program.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{BLOCKS[name].replace(ADDRESS, service.url)}", "utf-8"
    )
    run(str(program))
    assert (ADDRESS in BLOCKS[name]) == (service.accepted > 0)


def test_orders() -> None:
    assert 'number="PO-1"' in run("-m", "examples.orders")


def test_streaming() -> None:
    output = run("-m", "examples.streaming", "5000")
    assert output.startswith("5,000 records up in ")
    assert "the warmest 21.5 °C\npeak memory " in output


def test_tables() -> None:
    assert "<tag>8 mm</tag>" in run("-m", "examples.tables")


def test_purchase_order() -> None:
    output = run("-m", "examples.purchase_order")
    assert "positions       STRUCT Position[]  as position, 1 or more items" in output
    assert '<buyer xml:lang="fr">' in output
    assert "0 is outside the range from 1 up to 10000" in output


def test_parquet_to_soap() -> None:
    output = run("-m", "examples.parquet_to_soap", "3000", "700")
    assert output.startswith("5 messages, ")
    assert "\n3000 rows of " in output
    assert "attic 0" in output


def test_read_in_pieces() -> None:
    assert run("-m", "examples.read_in_pieces") == "s99 has the highest of 100,000 readings: 24999.75\n"


def test_choice_and_any() -> None:
    output = run("-m", "examples.choice_and_any")
    assert "<events><opened><door>7</door></opened><measured>" in output
    assert "door 1 was opened {XmlQName(local_name='site', ns='urn:vendor'): 'north'}" in output
    assert "<feet>30</feet>" in output


def test_derived_types() -> None:
    output = run("-m", "examples.derived_types")
    assert '<shape a:type="RectangleType" xmlns:a="http://www.w3.org/2001/XMLSchema-instance">' in output
    assert "RoundedRectangle frame: 1199.1" in output
    assert "Shape is an abstract type" in output
    assert "Triangle: a plan for its base Shape was made already" in output


def test_send_with_header(service: OrderService) -> None:
    output = run("-m", "examples.send_with_header", service.url)
    assert "47.8" in output
    assert "Batch" in output
    assert "[WS_E_ENDPOINT_FAULT_RECEIVED]" in output
    assert service.accepted == 1


def test_blank_message(service: OrderService) -> None:
    output = run("-m", "examples.blank_message", service.url)
    assert '<Remark xmlns="urn:example:remarks">call before delivery</Remark>' in output
    assert "\nX-Trace: 0af7651916cd43dd\n" in output
    assert output.endswith("PO-7: 24\n")
    assert service.accepted == 1


def test_async_calls(service: OrderService) -> None:
    assert run("-m", "examples.async_calls", service.url) == "40 orders confirmed, 196.80 in all\n"
    assert service.accepted == 40


def test_shared_connections(service: OrderService) -> None:
    assert re.fullmatch(
        r"40 orders over [12] connections, \d+ bytes received\n",
        run("-m", "examples.shared_connections", service.url),
    )
    assert service.accepted == 40


def test_fake_service() -> None:
    assert run("-m", "examples.fake_service") == "2 orders for 15.6, and no network\n"


def test_from_wsdl(service: OrderService) -> None:
    output = run("-m", "examples.from_wsdl", service.url)
    assert "PO-7: 2 lines for 7.8" in output
    assert "without the header: the message has no header" in output
    assert service.accepted == 1


class TlsOrderService(OrderService):
    """The service over TLS, for clients with a certificate of the zoo's root when it is ``mutual``."""

    def __init__(self, zoo: Zoo, *, mutual: bool) -> None:
        super().__init__()
        context = zoo.server("good")
        if mutual:
            context.load_verify_locations(zoo.ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
        # A handshake that fails has its own thread then, not that which accepts.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        return super().url.replace("http:", "https:")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return make_zoo(tmp_path_factory.mktemp("certificates"))


def test_tls_client_certificate(zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = tmp_path / "client.pem"
    certificate = Path(zoo.path("client")).read_text("ascii")
    start = certificate.index("-----BEGIN CERTIFICATE")
    both.write_text(Path(zoo.encrypted_key).read_text("ascii") + certificate[start:], "ascii")
    monkeypatch.setenv("WSX_KEY_PASSWORD", KEY_PASSWORD)
    with TlsOrderService(zoo, mutual=True) as service:
        output = run("-m", "examples.tls_client_certificate", service.url, zoo.ca_file, str(both))
        assert "total=Decimal('0.24')" in output
        assert re.search(r"^refused: (EndpointAccessDenied|EndpointDisconnected)$", output, re.M)
        assert service.accepted == 1


@pytest.mark.parametrize("kind", ["connect", "connect-tls", "socks5"])
def test_through_a_proxy(zoo: Zoo, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("WSX_PROXY_PASSWORD", "sesame")
    name, _, tls = kind.partition("-")
    relay = Relay(name, tls=zoo.server("good") if tls else None, user=("alice", "sesame"))
    with TlsOrderService(zoo, mutual=False) as service, relay:
        proxy = f"{'https://' if tls else 'socks5://' if name == 'socks5' else ''}127.0.0.1:{relay.port}"
        output = run("-m", "examples.through_a_proxy", service.url, proxy, "alice", zoo.ca_file)
        assert "total=Decimal('0.24')" in output
        code = "WS_E_PROXY_REQUIRES_BASIC_AUTH" if name == "connect" else "WS_E_PROXY_FAILURE"
        assert f"refused: {code}\n" in output
        assert service.accepted == 1


def test_the_readme_leads_to_every_example() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert [path.name for path in (ROOT / "examples").glob("*.py") if f"](examples/{path.name})" not in text] == []


def test_the_orders_are_what_the_tool_makes() -> None:
    made = [json.dumps(order, ensure_ascii=False) for order in demo_orders()]
    assert made == (ROOT / "examples" / "orders.jsonl").read_text("utf-8").splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
