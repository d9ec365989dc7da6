"""What a TLS connection must be like."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from wsx.errors import InvalidArgument
from wsx.security.credentials import CertCredential, path_of
from wsx.security.enums import CertFailures, TlsVersion

__all__ = ["TlsSettings"]

_NOTHING: Final = CertFailures(0)
_ALL: Final = 0x1F
_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]{1,63})*"
)


@dataclass(frozen=True)
class TlsSettings:
    """The TLS binding of a client (WS_SSL_TRANSPORT_SECURITY_BINDING). Nothing that is wrong is ignored by default.

    :param ca_file: a PEM file with the trusted root certificates; None for ``ca_data`` or the system's.
    :param ca_data: the same as PEM bytes.
    :param minimum_version: the lowest version of the protocol that is accepted.
    :param client_certificate: what the client shows when the server asks for it.
    :param cert_failures_to_ignore: what may be wrong with the server's certificate
        (…_CERT_FAILURES_TO_IGNORE). libcurl can ignore CN_MISMATCH alone, and CN_MISMATCH, INVALID_DATE,
        UNTRUSTED_ROOT and WRONG_USAGE all together, which is no check at all; the transport refuses the other
        combinations. To trust one self-signed certificate give it as ``ca_file``. REVOCATION_OFFLINE says nothing as
        long as there is no ``crl_file``.
    :param crl_file: a PEM file with the revocation lists of every issuer in the chain; None makes no such check.
    :param host_name: the name that the server's certificate must be for, instead of the URL's host; also the one that
        the client asks for (SNI). None is the URL's host.
    :param require_status: the server must prove in the handshake that its certificate is not revoked (OCSP stapling,
        RFC 6961). wsx asks no OCSP server itself.
    :raises InvalidArgument: for a value that is not possible.
    """

    ca_file: str | os.PathLike[str] | None = None
    ca_data: bytes | None = None
    minimum_version: TlsVersion = TlsVersion.TLS1_2
    client_certificate: CertCredential | None = None
    cert_failures_to_ignore: CertFailures = _NOTHING
    crl_file: str | os.PathLike[str] | None = None
    host_name: str | None = None
    require_status: bool = False

    def __post_init__(self) -> None:
        for name in ("ca_file", "crl_file"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, path_of(value, name))
        if self.ca_data is not None:
            if type(self.ca_data) is not bytes or b"-----BEGIN " not in self.ca_data:
                raise InvalidArgument("ca_data must be bytes of PEM")
            if self.ca_file is not None:
                raise InvalidArgument("ca_file and ca_data exclude each other")
        try:
            object.__setattr__(self, "minimum_version", TlsVersion(self.minimum_version))
        except ValueError:
            raise InvalidArgument(f"minimum_version must be a TlsVersion, not {self.minimum_version!r}") from None
        own: object = self.client_certificate
        if own is not None and not isinstance(own, CertCredential):
            raise InvalidArgument(f"client_certificate must be a CertCredential, not {type(own).__name__}")
        ignored: object = self.cert_failures_to_ignore
        if not isinstance(ignored, int) or ignored & ~_ALL:
            raise InvalidArgument(f"cert_failures_to_ignore must be CertFailures, not {ignored!r}")
        object.__setattr__(self, "cert_failures_to_ignore", CertFailures(ignored))
        host: object = self.host_name
        if host is not None and not (isinstance(host, str) and _HOST_NAME.fullmatch(host)):
            raise InvalidArgument(f"host_name must be a DNS name or an IPv4 address, not {host!r}")
        if self.require_status and CertFailures(ignored) & CertFailures.UNTRUSTED_ROOT:
            raise InvalidArgument("require_status has no meaning when the certificate is not checked")
