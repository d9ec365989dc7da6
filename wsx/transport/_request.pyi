from collections.abc import Sequence

from wsx.transport.url import HttpUrl

class HeaderLines(tuple[tuple[bytes, bytes], ...]):
    def head(self, method: str, url: HttpUrl) -> bytes: ...

class HttpRequest:
    method: str
    url: HttpUrl
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes | None
    length: int | None
    timed: bool
    def __init__(
        self,
        method: str,
        url: HttpUrl,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes | None = None,
        length: int | None = None,
        timed: bool = False,
    ) -> None: ...
    def replace(
        self,
        *,
        method: str = ...,
        url: HttpUrl = ...,
        headers: Sequence[tuple[bytes, bytes]] = ...,
        body: bytes | None = ...,
        length: int | None = ...,
        timed: bool = ...,
    ) -> HttpRequest: ...
    def to_bytes(self, *, accept_encoding: str | None = "gzip, deflate") -> bytes: ...
