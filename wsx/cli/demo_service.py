"""The purchase-order service of ``wsx demo``: a small HTTP server on the loopback interface.

It reads each order by its tables, demands the custom header, and answers with the total. What it refuses it answers
with a SOAP fault.
"""

from __future__ import annotations

import decimal
import threading
import uuid
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final
from xml.sax.saxutils import escape

from wsx.cli.demo_tables import CONFIRM_ACTION, SUBMIT_ACTION, Batch, Confirmation, PurchaseOrder
from wsx.descriptions import ReadOption
from wsx.errors import WsError
from wsx.message import HeaderType, Message, MessageInitialization

__all__ = ["OrderService", "Refused", "answer"]

_PATH: Final = "/orders"
_MAX_REQUEST: Final = 1024 * 1024
_CONTENT_TYPE: Final = "application/soap+xml"
_FAULT: Final = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:{code}</s:Value>'
    '</s:Code><s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>'
)


class Refused(Exception):
    """The service does not accept the request; the text is the reason in the fault."""


def answer(request: bytes) -> bytes:
    """The reply to one envelope. Raises Refused and WsError for what is no acceptable order."""
    message = Message()
    message.read_envelope_start(request)
    if message.get_header(HeaderType.ACTION) != SUBMIT_ACTION:
        raise Refused(f"the action is not {SUBMIT_ACTION}")
    batch: Batch = message.get_custom_header(Batch)
    if not 1 <= batch.position <= batch.size:
        raise Refused(f"the batch header counts {batch.position} of {batch.size}")
    if message.must_understand_headers:
        raise Refused(f"header {message.must_understand_headers[0]} is not understood")
    order: PurchaseOrder = message.read_body(PurchaseOrder)
    message.read_envelope_end()
    total = sum((line.quantity * line.unit_price for line in order.lines), decimal.Decimal())
    if not order.lines or total <= 0:
        raise Refused(f"order {order.number} is empty")
    confirmation = Confirmation(
        number=order.number,
        lines=len(order.lines),
        total=total,
        confirmation=uuid.uuid5(batch.run, f"{batch.position}/{order.number}"),
    )
    reply = Message()
    reply.initialize(MessageInitialization.BLANK)
    reply.set_header(HeaderType.ACTION, CONFIRM_ACTION)
    related = message.get_header(HeaderType.MESSAGE_ID, option=ReadOption.OPTIONAL_POINTER)
    if related is not None:
        reply.set_header(HeaderType.RELATES_TO, related)
    reply.write_envelope_start()
    reply.write_body(Confirmation, confirmation)
    return reply.write_envelope_end()


class _Handler(BaseHTTPRequestHandler):
    """One connection; HTTP/1.1, so that it is kept alive between messages."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # One write per response: head and body in one packet.
    wbufsize = -1
    server: _Server

    def do_POST(self) -> None:
        """Answer one message."""
        length = self.headers.get("Content-Length", "")
        if self.path != _PATH or not length.isdecimal() or int(length) > _MAX_REQUEST:
            self.close_connection = True
            status = HTTPStatus.NOT_FOUND if self.path != _PATH else HTTPStatus.BAD_REQUEST
            self._send(status, "text/plain", status.phrase.encode())
            return
        request = self.rfile.read(int(length))
        try:
            reply = answer(request)
        except (Refused, WsError) as error:
            # SOAP 1.2 part 2 §7.5.2.2: a Sender fault goes with status 400.
            fault = _FAULT.format(code="Sender", reason=escape(str(error)))
            self._send(HTTPStatus.BAD_REQUEST, _CONTENT_TYPE, fault.encode())
        else:
            self.server.count()
            self._send(HTTPStatus.OK, _CONTENT_TYPE, reply)

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged; the demo shows the sums."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.accepted = 0
        self._lock = threading.Lock()

    def count(self) -> None:
        with self._lock:
            self.accepted += 1


class OrderService:
    """The service, running in threads of its own until it is closed; a context manager.

    ``port`` 0 takes a free one. It listens on 127.0.0.1 only.
    """

    def __init__(self, port: int = 0) -> None:
        """Raises OSError when the port is taken."""
        self._server = _Server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._server.serve_forever, name="wsx-demo-service", daemon=True)

    @property
    def url(self) -> str:
        """Where orders go."""
        return f"http://127.0.0.1:{self._server.server_port}{_PATH}"

    @property
    def accepted(self) -> int:
        """How many orders were confirmed."""
        return self._server.accepted

    def __enter__(self) -> OrderService:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
