"""What a person decides about a place: the one way such a decision is written, and taken back.

The connection is an identified one of the server's role: who may decide about which record is the database's business.
Every decision keeps who, when, by which words, what was offered and what was taken; every write leaves its audit row.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import shapely
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from casework.unplaced.learning import learn_name, withdraw_name
from casework.unplaced.offers import Offer, offer_name
from casework.unplaced.queue import STATEMENTS, Engine, WaitingRow, select_one
from gis.database.statements import quoted
from gis.errors import BadInput, Conflict, NotAllowed, NotFound
from gis.placing import BUILDING, PLACE, number_of
from gis.subjects import CALLED, SUBJECTS, Subject
from gis.texts import texts_in

Outcome = Literal["placed", "outside", "given_up"]
PLACED: Outcome = "placed"
OUTSIDE: Outcome = "outside"
GIVEN_UP: Outcome = "given_up"
#: a point set on the map by hand is good to this [m]
POINTED_M = 20.0
#: a building this near is the one that was pointed at [m]
AT_BUILDING_M = 12.0
#: longer reasons are refused [characters]
REASON_LENGTH = 500


@dataclass(frozen=True)
class Decided:
    """What somebody decides about one record."""

    outcome: Outcome
    account_id: int
    #: post or account name, kept with the decision
    actor: str
    #: key of the offer taken
    offer: str | None = None
    #: a point of one's own [deg, WGS-84], instead of an offer
    point: tuple[float, float] | None = None
    #: the estate and the building that the point stands at
    at_place: str = ""
    at_building: str = ""
    #: why it cannot be placed
    reason: str = ""
    #: a name to be learned, as it stands in the words
    alias: str = ""


@dataclass(frozen=True)
class Written:
    """What a decision led to."""

    id: int
    outcome: Outcome
    #: the location columns the record has now; `geom` as EWKB text
    located: Mapping[str, Any]
    alias_id: int | None = None


def decide(
    connection: Connection,
    engine: Engine,
    subject: str,
    record_id: int,
    decided: Decided,
    *,
    subdistrict_code: str,
    now: datetime,
) -> Written:
    """Write one decision in the caller's transaction: place the record, learn the name, tell who listens.

    Raises
    ------
    NotFound
        If the asker sees no such record, or there is no such offer any more.
    Conflict
        If the record does not wait: somebody else was faster.
    BadInput
        If a reason or a place lacks, or the point lies outside the sub-district.
    """
    kind = subject_named(subject)
    before = lock(connection, kind, record_id)
    row = select_one(connection, engine, subject, record_id, subdistrict_code=subdistrict_code, now=now)
    if row is None:
        raise Conflict(
            "{subject} {record_id} waits no longer: somebody has decided about it",
            subject=CALLED[subject],
            record_id=record_id,
        )
    check_outcome(decided)
    chosen, alias_id, located = None, None, before
    if decided.outcome == PLACED:
        chosen, offer = taken(row, engine, decided)
        located = located_at(offer, engine, kind, before, actor=decided.actor)
        if decided.alias:
            alias_id = learn_name(
                connection, engine, row, decided.alias, offer.place_id,
                subdistrict_code=subdistrict_code, actor=decided.actor, now=now,
            )  # fmt: skip
    offered = [offered_as(candidate.offer, candidate.confidence, engine) for candidate in row.candidates]
    values = {
        "subdistrict_code": subdistrict_code, "subject": subject, "record_id": record_id, "feed": row.record.feed,
        "source_key": row.record.source_key, "outcome": decided.outcome, "reason": decided.reason.strip(),
        "words": row.words, "chosen": chosen, "candidates": json.dumps(offered, ensure_ascii=False),
        "located": json.dumps(located, ensure_ascii=False), "located_before": json.dumps(before, ensure_ascii=False),
        "alias_id": alias_id, "community_code": located["community_code"], "work_grid_id": located["work_grid_id"],
        "account_id": decided.account_id, "actor": decided.actor, "decided_at": now,
    }  # fmt: skip
    try:
        decision_id = int(connection.execute(STATEMENTS["insert_decision"], values).scalar_one())
    except IntegrityError as fault:
        raise Conflict(
            "{subject} {record_id} waits no longer: somebody has decided about it",
            subject=CALLED[subject],
            record_id=record_id,
        ) from fault
    if located != before:
        put(connection, kind, record_id, row.record.happened_at, located)
    connection.execute(STATEMENTS["tell"], {"subject": subject, "record_id": record_id})
    return Written(decision_id, decided.outcome, located, alias_id)


def undo(connection: Connection, decision_id: int, *, actor: str, now: datetime) -> Written:
    """Take a decision back: the record is where it was, waits again, and the name it taught is withdrawn.

    Raises
    ------
    NotFound
        If the asker sees no such decision.
    Conflict
        If it was taken back already, or the record was changed since by somebody else.
    """
    decision = connection.execute(STATEMENTS["decision"], {"id": decision_id}).one_or_none()
    if decision is None:
        raise NotFound("no decision {decision_id}", decision_id=decision_id)
    if decision.ended_at is not None:
        raise Conflict(
            "decision {decision_id} has ended: {ended_by}", decision_id=decision_id, ended_by=decision.ended_by
        )
    kind = subject_named(decision.subject)
    current = lock(connection, kind, decision.record_id)
    if current != decision.located:
        raise Conflict(
            "{subject} {record_id} was placed anew since; it cannot be taken back",
            subject=CALLED[decision.subject],
            record_id=decision.record_id,
        )
    if decision.located != decision.located_before:
        put(connection, kind, decision.record_id, None, decision.located_before)
    connection.execute(STATEMENTS["end_decision"], {"id": decision_id, "now": now, "actor": actor})
    if decision.alias_id is not None:
        withdraw_name(connection, decision.alias_id, now=now)
    connection.execute(STATEMENTS["tell"], {"subject": decision.subject, "record_id": decision.record_id})
    return Written(decision_id, decision.outcome, decision.located_before)


def subject_named(name: str) -> Subject:
    if name not in SUBJECTS:
        raise BadInput("no kind of record {name!r}; there are {known}", name=name, known=SUBJECTS)
    return SUBJECTS[name]


def lock(connection: Connection, kind: Subject, record_id: int) -> dict[str, Any]:
    """Return the location columns of a record, locked to the end of the transaction."""
    table = f"{quoted(kind.table.schema or 'base')}.{quoted(kind.table.name)}"
    pairs = ", ".join(f"'{name}', {'CAST(geom AS text)' if name == 'geom' else quoted(name)}" for name in kind.location)
    statement = f"SELECT jsonb_build_object({pairs}) FROM {table} WHERE id = :id"
    found = connection.execute(text(f"{statement} FOR UPDATE"), {"id": record_id}).scalar_one_or_none()
    if found is None and connection.execute(text(statement), {"id": record_id}).scalar_one_or_none() is not None:
        raise NotAllowed(
            "{subject} {record_id} lies outside what you may change", subject=CALLED[kind.name], record_id=record_id
        )
    if found is None:
        raise NotFound("no {subject} {record_id}", subject=CALLED[kind.name], record_id=record_id)
    return dict(found)


def put(
    connection: Connection, kind: Subject, record_id: int, happened_at: datetime | None, located: Mapping[str, Any]
) -> None:
    """Write the location columns of a record; a person takes along where they are to be visited."""
    table = f"{quoted(kind.table.schema or 'base')}.{quoted(kind.table.name)}"
    names = ", ".join(quoted(name) for name in kind.location)
    own = f" AND {quoted(kind.happened)} = :happened_at" if kind.happened and happened_at else ""
    connection.execute(
        text(
            f"UPDATE {table} SET ({names}) = (SELECT {names} FROM"
            f" jsonb_populate_record(CAST(NULL AS {table}), CAST(:located AS jsonb))) WHERE id = :id{own}"
        ),
        {"located": json.dumps(located), "id": record_id, "happened_at": happened_at},
    )
    if kind.name == "resident":
        connection.execute(STATEMENTS["move_visits"], {"id": record_id})


def check_outcome(decided: Decided) -> None:
    """Raise BadInput for a decision that says too little or too much."""
    if decided.outcome not in (PLACED, OUTSIDE, GIVEN_UP):
        raise BadInput(
            "no outcome {outcome!r}; there are {placed}, {outside}, {given_up}",
            outcome=decided.outcome,
            placed=PLACED,
            outside=OUTSIDE,
            given_up=GIVEN_UP,
        )
    if decided.outcome != PLACED and (decided.offer or decided.point or decided.alias):
        raise BadInput("{outcome!r} names no place", outcome=decided.outcome)
    if decided.outcome == GIVEN_UP and not decided.reason.strip():
        raise BadInput("say why it cannot be placed")
    if len(decided.reason) > REASON_LENGTH:
        raise BadInput(
            "the reason has {length} characters, at most {most} are kept",
            length=len(decided.reason),
            most=REASON_LENGTH,
        )


def taken(row: WaitingRow, engine: Engine, decided: Decided) -> tuple[int | None, Offer]:
    """The offer that was taken, or the point that was set."""
    if (decided.offer is None) == (decided.point is None):
        raise BadInput("choose one of the places offered, or a point on the map")
    if decided.offer is not None:
        for number, candidate in enumerate(row.candidates, start=1):
            if candidate.offer.key == decided.offer:
                return number, candidate.offer
        raise NotFound(
            "{offer!r} is offered no longer for {subject} {record_id}",
            offer=decided.offer,
            subject=CALLED[row.record.subject],
            record_id=row.record.id,
        )
    lon, lat = decided.point or (0.0, 0.0)
    if not engine.territory.inside([lon], [lat])[0]:
        raise BadInput("the point {lon:.6f}, {lat:.6f} lies outside the sub-district", lon=lon, lat=lat)
    level = "building" if decided.at_building else "coordinates"
    return None, Offer("point", level, lon, lat, POINTED_M, decided.at_place, decided.at_building)


def located_at(offer: Offer, engine: Engine, kind: Subject, before: Mapping[str, Any], *, actor: str) -> dict[str, Any]:
    """The location columns of a record at an offer."""
    unit = engine.territory.units_at([offer.lon], [offer.lat]).iloc[0]
    community = unit["community_code"]
    located: dict[str, Any] = {
        "placement": PLACED,
        "geom": shapely.to_wkb(
            shapely.set_srid(shapely.Point(offer.lon, offer.lat), 4326), hex=True, include_srid=True
        ),
        "radius_m": offer.radius_m,
        "match_level": offer.level,
        "confidence": 1.0,
        "located_by": {"by": "person", "who": actor, "offer": offer.key},
        "cell": int(unit["cell"]),
        "community_code": community if isinstance(community, str) else before["community_code"],
        "work_grid_id": int(unit["work_grid_id"]) or None,
        "place_id": number_of(offer.place_id, PLACE) or None,
        "building_id": number_of(offer.building_id, BUILDING) or None,
    }
    return {name: located[name] for name in kind.location}


def offered_as(offer: Offer, confidence: float | None, engine: Engine) -> dict[str, Any]:
    """An offer as the decision keeps it."""
    return {
        "key": offer.key,
        "name": offer_name(offer, engine.gazetteer, texts_in("zh")),
        "level": offer.level,
        "lon": round(offer.lon, 7),
        "lat": round(offer.lat, 7),
        "confidence": None if confidence is None else round(confidence, 4),
    }
