"""How a test says which condition it shows; docs/errors.md is made of that (tools/make_errors_page.py)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wsx.errors import ErrorCode

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

__all__ = ["row", "shows"]


def shows(code: ErrorCode, trigger: str) -> pytest.MarkDecorator:
    """The mark of a test that shows ``code``, triggered by ``trigger``."""
    return pytest.mark.error_code(code=code.name, trigger=trigger)


def row(code: ErrorCode, trigger: str, *values: Any) -> ParameterSet:
    """One row of a table of tests: the parameters ``code`` and ``values``, with the mark and an id that names both."""
    slug = re.sub(r"[^a-z0-9]+", "-", trigger.lower()).strip("-")
    return pytest.param(code, *values, id=f"{code.name}-{slug}", marks=shows(code, trigger))
