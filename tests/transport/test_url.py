"""HttpUrl: the parts of good URLs, and why others are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsx.errors import ErrorCode, InvalidEndpointUrl
from wsx.transport import HttpUrl


@pytest.mark.parametrize(
    ("text", "host", "port", "target", "authority"),
    [
        ("http://example.org", "example.org", 80, "/", "example.org"),
        ("https://example.org/", "example.org", 443, "/", "example.org"),
        ("http://example.org:80/a", "example.org", 80, "/a", "example.org"),
        ("https://example.org:80/a", "example.org", 80, "/a", "example.org:80"),
        ("http://example.org:/a", "example.org", 80, "/a", "example.org"),
        ("http://example.org:00080/", "example.org", 80, "/", "example.org"),
        ("HTTP://EXAMPLE.org:8080/A?b=C", "example.org", 8080, "/A?b=C", "example.org:8080"),
        ("http://example.org.", "example.org.", 80, "/", "example.org."),
        ("http://a_b.example.org/", "a_b.example.org", 80, "/", "a_b.example.org"),
        ("http://x?q", "x", 80, "/?q", "x"),
        ("http://x/?", "x", 80, "/?", "x"),
        ("http://x/a/../b/./c", "x", 80, "/a/../b/./c", "x"),
        ("http://x/a%20b;c=d?e=f&g=h/?", "x", 80, "/a%20b;c=d?e=f&g=h/?", "x"),
        ("http://x/é|{}", "x", 80, "/%C3%A9%7C%7B%7D", "x"),
        ("http://bücher.example/", "xn--bcher-kva.example", 80, "/", "xn--bcher-kva.example"),
        ("http://127.0.0.1:1/", "127.0.0.1", 1, "/", "127.0.0.1:1"),
        ("http://[::1]:8080/x", "::1", 8080, "/x", "[::1]:8080"),
        ("https://[2001:DB8:0:0::1]/x", "2001:db8::1", 443, "/x", "[2001:db8::1]"),
        ("http://[fe80::1%25eth0]/x", "fe80::1%eth0", 80, "/x", "[fe80::1]"),
    ],
)
def test_parts(text: str, host: str, port: int, target: str, authority: str) -> None:
    url = HttpUrl.parse(text)
    assert (url.host, url.port, url.target, url.authority) == (host, port, target, authority)
    assert HttpUrl.parse(str(url)) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no scheme"),
        ("example.org/x", "no scheme"),
        ("//example.org/x", "no scheme"),
        ("ftp://example.org/", "scheme ftp"),
        ("net.tcp://example.org/", "scheme net.tcp"),
        ("soap.udp://example.org/", "scheme soap.udp"),
        ("http:example.org", "no //"),
        ("http:/example.org", "no //"),
        ("http://", "no host"),
        ("http:///x", "no host"),
        ("http://:80/x", "no host"),
        ("http://?x", "no host"),
        ("http://ex ample.org/", "' '"),
        ("http://example.org/a b", "' '"),
        (" http://example.org/", "' '"),
        ("http://example.org/\r\nX: y", r"'\\r'"),
        ("http://example.org/\t", r"'\\t'"),
        ("http://example.org/\0", r"'\\x00'"),
        ("http://example.org/\x7f", r"'\\x7f'"),
        ("http://example.org\\x", r"'\\\\'"),
        ("http://example.org:port/", "port is not a number"),
        ("http://example.org:８０/", "port is not a number"),
        ("http://example.org:-1/", "port is not a number"),
        ("http://example.org:0/", "port is not in"),
        ("http://example.org:65536/", "port is not in"),
        ("http://example.org:" + "9" * 5000 + "/", "port is not in"),
        ("http://a:b:80/", "brackets"),
        ("http://::1/", "brackets"),
        ("http://[::1/", "IPv6"),
        ("http://[::g]/", "IPv6"),
        ("http://[]/", "IPv6"),
        ("http://[1.2.3.4]/", "IPv6"),
        ("http://[::1]x/", "IPv6"),
        ("http://[fe80::1%eth0]/", "IPv6"),
        ("http://[fe80::1%25]/", "zone"),
        ("http://1.2.3.400/", "IPv4"),
        ("http://127.1/", "IPv4"),
        ("http://2130706433/", "IPv4"),
        ("http://0x7f.0.0.0x1/", "IPv4"),
        ("http://-a.example/", "valid name"),
        ("http://a..b/", "valid name"),
        ("http://a%2fb/", "valid name"),
        ("http://" + "a" * 64 + ".example/", "valid name"),
        ("http://" + "a." * 130 + "example/", "valid name"),
        ("http://x/%zz", "hexadecimal"),
        ("http://x/%2", "hexadecimal"),
        ("http://x/a#b", "fragment"),
        ("http://x/a#", "fragment"),
        ("http://user:secret@x/", "user information"),
        ("http://secret@x/", "user information"),
        ("http://x/\ud800", "surrogate"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidEndpointUrl, match=reason) as caught:
        HttpUrl.parse(text)
    assert caught.value.code is ErrorCode.WS_E_INVALID_ENDPOINT_URL
    assert "secret" not in str(caught.value)
    str(caught.value).encode("utf-8")


def test_user_information_is_hidden_whatever_else_is_wrong() -> None:
    for text in ("ftp://user:secret@x/", "http://user:secret@x:y z/", "http://user:secret@x/#f", "http:user:secret@x"):
        with pytest.raises(InvalidEndpointUrl) as caught:
            HttpUrl.parse(text)
        assert "secret" not in str(caught.value)
        assert "secret" not in repr(caught.value)


def test_only_text_is_a_url() -> None:
    with pytest.raises(InvalidEndpointUrl, match="bytes"):
        HttpUrl.parse(b"http://x/")  # type: ignore[arg-type]


@given(st.text(alphabet=st.sampled_from(list("htps:/[]@?#%.\\ -_xé1290\t\r\n")), max_size=30).map("http://".__add__))
def test_a_url_or_one_error(text: str) -> None:
    try:
        url = HttpUrl.parse(text)
    except InvalidEndpointUrl:
        return
    assert str(url).isascii()
    assert not set(" \t\r\n\0") & set(str(url))
    assert HttpUrl.parse(str(url)) == url
