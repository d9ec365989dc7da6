"""SOAP faults of both versions, and the typed access to their detail."""

from __future__ import annotations

import pytest

from tests.support.tables import BODY, ENVELOPE_11, ENVELOPE_12, TWO_PARTS, int32
from wsx.descriptions import ReadOption
from wsx.errors import InvalidArgument, InvalidFormat, ObjectFaulted
from wsx.message import EnvelopeVersion, Message, read_fault_detail
from wsx.values import Fault, FaultCode, FaultReason, XmlQName

V11, V12 = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2


def read(version: EnvelopeVersion, content: str, declarations: str = "") -> Fault:
    ns = ENVELOPE_11 if version is V11 else ENVELOPE_12
    message = Message(version)
    message.read_envelope_start(
        f'<s:Envelope xmlns:s="{ns}"{declarations}><s:Body><s:Fault>{content}</s:Fault></s:Body></s:Envelope>'.encode()
    )
    assert message.is_fault
    fault = message.read_fault()
    message.read_envelope_end()
    return fault


def test_soap_11() -> None:
    fault = read(V11, "<faultcode>s:Client</faultcode><faultstring>bad &amp; wrong</faultstring>")
    assert fault == Fault(FaultCode(XmlQName("Client", ENVELOPE_11)), (FaultReason("bad & wrong"),))


def test_soap_11_with_everything() -> None:
    fault = read(
        V11,
        "<faultcode> p:Mine </faultcode><faultstring xml:lang='en'>x</faultstring><faultactor> urn:me </faultactor>"
        '<detail a="1"><p:d/></detail><p:extension/>',
        ' xmlns:p="urn:p"',
    )
    assert fault.code == FaultCode(XmlQName("Mine", "urn:p"))
    assert fault.reasons == (FaultReason("x", "en"),)
    assert fault.actor == "urn:me"
    assert fault.detail == f'<detail xmlns:s="{ENVELOPE_11}" xmlns:p="urn:p" a="1"><p:d/></detail>'.encode()


def test_soap_11_order_is_not_checked() -> None:
    fault = read(V11, "<faultstring>x</faultstring><faultcode>Client.Soap</faultcode>")
    assert fault.code == FaultCode(XmlQName("Client.Soap"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "no faultcode"),
        ("<faultcode>s:Client</faultcode>", "no faultstring"),
        ("<faultstring>x</faultstring>", "no faultcode"),
        ("<faultcode>q:Client</faultcode><faultstring>x</faultstring>", "'q'"),
        ("<faultcode>:Client</faultcode><faultstring>x</faultstring>", "no qualified name"),
        ("<faultcode>s:</faultcode><faultstring>x</faultstring>", "no qualified name"),
        ("<faultcode/><faultstring>x</faultstring>", "no qualified name"),
        ("<faultcode>s:Client</faultcode><faultstring>x</faultstring><other/>", "unexpected other"),
        ("<faultcode>s:C</faultcode><faultcode>s:C</faultcode><faultstring>x</faultstring>", "unexpected faultcode"),
        ("<faultcode>s:Client</faultcode><faultstring><b/></faultstring>", None),
    ],
)
def test_soap_11_that_is_none(content: str, text: str | None) -> None:
    with pytest.raises(InvalidFormat, match=text) as caught:
        read(V11, content)
    assert caught.value.offset is not None


def test_soap_12() -> None:
    fault = read(
        V12,
        "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>p:One</s:Value><s:Subcode><s:Value>p:Two</s:Value>"
        '</s:Subcode></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">bad</s:Text>'
        '<s:Text xml:lang="cs">zlé</s:Text></s:Reason><s:Node>urn:node</s:Node><s:Role>urn:role</s:Role>'
        "<s:Detail><x/></s:Detail>",
        ' xmlns:p="urn:p" xmlns="urn:&quot;d"',
    )
    two = FaultCode(XmlQName("Two", "urn:p"))
    one = FaultCode(XmlQName("One", "urn:p"), two)
    assert fault.code == FaultCode(XmlQName("Sender", ENVELOPE_12), one)
    assert fault.reasons == (FaultReason("bad", "en-US"), FaultReason("zlé", "cs"))
    assert (fault.node, fault.actor) == ("urn:node", "urn:role")
    assert fault.detail is not None
    assert fault.detail.startswith(b"<s:Detail xmlns:s=")
    assert b'xmlns="urn:&quot;d"' in fault.detail
    assert fault.detail.endswith(b"><x/></s:Detail>")


CODE = "<s:Code><s:Value>s:Sender</s:Value></s:Code>"
REASON = '<s:Reason><s:Text xml:lang="en">x</s:Text></s:Reason>'


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "no Code"),
        (REASON, "no Code"),
        (CODE, "no Reason"),
        (f"<s:Code/>{REASON}", "no Value"),
        (f"{CODE}<s:Reason/>", "no Text"),
        (f"{REASON}{CODE}", "no Code"),
        (f"{CODE}{REASON}<s:Role>r</s:Role><s:Node>n</s:Node>", None),
        (f"{CODE}{REASON}<more/>", None),
        (f"<s:Code><s:Value>s:Sender</s:Value><s:Subcode/></s:Code>{REASON}", "no Value"),
        (CODE + "<s:Reason>" + "<s:Text>x</s:Text>" * 65 + "</s:Reason>", "too many reasons"),
    ],
)
def test_soap_12_that_is_none(content: str, text: str | None) -> None:
    with pytest.raises(InvalidFormat, match=text) as caught:
        read(V12, content)
    assert caught.value.offset is not None


def test_a_fault_that_failed_is_not_read_again() -> None:
    message = Message(V11)
    message.read_envelope_start(
        f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body><s:Fault><other/></s:Fault></s:Body></s:Envelope>'.encode()
    )
    with pytest.raises(InvalidFormat):
        message.read_fault()
    with pytest.raises(ObjectFaulted):
        message.read_fault()


@pytest.mark.parametrize("version", [V11, V12])
def test_what_is_a_fault(version: EnvelopeVersion) -> None:
    own = ENVELOPE_11 if version is V11 else ENVELOPE_12
    other = ENVELOPE_12 if version is V11 else ENVELOPE_11
    for element, expected in [
        ("<s:Fault/>", True),
        ("<Fault/>", False),
        (f'<Fault xmlns="{other}"/>', False),
        (f'<Fault xmlns="{own}"/>', True),
        ("<x/><s:Fault/>", False),
        ("", False),
    ]:
        message = Message(version)
        message.read_envelope_start(f'<s:Envelope xmlns:s="{own}"><s:Body>{element}</s:Body></s:Envelope>'.encode())
        assert message.is_fault is expected, element
        if not expected:
            with pytest.raises(InvalidFormat, match="not a SOAP fault"):
                message.read_fault()


def fault_with(detail: bytes | None) -> Fault:
    return Fault(FaultCode(XmlQName("Client", ENVELOPE_11)), (FaultReason("x"),), detail=detail)


@pytest.mark.parametrize("version", [V11, V12])
def test_typed_detail(version: EnvelopeVersion) -> None:
    entry = '<q:u><q:val>7</q:val></q:u><q:more xmlns:q="other"/>'
    if version is V11:
        content = f"<faultcode>s:Server</faultcode><faultstring>x</faultstring><detail>{entry}</detail>"
    else:
        content = f"{CODE}{REASON}<s:Detail>{entry}</s:Detail>"
    fault = read(version, content, ' xmlns:q="ns"')
    assert read_fault_detail(fault, BODY) == {"val": 7}


def test_detail_without_an_element_around() -> None:
    fault = fault_with(b'<detail><a xmlns="x">1</a><b xmlns="y">2</b></detail>')
    assert read_fault_detail(fault, TWO_PARTS) == {"a": 1, "b": 2}


@pytest.mark.parametrize("option", [ReadOption.OPTIONAL_POINTER, ReadOption.NILLABLE_POINTER])
def test_missing_detail(option: ReadOption) -> None:
    fault = fault_with(None)
    assert read_fault_detail(fault, BODY, option=option) is None
    with pytest.raises(InvalidFormat, match="no detail"):
        read_fault_detail(fault, BODY)


@pytest.mark.parametrize("option", [ReadOption.REQUIRED_VALUE, ReadOption.OPTIONAL_POINTER])
@pytest.mark.parametrize("detail", [b"<detail/>", b'<detail><u xmlns="other"/></detail>'])
def test_detail_of_another_name(detail: bytes, option: ReadOption) -> None:
    with pytest.raises(InvalidFormat, match="the fault detail holds"):
        read_fault_detail(fault_with(detail), BODY, option=option)


def test_detail_that_is_none() -> None:
    with pytest.raises(InvalidFormat, match="root"):
        read_fault_detail(fault_with(b"<other/>"), BODY)
    with pytest.raises(InvalidArgument):
        read_fault_detail(None, BODY)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument):
        read_fault_detail(fault_with(None), None)  # type: ignore[arg-type]
    with pytest.raises(InvalidFormat):
        read_fault_detail(fault_with(b'<detail><c xmlns="ns">x</c></detail>'), int32("c"))
