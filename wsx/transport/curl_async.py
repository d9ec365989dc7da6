"""HTTP over libcurl for asyncio: any number of :class:`CurlAsyncTransport` share the connections of their event loop.

Ownership: each transport owns one easy handle; the transports of an event loop own its :class:`_Pool` together, and the
last one to be closed closes it. libcurl owns the sockets; the event loop watches them through :class:`LoopMulti`, and
nothing here waits for anything else. Everything but ``abort`` runs in the loop's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pycurl

from wsx.errors import ErrorCode
from wsx.security import ProxySettings, SecurityDescription
from wsx.transport.curl_async_exchange import CurlAsyncExchange
from wsx.transport.curl_call import (
    CurlCall,
    close_aside,
    earlier,
    inode_of,
    leave_to_parent,
    phase_limit,
    replace_by_dead_socket,
)
from wsx.transport.curl_flow import Flow
from wsx.transport.curl_loop import LoopMulti
from wsx.transport.handshake import ConnectionGone, Leg, Legs, Work
from wsx.transport.polling import IdlePoll
from wsx.transport.protocol import Capability, HttpHead, HttpRequest, Limits, Phase, TransportError
from wsx.transport.url import HttpUrl

__all__ = ["CurlAsyncTransport"]

# libcurl tells nobody when the last byte of a request is sent; a request that does not leave at once is looked at again
# and again.
_SEND_LOOK: Final = 0.02

_Address = tuple[str, int]
_pools: weakref.WeakValueDictionary[int, _Pool] = weakref.WeakValueDictionary()


class _Pool:
    """The connections of one event loop, for all transports in it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.driver = LoopMulti(loop)
        self.multi = self.driver.multi
        # One call at a time uses a connection, also one of HTTP/2: giving a call up ends its connection.
        self.multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_NOTHING)
        self.users = 0
        self.lookup_left = False  # a name lookup was given up, and may still run
        self.idle = IdlePoll()
        self._sockets: dict[int, int] = {}  # socket → inode
        self._names: dict[_Address, int] = {}  # a connection's own address → its socket

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop, *, private: bool = False) -> _Pool:
        """The pool of ``loop``, with one user more; ``private`` when its connections are to be nobody else's."""
        pool = cls(loop) if private else _pools.get(id(loop))
        if pool is None:
            # The pool holds its loop, so that the number is not another's as long as the entry is there.
            pool = _pools[id(loop)] = cls(loop)
        pool.users += 1
        pool.multi.setopt(pycurl.M_MAXCONNECTS, pool.users)
        return pool

    def leave(self) -> None:
        """One user less; the last one closes the connections."""
        self.users -= 1
        if self.users:
            self.multi.setopt(pycurl.M_MAXCONNECTS, self.users)
        else:
            self._leave_list()
            self._close()

    def _close(self) -> None:
        self.driver.close(close_aside if self.lookup_left else _close)

    def __del__(self) -> None:
        # Its transports were let go of without being closed; the loop watches their connections.
        driver = getattr(self, "driver", None)
        if driver is None or driver.closed:
            return
        if self.loop.is_closed() or asyncio._get_running_loop() is self.loop:
            self._close()
        else:
            # Another thread's garbage collection came here.
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(driver.close, close_aside)

    def add_socket(self, number: int) -> None:
        """A socket was made. Numbers of closed ones go: their next owner may be anything."""
        self._sockets = {known: inode for known, inode in self._sockets.items() if inode_of(known) == inode}
        self._sockets[number] = inode_of(number)
        self._names = {name: known for name, known in self._names.items() if known in self._sockets}

    def socket_of(self, name: _Address, new: dict[int, int]) -> int | None:
        """The socket of the connection with that address of its own; one of the sockets ``new`` is remembered by it."""
        for number in new:
            if _name_of(number) == name:
                self._names[name] = number
                return number
        known = self._names.get(name)
        return None if known is None or self._sockets.get(known) != inode_of(known) else known

    def leave_to_parent(self) -> None:
        """In a child process."""
        for number, inode in self._sockets.items():
            if inode and inode_of(number) == inode:
                replace_by_dead_socket(number)
        self._sockets = {}
        self._leave_list()
        leave_to_parent(self)

    def _leave_list(self) -> None:
        if _pools.get(id(self.loop)) is self:
            del _pools[id(self.loop)]


def _close(multi: Any) -> None:
    multi.close()


class CurlAsyncTransport(CurlCall):
    """The HTTP/1.1 transport for asyncio: sends each request at most once, one call at a time.

    The transports of an event loop share its connections; a call takes any that is idle. Used in another event loop
    later, a transport begins anew there.

    :param security: TLS and authentication; None authenticates to nobody.
    :param proxy: the HTTP proxy for all requests, or settings that choose one; None connects directly. The environment
        is asked only by settings of mode AUTO.
    :param ca_file: a PEM file with the trusted root certificates, None for those of ``security`` or the system's.
    :param accept_encoding: the content codings that a response may have, undone while it is received; None sends no
        Accept-Encoding and undoes none.
    :param http2: offer HTTP/2 in the TLS handshake, and speak it if the server takes it; http URLs stay HTTP/1.1, and
        so do connections that NTLM or Negotiate authenticates. One call at a time uses a connection.
    :raises InvalidArgument: for settings that contradict each other.
    :raises NotSupported: for settings that libcurl cannot honour exactly.
    """

    capabilities = Capability.ABORT | Capability.STREAMING

    def __init__(
        self,
        *,
        security: SecurityDescription | None = None,
        proxy: HttpUrl | ProxySettings | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        accept_encoding: str | None = "gzip, deflate",
        http2: bool = False,
    ) -> None:
        self._guard = threading.Lock()  # for the two flags and _aborted
        self._running = self._closing = False
        self._stream: CurlAsyncExchange | None = None
        super().__init__(security=security, proxy=proxy, ca_file=ca_file, accept_encoding=accept_encoding, http2=http2)

    def _forget(self) -> None:
        super()._forget()
        self._pool: _Pool | None = None
        self._future: asyncio.Future[Any] | None = None  # of the running call
        self._limits = Limits()
        self._launching = False  # the first step of a transfer is under way
        self._stale = False  # libcurl took a kept connection that is dead
        # The clock of the phase: when it ends, and the timer, which may be early.
        self._clocked = Phase.PREPARE
        self._deadline: float | None = None
        self._watched = True  # somebody waits, so that time counts
        self._end_time: float | None = None  # of the call as a whole
        self._timer: asyncio.TimerHandle | None = None

    async def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """Send ``request`` at most once and wait for the whole response, whatever its status.

        When the task is cancelled, the exchange ends at once and its connection is given up.

        :raises TransportError: WS_E_INVALID_OPERATION while another call runs; E_INVALIDARG for a request that must not
            be sent (CR, LF or NUL in a header, a header that the transport writes itself); WS_E_NOT_SUPPORTED in an
            event loop that cannot watch sockets (the proactor loop of Windows); else what happened to the exchange. The
            transport can be used again after each of them.
        """
        self._take()
        try:
            if self._security.bound:
                return await self._call(request, limits)
            return await self._exchange(request, limits)
        finally:
            self._give_back()

    async def start(self, request: HttpRequest, limits: Limits) -> CurlAsyncExchange:
        """Begin an exchange whose bodies go through in pieces.

        Nothing is waited for, but for the requests without a body by which NTLM or Negotiate begins.

        :raises TransportError: as :meth:`call` before anything of the body is sent.
        """
        self._take()
        try:
            legs = self._legs(request, limits, streamed=True)
            if legs is None:
                exchange = await self._begin_exchange(request, limits)
            else:
                exchange = await self._begin_authenticated(legs, request, limits)
        except BaseException:
            self._end_legs()
            self._give_back()
            raise
        return exchange

    async def _begin_authenticated(self, legs: Legs, request: HttpRequest, limits: Limits) -> CurlAsyncExchange:
        """The legs before the one that has the body, and the beginning of that."""
        made = await self._walk(
            legs, limits, lambda leg: self._begin_exchange(self._bind(leg), self._left(limits), legs)
        )
        if isinstance(made, CurlAsyncExchange):
            return made
        # The endpoint has refused before the body was begun.
        self._end_legs()
        self._give_back()
        done_already = asyncio.get_running_loop().create_future()
        done_already.set_result(None)
        exchange = CurlAsyncExchange(self, request, Flow(request.length), done_already)
        exchange.settle(*made)
        return exchange

    async def _walk(
        self, legs: Legs, limits: Limits, begin: Callable[[Leg], Awaitable[CurlAsyncExchange]] | None = None
    ) -> Any:
        """What the legs come to: the answer to the last one, or what ``begin`` makes of the one with the body."""
        try:
            step = next(legs)
            while True:
                try:
                    if begin is not None and isinstance(step, Leg) and step.streams:
                        return await begin(step)
                    if isinstance(step, Work):
                        done = await asyncio.get_running_loop().run_in_executor(None, step.run)
                    else:
                        done = await self._exchange(self._bind(step), self._left(limits))
                except TransportError as error:
                    step = legs.throw(error)
                else:
                    step = legs.send(done)
        except StopIteration as end:
            return end.value

    async def _begin_exchange(
        self, request: HttpRequest, limits: Limits, legs: Legs | None = None
    ) -> CurlAsyncExchange:
        flow = Flow(request.length)
        self._prepare(request, limits, flow)
        self._watched = False
        future = self._launch()
        if self._bound:
            try:
                await self._check_kept(future)
            except BaseException:
                self._watched = True
                self._withdraw()
                self._end()
                raise
        self._stream = exchange = CurlAsyncExchange(self, request, flow, future, legs)
        return exchange

    async def _check_kept(self, future: asyncio.Future[Any]) -> None:
        """Whether there is the connection that the transfer is bound to shows in the next turns of the loop."""
        while not self._sends and not future.done():
            await asyncio.sleep(0)
        if not self._sends:
            try:
                await future
            except pycurl.error as error:
                if self._stale:
                    raise ConnectionGone from None
                self._check_failure(error)

    def _take(self) -> None:
        with self._guard:
            if self._running:
                raise self._busy()
            self._running, self._aborted = True, False

    def _give_back(self) -> None:
        self._lines.clear()
        self._chunks.clear()
        if self._aborted:
            # The transfer may have come to its end before it was told.
            self._stop_timer()
        self._watched, self._stream = True, None
        with self._guard:
            self._running = False
            closing, self._closing = self._closing, False
        if closing:
            self._release()

    def abort(self) -> None:
        """End the running call with WS_E_OPERATION_ABORTED, from any thread; without one there is nothing to do."""
        with self._guard:
            if not self._running:
                return
            self._aborted = True
            future, line = self._future, self._line
        if line is not None:
            line.abort()
        if future is not None:
            # A loop that is closed by now has ended the call.
            with contextlib.suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(self._end_aborted, future)

    async def close(self) -> None:
        """Let go of the connections, ending a running call. A later call takes part again.

        The last transport of an event loop to be closed closes the loop's connections.
        """
        exchange = self._stream
        if not self._running:
            self._release()
            return
        self._closing = True
        self.abort()
        if exchange is not None and not self._watched:
            exchange.end()

    def _release(self) -> None:
        pool, curl = self._pool, self._curl
        self._stop_timer()
        self._forget()
        try:
            if pool is not None:
                pool.leave()
        finally:
            if curl is not None:
                curl.close()

    def _end_aborted(self, future: asyncio.Future[Any]) -> None:
        if future is self._future and not future.done():
            future.set_exception(self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted"))

    # What libcurl calls while it runs

    def _on_new_socket(self, number: int, purpose: int) -> int:
        if self._pool is not None:
            self._pool.add_socket(number)
        answer = super()._on_new_socket(number, purpose)
        self._start_clock()
        return answer

    def _on_send(self, *addresses: Any) -> int:
        pool, future = self._pool, self._future
        if pool is None or future is None:
            raise AssertionError("a call has a pool and a future")
        # Asked also for a connection that was made afresh: the pool gets to know it, to find it dead one day.
        number = pool.socket_of((addresses[1], addresses[3]), self._sockets)
        if number is not None and number not in self._sockets and not self._fresh and not self._sends:
            # libcurl looks only after a second of idleness.
            self._stale = pool.idle.is_dead(number, framed=self._framed)
            if self._stale:
                return int(pycurl.PREREQFUNC_ABORT)
        answer = super()._on_send()
        if answer == pycurl.PREREQFUNC_OK:
            if number is not None:
                pool.driver.progress[number] = self._on_progress
            self._ask_on(number, addresses[3])
            if not self._launching:
                self._start_clock()
                pool.loop.call_soon(self._look, future)
        return answer

    def _on_progress(self) -> None:
        """Something has come, but not the end of the response."""
        future = self._future
        if future is None or future.done() or not self._lines or self._phase is Phase.RECEIVE:
            return
        try:
            self._check_head_quota(self._limits)
        except TransportError as error:
            future.set_exception(error)
            return
        if self._follow_phase() is Phase.RECEIVE:
            self._start_clock()
            if self._flow is not None:
                self._flow.wake()

    # Clocks

    def _start_clock(self) -> None:
        """The phase has changed, perhaps: its own time begins."""
        pool = self._pool
        if pool is None or self._phase is self._clocked or not self._watched:
            return
        self._clocked = self._phase
        limit = phase_limit(self._limits, self._phase)
        self._deadline = None if limit is None else pool.loop.time() + limit
        if self._phase is not Phase.SEND:
            # A look follows the beginning of SEND at once, and most often finds it over.
            self._set_timer(earlier(self._deadline, self._end_time))

    def _set_timer(self, when: float | None) -> None:
        """See to it that :meth:`_look` runs then, or before."""
        pool, future, timer = self._pool, self._future, self._timer
        if pool is None or future is None or when is None:
            return
        if timer is None or when < timer.when():
            if timer is not None:
                timer.cancel()
            self._timer = pool.loop.call_at(when, _tick, weakref.ref(self))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        # It may have been set for an earlier call: an early look costs less than a timer for each call.
        self._timer = None
        if self._future is not None:
            self._look(self._future)

    def _look(self, future: asyncio.Future[Any]) -> None:
        """Where the call is, and whether the time of its phase has passed."""
        pool, deadline = self._pool, self._deadline
        if future is not self._future or future.done() or pool is None or not self._watched:
            return
        phase, now = self._clocked, pool.loop.time()
        self._follow_phase()
        if self._end_time is not None and now >= self._end_time:
            future.set_exception(self._timed_out(self._limits.total or 0.0, "total limit"))
            return
        if self._phase is phase and deadline is not None and now >= deadline:
            future.set_exception(self._timed_out(phase_limit(self._limits, phase) or 0.0))
            return
        self._start_clock()
        deadline = self._deadline
        if self._phase is Phase.SEND:
            deadline = earlier(deadline, now + _SEND_LOOK)
        self._set_timer(earlier(deadline, self._end_time))

    # One exchange

    async def _call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        legs = self._legs(request, limits)
        if legs is None:
            return await self._exchange(request, limits)
        try:
            answer: tuple[HttpHead, bytes] = await self._walk(legs, limits)
            return answer
        finally:
            self._end_legs()

    async def _exchange(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        self._prepare(request, limits)
        try:
            await self._transfer()
            if self._stale:
                self._take_fresh()
                await self._transfer()
        finally:
            self._end()
        return self._response(limits)

    def _prepare(self, request: HttpRequest, limits: Limits, flow: Flow | None = None) -> None:
        self._begin()
        if limits.total == 0:
            raise self._timed_out(0.0, "total limit")
        loop = asyncio.get_running_loop()
        try:
            if self._pool is None or self._pool.loop is not loop:
                self._move(loop)
            # After the move, which forgets them.
            self._limits = limits
            self._end_time = None if limits.total is None else loop.time() + limits.total
            self._set_request(request, limits, flow)
        except pycurl.error as error:
            raise self._not_set_up(error) from error

    def _take_fresh(self) -> None:
        """The kept connection was dead, and nothing was sent on it: the next transfer takes a new one."""
        self._begin()
        self._fresh = True
        self._curl.setopt(pycurl.FRESH_CONNECT, 1)

    def _move(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._pool is not None:
            aborted = self._aborted
            self._release()
            self._aborted = aborted
        try:
            self._pool = _Pool.of(loop, private=self._security.bound)
        except RuntimeError as error:
            raise self._not_set_up(error) from error
        self._curl = self._new_handle()

    async def _transfer(self) -> None:
        """Drive one transfer to its end; ``_stale`` says that it ended before anything was sent."""
        future = self._launch()
        try:
            await future
        except pycurl.error as error:
            self._check_failure(error)
        except BaseException:
            self._withdraw()
            raise
        finally:
            self._stop_clock()

    def _launch(self) -> asyncio.Future[Any]:
        """Begin a transfer, which the event loop drives."""
        curl, pool = self._curl, self._pool
        if pool is None:
            raise AssertionError("a call has a pool")
        self._sockets = {}
        self._stale, self._connected = False, False
        self._clocked, self._deadline = Phase.PREPARE, None
        self._lines.clear()
        self._chunks.clear()
        self._check_aborted()
        self._phase = Phase.RESOLVE
        self._future = future = pool.loop.create_future()
        self._launching = True
        try:
            pool.driver.start(curl, future)
        except pycurl.error as error:
            self._future = None
            raise self._not_set_up(error) from error
        finally:
            self._launching = False
        self._look(future)
        if self._aborted:
            # It came before there was a future to end.
            pool.loop.call_soon(self._end_aborted, future)
        return future

    def _check_failure(self, error: pycurl.error) -> None:
        """Raise what a failed transfer has come to, unless it is to be made again on another connection."""
        if not self._stale or self._aborted:
            self._check_head_quota(self._limits)
            raise self._curl_error(*error.args) from None

    def _stop_clock(self) -> None:
        """The transfer is over."""
        self._future = None

    def _withdraw(self) -> None:
        """Nothing of the transfer stays; one that still runs loses its connection."""
        self._stop_clock()
        self._stop_timer()
        if self._pool is not None:
            self._pool.lookup_left |= self._gives_up_lookup()
            self._pool.driver.stop(self._curl)

    # One streamed exchange

    def _watch(self) -> None:
        """Somebody waits from now on: the time of the phase begins."""
        future = self._future
        if future is not None and not future.done():
            self._watched, self._clocked = True, Phase.PREPARE
            self._follow_phase()
            self._start_clock()
            self._set_timer(earlier(self._deadline, self._end_time))

    def _unwatch(self) -> None:
        self._watched = False
        self._stop_timer()

    def _check_aborted(self) -> None:
        if self._aborted:
            raise self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")

    def _failed_phase(self) -> Phase:
        if self._phase is Phase.CONNECT and not self._connected:
            # libcurl counts the handshake to the connecting; the socket knows when it was connected.
            self._connected = any(
                inode_of(number) == inode and _is_connected(number) for number, inode in self._sockets.items()
            )
        return super()._failed_phase()

    def _after_fork(self) -> None:
        pool, curl = self._pool, self._curl
        if pool is not None:
            pool.leave_to_parent()
            leave_to_parent(curl)
        self._guard = threading.Lock()
        self._running = self._closing = False
        self._stream = None
        self._forget()


def _tick(transport: weakref.ref[CurlAsyncTransport]) -> None:
    """The timer of a transport, which may have been let go of."""
    alive = transport()
    if alive is not None:
        alive._on_timer()


def _name_of(number: int) -> _Address | None:
    """The address of the socket's own end, None when it is closed by now."""
    try:
        borrowed = socket.socket(fileno=number)
    except OSError:
        return None
    try:
        host, port = borrowed.getsockname()[:2]
    except OSError:
        return None
    finally:
        borrowed.detach()
    return host.partition("%")[0], port


def _is_connected(number: int) -> bool:
    borrowed = socket.socket(fileno=number)
    try:
        borrowed.getpeername()
    except OSError:
        return False
    finally:
        borrowed.detach()
    return True
