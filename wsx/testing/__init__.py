"""What tests of programs and of plug-ins need: a server of faults, certificates, and the conformance of transports.

* :func:`transport_conformance` runs a table of conditions against any transport, see ``docs/transports.md``;
* ``fault_server``: :class:`~wsx.testing.fault_server.FaultServer`, an HTTP server whose answers are wrong on purpose;
* ``certificates``: :func:`~wsx.testing.certificates.make_zoo`, certificates with one defect each.

The certificates are made by the package ``cryptography``: ``pip install 'wsx[testing]'``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wsx.testing.conformance import Report, Result, transport_conformance
    from wsx.testing.conformance_rows import Setup
    from wsx.testing.fault_server import FaultServer

__all__ = ["FaultServer", "Report", "Result", "Setup", "transport_conformance"]

_HOMES: Final = {
    "FaultServer": "wsx.testing.fault_server",
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
