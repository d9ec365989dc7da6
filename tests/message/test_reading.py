"""Reading envelopes: what is accepted, what is refused, and where the error says it is."""

from __future__ import annotations

import pickle

import pytest

from tests.support.tables import BODY, ENVELOPE_11, ENVELOPE_12, TWO_PARTS, int32
from wsx.descriptions import ReadOption
from wsx.errors import InvalidArgument, InvalidFormat, ObjectFaulted, QuotaExceeded, WsError
from wsx.message import AddressingVersion, EnvelopeVersion, Message, MessageState
from wsx.quotas import Quotas

V11, V12 = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2
U = '<u xmlns="ns"><val>1</val></u>'


def envelope(body: str, *, ns: str = ENVELOPE_12, header: str = "", after: str = "") -> bytes:
    return f'<s:Envelope xmlns:s="{ns}">{header}<s:Body>{body}</s:Body>{after}</s:Envelope>'.encode()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_like(kind: type) -> None:
    message = Message()
    message.read_envelope_start(kind(envelope(U)))
    assert not message.is_fault
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()
    assert message.state is MessageState.DONE


@pytest.mark.parametrize(
    "document",
    [
        envelope(U),
        envelope(U, header="<s:Header/>"),
        envelope(U, header="<s:Header></s:Header>"),
        b"\xef\xbb\xbf" + envelope(U),
        b"<?xml version='1.0' encoding='utf-8'?>\r\n" + envelope(U) + b"\n<!-- end -->\n",
        envelope(f"\n  {U}\n", header="\n ", after="\n"),
        envelope(f"<!-- a --><?b?>{U}<!-- c -->"),
        f'<soap:Envelope xmlns:soap="{ENVELOPE_12}"><soap:Body>{U}</soap:Body></soap:Envelope>'.encode(),
        f'<Envelope xmlns="{ENVELOPE_12}"><Body>{U}</Body></Envelope>'.encode(),
    ],
)
def test_accepted(document: bytes) -> None:
    message = Message()
    message.read_envelope_start(document)
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b"", "empty"),
        (b"   ", "empty"),
        (b"plain text", None),
        (b"<html><body/></html>", "not an Envelope"),
        (envelope(U, ns=ENVELOPE_11), "SOAP_1_1"),
        (f'<s:Message xmlns:s="{ENVELOPE_12}"/>'.encode(), "not an Envelope"),
        (b"<Envelope><Body/></Envelope>", "NONE"),
        (f'<s:Envelope xmlns:s="{ENVELOPE_12}"/>'.encode(), "no Body"),
        (f'<s:Envelope xmlns:s="{ENVELOPE_12}"><s:Header/></s:Envelope>'.encode(), "no Body"),
        (f'<s:Envelope xmlns:s="{ENVELOPE_12}"><Body/></s:Envelope>'.encode(), "no Body"),
        (envelope("", header="<s:Header/><s:Header/>"), "no Body"),
        (b'<!DOCTYPE s:Envelope [<!ENTITY x "y">]>' + envelope(U), None),
        (envelope("text"), None),
    ],
)
def test_refused(document: bytes, text: str | None) -> None:
    message = Message()
    with pytest.raises(InvalidFormat, match=text) as caught:
        message.read_envelope_start(document)
    assert caught.value.offset is not None
    assert message.state is MessageState.EMPTY


@pytest.mark.parametrize("cut", range(0, len(envelope(U, header="<s:Header><h/></s:Header>")), 7))
def test_every_truncation_is_refused(cut: int) -> None:
    def read_all(document: bytes) -> None:
        message = Message()
        message.read_envelope_start(document)
        message.read_body(BODY)
        message.read_envelope_end()

    with pytest.raises(InvalidFormat):
        read_all(envelope(U, header="<s:Header><h/></s:Header>")[:cut])


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (f"{U}<more/>", ""),
        (f"{U}text", ""),
        (U, "<more/>"),
        (U, "text"),
    ],
)
def test_rest_of_the_envelope_is_checked(body: str, after: str) -> None:
    message = Message()
    message.read_envelope_start(envelope(body, after=after))
    message.read_body(BODY)
    with pytest.raises(InvalidFormat):
        message.read_envelope_end()
    assert message.state is MessageState.DONE


@pytest.mark.parametrize("rest", [b"<x/>", b"text", b"</s:Envelope>"])
def test_nothing_follows_the_envelope(rest: bytes) -> None:
    message = Message()
    message.read_envelope_start(envelope("") + rest)
    with pytest.raises(InvalidFormat):
        message.read_envelope_end()


def test_soap_11_lets_elements_follow_the_body() -> None:
    message = Message(V11)
    message.read_envelope_start(envelope(U, ns=ENVELOPE_11, after='<x:y xmlns:x="z"><w/></x:y>'))
    message.read_body(BODY)
    message.read_envelope_end()


def test_a_body_of_several_elements() -> None:
    message = Message()
    message.read_envelope_start(envelope('<a xmlns="x">1</a><b xmlns="y">2</b>'))
    assert message.read_body(TWO_PARTS) == {"a": 1, "b": 2}
    message.read_envelope_end()
    message.reset()
    message.read_envelope_start(envelope('<a xmlns="x">1</a><b xmlns="y">2</b><c xmlns="ns">3</c>'))
    assert message.read_body(int32("a", "x")) == 1
    assert message.read_body(int32("b", "y")) == 2
    assert message.read_body(int32("c")) == 3
    assert message.read_body(int32("d"), ReadOption.OPTIONAL_POINTER) is None
    message.read_envelope_end()


def test_an_empty_body() -> None:
    message = Message()
    message.read_envelope_start(envelope(""))
    with pytest.raises(InvalidFormat):
        message.read_body(BODY)
    message.reset()
    message.read_envelope_start(envelope(""))
    message.read_envelope_end()


def test_errors_say_where_and_survive_pickling() -> None:
    document = envelope('<u xmlns="ns"><val>x</val></u>')
    message = Message()
    message.read_envelope_start(document)
    with pytest.raises(InvalidFormat) as caught:
        message.read_body(BODY)
    error = caught.value
    assert error.path is not None
    assert error.path.endswith("u/val")
    assert error.offset is not None
    assert document.index(b"<val>") <= error.offset <= document.index(b"</val>")
    assert message.state is MessageState.READING
    again: WsError = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert (type(again), again.path, again.offset, str(again)) == (type(error), error.path, error.offset, str(error))


def test_nothing_is_read_after_a_failure() -> None:
    # Read on behind the bad value, the second <val> would look like a body.
    document = envelope('<u xmlns="ns"><val>x</val><val>2</val></u>')
    message = Message()
    message.read_envelope_start(document)
    with pytest.raises(InvalidArgument):
        message.read_body(BODY, 9)  # type: ignore[arg-type]
    with pytest.raises(InvalidFormat):
        message.read_body(BODY)
    with pytest.raises(ObjectFaulted):
        message.read_body(int32("val"))
    states = [message.state]
    with pytest.raises(ObjectFaulted):
        message.read_envelope_end()
    states.append(message.state)
    assert states == [MessageState.READING, MessageState.DONE]


def test_quotas() -> None:
    message = Message(quotas=Quotas(max_depth=3))
    with pytest.raises(QuotaExceeded):
        message.read_envelope_start(envelope("", header="<s:Header><a><b><c/></b></a></s:Header>"))
    message = Message(max_processed_headers=2)
    message.read_envelope_start(envelope("", header="<s:Header><a/><b/></s:Header>"))
    message.reset()
    with pytest.raises(QuotaExceeded, match="max_processed_headers"):
        message.read_envelope_start(envelope("", header="<s:Header><a/><b/><c/></s:Header>"))
    with pytest.raises(InvalidArgument, match="quotas"):
        Message(quotas=None)  # type: ignore[arg-type]


def test_without_envelope() -> None:
    message = Message(EnvelopeVersion.NONE, AddressingVersion.TRANSPORT)
    with pytest.raises(InvalidFormat, match="empty"):
        message.read_envelope_start(b" ")
    message.read_envelope_start(b'<u xmlns="ns"><val>1</val></u>')
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()
