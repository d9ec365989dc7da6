"""UNSET, DateTime, names and faults."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import itertools
import operator
import pickle
from datetime import timedelta, timezone
from typing import TypeVar

import pytest

from wsx.values import UNSET, DateTime, EndpointAddress, Fault, FaultCode, FaultReason, Unset, XmlQName

T = TypeVar("T")

UTC = timezone.utc
PLAIN = datetime.datetime(2026, 3, 2, 8, 15, 30, 123456, UTC)


def pickled(value: T, protocol: int = pickle.HIGHEST_PROTOCOL) -> T:
    other = pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 - its own output
    assert isinstance(other, type(value))
    return other


def test_unset_is_one_falsy_object() -> None:
    assert not UNSET
    assert Unset() is UNSET
    assert repr(UNSET) == "UNSET"
    assert UNSET is not None
    for other in (copy.copy(UNSET), copy.deepcopy(UNSET), pickled(UNSET, 2), pickled(UNSET)):
        assert other is UNSET


@pytest.mark.parametrize("digit", range(10))
def test_seventh_decimal(digit: int) -> None:
    moment = DateTime.of(PLAIN, digit)
    assert moment.hundred_nanoseconds == digit
    assert moment.replace(hundred_nanoseconds=0) == PLAIN
    assert repr(moment) == (
        f"wsx.DateTime(2026, 3, 2, 8, 15, 30, 123456, tzinfo=datetime.timezone.utc, hundred_nanoseconds={digit})"
    )


@pytest.mark.parametrize("digit", [-1, 10])
def test_seventh_decimal_is_one_digit(digit: int) -> None:
    with pytest.raises(ValueError, match="must be 0 to 9"):
        DateTime.of(PLAIN, digit)


def test_seventh_decimal_is_an_int() -> None:
    with pytest.raises(TypeError, match="float"):
        DateTime(2026, 1, 1, hundred_nanoseconds=1.5)  # type: ignore[arg-type]


def test_order_and_equality_take_the_seventh_decimal_in() -> None:
    later = PLAIN + timedelta(microseconds=1)
    ascending = [PLAIN, DateTime.of(PLAIN, 1), DateTime.of(PLAIN, 9), DateTime.of(later, 0), DateTime.of(later, 3)]
    shuffled = [ascending[index] for index in (3, 1, 4, 0, 2)]
    assert sorted(shuffled) == ascending
    for (i, left), (j, right) in itertools.product(enumerate(ascending), repeat=2):
        for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
            assert compare(left, right) is compare(i, j), (compare.__name__, left, right)


def test_equal_values_have_equal_hashes() -> None:
    assert DateTime.of(PLAIN, 0) == PLAIN
    assert hash(DateTime.of(PLAIN, 0)) == hash(PLAIN)
    assert len({DateTime.of(PLAIN, 0), PLAIN, DateTime.of(PLAIN, 1), DateTime.of(PLAIN, 1)}) == 2


def test_comparison_with_others_is_that_of_datetime() -> None:
    aware, naive = DateTime.of(PLAIN, 1), DateTime(2026, 3, 2, hundred_nanoseconds=1)
    assert aware != naive
    assert (aware == 5) is False
    with pytest.raises(TypeError, match="offset-naive and offset-aware"):
        assert aware < naive
    with pytest.raises(TypeError, match="not supported"):
        assert aware < 5


@pytest.mark.parametrize("moment", [PLAIN, PLAIN.replace(tzinfo=None)])
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_copies_keep_all(moment: datetime.datetime, protocol: int) -> None:
    value = DateTime.of(moment, 7)
    for other in (copy.copy(value), copy.deepcopy(value), pickled(value, protocol)):
        assert type(other) is DateTime
        assert other == value
        assert (other.hundred_nanoseconds, other.tzinfo) == (7, moment.tzinfo)


def test_copies_keep_the_fold() -> None:
    value = DateTime(2026, 10, 25, 2, 30, fold=1, hundred_nanoseconds=7)
    for other in (copy.copy(value), copy.deepcopy(value), pickled(value)):
        assert (other.fold, other.hundred_nanoseconds) == (1, 7)


def test_zone_and_replace_keep_the_seventh_decimal() -> None:
    value = DateTime.of(PLAIN, 7)
    moved = value.astimezone(timezone(timedelta(hours=2)))
    assert (moved.hour, moved.hundred_nanoseconds) == (10, 7)
    assert moved == value
    assert value.replace(year=2027).hundred_nanoseconds == 7
    assert value.replace(2027, 5).month == 5
    assert value.replace(hundred_nanoseconds=2) == DateTime.of(PLAIN, 2)


def test_arithmetic_gives_microseconds() -> None:
    value = DateTime.of(PLAIN, 7)
    assert value + timedelta(seconds=1) == PLAIN + timedelta(seconds=1)
    assert value - DateTime.of(PLAIN, 0) == timedelta(0)


def test_other_constructors_have_no_seventh_decimal() -> None:
    assert DateTime.fromisoformat("2026-03-02T08:15:30").hundred_nanoseconds == 0
    assert DateTime.fromtimestamp(0, UTC).hundred_nanoseconds == 0


def test_qualified_name() -> None:
    assert str(XmlQName("a", "urn:x")) == "{urn:x}a"
    assert str(XmlQName("a")) == "a"
    assert XmlQName("a") == XmlQName("a", "")
    assert len({XmlQName("a"), XmlQName("a"), XmlQName("a", "urn:x")}) == 2


def test_values_are_frozen() -> None:
    for value in (XmlQName("a"), FaultReason("x"), EndpointAddress("http://h/")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, "b")


def test_fault_codes_are_listed_generic_first() -> None:
    generic, middle, specific = XmlQName("Sender", "urn:s"), XmlQName("Bad", "urn:x"), XmlQName("Worse", "urn:x")
    fault = Fault(FaultCode(generic, FaultCode(middle, FaultCode(specific))), ())
    assert fault.codes == (generic, middle, specific)
    assert pickled(fault) == fault


REASONS = (
    FaultReason("nein", "de"),
    FaultReason("no, sir", "en-GB"),
    FaultReason("no", "en"),
    FaultReason("non", "FR"),
)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("de", "nein"),
        ("de-AT", "nein"),
        ("en", "no, sir"),
        ("en-GB", "no, sir"),
        ("EN-gb-oed", "no, sir"),
        ("en-US", "no, sir"),
        ("fr", "non"),
        ("e", "nein"),
        ("ja", "nein"),
        ("", "nein"),
    ],
)
def test_reason_in_a_language(lang: str, text: str) -> None:
    assert Fault(FaultCode(XmlQName("Sender")), REASONS).reason(lang) == text


def test_reason_of_a_fault_without_one() -> None:
    assert Fault(FaultCode(XmlQName("Sender")), ()).reason() == ""
