"""The vectors with the kind ``script``: lists of calls, each with its result."""

from __future__ import annotations

import json
from typing import Any, Final
from xml.etree import ElementTree

from tests.conformance import message_calls, writer_calls
from tests.conformance.found import Comparison
from tests.conformance.message_calls import MessageCalls
from tests.conformance.peer import Peer
from tests.conformance.tables import Builder, Way
from tests.conformance.values import offset_in
from tests.conformance.vectors import NoCounterpart, Outcome, Result, Unmapped, Vector, failed_call, matches
from tests.conformance.writer_calls import WriterCalls
from wsx import WsError

__all__ = ["run"]

_OWN_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "WsGetWriterProperty": writer_calls.OWN_DEFAULTS,
    "WsGetChannelProperty": message_calls.OWN_DEFAULTS,
}
# The functions that take a message that may be NULL as an argument; the others are methods of it.
_MESSAGE_ARGUMENT: Final = ("WsSendMessage", "WsReceiveMessage")
_NEEDS_SOURCE: Final = ("duplicate", "reply", "fault")
_HEADERS: Final = ("content-type", "soapaction", "content-length")


class Script:
    """Plays the calls of one vector; ``results`` has what each one gave."""

    def __init__(self, vector: Vector, builder: Builder, base: str) -> None:
        self.vector = vector
        calls = vector["calls"]
        self.messages = MessageCalls(builder, base, json.dumps(calls))
        self.writes = any(call["fn"] in writer_calls.CALLS for call in calls)
        envelopes = any(call["fn"] == "WsWriteEnvelopeStart" for call in calls)
        if envelopes and (self.writes or "output" in (vector.get("writer") or {})):
            raise Unmapped("WsWriteEnvelopeStart to a writer in use")
        self.writer = WriterCalls(vector.get("writer"), builder)
        self.results: list[Result] = []
        self.stopped: NoCounterpart | None = None

    def play(self) -> None:
        try:
            for call in self.vector["calls"]:
                self._check(call)
                self.results.append(self._call(call))
        except NoCounterpart as missing:
            # The calls before it count all the same.
            self.stopped = missing
        finally:
            if self.messages.channel is not None:
                self.messages.channel.close()

    @staticmethod
    def _check(call: Any) -> None:
        name = call["fn"]
        if name in message_calls.MISSING:
            raise NoCounterpart(name)
        if name not in message_calls.CALLS and name not in writer_calls.CALLS and name != "output":
            raise Unmapped(str(name))
        if call.get("null_out"):
            raise NoCounterpart("no_out_argument")
        objects = ("writer", "channel") if name in _MESSAGE_ARGUMENT else ("writer", "channel", "message")
        if any(key in call and call[key] is None for key in objects):
            raise NoCounterpart("null_object")

    def _call(self, call: Any) -> Result:
        name = call["fn"]
        try:
            if name == "output":
                made: Result | None = self.writer.output(call) if self.writes else self._snapshot()
            elif name in writer_calls.CALLS:
                made = writer_calls.CALLS[name](self.writer, call)
            else:
                made = message_calls.CALLS[name](self.messages, call)
            result = {"hr": "S_OK"} | (made or {})
        except WsError as error:
            result = failed_call(error)
        if "m" in self.messages.messages:
            result["state"] = self.messages.messages["m"].state.name.lower()
        if self.messages.channel is not None:
            result["channel_state"] = self.messages.channel.state.name.lower()
        return result

    def _snapshot(self) -> Result:
        return self.messages.bytes(self.messages.everything())

    def output(self) -> Result:
        """The writer's whole output after the last call; nothing when the writer is faulted or has no output."""
        if not self.writes:
            return self._snapshot()
        try:
            return self.writer.output(None)
        except WsError:
            return {"text": None, "bytes": None}


class Difference(Exception):
    """What differs, where no deliberate difference explains it."""


class Judge:
    """Compares what a script gave with what is wanted."""

    def __init__(self, script: Script, want: Result) -> None:
        self.script = script
        self.want = want
        self.rules: set[str] = set()
        self.loose = script.vector.get("loose") == "header_order"

    def compare(self, requests: list[dict[str, Any]]) -> None:
        calls, results = self.script.vector["calls"], self.script.results
        for index, want in enumerate(self.want.get("results", ())):
            if index == len(results):
                break
            where = f"call {index + 1}, {calls[index]['fn']}"
            if not self._result(index, want, results[index], where):
                return
        if self.script.stopped is not None:
            self.rules.add(self.script.stopped.rule)
            return
        if "text" in self.want or "bytes" in self.want:
            self._output()
        if "requests" in self.want:
            self._requests(requests)

    def _result(self, index: int, want: Result, got: Result, where: str) -> bool:
        """Compares one result; False when the rest cannot be compared."""
        call = self.script.vector["calls"][index]
        if want.get("hr", got["hr"]) != got["hr"]:
            rule = self._rule_of(index, want, got)
            if rule is None:
                raise Difference(f"{where}: wanted {want['hr']}, got {got.get('error', got['hr'])}")
            self.rules.add(rule)
            return False
        if got["hr"] == "S_OK":
            self._delivered(call, want, got, where)
        if not want.get("state_unsure"):
            for name in ("state", "channel_state"):
                if name in want and want[name] != got.get(name):
                    raise Difference(f"{where}: wanted {name} {want[name]}, got {got.get(name)}")
        return True

    def _delivered(self, call: Any, want: Result, got: Result, where: str) -> None:
        if "value" in want and "typed" in got:
            table, found = got["typed"]
            comparison = Comparison(json.dumps(self.script.vector, ensure_ascii=False))
            if not comparison.value(table["type"], table.get("desc"), want["value"], found):
                raise Difference(f"{where}: wanted {want['value']}, got {found!r}")
            self.rules |= comparison.rules
        elif "value" in want and not matches(want["value"], got.get("value")):
            own = _OWN_DEFAULTS.get(call["fn"], {})
            if call.get("property") not in own or got.get("value") != own[call["property"]]:
                raise Difference(f"{where}: wanted {want['value']}, got {got.get('value')}")
            self.rules.add("own_defaults")
        if "prefix" in want and want["prefix"] != got.get("prefix"):
            raise Difference(f"{where}: wanted prefix {want['prefix']!r}, got {got.get('prefix')!r}")
        if ("text" in want or "bytes" in want) and not self._same(want, got):
            raise Difference(f"{where}: wanted {want.get('text')!r}, got {got.get('text')!r}")

    def _rule_of(self, index: int, want: Result, got: Result) -> str | None:
        """The deliberate difference that explains another HRESULT."""
        calls = self.script.vector["calls"]
        if "not_yet" in got:
            return "not_yet"
        if _without_source(calls[index], got):
            return "no_source"
        refused = (want["hr"], got["hr"]) == ("WS_E_INVALID_FORMAT", "S_OK")
        if refused and calls[index]["fn"] == "WsWriteValue" and _after_text(calls[:index]):
            return "mixed_values"
        return None

    def _output(self) -> None:
        got = self.script.output()
        if self._same(self.want, got):
            return
        vector, results = self.script.vector, self.script.results
        pairs = list(zip(vector["calls"], results, strict=True))
        if any("not_yet" in result for result in results):
            self.rules.add("not_yet")
        elif any(_without_source(call, result) for call, result in pairs):
            self.rules.add("no_source")
        elif any(result["hr"] != "S_OK" for result in results):
            self.rules.add("partial_output")
        else:
            raise Difference(f"wanted {self.want.get('text')!r}, got {got.get('text')!r}")

    def _same(self, want: Result, got: Result) -> bool:
        if want.get("text") is None:
            return bool(want.get("bytes") == got.get("bytes"))
        return got.get("text") is not None and same_envelope(want["text"], got["text"], loose=self.loose)

    def _requests(self, requests: list[dict[str, Any]]) -> None:
        expected = self.want["requests"]
        if len(requests) != len(expected):
            raise Difference(f"wanted {len(expected)} requests, got {len(requests)}")
        for want, got in zip(expected, requests, strict=True):
            for name in ("method", "target"):
                if name in want and want[name] != got[name]:
                    raise Difference(f"wanted {name} {want[name]}, got {got[name]}")
            if "headers" in want:
                self._headers(want["headers"], got)
            text = self.script.messages.text(got["body"])
            if "body_text" in want and not same_envelope(want["body_text"], text, loose=self.loose):
                raise Difference(f"wanted the body {want['body_text']!r}, got {text!r}")

    @staticmethod
    def _headers(want: Any, got: dict[str, Any]) -> None:
        seen = {name.lower(): value for name, value in got["headers"]}
        for name, value in want:
            key = name.lower()
            if key not in _HEADERS and not key.startswith("x-"):
                continue
            wanted = str(len(got["body"])) if value == "{length}" else value
            if seen.get(key) != wanted:
                raise Difference(f"wanted {name}: {wanted}, got {seen.get(key)}")
        extra = {key for key in seen if key in _HEADERS} - {name.lower() for name, _ in want}
        if extra:
            raise Difference(f"not wanted: header {', '.join(sorted(extra))}")


def _without_source(call: Any, result: Result) -> bool:
    """A message that is made from another one, which is NULL: refused, as documented."""
    return (
        call["fn"] == "WsInitializeMessage"
        and call["initialization"] in _NEEDS_SOURCE
        and result["hr"] == "E_INVALIDARG"
    )


def _after_text(calls: list[Any]) -> bool:
    """Is there text in the element already, with nothing else since?"""
    return bool(calls) and calls[-1]["fn"] in ("WsWriteText", "WsWriteChars", "WsWriteCharsUtf8", "WsWriteValue")


def same_envelope(one: str, other: str, *, loose: bool) -> bool:
    """Equal, or with ``loose`` equal but for the order of the header blocks."""
    if one == other or not loose:
        return one == other
    # The parser passes over comments and white space around the root; another order leaves the length as it is.
    if len(one) != len(other):
        return False

    def parts(text: str) -> tuple[bytes, list[bytes]]:
        root = ElementTree.fromstring(text)  # noqa: S314 (our own bytes and those of the vectors)
        header = root[0]
        blocks = sorted(ElementTree.tostring(block) for block in header)
        for block in list(header):
            header.remove(block)
        return ElementTree.tostring(root), blocks

    try:
        return parts(one) == parts(other)
    except ElementTree.ParseError:
        return False


def _played(vector: Vector, builder: Builder) -> tuple[Script, list[dict[str, Any]]]:
    server = vector.get("server")
    if server is None:
        script = Script(vector, builder, "")
        script.play()
        return script, []
    with Peer(server) as peer:
        script = Script(vector, builder, peer.base)
        script.play()
    return script, peer.requests


def run(vector: Vector, want: Result) -> Outcome:
    first = ""
    for way in (Way.PLAIN, Way.ADAPTED):
        builder = Builder(way, offset_in(want.get("text")))
        script, requests = _played(vector, builder)
        judge = Judge(script, want)
        try:
            judge.compare(requests)
        except Difference as difference:
            first = first or str(difference)
            if not builder.rules:
                break
        else:
            return Outcome("", judge.rules if way is Way.PLAIN else judge.rules | builder.rules)
    return Outcome(first)
