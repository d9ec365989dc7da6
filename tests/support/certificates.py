"""A zoo of server certificates, made anew for each test session: one good, the others with one defect each."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["Zoo", "make_zoo"]

_DAY: Final = datetime.timedelta(days=1)


@dataclass(frozen=True)
class _Authority:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True)
class Zoo:
    """``ca_file`` is to be trusted; ``server(name)`` is a TLS server context with the certificate of that name.

    Names: good, expired, not-yet, wrong-name, self-signed, unknown-issuer, root-sent, client-only.
    """

    folder: Path

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def server(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # some builds of Python have no minimum of their own
        context.load_cert_chain(self.folder / f"{name}.pem")
        return context


def make_zoo(folder: Path) -> Zoo:
    """Write the certificates with their keys into ``folder``."""
    trusted, unknown = _authority("wsx test root"), _authority("wsx unknown root")
    (folder / "ca.pem").write_bytes(_pem(trusted.certificate))
    now = datetime.datetime.now(datetime.timezone.utc)
    _leaf(folder, "good", trusted)
    _leaf(folder, "expired", trusted, start=now - 3 * _DAY, end=now - _DAY)
    _leaf(folder, "not-yet", trusted, start=now + _DAY, end=now + 3 * _DAY)
    _leaf(folder, "wrong-name", trusted, names=[x509.DNSName("elsewhere.invalid")])
    _leaf(folder, "self-signed", None)
    _leaf(folder, "unknown-issuer", unknown)
    _leaf(folder, "root-sent", unknown, chain=[unknown.certificate])
    _leaf(folder, "client-only", trusted, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    return Zoo(folder)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    start: datetime.datetime | None,
    end: datetime.datetime | None,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start or now - _DAY)
        .not_valid_after(end or now + _DAY)
    )


def _authority(text: str) -> _Authority:
    key, name = ec.generate_private_key(ec.SECP256R1()), _name(text)
    builder = _builder(name, name, key, None, None).add_extension(x509.BasicConstraints(True, None), critical=True)
    return _Authority(name, key, builder.sign(key, hashes.SHA256()))


def _leaf(
    folder: Path,
    file_name: str,
    issuer: _Authority | None,
    *,
    names: list[x509.GeneralName] | None = None,
    start: datetime.datetime | None = None,
    end: datetime.datetime | None = None,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    chain: list[x509.Certificate] | None = None,
) -> None:
    key, subject = ec.generate_private_key(ec.SECP256R1()), _name(f"wsx test {file_name}")
    usual: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    builder = (
        _builder(subject, issuer.name if issuer else subject, key, start, end)
        .add_extension(x509.SubjectAlternativeName(names or usual), critical=False)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{file_name}.pem").write_bytes(private + b"".join(map(_pem, [certificate, *(chain or [])])))
