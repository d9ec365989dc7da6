"""A process of its own whose channel streams: prints the records that came and by how much its peak memory grew."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import wsx


@wsx.struct(ns="urn:x")
class Record:
    id: int
    name: str


@wsx.struct(ns="urn:x")
class Batch:
    records: list[Record]


BATCH = wsx.MessageDescription(None, wsx.element_of(Batch))
PROPERTIES = wsx.ChannelProperties(
    envelope_version=wsx.EnvelopeVersion.SOAP_1_1,
    addressing_version=wsx.AddressingVersion.TRANSPORT,
    transfer_mode=wsx.TransferMode.STREAMED,
)


def records(count: int) -> Iterator[Record]:
    return (Record(id=number, name="x" * 100) for number in range(count))


def peak() -> int:
    """The high-water mark of this process alone, unlike that of getrusage."""
    return int(Path("/proc/self/status").read_text("ascii").partition("VmHWM:")[2].split()[0]) << 10


def stream(channel: wsx.Channel, count: int) -> int:
    channel.send_items(channel.create_message(), BATCH, records(count))
    return sum(1 for _ in channel.receive_items(channel.create_message(), BATCH))


async def stream_async(channel: wsx.AsyncChannel, count: int) -> int:
    await channel.send_items(channel.create_message(), BATCH, records(count))
    found = 0
    async for _ in channel.receive_items(channel.create_message(), BATCH):
        found += 1
    return found


def main(url: str) -> tuple[int, int]:
    with wsx.Channel(properties=PROPERTIES) as channel:
        channel.open(url)
        for _ in range(2):
            stream(channel, 2000)
        before = peak()
        return stream(channel, 200_000), peak() - before


async def main_async(url: str) -> tuple[int, int]:
    async with wsx.AsyncChannel(properties=PROPERTIES) as channel:
        await channel.open(url)
        for _ in range(2):
            await stream_async(channel, 2000)
        before = peak()
        return await stream_async(channel, 200_000), peak() - before


if __name__ == "__main__":
    KIND, URL = sys.argv[1:]
    print(*(main(URL) if KIND == "sync" else asyncio.run(main_async(URL))))
