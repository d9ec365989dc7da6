"""The protocol of a request channel over HTTP, without input and output.

A driver asks the machine for the request, carries it, and hands the response (or the transport's failure) back; what is
legal when, which bytes go out, and what a response means is decided here alone, for every driver alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from wsx.channel._sending import RequestWriter
from wsx.channel.enums import ChannelState, ReceiveOption
from wsx.channel.http_exchange import HttpExchange
from wsx.channel.http_head import UTF_8, fits, request_headers, to_utf8
from wsx.channel.properties import ChannelProperties, check_seconds
from wsx.channel.states import (
    ABORTED,
    EXCHANGE,
    TRANSITIONS,
    ChannelOperation,
    ChannelTransition,
    ExchangeState,
    ExchangeTransition,
    refused,
    refused_exchange,
)
from wsx.descriptions import MessageDescription, ReadOption, WriteOption
from wsx.errors import (
    EndpointFailure,
    InvalidArgument,
    InvalidEndpointUrl,
    InvalidFormat,
    OperationAborted,
    WsError,
    error_for,
)
from wsx.message.enums import HeaderType, MessageInitialization
from wsx.message.fault_errors import error_from_fault
from wsx.message.headers import Header, HeaderRank, check_header_text, standard_header, to_headers
from wsx.message.message import Message
from wsx.message.versions import versions_of
from wsx.transport import HttpHead, HttpRequest, HttpUrl, Limits, TransportError, status_error
from wsx.values import EndpointAddress

__all__ = ["ChannelMachine", "Received", "Reply"]

_OPEN: Final = TRANSITIONS[ChannelOperation.OPEN]
_CLOSE: Final = TRANSITIONS[ChannelOperation.CLOSE]
_RESET: Final = TRANSITIONS[ChannelOperation.RESET]
_SEND: Final = TRANSITIONS[ChannelOperation.SEND]
_RECEIVE: Final = TRANSITIONS[ChannelOperation.RECEIVE]
_REQUEST_REPLY: Final = TRANSITIONS[ChannelOperation.REQUEST_REPLY]
_EXCHANGE_SEND: Final = EXCHANGE[ChannelOperation.SEND]
_EXCHANGE_RECEIVE: Final = EXCHANGE[ChannelOperation.RECEIVE]
_EXCHANGE_REQUEST_REPLY: Final = EXCHANGE[ChannelOperation.REQUEST_REPLY]

_BLANK: Final = MessageInitialization.BLANK
_ACTION: Final = HeaderType.ACTION

# Actions of one channel are few; the bound is for programs that make them up.
_MAX_ACTIONS: Final = 256

# Responses that may carry a SOAP message whatever their status says: a fault comes with 500, and a SOAP 1.2 Sender
# fault with 400 (SOAP 1.2 part 2 §7.5.2.2).
_FAULT_STATUS: Final = (500, 400)


class Received(NamedTuple):
    """A message that was received: the ``index`` of the description that matched it, and the ``value`` of its body."""

    index: int  # type: ignore[assignment]  # the name of WsReceiveMessage; tuple.index is not missed here
    value: Any


class _Action(NamedTuple):
    """What depends on an action alone: the header lines of the request and the Action header block."""

    headers: Sequence[tuple[bytes, bytes]]
    header: Header | None


class Reply(NamedTuple):
    """A response that holds a message, not decoded yet."""

    status: int
    charset: str
    body: bytes
    headers: Sequence[tuple[bytes, bytes]]


class ChannelMachine(RequestWriter):
    """States, requests and replies of one request channel over HTTP.

    ``state`` is the channel's state; only :meth:`abort` may be called while another thread uses the machine.
    """

    __slots__ = (
        "_blank",
        "_exchange",
        "_reply",
        "_tls_required",
    )

    def __init__(self, properties: ChannelProperties, http: HttpExchange, *, tls_required: bool = False) -> None:
        self.properties = properties
        self.versions = versions_of(properties.envelope_version, properties.addressing_version)
        # What the messages of this channel are made like; none of the properties that it takes ever changes.
        self._blank = Message(
            properties.envelope_version,
            properties.addressing_version,
            quotas=properties.quotas,
            max_processed_headers=properties.max_processed_headers,
            leniency=properties.leniency,
            writer_properties=properties.writer_properties,
        )
        self._http = http
        self._tls_required = tls_required
        self.state = ChannelState.CREATED
        self._exchange = ExchangeState.IDLE
        self._reply: Reply | None = None
        # The reference parameters of the address, as headers.
        self._references = []
        self._actions = {}

    # States

    @property
    def url(self) -> HttpUrl | None:
        """Where the channel sends, None before it is opened."""
        return self._url

    @property
    def limits(self) -> Limits:
        """What the request that is under way may take."""
        return self._http.limits

    def open(self, address: str | EndpointAddress) -> None:
        """WsOpenChannel; HTTP does nothing on the network here."""
        text = address.url if isinstance(address, EndpointAddress) else address
        check_header_text(text, "address")
        self._check(_OPEN)
        self._enter(_OPEN.during)
        try:
            url = HttpUrl.parse(text)
            if self._tls_required and url.scheme != "https":
                raise InvalidEndpointUrl("the security description demands TLS: it must begin with https://", url=text)
            self._url = url
            full = address if isinstance(address, EndpointAddress) else EndpointAddress(text)
            self._to, self._references = to_headers(self.versions, full)
        except BaseException:
            self._enter(_OPEN.failure)
            raise
        self._exchange = ExchangeState.IDLE
        self._reply = None
        self._enter(_OPEN.success)
        self._http.opened(url)

    def abort(self) -> None:
        """WsAbortChannel, from any thread."""
        self.state = ABORTED[self.state]

    def start_close(self) -> None:
        """The first half of WsCloseChannel: the driver lets go of the connection now."""
        self._check(_CLOSE)
        self._enter(_CLOSE.during)

    def finish_close(self) -> None:
        """The second half of WsCloseChannel, whether or not the driver failed in between."""
        self._enter(_CLOSE.success)
        self._exchange = ExchangeState.IDLE
        self._reply = None
        self._http.closed()

    def reset(self) -> None:
        """WsResetChannel: back to CREATED; the properties stay."""
        self._check(_RESET)
        self._enter(_RESET.success)
        self._url = None
        self._to = None
        self._references = []

    def create_message(self) -> Message:
        """WsCreateMessageForChannel."""
        return self._blank.like()

    def change(self, properties: ChannelProperties) -> None:
        """WsSetChannelProperty, in any state: from the next request on the channel goes by ``properties``."""
        self.properties = properties
        self._http.change(properties)

    # Sending

    def start_send(
        self,
        message: Message,
        description: MessageDescription,
        value: object,
        option: WriteOption,
        timeout: float | None = None,
    ) -> HttpRequest:
        """The request of WsSendMessage; the exchange is under way until a response or a failure is handed in."""
        self._check_send(message, description, option)
        if timeout is not None:
            check_seconds(timeout, "timeout")
        self._check(_SEND)
        self._check_exchange(_EXCHANGE_SEND)
        request = self._encode(message, description, value, option, _BLANK, True)
        return self._begin(request, description.action, timeout)

    def start_request_reply(
        self,
        request: Message,
        description: MessageDescription,
        value: object,
        option: WriteOption,
        *,
        reply: Message,
        reply_description: MessageDescription,
        read_option: ReadOption,
        timeout: float | None = None,
    ) -> HttpRequest:
        """The request of WsRequestReply; everything about the reply is checked before."""
        self._check_send(request, description, option)
        self._check_message(reply)
        self._check_description(reply_description)
        self._check_read_option(read_option)
        if timeout is not None:
            check_seconds(timeout, "timeout")
        if reply is request:
            raise InvalidArgument("request and reply must be two messages")
        self._check(_REQUEST_REPLY)
        self._check_exchange(_EXCHANGE_REQUEST_REPLY)
        request.check_send()
        reply.check_receive()
        made = self._encode(request, description, value, option, MessageInitialization.REQUEST, True)
        return self._begin(made, description.action, timeout)

    def _begin(self, request: HttpRequest, action: str | None, timeout: float | None) -> HttpRequest:
        # Writing a large message takes a while: an abort in the meantime must not be answered by sending it.
        if self.state is not ChannelState.OPEN:
            raise OperationAborted("the channel was aborted", url=str(self._url))
        begun = self._http.begin(request, action, timeout)
        self._exchange = ExchangeState.SENDING
        return begun

    @property
    def _address(self) -> tuple[HttpUrl, Header]:
        """Where the channel sends, and the To header for it."""
        if self._url is None or self._to is None:
            raise AssertionError("an open channel has an address")
        return self._url, self._to

    def _lines(self, message: Message, action: str | None) -> tuple[Header | None, Sequence[tuple[bytes, bytes]]]:
        """The Action header and the header lines of the request: those of the given action, or of the message's own."""
        headers, header = self._actions.get(action) or self._prepare(action)
        if not message.has_lines(action is None):
            return header, headers
        if action is None:
            own = message.addressing_text(_ACTION)
            if own is not None:
                headers = (self._actions.get(own) or self._prepare(own)).headers
        return header, self._http.header_lines(headers, message.mapped_headers)

    def _prepare(self, action: str | None) -> _Action:
        header = None
        if action is not None:
            check_header_text(action, "action")
            header = standard_header(self.versions, HeaderType.ACTION, action, HeaderRank.ACTION)
        headers = request_headers(self.properties.envelope_version, action, self.properties.user_agent)
        prepared = _Action(headers, header)
        if len(self._actions) >= _MAX_ACTIONS:
            self._actions.clear()
        self._actions[action] = prepared
        return prepared

    # What the transport brought

    def response(self, head: HttpHead, body: bytes) -> HttpRequest | None:
        """The response to the request that is under way; the request to send next when it is a redirect to follow.

        :raises WsError: when its status or its media type says that it is no message (the exchange is over then).
        :raises OperationAborted: when the channel was aborted meanwhile.
        """
        self._exchange = ExchangeState.IDLE
        try:
            again = self._http.received(head, body)
            if self.state is not ChannelState.OPEN:
                raise OperationAborted("the channel was aborted")
            if again is None:
                self._take_reply(head, self._http.decoded(head, body))
                self._http.done(head)
                return None
        except WsError as error:
            self._http.failed(error)
            raise
        except BaseException:
            self._http.interrupted()
            raise
        self._exchange = ExchangeState.SENDING
        return again

    def _take_reply(self, head: HttpHead, body: bytes) -> None:
        """The response as the reply that waits to be received, or the error that it stands for."""
        content_type = self._http.lines(head).content_type
        success = 200 <= head.status < 300
        if success and not body:
            self._exchange = ExchangeState.NO_REPLY
        elif (
            (success or head.status in _FAULT_STATUS) and body and fits(content_type, self.properties.envelope_version)
        ):
            self._reply = Reply(head.status, content_type.charset, body, head.headers)
            self._exchange = ExchangeState.REPLY_WAITING
        elif success:
            media_type = content_type.media_type or "no media type"
            raise InvalidFormat(
                f"the response has {media_type}, not the one of {self.properties.envelope_version.name}",
                original=head.status,
            )
        else:
            raise status_error(head)

    def failed(self, error: TransportError) -> WsError:
        """The error to raise for the transport's failure of the request that is under way; the channel stays usable."""
        self._exchange = ExchangeState.IDLE
        if self.state is not ChannelState.OPEN:
            return self._http.failed(OperationAborted("the channel was aborted", original=error))
        text = f"the request failed in phase {error.phase.name}"
        return self._http.failed(error_for(error.code, text, original=error, strings=(str(error),)))

    def interrupted(self) -> None:
        """The request that is under way ended without a response, by an exception that is not the transport's."""
        self._exchange = ExchangeState.IDLE
        self._http.interrupted()

    # Receiving

    def receive(
        self,
        message: Message,
        descriptions: Sequence[MessageDescription],
        receive_option: ReceiveOption,
        option: ReadOption,
    ) -> Received | None:
        """WsReceiveMessage on the response that waits; None when there is none and none is required."""
        self._check_message(message)
        if not isinstance(descriptions, Sequence):
            raise InvalidArgument(f"descriptions must be a sequence of MessageDescription, not {descriptions!r}")
        if not descriptions:
            raise InvalidArgument("there must be at least one description")
        for description in descriptions:
            self._check_description(description)
        if not isinstance(receive_option, ReceiveOption):
            raise InvalidArgument(f"receive_option must be a ReceiveOption, not {receive_option!r}")
        self._check_read_option(option)
        self._check(_RECEIVE)
        self._check_exchange(_EXCHANGE_RECEIVE)
        message.check_receive()
        reply, self._reply = self._reply, None
        self._exchange = ExchangeState.IDLE
        if reply is None:
            if receive_option is ReceiveOption.OPTIONAL_MESSAGE:
                return None
            raise InvalidFormat("the request was answered without a message", url=str(self._url))
        return self._decode(message, reply, descriptions, option, None)

    def receive_reply(
        self, request: Message, reply: Message, reply_description: MessageDescription, option: ReadOption
    ) -> Any:
        """The second half of WsRequestReply: the value of the response that waits."""
        waiting, self._reply = self._reply, None
        self._exchange = ExchangeState.IDLE
        if waiting is None:
            raise InvalidFormat("the request was answered without a message", url=str(self._url))
        return self._decode(reply, waiting, (reply_description,), option, request).value

    def _decode(
        self,
        message: Message,
        reply: Reply,
        descriptions: Sequence[MessageDescription],
        option: ReadOption,
        request: Message | None,
    ) -> Received:
        try:
            self._read_start(message, reply)
            if request is not None:
                self._check_relation(request, message)
            index = self._match(message, descriptions)
            body = descriptions[index].body
            value = None if body is None else message.read_body(body, option)
            message.read_envelope_end()
            return Received(index, value)
        except WsError as error:
            self._http.failed(error)
            raise
        finally:
            message.finish_receive()

    def _read_start(self, message: Message, reply: Reply, *, faults_too: bool = False) -> None:
        """Read up to the body of a message, which is no fault unless ``faults_too``."""
        succeeded = reply.status not in _FAULT_STATUS
        fault = None
        try:
            body = reply.body
            message.read_envelope_start(body if reply.charset in UTF_8 else to_utf8(body, reply.charset))
            self._map_headers(message, reply.headers)
            if message.is_fault and not faults_too:
                fault = message.read_fault()
        except InvalidFormat as error:
            if succeeded:
                raise
            raise EndpointFailure(
                f"the response has status {reply.status} and no readable SOAP fault", original=reply.status
            ) from error
        if fault is not None:
            raise error_from_fault(
                fault,
                faults_as_errors=self.properties.faults_as_errors,
                action=self._fault_action(message),
                original=reply.status,
            )
        if reply.status == 400 and not message.is_fault:
            raise EndpointFailure("the response has status 400 and no SOAP fault", original=reply.status)

    def _map_headers(self, message: Message, headers: Sequence[tuple[bytes, bytes]]) -> None:
        for name, value in self._http.mapped_headers(headers):
            message.add_mapped_header(name, value)

    def _fault_action(self, message: Message) -> str | None:
        """The action of a message with a fault; one that cannot be read must not hide the fault."""
        if not self.versions.addressing_on_wire:
            return None
        try:
            return message.addressing_text(_ACTION)
        except InvalidFormat:
            return None

    def _check_relation(self, request: Message, reply: Message) -> None:
        """WS-Addressing 1.0 core §3.4: the reply's RelatesTo is the request's MessageID."""
        if not self.versions.addressing_on_wire:
            return
        wanted = request.get_header(HeaderType.MESSAGE_ID)
        found = reply.addressing_text(HeaderType.RELATES_TO)
        if found != wanted:
            raise InvalidFormat(
                f"the reply relates to {found!r}, not to the request {wanted!r}", path="Envelope/Header"
            )

    def _match(self, message: Message, descriptions: Sequence[MessageDescription]) -> int:
        """The first description with the action of the message; one without action matches any message.

        With addressing TRANSPORT a reply has no action, and the first description matches.
        """
        if not self.versions.addressing_on_wire:
            return 0
        action = message.addressing_text(_ACTION)
        for index, description in enumerate(descriptions):
            if description.action is None or description.action == action:
                return index
        raise InvalidFormat(f"no description matches the action {action!r} of the message", path="Envelope/Header")

    def _enter(self, state: ChannelState | None) -> None:
        if state is not None:
            self.state = state

    # Checks

    def _refuse_send(self, message: Message, description: MessageDescription, option: WriteOption) -> None:
        self._check_message(message)
        self._check_description(description)
        if type(option) is not WriteOption:
            raise InvalidArgument(f"option must be a wsx.WriteOption, not {option!r}")

    def _check_message(self, message: Message) -> None:
        if not isinstance(message, Message):
            raise InvalidArgument(f"message must be a wsx.Message, not {message!r}")
        if message.versions is not self.versions:
            raise InvalidArgument(
                f"the message has versions {message.envelope_version.name} and {message.addressing_version.name}, "
                f"the channel {self.versions.envelope_version.name} and {self.versions.addressing_version.name}"
            )

    @staticmethod
    def _check_description(description: MessageDescription) -> None:
        if not isinstance(description, MessageDescription):
            raise InvalidArgument(f"description must be a wsx.MessageDescription, not {description!r}")

    @staticmethod
    def _check_read_option(option: ReadOption) -> None:
        if not isinstance(option, ReadOption):
            raise InvalidArgument(f"option must be a wsx.ReadOption, not {option!r}")

    def _check(self, transition: ChannelTransition) -> None:
        if self.state not in transition.required:
            raise refused(transition, self.state)

    def _check_exchange(self, transition: ExchangeTransition) -> None:
        if self._exchange not in transition.required:
            raise refused_exchange(transition, self._exchange)
