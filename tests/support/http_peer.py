"""An HTTP server on a free loopback port whose answers the test gives."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

# How long the server lets a silent connection live; tests end long before.
_IDLE_SECONDS = 20


@dataclass
class Seen:
    """A request that the server got; ``connection`` tells connections apart."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Answer:
    """What the server answers; ``before`` is called first, in the server's thread, and ``make_body`` makes the body."""

    body: bytes = b""
    status: int = 200
    content_type: str | None = "text/xml; charset=utf-8"
    close: bool = False
    before: Callable[[], object] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    make_body: Callable[[Seen], bytes] | None = None


class Server(ThreadingHTTPServer):
    """Lets as many connections wait as tests make at once.

    With the standard library's queue of five, a system drops what comes too fast: the client has its connection then,
    the server has none, and it takes the kernel up to a minute to find that out.
    """

    request_queue_size = 128
    daemon_threads = True


class HttpPeer:
    """Use it as a context manager. Answers are taken in order; the last one is kept for further requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = deque(answers or [Answer()])
        self.seen: list[Seen] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = _IDLE_SECONDS
            # Head and body leave together; in two pieces they would wait for each other (Nagle, delayed ACK).
            wbufsize = 1 << 16
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                peer._handle(self)

            def do_GET(self) -> None:
                peer._handle(self)

            def log_message(self, format: str, *args: object) -> None:
                """No log lines: the requests are kept in ``seen``."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """The server's URL without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        port = int(handler.client_address[1])
        seen = Seen(handler.command, handler.path, dict(handler.headers.items()), body, port)
        self.seen.append(seen)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.popleft()
        if answer.before is not None:
            answer.before()
        content = answer.body if answer.make_body is None else answer.make_body(seen)
        handler.send_response(answer.status)
        if answer.content_type is not None:
            handler.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if answer.status != 204:
            handler.send_header("Content-Length", str(len(content)))
        if answer.close:
            handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content)

    def __enter__(self) -> HttpPeer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
