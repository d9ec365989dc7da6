"""Channels of both drivers for one test: ``make`` of tests/channel/conftest.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.loops import LoopChannel
from tests.support.tables import ENVELOPE_11, int32
from wsx.channel import AsyncChannel, Channel, ChannelProperties
from wsx.descriptions import MessageDescription
from wsx.message import AddressingVersion, EnvelopeVersion

MakeChannel = Callable[..., Channel]


def make_async(made: list[LoopChannel], **arguments: Any) -> Any:
    """An ``AsyncChannel`` that is called like a ``Channel``; it is added to ``made``, to be stopped."""
    made.append(LoopChannel(AsyncChannel(**arguments)))
    return made[-1]


ASK = MessageDescription("act", int32("q"))
GOT = MessageDescription(None, int32("r"))
# What a channel of :func:`soap_11` sends for ``ASK`` with the value 1, and a reply for ``GOT`` with the value 5.
ASKED = f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body><q xmlns="ns">1</q></s:Body></s:Envelope>'.encode()
REPLY = f'<s:Envelope xmlns:s="{ENVELOPE_11}"><s:Body><r xmlns="ns">5</r></s:Body></s:Envelope>'.encode()


def soap_11(**more: Any) -> ChannelProperties:
    """Properties for SOAP 1.1 without addressing, and ``more``."""
    return ChannelProperties(
        envelope_version=EnvelopeVersion.SOAP_1_1, addressing_version=AddressingVersion.TRANSPORT, **more
    )


def ask(channel: Channel) -> None:
    """Send ``ASK`` with the value 1."""
    channel.send_message(channel.create_message(), ASK, 1)


def ask_and_get(channel: Channel) -> object:
    """Send ``ASK`` with the value 1; the value of the reply."""
    return channel.request_reply(channel.create_message(), ASK, 1, channel.create_message(), GOT)
