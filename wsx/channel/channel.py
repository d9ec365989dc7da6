"""The synchronous driver of a channel: :class:`ChannelMachine` decides, a transport carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Final

from wsx.channel.enums import ChannelBinding, ChannelState, ChannelType, ReceiveOption
from wsx.channel.machine import ChannelMachine, Received
from wsx.channel.properties import ChannelProperties
from wsx.descriptions import MessageDescription, ReadOption, WriteOption
from wsx.errors import InvalidArgument, NotSupported
from wsx.message.message import Message
from wsx.transport import HttpRequest, Transport, TransportError, default_transport
from wsx.values import EndpointAddress

__all__ = ["BINDING_TYPES", "Channel"]

_DEFAULT_PROPERTIES: Final = ChannelProperties()

# Which channel types a binding has; a custom one may have any.
BINDING_TYPES: Final[Mapping[ChannelBinding, tuple[ChannelType, ...]]] = MappingProxyType(
    {
        ChannelBinding.HTTP: (ChannelType.REQUEST, ChannelType.REPLY),
        ChannelBinding.TCP: (ChannelType.DUPLEX_SESSION,),
        ChannelBinding.UDP: (ChannelType.DUPLEX, ChannelType.INPUT),
        ChannelBinding.CUSTOM: tuple(ChannelType),
        ChannelBinding.NAMEDPIPE: (ChannelType.DUPLEX_SESSION, ChannelType.DUPLEX, ChannelType.INPUT),
    }
)


class Channel:
    """A client channel to one endpoint (WS_CHANNEL).

    ``type`` and ``binding``: REQUEST over HTTP is available in this version. ``properties`` never change. ``transport``
    carries the bytes; without it the channel makes one of its own when it is opened, which keeps its connection alive
    between messages. A transport that is given stays the caller's: the channel never closes it.

    A request channel alternates: :meth:`send_message`, then :meth:`receive_message`, or both as :meth:`request_reply`.
    Every failure is a :class:`WsError` with the endpoint's URL; ``state`` then says whether the channel can be used
    again. OPEN: yes, also after a failure of the network, for the next message gets a new connection. FAULTED: the
    channel was aborted; :meth:`close` and :meth:`reset` it.

    One thread at a time may use a channel, but :meth:`abort` may be called by any thread at any time. As a context
    manager the channel is closed at the end.
    """

    __slots__ = ("__weakref__", "_given_transport", "_machine", "_transport", "binding", "type")

    def __init__(
        self,
        *,
        type: ChannelType = ChannelType.REQUEST,
        binding: ChannelBinding = ChannelBinding.HTTP,
        properties: ChannelProperties = _DEFAULT_PROPERTIES,
        transport: Transport | None = None,
    ) -> None:
        """WsCreateChannel.

        :raises InvalidArgument: for a type that the binding does not have, or a bad argument.
        :raises NotSupported: for a type or binding that is not available in this version.
        """
        try:
            self.type = ChannelType(type)
            self.binding = ChannelBinding(binding)
        except ValueError as error:
            raise InvalidArgument(f"unknown channel type or binding: {type!r}, {binding!r}") from error
        if self.type not in BINDING_TYPES[self.binding]:
            raise InvalidArgument(f"binding {self.binding.name} has no channel type {self.type!r}")
        if self.type is not ChannelType.REQUEST or self.binding is not ChannelBinding.HTTP:
            raise NotSupported(f"a {self.type!r} channel over {self.binding.name} is not available in this version")
        if not isinstance(properties, ChannelProperties):
            raise InvalidArgument(f"properties must be wsx.ChannelProperties, not {properties!r}")
        if transport is not None and not callable(getattr(transport, "call", None)):
            raise InvalidArgument(f"transport must be a Transport, not {transport!r}")
        self._machine = ChannelMachine(properties)
        self._given_transport = transport
        self._transport: Transport | None = None

    @property
    def state(self) -> ChannelState:
        """WS_CHANNEL_PROPERTY_STATE, a snapshot."""
        return self._machine.state

    @property
    def properties(self) -> ChannelProperties:
        """What the channel was made with."""
        return self._machine.properties

    @property
    def url(self) -> str | None:
        """The URL that the channel sends to, None before it is opened."""
        return None if self._machine.url is None else str(self._machine.url)

    def open(self, address: str | EndpointAddress) -> None:
        """WsOpenChannel: CREATED → OPEN. Nothing is sent yet; a failure leaves the channel CREATED.

        :raises InvalidArgument: when ``address`` is no address or holds a control character.
        :raises InvalidOperation: when the channel is not CREATED.
        :raises InvalidEndpointUrl: when the URL cannot be used with HTTP.
        """
        self._machine.open(address)
        if self._transport is None:
            self._transport = default_transport() if self._given_transport is None else self._given_transport

    def close(self) -> None:
        """WsCloseChannel: → CLOSED, whatever happens. Legal also when CREATED (at once) and CLOSED (nothing to do).

        :raises InvalidOperation: while the channel is being opened or closed by another thread.
        """
        self._machine.start_close()
        try:
            self._release_transport()
        finally:
            self._machine.finish_close()

    def abort(self) -> None:
        """WsAbortChannel: stop what is under way, from any thread; never waits and never fails.

        An OPEN channel is FAULTED then, and an operation under way ends with :class:`OperationAborted`.
        """
        self._machine.abort()
        transport = self._transport
        if transport is not None:
            transport.abort()

    def reset(self) -> None:
        """WsResetChannel: a CLOSED channel is CREATED again, with the same properties.

        :raises InvalidOperation: when the channel is neither CREATED nor CLOSED.
        """
        self._machine.reset()

    def create_message(self) -> Message:
        """WsCreateMessageForChannel: an EMPTY message of the channel's versions, in any state of the channel."""
        return self._machine.create_message()

    def send_message(
        self,
        message: Message,
        description: MessageDescription,
        value: object = None,
        *,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
    ) -> None:
        """WsSendMessage: write the message, send it, and wait for the response.

        An EMPTY message is initialized as BLANK; one that was initialized keeps its headers. It gets the To header of
        the channel unless it is addressed, and the Action of ``description``; ``value`` is the body. What the reply
        holds is read by :meth:`receive_message`. The message is DONE afterwards, or reset it after a failure.

        Nothing is sent, and the channel stays OPEN, when the value does not fit the description.

        :raises InvalidArgument: for a bad argument, a value its table does not allow, or a message of other versions.
        :raises InvalidOperation: when the channel is not OPEN, a reply waits to be received, or the message is neither
            EMPTY nor INITIALIZED; :class:`ObjectFaulted` when the channel was aborted.
        :raises InvalidFormat, NumericOverflow: when the value cannot be represented; InvalidFormat also when the
            response is not of the media type of the envelope version.
        :raises QuotaExceeded: when the message or the response is larger than ``max_buffered_message_size``.
        :raises EndpointError, ProxyFailure, OperationTimedOut, SecurityError, …: as the network or the status of the
            response says; ``original`` is the transport's error or the HTTP status.
        :raises OperationAborted: when :meth:`abort` was called meanwhile.
        """
        self._transmit(self._machine.start_send(message, description, value, option))

    def receive_message(
        self,
        message: Message,
        descriptions: Sequence[MessageDescription],
        *,
        receive_option: ReceiveOption = ReceiveOption.REQUIRED_MESSAGE,
        option: ReadOption = ReadOption.REQUIRED_VALUE,
    ) -> Received | None:
        """WsReceiveMessage: read the reply to the message that was sent last into the EMPTY ``message``.

        The first of ``descriptions`` whose action is the message's matches; one without action matches any message, and
        with addressing TRANSPORT, where replies have no action, the first one matches. Its ``body`` reads the body.
        Without a message the result is None with OPTIONAL_MESSAGE.

        :raises InvalidArgument: for a bad argument or a message of other versions.
        :raises InvalidOperation: when the channel is not OPEN, nothing was sent, or the message is not EMPTY.
        :raises InvalidFormat: when the reply is no envelope of the channel's version, holds a DTD, matches no
            description, or its body does not fit; with path and offset. Also when there is no message and one is
            required.
        :raises EndpointFaultReceived: when the reply is a SOAP fault, in ``fault``; with ``faults_as_errors`` the error
            of the condition that the fault stands for.
        :raises EndpointFailure: for a response with an error status and no readable fault.
        :raises QuotaExceeded: when a quota is exceeded.
        """
        return self._machine.receive(message, descriptions, receive_option, option)

    def request_reply(
        self,
        request: Message,
        request_description: MessageDescription,
        value: object,
        reply: Message,
        reply_description: MessageDescription,
        *,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
        read_option: ReadOption = ReadOption.REQUIRED_VALUE,
    ) -> Any:
        """WsRequestReply: send ``request``, receive ``reply``, and return the value of its body.

        An EMPTY ``request`` is initialized as REQUEST. With addressing in the envelope it carries a MessageID, and the
        reply must relate to it.

        :raises WsError: as :meth:`send_message` and :meth:`receive_message`; InvalidFormat also when the reply does not
            relate to the request or has another action than ``reply_description``.
        """
        machine = self._machine
        self._transmit(
            machine.start_request_reply(
                request,
                request_description,
                value,
                option,
                reply=reply,
                reply_description=reply_description,
                read_option=read_option,
            )
        )
        return machine.receive_reply(request, reply, reply_description, read_option)

    def preview(
        self,
        message: Message,
        description: MessageDescription,
        value: object = None,
        *,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
    ) -> HttpRequest:
        """The request that :meth:`send_message` would send with the same arguments, byte for byte; nothing is sent.

        Its ``to_bytes()`` is the whole request as it goes over the connection. Neither the channel nor the message
        changes.

        :raises InvalidArgument, InvalidOperation, InvalidFormat, NumericOverflow, QuotaExceeded: as
            :meth:`send_message` does before it sends.
        """
        return self._machine.preview(message, description, value, option)

    def __enter__(self) -> Channel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _transmit(self, request: HttpRequest) -> None:
        machine, transport = self._machine, self._transport
        if transport is None:
            raise AssertionError("an open channel has a transport")
        try:
            head, body = transport.call(request, machine.limits)
        except TransportError as error:
            raise machine.failed(error) from error
        except BaseException:
            machine.interrupted()
            raise
        machine.response(head, body)

    def _release_transport(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None and self._given_transport is None:
            transport.close()
