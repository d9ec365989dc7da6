"""What an endpoint address says about the identity of its server."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from wsx.security.description import SecurityDescription
from wsx.security.tls import TlsSettings
from wsx.values import EndpointAddress

__all__ = ["security_to"]

_NAMESPACE: Final = "http://schemas.xmlsoap.org/ws/2006/02/addressingidentity"


def security_to(address: object, security: SecurityDescription | None) -> SecurityDescription | None:
    """``security`` for an endpoint: a DNS identity of its address is the name that its certificate must have.

    ``TlsSettings.host_name`` comes before it, and an http URL has no certificate. Other identities (UPN, SPN, RSA,
    certificate) are not looked at.

    :raises InvalidFormat: for an identity that is not well-formed.
    :raises InvalidArgument: for a name that is none.
    """
    if not isinstance(address, EndpointAddress) or address.identity is None:
        return security
    name = address.identity.to_etree().findtext(f"{{{_NAMESPACE}}}Dns")
    security = security or SecurityDescription()
    tls = security.tls or TlsSettings()
    if name is None or tls.host_name is not None or not address.url.lower().startswith("https:"):
        return security
    return replace(security, tls=replace(tls, host_name=name.strip()))
