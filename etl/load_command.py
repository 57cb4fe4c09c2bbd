"""`fengqiao load PATH…`: bring delivered folders in and show what became of every row."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from etl.feeds import KNOWN
from etl.kept import FOLDER, KeptFiles
from etl.ledger import FeedResult
from etl.load import load_folder
from gis.database.connection import running_database
from gis.database.migrate import upgrade
from gis.errors import BadInput
from gis.identity import identity_keys
from gis.placing import POINT_LEVELS
from gis.settings import DatabaseSettings
from gis.texts import Texts, texts_in


def load(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="folders with a district.yml, or files in one")],
    actor: Annotated[str, typer.Option("--actor", help="who loads, for the ledger")] = "fengqiao load",
    language: Annotated[str, typer.Option("--language", help="zh or en; else the installation's")] = "",
    scheduler: Annotated[
        str, typer.Option("--scheduler", help="tcp://… of a dask scheduler that does the row work")
    ] = "",
    preview: Annotated[bool, typer.Option("--preview", help="say what would change and write nothing")] = False,
) -> None:
    """Check, place and load every feed of the given folders, or say what that would change."""
    texts = texts_in(language)
    console = Console(highlight=False)
    settings = DatabaseSettings()
    with cluster(scheduler) as executor, running_database(settings) as database:
        upgrade(database)
        now = datetime.now(UTC)
        for folder, only in deliveries(paths):
            if preview:
                from etl.batch_command import print_previews
                from etl.preview import preview_folder

                print_previews(console, preview_folder(database, folder, actor=actor, now=now, only=only), texts)
                continue
            with progress_bars(console) as bars:
                results = load_folder(
                    database,
                    folder,
                    actor=actor,
                    now=now,
                    progress=BarProgress(bars, texts),
                    executor=executor,
                    only=only,
                    kept=KeptFiles(settings.var_dir / FOLDER, identity_keys(database.secrets)),
                )
            print_results(console, results, texts)


def deliveries(paths: Sequence[Path]) -> list[tuple[Path, list[str]]]:
    """Folders to load, and the names of the files when single files were given."""
    folders: dict[Path, list[str]] = {}
    for path in paths:
        if path.is_file():
            folders.setdefault(path.parent, []).append(path.name)
        elif path.is_dir():
            folders[path] = []
        else:
            raise BadInput("{path} is not there; give a folder with a district.yml, or a file in one", path=path)
    return list(folders.items())


@contextmanager
def cluster(address: str, *, timeout_s: float = 10) -> Iterator[Executor | None]:
    """Yield the executor of a dask cluster, or None when no address is given.

    Raises
    ------
    BadInput
        If nobody answers there, or the package is not installed.
    """
    if not address:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as fault:
        raise BadInput("--scheduler needs the package distributed; install it with pip install distributed") from fault
    try:
        client = Client(address, timeout=timeout_s)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as fault:
        raise BadInput("no dask scheduler answers at {address}", address=address) from fault
    with client:
        yield client.get_executor()  # type: ignore[no-untyped-call]


def progress_bars(console: Console) -> Bars:
    """Bars on a terminal; nothing in a log."""
    return Bars(
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


class BarProgress:
    """One bar per feed."""

    def __init__(self, bars: Bars, texts: Texts) -> None:
        self.bars = bars
        self.texts = texts
        self.tasks: dict[str, Any] = {}
        self.feed = ""

    def begin(self, feed: str, rows: int) -> None:
        self.feed = feed
        if feed not in self.tasks:
            self.tasks[feed] = self.bars.add_task(feed_title(feed, self.texts), total=rows or None)
        elif rows:
            self.bars.update(self.tasks[feed], total=rows)

    def advance(self, rows: int) -> None:
        self.bars.advance(self.tasks[self.feed], rows)

    def end(self, result: FeedResult) -> None:
        self.bars.update(self.tasks[result.feed], total=result.read or 1, completed=result.read or 1)


def feed_title(feed: str, texts: Texts) -> str:
    """What a feed is called; a feed that the delivery names itself goes by that name."""
    return texts(f"feeds.{feed}") if feed in KNOWN else feed


def print_results(console: Console, results: Sequence[FeedResult], texts: Texts) -> None:
    """Print the closing table, and how precisely the placed feeds were placed."""
    tables = [result_table(results, texts)]
    if any(result.levels for result in results):
        tables.append(level_table(results, texts))
    # wide enough for every column, whatever the terminal: a cut figure is a wrong figure
    needed = max(Console(width=1_000).measure(table).maximum for table in tables)
    console = Console(highlight=False, width=max(console.width, needed), file=console.file)
    for table in tables:
        console.print(table)


def result_table(results: Sequence[FeedResult], texts: Texts) -> Table:
    table = Table(title=texts("load.title"))
    table.add_column(texts("load.feed"))
    for column in ("read", "loaded", "unchanged", "quarantined", "unplaced", "seconds"):
        table.add_column(texts(f"load.{column}"), justify="right")
    for result in results:
        table.add_row(
            feed_title(result.feed, texts), *(f"{count:,}" for count in counts(result)), f"{result.seconds:,.1f}"
        )
    totals = [sum(column) for column in zip(*(counts(result) for result in results), strict=True)]
    table.add_section()
    table.add_row(
        texts("load.total"), *(f"{count:,}" for count in totals), f"{sum(one.seconds for one in results):,.1f}"
    )
    return table


def counts(result: FeedResult) -> tuple[int, int, int, int, int]:
    return result.read, result.loaded, result.unchanged, result.quarantined, result.unplaced


def level_table(results: Sequence[FeedResult], texts: Texts) -> Table:
    """Shares of the placed rows by match_level; the last column sums building, crossing and point of interest."""
    placed = [result for result in results if result.levels]
    levels = sorted({level for result in placed for level in result.levels})
    table = Table(title=texts("load.levels"))
    table.add_column(texts("load.feed"))
    for level in levels:
        table.add_column(texts(f"load.level_{level}"), justify="right")
    table.add_column(texts("load.precise"), justify="right")
    for result in placed:
        total = sum(result.levels.values())
        precise = sum(result.levels.get(level, 0) for level in POINT_LEVELS)
        shares = [f"{result.levels.get(level, 0) / total:.1%}" for level in levels]
        table.add_row(feed_title(result.feed, texts), *shares, f"{precise / total:.1%}")
    return table
