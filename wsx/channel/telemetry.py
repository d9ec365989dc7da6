"""OpenTelemetry spans of channels, made from their events; needs the extra ``wsx[opentelemetry]``."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wsx.channel.events import ChannelEvent, EventKind
from wsx.errors import NotSupported

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider

__all__ = ["SpanRecorder"]

_NANOSECONDS: Final = 1_000_000_000
_FAILED: Final = 400
_TOLD: Final = (EventKind.SENT, EventKind.HEADERS, EventKind.RECEIVED, EventKind.REDIRECT)


class SpanRecorder:
    """An ``on_event`` that makes a client span of each exchange, for any number of channels and threads.

    A span begins when the request is handed to the transport, as a child of the span that is current there, and ends
    with the response or the failure. Its name is the action, or "POST" without one. Its attributes follow the semantic
    conventions of OpenTelemetry for RPC and HTTP; no header, body or query of a URL is among them.

    :param tracer_provider: None takes the global one.
    :raises NotSupported: when OpenTelemetry cannot be imported; the message says what to install.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        try:
            from opentelemetry import trace  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise NotSupported(
                "spans need OpenTelemetry, which cannot be imported; install it with: pip install 'wsx[opentelemetry]'",
                original=error,
            ) from error
        self._trace = trace
        self._tracer = trace.get_tracer("wsx", tracer_provider=tracer_provider)
        self._guard = threading.Lock()
        self._spans: dict[int, Span] = {}

    def __call__(self, event: ChannelEvent) -> None:
        """Take an event."""
        if event.exchange is None:
            return
        if event.kind is EventKind.SENDING:
            self._begin(event.exchange, event)
            return
        ends = event.kind in (EventKind.DONE, EventKind.ERROR)
        with self._guard:
            # An error in reading the reply comes when its span has ended.
            span = self._spans.pop(event.exchange, None) if ends else self._spans.get(event.exchange)
        if span is None:
            return
        self._note(span, event)
        if ends:
            span.end(_nanoseconds(event.time))

    def _begin(self, exchange: int, event: ChannelEvent) -> None:
        parts = urlsplit(event.url)
        attributes: dict[str, str | int] = {
            "rpc.system": "soap",
            "http.request.method": "POST",
            "url.full": event.url,
            "server.address": parts.hostname or "",
            "server.port": parts.port or (443 if parts.scheme == "https" else 80),
            "http.request.body.size": event.size or 0,
        }
        if event.action is not None:
            attributes["rpc.method"] = event.action
        span = self._tracer.start_span(
            event.action or "POST",
            kind=self._trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=_nanoseconds(event.time),
        )
        with self._guard:
            self._spans[exchange] = span

    def _note(self, span: Span, event: ChannelEvent) -> None:
        status, error = event.status, event.error
        if event.kind in _TOLD:
            details = {} if event.kind is not EventKind.REDIRECT else {"url.full": event.url}
            span.add_event(event.kind.value, details, timestamp=_nanoseconds(event.time))
        if event.reused is not None:
            span.set_attribute("wsx.connection.reused", event.reused)
        if event.kind is EventKind.RECEIVED and event.size is not None:
            span.set_attribute("http.response.body.size", event.size)
        if status is not None:
            span.set_attribute("http.response.status_code", status)
        if error is not None:
            span.set_attribute("error.type", error.code.name)
            span.set_status(self._trace.StatusCode.ERROR, error.message)
        elif event.kind is EventKind.DONE and status is not None and status >= _FAILED:
            # A SOAP fault.
            span.set_attribute("error.type", str(status))
            span.set_status(self._trace.StatusCode.ERROR)


def _nanoseconds(seconds: float) -> int:
    return int(seconds * _NANOSECONDS)
