"""Sends of a process of its own, for failures that must not happen to the tests: no route, no answer of DNS, no memory.

``python -m tests.support.other_process KIND URL WHAT`` prints code, phase and ``sent`` of the error as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

from tests.support.tables import int32
from wsx.channel import AsyncChannel, Channel, ChannelProperties
from wsx.descriptions import MessageDescription
from wsx.errors import WsError
from wsx.transport import TransportError

__all__ = ["ROOT", "namespaces", "send_elsewhere", "silent_dns"]

ROOT: Final = Path(__file__).parent.parent.parent
REQUEST: Final = MessageDescription("urn:act", int32("request"))
MEMORY: Final = 256 << 20  # bytes that the process may have beyond those it has at the beginning
_NAMESPACES: Final = ["unshare", "--map-root-user", "--net", "--mount"]


def send_elsewhere(kind: str, url: str, what: str) -> tuple[str, str, bool | None]:
    """Code, phase and ``sent`` of a send by a process without a network, without DNS or without memory.

    :param kind: "sync" or "asyncio".
    :param what: "no-route", "silent-dns" or "no-memory".
    """
    command = [sys.executable, "-m", "tests.support.other_process", kind, url, what]
    if what != "no-memory":
        command = [*namespaces(), *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    code, phase, sent = json.loads(done.stdout)
    return code, phase, sent


def namespaces() -> list[str]:
    """What gives a command a network and mounts of its own; the test is skipped where that is not possible."""
    if shutil.which("unshare") is None or subprocess.run([*_NAMESPACES, "true"], check=False).returncode:
        pytest.skip("this system lets no process have a network namespace of its own (unshare)")
    return _NAMESPACES


def silent_dns() -> socket.socket:
    """The loopback interface up, and a name server on it that never answers."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        up = struct.pack("16sH14x", b"lo", 1)  # IFF_UP
        fcntl.ioctl(control, 0x8914, up)  # SIOCSIFFLAGS
    with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
        file.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    return server


def _bounded_memory() -> None:
    import resource

    used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def _send(url: str, properties: ChannelProperties) -> None:
    with Channel(properties=properties) as channel:
        channel.open(url)
        channel.send_message(channel.create_message(), REQUEST, 1)


async def _send_async(url: str, properties: ChannelProperties) -> None:
    async with AsyncChannel(properties=properties) as channel:
        await channel.open(url)
        await channel.send_message(channel.create_message(), REQUEST, 1)


def main(kind: str, url: str, what: str) -> None:
    """Send, and print how that failed."""
    server = silent_dns() if what == "silent-dns" else None
    if what == "no-memory":
        _bounded_memory()
    properties = ChannelProperties(
        resolve_timeout=0.3, connect_timeout=20.0, receive_timeout=20.0, max_buffered_message_size=4 << 30
    )
    try:
        if kind == "sync":
            _send(url, properties)
        else:
            asyncio.run(_send_async(url, properties))
    except WsError as error:
        cause = error.original
        phase, sent = (cause.phase.name, cause.sent) if isinstance(cause, TransportError) else ("", None)
        print(json.dumps([error.code.name, phase, sent]))
    if server is not None:
        server.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
