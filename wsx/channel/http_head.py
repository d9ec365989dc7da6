"""The HTTP head of SOAP messages: what a request says of its envelope, and what a response must say of its own."""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from wsx.channel.coding import ACCEPTED
from wsx.errors import InvalidArgument, InvalidFormat
from wsx.message.enums import EnvelopeVersion
from wsx.transport import HeaderLines

__all__ = [
    "UTF_8",
    "ContentType",
    "ResponseLines",
    "content_type_of",
    "fits",
    "request_headers",
    "to_utf8",
    "with_mapped_headers",
]

_MEDIA_TYPES: Final[Mapping[EnvelopeVersion, str]] = MappingProxyType(
    {EnvelopeVersion.SOAP_1_1: "text/xml", EnvelopeVersion.SOAP_1_2: "application/soap+xml"}
)
_QUOTED_PAIR: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 (RFC 9110 §5.6.2, not a secret)
_PARAMETER: Final = re.compile(rf';\s*(?:({_TOKEN})=({_TOKEN}|"(?:[^"\\]|\\.)*"))?\s*')
_MEDIA_TYPE: Final = re.compile(rf"\s*({_TOKEN}/{_TOKEN})\s*")
_BACKSLASH: Final = re.compile(r"\\(.)")
# Python's codec of each charset that is not UTF-8 already. UTF-16 without a byte order mark is big-endian (RFC 2781
# §4.3), but WS_CHARSET utf-16 means little-endian, and so do the peers that send it.
_CODECS: Final[Mapping[str, str]] = MappingProxyType(
    {"utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
)
UTF_8: Final = frozenset({"", "utf-8", "utf8", "us-ascii"})
# Lines that frame the request, say how its body is coded, or belong to the connection: a program that sets them could
# smuggle another request in.
_OWN_LINES: Final = frozenset(
    {
        b"content-encoding",
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_DECLARATION: Final = re.compile(r"<\?xml\s[^>]*\?>")


class ContentType(NamedTuple):
    """A parsed Content-Type: media type and charset in lower case, "" for what is missing or not readable."""

    media_type: str
    charset: str


def request_headers(
    envelope_version: EnvelopeVersion, action: str | None, user_agent: str
) -> Sequence[tuple[bytes, bytes]]:
    """The header lines of a request with ``action``; the transport adds Host, Content-Length and its own.

    Accept-Encoding is the channel's, which undoes the codings with its own quotas, whatever the transport is.

    SOAP 1.1 §6.1.1 wants a SOAPAction line always, SOAP 1.2 part 2 §6.5.3 an optional action parameter. Both hold the
    action in double quotes, in UTF-8.
    """
    quoted = b""
    if action is not None:
        quoted = b'"' + action.translate(_QUOTED_PAIR).encode("utf-8") + b'"'
    content_type = _MEDIA_TYPES[envelope_version].encode("ascii") + b"; charset=utf-8"
    common = ((b"User-Agent", user_agent.encode("ascii")), (b"Accept-Encoding", ACCEPTED))
    if envelope_version is EnvelopeVersion.SOAP_1_1:
        return HeaderLines([(b"Content-Type", content_type), (b"SOAPAction", quoted or b'""'), *common])
    if quoted:
        content_type += b"; action=" + quoted
    return HeaderLines([(b"Content-Type", content_type), *common])


def with_mapped_headers(
    headers: Sequence[tuple[bytes, bytes]], mapped: Sequence[tuple[str, str]]
) -> Sequence[tuple[bytes, bytes]]:
    """``headers`` and the mapped headers of the message, in UTF-8; those replace lines of their name.

    :raises InvalidArgument: for a line that the channel or the transport alone writes, such as Content-Length.
    """
    if not mapped:
        return headers
    lines = tuple((name.encode("ascii"), value.encode("utf-8")) for name, value in mapped)
    names = {name.lower() for name, _ in lines}
    if own := names & _OWN_LINES:
        raise InvalidArgument(f"{min(own).decode()} cannot be a mapped header: the channel writes it")
    return (*(line for line in headers if line[0].lower() not in names), *lines)


def content_type_of(headers: Sequence[tuple[bytes, bytes]]) -> ContentType:
    """The Content-Type of a response; with several lines the first one counts."""
    for name, value in headers:
        if name.lower() == b"content-type":
            return _parse(bytes(value))
    return ContentType("", "")


class ResponseLines:
    """What a channel wants to know of the header lines of a response, asked once for responses that have the same."""

    __slots__ = ("content_type", "has_coding", "headers", "sets_cookies")

    def __init__(self, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        names = {name.lower() for name, _ in headers}
        self.headers = headers
        self.content_type = content_type_of(headers)
        self.has_coding = b"content-encoding" in names
        self.sets_cookies = b"set-cookie" in names


@functools.lru_cache(maxsize=64)
def _parse(value: bytes) -> ContentType:
    text = value.decode("latin-1")
    found = _MEDIA_TYPE.match(text)
    if found is None:
        return ContentType("", "")
    charset = ""
    position = found.end()
    while parameter := _PARAMETER.match(text, position):
        position = parameter.end()
        if parameter[1] is not None and parameter[1].lower() == "charset" and not charset:
            charset = _BACKSLASH.sub(r"\1", parameter[2].strip('"')).lower()
    return ContentType(found[1].lower(), charset)


def fits(content_type: ContentType, envelope_version: EnvelopeVersion) -> bool:
    """Whether the media type is the one of the envelope version."""
    return content_type.media_type == _MEDIA_TYPES[envelope_version]


def to_utf8(body: bytes, charset: str) -> bytes:
    """``body`` in UTF-8; unchanged when it is in UTF-8 already.

    :raises InvalidFormat: for a charset other than UTF-8 and UTF-16, or bytes that are not of it.
    """
    if charset in UTF_8:
        return body
    codec = _CODECS.get(charset)
    if codec is None:
        raise InvalidFormat(f"the charset {charset!r} of the reply is neither utf-8 nor utf-16")
    if codec == "utf-16" and not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16-le"
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        raise InvalidFormat(f"the reply is not in its charset {charset!r}", offset=error.start) from error
    text = text.removeprefix("\ufeff")
    declaration = _DECLARATION.match(text)
    if declaration is not None:
        # It names an encoding that is no longer true.
        text = text[declaration.end() :]
    return text.encode("utf-8")
