"""Clients of a service: what generated classes and the proxy are made of (WS_SERVICE_PROXY)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar, cast

from wsx.channel import AsyncChannel, Channel, ChannelProperties, ChannelState, ReceiveOption
from wsx.channel.base import ChannelBase
from wsx.declare import element_of
from wsx.descriptions import ReadOption
from wsx.enumerations import AddressingVersion, EnvelopeVersion
from wsx.errors import (
    InvalidArgument,
    InvalidOperation,
    ObjectFaulted,
    OperationAbandoned,
    OperationAborted,
    QuotaExceeded,
    WsError,
)
from wsx.leniency import Forgiven, Leniency
from wsx.message import Message, MessageInitialization
from wsx.security import SecurityDescription
from wsx.service.contract import Operation, declared_fault
from wsx.service.values import as_value
from wsx.transport import AsyncTransport, HttpRequest, Transport
from wsx.values import UNSET, Unset
from wsx.xml import read_element

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AsyncClient", "Client", "ClientBase"]

AnyChannel = TypeVar("AnyChannel", bound=ChannelBase[Any, Any])
Result = TypeVar("Result")
Headers: TypeAlias = Mapping[str, Any] | Iterable[Any]

_STRICT = Leniency()
# WS_PROXY_PROPERTY_CALL_TIMEOUT, in seconds; with it a proxy switches the timeouts of its channels off.
_CALL_TIMEOUT = 30.0
_PHASES = ("resolve_timeout", "connect_timeout", "send_timeout", "receive_response_timeout", "receive_timeout")


@dataclass(eq=False)
class _Pending:
    """A call that is under way."""

    call_id: int
    channel: ChannelBase[Any, Any] | None = None
    abandoned: bool = False


class ClientBase(Generic[AnyChannel]):
    """A client without the operations that wait.

    Any number of threads, or of tasks of one event loop, may use a client; each call has a channel of its own, and up
    to ``max_call_pool_size`` channels stay open between calls (…_MAX_CALL_POOL_SIZE). More than ``max_pending_calls``
    calls at once are refused with QuotaExceeded (…_MAX_PENDING_CALLS).
    """

    default_address: ClassVar[str] = ""
    """Where the service is, as its WSDL says."""
    envelope_version: ClassVar[EnvelopeVersion] = EnvelopeVersion.SOAP_1_1
    addressing_version: ClassVar[AddressingVersion] = AddressingVersion.TRANSPORT

    def __init__(
        self,
        address: str | None = None,
        *,
        properties: ChannelProperties | Mapping[str, Any] | None = None,
        timeout: float | Unset | None = UNSET,
        security: SecurityDescription | None = None,
        soap_headers: Headers = (),
        transport: Callable[[], Any] | None = None,
        leniency: Leniency | None = None,
        on_forgiven: Callable[[str, Sequence[Forgiven]], object] | None = None,
        max_call_pool_size: int = 5,
        max_pending_calls: int = 100,
    ) -> None:
        """A client of the service at ``address``, by default the one of the WSDL. Nothing is sent yet.

        ``properties`` are those of the channels (timeouts, sizes, proxy), with the versions of SOAP and WS-Addressing;
        a mapping has the ones that differ from those of the binding. ``timeout`` is the seconds that a call may take in
        all, None for no limit (…_CALL_TIMEOUT); it takes the place of the timeouts of the channel. Without it and
        without ``properties`` it is 30. ``soap_headers`` go with every call. ``transport`` makes the transport of a
        channel. ``leniency`` switches on what replies may do that their schema does not allow (the one of
        ``properties``, if it is not given); ``on_forgiven`` is called with the name of the operation and what was let
        pass in a reply.

        :raises InvalidArgument: when there is no address, or a limit is none.
        """
        self.address = self.default_address if address is None else address
        if not self.address:
            raise InvalidArgument("the WSDL has no address for this service; give one")
        for name, value in (("max_call_pool_size", max_call_pool_size), ("max_pending_calls", max_pending_calls)):
            if type(value) is not int or value < 1:
                raise InvalidArgument(f"{name} must be a positive integer, not {value!r}")
        self._properties = self._with_timeout(properties, timeout)
        if leniency is not None:
            self._properties = replace(self._properties, leniency=leniency)
        self._on_forgiven = on_forgiven
        self._security = security
        self._headers = soap_headers
        self._transport = transport
        self._pool: list[AnyChannel] = []
        self._most_pooled = max_call_pool_size
        self._most_pending = max_pending_calls
        self._pending: dict[int, _Pending] = {}
        self._closed = False
        self._lock = threading.Lock()

    @property
    def closed(self) -> bool:
        """Was the client closed?"""
        return self._closed

    def _with_timeout(
        self, properties: ChannelProperties | Mapping[str, Any] | None, timeout: float | Unset | None
    ) -> ChannelProperties:
        made = properties
        if not isinstance(made, ChannelProperties):
            own = {"envelope_version": self.envelope_version, "addressing_version": self.addressing_version}
            try:
                made = ChannelProperties(**{**own, **dict(made or {})})
            except TypeError as error:
                raise InvalidArgument(f"properties: {error}".replace("ChannelProperties.__init__() ", "")) from error
        if properties is None and timeout is UNSET:
            timeout = _CALL_TIMEOUT
        if timeout is UNSET:
            return made
        changes: dict[str, Any] = {"total_timeout": timeout, **dict.fromkeys(_PHASES)}
        return replace(made, **changes)

    def abandon_calls(self, call_id: int = 0) -> None:
        """WsAbandonCall: calls that wait end with OperationAbandoned; those of ``call_id``, or all for 0.

        Any thread may call it. What was sent stays sent; the connection of the call is cut.
        """
        with self._lock:
            found = [one for one in self._pending.values() if call_id in (0, one.call_id)]
            for one in found:
                one.abandoned = True
        for one in found:
            if one.channel is not None:
                one.channel.abort()

    @staticmethod
    def _error(operation: Operation[Any], error: WsError, call: _Pending) -> WsError:
        """What a call raises for an error of its channel."""
        if call.abandoned and isinstance(error, (OperationAborted, ObjectFaulted)):
            return OperationAbandoned(f"{operation.name}: the call was abandoned", original=error)
        return declared_fault(operation, error)

    def _begin(self, call: _Pending, channel: AnyChannel) -> AnyChannel:
        """The call has its channel; OperationAbandoned when it was given up before."""
        with self._lock:
            call.channel = channel
            abandoned = call.abandoned
        if abandoned:
            channel.abort()
        return channel

    def _acquire(self, call: _Pending) -> AnyChannel | None:
        """An open channel of the pool, None when a new one is needed; counts the call."""
        with self._lock:
            if self._closed:
                raise InvalidOperation("the client is closed")
            if len(self._pending) >= self._most_pending:
                raise QuotaExceeded(f"more than {self._most_pending} calls at once (max_pending_calls)")
            self._pending[id(call)] = call
            return self._pool.pop() if self._pool else None

    def _release(self, call: _Pending, channel: AnyChannel | None) -> AnyChannel | None:
        """Puts a channel back; returns it when it has to be closed instead."""
        with self._lock:
            del self._pending[id(call)]
            if channel is None:
                return None
            if self._closed or channel.state is not ChannelState.OPEN or len(self._pool) >= self._most_pooled:
                return channel
            self._pool.append(channel)
            return None

    def _take_pool(self) -> list[AnyChannel]:
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, []
            return pool

    def _request(self, channel: AnyChannel, operation: Operation[Any], soap_headers: Headers) -> Message:
        message = channel.create_message()
        addressed = channel.properties.addressing_version is not AddressingVersion.TRANSPORT
        with_reply = addressed and not operation.one_way
        message.initialize(MessageInitialization.REQUEST if with_reply else MessageInitialization.BLANK)
        for given in (self._headers, soap_headers):
            _add_headers(message, operation, given)
        return message

    def _result(self, operation: Operation[Any], value: Any, reply: Message) -> Any:
        """What a call returns for the value in the body of the reply."""
        element = operation.reply_element
        forgiven = list(reply.forgiven)
        if element is not None and operation.read_later:
            if operation.encoded:
                from wsx.service.encoded import decode  # noqa: PLC0415 - needs lxml

                data = decode(value["elements"], element)
            else:
                data = value.to_bytes()
            given = self._properties.leniency or _STRICT
            found: list[Forgiven] = []
            value = read_element(element, data, leniency=replace(given, any_order=True), forgiven=found)
            # Any order is what the schema allows for xs:all, and SOAP encoding for all.
            forgiven += [one for one in found if one.rule != "any_order"]
        if forgiven and self._on_forgiven is not None:
            self._on_forgiven(operation.name, forgiven)
        if element is None:
            return None
        return value if operation.result is None else getattr(value, operation.result)

    @staticmethod
    def _reply_headers(operation: Operation[Any], reply: Message, found: dict[str, Any] | None) -> None:
        if found is not None:
            for name, element in operation.reply_header_elements.items():
                value = reply.get_custom_header(element, option=ReadOption.OPTIONAL_POINTER)
                if value is not None:
                    found[name] = value


def _add_headers(message: Message, operation: Operation[Any], given: Headers) -> None:
    if isinstance(given, Mapping):
        for name, value in given.items():
            element = operation.header_elements.get(name)
            if element is None:
                known = ", ".join(operation.headers) or "none"
                raise InvalidArgument(f"{operation.name} declares no header {name!r}; those declared: {known}")
            message.add_custom_header(element, as_value(element, value))
        return
    for item in given:
        element, value = item if isinstance(item, tuple) else (type(item), item)
        message.add_custom_header(element_of(element), as_value(element, value))


class Client(ClientBase[Channel]):
    """A client that waits for replies. As a context manager it is closed at the end."""

    def call(
        self,
        operation: Operation[Result],
        value: Any = None,
        *,
        soap_headers: Headers = (),
        reply_headers: dict[str, Any] | None = None,
        call_id: int = 0,
    ) -> Result:
        """WsCall: send the request, and return the result of the reply.

        ``value`` is the value of the request's body. ``soap_headers`` are a mapping from names of declared headers to
        values, or a list of objects of classes made by ``@wsx.struct`` and of pairs (element description, value).
        ``reply_headers`` is filled with the declared headers of the reply. ``call_id`` is the group of calls that
        :meth:`abandon_calls` ends (WS_CALL_PROPERTY_CALL_ID).

        :raises OperationAbandoned: when the call was abandoned.
        :raises OperationTimedOut: when it takes longer than ``timeout``.
        :raises ServiceFault: the class of a declared fault, when the service answers with it.
        :raises WsError: as :meth:`Channel.request_reply`.
        :raises InvalidOperation: when the client is closed.
        :raises QuotaExceeded: when too many calls are under way.
        """
        pending = _Pending(call_id)
        channel = self._acquire(pending)
        try:
            channel = self._begin(pending, channel or self._new_channel())
            request = self._request(channel, operation, soap_headers)
            if operation.one_way:
                channel.send_message(request, operation.request_message, value, option=operation.write_option)
                channel.receive_message(
                    channel.create_message(), [operation.reply_message], receive_option=ReceiveOption.OPTIONAL_MESSAGE
                )
                return cast("Result", None)
            reply = channel.create_message()
            received = channel.request_reply(
                request,
                operation.request_message,
                value,
                reply,
                operation.reply_message,
                option=operation.write_option,
                read_option=operation.read_option,
            )
            self._reply_headers(operation, reply, reply_headers)
            return cast("Result", self._result(operation, received, reply))
        except WsError as error:
            declared = self._error(operation, error, pending)
            if declared is error:
                raise
            raise declared from error
        finally:
            leftover = self._release(pending, channel)
            if leftover is not None:
                leftover.close()

    def preview(self, operation: Operation[Any], value: Any = None, *, soap_headers: Headers = ()) -> HttpRequest:
        """The request that :meth:`call` would send, byte for byte; nothing is sent."""
        with self._new_channel() as channel:
            request = self._request(channel, operation, soap_headers)
            return channel.preview(request, operation.request_message, value, option=operation.write_option)

    def _new_channel(self) -> Channel:
        transport: Transport | None = None if self._transport is None else self._transport()
        channel = Channel(properties=self._properties, security=self._security, transport=transport)
        channel.open(self.address)
        return channel

    def close(self) -> None:
        """WsCloseServiceProxy: close the connections; a call under way ends, later ones are refused."""
        for channel in self._take_pool():
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(ClientBase[AsyncChannel]):
    """As :class:`Client`, with ``await``."""

    async def call(
        self,
        operation: Operation[Result],
        value: Any = None,
        *,
        soap_headers: Headers = (),
        reply_headers: dict[str, Any] | None = None,
        call_id: int = 0,
    ) -> Result:
        """As :meth:`Client.call`."""
        pending = _Pending(call_id)
        channel = self._acquire(pending)
        try:
            channel = self._begin(pending, channel or await self._new_channel())
            request = self._request(channel, operation, soap_headers)
            if operation.one_way:
                await channel.send_message(request, operation.request_message, value, option=operation.write_option)
                await channel.receive_message(
                    channel.create_message(), [operation.reply_message], receive_option=ReceiveOption.OPTIONAL_MESSAGE
                )
                return cast("Result", None)
            reply = channel.create_message()
            received = await channel.request_reply(
                request,
                operation.request_message,
                value,
                reply,
                operation.reply_message,
                option=operation.write_option,
                read_option=operation.read_option,
            )
            self._reply_headers(operation, reply, reply_headers)
            return cast("Result", self._result(operation, received, reply))
        except WsError as error:
            declared = self._error(operation, error, pending)
            if declared is error:
                raise
            raise declared from error
        finally:
            leftover = self._release(pending, channel)
            if leftover is not None:
                await leftover.close()

    async def preview(self, operation: Operation[Any], value: Any = None, *, soap_headers: Headers = ()) -> HttpRequest:
        """As :meth:`Client.preview`."""
        async with await self._new_channel() as channel:
            request = self._request(channel, operation, soap_headers)
            return channel.preview(request, operation.request_message, value, option=operation.write_option)

    async def _new_channel(self) -> AsyncChannel:
        transport: AsyncTransport | None = None if self._transport is None else self._transport()
        channel = AsyncChannel(properties=self._properties, security=self._security, transport=transport)
        await channel.open(self.address)
        return channel

    async def close(self) -> None:
        """As :meth:`Client.close`."""
        for channel in self._take_pool():
            await channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
