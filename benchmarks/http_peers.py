"""The clients that are compared over HTTP: each sends the small order and reads the reply, which is the order again.

A peer makes callers, one for each thread or task; what a program makes once (tables, clients, the connection) is made
with them and is not timed.
"""

from __future__ import annotations

import contextlib
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final

from benchmarks.cases.base import Case
from benchmarks.peers.base import require
from benchmarks.peers.wsdl import OPERATION, wsdl_document
from benchmarks.peers.wsx_tables import element_table
from benchmarks.peers.zeep_operation import _arguments, _restored
from benchmarks.reference import xml_document

__all__ = ["PEERS", "BarePycurl", "HttpPeer", "Wsx", "Zeep"]

Call = Callable[[], Any]
AsyncCall = Callable[[], Awaitable[Any]]
_HEADERS: Final = ("Content-Type: text/xml; charset=utf-8", 'SOAPAction: "urn:example:purchasing/Submit"', "Expect:")


class HttpPeer(ABC):
    """A client; ``caller`` and ``async_caller`` give one call that is made again and again."""

    name: ClassVar[str]
    distributions: ClassVar[tuple[str, ...]] = ()

    def __init__(self, case: Case, url: str) -> None:
        self.case = case
        self.url = url

    @abstractmethod
    def caller(self) -> AbstractContextManager[Call]:
        """A call for one thread."""

    @abstractmethod
    def async_caller(self) -> AbstractAsyncContextManager[AsyncCall]:
        """A call for one task."""

    @contextlib.asynccontextmanager
    async def in_loop(self) -> AsyncIterator[None]:
        """What all the tasks of a loop share."""
        yield

    def value(self, result: Any) -> Any:
        """The case's value out of what a call gives, to check that it was right."""
        return result


class Wsx(HttpPeer):
    """wsx: channels with tables, one for each thread or task."""

    name = "wsx"
    distributions = ("wsx", "pycurl")

    def __init__(self, case: Case, url: str) -> None:
        super().__init__(case, url)
        self._wsx: Any = require("wsx")
        wsx = self._wsx
        self._description = wsx.MessageDescription(
            f"{case.ns}/{OPERATION}", element_table(replace(case, envelope=False))
        )
        self._properties = wsx.ChannelProperties(
            envelope_version=wsx.EnvelopeVersion.SOAP_1_1, addressing_version=wsx.AddressingVersion.TRANSPORT
        )

    @contextlib.contextmanager
    def caller(self) -> Iterator[Call]:
        with self._wsx.Channel(properties=self._properties) as channel:
            channel.open(self.url)
            request, reply = channel.create_message(), channel.create_message()
            description, value = self._description, self.case.value

            def call() -> Any:
                request.reset()
                reply.reset()
                return channel.request_reply(request, description, value, reply, description)

            yield call

    @contextlib.asynccontextmanager
    async def async_caller(self) -> AsyncIterator[AsyncCall]:
        async with self._wsx.AsyncChannel(properties=self._properties) as channel:
            await channel.open(self.url)
            request, reply = channel.create_message(), channel.create_message()
            description, value = self._description, self.case.value

            async def call() -> Any:
                request.reset()
                reply.reset()
                return await channel.request_reply(request, description, value, reply, description)

            yield call


class BarePycurl(HttpPeer):
    """pycurl alone: the same POST with bytes that were made before, and an answer that nobody reads."""

    name = "pycurl"
    distributions = ("pycurl",)

    def __init__(self, case: Case, url: str) -> None:
        super().__init__(case, url)
        self._pycurl: Any = require("pycurl")
        self._body = xml_document(case, envelope=True)
        self._multi: Any = None

    def _easy(self, found: list[bytes]) -> Any:
        pycurl = self._pycurl
        easy = pycurl.Curl()
        for option, value in (
            (pycurl.URL, self.url),
            (pycurl.PROXY, ""),
            (pycurl.NOSIGNAL, 1),
            (pycurl.HTTPHEADER, list(_HEADERS)),
            (pycurl.POSTFIELDS, self._body),
            (pycurl.WRITEFUNCTION, found.append),
        ):
            easy.setopt(option, value)
        return easy

    @contextlib.contextmanager
    def caller(self) -> Iterator[Call]:
        found: list[bytes] = []
        easy = self._easy(found)

        def call() -> bytes:
            found.clear()
            easy.perform()
            return b"".join(found)

        try:
            yield call
        finally:
            easy.close()

    @contextlib.asynccontextmanager
    async def in_loop(self) -> AsyncIterator[None]:
        async with self._pycurl.AsyncCurlMulti() as multi:
            multi.setopt(self._pycurl.M_MAXCONNECTS, 1024)
            self._multi = multi
            yield

    @contextlib.asynccontextmanager
    async def async_caller(self) -> AsyncIterator[AsyncCall]:
        found: list[bytes] = []
        easy, multi = self._easy(found), self._multi

        async def call() -> bytes:
            found.clear()
            await multi.perform(easy)
            return b"".join(found)

        yield call

    def value(self, result: Any) -> Any:
        return self.case.value if result == self._body else result


class Zeep(HttpPeer):
    """zeep: the operation of a WSDL; a client for each thread, one for all the tasks of a loop."""

    name = "zeep"
    distributions = ("zeep", "lxml", "requests", "httpx")

    def __init__(self, case: Case, url: str) -> None:
        super().__init__(case, url)
        self._zeep: Any = require("zeep")
        self._arguments = _arguments(case.struct, case.value)
        self._client: Any = None

    @contextlib.contextmanager
    def _wsdl(self) -> Iterator[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "case.wsdl")
            path.write_text(wsdl_document(self.case).replace("http://127.0.0.1/", self.url), encoding="utf-8")
            yield str(path)

    @contextlib.contextmanager
    def caller(self) -> Iterator[Call]:
        with self._wsdl() as path:
            client = self._zeep.Client(path)
        operation, arguments = client.service[OPERATION], self._arguments
        try:
            yield lambda: operation(**arguments)
        finally:
            client.transport.session.close()

    @contextlib.asynccontextmanager
    async def in_loop(self) -> AsyncIterator[None]:
        httpx: Any = require("httpx")
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        with self._wsdl() as path:
            session = httpx.AsyncClient(limits=limits, trust_env=False)
            transport = require("zeep.transports").AsyncTransport(client=session)
            self._client = self._zeep.AsyncClient(path, transport=transport)
        try:
            yield
        finally:
            await transport.aclose()

    @contextlib.asynccontextmanager
    async def async_caller(self) -> AsyncIterator[AsyncCall]:
        operation, arguments = self._client.service[OPERATION], self._arguments
        yield lambda: operation(**arguments)

    def value(self, result: Any) -> Any:
        return _restored(self.case, result)


PEERS: Final[dict[str, type[HttpPeer]]] = {peer.name: peer for peer in (Wsx, BarePycurl, Zeep)}
