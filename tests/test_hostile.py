"""Malformed and hostile input: refused as expat refuses it, never a crash, never another kind of error."""

from __future__ import annotations

import dataclasses
import itertools
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pytest

from tests.support.respell import Speller
from tests.support.xml_tables import (
    NILLABLE_ITEM,
    OPTIONAL,
    attribute,
    element,
    expat_tree,
    order_table,
    repeating,
    seeded,
    struct_of_fields,
    text,
)
from wsx._reader import Reader
from wsx._writer import Output
from wsx.descriptions import (
    XML_NAMESPACE,
    XMLNS_NAMESPACE,
    XSI_NAMESPACE,
    ElementDescription,
    FieldDescription,
    StructDescription,
    StructOption,
    Type,
)
from wsx.errors import InvalidFormat, WsError
from wsx.quotas import Quotas
from wsx.xml import read_element, write_element

ROOT = Path(__file__).parent.parent
LOOSE = Quotas(max_depth=10_000, max_attributes=10_000, max_namespaces=10_000)
LAX = struct_of_fields(
    options=StructOption.IGNORE_TRAILING_ELEMENT_CONTENT | StructOption.IGNORE_UNHANDLED_ATTRIBUTES, name="a"
)


def accepts(data: bytes) -> bool:
    """Is the whole document well-formed for the reader, which skips its element?"""
    try:
        reader = Reader(data, quotas=LOOSE)
        reader.skip_element()
        reader.end_document()
    except InvalidFormat:
        return False
    return True


def expat_accepts(data: bytes) -> bool:
    try:
        expat_tree(data)
    except expat.ExpatError:
        return False
    return True


# --- a list ----------------------------------------------------------------------------------------------------------

WELL_FORMED = [
    "<a/>", "<a></a>", "<a ></a >", "<a\n/>", " \t\r\n<a/>\n", "\ufeff<a/>", "<!----><a/><!-- x -->",
    "<?p?><a/><?p q?>", "<?xml version='1.0'?><a/>", '<?xml version="1.0" encoding="utf-8"?><a/>',
    "<?xml version='1.0' standalone='no' ?><a/>",
    '<?xml\tversion = "1.0"\nencoding = "UTF-8"\nstandalone = "yes"?><a/>', f'<?xml version="1.0"{" " * 5000}?><a/>',
    "<a>]]</a>", "<a>]>]</a>", "<a>]]&gt;</a>", "<a><![CDATA[]]]]></a>", "<a><![CDATA[<&]]>]]&gt;</a>",
    "<a><![CDATA[]]></a>", "<a b='\"' c=\"'\"/>", "<a b='>'/>", "<a b=' &#10;&#x9; '/>", "<a b = 'c'/>",
    "<a\nb='c'\n/>", "<a b=''\tc=''/>", "<a>&lt;&gt;&amp;&quot;&apos;&#x10FFFF;&#1114111;</a>",
    "<a><!-- <b> &x; --></a>", "<a><?x <b> &y; ??></a>", "<xml:a/>", "<a xml:lang=''/>",
    f"<a xmlns:xml='{XML_NAMESPACE}'/>", "<a xmlns:b='u' b:c='' c=''/>", "<a xmlns=''/>",
    "<a xmlns='u'><b xmlns=''/></a>", "<b:a xmlns:b='u'/>", "<a xmlns:b='u'><b xmlns:b='v'/><b:c/></a>", "<_/>",
    "<é/>", "<a xmlns:xmlfoo='u'/>", "<a.b-c·1/>", "<a>\u0085\u2028\x7f</a>",
    "<a xmlns='u' xmlns:b='u' b:x='' x=''/>", "<a><b><c/></b></a><!-- - - -->",
]  # fmt: skip

MALFORMED = [
    "", " ", "text", "<", "<a", "<a>", "<a/", "</a>", "<a/><b/>", "<a/>x", "x<a/>", "<a/></a>", "<a></b>", "<a></a",
    "<a><b></a></b>", "<a></A>", "<a></a b=''>", "<a></ a>", "< a/>", "<a / >", "<a/ >", "<1/>", "<-a/>", "<.a/>",
    "<a$/>", "<a,b/>", "<>", "</>", "<a><></a>", "<a b/>", "<a b=/>", "<a b=c/>", "<a b='/>", "<a b='c\"/>",
    "<a b='<'/>", "<a b='&'/>", "<a b='&x;'/>", "<a b='&lt'/>", "<a b='&#0;'/>", "<a b='c'd='e'/>",
    "<a b='c' b='c'/>", "<a 'c'/>", "<a ='c'/>", "<a b=='c'/>", "<a b:c:d=''/>", "<a b='c'/d>", "<a =/>", "<a>&</a>",
    "<a>&;</a>", "<a>&x;</a>", "<a>&lt</a>", "<a>& lt;</a>", "<a>&LT;</a>", "<a>&#;</a>", "<a>&#x;</a>",
    "<a>&#X41;</a>", "<a>&#xg;</a>", "<a>&#a;</a>", "<a>&#-1;</a>", "<a>&#x110000;</a>", "<a>&#1114112;</a>",
    "<a>&#xD800;</a>", "<a>&#xFFFE;</a>", "<a>&#x1F;</a>", "<a>&#0;</a>", "<a>&#99999999999999999999;</a>",
    "<a>&#x1;</a>", "<a>&nbsp;</a>", "<a>&amp</a>", "<a>&#65</a>", "<a>]]></a>", "<a>x]]>y</a>", "<a>]]]></a>",
    "<a><![CDATA[</a>", "<a><![CDATA[]]</a>", "<a><![CDATA[]] ></a>", "<a><![cdata[]]></a>", "<a><![CDATA []]></a>",
    "<![CDATA[]]><a/>", "<a/><![CDATA[]]>", "<a><!CDATA[]]></a>", "<a><![CDATA[x]]>]]></a>", "<!-- --",
    "<!-- -- --><a/>", "<!--->", "<!-->", "<a><!--></a>", "<a><!-- a--b --></a>", "<a><!-- ---></a>", "<!- - --><a/>",
    "<! -- --><a/>", "<?p", "<?p?", "<??><a/>", "<? p?><a/>", "<?1?><a/>", "<?xml?><a/>", "<?XML version='1.0'?><a/>",
    "<?p?q?><a/>", "<?a:b?><a/>", "<a><?xml version='1.0'?></a>", " <?xml version='1.0'?><a/>",
    "<?xml version=1.0?><a/>", "<?xml encoding='utf-8'?><a/>", "<?xml version='1.0'><a/>",
    "<?xml version='1.0' standalone='maybe'?><a/>", "<?xml version='1.0' standalone='yes' encoding='utf-8'?><a/>",
    "<?xml version='1.0'encoding='utf-8'?><a/>", "<?xml version='1.0' bogus='1'?><a/>",
    "<?xml version='1.0' encoding=''?><a/>", "<?xml version='1.0' encoding='1'?><a/>", "<?xml version='1.0\"?><a/>",
    "<a:b/>", "<a b:c=''/>", "<:a/>", "<a:/>", "<a:b:c xmlns:a='u'/>", "<a xmlns:b=''/>", "<a xmlns:=''/>",
    "<a xmlns:b='u' xmlns:b='u'/>", "<a xmlns='u' xmlns='u'/>", "<a xmlns:xmlns='u'/>",
    f"<a xmlns:xmlns='{XMLNS_NAMESPACE}'/>", f"<a xmlns='{XMLNS_NAMESPACE}'/>", f"<a xmlns='{XML_NAMESPACE}'/>",
    "<a xmlns:xml='u'/>", f"<a xmlns:b='{XML_NAMESPACE}'/>", f"<a xmlns:b='{XMLNS_NAMESPACE}'/>", "<xmlns:a/>",
    "<a xmlns:b='u' xmlns:c='u' b:d='' c:d=''/>", "<a><b xmlns:c='u'/><c:d/></a>", "<b:a xmlns:b='u'></a>",
    "<b:a xmlns:b='u' xmlns:c='u'></c:a>", "<a>\x00</a>", "<a>\x0b</a>", "<a>\ufffe</a>", "<a>\uffff</a>", "<a\x00/>",
    "<a b='\x01'/>", "<!-- \x01 --><a/>", "<?p \x01?><a/>", "<a><![CDATA[\x01]]></a>", "<a/>\x00", "\x00<a/>",
    "<a\u00a0b=''/>", "<a>\ufeff</a>\ufeff", "\ufeff\ufeff<a/>", "<a\u2028/>", "<a ／>",
]  # fmt: skip

# Where wsx and expat differ, and why wsx is right.
DISAGREED: dict[str, str] = {
    "<?xml version='1.'?><a/>": "VersionNum needs a digit after the point (XML 1.0 §2.8)",
    "<?xml version='2.0'?><a/>": "a processor of XML 1.0 reads the versions 1.x (XML 1.0 §2.8)",
    "<?xml version='1.x'?><a/>": "and x is a number",
    "<?xml version='1.0' encoding='latin-1'?><a/>": "UTF-8 is the only encoding",
}


@pytest.mark.parametrize("document", WELL_FORMED)
def test_well_formed(document: str) -> None:
    data = document.encode()
    assert accepts(data)
    assert expat_accepts(data)


@pytest.mark.parametrize("document", MALFORMED)
def test_malformed(document: str) -> None:
    data = document.encode()
    assert not accepts(data)
    assert not expat_accepts(data)
    inside = f"<a>{document}</a>".encode()
    if not expat_accepts(inside):
        assert not accepts(inside)
        with pytest.raises(WsError) as caught:
            read_element(LAX, inside)
        assert caught.value.offset is not None
        assert 0 <= caught.value.offset <= len(inside)


@pytest.mark.parametrize("document", DISAGREED)
def test_where_expat_is_more_lenient(document: str) -> None:
    assert expat_accepts(document.encode())
    assert not accepts(document.encode())


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp037"])
def test_other_encodings_are_refused(codec: str) -> None:
    for document in ("<a>é</a>", "<?xml version='1.0'?><a>é</a>", f"<?xml version='1.0' encoding='{codec}'?><a>é</a>"):
        assert not accepts(document.encode(codec))
    assert not accepts(f"<?xml version='1.0' encoding='{codec}'?><a/>".encode())


# --- DTD -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dtd",
    [
        "<!DOCTYPE a>",
        "<!DOCTYPE a []>",
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:1/x.dtd">',
        '<!DOCTYPE a [<!ENTITY b "c">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]>',
        '<!DOCTYPE a [<!ATTLIST a b CDATA "c">]>',
        "<!DOCTYPE a [" + "".join(f'<!ENTITY e{i + 1} "&e{i};&e{i};">' for i in range(40)) + "]>",
        "<!DOCTYPE",
        "<!DOCTYPE>",
    ],
)
def test_a_document_type_declaration_is_always_refused(dtd: str) -> None:
    tables: list[ElementDescription] = [LAX, element(Type.STRING, name="a"), struct_of_fields(name="a")]
    for before, after in itertools.product(
        ("", "<?xml version='1.0'?>", "<!-- c -->", "\n"), ("<a/>", "<a>&b;</a>", "<a>&e40;</a>", "")
    ):
        data = (before + dtd + after).encode()
        assert not accepts(data)
        for table in tables:
            with pytest.raises(InvalidFormat, match="DTD") as caught:
                read_element(table, data)
            assert caught.value.offset == len(before)
    for table in tables:
        for document in (f"<a>{dtd}</a>", f"<a/>{dtd}"):
            with pytest.raises(InvalidFormat):
                read_element(table, document.encode())


# --- mutations -------------------------------------------------------------------------------------------------------

TOKENS = [
    b"<", b">", b"/", b"&", b";", b'"', b"'", b"=", b" ", b"\n", b"\r", b"!", b"?", b"-", b"--", b"]", b"]]>",
    b"<![CDATA[", b"<!--", b"-->", b"<?", b"?>", b"<?xml", b"xmlns", b"xmlns:", b"xml:", b"xml", b'xmlns=""',
    b' xmlns:p=""', b":", b"a", b"&#", b"&#x", b"&#0;", b"&#x41;", b"&amp;", b"&lt;", b"&x;", b"\x00", b"\x01",
    b"\x7f", b"\xc3", b"\xa9", b"\xc3\xa9", b"\xff", b"\xef\xbf\xbf", b"\xf0\x9d\x84\x9e", b".", b"1", b"_", b"</a>",
    b"<a>", b"<a/>", b' x=""', b' x="1"', b"\t", b"<!", b"%", b"#", b"\xc2\x85", b"\xe2\x80\xa8",
    b' standalone="yes"', b' version="1.0"', b"\xef\xbb\xbf",
]  # fmt: skip


def originals() -> list[bytes]:
    """Documents to break: the well-formed ones of the list, and an order in its own and in other spellings."""
    table, value = order_table()
    order = write_element(table, {**value, "line": value["line"][:2]})
    return [document.encode() for document in WELL_FORMED if "encoding" not in document] + [
        order,
        *(Speller(seeded(seed)).document(expat_tree(order)).replace(b' encoding="UTF-8"', b"") for seed in range(3)),
        b"<?xml version='1.0' standalone='yes'?>\n<!-- c -->"
        b"<a x='1' y=\"2\" xmlns='urn:a' xmlns:p='urn:p' p:x='&lt;&#65;'>"
        b"<p:b>t&amp;<![CDATA[<x>]]]]></p:b><c/><?pi data?></a>\n<?e?>",
    ]


def mutant(source: random.Random, data: bytes) -> bytes:
    broken = bytearray(data)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        place, kind = source.randrange(len(broken) + 1), source.randrange(5)
        if kind == 0:
            del broken[place : place + source.choice((1, 1, 2, 5, 20))]
        elif kind == 1:
            broken[place:place] = source.choice(TOKENS)
        elif kind == 2:
            broken[place : place + 1] = source.choice(TOKENS)
        elif kind == 3:
            other = source.randrange(len(broken) + 1)
            broken[place:place] = broken[min(place, other) : max(place, other)][:40]
        else:
            broken[place : place + 1] = bytes([source.randrange(256)])
    return bytes(broken)


def in_names_of_the_fourth_edition(data: bytes) -> bytes:
    """The document with é for name characters, most of which expat, of the fourth edition of XML 1.0, does not know."""
    name = (
        "[\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff"
    )
    name += "\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff]"
    content = data.decode("utf-8", "surrogateescape")
    mark = "\ufeff" if content.startswith("\ufeff") else ""
    return (mark + re.sub(name, "é", content.removeprefix(mark))).encode("utf-8", "surrogateescape")


def explained(data: bytes) -> bool:
    """Is a difference to expat one of the two known ones: versions other than 1.x, names of the fifth edition?"""
    other = re.sub(rb"(^(?:\xef\xbb\xbf)?<\?xml\s+version\s*=\s*[\"'])[^\"'<>]*([\"'])", rb"\g<1>1.0\2", data)
    other = in_names_of_the_fourth_edition(other)
    return other != data and expat_accepts(other) == accepts(other)


def test_mutants_are_refused_exactly_when_expat_refuses_them() -> None:
    source = seeded(1)
    documents = originals()
    accepted = 0
    for _ in range(60_000):
        data = mutant(source, source.choice(documents))
        if b"<!DOCTYPE" in data or b"encoding" in data:
            continue
        verdict = accepts(data)
        accepted += verdict
        assert verdict == expat_accepts(data) or explained(data), data
    assert accepted > 3_000


def test_reading_a_mutant_by_its_table_gives_a_value_or_an_error_with_a_place() -> None:
    table, value = order_table()
    tree = expat_tree(write_element(table, value))
    source = seeded(2)
    documents = [write_element(table, value), *(Speller(seeded(seed)).document(tree) for seed in range(4))]
    read = 0
    for _ in range(20_000):
        data = mutant(source, source.choice(documents))
        try:
            found = read_element(table, data, quotas=LOOSE)
        except WsError as error:
            problem: WsError | None = error
        else:
            problem = None
            read += 1
        if problem is None:
            # what was read is a value of the table, so it can be written, and is well-formed for expat as well
            assert read_element(table, write_element(table, found)) == found
            assert expat_accepts(data) or explained(data), data
        else:
            assert problem.offset is not None
            assert 0 <= problem.offset <= len(data)
    assert read > 500


def test_every_beginning_of_a_document_is_an_error() -> None:
    table, value = order_table()
    tree = expat_tree(write_element(table, value))
    for data in (write_element(table, value), Speller(seeded(5)).document(tree).rstrip(b" \t\r\n")):
        end = data.index(b">", data.rindex(b"order")) + 1
        for length in range(end):
            with pytest.raises(InvalidFormat) as caught:
                read_element(table, data[:length], quotas=LOOSE)
            assert caught.value.offset is not None
            assert caught.value.offset <= length
            # a buffer that ends where the document is cut, with the rest right behind it
            with pytest.raises(InvalidFormat):
                read_element(table, memoryview(data)[:length], quotas=LOOSE)
            assert not accepts(data[:length])


def test_random_bytes() -> None:
    source = seeded(3)
    table, _ = order_table()
    for _ in range(5_000):
        data = b"".join(source.choice(TOKENS) for _ in range(source.randrange(1, 30)))
        assert accepts(data) == expat_accepts(data) or explained(data), data
        with pytest.raises(WsError):
            read_element(table, data)
        with pytest.raises(WsError):
            read_element(table, b"<order xmlns='urn:o' id='1'><name>" + data)


# --- the cursor in any order -----------------------------------------------------------------------------------------

MOVES: list[Callable[[Reader], object]] = [
    lambda reader: reader.peek(),
    lambda reader: reader.start_element(),
    lambda reader: reader.end_element(),
    lambda reader: reader.skip_element(),
    lambda reader: reader.read_text(),
    lambda reader: reader.end_document(),
    lambda reader: reader.scope(),
    lambda reader: reader.read_element(element(Type.STRING, name="b")),
    lambda reader: reader.read_element(LAX),
    lambda reader: reader.read_element(ElementDescription(None, None, Type.STRUCT, StructDescription(dict, []))),
]


def test_moves_of_the_cursor_in_any_order_also_after_errors() -> None:
    source = seeded(4)
    documents = originals()
    for _ in range(8_000):
        data = source.choice(documents)
        if source.random() < 0.6:
            data = mutant(source, data)
        try:
            reader = Reader(data, scope=(("p", "urn:p"),) if source.random() < 0.3 else ())
        except WsError:
            continue
        position = 0
        for _ in range(source.randrange(1, 25)):
            try:
                source.choice(MOVES)(reader)
            except WsError as error:
                assert error.offset is None or 0 <= error.offset <= len(data)  # noqa: PT017 - any error is fine
            assert position <= reader.position <= len(data)
            position = reader.position


# --- size ------------------------------------------------------------------------------------------------------------


def large_documents() -> Iterator[tuple[str, bytes, ElementDescription]]:
    """Families of documents that make a careless reader quadratic: with one it would take hours, not moments."""
    n = 300_000
    string = element(Type.STRING, name="a")
    lax_items = struct_of_fields(repeating("b", Type.STRING, options=NILLABLE_ITEM), name="a")
    yield "many elements", b"<a>" + b"<b>x</b>" * n + b"</a>", lax_items
    yield "many elements of another prefix", b'<a xmlns:p="u">' + b"<b >x</b >" * n + b"</a>", lax_items
    yield "many empty elements", b"<a>" + b"<b/>" * n + b"</a>", lax_items
    yield "unknown elements", b"<a>" + b"<c/>" * n + b"</a>", LAX
    yield "long text", b"<a>" + b"x" * 10 * n + b"</a>", string
    yield "long text of two bytes", b"<a>" + "é".encode() * 5 * n + b"</a>", string
    yield "long CDATA", b"<a><![CDATA[" + b"]" * 10 * n + b"]]></a>", string
    yield "many CDATA", b"<a>" + b"<![CDATA[x]]>" * n + b"</a>", string
    yield "many brackets", b"<a>" + b"]" * 10 * n + b"</a>", string
    yield "many comments", b"<a>" + b"<!-- - -->" * n + b"</a>", string
    yield "one comment", b"<a><!--" + b"- " * 5 * n + b"--></a>", string
    yield "many instructions", b"<a>" + b"<?p ? >?>" * n + b"</a>", string
    yield "many references", b"<a>" + b"&#x41;&lt;" * n + b"</a>", string
    yield "many line ends", b"<a>" + b"\r\n\r" * n + b"</a>", string
    yield "white space", b" " * 10 * n + b"<a>" + b"\n" * 10 * n + b"</a>" + b"\t" * 10 * n, LAX
    yield "white space in a tag", b"<a" + b" " * 10 * n + b"></a" + b"\n" * 10 * n + b">", LAX
    yield "long attribute", b'<a b="' + b"x" * 10 * n + b'"/>', LAX
    yield "references in an attribute", b'<a b="' + b"&#65;" * n + b'"/>', LAX
    yield "declarations", b"<a>" + b'<b xmlns:p="u" p:x=""/>' * (n // 10) + b"</a>", LAX
    yield "deep", b"<a>" + b"<b>" * 9_000 + b"</b>" * 9_000 + b"</a>", LAX
    yield "attributes", b"<a" + b"".join(b' a%d=""' % i for i in range(3_000)) + b"/>", LAX


LARGE = {name: (data, table) for name, data, table in large_documents()}


@pytest.mark.parametrize("family", LARGE)
def test_large_documents_are_read_in_one_pass(family: str) -> None:
    data, table = LARGE[family]
    read_element(table, data, quotas=LOOSE)
    assert accepts(data)
    # and refused as easily, when only the last byte is wrong
    with pytest.raises(InvalidFormat):
        read_element(table, data.rstrip()[:-1], quotas=LOOSE)


@pytest.mark.parametrize(
    ("type_", "content"),
    [
        (Type.INT32, b"0" * 3_000_000 + b"7"),
        (Type.DOUBLE, b"0." + b"0" * 1_000_000 + b"1e1000001"),
        (Type.DECIMAL, b"0" * 1_000_000 + b"7"),
        (Type.DECIMAL, b"7." + b"0" * 200_000),
        (Type.BYTES, b"Zm9v\n" * 500_000),
        (Type.BOOL, b" " * 3_000_000 + b"true" + b" " * 3_000_000),
        (Type.STRING, b"&amp;" * 500_000),
    ],
    ids=lambda value: value.name if isinstance(value, Type) else "",
)
def test_large_values_are_read_in_one_pass(type_: Type, content: bytes) -> None:
    assert read_element(element(type_), b"<t>" + content + b"</t>") in (7, 1.0, True, b"foo" * 500_000, "&" * 500_000)


# --- memory ----------------------------------------------------------------------------------------------------------

NO_MEMORY = """
from tests.support.no_memory import attempts
from tests.test_hostile import allocation_cases

for name, call in allocation_cases():
    number, failed = attempts(call, lambda result: None)
    assert call() is not None
    print(name, number, failed)
"""


@dataclasses.dataclass(slots=True)
class Item:
    v: int
    s: str


def allocation_cases() -> Iterator[tuple[str, Callable[[], object]]]:
    """Calls that return something; with any one allocation failing they raise MemoryError or succeed all the same."""

    def table() -> ElementDescription:
        item = StructDescription(Item, [FieldDescription("v", Type.INT64), FieldDescription("s", Type.STRING)])
        return struct_of_fields(
            attribute("a", Type.STRING, options=OPTIONAL),
            repeating("i", Type.STRUCT, item, local_name="w"),
            FieldDescription("d", Type.DECIMAL),
            FieldDescription("b", Type.BYTES),
            FieldDescription("g", Type.GUID),
            FieldDescription("t", Type.DATETIME),
        )

    one = table()
    items = "".join(f"<i><v>{2**40 + i}</v><s>tëxt&lt;{i}</s></i>" for i in range(40))
    tail = "<g>01234567-89ab-cdef-0123-456789abcdef</g><t>2024-01-01T00:00:00.1234567+01:00</t>"
    data = f'<t a="x&amp;y"><w>{items}</w><d>1.5</d><b>{"AAAA" * 500}</b>{tail}</t>'.encode()
    value = read_element(one, data)
    out = Output(0)

    def append() -> object:
        out.truncate(0)
        out.write_text("é" * 100)
        out.write_element(one, value, scope=(("p", "urn:p"),), attributes=b' x="1"')
        return out.take()

    yield "read", lambda: read_element(one, data)
    yield "write", lambda: write_element(one, value)
    yield "append", append
    yield "first read", lambda: read_element(table(), data)
    yield "first write", lambda: write_element(table(), value)


def test_a_failing_allocation_is_a_memory_error() -> None:
    """The n-th allocation fails, for every n until the call succeeds; in a process of its own."""
    pytest.importorskip("_testcapi", reason="this Python has no _testcapi")
    # Python's own allocators, whatever the tests run with: the debug hooks allocate where Python does not expect it.
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONMALLOC", "PYTHONDEVMODE")}
    done = subprocess.run(
        [sys.executable, "-c", NO_MEMORY], capture_output=True, text=True, cwd=ROOT, check=False, timeout=300, env=plain
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = {name: int(failed) for name, _, failed in (line.rsplit(" ", 2) for line in done.stdout.splitlines())}
    assert counts.keys() == {name for name, _ in allocation_cases()}
    assert all(failed > 5 for failed in counts.values()), counts


# --- a message from outside never changes more than its own value ----------------------------------------------------


def test_names_of_the_peer_are_pairs_and_never_joined() -> None:
    """A namespace that ends like a name, and a name that looks like one with a namespace, are kept apart."""
    table = struct_of_fields(attribute("b", Type.INT32, ns="urn:x", options=OPTIONAL), ns="urn:", name="xa")
    for document in ('<a xmlns="urn:x"/>', '<p:a xmlns:p="urn:x"/>', '<xa xmlns="urn"/>', '<x xmlns="urn:"/>'):
        with pytest.raises(InvalidFormat):
            read_element(table, document.encode())
    for wrong in ('xb="1"', 'x:b="1" xmlns:x="urn:"', 'b="1"', 'x:b="1" xmlns:x="urn:x "', 'x:b="1" xmlns:x="URN:x"'):
        with pytest.raises(InvalidFormat):
            read_element(table, f'<xa xmlns="urn:" {wrong}/>'.encode())
    assert read_element(table, b'<xa xmlns="urn:" x:b="1" xmlns:x="urn:x"/>') == {"b": 1}


def test_nil_and_types_of_the_peer_do_not_reach_fields_that_do_not_allow_them() -> None:
    table = struct_of_fields(FieldDescription("a", Type.STRING), text_or_nothing())
    for attack in ('x:nil="true"', 'x:nil="1"', 'x:nil="true" x:type="y"'):
        with pytest.raises(InvalidFormat):
            read_element(table, f'<t xmlns:x="{XSI_NAMESPACE}"><a {attack}/></t>'.encode())
        with pytest.raises(InvalidFormat):
            read_element(table, f'<t xmlns:x="{XSI_NAMESPACE}" {attack}/>'.encode())


def text_or_nothing() -> FieldDescription:
    inner = StructDescription(dict, [text("v", Type.STRING)])
    return FieldDescription("s", Type.STRUCT, inner)


def test_texts_of_the_peer_come_back_as_texts() -> None:
    """Whatever a text holds, it is written as text again: nothing of it becomes markup."""
    table = struct_of_fields(attribute("a", Type.STRING), text("v", Type.STRING))
    source = seeded(6)
    for _ in range(3_000):
        raw = b"".join(source.choice(TOKENS) for _ in range(source.randrange(12))).decode("utf-8", "replace")
        value: Any = {"a": raw, "v": raw}
        try:
            document = write_element(table, value)
        except InvalidFormat:
            assert re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", raw)
            continue
        node = expat_tree(document)
        assert (node.attributes, node.text, node.children) == ({("", "a"): raw}, raw, [])
        assert read_element(table, document) == value
