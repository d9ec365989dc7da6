"""One request and its response over a :class:`~wsx.transport.curl.CurlTransport`, whose bodies go through in pieces."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pycurl

from wsx.errors import ErrorCode
from wsx.transport.curl_flow import Buffer, Flow
from wsx.transport.handshake import Legs, prove
from wsx.transport.heads import refused
from wsx.transport.protocol import HttpHead, HttpRequest, Limits, Phase, TransportError

if TYPE_CHECKING:
    from wsx.transport.curl import CurlTransport
    from wsx.transport.curl_call import CurlCall

__all__ = ["CurlExchange", "ExchangeState", "exchange_over"]


def exchange_over() -> TransportError:
    """The error for a call of an exchange that is over."""
    return _misused("the exchange is over")


def _misused(text: str) -> TransportError:
    return TransportError(text, code=ErrorCode.WS_E_INVALID_OPERATION, phase=Phase.PREPARE)


class ExchangeState:
    """How far the user of an exchange is, and what it came to; no input and output."""

    def __init__(self, request: HttpRequest, flow: Flow, legs: Legs | None = None) -> None:
        self.flow = flow
        self._legs = legs  # want to know the head of the response
        self.written = request.body is not None  # the request has its body already
        self.finished = False  # finish() was called
        self.over = False  # the transfer is
        self.closed = False
        self.head: HttpHead | None = None
        self.error: BaseException | None = None  # what the transfer came to, not raised yet
        self._unproven = False  # the endpoint has not shown that it knows the secret, too: its response is nobody's

    def check_write(self, size: int) -> None:
        """Whether ``size`` bytes may be written.

        :raises TransportError: as :meth:`Exchange.write`.
        """
        flow = self.flow
        self.check_open()
        if self.written or self.finished:
            raise _misused("the request has its whole body already")
        if flow.length is not None and flow.given + size > flow.length:
            raise refused(f"the body is longer than the {flow.length} bytes of the request's length")

    def check_finish(self, *, answered: bool) -> None:
        """Whether the body may end here.

        :raises TransportError: as :meth:`Exchange.finish`.
        """
        flow = self.flow
        self.check_open()
        if flow.length is not None and not self.written and not answered and flow.given < flow.length:
            raise refused(f"the body has {flow.given} bytes, {flow.length} were announced")

    def check_read(self) -> None:
        """Whether there is something to read.

        :raises TransportError: WS_E_INVALID_OPERATION before :meth:`Exchange.finish`.
        """
        self.check_open()
        if not self.finished:
            raise _misused("the request is not finished")

    def check_open(self) -> None:
        """:raises TransportError: WS_E_INVALID_OPERATION after the exchange was closed."""
        if self.closed:
            raise exchange_over()

    def raise_error(self) -> None:
        """:raises BaseException: what the transfer came to, once."""
        error, self.error = self.error, None
        if error is not None:
            self.closed = True
            raise error

    def take_head(self, head: HttpHead) -> None:
        """The head of the final response is here.

        :raises TransportError: WS_E_SECURITY_VERIFICATION_FAILURE.
        """
        legs, self._legs = self._legs, None
        if legs is not None:
            self._unproven = True
            prove(legs, head)
            self._unproven = False
        self.head = head

    def take_answer(self, head: HttpHead, body: bytes) -> None:
        """There is a response, before anything of the body was asked for."""
        self.over = True
        self.head = head
        if body:
            self.flow.receive_some(memoryview(body))

    def settle(self, call: CurlCall, limits: Limits, error: BaseException | None) -> None:
        """The transfer is over: keep what it came to, for its handle serves the next call."""
        self.over = True
        try:
            if error is not None:
                raise error
            if self.head is None:
                self.take_head(call._response_head(limits))
            elif call._aborted:
                call._response_head(limits)
        except TransportError as failure:
            self.error = self.flow.failure or failure
            if self.head is None and not self._unproven and not call._aborted and call._has_answer():
                # The head, and what came of the body, are good; reading further is what fails.
                with contextlib.suppress(TransportError):
                    self.head = call._response_head(limits)

    def pass_on(self, sink: Callable[[memoryview], object]) -> None:
        """Give ``sink`` what waits."""
        while self.flow.has_piece:
            sink(memoryview(self.flow.next_piece()))


class CurlExchange:
    """An :class:`~wsx.transport.protocol.Exchange`, made by :meth:`CurlTransport.start`."""

    __slots__ = ("_limits", "_state", "_transport")

    def __init__(
        self, transport: CurlTransport, request: HttpRequest, limits: Limits, flow: Flow, legs: Legs | None = None
    ) -> None:
        self._transport = transport
        self._limits = limits
        self._state = ExchangeState(request, flow, legs)

    def settle(self, head: HttpHead, body: bytes) -> None:
        """The response was there before the request's body was begun."""
        self._state.take_answer(head, body)

    def write(self, data: Buffer) -> bool:
        """As :meth:`~wsx.transport.protocol.Exchange.write`."""
        state, flow, transport = self._state, self._state.flow, self._transport
        view = memoryview(data)
        self._refusing(lambda: state.check_write(view.nbytes))
        if not state.over and view.nbytes:
            flow.give(view)
            transport._body_size = flow.given
            self._drive(lambda: flow.taken_all or transport._refuses_body())
        state.raise_error()
        wanted = flow.taken_all and not state.over
        flow.drop()
        return wanted

    def finish(self) -> HttpHead:
        """As :meth:`~wsx.transport.protocol.Exchange.finish`."""
        state, transport = self._state, self._transport
        self._refusing(lambda: state.check_finish(answered=state.over or transport._refuses_body()))
        state.finished = state.flow.ended = True
        if not state.over:
            self._drive(transport._has_answer)
        if not state.over and state.head is None:
            try:
                state.take_head(transport._response_head(self._limits))
            except TransportError:
                self.close()
                raise
        if state.head is None:
            state.raise_error()
        if state.head is None:
            raise exchange_over()
        return state.head

    def read(self, sink: Callable[[memoryview], object] | None = None) -> bytes:
        """As :meth:`~wsx.transport.protocol.Exchange.read`."""
        state, flow = self._state, self._state.flow
        state.check_read()
        if sink is not None:
            self._read_all(sink)
        elif not flow.has_piece and not state.over:
            self._drive(lambda: flow.has_piece)
        piece = flow.next_piece()
        if not piece:
            state.raise_error()
        return piece

    def _read_all(self, sink: Callable[[memoryview], object]) -> None:
        state, flow = self._state, self._state.flow
        try:
            state.pass_on(sink)
            flow.sink = sink
            if not state.over:
                self._drive(None)
        except BaseException:
            self.close()
            raise
        finally:
            flow.sink = None
        state.pass_on(sink)

    def abort(self) -> None:
        """As :meth:`~wsx.transport.protocol.Exchange.abort`."""
        if not self._state.over and self._transport._stream is self:
            self._transport.abort()

    def close(self) -> None:
        """As :meth:`~wsx.transport.protocol.Exchange.close`."""
        state, transport = self._state, self._transport
        if not state.over:
            state.over = True
            # The transport may have been closed meanwhile.
            if transport._stream is self:
                transport._enter(self)
                transport._end_exchange()
        state.closed = True

    def __enter__(self) -> CurlExchange:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _refusing(self, check: Callable[[], None]) -> None:
        """A request that was told wrong cannot go on."""
        try:
            check()
        except TransportError as error:
            if error.code is ErrorCode.E_INVALIDARG:
                self.close()
            raise

    def _drive(self, enough: Callable[[], bool] | None) -> None:
        """Drive the transfer; ``over`` and ``error`` say what it has come to."""
        state, transport = self._state, self._transport
        transport._enter(self)
        try:
            paused = state.flow.resumes()
            if paused is not None:
                # What comes of it in the sink, or of a transfer that ends in it, is seen when it is driven on.
                with contextlib.suppress(pycurl.error):
                    transport._curl.pause(paused)
            if not transport._drive(self._limits, enough):
                transport._leave()
                return
            transport._check_transfer(self._limits)
        except TransportError as error:
            state.settle(transport, self._limits, error)
        except BaseException:
            state.over = state.closed = True
            transport._end_exchange()
            raise
        else:
            state.settle(transport, self._limits, None)
        transport._end_exchange()
