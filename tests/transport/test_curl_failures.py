"""The transports against a server that answers wrongly: each failure is one condition, and the transport lives on."""

from __future__ import annotations

import errno

import pytest

from tests.support.fault_server import FaultServer, full_listener, silent_server
from tests.support.http_calls import LIMITS, post
from wsx.errors import ErrorCode, error_for
from wsx.transport import Limits, Phase, Transport, TransportError, status_error

DISCONNECTED = ErrorCode.WS_E_ENDPOINT_DISCONNECTED
INVALID_FORMAT = ErrorCode.WS_E_INVALID_FORMAT
TIMED_OUT = ErrorCode.WS_E_OPERATION_TIMED_OUT
QUOTA = ErrorCode.WS_E_QUOTA_EXCEEDED
LARGE_BODY = bytes(8 << 20)


def fails(transport: Transport, url: str, body: bytes | None = b"<x/>", limits: Limits = LIMITS) -> TransportError:
    with pytest.raises(TransportError) as caught:
        post(transport, url, body, limits)
    assert error_for(caught.value.code, str(caught.value)).code is caught.value.code
    return caught.value


@pytest.mark.parametrize(
    ("fault", "code", "phase"),
    [
        ("close", DISCONNECTED, Phase.WAIT),
        ("reset", DISCONNECTED, Phase.WAIT),
        ("cut-status-line", DISCONNECTED, Phase.WAIT),
        ("cut-head", DISCONNECTED, Phase.WAIT),
        ("cut-head-after-line", DISCONNECTED, Phase.WAIT),
        ("cut-body", DISCONNECTED, Phase.RECEIVE),
        ("reset-body", DISCONNECTED, Phase.RECEIVE),
        ("cut-chunk", DISCONNECTED, Phase.RECEIVE),
        ("no-last-chunk", DISCONNECTED, Phase.RECEIVE),
        ("bad-status-line", INVALID_FORMAT, Phase.WAIT),
        ("bad-header", INVALID_FORMAT, Phase.WAIT),
        ("nul-in-header", INVALID_FORMAT, Phase.WAIT),
        ("bad-length", INVALID_FORMAT, Phase.WAIT),
        ("two-lengths", INVALID_FORMAT, Phase.WAIT),
        ("bad-chunk", INVALID_FORMAT, Phase.RECEIVE),
        ("not-gzip", INVALID_FORMAT, Phase.RECEIVE),
        ("huge-header", QUOTA, Phase.WAIT),
        ("huge-head", QUOTA, Phase.WAIT),
    ],
)
def test_broken_answers(server: FaultServer, transport: Transport, fault: str, code: ErrorCode, phase: Phase) -> None:
    error = fails(transport, server.url(f"/{fault}"))
    assert (error.code, error.phase, error.sent) == (code, phase, True), str(error)
    assert len(server.requests) == 1
    head, body = post(transport, server.url(), b"<again/>")
    assert (head.status, body) == (200, b"<again/>")


def test_broken_answers_on_a_kept_connection(server: FaultServer, transport: Transport) -> None:
    """An errno or a verify result of an earlier call must not decide about a later one."""
    assert fails(transport, server.url("/reset-body")).code is DISCONNECTED
    post(transport, server.url())
    assert fails(transport, server.url("/bad-chunk")).code is INVALID_FORMAT
    assert server.connections == 2


def test_reset_while_uploading(server: FaultServer, transport: Transport) -> None:
    error = fails(transport, server.url("/reset-upload"), LARGE_BODY)
    assert error.code is DISCONNECTED
    assert error.sent is None


def test_refused(transport: Transport) -> None:
    with FaultServer() as gone:
        url = gone.url()
    error = fails(transport, url)
    assert error.code is ErrorCode.WS_E_ENDPOINT_UNREACHABLE
    assert (error.phase, error.original, error.sent) == (Phase.CONNECT, errno.ECONNREFUSED, False)


def test_unknown_host(transport: Transport) -> None:
    error = fails(transport, "http://no-such-host.invalid/")
    assert (error.code, error.phase, error.sent) == (ErrorCode.WS_E_ENDPOINT_NOT_FOUND, Phase.RESOLVE, False)


@pytest.mark.parametrize(
    ("fault", "limits", "phase", "body", "sent"),
    [
        ("stall", Limits(receive_response=0.2), Phase.WAIT, b"<x/>", True),
        ("stall-head", Limits(receive_response=0.2), Phase.WAIT, b"<x/>", True),
        ("endless-interim", Limits(receive_response=0.2), Phase.WAIT, b"<x/>", True),
        ("stall-body", Limits(receive=0.2), Phase.RECEIVE, b"<x/>", True),
        ("trickle", Limits(receive=0.3), Phase.RECEIVE, b"<x/>", True),
        ("stall-upload", Limits(send=0.3), Phase.SEND, LARGE_BODY, None),
    ],
)
def test_timeouts(  # noqa: PLR0917
    server: FaultServer,
    transport: Transport,
    fault: str,
    limits: Limits,
    phase: Phase,
    body: bytes,
    sent: bool | None,
) -> None:
    error = fails(transport, server.url(f"/{fault}"), body, limits)
    assert (error.code, error.phase, error.sent) == (TIMED_OUT, phase, sent), str(error)
    assert phase.name in str(error)
    assert post(transport, server.url())[0].status == 200


def test_connect_timeout(transport: Transport) -> None:
    with full_listener() as port:
        error = fails(transport, f"http://127.0.0.1:{port}/", limits=Limits(connect=0.3))
    assert (error.code, error.phase, error.sent) == (TIMED_OUT, Phase.CONNECT, False)


def test_tls_handshake_timeout(transport: Transport) -> None:
    with silent_server() as port:
        error = fails(transport, f"https://127.0.0.1:{port}/", limits=Limits(connect=0.3))
    assert (error.code, error.phase, error.sent) == (TIMED_OUT, Phase.TLS, False)


def test_a_limit_of_another_phase_does_not_end_this_one(server: FaultServer, transport: Transport) -> None:
    limits = Limits(connect=0.05, send=0.05, receive_response=0.05, receive=0.6)
    error = fails(transport, server.url("/trickle"), limits=limits)
    assert (error.code, error.phase) == (TIMED_OUT, Phase.RECEIVE)


@pytest.mark.parametrize("fault", ["long-body", "long-body-to-the-end", "long-chunked"])
def test_body_quota(server: FaultServer, transport: Transport, fault: str) -> None:
    error = fails(transport, server.url(f"/{fault}"), limits=Limits(max_body=1000))
    assert (error.code, error.sent) == (QUOTA, True)
    assert len(post(transport, server.url(f"/{fault}"), limits=Limits(max_body=1001))[1]) == 1001
    assert len(post(transport, server.url(f"/{fault}"), limits=Limits(max_body=None))[1]) == 1001


def test_body_quota_counts_what_is_unpacked(server: FaultServer, transport: Transport) -> None:
    error = fails(transport, server.url("/gzip-bomb"), limits=Limits(max_body=1 << 20))
    assert error.code is QUOTA


def test_no_head_quota_still_ends_at_libcurls(server: FaultServer, transport: Transport) -> None:
    assert fails(transport, server.url("/huge-head"), limits=Limits(max_head=None)).code is QUOTA


@pytest.mark.parametrize("fault", ["big-head", "endless-interim", "huge-head"])
def test_head_quota(server: FaultServer, transport: Transport, fault: str) -> None:
    error = fails(transport, server.url(f"/{fault}"), limits=Limits(max_head=4096))
    assert error.code is QUOTA
    assert "max_head (4096)" in str(error)


def test_head_within_its_quota(server: FaultServer, transport: Transport) -> None:
    head, _ = post(transport, server.url("/big-head"), limits=Limits(max_head=6000))
    assert len(head.values(b"x")[0]) == 5000


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("status-400", ErrorCode.WS_E_ENDPOINT_FAILURE),
        ("status-403", ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED),
        ("status-404", ErrorCode.WS_E_ENDPOINT_NOT_FOUND),
        ("status-405", ErrorCode.WS_E_ENDPOINT_FAILURE),
        ("status-408", TIMED_OUT),
        ("status-410", ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE),
        ("status-413", ErrorCode.WS_E_ENDPOINT_FAILURE),
        ("status-429", ErrorCode.WS_E_ENDPOINT_TOO_BUSY),
        ("status-500", ErrorCode.WS_E_ENDPOINT_FAILURE),
        ("status-502", ErrorCode.WS_E_PROXY_FAILURE),
        ("status-503", ErrorCode.WS_E_ENDPOINT_TOO_BUSY),
        ("status-504", ErrorCode.WS_E_PROXY_FAILURE),
        ("redirect", ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE),
        ("401-basic", ErrorCode.WS_E_SERVER_REQUIRES_BASIC_AUTH),
        ("401-all", ErrorCode.WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH),
        ("407-digest", ErrorCode.WS_E_PROXY_REQUIRES_DIGEST_AUTH),
    ],
)
def test_statuses_are_answers(server: FaultServer, transport: Transport, path: str, code: ErrorCode) -> None:
    head, _ = post(transport, server.url(f"/{path}"))
    assert status_error(head).code is code
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [413, 503])
def test_an_early_answer_is_delivered(server: FaultServer, transport: Transport, status: int) -> None:
    """Above 1 MiB libcurl asks first (Expect: 100-continue); below, the answer comes while the body is on its way."""
    for size in (900 << 10, 8 << 20):
        head, _ = post(transport, server.url(f"/early-{status}"), bytes(size))
        assert head.status == status
