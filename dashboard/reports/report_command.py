"""`fengqiao report`: write the monthly map report."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dashboard.reports.facts import find_scope
from dashboard.reports.month import month_of, parse_month
from dashboard.reports.pages import build_report
from dashboard.reports.printing import print_report
from gis.database.connection import running_database
from gis.errors import BadInput
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import texts_in


def report(
    out: Annotated[Path, typer.Option("--out", help="PDF to write", metavar="FILE")],
    month: Annotated[
        str, typer.Option("--month", help="month to report on; last month if not given", metavar="YYYY-MM")
    ] = "",
    community: Annotated[
        str, typer.Option("--community", help="only this community, by name or code", metavar="NAME")
    ] = "",
    language: Annotated[str, typer.Option("--language", help="zh or en; else the installation's")] = "",
) -> None:
    """Write the monthly map report as PDF: a map page per theme, drawn as vectors, with tables and definitions."""
    if not out.parent.is_dir():
        raise BadInput("{out}: the folder {parent} does not exist", out=out, parent=out.parent)
    now = datetime.now(UTC)
    texts = texts_in(language)
    with running_database(DatabaseSettings()) as database, database.owner.connect() as connection:
        chosen = parse_month(month) if month else month_of(now, "Asia/Shanghai").shifted(-1)
        scope = find_scope(connection, chosen, community=community or None, now=now, language=texts.language)
        built = build_report(connection, scope, texts)
    draft = out.with_name(out.name + ".part")
    draft.write_bytes(print_report(built, texts))
    draft.replace(out)
    typer.echo(Sentence("{out}: {pages} pages", out=out, pages=len(built.pages)).within(texts.language))
