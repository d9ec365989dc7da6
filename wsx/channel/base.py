"""What the channels have in common: everything that waits for nobody.

:class:`ChannelMachine` decides, a driver (:class:`Channel`, :class:`AsyncChannel`) hands its requests to a transport.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from inspect import iscoroutinefunction
from types import MappingProxyType, TracebackType
from typing import Any, Final, Generic, Literal, TypeVar

from wsx.channel.enums import ChannelBinding, ChannelPropertyId, ChannelState, ChannelType, ProtectionLevel
from wsx.channel.events import OnEvent
from wsx.channel.http_exchange import HttpExchange
from wsx.channel.properties import ChannelProperties
from wsx.channel.property_table import PropertyAccess, read_field, row_of
from wsx.channel.streaming import ItemsReply, Need, StreamMachine
from wsx.descriptions import MessageDescription, WriteOption
from wsx.errors import InvalidArgument, NotSupported
from wsx.message.message import Message
from wsx.security import SecurityDescription
from wsx.security.identity import security_to
from wsx.transport import AsyncExchange, AsyncTransport, Capability, Exchange, HttpRequest, Transport
from wsx.values import EndpointAddress

__all__ = ["BINDING_TYPES", "ChannelBase", "ItemsBase", "aiter_items", "iter_items"]

AnyTransport = TypeVar("AnyTransport", bound=Transport | AsyncTransport)
AnyExchange = TypeVar("AnyExchange", bound=Exchange | AsyncExchange)
AnyChannel = TypeVar("AnyChannel", bound="ChannelBase[Any, Any]")
AnyItems = TypeVar("AnyItems", bound="ItemsBase[Any]")

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


class ChannelBase(Generic[AnyTransport, AnyExchange]):
    """A channel without the operations that wait."""

    __slots__ = (
        "__weakref__",
        "_binding",
        "_exchange",
        "_given_transport",
        "_machine",
        "_security",
        "_transport",
        "_type",
    )

    # The one operation that waits for the transport; a driver has it.
    _transmit: Callable[..., Any]

    def __init__(
        self,
        *,
        type: ChannelType = ChannelType.REQUEST,
        binding: ChannelBinding = ChannelBinding.HTTP,
        security: SecurityDescription | None = None,
        properties: ChannelProperties = _DEFAULT_PROPERTIES,
        transport: AnyTransport | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        """WsCreateChannel.

        :raises InvalidArgument: for a type that the binding does not have, or a bad argument.
        :raises NotSupported: for a type or binding that is not available in this version.
        """
        try:
            self._type = ChannelType(type)
            self._binding = ChannelBinding(binding)
        except ValueError as error:
            raise InvalidArgument(f"unknown channel type or binding: {type!r}, {binding!r}") from error
        if self.type not in BINDING_TYPES[self.binding]:
            raise InvalidArgument(f"binding {self.binding.name} has no channel type {self.type!r}")
        if self.type is not ChannelType.REQUEST or self.binding is not ChannelBinding.HTTP:
            raise NotSupported(f"a {self.type!r} channel over {self.binding.name} is not available in this version")
        if not isinstance(properties, ChannelProperties):
            raise InvalidArgument(f"properties must be wsx.ChannelProperties, not {properties!r}")
        if security is not None and not isinstance(security, SecurityDescription):
            raise InvalidArgument(f"security must be a wsx.SecurityDescription, not {security.__class__.__name__}")
        if transport is not None:
            call = getattr(transport, "call", None)
            # The wrong kind would be found out after the request has gone.
            if not callable(call) or iscoroutinefunction(call) != iscoroutinefunction(self._transmit):
                wanted = "an AsyncTransport" if iscoroutinefunction(self._transmit) else "a Transport"
                raise InvalidArgument(f"transport must be {wanted}, not {transport!r}")
            own = security is not None or properties.proxy != _DEFAULT_PROPERTIES.proxy or properties.http2
            if own:
                raise InvalidArgument("a transport that is given has security, proxy and HTTP/2 settings of its own")
        if on_event is not None and not callable(on_event):
            raise InvalidArgument(f"on_event must be a function of one event, not {on_event!r}")
        # What a given transport shows to servers is not known here, unless it says so.
        security = security if transport is None else getattr(transport, "security", None)
        known = transport is None or hasattr(transport, "security")
        anonymous = known and (security is None or not security.identifies)
        http = HttpExchange(properties, anonymous=anonymous, on_event=on_event)
        self._machine = StreamMachine(properties, http, tls_required=security is not None and security.tls is not None)
        self._security = security
        self._given_transport = transport
        self._transport: AnyTransport | None = None
        # What a message in pieces goes through, from its first piece to its last.
        self._exchange: AnyExchange | None = None

    @property
    def type(self) -> ChannelType:
        """WS_CHANNEL_PROPERTY_CHANNEL_TYPE."""
        return self._type

    @property
    def binding(self) -> ChannelBinding:
        """The binding that the channel was made with."""
        return self._binding

    @property
    def state(self) -> ChannelState:
        """WS_CHANNEL_PROPERTY_STATE, a snapshot."""
        return self._machine.state

    @property
    def properties(self) -> ChannelProperties:
        """What the channel was made with, and what :meth:`set_property` has changed since."""
        return self._machine.properties

    @property
    def url(self) -> str | None:
        """The URL that the channel sends to, None before it is opened."""
        return None if self._machine.url is None else str(self._machine.url)

    @property
    def protection_level(self) -> ProtectionLevel:
        """WS_CHANNEL_PROPERTY_PROTECTION_LEVEL: what TLS does for the messages; NONE without it, or not known yet."""
        url = self._machine.url
        tls = (self._security is not None and self._security.tls is not None) if url is None else url.scheme == "https"
        return ProtectionLevel.SIGN_AND_ENCRYPT if tls else ProtectionLevel.NONE

    def get_property(self, property_id: ChannelPropertyId) -> Any:
        """WsGetChannelProperty, in any state; the values are those of the fields of ``ChannelProperties``.

        :raises InvalidArgument: for an unknown property, one of other bindings, and one that cannot be read.
        :raises NotSupported: for one that is not available in this version.
        """
        row = row_of(property_id, PropertyAccess.GET)
        return read_field(self.properties, row) if row.attribute is None else getattr(self, row.attribute)

    def set_property(self, property_id: ChannelPropertyId, value: object) -> None:
        """WsSetChannelProperty, in any state, for those that docs/channels.md says: timeouts and FAULTS_AS_ERRORS.

        It holds from the next request on.

        :raises InvalidArgument: for another property, and a value that is not possible.
        :raises NotSupported: for one that is not available in this version.
        """
        self._machine.change(self.properties.with_property(property_id, value))

    def abort(self) -> None:
        """WsAbortChannel: stop what is under way, from any thread; never waits and never fails.

        An OPEN channel is FAULTED then, and an operation under way ends with :class:`OperationAborted`.
        """
        self._machine.abort()
        transport = self._transport
        if transport is not None:
            transport.abort()

    def abandon_message(self, message: Message) -> None:
        """WsAbandonMessage: give up the message that is being written or read; the channel can be used again.

        Nothing is waited for. A message that was written in pieces never looks whole to the endpoint: the exchange is
        cut off. ``message`` is DONE.

        :raises InvalidArgument: for a message of other versions.
        :raises InvalidOperation: when the channel is neither OPEN nor FAULTED, or the message is not the current one.
        """
        self._machine.abandon(message)
        self._cut_off()

    def _cut_off(self) -> None:
        """End the exchange; what is left of it is let go of by the next operation."""
        exchange = self._exchange
        if exchange is not None:
            exchange.abort()

    @property
    def _streaming_transport(self) -> Any:
        """The transport, which has exchanges: the machine asks for them only then."""
        return self._transport

    def reset(self) -> None:
        """WsResetChannel: a CLOSED channel is CREATED again, with the same properties.

        :raises InvalidOperation: when the channel is neither CREATED nor CLOSED.
        """
        self._machine.reset()

    def create_message(self) -> Message:
        """WsCreateMessageForChannel: an EMPTY message of the channel's versions, in any state of the channel."""
        return self._machine.create_message()

    def preview(
        self,
        message: Message,
        description: MessageDescription,
        value: object = None,
        *,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
    ) -> HttpRequest:
        """The request that :meth:`send_message` would send with the same arguments, byte for byte; nothing is sent.

        Credentials are not shown: the transport writes the Authorization line, from the security settings.

        Its ``to_bytes()`` is the whole request as it goes over the connection. Neither the channel nor the message
        changes.

        :raises InvalidArgument, InvalidOperation, InvalidFormat, NumericOverflow, QuotaExceeded: as
            :meth:`send_message` does before it sends.
        """
        return self._machine.preview(message, description, value, option)

    def _security_to(self, address: object) -> SecurityDescription | None:
        """The channel's security, with the identity that the endpoint's address tells."""
        if self._machine.state is not ChannelState.CREATED:
            return self._security
        return security_to(address, self._security)

    def _open_machine(self, address: str | EndpointAddress) -> None:
        """Open the machine. After a failure the transport, which has no connection yet, serves no other address."""
        try:
            self._machine.open(address)
        except BaseException:
            if self._machine.state is ChannelState.CREATED:
                self._take_transport()
            raise

    def _use(self, transport: AnyTransport) -> None:
        """``transport`` is the one that carries the channel's messages from now on."""
        self._transport = transport
        self._machine.can_stream = Capability.STREAMING in transport.capabilities

    def _take_transport(self) -> AnyTransport | None:
        """The transport to close: the channel's own, but not one that was given to it."""
        transport, self._transport = self._transport, None
        self._machine.can_stream = False
        return transport if self._given_transport is None else None


class ItemsBase(Generic[AnyChannel]):
    """The items of a reply, without what waits for them."""

    __slots__ = ("__weakref__", "_channel", "_ready", "_reply")

    def __init__(self, channel: AnyChannel, reply: ItemsReply) -> None:
        self._channel = channel
        self._reply = reply
        # Items that came already.
        self._ready: deque[Any] = deque()

    def close(self) -> None:
        """Give up the items that were not read; the message is DONE, and the channel can be used again."""
        self._ready.clear()
        if self._channel._machine.give_up_items(self._reply):
            self._channel._cut_off()

    def __enter__(self: AnyItems) -> AnyItems:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # An iterator that is let go of: a loop was left early.
        if hasattr(self, "_reply"):
            self.close()

    def _next(self) -> Sequence[Any] | Literal[Need.MORE]:
        return self._channel._machine.next_items(self._reply)


def iter_items(items: object) -> Iterator[Any]:
    """The items to send, one by one.

    :raises InvalidArgument: when they cannot be iterated over.
    """
    if not isinstance(items, Iterable):
        raise InvalidArgument(f"items must be iterable, not {type(items).__name__}")
    return iter(items)


def aiter_items(items: object) -> AsyncIterator[Any]:
    """The items to send, one by one; an iterable that does not wait is taken as well.

    :raises InvalidArgument: when they cannot be iterated over.
    """
    if isinstance(items, AsyncIterable):
        return aiter(items)
    return _Ready(iter_items(items))


class _Ready:
    """Items of an iterator that does not wait, for one who does."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items

    def __aiter__(self) -> _Ready:
        return self

    async def __anext__(self) -> Any:
        for item in self._items:
            return item
        raise StopAsyncIteration
