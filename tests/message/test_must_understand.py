"""Headers that must be understood, marks, attributes and roles."""

from __future__ import annotations

import pytest

from tests.message.test_headers import blocks, initialized, received
from tests.support.tables import ENVELOPE_11, ENVELOPE_12, int32
from wsx.descriptions import ReadOption
from wsx.errors import InvalidFormat
from wsx.fragment import XmlBuffer
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderAttribute, Message, fault_from_error
from wsx.values import FaultCode, XmlQName

V11, V12, NONE = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2, EnvelopeVersion.NONE
TWO = '<h xmlns="ns&amp;" e:mustUnderstand="1"/><i e:mustUnderstand="true"/><j xmlns="ns"/>'
NEXT_11 = "http://schemas.xmlsoap.org/soap/actor/next"
NEXT_12 = f"{ENVELOPE_12}/role/next"


@pytest.mark.parametrize(("envelope", "ns"), [(V11, ENVELOPE_11), (V12, ENVELOPE_12)])
def test_the_error_has_the_fault_to_answer_with(envelope: EnvelopeVersion, ns: str) -> None:
    message = received(TWO, envelope=envelope)
    with pytest.raises(InvalidFormat, match="ns&}h, i") as caught:
        message.check_must_understand_headers()
    error = caught.value
    assert error.offset is not None
    assert error.fault is not None
    assert error.fault.code == FaultCode(XmlQName("MustUnderstand", ns))
    assert fault_from_error(error) is error.fault
    if envelope is V11:
        assert error.fault_header is None
        return
    assert error.fault_header == XmlBuffer(
        b'<s:NotUnderstood qname="h:h" xmlns:h="ns&amp;"/><s:NotUnderstood qname="i"/>', (("s", ENVELOPE_12),)
    )
    assert b"NotUnderstood" in error.fault_header.to_bytes()


def test_what_was_understood() -> None:
    message = received('<h xmlns="ns" e:mustUnderstand="1">1</h><i xmlns="ns" e:mustUnderstand="1"/>')
    with pytest.raises(InvalidFormat):
        message.check_must_understand_headers()
    message.mark_header_as_understood("i", "ns")
    with pytest.raises(InvalidFormat, match="ns}h"):
        message.check_must_understand_headers()
    assert message.get_custom_header(int32("h")) == 1
    message.check_must_understand_headers()
    with pytest.raises(InvalidFormat, match=r"no header \{ns\}k"):
        message.mark_header_as_understood("k", "ns")


def test_a_mark_is_for_all_blocks_of_the_name() -> None:
    message = received('<h xmlns="ns" e:mustUnderstand="1"/><h xmlns="ns" e:mustUnderstand="1"/>')
    assert len(message.must_understand_headers) == 2
    message.mark_header_as_understood("h", "ns")
    message.check_must_understand_headers()


def test_addressing_headers_and_other_roles_are_none_of_it() -> None:
    message = received(
        '<w:Action e:mustUnderstand="1">urn:a</w:Action><h xmlns="ns" e:mustUnderstand="1" e:role="urn:other"/>'
    )
    message.check_must_understand_headers()


@pytest.mark.parametrize(
    ("envelope", "attributes", "found"),
    [
        (V12, "", 0),
        (V12, ' e:mustUnderstand="true"', 1),
        (V12, ' e:relay=" 1 "', 2),
        (V12, ' e:relay="true" e:mustUnderstand="1"', 3),
        (V12, ' e:relay="yes" mustUnderstand="1"', 0),
        (V11, ' e:relay="1" e:mustUnderstand="1"', 1),
    ],
)
def test_header_attributes(envelope: EnvelopeVersion, attributes: str, found: int) -> None:
    message = received(f'<h xmlns="ns"/><h xmlns="ns"{attributes}/>', envelope=envelope)
    assert message.get_header_attributes("h", "ns", index=1) == HeaderAttribute(found)
    assert message.get_header_attributes("h", "ns") is HeaderAttribute.NONE
    with pytest.raises(InvalidFormat, match=r"no header \{ns\}h at index 2"):
        message.get_header_attributes("h", "ns", index=2)


@pytest.mark.parametrize(
    ("envelope", "role", "block", "own"),
    [
        (V11, "urn:n&<", '<h s:actor="urn:n&amp;&lt;" xmlns="ns">1</h>', False),
        (V11, NEXT_11, f'<h s:actor="{NEXT_11}" xmlns="ns">1</h>', True),
        (V12, 'urn:"', '<h s:role="urn:&quot;" xmlns="ns">1</h>', False),
        (V12, NEXT_12, f'<h s:role="{NEXT_12}" xmlns="ns">1</h>', True),
    ],
)
def test_role(envelope: EnvelopeVersion, role: str, block: str, own: bool) -> None:
    message = initialized(envelope)
    message.add_custom_header(int32("h"), 1, role=role)
    assert blocks(message) == block
    assert message.get_custom_header(int32("h"), option=ReadOption.OPTIONAL_POINTER) == (1 if own else None)


def test_role_after_the_other_attributes() -> None:
    message = initialized()
    message.add_custom_header(int32("h"), 1, role=NEXT_12, attributes=HeaderAttribute(3))
    start = f'<h s:mustUnderstand="1" s:relay="1" s:role="{NEXT_12}" xmlns="ns">'
    assert blocks(message).startswith(start)
    assert message.get_header_attributes("h", "ns") == HeaderAttribute(3)


def test_role_without_envelope() -> None:
    message = Message(NONE, AddressingVersion.TRANSPORT)
    message.initialize()
    message.add_custom_header(int32("h"), 1, role="urn:n")
    assert b'<h role="urn:n" xmlns="ns">1</h>' in message.header_buffer
