"""Does reading and writing stay linear, for the shapes of documents that attackers choose?

``python -m tools.linear [LIMIT]``; `make linear` keeps freed memory in the process, so that page faults do not count.

Every shape is made for n and for 2n; the CPU time of the larger one may be at most 2.3 times that of the smaller one.
Quadratic work gives 4. Of each size the fastest of several runs counts, taken in turns, and a shape that is above the
limit is measured again with more runs before it fails, so that other work on the machine does not decide.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from wsx import XmlReader, XmlWriter
from wsx._reader import Reader
from wsx._scanner import MoreInput
from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    StructOption,
    Type,
)
from wsx.fragment import XmlBuffer
from wsx.quotas import Quotas
from wsx.xml import read_element, write_element

LIMIT: Final = 2.3
# Runs of each size, and those of the repetitions when the first ones were above the limit.
RUNS: Final = (5, 15, 30, 60)
LOOSE: Final = Quotas(max_depth=10_000, max_attributes=1_000_000, max_namespaces=1_000_000, max_name_length=2**26)
_STRING: Final = ElementDescription("a", "", Type.STRING)
_BYTES: Final = ElementDescription("a", "", Type.BYTES)


def _table(*fields: FieldDescription, options: StructOption = StructOption.NONE) -> ElementDescription:
    return ElementDescription("a", "", Type.STRUCT, StructDescription(dict, fields, options=options))


_LAX: Final = _table(options=StructOption.IGNORE_TRAILING_ELEMENT_CONTENT | StructOption.IGNORE_UNHANDLED_ATTRIBUTES)
_ITEMS: Final = _table(FieldDescription("b", Type.STRING, mapping=FieldMapping.REPEATING_ELEMENT))
_OPEN: Final = _table(
    FieldDescription("k", Type.ANY_ATTRIBUTES, mapping=FieldMapping.ANY_ATTRIBUTES),
    FieldDescription("rest", Type.XML_BUFFER, mapping=FieldMapping.REPEATING_ANY_ELEMENT),
)
_MIXED: Final = _table(FieldDescription("c", Type.XML_BUFFER, mapping=FieldMapping.ANY_CONTENT))
_OPTIONALS: Final = _table(
    *(FieldDescription(f"f{i}", Type.INT32, options=FieldOption.OPTIONAL) for i in range(20)),
    FieldDescription("b", Type.STRING, mapping=FieldMapping.REPEATING_ELEMENT),
)


def inside(piece: bytes) -> Callable[[int], bytes]:
    return lambda n: b"<a>" + piece * n + b"</a>"


def documents() -> Iterator[tuple[str, int, Callable[[int], bytes], ElementDescription]]:
    """(shape, n, document of that size, table that reads it)"""
    yield "attributes", 6_000, lambda n: b"<a" + b"".join(b' a%d=""' % i for i in range(n)) + b"/>", _LAX
    yield "attributes, kept", 6_000, lambda n: b"<a" + b"".join(b' a%d=""' % i for i in range(n)) + b"/>", _OPEN
    yield (
        "alike attributes",
        2_000,
        lambda n: b"<a" + b"".join(b" " + b"a" * (i % 97 + 1) + b'%d=""' % i for i in range(n)) + b"/>",
        _LAX,
    )
    yield "declarations one after the other", 10_000, inside(b'<b xmlns:p="u" p:x=""/>'), _LAX
    yield "a prefix used often", 20_000, lambda n: b'<a xmlns:p="u">' + b"<p:b/>" * n + b"</a>", _LAX
    yield "long name", 500_000, lambda n: b"<a><" + b"n" * n + b"/></a>", _LAX
    yield "long text", 1_000_000, inside(b"x"), _STRING
    yield "text beyond ASCII", 1_000_000, inside("é".encode()), _STRING
    yield "long CDATA", 1_000_000, lambda n: b"<a><![CDATA[" + b"]" * n + b"]]></a>", _STRING
    yield "CDATA sections", 100_000, inside(b"<![CDATA[x]]>"), _STRING
    yield "brackets", 500_000, inside(b"]"), _STRING
    yield "comments", 100_000, inside(b"<!-- - -->"), _STRING
    yield "one comment", 1_000_000, lambda n: b"<a><!--" + b"- " * n + b"--></a>", _STRING
    yield "instructions", 100_000, inside(b"<?p ? >?>"), _STRING
    yield "references", 200_000, inside(b"&#x41;&lt;"), _STRING
    yield "a reference of many zeros", 1_000_000, lambda n: b"<a>&#" + b"0" * n + b"65;</a>", _STRING
    yield "references in an attribute", 200_000, lambda n: b'<a b="' + b"&#65;" * n + b'"/>', _LAX
    yield "line ends", 500_000, inside(b"\r\n\r"), _STRING
    yield "white space", 1_000_000, lambda n: b" " * n + b"<a>" + b"\n" * n + b"</a>" + b"\t" * n, _LAX
    yield "white space in tags", 1_000_000, lambda n: b"<a" + b" " * n + b"></a" + b"\n" * n + b">", _LAX
    yield "base64 in lines", 200_000, inside(b"Zm9v\n"), _BYTES
    yield "small elements", 100_000, inside(b"<b>x</b>"), _ITEMS
    yield "small elements behind absent ones", 100_000, inside(b"<b>x</b>"), _OPTIONALS
    yield "unknown elements", 100_000, inside(b"<c/>"), _LAX
    yield "fragments", 20_000, inside(b"<c>x</c>"), _OPEN
    yield "mixed content", 100_000, inside(b"x<c/>"), _MIXED
    yield "deep", 4_500, lambda n: b"<a>" + b"<b>" * n + b"</b>" * n + b"</a>", _LAX


def _read(table: ElementDescription, data: bytes) -> object:
    return read_element(table, data, quotas=LOOSE)


def _walk(data: bytes) -> None:
    for node in XmlReader(data, quotas=LOOSE):
        _ = node.value, node.attributes


def _skip(data: bytes) -> None:
    reader = Reader(data, quotas=LOOSE)
    reader.skip_element()
    reader.end_document()


def _copy(data: bytes) -> None:
    writer = XmlWriter(max_depth=10_000, max_attributes=1_000_000, max_namespaces=1_000_000, buffer_max_size=None)
    reader = XmlReader(data, quotas=LOOSE)
    reader.read()
    writer.copy(reader)


def _fragment_text(data: bytes) -> None:
    _ = XmlBuffer(data).to_bytes()


def written() -> Iterator[tuple[str, int, Callable[[int], Any], ElementDescription]]:
    """(shape, n, value of that size, table that writes it)"""
    yield "text to escape", 500_000, lambda n: "<é&\r" * (n // 4), _STRING
    yield "items", 100_000, lambda n: {"b": ["x"] * n}, _ITEMS
    yield "bytes", 1_000_000, bytes, _BYTES
    yield "fragments", 5_000, lambda n: {"rest": [XmlBuffer(b"<c>x</c>")] * n}, _OPEN


def _fed(table: ElementDescription, data: bytes) -> None:
    """Byte by byte, asked after each."""
    reader = Reader.in_pieces(quotas=LOOSE)
    for place in range(len(data)):
        reader.feed(data[place : place + 1])
        try:
            reader.read_element(table)
        except MoreInput:
            continue


def in_pieces() -> Iterator[tuple[str, int, Callable[[int], bytes], ElementDescription]]:
    """(shape, n, document of that size, table that reads it in pieces)"""
    yield "long text", 200_000, inside(b"x"), _STRING
    yield "text of comments", 10_000, inside(b"x<!-- > -->"), _STRING
    yield "CDATA sections", 10_000, inside(b"<![CDATA[x]]>"), _STRING
    yield "comments", 10_000, inside(b"<!-- > -->"), _LAX
    yield "one comment", 100_000, lambda n: b"<a><!--" + b"> " * n + b"--></a>", _LAX
    yield "an attribute", 200_000, lambda n: b'<a b="' + b">" * n + b'"/>', _LAX
    yield "many attributes", 10_000, lambda n: b"<a" + b"".join(b" b%d=''" % i for i in range(n)) + b"/>", _LAX
    yield "small elements", 20_000, inside(b"<b>x</b>"), _ITEMS
    yield "one fragment", 20_000, lambda n: b"<a><c>" + b"<d/>" * n + b"</c></a>", _OPEN
    yield "fragments", 10_000, inside(b"<c>x</c>"), _OPEN
    yield "mixed content", 20_000, inside(b"x<c/>"), _MIXED
    yield "deep", 4_500, lambda n: b"<a>" + b"<b>" * n + b"</b>" * n + b"</a>", _LAX


def cases() -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """(name, call for n, call for 2n)"""

    def both(name: str, call: Callable[[Any], object], small: Any, large: Any) -> tuple[str, Any, Any]:
        return name, lambda: call(small), lambda: call(large)

    for shape, n, make, table in documents():
        small, large = make(n), make(2 * n)
        reading: dict[str, Callable[[bytes], object]] = {
            "read_element": partial(_read, table),
            "skip_element": _skip,
            "XmlReader": _walk,
        }
        if shape not in ("long name", "white space"):
            reading["XmlWriter.copy"] = _copy
        if shape == "small elements":
            reading["XmlBuffer.to_bytes"] = _fragment_text
        for name, call in reading.items():
            yield both(f"{shape}: {name}", call, small, large)
    for shape, n, make, table in in_pieces():
        yield both(f"{shape}: byte by byte", partial(_fed, table), make(n), make(2 * n))
    for shape, n, value, table in written():
        yield both(f"{shape}: write_element", partial(write_element, table), value(n), value(2 * n))


def _seconds(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun


def ratio(small: Callable[[], object], large: Callable[[], object], limit: float) -> tuple[float, float]:
    """(time of 2n by time of n, seconds for 2n), the fastest of each."""
    fastest = [float("inf"), float("inf")]
    found = 0.0
    for runs in RUNS:
        for _ in range(runs):
            fastest = [min(fastest[0], _seconds(small)), min(fastest[1], _seconds(large))]
        found = fastest[1] / fastest[0]
        if found <= limit:
            break
    return found, fastest[1]


def main() -> int:
    """Prints the ratio of every case; 1 when one is above the limit."""
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else LIMIT
    above = []
    worst = 0.0
    count = 0
    for name, small, large in cases():
        found, seconds = ratio(small, large, limit)
        print(f"{found:5.2f}  {seconds * 1000:7.1f} ms  {name}", flush=True)
        count += 1
        worst = max(worst, found)
        if found > limit:
            above.append(name)
    print(f"{count - len(above)} of {count} shapes are linear; the largest t(2n)/t(n) is {worst:.2f}")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
