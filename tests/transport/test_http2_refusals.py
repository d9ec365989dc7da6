"""HTTP/2 peers that refuse a request by GOAWAY or RST_STREAM: it is not sent again by itself, and the next one works.

RFC 9113 §6.8 and §8.7 say which of these requests were surely not processed. Some of their bytes have gone all the
same, so that only the caller may repeat them.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import h2.config
import h2.connection
import h2.errors
import h2.events
import pytest

from tests.support.certificates import Zoo
from tests.support.error_rows import shows
from tests.support.http_calls import LIMITS, request
from tests.support.loops import LoopTransport
from wsx.errors import ErrorCode
from wsx.transport import Transport, TransportError
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

Codes = h2.errors.ErrorCodes


class Http2Server:
    """Answers each request with its body, or as the path says; ``bodies`` are those that arrived, by path."""

    def __init__(self, context: ssl.SSLContext) -> None:
        context.set_alpn_protocols(["h2"])
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.seen: list[tuple[str, bytes]] = []
        self.connections = 0
        self._open: list[ssl.SSLSocket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Http2Server:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError), self._context.wrap_socket(raw, server_side=True) as sock:
            self._open.append(sock)
            sock.settimeout(10)
            peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            peer.initiate_connection()
            paths: dict[int, str] = {}
            bodies: dict[int, bytes] = {}
            while True:
                sock.sendall(peer.data_to_send())
                data = sock.recv(65536)
                if not data:
                    return
                for event in peer.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        headers = dict(event.headers)
                        paths[event.stream_id] = headers[b":path"].decode()
                        bodies[event.stream_id] = b""
                    elif isinstance(event, h2.events.DataReceived):
                        bodies[event.stream_id] += event.data
                        peer.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        path, body = paths[event.stream_id], bodies[event.stream_id]
                        self.seen.append((path, body))
                        if not ACTS[path](peer, event.stream_id, body):
                            sock.sendall(peer.data_to_send())
                            # A socket that is closed with unread data resets, which may take the answer back.
                            while path == "/goaway-after" and sock.recv(65536):
                                pass
                            return


def answer(peer: h2.connection.H2Connection, stream: int, body: bytes) -> bool:
    headers = [(":status", "200"), ("content-type", "text/xml"), ("content-length", str(len(body)))]
    peer.send_headers(stream, headers)
    peer.send_data(stream, body, end_stream=True)
    return True


def goaway(last: int | None, code: Codes, *, answers: bool = False) -> Callable[..., bool]:
    def act(peer: h2.connection.H2Connection, stream: int, body: bytes) -> bool:
        if answers:
            answer(peer, stream, body)
        peer.close_connection(code, last_stream_id=stream if last is None else last)
        return False

    return act


def reset(code: Codes) -> Callable[..., bool]:
    def act(peer: h2.connection.H2Connection, stream: int, _: bytes) -> bool:
        peer.reset_stream(stream, code)
        return True

    return act


ACTS = {
    "/": answer,
    "/goaway-not-processed": goaway(0, Codes.NO_ERROR),
    "/goaway-processed": goaway(None, Codes.NO_ERROR),
    "/goaway-error": goaway(None, Codes.ENHANCE_YOUR_CALM),
    "/goaway-after": goaway(None, Codes.NO_ERROR, answers=True),
    "/refused": reset(Codes.REFUSED_STREAM),
    "/reset": reset(Codes.INTERNAL_ERROR),
    "/cancelled": reset(Codes.CANCEL),
}


@pytest.fixture
def http2(zoo: Zoo) -> Iterator[Http2Server]:
    with Http2Server(zoo.server("good")) as server:
        yield server


@pytest.fixture
def framed(kind: str, zoo: Zoo) -> Iterator[Transport]:
    if kind == "sync":
        blocking = CurlTransport(ca_file=zoo.ca_file, http2=True)
        yield blocking
        blocking.close()
    else:
        looped = LoopTransport(CurlAsyncTransport(ca_file=zoo.ca_file, http2=True))
        yield looped
        looped.stop()


@shows(ErrorCode.WS_E_ENDPOINT_DISCONNECTED, "request refused by GOAWAY or RST_STREAM of HTTP/2")
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
@pytest.mark.parametrize("path", [path for path in ACTS if path not in ("/", "/goaway-after")])
def test_refused(framed: Transport, http2: Http2Server, path: str, *, kept: bool) -> None:
    if kept:
        assert framed.call(request(http2.url("/"), b"<first/>"), LIMITS)[1] == b"<first/>"
    with pytest.raises(TransportError) as caught:
        framed.call(request(http2.url(path), b"<once/>"), LIMITS)
    assert caught.value.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
    assert caught.value.sent is not False
    head, body = framed.call(request(http2.url("/"), b"<next/>"), LIMITS)
    assert (head.version, head.status, body) == ("2", 200, b"<next/>")
    assert [body for _, body in http2.seen].count(b"<once/>") == 1


def test_a_connection_that_is_not_to_be_used_again(framed: Transport, http2: Http2Server) -> None:
    """GOAWAY after the answer: the answer counts, and the next request takes another connection."""
    for number in range(3):
        body = b"<r>%d</r>" % number
        assert framed.call(request(http2.url("/goaway-after"), body), LIMITS)[1] == body
    assert http2.connections == 3
    assert len(http2.seen) == 3
