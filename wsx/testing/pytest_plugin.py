"""The pytest plugin of wsx: fixtures for fake services and cassettes, which cost nothing where they are not used.

* ``wsx_service``: ``wsx_service("orders.wsdl")`` is a :class:`~wsx.testing.FakeService`; what its functions raised in
  calls over HTTP fails the test at its end.
* ``wsx_cassette``: the :class:`~wsx.testing.Cassette` of the test, ``cassettes/<module>/<test>.json`` beside its
  module; ``@pytest.mark.wsx_cassette(redact=["pin"])`` gives it other arguments, ``path=…`` another file.

``--wsx-record`` says where cassettes get their replies from: ``once`` (the default: recorded when there is no file),
``replay`` (right for CI: nothing is sent, a missing file is an error) or ``record`` (all anew).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wsx.testing.cassette import Cassette
    from wsx.testing.fake_service import FakeService

__all__: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option --wsx-record."""
    group = parser.getgroup("wsx")
    group.addoption(
        "--wsx-record",
        choices=("once", "replay", "record"),
        default="once",
        help="where cassettes of wsx get their replies from: once (recorded when there is no file), replay, record",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker wsx_cassette."""
    config.addinivalue_line("markers", "wsx_cassette(path=None, **keywords): the arguments of the test's wsx_cassette")


@pytest.fixture
def wsx_service() -> Iterator[Callable[..., FakeService]]:
    """Makes fake services: ``wsx_service(contract)``."""
    made: list[FakeService] = []

    def make(contract: Any, **keywords: Any) -> FakeService:
        from wsx.testing.fake_service import FakeService  # noqa: PLC0415 - loaded when it is used

        made.append(FakeService(contract, **keywords))
        return made[-1]

    yield make
    for service in made:
        service.check()


@pytest.fixture
def wsx_cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """The cassette of the test; give its ``transport`` to a client."""
    from wsx.testing.cassette import Cassette  # noqa: PLC0415 - loaded when it is used

    marker = request.node.get_closest_marker("wsx_cassette")
    keywords = {} if marker is None else dict(marker.kwargs)
    path = keywords.pop("path", marker.args[0] if marker is not None and marker.args else None)
    here = Path(str(request.path))
    if path is None:
        name = re.sub(r"[^\w.-]+", "_", ".".join(request.node.nodeid.split("::")[1:])).strip("_")
        path = Path("cassettes", here.stem, f"{name}.json")
    keywords.setdefault("mode", request.config.getoption("--wsx-record"))
    failed = request.session.testsfailed
    with Cassette(here.parent / path, **keywords) as cassette:
        yield cassette
        if request.session.testsfailed > failed:
            cassette.discard()
