"""One easy handle of libcurl: set up for each request, watched by callbacks, its failures told.

What the two transports over libcurl share: everything about a request but the driving of the sockets.
"""

from __future__ import annotations

import functools
import math
import os
import socket
import threading
import weakref
from dataclasses import replace
from time import monotonic
from typing import Any, Final

import pycurl

from wsx.errors import ErrorCode, NotSupported
from wsx.security import HttpHeaderAuthScheme, ProxySettings, SecurityDescription
from wsx.transport.curl_flow import Flow
from wsx.transport.curl_security import CurlSecurity, default_ca_file, refuses_certificate
from wsx.transport.failures import CURL_CODES, CurlFailure, curl_code
from wsx.transport.handshake import ConnectionGone, Leg, Legs
from wsx.transport.heads import check_token, final_head, head_complete, proxy_challenges, refused, request_lines
from wsx.transport.protocol import HttpHead, HttpRequest, Limits, Phase, Timings, TransportError
from wsx.transport.read_ahead import FIN, taken_from
from wsx.transport.tunnel import TunnelLine
from wsx.transport.url import HttpUrl

__all__ = [
    "CurlCall",
    "close_aside",
    "default_ca_file",
    "earlier",
    "inode_of",
    "leave_to_parent",
    "phase_limit",
    "replace_by_dead_socket",
]

_NO_TIMEOUT_MS: Final = 2**31 - 1  # libcurl takes 0 for its default of 300 s
_QUICK_EXIT: Final = 322  # CURLOPT_QUICK_EXIT, not named by pycurl: do not wait for a name lookup that was given up
_QUICK_EXIT_SINCE: Final = 0x075700
_MICROSECONDS: Final = 1_000_000
_SENT_TIME: Final = getattr(pycurl, "POSTTRANSFER_TIME_T", None)  # since libcurl 8.10
_TUNNEL_MADE: Final = 200
_PROXY_FAILED: Final = 97  # CURLE_PROXY
_PROXY_UNAUTHORIZED: Final = 407
_CHALLENGES: Final = {401: b"www-authenticate", _PROXY_UNAUTHORIZED: b"proxy-authenticate"}
_TLS_CONDITIONS: Final = (ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE, ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE)
_EXPECTATION_FAILED: Final = 417
_FIRST_ERROR: Final = 400
_WITHOUT_BODY: Final = ("GET", "HEAD")
# The methods that libcurl uses of itself.
_METHODS: Final = {"none": _WITHOUT_BODY, "whole": ("POST",), "streamed": ("PUT",)}
_KEPT_BODY: Final = 64 << 10  # a larger request body is not held until the next call

_calls: weakref.WeakSet[CurlCall] = weakref.WeakSet()
# Handles that a forked child cannot use and must not free: the parent was inside libcurl with them.
_orphans: list[object] = []


class CurlCall:
    """An easy handle with the state of its call; a transport adds the multi handle that drives it.

    The parameters are those of the transports.

    :raises InvalidArgument: for settings that contradict each other.
    :raises NotSupported: for settings that libcurl cannot honour exactly.
    """

    def __init__(
        self,
        *,
        security: SecurityDescription | None = None,
        proxy: HttpUrl | ProxySettings | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        accept_encoding: str | None = "gzip, deflate",
        http2: bool = False,
    ) -> None:
        self._security = CurlSecurity(security, proxy, ca_file)
        if http2 and not pycurl.version_info()[4] & pycurl.VERSION_HTTP2:
            raise NotSupported("this libcurl was built without HTTP/2")
        # A connection that knows who asks is one of HTTP/1.1 (RFC 9113 has no place for NTLM).
        self._http2 = http2 and not self._security.bound
        self._accept_encoding = accept_encoding
        self._lines: list[bytes] = []
        self._chunks: list[bytes] = []
        self._forget()
        _watch_forks()
        _calls.add(self)

    def _forget(self) -> None:
        """The state without a handle, as before the first call."""
        self._curl: Any = None
        self._sockets: dict[int, int] = {}  # socket → inode; of those that lead to the endpoint or the proxy
        self._kept: int | None = None  # the socket of the last call
        self._phase = Phase.PREPARE
        self._sends = 0
        self._resend_refused = False
        self._aborted = False
        self._body_size = 0
        self._timed = False  # the request wants the timings
        self._connected = False  # the socket of this call is: the TLS handshake or the proxy's tunnel is under way
        self._fresh = False  # no kept connection may serve this call
        self._new_socket = False  # this call has made one
        self._legs_end: float | None = None  # of the total limit
        self._bound = self._gone = False  # only the kept one may serve it; there is none
        self._line: TunnelLine | None = None  # makes a tunnel
        self._tunnel: socket.socket | None = None  # was made
        self._tunnel_limit: float | None = None
        self._flow: Flow | None = None  # of a streamed exchange
        self._asked_at: tuple[int, int, int] | None = None  # socket, port, bytes taken from it when the request began
        self._unasked = False  # what came next had come before the request
        self._security.forget_connections()
        self._known_lines: list[bytes] = []  # of the last response head
        self._known_head: HttpHead | None = None
        self._known_quota: int | None = None
        # What the handle is set to, so that a call sets only what differs.
        self._set_url: HttpUrl | None = None
        self._own_lines: list[bytes] = []
        self._proxied = self._reads_ahead = False
        self._set_shape: tuple[str, str] | None = None
        self._set_headers: object = None
        self._set_max_body: int | None = None

    def __repr__(self) -> str:
        where = "not connected" if self._set_url is None else f"{self._set_url.scheme}://{self._set_url.authority}"
        return f"<{type(self).__name__} {where}>"

    def _after_fork(self) -> None:
        """In a child process: the connections are the parent's, so that nothing may be sent on them."""
        raise NotImplementedError

    # Setting up

    def _new_handle(self) -> Any:
        curl = pycurl.Curl()
        for option, value in (
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS if self._http2 else pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.CONNECTTIMEOUT_MS, _NO_TIMEOUT_MS),
            (pycurl.SOCKOPTFUNCTION, self._on_new_socket),
            (pycurl.PREREQFUNCTION, self._on_send),
            (pycurl.HEADERFUNCTION, self._line_taker()),
            (pycurl.WRITEFUNCTION, self._chunks.append),
        ):
            curl.setopt(option, value)
        if pycurl.version_info()[2] >= _QUICK_EXIT_SINCE:
            curl.setopt(_QUICK_EXIT, 1)
        if self._accept_encoding is not None:
            curl.setopt(pycurl.ACCEPT_ENCODING, self._accept_encoding)
        for option, value in self._security.options():
            if value is None:
                curl.unsetopt(option)
            else:
                curl.setopt(option, value)
        return curl

    def _begin(self) -> None:
        """The state of a call that has not begun."""
        self._phase, self._sends, self._resend_refused, self._fresh = Phase.PREPARE, 0, False, False
        self._gone = self._unasked = self._new_socket = False
        self._asked_at = None

    # Authentication of connections, as a handshake's Link

    def _legs(self, request: HttpRequest, limits: Limits, *, streamed: bool = False) -> Legs | None:
        """The requests that have ``request`` processed once where its connection has to know who asks, else None."""
        self._tunnel_limit = limits.connect if limits.total is None else min(limits.total, limits.connect or math.inf)
        self._legs_end = None if limits.total is None else monotonic() + limits.total
        return self._security.legs(request, self, streamed=streamed)

    def _left(self, limits: Limits) -> Limits:
        """``limits`` with what is left of the total one, which is for all legs together."""
        end = self._legs_end
        return limits if end is None else replace(limits, total=max(0.0, end - monotonic()))

    def _end_legs(self) -> None:
        """Nothing of the legs goes on, not even in another thread."""
        self._bound = False
        line, self._line, tunnel, self._tunnel = self._line, None, self._tunnel, None
        if line is not None:
            line.abort()
        if tunnel is not None:
            tunnel.close()

    def _bind(self, leg: Leg) -> HttpRequest:
        self._bound = leg.bound
        return leg.request

    def certificate(self) -> bytes | None:
        """The server's certificate in PEM when the last request made its TLS connection, else None."""
        chain = self._curl.getinfo(pycurl.INFO_CERTINFO)
        return next((value.encode() for name, value in chain[0] if name == "Cert"), None) if chain else None

    @property
    def _framed(self) -> bool:
        """Whether the connection may be one of HTTP/2."""
        return self._http2 and self._set_url is not None and self._set_url.scheme == "https"

    def delegate(self, scheme: HttpHeaderAuthScheme) -> None:
        """From now on libcurl authenticates each request to the server by ``scheme``."""
        for option, value in self._security.delegated(scheme):
            self._curl.setopt(option, value)

    def dial(self, proxy: tuple[str, int], target: str) -> TunnelLine:
        """What makes a tunnel to ``target``; an abort of the call reaches it."""
        self._line = line = TunnelLine(proxy, target, self._tunnel_limit)
        if self._aborted:
            line.abort()
        return line

    def enter(self, tunnel: socket.socket) -> None:
        """libcurl's next connection is this one."""
        self._tunnel = tunnel

    def _on_open_socket(self, purpose: int, address: Any) -> Any:
        """What libcurl is to connect, in a tunnel of our own: the socket that is connected already."""
        if self._tunnel is None:
            self._resend_refused, self._gone = self._sends > 0, self._sends == 0
            return pycurl.SOCKET_BAD
        return self._tunnel

    def _set_request(self, request: HttpRequest, limits: Limits, flow: Flow | None = None) -> None:
        curl, body = self._curl, request.body
        streamed = flow is not None and body is None and request.method not in _WITHOUT_BODY
        if not streamed and request.length is not None and request.length != (0 if body is None else len(body)):
            raise refused(f"the length of the request is {request.length}, its body has another")
        if request.url is not self._set_url and request.url != self._set_url:
            text = str(request.url)
            if not text.isascii() or not text.isprintable() or " " in text:
                raise refused("the URL of the request holds a character that cannot be sent")
            self._set_url = None
            self._proxied = self._security.set_url(curl, request.url)
            reads_ahead = self._security.over_tls
            if reads_ahead != self._reads_ahead:
                self._reads_ahead = reads_ahead
                curl.setopt(pycurl.HEADERFUNCTION, self._line_taker())
            opener = self._on_open_socket if self._security.in_own_tunnel else None
            curl.setopt(pycurl.OPENSOCKETFUNCTION, opener)
            own_lines = self._security.own_lines(request.url)
            if own_lines != self._own_lines:
                self._own_lines, self._set_headers = own_lines, None
            self._set_url = request.url
        if request.headers is not self._set_headers:
            headers = tuple(request.headers)
            if headers != self._set_headers:
                # Nothing is known of the option until it is set: a refusal must not leave the old lines as checked.
                self._set_headers = None
                if self._security.authenticates and any(name.lower() == b"authorization" for name, _ in headers):
                    raise refused("the header Authorization is written by the transport, from its security settings")
                curl.setopt(pycurl.HTTPHEADER, [*self._own_lines, *request_lines(headers)])
                self._set_headers = headers
        shape = (request.method, "streamed" if streamed else "none" if body is None else "whole")
        if shape != self._set_shape:
            self._set_shape = None
            self._set_method(*shape)
            self._set_shape = shape
        if body is not None:
            curl.setopt(pycurl.POSTFIELDS, body)
        self._body_size, self._timed = 0 if body is None else len(body), request.timed
        if flow is not None:
            self._set_flow(flow)
        if limits.max_body != self._set_max_body:
            curl.setopt(pycurl.MAXFILESIZE_LARGE, limits.max_body or 0)
            self._set_max_body = limits.max_body

    def _set_method(self, method: str, body: str) -> None:
        check_token(method.encode("latin-1", "replace"), "method")
        curl = self._curl
        curl.unsetopt(pycurl.CUSTOMREQUEST)
        curl.setopt(pycurl.NOBODY, 0)
        curl.setopt(pycurl.UPLOAD, 0)
        if body == "streamed":
            curl.setopt(pycurl.UPLOAD, 1)
        elif body == "whole":
            curl.setopt(pycurl.POST, 1)
        else:
            curl.setopt(pycurl.HTTPGET, 1)
            if method == "HEAD":
                curl.setopt(pycurl.NOBODY, 1)
        if method not in _METHODS[body]:
            curl.setopt(pycurl.CUSTOMREQUEST, method)

    def _set_flow(self, flow: Flow) -> None:
        curl = self._curl
        self._flow = flow
        curl.setopt(pycurl.INFILESIZE_LARGE, -1 if flow.length is None else flow.length)
        curl.setopt(pycurl.READFUNCTION, flow.send_some)
        curl.setopt(pycurl.WRITEFUNCTION, flow.receive_some, use_memoryview=True)

    @staticmethod
    def _not_set_up(error: Exception) -> TransportError:
        return TransportError(
            f"libcurl cannot be set up for the request: {error}",
            code=ErrorCode.WS_E_NOT_SUPPORTED,
            phase=Phase.PREPARE,
            original=error,
            sent=False,
        )

    @staticmethod
    def _busy() -> TransportError:
        return TransportError(
            "another call of this transport is running",
            code=ErrorCode.WS_E_INVALID_OPERATION,
            phase=Phase.PREPARE,
            sent=False,
        )

    def _end(self) -> None:
        """Take from the handle what belongs to the call alone."""
        if self._fresh:
            self._curl.setopt(pycurl.FRESH_CONNECT, 0)
        if self._flow is not None:
            self._flow = None
            self._end_legs()
            self._curl.setopt(pycurl.READFUNCTION, _nothing_to_send)
            self._curl.setopt(pycurl.WRITEFUNCTION, self._chunks.append)
        elif self._body_size > _KEPT_BODY:
            self._curl.setopt(pycurl.POSTFIELDS, b"")

    # What libcurl calls while it runs

    def _on_new_socket(self, number: int, purpose: int) -> int:
        if self._bound:
            # After a sending this is libcurl's attempt to repeat the request.
            self._resend_refused, self._gone = self._sends > 0, self._sends == 0
            return int(pycurl.SOCKOPT_ERROR)
        self._new_socket = True
        # Numbers of closed sockets go: their next owner may be anything.
        self._sockets = {known: inode for known, inode in self._sockets.items() if inode_of(known) == inode}
        self._sockets[number] = inode_of(number)
        self._kept = number
        self._connected = self._tunnel is not None
        if self._phase is Phase.RESOLVE:
            self._phase = Phase.CONNECT
        if self._tunnel is None:
            return int(pycurl.SOCKOPT_OK)
        # libcurl has a copy of it.
        self._tunnel.close()
        self._tunnel = None
        return int(pycurl.SOCKOPT_ALREADY_CONNECTED)

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
            if self._flow is not None:
                self._flow.restart_response()
        self._sends += 1
        self._phase = Phase.SEND
        return int(pycurl.PREREQFUNC_OK)

    def _ask_on(self, number: int | None, port: int) -> None:
        """The request goes out on the socket ``number``: what is taken from it up to now is no answer."""
        if self._reads_ahead:
            taken = None if number is None else taken_from(number, port)
            self._asked_at = None if number is None or taken is None else (number, port, taken)

    def _line_taker(self) -> Any:
        """CURLOPT_HEADERFUNCTION."""
        return self._on_first_line if self._reads_ahead else self._lines.append

    def _on_first_line(self, line: bytes) -> int | None:
        if not self._lines and self._is_unasked():
            return 0
        self._lines.append(line)
        return None

    def _is_unasked(self) -> bool:
        """Whether a line of a head, the first one since the request began, had come before that."""
        if self._asked_at is None:
            return False
        number, port, before = self._asked_at
        now = taken_from(number, port)
        self._unasked = now is not None and now <= before + FIN
        return self._unasked

    def _gives_up_lookup(self) -> bool:
        """Whether a transfer that ends now leaves a name lookup behind."""
        if self._phase is not Phase.RESOLVE or self._set_url is None:
            return False
        host = self._set_url.host
        return not (":" in host or host.replace(".", "").isdigit())

    # What a call has come to

    def _response(self, limits: Limits) -> tuple[HttpHead, bytes]:
        """The response when libcurl says that it is whole."""
        head = self._response_head(limits)
        return head, self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    def _response_head(self, limits: Limits) -> HttpHead:
        if self._aborted:
            # The end that the abort made may look like the end of the body.
            raise self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted")
        if self._lines != self._known_lines or self._new_socket or limits.max_head != self._known_quota:
            # Within a second a server says the same again and again.
            self._known_lines = []
            self._check_head_quota(limits)
            self._known_head = final_head(self._lines, -1)
            self._known_lines, self._known_quota = self._lines[:], limits.max_head
        known = self._known_head
        if known is None:
            raise self._error(ErrorCode.WS_E_ENDPOINT_DISCONNECTED, "the connection ended in the head")
        connection = self._curl.getinfo(pycurl.CONN_ID)
        head = HttpHead(known.status, known.reason, known.headers, known.version, connection)
        if head.status in _CHALLENGES:
            values = [value.decode("latin-1") for value in head.values(_CHALLENGES[head.status])]
            head.used_scheme = self._security.used_scheme(values, by_proxy=head.status == _PROXY_UNAUTHORIZED)
        if self._accept_encoding is not None:
            # libcurl has undone it.
            head.headers = tuple(line for line in head.headers if line[0].lower() != b"content-encoding")
        if self._timed:
            head.timings = self._timings()
        return head

    def _has_answer(self) -> bool:
        """Whether the head of the final response is here: not of one that libcurl follows up itself."""
        if not self._sends or not self._lines or not head_complete(self._lines):
            return False
        flow = self._flow
        # libcurl hands over nothing of the bodies of those. They belong to HTTP authentication and to an expectation.
        settled = not self._security.negotiates and self._status() != _EXPECTATION_FAILED
        return settled or (flow is not None and flow.begun)

    def _refuses_body(self) -> bool:
        """Whether the endpoint has answered with an error before it read the whole body; libcurl stops sending then."""
        return self._has_answer() and self._status() >= _FIRST_ERROR

    def _status(self) -> int:
        head = final_head(self._lines, -1)
        return 0 if head is None else head.status

    def _timings(self) -> Timings:
        getinfo = self._curl.getinfo
        return Timings(
            reused=getinfo(pycurl.NUM_CONNECTS) == 0,
            # 0 while it is still being sent.
            sent=None if _SENT_TIME is None else getinfo(_SENT_TIME) / _MICROSECONDS or None,
            head=getinfo(pycurl.STARTTRANSFER_TIME_T) / _MICROSECONDS,
        )

    def _follow_phase(self) -> Phase:
        """The phase now: the callbacks lead up to SEND, from there what libcurl waits for and has got decides."""
        if self._sends and self._phase is not Phase.RECEIVE:
            if self._lines and head_complete(self._lines):
                self._phase = Phase.RECEIVE
            else:
                ended = self._flow is None or self._flow.ended
                self._phase = Phase.WAIT if ended and not self._still_sends() else Phase.SEND
        return self._phase

    def _still_sends(self) -> bool:
        """Whether libcurl has something of the request left to send."""
        return bool(self._curl.getinfo(pycurl.SIZE_UPLOAD_T) < self._body_size)

    def _check_head_quota(self, limits: Limits) -> None:
        if limits.max_head is not None and self._head_size() > limits.max_head:
            text = f"the response head has more than max_head ({limits.max_head}) bytes"
            raise self._error(ErrorCode.WS_E_QUOTA_EXCEEDED, text)

    def _head_size(self) -> int:
        """Bytes of all heads of the response so far."""
        return int(self._curl.getinfo(pycurl.HEADER_SIZE))

    def _timed_out(self, limit: float, what: str = "limit") -> TransportError:
        text = f"the {what} of {limit:g} s passed in phase {self._failed_phase().name}"
        return self._error(ErrorCode.WS_E_OPERATION_TIMED_OUT, text)

    # How it failed

    def _curl_error(self, code: int, text: str) -> TransportError:
        if self._aborted:
            return self._error(ErrorCode.WS_E_OPERATION_ABORTED, "the call was aborted", code)
        if self._gone:
            return ConnectionGone()
        if self._unasked:
            text = "bytes had come on the connection before the request that they would be the answer to"
            return self._error(ErrorCode.WS_E_INVALID_FORMAT, text, code)
        if self._resend_refused:
            text = "the kept connection was lost after the request was sent on it; it is not sent again"
            return self._error(ErrorCode.WS_E_ENDPOINT_DISCONNECTED, text, code)
        getinfo = self._curl.getinfo
        through_socks = self._security.through_socks
        failure = CurlFailure(
            _PROXY_FAILED if through_socks and CURL_CODES.get(code) is ErrorCode.WS_E_ENDPOINT_UNREACHABLE else code,
            os_errno=getinfo(pycurl.OS_ERRNO),
            verify=getinfo(pycurl.SSL_VERIFYRESULT),
            begun=self._sends > 0,
            tls=self._set_url is not None and self._set_url.scheme == "https",
            proxied=self._proxied,
            refused_certificate=refuses_certificate(text),
            connect_status=getinfo(pycurl.HTTP_CONNECTCODE),
            head_size=0 if head_complete(self._lines) else sum(map(len, self._lines)),
        )
        challenges: tuple[str, ...] = ()
        if failure.connect_status and not self._sends:
            challenges = proxy_challenges(self._lines)
        mapped = curl_code(failure, challenges, self._security.used_scheme(challenges, by_proxy=True))
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
            phase=Phase.PROXY if code is ErrorCode.WS_E_PROXY_FAILURE and not self._sends else self._failed_phase(),
            original=original,
            sent=self._sent(),
            challenges=challenges,
        )

    def _failed_phase(self) -> Phase:
        phase = self._follow_phase()
        if phase is not Phase.CONNECT:
            return phase
        if self._proxied and self._curl.getinfo(pycurl.HTTP_CONNECTCODE) != _TUNNEL_MADE:
            return Phase.PROXY
        return Phase.TLS if self._connected else Phase.CONNECT

    def _sent(self) -> bool | None:
        if not self._sends:
            return False
        if self._phase is Phase.SEND or self._resend_refused:
            return None
        return True if self._curl.getinfo(pycurl.SIZE_UPLOAD_T) >= self._body_size else None


def _nothing_to_send(size: int) -> bytes:
    return b""


def phase_limit(limits: Limits, phase: Phase) -> float | None:
    """The seconds that ``limits`` give to ``phase``, None for no limit."""
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


def earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two moments, of which either may never come."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def inode_of(number: int) -> int:
    """What tells a socket from a later owner of its number; 0 where sockets have none."""
    try:
        return os.fstat(number).st_ino
    except OSError:
        return 0


def replace_by_dead_socket(number: int) -> None:
    """Give the number to a socket that leads nowhere, so that nothing more goes out on the old one from here."""
    one, other = socket.socketpair()
    other.close()
    with one:
        os.dup2(one.fileno(), number)


def close_aside(*handles: Any) -> None:
    """Close ``handles``, in this order, without waiting.

    libcurl waits in ``curl_multi_cleanup`` until the threads that look up names have come to an end, and the system's
    resolver cannot be told to end.
    """

    def close() -> None:
        for handle in handles:
            handle.close()

    threading.Thread(target=close, name="wsx-close", daemon=True).start()


def leave_to_parent(handles: object) -> None:
    """In a child process: keep ``handles`` for ever, for freeing them would speak on the parent's connections."""
    _orphans.append(handles)


def _after_fork_in_child() -> None:
    for call in list(_calls):
        call._after_fork()


@functools.cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork_in_child)
