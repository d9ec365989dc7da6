"""Starts nginx, a server that is not ours, on free loopback ports."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.certificates import Zoo

__all__ = ["CERTIFICATES", "LARGE", "PASSWORD", "REPLY", "USER", "Nginx", "nginx"]

USER: Final = "alice"
PASSWORD: Final = "open sesame"
REPLY: Final = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><reply xmlns="ns">7</reply></s:Body>'
    "</s:Envelope>"
)
LARGE: Final = 1 << 20  # bytes of /large and of /slow
CERTIFICATES: Final = (
    "good", "expired", "not-yet", "wrong-name", "self-signed", "unknown-issuer", "client-only", "revoked",
)  # fmt: skip
_FAULT: Final = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault xmlns:c="{ns}">'
    "<faultcode>c:{name}</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>"
)
_CONFIGURATION: Final = """
daemon off;
master_process off;
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    large_client_header_buffers 4 2k;
    limit_req_zone $server_port zone=one:1m rate=1r/m;
    default_type "text/xml; charset=utf-8";
    types {{ }}
    root {folder}/www;
    server {{
        listen 127.0.0.1:{port};
        location = /reply {{ return 200 '{reply}'; }}
        location = /empty {{ return 200; }}
        location = /page {{ default_type text/html; return 200 '<html>welcome</html>'; }}
        location = /static {{ }}
        location = /denied {{ deny all; }}
        location = /short {{ client_max_body_size 10; }}
        location = /basic {{ auth_basic wsx; auth_basic_user_file {folder}/users; }}
        location = /secret {{ auth_basic wsx; auth_basic_user_file {folder}/users; error_page 405 =200 /kept; }}
        location = /kept {{ internal; return 200 '{reply}'; }}
        location = /busy {{ limit_req zone=one; }}
        location = /gone-upstream {{ proxy_pass http://127.0.0.1:{closed_port}; }}
        location = /silent-upstream {{ proxy_pass http://127.0.0.1:{silent_port}; proxy_read_timeout 200ms; }}
        location = /stalled-upstream {{ proxy_pass http://127.0.0.1:{silent_port}; proxy_read_timeout 20s; }}
        location = /dropped {{ return 444; }}
        location = /large {{ error_page 405 =200 $uri; }}
        location = /slow {{ limit_rate 1000; error_page 405 =200 $uri; }}
{locations}
    }}
{tls}
}}
"""
_TLS: Final = """    server {{
        listen 127.0.0.1:{port} ssl{http2};
        ssl_certificate {path};
        ssl_certificate_key {path};
        location = /reply {{ return 200 '{reply}'; }}
        {more}
    }}
"""


@dataclass(frozen=True)
class Nginx:
    """What runs: ports by name ("http", the certificates, "client-wanted", …), and the folder of its logs."""

    ports: dict[str, int]
    folder: Path

    def url(self, path: str, name: str = "http") -> str:
        """The URL of ``path`` at the port of that name."""
        return f"{'http' if name == 'http' else 'https'}://127.0.0.1:{self.ports[name]}{path}"

    def count(self, path: str, *, wanted: int = 0) -> int:
        """How many requests for ``path`` the access log has; a line is written a little after its answer."""
        for _ in range(200):
            found = (self.folder / "access.log").read_text("utf-8").count(f"POST {path} "[:200])
            if found >= wanted:
                return found
            time.sleep(0.01)
        return found


def _need_nginx() -> str:
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is not None:
        return found
    if shutil.which("apt-get") is not None and os.name == "posix" and os.geteuid() == 0:
        pytest.fail("nginx is missing where it can be installed: tools/system.sh nginx (make test runs it)")
    pytest.skip("nginx (Debian: nginx) is not installed, and apt-get cannot be used")


def _locations(faults: dict[str, tuple[str, str]]) -> str:
    lines = [f"        location = /status-{code} {{ return {code}; }}" for code in range(400, 600)]
    lines += [f"        location = /status-{code} {{ return {code}; }}" for code in (204, 305)]
    lines.append("        location = /timed-out { return 408 'too slow'; }")  # without a text it closes only
    lines += [f"        location = /status-{code} {{ return {code} /reply; }}" for code in (301, 302, 303, 307, 308)]
    for status, who in ((401, "WWW"), (407, "Proxy")):
        for scheme in ("Basic", "Digest", "NTLM", "Negotiate", "Bearer"):
            value = scheme if scheme in ("NTLM", "Negotiate") else f'{scheme} realm="wsx", nonce="1"'
            lines.append(
                f"        location = /{status}-{scheme.lower()} "
                f"{{ add_header {who}-Authenticate '{value}' always; return {status}; }}"
            )
    for name, (ns, local_name) in faults.items():
        text = _FAULT.format(ns=ns, name=local_name)
        lines.append(f"        location = /fault-{name} {{ return 500 '{text}'; }}")
    return "\n".join(lines)


@contextlib.contextmanager
def nginx(zoo: Zoo, faults: dict[str, tuple[str, str]]) -> Iterator[Nginx]:
    """A running nginx; skips visibly where there is none.

    :param faults: by the name of their path after ``/fault-``: namespace and local name of the fault code.
    """
    program = _need_nginx()
    names = ["http", *CERTIFICATES, "client-wanted", "tls-1.2", "http2"]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wsx-nginx-")))
        closed = _reserved(1)[0]
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))  # nobody accepts
        ports = dict(zip(names, _reserved(len(names)), strict=True))
        (folder / "www").mkdir()
        for name in ("static", "busy", "short", "basic", "secret"):
            (folder / "www" / name).write_text("a file", "utf-8")
        for name in ("large", "slow"):
            (folder / "www" / name).write_bytes(b"x" * LARGE)
        (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", "utf-8")
        text = _CONFIGURATION.format(
            user="user root;" if os.name == "posix" and os.geteuid() == 0 else "",
            folder=folder,
            port=ports["http"],
            closed_port=closed,
            silent_port=silent.getsockname()[1],
            reply=REPLY,
            locations=_locations(faults),
            tls="".join(_tls_server(zoo, name, port) for name, port in ports.items() if name != "http"),
        )
        (folder / "nginx.conf").write_text(text, "utf-8")
        environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
        command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        output = stack.enter_context((folder / "output").open("wb"))
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            _wait_until_ready(process, list(ports.values()), folder)
            yield Nginx(ports, folder)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _reserved(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _tls_server(zoo: Zoo, name: str, port: int) -> str:
    more = {
        "client-wanted": f"ssl_verify_client on; ssl_client_certificate {zoo.ca_file};",
        "tls-1.2": "ssl_protocols TLSv1.2;",
        "http2": (
            "add_header X-Protocol $server_protocol; location = /dropped { return 444; } "
            "location = /large { error_page 405 =200 $uri; } "
            "location = /slow { limit_rate 1000; error_page 405 =200 $uri; }"
        ),
    }.get(name, "")
    certificate = name if name in CERTIFICATES else "good"
    http2 = " http2" if name == "http2" else ""
    return _TLS.format(port=port, path=zoo.path(certificate), reply=REPLY, more=more, http2=http2)


def _wait_until_ready(process: subprocess.Popen[bytes], ports: list[int], folder: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            text = "".join((folder / name).read_text() for name in ("output", "error.log") if (folder / name).exists())
            pytest.fail(f"nginx ended with status {process.returncode}: {text[-2000:]}")
        with contextlib.suppress(OSError):
            for port in ports:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    pytest.fail("nginx did not answer")
