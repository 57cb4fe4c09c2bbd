"""The one way of rows, of files and posts alike: hash, check, resolve, place, upsert, ledger; in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.decided import keep_decisions
from etl.faults import Faults
from etl.feed import CheckedRows, Context, Feed, RowBatch, StoreBatch
from etl.filling import filling, write_rows
from etl.ledger import FeedResult, Opening, close_batch, lock_feed, open_batch
from etl.quarantine import awaited_keys, known_bad, quarantine_rows, release
from etl.reading import RawRows
from etl.sorting import Sorted, sort_rows
from etl.storing import ids, point_texts
from etl.work import BATCH_ROWS, PlacedBy, TextPlaces, Workers, check_rows, joined
from gis.database.statements import quoted
from gis.database.tables import delivered
from gis.geocode import ENGINE_VERSION
from gis.placing import place_records

#: clocks of other systems may run ahead of ours by this much
CLOCK_SKEW = timedelta(minutes=5)
#: nothing in these registers happened before
EARLIEST = pd.Timestamp("2000-01-01", tz="UTC")
#: columns that tell `place_records` what to do and are in no table
PLACING_COLUMNS = ("stated_lon", "stated_lat", "place_text")


@dataclass(frozen=True)
class Told:
    """Called with the number of rows that went a step further."""

    advance: Callable[[int], None] = lambda rows: None


SILENT = Told()
#: columns that every row takes beside what its feed says
NO_STAMP: Mapping[str, Any] = {}
NOTHING_REFUSED: Mapping[int, list[str]] = {}


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
    result = FeedResult(feed=feed.name, read=len(raw), unchanged=int((~sorted_rows.fresh).sum()), batch_id=batch_id)
    if sorted_rows.fresh.any():
        result = bring_in(
            connection, feed=feed, raw=raw, context=context, sorted_rows=sorted_rows, result=result, workers=workers,
            places=TextPlaces(placed_by), told=told, stamp=stamp, refused=refused,
        )  # fmt: skip
    result = replace(result, seconds=round(perf_counter() - started, 3))
    close_batch(connection, opening, result, finished_at=opening.started_at + timedelta(seconds=result.seconds))
    return result


def checked_pieces(
    feed: Feed,
    raw: RawRows,
    sorted_rows: Sorted,
    context: Context,
    workers: Workers,
) -> Iterator[CheckedRows]:
    """Check the fresh rows in batches; yields them piece by piece, or all at once where rows depend on one another."""
    positions = np.flatnonzero(sorted_rows.fresh)

    def batches() -> Iterator[RowBatch]:
        for start in range(0, len(positions), BATCH_ROWS):
            part = whole_slice(positions[start : start + BATCH_ROWS])
            geometry = None if raw.geometry is None else raw.geometry[part]
            yield RowBatch(raw.frame.iloc[part], sorted_rows.keys.iloc[part], context, geometry)

    pieces = workers.map(check_rows, batches(), rows=len(positions))
    if feed.by_pieces:
        yield from pieces
    else:
        yield joined(list(pieces), feed.headings_in(context.source))


def whole_slice(positions: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """Positions in a row as a slice, which copies nothing."""
    if positions[-1] - positions[0] + 1 == len(positions):
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions


@dataclass
class Tally:
    """What became of the rows of the pieces so far."""

    loaded: int = 0
    unplaced: int = 0
    ambiguous: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    newest_event_at: datetime | None = None
    #: reasons of every bad row by its position
    reasons: dict[int, list[str]] = field(default_factory=dict)

    def add(self, good: pd.DataFrame, reasons: Mapping[int, list[str]], feed: Feed) -> None:
        """Count a piece: its good rows as stored, and what is wrong with its others."""
        self.loaded += len(good)
        self.reasons |= reasons
        if feed.event_time and len(good):
            newest = good[feed.event_time].max()
            if not pd.isna(newest):
                at = newest.to_pydatetime()
                self.newest_event_at = at if self.newest_event_at is None else max(self.newest_event_at, at)
        if "placement" not in good:
            return
        is_placed = (good["placement"] == "placed").to_numpy(dtype=bool)
        levels = good.loc[is_placed, "match_level"].value_counts()
        self.levels.update({str(level): int(count) for level, count in levels.items()})
        self.unplaced += int((~is_placed).sum())
        self.ambiguous += int((good["placement"] == "ambiguous").sum())


def bring_in(
    connection: Connection,
    *,
    feed: Feed,
    raw: RawRows,
    context: Context,
    sorted_rows: Sorted,
    result: FeedResult,
    workers: Workers,
    places: TextPlaces,
    told: Told,
    stamp: Mapping[str, Any],
    refused: Mapping[int, list[str]],
) -> FeedResult:
    """Check, resolve, place and store the fresh rows; put the bad ones into quarantine."""
    code = context.district.code
    rows = int(sorted_rows.fresh.sum())
    awaited = awaited_keys(connection, feed=feed, context=context)
    tally = Tally()
    tables = [feed.table, *feed.fills, delivered]
    with filling(connection, tables, subdistrict_code=code, feed=feed.name, rows=rows) as filled:
        batch = StoreBatch(int(result.batch_id or 0), feed, code, filled)
        for piece in checked_pieces(feed, raw, sorted_rows, context, workers):
            columns, faults = piece.columns, piece.faults
            positions = columns.index.to_numpy()
            faults.add("duplicate_key", "source_key", sorted_rows.doubled[positions])
            if feed.event_time:
                event_faults(connection, feed, columns, faults, context, sorted_rows.changed_keys)
            if feed.resolve:
                columns = feed.resolve(connection, columns, faults, context, batch)
            faults.add("broken_row", "", np.isin(positions, list(raw.broken)))
            bad = faults.any | np.isin(positions, list(refused))
            good = columns[~bad] if bad.any() else columns
            if len(good):
                good = store_good(connection, good, context, batch, workers, places, stamp, sorted_rows)
                mended = awaited.intersection(good["source_key"]) - sorted_rows.changed_keys if awaited else set()
                release(connection, feed=feed, context=context, keys=sorted(mended), batch_id=batch.id, now=context.now)
            tally.add(good, faults.by_row(), feed)
            told.advance(len(columns))
    if feed.finish and tally.loaded:
        feed.finish(connection, context, batch)
    reasons = tally.reasons | {at: ["broken_row"] for at in raw.broken if sorted_rows.fresh[at]} | dict(refused)
    hashes = {position: sorted_rows.hash_of(position) for position in reasons}
    known = known_bad(connection, subdistrict_code=code, feed=feed.name, hashes=list(hashes.values()))
    news: dict[int, list[str]] = {}
    for position, row_reasons in reasons.items():
        if hashes[position] not in known:
            known.add(hashes[position])
            news[position] = row_reasons
    quarantine_rows(connection, feed=feed, context=context, raw=raw, reasons=news, hashes=hashes, batch_id=batch.id)
    return replace(
        result,
        loaded=tally.loaded - tally.unplaced,
        quarantined=len(news),
        unchanged=result.unchanged + len(reasons) - len(news),
        unplaced=tally.unplaced,
        ambiguous=tally.ambiguous,
        levels=dict(tally.levels),
        reasons=reasons,
        newest_event_at=tally.newest_event_at,
    )


def store_good(
    connection: Connection,
    good: pd.DataFrame,
    context: Context,
    batch: StoreBatch,
    workers: Workers,
    places: TextPlaces,
    stamp: Mapping[str, Any],
    sorted_rows: Sorted,
) -> pd.DataFrame:
    """Place and store good rows and note in which form they were delivered; returns them as stored."""
    if batch.feed.located:
        good = placed(good, batch.feed, context, workers, places)
    good = keep_decisions(connection, good, batch, now=context.now)
    store = batch.feed.store or store_in_table
    store(connection, good.assign(**stamp), context, batch)
    remember(connection, good, sorted_rows, batch)
    return good


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


def placed(good: pd.DataFrame, feed: Feed, context: Context, workers: Workers, places: TextPlaces) -> pd.DataFrame:
    """Place rows and return their columns with the location columns; each text is worked out once."""
    days = None
    if feed.event_time and places.placed_by is not None and places.placed_by.dated.days:
        days = good[feed.event_time].dt.tz_convert(context.district.zone).dt.date
    readings = places.readings(good["place_text"], workers, days=days)
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
    if batch.feed.event_time and batch.feed.table.dialect_options["postgresql"]["partition_by"]:
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
    write_rows(connection, batch.feed.table, frame[columns], conflict=batch.feed.conflict, batch=batch)


def remember(connection: Connection, good: pd.DataFrame, sorted_rows: Sorted, batch: StoreBatch) -> None:
    """Note in which form rows were delivered."""
    hashes = sorted_rows.hashes.take(pa.array(good.index.to_numpy(dtype=np.int64)))
    frame = pd.DataFrame(
        {
            "subdistrict_code": batch.subdistrict_code,
            "feed": batch.feed.name,
            "source_key": good["source_key"],
            "row_hash": "\\x" + pd.Series(hashes.to_pandas(), dtype="str").set_axis(good.index),
            "batch_id": batch.id,
        }
    )
    write_rows(connection, delivered, frame, conflict=("subdistrict_code", "feed", "source_key"), batch=batch)


def versions(gazetteer: str) -> dict[str, str]:
    """What a batch was made by: program, geocoder, and the batch that last changed the gazetteer."""
    return {"code": version("fengqiao"), "geocoder": ENGINE_VERSION, "gazetteer": gazetteer}
