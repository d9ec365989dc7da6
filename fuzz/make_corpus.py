"""Makes the first inputs of every target, which fuzzing then adds to: ``python -m fuzz.make_corpus``.

What is already in the corpora stays.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from fuzz import corpus
from fuzz.tables import SCALAR_TABLES, TABLES, made_value
from fuzz.targets import TARGETS
from wsx.descriptions import XSI_NAMESPACE
from wsx.errors import WsError
from wsx.xml import write_element

DOCUMENTS = [
    "<a/>",
    "<a></a >",
    "\ufeff<?xml version='1.0' encoding=\"UTF-8\" standalone='yes'?>\n<!-- c --><a\n/><?p q?>",
    "<a>&lt;&gt;&amp;&quot;&apos;&#x10FFFF;&#65;</a>",
    "<a><![CDATA[<&]]]]>]]&gt;</a>",
    "<a b='\"' c=\"'\" d = ' &#10; '/>",
    "<p:a xmlns:p='u' p:b='1' b='2'><b xmlns='v'><c xmlns=''/></b></p:a>",
    "<a xml:lang='de' xml:space='preserve'> </a>",
    "<a>\r\n\r\t</a>",
    "<é><名/></é>",
    "<a><b>1</b>text<b/><!-- - --><?p?></a>",
    "<a b='c' b='c'/>",
    "<a:b/>",
    "<a>]]></a>",
    "<a xmlns:b='u' xmlns:c='u' b:d='' c:d=''/>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "<a><b></a></b>",
    "<?xml version='1.1'?><a/>",
    "<a b='<'/>",
    "<a>&#0;</a>",
    "<a>&x;</a>",
    "<!-- -- --><a/>",
    "<a/><b/>",
    "<a>;pa&<a>;[",
]
# For each type that has forms of its own.
TEXTS = [
    "true",
    "0",
    " 1 ",
    "-128",
    "255",
    "-2147483648",
    "9223372036854775807",
    "18446744073709551616",
    "+7",
    "00",
    "1e5",
    "-0",
    "0.1",
    "1.7976931348623157E+308",
    "4.9e-324",
    "INF",
    "-INF",
    "NaN",
    "79228162514264337593543950335",
    ".5",
    "1.0000000000000000000000000001",
    "2024-02-29T12:30:01.1234567+01:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T24:00:00",
    "10.23:59:59.9999999",
    "-00:00:00.1",
    "P1Y2M3DT4H5M6.7S",
    "-P0D",
    "01234567-89ab-cdef-0123-456789abcdef",
    "urn:uuid:01234567-89AB-CDEF-0123-456789ABCDEF",
    "AAH//g==",
    "A A H / / g = =",
    "AA",
    "red",
    "green & <blue>",
    "x",
    "p:x",
    "xml:lang",
    ":",
    "é€𝄞",
    "\t\n\r",
    "]]>",
    "",
]


def _documents() -> Iterator[bytes]:
    yield from (document.encode() for document in DOCUMENTS)
    yield from (document.encode(codec) for codec in ("utf-16", "utf-16-be") for document in DOCUMENTS[:6])


def _typed() -> Iterator[bytes]:
    source = random.Random(1)  # noqa: S311 - test data
    for number, table in enumerate(TABLES):
        for _ in range(12):
            made, value = made_value(bytes([number]) + source.randbytes(source.choice((4, 40, 200))))
            if made is not table:
                raise AssertionError("the first byte does not choose the table")
            try:
                yield bytes([number]) + write_element(table, value)
            except WsError:  # characters that XML forbids
                continue
    nil = f'xmlns:i="{XSI_NAMESPACE}" i:nil="true"'
    yield f'\x00<t xmlns="urn:a" id="1"><name>x</name><line><note {nil}/></line></t>'.encode()
    yield f'\x05<t xmlns="urn:a"><l xmlns:i="{XSI_NAMESPACE}" xmlns:d="urn:t" i:type="d:Derived"/></t>'.encode()
    yield b'\x01<t xmlns="urn:a"><fXML_QNAME xmlns:p="urn:only-here">p:x</fXML_QNAME></t>'
    yield '\x04<t xmlns="urn:a">\ufeff<b/></t>'.encode()  # U+FEFF as content
    yield b'\x06<t xmlns="urn:a">\r\t<!--]>-->\t\tn:a">\r\t\r/t>'  # its error has other words in pieces
    for depth in (120, 280):  # deeper than the writer goes by default
        tree = b"<c>" * depth + b"</c>" * depth
        yield b'\x03<t xmlns="urn:a"><f>%s</f></t>' % tree
        yield b'\x07<t xmlns="urn:a">%s</t>' % tree.replace(b"c>", b"child>")


def _lexical() -> Iterator[bytes]:
    for number, _ in enumerate(SCALAR_TABLES):
        yield from (bytes([number]) + text.encode() for text in TEXTS)


def _values() -> Iterator[bytes]:
    source = random.Random(2)  # noqa: S311 - test data
    for number, _ in enumerate(TABLES):
        for length in (0, 10, 50, 100, 300):
            yield bytes([number]) + source.randbytes(length)
            yield bytes([number]) + bytes(source.choice(b"abc <&\x00\x01\x02\x03") for _ in range(length))


MADE: dict[str, Callable[[], Iterator[bytes]]] = {
    "text_reader": _documents,
    "typed_decode": _typed,
    "lexical": _lexical,
    "round_trip": _values,
}


def main() -> None:
    """Adds the made inputs to the corpora."""
    for target in TARGETS:
        known = corpus.load(target) if (corpus.FOLDER / f"{target}.txt").exists() else []
        corpus.save(target, [*known, *MADE[target]()])


if __name__ == "__main__":
    main()
