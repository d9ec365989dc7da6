"""The fault matrix: what a channel makes of each fault, what is left of it, and how often its request was sent.

``FAULTS`` is the table; :func:`carry_out` does one of its faults with one of the drivers. Each uses a channel over a
transport of its own, then another channel over the same transport, which must work whatever happened before.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tests.support.certificates import Zoo
from tests.support.channels import ASK, GOT, soap_11
from tests.support.fault_server import FaultServer, full_listener, silent_server
from wsx.channel import AsyncChannel, Channel, ChannelProperties
from wsx.descriptions import ElementDescription, MessageDescription, Type
from wsx.errors import ErrorCode, WsError
from wsx.security import CustomHttpProxy, HttpProxySettingMode, ProxySettings
from wsx.transport import AsyncTransport, Transport, TransportError, default_async_transport, default_transport

__all__ = ["FAULTS", "KINDS", "Fault", "Left", "Outcome", "carry_out"]

KINDS: Final = ("sync", "asyncio")
LARGE: Final = MessageDescription("act", ElementDescription("q", "ns", Type.STRING))
LARGE_VALUE: Final = "x" * (4 << 20)
_SOON: Final = 0.25  # seconds, for the timeouts that are to pass
_GRACE: Final = 5.0  # seconds that a thread of the server or a socket may need to be gone
_MAX_FDS: Final = 4096


class Outcome(NamedTuple):
    """How the send ended, None for the code of a success and the phase of an answer; how often its request arrived."""

    code: ErrorCode | None
    phase: str | None
    sent: bool | None
    times: int

    def fits(self, expected: Outcome) -> bool:
        """Whether it is ``expected``, whose phase may be one or the other."""
        phase = None if expected.phase is None else expected.phase.split(" or ")
        return self._replace(phase=None) == expected._replace(phase=None) and (
            self.phase is None if phase is None else self.phase in phase
        )


class Left(NamedTuple):
    """What of an exchange is still there when the channel is closed and the server has ended."""

    sockets: int
    tasks: int
    threads: int


@dataclass(frozen=True)
class Fault:
    """One row. ``tls`` is the outcome over TLS where that is another, False where there is no such thing."""

    name: str
    what: str
    outcome: Outcome
    tls: Outcome | bool = True
    limits: dict[str, Any] = field(default_factory=dict)
    large: bool = False
    calls: int = 1  # the last one meets the fault
    certificate: str = "good"
    place: str = "server"  # or what stands for it
    kinds: tuple[str, ...] = KINDS

    def expected(self, *, tls: bool) -> Outcome:
        return self.tls if tls and isinstance(self.tls, Outcome) else self.outcome

    def cases(self) -> Iterator[tuple[str, bool]]:
        """The drivers and whether it is over TLS."""
        for kind in self.kinds:
            if self.certificate == "good":
                yield kind, False
            if self.tls is not False:
                yield kind, True


DISCONNECTED = ErrorCode.WS_E_ENDPOINT_DISCONNECTED
FORMAT = ErrorCode.WS_E_INVALID_FORMAT
QUOTA = ErrorCode.WS_E_QUOTA_EXCEEDED
TIMED_OUT = ErrorCode.WS_E_OPERATION_TIMED_OUT
PROXY = ErrorCode.WS_E_PROXY_FAILURE
ABORTED = ErrorCode.WS_E_OPERATION_ABORTED


def _lost(phase: str) -> Outcome:
    return Outcome(DISCONNECTED, phase, True, 1)


def _bad(phase: str) -> Outcome:
    return Outcome(FORMAT, phase, True, 1)


def _unsent(code: ErrorCode, phase: str) -> Outcome:
    return Outcome(code, phase, False, 0)


def _late(phase: str) -> Outcome:
    return Outcome(TIMED_OUT, phase, True, 1)


_SENT = Outcome(None, None, None, 1)
_SMALL: Final = {"max_buffered_message_size": 1 << 20}
_RESPONSE: Final = {"receive_response_timeout": _SOON}
_BODY: Final = {"receive_timeout": _SOON}

FAULTS: Final = [
    # No connection
    Fault("refused", "nobody listens", _unsent(ErrorCode.WS_E_ENDPOINT_UNREACHABLE, "CONNECT"), place="nobody"),
    Fault(
        "unknown-host",
        "the name does not resolve",
        _unsent(ErrorCode.WS_E_ENDPOINT_NOT_FOUND, "RESOLVE"),
        place="unknown",
    ),
    Fault(
        "no-accept",
        "the connection is not answered",
        _unsent(TIMED_OUT, "CONNECT"),
        limits={"connect_timeout": _SOON},
        place="full",
    ),
    # Lost connections
    Fault("close", "closed instead of an answer", _lost("WAIT")),
    Fault("reset", "reset instead of an answer", _lost("WAIT")),
    Fault("half-close", "the server's half closed instead of an answer", _lost("WAIT")),
    Fault("cut-status-line", "closed within the status line", _lost("WAIT")),
    Fault("cut-head", "closed within the headers", _lost("WAIT")),
    Fault("cut-head-after-line", "closed after a header line", _lost("WAIT")),
    Fault("cut-body", "closed within the body", _lost("RECEIVE")),
    Fault("reset-body", "reset within the body", _lost("RECEIVE")),
    Fault("cut-chunk", "closed within a chunk", _lost("RECEIVE")),
    Fault("no-last-chunk", "closed before the last chunk", _lost("RECEIVE")),
    Fault("reset-upload", "reset while the request is sent", Outcome(DISCONNECTED, "SEND", None, 1), large=True),
    # Answers that are none
    Fault("bad-status-line", "no HTTP", _bad("WAIT")),
    Fault("bad-header", "a header line without a colon", _bad("WAIT")),
    Fault("nul-in-header", "NUL in a header", _bad("WAIT")),
    Fault("bad-length", "Content-Length is no number", _bad("WAIT")),
    Fault("two-lengths", "two Content-Length lines", _bad("WAIT")),
    Fault("bad-chunk", "a chunk size is no number", _bad("RECEIVE"), tls=_lost("RECEIVE")),
    Fault("not-gzip", "gzip that is none", _bad("RECEIVE")),
    # Answers without end
    Fault("huge-header", "an endless header", Outcome(QUOTA, "WAIT", True, 1)),
    Fault("huge-head", "endless headers", Outcome(QUOTA, "WAIT", True, 1)),
    Fault("endless", "an endless body", Outcome(QUOTA, "RECEIVE", True, 1), limits=_SMALL),
    Fault("gzip-bomb", "gzip of more than the quota", Outcome(QUOTA, "RECEIVE", True, 1), limits=_SMALL),
    # Silence
    Fault("stall", "no answer", _late("WAIT"), limits=_RESPONSE),
    Fault("stall-head", "half a head", _late("WAIT"), limits=_RESPONSE),
    Fault("endless-interim", "1xx answers without end", _late("WAIT"), limits=_RESPONSE),
    Fault("stall-body", "half a body", _late("RECEIVE"), limits=_BODY),
    Fault("trickle", "a byte now and then", _late("RECEIVE"), limits=_BODY),
    Fault(
        "stall-upload",
        "the request is not read",
        Outcome(TIMED_OUT, "SEND", None, 1),
        limits={"send_timeout": _SOON},
        large=True,
    ),
    # Kept connections
    Fault(
        "second-close",
        "a kept connection is closed when the request was read",
        Outcome(DISCONNECTED, "SEND or WAIT", None, 1),
        calls=2,
    ),
    Fault(
        "second-reset",
        "a kept connection is reset when the request was read",
        Outcome(DISCONNECTED, "SEND or WAIT", None, 1),
        calls=2,
    ),
    Fault("answer-then-fin", "a kept connection was closed while idle", _SENT, calls=2),
    Fault("answer-then-rst", "a kept connection was reset while idle", _SENT, calls=2),
    Fault("answer-then-garbage", "a kept connection holds bytes that nobody asked for", _SENT, tls=False, calls=2),
    Fault("answer-with-stale", "such bytes come in one piece with an answer", _SENT, tls=_bad("WAIT"), calls=2),
    # Refusals
    Fault(
        "early-413",
        "413 while the request is sent",
        Outcome(ErrorCode.WS_E_ENDPOINT_FAILURE, None, None, 1),
        large=True,
    ),
    Fault("status-503", "503", Outcome(ErrorCode.WS_E_ENDPOINT_TOO_BUSY, None, None, 1)),
    Fault("redirect", "a redirect", Outcome(ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE, None, None, 1)),
    # TLS
    Fault(
        "no-handshake",
        "the TLS handshake is not answered",
        _unsent(TIMED_OUT, "TLS"),
        limits={"connect_timeout": _SOON},
        place="silent",
        certificate="",
    ),
    Fault(
        "cut-handshake",
        "closed within the TLS handshake",
        _unsent(DISCONNECTED, "TLS"),
        place="closing",
        certificate="",
    ),
    Fault("expired", "an expired certificate", _unsent(ErrorCode.CERT_E_EXPIRED, "TLS"), certificate="expired"),
    Fault(
        "wrong-name",
        "a certificate for another host",
        _unsent(ErrorCode.CERT_E_CN_NO_MATCH, "TLS"),
        certificate="wrong-name",
    ),
    Fault(
        "unknown-issuer",
        "a certificate of an unknown issuer",
        _unsent(ErrorCode.CERT_E_UNTRUSTEDROOT, "TLS"),
        certificate="unknown-issuer",
    ),
    # Proxies
    Fault("proxy-refused", "nobody listens at the proxy", _unsent(PROXY, "PROXY"), place="no-proxy"),
    Fault("proxy-502", "502 to CONNECT", _unsent(PROXY, "PROXY"), place="proxy-502", certificate=""),
    Fault(
        "proxy-hangs-up",
        "the proxy closes instead of an answer to CONNECT",
        _unsent(PROXY, "PROXY"),
        place="closing-proxy",
        certificate="",
    ),
    # The program's own doing
    Fault("aborted", "abort() while the answer is awaited", Outcome(ABORTED, "WAIT", True, 1)),
    Fault("cancelled", "the task is cancelled while the answer is awaited", _SENT, kinds=("asyncio",)),
]


# What there was and is


def _sockets() -> set[tuple[int, int]]:
    found = set()
    for number in range(3, _MAX_FDS):
        with contextlib.suppress(OSError):
            status = os.fstat(number)
            if stat.S_ISSOCK(status.st_mode):
                found.add((number, status.st_ino))
    return found


def _gone(count: Callable[[], int]) -> int:
    """What is left after a grace, most often nothing at once."""
    end = time.monotonic() + _GRACE
    while (left := count()) and time.monotonic() < end:
        time.sleep(0.005)
    return left


# One exchange


@dataclass(frozen=True)
class _Scene:
    """Where a fault takes place; ``healthy`` is a URL that the same transport can use next, None when there is none."""

    url: str
    healthy: str | None
    server: FaultServer | None = None
    proxy: ProxySettings | None = None

    def times(self, fault: Fault) -> int:
        """How often the last message arrived; those before it arrived once."""
        return 0 if self.server is None else len(self.server.requests) - fault.calls + 1


def _proxy(port: int) -> ProxySettings:
    return ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(f"127.0.0.1:{port}"))


@contextlib.contextmanager
def _scene(fault: Fault, zoo: Zoo, *, tls: bool) -> Iterator[_Scene]:
    scheme = "https" if tls else "http"
    with contextlib.ExitStack() as stack:
        if fault.place == "server":
            path = {"aborted": "stall", "cancelled": "stall"}.get(fault.name, fault.name)
            context = zoo.server(fault.certificate) if tls else None
            server = stack.enter_context(FaultServer(context))
            healthy = server.url("/") if fault.certificate == "good" else None
            yield _Scene(server.url(f"/{path}"), healthy, server)
            return
        if fault.place in ("nobody", "no-proxy"):
            with FaultServer() as gone:
                port = gone.port
        elif fault.place == "full":
            port = stack.enter_context(full_listener())
        elif fault.place == "unknown":
            port = 80
        else:
            answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n" if fault.place == "proxy-502" else b""
            closing = fault.place in ("closing", "closing-proxy")
            port = stack.enter_context(silent_server(answer, close=closing))
        if "proxy" in fault.place:
            yield _Scene(f"{scheme}://endpoint.invalid/", None, proxy=_proxy(port))
        else:
            host = "no-such-host.invalid" if fault.place == "unknown" else "127.0.0.1"
            yield _Scene(f"{scheme}://{host}:{port}/", None)


def _outcome(error: BaseException | None, times: int) -> Outcome:
    if not isinstance(error, WsError):
        return Outcome(None, None, None, times)
    cause = error.original
    if isinstance(cause, TransportError):
        return Outcome(error.code, cause.phase.name, cause.sent, times)
    return Outcome(error.code, None, None, times)


def _stop_waiting(scene: _Scene, stop: Callable[[], object]) -> threading.Thread:
    """A thread that calls ``stop`` when the server has read the request."""
    server = scene.server
    assert server is not None

    def wait() -> None:
        if server.arrived.wait(10):
            stop()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def _sync(fault: Fault, scene: _Scene, properties: ChannelProperties, zoo: Zoo) -> tuple[Outcome, int]:
    transport: Transport = default_transport(ca_file=zoo.ca_file, proxy=scene.proxy)
    error: BaseException | None = None
    with contextlib.closing(transport):
        with Channel(properties=properties, transport=transport) as channel:
            channel.open(scene.url)
            stopper = _stop_waiting(scene, channel.abort) if fault.name == "aborted" else None
            try:
                for _ in range(fault.calls):
                    channel.send_message(channel.create_message(), *_message(fault))
                    if fault.calls > 1:
                        with contextlib.suppress(WsError):  # no SOAP
                            channel.receive_message(channel.create_message(), [GOT])
                        _settle(fault, scene)
            except WsError as raised:
                error = raised
            if stopper is not None:
                stopper.join()
        outcome = _outcome(error, scene.times(fault))
        if scene.healthy is not None:
            with Channel(properties=soap_11(), transport=transport) as channel:
                channel.open(scene.healthy)
                channel.send_message(channel.create_message(), ASK, 1)
    return outcome, 0


async def _async(fault: Fault, scene: _Scene, properties: ChannelProperties, zoo: Zoo) -> tuple[Outcome, int]:
    transport: AsyncTransport = default_async_transport(ca_file=zoo.ca_file, proxy=scene.proxy)
    error: BaseException | None = None
    async with AsyncChannel(properties=properties, transport=transport) as channel:
        await channel.open(scene.url)
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        stopper = None
        if fault.name == "aborted":
            stopper = _stop_waiting(scene, channel.abort)
        elif fault.name == "cancelled":
            stopper = _stop_waiting(scene, lambda: loop.call_soon_threadsafe(task.cancel))
        try:
            for _ in range(fault.calls):
                await channel.send_message(channel.create_message(), *_message(fault))
                if fault.calls > 1:
                    with contextlib.suppress(WsError):
                        await channel.receive_message(channel.create_message(), [GOT])
                    _settle(fault, scene)
        except (WsError, asyncio.CancelledError) as raised:
            error = raised
        if stopper is not None:
            stopper.join()
    outcome = _outcome(error, scene.times(fault))
    if scene.healthy is not None:
        async with AsyncChannel(properties=soap_11(), transport=transport) as channel:
            await channel.open(scene.healthy)
            await channel.send_message(channel.create_message(), ASK, 1)
    await transport.close()
    return outcome, await _tasks_left()


async def _tasks_left() -> int:
    loop = asyncio.get_running_loop()
    end = loop.time() + _GRACE
    while (left := len(asyncio.all_tasks()) - 1) and loop.time() < end:
        await asyncio.sleep(0.001)
    return left


def _message(fault: Fault) -> tuple[MessageDescription, object]:
    return (LARGE, LARGE_VALUE) if fault.large else (ASK, 1)


def _settle(fault: Fault, scene: _Scene) -> None:
    """Let what the server does to an idle connection arrive."""
    if fault.name.startswith("answer-then") and scene.server is not None:
        assert scene.server.arrived.wait(10)
        scene.server.arrived.clear()


def carry_out(fault: Fault, kind: str, zoo: Zoo, *, tls: bool) -> tuple[Outcome, Left]:
    """Do ``fault``; how the send ended, and what is left of it."""
    sockets, threads = _sockets(), set(threading.enumerate())
    properties = soap_11(**fault.limits)
    with _scene(fault, zoo, tls=tls) as scene:
        if kind == "sync":
            outcome, tasks = _sync(fault, scene, properties, zoo)
        else:
            outcome, tasks = asyncio.run(_async(fault, scene, properties, zoo))
    left = Left(
        _gone(lambda: len(_sockets() - sockets)), tasks, _gone(lambda: len(set(threading.enumerate()) - threads))
    )
    return outcome, left
