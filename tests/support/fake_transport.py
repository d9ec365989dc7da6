"""A transport without network: it records the requests and answers them from a list."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from wsx.transport import Capability, HttpHead, HttpRequest, Limits

SOAP_11 = "text/xml; charset=utf-8"
SOAP_12 = "application/soap+xml; charset=utf-8"


def response(
    body: bytes | str = b"", *, status: int = 200, content_type: str | None = SOAP_12
) -> tuple[HttpHead, bytes]:
    """A response for :class:`FakeTransport`; no Content-Type line with None."""
    headers = [] if content_type is None else [(b"Content-Type", content_type.encode("latin-1"))]
    content = body.encode() if isinstance(body, str) else body
    return HttpHead(status, "reason", headers), content


class FakeTransport:
    """Answers each call with the next of ``answers``: a response, an exception to raise, or a function to call."""

    def __init__(
        self, answers: Iterable[tuple[HttpHead, bytes] | BaseException | Callable[[], tuple[HttpHead, bytes]]] = ()
    ) -> None:
        self.answers = deque(answers)
        self.requests: list[HttpRequest] = []
        self.limits: list[Limits] = []
        self.closed = 0
        self.aborted = 0

    @property
    def capabilities(self) -> Capability:
        return Capability(0)

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        self.requests.append(request)
        self.limits.append(limits)
        answer = self.answers.popleft()
        if isinstance(answer, BaseException):
            raise answer
        return answer() if callable(answer) else answer

    def close(self) -> None:
        self.closed += 1

    def abort(self) -> None:
        self.aborted += 1


class AsyncFakeTransport:
    """The same for asyncio, over ``inner``."""

    def __init__(self, inner: FakeTransport) -> None:
        self.inner = inner

    @property
    def capabilities(self) -> Capability:
        return self.inner.capabilities

    async def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        return self.inner.call(request, limits)

    async def close(self) -> None:
        self.inner.close()

    def abort(self) -> None:
        self.inner.abort()
