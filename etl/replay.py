"""Load the kept file of a batch again: after it was undone, or by another gazetteer or program."""

import json
from datetime import datetime

from etl.delivery import Delivery, source_of
from etl.feeds import KNOWN
from etl.kept import KeptFiles
from etl.ledger import FeedResult, Origin
from etl.load import load_sources
from etl.undo import find_batch
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import select_district
from gis.errors import Conflict, NotFound

_SQL = load_statements("etl", "replay")


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
            raise Conflict(
                "batch {batch_id} brought no file ({origin}); only deliveries can be replayed",
                batch_id=batch_id,
                origin=batch.origin,
            )
        bound = {"code": batch.subdistrict_code, "feed": batch.feed, "batch_id": batch_id}
        later = connection.execute(_SQL["later"], bound).scalar()
        if later is not None:
            raise Conflict(
                "batch {later} of the same feed came later; replaying {batch_id} would turn its rows back",
                later=later,
                batch_id=batch_id,
            )
        district = select_district(connection, code=batch.subdistrict_code)
    if batch.kind not in KNOWN:
        raise NotFound("feed {feed} is not known any more", feed=batch.kind)
    config = json.loads(batch.versions.get("config") or "{}")
    with kept.opened(batch.content_hash, feed=batch.feed, name=batch.source) as path:
        source = source_of(batch, config, path)
        delivery = Delivery(path.parent, district, (source,))
        results = load_sources(
            database, delivery, [source], actor=actor, now=now, kept=kept, origin=Origin("replay", batch_id)
        )  # fmt: skip
    return results[0]
