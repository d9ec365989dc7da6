"""The conformance table, played against the transports of wsx, and what it says of transports that are wrong."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest

from wsx.errors import ErrorCode
from wsx.testing import Setup, conformance, transport_conformance
from wsx.testing.certificates import Zoo, make_zoo
from wsx.testing.conformance import TransportFactory, play_row
from wsx.testing.conformance_rows import ROWS
from wsx.transport import Capability, HttpHead, HttpRequest, Limits, Phase, TransportError
from wsx.transport.aiohttp_transport import AiohttpTransport
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport
from wsx.transport.urllib3_transport import Urllib3Transport


def curl(setup: Setup) -> CurlTransport:
    return CurlTransport(ca_file=setup.ca_file, proxy=setup.proxy, security=setup.security)


def curl_async(setup: Setup) -> CurlAsyncTransport:
    return CurlAsyncTransport(ca_file=setup.ca_file, proxy=setup.proxy, security=setup.security)


def over_urllib3(setup: Setup) -> Urllib3Transport:
    return Urllib3Transport(ca_file=setup.ca_file, proxy=setup.proxy, security=setup.security)


def over_aiohttp(setup: Setup) -> AiohttpTransport:
    return AiohttpTransport(ca_file=setup.ca_file, proxy=setup.proxy, security=setup.security)


NO_TLS_PROXY = {"tls-proxy": "proxies that are spoken to over TLS are refused"}
NO_CLOSE_NOTIFY = "ssl takes the end of the connection for the end of the body"
URLLIB3_CANNOT = {
    **NO_TLS_PROXY,
    "cut-head": "http.client takes a head that ends too early for a whole one",
    "tls-cut-open": NO_CLOSE_NOTIFY,
    "bad-header": "http.client leaves out what it cannot read",
    "bad-chunk": "http.client says the same of a chunk that is cut",
    **{
        f"connect-407-{name}": "http.client throws away what the proxy offers"
        for name in ("basic", "digest", "ntlm", "negotiate")
    },
}
AIOHTTP_CANNOT = {**NO_TLS_PROXY, "tls-cut-open": NO_CLOSE_NOTIFY}
ADAPTERS: dict[str, tuple[TransportFactory, dict[str, str]]] = {
    "curl": (curl, {}),
    "curl_async": (curl_async, {}),
    "urllib3": (over_urllib3, URLLIB3_CANNOT),
    "aiohttp": (over_aiohttp, AIOHTTP_CANNOT),
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return make_zoo(tmp_path_factory.mktemp("certificates"))


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_row(adapter: str, row: str, zoo: Zoo) -> None:
    factory, cannot = ADAPTERS[adapter]
    result = play_row(ROWS[row], factory, zoo, cannot.get(row))
    assert result.ok, str(result)


def test_the_table() -> None:
    """The conditions of the study of transports, each once."""
    assert len(ROWS) == 83
    assert len({row.condition for row in ROWS.values()}) == 83


def test_a_report() -> None:
    def direct(setup: Setup) -> CurlTransport:
        return CurlTransport(ca_file=setup.ca_file, security=setup.security)

    report = transport_conformance(direct, cannot={"tls-proxy": "no proxies"}, rows=["404", "closed", "tls-proxy"])
    assert report.ok
    report.check()
    assert str(report) == (
        "ok       404: HTTP 404\n"
        "ok       closed: closed before the answer\n"
        "declared tls-proxy: TLS proxy with an untrusted certificate (no proxies)\n"
        "2 of 3 rows met, 1 declared, 0 not as declared"
    )


def test_a_declared_row_that_passes_is_reported() -> None:
    report = transport_conformance(curl, cannot={"404": "no reason"}, rows=["404"])
    assert not report.ok
    assert "PASSES, though it is declared 404: HTTP 404 (no reason)" in str(report)
    with pytest.raises(AssertionError, match="PASSES"):
        report.check()


def test_a_declared_row_that_does_not_exist_is_reported() -> None:
    report = transport_conformance(curl, cannot={"nothing": "no reason"}, rows=["404"])
    assert not report.ok
    with pytest.raises(AssertionError, match="not in the table: nothing"):
        report.check()


def test_a_row_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        transport_conformance(curl, rows=["nothing"])


class Wrapped:
    """A transport that is wrong in one way."""

    capabilities = Capability(0)

    def __init__(self, setup: Setup) -> None:
        self.inner = curl(setup)

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        return self.inner.call(request, limits)

    def abort(self) -> None:
        self.inner.abort()

    def close(self) -> None:
        self.inner.close()


class SendsTwice(Wrapped):
    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        try:
            return super().call(request, limits)
        except TransportError:
            return super().call(request, limits)


class RaisesItsOwn(Wrapped):
    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        try:
            return super().call(request, limits)
        except TransportError as error:
            raise ConnectionError("the library's own") from error


class MapsWrongly(Wrapped):
    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        try:
            return super().call(request, limits)
        except TransportError as error:
            raise TransportError("lost", code=ErrorCode.WS_E_OTHER, phase=Phase.WAIT) from error


class DiesOfIt(Wrapped):
    """After a failure it is of no use any more."""

    failed = False

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        if self.failed:
            raise TransportError("broken", code=ErrorCode.WS_E_OTHER, phase=Phase.WAIT)
        self.failed = True
        return super().call(request, limits)


class Hangs(Wrapped):
    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        return super().call(request, Limits(None, None, None, None, None))


class HangsAsync(CurlAsyncTransport):
    async def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        await asyncio.sleep(3600)
        return await super().call(request, limits)


@pytest.mark.parametrize(
    ("factory", "row", "problem"),
    [
        (SendsTwice, "closed", "the server has read 2 requests, 1 were to be sent"),
        (RaisesItsOwn, "closed", "it raises ConnectionError: the library's own"),
        (MapsWrongly, "closed", "it should be WS_E_ENDPOINT_DISCONNECTED, and is WS_E_OTHER (lost)"),
        (DiesOfIt, "closed", "a call that nothing stands in the way of ends with WS_E_OTHER"),
        (Hangs, "stall", "the call still runs after 0.5 s"),
        (lambda _: HangsAsync(), "stall", "the call still runs after 0.5 s"),
    ],
)
def test_wrong_transports(
    monkeypatch: pytest.MonkeyPatch, factory: Callable[[Setup], Wrapped], row: str, problem: str
) -> None:
    monkeypatch.setattr(conformance, "_PATIENCE", 0.5)
    report = transport_conformance(factory, rows=[row])
    assert not report.ok
    assert report.results[0].problem == problem
    with pytest.raises(AssertionError, match="not as declared"):
        report.check()
    # What is declared is taken as it is.
    assert transport_conformance(factory, rows=[row], cannot={row: "known"}).ok


def test_the_fault_server_needs_no_certificates() -> None:
    code = "import sys; from wsx.testing import FaultServer; FaultServer; print('cryptography' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "False\n"
