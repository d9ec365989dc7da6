"""NTLM and Negotiate over both transports, before pyspnego's acceptor inside a server or a plain proxy."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.auth_server import PASSWORD, USER, WINDOWS_USER, AuthServer, windows_users
from tests.support.certificates import Zoo
from tests.support.http_calls import HEADERS, LIMITS, Calls, request
from wsx.errors import ErrorCode, NotSupported
from wsx.security import (
    CustomHttpProxy,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    SecurityDescription,
    TlsSettings,
    UsernameCredential,
    WindowsCredential,
)
from wsx.transport import HttpUrl, TransportError, status_error
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport
from wsx.transport.handshake import endpoint_binding

BASIC, DIGEST, NONE = HttpHeaderAuthScheme.BASIC, HttpHeaderAuthScheme.DIGEST, HttpHeaderAuthScheme.NONE
NTLM, NEGOTIATE = HttpHeaderAuthScheme.NTLM, HttpHeaderAuthScheme.NEGOTIATE
PROXY = HttpHeaderAuthTarget.PROXY
SCHEMES = {"ntlm": NTLM, "negotiate": NEGOTIATE}
DOMAIN, NAME, WORD = WINDOWS_USER
RIGHT = WindowsCredential(NAME, WORD, DOMAIN)
WRONG = WindowsCredential(NAME, "x7Qz9K-wrong", DOMAIN)


@pytest.fixture(autouse=True)
def users() -> Iterator[None]:
    with windows_users():
        yield


def secured(
    scheme: HttpHeaderAuthScheme | None,
    credential: WindowsCredential | UsernameCredential = RIGHT,
    target: HttpHeaderAuthTarget = HttpHeaderAuthTarget.SERVICE,
    tls: TlsSettings | None = None,
) -> SecurityDescription:
    return SecurityDescription(tls, HttpHeaderAuth(credential, scheme, target))


def through(server: AuthServer) -> ProxySettings:
    return ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(HttpUrl.parse(server.url).authority))


@pytest.mark.parametrize("by_proxy", [False, True], ids=["server", "proxy"])
@pytest.mark.parametrize("name", ["ntlm", "negotiate"])
def test_a_connection_comes_to_know_who_asks(calls: Calls, name: str, *, by_proxy: bool) -> None:
    with AuthServer(name, proxy=by_proxy) as server:
        url = "http://endpoint.invalid/x" if by_proxy else server.url
        settings = {"proxy": through(server)} if by_proxy else {}
        target = PROXY if by_proxy else HttpHeaderAuthTarget.SERVICE
        answers = calls(
            [request(url, b"<a/>"), request(url, b"<b/>")], security=secured(SCHEMES[name], target=target), **settings
        )
    assert [(head.status, body) for head, body in answers] == [(200, b"<a/>"), (200, b"<b/>")]
    # The first leg takes no body along, the second request no credentials, and all go over one connection.
    assert server.bodies == [b"", b"<a/>", b"<b/>"]
    assert [seen.credentials is not None for seen in server.seen] == [True, True, False]
    assert len({seen.connection for seen in server.seen}) == 1


def test_the_default_scheme_is_negotiate(calls: Calls) -> None:
    with AuthServer("ntlm", "negotiate") as server:
        named = UsernameCredential(f"{DOMAIN}\\{NAME}", WORD)
        assert calls([request(server.url)], security=secured(None, named))[0][0].status == 200
    assert (server.seen[-1].credentials or "").startswith("Negotiate ")


@pytest.mark.parametrize(
    ("offered", "used", "seen"),
    [
        (("ntlm", "negotiate", "basic"), "Negotiate", 3),
        (("basic", "ntlm"), "NTLM", 3),
        (("basic", "digest"), "Digest", 3),
        (("basic",), "Basic", 2),
        ((), None, 2),
    ],
)
def test_of_several_schemes_the_first_common_one(
    calls: Calls, offered: tuple[str, ...], used: str | None, seen: int
) -> None:
    # The user whom each scheme knows is another one.
    credential = RIGHT if not offered or used in ("Negotiate", "NTLM") else UsernameCredential(USER, PASSWORD)
    with AuthServer(*offered) as server:
        security = secured(NEGOTIATE | NTLM | DIGEST | BASIC, credential)
        answers = calls([request(server.url, b"<a/>"), request(server.url, b"<b/>")], security=security)
    assert [body for _, body in answers] == [b"<a/>", b"<b/>"]
    assert (server.seen[0].body, server.seen[0].credentials) == (b"", None)
    assert server.bodies.count(b"<a/>") == server.bodies.count(b"<b/>") == 1
    last = next(one.credentials for one in server.seen if one.body == b"<a/>")
    assert (last or "").split(" ")[0] == (used or "")


@pytest.mark.parametrize("by_proxy", [False, True], ids=["server", "proxy"])
@pytest.mark.parametrize("name", ["ntlm", "negotiate"])
def test_refused(calls: Calls, name: str, *, by_proxy: bool) -> None:
    with AuthServer(name, proxy=by_proxy) as server:
        url = "http://endpoint.invalid/x" if by_proxy else server.url
        settings = {"proxy": through(server)} if by_proxy else {}
        target = PROXY if by_proxy else HttpHeaderAuthTarget.SERVICE
        head, _ = calls([request(url)], security=secured(SCHEMES[name], WRONG, target), **settings)[0]
    wanted = ErrorCode.WS_E_PROXY_ACCESS_DENIED if by_proxy else ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
    assert status_error(head).code is wanted
    assert len(server.seen) == 2


@pytest.mark.parametrize("name", ["ntlm", "negotiate"])
def test_a_closed_connection_is_authenticated_anew(calls: Calls, name: str) -> None:
    with AuthServer(name) as server:
        server.close_after = 1
        answers = calls([request(server.url, b"<a/>"), request(server.url, b"<b/>")], security=secured(SCHEMES[name]))
    assert [body for _, body in answers] == [b"<a/>", b"<b/>"]
    assert server.bodies == [b"", b"<a/>", b"", b"<b/>"]
    assert len({seen.connection for seen in server.seen}) == 2


@pytest.mark.parametrize("name", ["ntlm", "negotiate"])
def test_a_server_that_wants_to_hear_it_each_time(calls: Calls, name: str) -> None:
    with AuthServer(name, each_time=True) as server:
        requests = [request(server.url, b"<%d/>" % number) for number in range(3)]
        answers = calls(requests, security=secured(SCHEMES[name]))
    assert [body for _, body in answers] == [b"<0/>", b"<1/>", b"<2/>"]


@pytest.mark.parametrize("name", ["ntlm", "negotiate"])
def test_a_connection_that_ends_between_the_legs(calls: Calls, name: str) -> None:
    with AuthServer(name) as server:
        server.close_after = 0
        with pytest.raises(TransportError) as caught:
            calls([request(server.url, b"<a/>")], security=secured(SCHEMES[name]))
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_ENDPOINT_DISCONNECTED, False)
    assert server.bodies == [b""]


@pytest.mark.parametrize("drop_from", [0, 1, 2])
def test_a_leg_that_dies_unanswered_is_not_sent_again(calls: Calls, drop_from: int) -> None:
    with AuthServer("ntlm") as server:
        server.drop_from = drop_from
        with pytest.raises(TransportError) as caught:
            calls([request(server.url, b"<a/>"), request(server.url, b"<b/>")], security=secured(NTLM))
    assert caught.value.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
    assert server.bodies == [b"", b"<a/>", b"<b/>"][: drop_from + 1]


def test_a_server_that_wants_no_authentication(calls: Calls) -> None:
    with AuthServer() as server:
        assert calls([request(server.url, b"<a/>")], security=secured(NTLM))[0][1] == b"<a/>"
    assert server.bodies == [b"", b"<a/>"]


def test_a_request_without_body_is_sent_as_a_whole(calls: Calls) -> None:
    with AuthServer("ntlm") as server:
        assert calls([request(server.url, b"")], security=secured(NTLM))[0][0].status == 200
    assert len(server.seen) == 2


@pytest.mark.parametrize("name", ["ntlm", "negotiate"])
def test_the_channel_binding_names_the_certificate(calls: Calls, zoo: Zoo, name: str) -> None:
    bindings = endpoint_binding(Path(zoo.path("good")).read_bytes())
    for bound, status in ((bindings, 200), (bindings + b"!", 401)):
        with AuthServer(name, tls=zoo.server("good"), bindings=bound) as server:
            security = secured(SCHEMES[name], tls=TlsSettings(ca_file=zoo.ca_file))
            answers = calls([request(server.url, b"<a/>")], security=security)
            assert answers[0][0].status == status
            assert server.bodies.count(b"<a/>") == 1
            assert len({seen.connection for seen in server.seen}) == 1


def test_connections_are_not_shared(zoo: Zoo) -> None:
    async def run() -> list[int]:
        transports = [CurlAsyncTransport(security=security) for security in (secured(NTLM), None, secured(NTLM))]
        statuses = []
        for transport in transports:
            head, _ = await transport.call(request(server.url), LIMITS)
            statuses.append(head.status)
        for transport in transports:
            await transport.close()
        return statuses

    with AuthServer("ntlm") as server:
        assert asyncio.run(run()) == [200, 401, 200]
    assert len({seen.connection for seen in server.seen}) == 3


def test_what_is_refused(calls: Calls) -> None:
    headers = (*HEADERS, (b"authorization", b"NTLM eDp5"))
    with AuthServer("ntlm") as server, pytest.raises(TransportError) as caught:
        calls([request(server.url, headers=headers)], security=secured(NTLM))
    assert (caught.value.code, caught.value.sent, server.seen) == (ErrorCode.E_INVALIDARG, False, [])
    both = SecurityDescription(header_auth=(HttpHeaderAuth(RIGHT, NTLM), HttpHeaderAuth(RIGHT, NTLM, PROXY)))
    with AuthServer("ntlm", proxy=True) as server, pytest.raises(TransportError, match="one connection") as caught:
        calls([request("http://endpoint.invalid/")], security=both, proxy=through(server))
    assert (caught.value.code, server.seen) == (ErrorCode.WS_E_NOT_SUPPORTED, [])


def test_without_pyspnego(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spnego", None)
    with pytest.raises(NotSupported, match=r"pip install 'wsx\[ntlm\]'"):
        CurlTransport(security=secured(NTLM))


def test_no_text_or_log_shows_the_password(calls: Calls, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    with AuthServer("ntlm") as server:
        security = secured(NTLM, WRONG)
        head, _ = calls([request(server.url)], security=security)[0]
        shown += [repr(head), str(status_error(head)), repr(status_error(head)), repr(security)]
    with AuthServer("ntlm") as server:
        server.close_after = 0
        with pytest.raises(TransportError) as caught:
            calls([request(server.url)], security=security)
    shown += traceback.format_exception(caught.value)
    shown += [repr(vars(caught.value))]
    assert not [text for text in (*shown, caplog.text) if "x7Qz9K" in text]
    # What the client says can be tried against lists of passwords: only the acceptor of this test has logged it.
    assert "step input" in caplog.text
    told = [(seen.credentials or "").split(" ")[-1] for seen in server.seen]
    assert not [token for token in told if f"step output: {token}" in caplog.text]
