"""How a client proves who it is and checks whom it talks to: credentials, HTTP authentication, TLS, and proxies.

The records here say what is wanted, with the names and numbers of WWSAPI, and do no input or output; a transport
honours them, or refuses what it cannot honour exactly with :class:`~wsx.errors.NotSupported`. The modules:

* ``secret``: :class:`Secret`, which keeps a password out of every text;
* ``enums``: the enumerations;
* ``credentials``: user name, Windows user, bearer token, client certificate;
* ``tls``: :class:`TlsSettings`;
* ``description``: :class:`HttpHeaderAuth` and :class:`SecurityDescription`;
* ``proxy``: :class:`ProxySettings`;
* ``identity``: what an endpoint address says about its server.
"""

from __future__ import annotations

from wsx.security.credentials import (
    BearerCredential,
    CertCredential,
    DefaultWindowsCredential,
    UsernameCredential,
    WindowsCredential,
)
from wsx.security.description import HttpHeaderAuth, SecurityDescription
from wsx.security.enums import (
    CertFailures,
    HttpHeaderAuthScheme,
    HttpHeaderAuthTarget,
    HttpProxySettingMode,
    TlsVersion,
)
from wsx.security.proxy import CustomHttpProxy, ProxyServer, ProxySettings
from wsx.security.secret import Secret
from wsx.security.tls import TlsSettings

__all__ = [
    "BearerCredential",
    "CertCredential",
    "CertFailures",
    "CustomHttpProxy",
    "DefaultWindowsCredential",
    "HttpHeaderAuth",
    "HttpHeaderAuthScheme",
    "HttpHeaderAuthTarget",
    "HttpProxySettingMode",
    "ProxyServer",
    "ProxySettings",
    "Secret",
    "SecurityDescription",
    "TlsSettings",
    "TlsVersion",
    "UsernameCredential",
    "WindowsCredential",
]
