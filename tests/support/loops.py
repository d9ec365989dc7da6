"""What waits, for tests that call: an event loop in a thread of its own carries the calls out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

from wsx.transport import AsyncTransport, Capability, HttpHead, HttpRequest, Limits
from wsx.transport.protocol import AsyncExchange, AsyncStreamTransport

if TYPE_CHECKING:
    from wsx.channel import AsyncChannel

__all__ = ["LoopChannel", "LoopExchange", "LoopTransport"]

T = TypeVar("T")

# A channel is in these while another thread works on it, or a test has put it there.
_IN_BETWEEN = ("OPENING", "ACCEPTING", "CLOSING")


class _Loop:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for the coroutine; when the waiting is interrupted, it is cancelled."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(30)
        except BaseException:
            future.cancel()
            raise

    def end(self) -> None:
        """End the loop; tasks that are left in it are an error."""

        async def left() -> list[str]:
            # What waits for its own next step only has a tick to take it.
            await asyncio.sleep(0.01)
            return [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]

        tasks = self.run(left())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        assert not tasks


class LoopTransport:
    """A ``Transport`` that hands its calls to an asyncio transport; ``stop`` it at the end."""

    def __init__(self, inner: AsyncTransport) -> None:
        self.inner = inner
        self._loop = _Loop()

    def __repr__(self) -> str:
        return repr(self.inner)

    @property
    def capabilities(self) -> Capability:
        return self.inner.capabilities

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        return self._loop.run(self.inner.call(request, limits))

    def start(self, request: HttpRequest, limits: Limits) -> LoopExchange:
        inner = cast(AsyncStreamTransport, self.inner)
        return LoopExchange(self._loop.run(inner.start(request, limits)), self._loop)

    def abort(self) -> None:
        self.inner.abort()

    def close(self) -> None:
        self._loop.run(self.inner.close())

    def stop(self) -> None:
        """Close the transport and end the loop."""
        self.close()
        self._loop.end()


class LoopExchange:
    """An ``Exchange`` that hands its calls to an asyncio exchange."""

    def __init__(self, inner: AsyncExchange, loop: _Loop) -> None:
        self.inner = inner
        self._loop = loop

    def write(self, data: bytes | bytearray | memoryview) -> bool:
        return self._loop.run(self.inner.write(data))

    def finish(self) -> HttpHead:
        return self._loop.run(self.inner.finish())

    def read(self, sink: Callable[[memoryview], object] | None = None) -> bytes:
        return self._loop.run(self.inner.read(sink))

    def abort(self) -> None:
        self.inner.abort()

    def close(self) -> None:
        self._loop.run(self.inner.close())


class LoopItems:
    """The items of a reply that hands its calls to the ones of an ``AsyncChannel``."""

    def __init__(self, inner: Any, loop: _Loop) -> None:
        self._inner = inner
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __iter__(self) -> LoopItems:
        return self

    def __next__(self) -> Any:
        try:
            return self._loop.run(self._inner.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def __enter__(self) -> LoopItems:
        return self

    def __exit__(self, *what: Any) -> None:
        self._inner.__exit__(*what)


class LoopChannel:
    """A ``Channel`` that hands its calls to an ``AsyncChannel``; ``stop`` it at the end."""

    def __init__(self, inner: AsyncChannel) -> None:
        self.inner = inner
        self._loop = _Loop()

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.inner, name)
        if not asyncio.iscoroutinefunction(member):
            return member
        return lambda *arguments, **named: self._loop.run(member(*arguments, **named))

    def receive_items(self, *arguments: Any) -> LoopItems:
        return LoopItems(self.inner.receive_items(*arguments), self._loop)

    def __enter__(self) -> LoopChannel:
        assert self._loop.run(self.inner.__aenter__()) is self.inner
        return self

    def __exit__(self, *what: Any) -> None:
        self._loop.run(self.inner.__aexit__(*what))

    def stop(self) -> None:
        """Close the channel and end the loop."""
        if self.inner.state.name not in _IN_BETWEEN:
            self.close()
        self._loop.end()
