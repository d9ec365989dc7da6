"""Header lines out, response heads in: no I/O."""

from __future__ import annotations

import pytest

from wsx.errors import ErrorCode
from wsx.transport import Phase, TransportError
from wsx.transport.heads import check_token, final_head, head_complete, interim_end, proxy_challenges, request_lines

HEAD = [b"HTTP/1.1 200 OK\r\n", b"A: 1\r\n", b"B:\r\n", b"\r\n"]
INTERIM = [b"HTTP/1.1 103 Early Hints\r\n", b"Link: x\r\n", b"\r\n"]


def test_lines_and_what_libcurl_must_not_add() -> None:
    lines = request_lines([(b"Content-Type", b"text/xml"), (b"user-agent", b"x")])
    assert lines == [b"Content-Type: text/xml", b"user-agent: x", b"Accept:"]
    assert request_lines([]) == [b"Accept:", b"Content-Type:", b"User-Agent:"]


@pytest.mark.parametrize("value", [b"", b" ", b"\t "])
def test_an_empty_value_is_sent_not_removed(value: bytes) -> None:
    assert request_lines([(b"SOAPAction", value)])[0] == b"SOAPAction;"


@pytest.mark.parametrize("bad", [b"\r", b"\n", b"\0"])
def test_header_injection_is_refused_without_showing_the_value(bad: bytes) -> None:
    with pytest.raises(TransportError, match="Authorization holds CR, LF or NUL") as caught:
        request_lines([(b"Authorization", b"Basic c2VjcmV0" + bad + b"X: y")])
    assert caught.value.code is ErrorCode.E_INVALIDARG
    assert caught.value.phase is Phase.PREPARE
    assert caught.value.sent is False
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", b"a\r\nb", b"a\0", b"\xe9", b"a;"])
def test_a_name_is_a_token(name: bytes) -> None:
    with pytest.raises(TransportError, match="not an HTTP token"):
        request_lines([(name, b"x")])
    with pytest.raises(TransportError, match="not an HTTP token"):
        check_token(name, "method")


@pytest.mark.parametrize("name", [b"Content-Length", b"transfer-encoding", b"EXPECT"])
def test_framing_belongs_to_the_transport(name: bytes) -> None:
    with pytest.raises(TransportError, match="written by the transport"):
        request_lines([(name, b"1")])


def test_a_head() -> None:
    head = final_head(HEAD, 7)
    assert head is not None
    assert (head.status, head.reason, head.version, head.connection) == (200, "OK", "1.1", 7)
    assert head.headers == ((b"A", b"1"), (b"B", b""))
    assert head.values(b"a") == [b"1"]
    assert head.values(b"c") == []


def test_interim_heads_and_trailers_are_left_out() -> None:
    head = final_head([*INTERIM, *INTERIM, *HEAD, b"Trailer: 1\r\n", b"\r\n"], 0)
    assert head is not None
    assert head.headers == ((b"A", b"1"), (b"B", b""))


def test_folded_lines_are_one_value() -> None:
    head = final_head([b"HTTP/1.0 500 \r\n", b"A: 1\r\n", b"  2\r\n", b"\t3\r\n", b"\r\n"], 0)
    assert head is not None
    assert head.headers == ((b"A", b"1 2 3"),)
    assert (head.status, head.reason, head.version) == (500, "", "1.0")


def test_switching_protocols_is_final() -> None:
    head = final_head([b"HTTP/1.1 101 Switching\r\n", b"\r\n"], 0)
    assert head is not None
    assert head.status == 101


@pytest.mark.parametrize("lines", [[], HEAD[:1], HEAD[:3], INTERIM, INTERIM[:2], [*INTERIM, *HEAD[:3]]])
def test_unfinished(lines: list[bytes]) -> None:
    assert final_head(lines, 0) is None
    assert not head_complete(lines)


def test_finished() -> None:
    assert head_complete(HEAD)
    assert head_complete([*INTERIM, *HEAD])
    assert interim_end([*INTERIM, *HEAD]) == len(INTERIM)


def test_challenges_of_a_proxy() -> None:
    lines = [b"HTTP/1.1 407 X\r\n", b"Proxy-Authenticate: NTLM\r\n", b"proxy-authenticate:Basic realm=x\r\n", b"\r\n"]
    assert proxy_challenges(lines) == ("NTLM", "Basic realm=x")
