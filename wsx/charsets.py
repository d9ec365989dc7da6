"""The charsets of text documents: which one a document is in, and its way to and from UTF-8, which wsx works in."""

from __future__ import annotations

import codecs
import re
from enum import IntEnum
from typing import Final

from wsx.errors import InvalidFormat

__all__ = ["Charset", "Decoder", "after_declaration", "declaration", "encode", "to_utf8"]


class Charset(IntEnum):
    """WS_CHARSET; AUTO is for reading only: the document tells."""

    AUTO = 0
    UTF8 = 1
    UTF16LE = 2
    UTF16BE = 3


# Bytes that tell the charset.
_HEAD: Final = 4
_DECODERS: Final = {Charset.UTF16LE: codecs.utf_16_le_decode, Charset.UTF16BE: codecs.utf_16_be_decode}
_CODECS: Final = {Charset.UTF8: "utf-8", Charset.UTF16LE: "utf-16-le", Charset.UTF16BE: "utf-16-be"}
_MARKS: Final = {Charset.UTF8: b"\xef\xbb\xbf", Charset.UTF16LE: b"\xff\xfe", Charset.UTF16BE: b"\xfe\xff"}
# What a declaration may call each charset (lower case). ASCII is a subset of UTF-8.
_NAMES: Final = {
    Charset.UTF8: ("utf-8", "us-ascii"),
    Charset.UTF16LE: ("utf-16le", "utf-16"),
    Charset.UTF16BE: ("utf-16be", "utf-16"),
}
# The first bytes of a document without a mark: `<` or white space as a unit of 16 bits.
_BLANKS: Final = b"<\t\n\r "

# XMLDecl of XML 1.0 §2.8, in UTF-8: the version is not optional.
_DECLARATION: Final = re.compile(
    rb"""<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')"""
    rb"""(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([A-Za-z][A-Za-z0-9._-]*)"|'([A-Za-z][A-Za-z0-9._-]*)'))?"""
    rb"""(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>"""
)
_DECLARATION_START: Final = re.compile(rb"<\?xml(?=[ \t\r\n?>])")


def _detected(data: bytes) -> Charset:
    """By the mark or the first character (XML 1.0 appendix F, without the encodings that wsx does not read)."""
    for charset in _MARKS:
        if data.startswith(_MARKS[charset]):
            return charset
    if len(data) >= 2 and data[0] in _BLANKS and data[1] == 0:
        # A zero byte never follows in UTF-8. One unit alone says nothing about what the document is.
        if len(data) < 4:
            raise InvalidFormat("too few bytes to tell the encoding", offset=0)
        return Charset.UTF16LE
    if len(data) >= 2 and data[0] == 0 and data[1] in _BLANKS:
        return Charset.UTF16BE
    if len(data) < 3:
        raise InvalidFormat("too few bytes to tell the encoding", offset=0)
    return Charset.UTF8


def _charset_of(head: bytes, asked: Charset) -> Charset:
    """The charset of a document that begins so: the first four bytes, if there are so many."""
    found = _detected(head) if asked is Charset.AUTO else asked
    for other in _MARKS:
        if other is not found and head.startswith(_MARKS[other]):
            raise InvalidFormat(f"the document is {other.name}, not {found.name}", offset=0)
    return found


def to_utf8(data: memoryview, charset: Charset, *, read_declaration: bool = True) -> tuple[Charset, bytes | None, int]:
    """(charset found, document in UTF-8, offset of what follows mark and declaration).

    The document is None when ``data`` is UTF-8 as it stands. InvalidFormat when the charset cannot be told, when the
    mark or the declaration says another one, when the declaration is malformed or, without ``read_declaration``, when
    there is one at all, and for bytes that are not of the charset.
    """
    found = _charset_of(bytes(data[:_HEAD]), charset)
    if found is Charset.UTF8:
        text, start = None, len(_MARKS[Charset.UTF8]) if data[:3] == _MARKS[Charset.UTF8] else 0
    else:
        text, start = Decoder(charset).decode(bytes(data), final=True), 0
    return found, text, after_declaration(data if text is None else memoryview(text), start, found, read_declaration)


class Decoder:
    """Turns the bytes of a document into UTF-8 while they come; a mark of UTF-8 stays, that of UTF-16 does not.

    ``found`` is the charset, AUTO until it is known. With ``guess``, ASCII too short to tell the charset is
    UTF-8.
    """

    def __init__(self, charset: Charset, *, guess: bool = False) -> None:
        self.found = Charset.AUTO
        self._guess = guess
        self._asked = charset
        self._left = b""  # too few bytes to tell the charset, or half a character
        self._taken = 0  # bytes before those

    def decode(self, data: bytes, *, final: bool = False) -> bytes:
        """The next bytes of the document in UTF-8; InvalidFormat for those that are not of its charset."""
        if self.found is Charset.UTF8:
            return data
        data = self._left + data
        if self.found is Charset.AUTO:
            if len(data) < (_HEAD if data[1:2] == b"\0" else _HEAD - 1) and not final:
                self._left = data
                return b""
            guessed = self._guess and len(data) < _HEAD - 1 and data.isascii() and b"\0" not in data
            self.found = Charset.UTF8 if guessed else _charset_of(data[:_HEAD], self._asked)
            self._left = b""
            if self.found is Charset.UTF8:
                return data
            if data.startswith(_MARKS[self.found]):
                self._taken = len(_MARKS[self.found])
                data = data[self._taken :]
        try:
            text, taken = _DECODERS[self.found](data, "strict", final)
        except UnicodeDecodeError as error:
            raise InvalidFormat(
                f"bytes that are not {self.found.name}: {error.reason}", offset=self._taken + error.start
            ) from None
        self._taken += taken
        self._left = data[taken:]
        return text.encode()


def after_declaration(data: memoryview, start: int, charset: Charset, allowed: bool) -> int:
    """The offset behind the XML declaration at ``start``, if there is one, of a document that came in ``charset``.

    InvalidFormat when it is malformed, says another charset, or is not allowed at all.
    """
    if _DECLARATION_START.match(data, start) is None:
        return start
    if not allowed:
        raise InvalidFormat("an XML declaration where none is allowed", offset=start)
    match = _DECLARATION.match(data, start)
    if match is None:
        raise InvalidFormat("the XML declaration is malformed", offset=start)
    name = (match[1] or match[2] or b"").decode().lower()
    if name and name not in _NAMES[charset]:
        raise InvalidFormat(f"the declaration says {name}, but the document is {charset.name}", offset=start)
    return match.end()


def declaration(charset: Charset) -> bytes:
    """The XML declaration of a document in ``charset``, itself in UTF-8."""
    name = {Charset.UTF8: "utf-8", Charset.UTF16LE: "utf-16LE", Charset.UTF16BE: "utf-16BE"}[charset]
    return f'<?xml version="1.0" encoding="{name}"?>'.encode()


def encode(data: bytes, charset: Charset, *, mark: bool) -> bytes:
    """UTF-8 in another charset; with ``mark``, UTF-16 begins with its byte order mark."""
    if charset is Charset.UTF8:
        return data
    return (_MARKS[charset] if mark else b"") + data.decode().encode(_CODECS[charset])
