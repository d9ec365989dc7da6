"""A handler of requests served over HTTP on the loopback interface, for programs that want a real address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from wsx.testing.memory import Handler
from wsx.transport import HttpRequest, HttpUrl

__all__ = ["serve"]

# How long a silent connection lives; the tests that use it end long before.
_IDLE_SECONDS: Final = 20
_MAX_BODY: Final = 64 << 20


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


@contextmanager
def serve(handler: Handler, path: str = "/") -> Iterator[str]:
    """The URL where ``handler`` answers POST requests while the block runs; several at once, each in a thread."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _IDLE_SECONDS
        # Head and body leave together; in two pieces they would wait for each other (Nagle, delayed ACK).
        wbufsize = 1 << 16
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isascii() or not length.isdigit() or int(length) > _MAX_BODY:
                self.close_connection = True
                self.send_error(411, "a Content-Length of at most 64 MiB is needed")
                return
            body = self.rfile.read(int(length))
            lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
            head, content = handler(HttpRequest("POST", url, lines, body))
            self.send_response(head.status, head.reason)
            for name, value in head.headers:
                self.send_header(name.decode("latin-1"), value.decode("latin-1"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """No log lines: the service keeps its calls."""

    server = _Server(("127.0.0.1", 0), Answers)
    url = HttpUrl.parse(f"http://127.0.0.1:{server.server_address[1]}{path}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield str(url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
