"""Keep identity numbers and telephones so that nobody with the database alone can read them.

An identity number is stored twice: as a keyed hash (HMAC-SHA-256), equal for equal numbers and good for matching only,
and as AES-256-GCM ciphertext for the rare eye that has a purpose. The keys are the installation's own
(`gis.database.secrets`) and never enter the database.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gis.database.secrets import Secrets
from gis.errors import BadInput

# AES-GCM's own size; a random nonce of 96 bits is safe for far more than 2^32 numbers under one key in practice here
_NONCE_BYTES = 12
#: how a sealed value is written where only text fits (quarantine, downloads)
SEALED_PREFIX = "sealed:"


@dataclass(frozen=True)
class IdentityKeys:
    """The two keys of an installation; sendable to a worker process, hidden in repr."""

    hash_key: bytes = field(repr=False)
    cipher_key: bytes = field(repr=False)

    @cached_property
    def cipher(self) -> AESGCM:
        return AESGCM(self.cipher_key)

    def __getstate__(self) -> dict[str, bytes]:
        # the prepared cipher cannot be sent to another process; it is made again there
        return {"hash_key": self.hash_key, "cipher_key": self.cipher_key}


def identity_keys(secrets: Secrets) -> IdentityKeys:
    """Take the identity keys out of an installation's secrets."""
    return IdentityKeys(bytes.fromhex(secrets.identity_hash_key), bytes.fromhex(secrets.identity_cipher_key))


def hash_number(number: str, keys: IdentityKeys) -> bytes:
    """Hash one number for matching; a final x counts as X, blanks at the ends do not count [32 bytes]."""
    return hmac.digest(keys.hash_key, number.strip().upper().encode(), "sha256")


def hash_numbers(numbers: Iterable[str | None], keys: IdentityKeys) -> list[bytes | None]:
    """Hash many numbers; empty stays empty."""
    digest, key = hmac.digest, keys.hash_key
    return [digest(key, number.strip().upper().encode(), "sha256") if number else None for number in numbers]


def encrypt_number(number: str, keys: IdentityKeys) -> bytes:
    """Encrypt one number: nonce, ciphertext and tag in a row. The same number gives other bytes each time."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + keys.cipher.encrypt(nonce, number.strip().encode(), None)


def encrypt_numbers(numbers: Sequence[str | None], keys: IdentityKeys, *, of: Iterable[str]) -> list[bytes | None]:
    """Encrypt many numbers so that the same number of the same record gives the same bytes; empty stays empty.

    The nonce is a keyed hash of the number and of what it belongs to, so that it never serves two different numbers, a
    record delivered again equals itself, and equal numbers of two records do not show.

    Parameters
    ----------
    of
        What each number belongs to: its record and column.
    """
    key, encrypt, digest = keys.hash_key[:64], keys.cipher.encrypt, hashlib.blake2b
    return [
        (nonce := digest(f"{owner}\x1f{number}".encode(), digest_size=_NONCE_BYTES, key=key, person=b"nonce").digest())
        + encrypt(nonce, number.strip().encode(), None)
        if number
        else None
        for number, owner in zip(numbers, of, strict=True)
    ]


def decrypt_number(sealed: bytes, keys: IdentityKeys) -> str:
    """Read an encrypted number; raises BadInput when it was sealed by another installation or was damaged."""
    try:
        return keys.cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
    except (InvalidTag, ValueError) as fault:
        raise BadInput("a sealed number cannot be read with this installation's keys") from fault


def seal_value(value: str, keys: IdentityKeys) -> str:
    """Write a number as sealed text, ``sealed:…``; empty and already sealed values stay as they are."""
    if not value or value.startswith(SEALED_PREFIX):
        return value
    return SEALED_PREFIX + base64.b64encode(encrypt_number(value, keys)).decode()


def unseal_value(value: str, keys: IdentityKeys) -> str:
    """Read what `seal_value` wrote; plain values stay as they are, so that mended rows may mix both."""
    if not value.startswith(SEALED_PREFIX):
        return value
    try:
        sealed = base64.b64decode(value.removeprefix(SEALED_PREFIX), validate=True)
    except ValueError as fault:
        raise BadInput("a sealed number is damaged") from fault
    return decrypt_number(sealed, keys)
