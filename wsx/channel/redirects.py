"""Redirects: which responses are one, where to, and what the next request is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin

from wsx.errors import InvalidEndpointUrl, QuotaExceeded, WsError
from wsx.transport import HttpHead, HttpRequest, HttpUrl, status_error

__all__ = ["RedirectCallback", "is_redirect", "redirected"]

RedirectCallback = Callable[[str, str], bool]

# The new request repeats the old one. For 301 and 302 browsers make a GET of a POST (RFC 9110 §15.4.2), which no SOAP
# endpoint answers; SOAP 1.2 part 2 §7.5.1.2 has the sender retry the request at the new URL.
_REPEATED: Final = frozenset({301, 302, 307, 308})
# The request was processed; a GET fetches what it came to (RFC 9110 §15.4.4).
_FETCHED: Final = frozenset({303})
# What a GET without a body does not say.
_OF_THE_BODY: Final = frozenset({b"content-type", b"content-encoding", b"soapaction"})
# The lines that the channel writes itself. Any other is the program's, perhaps a credential, and stays at its origin.
_OWN: Final = _OF_THE_BODY | {b"accept-encoding", b"user-agent"}


def is_redirect(status: int) -> bool:
    """Whether a response with ``status`` sends the client elsewhere."""
    return status in _REPEATED or status in _FETCHED


def redirected(
    request: HttpRequest,
    head: HttpHead,
    callback: RedirectCallback,
    *,
    left: int,
    anonymous: bool,
) -> HttpRequest:
    """The request to send next.

    :param left: how many more redirects may be followed.
    :param anonymous: the transport shows no credentials of its own.
    :raises WsError: when it is not followed: that of the status, with the reason; QuotaExceeded when ``left`` is 0; and
        whatever the callback raises.
    """
    if left < 1:
        raise QuotaExceeded("the endpoint redirects more often than max_http_redirects", url=str(request.url))
    url = _target(request.url, head)
    same_origin = _origin(url) == _origin(request.url)
    if request.url.scheme == "https" and url.scheme == "http":
        raise _refused(head, "it leads from https to http")
    if not same_origin and not anonymous:
        raise _refused(head, "it leads to another origin, which must not see the channel's credentials")
    if head.status in _REPEATED and request.body is None and request.method == "POST":
        raise _refused(head, "the message went out in pieces, which are gone")
    if not callback(str(request.url), str(url)):
        raise _refused(head, "http_redirect_callback has refused it")
    headers = tuple(line for line in request.headers if same_origin or line[0].lower() in _OWN)
    if head.status in _REPEATED:
        return HttpRequest(request.method, url, headers, request.body, request.length)
    lines = tuple(line for line in headers if line[0].lower() not in _OF_THE_BODY)
    return HttpRequest("GET", url, lines)


def _target(base: HttpUrl, head: HttpHead) -> HttpUrl:
    locations = head.values(b"location")
    if len(locations) != 1:
        raise _refused(head, "it has no Location" if not locations else "it has several Locations")
    # A fragment is for the client alone (RFC 9110 §10.2.2).
    text = locations[0].decode("latin-1").partition("#")[0]
    try:
        return HttpUrl.parse(urljoin(str(base), text))
    except (InvalidEndpointUrl, ValueError) as error:
        raise _refused(head, "its Location cannot be used") from error


def _refused(head: HttpHead, reason: str) -> WsError:
    error = status_error(head)
    error.strings.append(f"the redirect is not followed: {reason}")
    return error


def _origin(url: HttpUrl) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port
