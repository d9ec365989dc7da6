"""TlsSettings over libcurl: roots, versions, revocation lists, client certificates, and failures to ignore."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.certificates import KEY_PASSWORD, Zoo
from tests.support.fault_server import FaultServer
from tests.support.http_calls import LIMITS, request
from wsx.errors import ErrorCode, InvalidArgument, NotSupported
from wsx.security import CertCredential, CertFailures, SecurityDescription, TlsSettings, TlsVersion
from wsx.transport import TransportError, default_async_transport, default_transport
from wsx.transport.curl import CurlTransport
from wsx.transport.curl_async import CurlAsyncTransport

DENIED = ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
SYSTEM = ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE
NO_CHECK = CertFailures.CN_MISMATCH | CertFailures.INVALID_DATE | CertFailures.UNTRUSTED_ROOT | CertFailures.WRONG_USAGE
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]

Status = Callable[[str, TlsSettings], int]


def _sync(url: str, settings: TlsSettings) -> int:
    transport = CurlTransport(security=SecurityDescription(settings))
    try:
        return transport.call(request(url), LIMITS)[0].status
    finally:
        transport.close()


def _async(url: str, settings: TlsSettings) -> int:
    async def run() -> int:
        transport = CurlAsyncTransport(security=SecurityDescription(settings))
        try:
            return (await transport.call(request(url), LIMITS))[0].status
        finally:
            await transport.close()

    return asyncio.run(run())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def status(request: pytest.FixtureRequest) -> Status:
    made: Status = request.param
    return made


def code_of(status: Status, url: str, settings: TlsSettings) -> ErrorCode:
    with pytest.raises(TransportError) as caught:
        status(url, settings)
    return caught.value.code


def test_roots_as_bytes(status: Status, zoo: Zoo) -> None:
    roots = TlsSettings(ca_data=Path(zoo.ca_file).read_bytes())
    with FaultServer(zoo.server("good")) as server:
        assert status(server.url(), roots) == 200
    with FaultServer(zoo.server("unknown-issuer")) as server:
        assert code_of(status, server.url(), roots) is ErrorCode.CERT_E_UNTRUSTEDROOT


def test_a_self_signed_certificate_is_trusted_as_a_root(status: Status, zoo: Zoo) -> None:
    pem = Path(zoo.path("self-signed")).read_bytes()
    certificate = pem[pem.index(b"-----BEGIN CERTIFICATE") :]
    with FaultServer(zoo.server("self-signed")) as server:
        assert status(server.url(), TlsSettings(ca_data=certificate)) == 200


@pytest.mark.parametrize("highest", VERSIONS)
def test_the_lowest_version(status: Status, zoo: Zoo, highest: ssl.TLSVersion) -> None:
    context = zoo.server("good")
    context.maximum_version = highest
    with FaultServer(context) as server:
        assert status(server.url(), TlsSettings(ca_file=zoo.ca_file)) == 200
        strict = TlsSettings(ca_file=zoo.ca_file, minimum_version=TlsVersion.TLS1_3)
        if highest is ssl.TLSVersion.TLSv1_3:
            assert status(server.url(), strict) == 200
        else:
            assert code_of(status, server.url(), strict) is SYSTEM


def test_revocation_lists(status: Status, zoo: Zoo) -> None:
    with_list = TlsSettings(ca_file=zoo.ca_file, crl_file=zoo.crl_file)
    with FaultServer(zoo.server("good")) as server:
        assert status(server.url(), with_list) == 200
        old = TlsSettings(ca_file=zoo.ca_file, crl_file=zoo.old_crl_file)
        assert code_of(status, server.url(), old) is ErrorCode.CRYPT_E_REVOCATION_OFFLINE
        missing = TlsSettings(ca_file=zoo.ca_file, crl_file=zoo.folder / "none.pem")
        assert code_of(status, server.url(), missing) is SYSTEM
    with FaultServer(zoo.server("revoked")) as server:
        assert status(server.url(), TlsSettings(ca_file=zoo.ca_file)) == 200
        assert code_of(status, server.url(), with_list) is ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE
        assert server.requests[0].path == "/"
        assert len(server.requests) == 1


def test_a_chain_without_its_list(status: Status, zoo: Zoo) -> None:
    pem = Path(zoo.path("root-sent")).read_bytes()
    both = Path(zoo.ca_file).read_bytes() + pem[pem.rindex(b"-----BEGIN CERTIFICATE") :]
    with FaultServer(zoo.server("unknown-issuer")) as server:
        assert status(server.url(), TlsSettings(ca_data=both)) == 200
        other = TlsSettings(ca_data=both, crl_file=zoo.crl_file)
        assert code_of(status, server.url(), other) is ErrorCode.CRYPT_E_REVOCATION_OFFLINE


# Failures to ignore

CAN: frozenset[CertFailures] = frozenset({CertFailures(0), CertFailures.CN_MISMATCH, NO_CHECK})


@pytest.mark.parametrize("number", range(32))
def test_each_mask_is_honoured_or_refused(zoo: Zoo, number: int) -> None:
    ignored = CertFailures(number)
    security = SecurityDescription(TlsSettings(ca_file=zoo.ca_file, cert_failures_to_ignore=ignored))
    if ignored & ~CertFailures.REVOCATION_OFFLINE in CAN:
        CurlTransport(security=security).close()
    else:
        with pytest.raises(NotSupported):
            CurlTransport(security=security)
    with_list = SecurityDescription(
        TlsSettings(ca_file=zoo.ca_file, cert_failures_to_ignore=ignored, crl_file=zoo.crl_file)
    )
    if ignored in (CertFailures(0), CertFailures.CN_MISMATCH):
        CurlTransport(security=with_list).close()
    else:
        with pytest.raises(NotSupported):
            CurlTransport(security=with_list)


DEFECTS = {
    "wrong-name": ErrorCode.CERT_E_CN_NO_MATCH,
    "expired": ErrorCode.CERT_E_EXPIRED,
    "not-yet": ErrorCode.CERT_E_EXPIRED,
    "self-signed": ErrorCode.CERT_E_UNTRUSTEDROOT,
    "unknown-issuer": ErrorCode.CERT_E_UNTRUSTEDROOT,
    "client-only": ErrorCode.CERT_E_WRONG_USAGE,
}


@pytest.mark.parametrize(
    ("certificate", "ignored"),
    list(
        itertools.product(
            DEFECTS, [CertFailures(0), CertFailures.CN_MISMATCH, NO_CHECK, CertFailures.REVOCATION_OFFLINE]
        )
    ),
)
def test_what_is_ignored_is_ignored_alone(status: Status, zoo: Zoo, certificate: str, ignored: CertFailures) -> None:
    settings = TlsSettings(ca_file=zoo.ca_file, cert_failures_to_ignore=ignored)
    with FaultServer(zoo.server(certificate)) as server:
        if ignored == NO_CHECK or (certificate == "wrong-name" and ignored & CertFailures.CN_MISMATCH):
            assert status(server.url(), settings) == 200
        else:
            assert code_of(status, server.url(), settings) is DEFECTS[certificate]
            assert server.requests == []


# Client certificates


def demanding(zoo: Zoo, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = zoo.server("good")
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(zoo.ca_file)
    return context


@pytest.mark.parametrize("form", ["path", "two-paths", "encrypted", "bytes", "two-bytes"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_certificate(status: Status, zoo: Zoo, version: ssl.TLSVersion, form: str) -> None:
    path = Path(zoo.path("client"))
    given = {
        "path": lambda: CertCredential(path),
        "two-paths": lambda: CertCredential(str(path), path),
        "encrypted": lambda: CertCredential(path, zoo.encrypted_key, KEY_PASSWORD),
        "bytes": lambda: CertCredential(path.read_bytes()),
        "two-bytes": lambda: CertCredential(path.read_bytes(), Path(zoo.encrypted_key).read_bytes(), KEY_PASSWORD),
    }[form]()
    with FaultServer(demanding(zoo, version)) as server:
        assert status(server.url(), TlsSettings(ca_file=zoo.ca_file, client_certificate=given)) == 200


@pytest.mark.parametrize("name", ["client-expired", "client-unknown"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_refused_client_certificate(status: Status, zoo: Zoo, version: ssl.TLSVersion, name: str) -> None:
    settings = TlsSettings(ca_file=zoo.ca_file, client_certificate=CertCredential(zoo.path(name)))
    with FaultServer(demanding(zoo, version)) as server:
        assert code_of(status, server.url(), settings) is DENIED
        assert server.requests == []


@pytest.mark.parametrize(("version", "code"), list(zip(VERSIONS, [SYSTEM, DENIED], strict=True)))
def test_a_client_certificate_is_missed(status: Status, zoo: Zoo, version: ssl.TLSVersion, code: ErrorCode) -> None:
    """The alert of TLS 1.2 is handshake_failure, which may mean anything; TLS 1.3 has certificate_required."""
    with FaultServer(demanding(zoo, version)) as server:
        assert code_of(status, server.url(), TlsSettings(ca_file=zoo.ca_file)) is code
        assert server.requests == []


@pytest.mark.parametrize("bad", ["no-password", "wrong-password", "no-file", "other-key", "no-key"])
def test_a_client_certificate_that_cannot_be_used(status: Status, zoo: Zoo, bad: str) -> None:
    path = Path(zoo.path("client"))
    pem = path.read_bytes()
    given = {
        "no-password": lambda: CertCredential(path, zoo.encrypted_key),
        "wrong-password": lambda: CertCredential(path, zoo.encrypted_key, "x7Qz9K"),
        "no-file": lambda: CertCredential(zoo.folder / "none.pem"),
        "other-key": lambda: CertCredential(path, zoo.path("good")),
        "no-key": lambda: CertCredential(pem[pem.index(b"-----BEGIN CERTIFICATE") :]),
    }[bad]()
    settings = TlsSettings(ca_file=zoo.ca_file, client_certificate=given)
    with FaultServer(zoo.server("good")) as server, pytest.raises(TransportError) as caught:
        status(server.url(), settings)
    assert (caught.value.code, caught.value.sent) == (SYSTEM, False)
    assert "x7Qz9K" not in str(caught.value)


def test_the_convenient_ways_in(zoo: Zoo) -> None:
    security = SecurityDescription(TlsSettings(ca_file=zoo.ca_file))
    with FaultServer(zoo.server("good")) as server:
        transport = default_transport(security=security)
        assert transport.call(request(server.url()), LIMITS)[0].status == 200
        transport.close()
    with pytest.raises(InvalidArgument, match="twice"):
        default_transport(security=security, ca_file=zoo.ca_file)
    with pytest.raises(InvalidArgument, match="security"):
        default_async_transport(security=TlsSettings())  # type: ignore[arg-type]


# Transports of one event loop share its connections, but none that was made on other terms


@pytest.mark.parametrize("case", ["other-roots", "other-roots-bytes", "no-check-before", "revocation-list"])
def test_a_connection_made_on_other_terms_is_not_shared(zoo: Zoo, case: str) -> None:
    trusting = TlsSettings(ca_file=zoo.ca_file)
    untrusted = ErrorCode.CERT_E_UNTRUSTEDROOT
    first, second, code = {
        "other-roots": (trusting, TlsSettings(), untrusted),
        "other-roots-bytes": (trusting, TlsSettings(ca_data=Path(zoo.path("self-signed")).read_bytes()), untrusted),
        "no-check-before": (TlsSettings(cert_failures_to_ignore=NO_CHECK), TlsSettings(), untrusted),
        "revocation-list": (
            trusting,
            TlsSettings(ca_file=zoo.ca_file, crl_file=zoo.old_crl_file),
            ErrorCode.CRYPT_E_REVOCATION_OFFLINE,
        ),
    }[case]
    with FaultServer(zoo.server("good")) as server, pytest.raises(TransportError) as caught:
        _one_after_the_other(server.url(), first, second)
    assert caught.value.code is code
    assert len(server.requests) == 1


@pytest.mark.parametrize("shown_first", [True, False])
def test_a_connection_of_another_client_is_not_shared(zoo: Zoo, *, shown_first: bool) -> None:
    context = zoo.server("good")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(zoo.ca_file)
    nobody = TlsSettings(ca_file=zoo.ca_file)
    somebody = TlsSettings(ca_file=zoo.ca_file, client_certificate=CertCredential(zoo.path("client")))
    with FaultServer(context) as server:
        _one_after_the_other(server.url(), *((somebody, nobody) if shown_first else (nobody, somebody)))
        assert (len(server.requests), server.connections) == (2, 2)
    with FaultServer(context) as server:
        _one_after_the_other(server.url(), somebody, somebody)
        assert (len(server.requests), server.connections) == (2, 1)


def _one_after_the_other(url: str, first: TlsSettings, second: TlsSettings) -> None:
    async def run() -> None:
        transports = [CurlAsyncTransport(security=SecurityDescription(settings)) for settings in (first, second)]
        try:
            for transport in transports:
                assert (await transport.call(request(url), LIMITS))[0].status == 200
        finally:
            for transport in transports:
                await transport.close()

    asyncio.run(run())
