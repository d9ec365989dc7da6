"""What a message has learned of how its peer writes changes nothing of what it reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from wsx import Quotas
from wsx.descriptions import ElementDescription, ReadOption, Type
from wsx.errors import WsError
from wsx.message import AddressingVersion, EnvelopeVersion, HeaderType, Message

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
NUMBER = ElementDescription("h", "urn:h", Type.INT32)
OPTIONAL = ReadOption.OPTIONAL_POINTER
BODY = ElementDescription("v", "urn:v", Type.STRING)
OPEN = f'<s:Envelope xmlns:a="{ADDRESSING}" xmlns:s="{SOAP}"><s:Header>'
OTHER = f'<e:Envelope xmlns:e="{SOAP}" xmlns:w="{ADDRESSING}">\n <e:Header>\n  '
ACTION = '<a:Action s:mustUnderstand="1">urn:x</a:Action>'
CLOSE = '</s:Header><s:Body><v xmlns="urn:v">1</v></s:Body></s:Envelope>'
ROLE = f"{SOAP}/role/none"

DOCUMENTS = {
    "plain": OPEN + ACTION + CLOSE,
    "another value": OPEN + ACTION.replace("urn:x", "urn:longer/one") + CLOSE,
    "without the flag": OPEN + "<a:Action>urn:x</a:Action>" + CLOSE,
    "for another role": OPEN + f'<a:Action s:role="{ROLE}">urn:x</a:Action>' + CLOSE,
    "one more block": OPEN + ACTION + '<h xmlns="urn:h">2</h>' + CLOSE,
    "mustUnderstand": OPEN + ACTION + '<h s:mustUnderstand="true" xmlns="urn:h">2</h>' + CLOSE,
    "blocks exchanged": OPEN + '<h xmlns="urn:h">2</h>' + ACTION + CLOSE,
    "the same twice": OPEN + ACTION + ACTION + CLOSE,
    "no block": OPEN + CLOSE,
    "elements in a block": OPEN + ACTION + '<h xmlns="urn:h"><i/>2</h>' + CLOSE,
    "empty block": OPEN + "<a:Action/>" + CLOSE,
    "no text": OPEN + "<a:Action></a:Action>" + CLOSE,
    "references": OPEN + ACTION.replace("urn:x", "urn:&amp;x") + CLOSE,
    "CDATA": OPEN + ACTION.replace("urn:x", "<![CDATA[urn:x]]>") + CLOSE,
    "comment": OPEN + ACTION.replace("urn:x", "urn<!-- -->:x") + CLOSE,
    "comment between": OPEN + "<!-- -->" + ACTION + CLOSE,
    "white space": OPEN + "\n  " + ACTION + "\n" + CLOSE.replace("><", ">\n<"),
    "other prefixes": OTHER
    + "<w:Action>urn:x</w:Action>\n </e:Header>\n <e:Body><v xmlns='urn:v'>1</v></e:Body>\n</e:Envelope>",
    "bindings on Header": OPEN.replace("<s:Header>", '<s:Header xmlns:h="urn:h">') + "<h:h>2</h:h>" + CLOSE,
    "bindings on Body": OPEN + ACTION + CLOSE.replace("<s:Body>", '<s:Body xmlns:t="urn:t">'),
    "many bindings": OPEN.replace(" xmlns:s", "".join(f' xmlns:p{i}="urn:{i}"' for i in range(9)) + " xmlns:s")
    + ACTION
    + CLOSE,
    "empty Header": OPEN.replace("<s:Header>", "<s:Header/>") + CLOSE.replace("</s:Header>", ""),
    "without Header": OPEN.replace("<s:Header>", "") + CLOSE.replace("</s:Header>", ""),
    "empty Body": OPEN + ACTION + "</s:Header><s:Body/></s:Envelope>",
    "fault": OPEN + ACTION + "</s:Header><s:Body><s:Fault/></s:Body></s:Envelope>",
    "no Body": OPEN + ACTION + "</s:Header><s:Tail/></s:Envelope>",
    "declaration": '<?xml version="1.0" encoding="utf-8"?>\n' + OPEN + ACTION + CLOSE,
    "another version": OPEN.replace(SOAP, "http://schemas.xmlsoap.org/soap/envelope/") + ACTION + CLOSE,
    "wrong end tag": OPEN + ACTION.replace("</a:Action>", "</a:Actiom>") + CLOSE,
    "text between": OPEN + ACTION + "text" + CLOSE,
    "`]]>` in text": OPEN + ACTION.replace("urn:x", "urn]]>x") + CLOSE,
    "cut in the tag": OPEN + ACTION[:20],
    "cut in the text": OPEN + ACTION[:36],
    "cut behind the block": OPEN + ACTION,
    "cut in Body": OPEN + ACTION + CLOSE[:20],
    "text too long": OPEN + ACTION.replace("urn:x", "u" * 101) + CLOSE,
    "too many blocks": OPEN + ACTION * 5 + CLOSE,
    "not ASCII": OPEN + ACTION.replace("urn:x", "urn:ä") + CLOSE,
}


def new() -> Message:
    quotas = Quotas(max_text_length=100)
    return Message(EnvelopeVersion.SOAP_1_2, AddressingVersion.V1_0, quotas=quotas, max_processed_headers=4)


def tried(look: Callable[[], Any]) -> Any:
    """What a call gives, or its error."""
    try:
        return look()
    except WsError as error:
        return type(error), str(error), error.offset, error.path


def outcome(message: Message, document: str) -> list[Any]:
    """All that can be seen of reading a document."""
    message.reset()
    seen: list[Any] = []
    try:
        message.read_envelope_start(document.encode())
        seen.append([(h.name, h.kind, h.start, h.end, h.scope) for h in message._headers])
        seen.append([h.flags(message.versions, message._quotas) for h in message._headers])
        seen.append([h.is_for_receiver(message.versions, message._quotas) for h in message._headers])
        seen += [message.is_fault, message.header_buffer, message.must_understand_headers]
        seen.append(tried(partial(message.get_header, HeaderType.ACTION, option=OPTIONAL)))
        seen.append(tried(partial(message.get_custom_header, NUMBER, option=OPTIONAL)))
        seen.append(message.read_body(BODY, OPTIONAL))
        message.read_envelope_end()
    except WsError as error:
        seen.append((type(error), str(error), error.offset, error.path))
    seen.append(message.state)
    return seen


@pytest.mark.parametrize("before", DOCUMENTS)
def test_what_came_before_does_not_matter(before: str) -> None:
    for document in DOCUMENTS.values():
        warm = new()
        outcome(warm, DOCUMENTS[before])
        expected = outcome(new(), document)
        assert outcome(warm, document) == expected
        assert outcome(warm, document) == expected
        assert outcome(warm.like(), document) == expected


def test_after_many_changes_as_well() -> None:
    warm = new()
    for _ in range(3):
        for document in DOCUMENTS.values():
            assert outcome(warm, document) == outcome(new(), document)
