"""A process of its own that streams: prints the bytes that went through and by how much its peak memory grew."""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from wsx.transport import HttpRequest, HttpUrl, Limits
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

BLOCK = bytes(256 << 10)
LIMITS = Limits(max_body=None)


def request(way: str, url: str, size: int) -> HttpRequest:
    target = "count" if way == "up" else f"pour?{size}"
    return HttpRequest("POST", HttpUrl.parse(url + target), ((b"Content-Type", b"text/xml"),))


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def stream(way: str, url: str, size: int) -> int:
    """By the blocking transport."""
    transport = CurlTransport()
    with transport.start(request(way, url, size), LIMITS) as one:
        for _ in range(size // len(BLOCK) if way == "up" else 0):
            one.write(BLOCK)
        one.finish()
        pieces = [len(piece) if way == "down" else int(piece.split()[0]) for piece in iter(one.read, b"")]
    transport.close()
    return sum(pieces)


async def stream_async(way: str, url: str, size: int) -> int:
    """By the one for asyncio."""
    transport, found = CurlAsyncTransport(), 0
    async with await transport.start(request(way, url, size), LIMITS) as one:
        for _ in range(size // len(BLOCK) if way == "up" else 0):
            await one.write(BLOCK)
        await one.finish()
        while piece := await one.read():
            found += len(piece) if way == "down" else int(piece.split()[0])
    await transport.close()
    return found


def main(kind: str, way: str, url: str, size: int) -> int:
    return stream(way, url, size) if kind == "sync" else asyncio.run(stream_async(way, url, size))


if __name__ == "__main__":
    KIND, WAY, URL, SIZE = sys.argv[1:]
    main(KIND, WAY, URL, 4 << 20)
    START = peak()
    print(main(KIND, WAY, URL, int(SIZE)), peak() - START)
