"""Bring the geodatabase to the schema this code expects, and the roles to the rights they have."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gis.database.connection import OPEN_ROLE, SERVER_ROLE, WALL_ROLE, Database
from gis.errors import Conflict

EXTENSIONS = ("postgis", "postgis_raster", "pg_trgm", "pgcrypto")
#: any constant will do; it only has to be the same in every process
MIGRATION_LOCK = 5_320_505_003


def alembic_config() -> Config:
    """Return Alembic's configuration for the history in gis/migrations; needs no ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def expected_version() -> str:
    """The newest schema version this code knows."""
    return str(ScriptDirectory.from_config(alembic_config()).get_current_head())


def known_versions() -> frozenset[str]:
    """Every schema version of the history; their names do not tell their order."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions())


def schema_version(connection: Connection) -> str | None:
    """The schema version of the database; None when it was never migrated."""
    if connection.scalar(text("SELECT to_regclass('support.schema_version')")) is None:
        return None
    version = connection.scalar(text("SELECT version_num FROM support.schema_version"))
    return None if version is None else str(version)


def upgrade(database: Database) -> None:
    """Create extensions, roles and schema, or bring them up to date. One transaction: it happens whole or not at all.

    Raises
    ------
    Conflict
        If the database was made by a newer version of this code.
    """
    with database.owner.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        current = schema_version(connection)
        if current is not None and current not in known_versions():
            raise Conflict(
                "the database has schema version {current}, newer than this program's {expected_version}; "
                "update the program",
                current=current,
                expected_version=expected_version(),
            )
        for extension in EXTENSIONS:
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS support"))
        prepare_roles(connection, database)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def prepare_roles(connection: Connection, database: Database) -> None:
    """Make the login roles that own nothing, with the passwords of this installation."""
    passwords = {
        SERVER_ROLE: database.secrets.server_password,
        WALL_ROLE: database.secrets.wall_password,
        OPEN_ROLE: database.secrets.open_password,
    }
    for role, password in passwords.items():
        if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
            connection.execute(text(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"))
        elif may_log_in(database, role, password):
            # roles are the whole cluster's: while the sandbox beside it is made ready, another command would write
            # the same row at the same time, which PostgreSQL refuses
            continue
        # a role's password is an identifier-level clause that takes no parameter; token_urlsafe holds no quote
        literal = connection.scalar(text("SELECT quote_literal(cast(:password AS text))"), {"password": password})
        connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD {literal}")


def may_log_in(database: Database, role: str, password: str) -> bool:
    """Whether a role has this password already."""
    url = database.owner_url.set(username=role, password=password)
    try:
        psycopg.connect(database.conninfo(url)).close()
    except psycopg.OperationalError:
        return False
    return True
