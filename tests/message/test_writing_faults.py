"""Faults that are written, and the way from errors to faults and back."""

from __future__ import annotations

import pytest

from tests.support.tables import ADDRESSING_09, ADDRESSING_10, BODY, ENVELOPE_11, ENVELOPE_12, TWO_PARTS, int32
from wsx.descriptions import ReadOption
from wsx.errors import (
    EndpointActionNotSupported,
    EndpointFaultReceived,
    EndpointTooBusy,
    ErrorCode,
    InvalidArgument,
    InvalidFormat,
    InvalidOperation,
    NumericOverflow,
    QuotaExceeded,
    WsError,
)
from wsx.message import (
    AddressingVersion,
    EnvelopeVersion,
    FaultDisclosure,
    Message,
    default_fault_action,
    error_from_fault,
    fault_from_error,
    get_fault_error_detail,
    read_fault_detail,
    set_fault_error_detail,
    write_fault_detail,
)
from wsx.values import Fault, FaultCode, FaultReason, XmlQName

V11, V12, NONE = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2, EnvelopeVersion.NONE
A09, A10, TRANSPORT = AddressingVersion.V0_9, AddressingVersion.V1_0, AddressingVersion.TRANSPORT
EN, CS = FaultReason("bad", "en"), FaultReason("zlé", "cs")
BUSY = XmlQName("ServerTooBusy", "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher")
WHOLE = Fault(
    FaultCode(XmlQName("Sender"), FaultCode(XmlQName("One", "urn:p"), FaultCode(XmlQName("Two", "urn:q&")))),
    (EN, CS),
    "urn:role",
    "urn:node",
    b'<any xmlns:d="urn:d" d:a="1"><d:x/>text</any>',
)


def written(fault: Fault, envelope: EnvelopeVersion, addressing: AddressingVersion = A10) -> bytes:
    message = Message(envelope, addressing)
    message.initialize()
    message.write_envelope_start()
    flags = [message.is_fault]
    message.write_fault(fault)
    flags.append(message.is_fault)
    assert flags == [False, True]
    return message.write_envelope_end()


def read(envelope: EnvelopeVersion, data: bytes, addressing: AddressingVersion = A10) -> Fault:
    message = Message(envelope, addressing)
    message.read_envelope_start(data)
    assert message.is_fault
    fault = message.read_fault()
    message.read_envelope_end()
    return fault


def body(data: bytes) -> str:
    return data.decode().partition("<s:Body>")[2].partition("</s:Body>")[0]


@pytest.mark.parametrize("addressing", AddressingVersion)
def test_soap_12(addressing: AddressingVersion) -> None:
    data = written(WHOLE, V12, addressing)
    assert body(data).startswith(
        '<s:Fault xmlns:f="urn:p" xmlns:f1="urn:q&amp;"><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>f:One'
        "</s:Value><s:Subcode><s:Value>f1:Two</s:Value></s:Subcode></s:Subcode></s:Code><s:Reason>"
        '<s:Text xml:lang="en">bad</s:Text><s:Text xml:lang="cs">zlé</s:Text></s:Reason><s:Node>urn:node</s:Node>'
        "<s:Role>urn:role</s:Role><s:Detail"
    )
    fault = read(V12, data, addressing)
    assert fault.codes == (XmlQName("Sender", ENVELOPE_12), *WHOLE.codes[1:])
    assert (fault.reasons, fault.actor, fault.node) == (WHOLE.reasons, "urn:role", "urn:node")
    assert fault.detail is not None
    assert b"text</s:Detail>" in fault.detail


@pytest.mark.parametrize("addressing", AddressingVersion)
def test_soap_11(addressing: AddressingVersion) -> None:
    data = written(WHOLE, V11, addressing)
    assert body(data).startswith(
        '<s:Fault><faultcode>s:Client</faultcode><faultstring xml:lang="en">bad</faultstring>'
        "<faultactor>urn:role</faultactor><detail"
    )
    fault = read(V11, data, addressing)
    assert fault.codes == (XmlQName("Client", ENVELOPE_11),)
    assert (fault.reasons, fault.actor, fault.node) == ((EN,), "urn:role", "")


@pytest.mark.parametrize(("envelope", "ns"), [(V11, ENVELOPE_11), (V12, ENVELOPE_12)])
@pytest.mark.parametrize("code", [XmlQName("Mine", "urn:mine"), XmlQName("Mine"), XmlQName("x", ADDRESSING_10)])
def test_codes_of_any_namespace(envelope: EnvelopeVersion, ns: str, code: XmlQName) -> None:
    fault = Fault(FaultCode(code), (EN,))
    assert read(envelope, written(fault, envelope)) == fault
    own = Fault(FaultCode(XmlQName("Whatever", ns)), (EN,))
    assert f"<s:Fault><{'s:Code><s:Value' if envelope is V12 else 'faultcode'}>s:W" in body(written(own, envelope))


def test_faults_that_cannot_be_written() -> None:
    message = Message()
    message.initialize()
    message.write_envelope_start()
    bad: list[tuple[type[WsError], Fault]] = [
        (InvalidArgument, Fault(FaultCode(XmlQName("Sender")), ())),
        (InvalidFormat, Fault(FaultCode(XmlQName("Sender")), (FaultReason("\x00"),))),
        (InvalidFormat, Fault(FaultCode(XmlQName("S", "\uffff")), (EN,))),
        (InvalidFormat, Fault(FaultCode(XmlQName("Sender")), (EN,), detail=b"<x")),
    ]
    for kind, fault in bad:
        with pytest.raises(kind):
            message.write_fault(fault)
        assert not message.is_fault
    message.write_fault(WHOLE)
    assert read(V12, message.write_envelope_end()).reasons == WHOLE.reasons
    raw = Message(NONE, TRANSPORT)
    raw.initialize()
    raw.write_envelope_start()
    with pytest.raises(InvalidArgument, match="without envelope"):
        raw.write_fault(WHOLE)


# Details


@pytest.mark.parametrize("envelope", [V11, V12])
def test_typed_detail(envelope: EnvelopeVersion) -> None:
    plain = Fault(FaultCode(XmlQName("Sender")), (EN,))
    fault = read(envelope, written(write_fault_detail(plain, BODY, {"val": 7}), envelope))
    assert read_fault_detail(fault, BODY) == {"val": 7}
    parts = read(envelope, written(write_fault_detail(plain, TWO_PARTS, {"a": 1, "b": 2}), envelope))
    assert read_fault_detail(parts, TWO_PARTS) == {"a": 1, "b": 2}
    assert plain.detail is None
    for bad in (None, "x", 1 << 31):
        with pytest.raises((InvalidArgument, NumericOverflow)):
            write_fault_detail(plain, int32("h"), bad)
    with pytest.raises(InvalidArgument):
        write_fault_detail(None, int32("h"), 1)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument):
        write_fault_detail(plain, None, 1)  # type: ignore[arg-type]


def test_detail_of_an_error() -> None:
    error = EndpointFaultReceived("no")
    optional = (ReadOption.OPTIONAL_POINTER, ReadOption.NILLABLE_POINTER)
    with pytest.raises(InvalidOperation, match="no fault"):
        set_fault_error_detail(error, BODY, {"val": 7})
    with pytest.raises(InvalidFormat, match="no fault"):
        get_fault_error_detail(error, BODY)
    assert [get_fault_error_detail(error, BODY, option=option) for option in optional] == [None, None]
    error.fault = WHOLE
    set_fault_error_detail(error, BODY, {"val": 7}, action="urn:one")
    assert error.fault_action == "urn:one"
    for action in (None, "", "urn:one"):
        assert get_fault_error_detail(error, BODY, action=action) == {"val": 7}
    with pytest.raises(InvalidFormat, match="urn:two"):
        get_fault_error_detail(error, BODY, action="urn:two")
    assert get_fault_error_detail(error, BODY, action="urn:two", option=optional[0]) is None
    with pytest.raises(InvalidFormat, match=r"not \{ns\}h"):
        get_fault_error_detail(error, int32("h"), option=optional[0])
    set_fault_error_detail(error, int32("h"), 5)
    assert (get_fault_error_detail(error, int32("h")), error.fault_action) == (5, "urn:one")
    before = error.fault
    with pytest.raises(NumericOverflow):
        set_fault_error_detail(error, int32("h"), 1 << 31, action="urn:two")
    assert (error.fault, error.fault_action) == (before, "urn:one")
    with pytest.raises(InvalidArgument, match="error must be"):
        set_fault_error_detail(ValueError(), BODY, {"val": 7})  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="error must be"):
        get_fault_error_detail(None, BODY)  # type: ignore[arg-type]


# From an error to a fault


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidFormat("x"), "Sender"),
        (NumericOverflow("x"), "Sender"),
        (EndpointActionNotSupported("x"), "Sender"),
        (QuotaExceeded("x"), "Receiver"),
        (WsError("x"), "Receiver"),
    ],
)
def test_an_error_without_fault(error: WsError, code: str) -> None:
    fault = fault_from_error(error)
    assert fault == Fault(FaultCode(XmlQName(code)), (FaultReason("The request could not be processed.", "en"),))
    for envelope in (V11, V12):
        assert read(envelope, written(fault, envelope)).reasons == fault.reasons


def test_disclosure() -> None:
    error = QuotaExceeded("inner \x00 \ud800 €", strings=["", "more"])
    error.add_context("outer")
    minimal = fault_from_error(error, disclosure=FaultDisclosure.MINIMAL)
    assert "inner" not in minimal.reason()
    full = fault_from_error(error, disclosure=FaultDisclosure.FULL)
    assert full.reason() == "outer: inner \ufffd \ufffd €: more"
    assert read(V12, written(full, V12)).reasons == full.reasons
    silent = fault_from_error(QuotaExceeded(), ErrorCode.WS_E_ENDPOINT_FAILURE, FaultDisclosure.FULL)
    assert silent.reason() == "WS_E_ENDPOINT_FAILURE"


def test_an_error_with_a_fault() -> None:
    error = EndpointFaultReceived("secret", fault=WHOLE)
    assert fault_from_error(error, disclosure=FaultDisclosure.FULL) is WHOLE
    error.fault = Fault(WHOLE.code, (), "urn:role", "urn:node", b"<x/>")
    fault = fault_from_error(error)
    assert (fault.code, fault.actor, fault.node, fault.detail) == (WHOLE.code, "urn:role", "urn:node", b"<x/>")
    assert fault.reason() == "The request could not be processed."
    assert fault_from_error(error, disclosure=FaultDisclosure.FULL).reason() == "secret"


@pytest.mark.parametrize("code", [ErrorCode.S_OK, ErrorCode.WS_S_END, 12345, "x"])
def test_codes_that_are_no_failure(code: ErrorCode) -> None:
    with pytest.raises(InvalidArgument, match="code"):
        fault_from_error(WsError("x"), code)


def test_other_bad_arguments() -> None:
    with pytest.raises(InvalidArgument, match="error"):
        fault_from_error(ValueError("x"))  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="disclosure"):
        fault_from_error(WsError("x"), disclosure=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="fault"):
        error_from_fault(None)  # type: ignore[arg-type]


# From a fault to an error


def test_a_fault_as_an_error() -> None:
    busy = Fault(FaultCode(XmlQName("Receiver", ENVELOPE_12), FaultCode(BUSY)), (CS, EN))
    error = error_from_fault(busy, action="urn:fault", url="http://x/", original=500)
    assert type(error) is EndpointTooBusy
    assert (error.fault, error.fault_action, error.url, error.original) == (busy, "urn:fault", "http://x/", 500)
    assert error.strings[-1] == "The fault reason was: 'bad'."
    assert type(error_from_fault(busy, faults_as_errors=False)) is EndpointFaultReceived
    assert type(error_from_fault(WHOLE)) is EndpointFaultReceived
    assert fault_from_error(error) is busy


def test_default_actions() -> None:
    own = Fault(FaultCode(XmlQName("Sender"), FaultCode(XmlQName("InvalidAddressingHeader", ADDRESSING_10))), (EN,))
    assert default_fault_action(WHOLE, A10) == f"{ADDRESSING_10}/soap/fault"
    assert default_fault_action(own, A10) == f"{ADDRESSING_10}/fault"
    assert default_fault_action(WHOLE, A09) == f"{ADDRESSING_09}/fault"
    assert default_fault_action(WHOLE, TRANSPORT) is None
