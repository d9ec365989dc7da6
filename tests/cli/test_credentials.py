"""``wsx send`` before services and proxies that want to know who asks; no output shows a secret."""

from __future__ import annotations

import os
import pty
import select
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.auth_server import PASSWORD, TOKEN, USER, WINDOWS_USER, AuthServer, windows_users
from tests.support.certificates import KEY_PASSWORD, Zoo, make_zoo
from tests.support.fault_server import FaultServer
from wsx.cli.main import main
from wsx.transport import HttpUrl

ROOT = Path(__file__).parent.parent.parent
SUBMIT = "examples.orders:SUBMIT"
SECRETS = (PASSWORD, TOKEN, KEY_PASSWORD, WINDOWS_USER[2], "x7Qz9K")


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("WSX_PASSWORD", "WSX_TOKEN", "WSX_PROXY_PASSWORD", "WSX_KEY_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Three of the example orders."""
    path = tmp_path / "orders.jsonl"
    lines = (ROOT / "examples" / "orders.jsonl").read_text("utf-8").splitlines(keepends=True)[:3]
    path.write_text("".join(lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return make_zoo(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def windows() -> Iterator[None]:
    with windows_users():
        yield


def send(*arguments: object, **environment: str) -> Result:
    result = CliRunner(env=environment).invoke(main, ["send", *map(str, arguments)])
    assert not [secret for secret in SECRETS if secret in result.output]
    return result


@pytest.mark.parametrize(
    ("offered", "options", "used"),
    [
        ("basic", [], "Basic"),
        ("basic", ["--auth", "basic"], "Basic"),
        ("digest", [], "Digest"),
        ("digest", ["--auth", "digest"], "Digest"),
    ],
)
def test_a_user_and_a_password(orders: Path, offered: str, options: list[str], used: str) -> None:
    with AuthServer(offered, answer=b"") as server:
        result = send(SUBMIT, orders, server.url, "--user", USER, *options, WSX_PASSWORD=PASSWORD)
        assert result.exit_code == 0, result.output
        assert (server.seen[-1].credentials or "").startswith(used)
        result = send(SUBMIT, orders, server.url, "--user", USER, *options, WSX_PASSWORD="x7Qz9K")
        assert result.exit_code == 1
        assert "3 failed" in result.output


@pytest.mark.parametrize("scheme", ["ntlm", "negotiate"])
def test_a_windows_user(orders: Path, windows: None, scheme: str) -> None:
    domain, name, password = WINDOWS_USER
    with AuthServer(scheme, answer=b"") as server:
        result = send(SUBMIT, orders, server.url, "--user", f"{domain}\\{name}", WSX_PASSWORD=password)
        assert result.exit_code == 0, result.output
        result = send(
            SUBMIT, orders, server.url, "--user", f"{domain}\\{name}", "--auth", scheme, WSX_PASSWORD=password
        )
        assert result.exit_code == 0, result.output
    assert len([seen for seen in server.seen if seen.body]) == 6


def test_a_bearer_token(orders: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n", "utf-8")
    with AuthServer("bearer", answer=b"") as server:
        assert send(SUBMIT, orders, server.url, "--auth", "bearer", WSX_TOKEN=TOKEN).exit_code == 0
        assert send(SUBMIT, orders, server.url, "--auth", "bearer", "--password-file", file).exit_code == 0


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_proxy(orders: Path, tmp_path: Path, scheme: str) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\r\n", "utf-8")
    url = "http://endpoint.invalid/orders"
    with AuthServer(scheme, proxy=True, answer=b"") as server:
        options = ["--proxy", HttpUrl.parse(server.url).authority, "--proxy-user", USER, "--proxy-auth", scheme]
        result = send(SUBMIT, orders, url, *options, "--proxy-password-file", file)
        assert result.exit_code == 0, result.output
        assert send(SUBMIT, orders, url, *options, WSX_PROXY_PASSWORD=PASSWORD).exit_code == 0
        environment = {"http_proxy": server.url.replace("/service?x=1", "")}
        result = send(SUBMIT, orders, url, "--proxy", "env", **environment)
        assert result.exit_code == 1
        assert "requires" in result.output.lower()
    assert {seen.target for seen in server.seen} == {url}


def test_certificates(orders: Path, zoo: Zoo, tmp_path: Path) -> None:
    context = zoo.server("good")
    context.load_verify_locations(zoo.ca_file)
    context.verify_mode = ssl.CERT_REQUIRED
    password = tmp_path / "key-password"
    password.write_text(KEY_PASSWORD, "utf-8")
    with FaultServer(context) as server:
        url = server.url("/status-404")
        assert "UNTRUSTED" in send(SUBMIT, orders, url, "--max-failures", 1).output.upper().replace(" ", "")
        for given in (
            ["--cert", zoo.path("client")],
            ["--cert", zoo.path("client"), "--key", zoo.encrypted_key, "--key-password-file", password],
        ):
            result = send(SUBMIT, orders, url, "--cacert", zoo.ca_file, *given, "--max-failures", 1)
            assert "WS_E_ENDPOINT_NOT_FOUND" in result.output
        result = send(
            SUBMIT, orders, url, "--cacert", zoo.ca_file, "--cert", zoo.path("client"), "--key", zoo.encrypted_key,
            "--max-failures", 1, WSX_KEY_PASSWORD="x7Qz9K",
        )  # fmt: skip
        assert result.exit_code == 1
        assert "WS_E_SECURITY_SYSTEM_FAILURE" in result.output


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--user", "alice"], "set WSX_PASSWORD, or give --password-file"),
        (["--auth", "basic"], "need --user"),
        (["--auth", "bearer"], "set WSX_TOKEN"),
        (["--auth", "bearer", "--user", "alice"], "no --user"),
        (["--user", "alice", "--password-file", "no-such-file"], "no-such-file"),
        (["--cert", "client.pem"], "https://"),
        (["--cacert", "ca.pem"], "https://"),
        (["--key", "key.pem"], "--key needs --cert"),
        (["--key-password-file", "f"], "--key-password-file needs --cert"),
        (["--proxy-user", "alice"], "need --proxy"),
        (["--proxy", "p:1", "--proxy-user", "alice"], "set WSX_PROXY_PASSWORD"),
        (["--proxy", "p:1", "--proxy-auth", "digest"], "--proxy-auth needs --proxy-user"),
        (["--proxy", "p:1", "--proxy-password-file", "f"], "needs --proxy-user"),
        (["--proxy", "user:x7Qz9K@p:1"], "servers must be"),
        (["--proxy", "p:99999"], "port"),
        (["--auth", "digest", "--user", "a\nb"], "control character"),
    ],
)
def test_options_that_do_not_go_together(orders: Path, options: list[str], text: str) -> None:
    environment = {"WSX_PASSWORD": "x7Qz9K"} if "a\nb" in options else {}
    result = send(SUBMIT, orders, "http://127.0.0.1:1/", *options, **environment)
    assert result.exit_code == 2
    assert text in " ".join(result.output.split())


def test_a_dry_run_asks_for_no_secret(orders: Path) -> None:
    result = send(SUBMIT, orders, "http://127.0.0.1:1/", "--user", "alice", "--dry-run")
    assert result.exit_code == 0
    assert b"Authorization" not in result.stdout_bytes


def test_the_terminal_is_asked_without_echo(orders: Path) -> None:
    with AuthServer("basic", answer=b"") as server:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "wsx.cli", "send", SUBMIT, str(orders), server.url, "--user", USER]
        process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
        os.close(theirs)
        shown = _until(ours, b": ")
        assert f"the password of {USER}".encode() in shown
        time.sleep(0.2)  # until the echo is off
        os.write(ours, PASSWORD.encode() + b"\n")
        shown += _until(ours, b"/s)")
        assert process.wait(timeout=30) == 0, shown
        os.close(ours)
    assert PASSWORD.encode() not in shown
    assert len(server.seen) == 4  # one to hear what is offered


def _until(file: int, end: bytes) -> bytes:
    shown = b""
    while end not in shown:
        assert select.select([file], [], [], 30)[0], shown
        try:
            piece = os.read(file, 65536)
        except OSError:
            break
        shown += piece
    return shown
