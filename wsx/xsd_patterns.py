"""Regular expressions of XML Schema (XSD part 2, appendix F) as Python's."""

from __future__ import annotations

import functools
import re
from typing import Final

from wsx.errors import InvalidArgument, NotSupported

__all__ = ["compile_pattern"]

# Multi-character escapes. XML's name characters are given for the whole of Unicode, roughly: all letters and digits.
_NAME_START: Final = "_:A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u2070-\u218f\u3001-\ud7ff"
_ESCAPES: Final = {
    "d": r"\d",
    "s": " \\t\\n\\r",
    "w": r"\w",
    "i": _NAME_START,
    "c": _NAME_START + "\\-.0-9\xb7",
    "n": r"\n",
    "r": r"\r",
    "t": r"\t",
}
_NEGATED: Final = {"D": r"\D", "S": "[^ \\t\\n\\r]", "W": r"\W", "I": f"[^{_ESCAPES['i']}]", "C": f"[^{_ESCAPES['c']}]"}
_SINGLE: Final = frozenset("\\|.?*+(){}-[]^")


@functools.lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern as Python has it; ``fullmatch`` it, for those of XML Schema are anchored.

    :raises NotSupported: for character categories and blocks, and for subtraction, which Python does not have.
    :raises InvalidArgument: for what is no pattern.
    """
    try:
        return re.compile(_translate(pattern))
    except (re.error, IndexError, OverflowError) as error:
        raise InvalidArgument(f"{pattern!r} is no pattern of XML Schema: {error}") from error


def _translate(pattern: str) -> str:
    made = []
    i = 0
    inside = False
    while i < len(pattern):
        character = pattern[i]
        if character == "\\":
            made.append(_escape(pattern, pattern[i + 1], inside))
            i += 2
            continue
        if inside:
            if character == "]":
                inside = False
            elif character == "[":
                raise NotSupported(f"{pattern!r}: subtraction of character classes is not supported")
            made.append(character)
        elif character == "[":
            inside = True
            made.append(character)
            if pattern[i + 1] == "^":
                made.append("^")
                i += 1
        elif character in "^$":
            made.append(f"\\{character}")
        elif character == ".":
            made.append("[^\\n\\r]")
        elif character == "(":
            made.append("(?:")
        else:
            made.append(character)
        i += 1
    return "".join(made)


def _escape(pattern: str, letter: str, inside: bool) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter] if inside or letter in "dwnrt" else f"[{_ESCAPES[letter]}]"
    if letter in _NEGATED:
        if inside and letter not in "DW":
            raise NotSupported(f"{pattern!r}: \\{letter} inside a character class is not supported")
        return _NEGATED[letter]
    if letter in "pP":
        raise NotSupported(f"{pattern!r}: character categories and blocks are not supported")
    if letter in _SINGLE:
        return f"\\{letter}"
    raise InvalidArgument(f"{pattern!r} is no pattern of XML Schema: unknown escape \\{letter}")
