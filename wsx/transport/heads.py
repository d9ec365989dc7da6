"""HTTP heads without I/O: the header lines of a request, checked, and the parts of a response head."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from wsx.errors import ErrorCode
from wsx.transport.protocol import HttpHead, Phase, TransportError

__all__ = ["check_token", "final_head", "head_complete", "interim_end", "proxy_challenges", "refused", "request_lines"]

_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_LINE_BREAK: Final = re.compile(rb"[\r\n\0]")
_BLANK: Final = (b"\r\n", b"\n")
_LONGEST_BLANK: Final = 2
_WHITE_SPACE: Final = b" \t"
# What the transport says itself, from the body it really sends. A second Content-Length or a Transfer-Encoding by hand
# is the way requests are smuggled; an Expect by hand would make libcurl repeat the request after each 417.
_OWN: Final = frozenset({b"content-length", b"transfer-encoding", b"expect"})
# libcurl's own additions, each switched off by an empty line unless the request has such a header.
_SUPPRESSED: Final = (b"Accept", b"Content-Type", b"User-Agent")
_SWITCHING_PROTOCOLS: Final = 101  # final: what follows it is no HTTP


def refused(message: str) -> TransportError:
    """The error for a request that must not be sent."""
    return TransportError(message, code=ErrorCode.E_INVALIDARG, phase=Phase.PREPARE, sent=False)


def check_token(value: bytes, what: str) -> None:
    """RFC 9110 §5.6.2.

    :raises TransportError: E_INVALIDARG when ``value`` is not a token.
    """
    if _TOKEN.fullmatch(value) is None:
        raise refused(f"the {what} {value!r} is not an HTTP token")


def request_lines(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """The header lines in libcurl's form.

    :raises TransportError: E_INVALIDARG for a name that is no token or belongs to the transport, and for CR, LF or NUL
        in a value (the value is not shown).
    """
    lines = []
    names = set()
    for name, value in headers:
        check_token(name, "header name")
        key = name.lower()
        if key in _OWN:
            raise refused(f"the header {name.decode('ascii')} is written by the transport")
        if _LINE_BREAK.search(value):
            raise refused(f"the value of the header {name.decode('ascii')} holds CR, LF or NUL")
        names.add(key)
        # "Name:" means to libcurl that the header is removed, "Name;" that it is sent without a value.
        lines.append(name + b": " + value if value.strip() else name + b";")
    lines.extend(name + b":" for name in _SUPPRESSED if name.lower() not in names)
    return lines


def head_complete(lines: Sequence[bytes]) -> bool:
    """Whether ``lines``, which may begin with interim heads, hold a final head with its blank line."""
    end = interim_end(lines)
    return any(line in _BLANK for line in lines[end:])


def interim_end(lines: Sequence[bytes]) -> int:
    """How many lines the complete 1xx heads at the front take."""
    end = 0
    while end < len(lines) and _is_interim(lines[end]):
        blank = next((i for i in range(end, len(lines)) if lines[i] in _BLANK), None)
        if blank is None:
            break
        end = blank + 1
    return end


def final_head(lines: Sequence[bytes], connection: int) -> HttpHead | None:
    """The final response head in ``lines`` as libcurl hands them over, trailers left out; None when it is not complete.

    libcurl has checked the status line and each line's form; it takes an unfinished head for a finished one, though, so
    that the blank line decides.
    """
    # "HTTP/1.1 1xx" or "HTTP/2 1xx".
    start = interim_end(lines) if lines and b" 1" in lines[0][6:10] else 0
    headers: list[tuple[bytes, bytes]] = []
    for line in lines[start + 1 :]:
        if len(line) <= _LONGEST_BLANK and line in _BLANK:
            version, _, rest = lines[start].partition(b" ")
            status, _, reason = rest.strip().partition(b" ")
            return HttpHead(
                int(status[:3]) if status[:3].isdigit() else 0,
                reason.strip().decode("latin-1"),
                tuple(headers),
                version[5:].decode("latin-1"),
                connection,
            )
        if line[0] in _WHITE_SPACE and headers:
            # RFC 9112 §5.2: a folded line continues the value before it.
            name, value = headers[-1]
            headers[-1] = (name, value + b" " + line.strip())
        else:
            name, _, value = line.partition(b":")
            headers.append((name, value.strip()))
    return None


def proxy_challenges(lines: Iterable[bytes]) -> tuple[str, ...]:
    """The values of the Proxy-Authenticate lines in a proxy's answer to CONNECT."""
    fields = (line.partition(b":") for line in lines)
    return tuple(
        value.strip().decode("latin-1") for name, _, value in fields if name.strip().lower() == b"proxy-authenticate"
    )


def _is_interim(line: bytes) -> bool:
    return 100 <= _status(line) < 200 and _status(line) != _SWITCHING_PROTOCOLS


def _status(line: bytes) -> int:
    status = line.partition(b" ")[2][:3]
    return int(status) if status.isdigit() else 0
