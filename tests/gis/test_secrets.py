"""Secrets: made once, readable by their owner only, never shown."""

import pytest

from gis.database.secrets import read_or_make_secrets
from gis.errors import BadInput


def test_secrets_are_made_once_and_kept(tmp_path):
    first = read_or_make_secrets(tmp_path)

    assert read_or_make_secrets(tmp_path) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    assert len(bytes.fromhex(first.identity_cipher_key)) == 32
    assert first.server_password not in repr(first)


def test_two_installations_share_no_secret(tmp_path):
    one, other = read_or_make_secrets(tmp_path / "a"), read_or_make_secrets(tmp_path / "b")

    assert not set(vars(one).values()) & set(vars(other).values())


def test_damaged_secrets_are_not_replaced(tmp_path):
    (tmp_path / "secrets.json").write_text('{"owner_password": "x"')

    with pytest.raises(BadInput, match="damaged"):
        read_or_make_secrets(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == '{"owner_password": "x"'


def test_lost_secrets_of_a_database_that_is_there_are_not_made_anew(tmp_path):
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")

    with pytest.raises(BadInput, match=r"secrets\.json is missing, and the database in .*data opens with no other"):
        read_or_make_secrets(tmp_path)
    assert not (tmp_path / "secrets.json").exists()
