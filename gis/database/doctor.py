"""Look an installation over: versions, paths, extensions, disk, schema, and what is wrong in a sentence each."""

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from gis.database.connection import OPEN_ROLE, SERVER_ROLE, WALL_ROLE, Database, open_database
from gis.database.embedded import EmbeddedServer, find_binaries
from gis.database.migrate import EXTENSIONS, expected_version, schema_version
from gis.database.secrets import read_or_make_secrets
from gis.errors import FengqiaoError
from gis.settings import DatabaseSettings

#: below this much free disk a load at sample size may fail half way [bytes]
LITTLE_DISK = 5 * 1024**3

PACKAGES = (
    "dash",
    "plotly",
    "geopandas",
    "shapely",
    "h3",
    "rasterio",
    "geoalchemy2",
    "sqlalchemy",
    "psycopg",
    "fastapi",
    "tipg",
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    value: str
    #: what is wrong and what to do, in a sentence; empty when all is well
    wrong: str = ""


def examine(settings: DatabaseSettings) -> list[Finding]:
    """Look at everything once. Starts nothing and changes nothing."""
    found = [Finding("Python", platform.python_version()), Finding("system", platform.platform())]
    found += [package_finding(name) for name in PACKAGES]
    found.append(disk_finding(settings.var_dir))
    found.append(fonts_finding())
    if not settings.embedded:
        return found + database_findings(open_database(settings))
    found.append(guarded("PostgreSQL programs", lambda: str(find_binaries().folder)))
    if not (settings.var_dir / "secrets.json").exists():
        return [*found, Finding("database", "none yet", "nothing is installed here yet; run: make run")]
    server = EmbeddedServer(settings.var_dir, read_or_make_secrets(settings.var_dir))
    found += [
        Finding("data folder", str(server.data)),
        Finding("socket", str(server.socket_folder)),
        Finding("server log", str(server.log)),
    ]
    if not server.answers():
        return [
            *found,
            Finding("database", "not running", "the embedded database does not run; start it with: fengqiao up"),
        ]
    return found + database_findings(open_database(settings))


def package_finding(name: str) -> Finding:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(name, "missing", f"{name} is not installed; run: make setup")


def disk_finding(folder: Path) -> Finding:
    here = next(place for place in (folder.resolve(), *folder.resolve().parents) if place.exists())
    free = shutil.disk_usage(here).free
    wrong = (
        f"only {free / 1024**3:.1f} GiB free under {here}; make room before the next load" if free < LITTLE_DISK else ""
    )
    return Finding("free disk", f"{free / 1024**3:.1f} GiB under {here}", wrong)


def fonts_finding() -> Finding:
    places = (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path.home() / ".fonts",
        Path.home() / ".local/share/fonts",
    )
    fonts = [font for place in places if place.exists() for font in place.rglob("*CJK*")]
    if fonts:
        return Finding("Chinese fonts", f"{len(fonts)} files, for example {fonts[0].name}")
    return Finding(
        "Chinese fonts", "none", "reports would show boxes for Chinese; on Debian: apt-get install fonts-noto-cjk"
    )


def guarded(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except FengqiaoError as fault:
        return Finding(what, "missing", str(fault))


def database_findings(database: Database) -> list[Finding]:
    """Look at the database as its owner, and at the other roles' rights."""
    try:
        with database.owner.connect() as connection:
            return [*server_findings(connection), *role_findings(connection), *freshness_findings(connection)]
    except SQLAlchemyError as fault:
        reason = str(getattr(fault, "orig", None) or fault).strip().splitlines()[0]
        return [Finding("database", "unreachable", f"the database does not answer: {reason}")]
    finally:
        database.dispose()


def server_findings(connection: Connection) -> list[Finding]:
    found = [Finding("PostgreSQL", str(connection.scalar(text("SHOW server_version"))))]
    installed: dict[str, str] = dict(connection.execute(text("SELECT extname, extversion FROM pg_extension")).all())
    for name in EXTENSIONS:
        wrong = "" if name in installed else f"extension {name} is missing; run: fengqiao up"
        found.append(Finding(f"extension {name}", installed.get(name, "missing"), wrong))
    current = schema_version(connection)
    wrong = (
        ""
        if current == expected_version()
        else f"the schema is {current}, this program expects {expected_version()}; run: fengqiao up"
    )
    found.append(Finding("schema version", str(current), wrong))
    size = connection.scalar(text("SELECT pg_size_pretty(pg_database_size(current_database()))"))
    return [*found, Finding("database size", str(size))]


def role_findings(connection: Connection) -> list[Finding]:
    asked = text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = ANY(:roles)")
    powers = {
        name: bool(power) for name, power in connection.execute(asked, {"roles": [SERVER_ROLE, WALL_ROLE, OPEN_ROLE]})
    }
    found = []
    for role in (SERVER_ROLE, WALL_ROLE, OPEN_ROLE):
        wrong = f"role {role} is missing; run: fengqiao up" if role not in powers else ""
        if powers.get(role):
            wrong = f"role {role} can bypass row-level security; take the attribute from it"
        found.append(Finding(f"role {role}", "there" if role in powers else "missing", wrong))
    return found


def freshness_findings(connection: Connection) -> list[Finding]:
    if connection.scalar(text("SELECT to_regclass('support.feed')")) is None:
        return []
    late = connection.execute(
        text(
            "SELECT title, newest_event_at FROM support.feed "
            "WHERE newest_event_at < now() - make_interval(secs => 4 * expected_every_s) ORDER BY newest_event_at"
        )
    ).all()
    return [
        Finding(f"feed {title}", f"newest event {newest:%Y-%m-%d %H:%M}Z", f"feed {title} is silent")
        for title, newest in late
    ]
