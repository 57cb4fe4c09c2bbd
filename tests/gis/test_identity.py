"""Identity numbers: matched by hash, read only with the installation's keys."""

import pickle

import pytest

from gis.database.secrets import make_secrets
from gis.errors import BadInput
from gis.identity import (
    decrypt_number,
    encrypt_number,
    encrypt_numbers,
    hash_number,
    hash_numbers,
    identity_keys,
    seal_value,
    unseal_value,
)

NUMBER = "99010119800101001X"


def test_equal_numbers_have_equal_hashes_under_one_key_only() -> None:
    ours, theirs = identity_keys(make_secrets()), identity_keys(make_secrets())

    assert hash_number(NUMBER, ours) == hash_number(f" {NUMBER.lower()} ", ours)
    assert hash_number(NUMBER, ours) != hash_number(NUMBER, theirs)
    assert hash_numbers([None, ""], ours) == [None, None]


def test_a_number_is_read_back_and_shows_in_no_other_record() -> None:
    keys = identity_keys(make_secrets())
    first, second = encrypt_numbers([NUMBER, NUMBER], keys, of=["identity/P1", "identity/P2"])

    assert first is not None
    assert first != second
    assert NUMBER.encode() not in first
    assert decrypt_number(first, keys) == NUMBER
    # delivered again, a record equals itself; another number of it has another nonce, its first twelve bytes
    again, other = encrypt_numbers([NUMBER, NUMBER[:-1] + "0"], keys, of=["identity/P1", "identity/P1"])
    assert again == first
    assert other is not None
    assert other[:12] != first[:12]


def test_another_installation_and_a_damaged_byte_are_refused() -> None:
    keys = identity_keys(make_secrets())
    sealed = encrypt_number(NUMBER, keys)

    with pytest.raises(BadInput):
        decrypt_number(sealed, identity_keys(make_secrets()))
    with pytest.raises(BadInput):
        decrypt_number(sealed[:-1] + bytes([sealed[-1] ^ 1]), keys)


def test_sealed_text_can_be_delivered_again() -> None:
    keys = identity_keys(make_secrets())
    sealed = seal_value(NUMBER, keys)

    assert NUMBER not in sealed
    assert seal_value(sealed, keys) == sealed
    assert unseal_value(sealed, keys) == NUMBER
    assert unseal_value(NUMBER, keys) == NUMBER


def test_keys_hide_and_travel_to_worker_processes() -> None:
    keys = identity_keys(make_secrets())
    sealed = encrypt_number(NUMBER, keys)

    assert keys.hash_key.hex() not in repr(keys)
    assert decrypt_number(sealed, pickle.loads(pickle.dumps(keys))) == NUMBER
