"""Calling a service: typed clients that ``wsx gen`` writes, and a proxy made from a WSDL at run time."""

from __future__ import annotations

from wsx.service.client import AsyncClient, Client
from wsx.service.contract import Operation, ServiceFault
from wsx.service.proxy import AsyncServiceProxy, ServiceProxy, connect, connect_async
from wsx.service.values import as_dict, as_value

__all__ = [
    "AsyncClient",
    "AsyncServiceProxy",
    "Client",
    "Operation",
    "ServiceFault",
    "ServiceProxy",
    "as_dict",
    "as_value",
    "connect",
    "connect_async",
]
