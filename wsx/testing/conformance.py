"""Whether a transport maps each failure of a network to the error that wsx promises: a table of rows, run against it.

:func:`transport_conformance` plays the rows of :mod:`wsx.testing.conformance_rows` with servers of its own on the
loopback interface and says which rows the transport meets. What a library cannot do, its adapter declares with the
reason; a declared row that passes nevertheless is reported, too, so that no declaration outlives its reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from wsx.channel.coding import Decoder, coding_of
from wsx.errors import ErrorCode, WsError
from wsx.security import SecurityDescription
from wsx.testing.certificates import Zoo, make_zoo
from wsx.testing.conformance_rows import ROWS, Play, Row, Setup, Surprise
from wsx.testing.fault_server import FaultServer
from wsx.transport import AsyncTransport, HttpHead, HttpRequest, HttpUrl, Limits, Transport, TransportError
from wsx.transport.failures import status_error

__all__ = ["Report", "Result", "TransportFactory", "play_row", "transport_conformance"]

T = TypeVar("T")
TransportFactory: TypeAlias = Callable[[Setup], "Transport | AsyncTransport"]

_PATIENCE: Final = 30.0
"""Seconds after which a call has hung; the longest limit of a row is far below."""
_LIMITS: Final = Limits(resolve=10, connect=10, send=10, receive_response=10, receive=10)
_HEADERS: Final = ((b"Content-Type", b"text/xml; charset=utf-8"), (b"User-Agent", b"wsx-conformance"))
_DECODED: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Result:
    """What a row has come to.

    :param row: the row.
    :param code: what it was found to be, None when it surprised.
    :param problem: why the row is not met, None when it is.
    :param declared: the reason why the adapter cannot meet it, None when it says that it can.
    """

    row: Row
    code: ErrorCode | None
    problem: str | None = None
    declared: str | None = None

    @property
    def ok(self) -> bool:
        """Whether all is as the adapter says."""
        return (self.problem is None) == (self.declared is None)

    def __str__(self) -> str:
        if self.declared is not None:
            verdict = "declared" if self.problem else "PASSES, though it is declared"
            return f"{verdict:8} {self.row.name}: {self.row.condition} ({self.declared})"
        return f"{'FAILED' if self.problem else 'ok':8} {self.row.name}: {self.row.condition}" + (
            f"\n         {self.problem}" if self.problem else ""
        )


@dataclass(frozen=True, slots=True)
class Report:
    """The results of all rows that were played."""

    results: tuple[Result, ...]
    unknown: tuple[str, ...] = field(default=())
    """Declared rows that are not in the table."""

    @property
    def ok(self) -> bool:
        """Whether every row is met, or declared and not met."""
        return not self.unknown and all(result.ok for result in self.results)

    def check(self) -> None:
        """:raises AssertionError: when not all is :attr:`ok`; the message lists what is not."""
        if not self.ok:
            raise AssertionError(self.summary + "".join(f"\n{one}" for one in self.results if not one.ok))

    @property
    def summary(self) -> str:
        """One line."""
        met = sum(result.problem is None for result in self.results)
        declared = sum(result.declared is not None for result in self.results)
        wrong = sum(not result.ok for result in self.results)
        unknown = f"; declared but not in the table: {', '.join(self.unknown)}" if self.unknown else ""
        return f"{met} of {len(self.results)} rows met, {declared} declared, {wrong} not as declared{unknown}"

    def __str__(self) -> str:
        return "\n".join([*map(str, self.results), self.summary])


def transport_conformance(
    factory: TransportFactory, *, cannot: Mapping[str, str] | None = None, rows: Iterable[str] | None = None
) -> Report:
    """Play the table against the transports that ``factory`` makes; takes some ten seconds.

    :param factory: makes a :class:`~wsx.transport.Transport` or :class:`~wsx.transport.AsyncTransport` for a
        :class:`Setup`; called once a row, for asyncio inside of a running event loop. An error of wsx that it raises is
        the outcome of the row.
    :param cannot: row name → why the adapter cannot meet it.
    :param rows: the names of the rows to play; None plays all.
    :raises KeyError: for a name in ``rows`` that is not in the table.
    """
    cannot = cannot or {}
    chosen = list(ROWS.values()) if rows is None else [ROWS[name] for name in rows]
    with tempfile.TemporaryDirectory() as folder:
        zoo = make_zoo(Path(folder))
        results = tuple(play_row(row, factory, zoo, cannot.get(row.name)) for row in chosen)
    return Report(results, tuple(sorted(set(cannot) - set(ROWS))))


def play_row(row: Row, factory: TransportFactory, zoo: Zoo, declared: str | None = None) -> Result:
    """Play one row.

    :param zoo: certificates, by :func:`~wsx.testing.certificates.make_zoo`.
    :param declared: why the adapter cannot meet it.
    """
    play = _Play(factory, zoo)
    code = problem = None
    try:
        with play.stack:
            code = row.play(play)
    except Surprise as surprise:
        problem = str(surprise)
    if code is not None and code not in row.codes:
        wanted = " or ".join(one.name for one in row.codes)
        problem = f"it should be {wanted}, and is {code.name}{play.text}"
    return Result(row, code, problem, declared)


class _Play(Play):
    """One row under way."""

    def __init__(self, factory: TransportFactory, zoo: Zoo) -> None:
        self.zoo = zoo
        self.stack = contextlib.ExitStack()
        self.text = ""  # of the last error
        self._factory = factory
        self._caller: _Caller | None = None

    def server(self, certificate: str | None = None, change: Callable[[Any], None] | None = None) -> FaultServer:
        context = None if certificate is None else self.zoo.server(certificate)
        if context is not None and change is not None:
            change(context)
        return self.stack.enter_context(FaultServer(context))

    def post(
        self,
        url: str,
        *,
        body: bytes = b"<request/>",
        limits: Limits = _LIMITS,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        used_scheme: str | None = None,
        proxy: str | None = None,
        security: SecurityDescription | None = None,
        trusting: bool = True,
    ) -> ErrorCode:
        try:
            if self._caller is None:
                ca_file = self.zoo.ca_file if trusting else None
                setup = Setup(ca_file, None if proxy is None else HttpUrl.parse(proxy), security)
                self._caller = self.stack.enter_context(_Caller(self._factory, setup))
            request = HttpRequest("POST", HttpUrl.parse(url), (*_HEADERS, *headers), body)
            head, content = self._caller.call(request, limits)
            return _outcome(head, content, used_scheme)
        except (TransportError, WsError) as error:
            self.text = f" ({error})"
            return ErrorCode(error.code)


def _outcome(head: HttpHead, body: bytes, used_scheme: str | None) -> ErrorCode:
    """What a channel makes of a response."""
    if not 200 <= head.status < 300:
        return status_error(head, used_scheme=used_scheme).code
    coding = coding_of(head.headers)
    if coding is not None:
        decoder = Decoder(coding, max_size=_DECODED, max_ratio=100, ratio_above=1 << 20)
        decoder.feed(body)
        decoder.finish()
    return ErrorCode.S_OK


class _Caller:
    """A transport, blocking or not; what it raises but errors of wsx is a surprise, and so is a call that hangs."""

    def __init__(self, factory: TransportFactory, setup: Setup) -> None:
        # What some libraries of asyncio make, they make in a running loop alone. Not every loop watches sockets.
        self._loop = asyncio.SelectorEventLoop()
        try:
            self._transport = self._run(_made(factory, setup))
        except BaseException:
            self._loop.close()
            raise
        self._blocking = not inspect.iscoroutinefunction(self._transport.call)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run_until_complete(asyncio.wait_for(coroutine, _PATIENCE))
        except asyncio.TimeoutError:
            raise Surprise(f"the call still runs after {_PATIENCE:g} s") from None

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        transport: Any = self._transport
        try:
            answer: tuple[HttpHead, bytes]
            if self._blocking:
                answer = _in_thread(lambda: transport.call(request, limits))
            else:
                answer = self._run(transport.call(request, limits))
            return answer
        except (TransportError, WsError, Surprise):
            raise
        except Exception as error:
            raise Surprise(f"it raises {type(error).__name__}: {error}") from error

    def __enter__(self) -> _Caller:
        return self

    def __exit__(self, *_: object) -> None:
        transport: Any = self._transport
        try:
            if self._blocking:
                transport.close()
            else:
                self._run(transport.close())
        finally:
            self._loop.close()


async def _made(factory: TransportFactory, setup: Setup) -> Transport | AsyncTransport:
    return factory(setup)


def _in_thread(call: Callable[[], T]) -> T:
    """Call, but do not wait for ever."""
    done: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            done.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if errors:
        raise errors[0]
    if not done:
        raise Surprise(f"the call still runs after {_PATIENCE:g} s")
    return done[0]
