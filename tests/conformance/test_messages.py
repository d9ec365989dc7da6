"""The golden vectors of the groups ``message``, ``state`` and ``send``: scripts of calls, run with wsx's own calls.

Every vector that binds something is either run or listed in :data:`LEFT`, by the reason why wsx has no counterpart of
it yet or on purpose; the last test holds the counts, so that none is lost without being noticed.
"""

from __future__ import annotations

import base64
import datetime
import functools
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.http_peer import Answer, HttpPeer
from wsx._writer import Output
from wsx.channel import Channel, ChannelBinding, ChannelProperties, ChannelType, Encoding
from wsx.descriptions import (
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    MessageDescription,
    ReadOption,
    StructDescription,
    Type,
    WriteOption,
)
from wsx.errors import WsError
from wsx.message import (
    AddressingVersion,
    EnvelopeVersion,
    HeaderAttribute,
    HeaderType,
    Message,
    MessageInitialization,
    RepeatingHeaderOption,
)
from wsx.values import Fault, FaultCode

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "wwsapi.jsonl"
GROUPS = ("message", "state", "send")

ENVELOPES = {
    "soap11": EnvelopeVersion.SOAP_1_1,
    "soap12": EnvelopeVersion.SOAP_1_2,
    "none": EnvelopeVersion.NONE,
    "zero": 0,
}
ADDRESSINGS = {
    "0.9": AddressingVersion.V0_9,
    "1.0": AddressingVersion.V1_0,
    "transport": AddressingVersion.TRANSPORT,
    "zero": 0,
}
INITIALIZATIONS = {kind.name.lower(): kind for kind in MessageInitialization}
HEADERS = {kind.name.lower(): kind for kind in HeaderType} | {"zero": 0, "invalid": 99}
WRITE_OPTIONS = {option.name.lower(): option for option in WriteOption} | {"zero": 0}
READ_OPTIONS = {option.name.lower(): option for option in ReadOption} | {"zero": 0}
TYPES = {kind.name.lower(): kind for kind in Type} | {"xml_string": Type.STRING}
NO_UUID = "urn:uuid:00000000-0000-0000-0000-000000000000"
TICKS_PER_MICROSECOND = 10

# What wsx answers otherwise on purpose (message size of a client), instead of the vector's value.
OWN_VALUES = {("WsGetChannelProperty", "max_buffered_message_size"): 64 * 1024 * 1024}

# Vectors that are not run, by reason, and how many they are.
MAPPED = "mapped HTTP headers are not there yet"
STREAMED = "writing a message to a channel piece by piece is not there yet"
BINDING = "bindings other than HTTP are not there yet"
UNIQUE_ID = "type UNIQUE_ID is not there yet"
NO_OBJECT = "a NULL object: Python calls methods of objects"
READ_ONLY = "setting a read-only property: a Python attribute without a setter"
SOURCE = "DUPLICATE and REPLY without a source message are E_INVALIDARG here, as documented"
PARTIAL = "a body that fails leaves nothing in the output here"
LEFT = {
    MAPPED: 16,
    STREAMED: 1,
    BINDING: 1,
    UNIQUE_ID: 1,
    NO_OBJECT: 13,
    READ_ONLY: 4,
    SOURCE: 6,
    PARTIAL: 1,
}
RUN = {"message": 84, "state": 49, "send": 23}

WITHOUT_COUNTERPART = {
    "WsAddMappedHeader": MAPPED,
    "WsGetMappedHeader": MAPPED,
    "WsRemoveMappedHeader": MAPPED,
    "WsSetMessageProperty": READ_ONLY,
    "WsWriteMessageStart": STREAMED,
}


def load() -> list[dict[str, Any]]:
    if not VECTORS.exists():
        return []
    with VECTORS.open(encoding="utf-8") as lines:
        return [vector for vector in map(json.loads, lines) if vector["group"] in GROUPS]


def wanted(vector: dict[str, Any]) -> dict[str, Any] | None:
    """What the vector binds, None when it binds nothing."""
    if not vector["wine_only"]:
        expect: dict[str, Any] = vector["expect"]
        return expect
    partial: dict[str, Any] | None = vector.get("windows") or vector.get("likely")
    return partial if partial and set(partial) - {"note"} else None


def element_of_vector(table: dict[str, Any] | None) -> ElementDescription | None:
    if table is None:
        return None
    return ElementDescription(table["name"], table["ns"], *type_of_vector(table))


def type_of_vector(table: dict[str, Any]) -> tuple[Type, StructDescription | EnumDescription | None]:
    kind, description = table["type"], table.get("desc")
    if kind == "struct" and description is not None:
        fields = [
            FieldDescription(
                field["member"],
                *type_of_vector(field),
                mapping=FieldMapping[field["mapping"].upper()],
                local_name=field.get("name"),
                ns=field.get("ns"),
            )
            for field in description["fields"]
        ]
        return Type.STRUCT, StructDescription(dict, fields)
    return TYPES[kind], None


def value_of_vector(table: dict[str, Any] | None, value: Any) -> Any:
    if table is not None and isinstance(value, dict):
        if table["type"] == "bytes":
            return base64.b64decode(value["base64"])
        if table["type"] == "datetime":
            since = datetime.timedelta(microseconds=value["ticks"] // TICKS_PER_MICROSECOND)
            return datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc) + since
    return value


def fault_as_vector(fault: Fault) -> dict[str, Any]:
    def code(found: FaultCode) -> dict[str, Any]:
        made: dict[str, Any] = {"name": found.value.local_name, "ns": found.value.ns}
        return made if found.sub_code is None else made | {"sub": code(found.sub_code)}

    return {
        "code": code(fault.code),
        "reasons": [{"text": reason.text, "lang": reason.lang} for reason in fault.reasons],
        "actor": fault.actor,
        "node": fault.node,
        "has_detail": fault.detail is not None,
    }


class Script:
    """Runs the calls of one vector; a method for each function, called with the arguments of the call."""

    def __init__(self, vector: dict[str, Any], base: str) -> None:
        self.base = base
        self.supplied = set(re.findall("urn:uuid:[0-9a-f-]{36}", json.dumps(vector["calls"])))
        self.messages: dict[str, Message] = {}
        self.channel: Channel | None = None
        self.output = Output()
        self.written = b""

    def run(self, call: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        try:
            value = getattr(self, call["fn"])(call)
        except WsError as error:
            result["hr"] = error.code.name
        else:
            result["hr"] = "S_OK"
            result["text" if isinstance(value, bytes) else "value"] = (
                self.text(value) if isinstance(value, bytes) else value
            )
        if "m" in self.messages:
            result["state"] = self.messages["m"].state.name.lower()
        if self.channel is not None:
            result["channel_state"] = self.channel.state.name.lower()
        return result

    def text(self, data: bytes) -> str:
        text = data.decode()
        for found in set(re.findall("urn:uuid:[0-9a-f-]{36}", text)) - self.supplied:
            text = text.replace(found, NO_UUID)
        return text.replace(self.base, "{base}") if self.base else text

    def message(self, call: dict[str, Any]) -> Message:
        name = call.get("message", "m")
        return self.messages[name]

    def opened(self, call: dict[str, Any]) -> Channel:
        assert self.channel is not None
        return self.channel

    def everything(self) -> bytes:
        self.written += self.output.take()
        return self.written

    # Messages

    def WsCreateMessage(self, call: dict[str, Any]) -> None:
        made = Message(ENVELOPES[call["envelope"]], ADDRESSINGS[call["addressing"]])  # type: ignore[arg-type]
        self.messages[call.get("message", "m")] = made

    def WsCreateMessageForChannel(self, call: dict[str, Any]) -> None:
        self.messages[call.get("message", "m")] = self.opened(call).create_message()

    def WsInitializeMessage(self, call: dict[str, Any]) -> None:
        kind = INITIALIZATIONS.get(call["initialization"], 99)
        self.message(call).initialize(kind)  # type: ignore[arg-type]

    def WsResetMessage(self, call: dict[str, Any]) -> None:
        self.message(call).reset()

    def WsAddressMessage(self, call: dict[str, Any]) -> None:
        self.message(call).address(call["url"])

    def WsSetHeader(self, call: dict[str, Any]) -> None:
        self.message(call).set_header(HEADERS[call["header"]], call["value"])  # type: ignore[arg-type]

    def WsGetHeader(self, call: dict[str, Any]) -> str | None:
        message, kind = self.message(call), HEADERS[call["header"]]
        return message.get_header(kind, option=READ_OPTIONS[call["option"]])  # type: ignore[arg-type]

    def WsRemoveHeader(self, call: dict[str, Any]) -> None:
        self.message(call).remove_header(HEADERS[call["header"]])  # type: ignore[arg-type]

    def WsAddCustomHeader(self, call: dict[str, Any]) -> None:
        attributes = HeaderAttribute.NONE
        for name in call.get("attributes") or ():
            attributes |= HeaderAttribute[name.upper()]
        value = value_of_vector(call["element"], call["value"])
        element, option = element_of_vector(call["element"]), WRITE_OPTIONS[call["option"]]
        self.message(call).add_custom_header(element, value, option=option, attributes=attributes)  # type: ignore[arg-type]

    def WsGetCustomHeader(self, call: dict[str, Any]) -> Any:
        return self.message(call).get_custom_header(
            element_of_vector(call["element"]),  # type: ignore[arg-type]
            option=READ_OPTIONS[call["option"]],  # type: ignore[arg-type]
            repeating=RepeatingHeaderOption[call.get("repeat", "singleton").upper()],
            index=call.get("index", 0),
        )

    def WsRemoveCustomHeader(self, call: dict[str, Any]) -> None:
        self.message(call).remove_custom_header(call["name"], call["ns"])

    def WsWriteEnvelopeStart(self, call: dict[str, Any]) -> None:
        self.message(call).write_envelope_start(self.output)

    def WsWriteBody(self, call: dict[str, Any]) -> None:
        value = value_of_vector(call["element"], call["value"])
        element, option = element_of_vector(call["element"]), WRITE_OPTIONS[call["option"]]
        self.message(call).write_body(element, value, option)  # type: ignore[arg-type]

    def WsWriteEnvelopeEnd(self, call: dict[str, Any]) -> None:
        self.message(call).write_envelope_end()

    def WsReadEnvelopeStart(self, call: dict[str, Any]) -> None:
        xml = call["xml"]
        self.message(call).read_envelope_start(None if xml is None else xml.encode())  # type: ignore[arg-type]

    def WsReadBody(self, call: dict[str, Any]) -> Any:
        message = self.message(call)
        if call["element"]["type"] == "fault":
            return fault_as_vector(message.read_fault())
        element = element_of_vector(call["element"])
        return message.read_body(element, READ_OPTIONS[call["option"]])  # type: ignore[arg-type]

    def WsReadEnvelopeEnd(self, call: dict[str, Any]) -> None:
        self.message(call).read_envelope_end()

    def WsGetMessageProperty(self, call: dict[str, Any]) -> Any:
        found = getattr(self.message(call), call["property"])
        return found if isinstance(found, bool) else self.name_of(found)

    def header_buffer(self, call: dict[str, Any]) -> bytes:
        return self.message(call).header_buffer

    # The script's own look at its output is named like this in the vectors.
    def look(self, call: dict[str, Any]) -> bytes:
        return self.everything()

    @staticmethod
    def name_of(found: Any) -> Any:
        for names in (ENVELOPES, ADDRESSINGS):
            for name, member in names.items():
                if found is member:
                    return name
        return found.name.lower() if hasattr(found, "name") else found

    # Channels

    def WsCreateChannel(self, call: dict[str, Any]) -> None:
        properties: dict[str, Any] = {}
        for name, value in (call.get("properties") or {}).items():
            known = {"envelope_version": ENVELOPES, "addressing_version": ADDRESSINGS}.get(name)
            properties[name] = Encoding[value.upper()] if known is None else known[value]
        self.channel = Channel(
            type=ChannelType[call["channel_type"].upper()],
            binding=ChannelBinding[call["binding"].upper()],
            properties=ChannelProperties(**properties),
        )

    def WsOpenChannel(self, call: dict[str, Any]) -> None:
        self.opened(call).open(call["url"].replace("{base}", self.base))

    def WsCloseChannel(self, call: dict[str, Any]) -> None:
        self.opened(call).close()

    def WsResetChannel(self, call: dict[str, Any]) -> None:
        self.opened(call).reset()

    def WsGetChannelProperty(self, call: dict[str, Any]) -> Any:
        channel = self.opened(call)
        if call["property"] == "state":
            return channel.state.name.lower()
        return self.name_of(getattr(channel.properties, call["property"]))

    def WsSendMessage(self, call: dict[str, Any]) -> None:
        name = call.get("message", "m")
        message = None if name is None else self.messages[name]
        description, table = None, None
        if call["description"] is not None:
            table = call["description"]["body"]
            description = MessageDescription(call["description"]["action"], element_of_vector(table))
        value = value_of_vector(table, call["value"])
        option = WRITE_OPTIONS[call["option"]]
        self.opened(call).send_message(message, description, value, option=option)  # type: ignore[arg-type]

    def WsReceiveMessage(self, call: dict[str, Any]) -> Any:
        table = call["description"]
        description = MessageDescription(table["action"], element_of_vector(table["body"]))
        option = READ_OPTIONS[call["option"]]
        received = self.opened(call).receive_message(
            self.message(call),
            [description],
            option=option,  # type: ignore[arg-type]
        )
        return None if received is None else received.value


def run(vector: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What wsx makes of the vector, in the form of ``expect``, and the requests that its server saw."""
    server = vector.get("server")
    if server is None:
        return collect(vector, ""), []
    headers = dict(server["headers"])
    answer = Answer(server["body"].encode(), server["status"], headers.pop("Content-Type", None), headers={**headers})
    with HttpPeer(answer) as peer:
        got = collect(vector, peer.url)
        return got, [
            {
                "method": seen.method,
                "target": seen.target,
                "headers": {name.lower(): value for name, value in seen.headers.items()},
                "body": seen.body.decode(),
                "base": peer.url,
            }
            for seen in peer.seen
        ]


def collect(vector: dict[str, Any], base: str) -> dict[str, Any]:
    script = Script(vector, base)
    results = []
    for call in vector["calls"]:
        results.append(script.run({**call, "fn": "look"} if call["fn"] == "output" else call))
    if script.channel is not None:
        script.channel.close()
    return {"results": results, "text": script.text(script.everything())}


def check_result(call: dict[str, Any], want: dict[str, Any], got: dict[str, Any], where: str) -> None:
    assert got["hr"] == want["hr"], where
    if want["hr"] == "S_OK":
        if "text" in want:
            assert got["text"] == want["text"], where
        elif "value" in want:
            expected = OWN_VALUES.get((call["fn"], call.get("property", "")), want["value"])
            assert got["value"] == expected, where
    if not want.get("state_unsure"):
        for name in ("state", "channel_state"):
            if name in want:
                assert got[name] == want[name], f"{where}: {name}"


def same_envelope(one: str, other: str, *, loose: bool) -> bool:
    """Equal, or with ``loose`` equal but for the order of the header blocks."""
    if one == other or not loose:
        return one == other

    def parts(text: str) -> tuple[bytes, list[bytes]]:
        root = ElementTree.fromstring(text)  # noqa: S314 (our own bytes and those of the vectors)
        header = root[0]
        blocks = sorted(ElementTree.tostring(block) for block in header)
        for block in list(header):
            header.remove(block)
        return ElementTree.tostring(root), blocks

    return parts(one) == parts(other)


def check_requests(vector: dict[str, Any], script: Script, requests: list[dict[str, Any]]) -> None:
    expected = vector["expect"]["requests"]
    assert len(requests) == len(expected)
    for want, got in zip(expected, requests, strict=True):
        assert (got["method"], got["target"]) == (want["method"], want["target"])
        text = script.text(got["body"].encode())
        assert same_envelope(text, want["body_text"], loose=vector.get("loose") == "header_order"), text
        headers = {name.lower(): value for name, value in want["headers"]}
        for name in ("content-type", "soapaction"):
            assert got["headers"].get(name) == headers.get(name)
        length = str(len(got["body"].encode()))
        assert got["headers"]["content-length"] == length
        if headers["content-length"] != "{length}":
            assert length == headers["content-length"]


def reason_to_leave(vector: dict[str, Any]) -> str | None:
    """Why the vector cannot be run, None when it can."""
    if vector["id"] == "message-body-option-002":
        return PARTIAL
    for call in vector["calls"]:
        name = call["fn"]
        if name in WITHOUT_COUNTERPART:
            return WITHOUT_COUNTERPART[name]
        if name == "WsInitializeMessage" and call["initialization"] in ("duplicate", "reply", "fault"):
            return SOURCE
        if name == "WsCreateChannel" and call["binding"] != "http":
            return BINDING
        # The functions of a channel take their message as an argument, and a NULL one is None.
        no_message = call.get("message", "m") is None and name not in ("WsSendMessage", "WsReceiveMessage")
        if no_message or call.get("null_out") or call.get("channel", "c") is None:
            return NO_OBJECT
        if call.get("element") is not None and call["element"]["type"] == "unique_id":
            return UNIQUE_ID
    return None


@functools.cache
def sorted_vectors() -> tuple[list[dict[str, Any]], dict[str, list[str]], int]:
    """(vectors to run, ids of those left by reason, number of those that bind nothing)."""
    runnable: list[dict[str, Any]] = []
    left: dict[str, list[str]] = {}
    free = 0
    for vector in load():
        if wanted(vector) is None:
            free += 1
        elif reason := reason_to_leave(vector):
            left.setdefault(reason, []).append(vector["id"])
        else:
            runnable.append(vector)
    return runnable, left, free


@pytest.mark.parametrize("vector", sorted_vectors()[0], ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    want = wanted(vector)
    assert want is not None
    got, requests = run(vector)
    for index, (call, result) in enumerate(zip(vector["calls"], want.get("results", ()), strict=False)):
        check_result(call, result, got["results"][index], f"call {index}: {call['fn']}")
    if want.get("text") is not None:
        assert same_envelope(got["text"], want["text"], loose=vector.get("loose") == "header_order")
    if "requests" in want:
        base = requests[0]["base"] if requests else ""
        check_requests(vector, Script(vector, base), requests)


def test_nothing_is_lost() -> None:
    if not VECTORS.exists():
        pytest.skip(f"no vectors beside the repository ({VECTORS})")
    runnable, left, free = sorted_vectors()
    for reason, ids in left.items():
        print(f"not run, {reason}: {', '.join(ids)}")
    assert {reason: len(ids) for reason, ids in left.items()} == LEFT
    counts = Counter(vector["group"] for vector in runnable)
    assert counts == RUN
    assert len(runnable) + sum(LEFT.values()) + free == len(load())
