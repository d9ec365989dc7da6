"""A value that must not be seen."""

from __future__ import annotations

import hmac
from typing import Final, NoReturn

from wsx.errors import InvalidArgument

__all__ = ["Secret", "secret_of"]

_SHOWN: Final = "<secret>"


class Secret:
    """A password, token or key: no text form, log line or pickle shows it, only :meth:`reveal` does.

    Two secrets are equal when their bytes are; the comparison takes the same time wherever they differ.

    :param value: bytes, or a str that stands for its UTF-8 form.
    :raises InvalidArgument: for another type or a str that has no UTF-8 form; the value is not shown.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | bytes) -> None:
        if isinstance(value, str):
            encoded = _utf8(value)
            if encoded is None:
                raise InvalidArgument("a secret holds a lone surrogate")
            value = encoded
        if not isinstance(value, bytes):
            raise InvalidArgument(f"a secret is str or bytes, not {type(value).__name__}")
        self._value = value

    def reveal(self) -> bytes:
        """The value itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return hmac.compare_digest(self._value, other._value) if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return _SHOWN

    def __format__(self, spec: str) -> str:
        return format(_SHOWN, spec)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled; make the credential where it is used")


def secret_of(value: str | bytes | Secret, what: str) -> Secret:
    """``value`` as a secret.

    :raises InvalidArgument: naming ``what``, never showing the value.
    """
    if isinstance(value, Secret):
        return value
    if not isinstance(value, (str, bytes)):
        raise InvalidArgument(f"{what} must be a str or a Secret, not {type(value).__name__}")
    return Secret(value)


def _utf8(text: str) -> bytes | None:
    # The exception holds the whole text, and would stay reachable from one that is raised while it is handled.
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return None
