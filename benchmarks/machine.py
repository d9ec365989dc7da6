"""The machine and the versions that a result belongs to, and the state of the process while it is measured."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, Final

__all__ = ["HEAP_SETTINGS", "commit", "describe", "pin", "versions", "warm_heap"]

#: glibc gives freed memory back and takes it anew for every large result; page faults would be half of the time then.
#: 32 MiB is the greatest threshold that glibc accepts.
HEAP_SETTINGS: Final = {
    "MALLOC_TOP_PAD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(4 << 30),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"


def warm_heap() -> None:
    """Start this process again with a C heap that keeps freed memory; returns where that is so already or cannot be."""
    if not _is_glibc() or all(os.environ.get(name) == value for name, value in HEAP_SETTINGS.items()):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **HEAP_SETTINGS})


def pin(cpu: int | None = None) -> int | None:
    """Keep this process on one processor, the last of those it may use unless ``cpu`` names one.

    Gives the processor's number, None where the system has no such call.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    chosen = max(os.sched_getaffinity(0)) if cpu is None else cpu
    os.sched_setaffinity(0, {chosen})
    return chosen


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe(cpu: int | None) -> dict[str, Any]:
    """Processor, cores, system and interpreter."""
    warm = all(os.environ.get(name) == value for name, value in HEAP_SETTINGS.items())
    return {
        "processor": _processor(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "pinned_to": cpu,
        "system": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "compiler": platform.python_compiler(),
        "heap": "warm" if warm and _is_glibc() else "as the system sets it",
    }


def versions(distributions: Iterable[str]) -> dict[str, str | None]:
    """The installed version of each distribution, None for one that is not installed."""
    found: dict[str, str | None] = {}
    for name in sorted(set(distributions)):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def commit() -> str | None:
    """The commit of the work tree, with ``+changes`` when files differ from it; None without git."""
    root = Path(__file__).resolve().parent.parent

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout.strip()

    try:
        name = git("rev-parse", "--short=12", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{name}+changes" if changed else name
