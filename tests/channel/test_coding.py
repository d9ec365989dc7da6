"""Content codings: gzip requests, gzip and deflate replies, and what decompression may cost."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.channels import ASKED, REPLY, MakeChannel, ask, ask_and_get, soap_11
from tests.support.http_peer import Answer, HttpPeer
from wsx.channel import Channel, ChannelState
from wsx.channel.coding import Decoder, decoded, gzipped
from wsx.errors import InvalidFormat, QuotaExceeded
from wsx.transport import default_transport

WIDE = {"max_size": 1 << 30, "max_ratio": 1 << 30, "ratio_above": 0}


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZip": gzip.compress,
    "deflate": zlib.compress,
    " deflate ": bare,
    "identity": bytes,
    "": bytes,
    "gzip, identity": lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:]),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_replies(make: MakeChannel, coding: str) -> None:
    answer = Answer(CODINGS[coding](REPLY), headers={"Content-Encoding": coding})
    with HttpPeer(answer) as peer, make(properties=soap_11()) as channel:
        channel.open(peer.url)
        for _ in range(2):
            assert ask_and_get(channel) == 5
    assert peer.seen[0].headers["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("coding", "content", "text"),
    [
        ("br", REPLY, "'br' is neither"),
        ("gzip, gzip", gzip.compress(gzip.compress(REPLY)), "several content codings"),
        ("gzip", REPLY, "not in its content coding gzip"),
        ("gzip", gzip.compress(REPLY)[:-1], "ends in the middle"),
        ("gzip", gzip.compress(REPLY) + b"more", "not in its content coding gzip"),
        ("deflate", zlib.compress(REPLY) + b"more", "bytes follow"),
        ("deflate", b"\x78", "ends in the middle"),
        ("deflate", zlib.compress(REPLY)[:-5] + b"\0\0\0\0\0", "not in its content coding deflate"),
    ],
)
def test_replies_that_are_refused(make: MakeChannel, coding: str, content: bytes, text: str) -> None:
    answer = Answer(content, headers={"Content-Encoding": coding})
    with HttpPeer(answer) as peer, make(properties=soap_11()) as channel:
        channel.open(peer.url)
        with pytest.raises(InvalidFormat, match=text) as caught:
            ask(channel)
        assert caught.value.url == f"{peer.url}/"
        assert channel.state is ChannelState.OPEN
        with pytest.raises(InvalidFormat, match=text):
            ask(channel)
    assert len(peer.seen) == 2


def in_comment(size: int) -> bytes:
    """A reply of exactly ``size`` bytes."""
    start, end = REPLY.split(b"<r ", 1)
    return start + b"<!--" + b"x" * (size - len(REPLY) - 7) + b"-->" + b"<r " + end


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_the_absolute_quota(make: MakeChannel, coding: str, over: int) -> None:
    content = CODINGS[coding](in_comment(300_000 + over))
    properties = soap_11(max_buffered_message_size=300_000, max_decompression_ratio=100_000)
    with (
        HttpPeer(Answer(content, headers={"Content-Encoding": coding})) as peer,
        make(properties=properties) as channel,
    ):
        channel.open(peer.url)
        if over:
            with pytest.raises(QuotaExceeded, match="300000"):
                ask(channel)
        else:
            assert ask_and_get(channel) == 5


@pytest.mark.parametrize("over", [0, 1])
def test_the_ratio_quota(make: MakeChannel, over: int) -> None:
    """At the ratio that the reply has, and one below it."""
    plain = in_comment(400_000)
    content = gzip.compress(plain)
    ratio = -(-len(plain) // len(content))
    properties = soap_11(max_decompression_ratio=ratio - over, decompression_ratio_above=1000)
    with (
        HttpPeer(Answer(content, headers={"Content-Encoding": "gzip"})) as peer,
        make(properties=properties) as channel,
    ):
        channel.open(peer.url)
        if over:
            with pytest.raises(QuotaExceeded, match="max_decompression_ratio"):
                ask(channel)
        else:
            assert ask_and_get(channel) == 5


@pytest.mark.parametrize("over", [0, 1])
def test_the_ratio_counts_above_a_size_only(over: int) -> None:
    content = gzip.compress(b"x" * 50_000)
    limits = {"max_size": 1 << 20, "max_ratio": 2, "ratio_above": 50_000 - over}
    if over:
        with pytest.raises(QuotaExceeded, match="2 times"):
            decoded(b"gzip", content, **limits)
    else:
        assert decoded(b"gzip", content, **limits) == b"x" * 50_000


def test_a_bomb_is_not_unpacked() -> None:
    """A gigabyte in a megabyte: the piece that passes the limit is the last one that is made."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    made = []

    class Counting(Decoder):
        __slots__ = ()

        def _count(self, size: int) -> None:
            made.append(size)
            super()._count(size)

    decoder = Counting(b"gzip", max_size=1 << 26, max_ratio=100, ratio_above=8 << 20)
    with pytest.raises(QuotaExceeded):
        decoder.feed(bomb)
    assert max(made) <= 256 << 10
    assert sum(made) <= (1 << 26) + (256 << 10)


@given(
    st.binary(max_size=2000),
    st.sampled_from(["gzip", "deflate", " deflate "]),
    st.lists(st.integers(0, 2100)),
    st.data(),
)
def test_any_pieces_make_the_whole(content: bytes, coding: str, cuts: list[int], data: st.DataObject) -> None:
    packed = CODINGS[coding](content)
    if coding == "gzip" and data.draw(st.booleans()):
        packed += gzip.compress(content)
        content += content
    decoder = Decoder(coding.strip().encode(), **WIDE)
    edges = sorted({0, len(packed), *(cut for cut in cuts if cut < len(packed))})
    result = b"".join(decoder.feed(packed[one:other]) for one, other in pairwise(edges))
    decoder.finish()
    assert result == content


def test_pieces_larger_than_a_step() -> None:
    content = bytes(range(256)) * 8192
    for coding in ("gzip", "deflate"):
        assert decoded(coding.encode(), CODINGS[coding](content), **WIDE) == content


@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
def test_nothing_at_all(coding: bytes) -> None:
    assert decoded(coding, b"", **WIDE) == b""


@pytest.mark.parametrize("over", [0, 1])
def test_requests_from_a_size_on(make: MakeChannel, over: int) -> None:
    properties = soap_11(gzip_request_threshold=len(ASKED) + over)
    with HttpPeer() as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        ask(channel)
    (seen,) = peer.seen
    if over:
        assert "Content-Encoding" not in seen.headers
        assert seen.body == ASKED
    else:
        assert seen.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(seen.body) == ASKED
        assert seen.body == gzipped(ASKED)
        assert seen.headers["Content-Length"] == str(len(seen.body))


def test_the_size_of_a_request_is_that_of_its_envelope(make: MakeChannel) -> None:
    properties = soap_11(gzip_request_threshold=0, max_buffered_message_size=100)
    with HttpPeer() as peer, make(properties=properties) as channel:
        channel.open(peer.url)
        with pytest.raises(QuotaExceeded, match="max_buffered_message_size"):
            ask(channel)
    assert not peer.seen


@pytest.mark.parametrize("accept_encoding", [None, "gzip, deflate"])
@pytest.mark.parametrize("coding", ["gzip", "deflate", ""])
def test_transports_that_undo_codings_themselves(accept_encoding: str | None, coding: str) -> None:
    """Once is enough: such a transport leaves the line out."""
    answer = Answer(CODINGS[coding](REPLY), headers={"Content-Encoding": coding})
    transport = default_transport(accept_encoding=accept_encoding)
    with HttpPeer(answer) as peer, Channel(properties=soap_11(), transport=transport) as channel:
        channel.open(peer.url)
        assert ask_and_get(channel) == 5
        assert peer.seen[0].headers["Accept-Encoding"] == "gzip, deflate"
    transport.close()
