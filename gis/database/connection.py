"""Connections to the geodatabase, one engine per database role.

Four roles, least right first: ``fengqiao_open`` reads the schema `open`; ``fengqiao_wall`` reads what a wall may show;
``fengqiao_server`` serves signed-in people under row-level security and owns nothing; the owner migrates and loads.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError

from gis.database.embedded import EmbeddedServer, exclusive
from gis.database.secrets import Secrets, read_or_make_secrets
from gis.errors import BadInput, Conflict
from gis.settings import DatabaseSettings

SERVER_ROLE = "fengqiao_server"
WALL_ROLE = "fengqiao_wall"
OPEN_ROLE = "fengqiao_open"


@dataclass(frozen=True)
class Database:
    """The geodatabase as its roles see it. Engines are made on first use and pooled."""

    owner_url: URL
    secrets: Secrets
    #: connections of the server role at most; tests go down to two
    pool_size: int = 10

    @cached_property
    def owner(self) -> Engine:
        """For migrations, loading and jobs: row-level security does not bind the owner."""
        return self.engine(self.owner_url, pool_size=5)

    @cached_property
    def server(self) -> Engine:
        """For people's requests: sees nothing until `identified` says who asks."""
        return self.engine(self.role_url(SERVER_ROLE, self.secrets.server_password), pool_size=self.pool_size)

    @cached_property
    def wall(self) -> Engine:
        """For walls: granted only the tables and columns a wall may show."""
        return self.engine(self.role_url(WALL_ROLE, self.secrets.wall_password), pool_size=4)

    @cached_property
    def open_url(self) -> URL:
        """For tipg: reads the schema `open`, nothing else."""
        return self.role_url(OPEN_ROLE, self.secrets.open_password)

    def role_url(self, role: str, password: str) -> URL:
        return self.owner_url.set(username=role, password=password)

    def engine(self, url: URL, *, pool_size: int) -> Engine:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            # an error's text goes to the log, and values may be persons' names
            hide_parameters=True,
            pool_timeout=10,
            connect_args={"connect_timeout": 5},
        )

    def conninfo(self, url: URL | None = None) -> str:
        """Return a libpq connection string (the owner's unless `url` is given), for COPY and LISTEN."""
        return (url or self.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)

    def dispose(self) -> None:
        """Close every pooled connection."""
        for name in ("owner", "server", "wall"):
            if name in self.__dict__:
                self.__dict__[name].dispose()


@contextmanager
def identified(engine: Engine, session_id: str) -> Iterator[Connection]:
    """One transaction in which row-level security knows the session; it is forgotten at its end."""
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('fengqiao.session', :session_id, true)"), {"session_id": session_id})
        yield connection


def open_database(settings: DatabaseSettings, *, pool_size: int = 10) -> Database:
    """Return the configured database; the embedded server must run (see `running_database`)."""
    given = server_url(settings.database_url.get_secret_value()) if settings.database_url else None
    secrets = read_or_make_secrets(settings.var_dir)
    url = given or make_url(EmbeddedServer(settings.var_dir, secrets).url)
    return Database(owner_url=url, secrets=secrets, pool_size=pool_size)


def server_url(given: str) -> URL:
    """Read the address of a PostgreSQL server of one's own; what is wrong with it is said without its password."""
    try:
        url = make_url(given)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        raise BadInput("FENGQIAO_DATABASE_URL is no address of a PostgreSQL: postgresql://user:password@host/name")
    return url.set(drivername="postgresql")


@contextmanager
def running_database(settings: DatabaseSettings) -> Iterator[Database]:
    """Yield the configured database, starting the embedded server for the time if it does not run.

    Of several commands that run at once the last one stops what one of them started.
    """
    with used(settings) if settings.embedded else nullcontext():
        database = open_database(settings)
        try:
            yield database
        finally:
            database.dispose()


@contextmanager
def used(settings: DatabaseSettings) -> Iterator[None]:
    """Hold the embedded server as one of those who use it; the lock's file says whether one of them started it."""
    server = EmbeddedServer(settings.var_dir, read_or_make_secrets(settings.var_dir))
    with (settings.var_dir / "use.lock").open("a+", encoding="utf-8") as use:
        fcntl.flock(use, fcntl.LOCK_SH)
        if server.start():
            use.write("started")
            use.flush()
        try:
            yield
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                use.seek(0)
                if use.read() and not is_served(settings.var_dir):
                    server.stop()
                use.truncate(0)


def is_served(var_dir: Path) -> bool:
    """Whether a `fengqiao up` holds the folder: it adopted the server meanwhile, and stops it itself."""
    path = var_dir / "up.lock"
    if not path.exists():
        return False
    try:
        with exclusive(path, wait=False):
            return False
    except Conflict:
        return True
