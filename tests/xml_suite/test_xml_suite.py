"""The W3C XML conformance suite: what is not well-formed is refused, what is reads as its reference output says.

The suite is data, brought by tools/xml_suite.sh into build/cache. Documents that wsx reads otherwise than another
reader are listed with the reason, and an agreement there fails as well.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

import pytest

from tests.support.xml_tables import Node, expat_tree
from tests.xml_suite import suite
from wsx._reader import Reader
from wsx.charsets import Charset
from wsx.descriptions import ElementDescription, Type
from wsx.errors import InvalidFormat, WsError
from wsx.xml import read_element

# lxml brings no types.
etree: Any = importlib.import_module("lxml.etree")

pytestmark = pytest.mark.skipif(
    not suite.FOLDER.is_dir(), reason="the W3C XML conformance suite is not here: tools/xml_suite.sh brings it"
)

DECLARED_OTHERWISE = "the declaration names another encoding than the document is in (XML 1.0 §4.3.3)"
# wsx refuses, expat reads.
STRICTER_THAN_EXPAT = {
    "eduni/misc/007.xml": DECLARED_OTHERWISE,
    "eduni/misc/008.xml": DECLARED_OTHERWISE,
    "eduni/errata-2e/E61.xml": DECLARED_OTHERWISE,
    "eduni/xml-1.1/008.xml": "version 42.88 is not 1.x (XML 1.0 §2.8)",
}
NOTHING = ElementDescription("none", "urn:none", Type.STRING)
NO_NAMESPACES = {"xmltest/valid/sa/012.xml": "the name of an attribute is a colon (Namespaces in XML 1.0 §4)"}


def refusal(data: bytes | Iterator[bytes]) -> InvalidFormat | None:
    """The error of reading the whole document; None when it is accepted. Another error fails the test."""
    try:
        suite.read_tree(data)
    except InvalidFormat as error:
        return error
    return None


def skip_document(data: bytes) -> None:
    reader = Reader(data, quotas=suite.LOOSE)
    reader.skip_element()
    reader.end_document()


def expat_node(data: bytes) -> Node | None:
    try:
        return expat_tree(data)
    except expat.ExpatError:
        return None


def libxml_node(data: bytes) -> Node | None:
    def node(found: Any) -> Node:
        names = {key: etree.QName(key) for key in found.attrib}
        attributes = {(names[key].namespace or "", names[key].localname): text for key, text in found.attrib.items()}
        made = Node((etree.QName(found).namespace or "", etree.QName(found).localname), attributes)
        made.text = "".join([found.text or "", *(child.tail or "" for child in found)])
        made.children = [node(child) for child in found]
        return made

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return node(etree.fromstring(data, parser))
    except etree.XMLSyntaxError:
        return None


def wsx_node(data: bytes) -> Node | None:
    return None if refusal(data) else suite.read_tree(data)


def test_the_index_is_whole() -> None:
    assert len(suite.cases()) == 2585
    assert Counter(case.type for case in suite.cases() if not case.xml_1_1) == {
        "not-wf": 1326, "valid": 728, "invalid": 229, "error": 28,
    }  # fmt: skip


def test_documents_that_are_not_well_formed_are_refused() -> None:
    """Those without a document type declaration, for the fifth edition of XML 1.0: 117, and 127 of OASIS."""
    refused: Counter[str] = Counter()
    wrong = []
    for case in suite.cases():
        data = case.data
        if case.type != "not-wf" or not case.fifth_edition or case.xml_1_1 or suite.doctype_at(data) is not None:
            continue
        # Refused because of the flaw, and not because of something that wsx cannot read.
        flawed = expat_node(data) is None or case.path in STRICTER_THAN_EXPAT
        if refusal(data) is None or not flawed:
            wrong.append(case.path)
        if suite.codec_of(data) == "latin-1":
            with pytest.raises(WsError):
                skip_document(data)
        refused["oasis" if case.path.startswith("oasis/") else "others"] += 1
    assert wrong == []
    assert refused == {"others": 117, "oasis": 127}


def reason_before_the_doctype(data: bytes, error: InvalidFormat, place: int) -> str:
    """Why a document is refused with another error than that of its document type declaration."""
    codec = suite.codec_of(data)
    start = data[:place].decode(codec, "replace")
    declaration = start.partition("?>")[0]
    if "encoding" in declaration and not re.search(r"['\"](utf-(8|16)|us-ascii)['\"]", declaration, re.I):
        return "another encoding"
    try:
        text = data.decode("utf-8" if codec == "latin-1" else codec)
    except UnicodeDecodeError:
        return "bytes that are no character"
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text):
        return "characters that XML forbids"
    assert error.offset is not None
    assert error.offset < len(start.encode()), (error, data)
    return "an error before it"


def test_every_document_type_declaration_is_refused() -> None:
    """With that error; the others have a flaw that is met first, or that of the whole document."""
    reasons: Counter[str] = Counter()
    for case in suite.cases():
        data = case.data
        place = suite.doctype_at(data)
        if place is None:
            continue
        error = refusal(data)
        assert error is not None, case.path
        reasons["DTD" if "(DTD)" in str(error) else reason_before_the_doctype(data, error, place)] += 1
    assert reasons == {
        "DTD": 2041,
        "another encoding": 55,
        "characters that XML forbids": 40,
        "bytes that are no character": 19,
        "an error before it": 30,
    }


def reference_cases() -> list[tuple[suite.Case, bytes]]:
    """XML 1.0 documents with a reference output that the document without its DTD still has, with that document."""
    found = []
    for case in suite.cases():
        if case.output is None or re.match(rb"<\?xml version=.1\.1", case.data):
            continue
        data = suite.without_doctype(case.data)
        assert data is not None, case.path
        try:
            same = suite.expat_canonical(data) == case.reference
        except expat.ExpatError:
            same = False  # entities or names of the fifth edition
        if same:
            found.append((case, suite.in_utf_8(data)))
    return found


def test_documents_with_a_reference_output_read_as_it_says() -> None:
    cases = reference_cases()
    assert Counter(case.type for case, _ in cases) == {"valid": 226, "invalid": 38, "error": 8}
    wrong = []
    for case, data in cases:
        expected = suite.without_instructions(case.reference)
        if refusal(data) or suite.canonical(data) != expected:
            wrong.append(case.path)
    assert wrong == list(NO_NAMESPACES)


def test_wsx_expat_and_libxml2_agree_on_every_document() -> None:
    """All documents of the suite, without their document type declarations."""
    different: dict[str, str] = {}
    agreed = 0
    for case in suite.cases():
        data = suite.without_doctype(case.data)
        if data is None:
            continue
        data = suite.in_utf_8(data)
        mine = wsx_node(data)
        if mine != (theirs := expat_node(data)):
            # expat knows the names of the fourth edition only, libxml2 those of the fifth.
            if (theirs is not None or mine != libxml_node(data)) and case.path not in STRICTER_THAN_EXPAT:
                different[case.path] = "not as expat and libxml2"
        elif case.path in STRICTER_THAN_EXPAT:
            different[case.path] = "as expat"
        agreed += mine == theirs
    assert different == {}
    assert agreed == 2532


@pytest.mark.parametrize("charset", [Charset.UTF16LE, Charset.UTF16BE])
def test_documents_read_the_same_in_utf_16(charset: Charset) -> None:
    codec = {Charset.UTF16LE: "utf-16-le", Charset.UTF16BE: "utf-16-be"}[charset]
    read = 0
    for _, data in reference_cases():
        if suite.codec_of(data) != "latin-1" or refusal(data):
            continue
        text = re.sub(r"^(<\?xml[^>]*?)\s+encoding\s*=\s*([\"']).*?\2", r"\1", data.decode("utf-8-sig"))
        assert suite.canonical(text.encode(codec)) == suite.canonical(data)
        assert suite.canonical(("\ufeff" + text).encode(codec)) == suite.canonical(data)
        read += 1
    assert read > 240


# --- buffers ---------------------------------------------------------------------------------------------------------

AROUND = b"<&]]>\x00\xff\"'"  # what stands next to the document must not be looked at


def test_documents_read_the_same_at_every_place_of_a_buffer() -> None:
    for case, data in reference_cases():
        if refusal(data):
            continue
        expected = suite.canonical(data)
        for offset in range(17):
            buffer = bytearray(AROUND * 2)[:offset] + data + AROUND
            view = memoryview(buffer)[offset : offset + len(data)]
            assert suite.canonical(bytes(view)) == expected
            assert suite.read_tree(view) == suite.read_tree(data), case.path
            assert suite.read_tree(view.toreadonly()) == suite.read_tree(data)


def root_at(data: bytes) -> int:
    """The offset of the first start tag, which only comments and processing instructions precede."""
    codec = suite.codec_of(data)
    text = re.sub(r"<!--.*?-->|<\?.*?\?>", lambda match: " " * len(match[0]), data.decode(codec), flags=re.S)
    return len(text[: text.index("<")].encode(codec))


def test_the_first_part_of_every_split_is_refused_until_the_element_is_ended() -> None:
    """Each document cut in two at every byte: the first part is an error with a place, unless nothing is missing."""
    parts = 0
    for case, data in reference_cases():
        if refusal(data) or len(data) > 1000:
            continue
        unit = 1 if suite.codec_of(data) == "latin-1" else 2
        for length in range(root_at(data) + unit, len(data), unit):
            first = data[:length]
            error = refusal(first)
            assert (error is None) == (expat_node(first) is not None), (case.path, length)
            if error is None:
                assert suite.read_tree(first) == suite.read_tree(data)
            else:
                assert error.offset is not None
                assert 0 <= error.offset <= length
            parts += 1
    assert parts > 10_000


def test_no_document_of_the_suite_brings_another_error() -> None:
    """Reading by a table that fits none of them: always an error of wsx with a place."""
    for case in suite.cases():
        with pytest.raises(WsError) as caught:
            read_element(NOTHING, case.data)
        assert caught.value.offset is not None, case.path
