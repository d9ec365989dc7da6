"""Copies of vectors under other names: the same experiments with other ids, names, namespaces, members and values.

A runner that knows single vectors, or that looks at ids, names or values of the file it was written with, does worse on
such a copy than on the original.
"""

from __future__ import annotations

import base64
import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.conformance.vectors import Vector

__all__ = ["mutate", "spoil"]

# Names that wsx itself writes around what the tables say.
_RESERVED: Final = frozenset(
    ("Envelope", "Header", "Body", "Fault", "Action", "To", "From", "ReplyTo", "FaultTo", "MessageID", "RelatesTo")
).union(("Address", "mustUnderstand", "relay", "nil", "type", "lang", "role", "actor"))
_NAME_KEYS: Final = ("name", "item_name")
_NS_KEYS: Final = ("ns", "item_ns")
_TEXT_KEYS: Final = ("text", "xml", "body_text", "body")
_TAG: Final = re.compile(r"""<[\w/](?:"[^"]*"|'[^']*'|[^<>"'])*>""")
# A qualified name where a tag has one: after `<` or `</`, or before `=`.
_QNAME: Final = re.compile(r"(?<=[<\s/])(?P<prefix>[\w.-]+:)?(?P<local>[\w.-]+)(?=[\s/>=])")
_DECLARATION: Final = re.compile(r"""(xmlns(?::[\w.-]+)?=)(["'])(.*?)\2""")
_WORDS: Final = re.compile(r"[A-Za-z]{4,}")


def _objects(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        yield found
    for part in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _objects(part)


def _names(vector: Vector) -> dict[str, str]:
    """New names of the elements and attributes of the tables."""
    found: set[str] = set()
    for part in _objects({key: value for key, value in vector.items() if key != "expect"}):
        if "ns" in part or "mapping" in part or "item_name" in part:
            found.update(part[key] for key in _NAME_KEYS if isinstance(part.get(key), str))
    return {name: f"{name}-{len(name)}x" for name in found if re.fullmatch(r"[\w.-]+", name) and name not in _RESERVED}


def _namespaces(vector: Vector) -> dict[str, str]:
    found = {part[key] for part in _objects(vector) for key in _NS_KEYS if isinstance(part.get(key), str)}
    return {ns: f"{ns}/other" for ns in found if ns and not ns.startswith("http://")}


class _Renaming:
    """Other names for the parts of one vector, the same ones everywhere."""

    def __init__(self, vector: Vector) -> None:
        self.names = _names(vector)
        self.namespaces = _namespaces(vector)

    def tag(self, found: re.Match[str]) -> str:
        def qname(match: re.Match[str]) -> str:
            prefix, local = match["prefix"] or "", match["local"]
            if prefix == "xmlns:" or local == "xmlns" or prefix == "xml:":
                return match[0]
            return prefix + self.names.get(local, local)

        def declaration(match: re.Match[str]) -> str:
            return f"{match[1]}{match[2]}{self.namespaces.get(match[3], match[3])}{match[2]}"

        # What stands between quotes is no name.
        pieces = re.split(r"""("[^"]*"|'[^']*')""", found[0])
        pieces[::2] = [_QNAME.sub(qname, piece) for piece in pieces[::2]]
        return _DECLARATION.sub(declaration, "".join(pieces))

    def document(self, text: str) -> str:
        return _TAG.sub(self.tag, text)

    def apply(self, found: Any) -> Any:
        if isinstance(found, list):
            return [self.apply(part) for part in found]
        if not isinstance(found, dict):
            return found
        named = "ns" in found or "mapping" in found or "item_name" in found
        made: dict[str, Any] = {}
        for key, value in found.items():
            if key in _NAME_KEYS and named:
                made[key] = self.names.get(value, value)
            elif key in _NS_KEYS:
                made[key] = self.namespaces.get(value, value)
            elif key in _TEXT_KEYS and isinstance(value, str):
                made[key] = self.document(value)
            else:
                made[key] = self.apply(value)
        return made


def _members(found: Any, tables: Any) -> Any:
    """Renames the members of structures, in the tables and in the values."""
    known = {part["member"] for part in _objects(tables) if isinstance(part.get("member"), str)}

    def rename(part: Any, *, value: bool) -> Any:
        if isinstance(part, list):
            return [rename(item, value=value) for item in part]
        if not isinstance(part, dict):
            return part
        made = {}
        for key, item in part.items():
            inside = value or key in ("value", "default")
            new = f"{key}_" if value and key in known else key
            made[new] = f"{item}_" if key == "member" else rename(item, value=inside)
        return made

    return rename(found, value=False)


def _replace_words(vector: Vector, change: Callable[[str], str]) -> Vector:
    """Changes the words of text values, and the same words where they stand in the documents alone."""
    words: set[str] = set()
    for part in _objects(vector):
        for key in ("value", "default"):
            if isinstance(part.get(key), str) and part.get("type") in ("string", "wsz", "xml_string"):
                words.update(_WORDS.findall(part[key]))
    words -= {"true", "false", "uuid", "http"}

    def replaced(found: Any, key: str = "") -> Any:
        if isinstance(found, dict):
            return {name: replaced(value, name) for name, value in found.items()}
        if isinstance(found, list):
            return [replaced(part, key) for part in found]
        if isinstance(found, str) and key in ("value", "default", *_TEXT_KEYS):
            return _WORDS.sub(lambda match: change(match[0]) if match[0] in words else match[0], found)
        return found

    markup = json.dumps([part.get("text") for part in _objects(vector)])
    tags = " ".join(re.sub(r'\\"[^"]*\\"', "", tag) for tag in _TAG.findall(markup))
    words = {word for word in words if word not in tags}
    made: Vector = replaced(vector)
    return made


def _rebuilt(found: Any) -> None:
    """Bytes and lengths follow the texts that changed."""
    for part in _objects(found):
        if isinstance(part.get("text"), str) and "bytes" in part:
            part["bytes"] = base64.b64encode(part["text"].encode("utf-8", "surrogatepass")).decode()
        if "body_text" in part and "headers" in part:
            body = part["body_text"].encode()
            part["body_base64"] = base64.b64encode(body).decode()
            part["headers"] = [
                [name, str(len(body)) if name.lower() == "content-length" and value != "{length}" else value]
                for name, value in part["headers"]
            ]


def mutate(vector: Vector, chance: random.Random) -> Vector:
    """The same experiment under another id, with other names and words."""
    kept: dict[str, Any] = {key: vector[key] for key in ("group", "kind", "server", "loose") if key in vector}
    changed = copy.deepcopy({key: value for key, value in vector.items() if key not in kept})
    text = json.dumps(changed)
    if '"qname"' not in text and "QualifiedName" not in text and "enum" not in text and "WsAddMappedHeader" not in text:
        changed = _Renaming(changed).apply(changed)
        changed = _replace_words(changed, lambda word: word[::-1].swapcase())
        changed = _members(changed, changed)
        _rebuilt(changed)
    changed["id"] = f"copy-{chance.getrandbits(64):x}"
    return {**changed, **kept}


def _other(value: Any) -> Any:
    """Another value, in one leaf."""
    if isinstance(value, dict) and value:
        key = next(iter(value))
        return {**value, key: _other(value[key])}
    if isinstance(value, list) and value:
        return [*value[:-1], _other(value[-1])]
    return "another"


def spoil(want: dict[str, Any]) -> dict[str, Any] | None:
    """A result that differs from the one wanted; None when there is nothing to spoil."""
    spoiled = copy.deepcopy(want)
    if spoiled.get("text"):
        spoiled["text"] += "<!---->"
    elif spoiled.get("bytes"):
        spoiled["bytes"] += "AAAA"
    elif spoiled.get("results"):
        last = spoiled["results"][-1]
        last["hr"] = "WS_E_OTHER" if last.get("hr") != "WS_E_OTHER" else "S_OK"
    elif "value" in spoiled:
        spoiled["value"] = _other(spoiled["value"])
    elif "hr" in spoiled:
        spoiled["hr"] = "WS_E_OTHER" if spoiled["hr"] != "WS_E_OTHER" else "S_OK"
    else:
        return None
    return spoiled
