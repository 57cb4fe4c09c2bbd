"""Load the kept file of a batch again: after it was undone, or by another gazetteer or program."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from etl.delivery import Delivery, FeedSource
from etl.feeds import KNOWN
from etl.kept import KeptFiles
from etl.ledger import FeedResult, Origin
from etl.load import load_sources
from etl.undo import find_batch
from gis.coordinates_local import LocalGrid
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import select_district
from gis.errors import Conflict, NotFound

_SQL = load_statements("etl", "replay")

#: keys of a feed's configuration that are not how its file is read
NOT_OF_THE_SOURCE = frozenset({"file", "feed", "path", "name", "title", "expected_every_s"})


def source_of(feed: Any, config: Mapping[str, Any], path: Path) -> FeedSource:
    """Build the source of a file that is to be read as a feed's files are.

    Parameters
    ----------
    feed
        A row with `kind`, `feed` (its name), `title` and `expected_every_s`.
    config
        As of `FeedSource.config`.
    """
    known = {field.name for field in fields(FeedSource)} - NOT_OF_THE_SOURCE
    stated = {key: value for key, value in config.items() if key in known}
    if stated.get("grid"):
        stated["grid"] = LocalGrid.of(stated["grid"])
    return FeedSource(
        feed=feed.kind, path=path, name="" if feed.feed == feed.kind else feed.feed, title=feed.title or "",
        expected_every_s=feed.expected_every_s, **stated,
    )  # fmt: skip


def replay_batch(database: Database, batch_id: int, kept: KeptFiles, *, actor: str, now: datetime) -> FeedResult:
    """Load the file of a batch again, as a batch of its own.

    Raises
    ------
    NotFound
        If there is no such batch, or its file is not kept.
    Conflict
        If it brought no file, or a later delivery of the feed stands: its rows would be turned back.
    """
    with database.owner.connect() as connection, connection.begin():
        batch = find_batch(connection, batch_id)
        if batch.content_hash is None or batch.origin not in ("delivery", "replay"):
            raise Conflict(f"batch {batch_id} brought no file ({batch.origin}); only deliveries can be replayed")
        bound = {"code": batch.subdistrict_code, "feed": batch.feed, "batch_id": batch_id}
        later = connection.execute(_SQL["later"], bound).scalar()
        if later is not None:
            raise Conflict(f"batch {later} of the same feed came later; replaying {batch_id} would turn its rows back")
        district = select_district(connection, code=batch.subdistrict_code)
    if batch.kind not in KNOWN:
        raise NotFound(f"feed {batch.kind} is not known any more")
    config = json.loads(batch.versions.get("config") or "{}")
    with kept.opened(batch.content_hash, feed=batch.feed, name=batch.source) as path:
        source = source_of(batch, config, path)
        delivery = Delivery(path.parent, district, (source,))
        results = load_sources(
            database, delivery, [source], actor=actor, now=now, kept=kept, origin=Origin("replay", batch_id)
        )  # fmt: skip
    return results[0]
