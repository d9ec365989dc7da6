"""nginx on a free port of the loopback interface, which answers every POST with the same bytes."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.peers import Unavailable

__all__ = ["nginx"]

_CONFIGURATION: Final = """
daemon off;
worker_processes 1;
{affinity}
{user}
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    open_file_cache max=4;
    types {{ }}
    default_type "text/xml; charset=utf-8";
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {folder};
        location = /reply {{ error_page 405 =200 $uri; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(reply: bytes, *, cpu: int | None = None) -> Iterator[str]:
    """The URL at which a running nginx answers with ``reply``.

    :param cpu: the processor that its worker stays on.
    :raises Unavailable: when nginx is not installed or does not start.
    """
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        raise Unavailable("nginx is not installed; tools/system.sh nginx installs it where it may")
    with tempfile.TemporaryDirectory(prefix="wsx-bench-") as name:
        folder = Path(name)
        (folder / "reply").write_bytes(reply)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        text = _CONFIGURATION.format(
            user="user root;" if os.name == "posix" and os.geteuid() == 0 else "",
            affinity="" if cpu is None else f"worker_cpu_affinity {1 << cpu:b};",
            folder=folder,
            port=port,
        )
        (folder / "nginx.conf").write_text(text, "utf-8")
        command = [program, "-p", name, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}/reply"
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        if process.poll() is not None:
            raise Unavailable(f"nginx ended: {process.communicate()[1].decode(errors='replace')[-500:]}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    raise Unavailable("nginx does not answer")
