"""HTTP over libcurl: one :class:`CurlTransport` is one connection, kept alive between calls.

Ownership: the transport owns one easy handle inside one multi handle; libcurl owns the sockets and opens and closes
them. The socket numbers known here serve to shut a socket down on ``abort`` and to recognize it after a fork, never to
close it. Everything but ``abort`` and ``close`` runs in the thread that calls.

The transfer is driven through libcurl's socket interface and ``poll``: that gives each phase its own clock, lets a
signal (Ctrl-C) or an abort through at once, and costs about as much CPU as ``perform``.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

import pycurl

from wsx.errors import ErrorCode
from wsx.security import ProxySettings, SecurityDescription
from wsx.transport.curl_call import (
    CurlCall,
    close_aside,
    default_ca_file,
    earlier,
    inode_of,
    leave_to_parent,
    phase_limit,
    replace_by_dead_socket,
)
from wsx.transport.curl_events import POLL_EVENTS, action_of, cut_callbacks
from wsx.transport.curl_exchange import CurlExchange, exchange_over
from wsx.transport.curl_flow import Flow
from wsx.transport.handshake import Leg, Legs, Work
from wsx.transport.polling import WRITE, IdlePoll, new_poll
from wsx.transport.protocol import Capability, HttpHead, HttpRequest, Limits, Phase, TransportError
from wsx.transport.url import HttpUrl

__all__ = ["CurlTransport", "default_ca_file"]

# Until there is a connection an abort has no socket to shut down, so that waits are short then.
_UNCONNECTED_WAIT: Final = 0.25
_EXPECT_SIZE: Final = 1 << 20  # above it libcurl sends Expect: 100-continue


class CurlTransport(CurlCall):
    """The HTTP/1.1 transport: sends each request at most once over a connection of its own.

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

    capabilities = Capability.BOUND | Capability.ABORT | Capability.STREAMING

    def __init__(
        self,
        *,
        security: SecurityDescription | None = None,
        proxy: HttpUrl | ProxySettings | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        accept_encoding: str | None = "gzip, deflate",
        http2: bool = False,
    ) -> None:
        super().__init__(security=security, proxy=proxy, ca_file=ca_file, accept_encoding=accept_encoding, http2=http2)
        self._guard = threading.Lock()  # for the three flags, and against closing a socket while it is shut down
        self._running = self._closing = False
        self._stream: CurlExchange | None = None
        self._inside = False  # a call of the exchange is under way

    def _forget(self) -> None:
        super()._forget()
        self._multi: Any = None
        self._lookup_left = False  # a name lookup was given up, and may still run
        self._poll: Any = None
        self._idle = IdlePoll()
        self._interest: dict[int, int] = {}  # socket → what libcurl waits for
        self._timer: float | None = None
        self._end_time: float | None = None  # of the whole exchange
        self._writing = False  # libcurl waits until it can send more of the request

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """Send ``request`` at most once and wait for the whole response, whatever its status.

        :raises TransportError: WS_E_INVALID_OPERATION while another thread's call runs; E_INVALIDARG for a request that
            must not be sent (CR, LF or NUL in a header, a header that the transport writes itself); else what happened
            to the exchange. The transport can be used again after each of them.
        """
        self._take()
        try:
            if self._security.bound:
                return self._call(request, limits)
            return self._exchange(request, limits)
        finally:
            self._give_back()

    def start(self, request: HttpRequest, limits: Limits) -> CurlExchange:
        """Begin an exchange whose bodies go through in pieces.

        Nothing is waited for, but for the requests without a body by which NTLM or Negotiate begins.

        :raises TransportError: as :meth:`call` before anything of the body is sent.
        """
        self._take()
        try:
            legs = self._legs(request, limits, streamed=True)
            if legs is None:
                exchange = self._begin_exchange(request, limits)
            else:
                exchange = self._begin_authenticated(legs, request, limits)
        except BaseException:
            self._end_legs()
            self._give_back()
            raise
        return exchange

    def _begin_authenticated(self, legs: Legs, request: HttpRequest, limits: Limits) -> CurlExchange:
        """The legs before the one that has the body, and the beginning of that."""
        made = self._walk(legs, limits, lambda leg: self._begin_exchange(self._bind(leg), self._left(limits), legs))
        if isinstance(made, CurlExchange):
            return made
        # The endpoint has refused before the body was begun.
        self._end_legs()
        self._give_back()
        exchange = CurlExchange(self, request, limits, Flow(request.length))
        exchange.settle(*made)
        return exchange

    def _walk(self, legs: Legs, limits: Limits, begin: Callable[[Leg], CurlExchange] | None = None) -> Any:
        """What the legs come to: the answer to the last one, or what ``begin`` makes of the one with the body."""
        try:
            step = next(legs)
            while True:
                try:
                    if begin is not None and isinstance(step, Leg) and step.streams:
                        return begin(step)
                    done = (
                        step.run() if isinstance(step, Work) else self._exchange(self._bind(step), self._left(limits))
                    )
                except TransportError as error:
                    step = legs.throw(error)
                else:
                    step = legs.send(done)
        except StopIteration as end:
            return end.value

    def _begin_exchange(self, request: HttpRequest, limits: Limits, legs: Legs | None = None) -> CurlExchange:
        flow = Flow(request.length)
        self._prepare(request, limits, flow)
        self._phase = Phase.RESOLVE
        self._multi.add_handle(self._curl)
        if self._bound:
            try:
                # Whether there is the connection shows at once.
                if self._drive(limits, lambda: self._sends > 0):
                    self._check_transfer(limits)
            except BaseException:
                self._remove()
                self._end()
                raise
        self._stream = exchange = CurlExchange(self, request, limits, flow, legs)
        return exchange

    def _take(self) -> None:
        with self._guard:
            if self._running:
                raise self._busy()
            self._running, self._aborted = True, False

    def _give_back(self) -> None:
        self._lines.clear()
        self._chunks.clear()
        with self._guard:
            self._running = self._inside = False
            self._stream = None
            closing, self._closing = self._closing, False
        if closing:
            self._release()

    def abort(self) -> None:
        """End the running call with WS_E_OPERATION_ABORTED, from any thread; without one there is nothing to do."""
        with self._guard:
            self._abort_running()

    def close(self) -> None:
        """Close the connection, ending a running call. A later call opens a new connection."""
        with self._guard:
            idle, self._stream = (None, self._stream) if self._inside else (self._stream, None)
            if self._running:
                self._closing = True
                self._abort_running()
                if idle is None:
                    return
        if idle is None:
            self._release()
        else:
            self._end_exchange()

    def _abort_running(self) -> None:
        if self._running:
            self._aborted = True
            if self._line is not None:
                self._line.abort()
            for number in list(self._interest):
                if self._sockets.get(number) == inode_of(number):
                    _shut_down(number)

    def _release(self) -> None:
        multi, curl = self._multi, self._curl
        try:
            # In this order: a connection kept in the multi handle still calls the easy handle's functions.
            if self._lookup_left:
                cut_callbacks(multi)
                close_aside(multi, curl)
                return
            if multi is not None:
                multi.close()
            if curl is not None:
                curl.close()
        finally:
            self._forget()

    def _remove(self) -> None:
        """Take the transfer out; one that is not over loses its connection here."""
        if self._phase is Phase.RESOLVE:
            self._lookup_left |= self._gives_up_lookup()
        self._multi.remove_handle(self._curl)

    # Setting up

    def _open(self) -> None:
        curl = self._new_handle()
        multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_MAXCONNECTS, 1)
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_interest)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._curl, self._multi = curl, multi
        self._poll = new_poll()

    def _prepare(self, request: HttpRequest, limits: Limits, flow: Flow | None = None) -> None:
        self._begin()
        self._end_time = None
        try:
            self._set_up(request, limits, flow)
        except pycurl.error as error:
            raise self._not_set_up(error) from error

    def _set_up(self, request: HttpRequest, limits: Limits, flow: Flow | None) -> None:
        if self._curl is None:
            self._open()
        self._set_request(request, limits, flow)
        # A kept connection that has become readable is dead, or holds bytes that belong to no request of ours.
        # libcurl looks only after a second of idleness.
        # One that libcurl still watches is not kept: it is being shut down.
        kept = self._kept
        if kept is not None and kept not in self._interest and self._idle.is_dead(kept, framed=self._framed):
            self._fresh = True
            self._curl.setopt(pycurl.FRESH_CONNECT, 1)

    # What libcurl calls while it runs

    def _on_send(self, *addresses: Any) -> int:
        answer = super()._on_send()
        if answer == pycurl.PREREQFUNC_OK:
            if self._kept not in self._interest:
                # Of several sockets that were tried at once, the losers are closed by now.
                self._kept = next((number for number in self._interest if number in self._sockets), self._kept)
            self._writing = False
            self._ask_on(self._kept, addresses[3])
        return answer

    def _on_interest(self, what: int, number: int, multi: object, data: object) -> None:
        events = POLL_EVENTS.get(what)
        if events is not None:
            if self._interest.get(number) != events:
                self._interest[number] = events
                self._poll.register(number, events)
            if number in self._sockets:
                if self._sends:
                    self._writing = bool(events & WRITE)
                elif not events & WRITE:
                    self._connected = True
            return
        # libcurl may close the socket after this; the guard keeps an abort from shutting down its number's next owner.
        with self._guard:
            known = self._interest.pop(number, None)
        if known is not None:
            self._poll.unregister(number)

    def _on_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else monotonic() + milliseconds / 1000

    # One exchange

    def _call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        legs = self._legs(request, limits)
        if legs is None:
            return self._exchange(request, limits)
        try:
            answer: tuple[HttpHead, bytes] = self._walk(legs, limits)
            return answer
        finally:
            self._end_legs()

    def _exchange(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        self._prepare(request, limits)
        try:
            self._transfer(limits)
        finally:
            self._end()
        return self._response(limits)

    def _transfer(self, limits: Limits) -> None:
        if limits.total == 0:
            raise self._timed_out(0.0, "total limit")
        self._phase = Phase.RESOLVE
        self._multi.add_handle(self._curl)
        try:
            self._drive(limits)
            self._check_transfer(limits)
        finally:
            self._remove()

    def _drive(self, limits: Limits, enough: Callable[[], bool] | None = None) -> bool:
        """Drive the transfer until it is over, or until there is ``enough``; whether it is over."""
        multi, poll = self._multi, self._poll
        running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)[1]
        now = since = monotonic()
        phase = limit = None
        if self._end_time is None and limits.total is not None:
            self._end_time = since + limits.total
        end = self._end_time
        while running:
            if self._aborted:
                raise self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")
            if self._follow_phase() is not phase:
                phase, since = self._phase, now
                limit = phase_limit(limits, phase)
            if self._lines:
                self._check_head_quota(limits)
            if enough is not None and enough():
                return False
            deadline = end
            if limit is not None:
                deadline = since + limit if end is None else min(end, since + limit)
                if now >= since + limit:
                    raise self._timed_out(limit)
            if end is not None and now >= end:
                raise self._timed_out(limits.total or 0.0, "total limit")
            ready = poll.poll(self._wait(now, deadline))
            for number, events in ready:
                running = multi.socket_action(number, action_of(events))[1]
            if not ready:
                running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)[1]
            if running:
                now = monotonic()
        return True

    def _check_transfer(self, limits: Limits) -> None:
        """What a transfer that is over has come to."""
        failed = self._multi.info_read()[2]
        if failed:
            _, code, text = failed[0]
            self._check_head_quota(limits)
            raise self._curl_error(code, text)

    # One streamed exchange

    def _enter(self, exchange: CurlExchange) -> None:
        """A call of ``exchange`` begins."""
        with self._guard:
            if self._inside:
                raise self._busy()
            if self._stream is not exchange:
                raise exchange_over()
            self._inside = True

    def _leave(self) -> None:
        with self._guard:
            self._inside = False

    def _end_exchange(self) -> None:
        """The transfer is over, or is not to go on: its connection ends here then."""
        try:
            self._remove()
            self._end()
        finally:
            self._give_back()

    def _wait(self, now: float, deadline: float | None) -> float | None:
        """Milliseconds to wait for a socket; None is for ever."""
        end = earlier(deadline, self._timer)
        if self._sends == 0 and (end is None or now + _UNCONNECTED_WAIT < end):
            end = now + _UNCONNECTED_WAIT
        return None if end is None else max(end - now, 0.0) * 1000

    def _still_sends(self) -> bool:
        # A large body is held back until the server says 100 or libcurl has waited for a second.
        return self._writing or (self._body_size > _EXPECT_SIZE and super()._still_sends())

    def _after_fork(self) -> None:
        """In a child process: the connection is the parent's, so that nothing may be sent on it, not even its end."""
        handles = (self._multi, self._curl)
        if self._sockets:
            for number, inode in self._sockets.items():
                if inode and inode_of(number) == inode:
                    replace_by_dead_socket(number)
        running, self._running = self._running, False
        self._aborted = self._closing = False
        self._guard = threading.Lock()
        self._stream, self._inside = None, False
        if running:
            leave_to_parent(handles)
            self._forget()
        else:
            self._release()


def _shut_down(number: int) -> None:
    borrowed = socket.socket(fileno=number)
    try:
        borrowed.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Not connected yet, or not any more; the flag ends the call then.
        pass
    finally:
        borrowed.detach()
