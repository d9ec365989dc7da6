"""HTTP over libcurl: one :class:`CurlTransport` is one connection, kept alive between calls.

Ownership: the transport owns one easy handle inside one multi handle; libcurl owns the sockets and opens and closes
them. The socket numbers known here serve to shut a socket down on ``abort`` and to recognize it after a fork, never to
close it. Everything but ``abort`` and ``close`` runs in the thread that calls.

The transfer is driven through libcurl's socket interface and ``poll``: that gives each phase its own clock, lets a
signal (Ctrl-C) or an abort through at once, and costs about as much CPU as ``perform``.
"""

from __future__ import annotations

import functools
import os
import select
import socket
import threading
import weakref
from time import monotonic
from typing import Any, Final

import pycurl

from wsx.errors import ErrorCode, NotSupported
from wsx.transport.failures import CURL_CODES, CurlFailure, curl_code
from wsx.transport.heads import check_token, final_head, head_complete, proxy_challenges, refused, request_lines
from wsx.transport.polling import ERROR, READ, WRITE, SelectPoll
from wsx.transport.protocol import Capability, HttpHead, HttpRequest, Limits, Phase, TransportError
from wsx.transport.url import HttpUrl

__all__ = ["CurlTransport", "default_ca_file"]

# Where distributions keep their roots: Debian, Fedora, SUSE, Alpine and BSD and macOS. The wheel of pycurl knows none.
_CA_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_NO_TIMEOUT_MS: Final = 2**31 - 1  # libcurl takes 0 for its default of 300 s
_QUICK_EXIT: Final = 322  # CURLOPT_QUICK_EXIT, not named by pycurl: do not wait for a name lookup that was given up
_QUICK_EXIT_SINCE: Final = 0x075700
# Until there is a connection an abort has no socket to shut down, so that waits are short then.
_UNCONNECTED_WAIT: Final = 0.25
_TUNNEL_MADE: Final = 200
_TLS_CONDITIONS: Final = (ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE, ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE)
_EXPECT_SIZE: Final = 1 << 20  # above it libcurl sends Expect: 100-continue
_KEPT_BODY: Final = 64 << 10  # a larger request body is not held until the next call
_POLL_EVENTS: Final = {
    pycurl.POLL_IN: READ,
    pycurl.POLL_OUT: WRITE,
    pycurl.POLL_INOUT: READ | WRITE,
}

_transports: weakref.WeakSet[CurlTransport] = weakref.WeakSet()
# Handles that a forked child cannot use and must not free: another thread of the parent was inside libcurl with them.
_orphans: list[object] = []


def default_ca_file() -> str | None:
    """The system's file of trusted root certificates, None when there is none at the usual places."""
    return next((path for path in _CA_FILES if os.path.isfile(path)), None)


class CurlTransport:
    """The HTTP/1.1 transport: sends each request at most once over a connection of its own.

    :param proxy: the HTTP proxy for all requests, None to connect directly. The environment is not asked.
    :param ca_file: a PEM file with the trusted root certificates, None for the system's.
    :param accept_encoding: the content codings that a response may have, undone while it is received; None sends no
        Accept-Encoding and undoes none.
    :raises NotSupported: for a proxy with an https URL.
    """

    capabilities = Capability.BOUND | Capability.ABORT

    def __init__(
        self,
        *,
        proxy: HttpUrl | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        accept_encoding: str | None = "gzip, deflate",
    ) -> None:
        if proxy is not None and proxy.scheme != "http":
            raise NotSupported(f"a proxy that is spoken to over TLS is not supported: {proxy}")
        self._proxy = proxy
        self._ca_file = None if ca_file is None else os.fspath(ca_file)
        self._accept_encoding = accept_encoding
        self._guard = threading.Lock()  # for the three flags, and against closing a socket while it is shut down
        self._running = self._aborted = self._closing = False
        self._lines: list[bytes] = []
        self._chunks: list[bytes] = []
        self._forget()
        _watch_forks()
        _transports.add(self)

    def _forget(self) -> None:
        """The state without handles, as before the first call."""
        self._curl: Any = None
        self._multi: Any = None
        self._poll: Any = None
        self._interest: dict[int, int] = {}  # socket → what libcurl waits for
        self._sockets: dict[int, int] = {}  # socket → inode; of those that lead to the endpoint or the proxy
        self._kept: int | None = None  # the socket of the last call
        self._timer: float | None = None
        self._phase = Phase.PREPARE
        self._sends = 0
        self._resend_refused = False
        self._body_size = 0
        self._writing = False  # libcurl still has something of the request to send
        self._connected = False  # the socket of this call is: the TLS handshake or the proxy's tunnel is under way
        self._fresh = False
        # What the handle is set to, so that a call sets only what differs.
        self._set_url: HttpUrl | None = None
        self._set_shape: tuple[str, bool] | None = None
        self._set_headers: object = None
        self._set_max_body: int | None = None

    def __repr__(self) -> str:
        where = "not connected" if self._set_url is None else f"{self._set_url.scheme}://{self._set_url.authority}"
        return f"<CurlTransport {where}>"

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        """Send ``request`` at most once and wait for the whole response, whatever its status.

        :raises TransportError: WS_E_INVALID_OPERATION while another thread's call runs; E_INVALIDARG for a request that
            must not be sent (CR, LF or NUL in a header, a header that the transport writes itself); else what happened
            to the exchange. The transport can be used again after each of them.
        """
        with self._guard:
            if self._running:
                raise TransportError(
                    "another call of this transport is running",
                    code=ErrorCode.WS_E_INVALID_OPERATION,
                    phase=Phase.PREPARE,
                    sent=False,
                )
            self._running, self._aborted = True, False
        try:
            return self._call(request, limits)
        finally:
            self._lines.clear()
            self._chunks.clear()
            with self._guard:
                self._running = False
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
            if self._running:
                self._closing = True
                self._abort_running()
                return
        self._release()

    def _abort_running(self) -> None:
        if self._running:
            self._aborted = True
            for number in list(self._interest):
                if self._sockets.get(number) == _inode(number):
                    _shut_down(number)

    def _release(self) -> None:
        try:
            # In this order: a connection kept in the multi handle still calls the easy handle's functions.
            if self._multi is not None:
                self._multi.close()
            if self._curl is not None:
                self._curl.close()
        finally:
            self._forget()

    # Setting up

    def _open(self) -> None:
        curl = pycurl.Curl()
        multi = pycurl.CurlMulti()
        proxy = "" if self._proxy is None else f"{self._proxy.scheme}://{self._proxy.authority}"
        for option, value in (
            (pycurl.PROXY, proxy),  # "" also keeps libcurl from reading http_proxy and its like
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.CONNECTTIMEOUT_MS, _NO_TIMEOUT_MS),
            (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
            (pycurl.SOCKOPTFUNCTION, self._on_new_socket),
            (pycurl.PREREQFUNCTION, self._on_send),
            (pycurl.HEADERFUNCTION, self._lines.append),
            (pycurl.WRITEFUNCTION, self._chunks.append),
        ):
            curl.setopt(option, value)
        if pycurl.version_info()[2] >= _QUICK_EXIT_SINCE:
            curl.setopt(_QUICK_EXIT, 1)
        if self._accept_encoding is not None:
            curl.setopt(pycurl.ACCEPT_ENCODING, self._accept_encoding)
        ca_file = self._ca_file or default_ca_file()
        if ca_file is not None:
            curl.setopt(pycurl.CAINFO, ca_file)
        elif os.name == "nt":
            curl.setopt(pycurl.SSL_OPTIONS, pycurl.SSLOPT_NATIVE_CA)
        multi.setopt(pycurl.M_MAXCONNECTS, 1)
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_interest)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._curl, self._multi = curl, multi
        self._poll = select.poll() if hasattr(select, "poll") else SelectPoll()

    def _prepare(self, request: HttpRequest, limits: Limits) -> None:
        if self._curl is None:
            self._open()
        curl, body = self._curl, request.body
        if request.length is not None and request.length != (0 if body is None else len(body)):
            raise refused(f"the length of the request is {request.length}, its body has another")
        if request.url != self._set_url:
            text = str(request.url)
            if not text.isascii() or not text.isprintable() or " " in text:
                raise refused("the URL of the request holds a character that cannot be sent")
            curl.setopt(pycurl.URL, text)
            self._set_url = request.url
        if request.headers is not self._set_headers:
            headers = tuple(request.headers)
            if headers != self._set_headers:
                # Nothing is known of the option until it is set: a refusal must not leave the old lines as checked.
                self._set_headers = None
                curl.setopt(pycurl.HTTPHEADER, request_lines(headers))
                self._set_headers = headers
        shape = (request.method, body is not None)
        if shape != self._set_shape:
            self._set_shape = None
            self._set_method(request.method, body is not None)
            self._set_shape = shape
        if body is not None:
            curl.setopt(pycurl.POSTFIELDS, body)
        if limits.max_body != self._set_max_body:
            curl.setopt(pycurl.MAXFILESIZE_LARGE, limits.max_body or 0)
            self._set_max_body = limits.max_body
        # A kept connection that has become readable is dead, or holds bytes that belong to no request of ours.
        # libcurl looks only after a second of idleness.
        self._fresh = self._kept is not None and self._kept_is_readable()
        if self._fresh:
            curl.setopt(pycurl.FRESH_CONNECT, 1)

    def _set_method(self, method: str, with_body: bool) -> None:
        check_token(method.encode("latin-1", "replace"), "method")
        curl = self._curl
        curl.unsetopt(pycurl.CUSTOMREQUEST)
        curl.setopt(pycurl.NOBODY, 0)
        if with_body:
            curl.setopt(pycurl.POST, 1)
        else:
            curl.setopt(pycurl.HTTPGET, 1)
            if method == "HEAD":
                curl.setopt(pycurl.NOBODY, 1)
        if method not in (("POST",) if with_body else ("GET", "HEAD")):
            curl.setopt(pycurl.CUSTOMREQUEST, method)

    def _kept_is_readable(self) -> bool:
        poll = self._poll
        poll.register(self._kept, READ)
        try:
            return bool(poll.poll(0))
        except OSError:
            # Closed by libcurl, as select tells it; poll returns an event for that.
            return True
        finally:
            poll.unregister(self._kept)

    # What libcurl calls while it runs

    def _on_new_socket(self, number: int, purpose: int) -> int:
        # Numbers of closed sockets go: their next owner may be anything.
        self._sockets = {known: inode for known, inode in self._sockets.items() if _inode(known) == inode}
        self._sockets[number] = _inode(number)
        self._kept = number
        self._connected = False
        if self._phase is Phase.RESOLVE:
            self._phase = Phase.CONNECT
        return int(pycurl.SOCKOPT_OK)

    def _on_send(self, *addresses: object) -> int:
        """Before each sending of the request: libcurl would repeat a POST whose kept connection died unanswered."""
        if self._sends and not head_complete(self._lines):
            self._resend_refused = True
            return int(pycurl.PREREQFUNC_ABORT)
        # What came before the first sending is the proxy's answer to CONNECT; before a second one, the answer to the
        # first (417, after which libcurl leaves the expectation out).
        if self._lines:
            self._lines.clear()
            self._chunks.clear()
        self._sends += 1
        # Of several sockets that were tried at once, the losers are closed by now.
        self._kept = next((number for number in self._interest if number in self._sockets), self._kept)
        self._phase, self._writing = Phase.SEND, False
        return int(pycurl.PREREQFUNC_OK)

    def _on_interest(self, what: int, number: int, multi: object, data: object) -> None:
        events = _POLL_EVENTS.get(what)
        if events is not None:
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
        self._phase, self._sends, self._resend_refused, self._fresh = Phase.PREPARE, 0, False, False
        try:
            self._prepare(request, limits)
        except pycurl.error as error:
            raise TransportError(
                f"libcurl cannot be set up for the request: {error}",
                code=ErrorCode.WS_E_NOT_SUPPORTED,
                phase=Phase.PREPARE,
                original=error,
                sent=False,
            ) from error
        curl, body = self._curl, request.body
        self._body_size = 0 if body is None else len(body)
        try:
            self._transfer(limits)
        finally:
            if self._fresh:
                curl.setopt(pycurl.FRESH_CONNECT, 0)
            if self._body_size > _KEPT_BODY:
                curl.setopt(pycurl.POSTFIELDS, b"")
        if self._aborted:
            # The end that the abort made may look like the end of the body.
            raise self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")
        head = final_head(self._lines, curl.getinfo(pycurl.CONN_ID))
        if head is None:
            raise self._error(ErrorCode.WS_E_ENDPOINT_DISCONNECTED, "the connection ended in the head")
        self._check_head_quota(limits)
        return head, self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    def _transfer(self, limits: Limits) -> None:
        curl, multi, poll = self._curl, self._multi, self._poll
        self._phase = phase = Phase.RESOLVE
        multi.add_handle(curl)
        try:
            running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)[1]
            since, limit = monotonic(), limits.resolve
            while running:
                if self._aborted:
                    raise self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")
                now = monotonic()
                if self._follow_phase() is not phase:
                    phase, since = self._phase, now
                    limit = _limit(limits, phase)
                if self._lines:
                    self._check_head_quota(limits)
                if limit is not None and now >= since + limit:
                    text = f"the limit of {limit:g} s passed in phase {self._failed_phase().name}"
                    raise self._error(ErrorCode.WS_E_OPERATION_TIMED_OUT, text)
                ready = poll.poll(self._wait(now, None if limit is None else since + limit))
                for number, events in ready:
                    running = multi.socket_action(number, _action(events))[1]
                if not ready:
                    running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)[1]
            failed = multi.info_read()[2]
        finally:
            # A transfer that is not over loses its connection here.
            multi.remove_handle(curl)
        if failed:
            _, code, text = failed[0]
            self._check_head_quota(limits)
            raise self._curl_error(code, text)

    def _wait(self, now: float, deadline: float | None) -> float | None:
        """Milliseconds to wait for a socket; None is for ever."""
        end, timer = deadline, self._timer
        if timer is not None and (end is None or timer < end):
            end = timer
        if self._sends == 0 and (end is None or now + _UNCONNECTED_WAIT < end):
            end = now + _UNCONNECTED_WAIT
        return None if end is None else max(end - now, 0.0) * 1000

    def _follow_phase(self) -> Phase:
        """The phase now: the callbacks lead up to SEND, from there what libcurl waits for and has got decides."""
        if self._sends and self._phase is not Phase.RECEIVE:
            if self._lines and head_complete(self._lines):
                self._phase = Phase.RECEIVE
            else:
                self._phase = Phase.SEND if self._writing or self._expects() else Phase.WAIT
        return self._phase

    def _expects(self) -> bool:
        """Whether the body is held back until the server says 100 or libcurl has waited for a second."""
        return self._body_size > _EXPECT_SIZE and self._curl.getinfo(pycurl.SIZE_UPLOAD_T) < self._body_size

    def _check_head_quota(self, limits: Limits) -> None:
        if limits.max_head is not None and self._curl.getinfo(pycurl.HEADER_SIZE) > limits.max_head:
            text = f"the response head has more than max_head ({limits.max_head}) bytes"
            raise self._error(ErrorCode.WS_E_QUOTA_EXCEEDED, text)

    # How it failed

    def _curl_error(self, code: int, text: str) -> TransportError:
        if self._aborted:
            return self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted", code)
        if self._resend_refused:
            text = "the kept connection was lost after the request was sent on it; it is not sent again"
            return self._error(ErrorCode.WS_E_ENDPOINT_DISCONNECTED, text, code)
        getinfo = self._curl.getinfo
        failure = CurlFailure(
            code,
            os_errno=getinfo(pycurl.OS_ERRNO),
            verify=getinfo(pycurl.SSL_VERIFYRESULT),
            begun=self._sends > 0,
            tls=self._set_url is not None and self._set_url.scheme == "https",
            proxied=self._proxy is not None,
            connect_status=getinfo(pycurl.HTTP_CONNECTCODE),
            head_size=0 if head_complete(self._lines) else sum(map(len, self._lines)),
        )
        challenges: tuple[str, ...] = ()
        if failure.connect_status and not self._sends:
            challenges = proxy_challenges(self._lines)
        mapped = curl_code(failure, challenges)
        # The errno says more than libcurl's code where a connection could not be made.
        original = failure.os_errno or code if mapped is ErrorCode.WS_E_ENDPOINT_UNREACHABLE else code
        if failure.tls and not self._sends and CURL_CODES.get(code) in _TLS_CONDITIONS:
            self._connected = True
        return self._error(mapped, text, original, challenges)

    def _error(
        self,
        code: ErrorCode,
        text: str,
        original: int | None = None,
        challenges: tuple[str, ...] = (),
    ) -> TransportError:
        return TransportError(
            text,
            code=code,
            phase=self._failed_phase(),
            original=original,
            sent=self._sent(),
            challenges=challenges,
        )

    def _failed_phase(self) -> Phase:
        phase = self._follow_phase()
        if phase is not Phase.CONNECT:
            return phase
        if self._proxy is not None and self._curl.getinfo(pycurl.HTTP_CONNECTCODE) != _TUNNEL_MADE:
            return Phase.PROXY
        return Phase.TLS if self._connected else Phase.CONNECT

    def _sent(self) -> bool | None:
        if not self._sends:
            return False
        if self._phase is Phase.SEND or self._resend_refused:
            return None
        return True if self._curl.getinfo(pycurl.SIZE_UPLOAD_T) >= self._body_size else None

    def _after_fork(self) -> None:
        """In a child process: the connection is the parent's, so that nothing may be sent on it, not even its end."""
        handles = (self._multi, self._curl)
        if self._sockets:
            for number, inode in self._sockets.items():
                if inode and _inode(number) == inode:
                    _replace_by_dead_socket(number)
        running, self._running = self._running, False
        self._aborted = self._closing = False
        self._guard = threading.Lock()
        if running:
            _orphans.append(handles)
            self._forget()
        else:
            self._release()


def _limit(limits: Limits, phase: Phase) -> float | None:
    match phase:
        case Phase.CONNECT:
            return limits.connect
        case Phase.SEND:
            return limits.send
        case Phase.WAIT:
            return limits.receive_response
        case Phase.RECEIVE:
            return limits.receive
    return limits.resolve


def _action(events: int) -> int:
    """What libcurl is told of a socket's events; the end of a connection is something to read."""
    action = 0
    if events & ~WRITE:
        action |= pycurl.CSELECT_IN
    if events & WRITE:
        action |= pycurl.CSELECT_OUT
    if events & ERROR:
        action |= pycurl.CSELECT_ERR
    return action


def _inode(number: int) -> int:
    """What tells a socket from a later owner of its number; 0 where sockets have none."""
    try:
        return os.fstat(number).st_ino
    except OSError:
        return 0


def _shut_down(number: int) -> None:
    borrowed = socket.socket(fileno=number)
    try:
        borrowed.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Not connected yet, or not any more; the flag ends the call then.
        pass
    finally:
        borrowed.detach()


def _replace_by_dead_socket(number: int) -> None:
    one, other = socket.socketpair()
    other.close()
    with one:
        os.dup2(one.fileno(), number)


def _after_fork_in_child() -> None:
    for transport in list(_transports):
        transport._after_fork()


@functools.cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork_in_child)
