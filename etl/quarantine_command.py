"""`fengqiao quarantine`: rows that were refused, as a sheet to mend, and the mended sheet on its way in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from access.audit import act_as, note_event
from etl.batch_command import Actor, Language, administration
from etl.faults import reason_text
from etl.load_command import result_table
from etl.mending import feeds_waiting, mend, quarantine_sheet, reasons_waiting
from gis.district import select_district
from gis.texts import texts_in

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Rows that were refused: download them as a sheet, mend them, load them again.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
FeedName = Annotated[str, typer.Argument(help="name of the feed, as in the list")]


@app.command("list")
def show_waiting(language: Language = "") -> None:
    """Show which feeds have rows in quarantine, and why."""
    texts = texts_in(language)
    with administration() as database, database.owner.connect() as connection:
        code = select_district(connection).code
        feeds = feeds_waiting(connection, subdistrict_code=code)
        reasons = reasons_waiting(connection, subdistrict_code=code)
    table = Table(title=texts("quarantine.title"))
    for column, side in (("feed", "left"), ("name", "left"), ("reason", "left"), ("rows", "right")):
        table.add_column(texts(f"quarantine.{column}"), justify=side)  # type: ignore[arg-type]
    for feed in feeds:
        table.add_row(feed.title, feed.feed, texts("quarantine.all_rows"), f"{feed.rows:,}")
        for row in reasons:
            if row.feed == feed.feed:
                table.add_row("", "", reason_text(row.reason, texts), f"{row.rows:,}")
        table.add_section()
    Console(highlight=False, width=110).print(table)


@app.command("download")
def download(
    feed: FeedName,
    out: Annotated[Path, typer.Option("--out", help="sheet to write: .xlsx or .csv")],
    actor: Actor = "fengqiao quarantine",
    language: Language = "",
) -> None:
    """Write the rows of a feed that wait to be mended as a sheet in the feed's own headings, with what is wrong."""
    with administration() as database, database.owner.begin() as connection:
        code = select_district(connection).code
        form = out.suffix.lower().removeprefix(".")
        content = quarantine_sheet(connection, subdistrict_code=code, feed=feed, form=form, texts=texts_in(language))
        act_as(connection, actor=actor)
        note_event(connection, "quarantine_downloaded", {"feed": feed})
        out.write_bytes(content)
    typer.echo(str(out))


@app.command("mend")
def mend_sheet(
    feed: FeedName,
    sheet: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the mended sheet: .xlsx or .csv")],
    actor: Actor = "fengqiao quarantine",
    language: Language = "",
) -> None:
    """Load a mended sheet: rows that pass leave the quarantine."""
    texts = texts_in(language)
    with administration() as database:
        mended = mend(database, feed, sheet, actor=actor, now=datetime.now(UTC))
    console = Console(highlight=False, width=100)
    console.print(result_table(mended.results, texts))
    console.print(texts("quarantine.mended", passed=mended.passed, left=mended.left))
