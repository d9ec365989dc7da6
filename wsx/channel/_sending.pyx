"""From a message and a value to the request of a channel, compiled: what every call has to pay for."""

from cpython.bytes cimport PyBytes_GET_SIZE

from wsx.message._blocks cimport Header
from wsx.message._envelope cimport MessageCore
from wsx.transport._request cimport HttpRequest

from wsx.channel.states import TRANSITIONS, ChannelOperation, refused
from wsx.descriptions import MessageDescription, WriteOption
from wsx.errors import QuotaExceeded, WsError
from wsx.message.enums import MessageInitialization
from wsx.message.message import Message

cdef object BLANK = MessageInitialization.BLANK
# The states an operation is legal in are the second item of its row.
cdef object PREVIEW = TRANSITIONS[ChannelOperation.PREVIEW]


cdef class RequestWriter:
    """The part of :class:`ChannelMachine` that makes requests; never used alone."""

    cdef public object properties, state, versions
    cdef public object _url, _http
    cdef public Header _to
    cdef public list _references
    cdef public dict _actions       # by action: the header lines and the Action header block

    def _check_send(self, message, description, option):
        if not (type(message) is Message and (<MessageCore>message)._versions is self.versions
                and type(description) is MessageDescription and type(option) is WriteOption):
            self._refuse_send(message, description, option)

    def preview(self, message, description, value, option):
        """The request that :meth:`start_send` would make; neither the channel nor the message changes."""
        self._check_send(message, description, option)
        if self.state not in <tuple>(<tuple>PREVIEW)[1]:
            raise refused(PREVIEW, self.state)
        return self._encode(message, description, value, option, BLANK, False)

    def _encode(self, MessageCore message not None, description, value, option, initialization, bint keep):
        """The request with the message, which is DONE afterwards if `keep`."""
        cdef HttpRequest request
        cdef bytes body
        action = description.action
        if self._url is None or self._to is None:
            raise AssertionError("an open channel has an address")
        headers, header = self._actions.get(action) or self._prepare(action)
        if message.carries_lines(action is None):
            header, headers = self._lines(message, action)
        try:
            body = message.encoded(header, self._to, description.body, value, option, initialization, self._references,
                                   keep)
            limit = self.properties.max_buffered_message_size
            if PyBytes_GET_SIZE(body) > limit:
                raise QuotaExceeded(
                    f"the message has {len(body)} bytes, more than max_buffered_message_size ({limit})"
                )
            if self.properties.gzip_request_threshold is not None or self._http.cookie_jars:
                return self._http.outgoing(self._url, headers, body)
        except WsError as error:
            error.url = error.url or str(self._url)
            raise
        request = HttpRequest.__new__(HttpRequest)
        request.method = "POST"
        request.url = self._url
        request.headers = headers
        request.body = body
        request.length = PyBytes_GET_SIZE(body)
        return request
