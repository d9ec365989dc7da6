"""The transports through SOCKS 5 servers and through proxies that are spoken to over TLS; names of certificates."""

from __future__ import annotations

import contextlib
import datetime
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from tests.support.certificates import Zoo
from tests.support.fault_server import FaultServer
from tests.support.http_calls import Calls, request
from tests.support.relays import Relay
from wsx.errors import ErrorCode
from wsx.security import (
    CustomHttpProxy,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    ProxySettings,
    SecurityDescription,
    TlsSettings,
    UsernameCredential,
)
from wsx.transport import Phase, TransportError

FAILURE = ErrorCode.WS_E_PROXY_FAILURE


def by(servers: str) -> ProxySettings:
    return ProxySettings(HttpProxySettingMode.CUSTOM, CustomHttpProxy(servers))


def shown(name: str, password: str) -> SecurityDescription:
    credential = UsernameCredential(name, password)
    return SecurityDescription(
        header_auth=HttpHeaderAuth(credential, HttpHeaderAuthScheme.BASIC, HttpHeaderAuthTarget.PROXY)
    )


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("servers", ["socks5://127.0.0.1:{}", "socks=127.0.0.1:{}"])
def test_through_a_socks_server(calls: Calls, zoo: Zoo, servers: str, *, tls: bool) -> None:
    with FaultServer(zoo.server("good") if tls else None) as server, Relay("socks5") as relay:
        # The name is the SOCKS server's to resolve.
        url = server.url().replace("127.0.0.1", "localhost")
        answers = calls([request(url)] * 2, proxy=by(servers.format(relay.port)), ca_file=zoo.ca_file)
        assert [head.status for head, _ in answers] == [200, 200]
        assert relay.targets == [("localhost", server.port)]
        assert len(server.requests) == 2


def test_a_user_of_a_socks_server(calls: Calls) -> None:
    with FaultServer() as server, Relay("socks5", user=("alice", "sesame")) as relay:
        proxy = by(f"socks5://127.0.0.1:{relay.port}")
        assert calls([request(server.url())], proxy=proxy, security=shown("alice", "sesame"))[0][0].status == 200
        assert not server.requests[0].values(b"proxy-authorization")
        for security in (None, shown("alice", "x7Qz9K")):
            with pytest.raises(TransportError) as caught:
                calls([request(server.url())], proxy=proxy, security=security)
            assert (caught.value.code, caught.value.phase, caught.value.sent) == (FAILURE, Phase.PROXY, False)
            assert "x7Qz9K" not in str(caught.value)
        assert len(server.requests) == 1


def test_failures_behind_a_socks_server(calls: Calls, zoo: Zoo) -> None:
    with FaultServer() as gone:
        unused = gone.port
    with Relay("socks5") as relay:
        proxy = by(f"socks5://127.0.0.1:{relay.port}")
        # What the endpoint does is told as without a proxy; what the SOCKS server does not do is its failure.
        with FaultServer(zoo.server("expired")) as server, pytest.raises(TransportError) as caught:
            calls([request(server.url())], proxy=proxy, ca_file=zoo.ca_file)
        assert caught.value.code is ErrorCode.CERT_E_EXPIRED
        with FaultServer() as server, pytest.raises(TransportError) as caught:
            calls([request(server.url("/close"))], proxy=proxy)
        assert caught.value.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
        with pytest.raises(TransportError) as caught:
            calls([request(f"http://127.0.0.1:{unused}/")], proxy=proxy)
        assert (caught.value.code, caught.value.sent) == (FAILURE, False)
    with pytest.raises(TransportError) as caught:
        calls([request("http://endpoint.invalid/")], proxy=by(f"socks5://127.0.0.1:{unused}"))
    assert (caught.value.code, caught.value.sent) == (FAILURE, False)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_proxy_over_tls(calls: Calls, zoo: Zoo, *, tls: bool) -> None:
    with FaultServer(zoo.server("good") if tls else None) as server:
        if tls:
            with Relay("connect", tls=zoo.server("good")) as relay:
                answers = calls(
                    [request(server.url())] * 2, proxy=by(f"https://localhost:{relay.port}"), ca_file=zoo.ca_file
                )
                assert relay.targets == [("127.0.0.1", server.port)]
        else:
            with FaultServer(zoo.server("good")) as proxy:
                answers = calls(
                    [request("http://endpoint.invalid/x")] * 2,
                    proxy=by(f"https://localhost:{proxy.port}"),
                    ca_file=zoo.ca_file,
                )
                assert [seen.line for seen in proxy.requests] == [b"POST http://endpoint.invalid/x HTTP/1.1"] * 2
    assert [head.status for head, _ in answers] == [200, 200]


@pytest.mark.parametrize("name", ["expired", "wrong-name", "unknown-issuer"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_with_a_bad_certificate(calls: Calls, zoo: Zoo, name: str, scheme: str) -> None:
    with Relay("connect", tls=zoo.server(name)) as relay, pytest.raises(TransportError) as caught:
        calls(
            [request(f"{scheme}://endpoint.invalid/")], proxy=by(f"https://localhost:{relay.port}"), ca_file=zoo.ca_file
        )
    assert (caught.value.code, caught.value.sent, relay.heads) == (FAILURE, False, [])


def trusting(zoo: Zoo, **settings: object) -> SecurityDescription:
    return SecurityDescription(TlsSettings(ca_file=zoo.ca_file, **settings))  # type: ignore[arg-type]


def test_the_name_that_a_certificate_must_have(calls: Calls, zoo: Zoo) -> None:
    with FaultServer(zoo.server("wrong-name")) as server:
        named = trusting(zoo, host_name="elsewhere.invalid")
        answers = calls([request(server.url()), request(server.url("/?x=1"))], security=named)
        assert [head.status for head, _ in answers] == [200, 200]
        # The request is for the URL's host as ever, and over one connection.
        assert [seen.values(b"host") for seen in server.requests] == [[f"127.0.0.1:{server.port}".encode()]] * 2
        assert len({head.connection for head, _ in answers}) == 1
        assert server.requests[1].line == b"POST /?x=1 HTTP/1.1"
        for security in (trusting(zoo), trusting(zoo, host_name="another.invalid")):
            with pytest.raises(TransportError) as caught:
                calls([request(server.url())], security=security)
            assert (caught.value.code, caught.value.sent) == (ErrorCode.CERT_E_CN_NO_MATCH, False)


def test_the_name_in_a_tunnel(calls: Calls, zoo: Zoo) -> None:
    named = trusting(zoo, host_name="elsewhere.invalid")
    with FaultServer(zoo.server("wrong-name")) as server, Relay("connect") as relay:
        assert calls([request(server.url())], security=named, proxy=by(f"127.0.0.1:{relay.port}"))[0][0].status == 200
        assert relay.targets == [("127.0.0.1", server.port)]


def test_the_name_where_another_good_one_answers(calls: Calls, zoo: Zoo) -> None:
    with FaultServer(zoo.server("good")) as server, pytest.raises(TransportError) as caught:
        calls([request(server.url())], security=trusting(zoo, host_name="elsewhere.invalid"))
    assert caught.value.code is ErrorCode.CERT_E_CN_NO_MATCH


@contextlib.contextmanager
def stapling(zoo: Zoo, folder: Path, status: ocsp.OCSPCertStatus | None) -> Iterator[int]:
    """The port of OpenSSL's server, which shows an OCSP response of that status in the handshake."""
    command = [
        "openssl",
        "s_server",
        "-www",
        "-quiet",
        "-cert",
        zoo.path("good"),
        "-key",
        zoo.path("good"),
        "-cert_chain",
        zoo.ca_file,
    ]
    if status is not None:
        (folder / "status").write_bytes(_ocsp_response(zoo, status))
        command += ["-status_file", str(folder / "status")]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([*command, "-accept", f"127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            assert process.poll() is None
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _ocsp_response(zoo: Zoo, status: ocsp.OCSPCertStatus) -> bytes:
    authority = x509.load_pem_x509_certificate(Path(zoo.ca_file).read_bytes())
    key = serialization.load_pem_private_key(Path(zoo.ca_key).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.datetime.now(datetime.timezone.utc)
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_pem_x509_certificate(Path(zoo.path("good")).read_bytes()),
        issuer=authority,
        algorithm=hashes.SHA1(),  # noqa: S303 (names the issuer; OpenSSL looks for this one)
        cert_status=status,
        this_update=now - datetime.timedelta(hours=1),
        next_update=now + datetime.timedelta(hours=1),
        revocation_time=now - datetime.timedelta(hours=2) if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, authority).certificates([authority])
    signed = builder.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("status", "good"), [(ocsp.OCSPCertStatus.GOOD, True), (ocsp.OCSPCertStatus.REVOKED, False), (None, False)]
)
def test_a_stapled_status(
    calls: Calls, zoo: Zoo, tmp_path: Path, status: ocsp.OCSPCertStatus | None, *, good: bool
) -> None:
    with stapling(zoo, tmp_path, status) as port:
        one = request(f"https://127.0.0.1:{port}/", body=None)
        assert calls([one], security=trusting(zoo))[0][0].status == 200
        if good:
            assert calls([one], security=trusting(zoo, require_status=True))[0][0].status == 200
            return
        with pytest.raises(TransportError) as caught:
            calls([one], security=trusting(zoo, require_status=True))
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE, False)
