"""Certificates of our own and given ones."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from dashboard.certificates import fingerprint, given_certificate, is_local, machine_names, own_certificate
from gis.errors import BadInput

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.8.8.8", True),
        ("0.0.0.0", False),
        ("192.0.2.1", False),
        ("centre", False),
        ("::", False),
    ],
)
def test_localhost_is_told_from_everything_else(host: str, expected: bool):
    assert is_local(host) == expected


def test_the_certificate_is_trusted_by_whoever_trusts_the_authority(tmp_path: Path):
    made = own_certificate(tmp_path, host="centre.street", now=datetime.now(tz=UTC))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.certificate, made.key)
    phone = ssl.create_default_context(cafile=str(made.authority))

    # a handshake in memory: each side's bytes are the other's
    to_server, to_phone = ssl.MemoryBIO(), ssl.MemoryBIO()
    at_server = server.wrap_bio(to_server, to_phone, server_side=True)
    at_phone = phone.wrap_bio(to_phone, to_server, server_hostname="centre.street")
    done = {at_server: False, at_phone: False}
    for _ in range(10):
        for side in (at_phone, at_server):
            if not done[side]:
                try:
                    side.do_handshake()
                    done[side] = True
                except ssl.SSLWantReadError:
                    continue

    assert all(done.values())
    assert at_phone.version() == "TLSv1.3"


def test_keys_are_for_their_owner_only(tmp_path: Path):
    made = own_certificate(tmp_path, host="centre", now=NOW)

    for key in (made.key, tmp_path / "ca.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_certificate_is_kept_until_it_ends_soon_or_a_name_is_missing(tmp_path: Path):
    first = own_certificate(tmp_path, host="centre", now=NOW)
    before, authority = first.certificate.read_bytes(), fingerprint(tmp_path / "ca.crt")

    own_certificate(tmp_path, host="centre", now=NOW + timedelta(days=300))
    assert first.certificate.read_bytes() == before
    # 397 days, renewed within 30 of the end
    own_certificate(tmp_path, host="centre", now=NOW + timedelta(days=370))
    renewed = first.certificate.read_bytes()
    assert renewed != before
    own_certificate(tmp_path, host="other", now=NOW + timedelta(days=371))
    assert first.certificate.read_bytes() != renewed
    # phones trust the authority: it stays
    assert fingerprint(tmp_path / "ca.crt") == authority


def test_the_authority_is_made_anew_before_it_cannot_cover_a_certificate(tmp_path: Path):
    own_certificate(tmp_path, host="centre", now=NOW)
    authority = fingerprint(tmp_path / "ca.crt")

    made = own_certificate(tmp_path, host="centre", now=NOW + timedelta(days=3650 - 396))

    assert fingerprint(tmp_path / "ca.crt") != authority
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes()))


def test_it_names_the_host_and_this_machine_but_no_wildcard():
    names = {str(name.value) for name in machine_names("centre.street")}

    assert {"centre.street", "localhost", "127.0.0.1", "::1"} <= names
    assert "0.0.0.0" not in {str(name.value) for name in machine_names("0.0.0.0")}


def test_a_given_certificate_must_fit_its_key(tmp_path: Path):
    one = own_certificate(tmp_path / "one", host="a", now=NOW)
    two = own_certificate(tmp_path / "two", host="a", now=NOW)

    assert given_certificate(one.certificate, one.key).authority is None
    with pytest.raises(BadInput, match="is not the key of"):
        given_certificate(one.certificate, two.key)
    with pytest.raises(BadInput, match="there is no file"):
        given_certificate(one.certificate, tmp_path / "none.pem")
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("not a certificate")
    with pytest.raises(BadInput, match="are not a PEM certificate"):
        given_certificate(rubbish, one.key)
