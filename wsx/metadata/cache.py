"""Imports that are kept in a directory of the user, so that the next program needs no parser.

A file is named by a hash of the first document, its address, the settings and the version of wsx, and says of every
other document what it was; each is read and compared before the file is used, under the same rules as in an import. It
is JSON and has no programs in it. Only files and directories that belong to the user, and that nobody else may write
or read, are used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wsx.errors import WsError
from wsx.metadata.warning import Warning_

if TYPE_CHECKING:
    from wsx.metadata.model import Model
    from wsx.metadata.sources import Loader

__all__ = ["Cache", "default_directory"]

_MAX_BYTES: Final = 256 * 1024 * 1024


class Unsafe(Exception):
    """A file or directory that others can change; the text says which and why."""


def default_directory() -> Path:
    """``$XDG_CACHE_HOME/wsx``, which is ``~/.cache/wsx`` without the variable."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return base / "wsx"


def _check(found: os.stat_result, path: object) -> None:
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise Unsafe(f"{path} belongs to another user")
    if os.name == "posix" and found.st_mode & 0o077:
        raise Unsafe(f"{path} can be used by others (mode {stat.S_IMODE(found.st_mode):o})")


class Cache:
    """The directory of kept imports; ``warning`` says why it is not used."""

    def __init__(self, directory: Path, source: tuple[bytes, str], settings: object) -> None:
        self.directory = directory
        parts = [hashlib.sha256(source[0]).hexdigest(), source[1], sys.modules["wsx"].__version__, repr(settings)]
        self._name = f"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}.model"
        self.warning: Warning_ | None = None

    def find(self, loader: Loader) -> Model | None:
        """The model that was kept for the same documents, which ``loader`` reads again; None without one."""
        from wsx.metadata.kept import from_bytes  # noqa: PLC0415 - needed from here on only

        def same(documents: Any) -> bool:
            return all(hashlib.sha256(loader.read(url, ns)).hexdigest() == known for url, ns, known in documents)

        try:
            data = self._read()
            return None if data is None else from_bytes(data, same)
        except (OSError, Unsafe, WsError) as error:
            # The import goes on without it, and says what is wrong with a document by itself.
            self._warn(error)
            return None

    def keep(self, model: Model, documents: list[tuple[str, str, str]]) -> None:
        """Keep a model; one with parts that cannot be used is not kept."""
        from wsx.metadata.kept import to_bytes  # noqa: PLC0415 - needed from here on only

        if self.warning is not None:
            return
        elements, bindings = model.names()
        try:
            self._write(to_bytes(model, elements, bindings, documents))
        except (OSError, Unsafe) as error:
            self._warn(error)
        except WsError:
            return

    def _warn(self, error: Exception) -> None:
        if not isinstance(error, FileNotFoundError):
            self.warning = Warning_(str(self.directory), f"imports are not kept: {error}")

    def _open(self) -> int:
        """A descriptor of the directory, made where it does not exist; the file is opened relative to it."""
        if not hasattr(os, "O_DIRECTORY"):
            raise Unsafe("the system has no owners and modes of files that could be checked")
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            self.directory.mkdir(mode=0o700)
        opened = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _check(os.fstat(opened), self.directory)
        except Unsafe:
            os.close(opened)
            raise
        return opened

    def _read(self) -> bytes | None:
        directory = self._open()
        try:
            found = os.open(self._name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        except FileNotFoundError:
            return None
        finally:
            os.close(directory)
        with open(found, "rb") as file:
            status = os.fstat(found)
            _check(status, self._name)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
                raise Unsafe(f"{self._name} is no file of an import")
            return file.read(_MAX_BYTES)

    def _write(self, data: bytes) -> None:
        """The file as a whole or not at all: written beside, then renamed."""
        if len(data) > _MAX_BYTES:
            return
        directory = self._open()
        beside = f".{secrets.token_hex(8)}.part"
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            made = os.open(beside, flags, 0o600, dir_fd=directory)
            try:
                with open(made, "wb") as file:
                    file.write(data)
                os.replace(beside, self._name, src_dir_fd=directory, dst_dir_fd=directory)
            except BaseException:
                os.unlink(beside, dir_fd=directory)
                raise
        finally:
            os.close(directory)
