"""Error codes, the class of each, and what an error says and survives."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wsx import errors
from wsx.errors import ErrorCode, WsError, error_class, error_for
from wsx.values import Fault, FaultCode, FaultReason, XmlQName

REFERENCE = Path(__file__).parents[2] / "shared" / "reference" / "errors.md"

# class: (codes, builtin that it can be caught as)
CLASSES: dict[type[WsError], tuple[list[str], type[BaseException]]] = {
    errors.InvalidFormat: (["WS_E_INVALID_FORMAT"], ValueError),
    errors.ObjectFaulted: (["WS_E_OBJECT_FAULTED"], RuntimeError),
    errors.NumericOverflow: (["WS_E_NUMERIC_OVERFLOW"], OverflowError),
    errors.InvalidOperation: (["WS_E_INVALID_OPERATION"], RuntimeError),
    errors.OperationAborted: (["WS_E_OPERATION_ABORTED"], WsError),
    errors.EndpointAccessDenied: (["WS_E_ENDPOINT_ACCESS_DENIED"], PermissionError),
    errors.OperationTimedOut: (["WS_E_OPERATION_TIMED_OUT"], TimeoutError),
    errors.OperationAbandoned: (["WS_E_OPERATION_ABANDONED"], WsError),
    errors.QuotaExceeded: (["WS_E_QUOTA_EXCEEDED"], WsError),
    errors.NoTranslationAvailable: (["WS_E_NO_TRANSLATION_AVAILABLE"], WsError),
    errors.SecurityVerificationFailure: (["WS_E_SECURITY_VERIFICATION_FAILURE"], errors.SecurityError),
    errors.AddressInUse: (["WS_E_ADDRESS_IN_USE"], OSError),
    errors.AddressNotAvailable: (["WS_E_ADDRESS_NOT_AVAILABLE"], OSError),
    errors.EndpointNotFound: (["WS_E_ENDPOINT_NOT_FOUND"], ConnectionError),
    errors.EndpointNotAvailable: (["WS_E_ENDPOINT_NOT_AVAILABLE"], ConnectionError),
    errors.EndpointFailure: (["WS_E_ENDPOINT_FAILURE"], errors.EndpointError),
    errors.EndpointUnreachable: (["WS_E_ENDPOINT_UNREACHABLE"], ConnectionError),
    errors.EndpointActionNotSupported: (["WS_E_ENDPOINT_ACTION_NOT_SUPPORTED"], errors.EndpointError),
    errors.EndpointTooBusy: (["WS_E_ENDPOINT_TOO_BUSY"], errors.EndpointError),
    errors.EndpointFaultReceived: (["WS_E_ENDPOINT_FAULT_RECEIVED"], errors.EndpointError),
    errors.EndpointDisconnected: (["WS_E_ENDPOINT_DISCONNECTED"], ConnectionError),
    errors.ProxyFailure: (["WS_E_PROXY_FAILURE"], ConnectionError),
    errors.ProxyAccessDenied: (["WS_E_PROXY_ACCESS_DENIED"], PermissionError),
    errors.NotSupported: (["WS_E_NOT_SUPPORTED"], NotImplementedError),
    errors.ProxyRequiresAuthentication: (
        [f"WS_E_PROXY_REQUIRES_{scheme}_AUTH" for scheme in ("BASIC", "DIGEST", "NTLM", "NEGOTIATE")],
        PermissionError,
    ),
    errors.ServerRequiresAuthentication: (
        [f"WS_E_SERVER_REQUIRES_{scheme}_AUTH" for scheme in ("BASIC", "DIGEST", "NTLM", "NEGOTIATE")],
        PermissionError,
    ),
    errors.InvalidEndpointUrl: (["WS_E_INVALID_ENDPOINT_URL"], ValueError),
    WsError: (["WS_E_OTHER"], Exception),
    errors.SecurityTokenExpired: (["WS_E_SECURITY_TOKEN_EXPIRED"], errors.SecurityError),
    errors.SecuritySystemFailure: (["WS_E_SECURITY_SYSTEM_FAILURE"], errors.SecurityError),
    errors.OutOfMemory: (["E_OUTOFMEMORY"], MemoryError),
    errors.InvalidArgument: (["E_INVALIDARG"], ValueError),
    errors.CertificateExpired: (["CERT_E_EXPIRED"], errors.CertificateError),
    errors.CertificateUntrustedRoot: (["CERT_E_UNTRUSTEDROOT"], errors.CertificateError),
    errors.CertificateNameMismatch: (["CERT_E_CN_NO_MATCH"], errors.CertificateError),
    errors.CertificateWrongUsage: (["CERT_E_WRONG_USAGE"], errors.CertificateError),
    errors.RevocationOffline: (["CRYPT_E_REVOCATION_OFFLINE"], errors.CertificateError),
}
BY_CODE = {ErrorCode[name]: (cls, builtin) for cls, (names, builtin) in CLASSES.items() for name in names}
FAILURES = [code for code in ErrorCode if code.failed]
SUCCESSES = ["S_OK", "S_FALSE", "WS_S_ASYNC", "WS_S_END"]

FAULT = Fault(FaultCode(XmlQName("Sender", "urn:s")), (FaultReason("no", "en"),))


def pickled(error: WsError, protocol: int = pickle.HIGHEST_PROTOCOL) -> WsError:
    other = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - its own output
    assert isinstance(other, WsError)
    return other


class OwnArguments(errors.EndpointFaultReceived):
    """What a program may derive: arguments of its own, without defaults."""

    def __init__(self, order: int, reason: str) -> None:
        super().__init__(f"order {order}: {reason}")
        self.order = order


def test_codes_are_those_of_the_reference() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no reference beside the repository ({REFERENCE})")
    section = REFERENCE.read_text(encoding="utf-8").partition("## 1. Code table")[2].partition("\n## ")[0]
    table = {
        name: int(value, 16) for name, value in re.findall(r"^\| (\w+) \| (0x[0-9A-F]{8}) \|", section, re.MULTILINE)
    }
    assert len(table) > 40
    assert {code.name: code.value for code in ErrorCode} == table


def test_codes_of_the_facility_are_numbered_without_gaps() -> None:
    numbers = [code.value for code in ErrorCode if code.name.startswith("WS_E_")]
    assert numbers == list(range(0x803D0000, 0x803D0024))


@pytest.mark.parametrize(
    ("code", "signed"),
    [
        (ErrorCode.S_OK, 0),
        (ErrorCode.S_FALSE, 1),
        (ErrorCode.WS_S_END, 0x003D0001),
        (ErrorCode.WS_E_INVALID_FORMAT, -2143485952),
        (ErrorCode.WS_E_SECURITY_SYSTEM_FAILURE, -2143485952 + 0x23),
        (ErrorCode.E_OUTOFMEMORY, -2147024882),
        (ErrorCode.E_INVALIDARG, -2147024809),
        (ErrorCode.CERT_E_UNTRUSTEDROOT, -2146762487),
        (ErrorCode.CRYPT_E_REVOCATION_OFFLINE, -2146885613),
    ],
)
def test_hresult_is_signed(code: ErrorCode, signed: int) -> None:
    assert code.hresult == signed
    assert ErrorCode(signed) is code


@pytest.mark.parametrize("value", [-1, 0x803D0024, -0x8000_0001, "WS_E_OTHER", None])
def test_unknown_codes_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid ErrorCode"):
        ErrorCode(value)


def test_failed() -> None:
    assert [code.name for code in ErrorCode if not code.failed] == SUCCESSES


def test_every_failure_is_in_the_table_of_this_test() -> None:
    assert sorted(BY_CODE) == sorted(FAILURES)


@pytest.mark.parametrize("code", FAILURES, ids=lambda code: code.name)
def test_class_and_builtin_of_a_code(code: ErrorCode) -> None:
    cls, builtin = BY_CODE[code]
    assert error_class(code) is cls
    error = error_for(code, "text", url="http://h/")
    assert type(error) is cls
    assert error.code is code
    assert error.url == "http://h/"
    assert isinstance(error, builtin)
    assert isinstance(error, WsError)


def test_success_codes_have_no_class_of_their_own() -> None:
    assert {error_class(ErrorCode[name]) for name in SUCCESSES} == {WsError}


@pytest.mark.parametrize(("cls", "codes"), [(cls, codes) for cls, (codes, _) in CLASSES.items()])
def test_a_class_starts_with_its_first_code(cls: type[WsError], codes: list[str]) -> None:
    assert cls().code is ErrorCode[codes[0]]
    assert cls.default_code is ErrorCode[codes[0]]


def test_misuse_is_a_type_error_too() -> None:
    assert issubclass(errors.InvalidArgument, TypeError)


def test_a_faulted_object_is_an_invalid_operation() -> None:
    assert issubclass(errors.ObjectFaulted, errors.InvalidOperation)


def test_all_public_names() -> None:
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, WsError)}
    assert set(errors.__all__) == classes | {"ErrorCode", "error_class", "error_for"}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (WsError(), "WS_E_OTHER [WS_E_OTHER]"),
        (WsError("broken"), "broken [WS_E_OTHER]"),
        (WsError("outer", strings=["inner", "innermost"]), "outer: inner: innermost [WS_E_OTHER]"),
        (WsError(strings=["only"]), "only [WS_E_OTHER]"),
        (errors.InvalidFormat("bad", path="Order/id", offset=0), "bad, at Order/id, byte 0 [WS_E_INVALID_FORMAT]"),
        (errors.EndpointNotFound("no", url="http://h/"), "no, url http://h/ [WS_E_ENDPOINT_NOT_FOUND]"),
        (errors.AddressInUse("taken"), "taken [WS_E_ADDRESS_IN_USE]"),
        (errors.InvalidArgument("x", code=ErrorCode.WS_E_OTHER), "x [WS_E_OTHER]"),
    ],
)
def test_text(error: WsError, text: str) -> None:
    assert str(error) == text


def test_what_does_not_apply_is_none() -> None:
    error = WsError("x")
    assert (error.path, error.offset, error.url, error.fault, error.original) == (None,) * 5


def test_context_goes_in_front() -> None:
    error = errors.NumericOverflow("256 does not fit UINT8")
    error.add_context("field 'age'")
    assert error.strings == ["field 'age'", "256 does not fit UINT8"]
    assert error.message == "field 'age'"
    assert str(error) == "field 'age': 256 does not fit UINT8 [WS_E_NUMERIC_OVERFLOW]"


def test_message_without_strings_is_empty() -> None:
    assert WsError().message == ""


@pytest.mark.parametrize("cls", [*CLASSES, errors.EndpointError, errors.CertificateError], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_copies_are_complete(cls: type[WsError], again: Callable[[WsError], WsError]) -> None:
    error = cls("text", path="a/b", offset=7, url="http://h/", fault=FAULT, original=503, strings=["inner"])
    error.add_context("outer")
    other = again(error)
    assert type(other) is cls
    assert vars(other) == vars(error)
    assert other.args == error.args
    assert str(other) == str(error)
    other.add_context("more")
    assert error.strings == ["outer", "text", "inner"]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_subclass_with_own_arguments_can_be_pickled(protocol: int) -> None:
    other = pickled(OwnArguments(7, "sold out"), protocol)
    assert isinstance(other, OwnArguments)
    assert other.order == 7
    assert other.code is ErrorCode.WS_E_ENDPOINT_FAULT_RECEIVED
    assert str(other) == "order 7: sold out [WS_E_ENDPOINT_FAULT_RECEIVED]"


def test_os_errors_carry_no_errno_and_keep_their_text() -> None:
    error = errors.EndpointUnreachable("no route", original=OSError(113, "No route to host"))
    assert error.errno is None
    assert str(error) == "no route [WS_E_ENDPOINT_UNREACHABLE]"
    with pytest.raises(ConnectionError, match="no route"):
        raise error
