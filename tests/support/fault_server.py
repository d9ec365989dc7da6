"""The fault server under its former name; it is wsx.testing.fault_server."""

from __future__ import annotations

from wsx.testing.fault_server import (
    BODY,
    FaultServer,
    Request,
    accept_queue,
    answer,
    full_listener,
    silent_server,
)

__all__ = ["BODY", "FaultServer", "Request", "accept_queue", "answer", "full_listener", "silent_server"]
