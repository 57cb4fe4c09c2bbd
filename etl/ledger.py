"""The ledger: what was delivered, when, by whom, and what became of every row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection

from gis.database.statements import load_statements

_SQL = load_statements("etl", "ledger")
#: up to here keys are bound, beyond it everything is fetched [keys]
FEW_KEYS = 5_000
#: stands between joined rows; no key holds it
ROW_END = "\x1e"


@dataclass(frozen=True)
class FeedResult:
    """What became of the rows of one delivery of one feed."""

    feed: str
    #: = loaded + unchanged + quarantined + unplaced
    read: int = 0
    #: new or changed, and on the map where the feed is placed
    loaded: int = 0
    unchanged: int = 0
    quarantined: int = 0
    #: new or changed, and unplaced or ambiguous
    unplaced: int = 0
    ambiguous: int = 0
    seconds: float = 0.0
    #: loaded rows by match_level, for feeds that are placed; "" = nothing was read
    levels: Mapping[str, int] = field(default_factory=dict)
    batch_id: int | None = None
    #: reasons of every bad row by its position, known ones included
    reasons: Mapping[int, Sequence[str]] = field(default_factory=dict, repr=False)
    #: time of the newest event, of feeds of events
    newest_event_at: datetime | None = None

    @property
    def stored(self) -> int:
        """Rows that were written: new or changed, on the map or not."""
        return self.loaded + self.unplaced


@dataclass(frozen=True)
class Origin:
    """What brings a batch about."""

    #: delivery, report, mending or replay
    name: str
    #: the batch whose kept file is loaded again
    replay_of: int | None = None


DELIVERED = Origin("delivery")


@dataclass(frozen=True)
class Opening:
    """How a batch begins."""

    subdistrict_code: str
    feed: str
    source: str
    content_hash: str | None
    actor: str
    versions: Mapping[str, Any]
    started_at: datetime
    #: the ledger row takes the time of the transaction: who reports may close only what they opened in it
    by_transaction: bool = False
    #: rows by a count apart from the reader
    counted: int | None = None
    #: of rasters: pixels of the band, which the file's own header says too
    pixels: int | None = None
    #: delivery, report, mending or replay
    origin: str = "delivery"
    #: the module that reads the feed; "" = the feed's own name
    kind: str = ""
    replay_of: int | None = None


def open_batch(connection: Connection, opening: Opening) -> int:
    """Write the ledger row of a batch and return its id."""
    return int(
        connection.execute(
            _SQL["open_batch"],
            {
                "subdistrict_code": opening.subdistrict_code,
                "feed": opening.feed,
                "source": opening.source,
                "content_hash": opening.content_hash,
                "actor": opening.actor,
                "versions": json.dumps(opening.versions),
                "started_at": None if opening.by_transaction else opening.started_at,
                "origin": opening.origin,
                "replay_of": opening.replay_of,
            },
        ).scalar_one()
    )


def close_batch(connection: Connection, opening: Opening, result: FeedResult, *, finished_at: datetime) -> None:
    """Write what became of a batch, how fresh its feed is now, and tell those who listen."""
    connection.execute(
        _SQL["close_batch"],
        {
            "id": result.batch_id,
            "read": result.read,
            "loaded": result.loaded,
            "unchanged": result.unchanged,
            "quarantined": result.quarantined,
            "unplaced": result.unplaced,
            "levels": json.dumps(dict(result.levels)),
            "seconds": result.seconds,
            "finished_at": finished_at,
            "counted": opening.counted,
            "pixels": opening.pixels,
        },
    )
    connection.execute(
        _SQL["note_delivery"],
        {
            "subdistrict_code": opening.subdistrict_code,
            "feed": opening.feed,
            "newest_event_at": result.newest_event_at,
            "last_batch_at": finished_at,
        },
    )
    if result.stored or result.quarantined:
        kind = opening.kind or opening.feed
        message = {"kind": "batch", "feed": kind, "batch_id": result.batch_id, "rows": result.stored}
        tell(connection, message)


def tell(connection: Connection, message: Mapping[str, Any]) -> None:
    """Notify those who listen, at the end of the transaction."""
    connection.execute(_SQL["tell"], {"message": json.dumps(message)})


def lock_feed(connection: Connection, *, subdistrict_code: str, feed: str) -> None:
    """Let one load of a feed run at a time, until the end of the transaction."""
    connection.execute(_SQL["lock_feed"], {"subdistrict_code": subdistrict_code, "feed": feed})


def newest_batch(connection: Connection, *, subdistrict_code: str, feed: str) -> Any:
    """Return the newest whole file delivery (id, content_hash, read, versions), or None."""
    bound = {"subdistrict_code": subdistrict_code, "feed": feed}
    return connection.execute(_SQL["newest_batch"], bound).one_or_none()


def register_feed(
    connection: Connection,
    *,
    subdistrict_code: str,
    feed: str,
    kind: str,
    title: str,
    expected_every_s: int | None,
    config: Mapping[str, Any],
) -> None:
    """Note what a feed is called and how it is delivered."""
    connection.execute(
        _SQL["register_feed"],
        {
            "subdistrict_code": subdistrict_code,
            "feed": feed,
            "kind": kind,
            "title": title,
            "expected_every_s": expected_every_s,
            "config": json.dumps(config, ensure_ascii=False),
        },
    )


def gazetteer_version(connection: Connection, *, subdistrict_code: str, feeds: Sequence[str]) -> str:
    """The state of the gazetteer: the batch of these kinds that last changed it, and how often people changed names."""
    bound = {"subdistrict_code": subdistrict_code, "feeds": list(feeds)}
    found = connection.execute(_SQL["gazetteer_version"], bound).one()
    return f"{found.batch}+{found.learned}"


def delivered_hashes(connection: Connection, *, subdistrict_code: str, feed: str, keys: pl.Series) -> pl.DataFrame:
    """Hashes of the rows of a feed as last delivered: columns `key` and `known`; at least those of `keys`."""
    bound: dict[str, Any] = {"subdistrict_code": subdistrict_code, "feed": feed}
    if len(keys) <= FEW_KEYS:
        rows = connection.execute(_SQL["delivered_some"], {**bound, "keys": keys.to_list()}).all()
        known = {"key": [row.source_key for row in rows], "known": [bytes(row.row_hash).hex() for row in rows]}
        return pl.DataFrame(known, schema={"key": pl.String, "known": pl.String})
    # blocks of joined texts: row by row, a million of them take ten times as long to fetch
    blocks = connection.execute(_SQL["delivered_all"], {**bound, "end": ROW_END}).scalars().all()
    joined = pl.Series(blocks, dtype=pl.String).str.split(ROW_END).explode().drop_nulls()
    return pl.DataFrame({"key": joined.str.slice(32), "known": joined.str.slice(0, 32)})


def batches(
    connection: Connection, *, subdistrict_code: str, feed: str = "", most: int = 200, reports: bool = False
) -> Sequence[Any]:
    """Return rows of the ledger, newest first, with each feed's title and kind; single reports only when asked."""
    bound = {"subdistrict_code": subdistrict_code, "feed": feed, "most": most, "reports": reports}
    return connection.execute(_SQL["batches"], bound).all()
