"""A service behind a proxy that wants a user: python -m examples.through_a_proxy URL PROXY USER [ROOTS]

PROXY is host:port, https://host:port, or socks5://host:port. The user's password stands in the variable
WSX_PROXY_PASSWORD. ROOTS is a PEM file with root certificates for an https URL.
"""

from __future__ import annotations

import os
import sys
import uuid

import wsx
from examples.orders import CONFIRM, SUBMIT, Batch, make_order
from wsx import errors


def main(url: str, proxy: str, user: str, roots: str | None = None) -> None:
    # Hosts without a dot are reached directly.
    custom = wsx.CustomHttpProxy(proxy, bypass="<local>")
    properties = wsx.ChannelProperties(proxy=wsx.ProxySettings(wsx.HttpProxySettingMode.CUSTOM, custom))
    tls = None if roots is None else wsx.TlsSettings(ca_file=roots)
    known = wsx.HttpHeaderAuth(
        wsx.UsernameCredential(user, os.environ["WSX_PROXY_PASSWORD"]),
        wsx.HttpHeaderAuthScheme.BASIC,
        wsx.HttpHeaderAuthTarget.PROXY,
    )
    # First as nobody: the error says by which scheme the proxy wants to be told who asks; SOCKS servers do not say.
    for auth in ((), (known,)):
        with wsx.Channel(security=wsx.SecurityDescription(tls, auth), properties=properties) as channel:
            channel.open(url)
            request, reply = channel.create_message(), channel.create_message()
            request.initialize(wsx.MessageInitialization.REQUEST)
            request.add_custom_header(Batch, Batch(run=uuid.uuid4(), position=1, size=1))
            try:
                print(channel.request_reply(request, SUBMIT, make_order(1), reply, CONFIRM))
            except (errors.ProxyRequiresAuthentication, errors.ProxyFailure) as error:
                print("refused:", error.code.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
