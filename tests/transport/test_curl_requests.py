"""What the transports send, and what they make of right but unusual answers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.fault_server import BODY, FaultServer
from tests.support.http_calls import HEADERS, LIMITS, post, request
from wsx.errors import ErrorCode, InvalidArgument
from wsx.transport import Capability, HttpRequest, HttpUrl, Limits, Phase, Transport, TransportError
from wsx.transport.curl import CurlTransport


def test_exactly_these_header_lines(server: FaultServer, transport: Transport) -> None:
    headers = (
        *HEADERS,
        (b"SOAPAction", b'""'),
        (b"X-Empty", b""),
        (b"X-Raw", b"\xc3\xa9"),
        (b"X-Twice", b"1"),
        (b"X-Twice", b"2"),
    )
    transport.call(request(server.url("/a?b=c"), b"<x/>", headers), LIMITS)
    seen = server.requests[0]
    assert seen.line == b"POST /a?b=c HTTP/1.1"
    assert seen.body == b"<x/>"
    assert seen.raw_head.split(b"\r\n")[1:] == [
        b"Host: 127.0.0.1:%d" % server.port,
        b"Accept-Encoding: gzip, deflate",
        b"Content-Type: text/xml; charset=utf-8",
        b"User-Agent: MS-WebServices/1.0",
        b'SOAPAction: ""',
        b"X-Empty:",
        b"X-Raw: \xc3\xa9",
        b"X-Twice: 1",
        b"X-Twice: 2",
        b"Content-Length: 4",
    ]


def test_nothing_is_added_to_a_bare_request(server: FaultServer) -> None:
    transport = CurlTransport(accept_encoding=None)
    transport.call(request(server.url(), b"", ()), LIMITS)
    transport.close()
    assert {name for name, _ in server.requests[0].headers} == {b"Host", b"Content-Length"}


def test_methods(server: FaultServer, transport: Transport) -> None:
    url = HttpUrl.parse(server.url())
    for method, body in [("GET", None), ("POST", b"a"), ("PUT", b"b"), ("DELETE", None), ("POST", b"c"), ("GET", None)]:
        assert transport.call(HttpRequest(method, url, HEADERS, body), LIMITS)[0].status == 200
        seen = server.requests[-1]
        assert (seen.line, seen.body) == (method.encode() + b" / HTTP/1.1", body or b"")
        assert seen.values(b"content-length") == ([] if body is None else [b"1"])
    assert server.connections == 1


def test_a_request_is_checked_before_anything_leaves(server: FaultServer, transport: Transport) -> None:
    url = HttpUrl.parse(server.url())
    bad = [
        HttpRequest("POST", url, ((b"X", b"a\r\nY: b"),), b""),
        HttpRequest("PO ST", url, HEADERS, b""),
        HttpRequest("POST\r\nX: y", url, HEADERS, b""),
        HttpRequest("POST", HttpUrl("http", "127.0.0.1", server.port, "/ HTTP/1.1\r\nX: y"), HEADERS, b""),
        HttpRequest("POST", HttpUrl("http", "127.0.0.1", server.port, "/\0"), HEADERS, b""),
        HttpRequest("POST", HttpUrl("http", "127.0.0.1", server.port, "/a b"), HEADERS, b""),
        HttpRequest("POST", url, HEADERS, b"abc", 2),
    ]
    for one in bad:
        for _ in range(2):
            with pytest.raises(TransportError) as caught:
                transport.call(one, LIMITS)
            assert (caught.value.code, caught.value.phase) == (ErrorCode.E_INVALIDARG, Phase.PREPARE)
            assert caught.value.sent is False
        # The good request after a refused one has all its own parts.
        transport.call(request(server.url("/good"), b"<x/>"), LIMITS)
        assert server.requests[-1].line == b"POST /good HTTP/1.1"
        assert server.requests[-1].values(b"user-agent") == [b"MS-WebServices/1.0"]
    assert len(server.requests) == len(bad)


def test_the_environment_is_not_asked(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    transport = CurlTransport()
    assert post(transport, server.url())[0].status == 200
    transport.close()


def test_large_bodies_both_ways(server: FaultServer, transport: Transport) -> None:
    for size in (0, 1, 16383, 16384, 65536, 1 << 20, (1 << 20) + 1, 5_000_000):
        data = (b"0123456789" * (size // 10 + 1))[:size]
        _, body = post(transport, server.url(), data)
        assert body == (data or BODY)
        assert server.requests[-1].body == data
    assert server.connections == 1


def test_expectation_failed_is_tried_without(server: FaultServer, transport: Transport) -> None:
    """The one case in which a request goes out twice: the server has refused to look at the first."""
    head, body = post(transport, server.url("/expectation-failed"), bytes(2 << 20))
    assert (head.status, body) == (200, b"%d" % (2 << 20))
    assert [len(one.values(b"expect")) for one in server.requests] == [1, 0]


def test_interim_answers_are_skipped(server: FaultServer, transport: Transport) -> None:
    head, body = post(transport, server.url("/interim"))
    assert (head.status, body) == (200, BODY)
    assert head.values(b"link") == []


def test_trailers_are_no_headers(server: FaultServer, transport: Transport) -> None:
    head, body = post(transport, server.url("/trailers"))
    assert (body, head.values(b"x-trailer"), head.values(b"x-twice")) == (BODY, [], [b"a", b"b"])


def test_odd_heads(server: FaultServer, transport: Transport) -> None:
    head, body = post(transport, server.url("/raw-header"))
    assert (head.reason, head.values(b"x-raw"), head.values(b"x-empty"), body) == ("", [b"\xe9"], [b""], b"")
    head, _ = post(transport, server.url("/folded"))
    assert head.values(b"x-folded") == [b"a b"]
    head, body = post(transport, server.url("/http-1.0"))
    assert (head.version, body) == ("1.0", BODY)


def test_content_coding_is_undone(server: FaultServer, transport: Transport) -> None:
    assert post(transport, server.url("/gzip"))[1] == BODY


def test_without_accept_encoding_bytes_stay_as_they_are(server: FaultServer) -> None:
    transport = CurlTransport(accept_encoding=None)
    assert post(transport, server.url("/gzip"))[1][:2] == b"\x1f\x8b"
    transport.close()


def test_redirects_and_cookies_are_not_followed(server: FaultServer, transport: Transport) -> None:
    assert post(transport, server.url("/redirect"))[0].status == 302
    post(transport, server.url("/cookie"))
    post(transport, server.url())
    assert server.requests[-1].values(b"cookie") == []
    assert len(server.requests) == 3


def test_no_secrets_in_texts(transport: Transport) -> None:
    headers = ((b"Authorization", b"Basic c2VjcmV0"),)
    one = request("http://no-such-host.invalid/", b"<secret/>", headers)
    assert "ecret" not in repr(one)
    assert "c2VjcmV0" not in repr(one)
    with pytest.raises(TransportError) as caught:
        transport.call(one, LIMITS)
    assert "c2VjcmV0" not in repr(caught.value) + repr(transport)


@pytest.mark.parametrize("bad", [{"connect": -1.0}, {"receive": float("nan")}, {"max_body": 0}, {"max_head": -1}])
def test_limits_are_checked(bad: dict[str, float]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(bad))):
        Limits(**bad)  # type: ignore[arg-type]


def test_capabilities(transport: Transport) -> None:
    assert transport.capabilities == Capability.BOUND | Capability.ABORT | Capability.STREAMING


def test_pycurl_is_loaded_late_and_its_absence_is_explained() -> None:
    code = """
import sys
import wsx.transport
assert "pycurl" not in sys.modules
sys.modules["pycurl"] = None
from wsx.errors import NotSupported
try:
    wsx.transport.default_transport()
except NotSupported as error:
    assert "pip install 'pycurl>=7.49,<8'" in str(error), error
    print("explained")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "explained\n"
