"""Mapped headers of replies, and the forms of mapped headers with several values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.channels import ASK, GOT, REPLY, MakeChannel, soap_11
from tests.support.http_peer import Answer, HttpPeer
from wsx.channel import HttpHeaderMapping, HttpHeaderMappingOptions, HttpMessageMapping
from wsx.descriptions import ReadOption
from wsx.errors import InvalidArgument, InvalidFormat
from wsx.message import MessageInitialization, RepeatingHeaderOption

PLAIN = HttpHeaderMappingOptions(0)
COMMA = HttpHeaderMappingOptions.COMMA_SEPARATOR
SEMICOLON = HttpHeaderMappingOptions.SEMICOLON_SEPARATOR
QUOTED = HttpHeaderMappingOptions.QUOTED_VALUE


@pytest.mark.parametrize(
    ("options", "values", "lines"),
    [
        (PLAIN, ["a", "b"], ["a", "b"]),
        (COMMA, ["a", "b c"], ["a, b c"]),
        (SEMICOLON, ["a", "b"], ["a; b"]),
        (QUOTED, ["a", 'b"c\\'], ['"a"', '"b\\"c\\\\"']),
        (QUOTED | COMMA, ["a, b", "c"], ['"a, b", "c"']),
        (QUOTED | SEMICOLON, ["a;b", 'c";"'], ['"a;b"; "c\\";\\""']),
    ],
)
def test_values_and_lines(options: HttpHeaderMappingOptions, values: list[str], lines: list[str]) -> None:
    mapping = HttpHeaderMapping("X-One", options)
    assert mapping.lines(values) == lines
    assert [value for line in lines for value in mapping.values(line)] == values


@pytest.mark.parametrize(
    ("options", "line", "values"),
    [
        (PLAIN, ' a, "b" ', ['a, "b"']),
        (PLAIN, "", [""]),
        (COMMA, " a ,, b,", ["a", "b"]),
        (COMMA, 'a "x, y"', ['a "x', 'y"']),
        (COMMA, "", []),
        (QUOTED, "bare", ["bare"]),
        (QUOTED, '"open', ['"open']),
        (QUOTED | COMMA, 'bare, "x, y",z"', ["bare", "x, y", 'z"']),
    ],
)
def test_lines_as_peers_write_them(options: HttpHeaderMappingOptions, line: str, values: list[str]) -> None:
    assert HttpHeaderMapping("X-One", options).values(line) == values


@given(
    st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), min_size=1),
    st.sampled_from([COMMA, SEMICOLON]),
)
def test_quoted_values_come_back(values: list[str], separator: HttpHeaderMappingOptions) -> None:
    mapping = HttpHeaderMapping("X-One", QUOTED | separator)
    (line,) = mapping.lines(values)
    assert mapping.values(line) == values


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("", 0),
        ("a b", 0),
        ("1a", 0),
        ("a:b", 0),
        ("X\r\n", 0),
        (None, 0),
        ("X", 3),
        ("X", 8),
        ("X", -1),
        ("X", True),
        ("X", "1"),
    ],
)
def test_mappings_that_are_refused(name: Any, options: Any) -> None:
    with pytest.raises(InvalidArgument):
        HttpHeaderMapping(name, options)


@pytest.mark.parametrize("which", ["request_headers", "response_headers"])
@pytest.mark.parametrize("given", [None, "X-One", ("X-One",), (HttpHeaderMapping("X-One"), HttpHeaderMapping("x-one"))])
def test_lists_that_are_refused(which: str, given: Any) -> None:
    with pytest.raises(InvalidArgument, match=which):
        HttpMessageMapping(**{which: given})


def test_requests(make: MakeChannel) -> None:
    mapping = HttpMessageMapping(request_headers=(HttpHeaderMapping("X-Tags", QUOTED | COMMA),))
    with HttpPeer() as peer, make(properties=soap_11(http_message_mapping=mapping)) as channel:
        channel.open(peer.url)
        message = channel.create_message()
        message.initialize(MessageInitialization.REQUEST)
        for name, value in (("x-tags", "a"), ("X-Other", "o"), ("X-Tags", "b, c"), ("X-Last", "1")):
            message.add_mapped_header(name, value)
        previewed = channel.preview(message, ASK, 1)
        channel.send_message(message, ASK, 1)
    assert previewed.headers[-3:] == ((b"x-tags", b'"a", "b, c"'), (b"X-Other", b"o"), (b"X-Last", b"1"))
    assert list(peer.seen[0].headers.items())[-4:-1] == [("x-tags", '"a", "b, c"'), ("X-Other", "o"), ("X-Last", "1")]


def test_replies(make: MakeChannel) -> None:
    mapping = HttpMessageMapping(
        response_headers=(
            HttpHeaderMapping("MappedResponseHeader"),
            HttpHeaderMapping("X-Tags", QUOTED | COMMA),
            HttpHeaderMapping("X-Missing"),
        )
    )
    answer = Answer(REPLY, headers={"mappedresponseheader": "value", "X-Tags": '"a, b", c', "X-Other": "not asked for"})
    with HttpPeer(answer) as peer, make(properties=soap_11(http_message_mapping=mapping)) as channel:
        channel.open(peer.url)
        reply = channel.create_message()
        assert channel.request_reply(channel.create_message(), ASK, 1, reply, GOT) == 5
    assert reply.get_mapped_header("MappedResponseHeader") == "value"
    tags = [
        reply.get_mapped_header("X-Tags", repeating=RepeatingHeaderOption.REPEATING, index=index) for index in (0, 1)
    ]
    assert tags == ["a, b", "c"]
    for name in ("X-Missing", "X-Other"):
        assert reply.get_mapped_header(name, option=ReadOption.OPTIONAL_POINTER) is None


def test_a_control_character_in_a_reply() -> None:
    mapping = HttpMessageMapping(response_headers=(HttpHeaderMapping("X-One"),))
    for value in (b"a\0b", b"a\x0bb", b"a\x7f"):
        with pytest.raises(InvalidFormat, match="X-One"):
            mapping.incoming([(b"x-one", value)])
    assert mapping.incoming([(b"X-ONE", b"a\tb"), (b"x-one", "é".encode()), (b"x-one", b"\xe9")]) == [
        ("X-One", "a\tb"),
        ("X-One", "é"),
        ("X-One", "é"),
    ]
