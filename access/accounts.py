"""Accounts: passwords, and what an administrator does with them.

Passwords are kept as argon2id (RFC 9106, second recommended parameters). Signing in runs as the server's role through
the functions of schema `access`; making and changing accounts runs as the owner, from the command line.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from access.sessions import new_secret, secret_hash
from access.tables import ROLES, TOKEN_KINDS
from gis.database.statements import load_statements
from gis.errors import BadInput, Conflict, NotFound

STATEMENTS = load_statements("access", "accounts")
#: NIST SP 800-63B asks for eight at least and for no composition rules
PASSWORD_MIN_LENGTH = 10
#: a bearer session has no cookie that could run out; its token says until when
FAR = timedelta(days=36_500)

HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@lru_cache(maxsize=1)
def decoy_hash() -> str:
    """A hash of nothing anybody knows: an unknown account is refused as slowly as a wrong password."""
    return HASHER.hash(secrets.token_urlsafe(24))


@dataclass(frozen=True)
class Found:
    """What the check of a password found; empty account_id = refused."""

    account_id: int | None
    role: str | None
    locked: bool


def check_password(connection: Connection, name: str, password: str) -> Found:
    """Compare a password; takes as long for an account that does not exist or rests."""
    row = connection.execute(STATEMENTS["find_account"], {"name": name}).one_or_none()
    right = verifies(row.password_hash if row else decoy_hash(), password)
    if row is None or row.locked or not right:
        return Found(None, None, locked=bool(row and row.locked))
    return Found(row.id, row.role, locked=False)


def verifies(password_hash: str, password: str) -> bool:
    """Whether the password belongs to the hash."""
    try:
        return HASHER.verify(password_hash, password[:1024])
    except (VerificationError, InvalidHashError):
        return False


def note_failure(connection: Connection, name: str) -> None:
    """Count a failed sign-in, and let the account rest after five."""
    connection.execute(STATEMENTS["note_failure"], {"name": name[:64]})


def check_new_password(password: str, *, name: str) -> str:
    """Return the hash of a new password; raises BadInput when it is too easy."""
    if len(password) < PASSWORD_MIN_LENGTH:
        raise BadInput(
            "a password needs at least {least} characters, this one has {length}",
            least=PASSWORD_MIN_LENGTH,
            length=len(password),
        )
    if name.lower() in password.lower() or len(set(password)) < 5:
        raise BadInput(
            "a password may not contain the account's name nor consist of fewer than five different characters"
        )
    return HASHER.hash(password)


def check_role(role: str) -> None:
    """Raise BadInput unless `role` is one of ours."""
    if role not in ROLES:
        raise BadInput("no such role {role!r}; there are {known}", role=role, known=ROLES)


@dataclass(frozen=True)
class NewAccount:
    """What an account is made of."""

    name: str
    role: str
    title: str = ""
    #: empty: no sign-in, only by token
    password: str | None = None
    subdistrict_code: str | None = None
    community_codes: tuple[str, ...] = ()
    work_grid_ids: tuple[int, ...] = ()
    grid_worker_id: int | None = None
    language: str = "zh"


def add_account(connection: Connection, account: NewAccount) -> int:
    """Make an account; returns its id. Runs as the owner.

    Raises
    ------
    BadInput
        If the role is none of ours, the password too easy, or a leader has nothing to lead.
    Conflict
        If the name is taken.
    """
    check_role(account.role)
    if not account.name.strip() or account.name != account.name.strip():
        raise BadInput(
            "{name!r} is no name for an account: it is empty or begins or ends with a space", name=account.name
        )
    if account.role == "community_leader" and not account.community_codes:
        raise BadInput("a community_leader needs at least one community code")
    if account.role in ("grid_worker", "grid_leader") and not (account.work_grid_ids or account.grid_worker_id):
        raise BadInput("a {role} needs a grid worker on file or a work grid", role=account.role)
    password_hash = None if account.password is None else check_new_password(account.password, name=account.name)
    values: dict[str, Any] = {**vars(account), "password_hash": password_hash}
    del values["password"]
    values |= {"community_codes": list(account.community_codes), "work_grid_ids": list(account.work_grid_ids)}
    try:
        with connection.begin_nested():
            return int(connection.scalar(STATEMENTS["add_account"], values))
    except IntegrityError as fault:
        raise Conflict("there is an account {name!r} already", name=account.name) from fault


def list_accounts(connection: Connection) -> list[dict[str, Any]]:
    """Return every account with the number of its tokens and its last visit, by name."""
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["list_accounts"])]


def account_named(connection: Connection, name: str) -> int:
    """Return the id of an account; raises NotFound."""
    found = connection.scalar(STATEMENTS["account_named"], {"name": name})
    if found is None:
        raise NotFound("there is no account {name!r}; `fengqiao users list` shows those there are", name=name)
    return int(found)


def disable_account(connection: Connection, name: str, *, now: datetime) -> None:
    """Shut an account; its sessions and tokens end at once. Its rows stay: the audit names it."""
    connection.execute(STATEMENTS["disable_account"], {"id": account_named(connection, name), "now": now})


def reset_password(connection: Connection, name: str, password: str, *, now: datetime) -> None:
    """Give an account a new password, open it again, and end its sessions."""
    account_id = account_named(connection, name)
    values = {"id": account_id, "password_hash": check_new_password(password, name=name), "now": now}
    connection.execute(STATEMENTS["reset_password"], values)
    connection.execute(STATEMENTS["end_sessions"], values)


def add_token(
    connection: Connection,
    account_id: int,
    *,
    kind: str,
    label: str = "",
    now: datetime,
    lifetime: timedelta | None = None,
) -> str:
    """Make a token for an account; returns its secret, which cannot be had again.

    Parameters
    ----------
    kind
        ``api`` for another system, ``device`` for a wall, ``link`` for a page on a phone or tablet.
    lifetime
        None: until it is revoked.
    """
    if kind not in TOKEN_KINDS:
        raise BadInput("no such kind of token {kind!r}; there are {known}", kind=kind, known=TOKEN_KINDS)
    secret = new_secret()
    expires_at = now + lifetime if lifetime else None
    values = {
        "account_id": account_id,
        "kind": kind,
        "label": label,
        "secret_hash": secret_hash(secret),
        "expires_at": expires_at,
        "session_expires_at": expires_at or now + FAR,
    }
    connection.execute(STATEMENTS["add_token"], values)
    return secret


def revoke_tokens(connection: Connection, account_id: int, *, label: str | None, now: datetime) -> int:
    """Revoke an account's tokens, all or those of one label; returns how many. Sessions opened by them end too."""
    return connection.execute(
        STATEMENTS["revoke_tokens"], {"account_id": account_id, "label": label, "now": now}
    ).rowcount
