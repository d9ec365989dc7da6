"""Starts the services of tests/interop/contract, which are not ours: PHP's SoapServer, gSOAP, node-soap."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.interop.php_service import environment, free_port, has_php_soap

__all__ = ["CONTRACT", "PEERS", "WSDL", "Peer", "node_packages", "version_of"]

CONTRACT: Final = Path(__file__).parent / "contract"
WSDL: Final = CONTRACT / "contract.wsdl"
_CACHE: Final = Path(__file__).parents[2] / "build" / "cache"
_GSOAP_FILES: Final = ("contract.wsdl", "gsoap_server.cpp")


@dataclass(frozen=True)
class Peer:
    """A foreign service."""

    name: str
    title: str
    program: str
    """What runs it, as tools/system.sh or tools/node_soap.sh brings it."""
    path: str = "/"

    def missing(self) -> str | None:
        """Why it cannot be started here; None when it can."""
        if self.name == "php":
            return None if has_php_soap() else "PHP with its SOAP extension is missing (tools/system.sh php)"
        if self.name == "gsoap":
            found = all(shutil.which(name) for name in ("wsdl2h", "soapcpp2", "c++"))
            return None if found else "gSOAP or a C++ compiler is missing (tools/system.sh gsoap)"
        found = shutil.which("node") is not None and node_packages().is_dir()
        return None if found else "Node.js or its package soap is missing (tools/node_soap.sh)"

    @contextmanager
    def running(self, folder: Path, script: str = "php_server.php") -> Iterator[str]:
        """The URL of the service while the block runs; skips visibly where it cannot be had.

        ``script`` is what PHP runs.
        """
        missing = self.missing()
        if missing is not None:
            if self.name != "node" and shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
                pytest.fail(f"{missing}; it can be installed here (make test does it)")
            pytest.skip(missing)
        port = free_port()
        more = {"NOTICES": str(folder / "notices"), "NODE_PATH": str(node_packages())}
        (folder / "notices").touch()
        with (folder / "log").open("wb") as output:
            process = subprocess.Popen(
                self._command(port, folder, script), stdout=output, stderr=output, env={**environment(), **more}
            )
            try:
                _wait(process, port, folder / "log")
                yield f"http://127.0.0.1:{port}{self.path}"
            finally:
                process.terminate()
                process.wait(timeout=10)

    def _command(self, port: int, folder: Path, script: str) -> list[str]:
        if self.name == "php":
            return ["php", "-S", f"127.0.0.1:{port}", str(CONTRACT / script)]
        if self.name == "gsoap":
            return [str(_built_gsoap(folder)), str(port)]
        return ["node", str(CONTRACT / "node_server.js"), str(port)]


PEERS: Final = {
    peer.name: peer
    for peer in (
        Peer("php", "PHP SoapServer", "php"),
        Peer("gsoap", "gSOAP", "soapcpp2"),
        Peer("node", "node-soap", "node", "/soap"),
    )
}


def version_of(peer: Peer) -> str:
    """The version of what runs the peer, for people."""
    if peer.name == "node":
        text = (node_packages() / "soap" / "package.json").read_text("utf-8")
        return text.partition('"version": "')[2].partition('"')[0]
    arguments = ["soapcpp2", "-V"] if peer.name == "gsoap" else ["php", "-r", "echo PHP_VERSION;"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment())
    return (done.stdout or done.stderr).strip()


def node_packages() -> Path:
    """Where tools/node_soap.sh puts node-soap and what it needs."""
    files = (CONTRACT / "package.json").read_bytes() + (CONTRACT / "package-lock.json").read_bytes()
    return _CACHE / f"node-soap-{hashlib.sha256(files).hexdigest()[:12]}" / "node_modules"


def _built_gsoap(folder: Path) -> Path:
    """The server, made of what wsdl2h and soapcpp2 write; kept until its sources or gSOAP change."""
    sources = [(CONTRACT / name).read_bytes() for name in _GSOAP_FILES]
    key = hashlib.sha256(b"".join([*sources, version_of(PEERS["gsoap"]).encode()])).hexdigest()[:12]
    program = _CACHE / f"gsoap-{key}"
    if program.is_file():
        return program
    build = folder / "gsoap"
    build.mkdir()
    for name in _GSOAP_FILES:
        shutil.copy(CONTRACT / name, build)
    share = "/usr/share/gsoap"
    for command in (
        ["wsdl2h", "-o", "contract.h", "contract.wsdl"],
        ["soapcpp2", "-S", "-L", "-x", "-w", f"-I{share}:{share}/import", "contract.h"],
        ["c++", "-O0", "-std=c++11", f"-I{share}", "-I.", "gsoap_server.cpp", "soapServer.cpp", "soapC.cpp",
         "-o", "server", "-lgsoap++", "-lpthread"],
    ):  # fmt: skip
        done = subprocess.run(command, cwd=build, capture_output=True, text=True, check=False, env=environment())
        if done.returncode:
            pytest.fail(f"{command[0]} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    _CACHE.mkdir(parents=True, exist_ok=True)
    part = _CACHE / f"gsoap-{key}.{os.getpid()}"
    shutil.copy(build / "server", part)
    return part.replace(program)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            pytest.fail(f"the service ended with status {process.returncode}: {log.read_text()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except urllib.error.HTTPError:
            return  # gSOAP answers a GET with an error
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    pytest.fail("the service did not answer")
