"""The W3C XML conformance suite in pieces: every document byte by byte, and cut in two at every byte, has the outcome
of the whole one: the same nodes, or the same error at the same place.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fuzz.pieces import Outcome, agree, by_feeding, cut
from tests.xml_suite import suite
from tests.xml_suite.test_xml_suite import reference_cases, refusal
from wsx._reader import Reader

pytestmark = pytest.mark.skipif(
    not suite.FOLDER.is_dir(), reason="the W3C XML conformance suite is not here: tools/xml_suite.sh brings it"
)

# wsx does not read beyond a document type declaration: what is behind so many bytes is cut at fewer places.
BEHIND_DOCTYPE = 300


def splits(data: bytes) -> Iterator[list[bytes]]:
    place = suite.doctype_at(data)
    every = len(data) if place is None else min(len(data), place + BEHIND_DOCTYPE)
    yield cut(data, range(len(data)))
    for place in [*range(1, every), *range(every, len(data), 9973)]:
        yield [data[:place], data[place:]]


def outcome(data: bytes | Iterator[bytes]) -> Outcome:
    error = refusal(data)
    return Outcome("read", "", None, None) if error is None else Outcome(None, str(error), error.offset, None)


def refused_in_pieces(data: bytes) -> int:
    """How many ways to cut the document were tried; each is refused as the whole document is."""
    whole = outcome(data)
    assert whole.error
    count = 0
    for pieces in splits(data):
        assert agree(whole, outcome(iter(pieces))), (data, pieces)
        count += 1
    return count


def test_documents_that_are_not_well_formed_are_refused_in_pieces() -> None:
    documents = count = 0
    for case in suite.cases():
        data = case.data
        if case.type == "not-wf" and case.fifth_edition and not case.xml_1_1 and suite.doctype_at(data) is None:
            documents += 1
            count += refused_in_pieces(data)
    assert documents == 244
    assert count > 8500


def test_document_type_declarations_are_refused_in_pieces() -> None:
    documents = count = 0
    for case in suite.cases():
        if suite.doctype_at(case.data) is not None:
            documents += 1
            count += refused_in_pieces(case.data)
    assert documents == 2185
    assert count > 250_000


def test_documents_with_a_reference_output_read_as_it_says_in_pieces() -> None:
    """By XmlReader, which takes pieces when it needs them, and by Reader, which is fed."""
    documents = count = 0
    for case, data in reference_cases():
        if refusal(data):
            continue
        expected = suite.without_instructions(case.reference)
        documents += 1
        for pieces in splits(data):
            assert suite.canonical(iter(pieces)) == expected, pieces
            coming = iter(pieces)
            reader = Reader.in_pieces(quotas=suite.LOOSE)
            by_feeding(reader, coming, reader.skip_element)
            by_feeding(reader, coming, reader.end_document)
            assert reader.position == len(data) or suite.codec_of(data) != "latin-1"
            count += 1
    assert documents == 271
    assert count > 30_000
