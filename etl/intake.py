"""The intake: one incident or service request at a time, on the same way as a row of a file.

It runs under the server's role with row-level security: what the reporter may not see stays unseen here too. The
gazetteer and the areas are selected once, as the owner, and again when a batch has changed them.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from etl.delivery import FeedSource, config_text
from etl.faults import reason_text
from etl.feed import Context, Feed
from etl.feeds import FEEDS, GAZETTEER_FEEDS
from etl.feeds.incidents import GRADES
from etl.ledger import FeedResult, Opening, gazetteer_version, tell
from etl.pipeline import NO_STAMP, load_rows, versions
from etl.reading import RawRows, as_text
from etl.work import HereExecutor, PlacedBy, Workers, geocoder_for
from gis.cells import to_hex
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import District
from gis.errors import BadInput, NotFound
from gis.geocode import Geocoder
from gis.geocode.reverse import ReverseGeocoder
from gis.geocode.warm import warm
from gis.identity import identity_keys
from gis.placing import COMMUNITY, Territory, dated_gazetteer_of, territory_of
from gis.texts import InTexts, Texts

#: the areas and the gazetteer are looked at again after this long [s]
LOOK_AGAIN_S = 2.0
#: feeds after which either may be another
GROUND_FEEDS = (*GAZETTEER_FEEDS, "work_grids")
_GRADE_WORDS = {grade: word for word, grade in GRADES.items() if word}
_SYSTEMS = {"WGS-84": "EPSG:4326"}
_SQL = load_statements("etl", "intake")


@dataclass(frozen=True)
class Taken:
    """What became of a report."""

    id: int
    reported_at: datetime
    #: loaded (new or changed) or unchanged (the same report had come before)
    status: str
    #: placement, lon, lat, match_level, confidence, cell (hexadecimal), community_code, work_grid_id, candidates
    location: Mapping[str, Any]


@dataclass(frozen=True)
class Ground:
    """What reports are placed on."""

    territory: Territory
    placed_by: PlacedBy

    @property
    def geocoder(self) -> Geocoder:
        """The process's one geocoder of this gazetteer."""
        return geocoder_for(self.placed_by.gazetteer, self.placed_by.version)

    @cached_property
    def reverse(self) -> ReverseGeocoder:
        """From points to what stands there."""
        return ReverseGeocoder(self.placed_by.gazetteer)


def system_clock() -> datetime:
    return datetime.now(UTC)


class Intake:
    """Takes reports of one sub-district; safe to share between threads.

    Parameters
    ----------
    database
        The owner's engine is used for the ground and for quarantine, the caller's connection for everything else.
    district
        The sub-district the reports are of.
    clock
        Tells the present instant.
    """

    def __init__(self, database: Database, district: District, *, clock: Callable[[], datetime] = system_clock) -> None:
        self.database = database
        self.district = district
        self.clock = clock
        self.workers = Workers(HereExecutor())
        self.keys = identity_keys(database.secrets)
        self._lock = threading.Lock()
        self._looked_at_s = 0.0
        self._ground: Ground | None = None
        self.ground()

    def take_incident(
        self,
        connection: Connection,
        payload: Mapping[str, Any],
        *,
        actor: str,
        reported_by: int | None = None,
        photo: str | None = None,
    ) -> Taken:
        """Check, place and store one incident.

        Parameters
        ----------
        connection
            An identified connection of the server's role, in a transaction.
        payload
            `source_key`, `reported_at` (ISO 8601 with offset), `source`, `category`; `subcategory`, `grade`, `title`,
            `description`, `address`, `due_at`; `lon`, `lat` with `crs`.
        actor
            Who reports, for the ledger.
        reported_by
            Their account.
        photo
            Name of a stored photo.

        Raises
        ------
        BadInput
            With every reason; the report is in quarantine then, whatever becomes of the caller's transaction.
        """
        row = {**payload, "grade": _GRADE_WORDS.get(str(payload.get("grade") or "general"), payload.get("grade"))}
        return self.take(
            connection, FEEDS["incidents"], row, actor=actor, stamp={"reported_by": reported_by, "photo": photo}
        )

    def take_request(self, connection: Connection, payload: Mapping[str, Any], *, actor: str) -> Taken:
        """Check, place and store one service request; as `take_incident`, with `item_code` and `resident_key`."""
        row = {**payload, "requested_at": payload.get("reported_at")}
        return self.take(connection, FEEDS["requests"], row, actor=actor, stamp=NO_STAMP)

    def take(
        self, connection: Connection, feed: Feed, row: Mapping[str, Any], *, actor: str, stamp: Mapping[str, Any]
    ) -> Taken:
        """Bring one row of `feed` in; keys of `row` are our names."""
        ground = self.ground()
        crs = as_text(row.get("crs"))
        source = FeedSource(feed.name, Path("api"), crs=_SYSTEMS.get(crs, crs), key_pattern=r"\S(.{0,62}\S)?")
        now = self.clock()
        context = Context(self.district, source, ground.territory, self.keys, now)
        raw = RawRows(raw_row(feed, {**row, "crs": source.crs}), first_row=1)
        opening = Opening(
            subdistrict_code=self.district.code,
            feed=feed.name,
            source="api",
            content_hash=None,
            actor=actor,
            versions={**versions(ground.placed_by.version), "config": config_text(source)},
            started_at=now,
            by_transaction=True,
            counted=1,
            origin="report",
        )
        bring = {
            "feed": feed, "raw": raw, "context": context, "opening": opening, "workers": self.workers,
            "placed_by": ground.placed_by, "stamp": stamp,
        }  # fmt: skip
        savepoint = connection.begin_nested()
        result: FeedResult = load_rows(connection, **bring)  # type: ignore[arg-type]
        if result.reasons:
            savepoint.rollback()
            with self.database.owner.begin() as owner:
                # the owner sees every row: without the reasons it would let in what was refused to the asker
                refused = {position: list(why) for position, why in result.reasons.items()}
                load_rows(owner, **bring, refused=refused)  # type: ignore[arg-type]
            raise BadInput(InTexts(lambda texts: refusal(row, result, texts)))
        savepoint.commit()
        taken = self.taken(connection, feed, as_text(row.get("source_key")).strip(), result)
        if result.stored:
            kind = "incident" if feed.name == "incidents" else "request"
            tell(connection, {"kind": kind, "id": taken.id, "change": "taken"})
        return taken

    def taken(self, connection: Connection, feed: Feed, key: str, result: FeedResult) -> Taken:
        """Read back what is stored under `key`."""
        bound = {"code": self.district.code, "key": key}
        row = connection.execute(_SQL[f"taken_{feed.name}"], bound).first()
        if row is None:
            raise NotFound("the report {key!r} was taken before and is not within what you may see", key=key)
        return Taken(
            id=row.id,
            reported_at=row.reported_at,
            status="loaded" if result.stored else "unchanged",
            location={
                "placement": row.placement,
                "lon": row.lon,
                "lat": row.lat,
                "match_level": row.match_level,
                "confidence": row.confidence,
                "cell": to_hex([row.cell])[0] if row.cell else None,
                "community_code": row.community_code,
                "work_grid_id": row.work_grid_id,
                "candidates": [] if row.placement == "placed" else self.candidates(row.located_by),
            },
        )

    def candidates(self, located_by: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """The places a text may have meant, best first, by name."""
        places = self.ground().placed_by.gazetteer.places
        return [
            {
                "name": places[one["place"]].name if one["place"] in places else None,
                "community": one["place"].startswith(COMMUNITY),
                "level": one["level"],
                "confidence": one["confidence"],
                "lon": one["lon"],
                "lat": one["lat"],
            }
            for one in (located_by or {}).get("candidates", ())
        ]

    def ground(self) -> Ground:
        """The areas and the gazetteer as they are now; selected again when a batch has changed them."""
        with self._lock:
            if self._ground is not None and monotonic() - self._looked_at_s < LOOK_AGAIN_S:
                return self._ground
            with self.database.owner.connect() as connection:
                version = gazetteer_version(connection, subdistrict_code=self.district.code, feeds=GROUND_FEEDS)
                today = self.clock().astimezone(self.district.zone).date()
                if self._ground is None or not self._ground.placed_by.is_of(version, today):
                    placed_by = PlacedBy(dated_gazetteer_of(connection, self.district.code), version, today)
                    self._ground = Ground(territory_of(connection, self.district.code), placed_by)
                    # built and compiled now, so that the first report does not wait for it
                    warm(self._ground.geocoder)
            self._looked_at_s = monotonic()
            return self._ground


def raw_row(feed: Feed, row: Mapping[str, Any]) -> pd.DataFrame:
    """Write a report as a row in the feed's own headings, so that it is quarantined and mended like any other."""
    texts = {heading: as_text(row.get(name)).replace("\0", "") for name, heading in feed.headings.items()}
    # one row: Python's own strings are faster here than Arrow's
    kind = pd.StringDtype("python", na_value=np.nan)
    return pd.DataFrame({heading: pd.array([value], dtype=kind) for heading, value in texts.items()})


def refusal(row: Mapping[str, Any], result: FeedResult, texts: Texts) -> str:
    """Say why a report was not taken, with every reason."""
    reasons = [reason_text(reason, texts) for reason in next(iter(result.reasons.values()))]
    return texts("intake.refused", report=json.dumps(as_text(row.get("source_key")), ensure_ascii=False)) + "；".join(
        reasons
    )
