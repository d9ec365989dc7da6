"""A request, as a channel hands it to a transport; compiled, for there is one per call."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdio cimport snprintf
from libc.string cimport memcpy

cdef str ACCEPT_ENCODING = "gzip, deflate"

cdef enum:
    # libcurl asks for leave before it sends a body larger than this (EXPECT_100_THRESHOLD in lib/http.h).
    EXPECT_ABOVE = 1 << 20


class HeaderLines(tuple):
    """The header lines of many requests, Accept-Encoding among them; they remember how the last head began."""

    made = None

    def head(self, method, url):
        """The request line, Host and these lines; CRLF follows each."""
        made = self.made
        if made is None or made[1] is not url or made[0] != method:
            self.made = made = (method, url, head_of(method, url, self, ()))
        return made[2]


cdef bytes head_of(method, url, headers, own):
    head = [line.encode("latin-1") for line in (f"{method} {url.target} HTTP/1.1", f"Host: {url.authority}", *own)]
    head += [name + b": " + value if value.strip() else name + b":" for name, value in headers]
    return b"\r\n".join([*head, b""])


cdef class HttpRequest:
    """One request.

    :param method: the HTTP method, a token.
    :param url: where it goes.
    :param headers: (name, value) pairs in the order in which they are sent, User-Agent among them. The transport adds
        Host, Content-Length and Accept-Encoding; it refuses Content-Length, Transfer-Encoding and Expect from here.
    :param body: the whole body, None for a request without one.
    :param length: the number of bytes of ``body``, when the caller knows it; it must be true.
    :param timed: the caller wants :class:`Timings` in the head of the response, if the transport has them.
    """

    def __init__(self, str method, url, headers, bytes body=None, length=None, bint timed=False):
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.length = length
        self.timed = timed

    def replace(self, **changes):
        """A copy with other values of some fields."""
        fields = {name: getattr(self, name) for name in ("method", "url", "headers", "body", "length", "timed")}
        return HttpRequest(**{**fields, **changes})

    def to_bytes(self, *, accept_encoding=ACCEPT_ENCODING):
        """The request as ``CurlTransport`` puts it on the connection, with the lines that the transport adds.

        What authenticates the client, to the server or to a proxy, is never shown here.

        :param accept_encoding: that of the transport; a header of the request goes before it.
        """
        cdef char[80] length
        cdef const char* expect = b""
        cdef bytes head, whole
        cdef char* place
        cdef Py_ssize_t size
        headers = self.headers
        if type(headers) is HeaderLines:
            head = headers.head(self.method, self.url)
        else:
            given = any([name.lower() == b"accept-encoding" for name, _ in headers])
            own = () if given or accept_encoding is None else (f"Accept-Encoding: {accept_encoding}",)
            head = head_of(self.method, self.url, headers, own)
        if self.body is None:
            return head + b"\r\n"
        if PyBytes_GET_SIZE(self.body) > EXPECT_ABOVE:
            expect = b"Expect: 100-continue\r\n"
        size = snprintf(length, sizeof(length), b"Content-Length: %zd\r\n%s\r\n", PyBytes_GET_SIZE(self.body), expect)
        whole = PyBytes_FromStringAndSize(NULL, PyBytes_GET_SIZE(head) + size + PyBytes_GET_SIZE(self.body))
        place = PyBytes_AS_STRING(whole)
        memcpy(place, PyBytes_AS_STRING(head), PyBytes_GET_SIZE(head))
        memcpy(place + PyBytes_GET_SIZE(head), length, size)
        memcpy(place + PyBytes_GET_SIZE(head) + size, PyBytes_AS_STRING(self.body), PyBytes_GET_SIZE(self.body))
        return whole

    def __eq__(self, other):
        if type(other) is not HttpRequest:
            return NotImplemented
        return self.__reduce__() == other.__reduce__()

    def __reduce__(self):
        return HttpRequest, (self.method, self.url, self.headers, self.body, self.length, self.timed)

    def __repr__(self):
        # Neither header values nor the body: both may hold credentials.
        names = ", ".join([name.decode("latin-1") for name, _ in self.headers])
        body = "no body" if self.body is None else f"{len(self.body)} bytes"
        return f"<HttpRequest {self.method} {self.url} ({names}) {body}>"
