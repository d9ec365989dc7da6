"""The outcomes of a send that a server decides, against nginx: statuses, faults, slow and large answers, certificates.

Each row of the tables is one test for each driver, and names the code that the error has (docs/errors.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.certificates import Zoo
from tests.support.channels import MakeChannel
from tests.support.error_rows import row, shows
from tests.support.nginx import LARGE, PASSWORD, USER, Nginx, nginx
from tests.support.tables import ADDRESSING_09, ADDRESSING_10, int32
from wsx.channel import ChannelProperties, ChannelState, ReceiveOption
from wsx.descriptions import MessageDescription
from wsx.errors import ErrorCode, WsError, error_class
from wsx.message import AddressingVersion, EnvelopeVersion
from wsx.message.fault_errors import FAULT_ERRORS
from wsx.security import (
    CertCredential,
    CertFailures,
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    SecurityDescription,
    TlsSettings,
    TlsVersion,
    UsernameCredential,
)
from wsx.transport import Phase, TransportError

pytestmark = pytest.mark.interop

SOAP_11 = {"envelope_version": EnvelopeVersion.SOAP_1_1, "addressing_version": AddressingVersion.TRANSPORT}
PROPERTIES = ChannelProperties(**SOAP_11)  # type: ignore[arg-type]
REQUEST = MessageDescription("urn:act", int32("request"))
REPLY = MessageDescription(None, int32("reply"))
FAULTS = {f"{name[1]}-{number}": name for number, name in enumerate([*FAULT_ERRORS, ("urn:other", "Unknown")])}

FAILURE = ErrorCode.WS_E_ENDPOINT_FAILURE
NOT_AVAILABLE = ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE
DENIED = ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
TIMED_OUT = ErrorCode.WS_E_OPERATION_TIMED_OUT
SYSTEM = ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE


@pytest.fixture(scope="module")
def server(zoo: Zoo) -> Iterator[Nginx]:
    with nginx(zoo, FAULTS) as running:
        yield running


def failure(make: MakeChannel, url: str, *, receive: bool = False, **arguments: Any) -> WsError:
    """The error of one send to ``url``, or of receiving the reply to it."""
    with make(**{"properties": PROPERTIES, **arguments}) as channel:
        channel.open(url)
        if receive:
            channel.send_message(channel.create_message(), REQUEST, 1)
            with pytest.raises(WsError) as caught:
                channel.receive_message(channel.create_message(), [REPLY])
        else:
            with pytest.raises(WsError) as caught:
                channel.send_message(channel.create_message(), REQUEST, 1)
        assert channel.state is ChannelState.OPEN
    error = caught.value
    assert type(error) is error_class(error.code)
    assert error.url == url
    return error


def test_a_reply(make: MakeChannel, server: Nginx) -> None:
    with make(properties=PROPERTIES) as channel:
        channel.open(server.url("/reply"))
        channel.send_message(channel.create_message(), REQUEST, 1)
        assert channel.receive_message(channel.create_message(), [REPLY]) == (0, 7)


@pytest.mark.parametrize("path", ["/empty", "/status-204"])
def test_no_reply(make: MakeChannel, server: Nginx, path: str) -> None:
    with make(properties=PROPERTIES) as channel:
        channel.open(server.url(path))
        channel.send_message(channel.create_message(), REQUEST, 1)
        message = channel.create_message()
        assert channel.receive_message(message, [REPLY], receive_option=ReceiveOption.OPTIONAL_MESSAGE) is None


# Statuses that nginx gives for reasons of its own: a rule of its configuration, a file, a proxy that fails.
CAUSES = [
    row(ErrorCode.WS_E_ENDPOINT_NOT_FOUND, "HTTP 404: no such file", "/nothing-here", 404),
    row(DENIED, "HTTP 403: access rule", "/denied", 403),
    row(FAILURE, "HTTP 405: POST to a file", "/static", 405),
    row(FAILURE, "HTTP 413: request above the server's limit", "/short", 413),
    row(FAILURE, "HTTP 414: URL above the server's limit", f"/reply?{'x' * 3000}", 414),
    row(ErrorCode.WS_E_PROXY_FAILURE, "HTTP 502: gateway whose upstream is down", "/gone-upstream", 502),
    row(ErrorCode.WS_E_PROXY_FAILURE, "HTTP 504: gateway whose upstream is silent", "/silent-upstream", 504),
]
STATUSES = [
    *(row(FAILURE, f"HTTP {code}", f"/status-{code}", code) for code in (400, 402, 406, 409, 411, 415, 418, 422)),
    *(row(FAILURE, f"HTTP {code}", f"/status-{code}", code) for code in (500, 501, 505, 507, 511, 599)),
    *(row(NOT_AVAILABLE, f"HTTP {code}", f"/status-{code}", code) for code in (301, 302, 303, 307, 308, 410)),
    row(ErrorCode.WS_E_PROXY_FAILURE, "HTTP 305", "/status-305", 305),
    row(TIMED_OUT, "HTTP 408", "/timed-out", 408),
    row(ErrorCode.WS_E_ENDPOINT_TOO_BUSY, "HTTP 429", "/status-429", 429),
    row(ErrorCode.WS_E_ENDPOINT_TOO_BUSY, "HTTP 503", "/status-503", 503),
]
CHALLENGES = [
    *(
        row(ErrorCode[f"WS_E_SERVER_REQUIRES_{name}_AUTH"], f"HTTP 401 offering {name}", f"/401-{name.lower()}", 401)
        for name in ("BASIC", "DIGEST", "NTLM", "NEGOTIATE")
    ),
    *(
        row(ErrorCode[f"WS_E_PROXY_REQUIRES_{name}_AUTH"], f"HTTP 407 offering {name}", f"/407-{name.lower()}", 407)
        for name in ("BASIC", "DIGEST", "NTLM", "NEGOTIATE")
    ),
    row(DENIED, "HTTP 401 offering nothing that is known", "/401-bearer", 401),
    row(DENIED, "HTTP 401 offering nothing", "/status-401", 401),
    row(ErrorCode.WS_E_PROXY_ACCESS_DENIED, "HTTP 407 offering nothing", "/status-407", 407),
    row(ErrorCode.WS_E_SERVER_REQUIRES_BASIC_AUTH, "a folder of the server under a password", "/basic", 401),
]


@pytest.mark.parametrize(("code", "path", "status"), [*CAUSES, *STATUSES, *CHALLENGES])
def test_status(make: MakeChannel, server: Nginx, code: ErrorCode, path: str, status: int) -> None:
    before = server.count(path)
    error = failure(make, server.url(path))
    assert (error.code, error.original) == (code, status), str(error)
    assert server.count(path, wanted=before + 1) == before + 1


@shows(ErrorCode.WS_E_ENDPOINT_TOO_BUSY, "HTTP 503: the server's limit of requests per minute")
def test_too_many_requests(make: MakeChannel, server: Nginx) -> None:
    codes = {failure(make, server.url("/busy")).code for _ in range(3)}
    assert codes - {FAILURE} == {ErrorCode.WS_E_ENDPOINT_TOO_BUSY}  # what it lets through is a POST to a file


BASIC = HttpHeaderAuthScheme.BASIC


@pytest.mark.parametrize(
    ("code", "scheme", "password"),
    [
        row(DENIED, "HTTP 401 after a wrong password", BASIC, "wrong"),
        row(
            ErrorCode.WS_E_SERVER_REQUIRES_BASIC_AUTH,
            "HTTP 401 offering BASIC to a client of DIGEST",
            HttpHeaderAuthScheme.DIGEST,
            PASSWORD,
        ),
    ],
)
def test_credentials(
    make: MakeChannel, server: Nginx, code: ErrorCode, scheme: HttpHeaderAuthScheme, password: str
) -> None:
    security = SecurityDescription(header_auth=HttpHeaderAuth(UsernameCredential(USER, password), scheme))
    error = failure(make, server.url("/secret"), security=security)
    assert (error.code, error.original) == (code, 401)
    assert password not in str(error)


def test_the_right_password(make: MakeChannel, server: Nginx) -> None:
    security = SecurityDescription(header_auth=HttpHeaderAuth(UsernameCredential(USER, PASSWORD), BASIC))
    with make(properties=PROPERTIES, security=security) as channel:
        channel.open(server.url("/secret"))
        channel.send_message(channel.create_message(), REQUEST, 1)
        assert channel.receive_message(channel.create_message(), [REPLY]) == (0, 7)


def told(name: tuple[str, str]) -> str:
    ns, local_name = name
    if name not in FAULT_ERRORS:
        return "a SOAP fault of any other name"
    version = {ADDRESSING_09: " of addressing 0.9", ADDRESSING_10: " of addressing 1.0"}.get(ns, "")
    if local_name in ("BadContextToken", "RenewNeeded"):
        version = " of 2005/02" if "2005/02" in ns else " of 200512"
    return f"the SOAP fault {local_name}{version}"


FAULT_ROWS = [
    row(
        FAULT_ERRORS.get(name, ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED),
        f"HTTP 500 with {told(name)}",
        path,
    )
    for path, name in FAULTS.items()
]


@pytest.mark.parametrize(("code", "fault"), FAULT_ROWS)
def test_fault(make: MakeChannel, server: Nginx, code: ErrorCode, fault: str) -> None:
    error = failure(make, server.url(f"/fault-{fault}"), receive=True)
    assert error.code is code
    assert error.original == 500
    assert error.fault is not None
    assert (error.fault.codes[-1].ns, error.fault.codes[-1].local_name) == FAULTS[fault]


@shows(ErrorCode.WS_E_INVALID_FORMAT, "HTTP 200 with a web page")
def test_a_web_page(make: MakeChannel, server: Nginx) -> None:
    error = failure(make, server.url("/page"))
    assert (error.code, error.original) == (ErrorCode.WS_E_INVALID_FORMAT, 200)


@shows(ErrorCode.WS_E_INVALID_FORMAT, "HTTP 200 without the message that is required")
def test_a_missing_message(make: MakeChannel, server: Nginx) -> None:
    assert failure(make, server.url("/empty"), receive=True).code is ErrorCode.WS_E_INVALID_FORMAT


@shows(ErrorCode.WS_E_ENDPOINT_DISCONNECTED, "connection closed without an answer")
def test_dropped(make: MakeChannel, server: Nginx) -> None:
    error = failure(make, server.url("/dropped"))
    assert error.code is ErrorCode.WS_E_ENDPOINT_DISCONNECTED
    assert isinstance(error.original, TransportError)
    assert (error.original.phase, error.original.sent) == (Phase.WAIT, True)


@pytest.mark.parametrize(
    ("code", "path", "limit", "phase"),
    [
        row(TIMED_OUT, "receive_response_timeout", "/stalled-upstream", {"receive_response_timeout": 0.2}, Phase.WAIT),
        row(TIMED_OUT, "receive_timeout", "/slow", {"receive_timeout": 0.3}, Phase.RECEIVE),
    ],
)
def test_a_slow_answer(  # noqa: PLR0917
    make: MakeChannel, server: Nginx, code: ErrorCode, path: str, limit: dict[str, float], phase: Phase
) -> None:
    error = failure(make, server.url(path), properties=ChannelProperties(**SOAP_11, **limit))  # type: ignore[arg-type]
    assert error.code is code
    assert isinstance(error.original, TransportError)
    assert error.original.phase is phase


@shows(ErrorCode.WS_E_QUOTA_EXCEEDED, "reply above max_buffered_message_size")
def test_a_large_answer(make: MakeChannel, server: Nginx) -> None:
    def limited(size: int) -> WsError:
        properties = ChannelProperties(**SOAP_11, max_buffered_message_size=size)  # type: ignore[arg-type]
        return failure(make, server.url("/large"), properties=properties, receive=size == LARGE)

    assert limited(LARGE - 1).code is ErrorCode.WS_E_QUOTA_EXCEEDED
    assert limited(LARGE).code is ErrorCode.WS_E_INVALID_FORMAT  # it is no XML


@shows(ErrorCode.WS_E_QUOTA_EXCEEDED, "response head above max_response_head_size")
def test_a_large_head(make: MakeChannel, server: Nginx) -> None:
    properties = ChannelProperties(**SOAP_11, max_response_head_size=60)  # type: ignore[arg-type]
    error = failure(make, server.url("/reply"), properties=properties)
    assert error.code is ErrorCode.WS_E_QUOTA_EXCEEDED


# TLS

CERTIFICATES = [
    row(ErrorCode.CERT_E_EXPIRED, "certificate whose time is over", "expired"),
    row(ErrorCode.CERT_E_EXPIRED, "certificate whose time has not come", "not-yet"),
    row(ErrorCode.CERT_E_CN_NO_MATCH, "certificate for another host", "wrong-name"),
    row(ErrorCode.CERT_E_UNTRUSTEDROOT, "self-signed certificate", "self-signed"),
    row(ErrorCode.CERT_E_UNTRUSTEDROOT, "certificate of an unknown issuer", "unknown-issuer"),
    row(ErrorCode.CERT_E_WRONG_USAGE, "certificate that is for clients only", "client-only"),
]


def trusting(zoo: Zoo, **settings: Any) -> SecurityDescription:
    return SecurityDescription(TlsSettings(ca_file=zoo.ca_file, **settings))


@pytest.mark.parametrize("name", ["good", "tls-1.2"])
def test_a_good_certificate(make: MakeChannel, server: Nginx, zoo: Zoo, name: str) -> None:
    with make(properties=PROPERTIES, security=trusting(zoo)) as channel:
        channel.open(server.url("/reply", name))
        channel.send_message(channel.create_message(), REQUEST, 1)
        assert channel.receive_message(channel.create_message(), [REPLY]) == (0, 7)


@pytest.mark.parametrize(("code", "name"), CERTIFICATES)
def test_certificate(make: MakeChannel, server: Nginx, zoo: Zoo, code: ErrorCode, name: str) -> None:
    error = failure(make, server.url("/reply", name), security=trusting(zoo))
    assert error.code is code
    assert isinstance(error.original, TransportError)
    assert (error.original.phase, error.original.sent) == (Phase.TLS, False)


TLS_ROWS = [
    row(
        ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE,
        "revoked certificate",
        "revoked",
        lambda zoo: trusting(zoo, crl_file=zoo.crl_file),
    ),
    row(
        ErrorCode.CRYPT_E_REVOCATION_OFFLINE,
        "revocation list that is out of date",
        "good",
        lambda zoo: trusting(zoo, crl_file=zoo.old_crl_file),
    ),
    row(
        SYSTEM,
        "no common version of TLS",
        "tls-1.2",
        lambda zoo: trusting(zoo, minimum_version=TlsVersion.TLS1_3),
    ),
    row(
        SYSTEM,
        "client certificate that cannot be read",
        "good",
        lambda zoo: trusting(zoo, client_certificate=CertCredential(zoo.folder / "none.pem")),
    ),
    row(
        SYSTEM,
        "CA file that cannot be read",
        "good",
        lambda zoo: SecurityDescription(TlsSettings(ca_file=zoo.folder / "none.pem")),
    ),
]


@pytest.mark.parametrize(("code", "name", "security"), TLS_ROWS)
def test_tls(make: MakeChannel, server: Nginx, zoo: Zoo, code: ErrorCode, name: str, security: Any) -> None:  # noqa: PLR0917
    error = failure(make, server.url("/reply", name), security=security(zoo))
    assert error.code is code
    assert isinstance(error.original, TransportError)
    assert error.original.sent is False


@shows(SYSTEM, "https to a port of plain HTTP")
def test_https_to_a_plain_port(make: MakeChannel, server: Nginx) -> None:
    error = failure(make, server.url("/reply").replace("http:", "https:"))
    assert error.code is SYSTEM


@shows(FAILURE, "HTTP 400: http to a port of TLS")
def test_http_to_a_tls_port(make: MakeChannel, server: Nginx) -> None:
    error = failure(make, server.url("/reply", "good").replace("https:", "http:"))
    assert (error.code, error.original) == (FAILURE, 400)


@shows(FAILURE, "HTTP 400: a client certificate is wanted and none shown")
def test_a_client_certificate_is_wanted(make: MakeChannel, server: Nginx, zoo: Zoo) -> None:
    error = failure(make, server.url("/reply", "client-wanted"), security=trusting(zoo))
    assert (error.code, error.original) == (FAILURE, 400)
    shown = trusting(zoo, client_certificate=CertCredential(zoo.path("client")))
    with make(properties=PROPERTIES, security=shown) as channel:
        channel.open(server.url("/reply", "client-wanted"))
        channel.send_message(channel.create_message(), REQUEST, 1)
        assert channel.receive_message(channel.create_message(), [REPLY]) == (0, 7)


def test_failures_that_are_ignored(make: MakeChannel, server: Nginx, zoo: Zoo) -> None:
    security = trusting(zoo, cert_failures_to_ignore=CertFailures.CN_MISMATCH)
    with make(properties=PROPERTIES, security=security) as channel:
        channel.open(server.url("/reply", "wrong-name"))
        channel.send_message(channel.create_message(), REQUEST, 1)
        assert channel.receive_message(channel.create_message(), [REPLY]) == (0, 7)
    assert failure(make, server.url("/reply", "expired"), security=security).code is ErrorCode.CERT_E_EXPIRED
