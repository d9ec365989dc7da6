"""An asyncio transport for tests that call: its event loop runs in a thread of its own."""

from __future__ import annotations

import asyncio
import threading

from wsx.transport import AsyncTransport, Capability, HttpHead, HttpRequest, Limits

__all__ = ["LoopTransport"]


class LoopTransport:
    """A ``Transport`` that hands its calls to an asyncio transport. ``stop`` ends the loop, after ``close``."""

    def __init__(self, inner: AsyncTransport) -> None:
        self.inner = inner
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return repr(self.inner)

    @property
    def capabilities(self) -> Capability:
        return self.inner.capabilities

    def call(self, request: HttpRequest, limits: Limits) -> tuple[HttpHead, bytes]:
        future = asyncio.run_coroutine_threadsafe(self.inner.call(request, limits), self._loop)
        try:
            return future.result(30)
        except BaseException:
            future.cancel()
            raise

    def abort(self) -> None:
        self.inner.abort()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.inner.close(), self._loop).result(10)

    def stop(self) -> None:
        """Close the transport and end the loop; tasks that are left would be an error."""

        async def left() -> list[str]:
            # What waits for its own next step only has a tick to take it.
            await asyncio.sleep(0.01)
            return [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]

        self.close()
        tasks = asyncio.run_coroutine_threadsafe(left(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        assert not tasks
