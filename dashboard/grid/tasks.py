"""My list for today: alerts over my ground, open incidents, visits due; and one of them opened."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from alerts.words import rule_title
from casework.states import read_rules
from casework.transitions import history
from dashboard.grid.asker import Asker
from gis.errors import NotFound

#: visits due within so many days stand on the list
DAYS_AHEAD = 3
#: a visit older than this that nobody made is no longer today's work but the office's question [days]
DAYS_BACK = 30
#: what may be done with an alert: take it on, then say what followed
ALERT_STEPS = {"open": ("acknowledged",), "acknowledged": ("on_site", "report", "handed_on")}
#: items sent at most; the rest is counted
MOST = 120


def today_of(asker: Asker) -> dict[str, Any]:
    """The list for today, alerts first, then by when it is due.

    Returns
    -------
    today
        ``drill`` (title of the drill that runs, None without one), ``items`` (each with key, kind (alert, incident,
        visit), title, place, due_at or due_on, lon, lat), ``total``, ``done``, ``overdue`` [counts], ``now``.
    """
    alerts = [alert_item(asker, row) for row in asker.rows("alerts")]
    visits_until = asker.today + timedelta(days=DAYS_AHEAD)
    dated = [incident_item(asker, row) for row in asker.rows("incidents")]
    dated += [
        visit_item(asker, row)
        for row in asker.rows("visits", until=visits_until, since=asker.today - timedelta(days=DAYS_BACK))
    ]
    dated.sort(key=lambda item: (urgency(item, asker), item["key"]))
    items = alerts + dated
    done = asker.row("done_today", midnight=asker.midnight)
    return {
        "items": items[:MOST],
        "total": len(items),
        "done": done[0] if done else 0,
        "overdue": sum(is_overdue(item, asker) for item in items),
        "drill": drill.title if (drill := asker.row("running_drill")) else None,
        "now": asker.now.isoformat(),
    }


def urgency(item: dict[str, Any], asker: Asker) -> tuple[int, float]:
    """Sort key: what falls due today or next first, then what is overdue (newest first), then what has no time."""
    moment = due_moment(item, asker)
    if moment is None:
        return (2, 0.0)
    if moment < asker.midnight:
        return (1, -moment.timestamp())
    return (0, moment.timestamp())


def due_moment(item: dict[str, Any], asker: Asker) -> datetime | None:
    """When an item is due; a visit until the end of its day."""
    if item["due_at"] is not None:
        due_at: datetime = item["due_at"]
        return due_at
    if item["due_on"] is not None:
        due_on: date = item["due_on"]
        return asker.midnight + (due_on - asker.today) + timedelta(days=1) - timedelta(seconds=1)
    return None


def is_overdue(item: dict[str, Any], asker: Asker) -> bool:
    moment = due_moment(item, asker)
    return moment is not None and moment < asker.now


def alert_item(asker: Asker, row: Any) -> dict[str, Any]:
    return {
        "key": f"alert-{row.id}",
        "kind": "alert",
        "id": row.id,
        "title": rule_title(row.rule, row.rule_name, asker.texts),
        "place": row.unit_name,
        "exercise": row.exercise,
        "holder": asker.texts(f"alerts.post.{row.holder}") if row.status == "open" else row.acknowledged_by,
        "reasons": " · ".join(f"{one['name']} {one['count']}" for one in row.reasons),
        "steps": [{"to": step, "needs_note": step == "report"} for step in ALERT_STEPS[row.status]],
        "follow_up_at": row.due_at,
        "level": row.level,
        "letter": row.letter,
        "status": row.status,
        "at": row.raised_at,
        "due_at": None,
        "due_on": None,
        "lon": row.lon,
        "lat": row.lat,
        "observed": row.observed,
        "expected": row.expected,
    }


def incident_item(asker: Asker, row: Any) -> dict[str, Any]:
    return {
        "key": f"incident-{row.id}",
        "kind": "incident",
        "id": row.id,
        "title": row.subcategory or row.category,
        "place": place_text(asker, row, row.address),
        "status": row.status,
        "grade": row.grade,
        "at": row.reported_at,
        "due_at": row.due_at,
        "due_on": None,
        "lon": row.lon,
        "lat": row.lat,
        "dispatched": row.dispatched,
    }


def visit_item(asker: Asker, row: Any) -> dict[str, Any]:
    return {
        "key": f"visit-{row.id}",
        "kind": "visit",
        "id": row.id,
        "title": row.kind,
        "place": place_text(asker, row, row.address),
        "status": "due",
        "at": row.last_at,
        "due_at": None,
        "due_on": row.due_on,
        "lon": row.lon,
        "lat": row.lat,
        "resident_id": row.resident_id,
    }


def place_text(asker: Asker, row: Any, otherwise: str) -> str:
    """Where it is, as short as it can be told: compound, building, unit and room; else as written."""
    if not row.building_number:
        return row.place_name or otherwise
    told = asker.texts("grid.place.building", place=row.place_name, number=row.building_number)
    for part in ("unit", "room"):
        if number := getattr(row, part, None):
            told += asker.texts(f"grid.place.{part}", number=number)
    return told


def opened_incident(asker: Asker, incident_id: int) -> dict[str, Any]:
    """One incident in full, with what happened to it and what the asker may do next."""
    row = asker.row("incident", id=incident_id)
    if row is None:
        raise NotFound("no incident {incident_id}", incident_id=incident_id)
    record = dict(row._mapping)
    reporter = record.pop("reported_by") == asker.session.account_id
    roles = {asker.session.role} | ({"reporter"} if reporter else set())
    steps = read_rules().life("incident").open_to(status=row.status, roles=roles)
    return record | {
        "kind": "incident",
        "place": place_text(asker, row, row.address),
        "history": history(asker.connection, "incident", incident_id),
        "steps": [{"to": step.name, "needs_note": step.needs_note} for step in steps],
        "now": asker.now.isoformat(),
    }


def opened_visit(asker: Asker, visit_id: int) -> dict[str, Any]:
    """One visit in full, with the person it is for; opening it is noted in the audit."""
    row = asker.row("visit", id=visit_id)
    if row is None:
        raise NotFound("no visit {visit_id}", visit_id=visit_id)
    steps = read_rules().life("visit").open_to(status="done" if row.done_at else "due", roles={asker.session.role})
    person = opened_person(asker, row.resident_id, why=f"visit {visit_id}") if row.resident_id else None
    return dict(row._mapping) | {
        "kind": "visit",
        "title": row.kind,
        "place": place_text(asker, row, row.address),
        "person": person,
        "history": history(asker.connection, "visit", visit_id),
        "steps": [{"to": step.name, "needs_note": step.needs_note} for step in steps],
        "now": asker.now.isoformat(),
    }


def opened_person(asker: Asker, resident_id: int, *, why: str) -> dict[str, Any]:
    """One person by name, with earlier visits; who opened it, and why, is noted in the audit."""
    row = asker.row("person", id=resident_id)
    if row is None:
        raise NotFound("no resident {resident_id} on your ground", resident_id=resident_id)
    asker.rows("note_event", action="person_opened", changes=json.dumps({"resident_id": resident_id, "why": why}))
    return dict(row._mapping) | {
        "place": place_text(asker, row, ""),
        "visits": [dict(visit._mapping) for visit in asker.rows("person_visits", id=resident_id)],
        "now": asker.now.isoformat(),
    }
