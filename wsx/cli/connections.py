"""What a worker sends its rows over: a channel of its own, with the messages that the command line describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from wsx.channel import Channel, ChannelProperties, ChannelState, ReceiveOption
from wsx.cli.credentials import Security
from wsx.cli.rows import Row
from wsx.cli.tables import CustomHeader
from wsx.cli.values import element_from_data, element_to_data
from wsx.descriptions import ElementDescription, MessageDescription, StructDescription, StructOption, Type
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderAttribute, Message, MessageInitialization
from wsx.values import EndpointAddress

__all__ = ["ChannelConnection", "Plan", "request_bytes"]


# Matches every reply and skips what its body holds.
_ANYTHING: Final = MessageDescription(
    None,
    ElementDescription(
        None, None, Type.STRUCT, StructDescription(dict, [], options=StructOption.IGNORE_TRAILING_ELEMENT_CONTENT)
    ),
)


@dataclass(frozen=True)
class Plan:
    """What every row becomes and where it goes.

    ``timeout`` is in seconds and limits each phase of a call; None keeps the channel's own limits.
    """

    url: str
    message: MessageDescription
    reply: MessageDescription | None
    headers: tuple[CustomHeader, ...]
    must_understand: bool
    envelope: EnvelopeVersion
    addressing: AddressingVersion
    timeout: float | None
    security: Security = Security()  # noqa: RUF009 (frozen)

    @property
    def body(self) -> ElementDescription:
        """The element that a row fills."""
        if self.message.body is None:
            raise AssertionError("a plan is made for messages with a body")
        return self.message.body

    def properties(self) -> ChannelProperties:
        """The properties of the channels."""
        proxy = self.security.proxy
        if self.timeout is None:
            return ChannelProperties(envelope_version=self.envelope, addressing_version=self.addressing, proxy=proxy)
        return ChannelProperties(
            envelope_version=self.envelope,
            addressing_version=self.addressing,
            proxy=proxy,
            resolve_timeout=self.timeout,
            connect_timeout=self.timeout,
            send_timeout=self.timeout,
            receive_response_timeout=self.timeout,
            receive_timeout=self.timeout,
        )

    def prepare(self, message: Message) -> None:
        """Make ``message`` the request of one row, up to its body."""
        message.reset()
        message.initialize(MessageInitialization.REQUEST)
        attributes = HeaderAttribute.MUST_UNDERSTAND if self.must_understand else HeaderAttribute.NONE
        for header in self.headers:
            message.add_custom_header(header.element, header.value, attributes=attributes)


class ChannelConnection:
    """One open channel with its two messages, used by one thread but for :meth:`abort`."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._channel = Channel(security=plan.security.description, properties=plan.properties())
        self._channel.open(EndpointAddress(plan.url))
        self._request = self._channel.create_message()
        self._reply = self._channel.create_message()

    @property
    def usable(self) -> bool:
        """Whether the channel is still open."""
        return self._channel.state is ChannelState.OPEN

    def send(self, row: Row) -> Any:
        """Send ``row`` and return its reply, None when no table describes it. Raises ValueProblem and WsError."""
        plan = self._plan
        value = element_from_data(plan.body, row.data)
        plan.prepare(self._request)
        self._reply.reset()
        if plan.reply is None or plan.reply.body is None:
            self._channel.send_message(self._request, plan.message, value)
            # One-way services answer with an empty response; a fault raises, any other body is not looked at.
            self._channel.receive_message(self._reply, [_ANYTHING], receive_option=ReceiveOption.OPTIONAL_MESSAGE)
            return None
        reply = self._channel.request_reply(self._request, plan.message, value, self._reply, plan.reply)
        return element_to_data(plan.reply.body, reply)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def abort(self) -> None:
        """Abort the channel; a call under way in another thread fails with WS_E_OPERATION_ABORTED."""
        self._channel.abort()


def request_bytes(plan: Plan, row: Row) -> bytes:
    """The whole HTTP request of ``row``, as it would go over the connection. Raises ValueProblem and WsError.

    tests/cli compares it with what really goes.
    """
    with Channel(properties=plan.properties()) as channel:
        channel.open(EndpointAddress(plan.url))
        message = channel.create_message()
        plan.prepare(message)
        return channel.preview(message, plan.message, element_from_data(plan.body, row.data)).to_bytes()
