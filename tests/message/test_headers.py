"""Headers: their order, replacing and removing them, what they may hold, and reading them back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.support.tables import ADDRESSING_10, BODY, ENVELOPE_11, ENVELOPE_12, HEADER, TWO_PARTS, int32
from wsx.descriptions import ElementDescription, ReadOption, Type, WriteOption
from wsx.errors import InvalidArgument, InvalidFormat, NumericOverflow, QuotaExceeded
from wsx.message import (
    AddressingVersion,
    EnvelopeVersion,
    HeaderAttribute,
    HeaderType,
    Message,
    MessageInitialization,
    RepeatingHeaderOption,
)
from wsx.values import XmlQName

V11, V12 = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2
A10, TRANSPORT = AddressingVersion.V1_0, AddressingVersion.TRANSPORT


def initialized(
    envelope: EnvelopeVersion = V12,
    addressing: AddressingVersion = A10,
    kind: MessageInitialization = MessageInitialization.BLANK,
) -> Message:
    message = Message(envelope, addressing)
    message.initialize(kind)
    return message


def blocks(message: Message) -> str:
    found = re.search(r"<s:Header(?:/>|>(.*)</s:Header>)", message.header_buffer.decode())
    assert found is not None
    return re.sub("urn:uuid:[0-9a-f-]{36}", "ID", found[1] or "")


def received(headers: str, *, envelope: EnvelopeVersion = V12, addressing: AddressingVersion = A10) -> Message:
    ns = ENVELOPE_11 if envelope is V11 else ENVELOPE_12
    start = f'<e:Envelope xmlns:e="{ns}" xmlns:w="{ADDRESSING_10}">'
    message = Message(envelope, addressing)
    message.read_envelope_start(f"{start}<e:Header>{headers}</e:Header><e:Body/></e:Envelope>".encode())
    return message


def test_order() -> None:
    message = initialized(kind=MessageInitialization.REQUEST)
    message.add_custom_header(HEADER, {"value": "1"})
    message.set_header(HeaderType.ACTION, "urn:a")
    message.add_custom_header(HEADER, {"value": "2"})
    message.address("http://x/")
    assert blocks(message) == (
        '<a:MessageID>ID</a:MessageID><a:To s:mustUnderstand="1">http://x/</a:To>'
        '<header xmlns="ns">1</header><a:Action s:mustUnderstand="1">urn:a</a:Action><header xmlns="ns">2</header>'
    )


def test_set_header_replaces_in_place() -> None:
    message = initialized(kind=MessageInitialization.REQUEST)
    message.set_header(HeaderType.ACTION, "urn:1")
    message.set_header(HeaderType.TO, "urn:to")
    message.set_header(HeaderType.ACTION, "urn:2")
    message.set_header(HeaderType.MESSAGE_ID, "urn:id")
    assert blocks(message) == (
        '<a:MessageID>urn:id</a:MessageID><a:Action s:mustUnderstand="1">urn:2</a:Action>'
        '<a:To s:mustUnderstand="1">urn:to</a:To>'
    )


def test_relates_to_has_no_must_understand() -> None:
    message = initialized()
    message.set_header(HeaderType.RELATES_TO, "urn:uuid:1")
    assert blocks(message) == "<a:RelatesTo>urn:uuid:1</a:RelatesTo>"


def test_address_replaces_a_to_header() -> None:
    message = initialized()
    message.set_header(HeaderType.TO, "http://first/")
    message.address("http://second/")
    assert blocks(message) == '<a:To s:mustUnderstand="1">http://second/</a:To>'


@pytest.mark.parametrize(
    ("addressing", "uri"),
    [
        (AddressingVersion.V0_9, "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"),
        (A10, "http://www.w3.org/2005/08/addressing/anonymous"),
    ],
)
def test_an_empty_address_is_anonymous(addressing: AddressingVersion, uri: str) -> None:
    message = initialized(V11, addressing)
    message.address("")
    assert message.get_header(HeaderType.TO) == uri
    assert blocks(message) == f'<a:To s:mustUnderstand="1">{uri}</a:To>'


def test_text_is_escaped() -> None:
    message = initialized()
    message.address("http://h/<>&")
    assert blocks(message) == '<a:To s:mustUnderstand="1">http://h/&lt;&gt;&amp;</a:To>'
    assert message.get_header(HeaderType.TO) == "http://h/<>&"


def test_an_empty_action_is_an_element() -> None:
    message = initialized()
    message.set_header(HeaderType.ACTION, "")
    assert message.get_header(HeaderType.ACTION) == ""


@pytest.mark.parametrize("bad", ["urn:a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x00b", "a\tb", "a\x7fb", "\x1b"])
def test_header_injection_is_refused(bad: str) -> None:
    message = initialized()
    calls: list[Callable[[], None]] = [
        lambda: message.set_header(HeaderType.ACTION, bad),
        lambda: message.set_header(HeaderType.TO, bad),
        lambda: message.set_header(HeaderType.MESSAGE_ID, bad),
        lambda: message.address(bad),
    ]
    for call in calls:
        with pytest.raises(InvalidArgument, match="control character"):
            call()
    assert blocks(message) == ""
    assert not message.is_addressed


@pytest.mark.parametrize("bad", ["\ud800", "a\ufffeb", "\uffff"])
def test_characters_that_xml_forbids(bad: str) -> None:
    message = initialized()
    with pytest.raises(InvalidFormat):
        message.set_header(HeaderType.ACTION, bad)
    assert blocks(message) == ""


def test_remove_header() -> None:
    message = initialized(kind=MessageInitialization.REQUEST)
    message.remove_header(HeaderType.ACTION)
    message.set_header(HeaderType.ACTION, "urn:a")
    message.remove_header(HeaderType.MESSAGE_ID)
    assert blocks(message) == '<a:Action s:mustUnderstand="1">urn:a</a:Action>'
    message.remove_header(HeaderType.ACTION)
    assert blocks(message) == ""


def test_transport_addressing_has_action_and_to_alone() -> None:
    message = initialized(V11, TRANSPORT)
    with pytest.raises(InvalidArgument, match="MESSAGE_ID"):
        message.set_header(HeaderType.MESSAGE_ID, "urn:x")
    message.set_header(HeaderType.ACTION, "urn:a")
    message.address("http://x/")
    assert message.get_header(HeaderType.ACTION) == "urn:a"
    assert message.get_header(HeaderType.TO) == "http://x/"


CUSTOM = [
    (V11, HeaderAttribute.NONE, '<header xmlns="ns">v</header>'),
    (V11, HeaderAttribute.MUST_UNDERSTAND, '<header s:mustUnderstand="1" xmlns="ns">v</header>'),
    (V11, HeaderAttribute.RELAY, '<header xmlns="ns">v</header>'),
    (V12, HeaderAttribute.RELAY, '<header s:relay="1" xmlns="ns">v</header>'),
    (V12, HeaderAttribute(3), '<header s:mustUnderstand="1" s:relay="1" xmlns="ns">v</header>'),
]


@pytest.mark.parametrize(("envelope", "attributes", "block"), CUSTOM)
def test_custom_header(envelope: EnvelopeVersion, attributes: HeaderAttribute, block: str) -> None:
    message = initialized(envelope)
    message.add_custom_header(HEADER, {"value": "v"}, attributes=attributes)
    assert blocks(message) == block
    assert message.get_custom_header(HEADER) == {"value": "v"}


def test_custom_headers_of_other_shapes() -> None:
    message = initialized()
    message.add_custom_header(BODY, {"val": 7})
    message.add_custom_header(ElementDescription("h", "", Type.STRING), "x")
    message.add_custom_header(ElementDescription("n", "urn:h", Type.INT32), None, option=WriteOption.NILLABLE_POINTER)
    assert blocks(message) == (
        '<u xmlns="ns"><val>7</val></u><h>x</h>'
        '<n a:nil="true" xmlns:a="http://www.w3.org/2001/XMLSchema-instance" xmlns="urn:h"/>'
    )
    assert message.get_custom_header(BODY) == {"val": 7}


def test_a_custom_header_that_fails_changes_nothing() -> None:
    message = initialized()
    message.add_custom_header(int32("h"), 1)
    with pytest.raises(NumericOverflow):
        message.add_custom_header(int32("h"), 1 << 31)
    with pytest.raises(InvalidArgument):
        message.add_custom_header(int32("h"), None)
    with pytest.raises(InvalidArgument, match="name"):
        message.add_custom_header(TWO_PARTS, {"a": 1, "b": 2})
    assert blocks(message) == '<h xmlns="ns">1</h>'


def test_repeated_custom_headers() -> None:
    message = initialized()
    message.add_custom_header(HEADER, {"value": "1"})
    message.add_custom_header(HEADER, {"value": "2"})
    repeating = RepeatingHeaderOption.REPEATING
    assert message.get_custom_header(HEADER, repeating=repeating, index=1) == {"value": "2"}
    assert message.get_custom_header(HEADER, repeating=repeating) == {"value": "1"}
    with pytest.raises(InvalidFormat, match="2 headers"):
        message.get_custom_header(HEADER)
    with pytest.raises(InvalidFormat, match=r"no header \{ns\}header at index 2"):
        message.get_custom_header(HEADER, repeating=repeating, index=2)
    option = ReadOption.OPTIONAL_POINTER
    assert message.get_custom_header(HEADER, repeating=repeating, index=2, option=option) is None
    with pytest.raises(InvalidArgument, match="index"):
        message.get_custom_header(HEADER, index=1)
    message.remove_custom_header("header", "other")
    message.remove_custom_header("header", "ns")
    message.remove_custom_header("header", "ns")
    assert blocks(message) == ""


def test_header_quota() -> None:
    message = Message(max_processed_headers=2)
    message.initialize()
    message.set_header(HeaderType.ACTION, "urn:a")
    message.add_custom_header(HEADER, {"value": "1"})
    message.set_header(HeaderType.ACTION, "urn:b")
    with pytest.raises(QuotaExceeded, match="max_processed_headers"):
        message.add_custom_header(HEADER, {"value": "2"})
    with pytest.raises(QuotaExceeded, match="max_processed_headers"):
        message.set_header(HeaderType.TO, "urn:to")
    for bad in (0, -1, True, None, "5"):
        with pytest.raises(InvalidArgument):
            Message(max_processed_headers=bad)  # type: ignore[arg-type]


def test_received_headers() -> None:
    message = received(
        "<w:Action>\n urn:a </w:Action><w:To e:mustUnderstand='1'>http://x/?a&amp;b</w:To>"
        '<x:header xmlns:x="ns">v</x:header><w:RelatesTo>urn:uuid:1</w:RelatesTo>'
    )
    assert message.is_addressed
    assert message.get_header(HeaderType.ACTION) == "urn:a"
    assert message.get_header(HeaderType.TO) == "http://x/?a&b"
    assert message.get_header(HeaderType.RELATES_TO) == "urn:uuid:1"
    assert message.get_custom_header(HEADER) == {"value": "v"}
    assert message.get_header(HeaderType.MESSAGE_ID, option=ReadOption.OPTIONAL_POINTER) is None
    with pytest.raises(InvalidFormat, match="no MessageID"):
        message.get_header(HeaderType.MESSAGE_ID)


def test_a_header_that_is_there_twice() -> None:
    message = received("<w:Action>urn:a</w:Action><w:Action>urn:b</w:Action>")
    with pytest.raises(InvalidFormat, match="several Action") as caught:
        message.get_header(HeaderType.ACTION)
    before = f'<e:Envelope xmlns:e="{ENVELOPE_12}" xmlns:w="{ADDRESSING_10}"><e:Header><w:Action>urn:a</w:Action>'
    assert caught.value.offset == len(before)


@pytest.mark.parametrize(
    ("envelope", "attribute", "counts"),
    [
        (V11, "", True),
        (V11, ' e:actor=""', True),
        (V11, ' e:actor="http://schemas.xmlsoap.org/soap/actor/next"', True),
        (V11, ' e:actor="urn:someone"', False),
        (V11, ' e:role="urn:someone"', True),
        (V11, ' actor="urn:someone"', True),
        (V12, f' e:role="{ENVELOPE_12}/role/ultimateReceiver"', True),
        (V12, f' e:role=" {ENVELOPE_12}/role/next "', True),
        (V12, f' e:role="{ENVELOPE_12}/role/none"', False),
        (V12, ' e:role="urn:someone"', False),
    ],
)
def test_headers_for_other_roles_do_not_count(envelope: EnvelopeVersion, attribute: str, counts: bool) -> None:
    message = received(
        f'<w:Action{attribute}>urn:a</w:Action><h xmlns="ns" e:mustUnderstand="1"{attribute}>1</h>', envelope=envelope
    )
    option = ReadOption.OPTIONAL_POINTER
    assert message.get_header(HeaderType.ACTION, option=option) == ("urn:a" if counts else None)
    assert message.must_understand_headers == ((XmlQName("h", "ns"),) if counts else ())
    if attribute.startswith(" actor"):
        # Of no namespace, it is an attribute of the header's own type, and not in its table.
        with pytest.raises(InvalidFormat, match="actor"):
            message.get_custom_header(int32("h"))
    else:
        assert message.get_custom_header(int32("h"), option=option) == (1 if counts else None)


def test_headers_that_must_be_understood() -> None:
    message = received(
        '<w:To e:mustUnderstand="1">urn:x</w:To><h xmlns="ns" e:mustUnderstand="true">1</h>'
        '<i xmlns="ns" e:mustUnderstand="0">2</i><j xmlns="ns" mustUnderstand="1">3</j><k xmlns="ns">4</k>'
        '<l e:mustUnderstand="1"/>'
    )
    found = [message.must_understand_headers]
    assert message.get_custom_header(int32("h")) == 1
    found.append(message.must_understand_headers)
    assert found == [(XmlQName("h", "ns"), XmlQName("l")), (XmlQName("l"),)]


def test_a_header_that_does_not_match_its_table() -> None:
    message = received('<h xmlns="ns" e:mustUnderstand="1">one</h>')
    with pytest.raises(InvalidFormat) as caught:
        message.get_custom_header(int32("h"))
    assert caught.value.offset is not None
    assert message.must_understand_headers == (XmlQName("h", "ns"),)


def test_a_received_header_buffer_stands_alone() -> None:
    message = received('<x:h xmlns:x="ns" y="&lt;">w:name</x:h><w:Action e:mustUnderstand="1">urn:a</w:Action>')
    declarations = f'xmlns:e="{ENVELOPE_12}" xmlns:w="{ADDRESSING_10}"'
    assert blocks(message) == (
        f'<x:h {declarations} xmlns:x="ns" y="&lt;">w:name</x:h>'
        f'<w:Action {declarations} e:mustUnderstand="1">urn:a</w:Action>'
    )
    again = Message()
    again.read_envelope_start(message.header_buffer)
    assert again.get_header(HeaderType.ACTION) == "urn:a"


def test_received_headers_can_be_changed() -> None:
    message = received('<w:Action>urn:a</w:Action><h xmlns="ns">1</h>')
    message.set_header(HeaderType.ACTION, "urn:b")
    message.remove_custom_header("h", "ns")
    assert message.get_header(HeaderType.ACTION) == "urn:b"
    assert message.get_custom_header(int32("h"), option=ReadOption.OPTIONAL_POINTER) is None


@pytest.mark.parametrize("option", [ReadOption.NILLABLE_POINTER, ReadOption.NILLABLE_VALUE, 0, None])
def test_read_options_that_are_not_for_headers(option: ReadOption) -> None:
    message = received("")
    with pytest.raises(InvalidArgument, match="option"):
        message.get_header(HeaderType.ACTION, option=option)
    with pytest.raises(InvalidArgument, match="option"):
        message.get_custom_header(HEADER, option=option)
