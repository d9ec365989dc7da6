"""What HTTP adds to an exchange: coding, cookies, redirects, the deadline. No input and output.

:class:`~wsx.channel.machine.ChannelMachine` knows SOAP; this knows what stands around its messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from wsx.channel.coding import Decoder, coding_of, decoded, gzipped
from wsx.channel.cookies import CookieStore
from wsx.channel.enums import CookieMode
from wsx.channel.events import EventSource, OnEvent
from wsx.channel.http_head import ResponseLines, with_mapped_headers
from wsx.channel.properties import ChannelProperties
from wsx.channel.redirects import is_redirect, redirected
from wsx.errors import InvalidArgument, OperationAborted, WsError
from wsx.transport import HttpHead, HttpRequest, HttpUrl, Limits

__all__ = ["HttpExchange"]


class HttpExchange:
    """The exchanges of one channel, one at a time.

    :param anonymous: the transport shows no credentials of its own to a server.
    :param on_event: is told each step.
    """

    __slots__ = (
        "_anonymous",
        "_cookies",
        "_deadline",
        "_limits",
        "_opened",
        "_properties",
        "_redirects_left",
        "_request",
        "_response",
        "cookie_jars",
        "events",
    )

    def __init__(
        self, properties: ChannelProperties, *, anonymous: bool = False, on_event: OnEvent | None = None
    ) -> None:
        self._anonymous = anonymous
        self._cookies = CookieStore()
        self.cookie_jars = self._cookies.jars  # empty until a server has set a cookie
        self._deadline: float | None = None
        self._redirects_left = 0
        self._request: HttpRequest | None = None
        self._response = ResponseLines(())
        self._opened: HttpUrl | None = None
        self.events = None if on_event is None else EventSource(on_event)
        self.change(properties)

    def change(self, properties: ChannelProperties) -> None:
        """Go by other properties from the next request on."""
        self._properties = properties
        self._limits = Limits(
            resolve=properties.resolve_timeout,
            connect=properties.connect_timeout,
            send=properties.send_timeout,
            receive_response=properties.receive_response_timeout,
            receive=properties.receive_timeout,
            max_body=properties.max_buffered_message_size,
            max_head=properties.max_response_head_size,
        )

    @property
    def limits(self) -> Limits:
        """What the request that is under way may take: the properties, and what is left of the total time."""
        if self._deadline is None:
            return self._limits
        return replace(self._limits, total=max(self._deadline - monotonic(), 0.0))

    @property
    def url(self) -> HttpUrl | None:
        """Where the request that is under way goes; None without one."""
        return None if self._request is None else self._request.url

    def opened(self, url: HttpUrl) -> None:
        """The channel is open now."""
        self._cookies.clear()
        self._opened = url
        if self.events is not None:
            self.events.opened(url)

    def closed(self) -> None:
        """The channel is closed now, perhaps again."""
        self._cookies.clear()
        self._request = None
        url, self._opened = self._opened, None
        if self.events is not None and url is not None:
            self.events.closed(url)

    # Out

    def header_lines(
        self, own: Sequence[tuple[bytes, bytes]], mapped: Sequence[tuple[str, str]]
    ) -> Sequence[tuple[bytes, bytes]]:
        """The channel's ``own`` header lines and the ``mapped`` headers of the message.

        :raises InvalidArgument: for a mapped header that the channel or the transport writes itself.
        """
        if mapped and self._keeps_cookies and any(name.lower() == "cookie" for name, _ in mapped):
            raise InvalidArgument("Cookie can be a mapped header with cookie_mode MANUAL only")
        return with_mapped_headers(own, self._properties.http_message_mapping.outgoing(mapped))

    def outgoing(self, url: HttpUrl, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> HttpRequest:
        """The request with ``headers`` and ``body``, and what the properties add to them; changes nothing here."""
        threshold = self._properties.gzip_request_threshold
        if threshold is not None and len(body) >= threshold:
            body = gzipped(body)
            headers = (*headers, (b"Content-Encoding", b"gzip"))
        return self._with_cookies(HttpRequest("POST", url, headers, body, len(body)))

    def outgoing_in_pieces(self, url: HttpUrl, headers: Sequence[tuple[bytes, bytes]]) -> HttpRequest:
        """A request whose body is handed to an exchange piece by piece; it has no content coding."""
        return self._with_cookies(HttpRequest("POST", url, headers))

    def begin(self, request: HttpRequest, action: str | None, timeout: float | None = None) -> HttpRequest:
        """``request`` is handed to the transport now; ``timeout`` stands for the total time of the properties."""
        properties = self._properties
        total = properties.total_timeout if timeout is None else timeout
        self._deadline = None if total is None else monotonic() + total
        self._redirects_left = properties.max_http_redirects
        self._request = request
        if self.events is not None:
            request.timed = True
            self.events.sending(request, action)
        return request

    # In

    def received(self, head: HttpHead, body: bytes | None) -> HttpRequest | None:
        """A response has come; the request to send next when it is a redirect that is followed, else None.

        Without a ``body`` that comes in pieces: :meth:`received_all` says when.

        :raises WsError: when it is a redirect that cannot be followed, and what the callback of redirects raises.
        """
        request = self._request
        if request is None:
            raise AssertionError("a response belongs to a request")
        if self.events is not None:
            self.events.answered(request, head)
            if body is not None:
                self.events.received(request, head, len(body))
        lines = self.lines(head)
        if lines.sets_cookies and self._keeps_cookies:
            self._cookies.take(request.url, head.headers)
        callback = self._properties.http_redirect_callback
        if callback is None or not is_redirect(head.status):
            return None
        if self._keeps_cookies:
            request = request.replace(headers=tuple(line for line in request.headers if line[0] != b"Cookie"))
        again = self._with_cookies(
            redirected(request, head, callback, left=self._redirects_left, anonymous=self._anonymous)
        )
        self._redirects_left -= 1
        self._request = again
        if self.events is not None:
            again.timed = True
            self.events.redirected(again)
        return again

    def lines(self, head: HttpHead) -> ResponseLines:
        """What the header lines of a response say to a channel; most often they are those of the last one."""
        headers = head.headers
        if headers is not self._response.headers:
            self._response = ResponseLines(headers if type(headers) is tuple else tuple(headers))
        return self._response

    def received_all(self, head: HttpHead, size: int) -> None:
        """The body of the response has come in pieces of ``size`` bytes in all."""
        if self.events is not None and self._request is not None:
            self.events.received(self._request, head, size)

    def decoded(self, head: HttpHead, body: bytes) -> bytes:
        """The body of a response without its content coding.

        :raises InvalidFormat: for a coding that is not known, or a body that is not in it.
        :raises QuotaExceeded: when it becomes too large, or too large for what was received.
        """
        if not (body and self.lines(head).has_coding):
            return body
        coding = coding_of(head.headers)
        if coding is None:
            return body
        properties = self._properties
        return decoded(
            coding,
            body,
            max_size=properties.max_buffered_message_size,
            max_ratio=properties.max_decompression_ratio,
            ratio_above=properties.decompression_ratio_above,
        )

    def mapped_headers(self, headers: Sequence[tuple[bytes, bytes]]) -> Sequence[tuple[str, str]]:
        """The mapped headers of a reply, from the header lines of its response."""
        return self._properties.http_message_mapping.incoming(headers)

    def decoder(self, coding: bytes, max_size: int) -> Decoder:
        """What undoes the ``coding`` of a response that comes in pieces."""
        properties = self._properties
        return Decoder(
            coding,
            max_size=max_size,
            max_ratio=properties.max_decompression_ratio,
            ratio_above=properties.decompression_ratio_above,
        )

    def done(self, head: HttpHead) -> None:
        """The response is one that the channel takes."""
        if self.events is not None and self._request is not None:
            self.events.done(self._request.url, head.status)

    def failed(self, error: WsError) -> WsError:
        """The exchange has failed with ``error``, which is returned with the URL where it did."""
        url = self.url
        if url is not None:
            error.url = error.url or str(url)
            if self.events is not None:
                self.events.failed(url, error)
        return error

    def interrupted(self) -> None:
        """The exchange was given up."""
        if self.events is not None:
            self.failed(OperationAborted("the operation was interrupted"))

    @property
    def _keeps_cookies(self) -> bool:
        return self._properties.cookie_mode is CookieMode.AUTO

    def _with_cookies(self, request: HttpRequest) -> HttpRequest:
        line = self._cookies.line(request.url) if self.cookie_jars else None
        if line is not None:
            request.headers = (*request.headers, (b"Cookie", line))
        return request
