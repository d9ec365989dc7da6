"""What tests of programs and of plug-ins need: fake services, cassettes, a server of faults, transports' conformance.

* :class:`FakeService`: a service of Python functions over a contract, in memory or on the loopback interface, and
  :class:`MemoryTransport`, on which it stands; :class:`Cassette`: exchanges recorded once and replayed ever after;
  ``pytest_plugin`` has fixtures for both, see ``docs/testing.md``;
* :func:`transport_conformance` runs a table of conditions against any transport, see ``docs/transports.md``;
* ``fault_server``: :class:`~wsx.testing.fault_server.FaultServer`, an HTTP server whose answers are wrong on purpose;
* ``certificates``: :func:`~wsx.testing.certificates.make_zoo`, certificates with one defect each.

The certificates are made by the package ``cryptography``: ``pip install 'wsx[testing]'``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wsx.testing.cassette import Cassette, CassetteMiss, CassetteMode
    from wsx.testing.conformance import Report, Result, transport_conformance
    from wsx.testing.conformance_rows import Setup
    from wsx.testing.fake_service import Call, FakeService
    from wsx.testing.fault_server import FaultServer
    from wsx.testing.memory import AsyncMemoryTransport, MemoryTransport

__all__ = [
    "AsyncMemoryTransport",
    "Call",
    "Cassette",
    "CassetteMiss",
    "CassetteMode",
    "FakeService",
    "FaultServer",
    "MemoryTransport",
    "Report",
    "Result",
    "Setup",
    "transport_conformance",
]

_HOMES: Final = {
    "AsyncMemoryTransport": "wsx.testing.memory",
    "Call": "wsx.testing.fake_service",
    "Cassette": "wsx.testing.cassette",
    "CassetteMiss": "wsx.testing.cassette",
    "CassetteMode": "wsx.testing.cassette",
    "FakeService": "wsx.testing.fake_service",
    "FaultServer": "wsx.testing.fault_server",
    "MemoryTransport": "wsx.testing.memory",
    "Report": "wsx.testing.conformance",
    "Result": "wsx.testing.conformance",
    "Setup": "wsx.testing.conformance_rows",
    "transport_conformance": "wsx.testing.conformance",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 (the fault server alone needs no certificates)

    return getattr(importlib.import_module(home), name)
