"""`fengqiao batch`: the ledger of what was loaded, and how a batch is undone or loaded again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from etl.changes import TableChanges
from etl.kept import FOLDER, KeptFiles
from etl.ledger import batches
from etl.load_command import counts, feed_title, result_table
from etl.preview import Previewed
from etl.replay import replay_batch
from etl.undo import table_name, undo_batch
from gis.database.connection import Database, running_database
from gis.database.migrate import upgrade
from gis.district import select_district
from gis.identity import identity_keys
from gis.settings import DatabaseSettings
from gis.texts import Texts, texts_in

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The ledger: what was loaded; undo and replay.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Number = Annotated[int, typer.Argument(help="number of the batch in the ledger")]
Language = Annotated[str, typer.Option("--language", help="zh or en; else the installation's")]
Actor = Annotated[str, typer.Option("--actor", help="who does it, for the ledger and the audit")]


@contextmanager
def administration() -> Iterator[Database]:
    """The migrated database."""
    with running_database(DatabaseSettings()) as database:
        upgrade(database)
        yield database


def kept_files(database: Database) -> KeptFiles:
    """Where this installation keeps what was delivered."""
    return KeptFiles(DatabaseSettings().var_dir / FOLDER, identity_keys(database.secrets))


@app.command("list")
def show_ledger(
    feed: Annotated[str, typer.Option("--feed", help="only this feed")] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="newest batches shown")] = 30,
    reports: Annotated[bool, typer.Option("--reports", help="single reports over the interface as well")] = False,
    language: Language = "",
) -> None:
    """Show the ledger, newest first."""
    texts = texts_in(language)
    with administration() as database, database.owner.connect() as connection:
        code = select_district(connection).code
        rows = batches(connection, subdistrict_code=code, feed=feed, most=most, reports=reports)
    Console(highlight=False, width=150).print(ledger_table(rows, texts))


def ledger_table(rows: Any, texts: Texts) -> Table:
    """The ledger as a table; the four counts add up to what was read."""
    table = Table(title=texts("batches.title"))
    table.add_column(texts("batches.number"), justify="right")
    for column in ("feed", "source", "origin"):
        table.add_column(texts(f"batches.{column}"))
    for column in ("read", "counted", "loaded", "unchanged", "quarantined", "unplaced"):
        table.add_column(texts(f"batches.{column}"), justify="right")
    for column in ("started", "actor", "state"):
        table.add_column(texts(f"batches.{column}"))
    for row in rows:
        state = texts("batches.undone_by", by=row.undone_by) if row.undone_at else ""
        figures = (row.read, row.counted, row.loaded, row.unchanged, row.quarantined, row.unplaced)
        table.add_row(
            str(row.id), row.title, row.source, texts(f"batches.origin_{row.origin}"),
            *("" if figure is None else f"{figure:,}" for figure in figures),
            row.started_at.strftime("%Y-%m-%d %H:%M"), row.actor, state,
        )  # fmt: skip
    return table


@app.command("undo")
def undo(number: Number, actor: Actor = "fengqiao batch", language: Language = "") -> None:
    """Bring everything back to the state before a batch; refused when something rests on it."""
    texts = texts_in(language)
    with administration() as database:
        undone = undo_batch(database, number, actor=actor, kept=kept_files(database))
    Console(highlight=False).print(texts("batches.undone", batch=number, feed=feed_title(undone.feed, texts)))
    Console(highlight=False, width=100).print(changes_table(undone.tables, texts, title=texts("batches.taken_back")))


@app.command("replay")
def replay(number: Number, actor: Actor = "fengqiao batch", language: Language = "") -> None:
    """Load the kept file of a batch again, as a batch of its own."""
    texts = texts_in(language)
    with administration() as database:
        result = replay_batch(database, number, kept_files(database), actor=actor, now=datetime.now(UTC))
    Console(highlight=False, width=100).print(result_table([result], texts))


def changes_table(tables: Any, texts: Texts, *, title: str) -> Table:
    """Records by table: new, changed, and in which columns."""
    table = Table(title=title)
    table.add_column(texts("batches.records"))
    table.add_column(texts("batches.new"), justify="right")
    table.add_column(texts("batches.changed"), justify="right")
    table.add_column(texts("batches.columns"))
    for change in tables:
        table.add_row(table_name(change.table, texts), f"{change.new:,}", f"{change.changed:,}", columns_said(change))
    return table


def columns_said(change: TableChanges) -> str:
    """The columns that say something else, with how many records each."""
    return "  ".join(f"{name} {records:,}" for name, records in change.columns.items())


def print_previews(console: Console, previews: list[Previewed], texts: Texts) -> None:
    """Show what a delivery would do."""
    console = Console(highlight=False, width=max(console.width, 120), file=console.file)
    table = Table(title=texts("batches.preview"))
    table.add_column(texts("load.feed"))
    for column in ("read", "loaded", "unchanged", "quarantined", "unplaced"):
        table.add_column(texts(f"load.{column}"), justify="right")
    for column in ("new", "changed", "columns"):
        table.add_column(texts(f"batches.{column}"), justify="left" if column == "columns" else "right")
    for preview in previews:
        said = "  ".join(columns_said(change) for change in preview.tables if change.columns)
        table.add_row(
            feed_title(preview.result.feed, texts), *(f"{count:,}" for count in counts(preview.result)),
            f"{preview.new:,}", f"{preview.changed:,}", said,
        )  # fmt: skip
    console.print(table)
    console.print(texts("batches.nothing_written"))
