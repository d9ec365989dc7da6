"""docs/from-zeep.md: what zeep does and what wsx does instead are the same to a service."""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wsx.testing import Call, FakeService

ROOT = Path(__file__).parents[2]
WSDL = ROOT / "tests" / "interop" / "php" / "orders.wsdl"
PAGE = (ROOT / "docs" / "from-zeep.md").read_text("utf-8")
SECTION = re.compile(r"^## (\d+\. .*?)\n(.*?)(?=^## |\Z)", re.M | re.S)
BLOCK = re.compile(r"^```py\n# (zeep|wsx)\n(.*?)^```$", re.M | re.S)
PAIRS = {title: dict(BLOCK.findall(text)) for title, text in SECTION.findall(PAGE)}


@pytest.fixture(scope="module")
def service() -> FakeService:
    made = FakeService(WSDL)

    @made.operation
    def submitOrder(customer: str, line: list[Any]) -> dict[str, Any]:
        pieces = sum(one.quantity for one in line)
        return {"customer": customer, "lines": len(line), "pieces": pieces, "products": [one.product for one in line]}

    @made.operation
    def whoAmI(soap_headers: dict[str, Any]) -> dict[str, Any]:
        return {"token": soap_headers["session"].token, "step": soap_headers["session"].step, "raw": ""}

    made.returns("refuse", made.faults["RefusalFault"]("refused", detail={"reason": "closed", "limit": 3}))
    return made


@pytest.fixture(scope="module")
def folder(service: FakeService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Where orders.wsdl has the address of the service."""
    made = tmp_path_factory.mktemp("zeep")
    with service.serve() as url:
        text = WSDL.read_text("utf-8")
        assert 'location="http://127.0.0.1/"' in text
        (made / "orders.wsdl").write_text(text.replace("http://127.0.0.1/", url), "utf-8")
        yield made, url


def test_there_are_ten_pairs() -> None:
    assert len(PAIRS) == 10
    assert all(set(pair) == {"zeep", "wsx"} for pair in PAIRS.values())
    assert PAGE.count("```py\n") == 20


def test_all_pairs_set_a_result_of_their_own() -> None:
    assert all(block.count("result = ") == 1 for pair in PAIRS.values() for block in pair.values())


@pytest.mark.parametrize("title", PAIRS)
def test_both_do_the_same(
    title: str, service: FakeService, folder: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder[0])
    results, calls = [], []
    for who in ("zeep", "wsx"):
        service.calls.clear()
        names: dict[str, Any] = {"ADDRESS": folder[1]}
        with warnings.catch_warnings():
            if who == "zeep":
                warnings.simplefilter("ignore")  # its own, and connections that it leaves open
            exec(compile(PAIRS[title][who], f"{title} ({who})", "exec"), names)  # noqa: S102 - our own page
            results.append(names["result"])
            if who == "wsx" and "client" in names:
                names["client"].close()
            names.clear()
            gc.collect()
        calls.append(sorted(map(seen, service.calls), key=repr))
    assert results[0] == results[1]
    assert results[0] not in (None, [], {})
    assert calls[0] == calls[1]
    assert calls[0] or "without sending" in title


def seen(call: Call) -> tuple[Any, ...]:
    """What a service sees of a call."""
    lines = {name.lower(): value for name, value in call.http.headers}
    return call.operation, call.request, dict(call.headers), lines.get(b"authorization"), lines[b"soapaction"]
