"""Every shell block of the README and the documentation does what it says, or at least what can be tried of it.

What sends goes to the demo's service on a free port, or is a ``--dry-run`` where the text names a host of its own; a
task of the Makefile is planned and not carried out; a long program is collected or compiled. A line that no rule knows
fails, so that no line is left untried.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import make_zoo
from wsx.cli.demo_service import OrderService

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SERVE = re.compile(r"wsx demo --serve --port 8080 &")
ADDRESS = "http://127.0.0.1:8080/orders"
WSX = [sys.executable, "-c", "import sys; from wsx.cli import run; sys.exit(run())"]


def blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        found = re.finditer(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
        for number, block in enumerate(found, 1):
            # Blocks without a language show output and usage, but commands, too.
            if block[1] == "sh" or (not block[1] and re.match(r"(wsx (send|demo) (?!\[)|python )", block[2])):
                yield f"{page.name}-{number}", block[2]


BLOCKS = dict(blocks())


def commands(block: str) -> list[str]:
    """One command a line: lines that go on are joined, comments are left out."""
    lines = re.sub(r"\\\n\s*", "", block).splitlines()
    return [line for line in (re.sub(r"\s+# .*$", "", line) for line in lines) if line]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the commands name."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "examples" / "orders.jsonl", tmp_path / "orders.jsonl")
    (tmp_path / "token.txt").write_text("abc\n", "utf-8")
    zoo = make_zoo(tmp_path)
    shutil.copy(zoo.ca_file, tmp_path / "internal-roots.pem")
    return tmp_path


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120, input="secret\n"
    )


def send(words: list[str], folder: Path, service: OrderService) -> None:
    if not any(ADDRESS in word for word in words):
        # It would go to a host that the text made up; the password would be asked for.
        if "--user" in words or "--proxy-user" in words:
            (folder / "password.txt").write_text("secret\n", "utf-8")
            words += ["--password-file" if "--user" in words else "--proxy-password-file", "password.txt"]
        done = run([*WSX, *words[1:], "--dry-run"], folder)
        assert done.returncode == 0, done.stderr
        assert "POST" in done.stdout
        return
    words = [word.replace(ADDRESS, service.url) for word in words]
    before = service.accepted
    done = run([*WSX, *words[1:]], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert service.accepted == before + 1000


def python(words: list[str], folder: Path) -> None:
    if words[1:3] == ["-m", "pytest"]:
        done = run([sys.executable, "-m", "pytest", "-q", "--collect-only", "tests/channel", *words[3:]], ROOT)
        assert done.returncode == 0, done.stdout[-2000:]
    elif words[1:4] == ["-m", "coverage", "run"] or words[1:4] == ["-m", "coverage", "report"]:
        assert run([sys.executable, *words[1:4], "--help"], folder).returncode == 0
    elif words[1] == "-m":
        assert run([sys.executable, "-m", *words[2:], "--help"], ROOT).returncode == 0
    else:
        compile((ROOT / words[1]).read_text("utf-8"), words[1], "exec")


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 5


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block(name: str, folder: Path) -> None:
    with OrderService() as service:
        for line in commands(BLOCKS[name]):
            for command in line.split(" && "):
                words = shlex.split(command)
                while "=" in words[0]:
                    words = words[1:]
                if words[0] == "make":
                    assert run(["make", "-n", *words[1:]], ROOT).returncode == 0, command
                elif SERVE.fullmatch(command):
                    pass  # the service of this test
                elif words[:2] == ["wsx", "send"]:
                    send(words, folder, service)
                elif words[0] == "wsx":
                    done = run([*WSX, *words[1:]], folder)
                    assert done.returncode == 0, done.stdout + done.stderr
                elif words[0] in ("python", ".venv/bin/python"):
                    python(words, folder)
                else:
                    pytest.fail(f"{command}: nothing here knows how to try this")
