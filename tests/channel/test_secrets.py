"""Planted secrets are searched in everything that a program may print, log or send elsewhere."""

from __future__ import annotations

import base64
import contextlib
import logging
import pickle
import socket
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.support.auth_server import WINDOWS_USER, AuthServer, windows_users
from tests.support.certificates import KEY_PASSWORD, make_zoo
from tests.support.channels import ASK, REPLY, MakeChannel, soap_11
from tests.support.fault_server import FaultServer
from tests.support.http_peer import Answer, HttpPeer
from wsx.channel import ChannelEvent, CookieMode
from wsx.channel.telemetry import SpanRecorder
from wsx.errors import WsError
from wsx.message import MessageInitialization
from wsx.security import (
    BearerCredential,
    CertCredential,
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

DOMAIN, NAME, WORD = WINDOWS_USER
PASSWORD = "pass-PLANTED-1"
PROXY_PASSWORD = "proxy-PLANTED-2"
TOKEN = "token.PLANTED.3=="
HEADER = "header-PLANTED-4"
COOKIE = "cookie-PLANTED-5"
SET_COOKIE = "set-PLANTED-6"
QUERY = "query-PLANTED-7"
USER_PART = "user-PLANTED-8"


def forms() -> list[str]:
    """The secrets in every form in which they go over the connection."""
    plain = [PASSWORD, WORD, PROXY_PASSWORD, TOKEN, HEADER, COOKIE, SET_COOKIE, USER_PART]
    pairs = [f"user:{PASSWORD}", f"proxy-user:{PROXY_PASSWORD}"]
    return [
        *plain,
        *(base64.b64encode(text.encode()).decode().rstrip("=") for text in [*plain, *pairs]),
        *(quote(text, safe="") for text in plain),
    ]


@dataclass
class Outputs:
    """All that came out."""

    events: list[ChannelEvent] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    on_event: Callable[[ChannelEvent], None] | None = None
    logged: list[logging.LogRecord] = field(default_factory=list)

    def keep(self, *things: object) -> None:
        """The texts of ``things``, and of all that their errors lead to."""
        for thing in things:
            self.texts += [repr(thing), str(thing), format(thing), ascii(thing)]
            error: Any = thing
            while isinstance(error, BaseException):
                self.texts += traceback.format_exception(error)
                self.texts += [repr(error), str(error), repr(error.args), repr(vars(error))]
                with contextlib.suppress(Exception):
                    self.texts.append(repr(pickle.dumps(error)))
                error = error.__cause__ or error.__context__

    def records(self) -> list[str]:
        """What has been logged."""
        return [record.getMessage() for record in self.logged]

    def check(self) -> None:
        everything = "\n".join(self.texts)
        assert len(everything) > 100
        for text in forms():
            assert text not in everything, f"{text} in …{everything[max(0, everything.index(text) - 300) :][:400]}"


@pytest.fixture
def outputs(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[Outputs]:
    """Everything is searched at the end, what was logged and printed among it."""
    found = Outputs()
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    recorder = SpanRecorder(provider)

    def both(event: ChannelEvent) -> None:
        found.events.append(event)
        recorder(event)

    found.on_event = both
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        found.logged = caplog.records
        yield found
    for event in found.events:
        found.keep(event)
        if event.error is not None:
            found.keep(event.error)
    found.texts += [span.to_json() for span in exporter.get_finished_spans()]
    found.texts += [record.getMessage() for record in caplog.records]
    found.texts += [str(one.message) for one in warned]
    found.texts += list(capfd.readouterr())
    assert QUERY not in "".join(span.to_json() for span in exporter.get_finished_spans())
    assert QUERY not in "".join(map(repr, found.events))
    found.check()


BASIC = HttpHeaderAuth(UsernameCredential("user", PASSWORD), HttpHeaderAuthScheme.BASIC)
DIGEST = HttpHeaderAuth(UsernameCredential("user", PASSWORD), HttpHeaderAuthScheme.DIGEST)
BEARER = HttpHeaderAuth(BearerCredential(TOKEN))
NTLM = HttpHeaderAuth(WindowsCredential("user", PASSWORD, "DOMAIN"), HttpHeaderAuthScheme.NTLM)
NEGOTIATE = HttpHeaderAuth(WindowsCredential("user", PASSWORD, "DOMAIN"))
TO_PROXY = HttpHeaderAuth(
    UsernameCredential("proxy-user", PROXY_PASSWORD), HttpHeaderAuthScheme.BASIC, HttpHeaderAuthTarget.PROXY
)


def answers(status: int) -> list[Answer]:
    """A response that shows what a client has sent, and sets a cookie."""
    headers = {"Set-Cookie": f"id={SET_COOKIE}", "WWW-Authenticate": 'Basic realm="r", Digest realm="r", nonce="n"'}
    return [
        Answer(REPLY, status, headers=headers),
        Answer(b"<html>", 200, "text/html", headers=headers),
        Answer(REPLY[:-9], 200, headers=headers),
        Answer(REPLY, status, headers={**headers, "Location": f"http://u:{USER_PART}@127.0.0.1/"}),
        Answer(b"cut", 200, headers={**headers, "Content-Encoding": "gzip"}),
    ]


def use(channel: Any, url: str, outputs: Outputs, prepare: Callable[[Any], None] | None) -> None:
    """Open, preview, send and receive a few times; what comes out is kept."""
    with channel:
        channel.open(url)
        outputs.keep(channel, channel.properties, getattr(channel, "_security", None))
        for _ in range(5):
            message = channel.create_message()
            message.initialize(MessageInitialization.REQUEST)
            try:
                if prepare is not None:
                    prepare(message)
                outputs.keep(channel.preview(message, ASK, 1))
                channel.send_message(message, ASK, 1)
                reply = channel.create_message()
                outputs.keep(reply)
                channel.receive_message(reply, [ASK])
            except WsError as error:
                outputs.keep(error)
            transport = getattr(channel, "inner", channel)._transport
            outputs.keep(message, channel, transport, channel._machine, channel._machine._http)
    outputs.keep(channel)


@pytest.mark.parametrize("status", [200, 307, 401, 403, 500, 503])
@pytest.mark.parametrize(
    "auth", [BASIC, DIGEST, BEARER, NTLM, NEGOTIATE], ids=["basic", "digest", "bearer", "ntlm", "negotiate"]
)
def test_credentials(make: MakeChannel, outputs: Outputs, auth: HttpHeaderAuth, status: int) -> None:
    security = SecurityDescription(header_auth=(auth, TO_PROXY))
    properties = soap_11(http_redirect_callback=lambda original, new: True)
    with HttpPeer(*answers(status)) as peer:
        channel = make(properties=properties, security=security, on_event=outputs.on_event)
        use(channel, f"{peer.url}/x?key={QUERY}", outputs, None)
    assert peer.seen


@pytest.mark.parametrize("status", [200, 407, 403, 502])
def test_credentials_for_a_proxy(make: MakeChannel, outputs: Outputs, status: int) -> None:
    security = SecurityDescription(header_auth=(BASIC, TO_PROXY))
    refusal = Answer(REPLY, status, headers={"Proxy-Authenticate": 'Basic realm="r"'})
    with HttpPeer(refusal) as proxy:
        custom = CustomHttpProxy(proxy.url.removeprefix("http://"))
        properties = soap_11(proxy=ProxySettings(HttpProxySettingMode.CUSTOM, custom))
        channel = make(properties=properties, security=security, on_event=outputs.on_event)
        use(channel, f"http://endpoint.example/?key={QUERY}", outputs, None)
        assert "Proxy-Authorization" in proxy.seen[0].headers


@pytest.mark.parametrize("password", [WORD, f"{PASSWORD} wrong"])
@pytest.mark.parametrize("scheme", ["ntlm", "negotiate"])
def test_a_whole_handshake(make: MakeChannel, outputs: Outputs, scheme: str, password: str) -> None:
    auth = HttpHeaderAuth(WindowsCredential(NAME, password, DOMAIN), HttpHeaderAuthScheme[scheme.upper()])
    with windows_users(), AuthServer(scheme) as server:
        channel = make(properties=soap_11(), security=SecurityDescription(header_auth=auth), on_event=outputs.on_event)
        use(channel, f"{server.url}&key={QUERY}", outputs, None)
        # What was shown of the password, NTLM's answer, is as good as it to who can guess; the acceptor here logs it.
        own = [record for record in outputs.records() if "step output" not in record and "step input" not in record]
    shown = [(seen.credentials or "").split(" ")[-1] for seen in server.seen]
    assert len(shown) > 2
    assert not [token for token in shown if len(token) > 8 and token in "".join([*own, *outputs.texts])]


@pytest.mark.parametrize("password", ["key-PLANTED-9", None])
def test_the_password_of_a_key(
    make: MakeChannel, outputs: Outputs, tmp_path_factory: pytest.TempPathFactory, password: str | None
) -> None:
    zoo = make_zoo(tmp_path_factory.mktemp("certificates"))
    for certificate in (
        CertCredential(zoo.path("client"), zoo.encrypted_key, password or KEY_PASSWORD),
        CertCredential(Path(zoo.path("client")).read_bytes(), password=password),
    ):
        security = SecurityDescription(TlsSettings(ca_file=zoo.ca_file, client_certificate=certificate))
        channel = make(properties=soap_11(), security=security, on_event=outputs.on_event)
        with FaultServer(zoo.server("good")) as server:
            use(channel, server.url("/status-500"), outputs, None)
    body = Path(zoo.path("client")).read_text("ascii").split("PRIVATE KEY-----")[1].split()[0]
    everything = "".join(outputs.texts)
    assert not [secret for secret in (body, KEY_PASSWORD, "key-PLANTED-9") if secret in everything]


def by_hand(message: Any) -> None:
    for name in ("Authorization", "Proxy-Authorization", "X-Api-Key"):
        message.add_mapped_header(name, f"Custom {HEADER}")
    message.add_mapped_header("Cookie", f"id={COOKIE}")


def broken(message: Any) -> None:
    message.add_mapped_header("Authorization", f"Custom {HEADER}\r\nX: y")


def in_names(message: Any) -> None:
    message.add_mapped_header("Content-Length", HEADER)


@pytest.mark.parametrize("status", [200, 401, 503])
@pytest.mark.parametrize("prepare", [by_hand, broken, in_names], ids=lambda prepare: prepare.__name__)
def test_headers_of_the_program(
    make: MakeChannel, outputs: Outputs, prepare: Callable[[Any], None], status: int
) -> None:
    properties = soap_11(cookie_mode=CookieMode.MANUAL)
    with HttpPeer(*answers(status)) as peer:
        channel = make(properties=properties, on_event=outputs.on_event)
        use(channel, f"{peer.url}/x?key={QUERY}", outputs, prepare)


def test_without_a_server(make: MakeChannel, outputs: Outputs) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/?key={QUERY}"
    security = SecurityDescription(header_auth=(BASIC, TO_PROXY))
    channel = make(properties=soap_11(), security=security, on_event=outputs.on_event)
    use(channel, url, outputs, None)


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{USER_PART}@127.0.0.1/",
        f"http://user:{USER_PART}@127.0.0.1/\r\n",
        f"http://user:{USER_PART}@127.0.0.1:99999/",
        f"http://user:{USER_PART}@[::1/",
        f"ftp://user:{USER_PART}@127.0.0.1/",
        f"//user:{USER_PART}@127.0.0.1/ x",
    ],
)
def test_urls_with_a_password(make: MakeChannel, outputs: Outputs, url: str) -> None:
    channel = make(properties=soap_11(), on_event=outputs.on_event)
    with pytest.raises(WsError) as caught:
        channel.open(url)
    outputs.keep(caught.value, channel)


def test_the_search_finds_them() -> None:
    """A guard for the tests above."""
    for secret in (PASSWORD, base64.b64encode(f"user:{PASSWORD}".encode()).decode(), quote(TOKEN, safe="")):
        found = Outputs()
        found.keep(RuntimeError(f"{secret} and enough other text to be searched" * 3))
        with pytest.raises(AssertionError, match=" in …"):
            found.check()
