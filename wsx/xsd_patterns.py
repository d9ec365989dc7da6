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

    :raises NotSupported: for character categories and blocks, which Python does not have.
    :raises InvalidArgument: for what is no pattern.
    """
    try:
        return re.compile(_translate(pattern))
    except (re.error, IndexError, OverflowError) as error:
        raise InvalidArgument(f"{pattern!r} is no pattern of XML Schema: {error}") from error


def _translate(pattern: str) -> str:
    made = []
    i = 0
    while i < len(pattern):
        character = pattern[i]
        if character == "\\":
            made.append(_escape(pattern, pattern[i + 1], False))
            i += 2
            continue
        if character == "[":
            text, i = _class(pattern, i)
            made.append(text)
            continue
        made.append({"^": r"\^", "$": r"\$", ".": "[^\\n\\r]", "(": "(?:"}.get(character, character))
        i += 1
    return "".join(made)


def _class(pattern: str, start: int) -> tuple[str, int]:
    """The character class that begins at ``start``, and the place behind it; ``[a-z-[aeiou]]`` takes some away."""
    made = ["["]
    taken = ""
    i = start + 1
    if pattern[i] == "^":
        made.append("^")
        i += 1
    while pattern[i] != "]":
        if pattern[i] == "\\":
            made.append(_escape(pattern, pattern[i + 1], True))
            i += 2
        elif pattern.startswith("-[", i):
            taken, i = _class(pattern, i + 1)
            if pattern[i] != "]":
                raise InvalidArgument(f"{pattern!r} is no pattern of XML Schema: a subtraction ends its class")
        elif pattern[i] == "[":
            raise InvalidArgument(f"{pattern!r} is no pattern of XML Schema: [ in a character class")
        else:
            made.append(pattern[i])
            i += 1
    text = "".join(made) + "]"
    return (f"(?:(?!{taken}){text})" if taken else text), i + 1


def _escape(pattern: str, letter: str, inside: bool) -> str:
    """What stands for a backslash and ``letter``, outside or inside of a character class."""
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
