"""Redirects: off, by consent, limited; what goes along, and what never does."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.support.channels import ASK, ASKED, REPLY, MakeChannel, ask, ask_and_get, soap_11
from tests.support.fake_transport import FakeTransport
from tests.support.http_peer import Answer, HttpPeer
from wsx.channel import Channel, ChannelProperties, ChannelState, CookieMode
from wsx.channel.redirects import redirected
from wsx.errors import EndpointNotAvailable, InvalidArgument, OperationTimedOut, QuotaExceeded, WsError
from wsx.message import MessageInitialization
from wsx.security import HttpHeaderAuth, HttpHeaderAuthScheme, SecurityDescription, UsernameCredential
from wsx.transport import HttpHead, HttpRequest, HttpUrl

STATUSES = [301, 302, 303, 307, 308]
REPEATING = [301, 302, 307, 308]


class Consent:
    """A callback that keeps what it was asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    def __call__(self, original: str, new: str) -> bool:
        self.asked.append((original, new))
        return self.answer


def to(location: str | None, status: int = 307, cookie: str | None = None) -> Answer:
    headers = {"Location": location, "Set-Cookie": cookie}
    named = {name: value for name, value in headers.items() if value is not None}
    return Answer(b"moved", status, "text/plain", headers=named)


@pytest.mark.parametrize("status", STATUSES)
def test_off_by_default(make: MakeChannel, status: int) -> None:
    with HttpPeer(to("/new", status)) as peer, make(properties=soap_11()) as channel:
        channel.open(peer.url)
        with pytest.raises(EndpointNotAvailable) as caught:
            ask(channel)
        assert caught.value.original == status
        assert channel.state is ChannelState.OPEN
    assert len(peer.seen) == 1


@pytest.mark.parametrize("status", REPEATING)
@pytest.mark.parametrize(
    ("location", "target"),
    [("/new?a=1", "/new?a=1"), ("next", "/a/next"), ("../up#part", "/up"), ("?q=2", "/a/b?q=2"), ("", "/a/b")],
)
def test_the_message_goes_to_the_new_url(make: MakeChannel, status: int, location: str, target: str) -> None:
    consent = Consent()
    properties = soap_11(http_redirect_callback=consent)
    with HttpPeer(to(location, status), Answer(REPLY)) as peer, make(properties=properties) as channel:
        channel.open(f"{peer.url}/a/b")
        assert ask_and_get(channel) == 5
        assert channel.url == f"{peer.url}/a/b"
        assert ask_and_get(channel) == 5
    first, second, third = peer.seen
    assert (first.method, first.target, first.body) == ("POST", "/a/b", ASKED)
    assert (second.method, second.target, second.body, second.headers) == ("POST", target, ASKED, first.headers)
    # The next message begins at the channel's own URL again.
    assert third.target == "/a/b"
    assert consent.asked == [(f"{peer.url}/a/b", f"{peer.url}{target}")]


def test_an_absolute_location_elsewhere(make: MakeChannel) -> None:
    consent = Consent()
    with (
        HttpPeer(Answer(REPLY)) as other,
        HttpPeer(to(f"{other.url}/x")) as peer,
        make(properties=soap_11(http_redirect_callback=consent)) as channel,
    ):
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
    assert consent.asked == [(f"{peer.url}/", f"{other.url}/x")]
    (seen,) = other.seen
    assert (seen.body, seen.headers["Host"]) == (ASKED, other.url[7:])
    assert seen.headers["SOAPAction"] == '"act"'


def test_see_other_fetches_the_reply(make: MakeChannel) -> None:
    """RFC 9110 section 15.4.4: the message was processed, and is not sent again."""
    properties = soap_11(http_redirect_callback=Consent(), gzip_request_threshold=0)
    with HttpPeer(to("/result", 303), Answer(REPLY)) as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
    seen = peer.seen[1]
    assert (seen.method, seen.target, seen.body) == ("GET", "/result", b"")
    assert not {"Content-Type", "SOAPAction", "Content-Encoding", "Content-Length"} & set(seen.headers)
    assert seen.headers["Accept-Encoding"] == "gzip, deflate"


def test_a_redirect_that_is_refused(make: MakeChannel) -> None:
    consent = Consent(answer=False)
    with HttpPeer(to("/new")) as peer, make(properties=soap_11(http_redirect_callback=consent)) as channel:
        channel.open(peer.url)
        with pytest.raises(EndpointNotAvailable, match="refused it") as caught:
            ask(channel)
        assert caught.value.original == 307
        with pytest.raises(EndpointNotAvailable):
            ask(channel)
    assert len(consent.asked) == 2
    assert len(peer.seen) == 2


@pytest.mark.parametrize("error", [WsError("not there"), KeyError("mine")])
def test_a_callback_that_raises(make: MakeChannel, error: Exception) -> None:
    def refuse(original: str, new: str) -> bool:
        raise error

    with (
        HttpPeer(to("/new"), Answer(REPLY)) as peer,
        make(properties=soap_11(http_redirect_callback=refuse)) as channel,
    ):
        channel.open(peer.url)
        with pytest.raises(type(error)) as caught:
            ask(channel)
        assert caught.value is error
        assert channel.state is ChannelState.OPEN
        assert ask_and_get(channel) == 5
    assert len(peer.seen) == 2


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        (None, "no Location"),
        ("ftp://127.0.0.1/", "cannot be used"),
        ("http://user:pass@127.0.0.1/", "cannot be used"),
        ("http://127.0.0.1:99999/", "cannot be used"),
        ("http://[::1/", "cannot be used"),
        ("/a b", "cannot be used"),
        ("/a\\b", "cannot be used"),
    ],
)
def test_locations_that_cannot_be_used(make: MakeChannel, location: str | None, reason: str) -> None:
    consent = Consent()
    with HttpPeer(to(location)) as peer, make(properties=soap_11(http_redirect_callback=consent)) as channel:
        channel.open(peer.url)
        with pytest.raises(EndpointNotAvailable, match=reason) as caught:
            ask(channel)
        assert "pass" not in str(caught.value)
    assert not consent.asked


@pytest.mark.parametrize("allowed", [0, 1, 5])
def test_the_limit(make: MakeChannel, allowed: int) -> None:
    properties = soap_11(http_redirect_callback=Consent(), max_http_redirects=allowed)
    answers = [to("/next") for _ in range(allowed)]
    with HttpPeer(*answers, Answer(REPLY)) as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
    assert len(peer.seen) == allowed + 1
    with HttpPeer(to("/next")) as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        with pytest.raises(QuotaExceeded, match="max_http_redirects"):
            ask(channel)
        assert channel.state is ChannelState.OPEN
    assert len(peer.seen) == allowed + 1


def with_headers(channel: Any) -> Any:
    message = channel.create_message()
    message.initialize(MessageInitialization.REQUEST)
    for name in ("Authorization", "Proxy-Authorization", "X-Api-Key", "Cookie"):
        message.add_mapped_header(name, "secret-value")
    return message


@pytest.mark.parametrize("status", STATUSES)
def test_credentials_stay_at_their_origin(make: MakeChannel, status: int) -> None:
    """Lines that the program has set, and cookies, go to a new path, never to another server."""
    properties = soap_11(http_redirect_callback=Consent(), cookie_mode=CookieMode.MANUAL)
    with (
        HttpPeer(Answer(REPLY)) as other,
        HttpPeer(to("/same", status), to(f"{other.url}/x", status)) as peer,
        make(properties=properties) as channel,
    ):
        channel.open(peer.url)
        channel.send_message(with_headers(channel), ASK, 1)
    assert len(peer.seen) == 2
    for seen in peer.seen:
        assert list(seen.headers.values()).count("secret-value") == 4
    (seen,) = other.seen
    assert "secret-value" not in seen.headers.values()
    assert "Authorization" not in seen.headers


def test_cookies_stay_at_their_origin(make: MakeChannel) -> None:
    properties = soap_11(http_redirect_callback=Consent())
    first = to("/same", cookie="id=one")
    with (
        HttpPeer(Answer(REPLY)) as other,
        HttpPeer(first, to(f"{other.url}/x")) as peer,
        make(properties=properties) as channel,
    ):
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
        # The peer's last answer leads to the other one, and that one's back.
        other.answers.clear()
        other.answers.append(to(f"{peer.url}/"))
        with pytest.raises(QuotaExceeded):
            ask(channel)
    assert ["Cookie" in seen.headers for seen in peer.seen[:2]] == [False, True]
    assert all(seen.headers["Cookie"] == "id=one" for seen in peer.seen[1:])
    assert not any("Cookie" in seen.headers for seen in other.seen)


def test_a_channel_with_credentials_stays_at_its_origin(make: MakeChannel) -> None:
    auth = HttpHeaderAuth(UsernameCredential("user", "password"), HttpHeaderAuthScheme.BASIC)
    security = SecurityDescription(header_auth=auth)
    with (
        HttpPeer(Answer(REPLY)) as other,
        HttpPeer(to("/same"), to(f"{other.url}/x")) as peer,
        make(properties=soap_11(http_redirect_callback=Consent()), security=security) as channel,
    ):
        channel.open(peer.url)
        with pytest.raises(EndpointNotAvailable, match="credentials"):
            ask(channel)
    assert all("Authorization" in seen.headers for seen in peer.seen)
    assert len(peer.seen) == 2
    assert not other.seen


def test_the_total_time_counts_for_all_of_them(make: MakeChannel) -> None:
    stop = threading.Event()
    slow = Answer(REPLY, before=lambda: stop.wait(20))
    properties = soap_11(http_redirect_callback=Consent(), total_timeout=0.3)
    with HttpPeer(to("/slow"), slow) as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        with pytest.raises(OperationTimedOut, match="total limit"):
            ask(channel)
        stop.set()
        assert channel.state is ChannelState.OPEN
    assert len(peer.seen) == 2


@pytest.mark.parametrize("value", [True, "yes", 1])
def test_a_callback_is_a_function(value: object) -> None:
    with pytest.raises(InvalidArgument, match="http_redirect_callback"):
        ChannelProperties(http_redirect_callback=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("original", "location", "anonymous", "reason"),
    [
        ("https://a.example/x", "http://a.example/x", True, "https to http"),
        ("https://a.example/x", "//b.example/x", False, "credentials"),
        ("https://a.example/x", "https://a.example:444/x", False, "credentials"),
        ("http://a.example/x", "https://a.example/x", False, "credentials"),
        ("http://a.example/x", "https://a.example/x", True, None),
        ("https://a.example/x", "//b.example/x", True, None),
        ("https://a.example/x", "HTTPS://A.example:443/y", False, None),
    ],
)
def test_where_it_may_lead(original: str, location: str, anonymous: bool, reason: str | None) -> None:
    request = HttpRequest("POST", HttpUrl.parse(original), ((b"User-Agent", b"a"),), b"body", 4)
    head = HttpHead(307, "Temporary Redirect", ((b"Location", location.encode()),))
    consent = Consent()
    if reason is None:
        again = redirected(request, head, consent, left=1, anonymous=anonymous)
        assert (again.method, again.body, again.headers) == ("POST", b"body", request.headers)
        assert len(consent.asked) == 1
        return
    with pytest.raises(EndpointNotAvailable, match=reason):
        redirected(request, head, consent, left=1, anonymous=anonymous)
    assert not consent.asked


def test_two_locations() -> None:
    request = HttpRequest("POST", HttpUrl.parse("http://a.example/"), (), b"", 0)
    head = HttpHead(307, "", ((b"Location", b"/a"), (b"location", b"/b")))
    with pytest.raises(EndpointNotAvailable, match="several"):
        redirected(request, head, Consent(), left=1, anonymous=True)


def test_a_given_transport_stays_at_its_origin() -> None:
    """It may show credentials of its own."""
    head = HttpHead(307, "", ((b"Location", b"http://b.example/"),))
    transport = FakeTransport([(head, b"")])
    with Channel(properties=soap_11(http_redirect_callback=Consent()), transport=transport) as channel:
        channel.open("http://a.example/")
        with pytest.raises(EndpointNotAvailable, match="credentials"):
            ask(channel)
    assert len(transport.requests) == 1
