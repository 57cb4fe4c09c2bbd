"""Drills: exercise alerts in tables of their own, shown and marked on every screen, told to nobody, counted nowhere.

People handle them as they would real ones (acknowledge, follow up), which is what a drill is for. No route reads these
tables, no count and no report does; CAP gives them status Exercise, in a feed of their own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from alerts.documents import Frozen, parse_document
from alerts.labels import fingerprint
from alerts.life import SQL as LIFE_SQL
from alerts.life import free_letters
from alerts.response import shipped_response
from gis.database.statements import load_statements
from gis.errors import BadInput, Conflict, NotFound

SQL = load_statements("alerts", "drills")

#: what a drill's alerts say they look back on
WINDOW = timedelta(hours=24)


class Place(Frozen):
    kind: Literal["commercial", "resettlement", "apartment"]
    rank: int = Field(ge=1)


class PlayedAlert(Frozen):
    what: str
    level: int = Field(ge=1, le=4)
    place: Place
    observed: float = Field(gt=0)
    expected: float | None = None
    low: float | None = None
    high: float | None = None


class Scenario(Frozen):
    id: str
    name: Mapping[Literal["zh", "en"], str]
    alerts: tuple[PlayedAlert, ...] = Field(min_length=1)


class Scenarios(Frozen):
    scenarios: tuple[Scenario, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Drill:
    """A drill that runs."""

    id: int
    title: str
    scenario: str
    started_at: datetime
    started_by: str


@lru_cache(maxsize=1)
def shipped_scenarios() -> tuple[Scenario, ...]:
    """The scenarios the product comes with."""
    text = files("alerts").joinpath("drills.yml").read_text(encoding="utf-8")
    return parse_document(Scenarios, text, "drills.yml").scenarios


def scenario_named(scenario_id: str) -> Scenario:
    """The scenario of an id; raises BadInput with those there are."""
    known = {scenario.id: scenario for scenario in shipped_scenarios()}
    if scenario_id not in known:
        raise BadInput("there is no scenario {scenario_id!r}; there are {known}", scenario_id=scenario_id, known=known)
    return known[scenario_id]


def running_drill(connection: Connection, *, subdistrict_code: str) -> Drill | None:
    """The drill that runs now; at most one does."""
    row = connection.execute(SQL["running_drill"], {"subdistrict_code": subdistrict_code}).mappings().one_or_none()
    return Drill(**row) if row else None


def start_drill(
    connection: Connection, *, subdistrict_code: str, scenario_id: str, title: str, post: str, now: datetime
) -> int:
    """Start a drill and raise its alerts; returns its id.

    Raises
    ------
    BadInput
        Without a title, or when there is no such scenario.
    Conflict
        If a drill runs already.
    NotFound
        If the sub-district has no compound the scenario asks for.
    """
    scenario = scenario_named(scenario_id)
    if not title.strip():
        raise BadInput("a drill needs a title, which is shown on every screen")
    if running := running_drill(connection, subdistrict_code=subdistrict_code):
        raise Conflict("the drill {title!r} runs already; end it first", title=running.title)
    asked = {"subdistrict_code": subdistrict_code, "now": now, "post": post}
    drill_id = int(
        connection.execute(SQL["start_drill"], {**asked, "title": title.strip(), "scenario": scenario.id}).scalar_one()
    )
    taken = connection.execute(LIFE_SQL["taken_letters"], {"subdistrict_code": subdistrict_code}).scalars()
    letters = islice(free_letters(taken), len(scenario.alerts))
    for played, letter in zip(scenario.alerts, letters, strict=True):
        found = connection.execute(SQL["drill_place"], {**asked, **played.place.model_dump()}).mappings().one_or_none()
        if found is None:
            raise NotFound(
                "the sub-district has no {kind} compound number {rank}", kind=played.place.kind, rank=played.place.rank
            )
        alert_id = connection.execute(
            SQL["raise_drill_alert"],
            alert_values(played, dict(found), asked | {"drill_id": drill_id, "letter": letter}),
        ).scalar_one()
        note(connection, alert_id, "raised", played, post=post, now=now)
    tell(connection, drill_id)
    return drill_id


def alert_values(played: PlayedAlert, place: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an exercise alert."""
    return {
        **asked,
        "rule": played.what,
        "unit_code": place["unit_code"],
        "unit_name": place["unit_name"],
        "community_code": place["community_code"],
        "cells": place["cells"],
        "geom": place["geom"],
        "level": played.level,
        "observed": played.observed,
        "expected": played.expected,
        "expected_low": played.low,
        "expected_high": played.high,
        "window_from": asked["now"] - WINDOW,
        "exposure": json.dumps({name: place[name] for name in ("persons", "households", "aged_60", "living_alone")}),
        "fingerprint": fingerprint(
            rule=played.what, unit_kind="compound", unit_code=place["unit_code"], method="drill"
        ),
        "holder": shipped_response().first_post("compound"),
    }


def end_drill(connection: Connection, drill_id: int, *, post: str, now: datetime) -> None:
    """End a drill; its alerts are over.

    Raises
    ------
    NotFound
        If no such drill runs.
    """
    if connection.scalar(SQL["end_drill"], {"id": drill_id, "post": post, "now": now}) is None:
        raise NotFound("no drill {drill_id} runs", drill_id=drill_id)
    connection.execute(SQL["end_drill_alerts"], {"id": drill_id, "post": post, "now": now})
    tell(connection, drill_id)


def list_drills(connection: Connection, *, subdistrict_code: str) -> list[dict[str, Any]]:
    """Every drill, newest first, with how its alerts were handled."""
    rows = connection.execute(SQL["drills"], {"subdistrict_code": subdistrict_code}).mappings()
    return [dict(row) for row in rows]


def note(connection: Connection, alert_id: int, change: str, played: PlayedAlert, *, post: str, now: datetime) -> None:
    connection.execute(
        SQL["note_drill_event"],
        {
            "alert_id": alert_id,
            "now": now,
            "change": change,
            "level": played.level,
            "observed": played.observed,
            "post": post,
        },
    )


def tell(connection: Connection, drill_id: int) -> None:
    connection.execute(SQL["tell_drill"], {"id": drill_id})
