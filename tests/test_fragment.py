"""XML fragments: what they mean at another place, judged by expat and lxml; conversions; hostile input."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsx._fragment import adapt, is_ncname, rename, text_of, top_level, without_attributes
from wsx.errors import InvalidArgument, InvalidFormat, QuotaExceeded
from wsx.fragment import XmlBuffer
from wsx.values import XmlQName

etree: Any = pytest.importorskip("lxml.etree")

XML = "http://www.w3.org/XML/1998/namespace"
XMLNS = "http://www.w3.org/2000/xmlns/"

Scope = tuple[tuple[str, str], ...]


def declared(bindings: dict[str, str]) -> str:
    return "".join(f" xmlns{':' if prefix else ''}{prefix}={quoteattr(ns)}" for prefix, ns in bindings.items())


def placed(data: bytes, bindings: dict[str, str]) -> Any:
    """The element that holds `data` where `bindings` are in force, parsed by lxml."""
    # Its own name is bound to no namespace that a fragment could disturb.
    parser = etree.XMLParser(resolve_entities=False, huge_tree=True)
    return etree.fromstring(f"<outside{declared(bindings)}>".encode() + data + b"</outside>", parser)


def bindings_of(element: Any) -> dict[str, str]:
    return {prefix or "": ns for prefix, ns in element.nsmap.items()}


def assert_same_meaning(found: Any, expected: Any, *, top: bool = True) -> None:
    """Equal expanded names, text and attributes; inside of elements, what a prefix meant it still means."""
    if not top:
        assert found.tag == expected.tag
        assert found.tail == expected.tail
        if isinstance(found.tag, str):
            assert_same_bindings(found, expected)
            assert dict(found.attrib) == dict(expected.attrib)
    assert found.text == expected.text
    assert len(found) == len(expected)
    for child, other in zip(found, expected, strict=True):
        assert_same_meaning(child, other, top=False)


def assert_same_bindings(found: Any, expected: Any) -> None:
    inside, before = bindings_of(found), bindings_of(expected)
    assert inside.get("", "") == before.get("", "")
    assert {prefix: inside.get(prefix) for prefix in before} == before


class Tag(NamedTuple):
    name: str
    declared: dict[str, str]


def tags_inside(data: bytes, bindings: dict[str, str]) -> list[Tag]:
    """The top-level elements of `data` placed among `bindings`, with their own declarations, by expat."""
    found: list[Tag] = []
    pending: dict[str, str] = {}
    depth = 0

    def start(name: str, _: object) -> None:
        nonlocal depth
        if depth == 1:
            found.append(Tag(name, dict(pending)))
        pending.clear()
        depth += 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartNamespaceDeclHandler = lambda prefix, uri: pending.__setitem__(prefix or "", uri or "")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(f"<outside{declared(bindings)}>".encode() + data + b"</outside>", True)
    return found


# --- adapt, by example -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "scope", "bindings", "expected"),
    [
        ("<a/>", (), {}, "<a/>"),
        ("<a/>", (("", "d"),), {"": "d"}, "<a/>"),
        ("<a/>", (("", "d"),), {}, '<a xmlns="d"/>'),
        ("<a/>", (), {"": "d"}, '<a xmlns=""/>'),
        ("<a/>", (("", ""),), {"": "d"}, '<a xmlns=""/>'),
        ("<a/>", (("", ""),), {}, "<a/>"),
        ("<a xmlns='e'/>", (("", "d"),), {"": "f"}, "<a xmlns='e'/>"),
        ("<a/>", (("p", "u"),), {"p": "u"}, "<a/>"),
        ("<a/>", (("p", "u"),), {"p": "other"}, '<a xmlns:p="u"/>'),
        ("<a>p:x</a>", (("p", "u"), ("q", "v")), {"q": "v"}, '<a xmlns:p="u">p:x</a>'),
        ("<a xmlns:p = 'own' b='c'/>", (("p", "u"), ("q", "v")), {}, "<a xmlns:q=\"v\" xmlns:p = 'own' b='c'/>"),
        ("<p:a\n/>", (("p", "1"), ("p", "2")), {"p": "1"}, '<p:a xmlns:p="2"\n/>'),
        ("<a b=\"xmlns:p='x'\">t</a>", (("p", "u"),), {}, '<a xmlns:p="u" b="xmlns:p=\'x\'">t</a>'),
        ("<a/>", (("", "d"), ("p", "u")), {}, '<a xmlns="d" xmlns:p="u"/>'),
        ("<a/> t <b/>\n", (("p", "u"),), {}, '<a xmlns:p="u"/> t <b xmlns:p="u"/>\n'),
        ("<a><b/></a><!-- <c> -->", (("p", "u"),), {}, '<a xmlns:p="u"><b/></a><!-- <c> -->'),
        ("t&amp;<![CDATA[<a>]]]]>", (("p", "u"),), {}, "t&amp;<![CDATA[<a>]]]]>"),
        ("", (("p", "u"),), {"": "d"}, ""),
        ("<é/>", (("é", 'é<&"\n\t\r'),), {}, '<é xmlns:é="é&lt;&amp;&quot;&#xA;&#x9;&#xD;"/>'),
        ("<a xml:lang='en'/>", (("xml", XML),), {}, "<a xml:lang='en'/>"),
        ("<a/>", (), {"p": "u"}, "<a/>"),
        ('<?xml version="1.0"?>\n<a/>', (), {}, "\n<a/>"),
        ("\ufeff<a/>", (), {}, "<a/>"),
        ("\ufefft<a/>", (("p", "u"),), {}, '\ufefft<a xmlns:p="u"/>'),
        ("\ufeff", (), {}, "\ufeff"),
    ],
)
def test_adapt(data: str, scope: Scope, bindings: dict[str, str], expected: str) -> None:
    assert adapt(data.encode(), scope, bindings, False).decode() == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (" <a/> ", "<a/>"),
        ("<!-- x --> <?pi y?><a>t</a >\n<!-- <b/> -->", "<a>t</a >"),
        ('\ufeff<?xml version="1.0" encoding="utf-8"?><a/>', "<a/>"),
    ],
)
def test_adapt_single(data: str, expected: str) -> None:
    assert adapt(data.encode(), (), {}, True).decode() == expected


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        ("", 0),
        ("<!-- -->", 8),
        ("t<a/>", 0),
        ("\ufeff\ufeff<a/>", 0),
        ("<a/>t", 4),
        ("<a/><b/>", 4),
        ("<a/></a>", 4),
        ("<![CDATA[]]><a/>", 0),
        ("<a/>&#32;", 4),
    ],
)
def test_adapt_single_refuses_more_and_less(data: str, offset: int) -> None:
    with pytest.raises(InvalidFormat) as raised:
        adapt(data.encode(), (), {}, True)
    assert raised.value.offset == offset


def test_adapt_changes_nothing_without_a_copy() -> None:
    data = b"<p:a>" + b"x" * 1000 + b"</p:a> t"
    assert adapt(data, (("p", "u"),), {"p": "u", "q": "v"}, False) is data


# --- adapt and rename, by property -----------------------------------------------------------------------------------

PREFIXES = ("", "a", "b", "p", "xs")
# libxml2 takes nothing but URIs.
NAMESPACES = ("urn:a", "urn:b", "u", "urn:c&d='e'")

bindings_strategy = st.dictionaries(st.sampled_from(PREFIXES), st.sampled_from(NAMESPACES), max_size=4)
texts = st.sampled_from(["", "", "t", " ", "p:x", "&lt;", "é]", "<![CDATA[<]]>", "\n", "<!-- <a> -->", "&#x10FFFF;"])


@st.composite
def elements(draw: st.DrawFn, scope: dict[str, str], depth: int = 0) -> str:
    """An element for a place where `scope` is in force."""
    own = draw(st.dictionaries(st.sampled_from(PREFIXES), st.sampled_from(NAMESPACES), max_size=2))
    if draw(st.integers(0, 4)) == 0:
        own[""] = ""
    inside = {**scope, **own}
    prefix = draw(st.sampled_from(["", *inside]))
    name = f"{prefix}:e{depth}" if prefix else f"e{depth}"
    spelled = [
        f"xmlns{':' if p else ''}{p}{draw(st.sampled_from(['=', ' = ']))}{quoteattr(ns)}" for p, ns in own.items()
    ]
    for number, p in enumerate(draw(st.lists(st.sampled_from(["", "xml", *inside]), max_size=2))):
        spelled.append(f"{p}{':' if p else ''}n{number}='{draw(st.sampled_from(['', 'p:x', '&amp;', '>']))}'")
    tag = "".join(f"{draw(st.sampled_from([' ', '  ']))}{part}" for part in draw(st.permutations(spelled)))
    content = draw(contents(inside, depth + 1)) if depth < 3 else draw(texts)
    if not content and draw(st.booleans()):
        return f"<{name}{tag}/>"
    return f"<{name}{tag}>{content}</{name}{draw(st.sampled_from(['', ' ']))}>"


@st.composite
def contents(draw: st.DrawFn, scope: dict[str, str], depth: int = 0) -> str:
    parts = [draw(texts)]
    for _ in range(draw(st.integers(0, 2))):
        parts += [draw(elements(scope, depth)), draw(texts)]
    return "".join(parts)


class Case(NamedTuple):
    data: bytes
    scope: dict[str, str]
    bindings: dict[str, str]


@st.composite
def cases(draw: st.DrawFn, *, single: bool = False) -> Case:
    scope = draw(bindings_strategy)
    data = draw(elements(scope) if single else contents(scope))
    return Case(data.encode(), scope, draw(st.one_of(bindings_strategy, st.just(scope))))


@given(cases())
@settings(max_examples=150, deadline=None)
def test_adapted_fragments_mean_the_same(case: Case) -> None:
    adapted = adapt(case.data, tuple(case.scope.items()), case.bindings, False)
    assert_same_meaning(placed(adapted, case.bindings), placed(case.data, case.scope))


@given(cases())
@settings(max_examples=150, deadline=None)
def test_adapted_fragments_declare_what_is_needed_and_no_more(case: Case) -> None:
    adapted = adapt(case.data, tuple(case.scope.items()), case.bindings, False)
    before, after = tags_inside(case.data, case.scope), tags_inside(adapted, case.bindings)
    assert [tag.name for tag in after] == [tag.name for tag in before]
    everywhere = {"": "", **case.scope}
    for old, new in zip(before, after, strict=True):
        needed = {p: ns for p, ns in everywhere.items() if case.bindings.get(p, "") != ns and p not in old.declared}
        assert new.declared == {**old.declared, **needed}


@given(cases())
@settings(max_examples=100, deadline=None)
def test_adapting_twice_is_adapting_once(case: Case) -> None:
    scope = tuple(case.scope.items())
    alone = adapt(case.data, scope, {}, False)
    assert adapt(alone, (), {}, False) == alone
    assert_same_meaning(placed(adapt(alone, (), case.bindings, False), case.bindings), placed(case.data, case.scope))


@given(cases(single=True), st.sampled_from(["", "a", "b", "p", "new"]), st.sampled_from(["", XML, *NAMESPACES]))
@settings(max_examples=250, deadline=None)
def test_renamed_fragments_keep_all_but_the_name(case: Case, prefix: str, ns: str) -> None:
    prefix = prefix if ns else ""
    renamed = rename(b"<!-- x --> " + case.data, tuple(case.scope.items()), case.bindings, prefix, "name", ns)
    (found,), (expected,) = placed(renamed, case.bindings), placed(case.data, case.scope)
    assert found.tag == (f"{{{ns}}}name" if ns else "name")
    if not ns and bindings_of(expected).get(""):
        # No element in no namespace can have a default namespace; its children can.
        inside, before = bindings_of(found), bindings_of(expected)
        before.pop("")
        assert not inside.get("")
        assert {p: inside.get(p) for p in before} == before
    else:
        assert_same_bindings(found, expected)
    assert dict(found.attrib) == dict(expected.attrib)
    assert_same_meaning(found, expected)


@given(cases(single=True))
@settings(max_examples=100, deadline=None)
def test_renaming_to_the_same_name_changes_only_declarations(case: Case) -> None:
    (expected,) = placed(case.data, case.scope)
    name = etree.QName(expected)
    scope = tuple(case.scope.items())
    renamed = rename(case.data, scope, case.bindings, expected.prefix or "", name.localname, name.namespace or "")
    (found,) = placed(renamed, case.bindings)
    assert found.prefix == expected.prefix
    assert_same_meaning(found, expected, top=False)


@given(cases())
@settings(max_examples=100, deadline=None)
def test_top_level_elements_and_text(case: Case) -> None:
    scope = tuple(case.scope.items())
    inside = placed(case.data, case.scope)
    expected = [child for child in inside if isinstance(child.tag, str)]
    found = top_level(case.data, scope)
    assert [f"{{{ns}}}{local}" if ns else local for ns, local, _, _ in found] == [child.tag for child in expected]
    for (_, _, start, end), child in zip(found, expected, strict=True):
        (again,) = placed(case.data[start:end], case.scope)
        child.tail = None
        assert_same_meaning(again, child, top=False)
    assert (
        text_of(case.data, scope) == XmlBuffer(case.data, scope).text == "".join(_texts(placed(case.data, case.scope)))
    )


def _texts(element: Any) -> Iterator[str]:
    """The character data; itertext() of lxml has that of comments as well."""
    if isinstance(element.tag, str):
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


# --- rename, by example ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "scope", "bindings", "name", "expected"),
    [
        ("<a/>", (), {}, ("", "n", ""), "<n/>"),
        ("<a x='1'>t<b/></a >", (), {"p": "u"}, ("p", "n", "u"), "<p:n x='1'>t<b/></p:n >"),
        ("<a/>", (), {}, ("p", "n", "u"), '<p:n xmlns:p="u"/>'),
        ("<a/>", (("", "u"),), {"": "u"}, ("", "n", "u"), "<n/>"),
        ("<a/>", (("", "u"),), {"p": "u"}, ("p", "n", "u"), '<p:n xmlns="u"/>'),
        ("<a/>", (("", "d"),), {"": "u"}, ("", "n", "u"), '<a:n xmlns="d" xmlns:a="u"/>'),
        ("<a/>", (("", "d"),), {"": "u", "q": "u"}, ("", "n", "u"), '<q:n xmlns="d"/>'),
        ("<a/>", (("p", "v"),), {"p": "u"}, ("p", "n", "u"), '<a:n xmlns:p="v" xmlns:a="u"/>'),
        ("<a xmlns:p='v'/>", (), {"p": "u", "a": "x"}, ("p", "n", "u"), "<b:n xmlns:b=\"u\" xmlns:p='v'/>"),
        ("<a xmlns:q='u'/>", (("p", "v"),), {}, ("p", "n", "u"), "<q:n xmlns:p=\"v\" xmlns:q='u'/>"),
        ("<a><b/></a>", (("", "d"),), {"": "u"}, ("", "n", ""), '<n xmlns=""><b xmlns="d"/></n>'),
        ("<a><b><c/></b>t<b/></a>", (("", "d"),), {}, ("", "n", ""), '<n><b xmlns="d"><c/></b>t<b xmlns="d"/></n>'),
        ("<a x='1' xmlns = 'd' y='2'><b xmlns=''/></a>", (), {}, ("", "n", ""), "<n x='1' y='2'><b xmlns=''/></n>"),
        ("<a xmlns:b='1' xmlns='d'/>", (), {"": "u"}, ("", "n", ""), "<n xmlns=\"\" xmlns:b='1'/>"),
        ("<a/>", (), {}, ("", "n", XML), "<xml:n/>"),
        ("<a/>", (), {}, ("xml", "n", "u"), '<a:n xmlns:a="u"/>'),
        ("<p:a><p:a/></p:a>", (("p", "u"),), {"p": "u"}, ("p", "é", "u"), "<p:é><p:a/></p:é>"),
    ],
)
def test_rename(data: str, scope: Scope, bindings: dict[str, str], name: tuple[str, str, str], expected: str) -> None:
    assert rename(data.encode(), scope, bindings, *name).decode() == expected


def test_made_up_prefixes_do_not_run_out() -> None:
    letters = {f"{letter}{number}": "x" for letter in "abcdefghijklmnopqrstuvwxyz" for number in ("", "1")}
    assert rename(b"<e/>", (("", "d"),), letters, "", "n", "u") == b'<a2:n xmlns="d" xmlns:a2="u"/>'


@pytest.mark.parametrize(
    ("prefix", "local", "ns"),
    [
        ("p", "n", ""),
        ("", "a b", ""),
        ("", "", "u"),
        ("", "a:b", "u"),
        ("p q", "n", "u"),
        ("p:q", "n", "u"),
        ("p", "n", XMLNS),
        ("", "n\ud800", "u"),
    ],
)
def test_rename_refuses_what_is_no_name(prefix: str, local: str, ns: str) -> None:
    with pytest.raises(InvalidArgument):
        rename(b"<a/>", (), {}, prefix, local, ns)


# --- without_attributes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("<a p:x='1' y='2'><b p:x='1'/></a>", "<a         y='2'><b p:x='1'/></a>"),
        (
            "<a xmlns:q=\"u\" q:x = '>' y\n=\n'2'\n/>",
            "<a xmlns:q=\"u\"           y\n=\n'2'\n/>",
        ),
        ("<a x='1'/>", "<a x='1'/>"),
        ("<a xmlns:p='v' p:x='1'/>", "<a xmlns:p='v' p:x='1'/>"),
        ("<!-- c --><a p:x='1'/> <b p:x='1'/>", "<!-- c --><a        /> <b p:x='1'/>"),
    ],
)
def test_without_attributes(data: str, expected: str) -> None:
    assert without_attributes(data.encode(), (("p", "u"),), {("u", "x"), ("u", "z")}).decode() == expected


@pytest.mark.parametrize("data", ["", "t", "<a", "<a/><", "<a b='1'>"])
def test_without_attributes_refuses_what_is_no_element(data: str) -> None:
    with pytest.raises(InvalidFormat):
        without_attributes(data.encode(), (), {("", "b")})


# --- hostile input ---------------------------------------------------------------------------------------------------

TOKENS = (
    *("<a>", "</a>", "<p:b>", "</p:b>", "<a/>", "<b", "<p:c", ">", "/>", " x='1'", ' x="', '"', "'", " p:x=''", " "),
    *(" xmlns='d'", " xmlns:p='u'", " xmlns:q='u'", " q:x=''", " xmlns:p=''", " xmlns=''", " xmlns:xml='u'", "=", "/"),
    *(
        "t",
        "&amp;",
        "&#65;",
        "&",
        "&x;",
        ";",
        "]]>",
        "]",
        "<![CDATA[",
        "<!--",
        "-->",
        "--",
        "<?pi ",
        "?>",
        "\r",
        "\r\n",
    ),
    *("<!DOCTYPE a>", "<!ENTITY e ''>", "é", "&#0;", "&#xD800;", "\x01", "<", "<e xml:lang='x'>", "</e>", "</outside>"),
)


def text_by_expat(data: bytes) -> str | None:
    """The character data of a fragment, None when it is not well-formed.

    No token opens a second `outside`, so that data which closes the first one is refused as well.
    """
    pieces: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.CharacterDataHandler = pieces.append
    try:
        parser.Parse(b"<outside xmlns:p='urn:p'>" + data + b"</outside>", True)
    except expat.ExpatError:
        return None
    return "".join(pieces)


@given(st.lists(st.sampled_from(TOKENS), max_size=8))
@settings(max_examples=600, deadline=None)
def test_exactly_the_well_formed_fragments_are_taken(tokens: list[str]) -> None:
    data = "".join(tokens).encode()
    scope = (("p", "urn:p"),)
    text = text_by_expat(data)
    if text is not None:
        assert adapt(data, scope, {"p": "urn:p"}, False) == data
        assert text_of(data, scope) == text
        top_level(data, scope)
    else:
        for call in (
            lambda: adapt(data, scope, {}, False),
            lambda: adapt(data, scope, {}, True),
            lambda: rename(data, scope, {}, "", "n", ""),
            lambda: top_level(data, scope),
            lambda: text_of(data, scope),
            lambda: without_attributes(data, scope, set()),
        ):
            with pytest.raises(InvalidFormat):
                call()


# Expat knows only the names of the fourth edition of XML 1.0: no letters beyond ASCII.
damage = st.lists(st.sampled_from([*range(0x80), 0x80, 0xFF]), max_size=4)


@given(cases(single=True), st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_fragments_are_refused_or_still_well_formed(case: Case, data: st.DataObject) -> None:
    scope = tuple(case.scope.items())
    start = data.draw(st.integers(0, len(case.data)))
    end = data.draw(st.integers(start, min(len(case.data), start + 8)))
    damaged = case.data[:start] + bytes(data.draw(damage)) + case.data[end:]
    try:
        renamed = rename(damaged, scope, case.bindings, "", "n", "urn:n")
    except InvalidFormat as error:
        offset = error.offset
    else:
        offset = 0
        assert [tag.name for tag in tags_inside(renamed, case.bindings)] == ["urn:n n"]
    assert offset is not None
    assert 0 <= offset <= len(damaged)


def test_every_cut_is_refused() -> None:
    whole = "<p:a x='1' xmlns:q=\"v\">t&amp;<!-- c --><b/><![CDATA[<]]><?pi x?><é q:é='&#65;'> </é></p:a>".encode()
    scope = (("p", "u"),)
    for end in range(1, len(whole)):
        for part in (whole[:end], whole[end:]):
            with pytest.raises(InvalidFormat):
                adapt(part, scope, {}, True)
    assert adapt(whole, scope, {"p": "u"}, True) == whole


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"<a><p:b/></a>", 4),
        (b"<a p:x=''/>", 3),
        (b"<!DOCTYPE a><a/>", 0),
        (b"<a/>\n<!DOCTYPE a>", 5),
        (b"t</a>", 1),
        (b"<a>", 3),
        (b"<a></b>", 3),
        (b"a]]>", 1),
        (b"&nbsp;", 0),
        (b"a<", 2),
        (b"a\xff", 1),
        (b"a\x00", 0),
        (b" <?xml version='1.0'?>", 1),
    ],
)
def test_errors_say_where(data: bytes, offset: int) -> None:
    with pytest.raises(InvalidFormat) as raised:
        adapt(data, (), {}, False)
    assert raised.value.offset == offset


@pytest.mark.parametrize(
    "scope",
    [
        (("p q", "u"),),
        (('p="x" q', "u"),),
        (("p", ""),),
        (("xml", "u"),),
        (("p", XML),),
        (("", XML),),
        (("xmlns", "u"),),
        (("p", XMLNS),),
        (("p:q", "u"),),
        (("1", "u"),),
        (("\ud800", "u"),),
    ],
)
def test_a_scope_that_no_document_can_have(scope: Scope) -> None:
    with pytest.raises(InvalidArgument):
        XmlBuffer(b"<a/>", scope).to_bytes()


@pytest.mark.parametrize("ns", ["\ud800", "\x00", "\x01", "\uffff"])
def test_a_namespace_that_xml_cannot_hold(ns: str) -> None:
    with pytest.raises(InvalidFormat):
        XmlBuffer(b"<a/>", (("p", ns),)).to_bytes()


def test_depth_is_limited_and_costs_no_stack() -> None:
    deep = b"<a>" * 10_000 + b"</a>" * 10_000
    assert adapt(deep, (), {}, True) == deep
    assert len(rename(deep, (), {}, "", "name", "")) == len(deep) + 6
    with pytest.raises(QuotaExceeded):
        adapt(b"<a>" + deep + b"</a>", (), {}, True)
    deeper = b"<a>" * 100_000 + b"</a>" * 100_000
    assert adapt(deeper, (), {}, True, 100_000) == deeper
    assert top_level(deeper, (), 100_000) == [("", "a", 0, len(deeper))]
    with pytest.raises(QuotaExceeded):
        text_of(deeper, (), 99_999)


def test_many_bindings_and_attributes() -> None:
    scope = tuple((f"p{number}", f"u{number}") for number in range(500))
    data = "<a{}/>".format("".join(f" p{number}:x=''" for number in range(500))).encode()
    (found,) = placed(adapt(data, scope, {}, True), {})
    assert len(found.attrib) == len(found.nsmap) == 500
    with pytest.raises(QuotaExceeded):
        adapt(b"<a/>", tuple((f"p{number}", "u") for number in range(2000)), {}, True)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("a", True),
        ("é", True),
        ("a-1.", True),
        ("", False),
        ("1a", False),
        ("a:b", False),
        ("a b", False),
        ("\ud800", False),
    ],
)
def test_is_ncname(name: str, right: bool) -> None:
    assert is_ncname(name) is right


# --- XmlBuffer -------------------------------------------------------------------------------------------------------


def test_xml_buffer_is_a_value() -> None:
    one = XmlBuffer(b"<p:a/>", (("p", "u"),))
    assert one == XmlBuffer(b"<p:a/>", (("p", "u"),))
    assert one != XmlBuffer(b"<p:a/>", (("p", "v"),))
    assert one != XmlBuffer(b"<p:a />", (("p", "u"),))
    assert len({one, XmlBuffer(b"<p:a/>", (("p", "u"),)), XmlBuffer(b"")}) == 2
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(one, protocol)) == one  # noqa: S301
    assert copy.copy(one) == copy.deepcopy(one) == one
    with pytest.raises(AttributeError):
        one.data = b""  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        one.other = 1  # type: ignore[attr-defined]
    assert XmlBuffer(b"").scope == ()


def test_the_repr_is_short() -> None:
    assert repr(XmlBuffer(b"<a/>", (("p", "u"),))) == "<XmlBuffer of 4 bytes, 1 bindings: b'<a/>'>"
    assert len(repr(XmlBuffer(b"\x00" * 10_000_000, (("p", "u" * 100_000),)))) < 400


@pytest.mark.parametrize(
    ("data", "scope"),
    [
        ("<a/>", ()),
        (bytearray(b"<a/>"), ()),
        (None, ()),
        (b"", [("p", "u")]),
        (b"", {"p": "u"}),
        (b"", (("p", "u", "v"),)),
        (b"", (["p", "u"],)),
        (b"", ("pu",)),
        (b"", ((b"p", "u"),)),
        (b"", (("p", None),)),
    ],
)
def test_xml_buffer_refuses_other_types(data: Any, scope: Any) -> None:
    with pytest.raises(InvalidArgument):
        XmlBuffer(data, scope)


def test_to_bytes() -> None:
    scope = (("p", "u"), ("", "d"))
    assert XmlBuffer(b"<a/>t<p:b/>", scope).to_bytes() == (b'<a xmlns:p="u" xmlns="d"/>t<p:b xmlns:p="u" xmlns="d"/>')
    assert XmlBuffer(b"", scope).to_bytes() == b""
    with pytest.raises(InvalidFormat):
        XmlBuffer(b"<a>", scope).to_bytes()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"t", "t"),
        (b"a\rb\r\nc\n]]", "a\nb\nc\n]]"),
        (b"<a>1<b>2</b><!-- x -->3</a>4<?x y?>5<c/>", "12345"),
        (b"<![CDATA[<&]]>&lt;&#233;<a><![CDATA[\r\n]]>&#13;</a>", "<&<é\n\r"),
        ("\ufefft\ufeff".encode(), "\ufefft\ufeff"),
        ("\ufeff<a/>".encode(), ""),
    ],
)
def test_text(data: bytes, text: str) -> None:
    assert XmlBuffer(data).text == text
    # In content that was read, U+FEFF is a character wherever it stands.
    assert XmlBuffer.of_content(data, ()).text == (text or data.decode().removesuffix("<a/>"))


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"t<!-- c --><p:a/><b/>", XmlQName("a", "u")), (b"<a/>", XmlQName("a", "")), (b"t", None), (b"", None)],
)
def test_the_name_of_the_first_element(data: bytes, name: XmlQName | None) -> None:
    assert XmlBuffer(data, (("p", "u"),)).name == name


# --- ElementTree and lxml --------------------------------------------------------------------------------------------


def same_trees(one: ElementTree.Element, other: ElementTree.Element) -> bool:
    return (
        one.tag == other.tag
        and (one.text or "") == (other.text or "")
        and (one.tail or "") == (other.tail or "")
        and one.attrib == other.attrib
        and len(one) == len(other)
        and all(same_trees(a, b) for a, b in zip(one, other, strict=True))
    )


xml_texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff", min_codepoint=32)
    | st.sampled_from("\t\r\n<&>\"'"),
    max_size=8,
)
etree_names = st.sampled_from(["e", "é", "{urn:a}e", "{urn:b}x", "{urn:c&d='}y", "{}z"])
etree_elements: st.SearchStrategy[ElementTree.Element] = st.deferred(
    lambda: st.builds(
        _element,
        etree_names,
        st.dictionaries(etree_names | st.just(f"{{{XML}}}lang"), xml_texts, max_size=3),
        xml_texts | st.none(),
        st.lists(etree_elements, max_size=2),
        xml_texts | st.none(),
    )
)


def _element(
    tag: str, attributes: dict[str, str], text: str | None, children: list[ElementTree.Element], tail: str | None
) -> ElementTree.Element:
    element = ElementTree.Element(tag, attributes)
    element.text, element.tail = text, tail
    element.extend(children)
    return element


def _of_lxml(element: Any) -> ElementTree.Element:
    children = [_of_lxml(child) for child in element]
    return _element(element.tag, dict(element.attrib), element.text, children, element.tail)


def without_braces(element: ElementTree.Element) -> ElementTree.Element:
    """`{}z` is `z`: two ways to say no namespace."""
    made = ElementTree.Element(
        element.tag.removeprefix("{}"), {key.removeprefix("{}"): value for key, value in element.attrib.items()}
    )
    made.text, made.tail = element.text, element.tail
    made.extend(without_braces(child) for child in element)
    return made


@given(etree_elements)
@settings(max_examples=150, deadline=None)
def test_elementtree_round_trip(element: ElementTree.Element) -> None:
    buffer = XmlBuffer.of_element(element)
    expected = without_braces(element)
    expected.tail = None
    assert same_trees(buffer.to_etree(), expected)
    assert same_trees(_of_lxml(buffer.to_lxml()), expected)


@given(cases(single=True))
@settings(max_examples=150, deadline=None)
def test_lxml_round_trip(case: Case) -> None:
    root = placed(b"head" + case.data + b"tail", case.scope)
    buffer = XmlBuffer.of_element(root[0])
    found = buffer.to_lxml()
    root[0].tail = None
    assert_same_meaning(found, root[0], top=False)
    assert_same_meaning(XmlBuffer(case.data, tuple(case.scope.items())).to_lxml(), root[0], top=False)
    assert ElementTree.canonicalize(ElementTree.tostring(buffer.to_etree())) == ElementTree.canonicalize(
        ElementTree.tostring(XmlBuffer(case.data, tuple(case.scope.items())).to_etree())
    )


def test_of_element_of_elementtree() -> None:
    # ElementTree takes its QName for names and values, its type stubs do not.
    qname: Any = ElementTree.QName
    element = ElementTree.Element("e", {"t": qname("urn:b", "q")})
    element.tag = qname("urn:a", "e")
    element.append(ElementTree.Comment(" c "))
    element.append(ElementTree.ProcessingInstruction("pi", "x"))
    child = ElementTree.SubElement(element, "{urn:a}c", {f"{{{XML}}}lang": "en", "{urn:b}x": "\t"})
    child.text = "a\r<"
    child.tail = "b"
    ElementTree.SubElement(element, "plain").text = qname("urn:a", "v")
    element.tail = "gone"
    assert XmlBuffer.of_element(element) == XmlBuffer(
        b'<a:e xmlns:a="urn:a" xmlns:b="urn:b" t="b:q"><!-- c --><?pi x?>'
        b'<a:c xml:lang="en" b:x="&#x9;">a&#xD;&lt;</a:c>b<plain>a:v</plain></a:e>'
    )
    assert element.tail == "gone"


def test_of_element_has_prefixes_enough() -> None:
    element = ElementTree.Element("e")
    for number in range(60):
        ElementTree.SubElement(element, f"{{urn:{number}}}e")
    found = XmlBuffer.of_element(element).to_lxml()
    assert [child.tag for child in found] == [f"{{urn:{number}}}e" for number in range(60)]
    assert [found[number].prefix for number in (0, 25, 26, 52)] == ["a", "z", "a1", "a2"]


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("a b", {}),
        ("a><b", {}),
        ("", {}),
        ("p:a", {}),
        ("{u}", {}),
        ("{u", {}),
        (f"{{{XMLNS}}}a", {}),
        (None, {}),
        (b"a", {}),
        ("a", {"x y": ""}),
        ("a", {"xmlns": "u"}),
        ("a", {"xmlns:p": "u"}),
        ("a", {f"{{{XMLNS}}}p": "u"}),
        ("a", {"x": 1}),
        ("a", {1: "x"}),
    ],
)
def test_of_element_refuses_what_is_no_name_or_value(tag: Any, attributes: Any) -> None:
    with pytest.raises(InvalidArgument):
        XmlBuffer.of_element(ElementTree.Element(tag, attributes))


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\uffff"])
def test_of_element_refuses_characters(text: str) -> None:
    element = ElementTree.Element("a")
    element.text = text
    with pytest.raises(InvalidFormat):
        XmlBuffer.of_element(element)
    with pytest.raises(InvalidFormat):
        XmlBuffer.of_element(ElementTree.Element("a", {"x": text}))
    with pytest.raises(InvalidFormat):
        XmlBuffer.of_element(ElementTree.Element(f"{{u{text}}}a"))


@pytest.mark.parametrize(
    "node",
    [
        ElementTree.Comment("a--b"),
        ElementTree.Comment("a-"),
        ElementTree.Comment("--><b/><!--"),
        ElementTree.Comment("\ud800"),
        ElementTree.Comment("\x00"),
        ElementTree.ProcessingInstruction("pi", "?><b/><?x"),
        ElementTree.ProcessingInstruction("xml", "version='1.0'"),
        ElementTree.ProcessingInstruction(""),
    ],
)
def test_of_element_refuses_comments_that_end_early(node: ElementTree.Element) -> None:
    element = ElementTree.Element("a")
    element.append(node)
    with pytest.raises(InvalidFormat):
        XmlBuffer.of_element(element)


@pytest.mark.parametrize(
    "element",
    [None, "a", b"<a/>", XmlBuffer(b"<a/>"), etree.Comment("x"), etree.PI("x"), ElementTree.Comment("x"), ElementTree],
)
def test_of_element_refuses_other_objects(element: object) -> None:
    with pytest.raises(InvalidArgument):
        XmlBuffer.of_element(element)


def test_of_element_of_lxml_takes_the_bindings_around() -> None:
    root = etree.fromstring('<!DOCTYPE r><r xmlns="d" xmlns:p="u" xmlns:x="s"><a t="p:q"/>tail</r>')
    buffer = XmlBuffer.of_element(root[0])
    assert bindings_of(buffer.to_lxml()) == {"": "d", "p": "u", "x": "s"}
    assert buffer.to_lxml().attrib == {"t": "p:q"}
    assert b"DOCTYPE" not in XmlBuffer.of_element(root).data


def test_of_element_refuses_entities_and_unbound_prefixes() -> None:
    parser = etree.XMLParser(resolve_entities=False)
    entity = etree.fromstring("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", parser)
    with pytest.raises(InvalidFormat):
        XmlBuffer.of_element(entity)
    unbound = etree.fromstring(b"<p:a/>", etree.XMLParser(recover=True))
    with pytest.raises(InvalidFormat):
        XmlBuffer.of_element(unbound)


def test_deep_trees() -> None:
    root = element = ElementTree.Element("a")
    for _ in range(1999):
        element = ElementTree.SubElement(element, "a")
    buffer = XmlBuffer.of_element(root)
    assert sum(1 for _ in buffer.to_etree().iter()) == 2000
    assert sum(1 for _ in buffer.to_lxml().iter()) == 2000
    assert XmlBuffer.of_element(buffer.to_lxml()) == buffer
    for _ in range(8000):
        element = ElementTree.SubElement(element, "a")
    assert sum(1 for _ in XmlBuffer.of_element(root).to_etree().iter()) == 10_000
    ElementTree.SubElement(element, "a")
    with pytest.raises(QuotaExceeded):
        XmlBuffer.of_element(root)


@pytest.mark.parametrize("data", [b"", b"t", b"<a/><b/>", b"<a/>t", b"<!DOCTYPE a><a/>", b"<a>&x;</a>", b"<a>"])
def test_trees_are_one_element(data: bytes) -> None:
    with pytest.raises(InvalidFormat):
        XmlBuffer(data).to_etree()
    with pytest.raises(InvalidFormat):
        XmlBuffer(data).to_lxml()


def test_what_the_libraries_do_not_know() -> None:
    fifth_edition = XmlBuffer("<\u2c00/>".encode())
    with pytest.raises(InvalidFormat):
        fifth_edition.to_etree()
    assert fifth_edition.to_lxml().tag == "\u2c00"
    no_uri = XmlBuffer("<a xmlns='é '/>".encode())
    with pytest.raises(InvalidFormat):
        no_uri.to_lxml()
    assert no_uri.to_etree().tag == "{é }a"


def test_comments_and_cdata_in_trees() -> None:
    buffer = XmlBuffer(b"<!-- 1 --><a><!-- 2 --><![CDATA[<]]></a>\n")
    assert ElementTree.tostring(buffer.to_etree()) == b"<a>&lt;</a>"
    assert etree.tostring(buffer.to_lxml()) == b"<a><!-- 2 --><![CDATA[<]]></a>"


def test_the_value_alone_loads_neither_the_core_nor_a_library() -> None:
    program = (
        "import sys; from wsx.fragment import XmlBuffer; XmlBuffer(b'<a/>');"
        "print(*sorted({m for m in sys.modules if m.startswith(('wsx._', 'xml', 'lxml'))}))"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert not done.stdout.strip()
