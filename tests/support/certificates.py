"""The zoo of certificates under its former name; it is wsx.testing.certificates."""

from __future__ import annotations

from wsx.testing.certificates import KEY_PASSWORD, Zoo, make_zoo

__all__ = ["KEY_PASSWORD", "Zoo", "make_zoo"]
