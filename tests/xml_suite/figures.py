"""What comes of the W3C XML conformance suite, as figures for docs/conformance.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tests.xml_suite import suite
from tests.xml_suite.test_in_pieces import splits
from tests.xml_suite.test_xml_suite import NO_NAMESPACES, reference_cases, refusal

__all__ = ["Figure", "figures"]


class Figure(NamedTuple):
    """How many documents of a kind there are, and how many come out as they should.

    ``ways``: in how many ways all of them are cut in pieces, byte by byte and in two at every byte, by
    test_in_pieces.py, which holds that each has the outcome of the whole document.
    """

    what: str
    right: int
    all: int
    ways: int
    note: str = ""


def _ways(documents: Iterable[bytes]) -> int:
    return sum(1 for data in documents for _ in splits(data))


def _not_well_formed() -> Figure:
    cases = [
        case
        for case in suite.cases()
        if case.type == "not-wf" and case.fifth_edition and not case.xml_1_1 and suite.doctype_at(case.data) is None
    ]
    refused = sum(refusal(case.data) is not None for case in cases)
    own = sum(case.path.startswith("oasis/") for case in cases)
    return Figure(
        "not well-formed, without a document type declaration: refused",
        refused,
        len(cases),
        _ways(case.data for case in cases),
        f"{own} of them are in the collection of OASIS, {len(cases) - own} in the others",
    )


def _document_types() -> Figure:
    documents = [case.data for case in suite.cases() if suite.doctype_at(case.data) is not None]
    errors = [refusal(data) for data in documents]
    refused = [error for error in errors if error is not None]
    named = sum("(DTD)" in str(error) for error in refused)
    return Figure(
        "with a document type declaration: refused",
        len(refused),
        len(errors),
        _ways(documents),
        f"{named} with the error of the declaration; in the others another flaw comes first",
    )


def _reference_outputs() -> Figure:
    right = sum(
        refusal(data) is None and suite.canonical(data) == suite.without_instructions(case.reference)
        for case, data in reference_cases()
    )
    reasons = "; ".join(f"`{path}`: {reason}" for path, reason in NO_NAMESPACES.items())
    return Figure(
        "with a reference output that does not need the declaration, which is taken away: read as the output says",
        right,
        len(reference_cases()),
        _ways(data for _, data in reference_cases() if refusal(data) is None),
        reasons,
    )


def figures() -> list[Figure]:
    """All of them; a few seconds."""
    return [_not_well_formed(), _document_types(), _reference_outputs()]
