"""Place records again after the gazetteer changed: only those whose place may be another now, and say what moved.

What may have changed is known from the gazetteer itself. An entry, another name, a building or a crossing written since
the last time (`recorded_from`) marks its place, the estate over it and its roads. A record can be placed otherwise when

- it waits: any new name may be its name;
- it was put at a marked place: that may have moved, lost the name, or gained a better one;
- its text holds a written form of a marked place, misspelt ones included: the engine's own search for names decides.

The rest reads as before, but for the weight of characters, which falls a little with every name that holds them; a new
version of the engine places everything again. What a person has judged is never touched.
"""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from etl.feeds import GAZETTEER_FEEDS
from etl.ledger import FeedResult, Opening, close_batch, gazetteer_version, open_batch
from etl.pipeline import versions
from etl.placing_changes import SQL, NameBatch, changed_since, texts_that_hold
from etl.storing import ids, point_texts, put_rows
from etl.work import PlacedBy, TextPlaces, Workers
from gis.database.connection import Database
from gis.database.statements import quoted
from gis.district import District, select_district
from gis.errors import NotFound
from gis.geocode import ENGINE_VERSION
from gis.geocode.gazetteer import distance_m
from gis.placing import PLACE, Territory, dated_gazetteer_of, number_of, place_records, territory_of
from gis.subjects import SUBJECTS, Subject

#: texts per batch of the search for names
TEXTS_AT_ONCE = 20_000
#: a point this near to the old one has not moved [m]
STAYS_M = 1.0


@dataclass(frozen=True)
class Move:
    """One record that is placed otherwise now."""

    subject: str
    source_key: str
    words: str
    #: match_level before and after; empty = was or is not placed
    before: str
    after: str
    #: between the two points; None where one lacks [m]
    distance_m: float | None


@dataclass(frozen=True)
class PlacedAgain:
    """What a run came to."""

    gazetteer: str
    #: records that could have changed
    read: int = 0
    #: places of the gazetteer that changed since the last run; None = all were taken for changed
    places: int | None = None
    moves: Sequence[Move] = field(default_factory=tuple)
    seconds: float = 0.0

    @property
    def levels(self) -> list[tuple[str, str, int]]:
        """How many went from which level to which, the most first."""
        return [(*pair, count) for pair, count in Counter((one.before, one.after) for one in self.moves).most_common()]


def place_again_when_changed(database: Database, *, now: datetime) -> int:
    """Place again if the gazetteer or the engine is another than at the last run; returns how many records moved."""
    with database.owner.connect() as connection:
        try:
            district = select_district(connection)
        except NotFound:
            return 0
        last = connection.execute(SQL["last_run"], {"subdistrict_code": district.code}).one_or_none()
        state = gazetteer_version(connection, subdistrict_code=district.code, feeds=GAZETTEER_FEEDS)
    if last is not None and (last.gazetteer, last.engine) == (state, ENGINE_VERSION):
        return 0
    return len(place_again(database, district, actor="periodic", now=now).moves)


def place_again(
    database: Database,
    district: District,
    *,
    actor: str,
    now: datetime,
    executor: Executor | None = None,
    everything: bool = False,
    dry_run: bool = False,
) -> PlacedAgain:
    """Place again what may be placed otherwise by today's gazetteer, in one transaction.

    Parameters
    ----------
    database
        Its owner's engine is used.
    executor
        Where texts are read; None = here, or a pool of processes when they are many.
    everything
        Take every name for changed.
    dry_run
        Say what would move and write nothing.
    """
    started = perf_counter()
    code = district.code
    with Workers(executor) as workers, database.owner.connect() as connection, connection.begin() as transaction:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        state = gazetteer_version(connection, subdistrict_code=code, feeds=GAZETTEER_FEEDS)
        last = connection.execute(SQL["last_run"], {"subdistrict_code": code}).one_or_none()
        since = last.started_at if last else connection.scalar(SQL["first_placed"], {"subdistrict_code": code})
        everything = everything or (last is not None and last.engine != ENGINE_VERSION)
        today = now.astimezone(district.zone).date()
        placed_by = PlacedBy(dated_gazetteer_of(connection, code), state, today)
        marked = None if everything or since is None else changed_since(connection, code, since)
        run = Run(connection, district, placed_by, territory_of(connection, code), workers, actor, now, dry_run)
        moves: list[Move] = []
        read = 0
        for subject in SUBJECTS.values():
            if not subject.by_text:
                continue
            count, moved = run.place_subject(subject, marked)
            read += count
            moves += moved
        result = PlacedAgain(
            state, read, None if marked is None else len(marked), tuple(moves), round(perf_counter() - started, 3)
        )
        if dry_run:
            transaction.rollback()
        else:
            note_run(connection, code, result, actor=actor, now=now)
    return result


def note_run(connection: Connection, code: str, result: PlacedAgain, *, actor: str, now: datetime) -> None:
    """Remember by which state of the gazetteer records were placed."""
    connection.execute(
        SQL["note_run"],
        {
            "subdistrict_code": code,
            "gazetteer": result.gazetteer,
            "engine": ENGINE_VERSION,
            "actor": actor,
            "read": result.read,
            "changed": len(result.moves),
            "levels": json.dumps(result.levels),
            "started_at": now,
        },
    )


@dataclass(frozen=True)
class Run:
    """One time of placing again, within its transaction."""

    connection: Connection
    district: District
    placed_by: PlacedBy
    territory: Territory
    workers: Workers
    actor: str
    now: datetime
    dry_run: bool

    def place_subject(self, subject: Subject, marked: frozenset[str] | None) -> tuple[int, list[Move]]:
        """Place one kind of record; returns how many could change, and which did."""
        bound = {
            "subdistrict_code": self.district.code,
            "subject": subject.name,
            "everything": marked is None,
            "places": [number_of(one, PLACE) for one in marked or () if one.startswith(PLACE)],
            "texts": self.texts_with(subject, marked) if marked else [],
        }
        found = self.connection.execute(text(composed("could_change", subject)), bound)
        records = pd.DataFrame(found.all(), columns=list(found.keys()))
        if records.empty:
            return 0, []
        located = self.located(records)
        elsewhere = np.flatnonzero(is_elsewhere(records, located))
        moved, places = records.iloc[elsewhere], located.iloc[elsewhere]
        if not self.dry_run:
            for feed, part in moved.groupby("feed"):
                self.store(subject, str(feed), part, places.loc[part.index])
        return len(records), moves_of(subject, moved, places)

    def texts_with(self, subject: Subject, marked: frozenset[str]) -> list[str]:
        """The different texts of records that hold a name of a marked place."""
        bound = {"subdistrict_code": self.district.code}
        texts = [one for one in self.connection.execute(text(composed("texts", subject)), bound).scalars() if one]
        batches = [
            NameBatch(texts[start : start + TEXTS_AT_ONCE], self.placed_by.gazetteer, marked)
            for start in range(0, len(texts), TEXTS_AT_ONCE)
        ]
        return [one for part in self.workers.map(texts_that_hold, batches, rows=len(texts)) for one in part]

    def located(self, records: pd.DataFrame) -> pd.DataFrame:
        """Place records as a load would: by the coordinates they state, else by their text on its day."""
        days = None
        if self.placed_by.dated.days:
            days = pd.to_datetime(records["happened_at"], utc=True).dt.tz_convert(self.district.zone).dt.date
        words = records["words"].astype(object).fillna("")
        readings = TextPlaces(self.placed_by).readings(words, self.workers, days=days)
        stated = records["stated"].fillna(False).to_numpy(dtype=bool)
        lon, lat = (np.where(stated, records[name].to_numpy(dtype=np.float64), np.nan) for name in ("lon", "lat"))
        located = place_records(self.territory, lon=lon, lat=lat, readings=readings)
        codes = {name: code for code, name in self.territory.community_names.items()}
        said = records["stated_community"].map(codes).astype(object)
        # where no community of its own is kept beside, that of a record that waits is the stated one
        waits = (records["placement"] != "placed") & said.isna()
        said = said.where(~waits, records["community_code"])
        community = located["community_code"].where(located["community_code"].notna(), said)
        return located.assign(community_code=community.where(community.notna(), None))

    def store(self, subject: Subject, feed: str, records: pd.DataFrame, located: pd.DataFrame) -> None:
        """Write the new places of records of one feed as a batch of the ledger."""
        kind = self.connection.scalar(SQL["kind"], {"subdistrict_code": self.district.code, "feed": feed})
        opening = Opening(
            self.district.code, feed, "placing again", None, self.actor, versions(self.placed_by.state), self.now,
            origin="placing", kind=kind or feed,
        )  # fmt: skip
        batch_id = open_batch(self.connection, opening)
        is_placed = (located["placement"] == "placed").to_numpy(dtype=bool)
        incoming = put_rows(
            self.connection,
            pd.DataFrame(
                {
                    "id": records["id"].astype("Int64"),
                    "happened_at": [moment.isoformat() for moment in records["happened_at"]],
                    **{name: located[name] for name in ("placement", "radius_m", "match_level", "confidence")},
                    "located_by": located["located_by"],
                    "geom": point_texts(located["lon"], located["lat"]),
                    "community_code": located["community_code"].astype(object),
                    **{name: ids(located[name]) for name in ("cell", "work_grid_id", "place_id", "building_id")},
                },
                index=records.index,
            ),
            name="moved",
        )
        statement = composed("put", subject).replace("{moved}", incoming.relation)
        self.connection.execute(text(statement), {**incoming.bound, "batch_id": batch_id})
        levels = Counter(str(level) for level in located.loc[is_placed, "match_level"])
        result = FeedResult(
            feed, read=len(records), loaded=int(is_placed.sum()), unplaced=int((~is_placed).sum()),
            levels=dict(levels), batch_id=batch_id,
        )  # fmt: skip
        close_batch(self.connection, opening, result, finished_at=self.now)


def composed(name: str, subject: Subject) -> str:
    """Fill a statement with the table of a kind of record, its event time and its words."""
    words = ", ".join(f"NULLIF(btrim(record.{quoted(column)}), '')" for column in subject.words)
    table = f"{quoted(subject.table.schema or 'base')}.{quoted(subject.table.name)}"
    stated = "record.details ->> 'stated_community'" if "details" in subject.table.c else "NULL::text"
    filled = {
        "{table}": table,
        "{happened}": quoted(subject.happened or "recorded_from"),
        "{words}": f"COALESCE({words}, '')",
        "{stated_community}": stated,
    }
    statement = SQL.source(name)
    for blank, filling in filled.items():
        statement = statement.replace(blank, filling)
    return statement


def is_elsewhere(records: pd.DataFrame, located: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Whether records are placed otherwise than before: placed or not, how deep, at what, and where."""
    apart_m = distances_m(records, located)
    changed = (records["placement"] != located["placement"]).to_numpy(dtype=bool, copy=True)
    level = records["match_level"].astype(object).fillna("") != located["match_level"].astype(object).fillna("")
    changed |= level.to_numpy(dtype=bool) | (apart_m > STAYS_M)
    for name in ("place_id", "building_id"):
        before, after = (
            frame[name].astype("Float64").fillna(0).to_numpy(dtype=np.float64) for frame in (records, located)
        )
        changed |= before != after
    return changed


def distances_m(records: pd.DataFrame, located: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """How far records moved; NaN where one of the points lacks [m]."""
    points = [frame[name].to_numpy(dtype=np.float64) for frame in (records, located) for name in ("lon", "lat")]
    return np.array([distance_m(*pair) for pair in zip(*points, strict=True)], dtype=np.float64)


def moves_of(subject: Subject, records: pd.DataFrame, located: pd.DataFrame) -> list[Move]:
    """What moved, record by record; what waited and waits still, if for another reason, is written and not listed."""

    def level(row: Any) -> str:
        return str(row.match_level) if row.placement == "placed" else ""

    pairs = zip(records.itertuples(), located.itertuples(), distances_m(records, located).tolist(), strict=True)
    return [
        Move(
            subject.name, str(before.source_key), str(before.words), level(before), level(after),
            None if np.isnan(apart_m) else round(apart_m, 1),
        )
        for before, after, apart_m in pairs
        if level(before) or level(after)
    ]  # fmt: skip
