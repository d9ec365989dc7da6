"""Programs in C++: the hand-written loop over C structs, which is the limit; libxml2's writer and reader; gSOAP.

Each is made and compiled for one case, is fed through its standard input, and measures its own CPU time; it runs in
turn with the others, on the same processor.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import subprocess
import tempfile
from abc import abstractmethod
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.cases.base import Case
from benchmarks.peers import native_source
from benchmarks.peers.base import Job, Peer, Unavailable, Unsupported
from benchmarks.reference import parse_xml, xml_document

__all__ = ["Gsoap", "Libxml2", "Limit"]

_HEADERS: Final = Path(__file__).resolve().parent.parent / "native"
_CASES: Final = ("order", "records", "deep", "text_ascii", "text_escape", "text_unicode", "doubles")


@functools.cache
def _folder() -> Path:
    """Where programs and their data are, until the end of the process."""
    folder = tempfile.TemporaryDirectory(prefix="wsx-native-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


class _Program:
    """A running program; it ends with its standard input."""

    def __init__(self, path: Path, direction: str, data: Path) -> None:
        self._process = subprocess.Popen(
            [str(path), direction, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._saved = path.with_suffix(f".{direction}.xml")
        atexit.register(self.close)

    def _ask(self, command: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{command}\n")
            self._process.stdin.flush()
        except OSError as error:
            raise RuntimeError("the program ended") from error
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the program ended with status {self._process.wait()}")
        return answer

    def timed(self, repetitions: int) -> float:
        """Nanoseconds of the program's CPU time for one run."""
        return int(self._ask(f"run {repetitions}")) / repetitions

    def result(self) -> bytes:
        """What it wrote last, or what it read last as a document."""
        self._ask("run 1")
        self._ask(f"save {self._saved}")
        return self._saved.read_bytes()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
            if self._process.stdout is not None:
                self._process.stdout.close()
        self._process.wait()


class _Native(Peer):
    """A peer whose work is done by a program of its own."""

    def writer(self, case: Case) -> Job:
        return self._job(case, "write")

    def reader(self, case: Case) -> Job:
        return self._job(case, "read")

    def _job(self, case: Case, direction: str) -> Job:
        if case.name not in _CASES:
            raise Unsupported("not written for this case")
        data = _folder() / f"{case.name}.xml"
        document = xml_document(case, envelope=False)
        data.write_bytes(document)
        program = _Program(self._compiled(case), direction, data)
        return Job(program.result, partial(parse_xml, case), len(document), timed=program.timed)

    def _compiled(self, case: Case) -> Path:
        program = _folder() / f"{self.name}-{case.name}"
        if not program.exists():
            compiler = shutil.which("g++") or shutil.which("c++")
            if compiler is None:
                raise Unavailable("no C++ compiler")
            folder = _folder() / f"{program.name}.d"
            folder.mkdir(exist_ok=True)
            _run([compiler, "-std=c++17", "-O2", "-w", f"-I{_HEADERS}", *self.build(case, folder), "-o", str(program)])
        return program

    @abstractmethod
    def build(self, case: Case, folder: Path) -> list[str]:
        """Write the sources into a folder; the compiler's arguments for them."""


def _run(command: list[str], **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name}: {' '.join(done.stderr.split())[:300]}")
    return str(done.stdout)


class Limit(_Native):
    """No library at all."""

    name = "limit"
    title = "C++, hand-written loop over structs"
    note = "g++ -O2; its tags are compiled in, and it reads nothing but them"

    def build(self, case: Case, folder: Path) -> list[str]:
        source = folder / "limit.cpp"
        source.write_text(native_source.limit_program(case), encoding="utf-8")
        return [str(source)]


class Libxml2(_Native):
    """xmlTextWriter and xmlTextReader, with the limit's structs and conversions."""

    name = "libxml2"
    title = "C++, libxml2 xmlTextWriter/Reader"
    note = "g++ -O2; the structs and conversions of the hand-written loop"

    def build(self, case: Case, folder: Path) -> list[str]:
        if shutil.which("xml2-config") is None:
            raise Unavailable("libxml2's headers are missing: tools/system.sh native")
        source = folder / "libxml2.cpp"
        source.write_text(native_source.libxml2_program(case), encoding="utf-8")
        return [str(source), *_run(["xml2-config", "--cflags", "--libs"]).split()]


class Gsoap(_Native):
    """The code of soapcpp2."""

    name = "gsoap"
    title = "C++, gSOAP"
    note = "g++ -O2; decimal, dateTime and guid stay strings"

    def build(self, case: Case, folder: Path) -> list[str]:
        soapcpp2 = shutil.which("soapcpp2")
        if soapcpp2 is None:
            raise Unavailable("gSOAP is missing: tools/system.sh native")
        Path(folder, "case.h").write_text(native_source.gsoap_header(case), encoding="utf-8")
        imports = Path(soapcpp2).resolve().parent.parent / "share" / "gsoap" / "import"
        _run([soapcpp2, "-CSL", "-c++11", "-x", f"-I{imports}", "case.h"], cwd=folder)
        source = folder / "program.cpp"
        source.write_text(native_source.gsoap_program(case), encoding="utf-8")
        return [f"-I{folder}", str(source), str(folder / "soapC.cpp"), "-lgsoap++"]
