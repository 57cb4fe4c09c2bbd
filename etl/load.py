"""Load a delivered folder: look at every file first, then bring feed after feed in, each in one transaction."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Protocol

import numpy as np
import shapely
from sqlalchemy import Connection, text

from etl.counting import agreed_count
from etl.delivery import Delivery, FeedSource, config_text, read_delivery
from etl.feed import Context, Feed
from etl.feeds import FEEDS, GAZETTEER_FEEDS, KNOWN, ORDER, RASTERS
from etl.feeds.rasters import inspect_raster, plain_raster, write_raster
from etl.fitting import UnknownHeadings, is_still_decided, note_headings, read_fitted, refuse_switched_off
from etl.kept import KeptFiles
from etl.ledger import (
    DELIVERED,
    FeedResult,
    Opening,
    Origin,
    close_batch,
    gazetteer_version,
    lock_feed,
    newest_batch,
    open_batch,
    register_feed,
)
from etl.pipeline import Told, load_rows, versions
from etl.readers.files import opened, refuse_outright
from etl.reading import RawRows, content_hash
from etl.vectors import other_layers
from etl.work import PlacedBy, Workers
from gis.database.connection import Database
from gis.district import District, district_config
from gis.errors import BadInput
from gis.grid import build_cells
from gis.identity import identity_keys
from gis.placing import Territory, dated_gazetteer_of, territory_of
from gis.sentences import Sentence
from gis.texts import texts_in

#: rows of all files together that are kept from the first look to the loading; what is beyond is read again [bytes]
KEEP_BYTES = 400 << 20
COUNT_CELLS = text("SELECT count(*) FROM base.cell WHERE subdistrict_code = :code")
#: a first file of this size will want a pool of processes, which starts while the file is read [bytes]
WARM_FROM_BYTES = 20 << 20
#: geometries farther than this from the sub-district are of another one, or in another system; about 5 km [deg]
FAR_DEG = 0.05


class Progress(Protocol):
    """Who is told how far the loading is."""

    def begin(self, feed: str, rows: int) -> None:
        """A feed begins; `rows` steps are to be taken."""

    def advance(self, rows: int) -> None:
        """Rows of the current feed were worked through."""

    def end(self, result: FeedResult) -> None:
        """The current feed is done."""


class NoProgress:
    """Nobody is told."""

    def begin(self, feed: str, rows: int) -> None: ...

    def advance(self, rows: int) -> None: ...

    def end(self, result: FeedResult) -> None: ...


@dataclass(frozen=True)
class Looked:
    """A file after the first look."""

    source: FeedSource
    digest: str
    #: rows of the newest delivery, when this is the very same again
    same_rows: int | None = None
    #: rows, when there was room for them
    raw: RawRows | None = None
    #: rows by a count apart from the reader; None for rasters
    counted: int | None = None
    #: of rasters: pixels of the band, which the file's own header says too
    pixels: int | None = None
    #: how the delivery says it is to be read
    config: str = ""
    #: when the file was last written [ns]: the one that is loaded must be the one that was looked at
    written_at: int = 0


def load_folder(
    database: Database,
    folder: Path,
    *,
    actor: str,
    now: datetime,
    progress: Progress | None = None,
    executor: Executor | None = None,
    only: Sequence[str] = (),
    kept: KeptFiles | None = None,
) -> list[FeedResult]:
    """Load every feed of a delivered folder.

    Every file is looked at before anything is written. Each feed is one transaction; what was loaded before a later
    feed fails, stays. The same files again change nothing.

    Parameters
    ----------
    database
        Migrated; the owner's engine is used.
    folder
        Holds ``district.yml`` and the files it names.
    actor
        Who loads, for the ledger.
    now
        Present instant, with a time zone.
    executor
        Where the row work runs; None = here, or a pool of processes when rows are many.
    only
        Names of files to load; empty = all.
    kept
        Where delivered files are kept, so that their batches can be replayed; None = nowhere.

    Returns
    -------
    results
        One per feed, in the order of loading.

    Raises
    ------
    BadInput
        If a file is not what `district.yml` says; nothing was changed then.
    """
    delivery = read_delivery(folder, known=KNOWN)
    return load_sources(
        database, delivery, in_order(delivery, only), actor=actor, now=now, progress=progress, executor=executor,
        kept=kept,
    )  # fmt: skip


def load_sources(
    database: Database,
    delivery: Delivery,
    sources: Sequence[FeedSource],
    *,
    actor: str,
    now: datetime,
    progress: Progress | None = None,
    executor: Executor | None = None,
    kept: KeptFiles | None = None,
    origin: Origin = DELIVERED,
    transaction: "Transaction | None" = None,
) -> list[FeedResult]:
    """Load some files of a delivery, in the order given; as `load_folder`.

    Parameters
    ----------
    origin
        What brings the batches about, for the ledger.
    transaction
        Opens the transaction of one feed; None = one of its own for each.
    """
    told = progress or NoProgress()
    transact = transaction or batch_transaction
    results = []
    with Workers(executor) as workers:
        try:
            with database.owner.connect() as connection, connection.begin():
                looked = look_at_all(connection, delivery, sources, workers=workers)
        except UnknownHeadings as unknown:
            # what has to be matched is put before an operator; of the delivery itself nothing is kept
            with database.owner.begin() as connection:
                note_headings(connection, unknown, subdistrict_code=delivery.district.code, now=now)
            raise
        areas = [file for file in looked if file.same_rows is None and is_areas(file)]
        for file in looked:
            told.begin(file.source.known_as, file.same_rows or (len(file.raw) if file.raw else 0))
            result = load_one(
                database, delivery, file, actor=actor, now=now, workers=workers, told=told, origin=origin,
                transaction=transact,
                # cells are built once, after the last file of areas; a load that ends before that is begun again there
                builds_cells=bool(areas) and file is areas[-1],
            )  # fmt: skip
            if kept is not None and file.same_rows is None:
                kept.keep(file.source.path, file.digest, feed=file.source.known_as)
            results.append(result)
            told.end(result)
    return results


def in_order(delivery: Delivery, only: Sequence[str]) -> list[FeedSource]:
    """Sources and their companion layers in the order of loading."""
    sources: list[FeedSource] = []
    for source in delivery.sources:
        # what is pulled comes by itself, unless it is asked for by name
        if source.path.name not in only if only else source.pull:
            continue
        sources.append(source)
        if source.feed in RASTERS:
            continue
        layers = other_layers(source)
        stated = {other.feed for other in delivery.sources}
        for name, layer in FEEDS[source.feed].companions.items():
            if layer in layers and name not in stated:
                sources.append(
                    replace(source, feed=name, name="", layer=layer, headings={}, defaults={}, values={}, title="")
                )
    if not sources and not only:
        raise BadInput("every feed of district.yml is pulled; fengqiao pull FOLDER asks for them")
    if not sources:
        raise BadInput("district.yml names no file {only}", only=only)
    names = [source.feed for source in sources]
    return sorted(sources, key=lambda source: (ORDER[source.feed], names.index(source.feed)))


def look_at_all(
    connection: Connection, delivery: Delivery, sources: Sequence[FeedSource], *, workers: Workers
) -> list[Looked]:
    """Read every file that is not the same as last time, and refuse the delivery when one of them is not right."""
    territory = territory_of(connection, delivery.district.code)
    looked: list[Looked] = []
    kept = 0
    for source in sources:
        if source.feed not in RASTERS:
            refuse_outright(source)
        written_at = source.path.stat().st_mtime_ns
        digest = content_hash(source.path)
        last = newest_batch(connection, subdistrict_code=delivery.district.code, feed=source.known_as)
        same = last and last.content_hash == digest and last.versions.get("config") == config_text(source)
        same = same and is_still_decided(connection, last.versions.get("mapping"))
        # cells that are cut anew want their values again
        recut = source.feed in RASTERS and any(file.same_rows is None and is_areas(file) for file in looked)
        if same and not recut:
            known = replace(source, mapping=last.versions.get("mapping") or "")
            looked.append(Looked(known, digest, same_rows=last.read, counted=last.counted, config=config_text(source)))
            continue
        if source.feed in RASTERS:
            with plain_raster(source) as found:
                pixels = inspect_raster(found, territory, zone=delivery.district.zone)
            looked.append(Looked(source, digest, config=config_text(source), pixels=pixels))
            continue
        stated, feed = source, FEEDS[source.feed]
        refuse_switched_off(feed, delivery.district)
        if last is None and source.path.stat().st_size >= WARM_FROM_BYTES:
            workers.warm_up()
        with opened(source) as found:
            source, raw = read_fitted(connection, feed, found, stated, delivery.district.code)
            counted = agreed_count(found, raw)
        if source.feed == "boundaries" and raw.geometry is not None:
            # the areas that come with this delivery are the ones that its other files must lie in
            territory = replace(territory, outline=shapely.union_all(shapely.make_valid(raw.geometry)))
        elif raw.geometry is not None:
            refuse_elsewhere(source, raw, territory)
        kept += raw.nbytes
        looked.append(
            Looked(
                source,
                digest,
                raw=raw if kept <= KEEP_BYTES else None,
                counted=counted,
                written_at=written_at,
                config=config_text(stated),
            )
        )
    return looked


def refuse_elsewhere(source: FeedSource, raw: RawRows, territory: Territory) -> None:
    """Refuse a file none of whose geometries is near the sub-district."""
    if territory.outline is None or raw.geometry is None:
        return
    shapely.prepare(territory.outline)
    near = shapely.dwithin(territory.outline, raw.geometry, FAR_DEG)
    if not near.any():
        west, south, east, north = np.round(shapely.total_bounds(raw.geometry), 4).tolist()
        raise BadInput(
            "{name}: every row from 1 to {last} lies outside the sub-district (longitude {west} to "
            "{east}, latitude {south} to {north} after conversion from {crs}); check crs",
            name=source.path.name,
            last=len(raw),
            west=west,
            east=east,
            south=south,
            north=north,
            crs=source.crs or Sentence("its own system"),
        )


#: opens the transaction of one feed, with the sub-district registered
Transaction = Callable[[Database, District], AbstractContextManager[Connection]]


@contextmanager
def batch_transaction(database: Database, district: District) -> Iterator[Connection]:
    """One transaction of the owner in which the sub-district is registered."""
    with database.owner.begin() as connection:
        register_district(connection, district)
        yield connection


def register_district(connection: Connection, district: District) -> None:
    """Note what `district.yml` says of the sub-district, and let the transaction take its time."""
    # rows are worked through while the transaction waits, for minutes when a geocoder is slow; the server's limit
    # is for forgotten sessions of people
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    connection.execute(text("SET LOCAL work_mem = '128MB'"))
    connection.execute(
        text(
            "INSERT INTO base.subdistrict AS d (code, name, name_en, metric_srid, timezone, schematic, config)"
            " VALUES (:code, :name, :name_en, :metric_srid, :timezone, :schematic, CAST(:config AS jsonb))"
            " ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en,"
            " metric_srid = excluded.metric_srid, timezone = excluded.timezone, schematic = excluded.schematic,"
            " config = excluded.config"
            " WHERE (d.name, d.name_en, d.metric_srid, d.timezone, d.schematic, d.config) IS DISTINCT FROM"
            " (excluded.name, excluded.name_en, excluded.metric_srid, excluded.timezone, excluded.schematic,"
            " excluded.config)"
        ),
        {
            "code": district.code,
            "name": district.name,
            "name_en": district.name_en,
            "metric_srid": district.metric_srid,
            "timezone": district.timezone,
            "schematic": district.schematic,
            "config": json.dumps(district_config(district), ensure_ascii=False),
        },
    )


def load_one(
    database: Database,
    delivery: Delivery,
    file: Looked,
    *,
    actor: str,
    now: datetime,
    workers: Workers,
    told: Progress,
    builds_cells: bool,
    origin: Origin,
    transaction: "Transaction",
) -> FeedResult:
    """Load one feed in one transaction."""
    source, district = file.source, delivery.district
    started = perf_counter()
    with transaction(database, district) as connection:
        lock_feed(connection, subdistrict_code=district.code, feed=source.known_as)
        register_feed(
            connection,
            subdistrict_code=district.code,
            feed=source.known_as,
            kind=source.feed,
            title=source.title or texts_in("zh")(f"feeds.{source.feed}"),
            expected_every_s=source.expected_every_s,
            config=source.config,
        )
        gazetteer = gazetteer_version(connection, subdistrict_code=district.code, feeds=GAZETTEER_FEEDS)
        opening = Opening(
            subdistrict_code=district.code,
            feed=source.known_as,
            source=source.path.name,
            content_hash=file.digest,
            actor=actor,
            versions={**versions(gazetteer), "config": file.config, "mapping": source.mapping},
            started_at=now,
            counted=file.counted,
            pixels=file.pixels,
            kind=source.feed,
            origin=origin.name,
            replay_of=origin.replay_of,
        )
        if file.same_rows is not None:
            result = same_again(connection, opening, file.same_rows, started)
            told.advance(file.same_rows)
        elif source.feed in RASTERS:
            result = load_raster(connection, district, file, opening, started)
        else:
            result = load_feed(
                connection, database, district, file, opening, workers=workers, told=told, version=gazetteer
            )
            if builds_cells:
                build_cells(connection, district)
    return replace(result, seconds=round(perf_counter() - started, 3))


def load_feed(
    connection: Connection,
    database: Database,
    district: District,
    file: Looked,
    opening: Opening,
    *,
    workers: Workers,
    told: Progress,
    version: str,
) -> FeedResult:
    feed = replace(FEEDS[file.source.feed], name=file.source.known_as)
    raw = file.raw if file.raw is not None else feed.read(file.source, feed.required_headings(file.source))
    if file.written_at != file.source.path.stat().st_mtime_ns:
        raise BadInput("{name} was changed while it was loaded; load it again", name=file.source.path.name)
    told.begin(feed.name, len(raw))
    context = Context(
        district=district,
        source=file.source,
        territory=territory_of(connection, district.code),
        keys=identity_keys(database.secrets),
        now=opening.started_at,
    )
    placed_by = select_placed_by(connection, feed, district, version=version, now=opening.started_at)
    return load_rows(
        connection, feed=feed, raw=raw, context=context, opening=opening, workers=workers, placed_by=placed_by,
        told=Told(told.advance),
    )  # fmt: skip


def select_placed_by(
    connection: Connection, feed: Feed, district: District, *, version: str, now: datetime
) -> PlacedBy | None:
    """What rows of a feed are placed by; None for feeds that are not placed by their text."""
    if not needs_gazetteer(feed):
        return None
    return PlacedBy(dated_gazetteer_of(connection, district.code), version, now.astimezone(district.zone).date())


def is_areas(file: Looked) -> bool:
    """Whether a file brings areas that cells are cut from."""
    return file.source.feed not in RASTERS and FEEDS[file.source.feed].is_areas


def needs_gazetteer(feed: Feed) -> bool:
    """Whether rows of a feed are placed by their text."""
    return feed.declaration.located == "by_text"


def same_again(connection: Connection, opening: Opening, rows: int, started: float) -> FeedResult:
    """Note a delivery that is the very same as last time."""
    batch_id = open_batch(connection, opening)
    result = FeedResult(
        feed=opening.feed, read=rows, unchanged=rows, batch_id=batch_id, seconds=round(perf_counter() - started, 3)
    )
    close_batch(connection, opening, result, finished_at=opening.started_at + timedelta(seconds=result.seconds))
    return result


def load_raster(
    connection: Connection, district: District, file: Looked, opening: Opening, started: float
) -> FeedResult:
    """Write a raster to the cells, which are its rows: each has a new value afterwards, or is as before."""
    batch_id = open_batch(connection, opening)
    with plain_raster(file.source) as found:
        cells, written = write_raster(connection, district, found, batch_id=batch_id, now=opening.started_at)
    # counted by the database and not by who laid the raster over them
    counted = connection.execute(COUNT_CELLS, {"code": district.code}).scalar_one()
    opening = replace(opening, counted=counted)
    result = FeedResult(
        feed=opening.feed, read=cells, loaded=written, unchanged=cells - written, batch_id=batch_id,
        seconds=round(perf_counter() - started, 3),
    )  # fmt: skip
    close_batch(connection, opening, result, finished_at=opening.started_at + timedelta(seconds=result.seconds))
    return result
