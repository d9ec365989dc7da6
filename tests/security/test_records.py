"""The records of wsx.security: what is possible, and that no secret is ever seen."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsx.errors import InvalidArgument, NotSupported
from wsx.security import (
    BearerCredential,
    CertCredential,
    CertFailures,
    CustomHttpProxy,
    DefaultWindowsCredential,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    Secret,
    SecurityDescription,
    TlsSettings,
    TlsVersion,
    UsernameCredential,
    WindowsCredential,
)

BASIC, DIGEST, NONE = HttpHeaderAuthScheme.BASIC, HttpHeaderAuthScheme.DIGEST, HttpHeaderAuthScheme.NONE
PROXY = HttpHeaderAuthTarget.PROXY
USER = UsernameCredential("user", "password")

# Long and odd enough to stand in no text by chance.
MARK = "x7Qz9K"
secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20).map(lambda text: MARK + text)
any_text = st.text(max_size=20).map(lambda text: MARK + text)


def texts_of(value: object) -> list[str]:
    return [repr(value), str(value), f"{value}", f"{value!s:>40}", "%s %r" % (value, value)]  # noqa: UP031


@given(secrets)
def test_no_text_shows_a_secret(secret: str) -> None:
    auth = HttpHeaderAuth(UsernameCredential("user", secret), BASIC)
    windows = HttpHeaderAuth(WindowsCredential("user", secret, "domain"), HttpHeaderAuthScheme.NEGOTIATE)
    bearer = HttpHeaderAuth(BearerCredential(MARK))
    pem = f"-----BEGIN PRIVATE KEY-----{secret}".encode()
    certificate = CertCredential(pem, pem, secret)
    description = SecurityDescription(TlsSettings(client_certificate=certificate), auth)
    for value in (
        auth,
        auth.client_credential,
        windows,
        bearer,
        certificate,
        description,
        [description],
        Secret(secret),
    ):
        assert not [text for text in texts_of(value) if MARK in text]
        with pytest.raises(TypeError, match="not pickled") as caught:
            pickle.dumps(value)
        assert MARK not in "".join(traceback.format_exception(caught.value))
    for record in (auth, windows, bearer, certificate, description):
        assert MARK not in repr(dataclasses.asdict(record))
        assert MARK not in repr(dataclasses.astuple(record))
    assert copy.deepcopy(auth) == auth == copy.copy(auth)


def reachable(error: BaseException) -> list[BaseException]:
    found = [error]
    for link in (error.__cause__, error.__context__):
        if link is not None:
            found += reachable(link)
    return found


MAKERS: list[Callable[[str], object]] = [
    lambda text: UsernameCredential("user", text + "\n"),
    lambda text: UsernameCredential("user", text + "\ud800"),
    lambda text: UsernameCredential(text + "\0", "password"),
    lambda text: UsernameCredential("user", [text]),  # type: ignore[arg-type]
    lambda text: WindowsCredential("user", text + "\n"),
    lambda text: WindowsCredential("user", "password", text + "\r"),
    lambda text: BearerCredential(text + " "),
    lambda text: BearerCredential("\udfff" + text),
    lambda text: CertCredential(text.encode("utf-8", "replace")),
    lambda text: CertCredential("-----BEGIN PRIVATE KEY-----\n" + text),
    lambda text: CertCredential("file.pem", password=text + "\0"),
    lambda text: CustomHttpProxy(f"http://user:{text}@proxy.example:3128"),
    lambda text: HttpHeaderAuth(text, BASIC),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("make", MAKERS)
@given(text=any_text)
def test_no_error_shows_a_secret(make: Callable[[str], object], text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        make(text)
    for error in reachable(caught.value):
        shown = [*texts_of(error), repr(vars(error)), repr(getattr(error, "object", ""))]
        assert not [one for one in shown if MARK in one]


def test_secrets_compare_by_value() -> None:
    assert Secret("ä") == Secret("ä".encode()) != Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"
    assert Secret("a")
    assert not Secret("")
    assert UsernameCredential("u", Secret("p")) == UsernameCredential("u", "p")
    assert Secret("ä").reveal() == b"\xc3\xa4"


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        (HttpHeaderAuthScheme, {"NONE": 1, "BASIC": 2, "DIGEST": 4, "NTLM": 8, "NEGOTIATE": 16, "PASSPORT": 32}),
        (HttpHeaderAuthTarget, {"SERVICE": 1, "PROXY": 2}),
        (
            CertFailures,
            {"CN_MISMATCH": 1, "INVALID_DATE": 2, "UNTRUSTED_ROOT": 4, "WRONG_USAGE": 8, "REVOCATION_OFFLINE": 16},
        ),
        (HttpProxySettingMode, {"AUTO": 1, "NONE": 2, "CUSTOM": 3}),
    ],
)
def test_numbers(kind: type, numbers: dict[str, int]) -> None:
    assert {name: int(member) for name, member in kind.__members__.items()} == numbers  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: HttpHeaderAuth(None), InvalidArgument),
        (lambda: HttpHeaderAuth(None, HttpHeaderAuthScheme.NTLM), InvalidArgument),
        (lambda: HttpHeaderAuth(DefaultWindowsCredential(), HttpHeaderAuthScheme.NTLM | BASIC), InvalidArgument),
        (lambda: HttpHeaderAuth(USER, HttpHeaderAuthScheme.NTLM | NONE, PROXY), InvalidArgument),
        (lambda: WindowsCredential("", "password"), InvalidArgument),
        (lambda: WindowsCredential("alice", "password", 5), InvalidArgument),  # type: ignore[arg-type]
        (lambda: HttpHeaderAuth(None, HttpHeaderAuthScheme.PASSPORT), NotSupported),
        (lambda: HttpHeaderAuth(USER, HttpHeaderAuthScheme.PASSPORT | BASIC), InvalidArgument),
        (lambda: HttpHeaderAuth(USER, NONE), InvalidArgument),
        (lambda: HttpHeaderAuth(None, BASIC), InvalidArgument),
        (lambda: HttpHeaderAuth(None, DIGEST | NONE), InvalidArgument),
        (lambda: HttpHeaderAuth(USER, HttpHeaderAuthScheme(0)), InvalidArgument),
        (lambda: HttpHeaderAuth(USER, HttpHeaderAuthScheme(64)), InvalidArgument),
        (lambda: HttpHeaderAuth(UsernameCredential("a:b", "c"), BASIC | DIGEST), InvalidArgument),
        (lambda: HttpHeaderAuth(BearerCredential("t"), BASIC), InvalidArgument),
        (lambda: HttpHeaderAuth(BearerCredential("t"), target=PROXY), NotSupported),
        (lambda: HttpHeaderAuth(USER, BASIC | DIGEST, PROXY), InvalidArgument),
        (lambda: HttpHeaderAuth(None, NONE, PROXY), InvalidArgument),
        (lambda: SecurityDescription(header_auth=(HttpHeaderAuth(USER, BASIC),) * 2), InvalidArgument),
        (lambda: SecurityDescription(header_auth=(USER,)), InvalidArgument),  # type: ignore[arg-type]
        (lambda: HttpHeaderAuth(USER, BASIC, 3), InvalidArgument),  # type: ignore[arg-type]
        (lambda: SecurityDescription(tls=USER), InvalidArgument),  # type: ignore[arg-type]
        (lambda: TlsSettings(ca_file="a", ca_data=b"-----BEGIN X"), InvalidArgument),
        (lambda: TlsSettings(ca_data=b"DER"), InvalidArgument),
        (lambda: TlsSettings(ca_file=""), InvalidArgument),
        (lambda: TlsSettings(minimum_version=0x0302), InvalidArgument),  # type: ignore[arg-type]
        (lambda: TlsSettings(cert_failures_to_ignore=0x20), InvalidArgument),  # type: ignore[arg-type]
        (lambda: TlsSettings(client_certificate=USER), InvalidArgument),  # type: ignore[arg-type]
        (lambda: ProxySettings(HttpProxySettingMode.CUSTOM), InvalidArgument),
        (lambda: ProxySettings(custom=CustomHttpProxy("a")), InvalidArgument),
        (lambda: ProxySettings(7), InvalidArgument),  # type: ignore[arg-type]
        (lambda: CustomHttpProxy(""), InvalidArgument),
        (lambda: CustomHttpProxy("a:0"), InvalidArgument),
        (lambda: CustomHttpProxy("a:65536"), InvalidArgument),
        (lambda: CustomHttpProxy("socks=http://a:1"), InvalidArgument),
        (lambda: CustomHttpProxy("socks4://a:1"), InvalidArgument),
        (lambda: TlsSettings(host_name="a b"), InvalidArgument),
        (lambda: TlsSettings(host_name="a:1"), InvalidArgument),
        (lambda: TlsSettings(host_name=""), InvalidArgument),
        (lambda: TlsSettings(host_name=5), InvalidArgument),  # type: ignore[arg-type]
        (lambda: TlsSettings(host_name="a" * 254), InvalidArgument),
        (
            lambda: TlsSettings(require_status=True, cert_failures_to_ignore=CertFailures.UNTRUSTED_ROOT),
            InvalidArgument,
        ),
        (lambda: CustomHttpProxy("a", "b/c"), InvalidArgument),
        (lambda: CustomHttpProxy("a;b"), NotSupported),
    ],
)
def test_what_is_not_possible(make: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


def test_defaults_and_conversions() -> None:
    settings = TlsSettings(minimum_version=0x0304, cert_failures_to_ignore=1)  # type: ignore[arg-type]
    assert settings.minimum_version is TlsVersion.TLS1_3
    assert settings.cert_failures_to_ignore is CertFailures.CN_MISMATCH
    assert TlsSettings() == TlsSettings(None, None, TlsVersion.TLS1_2, None, CertFailures(0), None)
    auth = HttpHeaderAuth(USER, DIGEST, PROXY)
    assert SecurityDescription(header_auth=auth).header_auth == (auth,)
    assert SecurityDescription(header_auth=auth).auth_to(PROXY) is auth
    assert SecurityDescription(header_auth=auth).auth_to(HttpHeaderAuthTarget.SERVICE) is None
    assert ProxySettings().mode is HttpProxySettingMode.NONE
    assert HttpHeaderAuth(None, NONE).scheme is NONE
    assert HttpHeaderAuth(DefaultWindowsCredential()).scheme is HttpHeaderAuthScheme.NEGOTIATE
    assert WindowsCredential("alice", "p", "EXAMPLE").login == "EXAMPLE\\alice"
    assert WindowsCredential("alice@EXAMPLE.COM", "p").login == "alice@EXAMPLE.COM"


@pytest.mark.parametrize(
    ("servers", "bypass", "url", "proxy"),
    [
        ("p", "", ("http", "host.example", 80), ("p", 80)),
        ("p:8080", "", ("https", "host.example", 443), ("p", 8080)),
        ("http://p:8080/", "", ("https", "host.example", 443), ("p", 8080)),
        ("https://p", "", ("http", "host.example", 80), ("https", "p", 443)),
        ("socks5://p", "", ("https", "host.example", 443), ("socks5", "p", 1080)),
        ("http=a:1;socks=b", "", ("https", "host.example", 443), ("socks5", "b", 1080)),
        ("http=a:1;socks=b", "", ("http", "host.example", 80), ("http", "a", 1)),
        ("[::1]:3128", "", ("http", "host.example", 80), ("::1", 3128)),
        ("http=a:1;https=b:2", "", ("http", "host.example", 80), ("a", 1)),
        ("http=a:1; https=b:2", "", ("https", "host.example", 443), ("b", 2)),
        ("https=b:2", "", ("http", "host.example", 80), None),
        ("a:1;https=b:2", "", ("http", "host.example", 80), ("a", 1)),
        ("p", "<local>", ("http", "intranet", 80), None),
        ("p", "<local>", ("http", "host.example", 80), ("p", 80)),
        ("p", "<local>", ("http", "::1", 80), ("p", 80)),
        ("p", "*.example;10.*", ("http", "host.example", 80), None),
        ("p", "*.EXAMPLE", ("http", "host.example", 80), None),
        ("p", "*.example;10.*", ("http", "10.1.2.3", 80), None),
        ("p", "example", ("http", "host.example", 80), ("p", 80)),
        ("p", "host.example:81", ("http", "host.example", 80), ("p", 80)),
        ("p", "host.example:81", ("http", "host.example", 81), None),
        ("p", "https://host.example", ("http", "host.example", 80), ("p", 80)),
        ("p", "[::1]", ("http", "::1", 80), None),
    ],
)
def test_which_proxy(servers: str, bypass: str, url: tuple[str, str, int], proxy: tuple[str | int, ...] | None) -> None:
    found = CustomHttpProxy(servers, bypass).proxy_for(*url)
    assert (found and tuple(found[-len(proxy or ()) :])) == proxy
