"""Accounts, passwords and tokens."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from access.accounts import (
    HASHER,
    NewAccount,
    add_account,
    add_token,
    check_new_password,
    check_password,
    disable_account,
    list_accounts,
    note_failure,
    reset_password,
    revoke_tokens,
)
from access.sessions import LIFETIMES, find_session, lifetime, new_secret, open_link, open_session, secret_hash
from access.tables import ROLES
from gis.errors import BadInput, Conflict, NotFound
from tests.world import CODE, SECOND, World

NOW = datetime.now(tz=UTC)


@pytest.fixture
def owner(world: World):
    """A transaction of the owner that is rolled back."""
    with world.database.owner.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def test_passwords_are_kept_as_argon2id_and_never_as_they_are(owner: Connection):
    add_account(owner, NewAccount(name="ada", role="operator", password="eleven grey cranes"))

    kept = str(owner.scalar(text("SELECT password_hash FROM access.account WHERE name = 'ada'")))
    # RFC 9106, second recommended option: 64 MiB, three passes, four lanes
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "cranes" not in kept
    assert not HASHER.check_needs_rehash(kept)


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "at least 10"), ("aaaaaaaaaaaa", "five different"), ("Ada-lovelace", "the account's name")],
)
def test_easy_passwords_are_refused(password: str, why: str):
    with pytest.raises(BadInput, match=why):
        check_new_password(password, name="ada")


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (NewAccount("x", "emperor"), "no such role 'emperor'"),
        (NewAccount(" x", "operator"), "no name for an account"),
        (NewAccount("", "operator"), "no name for an account"),
        (NewAccount("x", "community_leader"), "at least one community"),
        (NewAccount("x", "grid_worker"), "needs a grid worker on file or a work grid"),
    ],
)
def test_an_account_that_cannot_work_is_refused(owner: Connection, account: NewAccount, why: str):
    with pytest.raises(BadInput, match=why):
        add_account(owner, account)


def test_a_name_is_given_once(owner: Connection):
    add_account(owner, NewAccount(name="ada", role="auditor"))
    with pytest.raises(Conflict, match="there is an account 'ada' already"):
        add_account(owner, NewAccount(name="ada", role="operator"))
    # the refusal leaves the transaction usable
    assert "ada" in [account["name"] for account in list_accounts(owner)]


def test_sign_in_finds_the_account_only_with_its_password(owner: Connection):
    account_id = add_account(owner, NewAccount(name="ada", role="auditor", password="eleven grey cranes"))

    assert check_password(owner, "ada", "eleven grey cranes").account_id == account_id
    for name, password in (("ada", "Eleven grey cranes"), ("ADA", "eleven grey cranes"), ("ada", ""), ("wall", "")):
        assert check_password(owner, name, password).account_id is None


def test_a_disabled_account_does_not_sign_in_until_it_gets_a_new_password(owner: Connection):
    add_account(owner, NewAccount(name="ada", role="auditor", password="eleven grey cranes"))
    disable_account(owner, "ada", now=NOW)
    assert check_password(owner, "ada", "eleven grey cranes").account_id is None

    reset_password(owner, "ada", "twelve grey cranes", now=NOW)
    assert check_password(owner, "ada", "eleven grey cranes").account_id is None
    assert check_password(owner, "ada", "twelve grey cranes").account_id is not None


def test_the_account_rests_longer_with_every_failure_but_never_long(owner: Connection):
    add_account(owner, NewAccount(name="ada", role="auditor", password="eleven grey cranes"))
    rests = []
    for _ in range(12):
        note_failure(owner, "ada")
        rests.append(
            owner.scalar(text("SELECT extract(epoch FROM locked_until - now()) FROM access.account WHERE name = 'ada'"))
        )

    # four are free, then 30 s doubled each time: 30 60 120 240 480 960, at most 900
    assert rests == [None] * 4 + [30, 60, 120, 240, 480, 900, 900, 900]
    assert check_password(owner, "ada", "eleven grey cranes").locked


def test_an_unknown_name_can_be_noted_as_a_failure(owner: Connection):
    note_failure(owner, "nobody" * 50)
    noted = owner.scalar(text("SELECT changes ->> 'name' FROM access.audit ORDER BY id DESC LIMIT 1"))
    assert noted == ("nobody" * 50)[:64]


def test_a_tokens_secret_is_given_once_and_kept_as_a_hash(owner: Connection, world: World):
    secret = add_token(owner, world.accounts["operator"], kind="api", label="x", now=NOW)

    kept = owner.scalars(text("SELECT secret_hash FROM access.token WHERE label = 'x'")).all()
    assert kept == [secret_hash(secret)]
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) >= 43, "256 bits"


def test_a_link_opens_sessions_that_end_with_it(owner: Connection, world: World):
    secret = add_token(owner, world.accounts["worker-11"], kind="link", label="l", now=NOW, lifetime=timedelta(hours=1))

    opened = open_link(owner, secret, now=NOW)

    assert opened is not None
    # thirty days for a worker, but the link holds an hour
    assert opened.max_age_s == pytest.approx(3600, abs=1)
    session = find_session(owner, opened.secret)
    assert session is not None
    assert (session.name, session.role, session.work_grid_ids) == ("worker-11", "grid_worker", (world.grids["11"],))
    revoke_tokens(owner, world.accounts["worker-11"], label="l", now=NOW)
    assert find_session(owner, opened.secret) is None
    assert open_link(owner, secret, now=NOW) is None


@pytest.mark.parametrize(
    ("account", "communities", "grids"),
    [
        ("operator", (), ()),
        ("community-2", (SECOND,), ()),
        ("worker-21", (), ("21",)),
        ("leader-1", (), ("1", "11", "12")),
        ("wall", (), ()),
    ],
)
def test_a_session_knows_its_scope(
    owner: Connection, world: World, account: str, communities: tuple[str, ...], grids: tuple[str, ...]
):
    session = find_session(owner, world.tokens[account], by_token=True)

    assert session is not None
    assert session.subdistrict_code == CODE
    assert session.community_codes == communities
    assert set(session.work_grid_ids) == {world.grids[grid] for grid in grids}


def test_a_cookie_is_no_token_and_a_token_is_no_cookie(owner: Connection, world: World):
    opened = open_session(owner, world.accounts["operator"], role="operator")

    assert find_session(owner, opened.secret) is not None
    assert find_session(owner, opened.secret, by_token=True) is None
    assert find_session(owner, world.tokens["operator"]) is None


def test_walls_hang_for_a_year_and_staff_sign_in_every_shift():
    assert set(LIFETIMES) <= set(ROLES)
    assert lifetime("wall") > timedelta(days=365)
    assert lifetime("operator") == timedelta(hours=12)


def test_commands_name_what_is_not_there(owner: Connection, world: World):
    for call in (
        lambda: disable_account(owner, "nobody", now=NOW),
        lambda: reset_password(owner, "nobody", "eleven grey cranes", now=NOW),
    ):
        with pytest.raises(NotFound, match="no account 'nobody'"):
            call()
    with pytest.raises(BadInput, match="no such kind of token 'key'"):
        add_token(owner, world.accounts["wall"], kind="key", now=NOW)
