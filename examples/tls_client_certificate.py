"""A service that both sides prove themselves to: python -m examples.tls_client_certificate URL ROOTS CERTIFICATE

ROOTS is a PEM file with the certificates that the service's own leads to, CERTIFICATE one with the client's certificate
and its private key. The key's password, if it has one, stands in the variable WSX_KEY_PASSWORD.
"""

from __future__ import annotations

import decimal
import os
import sys
import uuid

import wsx
from examples.orders import CONFIRM, SUBMIT, Batch, make_order


def main(url: str, roots: str, certificate: str) -> None:
    own = wsx.CertCredential(certificate, password=os.environ.get("WSX_KEY_PASSWORD"))
    tls = wsx.TlsSettings(ca_file=roots, client_certificate=own, minimum_version=wsx.TlsVersion.TLS1_2)
    with wsx.Channel(security=wsx.SecurityDescription(tls)) as channel:
        channel.open(url)
        request, reply = channel.create_message(), channel.create_message()
        request.initialize(wsx.MessageInitialization.REQUEST)
        request.add_custom_header(Batch, Batch(run=uuid.uuid4(), position=1, size=1))
        confirmation = channel.request_reply(request, SUBMIT, make_order(1), reply, CONFIRM)
        print(confirmation)
        assert confirmation.total == decimal.Decimal("0.24")

    # Without a certificate the service ends the handshake, or the connection after it; nothing was processed.
    anonymous = wsx.SecurityDescription(wsx.TlsSettings(ca_file=roots))
    with wsx.Channel(security=anonymous) as channel:
        channel.open(url)
        try:
            channel.send_message(channel.create_message(), SUBMIT, make_order(2))
        except wsx.WsError as error:
            print("refused:", type(error).__name__)


if __name__ == "__main__":
    main(*sys.argv[1:])
