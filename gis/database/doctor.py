"""Look an installation over: versions, paths, extensions, disk, schema, and what is wrong in a sentence each."""

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from psycopg.pq import Ping
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from gis.database.connection import OPEN_ROLE, SERVER_ROLE, WALL_ROLE, Database, open_database
from gis.database.embedded import EmbeddedServer, find_binaries
from gis.database.migrate import EXTENSIONS, expected_version, schema_version
from gis.database.secrets import read_or_make_secrets
from gis.errors import FengqiaoError
from gis.sentences import Sentence, Speaks
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

    what: str | Sentence
    value: str | Sentence
    #: what is wrong and what to do, in a sentence; None when all is well
    wrong: Speaks | None = None


def examine(settings: DatabaseSettings) -> list[Finding]:
    """Look at everything once. Starts nothing and changes nothing."""
    found = [Finding("Python", platform.python_version()), Finding(Sentence("system"), platform.platform())]
    found += [package_finding(name) for name in PACKAGES]
    found.append(disk_finding(settings.var_dir))
    found.append(fonts_finding())
    if not settings.embedded:
        return found + database_findings(open_database(settings))
    found.append(guarded(Sentence("PostgreSQL programs"), lambda: str(find_binaries().folder)))
    if not (settings.var_dir / "secrets.json").exists() and not (settings.var_dir / "postgres" / "data").exists():
        return [
            *found,
            Finding(
                Sentence("database"), Sentence("none yet"), Sentence("nothing is installed here yet; run: make run")
            ),
        ]
    try:
        server = EmbeddedServer(settings.var_dir, read_or_make_secrets(settings.var_dir))
    except FengqiaoError as fault:
        return [*found, Finding(Sentence("database"), Sentence("not to be opened"), fault)]
    found += [
        Finding(Sentence("data folder"), str(server.data)),
        Finding(Sentence("socket"), str(server.socket_folder)),
        Finding(Sentence("server log"), str(server.log)),
    ]
    if server.ping() is not Ping.OK:
        return [
            *found,
            Finding(
                Sentence("database"),
                Sentence("not running"),
                Sentence("the embedded database does not run; start it with: fengqiao up"),
            ),
        ]
    return found + database_findings(open_database(settings))


def package_finding(name: str) -> Finding:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(name, Sentence("missing"), Sentence("{name} is not installed; run: make setup", name=name))


def disk_finding(folder: Path) -> Finding:
    here = next(place for place in (folder.resolve(), *folder.resolve().parents) if place.exists())
    free = shutil.disk_usage(here).free
    free_gib = free / 1024**3
    little = Sentence(
        "only {free_gib:.1f} GiB free under {folder}; make room before the next load", free_gib=free_gib, folder=here
    )
    shown = Sentence("{free_gib:.1f} GiB under {folder}", free_gib=free_gib, folder=here)
    return Finding(Sentence("free disk"), shown, little if free < LITTLE_DISK else None)


def fonts_finding() -> Finding:
    places = (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path.home() / ".fonts",
        Path.home() / ".local/share/fonts",
    )
    fonts = [font for place in places if place.exists() for font in place.rglob("*CJK*")]
    if fonts:
        shown = Sentence("{files} files, for example {example}", files=len(fonts), example=fonts[0].name)
        return Finding(Sentence("Chinese fonts"), shown)
    boxes = Sentence("reports would show boxes for Chinese; on Debian: apt-get install fonts-noto-cjk")
    return Finding(Sentence("Chinese fonts"), Sentence("none"), boxes)


def guarded(what: Sentence, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except FengqiaoError as fault:
        return Finding(what, Sentence("missing"), fault)


def database_findings(database: Database) -> list[Finding]:
    """Look at the database as its owner, and at the other roles' rights."""
    try:
        with database.owner.connect() as connection:
            return [*server_findings(connection), *role_findings(connection), *freshness_findings(connection)]
    except SQLAlchemyError as fault:
        reason = str(getattr(fault, "orig", None) or fault).strip().splitlines()[0]
        return [
            Finding(
                Sentence("database"),
                Sentence("unreachable"),
                Sentence("the database does not answer: {reason}", reason=reason),
            )
        ]
    finally:
        database.dispose()


def server_findings(connection: Connection) -> list[Finding]:
    found = [Finding("PostgreSQL", str(connection.scalar(text("SHOW server_version"))))]
    installed: dict[str, str] = dict(connection.execute(text("SELECT extname, extversion FROM pg_extension")).all())
    for name in EXTENSIONS:
        lacking = None if name in installed else Sentence("extension {name} is missing; run: fengqiao up", name=name)
        version_there = installed.get(name) or Sentence("missing")
        found.append(Finding(Sentence("extension {name}", name=name), version_there, lacking))
    current = schema_version(connection)
    other = Sentence(
        "the schema is {current}, this program expects {expected}; run: fengqiao up",
        current=current,
        expected=expected_version(),
    )
    wrong = None if current == expected_version() else other
    found.append(Finding(Sentence("schema version"), str(current), wrong))
    size = connection.scalar(text("SELECT pg_size_pretty(pg_database_size(current_database()))"))
    return [*found, Finding(Sentence("database size"), str(size))]


def role_findings(connection: Connection) -> list[Finding]:
    asked = text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = ANY(:roles)")
    powers = {
        name: bool(power) for name, power in connection.execute(asked, {"roles": [SERVER_ROLE, WALL_ROLE, OPEN_ROLE]})
    }
    found = []
    for role in (SERVER_ROLE, WALL_ROLE, OPEN_ROLE):
        wrong = None if role in powers else Sentence("role {role} is missing; run: fengqiao up", role=role)
        if powers.get(role):
            wrong = Sentence("role {role} can bypass row-level security; take the attribute from it", role=role)
        found.append(
            Finding(
                Sentence("role {role}", role=role), Sentence("there") if role in powers else Sentence("missing"), wrong
            )
        )
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
        Finding(
            Sentence("feed {title}", title=title),
            Sentence("newest event {newest:%Y-%m-%d %H:%M}Z", newest=newest),
            Sentence("feed {title} is silent", title=title),
        )
        for title, newest in late
    ]
