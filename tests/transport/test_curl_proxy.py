"""The transports through an HTTP proxy that refuses or is not there."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.fault_server import FaultServer
from tests.support.http_calls import post
from tests.support.loops import LoopTransport
from wsx.errors import ErrorCode
from wsx.transport import HttpUrl, Phase, Transport, TransportError
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

FAILURE = ErrorCode.WS_E_PROXY_FAILURE


@contextlib.contextmanager
def proxy_answering(answer: bytes) -> Iterator[tuple[HttpUrl, list[bytes]]]:
    """A proxy that reads one head, sends ``answer`` and closes; the heads that it read."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                sock, _ = listener.accept()
                with sock:
                    sock.settimeout(5)
                    heads.append(sock.recv(65536))
                    sock.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield HttpUrl.parse(f"http://127.0.0.1:{listener.getsockname()[1]}/"), heads
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def error_through(kind: str, proxy: HttpUrl, url: str) -> TransportError:
    with behind(kind, proxy) as transport, pytest.raises(TransportError) as caught:
        post(transport, url)
    return caught.value


@contextlib.contextmanager
def behind(kind: str, proxy: HttpUrl) -> Iterator[Transport]:
    """A transport of that kind behind the proxy."""
    if kind == "sync":
        transport = CurlTransport(proxy=proxy)
        yield transport
        transport.close()
    else:
        loop_transport = LoopTransport(CurlAsyncTransport(proxy=proxy))
        yield loop_transport
        loop_transport.stop()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_refused_or_unknown_proxy(kind: str, scheme: str) -> None:
    with FaultServer() as gone:
        refused = HttpUrl.parse(gone.url())
    for proxy in (refused, HttpUrl.parse("http://no-such-host.invalid:8080/")):
        error = error_through(kind, proxy, f"{scheme}://endpoint.invalid/")
        assert (error.code, error.sent) == (FAILURE, False)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 403 No\r\n\r\n", ErrorCode.WS_E_PROXY_ACCESS_DENIED),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", FAILURE),
        (b"HTTP/1.1 503 Busy\r\n\r\n", FAILURE),
        (b"nonsense\r\n\r\n", FAILURE),
        (b"", FAILURE),
    ],
)
def test_refused_tunnel(kind: str, answer: bytes, code: ErrorCode) -> None:
    with proxy_answering(answer) as (proxy, heads):
        error = error_through(kind, proxy, "https://endpoint.invalid/")
    assert (error.code, error.phase, error.sent) == (code, Phase.PROXY, False)
    assert heads[0].startswith(b"CONNECT endpoint.invalid:443 HTTP/1.1\r\n")
    assert b"MS-WebServices" not in heads[0]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (b'Proxy-Authenticate: Basic realm="x"\r\n', ErrorCode.WS_E_PROXY_REQUIRES_BASIC_AUTH),
        (b"Proxy-Authenticate: Digest realm=x\r\n", ErrorCode.WS_E_PROXY_REQUIRES_DIGEST_AUTH),
        (b"Proxy-Authenticate: NTLM\r\n", ErrorCode.WS_E_PROXY_REQUIRES_NTLM_AUTH),
        (
            b"Proxy-Authenticate: Basic\r\nProxy-Authenticate: Negotiate\r\n",
            ErrorCode.WS_E_PROXY_REQUIRES_NEGOTIATE_AUTH,
        ),
        (b"", ErrorCode.WS_E_PROXY_ACCESS_DENIED),
    ],
)
def test_a_tunnel_wants_authentication(kind: str, lines: bytes, code: ErrorCode) -> None:
    with proxy_answering(b"HTTP/1.1 407 No\r\n" + lines + b"Content-Length: 0\r\n\r\n") as (proxy, _):
        error = error_through(kind, proxy, "https://endpoint.invalid/")
    assert (error.code, error.phase) == (code, Phase.PROXY)
    assert len(error.challenges) == lines.count(b"Proxy-Authenticate")


def test_plain_requests_go_to_the_proxy_whole(kind: str) -> None:
    with FaultServer() as server:
        with behind(kind, HttpUrl.parse(server.url())) as transport:
            assert post(transport, "http://endpoint.invalid/x", b"<x/>")[1] == b"<x/>"
        assert server.requests[0].line == b"POST http://endpoint.invalid/x HTTP/1.1"
