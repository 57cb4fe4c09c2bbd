"""The sandbox: a second, small installation in a database of its own, for consumers that are still being built.

Its content is invented and its rows are nobody's. A sandbox consumer is answered by the same program over that database
alone: what it reads has the true forms, what it reports is stored there, and no connection of its calls can reach a
real row. `fengqiao sandbox` makes it.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from anyio.to_thread import run_sync
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp, Receive, Scope, Send

from access.accounts import NewAccount, add_account
from access.consumers import CONSUMER_ROLES
from access.sessions import Session, find_session, secret_hash
from dashboard.services import Services
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.errors import NotSignedIn, Unavailable

#: the post shown for the accounts behind its doors
TITLE = "沙箱"
STATEMENTS = load_statements("dashboard", "sandbox")


def sandbox_database(database: Database) -> Database:
    """The database of the sandbox beside an installation's own, on the same server."""
    return Database(
        owner_url=database.owner_url.set(database=f"{database.owner_url.database}_sandbox"),
        secrets=database.secrets,
        pool_size=4,
    )


def role_secret(database: Database, role: str) -> str:
    """The secret by which the server itself is the account of a role in the sandbox; the database knows its hash."""
    key = database.secrets.server_password.encode()
    return hmac.new(key, f"sandbox {role}".encode(), hashlib.sha256).hexdigest()[:43]


def has_sandbox(database: Database) -> bool:
    """Whether the sandbox was made, whole: its doors are opened last."""
    with database.owner.connect() as connection:
        if not connection.scalar(STATEMENTS["has_database"], {"name": sandbox_database(database).owner_url.database}):
            return False
    sandbox = sandbox_database(database)
    try:
        with sandbox.server.begin() as connection:
            return find_session(connection, role_secret(sandbox, CONSUMER_ROLES[-1]), by_token=True) is not None
    except DBAPIError:
        return False
    finally:
        sandbox.dispose()


def make_empty(database: Database) -> Database:
    """Make the sandbox's database anew, without any table; returns it."""
    sandbox = sandbox_database(database)
    name = sandbox.owner_url.database
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # a database's name is an identifier and takes no parameter; it is our own with a suffix
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    return sandbox


def open_doors(sandbox: Database, *, community_code: str) -> None:
    """Make one account for each role a consumer may have, in the loaded sandbox."""
    with sandbox.owner.begin() as connection:
        for role in CONSUMER_ROLES:
            codes = (community_code,) if role == "community_leader" else ()
            account = NewAccount(name=f"sandbox: {role}", role=role, title=TITLE, community_codes=codes)
            values = {
                "account_id": add_account(connection, account),
                "secret_hash": secret_hash(role_secret(sandbox, role)),
            }
            connection.execute(STATEMENTS["add_door"], values)


class Sandbox:
    """An ASGI app that answers from the sandbox's database, whoever asks."""

    def __init__(self, services: Services, *, build: Callable[[Services], ASGIApp]) -> None:
        geodatabase = services.settings.geodatabase.model_copy(
            update={"var_dir": services.settings.var_dir / "sandbox"}
        )
        self.services = replace(
            services,
            settings=services.settings.model_copy(update={"geodatabase": geodatabase}),
            database=sandbox_database(services.database),
        )
        self.build = build

    @cached_property
    def app(self) -> ASGIApp:
        """The routes over the sandbox; built when the first of its consumers comes."""
        return self.build(self.services)

    def session(self, role: str) -> Session:
        """The session of a role's account there."""
        try:
            with self.services.database.server.begin() as connection:
                found = find_session(connection, role_secret(self.services.database, role), by_token=True)
        except DBAPIError as fault:
            raise Unavailable("the sandbox is not there; an operator makes it with `fengqiao sandbox`") from fault
        if found is None:
            raise NotSignedIn("the sandbox has no account for the role {role}", role=role)
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the sandbox's account of the asker's role."""
        session = await run_sync(self.session, scope["state"]["session"].role)
        state = {**scope["state"], "session": session}
        await self.app({**scope, "state": state}, receive, send)
