"""Bytes that follow an answer unasked, and that TLS has read already: they are no answer to the next request."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator

import pytest

from tests.support.certificates import Zoo
from tests.support.error_rows import shows
from tests.support.fault_server import BODY, FaultServer
from tests.support.http_calls import LIMITS, post, request
from tests.support.loops import LoopTransport
from wsx.errors import ErrorCode
from wsx.security import CustomHttpProxy, HttpProxySettingMode, ProxySettings, SecurityDescription, TlsSettings
from wsx.transport import HttpRequest, HttpUrl, Limits, Transport, TransportError
from wsx.transport.aiohttp_transport import AiohttpTransport
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport
from wsx.transport.read_ahead import taken_from
from wsx.transport.urllib3_transport import Urllib3Transport

# Elsewhere nothing tells how much was taken from a socket; docs/transports.md says so.
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much was taken from a socket")
FAULT = "/answer-with-stale"
STALE = b"stale" * 400


def through(server: FaultServer) -> ProxySettings:
    servers = f"https://127.0.0.1:{server.port}"
    return ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(servers))


@contextlib.contextmanager
def curl(kind: str, ca_file: str, proxy: ProxySettings | None = None, *, http2: bool = False) -> Iterator[Transport]:
    if kind == "sync":
        with contextlib.closing(CurlTransport(ca_file=ca_file, proxy=proxy, http2=http2)) as blocking:
            yield blocking
    else:
        looped = LoopTransport(CurlAsyncTransport(ca_file=ca_file, proxy=proxy, http2=http2))
        yield looped
        looped.stop()


@shows(ErrorCode.WS_E_INVALID_FORMAT, "answer over TLS that had come before the request")
@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2-offered"])
def test_an_answer_before_the_question(kind: str, zoo: Zoo, *, http2: bool) -> None:
    with FaultServer(zoo.server("good")) as server, curl(kind, zoo.ca_file, http2=http2) as transport:
        assert post(transport, server.url(FAULT))[1] == BODY
        with pytest.raises(TransportError, match="before the request") as caught:
            post(transport, server.url(), b"<second/>")
        assert caught.value.code is ErrorCode.WS_E_INVALID_FORMAT
        assert caught.value.sent is not False
        assert post(transport, server.url(), b"<third/>")[1] == b"<third/>"
        assert server.connections == 2
        assert [seen.body for seen in server.requests].count(b"<second/>") <= 1


def test_through_a_proxy_over_tls(kind: str, zoo: Zoo) -> None:
    """libcurl keeps no connection to such a proxy for http URLs."""
    with FaultServer(zoo.server("good")) as server, curl(kind, zoo.ca_file, through(server)) as transport:
        assert post(transport, "http://endpoint.invalid" + FAULT)[1] == BODY
        assert post(transport, "http://endpoint.invalid/", b"<second/>")[1] == b"<second/>"


def test_after_an_exchange_in_pieces(zoo: Zoo) -> None:
    with FaultServer(zoo.server("good")) as server, curl("sync", zoo.ca_file) as transport:
        assert isinstance(transport, CurlTransport)
        post(transport, server.url(FAULT))
        streamed = HttpRequest("POST", HttpUrl.parse(server.url()), ((b"Content-Type", b"text/xml"),))

        def exchange() -> None:
            with transport.start(streamed, LIMITS) as begun:
                begun.write(b"<second/>")
                begun.finish()

        with pytest.raises(TransportError, match="before the request"):
            exchange()
        assert post(transport, server.url(), b"<third/>")[1] == b"<third/>"


@pytest.mark.parametrize("library", ["urllib3", "aiohttp"])
def test_libraries(library: str, zoo: Zoo) -> None:
    """Neither takes the wrong answer: they look, or let go of the connection."""
    security = SecurityDescription(tls=TlsSettings(ca_file=zoo.ca_file))
    transport: Transport
    if library == "urllib3":
        transport = Urllib3Transport(security=security)
        close = transport.close
    else:
        transport = LoopTransport(AiohttpTransport(security=security))
        close = transport.stop
    with FaultServer(zoo.server("good")) as server, contextlib.ExitStack() as stack:
        stack.callback(close)
        assert post(transport, server.url(FAULT))[1] == BODY
        assert transport.call(request(server.url(), b"<second/>"), LIMITS)[1] == b"<second/>"


def test_quick_answers_are_answers(kind: str, zoo: Zoo) -> None:
    """Nothing is refused that was asked for: also what comes in many pieces, interim heads and refusals of bodies."""
    with FaultServer(zoo.server("good")) as server, curl(kind, zoo.ca_file) as transport:
        for path, status in {"/": 200, "/interim": 200, "/pour?300000": 200, "/gzip": 200, "/early-413": 413}.items():
            for _ in range(20):
                assert post(transport, server.url(path), limits=Limits(receive_response=5.0))[0].status == status


def test_what_was_taken_from_a_socket() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as one,
        listener.accept()[0] as other,
    ):
        number, port = one.fileno(), one.getsockname()[1]
        before = taken_from(number, port)
        assert before is not None
        other.sendall(b"0123456789")
        one.recv(1, socket.MSG_PEEK)
        assert taken_from(number, port) == before
        assert one.recv(4) == b"0123"
        assert taken_from(number, port) == before + 4
        other.shutdown(socket.SHUT_WR)
        assert one.recv(6) == b"456789"
        assert one.recv(1) == b""
        # The end may count for one.
        assert (taken_from(number, port) or 0) - before in (10, 11)
        assert taken_from(number, port + 1) is None


def test_what_was_taken_from_other_things() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert taken_from(one.fileno(), 0) is None
        number = one.fileno()
    with open(os.devnull, "rb") as nothing:
        assert taken_from(nothing.fileno(), 80) is None
    assert taken_from(number, 80) is None
