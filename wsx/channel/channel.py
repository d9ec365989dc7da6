"""The driver of a channel that calls; :class:`AsyncChannel` is the same with ``await``, and a test compares the two."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from wsx.channel.enums import ReceiveOption
from wsx.channel.machine import Received
from wsx.channel.stream_channel import StreamChannel
from wsx.descriptions import MessageDescription, ReadOption, WriteOption
from wsx.message.message import Message
from wsx.transport import TransportError, default_transport
from wsx.values import EndpointAddress

__all__ = ["Channel"]


class Channel(StreamChannel):
    """A client channel to one endpoint (WS_CHANNEL).

    ``type`` and ``binding``: REQUEST over HTTP is available in this version. ``properties`` never change. ``security``
    says how the channel uses TLS and authenticates to the server and the proxy. ``transport``
    carries the bytes; without it the channel makes one of its own when it is opened, which keeps its connection alive
    between messages. A transport that is given stays the caller's: the channel never closes it.

    A request channel alternates: :meth:`send_message`, then :meth:`receive_message`, or both as :meth:`request_reply`.
    Every failure is a :class:`WsError` with the endpoint's URL; ``state`` then says whether the channel can be used
    again. OPEN: yes, also after a failure of the network, for the next message gets a new connection. FAULTED: the
    channel was aborted; :meth:`close` and :meth:`reset` it.

    One thread at a time may use a channel, but :meth:`abort` may be called by any thread at any time. As a context
    manager the channel is closed at the end.
    """

    __slots__ = ()

    def open(self, address: str | EndpointAddress) -> None:
        """WsOpenChannel: CREATED → OPEN. Nothing is sent yet; a failure leaves the channel CREATED.

        A DNS identity of ``address`` is the name that the server's certificate must have.

        :raises InvalidArgument: when ``address`` is no address or holds a control character.
        :raises InvalidOperation: when the channel is not CREATED.
        :raises InvalidEndpointUrl: when the URL cannot be used with HTTP, or is not https although the security
            description has settings of TLS.
        :raises NotSupported: for security or proxy settings that the transport cannot honour exactly.
        """
        if self._given_transport is not None:
            self._use(self._given_transport)
        elif self._transport is None:
            properties = self._machine.properties
            self._use(
                default_transport(
                    security=self._security_to(address),
                    proxy=properties.proxy,
                    accept_encoding=None,
                    http2=properties.http2,
                )
            )
        self._open_machine(address)

    def close(self) -> None:
        """WsCloseChannel: → CLOSED, whatever happens. Legal also when CREATED (at once) and CLOSED (nothing to do).

        :raises InvalidOperation: while the channel is being opened or closed already.
        """
        self._machine.start_close()
        try:
            self._cut_off()
            with suppress(TransportError):  # another one that is inside lets go of the exchange itself
                self._drop()
            transport = self._take_transport()
            if transport is not None:
                transport.close()
        finally:
            self._machine.finish_close()

    def send_message(
        self,
        message: Message,
        description: MessageDescription,
        value: object = None,
        *,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
        timeout: float | None = None,
    ) -> None:
        """WsSendMessage: write the message, send it, and wait for the response.

        An EMPTY message is initialized as BLANK; one that was initialized keeps its headers. It gets the To header of
        the channel unless it is addressed, and the Action of ``description``; ``value`` is the body. What the reply
        holds is read by :meth:`receive_message`. The message is DONE afterwards, or reset it after a failure.

        ``timeout``: seconds for all of that, redirects included; None is the ``total_timeout`` of the properties.

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
        self._transmit(self._machine.start_send(message, description, value, option, timeout))

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
        if self._machine.reply_in_pieces:
            self._read(self._machine.take_all)
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
        timeout: float | None = None,
    ) -> Any:
        """WsRequestReply: send ``request``, receive ``reply``, and return the value of its body.

        An EMPTY ``request`` is initialized as REQUEST. With addressing in the envelope it carries a MessageID, and the
        reply must relate to it. ``timeout`` is that of :meth:`send_message`.

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
                timeout=timeout,
            )
        )
        if machine.reply_in_pieces:
            self._read(machine.take_all)
        return machine.receive_reply(request, reply, reply_description, read_option)

    def __enter__(self) -> Channel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
