"""node-soap writes the requests of wsx again, for every operation of the real WSDLs but those that are listed."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.interop.node_requests import EXCEPTIONS, missing, outcomes
from tests.metadata.documents_for_tests import SHARED


@pytest.mark.interop
def test_requests_are_those_of_node_soap() -> None:
    why = missing()
    if why is not None:
        if SHARED.is_dir() and shutil.which("npm") and os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    found = outcomes()
    assert len(found) >= 60
    wrong = {(one.document, one.operation): one for one in found if one.same < one.requests}
    unknown = {key: one for key, one in wrong.items() if key not in EXCEPTIONS}
    assert not unknown, next(iter(unknown.values())).first
    gone = EXCEPTIONS.keys() - wrong.keys()
    assert not gone, "these are no exceptions any more"
