"""HTTPS beyond localhost: the certificate that was given, or one from a certificate authority of this installation.

Phones give their position to secure pages only, and a closed network has no public authority. The authority is made
once under ``<var>/certificates``; its page `/ca` lets a phone install it, after comparing the fingerprint that `up`
prints.
"""

import contextlib
import ipaddress
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gis.errors import BadInput

AUTHORITY_LIFETIME = timedelta(days=3650)
#: iOS refuses server certificates that hold longer than 825 days
SERVER_LIFETIME = timedelta(days=397)
#: renewed at a start within this time of the end
RENEWAL = timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """Files uvicorn serves HTTPS with; `authority` is ours, None when the certificate was given."""

    certificate: Path
    key: Path
    authority: Path | None


def is_local(host: str) -> bool:
    """Whether `host` is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def given_certificate(certificate: Path, key: Path) -> Certificate:
    """Return the operator's own certificate.

    Raises
    ------
    BadInput
        If a file is missing or unreadable, or the key is not the certificate's.
    """
    for path in (certificate, key):
        if not path.is_file():
            raise BadInput("there is no file {path}; --certificate and --key want PEM files", path=path)
    try:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        loaded_key = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (ValueError, TypeError) as fault:
        raise BadInput(
            "{certificate} and {key} are not a PEM certificate and its unencrypted key ({fault})",
            certificate=certificate,
            key=key,
            fault=fault,
        ) from fault
    if public_bytes(loaded.public_key()) != public_bytes(loaded_key.public_key()):
        raise BadInput("{key} is not the key of {certificate}", key=key, certificate=certificate)
    return Certificate(certificate, key, authority=None)


def own_certificate(folder: Path, *, host: str, now: datetime) -> Certificate:
    """Return a certificate of our own authority for `host` and this machine's names, renewing it when needed."""
    folder.mkdir(parents=True, exist_ok=True)
    authority, authority_key = read_or_make_authority(folder, now=now)
    names = machine_names(host)
    found = Certificate(folder / "server.crt", folder / "server.key", authority=folder / "ca.crt")
    if not still_good(found, authority, names, now=now):
        issue(found, authority, authority_key, names, now=now)
    return found


def read_or_make_authority(folder: Path, *, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return the installation's authority; made on first use and when it ends within a server certificate's life."""
    certificate_path, key_path = folder / "ca.crt", folder / "ca.key"
    if certificate_path.exists() and key_path.exists():
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey) and certificate.not_valid_after_utc > now + SERVER_LIFETIME:
            return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Fengqiao {socket.gethostname()[:40]} {now:%Y-%m-%d}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_pem(key_path, key_bytes(key), mode=0o600)
    write_pem(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return certificate, key


def issue(
    target: Certificate,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: Sequence[x509.GeneralName],
    *,
    now: datetime,
) -> None:
    """Write a fresh server certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fengqiao")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + SERVER_LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    write_pem(target.key, key_bytes(key), mode=0o600)
    write_pem(target.certificate, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def still_good(
    found: Certificate, authority: x509.Certificate, names: Sequence[x509.GeneralName], *, now: datetime
) -> bool:
    """Whether the server certificate there is comes from this authority, holds long enough and names every name."""
    if not (found.certificate.exists() and found.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # any reason will do to issue a new one
        return False
    return certificate.not_valid_after_utc > now + RENEWAL and set(names) <= set(named)


def machine_names(host: str) -> list[x509.GeneralName]:
    """Return the names and addresses under which this machine may be asked."""
    texts = {"localhost", "127.0.0.1", "::1", socket.gethostname(), host, *own_addresses()} - {"0.0.0.0", "::", ""}
    names: list[x509.GeneralName] = []
    for text in sorted(texts):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            names.append(x509.DNSName(text))
    return names


def own_addresses() -> set[str]:
    """Return this machine's addresses in the network: those its name has, and the one it would send from."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        found |= {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(socket.gethostname(), None)}
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # nothing is sent: connecting a datagram socket only chooses the address; 192.0.2.0/24 is nobody's (RFC 5737)
        probe.connect(("192.0.2.1", 9))
        found.add(probe.getsockname()[0])
    return found


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of a certificate as people compare it, two digits at a time."""
    digest = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256())
    return digest.hex(":").upper()


def der(certificate: Path) -> bytes:
    """Return a certificate in the form phones install."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(serialization.Encoding.DER)


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_bytes(key: object) -> bytes:
    encode = key.public_bytes  # type: ignore[attr-defined]  # every kind of public key has it
    return bytes(encode(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def write_pem(path: Path, content: bytes, *, mode: int) -> None:
    """Write whole or not at all, never readable by others meanwhile."""
    draft = path.with_suffix(path.suffix + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
