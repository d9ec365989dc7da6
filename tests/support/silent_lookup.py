"""A process of its own whose name server never answers: gives up a lookup, closes, and says whether it had to wait.

``python -m tests.support.silent_lookup KIND WAY`` prints the error's code and how many threads are left as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from pathlib import Path

from tests.support.http_calls import request
from tests.support.other_process import silent_dns
from wsx.transport import Limits, TransportError
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

URL = "http://endpoint.example/"


def sync(way: str) -> str:
    transport = CurlTransport()
    if way == "abort":
        threading.Timer(0.3, transport.abort).start()
    try:
        transport.call(request(URL), Limits(resolve=0.3 if way == "timeout" else None))
    except TransportError as error:
        return error.code.name
    finally:
        transport.close()
    return "nothing"


async def with_loop(way: str) -> str:
    transport = CurlAsyncTransport()
    try:
        task = asyncio.ensure_future(transport.call(request(URL), Limits(resolve=0.3 if way == "timeout" else None)))
        if way != "timeout":
            await asyncio.sleep(0.3)
            if way == "cancel":
                task.cancel()
            else:
                transport.abort()
        await task
    except TransportError as error:
        return error.code.name
    except asyncio.CancelledError:
        return "cancelled"
    finally:
        await transport.close()
    return "nothing"


def main(kind: str, way: str) -> None:
    """Give up a lookup that would take ten seconds."""
    with silent_dns():
        Path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:10 attempts:1\n", "ascii")
        code = sync(way) if kind == "sync" else asyncio.run(with_loop(way))
        # The lookup itself goes on, for nobody: whoever had waited for it would find no thread.
        print(json.dumps([code, len(os.listdir("/proc/self/task")) > 1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
