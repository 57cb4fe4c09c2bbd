"""`fengqiao pull FOLDER`: ask the systems that feeds come from, load what is new; and the same by the clock."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from etl.pull import ACTOR, Pulled, pull_due, pull_folder
from gis.database.connection import Database, running_database
from gis.database.migrate import upgrade
from gis.errors import Unavailable
from gis.settings import DatabaseSettings
from gis.texts import Texts, texts_in


def pull(
    folder: Annotated[Path, typer.Argument(help="folder with a district.yml whose entries say pull:")],
    actor: Annotated[str, typer.Option("--actor", help="who pulls, for the ledger")] = ACTOR,
    language: Annotated[str, typer.Option("--language", help="zh or en; else the installation's")] = "",
) -> None:
    """Ask every system a feed is pulled from, and load what is new; a running server goes on by the clock."""
    settings = DatabaseSettings()
    texts = texts_in(language)
    with running_database(settings) as database:
        upgrade(database)
        pulled = pull_folder(database, folder, var_dir=settings.var_dir, actor=actor, now=datetime.now(UTC))
    console = Console(highlight=False)
    for one in pulled:
        console.print(said(one, texts))
    if failed := [one.feed for one in pulled if one.fault]:
        raise Unavailable("not pulled: {failed}; it is tried again by a running server", failed=failed)


def said(one: Pulled, texts: Texts) -> str:
    """Say in a line what became of a pull."""
    if one.fault:
        return texts("pull.failed", feed=one.feed, fault=one.fault)
    if one.result is None:
        return texts("pull.unchanged", feed=one.feed)
    result = one.result
    return texts(
        "pull.loaded", feed=one.feed, read=result.read, loaded=result.loaded, unplaced=result.unplaced,
        unchanged=result.unchanged, quarantined=result.quarantined,
    )  # fmt: skip


def pull_by_the_clock(database: Database, *, now: datetime) -> list[Pulled]:
    """The worker's job: pull what is due."""
    return pull_due(database, now=now, var_dir=DatabaseSettings().var_dir)
