"""Starts squid, a proxy that is not ours, on a free loopback port."""

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

import pytest

__all__ = ["FORBIDDEN_HOST", "PASSWORD", "USER", "squid"]

USER: Final = "alice"
PASSWORD: Final = "open sesame"
FORBIDDEN_HOST: Final = "forbidden.invalid"
_HELPERS: Final = Path("/usr/lib/squid")
_BASIC_FILE: Final = f"{USER}:$1$wsxtests$plR2PuydVTNoRUrCnKwbF0\n"  # MD5-crypt of PASSWORD
_DIGEST_FILE: Final = f"{USER}:{PASSWORD}\n"
_COMMON: Final = """
http_port 127.0.0.1:{port}
visible_hostname localhost
pid_filename none
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
coredump_dir none
cache deny all
pinger_enable off
shutdown_lifetime 0 seconds
dns_nameservers 127.0.0.1
acl forbidden dstdomain {forbidden}
http_access deny forbidden
{auth}
http_access deny all
"""
_AUTH: Final = {
    "": "http_access allow all",
    "basic": """auth_param basic program {helpers}/basic_ncsa_auth {folder}/basic
auth_param basic children 1
auth_param basic realm wsx
acl known proxy_auth REQUIRED
http_access allow known""",
    "digest": """auth_param digest program {helpers}/digest_file_auth {folder}/digest
auth_param digest children 1
auth_param digest realm wsx
acl known proxy_auth REQUIRED
http_access allow known""",
    # It takes any user with any password.
    "ntlm": """auth_param ntlm program {helpers}/ntlm_fake_auth
auth_param ntlm children 1
acl known proxy_auth REQUIRED
http_access allow known""",
}


def _need_squid() -> str:
    found = shutil.which("squid", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is not None and (_HELPERS / "basic_ncsa_auth").exists():
        return found
    if shutil.which("apt-get") is not None and os.name == "posix" and os.geteuid() == 0:
        pytest.fail("squid is missing where it can be installed: tools/system.sh squid (make test runs it)")
    pytest.skip("squid (Debian: squid) is not installed, and apt-get cannot be used")


@contextlib.contextmanager
def squid(scheme: str = "") -> Iterator[tuple[int, Path]]:
    """Port and access log of a squid that wants ``scheme``: "", basic, digest or ntlm; skips visibly without one."""
    program = _need_squid()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    # Not pytest's folder: started by root, squid becomes another user, who may not look into it.
    with tempfile.TemporaryDirectory(prefix="wsx-squid-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "basic").write_text(_BASIC_FILE, encoding="utf-8")
        (folder / "digest").write_text(_DIGEST_FILE, encoding="utf-8")
        auth = _AUTH[scheme].format(helpers=_HELPERS, folder=folder)
        text = _COMMON.format(port=port, folder=folder, forbidden=FORBIDDEN_HOST, auth=auth)
        (folder / "squid.conf").write_text(text, encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
        command = [program, "-N", "-f", str(folder / "squid.conf")]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
            try:
                _wait_until_ready(process, port, folder)
                yield port, folder / "access.log"
            finally:
                process.terminate()
                process.wait(timeout=20)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            pytest.fail(f"squid ended with status {process.returncode}: {(folder / 'output').read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("squid did not answer")
