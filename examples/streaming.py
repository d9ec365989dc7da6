"""A million records up and a million down, in constant memory: python -m examples.streaming [COUNT]

The service runs in a process of its own, so that the memory that is measured is the client's. It is a toy of the
standard library: it counts the records that it gets, and sends as many as it is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import wsx

COUNT = 1_000_000
LIMIT = 100 * 1024 * 1024


@wsx.struct(ns="urn:example:readings")
class Reading:
    sensor: str
    second: int
    celsius: float


@wsx.struct(ns="urn:example:readings")
class Readings:
    reading: list[Reading]


@wsx.struct(ns="urn:example:readings")
class Stored:
    count: int


@wsx.struct(ns="urn:example:readings")
class Fetch:
    count: int


STORE = wsx.MessageDescription("urn:example:readings/Store", wsx.element_of(Readings))
STORED = wsx.MessageDescription(None, wsx.element_of(Stored))
FETCH = wsx.MessageDescription("urn:example:readings/Fetch", wsx.element_of(Fetch))
FETCHED = wsx.MessageDescription(None, wsx.element_of(Readings))

PROPERTIES = wsx.ChannelProperties(
    envelope_version=wsx.EnvelopeVersion.SOAP_1_1,
    addressing_version=wsx.AddressingVersion.TRANSPORT,
    transfer_mode=wsx.TransferMode.STREAMED,
)


def made(count: int) -> Iterator[Reading]:
    """Readings that come from somewhere: a file, a database, a sensor."""
    for second in range(count):
        yield Reading(sensor=f"roof-{second % 7}", second=second, celsius=20 + second % 13 / 4)


def upload(url: str, count: int) -> int:
    """Send ``count`` readings as one message; the number that the service has stored."""
    with wsx.Channel(properties=PROPERTIES) as channel:
        channel.open(url)
        channel.send_items(channel.create_message(), STORE, made(count))
        received = channel.receive_message(channel.create_message(), [STORED])
        assert received is not None
        stored: Stored = received.value
        return stored.count


async def download(url: str, count: int) -> tuple[int, float]:
    """Fetch ``count`` readings in one message, with asyncio; how many came, and the warmest."""
    warmest = float("-inf")
    found = 0
    async with wsx.AsyncChannel(properties=PROPERTIES) as channel:
        await channel.open(url)
        await channel.send_message(channel.create_message(), FETCH, Fetch(count=count))
        async for reading in channel.receive_items(channel.create_message(), FETCHED):
            found += 1
            warmest = max(warmest, reading.celsius)
    return found, warmest


def peak_memory() -> int:
    """The most memory that this process has had, in bytes."""
    with contextlib.suppress(OSError):
        # Linux; what getrusage tells there may be the memory of the process that started this one.
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(count: int) -> None:
    with service() as url:
        start = time.perf_counter()
        stored = upload(url, count)
        middle = time.perf_counter()
        found, warmest = asyncio.run(download(url, count))
        end = time.perf_counter()
    peak = peak_memory()
    assert stored == found == count
    assert peak < LIMIT
    print(f"{count:,} records up in {middle - start:.1f} s, down in {end - middle:.1f} s, the warmest {warmest} °C")
    print(f"peak memory {peak / 1024 / 1024:.0f} MiB")


# The service

START = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
END = "</s:Body></s:Envelope>"


class Service(BaseHTTPRequestHandler):
    """Answers Store with a count, and Fetch with readings."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if "Store" in self.headers["SOAPAction"]:
            stored, rest = 0, b""
            while size := int(self.rfile.readline(), 16):
                data = rest + self.rfile.read(size)
                stored += data.count(b"<reading>")
                rest = data[-8:]
                self.rfile.readline()
            self.rfile.readline()
            self.reply([f'<Stored xmlns="urn:example:readings"><count>{stored}</count></Stored>'])
        else:
            request = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply(self.readings(int(request.partition("<count>")[2].partition("<")[0])))

    def readings(self, count: int) -> Iterator[str]:
        yield '<Readings xmlns="urn:example:readings">'
        record = "<reading><sensor>roof</sensor><second>1</second><celsius>21.5</celsius></reading>"
        for first in range(0, count, 1000):
            yield record * min(1000, count - first)
        yield "</Readings>"

    def reply(self, body: Iterable[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in itertools.chain([START], body, [END]):
            self.wfile.write(f"{len(piece):x}\r\n{piece}\r\n".encode())
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *arguments: object) -> None:
        """No log."""


@contextlib.contextmanager
def service() -> Iterator[str]:
    """The service in another process; its URL."""
    with subprocess.Popen([sys.executable, "-m", "examples.streaming", "--serve"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().decode().strip()
        finally:
            process.terminate()


def serve() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    print(f"http://127.0.0.1:{server.server_address[1]}/readings", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else COUNT)
