"""`fengqiao replay`: judge loaded history afterwards, so that reports have alerts for the months before."""

from datetime import UTC, datetime

import typer

from alerts.past import keep_past
from alerts.rule_store import rules_in_force
from gis.database.connection import running_database
from gis.database.migrate import upgrade
from gis.district import select_district
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken


def replay() -> None:
    """Judge every past day with the rules in force, in place of an earlier replay; nothing is sent."""
    with running_database(DatabaseSettings()) as database:
        upgrade(database)
        with database.owner.begin() as connection:
            district = select_district(connection)
            rules = rules_in_force(connection, subdistrict_code=district.code)
            kept = keep_past(
                connection, rules, subdistrict_code=district.code, zone=district.zone, now=datetime.now(UTC)
            )
    typer.echo(spoken(Sentence("{kept} alerts of the past are kept, marked as judged afterwards", kept=kept)))
