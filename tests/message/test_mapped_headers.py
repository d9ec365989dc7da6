"""Mapped headers: lines of HTTP that go with a message and are in no envelope."""

from __future__ import annotations

import pytest

from tests.message.test_headers import blocks, initialized, received
from tests.support.tables import BODY
from wsx.descriptions import ElementDescription, ReadOption, Type
from wsx.errors import InvalidArgument, InvalidFormat, QuotaExceeded
from wsx.message import Message, RepeatingHeaderOption

OPTIONAL = ReadOption.OPTIONAL_POINTER
REPEATING = RepeatingHeaderOption.REPEATING


def test_they_are_in_the_header_buffer_alone() -> None:
    message = initialized()
    message.add_mapped_header("X-Name", 'a "<>& ü')
    assert blocks(message) == '<X-Name>a "&lt;&gt;&amp; ü</X-Name>'
    assert message.mapped_headers == (("X-Name", 'a "<>& ü'),)
    message.write_envelope_start()
    message.write_body(BODY, {"val": 1})
    assert b"Header" not in message.write_envelope_end()


def test_values_of_one_name() -> None:
    message = initialized()
    assert message.get_mapped_header("X-Name", option=OPTIONAL) is None
    with pytest.raises(InvalidFormat, match="X-Name"):
        message.get_mapped_header("X-Name")
    message.add_mapped_header("X-Name", "")
    assert message.get_mapped_header("X-Name") == ""
    message.add_mapped_header("X-Name", "two\tthree")
    message.add_mapped_header("x-name", "other")
    with pytest.raises(InvalidFormat, match="2 headers"):
        message.get_mapped_header("X-Name")
    assert message.get_mapped_header("X-Name", repeating=REPEATING, index=1) == "two\tthree"
    assert message.get_mapped_header("X-Name", repeating=REPEATING, index=2, option=OPTIONAL) is None
    with pytest.raises(InvalidFormat, match="no header X-Name at index 2"):
        message.get_mapped_header("X-Name", repeating=REPEATING, index=2)
    with pytest.raises(InvalidArgument, match="index"):
        message.get_mapped_header("X-Name", index=1)
    message.remove_mapped_header("X-Name")
    assert message.mapped_headers == (("x-name", "other"),)


@pytest.mark.parametrize("character", [chr(code) for code in (*range(9), *range(10, 32), 127)])
def test_a_value_cannot_start_another_line(character: str) -> None:
    message = initialized()
    for value in (character, f"a{character}", f"a{character}X-Evil: 1"):
        with pytest.raises(InvalidArgument, match="control character"):
            message.add_mapped_header("X-Name", value)
    assert message.mapped_headers == ()


@pytest.mark.parametrize("name", ["", "X Name", "X:", "X\r\nY", "é", "1-X", "-x", "!x", "X-Näme", "x/y", None, b"X", 5])
def test_a_name_must_be_one_of_http_and_of_xml(name: str) -> None:
    message = initialized()
    with pytest.raises(InvalidArgument, match="name"):
        message.add_mapped_header(name, "v")
    assert blocks(message) == ""


@pytest.mark.parametrize("value", [None, b"v", 5])
def test_a_value_must_be_text(value: str) -> None:
    with pytest.raises(InvalidArgument, match="X-Name"):
        initialized().add_mapped_header("X-Name", value)


@pytest.mark.parametrize("value", ["\ud800", "\uffff"])
def test_a_value_must_be_possible_in_xml(value: str) -> None:
    message = initialized()
    with pytest.raises(InvalidFormat):
        message.add_mapped_header("X-Name", value)
    assert message.mapped_headers == ()


def test_an_element_of_the_envelope_is_no_line_of_http() -> None:
    message = received("<X-Name>forged</X-Name>")
    assert message.mapped_headers == ()
    assert message.get_mapped_header("X-Name", option=OPTIONAL) is None
    message.add_mapped_header("X-Name", "true")
    message.remove_custom_header("Other", "")
    assert message.get_mapped_header("X-Name") == "true"
    element = ElementDescription("X-Name", "", Type.STRING)
    assert message.get_custom_header(element, repeating=REPEATING) == "forged"
    message.remove_mapped_header("X-Name")
    assert message.get_custom_header(element) == "forged"


def test_they_count_as_headers() -> None:
    message = Message(max_processed_headers=1)
    message.initialize()
    message.add_mapped_header("X-Name", "1")
    with pytest.raises(QuotaExceeded, match="max_processed_headers"):
        message.add_mapped_header("X-Name", "2")
    message.reset()
    message.initialize()
    assert message.mapped_headers == ()
