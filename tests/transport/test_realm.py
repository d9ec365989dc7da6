"""Negotiate and NTLM before servers that are not ours: an Apache in a Kerberos realm, and squid."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.certificates import Zoo
from tests.support.fault_server import FaultServer
from tests.support.http_calls import Calls, request
from tests.support.realm import DOMAIN, NAME, PASSWORD, REALM, Realm, realm
from tests.support.squid import squid
from wsx.errors import ErrorCode
from wsx.security import (
    CustomHttpProxy,
    DefaultWindowsCredential,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    SecurityDescription,
    WindowsCredential,
)
from wsx.transport import status_error

pytestmark = pytest.mark.interop

NTLM, NEGOTIATE = HttpHeaderAuthScheme.NTLM, HttpHeaderAuthScheme.NEGOTIATE
ALICE = WindowsCredential(NAME, PASSWORD, DOMAIN)
WRONG = WindowsCredential(NAME, "wrong", DOMAIN)
WHOLE = str(len(b"<request/>"))


@pytest.fixture(scope="module")
def running(zoo: Zoo) -> Iterator[Realm]:
    with realm(zoo.path("good")) as made:
        yield made


@pytest.fixture
def tickets(running: Realm, monkeypatch: pytest.MonkeyPatch) -> Realm:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    return running


def secured(
    credential: WindowsCredential | DefaultWindowsCredential,
    scheme: HttpHeaderAuthScheme,
    target: HttpHeaderAuthTarget = HttpHeaderAuthTarget.SERVICE,
) -> SecurityDescription:
    return SecurityDescription(header_auth=HttpHeaderAuth(credential, scheme, target))


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("bound", [False, True], ids=["each-request", "connection"])
def test_the_tickets_of_this_process(calls: Calls, tickets: Realm, zoo: Zoo, *, tls: bool, bound: bool) -> None:
    url = tickets.address(tls=tls, bound=bound)
    with tickets.counting() as served:
        security = secured(DefaultWindowsCredential(), NEGOTIATE)
        answers = calls([request(url)] * 2, security=security, ca_file=zoo.ca_file)
    assert [(head.status, body) for head, body in answers] == [(200, b"served")] * 2
    # Kerberos needs no leg before the one with the body.
    assert [(status, user, length) for _, status, user, length in served] == [("200", f"{NAME}@{REALM}", WHOLE)] * 2
    assert [number for number, *_ in served] == ["0", "1"]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("scheme", [NTLM, NEGOTIATE])
def test_ntlm_of_gss_ntlmssp(
    calls: Calls, tickets: Realm, zoo: Zoo, scheme: HttpHeaderAuthScheme, *, tls: bool
) -> None:
    url = tickets.address(tls=tls, bound=True)
    with tickets.counting() as served:
        answers = calls([request(url)] * 2, security=secured(ALICE, scheme), ca_file=zoo.ca_file)
    assert [(head.status, body) for head, body in answers] == [(200, b"served")] * 2
    assert [number for number, *_ in served] == [str(number) for number in range(len(served))]
    legs = 3 if tls and scheme is NEGOTIATE else 2
    assert [(status, length) for _, status, _, length in served] == [("401", "0")] * (legs - 1) + [("200", WHOLE)] * 2
    assert all(NAME in user for _, status, user, _ in served if status == "200")


@pytest.mark.parametrize("scheme", [NTLM, NEGOTIATE])
def test_a_wrong_password(calls: Calls, tickets: Realm, zoo: Zoo, scheme: HttpHeaderAuthScheme) -> None:
    url = tickets.address(tls=False, bound=True)
    head, _ = calls([request(url)], security=secured(WRONG, scheme), ca_file=zoo.ca_file)[0]
    assert status_error(head).code is ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED


def test_no_tickets_and_no_settings(
    calls: Calls, tickets: Realm, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = tickets.address(tls=False, bound=False)
    head, _ = calls([request(url)])[0]
    assert status_error(head).code is ErrorCode.WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path_factory.mktemp('no-tickets')}/none")
    with tickets.counting() as served:
        head, _ = calls([request(url)], security=secured(DefaultWindowsCredential(), NEGOTIATE))[0]
    assert status_error(head).code is ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
    assert {status for _, status, *_ in served} == {"401"}


def test_ntlm_of_squid(calls: Calls) -> None:
    with squid("ntlm") as (port, log), FaultServer() as server:
        proxy = ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"127.0.0.1:{port}"))
        security = secured(ALICE, NTLM, HttpHeaderAuthTarget.PROXY)
        answers = calls([request(server.url())] * 2, proxy=proxy, security=security)
        assert [head.status for head, _ in answers] == [200, 200]
        assert [seen.body for seen in server.requests] == [b"<request/>"] * 2
        assert not any(seen.values(b"proxy-authorization") for seen in server.requests)
        head, _ = calls([request(server.url())], proxy=proxy)[0]
        assert status_error(head).code is ErrorCode.WS_E_PROXY_REQUIRES_NTLM_AUTH
        # One leg without a body before both requests, and the call that shows nothing; squid logs them a little later.
        wanted = ["TCP_DENIED/407", *["TCP_MISS/200"] * 2, "TCP_DENIED/407"]
        for _ in range(250):
            lines = [line.split() for line in log.read_text("utf-8").splitlines() if str(server.port) in line]
            if len(lines) == len(wanted):
                break
            time.sleep(0.02)
        assert [line[3] for line in lines] == wanted


def test_a_tunnel_by_ntlm_of_squid(calls: Calls, zoo: Zoo) -> None:
    with squid("ntlm") as (port, _), FaultServer(zoo.server("good")) as server:
        proxy = ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"127.0.0.1:{port}"))
        security = secured(ALICE, NTLM, HttpHeaderAuthTarget.PROXY)
        answers = calls([request(server.url())] * 2, proxy=proxy, security=security, ca_file=zoo.ca_file)
        assert [head.status for head, _ in answers] == [200, 200]
        assert [seen.body for seen in server.requests] == [b"<request/>"] * 2
        assert len({head.connection for head, _ in answers}) == 1
