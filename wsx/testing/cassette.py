"""Cassettes: exchanges with a real service, kept in a file, that later runs of a test get their replies from."""

from __future__ import annotations

import base64
import contextlib
import difflib
import json
import os
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from xml.etree import ElementTree

from wsx.channel.coding import coding_of, decoded
from wsx.errors import InvalidArgument
from wsx.testing.cassette_xml import MESSAGE_ID, REDACTED, Change, canonical, changed, texts_of
from wsx.testing.memory import AsyncMemoryTransport, MemoryTransport
from wsx.transport import (
    AsyncTransport,
    Capability,
    HttpHead,
    HttpRequest,
    Limits,
    Transport,
    default_async_transport,
    default_transport,
)

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Cassette", "CassetteMiss", "CassetteMode"]

Answer: TypeAlias = "tuple[HttpHead, bytes]"

_FORMAT: Final = 1
_NORMAL: Final = "NORMALISED"
_SECRET: Final = re.compile(
    r"passw|pwd|passphrase|secret|token|api.?key|credential|^authorization$|^(set-)?cookie2?$|session.?id",
    re.IGNORECASE,
)
_SECRET_HEADERS: Final = re.compile(r"auth|cookie|passw|secret|token|api.?key|credential|session", re.IGNORECASE)
_WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_ADDRESSING: Final = ("http://www.w3.org/2005/08/addressing", "http://schemas.xmlsoap.org/ws/2004/08/addressing")
# What is not true of the body any more, or says nothing about the service.
_DROPPED: Final = ("content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "date")
_QUERY: Final = re.compile(r"([?&])([^=&]*)=([^&]*)")
_MAX_BODY: Final = 256 << 20


class CassetteMode(Enum):
    """Where replies come from."""

    REPLAY = "replay"
    """From the cassette alone; a request that it does not have is an error."""
    RECORD = "record"
    """From the service; the cassette is written anew."""
    ONCE = "once"
    """REPLAY when the file is there, else RECORD."""


class CassetteMiss(AssertionError):
    """A request that the cassette does not have, or not so often."""


@dataclass
class _Exchange:
    """One request and its response, as they are kept."""

    request: dict[str, Any]
    response: dict[str, Any]
    used: bool = False

    @cached_property
    def key(self) -> tuple[str, str, str, str]:
        request = self.request
        return request["method"], request["url"], request["action"], _compared(_bytes(request["body"]))


class Cassette:
    """A file of exchanges, for the transports of one test; ``with Cassette("cassettes/orders.json") as cassette``.

    A client gets :attr:`transport` as its ``transport``. Recording sends requests on and keeps them with their
    responses; replaying compares method, URL, action and the body as canonical XML, in which message ids and timestamps
    do not count, and gives each exchange once, in the order of recording among equal ones (``repeat`` gives the last
    one again).

    Secrets never reach the file. The contents of headers, of elements and attributes, and of query parameters are
    replaced whose names hold words like password, secret, token, cookie or authorization, and so is all of
    ``wsse:Security``. ``redact`` has more names, ``keep`` those that are none. Bodies that are not XML in UTF-8 are
    kept as they are. A block that ends with an error, and a test that fails, write no file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        mode: CassetteMode | str = CassetteMode.ONCE,
        *,
        redact: Iterable[str] = (),
        keep: Iterable[str] = (),
        repeat: bool = False,
    ) -> None:
        """A cassette; the file is read now, and written by :meth:`close`.

        :raises FileNotFoundError: when there is none to replay.
        :raises InvalidArgument: for an unknown mode, and for a file that is no cassette.
        """
        self.path = Path(path)
        try:
            self.mode = CassetteMode(mode)
        except ValueError as error:
            raise InvalidArgument(f"mode must be replay, record or once, not {mode!r}") from error
        if self.mode is CassetteMode.ONCE:
            self.mode = CassetteMode.REPLAY if self.path.exists() else CassetteMode.RECORD
        self._redact = {name.lower() for name in redact}
        self._keep = {name.lower() for name in keep}
        self._repeat = repeat
        self._lock = threading.Lock()
        self._inner: list[Transport] = []
        self._async_inner: list[AsyncTransport] = []
        self._exchanges = _loaded(self.path) if self.mode is CassetteMode.REPLAY else []

    # --- transports --------------------------------------------------------------------------------------------------

    def transport(self, inner: Transport | None = None) -> Transport:
        """A transport of the cassette; ``inner`` carries requests when recording, by default one over libcurl.

        Give the method itself to a client: ``wsx.connect(…, transport=cassette.transport)``, or a function that calls
        it with a transport that has the security settings of the service.
        """
        if self.mode is CassetteMode.REPLAY:
            return MemoryTransport(self._replay)
        made = default_transport() if inner is None else inner
        self._inner += [made] if inner is None else []
        return _Recorder(self, made)

    def async_transport(self, inner: AsyncTransport | None = None) -> AsyncTransport:
        """As :meth:`transport`, for asyncio; the cassette is used with ``async with`` then."""
        if self.mode is CassetteMode.REPLAY:
            return AsyncMemoryTransport(self._replay)
        made = default_async_transport() if inner is None else inner
        self._async_inner += [made] if inner is None else []
        return _AsyncRecorder(self, made)

    # --- record and replay -------------------------------------------------------------------------------------------

    def record(self, request: HttpRequest, head: HttpHead, body: bytes) -> Answer:
        """Keep one exchange; returns the response without its content coding."""
        coding = coding_of(head.headers)
        if coding is not None:
            body = decoded(coding, body, max_size=_MAX_BODY, max_ratio=10_000, ratio_above=_MAX_BODY)
        lines = [(name, value) for name, value in head.headers if name.decode("latin-1").lower() not in _DROPPED]
        ids = _texts(request.body or b"", "MessageID")
        kept = {
            "status": head.status,
            "reason": head.reason,
            "headers": self._lines(lines),
            "body": _text(self._changed(body, lambda ns, name: MESSAGE_ID if _relates(ns, name) and ids else None)),
        }
        with self._lock:
            self._exchanges.append(_Exchange(self._request(request), kept, used=True))
        return HttpHead(head.status, head.reason, lines, head.version), body

    def _replay(self, request: HttpRequest) -> Answer:
        wanted = _Exchange(self._request(request), {})
        with self._lock:
            same = [found for found in self._exchanges if found.key == wanted.key]
            left = [found for found in same if not found.used]
            if not left and not (same and self._repeat):
                raise CassetteMiss(self._why(wanted, len(same)))
            found = left[0] if left else same[-1]
            found.used = True
        kept = found.response
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept["headers"]]
        body = _bytes(kept["body"])
        ids = _texts(request.body or b"", "MessageID")
        if ids:
            body = body.replace(MESSAGE_ID.encode(), ids[0].strip().encode())
        return HttpHead(kept["status"], kept["reason"], lines), body

    def _why(self, wanted: _Exchange, times: int) -> str:
        """What to say about a request that cannot be answered, with the difference to the nearest one."""
        request = wanted.request
        head = f"{self.path.name} has no answer for {request['method']} {request['url']} {request['action']}".rstrip()
        if times:
            return f"{head}: it was asked more often than recorded ({times})"
        body = _indented(_bytes(request["body"]))
        others = [_indented(_bytes(found.request["body"])) for found in self._exchanges]
        if not others:
            return f"{head}: it is empty"
        nearest = max(others, key=lambda other: difflib.SequenceMatcher(None, other, body).quick_ratio())
        lines = difflib.unified_diff(nearest.splitlines(), body.splitlines(), "recorded", "sent", lineterm="", n=1)
        return "\n".join([f"{head}; the nearest one differs:", *lines])

    @property
    def unused(self) -> int:
        """How many exchanges were not asked for."""
        return sum(not found.used for found in self._exchanges)

    # --- what is kept ------------------------------------------------------------------------------------------------

    def _request(self, request: HttpRequest) -> dict[str, Any]:
        body = request.body or b""
        coding = coding_of(request.headers)
        if coding is not None:
            body = decoded(coding, body, max_size=_MAX_BODY, max_ratio=10_000, ratio_above=_MAX_BODY)
        lines = [(name, value) for name, value in request.headers if name.decode("latin-1").lower() not in _DROPPED]
        return {
            "method": request.method,
            "url": _QUERY.sub(self._parameter, str(request.url)),
            "action": _action(request),
            "headers": self._lines(lines),
            "body": _text(self._changed(body, _volatile)),
        }

    def _parameter(self, found: re.Match[str]) -> str:
        value = REDACTED if self._secret(found[2]) else found[3]
        return f"{found[1]}{found[2]}={value}"

    def _lines(self, lines: Iterable[tuple[bytes, bytes]]) -> list[list[str]]:
        made = []
        for name, value in lines:
            text = name.decode("latin-1")
            secret = self._listed(text, _SECRET_HEADERS) and not text.lower().endswith("-authenticate")
            made.append([text, REDACTED if secret else _QUERY.sub(self._parameter, value.decode("latin-1"))])
        return made

    def _listed(self, name: str, words: re.Pattern[str]) -> bool:
        low = name.lower()
        return low in self._redact or (low not in self._keep and words.search(low) is not None)

    def _secret(self, name: str) -> bool:
        return self._listed(name, _SECRET)

    def _changed(self, body: bytes, more: Change) -> bytes:
        """``body`` without secrets, and as ``more`` changes it."""

        def change(ns: str, name: str) -> str | None:
            if (ns, name) == (_WSSE, "Security") or self._secret(name):
                return REDACTED
            return more(ns, name)

        with contextlib.suppress(ValueError):
            return changed(body, change)
        return body

    # --- the file ----------------------------------------------------------------------------------------------------

    def discard(self) -> None:
        """Forget what was recorded: :meth:`close` writes nothing, and a file that is there stays."""
        with self._lock:
            if self.mode is CassetteMode.RECORD:
                self._exchanges.clear()

    def close(self) -> None:
        """Write the file when recording, and close the transports that the cassette has made."""
        inner, self._inner = self._inner, []
        for transport in inner:
            transport.close()
        if self.mode is not CassetteMode.RECORD or not self._exchanges:
            return
        exchanges = [{"request": found.request, "response": found.response} for found in self._exchanges]
        text = json.dumps({"wsx-cassette": _FORMAT, "exchanges": exchanges}, indent=1, ensure_ascii=False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f"{self.path.name}.part")
        part.write_text(text + "\n", "utf-8")
        part.replace(self.path)

    async def aclose(self) -> None:
        """As :meth:`close`, with the transports for asyncio."""
        inner, self._async_inner = self._async_inner, []
        for transport in inner:
            await transport.close()
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self.discard()
        await self.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self.discard()
        self.close()


class _Recorder:
    """A transport that keeps what it carries."""

    def __init__(self, cassette: Cassette, inner: Transport) -> None:
        self._cassette = cassette
        self._transport = inner

    @property
    def capabilities(self) -> Capability:
        return self._transport.capabilities & ~Capability.STREAMING

    def call(self, request: HttpRequest, limits: Limits) -> Answer:
        head, body = self._transport.call(request, limits)
        return self._cassette.record(request, head, body)

    def abort(self) -> None:
        self._transport.abort()

    def close(self) -> None:
        self._transport.close()


class _AsyncRecorder:
    """The same for asyncio."""

    def __init__(self, cassette: Cassette, inner: AsyncTransport) -> None:
        self._cassette = cassette
        self._transport = inner

    @property
    def capabilities(self) -> Capability:
        return self._transport.capabilities & ~Capability.STREAMING

    async def call(self, request: HttpRequest, limits: Limits) -> Answer:
        head, body = await self._transport.call(request, limits)
        return self._cassette.record(request, head, body)

    def abort(self) -> None:
        self._transport.abort()

    async def close(self) -> None:
        await self._transport.close()


# --- helpers ---------------------------------------------------------------------------------------------------------


def _loaded(path: Path) -> list[_Exchange]:
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["wsx-cassette"] != _FORMAT:
            raise InvalidArgument(f"{path}: a cassette of format {found['wsx-cassette']}, not {_FORMAT}")
        made = [_Exchange(one["request"], one["response"]) for one in found["exchanges"]]
        for one in made:
            _ = one.key, one.response["status"], one.response["reason"], one.response["headers"], one.response["body"]
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InvalidArgument):
            raise
        raise InvalidArgument(f"{path}: no cassette: {type(error).__name__}: {error}") from error
    return made


def _volatile(ns: str, name: str) -> str | None:
    """What differs each time a request is made."""
    if name in ("MessageID", "RelatesTo") and ns in _ADDRESSING:
        return _NORMAL
    return _NORMAL if ns == _WSU and name in ("Created", "Expires") else None


def _relates(ns: str, name: str) -> bool:
    return name == "RelatesTo" and ns in _ADDRESSING


def _action(request: HttpRequest) -> str:
    """The action of the transport: of SOAPAction, or of the media type."""
    for name, value in request.headers:
        text = value.decode("latin-1")
        if name.lower() == b"soapaction":
            return text.strip('"')
        if name.lower() == b"content-type" and "action=" in text:
            return text.partition("action=")[2].partition(";")[0].strip('"')
    return ""


def _texts(body: bytes, name: str) -> list[str]:
    with contextlib.suppress(Exception):
        return texts_of(body, name)
    return []


def _compared(body: bytes) -> str:
    try:
        return canonical(changed(body, lambda ns, name: None))
    except ValueError:
        return base64.b64encode(body).decode("ascii")


def _indented(body: bytes) -> str:
    """For people: one element a line."""
    try:
        root = ElementTree.fromstring(changed(body, lambda ns, name: None))  # noqa: S314 - changed() refuses a DTD
    except ValueError:
        return repr(body)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")


def _text(body: bytes) -> list[str] | str:
    """A body in the file: the lines of its text, or base64 of what is no text."""
    try:
        return body.decode("utf-8").splitlines(keepends=True)
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii")


def _bytes(kept: list[str] | str) -> bytes:
    return base64.b64decode(kept) if isinstance(kept, str) else "".join(kept).encode("utf-8")
