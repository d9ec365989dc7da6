"""The transports over TLS: which certificate is refused as what."""

from __future__ import annotations

import pytest

from tests.support.certificates import Zoo
from tests.support.fault_server import FaultServer, silent_server
from tests.support.http_calls import post
from wsx.errors import CertificateError, ErrorCode, error_class
from wsx.transport import Phase, Transport, TransportError
from wsx.transport.curl import CurlTransport, default_ca_file

PROTOCOL_VERSION_ALERT = b"\x15\x03\x03\x00\x02\x02\x46"  # RFC 8446 §6.2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_good_certificate(trusting: Transport, zoo: Zoo, host: str) -> None:
    with FaultServer(zoo.server("good")) as server:
        for _ in range(2):
            head, body = post(trusting, server.url(host=host), b"<x/>")
            assert (head.status, body) == (200, b"<x/>")
        assert server.connections == 1


@pytest.mark.parametrize(
    ("certificate", "host", "code"),
    [
        ("expired", "127.0.0.1", ErrorCode.CERT_E_EXPIRED),
        ("not-yet", "127.0.0.1", ErrorCode.CERT_E_EXPIRED),
        ("wrong-name", "127.0.0.1", ErrorCode.CERT_E_CN_NO_MATCH),
        ("wrong-name", "localhost", ErrorCode.CERT_E_CN_NO_MATCH),
        ("self-signed", "127.0.0.1", ErrorCode.CERT_E_UNTRUSTEDROOT),
        ("unknown-issuer", "127.0.0.1", ErrorCode.CERT_E_UNTRUSTEDROOT),
        ("root-sent", "127.0.0.1", ErrorCode.CERT_E_UNTRUSTEDROOT),
        ("client-only", "127.0.0.1", ErrorCode.CERT_E_WRONG_USAGE),
    ],
)
def test_refused_certificates(trusting: Transport, zoo: Zoo, certificate: str, host: str, code: ErrorCode) -> None:
    with FaultServer(zoo.server(certificate)) as server:
        with pytest.raises(TransportError) as caught:
            post(trusting, server.url(host=host))
        assert (caught.value.code, caught.value.phase, caught.value.sent) == (code, Phase.TLS, False)
        assert issubclass(error_class(code), CertificateError)
        assert server.requests == []
    with FaultServer(zoo.server("good")) as server:
        assert post(trusting, server.url())[0].status == 200


def test_the_systems_roots_do_not_trust_the_zoo(transport: Transport, zoo: Zoo) -> None:
    with FaultServer(zoo.server("good")) as server, pytest.raises(TransportError) as caught:
        post(transport, server.url())
    wanted = ErrorCode.CERT_E_UNTRUSTEDROOT if default_ca_file() else ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE
    assert caught.value.code is wanted


def test_missing_ca_file(zoo: Zoo) -> None:
    transport = CurlTransport(ca_file=zoo.folder / "none.pem")
    with FaultServer(zoo.server("good")) as server, pytest.raises(TransportError) as caught:
        post(transport, server.url())
    transport.close()
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE, False)


def test_no_common_version(trusting: Transport) -> None:
    with silent_server(PROTOCOL_VERSION_ALERT) as port, pytest.raises(TransportError) as caught:
        post(trusting, f"https://127.0.0.1:{port}/")
    assert (caught.value.code, caught.value.phase) == (ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE, Phase.TLS)


def test_no_tls_at_the_other_end(trusting: Transport) -> None:
    with silent_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port, pytest.raises(TransportError) as caught:
        post(trusting, f"https://127.0.0.1:{port}/")
    assert caught.value.code is ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE


def test_closed_in_the_handshake(trusting: Transport) -> None:
    with silent_server(close=True) as port, pytest.raises(TransportError) as caught:
        post(trusting, f"https://127.0.0.1:{port}/")
    assert (caught.value.code, caught.value.sent) == (ErrorCode.WS_E_ENDPOINT_DISCONNECTED, False)


@pytest.mark.parametrize("fault", ["cut-body", "long-body-to-the-end", "cut-chunk", "bad-chunk", "close"])
def test_a_cut_under_tls(trusting: Transport, zoo: Zoo, fault: str) -> None:
    """The server ends without close_notify: such an end of a body may be a cut."""
    with FaultServer(zoo.server("good")) as server, pytest.raises(TransportError) as caught:
        post(trusting, server.url(f"/{fault}"))
    assert caught.value.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
