"""待落图 over the network: what waits, deciding about it, taking a decision back, and the names people taught."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from access.sessions import Session
from casework.unplaced.decide import Decided, Written, decide, undo
from casework.unplaced.learning import name_owner, withdraw_name
from casework.unplaced.offers import Offer
from casework.unplaced.queue import (
    MOST,
    Engine,
    WaitingRow,
    distance_text,
    evidence,
    group_counts,
    names_of,
    select_waiting,
)
from casework.unplaced.queue import STATEMENTS as CASEWORK
from dashboard.api.layers import entity_tag, tagged
from dashboard.api.unplaced_models import Decision, LearnedName, Past, Question, Queue, Subject, Waiting
from dashboard.services import Services, session_of
from gis.database.statements import load_statements
from gis.district import District, select_district
from gis.texts import Texts
from layers.tiles import compressed

if TYPE_CHECKING:
    from etl.intake import Ground

STATEMENTS = load_statements("dashboard", "unplaced")
#: newest decisions and names that are listed
LISTED = 200

Asker = Annotated[Session, Depends(session_of)]


def router(services: Services) -> APIRouter:
    """Mount /api/unplaced."""
    routes = APIRouter(tags=["unplaced"])

    @routes.get("/api/unplaced", summary="What waits to be put on the map, with reasons, candidates and evidence")
    def waiting(session: Asker, past: bool = False) -> Queue:
        engine = engine_of(services.intake().ground())
        with services.asking(session) as connection:
            district = select_district(connection, code=session.subdistrict_code)
            now = services.clock()
            rows = select_waiting(connection, engine, subdistrict_code=district.code, now=now, past=past)
            bound = {"subdistrict_code": district.code, "now": now, "midnight": midnight(now, district)}
            today = connection.execute(CASEWORK["decided_today"], bound).one()
            grids = {row.id: row.name for row in connection.execute(CASEWORK["work_grids"], bound)}
            closed = int(connection.execute(CASEWORK["past"], bound).scalar_one())
        texts = services.texts(session)
        return Queue(
            now=now,
            waiting=len(rows),
            more=len(rows) == MOST,
            past=closed,
            groups=group_counts(rows),
            placed_today=today.placed,
            outside_today=today.outside,
            given_up_today=today.given_up,
            oldest_at=min((row.record.happened_at for row in rows), default=None),
            rows=[Waiting(**laid_out(row, engine, grids, texts)) for row in rows],
        )

    @routes.post("/api/unplaced/{subject}/{record_id}", summary="Decide where a record is, or that it cannot be placed")
    def decision(subject: Subject, record_id: int, question: Question, session: Asker) -> Decision:
        ground = services.intake().ground()
        at = ground.reverse.locate(*question.point) if question.point else None
        near = at.building if at and at.building and at.building.distance_m <= question.at_building_m else None
        decided = Decided(
            outcome=question.outcome,
            account_id=session.account_id,
            actor=session.title or session.name,
            offer=question.offer,
            point=question.point,
            at_place=at.compound.id if at and at.compound else "",
            at_building=near.id if near else "",
            reason=question.reason,
            alias=question.alias,
        )
        with services.asking(session) as connection:
            district = select_district(connection, code=session.subdistrict_code)
            written = decide(
                connection,
                engine_of(ground),
                subject,
                record_id,
                decided,
                subdistrict_code=district.code,
                now=services.clock(),
            )
        return told(written)

    @routes.post("/api/unplaced/undo/decisions/{decision_id}", summary="Take a decision back")
    def take_back(decision_id: int, session: Asker) -> Decision:
        with services.asking(session) as connection:
            written = undo(connection, decision_id, actor=session.title or session.name, now=services.clock())
        return told(written)

    @routes.get("/api/unplaced/decisions", summary="What was decided last, newest first")
    def decisions(session: Asker) -> list[Past]:
        with services.asking(session) as connection:
            district = select_district(connection, code=session.subdistrict_code)
            rows = connection.execute(CASEWORK["decisions"], {"subdistrict_code": district.code, "most": LISTED})
            return [Past(**row._mapping) for row in rows]

    @routes.get("/api/unplaced/names", summary="Names that people taught, newest first")
    def names(session: Asker) -> list[LearnedName]:
        with services.asking(session) as connection:
            district = select_district(connection, code=session.subdistrict_code)
            rows = connection.execute(CASEWORK["learned"], {"subdistrict_code": district.code, "most": LISTED})
            return [LearnedName(**row._mapping) for row in rows]

    @routes.post("/api/unplaced/undo/names/{name_id}", summary="Take a learned name back")
    def unlearn(name_id: int, session: Asker) -> dict[str, str]:
        with services.asking(session) as connection:
            return {"alias": withdraw_name(connection, name_id, now=services.clock())}

    @routes.get("/api/unplaced/buildings", summary="Every building's outline, by the place it stands in")
    def buildings(request: Request, session: Asker) -> Response:
        version = services.intake().ground().placed_by.version
        with services.asking(session) as connection:
            district = select_district(connection, code=session.subdistrict_code)

            def make() -> bytes:
                rows = connection.execute(STATEMENTS["buildings"], {"subdistrict_code": district.code})
                found = [
                    {"id": row.id, "place": row.place_id, "number": row.number, "ring": ring_of(row.shape)}
                    for row in rows
                ]
                return compressed(json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode())

            return tagged(request, entity_tag("buildings", version, district.code), make, media_type="application/json")

    return routes


def told(written: Written) -> Decision:
    """What a decision led to, as it is answered."""
    return Decision(
        id=written.id,
        outcome=written.outcome,
        community_code=written.located["community_code"],
        match_level=written.located["match_level"],
        learned=written.alias_id is not None,
    )


def engine_of(ground: "Ground") -> Engine:
    """What rows are judged by: the ground that reports are placed on."""
    return Engine(ground.geocoder, ground.territory)


def place_name(place_id: str, engine: Engine) -> str:
    place = engine.gazetteer.places.get(place_id)
    return place.name if place else ""


def learns(row: WaitingRow, offer: Offer, engine: Engine) -> str:
    """The place that the unknown name in a record's words would be a name of, were this offer taken."""
    if not row.name or offer.level == "junction":
        return ""
    return place_name(name_owner(engine, row, row.name, offer.place_id), engine)


def midnight(now: datetime, district: District) -> datetime:
    """The beginning of the local day."""
    local = now.astimezone(district.zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def ring_of(shape: str) -> list[list[float]]:
    """The outer ring of a footprint, GeoJSON in, without its last point."""
    ring: list[list[float]] = json.loads(shape)["coordinates"][0]
    return ring[:-1]


def laid_out(row: WaitingRow, engine: Engine, grids: dict[int, str], texts: Texts) -> dict[str, Any]:
    """A waiting row as the page shows it."""
    record = row.record
    names = engine.territory.community_names
    rest = [text for text in (record.description, record.title) if text and text != row.words]
    return {
        "subject": record.subject,
        "id": record.id,
        "happened_at": record.happened_at,
        "source": record.source,
        "kind": record.subcategory or record.category,
        "status": record.status,
        "grade": record.grade,
        "words": row.words,
        "rest": rest[0] if rest else "",
        "understood": list(row.spans),
        "group": row.reason.group,
        "reason": row.reason.name,
        "title": row.reason.title(texts),
        "sentence": row.reason.sentence(texts),
        "stated_community": record.stated_community,
        "stated": [record.lon, record.lat] if row.reason.name == "disagree" else None,
        "area": record.stated_community
        or place_name(row.location.place_id if row.reason.name == "community" else "", engine),
        "name": row.name,
        "learn": bool(row.name) and (bool(row.read_as) or row.reason.name == "outside"),
        "candidates": [
            {
                "key": one.offer.key,
                "name": name,
                "level": one.offer.level,
                "lon": one.offer.lon,
                "lat": one.offer.lat,
                "radius_m": one.offer.radius_m,
                "place": one.offer.place_id,
                "place_name": place_name(one.offer.place_id, engine) if one.offer.level != "junction" else "",
                "learns": learns(row, one.offer, engine),
                "building": one.offer.building_id,
                "confidence": one.confidence,
                "evidence": evidence(one, row, engine, texts),
                "apart": distance_text(one.apart_m) if one.apart_m is not None else None,
                "belongs": " ".join(
                    part for part in (names.get(one.community_code or ""), grids.get(one.work_grid_id)) if part
                ),
            }
            for one, name in zip(row.candidates, names_of(row, engine, texts), strict=True)
        ],
    }
