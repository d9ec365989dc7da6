"""Both transports over libcurl before servers and proxies that want to know who asks."""

from __future__ import annotations

import traceback

import pytest

from tests.support.auth_server import PASSWORD, TOKEN, USER, AuthServer
from tests.support.fault_server import FaultServer
from tests.support.http_calls import HEADERS, LIMITS, Calls, request
from wsx.errors import ErrorCode
from wsx.security import (
    BearerCredential,
    CustomHttpProxy,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    SecurityDescription,
    TlsSettings,
    UsernameCredential,
)
from wsx.transport import HttpUrl, TransportError, status_error
from wsx.transport.curl import CurlTransport

BASIC, DIGEST, NONE = HttpHeaderAuthScheme.BASIC, HttpHeaderAuthScheme.DIGEST, HttpHeaderAuthScheme.NONE
RIGHT = UsernameCredential(USER, PASSWORD)
WRONG = UsernameCredential(USER, "wr0ng-Secret")
DENIED = ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
PROXY_DENIED = ErrorCode.WS_E_PROXY_ACCESS_DENIED


def secured(
    credential: UsernameCredential | BearerCredential,
    scheme: HttpHeaderAuthScheme | None = None,
    target: HttpHeaderAuthTarget = HttpHeaderAuthTarget.SERVICE,
) -> SecurityDescription:
    return SecurityDescription(header_auth=HttpHeaderAuth(credential, scheme, target))


def through(server: AuthServer | FaultServer) -> ProxySettings:
    url = HttpUrl.parse(server.url if isinstance(server, AuthServer) else server.url())
    return ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"{url.host}:{url.port}"))


def test_basic_goes_with_the_first_request(calls: Calls) -> None:
    with AuthServer("basic") as server:
        answers = calls([request(server.url, b"<a/>"), request(server.url, b"<b/>")], security=secured(RIGHT, BASIC))
    assert [(head.status, body) for head, body in answers] == [(200, b"<a/>"), (200, b"<b/>")]
    assert server.bodies == [b"<a/>", b"<b/>"]
    assert len({seen.connection for seen in server.seen}) == 1


def test_a_bearer_token(calls: Calls) -> None:
    with AuthServer("bearer") as server:
        answers = calls([request(server.url, b"<a/>")], security=secured(BearerCredential(TOKEN)))
    assert (answers[0][0].status, server.seen[0].credentials) == (200, f"Bearer {TOKEN}")


def test_digest_begins_without_body_and_then_goes_on_with_the_nonce(calls: Calls) -> None:
    with AuthServer("digest") as server:
        answers = calls([request(server.url, b"<a/>"), request(server.url, b"<b/>")], security=secured(RIGHT, DIGEST))
    assert [(head.status, body) for head, body in answers] == [(200, b"<a/>"), (200, b"<b/>")]
    assert server.bodies == [b"", b"<a/>", b"<b/>"]
    assert server.seen[0].credentials is None


@pytest.mark.parametrize("offered", [("basic",), ("digest",), ("basic", "digest"), ("ntlm", "basic")])
def test_of_several_schemes_the_first_common_one_is_used(calls: Calls, offered: tuple[str, ...]) -> None:
    with AuthServer(*offered) as server:
        answers = calls([request(server.url, b"<a/>")], security=secured(RIGHT, BASIC | DIGEST))
    assert answers[0] == (answers[0][0], b"<a/>")
    assert server.seen[0].credentials is None
    used = (server.seen[-1].credentials or "").split(" ")[0].lower()
    assert used == ("digest" if "digest" in offered else "basic")
    assert len(server.seen) == 2


def test_none_beside_a_scheme_waits_for_the_offer(calls: Calls) -> None:
    security = secured(RIGHT, BASIC | NONE)
    with AuthServer() as server:
        assert calls([request(server.url, b"<a/>")], security=security)[0][1] == b"<a/>"
        assert [seen.credentials for seen in server.seen] == [None] * len(server.seen)
    with AuthServer("basic") as server:
        assert calls([request(server.url, b"<a/>")], security=security)[0][1] == b"<a/>"
        assert server.seen[0].credentials is None


REQUIRED = {
    name: (
        ErrorCode[f"WS_E_SERVER_REQUIRES_{name.upper()}_AUTH"],
        ErrorCode[f"WS_E_PROXY_REQUIRES_{name.upper()}_AUTH"],
    )
    for name in ("basic", "digest", "ntlm", "negotiate")
}


@pytest.mark.parametrize("by_proxy", [False, True], ids=["server", "proxy"])
@pytest.mark.parametrize(
    ("credential", "scheme", "offered", "required"),
    [
        (WRONG, BASIC, ("basic",), None),
        (WRONG, DIGEST, ("digest",), None),
        (WRONG, BASIC, ("digest", "basic"), None),
        (RIGHT, BASIC, ("digest",), "digest"),
        (RIGHT, DIGEST, ("basic",), "basic"),
        (RIGHT, BASIC, ("ntlm",), "ntlm"),
        (RIGHT, DIGEST, ("basic", "ntlm", "negotiate"), "negotiate"),
        (None, None, ("basic",), "basic"),
        (None, None, ("digest", "basic"), "digest"),
    ],
)
def test_refused_credentials_and_schemes_not_offered(
    calls: Calls,
    credential: UsernameCredential | None,
    scheme: HttpHeaderAuthScheme | None,
    offered: tuple[str, ...],
    required: str | None,
    *,
    by_proxy: bool,
) -> None:
    target = HttpHeaderAuthTarget.PROXY if by_proxy else HttpHeaderAuthTarget.SERVICE
    security = None if credential is None else secured(credential, scheme, target)
    with AuthServer(*offered, proxy=by_proxy) as server:
        url = "http://endpoint.invalid/" if by_proxy else server.url
        head, _ = calls([request(url)], security=security, proxy=through(server) if by_proxy else None)[0]
    assert head.status == (407 if by_proxy else 401)
    denied = PROXY_DENIED if by_proxy else DENIED
    assert status_error(head).code is (denied if required is None else REQUIRED[required][by_proxy])
    if required is not None and scheme is not BASIC:
        assert not any(seen.credentials for seen in server.seen)


@pytest.mark.parametrize(
    ("token", "offered", "code"),
    [
        ("other", ("bearer",), DENIED),
        (TOKEN, ("basic",), ErrorCode.WS_E_SERVER_REQUIRES_BASIC_AUTH),
    ],
)
def test_a_refused_token(calls: Calls, token: str, offered: tuple[str, ...], code: ErrorCode) -> None:
    with AuthServer(*offered) as server:
        head, _ = calls([request(server.url)], security=secured(BearerCredential(token)))[0]
    assert status_error(head).code is code


@pytest.mark.parametrize("scheme", [BASIC, DIGEST])
def test_a_proxy_is_shown_the_proxys_credentials_alone(calls: Calls, scheme: HttpHeaderAuthScheme) -> None:
    security = secured(RIGHT, scheme, HttpHeaderAuthTarget.PROXY)
    name = scheme.name or ""
    with AuthServer(name.lower(), proxy=True) as server:
        answer = calls([request("http://endpoint.invalid/x", b"<a/>")], security=security, proxy=through(server))[0]
        assert answer == (answer[0], b"<a/>")
        assert server.seen[-1].target == "http://endpoint.invalid/x"
    with AuthServer("basic", proxy=False) as server:
        # The endpoint that wants the same does not get them.
        head, _ = calls([request(server.url)], security=security)[0]
        assert status_error(head).code is ErrorCode.WS_E_SERVER_REQUIRES_BASIC_AUTH
        assert server.seen[0].credentials is None


@pytest.mark.parametrize("drop_from", [0, 1])
def test_a_leg_that_dies_unanswered_is_not_sent_again(calls: Calls, drop_from: int) -> None:
    with AuthServer("digest") as server:
        server.drop_from = drop_from
        with pytest.raises(TransportError) as caught:
            calls([request(server.url, b"<a/>")], security=secured(RIGHT, DIGEST))
    assert caught.value.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
    assert server.bodies == [b"", b"<a/>"][: drop_from + 1]


def test_a_large_body_after_the_challenge(calls: Calls) -> None:
    body = bytes(3 << 20)
    with AuthServer("digest") as server:
        assert calls([request(server.url, body)], security=secured(RIGHT, DIGEST))[0][1] == body
    assert [len(one) for one in server.bodies] == [0, len(body)]


def test_credentials_are_in_no_text(calls: Calls) -> None:
    marked = UsernameCredential("user", "x7Qz9K-secret")
    security = secured(marked, BASIC)
    with AuthServer("basic") as server:
        sync = CurlTransport(security=security)
        one = request(server.url)
        head, _ = sync.call(one, LIMITS)
        shown = [repr(sync), repr(head), repr(status_error(head)), str(status_error(head)), repr(one)]
        shown.append(one.to_bytes().decode())
        sync.close()
    with FaultServer() as broken, pytest.raises(TransportError) as caught:
        calls([request(broken.url("/cut-head"))], security=security)
    shown += traceback.format_exception(caught.value)
    for text in shown:
        assert "x7Qz9K" not in text
        assert "eDdRejlL" not in text  # the base64 form of it


def test_an_authorization_line_of_the_request_is_refused(calls: Calls) -> None:
    headers = (*HEADERS, (b"authorization", b"Basic eDp5"))
    with AuthServer("basic") as server:
        with pytest.raises(TransportError) as caught:
            calls([request(server.url, headers=headers)], security=secured(RIGHT, BASIC))
        assert caught.value.code is ErrorCode.E_INVALIDARG
        assert calls([request(server.url, headers=headers)])[0][0].status == 401
    assert len(server.seen) == 1


def test_tls_is_demanded(calls: Calls) -> None:
    with AuthServer() as server:
        with pytest.raises(TransportError) as caught:
            calls([request(server.url)], security=SecurityDescription(TlsSettings()))
        assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_INVALID_ENDPOINT_URL, False)
        assert server.seen == []


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


AUTO = ProxySettings(HttpProxySettingMode.AUTO)


def test_a_proxy_of_the_environment(calls: Calls, variables: pytest.MonkeyPatch) -> None:
    with AuthServer(proxy=True) as server:
        variables.setenv("http_proxy", server.url.replace("/service?x=1", ""))
        assert calls([request("http://endpoint.invalid/", b"<a/>")], proxy=AUTO)[0][1] == b"<a/>"
        for direct in (None, ProxySettings()):
            with pytest.raises(TransportError) as caught:
                calls([request("http://endpoint.invalid/")], proxy=direct)
            assert caught.value.code is ErrorCode.WS_E_ENDPOINT_NOT_FOUND
        variables.setenv("no_proxy", "127.0.0.1")
        with AuthServer() as endpoint:
            assert calls([request(endpoint.url, b"<b/>")], proxy=AUTO)[0][1] == b"<b/>"
            assert len(endpoint.seen) == 1


def test_the_environment_does_not_switch_a_proxy_off(calls: Calls, variables: pytest.MonkeyPatch) -> None:
    variables.setenv("no_proxy", "*")
    with AuthServer(proxy=True) as server:
        assert calls([request("http://endpoint.invalid/", b"<a/>")], proxy=through(server))[0][1] == b"<a/>"


def test_credentials_in_the_environment(calls: Calls, variables: pytest.MonkeyPatch) -> None:
    with AuthServer("basic", proxy=True) as server:
        address = HttpUrl.parse(server.url).authority
        variables.setenv("all_proxy", f"{'%C3%BCrsula'}:geheim%3A%20%C3%9F@{address}")
        assert calls([request("http://endpoint.invalid/", b"<a/>")], proxy=AUTO)[0][1] == b"<a/>"
        variables.setenv("all_proxy", f"http://user:wrong@{address}/")
        head, _ = calls([request("http://endpoint.invalid/")], proxy=AUTO)[0]
        assert status_error(head).code is PROXY_DENIED


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("socks4://u:x7Qz9K@proxy.example", ErrorCode.WS_E_NOT_SUPPORTED),
        ("http://u:x7Qz9K@bad host:1", ErrorCode.E_INVALIDARG),
        ("http://u:x7Qz9K%0A@proxy.example:1", ErrorCode.E_INVALIDARG),
        ("http://u:x7Qz9K/@proxy.example:99999", ErrorCode.E_INVALIDARG),
    ],
)
def test_an_environment_that_cannot_be_used(
    calls: Calls, variables: pytest.MonkeyPatch, text: str, code: ErrorCode
) -> None:
    variables.setenv("http_proxy", text)
    with pytest.raises(TransportError) as caught:
        calls([request("http://endpoint.invalid/")], proxy=AUTO)
    assert (caught.value.code, caught.value.sent) == (code, False)
    assert "x7Qz9K" not in "".join(traceback.format_exception(caught.value))


def test_the_proxy_of_each_url(calls: Calls) -> None:
    with AuthServer(proxy=True) as proxy, AuthServer() as endpoint:
        settings = through(proxy)
        assert settings.custom is not None
        some = ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(settings.custom.servers, "127.*;<local>"))
        both = [request("http://endpoint.invalid/", b"<a/>"), request(endpoint.url, b"<b/>")]
        assert [body for _, body in calls([*both, both[0]], proxy=some)] == [b"<a/>", b"<b/>", b"<a/>"]
    assert (len(proxy.seen), len(endpoint.seen)) == (2, 1)
