"""NTLM and Negotiate: the requests by which a connection comes to know who asks, without any I/O.

Both schemes (MS-NTHT, RFC 4559) authenticate a connection, not a request, so that all the legs have to go over the
same one. :meth:`Handshake.legs` is a generator of what is to be done next, and a transport carries it out; the tokens
come from pyspnego.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import logging
import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from wsx.errors import ErrorCode, NotSupported
from wsx.security import (
    DefaultWindowsCredential,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    Secret,
    UsernameCredential,
    WindowsCredential,
)
from wsx.transport.failures import challenge_schemes
from wsx.transport.heads import refused
from wsx.transport.protocol import HttpHead, HttpRequest, Phase, TransportError

if TYPE_CHECKING:
    import socket

    from wsx.transport.tunnel import TunnelLine

__all__ = [
    "Answer",
    "ConnectionGone",
    "Handshake",
    "Leg",
    "Legs",
    "Link",
    "Work",
    "endpoint_binding",
    "one_leg",
    "prove",
]

MAX_LEGS: Final = 8
"""More requests than this one authentication does not take; NTLM takes two, Kerberos one, others a few."""

# In the order in which they are preferred.
_NAMES: Final = {
    HttpHeaderAuthScheme.NEGOTIATE: "negotiate",
    HttpHeaderAuthScheme.NTLM: "ntlm",
    HttpHeaderAuthScheme.DIGEST: "digest",
    HttpHeaderAuthScheme.BASIC: "basic",
}
_DELEGATED: Final = {"digest": HttpHeaderAuthScheme.DIGEST, "basic": HttpHeaderAuthScheme.BASIC}
# What a token of the peer is: one that goes on, the refusal of a request that had its body, or a proof after all.
_FIRST: Final = 0
_AGAIN: Final = 1
_LAST: Final = 2
_INSTALL: Final = "install it with: pip install 'wsx[ntlm]', or 'wsx[kerberos]' for Kerberos with a password"

Answer: TypeAlias = tuple[HttpHead, bytes]


class Leg(NamedTuple):
    """A request to send.

    :param bound: it must go over the connection of the request before; ConnectionGone is to be thrown in otherwise.
    :param streams: it has the body that comes in pieces, and no leg follows.
    """

    request: HttpRequest
    bound: bool
    streams: bool = False


class Work(NamedTuple):
    """Something that may take its time, a ticket from a Kerberos server for instance; its result is sent in."""

    run: Callable[[], Any]


Legs: TypeAlias = Generator[Leg | Work, Any, Answer]


class Link(Protocol):
    """What a transport knows of the connection that the last request went over."""

    def certificate(self) -> bytes | None:
        """The server's certificate in PEM when that request made the TLS connection, else None."""
        ...

    def delegate(self, scheme: HttpHeaderAuthScheme) -> None:
        """From now on the transport authenticates each request itself, by Digest or Basic."""
        ...

    def dial(self, proxy: tuple[str, int], target: str) -> TunnelLine:
        """What makes a tunnel; an abort of the call reaches it."""
        ...

    def enter(self, tunnel: socket.socket) -> None:
        """The next connection of the transport is this one."""
        ...


class ConnectionGone(TransportError):
    """The connection that a request was bound to is closed; nothing of the request was sent."""

    def __init__(self) -> None:
        super().__init__(
            "the connection was closed before its authentication came to its end",
            code=ErrorCode.WS_E_ENDPOINT_DISCONNECTED,
            phase=Phase.CONNECT,
            sent=False,
        )


class Handshake:
    """NTLM or Negotiate between one transport and one peer, the server or a proxy for http URLs.

    :param auth: with NTLM or NEGOTIATE among its schemes.
    :raises NotSupported: when pyspnego cannot be imported; the message says what to install.
    """

    def __init__(self, auth: HttpHeaderAuth) -> None:
        self._auth = auth
        self._spnego = _spnego()
        scheme = auth.scheme or HttpHeaderAuthScheme.NEGOTIATE
        self.host: str | None = None  # the proxy's; None is the host of each request
        self._schemes = [name for member, name in _NAMES.items() if scheme & member]
        self._direct = scheme in (HttpHeaderAuthScheme.NTLM, HttpHeaderAuthScheme.NEGOTIATE)
        proxy = auth.target is HttpHeaderAuthTarget.PROXY
        self._status = 407 if proxy else 401
        self._challenge = b"proxy-authenticate" if proxy else b"www-authenticate"
        self._line = b"Proxy-Authorization" if proxy else b"Authorization"
        self._known: tuple[str, str, int] | None = None  # whom the kept connection leads to, once it knows who asks
        self._each_time = False  # the server wants to hear it with every request
        self._by_ticket = False  # Kerberos: it may want to, and a body in pieces cannot be sent again
        self._certificate: bytes | None = None  # of the kept connection
        self._delegated = False

    @property
    def schemes(self) -> tuple[str, ...]:
        """The names of the schemes that may be used, in the order of preference."""
        return tuple(self._schemes)

    def forget(self) -> None:
        """The transport begins anew, without a connection."""
        self._known, self._certificate, self._delegated = None, None, False

    def legs(self, request: HttpRequest, link: Link, *, streamed: bool = False) -> Legs:
        """What is to be done to have ``request`` processed once.

        :param streamed: its body, None here, will come in pieces: the leg that has it is the last one, whatever the
            answer, and the legs before it have empty bodies.
        :raises TransportError: E_INVALIDARG for a request with such a header of its own;
            WS_E_SECURITY_SYSTEM_FAILURE when there is no token, WS_E_SECURITY_VERIFICATION_FAILURE when the server
            does not prove that it knows the client's secret, too.
        """
        if any(name.lower() == self._line.lower() for name, _ in request.headers):
            name = self._line.decode("ascii")
            raise refused(f"the header {name} is written by the transport, from its security settings")
        if self._delegated:
            return (yield from _send(request, bound=False, streams=streamed))
        peer = (request.url.scheme, request.url.host, request.url.port)
        if self._known == peer and not self._each_time and not (streamed and self._by_ticket):
            try:
                answer = yield from _send(request, bound=True, streams=streamed)
            except ConnectionGone:
                pass
            else:
                if answer[0].status != self._status:
                    return answer
                self._each_time = "negotiate" in self._schemes
                if streamed:
                    self._known = None
                    return answer
        certificate = self._certificate if self._known == peer and self._direct else None
        self._known = self._certificate = None
        if certificate is not None:
            with contextlib.suppress(ConnectionGone):
                return (yield from self._authenticate(request, peer, link, certificate, streamed=streamed))
        return (yield from self._authenticate(request, peer, link, None, streamed=streamed))

    def _authenticate(
        self,
        request: HttpRequest,
        peer: tuple[str, str, int],
        link: Link,
        certificate: bytes | None,
        *,
        streamed: bool,
    ) -> Legs:
        """The legs of an authentication; ``certificate`` is the server's when its connection is there already."""
        scheme, bound = self._schemes[0], certificate is not None
        empty = request.replace(body=b"", length=None) if streamed or request.body else request
        if not self._direct or (request.url.scheme == "https" and scheme == "negotiate" and not bound):
            # Several schemes: the server says which it has. Under TLS the first token may be the only one, and it
            # names the certificate, which is known only when there is a connection.
            answer = yield from _send(empty, bound=False)
            bound, certificate = True, link.certificate()
            if answer[0].status != self._status:
                return answer if empty is request else (yield from _send(request, bound=True, streams=streamed))
            offered = challenge_schemes(_texts(answer[0], self._challenge))
            common = [name for name in self._schemes if name in offered]
            if not common:
                return answer
            scheme = common[0]
            if scheme in _DELEGATED:
                link.delegate(_DELEGATED[scheme])
                self._delegated = True
                return (yield from _send(request, bound=False, streams=streamed))
        context = self._context(scheme, self.host or request.url.host)
        token = yield self._step(context, None, certificate)
        for number in range(MAX_LEGS):
            # NTLM's first token cannot be the last one, and does not take the body along.
            whole = empty is request or number > 0 or context.negotiated_protocol != "ntlm"
            leg = self._with_token(request if whole else empty, scheme, token)
            answer = yield from _send(leg, bound=bound, streams=streamed and whole)
            bound, certificate = True, certificate or link.certificate()
            reply = _token(answer[0], self._challenge, scheme)
            if answer[0].status != self._status:
                if not whole:
                    # It wants no authentication, or has the same answer for everybody.
                    return (yield from _send(request, bound=True, streams=streamed))
                if reply and not context.complete:
                    yield self._step(context, reply, certificate, _LAST)
                self._known, self._certificate = peer, certificate
                self._by_ticket = context.negotiated_protocol == "kerberos"
                return answer
            if not reply or context.complete or (streamed and whole):
                return answer
            token = yield self._step(context, reply, certificate, _AGAIN if whole else _FIRST)
            if not token:
                return answer
        raise _security_failure(f"the authentication has not come to its end after {MAX_LEGS} requests")

    def _with_token(self, request: HttpRequest, scheme: str, token: bytes) -> HttpRequest:
        name = b"NTLM" if scheme == "ntlm" else b"Negotiate"
        line = (self._line, name + b" " + base64.b64encode(token))
        return request.replace(headers=(*request.headers, line))

    def _context(self, scheme: str, host: str) -> Any:
        user, password = _user(self._auth)
        try:
            return self._spnego.client(user, password, hostname=host, service="HTTP", protocol=scheme)
        except self._spnego.exceptions.SpnegoError as error:
            raise _security_failure(f"{scheme} is not possible: {_said(error)}") from None

    def _step(self, context: Any, token: bytes | None, certificate: bytes | None, stage: int = _FIRST) -> Work:
        return Work(functools.partial(self._stepped, context, token, certificate, stage))

    def _stepped(self, context: Any, token: bytes | None, certificate: bytes | None, stage: int) -> bytes:
        bindings = None
        if certificate is not None:
            bindings = self._spnego.channel_bindings.GssChannelBindings(application_data=endpoint_binding(certificate))
        _unlogged.here = True
        try:
            return context.step(token, channel_bindings=bindings) or b""
        except Exception as error:  # bad tokens raise whatever their readers do
            said = _said(error)
        finally:
            _unlogged.here = False
        # Outside of the handler: the error's frames hold the credentials.
        if stage == _AGAIN:
            return b""
        if stage == _LAST:
            code = ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE
            raise _security_failure(f"the server's proof of itself is wrong: {said}", code, sent=True)
        raise _security_failure(f"there is no token for the authentication: {said}")


def one_leg(request: HttpRequest, *, streamed: bool = False) -> Legs:
    """``request`` as it is."""
    return (yield from _send(request, bound=False, streams=streamed))


def prove(legs: Legs, head: HttpHead) -> None:
    """Tell ``legs`` what the leg that streams was answered with.

    :raises TransportError: WS_E_SECURITY_VERIFICATION_FAILURE for a server that does not prove itself.
    """
    try:
        step = legs.send((head, b""))
        while isinstance(step, Work):
            step = legs.send(step.run())
    except StopIteration:
        return
    raise AssertionError("no leg follows the one that streams")


def _send(request: HttpRequest, *, bound: bool, streams: bool = False) -> Generator[Leg, Answer, Answer]:
    return (yield Leg(request, bound, streams))


def endpoint_binding(certificate: bytes) -> bytes:
    """The channel binding ``tls-server-end-point`` (RFC 5929 §4) of a certificate in PEM."""
    from cryptography import x509  # noqa: PLC0415 (comes with pyspnego)
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    found = x509.load_pem_x509_certificate(certificate)
    algorithm = found.signature_hash_algorithm
    if algorithm is None or isinstance(algorithm, hashes.MD5 | hashes.SHA1):
        algorithm = hashes.SHA256()
    return b"tls-server-end-point:" + found.fingerprint(algorithm)


class _Unlogged(threading.local):
    """Whether this thread makes a token: pyspnego logs it, and one of NTLM can be tried against lists of passwords."""

    here = False

    def filter(self, record: logging.LogRecord) -> bool:
        """What a logger asks for leave."""
        return not self.here


_unlogged: Final = _Unlogged()


def _spnego() -> Any:
    try:
        import spnego  # noqa: PLC0415 (an optional dependency, slow to import)
        import spnego.channel_bindings  # noqa: PLC0415
        import spnego.exceptions  # noqa: PLC0415
    except ImportError as error:
        text = f"NTLM, and Negotiate with a password, need pyspnego, which cannot be imported; {_INSTALL}"
        raise NotSupported(text, original=error, strings=(str(error),)) from error
    for name in ("_gss", "_negotiate", "_ntlm", "_sspi"):
        logging.getLogger(f"spnego.{name}").addFilter(_unlogged.filter)
    return spnego


def _user(auth: HttpHeaderAuth) -> tuple[str | None, str | None]:
    credential = auth.client_credential
    if credential is None or isinstance(credential, DefaultWindowsCredential):
        return None, None
    if not isinstance(credential, (UsernameCredential, WindowsCredential)):
        raise AssertionError("a bearer token takes part in no handshake")
    password = credential.password
    name = credential.username
    if isinstance(credential, WindowsCredential):
        # A domain that is named as DNS names it is a realm of Kerberos, which asks for user@REALM; NTLM takes both.
        name = f"{name}@{credential.domain}" if "." in credential.domain else credential.login
    return name, (password if isinstance(password, Secret) else Secret(password)).reveal().decode("utf-8")


def _texts(head: HttpHead, name: bytes) -> list[str]:
    return [value.decode("latin-1") for value in head.values(name)]


def _token(head: HttpHead, name: bytes, scheme: str) -> bytes | None:
    """The token of ``scheme`` that the peer answers with, None without a readable one."""
    for value in head.values(name):
        found, _, text = value.partition(b" ")
        if found.decode("latin-1").lower() == scheme and text.strip():
            try:
                return base64.b64decode(text.strip(), validate=True)
            except binascii.Error:
                return None
    return None


def _said(error: BaseException) -> str:
    # The class, not the text: of unforeseen errors it may hold anything.
    text = getattr(error, "message", None)
    return f"{type(error).__name__}: {text}" if isinstance(text, str) else type(error).__name__


def _security_failure(
    text: str, code: ErrorCode = ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE, *, sent: bool = False
) -> TransportError:
    return TransportError(text, code=code, phase=Phase.WAIT if sent else Phase.PREPARE, sent=sent)
