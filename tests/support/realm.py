"""A Kerberos realm and an Apache in it, neither of them ours, on free loopback ports."""

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

__all__ = ["DOMAIN", "NAME", "PASSWORD", "REALM", "Realm", "realm"]

REALM: Final = "WSX.TEST"
DOMAIN: Final = "WSX"  # of NTLM
NAME: Final = "alice"
PASSWORD: Final = "geheimer Sesam"
_PATH: Final = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
_MODULES: Final = Path("/usr/lib/apache2/modules")
_NEEDED: Final = ("krb5kdc", "kadmin.local", "kdb5_util", "kinit", "apache2")
_PACKAGES: Final = "krb5-kdc krb5-admin-server krb5-user apache2 libapache2-mod-auth-gssapi gss-ntlmssp"
_KRB5: Final = """[libdefaults]
default_realm = {realm}
rdns = false
dns_canonicalize_hostname = false
dns_lookup_kdc = false
udp_preference_limit = 1
[realms]
{realm} = {{
  kdc = 127.0.0.1:{port}
}}
[domain_realm]
localhost = {realm}
"""
_KDC: Final = """[kdcdefaults]
kdc_listen = ""
kdc_tcp_listen = 127.0.0.1:{port}
[realms]
{realm} = {{
  database_name = {folder}/principals
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
}}
"""
_APACHE: Final = """ServerRoot {folder}
PidFile {folder}/apache.pid
ServerName localhost
Listen 127.0.0.1:{port} http
Listen 127.0.0.1:{tls_port} https
User www-data
Group www-data
{modules}
Mutex pthread
DocumentRoot {folder}/www
ErrorLog {folder}/error.log
LogLevel warn auth_gssapi:info
LogFormat "%k %>s %u %{{Content-Length}}i" wsx
CustomLog {folder}/access.log wsx
KeepAlive On
KeepAliveTimeout 30
MaxKeepAliveRequests 0
SSLSessionCache none
<VirtualHost 127.0.0.1:{tls_port}>
  SSLEngine on
  SSLCertificateFile {certificate}
</VirtualHost>
<Directory {folder}/www>
  AuthType GSSAPI
  AuthName wsx
  Require valid-user
  GssapiLocalName Off
  GssapiAllowedMech krb5
  GssapiAllowedMech ntlmssp
</Directory>
<Directory {folder}/www/bound>
  GssapiConnectionBound On
</Directory>
"""
_APACHE_MODULES: Final = ("mpm_event", "authn_core", "authz_core", "authz_user", "auth_gssapi", "ssl", "socache_shmcb")


@dataclass(frozen=True)
class Realm:
    """A running realm.

    :param environment: what finds the realm and the tickets of its user.
    """

    folder: Path
    port: int
    tls_port: int
    environment: dict[str, str]

    def address(self, *, tls: bool, bound: bool) -> str:
        """The URL of a resource that wants Negotiate, or, when ``bound``, Negotiate or NTLM once a connection."""
        place = "bound/service" if bound else "service"
        return f"https://localhost:{self.tls_port}/{place}" if tls else f"http://localhost:{self.port}/{place}"

    @contextlib.contextmanager
    def counting(self) -> Iterator[list[list[str]]]:
        """What Apache has answered in the block: number in its connection, status, user and length of each request."""
        served: list[list[str]] = []
        log = self.folder / "access.log"
        before = log.stat().st_size if log.exists() else 0
        yield served
        # A request is logged after its answer has gone.
        length = -1
        while length != log.stat().st_size:
            length = log.stat().st_size
            time.sleep(0.1)
        with log.open(encoding="utf-8") as file:
            file.seek(before)
            served.extend(line.split() for line in file)


def _need_realm() -> None:
    missing = [name for name in _NEEDED if shutil.which(name, path=_PATH) is None]
    if not missing and (_MODULES / "mod_auth_gssapi.so").exists():
        return
    if shutil.which("apt-get") is not None and os.name == "posix" and os.geteuid() == 0:
        pytest.fail("a Kerberos realm cannot be made where it can be installed: tools/system.sh realm")
    pytest.skip(f"no Kerberos realm: {missing or 'mod_auth_gssapi'} is missing (Debian: {_PACKAGES})")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def realm(certificate: str) -> Iterator[Realm]:
    """A KDC, a user with a ticket and a password, and an Apache; skips visibly where it cannot be.

    :param certificate: a PEM file with what Apache shows under TLS, and its key.
    """
    _need_realm()
    with tempfile.TemporaryDirectory(prefix="wsx-realm-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        ports = [_free_port() for _ in range(3)]
        environment = _make_realm(folder, ports[0])
        stack.enter_context(_running(["krb5kdc", "-n", "-P", f"{name}/kdc.pid"], environment, ports[0], folder / "kdc"))
        _run(["kinit", NAME], environment, f"{PASSWORD}\n")
        _configure_apache(folder, ports[1], ports[2], certificate)
        command = ["apache2", "-f", str(folder / "apache.conf"), "-DFOREGROUND"]
        stack.enter_context(_running(command, environment, ports[1], folder / "apache"))
        told = ("KRB5_CONFIG", "KRB5CCNAME")
        yield Realm(folder, ports[1], ports[2], {key: environment[key] for key in told})


def _make_realm(folder: Path, port: int) -> dict[str, str]:
    (folder / "krb5.conf").write_text(_KRB5.format(realm=REALM, port=port))
    (folder / "kdc.conf").write_text(_KDC.format(realm=REALM, port=port, folder=folder))
    (folder / "acl").write_text("")
    (folder / "users").write_text(f"{DOMAIN}:{NAME}:{PASSWORD}\n")
    environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
    environment |= {
        "PATH": _PATH,
        "KRB5_CONFIG": str(folder / "krb5.conf"),
        "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
        "KRB5CCNAME": f"FILE:{folder}/tickets",
        "KRB5_KTNAME": f"FILE:{folder}/keytab",
        "NTLM_USER_FILE": str(folder / "users"),
    }
    _run(["kdb5_util", "create", "-s", "-r", REALM, "-P", "master"], environment)
    for query in (
        f'addprinc -pw "{PASSWORD}" {NAME}',
        "addprinc -randkey HTTP/localhost",
        f"ktadd -k {folder}/keytab HTTP/localhost",
    ):
        _run(["kadmin.local", "-r", REALM, "-q", query], environment)
    (folder / "keytab").chmod(0o644)
    return environment


def _configure_apache(folder: Path, port: int, tls_port: int, certificate: str) -> None:
    for place in (folder / "www", folder / "www" / "bound"):
        place.mkdir()
        (place / "service").write_text("served")
    lines = [f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _APACHE_MODULES]
    copied = folder / "server.pem"
    copied.write_bytes(Path(certificate).read_bytes())
    text = _APACHE.format(folder=folder, port=port, tls_port=tls_port, modules="\n".join(lines), certificate=copied)
    (folder / "apache.conf").write_text(text)


def _run(command: list[str], environment: dict[str, str], given: str = "") -> None:
    done = subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        pytest.fail(f"{command[0]} ended with status {done.returncode}: {done.stdout}{done.stderr}")


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str], port: int, output: Path) -> Iterator[None]:
    with output.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, env=environment) as process:
        try:
            for _ in range(400):
                if process.poll() is not None:
                    pytest.fail(f"{command[0]} ended with status {process.returncode}: {output.read_text()[-2000:]}")
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            else:
                pytest.fail(f"{command[0]} did not answer")
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)
