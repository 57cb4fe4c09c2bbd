"""`fengqiao backup` and `fengqiao restore`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gis.database.backup import read_manifest, restore_backup, unpack_folders, unpack_secrets, write_backup
from gis.database.connection import running_database
from gis.database.migrate import upgrade
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken


def backup(target: Annotated[Path, typer.Argument(help="File to write; must not exist", metavar="FILE")]) -> None:
    """Write database, keys, photos and kept deliveries into one file; it holds personal data: keep it like the keys."""
    settings = DatabaseSettings()
    with running_database(settings) as database:
        manifest = write_backup(database, settings.var_dir, target, now=datetime.now(UTC))
    written = Sentence(
        "{target}: {size_mb:.1f} MB, schema {schema}, {made_at}",
        target=target,
        size_mb=target.stat().st_size / 1e6,
        schema=manifest.schema_version,
        made_at=manifest.made_at,
    )
    typer.echo(spoken(written))


def restore(source: Annotated[Path, typer.Argument(help="File that fengqiao backup wrote", metavar="FILE")]) -> None:
    """Bring a backup back into an empty installation; nothing that is there is overwritten."""
    settings = DatabaseSettings()
    manifest = read_manifest(source)
    with running_database(settings) as database:
        restore_backup(database, source)
    unpack_secrets(source, settings.var_dir)
    unpack_folders(source, settings.var_dir)
    with running_database(settings) as database:
        upgrade(database)
    typer.echo(spoken(Sentence("restored {source} of {made_at}", source=source, made_at=manifest.made_at)))
