"""docs/interop.md: what generated clients and foreign services make of one contract.

    python -m tools.make_interop_page --write

plays every call of tests/interop/contract_cases.py against every peer, stops where the outcome is not what the tables
say, and writes the page with the versions that were played.
"""

from __future__ import annotations

import importlib
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.interop.contract_cases import CASES, DIFFERENCES, outcome, shown
from tests.interop.contract_peers import PEERS, WSDL, version_of
from tests.interop.node_requests import EXCEPTIONS, missing, outcomes
from wsx.metadata import generate, load

__all__ = ["PAGE", "page", "without_versions"]

PAGE = Path(__file__).parent.parent / "docs" / "interop.md"
_VERSIONS = re.compile(r"<!-- played -->.*?<!-- end -->", re.S)

_HEAD = """# Services that are not wsx

A client that `wsx gen` wrote calls services of other makes over one contract,
[contract.wsdl](../tests/interop/contract/contract.wsdl): simple types, attributes, arrays, recursive and derived types,
choices, headers both ways, declared and other faults, a one-way operation, SOAP 1.1 and 1.2. Each echo gives back what
it got, after it went through the types of the peer. `python -m tools.make_interop_page --write` plays all of it and
writes this page; the tests (`tests/interop/test_contract.py`) play it, too. rpc/encoded with its arrays and
references is played against PHP (`tests/interop/test_encoded.py`).

<!-- played -->
{played}
<!-- end -->

"""

_REQUESTS = """## Requests for real WSDLs

The documents of other projects that the tests read (axis, cxf, node-soap, wcf, xsdata, zeep) come with few messages;
those that do are written and read in `tests/interop/test_samples.py`. For all of them, requests that wsx writes are
read by node-soap and written again by its client (`tests/interop/test_node_requests.py`): the body has to be the same
as canonical XML. Numbers and dates are texts for node-soap there. The operations for which it is not:

"""


def page(played: str) -> str:
    """The text of the page; ``played`` is what was found while playing."""
    lines = [_HEAD.format(played=played).rstrip(), "", "## Counts", ""]
    titles = [peer.title for peer in PEERS.values()]
    lines += [f"| calls | {' | '.join(titles)} |", f"|---|{'---|' * len(titles)}"]
    groups = list(dict.fromkeys(case.group for case in CASES))
    for group in groups:
        cells = [_count(name, group) for name in PEERS]
        lines.append(f"| {group} | {' | '.join(cells)} |")
    lines.append(f"| **all** | {' | '.join(f'**{_count(name)}**' for name in PEERS)} |")
    lines += ["", "A count is of calls that came back as they were sent, or as the contract says, of all calls.", ""]
    lines += ["## Differences", ""]
    for name, peer in PEERS.items():
        lines += [f"### {peer.title}", "", "| call | comes back as | who is right |", "|---|---|---|"]
        for (where, group, case), found in DIFFERENCES.items():
            if where == name:
                lines.append(f"| {group}: {case} | `{found.got}` | {found.why} |")
        lines.append("")
    lines += [_REQUESTS.rstrip(), "", "| document | operation | why |", "|---|---|---|"]
    lines += [f"| {document} | {operation} | {why} |" for (document, operation), why in EXCEPTIONS.items()]
    return "\n".join(lines).rstrip() + "\n"


def _count(peer: str, group: str | None = None) -> str:
    cases = [case for case in CASES if group in (None, case.group)]
    differ = sum((peer, case.group, case.name) in DIFFERENCES for case in cases)
    return f"{len(cases) - differ} of {len(cases)}"


def without_versions(text: str) -> str:
    """The page without what depends on what is installed."""
    return _VERSIONS.sub("", text)


def play() -> str:
    """Play everything; what is to be said of it: versions and counts.

    :raises SystemExit: when a peer is missing, or an outcome is not that of the tables.
    """
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        generate(load(WSDL), folder / "made_contract")
        sys.path.insert(0, text)
        package = importlib.import_module("made_contract")
        for name, peer in PEERS.items():
            missing = peer.missing()
            if missing is not None:
                raise SystemExit(missing)
            (folder / name).mkdir()
            with peer.running(folder / name) as url:
                wrong = [line for case in CASES if (line := _judged(name, case, package, url))]
            if wrong:
                raise SystemExit("\n".join(wrong))
            print(f"{peer.title}: {_count(name)} as sent, the others as the table of differences says")
    versions = ", ".join(f"{peer.title} {version_of(peer)}" for peer in PEERS.values())
    return f"Played with {versions}. {_requests()}"


def _requests() -> str:
    """The counts of the requests that node-soap writes again."""
    why = missing()
    if why is not None:
        raise SystemExit(why)
    found = outcomes()
    wrong = {(one.document, one.operation) for one in found if one.same < one.requests}
    if wrong != EXCEPTIONS.keys():
        raise SystemExit(f"not as the table of exceptions says: {wrong ^ EXCEPTIONS.keys()}")
    documents = len({one.document for one in found})
    same, all_ = sum(one.same for one in found), sum(one.requests for one in found)
    return (
        f"Of {len(found)} operations of {documents} real WSDLs node-soap's client writes {len(found) - len(wrong)} "
        f"with the same requests as wsx ({same} of {all_} requests)."
    )


def _judged(peer: str, case: Any, package: Any, url: str) -> str | None:
    got = outcome(case, package, url)
    difference = DIFFERENCES.get((peer, case.group, case.name))
    right = got == case.expected if difference is None else shown(got) == difference.got
    return None if right else f"{peer}, {case.group}: {case.name}: {shown(got)} is not what the tables say"


if __name__ == "__main__":
    text = page(play())
    if "--write" in sys.argv:
        PAGE.write_text(text, "utf-8")
    else:
        print(text)
