"""The outcomes of a send that the network decides: no connection, lost connections, silence, answers that are none.

Each row is one test for each driver, and names the code that the error has (docs/errors.md). The peer is a server on
a raw socket that breaks an exchange where its path says.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator

import pytest

from tests.support.auth_server import PASSWORD, USER, AuthServer
from tests.support.certificates import Zoo
from tests.support.channels import MakeChannel, soap_11
from tests.support.error_rows import row, shows
from tests.support.fault_server import FaultServer, full_listener, silent_server
from tests.support.other_process import send_elsewhere
from tests.support.tables import int32
from wsx.channel import ChannelProperties, ChannelState
from wsx.descriptions import ElementDescription, MessageDescription, Type
from wsx.errors import ErrorCode, WsError, error_class
from wsx.security import (
    CertCredential,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    SecurityDescription,
    TlsSettings,
    UsernameCredential,
)
from wsx.transport import Phase, TransportError

DISCONNECTED = ErrorCode.WS_E_ENDPOINT_DISCONNECTED
INVALID_FORMAT = ErrorCode.WS_E_INVALID_FORMAT
QUOTA = ErrorCode.WS_E_QUOTA_EXCEEDED
TIMED_OUT = ErrorCode.WS_E_OPERATION_TIMED_OUT
UNREACHABLE = ErrorCode.WS_E_ENDPOINT_UNREACHABLE
DENIED = ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED

SMALL = MessageDescription("urn:act", int32("request"))
LARGE = MessageDescription("urn:act", ElementDescription("request", "ns", Type.STRING))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def failure(
    make: MakeChannel,
    url: str,
    *,
    properties: ChannelProperties | None = None,
    security: SecurityDescription | None = None,
    large: bool = False,
) -> WsError:
    """The error of one send to ``url``; the channel can send again then."""
    with make(properties=properties or soap_11(), security=security) as channel:
        channel.open(url)
        description, value = (LARGE, "x" * (8 << 20)) if large else (SMALL, 1)
        with pytest.raises(WsError) as caught:
            channel.send_message(channel.create_message(), description, value)
        assert channel.state is ChannelState.OPEN
    assert type(caught.value) is error_class(caught.value.code)
    assert caught.value.url == url
    return caught.value


def cause(error: WsError) -> tuple[ErrorCode, Phase, bool | None]:
    assert isinstance(error.original, TransportError), error
    return error.code, error.original.phase, error.original.sent


@shows(ErrorCode.WS_E_ENDPOINT_NOT_FOUND, "host name that does not resolve")
def test_unknown_host(make: MakeChannel) -> None:
    error = failure(make, "http://no-such-host.invalid/")
    assert cause(error) == (ErrorCode.WS_E_ENDPOINT_NOT_FOUND, Phase.RESOLVE, False)


@shows(UNREACHABLE, "connection refused: the server is down")
def test_refused(make: MakeChannel) -> None:
    with FaultServer() as gone:
        url = gone.url()
    assert cause(failure(make, url)) == (UNREACHABLE, Phase.CONNECT, False)


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
@shows(UNREACHABLE, "no route to the host")
def test_no_route(kind: str) -> None:
    assert send_elsewhere(kind, "http://192.0.2.1/", "no-route") == (UNREACHABLE.name, "CONNECT", False)


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
@shows(TIMED_OUT, "resolve_timeout")
def test_a_silent_name_server(kind: str) -> None:
    assert send_elsewhere(kind, "http://endpoint.example/", "silent-dns") == (TIMED_OUT.name, "RESOLVE", False)


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
@shows(ErrorCode.E_OUTOFMEMORY, "answer larger than the memory that is left")
def test_no_memory(server: FaultServer, kind: str) -> None:
    code, _, sent = send_elsewhere(kind, server.url("/endless"), "no-memory")
    assert (code, sent) == (ErrorCode.E_OUTOFMEMORY.name, True)


@pytest.mark.parametrize(
    ("code", "fault", "phase"),
    [
        row(DISCONNECTED, "connection closed instead of an answer", "close", Phase.WAIT),
        row(DISCONNECTED, "connection reset instead of an answer", "reset", Phase.WAIT),
        row(DISCONNECTED, "connection closed within the status line", "cut-status-line", Phase.WAIT),
        row(DISCONNECTED, "connection closed within the response headers", "cut-head", Phase.WAIT),
        row(DISCONNECTED, "connection closed after a header line", "cut-head-after-line", Phase.WAIT),
        row(DISCONNECTED, "connection closed within the response body", "cut-body", Phase.RECEIVE),
        row(DISCONNECTED, "connection reset within the response body", "reset-body", Phase.RECEIVE),
        row(DISCONNECTED, "connection closed within a chunk", "cut-chunk", Phase.RECEIVE),
        row(DISCONNECTED, "connection closed before the last chunk", "no-last-chunk", Phase.RECEIVE),
        row(INVALID_FORMAT, "answer that is no HTTP", "bad-status-line", Phase.WAIT),
        row(INVALID_FORMAT, "header line without a colon", "bad-header", Phase.WAIT),
        row(INVALID_FORMAT, "NUL in a header line", "nul-in-header", Phase.WAIT),
        row(INVALID_FORMAT, "Content-Length that is no number", "bad-length", Phase.WAIT),
        row(INVALID_FORMAT, "two different Content-Length lines", "two-lengths", Phase.WAIT),
        row(INVALID_FORMAT, "chunk size that is no number", "bad-chunk", Phase.RECEIVE),
        row(QUOTA, "endless header line", "huge-header", Phase.WAIT),
        row(QUOTA, "endless header lines", "huge-head", Phase.WAIT),
    ],
)
def test_a_broken_answer(make: MakeChannel, server: FaultServer, code: ErrorCode, fault: str, phase: Phase) -> None:
    assert cause(failure(make, server.url(f"/{fault}"))) == (code, phase, True)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        row(INVALID_FORMAT, "gzip answer that is none", "not-gzip"),
        row(QUOTA, "gzip answer that unpacks to more than the quota", "gzip-bomb"),
        row(QUOTA, "endless response body", "endless"),
    ],
)
def test_a_body_that_is_too_much(make: MakeChannel, server: FaultServer, code: ErrorCode, fault: str) -> None:
    properties = soap_11(max_buffered_message_size=1 << 20)
    assert failure(make, server.url(f"/{fault}"), properties=properties).code is code
    assert len(server.requests) == 1


@shows(DISCONNECTED, "connection reset while the request is sent")
def test_a_reset_upload(make: MakeChannel, server: FaultServer) -> None:
    error = failure(make, server.url("/reset-upload"), large=True)
    assert error.code is DISCONNECTED
    assert cause(error)[2] is None


@pytest.mark.parametrize(
    ("code", "fault", "limit", "phase", "large"),
    [
        row(TIMED_OUT, "send_timeout", "stall-upload", "send_timeout", Phase.SEND, True),
        row(TIMED_OUT, "receive_response_timeout: no answer", "stall", "receive_response_timeout", Phase.WAIT, False),
        row(
            TIMED_OUT,
            "receive_response_timeout: half a head",
            "stall-head",
            "receive_response_timeout",
            Phase.WAIT,
            False,
        ),
        row(
            TIMED_OUT,
            "receive_response_timeout: 1xx without end",
            "endless-interim",
            "receive_response_timeout",
            Phase.WAIT,
            False,
        ),
        row(TIMED_OUT, "receive_timeout: half a body", "stall-body", "receive_timeout", Phase.RECEIVE, False),
        row(TIMED_OUT, "receive_timeout: a byte now and then", "trickle", "receive_timeout", Phase.RECEIVE, False),
        row(TIMED_OUT, "total_timeout", "stall", "total_timeout", Phase.WAIT, False),
    ],
)
def test_a_timeout(  # noqa: PLR0917
    make: MakeChannel, server: FaultServer, code: ErrorCode, fault: str, limit: str, phase: Phase, *, large: bool
) -> None:
    error = failure(make, server.url(f"/{fault}"), properties=soap_11(**{limit: 0.4}), large=large)
    assert cause(error)[:2] == (code, phase)


@shows(TIMED_OUT, "connect_timeout: no answer to the connection")
def test_connect_timeout(make: MakeChannel) -> None:
    with full_listener() as port:
        error = failure(make, f"http://127.0.0.1:{port}/", properties=soap_11(connect_timeout=0.25))
    assert cause(error) == (TIMED_OUT, Phase.CONNECT, False)


@shows(TIMED_OUT, "connect_timeout: no answer in the TLS handshake")
def test_handshake_timeout(make: MakeChannel) -> None:
    with silent_server() as port:
        error = failure(make, f"https://127.0.0.1:{port}/", properties=soap_11(connect_timeout=0.25))
    assert cause(error) == (TIMED_OUT, Phase.TLS, False)


# Security


ALERT = b"\x15\x03\x03\x00\x02\x02\x46"  # protocol_version, RFC 8446 §6.2


@shows(ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE, "alert in the TLS handshake")
def test_an_alert(make: MakeChannel) -> None:
    with silent_server(ALERT) as port:
        error = failure(make, f"https://127.0.0.1:{port}/")
    assert cause(error) == (ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE, Phase.TLS, False)


@shows(DISCONNECTED, "connection closed in the TLS handshake")
def test_a_handshake_that_is_cut(make: MakeChannel) -> None:
    with silent_server(close=True) as port:
        error = failure(make, f"https://127.0.0.1:{port}/")
    assert cause(error) == (DISCONNECTED, Phase.TLS, False)


@pytest.mark.parametrize("certificate", ["client-expired", "client-unknown"])
@shows(DENIED, "client certificate refused")
def test_a_refused_client_certificate(make: MakeChannel, zoo: Zoo, certificate: str) -> None:
    context = zoo.server("good")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(zoo.ca_file)
    settings = TlsSettings(ca_file=zoo.ca_file, client_certificate=CertCredential(zoo.path(certificate)))
    with FaultServer(context) as server:
        assert failure(make, server.url(), security=SecurityDescription(settings)).code is DENIED
        assert server.requests == []


@pytest.mark.parametrize(
    ("code", "scheme"),
    [
        row(DENIED, "HTTP 401 after a wrong password by BASIC", HttpHeaderAuthScheme.BASIC),
        row(DENIED, "HTTP 401 after a wrong password by DIGEST", HttpHeaderAuthScheme.DIGEST),
    ],
)
def test_a_wrong_password(make: MakeChannel, code: ErrorCode, scheme: HttpHeaderAuthScheme) -> None:
    wrong = UsernameCredential(USER, PASSWORD + "?")
    with AuthServer((scheme.name or "").lower()) as server:
        error = failure(make, server.url, security=SecurityDescription(header_auth=HttpHeaderAuth(wrong, scheme)))
    assert (error.code, error.original) == (code, 401)


@shows(ErrorCode.WS_E_SERVER_REQUIRES_DIGEST_AUTH, "HTTP 401 offering DIGEST to a client of BASIC")
def test_another_scheme(make: MakeChannel) -> None:
    given = UsernameCredential(USER, PASSWORD)
    with AuthServer("digest") as server:
        security = SecurityDescription(header_auth=HttpHeaderAuth(given, HttpHeaderAuthScheme.BASIC))
        error = failure(make, server.url, security=security)
    assert (error.code, error.original) == (ErrorCode.WS_E_SERVER_REQUIRES_DIGEST_AUTH, 401)


# Aborting


@shows(ErrorCode.WS_E_OPERATION_ABORTED, "abort() from another thread while the answer is awaited")
def test_abort(make: MakeChannel, server: FaultServer) -> None:
    with make(properties=soap_11()) as channel:
        channel.open(server.url("/stall"))

        def abort() -> None:
            server.arrived.wait(10)
            channel.abort()

        thread = threading.Thread(target=abort)
        thread.start()
        with pytest.raises(WsError) as caught:
            channel.send_message(channel.create_message(), SMALL, 1)
        thread.join()
        assert caught.value.code is ErrorCode.WS_E_OPERATION_ABORTED
        assert channel.state is ChannelState.FAULTED
        with pytest.raises(WsError) as caught:
            channel.send_message(channel.create_message(), SMALL, 1)
        assert caught.value.code is ErrorCode.WS_E_OBJECT_FAULTED
    assert len(server.requests) == 1
