"""The one way of rows, of files and posts alike: hash, check, resolve, place, upsert, ledger; in one transaction."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from etl.faults import Faults, Mask
from etl.feed import CheckedRows, Context, Feed, RowBatch, StoreBatch
from etl.ledger import FeedResult, Opening, close_batch, delivered_hashes, lock_feed, open_batch
from etl.quarantine import known_bad, quarantine_rows, release
from etl.reading import RawRows
from etl.storing import ids, point_texts, upsert
from etl.work import BATCH_ROWS, BATCH_TEXTS, TextBatch, Workers, check_rows, joined, locate_texts
from gis.database.statements import quoted
from gis.database.tables import delivered
from gis.geocode import ENGINE_VERSION, Gazetteer
from gis.location import NOWHERE
from gis.placing import place_records, readings_frame

#: clocks of other systems may run ahead of ours by this much
CLOCK_SKEW = timedelta(minutes=5)
#: nothing in these registers happened before
EARLIEST = pd.Timestamp("2000-01-01", tz="UTC")
#: longer keys are cut [characters]
LONGEST_KEY = 120
#: columns that tell `place_records` what to do and are in no table
PLACING_COLUMNS = ("stated_lon", "stated_lat", "place_text")


@dataclass(frozen=True)
class PlacedBy:
    """The gazetteer texts are placed by, and the batch that last changed it."""

    gazetteer: Gazetteer
    version: str


@dataclass(frozen=True)
class Told:
    """Called with the number of rows that went a step further."""

    advance: Callable[[int], None] = lambda rows: None


SILENT = Told()
#: columns that every row takes beside what its feed says
NO_STAMP: Mapping[str, Any] = {}
NOTHING_REFUSED: Mapping[int, list[str]] = {}


@dataclass(frozen=True)
class Sorted:
    """Rows of a delivery by what has to be done with them."""

    #: key of each row, same order as the rows
    keys: "pd.Series[str]"
    #: hash of each row
    hashes: list[bytes]
    #: new, changed, or in quarantine before: to be worked through
    fresh: Mask
    #: the same key stands earlier in the delivery, with other content
    doubled: Mask
    #: keys that were delivered before in another form
    changed_keys: frozenset[str]


def load_rows(
    connection: Connection,
    *,
    feed: Feed,
    raw: RawRows,
    context: Context,
    opening: Opening,
    workers: Workers,
    placed_by: PlacedBy | None,
    told: Told = SILENT,
    stamp: Mapping[str, Any] = NO_STAMP,
    refused: Mapping[int, list[str]] = NOTHING_REFUSED,
) -> FeedResult:
    """Bring rows in within the caller's transaction; each is loaded, unchanged or quarantined.

    Rows at the positions of `refused` go into quarantine with these reasons, whatever this connection may see: what was
    refused to somebody must not come in by the rights of whoever writes the quarantine.
    """
    started = perf_counter()
    code = context.district.code
    if opening.content_hash is not None:
        lock_feed(connection, subdistrict_code=code, feed=feed.name)
    sorted_rows = sort_rows(connection, feed=feed, raw=raw, context=context)
    told.advance(int((~sorted_rows.fresh).sum()))
    batch_id = open_batch(connection, opening)
    positions = np.flatnonzero(sorted_rows.fresh)
    result = FeedResult(feed=feed.name, read=len(raw), unchanged=int((~sorted_rows.fresh).sum()), batch_id=batch_id)
    if positions.size:
        checked = check_all(feed, raw, sorted_rows.keys, positions, context, workers, told)
        result = store_checked(
            connection, feed=feed, raw=raw, context=context, sorted_rows=sorted_rows, checked=checked, result=result,
            workers=workers, placed_by=placed_by, stamp=stamp, refused=refused,
        )  # fmt: skip
    result = replace(result, seconds=round(perf_counter() - started, 3))
    close_batch(connection, opening, result, finished_at=opening.started_at + timedelta(seconds=result.seconds))
    return result


def sort_rows(connection: Connection, *, feed: Feed, raw: RawRows, context: Context) -> Sorted:
    """Tell rows that are new or changed from those delivered before, and find keys that stand twice."""
    hashes = row_hashes(raw.frame, context.keys.hash_key)
    keys = keys_of(feed, raw.frame, context, hashes)
    before = delivered_hashes(
        connection, subdistrict_code=context.district.code, feed=feed.name, keys=keys[keys != ""].tolist()
    )
    first: dict[str, bytes] = {}
    fresh = np.ones(len(hashes), dtype=bool)
    doubled = np.zeros(len(hashes), dtype=bool)
    changed: set[str] = set()
    for at, (key, own) in enumerate(zip(keys.tolist(), hashes, strict=True)):
        if not key:
            continue
        earlier = first.setdefault(key, own)
        known = before.get(key)
        if earlier is not own:
            # the same row once more is a copy and changes nothing; another one under the same key is a fault
            if earlier == own:
                fresh[at] = False
            else:
                doubled[at] = True
        elif known == own:
            fresh[at] = False
        elif known is not None:
            changed.add(key)
    return Sorted(keys, hashes, fresh, doubled, frozenset(changed))


def keys_of(feed: Feed, frame: pd.DataFrame, context: Context, hashes: Sequence[bytes]) -> "pd.Series[str]":
    """The key of each row: its key column, else what the feed composes one of, else its content and its occurrence."""
    headings = feed.headings_in(context.source)
    heading = headings["source_key"]
    if context.source.keys == "rows":
        texts = pd.Series([one.hex()[:16] for one in hashes], index=frame.index, dtype="str")
        return texts + "-" + (texts.groupby(texts).cumcount() + 1).astype("str")
    if heading in frame:
        return frame[heading].str.strip()
    if feed.composed_key:
        parts = [frame[headings.get(name, name)].str.strip() for name in feed.composed_key]
        composed_keys = [composed(row) for row in zip(*parts, strict=True)]
        return pd.Series(composed_keys, index=frame.index, dtype="str")
    return pd.Series("", index=frame.index, dtype="str")


def composed(parts: Sequence[str]) -> str:
    """One key of several values; a long one (a shape among them) is cut and told apart by its digest."""
    key = "/".join(parts)
    return key if len(key) <= LONGEST_KEY else f"{key[:40]}…{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def row_hashes(frame: pd.DataFrame, key: bytes) -> list[bytes]:
    """Keyed hash of each row as delivered [16 bytes]; keyed, since a row may hold what must not be guessed from it."""
    columns = [frame[column].fillna("").tolist() for column in frame.columns]
    digest = hashlib.blake2b
    return [digest("\x1f".join(row).encode(), digest_size=16, key=key).digest() for row in zip(*columns, strict=True)]


def check_all(
    feed: Feed,
    raw: RawRows,
    keys: "pd.Series[str]",
    positions: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    context: Context,
    workers: Workers,
    told: Told,
) -> CheckedRows:
    """Check the rows at `positions` in batches."""

    def batches() -> "list[RowBatch]":
        return [
            RowBatch(
                raw.frame.iloc[positions[start : start + BATCH_ROWS]],
                keys.iloc[positions[start : start + BATCH_ROWS]],
                context,
                None if raw.geometry is None else raw.geometry[positions[start : start + BATCH_ROWS]],
            )
            for start in range(0, len(positions), BATCH_ROWS)
        ]

    parts = []
    for part in workers.map(check_rows, batches(), rows=len(positions)):
        told.advance(len(part.columns))
        parts.append(part)
    return joined(parts, feed.headings_in(context.source))


def store_checked(
    connection: Connection,
    *,
    feed: Feed,
    raw: RawRows,
    context: Context,
    sorted_rows: Sorted,
    checked: CheckedRows,
    result: FeedResult,
    workers: Workers,
    placed_by: PlacedBy | None,
    stamp: Mapping[str, Any],
    refused: Mapping[int, list[str]],
) -> FeedResult:
    """Resolve, place and store the good rows; put the others into quarantine."""
    columns, faults = checked.columns, checked.faults
    positions = columns.index.to_numpy()
    faults.add("duplicate_key", "source_key", sorted_rows.doubled[positions])
    if feed.event_time:
        event_faults(connection, feed, columns, faults, context, sorted_rows.changed_keys)
    if feed.resolve:
        columns = feed.resolve(connection, columns, faults, context)
    faults.add("broken_row", "", np.isin(positions, list(raw.broken)))
    bad = faults.any | np.isin(positions, list(refused))
    good = columns[~bad]
    batch = StoreBatch(int(result.batch_id or 0), feed, context.district.code)
    if feed.located and len(good):
        good = placed(good, context, workers, placed_by)
    if len(good):
        store = feed.store or store_in_table
        store(connection, good.assign(**stamp), context, batch)
        remember(connection, good, sorted_rows, batch)
        new_keys = [key for key in good["source_key"].tolist() if key not in sorted_rows.changed_keys]
        release(connection, feed=feed, context=context, keys=new_keys, batch_id=batch.id, now=context.now)
    reasons = faults.by_row() | {position: ["broken_row"] for position in raw.broken if position in columns.index}
    reasons |= refused
    hashes = {position: sorted_rows.hashes[position].hex() for position in reasons}
    known = known_bad(connection, subdistrict_code=batch.subdistrict_code, feed=feed.name, hashes=list(hashes.values()))
    news: dict[int, list[str]] = {}
    for position, row_reasons in reasons.items():
        if hashes[position] not in known:
            known.add(hashes[position])
            news[position] = row_reasons
    quarantine_rows(connection, feed=feed, context=context, raw=raw, reasons=news, hashes=hashes, batch_id=batch.id)
    levels, unplaced, ambiguous = placing_counts(good)
    return replace(
        result,
        loaded=len(good) - unplaced,
        quarantined=len(news),
        unchanged=result.unchanged + len(reasons) - len(news),
        unplaced=unplaced,
        ambiguous=ambiguous,
        levels=levels,
        reasons=reasons,
        newest_event_at=newest_event(good, feed),
    )


def event_faults(
    connection: Connection, feed: Feed, columns: pd.DataFrame, faults: Faults, context: Context, changed: frozenset[str]
) -> None:
    """Check the time of events: past, not too long ago, and the same as before, since it never changes."""
    at = columns[feed.event_time]
    faults.add("in_future", feed.event_time, (at > pd.Timestamp(context.now + CLOCK_SKEW)).to_numpy(dtype=bool))
    faults.add("too_early", feed.event_time, (at < EARLIEST).to_numpy(dtype=bool))
    suspects = columns.loc[columns["source_key"].isin(list(changed)).to_numpy(dtype=bool) & at.notna().to_numpy()]
    if suspects.empty:
        return
    table = f"{quoted(feed.table.schema or 'base')}.{quoted(feed.table.name)}"
    stored = {
        row.source_key: row.at
        for row in connection.execute(
            text(
                f"SELECT source_key, {quoted(feed.event_time)} AS at FROM {table}"
                " WHERE subdistrict_code = :code AND feed = :feed AND source_key = ANY(:keys)"
            ),
            {"code": context.district.code, "feed": feed.name, "keys": suspects["source_key"].tolist()},
        )
    }
    wanted = set(suspects.index)
    moved = [
        row in wanted and key in stored and pd.Timestamp(stored[key]) != when
        for row, key, when in zip(columns.index, columns["source_key"], at, strict=True)
    ]
    faults.add("event_time_changed", feed.event_time, np.array(moved, dtype=bool))
    # delivered before, yet out of sight: another's report has this key
    hidden = [
        row in wanted and key not in stored for row, key in zip(columns.index, columns["source_key"], strict=True)
    ]
    faults.add("key_taken", "source_key", np.array(hidden, dtype=bool))


def placed(good: pd.DataFrame, context: Context, workers: Workers, placed_by: PlacedBy | None) -> pd.DataFrame:
    """Place rows and return their columns with the location columns; each text is worked out once."""
    texts = good["place_text"].fillna("").astype(object)
    unique = pd.unique(texts)
    unique = unique[unique != ""]
    if len(unique) and placed_by is not None:
        batches = [
            TextBatch(unique[start : start + BATCH_TEXTS].tolist(), placed_by.gazetteer, placed_by.version)
            for start in range(0, len(unique), BATCH_TEXTS)
        ]
        known = pd.concat(list(workers.map(locate_texts, batches, rows=len(unique))), ignore_index=True)
    else:
        unique, known = unique[:0], readings_frame([])
    # the last row answers for texts that say nothing
    known = (
        pd.concat([known, readings_frame([NOWHERE])], ignore_index=True) if len(known) else readings_frame([NOWHERE])
    )
    at = pd.Index(unique).get_indexer(pd.Index(texts))
    readings = known.take(np.where(at < 0, len(known) - 1, at))
    readings.index = good.index
    located = place_records(
        context.territory,
        lon=good["stated_lon"].to_numpy(dtype=np.float64),
        lat=good["stated_lat"].to_numpy(dtype=np.float64),
        readings=readings,
    )
    return with_location(good.drop(columns=list(PLACING_COLUMNS)), located)


def with_location(good: pd.DataFrame, located: pd.DataFrame) -> pd.DataFrame:
    """Take over what was found, keeping a place, building or community that the row itself had."""
    stated = good["community_code"] if "community_code" in good else pd.Series(None, index=good.index, dtype="object")
    found = located["community_code"]
    columns: dict[str, Any] = {name: good[name] for name in good.columns}
    for name in ("placement", "radius_m", "match_level", "confidence", "located_by"):
        columns[name] = located[name]
    columns["geom"] = pd.Series(point_texts(located["lon"], located["lat"]), index=good.index, dtype="object")
    columns["cell"] = ids(located["cell"])
    columns["work_grid_id"] = ids(located["work_grid_id"])
    columns["community_code"] = found.where(found.notna(), stated)
    for name in ("place_id", "building_id"):
        found_ids = ids(located[name])
        columns[name] = found_ids if name not in good else found_ids.fillna(ids(good[name]))
    return pd.DataFrame(columns, index=good.index)


def store_in_table(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Upsert rows into the feed's table."""
    frame = good.assign(subdistrict_code=batch.subdistrict_code, feed=batch.feed.name, batch_id=batch.id)
    if batch.feed.event_time:
        times = good[batch.feed.event_time]
        connection.execute(
            text("SELECT support.ensure_months(CAST(:parent AS regclass), :first, :last)"),
            {
                "parent": f"{batch.feed.table.schema}.{batch.feed.table.name}",
                "first": times.min().to_pydatetime(),
                "last": times.max().to_pydatetime(),
            },
        )
    columns = [column for column in frame.columns if column in batch.feed.table.c]
    upsert(connection, batch.feed.table, frame[columns], conflict=batch.feed.conflict)


def remember(connection: Connection, good: pd.DataFrame, sorted_rows: Sorted, batch: StoreBatch) -> None:
    """Note in which form rows were delivered."""
    frame = pd.DataFrame(
        {
            "subdistrict_code": batch.subdistrict_code,
            "feed": batch.feed.name,
            "source_key": good["source_key"].to_numpy(dtype=object),
            "row_hash": ["\\x" + sorted_rows.hashes[position].hex() for position in good.index],
            "batch_id": batch.id,
        }
    )
    upsert(connection, delivered, frame, conflict=("subdistrict_code", "feed", "source_key"))


def placing_counts(good: pd.DataFrame) -> tuple[Mapping[str, int], int, int]:
    """Rows by match_level, how many are not placed, and how many of these are ambiguous."""
    if "placement" not in good:
        return {}, 0, 0
    is_placed = (good["placement"] == "placed").to_numpy(dtype=bool)
    levels = Counter(str(level) for level in good.loc[is_placed, "match_level"])
    return dict(levels), int((~is_placed).sum()), int((good["placement"] == "ambiguous").sum())


def newest_event(good: pd.DataFrame, feed: Feed) -> datetime | None:
    if not feed.event_time or good.empty:
        return None
    newest = good[feed.event_time].max()
    return None if pd.isna(newest) else newest.to_pydatetime()


def versions(gazetteer: str) -> dict[str, str]:
    """What a batch was made by: program, geocoder, and the batch that last changed the gazetteer."""
    return {"code": version("fengqiao"), "geocoder": ENGINE_VERSION, "gazetteer": gazetteer}
