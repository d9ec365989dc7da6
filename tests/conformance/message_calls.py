"""The functions of messages and channels in a script, on Message and Channel."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any, Final

from tests.conformance.found import fault_notation
from tests.conformance.tables import Builder, read_option, write_option
from tests.conformance.vectors import NoCounterpart, Result, Unmapped
from wsx import (
    AddressingVersion,
    Channel,
    ChannelBinding,
    ChannelProperties,
    ChannelType,
    ElementDescription,
    Encoding,
    EnvelopeVersion,
    HeaderAttribute,
    HeaderType,
    Message,
    MessageDescription,
    MessageInitialization,
    ReadOption,
    RepeatingHeaderOption,
)
from wsx._writer import Output

__all__ = ["CALLS", "MISSING", "NO_UUID", "OWN_DEFAULTS", "MessageCalls"]

NO_UUID: Final = "urn:uuid:00000000-0000-0000-0000-000000000000"
# Long enough for a loaded machine, short enough to end a run that hangs.
_TIMEOUT: Final = 10.0
# Defaults of wsx that are not those of Windows (design, §5).
OWN_DEFAULTS: Final = {"max_buffered_message_size": ChannelProperties().max_buffered_message_size}

_ENVELOPES: Final = {
    "soap11": EnvelopeVersion.SOAP_1_1,
    "soap12": EnvelopeVersion.SOAP_1_2,
    "none": EnvelopeVersion.NONE,
    "zero": 0,
}
_ADDRESSINGS: Final = {
    "0.9": AddressingVersion.V0_9,
    "1.0": AddressingVersion.V1_0,
    "transport": AddressingVersion.TRANSPORT,
    "zero": 0,
}
_INITIALIZATIONS: Final = {kind.name.lower(): kind for kind in MessageInitialization} | {"invalid": 99}
_HEADERS: Final = {kind.name.lower(): kind for kind in HeaderType} | {"zero": 0, "invalid": 99}
_REPEATS: Final = {kind.name.lower(): kind for kind in RepeatingHeaderOption}
_MESSAGE_PROPERTIES: Final = ("state", "envelope_version", "addressing_version", "is_addressed", "is_fault")
_UUID: Final = re.compile("urn:uuid:[0-9a-fA-F-]{36}")


def _known(names: dict[str, Any], name: str, what: str) -> Any:
    if name not in names:
        raise Unmapped(f"{what} {name}")
    return names[name]


class MessageCalls:
    """Messages and a channel by name; ``base`` is the address of the server."""

    def __init__(self, builder: Builder, base: str, supplied: str) -> None:
        self.builder = builder
        self.base = base
        # Ids that the vector itself gives stay as they are; all others are made by chance.
        self.supplied = set(_UUID.findall(supplied))
        self.messages: dict[str, Message] = {}
        self.channel: Channel | None = None
        self.output = Output()
        self.written = b""

    def text(self, data: bytes) -> str:
        """The bytes as text, with what changes from run to run replaced (README §7)."""
        text = data.decode()
        for found in set(_UUID.findall(text)) - self.supplied:
            text = text.replace(found, NO_UUID)
        if self.base:
            text = text.replace(self.base, "{base}").replace(self.base.removeprefix("http://"), "{host}")
        return text

    def everything(self) -> bytes:
        """What was written so far to the script's writer."""
        self.written += self.output.take()
        return self.written

    def message(self, call: Any) -> Message:
        found: Message = self._object(self.messages, call.get("message", "m"))
        return found

    def opened(self, call: Any) -> Channel:
        if self.channel is None:
            raise NoCounterpart("null_object", "no channel")
        return self.channel

    @staticmethod
    def _object(known: dict[str, Any], name: Any) -> Any:
        # An object that was not made is NULL in C.
        if name not in known:
            raise NoCounterpart("null_object", str(name))
        return known[name]

    def element(self, table: Any, given: Any = None) -> ElementDescription:
        return None if table is None else self.builder.element(table, given)  # type: ignore[return-value]

    def value(self, call: Any, table: Any) -> Any:
        return call["value"] if table is None else self.builder.top(table, call["option"], call["value"])

    # Messages

    def create(self, call: Any) -> None:
        envelope = _known(_ENVELOPES, call["envelope"], "envelope version")
        addressing = _known(_ADDRESSINGS, call["addressing"], "addressing version")
        self.messages[call.get("message", "m")] = Message(envelope, addressing)

    def create_for_channel(self, call: Any) -> None:
        self.messages[call.get("message", "m")] = self.opened(call).create_message()

    def initialize(self, call: Any) -> None:
        self.message(call).initialize(_known(_INITIALIZATIONS, call["initialization"], "initialization"))

    def set_header(self, call: Any) -> None:
        option, kind, given = call["option"], call["type"], call["value"]
        if option not in ("required_value", "required_pointer") or (kind == "wsz" and option.endswith("_value")):
            raise NoCounterpart("no_header_option", option)
        if isinstance(given, dict) and kind == "unique_id":
            made = self.builder.scalar(kind, given)
            given = made if isinstance(made, str) else made.urn
        self.message(call).set_header(_known(_HEADERS, call["header"], "header"), given)

    def get_header(self, call: Any) -> Result:
        kind = _known(_HEADERS, call["header"], "header")
        return {"value": self.message(call).get_header(kind, option=read_option(call["option"]))}

    def remove_header(self, call: Any) -> None:
        self.message(call).remove_header(_known(_HEADERS, call["header"], "header"))

    def add_custom_header(self, call: Any) -> None:
        attributes = HeaderAttribute.NONE
        for name in call.get("attributes") or ():
            attributes |= _known({kind.name: kind for kind in HeaderAttribute}, name.upper(), "attribute")  # type: ignore[misc]
        element = self.element(call["element"], call["value"])
        value, option = self.value(call, call["element"]), write_option(call["option"])
        self.message(call).add_custom_header(element, value, option=option, attributes=attributes)

    def get_custom_header(self, call: Any) -> Result:
        table = call["element"]
        found = self.message(call).get_custom_header(
            self.element(table),
            option=read_option(call["option"]),
            repeating=_known(_REPEATS, call.get("repeat", "singleton"), "repeating header option"),
            index=call.get("index", 0),
        )
        return {"typed": (table, found)}

    def remove_custom_header(self, call: Any) -> None:
        self.message(call).remove_custom_header(call["name"], call["ns"])

    def add_mapped_header(self, call: Any) -> None:
        self.message(call).add_mapped_header(call["name"], call["value"])

    def get_mapped_header(self, call: Any) -> Result:
        return {"value": self.message(call).get_mapped_header(call["name"], option=ReadOption.OPTIONAL_POINTER)}

    def remove_mapped_header(self, call: Any) -> None:
        self.message(call).remove_mapped_header(call["name"])

    def write_envelope_start(self, call: Any) -> None:
        self.message(call).write_envelope_start(self.output)

    def write_body(self, call: Any) -> None:
        element = self.element(call["element"], call["value"])
        value, option = self.value(call, call["element"]), write_option(call["option"])
        self.message(call).write_body(element, value, option)

    def write_envelope_end(self, call: Any) -> None:
        self.message(call).write_envelope_end()

    def read_envelope_start(self, call: Any) -> None:
        xml = call["xml"]
        data: Any = None if xml is None else xml.encode("utf-8", "surrogatepass")
        self.message(call).read_envelope_start(data)

    def read_body(self, call: Any) -> Result:
        message, table = self.message(call), call["element"]
        if table is not None and table["type"] == "fault":
            return {"value": fault_notation(message.read_fault())}
        return {"typed": (table, message.read_body(self.element(table), read_option(call["option"])))}

    def read_envelope_end(self, call: Any) -> None:
        self.message(call).read_envelope_end()

    def get_message_property(self, call: Any) -> Result:
        name = call["property"]
        if name not in _MESSAGE_PROPERTIES:
            raise Unmapped(f"WsGetMessageProperty: {name}")
        return {"value": _name_of(getattr(self.message(call), name))}

    def header_buffer(self, call: Any) -> Result:
        return self.bytes(self.message(call).header_buffer)

    def bytes(self, data: bytes) -> Result:
        return {"text": self.text(data), "bytes": base64.b64encode(data).decode()}

    # Channels

    def create_channel(self, call: Any) -> None:
        properties: dict[str, Any] = {"connect_timeout": _TIMEOUT, "receive_response_timeout": _TIMEOUT}
        for name, value in (call.get("properties") or {}).items():
            match name:
                case "envelope_version":
                    properties[name] = _known(_ENVELOPES, value, name)
                case "addressing_version":
                    properties[name] = _known(_ADDRESSINGS, value, name)
                case "encoding":
                    properties[name] = _known(_ENCODINGS, value, name)
                case _ if hasattr(ChannelProperties, name):
                    properties[name] = value
                case _:
                    raise Unmapped(f"channel property {name}")
        kind = _known(dict(ChannelType.__members__), call["channel_type"].upper(), "channel type")
        binding = _known(dict(ChannelBinding.__members__), call["binding"].upper(), "channel binding")
        self.channel = Channel(type=kind, binding=binding, properties=ChannelProperties(**properties))

    def open(self, call: Any) -> None:
        url: Any = call["url"]
        self.opened(call).open(url.replace("{base}", self.base) if isinstance(url, str) else url)

    def get_channel_property(self, call: Any) -> Result:
        channel, name = self.opened(call), call["property"]
        if name == "state":
            return {"value": _name_of(channel.state)}
        if not hasattr(channel.properties, name):
            raise Unmapped(f"WsGetChannelProperty: {name}")
        return {"value": _name_of(getattr(channel.properties, name))}

    def description(self, call: Any) -> MessageDescription:
        given = call["description"]
        if given is None:
            return None  # type: ignore[return-value]
        return MessageDescription(given["action"], self.element(given["body"], call.get("value")))

    def send(self, call: Any) -> None:
        name = call.get("message", "m")
        message: Any = None if name is None else self._object(self.messages, name)
        table = None if call["description"] is None else call["description"]["body"]
        value, option = self.value(call, table), write_option(call["option"])
        self.opened(call).send_message(message, self.description(call), value, option=option)

    def receive(self, call: Any) -> Result:
        message: Any = None if call.get("message", "m") is None else self.message(call)
        option, channel = read_option(call["option"]), self.opened(call)
        received = channel.receive_message(message, [self.description(call)], option=option)
        return {"typed": (call["description"]["body"], None if received is None else received.value)}

    def write_message_start(self, call: Any) -> None:
        self.opened(call).write_message_start(self.message(call))


_ENCODINGS: Final = {
    **{kind.name.lower(): kind for kind in Encoding},
    **{kind.name.lower().removeprefix("xml_"): kind for kind in Encoding if "MTOM" in kind.name},
}


def _name_of(found: Any) -> Any:
    for names in (_ENVELOPES, _ADDRESSINGS, _ENCODINGS):
        for name, member in names.items():
            if found is member:
                return name
    return found.name.lower() if hasattr(found, "name") else found


CALLS: Final[dict[str, Callable[[MessageCalls, Any], Result | None]]] = {
    "WsCreateMessage": MessageCalls.create,
    "WsCreateMessageForChannel": MessageCalls.create_for_channel,
    "WsInitializeMessage": MessageCalls.initialize,
    "WsResetMessage": lambda self, call: self.message(call).reset(),
    "WsAddressMessage": lambda self, call: self.message(call).address(call["url"]),
    "WsSetHeader": MessageCalls.set_header,
    "WsGetHeader": MessageCalls.get_header,
    "WsRemoveHeader": MessageCalls.remove_header,
    "WsAddCustomHeader": MessageCalls.add_custom_header,
    "WsGetCustomHeader": MessageCalls.get_custom_header,
    "WsRemoveCustomHeader": MessageCalls.remove_custom_header,
    "WsAddMappedHeader": MessageCalls.add_mapped_header,
    "WsGetMappedHeader": MessageCalls.get_mapped_header,
    "WsRemoveMappedHeader": MessageCalls.remove_mapped_header,
    "WsWriteEnvelopeStart": MessageCalls.write_envelope_start,
    "WsWriteBody": MessageCalls.write_body,
    "WsWriteEnvelopeEnd": MessageCalls.write_envelope_end,
    "WsReadEnvelopeStart": MessageCalls.read_envelope_start,
    "WsReadBody": MessageCalls.read_body,
    "WsReadEnvelopeEnd": MessageCalls.read_envelope_end,
    "WsGetMessageProperty": MessageCalls.get_message_property,
    "header_buffer": MessageCalls.header_buffer,
    "WsCreateChannel": MessageCalls.create_channel,
    "WsOpenChannel": MessageCalls.open,
    "WsCloseChannel": lambda self, call: self.opened(call).close(),
    "WsResetChannel": lambda self, call: self.opened(call).reset(),
    "WsGetChannelProperty": MessageCalls.get_channel_property,
    "WsSendMessage": MessageCalls.send,
    "WsReceiveMessage": MessageCalls.receive,
    "WsWriteMessageStart": MessageCalls.write_message_start,
}

# Functions that the public names of wsx have no counterpart of, now or on purpose; each stands in the list.
MISSING: Final = frozenset({"WsSetMessageProperty"})
