"""A zoo of certificates, made anew for each test session: a good one, others with one defect each, and clients'."""

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

__all__ = ["KEY_PASSWORD", "Zoo", "make_zoo"]

KEY_PASSWORD: Final = "key password"  # noqa: S105 (of keys that live as long as a test)
_DAY: Final = datetime.timedelta(days=1)


@dataclass(frozen=True)
class _Authority:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True)
class Zoo:
    """``ca_file`` is to be trusted; ``server(name)`` is a TLS server context with the certificate of that name.

    Names: good, expired, not-yet, wrong-name, self-signed, unknown-issuer, root-sent, client-only, revoked,
    issuer-no-ca. Those of clients: client, client-expired, client-unknown. ``crl_file`` revokes what is revoked;
    ``old_crl_file`` has expired. ``encrypted_key`` is client's private key under ``KEY_PASSWORD``.
    """

    folder: Path

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    @property
    def ca_key(self) -> str:
        """The root's private key."""
        return str(self.folder / "ca-key.pem")

    @property
    def crl_file(self) -> str:
        return str(self.folder / "crl.pem")

    @property
    def old_crl_file(self) -> str:
        return str(self.folder / "old-crl.pem")

    @property
    def encrypted_key(self) -> str:
        return str(self.folder / "client-key.pem")

    def path(self, name: str) -> str:
        """The file with the certificate of that name and its key."""
        return str(self.folder / f"{name}.pem")

    def server(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # some builds of Python have no minimum of their own
        context.load_cert_chain(self.folder / f"{name}.pem")
        return context


def make_zoo(folder: Path) -> Zoo:
    """Write the certificates with their keys into ``folder``."""
    trusted, unknown = _authority("wsx test root"), _authority("wsx unknown root")
    (folder / "ca.pem").write_bytes(_pem(trusted.certificate))
    (folder / "ca-key.pem").write_bytes(
        trusted.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    now = datetime.datetime.now(datetime.timezone.utc)
    _leaf(folder, "good", trusted)
    _leaf(folder, "expired", trusted, start=now - 3 * _DAY, end=now - _DAY)
    _leaf(folder, "not-yet", trusted, start=now + _DAY, end=now + 3 * _DAY)
    _leaf(folder, "wrong-name", trusted, names=[x509.DNSName("elsewhere.invalid")])
    _leaf(folder, "self-signed", None)
    _leaf(folder, "unknown-issuer", unknown)
    _leaf(folder, "root-sent", unknown, chain=[unknown.certificate])
    _leaf(folder, "client-only", trusted, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    _no_authority(folder, trusted)
    revoked = _leaf(folder, "revoked", trusted)
    for name, end in (("crl", now + _DAY), ("old-crl", now - _DAY)):
        (folder / f"{name}.pem").write_bytes(_revocations(trusted, revoked, end))
    _leaf(folder, "client", trusted, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    _leaf(
        folder,
        "client-expired",
        trusted,
        usage=ExtendedKeyUsageOID.CLIENT_AUTH,
        start=now - 3 * _DAY,
        end=now - _DAY,
    )
    _leaf(folder, "client-unknown", unknown, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    key = serialization.load_pem_private_key((folder / "client.pem").read_bytes(), None)
    (folder / "client-key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(KEY_PASSWORD.encode()),
        )
    )
    return Zoo(folder)


def _no_authority(folder: Path, trusted: _Authority) -> None:
    """A certificate whose issuer has one of the trusted root that does not allow it to issue."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("wsx test leaf that issues")
    builder = _builder(name, trusted.name, key, None, None)
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    issuer = _Authority(name, key, builder.sign(trusted.key, hashes.SHA256()))
    _leaf(folder, "issuer-no-ca", issuer, chain=[issuer.certificate])


def _revocations(issuer: _Authority, revoked: x509.Certificate, end: datetime.datetime) -> bytes:
    entry = x509.RevokedCertificateBuilder().serial_number(revoked.serial_number).revocation_date(end - 3 * _DAY)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.name).last_update(end - 2 * _DAY)
    signed = builder.next_update(end).add_revoked_certificate(entry.build()).sign(issuer.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


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
) -> x509.Certificate:
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
    return certificate
