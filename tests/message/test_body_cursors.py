"""body_writer and body_reader: the cursors inside the Body, in turn with the calls that go by tables."""

from __future__ import annotations

import pytest

from tests.support.tables import BODY, ENVELOPE_12, TWO_PARTS, int32
from wsx import Fault, FaultCode, FaultReason, XmlQName, XmlReader, XmlWriterProperties
from wsx.cursors import NodeType
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted, QuotaExceeded
from wsx.message import AddressingVersion, EnvelopeVersion, Message, MessageState

V11, V12, NONE = EnvelopeVersion.SOAP_1_1, EnvelopeVersion.SOAP_1_2, EnvelopeVersion.NONE
TRANSPORT = AddressingVersion.TRANSPORT
START = f'<s:Envelope xmlns:s="{ENVELOPE_12}">'
U = '<u xmlns="ns"><val>1</val></u>'
FAULT = Fault(FaultCode(XmlQName("Sender")), (FaultReason("r"),))


def writing(envelope: EnvelopeVersion = V12, **arguments: object) -> Message:
    message = Message(envelope, TRANSPORT, **arguments)  # type: ignore[arg-type]
    message.initialize()
    message.write_envelope_start()
    return message


def reading(body: str, envelope: EnvelopeVersion = V12) -> Message:
    message = Message(envelope, TRANSPORT)
    document = body if envelope is NONE else f"{START}<s:Body>{body}</s:Body></s:Envelope>"
    message.read_envelope_start(document.encode())
    return message


# Writing


def test_the_cursor_and_the_tables_take_turns() -> None:
    message = writing()
    message.write_body(BODY, {"val": 1})
    writer = message.body_writer
    assert message.body_writer is writer
    writer.start_element("list", "ns")
    message.write_body(int32("a"), 1)
    message.write_body(TWO_PARTS, {"a": 2, "b": 3})
    writer.element(int32("a"), 4)
    writer.end_element()
    message.write_body(int32("z", ""), 5)
    assert message.write_envelope_end().decode() == (
        f'{START}<s:Body>{U}<list xmlns="ns"><a>1</a><a xmlns="x">2</a><b xmlns="y">3</b><a>4</a></list>'
        "<z>5</z></s:Body></s:Envelope>"
    )


def test_the_namespaces_of_the_envelope_are_in_force() -> None:
    message = writing()
    writer = message.body_writer
    writer.start_element("e", ENVELOPE_12, "s")
    writer.qualified_name("Client", ENVELOPE_12)
    writer.end_element()
    assert message.write_envelope_end() == f"{START}<s:Body><s:e>s:Client</s:e></s:Body></s:Envelope>".encode()


def test_parts_are_the_whole() -> None:
    message = writing()
    writer = message.body_writer
    parts = [message.flush_body()]
    for number in range(3):
        writer.start_element("a", "ns")
        parts.append(message.flush_body())
        writer.text(str(number))
        parts.append(message.flush_body(1 << 20))
        writer.end_element()
        parts.append(message.flush_body())
    parts.append(message.write_envelope_end())
    body = "".join(f'<a xmlns="ns">{number}</a>' for number in range(3))
    assert b"".join(parts).decode() == f"{START}<s:Body>{body}</s:Body></s:Envelope>"
    assert parts[2] == b""


def test_a_cursor_that_wrote_nothing_leaves_the_body_empty() -> None:
    message = writing()
    assert message.body_writer.depth == 0
    assert message.write_envelope_end() == f"{START}<s:Body/></s:Envelope>".encode()


def test_without_envelope() -> None:
    message = writing(NONE)
    message.body_writer.element(int32("a"), 1)
    assert message.write_envelope_end() == b'<a xmlns="ns">1</a>'


@pytest.mark.parametrize("end", ["write_envelope_end", "abandon", "reset"])
def test_the_cursor_is_closed_with_the_message(end: str) -> None:
    message = writing()
    writer = message.body_writer
    getattr(message, end)()
    with pytest.raises(InvalidOperation):
        writer.start_element("a")
    with pytest.raises(InvalidOperation):
        message.body_writer  # noqa: B018


def test_an_open_element_is_no_end() -> None:
    message = writing()
    message.body_writer.start_element("a")
    with pytest.raises(InvalidOperation, match="open"):
        message.write_fault(FAULT)
    with pytest.raises(InvalidOperation, match="open"):
        message.write_envelope_end()
    assert message.state is MessageState.DONE


def test_a_failed_cursor_fails_what_follows() -> None:
    message = writing()
    with pytest.raises(InvalidFormat):
        message.body_writer.end_element()
    for call in (lambda: message.write_body(BODY, {"val": 1}), message.flush_body, message.write_envelope_end):
        with pytest.raises(ObjectFaulted):
            call()
    assert message.state is MessageState.DONE


def test_properties_of_the_writer() -> None:
    properties = XmlWriterProperties(write_declaration=True, max_depth=1, max_attributes=0)
    message = writing(writer_properties=properties)
    with pytest.raises(QuotaExceeded):
        message.write_body(BODY, {"val": 1})
    message.write_body(int32("a", ""), 1)
    writer = message.body_writer
    writer.start_element("a")
    with pytest.raises(QuotaExceeded, match="max_attributes"):
        writer.start_attribute("b")
    message.reset()
    message.initialize()
    message.write_envelope_start()
    message.write_body(int32("a", ""), 1)
    declared = '<?xml version="1.0" encoding="utf-8"?>'
    assert message.write_envelope_end().decode() == f"{declared}{START}<s:Body><a>1</a></s:Body></s:Envelope>"


@pytest.mark.parametrize(
    "properties",
    [
        None,
        {},
        XmlWriterProperties(indent=2),
        XmlWriterProperties(allow_fragment=True),
        XmlWriterProperties(buffer_max_size=1),
    ],
)
def test_properties_that_a_message_does_not_have(properties: object) -> None:
    with pytest.raises(InvalidArgument, match=r"writer propert|writer_properties"):
        Message(writer_properties=properties)  # type: ignore[arg-type]


# Reading


def test_the_cursor_and_the_tables_share_the_place() -> None:
    message = reading(f'{U}<list xmlns="ns"><a>1</a> <a>2</a><b/></list>{U}')
    assert message.read_body(BODY) == {"val": 1}
    reader = message.body_reader
    assert message.body_reader is reader
    assert (reader.node.type, reader.node.local_name, reader.node.ns, reader.depth) == (
        NodeType.ELEMENT,
        "list",
        "ns",
        2,
    )
    reader.read_start_element()
    assert message.read_body(int32("a")) == 1
    assert reader.read_element(int32("a")) == 2
    assert reader.node.local_name == "b"
    reader.skip_node()
    reader.read_end_element()
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()
    assert message.state is MessageState.DONE


def test_the_cursor_stands_on_the_first_child() -> None:
    message = reading(U)
    reader = message.body_reader
    assert reader.node.local_name == "u"
    assert reader.namespace_of("s") == ENVELOPE_12
    position = reader.position
    reader.skip_node()
    assert reader.node.type is NodeType.END_ELEMENT
    reader.position = position
    assert message.read_body(BODY) == {"val": 1}
    message.read_envelope_end()


def test_a_fault_by_cursor_and_by_table() -> None:
    out = writing()
    out.write_fault(FAULT)
    message = Message(V12, TRANSPORT)
    message.read_envelope_start(out.write_envelope_end())
    reader = message.body_reader
    assert reader.node.local_name == "Fault"
    assert message.read_fault() == Fault(FaultCode(XmlQName("Sender", ENVELOPE_12)), FAULT.reasons)
    assert reader.node.type is NodeType.END_ELEMENT
    message.read_envelope_end()


def test_an_empty_body() -> None:
    message = reading("")
    assert message.body_reader.node.type is NodeType.END_ELEMENT
    message.read_envelope_end()


def test_without_envelope_the_cursor_is_at_the_top() -> None:
    message = reading('<?xml version="1.0"?><a xmlns="ns">1</a>', NONE)
    reader = message.body_reader
    assert (reader.node.local_name, reader.depth) == ("a", 0)
    assert reader.read_element(int32("a")) == 1
    message.read_envelope_end()


@pytest.mark.parametrize("steps", [["read_start_element"], ["skip_node", "read_end_element"]])
def test_the_body_must_be_read_to_its_end_and_no_further(steps: list[str]) -> None:
    message = reading(U)
    reader = message.body_reader
    for step in steps:
        getattr(reader, step)()
    with pytest.raises(InvalidFormat, match="end of the Body"):
        message.read_envelope_end()
    assert message.state is MessageState.DONE


def test_a_part_left_out_is_an_error() -> None:
    message = reading(U + U)
    message.body_reader.skip_node()
    with pytest.raises(InvalidFormat, match="unexpected element"):
        message.read_envelope_end()


@pytest.mark.parametrize("end", ["read_envelope_end", "abandon", "reset"])
def test_the_reader_is_closed_with_the_message(end: str) -> None:
    message = reading("")
    reader: XmlReader = message.body_reader
    getattr(message, end)()
    with pytest.raises(InvalidOperation):
        reader.read()
    with pytest.raises(InvalidOperation):
        message.body_reader  # noqa: B018


def test_a_failure_of_either_is_one_of_both() -> None:
    message = reading(U)
    reader = message.body_reader
    with pytest.raises(InvalidFormat):
        reader.read_end_element()
    with pytest.raises(ObjectFaulted):
        message.read_body(BODY)

    message = reading(U)
    reader = message.body_reader
    with pytest.raises(InvalidFormat):
        message.read_body(int32("other"))
    with pytest.raises(InvalidOperation):
        reader.read()
    with pytest.raises(ObjectFaulted):
        message.body_reader  # noqa: B018


def test_an_attribute_that_is_open_must_be_left_first() -> None:
    message = reading('<u xmlns="ns" x="1"><val>1</val></u>')
    reader = message.body_reader
    reader.read_start_attribute(0)
    with pytest.raises(InvalidOperation, match="attribute"):
        message.read_body(BODY)
