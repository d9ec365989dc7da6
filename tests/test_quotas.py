"""Quotas: their defaults, and what they can be set to."""

from __future__ import annotations

import dataclasses

import pytest

from wsx.errors import InvalidArgument
from wsx.quotas import Quotas

NAMES = [quota.name for quota in dataclasses.fields(Quotas)]
MOST = 2**47 - 1


def test_defaults() -> None:
    assert dataclasses.asdict(Quotas()) == {
        "max_depth": 32,
        "max_attributes": 128,
        "max_namespaces": 32,
        "max_name_length": 1024,
        "max_text_length": 64 * 1024 * 1024,
        "max_items": 2**31 - 1,
        "max_value_bytes": 2**30,
        "max_buffered_bytes": 2**27,
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, -1, MOST + 1, True, 1.0, "32", None])
def test_illegal_values_name_the_quota(name: str, value: object) -> None:
    with pytest.raises(InvalidArgument, match=rf"Quotas\.{name} must be an int"):
        Quotas(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_limits_of_the_limits(name: str) -> None:
    most = 10_000 if name == "max_depth" else MOST
    assert getattr(Quotas(**{name: 1}), name) == 1
    assert getattr(Quotas(**{name: most}), name) == most


def test_depth_bounds_the_stack_of_the_reader() -> None:
    with pytest.raises(InvalidArgument, match="at most 10000, not 10001"):
        Quotas(max_depth=10_001)


def test_frozen_and_hashable() -> None:
    quotas = Quotas(max_items=5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        quotas.max_items = 6  # type: ignore[misc]
    assert {quotas: 1}[Quotas(max_items=5)] == 1
