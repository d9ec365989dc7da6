"""Which header lines of HTTP are mapped headers of messages, and in which form (WS_HTTP_MESSAGE_MAPPING)."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from wsx.errors import InvalidArgument, InvalidFormat
from wsx.message.headers import check_mapped_header

__all__ = ["HttpHeaderMapping", "HttpHeaderMappingOptions", "HttpMessageMapping"]


class HttpHeaderMappingOptions(enum.IntFlag):
    """WS_HTTP_HEADER_MAPPING_OPTIONS."""

    COMMA_SEPARATOR = 1
    """Several values stand in one line, with commas between them."""
    SEMICOLON_SEPARATOR = 2
    """Several values stand in one line, with semicolons between them."""
    QUOTED_VALUE = 4
    """Each value stands in double quotes."""


_SEPARATORS: Final = HttpHeaderMappingOptions.COMMA_SEPARATOR | HttpHeaderMappingOptions.SEMICOLON_SEPARATOR
_PLAIN: Final = HttpHeaderMappingOptions(0)
_QUOTED: Final = HttpHeaderMappingOptions.QUOTED_VALUE
_ALL: Final = 7
# RFC 9110 §5.6.4.
_QUOTED_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = re.compile(r"\\(.)")
_TO_ESCAPE: Final = re.compile(r'(["\\])')
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True)
class HttpHeaderMapping:
    """A header line of HTTP that is a mapped header of messages (WS_HTTP_HEADER_MAPPING).

    :param name: of the header; the lines of a response are compared without regard to case.
    :param options: how several values, and each one, are written and read.
    :raises InvalidArgument: for a name that a mapped header cannot have, or both separators at once.
    """

    name: str
    options: HttpHeaderMappingOptions = _PLAIN

    def __post_init__(self) -> None:
        check_mapped_header(self.name, "")
        options: object = self.options
        if not isinstance(options, int) or isinstance(options, bool) or options & ~_ALL:
            raise InvalidArgument(f"options must be HttpHeaderMappingOptions, not {options!r}")
        object.__setattr__(self, "options", HttpHeaderMappingOptions(options))
        if self.options & _SEPARATORS == _SEPARATORS:
            raise InvalidArgument(f"{self.name} cannot have both separators")

    @property
    def separator(self) -> str | None:
        """What stands between several values of one line."""
        if self.options & HttpHeaderMappingOptions.COMMA_SEPARATOR:
            return ","
        return ";" if self.options & HttpHeaderMappingOptions.SEMICOLON_SEPARATOR else None

    def lines(self, values: Sequence[str]) -> list[str]:
        """The values of the header lines that carry ``values``."""
        if self.options & _QUOTED:
            values = ['"' + _TO_ESCAPE.sub(r"\\\1", value) + '"' for value in values]
        separator = self.separator
        return list(values) if separator is None else [f"{separator} ".join(values)]

    def values(self, line: str) -> list[str]:
        """The values in one header line; empty ones between separators are none."""
        items = [line.strip(" \t")] if self.separator is None else self._split(line)
        return [self._unquoted(item) for item in items]

    def _split(self, line: str) -> list[str]:
        items, start, position = [], 0, 0
        while position < len(line):
            quoted = _QUOTED_STRING.match(line, position) if self.options & _QUOTED else None
            if quoted is not None:
                position = quoted.end()
                continue
            if line[position] == self.separator:
                items.append(line[start:position])
                start = position + 1
            position += 1
        items.append(line[start:])
        return [item for item in (item.strip(" \t") for item in items) if item]

    def _unquoted(self, item: str) -> str:
        quoted = _QUOTED_STRING.fullmatch(item) if self.options & _QUOTED else None
        return item if quoted is None else _ESCAPED.sub(r"\1", quoted[1])


@dataclass(frozen=True)
class HttpMessageMapping:
    """Which header lines are mapped headers (WS_HTTP_MESSAGE_MAPPING).

    :param request_headers: how mapped headers of requests are written. One that is not here goes out as it is, each
        value in a line of its own.
    :param response_headers: the header lines of responses that become mapped headers of the reply, under the name here.
    :raises InvalidArgument: for something else than mappings, and two of the same name.
    """

    request_headers: tuple[HttpHeaderMapping, ...] = ()
    response_headers: tuple[HttpHeaderMapping, ...] = ()

    def __post_init__(self) -> None:
        for which in ("request_headers", "response_headers"):
            given: object = getattr(self, which)
            if not isinstance(given, (tuple, list)) or not all(isinstance(one, HttpHeaderMapping) for one in given):
                raise InvalidArgument(f"{which} must be a tuple of HttpHeaderMapping")
            if len({one.name.lower() for one in given}) != len(given):
                raise InvalidArgument(f"{which} has two mappings of the same name")
            object.__setattr__(self, which, tuple(given))

    def outgoing(self, mapped: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """The header lines for the ``mapped`` headers of a request, in the order of their first value."""
        known = {mapping.name.lower(): mapping for mapping in self.request_headers}
        if not any(name.lower() in known for name, _ in mapped):
            return mapped
        lines: list[tuple[str, str]] = []
        done: set[str] = set()
        for name, value in mapped:
            mapping = known.get(name.lower())
            if mapping is None:
                lines.append((name, value))
            elif name.lower() not in done:
                done.add(name.lower())
                values = [other for key, other in mapped if key.lower() == name.lower()]
                lines.extend((name, line) for line in mapping.lines(values))
        return lines

    def incoming(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
        """The mapped headers of a reply, from the header lines of the response.

        :raises InvalidFormat: for a value with a control character.
        """
        found: list[tuple[str, str]] = []
        if not self.response_headers:
            return found
        known = {mapping.name.lower().encode("ascii"): mapping for mapping in self.response_headers}
        for name, value in headers:
            mapping = known.get(name.lower())
            if mapping is not None:
                text = _text(bytes(value))
                if _CONTROL.search(text):
                    raise InvalidFormat(f"the header line {mapping.name} of the response holds a control character")
                found.extend((mapping.name, one) for one in mapping.values(text))
        return found


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
