"""`fengqiao cap`: take in CAP messages of others."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.cap.importing import import_cap, read_source
from gis.database.connection import running_database
from gis.database.migrate import upgrade
from gis.district import select_district
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="CAP alerts of others.")


@app.callback()
def cap() -> None:
    """CAP alerts of others."""


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="a CAP 1.2 message")],
    actor: Annotated[str, typer.Option("--actor", help="who imports, for the record")] = "fengqiao cap",
) -> None:
    """Take in one CAP message; the same message again changes nothing."""
    content = read_source(source)
    with running_database(DatabaseSettings()) as database:
        upgrade(database)
        with database.owner.begin() as connection:
            district = select_district(connection)
            stored = import_cap(connection, content, subdistrict_code=district.code, post=actor, now=datetime.now(UTC))
    state = Sentence("imported") if stored["new"] else Sentence("known already")
    told = {name: stored[name] for name in ("msg_type", "status", "event", "level")}
    typer.echo(spoken(Sentence("{msg_type} ({status}) {event}, level {level}: {state}", **told, state=state)))
