"""Session cookies: kept by the channel or by the program, for their origin alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.channels import ASK, REPLY, MakeChannel, ask, soap_11
from tests.support.http_peer import Answer, HttpPeer
from wsx.channel import ChannelProperties, CookieMode
from wsx.channel.cookies import MAX_COOKIE_SIZE, MAX_COOKIES, CookieStore
from wsx.errors import InvalidArgument
from wsx.message import MessageInitialization
from wsx.transport import HttpUrl

URL = "http://www.example.com/shop/orders"


def kept(lines: list[str], url: str = URL) -> CookieStore:
    store = CookieStore()
    store.take(HttpUrl.parse(url), [(b"Set-Cookie", line.encode("latin-1")) for line in lines])
    return store


def sent(lines: list[str], url: str, from_url: str = URL) -> bytes | None:
    return kept(lines, from_url).line(HttpUrl.parse(url))


@pytest.mark.parametrize(
    ("line", "url", "cookie"),
    [
        ("a=1", URL, b"a=1"),
        ("a=1", "http://www.example.com/shop/", b"a=1"),
        ("a=1", "http://www.example.com/", None),
        ("a=1; Path=/", "http://www.example.com/other", b"a=1"),
        ("a=1; Path=/shop/orders/x", URL, None),
        ("a=1; Path=/shop/orders/x", "http://www.example.com/shop/orders/x/y", b"a=1"),
        ("a=1; Path=/shop/ord", URL, None),
        ("a=1; Path=/; Max-Age=100", URL, b"a=1"),
        ("a=1; Path=/; Max-Age=0", URL, None),
        ("a=1; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT", URL, b"a=1"),
        ("a=1; Path=/; Expires=Wed, 09 Jun 2010 10:18:14 GMT", URL, None),
        ("a=1; Path=/; Secure", URL, None),
        ("a=1; HttpOnly", URL, b"a=1"),
        ("a=1; Domain=example.com; Path=/", URL, b"a=1"),
        ("a=1; Domain=www.example.com; Path=/", URL, b"a=1"),
        ("a=1; Domain=com; Path=/", URL, None),
        ("a=1; Domain=other.org; Path=/", URL, None),
        ("a=1; Domain=example.com; Path=/", "http://mail.example.com/", None),
        ("a=1; Path=/", "http://www.example.com:8080/", None),
        ("a=1; Path=/", "https://www.example.com/", None),
        ("a=1; Path=/", "http://example.com/", None),
        ("a=1; Path=/", "http://www.example.com.evil.org/", None),
        ('a="x y"; Path=/', URL, b'a="x y"'),
        ("a=\xe9; Path=/", URL, b"a=\xe9"),
        ("a=; Path=/", URL, b"a="),
        ("a=x\0y; Path=/", URL, None),
        ("a=x\x0by; Path=/", URL, None),
        ("a=x\r\nX-Evil: 1", URL, None),
    ],
)
def test_which_cookies_go_where(line: str, url: str, cookie: bytes | None) -> None:
    assert sent([line], url) == cookie


def test_secure_cookies_over_tls() -> None:
    secure = "https://www.example.com/"
    assert sent(["a=1; Secure; Path=/"], secure, secure) == b"a=1"
    assert sent(["a=1; Secure; Path=/"], URL, secure) is None


def test_several_and_replaced() -> None:
    assert sent(["a=1; Path=/", "b=2; Path=/", "a=3; Path=/"], URL) in (b"a=3; b=2", b"b=2; a=3")
    assert sent(["a=1; Path=/", "a=; Path=/; Max-Age=0"], URL) is None


@pytest.mark.parametrize("over", [0, 1])
def test_how_many_are_kept(over: int) -> None:
    store = kept([f"c{number}=1; Path=/" for number in range(MAX_COOKIES + over)])
    line = store.line(HttpUrl.parse(URL)) or b""
    assert len(line.split(b"; ")) == MAX_COOKIES
    # Those that are there can change.
    store.take(HttpUrl.parse(URL), [(b"Set-Cookie", b"c0=2; Path=/"), (b"Set-Cookie", b"new=1; Path=/")])
    line = store.line(HttpUrl.parse(URL)) or b""
    assert b"c0=2" in line
    assert b"new=" not in line


@pytest.mark.parametrize("over", [0, 1])
def test_how_large_one_may_be(over: int) -> None:
    line = "a=" + "x" * (MAX_COOKIE_SIZE - 2 + over)
    assert (sent([line], URL) is None) == bool(over)


def test_nothing_shows_their_values() -> None:
    store = kept(["token=very-secret"])
    assert "very-secret" not in repr(store)
    store.clear()
    assert not store.jars
    assert store.line(HttpUrl.parse(URL)) is None


def test_a_channel_keeps_them_from_open_to_close(make: MakeChannel) -> None:
    answers = [Answer(headers={"Set-Cookie": "id=one"}), Answer(), Answer(headers={"Set-Cookie": "id=two"}), Answer()]
    with HttpPeer(*answers) as peer, make(properties=soap_11()) as channel:
        channel.open(peer.url)
        for _ in range(4):
            ask(channel)
        channel.close()
        channel.reset()
        channel.open(peer.url)
        ask(channel)
    assert [seen.headers.get("Cookie") for seen in peer.seen] == [None, "id=one", "id=one", "id=two", None]


def test_also_from_an_error(make: MakeChannel) -> None:
    answers = [Answer(status=503, headers={"Set-Cookie": "id=one"}), Answer(REPLY)]
    with HttpPeer(*answers) as peer, make(properties=soap_11()) as channel:
        channel.open(peer.url)
        with pytest.raises(Exception, match="503"):
            ask(channel)
        ask(channel)
    assert peer.seen[1].headers["Cookie"] == "id=one"


def test_channels_do_not_share_them(make: MakeChannel) -> None:
    with HttpPeer(Answer(headers={"Set-Cookie": "id=one"})) as peer:
        for _ in range(2):
            with make(properties=soap_11()) as channel:
                channel.open(peer.url)
                ask(channel)
    assert all("Cookie" not in seen.headers for seen in peer.seen)


def test_by_hand(make: MakeChannel) -> None:
    properties = soap_11(cookie_mode=CookieMode.MANUAL)
    with HttpPeer(Answer(headers={"Set-Cookie": "id=one"})) as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        ask(channel)
        message = channel.create_message()
        message.initialize(MessageInitialization.REQUEST)
        message.add_mapped_header("Cookie", "mine=1")
        channel.send_message(message, ASK, 1)
        ask(channel)
    assert [seen.headers.get("Cookie") for seen in peer.seen] == [None, "mine=1", None]


def test_not_by_hand_and_by_the_channel(make: MakeChannel) -> None:
    with HttpPeer() as peer, make(properties=soap_11()) as channel:
        channel.open(peer.url)
        message = channel.create_message()
        message.initialize(MessageInitialization.REQUEST)
        message.add_mapped_header("cookie", "mine=1")
        with pytest.raises(InvalidArgument, match="MANUAL"):
            channel.send_message(message, ASK, 1)
        message.remove_mapped_header("cookie")
        channel.send_message(message, ASK, 1)
    assert len(peer.seen) == 1


@pytest.mark.parametrize("mode", [0, 3, None, "auto"])
def test_modes_that_are_not_there(mode: object) -> None:
    with pytest.raises(InvalidArgument, match="cookie_mode"):
        ChannelProperties(cookie_mode=mode)  # type: ignore[arg-type]


def test_the_library_is_loaded_when_a_cookie_comes() -> None:
    program = "import sys, wsx.channel, wsx.transport.curl; sys.exit('http.cookiejar' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
