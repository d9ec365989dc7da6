"""The tables from statuses and libcurl's codes to conditions."""

from __future__ import annotations

import errno

import pycurl
import pytest

from tests.support.error_rows import shows
from wsx import errors
from wsx.errors import ErrorCode
from wsx.transport import HttpHead, status_code, status_error
from wsx.transport.failures import CURL_CODES, CurlFailure, challenge_schemes, curl_code

FAILURE = ErrorCode.WS_E_ENDPOINT_FAILURE
STATUSES = [
    (200, ErrorCode.S_OK),
    (202, ErrorCode.S_OK),
    (204, ErrorCode.S_OK),
    (101, FAILURE),
    *((status, ErrorCode.WS_E_ENDPOINT_NOT_AVAILABLE) for status in (301, 302, 303, 307, 308, 410)),
    (305, ErrorCode.WS_E_PROXY_FAILURE),
    (400, FAILURE),
    (401, ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED),
    (403, ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED),
    (404, ErrorCode.WS_E_ENDPOINT_NOT_FOUND),
    *((status, FAILURE) for status in (402, 405, 406, 409, 411, 413, 414, 415, 418, 500, 501, 505, 599)),
    (407, ErrorCode.WS_E_PROXY_ACCESS_DENIED),
    (408, ErrorCode.WS_E_OPERATION_TIMED_OUT),
    (429, ErrorCode.WS_E_ENDPOINT_TOO_BUSY),
    (502, ErrorCode.WS_E_PROXY_FAILURE),
    (503, ErrorCode.WS_E_ENDPOINT_TOO_BUSY),
    (504, ErrorCode.WS_E_PROXY_FAILURE),
]


@pytest.mark.parametrize(("status", "code"), STATUSES)
def test_status(status: int, code: ErrorCode) -> None:
    assert status_code(status) is code


@pytest.mark.parametrize(
    ("values", "schemes"),
    [
        ([], ()),
        (["Basic"], ("basic",)),
        (['Basic realm="a, Digest b"'], ("basic",)),
        (['Basic realm="a \\" , NTLM"', "ntlm"], ("basic", "ntlm")),
        (['Negotiate, NTLM, Basic realm="x", charset="UTF-8"'], ("negotiate", "ntlm", "basic")),
        (['Digest realm="x" , nonce = "y",qop=auth,Basic realm=z'], ("digest", "basic")),
        (["Negotiate YIIabc==, NTLM TlRM"], ("negotiate", "ntlm")),
        (["BASIC", "Basic"], ("basic",)),
        (["Bearer realm=x", "", " , "], ("bearer",)),
    ],
)
def test_challenge_schemes(values: list[str], schemes: tuple[str, ...]) -> None:
    assert challenge_schemes(values) == schemes


@pytest.mark.parametrize(("status", "who"), [(401, "SERVER"), (407, "PROXY")])
@pytest.mark.parametrize(
    ("offered", "wanted"),
    [
        (["Basic"], "BASIC"),
        (["Digest"], "DIGEST"),
        (["NTLM"], "NTLM"),
        (["Negotiate"], "NEGOTIATE"),
        (["Basic", "Digest"], "DIGEST"),
        (["Basic, Digest, NTLM"], "NTLM"),
        (["Basic", "NTLM", "Digest", "Negotiate"], "NEGOTIATE"),
        (["Bearer", "Basic"], "BASIC"),
    ],
)
def test_the_preferred_scheme_is_reported(status: int, who: str, offered: list[str], wanted: str) -> None:
    assert status_code(status, offered).name == f"WS_E_{who}_REQUIRES_{wanted}_AUTH"


def test_refused_credentials_and_unknown_schemes_are_denied() -> None:
    assert status_code(401, ["Basic", "NTLM"], "BASIC") is ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
    assert status_code(407, ["Basic"], "basic") is ErrorCode.WS_E_PROXY_ACCESS_DENIED
    assert status_code(401, ["NTLM"], "basic") is ErrorCode.WS_E_SERVER_REQUIRES_NTLM_AUTH
    assert status_code(401, ["Bearer"]) is ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED


def test_status_error_reads_the_head() -> None:
    head = HttpHead(407, "No", ((b"WWW-Authenticate", b"NTLM"), (b"PROXY-AUTHENTICATE", b"Digest realm=x")))
    error = status_error(head)
    assert isinstance(error, errors.ProxyRequiresAuthentication)
    assert error.code is ErrorCode.WS_E_PROXY_REQUIRES_DIGEST_AUTH
    assert error.original == 407
    assert "407 No" in str(error)
    denied = status_error(HttpHead(401, "", ((b"WWW-Authenticate", b"Basic"),)), used_scheme="Basic")
    assert isinstance(denied, errors.EndpointAccessDenied)


SECURITY = ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE
DISCONNECTED = ErrorCode.WS_E_ENDPOINT_DISCONNECTED


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (CurlFailure(1), ErrorCode.WS_E_INVALID_ENDPOINT_URL),
        (CurlFailure(1, begun=True), ErrorCode.WS_E_INVALID_FORMAT),
        (CurlFailure(3), ErrorCode.WS_E_INVALID_ENDPOINT_URL),
        (CurlFailure(6), ErrorCode.WS_E_ENDPOINT_NOT_FOUND),
        (CurlFailure(7, os_errno=errno.ECONNREFUSED), ErrorCode.WS_E_ENDPOINT_UNREACHABLE),
        (CurlFailure(7, proxied=True), ErrorCode.WS_E_PROXY_FAILURE),
        (CurlFailure(5, proxied=True), ErrorCode.WS_E_PROXY_FAILURE),
        (CurlFailure(97), ErrorCode.WS_E_PROXY_FAILURE),
        (CurlFailure(56, proxied=True, tls=True, os_errno=errno.ECONNRESET), ErrorCode.WS_E_PROXY_FAILURE),
        (CurlFailure(56, proxied=True, tls=True, connect_status=403), ErrorCode.WS_E_PROXY_ACCESS_DENIED),
        (CurlFailure(56, proxied=True, tls=True, connect_status=502), ErrorCode.WS_E_PROXY_FAILURE),
        (CurlFailure(60, proxied=True, tls=True, connect_status=200, verify=10), ErrorCode.CERT_E_EXPIRED),
        (CurlFailure(28, proxied=True), ErrorCode.WS_E_OPERATION_TIMED_OUT),
        (CurlFailure(56, proxied=True, begun=True, os_errno=errno.ECONNRESET), DISCONNECTED),
        (CurlFailure(28), ErrorCode.WS_E_OPERATION_TIMED_OUT),
        (CurlFailure(35), SECURITY),
        (CurlFailure(35, os_errno=errno.ECONNRESET), DISCONNECTED),
        (CurlFailure(56, begun=True), ErrorCode.WS_E_INVALID_FORMAT),
        (CurlFailure(56, begun=True, tls=True), DISCONNECTED),
        (CurlFailure(56, begun=True, os_errno=errno.ECONNRESET), DISCONNECTED),
        (CurlFailure(56, begun=True, head_size=300_000), ErrorCode.WS_E_QUOTA_EXCEEDED),
        (CurlFailure(56, begun=True, tls=True, head_size=300_000), ErrorCode.WS_E_QUOTA_EXCEEDED),
        (CurlFailure(63, begun=True), ErrorCode.WS_E_QUOTA_EXCEEDED),
        (CurlFailure(100, begun=True), ErrorCode.WS_E_QUOTA_EXCEEDED),
        (CurlFailure(27), ErrorCode.E_OUTOFMEMORY),
        pytest.param(
            CurlFailure(9999),
            ErrorCode.WS_E_OTHER,
            marks=shows(ErrorCode.WS_E_OTHER, "number of libcurl that wsx does not know"),
        ),
        *((CurlFailure(number, begun=True), DISCONNECTED) for number in (18, 52, 55, 65)),
        *((CurlFailure(number, begun=True), ErrorCode.WS_E_INVALID_FORMAT) for number in (8, 61)),
        *((CurlFailure(number), SECURITY) for number in (4, 43, 58, 59, 66, 77, 80, 82, 83)),
        (CurlFailure(91), ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE),
        *((CurlFailure(60, verify=number), ErrorCode.CERT_E_EXPIRED) for number in (9, 10)),
        *((CurlFailure(60, verify=number), ErrorCode.CERT_E_CN_NO_MATCH) for number in (0, 1, 62, 63, 64)),
        *((CurlFailure(60, verify=number), ErrorCode.CERT_E_UNTRUSTEDROOT) for number in (2, 18, 19, 20, 21, 27)),
        (CurlFailure(60, verify=26), ErrorCode.CERT_E_WRONG_USAGE),
        *((CurlFailure(60, verify=number), ErrorCode.CRYPT_E_REVOCATION_OFFLINE) for number in (3, 11, 12, 33)),
        *((CurlFailure(60, verify=number), ErrorCode.WS_E_SECURITY_VERIFICATION_FAILURE) for number in (23, 79)),
    ],
)
def test_curl_code(failure: CurlFailure, code: ErrorCode) -> None:
    assert curl_code(failure) is code


def test_the_challenges_of_a_refused_tunnel() -> None:
    failure = CurlFailure(56, proxied=True, tls=True, connect_status=407)
    assert curl_code(failure, ["Basic realm=x", "NTLM"]) is ErrorCode.WS_E_PROXY_REQUIRES_NTLM_AUTH
    assert curl_code(failure) is ErrorCode.WS_E_PROXY_ACCESS_DENIED


def test_the_numbers_are_libcurls() -> None:
    named = {
        "E_UNSUPPORTED_PROTOCOL": 1, "E_COULDNT_RESOLVE_PROXY": 5, "E_COULDNT_RESOLVE_HOST": 6, "E_COULDNT_CONNECT": 7,
        "E_PARTIAL_FILE": 18, "E_OPERATION_TIMEDOUT": 28, "E_SSL_CONNECT_ERROR": 35, "E_GOT_NOTHING": 52,
        "E_RECV_ERROR": 56, "E_PEER_FAILED_VERIFICATION": 60, "E_FILESIZE_EXCEEDED": 63, "E_SSL_CACERT_BADFILE": 77,
    }  # fmt: skip
    for name, number in named.items():
        assert getattr(pycurl, name) == number
        assert number in CURL_CODES
