"""Who asks: sessions behind cookies and tokens.

Secrets are 256 random bits, given out once and stored as SHA-256. The server's role reads no account: it calls the
functions of schema `access`, which answer for one secret at a time.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row

from gis.database.statements import load_statements
from gis.texts import LANGUAGES

STATEMENTS = load_statements("access", "sessions")

#: how long a session lives after it was last extended; a browser keeps a cookie 400 days at most
LIFETIMES = {
    "wall": timedelta(days=400),
    "grid_worker": timedelta(days=30),
    "grid_leader": timedelta(days=30),
}
LIFETIME = timedelta(hours=12)


@dataclass(frozen=True)
class Session:
    """A signed-in asker: a person at a browser, a wall, or another system."""

    #: what `identified` hands to the database
    id: str
    account_id: int
    name: str
    #: the post shown on pages
    title: str
    role: str
    #: empty while no sub-district is loaded
    subdistrict_code: str | None
    community_codes: tuple[str, ...]
    work_grid_ids: tuple[int, ...]
    #: base.grid_worker behind the account, of grid workers and leaders
    grid_worker_id: int | None
    language: str
    expires_at: datetime

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> "Session":
        values = dict(row._mapping)
        values["id"] = str(values["id"])
        values["community_codes"] = tuple(values["community_codes"])
        values["work_grid_ids"] = tuple(values["work_grid_ids"])
        return cls(**values)


def new_secret() -> str:
    """Draw a secret that fits into a cookie, a header and a link."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """Return what is stored in place of the secret."""
    return hashlib.sha256(secret.encode()).digest()


def lifetime(role: str) -> timedelta:
    """Return how long a session of `role` lives."""
    return LIFETIMES.get(role, LIFETIME)


def find_session(connection: Connection, secret: str, *, by_token: bool = False) -> Session | None:
    """Return the session behind a cookie's or a bearer token's secret; None when it does not hold (any more)."""
    row = connection.execute(
        STATEMENTS["find_session"], {"secret": secret_hash(secret), "by_token": by_token}
    ).one_or_none()
    return Session.from_row(row) if row is not None else None


@dataclass(frozen=True)
class Opened:
    """A fresh session and the cookie's secret, which is known only now."""

    id: str
    secret: str
    max_age_s: float


def open_session(
    connection: Connection,
    account_id: int,
    *,
    role: str,
    token_id: int | None = None,
    seconds: float | None = None,
    language: str | None = None,
) -> Opened:
    """Open a session for a cookie; ends with the token it came from, if any. `language` is kept for the account."""
    secret = new_secret()
    max_age_s = min(lifetime(role).total_seconds(), seconds if seconds is not None else float("inf"))
    opened = connection.scalar(
        STATEMENTS["open_session"],
        {"account_id": account_id, "secret": secret_hash(secret), "seconds": max_age_s, "token_id": token_id},
    )
    if language in LANGUAGES:
        connection.execute(STATEMENTS["set_language"], {"language": language})
    return Opened(id=str(opened), secret=secret, max_age_s=max_age_s)


def open_link(connection: Connection, secret: str, *, now: datetime) -> Opened | None:
    """Exchange a link's or a device's token for a session of its own; None when the token does not hold (any more)."""
    token = connection.execute(STATEMENTS["find_token"], {"secret": secret_hash(secret)}).one_or_none()
    if token is None:
        return None
    seconds = (token.expires_at - now).total_seconds() if token.expires_at else None
    return open_session(connection, token.account_id, role=token.role, token_id=token.id, seconds=seconds)


def extend_session(connection: Connection, *, role: str) -> float:
    """Let the session of this transaction live its full time again; returns that time [s]."""
    seconds = lifetime(role).total_seconds()
    connection.execute(STATEMENTS["extend_session"], {"seconds": seconds})
    return seconds


def close_session(connection: Connection) -> None:
    """End the session of this transaction."""
    connection.execute(STATEMENTS["close_session"])
