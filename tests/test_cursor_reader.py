"""XmlReader: documents read node by node."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import enum
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wsx
from tests.support.cursors import at, inside, nodes, shown, type_at
from wsx import (
    AttributeDescription,
    Charset,
    ElementDescription,
    EnumDescription,
    FieldDescription,
    MoveTo,
    NodeType,
    Quotas,
    ReadOption,
    StructDescription,
    Type,
    TypeMapping,
    XmlBuffer,
    XmlNode,
    XmlQName,
    XmlReader,
    XmlWriter,
)
from wsx.errors import (
    InvalidArgument,
    InvalidFormat,
    InvalidOperation,
    NumericOverflow,
    ObjectFaulted,
    QuotaExceeded,
    WsError,
)
from wsx.limits import StringDescription, XmlQNameDescription

XML = "http://www.w3.org/XML/1998/namespace"

DOCUMENT = b"""<?xml version="1.0"?>
<!--top--><p:a xmlns:p="n" x='1&amp;2' p:y="z" xmlns="d">t&lt;u<b/><![CDATA[<x>
]]><?pi ?>tail<c></c></p:a>
"""


def charset_of(reader: XmlReader) -> Charset:
    return reader.charset


def inside_an_attribute(reader: XmlReader) -> bool:
    return reader.in_attribute


NODES = [
    "T'\\n'",
    "C'top'",
    "<p:a=n x y xmlns:p xmlns:xmlns",
    "T't<u'",
    "<:b=d",
    "END_ELEMENT",
    "CDATA",
    "T'<x>\\n'",
    "END_CDATA",
    "T'tail'",
    "<:c=d",
    "END_ELEMENT",
    "END_ELEMENT",
    "T'\\n'",
]


def test_the_nodes_of_a_document() -> None:
    reader = XmlReader(DOCUMENT)
    assert type_at(reader) is NodeType.BOF
    assert [shown(node) for node in reader] == NODES
    assert type_at(reader) is NodeType.EOF
    assert reader.read() is None
    assert reader.read() is None


def test_what_an_element_says() -> None:
    node = at(DOCUMENT).node
    assert (node.local_name, node.ns, node.prefix, node.is_empty) == ("a", "n", "p", False)
    x, y, p, default = node.attributes
    assert (x.local_name, x.ns, x.prefix, x.value, x.single_quote, x.is_xmlns) == ("x", "", "", "1&2", True, False)
    assert (y.local_name, y.ns, y.prefix, y.value, y.single_quote) == ("y", "n", "p", "z", False)
    assert (p.local_name, p.ns, p.prefix, p.value, p.is_xmlns) == ("p", "n", "p", "", True)
    assert (default.local_name, default.ns, default.prefix, default.is_xmlns) == ("xmlns", "d", "", True)
    assert node.attribute("y", "n") == "z"
    assert at(DOCUMENT, "b").node.is_empty
    assert not at(DOCUMENT, "c").node.is_empty
    (quoted,) = at(b"<a xmlns='n'/>").node.attributes
    assert quoted.single_quote


@pytest.mark.parametrize(
    ("codec", "charset", "names", "other"),
    [
        ("utf-8", Charset.UTF8, ["utf-8", "UTF-8", "us-ascii"], "utf-16"),
        ("utf-8-sig", Charset.UTF8, ["utf-8"], "utf-16le"),
        ("utf-8", Charset.UTF8, [], "iso-8859-1"),
        ("utf-16-le", Charset.UTF16LE, ["utf-16", "UTF-16LE"], "utf-8"),
        ("utf-16-le", Charset.UTF16LE, [], "utf-16be"),
        ("utf-16-be", Charset.UTF16BE, ["UTF-16", "utf-16BE"], "utf-16LE"),
        ("utf-16", Charset.UTF16LE, ["utf-16", "utf-16LE"], "us-ascii"),
    ],
)
def test_charsets(codec: str, charset: Charset, names: list[str], other: str) -> None:
    document = "<é a='ü'>😀&amp;</é>"
    expected = ["<:é= a", "T'😀&'", "END_ELEMENT"]
    reader = XmlReader(document.encode(codec))
    assert charset_of(reader) is Charset.AUTO
    assert [shown(node) for node in reader] == expected
    assert charset_of(reader) is charset
    assert nodes(document.encode(codec), charset=charset) == expected
    for name in names:
        assert nodes(f'<?xml version="1.0" encoding="{name}"?>{document}'.encode(codec)) == expected
    with pytest.raises(InvalidFormat):
        nodes(f'<?xml version="1.0" encoding="{other}"?>{document}'.encode(codec))


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (b"", Charset.AUTO),
        (b"ab", Charset.AUTO),
        (b"a\0", Charset.AUTO),
        (b"\0\0", Charset.AUTO),
        (b"<?", Charset.AUTO),
        (b"<!", Charset.AUTO),
        (b"<\0?\0", Charset.AUTO),
        (b"<\0", Charset.AUTO),
        (b"<\0a", Charset.AUTO),
        (b"\xff\xfe<\0a\0/\0>", Charset.AUTO),
        ("<a/>".encode("utf-16"), Charset.UTF8),
        ("<a/>".encode("utf-16"), Charset.UTF16BE),
        (b"\xef\xbb\xbf<a/>", Charset.UTF16LE),
        ("<a/>".encode("utf-16-be"), Charset.UTF16LE),
        (b"<a/>", Charset.UTF16BE),
        (b"\xff\xfe<\0a\0/\0>\0\0\xd8", Charset.AUTO),
        (b"<a>\xff</a>", Charset.AUTO),
        (b"<a>\0</a>", Charset.AUTO),
    ],
)
def test_bad_charsets(data: bytes, charset: Charset) -> None:
    reader = XmlReader(data, charset=charset)  # nothing is looked at yet
    assert type_at(reader) is NodeType.BOF
    with pytest.raises(InvalidFormat) as caught:
        list(reader)
    assert caught.value.offset is not None


def test_a_charset_of_ones_own_choice() -> None:
    assert nodes(b"ab", charset=Charset.UTF8, allow_fragment=True) == ["T'ab'"]
    assert nodes(b"a\0", charset=Charset.UTF16LE, allow_fragment=True) == ["T'a'"]
    with pytest.raises(InvalidArgument):
        XmlReader(b"<a/>", charset="utf-8")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "document",
    [
        "< a/>",
        "<<a>>",
        "<>",
        "</a>",
        "<a",
        "<a>",
        "<a/",
        "<a></b>",
        "<a><b></a></b>",
        "text",
        "text<a/>",
        "<a/>text",
        "<a/><b/>",
        "&#x20;<a/>",
        "<?xml>",
        "<?xml?>",
        "<?xml ?><a/>",
        '<?xml encoding="utf-8"?><a/>',
        ' <?xml version="1.0"?><a/>',
        '<?xml version="1.0" encoding="utf-16"?><a/>',
        "<!--",
        "<!-- -- --><a/>",
        "<![CDATA[x]]><a/>",
        "<a><![CDATA[x</a>",
        "<a><![CDATA",
        "<!DOCTYPE a><a/>",
        "<a><!x></a>",
        "<a>]]></a>",
        "<a>&x;</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>& </a>",
        "<a>&amp</a>;",
        "<a b></a>",
        "<a b=1></a>",
        "<a b='1'c='2'/>",
        "<a b='<'/>",
        "<a b='1' b='2'/>",
        "<a xmlns:p='n' xmlns:q='n' p:b='' q:b=''/>",
        "<a xmlns:p='n' xmlns:p='n'/>",
        "<a xmlns:p=''/>",
        "<p:a/>",
        "<a p:b=''/>",
        "<a:b:c xmlns:a='n'/>",
        "<a>\ufffe</a>",
        "<a><?xml version='1.0'?></a>",
        "<a><?p",
        # XML 1.0 §2.1 [1]: a document has an element
        '<?xml version="1.0" standalone="yes" ?>',
        "   ",
        "<!-- c --><?p?>",
    ],
)
def test_documents_that_are_not_well_formed(document: str) -> None:
    reader = XmlReader(document.encode())
    with pytest.raises(InvalidFormat) as caught:
        list(reader)
    assert caught.value.offset is not None
    assert 0 <= caught.value.offset <= len(document.encode())
    with pytest.raises(ObjectFaulted):
        reader.read()
    assert isinstance(reader.node, XmlNode)  # still allowed
    reader.set_input(b"<a/>")
    assert len(list(reader)) == 2


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("<a ></a >", ["<:a=", "END_ELEMENT"]),
        ("<!----><a/>", ["C''", "<:a=", "END_ELEMENT"]),
        ("<a><![CDATA[]]></a>", ["<:a=", "CDATA", "END_CDATA", "END_ELEMENT"]),
        ("<a>]]</a>", ["<:a=", "T']]'", "END_ELEMENT"]),
        ("<a>x\r\ny\rz</a>", ["<:a=", "T'x\\ny\\nz'", "END_ELEMENT"]),
        ("<a><![CDATA[x\r\ny\rz]]></a>", ["<:a=", "CDATA", "T'x\\ny\\nz'", "END_CDATA", "END_ELEMENT"]),
        ("<a><!--x\r\ny\rz--></a>", ["<:a=", "C'x\\ny\\nz'", "END_ELEMENT"]),
        ("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;</a>", ["<:a=", "T'<>&\"\\'AB'", "END_ELEMENT"]),
        ("<?p?><a><?q ?>x<?r ?>y</a><?s ?>", ["<:a=", "T'x'", "T'y'", "END_ELEMENT"]),
        ("<xml:a/>", [f"<xml:a={XML}", "END_ELEMENT"]),
        ('<?xml version="1.0" standalone="yes" ?><a/>', ["<:a=", "END_ELEMENT"]),
    ],
)
def test_documents_that_are(document: str, expected: list[str]) -> None:
    assert nodes(document.encode()) == expected


def test_fragments() -> None:
    data = b"a<b/>&amp;<![CDATA[c]]><d/>"
    expected = ["T'a'", "<:b=", "END_ELEMENT", "T'&'", "CDATA", "T'c'", "END_CDATA", "<:d=", "END_ELEMENT"]
    assert nodes(data, allow_fragment=True) == expected
    assert nodes(b"   ", allow_fragment=True) == ["T'   '"]
    with pytest.raises(InvalidFormat):
        nodes(data)
    reader = XmlReader(b"1<![CDATA[2]]>3", allow_fragment=True)
    reader.read()
    assert reader.read_value(Type.INT32) == 123
    assert type_at(reader) is NodeType.EOF


def test_a_declaration_can_be_refused() -> None:
    with pytest.raises(InvalidFormat):
        nodes(DOCUMENT, read_declaration=False)
    assert len(nodes(b"<a/>", read_declaration=False)) == 2


@pytest.mark.parametrize(
    ("document", "quotas"),
    [
        (b"<a><b><c/></b></a>", Quotas(max_depth=2)),
        (b"<a b='' c='' d=''/>", Quotas(max_attributes=2)),
        (b"<a xmlns:p='n'><b xmlns:q='m'/></a>", Quotas(max_namespaces=1)),
        (b"<abcdef/>", Quotas(max_name_length=5)),
        (b"<a>abcdef</a>", Quotas(max_text_length=5)),
        (b"<a><![CDATA[abcdef]]></a>", Quotas(max_text_length=5)),
    ],
)
def test_quotas(document: bytes, quotas: Quotas) -> None:
    reader = XmlReader(document, quotas=quotas)
    assert reader.quotas is quotas
    with pytest.raises(QuotaExceeded):
        list(reader)


def test_joined_texts_and_arrays_are_bounded() -> None:
    reader = inside(b"<a>abc<!---->def</a>", quotas=Quotas(max_text_length=5))
    with pytest.raises(QuotaExceeded):
        reader.read_chars()
    reader = inside(b"<a><i>1</i><i>2</i><i>3</i></a>", quotas=Quotas(max_items=2))
    assert reader.read_array("i", "", Type.INT8, 2) == [1, 2]
    reader = inside(b"<a><i>1</i><i>2</i><i>3</i></a>", quotas=Quotas(max_items=2))
    with pytest.raises(QuotaExceeded):
        reader.read_array("i", "", Type.INT8)


# --- calls in the wrong place ----------------------------------------------------------------------------------------

Action = Callable[[XmlReader], object]

EVERYTHING: dict[str, Action] = {
    "read": lambda r: r.read(),
    "skip_node": lambda r: r.skip_node(),
    "read_to_start_element": lambda r: r.read_to_start_element(),
    "read_start_element": lambda r: r.read_start_element(),
    "read_end_element": lambda r: r.read_end_element(),
    "read_value": lambda r: r.read_value(Type.INT32),
    "read_qualified_name": lambda r: r.read_qualified_name(),
    "read_chars": lambda r: r.read_chars(),
    "read_bytes": lambda r: r.read_bytes(),
    "find_attribute": lambda r: r.find_attribute("x"),
    "attribute": lambda r: r.attribute("x"),
    "read_attribute": lambda r: r.read_attribute(AttributeDescription("x", "", Type.INT32)),
    "read_start_attribute": lambda r: r.read_start_attribute(0),
    "read_end_attribute": lambda r: r.read_end_attribute(),
    "namespace_of": lambda r: r.namespace_of("p"),
    "xml_attribute": lambda r: r.xml_attribute("lang"),
    "read_element": lambda r: r.read_element(ElementDescription("a", "", Type.INT32)),
    "read_array": lambda r: r.read_array("a", "", Type.INT32),
    "read_xml_buffer": lambda r: r.read_xml_buffer(),
    "position": lambda r: r.position,
    "move": lambda r: r.move(MoveTo.BOF),
}


@pytest.mark.parametrize("name", EVERYTHING)
def test_without_an_input_every_call_is_an_invalid_operation(name: str) -> None:
    reader = XmlReader()
    assert type_at(reader) is NodeType.EOF
    for _ in range(2):
        with pytest.raises(InvalidOperation) as caught:
            EVERYTHING[name](reader)
        assert type(caught.value) is InvalidOperation
    with pytest.raises(InvalidOperation):
        _ = reader.row
    reader.set_input(b"<a/>")
    reader.close()
    with pytest.raises(InvalidOperation):
        EVERYTHING[name](reader)


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_failure_faults_the_reader(name: str) -> None:
    reader = at(b"<a/>")
    with pytest.raises(InvalidFormat):
        reader.namespace_of("p")
    with pytest.raises(ObjectFaulted):
        EVERYTHING[name](reader)


@pytest.mark.parametrize(
    ("place", "action", "error"),
    [
        ("BOF", lambda r: r.read_value(Type.INT32), InvalidFormat),
        ("a", lambda r: r.read_value(Type.INT32), InvalidFormat),
        ("a", lambda r: r.read_qualified_name(), InvalidFormat),
        ("EOF", lambda r: r.read_value(Type.STRING), InvalidFormat),
        ("EOF", lambda r: r.skip_node(), InvalidOperation),
        ("EOF", lambda r: r.read_start_element(), InvalidFormat),
        ("EOF", lambda r: r.read_to_start_element(), InvalidFormat),
        ("a", lambda r: r.read_to_start_element("b"), InvalidFormat),
        ("a", lambda r: r.read_to_start_element("a", "n"), InvalidFormat),
        ("a", lambda r: r.read_end_element(), InvalidFormat),
        ("text", lambda r: r.read_start_element(), InvalidFormat),
        ("text", lambda r: r.read_end_element(), InvalidFormat),
        ("text", lambda r: r.read_value(Type.INT32), InvalidFormat),
        ("text", lambda r: r.read_value(Type.STRUCT), InvalidArgument),
        ("text", lambda r: r.read_value(16), InvalidArgument),
        ("text", lambda r: r.read_chars(0), InvalidArgument),
        ("text", lambda r: r.read_chars("1"), InvalidArgument),
        ("text", lambda r: r.find_attribute("x"), InvalidOperation),
        ("text", lambda r: r.read_start_attribute(0), InvalidOperation),
        ("text", lambda r: r.read_element(ElementDescription("b", "", Type.INT32)), InvalidFormat),
        ("a", lambda r: r.find_attribute("x", "n"), InvalidFormat),
        ("a", lambda r: r.find_attribute(None), InvalidArgument),
        ("a", lambda r: r.find_attribute("\ud800"), InvalidArgument),
        ("a", lambda r: r.read_start_attribute(1), InvalidArgument),
        ("a", lambda r: r.read_start_attribute("0"), InvalidArgument),
        ("a", lambda r: r.read_end_attribute(), InvalidOperation),
        ("a", lambda r: r.read_attribute(None), InvalidArgument),
        ("a", lambda r: r.read_attribute(AttributeDescription("y", "", Type.INT32)), InvalidFormat),
        (
            "a",
            lambda r: r.read_attribute(AttributeDescription("x", "", Type.INT32), ReadOption.NILLABLE_POINTER),
            InvalidArgument,
        ),
        ("a", lambda r: r.read_element(ElementDescription("b", "", Type.INT32)), InvalidFormat),
        ("a", lambda r: r.read_element("a"), InvalidArgument),
        ("a", lambda r: r.read_array(None, "", Type.INT32), InvalidArgument),
        ("a", lambda r: r.read_array("a", "", Type.XML_QNAME), InvalidArgument),
        ("a", lambda r: r.read_array("a", "", Type.INT32, -1), InvalidArgument),
        ("a", lambda r: r.read_array("a", "", Type.INT32), InvalidFormat),
        ("a", lambda r: r.namespace_of(None), InvalidArgument),
        ("a", lambda r: r.move(0), InvalidArgument),
        ("a", lambda r: r.move(MoveTo.NEXT_ELEMENT), InvalidFormat),
        ("EOF", lambda r: r.read_xml_buffer(), InvalidFormat),
    ],
)
def test_calls_in_the_wrong_place(place: str, action: Action, error: type[WsError]) -> None:
    data = b"<a x='1'>text</a>"
    reader = XmlReader(data)
    if place in ("a", "text"):
        reader.read()
    if place == "text":
        reader.read()
    if place == "EOF":
        list(reader)
    with pytest.raises(error) as caught:
        action(reader)
    assert type(caught.value) is error
    with pytest.raises(ObjectFaulted):
        reader.read()


def test_inputs_that_are_none() -> None:
    for wrong in ("<a/>", 1, memoryview(b"<a/>")[::2]):
        with pytest.raises(InvalidArgument):
            XmlReader(wrong)
    with pytest.raises(InvalidArgument):
        XmlReader().set_input(None)
    assert len(nodes(bytearray(b"<a/>"))) == len(nodes(memoryview(b"<a/>"))) == 2


# --- text and values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Type.BOOL, "true", True),
        (Type.INT8, " -128 ", -128),
        (Type.UINT64, "18446744073709551615", 2**64 - 1),
        (Type.DOUBLE, "1.5", 1.5),
        (Type.DECIMAL, "12.50", decimal.Decimal("12.50")),
        (Type.DATETIME, "2010-05-06T07:08:09", datetime.datetime(2010, 5, 6, 7, 8, 9)),
        (Type.GUID, "00000000-0000-0000-0000-000000000001", uuid.UUID(int=1)),
        (Type.STRING, " a ", " a "),
        (Type.STRING, "a&lt;<!--x-->é<![CDATA[<\r\n]]>&#x20AC;", "a<é<\n€"),
        (Type.INT32, "1<!--x-->2<![CDATA[3]]><?p ?>4", 1234),
        (Type.INT32, "<!--x-->2", 2),
        (Type.BYTES, "YWJj", b"abc"),
        (Type.STRING, "", ""),
        (Type.BYTES, "", b""),
        (Type.XML_QNAME, " p:x y ", XmlQName("x y", "n")),
        (Type.XML_QNAME, "x", XmlQName("x", "d")),
        (Type.XML_QNAME, "xml:x", XmlQName("x", XML)),
        (Type.XML_QNAME, "p: x", XmlQName(" x", "n")),
    ],
)
def test_values(kind: Type, text: str, value: Any) -> None:
    reader = inside(f"<t xmlns:p='n' xmlns='d'>{text}</t>".encode())
    found = reader.read_value(kind)
    assert found == value
    assert type(found) is type(value)
    assert type_at(reader) is NodeType.END_ELEMENT
    reader.read_end_element()
    if "<" not in text:
        reader = at(f"<t a='{text}' xmlns:p='n' xmlns='d'/>".encode())
        reader.read_start_attribute(0)
        assert reader.read_value(kind) == value
        with pytest.raises(InvalidFormat):
            reader.read_value(kind)


@pytest.mark.parametrize("text", ["", ":", "p:", ":t", "q:t", "p :t"])
def test_qualified_names_that_are_none(text: str) -> None:
    reader = inside(f"<t xmlns:p='n'>{text}</t>".encode())
    with pytest.raises(InvalidFormat):
        reader.read_qualified_name()


class Colour(enum.Enum):
    RED = 1


def test_values_of_enumerations() -> None:
    table = EnumDescription({"red": Colour.RED})
    assert inside(b"<t> red </t>").read_value(Type.ENUM, table) is Colour.RED
    with pytest.raises(InvalidArgument):
        inside(b"<t>red</t>").read_value(Type.ENUM)
    with pytest.raises(InvalidArgument):
        inside(b"<t>red</t>").read_value(Type.INT32, table)


def test_an_error_in_a_value_has_its_offset() -> None:
    reader = inside(b"<t>x<u/></t>")
    with pytest.raises(InvalidFormat) as caught:
        reader.read_value(Type.INT32)
    assert caught.value.offset == 3
    reader = inside(b"<t>300</t>")
    with pytest.raises(NumericOverflow) as overflow:
        reader.read_value(Type.UINT8)
    assert overflow.value.offset == 3
    reader = at(b"<t a='x'/>")
    reader.read_start_attribute(0)
    with pytest.raises(InvalidFormat) as caught:
        reader.read_value(Type.INT32)
    assert caught.value.offset == 6


def test_text_in_pieces() -> None:
    reader = inside("<t>abé<!-- -->😀<![CDATA[<>]]>x<u/>y</t>".encode())
    assert [reader.read_chars(2) for _ in range(5)] == ["ab", "é😀", "<>", "x", ""]
    assert reader.node.local_name == "u"
    assert reader.read_chars() == ""
    reader.skip_node()
    assert reader.read_chars() == "y"
    reader.read_end_element()
    assert reader.read_chars() == ""


def test_what_is_left_of_a_text_is_skipped() -> None:
    reader = inside(b"<t>abc<u/></t>")
    assert reader.read_chars(1) == "a"
    node = reader.read()
    assert node is not None
    assert node.local_name == "u"
    reader = inside(b"<t>abc</t>")
    assert reader.read_chars(1) == "a"
    reader.read_end_element()
    assert type_at(reader) is NodeType.EOF
    reader = inside(b"<t>YWJj</t>")
    assert reader.read_bytes(1) == b"a"
    with pytest.raises(InvalidOperation):
        reader.read_chars(1)


def test_bytes_in_pieces() -> None:
    reader = inside(b"<t> YWJj\nZGVm </t>")
    assert [reader.read_bytes(4), reader.read_bytes(4), reader.read_bytes(4)] == [b"abcd", b"ef", b""]
    with pytest.raises(InvalidFormat):
        inside(b"<t>YWJ</t>").read_bytes()


def test_attributes() -> None:
    reader = at(b"<p:t a='1' p:b=' x&#9;y ' xmlns:p='n'/>")
    assert reader.find_attribute("a") == 0
    assert reader.find_attribute("b", "n") == 1
    assert reader.find_attribute("b", required=False) is None
    assert reader.attribute("a") == "1"
    assert reader.attribute("b", "n") == " x\ty "
    assert reader.attribute("p") is None
    assert reader.read_attribute(AttributeDescription("a", "", Type.INT32)) == 1
    missing = AttributeDescription("c", "", Type.INT32)
    assert reader.read_attribute(missing, ReadOption.OPTIONAL_POINTER) is None
    reader.read_start_attribute(1)
    assert inside_an_attribute(reader)
    assert reader.node == XmlNode.text(" x\ty ")
    for name in ("skip_node", "read_start_element", "read_start_attribute", "position", "read_element", "move"):
        other = at(b"<t a='1'/>")
        other.read_start_attribute(0)
        with pytest.raises(InvalidOperation):
            EVERYTHING[name](other)
    assert reader.read() is None
    assert type_at(reader) is NodeType.EOF
    reader.read_end_attribute()
    assert not inside_an_attribute(reader)
    assert reader.node.local_name == "t"
    reader.read_start_attribute(2)
    assert reader.read_chars() == ""
    reader.read_end_attribute()
    reader.read_start_attribute(1)
    assert [reader.read_chars(3), reader.read_chars(), reader.read_chars()] == [" x\t", "y ", ""]
    reader.read_end_attribute()
    reader.read_start_element()


def test_namespaces_in_scope() -> None:
    reader = at(b"<a xmlns:p='n' xmlns='d'><b xmlns:p='m' xmlns=''>x</b></a>")
    for prefix, ns in [("p", "n"), ("", "d"), ("xml", XML), ("xmlns", "http://www.w3.org/2000/xmlns/")]:
        assert reader.namespace_of(prefix) == ns
    assert reader.namespace_of("P", required=False) is None
    reader.read_start_element()
    assert (reader.namespace_of("p"), reader.namespace_of("")) == ("m", "")
    reader.read_start_element()
    assert reader.namespace_of("p") == "m"
    assert reader.read_chars() == "x"
    assert reader.namespace_of("p") == "m"
    reader.read_end_element()
    assert reader.namespace_of("p") == "n"
    reader.read_end_element()
    assert reader.namespace_of("p", required=False) is None


def test_the_nearest_xml_attribute() -> None:
    reader = XmlReader(b"<a xml:lang='en'><b xml:lang='de' xml:space='preserve'>x</b><c>y</c></a>")
    assert reader.xml_attribute("lang") is None
    found = []
    while reader.read() is not None:
        place = reader.node
        found.append((reader.xml_attribute("lang"), reader.xml_attribute("space")))
        assert reader.node == place
    de, en = ("de", "preserve"), ("en", None)
    assert found == [en, de, de, de, en, en, en, en]
    assert reader.xml_attribute("lang") is None


def test_skipping() -> None:
    reader = XmlReader(b"<r><!--c--><a><b>x</b></a>t<c/></r>")
    reader.skip_node()
    reader.read_start_element()
    left = []
    while type_at(reader) is not NodeType.EOF:
        left.append(shown(reader.node))
        reader.skip_node()
    assert left == ["C'c'", "<:a=", "T't'", "<:c=", "END_ELEMENT"]
    with pytest.raises(InvalidFormat):
        at(b"<r><a><b></a></r>", "a").skip_node()


def test_to_a_start_element() -> None:
    reader = XmlReader(b" <!--c--> <a xmlns='n'> <!--c--> <b/> x <c/></a>")
    assert reader.read_to_start_element("a", "n")
    assert reader.read_to_start_element("a")
    assert reader.read_to_start_element()
    assert not reader.read_to_start_element("b", required=False)
    assert reader.node.local_name == "a"
    reader.read_start_element()
    assert not reader.read_to_start_element("b", "", required=False)
    assert reader.read_to_start_element("b", "n")
    reader.skip_node()
    assert not reader.read_to_start_element(required=False)
    assert reader.node == XmlNode.text(" x ")
    reader.skip_node()
    reader.skip_node()
    assert not reader.read_to_start_element(required=False)
    reader.read_end_element()
    assert not reader.read_to_start_element(required=False)


# --- tables ----------------------------------------------------------------------------------------------------------


@wsx.struct(ns="urn:o")
class Order:
    number: int
    name: str = wsx.field(optional=True, default="")


def test_a_value_by_its_table_in_the_middle_of_a_document() -> None:
    one = "<o:Order><o:number>7</o:number><o:name>x&lt;y</o:name></o:Order>"
    reader = inside(
        f"<o:l xmlns:o='urn:o'> {one}<!--c-->{one}t<o:Order><o:number>8</o:number></o:Order></o:l>".encode()
    )
    assert reader.read_element(Order) == Order(7, "x<y")
    assert reader.node == XmlNode.comment("c")
    assert reader.read_element(Order) == Order(7, "x<y")
    assert reader.read_chars() == "t"
    assert reader.read_element(Order) == Order(8)
    assert type_at(reader) is NodeType.END_ELEMENT
    assert reader.read_element(Order, ReadOption.OPTIONAL_POINTER) is None
    reader.read_end_element()
    assert type_at(reader) is NodeType.EOF


def test_an_element_that_is_not_the_one_of_the_table() -> None:
    reader = inside(b"<r><a>1</a></r>")
    table = ElementDescription("b", "", Type.INT32)
    assert reader.read_element(table, ReadOption.OPTIONAL_POINTER) is None
    assert reader.node.local_name == "a"
    assert reader.read_element(ElementDescription("a", "", Type.INT32)) == 1
    with pytest.raises(InvalidFormat):
        reader.read_element(table)
    assert XmlReader(b"<a>1</a>").read_element(ElementDescription("a", "", Type.INT32)) == 1
    reader = XmlReader(b"<a>x</a>")
    with pytest.raises(InvalidFormat) as caught:
        reader.read_element(ElementDescription("a", "", Type.INT32))
    assert caught.value.path == "a"
    second = XmlReader(b"<a>1</a><a>2</a>")
    with pytest.raises(InvalidFormat):
        second.read_element(ElementDescription("a", "", Type.INT32))


def test_fields_without_an_element_of_their_own() -> None:
    table = StructDescription(dict, [FieldDescription("a", Type.INT32), FieldDescription("b", Type.STRING)], ns="n")
    reader = inside(b"<t xmlns='n'><a>1</a><b/></t>")
    assert reader.read_element(ElementDescription(None, None, Type.STRUCT, table)) == {"a": 1, "b": ""}
    reader.read_end_element()


def test_values_of_any_type() -> None:
    structure = StructDescription(dict, [FieldDescription("x", Type.INT32)])
    data = b"<r><any>1</any><t><x>2</x></t><u><x>3</x></u><v a='4'>5</v><w/></r>"
    reader = inside(data)
    assert reader.read_type(TypeMapping.ELEMENT, Type.INT32) == 1
    assert reader.read_type(TypeMapping.ELEMENT, Type.STRUCT, structure) == {"x": 2}
    reader.read_start_element()
    assert reader.read_type(TypeMapping.ELEMENT_CONTENT, Type.STRUCT, structure) == {"x": 3}
    reader.read_end_element()
    reader.read_start_attribute(0)
    assert reader.read_type(TypeMapping.ATTRIBUTE, Type.INT8) == 4
    reader.read_end_attribute()
    reader.read_start_element()
    assert reader.read_type(TypeMapping.ELEMENT_CONTENT, Type.INT8) == 5
    reader.read_end_element()
    assert reader.read_type(TypeMapping.ANY_ELEMENT, Type.XML_BUFFER) == XmlBuffer(b"<w/>")
    assert reader.read_type(TypeMapping.ELEMENT, Type.INT8, None, ReadOption.OPTIONAL_POINTER) is None
    with pytest.raises(InvalidFormat):
        reader.read_type(TypeMapping.ELEMENT, Type.INT8)
    with pytest.raises(InvalidOperation):
        inside(data).read_type(TypeMapping.ATTRIBUTE, Type.INT8)
    with pytest.raises(InvalidArgument):
        inside(data).read_type(1, Type.INT8)  # type: ignore[arg-type]


def test_arrays() -> None:
    reader = inside(b"<t xmlns='n'> <i>1</i><!--c--><i>2</i> <i>3</i><j/></t>")
    assert reader.read_array("i", "n", Type.INT8, 2) == [1, 2]
    assert reader.read_array("i", "", Type.INT8) == []
    assert reader.read_array("i", "n", Type.INT8) == [3]
    assert reader.read_array("j", "n", Type.STRING) == [""]
    assert reader.read_array("i", "n", Type.INT8, 0) == []
    reader.read_end_element()
    reader = inside(b"<t><i>1</i> x<i>2</i></t>")
    assert reader.read_array("i", "", Type.INT8) == [1]
    assert reader.read_chars() == " x"
    for wrong in (b"<t><i>x</i></t>", b"<t><i a=''>1</i></t>", b"<t><i><b/></i></t>"):
        with pytest.raises(InvalidFormat):
            inside(wrong).read_array("i", "", Type.INT8)


def test_buffers() -> None:
    data = b"<a xmlns:p='n'> <p:b><c/>x</p:b> </a>"
    reader = inside(data)
    assert reader.read_xml_buffer() == XmlBuffer(b"<p:b><c/>x</p:b>", (("p", "n"),))
    reader.read_end_element()
    whole = XmlReader(data)
    assert whole.read_xml_buffer() == XmlBuffer(data)
    assert type_at(whole) is NodeType.EOF
    assert at(data).read_xml_buffer() == XmlBuffer(data)


def test_a_buffer_is_read_in_its_namespaces() -> None:
    reader = XmlReader(XmlBuffer(b"<p:a/>p:x<p:b/>", (("p", "n"), ("", "d"))))
    assert type_at(reader) is NodeType.BOF
    node = reader.read()
    assert node is not None
    assert node.ns == "n"
    reader.skip_node()
    assert reader.read_qualified_name() == XmlQName("x", "n")
    reader.move(MoveTo.ROOT_ELEMENT)
    assert reader.node.local_name == "a"
    reader.move(MoveTo.NEXT_ELEMENT)
    assert (reader.node.local_name, reader.node.ns) == ("b", "n")
    assert reader.namespace_of("") == "d"
    with pytest.raises(InvalidArgument):
        XmlReader(XmlBuffer(b"<a/>"), charset=Charset.UTF16LE)


# --- anything --------------------------------------------------------------------------------------------------------


def test_rows_and_columns() -> None:
    for data in (b"\xef\xbb\xbf<r>\n  \xc3\xa9<a/>\r\n\r<b/></r>", "<r>\n  é<a/>\r\n\r<b/></r>".encode("utf-16")):
        reader = XmlReader(data)
        found = []
        assert (reader.row, reader.column) == (0, 0)
        for node in reader:
            if node.type is NodeType.ELEMENT:
                found.append((node.local_name, reader.row, reader.column))
        assert found == [("r", 0, 0), ("a", 1, 3), ("b", 3, 0)]


def test_a_constructor_cannot_use_the_reader_that_reads_its_value() -> None:
    reader = inside(b"<r><Made><x>1</x></Made></r>")
    caught: list[type[BaseException]] = []

    class Made:
        def __init__(self, x: int) -> None:
            for action in (reader.read, reader.close, lambda: reader.set_input(b"<a/>")):
                try:
                    action()
                except InvalidOperation as error:
                    caught.append(type(error))
            self.x = x

    table = StructDescription(Made, [FieldDescription("x", Type.INT32)])
    assert reader.read_element(ElementDescription("Made", "", Type.STRUCT, table)).x == 1
    assert len(caught) == 3
    reader.read_end_element()


ACTIONS: list[Action] = [
    *EVERYTHING.values(),
    *[EVERYTHING["read"]] * 8,
    *(lambda r, to=to: r.move(to, required=False) for to in MoveTo),
    lambda r: r.read_to_start_element(required=False),
    lambda r: r.read_chars(1),
    lambda r: r.node,
    lambda r: setattr(r, "position", r.position),
    lambda r: r.namespace_of("p", required=False),
    lambda r: XmlWriter(allow_fragment=True).copy(r),
]

PIECES = [b"<a>", b"</a>", b"<b/>", b"x", b"&amp;", b"&", b"<", b">", b"<!--c-->", b"<![CDATA[", b"]]>", b" ", b"\r\n"]
PIECES += [b"<p:c xmlns:p='n'>", b"</p:c>", b"<d e='f' xml:lang='g'/>", b"<?p ?>", b"\xc3\xa9", b"\xff", b"\0"]


@given(
    pieces=st.lists(st.sampled_from(PIECES), max_size=12),
    actions=st.lists(st.sampled_from(ACTIONS), max_size=20),
    fragment=st.booleans(),
)
@settings(deadline=None)
def test_whatever_is_read_and_called(pieces: list[bytes], actions: list[Action], fragment: bool) -> None:
    """Any bytes and any calls give values or a WsError, and nothing else."""
    reader = XmlReader(b"<r>" + b"".join(pieces) + b"</r>", allow_fragment=fragment)
    with contextlib.suppress(WsError):
        for action in actions:
            action(reader)
    with contextlib.suppress(WsError):
        XmlReader(b"".join(pieces), allow_fragment=fragment).read_xml_buffer()


# --- references to what XML forbids, limits of names -----------------------------------------------------------------

FORBIDDEN = [*range(9), 0xB, 0xC, *range(0xE, 0x20), 0xFFFE, 0xFFFF]


@pytest.mark.parametrize("code", FORBIDDEN)
def test_references_to_forbidden_characters(code: int) -> None:
    """WS_XML_READER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES; what a writer makes with its property is read."""
    writer = XmlWriter(allow_invalid_character_references=True)
    writer.start_element("a")
    writer.start_attribute("b")
    writer.text(f"<{chr(code)}>")
    writer.end_attribute()
    writer.text(f"x{chr(code)}y")
    writer.end_element()
    data = writer.to_bytes()
    for source in (data, [data[:5], data[5:]]):
        reader = XmlReader(source, allow_invalid_character_references=True)
        assert reader.allow_invalid_character_references
        reader.read_to_start_element("a")
        assert reader.attribute("b") == f"<{chr(code)}>"
        reader.read_start_element()
        assert reader.read_chars() == f"x{chr(code)}y"
    with pytest.raises(InvalidFormat, match="a reference that XML does not allow"):
        list(XmlReader(data))
    reader.set_input(data)  # the setting stays
    assert len(list(reader)) == 3
    reader.set_input(data, allow_invalid_character_references=False)
    with pytest.raises(InvalidFormat, match="a reference that XML does not allow"):
        list(reader)


@pytest.mark.parametrize("reference", ["&#xD800;", "&#xDFFF;", "&#x110000;", "&#;", "&#x;", "&#-1;"])
def test_what_is_no_character_is_never_one(reference: str) -> None:
    with pytest.raises(InvalidFormat):
        list(XmlReader(f"<a>{reference}</a>".encode(), allow_invalid_character_references=True))


def test_limits_of_a_qualified_name() -> None:
    """At the limit and one above, as in a table; the place is that of the text."""
    limits = XmlQNameDescription(max_local_name_byte_count=3, max_ns_byte_count=5)
    for name, ns, fits in (("abc", "urn:u", True), ("abcd", "urn:u", False), ("abc", "urn:uu", False)):
        reader = XmlReader(f"<a xmlns:p='{ns}'>p:{name}</a>".encode())
        reader.read_start_element()
        if fits:
            assert reader.read_value(Type.XML_QNAME, limits) == XmlQName(name, ns)
            continue
        with pytest.raises(InvalidFormat, match="bytes") as caught:
            reader.read_value(Type.XML_QNAME, limits)
        assert caught.value.offset == len(f"<a xmlns:p='{ns}'>")
    reader = XmlReader(b"<a>b</a>")
    reader.read_start_element()
    with pytest.raises(InvalidArgument, match="XmlQNameDescription"):
        reader.read_value(Type.XML_QNAME, StringDescription())
