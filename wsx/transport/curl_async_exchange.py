"""One request and its response over a :class:`~wsx.transport.curl_async.CurlAsyncTransport`, in pieces."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pycurl

from wsx.errors import ErrorCode
from wsx.transport.curl_exchange import ExchangeState, exchange_over
from wsx.transport.curl_flow import Buffer, Flow
from wsx.transport.handshake import Legs
from wsx.transport.protocol import HttpHead, HttpRequest, TransportError

if TYPE_CHECKING:
    from wsx.transport.curl_async import CurlAsyncTransport

__all__ = ["CurlAsyncExchange"]


class CurlAsyncExchange:
    """An :class:`~wsx.transport.protocol.AsyncExchange`, made by :meth:`CurlAsyncTransport.start`.

    The event loop drives the transfer, also while nobody waits here; the flow holds it back then.
    """

    __slots__ = ("_future", "_inside", "_loop", "_state", "_transport", "_wake")

    def __init__(
        self,
        transport: CurlAsyncTransport,
        request: HttpRequest,
        flow: Flow,
        future: asyncio.Future[Any],
        legs: Legs | None = None,
    ) -> None:
        self._transport = transport
        self._state = ExchangeState(request, flow, legs)
        self._loop = future.get_loop()
        self._wake: asyncio.Future[None] | None = None  # of the call that waits
        self._inside = False
        flow.wake = self._wake_up
        self._take_future(future)

    def settle(self, head: HttpHead, body: bytes) -> None:
        """The response was there before the request's body was begun."""
        self._state.take_answer(head, body)

    async def write(self, data: Buffer) -> bool:
        """As :meth:`~wsx.transport.protocol.Exchange.write`."""
        state, flow, transport = self._state, self._state.flow, self._transport
        view = memoryview(data)
        await self._refusing(lambda: state.check_write(view.nbytes))
        if not state.over and view.nbytes:
            flow.give(view)
            transport._body_size = flow.given
            await self._until(lambda: flow.taken_all or transport._refuses_body())
        state.raise_error()
        wanted = flow.taken_all and not state.over
        flow.drop()
        return wanted

    async def finish(self) -> HttpHead:
        """As :meth:`~wsx.transport.protocol.Exchange.finish`."""
        state, transport = self._state, self._transport
        await self._refusing(lambda: state.check_finish(answered=state.over or transport._refuses_body()))
        state.finished = state.flow.ended = True
        if not state.over:
            await self._until(transport._has_answer)
        if not state.over and state.head is None:
            try:
                state.take_head(transport._response_head(transport._limits))
            except TransportError:
                await self.close()
                raise
        if state.head is None:
            state.raise_error()
        if state.head is None:
            raise exchange_over()
        return state.head

    async def read(self, sink: Callable[[memoryview], object] | None = None) -> bytes:
        """As :meth:`~wsx.transport.protocol.Exchange.read`."""
        state, flow = self._state, self._state.flow
        state.check_read()
        if sink is not None:
            await self._read_all(sink)
        elif not flow.has_piece and not state.over:
            await self._until(lambda: flow.has_piece)
        piece = flow.next_piece()
        if not piece:
            state.raise_error()
        elif not state.over:
            self._resume()
        return piece

    async def _read_all(self, sink: Callable[[memoryview], object]) -> None:
        state, flow = self._state, self._state.flow
        try:
            state.pass_on(sink)
            flow.sink = sink
            if not state.over:
                await self._until(lambda: False)
        except BaseException:
            await self.close()
            raise
        finally:
            flow.sink = None
        state.pass_on(sink)

    def abort(self) -> None:
        """As :meth:`~wsx.transport.protocol.Exchange.abort`."""
        if not self._state.over and self._transport._stream is self:
            self._transport.abort()

    async def close(self) -> None:
        """As :meth:`~wsx.transport.protocol.Exchange.close`."""
        self.end()
        self._state.closed = True

    def end(self) -> None:
        """The transfer is not to go on."""
        state, transport = self._state, self._transport
        if not state.over:
            state.over = True
            if self._inside:
                state.error = transport._error(ErrorCode.WS_E_OPERATION_ABORTED, "the exchange was closed")
            transport._withdraw()
            transport._end()
            transport._give_back()

    async def __aenter__(self) -> CurlAsyncExchange:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _refusing(self, check: Callable[[], None]) -> None:
        """A request that was told wrong cannot go on."""
        try:
            check()
        except TransportError as error:
            if error.code is ErrorCode.E_INVALIDARG:
                await self.close()
            raise

    # Waiting

    def _take_future(self, future: asyncio.Future[Any]) -> None:
        self._future = future
        future.add_done_callback(self._transfer_done)

    def _transfer_done(self, future: asyncio.Future[Any]) -> None:
        if not future.cancelled():
            # Taken notice of, also when nobody asks any more.
            future.exception()
        self._wake_up()

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _resume(self) -> None:
        paused = self._state.flow.resumes()
        if paused is not None and not self._future.done():
            # libcurl refuses it for a transfer that has ended; the loop tells of that in a moment.
            with contextlib.suppress(pycurl.error):
                self._transport._curl.pause(paused)

    async def _until(self, ready: Callable[[], bool]) -> None:
        """Wait until ``ready`` or the end of the transfer; ``over`` and ``error`` say what it has come to."""
        transport = self._transport
        if self._inside:
            raise transport._busy()
        if transport._stream is not self:
            raise exchange_over()
        self._inside = True
        transport._watch()
        try:
            while True:
                self._resume()
                if self._future.done():
                    if self._settle():
                        return
                elif ready():
                    return
                else:
                    self._wake = self._loop.create_future()
                    await self._wake
        except BaseException:
            await self.close()
            raise
        finally:
            self._wake, self._inside = None, False
            if transport._stream is self:
                transport._unwatch()

    def _settle(self) -> bool:
        """The transfer is over, but when it has to be made again on another connection."""
        state, transport = self._state, self._transport
        if state.over:
            # Somebody else has ended it; the transport may serve another call by now.
            return True
        error = None if self._future.cancelled() else self._future.exception()
        try:
            if isinstance(error, pycurl.error):
                transport._check_failure(error)
                transport._withdraw()
                transport._take_fresh()
                self._take_future(transport._launch())
                transport._watch()
                return False
            if error is not None:
                raise error
        except TransportError as failure:
            error = failure
        state.settle(transport, transport._limits, error)
        transport._withdraw()
        transport._end()
        transport._give_back()
        return True
