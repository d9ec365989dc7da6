"""Starts the PHP service of the interoperability tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PHP_FILES = Path(__file__).parent / "php"


def environment() -> dict[str, str]:
    """That of the test, without the sanitizers that may be preloaded into Python."""
    return {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}


def has_php_soap() -> bool:
    php = shutil.which("php")
    if php is None:
        return False
    modules = subprocess.run([php, "-m"], capture_output=True, text=True, check=False, env=environment()).stdout
    return "soap" in modules.lower().split()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"php ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
                if response.read() == b"ready":
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    pytest.fail("php did not answer")


@contextmanager
def php_service(folder: Path) -> Iterator[str]:
    """The URL of the service while the block runs; skips visibly where PHP cannot be had."""
    if not has_php_soap():
        if shutil.which("apt-get") is not None and os.name == "posix" and os.geteuid() == 0:
            pytest.fail("PHP with SOAP is missing where it can be installed: tools/system.sh php (make test runs it)")
        pytest.skip(
            "PHP with its SOAP extension (Debian: php-cli php-soap) is not installed, and apt-get cannot be used"
        )
    port = free_port()
    with (folder / "log").open("wb") as output:
        command = ["php", "-S", f"127.0.0.1:{port}", str(PHP_FILES / "server.php")]
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment())
        try:
            wait_until_ready(process, port)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(timeout=10)
