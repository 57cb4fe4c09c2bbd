"""The queue of what waits for a person: rows with their reason, where they may be, and the evidence for each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from math import nan
from typing import Any

import h3.api.basic_int as h3
from sqlalchemy import Connection, Row

from casework.unplaced.names import known_names, name_to_learn
from casework.unplaced.offers import Offer, named_by_text, offer_name, offers_for, shares
from casework.unplaced.reasons import GROUPS, Reason, why
from casework.unplaced.spans import understood
from gis.database.statements import load_statements
from gis.geocode import Gazetteer, Geocoder
from gis.geocode.gazetteer import distance_m
from gis.location import Location
from gis.placing import BUILDING, PLACE, Territory
from gis.subjects import SUBJECTS, words_of
from gis.texts import Texts

STATEMENTS = load_statements("casework", "unplaced")

#: rows of one reading of the queue
MOST = 500
#: how surely the community somebody wrote beside a text is the right one. The sample's placed incidents say 0.996; the
#: real order tables have other things in that column, so no more than this is believed
COMMUNITY_RIGHT = 0.9
#: rings of cells of resolution 11 (about 45 m apart) that count as around a point
RINGS = 2


@dataclass(frozen=True)
class Engine:
    """What rows are judged by."""

    geocoder: Geocoder = field(repr=False)
    territory: Territory = field(repr=False)

    @property
    def gazetteer(self) -> Gazetteer:
        return self.geocoder.gazetteer

    @cached_property
    def known(self) -> dict[str, str]:
        """Every name of the gazetteer, normalised, with its place."""
        return known_names(self.gazetteer)


@dataclass(frozen=True)
class Candidate:
    """An offer with what speaks for it."""

    offer: Offer
    community_code: str | None
    work_grid_id: int
    cell: int
    #: share of the probability among the offers; None where nothing weighs one against another
    confidence: float | None
    #: whether it lies in the community that was stated; None where none was
    in_stated: bool | None = None
    #: incidents of the same category around it in the last 30 days [incidents]
    similar: int = 0
    #: from the stated position, where there is one [m]
    apart_m: float | None = None


@dataclass(frozen=True)
class WaitingRow:
    """One record that waits."""

    record: Row[Any]
    words: str
    location: Location
    reason: Reason
    spans: Sequence[tuple[int, int]]
    candidates: tuple[Candidate, ...]
    #: a name that a decision may teach, and the place the engine took it for
    name: str = ""
    read_as: str = ""


def select_waiting(
    connection: Connection, engine: Engine, *, subdistrict_code: str, now: datetime, past: bool = False
) -> list[WaitingRow]:
    """Return what waits, newest first, as far as the asker may see; at most `MOST` rows.

    Parameters
    ----------
    connection
        Identified: row-level security decides which rows there are.
    past
        Records that were closed without a place, instead of those still open.
    """
    bound = {"subdistrict_code": subdistrict_code, "now": now, "past": past, "most": MOST, "id": None}
    records = [
        record for subject in SUBJECTS for record in connection.execute(STATEMENTS[f"waiting_{subject}"], bound).all()
    ]
    records.sort(key=lambda record: (record.happened_at, record.id), reverse=True)
    return judge(connection, engine, records[:MOST], subdistrict_code=subdistrict_code, now=now)


def select_one(
    connection: Connection, engine: Engine, subject: str, record_id: int, *, subdistrict_code: str, now: datetime
) -> WaitingRow | None:
    """Return one record if it waits."""
    for past in (False, True):
        bound = {"subdistrict_code": subdistrict_code, "now": now, "past": past, "most": 1, "id": record_id}
        records = connection.execute(STATEMENTS[f"waiting_{subject}"], bound).all()
        if records:
            return judge(connection, engine, records, subdistrict_code=subdistrict_code, now=now)[0]
    return None


def judge(
    connection: Connection, engine: Engine, records: Sequence[Row[Any]], *, subdistrict_code: str, now: datetime
) -> list[WaitingRow]:
    """Read the words of records anew and lay out where they may be; today's gazetteer knows more than the load's."""
    texts = [words_of((record.address, record.description, record.title)) for record in records]
    rows = []
    homes = homes_of(connection, records)
    locations = engine.geocoder.locate_many(texts)
    found = [(nan, nan) if one.lon is None or one.lat is None else (one.lon, one.lat) for one in locations]
    inside = engine.territory.inside([lon for lon, _ in found], [lat for _, lat in found]).tolist()
    for record, words, location, is_inside in zip(records, texts, locations, inside, strict=True):
        disagrees = record.placement == "placed"
        if disagrees:
            reason = disagreement(record, location, engine.gazetteer)
        else:
            reason = why(words, location, engine.gazetteer, is_inside=is_inside)
        offers = shares(offers_for(location, reason, engine.gazetteer))
        if disagrees:
            offers = [*named_by_text(location, engine.gazetteer), stated_offer(record)]
        elif not offers and record.resident_id in homes:
            offers = [homes[record.resident_id]]
        name, read_as = name_to_learn(words, location, engine.known)
        spans = understood(words, location)
        candidates = tuple(Candidate(offer, None, 0, 0, None) for offer in offers)
        rows.append(WaitingRow(record, words, location, reason, spans, candidates, name, read_as))
    rows = with_ground(rows, engine)
    return with_similar(connection, rows, subdistrict_code=subdistrict_code, now=now)


def homes_of(connection: Connection, records: Sequence[Row[Any]]) -> dict[int, Offer]:
    """Where those live who asked for something without saying where; empty for who may not see persons."""
    wanted = sorted({record.resident_id for record in records if record.resident_id})
    if not wanted:
        return {}
    return {
        home.id: Offer(
            "home",
            "building",
            home.lon,
            home.lat,
            home.radius_m or 25.0,
            f"{PLACE}{home.place_id}" if home.place_id else "",
            f"{BUILDING}{home.building_id}" if home.building_id else "",
        )
        for home in connection.execute(STATEMENTS["homes"], {"ids": wanted})
    }


def disagreement(record: Row[Any], location: Location, gazetteer: Gazetteer) -> Reason:
    """The words lead elsewhere than the stated point."""
    name = gazetteer.places[location.place_id].name if location.place_id in gazetteer.places else ""
    apart = (
        distance_m(record.lon, record.lat, location.lon, location.lat)
        if location.lon is not None and location.lat is not None
        else 0.0
    )
    return Reason("disagree", {"name": name, "distance": distance_text(apart)})


def stated_offer(record: Row[Any]) -> Offer:
    return Offer("stated", "coordinates", record.lon, record.lat, 50.0)


def with_ground(rows: Sequence[WaitingRow], engine: Engine) -> list[WaitingRow]:
    """Find cell, community and work grid of every candidate at once, and weigh them by the stated community."""
    offers = [candidate.offer for row in rows for candidate in row.candidates]
    units = engine.territory.units_at([one.lon for one in offers], [one.lat for one in offers])
    at = iter(
        zip(units["community_code"].tolist(), units["work_grid_id"].tolist(), units["cell"].tolist(), strict=True)
    )
    codes = {name: code for code, name in engine.territory.community_names.items()}
    result = []
    for row in rows:
        stated = codes.get(row.record.stated_community or "")
        is_pinned = row.reason.name == "disagree"
        found = []
        for candidate in row.candidates:
            community, grid, cell = next(at)
            code = community if isinstance(community, str) else None
            pinned = (row.record.lon, row.record.lat) if is_pinned else None
            found.append(
                replace(
                    candidate,
                    community_code=code,
                    work_grid_id=int(grid),
                    cell=int(cell),
                    in_stated=None if stated is None else code == stated,
                    apart_m=distance_m(*pinned, candidate.offer.lon, candidate.offer.lat) if pinned else None,
                )
            )
        result.append(replace(row, candidates=weighed(found, row.reason)))
    return result


def weighed(candidates: Sequence[Candidate], reason: Reason) -> tuple[Candidate, ...]:
    """Share the probability out, likeliest first; a stated community counts as much as it is right.

    The shares are those among the offers: that one of them is right is what the person decides.
    """
    if reason.name in ("disagree", "empty", "no_name", "outside", "beyond"):
        return tuple(candidates)
    inside = sum(candidate.in_stated is True for candidate in candidates)
    outside = sum(candidate.in_stated is False for candidate in candidates)
    weights = []
    for candidate in candidates:
        weight = candidate.offer.weight
        if inside and outside and candidate.in_stated is not None:
            weight *= COMMUNITY_RIGHT if candidate.in_stated else 1 - COMMUNITY_RIGHT
        weights.append(weight)
    total = sum(weights)
    if not total:
        return tuple(candidates)
    shared = [replace(one, confidence=weight / total) for one, weight in zip(candidates, weights, strict=True)]
    return tuple(sorted(shared, key=lambda one: -round(one.confidence or 0.0, 6)))


def with_similar(
    connection: Connection, rows: Sequence[WaitingRow], *, subdistrict_code: str, now: datetime
) -> list[WaitingRow]:
    """Count incidents of the same category around every candidate of an incident."""
    if not any(row.candidates for row in rows if row.record.subject == "incident"):
        return list(rows)
    found = connection.execute(STATEMENTS["similar"], {"subdistrict_code": subdistrict_code, "now": now})
    by_cell = {(one.cell, one.category): int(one.incidents) for one in found}

    @cache
    def around(cell: int, category: str) -> int:
        return sum(by_cell.get((other, category), 0) for other in h3.grid_disk(cell, RINGS))

    return [
        row
        if row.record.subject != "incident"
        else replace(
            row,
            candidates=tuple(
                replace(one, similar=around(one.cell, row.record.category) if one.cell else 0) for one in row.candidates
            ),
        )
        for row in rows
    ]


def group_counts(rows: Sequence[WaitingRow]) -> dict[str, int]:
    """Rows by filter, in the order shown; every filter is there."""
    counts = Counter(row.reason.group for row in rows)
    return {group: counts[group] for group in GROUPS}


def evidence(candidate: Candidate, row: WaitingRow, engine: Engine, texts: Texts) -> list[str]:
    """What speaks for a candidate and against it, in words."""
    said = []
    if candidate.apart_m is not None and candidate.offer.key != "stated":
        said.append(texts("unplaced.evidence.apart", distance=distance_text(candidate.apart_m)))
    name = engine.territory.community_names.get(candidate.community_code or "")
    if candidate.in_stated:
        said.append(texts("unplaced.evidence.stated", name=name))
    elif candidate.in_stated is False:
        said.append(texts("unplaced.evidence.not_stated", name=name or "?", stated=row.record.stated_community))
    elif name:
        said.append(texts("unplaced.evidence.community", name=name))
    if candidate.offer.is_reading and row.name and row.read_as and candidate.offer.place_id:
        said.append(texts("unplaced.evidence.alike", said=row.name, name=engine.gazetteer.places[row.read_as].name))
    if candidate.offer.radius_m > 100:
        said.append(texts("unplaced.evidence.radius", distance=distance_text(candidate.offer.radius_m)))
    if candidate.similar:
        said.append(texts("unplaced.evidence.similar", count=candidate.similar))
    return said


def distance_text(metres: float) -> str:
    """Write a distance: tens of metres from 100 on, kilometres from 1 000 on."""
    if metres >= 1000:
        return f"{metres / 1000:.1f} km"
    return f"{round(metres, -1 if metres >= 100 else 0):.0f} m"


def names_of(row: WaitingRow, engine: Engine, texts: Texts) -> list[str]:
    """What the candidates of a row are called, in their order."""
    return [offer_name(candidate.offer, engine.gazetteer, texts) for candidate in row.candidates]
