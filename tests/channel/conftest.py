"""Both drivers of a channel, for tests that hold for either."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.support.certificates import Zoo, make_zoo
from tests.support.channels import MakeChannel, make_async
from tests.support.loops import LoopChannel
from wsx.channel import Channel


@pytest.fixture(params=["sync", "asyncio"])
def make(request: pytest.FixtureRequest) -> Iterator[MakeChannel]:
    """Makes a channel of the one driver or of the other, which then has an event loop in a thread of its own."""
    if request.param == "sync":
        yield Channel
        return
    made: list[LoopChannel] = []
    yield partial(make_async, made)
    for one in made:
        one.stop()


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return make_zoo(tmp_path_factory.mktemp("certificates"))
