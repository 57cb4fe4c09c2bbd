"""The little sub-district of `layer_world` in a database of its own, served by the real app, with a token per role."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from access.accounts import NewAccount, add_account, add_token
from gis.database.connection import Database
from gis.database.migrate import upgrade
from layers import facts
from tests.integration import layer_world as world

ROLES = {
    "wall": (), "duty_officer": (), "operator": (), "community_leader": (world.WEST,), "street_leader": (),
}  # fmt: skip


@contextmanager
def served_database(database: Database, name: str) -> Iterator[Database]:
    """A fresh database with the little sub-district, its facts refreshed."""
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    own = Database(owner_url=database.owner_url.set(database=name), secrets=database.secrets)
    try:
        upgrade(own)
        with own.owner.begin() as connection:
            world.fill(connection)
        facts.refresh(own, now=world.NOW)
        yield own
    finally:
        own.dispose()


def tokens(own: Database) -> dict[str, str]:
    """An account and a token for each role."""
    given = {}
    now = datetime.now(tz=UTC)
    with own.owner.begin() as connection:
        for role, communities in ROLES.items():
            account = add_account(
                connection,
                NewAccount(name=f"{role}-layers", role=role, subdistrict_code=world.CODE, community_codes=communities),
            )
            kind = "device" if role == "wall" else "api"
            given[role] = add_token(connection, account, kind=kind, now=now, lifetime=timedelta(days=1))
    return given
